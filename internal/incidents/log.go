package incidents

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/policy"
	"esafetybot/internal/store"
)

// Log reads and changes the entries of one school. It is not changed while it is used.
type Log struct {
	Store store.Store
	// Commit writes a batch; a job adds the requirement of its lease here.
	Commit   func(context.Context, *store.Batch) error
	Now      func() time.Time
	Calendar *calendar.Calendar
	Roster   []Person // who plays which role now; see RosterOf
	Dues     map[Kind]Due
	// Takers are the roles that take material down, whether or not they may read the entry about it; see [Log.Asked].
	Takers []policy.Role
	// Keep is how long an entry about a pupil or nobody is kept where nothing better is known; zero is KeepPupils years.
	Keep policy.Period
	// Title is what the school calls a role; nil takes the usual words.
	Title   func(policy.Role) string
	Numbers Numbers
	// Beside are people who see totals and lessons too, beside those for whom they are: what concerns one of them is left out alike.
	Beside []By
	// NewID makes the id of an entry, which nobody can guess; nil is crypto/rand.Text.
	NewID func() string
}

// tries is how often a change is made anew because somebody else changed the entry meanwhile.
const tries = 5

func (l *Log) now() time.Time { return l.Now().UTC() }

func (l *Log) newID() string {
	if l.NewID != nil {
		return l.NewID()
	}
	return rand.Text()
}

// load reads an entry from whichever shelf it lies on, for nobody in particular. It may move between the two readings, so the first is
// read again before it is said that there is none.
func (l *Log) load(ctx context.Context, id string) (*Entry, error) {
	if store.CheckKey(id) != nil {
		return nil, fmt.Errorf("entry: %w", ErrNone)
	}
	for _, s := range []Shelf{Ordinary, Adults, Ordinary} {
		d, err := l.Store.Get(ctx, s.collection(), id)
		if err == nil {
			return decode(s, d)
		}
		if !errors.Is(err, store.ErrNotFound) {
			return nil, fmt.Errorf("reading an entry: %w", err)
		}
	}
	return nil, fmt.Errorf("entry: %w", ErrNone)
}

// Get reads an entry without leaving a trace. A page shows what it gives only after it has had [Log.Open] recorded. The error wraps ErrNone
// when there is none, and when the reader may not read it, in the same words.
func (l *Log) Get(ctx context.Context, reader By, id string) (*Entry, error) {
	e, err := l.load(ctx, id)
	if err != nil {
		return nil, err
	}
	if ok, _ := l.MayRead(reader, e); !ok {
		return nil, fmt.Errorf("entry: %w", ErrNone)
	}
	return e, nil
}

// List streams the entries of a shelf in a state ("" for all) that somebody may read, the oldest first.
func (l *Log) List(ctx context.Context, s Shelf, reader By, state State) iter.Seq2[*Entry, error] {
	return func(yield func(*Entry, error) bool) {
		for e, err := range l.all(ctx, s, state) {
			if err == nil {
				if ok, _ := l.MayRead(reader, e); !ok {
					continue
				}
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// all streams a shelf for nobody in particular.
func (l *Log) all(ctx context.Context, s Shelf, state State) iter.Seq2[*Entry, error] {
	ask := store.Ask{Query: "raised"}
	if state != "" {
		ask = store.Ask{Query: "state", Equal: map[string]string{"state": string(state)}}
	}
	return l.find(ctx, s, ask)
}

func (l *Log) find(ctx context.Context, s Shelf, ask store.Ask) iter.Seq2[*Entry, error] {
	return func(yield func(*Entry, error) bool) {
		for d, err := range l.Store.Find(ctx, s.collection(), ask) {
			var e *Entry
			if err == nil {
				e, err = decode(s, d)
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// actor is somebody who acts on an entry.
type actor struct {
	Who
	top bool // the headteacher or the chair of governors
}

// change makes one change to an entry as somebody who may read it, with whatever else do puts into the batch. Whoever acts on an entry has opened it.
func (l *Log) change(ctx context.Context, by By, id string, do func(e *Entry, me actor, b *store.Batch) error) error {
	return l.anew(ctx, id, func() (*store.Batch, error) {
		e, err := l.load(ctx, id)
		if err != nil {
			return nil, err
		}
		r, ok := l.reads(by, e)
		if !ok {
			return nil, fmt.Errorf("entry: %w", ErrNone)
		}
		who := by.who()
		who.Role = string(r.Role)
		if !slices.ContainsFunc(e.Opened, func(m Mark) bool { return m.same(who) }) {
			at := l.now()
			e.Opened = append(e.Opened, Mark{who, at})
			e.happened(at, who, WasOpened, "")
		}
		b := &store.Batch{}
		if err := do(e, actor{who, r.p.holds(policy.RoleHead, policy.RoleChair)}, b); err != nil {
			return nil, fmt.Errorf("entry %s: %w", id, err)
		}
		if len(e.History) == len(e.past) {
			return nil, nil
		}
		return b, e.put(b)
	})
}

// anew commits what is made of an entry, and makes it anew where somebody else changed the entry meanwhile. No batch: there is nothing to commit.
func (l *Log) anew(ctx context.Context, id string, made func() (*store.Batch, error)) error {
	var err error
	for range tries {
		b, failed := made()
		if b == nil || failed != nil {
			return failed
		}
		if err = l.Commit(ctx, b); !errors.Is(err, store.ErrConflict) {
			break
		}
	}
	return wrap(id, err)
}

func wrap(id string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("entry %s: %w", id, err)
}
