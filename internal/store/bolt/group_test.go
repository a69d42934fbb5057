package bolt_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"esafetybot/internal/store"
	"esafetybot/internal/store/bolt"
)

// Batches that wait for each other are written together; each is still all or nothing, and one that is refused takes no other with it.
func TestTogether(t *testing.T) {
	col := &store.Collection{Name: "things", Indexed: []string{"n"}, Queries: []store.Query{{Name: "n", Range: "n"}}}
	path := filepath.Join(t.TempDir(), "state.db")
	s, err := bolt.Open(path, "school", bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	const writers, each, places = 40, 30, 400
	var mu sync.Mutex
	won := map[string]string{} // place → who
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range each {
				// Several want each place; a batch that gets it also writes a document of its own, which must stand if and only if it did.
				place, own := fmt.Sprintf("place-%03d", (w*7+i*13)%places), fmt.Sprintf("own-%d-%d", w, i)
				b := &store.Batch{}
				b.Create(col, own, map[string]string{"n": own}, nil)
				b.Create(col, place, map[string]string{"n": place}, []byte(own))
				switch err := s.Commit(t.Context(), b); {
				case err == nil:
					mu.Lock()
					if before := won[place]; before != "" {
						t.Errorf("%s was given to %s and to %s", place, before, own)
					}
					won[place] = own
					mu.Unlock()
				case !errors.Is(err, store.ErrConflict):
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = bolt.Open(path, "school", bolt.Options{}); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	n := 0
	for d, err := range s.Find(t.Context(), col, store.Ask{Query: "n"}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		if who, ok := won[d.Key]; ok && string(d.Body) != who {
			t.Errorf("%s holds %s, and %s was told that it has it", d.Key, d.Body, who)
		}
	}
	if n != 2*len(won) || len(won) == 0 {
		t.Errorf("%d documents of %d batches that were written", n, len(won))
	}
	if err := s.Commit(t.Context(), &store.Batch{}); err != nil {
		t.Error(err)
	}
}
