package reports

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// MaxHTML is what the HTML of a mail stays under, in bytes. Gmail cuts off what lies behind about 102 kB.
const MaxHTML = 92_000

// limits is how many lines a report may have before it says "and N more".
type limits struct{ things, perOwner, open, agreed, putRight, gaps, owners, clauses int }

var fullLimits = limits{things: 30, perOwner: 8, open: 10, agreed: 5, putRight: 10, gaps: 12, owners: 8, clauses: 40}

// worstFirst is how many a first report lists.
const worstFirst = 20

func (l limits) half() limits {
	return limits{l.things / 2, l.perOwner / 2, l.open / 2, l.agreed / 2, l.putRight / 2, l.gaps / 2, l.owners / 2, l.clauses / 2}
}

// page is the report in words, laid out but not yet as HTML or text.
type page struct {
	School, Date, Greeting, Headline string
	Lead                             []string
	Warning                          string
	Stats                            []stat
	Sum                              string
	New, Open                        section
	ByRule, ByOwner                  []row // first day: totals
	OpenByRule                       []row
	PutRight                         []line
	PutRightTitle, PutRightMore      string
	Agreed                           []line
	AgreedText, AgreedMore           string
	Info                             []row
	Gaps                             []gap
	GapsMore                         string
	Never                            string
	NotLooked                        []line
	NotLookedMore                    string
	HowTo                            []Rule
	Clauses                          []line // what the clauses say that are not met
	Stay, Full, FullLink, Hidden     string
	Foot                             []string
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
}

type group struct {
	Who, Unit, Note, More string
	Items                 []itemView
}

type itemView struct {
	Title, Link, Inside, What, Do, Due, Remark, Account, Clause string
	Overdue, High                                               bool
}

type line struct{ Text, Link, Note string }

type gap struct{ What, Link, Why, Do string }

func (v *oversharing) day(t time.Time) string {
	t = t.In(v.loc)
	if y := v.in.Now.In(v.loc).Year(); t.Year() != y {
		return t.Format("Mon 2 Jan 2006")
	}
	return t.Format("Mon 2 Jan")
}

