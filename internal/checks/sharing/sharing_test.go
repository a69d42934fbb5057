package sharing

import (
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/findings"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
)

var now = time.Date(2026, 5, 4, 8, 0, 0, 0, time.UTC)

var everyRule = []string{
	Public, PublicLink, Person, Group, Domain, Outsiders, OpenGroup, DriveMember, Site, FormEditors, TrustWide, WithinSchool, TrustedDom, Responders,
}

// directory is a school (/Oak) in an account with another one (/Elm).
func directory() *school.Directory {
	d := school.New(school.Rules{TrustedDomains: []string{"partner.example"}, OrgUnits: []string{"/Oak"}}, []string{"school.example"})
	for _, a := range []seen.Account{
		{ID: "u-head", Address: "head@school.example", Aliases: []string{"boss@school.example"}, Unit: "/Oak"},
		{ID: "u-ann", Address: "ann@school.example", Unit: "/Oak/Staff"},
		{ID: "u-elm", Address: "elm@school.example", Unit: "/Elm"},
		{ID: "u-guest", Address: "guest@mail.example", Unit: "/Oak", Guest: true},
	} {
		d.AddAccount(a)
	}
	user := func(address string) seen.Member {
		return seen.Member{ID: "m-" + address, Address: address, Type: "USER"}
	}
	nested := func(id string) seen.Member {
		return seen.Member{ID: id, Address: id + "@school.example", Type: "GROUP"}
	}
	for _, g := range []struct {
		id                         string
		members                    []seen.Member
		unknown, open, openUnknown bool
	}{
		{id: "staff", members: []seen.Member{user("ann@school.example"), user("head@school.example"), user("gone@school.example")}},
		{id: "mixed", members: []seen.Member{user("ann@school.example"), user("elm@school.example")}},
		{id: "mixed-above", members: []seen.Member{nested("mixed")}},
		{id: "everybody", members: []seen.Member{{ID: "C01", Type: "CUSTOMER"}}},
		{id: "parents", members: []seen.Member{user("ann@school.example"), user("x@mail.example"), {Address: "Y@mail.example", Type: "USER"}, user("guest@mail.example")}},
		{id: "friends", members: []seen.Member{user("p@partner.example"), {ID: "m-pg", Address: "g@partner.example", Type: "GROUP"}}},
		{id: "above", members: []seen.Member{nested("parents"), nested("friends"), nested("open"), user("x@mail.example")}},
		{id: "open", members: []seen.Member{user("ann@school.example")}, open: true},
		{id: "open-above", members: []seen.Member{nested("open"), nested("open-too")}},
		{id: "open-too", members: []seen.Member{nested("open-above")}, open: true},
		{id: "hidden", members: []seen.Member{user("x@mail.example"), user("p@partner.example")}, unknown: true, open: true},
		{id: "hidden-above", members: []seen.Member{nested("hidden"), user("x@mail.example"), user("p@partner.example")}, open: true},
		{id: "sealed", members: []seen.Member{nested("open"), user("x@mail.example"), user("p@partner.example")}, openUnknown: true},
		{id: "leaders", members: []seen.Member{user("head@school.example"), nested("office")}},
		{id: "office", members: []seen.Member{user("ann@school.example"), nested("leaders")}},
	} {
		grp := d.AddGroup(seen.Group{ID: "g-" + g.id, Address: g.id + "@school.example", Aliases: []string{g.id + "@late.example"}}, g.members, !g.unknown)
		grp.Open, grp.OpenKnown = g.open, !g.openUnknown
	}
	return d
}

// Grants. The id of a permission is never the Directory's id of the grantee, so that a mix-up shows.

func user(address string, more ...func(*seen.Grant)) seen.Grant {
	return grant(seen.Grant{ID: "p-" + address, Type: "user", Address: address}, more)
}

func group(address string, more ...func(*seen.Grant)) seen.Grant {
	return grant(seen.Grant{ID: "p-" + address, Type: "group", Address: address}, more)
}

