package generate

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"esafetybot/examples"

	"github.com/goccy/go-yaml"
)

// asked is what the examples' clauses name and the tenant must therefore have: units, groups, addresses, courses, apps. Units are written as in
// the examples, whose school stands at the root.
type asked struct {
	accepted       map[string][]string // generic accounts: the policies that accept them for shared-account
	apps           []string            // approved in one of the policies at least
	approvedBy     map[string][]string // apps: the policies that approve them
	courses        map[string][]string // ids of courses that may stay, by policy
	signInApps     []string            // the policies to which apps that only sign people in are fine
	yearUnits      []string            // the policies that say where a year's accounts are
	exceptUnits    map[string][]string // by policy, of pupil-email
	exceptGroups   map[string][]string
	approvedUnits  map[string][]string
	approvedGroups map[string][]string
	yearRules      map[string][]yearRule     // by policy
	passwordDays   map[string]map[string]int // by policy: the number of days for "staff" and "admins"
	admins         map[string][]string       // who may hold roles, by policy; a policy without an entry does not say
	units          []string                  // every unit named
	quietYears     int                       // pupils up to this year do not sign in; -1 for none
}

// unitNamed finds the units that an example names.
var unitNamed = regexp.MustCompile(`/(Pupils|Staff|Governors|Visitors|Leavers)(/[A-Z0-9][A-Za-z0-9]*( [A-Z0-9][A-Za-z0-9]*)*)*`)

type yearRule struct {
	Years    []any  `yaml:"years"`
	Accounts string `yaml:"accounts"`
}

// has reports whether the rule is about the year.
func (r yearRule) has(year string) bool {
	return slices.ContainsFunc(r.Years, func(y any) bool { return fmt.Sprint(y) == year })
}

type unitsAndGroups struct {
	Units  []string `yaml:"units"`
	Groups []string `yaml:"groups"`
}

// readAsked looks through the clauses of both examples.
func readAsked() (asked, error) {
	a := asked{accepted: map[string][]string{}, courses: map[string][]string{}, exceptUnits: map[string][]string{}, exceptGroups: map[string][]string{},
		approvedUnits: map[string][]string{}, approvedGroups: map[string][]string{}, yearRules: map[string][]yearRule{}, approvedBy: map[string][]string{}, passwordDays: map[string]map[string]int{}, admins: map[string][]string{}, quietYears: -1}
	for _, x := range []struct{ name, text string }{{Classroom, examples.Classroom}, {Dojo, examples.Dojo}} {
		var p struct {
			Clauses []struct {
				MetBy []struct {
					Check string `yaml:"check"`
					With  struct {
						Rules        []string       `yaml:"rules"`
						Except       unitsAndGroups `yaml:"except"`
						Approved     unitsAndGroups `yaml:"approved"`
						Accepted     []string       `yaml:"accepted"`
						ApprovedApps []any          `yaml:"approved_apps"`
						SignInApps   string         `yaml:"sign_in_apps"`
						YearUnits    map[string]any `yaml:"year_units"`
						YearRules    []yearRule     `yaml:"year_rules"`
						KeepCourses  []any          `yaml:"keep_courses"`
						PasswordDays map[string]int `yaml:"password_days"`
						Admins       []string       `yaml:"admins"`
					} `yaml:"with"`
				} `yaml:"met_by"`
			} `yaml:"clauses"`
		}
		if err := yaml.Unmarshal([]byte(x.text), &p); err != nil {
			return a, fmt.Errorf("the example %s: %w", x.name, err)
		}
		a.units = append(a.units, unitNamed.FindAllString(x.text, -1)...)
		mine := map[string]bool{}
		for _, c := range p.Clauses {
			for _, m := range c.MetBy {
				w := m.With
				if slices.Contains(w.Rules, "shared-account") {
					for _, address := range w.Accepted {
						a.accepted[address] = append(a.accepted[address], x.name)
					}
				}
				for _, app := range w.ApprovedApps {
					mine[fmt.Sprint(app)] = true
				}
				for _, id := range w.KeepCourses {
					a.courses[x.name] = append(a.courses[x.name], fmt.Sprint(id))
				}
				if w.SignInApps == "allowed" {
					a.signInApps = append(a.signInApps, x.name)
				}
				if len(w.YearUnits) > 0 {
					a.yearUnits = append(a.yearUnits, x.name)
				}
				if w.PasswordDays != nil {
					a.passwordDays[x.name] = w.PasswordDays
				}
				if w.Admins != nil {
					a.admins[x.name] = append(a.admins[x.name], w.Admins...)
				}
				a.yearRules[x.name] = append(a.yearRules[x.name], w.YearRules...)
				if m.Check == "pupil-email" {
					a.exceptUnits[x.name] = append(a.exceptUnits[x.name], w.Except.Units...)
					a.exceptGroups[x.name] = append(a.exceptGroups[x.name], w.Except.Groups...)
					a.approvedUnits[x.name] = append(a.approvedUnits[x.name], w.Approved.Units...)
					a.approvedGroups[x.name] = append(a.approvedGroups[x.name], w.Approved.Groups...)
				}
			}
		}
		for app := range mine {
			a.approvedBy[app] = append(a.approvedBy[app], x.name)
		}
		for y := range 7 {
			for _, r := range a.yearRules[x.name] {
				if r.Accounts == "no-sign-in" && r.has(yearName(y)) {
					a.quietYears = max(a.quietYears, y)
				}
			}
		}
	}
	a.apps = slices.Sorted(maps.Keys(a.approvedBy))
	return a, nil
}

// ours writes a unit of an example as this tenant has it.
func (b *builder) ours(unit string) string { return b.root + strings.TrimSuffix(unit, "/") }
