package web

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"esafetybot/internal/actions"
	"esafetybot/internal/decisions"
	"esafetybot/internal/needed"
	"esafetybot/internal/policy"
	"esafetybot/internal/views"
)

// changeForm is the name of the forms that decide on changes.
const changeForm = "changes"

// changesShownFor is how long the page names what is over: as long as the worker keeps the words for it.
const changesShownFor = 30 * 24 * time.Hour

// seesChanges tells whether somebody decides on changes.
func seesChanges(p *person) bool { return p.plays(policy.Deciders...) }

type changesPage struct {
	One           []changeRow // the change that was asked for, if one was
	Missing       bool        // it is not there any more, or somebody else decides on it
	Waiting       []changeRow
	Total         int
	From, To      int
	Before, After string
	Kinds         []changeKind
	Going, Over   []changeRow
	Token         string
	Own           []outcome
	Allowed       bool // the policy lets the program change anything
}

type changeRow struct {
	N                      int // tells the labels of a page apart
	ID, Pick, Form, Token  string
	Words, Undo            string
	Title, Link            string
	Clause, Says, Severity string
	High, Braked           bool
	State, Why             string
	MayApprove             bool
	MayDecline             bool
	MayUndo                bool
	WhyNot                 string
	Pending                string
	Wanted                 bool // whoever shared it says that it can stop
}

// changeKind is all the changes of a kind that somebody may approve at once.
type changeKind struct {
	Kind, Words, Form string
	Count             int
	High, Braked      bool
}

// kindWords says what the changes of a kind do. Kinds that are not named here are called by their name.
var kindWords = map[string]string{
	"move-user": "move accounts to another unit", "remove-from-group": "take accounts out of a group", "switch-off": "switch accounts off", "sign-out": "sign accounts out everywhere",
	"revoke-app": "no longer allow apps", "remove-recovery": "remove recovery addresses", "delete-grant": "end sharing", "narrow-grant": "narrow sharing to reading", "expire-grant": "give sharing an end",
	"hand-over": "hand files over",
}

// stateWords says how a change stands.
var stateWords = map[actions.State]string{
	actions.Proposed: "Proposed", actions.Once: "One person has approved it; a second has to", actions.Approved: "Approved, and made with the next run", actions.Started: "Being made",
	actions.Unsure: "Made, and not to be seen at Google yet; we look again", actions.Done: "Done", actions.Failed: "Could not be made", actions.Declined: "Not wanted, as somebody decided",
	actions.Lapsed: "Approved, but not made in time", actions.Withdrawn: "No longer called for", actions.UndoStarted: "Being undone", actions.Undone: "Done, and undone again",
}

// changes lists what is proposed, on its way and done.
func (s *Site) changes(w http.ResponseWriter, r *http.Request, p *person) error {
	if !seesChanges(p) {
		return notYours("Only the workspace administrator and those who lead on online safety decide on changes.")
	}
	ctx := r.Context()
	words, err := views.AllChanges(ctx, s.Main)
	if err != nil {
		return err
	}
	heard, err := decisions.Recent(ctx, s.Decisions, s.Main, s.Clock().Add(-ownFor), decisions.Approve, decisions.ApproveAll, decisions.Decline, decisions.Undo)
	if err != nil {
		return err
	}
	page := changesPage{Token: s.SignIn.Token(ctx, changeForm), Own: s.outcomes(heard, p), Allowed: slices.ContainsFunc(s.Policy.Clauses, mayChange)}
	list, err := s.changesOf(ctx, p)
	if err != nil {
		return err
	}
	pending := s.pendingChanges(heard)
	kinds := map[string]*changeKind{}
	var waiting, going, over []*actions.Action
	for _, a := range list {
		switch {
		case a.State.Asks():
			waiting = append(waiting, a)
			s.gather(kinds, a, p)
		case slices.Contains([]actions.State{actions.Approved, actions.Started, actions.Unsure, actions.UndoStarted}, a.State):
			going = append(going, a)
		case a.State != actions.Withdrawn && s.Clock().Sub(a.Changed) < changesShownFor:
			over = append(over, a)
		}
	}
	rank := func(a *actions.Action) int { return slices.Index(severityOrder, a.Severity) }
	slices.SortFunc(waiting, func(a, b *actions.Action) int {
		return cmp.Or(rank(a)-rank(b), a.Proposed.Compare(b.Proposed), strings.Compare(a.ID, b.ID))
	})
	latest := func(a, b *actions.Action) int {
		return cmp.Or(b.Changed.Compare(a.Changed), strings.Compare(a.ID, b.ID))
	}
	slices.SortFunc(going, latest)
	slices.SortFunc(over, latest)
	n, _ := strconv.Atoi(r.URL.Query().Get("page"))
	n = min(max(n, 1), max(1, (len(waiting)+perPage-1)/perPage))
	page.Total, page.From, page.To = len(waiting), (n-1)*perPage, min(n*perPage, len(waiting))
	wanted, err := needed.All(ctx, s.Main)
	if err != nil {
		return err
	}
	row := func(a *actions.Action) changeRow {
		row := s.changeRow(a, words[a.ID], p, pending)
		q := wanted[a.Finding]
		row.Wanted = a.State.Asks() && q != nil && q.Ended == "" && q.Answer == needed.Stop && q.Opened.Equal(a.Opened)
		return row
	}
	page.Waiting, page.Going, page.Over = rows(waiting[page.From:page.To], row), rows(going[:min(len(going), perPage)], row), rows(over[:min(len(over), 2*perPage)], row)
	if n > 1 {
		page.Before = "/changes?page=" + strconv.Itoa(n-1)
	}
	if page.To < page.Total {
		page.After = "/changes?page=" + strconv.Itoa(n+1)
	}
	page.From++
	if id := r.URL.Query().Get("change"); id != "" { // a link in a mail
		i := slices.IndexFunc(list, func(a *actions.Action) bool { return a.ID == id })
		if page.Missing = i < 0; i >= 0 {
			page.One = []changeRow{row(list[i])}
			page.Waiting, page.Going, page.Over, kinds = nil, nil, nil, nil
		}
	}
	for i, all := range [][]changeRow{page.Waiting, page.Going, page.Over, page.One} {
		for k := range all {
			all[k].N, all[k].Token = i*1000+k, page.Token
		}
	}
	for _, k := range kinds {
		if k.Count > 1 {
			page.Kinds = append(page.Kinds, *k)
		}
	}
	slices.SortFunc(page.Kinds, func(a, b changeKind) int { return strings.Compare(a.Kind, b.Kind) })
	return s.page(w, r, p, "changes", "Changes", page)
}

