package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/quantity"
)

// What somebody did, as the monthly list tells it. The order is that of its sections.
const (
	DidAgree    = "agreed"   // that something stays as it is until a date
	DidEnd      = "ended"    // an agreement, before its date
	DidApprove  = "approved" // a change
	DidDecline  = "declined" // a change
	DidChange   = "changed"  // a change was made
	DidAskUndo  = "ask-undo" // somebody wants a change undone
	DidUndo     = "undid"    // a change was undone
	DidNotMake  = "not-made" // a change could not be made, or not be undone
	DidExport   = "exported" // a list was taken out of the program
	stillAgreed = "holds"    // an agreement that still holds
)

var monthlyTitles = []struct{ did, title string }{
	{DidAgree, "Agreed to: it stays as it is until a date"},
	{DidEnd, "Agreements ended before their date"},
	{DidApprove, "Changes approved"},
	{DidDecline, "Changes declined"},
	{DidChange, "Changes made"},
	{DidAskUndo, "Asked to be undone"},
	{DidUndo, "Changes undone"},
	{DidNotMake, "Changes that could not be made or undone"},
	{DidExport, "Lists taken out of the program"},
	{stillAgreed, "Agreed to before, and it still holds"},
}

// MonthlyDeed is one thing that somebody did. It names nobody and nothing but the clause and what was the case.
type MonthlyDeed struct {
	Did     string // one of the words above
	At      time.Time
	Who     []string // roles, in the school's words; none where it is not known, or not to be known
	Clause  string   // "A23"; "" of a list that was taken out
	What    string   // what was found, what was to be changed or which list it was, in words without names
	Until   time.Time
	Private bool   // agreed to for a reason that only the e-safety officer and the safeguarding lead know: neither who agreed nor why is told
	Why     string // in the words of who did it; left out where a pupil's name may be in it
}

// MonthlyInput is all that the monthly list is made of.
type MonthlyInput struct {
	School   string
	Titles   Titles
	Reader   string // the reader's name; "" leaves the greeting out
	Chair    bool   // for the chair of governors: what concerns the headteacher's own account, and nothing else
	NoChair  bool   // the policy names no chair of governors
	Now      time.Time
	Location *time.Location // the school's time zone; nil is UTC
	From     time.Time      // what was done from then on
	To       time.Time      // and before then
	Deeds    []MonthlyDeed  // in any order
	Holds    []MonthlyDeed  // agreements made before From that still hold; At is when they were made
	NotKnown []string       // what could not be told, in whole sentences
	Site     string         // https; the page of the changes and findings; "" without a site
	Mask     *Mask          // nil masks nothing
}

type monthlyPage struct {
	School, Date, Greeting, Headline, Lead string
	Sections                               []monthlySection
	NotKnown, Foot                         []string
	Site                                   string
}

type monthlySection struct {
	Title string
	Lines []monthlyLine
	More  string
}

type monthlyLine struct{ When, Who, Text, Why string }

// monthlyMost is how many lines a section has; what is more is counted.
const monthlyMost = 40

// Monthly writes the list of what was agreed to, approved, declined, changed, undone and taken out of the program. A list of nothing says so.
func Monthly(in MonthlyInput) (Rendered, error) {
	loc := cmp.Or(in.Location, time.UTC)
	v := monthlyView{in: in, loc: loc}
	span := monthsWords(in.From.In(loc), in.To.In(loc))
	school := named(in.School, 80)
	officer := cmp.Or(clean(in.Titles.ESafetyOfficer, 60), "e-safety officer")
	p := monthlyPage{School: school, Date: in.Now.In(loc).Format("Monday 2 January 2006"), Headline: "What was agreed to and changed in " + span, NotKnown: in.NotKnown, Site: safeLink(in.Site)}
	if name := named(in.Reader, 60); name != "" {
		p.Greeting = "Dear " + name + ","
	}
	for most := monthlyMost; ; most /= 2 {
		p.Sections = v.sections(max(most, 1))
		switch n := len(in.Deeds); {
		case n == 0:
			p.Lead = "Nothing was agreed to or changed in " + span + "."
		case n == 1:
			p.Lead = "One thing was done in " + span + "."
		default:
			p.Lead = quantity.Number(n) + " things were done in " + span + ", by role and day."
		}
		p.Lead += " This list names no pupil, and no file or account."
		p.Foot = []string{"Written by esafetybot for " + cmp.Or(school, "the school") + ", on the first school day of each month. The " + officer + " can tell you more about each line."}
		switch {
		case in.Chair:
			p.Lead += " It is about what concerns the headteacher's own account or files, which the headteacher is not told here."
			p.Foot = []string{"Written by esafetybot for " + cmp.Or(school, "the school") + ", in a month in which something concerned the headteacher's own account or files."}
		case in.NoChair:
			p.Foot = append(p.Foot, "What concerns your own account or files is told to the chair of governors, whom the policy does not name yet.")
		default:
			p.Foot = append(p.Foot, "What concerns your own account or files is told to the chair of governors.")
		}
		r := Rendered{Subject: "Online safety: what was agreed to and changed in " + span, Empty: len(in.Deeds) == 0, Hash: sum([]string{span, fmt.Sprint(in.Deeds), fmt.Sprint(in.Holds)})}
		var err error
		if r.HTML, err = renderHTML("monthly", p); err != nil {
			return Rendered{}, fmt.Errorf("the monthly list: %w", err)
		}
		r.Text = monthlyText(p)
		if len(r.HTML) < MaxHTML && len(r.Text) < MaxHTML {
			return r, nil
		}
		if most <= 1 {
			return Rendered{}, fmt.Errorf("the monthly list: it has %d bytes even when it is cut, at most %d fit into a mail", len(r.HTML), MaxHTML)
		}
	}
}

