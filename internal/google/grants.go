package google

import (
	"strings"
	"time"

	"google.golang.org/api/drive/v3"

	"esafetybot/internal/seen"
)

// grant turns a permission on an item into ours. It is left out (false) where it is only what membership of the shared drive gives:
// that belongs to the drive, not to the item. Deleted and expired ones are kept and marked: what counts is for the checks to say.
func grant(p *drive.Permission) (seen.Grant, bool) {
	g := plainGrant(p)
	if len(p.PermissionDetails) == 0 {
		g.Own = p.Role
		return g, true
	}
	for _, d := range p.PermissionDetails {
		switch {
		case d.PermissionType == "member":
		case !d.Inherited:
			if seen.Rank(d.Role) > seen.Rank(g.Own) {
				g.Own = d.Role
			}
		case seen.Rank(d.Role) > seen.Rank(g.Inherited):
			g.Inherited, g.From = d.Role, d.InheritedFrom
		}
	}
	return g, g.Own != "" || g.Inherited != ""
}

// membership turns a permission on a shared drive itself into ours: all of them are the drive's own.
func membership(p *drive.Permission) (seen.Grant, bool) {
	g := plainGrant(p)
	g.Own = p.Role
	return g, true
}

func plainGrant(p *drive.Permission) seen.Grant {
	g := seen.Grant{
		ID: p.Id, Type: p.Type, Role: p.Role, Discoverable: p.AllowFileDiscovery, PendingOwner: p.PendingOwner, View: p.View, Deleted: p.Deleted,
		Address: strings.ToLower(p.EmailAddress), Domain: strings.ToLower(p.Domain), Until: moment(p.ExpirationTime),
	}
	return g
}

// moment reads a time as Google writes it; the zero time for none.
func moment(s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// item turns a file into ours.
func item(f *drive.File) (seen.Item, bool) {
	it := seen.Item{
		ID: f.Id, Name: f.Name, MimeType: f.MimeType, Drive: f.DriveId, Link: f.WebViewLink, Trashed: f.Trashed,
		Augmented: f.HasAugmentedPermissions, Created: moment(f.CreatedTime), GrantsSeen: f.Permissions != nil,
	}
	if len(f.Parents) > 0 {
		it.Parent = f.Parents[0] // since 2020 an item has one
	}
	if len(f.Owners) > 0 {
		it.Owner = strings.ToLower(f.Owners[0].EmailAddress)
	}
	it.Grants = convert(f.Permissions, grant)
	return it, true
}
