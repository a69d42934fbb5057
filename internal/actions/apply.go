package actions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"esafetybot/internal/store"
)

// Input is what an Apply goes by.
type Input struct {
	// Halt, if not empty, says why what was read cannot be trusted ("no pupils were found"): nothing is done then.
	Halt string
}

// Result counts what an Apply did.
type Result struct {
	Done      int // made, and seen to be as wanted
	Already   int // were as wanted before
	LeftAlone int // changed by somebody else since, or gone
	Failed    int // could not be made
	Unsure    int // not to be seen yet, or not known whether they were made: looked at again next time
	Undone    int // begun to be undone earlier, and undone now
	Lapsed    int
	Braked    int // held by the brake now
	Waiting   int // approved, and not to be made yet
	Frozen    int // about what is left as it is for now
	Halted    string
}

// Apply carries out what is approved, and clears up what earlier runs left begun. What goes wrong with one action
// does not stop the others: the errors come back together, each naming its action, and that action stays for the next Apply.
func (l *Log) Apply(ctx context.Context, in Input) (Result, error) {
	var res Result
	if in.Halt != "" {
		res.Halted = in.Halt
		return res, l.halted(ctx, in.Halt)
	}
	var err error
	if res.Lapsed, err = l.Lapse(ctx); err != nil {
		return res, err
	}
	t := &task{l: l, res: &res, room: &room{l: l, left: map[string]int{}}}
	left, err := l.all(ctx, Started, Unsure, UndoStarted)
	if err != nil {
		return res, err
	}
	if err := t.resume(ctx, left); err != nil {
		return res, err
	}
	if err := l.automate(ctx, t.room, &res); err != nil {
		return res, err
	}
	approved, err := l.all(ctx, Approved)
	if err != nil {
		return res, err
	}
	for _, a := range approved {
		if err := t.begin(ctx, a); err != nil {
			return res, err
		}
	}
	err = t.finish(ctx)
	return res, err
}

// halted writes down that a run did nothing on purpose.
func (l *Log) halted(ctx context.Context, why string) error {
	b := &store.Batch{}
	key := store.Key("halted", l.Run)
	_, err := l.Store.Get(ctx, Events, store.Time(l.now())+"~"+key)
	if !errors.Is(err, store.ErrNotFound) {
		return err // said already, by this very run
	}
	if err := l.event(b, key, Event{At: l.now(), How: Halted, Why: why, Run: l.Run}); err != nil {
		return err
	}
	return l.Commit(ctx, b)
}

// task is one Apply, or one Undo, under way. Errors it returns are those that end it: of the store, or of the context.
type task struct {
	l     *Log
	res   *Result
	room  *room
	open  []*change // begun, and not seen to have taken effect
	wrong []error   // of single actions
}

// change is one action that was begun.
type change struct {
	a      *Action
	r      Remedy
	undo   json.RawMessage
	tried  bool  // this run made it, or was refused
	made   bool  // this run made it, and Google said nothing against it
	failed error // making it
	unread error // the last reading
	agreed int   // readings in a row that show it as wanted
	still  bool  // reading on would tell nothing new
	over   bool  // what became of it is written down
	frozen bool  // it is looked at, and not made again
}

// readings in a row must agree before a change counts as made: Google answers from copies that are not all up to date.
const readings = 2

// blame notes what went wrong with one action; what ends the run is returned.
func (t *task) blame(ctx context.Context, a *Action, doing string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	t.wrong = append(t.wrong, fmt.Errorf("action %s: %s: %w", a.ID, doing, err))
	return nil
}

