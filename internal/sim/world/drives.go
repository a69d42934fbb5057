package world

import (
	"fmt"
	"slices"
)

func (w *World) driveToChange(id string) (*Drive, error) {
	if d := w.drives[id]; d != nil {
		return d, nil
	}
	return nil, fmt.Errorf("shared drive %s: %w", id, ErrNotFound)
}

func (w *World) aboutDrive(d *Drive, more ...Param) []Param {
	return append([]Param{flag("primary_event", true), flag("billable", true), text("doc_id", d.ID), text("doc_title", d.Name), text("doc_type", "shared_drive"),
		flag("owner_is_shared_drive", true), text("owner", d.Name), text("shared_drive_id", d.ID), text("owner_shared_drive_id", d.ID)}, more...)
}

func (w *World) memberEvent(d *Drive, target, change, removed, added string) Event {
	return acl("shared_drive_membership_change", w.aboutDrive(d, text("target", target), text("membership_change_type", change),
		text("removed_role", memberRole(removed)), text("added_role", memberRole(added))))
}

// CreateDrive makes a shared drive whose organizer is the actor; its members may be given with it. An empty ID is filled.
func (w *World) CreateDrive(d *Drive, actor string) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if d.CreatedTime.IsZero() {
		d.CreatedTime = w.now()
	}
	if len(d.Permissions) == 0 {
		d.Permissions = []Permission{w.permission(Grant{Type: "user", Role: "organizer", EmailAddress: actor})}
	}
	if err := w.AddDrive(d); err != nil {
		return "", err
	}
	var events []Event
	for _, p := range d.Permissions {
		events = append(events, w.memberEvent(d, p.EmailAddress, "add_to_shared_drive", "", p.Role))
	}
	w.record("drive", actor, events...)
	return d.ID, nil
}

// AddDriveMember makes a person or group a member of a shared drive, or changes the role of one.
func (w *World) AddDriveMember(driveID string, g Grant, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	d, err := w.driveToChange(driveID)
	if err != nil {
		return err
	}
	if g.Type != "user" && g.Type != "group" || Rank(g.Role) == 0 || g.Role == "owner" {
		return fmt.Errorf("shared drive %s: a member is a user or group with a role: %w", d.ID, ErrNotAllowed)
	}
	p := w.permission(g)
	p.Details = []Detail{{PermissionType: "member", Role: g.Role}}
	change, before := "add_to_shared_drive", ""
	list := slices.Clone(d.Permissions)
	if old := find(list, p.ID, ""); old != nil {
		change, before = "change_roles", old.Role
		*old = p
	} else {
		list = append(list, p)
	}
	d.Permissions = list
	w.record("drive", actor, w.memberEvent(d, p.EmailAddress, change, before, p.Role))
	w.refreshDrive(d)
	return nil
}

// RemoveDriveMember ends the membership of a grantee (a permission id) in a shared drive.
func (w *World) RemoveDriveMember(driveID, permissionID, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	d, err := w.driveToChange(driveID)
	if err != nil {
		return err
	}
	p := find(d.Permissions, permissionID, "")
	if p == nil {
		return fmt.Errorf("shared drive %s: member %s: %w", d.ID, permissionID, ErrNotFound)
	}
	event := w.memberEvent(d, p.EmailAddress, "remove_from_shared_drive", p.Role, "")
	d.Permissions = slices.DeleteFunc(slices.Clone(d.Permissions), func(q Permission) bool { return q.ID == permissionID })
	w.record("drive", actor, event)
	w.refreshDrive(d)
	return nil
}

// refreshDrive hands a changed membership down. Google logs nothing for the items.
func (w *World) refreshDrive(d *Drive) {
	for _, f := range slices.Clone(w.children[d.ID]) {
		w.setOwn(f, f.perms.own())
	}
}

// EmptyDrive deletes every item of a shared drive for good.
func (w *World) EmptyDrive(driveID, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	d, err := w.driveToChange(driveID)
	if err != nil {
		return err
	}
	for _, f := range slices.Clone(w.children[d.ID]) {
		event := Event{Type: "access", Name: "delete", Params: w.about(f, true)}
		w.erase(f)
		w.record("drive", actor, event)
	}
	return nil
}

// DeleteDrive deletes a shared drive, which must be empty.
func (w *World) DeleteDrive(driveID, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	d, err := w.driveToChange(driveID)
	if err != nil {
		return err
	}
	if len(w.byDrive[d.ID]) > 0 {
		return fmt.Errorf("shared drive %s is not empty: %w", d.ID, ErrNotAllowed)
	}
	event := Event{Type: "access", Name: "delete", Params: w.aboutDrive(d)}
	delete(w.drives, d.ID)
	w.driveList = slices.DeleteFunc(w.driveList, func(x *Drive) bool { return x == d })
	w.record("drive", actor, event)
	return nil
}

// MoveDrive puts a shared drive into another organisational unit. Google's log tells it as a change of its settings.
func (w *World) MoveDrive(driveID, orgUnitID, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	d, err := w.driveToChange(driveID)
	if err != nil {
		return err
	}
	d.OrgUnitID = orgUnitID
	w.record("drive", actor, acl("shared_drive_settings_change", w.aboutDrive(d, text("shared_drive_settings_change_type", "org_unit"),
		text("old_settings_state", "none"), text("new_settings_state", "none"))))
	return nil
}
