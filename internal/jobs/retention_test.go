package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	netmail "net/mail"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/access"
	"esafetybot/internal/actions"
	"esafetybot/internal/checkins"
	"esafetybot/internal/closures"
	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/incidents"
	"esafetybot/internal/memory"
	"esafetybot/internal/moderation"
	"esafetybot/internal/outbox"
	"esafetybot/internal/people"
	"esafetybot/internal/privacy"
	"esafetybot/internal/records"
	"esafetybot/internal/shares"
	"esafetybot/internal/store"
	"esafetybot/internal/views"
)

// attic is a state into which things of some age are put, and the time in it.
type attic struct {
	t          testing.TB
	main, site store.Store
	now        time.Time
}

func newAttic(t testing.TB) *attic {
	return &attic{t: t, main: openStore(t), site: openStore(t), now: place(t, "2026-11-23 18:00").UTC()} // a Monday
}

func (a *attic) env(main store.Store) Env {
	return Env{Store: main, Site: a.site, Exclusive: true, Policy: parsed(a.t, schoolPolicy), Google: silent{}, Clock: func() time.Time { return a.now }, Holder: "test"}
}

// silent is asked for nothing.
type silent struct{ Google }

func (silent) Calls() map[string]int { return nil }

// put writes a document of the main store.
func (a *attic) put(c *store.Collection, key string, fields map[string]string, v any) {
	a.t.Helper()
	a.putIn(a.main, c, key, fields, v)
}

func (a *attic) putIn(s store.Store, c *store.Collection, key string, fields map[string]string, v any) {
	a.t.Helper()
	body, err := json.Marshal(v)
	if err != nil {
		a.t.Fatal(err)
	}
	b := &store.Batch{}
	b.Create(c, key, fields, body)
	if err := s.Commit(a.t.Context(), b); err != nil {
		a.t.Fatalf("%s %s: %v", c.Name, key, err)
	}
}

// finding puts a finding, closed some days ago (-1: it is open), with two events.
func (a *attic) finding(subject string, status findings.Status, days int) string {
	f := findings.Finding{ID: findings.ID("A1", "sharing.public", subject), Clause: "A1", Rule: "sharing.public", Subject: subject, Facts: []string{"user/p1 reader"}, Status: status}
	fields := map[string]string{"means": "sharing", "status": string(status)}
	at := a.now.AddDate(0, 0, -days)
	if status == findings.Resolved {
		f.Closed = at
		fields["closed"] = store.Time(at)
	}
	a.put(findings.Findings, f.ID, fields, f)
	for i := range 2 {
		a.put(findings.Events, fmt.Sprintf("%s|%d", f.ID, i), map[string]string{"means": "sharing", "at": store.Time(at), "finding": f.ID}, findings.Event{Finding: f.ID, At: at})
	}
	return f.ID
}

func (a *attic) action(id, finding string, state actions.State, days int) {
	at := a.now.AddDate(0, 0, -days)
	a.put(actions.Actions, id, map[string]string{"state": string(state), "kind": "k", "finding": finding, "change": id},
		actions.Action{ID: id, Finding: finding, Subject: "file/of-" + id, State: state, Changed: at})
	a.put(actions.Events, id+"|1", map[string]string{"action": id, "at": store.Time(at)}, actions.Event{Action: id, At: at})
	a.put(views.Changes, id, nil, views.Change{ID: id})
}

func (a *attic) letter(address, kind string, days int, sent bool) {
	a.t.Helper()
	box, err := outbox.New(a.main, outbox.Options{Location: time.UTC, From: netmail.Address{Address: "safety@school.example"}})
	if err != nil {
		a.t.Fatal(err)
	}
	at := a.now.AddDate(0, 0, -days)
	b := &store.Batch{}
	if _, err := box.Put(a.t.Context(), b, at, outbox.Letter{To: netmail.Address{Address: address}, Kind: kind, Period: at.Format(time.DateOnly), UpTo: at, Subject: "s", Text: "t", HTML: "<p>t</p>"}); err != nil {
		a.t.Fatal(err)
	}
	if sent {
		for i, op := range b.Ops {
			var e outbox.Entry
			if op.C == outbox.Letters && json.Unmarshal(op.Body, &e) == nil {
				e.State = outbox.Sent
				b.Ops[i].Body, _ = json.Marshal(e)
				b.Ops[i].Fields["open"] = "no"
			}
		}
	}
	if err := a.main.Commit(a.t.Context(), b); err != nil {
		a.t.Fatal(err)
	}
}

