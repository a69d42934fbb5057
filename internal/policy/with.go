package policy

import (
	"slices"
	"strings"
)

// Brake bounds what the program changes by itself, over a rolling 24 hours.
type Brake struct {
	MaxChanges int // changes; default 10
	MaxShare   int // percent of the population the change is about; default 2
}

// UnitsAndGroups names accounts by where they are. An account is among them if it is under one of the units, or a member, nested too,
// of one of the groups.
type UnitsAndGroups struct {
	Units  []string
	Groups []string // any address of a group of ours, lower case
}

// SharingWith is what the check sharing looks for. docs/rules.md defines the rules.
type SharingWith struct {
	Rules        []string // without "sharing.", in the order of the file
	Confidential []Confidential
	Remedy       string // RemedyRemove, RemedyNarrow or RemedyExpire; "" where the means only reports
	ExpireDays   int    // for RemedyExpire: how many days the share still has; else 0
}

// How sharing is put right.
const (
	RemedyRemove = "remove" // the share is taken away
	RemedyNarrow = "narrow" // who may edit may only read
	RemedyExpire = "expire" // the share ends after some days
)

// Confidential is a folder tree or a shared drive that only some may open.
type Confidential struct {
	Folder, Drive string // Google's id; exactly one is set
	Name          string
	Allowed       []string // addresses of people and groups, lower case
}

// The kinds of account that `who:` names; docs/account-rules.md, "Words", says which account is of which.
const (
	KindPupils   = "pupils"
	KindStaff    = "staff"
	KindOthers   = "others"
	KindUnplaced = "unplaced"
)

// Whose second step no-2sv asks for.
const (
	SecondStepAdmins = "admins" // those with an admin role
	SecondStepStaff  = "staff"  // all staff too
)

// What a year group may have.
const (
	YearNone     = "none"       // no accounts
	YearNoSignIn = "no-sign-in" // accounts that do not sign in
)

// AccountsWith is what the check accounts looks for. docs/account-rules.md defines the rules and every word.
type AccountsWith struct {
	Rules        []string // without "accounts.", in the order of the file
	Who          []string // kinds; empty if the policy does not say: see WhoOf
	Except       UnitsAndGroups
	GraceDays    int // leaver-active: days after leaving
	QuietWeeks   int // never-signed-in, dormant: school weeks
	PasswordDays PasswordDays
	Admins       []string          // admin-role: lower case; nil if the policy does not say, empty if it says nobody
	Accepted     []string          // addresses, lower case
	GenericWords []string          // shared-account: lower case
	ApprovedApps []string          // risky-app: names and client ids as the policy writes them; they compare without regard to case
	SignInApps   bool              // risky-app: apps that only sign people in are allowed
	SecondStep   string            // SecondStepAdmins or SecondStepStaff
	YearUnits    map[string]string // wrong-unit: year (R, N, 1 to 9) to unit; nil without
	YearRules    []YearRule
	KeepCourses  []string // old-class: ids of courses
}

// PasswordDays is the age in days above which a password is too old; 0 means no limit.
type PasswordDays struct{ Staff, Admins int }

// YearRule says what accounts some year groups may have.
type YearRule struct {
	Years    []string // R, N, 1 to 9
	Accounts string   // YearNone or YearNoSignIn
}

// WhoOf lists the kinds of account that a rule looks at: those that the policy names, else those of the rule; nil for rules that ask for no
// kind.
func (w *AccountsWith) WhoOf(rule string) []string {
	usual := ruleWho[rule]
	if usual == nil || len(w.Who) == 0 {
		return slices.Clone(usual)
	}
	return slices.Clone(w.Who)
}

// DevicesWith is what the check devices looks for.
type DevicesWith struct {
	Rules            []string // without "devices.", in the order of the file
	SyncedWithinDays int      // devices that were silent for longer are not looked at
}

// Modes of the check pupil-email.
const (
	ModeOff          = "off"           // no pupil has e-mail
	ModeApprovedOnly = "approved-only" // only those named
)

// PupilEmailWith is what the check pupil-email looks for: always all its rules.
type PupilEmailWith struct {
	Mode     string // ModeOff or ModeApprovedOnly
	Except   UnitsAndGroups
	Approved UnitsAndGroups    // in ModeApprovedOnly
	MoveTo   map[string]string // unit to the unit where mail is off, "/" for all others; nil without. See MoveFrom
}

// MoveFrom is where an account in a unit is moved to have its mail off: what the policy says of the nearest unit above.
func (w *PupilEmailWith) MoveFrom(unit string) (string, bool) {
	best, to, ok := -1, "", false
	for from, t := range w.MoveTo {
		if unitUnder(unit, from) && len(from) > best {
			best, to, ok = len(from), t, true
		}
	}
	return to, ok
}

// SettingsWith is what the check settings looks for.
type SettingsWith struct {
	Units    []string
	Baseline string // one of settings.Baselines, or ""
	Want     []Want // besides the baseline
	Except   UnitsAndGroups
}

