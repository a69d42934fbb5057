package reports

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"esafetybot/internal/quantity"
)

// MaxHTML is what the HTML of a mail stays under, in bytes. Gmail cuts off what lies behind about 102 kB.
const MaxHTML = 92_000

// limits is how many lines a report may have before it says "and N more".
type limits struct{ things, perOwner, open, agreed, putRight, gaps, owners, clauses, matters int }

var fullLimits = limits{things: 30, perOwner: 8, open: 10, agreed: 5, putRight: 10, gaps: 12, owners: 8, clauses: 40, matters: 8}

// worstFirst is how many a first report lists.
const worstFirst = 20

func (l limits) half() limits {
	return limits{l.things / 2, l.perOwner / 2, l.open / 2, l.agreed / 2, l.putRight / 2, l.gaps / 2, l.owners / 2, l.clauses / 2, l.matters / 2}
}

// page is the report in words, laid out but not yet as HTML or text.
type page struct {
	Kind, School, Date, Greeting, Headline string
	Lead                                   []string
	Said                                   *line // what those who were asked said
	Warning                                string
	Stats                                  []stat
	Sum                                    string
	Questions                              []questionLine // what the reader is asked
	Reminded                               []Reminded
	Mine                                   digestPosts // what waits in the reader's own classes
	Needed                                 *neededPart // what the reader shared and is asked about
	Before, After                          []part      // before and after what is new in sharing, the gravest first
	Asks                                   []part      // of the urgent message
	New, Open                              section
	AllTitle                               string
	ByRule, ByOwner                        []row // first day: totals
	OpenByRule                             []row
	PutRight                               []line
	PutRightTitle, PutRightMore            string
	Agreed                                 []line
	AgreedText, AgreedMore                 string
	Info                                   []row
	Untold, Returned                       []gap // classes of which nobody could be told; whose mail came back
	Gaps                                   []gap
	GapsMore                               string
	Unclear                                []line
	Never                                  string
	NotLooked                              []line
	NotLookedMore                          string
	HowTo                                  []Rule
	Clauses                                []line // what the clauses say that are not met
	Stay, Full, Findings, Hidden           string
	Foot                                   []string
}

type stat struct {
	N     string
	Label string
	Note  string
}

type row struct {
	N    string
	Text string
}

type section struct {
	Title, Intro string
	Groups       []group
	More         string
	All          *changeLine // how to approve all that is proposed
}

type group struct {
	Who, Unit, Note, More string
	Items                 []itemView
}

type itemView struct {
	Title, Link, Inside, What, Do, Due, Remark, Account, Clause string
	Overdue, High                                               bool
	Changes                                                     []changeLine
}

type line struct {
	Text, Link, Note string
	Changes          []changeLine
}

type gap struct{ What, Link, Why, Do string }

func (v *view) day(t time.Time) string { return dayWords(t, v.in.Now.In(v.loc)) }

// dayWords writes a day as now's time zone has it; the year only if it is another.
func dayWords(t, now time.Time) string {
	t = t.In(now.Location())
	if t.Year() != now.Year() {
		return t.Format("Mon 2 Jan 2006")
	}
	return t.Format("Mon 2 Jan")
}

