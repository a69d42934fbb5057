package truth

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A small school of which comments and check-ins are told. Kim teaches c1 and Lou c2; nobody teaches c3, and c9 is archived.
const (
	kim  = `{"id": "t1", "primaryEmail": "kim@school.example", "aliases": ["kite@school.example"], "orgUnitPath": "/Staff"}`
	lou  = `{"id": "t2", "primaryEmail": "lou@school.example", "orgUnitPath": "/Staff"}`
	moe  = `{"id": "t3", "primaryEmail": "moe@school.example", "orgUnitPath": "/staff/Year 4"}`
	sue  = `{"id": "s1", "primaryEmail": "sue@school.example", "orgUnitPath": "/Visitors"}`
	pat  = `{"id": "p1", "primaryEmail": "pat@school.example", "orgUnitPath": "/Pupils/Year 4"}`
	pia  = `{"id": "p2", "primaryEmail": "pia@school.example", "orgUnitPath": "/Pupils/Year 4"}`
	head = `{"id": "h1", "primaryEmail": "head@school.example", "aliases": ["principal@school.example"], "orgUnitPath": "/Staff"}`
	rest = `{"id": "o1", "primaryEmail": "officer@school.example", "orgUnitPath": "/Staff"}, {"id": "o2", "primaryEmail": "office@school.example", "orgUnitPath": "/Staff"},
		{"id": "g1", "primaryEmail": "guest@home.example", "isGuestUser": true, "orgUnitPath": "/"}`
	everyAccount = "[" + kim + "," + lou + "," + moe + "," + sue + "," + pat + "," + pia + "," + head + "," + rest + "]"
)

const streamPolicy = `
school: {name: Hill & Dale <Primary>, timezone: Europe/London, org_units: UNITS}
people:
  headteacher: {address: head@school.example}
  esafety_officer: officer@school.example
  deputy: {address: LOU@school.example, days: [thu]}
  page_host: [office@school.example, helpers@office.example]
  governor: governor@home.example
  it_support: [{address: desk@support.example, days: [tue, thu]}, sue@school.example]
  leaders: [principal@school.example, moe@school.example]
pupils: {org_units: [/Pupils]}
staff: {org_units: [/Staff], days: DAYS}
blogs:
  - {blog: "41", name: Year 4 writes, hosts: [KITE@school.example, pat@school.example]}
  - {blog: 42, name: The office, hosts: [gone@school.example, friend@home.example]}
others: [{name: Supply, org_unit: /Visitors}]
CLASSDOJO
calendar:
  terms:
    - {name: Autumn, first: 2026-09-02, last: 2026-12-18, half_term: [2026-10-26, 2026-10-30]}
    - {name: Spring, first: 2027-01-04, last: 2027-03-25, half_term: [2027-02-15, 2027-02-19]}
    - {name: Summer, first: 2027-04-12, last: 2027-07-21, half_term: [2027-05-31, 2027-06-04]}
  inset: [2026-09-02, 2026-11-20]
  closures: [2027-03-02]
  extra_bank_holidays: [2027-05-14]
  rollover: {from: 2026-07-20, until: 2026-09-25}
clauses:
  - id: A5
    met_by:
      - MEANS
  - id: A6
    met_by:
      - AGAIN
`

// streamCase is something that happened at the small school, and what must be found.
type streamCase struct {
	name string
	// means is the entry of met_by, by default that comments are looked at within two school days; again is one of a second clause.
	means, again string
	// now is by default Monday 16 November 2026 at nine, first Monday 2 November.
	now, first string
	// log is that of Classroom, drive that of Drive.
	log, drive []string
	decisions  []string
	// days is staff.days, units school.org_units, and files replace those of the school.
	days, units string
	// dojo is the block classdojo of the policy, told what stands in dojo.jsonl.
	dojo  string
	told  []string
	files map[string]string
	// want is each finding with its facts, of A6 with the clause in front.
	want []string
}

const twoSchoolDays = "{check: comments, with: {}, severity: medium, due: 2 school days}"

func or(s, standard string) string {
	if s == "" {
		return standard
	}
	return s
}

