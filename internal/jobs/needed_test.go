package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"esafetybot/internal/census"
	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/needed"
	"esafetybot/internal/policy"
	"esafetybot/internal/remedies"
	"esafetybot/internal/seen"
	"esafetybot/internal/shares"
	"esafetybot/internal/store"
	"esafetybot/internal/views"
)

// shared is an open finding about something of which somebody can be asked ("" is nobody), and that concerns its owner.
func (d *desk) shared(subject, severity, of, owner string) string {
	d.t.Helper()
	id := d.finding(subject, severity, "workspace_admin", owner)
	d.view(id, func(v *views.Finding) {
		v.Ask, v.Title, v.What, v.Link = of, "Trip <list>", "Shared with a person outside the school.", "https://drive.google.com/file/d/a"
		v.With = []views.With{{Fact: "user/p1", Who: "kit@parent.example (can view)"}}
	})
	return id
}

func (d *desk) view(id string, change func(*views.Finding)) {
	d.t.Helper()
	doc, err := d.env.Store.Get(d.t.Context(), views.Findings, id)
	if err != nil {
		d.t.Fatal(err)
	}
	var v views.Finding
	if err := json.Unmarshal(doc.Body, &v); err != nil {
		d.t.Fatal(err)
	}
	change(&v)
	body, err := json.Marshal(v)
	if err != nil {
		d.t.Fatal(err)
	}
	b := &store.Batch{}
	b.Put(views.Findings, id, doc.Version, nil, body)
	if err := d.env.Store.Commit(d.t.Context(), b); err != nil {
		d.t.Fatal(err)
	}
}

// now lets another day come.
func (d *desk) now(clock string) {
	d.t.Helper()
	at := place(d.t, clock)
	d.env.Clock = func() time.Time { return at }
	c := census.New(d.env.Google, d.env.Policy, at, d.env.Log)
	if !c.Directory(d.t.Context()) {
		d.t.Fatal("no directory")
	}
	d.seen = &Seen{Census: c}
}

// askingFor is what somebody sends who wants others asked.
func askingFor(t *testing.T, who decisions.By, ids ...string) decisions.Decision {
	x := agreement(t, who, ids...)
	x.Do, x.Until, x.Why = decisions.AskOwner, "", ""
	return x
}

func (google) Calls() map[string]int { return map[string]int{} }

// saying is what somebody answers.
func saying(t *testing.T, who decisions.By, id, answer string) decisions.Decision {
	x := askingFor(t, who, id)
	x.Do, x.Answer = decisions.OwnerAnswer, answer
	if answer == needed.Keep {
		x.Until, x.Why = "2026-12-11", "The choir sings with them."
	}
	return x
}

func (d *desk) question(id string) *needed.Question {
	d.t.Helper()
	q, err := needed.Of(d.t.Context(), d.env.Store, id)
	if err != nil {
		d.t.Fatal(err)
	}
	return q
}

func (d *desk) settles() {
	d.t.Helper()
	if err := settleNeeded(d.t.Context(), d.env, d.seen, d.env.Store.Commit); err != nil {
		d.t.Fatal(err)
	}
}

