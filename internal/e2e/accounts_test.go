package e2e

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/findings"
	"esafetybot/internal/jobs"
	"esafetybot/internal/policy"
	"esafetybot/internal/reminders"
	"esafetybot/internal/seen"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/truth"
)

// accountJobs look at everything but sharing.
var accountJobs = []string{jobs.AccountsJob, jobs.DevicesJob, jobs.PupilEmailJob, jobs.SettingsJob, jobs.CommentsJob, jobs.CheckInsJob, jobs.RecordsJob, jobs.RemindersJob}

// accountChecks are the checks whose findings they keep.
var accountChecks = []string{"accounts", "devices", "pupil-email", "settings", "comments", "check-in", "record", "reminder"}

// lookAt runs the jobs that look at accounts, devices, e-mail and settings, and what follows them.
func (s *campus) lookAt(w *watch, more ...string) error {
	s.t.Helper()
	s.decide(w)
	return s.runNamed(w, append(slices.Clone(accountJobs), more...)...)
}

// runNamed runs jobs by their names, and what follows them.
func (s *campus) runNamed(w *watch, names ...string) error {
	s.t.Helper()
	if s.first.IsZero() {
		s.first = s.world.Now()
	}
	s.noteMoved(w)
	ctx := context.Background()
	env, err := s.env(ctx, w)
	if err != nil {
		return err
	}
	_, err = runJobs(ctx, w, env, names...)
	return err
}

// env is what the jobs of a watch run with.
func (s *campus) env(ctx context.Context, w *watch) (jobs.Env, error) {
	client, err := newClient(ctx, w.policy, s.key, s.base, s.retry, s.logs)
	if err != nil {
		return jobs.Env{}, err
	}
	env := jobs.Env{Google: client, Clock: s.world.Now, Rotation: s.rotate, Log: newLog(s.logs), Roll: s.roll}
	if jobs.MayChange(w.policy) {
		env.Change = client
	}
	if w.policy.PostsInClassroom() {
		env.Classroom = client
	}
	return env, nil
}

// gapsOf is what the last run of a job could not see; nothing if it did not run.
func gapsOf(w *watch, job string) []seen.Gap {
	if r := w.records[job]; r != nil {
		return r.Gaps
	}
	return nil
}

// roll reads a roll of the tenant as it was at the tenant's time: an earlier version ends with the date on which it was replaced.
func (s *campus) roll(r *policy.Roll) ([]byte, error) {
	var data []byte
	today := s.world.Now().Format(time.DateOnly)
	s.world.View(func() {
		data = s.world.Roll(filepath.Base(r.CSV))
		for _, name := range slices.Backward(s.world.Rolls()) {
			if date, ok := strings.CutPrefix(name, filepath.Base(r.CSV)+"."); ok && date > today {
				data = s.world.Roll(name)
			}
		}
	})
	if data == nil {
		return nil, fmt.Errorf("there is no roll %s", r.CSV)
	}
	return data, nil
}

// ofMails are the rules and subjects that rest on what the program sent (docs/reminder-rules.md, docs/audit.md, "Records"): truth does not know what went out, and most of these tests send nothing.
var ofMails = []string{reminders.Means + "." + reminders.Missed, "record/" + policy.RecordAudit, "record/" + policy.RecordChanges}

// foundBy lists the findings of some checks that are not resolved, as truth writes them.
func foundBy(t testing.TB, w *watch, checks ...string) []truth.Finding {
	t.Helper()
	k := &findings.Keeper{Store: w.store}
	out := []truth.Finding{}
	for _, check := range checks {
		current, err := k.Current(context.Background(), check)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range current {
			if slices.Contains(ofMails, f.Rule) || slices.Contains(ofMails, f.Subject) {
				continue
			}
			out = append(out, truth.Finding{Clause: f.Clause, Rule: f.Rule, Subject: w.asTenant(f.Subject), Facts: f.Facts})
		}
	}
	return sorted(out)
}

