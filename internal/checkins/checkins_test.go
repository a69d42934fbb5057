package checkins

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"esafetybot/internal/calendar"
	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
)

var london = func() *time.Location {
	loc, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic(err)
	}
	return loc
}()

// moment reads "2026-11-18" (noon in London), "2026-11-18 07:30" or "2026-11-18 07:30:00".
func moment(s string) time.Time {
	switch len(s) {
	case len("2006-01-02"):
		s += " 12:00:00"
	case len("2006-01-02 15:04"):
		s += ":00"
	}
	t, err := time.ParseInLocation(time.DateTime, s, london)
	if err != nil {
		panic(err)
	}
	return t
}

func date(s string) calendar.Date {
	d, err := calendar.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func days(first, last string) calendar.Range {
	return calendar.Range{First: date(first), Last: date(last)}
}

// year is the school year 2026/27; accounts move up on 20 July.
func year() *calendar.Calendar {
	return &calendar.Calendar{
		Location: london, BankHolidays: "england-and-wales", Rollover: days("2026-07-20", "2026-09-25"),
		Terms: []calendar.Term{
			{Name: "Autumn", First: date("2026-09-02"), Last: date("2026-12-18"), HalfTerm: days("2026-10-26", "2026-10-30")},
			{Name: "Spring", First: date("2027-01-04"), Last: date("2027-03-25"), HalfTerm: days("2027-02-15", "2027-02-19")},
			{Name: "Summer", First: date("2027-04-12"), Last: date("2027-07-21"), HalfTerm: days("2027-05-31", "2027-06-04")},
		},
		Inset: []calendar.Date{date("2026-09-02"), date("2026-11-20")},
	}
}

func TestPeriod(t *testing.T) {
	apart := year() // an autumn term without a half-term, and a calendar without a roll-over
	apart.Terms[0].HalfTerm, apart.Rollover = calendar.Range{}, calendar.Range{}
	slices.Reverse(apart.Terms)
	for _, c := range []struct{ every, day, want string }{
		{"week", "2026-11-16", "2026-11-16 to 2026-11-22"}, {"week", "2026-11-18", "2026-11-16 to 2026-11-22"}, {"week", "2026-11-22", "2026-11-16 to 2026-11-22"},
		{"week", "2026-11-15", "2026-11-09 to 2026-11-15"}, {"week", "2027-01-01", "2026-12-28 to 2027-01-03"}, {"week", "2026-10-25", "2026-10-19 to 2026-10-25"},
		{"month", "2026-11-01", "2026-11-01 to 2026-11-30"}, {"month", "2026-12-31", "2026-12-01 to 2026-12-31"}, {"month", "2027-02-28", "2027-02-01 to 2027-02-28"}, {"month", "2028-02-01", "2028-02-01 to 2028-02-29"},
		{"half term", "2026-09-01", ""}, {"half term", "2026-09-02", "2026-09-02 to 2026-10-30"}, {"half term", "2026-10-30", "2026-09-02 to 2026-10-30"}, {"half term", "2026-10-31", "2026-10-31 to 2027-01-03"},
		{"half term", "2027-01-03", "2026-10-31 to 2027-01-03"}, {"half term", "2027-01-04", "2027-01-04 to 2027-02-19"}, {"half term", "2027-07-21", "2027-06-05 to 2027-07-21"}, {"half term", "2027-07-22", ""},
		{"term", "2026-09-01", ""}, {"term", "2026-10-31", "2026-09-02 to 2027-01-03"}, {"term", "2027-04-11", "2027-01-04 to 2027-04-11"}, {"term", "2027-07-21", "2027-04-12 to 2027-07-21"}, {"term", "2027-07-22", ""},
		{"year", "2026-07-19", "2025-07-20 to 2026-07-19"}, {"year", "2026-07-20", "2026-07-20 to 2027-07-19"}, {"year", "2027-07-19", "2026-07-20 to 2027-07-19"},
		{"two years", "2026-07-19", "2024-07-20 to 2026-07-19"}, {"two years", "2026-07-20", "2026-07-20 to 2028-07-19"}, {"two years", "2027-07-20", "2026-07-20 to 2028-07-19"}, {"two years", "2028-07-20", "2028-07-20 to 2030-07-19"},
		{"apart half term", "2026-10-28", "2026-09-02 to 2027-01-03"}, {"apart term", "2027-02-01", "2027-01-04 to 2027-04-11"}, {"apart year", "2027-07-31", "2026-08-01 to 2027-07-31"}, {"apart two years", "2027-08-01", "2026-08-01 to 2028-07-31"},
	} {
		cal := year()
		every, other := strings.CutPrefix(c.every, "apart ")
		if other {
			cal = apart
		}
		r, ok := Period(cal, every, date(c.day))
		have := ""
		if ok {
			have = r.String()
		}
		if have != c.want {
			t.Errorf("%s on %s: %q, want %q", c.every, c.day, have, c.want)
		}
	}
	if _, ok := Period(&calendar.Calendar{}, "term", date("2026-11-18")); ok {
		t.Error("a term without term dates")
	}
}

// Every day of some years is in just one week, month, year and pair of years, and periods do not overlap.
func TestPeriodsTile(t *testing.T) {
	cal := year()
	for _, every := range []string{"week", "month", "half term", "term", "year", "two years"} {
		var last calendar.Range
		for d := date("2025-01-01"); d.Before(date("2029-01-01")); d = d.AddDays(1) {
			r, ok := Period(cal, every, d)
			if !ok {
				if cal.Covers(d) == nil || !strings.HasSuffix(every, "term") {
					t.Fatalf("%s: %s is in none", every, d)
				}
				continue
			}
			if !r.Contains(d) || !last.IsZero() && r != last && r.First != last.Last.AddDays(1) {
				t.Fatalf("%s: %s is in %s, after %s", every, d, r, last)
			}
			last = r
		}
	}
}

func input() Input {
	return Input{
		Now: moment("2026-11-18"), FirstLook: moment("2026-08-20"), Calendar: year(), Answers: map[string][]Answer{},
		Asks: []Ask{{Clause: "A1", Severity: "medium", Deals: "head", Name: "filtering", Role: "it_support", Every: "half term", Due: calendar.Deadline{Count: 5, Unit: calendar.WorkingDays}}},
	}
}

// told writes findings as "clause rule subject: facts".
func told(in Input) []string {
	var out []string
	for _, o := range Check(in) {
		out = append(out, fmt.Sprintf("%s %s %s: %s", o.Clause, o.Rule, o.Subject, strings.Join(o.Facts, ", ")))
	}
	return out
}

func TestCheck(t *testing.T) {
	type change = func(*Input)
	now := func(at string) change { return func(in *Input) { in.Now = moment(at) } }
	first := func(at string) change { return func(in *Input) { in.FirstLook = moment(at) } }
	every := func(rhythm string) change { return func(in *Input) { in.Asks[0].Every = rhythm } }
	due := func(n int, unit calendar.Unit) change {
		return func(in *Input) { in.Asks[0].Due = calendar.Deadline{Count: n, Unit: unit} }
	}
	daysIn := func(days ...time.Weekday) change { return func(in *Input) { in.Asks[0].Days = days } }
	high := func(in *Input) { in.Asks[0].Severity = "high" }
	said := func(answer, at string) change {
		return func(in *Input) {
			in.Answers["filtering"] = append(in.Answers["filtering"], Answer{ID: at, At: moment(at), Answer: answer})
		}
	}
	overdue := func(asked, due string) []string {
		return []string{"A1 check-in.overdue check-in/filtering: asked " + asked + ", due " + due}
	}
	answered := func(rule, on string) []string {
		return []string{"A1 check-in." + rule + " check-in/filtering: answered " + on}
	}
	late := overdue("2026-11-02", "2026-11-09")
	for _, c := range []struct {
		name    string
		changes []change
		want    []string
	}{
		{"nobody answered", nil, late},
		{"five o'clock", []change{now("2026-11-09 17:00")}, nil},
		{"a second later", []change{now("2026-11-09 17:00:01")}, late},
		{"five o'clock in summer", []change{now("2026-09-10 17:00")}, nil},
		{"a second later in summer", []change{now("2026-09-10 17:00:01")}, overdue("2026-09-03", "2026-09-10")},
		{"not before the terms", []change{now("2026-09-01"), due(0, calendar.AtOnce)}, nil},
		{"not on an inset day", []change{now("2026-09-02"), due(0, calendar.AtOnce)}, nil},
		{"on the first school day", []change{now("2026-09-03"), due(0, calendar.AtOnce)}, overdue("2026-09-03", "2026-09-03")},
		{"at its first moment", []change{now("2026-09-03 00:00"), due(0, calendar.AtOnce)}, nil},
		{"and a second later", []change{now("2026-09-03 00:00:01"), due(0, calendar.AtOnce)}, overdue("2026-09-03", "2026-09-03")},
		{"after the terms", []change{now("2027-07-22")}, nil},
		{"a year begins with the roll-over", []change{every("year"), now("2027-07-20"), due(0, calendar.AtOnce)}, overdue("2027-07-20", "2027-07-20")},
		{"two years: the second year asks nothing new", []change{every("two years"), now("2027-07-20")}, overdue("2026-09-03", "2026-09-10")},
		{"weeks: a bank holiday on Monday", []change{every("week"), now("2027-05-04"), due(0, calendar.AtOnce)}, overdue("2027-05-04", "2027-05-04")},
		{"weeks: not in the half-term", []change{every("week"), now("2026-10-30"), due(0, calendar.AtOnce)}, nil},
		{"the first look was later", []change{first("2026-11-11"), now("2026-11-18 17:00:01")}, overdue("2026-11-11", "2026-11-18")},
		{"and it is not yet due", []change{first("2026-11-11"), now("2026-11-18 17:00")}, nil},
		{"the first look by the school's date", []change{first("2026-10-15 00:30"), every("month"), now("2026-10-15"), due(0, calendar.AtOnce)}, overdue("2026-10-15", "2026-10-15")},
		{"school days over the half-term", []change{every("month"), first("2026-10-23"), now("2026-10-31"), due(2, calendar.SchoolDays)}, nil},
		{"working days over it", []change{every("month"), first("2026-10-23"), now("2026-10-31"), due(2, calendar.WorkingDays)}, overdue("2026-10-23", "2026-10-27")},
		{"high over it", []change{every("month"), first("2026-10-23"), now("2026-10-31"), due(2, calendar.SchoolDays), high}, overdue("2026-10-23", "2026-10-27")},
		{"in on two days of the week", []change{daysIn(time.Monday, time.Tuesday), now("2026-11-17 17:00:01")}, overdue("2026-11-02", "2026-11-17")},
		{"and not yet due", []change{daysIn(time.Monday, time.Tuesday), now("2026-11-17 17:00")}, nil},
		{"school days that never come", []change{every("year"), first("2027-07-20"), now("2027-07-30"), due(5, calendar.SchoolDays)}, nil},

		{"yes", []change{said("yes", "2026-11-10")}, nil},
		{"no", []change{said("no", "2026-11-10")}, answered("answered-no", "2026-11-10")},
		{"not sure", []change{said("not-sure", "2026-11-10")}, answered("not-sure", "2026-11-10")},
		{"no, before it was due", []change{said("no", "2026-11-03"), now("2026-11-03")}, answered("answered-no", "2026-11-03")},
		{"as soon as it is asked", []change{said("yes", "2026-11-02 00:00")}, nil},
		{"before it was asked", []change{said("yes", "2026-11-01 23:59:59")}, late},
		{"before the first look", []change{said("yes", "2026-11-10"), first("2026-11-11"), now("2026-11-18 17:00:01")}, overdue("2026-11-11", "2026-11-18")},
		{"in the half term before", []change{said("yes", "2026-10-01")}, late},
		{"of last year's half term", []change{said("yes", "2025-11-10")}, late},
		{"yet to come", []change{said("yes", "2026-11-18 12:00:01")}, late},
		{"at this moment", []change{said("yes", "2026-11-18 12:00")}, nil},
		{"the newest counts", []change{said("no", "2026-11-10"), said("yes", "2026-11-11")}, nil},
		{"in whatever order", []change{said("yes", "2026-11-11"), said("no", "2026-11-10")}, nil},
		{"no after yes", []change{said("yes", "2026-11-10"), said("no", "2026-11-11")}, answered("answered-no", "2026-11-11")},
		{"of two at the same moment the one that was taken up last", []change{said("yes", "2026-11-11"), said("no", "2026-11-11")}, answered("answered-no", "2026-11-11")},
		{"by the school's date", []change{every("week"), now("2026-10-20"), said("no", "2026-10-20 00:30")}, answered("answered-no", "2026-10-20")},
		{"to another check-in", []change{func(in *Input) { in.Answers["training"] = []Answer{{ID: "1", At: moment("2026-11-10"), Answer: "yes"}} }}, late},
		{"no time zone is UTC", []change{func(in *Input) { in.Calendar.Location = nil }}, late},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := input()
			for _, change := range c.changes {
				change(&in)
			}
			if diff := cmp.Diff(c.want, told(in)); diff != "" {
				t.Errorf("findings (-want +have):\n%s", diff)
			}
		})
	}
}

