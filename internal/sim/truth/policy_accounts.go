package truth

import (
	"fmt"
	"sort"
	"time"

	"github.com/goccy/go-yaml"
)

// Population is whose accounts are where: pupils, staff, or an entry of others.
type Population struct {
	// Name is pupils, staff or the name of the entry.
	Name string
	// OrgUnits are its units; an entry of others has one or none.
	OrgUnits []string
	// Group is the address of the group of an entry of others, or "".
	Group        string
	EndsRequired bool
	// Roll is the name of its file, "" without a roll, and Columns the headings by what they hold.
	Roll    string
	Columns map[string]string
}

// Except leaves accounts out.
type Except struct {
	Units  []string `yaml:"units"`
	Groups []string `yaml:"groups"`
}

// AccountsMeans is one `check: accounts` below a clause.
type AccountsMeans struct {
	Clause       string
	Rules        []string          `yaml:"rules"`
	Who          []string          `yaml:"who"`
	Except       Except            `yaml:"except"`
	GraceDays    *int              `yaml:"grace_days"`
	QuietWeeks   *int              `yaml:"quiet_weeks"`
	PasswordDays map[string]int    `yaml:"password_days"`
	Admins       *[]string         `yaml:"admins"`
	Accepted     []string          `yaml:"accepted"`
	GenericWords *[]string         `yaml:"generic_words"`
	ApprovedApps []string          `yaml:"approved_apps"`
	SignInApps   string            `yaml:"sign_in_apps"`
	SecondStep   string            `yaml:"second_step"`
	YearUnits    map[string]string `yaml:"year_units"`
	YearRules    []YearRule        `yaml:"year_rules"`
	KeepCourses  []any             `yaml:"keep_courses"`
}

// YearRule says what accounts the pupils of some years may have: none, or one without signing in.
type YearRule struct {
	Years    []any  `yaml:"years"`
	Accounts string `yaml:"accounts"`
}

// DevicesMeans is one `check: devices` below a clause.
type DevicesMeans struct {
	Clause           string
	Rules            []string `yaml:"rules"`
	SyncedWithinDays *int     `yaml:"synced_within_days"`
}

// EmailMeans is one `check: pupil-email` below a clause.
type EmailMeans struct {
	Clause   string
	Mode     string `yaml:"mode"`
	Except   Except `yaml:"except"`
	Approved Except `yaml:"approved"`
}

// SettingsMeans is one `check: settings` below a clause.
type SettingsMeans struct {
	Clause   string
	Units    []string `yaml:"units"`
	Baseline string   `yaml:"baseline"`
	Want     []Want   `yaml:"want"`
	Except   Except   `yaml:"except"`
}

// NamesMeans is one `check: names` below a clause.
type NamesMeans struct {
	Clause string
	Rules  []string `yaml:"rules"`
	// Titles are what else the rule full-name looks at: classes, posts.
	Titles     []string `yaml:"titles"`
	LeaverDays *int     `yaml:"leaver_days"`
}

// Want is a field of a setting and what it should be: Value, one of Values, or a number that is at least AtLeast.
type Want struct {
	Setting string   `yaml:"setting"`
	Field   string   `yaml:"field"`
	Value   any      `yaml:"value"`
	Values  []any    `yaml:"values"`
	AtLeast *float64 `yaml:"at_least"`
}

type rollDoc struct {
	CSV     string            `yaml:"csv"`
	Columns map[string]string `yaml:"columns"`
}

type populationDoc struct {
	OrgUnits []string `yaml:"org_units"`
	Roll     rollDoc  `yaml:"roll"`
	// Days is staff's only.
	Days map[string][]string `yaml:"days"`
}

// peopleDoc is the part of a policy that the rules on accounts need and those on sharing do not.
type peopleDoc struct {
	School struct {
		Timezone string `yaml:"timezone"`
	} `yaml:"school"`
	People any           `yaml:"people"`
	Pupils populationDoc `yaml:"pupils"`
	Staff  populationDoc `yaml:"staff"`
	Others []struct {
		Name         string  `yaml:"name"`
		Group        string  `yaml:"group"`
		OrgUnit      string  `yaml:"org_unit"`
		EndsRequired bool    `yaml:"ends_required"`
		Roll         rollDoc `yaml:"roll"`
	} `yaml:"others"`
	Calendar struct {
		Terms []struct {
			Name     string   `yaml:"name"`
			First    string   `yaml:"first"`
			Last     string   `yaml:"last"`
			HalfTerm []string `yaml:"half_term"`
		} `yaml:"terms"`
		Inset             []string `yaml:"inset"`
		Closures          []any    `yaml:"closures"`
		BankHolidays      string   `yaml:"bank_holidays"`
		ExtraBankHolidays []string `yaml:"extra_bank_holidays"`
		Rollover          *struct {
			From  string `yaml:"from"`
			Until string `yaml:"until"`
		} `yaml:"rollover"`
	} `yaml:"calendar"`
}

