package jobs

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Whatever the package calls a job leaves records, which have to pass one day, and has a lease, which an erasure has to hold.
func TestEveryJobIsRecorded(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	job := regexp.MustCompile(`(?m)^(?:const|\t)\s*[A-Z][A-Za-z]*Job\s+= "([a-z-]+)"`)
	var names []string
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range job.FindAllStringSubmatch(string(src), -1) {
			names = append(names, m[1])
		}
	}
	if len(names) < 15 {
		t.Fatalf("only %d jobs were found in the source: has their form changed?", len(names))
	}
	for _, name := range names {
		if !slices.Contains(recorded(), name) {
			t.Errorf("the job %s is in no list of jobs (Looking, Following)", name)
		}
	}
}
