package jobs

import (
	"context"
	"time"

	"esafetybot/internal/actions"
	"esafetybot/internal/incidents"
	"esafetybot/internal/outbox"
	"esafetybot/internal/remedies"
	"esafetybot/internal/store"
)

// ApplyJob is the job that brings the action log up to date with the findings, and makes the changes that are approved.
const ApplyJob = "apply"

// Apply takes up what people decided about findings and changes, proposes what the open findings call for, withdraws what they call for no longer, and makes what is approved: by a person, or by the
// policy within the brake. Without the right to change anything ([Env].Change) it proposes only.
func Apply(ctx context.Context, env Env, box *outbox.Outbox, s *Seen) (*Record, error) {
	return leased(ctx, env, ApplyJob, s.Census.Now, func(lease *Lease, r *Record) error { return apply(ctx, env, box, s, lease, r) })
}

func apply(ctx context.Context, env Env, box *outbox.Outbox, s *Seen, lease *Lease, r *Record) error {
	p := &planner{Env: env, Seen: s}
	log := Actions(env, r.ID, lease.Commit)
	log.Limit = p.limit
	log.Told = func(ctx context.Context, a *actions.Action) (time.Time, error) { return p.told(ctx, box, a) }
	if err := takeUpAgreements(ctx, env, s, r.ID, lease.Commit); err != nil {
		return err
	}
	if err := settleNeeded(ctx, env, s, lease.Commit); err != nil {
		return err
	}
	if err := p.load(ctx); err != nil {
		return err
	}
	if _, err := log.Propose(ctx, p.proposals(ctx)); err != nil {
		return err
	}
	if err := p.moderate(ctx, log); err != nil {
		return err
	}
	if err := takeUpChanges(ctx, env, s, log, lease.Commit); err != nil {
		return err
	}
	if _, err := log.Withdraw(ctx, p.uncalled); err != nil {
		return err
	}
	if _, err := log.Prune(ctx, s.Census.Now.Add(-undoKept)); err != nil {
		return err
	}
	if env.Change == nil {
		return nil
	}
	halt, err := p.halt(ctx)
	if err != nil {
		return err
	}
	did, err := log.Apply(ctx, actions.Input{Halt: halt})
	r.Actions = &did
	return err
}

// undoKept is how long a change can be undone: what that takes may hold addresses, and is not kept for ever.
const undoKept = 180 * 24 * time.Hour

// told says when everybody whom a change of a file concerns was written to after it was approved; zero if somebody was not yet. Only adults who can read
// mail are written to.
func (p *planner) told(ctx context.Context, box *outbox.Outbox, a *actions.Action) (time.Time, error) {
	if p.who == nil && p.Census.Directory(ctx) {
		p.who = p.Census.Who()
	}
	if p.who == nil {
		return time.Time{}, nil
	}
	grown := adults(p.Policy, p.who)
	last := a.Changed
	for _, id := range a.Concerns {
		who, ok := p.who.AccountByID(id)
		if !ok || !who.Active() || !grown[id] {
			continue
		}
		first := time.Time{}
		for e, err := range box.All(ctx, a.Changed) {
			if err != nil {
				return first, err
			}
			if e.Kind == ownerKind && e.Recipient == outbox.RecipientID(who.Address) {
				first = e.Created
				break
			}
		}
		if first.IsZero() {
			return first, nil
		}
		if first.After(last) {
			last = first
		}
	}
	return last, nil
}

// Actions is a school's action log. commit writes a batch, with the lease of whoever changes it.
func Actions(env Env, run string, commit func(context.Context, *store.Batch) error) *actions.Log {
	l := &actions.Log{
		Frozen: frozen(env),
		Store:  env.Store, Commit: commit, Clock: env.Clock, Calendar: env.Policy.Calendar, Run: run, Wait: env.Wait, Patience: patience(env),
	}
	if l.Wait == nil {
		l.Wait = wait
	}
	if env.Change != nil {
		l.Remedies = remedies.All(env.Change, env.Clock)
	}
	return l
}

// frozen asks what open incidents freeze. It is asked of each change right before, since an entry may be raised while others are made.
func frozen(env Env) func(context.Context, ...string) (bool, error) {
	return func(ctx context.Context, subjects ...string) (bool, error) {
		held, err := (&incidents.Log{Store: env.Store}).Holds(ctx)
		return held.Frozen(subjects...), err
	}
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
