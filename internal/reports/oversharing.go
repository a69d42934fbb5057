package reports

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"sort"
	"strings"
	"time"

	"esafetybot/internal/quantity"
)

type state int

const (
	stateNew state = iota
	stateOpen
	stateAgreed
	stateInfo
)

var statusWord = map[state]string{stateNew: "new", stateOpen: "still open", stateAgreed: "agreed", stateInfo: "information"}

// thing is one or more findings about the same cause, as the report shows it.
type thing struct {
	item      Item
	state     state
	rule      Rule
	rank      int // place of the rule, the gravest first
	ids       []string
	clauses   []string
	says      map[string]string // what each clause says
	grants    []grant
	title     string // masked and cut
	fullTitle string // masked
	hidden    bool   // the title is masked
	kind      string
	owner     string // masked
	link      string // https, or nothing
	remark    string
	changes   []Change // masked
}

type grant struct {
	who, role string
	until     time.Time
	isNew     bool
}

type putRight struct {
	thing
	how  string
	when time.Time
}

// view is the report being made.
type view struct {
	in       OversharingInput
	loc      *time.Location
	things   []thing // the worst first
	matters  matterView
	wide     bool // about more than sharing
	putRight []putRight
	counts   Counts
}

// Oversharing writes the report: sharing first of all, hence the name, and matters.
func Oversharing(in OversharingInput) (Rendered, error) {
	v := newView(in)
	r := Rendered{Counts: v.counts, Hash: v.hash(), CSV: v.csv(), Subject: v.subject()}
	r.Empty = v.counts.New+v.counts.StillOpen+v.counts.PutRight+v.counts.Gaps+v.counts.Unclear+len(in.Asks)+len(in.Untold)+len(in.Returned) == 0
	if len(v.matters.list)+len(v.matters.right) > 0 {
		r.Matters = v.matters.csv(v.isoDay)
	}
	var err error
	for limits := fullLimits; ; limits = limits.half() {
		p := v.page(limits)
		if r.HTML, err = renderHTML("oversharing", p); err != nil {
			return Rendered{}, fmt.Errorf("the report: %w", err)
		}
		r.Text = renderText(p)
		if len(r.HTML) < MaxHTML && len(r.Text) < MaxHTML {
			return r, nil
		}
		if limits.things == 0 {
			return Rendered{}, fmt.Errorf("the report: it has %d bytes even without a list, at most %d fit into a mail", len(r.HTML), MaxHTML)
		}
	}
}

func newView(in OversharingInput) *view {
	v := &view{in: in, loc: in.Location}
	if v.loc == nil {
		v.loc = time.UTC
	}
	v.matters = newMatterView(in.Mask, in.Now, in.Rollover, newDecider(in.Site, in.Address, in.NotTheirs), in.Matters, in.Right)
	if v.matters.waiting = in.Waiting; in.Waiting == nil {
		v.matters.waiting = waiting(in.Matters, in.Items)
	}
	v.things = v.gather(in.Items)
	for _, p := range in.PutRight {
		t := v.thing(p.Item)
		v.putRight = append(v.putRight, putRight{thing: t, how: clean(cmp.Or(p.How, HowPutRight), 60), when: p.When})
	}
	sort.SliceStable(v.putRight, func(i, j int) bool { return worse(v.putRight[i].thing, v.putRight[j].thing) })
	v.wide = in.Wider || len(in.Matters)+len(in.Right)+len(in.Unclear) > 0
	v.count()
	return v
}

// gather makes things of findings: those of one rule about one subject, in the same state, are shown once with all their
// clauses.
func (v *view) gather(items []Item) []thing {
	type id struct {
		rule, subject string
		state         state
	}
	at := map[id]int{}
	var out []thing
	for _, it := range items {
		t := v.thing(it)
		k := id{it.Rule, it.Subject, t.state}
		i, seen := at[k]
		if !seen || it.Subject == "" {
			at[k] = len(out)
			out = append(out, t)
			continue
		}
		o := &out[i]
		o.ids = append(o.ids, t.ids...)
		if !slices.Contains(o.clauses, it.Clause) {
			o.clauses = append(o.clauses, t.clauses...)
			o.says[it.Clause] = it.Says
		}
		for _, g := range t.grants {
			if !slices.ContainsFunc(o.grants, func(h grant) bool { return h.who == g.who && h.role == g.role && h.until.Equal(g.until) }) {
				o.grants = append(o.grants, g)
			}
		}
		if severityRank(it.Severity) < severityRank(o.item.Severity) {
			o.item.Severity = it.Severity
		}
		if !it.Due.IsZero() && (o.item.Due.IsZero() || it.Due.Before(o.item.Due)) {
			o.item.Due = it.Due
		}
		if it.AgreedUntil.Before(o.item.AgreedUntil) {
			o.item.AgreedUntil = it.AgreedUntil
		}
		o.item.Overdue = o.item.Overdue || it.Overdue
		o.item.Missing = o.item.Missing || it.Missing
		o.item.Below = max(o.item.Below, it.Below)
		o.changes = addChanges(o.changes, t.changes)
	}
	for i := range out {
		slices.Sort(out[i].clauses)
		slices.Sort(out[i].ids)
	}
	sort.SliceStable(out, func(i, j int) bool { return worse(out[i], out[j]) })
	return out
}

