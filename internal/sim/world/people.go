package world

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

func (w *World) userToChange(key string) (*User, error) {
	if u := w.User(key); u != nil {
		return u, nil
	}
	return nil, fmt.Errorf("user %s: %w", key, ErrNotFound)
}

func (w *World) userEvent(actor, name, address string, more ...Param) {
	w.record("admin", actor, Event{Type: "USER_SETTINGS", Name: name, Params: append([]Param{text("USER_EMAIL", address)}, more...)})
}

// CreateUser makes an account; u needs PrimaryEmail, Name and OrgUnitPath.
func (w *World) CreateUser(u *User, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if u.CreationTime.IsZero() {
		u.CreationTime = w.now()
	}
	if old := w.DeletedUser(u.PrimaryEmail); old != nil {
		if w.now().Sub(old.DeletionTime) <= UndeleteWithin {
			return fmt.Errorf("user %s: the address belongs to an account deleted less than twenty days ago: %w", old.ID, ErrExists)
		}
		w.purge(old)
	}
	if err := w.AddUser(u); err != nil {
		return err
	}
	w.userEvent(actor, "CREATE_USER", u.PrimaryEmail)
	return nil
}

// purge takes a user who can no longer come back, and all they owned, out of the tenant.
func (w *World) purge(u *User) {
	delete(w.deleted, u.ID)
	id := w.PermissionID("user", u.PrimaryEmail)
	for list := w.byOwner[id]; len(list) > 0; list = w.byOwner[id] {
		w.erase(list[0])
	}
}

// SuspendUser switches an account off. Its files stay readable as before, by Google's way.
func (w *World) SuspendUser(key, actor string) error {
	return w.changeUser(key, actor, "SUSPEND_USER", func(u *User) {
		u.Suspended, u.SuspensionReason, u.SuspensionTime = true, "ADMIN", w.now().Format(stamp)
	})
}

// RestoreUser switches an account on again.
func (w *World) RestoreUser(key, actor string) error {
	return w.changeUser(key, actor, "UNSUSPEND_USER", func(u *User) { u.Suspended, u.SuspensionReason, u.SuspensionTime = false, "", "" })
}

// ArchiveUser archives an account.
func (w *World) ArchiveUser(key, actor string) error {
	return w.changeUser(key, actor, "ARCHIVE_USER", func(u *User) { u.Archived = true })
}

// UnarchiveUser takes an account out of the archive.
func (w *World) UnarchiveUser(key, actor string) error {
	return w.changeUser(key, actor, "UNARCHIVE_USER", func(u *User) { u.Archived = false })
}

func (w *World) changeUser(key, actor, event string, change func(*User), more ...Param) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	u, err := w.userToChange(key)
	if err != nil {
		return err
	}
	change(u)
	w.userEvent(actor, event, u.PrimaryEmail, more...)
	return nil
}

// MoveUser puts an account into another organisational unit, which must exist.
func (w *World) MoveUser(key, orgUnitPath, actor string) error {
	w.mu.RLock()
	u, unit := w.User(key), w.UnitOf(orgUnitPath)
	w.mu.RUnlock()
	if unit == nil && orgUnitPath != "/" {
		return fmt.Errorf("unit %s: %w", orgUnitPath, ErrNotFound)
	}
	old := ""
	if u != nil {
		old = u.OrgUnitPath
	}
	return w.changeUser(key, actor, "MOVE_USER_TO_ORG_UNIT", func(u *User) { u.OrgUnitPath = orgUnitPath },
		text("ORG_UNIT_NAME", old), text("NEW_VALUE", orgUnitPath))
}

// DeleteUser deletes an account. Its My Drive files vanish from every answer; memberships of groups and shared drives end, as do
// roles, licences, applications and forwarding. Lists of Classroom courses keep it.
func (w *World) DeleteUser(key, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	u, err := w.userToChange(key)
	if err != nil {
		return err
	}
	w.dropUser(u)
	u.DeletionTime = w.now()
	w.deleted[u.ID] = u
	for id, list := range w.members {
		w.members[id] = slices.DeleteFunc(list, func(m *Member) bool {
			return m.Type != "GROUP" && (m.ID == u.ID || strings.EqualFold(m.Email, u.PrimaryEmail))
		})
	}
	w.account.assignments = slices.DeleteFunc(w.account.assignments, func(a *RoleAssignment) bool { return a.AssignedTo == u.ID })
	w.account.licenses = slices.DeleteFunc(w.account.licenses, func(l *LicenseAssignment) bool { return w.sameAddress(u, l.UserID) })
	delete(w.account.tokens, u.ID)
	delete(w.account.forwarding, strings.ToLower(u.PrimaryEmail))
	w.userEvent(actor, "DELETE_USER", u.PrimaryEmail)
	return nil
}

func (w *World) sameAddress(u *User, address string) bool {
	return slices.ContainsFunc(u.Addresses(), func(a string) bool { return strings.EqualFold(a, address) })
}

