package generate

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/sim/truth"
)

// namesAsked is how the examples ask for names to be looked for.
var namesAsked = regexp.MustCompile(`\{check: names,( with: \{[^}]*\},)? severity`)

// truthOfNames is what must be found in the school where both policies ask for all rules about names.
func truthOfNames(t *testing.T, s *School) truth.Truth {
	t.Helper()
	dir := t.TempDir()
	if err := s.WriteBench(dir); err != nil {
		t.Fatal(err)
	}
	for name, text := range s.Policies {
		if !namesAsked.MatchString(text) {
			t.Fatalf("%s does not ask for names in the form that this test replaces", name)
		}
		text = namesAsked.ReplaceAllString(text, "{check: names, with: {rules: [full-name, not-to-publish], titles: [classes, posts]}, severity")
		if err := os.WriteFile(filepath.Join(dir, name+".yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := truth.Compute(dir, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestNamesIntended asks both policies for all rules about names: what was meant to be found is, and what was meant not to be is not. Teachers and pupils of
// these schools put names into titles anyway, so there is more.
func TestNamesIntended(t *testing.T) {
	for i, now := range []time.Time{DefaultNow, time.Date(2026, 7, 31, 23, 30, 0, 0, time.UTC), time.Date(2027, 1, 13, 12, 30, 0, 0, time.UTC), DefaultNow, DefaultNow} {
		pupils := []int{420, 30, 100, 60, MinPupils}[i]
		s, err := Generate(Options{Pupils: pupils, Seed: int64(i + 1), Now: now})
		if err != nil {
			t.Fatal(err)
		}
		got := truthOfNames(t, s)
		for name := range s.Policies {
			found := map[string]bool{}
			for _, f := range got.Policies[name] {
				found[f.Rule+" "+f.Subject] = true
				if strings.HasPrefix(f.Rule, "names.") && slices.Contains(s.NearMisses[name][f.Rule], f.Subject) {
					t.Errorf("%d pupils on %s: %s took the near miss %s of %s: %v", pupils, now.Format(time.DateOnly), name, f.Subject, f.Rule, f.Facts)
				}
			}
			for noted, rule := range map[string]string{fullName: fullName, fullNameOfTitles: fullName, notToPublish: notToPublish} {
				for _, x := range s.hits[name][noted] {
					if !found[rule+" "+x] {
						t.Errorf("%d pupils on %s: %s did not take %s for %s", pupils, now.Format(time.DateOnly), name, x, rule)
					}
				}
			}
			for _, rule := range []string{fullName, notToPublish} {
				if h, m := len(s.hits[name][rule]), len(s.NearMisses[name][rule]); h < 5 || m < 5 {
					t.Errorf("%d pupils on %s: %s has %d breaches and %d near misses of %s", pupils, now.Format(time.DateOnly), name, h, m, rule)
				}
			}
		}
	}
}

// TestNamesOfDays lets people call files after pupils, make these public and then all private again or call them something else: findings come, and go again.
func TestNamesOfDays(t *testing.T) {
	s := school(t, 30, 2)
	p := s.Player()
	called := func() (out int) {
		for _, f := range truthOfNames(t, s).Policies[Classroom] {
			if strings.HasPrefix(f.Rule, "names.") && slices.Contains(p.called, strings.TrimPrefix(f.Subject, "file/")) {
				out++
			}
		}
		return out
	}
	do := func(kind string, times int) {
		for range times {
			if _, err := p.Do(kind); err != nil {
				t.Fatalf("%s: %v", kind, err)
			}
		}
	}
	do("call a file after a pupil", 40)
	some := called()
	do("make a file called after a pupil public", 40)
	more := called()
	if some < 3 || more < some+3 {
		t.Errorf("%d findings about files called after pupils, %d once these are public", some, more)
	}
	do("make a file called after a pupil private", 20)
	if less := called(); less >= more {
		t.Errorf("%d findings once half of them are private, %d before", less, more)
	}
	ids := slices.Clone(p.called)
	do("take a pupil's name out of a title", 60)
	if len(p.called) > len(ids)/2 {
		t.Errorf("%d of %d files are called after pupils still", len(p.called), len(ids))
	}
	left := p.called
	p.called = slices.DeleteFunc(ids, func(id string) bool { return slices.Contains(left, id) })
	if n := called(); n > 0 {
		t.Errorf("%d findings about files that are called something else now", n)
	}
}
