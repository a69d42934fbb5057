package generate

import (
	"fmt"
	"strings"
	"time"
)

// schoolYear is the year in which the school year of t began; it begins in August.
func schoolYear(t time.Time) int {
	if t.Month() >= time.August {
		return t.Year()
	}
	return t.Year() - 1
}

// Accounts move up from 20 July on. The Classroom school is done on the first Friday of term, the Dojo school takes until late September, so that on
// the first Monday of term one is in the roll-over and the other is not.
const (
	rolloverMonth, rolloverDay = time.July, 20
	classroomDone              = 4
	dojoDone                   = 25
)

// yearBegin is the start of the school year that the day is in, as the rules count it: the first day of the last roll-over.
func yearBegin(day time.Time) time.Time {
	t := time.Date(day.Year(), rolloverMonth, rolloverDay, 0, 0, 0, 0, day.Location())
	if t.After(day) {
		t = t.AddDate(-1, 0, 0)
	}
	return t
}

// inRollover tells whether the day is in the roll-over that ends in September on the day given.
func inRollover(day time.Time, until int) bool {
	return !day.After(time.Date(yearBegin(day).Year(), time.September, until, 0, 0, 0, 0, day.Location()))
}

// term is one term of a school year; half is the Monday of its half-term week.
type term struct {
	name              string
	first, last, half time.Time
}

func date(year int, m time.Month, d int) time.Time {
	return time.Date(year, m, d, 0, 0, 0, 0, time.UTC)
}

// weekday goes on by step days until it is the day wanted.
func weekday(t time.Time, want time.Weekday, step int) time.Time {
	for t.Weekday() != want {
		t = t.AddDate(0, 0, step)
	}
	return t
}

// summerTerm is the last term of the school year that begins in year y.
func summerTerm(y int) term {
	return term{"Summer", weekday(date(y+1, time.April, 12), time.Monday, 1), weekday(date(y+1, time.July, 22), time.Wednesday, -1),
		weekday(date(y+1, time.May, 31), time.Monday, -1)}
}

// terms lists the terms of the school year that t is in, and the last one of the year before, which tells how long an account has been quiet.
func terms(t time.Time) []term {
	y := schoolYear(t)
	first := date(y, time.September, 2)
	for first.Weekday() == time.Saturday || first.Weekday() == time.Sunday {
		first = first.AddDate(0, 0, 1)
	}
	return []term{
		summerTerm(y - 1),
		{"Autumn", first, weekday(date(y, time.December, 19), time.Friday, -1), weekday(date(y, time.October, 28), time.Monday, -1)},
		{"Spring", weekday(date(y+1, time.January, 4), time.Monday, 1), weekday(date(y+1, time.March, 26), time.Thursday, -1),
			weekday(date(y+1, time.February, 17), time.Monday, -1)},
		summerTerm(y),
	}
}

// calendarOf writes the calendar of a policy for the school year that t is in; its roll-over ends in September on the day given.
func calendarOf(t time.Time, until int) string {
	return calendarWith(terms(t), t, until)
}

// calendarWith is calendarOf with other terms: the last summer's, then those of one or two school years.
func calendarWith(list []term, t time.Time, until int) string {
	iso := func(t time.Time) string { return t.Format(time.DateOnly) }
	var out strings.Builder
	out.WriteString("calendar:\n  terms:\n")
	for _, x := range list {
		fmt.Fprintf(&out, "    - {name: %s, first: %s, last: %s, half_term: [%s, %s]}\n", x.name, iso(x.first), iso(x.last), iso(x.half), iso(x.half.AddDate(0, 0, 4)))
	}
	y := schoolYear(t)
	moves := y + 1 // accounts move up in the summer that is near
	if t.Year() == y && t.Month() < time.October {
		moves = y
	}
	var inset []string
	for _, x := range list {
		if x.name != "Summer" {
			inset = append(inset, iso(x.first))
		}
	}
	fmt.Fprintf(&out, "  inset: [%s]\n  closures: []\n  bank_holidays: england-and-wales\n  rollover: {from: %s, until: %s}\n", strings.Join(inset, ", "), iso(date(moves, rolloverMonth, rolloverDay)), iso(date(moves, time.September, until)))
	return out.String()
}

// schoolWeeksAgo is a day that lies at least n school weeks back, bank holidays counted as school days; 300 days back where the terms known
// do not reach so far.
func (b *builder) schoolWeeksAgo(n int) time.Time {
	day, left := b.today(0), n*5
	for back := 1; back < 300; back++ {
		if isTermDay(terms(b.now), day) {
			if left--; left == 0 {
				return day.AddDate(0, 0, -1)
			}
		}
		day = day.AddDate(0, 0, -1)
	}
	return day
}

func isTermDay(list []term, day time.Time) bool {
	d := date(day.Year(), day.Month(), day.Day())
	if d.Weekday() == time.Saturday || d.Weekday() == time.Sunday {
		return false
	}
	for _, t := range list {
		half := !d.Before(t.half) && !d.After(t.half.AddDate(0, 0, 4))
		if !d.Before(t.first) && !d.After(t.last) && !half && !(t.name != "Summer" && d.Equal(t.first)) {
			return true
		}
	}
	return false
}
