package incidents

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/calendar"
	"esafetybot/internal/policy"
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
		{"about the headteacher", Form{About: Adult, ConcernsRoles: []policy.Role{policy.RoleHead}}, nil, []string{"chair_of_governors"}},
		{"about a pupil, and the headteacher", Form{About: Pupil, ConcernsRoles: []policy.Role{policy.RoleHead}}, nil, []string{"chair_of_governors"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := inMemory(t)
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
		{"an adult", Form{About: Adult, Concerns: []string{"u-teacher"}}, head, Known{Left: true}, "2036-09-14"},
		{"low-level, and they are there", Form{Kind: LowLevel, About: Adult, Concerns: []string{"u-teacher"}}, head, Known{}, ""},
		{"low-level, and they left", Form{Kind: LowLevel, About: Adult, Concerns: []string{"u-teacher"}}, head, Known{Left: true}, "2026-09-13"},
		{"low-level, and nobody said who", Form{Kind: LowLevel, About: Adult}, head, Known{}, "2036-09-14"},
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
		open := b.raise(Form{ID: "open", About: Pupil, Concerns: []string{"pupil", "other"}})
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