// Who may have whom asked, and about what.
func TestAskOwner(t *testing.T) {
	for _, c := range []struct {
		name      string
		by        decisions.By
		of, owner string
		severity  string
		change    func(*decisions.Decision)
		want      string
	}{
		{"who deals with it", ours("it"), "kim", "kim", "medium", nil, ""},
		{"the officer", ours("officer"), "kim", "kim", "medium", nil, ""},
		{"high severity", ours("it"), "kim", "kim", "high", nil, ""},
		{"somebody else shared it", ours("it"), "lou", "kim", "medium", nil, ""},
		{"nobody can be asked", ours("it"), "", "kim", "medium", nil, notAskable},
		{"a pupil", ours("it"), "pat", "kim", "medium", nil, notAskable},
		{"an account that is switched off", ours("it"), "old", "kim", "medium", nil, notAskable},
		{"an account that is archived", ours("it"), "arc", "kim", "medium", nil, notAskable},
		{"a guest", ours("it"), "gus", "kim", "medium", nil, notAskable},
		{"another school's", ours("it"), "elm", "kim", "medium", nil, notAskable},
		{"somebody who is gone", ours("it"), "nobody", "kim", "medium", nil, notAskable},
		{"themselves", ours("it"), "it", "kim", "medium", nil, notSelf},
		{"about their own file", ours("it"), "kim", "it", "medium", nil, notSelf},
		{"a teacher", ours("kim"), "lou", "lou", "medium", nil, notTheirs},
		{"a pupil asks", ours("pat"), "kim", "kim", "medium", nil, notKnown},
		{"other facts", ours("it"), "kim", "kim", "medium", func(x *decisions.Decision) { x.Findings[0].Facts = []string{"user/p2 reader"} }, notSame},
		{"not there", ours("it"), "kim", "kim", "medium", func(x *decisions.Decision) { x.Findings[0].ID = "A1~sharing.outside-person~file~none" }, notThere},
		{"about nothing", ours("it"), "kim", "kim", "medium", func(x *decisions.Decision) { x.Findings = nil }, notForm},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t)
			id := d.shared("file/a", c.severity, c.of, c.owner)
			x := askingFor(t, c.by, id)
			if c.change != nil {
				c.change(&x)
			}
			j := d.sends(x)
			if j.Counts != (c.want == "") || j.Why != c.want {
				t.Errorf("%+v, want %q", j, c.want)
			}
			q := d.question(id)
			if c.want != "" {
				if q != nil {
					t.Errorf("asked all the same: %+v", q)
				}
				return
			}
			role := map[string]string{"it": "workspace_admin", "officer": "esafety_officer"}[c.by.ID]
			if q == nil || q.Of != c.of || q.By != role || !q.Waits() || q.Late(d.seen.Census.Now) {
				t.Errorf("%+v", q)
			}
			if d.get(id).Status != findings.Open {
				t.Error("asking closed the finding")
			}
		})
	}
}

// It is asked once; again only when it went back, or was answered.
func TestAskedOnce(t *testing.T) {
	d := newDesk(t)
	id := d.shared("file/a", "medium", "moe", "moe")
	other := d.shared("file/b", "medium", "pat", "pat")
	if j := d.sends(askingFor(t, ours("it"), id, other)); !j.Counts || cmp.Diff(map[string]string{other: notAskable}, j.Items) != "" {
		t.Fatalf("%+v", j)
	}
	first := *d.question(id)
	if j := d.sends(askingFor(t, ours("officer"), id)); j.Counts || j.Why != notAgain {
		t.Errorf("twice: %+v", j)
	}
	if diff := cmp.Diff(first, *d.question(id), cmpopts.IgnoreUnexported(needed.Question{})); diff != "" {
		t.Error(diff)
	}
	d.now("2026-11-27 09:00")
	if j := d.sends(askingFor(t, ours("officer"), id)); !j.Counts || !d.question(id).Due.After(d.seen.Census.Now) {
		t.Errorf("after it went back: %+v", j)
	}
}