func (v *view) thing(it Item) thing {
	// Cut first, then hide: what is cut off is never shown, and an endless title costs no time.
	it.Title, it.Clause, it.Kind = clean(it.Title, 4*maxTitle), clean(it.Clause, 20), clean(it.Kind, 40)
	it.Owner.Name, it.Owner.Unit = clean(it.Owner.Name, 100), clean(it.Owner.Unit, 100)
	t := thing{item: it, ids: []string{it.ID}, clauses: []string{it.Clause}, says: map[string]string{it.Clause: it.Says}, state: stateOpen}
	t.rule, t.rank = rule(it.Rule)
	fresh := it.New || it.Reopened
	for _, g := range it.Grants {
		fresh = fresh || g.New
	}
	switch {
	case it.Info || t.rule.Info:
		t.state = stateInfo
	case fresh:
		t.state = stateNew
	case it.AgreedUntil.After(v.in.Now):
		t.state = stateAgreed
	}
	for _, g := range it.Grants {
		g.Who = clean(g.Who, 254) // the longest address there is
		t.grants = append(t.grants, grant{v.in.Mask.Grantee(g), roleWords(g.Role), g.Until, g.New && !it.New})
	}
	slices.SortStableFunc(t.grants, func(a, b grant) int { return cmp.Compare(b2i(b.isNew), b2i(a.isNew)) })
	t.kind = it.Kind
	if _, ok := nouns[it.Kind]; !ok {
		t.kind = "document"
	}
	t.hidden = v.in.Mask.Hides(it.Title, it.Owner)
	t.fullTitle = v.in.Mask.Title(it.Title, t.kind, it.Owner)
	t.title = clean(t.fullTitle, maxTitle)
	if t.title == "" {
		t.title, t.fullTitle = noun(t.kind)+" without a title", noun(t.kind)+" without a title"
	}
	for _, c := range addChanges(nil, it.Changes) {
		t.changes = append(t.changes, v.itemChange(t, c))
	}
	t.owner = v.in.Mask.Owner(it.Owner)
	t.link = safeLink(it.Link)
	switch {
	case it.Missing:
		t.remark = "We did not find it again where it was. It stays on this list until we know what became of it."
	case it.Reopened && !it.AgreedUntil.IsZero():
		t.remark = "It was agreed for somebody else; this is new since then."
	case it.Reopened:
		t.remark = "It was put right before, and is back."
	}
	return t
}

// itemChange is a change as it may be shown of a thing: where its title may not be, no sentence with the title in it is.
func (v *view) itemChange(t thing, c Change) Change {
	if title := strings.ToLower(t.item.Title); t.hidden && title != "" {
		for _, s := range []*string{&c.Words, &c.Why, &c.Undo} {
			full := c.Names.fill(*s, func(name string) string { return name })
			if strings.Contains(strings.ToLower(clean(full, 0)), title) {
				*s = ""
			}
		}
	}
	c, _ = v.matters.mask.change(c, t.item.Owner.Pupil || t.item.Owner.Unplaced)
	return c
}

