package names

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/calendar"
	"esafetybot/internal/rolls"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
)

var now = time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC)

func date(s string) calendar.Date {
	d, err := calendar.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

// world is a school with a few people; another one, /Elm, has its accounts beside it.
type world struct {
	people []*seen.Person
	roll   []string // lines of the pupils' roll: id, name, publish, left
	staff  []string
	left   map[string]calendar.Date
	ask    Ask
	shares []seen.Share
	class  []Class
}

func newWorld(rules ...string) *world {
	w := &world{
		left: map[string]calendar.Date{},
		ask:  Ask{Clause: "A7", Severity: "high", Rules: rules, Deals: map[string]string{FullName: "page_host", NotToPublish: "safeguarding_lead"}, LeaverDays: 30},
	}
	w.add("ada", "/Oak/Pupils", "Ada", "Larkham", "Ada Larkham")
	w.add("tom", "/Oak/Pupils", "Thomas", "Quill", "Thomas Quill")
	w.add("kim", "/Oak/Staff", "Kim", "Brackley", "Kim Brackley")
	return w
}

// add adds an account, whose number is its id in capitals.
func (w *world) add(id, unit, given, family, full string) *seen.Person {
	p := &seen.Person{Account: seen.Account{ID: id, Address: id + "@school.example", Unit: unit, Name: full}, Given: given, Family: family, Numbers: []string{strings.ToUpper(id)}}
	w.people = append(w.people, p)
	return p
}

func (w *world) person(id string) *seen.Person {
	return w.people[slices.IndexFunc(w.people, func(p *seen.Person) bool { return p.ID == id })]
}

// file adds a file with a grant.
func (w *world) file(id, title string, g seen.Grant) *seen.Share {
	w.shares = append(w.shares, seen.Share{Kind: "file", ID: id, Title: title, Grants: []seen.Grant{g}})
	return &w.shares[len(w.shares)-1]
}

var link = seen.Grant{ID: "anyoneWithLink", Type: "anyone", Role: "reader", Own: "reader"}

func (w *world) input(t testing.TB) Input {
	who := school.New(school.Rules{OrgUnits: []string{"/Oak"}, TrustedDomains: []string{"trust.example"}}, []string{"school.example"})
	for _, p := range w.people {
		who.Share(&p.Account)
	}
	kinds := school.NewKinds(who, school.Populations{Pupils: []string{"/Oak/Pupils"}, Staff: []string{"/Oak/Staff"}})
	match := func(which string, lines []string) *rolls.Matching {
		if lines == nil {
			return nil
		}
		text := "id,name,publish,left\n" + strings.Join(lines, "\n") + "\n"
		r, err := rolls.Parse(which, []byte(text), map[string]string{"id": "id", "name": "name", "publish": "publish", "left": "left"})
		if err != nil {
			t.Fatal(err)
		}
		var ours []*seen.Person
		for _, p := range w.people {
			if kinds.School(&p.Account) {
				ours = append(ours, p)
			}
		}
		return rolls.Match(r, ours, func(*seen.Person) bool { return false })
	}
	in := Input{Now: now, Today: date("2026-11-18"), Asks: []Ask{w.ask}, Accounts: w.people, Kinds: kinds, Pupils: match(rolls.Pupils, w.roll), Left: w.left, Who: who, Classes: w.class}
	if m := match(rolls.Staff, w.staff); m != nil {
		in.Others = append(in.Others, m)
	}
	in.Shares = stream(w.shares, nil)
	return in
}

func stream(shares []seen.Share, err error) iter.Seq2[seen.Share, error] {
	return func(yield func(seen.Share, error) bool) {
		for _, s := range shares {
			if !yield(s, nil) {
				return
			}
		}
		if err != nil {
			yield(seen.Share{}, err)
		}
	}
}

// found writes what was found, a line a finding, then what is in doubt or unknown; keys of rows as their first letters.
func found(t testing.TB, in Input) string {
	t.Helper()
	res, err := Check(in)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, o := range res.Observed {
		for i, f := range o.Facts {
			if strings.HasPrefix(f, "roll/") {
				o.Facts[i] = "roll"
			}
		}
		line := strings.TrimPrefix(o.Rule, "names.") + " " + o.Subject + " " + strings.Join(o.Facts, " ")
		if o.Missing {
			line += " missing"
		}
		out = append(out, line)
	}
	for id, is := range res.Doubtful {
		if is {
			out = append(out, "doubt "+id)
		}
	}
	for _, u := range res.Unknown {
		out = append(out, fmt.Sprint(u.Rule, " ", u.Why, " ", u.Count))
	}
	return strings.Join(out, "\n")
}

// Who is looked for, and who is an adult: one public file bears the name of each.
func TestWhoIsLookedFor(t *testing.T) {
	for name, c := range map[string]struct {
		make func(w *world)
		want string
	}{
		"a pupil":                            {func(*world) {}, "full-name file/1 pupil/ada"},
		"a guest":                            {func(w *world) { w.person("ada").Guest = true }, ""},
		"a pupil of another school":          {func(w *world) { w.person("ada").Unit = "/Elm/Pupils" }, ""},
		"an adult":                           {func(w *world) { w.person("ada").Unit = "/Oak/Staff" }, ""},
		"an account of nobody known":         {func(w *world) { w.person("ada").Unit = "/Oak/Robots" }, ""},
		"on the roll, wherever the account":  {func(w *world) { w.person("ada").Unit = "/Oak/Staff"; w.roll = []string{"ADA,Ada Larkham,,"} }, "full-name file/1 pupil/ada"},
		"on the staff roll":                  {func(w *world) { w.staff = []string{"ADA,Ada Larkham,,"} }, ""},
		"on both":                            {func(w *world) { w.staff, w.roll = []string{"ADA,A B,,"}, []string{"ADA,A B,,"} }, "full-name file/1 pupil/ada"},
		"switched off, on no roll":           {func(w *world) { w.person("ada").SwitchedOff = true }, ""},
		"archived, on no roll":               {func(w *world) { w.person("ada").Archived = true }, ""},
		"switched off, on the roll":          {func(w *world) { w.person("ada").SwitchedOff = true; w.roll = []string{"ADA,A B,,"} }, "full-name file/1 pupil/ada"},
		"switched off, leaves tomorrow":      {func(w *world) { w.person("ada").SwitchedOff = true; w.roll = []string{"ADA,A B,,2026-11-19"} }, "full-name file/1 pupil/ada"},
		"switched off, left on the last day": {func(w *world) { w.person("ada").SwitchedOff = true; w.roll = []string{"ADA,A B,,2026-10-19"} }, "full-name file/1 pupil/ada"},
		"switched off, left a day earlier":   {func(w *world) { w.person("ada").SwitchedOff = true; w.roll = []string{"ADA,A B,,2026-10-18"} }, ""},
		"active, left long ago":              {func(w *world) { w.roll = []string{"ADA,A B,,2020-10-18"} }, "full-name file/1 pupil/ada"},
		"off the roll on the last day":       {func(w *world) { w.person("ada").SwitchedOff = true; w.left["ada"] = date("2026-10-19") }, "full-name file/1 pupil/ada"},
		"off the roll a day earlier":         {func(w *world) { w.person("ada").SwitchedOff = true; w.left["ada"] = date("2026-10-18") }, ""},
		"the row says when they left": {func(w *world) {
			w.person("ada").SwitchedOff = true
			w.left["ada"], w.roll = date("2026-11-01"), []string{"ADA,A B,,2026-10-18"}
		}, ""},
		"the roll's name": {func(w *world) {
			p := w.person("ada")
			p.Given, p.Family, p.Name = "Adeline", "Larkham", "Adeline Larkham"
			w.roll = []string{`ADA,"Larkham, Ada",,`}
		}, "full-name file/1 pupil/ada"},
		"the full name, where a part is missing": {func(w *world) { w.person("ada").Given = "" }, "full-name file/1 pupil/ada"},
		"not the full name, where none is":       {func(w *world) { p := w.person("ada"); p.Given, p.Family = "Una", "Vale" }, ""},
		"a row without an account":               {func(w *world) { w.people = w.people[1:]; w.roll = []string{"P9,Ada Larkham,,"} }, "full-name file/1 roll"},
		"a row that leaves tomorrow":             {func(w *world) { w.people = w.people[1:]; w.roll = []string{"P9,Ada Larkham,,2026-11-19"} }, "full-name file/1 roll"},
		"a row that left on the last day":        {func(w *world) { w.people = w.people[1:]; w.roll = []string{"P9,Ada Larkham,,2026-10-19"} }, "full-name file/1 roll"},
		"a row that left a day earlier":          {func(w *world) { w.people = w.people[1:]; w.roll = []string{"P9,Ada Larkham,,2026-10-18"} }, ""},
		"two of the same name": {func(w *world) {
			w.add("ida", "/Oak/Pupils", "Ada", "Larkham", "")
			w.roll = []string{"P9,Ada Larkham,,"}
		},
			"full-name file/1 pupil/ada pupil/ida roll"},
		"an adult of the same name": {func(w *world) { w.add("eda", "/Oak/Staff", "Ada", "Larkham", "") },
			"doubt A7~names.full-name~file~1\nfull-name same-as-adult 1"},
		"an adult who has gone":              {func(w *world) { w.add("eda", "/Oak/Staff", "Ada", "Larkham", "").SwitchedOff = true }, "full-name file/1 pupil/ada"},
		"an adult of another school":         {func(w *world) { w.add("eda", "/Elm/Staff", "Ada", "Larkham", "") }, "full-name file/1 pupil/ada"},
		"a leaver of long ago is no adult":   {func(w *world) { w.add("eda", "/Oak/Pupils", "Ada", "Larkham", "").SwitchedOff = true }, "full-name file/1 pupil/ada"},
		"an adult whose name the roll bears": {func(w *world) { w.staff = []string{"KIM,Ada Larkham,,"} }, "full-name file/1 pupil/ada"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(FullName)
			w.file("1", "Ada Larkham reads", link)
			c.make(w)
			if d := cmp.Diff(c.want, found(t, w.input(t))); d != "" {
				t.Errorf("-want +have:\n%s", d)
			}
		})
	}
}

