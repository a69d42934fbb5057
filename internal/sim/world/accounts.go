package world

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// loginEvent writes a record of the log login. What changes an account stands in the log user_accounts too.
// Source: Reports API, login and user accounts audit activity events.
func (w *World) loginEvent(actor string, e Event) {
	w.record("login", actor, e)
	switch e.Type {
	case "password_change", "recovery_info_change", "email_forwarding_change":
		w.record("user_accounts", actor, e)
	}
}

// SignIn lets a user sign in. Somebody whose account is switched off or archived cannot: ErrNotAllowed.
func (w *World) SignIn(key string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	u, err := w.userToChange(key)
	if err != nil {
		return err
	}
	if u.Suspended || u.Archived {
		return fmt.Errorf("user %s: the account is switched off: %w", u.ID, ErrNotAllowed)
	}
	u.LastLoginTime = w.now()
	w.loginEvent(u.PrimaryEmail, Event{Type: "login", Name: "login_success", Params: []Param{text("login_type", "google_password"),
		{Name: "login_challenge_method", Multi: []string{"password"}}, flag("is_suspicious", false)}})
	return nil
}

// ChangePassword lets a user change their own password.
func (w *World) ChangePassword(key string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	u, err := w.userToChange(key)
	if err != nil {
		return err
	}
	u.ChangePasswordAtNextLogin = false
	w.loginEvent(u.PrimaryEmail, Event{Type: "password_change", Name: "password_edit"})
	return nil
}

// ResetPassword lets an administrator set a user's password.
func (w *World) ResetPassword(key, actor string) error {
	return w.changeUser(key, actor, "CHANGE_PASSWORD", func(*User) {})
}

// LoginEvent writes what Google noticed about an account, for example suspicious_login or account_disabled_password_leak,
// into the log login. It changes nothing: Google switching the account off is SuspendUser with "" as actor.
func (w *World) LoginEvent(name, address string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.loginEvent(address, Event{Type: "account_warning", Name: name, Params: []Param{text("affected_email_address", address)}})
}

// SetForwarding lets a user forward all mail to another address; "" switches forwarding off. Only an address
// outside the customer's domains is written into the log.
func (w *World) SetForwarding(key, to string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	u, err := w.userToChange(key)
	if err != nil {
		return err
	}
	if to == "" {
		w.AddForwarding(u.PrimaryEmail, AutoForwarding{})
		return nil
	}
	w.AddForwarding(u.PrimaryEmail, AutoForwarding{Enabled: true, EmailAddress: to, Disposition: "leaveInInbox"})
	if !w.Ours(to[strings.LastIndexByte(to, '@')+1:]) {
		w.loginEvent(u.PrimaryEmail, Event{Type: "email_forwarding_change", Name: "email_forwarding_out_of_domain",
			Params: []Param{text("email_forwarding_destination_address", to)}})
	}
	return nil
}

// SetRecoveryEmail sets the address through which an account can be recovered, "" for none. The user and an administrator leave different records.
func (w *World) SetRecoveryEmail(key, address, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	u, err := w.userToChange(key)
	if err != nil {
		return err
	}
	had := u.RecoveryEmail != ""
	u.RecoveryEmail = address
	switch {
	case w.User(actor) == u:
		w.loginEvent(u.PrimaryEmail, Event{Type: "recovery_info_change", Name: "recovery_email_edit"})
	case had:
		w.userEvent(actor, "CHANGE_RECOVERY_EMAIL", u.PrimaryEmail)
	default:
		w.userEvent(actor, "ADD_RECOVERY_EMAIL", u.PrimaryEmail)
	}
	return nil
}

// SignOut ends all of a user's sessions.
func (w *World) SignOut(key, actor string) error {
	return w.changeUser(key, actor, "RESET_SIGNIN_COOKIES", func(*User) {})
}

// assignee is who a role is given to: id, address and the word for the kind.
func (w *World) assignee(key string) (id, address, kind string, err error) {
	if u := w.User(key); u != nil {
		return u.ID, u.PrimaryEmail, "user", nil
	}
	if g := w.Group(key); g != nil {
		return g.ID, g.Email, "group", nil
	}
	return "", "", "", fmt.Errorf("user or group %s: %w", key, ErrNotFound)
}

func (w *World) roleEvent(actor, name string, r *Role, address string) {
	w.record("admin", actor, Event{Type: "DELEGATED_ADMIN_SETTINGS", Name: name, Params: []Param{text("ROLE_NAME", r.RoleName), text("USER_EMAIL", address)}})
}

