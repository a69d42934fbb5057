package policy

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
)

// NotYet is how a means that the program cannot look at is called wherever people read about it.
const NotYet = "not looked at yet"

// ExplainOptions say how [Explain] writes.
type ExplainOptions struct {
	Width int  // of the table in characters; 0 means 100. Narrow ones become a list
	JSON  bool // write the rows as one JSON array instead
}

// Row is a clause as people who do not write policies read it.
type Row struct {
	Clause      string     `json:"clause"`
	Says        string     `json:"says"`
	Source      string     `json:"source,omitempty"`
	DealsWithIt string     `json:"deals_with_it"` // the role
	Title       string     `json:"title"`         // what the school calls the role
	MetBy       []RowMeans `json:"met_by"`
	NotSeen     []string   `json:"not_seen"`       // what no means of the clause can see
	From        string     `json:"from,omitempty"` // where it stands, if it is the trust's: which trust, whether it is required, what the school says itself
}

// RowMeans is one line of a row: one way in which the clause is met.
type RowMeans struct {
	Kind       Kind     `json:"kind"`
	Name       string   `json:"name"`
	Rules      []string `json:"rules,omitempty"`
	Built      bool     `json:"built"`
	LookedAt   string   `json:"looked_at"` // how, in a sentence
	Often      string   `json:"often"`
	Told       string   `json:"told"` // who, and how long they have
	Severity   string   `json:"severity"`
	Due        string   `json:"due,omitempty"`
	WhenNotMet string   `json:"when_not_met,omitempty"`
	Note       string   `json:"note,omitempty"` // what the school should know of this way
}

// Rows explains every clause, in the order of the policy.
func (p *Policy) Rows() []Row {
	out := make([]Row, 0, len(p.Clauses))
	for _, c := range p.Clauses {
		r := Row{Clause: c.ID, Says: c.Says, Source: c.Source, DealsWithIt: string(c.DealsWithIt), Title: p.Title(c.DealsWithIt),
			MetBy: []RowMeans{}, NotSeen: []string{}, From: p.from(c)}
		for _, m := range c.MetBy {
			r.MetBy = append(r.MetBy, p.row(c, m))
			if !m.Built() {
				continue
			}
			for _, gap := range m.unseen() {
				if !slices.Contains(r.NotSeen, gap) {
					r.NotSeen = append(r.NotSeen, gap)
				}
			}
		}
		out = append(out, r)
	}
	return out
}

// from says where a clause stands, if it is not the school's own.
func (p *Policy) from(c Clause) string {
	if c.Trust == nil {
		return ""
	}
	s := fmt.Sprintf("from %s, %s line %d", p.Trust.Name, filepath.Base(c.Trust.File), c.Trust.Line)
	if c.Trust.Required {
		s += ", required"
	}
	if len(c.Trust.Changed) > 0 {
		s += fmt.Sprintf("; the school says itself: %s (%s line %d)", strings.Join(c.Trust.Changed, ", "), filepath.Base(p.Path), c.Line)
	}
	return s
}

// saysText is what the policy says, with where it stands behind it.
func (r Row) saysText() string {
	if r.From == "" {
		return r.Says
	}
	return r.Says + " (" + r.From + ")"
}

