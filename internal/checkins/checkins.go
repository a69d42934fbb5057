// Package checkins asks what only a person can answer.
//
// A check-in of the policy is asked once a period (a half term, a term, a year), of whoever plays a role. Silence turns into a finding when the deadline has passed, a "no" and a "not sure" at
// once; nothing here is ever taken to be fine because nobody answered. What is asked of each class on ClassDojo (dojo.go) has four answers in one, and what was said stands until it is said anew. docs/comment-rules.md defines every word. [Check] is pure; what was answered is kept in [Answers].
package checkins

import (
	"cmp"
	"slices"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/classdojo"
	"esafetybot/internal/findings"
)

// Means is what stands before the dot of a rule.
const Means = "check-in"

// The rules.
const (
	Overdue    = "overdue"
	AnsweredNo = "answered-no"
	NotSure    = "not-sure"
	NotLooked  = "not-looked" // of a class on ClassDojo only
)

// Rules lists them all.
var Rules = []string{Overdue, AnsweredNo, NotSure, NotLooked}

// The answers.
const (
	Yes    = "yes"
	No     = "no"
	Unsure = "not-sure"
)

// Ask is one check-in of a clause.
type Ask struct {
	Clause   string
	Severity string
	Deals    string // role of who deals with what is not so
	Name     string
	Role     string // who is asked
	Every    string // one of policy.Rhythms
	Due      calendar.Deadline
	Days     []time.Weekday // on which the first who plays the role is in, of a class on ClassDojo any of its teachers; nil is every day

	// Of what is asked of one class on ClassDojo.
	Dojo   string   // its id there, or classdojo.School; "" of every other check-in
	Class  string   // what it is called
	Who    []string // addresses of who is asked, lower case, instead of Role; nil where Role is asked
	Within int      // school days within which somebody has to look
	Spot   *Draw    // of a leader's spot check: what is drawn from; nil of others
}

// Answer is what somebody said.
type Answer struct {
	ID     string    `json:"id"` // of the decision
	At     time.Time `json:"at"`
	By     string    `json:"by"` // Directory id, or the hash of an address outside
	Answer string    `json:"answer,omitempty"`
	// Taken is when the worker took it up; zero in answers of older versions, which were taken up when they were given.
	Taken time.Time `json:"taken,omitzero"`
	// Dojo is what was said of a class on ClassDojo, in the place of Answer.
	Dojo *classdojo.Answer `json:"dojo,omitempty"`
}

// Input is everything a judgement rests on.
type Input struct {
	Now       time.Time
	FirstLook time.Time
	Calendar  *calendar.Calendar
	Asks      []Ask
	Answers   map[string][]Answer // by name, in any order

	// Of classes on ClassDojo, by id there.
	Looked    map[string]calendar.Date // the newest day on which somebody noted on the review site that they looked
	Commented map[string]time.Time     // the newest comment that somebody told of
}

// State is how a check-in stands today.
type State struct {
	Ask
	Period calendar.Range
	Asked  calendar.Date // zero: not asked yet
	Due    time.Time     // zero: no deadline is known
	Answer *Answer       // nil: none yet
	// Standing is the newest answer on a class on ClassDojo, of whatever period; nil without one, and of other check-ins.
	Standing *Answer
}

// Waits tells whether somebody is asked, and has not answered.
func (s State) Waits() bool { return !s.Asked.IsZero() && s.Answer == nil }

// Overdue tells whether the deadline passed without an answer.
func (s State) Overdue(now time.Time) bool { return s.Waits() && !s.Due.IsZero() && s.Due.Before(now) }

// Subject is a check-in's identity in a finding.
func Subject(name string) string { return "check-in/" + name }

// States tells how each check-in stands, in the order of the asks.
func (in Input) States() []State {
	var out []State
	for _, a := range in.Asks {
		out = append(out, in.state(a))
	}
	return out
}

