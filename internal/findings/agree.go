package findings

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"esafetybot/internal/store"
)

// StageAgree adds to a batch that a finding may stay as it is until a date, for the facts it has now. It refuses when the finding is no longer open, or has other facts than were agreed to.
// The finding was read with [Keeper.Get]; the batch fails if it changed since.
func StageAgree(b *store.Batch, run Run, f *Finding, a Agreement) error {
	if f.Status != Open {
		return fmt.Errorf("finding %s is %s, not open: there is nothing to agree to", f.ID, f.Status)
	}
	if len(added(a.Facts, f.Facts)) > 0 {
		return fmt.Errorf("finding %s has changed since it was looked at: look again before agreeing", f.ID)
	}
	if !a.Until.After(run.Now) {
		return fmt.Errorf("finding %s: an agreement must end in the future, not at %s", f.ID, a.Until.Format("2 January 2006"))
	}
	f.Status, f.Agreed = Accepted, &a
	return put(b, f, Event{Finding: f.ID, At: run.Now, From: Open, To: Accepted, How: AgreedTo, By: a.By, Facts: f.Facts, Run: run.ID, Policy: run.Policy})
}

// StageEnd adds to a batch that somebody, who plays the role by, ends an agreement before its date: the finding opens again, with the deadline due (zero is none).
func StageEnd(b *store.Batch, run Run, f *Finding, by string, due time.Time) error {
	if f.Status != Accepted {
		return fmt.Errorf("finding %s is %s: no agreement on it is in force", f.ID, f.Status)
	}
	f.Status, f.Opened, f.Due, f.Agreed = Open, run.Now, due, nil
	return put(b, f, Event{Finding: f.ID, At: run.Now, From: Accepted, To: Open, How: AgreedEnded, By: by, Facts: f.Facts, Run: run.ID, Policy: run.Policy})
}

// First is the first of two people's agreement on a finding of high severity. It changes nothing by itself.
type First struct {
	Finding string    `json:"finding"`
	At      time.Time `json:"at"`
	ID      string    `json:"id,omitempty"`   // Directory id of who it was
	Hash    string    `json:"hash,omitempty"` // of their address
	Agreement

	version int64
}

// FirstLasts is how long a second person has to confirm.
const FirstLasts = 14 * 24 * time.Hour

// Firsts is the collection, by finding.
var Firsts = &store.Collection{Name: "first_agreements", Schema: 1}

// FirstOf reads the first agreement on a finding that waits for a second person; nil if there is none, if it is too old, or if it was for other facts than the finding has.
func (k *Keeper) FirstOf(ctx context.Context, f *Finding, now time.Time) (*First, error) {
	first, err := k.first(ctx, f.ID)
	if first == nil || err != nil {
		return nil, err
	}
	if f.Status != Open || now.Sub(first.At) > FirstLasts || first.At.Before(f.Opened) || !slices.Equal(first.Facts, f.Facts) || !first.Until.After(now) {
		return nil, nil
	}
	return first, nil
}

func (k *Keeper) first(ctx context.Context, id string) (*First, error) {
	d, err := k.Store.Get(ctx, Firsts, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := &First{version: d.Version}
	if err := json.Unmarshal(d.Body, out); err != nil {
		return nil, fmt.Errorf("the first agreement on finding %s cannot be read from the state: %w", id, err)
	}
	return out, nil
}

// StageFirst adds to a batch that somebody was the first to agree, whoever was before.
func (k *Keeper) StageFirst(ctx context.Context, b *store.Batch, f First) error {
	old, err := k.first(ctx, f.Finding)
	if err != nil {
		return err
	}
	if old != nil {
		f.version = old.version
	}
	body, err := json.Marshal(f)
	if err != nil {
		return err
	}
	b.Put(Firsts, f.Finding, f.version, nil, body)
	return nil
}

// StageNoFirst adds to a batch that nobody waits for a second person any more.
func (k *Keeper) StageNoFirst(ctx context.Context, b *store.Batch, finding string) error {
	old, err := k.first(ctx, finding)
	if err == nil && old != nil {
		b.Delete(Firsts, finding, old.version)
	}
	return err
}
