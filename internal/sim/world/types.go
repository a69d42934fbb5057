package world

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// Raw holds the fields of a resource that this package does not know; they survive a load and a save.
type Raw map[string]json.RawMessage

// Settings is the file tenant.json: the clock's start, the customer, the service accounts and what each is delegated.
type Settings struct {
	Now       time.Time `json:"now"`
	TimeZone  string    `json:"timeZone,omitempty"`
	Customer  Customer  `json:"customer"`
	Project   Project   `json:"project"`
	Clients   []Client  `json:"clients,omitempty"`
	Admins    []string  `json:"admins,omitempty"`   // addresses of super administrators besides users with isAdmin
	DriveOff  []string  `json:"driveOff,omitempty"` // addresses whose Drive answers 401 or 403
	Under18   []string  `json:"under18,omitempty"`  // paths of units whose accounts are labelled under 18, those below them included
	Seed      int64     `json:"seed,omitempty"`
	PublicKey string    `json:"-"`

	OIDCClients []OIDCClient `json:"oidcClients,omitempty"`
}

// Customer is the Google Workspace account.
type Customer struct {
	ID             string `json:"id"`
	CustomerDomain string `json:"customerDomain"`
}

// Project is the Google Cloud project of the callers. Quota is "2026-05" for the units model of May 2026, or
// "queries" for the older count of queries.
type Project struct {
	Quota string `json:"quota,omitempty"`
}

// Client is a service account with domain-wide delegation. Key, a PEM public key, may be given by the server.
type Client struct {
	ClientID string   `json:"clientId"`
	Email    string   `json:"email"`
	Scopes   []string `json:"scopes"`
	Key      string   `json:"publicKey,omitempty"`
	// Signers are the service accounts that hold the role Token Creator on this one, by address, and so may have it sign (keyless
	// delegation); not given, it is the account itself. At Google nobody holds it before somebody grants it.
	Signers *[]string `json:"signers,omitempty"`
}

// OIDCClient is a site that lets people sign in with their Google account. RedirectURIs are taken to the letter; without any, every
// address on loopback is.
type OIDCClient struct {
	ClientID     string   `json:"clientId"`
	ClientSecret string   `json:"clientSecret"`
	RedirectURIs []string `json:"redirectUris,omitempty"`
}

// User is a Directory user; fields not listed here are kept in Extra.
type User struct {
	ID                 string    `json:"id"`
	PrimaryEmail       string    `json:"primaryEmail"`
	Name               Name      `json:"name"`
	Aliases            []string  `json:"aliases,omitempty"`
	NonEditableAliases []string  `json:"nonEditableAliases,omitempty"`
	OrgUnitPath        string    `json:"orgUnitPath"`
	Suspended          bool      `json:"suspended"`
	SuspensionReason   string    `json:"suspensionReason,omitempty"`
	SuspensionTime     string    `json:"suspensionTime,omitempty"`
	Archived           bool      `json:"archived"`
	IsAdmin            bool      `json:"isAdmin"`
	IsDelegatedAdmin   bool      `json:"isDelegatedAdmin"`
	IsGuestUser        bool      `json:"isGuestUser,omitempty"`
	CreationTime       time.Time `json:"creationTime,omitzero"`
	LastLoginTime      time.Time `json:"lastLoginTime,omitzero"`
	DeletionTime       time.Time `json:"deletionTime,omitzero"`

	ExternalIDs               []ExternalID `json:"externalIds,omitempty"`
	IsEnrolledIn2Sv           bool         `json:"isEnrolledIn2Sv"`
	IsEnforcedIn2Sv           bool         `json:"isEnforcedIn2Sv"`
	ChangePasswordAtNextLogin bool         `json:"changePasswordAtNextLogin"`
	RecoveryEmail             string       `json:"recoveryEmail,omitempty"`
	RecoveryPhone             string       `json:"recoveryPhone,omitempty"`
	Extra                     Raw          `json:"-"`
}

