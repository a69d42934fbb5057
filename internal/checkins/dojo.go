package checkins

import (
	"slices"
	"strings"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/classdojo"
	"esafetybot/internal/findings"
	"esafetybot/internal/policy"
)

// Draw is what a leader's spot check is drawn from.
type Draw struct {
	School  string   // its name
	Classes []string // ids on ClassDojo
}

// Holds tells whether a class is drawn in a period.
func (d *Draw) Holds(period calendar.Range, class string) bool {
	return slices.Contains(classdojo.SpotCheck(d.School, period, d.Classes, classdojo.SpotCount(len(d.Classes))), class)
}

// spot begins the name of a spot check.
const spot = "dojo-spot-"

// dojoAsks is what a means on ClassDojo asks: of each class its teachers, of the School Story the leaders, and of these a spot check of each class, which only those that are drawn turn out to be.
func dojoAsks(p *policy.Policy, of Ask) []Ask {
	d, leaders := p.ClassDojo, p.DojoRole()
	of.Within = d.LookWithin
	var out []Ask
	draw := &Draw{School: p.School.Name}
	for _, c := range d.Classes {
		draw.Classes = append(draw.Classes, c.ID)
		a := of
		a.Name, a.Role, a.Dojo, a.Class, a.Who = classdojo.CheckIn(c.ID), string(policy.RoleClassTeacher), c.ID, c.Name, c.Teachers
		a.Days = anyDay(p, c.Teachers)
		out = append(out, a)
	}
	if d.SchoolStory {
		a := of
		a.Name, a.Role, a.Dojo, a.Class = classdojo.CheckIn(classdojo.School), string(leaders), classdojo.School, SchoolStory
		var who []string
		for _, x := range p.Person(leaders) {
			who = append(who, x.Address)
		}
		a.Days = anyDay(p, who)
		out = append(out, a)
	}
	for _, c := range d.Classes {
		a := of
		a.Name, a.Role, a.Dojo, a.Class, a.Spot = spot+c.ID, string(leaders), c.ID, c.Name, draw
		if who := p.Person(leaders); len(who) > 0 {
			a.Days = p.DaysIn(who[0])
		}
		out = append(out, a)
	}
	return out
}

// SchoolStory is what the School Story is called.
const SchoolStory = "School Story"

