package server

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"esafetybot/internal/sim/world"
)

const permissionFields = "kind,id,type,role"

// target is what a permissions method works on: an item, or a shared drive with its membership.
type target struct {
	file  *world.File
	drive *world.Drive
}

func (t *target) permissions() []world.Permission {
	if t.drive != nil {
		return t.drive.Permissions
	}
	return t.file.Permissions()
}

// target looks the file or drive up and checks that the caller may see (or, with change, may set) who has access. Items of shared drives show
// theirs to any member; items of My Drive to those who can share them. useDomainAdminAccess opens drives to administrators, never items.
func (c *call) target(v *viewer, change bool) (*target, *apiError) {
	id := v.folder(c.path["fileId"])
	noRights := forbidden("insufficientFilePermissions", "The user does not have sufficient permissions for this file.")
	if d := c.s.world.Drive(id); d != nil {
		if !c.supportsAllDrives() {
			return nil, fileNotFound(id)
		}
		if c.flag("useDomainAdminAccess") {
			if !c.admin(true) {
				return nil, forbidden("forbidden", "The user does not have domain administrator access.")
			}
			return &target{drive: d}, nil
		}
		switch role := v.driveRole(d); {
		case role == "":
			return nil, fileNotFound(id)
		case change && role != "organizer":
			return nil, noRights
		}
		return &target{drive: d}, nil
	}
	if c.flag("useDomainAdminAccess") {
		return nil, forbidden("forbidden", "useDomainAdminAccess is only for shared drives themselves.")
	}
	if id == c.s.world.RootID(v.user) {
		return nil, forbidden("insufficientFilePermissions", "The root folder of My Drive cannot be shared.")
	}
	f, err := c.find(v, id)
	if err != nil {
		return nil, err
	}
	if f.DriveID != "" && !change {
		return &target{file: f}, nil
	}
	if !v.canShare(f) || f.DriveID != "" && f.IsFolder() && world.Rank(v.role(f)) < world.Rank("fileOrganizer") {
		return nil, noRights
	}
	return &target{file: f}, nil
}

func permissionsList(c *call, v *viewer) ([]byte, *apiError) {
	if p := c.query.Get("includePermissionsForView"); p != "" && p != world.ViewPublished {
		return nil, invalidParameter("includePermissionsForView", p)
	}
	t, err := c.target(v, false)
	if err != nil {
		return nil, err
	}
	list := t.permissions()
	if c.query.Get("includePermissionsForView") == "" {
		list = slices.DeleteFunc(slices.Clone(list), func(p world.Permission) bool { return p.View == world.ViewPublished })
	}
	after, err := c.page()
	if err != nil {
		return nil, err
	}
	from, _ := strconv.Atoi(after)
	list = list[min(from, len(list)):]
	size := len(list)
	if t.drive != nil || t.file.DriveID != "" || c.query.Get("pageSize") != "" {
		size = c.size("pageSize", 100, 100)
	}
	o := begin(nil, c.mask)
	o.str("kind", "drive#permissionList")
	if size < len(list) {
		o.str("nextPageToken", c.nextPage(strconv.Itoa(from+size)))
		list = list[:size]
	}
	if sub, ok := o.key("permissions"); ok {
		o.b = c.permissionsJSON(o.b, sub, list)
	}
	c.mask = nil
	return o.end(), nil
}

func permissionNotFound(id string) *apiError {
	e := notFound("Permission not found: " + id + ".")
	e.location, e.locType = "permissionId", "parameter"
	return e
}

func permissionsGet(c *call, v *viewer) ([]byte, *apiError) {
	t, err := c.target(v, false)
	if err != nil {
		return nil, err
	}
	return c.onePermission(t, c.path["permissionId"])
}

// onePermission shows a permission; of two with the same id the ordinary one.
func (c *call) onePermission(t *target, id string) ([]byte, *apiError) {
	list := t.permissions()
	i := slices.IndexFunc(list, func(p world.Permission) bool { return p.ID == id && p.View == "" })
	if i < 0 {
		i = slices.IndexFunc(list, func(p world.Permission) bool { return p.ID == id })
	}
	if i < 0 {
		return nil, permissionNotFound(id)
	}
	b := c.permissionJSON(nil, c.mask, &list[i])
	c.mask = nil
	return b, nil
}

