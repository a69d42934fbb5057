package doctor

import (
	"context"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/policy"
	"esafetybot/internal/store"
	"esafetybot/internal/store/stores"
)

// Each place is opened and read by itself, none is made, and one that is the state's own is told.
func TestPlaces(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	place := func(key, file string, holds *store.Collection) Place {
		uri := ""
		if file != "" {
			uri = "bolt:" + filepath.Join(dir, file)
		}
		return Place{Key: key, What: "What is kept", URI: uri, Flag: "--" + key, Without: "something", Later: "None is given", Next: "nothing", Holds: holds,
			Open: func(ctx context.Context) (store.Store, error) { return stores.Open(ctx, uri, "school", nil) }}
	}
	there := place("there", "there.db", decisions.Decisions)
	s, err := there.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "broken.db"), strings.Repeat("no database ", 2000))
	held := place("held", "held.db", decisions.Decisions)
	if s, err = held.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	odd := place("odd", "x", nil)
	odd.URI = "postgres:x"
	brief := place("brief", "x", nil)
	brief.URI = "memory:"
	x := &examination{Setup: Setup{
		Policy: &policy.Policy{}, State: place("", "there.db", findings.Findings),
		Stores: []Place{
			place("same", "there.db", nil), place("none", "", nil), place("later", "later.db", nil), place("nowhere", "no/where.db", nil),
			place("broken", "broken.db", nil), held, odd, brief,
		},
	}}
	x.stores(t.Context())
	have := map[string]Status{}
	for _, i := range x.items {
		have[i.Key] = i.Status
		if i.Status == Fails && (i.Next == "" || i.Without == "") {
			t.Errorf("%+v", i)
		}
	}
	want := map[string]Status{"state": Works, "same": Fails, "none": Unknown, "later": Works, "nowhere": Fails, "broken": Fails, "held": Fails, "odd": Fails, "brief": Unknown}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
	if _, err := os.Stat(filepath.Join(dir, "later.db")); err == nil {
		t.Error("doctor made a place")
	}
}

// Nothing but reading is asked of a place, and what else a run may do there is said not to have been tried.
func TestPlaceIsOnlyRead(t *testing.T) {
	if have := may(store.Rights{Read: true, Create: true, Change: true, Delete: true}); have != "create, change and delete" {
		t.Error(have)
	}
	if have := may(store.Rights{Read: true, Delete: true}); have != "delete" {
		t.Error(have)
	}
	watched := &watch{}
	p := Place{Holds: findings.Findings, Open: func(context.Context) (store.Store, error) { return watched, nil }}
	if err := p.look(t.Context()); err != nil || watched.found != 1 || !watched.closed {
		t.Errorf("%v, %+v", err, watched)
	}
}

// watch is a store that notes what is asked of it.
type watch struct {
	store.Store
	found  int
	closed bool
}

func (w *watch) Find(_ context.Context, _ *store.Collection, a store.Ask) iter.Seq2[store.Doc, error] {
	w.found += a.Limit
	return func(func(store.Doc, error) bool) {}
}

func (w *watch) Close() error { w.closed = true; return nil }
