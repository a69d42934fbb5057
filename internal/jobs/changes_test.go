package jobs

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/actions"
	"esafetybot/internal/policy"
	"esafetybot/internal/remedies"
	"esafetybot/internal/reports"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
)

// Whoever is in a group through another is taken out of that other one; the words say how the two belong together, since the finding names the outer one only.
func TestWhyAnotherGroupIsLeft(t *testing.T) {
	t.Parallel()
	who := school.New(school.Rules{}, []string{"school.example"})
	group := func(id string, nested ...string) {
		var members []seen.Member
		for _, n := range nested {
			members = append(members, seen.Member{Address: n + "@school.example", Type: "GROUP"})
		}
		who.AddGroup(seen.Group{ID: id, Address: id + "@school.example", Name: "Group " + id}, members, true)
	}
	group("council", "inner")
	group("mail", "inner")
	group("inner", "reps")
	group("reps")
	group("apart")
	for name, c := range map[string]struct {
		group string
		facts []string
		want  string
		names reports.Names
	}{
		"the group itself":    {"council", []string{"group/council"}, "the group {1}", reports.Names{"Group council"}},
		"nested":              {"inner", []string{"group/council"}, "the group {1}, which is in the group {2}", reports.Names{"Group inner", "Group council"}},
		"nested twice":        {"reps", []string{"group/council"}, "the group {1}, which is in the group {2}", reports.Names{"Group reps", "Group council"}},
		"in two":              {"reps", []string{"group/council", "group/mail"}, "the group {1}, which is in the group {2} and the group {3}", reports.Names{"Group reps", "Group council", "Group mail"}},
		"both are named":      {"inner", []string{"group/council", "group/inner"}, "the group {1}", reports.Names{"Group inner"}},
		"no longer nested":    {"apart", []string{"group/council"}, "the group {1}", reports.Names{"Group apart"}},
		"the outer one went":  {"reps", []string{"group/gone"}, "the group {1}", reports.Names{"Group reps"}},
		"something else told": {"reps", []string{"unit /Pupils"}, "the group {1}", reports.Names{"Group reps"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := gatherer{out: &Outcome{Who: who}, names: &reports.Names{}}
			a := &actions.Action{Facts: c.facts, Change: remedies.LeaveGroup(c.group, "u1")}
			if have := g.actionNames(a).Group; have != c.want {
				t.Errorf("%q, want %q", have, c.want)
			}
			if diff := cmp.Diff(c.names, *g.names); diff != "" {
				t.Errorf("names (-want +have):\n%s", diff)
			}
		})
	}
}

// Whoever approves a change of sharing reads what it is about and with whom it is shared, without the address of anybody outside.
func TestWithWhomAChangeIsAbout(t *testing.T) {
	t.Parallel()
	who := school.New(school.Rules{}, []string{"school.example"})
	who.AddAccount(seen.Account{ID: "u1", Address: "office@school.example", Name: "Ann Example", Unit: "/Staff"})
	who.AddAccount(seen.Account{ID: "u2", Address: "kim@school.example", Name: "Kim Example", Unit: "/Pupils/Year 4"})
	who.AddGroup(seen.Group{ID: "g1", Address: "friends@school.example", Name: "Friends"}, nil, true)
	share := seen.Share{Kind: "file", ID: "f1", Mime: seen.MimeFolder}
	grants := map[string]struct {
		grant seen.Grant
		want  string
	}{
		"link":    {seen.Grant{Type: "anyone"}, "everybody who has the link"},
		"public":  {seen.Grant{Type: "anyone", Discoverable: true}, "everybody on the internet"},
		"domain":  {seen.Grant{Type: "domain", Domain: "partner.example"}, "everybody at {1}"},
		"outside": {seen.Grant{Type: "user", Address: "kit@parent.example"}, "somebody outside the school"},
		"group":   {seen.Grant{Type: "group", Address: "club@parent.example"}, "a group outside the school"},
		"ours":    {seen.Grant{Type: "group", Address: "friends@school.example"}, "the group {1}"},
		"adult":   {seen.Grant{Type: "user", Address: "office@school.example"}, "the account of {1}"},
		"pupil":   {seen.Grant{Type: "user", Address: "kim@school.example"}, "the account of a Year 4 pupil"},
	}
	for id, c := range grants {
		c.grant.ID, c.grant.Own = id, "writer"
		share.Grants = append(share.Grants, c.grant)
	}
	p := &policy.Policy{}
	p.Pupils.OrgUnits = []string{"/Pupils"}
	g := gatherer{env: Env{Policy: p}, out: &Outcome{Who: who}, shares: map[string]seen.Share{share.Subject(): share}, adults: map[string]bool{"u1": true}}
	for _, x := range share.Grants {
		g.names = &reports.Names{}
		n := g.actionNames(&actions.Action{Subject: share.Subject(), Change: remedies.NarrowGrant(remedies.File{ID: "f1"}, x)})
		if want := (remedies.Names{File: "the folder", With: grants[x.ID].want, Role: "change"}); n != want {
			t.Errorf("%s: %+v, want %+v", x.ID, n, want)
		}
	}
	n := g.actionNames(&actions.Action{Subject: "file/gone", Change: remedies.DeleteGrant(remedies.File{ID: "gone"}, seen.Grant{ID: "link"})})
	if have, want := remedies.Say(remedies.KindDeleteGrant, n).Will, "The document will no longer be shared with somebody outside; nobody is sent a notice by Google."; have != want {
		t.Errorf("%q, want %q", have, want)
	}
}