type permissionBody struct {
	Type               string     `json:"type"`
	Role               string     `json:"role"`
	EmailAddress       string     `json:"emailAddress"`
	Domain             string     `json:"domain"`
	AllowFileDiscovery bool       `json:"allowFileDiscovery"`
	ExpirationTime     *time.Time `json:"expirationTime"`
	PendingOwner       bool       `json:"pendingOwner"`
	View               string     `json:"view"`
}

// changePermission runs a change of permissions: act makes it and names the permission to show, "" for none.
func changePermission(act func(c *call, t *target, in permissionBody) (string, error, *apiError)) func(*call) ([]byte, *apiError) {
	return func(c *call) (b []byte, aerr *apiError) {
		var in permissionBody
		if c.body != nil {
			if err := json.Unmarshal(c.body, &in); err != nil {
				return nil, badRequest("badRequest", "", "Invalid value: "+err.Error())
			}
		}
		var t *target
		check := withDrive(permissionFields, func(c *call, v *viewer) ([]byte, *apiError) {
			var err *apiError
			t, err = c.target(v, true)
			return nil, err
		})
		c.s.world.View(func() { _, aerr = check(c) })
		if aerr != nil {
			return nil, aerr
		}
		id, err, aerr := act(c, t, in)
		switch {
		case aerr != nil:
			return nil, aerr
		case err != nil:
			e := refused(err, c.path["fileId"])
			if e.reason == "notFound" {
				return nil, permissionNotFound(c.path["permissionId"])
			}
			if e.reason == "cannotModifyInheritedPermission" && t.file != nil && t.file.DriveID != "" {
				e.reason, e.message = "cannotModifyInheritedTeamDrivePermission", "Cannot update or delete an inherited permission on a shared drive item."
			}
			return nil, e
		case id == "":
			return nil, nil
		}
		c.s.world.View(func() { b, aerr = c.onePermission(t, id) })
		return b, aerr
	}
}

var permissionsCreate = changePermission(func(c *call, t *target, in permissionBody) (string, error, *apiError) {
	g := world.Grant{Type: in.Type, Role: in.Role, EmailAddress: in.EmailAddress, Domain: in.Domain, AllowFileDiscovery: in.AllowFileDiscovery,
		PendingOwner: in.PendingOwner, View: in.View}
	if in.ExpirationTime != nil {
		g.ExpirationTime = *in.ExpirationTime
	}
	switch {
	case in.Type == "" || in.Role == "":
		return "", nil, badRequest("required", "permission."+map[bool]string{true: "type", false: "role"}[in.Type == ""], "The permission type and role fields are required.")
	case !slices.Contains([]string{"user", "group", "domain", "anyone"}, in.Type):
		return "", nil, badRequest("invalid", "permission.type", "The specified type is invalid or not supported.")
	case (in.Type == "user" || in.Type == "group") && !strings.Contains(in.EmailAddress, "@"):
		return "", nil, badRequest("invalidSharingRequest", "", "Bad Request. User message: \"An email address is required.\"")
	case in.Type == "domain" && in.Domain == "":
		return "", nil, badRequest("required", "permission.domain", "The domain field is required for this permission type.")
	case world.Rank(in.Role) == 0:
		return "", nil, badRequest("invalid", "permission.role", "The specified role is invalid or not supported.")
	}
	if err := c.expiry(t, in.Type, in.ExpirationTime); err != nil {
		return "", nil, err
	}
	w := c.s.world
	if t.drive != nil {
		var id string
		err := w.AddDriveMember(t.drive.ID, g, c.user.PrimaryEmail)
		w.View(func() { id = w.PermissionID(in.Type, in.EmailAddress) })
		return id, err, nil
	}
	if in.Role == "owner" {
		if !c.flag("transferOwnership") {
			return "", nil, forbidden("forbidden", "The transferOwnership parameter must be enabled when the permission role is 'owner'.")
		}
		var id string
		aerr, err := c.transfer(t.file, in.EmailAddress)
		w.View(func() { id = w.PermissionID("user", in.EmailAddress) })
		return id, err, aerr
	}
	if in.View == world.ViewPublished {
		err := w.Publish(t.file.ID, g, c.user.PrimaryEmail)
		id := "anyoneWithLink"
		w.View(func() {
			for _, p := range t.file.Permissions() {
				if p.View == world.ViewPublished {
					id = p.ID
				}
			}
		})
		return id, err, nil
	}
	id, err := w.ShareID(t.file.ID, g, c.user.PrimaryEmail)
	return id, err, nil
})

