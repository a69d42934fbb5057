package actions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/store"
)

// Log reads and changes the actions of one school.
type Log struct {
	Store store.Store
	// Commit writes a batch; a job adds the requirement of its lease here.
	Commit   func(context.Context, *store.Batch) error
	Clock    func() time.Time
	Calendar *calendar.Calendar
	Run      string // in whose name actions change
	Remedies []Remedy
	// Told says when those whom an approved action concerns heard of it, zero if not all have: its notice counts from then. nil counts from the approval.
	Told func(context.Context, *Action) (time.Time, error)
	// Frozen tells whether something must be left as it is, whatever was approved: any of these subjects (kind/id). nil: nothing.
	Frozen func(ctx context.Context, subjects ...string) (bool, error)
	// Limit is the brake of a kind; nil means the tightest, the zero Limit.
	Limit func(kind string) Limit
	// Wait waits, or returns the context's error. It stands between two readings of what was changed.
	Wait func(context.Context, time.Duration) error
	// Patience is how long to wait before each further reading, after the first; nil is a minute in all ([Patience]).
	Patience []time.Duration
}

// Patience is how long Directory writes are waited for.
var Patience = []time.Duration{2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 30 * time.Second}

// MaxTries is how often a change is made, and refused or never to be seen, before it has failed. A run that was killed before it
// knew what became of it has tried nothing; but a change that kills each run may not do so for ever, so it is begun MaxBegun times at most.
const (
	MaxTries = 3
	MaxBegun = 12
)

// full is where a batch is committed and a new one begun: room for the lease, and for the two writes of one more transition.
const full = store.MaxBatchWrites - 10

func (l *Log) now() time.Time { return l.Clock().UTC() }

func (l *Log) remedy(kind string) (Remedy, error) {
	for _, r := range l.Remedies {
		if r.Kind() == kind {
			return r, nil
		}
	}
	return nil, fmt.Errorf("there is no remedy of the kind %s", kind)
}

// keep adds an action to a batch without an event: nothing in its life changed.
func (l *Log) keep(b *store.Batch, a *Action) error {
	body, err := json.Marshal(a)
	if err != nil {
		return err
	}
	b.Put(Actions, a.ID, a.version, a.fields(), body)
	a.version++
	return nil
}

// move adds a transition to a batch: the action in its new state and the event that tells so.
func (l *Log) move(b *store.Batch, a *Action, to State, e Event) error {
	now := l.now()
	e.Action, e.Kind, e.Finding, e.Subject, e.Facts = a.ID, a.Kind, a.Finding, a.Subject, a.Facts
	e.At, e.From, e.To, e.Run = now, a.State, to, l.Run
	a.State, a.Changed, a.Why = to, now, e.Why
	if err := l.keep(b, a); err != nil {
		return err
	}
	return l.event(b, fmt.Sprintf("%s~%d", a.ID, a.version), e)
}

func (l *Log) event(b *store.Batch, key string, e Event) error {
	body, err := json.Marshal(e)
	if err != nil {
		return err
	}
	at := store.Time(e.At)
	fields := map[string]string{"at": at}
	if e.Action != "" {
		fields["action"] = e.Action
	}
	b.Create(Events, at+"~"+key, fields, body)
	return nil
}

// writer gathers transitions and commits them a batch at a time.
type writer struct {
	l *Log
	b store.Batch
}

func (w *writer) flush(ctx context.Context, force bool) error {
	if n := w.b.Writes(); n == 0 || !force && n < full && w.b.Size() < store.MaxBatchBytes/2 {
		return nil
	}
	err := w.l.Commit(ctx, &w.b)
	w.b = store.Batch{}
	return err
}

func (w *writer) move(ctx context.Context, a *Action, to State, e Event) error {
	if err := w.l.move(&w.b, a, to, e); err != nil {
		return err
	}
	return w.flush(ctx, false)
}

// moveNow is one transition in a batch of its own.
func (l *Log) moveNow(ctx context.Context, a *Action, to State, e Event) error {
	b := &store.Batch{}
	if err := l.move(b, a, to, e); err != nil {
		return err
	}
	return l.Commit(ctx, b)
}

// Get reads one action; the error wraps store.ErrNotFound if there is none.
func (l *Log) Get(ctx context.Context, id string) (*Action, error) {
	if err := store.CheckKey(id); err != nil {
		return nil, fmt.Errorf("action %q: %w; list them with: esafetybot plan", id, err)
	}
	d, err := l.Store.Get(ctx, Actions, id)
	if err != nil {
		return nil, fmt.Errorf("action %s: %w; list them with: esafetybot plan", id, err)
	}
	return decode(d)
}

