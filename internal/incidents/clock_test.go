package incidents

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/calendar"
	"esafetybot/internal/policy"
)

func at(s string) time.Time { return must(time.ParseInLocation("2006-01-02 15:04", s, london)) }

func TestWithin(t *testing.T) {
	b := inMemory(t)
	for _, c := range []struct {
		from  string
		hours float64
		want  string
	}{
		{"2026-09-14 10:00", 1, "2026-09-14 11:00"},
		{"2026-09-14 16:30", 1, "2026-09-15 08:30"},
		{"2026-09-14 16:00", 1, "2026-09-14 17:00"},
		{"2026-09-14 17:00", 1, "2026-09-15 09:00"},
		{"2026-09-14 19:30", 1, "2026-09-15 09:00"},
		{"2026-09-14 03:00", 1, "2026-09-14 09:00"},
		{"2026-09-11 16:30", 1, "2026-09-14 08:30"}, // a Friday
		{"2026-09-12 12:00", 1, "2026-09-14 09:00"}, // a Saturday
		{"2026-10-28 12:00", 1, "2026-10-28 13:00"}, // half-term is no reason to wait
		{"2026-12-24 16:59", 1, "2026-12-29 08:59"}, // Christmas, and the substitute for Boxing Day
		{"2026-09-14 10:00", 9, "2026-09-15 10:00"},
		{"2026-09-14 10:00", 27, "2026-09-17 10:00"},
		{"2026-10-23 16:30", 1, "2026-10-26 08:30"}, // over the night in which the clocks go back
	} {
		if have := b.within(at(c.from), time.Duration(c.hours*float64(time.Hour))); !have.Equal(at(c.want)) {
			t.Errorf("%v working hours from %s: %s, want %s", c.hours, c.from, have, c.want)
		}
	}
}

func TestClock(t *testing.T) {
	for _, c := range []struct {
		name, from, known string
		kind              Kind
		want              string // "" for none
	}{
		{"a breach through the half-term", "2026-10-23 15:00", "", DataBreach, "2026-10-26 14:00"}, // 72 hours, one of them gained when the clocks go back
		{"a breach at Christmas", "2026-12-24 23:30", "", DataBreach, "2026-12-27 23:30"},
		{"a breach that was known before it was written down", "2026-09-14 10:00", "2026-09-12 09:00", DataBreach, "2026-09-15 09:00"},
		{"a takedown", "2026-09-14 10:00", "", Takedown, "2026-09-15 17:00"},
		{"a takedown on a Friday", "2026-09-11 10:00", "", Takedown, "2026-09-14 17:00"},
		{"a takedown at Christmas", "2026-12-24 10:00", "", Takedown, "2026-12-29 17:00"},
		{"a takedown waits for nobody's knowing", "2026-09-14 10:00", "2026-09-10 10:00", Takedown, "2026-09-15 17:00"},
		{"as the policy says", "2026-10-22 10:00", "", Incident, "2026-11-05 17:00"}, // school days
		{"where the term dates end", "2026-12-17 10:00", "", Incident, "2027-01-04 17:00"},
		{"nothing said", "2026-09-14 10:00", "", UnderAge, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := inMemory(t)
			b.Dues = map[Kind]Due{Incident: {calendar.Deadline{Count: 5, Unit: calendar.SchoolDays}, "medium"}}
			if c.name == "where the term dates end" {
				b.Dues[Incident] = Due{calendar.Deadline{Count: 9, Unit: calendar.SchoolDays}, "medium"}
			}
			b.now = at(c.from)
			f := Form{Kind: c.kind, About: Pupil}
			if c.known != "" {
				f.Known = at(c.known)
			}
			id := b.raise(f)
			have, ok := b.Clock(b.stored(id))
			if e := b.stored(id); c.kind == Incident {
				e.State = Closed
				if due, ok := b.Clock(e); ok {
					t.Errorf("closed, and due %s", due)
				}
			}
			if want := c.want != ""; ok != want || ok && !have.Equal(at(c.want)) {
				t.Errorf("%s, %v, want %s", have, ok, c.want)
			}
		})
	}
}

