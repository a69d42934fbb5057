package store_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
	"esafetybot/internal/store/storetest"
)

func TestKey(t *testing.T) {
	for _, test := range []struct {
		parts []string
		want  string
	}{
		{[]string{"A4", "sharing.public", "file/1AbC"}, "A4|sharing.public|file%2F1AbC"},
		{[]string{"under_score", "__"}, "under_score|%5F%5F"},
		{[]string{"."}, "%2E"},
		{[]string{".", ".."}, ".|.."},
		{[]string{"100%", "a|b"}, "100%25|a%7Cb"},
		{[]string{"%2F", "%5F", "%2E"}, "%252F|%255F|%252E"},
	} {
		if have := store.Key(test.parts...); have != test.want {
			t.Errorf("Key(%q): have %q want %q", test.parts, have, test.want)
		}
	}
	part := rapid.OneOf(rapid.StringN(0, 8, 40), rapid.StringMatching(`[a_.%/|25EF7C]{0,6}`))
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.SliceOfN(part, 1, 4).Draw(t, "a"), rapid.SliceOfN(part, 1, 4).Draw(t, "b")
		ka, kb := store.Key(a...), store.Key(b...)
		if !slices.Equal(store.KeyParts(ka), a) {
			t.Fatalf("parts %q, key %q, parts %q", a, ka, store.KeyParts(ka))
		}
		if (ka == kb) != slices.Equal(a, b) {
			t.Fatalf("%q and %q have keys %q and %q", a, b, ka, kb)
		}
		if err := store.CheckKey(ka); err != nil && ka != "" && len(ka) <= store.MaxKey {
			t.Fatalf("parts %q: %v", a, err)
		}
		from, to := store.Prefix(a...)
		within := len(b) > len(a) && slices.Equal(b[:len(a)], a)
		if have := kb >= from && kb < to; have != within {
			t.Fatalf("key of %q lies in the prefix of %q: %v", b, a, have)
		}
	})
}

func TestDeclarations(t *testing.T) {
	with := func(change func(c *store.Collection)) *store.Collection {
		c := &store.Collection{Name: "things", Indexed: []string{"a", "b"}, Queries: []store.Query{{Name: "q", Equal: []string{"a"}, Range: "b"}}}
		change(c)
		return c
	}
	if err := with(func(*store.Collection) {}).Check(); err != nil {
		t.Error(err)
	}
	for name, c := range map[string]*store.Collection{
		"nil":                nil,
		"no name":            with(func(c *store.Collection) { c.Name = "" }),
		"awkward name":       with(func(c *store.Collection) { c.Name = "__things__" }),
		"schema below 0":     with(func(c *store.Collection) { c.Schema = -1 }),
		"awkward field":      with(func(c *store.Collection) { c.Indexed[0] = "a.b" }),
		"field twice":        with(func(c *store.Collection) { c.Indexed[0] = "b" }),
		"too many fields":    with(func(c *store.Collection) { c.Indexed = make([]string, store.MaxIndexed+1) }),
		"query without name": with(func(c *store.Collection) { c.Queries[0].Name = "" }),
		"query twice":        with(func(c *store.Collection) { c.Queries = append(c.Queries, c.Queries[0]) }),
		"not indexed":        with(func(c *store.Collection) { c.Queries[0].Equal[0] = "c" }),
		"equality twice":     with(func(c *store.Collection) { c.Queries[0].Equal = []string{"a", "a"} }),
		"equality and range": with(func(c *store.Collection) { c.Queries[0].Range = "a" }),
		"range not indexed":  with(func(c *store.Collection) { c.Queries[0].Range = "c" }),
		"keys downwards":     with(func(c *store.Collection) { c.Queries[0].Range, c.Queries[0].Desc = "", true }),
		"too many equalities": with(func(c *store.Collection) {
			c.Queries[0].Equal = make([]string, store.MaxEqual+1)
		}),
	} {
		if err := c.Check(); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("%s: have %v", name, err)
		}
	}
}

var things = &store.Collection{Name: "things", Indexed: []string{"kind"}}

func open(t *testing.T) store.Store {
	t.Helper()
	s, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCounting(t *testing.T) {
	s := store.Counting(open(t))
	commit := func(build func(b *store.Batch)) error {
		var b store.Batch
		build(&b)
		return s.Commit(t.Context(), &b)
	}
	if err := errors.Join(
		commit(func(b *store.Batch) {
			b.Create(things, "a", nil, nil)
			b.Create(things, "b", nil, nil)
			b.Require(things, "c", 0)
		}),
		commit(func(b *store.Batch) { b.Require(things, "a", 1) }),
		commit(func(*store.Batch) {}),
	); err != nil {
		t.Fatal(err)
	}
	if err := commit(func(b *store.Batch) { b.Create(things, "a", nil, nil) }); err == nil {
		t.Error("created twice")
	}
	if _, err := s.Get(t.Context(), things, "none"); err == nil {
		t.Error("found none")
	}
	if _, err := s.Get(t.Context(), things, "a"); err != nil {
		t.Error(err)
	}
	if _, err := storetest.All(t.Context(), s, things, store.Ask{}); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]int64{3, 2, 1}, []int64{s.Reads(), s.Writes(), s.Batches()}); diff != "" {
		t.Errorf("reads, writes, batches: -want +have\n%s", diff)
	}
	s.Reset()
	if n := s.Reads() + s.Writes() + s.Batches(); n != 0 {
		t.Errorf("%d after Reset", n)
	}
}

