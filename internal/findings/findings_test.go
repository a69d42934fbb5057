package findings

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
)

var start = time.Date(2026, 9, 14, 6, 0, 0, 0, time.UTC)

func keeper(t testing.TB) *Keeper {
	s, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	return &Keeper{Store: s, Commit: s.Commit}
}

func seq(list []Observed) iter.Seq2[Observed, error] {
	return func(yield func(Observed, error) bool) {
		for _, o := range list {
			if !yield(o, nil) {
				return
			}
		}
	}
}

func obs(subject string, facts ...string) Observed {
	return Observed{Clause: "A23", Rule: "sharing.outside-person", Subject: subject, Facts: facts, Severity: "high", Deals: "workspace_admin"}
}

func sync(t testing.TB, k *Keeper, day int, how How, list ...Observed) Change {
	t.Helper()
	now := start.AddDate(0, 0, day)
	c, err := k.Sync(context.Background(), Input{
		Run: Run{ID: fmt.Sprint("run", day), Policy: "p1", Now: now}, Means: "sharing", Observed: seq(list),
		Evidence: func(context.Context, *Finding) (Evidence, error) { return Evidence{How: how}, nil },
		Due:      func(Observed) time.Time { return now.AddDate(0, 0, 2) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func get(t testing.TB, k *Keeper, subject string) *Finding {
	t.Helper()
	f, err := k.Get(context.Background(), ID("A23", "sharing.outside-person", subject))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func events(t testing.TB, k *Keeper, after time.Time) []Event {
	t.Helper()
	var out []Event
	for e, err := range k.EventsSince(context.Background(), "sharing", after) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

// TestLife walks one finding through its life and looks at status, opening and events at every step.
func TestLife(t *testing.T) {
	k := keeper(t)
	ctx := context.Background()
	agree := func(day int, until int, facts ...string) error {
		return k.Agree(ctx, Run{ID: "agree", Policy: "p1", Now: start.AddDate(0, 0, day)}, ID("A23", "sharing.outside-person", "file/1"),
			Agreement{Until: start.AddDate(0, 0, until), By: "workspace_admin", Why: "the caterer needs it", Facts: facts})
	}
	steps := []struct {
		name   string
		do     func()
		status Status
		how    []How // of the events that the step appends
	}{
		{"seen", func() { sync(t, k, 0, "", obs("file/1", "user/1 reader")) }, Open, []How{Seen}},
		{"unchanged", func() { sync(t, k, 1, "", obs("file/1", "user/1 reader")) }, Open, nil},
		{"no evidence", func() { sync(t, k, 2, "") }, Open, nil},
		{"agreed", func() {
			if err := agree(3, 30, "user/1 reader"); err != nil {
				t.Fatal(err)
			}
		}, Accepted, []How{AgreedTo}},
		{"agreed and unchanged", func() { sync(t, k, 4, "", obs("file/1", "user/1 reader")) }, Accepted, nil},
		{"a second outsider reopens", func() { sync(t, k, 5, "", obs("file/1", "user/1 reader", "user/2 reader")) }, Open, []How{NewFact}},
		{"agreed to both", func() {
			if err := agree(6, 30, "user/1 reader", "user/2 reader"); err != nil {
				t.Fatal(err)
			}
		}, Accepted, []How{AgreedTo}},
		{"a vanished fact does not reopen", func() { sync(t, k, 7, "", obs("file/1", "user/2 reader")) }, Accepted, []How{FactsDiffer}},
		{"the agreement ends", func() { sync(t, k, 31, "", obs("file/1", "user/2 reader")) }, Open, []How{AgreedEnded}},
		{"lost", func() { o := obs("file/1", "user/2 reader"); o.Missing = true; sync(t, k, 32, "", o) }, Open, []How{Lost}},
		{"found", func() { sync(t, k, 33, "", obs("file/1", "user/2 reader")) }, Open, []How{Found}},
		{"put right", func() { sync(t, k, 34, Fine) }, Resolved, []How{Fine}},
		{"still put right", func() { sync(t, k, 35, Fine) }, Resolved, nil},
		{"back", func() { sync(t, k, 36, "", obs("file/1", "user/9 writer")) }, Open, []How{Again}},
	}
	n := 0
	for _, s := range steps {
		s.do()
		f := get(t, k, "file/1")
		if f.Status != s.status {
			t.Fatalf("%s: status %q, want %q", s.name, f.Status, s.status)
		}
		all := events(t, k, time.Time{})
		var have []How
		for _, e := range all[n:] {
			have = append(have, e.How)
			if e.To != f.Status || !slices.Equal(e.Facts, f.Facts) {
				t.Errorf("%s: event says %s %v, the finding %s %v", s.name, e.To, e.Facts, f.Status, f.Facts)
			}
		}
		n = len(all)
		if diff := cmp.Diff(s.how, have); diff != "" {
			t.Fatalf("%s: events (-want +have):\n%s", s.name, diff)
		}
	}
	if f := get(t, k, "file/1"); !f.FirstSeen.Equal(start) || !f.Opened.Equal(start.AddDate(0, 0, 36)) || f.Agreed != nil || !f.Closed.IsZero() {
		t.Errorf("after it came back: first seen %v, opened %v, agreed %v, closed %v", f.FirstSeen, f.Opened, f.Agreed, f.Closed)
	}
}

func TestAgreeRefuses(t *testing.T) {
	k := keeper(t)
	sync(t, k, 0, "", obs("file/1", "user/1 reader", "user/2 reader"))
	id := ID("A23", "sharing.outside-person", "file/1")
	for name, c := range map[string]struct {
		id string
		a  Agreement
	}{
		"no such finding":         {"A23~x~y", Agreement{Until: start.AddDate(1, 0, 0)}},
		"looked at other facts":   {id, Agreement{Until: start.AddDate(1, 0, 0), Facts: []string{"user/1 reader"}}},
		"ends before it begins":   {id, Agreement{Until: start.AddDate(0, 0, -1), Facts: []string{"user/1 reader", "user/2 reader"}}},
		"ends the moment it does": {id, Agreement{Until: start, Facts: []string{"user/1 reader", "user/2 reader"}}},
	} {
		if err := k.Agree(context.Background(), Run{Now: start}, c.id, c.a); err == nil {
			t.Errorf("%s: agreed", name)
		}
	}
	if f := get(t, k, "file/1"); f.Status != Open {
		t.Errorf("status %q after refusals, want open", f.Status)
	}
}

// cut stops committing after some batches, as a kill would.
func TestKilledBetweenBatches(t *testing.T) {
	var list []Observed
	for i := range 900 {
		list = append(list, obs(fmt.Sprintf("file/%04d", i), "anyone reader"))
	}
	for kill := range 6 {
		k := keeper(t)
		real, n := k.Commit, 0
		k.Commit = func(ctx context.Context, b *store.Batch) error {
			if n++; n > kill {
				return errors.New("killed")
			}
			return real(ctx, b)
		}
		in := Input{Run: Run{Now: start}, Means: "sharing", Observed: seq(list),
			Evidence: func(context.Context, *Finding) (Evidence, error) { return Evidence{}, nil }}
		_, err := k.Sync(context.Background(), in)
		if (err != nil) != (kill < 5) {
			t.Fatalf("kill after %d batches: error %v", kill, err)
		}
		k.Commit = real
		if _, err := k.Sync(context.Background(), in); err != nil {
			t.Fatal(err)
		}
		cur, err := k.Current(context.Background(), "sharing")
		if err != nil || len(cur) != len(list) {
			t.Fatalf("kill after %d batches: %d findings after the second run, want %d (%v)", kill, len(cur), len(list), err)
		}
		if ev := events(t, k, time.Time{}); len(ev) != len(list) {
			t.Fatalf("kill after %d batches: %d events, want %d: each finding opens once", kill, len(ev), len(list))
		}
	}
}

// TestEventsTellThePast: replaying the events gives the present state of every finding, whatever happened.
func TestEventsTellThePast(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		k := keeper(t)
		days := rapid.IntRange(1, 12).Draw(rt, "days")
		for day := range days {
			var list []Observed
			for i := range 4 {
				if facts := rapid.SliceOfDistinct(rapid.SampledFrom([]string{"a", "b", "c"}), func(s string) string { return s }).Draw(rt, "facts"); len(facts) > 0 {
					list = append(list, obs(fmt.Sprint("file/", i), Normalise(facts)...))
				}
			}
			sync(t, k, day, rapid.SampledFrom([]How{"", Fine, Deleted}).Draw(rt, "evidence"), list...)
		}
		type state struct {
			Status Status
			Facts  []string
		}
		past := map[string]state{}
		for _, e := range events(t, k, time.Time{}) {
			if have := past[e.Finding].Status; have != e.From {
				rt.Fatalf("%s: an event from %q, but it was %q", e.Finding, e.From, have)
			}
			past[e.Finding] = state{e.To, e.Facts}
		}
		now := map[string]state{}
		for _, st := range []Status{Open, Accepted, Resolved} {
			for f, err := range k.List(context.Background(), "sharing", st) {
				if err != nil {
					rt.Fatal(err)
				}
				now[f.ID] = state{f.Status, f.Facts}
			}
		}
		if diff := cmp.Diff(past, now); diff != "" {
			rt.Fatalf("events tell (-) another present than the store (+):\n%s", diff)
		}
	})
}

// TestDueLater: what opened while nothing was due gets its deadline once there is one, as one event, and keeps it.
func TestDueLater(t *testing.T) {
	k := keeper(t)
	run := func(day int, due time.Time) Change {
		now := start.AddDate(0, 0, day)
		c, err := k.Sync(context.Background(), Input{
			Run: Run{ID: fmt.Sprint("run", day), Policy: "p1", Now: now}, Means: "sharing", Observed: seq([]Observed{obs("file/1", "a")}),
			Evidence: func(context.Context, *Finding) (Evidence, error) { return Evidence{}, nil },
			Due:      func(Observed) time.Time { return due },
		})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	run(0, time.Time{})
	due := start.AddDate(0, 0, 9)
	if c := run(1, due); c.Changed != 1 || !get(t, k, "file/1").Due.Equal(due) {
		t.Errorf("%+v, due %v", c, get(t, k, "file/1").Due)
	}
	if c := run(2, due.AddDate(0, 0, 1)); c.Kept != 1 || !get(t, k, "file/1").Due.Equal(due) {
		t.Errorf("the deadline moved: %+v", c)
	}
	if e := events(t, k, start); len(e) != 1 || e[0].How != DueNow {
		t.Errorf("events %+v", e)
	}
}
