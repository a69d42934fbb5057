package seen

import "time"

// A Person is what the Directory says of an account beyond [Account], for the checks on accounts.
type Person struct {
	Account
	Numbers    []string  // externalIds' values as written, of any type: roll numbers, staff codes
	LastLogin  time.Time // zero: never signed in
	Admin      bool      // super administrator
	Delegated  bool      // holds some other administrator's role
	SecondStep bool      // enrolled in two-step verification
	Recovery   string    // recovery e-mail address, lower case; "" if none
	// Given and Family are the two parts of the name; like Name never logged, never stored.
	Given, Family string
}

// Active tells whether somebody can sign in with the account: neither switched off nor archived.
func (a Account) Active() bool { return !a.SwitchedOff && !a.Archived }

// A Role is an administrator's role.
type Role struct {
	ID    string
	Name  string
	Super bool
}

// A RoleGrant is a role assigned to somebody.
type RoleGrant struct {
	ID   string // of the assignment
	Role string // role id
	To   string // Directory id of a user or a group
	Unit string // id of the org unit it is limited to, without "id:"; "" is everywhere
}

// An App is a third-party app that an account let in.
type App struct {
	Client string   // client id; "anonymous" for apps that are not registered with Google
	Name   string   // as the app calls itself
	Scopes []string // what it may do
}

// A License is a product that an account may use.
type License struct {
	Address string // of the account, lower case
	Product string
	SKU     string
}

// String writes the licence as policies name it: "Google-Apps/1010020027".
func (l License) String() string { return l.Product + "/" + l.SKU }

// A Device is a Chromebook or a mobile device.
type Device struct {
	Kind     string    // "chromebook" or "mobile"
	ID       string    // deviceId of a Chromebook, resourceId of a mobile device
	Model    string    // as the maker calls it
	Serial   string    // what stands on the device; shown to the administrator only
	Unit     string    // org unit path; Chromebooks only
	Users    []string  // addresses of a mobile device's owners, lower case
	Status   string    // as Google says: ACTIVE, APPROVED, DEPROVISIONED …
	LastSync time.Time // zero if never
	// Boot is bootMode of a Chromebook; Until is when its updates end, zero if not told.
	Boot  string
	Until time.Time
	// Encryption and Passcode are encryptionStatus and devicePasswordStatus of a mobile device, as Google writes them.
	Encryption, Passcode string
}

// Usage is one account's line of the usage report of one day.
type Usage struct {
	User    string            // Directory id (profileId); "" where Google does not tell
	Address string            // address, lower case
	Date    string            // 2026-11-18, a day in California
	Values  map[string]string // "gmail:num_emails_sent" → "3", "true", "WEAK"
}

// A Course is a class on Google Classroom.
type Course struct {
	ID      string
	Name    string // shown to staff; never logged
	Owner   string // Directory id
	State   string // ACTIVE, ARCHIVED, PROVISIONED, DECLINED, SUSPENDED
	Link    string
	Created time.Time
	Folder  string // id of the class's folder on Drive; "" if it has none
}

// The kinds of post in a class.
const (
	PostAnnouncement = "announcement"
	PostCourseWork   = "coursework"
	PostMaterial     = "material"
)

// PostDocument is the kind of a document of a class, which people comment on like a post.
const PostDocument = "document"

// A Post is an announcement, a piece of classwork or a material in a class.
type Post struct {
	ID    string // within its class
	Title string // of classwork and materials; an announcement has none
	Link  string // opens it; "" for what is not published
	Made  time.Time
	Kind  string   // PostAnnouncement, PostCourseWork or PostMaterial; "" where only one kind was asked for
	Files []string // ids of the files on Drive that are attached to it; none of a draft
}

// States of announcements.
const (
	Draft     = "DRAFT"     // only the class's teachers and administrators see it
	Published = "PUBLISHED" // the class sees it
	Deleted   = "DELETED"   // it was published once
)

// An Announcement is one in a class's stream, with its words: for those who wrote it and for nobody's log.
type Announcement struct {
	ID      string // within its class
	Text    string
	State   string // Draft, Published or Deleted
	Creator string // the id of the account in whose name it stands
	Link    string // opens it; "" for what is not published
	Made    time.Time
	Changed time.Time // when it was last written, published or moved
}

// A ClassMember is a teacher or student of a course.
type ClassMember struct {
	ID      string `json:"id"`                // Google's id, the Directory's for accounts of the customer
	Address string `json:"address,omitempty"` // lower case; "" where the scope for addresses is not delegated
	Teacher bool   `json:"teacher,omitempty"`
}

// A Guardian is a parent or carer whom Classroom writes to about a pupil.
type Guardian struct {
	Pupil   string // Directory id
	Address string // lower case
}

// A Setting is one policy of the Policy API: a setting that somebody set for some of the customer's people.
type Setting struct {
	Name   string         // policies/…
	Type   string         // without "settings/": "gmail.service_status"
	Values map[string]any // fields as Google names them
	Unit   string         // id of the org unit it is for, without "orgUnits/"; "" if none
	Group  string         // id of the group it is for, without "groups/"; "" if none
	// Licenses are the licences of which the holder must have one ("Google-Apps/1010020027"); NotLicenses those of which they must have none.
	Licenses, NotLicenses []string
	// Odd says that the query has parts that we do not understand: whom it is for is then unknown.
	Odd   bool
	Order float64 // sortOrder: greater wins
}

// Forwarding is where an account's mail is passed on to.
type Forwarding struct {
	On bool
	To string // lower case
}