func rows(list []*actions.Action, row func(*actions.Action) changeRow) []changeRow {
	out := make([]changeRow, 0, len(list))
	for _, a := range list {
		out = append(out, row(a))
	}
	return out
}

// mayChange tells whether a clause lets the program change anything.
func mayChange(c policy.Clause) bool {
	return slices.ContainsFunc(c.MetBy, func(m policy.Means) bool {
		return m.Kind == policy.Check && m.Built() && slices.ContainsFunc(m.Rules(), func(rule string) bool { return m.OutcomeOf(rule) != policy.Report })
	})
}

// changesOf lists the changes that somebody may see.
func (s *Site) changesOf(ctx context.Context, p *person) ([]*actions.Action, error) {
	log, heads := &actions.Log{Store: s.Main, Clock: s.Clock}, s.heads(p)
	var out []*actions.Action
	for a, err := range log.List(ctx, actions.States...) {
		if err != nil {
			return nil, err
		}
		if _, may := decisions.MayChange(p.roles, a.About(), heads); may {
			out = append(out, a)
		}
	}
	return out, nil
}

// changesAsk counts the changes that wait for somebody's approval: of those that they may approve the ones of clauses that they deal with, and what whoever does cannot approve alone.
func (s *Site) changesAsk(ctx context.Context, p *person) (n int, err error) {
	list, err := s.changesOf(ctx, p)
	for _, a := range list {
		c, _ := s.Policy.Clause(a.Clause)
		own := slices.ContainsFunc(s.accountsOf(p, c.DealsWithIt), func(id string) bool { return slices.Contains(a.About(), id) })
		theirs := p.plays(c.DealsWithIt) || own || a.State == actions.Once
		n += boolInt(theirs && a.State.Asks() && a.Refuses(by(p)) == nil)
	}
	return n, err
}

// by is who decides, as the log of changes knows people.
func by(p *person) actions.By { return actions.By{Role: "site", Address: p.Address, ID: p.ID} }

// gather counts what may be approved at once: the chair of governors, who sees a part only, approves one by one.
func (s *Site) gather(kinds map[string]*changeKind, a *actions.Action, p *person) {
	if a.State != actions.Proposed && a.State != actions.Once || a.Refuses(by(p)) != nil {
		return
	}
	if _, may := decisions.MayChange(p.roles, nil, nil); !may {
		return
	}
	k := kinds[a.Kind]
	if k == nil {
		k = &changeKind{Kind: a.Kind, Words: cmp.Or(kindWords[a.Kind], a.Kind), Form: formID()}
		kinds[a.Kind] = k
	}
	k.Count++
	k.High = k.High || a.Severity == actions.High
	k.Braked = k.Braked || a.Braked
}

