package server

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/sim/world"
)

// viewer is a user who looks at the tenant: what may they see? Use it inside World.View.
type viewer struct {
	w      *world.World
	user   *world.User
	permID string
	domain string
	now    time.Time
	groups map[string]bool // permission ids of the groups that the user is in, nested too; nil until needed
}

func newViewer(w *world.World, u *world.User) *viewer {
	return &viewer{w: w, user: u, permID: w.PermissionID("user", u.PrimaryEmail), domain: domainOf(u.PrimaryEmail), now: w.Time()}
}

func domainOf(address string) string { return lower(address[strings.LastIndexByte(address, '@')+1:]) }

func (v *viewer) owns(f *world.File) bool { return f.Owner != nil && f.Owner.PermissionID == v.permID }

// folder turns the alias root into the id of the user's root folder.
func (v *viewer) folder(id string) string {
	if id == "root" {
		return v.w.RootID(v.user)
	}
	return id
}

func (v *viewer) inGroup(permissionID string) bool {
	if v.groups == nil {
		v.groups = v.allGroups()
	}
	return v.groups[permissionID]
}

// allGroups finds the groups that the user is in, by any nesting.
func (v *viewer) allGroups() map[string]bool {
	in := map[*world.Group]bool{}
	addresses := v.user.Addresses()
	var queue []*world.Group
	enter := func(g *world.Group) {
		if !in[g] {
			in[g] = true
			queue = append(queue, g)
		}
	}
	for _, g := range v.w.Groups() {
		if slices.ContainsFunc(v.w.Members(g.ID), func(m *world.Member) bool {
			return m.Type == "CUSTOMER" || m.ID == v.user.ID || m.Type != "GROUP" && slices.ContainsFunc(addresses, func(a string) bool { return strings.EqualFold(a, m.Email) })
		}) {
			enter(g)
		}
	}
	for len(queue) > 0 {
		inner := queue[0]
		queue = queue[1:]
		for _, g := range v.w.Groups() {
			if !in[g] && slices.ContainsFunc(v.w.Members(g.ID), func(m *world.Member) bool {
				return m.Type == "GROUP" && (m.ID == inner.ID || v.w.Group(m.Email) == inner)
			}) {
				enter(g)
			}
		}
	}
	out := map[string]bool{}
	for g := range in {
		out[v.w.PermissionID("group", g.Email)] = true
	}
	return out
}

// grants reports whether the permission gives the user something: named says that it must name them or a group of theirs.
func (v *viewer) grants(p *world.Permission, named bool) bool {
	switch p.Type {
	case "user":
		return p.ID == v.permID
	case "group":
		return v.inGroup(p.ID)
	case "domain":
		return !named && (strings.EqualFold(p.Domain, v.domain) || strings.HasSuffix(p.Domain, ".audience.googledomains.com"))
	}
	return !named && p.Type == "anyone"
}

// role is the user's role on the item, "" when they cannot open it. Shared drives stay closed to suspended users.
func (v *viewer) role(f *world.File) string { return v.best(f, false) }

// named reports whether the item is shared with the user by name or group.
func (v *viewer) named(f *world.File) bool { return v.best(f, true) != "" }

func (v *viewer) best(f *world.File, named bool) string {
	if v.owns(f) {
		return "owner"
	}
	if v.w.Hidden(f) || f.DriveID != "" && v.user.Suspended {
		return ""
	}
	role := ""
	list := f.Permissions()
	for i := range list {
		p := &list[i]
		if (p.Live(v.now) || p.View == world.ViewMetadata) && world.Rank(p.Role) > world.Rank(role) && v.grants(p, named) {
			role = p.Role
		}
	}
	return role
}

// canShare reports whether the user may see and change who has access.
func (v *viewer) canShare(f *world.File) bool {
	if v.owns(f) {
		return true
	}
	if f.DriveID == "" && f.WritersCannotShare {
		return false
	}
	list := f.Permissions()
	for i := range list {
		p := &list[i]
		if p.Live(v.now) && p.ExpirationTime.IsZero() && world.Rank(p.Role) >= world.Rank("writer") && v.grants(p, false) {
			return !v.w.Hidden(f) && (f.DriveID == "" || !v.user.Suspended)
		}
	}
	return false
}

// driveRole is the user's role as a member of the shared drive, "" for none.
func (v *viewer) driveRole(d *world.Drive) string {
	role := ""
	if v.user.Suspended {
		return ""
	}
	for i := range d.Permissions {
		if p := &d.Permissions[i]; p.Live(v.now) && world.Rank(p.Role) > world.Rank(role) && v.grants(p, true) {
			role = p.Role
		}
	}
	return role
}

// seesParent reports whether the user can see the folder that the item is in.
func (v *viewer) seesParent(f *world.File) bool {
	if f.Parent == "" {
		return false
	}
	if id, ok := strings.CutPrefix(f.Parent, world.RootPrefix); ok {
		return id == v.user.ID
	}
	if p := v.w.File(f.Parent); p != nil {
		return v.role(p) != ""
	}
	if d := v.w.Drive(f.Parent); d != nil {
		return v.driveRole(d) != ""
	}
	return false
}

func shortcutTarget(f *world.File) string {
	var d struct {
		TargetID string `json:"targetId"`
	}
	if json.Unmarshal(f.Extra["shortcutDetails"], &d) != nil {
		return ""
	}
	return d.TargetID
}