// folder writes the school to a folder.
func (c streamCase) folder(t *testing.T) string {
	t.Helper()
	files := map[string]string{
		"domains.json":  `[{"domainName": "school.example", "domainAliases": [{"domainAliasName": "old.example"}]}]`,
		"users.json":    everyAccount,
		"courses.json":  `[{"id": "c1", "courseState": "ACTIVE"}, {"id": "c2", "courseState": "ACTIVE"}, {"id": "c3", "courseState": "ACTIVE"}, {"id": "c9", "courseState": "ARCHIVED"}]`,
		"teachers.json": `{"c1": [{"userId": "t1"}], "c2": [{"userId": "t2"}], "c9": [{"userId": "t1"}]}`,
	}
	for name, content := range c.files {
		files[name] = content
	}
	files["activities-classroom.jsonl"] = strings.Join(c.log, "\n")
	files["activities-drive.jsonl"] = strings.Join(c.drive, "\n")
	files["decisions.jsonl"] = strings.Join(c.decisions, "\n")
	files["dojo.jsonl"] = strings.Join(c.told, "\n")
	files["classroom-school.yaml"] = strings.NewReplacer("UNITS", or(c.units, "[/]"), "DAYS", or(c.days, "{}"),
		"MEANS", or(c.means, twoSchoolDays), "AGAIN", or(c.again, "{record: takedown}"), "CLASSDOJO", c.dojo).Replace(streamPolicy)
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func (c streamCase) found(t *testing.T) []string {
	t.Helper()
	got, err := Options{Now: at(t, or(c.now, "2026-11-16T09:00:00Z")), First: at(t, or(c.first, "2026-11-02T05:00:00Z"))}.Compute(c.folder(t))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, f := range got.Policies["classroom-school"] {
		line := f.Rule + " " + f.Subject + ": " + strings.Join(f.Facts, ", ")
		if f.Clause != "A5" {
			line = f.Clause + " " + line
		}
		lines = append(lines, line)
	}
	return lines
}

func runStream(t *testing.T, cases []streamCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, c.found(t)); diff != "" {
				t.Errorf("by hand (-) and computed (+):\n%s", diff)
			}
		})
	}
}

func at(t *testing.T, s string) time.Time {
	t.Helper()
	out, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// happened is a record of the log of Classroom about the post p1 of a class.
func happened(at, actor, event, class string) string {
	return classroom(at, actor, event, class, `{"name": "post_id", "value": "p1"}`)
}

// wrote is a comment in the stream of c1, beside its post p1.
func wrote(at, actor string) string { return happened(at, actor, "commented_announcement", "c1") }

// private is a private comment there.
func private(at, actor string) string {
	return happened(at, actor, "commented_submission_private", "c1")
}

// tookOff is a teacher taken off the list of a class.
func tookOff(at, whom, class string) string {
	return classroom(at, "head@school.example", "user_removed_from_course", class, `{"name": "course_role", "value": "teacher"}, {"name": "impacted_users", "multiValue": ["`+whom+`"]}`)
}

func classroom(at, actor, event, class, more string) string {
	return fmt.Sprintf(`{"id": {"time": %q, "uniqueQualifier": "7"}, "actor": {"email": %q}, "events": [{"name": %q, "parameters": [{"name": "course_id", "value": %q}, {"name": "course_title", "value": "A class"}, %s]}]}`,
		at, actor, event, class, more)
}

func reviewed(at, by, saw string) string {
	return fmt.Sprintf(`{"at": %q, "by": %q, "do": "reviewed", "item": "post/c1-p1", "saw": %q}`, at, by, saw)
}

func stoodIn(at, by, class, who, from, until string) string {
	return fmt.Sprintf(`{"at": %q, "by": %q, "do": "cover", "course": %q, "who": %q, "from": %q, "until": %q}`, at, by, class, who, from, until)
}

func endCover(at, by, class, who string) string {
	return fmt.Sprintf(`{"at": %q, "by": %q, "do": "end-cover", "course": %q, "who": %q}`, at, by, class, who)
}

func answered(at, by, name, answer string) string {
	return fmt.Sprintf(`{"at": %q, "by": %q, "do": "answer", "check_in": %q, "answer": %q}`, at, by, name, answer)
}

// without is the school's accounts, less or with others for those of the same id.
func without(changed ...string) map[string]string {
	var list []json.RawMessage
	if err := json.Unmarshal([]byte(everyAccount), &list); err != nil {
		panic(err)
	}
	id := func(user []byte) string {
		var u struct{ ID string }
		if err := json.Unmarshal(user, &u); err != nil {
			panic(err)
		}
		return u.ID
	}
	var out []string
	for _, user := range list {
		kept := true
		for _, c := range changed {
			kept = kept && c != id(user) && (c[0] != '{' || id([]byte(c)) != id(user))
		}
		if kept {
			out = append(out, string(user))
		}
	}
	for _, c := range changed {
		if c[0] == '{' {
			out = append(out, c)
		}
	}
	return users(out...)
}

// taught is the lists of teachers of the classes.
func taught(lists string) map[string]string { return map[string]string{"teachers.json": lists} }