type monthlyView struct {
	in  MonthlyInput
	loc *time.Location
}

func (v monthlyView) sections(most int) []monthlySection {
	var out []monthlySection
	for _, t := range monthlyTitles {
		list := v.in.Holds
		if t.did != stillAgreed {
			list = slices.DeleteFunc(slices.Clone(v.in.Deeds), func(d MonthlyDeed) bool { return d.Did != t.did })
		}
		lines := v.lines(list)
		s := monthlySection{Title: t.title, Lines: lines}
		if len(lines) > most {
			s.Lines, s.More = lines[:most], "and "+quantity.Number(len(lines)-most)+" more lines"
		}
		if len(lines) > 0 {
			out = append(out, s)
		}
	}
	return out
}

// lines puts together what was done alike on one day.
func (v monthlyView) lines(list []MonthlyDeed) []monthlyLine {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b MonthlyDeed) int { return a.At.Compare(b.At) })
	var out []monthlyLine
	var deeds []MonthlyDeed // of each line
	var n []int
	for _, d := range list {
		if d.Private {
			d.Who, d.Why = nil, ""
		}
		i := slices.IndexFunc(deeds, func(x MonthlyDeed) bool { return v.alike(x, d) })
		if i < 0 {
			deeds, n = append(deeds, d), append(n, 0)
			i = len(deeds) - 1
		}
		n[i]++
	}
	for i, d := range deeds {
		out = append(out, v.line(d, n[i]))
	}
	return out
}

func (v monthlyView) alike(a, b MonthlyDeed) bool {
	return v.day(a.At) == v.day(b.At) && slices.Equal(a.Who, b.Who) && a.Clause == b.Clause && a.What == b.What && a.Until.Equal(b.Until) && a.Private == b.Private && a.Why == b.Why
}

func (v monthlyView) day(t time.Time) string { return t.In(v.loc).Format("Mon 2 January") }

func (v monthlyView) line(d MonthlyDeed, n int) monthlyLine {
	l := monthlyLine{When: v.day(d.At), Text: clean(d.What, 200)}
	if year := d.At.In(v.loc).Year(); year != v.in.Now.In(v.loc).Year() {
		l.When += fmt.Sprint(" ", year)
	}
	var who []string
	for _, w := range d.Who {
		who = append(who, clean(w, 80))
	}
	l.Who = capital(strings.Join(who, " and "))
	if d.Clause != "" {
		l.Text += " (" + clean(d.Clause, 20) + ")"
	}
	if n > 1 {
		l.Text += ", " + quantity.Number(n) + " times"
	}
	if !d.Until.IsZero() {
		l.Text += ", until " + d.Until.In(v.loc).Format("2 January 2006")
	}
	switch why := clean(d.Why, 300); {
	case d.Private:
		l.Why = "For a private reason, which only the " + cmp.Or(clean(v.in.Titles.ESafetyOfficer, 60), "e-safety officer") + " and the safeguarding lead know."
	case why != "" && v.in.Mask.Holds(why):
		l.Why = "The reason may name a pupil, and is on the review site only."
	case why != "":
		l.Why = "“" + isolate(why) + "”"
	}
	return l
}

// monthsWords names the months of a span: "October 2026", or "July to September 2026".
func monthsWords(from, to time.Time) string {
	last := to.Add(-time.Nanosecond)
	switch {
	case from.Year() == last.Year() && from.Month() == last.Month():
		return last.Format("January 2006")
	case from.Year() == last.Year():
		return from.Format("January") + " to " + last.Format("January 2006")
	}
	return from.Format("January 2006") + " to " + last.Format("January 2006")
}

func monthlyText(p monthlyPage) string {
	t := &textPage{}
	t.top(p.School+" · "+p.Date, p.Greeting, p.Headline)
	t.para(p.Lead)
	for _, s := range p.Sections {
		t.head(s.Title)
		for _, l := range s.Lines {
			head := l.When
			if l.Who != "" {
				head += ", " + l.Who
			}
			t.item("* ", head+": "+l.Text)
			if l.Why != "" {
				t.item("  ", l.Why)
			}
		}
		t.more(s.More)
		t.b.WriteString("\n")
	}
	if len(p.NotKnown) > 0 {
		t.head("What could not be told")
		for _, s := range p.NotKnown {
			t.item("* ", s)
		}
		t.b.WriteString("\n")
	}
	if p.Site != "" {
		t.para("All of it is on the review site:")
		t.link(p.Site)
		t.b.WriteString("\n")
	}
	t.b.WriteString("-- \n")
	for _, f := range p.Foot {
		t.line(f)
	}
	return t.b.String()
}