// fill puts things on both sides of every line. Each key says "old" of what must go and "kept" of what must not.
func (a *attic) fill() {
	years := func(n int) int { return n * 366 }
	day := func(n int) time.Time { return a.now.AddDate(0, 0, -n) }

	a.finding("file/old", findings.Resolved, years(2)+1)
	a.finding("file/kept-closed-lately", findings.Resolved, 700)
	a.finding("file/kept-open", findings.Open, years(9))
	a.finding("file/kept-agreed", findings.Accepted, years(9))
	a.finding("file/kept-frozen", findings.Resolved, years(9))
	a.put(incidents.Holds, store.Key("file/kept-frozen", "ENTRY"), nil, nil)

	open := findings.ID("A1", "sharing.public", "file/kept-open")
	a.action("old-done", "gone", actions.Done, years(6)+1)
	a.action("kept-done-lately", "gone", actions.Done, years(6)-40)
	a.action("kept-declined-and-called-for", open, actions.Declined, years(7))
	a.action("kept-proposed", "gone", actions.Proposed, years(7))
	a.put(actions.Events, "old-halt", map[string]string{"at": store.Time(day(years(7)))}, actions.Event{At: day(years(7)), How: actions.Halted})

	a.put(findings.Firsts, "old", nil, findings.First{Finding: "old", At: day(15)})
	a.put(findings.Firsts, "kept", nil, findings.First{Finding: "kept", At: day(13)})

	for _, job := range []string{SharingJob, NamesJob} {
		for i, n := range []int{years(3), years(2), years(1) + 1} {
			key := fmt.Sprintf("old-%s-%d", job, i)
			if job == NamesJob && i == 2 {
				key = "kept-newest-" + job
			}
			a.put(Records, key, map[string]string{"job": job, "started": store.Time(day(n))}, Record{ID: key, Job: job, Started: day(n)})
		}
	}
	a.put(Records, "kept-lately", map[string]string{"job": SharingJob, "started": store.Time(day(300))}, Record{ID: "kept-lately", Job: SharingJob, Started: day(300)})

	for _, d := range []struct {
		id   string
		days int
	}{{"00000000000000000000000000000old", years(6) + 1}, {"0000000000000000000000000000kept", years(5)}} {
		a.putIn(a.site, decisions.Decisions, d.id, map[string]string{"do": decisions.Agree, "at": store.Time(day(d.days))}, decisions.Decision{ID: d.id, Do: decisions.Agree, At: day(d.days)})
		a.put(decisions.Judgements, d.id, nil, decisions.Judgement{At: day(d.days)})
	}
	a.put(decisions.Judgements, store.Key("cursor", decisions.Agree), nil, map[string]any{"at": day(years(7))})

	a.put(records.Entries, "old", nil, records.Entry{ID: "old", Dates: []records.Mark{{At: day(years(9))}}, Ended: &records.Mark{At: day(years(6) + 1)}})
	a.put(records.Entries, "kept-not-ended", nil, records.Entry{ID: "kept-not-ended", Dates: []records.Mark{{At: day(years(9))}}})
	a.put(closures.Closures, "closed", nil, []closures.Day{{Date: day(years(7)).Format(time.DateOnly), By: "kim"}, {Date: day(30).Format(time.DateOnly), By: "kim"}})
	a.put(checkins.Answers, "filtering", nil, []checkins.Answer{{ID: "old", At: day(years(2) + 2)}, {ID: "kept", At: day(100)}})
	a.put(checkins.Answers, "website", nil, []checkins.Answer{{ID: "old", At: day(years(4))}, {ID: "kept-newest", At: day(years(3))}})

	a.letter("pat@school.example", "digest", years(1)+1, true)
	a.letter("kim@school.example", "digest", 200, true)
	a.letter("kim@school.example", reportKind, years(2), true)
	a.letter("lou@school.example", "digest", years(2), false) // waits

	a.put(privacy.Log, "old", map[string]string{"at": store.Time(day(years(7)))}, privacy.Asked{})
	a.put(privacy.Log, "kept", map[string]string{"at": store.Time(day(years(1)))}, privacy.Asked{})

	a.put(people.People, "grantee|p1", nil, people.Person{Address: "p1@home.example"})      // in a finding that stays
	a.put(people.People, "grantee|old", nil, people.Person{Address: "nobody@home.example"}) // nobody mentions them
	b := &store.Batch{}
	if _, err := store.PutBlob(b, shares.Pictures, "owner|kim", store.BlobRef{}, nil, []byte(`{"shares":[{"grants":[{"id":"p2"}]}]}`)); err != nil {
		a.t.Fatal(err)
	}
	if err := a.main.Commit(a.t.Context(), b); err != nil {
		a.t.Fatal(err)
	}
	a.put(people.People, "grantee|p2", nil, people.Person{Address: "p2@home.example"})

	a.put(memory.Classes, "kept-there", nil, memory.Class{})
	a.put(moderation.Classes, "kept-there", nil, moderation.Class{Name: "there"})
	a.put(moderation.Classes, "old", nil, moderation.Class{Name: "gone", Taught: []string{"kim"}})
	a.put(moderation.Classes, "kept-waits", nil, moderation.Class{Posts: map[string]*moderation.Post{"1": {Acts: []moderation.Act{{Key: "k"}}}}})

	book, err := access.Open(a.t.Context(), a.main, a.main.Commit)
	if err != nil {
		a.t.Fatal(err)
	}
	book.Update(day(years(8)), []access.Present{{Account: "kim", What: []string{"account"}}, {Account: "lou", What: []string{"account", "role/1"}}, {Account: "old", What: []string{"account"}}}, []string{"account", "role"}, nil)
	book.Update(day(years(7)), []access.Present{{Account: "kim", What: []string{"account"}}, {Account: "lou", What: []string{"account"}}}, []string{"account", "role"}, nil)
	if err := book.Flush(a.t.Context()); err != nil {
		a.t.Fatal(err)
	}
}