func (v *oversharing) page(lim limits) page {
	c, now := v.counts, v.in.Now.In(v.loc)
	p := page{
		School: clean(v.in.School, 80), Date: now.Format("Monday 2 January 2006"),
		Stats: []stat{
			{number(c.New), "new", ""}, {number(c.StillOpen), "still open", ""},
			{number(c.Agreed), "agreed", ""}, {number(c.PutRight), "put right", ""},
		},
		Sum: fmt.Sprintf("%s new + %s still open + %s agreed + %s for information = %s in all.", number(c.New), number(c.StillOpen), number(c.Agreed), number(c.Information), number(c.Total)),
	}
	if name := clean(v.in.Reader, 60); name != "" {
		p.Greeting = "Dear " + name + ","
	}
	if c.Gaps > 0 {
		p.Warning = "We could not look everywhere, so this may not be all. What was missed, and what to do about it, stands under “What we could not see this time”."
	}
	p.headline(v)
	p.list(v)

	var shown []thing
	fresh, open := v.in1(stateNew), v.in1(stateOpen)
	if v.in.FirstDay {
		// Everything is new to the reader, whatever the finding says.
		all := append(slices.Clone(fresh), open...)
		sort.SliceStable(all, func(i, j int) bool { return worse(all[i], all[j]) })
		p.New.Groups, p.New.More, shown = v.groups(all, min(worstFirst, lim.things), lim.things, p.Full)
		p.New.Title = "Where to start"
		if n := len(shown); n < len(all) {
			p.New.Intro = fmt.Sprintf("The %d that matter most, grouped by who shared them.", n)
			p.ByRule, p.ByOwner = byRule(all), v.byOwner(all, lim.owners)
		}
	} else {
		p.New.Title = "New" + v.since()
		p.New.Groups, p.New.More, shown = v.groups(fresh, lim.things, lim.perOwner, p.Full)
		p.Open.Title = "Still open from before"
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
	p.Clauses = clausesOf(shown)
	if len(shown) > 0 {
		p.Stay = "If something is meant to stay as it is, ask the " + cmp.Or(clean(v.in.Titles.ESafetyOfficer, 60), "e-safety officer") + " to agree it until a date. It then leaves this list until that day, or until somebody else is let in."
	}
	if slices.ContainsFunc(shown, func(t thing) bool { return t.hidden }) {
		p.Hidden = "Where a title holds a pupil's name, or belongs to a pupil or to somebody whose files are confidential, it is not shown here. The link leads to it."
	}
	p.rest(v, lim)
	return p
}

func clausesOf(list []thing) []line {
	says := map[string]string{}
	for _, t := range list {
		for c, s := range t.says {
			says[c] = s
		}
	}
	var out []line
	for c, s := range says {
		if c != "" {
			out = append(out, line{Text: clean(c, 20), Note: clean(s, 200)})
		}
	}
	slices.SortFunc(out, func(a, b line) int { return cmp.Compare(a.Text, b.Text) })
	return out[:min(len(out), 20)]
}

// headline says in a sentence what there is, and in a few more how things stand.
func (p *page) headline(v *oversharing) {
	c := v.counts
	switch {
	case v.in.FirstDay && c.New+c.StillOpen > 0:
		p.Headline = things(c.New+c.StillOpen, "") + " to look at"
		p.Lead = append(p.Lead, "This is our first look at what people outside the school can open, and at folders the policy keeps to named people. Much of it will have been like this for years. Nobody has to do it all at once: start at the top.")
	case c.New > 0:
		p.Headline = things(c.New, "new ") + " to look at"
	case c.StillOpen > 0:
		p.Headline = "Nothing new" + v.since()
	case c.Gaps > 0:
		p.Headline = "We found nothing, but could not look everywhere"
	case c.PutRight > 0:
		p.Headline = "Everything we found is put right"
	default:
		p.Headline = "Nothing to look at"
		found := "found nothing that does not match the policy."
		if c.Agreed > 0 {
			found = "found nothing but what is agreed."
		}
		p.Lead = append(p.Lead, "We looked everywhere we can and "+found)
	}
	if !v.in.FirstDay && c.StillOpen > 0 {
		s := plural(c.StillOpen, "thing", "things") + " from before " + verb(c.StillOpen, "is", "are") + " still open"
		if over := countIf(v.in1(stateOpen), func(t thing) bool { return t.item.Overdue }); over > 0 {
			s += ", " + number(over) + " overdue"
		}
		p.Lead = append(p.Lead, s+".")
	}
	if c.PutRight > 0 {
		p.Lead = append(p.Lead, capital(plural(c.PutRight, "was", "were"))+" put right"+v.since()+". Thank you.")
	}
	if c.Overdue > 0 {
		p.Stats[1].Note = number(c.Overdue) + " overdue"
		if v.in.FirstDay || countIf(v.in1(stateOpen), func(t thing) bool { return t.item.Overdue }) != c.Overdue {
			p.Stats[1].Note = ""
		}
	}
	if v.in.FirstDay {
		p.Sum = fmt.Sprintf("%s to look at + %s agreed + %s for information = %s in all.", number(c.New+c.StillOpen), number(c.Agreed), number(c.Information), number(c.Total))
		p.Stats = []stat{{number(c.New + c.StillOpen), "to look at", ""}, {number(c.Agreed), "agreed", ""}, {number(c.Information), "for information", ""}}
	}
}

func verb(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

func (v *oversharing) since() string {
	if v.in.Since.IsZero() {
		return ""
	}
	return " since " + v.day(v.in.Since)
}

// list says where the whole list is.
func (p *page) list(v *oversharing) {
	l := v.in.List
	name := clean(l.Name, 80)
	switch {
	case name == "":
		p.Full = "the full list"
	case l.Attached:
		p.Full = "the list attached to this mail, " + name
	default:
		p.Full = "the full list, " + name
	}
	p.FullLink = safeLink(l.Link)
}

func (v *oversharing) in1(s state) []thing {
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

// groups lists at most most things by who shared them, at most each of one person; people in the order of their worst.
func (v *oversharing) groups(list []thing, most, each int, full string) ([]group, string, []thing) {
	type bunch struct {
		group
		first  Person
		people map[string]bool
		left   int
		rules  map[string]bool
	}
	var order []string
	by := map[string]*bunch{}
	var shown []thing
	for _, t := range list {
		o := t.item.Owner
		key := fmt.Sprintf("%s|%t", t.owner, o.SharedDrive)
		if !o.Pupil && !o.SharedDrive {
			key += "|" + o.Link + "|" + o.Unit
		}
		b := by[key]
		if b == nil {
			if len(shown) >= most {
				continue
			}
			b = &bunch{first: o, people: map[string]bool{}, rules: map[string]bool{}}
			by[key] = b
			order = append(order, key)
		}
		b.people[o.Link] = true
		if len(shown) >= most || len(b.Items) >= each {
			b.left++
			continue
		}
		b.rules[t.rule.Name] = true
		b.Items = append(b.Items, v.item(t))
		shown = append(shown, t)
	}
	var out []group
	told := 0
	for _, k := range order {
		b := by[k]
		b.Who, b.Note = v.heading(b.first, len(b.people), b.rules)
		if !b.first.Pupil && !b.first.SharedDrive {
			b.Unit = clean(b.first.Unit, 60)
		}
		if b.left > 0 {
			b.More = "and " + number(b.left) + " more of theirs"
			told += b.left
		}
		out = append(out, b.group)
	}
	more := ""
	n := len(list) - len(shown) - told
	switch {
	case n > 0 && told > 0:
		more = "and " + number(n) + " more of other people. All are in " + full
	case n > 0:
		more = "and " + number(n) + " more, all of them in " + full
	case told > 0:
		more = "All are in " + full
	}
	return out, more, shown
}

// heading names who shared a bunch of things, and says who can put them right.
func (v *oversharing) heading(o Person, people int, rules map[string]bool) (who, note string) {
	who = capital(v.in.Mask.Owner(o))
	switch {
	case o == (Person{}):
		return "Groups", "You can do this yourself in the Admin console."
	case o.SharedDrive:
		if len(rules) == 1 && rules["shared-drive-outsider"] {
			return who, "You can do this yourself in the Admin console."
		}
		return who, "A manager of the shared drive can do this. If it has none, make yourself one for a moment: " + strings.TrimSuffix(manageDrives, " → ") + "."
	case o.Pupil:
		if people > 1 {
			who = strings.TrimPrefix(strings.TrimPrefix(who, "A "), "a ") + "s"
			return capital(who), "Please ask the class teacher to do this with the pupils."
		}
		return who, "Please ask the class teacher to do this with the pupil."
	case o.Gone:
		return who, "The account is gone. If the files are still there, pass them to a colleague: " + TransferPath + "."
	case o.SwitchedOff:
		return who, "The account is switched off, but what it shared stays open. Pass its files to a colleague, who can then make the change: " + TransferPath + "."
	}
	return who, "Please ask them to make the change; it takes a minute."
}

func (v *oversharing) item(t thing) itemView {
	i := itemView{
		Title: isolate(capital(t.title)), Link: t.link, What: t.rule.Title, Do: t.rule.Do, Overdue: t.item.Overdue, High: t.item.Severity == "high",
		Remark: t.remark, Clause: strings.Join(t.clauses, ", "),
	}
	if !t.hidden {
		i.Title = isolate(t.title)
	}
	if t.item.Below > 0 {
		i.Inside = "opens " + plural(t.item.Below, "item", "items") + " inside it"
	}
	anyone := len(t.grants) > 0 && (t.rule.Name == "public" || t.rule.Name == "public-link" || t.rule.Name == "site")
	for _, g := range t.grants {
		anyone = anyone && strings.HasPrefix(g.who, "anyone") && !g.isNew && g.until.IsZero()
	}
	if anyone {
		most := ""
		for _, g := range t.grants {
			switch {
			case t.rule.Name == "site": // whoever visits it only reads
			case g.role == "can edit":
				most = ", and change it"
			case g.role == "can comment" && most == "":
				most = ", and comment on it"
			}
		}
		i.What = t.rule.Title + most + "."
	} else {
		i.What = t.rule.Title + v.who(t.grants)
	}
	switch {
	case t.item.Due.IsZero():
	case t.item.Overdue:
		i.Due = "was due " + v.day(t.item.Due)
	default:
		i.Due = "by " + v.day(t.item.Due)
	}
	if t.item.Owner.Pupil {
		i.Account = safeLink(t.item.Owner.Link)
	}
	if !t.item.Since.IsZero() && i.Remark == "" {
		i.Remark = "Shared since " + v.day(t.item.Since) + "."
	}
	return i
}

// maxWho is how many grantees a line names.
const maxWho = 4

// who ends the sentence that says what is the case by naming who has access, the new ones first.
func (v *oversharing) who(grants []grant) string {
	if len(grants) == 0 {
		return "."
	}
	var fresh, old []string
	for n, g := range grants {
		if n == maxWho && len(grants) > maxWho+1 {
			old = append(old, "and "+number(len(grants)-maxWho)+" more")
			break
		}
		s := isolate(g.who) + " (" + g.role
		if !g.until.IsZero() {
			s += ", until " + v.day(g.until)
		}
		s += ")"
		if g.isNew {
			fresh = append(fresh, s)
		} else {
			old = append(old, s)
		}
	}
	switch {
	case len(fresh) == 0:
		return ": " + strings.Join(old, ", ") + "."
	case len(old) == 0:
		return ": now " + strings.Join(fresh, ", ") + "."
	}
	return ": now also " + strings.Join(fresh, ", ") + "; already " + strings.Join(old, ", ") + "."
}

func byRule(list []thing) []row {
	n := map[string]int{}
	for _, t := range list {
		n[t.rule.Name]++
	}
	var out []row
	for _, r := range Rules {
		if n[r.Name] > 0 {
			out = append(out, row{number(n[r.Name]), r.Title})
			delete(n, r.Name)
		}
	}
	rest := 0
	for _, k := range n {
		rest += k
	}
	if rest > 0 {
		out = append(out, row{number(rest), "Shared in another way that does not match the policy"})
	}
	return out
}

// byOwner is how much each of the people with the most to do has, and the rest in one line.
func (v *oversharing) byOwner(list []thing, most int) []row {
	n := map[string]int{}
	for _, t := range list {
		o := t.item.Owner
		name := v.in.Mask.Owner(o)
		switch {
		case o.Pupil:
			name = "pupils"
		case name == "":
			name = "groups"
		}
		n[name]++
	}
	names := make([]string, 0, len(n))
	for k := range n {
		names = append(names, k)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(n[b], n[a]), cmp.Compare(a, b)) })
	var out []row
	rest := 0
	for i, k := range names {
		if i < most {
			out = append(out, row{number(n[k]), capital(k)})
		} else {
			rest += n[k]
		}
	}
	if rest > 0 {
		out = append(out, row{number(rest), plural(len(names)-most, "other", "others")})
	}
	return out
}

// capital writes the first letter large.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}
