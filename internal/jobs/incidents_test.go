package jobs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/census"
	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/incidents"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/pseudonym"
	"esafetybot/internal/records"
	"esafetybot/internal/roster"
	"esafetybot/internal/seen"
	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
)

const incidentPolicy = `school: {name: Example Primary, timezone: Europe/London, domains: [school.example]}
people:
  esafety_officer: officer@school.example
  safeguarding_lead: lead@school.example
  deputy: deputy@school.example
  headteacher: head@school.example
  chair_of_governors: chair@home.example
  workspace_admin: it@school.example
calendar:
  terms: [{name: Autumn, first: 2026-09-02, last: 2026-12-18}]
clauses:
  - {id: A19, says: Incidents are logged., deals_with_it: esafety_officer, met_by: [{record: incidents, severity: high, due: 2 school days}, {record: takedown, severity: high, due: 1 working day}]}
`

// secret stands for what no log, letter, record or finding may hold.
const secret = "Zephyrine pushed over a conker"

// unasked is a Google that must not be asked anything: a concern does not wait for it.
type unasked struct{ Google }

func (unasked) Calls() map[string]int { return map[string]int{} }
func (unasked) Users(context.Context) iter.Seq2[seen.Account, error] {
	panic("Google was asked")
}

// logBench is a school with an incident log.
type logBench struct {
	*testing.T
	env  Env
	box  *outbox.Outbox
	now  time.Time
	logs *bytes.Buffer
	n    int
}

func newLogBench(t *testing.T) *logBench {
	t.Helper()
	p, err := policy.Parse("policy.yaml", []byte(incidentPolicy))
	if err != nil {
		t.Fatal(err)
	}
	b := &logBench{T: t, now: time.Date(2026, 9, 14, 9, 0, 0, 0, time.UTC), logs: &bytes.Buffer{}} // a Monday in term, ten in the morning
	b.env = Env{Policy: p, Google: unasked{}, Clock: func() time.Time { return b.now }, Holder: "test", Exclusive: true, BaseURL: "https://review.school.example", Log: slog.New(slog.NewTextHandler(b.logs, nil))}
	b.env.Store, b.env.Site = b.open(), b.open()
	b.box, err = outbox.New(b.env.Store, outbox.Options{Location: p.School.Location, From: netmail.Address{Address: "safety@school.example"}})
	b.must(err)
	var adults []roster.Adult
	for _, name := range []string{"officer", "lead", "deputy", "head", "it", "teacher"} {
		adults = append(adults, roster.Adult{ID: "u-" + name, Name: name, Hashes: []string{pseudonym.Of(name + "@school.example")}})
	}
	b.must(roster.Keep(t.Context(), b.env.Store, b.env.Store.Commit, adults))
	return b
}

func (b *logBench) open() store.Store {
	s, err := memory.Open()
	b.must(err)
	return s
}

