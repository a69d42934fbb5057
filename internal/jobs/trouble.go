package jobs

import (
	"context"
	"errors"
	"fmt"
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
	list, err := troubles(ctx, env, now)
	if err != nil {
		return err
	}
	had, _, err := runs.ReadTroubles(ctx, env.Store)
	if err != nil {
		return err
	}
	givenUp, err := newlyGivenUp(ctx, env.Store, had.GivenUp)
	if err != nil {
		return err
	}
	day := env.Policy.Calendar.Date(now).String()
	tells := func(had runs.Troubles) bool {
		return (len(list) > 0 || givenUp.After(had.GivenUp)) && had.Told != day
	}
	if !tells(had) && slices.EqualFunc(list, had.List, func(a, b runs.Trouble) bool { return a.Job == b.Job && a.Failed == b.Failed && a.Since.Equal(b.Since) }) {
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
	had.List = list
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

// troubles lists the jobs of the policy that do not get done.
func troubles(ctx context.Context, env Env, now time.Time) ([]runs.Trouble, error) {
	var out []runs.Trouble
	for _, job := range recorded() {
		daily := slices.Contains(Looking, job) || job == ReportJob || job == RetentionJob
		if slices.Contains(Looking, job) && !Asked(env.Policy, job) {
			continue
		}
		t, is, err := runs.Judge(ctx, env.Store, job, daily, now)
		if err != nil {
			return nil, err
		}
		if is {
			out = append(out, t)
		}
	}
	return out, nil
}

// troubleLetters adds to a batch the letters to those who look after the Workspace. They say of mail too what could not be sent.
func troubleLetters(ctx context.Context, env Env, box *outbox.Outbox, b *store.Batch, list []runs.Trouble, now time.Time, day string) error {
	in := reports.TroubleInput{School: env.Policy.School.Name, Officer: env.Policy.Title(policy.RoleOfficer)}
	for _, t := range list {
		in.Jobs = append(in.Jobs, reports.TroubleJob{Job: t.Job, Since: t.Since.In(env.Policy.School.Location), Failed: t.Failed, Error: t.Error})
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
