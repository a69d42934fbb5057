// Package memory keeps what the program once saw of accounts and classes and Google no longer tells, or tells only at a cost: when a password
// was last changed, who was on the roll, who is in a class.
//
// Everything is by Google's ids; addresses of members of a class who have no account of the customer are kept, because nothing else tells
// who they are, and go when the class is forgotten. A [Book] is read whole at the beginning of a run, changed in memory, and written at its
// end: only documents that differ are written, in batches that the caller commits (with its lease).
//
// Accounts lie together in [shards] documents, so that a day's changes at a large school cost a handful of writes and a small school has few documents.
package memory

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/seen"
	"esafetybot/internal/store"
)

// The collections.
var (
	Accounts = &store.Collection{Name: "memory", Schema: 1}
	Classes  = &store.Collection{Name: "classes", Schema: 1}
)

// shards is into how many documents the accounts are spread: 1,250 of 20,000 accounts in each, far below the limit of a document.
const shards = 16

// Past is what is remembered of one account. Times are zero where nothing is known.
type Past struct {
	// Roll is the key of the row of a roll that the account last was; Left is the date ("2026-10-05") on which the person left: as that
	// row says, else on which the row was first gone.
	Roll string `json:"roll,omitempty"`
	Left string `json:"left,omitempty"`
	// Before is the row that the account was before Roll, and that is gone: Roll may turn out to be somebody else's of the same name.
	Before *Row `json:"before,omitempty"`
	// Year is a pupil's year group, as the roll last had it: entries of the incident log are kept by it.
	Year string `json:"year,omitempty"`
	// Password is the newest known change of the password.
	Password time.Time `json:"password,omitzero"`
	// Alarms are records of the sign-in log that only a later change of the password answers.
	Alarms []Alarm `json:"alarms,omitempty"`
	// AtOnce is the safeguarding lead's word that the account goes without the days of grace once its holder has left.
	AtOnce bool `json:"at_once,omitempty"`
	// Gone is the date on which the account was first not there any more; it may be brought back for some weeks.
	Gone string `json:"gone,omitempty"`
	// Forwards tells that the log once said that mail is passed on to an address outside.
	Forwards bool `json:"forwards,omitempty"`
}

// Row is a row of a roll by its key, and the date on which whoever it was left.
type Row struct {
	Roll string `json:"roll"`
	Left string `json:"left"`
}

// Alarm is one record: its event name and time.
type Alarm struct {
	Event string    `json:"event"`
	At    time.Time `json:"at"`
}

func (p *Past) empty() bool {
	return p.Roll == "" && !p.AtOnce && p.Left == "" && p.Password.IsZero() && len(p.Alarms) == 0 && !p.Forwards
}

// Class is who was in a class when it was last read.
type Class struct {
	Read    time.Time          `json:"read"`
	Members []seen.ClassMember `json:"members"`
	Gone    bool               `json:"gone,omitempty"` // Google lists somebody in it whose account is deleted: nothing is kept of them, and the class is read again each time
}

// State is what is remembered of the job's own reading.
type State struct {
	First   time.Time            `json:"first"`             // when the program first looked
	Cursors map[string]time.Time `json:"cursors,omitempty"` // log and event name → the newest record that was taken up
	Sizes   map[string]int       `json:"sizes,omitempty"`   // roll → rows when it was last read
}

const stateKey = "state"

// Book is what is remembered, in memory. It is not safe for concurrent use.
type Book struct {
	State
	commit  func(context.Context, *store.Batch) error
	past    map[string]*Past
	classes map[string]*Class
	docs    map[*store.Collection]map[string]store.Doc // as they stand in the store, by key
}

// Open reads everything. commit writes a batch with the lease of the job.
func Open(ctx context.Context, s store.Store, now time.Time, commit func(context.Context, *store.Batch) error) (*Book, error) {
	b := &Book{commit: commit, past: map[string]*Past{}, classes: map[string]*Class{}, docs: map[*store.Collection]map[string]store.Doc{Accounts: {}, Classes: {}}}
	for d, err := range s.Find(ctx, Accounts, store.Ask{}) {
		if err != nil {
			return nil, err
		}
		b.docs[Accounts][d.Key] = d
		if d.Key == stateKey {
			err = json.Unmarshal(d.Body, &b.State)
		} else {
			err = json.Unmarshal(d.Body, &b.past) // adds to what is there
		}
		if err != nil {
			return nil, fmt.Errorf("what is remembered of accounts (%s) cannot be read from the state: %w", d.Key, err)
		}
	}
	for d, err := range s.Find(ctx, Classes, store.Ask{}) {
		if err != nil {
			return nil, err
		}
		c := new(Class)
		if err := json.Unmarshal(d.Body, c); err != nil {
			return nil, fmt.Errorf("class %s cannot be read from the state: %w", d.Key, err)
		}
		b.classes[d.Key] = c
		b.docs[Classes][d.Key] = d
	}
	if b.First.IsZero() {
		b.First = now
	}
	if b.Cursors == nil {
		b.Cursors = map[string]time.Time{}
	}
	if b.Sizes == nil {
		b.Sizes = map[string]int{}
	}
	return b, nil
}

