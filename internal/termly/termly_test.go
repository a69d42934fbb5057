package termly

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"esafetybot/internal/audit"
	"esafetybot/internal/audit/audittest"
	"esafetybot/internal/colours"
	"esafetybot/internal/findings"
	"esafetybot/internal/policy"
	"esafetybot/internal/reports"
	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
)

func lived(t *testing.T, seed uint64, days int) (*audittest.School, store.Store) {
	t.Helper()
	s, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	x, err := audittest.New(s, audittest.Seeded(seed))
	if err != nil {
		t.Fatal(err)
	}
	for range days {
		if err := x.Day(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return x, s
}

func report(t *testing.T, s store.Store, p *policy.Policy, now time.Time) reports.TermlyInput {
	t.Helper()
	in, err := Source{Store: s, Policy: p}.Report(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// On random schools: the numbers are those of the audit, and of the findings themselves; what nobody knows is said to be unknown; and a later state tells the same of the day.
func TestReportOfRandomSchools(t *testing.T) {
	for seed := range uint64(8) {
		x, s := lived(t, seed, 25)
		now := x.Now
		in := report(t, s, x.Policy, now)
		st, err := audit.At(t.Context(), s, x.Policy, now)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range colours.All {
			if in.Columns[0].Counts[string(c)] != st.Count(c) {
				t.Errorf("seed %d: %d clauses are %s, not %d", seed, in.Columns[0].Counts[string(c)], c, st.Count(c))
			}
		}
		if in.Columns[0].Unknown != "" || in.Columns[2].Unknown == "" || len(in.Clauses) != len(x.Policy.Clauses) {
			t.Errorf("seed %d: %+v", seed, in.Columns)
		}
		right := 0
		for d, err := range s.Find(t.Context(), findings.Findings, store.Ask{}) {
			if err != nil {
				t.Fatal(err)
			}
			f, err := findings.Decode(d)
			if err != nil {
				t.Fatal(err)
			}
			if f.Status == findings.Resolved && f.How.PutRight() && f.Severity != findings.Information && !strings.HasPrefix(f.Subject, "entry/") { // of the incident log nothing shows
				right++
			}
		}
		if in.PutRight != right {
			t.Errorf("seed %d: %d were put right, not %d", seed, in.PutRight, right)
		}
		if len(in.Training)+len(in.Review) != 0 || in.Incidents.NoYear == "" {
			t.Errorf("seed %d: something is told that nobody knows: %v %v %+v", seed, in.Training, in.Review, in.Incidents)
		}
		for range 6 {
			if err := x.Day(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(in, report(t, s, x.Policy, now), cmpopts.IgnoreFields(reports.TermlyInput{}, "Location")); diff != "" {
			t.Errorf("seed %d: told otherwise later (-then +later):\n%s", seed, diff)
		}
		if _, err := reports.Termly(in); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
}

// What the year holds is told of every sort of means, and never more than is known.
func TestEvidence(t *testing.T) {
	x, s := lived(t, 3, 20)
	in := report(t, s, x.Policy, x.Now)
	var all []string
	for _, c := range in.Clauses {
		all = append(all, c.ID+": "+strings.Join(c.Evidence, " "))
	}
	text := strings.Join(all, "\n")
	for _, want := range []string{"A1: Sharing in Google Drive: looked at on ", "Put right this year: ", "The web filter and its reports: answered ", "Private exceptions are kept on the review site"} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
	if !in.Own || len(in.Expected) < 10 || in.Year != "2026/27" || in.Term != "Autumn term 2026" {
		t.Errorf("%+v", in)
	}
	for _, e := range in.Expected {
		if strings.HasPrefix(e.Says, "It is laid down who") && !cmp.Equal(e.Missing, []string(nil)) {
			t.Errorf("nobody is named: %v", e.Missing)
		}
	}
}

func TestTermOf(t *testing.T) {
	p, err := policy.Parse("p.yaml", []byte(audittest.Policy))
	if err != nil {
		t.Fatal(err)
	}
	for now, want := range map[string]string{
		"2026-09-02T08:00:00Z": "Autumn term 2026", "2026-12-30T08:00:00Z": "Autumn term 2026", "2027-01-04T08:00:00Z": "Spring term 2027", "2027-07-25T08:00:00Z": "Summer term 2027",
		"2027-08-01T08:00:00Z": "School year 2027/28", "2026-08-20T08:00:00Z": "School year 2026/27",
	} {
		at, err := time.Parse(time.RFC3339, now)
		if err != nil {
			t.Fatal(err)
		}
		if begin, have := TermOf(p.Calendar, at); have != want || begin.After(at) {
			t.Errorf("%s: %s from %s, want %s", now, have, begin, want)
		}
	}
}
