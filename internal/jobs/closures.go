package jobs

import (
	"context"
	"errors"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/census"
	"esafetybot/internal/closures"
	"esafetybot/internal/decisions"
	"esafetybot/internal/policy"
	"esafetybot/internal/school"
	"esafetybot/internal/store"
)

// closuresLease is the lease under which it is noted that the school is closed.
const closuresLease = "closures"

// How far from the day on which it is said the day may lie on which the school is closed.
const (
	closedBefore = 7  // days
	closedAfter  = 31 // days
)

// Why a closure does not count, in words for the one who said so.
const (
	noSchoolDay = "it was no school day anyway"
	tooFarOff   = "the day was too far off: longer closures stand in the policy's calendar"
)

// mayClose are the roles that say that the school is closed: the office, and those who lead.
var mayClose = append([]policy.Role{policy.RolePageHost}, policy.Leads...)

// withClosures takes up who said that the school is closed, and gives the environment a calendar that knows.
func withClosures(ctx context.Context, env Env, c *census.Census) (Env, error) {
	errs := takeUpClosures(ctx, env, c)
	p, err := closures.With(ctx, env.Store, env.Policy)
	if err != nil {
		return env, errors.Join(errs, err)
	}
	env.Policy = p
	c.Policy = p
	return env, errs
}

func takeUpClosures(ctx context.Context, env Env, c *census.Census) error {
	if env.Site == nil {
		return nil
	}
	tray, err := decisions.Open(ctx, env.Site, env.Store, decisions.Closed, decisions.NotClosed)
	if err != nil || len(tray.Waiting) == 0 {
		return err
	}
	if !c.Directory(ctx) {
		return ctx.Err() // who said so is not known: it waits
	}
	lease, err := Take(ctx, env.Store, closuresLease, env.Holder, env.Exclusive, env.Clock)
	if err != nil {
		return err
	}
	book, err := closures.Open(ctx, env.Store)
	if err != nil {
		return errors.Join(err, lease.Release(context.WithoutCancel(ctx), &store.Batch{}))
	}
	l := &look{Env: env, Census: c}
	kinds := c.Kinds(ctx)
	for _, d := range tray.Waiting {
		if err := tray.Judge(d, c.Now, l.closed(kinds, book, d)); err != nil {
			return errors.Join(err, lease.Release(context.WithoutCancel(ctx), &store.Batch{}))
		}
	}
	batch := tray.Batch()
	if err = book.Stage(batch); err != nil {
		batch = &store.Batch{}
	}
	return errors.Join(err, lease.Release(context.WithoutCancel(ctx), batch))
}

// closed takes up that the school is closed on a day, or says why it does not count.
func (l *look) closed(kinds *school.Kinds, book *closures.Book, d decisions.Decision) string {
	if d.Check() != nil || d.At.After(l.Now.Add(time.Minute)) {
		return notForm
	}
	by, ok := l.decider(kinds, d.By, d.At)
	if !ok {
		return notKnown
	}
	if !by.plays(mayClose...) {
		return notTheirs
	}
	date, err := calendar.ParseDate(d.From)
	if err != nil {
		return notForm
	}
	cal := l.Env.Policy.Calendar
	said := cal.Date(d.At)
	switch {
	case d.Do == decisions.NotClosed:
		book.Remove(date, d.At)
	case said.DaysUntil(date) < -closedBefore || said.DaysUntil(date) > closedAfter:
		return tooFarOff
	case !cal.IsSchoolDay(date):
		return noSchoolDay
	default:
		book.Add(date, by.id, d.At)
	}
	return ""
}
