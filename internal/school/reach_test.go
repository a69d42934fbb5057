package school

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/seen"
)

// grp is a group of a test: members by short names, see member.
type grp struct {
	id      string
	members []string
	unknown bool // members could not be read
	open    bool
	sealed  bool // settings could not be read
}

// membersOf makes members: "g:ID" is a group of ours, "G:ADDRESS" a group by address, "c:" everybody of the customer,
// "e:ADDRESS" type EXTERNAL, "-ADDRESS" a user without id, else a user whose id is "m-" and the address.
func membersOf(names []string) []seen.Member {
	var out []seen.Member
	for _, n := range names {
		switch {
		case n == "c:":
			out = append(out, seen.Member{ID: "C01", Type: "CUSTOMER"})
		case n[:2] == "g:":
			out = append(out, seen.Member{ID: n[2:], Address: n[2:] + "@school.example", Type: "GROUP"})
		case n[:2] == "G:":
			out = append(out, seen.Member{ID: "m-" + n[2:], Address: n[2:], Type: "GROUP"})
		case n[:2] == "e:":
			out = append(out, seen.Member{ID: "m-" + n[2:], Address: n[2:], Type: "EXTERNAL"})
		case n[0] == '-':
			out = append(out, seen.Member{Address: n[1:], Type: "USER"})
		default:
			out = append(out, seen.Member{ID: "m-" + n, Address: n, Type: "USER"})
		}
	}
	return out
}

func add(d *Directory, list ...grp) {
	for _, g := range list {
		x := d.AddGroup(seen.Group{ID: g.id, Address: g.id + "@school.example", Aliases: []string{g.id + "@alias.example", g.id + "@late.example"}}, membersOf(g.members), !g.unknown)
		x.Open, x.OpenKnown = g.open, !g.sealed
	}
}

// reached is a Reach in short.
type reached struct {
	Out, Trusted, Open []string
	SameTrust          bool
	Unknown, Sealed    bool
}

func reachOf(d *Directory, id string) reached {
	g, _ := d.GroupByID(id)
	r := d.Reach(g)
	keys := func(ms []seen.Member) (out []string) {
		for _, m := range ms {
			out = append(out, MemberKey(m))
		}
		return out
	}
	return reached{keys(r.Outsiders), keys(r.Trusted), r.Open, r.SameTrust, !r.Known, !r.OpenKnown}
}

func TestReach(t *testing.T) {
	for _, c := range []struct {
		name   string
		groups []grp // the first is asked about
		want   reached
	}{
		{"nobody in it", []grp{{id: "a"}}, reached{}},
		{"people of the school", []grp{{id: "a", members: []string{"ann@school.example", "BEN@school.example", "off@school.example"}}}, reached{}},
		{"somebody of the trust", []grp{{id: "a", members: []string{"ann@school.example", "elm@school.example"}}}, reached{SameTrust: true}},
		{"an alias of somebody of the school", []grp{{id: "a", members: []string{"ann@alias.example"}}}, reached{}},
		{"an account that no longer exists", []grp{{id: "a", members: []string{"gone@school.example"}}}, reached{}},
		{"an outsider", []grp{{id: "a", members: []string{"x@mail.example"}}}, reached{Out: []string{"m-x@mail.example"}}},
		{"an outsider without id", []grp{{id: "a", members: []string{"-x@mail.example"}}}, reached{Out: []string{"sha256-" + digestOfX}}},
		{"an outsider of type EXTERNAL", []grp{{id: "a", members: []string{"e:x@mail.example"}}}, reached{Out: []string{"m-x@mail.example"}}},
		{"a guest", []grp{{id: "a", members: []string{"guest@school.example"}}}, reached{Out: []string{"m-guest@school.example"}}},
		{"trusted", []grp{{id: "a", members: []string{"p@partner.example"}}}, reached{Trusted: []string{"m-p@partner.example"}}},
		{"everybody of the customer", []grp{{id: "a", members: []string{"c:"}}}, reached{SameTrust: true}},
		{"a group that is not ours", []grp{{id: "a", members: []string{"G:g@mail.example"}}}, reached{Out: []string{"m-g@mail.example"}}},
		{"a trusted group", []grp{{id: "a", members: []string{"G:g@partner.example"}}}, reached{Trusted: []string{"m-g@partner.example"}}},
		{"a deleted group", []grp{{id: "a", members: []string{"G:gone@school.example"}}}, reached{}},
		{"several, sorted by key", []grp{{id: "a", members: []string{"z@mail.example", "q@partner.example", "b@mail.example", "p@partner.example"}}},
			reached{Out: []string{"m-b@mail.example", "m-z@mail.example"}, Trusted: []string{"m-p@partner.example", "m-q@partner.example"}}},

		{"an outsider two groups down", []grp{{id: "a", members: []string{"g:b"}}, {id: "b", members: []string{"g:c"}}, {id: "c", members: []string{"x@mail.example"}}},
			reached{Out: []string{"m-x@mail.example"}}},
		{"nested by an alias, in upper case", []grp{{id: "a", members: []string{"G:B@Alias.example"}}, {id: "b", members: []string{"x@mail.example"}}},
			reached{Out: []string{"m-x@mail.example"}}},
		{"nested by an address on a domain that the list of domains does not tell", []grp{{id: "a", members: []string{"G:b@late.example"}}, {id: "b", members: []string{"elm@school.example"}}},
			reached{SameTrust: true}},
		{"the group above is not in it", []grp{{id: "a"}, {id: "b", members: []string{"g:a", "x@mail.example"}, open: true}}, reached{}},
		{"by two ways, once", []grp{{id: "a", members: []string{"g:b", "g:c"}}, {id: "b", members: []string{"x@mail.example", "g:d"}}, {id: "c", members: []string{"x@mail.example", "g:d"}}, {id: "d", open: true}},
			reached{Out: []string{"m-x@mail.example"}, Open: []string{"d"}}},
		{"a cycle", []grp{{id: "a", members: []string{"g:b"}}, {id: "b", members: []string{"g:a", "elm@school.example", "x@mail.example"}, open: true}},
			reached{Out: []string{"m-x@mail.example"}, Open: []string{"b"}, SameTrust: true}},
		{"itself", []grp{{id: "a", members: []string{"g:a", "x@mail.example"}}}, reached{Out: []string{"m-x@mail.example"}}},
		{"a user with a group's address is no nested group", []grp{{id: "a", members: []string{"b@school.example"}}, {id: "b", members: []string{"x@mail.example"}}}, reached{}},

		{"anyone may join", []grp{{id: "a", open: true}}, reached{Open: []string{"a"}}},
		{"anyone may join nested ones", []grp{{id: "a", members: []string{"g:c", "g:b"}}, {id: "b", open: true}, {id: "c", members: []string{"g:d"}, open: true}, {id: "d"}},
			reached{Open: []string{"b", "c"}}},

		{"members unknown", []grp{{id: "a", unknown: true}}, reached{Unknown: true}},
		{"members of a nested group unknown", []grp{{id: "a", members: []string{"g:b", "g:c", "x@mail.example"}}, {id: "b", unknown: true}, {id: "c"}},
			reached{Out: []string{"m-x@mail.example"}, Unknown: true}},
		{"members of the group above unknown", []grp{{id: "a"}, {id: "b", members: []string{"g:a"}, unknown: true}}, reached{}},
		{"settings unknown", []grp{{id: "a", sealed: true}}, reached{Sealed: true}},
		{"settings of a nested group unknown", []grp{{id: "a", members: []string{"g:b", "g:c"}}, {id: "b", sealed: true}, {id: "c", open: true}},
			reached{Open: []string{"c"}, Sealed: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := oak("/Oak")
			add(d, c.groups...)
			if diff := cmp.Diff(c.want, reachOf(d, c.groups[0].id)); diff != "" {
				t.Errorf("(-want +have):\n%s", diff)
			}
		})
	}
}

