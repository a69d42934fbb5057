package cli

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Somebody who answers questions ends them with one interrupt, although their keyboard is still waited for.
func TestInitEndsWhenInterrupted(t *testing.T) {
	t.Parallel()
	in, keyboard := io.Pipe() // never says anything
	t.Cleanup(func() { _ = keyboard.Close() })
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	var errs bytes.Buffer
	std := IO{In: in, Out: io.Discard, Err: &errs, Getenv: func(string) string { return "" }, Asks: true}
	status := Main(ctx, []string{"init", "--policy", filepath.Join(t.TempDir(), "school.yaml")}, std)
	if status != exitFailed || !strings.Contains(errs.String(), "broken off, and nothing was written") {
		t.Errorf("status %d, %s", status, &errs)
	}
}

// What docs/first-hour.md has a newcomer answer makes the policy of whose output the page shows.
func TestFirstHourAnswers(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/first-hour.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	answers := regexp.MustCompile(`(?m)(^    [a-z_]+: .*\n){10,}`).FindString(page)
	dir := t.TempDir()
	file, school, made := filepath.Join(dir, "answers.yaml"), filepath.Join(dir, "school.yaml"), filepath.Join(dir, "school")
	if err := os.WriteFile(file, []byte(answers), 0o600); err != nil {
		t.Fatal(err)
	}
	prints := func(args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		if status := Main(t.Context(), args, IO{Out: &out, Err: &errs, Getenv: func(string) string { return "" }}); status != exitFine {
			t.Fatalf("esafetybot %s: status %d, %s", strings.Join(args, " "), status, &errs)
		}
		return strings.ReplaceAll(out.String(), dir+string(filepath.Separator), "")
	}
	prints("sim", "generate", "--pupils", "60", "--seed", "11", "--out", made)
	for _, roll := range []string{"roll.csv", "staff.csv"} {
		if err := os.Rename(filepath.Join(made, roll), filepath.Join(dir, roll)); err != nil {
			t.Fatal(err)
		}
	}
	said := prints("init", "--policy", school, "--answers", file) + prints("policy", "check", "--policy", school)
	for line := range strings.Lines(said) {
		if line = strings.TrimSpace(line); !strings.Contains(page, line) {
			t.Errorf("the page does not show what is printed: %s", line)
		}
	}
	version := regexp.MustCompile(`version ([0-9a-f]{12})`).FindStringSubmatch(prints("policy", "explain", "--policy", school))
	if version == nil || !strings.Contains(page, "4 clauses, version "+version[1]+".") {
		t.Errorf("the page shows another version of the policy than %v", version)
	}
}
