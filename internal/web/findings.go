package web

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"esafetybot/internal/audit"
	"esafetybot/internal/checks/comments"
	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/needed"
	"esafetybot/internal/policy"
	"esafetybot/internal/pseudonym"
	"esafetybot/internal/reports"
	"esafetybot/internal/views"
)

const (
	// perPage is how many findings or changes a page lists.
	perPage = 50
	// newFor is for how long a finding counts as new.
	newFor = 7 * 24 * time.Hour
	// pendingFor is how long the page says that something waits to be taken up: the worker takes it up within minutes.
	pendingFor = 48 * time.Hour
	// ownFor is how long somebody is told what became of what they decided.
	ownFor = 7 * 24 * time.Hour
)

// seesFindings tells whether somebody has a page of findings: who deals with any clause, who leads, and the chair of governors for what concerns the headteacher.
func (s *Site) seesFindings(p *person) bool {
	return p.leads() || p.excepts() || p.plays(policy.RoleChair, policy.RoleAdmin) || slices.ContainsFunc(s.Policy.Clauses, func(c policy.Clause) bool { return p.plays(c.DealsWithIt) })
}

// heads lists the Directory ids of the headteacher's accounts.
func (s *Site) heads(p *person) []string { return s.accountsOf(p, policy.RoleHead) }

// accountsOf lists the Directory ids of the accounts of those who play a role.
func (s *Site) accountsOf(p *person, role policy.Role) []string {
	var out []string
	for _, who := range s.Policy.Person(role) {
		h := pseudonym.Of(who.Address)
		for _, a := range p.adults {
			if slices.Contains(a.Hashes, h) {
				out = append(out, a.ID)
			}
		}
	}
	return out
}

// hushed tells whether a finding is on the incident log, of which this page and the colours show no sign; findings on the lists have the same check.
func hushed(f *findings.Finding) bool { return strings.HasPrefix(f.Subject, "entry/") }

// findingFilter is what somebody wants to see of the findings.
type findingFilter struct {
	State    string // open, new, overdue, agreed or information
	Clause   string
	Rule     string
	Severity string
	Deals    string
	With     string // "user/…", "domain/…", or "at/DOMAIN": persons at a domain
	Folder   string // Google's id of a folder or shared drive: what is in it, and itself
	Asked    string // what became of asking whoever shared it: one of answerStates
	Page     int    // from 1
}

// findingStates are what may be chosen, the first being what is shown unless told.
var findingStates = []option{{"open", "everything open"}, {"new", "new in the last week"}, {"overdue", "overdue"}, {"agreed", "agreed until a date"}, {"information", "for information"}, {privateState, "private exceptions"}}

// privateState shows what is agreed to for a private reason, to those who may know.
const privateState = "private"

func filterOf(q url.Values) findingFilter {
	f := findingFilter{State: q.Get("state"), Clause: q.Get("clause"), Rule: q.Get("rule"), Severity: q.Get("severity"), Deals: q.Get("deals"), With: q.Get("with"), Folder: q.Get("folder"), Asked: q.Get("asked")}
	if !slices.ContainsFunc(findingStates, func(o option) bool { return o.Value == f.State }) {
		f.State = findingStates[0].Value
	}
	if !slices.ContainsFunc(answerStates, func(o option) bool { return o.Value == f.Asked }) {
		f.Asked = ""
	}
	f.Page, _ = strconv.Atoi(q.Get("page"))
	f.Page = max(f.Page, 1)
	return f
}

// path is the page with this filter.
func (f findingFilter) path() string {
	q := url.Values{}
	for k, v := range map[string]string{"state": f.State, "clause": f.Clause, "rule": f.Rule, "severity": f.Severity, "deals": f.Deals, "with": f.With, "folder": f.Folder, "asked": f.Asked} {
		if v != "" && (k != "state" || v != findingStates[0].Value) {
			q.Set(k, v)
		}
	}
	if f.Page > 1 {
		q.Set("page", strconv.Itoa(f.Page))
	}
	u := url.URL{Path: "/findings", RawQuery: q.Encode()}
	return u.String()
}

