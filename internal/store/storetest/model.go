package storetest

import (
	"flag"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"esafetybot/internal/store"
)

// model compares the store with a map that is asked the slow way, over random batches and queries.
func model(s *suite) {
	if s.h.Slow {
		fewer(s.T, "8")
	} else {
		fewer(s.T, "40")
	}
	round := 0
	rapid.Check(s.T, func(t *rapid.T) {
		round++ // each round a collection of its own: much cheaper than a new store
		c := *things
		c.Name = fmt.Sprintf("model%d", round)
		other := *others
		other.Name = c.Name + "-other"
		m := &machine{s: s, c: []*store.Collection{&c, &other}, docs: []map[string]store.Doc{{}, {}}}
		t.Repeat(map[string]func(*rapid.T){"commit": m.commit, "find": m.find, "get": m.get})
	})
}

// fewer sets the number of rapid's rounds for one test, unless the command line says.
func fewer(t *testing.T, n string) {
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	f := flag.Lookup("rapid.checks")
	if given || f == nil {
		return
	}
	was := f.Value.String()
	if err := f.Value.Set(n); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Value.Set(was); err != nil {
			t.Error(err)
		}
	})
}

type machine struct {
	s    *suite
	c    []*store.Collection
	docs []map[string]store.Doc // as they should be, by collection
}

var (
	modelKeys   = []string{"a", "b", "ba", "c", "d", "é", "😀"}
	modelValues = []string{"", "a", "b", "b\x00", "é"}
)

func (m *machine) commit(t *rapid.T) {
	var b store.Batch
	after := []map[string]store.Doc{{}, {}}
	fine := true
	type id struct {
		c   int
		key string
	}
	ids := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) id {
		return id{rapid.IntRange(0, 1).Draw(t, "collection"), rapid.SampledFrom(modelKeys).Draw(t, "key")}
	}), 0, 6, rapid.ID[id]).Draw(t, "documents")
	for _, x := range ids {
		c, doc := m.c[x.c], m.docs[x.c][x.key]
		expect := doc.Version
		if rapid.IntRange(0, 19).Draw(t, "wrong") == 0 {
			expect++
		}
		f := map[string]string{}
		for _, name := range c.Indexed {
			if rapid.Bool().Draw(t, name) {
				f[name] = rapid.SampledFrom(modelValues).Draw(t, "value")
			}
		}
		body := rapid.SliceOfN(rapid.Byte(), 0, 4).Draw(t, "body")
		switch kind := rapid.IntRange(0, 3).Draw(t, "kind"); {
		case kind == 0:
			b.Require(c, x.key, expect)
		case kind == 1 && expect > 0:
			b.Delete(c, x.key, expect)
			after[x.c][x.key] = store.Doc{}
		default:
			b.Put(c, x.key, expect, f, body)
			after[x.c][x.key] = store.Doc{Key: x.key, Version: expect + 1, Schema: c.Schema, Fields: f, Body: body}
		}
		fine = fine && expect == doc.Version
	}
	err := m.s.s.Commit(m.s.ctx, &b)
	if fine && err != nil {
		t.Fatalf("commit: %v", err)
	}
	if !fine {
		if !is(err, store.ErrConflict) {
			t.Fatalf("commit: have %v, want a conflict", err)
		}
		return
	}
	for i := range after {
		for k, d := range after[i] {
			if d.Version == 0 {
				delete(m.docs[i], k)
				continue
			}
			if len(d.Fields) == 0 {
				d.Fields = nil
			}
			if len(d.Body) == 0 {
				d.Body = nil
			}
			m.docs[i][k] = d
		}
	}
}

func (m *machine) get(t *rapid.T) {
	i, key := rapid.IntRange(0, 1).Draw(t, "collection"), rapid.SampledFrom(modelKeys).Draw(t, "key")
	have, err := m.s.s.Get(m.s.ctx, m.c[i], key)
	want, ok := m.docs[i][key]
	if ok != (err == nil) || (err != nil && !is(err, store.ErrNotFound)) {
		t.Fatalf("get: error %v, want a document: %v", err, ok)
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Fatalf("get: -want +have\n%s", diff)
	}
}

func (m *machine) find(t *rapid.T) {
	i := rapid.IntRange(0, 1).Draw(t, "collection")
	c := m.c[i]
	q := rapid.SampledFrom(append([]store.Query{{}}, c.Queries...)).Draw(t, "query")
	a := store.Ask{Query: q.Name, Limit: rapid.IntRange(0, 3).Draw(t, "limit")}
	values := modelValues
	if q.Range == "" {
		values = append([]string{""}, modelKeys...)
	}
	a.From, a.To = rapid.SampledFrom(values).Draw(t, "from"), rapid.SampledFrom(values).Draw(t, "to")
	for _, f := range q.Equal {
		if a.Equal == nil {
			a.Equal = map[string]string{}
		}
		a.Equal[f] = rapid.SampledFrom(modelValues).Draw(t, f)
	}
	var all []store.Doc
	for _, d := range m.docs[i] {
		all = append(all, d)
	}
	have, err := All(m.s.ctx, m.s.s, c, a)
	if err != nil {
		t.Fatalf("find %+v: %v", a, err)
	}
	if diff := cmp.Diff(naive(all, q, a), slices.Clip(have)); diff != "" {
		t.Fatalf("find %+v: -want +have\n%s", a, diff)
	}
}
