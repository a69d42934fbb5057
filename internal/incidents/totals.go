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

// Few is the number below which a kind is not counted by itself, so that a count points at nobody.
const Few = 3

// NotTold stands where a number is not told, since a number below [Few] could be reckoned from it.
const NotTold = -1

// Count is how many entries of a kind there were.
type Count struct {
	Kind  Kind
	Title string
	N     int
}

// Totals is what may be told of how many entries there were: minutes of governors are published. Nobody can reckon from it a number below [Few], zero included, of any kind or of several together, not even
// somebody who knows this rule and which kinds there are.
type Totals struct {
	Kinds  []Count // those with Few or more
	Others []Kind  // all others: fewer than Few each
	Rest   int     // of all others together, or NotTold
	Total  int     // of all kinds, or NotTold
}

// Few tells whether no number can be told at all.
func (t Totals) Few() bool { return len(t.Kinds) == 0 && t.Total == NotTold }

// Words are the totals in words, a line each; the last one is the total, where it is told.
func (t Totals) Words() []string {
	if t.Few() {
		return []string{fmt.Sprintf("fewer than %s of any kind", fewWord)}
	}
	var out []string
	for _, c := range t.Kinds {
		out = append(out, fmt.Sprintf("%s: %d", c.Title, c.N))
	}
	switch {
	case t.Rest != NotTold:
		out = append(out, fmt.Sprintf("%s: %d together, fewer than %s of each", others(t), t.Rest, fewWord))
	case len(t.Others) > 0:
		out = append(out, fmt.Sprintf("%s: fewer than %s of each", others(t), fewWord))
	}
	if t.Total != NotTold {
		out = append(out, fmt.Sprintf("all together: %d", t.Total))
	}
	return out
}

const fewWord = "three" // Few

func others(t Totals) string {
	if len(t.Kinds) == 0 {
		return "all kinds"
	}
	return "other kinds"
}

// totalsOf says what may be told of numbers by kind. Zero is a number below Few like any other: that there was none of a kind is not told either.
func totalsOf(n map[Kind]int) Totals {
	t := Totals{Rest: NotTold, Total: NotTold}
	sum, rest := 0, 0
	for _, i := range kinds {
		switch {
		case i.Always == Adult: // is never counted, and everybody knows that
		case n[i.Kind] >= Few:
			t.Kinds = append(t.Kinds, Count{i.Kind, i.Title, n[i.Kind]})
			sum += n[i.Kind]
		default:
			t.Others = append(t.Others, i.Kind)
			rest += n[i.Kind]
		}
	}
	switch most := (Few - 1) * len(t.Others); {
	case len(t.Others) == 0:
		t.Total = sum
	case rest >= Few && rest < most: // of a sum of most each would be known to be Few-1
		t.Rest, t.Total = rest, sum+rest
	}
	return t
}

// Totals counts by kind what was raised from a moment to before another, for readers who all see the same report: the governor, the chair
// of governors, the headteacher (ErrMay for others). Concerns about adults are never in it, and neither is what concerns one of the readers or of [Log].Beside.
func (l *Log) Totals(ctx context.Context, from, to time.Time, readers ...By) (Totals, error) {
	if err := l.mayCount("totals", readers); err != nil {
		return Totals{}, err
	}
	n := map[Kind]int{}
	for e, err := range l.find(ctx, Ordinary, store.Ask{Query: "raised", From: store.Time(from), To: store.Time(to)}) {
		if err != nil {
			return Totals{}, err
		}
		if !l.concernsAny(e, readers) {
			n[e.Kind]++
		}
	}
	return totalsOf(n), nil
}

// Lessons lists what was learnt from entries that were closed from a moment to before another and not reopened by then, for the readers of [Log.Totals] alike. The form says that governors read these texts. They come without
// kind, day or order, each once; none of concerns about adults, and none of what concerns one of the readers or of [Log].Beside.
func (l *Log) Lessons(ctx context.Context, from, to time.Time, readers ...By) ([]string, error) {
	if err := l.mayCount("lessons", readers); err != nil {
		return nil, err
	}
	var out []string
	for e, err := range l.find(ctx, Ordinary, store.Ask{Query: "raised", To: store.Time(to)}) {
		if err != nil {
			return nil, err
		}
		if text, ok := e.learnt(from, to); ok && !l.concernsAny(e, readers) {
			out = append(out, text)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// learnt is what the entry says was learnt, if it was closed from a moment to before another, and still was then.
func (e *Entry) learnt(from, to time.Time) (string, bool) {
	var last *Closing // nil while it is open
	n := 0
	for _, h := range e.History {
		switch {
		case !h.At.Before(to):
		case h.What == WasReopened:
			last = nil
		case h.What == WasClosed && n < len(e.Closings):
			last = &e.Closings[n]
			n++
		}
	}
	if last == nil || last.At.Before(from) {
		return "", false
	}
	return strings.Join(strings.Fields(last.Learnt), " "), true
}

func (l *Log) mayCount(what string, readers []By) error {
	if len(readers) == 0 {
		return fmt.Errorf("%s: %w: nobody is named who reads them", what, ErrMay)
	}
	for _, r := range readers {
		if !l.governs(r) {
			return fmt.Errorf("%s: %w: they are for the governor, the chair of governors and the headteacher", what, ErrMay)
		}
	}
	return nil
}

func (l *Log) governs(r By) bool {
	me := l.crowd().add(&party{}, r.who().keys())
	return me != nil && me.holds(policy.RoleGovernor, policy.RoleChair, policy.RoleHead)
}

func (l *Log) concernsAny(e *Entry, readers []By) bool {
	for _, r := range slices.Concat(readers, l.Beside) {
		if me := l.around(e, r.who()).me; me != nil && me.concerned {
			return true
		}
	}
	return false
}
