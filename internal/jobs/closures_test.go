package jobs

import (
	"testing"

	"esafetybot/internal/closures"
	"esafetybot/internal/decisions"
)

func TestClosed(t *testing.T) {
	for _, c := range []struct {
		name, day string
		by        decisions.By
		want      string
	}{
		{"the office, today", "2026-11-18", ours("office"), ""},
		{"the officer, last week", "2026-11-11", ours("officer"), ""},
		{"the headteacher, tomorrow", "2026-11-19", by("head", "chief@school.example"), ""},
		{"a teacher", "2026-11-18", ours("kim"), notTheirs},
		{"the administrator", "2026-11-18", ours("it"), notTheirs},
		{"a pupil", "2026-11-18", ours("pat"), notKnown},
		{"a Saturday", "2026-11-21", ours("office"), noSchoolDay},
		{"an inset day", "2026-11-20", ours("office"), noSchoolDay},
		{"too long ago", "2026-11-10", ours("office"), tooFarOff},
		{"too far off", "2027-01-06", ours("office"), tooFarOff},
		{"no date", "snow", ours("office"), notForm},
		{"nobody", "2026-11-18", decisions.By{}, notForm},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t)
			x := decisions.Decision{At: place(t, "2026-11-18 08:00"), By: c.by, Do: decisions.Closed, From: c.day}
			made, err := decisions.Make(t.Context(), d.site, "f", x)
			if err != nil {
				t.Fatal(err)
			}
			env, err := withClosures(t.Context(), d.env, d.seen.Census)
			if err != nil {
				t.Fatal(err)
			}
			j, err := decisions.Judged(t.Context(), d.env.Store, made.ID)
			if err != nil || j == nil || j.Counts != (c.want == "") || j.Why != c.want {
				t.Fatalf("%+v %v, want %q", j, err, c.want)
			}
			if c.want != "" {
				if env.Policy != d.env.Policy {
					t.Error("the calendar changed")
				}
				return
			}
			if day := date(c.day); env.Policy.Calendar.IsSchoolDay(day) || !d.env.Policy.Calendar.IsSchoolDay(day) {
				t.Error("the run's calendar does not know it, or the policy's own was changed")
			}
			x.Do, x.At = decisions.NotClosed, place(t, "2026-11-18 09:00")
			if _, err := decisions.Make(t.Context(), d.site, "g", x); err != nil {
				t.Fatal(err)
			}
			if env, err = withClosures(t.Context(), d.env, d.seen.Census); err != nil || !env.Policy.Calendar.IsSchoolDay(date(c.day)) {
				t.Errorf("open after all, and still closed: %v", err)
			}
			book, err := closures.Open(t.Context(), d.env.Store)
			if err != nil || len(book.Days) != 0 {
				t.Error(book, err)
			}
		})
	}
}
