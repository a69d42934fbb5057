package policy

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"esafetybot/internal/calendar"
)

const (
	trustFile = `trust: {name: Example Trust, domains: [Trust.example]}
people:
  safeguarding_lead: {address: DSL@trust.example, days: [mon]}
  data_protection_officer: dpo@trust.example
  technicians:
    - {address: tech@trust.example, days: [tue, thu], schools: [oak, ash]}
    - {address: other@trust.example, schools: [elm.example]}
policy:
  school: {timezone: Europe/London, trusted_domains: [council.example]}
  calendar:
    terms: [{name: Autumn, first: 2026-09-02, last: 2026-12-18}]
    inset: [2026-09-02]
  titles: {workspace_admin: technician}
  clauses:
    - id: T1
      required: true
      says: Nothing is open to everybody.
      deals_with_it: workspace_admin
      met_by:
        - {check: sharing, with: {rules: [public, public-link]}, severity: medium, due: 5 school days}
        - {check_in: devices, ask: workspace_admin, every: term}
    - id: T2
      says: Devices have a passcode.
      deals_with_it: workspace_admin
      met_by: [{check: devices, with: {rules: [no-passcode]}, severity: low}]
  not_seen: [shared calendars]
  retention: {messages: 90 days}
schools: [oak/policy.yaml, ash/policy.yaml, elm.yaml]
`
	oakFile = `inherits: ../trust.yaml
school: {name: Oak Lane, id: oak, domains: [schools.example], org_units: [/Oak]}
people: {headteacher: head@schools.example, chair_of_governors: c@home.example, safeguarding_lead: head@schools.example, esafety_officer: head@schools.example}
calendar: {inset: [2026-09-03]}
clauses:
  - id: O1
    says: There is a list of visitors.
    deals_with_it: headteacher
    met_by: [{record: visitors}]
not_seen: [photo albums, Shared calendars]
`
	ashFile = `inherits: ../trust.yaml
leaves_out: [T2]
school: {name: Ash Grove, id: ash, domains: [schools.example], org_units: [/Ash]}
people: {headteacher: head@schools.example, chair_of_governors: c@home.example, safeguarding_lead: head@schools.example, esafety_officer: head@schools.example}
clauses:
  - id: T1
    says: Nothing at Ash Grove is open to everybody.
    met_by:
      - {check: sharing, with: {rules: [public, public-link]}, severity: high, due: at once}
      - {check_in: devices, ask: headteacher, every: month}
`
	elmFile = `inherits: trust.yaml
school: {name: Elm Road, domains: [elm.example]}
people: {headteacher: head@elm.example, chair_of_governors: c@home.example, safeguarding_lead: head@elm.example, esafety_officer: head@elm.example}
`
)

