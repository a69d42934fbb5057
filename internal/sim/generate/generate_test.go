package generate

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/policy"
	"esafetybot/internal/sim/truth"
	"esafetybot/internal/sim/world"

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
			if err := writePolicies(dir, s.Policies, map[string][][]string{"roll.csv": s.Roll, "staff.csv": s.Staff}); err != nil {
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

// rulesAsked lists the sharing rules that a policy asks for.
func rulesAsked(t *testing.T, text string) []string {
	t.Helper()
	p, err := truth.ParsePolicy([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range p.Means {
		out = append(out, m.Rules...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func TestEveryRuleHasABreachAndANearMiss(t *testing.T) {
	for _, pupils := range []int{30, 420} {
		for seed := int64(1); seed <= 5; seed++ {
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
						rule := strings.TrimPrefix(f.Rule, "sharing.")
						count[rule]++
						if slices.Contains(s.NearMisses[rule], f.Subject) {
							t.Errorf("%s took the near miss %s of %s: %v", name, f.Subject, rule, f.Facts)
						}
					}
					for _, rule := range rulesAsked(t, text) {
						if count[rule] == 0 {
							missing++
							if pupils >= 420 {
								t.Errorf("%s: no %s", name, rule)
							}
						}
						if len(s.NearMisses[rule]) == 0 && (pupils >= 420 || rule != "trust-wide") {
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
		text, err := fit(s.Policies[Classroom], map[string]string{"calendar": calendarOf(now)}, nil)
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
		if _, err := fit(c.example, map[string]string{"people": "people: {}\n"}, nil); err == nil || !strings.Contains(err.Error(), c.want) {
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
