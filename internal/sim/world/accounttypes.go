package world

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Role is a Directory role: a set of administrator's privileges.
type Role struct {
	RoleID           string `json:"roleId"`
	RoleName         string `json:"roleName"`
	RoleDescription  string `json:"roleDescription,omitempty"`
	IsSystemRole     bool   `json:"isSystemRole,omitempty"`
	IsSuperAdminRole bool   `json:"isSuperAdminRole,omitempty"`
	Extra            Raw    `json:"-"`
}

// RoleAssignment gives a role to a user or a group. OrgUnitID has no "id:" in front.
type RoleAssignment struct {
	RoleAssignmentID string `json:"roleAssignmentId"`
	RoleID           string `json:"roleId"`
	AssignedTo       string `json:"assignedTo"`             // Directory id
	AssigneeType     string `json:"assigneeType,omitempty"` // user or group
	ScopeType        string `json:"scopeType,omitempty"`    // CUSTOMER or ORG_UNIT
	OrgUnitID        string `json:"orgUnitId,omitempty"`
	Extra            Raw    `json:"-"`
}

// Token is a third-party application that a user let into their account.
type Token struct {
	ClientID    string   `json:"clientId"`
	DisplayText string   `json:"displayText"`
	Anonymous   bool     `json:"anonymous"`
	NativeApp   bool     `json:"nativeApp"`
	Scopes      []string `json:"scopes"`
	Extra       Raw      `json:"-"`
}

// ChromeDevice is a Directory ChromeOsDevice.
type ChromeDevice struct {
	DeviceID             string    `json:"deviceId"`
	SerialNumber         string    `json:"serialNumber,omitempty"`
	Model                string    `json:"model,omitempty"`
	Status               string    `json:"status,omitempty"` // ACTIVE, DEPROVISIONED, DISABLED, …
	OrgUnitPath          string    `json:"orgUnitPath,omitempty"`
	OrgUnitID            string    `json:"orgUnitId,omitempty"`
	AnnotatedUser        string    `json:"annotatedUser,omitempty"`
	AnnotatedAssetID     string    `json:"annotatedAssetId,omitempty"`
	BootMode             string    `json:"bootMode,omitempty"` // Verified or Dev
	LastSync             time.Time `json:"lastSync,omitzero"`
	AutoUpdateThrough    string    `json:"autoUpdateThrough,omitempty"`    // RFC 3339
	AutoUpdateExpiration string    `json:"autoUpdateExpiration,omitempty"` // milliseconds since 1970
	Extra                Raw       `json:"-"`
}

// MobileDevice is a Directory MobileDevice: Email and Name are those of the accounts on it.
type MobileDevice struct {
	ResourceID           string    `json:"resourceId"`
	DeviceID             string    `json:"deviceId,omitempty"`
	Email                []string  `json:"email,omitempty"`
	Name                 []string  `json:"name,omitempty"`
	Status               string    `json:"status,omitempty"` // APPROVED, BLOCKED, …
	Type                 string    `json:"type,omitempty"`
	Model                string    `json:"model,omitempty"`
	OS                   string    `json:"os,omitempty"`
	EncryptionStatus     string    `json:"encryptionStatus,omitempty"`
	DevicePasswordStatus string    `json:"devicePasswordStatus,omitempty"`
	LastSync             time.Time `json:"lastSync,omitzero"`
	Extra                Raw       `json:"-"`
}

// LicenseAssignment is one user's licence. UserID is an address.
type LicenseAssignment struct {
	UserID      string `json:"userId"`
	ProductID   string `json:"productId"`
	ProductName string `json:"productName,omitempty"`
	SkuID       string `json:"skuId"`
	SkuName     string `json:"skuName,omitempty"`
	Extra       Raw    `json:"-"`
}

// UsageReport is what one user did on one day (of Pacific time, "2026-11-02").
type UsageReport struct {
	Date       string       `json:"date"`
	Entity     UsageEntity  `json:"entity"`
	Parameters []UsageParam `json:"parameters,omitempty"`
	Extra      Raw          `json:"-"`
}

