package incidents

import (
	"slices"
	"testing"
	"time"

	"esafetybot/internal/policy"
	"esafetybot/internal/store"
)

// Who is asked to take something down: those of the takers who do not read the entry, as long as it is open and not done; of nothing about an adult or somebody with a role.
func TestAsked(t *testing.T) {
	for name, c := range map[string]struct {
		takers []policy.Role
		form   Form
		do     func(b *bench, id string)
		want   []string
	}{
		"the taker":              {[]policy.Role{policy.RoleAdmin}, Form{About: Pupil, Item: "file/1"}, nil, []string{"workspace_admin"}},
		"about nobody":           {[]policy.Role{policy.RoleAdmin}, Form{About: Nobody, Item: "web/https://school.example/"}, nil, []string{"workspace_admin"}},
		"two":                    {[]policy.Role{policy.RoleAdmin, policy.RoleGovernor}, Form{About: Pupil, Item: "file/1"}, nil, []string{"governor", "workspace_admin"}},
		"who reads it anyway":    {[]policy.Role{policy.RoleOfficer}, Form{About: Pupil, Item: "file/1"}, nil, nil},
		"nobody deals with it":   {nil, Form{About: Pupil, Item: "file/1"}, nil, nil},
		"nothing is named":       {[]policy.Role{policy.RoleAdmin}, Form{About: Pupil}, nil, nil},
		"an account is named":    {[]policy.Role{policy.RoleAdmin}, Form{About: Pupil, Item: "user/1"}, nil, nil},
		"an adult":               {[]policy.Role{policy.RoleAdmin}, Form{About: Adult, Item: "file/1"}, nil, nil},
		"not sure":               {[]policy.Role{policy.RoleAdmin}, Form{About: NotSure, Item: "file/1"}, nil, nil},
		"about the taker":        {[]policy.Role{policy.RoleAdmin}, Form{About: Pupil, Item: "file/1", Concerns: []string{admin.ID}}, nil, nil},
		"about somebody else":    {[]policy.Role{policy.RoleAdmin}, Form{About: Pupil, Item: "file/1", ConcernsRoles: []policy.Role{policy.RoleHead}}, nil, nil},
		"another kind":           {[]policy.Role{policy.RoleAdmin}, Form{Kind: Incident, About: Pupil, Item: "file/1"}, nil, nil},
		"it was done":            {[]policy.Role{policy.RoleAdmin}, Form{About: Pupil, Item: "file/1"}, func(b *bench, id string) { b.ok(b.TakenDown(ctx, admin, id)) }, nil},
		"a reader did it":        {[]policy.Role{policy.RoleAdmin}, Form{About: Pupil, Item: "file/1"}, func(b *bench, id string) { b.ok(b.Settle(ctx, officer, id, takenDown)) }, nil},
		"it was closed":          {[]policy.Role{policy.RoleAdmin}, Form{About: Pupil, Item: "file/1"}, func(b *bench, id string) { b.ok(b.Close(ctx, officer, id, "nobody", "nothing")) }, nil},
		"about an adult, by now": {[]policy.Role{policy.RoleAdmin}, Form{About: Pupil, Item: "file/1"}, func(b *bench, id string) { b.ok(b.Correct(ctx, officer, id, Correction{About: Adult})) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			b := inMemory(t)
			b.Takers = c.takers
			if c.form.Kind == "" {
				c.form.Kind = Takedown
			}
			id := b.raise(c.form)
			if c.do != nil {
				c.do(b, id)
			}
			var have []string
			for _, by := range everyone {
				list, err := b.Removals(ctx, by)
				b.ok(err)
				if len(list) > 0 {
					have = append(have, by.Role)
				} else if err := b.TakenDown(ctx, by, id); err == nil {
					t.Errorf("the %s is not asked, and says that it is down", by.Role)
				}
			}
			slices.Sort(have)
			if !slices.Equal(have, c.want) {
				t.Errorf("asked: %v, want %v", have, c.want)
			}
		})
	}
}

