package audit

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"esafetybot/internal/actions"
	"esafetybot/internal/store"
)

// changes is how the changes of the log stood from a moment on.
type changes struct {
	list []change
}

// change is one change with its events, those before the history begins too; none where it has not changed since, and waits as it did then.
type change struct {
	action *actions.Action
	events []actions.Event
}

func openChanges(ctx context.Context, s store.Store, from time.Time) (*changes, error) {
	log := &actions.Log{Store: s}
	out := &changes{}
	moved := map[string]bool{}
	var order []string
	for e, err := range log.EventsSince(ctx, from) {
		if err != nil {
			return nil, err
		}
		if e.Action != "" && !moved[e.Action] {
			moved[e.Action] = true
			order = append(order, e.Action)
		}
	}
	for a, err := range log.List(ctx, actions.Proposed, actions.Once) {
		if err != nil {
			return nil, err
		}
		if !moved[a.ID] {
			out.list = append(out.list, change{action: a})
		}
	}
	for _, id := range order {
		a, err := log.Get(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		c := change{action: a}
		if c.events, err = log.Life(ctx, id); err != nil {
			return nil, err
		}
		out.list = append(out.list, c)
	}
	return out, nil
}

// at lists the changes that waited for a person at a moment, the oldest first.
func (c *changes) at(t time.Time) []Waiting {
	var out []Waiting
	for _, x := range c.list {
		state, since := x.action.State, x.action.Changed
		if x.events != nil {
			state = ""
			for _, e := range x.events {
				if !e.At.After(t) {
					state, since = e.To, e.At
				}
			}
		}
		if waitsFor(state) {
			a := x.action
			out = append(out, Waiting{ID: a.ID, Kind: a.Kind, Clause: a.Clause, Finding: a.Finding, Since: since, Second: state == actions.Once})
		}
	}
	slices.SortFunc(out, func(a, b Waiting) int { return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.ID, b.ID)) })
	return out
}

// What was done with a change, or with what was found.
const (
	Made      = "made"       // a change, and seen to be made
	NotMade   = "not-made"   // it could not be made, or could not be undone
	Undone    = "undone"     // and as before
	Approved  = "approved"   // by a person; of two, each
	Declined  = "declined"   // likewise
	UndoAsked = "undo-asked" // likewise
	Agreed    = "agreed"     // that something found stays as it is until a date
	Ended     = "ended"      // an agreement, before its date
)

// Deed is one thing that was done.
type Deed struct {
	At      time.Time
	What    string
	Roles   []string // of who did it, or approved or asked for it; policy.Role as a string, or [actions.PolicyRole] where the policy says fix. nil: not known
	Clause  string
	Kind    string // of a change; "" of an agreement
	Action  string // id; "" of an agreement
	Finding string

	// Of an agreement.
	Until   time.Time
	Private bool // then Why is ""
	Head    bool // it concerned the headteacher's own account or files

	Why string // in the words of who agreed, declined or wants it undone
}

// deeds lists what was done with changes later than a moment and not later than another.
func (c *changes) deeds(after, upTo time.Time) []Deed {
	var out []Deed
	for _, x := range c.list {
		var approved []string // by whom it was approved since it was proposed
		var undo []string     // who wants it undone
		for _, e := range x.events {
			d := Deed{At: e.At, Clause: x.action.Clause, Kind: x.action.Kind, Action: x.action.ID, Finding: x.action.Finding}
			if e.By != nil {
				d.Roles = []string{e.By.Role}
			}
			switch {
			case e.How == actions.First, e.How == actions.Agreed, e.How == actions.Released:
				approved = append(approved, d.Roles...)
				d.What = Approved
			case e.How == actions.ByPolicy:
				approved = []string{actions.PolicyRole}
			case e.How == actions.Rejected:
				d.What, d.Why = Declined, e.Why
			case e.How == actions.UndoAsked:
				undo = d.Roles
				d.What, d.Why = UndoAsked, e.Why
			case e.To == actions.Done && e.How == actions.Verified:
				d.What, d.Roles = Made, approved
			case e.To == actions.Undone:
				if e.By == nil {
					d.Roles = undo
				}
				d.What = Undone
			case e.To == actions.Failed && e.From != actions.Failed:
				d.What, d.Roles = NotMade, approved
			case e.How == actions.UndoFailed, e.How == actions.UndoLeft:
				if e.By == nil {
					d.Roles = undo
				}
				d.What = NotMade
			case e.To == actions.Proposed:
				approved = nil
			}
			if d.What != "" && e.At.After(after) && !e.At.After(upTo) {
				d.Roles = slices.Compact(slices.Sorted(slices.Values(d.Roles)))
				out = append(out, d)
			}
		}
	}
	return out
}