func (p *Policy) row(c Clause, m Means) RowMeans {
	k := meansOf(m.Kind, m.Name)
	r := RowMeans{Kind: m.Kind, Name: m.Name, Built: m.Built(), Severity: m.Severity, Due: m.Due.String(), WhenNotMet: m.WhenNotMet}
	r.LookedAt = k.looks
	switch m.Kind {
	case Check:
		r.Often = k.often
		var told []string
		for _, role := range p.Dealers(c, m) {
			told = append(told, p.Title(role))
		}
		r.Told = strings.Join(told, " and ")
		r.Rules = m.Rules()
		if m.With != nil {
			r.LookedAt += ": " + m.inWords(len(p.Blogs))
		}
		r.LookedAt += m.changesInWords()
		r.Note = m.note()
	case CheckIn:
		r.LookedAt = p.Title(m.Ask) + " is asked about " + k.looks
		if i, _ := m.Ask.info(); i.many {
			r.LookedAt = p.Title(m.Ask) + " are asked about " + k.looks
		}
		r.Often = "every " + m.Every
		r.Told = p.Title(c.DealsWithIt)
		switch {
		case m.Name != CheckInClassDojo:
		case m.With == nil:
			r.Note = "Nobody can be asked until the policy lists the classes under “classdojo”"
		default:
			r.LookedAt = "the teachers of each class on ClassDojo are asked about " + k.looks + "; " + p.Title(p.DojoRole()) + " look into a few classes themselves"
		}
	case Reminder:
		r.LookedAt = "reminder: " + k.looks
		p.reminderRow(c, m, &r)
	case Record:
		r.LookedAt = "record: " + k.looks
		r.Often = "when it happens"
		r.Told = p.Title(c.DealsWithIt)
		if own := keepers[m.Name]; own != nil {
			r.LookedAt += ", a list on the review site with a date for each entry"
			r.Often = "every day"
			r.Note = p.keptBy(own)
		}
		if SentRecord(m.Name) {
			r.Often = "every day it is looked whether it was sent in time"
		}
	}
	if m.Every == TwoYears && m.Kind != Reminder {
		r.Often = "every two years"
	}
	if !r.Built {
		r.LookedAt = NotYet + " (" + r.LookedAt + ")"
	}
	switch {
	case m.Kind == Reminder: // the time is whoever confirms it has
	case m.informationOnly():
		r.Told += ", for information"
	case r.Due == "at once":
		r.Told += ", at once"
	case r.Due != "":
		r.Told += ", within " + r.Due
	}
	return r
}

// lookedText is how it is looked at, with the note behind it.
func (r RowMeans) lookedText() string {
	if r.Note == "" {
		return r.LookedAt
	}
	return r.LookedAt + ". " + r.Note
}

// oftenText puts how often something will be looked at in brackets as long as it is not.
func (r RowMeans) oftenText() string {
	if r.Built {
		return r.Often
	}
	return "(" + r.Often + ")"
}