// Everybody of the customer is the school where the school is the whole customer.
func TestCustomerMember(t *testing.T) {
	d := oak("/")
	add(d, grp{id: "a", members: []string{"c:"}})
	if diff := cmp.Diff(reached{}, reachOf(d, "a")); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
}

func TestNested(t *testing.T) {
	d := oak("/Oak")
	add(d, grp{id: "a", members: []string{"g:b", "g:c", "ann@school.example"}}, grp{id: "b", members: []string{"g:d"}}, grp{id: "c", members: []string{"g:d", "g:a"}}, grp{id: "d"}, grp{id: "e", members: []string{"g:a"}})
	var have []string
	g, _ := d.GroupByID("a")
	d.Nested(g, func(n *Group) { have = append(have, n.ID) })
	if diff := cmp.Diff([]string{"a", "b", "c", "d"}, have); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
}

func TestAllow(t *testing.T) {
	d := oak("/Oak")
	add(d,
		grp{id: "lead", members: []string{"g:inner", "ben@school.example"}},
		grp{id: "inner", members: []string{"ANN@alias.example", "g:deep", "c:", "G:g@mail.example"}},
		grp{id: "deep", members: []string{"g:lead", "elm@school.example", "x@mail.example"}},
		grp{id: "above", members: []string{"g:lead", "off@school.example"}},
		grp{id: "whole", members: []string{"c:"}},
	)
	for _, c := range []struct {
		name    string
		list    []string
		people  []string
		groups  []string
		noOne   []string
		noGroup []string
	}{
		{"nobody", nil, nil, nil, []string{"ann@school.example", ""}, []string{"lead"}},
		{"by primary address", []string{"ann@school.example"}, []string{"ann@school.example", "A.Smith@school.example", "ann@alias.example"}, nil, []string{"ben@school.example"}, []string{"inner"}},
		{"by alias, in upper case", []string{"ANN@Alias.example"}, []string{"ann@school.example", "ann@alias.example"}, nil, []string{"ben@school.example"}, nil},
		{"somebody without an account", []string{"X@mail.example"}, []string{"x@mail.example"}, nil, []string{"y@mail.example"}, nil},
		{"a group, with those nested", []string{"lead@school.example"},
			[]string{"ann@school.example", "a.smith@school.example", "ben@school.example", "elm@school.example", "x@mail.example"}, []string{"lead", "inner", "deep"},
			[]string{"off@school.example", "arc@school.example", "g@mail.example", ""}, []string{"above", "whole"}},
		{"a group by its alias, in upper case", []string{"Lead@ALIAS.example"}, []string{"ben@school.example"}, []string{"lead", "inner"}, []string{"off@school.example"}, []string{"above"}},
		{"everybody of the customer is nobody by name", []string{"whole@school.example"}, nil, []string{"whole"}, []string{"ann@school.example", ""}, []string{"lead"}},
		{"two entries", []string{"off@school.example", "whole@school.example"}, []string{"off@school.example"}, []string{"whole"}, []string{"ann@school.example"}, []string{"lead"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := d.Allow(c.list)
			for _, p := range slices.Concat(c.people, c.noOne) {
				if have, want := l.Person(d, p), slices.Contains(c.people, p); have != want {
					t.Errorf("Person(%q) = %v, want %v", p, have, want)
				}
			}
			for _, id := range slices.Concat(c.groups, c.noGroup) {
				g, _ := d.GroupByID(id)
				if have, want := l.Group(g), slices.Contains(c.groups, id); have != want {
					t.Errorf("Group(%q) = %v, want %v", id, have, want)
				}
			}
		})
	}
}
