package repo

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/google"
	"esafetybot/internal/jobs"
	"esafetybot/internal/policy"
)

func readFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root(t), name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// An administrator pastes the two lists of docs/setup.md into the Admin console: a scope too few leaves something unseen, one too many gives
// away more than is used, and one that changes things must not stand among those that read.
func TestSetupListsTheScopes(t *testing.T) {
	const prefix = "https://www.googleapis.com/auth/"
	reading := slices.DeleteFunc(scopes(append(slices.Clone(jobs.Looking), "send")), func(s string) bool { return s == google.ScopeAnnounceWrite }) // which writes
	changing := slices.DeleteFunc(scopes([]string{jobs.ApplyJob, jobs.RemindersJob}), func(s string) bool { return slices.Contains(reading, s) })
	setup := readFile(t, "docs/setup.md")

	var pasted [][]string
	for _, block := range regexp.MustCompile("(?s)```\n *(https://.*?)```").FindAllStringSubmatch(setup, -1) {
		var list []string
		for _, s := range strings.Split(block[1], ",") {
			list = append(list, strings.TrimSpace(s))
		}
		slices.Sort(list)
		pasted = append(pasted, list)
	}
	slices.Sort(reading)
	slices.Sort(changing)
	if diff := cmp.Diff([][]string{reading, changing}, pasted); diff != "" {
		t.Errorf("scopes that the code asks for (-) and that docs/setup.md has to paste (+):\n%s", diff)
	}
	var explained []string
	for _, row := range regexp.MustCompile("(?m)^\\s*\\| `([a-z.-]+)` \\|").FindAllStringSubmatch(setup, -1) {
		explained = append(explained, prefix+row[1])
	}
	all := slices.Sorted(slices.Values(slices.Concat(reading, changing)))
	slices.Sort(explained)
	if diff := cmp.Diff(all, explained); diff != "" {
		t.Errorf("scopes that the code asks for (-) and that its tables explain (+):\n%s", diff)
	}
}

// scopes lists what jobs ask for, each scope once.
func scopes(names []string) []string {
	var out []string
	for _, job := range names {
		for _, use := range google.Scopes(job) {
			if !slices.Contains(out, use.Scope) {
				out = append(out, use.Scope)
			}
		}
	}
	return out
}

// What a school signs of how long things are kept is what the program does, and what docs/privacy.md says.
func TestAssessmentKeepsTimes(t *testing.T) {
	p, err := policy.Load(filepath.Join(root(t), "examples", "classroom-school.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(readFile(t, "examples/classroom-school.yaml"), "\nretention:") {
		t.Fatal("the example says how long things are kept, so that it does not tell what a policy without that means")
	}
	// The kinds that follow a time in brackets, up to the next time, are kept for it.
	said := func(text string) map[string]string {
		out := map[string]string{}
		for _, part := range regexp.MustCompile(`\[([0-9]+ [a-z]+)\]([^\[|\n]*)`).FindAllStringSubmatch(text, -1) {
			for _, kind := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(part[2], -1) {
				out[kind[1]] = part[1]
			}
		}
		return out
	}
	_, kept, _ := strings.Cut(readFile(t, "docs/dpia.md"), "## What is kept")
	kept, _, _ = strings.Cut(kept, "\n## ")
	want := map[string]string{}
	for kind, period := range p.Retention {
		want[kind] = period.String()
	}
	if d := cmp.Diff(want, said(kept)); d != "" {
		t.Errorf("how long each kind is kept, by the program (-) and by docs/dpia.md (+):\n%s", d)
	}
	notice := said(readFile(t, "docs/privacy-notice.md"))
	if len(notice) < 5 {
		t.Errorf("docs/privacy-notice.md tells of %d kinds only", len(notice))
	}
	for kind, period := range notice {
		if want[kind] != period {
			t.Errorf("docs/privacy-notice.md keeps %s for %s, the program for %s", kind, period, want[kind])
		}
	}
	// What passes by no clock: its line in both pages.
	page := readFile(t, "docs/privacy.md")
	rows := regexp.MustCompile("(?m)^\\| `([a-z_]+)`: [^|]*\\|[^|]*\\| ([^|\\[]+) \\|$").FindAllStringSubmatch(kept, -1)
	if len(rows) < 6 {
		t.Errorf("docs/dpia.md names %d collections only", len(rows))
	}
	for _, row := range rows {
		line := regexp.MustCompile("(?m)^\\| [^|]*`" + row[1] + "`[^|]*\\|[^|]*\\| ([^|]+) \\|").FindStringSubmatch(page)
		if line == nil || line[1] != row[2] {
			t.Errorf("docs/dpia.md keeps %s %q, and docs/privacy.md says %v", row[1], row[2], line)
		}
	}
}

func TestLinksLeadSomewhere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	for _, name := range committed(t) {
		if filepath.Ext(name) != ".md" {
			continue
		}
		for _, m := range link.FindAllStringSubmatch(readFile(t, name), -1) {
			target, _, _ := strings.Cut(m[1], "#")
			if target == "" || strings.Contains(target, ":") {
				continue
			}
			if _, err := os.Stat(filepath.Join(root(t), filepath.Dir(name), target)); err != nil {
				t.Errorf("%s links to %s, which is not there", name, target)
			}
		}
	}
}

// The drawing of the house names every room.
func TestArchitectureNamesEveryRoom(t *testing.T) {
	_, drawing, _ := strings.Cut(readFile(t, "docs/architecture.md"), "## The rooms")
	drawing, _, _ = strings.Cut(drawing, "\n## ")
	named := strings.FieldsFunc(drawing, func(r rune) bool { return strings.ContainsRune(" ,;()\n", r) })
	for name := range packages(t) {
		room, ok := strings.CutPrefix(name, "internal/")
		if !ok {
			continue
		}
		if top, _, below := strings.Cut(room, "/"); below && top != "checks" {
			room = top // what is inside a room is its own affair
		}
		if !slices.Contains(named, room) {
			t.Errorf("docs/architecture.md does not name the room %s", room)
		}
	}
}
