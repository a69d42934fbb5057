package storetest

import (
	"bytes"
	"context"
	"errors"
	"strings"

	"esafetybot/internal/store"
)

func is(err, want error) bool { return errors.Is(err, want) }

func documents(s *suite) {
	_, err := s.s.Get(s.ctx, things, "a")
	wantError(s.T, "get of nothing", err, store.ErrNotFound)

	body := []byte(`{"n":1}`)
	s.must(func(b *store.Batch) { b.Create(things, "a", fields("kind", "x", "at", ""), body) })
	want := store.Doc{Key: "a", Version: 1, Schema: 3, Fields: fields("kind", "x", "at", ""), Body: body}
	same(s.T, "created", s.get(things, "a"), want)

	s.must(func(b *store.Batch) { b.Put(things, "a", 1, fields("owner", "o"), []byte{0, 255, 0}) })
	want = store.Doc{Key: "a", Version: 2, Schema: 3, Fields: fields("owner", "o"), Body: []byte{0, 255, 0}}
	same(s.T, "replaced: no field stays behind", s.get(things, "a"), want)

	s.must(func(b *store.Batch) { b.Put(things, "a", 2, nil, nil) })
	same(s.T, "emptied", s.get(things, "a"), store.Doc{Key: "a", Version: 3, Schema: 3})
	s.must(func(b *store.Batch) { b.Put(things, "a", 3, map[string]string{}, []byte{}) })
	same(s.T, "emptied again", s.get(things, "a"), store.Doc{Key: "a", Version: 4, Schema: 3})

	_, err = s.s.Get(s.ctx, others, "a")
	wantError(s.T, "same key, other collection", err, store.ErrNotFound)

	s.must(func(b *store.Batch) { b.Delete(things, "a", 4) })
	_, err = s.s.Get(s.ctx, things, "a")
	wantError(s.T, "get of a deleted one", err, store.ErrNotFound)
	s.must(func(b *store.Batch) { b.Put(things, "a", 0, nil, body) }) // version 0: create
	same(s.T, "version after deletion", s.version(things, "a"), int64(1))
	s.must(func(*store.Batch) {}) // an empty batch
}

func expectations(s *suite) {
	s.must(func(b *store.Batch) { b.Create(things, "one", nil, nil); b.Create(things, "two", nil, nil) })
	s.must(func(b *store.Batch) { b.Put(things, "two", 1, nil, nil) })
	for _, test := range []struct {
		name string
		want error
		add  func(b *store.Batch)
	}{
		{"create what exists", store.ErrConflict, func(b *store.Batch) { b.Create(things, "one", nil, nil) }},
		{"put with an older version", store.ErrConflict, func(b *store.Batch) { b.Put(things, "two", 1, nil, nil) }},
		{"put with a newer version", store.ErrConflict, func(b *store.Batch) { b.Put(things, "two", 3, nil, nil) }},
		{"put what does not exist", store.ErrConflict, func(b *store.Batch) { b.Put(things, "none", 1, nil, nil) }},
		{"delete an older version", store.ErrConflict, func(b *store.Batch) { b.Delete(things, "two", 1) }},
		{"delete what does not exist", store.ErrConflict, func(b *store.Batch) { b.Delete(things, "none", 1) }},
		{"require a wrong version", store.ErrConflict, func(b *store.Batch) { b.Require(things, "one", 2) }},
		{"require what does not exist", store.ErrConflict, func(b *store.Batch) { b.Require(things, "none", 1) }},
		{"require absence of what exists", store.ErrConflict, func(b *store.Batch) { b.Require(things, "one", 0) }},
		{"require the version", nil, func(b *store.Batch) { b.Require(things, "two", 2) }},
		{"require absence", nil, func(b *store.Batch) { b.Require(others, "none", 0) }},
	} {
		for _, write := range []bool{false, true} {
			key := "with " + test.name
			err := s.commit(func(b *store.Batch) {
				if write {
					b.Create(others, key, nil, nil)
				}
				test.add(b)
			})
			if test.want == nil {
				if err != nil {
					s.Errorf("%s: %v", test.name, err)
				}
			} else {
				wantError(s.T, test.name, err, test.want)
			}
			if wrote := s.version(others, key) == 1; wrote != (write && test.want == nil) {
				s.Errorf("%s: the rest of the batch was written: %v", test.name, wrote)
			}
		}
	}
	same(s.T, "versions in the end", []int64{s.version(things, "one"), s.version(things, "two")}, []int64{1, 2})
}