func (v *view) page(lim limits) page {
	c, now := v.counts, v.in.Now.In(v.loc)
	p := page{
		Questions: questionLines(v.in.Asks, now), Reminded: remindedLines(v.in.Reminded),
		Mine:     digestList(v.in.Posts, lim.things, v.in.Mask, now, cmp.Or(clean(v.in.Titles.ESafetyOfficer, 60), "e-safety officer")),
		Said:     v.in.Said.line(),
		Untold:   cutGaps(v.untold(), lim.gaps),
		Returned: cutGaps(v.returned(), lim.gaps),
		Needed:   needed(v.in.Needed, lim.things, v.in.Answers, now),
		Kind:     v.kind(), School: named(v.in.School, 80), Date: now.Format("Monday 2 January 2006"),
		Stats: []stat{
			{quantity.Number(c.New), "new", ""}, {quantity.Number(c.StillOpen), "still open", ""},
			{quantity.Number(c.Agreed), "agreed", ""}, {quantity.Number(c.PutRight), "put right", ""},
		},
		Sum: fmt.Sprintf("%s new + %s still open + %s agreed + %s for information = %s in all.", quantity.Number(c.New), quantity.Number(c.StillOpen), quantity.Number(c.Agreed), quantity.Number(c.Information), quantity.Number(c.Total)),
	}
	if name := named(v.in.Reader, 60); name != "" {
		p.Greeting = "Dear " + name + ","
	}
	if c.Gaps > 0 {
		p.Warning = "We could not look everywhere, so this may not be all. What was missed, and what to do about it, stands under “What we could not see this time”."
	}
	p.headline(v)
	p.list(v)

	p.AllTitle = "All of them"
	var shown []thing
	fresh, open := v.in1(stateNew), v.in1(stateOpen)
	if v.in.FirstDay {
		// Everything is new to the reader, whatever the finding says.
		all := append(slices.Clone(fresh), open...)
		sort.SliceStable(all, func(i, j int) bool { return worse(all[i], all[j]) })
		p.New.Groups, p.New.More, shown = v.groups(all, min(worstFirst, lim.things), lim.things, p.Full)
		p.New.All = v.approveAll(all)
		p.New.Title = "Where to start"
		if n := len(shown); n < len(all) {
			p.New.Intro = fmt.Sprintf("The %d that matter most, grouped by who shared them.", n)
			p.ByRule, p.ByOwner = byRule(all), v.byOwner(all, lim.owners)
		}
	} else {
		p.New.Title = "New" + v.since()
		p.New.Groups, p.New.More, shown = v.groups(fresh, lim.things, lim.perOwner, p.Full)
		p.New.All = v.approveAll(fresh)
		p.Open.Title = "Still open from before"
		p.Open.All = v.approveAll(open)
		sort.SliceStable(open, func(i, j int) bool { return open[i].item.Overdue && !open[j].item.Overdue })
		n := lim.open
		if over := countIf(open, func(t thing) bool { return t.item.Overdue }); over > 0 && over < n {
			n = max(over, min(n, 5))
		}
		var more []thing
		p.Open.Groups, p.Open.More, more = v.groups(open, n, lim.perOwner, p.Full)
		shown = append(shown, more...)
		if len(open) > len(more) {
			p.OpenByRule = byRule(open)
		}
		if len(open) > 1 && countIf(open, func(t thing) bool { return t.item.Overdue }) > 0 {
			p.Open.Intro = "What is overdue comes first."
		}
	}
	for _, r := range Rules {
		if slices.ContainsFunc(shown, func(t thing) bool { return t.rule.Name == r.Name }) {
			p.HowTo = append(p.HowTo, r)
		}
	}
	said := p.matters(v, lim)
	p.Clauses = clausesOf(shown, said)
	if len(shown)+len(said) > 0 {
		how := "ask the " + cmp.Or(clean(v.in.Titles.ESafetyOfficer, 60), "e-safety officer") + " to agree it until a date"
		if p.Findings != "" {
			how = "agree it until a date, with a reason, under Findings on the review site"
		}
		p.Stay = "If something is meant to stay as it is, " + how + ". It then leaves this list until that day, or until somebody else is let in."
	}
	if slices.ContainsFunc(shown, func(t thing) bool { return t.hidden }) || slices.ContainsFunc(said, func(m matter) bool { return m.hidden }) {
		p.Hidden = "Where a title holds a pupil's name, or belongs to a pupil or to somebody whose files are confidential, it is not shown here. The link leads to it."
	}
	p.rest(v, lim)
	return p
}

func clausesOf(list []thing, matters []matter) []line {
	says := map[string]string{}
	for _, t := range list {
		for c, s := range t.says {
			says[c] = s
		}
	}
	for _, m := range matters {
		for c, s := range m.says {
			says[c] = s
		}
	}
	var out []line
	for c, s := range says {
		if c != "" {
			out = append(out, line{Text: clean(c, 20), Note: clean(s, 200)})
		}
	}
	slices.SortFunc(out, func(a, b line) int { return byClause(a.Text, b.Text) })
	return out[:min(len(out), 20)]
}

// byClause orders ids of clauses as people count: A2 before A10.
func byClause(a, b string) int {
	word := func(s string) string { return strings.TrimRight(s, "0123456789") }
	number := func(s string) string { return strings.TrimLeft(strings.TrimPrefix(s, word(s)), "0") }
	return cmp.Or(cmp.Compare(word(a), word(b)), cmp.Compare(len(number(a)), len(number(b))), cmp.Compare(a, b))
}

// areas names what else than sharing is looked at.
func (v *view) areas() string {
	if v.wide {
		return "accounts, classes, settings and devices, at "
	}
	return ""
}

