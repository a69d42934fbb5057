package doctor

import (
	"context"
	"maps"
	"slices"
	"strings"

	"esafetybot/internal/google"
	"esafetybot/internal/quantity"
)

// A standing is what the Directory says of an account that the policy may name.
type standing struct{ active, super bool }

// directory looks up whom and what the policy names: addresses, groups, org units and domains.
func (x *examination) directory(ctx context.Context) {
	x.readDirectory(ctx)
	if ctx.Err() != nil {
		return
	}
	x.administrator()
	x.domains(ctx)
	x.people()
	x.orgUnits()
	x.namedGroups()
}

// readDirectory reads accounts, groups and units as far as the scopes go; what cannot be read stays nil.
func (x *examination) readDirectory(ctx context.Context) {
	if x.has(google.ScopeUsers) {
		x.account = map[string]*standing{}
		for p, err := range x.Client.People(ctx) {
			if err != nil {
				x.account = nil
				break
			}
			s := &standing{active: p.Active(), super: p.Admin}
			for _, a := range append([]string{p.Address}, p.Aliases...) {
				x.account[a] = s
			}
		}
	}
	if x.has(google.ScopeGroups) {
		x.groups = map[string]bool{}
		for g, err := range x.Client.Groups(ctx) {
			if err != nil {
				x.groups = nil
				break
			}
			for _, a := range append([]string{g.Address}, g.Aliases...) {
				x.groups[a] = true
			}
		}
	}
	if x.has(google.ScopeUnits) {
		x.units = map[string]bool{"/": true}
		for u, err := range x.Client.Units(ctx) {
			if err != nil {
				x.units = nil
				break
			}
			x.units[u.Path] = true
		}
	}
}

func (x *examination) administrator() {
	if x.account == nil {
		return // the scope's own line says it
	}
	switch s := x.account[strings.ToLower(x.Admin)]; {
	case s == nil:
		x.fails("admin", "The program acts as "+x.Admin+", which is not among the school's accounts", "settings and pupils' e-mail", "name a super administrator of the school under workspace_admin, or with --google-admin")
	case !s.active:
		x.fails("admin", "The program acts as "+x.Admin+", whose account is switched off", "everything at Google", "name an active super administrator")
	case !s.super:
		x.fails("admin", "The program acts as "+x.Admin+", who is not a super administrator", "settings and pupils' e-mail, which Google shows to no other", "name a super administrator under workspace_admin, or with --google-admin")
	default:
		x.works("admin", "The program acts as "+x.Admin+", who is a super administrator")
	}
}

// domains compares the policy's domains with those of the Google account.
func (x *examination) domains(ctx context.Context) {
	if !x.has(google.ScopeDomains) {
		return
	}
	have, err := x.Client.Domains(ctx)
	if err != nil {
		return
	}
	x.customer = have
	for _, d := range x.Policy.School.Domains {
		if slices.Contains(have, d) {
			x.works("domain/"+d, "The domain "+d+" belongs to the Google account")
		} else {
			x.fails("domain/"+d, "The domain "+d+" stands under school: domains, but does not belong to the Google account", "who belongs to the school",
				"correct it in the policy, or act as an administrator of the right Google account")
		}
	}
	for _, d := range x.Policy.School.TrustedDomains {
		if slices.Contains(have, d) {
			x.unknown("domain/"+d, "The domain "+d+" is named as a partner's, but belongs to the same Google account", "leave it out of trusted_domains if it is the school's own")
		}
	}
}

