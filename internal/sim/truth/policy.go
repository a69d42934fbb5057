package truth

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

// Policy is as much of a policy as the rules ask about. school.domains is not among it:
// what the customer's domains are is read from the Directory.
type Policy struct {
	// TrustedDomains is school.trusted_domains.
	TrustedDomains []string
	// OrgUnits is school.org_units, or "/" alone where the policy has none.
	OrgUnits []string
	// Means holds each `check: sharing` of each clause.
	Means []Means

	// Zone is the school's time zone; nil is UTC.
	Zone *time.Location
	// People are the addresses of everybody named in people.
	People []string
	// Pupils, Staff and Others say whose accounts are where, and which rolls there are.
	Pupils, Staff Population
	Others        []Population
	Calendar      Calendar
	// Roles are the people of the policy by the role that they play, and StaffDays the days of staff.days by address.
	Roles     map[string][]Person
	StaffDays map[string][]string
	// Blogs are those that the school approved.
	Blogs []ListedBlog
	// CheckIns are all check-ins but those that are asked for each class, and DojoCheckIns those of ClassDojo among these.
	CheckIns, DojoCheckIns []CheckInMeans
	// Records are those records that are lists that people keep.
	Records []RecordMeans
	// Reminders are all reminders, and PolicyRead the records of who has read the policy.
	Reminders  []ReminderMeans
	PolicyRead []PolicyReadMeans
	// Review says when the policy was reviewed, nil where it does not say.
	Review *Review
	// SchoolName is school.name, and Dojo the block on ClassDojo, nil where there is none.
	SchoolName string
	Dojo       *DojoPolicy
	// The means of the other checks that the truth is told of, those with a `with` only.
	Comments   []CommentsMeans
	Accounts   []AccountsMeans
	Devices    []DevicesMeans
	PupilEmail []EmailMeans
	Settings   []SettingsMeans
	Names      []NamesMeans
}

// Means is one `check: sharing` below a clause.
type Means struct {
	Clause       string
	Rules        []string
	Confidential []Confidential
}

// Confidential marks a folder with everything below it, or a shared drive.
type Confidential struct {
	Folder  string   `yaml:"folder"`
	Drive   string   `yaml:"drive"`
	Allowed []string `yaml:"allowed"`
}

// LoadPolicies reads every *-school.yaml of the folder dir; the keys are the file names without
// .yaml. What the rules do not need is not looked at, right or wrong.
func LoadPolicies(dir string) (map[string]Policy, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*-school.yaml"))
	if err != nil {
		return nil, err
	}
	out := map[string]Policy{}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		p, err := ParsePolicy(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		out[strings.TrimSuffix(filepath.Base(path), ".yaml")] = p
	}
	return out, nil
}

// ParsePolicy reads one policy file.
func ParsePolicy(data []byte) (Policy, error) {
	var doc struct {
		School struct {
			Name           string   `yaml:"name"`
			TrustedDomains []string `yaml:"trusted_domains"`
			OrgUnits       []string `yaml:"org_units"`
		} `yaml:"school"`
		Blogs   []ListedBlog `yaml:"blogs"`
		Dojo    *dojoDoc     `yaml:"classdojo"`
		Review  *reviewDoc   `yaml:"review"`
		Clauses []struct {
			ID    string     `yaml:"id"`
			MetBy []meansDoc `yaml:"met_by"`
		} `yaml:"clauses"`
	}
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return Policy{}, err
	}
	p := Policy{TrustedDomains: doc.School.TrustedDomains, OrgUnits: doc.School.OrgUnits, Blogs: doc.Blogs, SchoolName: doc.School.Name}
	if len(p.OrgUnits) == 0 {
		p.OrgUnits = []string{"/"}
	}
	if err := p.readPeople(data); err != nil {
		return Policy{}, err
	}
	if err := p.readDojo(doc.Dojo); err != nil {
		return Policy{}, err
	}
	if err := p.readReview(doc.Review); err != nil {
		return Policy{}, err
	}
	for _, c := range doc.Clauses {
		for _, m := range c.MetBy {
			if m.CheckIn != "" {
				if err := p.readCheckIn(c.ID, m); err != nil {
					return Policy{}, fmt.Errorf("clause %s: %w", c.ID, err)
				}
				continue
			}
			if m.Reminder != "" {
				if err := p.readReminder(c.ID, m); err != nil {
					return Policy{}, fmt.Errorf("clause %s: reminder %s: %w", c.ID, m.Reminder, err)
				}
				continue
			}
			if m.Record != "" {
				if err := p.readRecord(c.ID, m); err != nil {
					return Policy{}, fmt.Errorf("clause %s: %w", c.ID, err)
				}
				continue
			}
			if m.With == nil {
				continue
			}
			again, err := yaml.Marshal(m.With)
			if err != nil {
				return Policy{}, fmt.Errorf("clause %s: %w", c.ID, err)
			}
			if m.Check != "sharing" {
				if err := p.readMeans(c.ID, m, again); err != nil {
					return Policy{}, fmt.Errorf("clause %s: %w", c.ID, err)
				}
				continue
			}
			var with struct {
				Rules        []string       `yaml:"rules"`
				Confidential []Confidential `yaml:"confidential"`
			}
			if err := yaml.Unmarshal(again, &with); err != nil {
				return Policy{}, fmt.Errorf("clause %s: %w", c.ID, err)
			}
			p.Means = append(p.Means, Means{Clause: c.ID, Rules: with.Rules, Confidential: with.Confidential})
		}
	}
	return p, nil
}
