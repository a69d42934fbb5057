// Package audittest lets an invented school live through random days in a store, by the very packages that keep findings, changes, answers and run records: for tests of whatever tells how a school stood.
package audittest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"esafetybot/internal/actions"
	"esafetybot/internal/checkins"
	"esafetybot/internal/closures"
	"esafetybot/internal/findings"
	"esafetybot/internal/memory"
	"esafetybot/internal/policy"
	"esafetybot/internal/runs"
	"esafetybot/internal/store"
	"esafetybot/internal/views"
)

// Policy is the school's.
const Policy = `
school: {name: Oak Primary, timezone: Europe/London, domains: [school.example], org_units: [/]}
people:
  esafety_officer: {address: officer@school.example, name: Olive Marsh}
  deputy: deputy@school.example
  headteacher: {address: head@school.example, name: Hana Reed}
  safeguarding_lead: lead@school.example
  deputy_safeguarding_leads: [deputy@school.example, second@school.example]
  workspace_admin: it@school.example
  page_host: office@school.example
  it_support: helpdesk@support.example
  governor: gov@home.example
titles: {esafety_officer: Online Safety Co-ordinator}
pupils: {org_units: [/Pupils]}
staff: {org_units: [/Staff]}
calendar:
  terms:
    - {name: Autumn, first: 2026-09-02, last: 2026-12-18, half_term: [2026-10-26, 2026-10-30]}
    - {name: Spring, first: 2027-01-04, last: 2027-03-31, half_term: [2027-02-15, 2027-02-19]}
    - {name: Summer, first: 2027-04-19, last: 2027-07-21, half_term: [2027-05-31, 2027-06-04]}
not_seen: [shared calendars]
clauses:
  - {id: A1, says: Nothing is shared with strangers., deals_with_it: workspace_admin, met_by: [{check: sharing, with: {rules: [public-link, outside-person, trusted-domain]}, severity: high, due: 5 working days, when_not_met: propose}]}
  - {id: A2, says: Only those who belong here have an account., deals_with_it: workspace_admin, met_by: [{check: accounts, with: {rules: [weak-password, no-2sv]}, severity: medium, due: 1 working day}]}
  - id: A3
    says: The web filter is looked at.
    deals_with_it: safeguarding_lead
    met_by: [{check_in: filtering, ask: it_support, every: half term}, {check_in: filtering-leaders, ask: headteacher, every: month}]
  - {id: A4, says: Somebody looks at every comment., deals_with_it: class_teacher, met_by: [{check: comments, with: {rules: [unreviewed, no-host], places: [classroom]}, severity: medium, due: 2 school days}]}
  - {id: A5, says: Visitors sign before they get access., deals_with_it: safeguarding_lead, met_by: [{record: visitors, severity: low, due: 5 school days}]}
  - {id: A6, says: Nothing is shared wider than it has to be., deals_with_it: esafety_officer, met_by: [{check: sharing, with: {rules: [open-group]}, severity: low, due: 10 working days}, {check: names, with: {rules: [full-name]}, severity: high, due: 1 working day}]}
  - {id: A7, says: Staff are trained., deals_with_it: headteacher, met_by: [{record: exceptions}, {record: incidents, severity: high, due: at once}]}
`

// Start is when the school begins to live: the first day of term.
var Start = time.Date(2026, 9, 2, 6, 30, 0, 0, time.UTC)

// Draw yields a whole number from 0 to less than n.
type Draw func(n int) int

// Seeded draws by a seed: the same seed is the same school.
func Seeded(seed uint64) Draw { return rand.New(rand.NewPCG(seed, 42)).IntN }

// School is a school that lives.
type School struct {
	Policy *policy.Policy
	Store  store.Store
	Now    time.Time
	draw   Draw
	runs   int
	lamps  map[string]string
}

// New opens a school in an empty store; it has not looked at anything yet.
func New(s store.Store, draw Draw) (*School, error) {
	p, err := policy.Parse("school.yaml", []byte(Policy))
	if err != nil {
		return nil, err
	}
	x := &School{Policy: p, Store: s, Now: Start, draw: draw, lamps: map[string]string{}}
	m, err := memory.Open(context.Background(), s, x.Now, s.Commit)
	if err != nil {
		return nil, err
	}
	return x, m.Flush(context.Background())
}

// chance is true once in n.
func (x *School) chance(n int) bool { return x.draw(n) == 0 }

func pick[T any](x *School, list ...T) T { return list[x.draw(len(list))] }

