package incidents

import (
	"slices"
	"testing"

	"esafetybot/internal/policy"
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
