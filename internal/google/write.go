package google

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	directory "google.golang.org/api/admin/directory/v1"
	"google.golang.org/api/drive/v3"
	"google.golang.org/api/googleapi"

	"esafetybot/internal/seen"
)

// The changes that the action log makes, and what it looks at before and after. Each does one thing and decides nothing. What sets a state, or
// deletes something by its id, may be sent again, and finding it done already is no error; what adds something is not sent again
// after [ErrUnsure]. Google's Directory may show the old state for minutes after a change, and an answer on permissions may lack what was just set:
// look with the readers until they agree. Drive loses one of two changes of the same file's permissions made at once: make them one after the other.

// change does one call that answers nothing of use.
func change(ctx context.Context, h *Handle, m method, on string, do func(context.Context) error) error {
	_, err := single(ctx, h, m, on, func(ctx context.Context) (struct{}, error) { return struct{}{}, do(ctx) })
	return err
}

// MoveUser puts an account, by its id, into the org unit of that path, as the administrator with [ScopeUsersWrite].
func (c *Client) MoveUser(ctx context.Context, id, unitPath string) error {
	return c.patchUser(ctx, id, &directory.User{OrgUnitPath: unitPath})
}

// SwitchOff suspends an account, or with off false switches it on again, with [ScopeUsersWrite].
func (c *Client) SwitchOff(ctx context.Context, id string, off bool) error {
	return c.patchUser(ctx, id, &directory.User{Suspended: off, ForceSendFields: []string{"Suspended"}})
}

// SetRecovery sets an account's recovery e-mail address, "" for none, with [ScopeUsersWrite].
func (c *Client) SetRecovery(ctx context.Context, id, address string) error {
	return c.patchUser(ctx, id, &directory.User{RecoveryEmail: address, ForceSendFields: []string{"RecoveryEmail"}})
}

func (c *Client) patchUser(ctx context.Context, id string, u *directory.User) error {
	return change(ctx, c.asAdmin(ScopeUsersWrite), usersPatch, named("user", id), func(ctx context.Context) error {
		_, err := c.directory.Users.Patch(id, u).Fields("id").Context(ctx).Do()
		return err
	})
}

// SignOut ends all of an account's sessions, on the web and on devices, with [ScopeSecurity].
func (c *Client) SignOut(ctx context.Context, id string) error {
	return change(ctx, c.asAdmin(ScopeSecurity), usersSignOut, named("user", id), func(ctx context.Context) error {
		return c.directory.Users.SignOut(id).Context(ctx).Do()
	})
}

// RevokeApp takes an app's access to an account away, with [ScopeSecurity].
func (c *Client) RevokeApp(ctx context.Context, userID, clientID string) error {
	return done404(change(ctx, c.asAdmin(ScopeSecurity), tokensDelete, named("user", userID), func(ctx context.Context) error {
		return c.directory.Tokens.Delete(userID, clientID).Context(ctx).Do()
	}))
}

// IsMember tells whether somebody is a direct member of a group now, and as what (MEMBER, MANAGER or OWNER), with [ScopeGroups]. Nobody is a member
// of a group that is gone.
func (c *Client) IsMember(ctx context.Context, groupID, memberID string) (role string, ok bool, err error) {
	role, err = single(ctx, c.asAdmin(ScopeGroups), membersGet, named("group", groupID), func(ctx context.Context) (string, error) {
		m, err := c.directory.Members.Get(groupID, memberID).Fields("role").Context(ctx).Do()
		if err != nil {
			return "", err
		}
		return m.Role, nil
	})
	if IsNotFound(err) {
		return "", false, nil
	}
	return role, err == nil, err
}

// RemoveMember takes a direct member out of a group, with [ScopeMembersWrite].
func (c *Client) RemoveMember(ctx context.Context, groupID, memberID string) error {
	return done404(change(ctx, c.asAdmin(ScopeMembersWrite), membersDelete, named("group", groupID), func(ctx context.Context) error {
		return c.directory.Members.Delete(groupID, memberID).Context(ctx).Do()
	}))
}

// AddMember puts somebody into a group, by id or address, in a role (MEMBER, MANAGER, OWNER), with [ScopeMembersWrite]. Who is a member already stays
// as they are, which is no error.
func (c *Client) AddMember(ctx context.Context, groupID, memberID, role string) error {
	m := &directory.Member{Id: memberID, Role: role}
	if strings.Contains(memberID, "@") {
		m.Id, m.Email = "", memberID
	}
	err := change(ctx, c.asAdmin(ScopeMembersWrite), membersInsert, named("group", groupID), func(ctx context.Context) error {
		_, err := c.directory.Members.Insert(groupID, m).Fields("id").Context(ctx).Do()
		return err
	})
	if status(err) == http.StatusConflict {
		return nil
	}
	return err
}

// The grants of Drive: "as" is the address of somebody who may share the file, or "" for the administrator, who may change the members of any shared
// drive (its id as the file's), but not what is in it.

// sharer is a handle for changing grants, and whether it is the administrator's.
func (c *Client) sharer(as string) (h *Handle, asAdmin bool) {
	if as == "" {
		return c.asAdmin(ScopeDriveWrite), true
	}
	return c.As(as, ScopeDriveWrite), false
}

// Grants reads the grants of one file as they are now, like [Client.ItemGrants], or as "" the members of a shared drive.
func (c *Client) Grants(ctx context.Context, as, fileID string) ([]seen.Grant, error) {
	if as == "" {
		return c.DriveMembers(ctx, fileID)
	}
	return c.ItemGrants(ctx, as, fileID)
}

