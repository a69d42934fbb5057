package jobs

import (
	"context"
	"time"

	"esafetybot/internal/reminders"
)

// again is how long the job waits before it tries once more what could not go out.
const again = time.Hour

// remindersDue tells whether, besides the daily run, the hour of something has come, or something that was begun is not finished.
func remindersDue(ctx context.Context, env Env, last *Record) (bool, error) {
	first, err := env.firstLook(ctx)
	if err != nil || first.IsZero() || last == nil {
		return false, err
	}
	now := env.Clock()
	cal := env.Policy.Calendar
	today := cal.Date(now)
	if !cal.IsSchoolDay(today) || !now.Before(today.At(reminders.EndHour, 0, env.Policy.School.Location)) {
		return false, nil
	}
	book, err := env.reminded(ctx)
	if err != nil {
		return false, err
	}
	in := env.reminderInput(book, now, first)
	// due tells whether the hour has come since the last run, or that was long ago.
	due := func(at time.Time) bool {
		local := at.In(env.Policy.School.Location)
		hour := today.At(local.Hour(), local.Minute(), env.Policy.School.Location)
		return in.Ripe(at) && (last.Started.Before(hour) || now.Sub(last.Started) >= again)
	}
	for _, b := range in.Begin() {
		if due(b.At) {
			return true, nil
		}
	}
	for _, byKey := range book.Outs() {
		for _, o := range byKey {
			if !in.Goes(o) || !in.Ripe(o.At) {
				continue
			}
			local := o.At.In(env.Policy.School.Location)
			if len(o.For) > 0 && last.Started.Before(today.At(local.Hour(), local.Minute(), env.Policy.School.Location)) {
				return true, nil // a mail of its own
			}
			for _, p := range o.Posts {
				if !p.Done() && due(o.At) {
					return true, nil
				}
			}
		}
	}
	return false, nil
}
