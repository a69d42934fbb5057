// Package reminders says what is due on the school's calendar, and posts it once.
//
// The contract:
//
//   - A reminder of the policy has occurrences ([School.Occurrences]), each on a school day and with a key. They follow from rule and calendar alone: nothing is planned ahead and stored, so that
//     a changed rule or calendar moves what has not gone out.
//   - What has gone out under its key ([Out]) never goes out again, wherever rule or calendar move it. Of one reminder at most one occurrence goes out a day, the oldest first, and none
//     later than the tenth school day after its own ([Input.Begin]).
//   - Nothing is taken to have been done because nobody said otherwise: what is confirmed by a person and was not, and what went out to nobody, is a finding ([Check]).
//   - What is not covered by the calendar has no occurrence: nothing is guessed.
//
// docs/reminder-rules.md defines every word. Judging is pure; what went out, what was confirmed and who has read the policy is kept in a [Book], which only the worker writes. Announcements in Google
// Classroom are made in stages ([Announce]), through whatever the caller gives as [Classroom].
package reminders

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/policy"
)

// Means is what stands before the dot of a rule.
const Means = "reminder"

// The rules.
const (
	Unconfirmed = "unconfirmed"
	Missed      = "missed"
)

// Rules lists them all.
var Rules = []string{Unconfirmed, Missed}

// LastDay is the school day after its own on which an occurrence may still go out.
const LastDay = 10

// EndHour is the hour of the day, in school time, from which on nothing begins to go out.
const EndHour = calendar.EndOfDay

// ErrNoReview says that a reminder counts from a day that the policy file does not name.
var ErrNoReview = errors.New("the policy file does not say when the policy was last reviewed (review:)")

// Clause is one clause that a reminder meets.
type Clause struct {
	ID       string
	Severity string
	Deals    string // role of who deals with what is not so
	Due      calendar.Deadline
}

// Reminder is one reminder of a policy, for all clauses that name it: they say the same of it.
type Reminder struct {
	Name    string
	Clauses []Clause
	Ask     policy.Role // who confirms; "" is nobody
	Every   string      // one of policy.Rhythms, or ""
	Days    []time.Weekday
	With    *policy.ReminderWith
}

// Of lists the reminders of a policy that are let out here, each once, in its order: all but the termly report, which a job of its own sends.
func Of(p *policy.Policy) []Reminder {
	return of(p, func(m policy.Means) bool { return m.Built() && m.Name != policy.GovernorReport })
}

// Planned lists the reminders of a policy whose days the calendar knows: those of [Of], and those that other parts of the program send.
func Planned(p *policy.Policy) []Reminder { return of(p, func(policy.Means) bool { return true }) }

func of(p *policy.Policy, which func(policy.Means) bool) []Reminder {
	var out []Reminder
	for _, c := range p.Clauses {
		for _, m := range c.MetBy {
			w, ok := m.With.(*policy.ReminderWith)
			if !ok || !which(m) {
				continue
			}
			i := slices.IndexFunc(out, func(r Reminder) bool { return r.Name == m.Name })
			if i < 0 {
				r := Reminder{Name: m.Name, Ask: m.Ask, Every: m.Every, With: w}
				if who := p.Person(m.Ask); len(who) > 0 {
					r.Days = p.DaysIn(who[0])
				}
				out = append(out, r)
				i = len(out) - 1
			}
			out[i].Clauses = append(out[i].Clauses, Clause{ID: c.ID, Severity: m.Severity, Deals: string(c.DealsWithIt), Due: m.Due})
		}
	}
	return out
}

// Occurrence is one time at which a reminder is due.
type Occurrence struct {
	Name, Key string // of the reminder; what it is known by, for good
	Day       calendar.Date
	At        time.Time // from when on it is due
	Period    string    // key of the period that it belongs to
	Block     string    // the teaching block that the day is in: "Autumn 1"
	Term      string    // its term
}

// School is what occurrences follow from.
type School struct {
	Calendar  *calendar.Calendar
	Review    policy.Review
	FirstLook time.Time // what was due before that day never goes out

	known *known // what was worked out before, where [School.Known] has it remembered
}

// known is what is worked out once of a school.
type known struct {
	days []day
	mu   sync.Mutex
	made map[string]made // by the reminder's name
}

// made are the occurrences of a reminder as it was when they were worked out.
type made struct {
	when  policy.When
	at    policy.Clock
	every string
	list  []Occurrence
}

