package census

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"esafetybot/internal/policy"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
)

// Nearness is what a policy says of who is how near.
func Nearness(p *policy.Policy) school.Rules {
	r := school.Rules{TrustedDomains: p.School.TrustedDomains, OrgUnits: p.School.OrgUnits, TrustDomains: p.TrustDomains()}
	if p.Trust != nil {
		for _, n := range p.Trust.Neighbours {
			r.Neighbours = append(r.Neighbours, school.Neighbour{Domains: n.Domains, Units: n.OrgUnits})
		}
	}
	return r
}

// Directory reads the accounts and domains. known is false when the accounts could not be read to the end: then nothing can be judged.
func (c *Census) Directory(ctx context.Context) (known bool) {
	if c.directory {
		return c.known
	}
	c.directory = true
	var (
		wg      sync.WaitGroup
		domains []string
	)
	wg.Go(func() { c.known = c.readPeople(ctx) })
	wg.Go(func() {
		var err error
		if domains, err = c.Google.Domains(ctx); err != nil {
			c.Unread("domains", err)
		}
	})
	wg.Wait()
	if !c.known {
		return false
	}
	if c.Missed("domains") {
		// Whatever domain an account has is the customer's, and so are the school's own.
		domains = slices.Clone(c.Policy.School.Domains)
		for _, p := range c.people {
			for _, address := range append([]string{p.Address}, p.Aliases...) {
				if _, d, ok := strings.Cut(address, "@"); ok && !p.Guest {
					domains = append(domains, d)
				}
			}
		}
	}
	slices.Sort(domains)
	c.who = school.New(Nearness(c.Policy), slices.Compact(domains))
	// In the order of ids, so that of two accounts with one alias it is always the same that bears it.
	for _, id := range slices.Sorted(maps.Keys(c.people)) {
		c.who.Share(&c.people[id].Account)
	}
	return true
}

// readPeople reads the accounts straight into what is kept of them: at a large school they are most of what a run holds.
func (c *Census) readPeople(ctx context.Context) (ok bool) {
	c.people = map[string]*seen.Person{}
	units := map[string]string{} // the same path is the same text
	for p, err := range c.Google.People(ctx) {
		if err != nil {
			c.Unread("users", err)
			c.people = nil
			return false
		}
		if path, known := units[p.Unit]; known {
			p.Unit = path
		} else {
			units[p.Unit] = p.Unit
		}
		c.people[p.ID] = &p
	}
	return true
}

// Who is the directory, once it was read.
func (c *Census) Who() *school.Directory { return c.who }

// People lists what the Directory says of each account, by id.
func (c *Census) People() map[string]*seen.Person { return c.people }

// Units reads the org units; none where they could not be read ("units" is then a gap).
func (c *Census) Units(ctx context.Context) []seen.Unit {
	if !c.asked["units"] {
		c.asked["units"] = true
		c.units, _ = list(c, "units", c.Google.Units(ctx))
	}
	return c.units
}

// Kinds tells what kind each account is. It reads the groups that the policy names for that.
func (c *Census) Kinds(ctx context.Context) *school.Kinds {
	if c.kinds == nil {
		p := school.Populations{Pupils: c.Policy.Pupils.OrgUnits, Staff: c.Policy.Staff.OrgUnits}
		var groups []string
		for _, o := range c.Policy.Others {
			p.Others = append(p.Others, school.Entry{Name: o.Name, Group: o.Group, Unit: o.OrgUnit})
			if o.Group != "" {
				groups = append(groups, o.Group)
			}
		}
		c.GroupsByAddress(ctx, groups)
		c.kinds = school.NewKinds(c.who, p)
	}
	return c.kinds
}

// GroupsByAddress reads the members of groups and of those nested in them. Without any group it reads nothing.
func (c *Census) GroupsByAddress(ctx context.Context, addresses []string) {
	c.readGroups(ctx, len(addresses) > 0, func(g seen.Group) bool {
		return slices.Contains(addresses, g.Address) || slices.ContainsFunc(g.Aliases, func(a string) bool { return slices.Contains(addresses, a) })
	})
}

// GroupsByID likewise, for groups named by their Directory ids.
func (c *Census) GroupsByID(ctx context.Context, ids []string) {
	c.readGroups(ctx, len(ids) > 0, func(g seen.Group) bool { return slices.Contains(ids, g.ID) })
}

func (c *Census) readGroups(ctx context.Context, any bool, want func(seen.Group) bool) {
	if !any {
		return
	}
	if !c.listed {
		c.listed = true
		c.groups, c.members = map[string]seen.Group{}, map[string]bool{}
		all, ok := list(c, "groups", c.Google.Groups(ctx))
		c.who.GroupsUnknown = !ok
		for _, g := range all {
			c.groups[g.ID] = g
			c.who.AddGroup(g, nil, false)
		}
	}
	var todo []seen.Group
	for _, g := range c.groups {
		if want(g) && !c.members[g.ID] {
			todo = append(todo, g)
		}
	}
	for len(todo) > 0 {
		var mu sync.Mutex
		var nested []string
		for _, g := range todo {
			c.members[g.ID] = true
		}
		_ = Each(ctx, c.Google.Workers(), todo, func(g seen.Group) {
			members, ok := list(c, seen.Scope("members/"+g.ID), c.Google.Members(ctx, g.ID))
			mu.Lock()
			defer mu.Unlock()
			c.who.AddGroup(g, members, ok)
			for _, m := range members {
				if m.Type == "GROUP" {
					nested = append(nested, m.Address)
				}
			}
		})
		todo = todo[:0]
		for _, address := range nested {
			if g, ok := c.who.Group(address); ok && !c.members[g.ID] && !slices.ContainsFunc(todo, func(t seen.Group) bool { return t.ID == g.ID }) {
				todo = append(todo, g.Group)
			}
		}
	}
}

// RoleGrants reads who holds which administrator's role, and the members of the groups that hold one.
func (c *Census) RoleGrants(ctx context.Context) (grants []seen.RoleGrant, ok bool) {
	if !c.asked["roles"] {
		c.asked["roles"] = true
		if c.grants, ok = list(c, "roles", c.Google.RoleGrants(ctx)); ok {
			var groups []string
			for _, g := range c.grants {
				if _, account := c.who.AccountByID(g.To); !account {
					groups = append(groups, g.To)
				}
			}
			c.GroupsByID(ctx, groups)
		}
	}
	return c.grants, !c.Missed("roles")
}
