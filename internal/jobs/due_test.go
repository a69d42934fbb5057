package jobs

import (
	"testing"
	"time"

	"esafetybot/internal/policy"
	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
)

// TestDaily: once a day, at the hour or as soon as possible after it, on the days on which the clocks change too.
func TestDaily(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	at := func(clock string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04 MST", clock, london)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct {
		name      string
		hour      policy.Clock
		last, now string // "" never ran
		failed    bool
		want      bool
	}{
		{"never ran, before the hour", policy.Clock{Hour: 7, Minute: 30}, "", "2026-09-07 05:00 BST", false, true},
		{"before the hour", policy.Clock{Hour: 7, Minute: 30}, "2026-09-07 07:30 BST", "2026-09-08 07:29 BST", false, false},
		{"at the hour", policy.Clock{Hour: 7, Minute: 30}, "2026-09-07 07:30 BST", "2026-09-08 07:30 BST", false, true},
		{"ran today", policy.Clock{Hour: 7, Minute: 30}, "2026-09-08 07:30 BST", "2026-09-08 23:59 BST", false, false},
		{"ran today, and failed", policy.Clock{Hour: 7, Minute: 30}, "2026-09-08 07:30 BST", "2026-09-08 07:45 BST", true, true},
		{"was down for days", policy.Clock{Hour: 7, Minute: 30}, "2026-09-01 07:30 BST", "2026-09-08 12:00 BST", false, true},
		{"spring: 01:30 does not exist", policy.Clock{Hour: 1, Minute: 30}, "2027-03-27 01:30 GMT", "2027-03-28 02:30 BST", false, true},
		{"spring: once", policy.Clock{Hour: 1, Minute: 30}, "2027-03-28 02:30 BST", "2027-03-28 03:30 BST", false, false},
		{"autumn: the first 01:30", policy.Clock{Hour: 1, Minute: 30}, "2026-10-24 01:30 BST", "2026-10-25 01:30 BST", false, true},
		{"autumn: not at the second", policy.Clock{Hour: 1, Minute: 30}, "2026-10-25 01:30 BST", "2026-10-25 01:30 GMT", false, false},
	} {
		s, err := memory.Open()
		if err != nil {
			t.Fatal(err)
		}
		if c.last != "" {
			r := &Record{ID: "r", Job: SharingJob, Started: at(c.last)}
			if c.failed {
				r.Error = "the state was full"
			}
			b := &store.Batch{}
			if err := r.Add(b); err != nil {
				t.Fatal(err)
			}
			if err := s.Commit(t.Context(), b); err != nil {
				t.Fatal(err)
			}
		}
		p := &policy.Policy{School: policy.School{Location: london}, Mail: policy.Mail{Report: c.hour}}
		last, err := Latest(t.Context(), s, SharingJob)
		if have := daily(p, last, at(c.now)); err != nil || have != c.want {
			t.Errorf("%s: due %v, want %v (%v)", c.name, have, c.want, err)
		}
	}
}