// ExternalID is a number that the school gave to a user; Type is account, custom, login_id, ….
type ExternalID struct {
	Value      string `json:"value"`
	Type       string `json:"type,omitempty"`
	CustomType string `json:"customType,omitempty"`
}

// Name is a user's name.
type Name struct {
	GivenName  string `json:"givenName,omitempty"`
	FamilyName string `json:"familyName,omitempty"`
	FullName   string `json:"fullName,omitempty"`
}

// Addresses lists every address that the user answers to, the primary one first.
func (u *User) Addresses() []string {
	out := append([]string{u.PrimaryEmail}, u.Aliases...)
	return append(out, u.NonEditableAliases...)
}

// OrgUnit is an organisational unit. The root unit "/" is included.
type OrgUnit struct {
	OrgUnitID         string `json:"orgUnitId"`
	OrgUnitPath       string `json:"orgUnitPath"`
	Name              string `json:"name"`
	ParentOrgUnitID   string `json:"parentOrgUnitId,omitempty"`
	ParentOrgUnitPath string `json:"parentOrgUnitPath,omitempty"`
	Extra             Raw    `json:"-"`
}

// Domain is a domain of the customer with its aliases.
type Domain struct {
	DomainName    string        `json:"domainName"`
	IsPrimary     bool          `json:"isPrimary"`
	Verified      bool          `json:"verified"`
	DomainAliases []DomainAlias `json:"domainAliases,omitempty"`
	Extra         Raw           `json:"-"`
}

// DomainAlias is another name of a domain.
type DomainAlias struct {
	DomainAliasName  string `json:"domainAliasName"`
	ParentDomainName string `json:"parentDomainName"`
	Verified         bool   `json:"verified"`
}

// Group is a Directory group.
type Group struct {
	ID                 string   `json:"id"`
	Email              string   `json:"email"`
	Name               string   `json:"name"`
	Description        string   `json:"description,omitempty"`
	Aliases            []string `json:"aliases,omitempty"`
	NonEditableAliases []string `json:"nonEditableAliases,omitempty"`
	AdminCreated       bool     `json:"adminCreated"`
	Extra              Raw      `json:"-"`
}

// Addresses lists every address of the group, the primary one first.
func (g *Group) Addresses() []string {
	out := append([]string{g.Email}, g.Aliases...)
	return append(out, g.NonEditableAliases...)
}

// Member is a direct member of a group. Type is USER, GROUP, CUSTOMER or EXTERNAL; ID may be missing.
type Member struct {
	ID     string `json:"id,omitempty"`
	Email  string `json:"email,omitempty"`
	Role   string `json:"role,omitempty"` // OWNER, MANAGER, MEMBER
	Type   string `json:"type,omitempty"`
	Status string `json:"status,omitempty"`
	Extra  Raw    `json:"-"`
}

// Drive is a shared drive. Permissions is its membership, which Google only tells through permissions.list.
type Drive struct {
	ID           string          `json:"id"`
	Name         string          `json:"name"`
	OrgUnitID    string          `json:"orgUnitId,omitempty"`
	CreatedTime  time.Time       `json:"createdTime,omitzero"`
	Hidden       bool            `json:"hidden,omitempty"`
	Restrictions json.RawMessage `json:"restrictions,omitempty"`
	Permissions  []Permission    `json:"permissions"`
	Extra        Raw             `json:"-"`
}

// Policy is a Cloud Identity policy; only what sorts and filters it is named.
type Policy struct {
	Name    string        `json:"name"`
	Type    string        `json:"type,omitempty"` // ADMIN or SYSTEM
	Setting PolicySetting `json:"setting"`
	Extra   Raw           `json:"-"`
}

// PolicySetting is the type and the value of a policy.
type PolicySetting struct {
	Type  string          `json:"type"`
	Value json.RawMessage `json:"value,omitempty"`
}

// AllowlistedDomain is a domain outside the customer that the administrator trusts for sharing.
type AllowlistedDomain struct {
	Name       string `json:"name,omitempty"`
	DomainName string `json:"domain"`
	Extra      Raw    `json:"-"`
}

