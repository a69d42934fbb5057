package incidents

import (
	"slices"

	"esafetybot/internal/policy"
	"esafetybot/internal/pseudonym"
)

// Person is somebody who plays roles at the school: one row of [Log].Roster. Rows that share an id or an address are one person, so that
// somebody whom an entry concerns by their account is known by their address at home too.
type Person struct {
	ID        string   // Directory id; "" without an account
	Addresses []string // all by which they may sign in; letters go to the first
	Roles     []policy.Role
}

// RosterOf lists who plays which role by a policy. The function id gives the Directory id of an address, aliases too; "" if it has none.
func RosterOf(people policy.People, id func(address string) string) []Person {
	var out []Person
	for _, role := range policy.Roles() {
		for _, p := range people[role] {
			out = append(out, Person{ID: id(p.Address), Addresses: []string{p.Address}, Roles: []policy.Role{role}})
		}
	}
	return out
}

// party is one human being, as far as can be told.
type party struct {
	Person               // the first id, all addresses and roles
	keys        []string // ids and hashes
	concerned   bool     // the entry is about them
	subordinate bool     // reports to somebody whom it is about
}

func (w Who) keys() []string {
	var out []string
	if w.ID != "" {
		out = append(out, "id:"+w.ID)
	}
	if w.Hash != "" {
		out = append(out, w.Hash)
	}
	return out
}

func (p Person) keys() []string {
	out := Who{ID: p.ID}.keys()
	for _, a := range p.Addresses {
		out = append(out, Who{Hash: pseudonym.Of(a)}.keys()...)
	}
	return out
}

func (p *party) holds(roles ...policy.Role) bool {
	return slices.ContainsFunc(roles, func(r policy.Role) bool { return slices.Contains(p.Roles, r) })
}

// crowd is everybody who matters to a question, each once.
type crowd struct {
	parties []*party
	me      *party // who asks, put in last; nil if nobody was given
}

// add puts somebody in, makes one of all who share a key with them, and gives that one; nil for somebody without any.
func (c *crowd) add(p *party, keys []string) *party {
	if len(keys) == 0 {
		return nil
	}
	p.keys = keys
	rest := make([]*party, 0, len(c.parties)+1)
	var first *party // keeps its place, so that the order of the roster stays
	for _, q := range c.parties {
		switch {
		case !slices.ContainsFunc(keys, func(k string) bool { return slices.Contains(q.keys, k) }):
			rest = append(rest, q)
		case first == nil:
			first = q
			rest = append(rest, q)
		default:
			first.join(q)
		}
	}
	if first == nil {
		c.parties = append(rest, p)
		return p
	}
	c.parties = rest
	first.join(p)
	return first
}

func (p *party) join(q *party) {
	if p.ID == "" {
		p.ID = q.ID
	}
	p.Addresses = append(p.Addresses, q.Addresses...)
	p.Roles = append(p.Roles, q.Roles...)
	p.keys = append(slices.Clip(p.keys), q.keys...)
	p.concerned = p.concerned || q.concerned
}

func (l *Log) crowd() *crowd {
	c := &crowd{}
	for _, row := range l.Roster {
		p := Person{ID: row.ID, Addresses: slices.Clone(row.Addresses), Roles: slices.Clone(row.Roles)}
		c.add(&party{Person: p}, row.keys())
	}
	return c
}

// superior says to whom a role reports, where that is not the headteacher.
var superior = map[policy.Role]policy.Role{
	policy.RoleDeputy:           policy.RoleOfficer,
	policy.RoleSafeguardingDeps: policy.RoleSafeguarding,
}

// around is everybody who matters to one entry; who asks is among them, if given.
func (l *Log) around(e *Entry, reader Who) *crowd {
	c := l.crowd()
	for _, w := range e.Concerns {
		c.add(&party{concerned: true}, w.keys())
	}
	c.me = c.add(&party{}, reader.keys())
	for _, p := range c.parties {
		p.concerned = p.concerned || p.holds(e.Roles...)
	}
	above := func(role policy.Role) bool {
		return slices.ContainsFunc(c.parties, func(p *party) bool { return p.concerned && p.holds(role) })
	}
	for _, p := range c.parties {
		for role, to := range superior {
			// The headteacher reports to nobody at the school, the chair to nobody in it.
			if p.holds(role) && !p.holds(policy.RoleHead, policy.RoleChair) && above(to) {
				p.subordinate = true
			}
		}
	}
	return c
}