// DeleteGrant takes one grant off a file, with [ScopeDriveWrite]; nobody is told. A file that is not there is an error, a grant that is not
// there is none. An inherited grant can only be taken off the folder that it comes from.
func (c *Client) DeleteGrant(ctx context.Context, as, fileID, grantID string) error {
	h, asAdmin := c.sharer(as)
	return change(ctx, h, permissionsDelete, "file "+fileID, func(ctx context.Context) error {
		err := c.drive.Permissions.Delete(fileID, grantID).SupportsAllDrives(true).UseDomainAdminAccess(asAdmin).Context(ctx).Do()
		var api *googleapi.Error
		// Both have the reason notFound; only the message tells "Permission not found: …" from "File not found: …".
		if errors.As(err, &api) && api.Code == http.StatusNotFound && strings.Contains(strings.ToLower(api.Message), "permission not found") {
			return nil
		}
		return err
	})
}

// SetRole changes what one grant permits (reader, commenter, writer …), with [ScopeDriveWrite].
func (c *Client) SetRole(ctx context.Context, as, fileID, grantID, role string) error {
	return c.updateGrant(ctx, as, fileID, grantID, &drive.Permission{Role: role}, false)
}

// SetExpiry sets when one grant ends by itself, zero for never, with [ScopeDriveWrite]. Google ends grants of users and groups only, not links, within
// a year, and on folders those of readers only. Drive takes no change without the role, so the present one is read first.
func (c *Client) SetExpiry(ctx context.Context, as, fileID, grantID string, until time.Time) error {
	held, asAdmin := c.sharer(as) // so that both calls share its token
	defer held.Close()
	h, _ := c.sharer(as)
	role, err := single(ctx, h, permissionsGet, "file "+fileID, func(ctx context.Context) (string, error) {
		p, err := c.drive.Permissions.Get(fileID, grantID).SupportsAllDrives(true).UseDomainAdminAccess(asAdmin).Fields(fieldsPermission).Context(ctx).Do()
		if err != nil {
			return "", err
		}
		// The role that was given here: what comes from a folder above may be higher, and is not to be given here as well.
		if g, _ := grant(p); g.Own != "" {
			return g.Own, nil
		}
		return p.Role, nil
	})
	if err != nil {
		return err
	}
	p := &drive.Permission{Role: role}
	if !until.IsZero() {
		p.ExpirationTime = until.UTC().Format(time.RFC3339)
	}
	return c.updateGrant(ctx, as, fileID, grantID, p, until.IsZero())
}

func (c *Client) updateGrant(ctx context.Context, as, fileID, grantID string, p *drive.Permission, forever bool) error {
	h, asAdmin := c.sharer(as)
	return change(ctx, h, permissionsUpdate, "file "+fileID, func(ctx context.Context) error {
		update := c.drive.Permissions.Update(fileID, grantID, p).SupportsAllDrives(true).UseDomainAdminAccess(asAdmin).Fields("id")
		if forever {
			update = update.RemoveExpiration(true)
		}
		_, err := update.Context(ctx).Do()
		return err
	})
}

// AddGrant gives a file the grant that g says (what it permits itself, not what g inherited), with [ScopeDriveWrite], and returns its id. Nobody is told
// by mail, which Google refuses where the address has no Google account. After [ErrUnsure] look at [Client.Grants].
func (c *Client) AddGrant(ctx context.Context, as, fileID string, g seen.Grant) (id string, err error) {
	p := &drive.Permission{Type: g.Type, Role: g.Own, View: g.View}
	if p.Role == "" {
		p.Role = g.Role
	}
	mailed := false
	switch g.Type {
	case "user", "group":
		p.EmailAddress, mailed = g.Address, true
	case "domain":
		p.Domain = g.Domain
		fallthrough
	case "anyone":
		p.AllowFileDiscovery, p.ForceSendFields = g.Discoverable, []string{"AllowFileDiscovery"}
	}
	if !g.Until.IsZero() {
		p.ExpirationTime = g.Until.UTC().Format(time.RFC3339)
	}
	h, asAdmin := c.sharer(as)
	return single(ctx, h, permissionsCreate, "file "+fileID, func(ctx context.Context) (string, error) {
		create := c.drive.Permissions.Create(fileID, p).SupportsAllDrives(true).UseDomainAdminAccess(asAdmin).Fields("id")
		if mailed { // Google takes the word for no other type
			create = create.SendNotificationEmail(false)
		}
		made, err := create.Context(ctx).Do()
		if err != nil {
			return "", err
		}
		return made.Id, nil
	})
}

// HandOver makes another account of the customer the owner of a file in My Drive, as the present owner, who keeps it as a writer, with [ScopeDriveWrite].
// Google insists on a mail to the new owner. After [ErrUnsure] look at the file's owner.
func (c *Client) HandOver(ctx context.Context, as, fileID, newOwner string) error {
	return change(ctx, c.As(as, ScopeDriveWrite), permissionsCreate, "file "+fileID, func(ctx context.Context) error {
		_, err := c.drive.Permissions.Create(fileID, &drive.Permission{Type: "user", Role: "owner", EmailAddress: newOwner}).
			TransferOwnership(true).SupportsAllDrives(true).Fields("id").Context(ctx).Do()
		return err
	})
}

// done404 takes what is not there for deleted.
func done404(err error) error {
	if IsNotFound(err) {
		return nil
	}
	return err
}
