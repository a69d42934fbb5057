package policy

import (
	"slices"
	"strings"
	"time"

	"esafetybot/internal/calendar"
)

// The roles that clauses and people are written with.
const (
	RoleOfficer          Role = "esafety_officer"
	RoleDeputy           Role = "deputy"
	RoleHead             Role = "headteacher"
	RoleSafeguarding     Role = "safeguarding_lead"
	RoleSafeguardingDeps Role = "deputy_safeguarding_leads"
	RoleGovernor         Role = "governor"
	RoleChair            Role = "chair_of_governors"
	RoleAdmin            Role = "workspace_admin"
	RoleDataProtection   Role = "data_protection_officer"
	RoleITSupport        Role = "it_support"
	RoleEarlyYears       Role = "early_years_lead"
	RolePageHost         Role = "page_host"
	RoleLeaders          Role = "leaders"
	RoleCommittee        Role = "committee"
	RoleClassTeacher     Role = "class_teacher"
)

// What holds where a means does not say.
const (
	defaultWhenNotMet    = Report
	defaultOtherSeverity = SeverityMedium
)

// roleInfo is what is known of a role before any school is read.
type roleInfo struct {
	role    Role
	title   string // in plain British English
	many    bool   // a list of people, not one
	outside bool   // may have an address outside the school and its trust without a warning
	classes bool   // played by different people in each class, known from Classroom, never listed in people
}

var roles = []roleInfo{
	{role: RoleOfficer, title: "e-safety officer"},
	{role: RoleDeputy, title: "deputy e-safety officer"},
	{role: RoleHead, title: "headteacher"},
	{role: RoleSafeguarding, title: "safeguarding lead"},
	{role: RoleSafeguardingDeps, title: "deputy safeguarding leads", many: true},
	{role: RoleGovernor, title: "safeguarding governor", outside: true},
	{role: RoleChair, title: "chair of governors", outside: true},
	{role: RoleAdmin, title: "workspace administrator"},
	{role: RoleDataProtection, title: "data protection officer", outside: true},
	{role: RoleITSupport, title: "IT support", outside: true},
	{role: RoleEarlyYears, title: "early-years lead"},
	{role: RolePageHost, title: "page host"},
	{role: RoleLeaders, title: "school leaders", many: true},
	{role: RoleCommittee, title: "online-safety committee", many: true, outside: true},
	{role: RoleClassTeacher, title: "class teacher", classes: true},
}

func (r Role) info() (roleInfo, bool) {
	i := slices.IndexFunc(roles, func(i roleInfo) bool { return i.role == r })
	if i < 0 {
		return roleInfo{}, false
	}
	return roles[i], true
}

// Title is the default name of the role, where the school has no word of its own.
func (r Role) Title() string {
	if i, ok := r.info(); ok {
		return i.title
	}
	return strings.ReplaceAll(string(r), "_", " ")
}

// PerClass tells whether the role is played by the teachers of each class, so that the policy names nobody for it.
func (r Role) PerClass() bool { i, _ := r.info(); return i.classes }

// Roles lists the roles that a policy may name, those of the classes included.
func Roles() []Role {
	var out []Role
	for _, i := range roles {
		out = append(out, i.role)
	}
	return out
}

func roleNames() []string {
	var out []string
	for _, i := range roles {
		out = append(out, string(i.role))
	}
	return out
}

// The words that the policy may use, the most urgent first.
var (
	severities = []string{SeverityHigh, SeverityMedium, SeverityLow}
	rhythms    = []string{"week", "month", "half term", "term", "year", "two years"}
	outcomes   = []string{Report, Propose, Fix}
)

// Rhythms lists what `every:` may say, the most frequent first.
func Rhythms() []string { return slices.Clone(rhythms) }

// defaultDue is how long somebody has where a check names no deadline.
var defaultDue = map[string]calendar.Deadline{
	SeverityHigh:   {Count: 1, Unit: calendar.WorkingDays},
	SeverityMedium: {Count: 5, Unit: calendar.SchoolDays},
	SeverityLow:    {Count: 20, Unit: calendar.SchoolDays},
}

// defaultCheckInDue is how long somebody has to answer a check-in.
var defaultCheckInDue = calendar.Deadline{Count: 5, Unit: calendar.WorkingDays}

// defaultKeptDue is how long an entry of a record that is a list may stay as it is after its date, and how long staff have to read the policy.
var defaultKeptDue = calendar.Deadline{Count: 5, Unit: calendar.WorkingDays}

