package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/actions"
	"esafetybot/internal/census"
	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/pseudonym"
	"esafetybot/internal/seen"
	"esafetybot/internal/store"
	"esafetybot/internal/views"
)

// desk is where the worker judges what was decided on findings and changes.
type desk struct {
	t    *testing.T
	env  Env
	seen *Seen
	site store.Store
	n    int
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	r := atSchool(t)
	d := &desk{t: t, env: r.Env, site: openStore(t), seen: &Seen{Census: r.Census}}
	d.env.Store, d.env.Site = r.Store, d.site
	d.env.Policy = parsed(t, strings.Replace(schoolPolicy, "  governor:", "  chair_of_governors: chair@home.example\n  governor:", 1))
	d.env.Clock = func() time.Time { return r.Now }
	return d
}

// finding is an open one, with the view that says whom it concerns.
func (d *desk) finding(subject, severity, deals string, concerns ...string) string {
	d.t.Helper()
	k := &findings.Keeper{Store: d.env.Store, Commit: d.env.Store.Commit}
	o := findings.Observed{Clause: "A1", Rule: "sharing.outside-person", Subject: subject, Facts: []string{"user/p1 reader"}, Severity: severity, Deals: deals}
	_, err := k.Sync(d.t.Context(), findings.Input{
		Run: findings.Run{ID: "r", Now: d.seen.Census.Now.Add(-time.Hour)}, Means: "sharing",
		Observed: func(yield func(findings.Observed, error) bool) { yield(o, nil) },
		Evidence: func(context.Context, *findings.Finding) (findings.Evidence, error) { return findings.Evidence{}, nil },
	})
	id := findings.ID(o.Clause, o.Rule, o.Subject)
	body, err2 := json.Marshal(views.Finding{ID: id, Concerns: concerns})
	if err != nil || err2 != nil {
		d.t.Fatal(err, err2)
	}
	b := &store.Batch{}
	b.Create(views.Findings, id, nil, body)
	if err := d.env.Store.Commit(d.t.Context(), b); err != nil {
		d.t.Fatal(err)
	}
	return id
}

// agreement is what somebody sends who agrees to findings.
func agreement(t *testing.T, who decisions.By, ids ...string) decisions.Decision {
	x := decisions.Decision{At: place(t, "2026-11-18 11:00"), By: who, Do: decisions.Agree, Until: "2026-12-18", Why: "It may."}
	for _, id := range ids {
		x.Findings = append(x.Findings, decisions.Pick{ID: id, Facts: []string{"user/p1 reader"}})
	}
	return x
}

// sends has the site note a decision, and the worker look; it returns what the worker made of it.
func (d *desk) sends(x decisions.Decision) decisions.Judgement {
	d.t.Helper()
	d.n++
	made, err := decisions.Make(d.t.Context(), d.site, strings.Repeat("f", d.n), x)
	if err != nil {
		d.t.Fatal(err)
	}
	d.looks()
	j, err := decisions.Judged(d.t.Context(), d.env.Store, made.ID)
	if err != nil || j == nil {
		d.t.Fatal("not judged", err)
	}
	return *j
}

func (d *desk) looks() {
	d.t.Helper()
	commit := d.env.Store.Commit
	if err := takeUpAgreements(d.t.Context(), d.env, d.seen, "run", commit); err != nil {
		d.t.Fatal(err)
	}
	if err := takeUpChanges(d.t.Context(), d.env, d.seen, Actions(d.env, "run", commit), commit); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) get(id string) *findings.Finding {
	d.t.Helper()
	f, err := (&findings.Keeper{Store: d.env.Store}).Get(d.t.Context(), id)
	if err != nil {
		d.t.Fatal(err)
	}
	return f
}

const chair = "chair@home.example"

