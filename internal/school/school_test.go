package school

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/seen"
)

// oak is a school with the units given, in an account that has a second school (/Elm) and one whose unit only begins alike (/Oaklands).
func oak(units ...string) *Directory {
	d := New(Rules{TrustedDomains: []string{"Partner.Example"}, OrgUnits: units}, []string{"School.Example", "alias.example"})
	for _, a := range []seen.Account{
		{ID: "u-ann", Address: "ann@school.example", Aliases: []string{"a.smith@school.example", "ann@alias.example"}, Unit: "/Oak"},
		{ID: "u-ben", Address: "ben@school.example", Unit: "/Oak/Staff/Office"},
		{ID: "u-off", Address: "off@school.example", Unit: "/Oak", SwitchedOff: true},
		{ID: "u-arc", Address: "arc@school.example", Unit: "/Oak", Archived: true},
		{ID: "u-elm", Address: "elm@school.example", Unit: "/Elm"},
		{ID: "u-lands", Address: "lands@school.example", Unit: "/Oaklands"},
		{ID: "u-root", Address: "root@school.example", Unit: "/"},
		{ID: "u-guest", Address: "guest@mail.example", Unit: "/Oak", Guest: true},
		{ID: "u-inner", Address: "guest@school.example", Unit: "/Oak", Guest: true},
		{ID: "u-far", Address: "far@elsewhere.example", Unit: "/Oak"},
	} {
		d.AddAccount(a)
	}
	d.AddGroup(seen.Group{ID: "g-staff", Address: "staff@school.example", Aliases: []string{"all@school.example"}}, nil, true)
	return d
}

func TestPerson(t *testing.T) {
	for _, c := range []struct {
		name, address string
		want          Nearness
	}{
		{"in the school's unit", "ann@school.example", SameSchool},
		{"below the unit", "ben@school.example", SameSchool},
		{"an alias", "a.smith@school.example", SameSchool},
		{"an alias on an alias domain", "ann@alias.example", SameSchool},
		{"upper case", "ANN@School.EXAMPLE", SameSchool},
		{"an alias in upper case", "A.Smith@school.example", SameSchool},
		{"switched off", "off@school.example", SameSchool},
		{"archived", "arc@school.example", SameSchool},
		{"an account on a domain that is none of the customer's", "far@elsewhere.example", SameSchool},
		{"another school's unit", "elm@school.example", SameTrust},
		{"a unit that only begins alike", "lands@school.example", SameTrust},
		{"the unit above", "root@school.example", SameTrust},
		{"a guest", "guest@mail.example", Outside},
		{"a guest on our own domain", "guest@school.example", Outside},
		{"no account, our domain", "gone@school.example", Nobody},
		{"no account, our alias domain", "gone@alias.example", Nobody},
		{"no account, our domain in upper case", "gone@SCHOOL.example", Nobody},
		{"trusted", "p@partner.example", Trusted},
		{"trusted in upper case", "p@PARTNER.Example", Trusted},
		{"a sub-domain of ours", "x@mail.school.example", Outside},
		{"a sub-domain of a trusted one", "x@mail.partner.example", Outside},
		{"a domain that ends alike", "x@myschool.example", Outside},
		{"a domain that ends like a trusted one", "x@mypartner.example", Outside},
		{"a domain that begins alike", "x@school.example.net.example", Outside},
		{"our domain before the @", "school.example@mail.example", Outside},
		{"anybody else", "x@mail.example", Outside},
		{"an address that is not known", "", Outside},
	} {
		t.Run(c.name, func(t *testing.T) {
			if have := oak("/Oak").Person(c.address); have != c.want {
				t.Errorf("Person(%q) = %v, want %v", c.address, have, c.want)
			}
		})
	}
}

// Which units are the school's decides between same school and same trust, and nothing else.
func TestUnits(t *testing.T) {
	for _, c := range []struct {
		name  string
		units []string
		in    []string // addresses near as same school; the other accounts are same trust
	}{
		{"none named is all", nil, []string{"ann", "ben", "elm", "lands", "root"}},
		{"the root is all", []string{"/"}, []string{"ann", "ben", "elm", "lands", "root"}},
		{"the root after others is all", []string{"/Oak", "/"}, []string{"ann", "ben", "elm", "lands", "root"}},
		{"the root before others is all", []string{"/", "/Oak"}, []string{"ann", "ben", "elm", "lands", "root"}},
		{"one unit", []string{"/Oak"}, []string{"ann", "ben"}},
		{"two units", []string{"/Elm", "/Oak"}, []string{"ann", "ben", "elm"}},
		{"a unit below", []string{"/Oak/Staff"}, []string{"ben"}},
		{"the longer of two alike", []string{"/Oaklands"}, []string{"lands"}},
		{"a unit nobody is in", []string{"/Ash"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := oak(c.units...)
			everybody := SameTrust
			if slices.Contains(c.in, "root") {
				everybody = SameSchool
			}
			if have := d.Domain("school.example"); have != everybody {
				t.Errorf("our domain is %v, want %v", have, everybody)
			}
			for _, who := range []string{"ann", "ben", "elm", "lands", "root"} {
				want := SameTrust
				if slices.Contains(c.in, who) {
					want = SameSchool
				}
				if have := d.Person(who + "@school.example"); have != want {
					t.Errorf("%s is %v, want %v", who, have, want)
				}
				if have := d.Ours(strings.ToUpper(who) + "@school.example"); have != (want == SameSchool) {
					t.Errorf("Ours(%s) = %v, want %v", who, have, want == SameSchool)
				}
			}
		})
	}
}