// The same check-in of several clauses is one question with findings of its own in each; what a finding carries.
func TestSeveralClauses(t *testing.T) {
	in := input()
	in.Asks = append(in.Asks, in.Asks[0], in.Asks[0], in.Asks[0])
	in.Asks[1].Clause, in.Asks[1].Name, in.Asks[1].Severity, in.Asks[1].Deals = "A0", "training", "low", "deputy"
	in.Asks[2].Clause = "A0"
	in.Asks[3].Clause, in.Asks[3].Name = "A0", "alerts"
	in.Answers["filtering"] = []Answer{{ID: "1", At: moment("2026-11-10"), Answer: No}}
	in.Answers["alerts"] = []Answer{{ID: "1", At: moment("2026-11-10"), Answer: Unsure}}
	want := []string{
		"A0 check-in.answered-no check-in/filtering: answered 2026-11-10",
		"A0 check-in.not-sure check-in/alerts: answered 2026-11-10",
		"A0 check-in.overdue check-in/training: asked 2026-11-02, due 2026-11-09",
		"A1 check-in.answered-no check-in/filtering: answered 2026-11-10",
	}
	if diff := cmp.Diff(want, told(in)); diff != "" {
		t.Errorf("findings (-want +have):\n%s", diff)
	}
	list := Check(in)
	if o := list[2]; !o.Due.Equal(moment("2026-11-09 17:00")) || !o.Since.IsZero() || o.Severity != "low" || o.Deals != "deputy" {
		t.Errorf("overdue: %+v", o)
	}
	if o := list[0]; !o.Since.Equal(moment("2026-11-10")) || !o.Due.IsZero() || o.Severity != "medium" || o.Deals != "head" {
		t.Errorf("no: %+v", o)
	}
}

