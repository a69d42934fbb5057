package truth

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// occurrence is once that a reminder comes.
type occurrence struct {
	key    string
	day    day
	hour   int
	minute int
	// before is how many days before the review it was to be, 0 of other reminders.
	before int
}

// block is a block of the calendar with its school days in order.
type block struct {
	key  string
	name string // of a half term or term, such as "Autumn 1"
	days []day
}

// covered is the days of which the calendar knows anything, and false without terms.
func (c Calendar) covered() (span, bool) {
	if len(c.Terms) == 0 {
		return span{}, false
	}
	out := c.Terms[0]
	for _, t := range c.Terms {
		out.first, out.last = min(out.first, t.first), max(out.last, t.last)
	}
	return out, true
}

// schoolDays are all school days that there are, in order.
func (c Calendar) schoolDays() []day {
	var out []day
	s, ok := c.covered()
	for d := s.first; ok && d <= s.last; d++ {
		if c.schoolDay(d) {
			out = append(out, d)
		}
	}
	return out
}

// blockOf is the key and the name of the block of a kind that a school day is in.
func (c Calendar) blockOf(kind string, d day) (key, name string) {
	switch kind {
	case "week":
		for d.utc().Weekday() != time.Monday {
			d--
		}
		return d.String(), ""
	case "month":
		return d.utc().Format("2006-01"), ""
	case "year":
		// docs/reminder-rules.md, When: "The year of a block or day is the four-digit year in which the school year starts that the first day of its term is in:
		// the last days of July are of the year of their term, although accounts may move up on the 20th."
		for _, t := range c.Terms {
			if t.holds(d) {
				return c.schoolYear(t.first), ""
			}
		}
		return c.schoolYear(d), ""
	}
	first := day(0)
	for i, t := range c.Terms {
		if name != "" || !t.holds(d) {
			continue
		}
		first = t.first
		if i < len(c.TermNames) {
			name = c.TermNames[i]
		}
		if kind != "half term" {
			break
		}
		for _, h := range c.HalfTerms {
			if !t.holds(h.first) {
				continue
			}
			if d < h.first {
				name += " 1"
			} else {
				name += " 2"
				first = h.last + 1
			}
		}
		break
	}
	return c.schoolYear(first) + "-" + strings.ReplaceAll(strings.ToLower(name), " ", "-"), name
}

// schoolYear is the year in which the school year of a day starts.
func (c Calendar) schoolYear(d day) string { return strconv.Itoa(c.yearStart(d).utc().Year()) }

// blocksOf are the blocks of a kind that have school days, in the order of these.
func (c Calendar) blocksOf(kind string) []block {
	var out []block
	for _, d := range c.schoolDays() {
		key, name := c.blockOf(kind, d)
		if len(out) == 0 || out[len(out)-1].key != key {
			out = append(out, block{key: key, name: name})
		}
		out[len(out)-1].days = append(out[len(out)-1].days, d)
	}
	return out
}

// occurrences are all that the policy and its calendar have of a reminder, the oldest first.
func (p Policy) occurrences(m ReminderMeans) []occurrence {
	c := p.Calendar
	var out []occurrence
	add := func(key string, d day) {
		out = append(out, occurrence{key: key, day: d, hour: m.Hour, minute: m.Minute})
	}
	w := m.When
	switch w.Kind {
	case "per":
		for _, b := range c.blocksOf(w.Block) {
			spread(b, w.N, add)
		}
	case "term":
		for _, b := range c.blocksOf("term") {
			if strings.EqualFold(b.name, w.Term) {
				spread(b, 1, add)
			}
		}
	case "first", "last":
		for _, b := range c.blocksOf(w.Block) {
			if w.Kind == "last" {
				slices.Reverse(b.days)
			}
			on := b.days[0]
			for _, d := range b.days {
				if d.utc().Weekday() == w.Weekday {
					on = d
					break
				}
			}
			add(b.key, on)
		}
	case "yearly", "first week", "last week":
		for _, b := range c.blocksOf("month") {
			n := len(b.days)
			if b.days[0].utc().Month() == w.Month {
				add(b.key, b.days[map[string]int{"yearly": n / 2, "first week": 0, "last week": n - 1}[w.Kind]])
			}
		}
	case "review":
		out = p.beforeReview(m)
	case "every":
		for _, b := range c.blocksOf("year") {
			everySo(b, w.N, add)
		}
	case "cron":
		for _, d := range c.schoolDays() {
			if w.Cron.runs(d) {
				out = append(out, occurrence{key: d.String(), day: d, hour: w.Cron.hour, minute: w.Cron.minute})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b occurrence) int {
		return cmp.Or(cmp.Compare(a.day, b.day), cmp.Compare(b.before, a.before))
	})
	return out
}

// spread spreads N occurrences over a block.
func spread(b block, wanted int, add func(string, day)) {
	n := len(b.days)
	key := func(i int) string {
		if wanted == 1 {
			return b.key
		}
		return fmt.Sprintf("%s-%d", b.key, i+1)
	}
	for i := range min(n, wanted) {
		if n < wanted {
			add(key(i), b.days[i])
		} else {
			add(key(i), b.days[(2*i+1)*n/(2*wanted)])
		}
	}
}

// everySo adds an occurrence each so many days of a school year.
func everySo(year block, step int, add func(string, day)) {
	var last day
	for k := 0; k*step <= 366; k++ {
		wanted := year.days[0] + day(k*step)
		for _, d := range year.days {
			if d < wanted {
				continue
			}
			if k == 0 || d != last {
				add(fmt.Sprintf("%s-d%d", year.key, k), d)
				last = d
			}
			break
		}
	}
}

// beforeReview are the occurrences that count down to the next review; none where it is not known when that is.
func (p Policy) beforeReview(m ReminderMeans) []occurrence {
	if p.Review == nil {
		return nil
	}
	next, ok := p.Review.next()
	covered, known := p.Calendar.covered()
	if !ok || !known {
		return nil
	}
	var out []occurrence
	for _, n := range m.When.Before {
		wanted := next - day(n)
		if !covered.holds(wanted) {
			continue
		}
		for d := wanted; d >= covered.first; d-- {
			if p.Calendar.schoolDay(d) {
				out = append(out, occurrence{key: fmt.Sprintf("review-%s-%d", next, n), day: d, hour: m.Hour, minute: m.Minute, before: n})
				break
			}
		}
	}
	return out
}
