package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/checkins"
	"esafetybot/internal/findings"
	"esafetybot/internal/jobs"
	"esafetybot/internal/records"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/truth"
)

// TestCampaignAccountFaults: with one request in ten failing the account jobs invent nothing and put nothing right that is not; what they miss, their records say; and
// a clean run afterwards finds what truth says.
func TestCampaignAccountFaults(t *testing.T) {
	for _, seed := range smallSeeds(1) {
		t.Run(fmt.Sprintf("seed-%d", seed), func(t *testing.T) {
			t.Parallel()
			_, s := small(t, seed, tenPercent(seed))
			s.first = s.world.Now()
			for _, w := range s.watches {
				_ = s.lookAt(w) // a job that fails says so in its record
				s.inventsNothing("first run", w)
			}
			s.world.Advance(time.Hour)
			for _, w := range s.watches {
				_ = s.lookAt(w)
				s.inventsNothing("second run", w)
				for _, job := range accountJobs {
					if r := w.records[job]; r != nil {
						s.nothingClosed(w, r)
					}
				}
			}
			s.reserve(server.Options{})
			s.world.Advance(time.Hour)
			for _, w := range s.watches {
				s.do(s.lookAt(w))
				s.seesAll(w)
			}
			s.agreeOn("a clean run afterwards")
			s.private()
		})
	}
}

// inventsNothing compares what a run with faults found with truth: nothing is invented, and what is missing is said to be.
func (s *campus) inventsNothing(when string, w *watch) {
	s.t.Helper()
	want := byID(s.allTruths()[w.name])
	blind := map[string]bool{}
	for job, r := range w.records {
		blind[job] = r == nil || r.Error != "" || len(r.Gaps) > 0
	}
	have := byID(foundBy(s.t, w, accountChecks...))
	refused := w.refused(s.t)
	jobOf := func(f truth.Finding) string {
		switch job := findings.Means(f.Rule); job {
		case checkins.Means:
			return jobs.CheckInsJob
		case records.Means:
			return jobs.RecordsJob
		default:
			return job
		}
	}
	for id, f := range have {
		if blind[jobOf(f)] && s.openedBefore(w, f) {
			continue // it may have been put right where the run could not see
		}
		if _, ok := want[id]; !ok && !refused[f.Subject] {
			s.t.Errorf("%s: %s: invented: %s %v", when, w.name, id, f.Facts)
		}
	}
	for id, f := range want {
		job := jobOf(f)
		if _, looked := w.records[job]; !looked || blind[job] || refused[f.Subject] {
			continue
		}
		if diff := cmp.Diff(f, have[id]); diff != "" {
			s.t.Errorf("%s: %s: missed, and not said so:\n%s", when, w.name, diff)
		}
	}
}

// openedBefore tells whether a finding was there before the last run.
func (s *campus) openedBefore(w *watch, f truth.Finding) bool {
	s.t.Helper()
	k := &findings.Keeper{Store: w.store}
	have, err := k.Get(context.Background(), findings.ID(f.Clause, f.Rule, w.asProgram(f.Subject)))
	if err != nil {
		s.t.Fatal(err)
	}
	return have.Opened.Before(s.world.Now())
}

// nothingClosed fails the test if a run put something right that truth has.
func (s *campus) nothingClosed(w *watch, r *jobs.Record) {
	s.t.Helper()
	there := map[string]truth.Finding{}
	for _, f := range s.allTruths()[w.name] {
		there[findings.ID(f.Clause, f.Rule, w.asProgram(f.Subject))] = f
	}
	for id, how := range closedBy(s.t, w.store, r.ID) {
		if f, ok := there[id]; ok {
			s.t.Errorf("%s: %s was closed (%s) and is there: %v", w.name, id, how, f.Facts)
		}
	}
}
