package classdojo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"esafetybot/internal/store"
)

// Left is the collection in which the relay leaves what it was told, a document an event, by the event's key. The receiver may only create in it; the worker reads and clears it.
var Left = &store.Collection{Name: "dojo_hints", Schema: 1, Indexed: []string{"received"}, Queries: []store.Query{{Name: "received", Range: "received"}}}

// KeepHints is how long a hint stays at least. While it stays, the same mail told again is refused.
const KeepHints = 45 * 24 * time.Hour // longer than the relay takes old mail

// Hints leaves events in a store. It only ever creates.
type Hints struct {
	Store store.Store
	// Beside adds what is left together with an event; nil is nothing.
	Beside func(*store.Batch) error
}

// Leave keeps an event once; the second time it wraps ErrTwice.
func (h Hints) Leave(ctx context.Context, e Event, received time.Time) error {
	body, err := json.Marshal(e)
	if err != nil {
		return err
	}
	b := &store.Batch{}
	b.Create(Left, e.Key, map[string]string{"received": store.Time(received)}, body)
	if h.Beside != nil {
		if err := h.Beside(b); err != nil {
			return err
		}
	}
	if err := h.Store.Commit(ctx, b); errors.Is(err, store.ErrConflict) {
		return fmt.Errorf("ClassDojo event %s: %w", e.Key, ErrTwice)
	} else if err != nil {
		return fmt.Errorf("ClassDojo event %s could not be kept: %w", e.Key, err)
	}
	return nil
}

// Relayed is the source of what the relay left. It holds no network and no key.
type Relayed struct {
	Store store.Store
	Since time.Time // received not before this; zero is everything that is kept
}

// Name is "relay".
func (Relayed) Name() string { return FromRelay }

// Sight is what the forwarder can tell.
func (Relayed) Sight() Sight {
	s := MailSight()
	s.Unseen = append(s.Unseen, "whether the forwarder still runs: that nothing comes may mean that nothing happened, or that it stopped")
	return s
}

// Events yields what was left, by when it was received. A document that is no event of ours is an error that names its key; the next ones follow.
func (r Relayed) Events(ctx context.Context) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for d, err := range r.Store.Find(ctx, Left, store.Ask{Query: "received", From: store.Time(r.Since)}) {
			if err != nil {
				yield(Event{}, fmt.Errorf("what the ClassDojo relay was told cannot be read from the state: %w", err))
				return
			}
			e, err := readHint(d)
			if !yield(e, err) {
				return
			}
		}
	}
}

// readHint reads what somebody who faces the internet wrote.
func readHint(d store.Doc) (Event, error) {
	var e Event
	err := json.Unmarshal(d.Body, &e)
	switch {
	case err != nil:
		err = errors.New("it cannot be read")
	case e.Key != d.Key || e.From != FromRelay || e.Kind == Looked || e.Kind == Comment:
		err = errors.New("it was not written by the relay")
	default:
		err = e.Check()
	}
	if err != nil {
		return Event{}, fmt.Errorf("a hint about ClassDojo (%.40q) is not used: %w; if this happens again, change the relay's key", d.Key, err)
	}
	return e, nil
}

// Clear removes hints that were received longer than KeepHints ago, a batch at a time, and tells how many. It is for the worker.
func Clear(ctx context.Context, s store.Store, now time.Time) (int, error) {
	return remove(ctx, s, s.Commit, Left, store.Ask{Query: "received", To: store.Time(now.Add(-KeepHints))})
}
