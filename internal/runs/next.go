package runs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"esafetybot/internal/store"
)

// NextKey is the key of the one document among the run records that is no run: what is due next. It stands among them so that one reading, of the newest, tells both that it is there and that no run has
// ended since it was made, not even one of a program that does not know of it.
const NextKey = "next"

// Next says that by the clock alone nothing is due for a while. It holds only for the program, the policy and the times that it names; whoever begins to write takes it down first ([Standing.Down]).
type Next struct {
	Program string    `json:"program"` // which build worked it out
	Policy  string    `json:"policy"`  // version of the policy that it was worked out by
	From    time.Time `json:"from"`    // when it was worked out; before, as on a clock that was set back, it says nothing
	Until   time.Time `json:"until"`   // from then on something may be due
	// Trip is since when the admin log is asked whether pupils may have e-mail; zero where nobody asks it.
	Trip time.Time `json:"trip,omitzero"`
	// Known are the decisions that were made shortly before and are judged: the site may write others of the same time a little later.
	Known []string `json:"known,omitempty"`
}

// Holds tells whether nothing is due by the clock, for a program and a policy at a time.
func (n *Next) Holds(program, policy string, now time.Time) bool {
	return n != nil && n.Program == program && n.Policy == policy && !now.Before(n.From) && now.Before(n.Until)
}

// NewestNext reads the newest of all records: what is due next, if that is it; nil if a run came after it, or if it was taken down.
func NewestNext(ctx context.Context, s store.Store) (*Next, error) {
	r, err := newest(ctx, s)
	if err != nil || r == nil {
		return nil, err
	}
	return r.Next, nil
}

// newest is the newest of all records, what is due next among them; nil if there is none.
func newest(ctx context.Context, s store.Store) (*Record, error) {
	return latest(ctx, s, store.Ask{Query: "newest", Limit: 1}, func(*Record) bool { return true })
}

// Later tells whether a run began after a moment: on a clock that was wrong. What is written down before it is never found.
func Later(ctx context.Context, s store.Store, at time.Time) (bool, error) {
	r, err := newest(ctx, s)
	return err == nil && r != nil && r.Next == nil && r.Started.After(at), err
}

// Standing is the document in which what is due next stands, as it was read.
type Standing struct {
	version int64
	up      bool // it says something
}

// ReadNext reads it.
func ReadNext(ctx context.Context, s store.Store) (Standing, error) {
	d, err := s.Get(ctx, Records, NextKey)
	if errors.Is(err, store.ErrNotFound) {
		return Standing{}, nil
	}
	if err != nil {
		return Standing{}, fmt.Errorf("what is due next cannot be read from the state: %w", err)
	}
	return Standing{d.Version, len(d.Fields) > 0}, nil
}

// Down adds to a batch that what is due next is not known any more. A batch that comes too late, because it was worked out meanwhile, is refused by the store.
func (n Standing) Down(b *store.Batch) {
	if !n.up {
		b.Require(Records, NextKey, n.version)
		return
	}
	b.Put(Records, NextKey, n.version, nil, []byte(`{"id":"`+NextKey+`","job":"`+NextKey+`"}`))
}

// Up adds to a batch what is due next. It is refused by the store if somebody began to write since it was read.
func (n Standing) Up(b *store.Batch, next Next) error {
	body, err := json.Marshal(Record{ID: NextKey, Job: NextKey, Policy: next.Policy, Started: next.From, Ended: next.From, Next: &next})
	if err == nil {
		b.Put(Records, NextKey, n.version, map[string]string{"job": NextKey, "started": store.Time(next.From)}, body)
	}
	return err
}
