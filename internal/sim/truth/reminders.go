package truth

import (
	"slices"
	"time"
	"unicode/utf8"
)

// longestNote is how long the note of a confirmation may be, in characters (code points).
const longestNote = 200

// period is what is confirmed of a reminder: everything that came in it, by the policy as it is now.
type period struct {
	key string
	// asked is when its last occurrence was due, and order the place of that among all.
	asked time.Time
	order int
}

// time is when an occurrence is due.
func (w *world) time(o occurrence) time.Time {
	y, m, d := o.day.utc().Date()
	return time.Date(y, m, d, o.hour, o.minute, 0, 0, w.zone())
}

// started are the occurrences of a reminder since the program began.
func (w *world) started(m ReminderMeans) []occurrence {
	begin := w.clock(w.day(w.first), 0)
	return slices.DeleteFunc(w.p.occurrences(m), func(o occurrence) bool { return w.time(o).Before(begin) })
}

// periods are the periods of a reminder, each with the time from which on it is asked for, in the order of those times.
func (w *world) periods(m ReminderMeans) []period {
	found := map[string]period{}
	for i, o := range w.started(m) {
		key := o.key
		if yearsOf[m.Every] == 1 || m.Every != "" && yearsOf[m.Every] == 0 {
			key, _ = w.p.Calendar.blockOf(m.Every, o.day)
		}
		found[key] = period{key, w.time(o), i} // a later one puts the time off
	}
	var out []period
	for _, key := range sortedKeys(found) {
		out = append(out, found[key])
	}
	slices.SortFunc(out, func(a, b period) int { return a.order - b.order })
	return out
}

// newestAsked is the newest period that is asked for by now; false if there is none.
func (w *world) newestAsked(m ReminderMeans) (period, bool) {
	var newest period
	for _, p := range w.periods(m) {
		if !p.asked.After(w.now) {
			newest = p
		}
	}
	return newest, newest.key != ""
}

// judgeReminder adds what one `reminder` finds.
func (w *world) judgeReminder(m ReminderMeans, found collection) {
	if m.Ask == "" {
		return
	}
	p, ok := w.newestAsked(m)
	if !ok {
		return
	}
	answer := w.confirmed(m, p)
	if answer == "done" {
		return
	}
	due, ok := w.deadline(m.Due, m.Severity, p.asked, func(d day) bool { return w.askedIsIn(m.Ask, d) })
	if answer != "not-done" && (!ok || !due.Before(w.now)) {
		return
	}
	subject := "reminder/" + m.Name + "-" + p.key
	found.add("reminder", m.Clause, "unconfirmed", subject, "period "+p.key)
	if answer == "not-done" {
		found.add("reminder", m.Clause, "unconfirmed", subject, "not-done")
	}
}

// confirmed is what the newest confirmation of a period says, of equal ones the last; "" if there is none. A confirmation is one for all
// clauses with this reminder, so it may come from whomever any of them asks.
func (w *world) confirmed(m ReminderMeans, p period) string {
	roles := []string{m.Ask}
	for _, other := range w.p.Reminders {
		if other.Name == m.Name && other.Ask != "" {
			roles = append(roles, other.Ask)
		}
	}
	answer, newest := "", time.Time{}
	for _, d := range w.decisions {
		switch {
		case d.Do != "confirm", d.Reminder != m.Name, d.Period != p.key, d.At.Before(p.asked), d.At.Before(newest):
			continue
		case d.Answer != "done" && d.Answer != "not-done", utf8.RuneCountInString(d.Note) > longestNote:
			continue
		}
		if by, ok := w.whoDecided(d); ok && (w.leads(by) || w.plays(by, roles...)) {
			answer, newest = d.Answer, d.At
		}
	}
	return answer
}

// PolicyReadMeans is one `record: policy-read` below a clause.
type PolicyReadMeans struct {
	Clause   string
	Severity string
	Due      Due
}

// judgePolicyRead adds who has not read the policy since its last review.
func (w *world) judgePolicyRead(m PolicyReadMeans, found collection) {
	if w.p.Review == nil || w.p.Staff.Roll != "" && w.p.Staff.Columns["agreement"] != "" && w.staff == nil {
		return // could not be checked
	}
	review := w.p.Review.Last
	for _, a := range w.accounts {
		if a.kind != "staff" || !a.active || w.hasRead(a, review) {
			continue
		}
		since := max(review, w.day(a.CreationTime), w.day(w.first)) + 1
		due, ok := w.deadline(m.Due, m.Severity, w.clock(since, 0), func(day) bool { return true })
		if ok && due.Before(w.now) {
			found.add("record", m.Clause, "overdue", "user/"+a.ID, "review "+review.String())
		}
	}
}

// hasRead reports whether somebody said that they read the policy since its review, or stands so on the roll.
func (w *world) hasRead(a *account, review day) bool {
	for _, d := range w.decisions {
		if d.Do == "read-policy" && !d.At.Before(w.clock(review, 0)) && w.adultThen(d.By, d.At) == a.User {
			return true
		}
	}
	if r := w.staff.row(a); r != nil {
		signed, ok := rollDay(r.agreement)
		return ok && signed >= review && signed <= w.today
	}
	return false
}

// AskedFor is a period of a reminder that is asked for.
type AskedFor struct {
	Clause   string
	Reminder string
	Ask      string // a role
	Period   string
	Since    time.Time
}

// AskedFor lists of each of the policy's reminders that somebody is asked about the newest period that is asked for at Now, where there is one. Both
// times must be given.
func (o Options) AskedFor(p Policy) []AskedFor {
	w := newWorld(&Tenant{}, p, o.Now)
	w.first = o.First
	var out []AskedFor
	for _, m := range p.Reminders {
		if x, ok := w.newestAsked(m); ok && m.Ask != "" {
			out = append(out, AskedFor{m.Clause, m.Name, m.Ask, x.key, x.asked})
		}
	}
	return out
}