// Whoever deals with a clause that keeps the record of what is taken down takes it down, each role once; class teachers do not, since nothing says which.
func TestTakers(t *testing.T) {
	clause := func(by policy.Role, kind policy.Kind, name string) policy.Clause {
		return policy.Clause{DealsWithIt: by, MetBy: []policy.Means{{Kind: policy.CheckIn, Name: "filtering"}, {Kind: kind, Name: name}}}
	}
	p := &policy.Policy{Clauses: []policy.Clause{
		clause(policy.RoleOfficer, policy.Record, "incidents"), clause(policy.RoleDeputy, policy.CheckIn, "takedown"), clause(policy.RoleAdmin, policy.Record, "takedown"),
		clause(policy.RoleClassTeacher, policy.Record, "takedown"), clause(policy.RoleAdmin, policy.Record, "takedown"), clause(policy.RoleHead, policy.Record, "takedown"),
	}}
	b := inMemory(t)
	if have, want := Of(p, b.Store, nil, b.Now).Takers, []policy.Role{policy.RoleAdmin, policy.RoleHead}; !slices.Equal(have, want) {
		t.Errorf("they take it down: %v, want %v", have, want)
	}
}

// A letter about it goes to whoever is asked, once for each opening, and says where it is and by when.
func TestAskedOnce(t *testing.T) {
	b := inMemory(t)
	b.Takers = []policy.Role{policy.RoleAdmin, policy.RoleITSupport}
	b.Roster = append(b.Roster, Person{ID: "u-support", Roles: []policy.Role{policy.RoleITSupport}}) // has no address
	id := b.raise(Form{ID: "1", Kind: Takedown, About: Pupil, Item: "file/1"})
	b.raise(Form{ID: "2", Kind: Incident, About: Pupil, Item: "file/2"})
	ask := func(want ...Removal) {
		t.Helper()
		list, what, err := b.AskedNotices(ctx)
		b.ok(err)
		for i := range what {
			what[i].Due = what[i].Due.UTC()
		}
		if !slices.Equal(what, want) || len(list) != len(want) {
			t.Fatalf("asked: %+v, %+v, want %+v", list, what, want)
		}
		for _, n := range list {
			if len(n.To) != 1 || n.To[0].ID != admin.ID || n.Entry != id {
				t.Errorf("asked of %s are %+v", n.Entry, n.To)
			}
			batch := &store.Batch{}
			b.ok(b.MarkTold(batch, n))
			b.ok(b.Commit(ctx, batch))
		}
	}
	readers, err := b.Notices(ctx, Ordinary) // that they were told of it is no word to who is asked
	b.ok(err)
	for _, n := range readers {
		batch := &store.Batch{}
		b.ok(b.MarkTold(batch, n))
		b.ok(b.Commit(ctx, batch))
	}
	tuesday := at("2026-09-15 17:00")
	ask(Removal{Entry: id, Item: "file/1", Since: monday, Due: tuesday.UTC()})
	ask()
	for _, by := range []By{{}, teacher, officer} {
		if list, err := b.Removals(ctx, by); err != nil || len(list) > 0 {
			t.Errorf("%q is asked: %+v, %v", by.Role, list, err)
		}
	}
	for hours, late := range map[float64]bool{1: false, 48: true} {
		b.now = monday
		b.hours(hours)
		if list, err := b.Removals(ctx, admin); err != nil || len(list) != 1 || list[0].Late != late || !list[0].Due.Equal(tuesday) {
			t.Errorf("after %v hours: %+v, %v", hours, list, err)
		}
	}
	b.now = monday.Add(48 * time.Hour)
	b.shut(officer, id)
	ask()
	b.hours(1)
	b.ok(b.Reopen(ctx, officer, id, ""))
	ask(Removal{Entry: id, Item: "file/1", Since: b.now, Due: at("2026-09-17 17:00").UTC()})
	ask()
}
