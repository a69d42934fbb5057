package store_test

import (
	"errors"
	"testing"

	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
)

func TestLimit(t *testing.T) {
	c := &store.Collection{Name: "notes"}
	acts := map[string]func(store.Store) error{
		"get": func(s store.Store) error { _, err := s.Get(t.Context(), c, "there"); return err },
		"find": func(s store.Store) error {
			for _, err := range s.Find(t.Context(), c, store.Ask{}) {
				return err
			}
			return nil
		},
		"require": func(s store.Store) error {
			b := &store.Batch{}
			b.Require(c, "there", 1)
			return s.Commit(t.Context(), b)
		},
		"create": func(s store.Store) error {
			b := &store.Batch{}
			b.Create(c, "new", nil, nil)
			return s.Commit(t.Context(), b)
		},
		"put": func(s store.Store) error {
			b := &store.Batch{}
			b.Put(c, "there", 1, nil, []byte("x"))
			return s.Commit(t.Context(), b)
		},
		"put of what is not there": func(s store.Store) error {
			b := &store.Batch{}
			b.Put(c, "new", 0, nil, nil)
			return s.Commit(t.Context(), b)
		},
		"delete": func(s store.Store) error {
			b := &store.Batch{}
			b.Delete(c, "there", 1)
			return s.Commit(t.Context(), b)
		},
	}
	needs := map[string]store.Rights{"get": {Read: true}, "find": {Read: true}, "require": {Read: true}, "create": {Create: true},
		"put": {Change: true}, "put of what is not there": {Create: true}, "delete": {Delete: true}}
	for _, r := range []store.Rights{{}, {Read: true}, {Create: true}, {Change: true}, {Delete: true}} {
		for name, act := range acts {
			s, err := memory.Open()
			if err != nil {
				t.Fatal(err)
			}
			b := &store.Batch{}
			b.Create(c, "there", nil, nil)
			if err := s.Commit(t.Context(), b); err != nil {
				t.Fatal(err)
			}
			err = act(store.Limit(s, r))
			if may := r == needs[name]; may && err != nil || !may && !errors.Is(err, store.ErrNotAllowed) {
				t.Errorf("%s with %+v: %v", name, r, err)
			}
			n := 0
			for d, err := range s.Find(t.Context(), c, store.Ask{}) {
				if err != nil {
					t.Fatal(err)
				}
				if d.Key == "there" && d.Version == 1 {
					n++
				}
			}
			if r == (store.Rights{}) && n != 1 {
				t.Errorf("%s without any right changed something", name)
			}
		}
	}
}