// Day lets a day pass: in the morning the jobs look, some of them; then people do this and that.
func (x *School) Day(ctx context.Context) error {
	day := x.Policy.Calendar.Date(x.Now).AddDays(1 + x.draw(2))
	x.Now = day.At(7, 30, x.Policy.School.Location)
	looks := []func(context.Context) error{x.sharing, x.accounts, x.comments, x.names, x.visitors, x.plain("checkins")}
	for _, look := range looks {
		if x.chance(12) {
			continue
		}
		if err := look(ctx); err != nil {
			return err
		}
	}
	if !x.chance(15) {
		if err := x.tell(ctx); err != nil {
			return err
		}
	}
	for range x.draw(5) {
		x.Now = x.Now.Add(time.Duration(1+x.draw(90)) * time.Minute)
		if err := pick(x, x.agree, x.end, x.propose, x.decide, x.apply, x.undo, x.answer, x.close)(ctx); err != nil {
			return err
		}
	}
	x.Now = x.Now.Add(time.Minute)
	return nil
}

func (x *School) keeper() *findings.Keeper {
	return &findings.Keeper{Store: x.Store, Commit: x.Store.Commit}
}

func (x *School) run() findings.Run {
	return findings.Run{ID: fmt.Sprint("run-", x.runs), Policy: x.Policy.Version, Now: x.Now}
}

// ran leaves a run record, now and then of a run that stopped.
func (x *School) ran(ctx context.Context, job string) error {
	stopped := ""
	if x.chance(25) {
		stopped = "it stopped"
	}
	return x.Ran(ctx, job, stopped)
}

// Ran leaves the record of a run of a job, and of why it stopped; "" if it came to its end.
func (x *School) Ran(ctx context.Context, job, stopped string) error {
	x.runs++
	r := runs.Record{ID: store.Key(store.Time(x.Now), job, fmt.Sprint(x.runs)), Job: job, Policy: x.Policy.Version, Started: x.Now, Ended: x.Now, Error: stopped}
	if x.chance(40) {
		r.Policy = "another"
	}
	b := &store.Batch{}
	if err := r.Add(b); err != nil {
		return err
	}
	return x.Store.Commit(ctx, b)
}

func (x *School) plain(job string) func(context.Context) error {
	return func(ctx context.Context) error { return x.ran(ctx, job) }
}

// rule is something that may be found.
type rule struct{ clause, rule, severity, deals string }

// look finds some of what a check may find.
func (x *School) look(ctx context.Context, job, means string, subjects func(r rule, n int) string, rules ...rule) error {
	var list []findings.Observed
	for _, r := range rules {
		for n := range 4 {
			if x.chance(3) {
				continue
			}
			o := findings.Observed{Clause: r.clause, Rule: means + "." + r.rule, Subject: subjects(r, n), Severity: r.severity, Deals: r.deals, Missing: x.chance(20), Facts: []string{"fact-a"}}
			if x.chance(4) {
				o.Facts = append(o.Facts, "fact-b")
			}
			if means == "comments" {
				o.Since = x.Now.Add(-time.Duration(x.draw(96)) * time.Hour)
				if o.Due = o.Since.Add(60 * time.Hour); o.Due.Before(x.Now) {
					o.Facts = append(o.Facts, "passed-on")
				}
			}
			o.Facts = findings.Normalise(o.Facts)
			list = append(list, o)
		}
	}
	how := pick(x, findings.Fine, findings.Fine, findings.Deleted, findings.How(""), findings.Withdrawn)
	_, err := x.keeper().Sync(ctx, findings.Input{
		Run: x.run(), Means: means,
		Observed: func(yield func(findings.Observed, error) bool) {
			for _, o := range list {
				if !yield(o, nil) {
					return
				}
			}
		},
		Evidence: func(context.Context, *findings.Finding) (findings.Evidence, error) {
			return findings.Evidence{How: how}, nil
		},
		Due: func(o findings.Observed) time.Time {
			if o.Severity == findings.Information {
				return time.Time{}
			}
			return x.Now.Add(72 * time.Hour)
		},
	})
	if err != nil {
		return err
	}
	return x.ran(ctx, job)
}

func (x *School) sharing(ctx context.Context) error {
	return x.look(ctx, "sharing", "sharing", func(r rule, n int) string { return fmt.Sprintf("file/%s-%d", r.rule, n) },
		rule{"A1", "public-link", "high", "workspace_admin"}, rule{"A1", "outside-person", pick(x, "high", "medium"), "workspace_admin"}, rule{"A1", "trusted-domain", findings.Information, "workspace_admin"},
		rule{"A6", "open-group", "low", "esafety_officer"})
}