// UndeleteUser brings a deleted account back into the unit, within twenty days; its files show again.
func (w *World) UndeleteUser(key, orgUnitPath, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	u := w.DeletedUser(key)
	if u == nil || w.now().Sub(u.DeletionTime) > UndeleteWithin {
		return fmt.Errorf("deleted user %s: %w", key, ErrNotFound)
	}
	deletion := u.DeletionTime
	u.DeletionTime = time.Time{}
	delete(w.deleted, u.ID)
	if orgUnitPath != "" {
		u.OrgUnitPath = orgUnitPath
	}
	if err := w.AddUser(u); err != nil {
		u.DeletionTime = deletion
		w.deleted[u.ID] = u
		return err
	}
	w.userEvent(actor, "UNDELETE_USER", u.PrimaryEmail)
	return nil
}

func (w *World) groupToChange(key string) (*Group, error) {
	if g := w.Group(key); g != nil {
		return g, nil
	}
	return nil, fmt.Errorf("group %s: %w", key, ErrNotFound)
}

func (w *World) groupEvent(actor, name, address string, more ...Param) {
	w.record("admin", actor, Event{Type: "GROUP_SETTINGS", Name: name, Params: append([]Param{text("GROUP_EMAIL", address)}, more...)})
}

// CreateGroup makes a group with these settings (may be nil).
func (w *World) CreateGroup(g *Group, settings Raw, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.AddGroup(g, nil, settings); err != nil {
		return err
	}
	w.groupEvent(actor, "CREATE_GROUP", g.Email)
	return nil
}

// DeleteGroup deletes a group; what it was granted stays in lists and lets nobody in.
func (w *World) DeleteGroup(key, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	g, err := w.groupToChange(key)
	if err != nil {
		return err
	}
	delete(w.groups, g.ID)
	for _, a := range g.Addresses() {
		delete(w.groupByEmail, strings.ToLower(a))
	}
	w.groupList = slices.DeleteFunc(w.groupList, func(x *Group) bool { return x == g })
	delete(w.members, g.ID)
	delete(w.settings, strings.ToLower(g.Email))
	for id, list := range w.members {
		w.members[id] = slices.DeleteFunc(list, func(m *Member) bool {
			return m.Type == "GROUP" && (m.ID == g.ID || strings.EqualFold(m.Email, g.Email))
		})
	}
	w.groupEvent(actor, "DELETE_GROUP", g.Email)
	return nil
}

// AddMember adds a direct member; Type, ID and Role are filled from the address where empty.
func (w *World) AddMember(groupKey string, m *Member, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	g, err := w.groupToChange(groupKey)
	if err != nil {
		return err
	}
	u, nested := w.User(m.Email), w.Group(m.Email)
	if m.Type == "" {
		m.Type = "USER"
		if nested != nil {
			m.Type = "GROUP"
		}
	}
	if m.Role == "" {
		m.Role = "MEMBER"
	}
	if m.ID == "" {
		switch {
		case u != nil:
			m.ID = u.ID
		case nested != nil:
			m.ID = nested.ID
		case m.Type != "CUSTOMER":
			m.ID = "1" + digits("member/"+strings.ToLower(m.Email), 20)
		default:
			m.ID = w.Settings.Customer.ID
		}
	}
	if slices.ContainsFunc(w.members[g.ID], func(o *Member) bool { return o.ID == m.ID }) {
		return fmt.Errorf("group %s: the member is %w", g.ID, ErrExists)
	}
	w.members[g.ID] = append(w.members[g.ID], m)
	w.groupEvent(actor, "ADD_GROUP_MEMBER", g.Email, text("USER_EMAIL", m.Email))
	return nil
}

// RemoveMember takes a direct member (by id or address) out of a group.
func (w *World) RemoveMember(groupKey, member, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	g, err := w.groupToChange(groupKey)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(w.members[g.ID], func(m *Member) bool { return m.ID == member || m.Email != "" && strings.EqualFold(m.Email, member) })
	if i < 0 {
		return fmt.Errorf("group %s: the member: %w", g.ID, ErrNotFound)
	}
	m := w.members[g.ID][i]
	w.members[g.ID] = slices.Delete(w.members[g.ID], i, i+1)
	w.groupEvent(actor, "REMOVE_GROUP_MEMBER", g.Email, text("USER_EMAIL", m.Email))
	return nil
}

// SetGroupSetting changes one field of a group's settings, for example whoCanJoin to ANYONE_CAN_JOIN.
func (w *World) SetGroupSetting(groupKey, field, value, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	g, err := w.groupToChange(groupKey)
	if err != nil {
		return err
	}
	s := Raw{}
	for k, v := range w.settings[strings.ToLower(g.Email)] {
		s[k] = v
	}
	var old string
	_ = json.Unmarshal(s[field], &old) // what is no text counts as none
	s[field], _ = json.Marshal(value)
	w.settings[strings.ToLower(g.Email)] = s
	w.groupEvent(actor, "CHANGE_GROUP_SETTING", g.Email, text("SETTING_NAME", settingName(field)), text("OLD_VALUE", old), text("NEW_VALUE", value))
	return nil
}

// settingName turns whoCanJoin into WHO_CAN_JOIN.
func settingName(field string) string {
	var b strings.Builder
	for _, r := range field {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
		}
		b.WriteRune(r)
	}
	return strings.ToUpper(b.String())
}