// held is every document of all collections, less leases and the records of the job itself, each with its body.
func (a *attic) held(t testing.TB) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, p := range Places() {
		s := a.main
		if p.Site {
			s = a.site
		}
		for d, err := range s.Find(t.Context(), p.C, store.Ask{}) {
			if err != nil {
				t.Fatal(err)
			}
			if p.C == Leases || d.Fields["job"] == RetentionJob {
				continue
			}
			body := d.Body
			if p.Form == privacy.Blob {
				if body, _, err = store.GetBlob(t.Context(), s, p.C, d.Key); err != nil {
					t.Fatal(err)
				}
			}
			out[p.C.Name+" "+d.Key] = string(body)
		}
	}
	return out
}

func TestRetention(t *testing.T) {
	a := newAttic(t)
	a.fill()
	before := a.held(t)
	r, err := Retention(t.Context(), a.env(a.main), a.now)
	if err != nil || r.Error != "" {
		t.Fatal(err, r.Error)
	}
	after := a.held(t)
	var gone []string
	for k := range before {
		if _, ok := after[k]; !ok {
			gone = append(gone, k)
		}
	}
	slices.Sort(gone)
	old := findings.ID("A1", "sharing.public", "file/old")
	pat := outbox.RecipientID("pat@school.example")
	wrote := a.now.AddDate(0, 0, -367).Format(time.DateOnly)
	want := []string{
		"findings " + old, "events " + old + "|0", "events " + old + "|1", "actions old-done", "action_events old-done|1", "change_views old-done", "action_events old-halt", "first_agreements old",
		"runs old-" + SharingJob + "-0", "runs old-" + SharingJob + "-1", "runs old-" + SharingJob + "-2", "runs old-" + NamesJob + "-0", "runs old-" + NamesJob + "-1",
		"decisions 00000000000000000000000000000old", "judgements 00000000000000000000000000000old", "record_entries old", "people grantee|old", "moderation old", "privacy_log old", "access_holders old",
		"letters " + pat + "|digest|" + wrote, "letter_parts " + pat + "|digest|" + wrote + "|0", "marks " + pat, "marks " + outbox.RecipientID("lou@school.example"), // whose letter waits
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, gone); diff != "" {
		t.Errorf("what went (-want +have):\n%s", diff)
	}
	var filtering, website []checkins.Answer
	unpack(t, after["check_ins filtering"], &filtering)
	unpack(t, after["check_ins website"], &website)
	if len(filtering) != 1 || len(website) != 1 || website[0].ID != "kept-newest" {
		t.Errorf("answers that stay: %v, %v", filtering, website)
	}
	book, err := access.Open(t.Context(), a.main, a.main.Commit)
	if err != nil || len(book.Of("old")) != 0 || len(book.Of("kim")) != 1 || len(book.Of("lou")) != 1 {
		t.Errorf("the access record: %v %v %v (%v)", book.Of("old"), book.Of("kim"), book.Of("lou"), err)
	}
	for name, n := range map[string]int{"findings": 1, "events": 2, "actions": 1, "action_events": 2, "runs": 5, "letters": 1, "marks": 2, "decisions": 1, "judgements": 1, "check_ins": 2, "access": 2, "closures": 1} {
		if r.Deleted[name] != n {
			t.Errorf("the run says that it deleted %d of %s, want %d", r.Deleted[name], name, n)
		}
	}
	again, err := Retention(t.Context(), a.env(a.main), a.now.Add(time.Hour))
	if err != nil || len(again.Deleted) > 0 {
		t.Errorf("a second run deleted %v (%v)", again.Deleted, err)
	}
}

func unpack(t testing.TB, body string, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(body), v); err != nil {
		t.Fatal(err)
	}
}

