// Package policy reads the school's policy: the one YAML file in which a school says who is who, what it asks for, how
// each clause is looked at and who deals with it.
//
// The contract:
//
//   - [Load] and [Parse] are strict. A file with any mistake is refused, and all its mistakes come back at once as [Errors], in the
//     order of the file, each with line, column, what was found, what was expected and the nearest known word.
//   - What a [Policy] holds is complete: defaults are filled in, roles that clauses name have somebody, dates exist, terms do not overlap.
//   - What is doubtful but may be meant (no chair of governors, an address outside the school's domains) is in Warnings.
//   - A means that the program cannot look at yet is named without `with:`; [Built] is the one list of those it can.
//     Nothing is ever reported as looked at that is not in it.
//   - No input makes the package panic or run away: files above [MaxFile] bytes, anchors, aliases and tags are refused.
//
// The same declarations (grammar.go) check the file and make the JSON Schema for editors ([Schema]).
package policy

import (
	"slices"
	"strings"
	"time"

	"esafetybot/internal/calendar"
)

// Policy is a school's policy, checked and complete. It is not changed after it was read.
type Policy struct {
	Version  string    // the first twelve hex digits of the SHA-256 of the file, and the trust's that it inherits: any change is another version
	Path     string    // where it was read from, for messages
	Warnings []Warning // doubtful, but allowed

	Trust              *Inherited // nil if the policy inherits nothing
	School             School
	People             People
	Titles             map[Role]string // the school's words for every role, defaults included
	Pupils             Population
	Staff              Population
	Others             []Other
	Calendar           *calendar.Calendar // never nil; without terms it covers no day
	Review             Review
	Mail               Mail
	Numbers            Numbers
	ClassDojo          *ClassDojo // nil if the policy has no such block
	Blogs              []Blog     // those that the school approved, in the order of the file
	ConfidentialOwners []string   // addresses whose files are never named in mail, lower case
	Clauses            []Clause   // in the order of the file
	NotSeen            []string   // gaps that the school knows of
	Retention          map[string]Period
	Expectations       *Expectations // what the yearly review is held against: the school's file beside this one, or the program's own list; never nil
}

// School is the part of the Google Workspace account that is this school.
type School struct {
	Name           string
	ID             string // the short name that the file gives, or ""; see [Policy.Key]
	Timezone       string
	Location       *time.Location
	Domains        []string // the school's own, lower case; the first is the main one
	TrustedDomains []string // lower case
	OrgUnits       []string // the school's org units, each with everything below; default "/"
}

// Role is a part that somebody plays at the school, such as RoleOfficer.
type Role string

// People says who plays each role. Roles that a file does not name are absent.
type People map[Role][]Person

// Person is somebody named in the policy.
type Person struct {
	Role    Role
	Address string         // lower case
	Name    string         // "" if the policy does not say
	Days    []time.Weekday // on which the person is in; empty means every working day
}

// Population is the pupils or the staff: where their accounts are and what list says who they are.
type Population struct {
	Days map[string][]time.Weekday // staff only: by address (lower case), the days on which somebody is in who is not in every day
	// YearLeaders is of staff only: who leads a year, an address in lower case, by words in the names of its classes ([Policy.YearLeader]).
	YearLeaders map[string]string
	OrgUnits    []string
	Roll        *Roll // nil if there is none
}

// Roll is a CSV file that lists people, and what its columns are called.
type Roll struct {
	CSV     string            // relative to the policy file; or ""
	Drive   string            // the id of a file in Google Drive; or ""
	Columns map[string]string // our word (id, email, name, year, class, agreement, publish, left, ends) to the heading in the file
}

// Has tells whether the policy names the heading of a column, such as "agreement". No roll has none.
func (r *Roll) Has(column string) bool { return r != nil && r.Columns[column] != "" }

// Other is a further group of people with accounts: governors, supply, trainees.
type Other struct {
	Name         string
	Group        string // the address of a group, or ""
	OrgUnit      string // or a unit
	EndsRequired bool   // each account needs a date on which it ends
	Roll         *Roll  // nil if there is none
}

// Mail is how the program writes to people.
type Mail struct {
	AttachCSV bool         // attach full lists; default no: they are on the review site
	NamesFor  []Role       // roles that may read pupils' names in mail; default nobody
	Digest    Clock        // when the teachers' daily mail goes; default 15:45
	Report    Clock        // when the reports go; default 07:30
	Weekly    time.Weekday // the day on which the administrator's report goes even if nothing changed; default Monday
	NoWeekly  bool         // "weekly: none": no weekly e-mail, and no report without a change
}

