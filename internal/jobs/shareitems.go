package jobs

import (
	"slices"
	"strings"

	"esafetybot/internal/checks/sharing"
	"esafetybot/internal/findings"
	"esafetybot/internal/reports"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
)

// item looks up what a finding is about.
func (g *gatherer) item(f *findings.Finding) reports.Item {
	it := reports.Item{
		ID: f.ID, Clause: f.Clause, Rule: strings.TrimPrefix(f.Rule, sharing.Means+"."), Severity: f.Severity, Subject: f.Subject,
		Since: f.Since, FirstSeen: f.FirstSeen, Due: f.Due, Missing: f.Missing, Info: f.Severity == findings.Information,
		Overdue: f.Status == findings.Open && !f.Due.IsZero() && f.Due.Before(g.in.Now), Changes: g.changes[f.ID],
	}
	if c, ok := g.env.Policy.Clause(f.Clause); ok {
		it.Says = c.Says
	}
	if f.Agreed != nil {
		it.AgreedUntil = f.Agreed.Until
	}
	kind, id, _ := strings.Cut(f.Subject, "/")
	if kind == "group" {
		g.group(&it, f, id)
		return it
	}
	s, ok := g.shares[f.Subject]
	if !ok && g.out.Book != nil {
		s, _ = g.out.Book.Left(f.Subject)
	}
	grants := s.Grants
	for _, t := range g.trees[f.Subject] {
		if it.Rule == sharing.WithinSchool || it.Rule == sharing.TrustWide {
			s, grants = t, append(slices.Clone(grants), t.Grants...)
		}
	}
	it.Title, it.Link, it.Kind = s.Title, s.Link, kindWord(s)
	it.Owner = g.owner(s)
	if g.out.Who == nil {
		// Without the accounts nobody knows whose names may stand in a title or an address.
		it.Title, it.Owner, grants = "", reports.Person{Confidential: true}, nil
	}
	for _, fact := range f.Facts {
		i := slices.IndexFunc(grants, func(x seen.Grant) bool { return sharing.Fact(x) == fact })
		if i < 0 {
			who, role, _ := strings.Cut(fact, " ")
			role, _, _ = strings.Cut(role, " ")
			it.Grants = append(it.Grants, reports.Grant{Who: plainGrantee(who), Role: role, New: g.added[f.ID][fact]})
			continue
		}
		it.Grants = append(it.Grants, g.grant(grants[i], g.added[f.ID][fact]))
	}
	return it
}

// plainGrantee names a grantee of which only the fact is left.
func plainGrantee(who string) string {
	kind, rest, _ := strings.Cut(who, "/")
	switch kind {
	case "domain":
		return rest
	case "anyone":
		return "anyone on the internet"
	case "anyone-with-link":
		return "anyone with the link"
	case "group":
		return "a group"
	}
	return "somebody outside"
}

func (g *gatherer) grant(x seen.Grant, fresh bool) reports.Grant {
	role, _, _ := strings.Cut(sharing.Fact(x), " until ")
	role = role[strings.LastIndex(role, " ")+1:]
	if role == "pending-owner" {
		role = x.Role
	}
	r := reports.Grant{Role: role, Until: x.Until, New: fresh}
	switch x.Type {
	case "user", "group":
		r.Who = x.Address
		if a, ok := g.out.Who.Account(x.Address); ok {
			r.Pupil = inPupils(g.env.Policy, a)
			r.Staff = g.adults[a.ID] && !a.Guest
			if !r.Pupil && !r.Staff {
				r.Who = "an account in " + a.Unit
			}
			r.Year = yearGroup(school.Year(a.Unit))
		} else {
			r.Private = x.Type == "user"
		}
		if r.Who == "" {
			r.Who = "somebody outside"
		}
	case "domain":
		r.Who = x.Domain
		if strings.HasSuffix(x.Domain, ".audience.googledomains.com") {
			r.Who = "a target audience"
		}
	default:
		r.Who = "anyone with the link"
		if x.Discoverable {
			r.Who = "anyone on the internet"
		}
	}
	return r
}

// group tells of a group that holds a share.
func (g *gatherer) group(it *reports.Item, f *findings.Finding, id string) {
	it.Kind, it.Link = "group", "https://admin.google.com/ac/groups/"+id
	if g.out.Who == nil {
		return
	}
	grp, ok := g.out.Who.GroupByID(id)
	if !ok {
		return
	}
	it.Title = grp.Name
	r := g.out.Who.Reach(grp)
	names := map[string]string{}
	for _, m := range slices.Concat(r.Outsiders, r.Trusted) {
		names["member/"+school.MemberKey(m)] = m.Address
	}
	for _, fact := range f.Facts {
		grant := reports.Grant{Role: "member", New: g.added[f.ID][fact]}
		switch {
		case strings.HasPrefix(fact, "group/"):
			nested, _, _ := strings.Cut(strings.TrimPrefix(fact, "group/"), " ")
			grant.Who, grant.Role = "anyone on the internet", "may join"
			if n, ok := g.out.Who.GroupByID(nested); ok && n.ID != id {
				grant.Role = "may join through " + n.Name
			}
		case names[fact] != "":
			grant.Who, grant.Private = names[fact], true
		default:
			grant.Who = "somebody outside"
		}
		it.Grants = append(it.Grants, grant)
	}
}

func (g *gatherer) owner(s seen.Share) reports.Person {
	if s.Drive != "" {
		if s.Kind == "drive" {
			return reports.Person{}
		}
		name := ""
		if d, ok := g.shares["drive/"+s.Drive]; ok {
			name = d.Title
		}
		return reports.Person{SharedDrive: true, Name: name, Link: "https://drive.google.com/drive/folders/" + s.Drive}
	}
	if s.Owner == "" || g.out.Who == nil {
		return reports.Person{}
	}
	a, ok := g.out.Who.AccountByID(s.Owner)
	if !ok {
		return reports.Person{Gone: true}
	}
	return g.person(a)
}

func (g *gatherer) person(a *seen.Account) reports.Person {
	p := g.env.Policy
	return reports.Person{
		Unplaced: !g.adults[a.ID] && !inPupils(p, a),
		Name:     a.Name, Unit: a.Unit, Link: "https://admin.google.com/ac/users/" + a.ID, Pupil: inPupils(p, a), Year: yearGroup(school.Year(a.Unit)),
		SwitchedOff: a.SwitchedOff || a.Archived,
		Confidential: slices.ContainsFunc(p.ConfidentialOwners, func(c string) bool {
			return c == a.Address || slices.Contains(a.Aliases, c)
		}),
	}
}

func kindWord(s seen.Share) string {
	if s.Kind == "drive" {
		return "shared drive"
	}
	switch s.Mime {
	case seen.MimeFolder:
		return "folder"
	case seen.MimeForm:
		return "form"
	case seen.MimeSite:
		return "Site"
	case "application/vnd.google-apps.document":
		return "document"
	case "application/vnd.google-apps.spreadsheet":
		return "spreadsheet"
	case "application/vnd.google-apps.presentation":
		return "presentation"
	}
	switch {
	case strings.HasPrefix(s.Mime, "image/"):
		return "picture"
	case strings.HasPrefix(s.Mime, "video/"):
		return "video"
	}
	return "file"
}