// changed is how many things the program changed or is changing.
func (v *view) changed() int {
	list := v.matters.touched()
	for _, t := range v.things {
		list = append(list, t.changes...)
	}
	for _, r := range v.putRight {
		list = append(list, r.changes...)
	}
	return len(touched(list))
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// safeLink lets https links through, as long as they are links and not essays.
func safeLink(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || len(s) > 400 {
		return ""
	}
	return u.String()
}

// siteLink is the address of a page of the review site; "" without one.
func siteLink(site, page string) string {
	if site == "" {
		return ""
	}
	return safeLink(strings.TrimSuffix(site, "/") + page)
}

// worse is the order of the report: by severity, overdue ones first, then by rule, then what opens most, then what has waited longest.
func worse(a, b thing) bool {
	return cmp.Or(
		cmp.Compare(severityRank(a.item.Severity), severityRank(b.item.Severity)),
		cmp.Compare(b2i(b.item.Overdue), b2i(a.item.Overdue)),
		cmp.Compare(a.rank, b.rank),
		cmp.Compare(b.item.Below, a.item.Below),
		a.item.FirstSeen.Compare(b.item.FirstSeen),
		cmp.Compare(a.item.Subject, b.item.Subject),
		cmp.Compare(a.item.ID, b.item.ID),
	) < 0
}

func (v *view) count() {
	c := &v.counts
	for _, t := range v.things {
		switch t.state {
		case stateNew:
			c.New++
		case stateOpen:
			c.StillOpen++
		case stateAgreed:
			c.Agreed++
		case stateInfo:
			c.Information++
		}
		if t.state <= stateOpen {
			c.Overdue += b2i(t.item.Overdue)
			c.Missing += b2i(t.item.Missing)
		}
	}
	c.Total = len(v.things)
	c.PutRight, c.Gaps, c.Unclear = len(v.putRight), len(v.in.NotSeen), len(v.in.Unclear)
	v.matters.count(c)
}

// hash is of what matters to the reader. What is merely older, or opens more items below, is the same report; so is a new
// thing that has become an old one.
func (v *view) hash() string {
	var lines []string
	for _, it := range v.in.Items {
		line := fmt.Sprintf("%q", it.ID)
		switch {
		case it.Info:
			line += " info"
		case it.AgreedUntil.After(v.in.Now) && !it.New && !it.Reopened:
			line += " agreed"
		default:
			line += " open"
			if it.Overdue {
				line += " overdue"
			}
		}
		var grants []string
		for _, g := range it.Grants {
			until := ""
			if !g.Until.IsZero() {
				until = g.Until.UTC().Format(time.RFC3339)
			}
			grants = append(grants, fmt.Sprintf("%q %q %s", strings.ToLower(g.Who), g.Role, until))
		}
		slices.Sort(grants)
		lines = append(lines, line+" "+strings.Join(grants, ", ")+hashChanges(it.Changes))
	}
	for _, g := range v.in.NotSeen {
		lines = append(lines, fmt.Sprintf("gap %q %q %q", g.What, g.Owner.Name, g.Owner.Link))
	}
	lines = append(lines, askedHash(v.in.Asks)...)
	lines = append(lines, v.in.backHash()...)
	lines = append(lines, v.in.Said.hash()...)
	lines = append(lines, hashLines(v.in.Matters, v.in.Now, v.in.Rollover)...)
	for _, u := range v.in.Unclear {
		lines = append(lines, fmt.Sprintf("unclear %q", u.Rule)) // of how many it could not be said changes by itself
	}
	slices.Sort(lines)
	return sum(lines)
}

func sum(lines []string) string {
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return hex.EncodeToString(sum[:16])
}

// subject never holds a name, a class or a kind.
func (v *view) subject() string {
	c := v.counts
	var s string
	switch {
	case v.in.FirstDay && c.New+c.StillOpen > 0:
		s = v.kind() + ": " + things(c.New+c.StillOpen, "") + " to look at after our first look"
	case c.New > 0:
		s = v.kind() + ": " + things(c.New, "new ") + " to look at"
	case c.Overdue > 0:
		s = v.kind() + ": nothing new, " + things(c.Overdue, "") + " overdue"
	case c.StillOpen > 0:
		s = v.kind() + ": nothing new, " + things(c.StillOpen, "") + " still open"
	case c.Gaps > 0:
		return v.kind() + ": nothing found, but we could not look everywhere"
	case c.PutRight > 0:
		s = v.kind() + ": everything is put right"
	case len(v.in.Untold) > 0:
		s = v.kind() + ": somebody could not be told"
	case len(v.in.Returned) > 0:
		s = v.kind() + ": mail came back"
	case len(v.in.Asks) > 0:
		s = v.kind() + ": " + quantity.Of(len(v.in.Asks), "question", "questions") + " for you"
	default:
		s = v.kind() + ": nothing to look at"
	}
	if c.Gaps > 0 {
		s += " (we could not look everywhere)"
	}
	return s
}

// SafetyWords begin the subject of every report on more than sharing.
const SafetyWords = "Safety report"

// kind is what the report is called: it is about sharing only unless the policy asks for more.
func (v *view) kind() string {
	if v.wide {
		return SafetyWords
	}
	return "Sharing report"
}

// overdue counts what is overdue in a state.
func (v *view) overdue(s state) int {
	n := countIf(v.in1(s), func(t thing) bool { return t.item.Overdue })
	for _, m := range v.matters.in1(s) {
		n += b2i(m.in.Overdue)
	}
	return n
}

// things is "1 new thing", "3 new things".
func things(n int, what string) string { return quantity.Of(n, what+"thing", what+"things") }
