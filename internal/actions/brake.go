package actions

import (
	"context"
	"time"

	"esafetybot/internal/store"
)

// Window is the time over which the brake counts.
const Window = 24 * time.Hour

// leastShare is what a share of a small population never goes under.
const leastShare = 3

// Limit is the brake of one kind of change: how many that no person approved one by one may be made in 24 hours.
// The zero Limit allows three.
type Limit struct {
	Changes    int // max_changes; 0 is not said
	Share      int // max_share: percent of the population
	Population int // how many the kind could be about: pupils, accounts, files
}

// Allows is how many changes a limit allows: the share of the population, but never under three, and never above Changes.
func (l Limit) Allows() int {
	n := max(leastShare, l.Share*l.Population/100)
	if l.Changes > 0 {
		n = min(n, l.Changes)
	}
	return n
}

// room counts how many more changes of each kind the brake lets through now.
type room struct {
	l    *Log
	left map[string]int
}

// of reads how many more of a kind may be begun. What was begun within the window counts, whatever became of it.
func (r *room) of(ctx context.Context, kind string) (int, error) {
	if n, ok := r.left[kind]; ok {
		return n, nil
	}
	var limit Limit
	if r.l.Limit != nil {
		limit = r.l.Limit(kind)
	}
	n := limit.Allows()
	ask := store.Ask{Query: "made", Equal: map[string]string{"kind": kind}, From: store.Time(r.l.now().Add(-Window + 1))}
	for _, err := range r.l.Store.Find(ctx, Actions, ask) {
		if err != nil {
			return 0, err
		}
		n--
	}
	r.left[kind] = n
	return n, nil
}

// automate approves what the policy says to fix, as far as the brake allows, and holds the remainder. A brake that holds
// something stays on: what comes after joins the list, so that nothing drips through while nobody looks.
func (l *Log) automate(ctx context.Context, r *room, res *Result) error {
	proposed, err := l.all(ctx, Proposed, Once)
	if err != nil {
		return err
	}
	waiting, err := l.all(ctx, Approved)
	if err != nil {
		return err
	}
	spoken := map[string]int{} // approved by the policy earlier, and not begun yet
	for _, a := range waiting {
		if a.automatic() {
			spoken[a.Kind]++
		}
	}
	on := map[string]bool{}
	for _, a := range proposed {
		on[a.Kind] = on[a.Kind] || a.Braked
	}
	w, policy := &writer{l: l}, Who{Role: PolicyRole}
	for _, a := range proposed {
		if !a.Auto || a.Braked || a.State != Proposed {
			continue
		}
		if frozen, err := l.frozen(ctx, a); err != nil {
			return err
		} else if frozen {
			continue
		}
		left, err := r.of(ctx, a.Kind)
		if err != nil {
			return err
		}
		if on[a.Kind] || spoken[a.Kind] >= left {
			on[a.Kind] = true
			a.Braked = true
			res.Braked++
			err = w.move(ctx, a, Proposed, Event{How: Brake})
		} else {
			spoken[a.Kind]++
			a.Approvals = nil
			a.approved(Approved, Approval{Who: policy, At: l.now()})
			err = w.move(ctx, a, Approved, Event{How: ByPolicy, By: &policy})
		}
		if err != nil {
			return err
		}
	}
	return w.flush(ctx, true)
}