// trustAt writes the trust with changes: "FILE: OLD" to NEW.
func trustAt(t *testing.T, changes ...string) string {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{"trust.yaml": trustFile, "oak/policy.yaml": oakFile, "ash/policy.yaml": ashFile, "elm.yaml": elmFile}
	for i := 0; i < len(changes); i += 3 {
		name, old := changes[i], changes[i+1]
		if !strings.Contains(files[name], old) {
			t.Fatalf("%s has no %q", name, old)
		}
		files[name] = strings.Replace(files[name], old, changes[i+2], 1)
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestInherits(t *testing.T) {
	dir := trustAt(t)
	trust, err := LoadTrust(filepath.Join(dir, "trust.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"oak", "ash", "elm.example"}, trust.Keys()); d != "" {
		t.Error(d)
	}
	if trust.Name != "Example Trust" || trust.SafeguardingLead.Address != "dsl@trust.example" || len(trust.SafeguardingLead.Days) != 1 {
		t.Errorf("have %+v", trust)
	}
	oak, ash, elm := trust.Schools[0], trust.Schools[1], trust.Schools[2]
	ids := func(p *Policy) (out []string) {
		for _, c := range p.Clauses {
			out = append(out, c.ID)
		}
		return out
	}
	for _, c := range []struct {
		what       string
		want, have any
	}{
		{"clauses of Oak", []string{"T1", "T2", "O1"}, ids(oak)},
		{"clauses of Ash", []string{"T1"}, ids(ash)},
		{"clauses of Elm", []string{"T1", "T2"}, ids(elm)},
		{"where Oak's first clause stands", &Origin{File: trust.Path, Line: 15, Required: true}, oak.Clauses[0].Trust},
		{"Oak's own clause", (*Origin)(nil), oak.Clauses[2].Trust},
		{"where Ash's clause stands", &Origin{File: trust.Path, Line: 15, Required: true, Changed: []string{"says", "met_by"}}, ash.Clauses[0].Trust},
		{"Ash's severity", "high", ash.Clauses[0].MetBy[0].Severity},
		{"who deals with Ash's", RoleAdmin, ash.Clauses[0].DealsWithIt},
		{"lists that are put together", []string{"shared calendars", "photo albums"}, oak.NotSeen},
		{"a trusted domain", []string{"council.example"}, elm.School.TrustedDomains},
		{"a title", "technician", oak.Title(RoleAdmin)},
		{"the technician of Oak", Person{Role: RoleAdmin, Address: "tech@trust.example", Days: oak.People[RoleAdmin][0].Days}, oak.People[RoleAdmin][0]},
		{"the technician of Elm", "other@trust.example", elm.People[RoleAdmin][0].Address},
		{"the data protection officer", "dpo@trust.example", ash.People[RoleDataProtection][0].Address},
		{"a block that is put together", true, oak.Calendar.IsSchoolDay(day("2026-09-02")) && !oak.Calendar.IsSchoolDay(day("2026-09-03"))},
		{"retention", Period{90, "day"}, ash.Retention["messages"]},
		{"domains of the trust, for Oak", []string{"elm.example", "trust.example"}, oak.TrustDomains()},
		{"domains of the trust, for Elm", []string{"schools.example", "trust.example"}, elm.TrustDomains()},
		{"warnings", 0, len(trust.Warnings)},
	} {
		if d := cmp.Diff(c.want, c.have); d != "" {
			t.Errorf("%s (-want +have):\n%s", c.what, d)
		}
	}
	var out bytes.Buffer
	if err := Explain(ash, &out, ExplainOptions{Width: 60}); err != nil {
		t.Fatal(err)
	}
	flat := strings.Join(strings.Fields(out.String()), " ")
	if want := "(from Example Trust, trust.yaml line 15, required; the school says itself: says, met_by (policy.yaml line 6))"; !strings.Contains(flat, want) {
		t.Errorf("the table does not say %q:\n%s", want, flat)
	}
}

func day(s string) calendar.Date { d, _ := calendar.ParseDate(s); return d }

// TestTrustVersion: a policy is another version when either file is.
func TestTrustVersion(t *testing.T) {
	version := func(changes ...string) string {
		p, err := Load(filepath.Join(trustAt(t, changes...), "oak", "policy.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		return p.Version
	}
	base := version()
	if again := version(); again != base {
		t.Errorf("the same files are two versions: %s and %s", base, again)
	}
	if version("trust.yaml", "90 days", "91 days") == base {
		t.Error("a change to the trust's file is the same version")
	}
	if version("oak/policy.yaml", "Oak Lane", "Oak Road") == base {
		t.Error("a change to the school's file is the same version")
	}
	if version("elm.yaml", "Elm Road", "Elm Lane") != base {
		t.Error("a change to another school's file is another version of this one")
	}
}

func TestTrustMistakes(t *testing.T) {
	const sharing = "{check: sharing, with: {rules: [public, public-link]}, severity: high, due: at once}"
	for name, c := range map[string]struct {
		change []string
		want   string // FILE:LINE:COLUMN and the rest of one mistake, in part
		more   int    // further mistakes that follow from it
	}{
		"a wrong word in the trust's part":       {[]string{"trust.yaml", "severity: low", "severity: lowly"}, `trust.yaml:25:73: found "lowly"`, 0},
		"a wrong word in a with of the trust's":  {[]string{"trust.yaml", "[no-passcode]", "[passcode]"}, `trust.yaml:25:48: found "passcode"`, 0},
		"a key that only a school has":           {[]string{"trust.yaml", "{timezone: Europe", "{id: x, timezone: Europe"}, `trust.yaml:9:12: found "id", which is not known here`, 0},
		"a role that nobody has in one school":   {[]string{"trust.yaml", "ask: workspace_admin", "ask: governor"}, `trust.yaml:21:36: found the role "governor", which nobody in people has`, 0},
		"nothing says when":                      {[]string{"trust.yaml", "timezone: Europe/London, ", ""}, `elm.yaml:2:9: found no "timezone"`, 2},
		"a clause without means":                 {[]string{"oak/policy.yaml", "    met_by: [{record: visitors}]\n", ""}, `oak/policy.yaml:6:5: found no "met_by"`, 0},
		"a required clause left out":             {[]string{"ash/policy.yaml", "[T2]", "[T1]"}, `ash/policy.yaml:2:14: found the clause "T1", which the trust requires (line 15 of `, 0},
		"a clause left out that is not there":    {[]string{"ash/policy.yaml", "[T2]", "[T3]"}, `ash/policy.yaml:2:14: found the clause "T3", which the trust does not have`, 0},
		"left out and changed":                   {[]string{"oak/policy.yaml", "inherits: ../trust.yaml", "inherits: ../trust.yaml\nleaves_out: [T2]", "oak/policy.yaml", "id: O1", "id: T2"}, `oak/policy.yaml:7:9: found the clause "T2", which is also left out`, 0},
		"leaves out without a trust":             {[]string{"ash/policy.yaml", "inherits: ../trust.yaml\n", ""}, `ash/policy.yaml:1:1: found "leaves_out"`, -1},
		"a lower severity":                       {[]string{"ash/policy.yaml", "severity: high, due: at once", "severity: low, due: at once"}, `ash/policy.yaml:9:9: found less than the trust requires for the clause T1 by the check sharing (line 20 of `, 0},
		"a longer deadline":                      {[]string{"ash/policy.yaml", "due: at once", "due: 6 school days"}, "due 6 school days in place of 5 school days", 0},
		"hours are not surely shorter":           {[]string{"ash/policy.yaml", "due: at once", "due: 97 hours"}, "due 97 hours in place of 5 school days", 0},
		"fewer rules":                            {[]string{"ash/policy.yaml", "[public, public-link]", "[public]"}, "another with", 0},
		"less often":                             {[]string{"ash/policy.yaml", "every: month", "every: year"}, "every year in place of every term", 0},
		"no such means":                          {[]string{"ash/policy.yaml", sharing, "{record: takedown}"}, `ash/policy.yaml:9:7: found less than the trust requires for the clause T1 by the check sharing`, 0},
		"a trusted domain beside a required one": {[]string{"elm.yaml", "[elm.example]", "[elm.example], trusted_domains: [club.example]"}, `elm.yaml:2:68: found the trusted domain "club.example", which the trust does not trust`, 0},
		"not listed":                             {[]string{"trust.yaml", ", elm.yaml", "", "trust.yaml", "\n    - {address: other@trust.example, schools: [elm.example]}", "", "elm.yaml", "{headteacher", "{workspace_admin: it@elm.example, headteacher"}, "", 0},
		"listed twice":                           {[]string{"trust.yaml", "elm.yaml]", "elm.yaml, ./elm.yaml]"}, `trust.yaml:28:55: found the school "./elm.yaml" a second time`, 0},
		"listed but not there":                   {[]string{"trust.yaml", "elm.yaml]", "elm.yaml, fir.yaml]"}, `trust.yaml:28:55: the school's policy "fir.yaml" cannot be read`, 0},
		"listed but inheriting nothing":          {[]string{"elm.yaml", "inherits: trust.yaml\n", ""}, `elm.yaml:1:1: found no "clauses"`, 1},
		"no such file":                           {[]string{"elm.yaml", "trust.yaml", "tryst.yaml"}, `elm.yaml:1:11: the trust's file "tryst.yaml" cannot be read: no such file or directory`, 0},
		"one short name":                         {[]string{"ash/policy.yaml", "id: ash", "id: oak"}, `ash/policy.yaml:3:9: found the short name "oak", which the school in `, -1},
		"units inside one another":               {[]string{"ash/policy.yaml", "[/Ash]", "[/oak/Annexe]"}, `ash/policy.yaml:3:75: found the org unit "/oak/Annexe", which is not apart from "/Oak"`, 1},
		"a technician of no school":              {[]string{"trust.yaml", "schools: [elm.example]", "schools: [elm.example, elm]"}, `trust.yaml:7:61: found the school "elm", which the trust does not have`, 0},
		"two technicians":                        {[]string{"trust.yaml", "schools: [elm.example]", "schools: [elm.example, ash]"}, `trust.yaml:7:7: found a second technician of the school ash`, 0},
		"required is the trust's to say":         {[]string{"oak/policy.yaml", "id: O1", "id: O1\n    required: true"}, `oak/policy.yaml:7:5: found "required", which is not known here`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			dir := trustAt(t, c.change...)
			_, err := LoadTrust(filepath.Join(dir, "trust.yaml"))
			if c.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				_, err = Load(filepath.Join(dir, "elm.yaml"))
				c.want = "elm.yaml:1:11: found the trust's file"
			}
			var wrong Errors
			if !errors.As(err, &wrong) {
				t.Fatalf("have %v, want a mistake", err)
			}
			text := strings.ReplaceAll(err.Error(), dir+"/", "")
			if !strings.Contains("\n"+text, "\n"+c.want) && (strings.HasPrefix(c.want, "trust.yaml") || !strings.Contains(text, c.want)) {
				t.Errorf("want %s\nhave %s", c.want, text)
			}
			if c.more >= 0 && len(wrong) != c.more+1 {
				t.Errorf("have %d mistakes, want %d:\n%s", len(wrong), c.more+1, text)
			}
		})
	}
}

// TestStricterMayStand: as much and more is taken.
func TestStricterMayStand(t *testing.T) {
	for _, change := range []string{"due: 5 school days", "due: 4 school days", "due: 5 working days", "due: 96 hours", "due: at once", ""} {
		if _, err := LoadTrust(filepath.Join(trustAt(t, "ash/policy.yaml", ", due: at once", comma(change)), "trust.yaml")); err != nil {
			t.Errorf("%q: %v", change, err)
		}
	}
}

func comma(s string) string {
	if s == "" {
		return ""
	}
	return ", " + s
}

// TestExampleTrust: what stands in examples is right, and the schemas take it.
func TestExampleTrust(t *testing.T) {
	dir := filepath.Join(examples, "trust")
	trust, err := LoadTrust(filepath.Join(dir, "trust.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if len(trust.Warnings) > 0 {
		t.Errorf("warnings %v", trust.Warnings)
	}
	ofSchool, ofTrust := compiled(t), compile(t, TrustSchema())
	for name, s := range map[string]*jsonschema.Schema{"trust.yaml": ofTrust, "oak/policy.yaml": ofSchool, "ash/policy.yaml": ofSchool} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := valid(t, s, data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, c := range []struct{ file, old, new string }{{trustFile, "required: true", "required: yes please"}, {trustFile, "domains: [Trust", "domain: [Trust"}, {trustFile, "schools: [oak/", "school: [oak/"}} {
		if valid(t, ofTrust, []byte(strings.Replace(c.file, c.old, c.new, 1))) == nil {
			t.Errorf("the schema of trusts takes %q", c.new)
		}
	}
}

// FuzzTrust: nothing that a trust's file or a school's holds makes the package panic, and every mistake names one of the two.
func FuzzTrust(f *testing.F) {
	f.Add([]byte(trustFile), []byte(oakFile))
	f.Add([]byte("policy: {clauses: [{id: A}, {id: A}]}\nschools: [a.yaml]"), []byte("inherits: trust.yaml\nclauses: [{id: A}, {id: A}]"))
	f.Add([]byte("policy: {school: null, people: []}\nschools: []"), []byte("inherits: trust.yaml\npeople:\nschool: x"))
	f.Fuzz(func(t *testing.T, trust, school []byte) {
		files := newLoader(func(path string) ([]byte, error) {
			switch path {
			case "trust.yaml":
				return trust, nil
			case "a.yaml":
				return school, nil
			}
			return nil, os.ErrNotExist
		})
		_, err := parse("a.yaml", school, files)
		var wrong Errors
		if errors.As(err, &wrong) {
			for _, one := range wrong {
				if one.File != "a.yaml" && one.File != "trust.yaml" || one.Line < 1 || one.Column < 1 {
					t.Errorf("%v", one)
				}
			}
		}
	})
}
