package google

import (
	"context"
	"iter"
	"strconv"
	"strings"
	"time"

	directory "google.golang.org/api/admin/directory/v1"
	"google.golang.org/api/googleapi"

	"esafetybot/internal/seen"
)

const (
	fieldsUser    = "id,primaryEmail,aliases,nonEditableAliases,orgUnitPath,suspended,suspensionTime,archived,isGuestUser,creationTime,name"
	fieldsAccount = fieldsUser + "(fullName)"
	fieldsPerson  = fieldsUser + "(fullName,givenName,familyName),externalIds,lastLoginTime,isAdmin,isDelegatedAdmin,isEnrolledIn2Sv,recoveryEmail"
)

// People streams every account of the customer, like [Client.Users], with what the checks on accounts ask of it, with [ScopeUsers].
func (c *Client) People(ctx context.Context) iter.Seq2[seen.Person, error] {
	return users(ctx, c, fieldsPerson, person)
}

// Person reads one account as it is now, by its id, with [ScopeUsers]. See [Client.Gone].
func (c *Client) Person(ctx context.Context, id string) (seen.Person, error) {
	return single(ctx, c.asAdmin(ScopeUsers), usersGet, named("user", id), func(ctx context.Context) (seen.Person, error) {
		u, err := c.directory.Users.Get(id).Fields(fieldsPerson).Context(ctx).Do()
		if err != nil {
			return seen.Person{}, err
		}
		p, _ := person(u)
		return p, nil
	})
}

// users streams the accounts with these fields.
func users[T any](ctx context.Context, c *Client, fields string, one func(*directory.User) (T, bool)) iter.Seq2[T, error] {
	open := func() *Handle { return c.asAdmin(ScopeUsers) }
	return paged(ctx, open, usersList, "", func(ctx context.Context, token string) ([]T, string, error) {
		list := c.directory.Users.List().Customer(myCustomer).MaxResults(500).Fields("nextPageToken", googleapi.Field("users("+fields+")"))
		if token != "" {
			list = list.PageToken(token)
		}
		page, err := list.Context(ctx).Do()
		if err != nil {
			return nil, "", err
		}
		return convert(page.Users, one), page.NextPageToken, nil
	})
}

func person(u *directory.User) (seen.Person, bool) {
	a, _ := account(u)
	p := seen.Person{
		Account: a, Numbers: numbers(u.ExternalIds), LastLogin: moment(u.LastLoginTime), Admin: u.IsAdmin, Delegated: u.IsDelegatedAdmin,
		SecondStep: u.IsEnrolledIn2Sv, Recovery: strings.ToLower(u.RecoveryEmail),
	}
	if u.Name != nil {
		p.Given, p.Family = within(p.Name, u.Name.GivenName), within(p.Name, u.Name.FamilyName)
	}
	if p.LastLogin.Year() <= 1970 { // how Google writes "never"
		p.LastLogin = time.Time{}
	}
	return p, true
}

// within is part, as a piece of whole where it is one: with many accounts each name is then held once.
func within(whole, part string) string {
	if i := strings.Index(whole, part); i >= 0 {
		return whole[i : i+len(part)]
	}
	return part
}

// numbers are the values of externalIds, which Google's client leaves as they came: a list of objects, as far as anybody knows.
func numbers(externalIDs any) []string {
	list, _ := externalIDs.([]any)
	var out []string
	for _, x := range list {
		m, _ := x.(map[string]any)
		if v, _ := m["value"].(string); v != "" {
			out = append(out, v)
		}
	}
	return out
}

// Roles streams the administrator's roles, with [ScopeRoles].
func (c *Client) Roles(ctx context.Context) iter.Seq2[seen.Role, error] {
	open := func() *Handle { return c.asAdmin(ScopeRoles) }
	return paged(ctx, open, rolesList, "", func(ctx context.Context, token string) ([]seen.Role, string, error) {
		list := c.directory.Roles.List(myCustomer).MaxResults(100).Fields("nextPageToken,items(roleId,roleName,isSuperAdminRole)")
		if token != "" {
			list = list.PageToken(token)
		}
		page, err := list.Context(ctx).Do()
		if err != nil {
			return nil, "", err
		}
		return convert(page.Items, func(r *directory.Role) (seen.Role, bool) {
			return seen.Role{ID: number(r.RoleId), Name: r.RoleName, Super: r.IsSuperAdminRole}, true
		}), page.NextPageToken, nil
	})
}

// RoleGrants streams who holds which role, with [ScopeRoles]. A role given to a group stands here once, for the group.
func (c *Client) RoleGrants(ctx context.Context) iter.Seq2[seen.RoleGrant, error] {
	open := func() *Handle { return c.asAdmin(ScopeRoles) }
	return paged(ctx, open, roleAssignmentsList, "", func(ctx context.Context, token string) ([]seen.RoleGrant, string, error) {
		list := c.directory.RoleAssignments.List(myCustomer).MaxResults(200).Fields("nextPageToken,items(roleAssignmentId,roleId,assignedTo,orgUnitId)")
		if token != "" {
			list = list.PageToken(token)
		}
		page, err := list.Context(ctx).Do()
		if err != nil {
			return nil, "", err
		}
		return convert(page.Items, func(a *directory.RoleAssignment) (seen.RoleGrant, bool) {
			return seen.RoleGrant{ID: number(a.RoleAssignmentId), Role: number(a.RoleId), To: a.AssignedTo, Unit: unitID(a.OrgUnitId)}, true
		}), page.NextPageToken, nil
	})
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// Apps reads the third-party apps that an account let in, by the account's id, with [ScopeSecurity]. One call an account: ask first whether it
// has any (usage report, accounts:num_authorized_apps).
func (c *Client) Apps(ctx context.Context, userID string) ([]seen.App, error) {
	return single(ctx, c.asAdmin(ScopeSecurity), tokensList, named("user", userID), func(ctx context.Context) ([]seen.App, error) {
		page, err := c.directory.Tokens.List(userID).Fields("items(clientId,displayText,scopes,anonymous)").Context(ctx).Do()
		if err != nil {
			return nil, err
		}
		return convert(page.Items, func(t *directory.Token) (seen.App, bool) {
			a := seen.App{Client: t.ClientId, Name: t.DisplayText, Scopes: t.Scopes}
			if a.Client == "" && t.Anonymous {
				a.Client = "anonymous"
			}
			return a, true
		}), nil
	})
}

// named is what an error says was read: by its id, and not at all by an address that somebody gave instead.
func named(what, id string) string {
	if strings.Contains(id, "@") {
		return ""
	}
	return what + " " + id
}
