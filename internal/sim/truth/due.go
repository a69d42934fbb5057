package truth

import (
	"slices"
	"strings"
	"time"
)

// tenYears is how far a deadline is looked for: somebody may be in on Saturdays only.
const tenYears = 3653

// workingDay reports whether offices are open on that day.
func (c Calendar) workingDay(d day) bool {
	wd := d.utc().Weekday()
	return wd != time.Saturday && wd != time.Sunday && !c.bankHoliday(d)
}

func (c Calendar) bankHoliday(d day) bool {
	country := c.Country
	if country == "" {
		country = "england-and-wales"
	}
	return slices.Contains(c.ExtraBankHolidays, d) || bankHolidays[country][d]
}

// deadline is when something is due that began at that time, counted over the days on which somebody is in; false where there
// is no such time.
func (w *world) deadline(due Due, severity string, since time.Time, in func(day) bool) (time.Time, bool) {
	switch due.Unit {
	case "":
		return time.Time{}, false
	case "at once":
		return since, true
	case "hours":
		return since.Add(time.Duration(due.N) * time.Hour), true
	}
	counts := w.p.Calendar.workingDay
	if due.Unit == "school days" && severity != "high" {
		counts = w.p.Calendar.schoolDay
	}
	n := 0
	for d := w.day(since) + 1; d <= w.day(since)+tenYears; d++ {
		if counts(d) && in(d) {
			n++
		}
		if n == due.N {
			return w.clock(d, 17), true
		}
	}
	return time.Time{}, false
}

// isIn reports whether the one with these addresses is in on that day of the week.
func (w *world) isIn(addresses []string, d day) bool {
	days := w.p.daysOf(addresses)
	weekday := d.utc().Weekday().String()
	return len(days) == 0 || slices.ContainsFunc(days, func(name string) bool { return strings.EqualFold(name, weekday[:3]) })
}