func (f findingFilter) page(n int) string { f.Page = n; return f.path() }

// together tells whether a filter shows what has the same people or place, which may be decided on as a whole.
func (f findingFilter) together() bool { return f.With != "" || f.Folder != "" }

// matches tells whether a finding is to be shown. view may be nil where it shows nothing together.
func (f findingFilter) matches(x *findings.Finding, view *views.Finding, now time.Time) bool {
	info := x.Severity == findings.Information
	open := x.Status == findings.Open && !info
	ok := f.Clause == "" || f.Clause == x.Clause
	ok = ok && (f.Rule == "" || f.Rule == x.Rule) && (f.Severity == "" || f.Severity == x.Severity) && (f.Deals == "" || f.Deals == x.Deals)
	switch f.State {
	case "open":
		ok = ok && open
	case "new":
		ok = ok && open && now.Sub(x.Opened) < newFor
	case "overdue":
		ok = ok && open && overdue(x, now)
	case "agreed", privateState:
		ok = ok && x.Status == findings.Accepted
	case "information":
		ok = ok && x.Status == findings.Open && info
	}
	if ok = ok && (f.Folder == "" || inFolder(f.Folder, x, view)); !ok || f.With == "" {
		return ok
	}
	if domain, at := strings.CutPrefix(f.With, "at/"); at {
		return view != nil && slices.ContainsFunc(view.With, func(w views.With) bool { return domain != "" && w.Domain == domain })
	}
	return slices.ContainsFunc(x.Facts, func(fact string) bool { word, _, _ := strings.Cut(fact, " "); return word == f.With })
}

func overdue(x *findings.Finding, now time.Time) bool {
	return x.Status == findings.Open && !x.Due.IsZero() && x.Due.Before(now)
}

// did tells whether a finding is about something that somebody did: it goes to others, and they neither see nor count it.
func (p *person) did(x *findings.Finding) bool {
	return p.ID != "" && findings.Means(x.Rule) == comments.Means && slices.Contains(x.Facts, "by/"+p.ID)
}

// theirs is the findings that somebody may see, the gravest first, and those of them that a filter lets through. The views are those that were needed so far.
type theirs struct {
	all, shown []*findings.Finding
	views      map[string]*views.Finding
	asked      map[string]*needed.Question // by finding
	whole      bool                        // views holds every view
	heads      []string
}

// findingsOf lists what somebody may see.
func (s *Site) findingsOf(ctx context.Context, p *person, f findingFilter) (*theirs, error) {
	out := &theirs{views: map[string]*views.Finding{}, heads: s.heads(p)}
	chair := p.plays(policy.RoleChair) && !p.leads()
	var err error
	if out.asked, err = needed.All(ctx, s.Main); err != nil {
		return nil, err
	}
	if chair || f.together() || f.Asked == "can" {
		if out.views, err = views.AllFindings(ctx, s.Main); err != nil {
			return nil, err
		}
		out.whole = true
	}
	now := s.Clock()
	keeper := &findings.Keeper{Store: s.Main}
	for _, check := range audit.Checks(s.Policy) {
		current, err := keeper.Current(ctx, check)
		if err != nil {
			return nil, err
		}
		for _, x := range current {
			if p.did(x) || hushed(x) {
				continue
			}
			if !p.leads() && !p.excepts() && !p.plays(policy.Role(x.Deals)) && !(chair && decisions.MayJudge(p.roles, p.ID, "", out.views[x.ID].About(), out.heads) != decisions.NotTheirs) {
				continue
			}
			out.all = append(out.all, x)
			if f.State == privateState && (!p.excepts() || x.Agreed == nil || !x.Agreed.Private) {
				continue
			}
			if f.matches(x, out.views[x.ID], now) && out.fits(f.Asked, x, out.views[x.ID], now) {
				out.shown = append(out.shown, x)
			}
		}
	}
	rank := func(x *findings.Finding) int { return slices.Index(severityOrder, x.Severity) }
	slices.SortFunc(out.shown, func(a, b *findings.Finding) int {
		return cmp.Or(rank(a)-rank(b), boolInt(!overdue(a, now))-boolInt(!overdue(b, now)), a.Opened.Compare(b.Opened), strings.Compare(a.ID, b.ID))
	})
	return out, nil
}

