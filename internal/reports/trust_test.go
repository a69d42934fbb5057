package reports

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestTrustNumbersGuardFew: whoever reads a text and knows the rule by which it was written can reckon no number below three from it: neither all, nor those that are late, nor the others.
func TestTrustNumbersGuardFew(t *testing.T) {
	type pair = [3]int // all, late, the others
	by := map[string][]pair{}
	for all := range 60 {
		for late := range all + 1 {
			w := TrustNumber{all, late}.Words("late")
			by[w] = append(by[w], pair{all, late, all - late})
		}
	}
	if len(by) < 500 {
		t.Fatalf("only %d texts: is anything told?", len(by))
	}
	for text, list := range by {
		for i, what := range []string{"all", "late", "others"} {
			may := map[int]bool{}
			for _, p := range list {
				may[p[i]] = true
			}
			if len(may) == 1 && list[0][i] < trustFew || len(may) == 2 {
				t.Errorf("%q tells of %s that they are one of %v", text, what, may)
			}
		}
	}
	for n, want := range map[TrustNumber]string{
		{0, 0}: "fewer than three", {2, 2}: "fewer than three", {5, 5}: "5", {6, 0}: "6, fewer than three of these late", {6, 3}: "6, 3 of these late", {1200, 1199}: "1,200, all but fewer than three of these late",
	} {
		if have := n.Words("late"); have != want {
			t.Errorf("%v: %q, want %q", n, have, want)
		}
	}
}

// TestTrustColour: a school is green only where nothing at all stands against it.
func TestTrustColour(t *testing.T) {
	fine := func() TrustSchool {
		return TrustSchool{School: "Oak", Looked: time.Unix(1, 0), Counts: map[string]int{Green: 3}}
	}
	for name, c := range map[string]struct {
		change func(*TrustSchool)
		want   string
	}{
		"fine":                {func(*TrustSchool) {}, Green},
		"unread":              {func(s *TrustSchool) { s.Unread = true }, Unknown},
		"unread, though red":  {func(s *TrustSchool) { s.Unread, s.Counts[Red] = true, 1 }, Unknown},
		"red":                 {func(s *TrustSchool) { s.Counts[Red], s.Counts[Amber] = 1, 1 }, Red},
		"amber":               {func(s *TrustSchool) { s.Counts[Amber], s.Counts[Unknown] = 1, 1 }, Amber},
		"could not check":     {func(s *TrustSchool) { s.Counts[Unknown] = 1 }, Unknown},
		"not run":             {func(s *TrustSchool) { s.NotRun = time.Unix(9, 0) }, Unknown},
		"not run, though red": {func(s *TrustSchool) { s.NotRun, s.Counts[Red] = time.Unix(9, 0), 1 }, Red},
		"work is left":        {func(s *TrustSchool) { s.Held = true }, Unknown},
		"never looked":        {func(s *TrustSchool) { s.Looked = time.Time{} }, Unknown},
		"no clauses":          {func(s *TrustSchool) { s.Counts = nil }, Unknown},
	} {
		s := fine()
		c.change(&s)
		if have := s.Colour(); have != c.want {
			t.Errorf("%s: %s, want %s", name, have, c.want)
		}
	}
}

func trustSample() TrustInput {
	at := time.Date(2026, 11, 17, 7, 30, 0, 0, time.UTC)
	return TrustInput{
		Trust: "Example Trust", Reader: "Tamsin Orme", Now: at, Cut: time.Date(2026, 11, 17, 0, 0, 0, 0, time.UTC), Site: "https://trust.review.trust.example/overview",
		Schools: []TrustSchool{
			{
				School: "Oak Lane", Looked: at.Add(-time.Hour), Counts: map[string]int{Red: 1, Amber: 2, Green: 19}, Places: &TrustNumber{14, 4}, Findings: &TrustNumber{2, 1}, Comments: true,
				Term: "Autumn term 2026", Incidents: []string{"Data breach: 4", "other kinds: fewer than three of each"},
			},
			{School: "Ash <Grove>", Unread: true},
			{School: "Elm Road", Looked: at.Add(-48 * time.Hour), NotRun: at.Add(-50 * time.Hour), Counts: map[string]int{Green: 20}, Incidents: []string{"the policy asks for no incident log"}},
		},
	}
}

func TestTrustMail(t *testing.T) {
	r, err := Trust(trustSample())
	if err != nil {
		t.Fatal(err)
	}
	if r.Subject != "Online safety at the schools of Example Trust" {
		t.Errorf("the subject is %q", r.Subject)
	}
	flat := strings.Join(strings.Fields(r.Text), " ")
	for _, want := range []string{
		"3 SCHOOLS: 1 RED AND 2 COULD NOT CHECK", "Of 22 clauses: 1 red, 2 amber and 19 green.", "comments somebody has to look: 14, 4 of these passed on because nobody looked in time.", "Everything else that is open: fewer than three.",
		"Incident log, autumn term 2026: Data breach: 4 Other kinds: fewer than three of each", "Ash <Grove>: could not check", "so nothing is known of it", "has not come to its end since Sunday 15 November 2026", "the end of Monday 16 November",
		"had not looked by then", "The same on a page: https://trust.review.trust.example/overview",
	} {
		if !strings.Contains(flat, want) {
			t.Errorf("the text does not say %q:\n%s", want, r.Text)
		}
	}
	for _, bad := range []string{"<Grove>", "§", "green</strong>"} {
		if strings.Contains(r.HTML, bad) {
			t.Errorf("the HTML has %q", bad)
		}
	}
	for _, want := range []string{"Oak Lane: Red", "Ash &lt;Grove&gt;: Could not check", "Elm Road: Could not check"} {
		if !strings.Contains(r.HTML, want) {
			t.Errorf("the HTML lacks %q", want)
		}
	}
	again, err := Trust(trustSample())
	if d := cmp.Diff(r, again); d != "" || err != nil {
		t.Errorf("the same input is another mail: %v\n%s", err, d)
	}
	many := trustSample()
	for i := range 60 {
		s := many.Schools[0]
		s.School = fmt.Sprint("School ", i)
		s.Incidents = slices.Repeat([]string{"Material that should not be seen: 12"}, 12)
		many.Schools = append(many.Schools, s)
	}
	if _, err := Trust(many); err != nil {
		t.Errorf("a trust of 63 schools: %v", err)
	}
}
