package jobs

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/census"
	"esafetybot/internal/incidents"
	"esafetybot/internal/memory"
	"esafetybot/internal/people"
	"esafetybot/internal/policy"
	"esafetybot/internal/pseudonym"
	"esafetybot/internal/seen"
	"esafetybot/internal/shares"
	"esafetybot/internal/store"
)

// remembers writes what is remembered of accounts.
func (b *logBench) remembers(past map[string]memory.Past) {
	b.Helper()
	batch := &store.Batch{}
	for key, v := range map[string]any{"state": memory.State{First: b.now.AddDate(-1, 0, 0)}, "accounts-00": past} {
		body, err := json.Marshal(v)
		b.must(err)
		version := int64(0)
		if d, err := b.env.Store.Get(b.Context(), memory.Accounts, key); err == nil {
			version = d.Version
		}
		batch.Put(memory.Accounts, key, version, nil, body)
	}
	b.must(b.env.Store.Commit(b.Context(), batch))
}

// asked lists who is asked whether something stays.
func (b *logBench) asked() []string {
	b.Helper()
	out := []string{}
	for _, role := range entryDeciders {
		for _, p := range b.env.Policy.Person(role) {
			list, err := (&told{}).entriesToDecide(b.Context(), b.env, reader{Person: p})
			b.must(err)
			for _, a := range list {
				out = append(out, string(role))
				if text := strings.ToLower(a.Title + a.Question); strings.Contains(text, "incident") || strings.Contains(text, "pupil") || strings.Contains(text, "adult") {
					b.Errorf("the mail tells what it is about: %s", text)
				}
			}
		}
	}
	return out
}

// From a pupil's year group on the roll, over their leaving, to the question whether the entry stays: whoever decides is told and asked, and nobody else.
func TestEntryIsKept(t *testing.T) {
	b := newLogBench(t)
	b.remembers(map[string]memory.Past{"u-pupil": {Roll: "row", Year: "6"}})
	about := concern(incidents.Pupil, incidents.Incident)
	about.Form.Concerns = []string{"u-pupil"}
	b.sends(who("teacher"), about)
	b.ran()
	id := b.entries(incidents.Ordinary, "lead@school.example")[0].ID
	b.sends(who("lead"), incidents.Sent{Act: incidents.ActOpen, Entry: id})
	b.sends(who("officer"), incidents.Sent{Act: incidents.ActOpen, Entry: id})
	b.ran()
	toLead := func() int {
		return len(slices.DeleteFunc(b.letters(), func(l string) bool { return !strings.HasPrefix(l, "lead: ") }))
	}
	before, all := toLead(), len(b.letters())

	b.now = time.Date(2027, 7, 22, 9, 0, 0, 0, time.UTC)
	b.remembers(map[string]memory.Past{"u-pupil": {Roll: "row", Year: "6", Left: "2027-07-21"}})
	b.ran()
	b.ran()
	if toLead() != before+1 || len(b.letters()) != all+1 {
		t.Errorf("that the pupil left was told in other letters than one to the lead: %v", b.letters())
	}
	b.sends(who("lead"), incidents.Sent{Act: incidents.ActClose, Entry: id, WhoTold: "the new school", Learnt: "nothing"})
	b.ran()

	b.now = time.Date(2041, 8, 31, 9, 0, 0, 0, time.UTC)
	if have := b.asked(); len(have) > 0 {
		t.Errorf("on the last day %v are asked", have)
	}
	b.now = b.now.AddDate(0, 0, 1)
	if diff := cmp.Diff([]string{string(policy.RoleSafeguarding)}, b.asked()); diff != "" {
		t.Errorf("who is asked (-want +have):\n%s", diff)
	}
	b.sends(who("officer"), incidents.Sent{Act: incidents.ActDelete, Entry: id}) // not theirs to say
	b.ran()
	b.sends(who("lead"), incidents.Sent{Act: incidents.ActKeep, Entry: id, Until: "2042-01-01", Why: "a claim"})
	b.ran()
	if have := b.asked(); len(have) > 0 {
		t.Errorf("kept, and yet %v are asked", have)
	}
	b.now = time.Date(2042, 1, 2, 9, 0, 0, 0, time.UTC)
	if have := b.asked(); len(have) != 1 {
		t.Errorf("after that time %v are asked", have)
	}
	b.sends(who("lead"), incidents.Sent{Act: incidents.ActDelete, Entry: id})
	b.ran()
	if n := b.count(b.env.Store, incidents.Incidents) + b.count(b.env.Store, incidents.Receipts); n != 0 {
		t.Errorf("%d documents of it are left", n)
	}
	if n := b.count(b.env.Store, incidents.Ends); n != 1 {
		t.Errorf("that it was deleted is noted %d times", n)
	}
}

