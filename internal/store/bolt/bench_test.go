package bolt_test

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"esafetybot/internal/store"
	"esafetybot/internal/store/bolt"
)

// BenchmarkCommit writes batches as the keeping of findings does: 200 documents with three indexed fields.
func BenchmarkCommit(b *testing.B) {
	col := &store.Collection{
		Name: "things", Indexed: []string{"kind", "state", "at"},
		Queries: []store.Query{{Name: "kind", Equal: []string{"kind", "state"}}, {Name: "at", Equal: []string{"kind"}, Range: "at"}},
	}
	s, err := bolt.Open(filepath.Join(b.TempDir(), "state.db"), "school", bolt.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	body := bytes.Repeat([]byte("x"), 600)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		batch := &store.Batch{}
		for range 200 {
			n++
			batch.Create(col, fmt.Sprintf("%08d", n), map[string]string{"kind": "sharing", "state": "open", "at": fmt.Sprintf("%08d", n)}, body)
		}
		if err := s.Commit(context.Background(), batch); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkBlob writes and reads a scope's picture, some kilobytes of JSON.
func BenchmarkBlob(b *testing.B) {
	col := &store.Collection{Name: "pictures"}
	s, err := bolt.Open(filepath.Join(b.TempDir(), "state.db"), "school", bolt.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	ctx := context.Background()
	var data bytes.Buffer
	for i := range 40 {
		fmt.Fprintf(&data, `{"kind":"file","id":"1iLsmUun0nA8q7aGR1Ls9D1rztgKh%04d","title":"Science %d","grants":[{"id":"anyoneWithLink","type":"anyone","role":"reader"}]}`, i, i)
	}
	var ref store.BlobRef
	b.ReportAllocs()
	for b.Loop() {
		batch := &store.Batch{}
		if ref, err = store.PutBlob(batch, col, "owner", ref, nil, data.Bytes()); err != nil {
			b.Fatal(err)
		}
		if err := s.Commit(ctx, batch); err != nil {
			b.Fatal(err)
		}
		if _, _, err := store.GetBlob(ctx, s, col, "owner"); err != nil {
			b.Fatal(err)
		}
	}
}
