package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/quantity"
)

// NotKnownYet is what stands where nobody can tell: never that it was done.
const NotKnownYet = "not known yet"

// TermlyClause is a clause of the policy and how it stands.
type TermlyClause struct {
	ID, Says string
	Colour   string // Red, Amber, Unknown or Green (as in the weekly e-mail)
	Deals    string // role of who deals with it, in the school's words
	Evidence []string
}

// TermlyColumn is how many clauses were of each colour at a moment.
type TermlyColumn struct {
	Title   string         // "Now", "1 September 2026"
	Counts  map[string]int // by colour
	Unknown string         // why it cannot be told; "" where it can
}

// TermlyIncidents is what may be told of the incident log; minutes are published.
type TermlyIncidents struct {
	Now     []string // lines: "complaint: 4"
	Before  []string // of the same weeks a year ago
	Unknown string   // why nothing can be told; "" where it can
	NoYear  string   // why nothing can be told of a year ago
}

// TermlyComments is how it went with places where people comment, in the term.
type TermlyComments struct{ Waited, Looked, InTime, Wait, Late, Median int } // Median in school days, -1 if nothing was looked at

// TermlyExpected is something that the law or its guidance expects.
type TermlyExpected struct {
	Says, Source string
	Yearly       bool
	Named        []string // roles that somebody holds
	Missing      []string // roles that nobody holds
	Clauses      []TermlyClause
}

// TermlyInput is all that the termly report is made of. It holds no name of a person and no class; what people wrote (Lessons, Filtering) is masked here.
type TermlyInput struct {
	School     string
	Titles     Titles
	Reader     string // the reader's name; "" leaves the greeting out
	Inspection bool   // the copy on the site, as of now
	Back       string // where the inspection copy leads back to; default: the site's list of reports
	Now        time.Time
	Location   *time.Location // the school's time zone; nil is UTC
	Term       string         // "Autumn term 2026"
	From       time.Time      // the term's beginning
	First      time.Time      // when the program first looked; zero: it never has

	Columns  []TermlyColumn // now, at the start of the term, a year ago
	Clauses  []TermlyClause // in the policy's order
	Opened   int            // findings that opened in the term and are still open
	PutRight int            // findings that were put right in the term
	Agreed   int            // agreed until a date, now
	Comments *TermlyComments

	Incidents TermlyIncidents
	Lessons   []string
	Training  []string // lines; without any: NotKnownYet
	Filtering []string // lines
	Review    []string // lines on when the policy was last reviewed, and is next; without any: NotKnownYet
	NotSeen   []string // what could not be seen, in words
	Policies  bool     // the runs had another version of the policy than this one

	Note     string // above the annex
	Own      bool   // the list of what is expected is the program's own
	Year     string // "2026/27"
	Expected []TermlyExpected
	Rest     []string // clauses that serve none of these
	Mask     *Mask
}

// What a report has room for, so that it fits on its pages.
const (
	termlyClauses = 8    // clauses that are not green
	termlyLessons = 1300 // characters of lessons
	termlyUnseen  = 7
)

type termlyPage struct {
	School, Title, Kind, Date, Greeting, Lead, Made string
	Back                                            string // path
	Columns                                         []TermlyColumn
	Rows                                            []termlyRow
	Open                                            []termlyClauseLine
	OpenMore                                        string
	Numbers                                         []string
	Incidents                                       TermlyIncidents
	Lessons                                         []string
	LessonsMore                                     string
	Training, Filtering, Review, Comments, NotSeen  []string
	Note, Year, AnnexFrom                           string
	Expected                                        []termlyExpected
	Evidence                                        []termlyEvidence
	Rest                                            string
	Foot                                            []string
}

type termlyRow struct {
	Colour, Words, Means string
	Cells                []string
}

type termlyClauseLine struct{ Colour, Words, ID, Says, Deals string }

