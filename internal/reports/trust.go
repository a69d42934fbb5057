package reports

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"esafetybot/internal/quantity"
)

// TrustSchool is how one school of a trust stands, in numbers that may leave the school. The site's page and the mail say the same of it.
type TrustSchool struct {
	School string
	// Unread is set where the school's state could not be read: then nothing else is known of it.
	Unread bool
	Looked time.Time // since when everything had been looked at again; zero where something never was
	NotRun time.Time // when the last day's run that came to its end ended, where that is too long ago; zero where it is not
	Held   bool      // part of the program's work there does not get done
	Counts map[string]int
	// Places are posts and documents at whose comments somebody has to look, Findings everything else that is open. nil: not known, since the program had not looked by then.
	Places, Findings *TrustNumber
	Comments         bool // the policy asks somebody to look at comments
	Term             string
	Incidents        []string // in words, a line each; made by whoever guards that log
	Location         *time.Location
}

// TrustNumber is how many there are, and how many of these are beyond their time. It is told by [TrustNumber.Words] only.
type TrustNumber struct{ All, Late int }

// trustFew is the number below which nothing is counted by itself, so that a count points at nobody.
const trustFew = 3

// Words tells the numbers so that nobody can reckon one below three from them, zero included: neither of all, nor of those beyond their time, nor of the others. Each text stands for three pairs of numbers or more, or for one in which
// no number is below three.
func (n TrustNumber) Words(late string) string {
	rest := n.All - n.Late
	switch {
	case n.All < trustFew:
		return few(n.All)
	case n.All < 2*trustFew: // of so few every part would tell
		return quantity.Number(n.All)
	case n.Late < trustFew:
		return quantity.Number(n.All) + ", " + few(n.Late) + " of these " + late
	case rest < trustFew:
		return quantity.Number(n.All) + ", all but " + few(rest) + " of these " + late
	}
	return quantity.Number(n.All) + ", " + quantity.Number(n.Late) + " of these " + late
}

// Colour is the gravest that the school has a right to: it is green only where every clause is, and everything was looked at in its time.
func (s TrustSchool) Colour() string {
	switch {
	case s.Unread:
		return Unknown
	case s.Counts[Red] > 0:
		return Red
	case s.Counts[Amber] > 0:
		return Amber
	case s.Counts[Green] == 0 || s.Counts[Unknown] > 0 || !s.NotRun.IsZero() || s.Held || s.Looked.IsZero():
		return Unknown
	}
	return Green
}

// ColourWords says the colour in words.
func (s TrustSchool) ColourWords() string { return colourWords(s.Colour()) }

// Clauses counts the clauses by colour, in words: "2 red, 1 amber".
func (s TrustSchool) Clauses() string {
	var out []string
	all := 0
	for _, o := range colourOrder {
		if n := s.Counts[o.colour]; n > 0 {
			all += n
			out = append(out, quantity.Number(n)+" "+lowerFirst(o.words))
		}
	}
	return "Of " + quantity.Of(all, "clause", "clauses") + ": " + joinWords(out) + "."
}

// Warnings says what stands in the way of knowing.
func (s TrustSchool) Warnings() []string {
	if s.Unread {
		return []string{"What this school's run wrote could not be read, so nothing is known of it. It may be anything but fine. Whoever looks after the program can see why in its log."}
	}
	var out []string
	if !s.NotRun.IsZero() {
		out = append(out, "The day's run has not come to its end since "+s.day(s.NotRun)+": what came after that is not known. Its workspace administrator is told.")
	} else if s.Looked.IsZero() {
		out = append(out, "Not everything has been looked at yet.")
	}
	if s.Held {
		out = append(out, "Part of the program's work does not get done at this school. Its workspace administrator is told.")
	}
	return out
}

// Lines are the numbers, in words.
func (s TrustSchool) Lines() []string {
	if s.Unread {
		return nil
	}
	var out []string
	if !s.Looked.IsZero() {
		out = append(out, "Everything was last looked at on "+s.day(s.Looked)+" or since.")
	}
	out = append(out, s.Clauses())
	switch {
	case s.Places == nil || s.Findings == nil:
		return append(out, "How much was open when the numbers were taken is not known: the program had not looked by then.")
	case s.Comments:
		out = append(out, "Posts and documents at whose comments somebody has to look: "+s.Places.Words("passed on because nobody looked in time")+".")
	}
	return append(out, "Everything else that is open: "+s.Findings.Words("overdue")+".")
}

