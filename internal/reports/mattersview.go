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

// matter is one or more findings of one rule about one subject, as the report shows it.
type matter struct {
	in      Matter
	state   state
	rule    MatterRule
	rank    int // place of the rule
	ids     []string
	clauses []string
	says    map[string]string
	who     string // masked: who or what it is about, with a capital
	unit    string // staff only
	link    string // https, or nothing
	details []string
	where   string // "" is the rule's
	hidden  bool   // something of it is not shown
	remark  string
	changes []Change // masked
	relaxed bool     // one of the checklist in the roll-over: no deadlines
}

type matterRight struct {
	matter
	how  string
	when time.Time
}

// matterView is what the reports say of matters.
type matterView struct {
	list    []matter // the worst first
	right   []matterRight
	mask    matterMask
	now     time.Time
	roll    bool
	waiting map[string]int
	decider decider
}

func newMatterView(mask *Mask, now time.Time, rollover bool, d decider, list []Matter, right []MatterRight) matterView {
	v := matterView{mask: newMatterMask(mask, list, right), now: now, roll: rollover, decider: d}
	type id struct {
		rule, subject string
		state         state
	}
	at := map[id]int{}
	for _, in := range list {
		m := v.matter(in)
		k := id{in.Rule, in.Subject, m.state}
		i, seen := at[k]
		if !seen || in.Subject == "" {
			at[k] = len(v.list)
			v.list = append(v.list, m)
			continue
		}
		v.list[i].merge(m)
	}
	for i := range v.list {
		slices.SortFunc(v.list[i].clauses, byClause)
		slices.Sort(v.list[i].ids)
	}
	sort.SliceStable(v.list, func(i, j int) bool { return worseMatter(v.list[i], v.list[j]) })
	for _, r := range right {
		v.right = append(v.right, matterRight{matter: v.matter(r.Matter), how: clean(cmp.Or(r.How, HowPutRight), 60), when: r.When})
	}
	sort.SliceStable(v.right, func(i, j int) bool { return worseMatter(v.right[i].matter, v.right[j].matter) })
	return v
}

// waiting counts the changes of each kind that wait for approval, each once.
func waiting(matters []Matter, items []Item) map[string]int {
	var list []Change
	for _, m := range matters {
		list = append(list, m.Changes...)
	}
	for _, it := range items {
		list = append(list, it.Changes...)
	}
	out := map[string]int{}
	for _, c := range distinct(list) {
		if waits(c.State) {
			out[c.Kind]++
		}
	}
	return out
}

func (m *matter) merge(o matter) {
	m.ids = append(m.ids, o.ids...)
	for c, s := range o.says {
		if _, have := m.says[c]; !have {
			m.clauses = append(m.clauses, c)
			m.says[c] = s
		}
	}
	for _, d := range o.details {
		if !slices.Contains(m.details, d) {
			m.details = append(m.details, d)
		}
	}
	if severityRank(o.in.Severity) < severityRank(m.in.Severity) {
		m.in.Severity = o.in.Severity
	}
	if !o.in.Due.IsZero() && (m.in.Due.IsZero() || o.in.Due.Before(m.in.Due)) {
		m.in.Due = o.in.Due
	}
	if o.in.AgreedUntil.Before(m.in.AgreedUntil) {
		m.in.AgreedUntil = o.in.AgreedUntil
	}
	m.in.Overdue = m.in.Overdue || o.in.Overdue
	m.changes = addChanges(m.changes, o.changes)
}

// worseMatter is the order of the reports: by severity, then overdue ones, then by rule, then new ones, then what has waited longest.
func worseMatter(a, b matter) bool {
	return cmp.Or(
		cmp.Compare(severityRank(a.in.Severity), severityRank(b.in.Severity)),
		cmp.Compare(b2i(b.in.Overdue), b2i(a.in.Overdue)),
		cmp.Compare(a.rank, b.rank),
		cmp.Compare(a.state, b.state),
		a.in.FirstSeen.Compare(b.in.FirstSeen),
		cmp.Compare(a.in.Subject, b.in.Subject),
		cmp.Compare(a.in.ID, b.in.ID),
	) < 0
}

// nothing names what a matter is about if its own name may not be shown.
var nothing = map[string]string{
	"course": "a class", "chromebook": "a Chromebook", "mobile": "a phone or tablet", "setting": "a setting", "roll": "somebody on the roll", "user": "an account", "file": "a file", "post": "a post", "blog-post": "a post on a blog", "document": "a document",
}