// What is a public place.
func TestPlaces(t *testing.T) {
	user := func(address, view string) seen.Grant {
		return seen.Grant{ID: "9", Type: "user", Role: "reader", Own: "reader", Address: address, View: view}
	}
	published, public, writer, ended, soon := link, link, link, link, link
	published.View = "published"
	public.Discoverable = true
	writer.Role, writer.Own = "writer", "writer"
	ended.Until, soon.Until = now, now.Add(time.Second)
	deleted := link
	deleted.Deleted = true
	for name, c := range map[string]struct {
		mime  string
		grant seen.Grant
		is    bool
	}{
		"with the link":                         {"", link, true},
		"found on the web":                      {"", public, true},
		"ended":                                 {"", ended, false},
		"not ended yet":                         {"", soon, true},
		"of somebody gone":                      {"", deleted, false},
		"a person outside":                      {"", user("x@home.example", ""), false},
		"a shortcut":                            {seen.MimeShortcut, link, false},
		"a folder":                              {seen.MimeFolder, link, true},
		"a form that people outside can answer": {seen.MimeForm, published, false},
		"a form that people outside can change": {seen.MimeForm, writer, false},
		"a form that people outside can read":   {seen.MimeForm, link, true},
		"a Site":                                {seen.MimeSite, published, true},
		"a Site for a person outside":           {seen.MimeSite, user("x@home.example", "published"), true},
		"a Site for somebody here":              {seen.MimeSite, user("kim@school.example", "published"), false},
		"a Site for a partner":                  {seen.MimeSite, user("x@trust.example", "published"), false},
		"a Site that a person outside may edit": {seen.MimeSite, user("x@home.example", ""), false},
	} {
		t.Run(name, func(t *testing.T) {
			for _, inherited := range []bool{false, true} {
				w := newWorld(FullName)
				s := w.file("1", "Ada Larkham reads", c.grant)
				if s.Mime = c.mime; inherited {
					s.Grants, s.Open = nil, s.Grants
					s.Open[0].Own, s.Open[0].Inherited = "", s.Open[0].Own
				}
				want := ""
				if c.is {
					want = "full-name file/1 pupil/ada"
				}
				if d := cmp.Diff(want, found(t, w.input(t))); d != "" {
					t.Errorf("inherited %v (-want +have):\n%s", inherited, d)
				}
			}
		})
	}
	w := newWorld(FullName)
	w.file("1", "Ada Larkham reads", link).Lost = true
	w.file("2", "Ada Larkham reads", link).Tree = "t"
	w.file("3", "Ada Larkham reads", link).Kind = "drive"
	group := seen.Grant{ID: "g", Type: "group", Role: "reader", Own: "reader", Address: "club@school.example", View: "published"}
	w.file("4", "Ada Larkham reads", group).Mime = seen.MimeSite
	in := w.input(t)
	in.Who.AddGroup(seen.Group{ID: "g", Address: "club@school.example"}, nil, true)
	if d := cmp.Diff("full-name file/1 pupil/ada missing", found(t, in)); d != "" {
		t.Errorf("what is lost, in a tree, a drive, or for a group of ours (-want +have):\n%s", d)
	}
}