func domain(name string, more ...func(*seen.Grant)) seen.Grant {
	return grant(seen.Grant{ID: "p-" + name, Type: "domain", Domain: name}, more)
}

func anyone(more ...func(*seen.Grant)) seen.Grant {
	return grant(seen.Grant{ID: "anyoneWithLink", Type: "anyone"}, more)
}

func grant(g seen.Grant, more []func(*seen.Grant)) seen.Grant {
	g.Role, g.Own = "reader", "reader"
	for _, m := range more {
		m(&g)
	}
	return g
}

func as(role string) func(*seen.Grant) { return func(g *seen.Grant) { g.Role, g.Own = role, role } }
func roles(own, inherited, role string) func(*seen.Grant) {
	return func(g *seen.Grant) { g.Own, g.Inherited, g.Role = own, inherited, role }
}
func view(v string) func(*seen.Grant)      { return func(g *seen.Grant) { g.View = v } }
func until(t time.Time) func(*seen.Grant)  { return func(g *seen.Grant) { g.Until = t } }
func discoverable(g *seen.Grant)           { g.Discoverable = true }
func pending(g *seen.Grant)                { g.PendingOwner = true }
func deleted(g *seen.Grant)                { g.Deleted = true }
func file(grants ...seen.Grant) seen.Share { return seen.Share{Kind: "file", ID: "f", Grants: grants} }
func drive(grants ...seen.Grant) seen.Share {
	return seen.Share{Kind: "drive", ID: "d", Grants: grants}
}
func of(mime string, s seen.Share) seen.Share  { s.Mime = mime; return s }
func named(id string, s seen.Share) seen.Share { s.ID = id; return s }
func in(tree string, s seen.Share) seen.Share  { s.Tree = tree; return s }

func stream(shares ...seen.Share) iter.Seq2[seen.Share, error] {
	return func(yield func(seen.Share, error) bool) {
		for _, s := range shares {
			if !yield(s, nil) {
				return
			}
		}
	}
}

// check runs the check and gives its findings in the order of clause, rule and subject.
func check(t interface{ Fatal(...any) }, asks []Ask, shares ...seen.Share) []findings.Observed {
	var out []findings.Observed
	for o, err := range Check(Input{Now: now, Who: directory(), Asks: asks, Shares: stream(shares...)}) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, o)
	}
	slices.SortFunc(out, func(a, b findings.Observed) int {
		return strings.Compare(a.Clause+" "+a.Rule+" "+a.Subject, b.Clause+" "+b.Rule+" "+b.Subject)
	})
	return out
}

func asking(rules ...string) []Ask {
	return []Ask{{Clause: "A23", Severity: "high", Deals: "workspace_admin", Rules: rules}}
}

// told writes findings as "rule subject: fact, fact".
func told(list []findings.Observed) []string {
	out := []string{}
	for _, o := range list {
		out = append(out, strings.TrimPrefix(o.Rule, "sharing.")+" "+o.Subject+": "+strings.Join(o.Facts, ", "))
	}
	return out
}

