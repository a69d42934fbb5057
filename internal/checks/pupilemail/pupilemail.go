// Package pupilemail judges whether pupils can have e-mail who should not.
//
// Contract: [Check] is pure. From the accounts, the policies of the Gmail service, the usage reports and the admin log it tells what does not match the clauses, what
// could not be said, and what each of the three sources said of every account that it found something on: the settings, the usage report, the traffic. The meaning of
// each rule is docs/account-rules.md, section "pupil-email". A unit's policy alone proves nothing, because a group can switch the service on; so both are looked at, and what was used.
package pupilemail

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/findings"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
	"esafetybot/internal/settings"
)

// Means is the check's name before the dot of a rule.
const Means = "pupil-email"

// The rules, by their name in a policy file.
const (
	On          = "on"
	AccessGroup = "access-group"
	Used        = "used"
)

// Rules lists the rules; a clause that names the check asks for all of them.
var Rules = []string{On, AccessGroup, Used}

// The modes, as the policy file names them.
const (
	Off          = "off"           // no pupil has e-mail
	ApprovedOnly = "approved-only" // only those named have it
)

// Parameters are the parameters of the usage report that the check reads (Reports API, user usage, application gmail).
var Parameters = []string{enabled, sent, received}

const (
	enabled  = "gmail:is_gmail_enabled"
	sent     = "gmail:num_emails_sent"
	received = "gmail:num_emails_received"
)

// LogEvents are the events of the log admin that change whether somebody has e-mail.
var LogEvents = []string{moved, created, removed, toggled}

const (
	moved   = "MOVE_USER_TO_ORG_UNIT"
	created = "CREATE_USER"
	removed = "REMOVE_GROUP_MEMBER"
	toggled = "TOGGLE_SERVICE_ENABLED"
)

// days is for how many days back usage reports count.
const days = 7

// An Ask is one entry of a clause's met_by that names this check.
type Ask struct {
	Clause, Severity, Deals string
	Mode                    string
	Except                  school.Except
	Approved                school.Except // those who may have e-mail, in mode approved-only
}

// Input is everything a judgement rests on.
type Input struct {
	Today calendar.Date
	Zone  *time.Location // the school's
	Who   *school.Directory
	Kinds *school.Kinds
	Asks  []Ask

	Policies *settings.Policies  // those of the Gmail service, of all units; nil: could not be read
	Licenses map[string][]string // of each account, by Directory id; nil: not read. Needed only if Policies.NeedsLicenses(settings.GmailService)
	Log      []seen.Event        // LogEvents of the last eight days at least
	LogKnown bool                // the log could be read
	// Usage hands over the lines of the usage reports of the last seven days, each with the account's Directory id, in any order, and tells whether they could be read. nil: not read.
	Usage func(line func(id string, u seen.Usage)) (ok bool)
}

// Unknown is what could not be said, and of how many accounts.
type Unknown struct {
	Clause, Rule, Why string
	Count             int
	Since             time.Time // from when on; zero: from the start
}

// Result is what Check tells.
type Result struct {
	Observed []findings.Observed // by clause as asked, then by account
	Unknown  []Unknown
	Said     map[string]Said // by subject, of every subject of Observed
	blind    map[string]bool // clause and rule
	reported map[string]bool // by account: a usage report since the last change of its e-mail was there
	changed  map[string]time.Time
	all      time.Time // of the last change for anybody
}

// Changed is when it last became otherwise whether an account may have e-mail; zero if the log told of no such change.
func (r Result) Changed(account string) time.Time {
	return later(r.changed[account], r.all)
}

func later(a, b time.Time) time.Time { return slices.MaxFunc([]time.Time{a, b}, time.Time.Compare) }

// Reported tells whether a usage report counted of an account: without one, that no use is found means nothing.
func (r Result) Reported(account string) bool { return r.reported[account] }

// Sees tells whether it means something that a finding of the clause and the rule ("on") is not among those observed: what the rule rests on could be read.
func (r Result) Sees(clause, rule string) bool { return !r.blind[clause+" "+rule] }

// An Answer is what one source says of whether an account has e-mail.
type Answer int

// The answers.
const (
	NotKnown Answer = iota
	No
	Yes
)

func (a Answer) String() string { return [...]string{"not known", "off", "on"}[a] }