var severityOrder = []string{policy.SeverityHigh, policy.SeverityMedium, policy.SeverityLow, findings.Information}

// view reads what a finding is about; one that says so where no view was written yet.
func (t *theirs) view(ctx context.Context, s *Site, id string) (*views.Finding, error) {
	if v := t.views[id]; v != nil || t.whole {
		return v, nil
	}
	v, err := views.OfFinding(ctx, s.Main, id)
	if err == nil && v != nil {
		t.views[id] = v
	}
	return v, err
}

// option is one choice of a list.
type option struct{ Value, Words string }

// statesFor are the states that somebody may choose.
func statesFor(p *person) []option {
	if p.excepts() {
		return findingStates
	}
	return slices.DeleteFunc(slices.Clone(findingStates), func(o option) bool { return o.Value == privateState })
}

type findingsPage struct {
	Filter                         findingFilter
	Action                         string // where the forms go back to
	Total, From, To                int
	Before, After                  string // pages; "" if there is none
	States, Clauses, Rules, Levels []option
	Deals                          []option
	With                           string // whom they are shared with, in words; "" if that is not asked
	Folder                         string // what they lie in, likewise
	FolderLink                     string
	Rows                           []findingRow
	Private, OnlyPrivate           bool   // they may agree for a private reason, and only so
	AnyAgree                       bool   // one of the rows can be ticked
	All                            string // what "all of these" would be about; "" if it is not offered
	AllCount                       int
	Asking                         []option // the choices of the filter on answers
	AnyAsk                         bool     // at one of the rows somebody can be asked
	AskAll                         string   // likewise of all, for asking
	AskCount                       int
	Tomorrow, Longest              string
	Token, Form                    string
	Own                            []outcome
	Hidden                         hidden
}

type findingRow struct {
	views.Finding
	Shown                  bool // there is a view
	Pick                   string
	Clause, Says, Severity string
	Deals, Since, Due      string
	Overdue, New, High     bool
	May                    bool   // somebody may agree to it
	WhyNot                 string // why they may not
	AgreedUntil, AgreedBy  string
	Private                bool // the agreement is for a private reason, which they may know
	AgreedWhy              string
	First, FirstBy         string // until when the first of two agreed, and who; "" if nobody has
	FirstWhy, FirstPick    string
	Pending                string
	Asked                  string   // what was asked of whom, and what they said
	KeepPick, KeepUntil    string   // agrees to what they said; "" if that cannot be
	MayStop                bool     // they said that it can stop, and the policy lets that be proposed
	CanAsk, NotAsk         string   // who can be asked, or why nobody can
	Concern                string   // where to raise a concern about it
	Links                  []option // to everything with the same people
	Folders                []option // to everything in the same folder
}