func refusals(s *suite) {
	s.must(func(b *store.Batch) { b.Create(things, "there", nil, nil) })
	batches := []struct {
		name string
		want error
		add  func(b *store.Batch)
	}{
		{"field not declared", store.ErrUndeclared, func(b *store.Batch) { b.Create(things, "k", fields("colour", "red"), nil) }},
		{"field of another collection", store.ErrUndeclared, func(b *store.Batch) { b.Create(others, "k", fields("kind", "x"), nil) }},
		{"the same document twice", store.ErrInvalid, func(b *store.Batch) { b.Create(things, "k", nil, nil); b.Create(things, "k", nil, nil) }},
		{"written and required", store.ErrInvalid, func(b *store.Batch) { b.Put(things, "there", 1, nil, nil); b.Require(things, "there", 1) }},
		{"field that is not UTF-8", store.ErrInvalid, func(b *store.Batch) { b.Create(things, "k", fields("kind", "\xff"), nil) }},
		{"version below 0", store.ErrInvalid, func(b *store.Batch) { b.Put(things, "there", -1, nil, nil) }},
		{"deletion of version 0", store.ErrInvalid, func(b *store.Batch) { b.Delete(things, "k", 0) }},
		{"no collection", store.ErrInvalid, func(b *store.Batch) { b.Create(nil, "k", nil, nil) }},
		{"bad collection", store.ErrInvalid, func(b *store.Batch) { b.Create(&store.Collection{Name: "a/b"}, "k", nil, nil) }},
	}
	for _, test := range batches {
		err := s.commit(func(b *store.Batch) { b.Create(others, "rest", nil, nil); test.add(b) })
		wantError(s.T, test.name, err, test.want)
	}
	for _, key := range []string{"", "/", "a/b", ".", "..", "____", "__x__", "\xff", "a\xc3", strings.Repeat("k", store.MaxKey+1)} {
		wantError(s.T, "create "+key, s.commit(func(b *store.Batch) { b.Create(things, key, nil, nil) }), store.ErrBadKey)
		wantError(s.T, "require "+key, s.commit(func(b *store.Batch) { b.Require(things, key, 0) }), store.ErrBadKey)
		_, err := s.s.Get(s.ctx, things, key)
		wantError(s.T, "get "+key, err, store.ErrBadKey)
		if key != "" {
			_, err = All(s.ctx, s.s, things, store.Ask{From: key})
			wantError(s.T, "find from "+key, err, store.ErrBadKey)
			_, err = All(s.ctx, s.s, things, store.Ask{To: key})
			wantError(s.T, "find to "+key, err, store.ErrBadKey)
		}
	}
	for _, test := range []struct {
		name string
		want error
		ask  store.Ask
	}{
		{"query not declared", store.ErrUndeclared, store.Ask{Query: "colour"}},
		{"equality not declared", store.ErrUndeclared, store.Ask{Query: "kind", Equal: fields("kind", "x", "owner", "o")}},
		{"equality on the list of all", store.ErrUndeclared, store.Ask{Equal: fields("kind", "x")}},
		{"equality left out", store.ErrInvalid, store.Ask{Query: "kind-owner", Equal: fields("kind", "x")}},
		{"value that is not UTF-8", store.ErrInvalid, store.Ask{Query: "kind", Equal: fields("kind", "\xff")}},
		{"bound that is not UTF-8", store.ErrInvalid, store.Ask{Query: "at", From: "\xff"}},
		{"bound too long", store.ErrTooLarge, store.Ask{Query: "at", To: strings.Repeat("x", store.MaxField+1)}},
		{"limit below 0", store.ErrInvalid, store.Ask{Limit: -1}},
	} {
		docs, err := All(s.ctx, s.s, things, test.ask)
		wantError(s.T, test.name, err, test.want)
		if len(docs) > 0 {
			s.Errorf("%s: %d documents found", test.name, len(docs))
		}
	}
	same(s.T, "nothing was written", s.found(others, store.Ask{}), []string(nil))
}

func limits(s *suite) {
	fill := func(n int) []byte { return bytes.Repeat([]byte{'x'}, n) }
	long := strings.Repeat("é", store.MaxKey/2)
	value := strings.Repeat("é", store.MaxField/2)
	s.must(func(b *store.Batch) {
		b.Create(things, long, fields("kind", value, "owner", value, "at", value), fill(store.MaxBody))
	})
	same(s.T, "body at the limit", len(s.get(things, long).Body), store.MaxBody)
	same(s.T, "found by long values", s.found(things, store.Ask{
		Query: "kind-owner-at", Equal: fields("kind", value, "owner", value), From: value}), []string{long})
	s.must(func(b *store.Batch) { b.Delete(things, long, 1) })

	wantError(s.T, "body over the limit", s.commit(func(b *store.Batch) { b.Create(things, "k", nil, fill(store.MaxBody+1)) }), store.ErrTooLarge)
	wantError(s.T, "field over the limit", s.commit(func(b *store.Batch) { b.Create(things, "k", fields("kind", value+"x"), nil) }), store.ErrTooLarge)

	// As many writes as there may be, as many requirements besides, then one more of each.
	full := func(b *store.Batch, writes, requires int) {
		for i := range writes {
			b.Create(things, "w"+number(i), nil, nil)
		}
		for i := range requires {
			b.Require(others, "r"+number(i), 0)
		}
	}
	s.must(func(b *store.Batch) { full(b, store.MaxBatchWrites, store.MaxBatchWrites) })
	same(s.T, "written", len(s.found(things, store.Ask{})), store.MaxBatchWrites)
	s.must(func(b *store.Batch) {
		for i := range store.MaxBatchWrites {
			b.Delete(things, "w"+number(i), 1)
		}
	})
	same(s.T, "left", len(s.found(things, store.Ask{})), 0)
	wantError(s.T, "a write too many", s.commit(func(b *store.Batch) { full(b, store.MaxBatchWrites+1, 0) }), store.ErrTooLarge)
	wantError(s.T, "a requirement too many", s.commit(func(b *store.Batch) { full(b, 1, store.MaxBatchWrites+1) }), store.ErrTooLarge)

	// As many bytes as there may be, then one more.
	heavy := func(total int) func(b *store.Batch) {
		return func(b *store.Batch) {
			for left, i := total, 0; left > 0; i++ {
				n := min(left-len("h0"), store.MaxBody)
				b.Create(things, "h"+string(rune('0'+i)), nil, fill(n))
				left -= n + len("h0")
			}
		}
	}
	wantError(s.T, "a byte too many", s.commit(heavy(store.MaxBatchBytes+1)), store.ErrTooLarge)
	s.must(heavy(s.h.MaxCommit))
	total := 0
	for _, d := range s.find(things, store.Ask{}) {
		total += len(d.Body) + len(d.Key)
	}
	same(s.T, "bytes written", total, s.h.MaxCommit)
}

