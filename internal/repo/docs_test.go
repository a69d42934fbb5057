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
)

func readFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root(t), name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// An administrator pastes the README's list into the Admin console: a scope too few leaves something unseen, one too many gives away
// more than is used.
func TestReadmeListsTheScopes(t *testing.T) {
	listed := regexp.MustCompile("(?m)^\\s*\\| `(https://[^`]+)` \\|").FindAllStringSubmatch(readFile(t, "README.md"), -1)
	var have, want []string
	for _, m := range listed {
		have = append(have, m[1])
	}
	for _, job := range []string{"sharing", "send"} {
		for _, use := range google.Scopes(job) {
			want = append(want, use.Scope)
		}
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("scopes that the code asks for (-) and that the README lists (+), in this order:\n%s", diff)
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
