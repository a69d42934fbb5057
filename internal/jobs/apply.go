package jobs

import (
	"context"
	"errors"
	"strconv"
	"time"

	"esafetybot/internal/actions"
	"esafetybot/internal/remedies"
	"esafetybot/internal/store"
)

// ApplyJob is the job that brings the action log up to date with the findings, and makes the changes that are approved.
const ApplyJob = "apply"

// Apply proposes what the open findings call for, withdraws what they call for no longer, and makes what is approved: by a person, or by the
// policy within the brake. Without the right to change anything ([Env].Change) it proposes only.
func Apply(ctx context.Context, env Env, s *Seen) (*Record, error) {
	lease, err := Take(ctx, env.Store, ApplyJob, env.Holder, env.Exclusive, env.Clock)
	if err != nil {
		return nil, err
	}
	before := env.Google.Calls()
	r := &Record{
		ID: store.Key(store.Time(s.Census.Now), ApplyJob, strconv.FormatInt(lease.version, 10)), Job: ApplyJob, Policy: env.Policy.Version, Started: s.Census.Now,
	}
	err = apply(ctx, env, s, lease, r)
	if ctx.Err() != nil {
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), interruptedFor)
		defer cancel()
		return r, errors.Join(err, lease.Release(late, &store.Batch{}))
	}
	if err != nil {
		r.Error = err.Error()
	}
	r.Ended, r.Calls = env.Clock(), less(env.Google.Calls(), before)
	b := &store.Batch{}
	if e := r.add(b); e != nil {
		return r, errors.Join(err, e)
	}
	return r, errors.Join(err, lease.Release(ctx, b))
}

func apply(ctx context.Context, env Env, s *Seen, lease *Lease, r *Record) error {
	p := &planner{Env: env, Seen: s}
	log := Actions(env, r.ID, lease.Commit)
	log.Limit = p.limit
	if err := p.load(ctx); err != nil {
		return err
	}
	if _, err := log.Propose(ctx, p.proposals(ctx)); err != nil {
		return err
	}
	if _, err := log.Withdraw(ctx, p.uncalled); err != nil {
		return err
	}
	if env.Change == nil {
		return nil
	}
	did, err := log.Apply(ctx, actions.Input{Halt: p.halt(ctx)})
	r.Actions = &did
	return err
}

// Actions is a school's action log. commit writes a batch, with the lease of whoever changes it.
func Actions(env Env, run string, commit func(context.Context, *store.Batch) error) *actions.Log {
	l := &actions.Log{
		Store: env.Store, Commit: commit, Clock: env.Clock, Calendar: env.Policy.Calendar, Run: run, Wait: env.Wait, Patience: patience(env),
	}
	if l.Wait == nil {
		l.Wait = wait
	}
	if env.Change != nil {
		l.Remedies = remedies.All(env.Change, env.Clock)
	}
	return l
}

// wait waits in real time.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
