// Package school knows who is who in a school's Google Workspace, and how near: same school, same trust, trusted, outside.
//
// A [Directory] is filled from what was read (accounts, groups with their members, the customer's domains) and from the
// policy (the school's org units, trusted domains); then it only answers. It does no network and keeps no state.
// The rules are those of docs/rules.md, section "Who is how near".
package school

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"sort"
	"strings"

	"esafetybot/internal/seen"
)

// Nearness says how far from the school a person, a domain or a group stands. Greater is farther.
type Nearness int

// The degrees of nearness. Nobody is an address on our own domains that no account bears: it reaches nothing.
const (
	Nobody Nearness = iota
	SameSchool
	SameTrust
	Trusted
	Outside
)

func (n Nearness) String() string {
	return [...]string{"nobody", "same school", "same trust", "trusted", "outside"}[n]
}

// audienceSuffix ends the domain of a target audience: people of the customer whom an administrator chose.
const audienceSuffix = ".audience.googledomains.com"

// Rules is what the policy says about nearness.
type Rules struct {
	TrustedDomains []string
	OrgUnits       []string // the school's own; none means all
	TrustDomains   []string // of other schools of the trust and of its office, and not of the school
	Neighbours     []Neighbour
}

// Neighbour is another school of the trust, which may be in the same customer.
type Neighbour struct {
	Domains []string
	Units   []string // none means all
}

// Directory is the people and groups of one Google Workspace customer, as one school sees them.
// Fill it, then use it from as many goroutines as you like.
type Directory struct {
	whole    bool // the school is the whole customer
	units    []string
	others   []string        // units of the rest of the trust in this customer
	trust    map[string]bool // domains of the rest of the trust, in this customer or not
	trusted  map[string]bool
	domains  map[string]bool // the customer's
	accounts map[string]*seen.Account
	byID     map[string]*seen.Account
	groups   map[string]*Group // by address
	groupIDs map[string]*Group

	// RollNames are the names on the pupils' roll: who has no account yet is hidden like the others.
	RollNames []string

	// GroupsUnknown is set when the list of groups could not be read: then an address of ours may be a group's.
	GroupsUnknown bool
}

// A Group is a group of ours with its direct members.
type Group struct {
	seen.Group
	Members []seen.Member
	// Known is false when the members could not be read; then nothing may be concluded from them.
	Known bool
	// Open tells whether anyone on the internet may join; OpenKnown whether that could be read.
	Open, OpenKnown bool
}

// New makes an empty directory for a school, with the customer's domains (aliases included).
func New(r Rules, customerDomains []string) *Directory {
	d := &Directory{
		trust: map[string]bool{}, trusted: map[string]bool{}, domains: map[string]bool{},
		accounts: map[string]*seen.Account{}, byID: map[string]*seen.Account{},
		groups: map[string]*Group{}, groupIDs: map[string]*Group{},
	}
	d.units = r.OrgUnits
	if len(d.units) == 0 {
		d.units = []string{"/"}
	}
	for _, u := range d.units {
		d.whole = d.whole || u == "/"
	}
	for _, t := range r.TrustedDomains {
		d.trusted[strings.ToLower(t)] = true
	}
	for _, t := range r.TrustDomains {
		d.trust[strings.ToLower(t)] = true
	}
	for _, c := range customerDomains {
		d.domains[strings.ToLower(c)] = true
		d.whole = d.whole && !d.trust[strings.ToLower(c)] // another school is in it
	}
	office := maps.Clone(d.trust) // domains of nobody who has units of their own
	for _, n := range r.Neighbours {
		here := false
		for _, domain := range n.Domains {
			delete(office, strings.ToLower(domain))
			here = here || d.domains[strings.ToLower(domain)]
		}
		if here && len(n.Units) == 0 {
			d.others = append(d.others, "/")
		} else if here {
			d.others = append(d.others, n.Units...)
		}
	}
	for domain := range office {
		if d.domains[domain] {
			d.others = append(d.others, "/")
		}
	}
	return d
}

// AddAccount adds a user under its address and aliases.
func (d *Directory) AddAccount(a seen.Account) { d.Share(&a) }

// Share adds a user whom the caller keeps too, and does not change.
func (d *Directory) Share(p *seen.Account) {
	d.byID[p.ID] = p
	d.accounts[p.Address] = p
	for _, al := range p.Aliases {
		if _, taken := d.accounts[al]; !taken {
			d.accounts[al] = p
		}
	}
}

