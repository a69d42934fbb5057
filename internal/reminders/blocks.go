package reminders

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/policy"
)

// day is a school day, and where it lies.
type day struct {
	calendar.Date
	year       int    // in which its school year begins: that of the first day of its term
	term, half string // names of its term and its teaching block
}

// days lists the school days that the calendar covers, in order.
func (s School) days() []day {
	if s.known != nil {
		return s.known.days
	}
	var out []day
	for _, t := range s.Calendar.Terms {
		year := s.Calendar.YearStart(t.First).Year
		for d := t.First; !d.After(t.Last); d = d.AddDays(1) {
			if !s.Calendar.IsSchoolDay(d) {
				continue
			}
			half := t.Name
			switch {
			case t.HalfTerm.IsZero():
			case d.Before(t.HalfTerm.First):
				half += " 1"
			default:
				half += " 2"
			}
			out = append(out, day{d, year, t.Name, half})
		}
	}
	return out
}

// key is the key of the block of a kind that a day is in.
func (d day) key(kind string) string {
	switch kind {
	case policy.BlockWeek:
		return d.AddDays(-(int(d.Weekday()) + 6) % 7).String()
	case policy.BlockMonth:
		return fmt.Sprintf("%04d-%02d", d.Year, int(d.Month))
	case policy.BlockHalfTerm:
		return named(d.year, d.half)
	case policy.BlockTerm:
		return named(d.year, d.term)
	}
	return strconv.Itoa(d.year)
}

func named(year int, name string) string {
	return strconv.Itoa(year) + "-" + strings.ReplaceAll(strings.ToLower(name), " ", "-")
}

// block is the school days of a week, a month and so on: at least one.
type block struct {
	key  string
	days []day
}

// blocks puts school days together by the block of a kind that they are in.
func blocks(days []day, kind string) []block {
	var out []block
	for _, d := range days {
		key := d.key(kind)
		if n := len(out); n == 0 || out[n-1].key != key {
			out = append(out, block{key: key})
		}
		b := &out[len(out)-1]
		b.days = append(b.days, d)
	}
	return out
}

// spread picks n days of a block, as evenly as they lie; all of them where there are fewer.
func spread(days []day, n int) []day {
	if len(days) <= n {
		return days
	}
	var out []day
	for i := range n {
		out = append(out, days[(2*i+1)*len(days)/(2*n)])
	}
	return out
}

// onWeekday is the first or last of some days that is a weekday; the first or last of all where none is.
func onWeekday(days []day, w time.Weekday, last bool) day {
	found := -1
	for i, d := range days {
		if d.Weekday() == w && (last || found < 0) {
			found = i
		}
	}
	switch {
	case found >= 0:
		return days[found]
	case last:
		return days[len(days)-1]
	}
	return days[0]
}

type numbered struct {
	day
	k int
}

// everyDays is, for each whole number of intervals after the first day, the first of the days that is not before it; each day once, with the least number.
func everyDays(days []day, n int) []numbered {
	var out []numbered
	i := 0
	for k := 0; ; k++ {
		for i < len(days) && days[0].DaysUntil(days[i].Date) < k*n {
			i++
		}
		if i == len(days) {
			return out
		}
		if len(out) == 0 || out[len(out)-1].Date != days[i].Date {
			out = append(out, numbered{days[i], k})
		}
	}
}
