package incidents

import (
	"context"
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

// shut closes an entry as somebody who may read it.
func (b *bench) shut(by By, id string) {
	b.Helper()
	b.ok(b.Close(ctx, by, id, "the parents", "to ask first"))
}

func (b *bench) years(n, days int) { b.now = monday.AddDate(n, 0, days) }

// deciders lists the roles of those who decide about an entry.
func (b *bench) deciders(id string) []string {
	b.Helper()
	out := []string{}
	for _, by := range everyone {
		if b.Decides(by, b.stored(id)) {
			out = append(out, by.Role)
		}
	}
	return out
}

// nothing tells nobody.
func (b *bench) nobody(*store.Batch, string, []Told) error {
	b.Helper()
	b.Error("somebody was told")
	return nil
}

func TestWhoDecides(t *testing.T) {
	for _, c := range []struct {
		name   string
		form   Form
		roster func([]Person) []Person
		want   []string
	}{
		{"about a pupil", Form{About: Pupil}, nil, []string{"safeguarding_lead"}},
		{"about nobody", Form{About: Nobody, Kind: Filtering}, nil, []string{"safeguarding_lead"}},
		{"about a pupil, and the lead", Form{About: Pupil, ConcernsRoles: []policy.Role{policy.RoleSafeguarding}}, nil, []string{"esafety_officer"}},
		{"about an adult", Form{About: Adult}, nil, []string{"headteacher"}},
		{"not sure", Form{About: NotSure}, nil, []string{"headteacher"}},
		{"about an adult, where there are two heads and one is the lead", Form{About: Adult}, func(r []Person) []Person {
			return append(r, row(lead, policy.RoleHead, policy.RoleSafeguarding))
		}, []string{"safeguarding_lead", "headteacher"}},
		{"about the headteacher", Form{About: Adult, ConcernsRoles: []policy.Role{policy.RoleHead}}, nil, []string{"chair_of_governors"}},
		{"about a pupil, and the headteacher", Form{About: Pupil, ConcernsRoles: []policy.Role{policy.RoleHead}}, nil, []string{"chair_of_governors"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := inMemory(t)
			if c.roster != nil {
				b.Roster = c.roster(b.Roster)
			}
			id := b.raise(c.form)
			if diff := cmp.Diff(c.want, b.deciders(id)); diff != "" {
				t.Errorf("who decides (-want +have):\n%s", diff)
			}
		})
	}
}

// When the time of a closed entry is over, whoever decides is asked, and nobody before; until they decide it stays.
func TestKeptUntil(t *testing.T) {
	for _, c := range []struct {
		name  string
		form  Form
		by    By
		known Known
		want  string // the last day
	}{
		{"a pupil of Year 6 in 2026", Form{About: Pupil, Concerns: []string{"pupil"}}, lead, Known{Year: "6"}, "2041-08-31"},
		{"in Reception", Form{About: Pupil, Concerns: []string{"pupil"}}, lead, Known{Year: "R"}, "2047-08-31"},
		{"by the link", Form{About: Pupil, Item: "user/pupil"}, lead, Known{Year: "1"}, "2046-08-31"},
		{"of no year group", Form{About: Pupil, Concerns: []string{"pupil"}}, lead, Known{Year: "mixed"}, "2051-09-14"},
		{"nobody", Form{About: Nobody}, lead, Known{}, "2051-09-14"},
		{"nobody, with a pupil's account", Form{About: Nobody, Item: "user/pupil"}, lead, Known{Year: "1", Left: true}, "2051-09-14"},
		{"an adult", Form{About: Adult, Concerns: []string{"u-teacher"}}, head, Known{Left: true}, "2036-09-14"},
		{"low-level, and they are there", Form{Kind: LowLevel, About: Adult, Concerns: []string{"u-teacher"}}, head, Known{}, ""},
		{"low-level, and they left", Form{Kind: LowLevel, About: Adult, Concerns: []string{"u-teacher"}}, head, Known{Left: true}, "2026-09-13"},
		{"low-level, and nobody said who", Form{Kind: LowLevel, About: Adult}, head, Known{}, "2036-09-14"},
		{"low-level, and they have no account", Form{Kind: LowLevel, About: Adult, ConcernsRoles: []policy.Role{policy.RoleChair}}, head, Known{Left: true}, "2036-09-14"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := inMemory(t)
			id := b.raise(c.form)
			b.shut(c.by, id)
			shelf := b.stored(id).lies
			known := func(string) Known { return c.known }
			b.ok(b.Heed(ctx, shelf, known, b.nobody))
			past := len(b.stored(id).History)
			b.ok(b.Heed(ctx, shelf, known, b.nobody))
			if n := len(b.stored(id).History); n != past {
				t.Errorf("noted twice: %d events, then %d", past, n)
			}
			if dated, want := b.stored(id).has(WasDated), c.known.Year != "" && c.known.Year != "mixed" && c.form.About == Pupil || c.want == "2026-09-13"; dated != want {
				t.Errorf("until when it is kept was found out: %v, want %v", dated, want)
			}
			day, ok := b.KeptUntil(b.stored(id))
			if ok != (c.want != "") || ok && day.String() != c.want {
				t.Fatalf("kept until %v (%v), want %q", day, ok, c.want)
			}
			if !ok {
				b.years(60, 0)
				if b.Over(b.stored(id)) {
					t.Error("it is over")
				}
				return
			}
			for _, x := range []struct {
				days int
				want int
			}{{0, 0}, {1, 1}} {
				b.now = day.AddDays(x.days).At(12, 0, london)
				n, err := b.Undecided(ctx, shelf, c.by)
				if err != nil || n != x.want {
					t.Errorf("%d days after the last day %d wait (%v), want %d", x.days, n, err, x.want)
				}
				for _, other := range everyone {
					if n, err := b.Undecided(ctx, shelf, other); err != nil || n > 0 && other != c.by {
						t.Errorf("%s is asked: %d (%v)", other.Role, n, err)
					}
				}
			}
		})
	}
}

