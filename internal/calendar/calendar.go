// Package calendar knows which days count at a school: terms, half-terms, inset days, closures, weekends, bank holidays
// and the days on which a person is in; and when something is due.
//
// The contract:
//
//   - A school day is a weekday inside a term, but not in its half-term, an inset day, a closure or a bank holiday:
//     a day on which pupils are taught.
//   - A working day is Monday to Friday, but not a bank holiday. Closures, inset days and school holidays are working days.
//   - The calendar covers the days from the first day of its first term to the last day of its last. What it does not cover it does
//     not guess: whoever asks gets a [NotCovered], and the clause reads "could not check".
//   - A deadline in days counts the days after the one it starts on, and is due at [EndOfDay] school time on the last of
//     them. It counts only days on which the person who deals with it is in.
//   - Deadlines in hours, and "at once", wait for nobody: they run through nights, weekends and holidays.
//   - High severity never waits for a school holiday: its school days are counted as working days. The days on which the person is in
//     still bind, since a deadline that passes while nobody could have read it teaches people to ignore deadlines; a
//     clause for which that is too slow says hours.
//
// A Calendar is plain data, safe for concurrent use as long as nobody changes it.
package calendar

import (
	"fmt"
	"slices"
	"time"
)

// EndOfDay is the hour, in school time, at which a deadline in days is due.
const EndOfDay = 17

// High is the severity whose deadlines do not wait for school holidays.
const High = "high"

// Term is one term of the school year, both ends included.
type Term struct {
	Name     string // "Autumn"
	First    Date
	Last     Date
	HalfTerm Range // the holiday in the middle; zero if there is none
}

// Range is the whole term, its half-term included.
func (t Term) Range() Range { return Range{t.First, t.Last} }

// Calendar is a school's calendar. Terms are in order and do not overlap.
type Calendar struct {
	Location      *time.Location // the school's time zone; nil means UTC
	Terms         []Term
	Inset         []Date  // staff are in, pupils are not
	Closures      []Range // the school is shut in term time
	BankHolidays  string  // one of Regions; "" means none
	ExtraHolidays []Date  // bank holidays proclaimed since this program was built
	Rollover      Range   // when accounts move up a year; zero if not said
}

// NotCovered says that the calendar has no term dates for a day that it was asked about.
type NotCovered struct {
	After  Date // the last day covered, or zero
	Before Date // the first day covered, where the day asked about is earlier
}

func (e *NotCovered) Error() string {
	switch {
	case !e.Before.IsZero():
		return "could not check: no term dates before " + e.Before.Words()
	case !e.After.IsZero():
		return "could not check: no term dates after " + e.After.Words()
	}
	return "could not check: no term dates"
}

func (c *Calendar) location() *time.Location {
	if c.Location == nil {
		return time.UTC
	}
	return c.Location
}

// Date is the day that t falls on at the school.
func (c *Calendar) Date(t time.Time) Date { return DateOf(t.In(c.location())) }

// Covered is the run of days for which term dates are known; zero without terms.
func (c *Calendar) Covered() Range {
	if len(c.Terms) == 0 {
		return Range{}
	}
	return Range{c.Terms[0].First, c.Terms[len(c.Terms)-1].Last}
}

// Covers returns nil if term dates are known for d, else a *NotCovered.
func (c *Calendar) Covers(d Date) error {
	r := c.Covered()
	switch {
	case r.IsZero():
		return &NotCovered{}
	case d.Before(r.First):
		return &NotCovered{Before: r.First}
	case d.After(r.Last):
		return &NotCovered{After: r.Last}
	}
	return nil
}

// Term is the term that d is in, half-term included.
func (c *Calendar) Term(d Date) (Term, bool) {
	for _, t := range c.Terms {
		if t.Range().Contains(d) {
			return t, true
		}
	}
	return Term{}, false
}

// IsWorkingDay tells whether d is Monday to Friday and not a bank holiday.
func (c *Calendar) IsWorkingDay(d Date) bool {
	w := d.Weekday()
	return w != time.Saturday && w != time.Sunday && c.BankHoliday(d) == ""
}

// IsSchoolDay tells whether pupils are taught on d. It is false on days that the calendar does not cover: ask [Calendar.Covers]
// where the difference matters.
func (c *Calendar) IsSchoolDay(d Date) bool {
	t, ok := c.Term(d)
	if !ok || t.HalfTerm.Contains(d) || slices.Contains(c.Inset, d) || !c.IsWorkingDay(d) {
		return false
	}
	return !slices.ContainsFunc(c.Closures, func(r Range) bool { return r.Contains(d) })
}