// The two rules, and the titles that only one of them looks at.
func TestRules(t *testing.T) {
	refused := []string{"ADA,Ada Larkham,yes,", "TOM,Thomas Quill,no,"}
	for name, c := range map[string]struct {
		rules []string
		make  func(w *world)
		want  string
	}{
		"full names": {[]string{FullName}, func(w *world) { w.file("1", "Thomas Quill and Ada Larkham", link); w.file("2", "Thomas", link) }, "full-name file/1 pupil/ada pupil/tom"},
		"not to be published": {[]string{NotToPublish}, func(w *world) {
			w.file("1", "Thomas Quill and Ada Larkham", link)
			w.file("2", "Thomas", link)
			w.file("3", "Ada", link)
		},
			"not-to-publish file/1 pupil/tom\nnot-to-publish file/2 pupil/tom"},
		"both":                          {[]string{NotToPublish, FullName}, func(w *world) { w.file("1", "Thomas Quill", link) }, "full-name file/1 pupil/tom\nnot-to-publish file/1 pupil/tom"},
		"a row alone":                   {[]string{NotToPublish}, func(w *world) { w.file("1", "Petra", link); w.roll = []string{"P9,Petra Vane,No,"} }, "not-to-publish file/1 roll"},
		"a row alone that says nothing": {[]string{NotToPublish}, func(w *world) { w.file("1", "Petra Vane", link); w.roll = []string{"P9,Petra Vane,2026-09-01,"} }, ""},
		"an account alone":              {[]string{NotToPublish}, func(w *world) { w.file("1", "Ada Larkham", link); w.roll = []string{"TOM,Thomas Quill,no,"} }, ""},
		"a doubt of each rule": {[]string{FullName, NotToPublish}, func(w *world) {
			w.add("tim", "/Oak/Staff", "Thomas", "Quill", "")
			w.file("1", "Thomas Quill", link)
			w.file("2", "Thomas Quill and Ada Larkham", link)
		}, "full-name file/2 pupil/ada\nfull-name same-as-adult 1\nnot-to-publish same-as-adult 2\ndoubt A7~names.full-name~file~1\ndoubt A7~names.not-to-publish~file~1\ndoubt A7~names.not-to-publish~file~2"},
		"a doubt of somebody who may be published": {[]string{NotToPublish}, func(w *world) {
			w.add("ida", "/Oak/Staff", "Ada", "Larkham", "")
			w.file("1", "Ada Larkham", link)
		}, ""},
		"classes only": {[]string{FullName, NotToPublish}, func(w *world) { w.ask.Classes = true }, "full-name course/5 pupil/tom"},
		"posts only":   {[]string{FullName, NotToPublish}, func(w *world) { w.ask.Posts = true }, "full-name post/5-7 pupil/tom"},
		"neither":      {[]string{FullName, NotToPublish}, func(*world) {}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(c.rules...)
			w.roll = refused
			w.class = []Class{{ID: "5", Name: "Thomas Quill's readers", Posts: []seen.Post{{ID: "7", Title: "Quill, Thomas"}, {ID: "8", Title: "Thomas"}}}}
			c.make(w)
			have := found(t, w.input(t))
			lines := func(s string) []string { l := strings.Split(s, "\n"); slices.Sort(l); return l }
			if d := cmp.Diff(lines(c.want), lines(have)); d != "" {
				t.Errorf("-want +have:\n%s", d)
			}
		})
	}
}

