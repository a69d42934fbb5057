package reminders

import (
	"slices"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/policy"
)

// Out is what has gone out of one occurrence, and what still has to. It holds ids only.
type Out struct {
	Name  string        `json:"name"`
	Key   string        `json:"key"`
	Day   calendar.Date `json:"day"`
	At    time.Time     `json:"at"`    // from when on it was due
	Began time.Time     `json:"began"` // when it began to go out
	Block string        `json:"block,omitempty"`
	Term  string        `json:"term,omitempty"`
	// For lists who is still to be told by mail: Directory ids, or hashes of addresses outside; Told those who were, and when.
	For  []string             `json:"for,omitempty"`
	Told map[string]time.Time `json:"told,omitempty"`
	// Posts are the announcements in Classroom, by course.
	Posts map[string]Post `json:"posts,omitempty"`
}

// Went tells whether it reached anybody.
func (o Out) Went() bool {
	for _, p := range o.Posts {
		if p.Done() {
			return true
		}
	}
	return len(o.Told) > 0
}

// lacks lists the facts of what has not gone out.
func (o Out) lacks() []string {
	var out []string
	for course, p := range o.Posts {
		if !p.Done() {
			out = append(out, factClass+course)
		}
	}
	switch {
	case !o.Went():
		if len(out) == 0 {
			return []string{factNobody}
		}
	case len(o.For) > 0:
		out = append(out, factSome)
	}
	slices.Sort(out)
	return out
}

// Beginning is an occurrence that begins to go out now.
type Beginning struct {
	Reminder
	Occurrence
}

// Input is everything a judgement rests on.
type Input struct {
	School
	Now       time.Time
	Reminders []Reminder
	Outs      map[string]map[string]Out // by name and key
	Confirms  map[string][]Confirm      // by name, in any order
}

// Begin lists what begins to go out now: of each reminder the oldest occurrence that is due, has not gone out and may still, if none has begun today. What is told by mail begins on its day whatever the
// time is, so that a mail which goes anyway takes it along ([Input.Ripe] says from when on it is a mail of its own).
func (in Input) Begin() []Beginning {
	today := in.Calendar.Date(in.Now)
	if !in.Calendar.IsSchoolDay(today) || !in.Now.Before(today.At(EndHour, 0, in.location())) {
		return nil
	}
	var out []Beginning
	for _, r := range in.Reminders {
		all, err := in.Occurrences(r)
		if err != nil || in.beganToday(r.Name, today) {
			continue
		}
		i := slices.IndexFunc(all, func(o Occurrence) bool {
			_, went := in.Outs[r.Name][o.Key]
			return !went && !o.Day.After(today) && !in.over(o.Day, today) && (r.With.Through != policy.ThroughClassroom || in.Ripe(o.At))
		})
		if i >= 0 {
			out = append(out, Beginning{r, all[i]})
		}
	}
	return out
}

func (in Input) beganToday(name string, today calendar.Date) bool {
	for _, o := range in.Outs[name] {
		if in.Calendar.Date(o.Began) == today {
			return true
		}
	}
	return false
}

// over tells whether what was due on a day may no longer go out on another.
func (in Input) over(of, today calendar.Date) bool {
	n, err := in.Calendar.SchoolDays(of, today)
	return err != nil || n > LastDay
}

// Goes tells whether what began to go out may still reach the rest today.
func (in Input) Goes(o Out) bool {
	today := in.Calendar.Date(in.Now)
	return !in.over(o.Day, today)
}

// Ripe tells whether the hour at which something is due has come today, on whatever day it was due.
func (in Input) Ripe(at time.Time) bool {
	local := at.In(in.location())
	return !in.Now.Before(in.Calendar.Date(in.Now).At(local.Hour(), local.Minute(), in.location()))
}

// passed tells whether the last school day on which something due on a day may go out is over.
func (in Input) passed(of calendar.Date) bool {
	today, n := in.Calendar.Date(in.Now), 0
	for d := of.AddDays(1); d.Before(today) && in.Calendar.Covers(d) == nil; d = d.AddDays(1) {
		if in.Calendar.IsSchoolDay(d) {
			n++
		}
		if n == LastDay {
			return true
		}
	}
	return false
}

// missed is the newest occurrence of a reminder that can no longer go out, and whom it did not reach, without those whom a later one reached; no facts is none.
func (in Input) missed(r Reminder) (Occurrence, []string) {
	all, err := in.Occurrences(r)
	if err != nil {
		return Occurrence{}, nil
	}
	for i, o := range slices.Backward(all) {
		if !in.passed(o.Day) {
			continue
		}
		facts := []string{factNobody}
		if out, began := in.Outs[r.Name][o.Key]; began {
			facts = out.lacks()
		}
		facts = slices.DeleteFunc(facts, func(f string) bool { return in.reachedLater(r.Name, all[i+1:], f) })
		if len(facts) > 0 {
			return o, facts
		}
	}
	return Occurrence{}, nil
}

// reachedLater tells whether a later occurrence went to whom an earlier one did not reach.
func (in Input) reachedLater(name string, later []Occurrence, fact string) bool {
	return slices.ContainsFunc(later, func(o Occurrence) bool {
		out, ok := in.Outs[name][o.Key]
		switch {
		case !ok || !out.Went():
			return false
		case fact == factNobody:
			return true
		case fact == factSome:
			return len(out.For) == 0
		}
		return out.Posts[fact[len(factClass):]].Done()
	})
}

// Ends is the last day for which the calendar knows term dates, where it is time to enter the next ones: within sixty days of it, and from May on where nothing is known of the next school year.
func (s School) Ends(now time.Time) (calendar.Date, bool) {
	covered := s.Calendar.Covered()
	if covered.IsZero() {
		return calendar.Date{}, true
	}
	today := s.Calendar.Date(now)
	if today.DaysUntil(covered.Last) <= endsSoon {
		return covered.Last, true
	}
	next := s.Calendar.YearStart(today)
	next.Year++
	last := s.Calendar.Terms[len(s.Calendar.Terms)-1].First
	return covered.Last, today.Month >= time.May && today.Month < time.August && last.Before(next)
}

// endsSoon is how many days before their end the next term dates are asked for.
const endsSoon = 60
