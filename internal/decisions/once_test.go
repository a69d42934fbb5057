package decisions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
	"esafetybot/internal/store/storetest"
)

var early = time.Date(2026, 9, 14, 12, 0, 0, 0, time.UTC)

func stores(t *testing.T) (site, main store.Store) {
	t.Helper()
	site, err := memory.Open()
	if err == nil {
		main, err = memory.Open()
	}
	if err != nil {
		t.Fatal(err)
	}
	return site, main
}

// effects is a collection in which taking up leaves its effect.
var effects = &store.Collection{Name: "effects", Schema: 1}

func left(t *testing.T, s store.Store, c *store.Collection) int {
	t.Helper()
	n := 0
	for _, err := range s.Find(t.Context(), c, store.Ask{}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

func make3(t *testing.T, site store.Store) {
	t.Helper()
	for i := range 3 {
		d := Decision{At: early.Add(time.Duration(i) * time.Minute), By: By{Hash: "h"}, Do: Incident, Incident: json.RawMessage(fmt.Sprint(i))}
		if _, err := Make(t.Context(), site, fmt.Sprint(i), d); err != nil {
			t.Fatal(err)
		}
	}
}

// Whatever is cut short, the effect of a decision comes once, and nothing is left lying in the site's store.
func TestTakeCutShort(t *testing.T) {
	killed := errors.New("killed")
	for _, where := range []string{"nowhere", "before the effect", "answer to the effect lost", "before the deleting"} {
		t.Run(where, func(t *testing.T) {
			site, main := stores(t)
			make3(t, site)
			broken := where != "nowhere"
			commit := func(ctx context.Context, b *store.Batch) error {
				if broken && where == "before the effect" {
					return killed
				}
				if err := main.Commit(ctx, b); err != nil {
					return err
				}
				if broken && where == "answer to the effect lost" {
					return store.ErrUnknown
				}
				return nil
			}
			take := func() error {
				_, err := Take(t.Context(), cutting{site, func() bool { return broken && where == "before the deleting" }}, main, commit, Incident, func() time.Time { return early },
					func(d Decision, note func(*store.Batch) error) (string, error) {
						if string(d.Incident) == "1" {
							return "not theirs", nil
						}
						b := &store.Batch{}
						b.Create(effects, d.ID, nil, nil)
						if err := note(b); err != nil {
							return "", err
						}
						return "", commit(t.Context(), b)
					})
				return err
			}
			if err := take(); (err != nil) != broken {
				t.Fatalf("broken %v, error %v", broken, err)
			}
			if broken && left(t, site, Decisions) != 3 {
				t.Error("what was cut short is gone")
			}
			broken = false
			for range 2 {
				if err := take(); err != nil {
					t.Fatal(err)
				}
			}
			have := []int{left(t, site, Decisions), left(t, main, effects), left(t, main, Judgements)}
			if d := cmp.Diff([]int{0, 2, 3}, have); d != "" {
				t.Errorf("decisions, effects, judgements (-want +have):\n%s", d)
			}
			for form, why := range map[string]string{"0": "", "1": "not theirs"} {
				j, err := Judged(t.Context(), main, ID(Incident, By{Hash: "h"}, form))
				if err != nil || j == nil || j.Counts != (why == "") || j.Why != why {
					t.Errorf("%s: %+v %v", form, j, err)
				}
			}
		})
	}
}

// cutting is a store whose commits fail while it is cut.
type cutting struct {
	store.Store
	cut func() bool
}

func (c cutting) Commit(ctx context.Context, b *store.Batch) error {
	if c.cut() {
		return errors.New("killed")
	}
	return c.Store.Commit(ctx, b)
}

// What somebody else wrote into the site's store is judged as nobody's, or under a key that no decision has thrown away, and never takes the place of the worker's own documents.
func TestTakeForged(t *testing.T) {
	site, main := stores(t)
	b := &store.Batch{}
	fields := map[string]string{"do": Incident, "at": store.Time(early)}
	id := ID(Incident, By{Hash: "h"}, "form")
	b.Create(Decisions, store.Key("cursor", Answer), fields, []byte(`{}`))
	b.Create(Decisions, id, fields, []byte(`{"id":"another","do":"incident","by":{"hash":"h"}}`))
	kind, text := ID(Incident, By{Hash: "h"}, "of another kind"), ID(Incident, By{Hash: "h"}, "what cannot be read")
	b.Create(Decisions, kind, fields, []byte(`{"id":"`+kind+`","do":"reviewed","by":{"hash":"h"}}`))
	b.Create(Decisions, text, fields, []byte(`{"id":"`+text+`","do":"incident","by":{"hash":"h"},"expect":"one"}`))
	if err := site.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	var seen []Decision
	n, err := Take(t.Context(), site, main, main.Commit, Incident, func() time.Time { return early }, func(d Decision, _ func(*store.Batch) error) (string, error) {
		seen = append(seen, d)
		return "nobody", nil
	})
	if err != nil || n != 4 {
		t.Fatal(n, err)
	}
	want := []Decision{{ID: id, Do: Incident}, {ID: kind, Do: Incident}, {ID: text, Do: Incident}}
	slices.SortFunc(want, func(a, b Decision) int { return strings.Compare(a.ID, b.ID) })
	if d := cmp.Diff(want, seen); d != "" {
		t.Errorf("(-want +have):\n%s", d)
	}
	if left(t, site, Decisions) != 0 || left(t, main, Judgements) != 3 {
		t.Error("something lies about, or is in the worker's way")
	}
}

// One whose effect did not come, or of which nobody can tell whether it did, waits for the next time, and keeps no other.
func TestTakeFails(t *testing.T) {
	down := errors.New("the log is full")
	always := func() time.Time { return early }
	site, main := stores(t)
	make3(t, site)
	n, err := Take(t.Context(), site, main, main.Commit, Incident, always, func(d Decision, _ func(*store.Batch) error) (string, error) {
		if string(d.Incident) == "1" {
			return "", down
		}
		return "", nil // no effect of its own
	})
	if n != 3 || !errors.Is(err, down) || left(t, site, Decisions) != 1 || left(t, main, Judgements) != 2 {
		t.Errorf("one failed: %d, %v; %d are left, %d judged", n, err, left(t, site, Decisions), left(t, main, Judgements))
	}
	// It was on its way into a batch, and turned out not to count: that is noted.
	n, err = Take(t.Context(), site, main, main.Commit, Incident, always, func(_ Decision, note func(*store.Batch) error) (string, error) {
		return "not theirs", note(&store.Batch{})
	})
	j, failed := Judged(t.Context(), main, ID(Incident, By{Hash: "h"}, "1"))
	if n != 1 || err != nil || failed != nil || j == nil || j.Counts || j.Why != "not theirs" {
		t.Errorf("refused in the end: %d, %v, %+v %v", n, err, j, failed)
	}

	site, main = stores(t)
	make3(t, site)
	effects := 0
	do := func(Decision, func(*store.Batch) error) (string, error) { effects++; return "", nil }
	broken := storetest.Faults{Reads: 1}
	if n, err := Take(t.Context(), storetest.Flaky(site, 1, broken), main, main.Commit, Incident, always, do); n != 0 || !errors.Is(err, storetest.ErrInjected) {
		t.Errorf("the site's store cannot be read: %d, %v", n, err)
	}
	if _, err := Take(t.Context(), site, storetest.Flaky(main, 1, broken), main.Commit, Incident, always, do); !errors.Is(err, storetest.ErrInjected) || effects > 0 || left(t, site, Decisions) != 3 {
		t.Errorf("the worker's store cannot be read: %v, %d effects", err, effects)
	}
	mad := func() time.Time { return time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC) } // no clock says so
	if _, err := Take(t.Context(), site, main, main.Commit, Incident, mad, do); err == nil || left(t, site, Decisions) != 3 {
		t.Errorf("a judgement that cannot be written is taken for written: %v", err)
	}
	// Told to stop, it begins no other.
	ctx, cancel := context.WithCancel(t.Context())
	effects = 0
	n, err = Take(ctx, site, main, func(context.Context, *store.Batch) error { return nil }, Incident, always, func(Decision, func(*store.Batch) error) (string, error) {
		effects++
		cancel()
		return "", nil
	})
	if n != 0 || !errors.Is(err, context.Canceled) || effects != 1 {
		t.Errorf("told to stop: %d, %v, %d effects", n, err, effects)
	}
}

// Whether there is anything to be taken up, and whether one still is.
func TestWaits(t *testing.T) {
	site, _ := stores(t)
	id := ID(Incident, By{Hash: "h"}, "0")
	for _, n := range []int{0, 3} {
		if n > 0 {
			make3(t, site)
		}
		waits, err := Waits(t.Context(), site, Incident)
		noted, err2 := Noted(t.Context(), site, id)
		want := n > 0
		if waits != want || noted != want || err != nil || err2 != nil {
			t.Errorf("waits %v, noted %v, want %v (%v, %v)", waits, noted, want, err, err2)
		}
		if other, err := Waits(t.Context(), site, Answer); other || err != nil {
			t.Errorf("another kind waits: %v", err)
		}
	}
	broken := storetest.Flaky(site, 1, storetest.Faults{Reads: 1})
	if waits, err := Waits(t.Context(), broken, Incident); waits || !errors.Is(err, storetest.ErrInjected) {
		t.Errorf("it cannot be read: waits %v, %v", waits, err)
	}
	if noted, err := Noted(t.Context(), broken, id); noted || !errors.Is(err, storetest.ErrInjected) {
		t.Errorf("it cannot be read: noted %v, %v", noted, err)
	}
}

// The ids of what was decided since a moment, and shortly before it.
func TestLately(t *testing.T) {
	site, _ := stores(t)
	make3(t, site) // at early, a minute and two minutes later
	ids := []string{}
	for i := range 3 {
		ids = append(ids, ID(Incident, By{Hash: "h"}, fmt.Sprint(i)))
	}
	for _, c := range []struct {
		from  time.Duration
		limit int
		stop  int
		want  []string
	}{
		{0, 0, 9, ids}, {late, 0, 9, ids}, {late + time.Second, 0, 9, ids[1:]}, {late + 3*time.Minute, 0, 9, nil}, {0, 2, 9, ids[:2]}, {0, 0, 1, ids[:1]},
	} {
		var have []string
		for id, err := range Lately(t.Context(), site, Incident, early.Add(c.from), c.limit) {
			if have = append(have, id); err != nil {
				t.Fatal(err)
			}
			if len(have) == c.stop {
				break
			}
		}
		if d := cmp.Diff(c.want, have); d != "" {
			t.Errorf("from %v (-want +have):\n%s", c.from, d)
		}
	}
	n := 0
	for id, err := range Lately(t.Context(), storetest.Flaky(site, 1, storetest.Faults{Reads: 1}), Incident, early, 0) {
		if n++; id != "" || !errors.Is(err, storetest.ErrInjected) {
			t.Errorf("it cannot be read: %q, %v", id, err)
		}
	}
	if n != 1 {
		t.Errorf("told %d times that it cannot be read", n)
	}
}
