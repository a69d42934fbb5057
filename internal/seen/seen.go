// Package seen holds what was read from outside, in plain types of ours, and how much of it was read.
//
// Readers (google, classdojo) fill these types; checks read them. Nothing here knows an API, a policy or a store.
// A value of these types is what a live answer said at one moment: it is never a judgement.
package seen

import (
	"strings"
	"time"
)

// An Account is a Directory user of the school's Google Workspace.
type Account struct {
	ID          string    // Directory id, never reused
	Address     string    // primary address, lower case
	Aliases     []string  // further addresses, lower case
	Name        string    // full name; never logged, never stored outside the collection people
	Unit        string    // org unit path
	SwitchedOff bool      // suspended
	Off         time.Time // since when it is suspended; zero where it is not, or Google does not tell
	Archived    bool      // archived
	Guest       bool      // a guest of the domain (isGuestUser), not one of its people
	Created     time.Time // when the account was made
}

// A Unit is an organisational unit.
type Unit struct {
	ID   string // without the prefix "id:"
	Path string
}

// A Group is a Directory group.
type Group struct {
	ID      string
	Address string // lower case
	Aliases []string
	Name    string
}

// A Member is a direct member of a group.
type Member struct {
	ID      string // may be empty for an address without a Google account
	Address string // lower case; empty for type CUSTOMER
	Type    string // USER, GROUP, CUSTOMER or EXTERNAL
}

// Roles of Drive, weakest first.
var roles = []string{"", "reader", "commenter", "writer", "fileOrganizer", "organizer", "owner"}

// Rank orders Drive roles: 0 is none, higher may do more. A role that Google adds later ranks as writer, so that it is not overlooked.
func Rank(role string) int {
	for i, r := range roles {
		if r == role {
			return i
		}
	}
	return 3
}

// A Grant is one permission on a Drive item or shared drive, as the live API shows it.
type Grant struct {
	ID           string    `json:"id"`             // Google's id of the grantee, the same on every item
	Type         string    `json:"type"`           // user, group, domain or anyone
	Role         string    `json:"role"`           // effective role
	Own          string    `json:"own,omitempty"`  // highest role given on the item itself; "" if none
	Inherited    string    `json:"inh,omitempty"`  // highest role inherited from a folder above; "" if none
	From         string    `json:"from,omitempty"` // the folder it is inherited from; Google tells in shared drives only
	Address      string    `json:"addr,omitempty"` // of a user or group, lower case
	Domain       string    `json:"dom,omitempty"`  // of type domain, lower case
	Discoverable bool      `json:"disc,omitempty"` // can be found by search (type domain or anyone)
	Until        time.Time `json:"until,omitzero"` // when it ends by itself; zero is never
	PendingOwner bool      `json:"pend,omitempty"` // has been asked to take the file over
	View         string    `json:"view,omitempty"` // "published", "metadata" or ""
	Deleted      bool      `json:"-"`              // the grantee's account is gone
}

// IsOwn tells whether the item itself, not a folder above it, is what gives the grantee this much.
func (g Grant) IsOwn() bool { return Rank(g.Own) > Rank(g.Inherited) }

// Same tells whether two grants are the same permission: grantee and view.
func (g Grant) Same(h Grant) bool { return g.ID == h.ID && g.View == h.View }

// Mime types that matter to a check.
const (
	MimeFolder   = "application/vnd.google-apps.folder"
	MimeShortcut = "application/vnd.google-apps.shortcut"
	MimeSite     = "application/vnd.google-apps.site"
	MimeForm     = "application/vnd.google-apps.form"
)

// An Item is a file, folder, Site, form or the like on Drive.
type Item struct {
	ID        string
	Name      string // the title; never logged
	MimeType  string
	Parent    string // "" when the reader may not see it
	Owner     string // address, lower case; "" in a shared drive
	Drive     string // the shared drive's id, "" in My Drive
	Link      string // opens it in a browser
	Trashed   bool
	Augmented bool // in a shared drive: has grants of its own
	Shut      bool // in a shared drive: a folder with limited access, of which whoever read it sees the name only
	Created   time.Time
	Grants    []Grant
	// GrantsSeen is false where Google hid the grants (shared drives, or no right to share): then Grants says nothing.
	GrantsSeen bool
}

