package reminders

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"esafetybot/internal/store"
)

// The collections: what went out, a document an occurrence; what was confirmed, a document a reminder; who has read the policy and was asked to, a document an account.
var (
	Outs     = &store.Collection{Name: "reminders_out", Schema: 1}
	Confirms = &store.Collection{Name: "reminders_confirmed", Schema: 1}
	Reads    = &store.Collection{Name: "policy_read", Schema: 1}
)

// Read is what is known of one account and the policy.
type Read struct {
	At    time.Time `json:"at,omitzero"`     // when they said that they have read it
	For   string    `json:"for,omitempty"`   // the review that Stage is about
	Stage int       `json:"stage,omitempty"` // how often they were asked to, of that review
	Last  time.Time `json:"last,omitzero"`   // when they were asked last
}

// Book is all of it. It is not safe for concurrent use.
type Book struct {
	outs     map[string]map[string]Out // name, key
	confirms map[string][]Confirm
	reads    map[string]Read
	version  map[*store.Collection]map[string]int64
	touched  map[*store.Collection]map[string]any // what is to be written
}

// Open reads everything.
func Open(ctx context.Context, s store.Store) (*Book, error) {
	b := &Book{outs: map[string]map[string]Out{}, confirms: map[string][]Confirm{}, reads: map[string]Read{}, version: map[*store.Collection]map[string]int64{}, touched: map[*store.Collection]map[string]any{}}
	for _, c := range []*store.Collection{Outs, Confirms, Reads} {
		b.version[c], b.touched[c] = map[string]int64{}, map[string]any{}
		for d, err := range s.Find(ctx, c, store.Ask{}) {
			if err != nil {
				return nil, err
			}
			if err := b.take(c, d); err != nil {
				return nil, fmt.Errorf("%s %s cannot be read from the state", c.Name, d.Key) // what is wrong with it might quote it
			}
			b.version[c][d.Key] = d.Version
		}
	}
	return b, nil
}

func (b *Book) take(c *store.Collection, d store.Doc) error {
	switch c {
	case Outs:
		var o Out
		if err := json.Unmarshal(d.Body, &o); err != nil {
			return err
		}
		if outKey(o.Name, o.Key) != d.Key {
			return errors.New("another's key")
		}
		b.put(o)
	case Confirms:
		var list []Confirm
		if err := json.Unmarshal(d.Body, &list); err != nil {
			return err
		}
		b.confirms[d.Key] = list
	case Reads:
		var r Read
		if err := json.Unmarshal(d.Body, &r); err != nil {
			return err
		}
		b.reads[d.Key] = r
	}
	return nil
}

func outKey(name, key string) string { return store.Key(name, key) }

func (b *Book) put(o Out) {
	if b.outs[o.Name] == nil {
		b.outs[o.Name] = map[string]Out{}
	}
	b.outs[o.Name][o.Key] = o
}

// Outs is what went out, by name and key. Confirms is what was confirmed, by name. Both are for reading only.
func (b *Book) Outs() map[string]map[string]Out { return b.outs }

// Confirms is what was confirmed, by name; for reading only.
func (b *Book) Confirms() map[string][]Confirm { return b.confirms }

// Out is what went out of one occurrence.
func (b *Book) Out(name, key string) (Out, bool) {
	o, ok := b.outs[name][key]
	return o, ok
}

// Set notes what went out.
func (b *Book) Set(o Out) {
	b.put(o)
	b.touched[Outs][outKey(o.Name, o.Key)] = o
}

// Confirm takes up an answer, once.
func (b *Book) Confirm(name string, c Confirm) {
	if !slices.ContainsFunc(b.confirms[name], func(x Confirm) bool { return x.ID == c.ID }) {
		b.confirms[name] = append(slices.Clone(b.confirms[name]), c)
		b.touched[Confirms][name] = b.confirms[name]
	}
}

// Forget takes out what was confirmed before a moment, and returns how many; the newest of each reminder stays.
func (b *Book) Forget(before time.Time) int {
	n := 0
	for name, list := range b.confirms {
		var newest time.Time
		for _, c := range list {
			if c.At.After(newest) {
				newest = c.At
			}
		}
		kept := slices.DeleteFunc(slices.Clone(list), func(c Confirm) bool { return c.At.Before(before) && c.At.Before(newest) })
		if gone := len(list) - len(kept); gone > 0 {
			b.confirms[name], n = kept, n+gone
			b.touched[Confirms][name] = kept
		}
	}
	return n
}

// Read is what is known of an account and the policy.
func (b *Book) Read(id string) Read { return b.reads[id] }

// HasRead notes that somebody said that they have read it.
func (b *Book) HasRead(id string, at time.Time) {
	if r := b.reads[id]; r.At.Before(at) {
		r.At = at.UTC()
		b.SetRead(id, r)
	}
}

// SetRead notes what is known of an account and the policy.
func (b *Book) SetRead(id string, r Read) {
	b.reads[id] = r
	b.touched[Reads][id] = r
}

// Told notes that a mail told somebody of an occurrence.
func (b *Book) Told(name, key, who string, now time.Time) {
	o := b.outs[name][key]
	i := slices.Index(o.For, who)
	if i < 0 {
		return
	}
	o.For = slices.Delete(slices.Clone(o.For), i, i+1)
	o.Told = maps.Clone(o.Told)
	if o.Told == nil {
		o.Told = map[string]time.Time{}
	}
	o.Told[who] = now.UTC()
	b.Set(o)
}

// Stage adds what changed to a batch. Once that is committed [Book.Staged] has to be told; after a batch that failed the Book is of no use.
func (b *Book) Stage(batch *store.Batch) error {
	for _, c := range []*store.Collection{Outs, Confirms, Reads} {
		for _, key := range slices.Sorted(maps.Keys(b.touched[c])) {
			body, err := json.Marshal(b.touched[c][key])
			if err != nil {
				return err
			}
			batch.Put(c, key, b.version[c][key], nil, body)
		}
	}
	return nil
}

// Staged tells that what [Book.Stage] added was committed.
func (b *Book) Staged() {
	for c, keys := range b.touched {
		for key := range keys {
			b.version[c][key]++
		}
		clear(keys)
	}
}
