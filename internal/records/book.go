package records

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/store"
)

// Entries is the collection: a document an entry, by its id.
var Entries = &store.Collection{Name: "record_entries", Schema: 1}

// Mark is one thing that was decided about an entry.
type Mark struct {
	ID    string        `json:"id"` // of the decision
	At    time.Time     `json:"at"`
	By    string        `json:"by"`             // Directory id, or the hash of an address outside
	Until calendar.Date `json:"until,omitzero"` // none where the entry was ended
}

// Entry is one line of a list.
type Entry struct {
	ID     string `json:"id"` // of the decision that made it
	Record string `json:"record"`
	What   string `json:"what"`
	Where  string `json:"where,omitempty"`
	Dates  []Mark `json:"dates"` // when it was made, and each time that it was renewed; in the order of their times
	Ended  *Mark  `json:"ended,omitempty"`
}

// Until is the last day on which the entry holds.
func (e Entry) Until() calendar.Date { return e.Dates[len(e.Dates)-1].Until }

// Made is when it was entered.
func (e Entry) Made() time.Time { return e.Dates[0].At }

// Book is all entries. It is not safe for concurrent use.
type Book struct {
	entries map[string]Entry
	version map[string]int64
	touched map[string]struct{}
}

// Open reads everything.
func Open(ctx context.Context, s store.Store) (*Book, error) {
	b := &Book{entries: map[string]Entry{}, version: map[string]int64{}, touched: map[string]struct{}{}}
	for d, err := range s.Find(ctx, Entries, store.Ask{}) {
		if err != nil {
			return nil, err
		}
		var e Entry
		if err := json.Unmarshal(d.Body, &e); err != nil || len(e.Dates) == 0 || e.ID != d.Key {
			return nil, fmt.Errorf("the entry %s of a record cannot be read from the state", d.Key) // what is wrong with it might quote it
		}
		b.entries[d.Key], b.version[d.Key] = e, d.Version
	}
	return b, nil
}

// All lists the entries, ended ones too: those that run out first come first.
func (b *Book) All() []Entry {
	out := make([]Entry, 0, len(b.entries))
	for _, e := range b.entries {
		out = append(out, e)
	}
	slices.SortFunc(out, func(x, y Entry) int { return cmp.Or(y.Until().DaysUntil(x.Until()), cmp.Compare(x.ID, y.ID)) })
	return out
}

// Get finds an entry of a record that was not ended; none in a Book that is nil.
func (b *Book) Get(record, id string) (Entry, bool) {
	if b == nil {
		return Entry{}, false
	}
	e, ok := b.entries[id]
	return e, ok && e.Record == record && e.Ended == nil
}

// Make enters something; made is the decision that did it, whose id becomes the entry's. What was entered before is left as it is.
func (b *Book) Make(record, what, where string, made Mark) {
	if _, twice := b.entries[made.ID]; twice {
		return
	}
	b.put(Entry{ID: made.ID, Record: record, What: what, Where: where, Dates: []Mark{made}})
}

// Renew gives an entry of a record a new date; false if there is none that was made before and not ended.
func (b *Book) Renew(record, id string, m Mark) bool {
	e, ok := b.Get(record, id)
	if !ok || m.At.Before(e.Made()) {
		return false
	}
	if !slices.ContainsFunc(e.Dates, func(x Mark) bool { return x.ID == m.ID }) {
		e.Dates = append(slices.Clone(e.Dates), m)
		// One that was made earlier may show later. What made the entry stays first.
		slices.SortStableFunc(e.Dates[1:], func(x, y Mark) int { return x.At.Compare(y.At) })
		b.put(e)
	}
	return true
}

// End ends an entry of a record for good; false if there is none that was made before and not ended.
func (b *Book) End(record, id string, m Mark) bool {
	e, ok := b.Get(record, id)
	if !ok || m.At.Before(e.Made()) {
		return false
	}
	e.Ended = &m
	b.put(e)
	return true
}

func (b *Book) put(e Entry) { b.entries[e.ID], b.touched[e.ID] = e, struct{}{} }

// Stage adds what changed to a batch; it may be called once.
func (b *Book) Stage(batch *store.Batch) error {
	for id := range b.touched {
		body, err := json.Marshal(b.entries[id])
		if err != nil {
			return err
		}
		batch.Put(Entries, id, b.version[id], nil, body)
	}
	return nil
}
