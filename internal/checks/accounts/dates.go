package accounts

import (
	"sort"
	"time"

	"esafetybot/internal/calendar"
)

// A schoolYear is the one that today is in.
type schoolYear struct {
	start    calendar.Date
	rollover bool // today is in the weeks in which accounts move up a year
}

// yearOf finds the school year of a day. Of the roll-over only month and day count: it comes every year.
func yearOf(today calendar.Date, rollover calendar.Range) schoolYear {
	until := calendar.Date{Month: time.September, Day: 30}
	if !rollover.IsZero() {
		until = rollover.Last
	}
	start := (&calendar.Calendar{Rollover: rollover}).YearStart(today)
	end := calendar.Date{Year: start.Year, Month: until.Month, Day: until.Day}
	if end.Before(start) {
		end.Year++
	}
	return schoolYear{start, !today.After(end)}
}

// agreementsFrom is the first day on which an agreement may have been signed that holds today: in the roll-over last year's still do.
func (y schoolYear) agreementsFrom() calendar.Date {
	if y.rollover {
		return calendar.Date{Year: y.start.Year - 1, Month: y.start.Month, Day: y.start.Day}
	}
	return y.start
}

// schoolDays lists the school days that the calendar knows, up to today.
func schoolDays(c *calendar.Calendar, today calendar.Date) []calendar.Date {
	var days []calendar.Date
	for _, t := range c.Terms {
		for d := t.First; !d.After(t.Last) && !d.After(today); d = d.AddDays(1) {
			if c.IsSchoolDay(d) {
				days = append(days, d)
			}
		}
	}
	return days
}

// schoolWeeks counts the full weeks of five school days since the day of t.
func (j *judge) schoolWeeks(t time.Time) int {
	since := j.Calendar.Date(t)
	before := sort.Search(len(j.days), func(i int) bool { return j.days[i].After(since) })
	return (len(j.days) - before) / 5
}

// logReach is how far back Google's logs go.
const logReach = 180

// logBegins is when what can be known of a log begins. Older records were there by chance only.
func (j *judge) logBegins() time.Time { return j.FirstLook.AddDate(0, 0, -logReach) }

// daysSince counts the days from the day of t to today.
func (j *judge) daysSince(t time.Time) int { return j.Calendar.Date(t).DaysUntil(j.today) }

// on writes the day of t.
func (j *judge) on(t time.Time) string { return j.Calendar.Date(t).String() }