// readPeople fills in whom the policy knows, and its calendar.
func (p *Policy) readPeople(data []byte) error {
	var doc peopleDoc
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return err
	}
	zone := doc.School.Timezone
	if zone == "" {
		zone = "Europe/London"
	}
	var err error
	if p.Zone, err = time.LoadLocation(zone); err != nil {
		return err
	}
	p.People = addressesIn(doc.People)
	p.Roles, p.StaffDays = rolesIn(doc.People), doc.Staff.Days
	p.Pupils = Population{Name: "pupils", OrgUnits: doc.Pupils.OrgUnits, Roll: doc.Pupils.Roll.CSV, Columns: doc.Pupils.Roll.Columns}
	p.Staff = Population{Name: "staff", OrgUnits: doc.Staff.OrgUnits, Roll: doc.Staff.Roll.CSV, Columns: doc.Staff.Roll.Columns}
	for _, o := range doc.Others {
		entry := Population{Name: o.Name, Group: o.Group, EndsRequired: o.EndsRequired, Roll: o.Roll.CSV, Columns: o.Roll.Columns}
		if o.OrgUnit != "" {
			entry.OrgUnits = []string{o.OrgUnit}
		}
		p.Others = append(p.Others, entry)
	}
	return p.readCalendar(doc)
}

func (p *Policy) readCalendar(doc peopleDoc) error {
	var wrong error
	read := func(s string) day {
		d, ok := parseDay(s)
		if !ok && wrong == nil {
			wrong = fmt.Errorf("calendar: %q is not a date", s)
		}
		return d
	}
	c := doc.Calendar
	p.Calendar = Calendar{Country: c.BankHolidays}
	for _, t := range c.Terms {
		p.Calendar.Terms = append(p.Calendar.Terms, span{read(t.First), read(t.Last)})
		p.Calendar.TermNames = append(p.Calendar.TermNames, t.Name)
		if len(t.HalfTerm) == 2 {
			half := span{read(t.HalfTerm[0]), read(t.HalfTerm[1])}
			p.Calendar.HalfTerms = append(p.Calendar.HalfTerms, half)
			p.Calendar.Off = append(p.Calendar.Off, half)
		}
	}
	for _, d := range c.Inset {
		p.Calendar.Off = append(p.Calendar.Off, span{read(d), read(d)})
	}
	for _, closure := range c.Closures {
		switch closure := closure.(type) {
		case []any:
			if len(closure) == 2 {
				p.Calendar.Off = append(p.Calendar.Off, span{read(fmt.Sprint(closure[0])), read(fmt.Sprint(closure[1]))})
			}
		default:
			d := read(fmt.Sprint(closure))
			p.Calendar.Off = append(p.Calendar.Off, span{d, d})
		}
	}
	for _, d := range c.ExtraBankHolidays {
		p.Calendar.ExtraBankHolidays = append(p.Calendar.ExtraBankHolidays, read(d))
	}
	if c.Rollover != nil {
		p.Calendar.Rollover = &span{read(c.Rollover.From), read(c.Rollover.Until)}
	}
	return wrong
}

// addressesIn is every address below `people`: a text, the address of a mapping, or a list of those.
func addressesIn(node any) []string {
	var out []string
	roles, _ := node.(map[string]any)
	for _, who := range roles {
		list, ok := who.([]any)
		if !ok {
			list = []any{who}
		}
		for _, one := range list {
			switch one := one.(type) {
			case string:
				out = append(out, one)
			case map[string]any:
				if a, ok := one["address"].(string); ok {
					out = append(out, a)
				}
			}
		}
	}
	sort.Strings(out)
	return out
}

// readMeans takes in one means of a check other than sharing; other checks than ours are left alone.
func (p *Policy) readMeans(clause string, doc meansDoc, with []byte) error {
	switch doc.Check {
	case "accounts":
		m := AccountsMeans{}
		if err := yaml.Unmarshal(with, &m); err != nil {
			return err
		}
		m.Clause = clause
		p.Accounts = append(p.Accounts, m)
	case "comments":
		m := commentsWith{}
		if err := yaml.Unmarshal(with, &m); err != nil {
			return err
		}
		return p.readComments(clause, doc, m)
	case "devices":
		m := DevicesMeans{}
		if err := yaml.Unmarshal(with, &m); err != nil {
			return err
		}
		m.Clause = clause
		p.Devices = append(p.Devices, m)
	case "names":
		m := NamesMeans{}
		if err := yaml.Unmarshal(with, &m); err != nil {
			return err
		}
		m.Clause = clause
		p.Names = append(p.Names, m)
	case "pupil-email":
		m := EmailMeans{}
		if err := yaml.Unmarshal(with, &m); err != nil {
			return err
		}
		m.Clause = clause
		p.PupilEmail = append(p.PupilEmail, m)
	case "settings":
		m := SettingsMeans{}
		if err := yaml.Unmarshal(with, &m); err != nil {
			return err
		}
		m.Clause = clause
		p.Settings = append(p.Settings, m)
	}
	return nil
}