// TestBlobSizes tries the sizes around which a blob is cut into one chunk more.
func TestBlobSizes(t *testing.T) {
	s := open(t)
	noise := make([]byte, 2*store.MaxBody+10)
	x := uint32(1)
	for i := range noise {
		x = x*1664525 + 1013904223
		noise[i] = byte(x >> 24)
	}
	for _, n := range []int{0, 1, 512, 513, store.MaxBody - 1025, store.MaxBody - 1024, store.MaxBody - 1023, store.MaxBody, store.MaxBody + 1, 2 * store.MaxBody, 2*store.MaxBody + 1} {
		var b store.Batch
		_, err := store.PutBlob(&b, things, "k", store.BlobRef{}, nil, noise[:n])
		if err == nil {
			err = s.Commit(t.Context(), &b)
		}
		have, ref, errGet := store.GetBlob(t.Context(), s, things, "k")
		if err := errors.Join(err, errGet); err != nil || !bytes.Equal(have, noise[:n]) {
			t.Fatalf("%d bytes: %d, %v", n, len(have), err)
		}
		b = store.Batch{}
		store.DeleteBlob(&b, things, "k", ref)
		if err := s.Commit(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
	}
	var b store.Batch
	if _, err := store.PutBlob(&b, things, "k", store.BlobRef{}, nil, make([]byte, store.MaxBlob+1)); !errors.Is(err, store.ErrTooLarge) {
		t.Errorf("too large a blob: %v", err)
	}
}

func TestDamagedBlob(t *testing.T) {
	s := open(t)
	for key, body := range map[string]string{
		"nothing": "", "text": "hello", "other": "{}\nhello", "sum": `{"size":5,"sha256":"00"}` + "\nhello", "gzip": `{"size":5,"gzip":true}` + "\nhello",
		"chunks": `{"size":5,"gen":"G","chunks":2}` + "\n",
	} {
		var b store.Batch
		b.Create(things, key, nil, []byte(body))
		if err := s.Commit(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		if data, _, err := store.GetBlob(t.Context(), s, things, key); err == nil || errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %q, %v", key, data, err)
		}
	}
}

// TestStagedByDeath stages a blob in a store that dies at any call: the old blob stays readable, and the next attempt
// leaves nothing behind.
func TestStagedByDeath(t *testing.T) {
	data := bytes.Repeat([]byte("not so well compressible "), 3)
	for i := range 5 << 20 {
		data = append(data, byte(i*i>>7))
	}
	for calls := range 8 {
		s := open(t)
		var b store.Batch
		ref, err := store.PutBlob(&b, things, "k", store.BlobRef{}, nil, []byte("old"))
		if err = errors.Join(err, s.Commit(t.Context(), &b)); err != nil {
			t.Fatal(err)
		}
		stage := func(s store.Store) error {
			var b store.Batch
			if _, err := store.StageBlob(t.Context(), s, &b, things, "k", ref, nil, data); err != nil {
				return err
			}
			return s.Commit(t.Context(), &b)
		}
		dying := storetest.Flaky(s, 1, storetest.Faults{Before: 1, Reads: 1, From: calls, Dead: true})
		if err := stage(dying); err != nil {
			have, _, err := store.GetBlob(t.Context(), s, things, "k")
			if err != nil || string(have) != "old" {
				t.Fatalf("dead after %d calls: %d bytes, %v", calls, len(have), err)
			}
			if err := stage(s); err != nil {
				t.Fatal(err)
			}
		}
		have, ref, err := store.GetBlob(t.Context(), s, things, "k")
		if err != nil || !bytes.Equal(have, data) {
			t.Fatalf("after %d calls: %d bytes, %v", calls, len(have), err)
		}
		b = store.Batch{}
		store.DeleteBlob(&b, things, "k", ref)
		if err := s.Commit(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		left, err := storetest.All(t.Context(), s, store.Chunks(things), store.Ask{})
		if err != nil || len(left) > 0 {
			t.Errorf("after %d calls %d chunks are left, %v", calls, len(left), err)
		}
	}
}

func TestFlaky(t *testing.T) {
	run := func(seed uint64) string {
		s := storetest.Flaky(open(t), seed, storetest.Faults{Before: 0.3, After: 0.3, From: 2})
		var out strings.Builder
		for i := range 30 {
			key := string(rune('A' + i))
			var b store.Batch
			b.Create(things, key, nil, nil)
			err := s.Commit(context.Background(), &b)
			_, found := s.Get(context.Background(), things, key)
			switch {
			case err == nil && found == nil:
				out.WriteByte('.')
			case errors.Is(err, store.ErrUnknown) && found == nil:
				out.WriteByte('a')
			case errors.Is(err, store.ErrUnknown) && errors.Is(found, store.ErrNotFound):
				out.WriteByte('b')
			default:
				t.Fatalf("%v, %v", err, found)
			}
		}
		return out.String()
	}
	one := run(1)
	if one != run(1) || one == run(2) || !strings.HasPrefix(one, ".") || !strings.ContainsRune(one, 'a') || !strings.ContainsRune(one, 'b') {
		t.Errorf("seed 1 twice, seed 2: %s %s %s", one, run(1), run(2))
	}
}

func TestTime(t *testing.T) {
	early := time.Date(2026, 3, 29, 0, 59, 59, 999, time.UTC)
	late := early.Add(time.Nanosecond).In(time.FixedZone("", 3600))
	if a, b := store.Time(early), store.Time(late); a >= b || len(a) != len(b) {
		t.Errorf("%s, %s", a, b)
	}
}