// Every rule with what breaches it and what nearly does. Each row is looked at with all rules, and then with each alone: a rule that is not
// asked for yields nothing and lets nothing through to another.
func TestRules(t *testing.T) {
	mail, partner := "x@mail.example", "p@partner.example"
	site, form, doc := seen.MimeSite, seen.MimeForm, "application/vnd.google-apps.document"
	for _, c := range []struct {
		name  string
		share seen.Share
		want  []string
	}{
		{"nothing", file(), nil},

		{"public", file(anyone(discoverable)), []string{"public file/f: anyone reader"}},
		{"public-link", file(anyone()), []string{"public-link file/f: anyone-with-link reader"}},
		{"public and by link", file(anyone(discoverable), anyone(as("writer"))), []string{"public file/f: anyone reader", "public-link file/f: anyone-with-link writer"}},
		{"a type that Google adds later is anyone", file(grant(seen.Grant{ID: "p", Type: "planet"}, nil)), []string{"public-link file/f: anyone-with-link reader"}},

		{"outside-person", file(user(mail)), []string{"outside-person file/f: user/p-x@mail.example reader"}},
		{"a guest", file(user("guest@mail.example")), []string{"outside-person file/f: user/p-guest@mail.example reader"}},
		{"somebody of the school", file(user("ann@school.example"), user("boss@school.example")), nil},
		{"somebody of the trust", file(user("elm@school.example")), nil},
		{"a deleted account", file(user("gone@school.example")), nil},
		{"a sub-domain of ours", file(user("x@sub.school.example")), []string{"outside-person file/f: user/p-x@sub.school.example reader"}},

		{"outside-group", file(group("g@mail.example")), []string{"outside-group file/f: group/p-g@mail.example reader"}},
		{"a deleted group", file(group("gone@school.example")), nil},
		{"a group of ours without outsiders", file(group("staff@school.example")), nil},
		{"a group of ours on a domain that the list of domains does not tell", file(group("staff@late.example")), nil},
		{"a user that bears a group's address", file(user("parents@school.example")), nil},

		{"outside-domain", file(domain("mail.example")), []string{"outside-domain file/f: domain/mail.example reader"}},
		{"discoverable in a domain", file(domain("mail.example", discoverable)), []string{"outside-domain file/f: domain/mail.example reader"}},
		{"our domain", file(domain("School.example")), nil},
		{"a target audience", file(domain("c1.audience.googledomains.com")), nil},
		{"a sub-domain", file(domain("sub.school.example")), []string{"outside-domain file/f: domain/sub.school.example reader"}},

		{"trusted-domain", file(user(partner), group("g@partner.example"), domain("Partner.example")),
			[]string{"trusted-domain file/f: domain/partner.example reader, group/p-g@partner.example reader, user/p-p@partner.example reader"}},
		{"one of each", file(user(mail), user(partner), group("g@mail.example"), domain("mail.example"), anyone()), []string{
			"outside-domain file/f: domain/mail.example reader", "outside-group file/f: group/p-g@mail.example reader", "outside-person file/f: user/p-x@mail.example reader",
			"public-link file/f: anyone-with-link reader", "trusted-domain file/f: user/p-p@partner.example reader"}},

		{"site", of(site, file(anyone(view("published")))), []string{"site file/f: anyone-with-link reader"}},
		{"site for all to find", of(site, file(anyone(view("published"), discoverable))), []string{"site file/f: anyone reader"}},
		{"site to a person, a group and a domain outside", of(site, file(user(mail, view("published")), group("g@mail.example", view("published")), domain("mail.example", view("published")))),
			[]string{"site file/f: domain/mail.example reader, group/p-g@mail.example reader, user/p-x@mail.example reader"}},
		{"site within the school", of(site, file(domain("school.example", view("published")), user("ann@school.example", view("published")))), nil},
		{"site to a trusted domain", of(site, file(domain("partner.example", view("published")))), []string{"trusted-domain file/f: domain/partner.example reader"}},
		{"a Site's editors", of(site, file(user(mail, as("writer")), anyone(as("writer")))),
			[]string{"outside-person file/f: user/p-x@mail.example writer", "public-link file/f: anyone-with-link writer"}},
		{"both views of a Site", of(site, file(anyone(), anyone(view("published")))), []string{"public-link file/f: anyone-with-link reader", "site file/f: anyone-with-link reader"}},

		{"form-responders", of(form, file(anyone(view("published")))), []string{"form-responders file/f: anyone-with-link reader"}},
		{"form responders with a writer's role", of(form, file(anyone(view("published"), as("writer")))), []string{"form-responders file/f: anyone-with-link writer"}},
		{"form responders within the school", of(form, file(domain("school.example", view("published")))), nil},
		{"form responders of a trusted domain", of(form, file(domain("partner.example", view("published")))), []string{"trusted-domain file/f: domain/partner.example reader"}},
		{"form-editors", of(form, file(user(mail, as("writer")))), []string{"form-editors file/f: user/p-x@mail.example writer"}},
		{"anyone edits a form", of(form, file(anyone(as("writer")), anyone(discoverable, as("fileOrganizer")))), []string{"form-editors file/f: anyone fileOrganizer, anyone-with-link writer"}},
		{"a domain and a group edit a form", of(form, file(domain("mail.example", as("writer")), group("g@mail.example", as("organizer")))),
			[]string{"form-editors file/f: domain/mail.example writer, group/p-g@mail.example organizer"}},
		{"a role that Google adds later edits a form", of(form, file(user(mail, as("approver")))), []string{"form-editors file/f: user/p-x@mail.example approver"}},
		{"commenters of a form", of(form, file(user(mail, as("commenter")), anyone(as("commenter")))),
			[]string{"outside-person file/f: user/p-x@mail.example commenter", "public-link file/f: anyone-with-link commenter"}},
		{"the form's own role counts", of(form, file(user(mail, roles("writer", "reader", "writer")))), []string{"form-editors file/f: user/p-x@mail.example writer"}},
		{"trusted editors of a form", of(form, file(user(partner, as("writer")))), []string{"trusted-domain file/f: user/p-p@partner.example writer"}},
		{"editors of a form within the school", of(form, file(user("ann@school.example", as("writer")), user("elm@school.example", as("writer")))), nil},
		{"editors of what is no form", of(doc, file(user(mail, as("writer")))), []string{"outside-person file/f: user/p-x@mail.example writer"}},
		{"published, but neither a Site nor a form", of(doc, file(anyone(view("published")), user(mail, view("published")), user(partner, view("published")))),
			[]string{"outside-person file/f: user/p-x@mail.example reader", "public-link file/f: anyone-with-link reader", "trusted-domain file/f: user/p-p@partner.example reader"}},

		{"shared-drive-outsider", drive(user(mail, as("organizer")), group("g@mail.example", as("writer"))),
			[]string{"shared-drive-outsider drive/d: group/p-g@mail.example writer, user/p-x@mail.example organizer"}},
		{"trusted members of a shared drive", drive(user(partner), group("g@partner.example")),
			[]string{"trusted-domain drive/d: group/p-g@partner.example reader, user/p-p@partner.example reader"}},
		{"members of a shared drive from the school and the trust", drive(user("ann@school.example"), user("elm@school.example"), user("gone@school.example"), group("staff@school.example")), nil},
		{"an outsider of an item in a shared drive", seen.Share{Kind: "file", ID: "f", Drive: "d", Grants: []seen.Grant{user(mail)}}, []string{"outside-person file/f: user/p-x@mail.example reader"}},

		{"a shortcut", of(seen.MimeShortcut, file(anyone(), user(mail), group("parents@school.example"))), nil},
		{"a shortcut in a confidential tree", in("tree", of(seen.MimeShortcut, file(user("ann@school.example")))), nil},

		{"metadata only", file(anyone(view("metadata")), user(mail, view("metadata"))), nil},
		{"the owner", file(user(mail, as("owner"))), nil},
		{"a deleted grantee", file(user(mail, deleted)), nil},
		{"expired", file(user(mail, until(now.Add(-time.Second))), anyone(until(now))), nil},
		{"expiring", file(anyone(until(now.Add(time.Second)))), []string{"public-link file/f: anyone-with-link reader until 2026-05-04T08:00:01Z"}},

		{"group-with-outsiders", file(group("parents@school.example")),
			[]string{"group-with-outsiders group/g-parents: member/m-guest@mail.example, member/m-x@mail.example, member/sha256-" + digestOfY}},
		{"its members by a shared drive", drive(group("parents@school.example")),
			[]string{"group-with-outsiders group/g-parents: member/m-guest@mail.example, member/m-x@mail.example, member/sha256-" + digestOfY}},
		{"in another view", of(form, file(group("parents@school.example", view("published")))),
			[]string{"group-with-outsiders group/g-parents: member/m-guest@mail.example, member/m-x@mail.example, member/sha256-" + digestOfY}},
		{"inherited", file(group("parents@school.example", roles("", "reader", "reader"))),
			[]string{"group-with-outsiders group/g-parents: member/m-guest@mail.example, member/m-x@mail.example, member/sha256-" + digestOfY}},
		{"its share expired", file(group("parents@school.example", until(now))), nil},
		{"trusted members of a group", file(group("friends@school.example")), []string{"trusted-domain group/g-friends: member/m-p@partner.example, member/m-pg"}},
		{"a group above, each member once", file(group("above@school.example")), []string{
			"group-with-outsiders group/g-above: member/m-guest@mail.example, member/m-x@mail.example, member/sha256-" + digestOfY,
			"open-group group/g-above: group/g-open anyone-can-join",
			"trusted-domain group/g-above: member/m-p@partner.example, member/m-pg"}},
		{"open-group", file(group("open@school.example")), []string{"open-group group/g-open: group/g-open anyone-can-join"}},
		{"open groups below", file(group("open-above@school.example")), []string{"open-group group/g-open-above: group/g-open anyone-can-join, group/g-open-too anyone-can-join"}},
		{"a group with the trust in it", file(group("mixed@school.example"), group("everybody@school.example")), nil},
		{"members unknown", file(group("hidden@school.example")), nil},
		{"members below unknown", file(group("hidden-above@school.example")), nil},
		{"settings unknown", file(group("sealed@school.example")), []string{
			"group-with-outsiders group/g-sealed: member/m-x@mail.example", "trusted-domain group/g-sealed: member/m-p@partner.example"}},
		{"a group and a person beside it", file(group("open@school.example"), user(mail)),
			[]string{"open-group group/g-open: group/g-open anyone-can-join", "outside-person file/f: user/p-x@mail.example reader"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.want == nil {
				c.want = []string{}
			}
			if diff := cmp.Diff(c.want, told(check(t, asking(everyRule...), c.share))); diff != "" {
				t.Errorf("all rules (-want +have):\n%s", diff)
			}
			for _, r := range append([]string{""}, everyRule...) {
				want := slices.DeleteFunc(slices.Clone(c.want), func(w string) bool { return !strings.HasPrefix(w, r+" ") })
				if diff := cmp.Diff(want, told(check(t, asking(r), c.share))); diff != "" {
					t.Errorf("only rule %q (-want +have):\n%s", r, diff)
				}
			}
			if have := check(t, asking(), c.share); len(have) > 0 {
				t.Errorf("no rule is asked for, found %v", told(have))
			}
		})
	}
}

