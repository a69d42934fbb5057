package jobs

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/incidents"
	"esafetybot/internal/memory"
	"esafetybot/internal/policy"
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