// defaultRetention is how long each kind of thing is kept. Incidents are kept until a pupil's file would be destroyed; everything else
// no longer than two inspections need. docs/privacy.md says what falls under which kind.
var defaultRetention = map[string]Period{
	KeepFindings:  {2, "year"},
	KeepActions:   {6, "year"},
	KeepAccess:    {6, "year"},
	KeepCheckIns:  {2, "year"},
	KeepDecisions: {6, "year"},
	KeepIncidents: {25, "year"},
	KeepMessages:  {1, "year"},
	KeepModerated: {190, "day"}, // as long as looking at something may be asked for
	KeepPrivacy:   {6, "year"},
	KeepRecords:   {6, "year"},
	KeepReports:   {6, "year"},
	KeepRuns:      {1, "year"},
}

// The kinds of things for which a policy may say how long they are kept (Policy.Retention).
const (
	KeepFindings  = "findings"
	KeepActions   = "actions"
	KeepAccess    = "access_record"
	KeepCheckIns  = "check_ins"
	KeepDecisions = "decisions"
	KeepIncidents = "incidents"
	KeepMessages  = "messages"
	KeepModerated = "moderation"
	KeepPrivacy   = "privacy"
	KeepRecords   = "records"
	KeepReports   = "reports"
	KeepRuns      = "runs"
)

// knownMeans is one means that a policy may name.
type knownMeans struct {
	kind   Kind
	name   string
	looks  string   // how it is looked at, as explain says it
	rules  []string // what a check can find
	unseen []string // what it cannot see, for explain
	shape  *shape   // of `with`; nil for what is not built yet
	often  string   // how often a check runs
}

// The catalogue of means. One that has a shape is built: the program looks at it.
var catalogue = []*knownMeans{
	{kind: Check, name: "accounts", looks: "accounts, classes and sign-ins", often: "every day", rules: accountsRules, shape: accountsShape},
	{kind: Check, name: "devices", looks: "phones, tablets and Chromebooks", often: "every day", rules: devicesRules, shape: devicesShape,
		unseen: []string{"devices that Google does not manage", "computers with Windows or macOS", "whether a Chromebook was cleared after use"}},
	{kind: Check, name: "pupil-email", looks: "pupils' e-mail, in the settings and in the traffic", often: "every day", shape: pupilEmailShape,
		rules: []string{"on", "access-group", "used"}, unseen: []string{"mail accounts that are not the school's", "traffic of the last days, which Google tells late"}},
	{kind: Check, name: "settings", looks: "settings of the Google account", often: "every day", rules: []string{"differs"}, shape: settingsShape,
		unseen: []string{"settings that Google tells no program, such as who may write in a Classroom stream or whether Drive has trust rules"}},
	{kind: Check, name: "sharing", looks: "sharing in Google Drive", often: "every day", rules: sharingRules,
		shape: sharingShape, unseen: []string{"shared calendars", "photo albums", "the inside of a Site", "copies already taken"}},
	{kind: Check, name: "names", looks: "names of pupils where the public can read", often: "every day", rules: namesRules, shape: namesShape,
		unseen: []string{"names inside files and Sites, on blogs that the policy does not list, in pictures and in titles of forms", "initials, pet names, and names written so that they are not read as one"}},
	{kind: Check, name: "comments", looks: "comments nobody has looked at", often: "every day", rules: commentsRules, shape: commentsShape,
		unseen: []string{"what a comment in Classroom says, and whether it was changed or deleted", "who may write in a Classroom stream"}},

	{kind: CheckIn, name: "class-dojo", looks: "how ClassDojo is used and set"},
	{kind: CheckIn, name: "devices", looks: "devices that Google does not manage"},
	{kind: CheckIn, name: "filtering", looks: "the web filter and its reports"},
	{kind: CheckIn, name: "filtering-leaders", looks: "the web filter, tried by a leader"},
	{kind: CheckIn, name: "meetings", looks: "how virtual meetings are held"},
	{kind: CheckIn, name: "observations", looks: "early-years observations and consents"},
	{kind: CheckIn, name: "off-site-data", looks: "data taken or sent off site"},
	{kind: CheckIn, name: "shared-devices", looks: "shared devices cleared after use"},
	{kind: CheckIn, name: "social-media-page", looks: "the school's social-media page"},
	{kind: CheckIn, name: "staff-blogs", looks: "staff blogs and who can read them"},
	{kind: CheckIn, name: "website", looks: "the school's website"},

	{kind: Reminder, name: "agreement", looks: "acceptable-use agreements go home"},
	{kind: Reminder, name: "class-dojo-posts", looks: "drafts for ClassDojo"},
	{kind: Reminder, name: "committee", looks: "the committee meets"},
	{kind: Reminder, name: "governor-meeting", looks: "the meeting with the governor"},
	{kind: Reminder, name: "governor-report", looks: "the termly report to the governor"},
	{kind: Reminder, name: "monitoring-notice", looks: "everyone is told that use is monitored"},
	{kind: Reminder, name: "parents-event", looks: "the parents' event"},
	{kind: Reminder, name: "photo-permission", looks: "permission for photographs"},
	{kind: Reminder, name: "policy-review", looks: "the policy's review date"},
	{kind: Reminder, name: "staff-training", looks: "staff training"},
	{kind: Reminder, name: "training", looks: "sessions and training"},

	{kind: Record, name: RecordAccess, looks: "who was granted what, from when to when"},
	{kind: Record, name: "approved-blogs", looks: "approved blogs", unseen: []string{"blogs that nobody entered"}},
	{kind: Record, name: "approved-services", looks: "services approved for use", unseen: []string{"services that nobody entered"}},
	{kind: Record, name: "audit", looks: "the weekly audit e-mail, kept as sent"},
	{kind: Record, name: RecordChanges, looks: "what was agreed to and changed, monthly to the headteacher"},
	{kind: Record, name: "complaints", looks: "complaints and what was done"},
	{kind: Record, name: "consents", looks: "written consents", unseen: []string{"the consents themselves"}},
	{kind: Record, name: "data-breach", looks: "data breaches and lost devices"},
	{kind: Record, name: "exceptions", looks: "private exceptions for one person"},
	{kind: Record, name: "filter-changes", looks: "changes of the web filter and who looked at the risk", unseen: []string{"changes that nobody entered"}},
	{kind: Record, name: "filtering", looks: "filtering problems"},
	{kind: Record, name: "incidents", looks: "online-safety incidents and what was done"},
	{kind: Record, name: "meetings", looks: "meetings with the governor and what came of them", unseen: []string{"meetings that nobody entered"}},
	{kind: Record, name: "policy-read", looks: "who has read the policy"},
	{kind: Record, name: "takedown", looks: "material to be taken down"},
	{kind: Record, name: "under-age-app", looks: "pupils under an app's age"},
	{kind: Record, name: "visitors", looks: "visitors who signed before access", unseen: []string{"visitors whom nobody entered"}},
}