// Mail is a message that somebody sent. Raw is base64url, as in the Gmail API.
type Mail struct {
	ID       string    `json:"id"`
	ThreadID string    `json:"threadId,omitempty"`
	Raw      string    `json:"raw"`
	Time     time.Time `json:"time"`
}

// Activity is one audit record. Several events may stand in one record; together with Time the Unique qualifier
// is its identity.
type Activity struct {
	Time       time.Time
	Unique     int64
	App        string // one of Apps
	ActorEmail string
	ActorID    string
	IPAddress  string
	Events     []Event
}

// Event is one event of an audit record.
type Event struct {
	Type   string  `json:"type"`
	Name   string  `json:"name"`
	Params []Param `json:"parameters,omitempty"`
}

// Param is one parameter of an event; one of the values is set.
type Param struct {
	Name     string          `json:"name"`
	Value    string          `json:"value,omitempty"`
	Bool     *bool           `json:"boolValue,omitempty"`
	Int      *int64          `json:"intValue,omitempty,string"`
	Multi    []string        `json:"multiValue,omitempty"`
	Messages json.RawMessage `json:"multiMessageValue,omitempty"`
}

// Param returns the value of a text parameter, "" when missing.
func (e *Event) Param(name string) string {
	for i := range e.Params {
		if e.Params[i].Name == name {
			return e.Params[i].Value
		}
	}
	return ""
}

// The methods below keep unknown fields: decode into the plain type, and what is left over into Extra.

func (u *User) UnmarshalJSON(b []byte) error {
	type plain User
	return decodeWithExtra(b, (*plain)(u), &u.Extra)
}

// MarshalJSON writes the known fields and the kept unknown ones.
func (u User) MarshalJSON() ([]byte, error) {
	type plain User
	return encodeWithExtra(plain(u), u.Extra)
}

func (o *OrgUnit) UnmarshalJSON(b []byte) error {
	type plain OrgUnit
	return decodeWithExtra(b, (*plain)(o), &o.Extra)
}

// MarshalJSON writes the known fields and the kept unknown ones.
func (o OrgUnit) MarshalJSON() ([]byte, error) {
	type plain OrgUnit
	return encodeWithExtra(plain(o), o.Extra)
}

func (d *Domain) UnmarshalJSON(b []byte) error {
	type plain Domain
	return decodeWithExtra(b, (*plain)(d), &d.Extra)
}

// MarshalJSON writes the known fields and the kept unknown ones.
func (d Domain) MarshalJSON() ([]byte, error) {
	type plain Domain
	return encodeWithExtra(plain(d), d.Extra)
}

func (g *Group) UnmarshalJSON(b []byte) error {
	type plain Group
	return decodeWithExtra(b, (*plain)(g), &g.Extra)
}

// MarshalJSON writes the known fields and the kept unknown ones.
func (g Group) MarshalJSON() ([]byte, error) {
	type plain Group
	return encodeWithExtra(plain(g), g.Extra)
}

func (m *Member) UnmarshalJSON(b []byte) error {
	type plain Member
	return decodeWithExtra(b, (*plain)(m), &m.Extra)
}

// MarshalJSON writes the known fields and the kept unknown ones.
func (m Member) MarshalJSON() ([]byte, error) {
	type plain Member
	return encodeWithExtra(plain(m), m.Extra)
}

func (d *Drive) UnmarshalJSON(b []byte) error {
	type plain Drive
	return decodeWithExtra(b, (*plain)(d), &d.Extra)
}

// MarshalJSON writes the known fields and the kept unknown ones.
func (d Drive) MarshalJSON() ([]byte, error) {
	type plain Drive
	return encodeWithExtra(plain(d), d.Extra)
}

func (p *Policy) UnmarshalJSON(b []byte) error {
	type plain Policy
	return decodeWithExtra(b, (*plain)(p), &p.Extra)
}