// agreeOn compares what the account jobs found with what must be.
func (s *campus) agreeOn(when string) {
	s.t.Helper()
	want := only(s.allTruths(), func(rule string) bool { return slices.Contains(accountChecks, findings.Means(rule)) })
	for _, w := range s.watches {
		have := s.withoutUsed(w, want[w.name], foundBy(s.t, w, accountChecks...))
		if diff := cmp.Diff(want[w.name], have); diff != "" {
			s.t.Errorf("%s: %s differs from truth (-want +have):\n%s\n%s", when, w.name, short(diff), s.explain(want[w.name], have))
		}
	}
}

// withoutUsed leaves out findings that mail is used which truth no longer has, but had: they stay until a usage report later than the last change of the account's
// e-mail says otherwise, and truth knows no before.
func (s *campus) withoutUsed(w *watch, want, have []truth.Finding) []truth.Finding {
	if w.used == nil {
		w.used = map[string]bool{}
	}
	there := byID(want)
	have = slices.DeleteFunc(have, func(f truth.Finding) bool {
		_, is := there[idOf(f)]
		return !is && w.used[idOf(f)]
	})
	for _, f := range want {
		if f.Rule == "pupil-email.used" {
			w.used[idOf(f)] = true
		}
	}
	return have
}

// seesAll fails the test if one of the account jobs failed or missed something.
func (s *campus) seesAll(w *watch) {
	s.t.Helper()
	for _, job := range accountJobs {
		if r := w.records[job]; r != nil && (r.Error != "" || len(r.Gaps) > 0) {
			s.t.Errorf("%s: job %s: %s %v", w.name, job, r.Error, r.Gaps)
		}
	}
}

// TestCampaignAccounts: a first run finds exactly what truth says, and a second on an unchanged school changes nothing.
func TestCampaignAccounts(t *testing.T) {
	seeds, sizes := samples()
	for _, size := range sizes {
		for i, seed := range seeds {
			if i > 0 && size > 100 && !campaign() {
				break
			}
			t.Run(fmt.Sprintf("%d-pupils-seed-%d", size, seed), func(t *testing.T) {
				t.Parallel()
				sc, err := generate.Generate(generate.Options{Pupils: size, Seed: int64(seed)})
				if err != nil {
					t.Fatal(err)
				}
				s := serve(t, sc.World, sc.Policies, server.Options{})
				for _, w := range s.watches {
					s.do(s.lookAt(w))
					s.seesAll(w)
				}
				s.agreeOn("first run")
				for _, w := range s.watches {
					s.do(s.lookAt(w))
					for _, job := range accountJobs {
						if r := w.records[job]; r != nil && r.Changes.Opened+r.Changes.Reopened+r.Changes.Changed+r.Changes.Closed != 0 {
							t.Errorf("%s: a second run of %s on an unchanged school changed findings: %+v", w.name, job, r.Changes)
						}
					}
				}
				s.private()
			})
		}
	}
}

// TestCampaignAccountDays: after each of ten school days the findings are those that truth says.
func TestCampaignAccountDays(t *testing.T) {
	seeds, sizes := samples()
	for _, size := range sizes {
		for i, seed := range seeds {
			if (i > 0 || size > 100) && !campaign() {
				break
			}
			t.Run(fmt.Sprintf("%d-pupils-seed-%d", size, seed), func(t *testing.T) {
				t.Parallel()
				sc, err := generate.Generate(generate.Options{Pupils: size, Seed: int64(seed)})
				if err != nil {
					t.Fatal(err)
				}
				s := serve(t, sc.World, sc.Policies, server.Options{})
				look := func(when string) {
					for _, w := range s.watches {
						s.do(s.lookAt(w))
						s.seesAll(w)
					}
					s.agreeOn(when)
				}
				look("first run")
				player := sc.Player()
				for day := range 10 {
					did, err := player.Play()
					s.do(err)
					look(fmt.Sprintf("day %d (%v)", day, did))
					if t.Failed() {
						return
					}
				}
				s.private()
			})
		}
	}
}
