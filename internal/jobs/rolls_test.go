package jobs

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/memory"
	"esafetybot/internal/policy"
	"esafetybot/internal/rolls"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
	storemem "esafetybot/internal/store/memory"
)

// A roll that does not lie beside the policy is told as that, with what to do, also where no file can ever lie there.
func TestRollThatIsNotThere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := &look{Env: Env{Policy: &policy.Policy{Path: filepath.Join(dir, "policy.yaml")}}, record: &Record{Job: AccountsJob}}
	_, err := l.readRoll(t.Context(), &policy.Roll{CSV: "roll.csv"}, rolls.Pupils, nil)
	if err == nil {
		t.Fatal("a file that is not there was read")
	}
	for _, want := range []string{"accounts were not looked at", "roll.csv has to lie in the folder of the policy file", "on Google Cloud no file lies there", "roll: {drive: ID}"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("it does not say %q: %v", want, err)
		}
	}
	if strings.Contains(err.Error(), dir) {
		t.Errorf("it names a path of the machine: %v", err)
	}
}

// Of two pupils of one name in one year, one leaves the roll. While the account of the other cannot be told by its number or address, the row that is left looks like that of the one who left; when it
// can be told again, they left on the day on which their own row was gone.
func TestLeftBehindANamesake(t *testing.T) {
	t.Parallel()
	const both, one, none = "id,email,name,year\nA1,kim@school.example,\"Ash, Kim\",4\nA2,kim2@school.example,\"Ash, Kim\",4\n", "id,email,name,year\nA1,kim@school.example,\"Ash, Kim\",4\n", "id,email,name,year\nA3,,\"Elm, Jo\",4\n"
	type day struct {
		roll string
		lost bool // the other account has no number, and another address and name
		left string
		row  string
	}
	for _, c := range []struct {
		name string
		days []day
	}{
		{"who left is told from their namesake", []day{{roll: both, row: "A2"}, {roll: one, left: "2026-11-03"}, {roll: one, left: "2026-11-03"}}},
		{"the row looked like theirs for a day", []day{{roll: both, row: "A2"}, {roll: one, left: "2026-11-03"}, {roll: one, lost: true, row: "A1"}, {roll: one, left: "2026-11-03"}, {roll: one, left: "2026-11-03"}}},
		{"on the very day on which theirs went", []day{{roll: both, row: "A2"}, {roll: one, lost: true, row: "A1"}, {roll: one, left: "2026-11-03"}}},
		{"twice", []day{{roll: both, row: "A2"}, {roll: one, lost: true, row: "A1"}, {roll: one, left: "2026-11-03"}, {roll: one, lost: true, row: "A1"}, {roll: one, left: "2026-11-03"}}},
		{"they came back", []day{{roll: both, row: "A2"}, {roll: one, lost: true, row: "A1"}, {roll: both, row: "A2"}, {roll: one, left: "2026-11-05"}}},
		{"it was theirs, and is gone too", []day{{roll: both, row: "A2"}, {roll: one, lost: true, row: "A1"}, {roll: none, lost: true, left: "2026-11-04"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, err := storemem.Open()
			if err != nil {
				t.Fatal(err)
			}
			for i, d := range c.days {
				now := time.Date(2026, 11, 2+i, 8, 0, 0, 0, time.UTC)
				book, err := memory.Open(t.Context(), s, now, s.Commit)
				if err != nil {
					t.Fatal(err)
				}
				account := func(id, address, number, name string) *seen.Person {
					return &seen.Person{Account: seen.Account{ID: id, Address: address, Name: name, Unit: "/Pupils/Year 4"}, Numbers: []string{number}, Given: strings.Fields(name)[0], Family: strings.Fields(name)[1]}
				}
				all := []*seen.Person{account("u2", "kim2@school.example", "A2", "Kim Ash"), account("u1", "kim@school.example", "A1", "Kim Ash")}
				if d.lost {
					all[1] = account("u1", "new@school.example", "", "Somebody New")
				}
				who := school.New(school.Rules{}, []string{"school.example"})
				for _, p := range all {
					who.Share(&p.Account)
				}
				kinds := school.NewKinds(who, school.Populations{Pupils: []string{"/Pupils"}})
				roll, err := rolls.Parse(rolls.Pupils, []byte(d.roll), map[string]string{"id": "id", "email": "email", "name": "name", "year": "year"})
				if err != nil {
					t.Fatal(err)
				}
				m := &matchedRolls{pupils: rolls.Match(roll, all, func(*seen.Person) bool { return true })}
				for range 2 { // a second run of the day changes nothing
					m.remember(all, kinds, book, calendar.DateOf(now))
				}
				row, left := "", ""
				if r, _ := m.pupils.Row("u2"); r != nil {
					row = r.ID
				}
				if at, ok := m.left["u2"]; ok {
					left = at.String()
				}
				if row != d.row || left != d.left {
					t.Errorf("day %d: row %q, left %q; want %q and %q", i+1, row, left, d.row, d.left)
				}
				if err := book.Flush(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
