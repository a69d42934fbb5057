package storetest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"

	"esafetybot/internal/store"
)

// counters has many increment one document, each again until it worked: nothing may get lost.
func counters(s *suite) {
	workers, each := 8, 10
	if s.h.Slow {
		workers, each = 4, 5
	}
	s.must(func(b *store.Batch) { b.Create(things, "n", nil, []byte("0")) })
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			for i := range each {
				if err := s.increment(fmt.Sprintf("w%d-%d", w, i)); err != nil {
					s.Errorf("worker %d: %v", w, err)
					return
				}
			}
		})
	}
	group.Wait()
	d := s.get(things, "n")
	same(s.T, "count", string(d.Body), strconv.Itoa(workers*each))
	same(s.T, "version", d.Version, int64(workers*each+1))
	same(s.T, "one document for each", len(s.found(others, store.Ask{})), workers*each)
}

func (s *suite) increment(mark string) error {
	for {
		d, err := s.s.Get(s.ctx, things, "n")
		if err != nil {
			return err
		}
		n, err := strconv.Atoi(string(d.Body))
		if err != nil {
			return err
		}
		err = s.commit(func(b *store.Batch) {
			b.Put(things, "n", d.Version, nil, []byte(strconv.Itoa(n+1)))
			b.Create(others, mark, nil, nil)
		})
		if err == nil || !is(err, store.ErrConflict) {
			return err
		}
	}
}

// claims has many try to create, and then to take away, the same document: one succeeds.
func claims(s *suite) {
	const workers, deletes = 6, 1
	for i, step := range []func(b *store.Batch){
		func(b *store.Batch) { b.Create(things, "lease", nil, nil) },
		func(b *store.Batch) { b.Delete(things, "lease", 1) },
		func(b *store.Batch) { b.Require(things, "lease", 0); b.Create(others, "claim", nil, nil) },
	} {
		errs := make(chan error, workers)
		for range workers {
			go func() { errs <- s.commit(step) }()
		}
		won := 0
		for range workers {
			if err := <-errs; err == nil {
				won++
			} else {
				wantError(s.T, "the others", err, store.ErrConflict)
			}
		}
		if s.h.Lossy && i == deletes {
			won = min(won, 1) // whoever finds it gone after a lost request cannot know that it was not they
		}
		same(s.T, "winners", won, 1)
	}
}

// oldThings is things as an older program declared it.
var oldThings = &store.Collection{Name: "things", Schema: 2, Indexed: []string{"kind", "colour"}, Queries: []store.Query{
	{Name: "colour", Equal: []string{"colour"}},
}}

func schemas(s *suite) {
	s.must(func(b *store.Batch) {
		b.Create(oldThings, "a", fields("kind", "x", "colour", "red"), []byte("old"))
		b.Create(oldThings, "b", fields("kind", "y"), []byte("old"))
	})
	if s.h.Persistent {
		s.stop()
		s.start()
	}
	same(s.T, "an old document", s.get(things, "a"),
		store.Doc{Key: "a", Version: 1, Schema: 2, Fields: fields("kind", "x", "colour", "red"), Body: []byte("old")})
	same(s.T, "by a query declared later", s.found(things, store.Ask{Query: "kind", Equal: fields("kind", "x")}), []string{"a"})
	s.must(func(b *store.Batch) { b.Put(things, "a", 1, fields("kind", "y", "at", "1"), []byte("new")) })
	same(s.T, "written anew", s.get(things, "a"),
		store.Doc{Key: "a", Version: 2, Schema: 3, Fields: fields("kind", "y", "at", "1"), Body: []byte("new")})
	same(s.T, "old and new", s.found(things, store.Ask{Query: "kind", Equal: fields("kind", "y")}), []string{"a", "b"})
	same(s.T, "only new", s.found(things, store.Ask{Query: "kind-at", Equal: fields("kind", "y")}), []string{"a"})
	same(s.T, "the old query after all", s.found(oldThings, store.Ask{Query: "colour", Equal: fields("colour", "red")}), []string(nil))
}

func reopen(s *suite) {
	if !s.h.Persistent {
		s.Skip("this kind of store ends with the process")
	}
	s.must(func(b *store.Batch) {
		b.Create(things, "a", fields("kind", "x", "at", "2"), []byte("A"))
		b.Create(things, "b", fields("kind", "x", "at", "1"), []byte("B"))
	})
	s.must(func(b *store.Batch) { b.Put(things, "a", 1, fields("kind", "x", "at", "3"), []byte("AA")) })
	before := s.find(things, store.Ask{Query: "kind-at", Equal: fields("kind", "x")})
	s.stop()
	s.start()
	same(s.T, "after reopening", s.find(things, store.Ask{Query: "kind-at", Equal: fields("kind", "x")}), before)
	wantError(s.T, "an old version", s.commit(func(b *store.Batch) { b.Put(things, "a", 1, nil, nil) }), store.ErrConflict)
	s.must(func(b *store.Batch) { b.Put(things, "a", 2, nil, nil) })

	if s.h.Shared {
		other, err := s.open()
		if err != nil {
			s.Fatal(err)
		}
		d, err := other.Get(s.ctx, things, "a")
		if err != nil || d.Version != 3 {
			s.Errorf("opened twice: have version %d, error %v", d.Version, err)
		}
		if err := other.Close(); err != nil {
			s.Error(err)
		}
		same(s.T, "and one is closed", s.version(things, "a"), int64(3))
	}
}