func TestUnder(t *testing.T) {
	for _, c := range []struct {
		path, unit string
		want       bool
	}{
		{"/Oak", "/Oak", true},
		{"/Oak/Year 1", "/Oak", true},
		{"/Oak/Year 1/Red", "/Oak", true},
		{"/Oaklands", "/Oak", false},
		{"/", "/Oak", false},
		{"/Elm/Oak", "/Oak", false},
		{"/Oak", "/Oak/Year 1", false},
		{"/Oak", "/", true},
		{"/", "/", true},
	} {
		if have := Under(c.path, c.unit); have != c.want {
			t.Errorf("Under(%q, %q) = %v, want %v", c.path, c.unit, have, c.want)
		}
	}
}

func TestOurs(t *testing.T) {
	d := oak("/Oak")
	for address, want := range map[string]bool{
		"ann@school.example": true, "ANN@alias.example": true, "off@school.example": true, "arc@school.example": true,
		"elm@school.example": false, "gone@school.example": false, "x@mail.example": false, "": false,
	} {
		if have := d.Ours(address); have != want {
			t.Errorf("Ours(%q) = %v, want %v", address, have, want)
		}
	}
}

func TestDomain(t *testing.T) {
	for _, c := range []struct {
		name, domain  string
		whole, narrow Nearness // with units / and /Oak
	}{
		{"ours", "school.example", SameSchool, SameTrust},
		{"ours in upper case", "SCHOOL.example", SameSchool, SameTrust},
		{"our alias", "alias.example", SameSchool, SameTrust},
		{"a target audience", "c0123.audience.googledomains.com", SameSchool, SameTrust},
		{"a target audience in upper case", "C0123.Audience.GoogleDomains.com", SameSchool, SameTrust},
		{"what target audiences end in, alone", "audience.googledomains.com", Outside, Outside},
		{"no target audience", "myaudience.googledomains.com", Outside, Outside},
		{"ends not in a target audience's", "c0123.audience.googledomains.com.example", Outside, Outside},
		{"trusted", "partner.example", Trusted, Trusted},
		{"trusted in upper case", "Partner.EXAMPLE", Trusted, Trusted},
		{"a sub-domain of ours", "mail.school.example", Outside, Outside},
		{"a sub-domain of a trusted one", "mail.partner.example", Outside, Outside},
		{"another", "mail.example", Outside, Outside},
	} {
		t.Run(c.name, func(t *testing.T) {
			for unit, want := range map[string]Nearness{"/": c.whole, "/Oak": c.narrow} {
				if have := oak(unit).Domain(c.domain); have != want {
					t.Errorf("with unit %s Domain(%q) = %v, want %v", unit, c.domain, have, want)
				}
			}
		})
	}
}

func TestForeignGroup(t *testing.T) {
	for address, want := range map[string]Nearness{
		"gone@school.example": Nobody, "gone@ALIAS.example": Nobody, "g@partner.example": Trusted, "g@PARTNER.example": Trusted,
		"g@mail.example": Outside, "g@mail.school.example": Outside, "g@mail.partner.example": Outside,
	} {
		if have := oak("/Oak").ForeignGroup(address); have != want {
			t.Errorf("ForeignGroup(%q) = %v, want %v", address, have, want)
		}
	}
}