type termlyExpected struct {
	N                   int
	Says, Source, Named string
	Served              string // by which clauses, and how they stand
}

type termlyEvidence struct {
	Colour, Words, ID, Says string
	Evidence                []string
}

// colourOrder are the colours, the gravest first, with what a governor reads.
var colourOrder = []struct{ colour, words, means string }{
	{Red, "Red", "something is of high severity or beyond its time"},
	{Amber, "Amber", "something is open within its time, or a question waits for an answer"},
	{Unknown, "Could not check", "not everything that the clause needs could be seen"},
	{Green, "Green", "looked at, and nothing is open"},
}

func colourWords(c string) string {
	for _, o := range colourOrder {
		if o.colour == c {
			return o.words
		}
	}
	return "Could not check"
}

// Termly writes the termly report for headteacher and governor: two printed pages and an annex. Printed from a browser it is A4.
func Termly(in TermlyInput) (Rendered, error) {
	for evidence := 6; ; evidence-- {
		p := termlyWords(in, evidence)
		html, err := renderHTML("termly", p)
		if err != nil {
			return Rendered{}, fmt.Errorf("the termly report: %w", err)
		}
		r := Rendered{Subject: "Online safety: the report for the " + cmp.Or(clean(in.Term, 60), "term"), HTML: html, Text: termlyText(p), Hash: sum([]string{in.Term, in.Now.UTC().Format(time.RFC3339)})}
		if len(r.HTML) < MaxHTML && len(r.Text) < MaxHTML {
			return r, nil
		}
		if evidence == 0 {
			if !in.Inspection {
				return Rendered{}, fmt.Errorf("the termly report: it has %d bytes even when it is cut, at most %d fit into a mail", len(r.HTML), MaxHTML)
			}
			return r, nil // no mail
		}
	}
}

func termlyWords(in TermlyInput, evidence int) termlyPage {
	loc := cmp.Or(in.Location, time.UTC)
	now := in.Now.In(loc)
	day := func(t time.Time) string { return t.In(loc).Format("2 January 2006") }
	school, term := named(in.School, 80), cmp.Or(clean(in.Term, 60), "Term")
	officer := cmp.Or(clean(in.Titles.ESafetyOfficer, 60), "e-safety officer")
	p := termlyPage{
		School: school, Kind: "Report to the headteacher and governors", Title: "Online safety, " + lowerFirst(term), Date: now.Format("Monday 2 January 2006"), Columns: in.Columns, Incidents: in.Incidents,
		Made: "As of " + now.Format("Monday 2 January 2006, 15:04") + ".", Year: clean(in.Year, 20), Note: clean(in.Note, 600), Training: orUnknown(in.Training), Review: orUnknown(in.Review),
	}
	if name := named(in.Reader, 60); name != "" {
		p.Greeting = "Dear " + name + ","
	}
	if in.Inspection {
		p.Kind, p.Back = "Inspection copy", cmp.Or(in.Back, "/reports")
		p.Made = "This copy was made on " + now.Format("Monday 2 January 2006 at 15:04") + " from what the program knew then. It was sent to nobody and is kept nowhere. What people wrote stands here as they wrote it: read it before you hand it over."
	}
	counts := map[string]int{}
	for _, c := range in.Clauses {
		counts[c.Colour]++
	}
	p.Incidents.Now, p.Incidents.Before = capitals(in.Incidents.Now), capitals(in.Incidents.Before)
	p.Lead = termlyLead(counts, len(in.Clauses), in)
	for _, o := range colourOrder {
		row := termlyRow{Colour: o.colour, Words: o.words, Means: o.means}
		for _, c := range in.Columns {
			cell := "–"
			if c.Unknown == "" {
				cell = quantity.Number(c.Counts[o.colour])
			}
			row.Cells = append(row.Cells, cell)
		}
		p.Rows = append(p.Rows, row)
	}
	p.open(in)
	p.Numbers = []string{
		"Put right in the term: " + few(in.PutRight) + ".",
		"Found in the term and still open: " + few(in.Opened) + ".",
		"Agreed that it stays as it is until a date: " + few(in.Agreed) + ".",
	}
	p.lessons(in)
	for _, f := range in.Filtering {
		p.Filtering = append(p.Filtering, in.said(f, 300))
	}
	p.Filtering = orUnknown(p.Filtering)
	p.Comments = commentsWords(in.Comments)
	for i, s := range in.NotSeen {
		if i == termlyUnseen {
			p.NotSeen = append(p.NotSeen, "and "+quantity.Number(len(in.NotSeen)-i)+" more, which the weekly e-mail names")
			break
		}
		p.NotSeen = append(p.NotSeen, clean(s, 160))
	}
	if len(p.NotSeen) == 0 {
		p.NotSeen = []string{"Everything that the program looks at could be seen."}
	}
	p.annex(in, evidence)
	p.Foot = []string{
		"Written by esafetybot for " + cmp.Or(school, "the school") + " from what it keeps; no person and no class is named. The " + officer + " can tell you more about each line.",
		"Numbers below three are told as “fewer than three”, since minutes are published. Concerns about adults are in no number: where the minutes need a line for one, the headteacher enters “Confidential item”.",
	}
	if !in.First.IsZero() {
		p.Foot = append(p.Foot, "The program first looked on "+day(in.First)+"; it knows nothing of the time before.")
	}
	if in.Policies {
		p.Foot = append(p.Foot, "The policy file was changed since the newest runs: what they found, they found by the version before.")
	}
	return p
}