// An answer is the asked person's own, about what they were asked, and changes nothing by itself.
func TestOwnerAnswers(t *testing.T) {
	for _, c := range []struct {
		name   string
		by     decisions.By
		answer string
		change func(d *desk, x *decisions.Decision)
		want   string
	}{
		{"keep", ours("kim"), needed.Keep, nil, ""},
		{"stop", ours("kim"), needed.Stop, nil, ""},
		{"not sure", ours("kim"), needed.Unsure, nil, ""},
		{"by an alias", by("kim", "kite@school.example"), needed.Stop, nil, ""},
		{"somebody else", ours("lou"), needed.Stop, nil, notToThem},
		{"who asked", ours("it"), needed.Stop, nil, notToThem},
		{"the headteacher", by("head", "chief@school.example"), needed.Stop, nil, notToThem},
		{"somebody outside", by("chair", chair), needed.Stop, nil, notToThem},
		{"a pupil", ours("pat"), needed.Stop, nil, notKnown},
		{"their id with another's address", by("kim", "lou@school.example"), needed.Stop, nil, notKnown},
		{"another word", ours("kim"), "yes", nil, notForm},
		{"no word", ours("kim"), "", nil, notForm},
		{"keep without a reason", ours("kim"), needed.Keep, func(_ *desk, x *decisions.Decision) { x.Why = " " }, notForm},
		{"keep without a date", ours("kim"), needed.Keep, func(_ *desk, x *decisions.Decision) { x.Until = "" }, notForm},
		{"keep for ever", ours("kim"), needed.Keep, func(_ *desk, x *decisions.Decision) { x.Until = "2027-11-20" }, notThatLong},
		{"keep until yesterday", ours("kim"), needed.Keep, func(_ *desk, x *decisions.Decision) { x.Until = "2026-11-17" }, notThatLong},
		{"an essay", ours("kim"), needed.Stop, func(_ *desk, x *decisions.Decision) { x.Why = strings.Repeat("é", decisions.MostWhy+1) }, notForm},
		{"other facts", ours("kim"), needed.Stop, func(_ *desk, x *decisions.Decision) { x.Findings[0].Facts = []string{"user/p2 reader"} }, notSame},
		{"two at once", ours("kim"), needed.Stop, func(_ *desk, x *decisions.Decision) {
			x.Findings = append(x.Findings, decisions.Pick{ID: "x", Facts: []string{"y"}})
		}, notForm},
		{"about what nobody asked", ours("kim"), needed.Stop, func(d *desk, x *decisions.Decision) { x.Findings[0].ID = d.shared("file/b", "medium", "kim", "kim") }, notToThem},
		{"about what was agreed to since", ours("kim"), needed.Stop, func(d *desk, x *decisions.Decision) { d.sends(agreement(d.t, ours("it"), x.Findings[0].ID)) }, notOpen},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t)
			id := d.shared("file/a", "medium", "kim", "kim")
			if j := d.sends(askingFor(t, ours("it"), id)); !j.Counts {
				t.Fatal(j)
			}
			x := saying(t, c.by, id, c.answer)
			if c.change != nil {
				c.change(d, &x)
			}
			j := d.sends(x)
			if j.Counts != (c.want == "") || j.Why != c.want {
				t.Errorf("%+v, want %q", j, c.want)
			}
			q := d.question(id)
			if q.Answer != map[bool]string{true: c.answer}[c.want == ""] {
				t.Errorf("%+v", q)
			}
			if c.want != "" {
				return
			}
			if f := d.get(id); f.Status != findings.Open || f.Agreed != nil {
				t.Errorf("an answer alone agreed: %+v", f)
			}
			if c.answer == needed.Keep && (q.Until != "2026-12-11" || q.Why == "") || c.answer != needed.Keep && q.Until != "" {
				t.Errorf("%+v", q)
			}
		})
	}
}

