package sharing

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"esafetybot/internal/findings"
	"esafetybot/internal/seen"
)

// closed asks for both rules of confidential trees; each tree is given with its list.
func closed(trees ...Confidential) []Ask {
	asks := asking(WithinSchool, TrustWide)
	asks[0].Confidential = trees
	return asks
}

func TestConfidential(t *testing.T) {
	within := func(fact string) []string { return []string{"within-school file/f: " + fact} }
	wide := func(fact string) []string { return []string{"trust-wide file/f: " + fact} }
	for _, c := range []struct {
		name    string
		allowed []string
		grant   seen.Grant
		want    []string
	}{
		{"somebody of the school", nil, user("ann@school.example"), within("user/p-ann@school.example reader")},
		{"by an alias", nil, user("boss@school.example"), within("user/p-boss@school.example reader")},
		{"somebody of the trust", nil, user("elm@school.example"), wide("user/p-elm@school.example reader")},
		{"somebody else is allowed", []string{"head@school.example"}, user("ann@school.example"), within("user/p-ann@school.example reader")},
		{"allowed", []string{"x@school.example", "ann@school.example"}, user("ann@school.example"), nil},
		{"allowed, of the trust", []string{"elm@school.example"}, user("elm@school.example"), nil},
		{"allowed by an alias", []string{"boss@school.example"}, user("head@school.example"), nil},
		{"allowed, shared by an alias", []string{"head@school.example"}, user("Boss@school.example"), nil},
		{"allowed in a group", []string{"leaders@school.example"}, user("head@school.example"), nil},
		{"allowed in a group nested", []string{"leaders@school.example"}, user("ann@school.example"), nil},
		{"in no group on the list", []string{"leaders@school.example"}, user("elm@school.example"), wide("user/p-elm@school.example reader")},
		{"everybody of the customer is no allowance by name", []string{"everybody@school.example"}, user("ann@school.example"), within("user/p-ann@school.example reader")},

		{"a group of the school", nil, group("staff@school.example"), within("group/p-staff@school.example reader")},
		{"a group of the school with outsiders", nil, group("parents@school.example"), within("group/p-parents@school.example reader")},
		{"a group with the trust in it", nil, group("mixed@school.example"), wide("group/p-mixed@school.example reader")},
		{"a group with the trust in one nested", nil, group("mixed-above@school.example"), wide("group/p-mixed-above@school.example reader")},
		{"a group of everybody", nil, group("everybody@school.example"), wide("group/p-everybody@school.example reader")},
		{"a group on the list", []string{"mixed@school.example"}, group("mixed@school.example"), nil},
		{"a group nested in one on the list", []string{"leaders@school.example"}, group("office@school.example"), nil},
		{"a group above the one on the list", []string{"mixed@school.example"}, group("mixed-above@school.example"), wide("group/p-mixed-above@school.example reader")},
		{"a group of people who are all on the list", []string{"ann@school.example", "head@school.example"}, group("staff@school.example"), within("group/p-staff@school.example reader")},
		{"a group of no use any more", nil, group("gone@school.example"), nil},
		{"a group not ours", nil, group("g@mail.example"), nil},

		{"the domain", nil, domain("school.example"), wide("domain/school.example reader")},
		{"a target audience", nil, domain("c1.audience.googledomains.com"), wide("domain/c1.audience.googledomains.com reader")},
		{"a domain cannot be allowed", []string{"school.example"}, domain("school.example"), wide("domain/school.example reader")},

		{"anyone", nil, anyone(), nil},
		{"anyone may find it", nil, anyone(discoverable), nil},
		{"an outsider", nil, user("x@mail.example"), nil},
		{"a guest", nil, user("guest@mail.example"), nil},
		{"a trusted person", nil, user("p@partner.example"), nil},
		{"a trusted domain", nil, domain("partner.example"), nil},
		{"another domain", nil, domain("mail.example"), nil},
		{"a deleted account", nil, user("gone@school.example"), nil},

		{"the owner", nil, user("ann@school.example", as("owner")), nil},
		{"metadata only", nil, user("ann@school.example", view("metadata")), nil},
		{"ended", nil, user("ann@school.example", until(now)), nil},
		{"ends later", nil, user("ann@school.example", until(now.Add(1e9))), within("user/p-ann@school.example reader until 2026-05-04T08:00:01Z")},
		{"deleted", nil, user("ann@school.example", deleted), nil},
		{"published", nil, user("ann@school.example", view("published")), within("user/p-ann@school.example reader")},
		{"inherited from above the tree", nil, user("ann@school.example", roles("", "writer", "writer")), within("user/p-ann@school.example writer")},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.want == nil {
				c.want = []string{}
			}
			asks := closed(Confidential{Tree: "tree", Allowed: c.allowed})
			share := in("tree", file(c.grant))
			if diff := cmp.Diff(c.want, told(check(t, asks, share))); diff != "" {
				t.Errorf("both rules (-want +have):\n%s", diff)
			}
			for _, r := range []string{"", WithinSchool, TrustWide} {
				asks[0].Rules = []string{r}
				want := slices.DeleteFunc(slices.Clone(c.want), func(w string) bool { return !strings.HasPrefix(w, r+" ") })
				if diff := cmp.Diff(want, told(check(t, asks, share))); diff != "" {
					t.Errorf("only rule %q (-want +have):\n%s", r, diff)
				}
			}
			asks[0].Rules = everyRule
			if diff := cmp.Diff(c.want, told(check(t, asks, share))); diff != "" {
				t.Errorf("the other rules read a share of a tree (-want +have):\n%s", diff)
			}
			share.Tree = "another"
			if have := check(t, asks, share); len(have) > 0 {
				t.Errorf("found %v in a tree that nobody marked", told(have))
			}
		})
	}
}