// AssignRole gives a role (by id or name) to a user or a group (by id or address) and tells the id of the assignment. The user
// is then a super administrator, or a delegated one.
func (w *World) AssignRole(role, key, actor string) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.Role(role)
	if r == nil {
		return "", fmt.Errorf("role %s: %w", role, ErrNotFound)
	}
	id, address, kind, err := w.assignee(key)
	if err != nil {
		return "", err
	}
	if slices.ContainsFunc(w.account.assignments, func(a *RoleAssignment) bool { return a.RoleID == r.RoleID && a.AssignedTo == id }) {
		return "", fmt.Errorf("role %s of %s: %w", r.RoleID, id, ErrExists)
	}
	a := &RoleAssignment{RoleID: r.RoleID, AssignedTo: id, AssigneeType: kind}
	w.AddRoleAssignment(a)
	if u := w.users[id]; u != nil {
		u.IsAdmin = u.IsAdmin || r.IsSuperAdminRole
		u.IsDelegatedAdmin = u.IsDelegatedAdmin || !r.IsSuperAdminRole
	}
	w.roleEvent(actor, "ASSIGN_ROLE", r, address)
	return a.RoleAssignmentID, nil
}

// UnassignRole takes a role (by id or name) away from a user or a group (by id or address).
func (w *World) UnassignRole(role, key, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.Role(role)
	if r == nil {
		return fmt.Errorf("role %s: %w", role, ErrNotFound)
	}
	id, address, _, err := w.assignee(key)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(w.account.assignments, func(a *RoleAssignment) bool { return a.RoleID == r.RoleID && a.AssignedTo == id })
	if i < 0 {
		return fmt.Errorf("role %s of %s: %w", r.RoleID, id, ErrNotFound)
	}
	w.account.assignments = slices.Delete(w.account.assignments, i, i+1)
	if u := w.users[id]; u != nil {
		super, delegated := false, false
		for _, a := range w.account.assignments {
			if a.AssignedTo == id {
				other := w.Role(a.RoleID)
				super = super || other != nil && other.IsSuperAdminRole
				delegated = delegated || other == nil || !other.IsSuperAdminRole
			}
		}
		if r.IsSuperAdminRole {
			u.IsAdmin = super
		} else {
			u.IsDelegatedAdmin = delegated
		}
	}
	w.roleEvent(actor, "UNASSIGN_ROLE", r, address)
	return nil
}

func (w *World) tokenEvent(actor, name string, t *Token) {
	kind := "WEB"
	if t.NativeApp {
		kind = "NATIVE_APPLICATION"
	}
	type param struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	type message struct {
		Parameter []param `json:"parameter"`
	}
	data := []message{}
	for _, s := range t.Scopes {
		data = append(data, message{[]param{{"scope_name", s}}})
	}
	b, _ := json.Marshal(data) // nothing in it can fail
	w.record("token", actor, Event{Type: "auth", Name: name, Params: []Param{text("client_id", t.ClientID), text("app_name", t.DisplayText),
		text("client_type", kind), {Name: "scope", Multi: t.Scopes}, {Name: "scope_data", Messages: b}}})
}

// AuthorizeApp lets a user (by id or address) give an application access; what the same application had is replaced.
func (w *World) AuthorizeApp(key string, t *Token) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	u, err := w.userToChange(key)
	if err != nil {
		return err
	}
	w.account.tokens[u.ID] = slices.DeleteFunc(w.account.tokens[u.ID], func(o *Token) bool { return o.ClientID == t.ClientID })
	w.AddToken(u.ID, t)
	w.tokenEvent(u.PrimaryEmail, "authorize", t)
	return nil
}

// RevokeApp takes an application's access to a user's account away; an administrator who does it leaves a record of their own, too.
func (w *World) RevokeApp(key, clientID, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	u, err := w.userToChange(key)
	if err != nil {
		return err
	}
	list := w.account.tokens[u.ID]
	i := slices.IndexFunc(list, func(t *Token) bool { return t.ClientID == clientID })
	if i < 0 {
		return fmt.Errorf("user %s: application %s: %w", u.ID, clientID, ErrNotFound)
	}
	t := list[i]
	w.account.tokens[u.ID] = slices.Delete(list, i, i+1)
	if actor != "" && w.User(actor) != u {
		w.userEvent(actor, "REVOKE_3LO_TOKEN", u.PrimaryEmail, text("APP_ID", clientID))
	}
	w.tokenEvent(u.PrimaryEmail, "revoke", t)
	return nil
}