func capitals(list []string) []string {
	var out []string
	for _, s := range list {
		out = append(out, capital(s))
	}
	return out
}

// lowerFirst puts the first letter in lower case: a term's name stands in a sentence.
func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// cutAtWord keeps so many characters of a text, whole words.
func cutAtWord(s string, most int) string {
	if r := []rune(s); len(r) > most {
		s = string(r[:most])
		if i := strings.LastIndexByte(s, ' '); i > most/2 {
			s = s[:i]
		}
		return strings.TrimRight(s, " ,;:") + " …"
	}
	return s
}

// few tells a number so that it points at nobody.
func few(n int) string {
	if n < 3 {
		return "fewer than three"
	}
	return quantity.Number(n)
}

func orUnknown(lines []string) []string {
	var out []string
	for _, l := range lines {
		if l = clean(l, 300); l != "" {
			out = append(out, l)
		}
	}
	if len(out) == 0 {
		return []string{capital(NotKnownYet) + "."}
	}
	return out
}

func termlyLead(counts map[string]int, all int, in TermlyInput) string {
	switch {
	case in.First.IsZero():
		return "The program has not looked at anything yet, so that nothing can be told."
	case counts[Green] == all:
		return "All " + quantity.Number(all) + " clauses of the policy were looked at, and nothing is open."
	}
	s := quantity.Number(counts[Green]) + " of " + quantity.Number(all) + " clauses of the policy are green."
	var parts []string
	for _, c := range []struct {
		colour, one, many string
	}{{Red, "needs somebody now", "need somebody now"}, {Amber, "has something open within its time", "have something open within their time"}, {Unknown, "could not be checked", "could not be checked"}} {
		if n := counts[c.colour]; n > 0 {
			parts = append(parts, quantity.Number(n)+" "+verb(n, c.one, c.many))
		}
	}
	return s + " " + capital(joinWords(parts)) + "."
}

// joinWords writes "a, b and c".
func joinWords(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}