// Who cannot be found is said in numbers, each in one of them.
func TestWhoCannotBeFound(t *testing.T) {
	w := newWorld(FullName, NotToPublish)
	w.add("cher", "/Oak/Pupils", "Cher", "", "Cher")
	w.add("desk", "/Oak/Staff", "Desk", "", "Desk")
	w.add("al", "/Oak/Pupils", "Al", "Fernsby", "")
	w.add("rose", "/Oak/Pupils", "Rose", "Thistlewood", "")
	w.add("bono", "/Oak/Pupils", "Bono", "", "Bono")
	w.add("may", "/Oak/Pupils", "May", "", "May")
	w.add("june", "/Oak/Pupils", "June", "", "June")
	w.roll = []string{"JUNE,June,no,", "AL,Al Fernsby,no,", "ROSE,Rose Thistlewood,no,", "BONO,Bono,no,", "MAY,May,no,", "TOM,Thomas Quill,no,"}
	if d := cmp.Diff("full-name no-full-name 4\nnot-to-publish no-full-name 2\nnot-to-publish only-full 2", found(t, w.input(t))); d != "" {
		t.Errorf("-want +have:\n%s", d)
	}
}

// What a title with a name in it belongs to is passed on without the title.
func TestShares(t *testing.T) {
	w := newWorld(FullName)
	w.file("1", "Ada Larkham", link).Link = "https://drive.example/1"
	w.file("2", "Sports day", link)
	res, err := Check(w.input(t))
	want := map[string]seen.Share{"file/1": {Kind: "file", ID: "1", Link: "https://drive.example/1"}}
	if d := cmp.Diff(want, res.Shares); err != nil || d != "" {
		t.Errorf("%v (-want +have):\n%s", err, d)
	}
}