func (s *Site) changeRow(a *actions.Action, v *views.Change, p *person, pending map[string]string) changeRow {
	row := changeRow{
		ID: a.ID, Pick: pick(a.ID, a.Facts), Form: formID(), Clause: a.Clause, Severity: a.Severity, High: a.Severity == actions.High, Braked: a.Braked && a.State.Asks(), State: stateWords[a.State],
		Why: a.Why, Pending: pending[a.ID], Words: "A change that is named in the log of changes.",
	}
	if c, ok := s.Policy.Clause(a.Clause); ok {
		row.Says = c.Says
	}
	if v != nil {
		row.Words, row.Title, row.Link = cmp.Or(v.Will, row.Words), v.Title, v.Link
		if slices.Contains([]actions.State{actions.Done, actions.Undone, actions.UndoStarted, actions.Unsure}, a.State) {
			row.Words, row.Undo = cmp.Or(v.Did, row.Words), v.Undo
		}
	}
	if !slices.Contains([]actions.State{actions.Proposed, actions.Once}, a.State) {
		row.State += ", since " + s.day(a.Changed)
		if a.State == actions.Approved && s.Clock().Before(a.NotBefore) {
			row.State = "Approved on " + s.day(a.Changed) + ", and made from " + s.moment(a.NotBefore) + " on"
		}
	}
	switch err := a.Refuses(by(p)); {
	case row.Pending != "":
	case errors.Is(err, actions.ErrSecond):
		row.MayDecline = true
		row.WhyNot = "You have approved it; a second person has to."
	case err != nil:
		row.WhyNot = "It concerns your own account or files: the headteacher decides on it, and the chair of governors on what concerns the headteacher."
	default:
		row.MayApprove, row.MayDecline = a.State.Asks(), a.State.Waits()
		row.MayUndo = a.State == actions.Done && !a.Made.IsZero() && v != nil && !strings.HasPrefix(v.Undo, "This cannot be undone")
	}
	return row
}

// pendingChanges says of changes what was decided and is not taken up yet.
func (s *Site) pendingChanges(heard []decisions.Heard) map[string]string {
	words := map[string]string{decisions.Approve: "approved", decisions.Decline: "declined", decisions.Undo: "to be undone"}
	out := map[string]string{}
	for _, d := range heard {
		for _, c := range d.Changes {
			if d.Judgement == nil && s.Clock().Sub(d.At) <= pendingFor {
				out[c.ID] = "Noted: " + words[d.Do] + ". It is taken up within minutes."
			}
		}
	}
	return out
}

// decideChange notes that a change is approved, declined or to be undone.
func (s *Site) decideChange(do, notice string) func(http.ResponseWriter, *http.Request, *person) error {
	return func(w http.ResponseWriter, r *http.Request, p *person) error {
		form, err := s.changeForm(r, p)
		if err != nil {
			return err
		}
		_, id, _ := strings.Cut(r.PostForm.Get("change"), " ")
		list, err := s.changesOf(r.Context(), p)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(a *actions.Action) bool { return a.ID == id })
		if i < 0 {
			return notYours("This change is not there any more, or somebody else decides on it.")
		}
		a := list[i]
		refused := a.Refuses(by(p))
		switch {
		case pick(a.ID, a.Facts) != r.PostForm.Get("change"):
			return changed()
		case refused != nil && (!errors.Is(refused, actions.ErrSecond) || do == decisions.Approve):
			return refusal{
				Status: http.StatusForbidden, Reason: "self", Title: "Somebody else has to decide on this", Why: "It concerns your own account or files, or you were the first of two people who have to approve it. Nothing was changed.",
				Do: "Ask a colleague who may decide; what concerns the " + s.Policy.Title(policy.RoleHead) + " goes to the " + s.Policy.Title(policy.RoleChair) + ".",
			}
		case do == decisions.Undo && a.State != actions.Done, do == decisions.Approve && !a.State.Asks(), do == decisions.Decline && !a.State.Waits():
			return changed()
		}
		d := decisions.Decision{Do: do, Changes: []decisions.Pick{{ID: a.ID, Facts: a.Facts}}}
		if do != decisions.Approve {
			d.Why = strings.TrimSpace(r.PostForm.Get("why"))
			if d.Why == "" || utf8.RuneCountInString(d.Why) > decisions.MostWhy {
				return noWhy()
			}
		}
		return s.decide(w, r, p, form, []decisions.Decision{d}, "/changes", notice)
	}
}

// approveAll notes that all changes of a kind are approved, if they are as many as were shown.
func (s *Site) approveAll(w http.ResponseWriter, r *http.Request, p *person) error {
	form, err := s.changeForm(r, p)
	if err != nil {
		return err
	}
	if _, may := decisions.MayChange(p.roles, nil, nil); !may {
		return notYours("The " + s.Policy.Title(policy.RoleChair) + " decides on changes one by one.")
	}
	list, err := s.changesOf(r.Context(), p)
	if err != nil {
		return err
	}
	kinds := map[string]*changeKind{}
	for _, a := range list {
		s.gather(kinds, a, p)
	}
	k := kinds[r.PostForm.Get("kind")]
	expect, bad := strconv.Atoi(r.PostForm.Get("expect"))
	if bad != nil || expect < 1 {
		return badForm()
	}
	if k == nil || k.Count != expect {
		return changed()
	}
	return s.decide(w, r, p, form, []decisions.Decision{{Do: decisions.ApproveAll, Kind: k.Kind, Expect: expect}}, "/changes", "approved")
}

// changeForm checks a form on changes; it returns the form's id.
func (s *Site) changeForm(r *http.Request, p *person) (string, error) {
	form, err := s.form(r, changeForm)
	if err == nil && !seesChanges(p) {
		err = notYours("Only the workspace administrator and those who lead on online safety decide on changes.")
	}
	return form, err
}
