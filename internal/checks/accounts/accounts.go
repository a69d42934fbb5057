// Package accounts judges the school's accounts and classes: whether each account is somebody's who may have it, whether it is used and
// kept safe, and who is in which class.
//
// It is pure: from what was read and remembered, the policy's clauses and the time it yields findings, reads nothing and keeps nothing. The
// meaning of each rule is docs/account-rules.md. Accounts are held by whoever calls; classes come as a stream.
//
// A rule whose source was not read is blind: the caller says so in [Input.Blind], and it yields nothing at all, neither about a person nor
// about how many there are. What the check itself finds out that it cannot know is in [Result.Unknown].
package accounts

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/findings"
	"esafetybot/internal/rolls"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
)

// Means is the check's name before the dot of a rule.
const Means = "accounts"

// The rules, by their name in a policy file.
const (
	NotOnRoll         = "not-on-roll"
	LeaverActive      = "leaver-active"
	Missing           = "missing"
	WrongUnit         = "wrong-unit"
	NoAgreement       = "no-agreement"
	NeverSignedIn     = "never-signed-in"
	Dormant           = "dormant"
	AdminRole         = "admin-role"
	PasswordAge       = "password-age"
	WeakPassword      = "weak-password"
	NoSecondStep      = "no-2sv"
	OutsideRecovery   = "outside-recovery"
	RiskyApp          = "risky-app"
	OutsideForwarding = "outside-forwarding"
	SuspiciousLogin   = "suspicious-login"
	SharedAccount     = "shared-account"
	NoEndDate         = "no-end-date"
	YearGroup         = "year-group"

	ClassWithoutTeacher = "class-without-teacher"
	OutsiderInClass     = "outsider-in-class"
	OtherSchool         = "other-school"
	OldClass            = "old-class"
)

// An Ask is one entry of a clause's met_by that names this check, with its parameters as the policy gives them, defaults filled in.
type Ask struct {
	Clause   string
	Severity string
	Deals    string
	Rules    []string

	Who          []school.Kind // whose accounts; empty: as each rule says
	Except       school.Except
	GraceDays    int               // leaver-active: days after leaving
	QuietWeeks   int               // never-signed-in, dormant: school weeks
	StaffDays    int               // password-age: days for adults; 0 is no limit
	AdminDays    int               // password-age: days for administrators; 0 is no limit
	Admins       []string          // admin-role: addresses of adults who may hold a role; nil: adults' roles are not looked at
	Accepted     []string          // addresses of generic accounts that the school knows of
	GenericWords []string          // shared-account
	ApprovedApps []string          // risky-app: client ids or names
	SignInApps   bool              // risky-app: apps that only sign people in are fine
	StaffSteps   bool              // no-2sv: all staff need a second step, not only administrators
	YearUnits    map[string]string // wrong-unit: year → unit
	YearRules    []YearRule
	KeepCourses  []string // old-class: ids of courses that may stay
}

// A YearRule says what accounts some year groups may have: none, or without NoAccounts only such as nobody signs in with.
type YearRule struct {
	Years      []string // "N", "R", "1" …
	NoAccounts bool
}

// Input is everything a judgement rests on. Maps by account are by Directory id.
type Input struct {
	Now       time.Time
	FirstLook time.Time // when the program first ran: what can be known of a log begins 180 days before
	Calendar  *calendar.Calendar
	Who       *school.Directory
	Kinds     *school.Kinds
	Asks      []Ask
	Blind     Blind

	People map[string]*seen.Person
	Named  []string // addresses that stand in the policy's people

	Pupils, Staff *rolls.Matching // nil: the policy has no such roll (one that could not be read makes rules blind)
	Others        []Entry         // in the order of the entries of Kinds
	// Left is when remembered accounts left: on which date the first version of the rolls came that had no row of theirs any more.
	Left map[string]calendar.Date
	// AtOnce are accounts of which the safeguarding lead said that they go without the days of grace.
	AtOnce map[string]bool

	Grants []seen.RoleGrant
	// What logs say is by account already: records older than the account, which an earlier bearer of its address left, are not in it.
	Password map[string]time.Time       // newest change that is known of; the making of the account need not be in it
	Alarms   map[string][]Alarm         // what the log login says of an account
	Forwards map[string]seen.Forwarding // where mail goes now, of the accounts of which the log says that they passed mail on outside
	Apps     map[string][]seen.App      // third-party apps
	Usage    map[string]seen.Usage      // newest line of the usage report
	Classes  iter.Seq[Class]            // nil if no class rule is asked for
}

// An Entry is what the policy says of an entry of others.
type Entry struct {
	Roll         *rolls.Matching // nil: it has no roll
	EndsRequired bool
}

