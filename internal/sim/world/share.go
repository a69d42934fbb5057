package world

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

func (w *World) counterText() string { return strconv.FormatUint(w.counter, 36) }

// item finds a file that is to be changed.
func (w *World) item(id string) (*File, error) {
	f := w.files[id]
	if f == nil || w.Hidden(f) {
		return nil, fmt.Errorf("file %s: %w", id, ErrNotFound)
	}
	return f, nil
}

// changeOwn replaces an item's own grants and writes the records: one for the item, one for each item below.
func (w *World) changeOwn(f *File, own []Permission, actor string, more ...Event) {
	old := f.perms
	below := w.setOwn(f, own)
	w.record("drive", actor, append(w.aclEvents(f, old, true), more...)...)
	w.reconcile(actor, below)
}

// Share grants access to an item. Somebody who has an own grant already keeps the higher role.
func (w *World) Share(fileID string, g Grant, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err := w.share(fileID, g, actor)
	return err
}

// ShareID is Share and tells the id of the permission.
func (w *World) ShareID(fileID string, g Grant, actor string) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.share(fileID, g, actor)
}

func (w *World) share(fileID string, g Grant, actor string) (string, error) {
	f, err := w.item(fileID)
	if err != nil {
		return "", err
	}
	if Rank(g.Role) == 0 || g.Role == "owner" || (g.Role == "organizer" || g.Role == "fileOrganizer") && f.DriveID == "" {
		return "", fmt.Errorf("file %s: role %q: %w", f.ID, g.Role, ErrNotAllowed)
	}
	p := w.permission(g)
	own := f.perms.own()
	if old := find(own, p.ID, p.View); old != nil {
		if old.Role == "owner" {
			return "", fmt.Errorf("file %s: the owner has access already: %w", f.ID, ErrNotAllowed)
		}
		if Rank(old.Role) > Rank(p.Role) {
			p.Role = old.Role
		}
		*old = p
	} else {
		own = append(own, p)
	}
	w.changeOwn(f, own, actor)
	return p.ID, nil
}

// Unshare takes an item's own grant to the grantee (a permission id) away. On a folder, own grants to the same grantee on
// items below that are not higher go with it, as Google does. What is inherited cannot be removed: ErrInherited.
// Source: Drive API guide "Share files, folders, and drives", Delete a permission.
func (w *World) Unshare(fileID, permissionID, actor string) error {
	return w.UnshareView(fileID, permissionID, "", actor)
}

// UnshareView is Unshare for a permission of a view.
func (w *World) UnshareView(fileID, permissionID, view, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	f, err := w.item(fileID)
	if err != nil {
		return err
	}
	own := f.perms.own()
	p := find(own, permissionID, view)
	if p == nil {
		if find(f.perms.list, permissionID, view) != nil {
			return fmt.Errorf("file %s: permission %s: %w", f.ID, permissionID, ErrInherited)
		}
		return fmt.Errorf("file %s: permission %s: %w", f.ID, permissionID, ErrNotFound)
	}
	if p.Role == "owner" {
		return fmt.Errorf("file %s: the owner's permission: %w", f.ID, ErrNotAllowed)
	}
	removed := *p
	own = slices.DeleteFunc(own, func(q Permission) bool { return q.ID == permissionID && q.View == view })
	before := map[*File]*permSet{}
	if f.IsFolder() && view == "" {
		w.stripBelow(f, removed, before)
	}
	if view == ViewPublished {
		f.perms = w.effective(f, own)
		w.record("drive", actor, w.publishEvent(f, linkPublish(&removed), "nobody"))
		return nil
	}
	old := f.perms
	below := w.setOwn(f, own)
	w.record("drive", actor, w.aclEvents(f, old, true)...)
	w.reconcile(actor, merge(below, before))
	return nil
}

// stripBelow takes the grantee's own grants that are not higher than removed off every item below the folder.
func (w *World) stripBelow(f *File, removed Permission, before map[*File]*permSet) {
	for _, c := range w.children[f.ID] {
		own := c.perms.own()
		if p := find(own, removed.ID, ""); p != nil && p.Role != "owner" && Rank(p.Role) <= Rank(removed.Role) {
			before[c] = c.perms
			own = slices.DeleteFunc(own, func(q Permission) bool { return q.ID == removed.ID && q.View == "" })
			c.perms = w.effective(c, own)
			for _, b := range w.handDown(c) {
				if _, ok := before[b.file]; !ok {
					before[b.file] = b.old
				}
			}
		}
		w.stripBelow(c, removed, before)
	}
}

