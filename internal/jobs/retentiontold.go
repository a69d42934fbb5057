package jobs

import (
	"context"
	"encoding/json"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/policy"
	"esafetybot/internal/reminders"
	"esafetybot/internal/store"
	"esafetybot/internal/views"
)

// reminded drops what went out long ago, and what was confirmed then. That somebody has read the policy stays while the policy is the one that they read.
func (s *sweep) reminded(ctx context.Context) error {
	before := s.before(policy.KeepCheckIns)
	day := s.Policy.Calendar.Date(before)
	if err := s.dropAll(ctx, reminders.Outs, store.Ask{}, func(d store.Doc) bool {
		var o reminders.Out
		return json.Unmarshal(d.Body, &o) == nil && o.Day.Before(day)
	}); err != nil {
		return err
	}
	if err := s.dropAll(ctx, reminders.Reads, store.Ask{}, func(d store.Doc) bool {
		var r reminders.Read
		return json.Unmarshal(d.Body, &r) == nil && r.At.Before(before) && r.Last.Before(before) && !s.holds(r.At)
	}); err != nil {
		return err
	}
	book, err := reminders.Open(ctx, s.Store)
	if err != nil {
		return err
	}
	return s.forgot(ctx, book, reminders.Confirms, book.Forget(before))
}

// holds tells whether who read the policy at a moment has read the one that holds.
func (s *sweep) holds(at time.Time) bool {
	last := s.Policy.Review.Last
	return at != (time.Time{}) && last != (calendar.Date{}) && !s.Policy.Calendar.Date(at).Before(last)
}

// sights drops what could not be seen long ago. What was told last before that stays: it is how things stood when the rest begins.
func (s *sweep) sights(ctx context.Context) error {
	before := s.before(policy.KeepRuns)
	base, err := views.ToldAt(ctx, s.Store, before)
	if err != nil || base == nil {
		return err
	}
	return s.dropAll(ctx, views.History, store.Ask{Query: "since", To: store.Time(base.At)}, func(d store.Doc) bool { return d.Key != store.Time(base.At) })
}
