package truth

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The school of these tests on Monday 16 November 2026, when it has been watched since Wednesday 14 October. Ada (u1) and
// Ben (u2) are pupils of Year 4 and Reception, Tess (t1) and Will (t2) teach, Gail (g1) is a governor.
var plainSchool = map[string]string{
	"tenant.json":  `{"now": "2026-11-16T09:00:00Z"}`,
	"domains.json": `[{"domainName": "school.example"}]`,
	"orgunits.json": `[{"orgUnitId": "id:top", "orgUnitPath": "/"}, {"orgUnitId": "id:pup", "orgUnitPath": "/Pupils"},
		{"orgUnitId": "id:y4", "orgUnitPath": "/Pupils/Year 4"}, {"orgUnitId": "id:rec", "orgUnitPath": "/Pupils/Reception"},
		{"orgUnitId": "id:staff", "orgUnitPath": "/Staff"}, {"orgUnitId": "id:vis", "orgUnitPath": "/Visitors"}]`,
	"users.json":  `[` + ada + `, ` + ben + `, ` + tess + `, ` + will + `, ` + gail + `]`,
	"groups.json": `[{"id": "gov", "email": "governors@school.example"}, {"id": "mail", "email": "mail@school.example"}, {"id": "in", "email": "inner@school.example"}]`,
	"members.json": `{"gov": [{"email": "gail@school.example", "type": "USER"}], "mail": [{"email": "INNER@school.example", "type": "GROUP"}],
		"in": [{"id": "u1", "email": "ada@school.example", "type": "USER"}]}`,
	"roll.csv":  "No,Email,Name,Year,Reg,Agreed,Left\nP1,ada@school.example,Ada Ash,4,4A,2026-09-04,\nP2,,Bén Birch,R,Robins,yes,\n",
	"staff.csv": "No;Email;Name;Read\nS1;tess@school.example;Tess Thorn;yes\nS2;will@school.example;Will Wold;yes\n",
}

const (
	ada  = `{"id": "u1", "primaryEmail": "ada@school.example", "orgUnitPath": "/Pupils/Year 4", "creationTime": "2025-09-01T08:00:00Z", "lastLoginTime": "2026-11-12T09:00:00Z", "externalIds": [{"value": "p1 "}]}`
	ben  = `{"id": "u2", "primaryEmail": "b.birch@school.example", "name": {"fullName": "BIRCH, Ben"}, "orgUnitPath": "/Pupils/Reception", "creationTime": "2026-09-01T08:00:00Z", "lastLoginTime": "2026-09-02T09:00:00Z"}`
	tess = `{"id": "t1", "primaryEmail": "tess@school.example", "aliases": ["thorn@school.example"], "orgUnitPath": "/Staff", "creationTime": "2020-09-01T08:00:00Z", "lastLoginTime": "2026-11-13T09:00:00Z", "isEnrolledIn2Sv": true}`
	will = `{"id": "t2", "primaryEmail": "will@school.example", "orgUnitPath": "/staff", "creationTime": "2020-09-01T08:00:00Z", "lastLoginTime": "2026-11-13T09:00:00Z"}`
	gail = `{"id": "g1", "primaryEmail": "gail@school.example", "orgUnitPath": "/Elsewhere", "creationTime": "2020-09-01T08:00:00Z", "lastLoginTime": "2026-11-13T09:00:00Z"}`
)

const plainPolicy = `
school: {timezone: Europe/London, trusted_domains: [trust.example], org_units: ORG_UNITS}
people: {headteacher: {address: head@school.example}, committee: [chair@home.example, {address: office@school.example}]}
pupils: {org_units: [/Pupils], roll: {csv: roll.csv, columns: {id: no, email: Email, name: Name, year: Year, class: Reg, agreement: Agreed, publish: Publish, left: Left}}}
staff: {org_units: [/Staff], roll: {csv: staff.csv, columns: {id: No, email: Email, name: Name, agreement: Read}}}
blogs: BLOGS
others:
  - {name: Governors, group: governors@school.example}
  - {name: Supply, org_unit: /Visitors, ends_required: true, roll: {csv: visitors.csv, columns: {id: No, ends: Ends}}}
calendar:
  terms: [{first: 2026-09-02, last: 2026-12-18, half_term: [2026-10-26, 2026-10-30]}]
  inset: [2026-09-02]
  closures: [2026-11-02, [2026-11-03, 2026-11-04]]
  rollover: {from: 2026-07-20, until: 2026-09-25}
clauses:
  - {id: A1, met_by: [{check: CHECK, with: WITH}, {check: accounts}]}
`

// found computes what one means finds in the school once some of its files are others, one line a finding.
func found(t *testing.T, files map[string]string, check, with string, o Options) []string {
	t.Helper()
	all := maps.Clone(plainSchool)
	maps.Copy(all, files)
	units := all["org_units"]
	delete(all, "org_units")
	if units == "" {
		units = "[/]"
	}
	blogs := all["blogs"]
	delete(all, "blogs")
	if blogs == "" {
		blogs = "[]"
	}
	all["classroom-school.yaml"] = strings.NewReplacer("CHECK", check, "WITH", with, "ORG_UNITS", units, "BLOGS", blogs).Replace(plainPolicy)
	dir := t.TempDir()
	for name, content := range all {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if o.First.IsZero() {
		o.First = time.Date(2026, 10, 14, 5, 0, 0, 0, time.UTC)
	}
	got, err := o.Compute(dir)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, f := range got.Policies["classroom-school"] {
		if f.Clause != "A1" {
			t.Errorf("clause %q", f.Clause)
		}
		lines = append(lines, strings.TrimPrefix(f.Rule, check+".")+" "+f.Subject+": "+strings.Join(f.Facts, ", "))
	}
	return lines
}

// but is an account with some fields changed; what stands last counts.
func but(user, fields string) string { return strings.TrimSuffix(user, "}") + ", " + fields + "}" }

func users(list ...string) map[string]string {
	return map[string]string{"users.json": "[" + strings.Join(list, ",") + "]"}
}

func and(one map[string]string, name, content string) map[string]string {
	out := maps.Clone(one)
	if out == nil {
		out = map[string]string{}
	}
	out[name] = content
	return out
}

type ruleCase struct {
	name        string
	files       map[string]string
	check, with string
	want        []string
}

func runCases(t *testing.T, cases []ruleCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, found(t, c.files, c.check, c.with, Options{})); diff != "" {
				t.Errorf("by hand (-) and computed (+):\n%s", diff)
			}
		})
	}
}