// Numbers are the telephone numbers that the forms of the incident log tell people; "" where the school has not entered one.
type Numbers struct {
	LADO           string // the local designated officer, for concerns about adults
	MASH           string // the council's children's services
	Police         string // where nobody is in danger now; "" is 101
	Council        string // the council's switchboard
	DataProtection string // the data protection officer
}

// Clock is a time of day in the school's time zone.
type Clock struct{ Hour, Minute int }

// Clause is one thing that the school's policy says.
type Clause struct {
	ID          string
	Says        string
	Source      string // where the policy says it; may be ""
	DealsWithIt Role
	MetBy       []Means
	Line        int     // in the file where it stands
	Trust       *Origin // nil for a clause of the school's own
}

// Kind is how a clause is met.
type Kind string

// The four kinds of means.
const (
	Check    Kind = "check"    // looked at by machine
	CheckIn  Kind = "check_in" // a person is asked
	Reminder Kind = "reminder" // posted or mailed on the school calendar
	Record   Kind = "record"   // a log or list that the program keeps
)

// Severities, the heaviest first. Information-only rules have SeverityInformation whatever the clause says.
const (
	SeverityHigh        = calendar.High
	SeverityMedium      = "medium"
	SeverityLow         = "low"
	SeverityInformation = "information"
)

// What happens when a check finds something.
const (
	Report  = "report"  // somebody is told
	Propose = "propose" // and a change is proposed
	Fix     = "fix"     // and the program makes the change itself
)

// Means is one way in which a clause is met.
type Means struct {
	Kind       Kind
	Name       string            // of the check, check-in, reminder or record: "sharing"
	With       any               // a check's parameters: *AccountsWith for accounts and so on; of the check-in class-dojo *ClassDojo; of reminders always *ReminderWith; nil for what is not built yet
	Severity   string            // high, medium or low
	Due        calendar.Deadline // zero if nothing is due; of a reminder, how long whoever is asked has to confirm
	WhenNotMet string            // report, propose or fix; "" but for checks. What holds for one rule: OutcomeOf
	Brake      Brake             // zero but for fix
	Ask        Role              // check-ins: who is asked; reminders: who confirms, or ""
	Every      string            // check-ins and reminders: one of Rhythms, or ""
	Line       int               // in the file where it stands
}

// Period is how long something is kept.
type Period struct {
	Count int
	Unit  string // day, month or year
}

// Built reports whether the program can look at m yet.
func (m Means) Built() bool {
	if m.Kind == CheckIn && m.Name == CheckInClassDojo {
		return m.With != nil // without the list of classes nobody can be asked
	}
	return Built(m.Kind, m.Name) && !(m.Kind == CheckIn && m.Ask.PerClass()) // another one asked of each class comes later
}

// SeverityOf is the severity of what a rule (without the check's name) finds: the means' own, but information for rules
// that only inform.
func (m Means) SeverityOf(rule string) string {
	if InformationOnly(m.Name, rule) {
		return SeverityInformation
	}
	return m.Severity
}

// DueOf is how long somebody has for what a rule finds; information has no deadline.
func (m Means) DueOf(rule string) calendar.Deadline {
	if InformationOnly(m.Name, rule) {
		return calendar.Deadline{}
	}
	return m.Due
}

// Person lists who plays the role, in the order of the file; nobody for roles that the policy does not name.
func (p *Policy) Person(role Role) []Person { return p.People[role] }

// Plays tells whether the policy names an address, as somebody typed it, for any of some roles.
func (p *Policy) Plays(address string, roles ...Role) bool {
	address = strings.ToLower(strings.TrimSpace(address))
	return slices.ContainsFunc(roles, func(r Role) bool {
		return slices.ContainsFunc(p.Person(r), func(x Person) bool { return x.Address == address })
	})
}

// DaysIn is on which days somebody whom the policy names is in: as staff.days says of the address, else their own entry; nil is every day.
func (p *Policy) DaysIn(who Person) []time.Weekday {
	if days := p.Staff.Days[strings.ToLower(who.Address)]; len(days) > 0 {
		return days
	}
	return who.Days
}

// Address is the address of the first who plays the role.
func (p *Policy) Address(role Role) (string, bool) {
	if who := p.People[role]; len(who) > 0 {
		return who[0].Address, true
	}
	return "", false
}

// Title is what the school calls the role: "workspace administrator".
func (p *Policy) Title(role Role) string {
	if t, ok := p.Titles[role]; ok {
		return t
	}
	return role.Title()
}

// Clause finds a clause by its id.
func (p *Policy) Clause(id string) (Clause, bool) {
	for _, c := range p.Clauses {
		if c.ID == id {
			return c, true
		}
	}
	return Clause{}, false
}
