package jobs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	netmail "net/mail"
	"slices"
	"time"

	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/reports"
	"esafetybot/internal/runs"
	"esafetybot/internal/store"
)

// troubleLease is the lease under which is noted which jobs do not get done.
const troubleLease = "trouble"

// troubleKind is the outbox's name of the letter about them.
const troubleKind = "trouble"

// tellTrouble notes which jobs do not get done, for the review site, and tells the administrator, at most once a day. It comes after all jobs of a run, whatever became of them. A worker that does not run at all
// cannot say so: the site sees that. It sees by itself, too, which mail does not go out: the letter says so only once mail works again.
func tellTrouble(ctx context.Context, env Env, box *outbox.Outbox, now time.Time) error {
	had, _, err := runs.ReadTroubles(ctx, env.Store)
	if err != nil {
		return err
	}
	list, due, err := troubles(ctx, env, had.Due, now)
	if err != nil {
		return err
	}
	if env.Since == nil { // somebody named the jobs of this run: that the others were not done says nothing of the clock
		maps.DeleteFunc(due, func(job string, _ runs.Due) bool { return had.Due[job].Since.IsZero() })
	}
	givenUp, err := newlyGivenUp(ctx, env.Store, had.GivenUp)
	if err != nil {
		return err
	}
	day := env.Policy.Calendar.Date(now).String()
	tells := func(had runs.Troubles) bool {
		return (len(list) > 0 || givenUp.After(had.GivenUp)) && had.Told != day
	}
	if !tells(had) && maps.Equal(due, had.Due) && slices.EqualFunc(list, had.List, runs.Trouble.Same) {
		return nil
	}
	lease, err := Take(ctx, env.Store, troubleLease, env.Holder, env.Exclusive, env.Clock)
	if errors.Is(err, ErrBusy) {
		return nil // who holds it sees the same
	}
	if err != nil {
		return err
	}
	b := &store.Batch{}
	had, version, err := runs.ReadTroubles(ctx, env.Store) // nobody changes it now
	if err == nil && tells(had) {
		err = troubleLetters(ctx, env, box, b, list, now, day)
		had.Told = day
		if givenUp.After(had.GivenUp) {
			had.GivenUp = givenUp
		}
	}
	had.List, had.Due = list, due
	if err == nil {
		err = had.Put(b, version)
	}
	if err != nil {
		return errors.Join(err, lease.giveBack(ctx))
	}
	return lease.Release(ctx, b)
}

// newlyGivenUp is when the newest mail was given up of those that were after a time, if another went out since: before that no letter could tell of it. Zero if there is none.
func newlyGivenUp(ctx context.Context, s store.Store, after time.Time) (time.Time, error) {
	var oldest, newest time.Time
	box := outbox.Reader(s)
	for e, err := range box.GivenUp(ctx) {
		if err != nil {
			return newest, err
		}
		if e.Kind == troubleKind || !e.Ended.After(after) {
			continue // that such a letter did not go needs no letter
		}
		if oldest.IsZero() {
			oldest = e.Created
		}
		if e.Ended.After(newest) {
			newest = e.Ended
		}
	}
	if newest.IsZero() {
		return newest, nil
	}
	sent, err := box.SentSince(ctx, oldest, newest)
	if err != nil || !sent {
		return time.Time{}, err
	}
	return newest, nil
}

// troubles lists the jobs of the policy that do not get done, and those that are due, with since when that is known (had says what was known before).
func troubles(ctx context.Context, env Env, had map[string]runs.Due, now time.Time) (list []runs.Trouble, due map[string]runs.Due, err error) {
	due, err = overdue(ctx, env, had)
	if err != nil {
		return nil, nil, err
	}
	begun, _, err := runs.ReadBegun(ctx, env.Store)
	if err != nil {
		return nil, nil, err
	}
	stopped, named := begun.Stopped(env.Clock()), false
	under := !begun.Since.IsZero() // a day's run is under way, or was killed: what it has still to do is not late because the machine was off before
	for _, job := range recorded() {
		daily := slices.Contains(Looking, job) || slices.Contains([]string{ApplyJob, ReportJob, RetentionJob}, job)
		if slices.Contains(Looking, job) && !Asked(env.Policy, job) {
			continue
		}
		t, is, err := runs.Judge(ctx, env.Store, job, daily, due[job], now)
		if err != nil {
			return nil, nil, err
		}
		_, waits := due[job]
		switch {
		case is && (t.Failed || !under):
			list = append(list, t)
		case stopped && !named && waits && !t.Failed && t.Since.Before(begun.Since):
			named = true // those after it are late because no run comes so far
			list = append(list, runs.Trouble{Job: job, Since: begun.Since, Stopped: true})
		}
	}
	return list, due, nil
}

