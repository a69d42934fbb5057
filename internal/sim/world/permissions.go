package world

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Views of a permission. The empty view is the ordinary one.
const (
	ViewPublished = "published" // what a published document shows
	ViewMetadata  = "metadata"  // a folder with limited access: its name may be seen, not its contents
)

// Permission is one grantee's access to an item, as Google's API returns it. Its ID is the grantee's, the same on every
// item; together with View it is unique on an item. Role is the highest of Details.
type Permission struct {
	ID                 string    `json:"id"`
	Type               string    `json:"type"` // user, group, domain, anyone
	Role               string    `json:"role"`
	EmailAddress       string    `json:"emailAddress,omitempty"`
	Domain             string    `json:"domain,omitempty"`
	DisplayName        string    `json:"displayName,omitempty"`
	AllowFileDiscovery bool      `json:"allowFileDiscovery,omitempty"`
	ExpirationTime     time.Time `json:"expirationTime,omitzero"`
	Deleted            bool      `json:"deleted,omitempty"`
	PendingOwner       bool      `json:"pendingOwner,omitempty"`
	View               string    `json:"view,omitempty"`
	Details            []Detail  `json:"permissionDetails,omitempty"`
}

// Detail says where a role comes from. In My Drive InheritedFrom stays empty, as Google leaves it.
type Detail struct {
	PermissionType string `json:"permissionType"` // file, or member in shared drives
	Role           string `json:"role"`
	Inherited      bool   `json:"inherited"`
	InheritedFrom  string `json:"inheritedFrom,omitempty"`
}

// Own reports the role that the item itself grants, "" when everything is inherited.
func (p *Permission) Own() string {
	if len(p.Details) == 0 {
		return p.Role
	}
	for _, d := range p.Details {
		if !d.Inherited {
			return d.Role
		}
	}
	return ""
}

// Inherited reports the highest role that comes from above, "" when none does.
func (p *Permission) Inherited() string {
	r := ""
	for _, d := range p.Details {
		if d.Inherited && Rank(d.Role) > Rank(r) {
			r = d.Role
		}
	}
	return r
}

// Live reports whether the permission lets its grantee in at the time.
func (p *Permission) Live(now time.Time) bool {
	return p.View == "" && !p.Deleted && (p.ExpirationTime.IsZero() || p.ExpirationTime.After(now))
}

var roles = []string{"", "reader", "commenter", "writer", "fileOrganizer", "organizer", "owner"}

// Rank orders the roles: reader 1 … owner 6; an unknown one is 0.
func Rank(role string) int { return max(0, slices.Index(roles, role)) }

// Grant is what a person gives: to whom (Type with EmailAddress or Domain) and which Role. For type anyone
// AllowFileDiscovery false means "with the link". View "published" publishes.
type Grant struct {
	Type               string    `json:"type"`
	Role               string    `json:"role"`
	EmailAddress       string    `json:"emailAddress,omitempty"`
	Domain             string    `json:"domain,omitempty"`
	DisplayName        string    `json:"displayName,omitempty"`
	AllowFileDiscovery bool      `json:"allowFileDiscovery,omitempty"`
	ExpirationTime     time.Time `json:"expirationTime,omitzero"`
	PendingOwner       bool      `json:"pendingOwner,omitempty"`
	View               string    `json:"view,omitempty"`
}

// permSet is an immutable list of permissions, shared by all items that have the same: a folder of 100,000 files costs
// one list. Equal lists are the same pointer.
type permSet struct{ list []Permission }

// intern returns the one set with these permissions; the caller gives the list away.
func (w *World) intern(list []Permission) *permSet {
	key := setKey(list)
	if s, ok := w.sets[key]; ok {
		return s
	}
	s := &permSet{list: slices.Clip(list)}
	w.sets[key] = s
	return s
}

func setKey(list []Permission) string {
	b := make([]byte, 0, 64*len(list))
	for i := range list {
		p := &list[i]
		for _, s := range []string{p.ID, p.Type, p.Role, p.EmailAddress, p.Domain, p.DisplayName, p.View} {
			b = append(append(b, s...), 0)
		}
		if !p.ExpirationTime.IsZero() {
			b = strconv.AppendInt(b, p.ExpirationTime.UnixNano(), 36)
		}
		for _, f := range []bool{p.AllowFileDiscovery, p.Deleted, p.PendingOwner} {
			b = strconv.AppendBool(b, f)[:len(b)+1]
		}
		for _, d := range p.Details {
			b = append(append(b, d.PermissionType...), 1)
			b = append(append(b, d.Role...), 1)
			b = append(append(b, d.InheritedFrom...), 1)
			b = strconv.AppendBool(b, d.Inherited)[:len(b)+1]
		}
		b = append(b, 2)
	}
	return string(b)
}

// own lists what the item itself grants: a permission each, with the direct role and no details.
func (s *permSet) own() []Permission {
	var out []Permission
	for _, p := range s.list {
		if p.View == ViewMetadata {
			continue
		}
		if r := p.Own(); r != "" {
			p.Role, p.Details = r, nil
			out = append(out, p)
		}
	}
	return out
}