// List streams the actions in any of some states, state by state, each by id.
func (l *Log) List(ctx context.Context, states ...State) iter.Seq2[*Action, error] {
	return func(yield func(*Action, error) bool) {
		for _, s := range states {
			for a, err := range l.find(ctx, store.Ask{Query: "state", Equal: map[string]string{"state": string(s)}}) {
				if !yield(a, err) || err != nil {
					return
				}
			}
		}
	}
}

// Of streams the actions for one finding, of all its openings.
func (l *Log) Of(ctx context.Context, finding string) iter.Seq2[*Action, error] {
	return l.find(ctx, store.Ask{Query: "finding", Equal: map[string]string{"finding": finding}})
}

func (l *Log) find(ctx context.Context, ask store.Ask) iter.Seq2[*Action, error] {
	return func(yield func(*Action, error) bool) {
		for d, err := range l.Store.Find(ctx, Actions, ask) {
			var a *Action
			if err == nil {
				a, err = decode(d)
			}
			if !yield(a, err) || err != nil {
				return
			}
		}
	}
}

// all reads the actions in some states; what is written while a listing streams would show either way.
func (l *Log) all(ctx context.Context, states ...State) ([]*Action, error) {
	var out []*Action
	for a, err := range l.List(ctx, states...) {
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	// The heavy ones first: where the brake lets only some through, these.
	slices.SortStableFunc(out, func(a, b *Action) int { return weight(a.Severity) - weight(b.Severity) })
	return out, nil
}

func weight(severity string) int {
	if i := slices.Index([]string{High, "medium", "low"}, severity); i >= 0 {
		return i
	}
	return 3
}

// History streams the events of one action, oldest first.
func (l *Log) History(ctx context.Context, id string) iter.Seq2[Event, error] {
	return l.events(ctx, store.Ask{Query: "action", Equal: map[string]string{"action": id}})
}

// Life lists the events of one action in the order in which they were written, also where a clock stood still.
func (l *Log) Life(ctx context.Context, id string) ([]Event, error) {
	var out []Event
	for e, err := range l.History(ctx, id) {
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	slices.SortStableFunc(out, func(a, b Event) int { return a.number - b.number })
	return out, nil
}

// EventsSince streams all events later than a moment, oldest first.
func (l *Log) EventsSince(ctx context.Context, after time.Time) iter.Seq2[Event, error] {
	ask := store.Ask{Query: "since"}
	if !after.IsZero() {
		ask.From = store.Time(after.Add(1))
	}
	return l.events(ctx, ask)
}

func (l *Log) events(ctx context.Context, ask store.Ask) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for d, err := range l.Store.Find(ctx, Events, ask) {
			var e Event
			if err == nil {
				err = json.Unmarshal(d.Body, &e)
				e.number, _ = strconv.Atoi(d.Key[strings.LastIndexByte(d.Key, '~')+1:]) // of a run that did nothing there is none
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// undoOf reads what undoing an action needs. The version is 0 if nothing is kept.
func (l *Log) undoOf(ctx context.Context, id string) (json.RawMessage, int64, error) {
	d, err := l.Store.Get(ctx, Undos, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, 0, nil
	}
	return d.Body, d.Version, err
}

// Prune forgets what undoing needs of actions begun before a moment, with the addresses in it: they cannot be undone from then on. What is frozen stays.
func (l *Log) Prune(ctx context.Context, before time.Time) (int, error) {
	var docs []store.Doc
	for d, err := range l.Store.Find(ctx, Undos, store.Ask{Query: "at", To: store.Time(before)}) {
		if err != nil {
			return 0, err
		}
		stays, err := l.frozenUndo(ctx, d.Key)
		if err != nil {
			return 0, err
		}
		if !stays {
			docs = append(docs, d)
		}
	}
	w := &writer{l: l}
	for _, d := range docs {
		w.b.Delete(Undos, d.Key, d.Version)
		if err := w.flush(ctx, false); err != nil {
			return 0, err
		}
	}
	return len(docs), w.flush(ctx, true)
}

// words makes an error fit to be kept: short, and without addresses.
func words(err error) string {
	var out []string
	n := 0
	for _, w := range strings.Fields(err.Error()) {
		if strings.Contains(w, "@") {
			w = "(address)"
		}
		if n += len(w) + 1; n > 300 {
			break
		}
		out = append(out, w)
	}
	return strings.Join(out, " ")
}