// merge completes the list of changed items by those that changed earlier in the same act.
func merge(list []changed, before map[*File]*permSet) []changed {
	for i := range list {
		if old, ok := before[list[i].file]; ok {
			list[i].old = old
			delete(before, list[i].file)
		}
	}
	for f, old := range before {
		if f.perms != old {
			list = append(list, changed{f, old})
		}
	}
	slices.SortFunc(list, func(a, b changed) int { return int(a.file.seq) - int(b.file.seq) })
	return list
}

// ChangeRole sets the role of an own grant; a role below the inherited one is refused with ErrInherited.
func (w *World) ChangeRole(fileID, permissionID, role, actor string) error {
	return w.changeGrant(fileID, permissionID, actor, func(p *Permission) { p.Role = role })
}

// SetExpiry lets an own grant end at t; the zero time removes the end.
func (w *World) SetExpiry(fileID, permissionID string, t time.Time, actor string) error {
	return w.changeGrant(fileID, permissionID, actor, func(p *Permission) { p.ExpirationTime = t })
}

// SetPendingOwner marks or unmarks an own grant's person as asked to become the owner.
func (w *World) SetPendingOwner(fileID, permissionID string, pending bool, actor string) error {
	return w.changeGrant(fileID, permissionID, actor, func(p *Permission) { p.PendingOwner = pending })
}

// ChangeGrant changes role and end of a permission: an empty role keeps it, a nil end keeps it.
func (w *World) ChangeGrant(fileID, permissionID, role string, end *time.Time, actor string) error {
	return w.changeGrant(fileID, permissionID, actor, func(p *Permission) {
		if role != "" {
			p.Role = role
		}
		if end != nil {
			p.ExpirationTime = *end
		}
	})
}

func (w *World) changeGrant(fileID, permissionID, actor string, change func(*Permission)) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	f, err := w.item(fileID)
	if err != nil {
		return err
	}
	eff := find(f.perms.list, permissionID, "")
	if eff == nil {
		return fmt.Errorf("file %s: permission %s: %w", f.ID, permissionID, ErrNotFound)
	}
	own := f.perms.own()
	p := find(own, permissionID, "")
	if p == nil { // a role above the inherited one becomes the item's own
		c := *eff
		c.Details = nil
		own = append(own, c)
		p = &own[len(own)-1]
	}
	if p.Role == "owner" {
		return fmt.Errorf("file %s: the owner's permission: %w", f.ID, ErrNotAllowed)
	}
	change(p)
	if Rank(p.Role) == 0 || p.Role == "owner" {
		return fmt.Errorf("file %s: role %q: %w", f.ID, p.Role, ErrNotAllowed)
	}
	if in := eff.Inherited(); in != "" && Rank(p.Role) <= Rank(in) && (eff.Own() == "" || Rank(p.Role) < Rank(in)) {
		return fmt.Errorf("file %s: permission %s: %w", f.ID, permissionID, ErrInherited)
	}
	w.changeOwn(f, own, actor)
	return nil
}

// SetLink sets general access: role "" takes every own grant to anyone and to domains away; else anyone (domain "") or the domain gets
// the role, found by search if discoverable.
func (w *World) SetLink(fileID, role, domain string, discoverable bool, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	f, err := w.item(fileID)
	if err != nil {
		return err
	}
	own := slices.DeleteFunc(f.perms.own(), func(p Permission) bool { return p.View == "" && (p.Type == "anyone" || p.Type == "domain") })
	if role != "" {
		g := Grant{Type: "anyone", Role: role, AllowFileDiscovery: discoverable}
		if domain != "" {
			g.Type, g.Domain = "domain", domain
		}
		own = append(own, w.permission(g))
	}
	w.changeOwn(f, own, actor)
	return nil
}