// Who may agree to what; the finding stays open where they may not.
func TestWhoMayAgree(t *testing.T) {
	for _, c := range []struct {
		name     string
		by       decisions.By
		deals    string
		concerns string
		want     string
	}{
		{"who deals with it", ours("it"), "workspace_admin", "kim", ""},
		{"their own", ours("it"), "workspace_admin", "it", notSelf},
		{"the officer, of the administrator's own", ours("officer"), "workspace_admin", "it", ""},
		{"the headteacher, of the administrator's own", by("head", "chief@school.example"), "workspace_admin", "it", ""},
		{"the headteacher's own", by("head", "chief@school.example"), "workspace_admin", "head", notSelf},
		{"the chair, of the headteacher's own", by("chair", chair), "workspace_admin", "head", ""},
		{"the chair, of somebody else's", by("chair", chair), "workspace_admin", "it", notTheirs},
		{"a teacher", ours("kim"), "workspace_admin", "lou", notTheirs},
		{"a teacher of their own", ours("kim"), "workspace_admin", "kim", notTheirs},
		{"the safeguarding lead, who does not deal with it", ours("lead"), "workspace_admin", "kim", notTheirs},
		{"a pupil", ours("pat"), "workspace_admin", "kim", notKnown},
		{"an account that is switched off", ours("old"), "workspace_admin", "kim", notKnown},
		{"somebody with another's id", by("it", "kim@school.example"), "workspace_admin", "kim", notKnown},
		{"the chair's address with an id of the school", by("it", chair), "workspace_admin", "head", notKnown},
		{"a stranger", by("x", "who@home.example"), "workspace_admin", "kim", notKnown},
		{"nobody", decisions.By{}, "workspace_admin", "kim", notForm},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t)
			id := d.finding("file/a", "medium", c.deals, c.concerns)
			j := d.sends(agreement(t, c.by, id))
			if j.Counts != (c.want == "") || j.Why != c.want {
				t.Errorf("%+v, want %q", j, c.want)
			}
			if status := d.get(id).Status; (status == findings.Accepted) != (c.want == "") {
				t.Errorf("the finding is %s", status)
			}
		})
	}
}

func TestAgreeOnlyToWhatWasSeen(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*decisions.Decision)
		want   string
	}{
		{"as seen", func(*decisions.Decision) {}, ""},
		{"other facts", func(x *decisions.Decision) { x.Findings[0].Facts = []string{"user/p2 reader"} }, notSame},
		{"more facts than there are", func(x *decisions.Decision) { x.Findings[0].Facts = []string{"user/p1 reader", "user/p2 reader"} }, notSame},
		{"no facts", func(x *decisions.Decision) { x.Findings[0].Facts = nil }, notSame},
		{"not there", func(x *decisions.Decision) { x.Findings[0].ID = "A1~sharing.outside-person~file~none" }, notThere},
		{"no key", func(x *decisions.Decision) { x.Findings[0].ID = "../a" }, notThere},
		{"twice the same", func(x *decisions.Decision) { x.Findings = append(x.Findings, x.Findings[0]) }, notForm},
		{"no reason", func(x *decisions.Decision) { x.Why = " " }, notForm},
		{"an essay", func(x *decisions.Decision) { x.Why = strings.Repeat("é", decisions.MostWhy+1) }, notForm},
		{"today", func(x *decisions.Decision) { x.Until = "2026-11-17" }, notThatLong},
		{"a year and more", func(x *decisions.Decision) { x.Until = "2027-11-20" }, notThatLong},
		{"no date", func(x *decisions.Decision) { x.Until = "soon" }, notForm},
		{"in the future", func(x *decisions.Decision) { x.At = x.At.Add(2 * time.Hour) }, notForm},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t)
			x := agreement(t, ours("it"), d.finding("file/a", "medium", "workspace_admin", "kim"))
			c.change(&x)
			if j := d.sends(x); j.Counts != (c.want == "") || j.Why != c.want {
				t.Errorf("%+v, want %q", j, c.want)
			}
		})
	}
	d := newDesk(t)
	if j := d.sends(agreement(t, ours("it"), d.finding("file/a", findings.Information, "workspace_admin", "kim"))); j.Why != notAsked {
		t.Errorf("information: %+v", j)
	}
}

