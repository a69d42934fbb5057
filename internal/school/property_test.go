package school

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"esafetybot/internal/seen"
)

// drawn is a directory in pieces, so that it can be put together in any order.
type drawn struct {
	accounts []seen.Account
	groups   []grp
}

func draw(t *rapid.T) drawn {
	var w drawn
	people := []string{"gone@school.example", "x@mail.example", "-y@mail.example", "e:z@mail.example", "p@partner.example", "G:g@mail.example", "G:g@partner.example", "G:gone@school.example", "c:"}
	for i := range rapid.IntRange(1, 4).Draw(t, "accounts") {
		a := seen.Account{
			ID: fmt.Sprint("u", i), Address: fmt.Sprintf("u%d@school.example", i), Aliases: []string{fmt.Sprintf("u%d@alias.example", i)},
			Unit: rapid.SampledFrom([]string{"/", "/Oak", "/Oak/A", "/Oaklands"}).Draw(t, "unit"), Guest: rapid.IntRange(0, 4).Draw(t, "guest") == 0,
		}
		w.accounts = append(w.accounts, a)
		people = append(people, a.Address, a.Aliases[0])
	}
	n := rapid.IntRange(1, 5).Draw(t, "groups")
	for i := range n {
		people = append(people, fmt.Sprint("g:g", i))
	}
	for i := range n {
		w.groups = append(w.groups, grp{
			id: fmt.Sprint("g", i), members: rapid.SliceOfNDistinct(rapid.SampledFrom(people), 0, 5, rapid.ID).Draw(t, "members"),
			open: rapid.Bool().Draw(t, "open"), unknown: rapid.IntRange(0, 5).Draw(t, "unknown") == 0, sealed: rapid.IntRange(0, 5).Draw(t, "sealed") == 0,
		})
	}
	return w
}

func (w drawn) build() *Directory {
	d := New(Rules{TrustedDomains: []string{"partner.example"}, OrgUnits: []string{"/Oak"}}, []string{"school.example", "alias.example"})
	for _, a := range w.accounts {
		d.AddAccount(a)
	}
	add(d, w.groups...)
	return d
}

func TestPropertyOrderOfAdding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := draw(t)
		one := w.build()
		other := drawn{rapid.Permutation(w.accounts).Draw(t, "accounts in another order"), rapid.Permutation(w.groups).Draw(t, "groups in another order")}.build()
		for _, g := range w.groups {
			if diff := cmp.Diff(reachOf(one, g.id), reachOf(other, g.id)); diff != "" {
				t.Fatalf("%s reaches otherwise:\n%s", g.id, diff)
			}
		}
		for _, a := range w.accounts {
			if one.Person(a.Aliases[0]) != other.Person(a.Aliases[0]) {
				t.Fatalf("%s is near otherwise", a.ID)
			}
		}
	})
}

// What a group reaches is at least what each group nested in it reaches, and what is not known of those is not known of it.
func TestPropertyNestedReach(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := draw(t)
		d := w.build()
		for _, g := range d.Groups() {
			top := reachOf(d, g.ID)
			d.Nested(g, func(n *Group) {
				in := reachOf(d, n.ID)
				for name, pair := range map[string][2][]string{"outsiders": {in.Out, top.Out}, "trusted": {in.Trusted, top.Trusted}, "open": {in.Open, top.Open}} {
					if !within(pair[0], pair[1]) {
						t.Fatalf("%s of %s, nested in %s: %v not within %v", name, n.ID, g.ID, pair[0], pair[1])
					}
				}
				if in.SameTrust && !top.SameTrust || in.Unknown && !top.Unknown || in.Sealed && !top.Sealed {
					t.Fatalf("%s, nested in %s: %+v, but %+v", n.ID, g.ID, in, top)
				}
			})
		}
	})
}

// No direct member stands farther off than the farthest that the reach tells of, and whoever it tells of stands as far as it says.
func TestPropertyMembersWithinReach(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := draw(t)
		d := w.build()
		near := func(m seen.Member) Nearness {
			if _, ours := d.Group(m.Address); m.Type == "GROUP" && ours {
				return Nobody
			}
			switch m.Type {
			case "GROUP":
				return d.ForeignGroup(m.Address)
			case "CUSTOMER":
				return d.Domain("school.example")
			}
			return d.Person(m.Address)
		}
		for _, g := range d.Groups() {
			r := d.Reach(g)
			farthest := SameSchool
			switch {
			case len(r.Outsiders) > 0:
				farthest = Outside
			case len(r.Trusted) > 0:
				farthest = Trusted
			case r.SameTrust:
				farthest = SameTrust
			}
			for _, m := range g.Members {
				if n := near(m); n > farthest {
					t.Fatalf("a member of %s is %v, but the group reaches only to %v", g.ID, n, farthest)
				}
			}
			for i, m := range r.Outsiders {
				if near(m) != Outside || i > 0 && MemberKey(r.Outsiders[i-1]) >= MemberKey(m) {
					t.Fatalf("%s: outsider %d is %v, or out of order", g.ID, i, near(m))
				}
			}
			for i, m := range r.Trusted {
				if near(m) != Trusted || i > 0 && MemberKey(r.Trusted[i-1]) >= MemberKey(m) {
					t.Fatalf("%s: trusted member %d is %v, or out of order", g.ID, i, near(m))
				}
			}
		}
	})
}

func within(some, all []string) bool {
	set := map[string]bool{}
	for _, s := range all {
		set[s] = true
	}
	for _, s := range some {
		if !set[s] {
			return false
		}
	}
	return true
}