// Explain writes the policy as a table that a governor can read: each clause, how it is looked at, how often, who is told, what
// cannot be seen. The error is w's.
func Explain(p *Policy, w io.Writer, opts ExplainOptions) error {
	rows := p.Rows()
	if opts.JSON {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(rows)
	}
	width := opts.Width
	if width <= 0 {
		width = 100
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", strings.Join(wrap("The policy of "+p.School.Name+" (version "+p.Version+")", width), "\n"))
	if width >= 96 {
		tabulate(&b, rows, width)
	} else {
		enumerate(&b, rows, width)
	}
	b.WriteByte('\n')
	for _, s := range p.summary(rows) {
		b.WriteString(strings.Join(wrap(s, width), "\n") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// summary counts the clauses and names the gaps.
func (p *Policy) summary(rows []Row) []string {
	var full, part, none int
	for _, r := range rows {
		built := 0
		for _, m := range r.MetBy {
			if m.Built {
				built++
			}
		}
		switch built {
		case len(r.MetBy):
			full++
		case 0:
			none++
		default:
			part++
		}
	}
	out := []string{fmt.Sprintf("Clauses: %d. Looked at: %d; in part: %d; %s: %d.", len(rows), full, part, NotYet, none)}
	if len(p.NotSeen) > 0 {
		out = append(out, "The school knows that nobody looks at: "+strings.Join(p.NotSeen, ", ")+".")
	}
	if p.Mail.NoWeekly {
		out = append(out, "The school wants no weekly e-mail (mail: weekly: none): how it stands is on the review site, and in esafetybot report.")
	}
	if leaders := p.yearLeadersInWords(); leaders != "" {
		out = append(out, leaders)
	}
	out = append(out, "Deadlines in days count the days on which the person is in, and end at 17:00. Nothing that is high waits for a school holiday.")
	return out
}

// tabulate writes rows as columns; a clause takes as many lines as its longest cell.
func tabulate(b *strings.Builder, rows []Row, width int) {
	const gap = 2
	// Shares of the width that read well between 96 and 200 characters; the last column takes what is left.
	cols := []int{5, width * 22 / 100, width * 27 / 100, max(11, width*11/100), width * 15 / 100}
	cols = append(cols, width-sum(cols)-gap*len(cols))
	line := func(cells ...string) {
		var wrapped [][]string
		lines := 0
		for i, c := range cells {
			wrapped = append(wrapped, wrap(c, cols[i]))
			lines = max(lines, len(wrapped[i]))
		}
		for n := range lines {
			var l strings.Builder
			for i := range cells {
				text := ""
				if n < len(wrapped[i]) {
					text = wrapped[i][n]
				}
				l.WriteString(text + strings.Repeat(" ", cols[i]-textWidth(text)+gap))
			}
			b.WriteString(strings.TrimRight(l.String(), " ") + "\n")
		}
	}
	line("", "What the policy says", "How it is looked at", "How often", "Who is told", "What cannot be seen")
	for _, r := range rows {
		b.WriteString(strings.Repeat("─", width) + "\n")
		rowLines(r, cols, line)
	}
}

// rowLines writes a clause. Each way in which it is met starts on a line of its own; what the clause says, and what cannot be
// seen, runs on beside them.
func rowLines(r Row, cols []int, line func(...string)) {
	says, unseen := wrap(r.saysText(), cols[1]), wrap(strings.Join(r.NotSeen, ", "), cols[5])
	id := r.Clause
	take := func(from *[]string) string {
		if len(*from) == 0 {
			return ""
		}
		s := (*from)[0]
		*from = (*from)[1:]
		return s
	}
	for _, m := range r.MetBy {
		cells := [][]string{wrap(m.lookedText(), cols[2]), wrap(m.oftenText(), cols[3]), wrap(m.Told, cols[4])}
		for first := true; first || len(cells[0])+len(cells[1])+len(cells[2]) > 0; first = false {
			line(id, take(&says), take(&cells[0]), take(&cells[1]), take(&cells[2]), take(&unseen))
			id = ""
		}
	}
	for len(says)+len(unseen) > 0 {
		line("", take(&says), "", "", "", take(&unseen))
	}
}

// enumerate writes rows one below the other, for narrow places.
func enumerate(b *strings.Builder, rows []Row, width int) {
	indented := func(s, first, rest string) {
		for i, l := range wrap(s, max(10, width-textWidth(rest))) {
			lead := rest
			if i == 0 {
				lead = first
			}
			b.WriteString(lead + l + "\n")
		}
	}
	for _, r := range rows {
		indented(r.Clause+"  "+r.saysText(), "", "    ")
		for _, m := range r.MetBy {
			indented(m.lookedText(), "  - ", "    ")
			indented(m.oftenText()+"; told: "+m.Told, "    ", "    ")
		}
		if len(r.NotSeen) > 0 {
			indented("cannot be seen: "+strings.Join(r.NotSeen, ", "), "    ", "    ")
		}
	}
}

func sum(n []int) int {
	total := 0
	for _, i := range n {
		total += i
	}
	return total
}

// keptBy says who keeps a record that is a list, of those whom the policy names.
func (p *Policy) keptBy(own []Role) string {
	var who []string
	for _, role := range own {
		if len(p.Person(role)) > 0 {
			who = append(who, p.Title(role))
		}
	}
	if len(who) == 0 {
		return "It is kept by those who lead on online safety"
	}
	return "It is kept by " + strings.Join(who, ", ") + " and those who lead on online safety"
}
