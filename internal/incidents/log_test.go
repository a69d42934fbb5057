package incidents

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/calendar"
	"esafetybot/internal/policy"
	"esafetybot/internal/pseudonym"
	"esafetybot/internal/store"
)

// TestLife is one entry from beginning to end, and what anybody sees of it.
func TestLife(t *testing.T) {
	onBoth(t, func(b *bench) {
		f := Form{ID: "form", Kind: Incident, About: Pupil, Item: "file/1AbC", Reference: "CP-17", Note: "  A message from somebody unknown. "}
		id := b.raise(f)
		if e := b.stored(id); e.Note != "A message from somebody unknown." || e.Date != "2026-09-14" || e.By != teacher.who() {
			b.Fatalf("%+v", e)
		}
		_, err := b.Open(ctx, teacher, id)
		b.wants(err, ErrNone)
		_, err = b.Open(ctx, officer, id)
		b.ok(err)
		b.now = b.now.Add(time.Minute)
		_, err = b.Open(ctx, officer, id) // the second reading is no event
		b.ok(err)
		b.wants(b.Close(ctx, officer, id, "the parents", " "), ErrForm)
		b.wants(b.Close(ctx, officer, id, "", "to look sooner"), ErrForm)
		b.wants(b.Close(ctx, officer, id, "x", strings.Repeat("é", MaxClosing+1)), ErrForm)
		b.wants(b.Reopen(ctx, officer, id, ""), ErrState)
		b.frozen("file/1AbC", true)
		b.ok(b.Close(ctx, lead, id, "the parents", strings.Repeat("é", MaxClosing)))
		b.wants(b.Close(ctx, lead, id, "the parents", "twice"), ErrState)
		b.wants(b.Correct(ctx, lead, id, Correction{About: Adult}), ErrState)
		b.frozen("file/1AbC", false)
		if e := b.stored(id); e.Note != "" || e.State != Closed {
			b.Errorf("%+v", e)
		}
		b.hours(24)
		b.ok(b.Reopen(ctx, officer, id, "It happened again."))
		b.frozen("file/1AbC", true)
		b.history(id, "class_teacher raised", "esafety_officer opened", "safeguarding_lead opened", "safeguarding_lead closed", "esafety_officer reopened")
		if e := b.stored(id); len(e.Closings) != 1 || e.Note == "" || !e.Since.Equal(b.now) || !e.Raised.Equal(monday) {
			b.Errorf("%+v", e)
		}
		// Nothing else says a word of it.
		if body := dump(t, b.Store); strings.Contains(body, "@") || strings.Contains(body, "parents") && strings.Contains(body, "unknown") {
			b.Error(body)
		}
	})
}

func (b *bench) frozen(subject string, want bool) {
	b.Helper()
	f, err := b.Holds(ctx)
	b.ok(err)
	if f.Frozen("file/another", subject) != want || f.Frozen("file/another") || f.Frozen() {
		b.Errorf("%s frozen: %v, want %v", subject, !want, want)
	}
}

func (b *bench) history(id string, want ...string) {
	b.Helper()
	var have []string
	for _, e := range b.stored(id).History {
		have = append(have, e.Who.Role+" "+string(e.What))
	}
	if diff := cmp.Diff(want, have); diff != "" {
		b.Errorf("history: %s", diff)
	}
}

