package e2e

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/census"
	"esafetybot/internal/closures"
	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/jobs"
	"esafetybot/internal/sim/truth"
)

// run hands on what was decided when the log of it has shown, and runs jobs: whoever decided saw what the program knew.
func (l *living) run(look func(*watch) error) {
	l.t.Helper()
	known := l.world.Now().Add(-12 * time.Hour)
	for _, w := range l.watches {
		l.do(w.hand(context.Background(), slices.DeleteFunc(l.decided(), func(d decisions.Decision) bool { return d.At.After(known) })))
		l.tell(w)
		l.do(look(w))
	}
}

// lookOnly runs jobs that look, and tells nobody: in a campaign people are told in the evenings only, since what they are told is not compared here and takes as long as all else.
func (l *living) lookOnly(w *watch, names []string) error {
	if l.first.IsZero() {
		l.first = l.world.Now()
	}
	l.noteMoved(w)
	ctx := context.Background()
	env, err := l.env(ctx, w)
	if err != nil {
		return err
	}
	env = w.own(env)
	if env.Policy, err = closures.With(ctx, env.Store, env.Policy); err != nil {
		return err
	}
	look := map[string]func(context.Context, jobs.Env, *census.Census) (*jobs.Look, error){
		jobs.AccountsJob: jobs.Accounts, jobs.DevicesJob: jobs.Devices, jobs.PupilEmailJob: jobs.PupilEmail, jobs.SettingsJob: jobs.Settings,
		jobs.CommentsJob: jobs.Comments, jobs.CheckInsJob: jobs.CheckIns, jobs.RecordsJob: jobs.KeptRecords, jobs.RemindersJob: jobs.Reminders,
	}
	c := census.New(env.Google, env.Policy, env.Clock(), env.Log)
	w.records = map[string]*jobs.Record{}
	var drive *jobs.Outcome
	for _, job := range jobs.Looking { // in their order
		if !slices.Contains(names, job) || !jobs.Asked(env.Policy, job) {
			continue
		}
		if job == jobs.SharingJob {
			w.records[job], err = jobs.Sharing(ctx, env, func(_ context.Context, out *jobs.Outcome) error {
				drive = out
				return nil
			})
		} else {
			run := look[job]
			if job == jobs.NamesJob {
				run = func(ctx context.Context, env jobs.Env, c *census.Census) (*jobs.Look, error) {
					return jobs.Names(ctx, env, c, drive)
				}
			}
			var out *jobs.Look
			if out, err = run(ctx, env, c); out != nil {
				w.records[job] = out.Record
			}
		}
		if err != nil {
			return fmt.Errorf("%s: job %s: %w", w.name, job, err)
		}
	}
	return nil
}

// look runs jobs and compares.
func (l *living) look(when string, names []string) {
	l.t.Helper()
	l.run(func(w *watch) error {
		if !campaign() {
			return l.runNamed(w, names...)
		}
		return l.lookOnly(w, names)
	})
	for _, w := range l.watches {
		l.seesAll(w)
	}
	l.agreeOn(when)
	if len(names) > len(accountJobs) { // titles have no deadlines
		l.agreeOnNames(when)
	}
	l.prove()
	for _, w := range l.watches { // so that a long run says how far it is
		l.t.Logf("%s: %s: %d findings are to be there, names and sharing among them", when, w.name, len(l.allTruths()[w.name]))
	}
}

// tooEarly notes what truth says in the evening, and whether something is found otherwise for want of records that are late.
func (l *living) tooEarly() {
	l.t.Helper()
	of := func(check string) map[string][]truth.Finding {
		return l.truthsOf(check, func(p truth.Policy) truth.Policy {
			p.Means, p.Names, p.Accounts, p.Devices, p.Settings, p.CheckIns, p.DojoCheckIns, p.Records, p.PolicyRead, p.Reminders = nil, nil, nil, nil, nil, nil, nil, nil, nil, nil
			if check != "comments" {
				p.Comments = nil
			} else {
				p.PupilEmail = nil
			}
			return p
		})
	}
	used := of("pupil-email")
	for _, w := range l.watches {
		l.withoutUsed(w, used[w.name], nil)
		if !l.proved["a late record"] && !cmp.Equal(of("comments")[w.name], foundBy(l.t, w, "comments")) {
			l.proved["a late record"] = true
		}
	}
}

// prove notes what makes a difference to what must be found now: the break, the inset day, the days of those who share a class, the clocks.
func (l *living) prove() {
	l.t.Helper()
	without := maps.Clone(l.lacks)
	without["an inset day"] = swap("inset: ["+l.inset+", ", "inset: [")
	without["somebody's days"] = func(text string) string {
		i := strings.Index(text, "\n  days: {")
		return text[:i] + text[i+1+strings.Index(text[i+1:], "\n"):]
	}
	want := l.allTruths()
	mine := only(want, func(rule string) bool {
		return slices.Contains([]string{"comments", "check-in", "record"}, findings.Means(rule))
	})
	for what, change := range without {
		if l.proved[what] {
			continue
		}
		if l.others[what] == nil {
			l.others[what] = map[string]truth.Policy{}
			for name, text := range l.policyTexts {
				p, err := truth.ParsePolicy([]byte(change(text)))
				l.do(err)
				p.Means, p.Names, p.Accounts, p.Devices, p.PupilEmail, p.Settings, p.Reminders = nil, nil, nil, nil, nil, nil, nil
				l.others[what][name] = p
			}
		}
		other := truth.Options{Now: l.world.Now(), First: l.first}.ComputeFrom(l.tenant, l.others[what]).Policies
		for name, list := range other {
			if !cmp.Equal(mine[name], sorted(list)) {
				l.proved[what] = true
			}
		}
	}
	for _, list := range want {
		for _, f := range list {
			l.proved[f.Rule] = true
			if f.Rule == "comments.no-host" && slices.Contains(f.Facts, "course/"+l.leaver) {
				l.proved["a teacher who leaves"] = true
			}
		}
	}
}