// UsageEntity names the user of a usage report.
type UsageEntity struct {
	CustomerID string `json:"customerId,omitempty"`
	Type       string `json:"type,omitempty"` // USER
	UserEmail  string `json:"userEmail,omitempty"`
	ProfileID  string `json:"profileId,omitempty"`
	EntityID   string `json:"entityId,omitempty"`
}

// UsageParam is one value of a usage report, for example gmail:is_gmail_enabled; one of the values is set.
type UsageParam struct {
	Name     string          `json:"name"`
	Int      *int64          `json:"intValue,omitempty,string"`
	Bool     *bool           `json:"boolValue,omitempty"`
	String   string          `json:"stringValue,omitempty"`
	Datetime string          `json:"datetimeValue,omitempty"` // RFC 3339
	Messages json.RawMessage `json:"msgValue,omitempty"`
}

// AutoForwarding is the Gmail setting of one mailbox.
type AutoForwarding struct {
	Enabled      bool   `json:"enabled"`
	EmailAddress string `json:"emailAddress,omitempty"`
	Disposition  string `json:"disposition,omitempty"` // leaveInInbox, archive, trash, markRead
}

// accountData is what a World holds about accounts and devices beyond the Directory's users and groups.
type accountData struct {
	roles       []*Role
	assignments []*RoleAssignment
	tokens      map[string][]*Token // by user id
	chrome      []*ChromeDevice
	mobile      []*MobileDevice
	licenses    []*LicenseAssignment
	usage       map[string][]*UsageReport  // by date, in the order of the tenant
	usageAt     map[string]map[string]int  // by date and user: where the report stands; dates that something was added to only
	forwarding  map[string]*AutoForwarding // by lower-case address
}

func newAccountData() accountData {
	return accountData{roles: []*Role{}, assignments: []*RoleAssignment{}, tokens: map[string][]*Token{}, chrome: []*ChromeDevice{}, mobile: []*MobileDevice{},
		licenses: []*LicenseAssignment{}, usage: map[string][]*UsageReport{}, usageAt: map[string]map[string]int{}, forwarding: map[string]*AutoForwarding{}}
}

func (a *accountData) parts() []filePart {
	return []filePart{{"roles.json", &a.roles}, {"roleassignments.json", &a.assignments}, {"tokens.json", &a.tokens}, {"chromedevices.json", &a.chrome},
		{"mobiledevices.json", &a.mobile}, {"licenses.json", &a.licenses}, {"forwarding.json", &a.forwarding}}
}

// loaded reads the usage reports and brings into order what parts read.
func (a *accountData) loaded(dir string) error {
	if a.tokens == nil { // the file said null
		a.tokens = map[string][]*Token{}
	}
	by := map[string]*AutoForwarding{}
	for address, f := range a.forwarding {
		by[strings.ToLower(address)] = f
	}
	a.forwarding = by
	return readLines(filepath.Join(dir, "usage.jsonl"), func(b []byte) error {
		u := &UsageReport{}
		if err := json.Unmarshal(b, u); err != nil {
			return err
		}
		if _, err := time.Parse(time.DateOnly, u.Date); err != nil {
			return fmt.Errorf("date: %w", err)
		}
		a.usage[u.Date] = append(a.usage[u.Date], u)
		return nil
	})
}

