package server

import (
	"crypto/md5"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"esafetybot/internal/sim/world"
)

// withDrive lets users with a working Drive through, and gives the method its mask where none was asked for: Drive answers with a few
// fields only. Source: Drive API guide "Return specific fields".
func withDrive(standard string, fn func(*call, *viewer) ([]byte, *apiError)) func(*call) ([]byte, *apiError) {
	return func(c *call) ([]byte, *apiError) {
		if c.user == nil {
			return nil, forbidden("forbidden", "The service account has no Drive in the simulated school; name a subject.")
		}
		if c.s.world.DriveOff(c.user) {
			if mix([]byte(c.user.ID))%2 == 0 { // Google has answered both
				return nil, forbidden("domainPolicy", "The domain administrators have disabled Drive apps.")
			}
			return nil, unauthenticated()
		}
		if c.mask == nil && standard != "" {
			m, err := parseMask(standard)
			if err != nil {
				return nil, backendError(500)
			}
			c.mask = m
		}
		return fn(c, c.viewer())
	}
}

const fileFields = "kind,id,name,mimeType,driveId,teamDriveId,resourceKey"

// fileJSON writes an item as the viewer sees it.
func (c *call) fileJSON(b []byte, m *mask, f *world.File, v *viewer) []byte {
	o := begin(b, m)
	o.str("kind", "drive#file")
	o.str("id", f.ID)
	o.str("name", f.Name)
	o.str("mimeType", f.MimeType)
	if f.Parent != "" && m.has("parents") && v.seesParent(f) {
		if _, ok := o.key("parents"); ok {
			o.b = append(appendString(append(o.b, '['), f.Parent), ']')
		}
	}
	o.bool("trashed", f.Trashed)
	o.bool("explicitlyTrashed", f.ExplicitlyTrashed)
	o.time("createdTime", f.Created)
	o.time("modifiedTime", f.Modified)
	if m.has("webViewLink") {
		o.str("webViewLink", f.WebViewLink())
	}
	o.bool("starred", false)
	if f.DriveID == "" {
		mine := v.owns(f)
		o.bool("ownedByMe", mine)
		if sub, ok := o.key("owners"); ok {
			p := begin(append(o.b, '['), sub)
			p.str("kind", "drive#user")
			p.opt("displayName", f.Owner.DisplayName)
			p.bool("me", mine)
			p.str("permissionId", f.Owner.PermissionID)
			p.str("emailAddress", f.Owner.EmailAddress)
			o.b = append(p.end(), ']')
		}
		o.bool("shared", len(f.Permissions()) > 1)
		o.bool("writersCanShare", !f.WritersCannotShare)
	} else {
		o.str("driveId", f.DriveID)
		o.str("teamDriveId", f.DriveID)
		o.bool("hasAugmentedPermissions", f.Augmented())
	}
	if f.IsFolder() {
		o.bool("inheritedPermissionsDisabled", f.InheritedPermissionsDisabled)
	}
	content, told := c.s.world.Content(f.ID)
	for _, k := range []string{"size", "description", "md5Checksum", "shortcutDetails", "properties", "lastModifyingUser", "sharedWithMeTime"} {
		if x, ok := f.Extra[k]; ok && (k != "sharedWithMeTime" || !v.owns(f)) && (!told || k != "size" && k != "md5Checksum") {
			o.raw(k, x)
		}
	}
	if blob := !strings.HasPrefix(f.MimeType, "application/vnd.google-apps."); blob {
		// What is not one of Google's own documents has contents, and clients go by that; the tenant need not say which.
		switch {
		case told:
			o.str("size", strconv.Itoa(len(content)))
		case f.Extra["size"] == nil:
			o.str("size", "1024")
		}
		switch {
		case !m.has("md5Checksum"):
		case told:
			o.str("md5Checksum", fmt.Sprintf("%x", md5.Sum(content)))
		case f.Extra["md5Checksum"] == nil:
			o.str("md5Checksum", fmt.Sprintf("%x", md5.Sum([]byte(f.ID))))
		}
	}
	if f.DriveID == "" && m.has("permissions") && v.canShare(f) {
		if sub, ok := o.key("permissions"); ok {
			list, known := c.lists[f.SharedList()]
			if !known {
				list = c.permissionsJSON(nil, sub, f.Permissions())
				if c.lists != nil {
					c.lists[f.SharedList()] = list
				}
			}
			o.b = append(o.b, list...)
		}
	}
	if m.has("permissionIds") && f.DriveID == "" && v.canShare(f) {
		if _, ok := o.key("permissionIds"); ok {
			o.b = append(o.b, '[')
			for i, p := range f.Permissions() {
				if i > 0 {
					o.b = append(o.b, ',')
				}
				o.b = appendString(o.b, p.ID)
			}
			o.b = append(o.b, ']')
		}
	}
	if sub, ok := m.sub("capabilities"); ok {
		if _, ok := o.key("capabilities"); ok {
			role := world.Rank(v.role(f))
			p := begin(o.b, sub)
			p.bool("canShare", v.canShare(f))
			p.bool("canEdit", role >= world.Rank("writer"))
			p.bool("canComment", role >= world.Rank("commenter"))
			p.bool("canRename", role >= world.Rank("writer"))
			p.bool("canTrash", v.owns(f) || f.DriveID != "" && role >= world.Rank("fileOrganizer"))
			p.bool("canDelete", v.owns(f) || role == world.Rank("organizer"))
			p.bool("canListChildren", f.IsFolder() && v.opens(f))
			p.bool("canDownload", role > 0)
			o.b = p.end()
		}
	}
	return o.end()
}

