package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"esafetybot/internal/actions"
	"esafetybot/internal/checks/pupilemail"
	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/jobs"
	"esafetybot/internal/policy"
	"esafetybot/internal/pseudonym"
	"esafetybot/internal/quantity"
	"esafetybot/internal/remedies"
	"esafetybot/internal/sim/world"
	"esafetybot/internal/store"
)

// demoPeople are the people of the simulated school who decide: the administrator on the days they are in, the e-safety officer as the second person, and
// the headteacher, who once wants something undone.
type demoPeople struct {
	noted  int // how many decisions of the site were handed on
	b      *workbench
	world  *world.World
	undone bool
	seen   map[string]bool // actions that were done on an earlier day
}

// decide plays what they do in the afternoon, and tells it.
func (d *demoPeople) decide(ctx context.Context) (told []string, err error) {
	p, now := d.b.env.Policy, d.world.Now()
	lease, err := jobs.Take(ctx, d.b.env.Store, jobs.ApplyJob, d.b.env.Holder, d.b.env.Exclusive, d.b.env.Clock)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, lease.Release(ctx, &store.Batch{})) }()
	log := jobs.Actions(d.b.env, store.Key(store.Time(now), "demo"), lease.Commit)
	waiting, err := gatherActions(ctx, log, actions.Proposed)
	if err != nil {
		return nil, err
	}
	admin := p.Person(policy.RoleAdmin)[0]
	if len(waiting) > 0 && (len(admin.Days) == 0 || slices.Contains(admin.Days, p.Calendar.Date(now).Weekday())) {
		var picks []actions.Pick
		for _, a := range waiting {
			picks = append(picks, actions.Pick{ID: a.ID, Facts: a.Facts})
		}
		for _, role := range []policy.Role{policy.RoleAdmin, policy.RoleOfficer} {
			if err := log.Approve(ctx, d.by(role), picks...); err != nil {
				return told, err
			}
		}
		told = append(told, fmt.Sprintf("the administrator and the e-safety officer approve %s that the report proposes", quantity.Of(len(picks), "change", "changes")))
	}
	done, err := gatherActions(ctx, log, actions.Done)
	if err != nil {
		return told, err
	}
	for _, a := range done {
		// The changes of the first days clear up what was there before; the one that somebody misses comes later.
		if d.undone || d.seen[a.ID] || len(d.seen) == 0 || a.Kind == remedies.KindComment {
			continue
		}
		if _, err := log.Undo(ctx, d.by(policy.RoleHead), a.ID, "the pupil's parents and the school agreed to it"); err != nil {
			return told, err
		}
		k := &findings.Keeper{Store: d.b.env.Store, Commit: lease.Commit}
		f, err := k.Get(ctx, a.Finding)
		if err != nil {
			return told, err
		}
		d.undone = true
		told = append(told, "the headteacher has one change undone: for this pupil it was agreed")
		if f.Status == findings.Open {
			until := now.AddDate(0, 1, 0)
			err := k.Agree(ctx, findings.Run{ID: "agree", Policy: p.Version, Now: now}, f.ID,
				findings.Agreement{Until: until, By: string(policy.RoleSafeguarding), Why: "agreed with the parents", Facts: f.Facts})
			if err != nil {
				return told, err
			}
		}
	}
	for _, a := range done {
		d.seen[a.ID] = true
	}
	return told, nil
}

func gatherActions(ctx context.Context, log *actions.Log, state actions.State) (out []*actions.Action, err error) {
	for a, err := range log.List(ctx, state) {
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(a.Rule, pupilemail.Means+".") {
			out = append(out, a)
		}
	}
	return out, nil
}

// note hands what the school's people decided to the worker, as the review site would.
func (d *demoPeople) note(ctx context.Context) error {
	var list []world.Decision
	id := map[string]string{}
	d.world.View(func() {
		list = d.world.Decisions()[d.noted:]
		for _, u := range d.world.Users() {
			for _, a := range u.Addresses() {
				id[a] = u.ID
			}
		}
	})
	for _, x := range list {
		d.noted++
		_, err := decisions.Make(ctx, d.b.env.Site, fmt.Sprint(d.noted), decisions.Decision{
			At: x.At, By: decisions.By{ID: id[x.By], Hash: pseudonym.Of(x.By)}, Do: x.Do, Item: x.Item, Saw: x.Saw, Course: x.Course, Who: id[x.Who],
			From: x.From, Until: x.Until, CheckIn: x.CheckIn, Answer: x.Answer,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *demoPeople) by(role policy.Role) actions.By {
	address, _ := d.b.env.Policy.Address(role)
	by := actions.By{Role: string(role), Address: address}
	d.world.View(func() {
		if u := d.world.User(address); u != nil {
			by.ID = u.ID
		}
	})
	return by
}

// tick runs what is due in the afternoon: the teachers' mail, and what the admin log calls for.
func (b *workbench) tick(ctx context.Context) error {
	names, err := jobs.Due(ctx, b.env)
	if err != nil || len(names) == 0 {
		return err
	}
	if err := b.run(ctx, append(names, sendJob), false); err != nil && !errors.As(err, new(errStatus)) {
		return err
	}
	return ctx.Err()
}

// demoRoll reads a roll of the simulated school.
func demoRoll(w *world.World) func(*policy.Roll) ([]byte, error) {
	return func(r *policy.Roll) ([]byte, error) {
		var data []byte
		w.View(func() { data = w.Roll(r.CSV) })
		if data == nil {
			return nil, fmt.Errorf("the simulated school has no roll %s", r.CSV)
		}
		return data, nil
	}
}
