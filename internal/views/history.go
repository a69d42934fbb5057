package views

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"esafetybot/internal/store"
)

// History is the collection of what could not be seen, a document each time that it differed from what was known before; so that a day that has passed can be told.
// Its words name nobody: what is someone's is counted.
var History = &store.Collection{
	Name: "seen_history", Schema: 1, Indexed: []string{"at"},
	Queries: []store.Query{{Name: "since", Range: "at"}, {Name: "latest", Range: "at", Desc: true}},
}

// Told is what the newest runs could not see as of a moment, without names.
type Told struct {
	At       time.Time `json:"at"` // since when it has been so
	Unseen   []Unseen  `json:"unseen,omitempty"`
	Returned int       `json:"returned,omitempty"` // to how many people the last mail came back
	Never    []string  `json:"never,omitempty"`
}

// Add adds something that could not be seen; what is told in the same words is one, with its count.
func (t *Told) Add(u Unseen) {
	for i := range t.Unseen {
		have := &t.Unseen[i]
		if have.What == u.What && have.Why == u.Why && have.Do == u.Do && slices.Equal(have.Clauses, u.Clauses) {
			have.Count = max(have.Count, 1) + 1
			return
		}
	}
	u.Link = "" // leads to one of them
	t.Unseen = append(t.Unseen, u)
}

// KeepHistory notes what could not be seen as of a moment, if that differs from what was noted last.
func (k *Keeper) KeepHistory(ctx context.Context, told *Told) error {
	t := *told
	t.At = t.At.UTC()
	last, err := ToldAt(ctx, k.Store, t.At)
	if err != nil {
		return err
	}
	if last != nil {
		if !last.At.Before(t.At) {
			return nil // noted by this run
		}
		same := *last
		same.At = t.At
		was, err := json.Marshal(same)
		if err != nil {
			return err
		}
		if now, err := json.Marshal(t); err != nil || string(was) == string(now) {
			return err
		}
	}
	body, err := json.Marshal(t)
	if err != nil {
		return err
	}
	at, b := store.Time(t.At), &store.Batch{}
	b.Create(History, at, map[string]string{"at": at}, body)
	return k.Commit(ctx, b)
}

// ToldAt reads what could not be seen as of a moment; nil if nothing was noted by then.
func ToldAt(ctx context.Context, s store.Store, t time.Time) (*Told, error) {
	for d, err := range s.Find(ctx, History, store.Ask{Query: "latest", To: store.Time(t.Add(1)), Limit: 1}) {
		if err != nil {
			return nil, err
		}
		return decodeTold(d)
	}
	return nil, nil
}

// ToldFrom is when what could not be seen was noted first; zero if it never was.
func ToldFrom(ctx context.Context, s store.Store) (time.Time, error) {
	for d, err := range s.Find(ctx, History, store.Ask{Query: "since", Limit: 1}) {
		if err != nil {
			return time.Time{}, err
		}
		t, err := decodeTold(d)
		if err != nil {
			return time.Time{}, err
		}
		return t.At, nil
	}
	return time.Time{}, nil
}

// ToldSince reads what could not be seen from a moment on, by time; what had been noted before it comes first.
func ToldSince(ctx context.Context, s store.Store, from time.Time) ([]*Told, error) {
	var out []*Told
	first, err := ToldAt(ctx, s, from)
	if err != nil {
		return nil, err
	}
	if first != nil {
		out = append(out, first)
	}
	for d, err := range s.Find(ctx, History, store.Ask{Query: "since", From: store.Time(from.Add(1))}) {
		if err != nil {
			return nil, err
		}
		t, err := decodeTold(d)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

func decodeTold(d store.Doc) (*Told, error) {
	t := new(Told)
	if err := json.Unmarshal(d.Body, t); err != nil {
		return nil, fmt.Errorf("what could not be seen on %s cannot be read from the state: %w", d.Key, err)
	}
	return t, nil
}
