package actions

import (
	"context"
	"errors"
	"fmt"

	"esafetybot/internal/store"
)

// Undo undoes a change that was made, with the same discipline: the live object is looked at first, and if it is no longer as the
// change left it, it is left alone. The state it returns is undone, or undo-started where the undoing does not show yet:
// the next Apply looks again. The errors wrap ErrSelf, ErrState, ErrNoUndo or ErrChanged. The brake does not bind it.
func (l *Log) Undo(ctx context.Context, by By, id, why string) (State, error) {
	if err := by.check(); err != nil {
		return "", err
	}
	a, err := l.Get(ctx, id)
	if err != nil {
		return "", err
	}
	who := by.who()
	if a.concerns(who) {
		return a.State, fmt.Errorf("action %s: %w", id, ErrSelf)
	}
	if frozen, err := l.frozen(ctx, a); err != nil {
		return a.State, err
	} else if frozen {
		return a.State, fmt.Errorf("action %s: %w", id, ErrFrozen)
	}
	if a.State == UndoStarted { // an earlier attempt was cut short
		t := &task{l: l, res: &Result{}}
		if err := t.resume(ctx, []*Action{a}); err != nil {
			return a.State, err
		}
		err := t.finish(ctx)
		return a.State, err
	}
	if a.State != Done {
		return a.State, fmt.Errorf("action %s: %w: it is %s; only what is done can be undone", id, ErrState, a.State)
	}
	if a.Made.IsZero() {
		return a.State, fmt.Errorf("action %s: %w: it was as wanted already, and nothing was changed", id, ErrNoUndo)
	}
	r, err := l.remedy(a.Kind)
	if err != nil {
		return a.State, fmt.Errorf("action %s: %w", id, err)
	}
	undo, version, err := l.undoOf(ctx, id)
	if err != nil {
		return a.State, err
	}
	live, err := r.UndoLook(ctx, a, undo)
	if err != nil {
		return a.State, fmt.Errorf("action %s: %w", id, err)
	}
	asked := Event{How: UndoAsked, By: &who, Why: why}
	switch live.Sight {
	case Different, Missing:
		words := "it was changed by somebody else since"
		if live.Sight == Missing {
			words = "it is not there any more"
		}
		err := fmt.Errorf("action %s was left alone: %s: %w", id, words, ErrChanged)
		return a.State, errors.Join(err, l.moveNow(ctx, a, Done, Event{How: UndoLeft, By: &who, Why: "not undone: " + words}))
	case AsWanted:
		b := &store.Batch{}
		if version > 0 {
			b.Delete(Undos, id, version)
		}
		asked.How = AlreadySo
		if err := l.move(b, a, Undone, asked); err != nil {
			return a.State, err
		}
		err := l.Commit(ctx, b)
		return a.State, err
	}
	a.Begun, a.Tries = 1, 0
	if err := l.moveNow(ctx, a, UndoStarted, asked); err != nil {
		return a.State, err
	}
	t := &task{l: l, res: &Result{}}
	if err := t.do(ctx, &change{a: a, r: r, undo: undo}); err != nil {
		return a.State, err
	}
	err = t.finish(ctx)
	return a.State, err
}