func blobs(s *suite) {
	rnd := rand.NewChaCha8([32]byte{7})
	noise := func(n int) []byte { // does not compress
		out := make([]byte, n)
		_, _ = rnd.Read(out) // cannot fail
		return out
	}
	_, ref, err := store.GetBlob(s.ctx, s.s, things, "b")
	wantError(s.T, "no blob", err, store.ErrNotFound)
	large := 9 << 20 // more than a batch
	contents := [][]byte{nil, []byte("small"), bytes.Repeat([]byte("x"), 5<<20), noise(store.MaxBody), noise(3 << 20), noise(large), noise(2 << 20), nil}
	for i, want := range contents {
		var b store.Batch
		next, err := store.PutBlob(&b, things, "b", ref, fields("kind", "blob"), want)
		if len(want) == large {
			wantError(s.T, "more than a batch", err, store.ErrTooLarge)
			same(s.T, "nothing in the batch", len(b.Ops), 0)
			next, err = store.StageBlob(s.ctx, s.s, &b, things, "b", ref, fields("kind", "blob"), want)
		}
		if err != nil {
			s.Fatalf("blob %d: %v", i, err)
		}
		if i > 0 {
			if have, _, err := store.GetBlob(s.ctx, s.s, things, "b"); err != nil || !bytes.Equal(have, contents[i-1]) {
				s.Errorf("blob %d before the commit: %d bytes, error %v", i, len(have), err)
			}
		}
		if err := s.s.Commit(s.ctx, &b); err != nil {
			s.Fatalf("blob %d: %v", i, err)
		}
		have, again, err := store.GetBlob(s.ctx, s.s, things, "b")
		if err != nil || !bytes.Equal(have, want) {
			s.Errorf("blob %d: %d bytes of %d, error %v", i, len(have), len(want), err)
		}
		if again != next {
			s.Errorf("blob %d: have ref %+v, promised %+v", i, again, next)
		}
		ref = again
		same(s.T, "one head", s.found(things, store.Ask{Query: "kind", Equal: fields("kind", "blob")}), []string{"b"})
	}
	same(s.T, "chunks left", len(s.found(store.Chunks(things), store.Ask{})), 0)

	// Two stage at once; the one that began later sweeps the other's chunks, so the other cannot become visible.
	var first, second store.Batch
	if _, err := store.StageBlob(s.ctx, s.s, &first, things, "b", ref, nil, noise(2<<20)); err != nil {
		s.Fatal(err)
	}
	want := noise(2 << 20)
	if _, err := store.StageBlob(s.ctx, s.s, &second, things, "b", ref, nil, want); err != nil {
		s.Fatal(err)
	}
	wantError(s.T, "swept", s.s.Commit(s.ctx, &first), store.ErrConflict)
	if err := s.s.Commit(s.ctx, &second); err != nil {
		s.Fatal(err)
	}
	have, ref, err := store.GetBlob(s.ctx, s.s, things, "b")
	if err != nil || !bytes.Equal(have, want) {
		s.Errorf("after two: %d bytes, error %v", len(have), err)
	}
	same(s.T, "no orphans", len(s.found(store.Chunks(things), store.Ask{})), 3)
	s.must(func(b *store.Batch) { store.DeleteBlob(b, things, "b", ref) })
	same(s.T, "deleted", len(s.found(store.Chunks(things), store.Ask{}))+len(s.found(things, store.Ask{})), 0)
}

// lost drives the store through Flaky: whoever reads again after ErrUnknown loses and repeats nothing.
func lost(s *suite) {
	rounds := 40
	if s.h.Slow {
		rounds = 15
	}
	f := &suite{T: s.T, h: s.h, ctx: s.ctx, s: Flaky(s.s, 1, Faults{Before: 0.2, After: 0.2, Reads: 0.1})}
	s.must(func(b *store.Batch) { b.Create(things, "n", nil, []byte("0")) })
	unknown := 0
	for i := range rounds {
		mark := number(i)
		for s.version(others, mark) == 0 {
			if err := f.increment(mark); is(err, store.ErrUnknown) {
				unknown++
			} else if err != nil && !is(err, ErrInjected) {
				s.Fatal(err)
			}
		}
	}
	same(s.T, "count", string(s.get(things, "n").Body), strconv.Itoa(rounds))
	if unknown < rounds/8 {
		s.Errorf("only %d of %d answers were lost", unknown, rounds)
	}
}
