package actions

import (
	"context"
	"fmt"
	"time"

	"esafetybot/internal/store"
)

// settle reads each change until readings agree on what became of it, or the patience of one run is spent. All are read
// before anybody waits, so that many changes wait no longer than one.
func (t *task) settle(ctx context.Context, list []*change) error {
	patience := t.l.Patience
	if patience == nil {
		patience = Patience
	}
	var spread time.Duration
	for _, d := range patience {
		spread += d
	}
	for round := 0; ; round++ {
		left := 0
		for _, c := range list {
			if c.over || c.still {
				continue
			}
			if err := t.see(ctx, c, spread); err != nil {
				return err
			}
			if !c.over && !c.still {
				left++
			}
		}
		if left == 0 || round == len(patience) {
			return nil
		}
		if err := t.l.Wait(ctx, patience[round]); err != nil {
			return err
		}
	}
}

// see is one reading of one change, and what follows from it. Spread is the time that a change has to show.
func (t *task) see(ctx context.Context, c *change, spread time.Duration) error {
	undoing := c.a.State == UndoStarted
	var live Live
	if undoing {
		live, c.unread = c.r.UndoLook(ctx, c.a, c.undo)
	} else {
		live, c.unread = c.r.Look(ctx, c.a)
	}
	if c.unread != nil {
		return ctx.Err() // otherwise read again, as long as there is patience
	}
	if live.Sight != AsWanted {
		c.agreed = 0
	}
	switch live.Sight {
	case AsWanted:
		if c.agreed++; c.agreed >= readings {
			return t.done(ctx, c)
		}
	case Unreadable:
		if c.made {
			return t.done(ctx, c)
		}
		c.still = true
	case Different, Missing:
		c.over = true
		if undoing {
			return t.l.moveNow(ctx, c.a, Done, Event{How: UndoLeft, Why: "not undone: it was changed by somebody else since"})
		}
		return t.leftAlone(ctx, c.a, live)
	default:
		// What an earlier run began long ago, and what was refused, will not show any more.
		c.still = c.failed != nil || !c.made && t.l.now().Sub(c.a.Changed) > spread
	}
	return nil
}

// done ends a change that took effect.
func (t *task) done(ctx context.Context, c *change) error {
	c.over = true
	if c.a.State != UndoStarted {
		t.res.Done++
		return t.l.moveNow(ctx, c.a, Done, Event{How: Verified})
	}
	t.res.Undone++
	b := &store.Batch{}
	_, version, err := t.l.undoOf(ctx, c.a.ID)
	if err != nil {
		return err
	}
	if version > 0 {
		b.Delete(Undos, c.a.ID, version)
	}
	if err := t.l.move(b, c.a, Undone, Event{How: Verified}); err != nil {
		return err
	}
	return t.l.Commit(ctx, b)
}

// leave puts down what this run begun and did not see to its end.
func (t *task) leave(ctx context.Context, c *change) error {
	if c.over {
		return nil
	}
	if c.tried {
		c.a.Tries++
	}
	if c.failed != nil && c.unread == nil && c.a.Tries >= MaxTries {
		return t.giveUp(ctx, c)
	}
	t.res.Unsure++
	b := &store.Batch{}
	var err error
	switch {
	case c.a.State == Started && c.unread == nil:
		e := Event{How: NotYet}
		if c.failed != nil {
			e.Why = words(c.failed)
		}
		err = t.l.move(b, c.a, Unsure, e)
	case c.tried:
		err = t.l.keep(b, c.a)
	}
	if err == nil && b.Writes() > 0 {
		err = t.l.Commit(ctx, b)
	}
	if err == nil && c.unread != nil {
		err = t.blame(ctx, c.a, "what became of it could not be looked at", c.unread)
	}
	return err
}

// giveUp ends what was tried often enough. The live object is then as it was before.
func (t *task) giveUp(ctx context.Context, c *change) error {
	c.over = true
	t.res.Failed++
	why := fmt.Sprintf("begun %d times, and never to be seen", c.a.Begun)
	if c.failed != nil {
		why = words(c.failed)
	} else if c.a.Why != "" {
		why = c.a.Why
	}
	if c.a.State == UndoStarted {
		return t.l.moveNow(ctx, c.a, Done, Event{How: UndoFailed, Why: why})
	}
	return t.l.moveNow(ctx, c.a, Failed, Event{How: Refused, Why: why})
}