// How each check-in stands, for the page and the mail.
func TestStates(t *testing.T) {
	in := input()
	in.Now = moment("2026-11-03")
	in.Asks = append(in.Asks, in.Asks[0], in.Asks[0])
	in.Asks[1].Name, in.Asks[2].Every = "training", "nothing of ours"
	in.Asks[2].Every = "term"
	in.Calendar.Terms = in.Calendar.Terms[:1]
	in.Answers["training"] = []Answer{{ID: "1", At: moment("2026-11-02 09:00"), Answer: Yes}}
	states := in.States()
	if len(states) != 3 {
		t.Fatalf("%d states", len(states))
	}
	for i, want := range []struct {
		asked, due     string
		waits, overdue bool
	}{{"2026-11-02", "2026-11-09 17:00", true, false}, {"2026-11-02", "2026-11-09 17:00", false, false}, {"2026-09-03", "2026-09-10 17:00", false, false}} {
		s := states[i]
		if i == 2 { // answered by the same answer as the first: it has none
			want.waits, want.overdue = true, true
		}
		if s.Asked.String() != want.asked || !s.Due.Equal(moment(want.due)) || s.Waits() != want.waits || s.Overdue(in.Now) != want.overdue {
			t.Errorf("state %d: %+v", i, s)
		}
	}
	in.Now = moment("2026-08-25")
	if s := in.States()[0]; s.Waits() || s.Overdue(moment("2030-01-01")) || !s.Asked.IsZero() {
		t.Errorf("before the terms: %+v", s)
	}
}

