package incidents

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/calendar"
	"esafetybot/internal/policy"
	"esafetybot/internal/pseudonym"
)

func FuzzParseSent(f *testing.F) {
	for _, s := range []string{
		"", "null", "{}", `{"act":"open","entry":"E"}`, `{"act":"open"}`, `{"act":"raise","form":{"Kind":"incident","About":"pupil"}}`, `{"act":"raise","entry":"E","form":{}}`,
		`{"act":"correct","entry":"E","correction":{"About":"adult","Note":"n"}}`, `{"act":"open","entry":"E"}{}`, `{"act":"open","entry":"E","more":1}`, `{"act":"close","entry":"E","who_told":"a","learnt":"b"}`,
		`{"act":"raise","form":{"Date":{"Year":2026,"Month":13,"Day":99},"Known":"9999-12-31T23:59:59Z"}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := ParseSent(data)
		if err != nil {
			if !errors.Is(err, ErrForm) {
				t.Fatal(err)
			}
			return
		}
		// Whatever was written, doing it ends, and what cannot be taken writes nothing.
		b := inMemory(t)
		_, err = b.Take(ctx, teacher, "form", monday, s)
		if err == nil && s.Act != ActRaise {
			t.Errorf("%s of an entry that is not there", s.Act)
		}
		if err != nil && dump(t, b.Store) != "{}" {
			t.Errorf("%v, and yet: %s", err, dump(t, b.Store))
		}
		again, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseSent(again); err != nil && len(again) <= MaxSent {
			t.Errorf("written again it cannot be read: %v", err)
		}
	})
}

// What site and worker hand over arrives as it was.
func TestSentThereAndBack(t *testing.T) {
	empty, note := "", "a note"
	for _, s := range []Sent{
		{Act: ActRaise, Form: &Form{Kind: DataBreach, About: Nobody, ConcernsRoles: []policy.Role{policy.RoleHead}, Date: calendar.Date{Year: 2026, Month: 9, Day: 14}, Known: monday, Item: "file/1AbC", Reference: "R", Note: "n"}},
		{Act: ActCorrect, Entry: "E", Correction: &Correction{About: Adult, Item: &empty, Note: &note}},
		{Act: ActClose, Entry: "E", WhoTold: "a", Learnt: "b"},
		{Act: ActRaise, Form: &Form{Kind: Incident, About: Pupil, Note: strings.Repeat("\u0001", MaxNote), Reference: strings.Repeat("\u0001", MaxReference)}},
		{Act: ActClose, Entry: "E", WhoTold: strings.Repeat("\u2028", MaxClosing), Learnt: strings.Repeat("\u2028", MaxClosing)},
	} {
		data, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParseSent(data)
		if d := cmp.Diff(s, back); err != nil || d != "" {
			t.Errorf("%v %s", err, d)
		}
	}
}

// A form that lay there for a day says when the school knew, and is the same form when it is sent again.
func TestSentEarlier(t *testing.T) {
	b := inMemory(t)
	s := Sent{Act: ActRaise, Form: &Form{Kind: DataBreach, About: Nobody}}
	b.now = monday.Add(26 * time.Hour)
	r, err := b.Take(ctx, teacher, "form", monday, s)
	b.ok(err)
	e := b.stored(r.ID)
	if !e.Known.Equal(monday) || e.Date != "2026-09-14" || !e.Raised.Equal(b.now) {
		t.Errorf("known %v, day %s, raised %v", e.Known, e.Date, e.Raised)
	}
	again, err := b.Take(ctx, teacher, "form", b.now, s)
	b.ok(err)
	if again.ID != r.ID {
		t.Error("the same form made another entry")
	}
	b.now = monday
	_, err = b.Take(ctx, teacher, "later", monday.Add(time.Hour), s) // a clock that runs ahead
	b.ok(err)
}

func TestDryWritesNothing(t *testing.T) {
	b := inMemory(t)
	id := b.raise(Form{About: Pupil, Note: "n"})
	before := dump(t, b.Store)
	b.Log.Commit = Dry
	for _, s := range []Sent{{Act: ActRaise, Form: &Form{Kind: Incident, About: Pupil}}, {Act: ActOpen, Entry: id}, {Act: ActClose, Entry: id, WhoTold: "a", Learnt: "b"}} {
		_, err := b.Take(ctx, officer, "f", monday, s)
		b.ok(err)
	}
	_, err := b.Take(ctx, officer, "f", monday, Sent{Act: ActClose, Entry: id})
	b.wants(err, ErrForm)
	if d := cmp.Diff(before, dump(t, b.Store)); d != "" {
		t.Error(d)
	}
}

func TestHasOpenedAndConcernsStaff(t *testing.T) {
	b := inMemory(t)
	id := b.raise(Form{About: Pupil})
	if b.HasOpened(officer, b.stored(id)) {
		t.Error("nobody has")
	}
	_, err := b.Open(ctx, officer, id)
	b.ok(err)
	hashed := By{Hash: pseudonym.Of(officer.Address)}
	if e := b.stored(id); !b.HasOpened(officer, e) || !b.HasOpened(hashed, e) || b.HasOpened(lead, e) {
		t.Error("the officer has, and nobody else")
	}
	if b.ConcernsStaff(b.stored(id)) || !b.ConcernsStaff(b.stored(b.raise(Form{ID: "2", About: Pupil, ConcernsRoles: []policy.Role{policy.RoleOfficer}}))) ||
		!b.ConcernsStaff(b.stored(b.raise(Form{ID: "3", About: Pupil, ConcernsRoles: []policy.Role{policy.RoleITSupport}}))) {
		t.Error("it concerns whom the form names, and nobody else")
	}
	if b.ConcernsStaff(b.stored(b.raise(Form{ID: "4", About: Pupil, Concerns: []string{"u-pupil"}}))) {
		t.Error("a pupil is no staff")
	}
}

// What the log serves is what the policy is told that it keeps.
func TestServesWhatIsBuilt(t *testing.T) {
	for _, k := range kinds {
		if !policy.Built(policy.Record, k.Record) {
			t.Errorf("%s is not built, and is served", k.Record)
		}
	}
	for _, name := range []string{"meetings", "consents", "audit", "exceptions"} {
		if Serves(name) {
			t.Errorf("%s is no kind of entry", name)
		}
	}
}