func find(list []Permission, id, view string) *Permission {
	for i := range list {
		if list[i].ID == id && list[i].View == view {
			return &list[i]
		}
	}
	return nil
}

// effective works out the permissions of an item from its own grants and what its parent hands down.
//
// In My Drive a folder hands down every ordinary permission with its effective role, the owner's as writer. In shared drives each
// detail keeps its origin, and membership reaches everything. A folder with limited access takes nothing but the
// name (view metadata); the drive's organizers still get in. An item in a folder that the tenant does
// not hold keeps the inheritance that it came with.
func (w *World) effective(f *File, own []Permission) *permSet {
	out := make([]Permission, 0, len(own)+4)
	for _, p := range own {
		if f.DriveID == "" || p.Role != "owner" {
			p.Details = []Detail{{PermissionType: "file", Role: p.Role}}
			out = append(out, p)
		}
	}
	for _, in := range w.handedDown(f) {
		if f.InheritedPermissionsDisabled && !(f.DriveID != "" && keepOrganizer(&in)) {
			if find(out, in.ID, "") == nil && find(out, in.ID, ViewMetadata) == nil {
				in.Role, in.View, in.ExpirationTime = "reader", ViewMetadata, time.Time{}
				in.Details = []Detail{{PermissionType: "file", Role: "reader", Inherited: true, InheritedFrom: in.Details[0].InheritedFrom}}
				out = append(out, in)
			}
			continue
		}
		p := find(out, in.ID, in.View)
		if p == nil {
			out = append(out, in)
			continue
		}
		if p.Role == "owner" { // more than anything a folder can give
			continue
		}
		if p.ExpirationTime.IsZero() || in.ExpirationTime.IsZero() {
			p.ExpirationTime = time.Time{}
		} else if in.ExpirationTime.After(p.ExpirationTime) {
			p.ExpirationTime = in.ExpirationTime
		}
		if Rank(in.Role) > Rank(p.Role) {
			p.Role = in.Role
		}
		p.Details = append(p.Details, in.Details...)
	}
	return w.intern(out)
}

// keepOrganizer trims an inherited permission to the membership of an organizer and reports whether there is one.
func keepOrganizer(p *Permission) bool {
	for _, d := range p.Details {
		if d.PermissionType == "member" && d.Role == "organizer" {
			p.Role, p.Details, p.ExpirationTime = d.Role, []Detail{d}, time.Time{}
			return true
		}
	}
	return false
}

// handedDown lists what the item's parent gives to it, all details marked as inherited.
func (w *World) handedDown(f *File) []Permission {
	if f.DriveID != "" && (f.Parent == f.DriveID || f.Parent == "") {
		d := w.drives[f.DriveID]
		if d == nil {
			return f.kept()
		}
		out := make([]Permission, 0, len(d.Permissions))
		for _, p := range d.Permissions {
			p.Details = []Detail{{PermissionType: "member", Role: p.Role, Inherited: true, InheritedFrom: d.ID}}
			out = append(out, p)
		}
		return out
	}
	parent := w.files[f.Parent]
	if parent == nil {
		if f.Parent == "" || strings.HasPrefix(f.Parent, RootPrefix) {
			return nil
		}
		return f.kept()
	}
	var out []Permission
	for _, p := range parent.perms.list {
		if p.View != "" {
			continue
		}
		p.PendingOwner = false
		if parent.DriveID == "" {
			if p.Role == "owner" {
				p.Role = "writer"
			}
			p.Details = []Detail{{PermissionType: "file", Role: p.Role, Inherited: true}}
		} else {
			ds := make([]Detail, 0, len(p.Details))
			for _, d := range p.Details {
				if !d.Inherited {
					d.Inherited, d.InheritedFrom = true, parent.ID
				}
				ds = append(ds, d)
			}
			p.Details = ds
		}
		out = append(out, p)
	}
	return out
}

// kept lists the inherited part of what the item has now.
func (f *File) kept() []Permission {
	if f.perms == nil {
		return nil
	}
	var out []Permission
	for _, p := range f.perms.list {
		r := p.Inherited()
		if r == "" || p.View != "" {
			continue
		}
		ds := slices.DeleteFunc(slices.Clone(p.Details), func(d Detail) bool { return !d.Inherited })
		p.Role, p.Details = r, ds
		out = append(out, p)
	}
	return out
}

// setOwn replaces the item's own grants and hands the change down its tree. It returns the items whose
// permissions changed, the item itself left out, each with what it had before.
func (w *World) setOwn(f *File, own []Permission) []changed {
	next := w.effective(f, own)
	if next == f.perms {
		return nil
	}
	f.perms = next
	return w.handDown(f)
}

type changed struct {
	file *File
	old  *permSet
}

func (w *World) handDown(f *File) []changed {
	var out []changed
	queue := []*File{f}
	for len(queue) > 0 {
		parent := queue[0]
		queue = queue[1:]
		for _, c := range w.children[parent.ID] {
			next := w.effective(c, c.perms.own())
			if next == c.perms {
				continue
			}
			out = append(out, changed{c, c.perms})
			c.perms = next
			queue = append(queue, c)
		}
	}
	return out
}