func atomic(s *suite) {
	s.must(func(b *store.Batch) { b.Create(things, "a", nil, nil); b.Create(others, "b", nil, []byte("old")) })
	wantError(s.T, "the last of many fails", s.commit(func(b *store.Batch) {
		b.Put(things, "a", 1, fields("kind", "new"), nil)
		b.Delete(others, "b", 1)
		b.Create(others, "c", nil, nil)
		b.Put(things, "d", 7, nil, nil)
	}), store.ErrConflict)
	same(s.T, "a", s.get(things, "a"), store.Doc{Key: "a", Version: 1, Schema: 3})
	same(s.T, "b", s.get(others, "b"), store.Doc{Key: "b", Version: 1, Body: []byte("old")})
	same(s.T, "c", s.version(others, "c"), int64(0))
	same(s.T, "not in the index", s.found(things, store.Ask{Query: "kind", Equal: fields("kind", "new")}), []string(nil))

	s.must(func(b *store.Batch) {
		b.Require(things, "d", 0)
		b.Put(things, "a", 1, fields("kind", "new"), nil)
		b.Delete(others, "b", 1)
		b.Create(others, "c", nil, nil)
	})
	same(s.T, "versions", []int64{s.version(things, "a"), s.version(others, "b"), s.version(others, "c")}, []int64{2, 0, 1})
}

func ownMemory(s *suite) {
	body, f := []byte("body"), fields("kind", "x")
	var b store.Batch
	b.Create(things, "a", f, body)
	if err := s.s.Commit(s.ctx, &b); err != nil {
		s.Fatal(err)
	}
	body[0], f["kind"] = 'X', "spoilt"
	d := s.get(things, "a")
	same(s.T, "after the caller changed its own", d, store.Doc{Key: "a", Version: 1, Schema: 3, Fields: fields("kind", "x"), Body: []byte("body")})
	d.Body[0], d.Fields["kind"] = 'Y', "spoilt"
	for _, d := range s.find(things, store.Ask{}) {
		same(s.T, "found", string(d.Body)+d.Fields["kind"], "bodyx")
		d.Body[0], d.Fields["kind"] = 'Z', "spoilt"
	}
	same(s.T, "in the end", s.get(things, "a").Fields, fields("kind", "x"))
}

func closed(s *suite) {
	other := begin(s.T, s.h)
	if err := other.s.Close(); err != nil {
		s.Fatal(err)
	}
	if err := other.s.Close(); err != nil {
		s.Errorf("closing twice: %v", err)
	}
	_, err := other.s.Get(s.ctx, things, "a")
	wantError(s.T, "get", err, store.ErrClosed)
	_, err = All(s.ctx, other.s, things, store.Ask{})
	wantError(s.T, "find", err, store.ErrClosed)
	wantError(s.T, "commit", other.commit(func(b *store.Batch) { b.Create(things, "a", nil, nil) }), store.ErrClosed)
}

func cancelled(s *suite) {
	s.must(func(b *store.Batch) { b.Create(things, "a", nil, nil); b.Create(things, "b", nil, nil) })
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	seen, last := 0, error(nil)
	for _, err := range s.s.Find(ctx, things, store.Ask{}) {
		if last = err; err == nil {
			seen++
		}
		cancel()
	}
	if seen != 1 || !is(last, context.Canceled) {
		s.Errorf("find cancelled after the first: %d documents, then %v", seen, last)
	}
	_, err := s.s.Get(ctx, things, "a")
	wantError(s.T, "get", err, context.Canceled)
	var b store.Batch
	b.Create(things, "c", nil, nil)
	wantError(s.T, "commit", s.s.Commit(ctx, &b), context.Canceled)
	same(s.T, "not written", s.version(things, "c"), int64(0))
}