func (x *School) accounts(ctx context.Context) error {
	return x.look(ctx, "accounts", "accounts", func(_ rule, n int) string { return fmt.Sprintf("user/%d", n) }, rule{"A2", "weak-password", "medium", "workspace_admin"}, rule{"A2", "no-2sv", "low", "workspace_admin"})
}

func (x *School) comments(ctx context.Context) error {
	return x.look(ctx, "comments", "comments", func(_ rule, n int) string { return fmt.Sprintf("post/c-%d", n) }, rule{"A4", "unreviewed", "medium", "class_teacher"})
}

func (x *School) names(ctx context.Context) error {
	if x.chance(2) { // most days nothing is found
		return x.look(ctx, "names", "names", func(_ rule, n int) string { return fmt.Sprintf("file/n-%d", n) })
	}
	return x.look(ctx, "names", "names", func(_ rule, n int) string { return fmt.Sprintf("file/n-%d", n) }, rule{"A6", "full-name", "high", "esafety_officer"})
}

func (x *School) visitors(ctx context.Context) error {
	return x.look(ctx, "records", "record", func(r rule, n int) string {
		if n%2 == 0 {
			return fmt.Sprintf("entry/%d", n) // of the incident log, which shows nowhere
		}
		return fmt.Sprintf("record/visitors-%d", n)
	}, rule{"A5", "overdue", "low", "safeguarding_lead"})
}

// tell notes what could not be seen.
func (x *School) tell(ctx context.Context) error {
	told := &views.Told{At: x.Now, Returned: max(0, x.draw(6)-3)}
	for range max(0, x.draw(5)-2) {
		told.Add(pick(x,
			views.Unseen{Clauses: []string{"A1", "A6"}, What: "The Drive of an account", Why: "Google refused it", Do: "Open the account in the Admin console."},
			views.Unseen{Clauses: []string{"A2"}, What: "Google's usage reports", Why: "they were not there yet", Do: "They lag by a few days."},
			views.Unseen{Clauses: []string{"A5"}, What: "The record “Visitors who signed”", Why: "nobody has entered anything yet"},
			views.Unseen{What: "Whether mails came back", Why: "Google refused it"}))
	}
	return (&views.Keeper{Store: x.Store, Commit: x.Store.Commit}).KeepHistory(ctx, told)
}

// one is a random finding of some status; nil if there is none.
func (x *School) one(ctx context.Context, s findings.Status) (*findings.Finding, error) {
	var list []*findings.Finding
	for _, means := range []string{"sharing", "accounts", "comments", "names"} {
		for f, err := range x.keeper().List(ctx, means, s) {
			if err != nil {
				return nil, err
			}
			if f.Severity != findings.Information {
				list = append(list, f)
			}
		}
	}
	if len(list) == 0 {
		return nil, nil
	}
	return pick(x, list...), nil
}

func (x *School) agree(ctx context.Context) error {
	f, err := x.one(ctx, findings.Open)
	if f == nil || err != nil {
		return err
	}
	by := pick(x, "workspace_admin", "esafety_officer", "headteacher")
	if f.Severity == "high" {
		by += " and safeguarding_lead"
	}
	return x.keeper().Agree(ctx, x.run(), f.ID, findings.Agreement{
		Until: x.Now.AddDate(0, 0, 1+x.draw(40)), By: by, Why: "it is needed", Facts: f.Facts, Private: x.chance(5),
	})
}

func (x *School) end(ctx context.Context) error {
	f, err := x.one(ctx, findings.Accepted)
	if f == nil || err != nil {
		return err
	}
	b := &store.Batch{}
	if err := findings.StageEnd(b, x.run(), f, "esafety_officer", x.Now.Add(72*time.Hour)); err != nil {
		return err
	}
	return x.Store.Commit(ctx, b)
}

func (x *School) answer(ctx context.Context) error {
	book, err := checkins.Open(ctx, x.Store)
	if err != nil {
		return err
	}
	x.runs++
	at := x.Now.Add(-time.Duration(x.draw(20)) * time.Minute)
	book.Add(pick(x, "filtering", "filtering-leaders"), checkins.Answer{ID: fmt.Sprint("answer-", x.runs), At: at, By: "id-it", Answer: checkins.Yes, Taken: x.Now})
	b := &store.Batch{}
	if err := book.Stage(b); err != nil {
		return err
	}
	return x.Store.Commit(ctx, b)
}