// A question ends with what it is about.
func TestNeededEnds(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(d *desk, id string)
		want   string // why it ended; "-" if it is dropped, "" if it still waits
	}{
		{"nothing", func(*desk, string) {}, ""},
		{"agreed to", func(d *desk, id string) { d.sends(agreement(d.t, ours("it"), id)) }, "-"},
		{"put right", func(d *desk, _ string) { d.sync(nil) }, "-"},
		{"somebody else has access besides", func(d *desk, _ string) { d.sync([]string{"user/p1 reader", "user/p2 reader"}) }, needed.Changed},
		{"they belong to somebody else", func(d *desk, id string) { d.view(id, func(v *views.Finding) { v.Ask = "lou" }) }, needed.Passed},
		{"they have left", func(d *desk, _ string) {
			g := d.env.Google.(google)
			i := slices.IndexFunc(g.accounts, func(p seen.Person) bool { return p.ID == "kim" })
			g.accounts = slices.Clone(g.accounts)
			g.accounts[i].SwitchedOff = true
			d.env.Google = g
			d.now("2026-11-18 12:30")
		}, needed.Passed},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t)
			d.env.Google = d.googleOf()
			id := d.shared("file/a", "medium", "kim", "kim")
			d.sends(askingFor(t, ours("it"), id))
			c.change(d, id)
			d.settles()
			q := d.question(id)
			switch {
			case q == nil && c.want != "-", q != nil && q.Ended != c.want:
				t.Fatalf("%+v, want %q", q, c.want)
			}
			list, err := openAsking(t.Context(), d.env, d.seen.Census.Now)
			if err != nil || (len(list.by) > 0) != (c.want == "") {
				t.Errorf("on somebody's list: %v %v", list.by, err)
			}
			if c.want == "" {
				return
			}
			if j := d.sends(saying(t, ours("kim"), id, needed.Stop)); j.Counts {
				t.Errorf("it was answered after it ended: %+v", j)
			}
		})
	}
}

// googleOf is the Google of these tests, with its accounts.
func (d *desk) googleOf() google { return d.env.Google.(google) }

