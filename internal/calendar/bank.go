package calendar

import (
	"slices"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/gb"
)

// bankHolidays are those of each part of the United Kingdom, as the policy names them.
// Source: https://www.gov.uk/bank-holidays.
var bankHolidays = map[string][]*cal.Holiday{
	"england-and-wales": england,
	"scotland":          scotland(),
	"northern-ireland":  append([]*cal.Holiday{stPatrick, boyne}, england...),
}

// Regions lists what the policy may say under bank_holidays.
func Regions() []string { return []string{"england-and-wales", "scotland", "northern-ireland"} }

// england lists the library's holidays and the one that its own list leaves out.
var england = append([]*cal.Holiday{gb.CoronationDay}, gb.Holidays...)

// A bank holiday at a weekend moves to the Monday.
var toMonday = []cal.AltDay{{Day: time.Saturday, Offset: 2}, {Day: time.Sunday, Offset: 1}}

var (
	stPatrick = &cal.Holiday{Name: "St Patrick's Day", Month: time.March, Day: 17, Func: cal.CalcDayOfMonth, Observed: toMonday}
	boyne     = &cal.Holiday{Name: "Battle of the Boyne", Month: time.July, Day: 12, Func: cal.CalcDayOfMonth, Observed: toMonday}
	// By royal proclamation of 4 February 2026, for Scotland's first match.
	worldCup = &cal.Holiday{Name: "World Cup bank holiday", Month: time.June, Day: 15, Func: cal.CalcDayOfMonth, StartYear: 2026, EndYear: 2026}
	stAndrew = &cal.Holiday{Name: "St Andrew's Day", Month: time.November, Day: 30, Func: cal.CalcDayOfMonth, Observed: toMonday}
	// The second of January moves past New Year's Day where that has itself moved to the Monday.
	second = &cal.Holiday{Name: "2nd January", Month: time.January, Day: 2, Func: cal.CalcDayOfMonth, Observed: []cal.AltDay{
		{Day: time.Saturday, Offset: 2}, {Day: time.Sunday, Offset: 2}, {Day: time.Monday, Offset: 1}}}
)

// scotland has no Easter Monday, and its summer holiday is at the start of August.
func scotland() []*cal.Holiday {
	out := []*cal.Holiday{second, gb.SummerHolidayScotland, stAndrew, worldCup}
	for _, h := range england {
		if h != gb.EasterMonday && h != gb.SummerHoliday {
			out = append(out, h)
		}
	}
	return out
}

// BankHoliday names the bank holiday that d is in the calendar's part of the country, or returns "". Where a holiday
// falls on a weekend the substitute day counts.
func (c *Calendar) BankHoliday(d Date) string {
	if slices.Contains(c.ExtraHolidays, d) {
		return "bank holiday"
	}
	for _, h := range bankHolidays[c.BankHolidays] {
		if _, observed := h.Calc(d.Year); !observed.IsZero() && DateOf(observed) == d {
			return h.Name
		}
	}
	return ""
}
