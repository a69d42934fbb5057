package truth

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// RoleAssignment gives an administrator's role to a user or a group.
type RoleAssignment struct {
	RoleID     string `json:"roleId"`
	AssignedTo string `json:"assignedTo"`
}

// Token is an app that somebody lets into their account.
type Token struct {
	ClientID    string   `json:"clientId"`
	DisplayText string   `json:"displayText"`
	Scopes      []string `json:"scopes"`
}

// ChromeDevice is a Chromebook.
type ChromeDevice struct {
	DeviceID             string    `json:"deviceId"`
	Status               string    `json:"status"`
	OrgUnitPath          string    `json:"orgUnitPath"`
	LastSync             time.Time `json:"lastSync"`
	AutoUpdateThrough    string    `json:"autoUpdateThrough"`
	AutoUpdateExpiration string    `json:"autoUpdateExpiration"` // milliseconds
	BootMode             string    `json:"bootMode"`
}

// MobileDevice is a telephone or a tablet.
type MobileDevice struct {
	ResourceID           string    `json:"resourceId"`
	Email                []string  `json:"email"`
	Status               string    `json:"status"`
	LastSync             time.Time `json:"lastSync"`
	EncryptionStatus     string    `json:"encryptionStatus"`
	DevicePasswordStatus string    `json:"devicePasswordStatus"`
}

// License is a product that an account is given.
type License struct {
	UserID    string `json:"userId"` // an address
	ProductID string `json:"productId"`
	SkuID     string `json:"skuId"`
}

// CloudPolicy is a setting of the Admin console that somebody, or Google, has set.
type CloudPolicy struct {
	PolicyQuery struct {
		OrgUnit   string  `json:"orgUnit"`
		Group     string  `json:"group"`
		Query     string  `json:"query"`
		SortOrder float64 `json:"sortOrder"`
	} `json:"policyQuery"`
	Setting struct {
		Type  string         `json:"type"`
		Value map[string]any `json:"value"`
	} `json:"setting"`
}

// Usage is what Google tells of one account and one day.
type Usage struct {
	Date   string `json:"date"`
	Entity struct {
		UserEmail string `json:"userEmail"`
		ProfileID string `json:"profileId"`
	} `json:"entity"`
	Parameters []struct {
		Name        string      `json:"name"`
		BoolValue   bool        `json:"boolValue"`
		IntValue    json.Number `json:"intValue"` // Google writes it as a text
		StringValue string      `json:"stringValue"`
	} `json:"parameters"`
}

// Activity is a record of a log.
type Activity struct {
	ID struct {
		Time time.Time `json:"time"`
	} `json:"id"`
	Actor struct {
		Email string `json:"email"`
	} `json:"actor"`
	Events []Event `json:"events"`
}

// Event is one event of a record.
type Event struct {
	Name       string `json:"name"`
	Parameters []struct {
		Name  string   `json:"name"`
		Value string   `json:"value"`
		Multi []string `json:"multiValue"`
	} `json:"parameters"`
}

func (e Event) param(name string) string {
	for _, p := range e.Parameters {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}

// params are all values of a parameter.
func (e Event) params(name string) []string {
	for _, p := range e.Parameters {
		if p.Name == name && p.Value != "" {
			return append([]string{p.Value}, p.Multi...)
		}
		if p.Name == name {
			return p.Multi
		}
	}
	return nil
}

// Forwarding says where an account's mail goes by itself.
type Forwarding struct {
	Enabled      bool   `json:"enabled"`
	EmailAddress string `json:"emailAddress"`
}

// Course is a class of Classroom.
type Course struct {
	ID           string    `json:"id"`
	Name         string    `json:"name"`
	OwnerID      string    `json:"ownerId"`
	CourseState  string    `json:"courseState"`
	CreationTime time.Time `json:"creationTime"`
	// TeacherFolder is the folder on Drive that Classroom made for the class; without an id there is none.
	TeacherFolder struct {
		ID string `json:"id"`
	} `json:"teacherFolder"`
}

// CourseMember is a teacher or a student of a class.
type CourseMember struct {
	UserID  string `json:"userId"`
	Profile struct {
		EmailAddress string `json:"emailAddress"`
	} `json:"profile"`
}

// Post is an announcement, course work or a material of a class.
type Post struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	// State is PUBLISHED where the file leaves it out.
	State string `json:"state"`
	// Materials are what is attached to it; of what is no file on Drive, such as a link, the id is "".
	Materials []struct {
		DriveFile struct {
			DriveFile struct {
				ID string `json:"id"`
			} `json:"driveFile"`
		} `json:"driveFile"`
	} `json:"materials"`
}

// isPublished reports whether a post stands in its class.
func (p Post) isPublished() bool { return p.State == "" || p.State == "PUBLISHED" }

// loadAccounts reads what only the rules on accounts, devices, e-mail and settings ask about.
func (t *Tenant) loadAccounts(f *Folder) error {
	t.Activities = map[string][]Activity{}
	for _, part := range []struct {
		name string
		into any
	}{
		{"roleassignments.json", &t.RoleAssignments},
		{"tokens.json", &t.Tokens},
		{"chromedevices.json", &t.ChromeDevices},
		{"mobiledevices.json", &t.MobileDevices},
		{"licenses.json", &t.Licenses},
		{"policies.json", &t.CloudPolicies},
		{"forwarding.json", &t.Forwarding},
		{"courses.json", &t.Courses},
		{"teachers.json", &t.Teachers},
		{"students.json", &t.Students},
		{"coursework.json", &t.CourseWork},
		{"materials.json", &t.Materials},
	} {
		if err := f.readJSON(part.name, part.into); err != nil {
			return err
		}
	}
	var err error
	if t.Usage, err = readLines[Usage](f, "usage.jsonl"); err != nil {
		return err
	}
	for _, app := range []string{"login", "admin", "user_accounts"} {
		if t.Activities[app], err = readLines[Activity](f, "activities-"+app+".jsonl"); err != nil {
			return err
		}
	}
	return nil
}

// LoadRolls reads the rolls that the policies name from the tenant folder dir, and the earlier versions of them that lie
// beside them. A roll that is not there is as if the policy had none.
func (t *Tenant) LoadRolls(dir string, policies map[string]Policy) error {
	t.Rolls = map[string][]byte{}
	for _, p := range policies {
		for _, who := range append([]Population{p.Pupils, p.Staff}, p.Others...) {
			if who.Roll == "" {
				continue
			}
			earlier, err := filepath.Glob(filepath.Join(dir, who.Roll) + ".*")
			if err != nil {
				return err
			}
			for _, path := range append(earlier, filepath.Join(dir, who.Roll)) {
				data, err := os.ReadFile(path)
				if errors.Is(err, fs.ErrNotExist) {
					continue
				}
				if err != nil {
					return err
				}
				t.Rolls[who.Roll+strings.TrimPrefix(path, filepath.Join(dir, who.Roll))] = data
			}
		}
	}
	return nil
}
