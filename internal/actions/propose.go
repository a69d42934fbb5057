package actions

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/store"
)

// Tally counts what a Propose did.
type Tally struct {
	New   int // proposed for the first time, or again after they lapsed or were withdrawn
	Facts int // back to proposed, because of new facts
	Kept  int // as they were
}

// Propose writes down the changes that are called for. Those that are there already stay as they are, unless there are
// new facts: then what was approved, declined or failed waits for a decision again. What was begun is not touched; what is done is
// proposed again only if the live object shows that somebody turned it back. So there is at most one reading a proposal that is done.
func (l *Log) Propose(ctx context.Context, proposals iter.Seq2[Proposal, error]) (Tally, error) {
	var t Tally
	w, been := &writer{l: l}, map[string]bool{}
	for p, err := range proposals {
		if err != nil {
			return t, errors.Join(err, w.flush(ctx, true))
		}
		id := ID(p.Finding, p.Opened, p.Change)
		if been[id] {
			continue
		}
		been[id] = true
		d, err := l.Store.Get(ctx, Actions, id)
		switch {
		case errors.Is(err, store.ErrNotFound):
			err = l.propose(ctx, w, id, p)
			t.New++
		case err == nil:
			var a *Action
			if a, err = decode(d); err == nil {
				err = l.repropose(ctx, w, a, p, &t)
			}
		}
		if err != nil {
			return t, fmt.Errorf("proposing action %s: %w", id, err)
		}
	}
	return t, w.flush(ctx, true)
}

func (l *Log) propose(ctx context.Context, w *writer, id string, p Proposal) error {
	a := &Action{
		ID: id, Finding: p.Finding, Opened: p.Opened.UTC(), Clause: p.Clause, Rule: p.Rule, Subject: p.Subject, Facts: p.Facts, Severity: p.Severity,
		Change: p.Change, Auto: p.Auto, Notice: p.Notice, Proposed: l.now(),
	}
	var err error
	if a.Auto, err = l.mayAuto(ctx, a, p.Auto); err != nil {
		return err
	}
	return w.move(ctx, a, Proposed, Event{How: New})
}

// mayAuto tells whether the policy may approve an action by itself: not if a person undid or declined that very change, at this opening or
// an earlier one. Program and person would undo each other's work for ever.
func (l *Log) mayAuto(ctx context.Context, a *Action, auto bool) (bool, error) {
	if !auto {
		return false, nil
	}
	for other, err := range l.find(ctx, store.Ask{Query: "change", Equal: map[string]string{"change": a.fields()["change"]}}) {
		if err != nil {
			return false, err
		}
		if other.State == Undone || other.State == UndoStarted || other.State == Declined {
			return false, nil
		}
	}
	return true, nil
}

func (l *Log) repropose(ctx context.Context, w *writer, a *Action, p Proposal, t *Tally) error {
	raised := p.Severity == High && a.Severity != High
	fresh := slices.ContainsFunc(p.Facts, func(f string) bool { return !slices.Contains(a.Facts, f) })
	how := How("")
	switch a.State {
	case Lapsed, Withdrawn:
		how = Again
	case Approved, Once:
		switch {
		case fresh || raised:
			how = NewFacts
		case a.automatic() && !p.Auto:
			how = TakenBack // the policy was changed
		}
	case Proposed, Declined, Failed:
		if fresh {
			how = NewFacts
		}
	case Done:
		if l.turnedBack(ctx, a) {
			how = Again
		}
	}
	if how == "" {
		t.Kept++
		if a.State != Proposed && a.State != Once {
			return nil // an approval holds for fewer facts too
		}
	}
	auto, err := l.mayAuto(ctx, a, p.Auto)
	if err != nil {
		return err
	}
	same := slices.Equal(a.Facts, p.Facts) && a.Severity == p.Severity && a.Auto == auto && a.Notice == p.Notice &&
		slices.Equal(a.Concerns, p.Concerns) && a.NotBefore.Equal(p.NotBefore)
	if how == "" && same {
		return nil
	}
	a.Facts, a.Severity, a.Auto, a.Notice, a.Concerns, a.NotBefore = p.Facts, p.Severity, auto, p.Notice, p.Concerns, p.NotBefore
	if how == "" {
		if err := l.keep(&w.b, a); err != nil {
			return err
		}
		return w.flush(ctx, false)
	}
	if how == NewFacts {
		t.Facts++
	} else {
		t.New++
	}
	a.Approvals, a.Begun, a.Tries, a.Made = nil, 0, 0, time.Time{}
	return w.move(ctx, a, Proposed, Event{How: how})
}

// rest is how long a change is left in peace before a finding that is still open makes us look at it again.
const rest = time.Hour

// turnedBack tells whether what was done is as it was before, while its finding never went away: somebody turned it back before
// a check could see it put right. Many findings outlast their change for days, because Google's reports lag; so it is the live object that tells.
func (l *Log) turnedBack(ctx context.Context, a *Action) bool {
	r, err := l.remedy(a.Kind)
	if err != nil || l.now().Sub(a.Changed) < rest {
		return false
	}
	live, err := r.Look(ctx, a)
	return err == nil && live.Sight == AsApproved // what cannot be looked at now is looked at in the next run
}

// Withdraw takes back what waits and is called for no longer. Why is asked about each action that waits, and says in a few
// words why it is to be withdrawn ("put right", "agreed until 4 May"); "" leaves it.
func (l *Log) Withdraw(ctx context.Context, why func(context.Context, *Action) (string, error)) (int, error) {
	waiting, err := l.all(ctx, Proposed, Once, Approved, Lapsed, Failed)
	if err != nil {
		return 0, err
	}
	n, w := 0, &writer{l: l}
	for _, a := range waiting {
		words, err := why(ctx, a)
		if err != nil {
			return n, errors.Join(fmt.Errorf("action %s: %w", a.ID, err), w.flush(ctx, true))
		}
		if words == "" {
			continue
		}
		a.Approvals, a.Braked = nil, false
		if err := w.move(ctx, a, Withdrawn, Event{How: Uncalled, Why: words}); err != nil {
			return n, err
		}
		n++
	}
	return n, w.flush(ctx, true)
}

// LapseDays is how many school days an approval lasts.
const LapseDays = 5

// LapsesAt is when the approval of an action ends if nothing is done: at the end of the fifth school day, or of the
// fifth working day where the term dates end first. Zero if it is not approved.
func (l *Log) LapsesAt(a *Action) time.Time {
	if len(a.Approvals) == 0 {
		return time.Time{}
	}
	from := a.Approvals[len(a.Approvals)-1].At
	if a.NotBefore.After(from) {
		from = a.NotBefore
	}
	days := calendar.Deadline{Count: LapseDays, Unit: calendar.SchoolDays}
	at, err := l.Calendar.Due(from, days, nil, "")
	if err != nil {
		days.Unit = calendar.WorkingDays
		if at, err = l.Calendar.Due(from, days, nil, ""); err != nil {
			return from.AddDate(0, 0, 7)
		}
	}
	return at
}

// Lapse ends the approvals that nobody carried out in time. Apply begins with it.
func (l *Log) Lapse(ctx context.Context) (int, error) {
	approved, err := l.all(ctx, Approved, Once)
	if err != nil {
		return 0, err
	}
	n, w := 0, &writer{l: l}
	for _, a := range approved {
		if l.now().Before(l.LapsesAt(a)) {
			continue
		}
		a.Approvals = nil
		if err := w.move(ctx, a, Lapsed, Event{How: TooLate}); err != nil {
			return n, err
		}
		n++
	}
	return n, w.flush(ctx, true)
}