// matters lays out what is not about sharing, and puts what is graver than the gravest thing shared in front of it.
func (p *page) matters(v *view, lim limits) []matter {
	l := layout{lines: lim.matters, full: v.fullList(v.in.Accounts), first: v.in.FirstDay, day: v.day}
	all, shown := v.matters.parts(l)
	if len(all) == 0 {
		return nil
	}
	p.New.Title, p.Open.Title, p.AllTitle = "Sharing: "+small(p.New.Title), "Sharing: "+small(p.Open.Title), "All that is shared"
	worst := len(severities)
	for _, t := range v.things {
		if t.state == stateNew || t.state == stateOpen && v.in.FirstDay {
			worst = min(worst, severityRank(t.item.Severity))
		}
	}
	for _, of := range all {
		if of.rank/len(parts) <= worst {
			p.Before = append(p.Before, of)
		} else {
			p.After = append(p.After, of)
		}
	}
	return shown
}

// small writes the first letter of an English heading small.
func small(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// headline says in a sentence what there is, and in a few more how things stand.
func (p *page) headline(v *view) {
	c := v.counts
	switch {
	case v.in.FirstDay && c.New+c.StillOpen > 0:
		p.Headline = things(c.New+c.StillOpen, "") + " to look at"
		p.Lead = append(p.Lead, "This is our first look at "+v.areas()+"what people outside the school can open, and at folders the policy keeps to named people. Much of it will have been like this for years. Nobody has to do it all at once: start at the top.")
	case c.New > 0:
		p.Headline = things(c.New, "new ") + " to look at"
	case c.StillOpen > 0:
		p.Headline = "Nothing new" + v.since()
	case c.Gaps > 0:
		p.Headline = "We found nothing, but could not look everywhere"
	case len(v.in.Untold) > 0:
		p.Headline = "Something waits, and nobody could be told"
	case len(v.in.Returned) > 0:
		p.Headline = "Mail of ours came back"
	case c.PutRight > 0:
		p.Headline = "Everything we found is put right"
	default:
		p.Headline = "Nothing to look at"
		found := "found nothing that does not match the policy."
		if c.Agreed > 0 {
			found = "found nothing but what is agreed."
		}
		if c.Unclear > 0 {
			p.Lead = append(p.Lead, "We "+found+" Something could not be said this time; it stands under “What we could not see this time”.")
			break
		}
		p.Lead = append(p.Lead, "We looked everywhere we can and "+found)
	}
	if !v.in.FirstDay && c.StillOpen > 0 {
		s := quantity.Of(c.StillOpen, "thing", "things") + " from before " + verb(c.StillOpen, "is", "are") + " still open"
		if over := v.overdue(stateOpen); over > 0 {
			s += ", " + quantity.Number(over) + " overdue"
		}
		p.Lead = append(p.Lead, s+".")
	}
	if c.PutRight > 0 {
		p.Lead = append(p.Lead, capital(quantity.Of(c.PutRight, "was", "were"))+" put right"+v.since()+". Thank you.")
	}
	if c.Overdue > 0 {
		p.Stats[1].Note = quantity.Number(c.Overdue) + " overdue"
		if v.in.FirstDay || v.overdue(stateOpen) != c.Overdue {
			p.Stats[1].Note = ""
		}
	}
	if v.in.FirstDay {
		p.Sum = fmt.Sprintf("%s to look at + %s agreed + %s for information = %s in all.", quantity.Number(c.New+c.StillOpen), quantity.Number(c.Agreed), quantity.Number(c.Information), quantity.Number(c.Total))
		p.Stats = []stat{{quantity.Number(c.New + c.StillOpen), "to look at", ""}, {quantity.Number(c.Agreed), "agreed", ""}, {quantity.Number(c.Information), "for information", ""}}
	}
}

func verb(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

func (v *view) since() string {
	if v.in.Since.IsZero() {
		return ""
	}
	return " since " + v.day(v.in.Since)
}

// findingsPage is the page of the review site with everything that a reader may see of what is open.
const findingsPage = "/findings"

// list says where the whole list is.
func (p *page) list(v *view) {
	p.Full, p.Findings = v.fullList(v.in.List), siteLink(v.in.Site, findingsPage)
}

func (v *view) fullList(l List) string {
	name := clean(l.Name, 80)
	switch {
	case name == "" && siteLink(v.in.Site, findingsPage) != "":
		return "on the review site"
	case name == "":
		return "in the full list"
	case l.Attached:
		return "in the list attached to this mail, " + name
	}
	return "in the full list, " + name
}

func (v *view) in1(s state) []thing {
	var out []thing
	for _, t := range v.things {
		if t.state == s {
			out = append(out, t)
		}
	}
	return out
}

func countIf(list []thing, f func(thing) bool) int {
	n := 0
	for _, t := range list {
		n += b2i(f(t))
	}
	return n
}