func (a *accountData) saveUsage(dir string, lines *saving) error {
	return writeFile(filepath.Join(dir, "usage.jsonl"), func(to io.Writer) error {
		for _, d := range slices.Sorted(maps.Keys(a.usage)) {
			for _, u := range a.usage[d] {
				b, err := lines.line(u, func() (any, error) { return u, nil })
				if err != nil {
					return err
				}
				if _, err := to.Write(b); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// Roles lists the roles in the order of the tenant.
func (w *World) Roles() []*Role { return w.account.roles }

// Role finds a role by id or name; nil when there is none.
func (w *World) Role(key string) *Role {
	for _, r := range w.account.roles {
		if r.RoleID == key || strings.EqualFold(r.RoleName, key) {
			return r
		}
	}
	return nil
}

// RoleAssignments lists who holds which role, in the order of the tenant.
func (w *World) RoleAssignments() []*RoleAssignment { return w.account.assignments }

// Tokens lists the applications that the user with this id let in.
func (w *World) Tokens(userID string) []*Token { return w.account.tokens[userID] }

// ChromeDevices lists the Chrome devices in the order of the tenant.
func (w *World) ChromeDevices() []*ChromeDevice { return w.account.chrome }

// MobileDevices lists the mobile devices in the order of the tenant.
func (w *World) MobileDevices() []*MobileDevice { return w.account.mobile }

// Licenses lists who holds which licence, in the order of the tenant.
func (w *World) Licenses() []*LicenseAssignment { return w.account.licenses }

// Usage lists the usage reports of a date ("2026-11-02").
func (w *World) Usage(date string) []*UsageReport { return w.account.usage[date] }

// UsageDates lists the dates that have usage reports, oldest first.
func (w *World) UsageDates() []string { return slices.Sorted(maps.Keys(w.account.usage)) }

// Forwarding is the automatic forwarding of a mailbox; off when the tenant says nothing.
func (w *World) Forwarding(address string) AutoForwarding {
	if f := w.account.forwarding[strings.ToLower(address)]; f != nil {
		return *f
	}
	return AutoForwarding{}
}

// AddRole puts a role in place; an empty id is filled.
func (w *World) AddRole(r *Role) {
	if r.RoleID == "" {
		w.counter++
		r.RoleID = "3" + digits("role/"+r.RoleName+"/"+w.counterText(), 17)
	}
	w.account.roles = append(w.account.roles, r)
}

// AddRoleAssignment puts a role assignment in place; an empty id is filled. The flags of the user are left as they are.
func (w *World) AddRoleAssignment(a *RoleAssignment) {
	if a.RoleAssignmentID == "" {
		w.counter++
		a.RoleAssignmentID = "4" + digits("assignment/"+a.RoleID+"/"+a.AssignedTo+"/"+w.counterText(), 17)
	}
	if a.ScopeType == "" {
		a.ScopeType = "CUSTOMER"
	}
	w.account.assignments = append(w.account.assignments, a)
}

// AddToken puts an application in place for the user with this id.
func (w *World) AddToken(userID string, t *Token) {
	w.account.tokens[userID] = append(w.account.tokens[userID], t)
}

// AddChromeDevice puts a Chrome device in place.
func (w *World) AddChromeDevice(d *ChromeDevice) { w.account.chrome = append(w.account.chrome, d) }

// AddMobileDevice puts a mobile device in place.
func (w *World) AddMobileDevice(d *MobileDevice) { w.account.mobile = append(w.account.mobile, d) }

// AddLicense puts a licence in place.
func (w *World) AddLicense(l *LicenseAssignment) {
	w.account.licenses = append(w.account.licenses, l)
}

// AddUsage puts a usage report in place; an earlier one of the same date and user is replaced.
func (w *World) AddUsage(u *UsageReport) {
	at := w.account.usageAt[u.Date]
	if at == nil {
		at = map[string]int{}
		for i, o := range w.account.usage[u.Date] {
			at[o.user()] = i
		}
		w.account.usageAt[u.Date] = at
	}
	if i, ok := at[u.user()]; ok {
		w.account.usage[u.Date][i] = u
		return
	}
	at[u.user()] = len(w.account.usage[u.Date])
	w.account.usage[u.Date] = append(w.account.usage[u.Date], u)
}

func (u *UsageReport) user() string { return u.Entity.ProfileID + " " + u.Entity.UserEmail }

// ReportUsage is AddUsage while others use the World; the date must be one ("2026-11-02").
func (w *World) ReportUsage(u *UsageReport) error {
	if _, err := time.Parse(time.DateOnly, u.Date); err != nil {
		return fmt.Errorf("usage report: date: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.AddUsage(u)
	return nil
}

// DropUsage takes the usage reports of the dates before one ("2026-11-02") out of the tenant.
func (w *World) DropUsage(before string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for date := range w.account.usage {
		if date < before {
			delete(w.account.usage, date)
			delete(w.account.usageAt, date)
		}
	}
}

// AddForwarding puts the automatic forwarding of a mailbox in place.
func (w *World) AddForwarding(address string, f AutoForwarding) {
	w.account.forwarding[strings.ToLower(address)] = &f
}
