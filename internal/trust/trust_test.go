package trust

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/audit"
	"esafetybot/internal/audit/audittest"
	"esafetybot/internal/calendar"
	"esafetybot/internal/checks/comments"
	"esafetybot/internal/colours"
	"esafetybot/internal/findings"
	"esafetybot/internal/policy"
	"esafetybot/internal/reports"
	"esafetybot/internal/runs"
	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
)

func school(weekly time.Weekday, none bool) *policy.Policy {
	loc, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic(err)
	}
	p := &policy.Policy{Calendar: &calendar.Calendar{Location: loc}, Mail: policy.Mail{Weekly: weekly, NoWeekly: none, Report: policy.Clock{Hour: 7, Minute: 30}}}
	p.School.Location = loc
	return p
}

// TestCut: numbers are of the end of the last of the schools' weekly days, whatever day it is, and the mail goes after it, once the reader is in.
func TestCut(t *testing.T) {
	monday, thursday := school(time.Monday, false), school(time.Thursday, false)
	for name, c := range map[string]struct {
		schools []*policy.Policy
		days    []time.Weekday
		now     string // London
		cut     string
		due     bool
	}{
		"on the day itself":          {[]*policy.Policy{monday}, nil, "2026-11-16 09:00", "2026-11-10", true},
		"the night after":            {[]*policy.Policy{monday}, nil, "2026-11-17 00:00", "2026-11-17", false},
		"after the hour":             {[]*policy.Policy{monday}, nil, "2026-11-17 07:30", "2026-11-17", true},
		"the later school counts":    {[]*policy.Policy{monday, thursday}, nil, "2026-11-20 08:00", "2026-11-20", true},
		"before the later one":       {[]*policy.Policy{monday, thursday}, nil, "2026-11-19 23:59", "2026-11-13", true},
		"at the weekend nobody's in": {[]*policy.Policy{monday, thursday}, nil, "2026-11-21 08:00", "2026-11-20", false},
		"the reader is not in":       {[]*policy.Policy{monday}, []time.Weekday{time.Friday}, "2026-11-18 08:00", "2026-11-17", false},
		"the reader is in":           {[]*policy.Policy{monday}, []time.Weekday{time.Friday}, "2026-11-20 08:00", "2026-11-17", true},
		"the last day":               {[]*policy.Policy{thursday}, []time.Weekday{time.Saturday}, "2026-11-19 08:00", "2026-11-13", true},
		"none has a weekly day":      {[]*policy.Policy{school(time.Thursday, true)}, nil, "2026-11-17 08:00", "2026-11-17", true},
		"the clocks go back":         {[]*policy.Policy{school(time.Saturday, false)}, nil, "2026-10-25 12:00", "2026-10-25", false},
		"on Sundays":                 {[]*policy.Policy{school(time.Sunday, false)}, nil, "2026-11-16 08:00", "2026-11-16", true},
	} {
		now, err := time.ParseInLocation("2006-01-02 15:04", c.now, monday.School.Location)
		if err != nil {
			t.Fatal(err)
		}
		cut := Cut(c.schools, now)
		if have := cut.In(monday.School.Location).Format("2006-01-02 15:04"); have != c.cut+" 00:00" {
			t.Errorf("%s: the cut is %s, want %s", name, have, c.cut)
		}
		if due := Due(c.schools, policy.Person{Address: "dsl@trust.example", Days: c.days}, now); due != c.due {
			t.Errorf("%s: due %t", name, due)
		}
		if want := calendar.DateOf(cut.In(monday.School.Location)).AddDays(-1).String(); Period(c.schools, cut) != want {
			t.Errorf("%s: the period is %s, want %s", name, Period(c.schools, cut), want)
		}
	}
	if Due([]*policy.Policy{monday}, policy.Person{}, time.Now()) || Due(nil, policy.Person{Address: "x@y.example"}, time.Now()) {
		t.Error("it is due for nobody")
	}
}

