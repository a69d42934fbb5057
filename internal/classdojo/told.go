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

// Told is the collection of what lists and the mailbox told, a document an event, by the event's key. The worker and the command line write it; what the relay took is in [Left].
var Told = &store.Collection{
	Name: "dojo_told", Schema: 1, Indexed: []string{"kind", "at"},
	Queries: []store.Query{{Name: "at", Range: "at"}, {Name: "kind", Equal: []string{"kind"}, Range: "at"}},
}

// KeepTold is how long what was told is remembered at least: as long as looking at it may be asked for.
const KeepTold = 190 * 24 * time.Hour

// batchOf is how many events are written at once.
const batchOf = 100

// Tell keeps events, each once, and says how many were new. commit writes a batch; what was written before an error stays, and telling all again is safe.
func Tell(ctx context.Context, s store.Store, commit func(context.Context, *store.Batch) error, events []Event) (added int, err error) {
	b := &store.Batch{}
	in := map[string]bool{}
	flush := func() error {
		if len(b.Ops) == 0 {
			return nil
		}
		if err := commit(ctx, b); err != nil {
			return fmt.Errorf("what was told of ClassDojo could not be kept: %w", err)
		}
		added += len(b.Ops)
		b = &store.Batch{}
		return nil
	}
	for _, e := range events {
		if err := e.Check(); err != nil {
			return added, fmt.Errorf("an event of ClassDojo is not kept: %w", err)
		}
		_, err := s.Get(ctx, Told, e.Key)
		if err == nil || in[e.Key] {
			continue
		}
		if !errors.Is(err, store.ErrNotFound) {
			return added, fmt.Errorf("what was told of ClassDojo cannot be read from the state: %w", err)
		}
		body, err := json.Marshal(e)
		if err != nil {
			return added, err
		}
		in[e.Key] = true
		b.Create(Told, e.Key, map[string]string{"kind": string(e.Kind), "at": store.Time(e.At)}, body)
		if len(b.Ops) == batchOf {
			if err := flush(); err != nil {
				return added, err
			}
		}
	}
	return added, flush()
}

// WasTold yields what lists and the mailbox told of that happened not before a moment (the zero time is before all), by when it happened; of one kind only unless it is "".
func WasTold(ctx context.Context, s store.Store, kind Kind, since time.Time) iter.Seq2[Event, error] {
	ask := store.Ask{Query: "at", From: store.Time(since)}
	if kind != "" {
		ask.Query, ask.Equal = "kind", map[string]string{"kind": string(kind)}
	}
	return func(yield func(Event, error) bool) {
		for d, err := range s.Find(ctx, Told, ask) {
			var e Event
			if err == nil {
				err = json.Unmarshal(d.Body, &e)
			}
			if err == nil {
				err = e.Check()
			}
			if err != nil {
				yield(Event{}, fmt.Errorf("what was told of ClassDojo cannot be read from the state: %w", err))
				return
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

// Forget removes what happened longer than KeepTold ago, a batch at a time, and tells how much. It is for the worker.
func Forget(ctx context.Context, s store.Store, commit func(context.Context, *store.Batch) error, now time.Time) (int, error) {
	return remove(ctx, s, commit, Told, store.Ask{Query: "at", To: store.Time(now.Add(-KeepTold))})
}

// remove deletes what an ask finds, a batch at a time.
func remove(ctx context.Context, s store.Store, commit func(context.Context, *store.Batch) error, c *store.Collection, ask store.Ask) (int, error) {
	b, n := &store.Batch{}, 0
	flush := func() error {
		if len(b.Ops) == 0 {
			return nil
		}
		if err := commit(ctx, b); err != nil {
			return fmt.Errorf("what is old of ClassDojo could not be removed: %w", err)
		}
		n += len(b.Ops)
		b = &store.Batch{}
		return nil
	}
	for d, err := range s.Find(ctx, c, ask) {
		if err != nil {
			return n, fmt.Errorf("what is old of ClassDojo could not be listed: %w", err)
		}
		b.Delete(c, d.Key, d.Version)
		if len(b.Ops) == batchOf {
			if err := flush(); err != nil {
				return n, err
			}
		}
	}
	return n, flush()
}
