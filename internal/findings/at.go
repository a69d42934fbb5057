package findings

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"esafetybot/internal/store"
)

// stand notes in an event how a finding stands after it.
func (e *Event) stand(f *Finding) {
	e.Severity, e.Deals, e.Opened, e.Since, e.Due, e.Missing = f.Severity, f.Deals, f.Opened, f.Since, f.Due, f.Missing
	e.Agreed = f.Agreed.told()
}

// told is an agreement as it may be kept and told: without facts, a private one without its reason.
func (a *Agreement) told() *Agreement {
	if a == nil {
		return nil
	}
	t := *a
	if t.Facts = nil; t.Private {
		t.Why = ""
	}
	return &t
}

// DecodeEvent reads a document of [Events].
func DecodeEvent(d store.Doc) (Event, error) {
	var e Event
	if err := json.Unmarshal(d.Body, &e); err != nil {
		return e, fmt.Errorf("event %s of a finding cannot be read from the state: %w", d.Key, err)
	}
	e.number, _ = strconv.Atoi(d.Key[strings.LastIndexByte(d.Key, '~')+1:]) // no other key is written
	return e, nil
}

// stood is a finding as it stood after an event. What an event of an older version does not tell is as it is now; opened is when the opening began that the event is part of.
func (e Event) stood(now *Finding, opened time.Time) *Finding {
	f := *now
	f.Status, f.Facts, f.Closed, f.How = e.To, e.Facts, time.Time{}, ""
	if e.To == Resolved {
		f.Closed, f.How = e.At, e.How
	}
	f.Opened = opened
	if e.Severity == "" {
		if f.Agreed = nil; e.To == Accepted && now.Status == Accepted {
			f.Agreed = now.Agreed.told()
		}
		return &f
	}
	f.Severity, f.Deals, f.Opened, f.Since, f.Due, f.Missing, f.Agreed = e.Severity, e.Deals, e.Opened, e.Since, e.Due, e.Missing, e.Agreed
	return &f
}

// opens tells whether an event begins an opening.
func (e Event) opens() bool {
	return e.How == Seen || e.How == Again || e.How == NewFact || e.How == AgreedEnded
}

// History tells how the findings of some checks stood at any moment from one on, by their events.
type History struct {
	from time.Time
	list []past
}

// past is one finding with its events from the last one before the history begins.
type past struct {
	now    *Finding
	events []Event     // in the order in which they were written; nil where nothing has changed since the history begins: then it always stood as now
	opened []time.Time // of each event
}

// Since reads how the findings of some checks stood from a moment on. What did not change since then costs no more than to list it.
func (k *Keeper) Since(ctx context.Context, from time.Time, checks ...string) (*History, error) {
	h := &History{from: from}
	for _, check := range checks {
		changed := map[string][]Event{}
		var order []string
		for e, err := range k.EventsSince(ctx, check, from) {
			if err != nil {
				return nil, err
			}
			if changed[e.Finding] == nil {
				order = append(order, e.Finding)
			}
			changed[e.Finding] = append(changed[e.Finding], e)
		}
		current, err := k.Current(ctx, check)
		if err != nil {
			return nil, err
		}
		for id, f := range current {
			if changed[id] == nil {
				h.list = append(h.list, past{now: f})
			}
		}
		for _, id := range order {
			p, err := k.past(ctx, id, from, changed[id])
			if err != nil {
				return nil, err
			}
			if p.now != nil {
				h.list = append(h.list, p)
			}
		}
	}
	slices.SortFunc(h.list, func(a, b past) int {
		if a.now.ID < b.now.ID {
			return -1
		}
		return 1
	})
	return h, nil
}

// past reads a finding with what it was before its events since then.
func (k *Keeper) past(ctx context.Context, id string, from time.Time, since []Event) (past, error) {
	var p past
	var err error
	if p.now, err = k.Get(ctx, id); errors.Is(err, store.ErrNotFound) {
		return p, nil
	} else if err != nil {
		return p, err
	}
	var before []Event
	ask := store.Ask{Query: "finding", Equal: map[string]string{"finding": id}, To: store.Time(from.Add(1))}
	for d, err := range k.Store.Find(ctx, Events, ask) {
		if err != nil {
			return p, err
		}
		e, err := DecodeEvent(d)
		if err != nil {
			return p, err
		}
		before = append(before, e)
	}
	p.events = append(before, since...)
	slices.SortStableFunc(p.events, func(a, b Event) int { return a.number - b.number })
	opened := p.now.FirstSeen
	for _, e := range p.events {
		if e.opens() {
			opened = e.At
		}
		p.opened = append(p.opened, opened)
	}
	return p, nil
}

// At lists the findings that were there at a moment, by id; of those that were put right by then those that changed since the history begins. A moment before that has none. Of agreements
// the facts are left out, and the reasons of private ones.
func (h *History) At(t time.Time) []*Finding {
	var out []*Finding
	if t.Before(h.from) {
		return nil
	}
	for _, p := range h.list {
		if p.events == nil {
			f := *p.now
			f.Agreed = f.Agreed.told()
			out = append(out, &f)
			continue
		}
		for i := len(p.events) - 1; i >= 0; i-- {
			if !p.events[i].At.After(t) {
				out = append(out, p.events[i].stood(p.now, p.opened[i]))
				break
			}
		}
	}
	return out
}

// Events lists what changed later than a moment and not later than another, which is not before the history begins, with the findings as they stood after it: by finding, each in the order of time.
func (h *History) Events(after, upTo time.Time) []Changed {
	var out []Changed
	for _, p := range h.list {
		for i, e := range p.events {
			if e.At.After(after) && !e.At.After(upTo) {
				out = append(out, Changed{Event: e, Finding: e.stood(p.now, p.opened[i])})
			}
		}
	}
	return out
}

// Changed is an event with its finding as it stood after it.
type Changed struct {
	Event
	Finding *Finding
}
