package doctor

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/policy"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
)

// A grammar is a JSON Schema of policies, to be looked through for what is named at Google.
type grammar struct {
	defs  map[string]any
	found map[string]string // path → "address" or "org_unit"
}

func read(t *testing.T, schema []byte) *grammar {
	t.Helper()
	var root map[string]any
	if err := json.Unmarshal(schema, &root); err != nil {
		t.Fatal(err)
	}
	g := &grammar{defs: root["$defs"].(map[string]any), found: map[string]string{}}
	g.walk("", root)
	return g
}

func (g *grammar) walk(path string, at any) {
	s, _ := at.(map[string]any)
	if ref, ok := s["$ref"].(string); ok {
		name := strings.TrimPrefix(ref, "#/$defs/")
		if name == "address" || name == "org_unit" {
			g.found[strings.TrimPrefix(path, ".")] = name
			return
		}
		g.walk(path, g.defs[name])
		return
	}
	if names, ok := s["propertyNames"].(map[string]any); ok {
		for _, name := range []string{"address", "org_unit"} {
			if p := names["pattern"]; p != nil && p == g.defs[name].(map[string]any)["pattern"] {
				g.found[strings.TrimPrefix(path+".{}", ".")] = name
			}
		}
	}
	properties, _ := s["properties"].(map[string]any)
	for name, p := range properties {
		g.walk(path+"."+name, p)
	}
	if more, ok := s["additionalProperties"].(map[string]any); ok {
		g.walk(path+".*", more)
	}
	if items := s["items"]; items != nil {
		g.walk(path, items)
	}
	alternatives, _ := s["anyOf"].([]any)
	for _, a := range alternatives {
		g.walk(path, a)
	}
	each, _ := s["allOf"].([]any) // what `with` holds, by the means
	for _, e := range each {
		e := e.(map[string]any)
		of := "reminder"
		if check, ok := e["if"].(map[string]any)["properties"].(map[string]any); ok {
			of = check["check"].(map[string]any)["const"].(string)
		}
		g.walk(path+"."+of, e["then"].(map[string]any)["properties"].(map[string]any)["with"])
	}
}

// person takes the roles out of the paths of people, who are all looked at alike.
func person(path string) string {
	if strings.HasPrefix(path, "people.") {
		return "people"
	}
	return path
}

// Every place of the grammar at which an address or an org unit may stand is one of the spots, as what it is, and no spot is about anything else.
func TestEveryAddressOfTheGrammarIsTried(t *testing.T) {
	covered := map[string]string{}
	for _, s := range spots {
		for _, p := range strings.Fields(s.path) {
			covered[p] = "address"
			if s.kind == unit {
				covered[p] = "org_unit"
			}
		}
	}
	have := map[string]string{}
	for path, what := range read(t, policy.Schema()).found {
		have[person(path)] = what
	}
	if diff := cmp.Diff(have, covered); diff != "" {
		t.Errorf("doctor does not try what the grammar names (-grammar +spots, internal/doctor/named.go):\n%s", diff)
	}
	// What a trust's file names: people of its own, and under policy what stands in each school's policy too.
	for path := range read(t, policy.TrustSchema()).found {
		if inherited, ok := strings.CutPrefix(path, "policy."); ok {
			if covered[person(inherited)] == "" {
				t.Errorf("of a trust's file: nobody tries %s", path)
			}
			continue
		}
		if trustSpots[strings.TrimSuffix(path, ".address")] == "" {
			t.Errorf("of a trust's file: nobody tries %s", path)
		}
	}
}

