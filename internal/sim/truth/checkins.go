package truth

import (
	"slices"
)

// judgeCheckIn adds what one `check_in` finds.
func (w *world) judgeCheckIn(m CheckInMeans, found collection) {
	add := func(rule, fact string) { found.add("check-in", m.Clause, rule, "check-in/"+m.Name, fact) }
	period, ok := w.p.Calendar.period(m.Every, w.today)
	if !ok {
		return
	}
	asked, ok := w.asked(period)
	if !ok {
		return
	}
	if d, ok := w.answer(m, period, asked); ok {
		fact := "answered " + w.day(d.At).String()
		switch d.Answer {
		case "no":
			add("answered-no", fact)
		case "not-sure":
			add("not-sure", fact)
		}
		return
	}
	due, ok := w.deadline(m.Due, m.Severity, w.clock(asked, 0), func(d day) bool { return w.askedIsIn(m.Ask, d) })
	if ok && due.Before(w.now) {
		add("overdue", "asked "+asked.String())
		add("overdue", "due "+w.day(due).String())
	}
}

// asked is the day on which a check-in of a period is asked; false if that has not come.
func (w *world) asked(period span) (day, bool) {
	for d := period.first; d <= w.today; d++ {
		if w.p.Calendar.schoolDay(d) {
			asked := max(d, w.day(w.first))
			return asked, asked <= w.today
		}
	}
	return 0, false
}

// askedIsIn reports whether the first who plays a role is in on that day; where nobody plays it every day counts.
func (w *world) askedIsIn(role string, d day) bool {
	people := w.p.Roles[role]
	if len(people) == 0 {
		return true
	}
	addresses := []string{people[0].Address}
	if u := w.holder(people[0].Address, w.now); u != nil {
		addresses = u.addresses()
	}
	return w.isIn(addresses, d)
}

// answer is the newest answer of a period. It is one for all clauses with this check-in, so it may come from whomever any of them
// asks.
func (w *world) answer(m CheckInMeans, period span, asked day) (Decision, bool) {
	roles := []string{m.Ask}
	for _, other := range w.p.CheckIns {
		if other.Name == m.Name {
			roles = append(roles, other.Ask)
		}
	}
	var newest Decision
	for _, d := range w.decisions {
		if d.Do != "answer" || d.CheckIn != m.Name || d.Answer == "" || w.day(d.At) < asked || !period.holds(w.day(d.At)) || d.At.Before(newest.At) {
			continue
		}
		if by, ok := w.whoDecided(d); ok && (w.leads(by) || w.plays(by, roles...)) {
			newest = d
		}
	}
	return newest, !newest.At.IsZero()
}

// period is the one of its kind that a day is in; false if none holds it.
func (c Calendar) period(every string, today day) (span, bool) {
	y, m, _ := today.utc().Date()
	start := c.yearStart(today)
	switch every {
	case "week":
		monday := today - day((int(today.utc().Weekday())+6)%7)
		return span{monday, monday + 6}, true
	case "month":
		return span{date(y, m, 1), date(y, m+1, 1) - 1}, true
	case "half term", "term":
		return holding(c.blocks(every == "half term"), today)
	case "year":
		return span{start, c.yearAfter(start) - 1}, true
	case "two years":
		if start.utc().Year()%2 != 0 {
			start = c.yearBefore(start)
		}
		return span{start, c.yearAfter(c.yearAfter(start)) - 1}, true
	}
	return span{}, false
}

func (c Calendar) yearAfter(start day) day {
	y, m, d := start.utc().Date()
	return date(y+1, m, d)
}

// blocks are the periods that the terms make, or the teaching blocks of them: each reaches to the day before the next begins.
func (c Calendar) blocks(halves bool) []span {
	var begins []day
	last := day(-1)
	for _, t := range c.Terms {
		begins = append(begins, t.first)
		last = max(last, t.last)
		for _, h := range c.HalfTerms {
			if halves && t.holds(h.first) && t.holds(h.last+1) {
				begins = append(begins, h.last+1)
			}
		}
	}
	slices.Sort(begins)
	var out []span
	for i, first := range begins {
		if i+1 < len(begins) {
			out = append(out, span{first, begins[i+1] - 1})
		} else {
			out = append(out, span{first, last})
		}
	}
	return out
}

func holding(spans []span, d day) (span, bool) {
	for _, s := range spans {
		if s.holds(d) {
			return s, true
		}
	}
	return span{}, false
}
