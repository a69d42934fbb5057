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
