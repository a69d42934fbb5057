package findings

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
)

// Events of older versions say nothing of severity, deadline and agreement: what they do not tell is as it is now, and the rest as they say.
func TestHistoryOfOlderVersions(t *testing.T) {
	s, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	day := func(n int) time.Time { return time.Date(2026, 9, n, 6, 0, 0, 0, time.UTC) }
	f := Finding{
		ID: "A1~sharing.public~file~a", Clause: "A1", Rule: "sharing.public", Subject: "file/a", Facts: []string{"x", "y"}, Severity: "high", Deals: "workspace_admin", Status: Accepted,
		FirstSeen: day(1), Opened: day(5), Due: day(9), Agreed: &Agreement{Until: day(30), By: "headteacher", Why: "a reason", Facts: []string{"x"}, Private: true},
	}
	b := &store.Batch{}
	body, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	b.Create(Findings, f.ID, f.fields(), body)
	for i, e := range []string{
		`{"to":"open","how":"seen","facts":["x"],"added":["x"]}`,
		`{"from":"open","to":"resolved","how":"fine","facts":["x"]}`,
		`{"from":"resolved","to":"open","how":"again","facts":["x","y"]}`,
		`{"from":"open","to":"accepted","how":"agreed","facts":["x","y"]}`,
	} {
		at := day(1 + 2*i)
		var m map[string]any
		if err := json.Unmarshal([]byte(e), &m); err != nil {
			t.Fatal(err)
		}
		m["finding"], m["at"] = f.ID, at
		body, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		b.Create(Events, store.Time(at)+"~"+f.ID+"~"+string(rune('1'+i)), map[string]string{"means": "sharing", "at": store.Time(at), "finding": f.ID}, body)
	}
	if err := s.Commit(context.Background(), b); err != nil {
		t.Fatal(err)
	}
	h, err := (&Keeper{Store: s}).Since(context.Background(), day(1), "sharing")
	if err != nil {
		t.Fatal(err)
	}
	type is struct {
		Status Status
		Opened time.Time
		Facts  int
		Agreed *Agreement
	}
	told := &Agreement{Until: day(30), By: "headteacher", Private: true}
	for at, want := range map[time.Time]is{
		day(1): {Open, day(1), 1, nil}, day(2): {Open, day(1), 1, nil}, day(3): {Resolved, day(1), 1, nil}, day(6): {Open, day(5), 2, nil}, day(7): {Accepted, day(5), 2, told}, day(20): {Accepted, day(5), 2, told},
	} {
		list := h.At(at)
		if len(list) != 1 {
			t.Fatalf("%s: %d findings", at, len(list))
		}
		g := list[0]
		if d := cmp.Diff(want, is{g.Status, g.Opened, len(g.Facts), g.Agreed}); d != "" || g.Severity != "high" || (g.Status == Resolved) == g.Closed.IsZero() {
			t.Errorf("%s: %s%+v", at, d, g)
		}
	}
	if list := h.At(day(1).Add(-1)); list != nil {
		t.Errorf("before the history begins: %v", list)
	}
	if n := len(h.Events(day(1), day(7))); n != 3 {
		t.Errorf("%d events later than the first", n)
	}
	unchanged, err := (&Keeper{Store: s}).Since(context.Background(), day(8), "sharing")
	if err != nil {
		t.Fatal(err)
	}
	if list := unchanged.At(day(8)); len(list) != 1 || !cmp.Equal(list[0].Agreed, told) {
		t.Errorf("not changed since: %+v", list)
	}
}

// The order of events of one finding is that in which they were written, whatever the clock did.
func TestHistoryWhenTheClockStands(t *testing.T) {
	s, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 9, 1, 6, 0, 0, 0, time.UTC)
	k := &Keeper{Store: s, Commit: s.Commit}
	for i := range 13 { // the version gets a second digit
		_, err := k.Sync(context.Background(), Input{
			Run: Run{ID: "r", Now: now}, Means: "sharing",
			Observed: func(yield func(Observed, error) bool) {
				if i%2 == 0 {
					yield(Observed{Clause: "A1", Rule: "sharing.public", Subject: "file/a", Severity: "low"}, nil)
				}
			},
			Evidence: func(context.Context, *Finding) (Evidence, error) { return Evidence{How: Fine}, nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		h, err := k.Since(context.Background(), now.Add(-time.Hour), "sharing")
		if err != nil {
			t.Fatal(err)
		}
		if want := map[bool]Status{true: Open, false: Resolved}[i%2 == 0]; h.At(now)[0].Status != want {
			t.Fatalf("after %d changes it is %s", i+1, h.At(now)[0].Status)
		}
	}
}
