package doctor

import (
	"regexp"
	"strings"
	"testing"

	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
)

// A probe answers from what is there, and holds nothing that names anybody: no address, no name, no title, no id.
func TestProbe(t *testing.T) {
	t.Parallel()
	r := newRig(t, generate.Classroom, nil, server.Options{})
	answers, err := Probe(t.Context(), r.Setup)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := WriteProbe(&text, answers, 100); err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for _, a := range answers {
		said[a.Question] += a.Answer + "\n"
		if strings.Contains(a.Answer, "not known") {
			t.Errorf("not answered with all scopes: %+v", a)
		}
	}
	for question, want := range map[string]string{
		"1": `\b0 refused`, "36": `[1-9]\d* of \d+ accounts|0 of [1-9]\d* accounts`, "6, 93": `in [1-9]\d* Drives [1-9]\d* were`, "23, 29": `the newest record is`,
		"48": `Strong|strong|weak|Weak`, "58": `[1-9]\d* in [1-9]\d* classes`, "61, 62": `[1-9]\d*; encryptionStatus: .*(ncrypted|NCRYPTED)`, "65, 68": `[1-9]\d* policies of [1-9]`, "89, 90": `yes`,
	} {
		if !regexp.MustCompile(want).MatchString(said[question]) {
			t.Errorf("question %s: %q, want %s", question, said[question], want)
		}
	}
	secret := []string{"@", "school.example"}
	for p, err := range r.Client.People(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		secret = append(secret, p.ID)
		for _, n := range []string{p.Given, p.Family} {
			if len(n) > 3 {
				secret = append(secret, " "+n+" ", n+",")
			}
		}
	}
	flat := strings.Join(strings.Fields(text.String()), " ")
	for _, s := range secret {
		if strings.Contains(flat, s) {
			t.Errorf("the report holds %q", s)
		}
	}
}

// Without scopes a probe says what it may not read, and still ends.
func TestProbeRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, generate.Classroom, []string{}, server.Options{})
	answers, err := Probe(t.Context(), r.Setup)
	if err != nil {
		t.Fatal(err)
	}
	unknown := 0
	for _, a := range answers {
		if strings.Contains(a.Answer, "not known") {
			unknown++
		}
	}
	if unknown < 8 {
		t.Errorf("of %d answers only %d say that something is not known: %+v", len(answers), unknown, answers)
	}
}

func TestTally(t *testing.T) {
	c := tally{}
	for _, w := range []string{"ENCRYPTED", "ENCRYPTED", "", "a.name@school.example", "Somebody's tablet 4", strings.Repeat("x", 60)} {
		c.add(w)
	}
	if have, want := c.String(), "(another text) 3, (empty) 1, ENCRYPTED 2"; have != want {
		t.Errorf("%q, want %q", have, want)
	}
}
