package reminders

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/policy"
	"esafetybot/internal/quantity"
)

// How an occurrence stands.
const (
	Coming = "coming"
	Going  = "going out" // it has begun, and may still reach more
	Went   = "went out"
	Past   = "missed"      // it reached nobody, and no longer can
	Ours   = "sent apart"  // its time has come, and another part of the program sends it
	Late   = "not yet out" // its time has come
)

// Line is an occurrence in words, for lists and calendars.
type Line struct {
	Occurrence
	Title, Text string
	To, Place   string // "teachers", "by mail"
	State       string
	Began       time.Time // zero: it has not begun to go out
	Told        int       // people who were told by mail
	Waiting     int       // who are not yet, or were not
	Posted      int       // classes in which it was posted
	Unposted    int       // in which it was not
}

// Lines lists what is planned and what went out, in the order of time. Reminders that are sent by other parts of the program are in Reminders too, for whoever lists them ([Planned]).
func (in Input) Lines(titles Titles, next calendar.Date) []Line {
	var out []Line
	for _, r := range in.Reminders {
		all, _ := in.Occurrences(r)
		for _, o := range in.Outs[r.Name] { // what the rule no longer has, and went out
			if !slices.ContainsFunc(all, func(x Occurrence) bool { return x.Key == o.Key }) {
				all = append(all, Occurrence{Name: o.Name, Key: o.Key, Day: o.Day, At: o.At, Block: o.Block, Term: o.Term})
			}
		}
		for _, o := range all {
			l := Line{Occurrence: o, To: r.Audience(titles), Place: r.Place(), State: Coming}
			l.Title, l.Text, _ = r.Of(o.Block, o.Term, titles, next)
			in.stand(&l, r)
			out = append(out, l)
		}
	}
	slices.SortStableFunc(out, func(a, b Line) int {
		return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Name, b.Name), strings.Compare(a.Key, b.Key))
	})
	return out
}

// stand fills in how an occurrence stands.
func (in Input) stand(l *Line, r Reminder) {
	o, began := in.Outs[r.Name][l.Key]
	if !began {
		switch {
		case l.At.After(in.Now):
		case r.Name == policy.GovernorReport:
			l.State = Ours
		case in.passed(l.Day):
			l.State = Past
		default:
			l.State = Late
		}
		return
	}
	l.Began, l.Told, l.Waiting = o.Began, len(o.Told), len(o.For)
	for _, p := range o.Posts {
		if p.Done() {
			l.Posted++
		} else {
			l.Unposted++
		}
	}
	switch {
	case l.Waiting+l.Unposted > 0 && in.Goes(o):
		l.State = Going
	case o.Went():
		l.State = Went
	default:
		l.State = Past
	}
}

// Reach says in words whom an occurrence has reached: "12 people told, 1 not yet".
func (l Line) Reach() string {
	var out []string
	if l.Told > 0 {
		out = append(out, quantity.Of(l.Told, "person", "people")+" told")
	}
	if l.Posted > 0 {
		out = append(out, "posted in "+quantity.Of(l.Posted, "class", "classes"))
	}
	yet := " not yet"
	if l.State != Going {
		yet = " not"
	}
	if l.Waiting > 0 {
		out = append(out, quantity.Of(l.Waiting, "person", "people")+yet)
	}
	if l.Unposted > 0 {
		out = append(out, "in "+quantity.Of(l.Unposted, "class", "classes")+yet)
	}
	return strings.Join(out, ", ")
}

// Events makes calendar entries of lines. domain is the school's main one, link leads to the review site or is "".
func Events(lines []Line, domain, link string) []Event {
	var out []Event
	for _, l := range lines {
		text := "For " + l.To + ", " + l.Place + ".\n\n" + l.Text
		out = append(out, Event{UID: EventUID(domain, l.Name, l.Key), At: l.At, Title: l.Title, Text: text, Link: link})
	}
	return out
}