// Of many at once those count that may.
func TestAgreeToMany(t *testing.T) {
	d := newDesk(t)
	one, own := d.finding("file/a", "medium", "workspace_admin", "kim"), d.finding("file/b", "low", "workspace_admin", "it")
	j := d.sends(agreement(t, ours("it"), one, own))
	if diff := cmp.Diff(map[string]string{own: notSelf}, j.Items); diff != "" || !j.Counts {
		t.Error(j, diff)
	}
	a := d.get(one).Agreed
	if a == nil || a.By != "workspace_admin" || a.Why != "It may." || !a.Until.Equal(place(t, "2026-12-18 17:00")) {
		t.Errorf("%+v", a)
	}
	end := decisions.Decision{At: place(t, "2026-11-18 11:30"), By: ours("officer"), Do: decisions.EndAgree, Findings: []decisions.Pick{{ID: one}}}
	if j := d.sends(end); !j.Counts || d.get(one).Status != findings.Open || d.get(one).Agreed != nil {
		t.Errorf("%+v", j)
	}
	if j := d.sends(end); j.Counts || j.Why != notAgreed {
		t.Errorf("ended twice: %+v", j)
	}
}

// What is of high severity takes two people, who mean the same date.
func TestAgreeTakesTwo(t *testing.T) {
	d := newDesk(t)
	id := d.finding("file/a", "high", "workspace_admin", "kim")
	later := agreement(t, ours("officer"), id)
	later.Until = "2027-01-29"
	for _, step := range []struct {
		what   string
		x      decisions.Decision
		status findings.Status
	}{
		{"the first", agreement(t, ours("it"), id), findings.Open},
		{"the first again", agreement(t, ours("it"), id), findings.Open},
		{"another date is another proposal", later, findings.Open},
		{"the second confirms an older one: that is a proposal again", agreement(t, ours("it"), id), findings.Open},
		{"the second", agreement(t, by("head", "chief@school.example"), id), findings.Accepted},
	} {
		if j := d.sends(step.x); !j.Counts {
			t.Fatalf("%s: %+v", step.what, j)
		}
		f := d.get(id)
		if f.Status != step.status {
			t.Fatalf("%s: the finding is %s", step.what, f.Status)
		}
		first, err := (&findings.Keeper{Store: d.env.Store}).FirstOf(t.Context(), f, d.seen.Census.Now)
		if err != nil || (first == nil) != (step.status == findings.Accepted) {
			t.Fatalf("%s: first %v, error %v", step.what, first, err)
		}
	}
	if by := d.get(id).Agreed.By; by != "workspace_admin and headteacher" {
		t.Errorf("agreed by %s", by)
	}
}

// For a private reason the e-safety officer and the safeguarding lead agree, confirm and end, and nobody else.
func TestPrivateAgreement(t *testing.T) {
	private := func(who decisions.By, id string) decisions.Decision {
		x := agreement(t, who, id)
		x.Private = true
		return x
	}
	end := func(who decisions.By, id string) decisions.Decision {
		return decisions.Decision{At: place(t, "2026-11-18 11:30"), By: who, Do: decisions.EndAgree, Findings: []decisions.Pick{{ID: id}}}
	}
	d := newDesk(t)
	id := d.finding("file/a", "medium", "workspace_admin", "kim")
	own := d.finding("file/b", "medium", "workspace_admin", "officer")
	for _, step := range []struct {
		what string
		x    decisions.Decision
		want string
		is   findings.Status
	}{
		{"the administrator, who deals with it", private(ours("it"), id), notTheirs, findings.Open},
		{"the headteacher", private(by("head", "chief@school.example"), id), notTheirs, findings.Open},
		{"the safeguarding lead", private(ours("lead"), id), "", findings.Accepted},
		{"the administrator ends it", end(ours("it"), id), notTheirs, findings.Accepted},
		{"the officer ends it", end(ours("officer"), id), "", findings.Open},
		{"the officer of what concerns them", private(ours("officer"), own), notSelf, findings.Open},
		{"the officer", private(ours("officer"), id), "", findings.Accepted},
	} {
		if j := d.sends(step.x); j.Counts != (step.want == "") || j.Why != step.want {
			t.Errorf("%s: %+v, want %q", step.what, j, step.want)
		}
		if f := d.get(id); f.Status != step.is || f.Status == findings.Accepted && !f.Agreed.Private {
			t.Errorf("%s: %s %+v", step.what, f.Status, f.Agreed)
		}
	}
	high := d.finding("file/c", "high", "workspace_admin", "kim")
	d.sends(private(ours("officer"), high))
	d.sends(agreement(t, by("head", "chief@school.example"), high)) // openly is another proposal
	if f := d.get(high); f.Status != findings.Open {
		t.Errorf("a private agreement was confirmed by somebody who must not know why: %+v", f.Agreed)
	}
	d.sends(private(ours("officer"), high))
	d.sends(private(ours("lead"), high))
	if f := d.get(high); f.Status != findings.Accepted || !f.Agreed.Private || f.Agreed.By != "esafety_officer and safeguarding_lead" {
		t.Errorf("%s %+v", f.Status, f.Agreed)
	}
}