func TestLookUp(t *testing.T) {
	d := oak("/Oak")
	for _, address := range []string{"ann@school.example", "A.SMITH@school.example", "Ann@Alias.Example"} {
		if a, ok := d.Account(address); !ok || a.ID != "u-ann" {
			t.Errorf("Account(%q) = %v, %v, want u-ann", address, a, ok)
		}
	}
	for _, address := range []string{"staff@school.example", "ALL@school.example"} {
		if g, ok := d.Group(address); !ok || g.ID != "g-staff" {
			t.Errorf("Group(%q) = %v, %v, want g-staff", address, g, ok)
		}
		if _, ok := d.Account(address); ok {
			t.Errorf("Account(%q) finds a group", address)
		}
	}
	if a, ok := d.AccountByID("u-ben"); !ok || a.Address != "ben@school.example" {
		t.Errorf("AccountByID = %v, %v", a, ok)
	}
	if g, ok := d.GroupByID("g-staff"); !ok || g.Address != "staff@school.example" {
		t.Errorf("GroupByID = %v, %v", g, ok)
	}
	if _, ok := d.AccountByID("ann@school.example"); ok {
		t.Error("AccountByID finds by address")
	}
	if _, ok := d.GroupByID("g-none"); ok {
		t.Error("GroupByID finds a group that is not there")
	}
	ids := func() (out []string) {
		for _, a := range d.Accounts() {
			out = append(out, a.ID)
		}
		return out
	}()
	want := []string{"u-ann", "u-arc", "u-ben", "u-elm", "u-far", "u-guest", "u-inner", "u-lands", "u-off", "u-root"}
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Errorf("Accounts (-want +have):\n%s", diff)
	}
	for _, id := range []string{"g-z", "g-c", "g-x", "g-a", "g-y", "g-b"} {
		d.AddGroup(seen.Group{ID: id, Address: id + "@school.example"}, nil, true)
	}
	ids = nil
	for _, g := range d.Groups() {
		ids = append(ids, g.ID)
	}
	if diff := cmp.Diff([]string{"g-a", "g-b", "g-c", "g-staff", "g-x", "g-y", "g-z"}, ids); diff != "" {
		t.Errorf("Groups (-want +have):\n%s", diff)
	}
}

// A primary address outweighs an alias of the same spelling, whichever is added first.
func TestPrimaryBeforeAlias(t *testing.T) {
	holder := seen.Account{ID: "u-1", Address: "same@school.example", Unit: "/Elm"}
	other := seen.Account{ID: "u-2", Address: "other@school.example", Aliases: []string{"same@school.example"}, Unit: "/Oak"}
	for _, order := range [][]seen.Account{{holder, other}, {other, holder}} {
		d := New(Rules{}, nil)
		for _, a := range order {
			d.AddAccount(a)
		}
		if a, _ := d.Account("same@school.example"); a.ID != "u-1" {
			t.Errorf("the alias won when %s was added first", order[0].ID)
		}
	}
	one := seen.Group{ID: "g-1", Address: "same@school.example"}
	two := seen.Group{ID: "g-2", Address: "two@school.example", Aliases: []string{"same@school.example"}}
	for _, order := range [][]seen.Group{{one, two}, {two, one}} {
		d := New(Rules{}, nil)
		for _, g := range order {
			d.AddGroup(g, nil, true)
		}
		if g, _ := d.Group("same@school.example"); g.ID != "g-1" {
			t.Errorf("the alias won when %s was added first", order[0].ID)
		}
	}
}

func TestString(t *testing.T) {
	var have []string
	for n := Nobody; n <= Outside; n++ {
		have = append(have, n.String())
	}
	want := []string{"nobody", "same school", "same trust", "trusted", "outside"}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
}

func TestMemberKey(t *testing.T) {
	for _, c := range []struct {
		name string
		m    seen.Member
		want string
	}{
		{"with an id", seen.Member{ID: "1058", Address: "x@mail.example", Type: "USER"}, "1058"},
		// printf x@mail.example | sha256sum | cut -c1-16
		{"without one", seen.Member{Address: "x@mail.example", Type: "USER"}, "sha256-" + digestOfX},
		{"without one, in upper case", seen.Member{Address: "X@Mail.example", Type: "USER"}, "sha256-" + digestOfX},
	} {
		if have := MemberKey(c.m); have != c.want {
			t.Errorf("%s: %s, want %s", c.name, have, c.want)
		}
	}
}

const digestOfX = "fe81a28f5f08ff4a"

// TestGroupAgain: a group that is added again, with its members, is found under its aliases too.
func TestGroupAgain(t *testing.T) {
	d := New(Rules{}, []string{"school.example"})
	g := seen.Group{ID: "g", Address: "robots@school.example", Aliases: []string{"machines@school.example"}}
	d.AddAccount(seen.Account{ID: "u", Address: "u@school.example", Unit: "/"})
	d.AddGroup(g, nil, false)
	d.AddGroup(g, []seen.Member{{ID: "u", Address: "u@school.example", Type: "USER"}}, true)
	if in, known := d.In([]string{"machines@school.example"}); !known || !in["u"] {
		t.Errorf("in %v, known %v", in, known)
	}
}

