package truth

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// Tenant is as much of a tenant folder as the rules ask about.
type Tenant struct {
	// Now is the start of the tenant's clock, from tenant.json.
	Now      time.Time
	Users    []User
	OrgUnits []OrgUnit
	// Domains holds every domain of the customer, domain aliases included, lower case.
	Domains []string
	Groups  []Group
	// Members holds the direct members of each group, by the group's Directory id.
	Members map[string][]Member
	// WhoCanJoin holds that group setting by group address.
	WhoCanJoin map[string]string
	Drives     []Drive
	Files      []File

	RoleAssignments []RoleAssignment
	// Tokens holds the apps of each account, by its Directory id.
	Tokens        map[string][]Token
	ChromeDevices []ChromeDevice
	MobileDevices []MobileDevice
	Licenses      []License
	CloudPolicies []CloudPolicy
	// Usage holds the usage reports, in any order.
	Usage []Usage
	// Activities holds the records of each log, in any order, by the name of the application.
	Activities map[string][]Activity
	// Forwarding holds where mail goes by itself, by the address of the account.
	Forwarding map[string]Forwarding
	Courses    []Course
	// Teachers and Students hold the members of each class, by its id.
	Teachers, Students map[string][]CourseMember
	// CourseWork and Materials hold the posts with a title of each class, by its id.
	CourseWork, Materials map[string][]Post
	// Announcements are the posts without one.
	Announcements map[string][]Post
	// DeletedUsers are accounts that can still be brought back.
	DeletedUsers []User
	Blogs        []Blog
	// Dojo is what was told of ClassDojo.
	Dojo []DojoEvent
	// Decisions are what people decided on the review site, in the order in which they did.
	Decisions []Decision
	// Rolls holds the rolls that the policies name, and their earlier versions, by file name.
	Rolls map[string][]byte
}

// User is a Directory account.
type User struct {
	ID                 string   `json:"id"`
	PrimaryEmail       string   `json:"primaryEmail"`
	Aliases            []string `json:"aliases"`
	NonEditableAliases []string `json:"nonEditableAliases"`
	OrgUnitPath        string   `json:"orgUnitPath"`
	IsGuestUser        bool     `json:"isGuestUser"`
	Name               struct {
		GivenName  string `json:"givenName"`
		FamilyName string `json:"familyName"`
		FullName   string `json:"fullName"`
	} `json:"name"`
	Suspended        bool      `json:"suspended"`
	SuspensionTime   time.Time `json:"suspensionTime"`
	Archived         bool      `json:"archived"`
	IsAdmin          bool      `json:"isAdmin"`
	IsDelegatedAdmin bool      `json:"isDelegatedAdmin"`
	IsEnrolledIn2Sv  bool      `json:"isEnrolledIn2Sv"`
	CreationTime     time.Time `json:"creationTime"`
	DeletionTime     time.Time `json:"deletionTime"`
	LastLoginTime    time.Time `json:"lastLoginTime"`
	RecoveryEmail    string    `json:"recoveryEmail"`
	ExternalIDs      []struct {
		Value string `json:"value"`
	} `json:"externalIds"`
}

// OrgUnit is an organisational unit.
type OrgUnit struct {
	ID   string `json:"orgUnitId"`
	Path string `json:"orgUnitPath"`
}

// Group is a Directory group.
type Group struct {
	ID                 string   `json:"id"`
	Email              string   `json:"email"`
	Aliases            []string `json:"aliases"`
	NonEditableAliases []string `json:"nonEditableAliases"`
}

// Member is a direct member of a group.
type Member struct {
	ID    string `json:"id"`
	Email string `json:"email"`
	Type  string `json:"type"`
}

// Drive is a shared drive with its membership.
type Drive struct {
	ID          string       `json:"id"`
	OrgUnitID   string       `json:"orgUnitId"`
	Permissions []Permission `json:"permissions"`
}

// File is an item of Drive: a file, a folder or a shortcut.
type File struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	MimeType string   `json:"mimeType"`
	Parents  []string `json:"parents"`
	Owners   []struct {
		EmailAddress string `json:"emailAddress"`
	} `json:"owners"`
	DriveID     string       `json:"driveId"`
	Trashed     bool         `json:"trashed"`
	Permissions []Permission `json:"permissions"`
}

// Permission is one line of the sharing dialogue.
type Permission struct {
	ID                 string             `json:"id"`
	Type               string             `json:"type"`
	Role               string             `json:"role"`
	EmailAddress       string             `json:"emailAddress"`
	Domain             string             `json:"domain"`
	AllowFileDiscovery bool               `json:"allowFileDiscovery"`
	ExpirationTime     time.Time          `json:"expirationTime"`
	Deleted            bool               `json:"deleted"`
	PendingOwner       bool               `json:"pendingOwner"`
	View               string             `json:"view"`
	Details            []PermissionDetail `json:"permissionDetails"`
}

// PermissionDetail says where a permission comes from.
type PermissionDetail struct {
	PermissionType string `json:"permissionType"`
	Role           string `json:"role"`
	Inherited      bool   `json:"inherited"`
}

// LoadTenant reads the tenant folder dir. A missing file counts as empty.
func LoadTenant(dir string) (*Tenant, error) { return loadTenant(&Folder{Dir: dir}) }

func loadTenant(f *Folder) (*Tenant, error) {
	if _, err := os.Stat(f.Dir); err != nil {
		return nil, fmt.Errorf("tenant folder: %w", err)
	}
	t := &Tenant{Members: map[string][]Member{}, WhoCanJoin: map[string]string{}}
	var head struct {
		Now time.Time `json:"now"`
	}
	var domains []struct {
		DomainName    string `json:"domainName"`
		DomainAliases []struct {
			DomainAliasName string `json:"domainAliasName"`
		} `json:"domainAliases"`
	}
	var settings map[string]struct {
		WhoCanJoin string `json:"whoCanJoin"`
	}
	for _, part := range []struct {
		name string
		into any
	}{
		{"tenant.json", &head},
		{"users.json", &t.Users},
		{"orgunits.json", &t.OrgUnits},
		{"domains.json", &domains},
		{"groups.json", &t.Groups},
		{"members.json", &t.Members},
		{"groupsettings.json", &settings},
		{"drives.json", &t.Drives},
	} {
		if err := f.readJSON(part.name, part.into); err != nil {
			return nil, err
		}
	}
	t.Now = head.Now
	for _, d := range domains {
		t.Domains = append(t.Domains, strings.ToLower(d.DomainName))
		for _, a := range d.DomainAliases {
			t.Domains = append(t.Domains, strings.ToLower(a.DomainAliasName))
		}
	}
	for address, s := range settings {
		t.WhoCanJoin[strings.ToLower(address)] = s.WhoCanJoin
	}
	var err error
	if t.Files, err = readLines[File](f, "files.jsonl"); err != nil {
		return nil, err
	}
	if err := t.loadAccounts(f); err != nil {
		return nil, err
	}
	return t, t.loadComments(f)
}