func meansOf(kind Kind, name string) *knownMeans {
	for _, k := range catalogue {
		if k.kind == kind && k.name == name {
			return k
		}
	}
	return nil
}

func meansNames(kind Kind) []string {
	var out []string
	for _, k := range catalogue {
		if k.kind == kind {
			out = append(out, k.name)
		}
	}
	return out
}

// The names of records that the program keeps by itself.
const (
	RecordAccess  = "access"  // who was granted what: kept whenever accounts are looked at
	RecordAudit   = "audit"   // the weekly e-mail, kept as sent
	RecordChanges = "changes" // the monthly list to the headteacher, kept as sent
)

// Records that are kept, beside those that are lists on the review site (keepers) and those that are sent (sentRecords): those that the incident log serves, and what was agreed to for a private reason.
var recordsBuilt = []string{RecordAccess, "complaints", "data-breach", "exceptions", "filtering", "incidents", "takedown", "under-age-app"}

// Built reports whether the program can look at a means yet: checks that have a shape for their parameters in the catalogue above, check-ins,
// reminders, and the records that are kept.
func Built(kind Kind, name string) bool {
	k := meansOf(kind, name)
	if k == nil {
		return false
	}
	switch kind {
	case Check:
		return k.shape != nil
	case CheckIn, Reminder:
		return true
	case Record:
		return slices.Contains(recordsBuilt, name) || keepers[name] != nil || SentRecord(name) || name == PolicyRead
	}
	return false
}

// Rules lists what a check can find, without the check's name before it; nil for checks that do not exist.
func Rules(check string) []string {
	if k := meansOf(Check, check); k != nil {
		return slices.Clone(k.rules)
	}
	return nil
}

var weekdayWords = []string{"mon", "tue", "wed", "thu", "fri"}

func weekdayOf(word string) time.Weekday { return time.Weekday(slices.Index(weekdayWords, word) + 1) }

// Checks lists the names of the checks that a policy may name.
func Checks() []string {
	var out []string
	for _, k := range catalogue {
		if k.kind == Check {
			out = append(out, k.name)
		}
	}
	return out
}