// AddGroup adds a group under its address and aliases, in place of what was added of it before. known is false when its members could not be read.
func (d *Directory) AddGroup(g seen.Group, members []seen.Member, known bool) *Group {
	p := &Group{Group: g, Members: members, Known: known}
	d.groupIDs[g.ID] = p
	d.groups[g.Address] = p
	for _, al := range g.Aliases {
		if other, taken := d.groups[al]; !taken || other.ID == g.ID {
			d.groups[al] = p
		}
	}
	return p
}

// Account finds a user by any of their addresses.
func (d *Directory) Account(address string) (*seen.Account, bool) {
	a, ok := d.accounts[strings.ToLower(address)]
	return a, ok
}

// AccountByID finds a user by Directory id.
func (d *Directory) AccountByID(id string) (*seen.Account, bool) { a, ok := d.byID[id]; return a, ok }

// Group finds a group of ours by any of its addresses.
func (d *Directory) Group(address string) (*Group, bool) {
	g, ok := d.groups[strings.ToLower(address)]
	return g, ok
}

// GroupByID finds a group of ours by Directory id.
func (d *Directory) GroupByID(id string) (*Group, bool) { g, ok := d.groupIDs[id]; return g, ok }

// Accounts lists all users, in the order of their ids.
func (d *Directory) Accounts() []*seen.Account {
	out := make([]*seen.Account, 0, len(d.byID))
	for _, a := range d.byID {
		out = append(out, a)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].ID < out[j].ID })
	return out
}

// Groups lists all groups of ours, in the order of their ids.
func (d *Directory) Groups() []*Group {
	out := make([]*Group, 0, len(d.groupIDs))
	for _, g := range d.groupIDs {
		out = append(out, g)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].ID < out[j].ID })
	return out
}

// InUnits tells whether an org unit path lies in the school.
func (d *Directory) InUnits(path string) bool {
	for _, u := range d.units {
		if Under(path, u) {
			return true
		}
	}
	return false
}

// Whole tells whether everything of the customer is the school's.
func (d *Directory) Whole() bool { return d.whole }

// Has tells whether an account is one of the school: no guest, in one of its units, and not on a domain that only another school of the trust has.
func (d *Directory) Has(a *seen.Account) bool {
	return !a.Guest && d.in(a)
}

func (d *Directory) in(a *seen.Account) bool {
	return d.InUnits(a.Unit) && !d.trust[domainOf(a.Address)]
}

// Place tells whether what is in an org unit and has no domain, such as a Chromebook, is the school's: it is where none of the trust's other schools has a unit that is as near to it.
func (d *Directory) Place(unit string) bool { return depth(unit, d.units) > depth(unit, d.others) }

// Shared tells whether nobody can say whose such a thing is: the school shares the unit with another, from which it differs only in domain.
func (d *Directory) Shared(unit string) bool {
	n := depth(unit, d.units)
	return n > 0 && n == depth(unit, d.others)
}

// depth is how deep the deepest of some units lies that a path is in; 0 where it is in none.
func depth(path string, units []string) int {
	deepest := 0
	for _, u := range units {
		if Under(path, u) {
			deepest = max(deepest, 1+strings.Count(strings.TrimSuffix(u, "/"), "/"))
		}
	}
	return deepest
}

// Under tells whether the org unit path is unit or lies below it. Google does not mind the case of a path, nor do we.
func Under(path, unit string) bool {
	path, unit = strings.ToLower(path), strings.ToLower(unit)
	return unit == "/" || path == unit || strings.HasPrefix(path, unit+"/")
}

// Ours tells whether the address is borne by an account of the school, switched off and archived ones included.
func (d *Directory) Ours(address string) bool {
	a, ok := d.Account(address)
	return ok && d.in(a)
}

// Person tells how near the bearer of an address is.
func (d *Directory) Person(address string) Nearness {
	if a, ok := d.Account(address); ok {
		switch {
		case a.Guest:
			return Outside
		case d.Has(a):
			return SameSchool
		}
		return SameTrust
	}
	dom := domainOf(address)
	if d.domains[dom] {
		return Nobody
	}
	return d.beyond(dom)
}

// Domain tells how near everybody of a domain, or a target audience, is.
func (d *Directory) Domain(name string) Nearness {
	name = strings.ToLower(name)
	if d.domains[name] || strings.HasSuffix(name, audienceSuffix) {
		return d.customer()
	}
	return d.beyond(name)
}

// customer is how near "everybody of the customer" is.
func (d *Directory) customer() Nearness {
	if d.whole {
		return SameSchool
	}
	return SameTrust
}

func (d *Directory) beyond(domain string) Nearness {
	switch {
	case d.trust[domain]:
		return SameTrust
	case d.trusted[domain]:
		return Trusted
	}
	return Outside
}