// FirstLook is when the program first looked; zero before it did.
func FirstLook(ctx context.Context, s store.Store) (time.Time, error) {
	d, err := s.Get(ctx, Accounts, stateKey)
	if errors.Is(err, store.ErrNotFound) {
		return time.Time{}, nil
	}
	var st State
	if err == nil {
		err = json.Unmarshal(d.Body, &st)
	}
	return st.First, err
}

// Rosters reads who is in each class, by Google's id of the class.
func Rosters(ctx context.Context, s store.Store) (map[string]*Class, error) {
	out := map[string]*Class{}
	for d, err := range s.Find(ctx, Classes, store.Ask{}) {
		if err != nil {
			return nil, err
		}
		c := new(Class)
		if err := json.Unmarshal(d.Body, c); err != nil {
			return nil, fmt.Errorf("class %s cannot be read from the state: %w", d.Key, err)
		}
		out[d.Key] = c
	}
	return out, nil
}

// Of is what is remembered of an account; changing it changes the book.
func (b *Book) Of(id string) *Past {
	p, ok := b.past[id]
	if !ok {
		p = &Past{}
		b.past[id] = p
	}
	return p
}

// Peek is what is remembered of an account, without making room for it.
func (b *Book) Peek(id string) Past {
	if p, ok := b.past[id]; ok {
		return *p
	}
	return Past{}
}

// keptGone is for how many days an account that is gone is remembered: Google lets it be brought back for twenty.
const keptGone = 30

// Forget drops the accounts that have not been there for a while.
func (b *Book) Forget(there func(id string) bool, today calendar.Date) {
	maps.DeleteFunc(b.past, func(id string, p *Past) bool {
		gone, err := calendar.ParseDate(p.Gone)
		switch {
		case there(id):
			p.Gone = ""
		case err != nil:
			p.Gone = today.String()
		default:
			return gone.DaysUntil(today) > keptGone
		}
		return false
	})
}

// Class is who was in a class when it was last read; nil if it was not.
func (b *Book) Class(id string) *Class { return b.classes[id] }

// SetClass notes who is in a class.
func (b *Book) SetClass(id string, c *Class) { b.classes[id] = c }

// ForgetClass drops a class, so that it is read in full next time.
func (b *Book) ForgetClass(id string) { delete(b.classes, id) }

// ForgetClasses drops the classes that keep does not want.
func (b *Book) ForgetClasses(keep func(id string) bool) {
	maps.DeleteFunc(b.classes, func(id string, _ *Class) bool { return !keep(id) })
}

// Flush writes what differs from the store.
func (b *Book) Flush(ctx context.Context) error {
	parts := map[string]map[string]*Past{}
	for id, p := range b.past {
		if p.empty() {
			continue
		}
		key := shardOf(id)
		if parts[key] == nil {
			parts[key] = map[string]*Past{}
		}
		parts[key][id] = p
	}
	w := writer{book: b, batch: &store.Batch{}}
	for _, key := range slices.Sorted(maps.Keys(parts)) {
		w.put(ctx, Accounts, key, parts[key])
	}
	for _, id := range slices.Sorted(maps.Keys(b.classes)) {
		w.put(ctx, Classes, id, b.classes[id])
	}
	for key := range b.docs[Accounts] {
		if key != stateKey && parts[key] == nil {
			w.drop(ctx, Accounts, key)
		}
	}
	for id := range b.docs[Classes] {
		if b.classes[id] == nil {
			w.drop(ctx, Classes, id)
		}
	}
	w.put(ctx, Accounts, stateKey, b.State)
	return w.end(ctx)
}

// shardOf says in which document an account lies.
func shardOf(id string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id))
	return fmt.Sprintf("accounts-%02d", h.Sum32()%shards)
}

// writer gathers writes into batches.
type writer struct {
	book  *Book
	batch *store.Batch
	done  []func()
	err   error
}

func (w *writer) put(ctx context.Context, c *store.Collection, key string, v any) {
	if w.err != nil {
		return
	}
	body, err := json.Marshal(v)
	if err != nil {
		w.err = err
		return
	}
	old := w.book.docs[c][key]
	if bytes.Equal(body, old.Body) {
		return
	}
	w.batch.Put(c, key, old.Version, nil, body)
	w.done = append(w.done, func() { w.book.docs[c][key] = store.Doc{Key: key, Version: old.Version + 1, Body: body} })
	w.full(ctx)
}

func (w *writer) drop(ctx context.Context, c *store.Collection, key string) {
	if w.err != nil {
		return
	}
	w.batch.Delete(c, key, w.book.docs[c][key].Version)
	w.done = append(w.done, func() { delete(w.book.docs[c], key) })
	w.full(ctx)
}

// full commits when another document might not fit.
func (w *writer) full(ctx context.Context) {
	if w.batch.Writes() > store.MaxBatchWrites-10 || w.batch.Size() > store.MaxBatchBytes/2 {
		w.err = w.end(ctx)
	}
}

func (w *writer) end(ctx context.Context) error {
	if w.err != nil || w.batch.Writes() == 0 {
		return w.err
	}
	if err := w.book.commit(ctx, w.batch); err != nil {
		return err
	}
	for _, fn := range w.done {
		fn()
	}
	w.batch, w.done = &store.Batch{}, nil
	return nil
}
