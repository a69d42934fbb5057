package incidents

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/policy"
	"esafetybot/internal/store"
)

// How long entries are kept before somebody is asked. Nothing goes because of it: it only asks.
const (
	// KeepAdults is for how many years an entry about an adult is kept: what is advised is to pension age, or ten years if that is longer, and no age is known here.
	KeepAdults = 10
	// KeepPupils is the same for one about a pupil whose year group was never known, or about nobody, where the policy says nothing.
	KeepPupils = 25
	// grown is the birthday to which a pupil's entries are kept.
	grown = 25
)

// Keeping is somebody's decision that an entry stays although its time was over.
type Keeping struct {
	At    time.Time `json:"at"`
	By    Who       `json:"by"`
	Until string    `json:"until"` // the last day
	Why   string    `json:"why"`
}

// Ends is the collection of what is left of entries that were deleted: when, and by whom. The key tells nothing.
var Ends = &store.Collection{Name: "incident_ends", Schema: 1}

// End is one document of [Ends].
type End struct {
	At time.Time `json:"at"`
	By Who       `json:"by"`
}

// Known is what is known today of somebody whom an entry is about.
type Known struct {
	Year string // year group of a pupil on the roll, as the roll has it: "R", "1"; "" if none is known
	Left bool   // they have left: their row of the roll says so or is gone, or the account is
}

// period is how long an entry is kept, in years, where nothing else is known.
func (l *Log) period(e *Entry) policy.Period {
	switch {
	case e.About.shelf() == Adults:
		return policy.Period{Count: KeepAdults, Unit: "year"}
	case l.Keep.Count > 0:
		return l.Keep
	}
	return policy.Period{Count: KeepPupils, Unit: "year"}
}

// KeptUntil is the last day of an entry's time; false where it has no end yet: a low-level concern about somebody whose account is there.
func (l *Log) KeptUntil(e *Entry) (calendar.Date, bool) {
	said := e.Period
	if n := len(e.Keepings); n > 0 {
		said = e.Keepings[n-1].Until
	}
	if day, err := calendar.ParseDate(said); err == nil {
		return day, true
	}
	if e.Kind == LowLevel && slices.ContainsFunc(e.Concerns, func(w Who) bool { return w.ID != "" }) {
		return calendar.Date{}, false
	}
	p := l.period(e)
	return l.Calendar.Date(p.After(e.Raised)), true
}

// Over tells whether the time of an entry is over, so that somebody has to decide about it. An open one is closed first.
func (l *Log) Over(e *Entry) bool {
	day, ok := l.KeptUntil(e)
	return ok && e.State == Closed && l.Calendar.Date(l.now()).After(day)
}

// Decides tells whether somebody decides whether an entry stays: the safeguarding lead of those who may read it, or all of them where the lead may not; of one about an adult whoever may read it.
func (l *Log) Decides(by By, e *Entry) bool {
	c := l.around(e, by.who())
	readers := l.reached(e, c)
	leads := slices.ContainsFunc(readers, func(r reached) bool { return r.p.holds(policy.RoleSafeguarding) })
	return slices.ContainsFunc(readers, func(r reached) bool {
		return r.p == c.me && (e.About.shelf() == Adults || !leads || r.p.holds(policy.RoleSafeguarding))
	})
}

// Undecided counts the entries of a shelf that wait for somebody's decision whether they stay.
func (l *Log) Undecided(ctx context.Context, s Shelf, by By) (n int, err error) {
	for e, err := range l.all(ctx, s, Closed) {
		if err != nil {
			return 0, err
		}
		if l.Over(e) && l.Decides(by, e) {
			n++
		}
	}
	return n, nil
}

// StayUntil keeps an entry whose time is over until a day, for a reason of at most MaxNote characters without names.
func (l *Log) StayUntil(ctx context.Context, by By, id, until, why string) error {
	return l.change(ctx, by, id, func(e *Entry, me actor, _ *store.Batch) error {
		if err := l.mayEnd(by, e); err != nil {
			return err
		}
		now := l.now()
		why, err := text("the reason", why, MaxNote, true)
		if err != nil {
			return err
		}
		day, _ := calendar.ParseDate(until)
		if !day.After(l.Calendar.Date(now)) {
			return fmt.Errorf("%w: say until which day it is kept; the day lies ahead", ErrForm)
		}
		e.Keepings = append(e.Keepings, Keeping{now, me.Who, day.String(), why})
		e.happened(now, me.Who, WasKept, "until "+day.String())
		return nil
	})
}

func (l *Log) mayEnd(by By, e *Entry) error {
	switch {
	case !l.Decides(by, e):
		return fmt.Errorf("%w: whether it stays is for the safeguarding lead to decide, of one about an adult for the headteacher", ErrMay)
	case !l.Over(e):
		return fmt.Errorf("%w: its time is not over, or it is open", ErrState)
	}
	return nil
}

