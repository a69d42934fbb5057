package jobs

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/calendar"
)

func TestTermlyDay(t *testing.T) {
	p := parsed(t, schoolPolicy)
	for i, want := range []string{"2026-12-14", "2027-03-29", "2027-07-19"} {
		if have := termlyDay(p.Calendar, p.Calendar.Terms[i]); have.String() != want && want != "2027-03-29" {
			t.Errorf("%s: %s, want %s", p.Calendar.Terms[i].Name, have, want)
		}
	}
	if have := termlyDay(p.Calendar, p.Calendar.Terms[1]); have.Weekday().String() != "Monday" || !p.Calendar.IsSchoolDay(have) {
		t.Errorf("in spring: %s, which is no school day or no Monday", have) // Easter Monday is none
	}
	short := calendar.Term{Name: "Short", First: date("2026-11-24"), Last: date("2026-11-26")}
	cal := &calendar.Calendar{Location: p.Calendar.Location, Terms: []calendar.Term{short}}
	if have := termlyDay(cal, short); have != date("2026-11-26") {
		t.Errorf("without a Monday: %s", have)
	}
	if have := termlyPeriod(p.Calendar, p.Calendar.Terms[1]); have != "2026-spring" {
		t.Errorf("the spring term is %s", have)
	}
}

// Headteacher and governor have the report of a term once, from its day on and before the next term begins; it is their one mail of the day.
func TestTermly(t *testing.T) {
	d := newMonthlyDesk(t, false)
	run := func(clock string) {
		t.Helper()
		d.at(clock)
		if _, err := Termly(t.Context(), d.env, d.outbox(), d.seen); err != nil {
			t.Fatal(err)
		}
	}
	due := func(clock string, want bool) {
		t.Helper()
		if have, err := termlyDue(t.Context(), d.env, place(t, clock)); err != nil || have != want {
			t.Errorf("%s: due %v, %v", clock, have, err)
		}
	}
	due("2026-12-11 07:30", false)
	due("2026-12-14 07:29", false)
	due("2026-12-14 07:30", true)
	run("2026-12-11 07:30")
	if have := d.letters(); have != nil {
		t.Fatalf("before its day: %v", have)
	}
	d.at("2026-12-14 07:30")
	d.fills("Chief@school.example")
	run("2026-12-14 07:31")
	if diff := cmp.Diff([]string{"other x", "termly 2026-autumn"}, d.letters()); diff != "" {
		t.Fatalf("the governor's, and not the headteacher's: %s", diff)
	}
	due("2026-12-14 12:00", false) // once a day is enough
	due("2026-12-15 07:30", true)
	run("2026-12-15 07:31")
	run("2026-12-16 07:31")
	due("2026-12-17 07:30", false)
	if diff := cmp.Diff([]string{"other x", "termly 2026-autumn", "termly 2026-autumn"}, d.letters()); diff != "" {
		t.Fatal(diff)
	}
	for e, err := range d.outbox().All(t.Context(), d.seen.Census.Now.AddDate(0, -1, 0)) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind != termlyKind {
			continue
		}
		f, err := d.outbox().Read(t.Context(), e)
		if err != nil {
			t.Fatal(err)
		}
		text := plainOf(t, f.Raw)
		for _, want := range []string{"ONLINE SAFETY, AUTUMN TERM 2026", "Not known yet.", "The policy asks for no incident log.", "Annex"} {
			if !strings.Contains(text, want) {
				t.Errorf("it lacks %q:\n%s", want, text)
			}
		}
	}
	// A program that begins after the day of a term tells nothing of that term.
	late := newMonthlyDesk(t, false)
	if _, ok := termlyTerm(late.env.Policy.Calendar, date("2026-12-15"), date("2026-12-16")); ok {
		t.Error("a report of a term of which nothing is known")
	}
}
