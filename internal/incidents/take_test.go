package incidents

import (
	"encoding/json"
	"errors"
	"slices"
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

// A form is offered where the policy asks for a record that the log serves, in whichever clause, and nowhere else.
func TestUsed(t *testing.T) {
	means := func(kind policy.Kind, name string) policy.Clause {
		return policy.Clause{MetBy: []policy.Means{{Kind: policy.CheckIn, Name: "filtering"}, {Kind: kind, Name: name}}}
	}
	for name, c := range map[string]struct {
		clauses []policy.Clause
		want    bool
	}{
		"no clause":            {nil, false},
		"a list":               {[]policy.Clause{means(policy.Record, "visitors")}, false},
		"incidents":            {[]policy.Clause{means(policy.Record, "visitors"), means(policy.Record, "incidents")}, true},
		"a check of that name": {[]policy.Clause{means(policy.Check, "incidents")}, false},
	} {
		if have := Used(&policy.Policy{Clauses: c.clauses}); have != c.want {
			t.Errorf("%s: %v, want %v", name, have, c.want)
		}
	}
}

// What is said of each act must be what it needs: nothing else is done, and nothing is done of what nobody knows.
func TestParseSent(t *testing.T) {
	whole := map[Act]Sent{ActRaise: {Form: &Form{Kind: Incident}}, ActCorrect: {Entry: "E", Correction: &Correction{}}}
	for _, act := range Acts {
		s, special := whole[act]
		if !special {
			s = Sent{Entry: "E"}
		}
		s.Act = act
		if _, err := ParseSent(must(json.Marshal(s))); err != nil {
			t.Errorf("%s: %v", act, err)
		}
		for name, spoil := range map[string]func(*Sent){
			"another entry than there must be": func(s *Sent) { s.Entry = map[bool]string{true: "E"}[act == ActRaise] },
			"no form and no correction":        func(s *Sent) { s.Form, s.Correction = nil, nil },
			"no act":                           func(s *Sent) { s.Act = "" },
			"an act that is none":              func(s *Sent) { s.Act = "gossip" },
		} {
			bad := s
			spoil(&bad)
			back, err := ParseSent(must(json.Marshal(bad)))
			if fine := !special && name == "no form and no correction"; (err == nil) != fine || err != nil && (!errors.Is(err, ErrForm) || !cmp.Equal(back, Sent{})) {
				t.Errorf("%s, %s: %+v, %v", act, name, back, err)
			}
		}
	}
	good := `{"act":"open","entry":"E"}`
	for text, want := range map[string]bool{
		good: true, good + "{}": false, good + strings.Repeat(" ", MaxSent-len(good)): true, good + strings.Repeat(" ", MaxSent-len(good)+1): false, `{"act":"open","entry":"E","more":1}`: false, "": false,
	} {
		if _, err := ParseSent([]byte(text)); (err == nil) != want {
			t.Errorf("%.40s… (%d bytes): %v", text, len(text), err)
		}
	}
}

// Each act is done to the entry, by whoever it is for, and the entry says so.
func TestTake(t *testing.T) {
	day := "2060-01-01"
	for _, c := range []struct {
		by   By
		of   Sent
		late bool // when its time is over
		want What // the last that happened; "" where nothing is left of it
	}{
		{officer, Sent{Act: ActOpen}, false, WasOpened},
		{lead, Sent{Act: ActCorrect, Correction: &Correction{Kind: Incident}}, false, WasCorrected},
		{head, Sent{Act: ActSettle, Answer: "taken-down"}, false, WasSettled},
		{lead, Sent{Act: ActClose, WhoTold: "a", Learnt: "b"}, false, WasClosed},
		{lead, Sent{Act: ActReopen}, true, WasReopened},
		{lead, Sent{Act: ActKeep, Until: day, Why: "a claim"}, true, WasKept},
		{lead, Sent{Act: ActDelete}, true, ""},
		{admin, Sent{Act: ActDown}, false, WasSettled},
		{lead, Sent{Act: ActExport}, false, WasExported},
	} {
		b := inMemory(t)
		b.Takers = []policy.Role{policy.RoleAdmin}
		id := b.raise(Form{Kind: Takedown, About: Pupil, Item: "file/1"})
		if c.by.Role == head.Role { // who may read it once nobody opened it
			b.hours(24)
		}
		if c.late {
			b.shut(lead, id)
			b.years(26, 0)
		}
		c.of.Entry = id
		r, err := b.Take(ctx, c.by, "form", monday, c.of)
		if err != nil || r != (Receipt{}) {
			t.Errorf("%s: %+v, %v", c.of.Act, r, err)
			continue
		}
		e, err := b.load(ctx, id)
		if c.want == "" {
			b.wants(err, ErrNone)
			continue
		}
		b.ok(err)
		if have := e.History[len(e.History)-1].What; have != c.want {
			t.Errorf("%s: the last that happened is %s, want %s", c.of.Act, have, c.want)
		}
	}
	b := inMemory(t)
	if _, err := b.Take(ctx, lead, "form", monday, Sent{Act: "gossip", Entry: b.raise(Form{About: Pupil})}); !errors.Is(err, ErrForm) {
		t.Errorf("an act that is none: %v", err)
	}
}

func TestGoverns(t *testing.T) {
	b := inMemory(t)
	for _, by := range append(slices.Clone(everyone), By{}) {
		if want := by.Role == governor.Role || by.Role == chair.Role || by.Role == head.Role; b.Governs(by) != want {
			t.Errorf("%q governs: %v", by.Role, !want)
		}
	}
}