func (b *logBench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func who(name string) decisions.By {
	return decisions.By{ID: "u-" + name, Hash: pseudonym.Of(name + "@school.example")}
}

// sends notes what somebody sent, as the site does.
func (b *logBench) sends(by decisions.By, s incidents.Sent) string {
	b.Helper()
	data, err := json.Marshal(s)
	b.must(err)
	b.n++
	d, err := decisions.Make(b.Context(), b.env.Site, fmt.Sprint("form-", b.n), decisions.Decision{At: b.now, By: by, Do: decisions.Incident, Incident: data})
	b.must(err)
	return d.ID
}

func concern(about incidents.About, kind incidents.Kind, roles ...policy.Role) incidents.Sent {
	return incidents.Sent{Act: incidents.ActRaise, Form: &incidents.Form{Kind: kind, About: about, ConcernsRoles: roles, Note: secret}}
}

func (b *logBench) run() (*Look, error) {
	return Incidents(b.Context(), b.env, b.box, census.New(b.env.Google, b.env.Policy, b.now, b.env.Log))
}

func (b *logBench) ran() *Look {
	b.Helper()
	l, err := b.run()
	b.must(err)
	return l
}

// letters lists to whom letters were made, and what their subject is.
func (b *logBench) letters() []string {
	b.Helper()
	var out []string
	for e, err := range b.box.All(b.Context(), time.Time{}) {
		b.must(err)
		f, err := b.box.Read(b.Context(), e)
		b.must(err)
		name, _, _ := strings.Cut(f.To.Address, "@")
		out = append(out, name+": "+f.Subject)
		if raw := string(f.Raw); strings.Contains(raw, secret) || strings.Contains(strings.ToLower(raw), "incident") || strings.Contains(raw, "takedown") || strings.Contains(raw, "pupil") {
			b.Errorf("a letter tells too much:\n%s", raw)
		}
	}
	slices.Sort(out)
	return out
}

func (b *logBench) entries(s incidents.Shelf, by string) []*incidents.Entry {
	b.Helper()
	log, _, err := incidentLog(b.Context(), b.env)
	b.must(err)
	var out []*incidents.Entry
	for e, err := range log.List(b.Context(), s, incidents.By{Address: by}, "") {
		b.must(err)
		out = append(out, e)
	}
	return out
}

func (b *logBench) count(s store.Store, c *store.Collection) int {
	b.Helper()
	n := 0
	for _, err := range s.Find(b.Context(), c, store.Ask{}) {
		b.must(err)
		n++
	}
	return n
}

const openIt = ": There is an entry for you to open"

func TestIncidentIsTakenUpOnce(t *testing.T) {
	b := newLogBench(t)
	id := b.sends(who("teacher"), concern(incidents.Pupil, incidents.Incident))
	if waits, err := IncidentsWait(t.Context(), b.env); !waits || err != nil {
		t.Fatal(waits, err)
	}
	b.ran()
	b.ran()
	if d := cmp.Diff([]string{"lead" + openIt, "officer" + openIt}, b.letters()); d != "" {
		t.Errorf("letters (-want +have):\n%s", d)
	}
	if n := len(b.entries(incidents.Ordinary, "officer@school.example")); n != 1 {
		t.Errorf("%d entries", n)
	}
	if b.count(b.env.Site, decisions.Decisions) != 0 {
		t.Error("what was sent lies about")
	}
	if j, err := decisions.Judged(t.Context(), b.env.Store, id); err != nil || j == nil || !j.Counts {
		t.Errorf("%+v %v", j, err)
	}
	if waits, err := IncidentsWait(t.Context(), b.env); waits || err != nil {
		t.Fatal(waits, err)
	}
	// Nobody has opened it: an hour of work later the deputy is told, once.
	b.now = b.now.Add(time.Hour + time.Minute)
	b.ran()
	b.ran()
	if d := cmp.Diff([]string{"deputy" + openIt, "lead" + openIt, "officer" + openIt}, b.letters()); d != "" {
		t.Errorf("letters (-want +have):\n%s", d)
	}
}

func TestAdultConcernIsToldBarely(t *testing.T) {
	b := newLogBench(t)
	b.sends(who("teacher"), concern(incidents.NotSure, incidents.Incident))
	b.sends(who("teacher"), concern(incidents.Adult, incidents.LowLevel, policy.RoleHead))
	b.ran()
	if d := cmp.Diff([]string{"chair: Please open your page", "head: Please open your page"}, b.letters()); d != "" {
		t.Errorf("letters (-want +have):\n%s", d)
	}
	for e, err := range b.box.All(t.Context(), time.Time{}) {
		b.must(err)
		f, err := b.box.Read(t.Context(), e)
		b.must(err)
		if strings.Contains(string(f.Raw), "entry") || strings.Contains(string(f.Raw), "/incidents") {
			t.Errorf("a letter about an adult says more than “open your page”:\n%s", f.Raw)
		}
		if e.Kind != entryKind {
			t.Errorf("the outbox tells of which sort it is: %s", e.Kind)
		}
	}
}

// broken is a store that fails at one commit: before it, or after it with the answer lost.
type broken struct {
	store.Store
	at    int
	after bool
	n     *int
}

func (s broken) Commit(ctx context.Context, b *store.Batch) error {
	*s.n++
	if *s.n != s.at {
		return s.Store.Commit(ctx, b)
	}
	if s.after {
		if err := s.Store.Commit(ctx, b); err != nil {
			return err
		}
		return store.ErrUnknown
	}
	return errors.New("killed")
}

// Wherever a run is cut short, the entry is there once, everybody is told once, and nothing lies about.
func TestIncidentsCutShort(t *testing.T) {
	for at := 1; ; at++ {
		cut := false
		for _, after := range []bool{false, true} {
			b := newLogBench(t)
			b.sends(who("teacher"), concern(incidents.Pupil, incidents.Incident))
			b.sends(who("teacher"), concern(incidents.Adult, incidents.LowLevel))
			main, site, n := b.env.Store, b.env.Site, 0
			b.env.Store, b.env.Site = broken{main, at, after, &n}, broken{site, at, after, &n}
			_, err := b.run()
			cut = cut || n >= at
			if n >= at && err == nil && !after {
				t.Errorf("cut at %d, and no error", at)
			}
			b.env.Store, b.env.Site = main, site
			b.ran()
			b.ran()
			have := []int{
				len(b.entries(incidents.Ordinary, "officer@school.example")), len(b.entries(incidents.Adults, "head@school.example")), b.count(site, decisions.Decisions),
				b.count(main, decisions.Judgements),
			}
			if d := cmp.Diff([]int{1, 1, 0, 2}, have); d != "" {
				t.Errorf("cut at %d (after %v): entries, concerns, decisions, judgements (-want +have):\n%s", at, after, d)
			}
			if d := cmp.Diff([]string{"head: Please open your page", "lead" + openIt, "officer" + openIt}, b.letters()); d != "" {
				t.Errorf("cut at %d (after %v): letters (-want +have):\n%s", at, after, d)
			}
		}
		if !cut {
			if at < 8 {
				t.Fatalf("a run has only %d commits: the test cuts nothing", at)
			}
			return
		}
	}
}

func TestForgedIncidents(t *testing.T) {
	raise := concern(incidents.Pupil, incidents.Incident)
	for _, c := range []struct {
		name string
		by   decisions.By
		sent any
		why  string
	}{
		{"a pupil, or nobody we know", decisions.By{ID: "u-pupil", Hash: pseudonym.Of("pupil@school.example")}, raise, notKnown},
		{"another one's address", decisions.By{ID: "u-teacher", Hash: pseudonym.Of("head@school.example")}, raise, notKnown},
		{"the headteacher's address without their account", decisions.By{Hash: pseudonym.Of("head@school.example")}, raise, notKnown},
		{"the headteacher's address with an account from outside", decisions.By{ID: "stranger", Hash: pseudonym.Of("head@school.example")}, raise, notKnown},
		{"somebody from outside whom the policy does not name", decisions.By{ID: "x", Hash: pseudonym.Of("x@home.example")}, raise, notKnown},
		{"no form", who("teacher"), incidents.Sent{Act: incidents.ActRaise}, notTaken},
		{"another act", who("teacher"), map[string]any{"act": "shred", "entry": "E"}, notTaken},
		{"more than a form has", who("teacher"), map[string]any{"act": "open", "entry": "E", "role": "headteacher"}, notTaken},
		{"an entry that is not there", who("head"), incidents.Sent{Act: incidents.ActOpen, Entry: "nothing"}, notThere},
		{"a note that is too long", who("teacher"), incidents.Sent{Act: incidents.ActRaise, Form: &incidents.Form{Kind: incidents.Incident, About: incidents.Pupil, Note: strings.Repeat("a", 501)}}, notTaken},
		{"a role that is none", who("teacher"), concern(incidents.Pupil, incidents.Incident, policy.Role(secret)), notTaken},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newLogBench(t)
			data, err := json.Marshal(c.sent)
			b.must(err)
			d, err := decisions.Make(t.Context(), b.env.Site, "form", decisions.Decision{At: b.now, By: c.by, Do: decisions.Incident, Incident: data})
			b.must(err)
			b.ran()
			j, err := decisions.Judged(t.Context(), b.env.Store, d.ID)
			if err != nil || j == nil || j.Counts || j.Why != c.why {
				t.Errorf("%+v %v, want %q", j, err, c.why)
			}
			if n := b.count(b.env.Store, incidents.Incidents) + b.count(b.env.Store, incidents.AdultConcerns) + b.count(b.env.Site, decisions.Decisions); n != 0 {
				t.Errorf("%d documents were made, or lie about", n)
			}
			if len(b.letters()) != 0 {
				t.Error("somebody was told")
			}
		})
	}
}

