package incidents

import (
	"context"
	"fmt"
	"time"

	"esafetybot/internal/policy"
	"esafetybot/internal/store"
)

// Few is the number below which kinds are counted together, so that a count points at nobody.
const Few = 3

// Count is one line of the totals. Kind is "" for the kinds with fewer than [Few], taken together.
type Count struct {
	Kind  Kind
	Title string
	N     int
}

// Totals counts by kind what was raised from a moment to before another, for readers who all see the same report: the governor, the chair
// of governors, the headteacher (ErrMay for others). Concerns about adults are never in it, and neither is what concerns one of the readers.
func (l *Log) Totals(ctx context.Context, from, to time.Time, readers ...By) ([]Count, error) {
	if len(readers) == 0 {
		return nil, fmt.Errorf("totals: %w: nobody is named who reads them", ErrMay)
	}
	for _, r := range readers {
		if !l.governs(r) {
			return nil, fmt.Errorf("totals: %w: they are for the governor, the chair of governors and the headteacher", ErrMay)
		}
	}
	n := map[Kind]int{}
	for e, err := range l.find(ctx, Ordinary, store.Ask{Query: "raised", From: store.Time(from), To: store.Time(to)}) {
		if err != nil {
			return nil, err
		}
		if !l.concernsAny(e, readers) {
			n[e.Kind]++
		}
	}
	var out []Count
	few := 0
	for _, i := range kinds {
		if n[i.Kind] < Few {
			few += n[i.Kind]
			continue
		}
		out = append(out, Count{i.Kind, i.Title, n[i.Kind]})
	}
	if few > 0 {
		out = append(out, Count{"", fmt.Sprintf("other kinds, fewer than %d each", Few), few})
	}
	return out, nil
}

func (l *Log) governs(r By) bool {
	c := l.crowd()
	c.add(&party{reader: true}, r.who().keys())
	me := c.asks()
	return me != nil && me.holds(policy.RoleGovernor, policy.RoleChair, policy.RoleHead)
}

func (l *Log) concernsAny(e *Entry, readers []By) bool {
	for _, r := range readers {
		if me := l.around(e, r.who()).asks(); me != nil && me.concerned {
			return true
		}
	}
	return false
}