// Delete deletes an entry whose time is over, with the receipt of whoever raised it, for good. Nothing but [End] is left of it.
func (l *Log) Delete(ctx context.Context, by By, id string) error {
	return l.anew(ctx, id, func() (*store.Batch, error) {
		e, err := l.Get(ctx, by, id)
		if err != nil {
			return nil, err
		}
		if err := l.mayEnd(by, e); err != nil {
			return nil, fmt.Errorf("entry %s: %w", id, err)
		}
		b := &store.Batch{}
		b.Delete(e.lies.collection(), e.ID, e.version)
		if err := l.dropReceipt(ctx, b, e); err != nil {
			return nil, err
		}
		r, _ := l.reads(by, e)
		who := by.who()
		who.Role = string(r.Role)
		body, err := json.Marshal(End{At: l.now(), By: who})
		b.Create(Ends, rand.Text(), nil, body)
		return b, err
	})
}

func (l *Log) dropReceipt(ctx context.Context, b *store.Batch, e *Entry) error {
	gone := map[string]bool{}
	return l.receipts(ctx, e.By, func(d store.Doc, r Receipt) {
		if r.ID == e.ID && !gone[d.Key] {
			gone[d.Key] = true
			b.Delete(Receipts, d.Key, d.Version)
		}
	})
}

// Exported records in an entry that somebody downloaded it, once a day.
func (l *Log) Exported(ctx context.Context, by By, id string) error {
	return l.change(ctx, by, id, func(e *Entry, me actor, _ *store.Batch) error {
		today := l.Calendar.Date(l.now())
		if slices.ContainsFunc(e.History, func(h Event) bool {
			return h.What == WasExported && h.Who.same(me.Who) && l.Calendar.Date(h.At) == today
		}) {
			return nil
		}
		e.happened(l.now(), me.Who, WasExported, "")
		return nil
	})
}

// Heed notes in the entries of a shelf what is known today of those whom they are about: until when a pupil's entry is kept, by year group; that somebody with a low-level concern has left; and, once, that a pupil
// with an open entry has. That one is given back: whoever decides about it is told, so that the file follows. tell adds their letters to the batch that notes it.
func (l *Log) Heed(ctx context.Context, s Shelf, known func(id string) Known, tell func(b *store.Batch, e string, to []Told) error) error {
	var list []*Entry
	for e, err := range l.all(ctx, s, "") {
		if err != nil {
			return err
		}
		list = append(list, e)
	}
	var errs []error
	for _, e := range list {
		if err := l.heed(ctx, e, known, tell); !errors.Is(err, store.ErrConflict) { // somebody is at it: tomorrow
			errs = append(errs, wrap(e.ID, err))
		}
	}
	return errors.Join(errs...)
}

func (l *Log) heed(ctx context.Context, e *Entry, known func(string) Known, tell func(*store.Batch, string, []Told) error) error {
	now, program := l.now(), Who{Role: Program}
	today := l.Calendar.Date(now)
	period, left, all := calendar.Date{}, false, true
	for _, id := range e.people() {
		k := known(id)
		day, _ := Grown(k.Year, today)
		period = slices.MaxFunc([]calendar.Date{period, day}, func(a, b calendar.Date) int { return b.DaysUntil(a) })
		left, all = left || k.Left, all && k.Left
	}
	b := &store.Batch{}
	switch {
	case e.About == Pupil && e.Period == "" && !period.IsZero():
		e.Period = period.String()
		e.happened(now, program, WasDated, "until "+e.Period+", when everybody of the year group is "+strconv.Itoa(grown))
	case e.Kind == LowLevel && e.Period == "" && all && len(e.people()) > 0:
		e.Period = today.AddDays(-1).String()
		e.happened(now, program, WasDated, "the account has ended")
	}
	if e.About == Pupil && left && e.State == Open && !e.has(WasLeft) {
		var to []Told
		for _, t := range l.Told(e) {
			if l.Decides(By{ID: t.ID, Address: t.Address}, e) && t.Address != "" {
				to = append(to, t)
			}
		}
		if len(to) > 0 {
			if err := tell(b, e.ID, to); err != nil {
				return err
			}
			e.happened(now, program, WasLeft, "")
		}
	}
	if len(e.History) == len(e.past) {
		return nil
	}
	if err := e.put(b); err != nil {
		return err
	}
	return l.Commit(ctx, b)
}

// people are the ids of those whom an entry names.
func (e *Entry) people() []string {
	var out []string
	for _, w := range slices.Concat(e.Concerns, e.Pupils) {
		if w.ID != "" {
			out = append(out, w.ID)
		}
	}
	if id, ok := strings.CutPrefix(e.Item, "user/"); ok {
		out = append(out, id)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (e *Entry) has(what What) bool {
	return slices.ContainsFunc(e.History, func(h Event) bool { return h.What == what })
}

// PupilLeft tells whether it was noted that the pupil has left.
func (e *Entry) PupilLeft() bool { return e.has(WasLeft) }

// Grown is the last day of the school year in which everybody of a year group turns 25: Year 1 turns 6 between September and August. False for what is no year group.
func Grown(year string, today calendar.Date) (calendar.Date, bool) {
	n := 0
	switch year {
	case "N":
		n = -1
	case "R":
	default:
		if n, _ = strconv.Atoi(year); n < 1 || n > 13 {
			return calendar.Date{}, false
		}
	}
	begun := today.Year
	if today.Month < time.September {
		begun--
	}
	return calendar.Date{Year: begun + 1 + grown - (n + 5), Month: time.August, Day: 31}, true
}