// overdue lists the jobs that the clock asks for now, after a run that should have done them, and since when that is known. It asks [dueAt] itself, so that a job that rests in the holidays, or whose time has not come, is
// not due here either; what people or hints ask for has no time of its own. A job that was done meanwhile and is due anew is due since now.
func overdue(ctx context.Context, env Env, had map[string]runs.Due) (map[string]runs.Due, error) {
	env.Site, env.Hints = nil, nil
	env, err := env.knowing(ctx)
	if err != nil {
		return nil, err
	}
	now := env.Clock()
	names, err := dueAt(ctx, env, now)
	if err != nil {
		return nil, err
	}
	apply, err := env.last(ctx, ApplyJob)
	if err != nil {
		return nil, err
	}
	if daily(env.Policy, apply, now) && !slices.Contains(names, ApplyJob) {
		names = append(names, ApplyJob) // it is called along with others, and has no clock of its own
	}
	out := map[string]runs.Due{}
	for _, job := range recorded() {
		is, was := slices.Contains(names, job), had[job]
		last, err := env.last(ctx, job)
		if err != nil {
			return nil, err
		}
		if was.Since.IsZero() || was.Seen.After(now) || last != nil && last.Error == "" && !last.Started.Before(was.Since) {
			was = runs.Due{Since: now.UTC()} // a new one
		}
		switch {
		case is:
			was.Seen = now.UTC()
			out[job] = was
		case !was.Seen.IsZero() && now.Before(was.Seen.Add(24*time.Hour)):
			out[job] = was
		}
	}
	return out, nil
}

// begins notes that a day's run begins, and tells if runs begin again and again of which none comes to its end: who is killed in the first job has no other moment for it. While somebody else is at work nothing has ended them.
func begins(ctx context.Context, env Env, box *outbox.Outbox, names []string) error {
	if !slices.Contains(names, RetentionJob) {
		return nil // not the day's run, which ends with it
	}
	holder := "" // on an exclusive store whoever else held a lease is dead
	if env.Exclusive {
		holder = env.Holder
	}
	now := env.Clock()
	if busy, err := anyLease(ctx, env.Store, holder, now); err != nil || busy {
		return err
	}
	had, version, err := runs.ReadBegun(ctx, env.Store)
	if err != nil {
		return err
	}
	b := &store.Batch{}
	if err := had.Begin(b, version, now); err != nil {
		return err
	}
	if err := env.Store.Commit(ctx, b); err != nil {
		if errors.Is(err, store.ErrConflict) {
			return nil // somebody else begins as well
		}
		return err
	}
	if box == nil || !had.Stopped(now) {
		return nil
	}
	return tellTrouble(ctx, env, box, now)
}

// ends notes that a day's run came to its end.
func ends(ctx context.Context, env Env, names []string) error {
	if !slices.Contains(names, RetentionJob) {
		return nil
	}
	had, version, err := runs.ReadBegun(ctx, env.Store)
	if err != nil || version == 0 {
		return err
	}
	b := &store.Batch{}
	had.End(b, version)
	if err := env.Store.Commit(ctx, b); err != nil && !errors.Is(err, store.ErrConflict) {
		return err
	}
	return nil
}

// troubleLetters adds to a batch the letters to those who look after the Workspace. They say of mail too what could not be sent.
func troubleLetters(ctx context.Context, env Env, box *outbox.Outbox, b *store.Batch, list []runs.Trouble, now time.Time, day string) error {
	in := reports.TroubleInput{School: env.Policy.School.Name, Officer: env.Policy.Title(policy.RoleOfficer)}
	for _, t := range list {
		in.Jobs = append(in.Jobs, reports.TroubleJob{Job: t.Job, Since: t.Since.In(env.Policy.School.Location), Due: t.Due.In(env.Policy.School.Location), Failed: t.Failed, Stopped: t.Stopped, Error: t.Error})
	}
	unsent, err := outbox.Reader(env.Store).Unsent(ctx, now)
	if err != nil {
		return err
	}
	if unsent.Any() {
		in.Unsent = reports.UnsentMail{Waiting: unsent.Waiting, GivenUp: unsent.GivenUp, Refused: unsent.Refused, Since: unsent.Since.In(env.Policy.School.Location), Said: unsent.Said}
	}
	letter, err := reports.Trouble(in)
	if err != nil {
		return err
	}
	for _, who := range env.Policy.Person(policy.RoleAdmin) {
		_, err := box.Put(ctx, b, now, outbox.Letter{
			To: netmail.Address{Name: who.Name, Address: who.Address}, Kind: troubleKind, Period: day, Urgent: true, Subject: letter.Subject, HTML: letter.HTML, Text: letter.Text,
		})
		if err != nil && !errors.Is(err, outbox.ErrExists) {
			return fmt.Errorf("the letter about jobs that do not get done: %w", err)
		}
	}
	return nil
}