func TestCounts(t *testing.T) {
	for _, c := range []struct {
		name string
		g    seen.Grant
		want bool
	}{
		{"for ever", anyone(), true},
		{"published", anyone(view("published")), true},
		{"metadata", anyone(view("metadata")), false},
		{"owner", anyone(as("owner")), false},
		{"organizer", anyone(as("organizer")), true},
		{"pending owner", anyone(pending), true},
		{"deleted", anyone(deleted), false},
		{"ended a second ago", anyone(until(now.Add(-time.Second))), false},
		{"ends now", anyone(until(now)), false},
		{"ends now in another zone", anyone(until(now.In(time.FixedZone("", 3600)))), false},
		{"ends in a nanosecond", anyone(until(now.Add(1))), true},
		{"ends in a second", anyone(until(now.Add(time.Second))), true},
	} {
		if have := Counts(c.g, now); have != c.want {
			t.Errorf("%s: %v, want %v", c.name, have, c.want)
		}
	}
}

func TestFact(t *testing.T) {
	for _, c := range []struct {
		name string
		g    seen.Grant
		want string
	}{
		{"user", user("x@mail.example"), "user/p-x@mail.example reader"},
		{"group", group("g@mail.example", as("fileOrganizer")), "group/p-g@mail.example fileOrganizer"},
		{"user with what only links have", user("x@mail.example", discoverable), "user/p-x@mail.example reader"},
		{"domain", domain("mail.example", as("commenter")), "domain/mail.example commenter"},
		{"domain in upper case", domain("MAIL.Example"), "domain/mail.example reader"},
		{"domain that can be searched", domain("mail.example", discoverable), "domain/mail.example reader"},
		{"target audience", domain("c1.audience.googledomains.com"), "domain/c1.audience.googledomains.com reader"},
		{"link", anyone(), "anyone-with-link reader"},
		{"public", anyone(discoverable), "anyone reader"},
		{"published", anyone(view("published")), "anyone-with-link reader"},

		{"own role", anyone(roles("writer", "", "writer")), "anyone-with-link writer"},
		{"own above inherited", anyone(roles("writer", "reader", "writer")), "anyone-with-link writer"},
		{"own alone, although the effective role is higher", anyone(roles("commenter", "reader", "writer")), "anyone-with-link commenter"},
		{"inherited", anyone(roles("", "reader", "reader")), "anyone-with-link reader"},
		{"inherited as high as own: the effective role", anyone(roles("reader", "reader", "writer")), "anyone-with-link writer"},
		{"inherited above own", anyone(roles("reader", "commenter", "commenter")), "anyone-with-link commenter"},

		{"until", anyone(until(now.Add(90 * time.Minute))), "anyone-with-link reader until 2026-05-04T09:30:00Z"},
		{"until, with fractions", anyone(until(now.Add(time.Second - 1))), "anyone-with-link reader until 2026-05-04T08:00:00Z"},
		{"until, in another zone", anyone(until(time.Date(2026, 7, 1, 0, 30, 0, 0, time.FixedZone("", 3600)))), "anyone-with-link reader until 2026-06-30T23:30:00Z"},
		{"pending owner", user("x@mail.example", pending, as("writer")), "user/p-x@mail.example writer pending-owner"},
		{"both", user("x@mail.example", pending, until(now)), "user/p-x@mail.example reader until 2026-05-04T08:00:00Z pending-owner"},
	} {
		if have := Fact(c.g); have != c.want {
			t.Errorf("%s: %q, want %q", c.name, have, c.want)
		}
	}
}