// A low-level concern is asked about when the account has ended, of the headteacher alone; by the clock nothing goes.
func TestLowLevelConcernIsKept(t *testing.T) {
	b := newLogBench(t)
	b.remembers(nil)
	about := concern(incidents.Adult, incidents.LowLevel)
	about.Form.Concerns = []string{"u-gone"}
	b.sends(who("lead"), about)
	stays := concern(incidents.Adult, incidents.LowLevel)
	stays.Form.Concerns = []string{"u-teacher"}
	b.sends(who("lead"), stays)
	b.ran()
	for _, e := range b.entries(incidents.Adults, "head@school.example") {
		b.sends(who("head"), incidents.Sent{Act: incidents.ActClose, Entry: e.ID, WhoTold: "nobody", Learnt: "nothing"})
	}
	b.ran()
	if diff := cmp.Diff([]string{string(policy.RoleHead)}, b.asked()); diff != "" {
		t.Errorf("who is asked (-want +have):\n%s", diff)
	}
	b.now = b.now.AddDate(60, 0, 0)
	if _, err := Retention(b.Context(), b.env, b.now); err != nil {
		t.Fatal(err)
	}
	if n := b.count(b.env.Store, incidents.AdultConcerns); n != 2 {
		t.Errorf("after sixty years, and with nobody having decided, %d entries are left of two", n)
	}
	over := slices.DeleteFunc(b.entries(incidents.Adults, "head@school.example"), func(e *incidents.Entry) bool { return e.Period == "" })
	if len(over) != 1 || over[0].Concerns[0].ID != "u-gone" {
		t.Errorf("the time is over of %d entries", len(over))
	}
}

// directory is a Google that tells who there is, and nothing else.
type directory struct{ ungrouped }

func (directory) Calls() map[string]int { return map[string]int{} }

// Whose account an entry about a pupil means is found once the Directory was read: by the address that somebody wrote, and by whose file it links to. What is nobody's or an adult's is taken off, and the entry says so.
func TestPupilIsFound(t *testing.T) {
	b := newLogBench(t)
	b.env.Policy.Pupils.OrgUnits, b.env.Policy.Staff.OrgUnits = []string{"/Oak/Pupils"}, []string{"/Oak/Staff"}
	b.env.Google = directory{ungrouped{quiet{google{accounts: []seen.Person{account(t, "pat", "/Oak/Pupils"), account(t, "kim", "/Oak/Staff"), account(t, "lead", "/Oak/Staff"), account(t, "officer", "/Oak/Staff"), account(t, "u-pia", "/Oak/Pupils")}}}}}
	b.remembers(map[string]memory.Past{"pat": {Roll: "row", Year: "6"}, "u-pia": {Roll: "row2", Year: "2"}})
	outside, err := people.Open(t.Context(), b.env.Store, b.env.Store.Commit)
	b.must(err)
	book, err := shares.Open(t.Context(), b.env.Store, outside, b.now, b.env.Store.Commit)
	b.must(err)
	for id, owner := range map[string]string{"1AbC": "u-pia", "2Def": "kim"} {
		b.must(book.Put(t.Context(), seen.Scope("user/"+owner), seen.Share{Kind: "file", ID: id, Owner: owner, Grants: []seen.Grant{{Type: "anyone", Role: "reader"}}}))
	}
	b.must(book.Flush(t.Context()))
	sent := concern(incidents.Pupil, incidents.Incident)
	sent.Form.Item = "file/1AbC"
	b.sends(who("teacher"), sent)
	b.ran()
	id := b.entries(incidents.Ordinary, "lead@school.example")[0].ID
	name := func(address string) {
		b.sends(who("lead"), incidents.Sent{Act: incidents.ActCorrect, Entry: id, Correction: &incidents.Correction{Pupil: pseudonym.Of(address)}})
	}
	name("pat@school.example")
	name("kim@school.example")
	name("nobody@school.example")
	name("officer@school.example") // has a role: refused when it is taken up
	b.ran()
	if e := b.entries(incidents.Ordinary, "lead@school.example")[0]; len(e.Pupils) != 3 || e.Period != "" {
		t.Errorf("before the Directory was read: %+v until %q", e.Pupils, e.Period)
	}
	c := census.New(b.env.Google, b.env.Policy, b.now, b.env.Log)
	if !c.Directory(t.Context()) {
		t.Fatal("no directory")
	}
	letters := len(b.letters())
	for range 2 {
		look, err := Incidents(t.Context(), b.env, b.box, c)
		if b.must(err); look.Record.Error != "" {
			t.Fatal(look.Record.Error)
		}
	}
	e := b.entries(incidents.Ordinary, "lead@school.example")[0]
	if diff := cmp.Diff([]incidents.Who{{ID: "pat"}, {ID: "u-pia"}}, e.Pupils); diff != "" {
		t.Errorf("whom it is about (-want +have):\n%s", diff)
	}
	var said []string
	for _, h := range e.History {
		if h.Who.Role == incidents.Program && h.What == incidents.WasCorrected {
			said = append(said, h.Detail)
		}
	}
	if len(said) != 4 {
		t.Errorf("the entry says %q", said)
	}
	if e.Period != "2045-08-31" { // Year 2: the younger of the two
		t.Errorf("kept until %s", e.Period)
	}
	if len(b.letters()) != letters {
		t.Error("that somebody was found is told by mail")
	}
}