// Whoever may not read an entry can do nothing to it, and is told nothing of it, whatever the site says.
func TestOnlyReadersAct(t *testing.T) {
	b := newLogBench(t)
	b.sends(who("teacher"), concern(incidents.Pupil, incidents.Incident))
	b.ran()
	e := b.entries(incidents.Ordinary, "officer@school.example")[0]
	for _, name := range []string{"teacher", "it", "deputy", "head"} {
		for _, act := range incidents.Acts[1:] {
			id := b.sends(who(name), incidents.Sent{Act: act, Entry: e.ID, Correction: &incidents.Correction{About: incidents.Adult}, Answer: "x", WhoTold: "all", Learnt: "all", Until: "2036-08-31", Why: "x"})
			b.ran()
			if j, err := decisions.Judged(t.Context(), b.env.Store, id); err != nil || j == nil || j.Counts || j.Why != notThere {
				t.Errorf("%s %s: %+v %v", name, act, j, err)
			}
		}
	}
	b.sends(who("officer"), incidents.Sent{Act: incidents.ActClose, Entry: e.ID, WhoTold: "the parents", Learnt: "to lock the trolley"})
	b.ran()
	e = b.entries(incidents.Ordinary, "officer@school.example")[0]
	if e.State != incidents.Closed || e.Note != "" {
		t.Errorf("%s, note %q", e.State, e.Note)
	}
}