// A document forged into the site's store, and a kill between judging and the next look, change nothing twice.
func TestForgedAgreement(t *testing.T) {
	d := newDesk(t)
	id := d.finding("file/a", "medium", "workspace_admin", "kim")
	x := agreement(t, decisions.By{ID: "it", Hash: pseudonym.Of("nobody@school.example")}, id)
	x.ID = strings.Repeat("ab", 16)
	body, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	b := &store.Batch{}
	b.Create(decisions.Decisions, x.ID, map[string]string{"do": x.Do, "at": store.Time(x.At)}, body)
	b.Create(decisions.Decisions, strings.Repeat("cd", 16), map[string]string{"do": x.Do, "at": store.Time(x.At)}, []byte(`{"do":"agree"}`))
	if err := d.site.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	d.looks()
	j, err := decisions.Judged(t.Context(), d.env.Store, x.ID)
	if err != nil || j == nil || j.Counts || j.Why != notKnown || d.get(id).Status != findings.Open {
		t.Errorf("%+v %v", j, err)
	}
	real := agreement(t, ours("it"), id)
	if j := d.sends(real); !j.Counts {
		t.Error(j)
	}
	d.looks() // each is judged once
	if d.get(id).Status != findings.Accepted {
		t.Error("not agreed")
	}
}

// dark is a Google that does not tell who is who.
type dark struct{ google }

func (dark) People(context.Context) iter.Seq2[seen.Person, error] {
	return func(yield func(seen.Person, error) bool) { yield(seen.Person{}, errors.New("refused")) }
}

func (dark) Reason(error) seen.Reason { return seen.Refused }

// Without the Directory nobody is judged: it waits.
func TestDecisionsWaitForTheDirectory(t *testing.T) {
	d := newDesk(t)
	id := d.finding("file/a", "medium", "workspace_admin", "kim")
	made, err := decisions.Make(t.Context(), d.site, "f", agreement(t, ours("it"), id))
	if err != nil {
		t.Fatal(err)
	}
	bright := d.seen
	d.seen = &Seen{Census: census.New(dark{}, d.env.Policy, bright.Census.Now, d.env.Log)}
	d.looks()
	if j, err := decisions.Judged(t.Context(), d.env.Store, made.ID); j != nil || err != nil || d.get(id).Status != findings.Open {
		t.Errorf("judged by nobody's roles: %+v %v", j, err)
	}
	d.seen = bright
	d.looks()
	if d.get(id).Status != findings.Accepted {
		t.Error("it was forgotten")
	}
}

func (d *desk) propose(subject, severity string, concerns ...string) *actions.Action {
	d.t.Helper()
	log := Actions(d.env, "r", d.env.Store.Commit)
	p := actions.Proposal{
		Finding: "A1~sharing.outside-person~" + strings.ReplaceAll(subject, "/", "~"), Opened: d.seen.Census.Now, Clause: "A1", Rule: "sharing.outside-person", Subject: subject, Facts: []string{"user/p1 reader"}, Severity: severity,
		Change: actions.Change{Kind: "delete-grant", Params: map[string]string{"file": subject}, Concerns: concerns},
	}
	if _, err := log.Propose(d.t.Context(), func(yield func(actions.Proposal, error) bool) { yield(p, nil) }); err != nil {
		d.t.Fatal(err)
	}
	return d.action(actions.ID(p.Finding, p.Opened, p.Change))
}

