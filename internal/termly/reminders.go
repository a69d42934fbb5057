package termly

import (
	"context"
	"fmt"
	"time"

	"esafetybot/internal/policy"
	"esafetybot/internal/reminders"
	"esafetybot/internal/store"
)

// Kept is what the job reminders keeps in the state of a school.
func Kept(s store.Store, p *policy.Policy) Reminders { return kept{s, p} }

type kept struct {
	store  store.Store
	policy *policy.Policy
}

// Confirmed lists what was confirmed of a reminder, the newest answer of each period. What people wrote beside it is not told: it may name somebody.
func (k kept) Confirmed(ctx context.Context, name string, from, to time.Time) ([]string, error) {
	book, err := reminders.Open(ctx, k.store)
	if err != nil {
		return nil, err
	}
	newest := map[string]reminders.Confirm{}
	var order []string
	for _, c := range book.Confirms()[name] {
		if c.At.Before(from) || !c.At.Before(to) {
			continue
		}
		have, ok := newest[c.Period]
		if !ok {
			order = append(order, c.Period)
		}
		if !ok || !c.At.Before(have.At) {
			newest[c.Period] = c
		}
	}
	loc := k.policy.School.Location
	var out []string
	for _, period := range order {
		c := newest[period]
		words := "confirmed"
		if c.Answer != reminders.Done {
			words = "told that it was not done"
		}
		out = append(out, fmt.Sprintf("%s: %s on %s", reminders.PeriodWords(period), words, c.At.In(loc).Format("2 January 2006")))
	}
	return out, nil
}

// Review tells when the policy was last reviewed, and is next.
func (k kept) Review(context.Context, time.Time) ([]string, error) {
	next, ok := k.policy.Review.Next()
	if !ok {
		return nil, nil
	}
	return []string{"Last reviewed on " + k.policy.Review.Last.Words() + ".", "To be reviewed again by " + next.Words() + "."}, nil
}