// Several clauses are judged each by its own numbers, and findings carry what the clause says of them.
func TestSeveralAsks(t *testing.T) {
	w := newWorld(FullName)
	w.person("ada").SwitchedOff = true
	w.left["ada"] = date("2026-10-01")
	w.file("2", "Ada Larkham", link)
	w.file("1", "Ada Larkham", link)
	in := w.input(t)
	long := Ask{Clause: "A1", Severity: "low", Rules: []string{FullName}, Deals: map[string]string{FullName: "headteacher"}, LeaverDays: 365}
	in.Asks = append(in.Asks, long)
	res, err := Check(in)
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for _, o := range res.Observed {
		have = append(have, strings.Join([]string{o.Clause, o.Rule, o.Subject, o.Severity, o.Deals}, " "))
	}
	if d := cmp.Diff([]string{"A1 names.full-name file/1 low headteacher", "A1 names.full-name file/2 low headteacher"}, have); d != "" {
		t.Errorf("-want +have:\n%s", d)
	}
	in.Shares = nil
	if res, err := Check(in); err != nil || len(res.Observed) != 0 {
		t.Errorf("without the picture of Drive: %+v, %v", res, err)
	}
	in.Shares = stream(w.shares, errors.New("broken"))
	if res, err := Check(in); err == nil || len(res.Observed) != 0 {
		t.Errorf("a picture that breaks off: %+v, %v", res, err)
	}
}