func (b *logBench) findings() map[string]string {
	b.Helper()
	out := map[string]string{}
	k := &findings.Keeper{Store: b.env.Store}
	for _, st := range []findings.Status{findings.Open, findings.Resolved} {
		for f, err := range k.List(b.Context(), records.Means, st) {
			b.must(err)
			out[f.Clause+" "+f.Rule] = string(st) + " " + f.Deals
		}
	}
	return out
}

func TestOverdueEntries(t *testing.T) {
	b := newLogBench(t)
	b.sends(who("teacher"), concern(incidents.Pupil, incidents.Incident))
	b.sends(who("teacher"), concern(incidents.Adult, incidents.Incident))
	b.sends(who("teacher"), concern(incidents.Pupil, incidents.Incident, policy.RoleOfficer))
	b.sends(who("teacher"), concern(incidents.Pupil, incidents.Incident, policy.RoleSafeguarding))
	b.ran()
	if len(b.findings()) != 0 {
		t.Fatal("late before its time")
	}
	b.now = b.now.AddDate(0, 0, 4)
	b.ran()
	if n := b.count(b.env.Store, findings.Findings); n != 1 {
		t.Errorf("%d findings: only what concerns nobody with a role may be one", n)
	}
	if d := cmp.Diff(map[string]string{"A19 record.overdue": "open esafety_officer"}, b.findings()); d != "" {
		t.Errorf("(-want +have):\n%s", d)
	}
	for _, e := range b.entries(incidents.Ordinary, "officer@school.example") {
		b.sends(who("officer"), incidents.Sent{Act: incidents.ActClose, Entry: e.ID, WhoTold: "the parents", Learnt: "nothing new"})
	}
	b.ran()
	if d := cmp.Diff(map[string]string{"A19 record.overdue": "resolved esafety_officer"}, b.findings()); d != "" {
		t.Errorf("(-want +have):\n%s", d)
	}
}