// NextSchoolDay is the first school day after d. The error is a *NotCovered where the term dates end before one comes.
func (c *Calendar) NextSchoolDay(d Date) (Date, error) {
	for d = d.AddDays(1); ; d = d.AddDays(1) {
		if c.IsSchoolDay(d) {
			return d, nil
		}
		if err := c.Covers(d); err != nil {
			return Date{}, err
		}
	}
}

// SchoolDays counts the school days after from, up to and including to. The error is a *NotCovered where either end is
// not covered.
func (c *Calendar) SchoolDays(from, to Date) (int, error) {
	for _, d := range []Date{from, to} {
		if err := c.Covers(d); err != nil {
			return 0, err
		}
	}
	n := 0
	for d := from.AddDays(1); !d.After(to); d = d.AddDays(1) {
		if c.IsSchoolDay(d) {
			n++
		}
	}
	return n, nil
}

// Block is one teaching block: a term, or the half of one.
type Block struct {
	Name string // "Autumn 1"
	Range
}

// HalfTerms lists the teaching blocks in order: six in an ordinary year.
func (c *Calendar) HalfTerms() []Block {
	var out []Block
	for _, t := range c.Terms {
		if t.HalfTerm.IsZero() {
			out = append(out, Block{t.Name, t.Range()})
			continue
		}
		out = append(out,
			Block{t.Name + " 1", Range{t.First, t.HalfTerm.First.AddDays(-1)}},
			Block{t.Name + " 2", Range{t.HalfTerm.Last.AddDays(1), t.Last}})
	}
	return out
}

// HalfTerm is the teaching block that d is in; false in the holidays.
func (c *Calendar) HalfTerm(d Date) (Block, bool) {
	for _, b := range c.HalfTerms() {
		if b.Contains(d) {
			return b, true
		}
	}
	return Block{}, false
}

// YearStart is the day on which the school year began that d is in: the first day of the roll-over, of which only month and day count because it comes every year;
// 1 August without one.
func (c *Calendar) YearStart(d Date) Date {
	start := c.yearBegin(d.Year)
	if start.After(d) {
		start = c.yearBegin(d.Year - 1)
	}
	return start
}

func (c *Calendar) yearBegin(year int) Date {
	if c.Rollover.IsZero() {
		return Date{Year: year, Month: time.August, Day: 1}
	}
	return Date{Year: year, Month: c.Rollover.First.Month, Day: c.Rollover.First.Day}
}

// InRollover tells whether d is in the weeks in which accounts move up a year: in any year, because nobody who forgets to write next summer's dates into the
// policy stops moving accounts up. Without a roll-over there are none.
func (c *Calendar) InRollover(d Date) bool {
	if c.Rollover.IsZero() {
		return false
	}
	start := c.YearStart(d)
	end := Date{Year: start.Year, Month: c.Rollover.Last.Month, Day: c.Rollover.Last.Day}
	if end.Before(start) { // it goes on past New Year
		end.Year++
	}
	return !d.After(end)
}

// horizon bounds the search for a day that counts: somebody who is in on one day a week reaches the longest deadline
// that makes sense well before this. In days.
const horizon = 20 * 366

// Due tells when something found at from must be dealt with by somebody who is in on daysIn (empty: every working day). The
// moment returned is in the school's time zone, and zero without an error where nothing is due. The error is a *NotCovered
// where the term dates end first.
func (c *Calendar) Due(from time.Time, d Deadline, daysIn []time.Weekday, severity string) (time.Time, error) {
	unit := d.Unit
	if unit == SchoolDays && severity == High {
		unit = WorkingDays
	}
	switch unit {
	case NoDeadline:
		return time.Time{}, nil
	case AtOnce:
		return from.In(c.location()), nil
	case Hours:
		return from.Add(time.Duration(d.Count) * time.Hour).In(c.location()), nil
	}
	start := c.Date(from)
	day, left := start, d.Count
	for left > 0 {
		day = day.AddDays(1)
		if start.DaysUntil(day) > horizon {
			return time.Time{}, fmt.Errorf("no day within twenty years ends a deadline of %s: look at the days on which the person is in", d)
		}
		counts := c.IsWorkingDay(day)
		if unit == SchoolDays {
			if err := c.Covers(day); err != nil {
				return time.Time{}, err
			}
			counts = c.IsSchoolDay(day)
		}
		if counts && (len(daysIn) == 0 || slices.Contains(daysIn, day.Weekday())) {
			left--
		}
	}
	return day.At(EndOfDay, 0, c.location()), nil
}