// TestTrustDomains: schools of a trust are told apart by domain where they have several, in one Google account or in two.
func TestTrustDomains(t *testing.T) {
	type want struct {
		person, group, domain Nearness
	}
	for name, c := range map[string]struct {
		customer []string
		units    []string
		whole    bool
		place    bool // a Chromebook in /Pupils
		near     map[string]want
	}{
		"one account": {customer: []string{"oak.example", "ash.example"}, near: map[string]want{
			"a@oak.example":     {SameSchool, Nobody, SameTrust},
			"b@ash.example":     {SameTrust, Nobody, SameTrust},
			"c@elm.example":     {SameTrust, SameTrust, SameTrust}, // an account of its own
			"d@trust.example":   {SameTrust, SameTrust, SameTrust},
			"e@partner.example": {Trusted, Trusted, Trusted},
			"f@x.example":       {Outside, Outside, Outside},
		}},
		"two accounts": {customer: []string{"oak.example"}, whole: true, place: true, near: map[string]want{
			"a@oak.example": {SameSchool, Nobody, SameSchool},
			"c@ash.example": {SameTrust, SameTrust, SameTrust},
			"f@x.example":   {Outside, Outside, Outside},
		}},
		"one account with units": {customer: []string{"oak.example", "ash.example"}, units: []string{"/Pupils"}, place: true, near: map[string]want{
			"a@oak.example": {SameSchool, Nobody, SameTrust},
		}},
	} {
		d := New(Rules{OrgUnits: c.units, TrustedDomains: []string{"partner.example"}, TrustDomains: []string{"ash.example", "elm.example", "trust.example"}}, c.customer)
		for _, address := range []string{"a@oak.example", "b@ash.example"} {
			d.AddAccount(seen.Account{ID: address, Address: address, Aliases: []string{"alias-" + address}, Unit: "/Pupils"})
		}
		if d.Whole() != c.whole || d.Place("/Pupils") != c.place {
			t.Errorf("%s: whole %t, place %t", name, d.Whole(), d.Place("/Pupils"))
		}
		for address, w := range c.near {
			_, domain, _ := strings.Cut(address, "@")
			have := want{d.Person(address), d.ForeignGroup("some-group@" + domain), d.Domain(domain)}
			if have != w {
				t.Errorf("%s: %s is %v, want %v", name, address, have, w)
			}
		}
		if d.Shared("/Pupils") != (name == "one account") {
			t.Errorf("%s: shared %t", name, d.Shared("/Pupils"))
		}
		if d.Ours("b@ash.example") || !d.Ours("alias-a@oak.example") {
			t.Errorf("%s: whose accounts they are is mistaken", name)
		}
	}
}

// TestWhoseUnit: what has an org unit only is of the school whose unit is nearest to it, and of none where two are as near.
func TestWhoseUnit(t *testing.T) {
	type school struct {
		domains, units []string
	}
	for name, c := range map[string]struct {
		schools []school
		want    map[string]string // unit → who places it there, and who says that it is shared
	}{
		"alone":              {[]school{{[]string{"a"}, nil}}, map[string]string{"/": "0", "/Pupils": "0"}},
		"both have all":      {[]school{{[]string{"a"}, nil}, {[]string{"b"}, []string{"/"}}}, map[string]string{"/": "?0?1", "/Pupils": "?0?1"}},
		"both have one unit": {[]school{{[]string{"a"}, []string{"/Primary"}}, {[]string{"b"}, []string{"/primary"}}}, map[string]string{"/": "", "/Primary/Year 1": "?0?1", "/Primaries": ""}},
		"one inside another": {[]school{{[]string{"a"}, []string{"/"}}, {[]string{"b"}, []string{"/Oak"}}}, map[string]string{"/": "0", "/Staff": "0", "/Oak": "1", "/Oak/Pupils": "1"}},
		"each its own":       {[]school{{[]string{"a"}, []string{"/Ash"}}, {[]string{"a"}, []string{"/Oak"}}}, map[string]string{"/": "", "/Ash/Pupils": "0", "/Oak": "1"}},
		"two customers":      {[]school{{[]string{"a"}, nil}, {[]string{"elsewhere"}, nil}}, map[string]string{"/Pupils": "0"}},
	} {
		t.Run(name, func(t *testing.T) {
			for unit, want := range c.want {
				have := ""
				for i, s := range c.schools {
					if s.domains[0] == "elsewhere" {
						continue
					}
					r := Rules{OrgUnits: s.units}
					for j, n := range c.schools {
						if j != i {
							r.Neighbours = append(r.Neighbours, Neighbour{n.domains, n.units})
							if n.domains[0] != s.domains[0] {
								r.TrustDomains = append(r.TrustDomains, n.domains...)
							}
						}
					}
					d := New(r, []string{"a", "b"})
					if d.Place(unit) {
						have += fmt.Sprint(i)
					}
					if d.Shared(unit) {
						have += fmt.Sprint("?", i)
					}
				}
				if have != want {
					t.Errorf("%s is %q, want %q", unit, have, want)
				}
			}
		})
	}
}