// resume clears up what earlier runs left: what is seen to have taken effect is done; what had time to show and does not is made again.
func (t *task) resume(ctx context.Context, left []*Action) error {
	var again []*change
	for _, a := range left {
		c, err := t.change(ctx, a)
		if err != nil {
			return err
		}
		if c != nil {
			if c.frozen, err = t.l.frozen(ctx, a); err != nil {
				return err
			}
			again = append(again, c)
		}
	}
	if err := t.settle(ctx, again); err != nil {
		return err
	}
	for _, c := range again {
		var err error
		switch {
		case c.over:
		case c.unread != nil:
			t.res.Unsure++
			err = t.blame(ctx, c.a, "what became of it could not be looked at", c.unread)
		case c.agreed > 0:
			t.open = append(t.open, c) // about to show
		case c.frozen:
			t.res.Frozen++
		case c.a.Tries >= MaxTries || c.a.Begun >= MaxBegun:
			err = t.giveUp(ctx, c)
		default:
			err = t.again(ctx, c)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// change is an action made ready to be looked at; nil if there is nobody who could.
func (t *task) change(ctx context.Context, a *Action) (*change, error) {
	r, err := t.l.remedy(a.Kind)
	if err != nil {
		return nil, t.blame(ctx, a, "nothing was done", err)
	}
	undo, _, err := t.l.undoOf(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	return &change{a: a, r: r, undo: undo}, nil
}

// again makes a change again that an earlier run may have begun only, or that did not show.
func (t *task) again(ctx context.Context, c *change) error {
	c.a.Begun++
	b := &store.Batch{}
	var err error
	if c.a.State == Unsure {
		err = t.l.move(b, c.a, Started, Event{How: Retried})
	} else {
		err = t.l.keep(b, c.a)
	}
	if err == nil {
		err = t.l.Commit(ctx, b)
	}
	if err != nil {
		return err
	}
	return t.do(ctx, c)
}

// ready tells whether an approved action may be made now: its time has come, and those whom it concerns have had their notice.
func (l *Log) ready(ctx context.Context, a *Action) (bool, error) {
	if l.now().Before(a.NotBefore) {
		return false, nil
	}
	if a.Notice == 0 || l.Told == nil {
		return true, nil
	}
	told, err := l.Told(ctx, a)
	return !told.IsZero() && !l.now().Before(told.Add(a.Notice)), err
}

// begin looks at the live object and, if it is what was approved, makes the change.
func (t *task) begin(ctx context.Context, a *Action) error {
	if frozen, err := t.l.frozen(ctx, a); frozen || err != nil {
		t.res.Frozen++
		return err
	}
	ready, err := t.l.ready(ctx, a)
	if err != nil {
		return err
	}
	if !ready {
		t.res.Waiting++
		return nil
	}
	if a.automatic() {
		left, err := t.room.of(ctx, a.Kind)
		if err != nil {
			return err
		}
		if left <= 0 {
			a.Approvals, a.Braked = nil, true
			t.res.Braked++
			return t.l.moveNow(ctx, a, Proposed, Event{How: TakenBack})
		}
	}
	r, err := t.l.remedy(a.Kind)
	if err != nil {
		return t.blame(ctx, a, "nothing was done", err)
	}
	live, err := r.Look(ctx, a)
	if err != nil {
		return t.blame(ctx, a, "it could not be looked at, and nothing was done", err)
	}
	switch live.Sight {
	case AsWanted:
		t.res.Already++
		return t.l.moveNow(ctx, a, Done, Event{How: AlreadySo, Why: live.Note})
	case Different, Missing:
		return t.leftAlone(ctx, a, live)
	}
	_, version, err := t.l.undoOf(ctx, a.ID)
	if err != nil {
		return err
	}
	b := &store.Batch{}
	a.Made, a.Begun = t.l.now(), 1
	if err := t.l.move(b, a, Started, Event{How: Begun}); err != nil {
		return err
	}
	switch {
	case live.Undo != nil:
		b.Put(Undos, a.ID, version, map[string]string{"at": store.Time(a.Made)}, live.Undo)
	case version > 0:
		b.Delete(Undos, a.ID, version) // of an earlier attempt
	}
	if err := t.l.Commit(ctx, b); err != nil {
		return err
	}
	if left, ok := t.room.left[a.Kind]; ok && a.counted() {
		t.room.left[a.Kind] = left - 1
	}
	return t.do(ctx, &change{a: a, r: r, undo: live.Undo})
}

// do makes, or unmakes, a change. Whether it took effect is for settle to see.
func (t *task) do(ctx context.Context, c *change) error {
	c.agreed, c.still = 0, false
	if c.a.State == UndoStarted {
		c.failed = c.r.Undo(ctx, c.a, c.undo)
	} else {
		c.failed = c.r.Do(ctx, c.a)
	}
	c.tried, c.made = true, c.failed == nil
	t.open = append(t.open, c)
	if c.failed != nil {
		return t.blame(ctx, c.a, "it could not be made", c.failed)
	}
	return nil
}

// finish reads what was begun until it is seen to have taken effect, or leaves it for the next run.
func (t *task) finish(ctx context.Context) error {
	if err := t.settle(ctx, t.open); err != nil {
		return err
	}
	for _, c := range t.open {
		if err := t.leave(ctx, c); err != nil {
			return err
		}
	}
	return errors.Join(t.wrong...)
}

// leftAlone ends an action whose object is not what was approved.
func (t *task) leftAlone(ctx context.Context, a *Action, live Live) error {
	t.res.LeftAlone++
	if live.Sight == Missing {
		return t.l.moveNow(ctx, a, Failed, Event{How: Gone, Why: "left alone: it is not there any more"})
	}
	why := "left alone: it was changed by somebody else since"
	if live.Note != "" {
		why += " (" + live.Note + ")"
	}
	return t.l.moveNow(ctx, a, Failed, Event{How: LeftAlone, Why: why})
}