// everywhere is a policy that names something at every spot, each by a name of its own.
const everywhere = `
school: {name: Wren, timezone: Europe/London, domains: [school.example], org_units: [/1]}
people: {workspace_admin: role@school.example, headteacher: {address: Nohead@school.example}, esafety_officer: noofficer@school.example}
pupils: {org_units: [/1/2], roll: {csv: roll.csv, columns: {id: Admission number, email: Email, year: Year}}}
staff: {org_units: [/1/3], roll: {csv: staff.csv, columns: {id: Staff code, email: Email}}, days: {Parttime@school.example: [mon]}, year_leaders: {Year 4: leader@school.example}}
others: [{name: Governors, group: nogovernors@school.example}, {name: Supply, org_unit: /1/4}]
confidential_owners: [owner@school.example]
blogs: [{blog: "1", name: Blog, hosts: [host@school.example]}]
classdojo: {mailbox: mailbox@school.example, classes: [{name: Robins, id: 0123456789abcdef01234567, teachers: [dojo@school.example]}]}
clauses:
  - id: A1
    says: All.
    deals_with_it: workspace_admin
    met_by:
      - {check: sharing, severity: high, with: {rules: [within-school], confidential: [{folder: abc, name: Minutes, allowed: [allowed@school.example]}]}}
      - check: accounts
        severity: high
        with: {rules: [admin-role, not-on-roll, wrong-unit], admins: [second@school.example], accepted: [accepted@school.example], except: {units: [/1/2/5], groups: [g1@school.example]}, year_units: {4: /1/2/6}}
      - check: pupil-email
        severity: high
        when_not_met: propose
        with: {mode: approved-only, except: {units: [/1/2/7], groups: [g2@school.example]}, approved: {units: [/1/2/8], groups: [g3@school.example]}, move_to: {/1/2/9: /1/2/10}}
      - {check: settings, severity: high, with: {units: [/1/11], baseline: primary-pupils, except: {units: [/1/12], groups: [g4@school.example]}}}
      - {reminder: training, with: {to: [pupils], through: classroom, when: 1 per week, as: poster, poster: poster@school.example}}
      - {reminder: photo-permission, with: {to: [pupils], through: classroom, when: 1 per week, as: teacher, agreed: [agreed@school.example]}}
`

// What a policy names is found at each spot, and tried: none of it exists at the made-up school.
func TestEverySpotFindsItsNames(t *testing.T) {
	t.Parallel()
	r := newRig(t, generate.Classroom, nil, server.Options{})
	path := filepath.Join(r.dir, "everywhere.yaml")
	write(t, path, everywhere)
	p, err := policy.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range spots {
		said := 0
		s.list(p, func(_ string, names ...string) {
			for _, n := range names {
				if n != "" {
					said++
				}
			}
		})
		if said == 0 {
			t.Errorf("the policy names something at %s, and nothing is tried", s.path)
		}
	}
	want := map[string]bool{}
	for i := 1; i <= 12; i++ {
		unit := fmt.Sprint("/1/", i)
		if i == 1 {
			unit = "/1"
		} else if 5 <= i && i <= 10 {
			unit = fmt.Sprint("/1/2/", i)
		}
		want["unit/"+unit] = true
	}
	for _, a := range []string{"role", "nohead", "noofficer", "parttime", "owner", "host", "mailbox", "dojo", "allowed", "second", "accepted", "poster", "agreed"} {
		want["person/"+a+"@school.example"] = true
	}
	for _, g := range []string{"nogovernors", "g1", "g2", "g3", "g4"} {
		want["group/"+g+"@school.example"] = true
	}
	r.Policy = p
	for _, k := range keys(r.examine(t), Fails) {
		delete(want, k)
	}
	if len(want) > 0 {
		t.Errorf("not tried: %v", slices.Sorted(maps.Keys(want)))
	}
}

// An account that is switched off may own confidential files and be accepted; a group cannot post, nor a mailbox be one; where groups or units could not be read it is said.
func TestWhatMayStandWhere(t *testing.T) {
	x := &examination{
		Setup: Setup{Policy: &policy.Policy{
			School: policy.School{Domains: []string{"school.example"}, OrgUnits: []string{"/"}}, ConfidentialOwners: []string{"left@school.example"},
			Others:    []policy.Other{{Name: "Governors", Group: "Second@school.example"}},
			ClassDojo: &policy.ClassDojo{Mailbox: "list@school.example", Classes: []policy.DojoClass{{Teachers: []string{"list@school.example", "left@other.example"}}}},
			Staff:     policy.Population{Days: map[string][]time.Weekday{"second@school.example": {time.Monday}}},
			Blogs:     []policy.Blog{{Hosts: []string{"away@partner.example"}}},
		}},
		customer: []string{"school.example", "other.example"},
		account:  map[string]*standing{"left@school.example": {}, "second@school.example": {active: true}},
		groups:   map[string]bool{"list@school.example": true},
	}
	x.people()
	x.orgUnits()
	x.namedGroups()
	have := map[string]Status{}
	for _, i := range x.items {
		have[i.Key] = i.Status
	}
	want := map[string]Status{
		"people": Works, "person/list@school.example": Fails, "person/left@other.example": Fails, "people/outside": Unknown, "units/blind": Unknown, "group/second@school.example": Fails,
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
}
