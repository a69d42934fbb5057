package decisions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
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
			j, err := Judged(t.Context(), main, ID(Incident, By{Hash: "h"}, "1"))
			if err != nil || j == nil || j.Counts || j.Why != "not theirs" {
				t.Errorf("%+v %v", j, err)
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
	if err := site.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	var seen []Decision
	n, err := Take(t.Context(), site, main, main.Commit, Incident, func() time.Time { return early }, func(d Decision, _ func(*store.Batch) error) (string, error) {
		seen = append(seen, d)
		return "nobody", nil
	})
	if err != nil || n != 2 {
		t.Fatal(n, err)
	}
	if d := cmp.Diff([]Decision{{ID: id, Do: Incident}}, seen); d != "" {
		t.Errorf("(-want +have):\n%s", d)
	}
	if left(t, site, Decisions) != 0 || left(t, main, Judgements) != 1 {
		t.Error("something lies about, or is in the worker's way")
	}
}
