package actions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
)

var (
	ctx    = context.Background()
	monday = time.Date(2026, 9, 14, 6, 0, 0, 0, time.UTC)
	it     = By{Role: "workspace_admin", Address: "it@school.example", ID: "it"}
	head   = By{Role: "headteacher", Address: "head@school.example", ID: "head"}
)

// lamps is a remedy that switches lamps off: params lamp. A lamp is "on", "off", or anything else; no lamp is missing.
type lamps struct {
	is      map[string]string
	does    int   // changes made
	looks   int   // readings
	refuse  error // what a change answers
	lost    bool  // a change answers with refuse, but was made
	blind   error // what a reading answers
	hide    int   // readings for which a change does not show
	shown   map[string]string
	forever bool // cannot be undone
	vague   bool // cannot be read
}

func (*lamps) Kind() string { return "lamp" }

func (r *lamps) look(id, approved, wanted string) (Live, error) {
	r.looks++
	if r.blind != nil {
		return Live{}, r.blind
	}
	is, ok := r.is[id]
	if old, hidden := r.shown[id]; hidden {
		if r.hide--; r.hide >= 0 {
			is = old
		} else {
			delete(r.shown, id)
		}
	}
	switch {
	case !ok:
		return Live{Sight: Missing}, nil
	case r.vague:
		return Live{Sight: Unreadable}, nil
	case is == wanted:
		return Live{Sight: AsWanted}, nil
	case is == approved:
		return Live{Sight: AsApproved, Undo: json.RawMessage(`{"was":"` + is + `"}`)}, nil
	}
	return Live{Sight: Different, Note: "it flickers"}, nil
}

func (r *lamps) set(id, to string) error {
	if r.refuse != nil && !r.lost {
		return r.refuse
	}
	if r.hide > 0 {
		r.shown[id] = r.is[id]
	}
	if r.is[id] != to {
		r.does++
	}
	r.is[id] = to
	return r.refuse
}

func (r *lamps) Look(_ context.Context, a *Action) (Live, error) {
	return r.look(a.Params["lamp"], "on", "off")
}
func (r *lamps) Do(_ context.Context, a *Action) error { return r.set(a.Params["lamp"], "off") }

func (r *lamps) UndoLook(_ context.Context, a *Action, raw json.RawMessage) (Live, error) {
	if raw == nil || r.forever {
		return Live{}, fmt.Errorf("%w: the lamp is broken", ErrNoUndo)
	}
	return r.look(a.Params["lamp"], "off", "on")
}

func (r *lamps) Undo(_ context.Context, a *Action, _ json.RawMessage) error {
	return r.set(a.Params["lamp"], "on")
}

// bench is a log over lamps, and a clock.
type bench struct {
	*testing.T
	*Log
	lamps *lamps
	count *store.Counter
	now   time.Time
	limit Limit
}

func newBench(t *testing.T, n int) *bench {
	s, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{T: t, lamps: &lamps{is: map[string]string{}, shown: map[string]string{}}, now: monday, count: store.Counting(s)}
	for i := range n {
		b.lamps.is[fmt.Sprintf("l%02d", i)] = "on"
	}
	day := func(m time.Month, d int) calendar.Date { return calendar.Date{Year: 2026, Month: m, Day: d} }
	b.Log = &Log{
		Store: b.count, Commit: b.count.Commit, Clock: func() time.Time { return b.now }, Run: "r1", Remedies: []Remedy{b.lamps},
		Calendar: &calendar.Calendar{Terms: []calendar.Term{{Name: "Autumn", First: day(9, 2), Last: day(12, 18), HalfTerm: calendar.Range{First: day(10, 26), Last: day(10, 30)}}}},
		Limit:    func(string) Limit { return b.limit },
		Wait:     func(_ context.Context, d time.Duration) error { b.now = b.now.Add(d); return nil },
		Patience: []time.Duration{time.Second, time.Second},
	}
	return b
}

func lamp(i int) Proposal {
	id := fmt.Sprintf("l%02d", i)
	return Proposal{
		Finding: "A4~lamps.on~lamp~" + id, Opened: monday, Clause: "A4", Rule: "lamps.on", Subject: "lamp/" + id, Facts: []string{"b"}, Severity: "medium",
		Change: Change{Kind: "lamp", Params: map[string]string{"lamp": id}},
	}
}

// propose proposes to switch off lamps, and returns the ids of the actions. Edit may be nil.
func (b *bench) propose(from, to int, edit func(*Proposal)) (ids []string) {
	b.Helper()
	var list []Proposal
	for i := from; i < to; i++ {
		p := lamp(i)
		if edit != nil {
			edit(&p)
		}
		list = append(list, p)
		ids = append(ids, ID(p.Finding, p.Opened, p.Change))
	}
	_, err := b.Propose(ctx, seq(list))
	b.must(err)
	return ids
}

func seq(list []Proposal) func(func(Proposal, error) bool) {
	return func(yield func(Proposal, error) bool) {
		for _, p := range list {
			if !yield(p, nil) {
				return
			}
		}
	}
}

func auto(p *Proposal) { p.Auto = true }
func high(p *Proposal) { p.Severity = High }

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bench) wants(err, want error) {
	b.Helper()
	if !errors.Is(err, want) {
		b.Fatalf("have error %v, want %v", err, want)
	}
}

func (b *bench) approve(by By, ids ...string) {
	b.Helper()
	for _, id := range ids {
		b.must(b.Approve(ctx, by, Pick{ID: id}))
	}
}

func (b *bench) apply() Result {
	b.Helper()
	res, err := b.Apply(ctx, Input{})
	b.must(err)
	return res
}

func (b *bench) get(id string) *Action {
	b.Helper()
	a, err := b.Get(ctx, id)
	b.must(err)
	return a
}

func (b *bench) state(want State, ids ...string) {
	b.Helper()
	for _, id := range ids {
		if a := b.get(id); a.State != want {
			b.Fatalf("%s is %s (%s), want %s", id, a.State, a.Why, want)
		}
	}
}

// told compares the last events of an action, oldest first.
func (b *bench) told(id string, want ...How) {
	b.Helper()
	var have []How
	for e, err := range b.History(ctx, id) {
		b.must(err)
		have = append(have, e.How)
	}
	if !slices.Equal(have, want) {
		b.Fatalf("events of %s: %v, want %v", id, have, want)
	}
}