// Subjects, items in several trees, and clauses side by side.
func TestConfidentialTrees(t *testing.T) {
	ann, elm, head := user("ann@school.example"), user("elm@school.example"), user("head@school.example")
	outer, inner := Confidential{Tree: "outer", Allowed: []string{"head@school.example"}}, Confidential{Tree: "inner", Allowed: []string{"ann@school.example"}}
	for _, c := range []struct {
		name   string
		asks   []Ask
		shares []seen.Share
		want   []string
	}{
		{"the members of a marked shared drive", closed(outer), []seen.Share{in("outer", drive(ann, head, elm))},
			[]string{"trust-wide drive/d: user/p-elm@school.example reader", "within-school drive/d: user/p-ann@school.example reader"}},
		{"an item of it", closed(outer), []seen.Share{in("outer", seen.Share{Kind: "file", ID: "f", Drive: "outer", Grants: []seen.Grant{ann}})},
			[]string{"within-school file/f: user/p-ann@school.example reader"}},
		{"facts together, sorted, each once", closed(outer), []seen.Share{in("outer", file(user("ann@school.example", as("writer")), group("staff@school.example"), ann, ann))},
			[]string{"within-school file/f: group/p-staff@school.example reader, user/p-ann@school.example reader, user/p-ann@school.example writer"}},
		{"an item in two trees", closed(outer, inner), []seen.Share{in("inner", file(ann, head)), named("between", in("outer", file(elm))), in("outer", file(ann, head))},
			[]string{"trust-wide file/between: user/p-elm@school.example reader", "within-school file/f: user/p-ann@school.example reader, user/p-head@school.example reader"}},
		{"the same in both, once", closed(outer, inner), []seen.Share{in("inner", file(elm)), in("outer", file(elm))}, []string{"trust-wide file/f: user/p-elm@school.example reader"}},
		{"two items apart", closed(outer), []seen.Share{in("outer", file(ann)), in("outer", named("g", file(ann)))},
			[]string{"within-school file/f: user/p-ann@school.example reader", "within-school file/g: user/p-ann@school.example reader"}},
		{"a tree nobody marked", closed(outer), []seen.Share{in("inner", file(ann))}, []string{}},
		{"outside a tree", closed(outer), []seen.Share{file(ann, elm, domain("school.example"), group("staff@school.example"))}, []string{}},
		{"a group on the list is told of by the share outside the tree", []Ask{{Clause: "A23", Rules: everyRule, Confidential: []Confidential{{Tree: "outer", Allowed: []string{"above@school.example"}}}}},
			[]seen.Share{in("outer", file(group("above@school.example")))}, []string{}},
		{"a clause for each tree", []Ask{
			{Clause: "B15", Severity: "high", Rules: []string{WithinSchool}, Confidential: []Confidential{outer}},
			{Clause: "B16", Severity: "low", Rules: []string{WithinSchool, TrustWide}, Confidential: []Confidential{inner}},
			{Clause: "B17", Severity: "low", Rules: []string{WithinSchool}},
		}, []seen.Share{in("outer", file(ann, head, elm)), in("inner", file(ann, head, elm))}, []string{
			"within-school file/f: user/p-ann@school.example reader",
			"trust-wide file/f: user/p-elm@school.example reader",
			"within-school file/f: user/p-head@school.example reader",
		}},
		{"two clauses for one tree", []Ask{
			{Clause: "B15", Rules: []string{WithinSchool}, Confidential: []Confidential{outer}},
			{Clause: "B16", Rules: []string{WithinSchool}, Confidential: []Confidential{{Tree: "outer", Allowed: []string{"ann@school.example"}}}},
		}, []seen.Share{in("outer", file(ann, head))}, []string{"within-school file/f: user/p-ann@school.example reader", "within-school file/f: user/p-head@school.example reader"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, told(check(t, c.asks, c.shares...))); diff != "" {
				t.Errorf("(-want +have):\n%s", diff)
			}
		})
	}
}

