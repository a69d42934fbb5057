package actions

import (
	"errors"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/store"
)

func TestDone(t *testing.T) {
	b := newBench(t, 1)
	id := b.propose(0, 1, nil)[0]
	b.approve(it, id)
	if res := b.apply(); res != (Result{Done: 1}) {
		t.Errorf("%+v", res)
	}
	b.told(id, New, Agreed, Begun, Verified)
	b.count.Reset()
	if res := b.apply(); res != (Result{}) || b.count.Writes() != 0 {
		t.Errorf("a second run: %+v, %d writes", res, b.count.Writes())
	}
	b.wants(b.Approve(ctx, it, Pick{ID: id}), ErrState)
	b.wants(b.Decline(ctx, it, "", Pick{ID: id}), ErrState)
}

func TestChangedSinceApproval(t *testing.T) {
	b := newBench(t, 3)
	ids := b.propose(0, 3, nil)
	b.approve(it, ids...)
	b.lamps.is["l00"] = "flickering"
	b.lamps.is["l01"] = "off"
	delete(b.lamps.is, "l02")
	if res := b.apply(); res != (Result{Already: 1, LeftAlone: 2}) || b.lamps.does != 0 {
		t.Errorf("%+v", res)
	}
	b.told(ids[0], New, Agreed, LeftAlone)
	b.told(ids[1], New, Agreed, AlreadySo)
	b.told(ids[2], New, Agreed, Gone)
	if why := b.get(ids[0]).Why; why != "left alone: it was changed by somebody else since (it flickers)" {
		t.Error(why)
	}
	_, err := b.Undo(ctx, it, ids[1], "")
	b.wants(err, ErrNoUndo) // we changed nothing
	_, err = b.Undo(ctx, it, ids[0], "")
	b.wants(err, ErrState)
	b.lamps.is["l00"] = "on"
	b.approve(it, ids[0])
	b.apply()
	b.state(Done, ids[0])
}

func TestChangedWhileBegun(t *testing.T) {
	b := newBench(t, 1)
	id := b.propose(0, 1, nil)[0]
	b.approve(it, id)
	b.lamps.hide = 99
	if res := b.apply(); res != (Result{Unsure: 1}) {
		t.Fatalf("%+v", res)
	}
	b.lamps.hide, b.lamps.shown = 0, map[string]string{}
	b.lamps.is["l00"] = "flickering"
	if res := b.apply(); res.LeftAlone != 1 {
		t.Errorf("%+v", res)
	}
	b.state(Failed, id)
}

func TestSlowToShow(t *testing.T) {
	b := newBench(t, 1)
	id := b.propose(0, 1, nil)[0]
	b.approve(it, id)
	b.lamps.hide = 1 // one reading is stale, two must agree
	if res := b.apply(); res.Done != 1 || b.lamps.looks != 4 {
		t.Errorf("%+v after %d readings", res, b.lamps.looks)
	}
	b = newBench(t, 1)
	b.approve(it, b.propose(0, 1, nil)...)
	b.lamps.hide = 99
	b.apply()
	b.state(Unsure, id)
	b.lamps.hide = 2 // it shows during the second run
	if res := b.apply(); res.Done != 1 || b.lamps.does != 1 {
		t.Errorf("%+v, changed %d times", res, b.lamps.does)
	}
	b.told(id, New, Agreed, Begun, NotYet, Verified)
}

func TestRefused(t *testing.T) {
	b := newBench(t, 2)
	ids := b.propose(0, 2, nil)
	b.approve(it, ids[0])
	b.lamps.refuse = errors.New("403: kim@school.example may not")
	for try := 1; try <= MaxTries; try++ {
		b.now = b.now.Add(time.Hour)
		_, err := b.Apply(ctx, Input{})
		b.wants(err, b.lamps.refuse)
	}
	b.state(Failed, ids[0])
	b.told(ids[0], New, Agreed, Begun, NotYet, Retried, NotYet, Retried, Refused)
	if why := b.get(ids[0]).Why; why != "403: (address) may not" {
		t.Errorf("why is %q: an address must not be kept", why)
	}
	b.apply()
	b.lamps.refuse = nil
	b.approve(it, ids[0])
	b.apply()
	b.state(Done, ids[0])
	// An answer that was lost: the change is seen, and not made twice.
	b.approve(it, ids[1])
	b.lamps.refuse, b.lamps.lost = errors.New("timeout"), true
	res, err := b.Apply(ctx, Input{})
	if b.wants(err, b.lamps.refuse); res.Done != 1 {
		t.Errorf("%+v", res)
	}
	b.state(Done, ids[1])
}

