package firestore

import (
	"context"
	"errors"
	"io"
	"iter"
	"regexp"
	"strings"
	"time"

	"cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"esafetybot/internal/store"
)

const (
	pageDocs  = 300     // documents asked for at once
	pageBytes = 4 << 20 // held at once: what comes after that is asked for again
	// How long pages are read as of the first. Firestore keeps old versions for an hour
	// (https://cloud.google.com/firestore/docs/reference/rpc/google.firestore.v1#runqueryrequest, read_time).
	snapshot = 45 * time.Minute
)

var plain = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

// field is the path of an indexed field.
func field(name string) string {
	if plain.MatchString(name) {
		return "f." + name
	}
	return "f.`" + name + "`"
}

// Find implements store.Store.
func (d *db) Find(ctx context.Context, c *store.Collection, a store.Ask) iter.Seq2[store.Doc, error] {
	return func(yield func(store.Doc, error) bool) {
		q, err := store.CheckAsk(c, a)
		if err == nil {
			err = d.ready(ctx)
		}
		if err != nil {
			yield(store.Doc{}, err)
			return
		}
		if a.From != "" && a.To != "" && a.From >= a.To {
			return
		}
		f := &finding{db: d, c: c, q: q, query: d.structured(c, q, a), left: a.Limit}
		for !f.done {
			page, err := f.page(ctx)
			if err != nil {
				yield(store.Doc{}, err)
				return
			}
			for _, doc := range page {
				if err := d.ready(ctx); err != nil {
					yield(store.Doc{}, err)
					return
				}
				if !yield(doc, nil) {
					return
				}
			}
		}
	}
}

// structured is the query without limit and start.
func (d *db) structured(c *store.Collection, q store.Query, a store.Ask) *firestorepb.StructuredQuery {
	var filters []*firestorepb.StructuredQuery_Filter
	where := func(path string, op firestorepb.StructuredQuery_FieldFilter_Operator, v *firestorepb.Value) {
		filters = append(filters, &firestorepb.StructuredQuery_Filter{FilterType: &firestorepb.StructuredQuery_Filter_FieldFilter{
			FieldFilter: &firestorepb.StructuredQuery_FieldFilter{Field: ref(path), Op: op, Value: v}}})
	}
	for _, f := range q.Equal {
		where(field(f), firestorepb.StructuredQuery_FieldFilter_EQUAL, text(a.Equal[f]))
	}
	bound := func(v string) *firestorepb.Value { return d.reference(c, v) }
	path, direction := "__name__", firestorepb.StructuredQuery_ASCENDING
	if q.Range != "" {
		path, bound = field(q.Range), text
	}
	if q.Desc {
		direction = firestorepb.StructuredQuery_DESCENDING
	}
	if a.From != "" {
		where(path, firestorepb.StructuredQuery_FieldFilter_GREATER_THAN_OR_EQUAL, bound(a.From))
	}
	if a.To != "" {
		where(path, firestorepb.StructuredQuery_FieldFilter_LESS_THAN, bound(a.To))
	}
	out := &firestorepb.StructuredQuery{From: []*firestorepb.StructuredQuery_CollectionSelector{{CollectionId: c.Name}}}
	switch len(filters) {
	case 0:
	case 1:
		out.Where = filters[0]
	default:
		out.Where = &firestorepb.StructuredQuery_Filter{FilterType: &firestorepb.StructuredQuery_Filter_CompositeFilter{
			CompositeFilter: &firestorepb.StructuredQuery_CompositeFilter{Op: firestorepb.StructuredQuery_CompositeFilter_AND, Filters: filters}}}
	}
	if q.Range != "" {
		out.OrderBy = append(out.OrderBy, &firestorepb.StructuredQuery_Order{Field: ref(path), Direction: direction})
	}
	out.OrderBy = append(out.OrderBy, &firestorepb.StructuredQuery_Order{Field: ref("__name__"), Direction: direction})
	return out
}

func ref(path string) *firestorepb.StructuredQuery_FieldReference {
	return &firestorepb.StructuredQuery_FieldReference{FieldPath: path}
}

func (d *db) reference(c *store.Collection, key string) *firestorepb.Value {
	return &firestorepb.Value{ValueType: &firestorepb.Value_ReferenceValue{ReferenceValue: d.path(c, key)}}
}

// A finding is a running Find.
type finding struct {
	*db
	c     *store.Collection
	q     store.Query
	query *firestorepb.StructuredQuery
	left  int // 0 is no limit
	asOf  *timestamppb.Timestamp
	done  bool
}

// page reads the next documents.
func (f *finding) page(ctx context.Context) ([]store.Doc, error) {
	size := pageDocs
	if f.left > 0 {
		size = min(size, f.left)
	}
	f.query.Limit = wrapperspb.Int32(int32(size))
	req := &firestorepb.RunQueryRequest{Parent: f.parent, QueryType: &firestorepb.RunQueryRequest_StructuredQuery{StructuredQuery: f.query}}
	live := f.asOf != nil && f.o.Now().Sub(f.asOf.AsTime()) > snapshot
	if f.asOf != nil && !live {
		req.ConsistencySelector = &firestorepb.RunQueryRequest_ReadTime{ReadTime: f.asOf}
	}
	var got []*firestorepb.Document
	var asOf *timestamppb.Timestamp
	full := false
	err := f.again(ctx, "query", func(ctx context.Context) error {
		got, full = nil, false
		ctx, cancel := context.WithCancel(ctx) // ends a stream that is left early
		defer cancel()
		stream, err := f.api.RunQuery(ctx, req)
		if err != nil {
			return err
		}
		for held := 0; ; {
			resp, err := stream.Recv()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			if asOf == nil {
				asOf = resp.GetReadTime()
			}
			if doc := resp.GetDocument(); doc != nil {
				got = append(got, doc)
				if held += proto.Size(doc); held >= pageBytes {
					full = true
					return nil
				}
			}
		}
	})
	if err != nil {
		return nil, err
	}
	if f.asOf == nil {
		f.asOf = asOf
	}
	f.done = len(got) < size && !full
	var out []store.Doc
	for _, p := range got {
		// The old moment can no longer be read. What changed since then may have been shown at another place.
		if live && f.q.Range != "" && p.GetUpdateTime().AsTime().After(f.asOf.AsTime()) {
			continue
		}
		doc, err := decode(f.c, p.GetName()[strings.LastIndexByte(p.GetName(), '/')+1:], p)
		if err != nil {
			return nil, err
		}
		out = append(out, doc)
	}
	if f.left > 0 {
		f.left -= len(out)
		f.done = f.done || f.left == 0
	}
	if !f.done {
		last := got[len(got)-1]
		f.query.StartAt = &firestorepb.Cursor{Before: false}
		if f.q.Range != "" {
			f.query.StartAt.Values = append(f.query.StartAt.Values, last.GetFields()["f"].GetMapValue().GetFields()[f.q.Range])
		}
		name := &firestorepb.Value{ValueType: &firestorepb.Value_ReferenceValue{ReferenceValue: last.GetName()}}
		f.query.StartAt.Values = append(f.query.StartAt.Values, name)
	}
	return out, nil
}