func TestOverdue(t *testing.T) {
	b := inMemory(t)
	breach, down := b.raise(Form{ID: "1", Kind: DataBreach, About: Nobody}), b.raise(Form{ID: "2", Kind: Takedown, About: Adult})
	late := func(s Shelf, by By) []string {
		t.Helper()
		list, err := b.Overdue(ctx, s, by)
		b.ok(err)
		out := []string{}
		for _, e := range list {
			out = append(out, e.ID)
		}
		return out
	}
	check := func(s Shelf, by By, want ...string) {
		t.Helper()
		if have := late(s, by); !slices.Equal(have, want) {
			t.Errorf("overdue for the %s: %v, want %v", by.Role, have, want)
		}
	}
	b.now = at("2026-09-17 09:59") // 72 hours are not over; the takedown's day is
	check(Ordinary, officer)
	check(Adults, head, down)
	b.now = at("2026-09-17 10:00") // they are, and not a moment more
	check(Ordinary, officer)
	b.hours(1)
	check(Ordinary, officer, breach)
	check(Ordinary, chair)
	check(Adults, officer)
	// Whether the regulator is told the headteacher decides, and nothing closes before.
	b.wants(b.Settle(ctx, officer, breach, "regulator-told"), ErrMay)
	b.wants(b.Settle(ctx, officer, breach, "regulator-not-told"), ErrMay)
	b.wants(b.Close(ctx, officer, breach, "the parents", "to lock it"), ErrState)
	b.wants(b.Settle(ctx, head, breach, "taken-down"), ErrForm)
	b.ok(b.Settle(ctx, head, breach, "regulator-told"))
	b.ok(b.Settle(ctx, head, breach, "regulator-told"))
	check(Ordinary, officer)
	b.ok(b.Close(ctx, officer, breach, "the parents", "to lock it"))
	b.wants(b.Settle(ctx, head, breach, "regulator-not-told"), ErrState)
	b.history(breach, "class_teacher raised", "headteacher opened", "headteacher settled", "esafety_officer opened", "esafety_officer closed")
	b.ok(b.Close(ctx, head, down, "nobody", "nothing")) // what need not come down after all is closed without
	check(Adults, head)
	// A headteacher who is told as the safeguarding lead is the headteacher still.
	b.Roster = append(b.Roster, row(head, policy.RoleSafeguarding))
	b.ok(b.Settle(ctx, head, b.raise(Form{ID: "3", Kind: DataBreach, About: Pupil}), "regulator-not-told"))
}

func TestOpenBy(t *testing.T) {
	b := inMemory(t)
	pupil, adult := b.raise(Form{ID: "1", About: Pupil}), b.raise(Form{ID: "2", About: Adult})
	if by, ok := b.OpenBy(b.stored(pupil)); !ok || !by.Equal(monday.Add(time.Hour)) {
		t.Error(by, ok)
	}
	if _, ok := b.OpenBy(b.stored(adult)); ok {
		t.Error("what is for one person only is passed on to nobody")
	}
	if _, ok := b.OpenBy(&Entry{ID: "x", Kind: "gossip", About: Pupil, State: Open, Routed: monday}); ok {
		t.Error("nobody knows how long a kind has that is none")
	}
	full := b.Roster
	b.Roster = []Person{row(officer), row(head)}
	if by, ok := b.OpenBy(b.stored(pupil)); !ok || !by.Equal(monday.Add(time.Hour)) {
		t.Error("from the officer to the headteacher:", by, ok)
	}
	b.Roster = full
	_, err := b.Open(ctx, lead, pupil)
	b.ok(err)
	if _, ok := b.OpenBy(b.stored(pupil)); ok {
		t.Error("it was opened")
	}
}