// expiry checks the end of a permission: in the future, within a year, for people and groups on items only. Source: Drive API, permissions
// (expirationTime); the guide "Share files, folders, and drives".
func (c *call) expiry(t *target, typ string, end *time.Time) *apiError {
	if end == nil {
		return nil
	}
	now := c.s.world.Now()
	switch {
	case t.drive != nil:
		return forbidden("expirationDateNotAllowedForSharedDriveMembers", "Expiration dates are not allowed for shared drive members.")
	case typ != "user" && typ != "group":
		return forbidden("cannotSetExpiration", "An expiration time can only be set on user and group permissions.")
	case !end.After(now):
		return forbidden("expirationDatesMustBeInTheFuture", "Expiration dates must be in the future.")
	case end.After(now.AddDate(1, 0, 0)):
		return forbidden("expirationDateTooFarInTheFuture", "Expiration dates cannot be more than a year in the future.")
	}
	return nil
}

// transfer makes somebody else of the school the owner of an item, which only its owner may do.
func (c *call) transfer(f *world.File, to string) (aerr *apiError, err error) {
	c.s.world.View(func() {
		switch {
		case f.Owner == nil:
			aerr = forbidden("ownershipChangeAcrossDomainNotPermitted", "The ownership of a shared drive's item cannot be transferred.")
		case c.user == nil || c.s.world.User(f.Owner.EmailAddress) != c.user:
			aerr = forbidden("insufficientFilePermissions", "The user does not have sufficient permissions for this file.")
		case c.s.world.User(to) == nil:
			aerr = badRequest("invalidSharingRequest", "", "Bad Request. User message: \"The new owner must be in your domain.\"")
		}
	})
	if aerr != nil {
		return aerr, nil
	}
	return nil, c.s.world.TransferOwner(f.ID, to, c.user.PrimaryEmail)
}

var permissionsUpdate = changePermission(func(c *call, t *target, in permissionBody) (string, error, *apiError) {
	w, id := c.s.world, c.path["permissionId"]
	if in.Type != "" || in.EmailAddress != "" || in.Domain != "" {
		return "", nil, forbidden("fieldNotWritable", "The resource body includes fields which are not directly writable.")
	}
	if t.drive != nil {
		var p world.Permission
		w.View(func() {
			if i := slices.IndexFunc(t.drive.Permissions, func(p world.Permission) bool { return p.ID == id }); i >= 0 {
				p = t.drive.Permissions[i]
			}
		})
		if p.ID == "" {
			return "", nil, permissionNotFound(id)
		}
		return id, w.AddDriveMember(t.drive.ID, world.Grant{Type: p.Type, Role: in.Role, EmailAddress: p.EmailAddress}, c.user.PrimaryEmail), nil
	}
	if in.Role == "owner" {
		if !c.flag("transferOwnership") {
			return "", nil, forbidden("forbidden", "The transferOwnership parameter must be enabled when the permission role is 'owner'.")
		}
		var to string
		w.View(func() {
			for _, p := range t.file.Permissions() {
				if p.ID == id {
					to = p.EmailAddress
				}
			}
		})
		aerr, err := c.transfer(t.file, to)
		return id, err, aerr
	}
	typ := ""
	w.View(func() {
		for _, p := range t.file.Permissions() {
			if p.ID == id {
				typ = p.Type
			}
		}
	})
	if err := c.expiry(t, typ, in.ExpirationTime); err != nil {
		return "", nil, err
	}
	end := in.ExpirationTime
	if c.flag("removeExpiration") {
		end = &time.Time{}
	}
	return id, w.ChangeGrant(t.file.ID, id, in.Role, end, c.user.PrimaryEmail), nil
})

var permissionsDelete = changePermission(func(c *call, t *target, _ permissionBody) (string, error, *apiError) {
	w, id := c.s.world, c.path["permissionId"]
	if t.drive != nil {
		return "", w.RemoveDriveMember(t.drive.ID, id, c.user.PrimaryEmail), nil
	}
	view := ""
	w.View(func() {
		list := t.file.Permissions()
		if !slices.ContainsFunc(list, func(p world.Permission) bool { return p.ID == id && p.View == "" }) &&
			slices.ContainsFunc(list, func(p world.Permission) bool { return p.ID == id && p.View == world.ViewPublished }) {
			view = world.ViewPublished
		}
	})
	return "", w.UnshareView(t.file.ID, id, view, c.user.PrimaryEmail), nil
})
