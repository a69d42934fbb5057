package generate

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/sim/truth"

	"github.com/google/go-cmp/cmp"
)

// withReview writes the tenant with its policies, each of which says when it was last reviewed whether the example does or not.
func withReview(t *testing.T, s *School) string {
	t.Helper()
	dir := t.TempDir()
	if err := s.WriteBench(dir); err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	b := &builder{now: s.Options.Now, zone: zone}
	for name, text := range s.Policies {
		if !strings.Contains(text, "\nreview:") {
			text = strings.Replace(text, "\nclauses:", "\nreview: {last: "+b.reviewedOn()+", every: year}\nclauses:", 1)
		}
		if !strings.Contains(text, "last: "+b.reviewedOn()) {
			t.Errorf("%s was not reviewed on %s", name, b.reviewedOn())
		}
		if err := os.WriteFile(filepath.Join(dir, name+".yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// compute says what is found in the folder: by policy the facts by the subject, of rules with a prefix of subjects each.
func compute(t *testing.T, dir string, o truth.Options, prefixes map[string]string) map[string]map[string]map[string][]string {
	t.Helper()
	got, err := o.Compute(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string]map[string][]string{}
	for name, list := range got.Policies {
		out[name] = map[string]map[string][]string{}
		for rule, prefix := range prefixes {
			out[name][rule] = map[string][]string{}
			for _, f := range list {
				if f.Rule == rule && strings.HasPrefix(f.Subject, prefix) {
					out[name][rule][f.Subject] = f.Facts
				}
			}
		}
	}
	return out
}

// TestRemindersIntended asks whether what was meant to be found about reminders is, and what was not meant to is not.
func TestRemindersIntended(t *testing.T) {
	for i, now := range []time.Time{DefaultNow, time.Date(2026, 10, 26, 5, 0, 0, 0, time.UTC), time.Date(2028, 2, 29, 12, 0, 0, 0, time.UTC), DefaultNow} {
		pupils := []int{420, 420, 60, MinPupils}[i]
		s, err := Generate(Options{Pupils: pupils, Seed: int64(i + 1), Now: now})
		if err != nil {
			t.Fatal(err)
		}
		dir := withReview(t, s)
		for _, c := range []struct {
			rule, prefix string
			o            truth.Options
		}{
			{unconfirmed, "reminder/", truth.Options{First: now.AddDate(0, 0, -watchedDays), Now: now}},
			{recordOverdue, "user/", truth.Options{First: now, Now: now.AddDate(0, 0, 90)}},
		} {
			for name, rules := range compute(t, dir, c.o, map[string]string{c.rule: c.prefix}) {
				found := rules[c.rule]
				hits, misses := 0, 0
				for _, x := range s.hits[name][c.rule] {
					if strings.HasPrefix(x, c.prefix) {
						hits++
						if found[x] == nil {
							t.Errorf("%d pupils, %s: %s did not take %s", pupils, now, name, x)
						}
					}
				}
				for _, x := range s.NearMisses[name][c.rule] {
					if strings.HasPrefix(x, c.prefix) {
						misses++
						if found[x] != nil {
							t.Errorf("%d pupils, %s: %s took the near miss %s: %v", pupils, now, name, x, found[x])
						}
					}
				}
				if hits == 0 && (pupils >= 420 && name == Dojo || pupils >= 420 && c.rule == recordOverdue) || misses == 0 && name == Dojo {
					t.Errorf("%d pupils, %s: %s has %d breaches and %d near misses of %s", pupils, now, name, hits, misses, c.rule)
				}
				t.Logf("%d pupils, %s, %s: %s finds %d, %d intended, %d near misses", pupils, now.Format(time.DateOnly), c.rule, name, len(found), hits, misses)
			}
		}
	}
}

// TestRemindersOfDays lets some days pass: what is asked for becomes a finding, and is put right.
func TestRemindersOfDays(t *testing.T) {
	s := school(t, 30, 2)
	first := s.World.Now()
	p := s.Player()
	seen, right := map[string]map[string]bool{unconfirmed: {}, recordOverdue: {}}, map[string]int{}
	before := map[string]map[string][]string{}
	for range 12 {
		if _, err := p.Play(); err != nil {
			t.Fatal(err)
		}
		for rule, found := range compute(t, withReview(t, s), truth.Options{First: first}, map[string]string{unconfirmed: "reminder/", recordOverdue: "user/"})[Dojo] {
			for x := range found {
				seen[rule][x] = true
			}
			for x := range before[rule] {
				if found[x] == nil {
					right[rule]++
				}
			}
			before[rule] = found
		}
	}
	for rule, known := range seen {
		if len(known) < 2 || right[rule] < 1 {
			t.Errorf("%s: %d were found, %d put right", rule, len(known), right[rule])
		}
	}
}

func TestHurryReminders(t *testing.T) {
	flow := "- {reminder: class-dojo-posts, ask: page_host, every: half term}\n- {reminder: governor-meeting, ask: esafety_officer, every: term}\n- {record: policy-read, due: 20 school days}\n"
	block := "- reminder: class-dojo-posts\n  ask: page_host\n  every: half term\n  with: {through: classdojo}\n- {reminder: governor-meeting, ask: esafety_officer, every: term, with: {}}\n- record: policy-read\n  due: 20 school days\n"
	for text, want := range map[string]string{
		flow:  "- {reminder: class-dojo-posts, due: 1 school day, ask: page_host, every: week}\n- {reminder: governor-meeting, due: 1 school day, ask: esafety_officer, every: week}\n- {record: policy-read, due: 12 hours}\n",
		block: "- reminder: class-dojo-posts\n  due: 1 school day\n  ask: page_host\n  every: week\n  with: {through: classdojo}\n- {reminder: governor-meeting, due: 1 school day, ask: esafety_officer, every: week, with: {}}\n- record: policy-read\n  due: 12 hours\n",
	} {
		got, err := hurryReminders(text)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	for _, lines := range slices.Collect(slices.Chunk(strings.SplitAfter(flow, "\n")[:3], 2)) {
		if _, err := hurryReminders(strings.Join(lines, "")); err == nil {
			t.Errorf("no error for %q", lines)
		}
	}
	if got := reviewLast.ReplaceAllString("review: {last: 2026-07-06, every: year}\nreview:\n  last: 2026-07-06\n", "${1}2027-01-01"); got != "review: {last: 2027-01-01, every: year}\nreview:\n  last: 2027-01-01\n" {
		t.Error(got)
	}
}