func TestDues(t *testing.T) {
	means := func(name string, count int, unit calendar.Unit) policy.Means {
		return policy.Means{Kind: policy.Record, Name: name, Severity: "high", Due: calendar.Deadline{Count: count, Unit: unit}}
	}
	check := means("complaints", 1000, calendar.Hours)
	check.Kind = policy.CheckIn
	low := means("complaints", 5, calendar.WorkingDays)
	low.Severity = "low" // as long as the first, which stays
	p := &policy.Policy{Clauses: []policy.Clause{
		{MetBy: []policy.Means{means("incidents", 0, calendar.AtOnce), means("complaints", 5, calendar.SchoolDays), low, means("filtering", 0, calendar.AtOnce)}},
		{MetBy: []policy.Means{means("incidents", 10, calendar.SchoolDays), means("incidents", 30, calendar.Hours), check, {Kind: policy.Record, Name: "under-age-app"}}},
	}}
	ten := Due{calendar.Deadline{Count: 10, Unit: calendar.SchoolDays}, "high"}
	want := map[Kind]Due{Incident: ten, LowLevel: ten, Complaint: {calendar.Deadline{Count: 5, Unit: calendar.SchoolDays}, "high"}}
	if diff := cmp.Diff(want, Dues(p)); diff != "" {
		t.Error(diff)
	}
	const example = "../../examples/dojo-school.yaml"
	school, err := policy.Parse(example, must(os.ReadFile(example)))
	if err != nil {
		t.Fatal(err)
	}
	if have, want := Dues(school)[Incident].Deadline, (calendar.Deadline{Count: 10, Unit: calendar.SchoolDays}); have != want {
		t.Errorf("the example school's incidents are due in %s, want %s", have, want)
	}
}

func TestTotals(t *testing.T) {
	onBoth(t, func(b *bench) {
		n := 0
		raise := func(times int, f Form) {
			for range times {
				n++
				f.ID = string(rune('A' + n))
				b.raise(f)
			}
		}
		raise(3, Form{Kind: Incident, About: Pupil})
		raise(1, Form{Kind: Incident, About: Pupil, Concerns: []string{governor.ID}})
		raise(2, Form{Kind: Complaint, About: Nobody})
		raise(1, Form{Kind: Takedown, About: Pupil})
		raise(1, Form{Kind: Takedown, About: Pupil, Concerns: []string{governor.ID, head.ID}})
		raise(4, Form{Kind: Complaint, About: Adult})
		raise(3, Form{Kind: LowLevel, About: Adult})
		from, to := monday, monday.Add(time.Hour)
		b.now = to
		raise(1, Form{Kind: Incident, About: Pupil})
		others := []Kind{Complaint, DataBreach, Filtering, UnderAge, Takedown}
		told := func(incidents, rest int) Totals {
			return Totals{Kinds: []Count{{Incident, "online-safety incident", incidents}}, Others: others, Rest: rest, Total: incidents + rest}
		}
		for _, c := range []struct {
			name    string
			readers []By
			want    Totals
		}{
			{"the governor", []By{governor}, told(3, 3)},
			{"the chair", []By{chair}, told(4, 4)},
			{"the headteacher", []By{head}, told(4, 3)},
			{"both", []By{chair, governor}, told(3, 3)},
		} {
			have, err := b.Totals(ctx, from, to, c.readers...)
			b.ok(err)
			if diff := cmp.Diff(c.want, have); diff != "" {
				b.Errorf("%s: %s", c.name, diff)
			}
		}
		for _, by := range [][]By{nil, {officer}, {teacher}, {governor, admin}, {{Role: "governor"}}} {
			_, err := b.Totals(ctx, from, to, by...)
			b.wants(err, ErrMay)
		}
		if have, err := b.Totals(ctx, monday.AddDate(-1, 0, 0), monday, chair); err != nil || !have.Few() {
			b.Error(have, err)
		}
	})
}