// Said is what the three sources say of an account.
type Said struct {
	Settings Answer
	By       string // what decides the settings: unit/ID, group/ID, or "" where nobody set it
	Report   Answer // is_gmail_enabled of the newest usage report after the last change
	Date     string // of that report, 2026-11-18; "" without one
	Traffic  Answer // Yes if mail was sent or received in the reports of the last seven days after the last change
	Sent     int
	Received int
}

// Agree tells whether those that say something say the same.
func (s Said) Agree() bool {
	var yes, no bool
	for _, a := range []Answer{s.Settings, s.Report, s.Traffic} {
		yes, no = yes || a == Yes, no || a == No
	}
	return !yes || !no
}

// Check judges. Findings of the same clause and subject from two entries of met_by are one.
func Check(in Input) Result {
	j := judge{Input: in, out: Result{Said: map[string]Said{}, blind: map[string]bool{}}, once: map[string]bool{}}
	pupils := j.pupils()
	j.members = settings.MembersOf(in.Who, nil)
	if in.Policies != nil {
		j.members = settings.MembersOf(in.Who, in.Policies.Groups(settings.GmailService))
	}
	j.out.changed, j.out.all = j.changes()
	j.traffic()
	j.out.reported = map[string]bool{}
	for id := range j.usage {
		j.out.reported[id] = true
	}
	for _, a := range in.Asks {
		j.ask(a, pupils)
	}
	return j.out
}

type judge struct {
	Input
	members settings.Members
	usage   map[string]*usage // by account
	read    bool              // usage reports and the log
	once    map[string]bool   // ids of findings
	out     Result
}

// pupils are the accounts that the check is about.
func (j *judge) pupils() []*seen.Account {
	var out []*seen.Account
	for _, a := range j.Who.Accounts() {
		if a.Active() && j.Kinds.School(a) && j.Kinds.Kind(a) == school.Pupil {
			out = append(out, a)
		}
	}
	return out
}

func (j *judge) ask(a Ask, pupils []*seen.Account) {
	left, known := j.Who.Excepted(a.Except)
	approved, approvedKnown := func(*seen.Account) bool { return false }, true
	if a.Mode == ApprovedOnly {
		approved, approvedKnown = j.Who.Excepted(a.Approved)
	}
	var about []*seen.Account
	for _, p := range pupils {
		if !left(p) && !approved(p) {
			about = append(about, p)
		}
	}
	blind := j.blind()
	if !known || !approvedKnown {
		why := "it could not be read who is in the groups that may have e-mail"
		blind = map[string]string{On: why, AccessGroup: why, Used: why}
	}
	for _, rule := range Rules {
		if why := blind[rule]; why != "" {
			j.out.blind[a.Clause+" "+rule] = true
			if len(about) > 0 {
				j.out.Unknown = append(j.out.Unknown, Unknown{Clause: a.Clause, Rule: rule, Why: why, Count: len(about)})
			}
		}
	}
	for _, p := range about {
		unit, groups := j.policies(p)
		if blind[On] == "" && on(unit) {
			j.found(a, On, p, "unit/"+unit.Unit)
		}
		if blind[AccessGroup] == "" && !on(unit) {
			var facts []string
			for _, g := range groups {
				if unit == nil || g.Order > unit.Order {
					facts = append(facts, "group/"+g.Group)
				}
			}
			j.found(a, AccessGroup, p, facts...)
		}
		if blind[Used] == "" {
			j.found(a, Used, p, j.usage[p.ID].facts()...)
		}
	}
}

// blind says of each rule that cannot be judged why not.
func (j *judge) blind() map[string]string {
	out := map[string]string{}
	switch {
	case j.Policies == nil:
		out[On] = "the settings could not be read"
		out[AccessGroup] = out[On]
	case j.Policies.Odd(settings.GmailService):
		out[On] = "Google has a setting of Gmail of which we do not understand whom it is for"
		out[AccessGroup] = out[On]
	case j.Licenses == nil && j.Policies.NeedsLicenses(settings.GmailService):
		out[On] = "the settings depend on licences, which could not be read"
		out[AccessGroup] = out[On]
	case len(j.members.Unknown) > 0:
		out[AccessGroup] = "it could not be read who is in the groups that switch e-mail on"
	}
	switch {
	case !j.read:
		out[Used] = "the usage reports could not be read"
	case !j.LogKnown:
		out[Used] = "the log of changes could not be read, so that old usage cannot be told from new"
	}
	return out
}