// What is only worth knowing is information, whatever the clause says; all else is as the clause says.
func TestSeverity(t *testing.T) {
	shares := []seen.Share{
		of(seen.MimeForm, file(anyone(view("published")), anyone(as("writer")))), named("f2", file(user("p@partner.example"), anyone(discoverable), anyone(), user("x@mail.example"), group("g@mail.example"), domain("mail.example"))),
		drive(user("x@mail.example"), user("p@partner.example")), of(seen.MimeSite, named("f3", file(anyone(view("published"))))), named("f4", file(group("above@school.example"))),
		in("tree", named("f5", file(user("ann@school.example"), user("elm@school.example")))),
	}
	for _, severity := range []string{"high", "medium", "low"} {
		asks := asking(everyRule...)
		asks[0].Severity, asks[0].Confidential = severity, []Confidential{{Tree: "tree"}}
		rules := map[string]bool{}
		for _, o := range check(t, asks, shares...) {
			rules[strings.TrimPrefix(o.Rule, "sharing.")] = true
			want := severity
			if o.Rule == "sharing.trusted-domain" || o.Rule == "sharing.form-responders" {
				want = "information"
			}
			if o.Severity != want {
				t.Errorf("%s of %s is %q, want %q", o.Rule, o.Subject, o.Severity, want)
			}
		}
		for _, r := range everyRule {
			if !rules[r] {
				t.Errorf("no finding of %s", r)
			}
		}
	}
}

