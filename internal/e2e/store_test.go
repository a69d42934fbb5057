package e2e

import (
	"fmt"
	"path/filepath"
	"testing"

	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/store"
	"esafetybot/internal/store/bolt"
	"esafetybot/internal/store/firestore"
	"esafetybot/internal/store/firestore/emulator"
)

// TestStores runs the same days on memory, bolt and Firestore: the findings and their events are the same, and an unchanged
// day costs next to no writes.
func TestStores(t *testing.T) {
	t.Parallel()
	sc, s := small(t, 4, server.Options{})
	w := s.only(generate.Dojo)
	names := []string{"memory", "bolt", "firestore"}
	open := map[string]func() (store.Store, error){
		"bolt": func() (store.Store, error) {
			return bolt.Open(filepath.Join(t.TempDir(), "state.db"), "school", bolt.Options{})
		},
		"firestore": func() (store.Store, error) {
			return firestore.Open(t.Context(), "e2e", "", "school", firestore.Options{Emulator: emulator.Host(t)})
		},
	}
	counters := map[string]*store.Counter{"memory": store.Counting(w.store)}
	watches := map[string]*watch{"memory": w}
	w.store, w.box = counters["memory"], newOutbox(t, w.policy, counters["memory"])
	for _, name := range names[1:] {
		st, err := open[name]()
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		counters[name] = store.Counting(st)
		watches[name] = &watch{name: w.name, policy: w.policy, store: counters[name], box: newOutbox(t, w.policy, counters[name])}
	}
	day := func(when string, unchanged bool) {
		for _, name := range names {
			counters[name].Reset()
			if _, err := s.run(watches[name]); err != nil {
				t.Fatalf("%s, %s: %v", when, name, err)
			}
			if n := counters[name].Writes(); unchanged && n >= 20 {
				t.Errorf("%s: an unchanged day costs %d writes to %s, want fewer than 20", when, n, name)
			}
			same(t, fmt.Sprintf("%s, %s", when, name), w.store, watches[name].store)
		}
	}
	day("first run", false)
	player := sc.Player()
	for i := range 2 {
		if _, err := player.Play(); err != nil {
			t.Fatal(err)
		}
		day(fmt.Sprintf("day %d", i), false)
	}
	for i := range 2 {
		s.quietDay()
		day(fmt.Sprintf("quiet day %d", i), true)
	}
	s.agree("in the end")
	s.private()
}