func TestFormsThatCannotBeTaken(t *testing.T) {
	b := inMemory(t)
	good := Form{ID: "f", Kind: Incident, About: Pupil}
	for name, spoil := range map[string]func(*Form){
		"no id of the form": func(f *Form) { f.ID = "" },
		"no kind":           func(f *Form) { f.Kind = "gossip" },
		"about nothing":     func(f *Form) { f.About = "" },
		"tomorrow":          func(f *Form) { f.Date = calendar.Date{Year: 2026, Month: 9, Day: 15} },
		"known tomorrow":    func(f *Form) { f.Known = monday.Add(time.Minute) },
		"a long note":       func(f *Form) { f.Note = strings.Repeat("é", MaxNote+1) },
		"a picture":         func(f *Form) { f.Note = "look: DATA:image/png;base64,iVBOR" },
		"a long reference":  func(f *Form) { f.Reference = strings.Repeat("1", MaxReference+1) },
		"an address":        func(f *Form) { f.Reference = "somebody@school.example" },
		"two lines":         func(f *Form) { f.Reference = "1\n2" },
		"a name":            func(f *Form) { f.Concerns = []string{"Some Body"} },
		"an account's name": func(f *Form) { f.Concerns = []string{"somebody@school.example"} },
		"no role":           func(f *Form) { f.ConcernsRoles = []policy.Role{"caretaker"} },
		"a teacher's role":  func(f *Form) { f.ConcernsRoles = []policy.Role{policy.RoleClassTeacher} },
		"too many":          func(f *Form) { f.Concerns = make([]string, maxConcerns+1) },
		"no item":           func(f *Form) { f.Item = "1AbC" },
		"an item's title":   func(f *Form) { f.Item = "file/Some Body.docx" },
		"an item too long":  func(f *Form) { f.Item = "file/" + strings.Repeat("/", 200) },
	} {
		f := good
		spoil(&f)
		_, err := b.Raise(ctx, teacher, f)
		if !errors.Is(err, ErrForm) || strings.Contains(err.Error(), "Some") || strings.Contains(err.Error(), "somebody@") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := b.Raise(ctx, By{Role: "headteacher"}, good); !errors.Is(err, ErrForm) {
		t.Error(err)
	}
	if have := dump(t, b.Store); have != "{}" {
		t.Error(have)
	}
	b.raise(Form{Note: strings.Repeat("é", MaxNote), About: Pupil, Item: "class~post/" + strings.Repeat("x", 200)})
}

// The same form from the same person is the same entry, whatever became of it; other words in it are not taken, and not lost without a word.
func TestTheSameFormAgain(t *testing.T) {
	onBoth(t, func(b *bench) {
		f := Form{ID: "form", Kind: Incident, About: Pupil, Item: "file/1", Note: "one"}
		first, err := b.Raise(ctx, teacher, f)
		b.ok(err)
		other := f
		other.Note = "two"
		again := func() {
			b.Helper()
			b.hours(1)
			second, err := b.Raise(ctx, teacher, f)
			if b.ok(err); first != second {
				b.Errorf("%+v, and again %+v", first, second)
			}
			_, err = b.Raise(ctx, teacher, other)
			b.wants(err, ErrForm)
		}
		again()
		b.ok(b.Correct(ctx, officer, first.ID, Correction{About: Adult}))
		again()
		b.ok(b.Close(ctx, head, first.ID, "the council", "nothing new"))
		again()
		if third, err := b.Raise(ctx, lead, other); err != nil || third.ID == first.ID {
			b.Errorf("somebody else's form: %+v, %v", third, err)
		}
		list, err := b.Receipts(ctx, teacher)
		if diff := cmp.Diff([]Receipt{{ID: first.ID, At: monday}}, list); diff != "" || err != nil {
			b.Error(diff, err)
		}
		for _, by := range []By{{ID: teacher.ID}, {Address: teacher.Address}} {
			if list, err := b.Receipts(ctx, by); err != nil || len(list) != 1 {
				b.Error(by, list, err)
			}
		}
		if list, err := b.Receipts(ctx, head); err != nil || len(list) != 0 {
			b.Error(list, err)
		}
	})
}

func TestNobodyLeft(t *testing.T) {
	b := inMemory(t)
	b.Numbers.LADO = "01632 960001"
	r, err := b.Raise(ctx, teacher, Form{ID: "f", Kind: LowLevel, About: Adult, ConcernsRoles: []policy.Role{policy.RoleHead, policy.RoleChair}})
	if b.ok(err); !r.Nobody || !strings.Contains(r.Words, "01632 960001") {
		t.Errorf("%+v", r)
	}
	if have := b.readers(r.ID); len(have) != 0 {
		t.Error(have)
	}
	// It was kept: a new chair reads it.
	next := By{Address: "next@home.example"}
	b.Roster = append(b.Roster[:6:6], row(next, policy.RoleChair))
	if n, err := b.Notices(ctx, Adults); err != nil || len(n) != 1 || n[0].To[0].Address != next.Address {
		t.Errorf("%+v, %v", n, err)
	}
	_, err = b.Open(ctx, next, r.ID)
	b.ok(err)
	// The one before has nothing in the roster now, and still does not read it; nor does anybody who comes to hold a role that nobody held.
	b.wants(errOf(b.Get(ctx, chair, r.ID)), ErrNone)
	b.Roster = nil
	id := b.raise(Form{ID: "g", Kind: LowLevel, About: Adult, ConcernsRoles: []policy.Role{policy.RoleChair}})
	b.Roster = fullRoster()
	b.Roster = append(b.Roster[:4:4], b.Roster[6:]...) // no headteacher
	if have := b.readers(id); len(have) != 0 {
		t.Error(have)
	}
}

func errOf[T any](_ T, err error) error { return err }

// Pupil to adult: all of it moves, and who read it before sees nothing of it any more.
func TestMovesUpwards(t *testing.T) {
	onBoth(t, func(b *bench) {
		id := b.raise(Form{About: Pupil, Item: "file/1", Concerns: []string{teacher.ID}})
		_, err := b.Open(ctx, lead, id)
		b.ok(err)
		b.wants(b.Correct(ctx, officer, id, Correction{About: Nobody}), ErrMay)
		b.wants(b.Correct(ctx, head, id, Correction{About: Adult}), ErrNone)
		b.wants(b.Correct(ctx, officer, id, Correction{About: "robot"}), ErrForm)
		b.hours(1)
		b.ok(b.Correct(ctx, officer, id, Correction{About: NotSure}))
		for _, by := range []By{officer, lead, deputy, deputyDS} {
			b.wants(errOf(b.Get(ctx, by, id)), ErrNone)
		}
		_, errThere := b.Get(ctx, officer, id)
		if _, errNot := b.Get(ctx, officer, "no-such-entry"); errThere.Error() != errNot.Error() {
			b.Errorf("%q tells more than %q", errThere, errNot)
		}
		for _, s := range []Shelf{Ordinary, Adults} {
			n := 0
			for _, err := range b.all(ctx, s, "") {
				b.ok(err)
				n++
			}
			if n != int(s) {
				b.Errorf("shelf %d holds %d", s, n)
			}
		}
		b.frozen("file/1", true)
		b.wants(b.Correct(ctx, officer, id, Correction{About: Pupil}), ErrNone)
		b.ok(b.Correct(ctx, head, id, Correction{About: Adult}))
		b.ok(b.Correct(ctx, head, id, Correction{About: Pupil}))
		if diff := cmp.Diff([]string{officer.Role, lead.Role}, b.readers(id)); diff != "" {
			b.Error(diff)
		}
		b.history(id, "class_teacher raised", "safeguarding_lead opened", "esafety_officer opened", "esafety_officer corrected",
			"headteacher opened", "headteacher corrected", "headteacher corrected")
		b.wants(b.Correct(ctx, officer, id, Correction{Kind: LowLevel, ConcernsRoles: []policy.Role{"x"}}), ErrForm)
		b.ok(b.Correct(ctx, officer, id, Correction{Kind: LowLevel})) // which is about an adult, always
		b.wants(errOf(b.Get(ctx, officer, id)), ErrNone)
		b.wants(errOf(b.Get(ctx, lead, id)), ErrNone)
	})
}

// Whom it concerns can be added at any time, and the one who is added is out.
func TestConcernsCanBeAdded(t *testing.T) {
	b := inMemory(t)
	id := b.raise(Form{About: Pupil})
	_, err := b.Open(ctx, officer, id)
	b.ok(err)
	b.ok(b.Correct(ctx, lead, id, Correction{Concerns: []string{officer.ID}}))
	b.wants(errOf(b.Get(ctx, officer, id)), ErrNone)
	// That the officer opened it once does not keep it from being passed on; that the lead corrected it does.
	if e := b.stored(id); len(e.Opened) != 1 || !e.Opened[0].same(lead.who()) {
		t.Errorf("%+v", e.Opened)
	}
	b.ok(b.Correct(ctx, lead, id, Correction{ConcernsRoles: []policy.Role{policy.RoleSafeguarding}}))
	b.wants(errOf(b.Get(ctx, lead, id)), ErrNone)
	if diff := cmp.Diff([]string{head.Role}, b.readers(id)); diff != "" {
		t.Error(diff)
	}
	// Who names themselves has opened it for nobody: it is passed on as if unread.
	id = b.raise(Form{ID: "2", About: Pupil})
	b.ok(b.Correct(ctx, officer, id, Correction{Concerns: []string{officer.ID}}))
	b.hours(1)
	if diff := cmp.Diff([]string{lead.Role, deputyDS.Role}, b.readers(id)); diff != "" {
		t.Error(diff)
	}
}

func TestCorrectsWords(t *testing.T) {
	b := inMemory(t)
	id := b.raise(Form{About: Pupil, Item: "file/1", Note: "one"})
	p := func(s string) *string { return &s }
	b.ok(b.Correct(ctx, officer, id, Correction{Kind: Takedown, Item: p("file/2"), Note: p("two"), Reference: p("CP-1")}))
	b.frozen("file/1", false)
	b.frozen("file/2", true)
	e := b.stored(id)
	if e.Kind != Takedown || e.Note != "two" || e.Reference != "CP-1" || e.History[2].Detail != "kind: online-safety incident, now material to be taken down; the note; reference: CP-1; the item it links to" {
		t.Errorf("%+v", e)
	}
	b.ok(b.Correct(ctx, officer, id, Correction{Item: p(""), Note: p("two")}))
	b.frozen("file/2", false)
	b.ok(b.Correct(ctx, officer, id, Correction{Note: p("two")})) // nothing new: no event
	if n := len(b.stored(id).History); n != 4 {
		t.Errorf("%d events", n)
	}
	for _, c := range []Correction{{Kind: "x"}, {Item: p("x")}, {Note: p(strings.Repeat("x", 501))}, {Reference: p("a@b")}} {
		b.wants(b.Correct(ctx, officer, id, c), ErrForm)
	}
	// Two entries may hold one item.
	one, two := b.raise(Form{ID: "1", About: Pupil, Item: "file/3"}), b.raise(Form{ID: "2", About: Adult, Item: "file/3"})
	b.ok(b.Close(ctx, officer, one, "x", "y"))
	b.frozen("file/3", true)
	b.ok(b.Close(ctx, head, two, "x", "y"))
	b.frozen("file/3", false)
}

// The past of an entry stays, whoever writes it.
func TestThePastStays(t *testing.T) {
	b := inMemory(t)
	id := b.raise(Form{About: Pupil})
	for name, spoil := range map[string]func(*Entry){
		"no event":  func(*Entry) {},
		"forgotten": func(e *Entry) { e.History = e.History[:0] },
		"replaced":  func(e *Entry) { e.History = []Event{{What: WasOpened}, {What: WasOpened}} },
		"reworded":  func(e *Entry) { e.History[0].Detail = "nothing"; e.happened(b.now, Who{}, WasOpened, "") },
		"closing":   func(e *Entry) { e.shut = []Closing{{Learnt: "x"}}; e.happened(b.now, Who{}, WasOpened, "") },
	} {
		e := b.stored(id)
		spoil(e)
		if err := e.put(&store.Batch{}); !errors.Is(err, ErrPast) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNotices(t *testing.T) {
	onBoth(t, func(b *bench) {
		id := b.raise(Form{ID: "1", About: Pupil})
		b.raise(Form{ID: "2", About: Adult})
		who := func(s Shelf) string {
			b.Helper()
			list, err := b.Notices(ctx, s)
			b.ok(err)
			var out []string
			for _, n := range list {
				for _, t := range n.To {
					out = append(out, fmt.Sprintf("%s %s %v", n.Entry, t.Address, t.Passed))
				}
			}
			return strings.Join(out, ", ")
		}
		if have := who(Adults); have != "entry-2 head@school.example false" {
			b.Error(have)
		}
		_, err := b.Open(ctx, lead, id) // who has read it needs no letter
		b.ok(err)
		if have := who(Ordinary); have != "entry-1 officer@school.example false" {
			b.Error(have)
		}
		list, err := b.Notices(ctx, Ordinary)
		b.ok(err)
		for range 2 { // a batch that was lost is made again
			batch := &store.Batch{}
			b.ok(b.MarkTold(batch, list[0]))
			if err = b.Commit(ctx, batch); err == nil {
				continue
			}
			b.wants(err, store.ErrConflict)
		}
		if have := who(Ordinary); have != "" {
			b.Error(have)
		}
		if e := b.stored(id); len(e.Told) != 1 || e.History[2].Whom.Hash != pseudonym.Of(officer.Address) || e.History[2].Who.Role != Program {
			b.Errorf("%+v", e)
		}
		// Passed on, once reopened and not read: everybody is told anew.
		b.ok(b.Close(ctx, lead, id, "x", "y"))
		b.hours(24)
		b.ok(b.Reopen(ctx, lead, id, ""))
		if have := who(Ordinary); have != "entry-1 officer@school.example false" {
			b.Error(have)
		}
		second := b.raise(Form{ID: "3", About: Pupil})
		b.hours(1)
		if have := who(Ordinary); !strings.Contains(have, second+" deputy@school.example true") || !strings.Contains(have, second+" senco@school.example true") {
			b.Error(have)
		}
	})
}

func TestSteps(t *testing.T) {
	b := inMemory(t)
	has := func(k Kind, a About, words string) bool {
		for _, s := range b.Steps(k, a) {
			if strings.Contains(s.Text, words) {
				return true
			}
		}
		return false
	}
	for _, i := range Kinds() {
		for _, a := range Abouts {
			list := b.Steps(i.Kind, a)
			if !strings.Contains(list[0].Text, "999") || !has(i.Kind, a, "outside school hours") {
				t.Errorf("%s about %s: %v", i.Kind, a, list)
			}
			adult := a == Adult || a == NotSure || i.Kind == LowLevel
			if has(i.Kind, a, "local designated officer (LADO) (no number is entered here: ask the council's switchboard)") != adult {
				t.Errorf("%s about %s: the local designated officer", i.Kind, a)
			}
			picture := i.Kind == Incident || i.Kind == Takedown || i.Kind == LowLevel
			if picture && !has(i.Kind, a, "do not open, copy, save or forward it") {
				t.Errorf("%s about %s: pictures", i.Kind, a)
			}
			been := map[string]bool{}
			for _, s := range list {
				if been[s.Text] {
					t.Errorf("%s about %s says twice: %s", i.Kind, a, s.Text)
				}
				been[s.Text] = true
				if strings.Contains(s.Text, "nude") && !strings.Contains(s.Source, "UK Council for Internet Safety") {
					t.Error("no source")
				}
			}
		}
	}
	b.Numbers = Numbers{Council: "01632 960000", DPO: "01632 960002"}
	if !has(Incident, Adult, "switchboard, 01632 960000") || !has(DataBreach, Nobody, "the data protection officer, 01632 960002") {
		t.Error("numbers")
	}
}

func TestKinds(t *testing.T) {
	if _, ok := Kind("x").Info(); ok || Kind("x").Title() != "x" || About("x").Title() != "x" {
		t.Error("an unknown kind is known")
	}
	for _, i := range Kinds() {
		if i.Title == "" || i.For == "" || i.Open <= 0 || i.OpenWhy == "" || i.Clock.IsZero() == (i.ClockSays != "") {
			t.Errorf("%+v", i)
		}
	}
	for _, c := range []*store.Collection{Incidents, AdultConcerns, Receipts, Holds} {
		if err := c.Check(); err != nil {
			t.Error(err)
		}
	}
	l := &Log{}
	if one, two := l.newID(), l.newID(); len(one) < 26 || one == two {
		t.Error("ids that can be guessed")
	}
}

// An older or a foreign document is an error that names it, not an empty entry.
func TestUnreadable(t *testing.T) {
	b := inMemory(t)
	batch := &store.Batch{}
	batch.Create(Incidents, "x", map[string]string{"state": "open", "raised": store.Time(monday)}, []byte("{"))
	b.ok(b.Commit(ctx, batch))
	if _, err := b.Get(ctx, officer, "x"); err == nil || errors.Is(err, ErrNone) || !strings.Contains(err.Error(), "entry x") {
		t.Error(err)
	}
	if _, err := b.Overdue(ctx, Ordinary, officer); err == nil {
		t.Error("an entry that cannot be read is left out")
	}
	if _, err := b.Notices(ctx, Ordinary); err == nil {
		t.Error("an entry that cannot be read is left out")
	}
	for _, id := range []string{"", "a/b", "..", strings.Repeat("x", 600)} {
		b.wants(errOf(b.Get(ctx, officer, id)), ErrNone)
	}
}

// Somebody else changed the entry meanwhile: it is done again on what it is now.
func TestTwoAtOnce(t *testing.T) {
	b := inMemory(t)
	id := b.raise(Form{About: Pupil})
	commit, raced := b.Commit, false
	b.Commit = func(c context.Context, batch *store.Batch) error {
		if !raced {
			raced = true
			b.ok(b.Close(ctx, lead, id, "x", "y"))
		}
		return commit(c, batch)
	}
	b.wants(b.Correct(ctx, officer, id, Correction{About: Adult}), ErrState)
	b.Commit = func(context.Context, *store.Batch) error { return store.ErrConflict }
	b.wants(b.Reopen(ctx, officer, id, ""), store.ErrConflict)
	_, err := b.Raise(ctx, teacher, Form{ID: "n", Kind: Incident, About: Pupil})
	b.wants(err, store.ErrConflict)
	if _, err := json.Marshal(b.stored(id)); err != nil {
		t.Error(err)
	}
}

// What a form tells people to do is of its kind only.
func TestStepsOfTheKind(t *testing.T) {
	only := map[string][]Kind{
		"72 hours": {DataBreach}, "Take it out of sight": {Takedown}, "Close the page": {Filtering}, "tells the parents": {UnderAge}, "If the complaint is about": {Complaint},
		"the police have": {Incident, DataBreach, Takedown}, "ring 999": {Incident, Complaint, DataBreach, Filtering, UnderAge, Takedown, LowLevel}, "rings the local designated officer": {LowLevel},
	}
	for _, k := range Kinds() {
		var all strings.Builder
		for _, s := range inMemory(t).Steps(k.Kind, Pupil) {
			all.WriteString(s.Text + "\n")
		}
		for phrase, of := range only {
			if have, want := strings.Contains(all.String(), phrase), slices.Contains(of, k.Kind); have != want {
				t.Errorf("%s: “%s” is said: %v, want %v", k.Kind, phrase, have, want)
			}
		}
	}
}