// findingsList shows the findings.
func (s *Site) findingsList(w http.ResponseWriter, r *http.Request, p *person) error {
	if !s.seesFindings(p) {
		return notYours("Only those who deal with a clause of the policy, and those who lead on online safety, see what does not match it.")
	}
	f := filterOf(r.URL.Query())
	list, err := s.findingsOf(r.Context(), p, f)
	if err != nil {
		return err
	}
	f.Page = min(f.Page, max(1, (len(list.shown)+perPage-1)/perPage))
	page := findingsPage{
		Filter: f, Total: len(list.shown), States: statesFor(p), Private: p.excepts(), OnlyPrivate: p.excepts() && !p.leads(), Asking: answerStates, Token: s.SignIn.Token(r.Context(), agreeForm), Form: formID(),
		Tomorrow: s.today().AddDays(1).String(), Longest: s.today().AddDays(longest).String(), Action: f.path(),
	}
	page.From, page.To = (f.Page-1)*perPage, min(f.Page*perPage, len(list.shown))
	s.choices(&page, list, p)
	heard, err := decisions.Recent(r.Context(), s.Decisions, s.Main, s.Clock().Add(-ownFor), decisions.Agree, decisions.EndAgree, decisions.AskOwner)
	if err != nil {
		return err
	}
	pending := s.pendingFindings(heard)
	for _, x := range list.shown[page.From:page.To] {
		row, err := s.findingRow(r.Context(), p, list, x)
		if err != nil {
			return err
		}
		row.Pending = pending[x.ID]
		page.AnyAgree = page.AnyAgree || row.May && row.Pending == ""
		page.AnyAsk = page.AnyAsk || row.CanAsk != "" && row.Pending == ""
		page.Rows = append(page.Rows, row)
	}
	if f.together() {
		if f.With != "" {
			page.With = list.withWords(f.With)
		}
		if f.Folder != "" {
			page.Folder, page.FolderLink = list.folderWords(f.Folder), list.folderLink(f.Folder)
		}
		if all := s.agreeable(p, list); len(all) > 0 {
			page.All, page.AllCount = listDigest(all), len(all)
		}
		if all := s.askableOf(p, list); len(all) > 0 {
			page.AskAll, page.AskCount = listDigest(all), len(all)
		}
	}
	if f.Page > 1 {
		page.Before = f.page(f.Page - 1)
	}
	if page.To < page.Total {
		page.After = f.page(f.Page + 1)
	}
	page.From++
	page.Own = s.outcomes(heard, p)
	if page.Hidden, err = s.hidden(r.Context(), p, f.Clause); err != nil {
		return err
	}
	return s.page(w, r, p, "findings", "Findings", page)
}

// choices lists what may be chosen, of what there is.
func (s *Site) choices(page *findingsPage, list *theirs, p *person) {
	add := func(to *[]option, value, words string) {
		if value != "" && !slices.ContainsFunc(*to, func(o option) bool { return o.Value == value }) {
			*to = append(*to, option{value, words})
		}
	}
	for _, c := range s.Policy.Clauses {
		if slices.ContainsFunc(list.all, func(x *findings.Finding) bool { return x.Clause == c.ID }) {
			add(&page.Clauses, c.ID, c.ID+": "+short(c.Says))
		}
	}
	for _, x := range list.all {
		add(&page.Rules, x.Rule, reports.Words(x.Rule))
		if p.leads() {
			add(&page.Deals, x.Deals, s.Policy.Title(policy.Role(x.Deals)))
		}
	}
	byWords := func(a, b option) int {
		return cmp.Or(strings.Compare(a.Words, b.Words), strings.Compare(a.Value, b.Value))
	}
	slices.SortFunc(page.Rules, byWords)
	slices.SortFunc(page.Deals, byWords)
	for _, level := range severityOrder[:3] {
		page.Levels = append(page.Levels, option{level, level})
	}
}

// short is a clause in few words, for lists.
func short(s string) string {
	const most = 60
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	cut := string(r[:most])
	if i := strings.LastIndexByte(cut, ' '); i > 0 {
		cut = cut[:i]
	}
	return cut + " …"
}

func (s *Site) day(t time.Time) string {
	return t.In(s.Policy.School.Location).Format(dayLayout)
}

const dayLayout = "Monday 2 January 2006"

// dateWords is a date that is kept as 2026-09-14, as people write it.
func dateWords(date string) string {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date
	}
	return t.Format(dayLayout)
}