// An Alarm is a record of the log login that a change of the password answers.
type Alarm struct {
	Event string // as Google names it: "suspicious_login"
	At    time.Time
}

// A Class is a course and its members.
type Class struct {
	seen.Course
	Members []seen.ClassMember
	Unread  bool // the members could not be read: then nothing is said that rests on them
}

// Blind says what could not be judged because a source was not read: a list of users, a roll, a log; or the members of a group of others, on
// which kinds rest ([school.Kinds].Unknown).
type Blind struct {
	Rules    map[string]bool            // for nobody
	Subjects map[string]map[string]bool // rule → subjects ("user/ID", "course/ID", "roll/KEY") for which it could not
}

// Result is what a check found.
type Result struct {
	Observed []findings.Observed // sorted by clause, rule and subject, each once
	Unknown  []Unknown           // sorted likewise
}

// Unknown is something that could not be judged although its sources were read.
type Unknown struct {
	Clause string
	Rule   string // without "accounts."
	Why    Why
	Count  int           // of how many accounts, members or classes; 0 where the rule judged nobody
	Since  calendar.Date // OlderThanLog: where what can be known begins
}

// Why says why something is unknown.
type Why string

// The reasons.
const (
	OlderThanLog  Why = "older-than-log" // the password was not changed since the log begins
	GroupsUnread  Why = "groups"         // who is in a group that matters could not be read
	MembersUnread Why = "members"        // who is in a class could not be read
	NoAddress     Why = "no-address"     // members of classes without an account, whose address Google did not tell
	NoTerms       Why = "no-terms"       // the calendar has no term dates for today, so school weeks are counted short
)

// Check judges.
func Check(in Input) Result {
	j := newJudge(in)
	j.everybody()
	j.rows()
	j.classes()
	return j.result()
}

type judge struct {
	Input
	asks    []*ask
	today   calendar.Date
	year    schoolYear
	days    []calendar.Date // school days up to today
	named   map[string]bool
	rolls   []*rolls.Matching   // all there are, in the order in which an account's row is looked for
	roles   map[string][]string // account → ids of roles
	bearers map[string][]string // roll number → accounts that bear it; only those that work, and only numbers of rows

	observed []findings.Observed
	unknown  map[Unknown]map[string]struct{} // by all but Count: what is unknown, each once, as two means of a clause may overlap
}

// ask is an Ask made ready for quick answers.
type ask struct {
	Ask
	people   []string // its rules about people
	classes  []string
	missing  bool
	left     func(*seen.Account) bool
	admins   map[string]bool
	accepted map[string]bool
	generic  map[string]bool
	approved map[string]bool
}

// person is the account under judgement.
type person struct {
	seen.Person
	kind school.Kind
}

func (p *person) addresses() []string { return append([]string{p.Address}, p.Aliases...) }

func newJudge(in Input) *judge {
	j := &judge{Input: in, today: in.Calendar.Date(in.Now), named: set(in.Named), unknown: map[Unknown]map[string]struct{}{}}
	j.year = yearOf(j.today, in.Calendar.Rollover)
	j.days = schoolDays(in.Calendar, j.today)
	j.rolls = there(in.Pupils, in.Staff)
	for _, e := range in.Others {
		j.rolls = append(j.rolls, there(e.Roll)...)
	}
	j.numbers()
	rolesKnown := j.holders()
	for _, a := range in.Asks {
		j.asks = append(j.asks, j.prepare(a, rolesKnown))
	}
	return j
}

// prepare sorts out which rules of an ask can be judged.
func (j *judge) prepare(a Ask, rolesKnown bool) *ask {
	p := &ask{Ask: a, admins: set(a.Admins), accepted: set(a.Accepted), generic: set(a.GenericWords), approved: set(a.ApprovedApps)}
	left, known := j.Who.Excepted(a.Except)
	p.left = left
	for _, r := range a.Rules {
		_, person := personRules[r]
		_, class := classRules[r]
		switch {
		case j.Blind.Rules[r]:
		case r == Missing:
			p.missing = true
		case class:
			p.classes = append(p.classes, r)
		case !person: // of a later version
		case !known, r == AdminRole && !rolesKnown:
			j.unsure(p, r, GroupsUnread, "")
		default:
			p.people = append(p.people, r)
			if (r == NeverSignedIn || r == Dormant) && j.Calendar.Covers(j.today) != nil {
				j.unsure(p, r, NoTerms, "")
			}
		}
	}
	return p
}

// unsure notes that a rule could not judge something; "" is nobody at all.
func (j *judge) unsure(a *ask, rule string, why Why, what string) {
	u := Unknown{Clause: a.Clause, Rule: rule, Why: why}
	if why == OlderThanLog {
		u.Since = j.Calendar.Date(j.logBegins())
	}
	if j.unknown[u] == nil {
		j.unknown[u] = map[string]struct{}{}
	}
	if what != "" {
		j.unknown[u][what] = struct{}{}
	}
}

