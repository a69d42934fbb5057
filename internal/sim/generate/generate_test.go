package generate

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/policy"
	"esafetybot/internal/sim/truth"
	"esafetybot/internal/sim/world"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

func school(t testing.TB, pupils int, seed int64) *School {
	t.Helper()
	s, err := Generate(Options{Pupils: pupils, Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func folder(t testing.TB, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		out[e.Name()] = string(b)
	}
	return out
}

func TestSameOptionsSameBytes(t *testing.T) {
	a, b := t.TempDir(), t.TempDir()
	for _, dir := range []string{a, b} {
		if err := school(t, 60, 2).Write(dir); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(folder(t, a), folder(t, b)); diff != "" {
		t.Error(diff)
	}
	c := t.TempDir()
	if err := school(t, 60, 3).Write(c); err != nil {
		t.Fatal(err)
	}
	if folder(t, a)["files.jsonl"] == folder(t, c)["files.jsonl"] {
		t.Error("another seed gave the same files")
	}
}

func TestPoliciesParse(t *testing.T) {
	for _, pupils := range []int{MinPupils, 30, 420} {
		for seed := range int64(3) {
			dir := t.TempDir()
			s := school(t, pupils, seed)
			if err := s.WriteBench(dir); err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{Classroom, Dojo} {
				p, err := policy.Load(filepath.Join(dir, name+".yaml"))
				if err != nil {
					t.Fatalf("%d pupils, seed %d: %s:\n%v", pupils, seed, name, err)
				}
				for _, w := range p.Warnings {
					t.Errorf("%d pupils, seed %d: %s: warning: %v", pupils, seed, name, w)
				}
			}
		}
	}
}

// rulesAsked lists the rules that a policy asks for.
func rulesAsked(t *testing.T, text string) []string {
	t.Helper()
	var p struct {
		Clauses []struct {
			MetBy []struct {
				Check string `yaml:"check"`
				With  *struct {
					Rules []string `yaml:"rules"`
				} `yaml:"with"`
			} `yaml:"met_by"`
		} `yaml:"clauses"`
	}
	if err := yaml.Unmarshal([]byte(text), &p); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, c := range p.Clauses {
		for _, m := range c.MetBy {
			if m.With == nil {
				continue
			}
			rules := m.With.Rules
			switch m.Check {
			case "pupil-email":
				rules = []string{"on", "access-group", "used"}
			case "settings":
				rules = []string{"differs"}
			}
			for _, r := range rules {
				out = append(out, m.Check+"."+r)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func TestEveryRuleHasABreachAndANearMiss(t *testing.T) {
	for _, pupils := range []int{30, 420} {
		for seed := int64(1); seed <= 2 && (seed == 1 || pupils < 420); seed++ {
			t.Run(fmt.Sprintf("%d pupils, seed %d", pupils, seed), func(t *testing.T) {
				s := school(t, pupils, seed)
				dir := t.TempDir()
				if err := s.Write(dir); err != nil {
					t.Fatal(err)
				}
				var got truth.Truth
				if err := json.Unmarshal([]byte(folder(t, dir)["truth.json"]), &got); err != nil {
					t.Fatal(err)
				}
				missing := 0
				for name, text := range s.Policies {
					count := map[string]int{}
					for _, f := range got.Policies[name] {
						count[f.Rule]++
						if slices.Contains(s.NearMisses[name][f.Rule], f.Subject) {
							t.Errorf("%s took the near miss %s of %s: %v", name, f.Subject, f.Rule, f.Facts)
						}
					}
					for _, rule := range rulesAsked(t, text) {
						if pupils < 420 && !strings.HasPrefix(rule, "sharing.") {
							continue
						}
						if count[rule] == 0 {
							missing++
							if pupils >= 420 {
								t.Errorf("%s: no %s", name, rule)
							}
						}
						if len(s.NearMisses[name][rule]) == 0 && (pupils >= 420 || rule != "sharing.trust-wide") {
							t.Errorf("%s: no near miss of %s", name, rule)
						}
					}
					t.Logf("%s: %d files, %d findings: %v", name, s.World.FileCount(), len(got.Policies[name]), count)
				}
				if missing > 2 {
					t.Errorf("%d rules without a breach in a small school", missing)
				}
			})
		}
	}
}

// everybody is a policy's `who`, which makes a rule look at some kinds of accounts only.
var everybody = regexp.MustCompile(`,? *who: \[[a-z, ]*\]`)

// TestIntended asks for what was meant to be found and what was meant not to, whatever accounts the policies look at.
func TestIntended(t *testing.T) {
	for seed := int64(1); seed <= 5; seed++ {
		pupils := []int{420, 60, 30, 100}[seed%4]
		s := school(t, pupils, seed)
		dir := t.TempDir()
		if err := s.WriteBench(dir); err != nil {
			t.Fatal(err)
		}
		for name, text := range s.Policies {
			if err := os.WriteFile(filepath.Join(dir, name+".yaml"), []byte(everybody.ReplaceAllString(text, "")), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		got, err := truth.Compute(dir, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		for name, text := range s.Policies {
			asked := rulesAsked(t, text)
			found := map[string]bool{}
			for _, f := range got.Policies[name] {
				found[f.Rule+" "+f.Subject] = true
				if slices.Contains(s.NearMisses[name][f.Rule], f.Subject) {
					t.Errorf("%d pupils, seed %d: %s took the near miss %s of %s: %v", pupils, seed, name, f.Subject, f.Rule, f.Facts)
				}
			}
			for rule, subjects := range s.hits[name] {
				for _, x := range subjects {
					if slices.Contains(asked, rule) && !found[rule+" "+x] {
						t.Errorf("%d pupils, seed %d: %s did not take %s for %s", pupils, seed, name, x, rule)
					}
				}
			}
		}
	}
}

func TestOddNamesSurvive(t *testing.T) {
	s := school(t, 30, 4)
	dir := t.TempDir()
	if err := s.World.Save(dir); err != nil {
		t.Fatal(err)
	}
	again, err := world.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]int{}
	for _, f := range again.Files() {
		names[f.Name]++
	}
	for _, want := range oddTitles {
		if names[want] == 0 {
			t.Errorf("the name %q did not survive", want)
		}
	}
	twice := t.TempDir()
	if err := again.Save(twice); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(folder(t, dir), folder(t, twice)); diff != "" {
		t.Errorf("saved, loaded and saved again differ:\n%.2000s", diff)
	}
}

// TestCalendarFits fits policies at the beginning of each month of ten years: terms must not overlap, inset days must be on weekdays in a term.
func TestCalendarFits(t *testing.T) {
	s := school(t, MinPupils, 1)
	for month := range 120 {
		now := time.Date(2024, time.January+time.Month(month), 1, 6, 0, 0, 0, time.UTC)
		text, err := fit(s.Policies[Classroom], map[string]string{"calendar": calendarOf(now, dojoDone)}, nil, "")
		if err != nil {
			t.Fatal(err)
		}
		p, err := policy.Parse("classroom-school.yaml", []byte(text))
		if err != nil {
			t.Fatalf("%s: %v", now.Format(time.DateOnly), err)
		}
		for _, w := range p.Warnings {
			t.Errorf("%s: %v", now.Format(time.DateOnly), w)
		}
	}
}

func TestFitRefuses(t *testing.T) {
	for _, c := range []struct{ name, example, want string }{
		{"a section is missing", "school:\n  name: X\n", "people"},
		{"the confidential places stand on one line", "people: {}\nclauses:\n  - {check: sharing, with: {confidential: []}}\n", "confidential"},
	} {
		if _, err := fit(c.example, map[string]string{"people": "people: {}\n"}, nil, ""); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
}

func TestSizeRefused(t *testing.T) {
	for _, n := range []int{0, MinPupils - 1, MaxPupils + 1} {
		if _, err := Generate(Options{Pupils: n}); err == nil {
			t.Errorf("no error for %d pupils", n)
		}
	}
}
