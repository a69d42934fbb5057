package rolls

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"esafetybot/internal/school"
	"esafetybot/internal/seen"
)

// An account is written "id unit name" and what else it has.
func account(id, unit, name string, more ...string) *seen.Person {
	p := &seen.Person{Account: seen.Account{ID: id, Address: id + "@school.example", Unit: unit, Name: name}}
	for _, m := range more {
		switch kind, v, _ := strings.Cut(m, ":"); kind {
		case "no":
			p.Numbers = append(p.Numbers, v)
		case "alias":
			p.Aliases = append(p.Aliases, v+"@school.example")
		case "off":
			p.SwitchedOff = true
		case "archived":
			p.Archived = true
		}
	}
	return p
}

var columns = map[string]string{ID: "id", Email: "email", Name: "name", YearGroup: "year", Class: "class"}

func rollOf(which string, rows ...string) *Roll {
	r, err := Parse(which, []byte("id,email,name,year,class\n"+strings.Join(rows, "\n")), columns)
	if err != nil {
		panic(err)
	}
	return r
}

func inPupils(p *seen.Person) bool { return school.Under(p.Unit, "/Pupils") }

// told writes a matching as one line a row, by number from 1, then the ambiguous accounts.
func told(m *Matching) []string {
	var out []string
	for i := range m.Roll.Rows {
		id, by := m.Account(i)
		switch {
		case m.AmbiguousRow(i):
			out = append(out, fmt.Sprintf("%d ambiguous", i+1))
		case by != Unmatched:
			out = append(out, fmt.Sprintf("%d %s by %s", i+1, id, by))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(m.ambiguous)) {
		if m.Ambiguous(id) {
			out = append(out, id+" ambiguous")
		}
	}
	return out
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		name     string
		which    string
		rows     []string
		accounts []*seen.Person
		want     []string
	}{
		{"nobody", Pupils, []string{"1,,,,"}, nil, nil},
		{"by number, of any type, spaces and case aside", Pupils, []string{"a1,,,,", "A2,,,,"},
			[]*seen.Person{account("x", "/Pupils", "", "no:zzz", "no: A1 "), account("y", "/Staff", "", "no:a2")}, []string{"1 x by roll number", "2 y by roll number"}},
		{"an empty number is none", Pupils, []string{",x@other.example,,,"}, []*seen.Person{account("x", "/Pupils", "", "no:", "no: ")}, nil},
		{"a switched-off account by number", Pupils, []string{"1,,,,"}, []*seen.Person{account("x", "/Pupils", "", "no:1", "off")}, []string{"1 x by roll number"}},
		{"the same number twice on one account", Pupils, []string{"1,,,,"}, []*seen.Person{account("x", "/Pupils", "", "no:1", "no: 1")}, []string{"1 x by roll number"}},
		{"several by number, one active", Pupils, []string{"1,,,,"},
			[]*seen.Person{account("x", "/Pupils", "", "no:1", "off"), account("y", "/Pupils", "", "no:1"), account("z", "/Pupils", "", "no:1", "archived")}, []string{"1 y by roll number"}},
		{"several by number, none active", Pupils, []string{"1,,,,"},
			[]*seen.Person{account("x", "/Pupils", "", "no:1", "off"), account("y", "/Pupils", "", "no:1", "off")}, nil},
		{"several by number, none active: the e-mail tells", Pupils, []string{"1,y@school.example,,,"},
			[]*seen.Person{account("x", "/Pupils", "", "no:1", "off"), account("y", "/Pupils", "", "no:1", "off")}, []string{"1 y by e-mail"}},
		{"several active by number, the e-mail tells", Pupils, []string{"1,Y@school.example,,,"},
			[]*seen.Person{account("x", "/Pupils", "", "no:1"), account("y", "/Pupils", "", "no:1")}, []string{"1 y by roll number"}},
		{"several active by number, an alias tells", Pupils, []string{"1,yy@school.example,,,"},
			[]*seen.Person{account("x", "/Pupils", "", "no:1"), account("y", "/Pupils", "", "no:1", "alias:yy")}, []string{"1 y by roll number"}},
		{"several active by number", Pupils, []string{"1,,Ada,,4B"},
			[]*seen.Person{account("x", "/Pupils/4B", "Ada", "no:1"), account("y", "/Pupils", "", "no:1"), account("z", "/Pupils", "", "no:1", "off")},
			[]string{"1 ambiguous", "x ambiguous", "y ambiguous"}},
		{"several active by number, the e-mail is another's", Pupils, []string{"1,w@school.example,,,"},
			[]*seen.Person{account("x", "/Pupils", "", "no:1"), account("y", "/Pupils", "", "no:1"), account("w", "/Pupils", "")}, []string{"1 ambiguous", "x ambiguous", "y ambiguous"}},
		{"an ambiguous account is another row's by number", Pupils, []string{"1,,,,", "2,,,,"},
			[]*seen.Person{account("x", "/Pupils", "", "no:1", "no:2"), account("y", "/Pupils", "", "no:1")}, []string{"1 ambiguous", "2 x by roll number", "y ambiguous"}},
		{"an ambiguous account is another row's by e-mail", Pupils, []string{"1,,,,", "2,x@school.example,,,"},
			[]*seen.Person{account("x", "/Pupils", "", "no:1"), account("y", "/Pupils", "", "no:1")}, []string{"1 ambiguous", "2 x by e-mail", "y ambiguous"}},
		{"an ambiguous account is not matched by name", Pupils, []string{"1,,,,", "2,,Ada,,4B"},
			[]*seen.Person{account("x", "/Pupils/4B", "Ada", "no:1"), account("y", "/Pupils", "", "no:1")}, []string{"1 ambiguous", "x ambiguous", "y ambiguous"}},
		{"two numbers: the first row", Pupils, []string{"2,,,,", "1,,,,"}, []*seen.Person{account("x", "/Pupils", "", "no:1", "no:2")}, []string{"1 x by roll number"}},
		{"two numbers: the second row may be somebody else", Pupils, []string{"2,,,,", "1,y@school.example,,,"},
			[]*seen.Person{account("x", "/Pupils", "", "no:1", "no:2"), account("y", "/Pupils", "")}, []string{"1 x by roll number", "2 y by e-mail"}},
		{"by e-mail, alias, any unit, switched off", Pupils, []string{"1,x@school.example,,,", ",YY@school.example,,,"},
			[]*seen.Person{account("x", "/Staff", "", "off"), account("y", "/Pupils", "", "alias:yy")}, []string{"1 x by e-mail", "2 y by e-mail"}},
		{"number before e-mail", Pupils, []string{"1,y@school.example,,,"},
			[]*seen.Person{account("x", "/Pupils", "", "no:1"), account("y", "/Pupils", "")}, []string{"1 x by roll number"}},
		{"an e-mail in two rows", Pupils, []string{"1,x@school.example,,,", "2,X@school.example,,,"}, []*seen.Person{account("x", "/Pupils", "")}, nil},
		{"an e-mail in two rows, one known by number", Pupils, []string{"1,x@school.example,,,", "2,X@school.example,,,"},
			[]*seen.Person{account("y", "/Pupils", "", "no:1"), account("x", "/Pupils", "")}, []string{"1 y by roll number"}},
		{"two addresses of one account: the first row", Pupils, []string{"1,xx@school.example,,,", "2,x@school.example,,,"}, []*seen.Person{account("x", "/Pupils", "", "alias:xx")}, []string{"1 x by e-mail"}},
		{"an address that two bear", Pupils, []string{"1,x@school.example,,,"}, []*seen.Person{account("x", "/Pupils", ""), account("y", "/Pupils", "", "alias:x")}, nil},
		{"an address that stands twice with one account", Pupils, []string{"1,x@school.example,,,"}, []*seen.Person{account("x", "/Pupils", "", "alias:x")}, []string{"1 x by e-mail"}},
		{"an e-mail whose account is taken by number", Pupils, []string{"1,,,,", "2,x@school.example,,,"}, []*seen.Person{account("x", "/Pupils", "", "no:1")}, []string{"1 x by roll number"}},
		{"no e-mail", Pupils, []string{"1,,,,"}, []*seen.Person{{Account: seen.Account{ID: "x", Unit: "/Pupils"}}}, nil},
		{"by name and class", Pupils, []string{"1,,\"EXAMPLE, Zoë\",,4b"}, []*seen.Person{account("x", "/Pupils/ 4B ", "Zoe Example")}, []string{"1 x by name"}},
		{"by name and year", Pupils, []string{"1,,Ada,Y4,Oak"}, []*seen.Person{account("x", "/Pupils/Year 4", "Ada")}, []string{"1 x by name"}},
		{"by name, another year", Pupils, []string{"1,,Ada,5,"}, []*seen.Person{account("x", "/Pupils/Year 4", "Ada")}, nil},
		{"by name, no year and no class", Pupils, []string{"1,,Ada,,"}, []*seen.Person{account("x", "/Pupils/", "Ada")}, nil},
		{"by name, a class that is part of a segment", Pupils, []string{"1,,Ada,,4"}, []*seen.Person{account("x", "/Pupils/4B", "Ada")}, nil},
		{"by name, other kind", Pupils, []string{"1,,Ada,4,"}, []*seen.Person{account("x", "/Clubs/Year 4", "Ada")}, nil},
		{"by name, switched off", Pupils, []string{"1,,Ada,4,"}, []*seen.Person{account("x", "/Pupils/Year 4", "Ada", "off")}, []string{"1 x by name"}},
		{"no name", Pupils, []string{"1,,,4,", "2,,-,4,"}, []*seen.Person{account("x", "/Pupils/Year 4", ""), account("y", "/Pupils/Year 4", "?")}, nil},
		{"homonyms in two classes", Pupils, []string{"1,,Ada,,4A", "2,,Ada,,4B"},
			[]*seen.Person{account("x", "/Pupils/4B", "Ada"), account("y", "/Pupils/4A", "Ada")}, []string{"1 y by name", "2 x by name"}},
		{"two rows, one account", Pupils, []string{"1,,Ada,4,", "2,,Ada,4,"}, []*seen.Person{account("x", "/Pupils/Year 4", "Ada")}, []string{"1 ambiguous", "2 ambiguous", "x ambiguous"}},
		{"one row, two accounts", Pupils, []string{"1,,Ada,4,"},
			[]*seen.Person{account("x", "/Pupils/Year 4", "Ada"), account("y", "/Pupils/Y4", "ada")}, []string{"1 ambiguous", "x ambiguous", "y ambiguous"}},
		{"a chain", Pupils, []string{"1,,Ada,4,", "2,,Ada,4,4B"},
			[]*seen.Person{account("x", "/Pupils/4B", "Ada"), account("y", "/Pupils/Year 4", "Ada")}, []string{"1 ambiguous", "2 ambiguous", "x ambiguous", "y ambiguous"}},
		{"homonyms, one known by number", Pupils, []string{"1,,Ada,4,", "2,,Ada,4,"},
			[]*seen.Person{account("x", "/Pupils/Year 4", "Ada"), account("y", "/Pupils/Year 4", "Ada", "no:1")}, []string{"1 y by roll number", "2 x by name"}},
		{"staff: no place needed", Staff, []string{"1,,Ada,,"}, []*seen.Person{account("x", "/Pupils", "Ada")}, []string{"1 x by name"}},
		{"an entry of others: no place needed", "governors", []string{"1,,Ada,,"}, []*seen.Person{account("x", "/Pupils", "Ada")}, []string{"1 x by name"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := Match(rollOf(c.which, c.rows...), c.accounts, inPupils)
			if diff := gocmp.Diff(c.want, told(m)); diff != "" {
				t.Errorf("matched (-want +have):\n%s", diff)
			}
		})
	}
}