func (x *School) close(ctx context.Context) error {
	book, err := closures.Open(ctx, x.Store)
	if err != nil {
		return err
	}
	day := x.Policy.Calendar.Date(x.Now).AddDays(x.draw(3))
	if book.Has(day) {
		book.Remove(day, x.Now)
	} else {
		book.Add(day, "id-head", x.Now)
	}
	b := &store.Batch{}
	if err := book.Stage(b); err != nil || b.Writes() == 0 {
		return err
	}
	return x.Store.Commit(ctx, b)
}

// log is the school's log of changes.
func (x *School) log() *actions.Log {
	return &actions.Log{
		Store: x.Store, Commit: x.Store.Commit, Clock: func() time.Time { return x.Now }, Calendar: x.Policy.Calendar, Run: fmt.Sprint("run-", x.runs), Remedies: []actions.Remedy{remedy{x}},
		Wait: func(context.Context, time.Duration) error { return nil }, Patience: []time.Duration{},
	}
}

func (x *School) propose(ctx context.Context) error {
	var list []*findings.Finding
	for f, err := range x.keeper().List(ctx, "sharing", findings.Open) {
		if err != nil {
			return err
		}
		if f.Severity != findings.Information && !x.chance(3) {
			list = append(list, f)
		}
	}
	_, err := x.log().Propose(ctx, func(yield func(actions.Proposal, error) bool) {
		for _, f := range list {
			p := actions.Proposal{Finding: f.ID, Opened: f.Opened, Clause: f.Clause, Rule: f.Rule, Subject: f.Subject, Facts: f.Facts, Severity: f.Severity,
				Change: actions.Change{Kind: kind, Params: map[string]string{"subject": f.Subject}}}
			if !yield(p, nil) {
				return
			}
		}
	})
	return err
}

func (x *School) someone() actions.By {
	who := pick(x, "workspace_admin", "headteacher", "esafety_officer")
	return actions.By{Role: who, Address: who + "@school.example", ID: "id-" + who}
}

// decide approves or declines some of what waits.
func (x *School) decide(ctx context.Context) error {
	var list []*actions.Action
	for a, err := range x.log().List(ctx, actions.Proposed, actions.Once) {
		if err != nil {
			return err
		}
		list = append(list, a)
	}
	for _, a := range list {
		who, p := x.someone(), actions.Pick{ID: a.ID, Facts: a.Facts}
		var err error
		switch x.draw(4) {
		case 0:
			err = x.log().Decline(ctx, who, "not wanted", p)
		case 1, 2:
			err = x.log().Approve(ctx, who, p)
		}
		if err != nil && !errors.Is(err, actions.ErrSecond) {
			return err
		}
	}
	return nil
}

func (x *School) apply(ctx context.Context) error {
	_, err := x.log().Apply(ctx, actions.Input{})
	return err
}

func (x *School) undo(ctx context.Context) error {
	var list []string
	for a, err := range x.log().List(ctx, actions.Done) {
		if err != nil {
			return err
		}
		if !a.Made.IsZero() {
			list = append(list, a.ID)
		}
	}
	if len(list) == 0 {
		return nil
	}
	_, err := x.log().Undo(ctx, x.someone(), pick(x, list...), "it was needed after all")
	if errors.Is(err, actions.ErrChanged) || errors.Is(err, actions.ErrNoUndo) {
		return nil
	}
	return err
}

// kind is the kind of every change.
const kind = "delete-grant"

// remedy takes a share away, from a world that is a map.
type remedy struct{ x *School }

func (remedy) Kind() string { return kind }

func (r remedy) Look(_ context.Context, a *actions.Action) (actions.Live, error) {
	switch r.x.lamps[a.ID] {
	case "":
		if r.x.chance(8) {
			r.x.lamps[a.ID] = "else"
		}
		return actions.Live{Sight: actions.AsApproved, Undo: json.RawMessage(`{}`)}, nil
	case "off":
		return actions.Live{Sight: actions.AsWanted}, nil
	}
	return actions.Live{Sight: actions.Different}, nil
}

func (r remedy) Do(_ context.Context, a *actions.Action) error {
	if slices.Contains([]string{"else"}, r.x.lamps[a.ID]) {
		return nil
	}
	r.x.lamps[a.ID] = "off"
	return nil
}

func (r remedy) UndoLook(_ context.Context, a *actions.Action, _ json.RawMessage) (actions.Live, error) {
	switch r.x.lamps[a.ID] {
	case "off":
		return actions.Live{Sight: actions.AsApproved}, nil
	case "":
		return actions.Live{Sight: actions.AsWanted}, nil
	}
	return actions.Live{Sight: actions.Different}, nil
}

func (r remedy) Undo(_ context.Context, a *actions.Action, _ json.RawMessage) error {
	delete(r.x.lamps, a.ID)
	return nil
}
