package jobs

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/actions"
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
