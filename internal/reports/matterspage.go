package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/quantity"
)

// part is what the report says of one area, laid out.
type part struct {
	Title, Intro string
	Groups       []matterGroup
	rank         int // of the gravest of it
}

// matterGroup is what a report says of one rule.
type matterGroup struct {
	Title, Clause, Due, Mark string
	High, Overdue            bool
	Why, Do, Where, Now      string
	Sum                      string // what all of many have in common
	Lines                    []matterLine
	More                     string
	All                      *changeLine // how to approve all that is proposed
}

type matterLine struct {
	Text, Link, Unit, Mark, Detail, Due, Clause, Where, Remark string
	Overdue, High, Box                                         bool // Box: one of a checklist
	Changes                                                    []changeLine
}

const (
	manyAlike   = 12 // so many lines that say the same become one
	alikeShown  = 3
	detailsLine = 4 // details a line names
	oldLines    = 4 // lines of a group in which nothing is new, grave or overdue
)

// layout is how matters are laid out: how many lines a group may have, and how days are written.
type layout struct {
	lines int
	full  string // what the full list is called
	first bool   // everything is new: nothing is marked
	day   func(time.Time) string
}

// parts lays out what is new and open, the gravest part first.
func (v *matterView) parts(l layout) (out []part, shown []matter) {
	for i, title := range parts {
		var of []matter
		for _, m := range v.list {
			if m.rule.Part == title && m.state <= stateOpen {
				of = append(of, m)
			}
		}
		if len(of) == 0 {
			continue
		}
		p := part{Title: title, rank: severityRank(of[0].in.Severity)*len(parts) + i}
		if title == PartAccounts && v.roll {
			p.Title = "Accounts: one checklist for moving up"
			p.Intro = "These are the weeks in which accounts move up a year, so nothing here has a deadline. Work through it as the new lists come in."
			if severityRank(of[0].in.Severity) == 0 {
				p.Intro += " What is marked High is better done at once."
			}
		}
		var rules []string
		by := map[string][]matter{}
		for _, m := range of {
			rule := m.in.Rule + " " + m.rule.Topic // records have other words each
			if by[rule] == nil {
				rules = append(rules, rule)
			}
			by[rule] = append(by[rule], m)
		}
		for _, r := range rules {
			g, s := v.group(by[r], l)
			p.Groups = append(p.Groups, g)
			shown = append(shown, s...)
		}
		out = append(out, p)
	}
	slices.SortStableFunc(out, func(a, b part) int { return cmp.Compare(a.rank, b.rank) })
	return out, shown
}

// group lays out the matters of one rule, the worst first.
func (v *matterView) group(list []matter, l layout) (matterGroup, []matter) {
	slices.SortStableFunc(list, func(a, b matter) int {
		return cmp.Or(cmp.Compare(a.state, b.state), cmp.Compare(b2i(b.in.Overdue), b2i(a.in.Overdue)))
	})
	r := list[0].rule
	g := matterGroup{Title: r.title(len(list), aboutOf(list)), Why: r.Why, Do: r.Do, Where: r.Where, Now: cmp.Or(r.Now, r.Do)}
	var clauses []string
	fresh := 0
	for _, m := range list {
		g.High = g.High || m.in.Severity == "high"
		fresh += b2i(m.state == stateNew)
		for _, c := range m.clauses {
			if c != "" && !slices.Contains(clauses, c) {
				clauses = append(clauses, c)
			}
		}
	}
	slices.SortFunc(clauses, byClause)
	g.Clause = strings.Join(clauses, ", ")
	switch {
	case l.first || fresh == 0:
	case fresh == len(list):
		g.Mark = "new"
	default:
		g.Mark = quantity.Number(fresh) + " new"
	}
	sameDue := same(list, func(m matter) string { return fmt.Sprint(m.in.Overdue, l.day(m.in.Due)) })
	if sameDue {
		g.Due, g.Overdue = due(list[0], l), list[0].in.Overdue
	}
	sameWhere := same(list, func(m matter) string { return m.where })
	if sameWhere {
		g.Where = cmp.Or(list[0].where, g.Where)
	} else {
		g.Where = ""
	}
	sameClauses := same(list, func(m matter) string { return strings.Join(m.clauses, ", ") })

	n := min(len(list), l.lines)
	if fresh == 0 && !g.High && !l.first && !slices.ContainsFunc(list, func(m matter) bool { return m.in.Overdue }) {
		n = min(n, oldLines) // the reader has seen them before
	}
	alike := len(list) > manyAlike && same(list, func(m matter) string { return strings.Join(m.details, "; ") })
	if alike {
		n = min(n, alikeShown)
		g.Sum = alikeWords(list)
	}
	for _, m := range list[:n] {
		line := v.line(m, l)
		if alike {
			line.Detail = ""
		}
		if sameDue {
			line.Due, line.Overdue = "", false
		}
		if sameWhere {
			line.Where = ""
		}
		if sameClauses {
			line.Clause = ""
		}
		if l.first || fresh == len(list) {
			line.Mark = ""
		}
		g.Lines = append(g.Lines, line)
	}
	switch rest := len(list) - n; {
	case rest > 0 && n > 0:
		g.More = "and " + quantity.Number(rest) + " more " + l.full
	case rest > 0:
		g.More = verb(rest, "it is", "they are") + " " + l.full
	}
	g.All = approveAll(v.waiting, v.decider, list, func(m matter) ([]Change, bool) { return m.changes, m.in.Severity == "high" })
	return g, list[:n]
}