// open lists the clauses that are not green, the gravest first.
func (p *termlyPage) open(in TermlyInput) {
	n := 0
	for _, o := range colourOrder {
		for _, c := range in.Clauses {
			if c.Colour != o.colour || o.colour == Green {
				continue
			}
			if n++; n > termlyClauses {
				continue
			}
			p.Open = append(p.Open, termlyClauseLine{Colour: o.colour, Words: o.words, ID: clean(c.ID, 20), Says: cutAtWord(clean(c.Says, 0), 125), Deals: clean(c.Deals, 60)})
		}
	}
	if n > termlyClauses {
		p.OpenMore = "and " + quantity.Number(n-termlyClauses) + " more"
	}
}

// said is something that a person wrote, or a word that a pupil's name may be in it.
func (in TermlyInput) said(s string, most int) string {
	if s = clean(s, most); in.Mask.Holds(s) {
		return "(a text in which a pupil's name may stand: it is on the review site)"
	}
	return isolate(s)
}

// lessons are in no order that tells anything.
func (p *termlyPage) lessons(in TermlyInput) {
	left := termlyLessons
	list := slices.Sorted(slices.Values(in.Lessons))
	for _, l := range list {
		text := in.said(l, 600)
		if left -= len([]rune(text)); left < 0 && len(p.Lessons) > 0 {
			p.LessonsMore = "There are more, which the headteacher can read in the log."
			return
		}
		if !slices.Contains(p.Lessons, text) {
			p.Lessons = append(p.Lessons, text)
		}
	}
}

func commentsWords(c *TermlyComments) []string {
	switch {
	case c == nil:
		return []string{"The policy asks nobody to look at comments by way of this program."}
	case c.Waited == 0:
		return []string{"Nothing waited to be looked at."}
	}
	out := []string{"New comments waited in " + few(c.Waited) + " places; " + few(c.Looked) + " were looked at, " + few(c.InTime) + " of these in time."}
	if c.Median >= 0 {
		out = append(out, "It took "+quantity.Of(c.Median, "school day", "school days")+" in the middle.")
	}
	if c.Wait > 0 {
		out = append(out, "Now "+few(c.Wait)+" wait, "+few(c.Late)+" of these beyond their time.")
	}
	return out
}

// annex holds the year against what is expected.
func (p *termlyPage) annex(in TermlyInput, evidence int) {
	p.AnnexFrom = "The list of what is expected is the school's own."
	if in.Own {
		p.AnnexFrom = "The list of what is expected is the program's; the school can correct it (expectations.yaml)."
	}
	for i, e := range in.Expected {
		x := termlyExpected{N: i + 1, Says: clean(e.Says, 300), Source: clean(e.Source, 300)}
		var named []string
		if len(e.Named) > 0 {
			named = append(named, "Named: "+joinWords(cleaned(e.Named))+".")
		}
		if len(e.Missing) > 0 {
			named = append(named, "The policy names nobody as "+joinWords(cleaned(e.Missing))+".")
		}
		if e.Yearly {
			named = append(named, "Expected at least once a year.")
		}
		x.Named = strings.Join(named, " ")
		var served []string
		for _, c := range e.Clauses {
			served = append(served, clean(c.ID, 20)+" ("+lowerFirst(colourWords(c.Colour))+")")
		}
		x.Served = "No clause of the policy serves this."
		if len(served) > 0 {
			x.Served = "Served by " + joinWords(served) + "."
		}
		p.Expected = append(p.Expected, x)
	}
	for _, c := range in.Clauses {
		l := termlyEvidence{Colour: c.Colour, Words: colourWords(c.Colour), ID: clean(c.ID, 20), Says: clean(c.Says, 160)}
		for _, s := range c.Evidence {
			if len(l.Evidence) < evidence {
				l.Evidence = append(l.Evidence, clean(s, 240))
			}
		}
		p.Evidence = append(p.Evidence, l)
	}
	if len(in.Rest) > 0 {
		p.Rest = "Clauses that serve none of these, and are the school's own: " + joinWords(cleaned(in.Rest)) + "."
	}
}

func cleaned(list []string) []string {
	var out []string
	for _, s := range list {
		out = append(out, clean(s, 80))
	}
	return out
}
