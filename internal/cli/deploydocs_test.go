package cli

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What docs/deploy.md has somebody run in the container is what the program understands: nobody is beside the container to correct a flag.
func TestDeployRunsWhatThereIs(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/deploy.md")
	if err != nil {
		t.Fatal(err)
	}
	var lines [][]string
	for _, m := range regexp.MustCompile("--args=([^ `\n]+)").FindAllStringSubmatch(string(text), -1) {
		lines = append(lines, strings.Split(m[1], ","))
	}
	for _, m := range regexp.MustCompile("(?m)^ *esafetybot ([a-z].*)$").FindAllStringSubmatch(string(text), -1) {
		lines = append(lines, strings.Fields(m[1]))
	}
	if len(lines) < 6 {
		t.Fatalf("only %d commands were found", len(lines))
	}
	for _, args := range lines {
		cmd, rest, err := newRoot(quiet(nil)).Find(args)
		if err == nil {
			err = cmd.ParseFlags(rest)
		}
		if err == nil {
			err = cmd.ValidateArgs(cmd.Flags().Args())
		}
		if err != nil {
			t.Errorf("esafetybot %s: %v", strings.Join(args, " "), err)
			continue
		}
		for _, job := range cmd.Flags().Args() {
			if cmd.Name() == "run" && !slices.Contains(jobNames, job) {
				t.Errorf("there is no job %s", job)
			}
		}
	}
}