func (d *desk) action(id string) *actions.Action {
	d.t.Helper()
	a, err := Actions(d.env, "r", nil).Get(d.t.Context(), id)
	if err != nil {
		d.t.Fatal(err)
	}
	return a
}

func onChange(t *testing.T, do string, who decisions.By, list ...*actions.Action) decisions.Decision {
	x := decisions.Decision{At: place(t, "2026-11-18 11:00"), By: who, Do: do, Why: "Because."}
	for _, a := range list {
		x.Changes = append(x.Changes, decisions.Pick{ID: a.ID, Facts: a.Facts})
	}
	return x
}

// The log of changes says who may; the chair decides on the headteacher's own only.
func TestDecideOnChanges(t *testing.T) {
	for _, c := range []struct {
		name               string
		do                 string
		by                 decisions.By
		severity, concerns string
		change             func(*decisions.Decision)
		want               string
		state              actions.State
	}{
		{"approve", decisions.Approve, ours("it"), "medium", "kim", nil, "", actions.Approved},
		{"approve what is high", decisions.Approve, ours("it"), "high", "kim", nil, "", actions.Once},
		{"approve their own", decisions.Approve, ours("it"), "medium", "it", nil, notSelf, actions.Proposed},
		{"the headteacher's own", decisions.Approve, by("head", "chief@school.example"), "medium", "head", nil, notSelf, actions.Proposed},
		{"the chair, the headteacher's own", decisions.Approve, by("chair", chair), "medium", "head", nil, "", actions.Approved},
		{"the chair, another's", decisions.Approve, by("chair", chair), "medium", "kim", nil, notTheirs, actions.Proposed},
		{"a teacher", decisions.Approve, ours("kim"), "medium", "lou", nil, notTheirs, actions.Proposed},
		{"the office", decisions.Approve, ours("office"), "medium", "lou", nil, notTheirs, actions.Proposed},
		{"a pupil", decisions.Approve, ours("pat"), "medium", "lou", nil, notKnown, actions.Proposed},
		{"other facts", decisions.Approve, ours("it"), "medium", "kim", func(x *decisions.Decision) { x.Changes[0].Facts = []string{"x"} }, notSame, actions.Proposed},
		{"no facts", decisions.Approve, ours("it"), "medium", "kim", func(x *decisions.Decision) { x.Changes[0].Facts = nil }, notSame, actions.Proposed},
		{"not there", decisions.Approve, ours("it"), "medium", "kim", func(x *decisions.Decision) { x.Changes[0].ID = "delete-grant-0" }, notThere, actions.Proposed},
		{"decline", decisions.Decline, ours("officer"), "medium", "kim", nil, "", actions.Declined},
		{"decline without a reason", decisions.Decline, ours("officer"), "medium", "kim", func(x *decisions.Decision) { x.Why = "" }, notForm, actions.Proposed},
		{"undo where nothing may be changed", decisions.Undo, ours("officer"), "medium", "kim", nil, mayNot, actions.Proposed},
		{"all of a kind", decisions.ApproveAll, ours("it"), "medium", "kim", func(x *decisions.Decision) { x.Changes, x.Kind, x.Expect = nil, "delete-grant", 1 }, "", actions.Approved},
		{"all of a kind, another number", decisions.ApproveAll, ours("it"), "medium", "kim", func(x *decisions.Decision) { x.Changes, x.Kind, x.Expect = nil, "delete-grant", 2 }, notCount, actions.Proposed},
		{"all of a kind, their own not counted", decisions.ApproveAll, ours("it"), "medium", "it", func(x *decisions.Decision) { x.Changes, x.Kind, x.Expect = nil, "delete-grant", 1 }, notCount, actions.Proposed},
		{"all of a kind, the chair", decisions.ApproveAll, by("chair", chair), "medium", "head", func(x *decisions.Decision) { x.Changes, x.Kind, x.Expect = nil, "delete-grant", 1 }, notTheirs, actions.Proposed},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t)
			a := d.propose("file/a", c.severity, c.concerns)
			x := onChange(t, c.do, c.by, a)
			if c.change != nil {
				c.change(&x)
			}
			j := d.sends(x)
			if j.Counts != (c.want == "") || j.Why != c.want {
				t.Errorf("%+v, want %q", j, c.want)
			}
			if have := d.action(a.ID).State; have != c.state {
				t.Errorf("%s, want %s", have, c.state)
			}
		})
	}
}