func TestOneDoesNotStopTheOthers(t *testing.T) {
	b := newBench(t, 3)
	ids := b.propose(0, 3, nil)
	odd := lamp(9)
	odd.Kind = "candle"
	_, err := b.Propose(ctx, seq([]Proposal{odd}))
	b.must(err)
	b.approve(it, append(ids, ID(odd.Finding, odd.Opened, odd.Change))...)
	res, err := b.Apply(ctx, Input{})
	if err == nil || !strings.Contains(err.Error(), "candle") || res.Done != 3 {
		t.Errorf("%+v, %v", res, err)
	}
	b.lamps.blind = errors.New("503")
	b.approve(it, b.propose(4, 5, nil)...)
	res, err = b.Apply(ctx, Input{})
	b.wants(err, b.lamps.blind)
	if res != (Result{}) || countIn(b, Approved) != 2 {
		t.Errorf("%+v", res)
	}
}

func TestUnreadable(t *testing.T) {
	b := newBench(t, 1)
	b.lamps.vague = true
	id := b.propose(0, 1, nil)[0]
	b.approve(it, id)
	if res := b.apply(); res.Done != 1 || b.lamps.does != 1 {
		t.Errorf("%+v", res)
	}
}

// What was done and is as before again, while the finding never went away, is proposed again; what is done still is not.
func TestTurnedBack(t *testing.T) {
	b := newBench(t, 2)
	ids := b.propose(0, 2, auto)
	b.apply()
	b.now = b.now.Add(25 * time.Hour)
	b.lamps.is["l01"] = "on"
	b.propose(0, 2, auto)
	b.state(Done, ids[0])
	b.state(Proposed, ids[1])
	if res := b.apply(); res.Done != 1 {
		t.Errorf("%+v", res)
	}
	b.told(ids[1], New, ByPolicy, Begun, Verified, Again, ByPolicy, Begun, Verified)
}

func TestUndo(t *testing.T) {
	b := newBench(t, 4)
	ids := b.propose(0, 4, nil)
	_, err := b.Undo(ctx, it, ids[0], "")
	b.wants(err, ErrState)
	b.approve(it, ids...)
	b.apply()
	state, err := b.Undo(ctx, head, ids[0], "too dark")
	if b.must(err); state != Undone || b.lamps.is["l00"] != "on" {
		t.Errorf("%s, the lamp is %s", state, b.lamps.is["l00"])
	}
	b.told(ids[0], New, Agreed, Begun, Verified, UndoAsked, Verified)
	b.propose(0, 1, nil) // the finding is there again, but its action was undone
	b.state(Undone, ids[0])
	_, err = b.Undo(ctx, head, ids[0], "again")
	b.wants(err, ErrState)

	b.lamps.is["l01"] = "flickering"
	_, err = b.Undo(ctx, head, ids[1], "")
	b.wants(err, ErrChanged)
	b.state(Done, ids[1])
	b.told(ids[1], New, Agreed, Begun, Verified, UndoLeft)

	b.lamps.hide = 99
	state, err = b.Undo(ctx, head, ids[2], "")
	if b.must(err); state != UndoStarted {
		t.Errorf("%s", state)
	}
	b.lamps.hide, b.lamps.shown = 0, map[string]string{}
	if res := b.apply(); res.Undone != 1 {
		t.Errorf("%+v", res)
	}
	b.state(Undone, ids[2])
	for _, id := range []string{ids[0], ids[2]} {
		if _, v, err := b.undoOf(ctx, id); v != 0 || err != nil {
			t.Errorf("what undoing %s needed is kept (%d, %v)", id, v, err)
		}
	}

	b.lamps.refuse = errors.New("403")
	_, err = b.Undo(ctx, head, ids[3], "")
	b.wants(err, b.lamps.refuse)
	for range MaxTries - 1 {
		_, err = b.Apply(ctx, Input{})
		b.wants(err, b.lamps.refuse)
	}
	b.state(Done, ids[3]) // it could not be undone, so it still is
	if b.get(ids[3]).Why != "403" {
		t.Error("it does not say why")
	}
}

func TestNoUndo(t *testing.T) {
	b := newBench(t, 2)
	ids := b.propose(0, 2, nil)
	b.approve(it, ids[0])
	b.apply()
	b.now = b.now.AddDate(0, 0, 1)
	b.approve(it, ids[1])
	b.apply()
	if n, err := b.Prune(ctx, b.now.Add(-time.Hour)); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	_, err := b.Undo(ctx, it, ids[0], "")
	b.wants(err, ErrNoUndo)
	b.lamps.forever = true
	_, err = b.Undo(ctx, it, ids[1], "")
	b.wants(err, ErrNoUndo)
	b.state(Done, ids...)
}

// Collections are what three stores agree on.
func TestCollections(t *testing.T) {
	for _, c := range []*store.Collection{Actions, Events, Undos} {
		if err := c.Check(); err != nil {
			t.Error(err)
		}
	}
}