// A Drive is a shared drive.
type Drive struct {
	ID   string
	Name string
	Unit string // id of its org unit without "id:", "" where Google does not tell
}

// An Event is one event of an audit record.
type Event struct {
	Record   string // id.time + id.uniqueQualifier: the same record is the same string
	Time     time.Time
	Name     string
	Actor    string // address, lower case; may be empty
	Doc      string // doc_id
	DocType  string
	Owner    string // address of the owner after the event, lower case; for shared drives their name
	Drive    string // shared_drive_id, or "" in My Drive
	Target   string // target_user, or GROUP_EMAIL / USER_EMAIL of an admin event, lower case
	NewValue string
	Params   map[string]string // everything else that was a plain value
}

// A Scope is a part of the school's data that is read as a whole: "owner/ID", "drive/ID", "tree/ID" (a confidential folder),
// "users", "groups", "members/ID", "groupsettings", "drives", "domains", "log/drive", "log/admin".
type Scope string

// Kind is what comes before the slash, the whole scope if there is none.
func (s Scope) Kind() string { k, _, _ := strings.Cut(string(s), "/"); return k }

// ID is what comes after the slash.
func (s Scope) ID() string { _, id, _ := strings.Cut(string(s), "/"); return id }

// A Gap is a scope that could not be read, or not to its end, and why.
type Gap struct {
	Scope  Scope  `json:"scope"`
	Reason Reason `json:"reason"`
	Detail string `json:"detail,omitempty"` // what Google said, without names
	// Account is whose account stands in the way, by Directory id; "" where none does or none is known.
	Account string `json:"account,omitempty"`
}

// Reason is why something could not be seen, in one word of ours.
type Reason string

// The reasons.
const (
	Refused   Reason = "refused"     // the scope is not delegated, or the subject may not
	Off       Reason = "off"         // the service is switched off for this account, or Google disabled it
	NoMember  Reason = "no-member"   // a shared drive that nobody usable is a member of
	NoManager Reason = "no-manager"  // a shared drive with folders that only its managers see into, and nobody usable is one
	Failed    Reason = "failed"      // errors or time-outs to the last try
	Partial   Reason = "partial"     // Google said itself that the answer is incomplete
	Silent    Reason = "silent"      // a log without any record where there should be some
	Interrupt Reason = "interrupted" // the run was stopped
	Shared    Reason = "shared"      // another school of the trust has the same org units, and nothing else tells whose it is
)

// A Share is an item, or a shared drive, together with the grants that it is the cause of: its own, and inherited ones whose
// source cannot be seen. Which grants are kept is the reader's business; what they amount to is the check's.
type Share struct {
	Kind  string `json:"kind"` // "file" or "drive"
	ID    string `json:"id"`
	Mime  string `json:"mime,omitempty"`
	Title string `json:"title,omitempty"` // may hold anything; shown masked
	Link  string `json:"link,omitempty"`
	Owner string `json:"owner,omitempty"` // Directory id of the owner; "" in a shared drive
	Drive string `json:"drive,omitempty"` // id of the shared drive it is in
	// Above are the ids of the folders above it, the nearest first, as far as they were met and are known to be the school's, and at most [MostAbove].
	Above []string `json:"above,omitempty"`
	// Next is the folder above those, of which was not seen whose it is. It is not kept: it may be another school's.
	Next   string  `json:"-"`
	Grants []Grant `json:"grants"`
	// Open are the grants by which the public may open it that are not among Grants, because a folder above is their cause. They are kept
	// only where somebody asks for the titles that the public can read.
	Open  []Grant   `json:"open,omitempty"`
	Seen  time.Time `json:"seen"`              // when it was last read live
	Since time.Time `json:"since,omitzero"`    // when the log says that its sharing last changed
	By    string    `json:"by,omitempty"`      // Directory id of who last gave anybody access, where the log says so
	Lost  bool      `json:"missing,omitempty"` // not where it was, not found elsewhere yet
	Tree  string    `json:"tree,omitempty"`    // the confidential folder or drive it was read under; then Grants are those inside the customer
}

// MostAbove is how many folders above an item are kept.
const MostAbove = 6

// Subject is the share's identity in a finding.
func (s Share) Subject() string { return s.Kind + "/" + s.ID }
