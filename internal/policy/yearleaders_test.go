package policy

import (
	"strings"
	"testing"
)

func TestYearLeader(t *testing.T) {
	text := strings.Replace(small, "\nclauses:", "\nstaff:\n  org_units: [/Staff]\n  year_leaders: {Year 4: Kim@school.example, Year 4 Oak: lou@school.example, \"5\": max@school.example, 6B: bea@school.example}\nclauses:", 1)
	p, err := Parse("p.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for class, want := range map[string]string{
		"Year 4":               "kim@school.example",
		"Maths, YEAR 4 (Ash)":  "kim@school.example",
		"Year 4 Oak 2026":      "lou@school.example",
		"5 Ash":                "max@school.example",
		"6B writes":            "bea@school.example",
		"Year 41":              "",
		"Year of 4":            "",
		"6 B":                  "",
		"Reception":            "",
		"":                     "",
		"Year 5 and Year 4":    "kim@school.example", // the more words
		"Year-4: Reading club": "kim@school.example",
	} {
		if got := p.YearLeader(class); got != want {
			t.Errorf("%q: %q, want %q", class, got, want)
		}
	}
	says := explained(t, p, ExplainOptions{Width: 400})
	if want := "the review site proposes the leader of the year, by the words in the class's name: “5” max@school.example; “6b” bea@school.example; “year 4” kim@school.example; “year 4 oak” lou@school.example."; !strings.Contains(says, want) {
		t.Errorf("policy explain lacks %q", want)
	}
	if p, err := Parse("p.yaml", []byte(small)); err != nil || p.YearLeader("Year 4") != "" || strings.Contains(explained(t, p, ExplainOptions{}), "leader") {
		t.Error("a policy without year leaders has one")
	}
}

func TestYearLeadersWrong(t *testing.T) {
	for wrong, want := range map[string]string{
		"{Year 4: kim}": "an address such as",
		"{Year 4: kim@school.example, year 4: lou@school.example}": "a second time",
		"{\"Year @ 4\": kim@school.example}":                       "words in the names of a year's classes",
		"[kim@school.example]":                                     "words in the names of a year's classes",
	} {
		text := strings.Replace(small, "\nclauses:", "\nstaff:\n  org_units: [/Staff]\n  year_leaders: "+wrong+"\nclauses:", 1)
		if _, err := Parse("p.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}
