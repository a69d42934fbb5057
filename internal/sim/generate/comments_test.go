package generate

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/sim/truth"
)

// TestCommentsIntended asks both policies for all rules about comments: found is what was meant to be found, and nothing else. The schools stand at the
// beginning of a year, before half-term, in the holidays and at midday in winter.
func TestCommentsIntended(t *testing.T) {
	const asked = "{check: comments, with: {rules: [unreviewed, no-host, private-by-other-adult]}, severity"
	for i, now := range []time.Time{DefaultNow, time.Date(2026, 10, 23, 5, 0, 0, 0, time.UTC), time.Date(2026, 7, 27, 12, 0, 0, 0, time.UTC),
		time.Date(2027, 1, 13, 12, 30, 0, 0, time.UTC), time.Date(2027, 3, 29, 4, 0, 0, 0, time.UTC), DefaultNow} {
		pupils := []int{420, 60, 30, 100, 100, 60}[i]
		s, err := Generate(Options{Pupils: pupils, Seed: int64(i + 1), Now: now})
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := s.WriteBench(dir); err != nil {
			t.Fatal(err)
		}
		for name, text := range s.Policies {
			if !strings.Contains(text, asked) {
				text = strings.ReplaceAll(text, "{check: comments, severity", asked)
			}
			if err := os.WriteFile(filepath.Join(dir, name+".yaml"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		got, err := truth.Compute(dir, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		for name := range s.Policies {
			found := map[string]bool{}
			for _, f := range got.Policies[name] {
				if !strings.HasPrefix(f.Rule, "comments.") {
					continue
				}
				found[f.Rule+" "+f.Subject] = true
				if !slices.Contains(s.hits[name][f.Rule], f.Subject) {
					near := slices.Contains(s.NearMisses[name][f.Rule], f.Subject)
					t.Errorf("%d pupils on %s: %s took %s for %s, which was not meant (a near miss: %v): %v", pupils, now.Format(time.DateOnly), name, f.Subject, f.Rule, near, f.Facts)
				}
			}
			for _, rule := range []string{unreviewed, noHost, otherPrivate} {
				for _, x := range s.hits[name][rule] {
					if !found[rule+" "+x] {
						t.Errorf("%d pupils on %s: %s did not take %s for %s", pupils, now.Format(time.DateOnly), name, x, rule)
					}
				}
				if h, m := len(s.hits[name][rule]), len(s.NearMisses[name][rule]); h < 3 || m < 3 {
					t.Errorf("%d pupils on %s: %s has %d breaches and %d near misses of %s", pupils, now.Format(time.DateOnly), name, h, m, rule)
				}
			}
		}
	}
}