// Log is what may be told of the incident log, a line each.
func (s TrustSchool) Log() []string {
	if s.Unread {
		return nil
	}
	var out []string
	for _, l := range s.Incidents {
		out = append(out, capital(clean(l, 300)))
	}
	return out
}

// LogTitle stands above it.
func (s TrustSchool) LogTitle() string {
	if term := clean(s.Term, 60); term != "" {
		return "Incident log, " + lowerFirst(term)
	}
	return "Incident log"
}

func (s TrustSchool) day(t time.Time) string {
	return t.In(cmp.Or(s.Location, time.UTC)).Format("Monday 2 January 2006")
}

// TrustInput is all that the overview for the trust's safeguarding lead is made of.
type TrustInput struct {
	Trust    string
	Reader   string // "" leaves the greeting out
	Now      time.Time
	Cut      time.Time // of when the numbers are
	Location *time.Location
	Site     string // the address of the page; "" without one
	Schools  []TrustSchool
}

type trustPage struct {
	Trust, Date, Greeting, Headline, Lead, Site string
	Schools                                     []trustRow
	Foot                                        []string
}

type trustRow struct {
	School, Colour, Words, LogTitle string
	Warnings, Lines, Log            []string
}

// TrustHeadline says in a sentence how the schools stand.
func TrustHeadline(schools []TrustSchool) string {
	n := map[string]int{}
	for _, s := range schools {
		n[s.Colour()]++
	}
	var out []string
	for _, o := range colourOrder {
		if n[o.colour] > 0 {
			out = append(out, quantity.Number(n[o.colour])+" "+lowerFirst(o.words))
		}
	}
	return quantity.Of(len(schools), "school", "schools") + ": " + joinWords(out)
}

// TrustNotes are what whoever reads the overview has to know. cut is of when the numbers are.
func TrustNotes(cut time.Time, loc *time.Location) []string {
	return []string{
		"Colours are of now. Numbers of things are of " + cut.Add(-time.Nanosecond).In(cmp.Or(loc, time.UTC)).Format("the end of Monday 2 January") +
			", and change once a week: from two looks on two days nobody can tell what one of them brought.",
		"No number below three is told, nor any from which one could be reckoned. Of the incident log stands here what the newest termly report told the governors; concerns about adults are in no number.",
		"Nobody at the schools is named here, and no class. Who deals with something is the school's to say: ask its headteacher.",
	}
}

// Trust writes the overview.
func Trust(in TrustInput) (Rendered, error) {
	loc := cmp.Or(in.Location, time.UTC)
	trust := cmp.Or(named(in.Trust, 80), "the trust")
	p := trustPage{
		Trust: trust, Date: in.Now.In(loc).Format("Monday 2 January 2006"), Headline: TrustHeadline(in.Schools), Site: in.Site,
		Lead: "How each school of the trust stands by its own online-safety policy.",
		Foot: append(TrustNotes(in.Cut, loc), "Written by esafetybot for "+trust+", to you as who leads on safeguarding there. Once a week."),
	}
	if name := named(in.Reader, 60); name != "" {
		p.Greeting = "Dear " + name + ","
	}
	for _, s := range in.Schools {
		p.Schools = append(p.Schools, trustRow{School: clean(s.School, 80), Colour: s.Colour(), Words: s.ColourWords(), LogTitle: s.LogTitle(), Warnings: s.Warnings(), Lines: s.Lines(), Log: s.Log()})
	}
	r := Rendered{Subject: "Online safety at the schools of " + trust}
	var err error
	if r.HTML, err = renderHTML("trust", p); err != nil {
		return Rendered{}, fmt.Errorf("the overview of the trust: %w", err)
	}
	if len(r.HTML) >= MaxHTML {
		return Rendered{}, fmt.Errorf("the overview of the trust: it has %d bytes, at most %d fit into a mail", len(r.HTML), MaxHTML)
	}
	var t textPage
	t.top(p.Trust+" · "+p.Date, p.Greeting, p.Headline)
	t.para(p.Lead)
	for _, s := range p.Schools {
		t.head(s.School + ": " + strings.ToLower(s.Words))
		for _, w := range s.Warnings {
			t.item("! ", w)
		}
		for _, l := range s.Lines {
			t.item("* ", l)
		}
		if len(s.Log) > 0 {
			t.item("* ", s.LogTitle+":")
			for _, l := range s.Log {
				t.item("  ", l)
			}
		}
		t.b.WriteString("\n")
	}
	if p.Site != "" {
		t.para("The same on a page: " + p.Site)
	}
	t.b.WriteString("-- \n")
	for _, s := range p.Foot {
		t.line(s)
	}
	r.Text = t.b.String()
	return r, nil
}