// ForeignGroup tells how near a group is that is not ours.
func (d *Directory) ForeignGroup(address string) Nearness {
	dom := domainOf(address)
	if d.domains[dom] {
		return Nobody
	}
	return d.beyond(dom)
}

func domainOf(address string) string {
	_, dom, _ := strings.Cut(strings.ToLower(address), "@")
	return dom
}

// Reach is what membership of a group of ours comes to, through nested groups of ours to any depth.
type Reach struct {
	Outsiders []seen.Member // near as outside, sorted by MemberKey, each once
	Trusted   []seen.Member // near as trusted, likewise
	Open      []string      // Directory ids of it and nested groups that anyone may join, sorted
	SameTrust bool          // somebody of another school of the trust is in it
	// Known is false when the members of it or of a nested group could not be read;
	// OpenKnown when it could not be read who may join one of them.
	Known, OpenKnown bool
}

// Reach follows a group's members.
func (d *Directory) Reach(g *Group) Reach {
	r := Reach{Known: true, OpenKnown: true}
	out, tru := map[string]seen.Member{}, map[string]seen.Member{}
	d.Nested(g, func(n *Group) {
		r.Known = r.Known && n.Known
		r.OpenKnown = r.OpenKnown && n.OpenKnown
		if n.Open {
			r.Open = append(r.Open, n.ID)
		}
		for _, m := range n.Members {
			near := d.member(m)
			switch near {
			case Outside:
				out[MemberKey(m)] = m
			case Trusted:
				tru[MemberKey(m)] = m
			case SameTrust:
				r.SameTrust = true
			}
		}
	})
	sort.Strings(r.Open)
	r.Outsiders, r.Trusted = sorted(out), sorted(tru)
	return r
}

// Nested calls fn for the group and every group of ours nested in it, each once.
func (d *Directory) Nested(g *Group, fn func(*Group)) {
	visited := map[string]bool{g.ID: true}
	for queue := []*Group{g}; len(queue) > 0; queue = queue[1:] {
		fn(queue[0])
		for _, m := range queue[0].Members {
			if m.Type != "GROUP" {
				continue
			}
			if n, ok := d.Group(m.Address); ok && !visited[n.ID] {
				visited[n.ID] = true
				queue = append(queue, n)
			}
		}
	}
}

// member tells how near one direct member is; groups of ours are followed by Nested and count as Nobody here.
func (d *Directory) member(m seen.Member) Nearness {
	switch m.Type {
	case "CUSTOMER":
		return d.customer()
	case "GROUP":
		if _, ours := d.Group(m.Address); ours {
			return Nobody
		}
		return d.ForeignGroup(m.Address)
	}
	return d.Person(m.Address)
}

// MemberKey identifies a member in a finding's facts without naming anybody: the Directory's id,
// or a digest of the address where the member has no Google account.
func MemberKey(m seen.Member) string {
	if m.ID != "" {
		return m.ID
	}
	sum := sha256.Sum256([]byte(strings.ToLower(m.Address)))
	return "sha256-" + hex.EncodeToString(sum[:])[:16]
}

func sorted(m map[string]seen.Member) []seen.Member {
	out := make([]seen.Member, 0, len(m))
	for _, v := range m {
		out = append(out, v)
	}
	sort.Slice(out, func(i, j int) bool { return MemberKey(out[i]) < MemberKey(out[j]) })
	return out
}

// AllowList answers who may open a confidential folder: people and groups by address, members of those groups included.
type AllowList struct {
	accounts map[string]bool // Directory ids
	others   map[string]bool // addresses that are no account's
	groups   map[string]bool // Directory ids, nested ones included
}

// Allow resolves the addresses of an allow-list.
func (d *Directory) Allow(addresses []string) AllowList {
	l := AllowList{accounts: map[string]bool{}, others: map[string]bool{}, groups: map[string]bool{}}
	person := func(address string) {
		if a, ok := d.Account(address); ok {
			l.accounts[a.ID] = true
		} else {
			l.others[strings.ToLower(address)] = true
		}
	}
	for _, address := range addresses {
		g, ok := d.Group(address)
		if !ok {
			person(address)
			continue
		}
		d.Nested(g, func(n *Group) {
			l.groups[n.ID] = true
			for _, m := range n.Members {
				if m.Type != "GROUP" && m.Type != "CUSTOMER" {
					person(m.Address)
				}
			}
		})
	}
	return l
}

// Person tells whether the bearer of an address is on the list.
func (l AllowList) Person(d *Directory, address string) bool {
	if a, ok := d.Account(address); ok {
		return l.accounts[a.ID]
	}
	return l.others[strings.ToLower(address)]
}

// Group tells whether a group of ours is on the list.
func (l AllowList) Group(g *Group) bool { return l.groups[g.ID] }
