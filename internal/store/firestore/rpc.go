package firestore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"esafetybot/internal/store"
)

// patience is how long one call may take; Firestore's own limit for a commit is a minute.
const patience = 70 * time.Second

// passing reports whether the same call may go well a moment later.
func passing(err error) bool {
	switch status.Code(err) {
	case codes.Unavailable, codes.Internal, codes.DeadlineExceeded, codes.ResourceExhausted, codes.Aborted, codes.Unknown:
		return true
	}
	return false
}

// pause waits before attempt n+1: about 50 ms doubled each time, at most 3 s, half of it by chance.
func pause(ctx context.Context, n int) error {
	d := min(50*time.Millisecond<<n, 3*time.Second)
	d = d/2 + rand.N(d/2)
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// again calls fn, which must be safe to repeat, until it goes well, fails for good, or was tried often enough.
func (c *Client) again(ctx context.Context, what string, fn func(context.Context) error) error {
	for n := 0; ; n++ {
		call, cancel := context.WithTimeout(ctx, patience)
		err := fn(call)
		cancel()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !passing(err) || n+1 >= c.o.Attempts {
			return c.explain(err)
		}
		c.o.Logger.Info("Firestore: trying again", "what", what, "attempt", n+1, "code", status.Code(err).String())
		if err := pause(ctx, n); err != nil {
			return err
		}
	}
}

// explain says what to do about an error that stays.
func (c *Client) explain(err error) error {
	hint := ""
	switch status.Code(err) {
	case codes.PermissionDenied, codes.Unauthenticated:
		hint = " (grant this account roles/datastore.user on the database)"
	case codes.NotFound:
		hint = " (does the database exist? Terraform makes it)"
	case codes.FailedPrecondition:
		hint = " (is the index there that the query needs, and is the database in Native mode? Terraform makes both)"
	}
	return fmt.Errorf("Firestore %s: %w%s", c.root, err, hint) //nolint:staticcheck // a name
}

// read gets documents by path, only some fields if mask is given; those missing are not in the map. If begin, it
// begins a transaction, whose id it returns, after the aborted one retry, if any.
func (d *db) read(ctx context.Context, paths, mask []string, begin bool, retry []byte) (found map[string]*firestorepb.Document, tx []byte, err error) {
	req := &firestorepb.BatchGetDocumentsRequest{Database: d.root, Documents: paths}
	if mask != nil {
		req.Mask = &firestorepb.DocumentMask{FieldPaths: mask}
	}
	if begin {
		req.ConsistencySelector = &firestorepb.BatchGetDocumentsRequest_NewTransaction{NewTransaction: &firestorepb.TransactionOptions{
			Mode: &firestorepb.TransactionOptions_ReadWrite_{ReadWrite: &firestorepb.TransactionOptions_ReadWrite{RetryTransaction: retry}}}}
	}
	err = d.again(ctx, "read", func(ctx context.Context) error {
		d.rollback(ctx, tx) // of an attempt that broke off
		tx, found = nil, make(map[string]*firestorepb.Document, len(paths))
		stream, err := d.api.BatchGetDocuments(ctx, req)
		if err != nil {
			return err
		}
		for {
			resp, err := stream.Recv()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			if len(resp.GetTransaction()) > 0 {
				tx = resp.GetTransaction()
			}
			if doc := resp.GetFound(); doc != nil {
				found[doc.GetName()] = doc
			}
		}
	})
	return found, tx, err
}

// rollback lets go of a transaction's locks. If that fails Firestore lets go of them by itself, later; if the transaction
// has ended already, that is an error of no interest.
func (d *db) rollback(ctx context.Context, tx []byte) {
	if tx == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	for n := range 3 {
		err := d.api.Rollback(ctx, &firestorepb.RollbackRequest{Database: d.root, Transaction: tx})
		if err == nil || !passing(err) || pause(ctx, n) != nil {
			return
		}
	}
}

func encode(d store.Doc, mark []byte) map[string]*firestorepb.Value {
	whole := func(n int64) *firestorepb.Value {
		return &firestorepb.Value{ValueType: &firestorepb.Value_IntegerValue{IntegerValue: n}}
	}
	raw := func(b []byte) *firestorepb.Value {
		return &firestorepb.Value{ValueType: &firestorepb.Value_BytesValue{BytesValue: b}}
	}
	out := map[string]*firestorepb.Value{"v": whole(d.Version), "s": whole(int64(d.Schema)), "t": raw(mark), "b": raw(d.Body)}
	if len(d.Fields) > 0 {
		f := map[string]*firestorepb.Value{}
		for k, v := range d.Fields {
			f[k] = text(v)
		}
		out["f"] = &firestorepb.Value{ValueType: &firestorepb.Value_MapValue{MapValue: &firestorepb.MapValue{Fields: f}}}
	}
	return out
}

func text(s string) *firestorepb.Value {
	return &firestorepb.Value{ValueType: &firestorepb.Value_StringValue{StringValue: s}}
}

func decode(c *store.Collection, key string, p *firestorepb.Document) (store.Doc, error) {
	f := p.GetFields()
	d := store.Doc{Key: key, Version: f["v"].GetIntegerValue(), Schema: int(f["s"].GetIntegerValue())}
	if d.Version < 1 {
		return store.Doc{}, fmt.Errorf("collection %q, key %q: not a document of this program: it has no version", c.Name, key)
	}
	if b := f["b"].GetBytesValue(); len(b) > 0 {
		d.Body = b
	}
	if m := f["f"].GetMapValue().GetFields(); len(m) > 0 {
		d.Fields = make(map[string]string, len(m))
		for k, v := range m {
			d.Fields[k] = v.GetStringValue()
		}
	}
	return d, nil
}
