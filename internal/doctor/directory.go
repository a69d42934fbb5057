package doctor

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"esafetybot/internal/google"
	"esafetybot/internal/policy"
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

// addresses lists the addresses of people whom the policy names, each with what for.
func addresses(p *policy.Policy) map[string][]string {
	out := map[string][]string{}
	add := func(address, what string) {
		if address != "" && !slices.Contains(out[address], what) {
			out[address] = append(out[address], what)
		}
	}
	for _, role := range slices.Sorted(maps.Keys(p.People)) {
		for _, who := range p.People[role] {
			add(who.Address, p.Title(role))
		}
	}
	for _, a := range p.ConfidentialOwners {
		add(a, "somebody whose files are never named in mail")
	}
	for _, b := range p.Blogs {
		for _, h := range b.Hosts {
			add(h, "somebody who looks after a blog")
		}
	}
	if d := p.ClassDojo; d != nil {
		add(d.Mailbox, "the mailbox for ClassDojo")
		for _, c := range d.Classes {
			for _, t := range c.Teachers {
				add(t, "a teacher on ClassDojo")
			}
		}
	}
	for _, c := range p.Clauses {
		for _, m := range c.MetBy {
			if w, ok := m.With.(*policy.AccountsWith); ok {
				for _, a := range w.Admins {
					add(a, "an administrator by clause "+c.ID)
				}
				for _, a := range w.Accepted {
					add(a, "an account that clause "+c.ID+" accepts")
				}
			}
		}
	}
	return out
}

// people looks whether mail to those whom the policy names has somewhere to go.
func (x *examination) people() {
	named := addresses(x.Policy)
	var outside, good, blind []string
	for _, a := range slices.Sorted(maps.Keys(named)) {
		who := strings.Join(named[a], " and ")
		_, domain, _ := strings.Cut(a, "@")
		s, group := x.account[a], x.groups[a]
		switch {
		case !slices.Contains(x.Policy.School.Domains, domain):
			outside = append(outside, a)
		case s != nil && !s.active:
			x.fails("person/"+a, upper(who)+" is named as "+a+", whose account is switched off", "mail to them reaches nobody", "name somebody else in the policy, or switch the account on")
		case s != nil || group:
			good = append(good, a)
		case x.account == nil:
			blind = append(blind, a)
		case x.groups == nil:
			x.unknown("person/"+a, upper(who)+" is named as "+a+", which is no account; it may be a group", "look at the address; with the scope admin.directory.group.readonly doctor can tell")
		default:
			x.fails("person/"+a, upper(who)+" is named as "+a+", which is neither an account nor a group of the school", "mail to them reaches nobody", "correct the address in the policy")
		}
	}
	if len(good) > 0 {
		x.works("people", count(len(good), "address that the policy names", "addresses that the policy names")+" can be found at Google")
	}
	if len(outside) > 0 {
		x.unknown("people/outside", count(len(outside), "address is", "addresses are")+" outside the school's domains and cannot be looked up: "+strings.Join(outside, ", "), "look at the spelling; --test-mail ADDRESS shows whether mail arrives")
	}
	if len(blind) > 0 {
		x.unknown("people/blind", count(len(blind), "address was", "addresses were")+" not looked up, because the accounts could not be read", "")
	}
}

// namedUnits lists the org units that the policy names, each with what for.
func namedUnits(p *policy.Policy) map[string]string {
	out := map[string]string{}
	add := func(what string, units ...string) {
		for _, u := range units {
			if _, have := out[u]; !have && u != "" {
				out[u] = what
			}
		}
	}
	add("school: org_units", p.School.OrgUnits...)
	add("pupils: org_units", p.Pupils.OrgUnits...)
	add("staff: org_units", p.Staff.OrgUnits...)
	for _, o := range p.Others {
		add("others: "+o.Name, o.OrgUnit)
	}
	for _, c := range p.Clauses {
		for _, m := range c.MetBy {
			at := "clause " + c.ID
			switch w := m.With.(type) {
			case *policy.AccountsWith:
				add(at, w.Except.Units...)
				add(at, slices.Collect(maps.Values(w.YearUnits))...)
			case *policy.PupilEmailWith:
				add(at, append(slices.Clone(w.Except.Units), w.Approved.Units...)...)
				add(at, slices.Collect(maps.Values(w.MoveTo))...)
			case *policy.SettingsWith:
				add(at, append(slices.Clone(w.Units), w.Except.Units...)...)
			}
		}
	}
	return out
}

func (x *examination) orgUnits() {
	if x.units == nil {
		return
	}
	named, good := namedUnits(x.Policy), 0
	for _, u := range slices.Sorted(maps.Keys(named)) {
		if x.units[u] {
			good++
			continue
		}
		x.fails("unit/"+u, "The policy names the org unit "+u+" ("+named[u]+"), which does not exist", "who and what is in it", "correct it in the policy: the Admin console shows the units under Directory › Organisational units")
	}
	if good > 0 {
		x.works("units", count(good, "org unit that the policy names exists", "org units that the policy names exist"))
	}
}

// namedGroups looks whether the groups exist that the policy names.
func (x *examination) namedGroups() {
	if x.groups == nil {
		return
	}
	named := map[string]string{}
	add := func(what string, list ...string) {
		for _, g := range list {
			if g != "" {
				named[g] = what
			}
		}
	}
	for _, o := range x.Policy.Others {
		add("others: "+o.Name, o.Group)
	}
	for _, c := range x.Policy.Clauses {
		for _, m := range c.MetBy {
			at := "clause " + c.ID
			switch w := m.With.(type) {
			case *policy.AccountsWith:
				add(at, w.Except.Groups...)
			case *policy.PupilEmailWith:
				add(at, append(slices.Clone(w.Except.Groups), w.Approved.Groups...)...)
			case *policy.SettingsWith:
				add(at, w.Except.Groups...)
			}
		}
	}
	for _, g := range slices.Sorted(maps.Keys(named)) {
		if x.groups[g] {
			x.works("group/"+g, "The group "+g+" exists")
		} else {
			x.fails("group/"+g, "The policy names the group "+g+" ("+named[g]+"), which does not exist", "who is in it", "correct it in the policy: the Admin console shows groups under Directory › Groups")
		}
	}
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprint(n) + " " + many
}
