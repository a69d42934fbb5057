package repo

import (
	"os/exec"
	"strings"
	"testing"
)

// What faces the internet reaches nothing that acts on a Workspace, through whatever modules: of Google's API clients only what verifies tokens, and what
// every one of their clients is made of.
func TestNothingPublicCanActOnGoogle(t *testing.T) {
	allowed := []string{"google.golang.org/api/idtoken", "google.golang.org/api/googleapi", "google.golang.org/api/internal", "google.golang.org/api/iterator",
		"google.golang.org/api/option", "google.golang.org/api/transport", "google.golang.org/api/impersonate"}
	ours := []string{module + "/internal/google", module + "/internal/remedies", module + "/internal/classdojo/mailbox", module + "/internal/jobs", module + "/internal/cli"}
	below := func(path string, list []string) bool {
		for _, p := range list {
			if path == p || strings.HasPrefix(path, p+"/") {
				return true
			}
		}
		return false
	}
	for _, room := range []string{"./internal/web/...", "./internal/hooks/...", "./functions/..."} {
		cmd := exec.Command("go", "list", "-deps", room)
		cmd.Dir = root(t)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("go list -deps %s: %v", room, err)
		}
		paths := strings.Fields(string(out))
		if len(paths) < 50 {
			t.Fatalf("%s has only %d dependencies: is this list one?", room, len(paths))
		}
		for _, path := range paths {
			if below(path, ours) || strings.HasPrefix(path, "google.golang.org/api/") && !below(path, allowed) {
				t.Errorf("%s reaches %s", room, path)
			}
		}
	}
}