// mortal is a store that dies after some batches: nothing is written any more.
type mortal struct {
	store.Store
	left int
	die  context.CancelFunc
}

var errDead = errors.New("killed")

func (m *mortal) Commit(ctx context.Context, b *store.Batch) error {
	if m.left == 0 {
		m.die()
		return errDead
	}
	m.left--
	return m.Store.Commit(ctx, b)
}

// Killed after any batch and run again, the job ends where it would have ended.
func TestRetentionKills(t *testing.T) {
	whole := newAttic(t)
	whole.fill()
	counter := store.Counting(whole.main)
	if _, err := Retention(t.Context(), whole.env(counter), whole.now); err != nil {
		t.Fatal(err)
	}
	want := whole.held(t)
	batches := int(counter.Batches())
	if batches < 8 {
		t.Fatalf("only %d batches: nothing to be killed between", batches)
	}
	for n := range batches {
		a := newAttic(t)
		a.fill()
		ctx, die := context.WithCancel(t.Context())
		if _, err := Retention(ctx, a.env(&mortal{a.main, n, die}), a.now); err == nil {
			t.Fatalf("%d batches: it was not killed", n)
		}
		die()
		if _, err := Retention(t.Context(), a.env(a.main), a.now); err != nil {
			t.Fatalf("after %d batches: %v", n, err)
		}
		if diff := cmp.Diff(want, a.held(t)); diff != "" {
			t.Fatalf("killed after %d batches (-want +have):\n%s", n, diff)
		}
	}
}

// Over two years a clock that runs day by day lets everything pass at its time, and nothing before.
func TestRetentionOverTwoYears(t *testing.T) {
	a := newAttic(t)
	start := a.now
	id := a.finding("file/passes", findings.Resolved, 0)
	open := a.finding("file/stays", findings.Open, 0)
	a.letter("pat@school.example", "digest", 0, true)
	a.action("passes-not", id, actions.Done, 0)
	went := map[string]int{}
	held := slices.Collect(maps.Keys(a.held(t)))
	for day := 1; day <= 740; day += 3 {
		a.now = start.AddDate(0, 0, day)
		if _, err := Retention(t.Context(), a.env(a.main), a.now); err != nil {
			t.Fatal(err)
		}
		now := a.held(t)
		for _, k := range held {
			if _, ok := now[k]; !ok && went[k] == 0 {
				went[k] = day
			}
		}
	}
	for k, from := range map[string]int{"findings " + id: 730, "events " + id + "|0": 730, "letters " + outbox.Key("pat@school.example", "digest", start.Format(time.DateOnly)): 365} {
		if went[k] < from || went[k] > from+4 {
			t.Errorf("%s went on day %d, want within three days of %d", k, went[k], from)
		}
	}
	for _, k := range []string{"findings " + open, "events " + open + "|0", "actions passes-not"} {
		if went[k] != 0 {
			t.Errorf("%s went on day %d", k, went[k])
		}
	}
}

// The text of messages goes when the policy says, and that there were any a while later; a policy that says little keeps the rest for a while all the same.
func TestRetentionOfLittle(t *testing.T) {
	a := newAttic(t)
	id := a.finding("file/closed", findings.Resolved, 60)
	a.letter("pat@school.example", "digest", 60, true)
	env := a.env(a.main)
	for k := range env.Policy.Retention {
		env.Policy.Retention[k] = env.Policy.Retention["messages"]
		p := env.Policy.Retention[k]
		p.Count, p.Unit = 30, "day"
		env.Policy.Retention[k] = p
	}
	if _, err := Retention(t.Context(), env, a.now); err != nil {
		t.Fatal(err)
	}
	held := a.held(t)
	key := outbox.Key("pat@school.example", "digest", a.now.AddDate(0, 0, -60).Format(time.DateOnly))
	if held["letters "+key] == "" || held["letter_parts "+key+"|0"] != "" || held["findings "+id] == "" {
		t.Errorf("held: %v", slices.Sorted(maps.Keys(held)))
	}
}

// It has its turn once a day, when reports go.
func TestRetentionDue(t *testing.T) {
	a := newAttic(t)
	for _, c := range []struct {
		at   string
		want bool
	}{{"2026-11-23 18:00", true}, {"2026-11-23 19:00", false}, {"2026-11-24 18:30", true}} {
		a.now = place(t, c.at).UTC()
		due, err := Due(t.Context(), a.env(a.main))
		if err != nil || slices.Contains(due, RetentionJob) != c.want {
			t.Errorf("%s: due are %v (%v)", c.at, due, err)
		}
		if c.want {
			if _, err := Retention(t.Context(), a.env(a.main), a.now); err != nil {
				t.Fatal(err)
			}
		}
	}
}