// policies are those that apply to an account: the deciding one of its units, and those of its groups.
func (j *judge) policies(a *seen.Account) (unit *seen.Setting, groups []*seen.Setting) {
	if j.Policies == nil {
		return nil, nil
	}
	h := settings.Holder{Unit: a.Unit, Licenses: j.Licenses[a.ID], Groups: j.members.ByUser[a.ID]}
	return j.Policies.ByUnit(settings.GmailService, h), j.Policies.ByGroup(settings.GmailService, h)
}

// on tells whether a policy switches Gmail on.
func on(s *seen.Setting) bool { return s != nil && s.Values[settings.Service] == settings.Enabled }

// found adds a finding, unless there are no facts.
func (j *judge) found(a Ask, rule string, p *seen.Account, facts ...string) {
	o := findings.Observed{Clause: a.Clause, Rule: Means + "." + rule, Subject: "user/" + p.ID, Facts: findings.Normalise(facts), Severity: a.Severity, Deals: a.Deals}
	id := findings.ID(o.Clause, o.Rule, o.Subject)
	if len(facts) == 0 || j.once[id] {
		return
	}
	j.once[id] = true
	j.out.Observed = append(j.out.Observed, o)
	j.out.Said[o.Subject] = j.said(p)
}

// said gathers what the sources say of an account.
func (j *judge) said(a *seen.Account) Said {
	var s Said
	if blind := j.blind(); blind[On] == "" {
		unit, groups := j.policies(a)
		s.Settings = No
		if unit != nil {
			s.By = "unit/" + unit.Unit
		}
		switch {
		case on(unit):
			s.Settings = Yes
		case len(groups) > 0 && (unit == nil || groups[0].Order > unit.Order):
			s.Settings, s.By = Yes, "group/"+groups[0].Group
		case blind[AccessGroup] != "":
			s.Settings = NotKnown
		}
	}
	u := j.usage[a.ID]
	if u == nil || !j.LogKnown {
		return s
	}
	s.Date, s.Sent, s.Received = u.date, u.sent, u.received
	switch u.enabled {
	case "true":
		s.Report = Yes
	case "false":
		s.Report = No
	}
	s.Traffic = No
	if u.sent > 0 || u.received > 0 {
		s.Traffic = Yes
	}
	return s
}

// usage is what the reports say of one account.
type usage struct {
	date           string // of the newest
	enabled        string // in the newest
	sent, received int
}

func (u *usage) facts() []string {
	if u == nil {
		return nil
	}
	var out []string
	if u.enabled == "true" {
		out = append(out, "usage-says-on")
	}
	if u.sent > 0 {
		out = append(out, "sent")
	}
	if u.received > 0 {
		out = append(out, "received")
	}
	return out
}

// traffic reads the usage reports: those after the last change of each account, within the last seven days.
func (j *judge) traffic() {
	j.usage = map[string]*usage{}
	if j.Usage == nil {
		return
	}
	date := func(t time.Time) string { return calendar.DateOf(t.In(j.Zone)).String() }
	all, changed := date(j.out.all), map[string]string{}
	for id, at := range j.out.changed {
		changed[id] = date(at)
	}
	first, last := j.Today.AddDays(-days).String(), j.Today.String()
	j.read = j.Usage(func(id string, line seen.Usage) {
		if line.Date < first || line.Date > last || line.Date <= max(changed[id], all) {
			return
		}
		u := j.usage[id]
		if u == nil {
			u = &usage{}
			j.usage[id] = u
		}
		if line.Date > u.date {
			u.date, u.enabled = line.Date, strings.ToLower(line.Values[enabled])
		}
		u.sent += number(line.Values[sent])
		u.received += number(line.Values[received])
	})
}

// number reads a count; what is none counts as 0.
func number(s string) int { n, _ := strconv.Atoi(s); return n }

// changes are the times of the last change of whether each account has e-mail, and of the last change for anybody.
func (j *judge) changes() (of map[string]time.Time, all time.Time) {
	of = map[string]time.Time{}
	for _, e := range j.Log {
		switch e.Name {
		case toggled:
			if strings.EqualFold(e.Params["SERVICE_NAME"], "gmail") {
				all = later(all, e.Time)
			}
		case moved, created, removed:
			// An event on a membership names the group as its target and the user among its parameters.
			address := e.Params["USER_EMAIL"]
			if address == "" {
				address = e.Target
			}
			if a, ok := j.Who.Account(address); ok && !e.Time.Before(a.Created) {
				of[a.ID] = later(of[a.ID], e.Time)
			}
		}
	}
	return of, all
}