// sync lets the check see the file with other facts; nil is that it is fine.
func (d *desk) sync(facts []string) {
	d.t.Helper()
	k := &findings.Keeper{Store: d.env.Store, Commit: d.env.Store.Commit}
	_, err := k.Sync(d.t.Context(), findings.Input{
		Run: findings.Run{ID: "r2", Now: d.seen.Census.Now}, Means: "sharing",
		Observed: func(yield func(findings.Observed, error) bool) {
			if facts != nil {
				yield(findings.Observed{Clause: "A1", Rule: "sharing.outside-person", Subject: "file/a", Facts: facts, Severity: "medium", Deals: "workspace_admin"}, nil)
			}
		},
		Evidence: func(context.Context, *findings.Finding) (findings.Evidence, error) {
			return findings.Evidence{How: findings.Fine}, nil
		},
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

// The days count on which somebody is at school.
func TestAnswerBy(t *testing.T) {
	p := parsed(t, schoolPolicy)
	without := parsed(t, schoolPolicy)
	without.Calendar.Terms = nil
	for _, c := range []struct {
		name        string
		p           *policy.Policy
		days        []time.Weekday
		from        string
		remind, due string
	}{
		{"a week; the Friday is an inset day", p, nil, "2026-11-18 12:00", "2026-11-24 00:00", "2026-11-25 17:00"},
		{"over the half-term", p, nil, "2026-10-22 12:00", "2026-11-04 00:00", "2026-11-05 17:00"},
		{"two days a week", p, []time.Weekday{time.Monday, time.Tuesday}, "2026-11-18 12:00", "2026-12-01 00:00", "2026-12-07 17:00"},
		{"over Christmas", p, nil, "2026-12-17 12:00", "2027-01-06 00:00", "2027-01-07 17:00"},
		{"no term dates", without, nil, "2026-11-18 12:00", "2026-11-24 00:00", "2026-11-25 17:00"},
		{"never at school", p, []time.Weekday{time.Saturday}, "2026-11-18 12:00", "2026-11-25 17:00", "2026-11-25 17:00"},
	} {
		remind, due := answerBy(c.p, c.days, place(t, c.from))
		if !remind.Equal(place(t, c.remind)) || !due.Equal(place(t, c.due)) {
			t.Errorf("%s: %v and %v, want %s and %s", c.name, remind, due, c.remind, c.due)
		}
	}
}

func TestAnswerByComesInOrder(t *testing.T) {
	p := parsed(t, schoolPolicy)
	rapid.Check(t, func(r *rapid.T) {
		from := place(t, "2026-09-02 08:00").Add(time.Duration(rapid.IntRange(0, 300*24).Draw(r, "hours")) * time.Hour)
		var days []time.Weekday
		for d := time.Sunday; d <= time.Saturday; d++ {
			if rapid.Bool().Draw(r, d.String()) {
				days = append(days, d)
			}
		}
		remind, due := answerBy(p, days, from)
		if remind.After(due) || !due.After(from) || p.Calendar.Date(from).DaysUntil(p.Calendar.Date(due)) < needed.Days {
			r.Fatalf("from %v: %v, %v", from, remind, due)
		}
	})
}

// Who is asked about what: whoever shared it, else its owner, and never a pupil or anybody about what is confidential and not theirs.
func TestAskable(t *testing.T) {
	d := newDesk(t)
	d.env.Policy.ConfidentialOwners = []string{"lead@school.example"}
	who := d.seen.Census.Who()
	for _, c := range []struct {
		name string
		f    findings.Finding
		s    seen.Share
		tree bool
		want string
		not  string
	}{
		{"its owner", findings.Finding{}, seen.Share{Owner: "kim"}, false, "kim", ""},
		{"whoever shared it", findings.Finding{}, seen.Share{Owner: "kim", By: "lou"}, false, "lou", ""},
		{"shared by a pupil", findings.Finding{}, seen.Share{Owner: "kim", By: "pat"}, false, "kim", ""},
		{"shared by somebody who left", findings.Finding{}, seen.Share{Owner: "kim", By: "old"}, false, "kim", ""},
		{"a teacher shared a pupil's", findings.Finding{}, seen.Share{Owner: "pat", By: "lou"}, false, "lou", ""},
		{"a confidential owner's, shared by somebody else", findings.Finding{}, seen.Share{Owner: "lead", By: "lou"}, false, "lead", ""},
		{"in a confidential folder", findings.Finding{Rule: "sharing.within-school"}, seen.Share{Owner: "kim", By: "lou"}, true, "kim", ""},
		{"in a shared drive", findings.Finding{}, seen.Share{Drive: "d"}, false, "", "shared drive"},
		{"in a shared drive, shared by", findings.Finding{}, seen.Share{Drive: "d", By: "kim"}, false, "kim", ""},
		{"a pupil's", findings.Finding{}, seen.Share{Owner: "pat"}, false, "", "pupil"},
		{"switched off", findings.Finding{}, seen.Share{Owner: "old"}, false, "", "switched off"},
		{"gone", findings.Finding{}, seen.Share{Owner: "ghost"}, false, "", "gone"},
		{"another school's", findings.Finding{}, seen.Share{Owner: "elm"}, false, "", "staff"},
		{"supply, whom the policy does not name", findings.Finding{}, seen.Share{Owner: "sue"}, false, "", "staff"},
		{"not where it was", findings.Finding{Missing: true}, seen.Share{Owner: "kim"}, false, "", "not where"},
		{"a group", findings.Finding{Subject: "group/g"}, seen.Share{}, false, "", "group"},
		{"information", findings.Finding{Severity: findings.Information}, seen.Share{Owner: "kim"}, false, "", ""},
		{"no share", findings.Finding{Rule: "accounts.dormant"}, seen.Share{Owner: "kim"}, false, "", ""},
	} {
		g := gatherer{env: d.env, out: &Outcome{Who: who}, adults: adults(d.env.Policy, who), shares: map[string]seen.Share{}, trees: map[string][]seen.Share{}}
		f := c.f
		if f.Subject == "" {
			f.Subject = "file/a"
		}
		if f.Rule == "" {
			f.Rule = "sharing.outside-person"
		}
		if c.tree {
			g.trees[f.Subject] = []seen.Share{c.s}
		} else {
			g.shares[f.Subject] = c.s
		}
		id, why := g.askable(&f)
		if id != c.want || (why == "") != (c.not == "") || !strings.Contains(why, c.not) {
			t.Errorf("%s: %q, %q", c.name, id, why)
		}
	}
}

// What whoever shared it wants stopped is proposed to be stopped, even where the policy would only narrow it; then a person has to approve it.
func TestStopIsProposed(t *testing.T) {
	grant := seen.Grant{ID: "p1", Type: "user", Role: "writer", Own: "writer", Address: "kit@parent.example"}
	f := &findings.Finding{ID: "x", Subject: "file/a", Facts: []string{"user/p1 writer"}, Opened: place(t, "2026-11-18 12:00")}
	for _, c := range []struct {
		remedy string
		stop   bool
		kind   string
		more   bool
	}{
		{policy.RemedyNarrow, false, remedies.KindNarrowGrant, false}, {policy.RemedyNarrow, true, remedies.KindDeleteGrant, true},
		{policy.RemedyExpire, true, remedies.KindDeleteGrant, true}, {policy.RemedyRemove, true, remedies.KindDeleteGrant, false},
	} {
		p := &planner{shares: map[string]seen.Share{"file/a": {Kind: "file", ID: "a", Owner: "kim", Grants: []seen.Grant{grant}}}, stops: map[string]bool{"x": c.stop}}
		w := &policy.SharingWith{Remedy: c.remedy, ExpireDays: 7}
		list := p.sharingChanges(t.Context(), f, w)
		if len(list) != 1 || list[0].Kind != c.kind {
			t.Errorf("%s, stop %v: %+v, want %s", c.remedy, c.stop, list, c.kind)
		}
		if more := p.goesFurther(f, policy.Means{With: w}); more != c.more {
			t.Errorf("%s, stop %v: more than the policy says: %v", c.remedy, c.stop, more)
		}
	}
}

// The log says who gave somebody access; whoever took it away is not asked.
func TestWhoGave(t *testing.T) {
	d := newDesk(t)
	s := openStore(t)
	event := func(actor, name, value string, minute int) seen.Event {
		return seen.Event{Record: fmt.Sprint(minute), Time: place(t, "2026-11-18 10:00").Add(time.Duration(minute) * time.Minute), Actor: actor, Name: name, NewValue: value, Doc: "a", Owner: "kim@school.example"}
	}
	for _, c := range []struct {
		name   string
		events []seen.Event
		want   string
	}{
		{"gave", []seen.Event{event("lou@school.example", "change_user_access", "can_view", 1)}, "lou"},
		{"took away", []seen.Event{event("it@school.example", "change_user_access", "none", 1)}, ""},
		{"gave, and somebody took another away", []seen.Event{event("it@school.example", "change_user_access", "none", 2), event("lou@school.example", "change_user_access", "can_view", 1)}, "lou"},
		{"the newest", []seen.Event{event("kim@school.example", "change_user_access", "can_view", 2), event("lou@school.example", "change_user_access", "can_view", 1)}, "kim"},
		{"a link", []seen.Event{event("lou@school.example", "change_document_visibility", "people_with_link", 1)}, "lou"},
		{"a link no more", []seen.Event{event("lou@school.example", "change_document_visibility", "private", 1)}, ""},
		{"moved", []seen.Event{event("lou@school.example", "move", "", 1)}, ""},
		{"somebody outside", []seen.Event{event("kit@parent.example", "change_user_access", "can_view", 1)}, ""},
		{"nobody named", []seen.Event{event("", "change_user_access", "can_view", 1)}, ""},
	} {
		book, err := shares.Open(t.Context(), s, d.seen.Census.Outside, d.seen.Census.Now, s.Commit)
		if err != nil {
			t.Fatal(err)
		}
		run := &sharingRun{Env: d.env, who: d.seen.Census.Who(), book: book, cov: &coverage{}}
		p := pulled{drives: map[string]bool{}, done: map[string]int64{}, complete: true}
		p.digest(run, c.events)
		if len(p.items) != 1 || p.items[0].By != c.want {
			t.Errorf("%s: %+v, want %q", c.name, p.items, c.want)
		}
	}
}
