package jobs

import (
	"context"
	"errors"
	"strings"

	"esafetybot/internal/actions"
	"esafetybot/internal/decisions"
	"esafetybot/internal/policy"
	"esafetybot/internal/pseudonym"
	"esafetybot/internal/seen"
	"esafetybot/internal/store"
)

// Why a decision on changes does not count.
const (
	notTwice    = "a second person has to approve it, and it was you who approved it first"
	notCount    = "the list was not the one that was looked at: other changes wait by now"
	notPossible = "it is not in a state in which that can be decided"
	notUndoable = "it cannot be undone"
	notNow      = "it could not be done now; try again later"
	mayNot      = "this program is not allowed to change anything at Google"
)

// takeUpChanges takes up which changes people approved, declined or want undone. log makes them its own way: two people, nobody about themselves, the brake.
func takeUpChanges(ctx context.Context, env Env, s *Seen, log *actions.Log, commit func(context.Context, *store.Batch) error) error {
	j, tray, err := opened(ctx, env, s, log.Run, commit, decisions.Approve, decisions.ApproveAll, decisions.Decline, decisions.Undo)
	if j == nil || err != nil {
		return err
	}
	for _, d := range tray.Waiting {
		if err := j.settle(ctx, tray, d, *log); err != nil {
			return err
		}
	}
	return nil
}

// settle carries out one decision. Its judgement goes into the first batch that the log writes, so that after a crash it is not carried out again; that of a whole list, which takes several batches, comes after
// the last, so that after a crash the rest is released.
func (j *judge) settle(ctx context.Context, tray *decisions.Tray, d decisions.Decision, log actions.Log) error {
	settled := false
	log.Commit = func(ctx context.Context, b *store.Batch) error {
		if settled || d.Do == decisions.ApproveAll {
			return j.commit(ctx, b)
		}
		err := tray.Settle(ctx, d, decisions.Judgement{At: j.Now, Counts: true}, b, j.commit)
		settled = err == nil
		return err
	}
	why, err := j.change(ctx, &log, d)
	if err != nil || settled {
		return err
	}
	return tray.Settle(ctx, d, decisions.Judgement{At: j.Now, Counts: why == "", Why: why}, &store.Batch{}, j.commit)
}

// change carries out one decision on changes, or says why it does not count.
func (j *judge) change(ctx context.Context, log *actions.Log, d decisions.Decision) (string, error) {
	if !j.wellMade(d) {
		return notForm, nil
	}
	who, ok := j.decider(j.kinds, d.By, d.At)
	if !ok {
		return notKnown, nil
	}
	var concerns []string
	var picks []actions.Pick
	for i, p := range d.Changes {
		if !isKey(p.ID) {
			return notThere, nil
		}
		a, err := log.Get(ctx, p.ID)
		if errors.Is(err, store.ErrNotFound) {
			return notThere, nil
		}
		if err != nil {
			return "", err
		}
		about := a.About()
		if _, may := decisions.MayChange(who.roles, about, j.heads); !may {
			return notTheirs, nil
		}
		if i == 0 {
			concerns = about
		}
		facts := p.Facts
		if facts == nil {
			facts = []string{} // nil would stand for whatever they are
		}
		picks = append(picks, actions.Pick{ID: p.ID, Facts: facts})
	}
	role, may := decisions.MayChange(who.roles, concerns, j.heads)
	if !may {
		return notTheirs, nil
	}
	by := actions.By{Role: string(role), Address: j.address(who, d.By), ID: who.accountID()}
	var err error
	switch d.Do {
	case decisions.Approve:
		err = log.Approve(ctx, by, picks...)
	case decisions.ApproveAll:
		err = log.ApproveRest(ctx, by, d.Kind, d.Expect, d.At)
	case decisions.Decline:
		err = log.Decline(ctx, by, strings.TrimSpace(d.Why), picks...)
	case decisions.Undo:
		if j.Env.Change == nil {
			return mayNot, nil
		}
		_, err = log.Undo(ctx, by, d.Changes[0].ID, strings.TrimSpace(d.Why))
	}
	return refusedBecause(ctx, err, d.Do)
}

// refusedBecause says why the log of changes refused, in words. What went wrong in the state is an error: the decision waits.
func refusedBecause(ctx context.Context, err error, do string) (string, error) {
	switch {
	case err == nil:
		return "", nil
	case ctx.Err() != nil:
		return "", ctx.Err()
	case errors.Is(err, store.ErrConflict), errors.Is(err, store.ErrUnknown), errors.Is(err, store.ErrClosed):
		return "", err
	case errors.Is(err, actions.ErrSelf):
		return notSelf, nil
	case errors.Is(err, actions.ErrSecond):
		return notTwice, nil
	case errors.Is(err, actions.ErrChanged):
		return notSame, nil
	case errors.Is(err, actions.ErrCount):
		return notCount, nil
	case errors.Is(err, actions.ErrNoUndo):
		return notUndoable, nil
	case errors.Is(err, actions.ErrState):
		return notPossible, nil
	case do == decisions.Undo:
		return notNow, nil // Google did not answer, or refused
	}
	return "", err
}

// address is the address of who decides, as the Directory or the policy has it now.
func (j *judge) address(who decider, by decisions.By) string {
	if who.acc != nil {
		for _, a := range addressesOf(who.acc) {
			if pseudonym.Of(a) == by.Hash {
				return a
			}
		}
	}
	for _, role := range policy.Deciders {
		for _, p := range j.Env.Policy.Person(role) {
			if pseudonym.Of(p.Address) == by.Hash {
				return p.Address
			}
		}
	}
	return ""
}

func addressesOf(a *seen.Account) []string { return append([]string{a.Address}, a.Aliases...) }
