package actions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/store"
)

// Pick is one action that somebody decides on, and the facts of its finding as they saw them. Nil facts: those of the action.
type Pick struct {
	ID    string
	Facts []string
}

// Approve approves actions that somebody looked at one by one: all of them or, with an error, none. Of what is of high severity the
// first approval makes it approved-once, and another person's completes it. The errors wrap ErrSelf, ErrSecond, ErrChanged or ErrState.
func (l *Log) Approve(ctx context.Context, by By, picks ...Pick) error {
	list, err := l.picked(ctx, by, picks)
	if err != nil {
		return err
	}
	return l.approve(ctx, by, list, false)
}

// ApproveAll releases the whole list of a kind that waits for approval, braked or not, but only if it holds exactly
// as many as expected. Those that concern the person themselves, and those of high severity that they approved before, are not on their list.
// It returns the ids released. A long list takes several batches: one that was cut short is released to its end by [Log.ApproveRest].
func (l *Log) ApproveAll(ctx context.Context, by By, kind string, expect int) ([]string, error) {
	return l.release(ctx, by, kind, expect, time.Time{})
}

// ApproveRest is ApproveAll of somebody who asked for it at a moment, and may be called again until it succeeds: of a list that was begun since then it releases the rest, without what came or changed after they
// asked.
func (l *Log) ApproveRest(ctx context.Context, by By, kind string, expect int, asked time.Time) error {
	begun := false
	list, err := l.all(ctx, Once, Approved)
	for _, a := range list {
		begun = begun || a.Kind == kind && slices.ContainsFunc(a.Approvals, func(p Approval) bool { return p.List && p.same(by.who()) && !p.At.Before(asked) })
	}
	if err != nil {
		return err
	}
	if !begun {
		asked = time.Time{}
	}
	_, err = l.release(ctx, by, kind, expect, asked)
	return err
}

// release approves what waits of a kind: as many as expected or, of a list that was begun, the rest as it was when it was asked for.
func (l *Log) release(ctx context.Context, by By, kind string, expect int, begun time.Time) ([]string, error) {
	if err := by.check(); err != nil {
		return nil, err
	}
	waiting, err := l.all(ctx, Proposed, Once)
	if err != nil {
		return nil, err
	}
	var list []*Action
	var ids []string
	own, second := 0, 0
	for _, a := range waiting {
		switch {
		case a.Kind != kind, !begun.IsZero() && a.Changed.After(begun):
		case a.concerns(by.who()):
			own++
		case a.approvedBy(by.who()):
			second++
		default:
			list, ids = append(list, a), append(ids, a.ID)
		}
	}
	if len(list) != expect && begun.IsZero() {
		return nil, fmt.Errorf("%w: %d of the kind %s wait, not %d (and %d that concern yourself, %d that wait for a second person); nothing was approved: look at the plan again",
			ErrCount, len(list), kind, expect, own, second)
	}
	return ids, l.approve(ctx, by, list, true)
}

// Decline says that a change is not wanted, for the facts it has now: new facts propose it again.
func (l *Log) Decline(ctx context.Context, by By, why string, picks ...Pick) error {
	list, err := l.picked(ctx, by, picks)
	if err != nil {
		return err
	}
	w, who := &writer{l: l}, by.who()
	for _, a := range list {
		a.Approvals, a.Braked = nil, false
		if err := w.move(ctx, a, Declined, Event{How: Rejected, By: &who, Why: why}); err != nil {
			return err
		}
	}
	return w.flush(ctx, true)
}

func (b By) check() error {
	if b.Role == "" || b.Address == "" && b.ID == "" {
		return fmt.Errorf("%w: it is not known who decides", ErrState)
	}
	return nil
}

// approvedBy tells whether somebody gave the first of two approvals.
func (a *Action) approvedBy(w Who) bool {
	return a.State == Once && slices.ContainsFunc(a.Approvals, func(p Approval) bool { return p.same(w) })
}

// picked reads the actions that somebody decides on, and says all at once why they may not.
func (l *Log) picked(ctx context.Context, by By, picks []Pick) ([]*Action, error) {
	if err := by.check(); err != nil {
		return nil, err
	}
	var list []*Action
	var wrong []error
	been := map[string]bool{}
	for _, p := range picks {
		if been[p.ID] {
			continue
		}
		been[p.ID] = true
		a, err := l.Get(ctx, p.ID)
		switch {
		case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrBadKey):
			wrong = append(wrong, err)
		case err != nil:
			return nil, err
		case a.concerns(by.who()):
			wrong = append(wrong, fmt.Errorf("action %s: %w", a.ID, ErrSelf))
		case !a.State.Waits():
			wrong = append(wrong, fmt.Errorf("action %s: %w: it is %s", a.ID, ErrState, a.State))
		case p.Facts != nil && !slices.Equal(p.Facts, a.Facts):
			wrong = append(wrong, fmt.Errorf("action %s: %w", a.ID, ErrChanged))
		default:
			list = append(list, a)
		}
	}
	return list, errors.Join(wrong...)
}

func (l *Log) approve(ctx context.Context, by By, list []*Action, whole bool) error {
	who := by.who()
	for _, a := range list {
		if a.approvedBy(who) {
			return fmt.Errorf("action %s: %w", a.ID, ErrSecond)
		}
		if a.State == Approved {
			return fmt.Errorf("action %s: %w: it is approved already", a.ID, ErrState)
		}
	}
	w := &writer{l: l}
	for _, a := range list {
		to, how := Approved, Agreed
		if whole {
			how = Released
		}
		if a.State != Once {
			a.Approvals = nil
			if a.Severity == High {
				to, how = Once, First
			}
		}
		a.approved(to, Approval{Who: who, At: l.now(), List: whole})
		if err := w.move(ctx, a, to, Event{How: how, By: &who}); err != nil {
			return err
		}
	}
	return w.flush(ctx, true)
}

// approved adds an approval; what was tried for earlier ones counts no longer.
func (a *Action) approved(to State, p Approval) {
	a.Approvals = append(slices.Clone(a.Approvals), p)
	a.Begun, a.Tries, a.Made = 0, 0, time.Time{}
	a.Braked = a.Braked && to != Approved // what waits for a second person is on the brake's list still
	if at := p.At.Add(a.Notice); to == Approved && a.Notice > 0 && at.After(a.NotBefore) {
		a.NotBefore = at
	}
}

// Refuses says why somebody may not approve an action, whatever its state: it wraps ErrSelf, or ErrSecond where they gave the first of two approvals. nil if they may.
func (a *Action) Refuses(by By) error {
	switch {
	case a.concerns(by.who()):
		return ErrSelf
	case a.approvedBy(by.who()):
		return ErrSecond
	}
	return nil
}

// About lists the Directory ids of those whom an action concerns, its subject among them.
func (a *Action) About() []string {
	out := slices.Clone(a.Concerns)
	if id, ok := strings.CutPrefix(a.Subject, "user/"); ok {
		out = append(out, id)
	}
	return out
}