// people looks whether those are there whom the policy names, so that mail to them has somewhere to go.
func (x *examination) people() {
	all := namedAs(x.Policy, mailable, account)
	var outside, good, blind []string
	for _, a := range slices.Sorted(maps.Keys(all)) {
		n := all[a]
		who := upper(strings.Join(n.what, " and ")) + " is named as " + a
		without := strings.Join(n.without, "; ")
		s, isGroup := x.account[a], x.groups[a]
		switch {
		case s != nil && !s.active && !n.off:
			x.fails("person/"+a, who+", whose account is switched off", without, "name somebody else in the policy, or switch the account on")
		case s != nil || isGroup && !n.account:
			good = append(good, a)
		case isGroup:
			x.fails("person/"+a, who+", which is a group; it has to be an account", without, "name an account in the policy")
		case !x.ours(a):
			outside = append(outside, a)
		case x.account == nil:
			blind = append(blind, a)
		case x.groups == nil && !n.account:
			x.unknown("person/"+a, who+", which is no account; it may be a group", "look at the address; with the scope admin.directory.group.readonly doctor can tell")
		case n.account:
			x.fails("person/"+a, who+", which is not an account of the school", without, "correct the address in the policy")
		default:
			x.fails("person/"+a, who+", which is neither an account nor a group of the school", without, "correct the address in the policy")
		}
	}
	if len(good) > 0 {
		x.works("people", quantity.Of(len(good), "address that the policy names", "addresses that the policy names")+" can be found at Google")
	}
	if len(outside) > 0 {
		x.unknown("people/outside", quantity.Of(len(outside), "address is", "addresses are")+" outside the school's domains and cannot be looked up: "+strings.Join(outside, ", "), "look at the spelling; --test-mail ADDRESS shows whether mail arrives")
	}
	if len(blind) > 0 {
		x.unknown("people/blind", quantity.Of(len(blind), "address was", "addresses were")+" not looked up, because the accounts could not be read", x.unread(google.ScopeUsers, "Directory › Users"))
	}
}

// unread says what to do about a list that could not be read.
func (x *examination) unread(scope, where string) string {
	if _, tried := x.refused[scope]; tried || x.spoilt {
		return "put right what is said of Google above, then run doctor again"
	}
	return "look at them yourself in the Admin console under " + where + ": no clause needs the scope " + Short(scope) + ", so doctor does not ask for it"
}

// ours tells whether an address is on a domain whose accounts and groups are all read.
func (x *examination) ours(address string) bool {
	_, domain, _ := strings.Cut(address, "@")
	return slices.Contains(x.Policy.School.Domains, domain) || slices.Contains(x.customer, domain)
}

func (x *examination) orgUnits() {
	all, good := namedAs(x.Policy, unit), 0
	if x.units == nil {
		if len(all) > 0 {
			x.unknown("units/blind", quantity.Of(len(all), "org unit was", "org units were")+" not looked up, because the tree of org units could not be read", x.unread(google.ScopeUnits, "Directory › Organisational units"))
		}
		return
	}
	for _, u := range slices.Sorted(maps.Keys(all)) {
		if x.units[u] {
			good++
			continue
		}
		x.fails("unit/"+u, "The policy names the org unit "+u+" ("+strings.Join(all[u].what, ", ")+"), which does not exist", inIt, "correct it in the policy: the Admin console shows the units under Directory › Organisational units")
	}
	if good > 0 {
		x.works("units", quantity.Of(good, "org unit that the policy names exists", "org units that the policy names exist"))
	}
}

// namedGroups looks whether the groups exist that the policy names.
func (x *examination) namedGroups() {
	all := namedAs(x.Policy, group)
	if x.groups == nil {
		if len(all) > 0 {
			x.unknown("groups/blind", quantity.Of(len(all), "group was", "groups were")+" not looked up, because the groups could not be read", x.unread(google.ScopeGroups, "Directory › Groups"))
		}
		return
	}
	for _, g := range slices.Sorted(maps.Keys(all)) {
		if x.groups[g] {
			x.works("group/"+g, "The group "+g+" exists")
			continue
		}
		is := "which does not exist"
		if x.account[g] != nil {
			is = "which is an account and no group"
		}
		x.fails("group/"+g, "The policy names the group "+g+" ("+strings.Join(all[g].what, ", ")+"), "+is, inIt, "correct it in the policy: the Admin console shows groups under Directory › Groups")
	}
}