// grants to draw from: every kind of grantee, near and far.
var some = []seen.Grant{
	user("ann@school.example"), user("elm@school.example", as("writer")), user("x@mail.example"), user("x@mail.example", view("published")), user("z@mail.example", as("writer"), pending),
	user("p@partner.example"), user("gone@school.example"), user("w@mail.example", until(now)), user("v@mail.example", until(now.Add(1e9))), user("o@mail.example", as("owner")),
	group("staff@school.example"), group("above@school.example"), group("mixed@school.example"), group("hidden-above@school.example"), group("g@mail.example"), group("g@partner.example"),
	domain("school.example"), domain("mail.example"), domain("partner.example"), anyone(), anyone(discoverable), anyone(view("published")), anyone(view("metadata")), anyone(deleted),
	user("q@mail.example", roles("reader", "writer", "writer")),
}

var drawGrants = rapid.SliceOfN(rapid.SampledFrom(some), 0, 6)

var drawShare = rapid.Custom(func(t *rapid.T) seen.Share {
	s := seen.Share{Kind: "file", ID: fmt.Sprint("f", rapid.IntRange(0, 3).Draw(t, "item")), Grants: drawGrants.Draw(t, "grants")}
	s.Mime = rapid.SampledFrom([]string{"", seen.MimeSite, seen.MimeForm, seen.MimeFolder, seen.MimeShortcut}).Draw(t, "type")
	if rapid.IntRange(0, 4).Draw(t, "drive") == 0 {
		s.Kind, s.Mime = "drive", ""
	}
	s.Tree = rapid.SampledFrom([]string{"", "", "t1", "t2", "t3"}).Draw(t, "tree")
	return s
})

// drawShares are shares of a picture: the same item once outside trees and once in each.
var drawShares = rapid.Custom(func(t *rapid.T) []seen.Share {
	return rapid.SliceOfNDistinct(drawShare, 0, 6, func(s seen.Share) string { return s.Tree + "|" + s.Subject() }).Draw(t, "shares")
})

