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
// cannot say so: the site sees that.
func tellTrouble(ctx context.Context, env Env, box *outbox.Outbox, now time.Time) error {
	list, err := troubles(ctx, env, now)
	if err != nil {
		return err
	}
	had, _, err := runs.ReadTroubles(ctx, env.Store)
	if err != nil {
		return err
	}
	day := env.Policy.Calendar.Date(now).String()
	tell := len(list) > 0 && had.Told != day
	if !tell && slices.EqualFunc(list, had.List, func(a, b runs.Trouble) bool { return a.Job == b.Job && a.Failed == b.Failed && a.Since.Equal(b.Since) }) {
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
	if err == nil {
		tell = len(list) > 0 && had.Told != day
		if tell {
			err = troubleLetters(ctx, env, box, b, list, now, day)
			had.Told = day
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

// troubleLetters adds to a batch the letters to those who look after the Workspace.
func troubleLetters(ctx context.Context, env Env, box *outbox.Outbox, b *store.Batch, list []runs.Trouble, now time.Time, day string) error {
	in := reports.TroubleInput{School: env.Policy.School.Name, Officer: env.Policy.Title(policy.RoleOfficer)}
	for _, t := range list {
		in.Jobs = append(in.Jobs, reports.TroubleJob{Job: t.Job, Since: t.Since.In(env.Policy.School.Location), Failed: t.Failed, Error: t.Error})
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