// Known is the same school with its school days worked out, and each reminder's occurrences when they are asked for first, for whoever asks for many or often. A calendar, review or first look that is changed
// afterwards is not noticed. It is safe for concurrent use.
func (s School) Known() School {
	s.known = nil
	s.known = &known{days: s.days(), made: map[string]made{}}
	return s
}

func (s School) location() *time.Location {
	if s.Calendar.Location == nil {
		return time.UTC
	}
	return s.Calendar.Location
}

// Occurrences lists when a reminder is due, in the order of time, as far as the calendar goes. The error is ErrNoReview.
func (s School) Occurrences(r Reminder) ([]Occurrence, error) {
	if s.known == nil {
		return s.occurrences(r)
	}
	s.known.mu.Lock()
	defer s.known.mu.Unlock()
	m, ok := s.known.made[r.Name]
	if !ok || m.at != r.With.At || m.every != r.Every || !reflect.DeepEqual(m.when, r.With.When) {
		list, err := s.occurrences(r)
		if err != nil {
			return nil, err
		}
		m = made{r.With.When, r.With.At, r.Every, list}
		s.known.made[r.Name] = m
	}
	return slices.Clone(m.list), nil
}

func (s School) occurrences(r Reminder) ([]Occurrence, error) {
	all := s.days()
	var out []Occurrence
	start := s.Calendar.Date(s.FirstLook).At(0, 0, s.location())
	add := func(d day, key string, at time.Time) {
		if at.Before(start) {
			return
		}
		o := Occurrence{Name: r.Name, Key: key, Day: d.Date, At: at, Period: key, Block: d.half, Term: d.term}
		if r.Every != "" && r.Every != policy.TwoYears {
			o.Period = d.key(r.Every)
		}
		out = append(out, o)
	}
	clock := func(d day) time.Time { return d.At(r.With.At.Hour, r.With.At.Minute, s.location()) }
	switch w := r.With.When; w.Kind {
	case policy.WhenPer:
		for _, b := range blocks(all, w.Block) {
			if w.Term != "" && !strings.EqualFold(b.days[0].term, w.Term) {
				continue
			}
			for i, d := range spread(b.days, w.N) {
				key := b.key
				if w.N > 1 {
					key += fmt.Sprintf("-%d", i+1)
				}
				add(d, key, clock(d))
			}
		}
	case policy.WhenDay:
		for _, b := range blocks(all, w.Block) {
			d := onWeekday(b.days, w.Weekday, w.Last)
			add(d, b.key, clock(d))
		}
	case policy.WhenYearly, policy.WhenWeek:
		for _, b := range blocks(all, policy.BlockMonth) {
			if b.days[0].Month != w.Month {
				continue
			}
			d := b.days[len(b.days)/2]
			if w.Kind == policy.WhenWeek {
				d = b.days[0]
				if w.Last {
					d = b.days[len(b.days)-1]
				}
			}
			add(d, b.key, clock(d))
		}
	case policy.WhenReview:
		next, ok := s.Review.Next()
		if !ok {
			return nil, ErrNoReview
		}
		for _, n := range w.Days {
			target := next.AddDays(-n)
			if s.Calendar.Covers(target) != nil {
				continue // nobody knows yet which school day comes before it
			}
			i, there := slices.BinarySearchFunc(all, target, func(d day, t calendar.Date) int { return t.DaysUntil(d.Date) })
			if !there {
				i--
			}
			if i >= 0 {
				add(all[i], fmt.Sprintf("review-%s-%d", next, n), clock(all[i]))
			}
		}
	case policy.WhenEvery:
		for _, b := range blocks(all, policy.BlockYear) {
			for _, d := range everyDays(b.days, w.N) {
				add(d.day, fmt.Sprintf("%s-d%d", b.key, d.k), clock(d.day))
			}
		}
	case policy.WhenCron:
		line, err := policy.ParseCron(w.Cron)
		if err != nil {
			return nil, fmt.Errorf("the cron line of the reminder %s: %w", r.Name, err)
		}
		for _, d := range all {
			if at := line.Next(d.At(0, 0, s.location()).Add(-time.Second)); !at.IsZero() && calendar.DateOf(at.In(s.location())) == d.Date {
				add(d, d.String(), at)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Occurrence) int { return a.At.Compare(b.At) }) // of one day, what lies longer before the review first
	return out, nil
}
