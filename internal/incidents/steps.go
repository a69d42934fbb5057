package incidents

import (
	"cmp"
	"strings"
)

// Numbers are the telephone numbers that a school has entered; "" where it has not.
type Numbers struct {
	LADO     string // the local designated officer, for concerns about adults
	Children string // the council's children's services (often called MASH), for concerns about pupils
	Police   string // the police where nobody is in danger now; "" is 101
	Council  string // the council's switchboard
	DPO      string // the data protection officer
}

// Step is one thing that a form tells people to do.
type Step struct {
	Text   string
	Source string // where it comes from; "" for the school's own way
}

// Sources of the national steps.
const (
	sourceKCSIE = "Keeping children safe in education, part four (Department for Education)"
	sourceUKCIS = "Sharing nudes and semi-nudes: advice for education settings (UK Council for Internet Safety, 2024)"
	sourceGDPR  = "UK GDPR, article 33"
)

func (n Numbers) lado() string {
	return n.say("the local designated officer (LADO)", n.LADO)
}

// say gives a number, or what to do where the school has not entered it.
func (n Numbers) say(who, number string) string {
	switch number, council := strings.TrimSpace(number), strings.TrimSpace(n.Council); {
	case number != "":
		return who + ", " + number
	case council != "":
		return who + " (no number is entered here: ask the council's switchboard, " + council + ")"
	}
	return who + " (no number is entered here: ask the council's switchboard)"
}

// steps is the table: what is told with a form of some kinds (nil: all), about some (nil: whoever).
var steps = []struct {
	kinds []Kind
	about []About
	text  func(Numbers) string
	from  string
}{
	{nil, nil, say("If a child may be in danger now, ring 999. Do not wait for anybody to read this."), ""},
	{[]Kind{Incident, Complaint, DataBreach, UnderAge, Takedown, LowLevel}, []About{Pupil, Adult, NotSure}, nudes, sourceUKCIS},
	{[]Kind{Incident, DataBreach, Filtering, Takedown}, []About{Pupil, Nobody}, nudes, sourceUKCIS},
	{nil, []About{Pupil}, func(n Numbers) string {
		return "If a child may be at risk of harm, also tell the safeguarding lead in person or by telephone. Where nobody can be reached, ring " + n.say("the council's children's services", n.Children) + "."
	}, ""},
	{[]Kind{Incident, DataBreach, Takedown}, nil, func(n Numbers) string {
		return "If a crime may have been committed, and nobody is in danger now, the police have " + cmp.Or(strings.TrimSpace(n.Police), "101") + "."
	}, ""},
	{nil, []About{Adult, NotSure}, say("If it may be about the headteacher, say so on the form: then only the chair of governors is told. Speak of it to nobody whom it may be about."), ""},
	{nil, []About{Adult, NotSure}, func(n Numbers) string {
		return "If an adult may have harmed a child, or may be a risk to children, the headteacher (the chair of governors, if it is about the headteacher) rings " + n.lado() +
			", before anybody asks questions. You may ring too."
	}, sourceKCSIE},
	{[]Kind{DataBreach}, nil, say("Tell the headteacher at once, in person or by telephone as well: the 72 hours run from when the school knew, through nights and holidays."), sourceGDPR},
	{[]Kind{DataBreach}, nil, func(n Numbers) string {
		return "The headteacher decides with the council whether the regulator (ICO) is told, and asks " + n.say("the data protection officer", n.DPO) + "."
	}, sourceGDPR},
	{[]Kind{Takedown}, nil, say("Take it out of sight if you can do so without copying it; it must be down within one working day."), ""},
	{[]Kind{Filtering}, nil, say("Close the page and note the time and the device, not what it showed. If a child was upset or harmed by it, send an incident instead."), ""},
	{[]Kind{UnderAge}, nil, say("The safeguarding lead tells the parents or carers. If somebody unknown was in touch with the child, send an incident instead."), ""},
	{[]Kind{Complaint}, []About{Pupil, Nobody}, say("If the complaint is about somebody who works or volunteers here, choose that: it goes to the headteacher only."), ""},
	{nil, nil, say("Write no names here. The full account belongs in the school's own safeguarding records."), ""},
	{nil, nil, say("Nobody watches this page outside school hours."), ""},
}

func say(s string) func(Numbers) string { return func(Numbers) string { return s } }

// The wording follows the overview for all staff: never view, copy, print, share, store or save it, nor ask a child to; do not delete it; tell the
// safeguarding lead. Where it is about an adult that is for the headteacher, whom the form reaches.
func nudes(Numbers) string {
	return "If there is a nude or semi-nude picture of a child: do not open, copy, save or forward it, do not print or delete it, and ask no child to show or send it."
}

// Steps lists what people are told to do with a form of a kind, the most urgent first.
func (l *Log) Steps(k Kind, a About) []Step {
	if i, _ := k.Info(); i.Always != "" {
		a = i.Always
	}
	var out []Step
	been := map[string]bool{}
	for _, s := range steps {
		if !in(s.kinds, k) || !in(s.about, a) {
			continue
		}
		if text := s.text(l.Numbers); !been[text] {
			been[text] = true
			out = append(out, Step{text, s.from})
		}
	}
	return out
}

// in tells whether a list that stands for all when it is nil has x.
func in[T comparable](list []T, x T) bool {
	if list == nil {
		return true
	}
	for _, y := range list {
		if x == y {
			return true
		}
	}
	return false
}