// Answers are kept, each once, and only check-ins that were answered are written.
func TestAnswers(t *testing.T) {
	s, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	take := func(name string, answers ...Answer) int {
		t.Helper()
		book, err := Open(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range answers {
			book.Add(name, a)
		}
		b := &store.Batch{}
		if err := book.Stage(b); err != nil {
			t.Fatal(err)
		}
		if b.Writes() > 0 {
			if err := s.Commit(t.Context(), b); err != nil {
				t.Fatal(err)
			}
		}
		return b.Writes()
	}
	one, two := Answer{ID: "1", At: moment("2026-11-10").UTC(), By: "kim", Answer: No}, Answer{ID: "2", At: moment("2026-11-11").UTC(), By: "kim", Answer: Yes}
	for i, c := range []struct {
		name    string
		answers []Answer
		writes  int
	}{{"filtering", []Answer{one, one}, 1}, {"filtering", []Answer{one}, 0}, {"filtering", []Answer{two, one}, 1}, {"training", []Answer{one}, 1}, {"training", nil, 0}} {
		if n := take(c.name, c.answers...); n != c.writes {
			t.Errorf("%d: %d writes, want %d", i, n, c.writes)
		}
	}
	book, err := Open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string][]Answer{"filtering": {one, two}, "training": {one}}, book.All()); diff != "" {
		t.Errorf("kept (-want +have):\n%s", diff)
	}
	b := &store.Batch{}
	b.Create(Answers, "alerts", nil, []byte("{"))
	if err := s.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), s); err == nil || !strings.Contains(err.Error(), "alerts") {
		t.Errorf("broken: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, s); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
	book.Add("filtering", Answer{ID: "3", At: time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)}) // a year that JSON does not know
	if err := book.Stage(&store.Batch{}); err == nil {
		t.Error("an answer that cannot be written, and no error")
	}
}

// In whatever order answers were given, and however often they are told, what is found is the same.
func TestAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := input()
		in.Asks[0].Every = rapid.SampledFrom([]string{"week", "month", "half term", "term", "year", "two years"}).Draw(t, "every")
		hours := rapid.SliceOfNDistinct(rapid.IntRange(-2000, 10), 0, 6, rapid.ID[int]).Draw(t, "hours")
		var answers []Answer
		for i, h := range hours {
			answers = append(answers, Answer{ID: fmt.Sprint(i), At: in.Now.Add(time.Duration(h) * time.Hour), Answer: rapid.SampledFrom([]string{Yes, No, Unsure}).Draw(t, "answer")})
		}
		in.Answers["filtering"] = answers
		want := told(in)
		in.Answers["filtering"] = rapid.Permutation(append(slices.Clone(answers), answers...)).Draw(t, "again")
		if diff := cmp.Diff(want, told(in)); diff != "" {
			t.Fatalf("the order matters (-want +have):\n%s", diff)
		}
		if len(want) > 1 {
			t.Fatalf("one check-in, %d findings", len(want))
		}
	})
}
