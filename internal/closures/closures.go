// Package closures keeps the days on which the school was closed without its policy knowing: snow, a burst pipe. The worker writes them when somebody who may has said so on the review site;
// every run reckons with them as with the closures of the policy ([With]).
package closures

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/policy"
	"esafetybot/internal/store"
)

// Closures is the collection: one document.
var Closures = &store.Collection{Name: "closures", Schema: 1}

const key = "closed"

// Day is one day on which the school is closed.
type Day struct {
	Date string    `json:"date"` // 2026-11-18
	At   time.Time `json:"at"`   // when it was said
	By   string    `json:"by"`   // Directory id, or the hash of an address outside
	// Open is when it was said that the school is open after all; zero if it was not.
	Open time.Time `json:"open,omitzero"`
}

// Book is all such days, by date.
type Book struct {
	Days    []Day
	after   []Day // on which the school was open after all
	version int64
	changed bool
}

// Open reads the days.
func Open(ctx context.Context, s store.Store) (*Book, error) {
	b := &Book{}
	d, err := s.Get(ctx, Closures, key)
	if errors.Is(err, store.ErrNotFound) {
		return b, nil
	}
	if err == nil {
		var all []Day
		b.version = d.Version
		err = json.Unmarshal(d.Body, &all)
		for _, d := range all {
			if d.Open.IsZero() {
				b.Days = append(b.Days, d)
			} else {
				b.after = append(b.after, d)
			}
		}
	}
	if err != nil {
		return nil, fmt.Errorf("the days on which the school was closed cannot be read from the state: %w", err)
	}
	return b, nil
}

// Has tells whether the school is said to be closed on a day.
func (b *Book) Has(date calendar.Date) bool {
	return slices.ContainsFunc(b.Days, func(d Day) bool { return d.Date == date.String() })
}

// Add notes that the school is closed on a day.
func (b *Book) Add(date calendar.Date, by string, at time.Time) {
	if b.Has(date) {
		return
	}
	b.Days, b.changed = append(b.Days, Day{Date: date.String(), At: at.UTC(), By: by}), true
	slices.SortFunc(b.Days, func(x, y Day) int {
		if x.Date < y.Date {
			return -1
		}
		return 1
	})
}

// Remove notes that it is open after all.
func (b *Book) Remove(date calendar.Date, at time.Time) {
	b.Days = slices.DeleteFunc(b.Days, func(d Day) bool {
		if d.Date != date.String() {
			return false
		}
		d.Open = at.UTC()
		b.after, b.changed = append(b.after, d), true
		return true
	})
}

// Forget drops the days before a date, those too on which the school was open after all, and tells how many.
func (b *Book) Forget(before calendar.Date) int {
	n := len(b.Days) + len(b.after)
	old := func(d Day) bool {
		date, err := calendar.ParseDate(d.Date)
		return err == nil && date.Before(before)
	}
	b.Days, b.after = slices.DeleteFunc(b.Days, old), slices.DeleteFunc(b.after, old)
	n -= len(b.Days) + len(b.after)
	b.changed = b.changed || n > 0
	return n
}

// Stage adds what changed to a batch.
func (b *Book) Stage(batch *store.Batch) error {
	if !b.changed {
		return nil
	}
	body, err := json.Marshal(slices.Concat(b.Days, b.after))
	if err != nil {
		return err
	}
	batch.Put(Closures, key, b.version, nil, body)
	return nil
}

// Calendar is a calendar with these days closed besides; the calendar given is left as it is.
func (b *Book) Calendar(base *calendar.Calendar) *calendar.Calendar {
	if len(b.Days) == 0 {
		return base
	}
	c := *base
	c.Closures = slices.Clone(base.Closures)
	for _, d := range b.Days {
		if date, err := calendar.ParseDate(d.Date); err == nil {
			c.Closures = append(c.Closures, calendar.Range{First: date, Last: date})
		}
	}
	return &c
}

// At is the days that were known at a moment.
func (b *Book) At(t time.Time) *Book {
	out := &Book{}
	for _, d := range slices.Concat(b.Days, b.after) {
		if !d.At.After(t) && (d.Open.IsZero() || d.Open.After(t)) {
			out.Days = append(out.Days, d)
		}
	}
	return out
}

// With is a policy whose calendar knows the days in the state; the policy given is left as it is.
func With(ctx context.Context, s store.Store, p *policy.Policy) (*policy.Policy, error) {
	b, err := Open(ctx, s)
	if err != nil || len(b.Days) == 0 {
		return p, err
	}
	out := *p
	out.Calendar = b.Calendar(p.Calendar)
	return &out, nil
}
