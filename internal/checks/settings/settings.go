// Package settingscheck judges whether settings of the Google account are as the policy wants them.
//
// Contract: [Check] is pure. For each wanted setting and each unit that a clause names it looks at the value that holds in that unit and in every unit below, for each set of
// licences that somebody there has, and at the groups that make it otherwise for somebody. The meaning is docs/account-rules.md, section "settings: differs"; the
// values and defaults are those of internal/settings. What cannot be said (no default is known, a policy is not understood) is told as unknown, never as fine.
package settingscheck

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/findings"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
	"esafetybot/internal/settings"
)

// Means is the check's name before the dot of a rule.
const Means = "settings"

// Differs is the one rule.
const Differs = "differs"

// An Ask is one entry of a clause's met_by that names this check.
type Ask struct {
	Clause, Severity, Deals string
	Units                   []string // org unit paths
	Baseline                string   // settings.PrimaryPupils, or ""
	Want                    []settings.Want
	Except                  school.Except
}

// wants are those of the baseline and the clause's own.
func (a Ask) wants() []settings.Want {
	want, _, _ := settings.Baseline(a.Baseline)
	return append(want, a.Want...)
}

// Types lists the setting types that clauses ask for, sorted, each once: what has to be read.
func Types(asks []Ask) []string {
	var out []string
	for _, a := range asks {
		for _, w := range a.wants() {
			out = append(out, w.Setting)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Input is everything a judgement rests on.
type Input struct {
	Who   *school.Directory
	Kinds *school.Kinds
	Units []seen.Unit // all of the Directory, the root among them
	Asks  []Ask

	Policies *settings.Policies  // those of Types(Asks), of Units; nil: could not be read
	Licenses map[string][]string // of each account, by Directory id; nil: not read, so that nobody is told apart by them. Needed where a policy depends on licences
}

// Unknown is what could not be said.
type Unknown struct {
	Clause, Rule, Why string
	Setting, Field    string // "" is all
	Count             int    // of how many units, or groups
	Since             time.Time
}

// About tells, for a report, what a finding is about.
type About struct {
	Setting, Field string
	Want           []string // what is wanted, as settings.Want writes it; more than one only where clauses' entries disagree
	Unit, Group    string   // id of the unit or the group where it is set, or has to be set
	Path           string   // where to click; "" if not known
}

// Result is what Check tells.
type Result struct {
	Observed []findings.Observed // sorted by clause as asked, then by subject
	Unknown  []Unknown
	About    map[string]About // by subject
	blind    map[string]bool  // clause, type and field
}

// Sees tells whether it means something that a finding of the clause on the subject is not among those observed: its setting could be judged everywhere.
func (r Result) Sees(clause, subject string) bool {
	_, what, _ := strings.Cut(strings.TrimPrefix(subject, "setting/"), "/")
	return !r.blind[clause] && !r.blind[clause+" "+what]
}

// Check judges.
func Check(in Input) Result {
	j := judge{Input: in, out: Result{About: map[string]About{}, blind: map[string]bool{}}, found: map[string]*findings.Observed{}, sets: map[string]map[string][]string{}}
	if in.Policies == nil {
		for _, a := range in.Asks {
			j.out.blind[a.Clause] = true
			j.out.Unknown = append(j.out.Unknown, Unknown{Clause: a.Clause, Rule: Differs, Why: "the settings could not be read", Count: len(a.wants())})
		}
		return j.out
	}
	j.accounts()
	for _, a := range in.Asks {
		j.ask(a)
	}
	for _, o := range j.found {
		o.Facts = findings.Normalise(o.Facts)
		j.out.Observed = append(j.out.Observed, *o)
	}
	rank := map[string]int{}
	for i, a := range in.Asks {
		rank[a.Clause] = i
	}
	slices.SortFunc(j.out.Observed, func(x, y findings.Observed) int {
		return cmp.Or(cmp.Compare(rank[x.Clause], rank[y.Clause]), strings.Compare(x.Subject, y.Subject))
	})
	return j.out
}

type judge struct {
	Input
	sets  map[string]map[string][]string // org unit path, lower case → the sets of licences that somebody directly in it has, by how they are written
	found map[string]*findings.Observed  // by findings.ID
	out   Result
}

// accounts gathers the sets of licences in each unit.
func (j *judge) accounts() {
	for _, a := range j.Who.Accounts() {
		if !j.looked(a) {
			continue
		}
		unit, has := strings.ToLower(a.Unit), slices.Compact(slices.Sorted(slices.Values(j.Licenses[a.ID])))
		if j.sets[unit] == nil {
			j.sets[unit] = map[string][]string{}
		}
		j.sets[unit][strings.Join(has, "+")] = has
	}
}

// looked tells whether an account counts: an active one of the school.
func (j *judge) looked(a *seen.Account) bool { return a.Active() && j.Kinds.School(a) }

func (j *judge) ask(a Ask) {
	left, known := j.Who.Excepted(a.Except)
	for _, w := range a.wants() {
		u := Unknown{Clause: a.Clause, Rule: Differs, Setting: w.Setting, Field: w.Field}
		switch {
		case j.Policies.Odd(w.Setting):
			u.Why = "Google has a policy of this setting of which we do not understand whom it is for"
		case j.Licenses == nil && j.Policies.NeedsLicenses(w.Setting):
			u.Why = "it depends on licences, which could not be read"
		}
		if u.Why != "" {
			u.Count = len(a.Units)
			j.unknown(u)
			continue
		}
		for _, path := range a.Units {
			j.units(a, w, path)
		}
		j.groups(a, w, left, known)
	}
}

// unknown notes what could not be said. The same of several entries of a clause is one.
func (j *judge) unknown(u Unknown) {
	j.out.blind[u.Clause+" "+u.Setting+"/"+u.Field] = true
	for i, have := range j.out.Unknown {
		if have.Clause == u.Clause && have.Setting == u.Setting && have.Field == u.Field && have.Why == u.Why {
			j.out.Unknown[i].Count += u.Count
			return
		}
	}
	j.out.Unknown = append(j.out.Unknown, u)
}

// why says why a value is not known.
func why(by *seen.Setting, field string) string {
	if by != nil && by.Values[field] != nil {
		return "its value is a list or an object, which is not compared"
	}
	return "nobody set it, and what holds then is not known"
}

// holders lists the sets of licences that tell the people of a unit apart for a setting: none, and where a policy of the setting names licences those that
// somebody has.
func (j *judge) holders(setting, path string) [][]string {
	none := [][]string{nil}
	if !j.Policies.NeedsLicenses(setting) {
		return none
	}
	return append(none, slices.Collect(maps.Values(j.sets[strings.ToLower(path)]))...)
}

// units looks at a wanted setting in a unit and all below it, by the units' own policies.
func (j *judge) units(a Ask, w settings.Want, path string) {
	id, _ := j.Policies.UnitID(path) // if it is not there, nothing is below it
	for _, x := range j.Units {
		if !school.Under(x.Path, path) || slices.ContainsFunc(a.Except.Units, func(e string) bool { return school.Under(x.Path, e) }) {
			continue
		}
		unsure := ""
		for _, has := range j.holders(w.Setting, x.Path) {
			by := j.Policies.ByUnit(w.Setting, settings.Holder{Unit: x.Path, Licenses: has})
			v := j.Policies.Value(w.Setting, w.Field, by)
			if !v.Known {
				unsure = max(unsure, why(by, w.Field)) // one of them, always the same
				continue
			}
			if w.Met(v.Text) {
				continue
			}
			place, fact := id, v.Text+" default"
			if by != nil {
				if by.Values[w.Field] != nil { // else the default holds, although the setting was set
					fact = v.Text + " set-in unit/" + by.Unit
				}
				if at, ok := j.Policies.UnitPath(by.Unit); ok && school.Under(at, path) {
					place = by.Unit
				}
			}
			if len(has) > 0 {
				fact += " licence " + strings.Join(has, "+")
			}
			j.differs(a, w, place, "", fact)
		}
		if unsure != "" {
			j.unknown(Unknown{Clause: a.Clause, Rule: Differs, Setting: w.Setting, Field: w.Field, Why: unsure, Count: 1})
		}
	}
}

// groups looks at policies of a wanted setting that are for groups, and make it otherwise for somebody in the clause's units.
func (j *judge) groups(a Ask, w settings.Want, left func(*seen.Account) bool, known bool) {
	ids := j.Policies.Groups(w.Setting)
	members := settings.MembersOf(j.Who, ids)
	for _, group := range ids {
		for _, s := range j.Policies.OfGroup(w.Setting, group) {
			v := j.Policies.Value(w.Setting, w.Field, s)
			u := Unknown{Clause: a.Clause, Rule: Differs, Setting: w.Setting, Field: w.Field, Count: 1}
			switch {
			case w.Met(v.Text):
				continue
			case members.Unknown[group]:
				u.Why = "it could not be read who is in a group that has it otherwise"
			case !known:
				u.Why = "it could not be read who is in the groups left out"
			case !j.reaches(a, s, members.ByGroup[group], left):
				continue
			case !v.Known:
				u.Why = why(s, w.Field)
			}
			if u.Why != "" {
				j.unknown(u)
				continue
			}
			j.differs(a, w, "", group, v.Text+" set-in group/"+group)
		}
	}
}

// reaches tells whether a group's policy decides for somebody in the clause's units: it applies, and is stronger than the units' own.
func (j *judge) reaches(a Ask, s *seen.Setting, users []string, left func(*seen.Account) bool) bool {
	for _, user := range users {
		u, _ := j.Who.AccountByID(user)
		if !j.looked(u) || left(u) || !slices.ContainsFunc(a.Units, func(path string) bool { return j.asked(u, path) }) {
			continue
		}
		h := settings.Holder{Unit: u.Unit, Licenses: j.Licenses[u.ID], Groups: []string{s.Group}}
		if !slices.Contains(j.Policies.ByGroup(s.Type, h), s) {
			continue
		}
		if by := j.Policies.ByUnit(s.Type, h); by == nil || s.Order > by.Order {
			return true
		}
	}
	return false
}

// asked tells whether an account is under a unit that is there.
func (j *judge) asked(u *seen.Account, path string) bool {
	_, there := j.Policies.UnitID(path)
	return there && school.Under(u.Unit, path)
}

// differs notes a fact of a finding, on a unit or a group.
func (j *judge) differs(a Ask, w settings.Want, unit, group, fact string) {
	at := unit
	if group != "" {
		at = "group:" + group
	}
	subject := "setting/" + at + "/" + w.Setting + "/" + w.Field
	id := findings.ID(a.Clause, Means+"."+Differs, subject)
	o := j.found[id]
	if o == nil {
		o = &findings.Observed{Clause: a.Clause, Rule: Means + "." + Differs, Subject: subject, Severity: a.Severity, Deals: a.Deals}
		j.found[id] = o
	}
	o.Facts = append(o.Facts, fact)
	about := j.out.About[subject]
	about.Setting, about.Field, about.Unit, about.Group, about.Path = w.Setting, w.Field, unit, group, settings.ClickPath(w.Setting)
	if !slices.Contains(about.Want, w.String()) {
		about.Want = append(about.Want, w.String())
	}
	j.out.About[subject] = about
}