func TestStayAndDelete(t *testing.T) {
	onBoth(t, func(b *bench) {
		id := b.raise(Form{About: Pupil, Concerns: []string{"pupil"}})
		b.raise(Form{ID: "another", About: Nobody})
		b.wants(b.Delete(ctx, lead, id), ErrState) // open
		b.shut(lead, id)
		b.years(25, 0)
		b.wants(b.Delete(ctx, lead, id), ErrState) // its last day
		b.wants(b.StayUntil(ctx, lead, id, "2060-01-01", "why"), ErrState)
		b.years(25, 1)
		for _, by := range []By{officer, deputyDS} {
			err := b.Delete(ctx, by, id)
			if err == nil || len(b.stored(id).ID) == 0 {
				b.Fatalf("%s deleted it: %v", by.Role, err)
			}
		}
		b.wants(b.Delete(ctx, officer, id), ErrMay)
		b.wants(b.Delete(ctx, teacher, id), ErrNone)
		b.wants(b.StayUntil(ctx, lead, id, "2051-09-15", "today"), ErrForm)
		b.wants(b.StayUntil(ctx, lead, id, "2060-01-01", " "), ErrForm)
		b.ok(b.StayUntil(ctx, lead, id, "2060-01-01", "a claim is under way"))
		b.wants(b.Delete(ctx, lead, id), ErrState)
		b.now = time.Date(2060, 1, 2, 12, 0, 0, 0, time.UTC)
		b.ok(b.Delete(ctx, lead, id))
		b.wants(b.Delete(ctx, lead, id), ErrNone)
		if all := dump(b.TB, b.Store); strings.Contains(all, id) || strings.Contains(all, "pupil") {
			b.Errorf("something is left: %s", all)
		}
		if list, err := b.Receipts(ctx, teacher); err != nil || len(list) != 1 || list[0].ID == id {
			b.Errorf("of what they sent the teacher sees %+v (%v), and the other entry is there still", list, err)
		}
		ends := 0
		for d, err := range b.Store.Find(ctx, Ends, store.Ask{}) {
			b.ok(err)
			ends++
			if !strings.Contains(string(d.Body), "u-lead") || strings.Contains(string(d.Body), id) {
				b.Errorf("what is left of it: %s", d.Body)
			}
		}
		if ends != 1 {
			b.Errorf("%d entries are said to be deleted", ends)
		}
	})
}