func (in Input) state(a Ask) State {
	s := State{Ask: a}
	today := in.Calendar.Date(in.Now)
	first := in.Calendar.Date(in.FirstLook)
	if a.Dojo != "" && a.Spot == nil {
		s.Standing = in.standing(a, first)
		s.Every = in.rhythm(a, s.Standing)
	}
	var ok bool
	if s.Period, ok = Period(in.Calendar, s.Every, today); !ok || a.Spot != nil && !a.Spot.Holds(s.Period, a.Dojo) {
		return s
	}
	for d := s.Period.First; !d.After(today); d = d.AddDays(1) {
		if in.Calendar.IsSchoolDay(d) {
			s.Asked = d
			break
		}
	}
	if s.Asked.IsZero() {
		return s
	}
	s.Asked = later(s.Asked, first)
	begin := s.Asked.At(0, 0, in.location())
	// Where the term dates end first there is no deadline.
	s.Due, _ = in.Calendar.Due(begin, a.Due, a.Days, a.Severity)
	for _, x := range in.Answers[a.Name] {
		// From when it was asked until now is inside the period.
		if !x.At.Before(begin) && !x.At.After(in.Now) && (s.Answer == nil || !x.At.Before(s.Answer.At)) {
			s.Answer = &x
		}
	}
	return s
}

// later is the later of two days.
func later(a, b calendar.Date) calendar.Date {
	return slices.MaxFunc([]calendar.Date{a, b}, func(a, b calendar.Date) int { return b.DaysUntil(a) })
}

func (in Input) location() *time.Location {
	if in.Calendar.Location == nil {
		return time.UTC
	}
	return in.Calendar.Location
}

// Check judges: findings sorted by clause, rule and subject.
func Check(in Input) []findings.Observed {
	var out []findings.Observed
	for _, s := range in.States() {
		o := findings.Observed{Clause: s.Clause, Subject: Subject(s.Name), Severity: s.Severity, Deals: s.Deals}
		switch {
		case s.Overdue(in.Now):
			o.Rule, o.Due = Overdue, s.Due
			o.Facts = []string{"asked " + s.Asked.String(), "due " + in.Calendar.Date(s.Due).String()}
		case s.Answer != nil && s.Answer.Answer == No:
			o.Rule, o.Since = AnsweredNo, s.Answer.At
		case s.Answer != nil && s.Answer.Answer == Unsure:
			o.Rule, o.Since = NotSure, s.Answer.At
		default:
			out = append(out, in.dojo(s)...)
			continue
		}
		if s.Answer != nil {
			o.Facts = []string{"answered " + in.Calendar.Date(s.Answer.At).String()}
		}
		o.Rule = Means + "." + o.Rule
		out = append(append(out, o), in.dojo(s)...)
	}
	slices.SortFunc(out, func(a, b findings.Observed) int {
		return cmp.Or(cmp.Compare(a.Clause, b.Clause), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Subject, b.Subject))
	})
	return out
}

// Period is the period of a rhythm that a day is in; false where there is none.
func Period(cal *calendar.Calendar, every string, day calendar.Date) (calendar.Range, bool) {
	switch every {
	case "week":
		monday := day.AddDays(-(int(day.Weekday()) + 6) % 7)
		return calendar.Range{First: monday, Last: monday.AddDays(6)}, true
	case "month":
		first := calendar.Date{Year: day.Year, Month: day.Month, Day: 1}
		return calendar.Range{First: first, Last: calendar.DateOf(time.Date(day.Year, day.Month+1, 0, 12, 0, 0, 0, time.UTC))}, true
	case "half term":
		var blocks []calendar.Range
		for _, b := range cal.HalfTerms() {
			blocks = append(blocks, b.Range)
		}
		return among(blocks, day)
	case "term":
		var terms []calendar.Range
		for _, t := range cal.Terms {
			terms = append(terms, t.Range())
		}
		return among(terms, day)
	}
	years := 1
	start := cal.YearStart(day)
	if every == "two years" {
		years = 2
		start.Year -= start.Year % 2
	}
	end := start
	end.Year += years
	return calendar.Range{First: start, Last: end.AddDays(-1)}, true
}

// among is the block that a day is in, each reaching to the day before the next begins.
func among(blocks []calendar.Range, day calendar.Date) (calendar.Range, bool) {
	slices.SortFunc(blocks, func(a, b calendar.Range) int { return b.First.DaysUntil(a.First) })
	for i, b := range blocks {
		if i+1 < len(blocks) {
			b.Last = blocks[i+1].First.AddDays(-1)
		}
		if b.Contains(day) {
			return b, true
		}
	}
	return calendar.Range{}, false
}