// opens reports whether the viewer may look into a folder, not only at its name.
func (v *viewer) opens(f *world.File) bool {
	return v.owns(f) || slices.ContainsFunc(f.Permissions(), func(p world.Permission) bool { return p.Live(v.now) && v.grants(&p, false) })
}

// permissionsJSON writes a list of permissions: published ones only where asked for.
func (c *call) permissionsJSON(b []byte, m *mask, list []world.Permission) []byte {
	published := c.query.Get("includePermissionsForView") == world.ViewPublished
	b = append(b, '[')
	first := true
	for i := range list {
		if list[i].View == world.ViewPublished && !published {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = c.permissionJSON(b, m, &list[i])
	}
	return append(b, ']')
}

func (c *call) permissionJSON(b []byte, m *mask, p *world.Permission) []byte {
	o := begin(b, m)
	o.str("kind", "drive#permission")
	o.str("id", p.ID)
	o.str("type", p.Type)
	o.str("role", p.Role)
	o.opt("emailAddress", p.EmailAddress)
	o.opt("domain", p.Domain)
	o.opt("displayName", p.DisplayName)
	switch p.Type {
	case "user", "group":
		o.bool("deleted", p.Deleted || c.s.world.User(p.EmailAddress) == nil && c.s.world.DeletedUser(p.EmailAddress) != nil)
		o.bool("pendingOwner", p.PendingOwner)
	default:
		o.bool("allowFileDiscovery", p.AllowFileDiscovery)
	}
	o.time("expirationTime", p.ExpirationTime)
	o.opt("view", p.View)
	if sub, ok := m.sub("permissionDetails"); ok && len(p.Details) > 0 {
		o.key("permissionDetails")
		o.b = append(o.b, '[')
		for i, d := range p.Details {
			if i > 0 {
				o.b = append(o.b, ',')
			}
			q := begin(o.b, sub)
			q.str("permissionType", d.PermissionType)
			q.str("role", d.Role)
			q.bool("inherited", d.Inherited)
			q.opt("inheritedFrom", d.InheritedFrom)
			o.b = q.end()
		}
		o.b = append(o.b, ']')
	}
	return o.end()
}

// find looks an item up for the caller. Items of shared drives need supportsAllDrives.
func (c *call) find(v *viewer, id string) (*world.File, *apiError) {
	f := c.s.world.File(id)
	if f == nil || v.role(f) == "" || f.DriveID != "" && !c.supportsAllDrives() {
		return nil, fileNotFound(id)
	}
	return f, nil
}

func (c *call) supportsAllDrives() bool {
	return c.flag("supportsAllDrives") || c.flag("supportsTeamDrives")
}

func filesGet(c *call, v *viewer) ([]byte, *apiError) {
	if c.query.Get("alt") == "media" {
		return filesMedia(c, v)
	}
	id := v.folder(c.path["fileId"])
	if id == c.s.world.RootID(v.user) {
		return c.rootJSON(v), nil
	}
	if d := c.s.world.Drive(id); d != nil && c.supportsAllDrives() && v.driveRole(d) != "" {
		o := begin(nil, c.mask)
		o.str("kind", "drive#file")
		o.str("id", d.ID)
		o.str("name", "Drive")
		o.str("mimeType", world.MimeFolder)
		o.str("driveId", d.ID)
		o.bool("trashed", false)
		o.time("createdTime", d.CreatedTime)
		o.str("webViewLink", "https://drive.google.com/drive/folders/"+d.ID)
		c.mask = nil
		return o.end(), nil
	}
	f, err := c.find(v, id)
	if err != nil {
		return nil, err
	}
	b := c.fileJSON(nil, c.mask, f, v)
	c.mask = nil
	return b, nil
}

// rootJSON is the root folder of the caller's My Drive, which is no file of the tenant.
func (c *call) rootJSON(v *viewer) []byte {
	owner := &world.Person{DisplayName: v.user.Name.FullName, EmailAddress: v.user.PrimaryEmail, PermissionID: v.permID}
	o := begin(nil, c.mask)
	o.str("kind", "drive#file")
	o.str("id", c.s.world.RootID(v.user))
	o.str("name", "My Drive")
	o.str("mimeType", world.MimeFolder)
	o.bool("trashed", false)
	o.bool("ownedByMe", true)
	o.bool("shared", false)
	o.time("createdTime", v.user.CreationTime)
	o.str("webViewLink", "https://drive.google.com/drive/folders/"+c.s.world.RootID(v.user))
	if sub, ok := o.key("owners"); ok {
		p := begin(append(o.b, '['), sub)
		p.str("kind", "drive#user")
		p.opt("displayName", owner.DisplayName)
		p.bool("me", true)
		p.str("permissionId", owner.PermissionID)
		p.str("emailAddress", owner.EmailAddress)
		o.b = append(p.end(), ']')
	}
	if sub, ok := o.key("permissions"); ok {
		o.b = c.permissionsJSON(o.b, sub, []world.Permission{{ID: owner.PermissionID, Type: "user", Role: "owner", EmailAddress: owner.EmailAddress,
			DisplayName: owner.DisplayName, Details: []world.Detail{{PermissionType: "file", Role: "owner"}}}})
	}
	c.mask = nil
	return o.end()
}
