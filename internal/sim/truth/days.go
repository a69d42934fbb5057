package truth

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// day is a date, as the number of days since 1 January 1970.
type day int

const secondsOfDay = 24 * 60 * 60

// dayOf is the date of a moment in a time zone.
func dayOf(t time.Time, zone *time.Location) day {
	y, m, d := t.In(zone).Date()
	return date(y, m, d)
}

func date(y int, m time.Month, d int) day {
	return day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / secondsOfDay)
}

func (d day) utc() time.Time { return time.Unix(int64(d)*secondsOfDay, 0).UTC() }

func (d day) String() string { return d.utc().Format("2006-01-02") }

// exactDay is a date that exists: 31 February is none.
func exactDay(y int, m time.Month, d int) (day, bool) {
	out := date(y, m, d)
	yy, mm, dd := out.utc().Date()
	return out, yy == y && mm == m && dd == d
}

// parseDay reads the one way in which policies and Google write dates.
func parseDay(s string) (day, bool) {
	t, err := time.Parse("2006-01-02", s)
	if err != nil {
		return 0, false
	}
	return dayOf(t, time.UTC), true
}

var (
	slashed = regexp.MustCompile(`^(\d{1,2})/(\d{1,2})/(\d{4})$`)
	worded  = regexp.MustCompile(`^(\d{1,2}) ([A-Za-z]+) (\d{4})$`)
	dashed  = regexp.MustCompile(`^(\d{1,2})-([A-Za-z]+)-(\d{4})$`)
)

// rollDay reads a date as it stands in a roll.
func rollDay(s string) (day, bool) {
	if d, ok := parseDay(s); ok {
		return d, true
	}
	if m := slashed.FindStringSubmatch(s); m != nil {
		return exactDay(number(m[3]), time.Month(number(m[2])), number(m[1]))
	}
	if m := worded.FindStringSubmatch(s); m != nil {
		return exactDay(number(m[3]), month(m[2], true), number(m[1]))
	}
	if m := dashed.FindStringSubmatch(s); m != nil {
		return exactDay(number(m[3]), month(m[2], false), number(m[1]))
	}
	return 0, false
}

func number(s string) int {
	n, _ := strconv.Atoi(s) // only digits come here, four at most
	return n
}

// month is the month with that name, in full only where that is allowed, or 0.
func month(name string, full bool) time.Month {
	for m := time.January; m <= time.December; m++ {
		if strings.EqualFold(name, m.String()[:3]) || full && strings.EqualFold(name, m.String()) {
			return m
		}
	}
	return 0
}

// Calendar is the policy's calendar: which days are school days and when the year begins.
type Calendar struct {
	// Terms are first and last days, both included.
	Terms []span
	// TermNames are what the terms are called, in the same order.
	TermNames []string
	// HalfTerms are the breaks in terms, first and last day, both included; they are in Off too.
	HalfTerms []span
	// Off are the half-terms and closures, first and last day, both included, and the inset days.
	Off []span
	// Country says whose bank holidays count; "" is england-and-wales.
	Country string
	// ExtraBankHolidays come on top of those that are known here.
	ExtraBankHolidays []day
	// Rollover is the policy's, nil where it has none.
	Rollover *span
}

type span struct{ first, last day }

func (s span) holds(d day) bool { return s.first <= d && d <= s.last }

// schoolDay reports whether pupils are in on that day.
func (c Calendar) schoolDay(d day) bool {
	if !c.workingDay(d) {
		return false
	}
	for _, s := range c.Off {
		if s.holds(d) {
			return false
		}
	}
	for _, t := range c.Terms {
		if t.holds(d) {
			return true
		}
	}
	return false
}

// schoolWeeks is the number of school weeks after a day, up to and including today.
func (c Calendar) schoolWeeks(since, today day) int {
	n := 0
	for _, t := range c.Terms {
		// Days of two overlapping terms are counted with the first of them.
		for d := max(t.first, since+1); d <= min(t.last, today); d++ {
			if c.firstTerm(d) == t && c.schoolDay(d) {
				n++
			}
		}
	}
	return n / 5
}