// same tells whether a function says the same of all.
func same(list []matter, f func(matter) string) bool {
	first := f(list[0])
	return !slices.ContainsFunc(list[1:], func(m matter) bool { return f(m) != first })
}

func aboutOf(list []matter) about {
	pupils, adults := 0, 0
	for _, m := range list {
		switch o := m.in.Who; {
		case o.Pupil:
			pupils++
		case o != (Person{}) && !o.Unplaced && !o.Gone:
			adults++
		}
	}
	switch len(list) {
	case pupils:
		return aboutPupils
	case adults:
		return aboutAdults
	}
	return aboutAnybody
}

// alikeWords says what many have in common, and how many there are in each year group if they are pupils'.
func alikeWords(list []matter) string {
	years := map[string]int{}
	var order []string
	for _, m := range list {
		y := ""
		if m.in.Who.Pupil {
			y = strings.TrimSuffix(strings.TrimPrefix(pupilWords(m.in.Who.Year), "a "), " pupil")
		}
		if y == "" || y == "pupil" {
			y = "others"
		}
		if years[y]++; years[y] == 1 {
			order = append(order, y)
		}
	}
	early := func(y string) int { return slices.Index([]string{"Nursery", "Reception"}, y) }
	slices.SortFunc(order, func(a, b string) int {
		return cmp.Or(cmp.Compare(b2i(a == "others"), b2i(b == "others")), cmp.Compare(-b2i(early(a) >= 0), -b2i(early(b) >= 0)), cmp.Compare(early(a), early(b)), cmp.Compare(a, b))
	})
	var words []string
	if d := detailWords(list[0]); d != "" {
		words = append(words, "The same for all: "+d+".")
	}
	if len(order) > 1 || order[0] != "others" {
		var by []string
		for _, y := range order {
			if y == "others" {
				by = append(by, quantity.Number(years[y])+" others")
			} else {
				by = append(by, quantity.Number(years[y])+" in "+y)
			}
		}
		words = append(words, capital(strings.Join(by, ", "))+".")
	}
	return strings.Join(append(words, "For example:"), " ")
}

func detailWords(m matter) string {
	d := m.details
	if n := len(d) - detailsLine; n > 1 {
		d = append(slices.Clone(d[:detailsLine]), "and "+quantity.Number(n)+" more")
	}
	return isolate(strings.Join(d, "; "))
}

func due(m matter, l layout) string {
	switch {
	case m.in.Due.IsZero():
		return ""
	case m.in.Overdue:
		return "was due " + l.day(m.in.Due)
	}
	return "by " + l.day(m.in.Due)
}

func (v *matterView) line(m matter, l layout) matterLine {
	out := matterLine{
		Text: isolate(m.who), Link: m.link, Unit: m.unit, Detail: detailWords(m), Due: due(m, l), Overdue: m.in.Overdue, Clause: strings.Join(m.clauses, ", "),
		Where: cmp.Or(m.where, m.rule.Where), Remark: m.remark, High: m.in.Severity == "high", Box: m.relaxed,
	}
	switch {
	case m.in.Who.Gone:
		out.Unit = "the account no longer exists"
	case m.in.Who.SwitchedOff:
		out.Unit = strings.TrimPrefix(out.Unit+" · the account is switched off", " · ")
	}
	if m.state == stateNew {
		out.Mark = "New"
	}
	out.Changes = changeLines(m.changes, m.in.Severity == "high", v.decider, l.day)
	return out
}
