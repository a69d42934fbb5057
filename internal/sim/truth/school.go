package truth

import (
	"slices"
	"strings"
	"time"
)

// account is a school account as the rules on accounts see it.
type account struct {
	*User
	active bool
	// kind is pupils, staff, others or unplaced.
	kind string
	// entries are the entries of others that it belongs to, whatever its kind, and inGroup says whether it is in a group
	// of any of them.
	entries []int
	inGroup bool
	groups  map[*Group]bool
	// licenses are PRODUCT/SKU, sorted.
	licenses []string
	nameKey  string
}

// people is what the world knows besides files: the school accounts, who they are on the rolls, and what the logs say.
type people struct {
	first    time.Time
	today    day
	byID     map[string]*User
	memberOf map[*User]map[*Group]bool
	accounts []*account
	byUser   map[*User]*account
	// pupils and staff are nil without a roll, as are the entries of others without one.
	pupils, staff *matched
	others        []*matched
	logs          logs
	usage         map[*User]map[day]report
	licenses      map[string][]string   // PRODUCT/SKU by address
	bearers       map[string][]*account // by external id, lower case
	rollNumbers   map[string]bool       // ids of rows, lower case
	decided
}

// lookAtPeople works out everything that the rules on accounts, e-mail, devices and settings share.
func (w *world) lookAtPeople(first time.Time) {
	w.first, w.today = first, dayOf(w.now, w.zone())
	w.byID = map[string]*User{}
	for i := range w.t.Users {
		w.byID[w.t.Users[i].ID] = &w.t.Users[i]
	}
	w.memberOf = map[*User]map[*Group]bool{}
	for i := range w.t.Groups {
		g := &w.t.Groups[i]
		for _, m := range w.members(g) {
			for _, u := range w.memberUsers(m) {
				if w.memberOf[u] == nil {
					w.memberOf[u] = map[*Group]bool{}
				}
				w.memberOf[u][g] = true
			}
		}
	}
	w.licenses = map[string][]string{}
	for _, l := range w.t.Licenses {
		address := strings.ToLower(l.UserID)
		w.licenses[address] = append(w.licenses[address], l.ProductID+"/"+l.SkuID)
	}
	w.byUser = map[*User]*account{}
	for i := range w.t.Users {
		u := &w.t.Users[i]
		if u.IsGuestUser || !underAny(u.OrgUnitPath, w.p.OrgUnits) {
			continue
		}
		a := w.describe(u)
		w.accounts = append(w.accounts, a)
		w.byUser[u] = a
	}
	w.bearers = map[string][]*account{}
	for _, a := range w.accounts {
		ids := map[string]bool{}
		for _, e := range a.ExternalIDs {
			ids[strings.ToLower(strings.TrimSpace(e.Value))] = true
		}
		for id := range ids {
			w.bearers[id] = append(w.bearers[id], a)
		}
	}
	w.readLogs()
	w.readOfAccounts()
	w.readUsage()
	w.pupils = w.matchRoll(w.p.Pupils, func(a *account) bool { return a.kind == "pupils" }, true)
	w.staff = w.matchRoll(w.p.Staff, func(a *account) bool { return a.kind == "staff" }, false)
	for i, entry := range w.p.Others {
		w.others = append(w.others, w.matchRoll(entry, func(a *account) bool {
			return a.kind == "others" && slices.Contains(a.entries, i)
		}, false))
	}
	w.rollNumbers = map[string]bool{}
	for _, roll := range w.allRolls() {
		for _, r := range roll.rows {
			w.rollNumbers[strings.ToLower(r.id)] = r.id != ""
		}
	}
}

// sameNumber is every account that bears a roll number; none for what is no roll number.
func (w *world) sameNumber(id string) []*account {
	id = strings.ToLower(strings.TrimSpace(id))
	if !w.rollNumbers[id] {
		return nil
	}
	return w.bearers[id]
}

func (w *world) zone() *time.Location {
	if w.p.Zone == nil {
		return time.UTC
	}
	return w.p.Zone
}

// day is the date of a moment at the school.
func (w *world) day(t time.Time) day { return dayOf(t, w.zone()) }

// memberUsers are the accounts that a member of a group stands for where the rules on accounts ask: one of type CUSTOMER
// for all that are no guests (docs/account-rules.md, Words; for shares docs/rules.md says otherwise), another for one
// account or none. A member without an address is found by its id.
func (w *world) memberUsers(m Member) []*User {
	switch m.Type {
	case "CUSTOMER":
		var out []*User
		for i := range w.t.Users {
			if !w.t.Users[i].IsGuestUser {
				out = append(out, &w.t.Users[i])
			}
		}
		return out
	case "GROUP":
		return nil
	}
	u := w.users[strings.ToLower(m.Email)]
	if m.Email == "" {
		u = w.byID[m.ID]
	}
	if u == nil {
		return nil
	}
	return []*User{u}
}

func (w *world) describe(u *User) *account {
	a := &account{User: u, active: u.isActive(), groups: w.memberOf[u], licenses: w.licensesOf(u), nameKey: nameKey(u.Name.FullName)}
	if a.nameKey == "" {
		a.nameKey = nameKey(u.Name.GivenName + " " + u.Name.FamilyName)
	}
	for i, entry := range w.p.Others {
		in := entry.Group != "" && a.groups[w.ourGroup(entry.Group)]
		if in || underAny(u.OrgUnitPath, entry.OrgUnits) {
			a.entries = append(a.entries, i)
		}
		if in {
			a.inGroup = true
		}
	}
	switch {
	case underAny(u.OrgUnitPath, w.p.Pupils.OrgUnits):
		a.kind = "pupils"
	case underAny(u.OrgUnitPath, w.p.Staff.OrgUnits):
		a.kind = "staff"
	case len(a.entries) > 0:
		a.kind = "others"
	default:
		a.kind = "unplaced"
	}
	return a
}

func (u *User) isActive() bool { return !u.Suspended && !u.Archived }

func (w *world) licensesOf(u *User) []string {
	var out []string
	for _, a := range u.addresses() {
		out = append(out, w.licenses[a]...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// bears reports whether the address is one of the account's.
func (u *User) bears(address string) bool {
	if address == "" {
		return false
	}
	address = strings.ToLower(address)
	is := func(own string) bool { return strings.ToLower(own) == address }
	return is(u.PrimaryEmail) || slices.ContainsFunc(u.Aliases, is) || slices.ContainsFunc(u.NonEditableAliases, is)
}

func (u *User) bearsAny(list []string) bool {
	return slices.ContainsFunc(list, u.bears)
}

// under reports whether a unit path is a unit or below it.
func under(path, unit string) bool {
	path, unit = strings.ToLower(path), strings.ToLower(unit)
	return unit == "/" || path == unit || strings.HasPrefix(path, unit+"/")
}

func underAny(path string, units []string) bool {
	return slices.ContainsFunc(units, func(unit string) bool { return under(path, unit) })
}

// inAny reports whether the account is a member, nested too, of one of the groups with these addresses.
func (w *world) inAny(a *account, groups []string) bool {
	return slices.ContainsFunc(groups, func(address string) bool {
		g := w.ourGroup(address)
		return g != nil && a.groups[g]
	})
}

// leftOut reports whether a means leaves the account out.
func (w *world) leftOut(a *account, e Except) bool {
	return underAny(a.OrgUnitPath, e.Units) || w.inAny(a, e.Groups)
}