// MarshalJSON writes the known fields and the kept unknown ones.
func (p Policy) MarshalJSON() ([]byte, error) {
	type plain Policy
	return encodeWithExtra(plain(p), p.Extra)
}

func (a *AllowlistedDomain) UnmarshalJSON(b []byte) error {
	type plain AllowlistedDomain
	return decodeWithExtra(b, (*plain)(a), &a.Extra)
}

// MarshalJSON writes the known fields and the kept unknown ones.
func (a AllowlistedDomain) MarshalJSON() ([]byte, error) {
	type plain AllowlistedDomain
	return encodeWithExtra(plain(a), a.Extra)
}

// decodeWithExtra fills known (a pointer to a struct without its own UnmarshalJSON) and puts the rest into extra.
func decodeWithExtra(b []byte, known any, extra *Raw) error {
	if err := json.Unmarshal(b, known); err != nil {
		return err
	}
	all := Raw{}
	if err := json.Unmarshal(b, &all); err != nil {
		return err
	}
	delete(all, "kind") // the API says it by itself
	t := reflect.TypeOf(known).Elem()
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		delete(all, name)
	}
	*extra = nil
	if len(all) > 0 {
		*extra = all
	}
	return nil
}

// encodeWithExtra writes known, then the extra fields in the order of their names.
func encodeWithExtra(known any, extra Raw) ([]byte, error) {
	b, err := json.Marshal(known)
	if err != nil || len(extra) == 0 {
		return b, err
	}
	more, err := json.Marshal(extra)
	if err != nil {
		return nil, err
	}
	if bytes.Equal(b, []byte("{}")) {
		return more, nil
	}
	b = append(b[:len(b)-1], ',')
	return append(b, more[1:]...), nil
}

// activityJSON is the shape of a Reports Activity.
type activityJSON struct {
	Kind      string         `json:"kind"`
	ID        activityID     `json:"id"`
	Actor     *activityActor `json:"actor,omitempty"`
	IPAddress string         `json:"ipAddress,omitempty"`
	Events    []Event        `json:"events"`
}

type activityID struct {
	Time       string `json:"time"`
	Unique     string `json:"uniqueQualifier"`
	App        string `json:"applicationName"`
	CustomerID string `json:"customerId,omitempty"`
}

type activityActor struct {
	CallerType string `json:"callerType,omitempty"`
	Email      string `json:"email,omitempty"`
	ProfileID  string `json:"profileId,omitempty"`
	Key        string `json:"key,omitempty"`
}

// stamp is the form of times in audit records: milliseconds, UTC.
const stamp = "2006-01-02T15:04:05.000Z"

// JSON renders the record as the Reports API does.
func (a *Activity) JSON(customerID string) ([]byte, error) {
	j := activityJSON{Kind: "admin#reports#activity", IPAddress: a.IPAddress, Events: a.Events}
	j.ID = activityID{Time: a.Time.UTC().Format(stamp), Unique: fmt.Sprint(a.Unique), App: a.App, CustomerID: customerID}
	switch {
	case a.ActorEmail != "":
		j.Actor = &activityActor{CallerType: "USER", Email: a.ActorEmail, ProfileID: a.ActorID}
	default:
		j.Actor = &activityActor{CallerType: "KEY", Key: "SYSTEM"}
	}
	return json.Marshal(j)
}

func (a *Activity) fromJSON(b []byte) error {
	var j activityJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	t, err := time.Parse(time.RFC3339Nano, j.ID.Time)
	if err != nil {
		return fmt.Errorf("id.time: %w", err)
	}
	*a = Activity{Time: t, App: j.ID.App, IPAddress: j.IPAddress, Events: j.Events}
	if _, err := fmt.Sscan(j.ID.Unique, &a.Unique); err != nil {
		return fmt.Errorf("id.uniqueQualifier %q is not a whole number", j.ID.Unique)
	}
	if j.Actor != nil {
		a.ActorEmail, a.ActorID = j.Actor.Email, j.Actor.ProfileID
	}
	return nil
}