// The safeguarding lead is told once that a pupil with an open entry has left; of a closed one nobody is.
func TestPupilLeft(t *testing.T) {
	onBoth(t, func(b *bench) {
		open := b.raise(Form{ID: "open", About: Pupil, Concerns: []string{"another", "pupil", "younger"}})
		closed := b.raise(Form{ID: "closed", About: Pupil, Concerns: []string{"pupil"}})
		b.shut(lead, closed)
		b.raise(Form{ID: "another", About: Pupil, Concerns: []string{"other"}})
		var told []string
		tell := func(_ *store.Batch, e string, to []Told) error {
			for _, x := range to {
				told = append(told, e+" "+string(x.Role))
			}
			return nil
		}
		gone := false
		known := func(id string) Known { return Known{Year: "4", Left: gone && id == "pupil"} }
		b.ok(b.Heed(ctx, Ordinary, known, tell))
		if len(told) > 0 {
			b.Fatalf("told before: %v", told)
		}
		gone = true
		for range 3 {
			b.ok(b.Heed(ctx, Ordinary, known, tell))
			b.hours(24)
		}
		if diff := cmp.Diff([]string{open + " safeguarding_lead"}, told); diff != "" {
			b.Errorf("who was told (-want +have):\n%s", diff)
		}
		if !b.stored(open).PupilLeft() || b.stored(closed).PupilLeft() {
			b.Error("what the entries say of it")
		}
	})
}

func TestExportedOnceADay(t *testing.T) {
	b := inMemory(t)
	id := b.raise(Form{About: Pupil})
	b.wants(b.Exported(ctx, teacher, id), ErrNone)
	for range 2 {
		b.ok(b.Exported(ctx, lead, id))
		b.ok(b.Exported(ctx, officer, id))
	}
	b.hours(24)
	b.ok(b.Exported(ctx, lead, id))
	var have []string
	for _, h := range b.stored(id).History {
		if h.What == WasExported {
			have = append(have, h.Who.Role)
		}
	}
	slices.Sort(have)
	if diff := cmp.Diff([]string{"esafety_officer", "safeguarding_lead", "safeguarding_lead"}, have); diff != "" {
		t.Errorf("downloads (-want +have):\n%s", diff)
	}
}

// Whatever day it is, nobody of a year group is 25 later than Grown says, and somebody may be on that very day.
func TestGrown(t *testing.T) {
	for year, n := range map[string]int{"N": -1, "R": 0, "1": 1, "4": 4, "6": 6, "13": 13} {
		for _, today := range []calendar.Date{{Year: 2026, Month: 9, Day: 1}, {Year: 2026, Month: 12, Day: 31}, {Year: 2027, Month: 1, Day: 1}, {Year: 2027, Month: 8, Day: 31}} {
			// The youngest was born on 31 August, and turns n+5 on the last day of this school year.
			want := fmt.Sprintf("%d-08-31", 2027-(n+5)+25)
			if day, ok := Grown(year, today); !ok || day.String() != want {
				t.Errorf("%s on %s: %v %v, want %s", year, today, day, ok, want)
			}
		}
	}
	for _, year := range []string{"", "0", "14", "-1", "Year 4", "4A"} {
		if day, ok := Grown(year, calendar.Date{Year: 2026, Month: 9, Day: 1}); ok {
			t.Errorf("%q is no year group, and yet %s", year, day)
		}
	}
}

