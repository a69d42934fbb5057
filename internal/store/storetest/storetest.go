// Package storetest is the suite that every kind of store must pass, and a wrapper that loses answers ([Flaky]).
//
// A kind's own test is a few lines:
//
//	storetest.Run(t, storetest.Harness{New: func(t *testing.T) func() (store.Store, error) {
//		path := filepath.Join(t.TempDir(), "state.db")
//		return func() (store.Store, error) { return bolt.Open(path, "school", bolt.Options{}) }
//	}, Persistent: true})
package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"esafetybot/internal/store"
)

// Harness is what the suite needs of a kind of store.
type Harness struct {
	// New prepares an empty state and returns what opens it. Each call of that opens the same state; the suite closes
	// what it opened before, or opens two at once if Shared.
	New func(t *testing.T) (open func() (store.Store, error))

	Persistent bool // the state outlives Close
	Lossy      bool // requests and answers are lost on the way
	Shared     bool // the state may be open twice at once
	Slow       bool // fewer rounds of what repeats

	// MaxCommit is the most bytes that one batch is tried with, where what stands in for the real thing (an emulator)
	// takes less than store.MaxBatchBytes; 0 is that.
	MaxCommit int
	Only      []string // the tests to run, by name; nil is all
}

// things is the collection that most of the suite uses.
var things = &store.Collection{
	Name:    "things",
	Schema:  3,
	Indexed: []string{"kind", "owner", "at"},
	Queries: []store.Query{
		{Name: "kind", Equal: []string{"kind"}},
		{Name: "kind-owner", Equal: []string{"kind", "owner"}},
		{Name: "at", Range: "at"},
		{Name: "latest", Range: "at", Desc: true},
		{Name: "kind-at", Equal: []string{"kind"}, Range: "at"},
		{Name: "kind-latest", Equal: []string{"kind"}, Range: "at", Desc: true},
		{Name: "kind-owner-at", Equal: []string{"kind", "owner"}, Range: "at"},
	},
}

// others is a second collection, for batches that span two.
var others = &store.Collection{Name: "others"}

// Collections are the declarations that the suite uses, for stores that must be told beforehand.
func Collections() []*store.Collection { return []*store.Collection{things, others, oldThings} }

type suite struct {
	*testing.T
	h    Harness
	ctx  context.Context
	s    store.Store
	open func() (store.Store, error)
}

// Run runs the suite.
func Run(t *testing.T, h Harness) {
	if h.MaxCommit == 0 {
		h.MaxCommit = store.MaxBatchBytes
	}
	for _, test := range []struct {
		name string
		run  func(*suite)
	}{
		{"Documents", documents},
		{"Expectations", expectations},
		{"Refusals", refusals},
		{"Limits", limits},
		{"Atomic", atomic},
		{"Keys", keys},
		{"Queries", queries},
		{"Pages", pages},
		{"FindWhileWriting", findWhileWriting},
		{"Memory", ownMemory},
		{"Counters", counters},
		{"Claims", claims},
		{"Schemas", schemas},
		{"Reopen", reopen},
		{"Closed", closed},
		{"Cancelled", cancelled},
		{"Blobs", blobs},
		{"Lost", lost},
		{"Model", model},
	} {
		if h.Only != nil && !slices.Contains(h.Only, test.name) {
			continue
		}
		t.Run(test.name, func(t *testing.T) { test.run(begin(t, h)) })
	}
}

// begin opens a fresh store that is closed with the test.
func begin(t *testing.T, h Harness) *suite {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	s := &suite{T: t, h: h, ctx: ctx, open: h.New(t)}
	s.start()
	t.Cleanup(s.stop)
	return s
}

func (s *suite) start() {
	s.Helper()
	var err error
	if s.s, err = s.open(); err != nil {
		s.Fatalf("opening: %v", err)
	}
}

func (s *suite) stop() {
	s.Helper()
	if err := s.s.Close(); err != nil {
		s.Errorf("closing: %v", err)
	}
}

// commit builds a batch and commits it.
func (s *suite) commit(build func(b *store.Batch)) error {
	var b store.Batch
	build(&b)
	return s.s.Commit(s.ctx, &b)
}

func (s *suite) must(build func(b *store.Batch)) {
	s.Helper()
	if err := s.commit(build); err != nil {
		s.Fatalf("commit: %v", err)
	}
}

func (s *suite) get(c *store.Collection, key string) store.Doc {
	s.Helper()
	d, err := s.s.Get(s.ctx, c, key)
	if err != nil {
		s.Fatalf("get: %v", err)
	}
	return d
}

// version is the document's, 0 if there is none.
func (s *suite) version(c *store.Collection, key string) int64 {
	s.Helper()
	d, err := s.s.Get(s.ctx, c, key)
	if err != nil {
		wantError(s.T, "get", err, store.ErrNotFound)
	}
	return d.Version
}

func (s *suite) find(c *store.Collection, a store.Ask) []store.Doc {
	s.Helper()
	docs, err := All(s.ctx, s.s, c, a)
	if err != nil {
		s.Fatalf("find %+v: %v", a, err)
	}
	return docs
}

func (s *suite) found(c *store.Collection, a store.Ask) []string {
	s.Helper()
	var out []string
	for _, d := range s.find(c, a) {
		out = append(out, d.Key)
	}
	return out
}

// All gathers what a Find yields.
func All(ctx context.Context, s store.Store, c *store.Collection, a store.Ask) ([]store.Doc, error) {
	var out []store.Doc
	for d, err := range s.Find(ctx, c, a) {
		if err != nil {
			return out, err
		}
		out = append(out, d)
	}
	return out, nil
}

func wantError(t *testing.T, what string, err, want error) {
	t.Helper()
	if err == nil || !is(err, want) {
		t.Errorf("%s: have error %v, want one that is: %v", what, err, want)
	}
}

func same(t *testing.T, what string, have, want any) {
	t.Helper()
	if diff := cmp.Diff(want, have, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s: -want +have\n%s", what, diff)
	}
}

func fields(kv ...string) map[string]string {
	m := map[string]string{}
	for pair := range slices.Chunk(kv, 2) {
		m[pair[0]] = pair[1]
	}
	return m
}

func number(i int) string { return fmt.Sprintf("%05d", i) }
