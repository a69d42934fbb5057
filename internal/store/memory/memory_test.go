package memory_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
	"esafetybot/internal/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, storetest.Harness{New: func(*testing.T) func() (store.Store, error) { return memory.Open }})
}

func TestCopy(t *testing.T) {
	c := &store.Collection{Name: "things"}
	put := func(s store.Store, key, body string) {
		t.Helper()
		b := &store.Batch{}
		b.Create(c, key, nil, []byte(body))
		if err := s.Commit(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	list := func(s store.Store) (out []string) {
		t.Helper()
		for d, err := range s.Find(t.Context(), c, store.Ask{}) {
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, d.Key+" "+string(d.Body))
		}
		return out
	}
	one, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	put(one, "a", "before")
	two, err := memory.Copy(one)
	if err != nil {
		t.Fatal(err)
	}
	put(one, "b", "in the first")
	put(two, "c", "in the second")
	if diff := cmp.Diff([][]string{{"a before", "b in the first"}, {"a before", "c in the second"}}, [][]string{list(one), list(two)}); diff != "" {
		t.Error(diff)
	}
	if err := one.Close(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a before", "c in the second"}, list(two)); diff != "" {
		t.Errorf("the copy of a store that was closed:\n%s", diff)
	}
	if _, err := memory.Copy(one); !errors.Is(err, store.ErrClosed) {
		t.Errorf("copying a closed store: %v", err)
	}
	if _, err := memory.Copy(nil); err == nil {
		t.Error("what is no store in memory was copied")
	}
}
