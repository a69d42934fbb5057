package jobs

import (
	"context"
	"iter"
	"log/slog"
	"maps"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/examples"
	"esafetybot/internal/census"
	"esafetybot/internal/checks/comments"
	"esafetybot/internal/findings"
	"esafetybot/internal/memory"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/pseudonym"
	"esafetybot/internal/seen"
)

// ungrouped is a Google without groups.
type ungrouped struct{ quiet }

func (ungrouped) Groups(context.Context) iter.Seq2[seen.Group, error] {
	return func(func(seen.Group, error) bool) {}
}

// whoIsTold finds one thing about a post in a class by every clause of a policy that asks for the rule, lets the day's mails go, and lists who got one that tells of it, by the name before the @.
func whoIsTold(t *testing.T, text, where, rule string, facts []string, nobody ...policy.Role) []string {
	t.Helper()
	p := parsed(t, text)
	for _, role := range nobody {
		delete(p.People, role)
	}
	var accounts []seen.Person
	have := map[string]bool{}
	for _, role := range policy.Roles() {
		for _, who := range p.Person(role) {
			name, domain, _ := strings.Cut(who.Address, "@")
			if domain == "school.example" && !have[name] {
				have[name] = true
				accounts = append(accounts, account(t, name, "/Staff"))
			}
		}
	}
	accounts = append(accounts, account(t, "moe", "/Staff"), account(t, "pat", "/Pupils"))
	g := ungrouped{quiet{google{accounts: accounts}}}
	s := openStore(t)
	now := place(t, "2026-11-17 15:45") // a Tuesday, on which everybody is in
	env := Env{Policy: p, Google: g, Log: slog.New(slog.DiscardHandler), Store: s, Exclusive: true, Clock: func() time.Time { return now }}
	c := census.New(g, p, now, env.Log)
	if !c.Directory(t.Context()) {
		t.Fatal("no directory")
	}
	mem, err := memory.Open(t.Context(), s, place(t, "2026-11-02 12:00"), s.Commit)
	if err == nil {
		err = mem.Flush(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	r := &commentsRun{look: &look{Env: env, Census: c}}
	var observed []findings.Observed
	for _, a := range commentsAsks(p, map[string]policy.Means{}) {
		if a.Place == where && slices.Contains(a.Rules, rule) {
			o := findings.Observed{Clause: a.Clause, Rule: comments.Means + "." + rule, Subject: "post/1-7", Severity: a.Severity, Deals: a.Deals, Facts: facts}
			o.Deals = r.dealer(o)
			observed = append(observed, o)
		}
	}
	if len(observed) == 0 {
		t.Fatalf("no clause asks for %s at %s", rule, where)
	}
	k := &findings.Keeper{Store: s, Commit: s.Commit}
	if _, err := k.Sync(t.Context(), findings.Input{
		Run: findings.Run{ID: "r", Now: now}, Means: comments.Means, Observed: func(yield func(findings.Observed, error) bool) {
			for _, o := range observed {
				if !yield(o, nil) {
					return
				}
			}
		},
		Evidence: func(context.Context, *findings.Finding) (findings.Evidence, error) { return findings.Evidence{}, nil },
	}); err != nil {
		t.Fatal(err)
	}
	box, err := outbox.New(s, outbox.Options{Location: p.School.Location, From: netmail.Address{Address: "bot@school.example"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Report(t.Context(), env, box, &Seen{Census: c, Looks: map[string]*Look{CommentsJob: {Record: &Record{}, Names: map[string]string{"post/1-7": "5 Ash: a post"}}}}); err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for key, words := range letters(t, box, slices.Collect(maps.Keys(have))...) {
		if strings.Contains(words, "5 Ash: a post") {
			told[strings.Fields(key)[1]] = true
		}
	}
	return slices.Sorted(maps.Keys(told))
}

// Comments in a class without a working teacher, and private comments of an adult who is none, reach one person in the school in whichever words the policy gives them away; never the adult who wrote them.
func TestWhoIsToldWhereNoTeacherIs(t *testing.T) {
	teachers := func(text string) string { // the clause about private comments gives them to the teachers
		_, after, _ := strings.Cut(text, "rules: [private-by-other-adult]")
		before, _, _ := strings.Cut(text, "rules: [private-by-other-adult]")
		i := strings.LastIndex(before, "deals_with_it: esafety_officer")
		return before[:i] + "deals_with_it: class_teacher" + before[i+len("deals_with_it: esafety_officer"):] + "rules: [private-by-other-adult]" + after
	}
	for name, c := range map[string]struct {
		text, place, rule string
		facts             []string
		want              []string
		nobody            []policy.Role // plays these
	}{
		"dojo school, a class":            {examples.Dojo, policy.PlaceClassroom, comments.NoHost, []string{"course/1"}, []string{"officer"}, nil},
		"dojo school, a document":         {examples.Dojo, policy.PlaceDocuments, comments.NoHost, []string{"course/1"}, []string{"officer"}, nil},
		"dojo school, ClassDojo":          {examples.Dojo, policy.PlaceClassDojo, comments.NoHost, []string{"course/1"}, []string{"officer"}, nil},
		"dojo school, private":            {examples.Dojo, policy.PlaceClassroom, comments.PrivateByOtherAdult, []string{"by/moe"}, []string{"officer"}, nil},
		"private, of the officer":         {examples.Dojo, policy.PlaceClassroom, comments.PrivateByOtherAdult, []string{"by/officer"}, []string{"head"}, nil},
		"teachers deal with it":           {teachers(examples.Dojo), policy.PlaceClassroom, comments.PrivateByOtherAdult, []string{"by/moe"}, []string{"officer"}, nil},
		"and it is about the officer":     {teachers(examples.Dojo), policy.PlaceClassroom, comments.PrivateByOtherAdult, []string{"by/officer"}, []string{"senco"}, nil},
		"and about the deputy too":        {teachers(examples.Dojo), policy.PlaceClassroom, comments.PrivateByOtherAdult, []string{"by/officer", "by/senco"}, []string{"head"}, nil},
		"and by an address of theirs":     {teachers(examples.Dojo), policy.PlaceClassroom, comments.PrivateByOtherAdult, []string{"by/" + pseudonym.Of("officer@school.example")}, []string{"senco"}, nil},
		"classroom school, a class":       {examples.Classroom, policy.PlaceClassroom, comments.NoHost, []string{"course/1"}, []string{"it"}, nil},
		"classroom school, a document":    {examples.Classroom, policy.PlaceDocuments, comments.NoHost, []string{"course/1"}, []string{"it"}, nil},
		"classroom school, private":       {examples.Classroom, policy.PlaceClassroom, comments.PrivateByOtherAdult, []string{"by/moe"}, []string{"officer"}, nil},
		"classroom school, teachers deal": {teachers(examples.Classroom), policy.PlaceClassroom, comments.PrivateByOtherAdult, []string{"by/moe"}, []string{"officer"}, nil},
		"no officer":                      {examples.Dojo, policy.PlaceClassroom, comments.NoHost, []string{"course/1"}, []string{"senco"}, []policy.Role{policy.RoleOfficer}},
		"and no deputy":                   {examples.Dojo, policy.PlaceClassroom, comments.NoHost, []string{"course/1"}, []string{"head"}, []policy.Role{policy.RoleOfficer, policy.RoleDeputy}},
	} {
		if diff := cmp.Diff(c.want, whoIsTold(t, c.text, c.place, c.rule, c.facts, c.nobody...)); diff != "" {
			t.Errorf("%s (-want +have):\n%s", name, diff)
		}
	}
}
