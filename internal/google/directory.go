package google

import (
	"context"
	"iter"
	"strings"

	directory "google.golang.org/api/admin/directory/v1"

	"esafetybot/internal/seen"
)

// myCustomer is Google's alias for the Google Workspace account of whoever asks.
const myCustomer = "my_customer"

// Users streams every account of the customer, switched-off and archived ones too, with [ScopeUsers].
func (c *Client) Users(ctx context.Context) iter.Seq2[seen.Account, error] {
	return users(ctx, c, fieldsAccount, account)
}

func account(u *directory.User) (seen.Account, bool) {
	a := seen.Account{
		ID: u.Id, Address: strings.ToLower(u.PrimaryEmail), Aliases: lower(u.Aliases, u.NonEditableAliases), Unit: u.OrgUnitPath,
		SwitchedOff: u.Suspended, Archived: u.Archived, Guest: u.IsGuestUser, Created: moment(u.CreationTime), Off: moment(u.SuspensionTime),
	}
	if u.Name != nil {
		a.Name = u.Name.FullName
	}
	return a, true
}

// Units streams the org units, the root "/" too, with [ScopeUnits].
func (c *Client) Units(ctx context.Context) iter.Seq2[seen.Unit, error] {
	open := func() *Handle { return c.asAdmin(ScopeUnits) }
	return paged(ctx, open, orgunitsList, "", func(ctx context.Context, _ string) ([]seen.Unit, string, error) {
		page, err := c.directory.Orgunits.List(myCustomer).OrgUnitPath("/").Type("allIncludingParent").
			Fields("organizationUnits(orgUnitId,orgUnitPath,parentOrgUnitId,parentOrgUnitPath)").Context(ctx).Do()
		if err != nil {
			return nil, "", err
		}
		return units(page.OrganizationUnits), "", nil
	})
}

// units adds the root where the list leaves it out, as that of Google long did: its children name its id.
func units(list []*directory.OrgUnit) []seen.Unit {
	var out []seen.Unit
	root, have := "", false
	for _, u := range list {
		have = have || u.OrgUnitPath == "/"
		if u.ParentOrgUnitPath == "/" && u.ParentOrgUnitId != "" {
			root = unitID(u.ParentOrgUnitId)
		}
		out = append(out, seen.Unit{ID: unitID(u.OrgUnitId), Path: u.OrgUnitPath})
	}
	if !have && root != "" {
		out = append(out, seen.Unit{ID: root, Path: "/"})
	}
	return out
}

// unitID is an org unit's id as every API can be compared by: Directory writes "id:03ph8a2z…", Drive leaves the prefix out.
func unitID(id string) string { return strings.TrimPrefix(id, "id:") }

// Groups streams the groups, with [ScopeGroups].
func (c *Client) Groups(ctx context.Context) iter.Seq2[seen.Group, error] {
	open := func() *Handle { return c.asAdmin(ScopeGroups) }
	return paged(ctx, open, groupsList, "", func(ctx context.Context, token string) ([]seen.Group, string, error) {
		list := c.directory.Groups.List().Customer(myCustomer).MaxResults(200).Fields("nextPageToken,groups(id,email,aliases,nonEditableAliases,name)")
		if token != "" {
			list = list.PageToken(token)
		}
		page, err := list.Context(ctx).Do()
		if err != nil {
			return nil, "", err
		}
		return convert(page.Groups, func(g *directory.Group) (seen.Group, bool) {
			return seen.Group{ID: g.Id, Address: strings.ToLower(g.Email), Aliases: lower(g.Aliases, g.NonEditableAliases), Name: g.Name}, true
		}), page.NextPageToken, nil
	})
}

// Members streams the direct members of a group, by the group's id, with [ScopeGroups].
func (c *Client) Members(ctx context.Context, groupID string) iter.Seq2[seen.Member, error] {
	open := func() *Handle { return c.asAdmin(ScopeGroups) }
	return paged(ctx, open, membersList, "group "+groupID, func(ctx context.Context, token string) ([]seen.Member, string, error) {
		list := c.directory.Members.List(groupID).MaxResults(200).Fields("nextPageToken,members(id,email,type)")
		if token != "" {
			list = list.PageToken(token)
		}
		page, err := list.Context(ctx).Do()
		if err != nil {
			return nil, "", err
		}
		return convert(page.Members, func(m *directory.Member) (seen.Member, bool) {
			return seen.Member{ID: m.Id, Address: strings.ToLower(m.Email), Type: m.Type}, true
		}), page.NextPageToken, nil
	})
}

// Domains reads the customer's domains and domain aliases, in lower case, with [ScopeDomains].
func (c *Client) Domains(ctx context.Context) ([]string, error) {
	return single(ctx, c.asAdmin(ScopeDomains), domainsList, "", func(ctx context.Context) ([]string, error) {
		page, err := c.directory.Domains.List(myCustomer).Fields("domains(domainName,domainAliases(domainAliasName))").Context(ctx).Do()
		if err != nil {
			return nil, err
		}
		var names []string
		for _, d := range page.Domains {
			names = append(names, strings.ToLower(d.DomainName))
			for _, a := range d.DomainAliases {
				names = append(names, strings.ToLower(a.DomainAliasName))
			}
		}
		return names, nil
	})
}

// lower joins lists of addresses, in lower case.
func lower(lists ...[]string) []string {
	var out []string
	for _, l := range lists {
		for _, s := range l {
			out = append(out, strings.ToLower(s))
		}
	}
	return out
}
