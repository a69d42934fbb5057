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

// recordAsked is a means that asks for a record that is a list, in the generated policies.
var recordAsked = regexp.MustCompile(`\{record: (approved-services|approved-blogs|visitors|consents|filter-changes|meetings)[^}]*\}`)

// TestRecordsIntended asks for all records at once: found is what was meant to be found, and nothing else.
func TestRecordsIntended(t *testing.T) {
	for i, now := range []time.Time{DefaultNow, time.Date(2026, 10, 26, 5, 0, 0, 0, time.UTC), time.Date(2028, 2, 29, 12, 0, 0, 0, time.UTC), DefaultNow} {
		pupils := []int{420, 60, 30, MinPupils}[i]
		s, err := Generate(Options{Pupils: pupils, Seed: int64(i + 1), Now: now})
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := s.WriteBench(dir); err != nil {
			t.Fatal(err)
		}
		asked := map[string][]string{}
		for name, text := range s.Policies {
			for _, m := range recordAsked.FindAllStringSubmatch(text, -1) {
				asked[name] = append(asked[name], m[1])
			}
			if err := os.WriteFile(filepath.Join(dir, name+".yaml"), []byte(recordAsked.ReplaceAllString(text, "{record: $1, due: at once}")), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		got, err := truth.Compute(dir, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]int{Classroom: 2, Dojo: 6} {
			if len(asked[name]) != want {
				t.Fatalf("%s asks for %v", name, asked[name])
			}
			about := func(subject string) bool {
				return slices.ContainsFunc(asked[name], func(r string) bool { return strings.HasPrefix(subject, "record/"+r+"-") })
			}
			var found []string
			for _, f := range got.Policies[name] {
				if f.Rule != recordOverdue {
					continue
				}
				found = append(found, f.Subject)
				if !slices.Contains(s.hits[name][recordOverdue], f.Subject) {
					near := slices.Contains(s.NearMisses[name][recordOverdue], f.Subject)
					t.Errorf("%d pupils: %s took %s, which was not meant (a near miss: %v): %v", pupils, name, f.Subject, near, f.Facts)
				}
			}
			for _, x := range s.hits[name][recordOverdue] {
				if about(x) && !slices.Contains(found, x) {
					t.Errorf("%d pupils: %s did not take %s", pupils, name, x)
				}
			}
			for _, r := range asked[name] {
				prefix := "record/" + r + "-"
				if n := count(s.NearMisses[name][recordOverdue], prefix); n < 6 {
					t.Errorf("%d pupils: %s has %d near misses of %s", pupils, name, n, r)
				}
				if n := count(found, prefix); n < 6 && r != meetings || n != 1 && r == meetings {
					t.Errorf("%d pupils: %s has %d overdue entries of %s", pupils, name, n, r)
				}
			}
		}
	}
}

func count(list []string, prefix string) (n int) {
	for _, s := range list {
		if strings.HasPrefix(s, prefix) {
			n++
		}
	}
	return n
}

// TestRecordsOfDays lets some days pass: entries become overdue under the policies as they are, and are put right, and nothing is made twice.
func TestRecordsOfDays(t *testing.T) {
	s := school(t, 30, 2)
	first := s.World.Now()
	p := s.Player()
	seen, right := map[string]bool{}, 0
	before := map[string]bool{}
	for range 8 {
		if _, err := p.Play(); err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := s.WriteBench(dir); err != nil {
			t.Fatal(err)
		}
		got, err := truth.Options{First: first}.Compute(dir)
		if err != nil {
			t.Fatal(err)
		}
		now := map[string]bool{}
		for _, f := range got.Policies[Dojo] {
			if f.Rule == recordOverdue {
				now[f.Subject], seen[f.Subject] = true, true
			}
		}
		for x := range before {
			if !now[x] {
				right++
			}
		}
		before = now
	}
	if len(seen) < 15 || right < 3 {
		t.Errorf("%d entries were overdue, %d put right", len(seen), right)
	}
}
