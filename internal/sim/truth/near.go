package truth

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// near is how near a grantee is to the school. nobody has no reach at all: a deleted account or
// a deleted group.
type near int

const (
	nobody near = iota
	sameSchool
	sameTrust
	trusted
	outside
)

// world is a tenant seen with the eyes of one policy at one moment.
type world struct {
	t       *Tenant
	p       Policy
	now     time.Time
	users   map[string]*User  // by every address, lower case
	groups  map[string]*Group // by every address, lower case
	domains map[string]bool   // the customer's
	trusts  map[string]bool   // the policy's trusted domains
	files   map[string]*File
	drives  map[string]*Drive
	queries map[string][]licencePart // by the text of a cloud policy's query
	people
}

func newWorld(t *Tenant, p Policy, now time.Time) *world {
	w := &world{
		t: t, p: p, now: now,
		users: map[string]*User{}, groups: map[string]*Group{},
		domains: map[string]bool{}, trusts: map[string]bool{},
		files: map[string]*File{}, drives: map[string]*Drive{}, queries: map[string][]licencePart{},
	}
	for i := range t.Users {
		for _, a := range t.Users[i].addresses() {
			w.users[a] = &t.Users[i]
		}
	}
	for i := range t.Groups {
		for _, a := range t.Groups[i].addresses() {
			w.groups[a] = &t.Groups[i]
		}
	}
	for _, d := range t.Domains {
		w.domains[strings.ToLower(d)] = true
	}
	for _, d := range p.TrustedDomains {
		w.trusts[strings.ToLower(d)] = true
	}
	for i := range t.Files {
		w.files[t.Files[i].ID] = &t.Files[i]
	}
	for i := range t.Drives {
		w.drives[t.Drives[i].ID] = &t.Drives[i]
	}
	return w
}

func (u *User) addresses() []string {
	return lowered(u.PrimaryEmail, u.Aliases, u.NonEditableAliases)
}

func (g *Group) addresses() []string {
	return lowered(g.Email, g.Aliases, g.NonEditableAliases)
}

func lowered(first string, more ...[]string) []string {
	out := []string{strings.ToLower(first)}
	for _, list := range more {
		for _, a := range list {
			out = append(out, strings.ToLower(a))
		}
	}
	return out
}

func domainOf(address string) string {
	return strings.ToLower(address[strings.LastIndex(address, "@")+1:])
}

// inSchool reports whether an org unit path is one of the school's units or below one.
func (w *world) inSchool(path string) bool {
	for _, unit := range w.p.OrgUnits {
		if unit == "/" || path == unit || strings.HasPrefix(path, unit+"/") {
			return true
		}
	}
	return false
}

func (w *world) person(address string) near {
	if u := w.users[strings.ToLower(address)]; u != nil {
		switch {
		case u.IsGuestUser:
			return outside
		case w.inSchool(u.OrgUnitPath):
			return sameSchool
		}
		return sameTrust
	}
	return w.stranger(address)
}

// stranger is how near an address is that no account and no group of the Directory bears.
func (w *world) stranger(address string) near {
	switch d := domainOf(address); {
	case w.domains[d]:
		return nobody
	case w.trusts[d]:
		return trusted
	}
	return outside
}

func (w *world) domain(name string) near {
	name = strings.ToLower(name)
	switch {
	case w.domains[name], strings.HasSuffix(name, ".audience.googledomains.com"):
		return w.customer()
	case w.trusts[name]:
		return trusted
	}
	return outside
}

// customer is how near everybody in the Workspace account is, taken together.
func (w *world) customer() near {
	for _, unit := range w.p.OrgUnits {
		if unit == "/" {
			return sameSchool
		}
	}
	return sameTrust
}

// ourGroup is the group of ours that bears the address, or nil.
func (w *world) ourGroup(address string) *Group {
	return w.groups[strings.ToLower(address)]
}

// nested is g and all groups of ours in it, to any depth, each once.
func (w *world) nested(g *Group) []*Group {
	all := []*Group{g}
	seen := map[*Group]bool{g: true}
	for i := 0; i < len(all); i++ {
		for _, m := range w.t.Members[all[i].ID] {
			if m.Type != "GROUP" {
				continue
			}
			if inner := w.ourGroup(m.Email); inner != nil && !seen[inner] {
				seen[inner] = true
				all = append(all, inner)
			}
		}
	}
	return all
}

// members is everybody in g or in a group of ours nested in it. Groups of ours are not listed
// themselves, their members are.
func (w *world) members(g *Group) []Member {
	var out []Member
	for _, inner := range w.nested(g) {
		for _, m := range w.t.Members[inner.ID] {
			if m.Type == "GROUP" && w.ourGroup(m.Email) != nil {
				continue
			}
			out = append(out, m)
		}
	}
	return out
}

func (w *world) member(m Member) near {
	switch m.Type {
	case "CUSTOMER":
		return w.customer()
	case "GROUP":
		return w.stranger(m.Email)
	}
	return w.person(m.Email)
}

// memberFact names a member without saying who it is.
func memberFact(m Member) string {
	if m.ID != "" {
		return "member/" + m.ID
	}
	sum := sha256.Sum256([]byte(strings.ToLower(m.Email)))
	return "member/sha256-" + hex.EncodeToString(sum[:])[:16]
}