func (c Calendar) firstTerm(d day) span {
	for _, t := range c.Terms {
		if t.holds(d) {
			return t
		}
	}
	return span{}
}

// yearStart is the start of the school year that today is in.
func (c Calendar) yearStart(today day) day {
	m, d := time.August, 1
	if c.Rollover != nil {
		_, m, d = c.Rollover.first.utc().Date()
	}
	year := today.utc().Year()
	if start := date(year, m, d); start <= today {
		return start
	}
	return date(year-1, m, d)
}

// yearBefore is the start of the school year before the one that starts on that day.
func (c Calendar) yearBefore(start day) day {
	y, m, d := start.utc().Date()
	return date(y-1, m, d)
}

// inRollover reports whether accounts are being moved up on that day.
func (c Calendar) inRollover(today day) bool {
	m, d := time.September, 30
	if c.Rollover != nil {
		_, m, d = c.Rollover.last.utc().Date()
	}
	start := c.yearStart(today)
	end := date(start.utc().Year(), m, d)
	if end < start {
		end = date(start.utc().Year()+1, m, d)
	}
	return today <= end
}

// bankHolidays is listedBankHolidays as days.
var bankHolidays = func() map[string]map[day]bool {
	out := map[string]map[day]bool{}
	for country, list := range listedBankHolidays {
		out[country] = map[day]bool{}
		for _, s := range strings.Fields(list) {
			d, ok := parseDay(s)
			if !ok {
				panic(s + " is no date")
			}
			out[country][d] = true
		}
	}
	return out
}()

// listedBankHolidays is what https://www.gov.uk/bank-holidays lists, substitute days included.
var listedBankHolidays = map[string]string{
	"england-and-wales": `
2025-01-01 2025-04-18 2025-04-21 2025-05-05 2025-05-26 2025-08-25 2025-12-25 2025-12-26
2026-01-01 2026-04-03 2026-04-06 2026-05-04 2026-05-25 2026-08-31 2026-12-25 2026-12-28
2027-01-01 2027-03-26 2027-03-29 2027-05-03 2027-05-31 2027-08-30 2027-12-27 2027-12-28
2028-01-03 2028-04-14 2028-04-17 2028-05-01 2028-05-29 2028-08-28 2028-12-25 2028-12-26`,
	"scotland": `
2025-01-01 2025-01-02 2025-04-18 2025-05-05 2025-05-26 2025-08-04 2025-12-01 2025-12-25 2025-12-26
2026-01-01 2026-01-02 2026-04-03 2026-05-04 2026-05-25 2026-06-15 2026-08-03 2026-11-30 2026-12-25 2026-12-28
2027-01-01 2027-01-04 2027-03-26 2027-05-03 2027-05-31 2027-08-02 2027-11-30 2027-12-27 2027-12-28
2028-01-03 2028-01-04 2028-04-14 2028-05-01 2028-05-29 2028-08-07 2028-11-30 2028-12-25 2028-12-26`,
	"northern-ireland": `
2025-01-01 2025-03-17 2025-04-18 2025-04-21 2025-05-05 2025-05-26 2025-07-14 2025-08-25 2025-12-25 2025-12-26
2026-01-01 2026-03-17 2026-04-03 2026-04-06 2026-05-04 2026-05-25 2026-07-13 2026-08-31 2026-12-25 2026-12-28
2027-01-01 2027-03-17 2027-03-26 2027-03-29 2027-05-03 2027-05-31 2027-07-12 2027-08-30 2027-12-27 2027-12-28
2028-01-03 2028-03-17 2028-04-14 2028-04-17 2028-05-01 2028-05-29 2028-07-12 2028-08-28 2028-12-25 2028-12-26`,
}