// found notes a finding, if there are facts for it.
func (j *judge) found(a *ask, rule, subject string, facts []string) {
	if len(facts) > 0 {
		j.observed = append(j.observed, findings.Observed{
			Clause: a.Clause, Rule: Means + "." + rule, Subject: subject, Facts: findings.Normalise(facts), Severity: a.Severity, Deals: a.Deals,
		})
	}
}

// A personRule is a rule about an account.
type personRule struct {
	who   []school.Kind // whose accounts it looks at where the policy does not say; nil: all
	fixed bool          // the policy has no say in it
	off   bool          // it looks at accounts that are switched off too
	facts func(*judge, *ask, *person) []string
}

var (
	pupils         = []school.Kind{school.Pupil}
	adults         = []school.Kind{school.Staff, school.Other, school.Unplaced}
	pupilsAndStaff = []school.Kind{school.Pupil, school.Staff}
	placed         = []school.Kind{school.Pupil, school.Staff, school.Other}
)

var personRules = map[string]personRule{
	NotOnRoll:         {who: pupilsAndStaff, facts: (*judge).notOnRoll},
	LeaverActive:      {who: pupilsAndStaff, facts: (*judge).leaverActive},
	WrongUnit:         {fixed: true, facts: (*judge).wrongUnit},
	NoAgreement:       {who: placed, facts: (*judge).noAgreement},
	NoEndDate:         {fixed: true, facts: (*judge).noEndDate},
	SharedAccount:     {facts: (*judge).sharedAccount},
	YearGroup:         {who: pupils, facts: (*judge).yearGroup},
	NeverSignedIn:     {who: placed, facts: (*judge).neverSignedIn},
	Dormant:           {who: placed, facts: (*judge).dormant},
	AdminRole:         {facts: (*judge).adminRole},
	NoSecondStep:      {who: adults, facts: (*judge).noSecondStep},
	PasswordAge:       {who: adults, facts: (*judge).passwordAge},
	WeakPassword:      {off: true, facts: (*judge).weakPassword}, // looks itself at who and whether it works
	SuspiciousLogin:   {off: true, facts: (*judge).suspiciousLogin},
	OutsideRecovery:   {who: pupils, facts: (*judge).outsideRecovery},
	RiskyApp:          {facts: (*judge).riskyApp},
	OutsideForwarding: {facts: (*judge).outsideForwarding},
}

// everybody judges the rules about accounts.
func (j *judge) everybody() {
	for _, id := range slices.Sorted(maps.Keys(j.People)) {
		p := person{Person: *j.People[id]}
		if !j.Kinds.School(&p.Account) {
			continue
		}
		p.kind = j.Kinds.Kind(&p.Account)
		for _, a := range j.asks {
			if a.left(&p.Account) {
				continue
			}
			for _, name := range a.people {
				r := personRules[name]
				subject := "user/" + id
				if (r.off || p.Active()) && (r.fixed || a.among(p.kind, r.who)) && !j.Blind.Subjects[name][subject] {
					j.found(a, name, subject, r.facts(j, a, &p))
				}
			}
		}
	}
}

// among tells whether accounts of a kind are asked about; usual is who is where the policy does not say, nil all.
func (a *ask) among(kind school.Kind, usual []school.Kind) bool {
	who := a.Who
	if len(who) == 0 {
		who = usual
	}
	return len(who) == 0 || slices.Contains(who, kind)
}

func (j *judge) result() Result {
	slices.SortStableFunc(j.observed, order)
	var r Result
	for _, o := range j.observed {
		// A clause may name a rule in two of its means: what both find is one finding.
		if n := len(r.Observed); n > 0 && order(r.Observed[n-1], o) == 0 {
			r.Observed[n-1].Facts = findings.Normalise(append(r.Observed[n-1].Facts, o.Facts...))
			continue
		}
		r.Observed = append(r.Observed, o)
	}
	for u, what := range j.unknown {
		u.Count = len(what)
		r.Unknown = append(r.Unknown, u)
	}
	slices.SortFunc(r.Unknown, func(a, b Unknown) int {
		return cmp.Or(cmp.Compare(a.Clause, b.Clause), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Why, b.Why))
	})
	return r
}

func order(a, b findings.Observed) int {
	return cmp.Or(cmp.Compare(a.Clause, b.Clause), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Subject, b.Subject))
}

// set makes texts findable without regard to case.
func set(texts []string) map[string]bool {
	m := make(map[string]bool, len(texts))
	for _, t := range texts {
		m[strings.ToLower(t)] = true
	}
	return m
}
