package calendar

import (
	"errors"
	"fmt"
	"time"
)

// Date is a day on the wall calendar, without a time zone: term dates and inset days are days, not moments.
// The zero Date means "none". Dates compare with ==.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf is the day that t falls on in t's own location.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// ErrNoSuchDay is wrapped by [ParseDate] where the text reads like a date, but the month has no such day.
var ErrNoSuchDay = errors.New("there is no such day")

// ParseDate reads a date such as 2026-09-02. Days that do not exist (2026-02-30) are refused with [ErrNoSuchDay].
func ParseDate(s string) (Date, error) {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return Date{}, fmt.Errorf("%q is not a date such as 2026-09-02", s)
	}
	for i := range len(s) {
		if i != 4 && i != 7 && (s[i] < '0' || s[i] > '9') {
			return Date{}, fmt.Errorf("%q is not a date such as 2026-09-02", s)
		}
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() == 0 {
		return Date{}, fmt.Errorf("%s: %w", s, ErrNoSuchDay)
	}
	return DateOf(t), nil
}

// IsZero tells whether d means "none".
func (d Date) IsZero() bool { return d == Date{} }

// String writes the date as 2026-09-02.
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day) }

// Words writes the date as people in Britain do: Wed 2 September 2026.
func (d Date) Words() string { return d.utc().Format("Mon 2 January 2006") }

// utc is noon of the day in UTC, a moment at which no arithmetic on days can go wrong.
func (d Date) utc() time.Time { return time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, time.UTC) }

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday { return d.utc().Weekday() }

// AddDays is the date n days later (earlier for a negative n).
func (d Date) AddDays(n int) Date { return DateOf(d.utc().AddDate(0, 0, n)) }

// DaysUntil counts the days from d to e: 1 for tomorrow, negative if e is earlier.
func (d Date) DaysUntil(e Date) int { return int(e.utc().Sub(d.utc()) / (24 * time.Hour)) }

// Before tells whether d is earlier than e.
func (d Date) Before(e Date) bool { return d.utc().Before(e.utc()) }

// After tells whether d is later than e.
func (d Date) After(e Date) bool { return e.Before(d) }

// At is the moment on this day when a clock in loc shows hour:minute. On the day the clocks go forward a time that is
// skipped is the same stretch later (01:30 becomes 02:30 summer time); on the day they go back it is the first of the two.
func (d Date) At(hour, minute int, loc *time.Location) time.Time {
	t := time.Date(d.Year, d.Month, d.Day, hour, minute, 0, 0, loc)
	// time.Date does not promise which of two readings it gives. The earlier, if it reads the same, is the one we mean.
	if u := t.Add(-time.Hour); u.Hour() == hour && u.Minute() == minute && DateOf(u) == d {
		return u
	}
	return t
}

// Range is a run of days, both ends included. The zero Range is empty.
type Range struct{ First, Last Date }

// IsZero tells whether r is empty.
func (r Range) IsZero() bool { return r == Range{} }

// Contains tells whether d is one of the days of r.
func (r Range) Contains(d Date) bool {
	return !r.IsZero() && !d.Before(r.First) && !d.After(r.Last)
}

// Overlaps tells whether a day is in both.
func (r Range) Overlaps(s Range) bool {
	return !r.IsZero() && !s.IsZero() && !r.Last.Before(s.First) && !s.Last.Before(r.First)
}

// String writes "2026-10-26 to 2026-10-30".
func (r Range) String() string { return r.First.String() + " to " + r.Last.String() }