// anyDay is on which days any of some people is in; nil is every day.
func anyDay(p *policy.Policy, who []string) []time.Weekday {
	var out []time.Weekday
	for _, address := range who {
		days := p.DaysOf(address)
		if len(days) == 0 {
			return nil
		}
		out = append(out, days...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// AskedOf tells whether it is asked of somebody, by the roles they play and whether an address is theirs.
func (a Ask) AskedOf(plays func(policy.Role) bool, theirs func(address string) bool) bool {
	if a.Who != nil {
		return slices.ContainsFunc(a.Who, theirs)
	}
	return plays(policy.Role(a.Role))
}

func dojoQuestion(a Ask) Question {
	q := Question{Title: "ClassDojo: " + a.Class, Question: "How is the Class Story of " + a.Class + " on ClassDojo set, and who looks at it?", Dojo: classdojo.Questions(a.Dojo)}
	if a.Dojo == classdojo.School {
		q.Question = "How is the School Story on ClassDojo set, and who looks at it?"
	}
	q.Look = "ClassDojo shows this to no program, so nobody but you can tell. Each question has a link to the page on which to look."
	return q
}

func spotQuestion(a Ask) Question {
	return Question{
		Title: "A look into ClassDojo: " + a.Class, Question: "Look through the Class Story of " + a.Class + ": is all that is written there as it should be, and are comments on or off as its teacher says?",
		Look:  "The class was drawn by lot. If something there concerns a child's safety, raise it as a concern at once.",
		Links: []Link{{"The Story of " + a.Class, classdojo.Target{Kind: classdojo.Story, Class: a.Dojo}.Link()}},
	}
}

// standing is the newest answer on a class since the first look.
func (in Input) standing(a Ask, first calendar.Date) *Answer {
	var s *Answer
	begin := first.At(0, 0, in.location())
	for _, x := range in.Answers[a.Name] {
		if x.Dojo != nil && !x.At.Before(begin) && !x.At.After(in.Now) && (s == nil || !x.At.Before(s.At)) {
			s = &x
		}
	}
	return s
}

func (in Input) rhythm(a Ask, standing *Answer) string {
	if standing == nil {
		return a.Every
	}
	newest := *standing.Dojo
	newest.At = standing.At
	return classdojo.Rhythm(a.Every, newest, in.Commented[a.Dojo])
}

// LastLook is the newest day on which somebody looked through a class's Story, by what was answered and noted; zero if nobody has.
func (in Input) LastLook(a Ask) calendar.Date {
	last := in.Looked[a.Dojo]
	for _, x := range in.Answers[classdojo.CheckIn(a.Dojo)] {
		if x.Dojo != nil && !x.At.After(in.Now) {
			last = later(last, x.Dojo.Looked)
		}
	}
	return last
}

// dojo judges what was said of a class on ClassDojo.
func (in Input) dojo(s State) []findings.Observed {
	if s.Standing == nil {
		return nil
	}
	said := s.Standing.Dojo
	var out []findings.Observed
	see := func(rule string, facts ...string) {
		if len(facts) == 0 {
			return
		}
		o := findings.Observed{Clause: s.Clause, Subject: Subject(s.Name), Severity: s.Severity, Deals: s.Deals, Rule: Means + "." + rule}
		if rule != NotLooked {
			o.Since = s.Standing.At
			facts = append(facts, "answered "+in.Calendar.Date(s.Standing.At).String())
		}
		o.Facts = findings.Normalise(facts)
		out = append(out, o)
	}
	on := said.Comments == classdojo.On
	see(AnsweredNo, when(on && said.Moderator == classdojo.Nobody, NoModerator, said.Channel == classdojo.No, OtherChannels)...)
	see(NotSure, slices.Concat(when(said.Comments == classdojo.Unsure, CommentsUnsure, on && said.Moderator == classdojo.Unsure, ModeratorUnsure), when(said.Channel == classdojo.Unsure, ChannelUnsure, false, ""))...)
	if last := in.LastLook(s.Ask); on && last.IsZero() {
		see(NotLooked, "looked never")
	} else if on && in.schoolDays(last) > s.Within {
		see(NotLooked, "looked "+last.String())
	}
	return out
}

// The facts of what was said of a class.
const (
	NoModerator     = "no-moderator"
	OtherChannels   = "other-channels"
	CommentsUnsure  = "comments-not-sure"
	ModeratorUnsure = "moderator-not-sure"
	ChannelUnsure   = "channel-not-sure"
)

// FactWords says what a fact of a class on ClassDojo means; "" for others.
func FactWords(fact string, day func(calendar.Date) string) string {
	if w := factWords[fact]; w != "" {
		return w
	}
	if said, ok := strings.CutPrefix(fact, "looked "); ok {
		if d, err := calendar.ParseDate(said); err == nil {
			return "comments are on, and nobody has looked since " + day(d)
		}
	}
	return ""
}

var factWords = map[string]string{
	NoModerator:     "comments are on, and nobody looks at them",
	OtherChannels:   "families are written to in other ways than ClassDojo and school e-mail",
	CommentsUnsure:  "it is not certain whether comments are on",
	ModeratorUnsure: "it is not certain who looks at the comments",
	ChannelUnsure:   "it is not certain how families are written to",
	"looked never":  "comments are on, and nobody has looked through them yet",
}

// when lists those of two facts that are so.
func when(a bool, first string, b bool, second string) []string {
	var out []string
	if a {
		out = append(out, first)
	}
	if b {
		out = append(out, second)
	}
	return out
}

// schoolDays counts the school days after a day up to today; at most those of about two years.
func (in Input) schoolDays(from calendar.Date) int {
	n := 0
	today := in.Calendar.Date(in.Now)
	for i := range max(0, min(from.DaysUntil(today), 800)) {
		if in.Calendar.IsSchoolDay(today.AddDays(-i)) {
			n++
		}
	}
	return n
}

// ExampleSaid is what an answer about a class on ClassDojo looks like on the command line.
func ExampleSaid(a Ask) string {
	s := classdojo.AskComments + "=" + classdojo.On + " " + classdojo.AskModerator + "=" + classdojo.Leader + " " + classdojo.AskLooked + "=2026-10-05"
	if a.Dojo != classdojo.School {
		s += " " + classdojo.AskChannel + "=" + classdojo.Yes
	}
	return s
}
