package truth

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// cronLine is a line of five fields whose minute and hour are one number each.
type cronLine struct {
	minute, hour int
	// days, months and weekdays are the numbers that each field holds; Sunday is 0.
	days, months, weekdays map[int]bool
	// anyDay and anyWeekday say that the field begins with a star.
	anyDay, anyWeekday bool
}

var (
	oneNumber = regexp.MustCompile(`^\d{1,2}$`)
	cronPart  = regexp.MustCompile(`^(?:(\*)|([0-9a-z]+)(?:-([0-9a-z]+))?)(?:/(\d{1,2}))?$`)
)

// parseCron reads such a line: numbers, stars, lists, ranges, steps, and names of days and months.
func parseCron(line string) (cronLine, error) {
	f := strings.Fields(strings.ToLower(line))
	if len(f) != 5 {
		return cronLine{}, fmt.Errorf("it has %d fields, not five", len(f))
	}
	if !oneNumber.MatchString(f[0]) || !oneNumber.MatchString(f[1]) {
		return cronLine{}, fmt.Errorf("its minutes and hours are not one number each")
	}
	c := cronLine{minute: number(f[0]), hour: number(f[1]), anyDay: f[2][0] == '*', anyWeekday: f[4][0] == '*'}
	if c.minute > 59 || c.hour < 7 || c.hour > 16 {
		return cronLine{}, fmt.Errorf("%s:%s is no time from 7:00 to 16:59", f[1], f[0])
	}
	var err error
	if c.days, err = cronField(f[2], 1, 31, nil); err != nil {
		return cronLine{}, err
	}
	months := []string{""}
	for m := time.January; m <= time.December; m++ {
		months = append(months, strings.ToLower(m.String()[:3]))
	}
	if c.months, err = cronField(f[3], 1, 12, months); err != nil {
		return cronLine{}, err
	}
	var weekdays []string
	for wd := time.Sunday; wd <= time.Saturday; wd++ {
		weekdays = append(weekdays, strings.ToLower(wd.String()[:3]))
	}
	if c.weekdays, err = cronField(f[4], 0, 7, weekdays); err != nil {
		return cronLine{}, err
	}
	if c.weekdays[7] {
		c.weekdays[0] = true
	}
	return c, nil
}

// cronField is the numbers that a field holds; names stand for their places in the list.
func cronField(field string, low, high int, names []string) (map[int]bool, error) {
	value := func(s string) (int, bool) {
		for i, name := range names {
			if name != "" && s == name {
				return i, true
			}
		}
		return number(s), oneNumber.MatchString(s)
	}
	out := map[int]bool{}
	for _, part := range strings.Split(field, ",") {
		m := cronPart.FindStringSubmatch(part)
		if m == nil {
			return nil, fmt.Errorf("%q is no part of a field", part)
		}
		from, to, step := low, high, 1
		if m[1] == "" {
			var ok bool
			if from, ok = value(m[2]); !ok {
				return nil, fmt.Errorf("%q is no number", m[2])
			}
			to = from
			if m[3] != "" {
				if to, ok = value(m[3]); !ok {
					return nil, fmt.Errorf("%q is no number", m[3])
				}
			}
		}
		if m[4] != "" {
			if step = number(m[4]); step == 0 || m[1] == "" && m[3] == "" {
				return nil, fmt.Errorf("%q has a step that goes nowhere", part)
			}
		}
		if from < low || to > high || from > to {
			return nil, fmt.Errorf("%q is not from %d to %d", part, low, high)
		}
		for n := from; n <= to; n += step {
			out[n] = true
		}
	}
	return out, nil
}

// runs reports whether the line runs on that day. As cron has it: where neither the day of the month nor that of the week begins with a
// star, either of them is enough.
func (c cronLine) runs(d day) bool {
	t := d.utc()
	onDay, onWeekday := c.days[t.Day()], c.weekdays[int(t.Weekday())]
	if !c.months[int(t.Month())] {
		return false
	}
	if !c.anyDay && !c.anyWeekday {
		return onDay || onWeekday
	}
	return onDay && onWeekday
}
