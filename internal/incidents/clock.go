package incidents

import (
	"context"
	"slices"
	"time"

	"esafetybot/internal/calendar"
)

// within is the moment when a stretch of working time from a moment is over. Working time is from [Opens] to calendar.EndOfDay on working
// days, school holidays included: what comes on a Saturday waits for Monday, what comes in August does not wait for September.
func (l *Log) within(from time.Time, d time.Duration) time.Time {
	loc := l.location()
	for on := l.Calendar.Date(from); ; on = on.AddDays(1) {
		if !l.Calendar.IsWorkingDay(on) {
			continue
		}
		start := slices.MaxFunc([]time.Time{on.At(Opens, 0, loc), from.In(loc)}, time.Time.Compare)
		left := max(0, on.At(calendar.EndOfDay, 0, loc).Sub(start))
		if d <= left {
			return start.Add(d)
		}
		d -= left
	}
}

// OpenBy is when somebody must have opened an entry before it is passed on for the first time; false for what is never passed on by a clock. Whoever closed an entry has opened it.
func (l *Log) OpenBy(e *Entry) (time.Time, bool) {
	info, ok := e.Kind.Info()
	if !ok || len(e.Opened) > 0 || len(ladder(e, l.around(e, Who{}))) < 2 {
		return time.Time{}, false
	}
	return l.within(e.Routed, info.Open), true
}

// Clock is the deadline of an entry: 72 hours from when the school knew of a data breach, through nights and holidays; one working day
// for a takedown; what the policy says ([Log].Dues) for the others. It is false where nothing is due (any more).
func (l *Log) Clock(e *Entry) (deadline time.Time, ok bool) {
	info, _ := e.Kind.Info()
	if e.State != Open || e.Settled != nil {
		return time.Time{}, false
	}
	due, from := Due{Deadline: info.Clock}, e.Since
	switch {
	case info.Clock.IsZero():
		due = l.Dues[e.Kind]
	case info.Clock.Unit == calendar.Hours:
		from = e.Known
	}
	at, err := l.Calendar.Due(from, due.Deadline, nil, due.Severity)
	if err != nil { // the term dates end first: a deadline too early is better than none
		due.Unit = calendar.WorkingDays
		at, _ = l.Calendar.Due(from, due.Deadline, nil, due.Severity)
	}
	return at, !at.IsZero()
}

// Late tells whether an entry's deadline has passed.
func (l *Log) Late(e *Entry) bool {
	at, ok := l.Clock(e)
	return ok && l.now().After(at)
}

// Overdue lists the entries of a shelf that somebody may read and whose deadline has passed, the oldest first.
func (l *Log) Overdue(ctx context.Context, s Shelf, reader By) ([]*Entry, error) {
	var out []*Entry
	for e, err := range l.List(ctx, s, reader, Open) {
		if err != nil {
			return nil, err
		}
		if l.Late(e) {
			out = append(out, e)
		}
	}
	return out, nil
}
