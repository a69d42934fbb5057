package world

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// UserChange is what is to be changed of a user; what is nil stays. Extra holds fields that this package does not know; null takes one away.
type UserChange struct {
	OrgUnitPath               *string
	GivenName                 *string
	FamilyName                *string
	RecoveryEmail             *string
	RecoveryPhone             *string
	Suspended                 *bool
	Archived                  *bool
	ChangePasswordAtNextLogin *bool
	ExternalIDs               *[]ExternalID
	Password                  bool // a new password is set
	Extra                     Raw
}

// UpdateUser changes several fields of a user at once, as the Directory API does, and writes a record for each one that is different
// then. An unknown unit changes nothing: ErrNotFound.
func (w *World) UpdateUser(key string, c UserChange, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	u, err := w.userToChange(key)
	if err != nil {
		return err
	}
	if c.OrgUnitPath != nil && *c.OrgUnitPath != "/" && w.UnitOf(*c.OrgUnitPath) == nil {
		return fmt.Errorf("unit %s: %w", *c.OrgUnitPath, ErrNotFound)
	}
	event := func(name string, more ...Param) { w.userEvent(actor, name, u.PrimaryEmail, more...) }
	values := func(old, next string) []Param { return []Param{text("OLD_VALUE", old), text("NEW_VALUE", next)} }
	if p := c.OrgUnitPath; p != nil && *p != u.OrgUnitPath {
		old := u.OrgUnitPath
		u.OrgUnitPath = *p
		event("MOVE_USER_TO_ORG_UNIT", text("ORG_UNIT_NAME", old), text("NEW_VALUE", *p))
	}
	if p := c.GivenName; p != nil && *p != u.Name.GivenName {
		event("CHANGE_FIRST_NAME", values(u.Name.GivenName, *p)...)
		u.Name.GivenName = *p
		u.Name.FullName = u.Name.GivenName + " " + u.Name.FamilyName
	}
	if p := c.FamilyName; p != nil && *p != u.Name.FamilyName {
		event("CHANGE_LAST_NAME", values(u.Name.FamilyName, *p)...)
		u.Name.FamilyName = *p
		u.Name.FullName = u.Name.GivenName + " " + u.Name.FamilyName
	}
	for _, r := range []struct {
		next *string
		have *string
		name string
	}{{c.RecoveryEmail, &u.RecoveryEmail, "RECOVERY_EMAIL"}, {c.RecoveryPhone, &u.RecoveryPhone, "RECOVERY_PHONE"}} {
		if r.next == nil || *r.next == *r.have {
			continue
		}
		name := "CHANGE_" + r.name
		if *r.have == "" {
			name = "ADD_" + r.name
		}
		*r.have = *r.next
		event(name)
	}
	if p := c.ChangePasswordAtNextLogin; p != nil && *p != u.ChangePasswordAtNextLogin {
		event("CHANGE_PASSWORD_ON_NEXT_LOGIN", values(strconv.FormatBool(u.ChangePasswordAtNextLogin), strconv.FormatBool(*p))...)
		u.ChangePasswordAtNextLogin = *p
	}
	if c.Password {
		event("CHANGE_PASSWORD")
	}
	if p := c.Suspended; p != nil && *p != u.Suspended {
		u.Suspended, u.SuspensionReason, u.SuspensionTime = *p, "", ""
		name := "UNSUSPEND_USER"
		if *p {
			name, u.SuspensionReason, u.SuspensionTime = "SUSPEND_USER", "ADMIN", w.now().Format(stamp)
		}
		event(name)
	}
	if p := c.Archived; p != nil && *p != u.Archived {
		u.Archived = *p
		event(map[bool]string{true: "ARCHIVE_USER", false: "UNARCHIVE_USER"}[*p])
	}
	if p := c.ExternalIDs; p != nil && !slices.Equal(*p, u.ExternalIDs) {
		old, _ := json.Marshal(u.ExternalIDs) // texts alone
		next, _ := json.Marshal(*p)
		u.ExternalIDs = *p
		event("CHANGE_USER_EXTERNAL_ID", values(string(old), string(next))...)
	}
	if len(c.Extra) > 0 {
		extra := Raw{}
		for k, v := range u.Extra {
			extra[k] = v
		}
		for k, v := range c.Extra {
			if string(v) == "null" {
				delete(extra, k)
			} else {
				extra[k] = v
			}
		}
		u.Extra = extra
	}
	return nil
}