var drawAsks = rapid.Custom(func(t *rapid.T) []Ask {
	var out []Ask
	for i := range rapid.IntRange(1, 3).Draw(t, "clauses") {
		a := Ask{Clause: fmt.Sprint("A", i), Severity: "high", Rules: rapid.SliceOfDistinct(rapid.SampledFrom(everyRule), rapid.ID).Draw(t, "rules")}
		for _, tree := range []string{"t1", "t2"} {
			if rapid.Bool().Draw(t, tree) {
				allowed := rapid.SliceOfN(rapid.SampledFrom([]string{"ann@school.example", "mixed@school.example", "leaders@school.example"}), 0, 2).Draw(t, "allowed")
				a.Confidential = append(a.Confidential, Confidential{Tree: tree, Allowed: allowed})
			}
		}
		out = append(out, a)
	}
	return out
})

func TestPropertyShapeOfFindings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		asks := drawAsks.Draw(t, "asks")
		ids := map[string]bool{}
		for _, o := range check(t, asks, drawShares.Draw(t, "shares")...) {
			id := findings.ID(o.Clause, o.Rule, o.Subject)
			if ids[id] {
				t.Fatalf("%s twice", id)
			}
			ids[id] = true
			if len(o.Facts) == 0 || !slices.IsSorted(o.Facts) || len(slices.Compact(slices.Clone(o.Facts))) != len(o.Facts) {
				t.Fatalf("%s has facts %q", id, o.Facts)
			}
			i := slices.IndexFunc(asks, func(a Ask) bool { return a.Clause == o.Clause })
			if !slices.Contains(asks[i].Rules, strings.TrimPrefix(o.Rule, "sharing.")) {
				t.Fatalf("clause %s did not ask for %s", o.Clause, o.Rule)
			}
		}
	})
}

func TestPropertyOrderOfGrants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		asks, shares := drawAsks.Draw(t, "asks"), drawShares.Draw(t, "shares")
		other := rapid.Permutation(shares).Draw(t, "another order")
		for i := range other {
			if len(other[i].Grants) > 0 {
				other[i].Grants = rapid.Permutation(other[i].Grants).Draw(t, "grants in another order")
			}
		}
		if diff := cmp.Diff(check(t, asks, shares...), check(t, asks, other...)); diff != "" {
			t.Fatalf("order matters:\n%s", diff)
		}
	})
}

// Sharing something with the school's own people changes nothing outside confidential trees, and in a tree nothing for those on the list.
func TestPropertyInSchoolShareChangesNothing(t *testing.T) {
	inSchool := rapid.SampledFrom([]seen.Grant{
		user("ann@school.example"), user("boss@school.example", as("writer")), user("elm@school.example"), user("gone@school.example"), group("staff@school.example"), group("mixed@school.example"),
		group("gone@school.example"), domain("school.example"), domain("c1.audience.googledomains.com", discoverable), user("ann@school.example", view("published")),
	})
	allowed := rapid.SampledFrom([]seen.Grant{user("head@school.example"), user("ann@school.example"), group("office@school.example"), group("leaders@school.example")})
	rapid.Check(t, func(t *rapid.T) {
		asks, shares := drawAsks.Draw(t, "asks"), drawShares.Draw(t, "shares")
		for i := range asks {
			for j := range asks[i].Confidential {
				asks[i].Confidential[j].Allowed = append(asks[i].Confidential[j].Allowed, "leaders@school.example")
			}
		}
		before := check(t, asks, shares...)
		for i := range shares {
			g := inSchool.Draw(t, "in the school")
			if shares[i].Tree != "" {
				g = allowed.Draw(t, "allowed")
			}
			shares[i].Grants = slices.Insert(slices.Clone(shares[i].Grants), rapid.IntRange(0, len(shares[i].Grants)).Draw(t, "at"), g)
		}
		if diff := cmp.Diff(before, check(t, asks, shares...)); diff != "" {
			t.Fatalf("a share within the school changed findings:\n%s", diff)
		}
	})
}