func (v *matterView) matter(in Matter) matter {
	in.Clause, in.Name = clean(in.Clause, 20), clean(in.Name, 4*maxTitle)
	m := matter{in: in, ids: []string{in.ID}, clauses: []string{in.Clause}, says: map[string]string{in.Clause: in.Says}, state: stateOf(in, v.now), link: safeLink(in.Link)}
	m.rule, m.rank = ruleOf(in.Rule, in.Subject)
	if v.roll && m.rule.Part == PartAccounts {
		m.relaxed, m.in.Overdue, m.in.Due = true, false, time.Time{}
	}
	kind, _, _ := strings.Cut(in.Subject, "/")
	m.who = v.mask.mask.Owner(in.Who)
	if in.Who != (Person{}) {
		if m.link == "" {
			m.link = safeLink(in.Who.Link)
		}
		if !in.Who.Pupil {
			if u, ok := v.mask.text(in.Who.Unit, true, 60); ok {
				m.unit = u
			}
		}
	} else if in.Name != "" {
		shown, ok := v.mask.text(in.Name, in.Private, maxTitle)
		if kind == "setting" {
			shown, ok = v.mask.setting(in.Name, in.Names, maxTitle)
		}
		m.who, m.hidden = shown, !ok
	}
	m.who = capital(cmp.Or(m.who, nothing[kind], "one thing"))
	m.say(v.mask, kind)
	if in.Reopened {
		m.remark = "It was put right before, and is back."
		if !in.AgreedUntil.IsZero() {
			m.remark = "It was agreed before; this is new since then."
		}
	}
	return m
}

func stateOf(in Matter, now time.Time) state {
	switch {
	case in.Severity == "information":
		return stateInfo
	case in.New || in.Reopened:
		return stateNew
	case in.AgreedUntil.After(now):
		return stateAgreed
	}
	return stateOpen
}

// say fills in the details, the click path and the changes, masked.
func (m *matter) say(mask matterMask, kind string) {
	outside := m.in.Private || m.in.Who.Pupil || m.in.Who.Unplaced
	say := func(s string, limit int) (string, bool) {
		if kind == "setting" {
			return mask.setting(s, m.in.Names, limit)
		}
		return mask.say(s, m.in.Names, outside, limit)
	}
	missing := 0
	for _, d := range m.in.Details {
		shown, whole := say(d, 120)
		m.hidden = m.hidden || !whole
		switch {
		case shown == "" && !whole:
			missing++
		case shown != "" && !slices.Contains(m.details, shown):
			m.details = append(m.details, shown)
		}
	}
	if missing > 0 {
		m.hidden = true
		m.details = append(m.details, quantity.Of(missing, "detail is", "details are")+" not shown, because of a name in "+verb(missing, "it", "them"))
	}
	m.where, _ = say(m.in.Where, 300)
	if m.where != "" && !strings.HasPrefix(m.where, console) {
		m.where = console + m.where
	}
	for _, c := range addChanges(nil, m.in.Changes) {
		shown, whole := mask.change(c, outside)
		m.hidden = m.hidden || !whole
		m.changes = append(m.changes, shown)
	}
}

func (v *matterView) in1(s state) []matter {
	var out []matter
	for _, m := range v.list {
		if m.state == s {
			out = append(out, m)
		}
	}
	return out
}

func (v *matterView) count(c *Counts) {
	for _, m := range v.list {
		switch m.state {
		case stateNew:
			c.New++
		case stateOpen:
			c.StillOpen++
		case stateAgreed:
			c.Agreed++
		case stateInfo:
			c.Information++
		}
		if m.state <= stateOpen {
			c.Overdue += b2i(m.in.Overdue)
		}
	}
	c.Total += len(v.list)
	c.PutRight += len(v.right)
}

// touched are the changes that the program made or is making about the matters.
func (v *matterView) touched() []Change {
	var out []Change
	for _, m := range v.list {
		out = append(out, m.changes...)
	}
	for _, r := range v.right {
		out = append(out, r.changes...)
	}
	return touched(out)
}

// hashLines are what the hash of a report is made of: what is open, agreed or overdue, what makes it so, and what is proposed or done.
func hashLines(list []Matter, now time.Time, rollover bool) []string {
	var lines []string
	for _, m := range list {
		line := fmt.Sprintf("matter %q", m.ID)
		r, _ := matterRule(m.Rule)
		switch s := stateOf(m, now); {
		case s == stateInfo, s == stateAgreed:
			line += " " + statusWord[s]
		case m.Overdue && (!rollover || r.Part != PartAccounts):
			line += " open overdue"
		default:
			line += " open"
		}
		var details []string
		for _, d := range m.Details {
			details = append(details, m.Names.fill(d, func(name string) string { return name }))
		}
		slices.Sort(details)
		lines = append(lines, line+fmt.Sprintf(" %q", details)+hashChanges(m.Changes))
	}
	return lines
}