// What a finding says besides its facts.
func TestFields(t *testing.T) {
	since := now.Add(-time.Hour)
	s := file(anyone())
	s.Since, s.Lost, s.Title, s.Owner = since, true, "a title", "u-ann"
	inside := in("tree", named("f2", file(user("ann@school.example"))))
	inside.Since = since
	asks := asking(PublicLink, WithinSchool, OpenGroup)
	asks[0].Confidential = []Confidential{{Tree: "tree"}}
	want := []findings.Observed{
		{Clause: "A23", Rule: "sharing.open-group", Subject: "group/g-open", Facts: []string{"group/g-open anyone-can-join"}, Severity: "high", Deals: "workspace_admin"},
		{Clause: "A23", Rule: "sharing.public-link", Subject: "file/f", Facts: []string{"anyone-with-link reader"}, Severity: "high", Deals: "workspace_admin", Missing: true, Since: since},
		{Clause: "A23", Rule: "sharing.within-school", Subject: "file/f2", Facts: []string{"user/p-ann@school.example reader"}, Severity: "high", Deals: "workspace_admin", Since: since},
	}
	if diff := cmp.Diff(want, check(t, asks, s, inside, named("f3", file(group("open@school.example"))))); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
}

// Clauses stand side by side: each with its own rules, severity and person, and facts of its own.
func TestClauses(t *testing.T) {
	asks := []Ask{
		{Clause: "A23", Severity: "high", Deals: "workspace_admin", Rules: []string{PublicLink, OpenGroup}},
		{Clause: "B8", Severity: "low", Deals: "esafety_officer", Rules: []string{Public, PublicLink, Outsiders}},
		{Clause: "B25", Severity: "medium", Deals: "headteacher", Rules: []string{Person}},
	}
	list := check(t, asks, file(anyone(), anyone(as("writer")), user("x@mail.example")), named("f2", file(group("above@school.example"))))
	var have []string
	for _, o := range list {
		have = append(have, o.Clause+" "+o.Severity+" "+o.Deals+" "+told([]findings.Observed{o})[0])
	}
	want := []string{
		"A23 high workspace_admin open-group group/g-above: group/g-open anyone-can-join",
		"A23 high workspace_admin public-link file/f: anyone-with-link reader, anyone-with-link writer",
		"B25 medium headteacher outside-person file/f: user/p-x@mail.example reader",
		"B8 low esafety_officer group-with-outsiders group/g-above: member/m-guest@mail.example, member/m-x@mail.example, member/sha256-" + digestOfY,
		"B8 low esafety_officer public-link file/f: anyone-with-link reader, anyone-with-link writer",
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
	for i := range list {
		for j := range list {
			if i != j && len(list[i].Facts) > 0 && len(list[j].Facts) > 0 && &list[i].Facts[0] == &list[j].Facts[0] {
				t.Errorf("%s of %s and of %s share their facts", list[i].Rule, list[i].Clause, list[j].Clause)
			}
		}
	}
}

// Nothing asked is nothing found; a share seen twice of a group is one finding.
func TestGroupOnce(t *testing.T) {
	have := told(check(t, asking(everyRule...), file(group("open@school.example")), named("f2", file(group("open@school.example"))), drive(group("open@school.example"))))
	if diff := cmp.Diff([]string{"open-group group/g-open: group/g-open anyone-can-join"}, have); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
	if have := check(t, nil, file(anyone()), in("tree", file(user("ann@school.example")))); len(have) != 0 {
		t.Errorf("found %v without a clause", told(have))
	}
}

// An error of the stream is passed on, and ends the check: what was found so far may stand, but groups are not judged on half a picture.
func TestStreamError(t *testing.T) {
	broken := errors.New("broken")
	shares := func(yield func(seen.Share, error) bool) {
		if yield(file(anyone(), group("open@school.example")), nil) && yield(in("tree", file(user("ann@school.example"))), nil) && yield(file(user("x@mail.example")), broken) {
			t.Error("went on after an error")
		}
	}
	asks := asking(everyRule...)
	asks[0].Confidential = []Confidential{{Tree: "tree"}}
	var have []findings.Observed
	var errs []error
	for o, err := range Check(Input{Now: now, Who: directory(), Asks: asks, Shares: shares}) {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		have = append(have, o)
	}
	if len(errs) != 1 || !errors.Is(errs[0], broken) {
		t.Errorf("errors %v, want one, %v", errs, broken)
	}
	if diff := cmp.Diff([]string{"public-link file/f: anyone-with-link reader"}, told(have)); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
}

// Whoever takes the findings may stop anywhere.
func TestStopEarly(t *testing.T) {
	shares := []seen.Share{file(anyone()), named("f2", file(anyone())), in("tree", named("f3", file(user("ann@school.example")))), in("tree", named("f4", file(user("ann@school.example")))),
		named("f5", file(group("open@school.example"), group("above@school.example")))}
	asks := asking(PublicLink, WithinSchool, OpenGroup)
	asks[0].Confidential = []Confidential{{Tree: "tree"}}
	all := len(check(t, asks, shares...))
	if all != 6 {
		t.Fatalf("%d findings, want 6", all)
	}
	for stop := 1; stop <= all; stop++ {
		n := 0
		for _, err := range Check(Input{Now: now, Who: directory(), Asks: asks, Shares: stream(shares...)}) {
			if err != nil {
				t.Fatal(err)
			}
			if n++; n == stop {
				break
			}
		}
		if n != stop {
			t.Errorf("%d findings, want %d", n, stop)
		}
	}
}

// digestOfY begins the SHA-256 of y@mail.example.
const digestOfY = "92afe653f7cc9e06"

// What the public can open, by its own grants or those of a folder above it.
func TestIsPublic(t *testing.T) {
	who := directory()
	anyone := seen.Grant{ID: "anyone", Type: "anyone", Role: "reader", Own: "reader"}
	person := seen.Grant{ID: "p", Type: "user", Address: "x@mail.example", Role: "reader", Own: "reader"}
	published := func(kind, address string) seen.Grant {
		return seen.Grant{ID: "v", Type: kind, Address: address, View: "published", Role: "reader", Own: "reader"}
	}
	over := anyone
	over.Until = now.Add(-time.Hour)
	for name, c := range map[string]struct {
		share seen.Share
		want  bool
	}{
		"nobody":                   {seen.Share{Kind: "file"}, false},
		"a person":                 {seen.Share{Kind: "file", Grants: []seen.Grant{person}}, false},
		"anyone":                   {seen.Share{Kind: "file", Grants: []seen.Grant{person, anyone}}, true},
		"by a folder above":        {seen.Share{Kind: "file", Grants: []seen.Grant{person}, Open: []seen.Grant{anyone}}, true},
		"to be searched for":       {seen.Share{Kind: "file", Grants: []seen.Grant{{ID: "a", Type: "anyone", Role: "reader", Own: "reader", Discoverable: true}}}, true},
		"a shortcut":               {seen.Share{Kind: "file", Mime: seen.MimeShortcut, Grants: []seen.Grant{anyone}}, false},
		"a Site that is published": {seen.Share{Kind: "file", Mime: seen.MimeSite, Grants: []seen.Grant{published("group", "g@elsewhere.example")}}, true},
		"a Site that is published for a group of ours":                              {seen.Share{Kind: "file", Mime: seen.MimeSite, Grants: []seen.Grant{published("group", "parents@school.example")}}, false},
		"a Site that is published for a group of ours, by another of its addresses": {seen.Share{Kind: "file", Mime: seen.MimeSite, Grants: []seen.Grant{published("group", "parents@late.example")}}, false},
		"no longer": {seen.Share{Kind: "file", Grants: []seen.Grant{over}}, false},
	} {
		if have := IsPublic(who, now, c.share); have != c.want {
			t.Errorf("%s: %v", name, have)
		}
	}
}

func TestMayBePublic(t *testing.T) {
	for name, c := range map[string]struct {
		mime, kind, view string
		want             bool
	}{
		"anyone":                   {"application/pdf", "anyone", "", true},
		"a shortcut":               {seen.MimeShortcut, "anyone", "", false},
		"a person":                 {"application/pdf", "user", "", false},
		"a Site":                   {seen.MimeSite, "domain", "", false},
		"a Site that is published": {seen.MimeSite, "domain", "published", true},
		"a form that is published": {seen.MimeForm, "domain", "published", false},
		"a shortcut to a Site":     {seen.MimeShortcut, "domain", "published", false},
	} {
		if have := MayBePublic(c.mime, seen.Grant{Type: c.kind, View: c.view}); have != c.want {
			t.Errorf("%s: %v", name, have)
		}
	}
}
