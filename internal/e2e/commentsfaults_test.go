package e2e

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/jobs"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/truth"
)

// commentChecks are the checks behind the teachers' mail.
var commentChecks = []string{"comments", "check-in"}

// refused lists the posts of which somebody said that they looked whose decision did not count when it was judged, which is once. Truth judges it again with whoever
// teaches the class by then, so that days later the two may differ.
func (w *watch) refused(t testing.TB) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	if w.site == nil {
		return out
	}
	for _, d := range all[decisions.Decision](t, w.site, decisions.Decisions) {
		j, err := decisions.Judged(context.Background(), w.store, d.ID)
		if err != nil {
			t.Fatal(err)
		}
		if d.Item != "" && j != nil && !j.Counts {
			out[d.Item] = true
		}
	}
	return out
}

// agreeOnComments compares what was found on comments and check-ins with what must be.
func (s *campus) agreeOnComments(when string, w *watch) {
	s.t.Helper()
	want := only(s.allTruths(), func(rule string) bool { return slices.Contains(commentChecks, findings.Means(rule)) })
	refused := w.refused(s.t)
	but := func(list []truth.Finding) []truth.Finding {
		return slices.DeleteFunc(slices.Clone(list), func(f truth.Finding) bool { return refused[f.Subject] })
	}
	if diff := cmp.Diff(but(want[w.name]), but(foundBy(s.t, w, commentChecks...))); diff != "" {
		s.t.Errorf("%s: %s differs from truth (-want +have):\n%s", when, w.name, short(diff))
	}
}

// TestCampaignCommentFaults: with one request in ten failing and one record in ten told twice, the jobs on comments and check-ins invent nothing, put nothing right that
// waits, and say what they could not see; nobody gets a second mail for it.
func TestCampaignCommentFaults(t *testing.T) {
	for _, seed := range smallSeeds(1) {
		t.Run(fmt.Sprintf("seed-%d", seed), func(t *testing.T) {
			t.Parallel()
			sc, s := small(t, seed, server.Options{})
			w := s.only(generate.Classroom)
			s.retry.Tries, s.retry.Each = 3, 300*time.Millisecond // some runs do not see everything
			s.decide(w)                                           // what was decided before is judged while things are as they were
			s.do(s.runNamed(w, commentJobs...))
			player := sc.Player()
			for day := range 3 {
				_, err := player.Play()
				s.do(err)
				o := tenPercent(seed*100 + day)
				o.Faults.Kinds = slices.DeleteFunc(slices.Clone(server.FaultKinds), func(kind string) bool {
					return slices.Contains([]string{"incomplete", "late-audit", "lost-audit"}, kind)
				})
				s.reserve(o)
				for _, when := range []string{"first", "second"} {
					s.decide(w)
					_ = s.runNamed(w, commentJobs...) // a job that fails says so in its record
					when = fmt.Sprintf("day %d, %s run", day, when)
					s.inventsNothing(when, w)
					for _, job := range commentJobs[:2] {
						if r := w.records[job]; r != nil {
							s.nothingClosed(w, r)
						}
					}
				}
			}
			s.reserve(server.Options{})
			s.retry = quick
			s.world.Advance(time.Hour)
			s.decide(w)
			s.do(s.runNamed(w, commentJobs...))
			s.agreeOnComments("a clean run afterwards", w)
			s.judgedAll(w)
			s.oneMailADay(w)
			s.private()
		})
	}
}

// TestCampaignLateRecords: one record in ten of the log shows hours late, and one in ten twice; once all have shown, what is found is what truth says. Whoever looked did so on
// the site, which shows only what the program knows: their decisions come later than the records.
func TestCampaignLateRecords(t *testing.T) {
	for _, seed := range smallSeeds(1) {
		t.Run(fmt.Sprintf("seed-%d", seed), func(t *testing.T) {
			t.Parallel()
			sc, s := small(t, seed, server.Options{})
			w := s.only(generate.Classroom)
			s.reserve(server.Options{Faults: server.Faults{Rate: 0.1, Seed: uint64(seed), Kinds: []string{"late-audit", "dup-audit"}}})
			s.decide(w) // what was decided before is judged while things are as they were
			s.do(s.runNamed(w, commentJobs...))
			player := sc.Player()
			for range 4 {
				_, err := player.Play()
				s.do(err)
				known := s.world.Now().Add(-12 * time.Hour)
				s.do(w.hand(context.Background(), slices.DeleteFunc(s.decided(), func(d decisions.Decision) bool { return d.At.After(known) })))
				s.do(s.runNamed(w, commentJobs...))
			}
			s.world.Advance(12 * time.Hour)
			s.decide(w)
			s.do(s.runNamed(w, commentJobs...))
			s.agreeOnComments("once all records have shown", w)
			s.judgedAll(w)
			s.oneMailADay(w)
			s.private()
		})
	}
}

// judgedAll sees to it that what was made of every decision is known.
func (s *campus) judgedAll(w *watch) {
	s.t.Helper()
	list := all[decisions.Decision](s.t, w.site, decisions.Decisions)
	if len(list) == 0 {
		s.t.Error("nobody decided anything: that proves little")
	}
	for _, d := range list {
		if w.records[jobs.RemindersJob] == nil && (d.Do == decisions.Confirm || d.Do == decisions.ReadPolicy) {
			continue // whose job did not run
		}
		if j, err := decisions.Judged(context.Background(), w.store, d.ID); j == nil || err != nil {
			s.t.Errorf("%s: what became of a decision of %s (%s) is not known: %v", w.name, d.At, d.Do, err)
		}
	}
}

// oneMailADay sees to it that nobody got two ordinary mails in a day, and that somebody got one.
func (s *campus) oneMailADay(w *watch) {
	s.t.Helper()
	have, digests := map[string]bool{}, 0
	for _, l := range w.letters(s.t) {
		key := l.entry.Recipient + " " + l.entry.Created.In(w.policy.School.Location).Format(time.DateOnly)
		if have[key] && !l.entry.Urgent {
			s.t.Errorf("%s: a second ordinary mail on one day: %s (%s)", w.name, key, l.entry.Kind)
		}
		have[key] = have[key] || !l.entry.Urgent
		if l.entry.Kind == "digest" {
			digests++
		}
	}
	if digests == 0 {
		s.t.Errorf("%s: no teacher got a mail: that proves little", w.name)
	}
}