// The second of two approvals is another person's; the same one does not count twice.
func TestApproveTakesTwo(t *testing.T) {
	d := newDesk(t)
	a := d.propose("file/a", "high", "kim")
	d.sends(onChange(t, decisions.Approve, ours("it"), a))
	if j := d.sends(onChange(t, decisions.Approve, ours("it"), a)); j.Counts || j.Why != notTwice || d.action(a.ID).State != actions.Once {
		t.Errorf("%+v", j)
	}
	if j := d.sends(onChange(t, decisions.Approve, ours("officer"), a)); !j.Counts || d.action(a.ID).State != actions.Approved {
		t.Errorf("%+v", j)
	}
}

// A list that takes several batches to release, cut short after any of them, is released to its end by the next run: each change once, and none that came after it was asked for.
func TestApproveAllCutShort(t *testing.T) {
	const long = 250
	for cut := range 4 {
		d := newDesk(t)
		asked := place(t, "2026-11-18 11:00")
		log := Actions(d.env, "r", d.env.Store.Commit)
		log.Clock = func() time.Time { return asked.Add(-time.Hour) }
		propose := func(from, to int) {
			if _, err := log.Propose(t.Context(), func(yield func(actions.Proposal, error) bool) {
				for i := from; i < to; i++ {
					subject := fmt.Sprintf("file/%d", i)
					if !yield(actions.Proposal{
						Finding: "A1~sharing.outside-person~file~" + strconv.Itoa(i), Opened: asked, Clause: "A1", Rule: "sharing.outside-person", Subject: subject, Facts: []string{"user/p1 reader"}, Severity: "medium",
						Change: actions.Change{Kind: "delete-grant", Params: map[string]string{"file": subject}},
					}, nil) {
						return
					}
				}
			}); err != nil {
				t.Fatal(err)
			}
		}
		propose(0, long)
		made, err := decisions.Make(t.Context(), d.site, "form", decisions.Decision{At: asked, By: ours("it"), Do: decisions.ApproveAll, Kind: "delete-grant", Expect: long})
		if err != nil {
			t.Fatal(err)
		}
		n, dead := 0, errors.New("the process was killed")
		commit := func(ctx context.Context, b *store.Batch) error {
			if n++; n > cut {
				return dead
			}
			return d.env.Store.Commit(ctx, b)
		}
		if err := takeUpChanges(t.Context(), d.env, d.seen, Actions(d.env, "run", commit), commit); (err == nil) != (cut == 3) || err != nil && !errors.Is(err, dead) {
			t.Fatalf("cut short after %d batches: %v", cut, err)
		}
		if cut > 0 {
			log.Clock = d.env.Clock
			propose(long, long+1)
		}
		d.looks()
		if j, err := decisions.Judged(t.Context(), d.env.Store, made.ID); err != nil || j == nil || !j.Counts {
			t.Errorf("cut short after %d batches: %+v %v", cut, j, err)
		}
		approved := 0
		for a, err := range log.List(t.Context(), actions.Approved) {
			if err != nil {
				t.Fatal(err)
			}
			if approved++; len(a.Approvals) != 1 {
				t.Errorf("%s was approved %d times", a.ID, len(a.Approvals))
			}
		}
		if approved != long {
			t.Errorf("cut short after %d batches: %d are approved, of %d", cut, approved, long)
		}
	}
}
