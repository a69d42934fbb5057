package policy

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const dojoPolicy = `
school: {name: Oak, timezone: Europe/London, domains: [school.example]}
people:
  esafety_officer: {address: officer@school.example, days: [mon]}
  deputy: {address: officer@school.example, days: [wed]}
  headteacher: head@school.example
  safeguarding_lead: head@school.example
  chair_of_governors: chair@home.example
staff: {org_units: [/Staff], days: {kim@school.example: [tue]}}
classdojo:
  classes:
    - {name: 5 Ash, id: 5f1e2d3c4b5a69788796a5b4, teachers: [Kim@school.example]}
  MORE
clauses:
  - id: B1
    says: Families are written to through ClassDojo only.
    deals_with_it: esafety_officer
    met_by:
      - {check_in: class-dojo, ask: class_teacher, every: half term}
      - {check: comments, with: {places: [PLACES]}, severity: low}
`

func dojoText(more, places string) string {
	return strings.NewReplacer("MORE", more, "PLACES", places).Replace(dojoPolicy)
}

func TestClassDojo(t *testing.T) {
	p, err := Parse("p.yaml", []byte(dojoText("", "classdojo")))
	if err != nil {
		t.Fatal(err)
	}
	want := &ClassDojo{Classes: []DojoClass{{Name: "5 Ash", ID: "5f1e2d3c4b5a69788796a5b4", Teachers: []string{"kim@school.example"}}}, SchoolStory: true, LookWithin: 10}
	if diff := cmp.Diff(want, p.ClassDojo); diff != "" {
		t.Errorf("-want +have:\n%s", diff)
	}
	if m := p.Clauses[0].MetBy; !m[0].Built() || !m[1].Built() || p.DojoRole() != RoleHead {
		t.Error("what has classes is not looked at, or is asked of leaders whom nobody plays")
	}
	for address, want := range map[string][]time.Weekday{"KIM@school.example": {time.Tuesday}, "officer@school.example": {time.Monday, time.Wednesday}, "head@school.example": nil} {
		have := p.DaysOf(address)
		if diff := cmp.Diff(map[time.Weekday]bool{}, differing(want, have)); diff != "" {
			t.Errorf("%s is in on %v, want %v", address, have, want)
		}
	}
	all, err := Parse("p.yaml", []byte(dojoText("school_story: false\n  look_within: 1 school day\n  mailbox: Dojo@school.example\n  relay: true", "classroom")))
	if err != nil {
		t.Fatal(err)
	}
	want = &ClassDojo{Classes: want.Classes, LookWithin: 1, Mailbox: "dojo@school.example", Relay: true}
	if diff := cmp.Diff(want, all.ClassDojo); diff != "" {
		t.Errorf("-want +have:\n%s", diff)
	}
}

// differing is the days that stand in one list only.
func differing(a, b []time.Weekday) map[time.Weekday]bool {
	out := map[time.Weekday]bool{}
	for _, d := range a {
		out[d] = true
	}
	for _, d := range b {
		if out[d] {
			delete(out, d)
		} else {
			out[d] = true
		}
	}
	return out
}

func TestClassDojoMistakes(t *testing.T) {
	without := func(s string) string {
		before, after, _ := strings.Cut(s, "classdojo:\n")
		_, after, _ = strings.Cut(after, "clauses:")
		return before + "clauses:" + after
	}
	for want, text := range map[string]string{
		"found the place classdojo, but no classes of it": without(dojoText("", "classdojo")),
		"found the class \"5 Ash\" a second time":         dojoText("  - {name: 5 Ash, id: 5f1e2d3c4b5a69788796a5b5, teachers: [a@school.example]}", "classroom"),
		"a5b4 a second time":                              dojoText("  - {name: 6 Ash, id: 5f1e2d3c4b5a69788796a5b4, teachers: [a@school.example]}", "classroom"),
		"found \"5 Ash\"":                                 dojoText("  - {name: 6 Ash, id: 5 Ash, teachers: [a@school.example]}", "classroom"),
		"found a list of 0":                               dojoText("  - {name: 6 Ash, id: 5f1e2d3c4b5a69788796a5b5, teachers: []}", "classroom"),
		"found \"2 working days\"":                        dojoText("look_within: 2 working days", "classroom"),
	} {
		var errs Errors
		if _, err := Parse("p.yaml", []byte(text)); !errors.As(err, &errs) || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, have %v", want, err)
		}
	}
	p, err := Parse("p.yaml", []byte(without(dojoText("", "classroom"))))
	if err != nil {
		t.Fatal(err)
	}
	if m := p.Clauses[0].MetBy[0]; m.Built() {
		t.Error("without classes nobody can be asked, and the check-in counts as looked at")
	}
}
