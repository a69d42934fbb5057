package e2e

import (
	"strings"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/checks/names"
	"esafetybot/internal/jobs"
)

// driveJobs look at Drive: who can open what, and what it is called.
var driveJobs = []string{jobs.SharingJob, jobs.NamesJob}

// agreeOnNames compares where pupils' names were found with where they must be.
func (s *campus) agreeOnNames(when string) {
	s.t.Helper()
	want := only(s.allTruths(), func(rule string) bool { return strings.HasPrefix(rule, names.Means+".") })
	for _, w := range s.watches {
		if r := w.records[jobs.NamesJob]; r == nil || r.Error != "" {
			s.t.Fatalf("%s: %s: pupils' names were not looked for: %+v", when, w.name, r)
		}
		if diff := cmp.Diff(s.within(w, want[w.name]), s.within(w, foundBy(s.t, w, names.Means))); diff != "" {
			s.t.Errorf("%s: %s differs from truth (-want +have):\n%s", when, w.name, short(diff))
		}
	}
}