// The places that the check comments may look at.
const (
	PlaceClassroom = "classroom" // posts in Google Classroom
	PlaceClassDojo = "classdojo" // Stories, portfolios and what waits for approval on ClassDojo; only with the block classdojo
	PlaceBlogs     = "blogs"     // posts on Blogger
	PlaceDocuments = "documents" // documents in class folders or attached to class posts
)

// Places lists the places that the check comments may look at.
var Places = []string{PlaceClassroom, PlaceDocuments, PlaceBlogs, PlaceClassDojo}

// CommentsWith is what the check comments looks for. docs/comment-rules.md defines the rules and every word.
type CommentsWith struct {
	Rules   []string // without "comments."; all rules if the policy names none
	Places  []string // in the order of the file; PlaceClassroom if the policy names none
	Replies bool     // a teacher's comment shows that they looked
	Staff   bool     // comments of staff need looking at too
}

// At tells whether the means asks for a place.
func (w *CommentsWith) At(place string) bool { return slices.Contains(w.Places, place) }

// The rules of the check names.
const (
	FullName     = "full-name"
	NotToPublish = "not-to-publish" // for the safeguarding lead, whoever deals with the clause
)

// What the rule full-name looks at besides what is public.
const (
	TitlesClasses = "classes" // names of classes
	TitlesPosts   = "posts"   // titles of classwork and materials
)

// NamesWith is what the check names looks for. docs/name-rules.md defines the rules and every word.
type NamesWith struct {
	Rules      []string // without "names.", in the order of the file
	Titles     []string // in the order of the file; empty is public titles only
	LeaverDays int      // for how long somebody who has left is still looked for
}

// Want is one setting as it should be: either one of Values, or AtLeast.
type Want struct {
	Setting string   // without "settings/": drive_and_docs.external_sharing
	Field   string   // externalSharingMode
	Values  []string // texts as they are, true, false, numbers without trailing zeros
	AtLeast *float64
}

// Rules lists the rules, without the check's name, that a means asks for: those that it names, or all of a check whose clauses name
// none. Nil for what is not a check that is looked at.
func (m Means) Rules() []string {
	switch w := m.With.(type) {
	case *SharingWith:
		return slices.Clone(w.Rules)
	case *AccountsWith:
		return slices.Clone(w.Rules)
	case *DevicesWith:
		return slices.Clone(w.Rules)
	case *CommentsWith:
		return slices.Clone(w.Rules)
	case *NamesWith:
		return slices.Clone(w.Rules)
	case *PupilEmailWith, *SettingsWith:
		return Rules(m.Name)
	}
	return nil
}

// Dealers lists the roles that deal with what a means of a clause finds: the clause's, but what not-to-publish finds is the safeguarding lead's whoever deals with
// the clause, and the headteacher's where the school names none.
func (p *Policy) Dealers(c Clause, m Means) []Role {
	var out []Role
	for _, r := range m.Rules() {
		if role := p.Dealer(c, m, r); !slices.Contains(out, role) {
			out = append(out, role)
		}
	}
	if out == nil {
		out = []Role{c.DealsWithIt}
	}
	return out
}

// Dealer is the role that deals with what one rule (without the check's name) of a means finds.
func (p *Policy) Dealer(c Clause, m Means, rule string) Role {
	if _, ok := m.With.(*NamesWith); ok && rule == NotToPublish {
		for _, r := range []Role{RoleSafeguarding, RoleHead} {
			if len(p.Person(r)) > 0 {
				return r
			}
		}
	}
	return c.DealsWithIt
}

// namesRules tells whether the clause itself chose the rules.
func (m Means) namesRules() bool {
	switch m.With.(type) {
	case *SharingWith, *AccountsWith, *DevicesWith, *NamesWith:
		return true
	}
	return false
}

// OutcomeOf is what happens when a rule (without the check's name) finds something: the means' own WhenNotMet, but Report for
// what no API can put right.
func (m Means) OutcomeOf(rule string) string {
	if m.WhenNotMet != Report && m.remedy(rule) == "" {
		return Report
	}
	return m.WhenNotMet
}

// remedy says in words how the program puts right what a rule finds, with this means' parameters; "" if it cannot.
func (m Means) remedy(rule string) string {
	words := RemedyWords(m.Name, rule)
	switch w := m.With.(type) {
	case *SharingWith:
		if words != "" && w.Remedy != "" {
			return sharingRemedies[w.Remedy]
		}
	case *AccountsWith:
		if rule == "wrong-unit" && w.YearUnits == nil {
			return ""
		}
	case *PupilEmailWith:
		if rule == "on" && w.MoveTo == nil {
			return ""
		}
	}
	return words
}

// yearOf reads a year as a roll or a policy writes it; "" if it is none.
func yearOf(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	switch s {
	case "r", "reception", "0", "year r":
		return "R"
	case "n", "nursery":
		return "N"
	}
	s = strings.TrimPrefix(strings.TrimPrefix(s, "year "), "y")
	if len(s) == 1 && s[0] >= '1' && s[0] <= '9' {
		return s
	}
	return ""
}
