package actions

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/store"
)

// freeze has what is about a lamp left as it is, until the function it returns is called.
func (b *bench) freeze(subject string) (thaw func()) {
	b.Frozen = func(_ context.Context, subjects ...string) (bool, error) {
		return slices.Contains(subjects, subject), nil
	}
	return func() { b.Frozen = nil }
}

func TestFrozenIsNotMade(t *testing.T) {
	b := newBench(t, 3)
	b.limit = Limit{Changes: 10}
	ids := b.propose(0, 2, nil)
	third := b.propose(2, 3, auto)[0]
	b.approve(it, ids...)
	thaw := b.freeze("lamp/l00")
	if res := b.apply(); res != (Result{Done: 2, Frozen: 1}) {
		t.Errorf("%+v", res)
	}
	b.state(Approved, ids[0])
	b.state(Done, ids[1], third)
	b.told(ids[0], New, Agreed) // nothing of it is said anywhere
	thaw()
	if res := b.apply(); res != (Result{Done: 1}) {
		t.Errorf("%+v", res)
	}
}

func TestFrozenIsNotApprovedByThePolicy(t *testing.T) {
	b := newBench(t, 1)
	b.limit = Limit{Changes: 10}
	id := b.propose(0, 1, auto)[0]
	thaw := b.freeze("lamp/l00")
	b.apply()
	b.state(Proposed, id)
	thaw()
	b.apply()
	b.state(Done, id)
}

// What was begun before it had to stay as it is may be looked at, but is not made again.
func TestFrozenIsNotMadeAgain(t *testing.T) {
	b := newBench(t, 1)
	id := b.propose(0, 1, nil)[0]
	b.approve(it, id)
	b.lamps.refuse = errors.New("busy")
	if _, err := b.Apply(ctx, Input{}); err == nil {
		t.Fatal("no error")
	}
	b.state(Unsure, id)
	b.lamps.refuse = nil
	b.now = b.now.Add(time.Hour)
	thaw := b.freeze("lamp/l00")
	if res := b.apply(); res.Frozen != 1 || b.lamps.does != 0 {
		t.Errorf("%+v, %d changes", res, b.lamps.does)
	}
	thaw()
	b.apply()
	b.state(Done, id)
}

func TestFrozenIsNeitherUndoneNorForgotten(t *testing.T) {
	b := newBench(t, 1)
	id := b.propose(0, 1, nil)[0]
	b.approve(it, id)
	b.apply()
	thaw := b.freeze("lamp/l00")
	_, err := b.Undo(ctx, it, id, "")
	b.wants(err, ErrFrozen)
	if n, err := b.Prune(ctx, b.now.Add(time.Hour)); n != 0 || err != nil {
		t.Errorf("%d forgotten, %v", n, err)
	}
	thaw()
	_, err = b.Undo(ctx, it, id, "")
	b.must(err)
	b.state(Undone, id)
}

// Where it cannot be found out whether something must stay as it is, it is left alone.
func TestFrozenUnknown(t *testing.T) {
	b := newBench(t, 1)
	id := b.propose(0, 1, nil)[0]
	b.approve(it, id)
	b.Frozen = func(context.Context, ...string) (bool, error) { return false, store.ErrClosed }
	_, err := b.Apply(ctx, Input{})
	b.wants(err, store.ErrClosed)
	b.state(Approved, id)
}

func TestSubjects(t *testing.T) {
	c := Change{Params: map[string]string{"file": "F", "grant": "g", "from": "A", "to": "B", "as": "C"}}
	if d := cmp.Diff([]string{"drive/X", "file/F", "user/A", "user/B"}, c.Subjects("drive/X")); d != "" {
		t.Errorf("(-want +have):\n%s", d)
	}
}