func (s *Site) findingRow(ctx context.Context, p *person, list *theirs, x *findings.Finding) (findingRow, error) {
	row := findingRow{Pick: pick(x.ID, x.Facts), Clause: x.Clause, Severity: x.Severity, High: x.Severity == policy.SeverityHigh, Deals: s.Policy.Title(policy.Role(x.Deals)), Overdue: overdue(x, s.Clock()),
		New: x.Status == findings.Open && s.Clock().Sub(x.Opened) < newFor, Since: s.day(x.FirstSeen)}
	if c, ok := s.Policy.Clause(x.Clause); ok {
		row.Says = c.Says
	}
	if !x.Due.IsZero() && x.Status == findings.Open {
		row.Due = s.day(x.Due)
	}
	v, err := list.view(ctx, s, x.ID)
	if err != nil {
		return row, err
	}
	if v == nil {
		row.What = reports.WordsOf(x.Rule, x.Subject) + "."
		row.WhyNot = "What it is about is written down with the next report."
	} else {
		row.Finding, row.Shown = *v, true
		row.Links, row.Folders = withLinks(v), folderLinks(x, v)
	}
	right := decisions.MayJudge(p.roles, p.ID, x.Deals, v.About(), list.heads)
	switch {
	case v == nil:
	case right == decisions.Self:
		row.WhyNot = "It concerns your own account, files or doing: the headteacher decides on it, and the chair of governors on what concerns the headteacher."
	case right == decisions.Theirs && x.Severity != findings.Information:
		row.May = true
	}
	except := v != nil && decisions.MayExcept(p.roles, p.ID, v.Concerns) == decisions.Theirs
	row.May = row.May || except && x.Severity != findings.Information
	if a := x.Agreed; a != nil {
		row.AgreedUntil, row.AgreedBy, row.AgreedWhy, row.Private = s.day(a.Until), s.titles(a.By), a.Why, a.Private
		if a.Private && !except {
			row.AgreedBy, row.AgreedWhy, row.Private, row.May = "", "", false, false
		}
	}
	if row.High && x.Status == findings.Open {
		first, err := (&findings.Keeper{Store: s.Main}).FirstOf(ctx, x, s.Clock())
		if err != nil {
			return row, err
		}
		if first != nil {
			row.First, row.FirstBy, row.FirstWhy = s.day(first.Until), s.titles(first.By), first.Why
			if first.Private && !except {
				row.First = ""
			} else if (first.Private || right == decisions.Theirs) && row.May && !(first.ID != "" && first.ID == p.ID) && first.Hash != p.By.Hash {
				row.FirstPick = row.Pick + " " + s.Policy.Calendar.Date(first.Until).String()
			}
		}
	}
	s.askRow(&row, p, list, x, v)
	row.Concern = s.concernPath(x.Subject)
	return row, nil
}

// titles names roles that agreed, "role and role".
func (s *Site) titles(roles string) string {
	list := strings.Split(roles, " and ")
	for i, r := range list {
		list[i] = s.Policy.Title(policy.Role(r))
	}
	return strings.Join(list, " and ")
}

// pick is what stands for a finding or a change in a form: which, and with which facts it was shown.
func pick(id string, facts []string) string { return decisions.Digest(facts) + " " + id }

// pendingFindings says of findings what was decided and is not taken up yet.
func (s *Site) pendingFindings(heard []decisions.Heard) map[string]string {
	out := map[string]string{}
	for _, d := range heard {
		if d.Judgement != nil || s.Clock().Sub(d.At) > pendingFor {
			continue
		}
		for _, x := range d.Findings {
			out[x.ID] = "Noted: it is to be as before. It is taken up within minutes."
			if d.Do == decisions.Agree {
				out[x.ID] = fmt.Sprintf("Noted: agreed until %s. It is taken up within minutes.", dayWords(d.Until))
			}
			if d.Do == decisions.AskOwner {
				out[x.ID] = "Noted: whoever shared it is asked. It is taken up within minutes."
			}
		}
	}
	return out
}