// On random schools: colours are those of now, numbers those of the cut, counted from the findings themselves; a place that two clauses ask about is one; and what happens after the cut changes no number.
func TestSchool(t *testing.T) {
	places, late, rest := 0, 0, 0
	for seed := range uint64(6) {
		s, err := memory.Open()
		if err != nil {
			t.Fatal(err)
		}
		x, err := audittest.New(s, audittest.Seeded(seed))
		if err != nil {
			t.Fatal(err)
		}
		var cut time.Time
		var want reports.TrustSchool
		for day := range 25 {
			if err := x.Day(t.Context()); err != nil {
				t.Fatal(err)
			}
			if day == 19 {
				cut = x.Now
				want.Places, want.Findings = recount(t, s, x.Policy, cut)
			}
		}
		have, err := School(t.Context(), s, x.Policy, "dsl@trust.example", cut, x.Now)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]*reports.TrustNumber{want.Places, want.Findings}, []*reports.TrustNumber{have.Places, have.Findings}); d != "" {
			t.Errorf("seed %d: -want +have:\n%s", seed, d)
		}
		st, err := audit.At(t.Context(), s, x.Policy, x.Now)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range colours.All {
			if have.Counts[string(c)] != st.Count(c) {
				t.Errorf("seed %d: %d clauses are %s, want %d", seed, have.Counts[string(c)], c, st.Count(c))
			}
		}
		if !have.NotRun.IsZero() {
			t.Errorf("seed %d: not run since %s", seed, have.NotRun)
		}
		places, late, rest = places+have.Places.All, late+have.Places.Late, rest+have.Findings.All
		// A day's run came to its end; two days later none has since.
		b := &store.Batch{}
		r := runs.Record{ID: "last", Job: runs.LastJob, Started: x.Now.Add(-time.Minute), Ended: x.Now}
		if err := errors.Join(r.Add(b), s.Commit(t.Context(), b)); err != nil {
			t.Fatal(err)
		}
		for after, not := range map[time.Duration]bool{29 * time.Hour: false, 31 * time.Hour: true} {
			have, err := School(t.Context(), s, x.Policy, "", cut, x.Now.Add(after))
			if err != nil || have.NotRun.Equal(x.Now) != not {
				t.Errorf("seed %d, %s later: not run since %v (%v)", seed, after, have.NotRun, err)
			}
		}
	}
	if places == 0 || late == 0 || rest == 0 {
		t.Errorf("%d places, %d passed on, %d others: the test is about nothing", places, late, rest)
	}
}

// recount counts what is open at the moment, from the present findings.
func recount(t *testing.T, s store.Store, p *policy.Policy, now time.Time) (places, rest *reports.TrustNumber) {
	t.Helper()
	places, rest = &reports.TrustNumber{}, &reports.TrustNumber{}
	seen, passed := map[string]bool{}, map[string]bool{}
	for _, check := range audit.Checks(p) {
		for f, err := range (&findings.Keeper{Store: s}).List(t.Context(), check, findings.Open) {
			if err != nil {
				t.Fatal(err)
			}
			if f.Severity == findings.Information || strings.HasPrefix(f.Subject, "entry/") { // of the incident log nothing shows
				continue
			}
			if f.Rule == "comments.unreviewed" {
				if !seen[f.Subject] {
					seen[f.Subject] = true
					places.All++
				}
				for _, fact := range f.Facts {
					if fact == comments.PassedOn && !passed[f.Subject] {
						passed[f.Subject] = true
						places.Late++
					}
				}
				continue
			}
			rest.All++
			if !f.Due.IsZero() && f.Due.Before(now) {
				rest.Late++
			}
		}
	}
	return places, rest
}

// TestUnread: a school whose state cannot be read is said to be so, and nothing else is said of it.
func TestUnread(t *testing.T) {
	s, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	x, err := audittest.New(s, audittest.Seeded(1))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(x.Day(t.Context()), s.Close()); err != nil {
		t.Fatal(err)
	}
	have, err := School(t.Context(), s, x.Policy, "", x.Now, x.Now)
	if err == nil || !have.Unread || have.Colour() != reports.Unknown || have.Lines() != nil || have.Log() != nil || len(have.Warnings()) != 1 {
		t.Errorf("%v: %+v", err, have)
	}
}