// What somebody wrote is in the entry, and nowhere else.
func TestTheNoteGoesNowhere(t *testing.T) {
	b := newLogBench(t)
	b.sends(who("teacher"), concern(incidents.Pupil, incidents.Incident))
	b.sends(who("teacher"), concern(incidents.Pupil, incidents.Kind(secret)))
	b.ran()
	b.now = b.now.AddDate(0, 0, 4)
	b.ran()
	b.letters()
	if strings.Contains(b.logs.String(), secret) {
		t.Error("it is in a log")
	}
	for _, c := range []*store.Collection{incidents.Receipts, incidents.Holds, decisions.Judgements, decisions.Decisions, Records, Looks, findings.Findings, findings.Events, outbox.Letters} {
		for _, s := range []store.Store{b.env.Store, b.env.Site} {
			for d, err := range s.Find(t.Context(), c, store.Ask{}) {
				b.must(err)
				if strings.Contains(fmt.Sprint(d.Fields, string(d.Body), d.Key), secret) {
					t.Errorf("it is in %s", c.Name)
				}
			}
		}
	}
}

// Material to be taken down: the page host is asked at once, by a letter with the link, and reads nothing of the entry; that it is late goes to the officer; when they say that it is down the clock stops. Of what they are not asked they can do nothing.
func TestTakedownByThePageHost(t *testing.T) {
	b := newLogBench(t)
	text := strings.Replace(incidentPolicy, "  workspace_admin:", "  page_host: office@school.example\n  workspace_admin:", 1)
	text = strings.Replace(text, ", {record: takedown, severity: high, due: 1 working day}", "", 1) + "  - {id: A9, says: It is taken down., deals_with_it: page_host, met_by: [{record: takedown, severity: high, due: 1 working day}]}\n"
	p, err := policy.Parse("policy.yaml", []byte(text))
	b.must(err)
	b.env.Policy = p
	adults, err := roster.Read(t.Context(), b.env.Store)
	b.must(err)
	b.must(roster.Keep(t.Context(), b.env.Store, b.env.Store.Commit, append(adults, roster.Adult{ID: "u-office", Name: "office", Hashes: []string{pseudonym.Of("office@school.example")}})))
	raise := func(about incidents.About, item string, roles ...policy.Role) {
		c := concern(about, incidents.Takedown, roles...)
		c.Form.Item = item
		b.sends(who("teacher"), c)
	}
	raise(incidents.Pupil, "file/1AbC")
	raise(incidents.Nobody, "web/https://school.example/kit-brown-wins")
	raise(incidents.Pupil, "")                            // nothing to take down is named
	raise(incidents.Pupil, "user/u-kit")                  // says who it is
	raise(incidents.Adult, "file/2")                      // the headteacher's alone
	raise(incidents.Pupil, "file/3", policy.RolePageHost) // about them
	raise(incidents.Pupil, "file/4", policy.RoleOfficer)
	b.ran()
	b.ran()
	const take = "office: Please take something down"
	if n := len(slices.DeleteFunc(b.letters(), func(l string) bool { return l != take })); n != 2 {
		t.Errorf("the page host has %d letters: %v", n, b.letters())
	}
	var texts []string
	for e, err := range b.box.All(t.Context(), time.Time{}) {
		b.must(err)
		f, err := b.box.Read(t.Context(), e)
		b.must(err)
		if f.Subject == "Please take something down" {
			texts = append(texts, strings.ReplaceAll(string(f.Raw), "=\r\n", ""))
		}
	}
	all := strings.Join(texts, "\n")
	for _, want := range []string{"drive.google.com/open?id", "1AbC", "17:00 on Tuesday 15 September", "The link to it stands on your page", "It is taken down"} {
		if !strings.Contains(all, want) {
			t.Errorf("the letters lack %q", want)
		}
	}
	if strings.Contains(all, "kit-brown") || strings.Contains(all, "u-kit") {
		t.Error("a letter may name somebody")
	}
	if n := len(b.entries(incidents.Ordinary, "office@school.example")) + len(b.entries(incidents.Adults, "office@school.example")); n != 0 {
		t.Errorf("the page host reads %d entries", n)
	}
	if waits, err := IncidentsWait(t.Context(), b.env); waits || err != nil {
		t.Error("told, and there is something to do", waits, err)
	}

	b.now = b.now.AddDate(0, 0, 2)
	b.ran()
	if diff := cmp.Diff(map[string]string{"A9 record.overdue": "open esafety_officer"}, b.findings()); diff != "" {
		t.Errorf("lateness (-want +have):\n%s", diff)
	}
	late := b.count(b.env.Store, findings.Findings)
	log, _, err := incidentLog(t.Context(), b.env)
	b.must(err)
	office := incidents.By{ID: "u-office", Address: "office@school.example"}
	list, err := log.Removals(t.Context(), office)
	b.must(err)
	if len(list) != 2 || !list[0].Late || late < 2 {
		t.Fatalf("%+v, %d findings", list, late)
	}
	others := slices.DeleteFunc(append(b.entries(incidents.Ordinary, "lead@school.example"), b.entries(incidents.Adults, "head@school.example")...), func(e *incidents.Entry) bool {
		return slices.ContainsFunc(list, func(r incidents.Removal) bool { return r.Entry == e.ID })
	})
	for _, e := range others {
		b.sends(who("office"), incidents.Sent{Act: incidents.ActDown, Entry: e.ID})
	}
	for _, act := range []incidents.Act{incidents.ActOpen, incidents.ActExport} {
		b.sends(who("office"), incidents.Sent{Act: act, Entry: list[0].Entry})
	}
	b.sends(who("teacher"), incidents.Sent{Act: incidents.ActDown, Entry: list[0].Entry})
	b.ran()
	for _, e := range append(others, b.entries(incidents.Ordinary, "lead@school.example")...) {
		if e.Settled != nil || len(e.Opened) > 0 {
			t.Errorf("somebody who is not asked did something: %+v", e)
		}
	}
	b.sends(who("office"), incidents.Sent{Act: incidents.ActDown, Entry: list[0].Entry})
	b.ran()
	left, err := log.Removals(t.Context(), office)
	b.must(err)
	if len(left) != 1 || left[0].Entry != list[1].Entry {
		t.Errorf("still asked: %+v", left)
	}
	i := slices.IndexFunc(b.entries(incidents.Ordinary, "lead@school.example"), func(e *incidents.Entry) bool { return e.ID == list[0].Entry })
	if e := b.entries(incidents.Ordinary, "lead@school.example")[i]; e.Settled == nil || e.State != incidents.Open || e.History[len(e.History)-1].Who.Role != "page_host" || log.Late(e) {
		t.Errorf("%+v", e)
	}
}

// What is late goes to whoever reads it where those who deal with the clause do not, of every record.
func TestOverdueGoesToAReader(t *testing.T) {
	b := newLogBench(t)
	p, err := policy.Parse("policy.yaml", []byte(strings.Replace(incidentPolicy, "deals_with_it: esafety_officer", "deals_with_it: workspace_admin", 1)))
	b.must(err)
	b.env.Policy = p
	b.sends(who("teacher"), concern(incidents.Pupil, incidents.Incident))
	b.sends(who("teacher"), concern(incidents.Adult, incidents.Incident))
	b.ran()
	b.now = b.now.AddDate(0, 0, 4)
	b.ran()
	if d := cmp.Diff(map[string]string{"A19 record.overdue": "open esafety_officer"}, b.findings()); d != "" || b.count(b.env.Store, findings.Findings) != 1 {
		t.Errorf("(-want +have):\n%s", d)
	}
}
