package incidents

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/policy"
	"esafetybot/internal/store"
)

// takenDown is the answer that stops the clock of material to be taken down.
const takenDown = "taken-down"

// Removal is all that somebody is told who is to take material down and may not read the entry about it: where it is, and by when. Nothing of it says what is wrong, about whom it is, or who raised it.
type Removal struct {
	Entry string // id
	Item  string // the subject that the entry links to
	Since time.Time
	Due   time.Time // zero: no deadline is known
	Late  bool
}

// removable are the kinds of subjects that somebody can take down who is given the link alone. An account is none: it says who it is.
func removable(item string) bool {
	kind, _, _ := strings.Cut(item, "/")
	return slices.Contains([]string{"file", "post", "document", "blog-post", "blog", "dojo", "web"}, kind)
}

// takersOf lists the roles that deal with material to be taken down by a policy.
func takersOf(p *policy.Policy) []policy.Role {
	info, _ := Takedown.Info()
	var out []policy.Role
	for _, c := range p.Clauses {
		asks := slices.ContainsFunc(c.MetBy, func(m policy.Means) bool { return m.Kind == policy.Record && m.Name == info.Record })
		if asks && !c.DealsWithIt.PerClass() && !slices.Contains(out, c.DealsWithIt) {
			out = append(out, c.DealsWithIt)
		}
	}
	return out
}

// Asked lists who is asked to take down what an entry links to without reading the entry: those of [Log].Takers who may not read it. There is nobody where it links to nothing that can be taken down, where it was done, where the entry is about an adult, or about
// anybody who plays a role here: from the link they might know themselves.
func (l *Log) Asked(e *Entry) []Told {
	if e.Kind != Takedown || e.State != Open || e.Settled != nil || !removable(e.Item) || e.About.shelf() != Ordinary || l.ConcernsStaff(e) {
		return nil
	}
	c := l.around(e, Who{})
	readers := l.reached(e, c)
	var out []Told
	for _, p := range c.parties {
		i := slices.IndexFunc(l.Takers, func(r policy.Role) bool { return p.holds(r) })
		if i < 0 || slices.ContainsFunc(readers, func(r reached) bool { return r.p == p }) || len(p.Addresses) == 0 {
			continue
		}
		out = append(out, Told{Role: l.Takers[i], ID: p.ID, Address: p.Addresses[0], At: e.Since})
	}
	return out
}

// asks tells whether somebody is among those whom an entry asks, and as whom.
func (l *Log) asks(by By, e *Entry) (Told, bool) {
	c := l.crowd()
	me := c.add(&party{}, by.who().keys())
	for _, t := range l.Asked(e) {
		if me != nil && slices.ContainsFunc(t.who().keys(), func(k string) bool { return slices.Contains(me.keys, k) }) {
			return t, true
		}
	}
	return Told{}, false
}

// Removals lists what somebody is asked to take down, the oldest first.
func (l *Log) Removals(ctx context.Context, by By) ([]Removal, error) {
	var out []Removal
	for e, err := range l.all(ctx, Ordinary, Open) {
		if err != nil {
			return nil, err
		}
		if _, ok := l.asks(by, e); ok {
			t := Removal{Entry: e.ID, Item: e.Item, Since: e.Since, Late: l.Late(e)}
			t.Due, _ = l.Clock(e)
			out = append(out, t)
		}
	}
	return out, nil
}

// TakenDown notes that somebody who was asked has taken down what an entry links to. They read nothing of it; to everybody who is not asked there is no such entry.
func (l *Log) TakenDown(ctx context.Context, by By, id string) error {
	return l.anew(ctx, id, func() (*store.Batch, error) {
		e, err := l.load(ctx, id)
		if err != nil {
			return nil, err
		}
		t, ok := l.asks(by, e)
		if !ok {
			return nil, fmt.Errorf("entry: %w", ErrNone)
		}
		who := by.who()
		who.Role = string(t.Role)
		a, _ := e.Kind.answer(takenDown)
		e.Settled = &Settled{Answer: takenDown, At: l.now()}
		e.happened(e.Settled.At, who, WasSettled, a.Title)
		b := &store.Batch{}
		return b, e.put(b)
	})
}

// AskedNotices lists whom a letter is to tell that there is something to be taken down, of the open entries. [Log.MarkTold] marks it as of any notice.
func (l *Log) AskedNotices(ctx context.Context) ([]Notice, []Removal, error) {
	var out []Notice
	var what []Removal
	for e, err := range l.all(ctx, Ordinary, Open) {
		if err != nil {
			return nil, nil, err
		}
		n := Notice{Entry: e.ID, e: e}
		for _, t := range l.Asked(e) {
			if !slices.ContainsFunc(e.Told, func(m Mark) bool { return m.same(t.who()) && !m.At.Before(e.Since) }) {
				n.To = append(n.To, t)
			}
		}
		if len(n.To) > 0 {
			due, _ := l.Clock(e)
			out, what = append(out, n), append(what, Removal{Entry: e.ID, Item: e.Item, Since: e.Since, Due: due})
		}
	}
	return out, what, nil
}