// Publish shows a document, form or Site to g.Type anyone or domain (or a person); the role defaults to reader. Type "" withdraws it.
func (w *World) Publish(fileID string, g Grant, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	f, err := w.item(fileID)
	if err != nil {
		return err
	}
	before := "nobody"
	own := slices.DeleteFunc(f.perms.own(), func(p Permission) bool {
		if p.View == ViewPublished {
			before = linkPublish(&p)
		}
		return p.View == ViewPublished && (g.Type == "" || p.Type == "anyone" || p.Type == "domain")
	})
	after := "nobody"
	if g.Type != "" {
		if g.Role == "" {
			g.Role = "reader"
		}
		g.View = ViewPublished
		p := w.permission(g)
		own = append(slices.DeleteFunc(own, func(q Permission) bool { return q.ID == p.ID && q.View == ViewPublished }), p)
		after = linkPublish(&p)
	}
	f.perms = w.effective(f, own)
	w.record("drive", actor, w.publishEvent(f, before, after))
	return nil
}

func linkPublish(p *Permission) string {
	if p.Type == "anyone" {
		return "public_on_the_web"
	}
	return "public_in_the_domain"
}

func (w *World) publishEvent(f *File, before, after string) Event {
	value := func(v string) string {
		if v == "nobody" {
			return "none"
		}
		return "auto"
	}
	return acl("publish_change", w.about(f, true, text("old_publish_visibility", before), text("new_publish_visibility", after),
		Param{Name: "old_value", Multi: []string{value(before)}}, Param{Name: "new_value", Multi: []string{value(after)}}))
}

// DisableInheritance turns a folder into one with limited access.
func (w *World) DisableInheritance(fileID, actor string) error {
	return w.setInheritance(fileID, true, actor)
}

// EnableInheritance lets a folder take what its parent hands down again.
func (w *World) EnableInheritance(fileID, actor string) error {
	return w.setInheritance(fileID, false, actor)
}

func (w *World) setInheritance(fileID string, off bool, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	f, err := w.item(fileID)
	if err != nil {
		return err
	}
	if !f.IsFolder() {
		return fmt.Errorf("file %s: limited access is for folders: %w", f.ID, ErrNotAllowed)
	}
	if f.InheritedPermissionsDisabled == off {
		return nil
	}
	own := f.perms.own()
	f.InheritedPermissionsDisabled = off
	name := "enable_inherited_permissions"
	if off {
		name = "disable_inherited_permissions"
	}
	old := f.perms
	below := w.setOwn(f, own)
	events := append([]Event{acl(name, w.about(f, true))}, w.aclEvents(f, old, true)...)
	w.record("drive", actor, events...)
	w.reconcile(actor, below)
	return nil
}

// TransferOwner makes another user of the customer the owner of a My Drive item; the former one stays as an editor. The item stays where it is.
// Source: Drive API guide "Transfer file ownership".
func (w *World) TransferOwner(fileID, newOwner, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	f, err := w.item(fileID)
	if err != nil {
		return err
	}
	u := w.User(newOwner)
	if u == nil || f.Owner == nil {
		return fmt.Errorf("file %s: the new owner must be a user of the school, the item in My Drive: %w", f.ID, ErrNotAllowed)
	}
	w.transfer(f, u, actor)
	return nil
}

func (w *World) transfer(f *File, u *User, actor string) {
	oldOwner := f.Owner
	next := w.person(Person{EmailAddress: u.PrimaryEmail})
	if next == oldOwner {
		return
	}
	own := slices.DeleteFunc(f.perms.own(), func(p Permission) bool {
		return p.View == "" && (p.ID == next.PermissionID || p.ID == oldOwner.PermissionID)
	})
	former := w.ownerPermission(oldOwner)
	former.Role, former.Details = "writer", nil
	own = append([]Permission{w.ownerPermission(next), former}, own...)
	own[0].Details = nil
	event := acl("change_owner", w.about(f, true, text("new_owner", next.EmailAddress), flag("new_owner_is_shared_drive", false)))
	remove(w.byOwner, oldOwner.PermissionID, f)
	f.Owner = next
	insert(w.byOwner, next.PermissionID, f)
	old := f.perms
	below := w.setOwn(f, own)
	w.record("drive", actor, append([]Event{event}, w.aclEvents(f, old, true)...)...)
	w.reconcile(actor, below)
}