// The school's own time holds for what is about a pupil or nobody, never for what is about an adult; and what is open is not over.
func TestKeptAsThePolicySays(t *testing.T) {
	b := inMemory(t)
	b.Keep = policy.Period{Count: 7, Unit: "year"}
	for about, want := range map[About]string{Pupil: "2033-09-14", Nobody: "2033-09-14", Adult: "2036-09-14", NotSure: "2036-09-14"} {
		id := b.raise(Form{ID: string(about), About: about})
		if day, ok := b.KeptUntil(b.stored(id)); !ok || day.String() != want {
			t.Errorf("about %s: until %v (%v), want %s", about, day, ok, want)
		}
	}
	id := b.raise(Form{ID: "open", About: Pupil})
	b.years(30, 0)
	if b.Over(b.stored(id)) {
		t.Error("it is over, and open")
	}
	b.shut(lead, id)
	if !b.Over(b.stored(id)) {
		t.Error("it is closed, and not over")
	}
}

// Of several whom an entry names the youngest says how long it is kept; a low-level concern waits until all of them have left.
func TestSeveralPeople(t *testing.T) {
	b := inMemory(t)
	pupils := b.raise(Form{ID: "1", About: Pupil, Concerns: []string{"old", "young", "middle"}})
	adults := b.raise(Form{ID: "2", Kind: LowLevel, About: Adult, Concerns: []string{"one", "two"}})
	left := map[string]bool{"two": true}
	known := func(id string) Known {
		return Known{Year: map[string]string{"old": "6", "young": "1", "middle": "3"}[id], Left: left[id]}
	}
	b.ok(b.Heed(ctx, Ordinary, known, b.nobody))
	b.ok(b.Heed(ctx, Adults, known, b.nobody))
	if e := b.stored(pupils); e.Period != "2046-08-31" {
		t.Errorf("the pupils' entry is kept until %q", e.Period)
	}
	if e := b.stored(adults); e.Period != "" {
		t.Errorf("one of them is there, and it is kept until %q", e.Period)
	}
	left["one"] = true
	b.ok(b.Heed(ctx, Adults, known, b.nobody))
	if e := b.stored(adults); e.Period != "2026-09-13" {
		t.Errorf("both have left, and it is kept until %q", e.Period)
	}
}

// That a pupil has left is told of an entry about a pupil only, noted where somebody was told, and tried again where that did not work.
func TestLeftIsToldOnce(t *testing.T) {
	b := inMemory(t)
	id := b.raise(Form{ID: "1", About: Pupil, Item: "user/pupil"})
	b.raise(Form{ID: "2", About: Nobody, Item: "user/pupil"})
	b.ok(b.Correct(ctx, lead, id, Correction{Pupil: pseudonym.Of("kit@school.example")})) // whose account nobody has looked for yet
	known := func(id string) Known {
		if id != "pupil" {
			t.Errorf("asked of %q", id)
		}
		return Known{Left: true}
	}
	roster := b.Roster
	b.Roster = append([]Person{{ID: lead.ID, Roles: []policy.Role{policy.RoleSafeguarding}}}, roster[0]) // the lead has no address
	b.ok(b.Heed(ctx, Ordinary, known, b.nobody))
	b.Roster = roster
	full := fmt.Errorf("no room for letters")
	if err := b.Heed(ctx, Ordinary, known, func(*store.Batch, string, []Told) error { return full }); !errors.Is(err, full) {
		t.Errorf("the letter was not made: %v", err)
	}
	if b.stored(id).PupilLeft() {
		t.Error("it is noted, and nobody was told")
	}
	told := 0
	tell := func(_ *store.Batch, e string, to []Told) error {
		if told++; e != id || len(to) != 1 || to[0].ID != lead.ID {
			t.Errorf("%v are told of %s", to, e)
		}
		return nil
	}
	commit := b.Commit
	for failure, want := range map[error]error{store.ErrConflict: nil, store.ErrUnknown: store.ErrUnknown} { // somebody is at it: tomorrow
		b.Commit = func(context.Context, *store.Batch) error { return failure }
		b.wants(b.Heed(ctx, Ordinary, known, tell), want)
	}
	b.Commit = commit
	for range 2 {
		b.ok(b.Heed(ctx, Ordinary, known, tell))
	}
	if told != 3 {
		t.Errorf("told %d times, and one of them for good", told)
	}
}