func TestMatchingRow(t *testing.T) {
	m := Match(rollOf(Pupils, "1,,,4,", "2,,,5,"), []*seen.Person{account("x", "/Pupils", "", "no:2"), account("y", "/Pupils", "")}, inPupils)
	if row, by := m.Row("x"); row == nil || row.Year != "5" || by != ByNumber {
		t.Errorf("the row of x: %+v, %v", row, by)
	}
	if row, by := m.Row("y"); row != nil || by != Unmatched {
		t.Errorf("the row of y: %+v, %v", row, by)
	}
}

// drawn is a small school full of doubles.
func drawn(t *rapid.T) (*Roll, []*seen.Person) {
	pick := func(name string, of ...string) string { return rapid.SampledFrom(of).Draw(t, name) }
	var rows []string
	for range rapid.IntRange(1, 6).Draw(t, "rows") {
		rows = append(rows, strings.Join([]string{
			pick("id", "", "1", "2", "3"), pick("email", "", "u0@school.example", "u1@school.example", "b@school.example"),
			pick("name", "Ada Ex", "Bob Ex"), pick("year", "", "4", "5"), pick("class", "", "4B"),
		}, ","))
	}
	var accounts []*seen.Person
	for i := range rapid.IntRange(0, 6).Draw(t, "accounts") {
		p := account(fmt.Sprint("u", i), pick("unit", "/Pupils/Year 4", "/Pupils/4B", "/Pupils/5", "/Staff"), pick("called", "Ada Ex", "Ex, Bob"))
		p.Numbers = rapid.SliceOfN(rapid.SampledFrom([]string{"1", "2", "3", "9"}), 0, 2).Draw(t, "numbers")
		if rapid.Bool().Draw(t, "aliased") {
			p.Aliases = []string{pick("alias", "a@school.example", "b@school.example")}
		}
		p.SwitchedOff = rapid.IntRange(0, 3).Draw(t, "off") == 0
		accounts = append(accounts, p)
	}
	return rollOf(Pupils, rows...), accounts
}

func TestPropertyOrderOfAccounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, accounts := drawn(t)
		one := told(Match(r, accounts, inPupils))
		two := told(Match(r, rapid.Permutation(accounts).Draw(t, "in another order"), inPupils))
		if diff := gocmp.Diff(one, two); diff != "" {
			t.Fatalf("the order of accounts matters:\n%s", diff)
		}
	})
}

// What is matched is matched once, both ways, and for a reason; what is ambiguous is not matched.
func TestPropertyMatching(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, accounts := drawn(t)
		m := Match(r, accounts, inPupils)
		byID := map[string]*seen.Person{}
		for _, p := range accounts {
			byID[p.ID] = p
		}
		taken := map[string]bool{}
		for i := range r.Rows {
			id, by := m.Account(i)
			if (id == "") != (by == Unmatched) || id != "" && m.AmbiguousRow(i) {
				t.Fatalf("row %d: %q, %v, ambiguous %v", i, id, by, m.AmbiguousRow(i))
			}
			if id == "" {
				continue
			}
			if taken[id] {
				t.Fatalf("%s has two rows", id)
			}
			taken[id] = true
			if row, how := m.Row(id); row != &r.Rows[i] || how != by || m.Ambiguous(id) {
				t.Fatalf("%s is row %d by %v, but has %v by %v, ambiguous %v", id, i, by, row, how, m.Ambiguous(id))
			}
			p, row := byID[id], r.Rows[i]
			good := map[By]bool{ByNumber: slices.Contains(p.Numbers, row.ID), ByEmail: bears(p, row.Email), ByName: NameKey(p.Name) == NameKey(row.Name) && inPupils(p)}
			if !good[by] {
				t.Fatalf("%+v is matched with %+v by %v", p, row, by)
			}
		}
		for _, p := range accounts {
			if row, _ := m.Row(p.ID); (row != nil) != taken[p.ID] {
				t.Fatalf("%s: has row %v, taken %v", p.ID, row, taken[p.ID])
			}
		}
	})
}

// A further version of the same people gives the same keys, in whatever order they stand.
func TestPropertyKeysStay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, _ := drawn(t)
		var lines []string
		for _, row := range rapid.Permutation(r.Rows).Draw(t, "rows in another order") {
			lines = append(lines, strings.Join([]string{row.ID, row.Email, row.Name, row.Year, row.Class}, ","))
		}
		keys := func(r *Roll) []string {
			var out []string
			for _, row := range r.Rows {
				out = append(out, row.Key)
			}
			slices.SortFunc(out, cmp.Compare)
			return out
		}
		if diff := gocmp.Diff(keys(r), keys(rollOf(Pupils, lines...))); diff != "" {
			t.Fatalf("keys differ:\n%s", diff)
		}
	})
}
