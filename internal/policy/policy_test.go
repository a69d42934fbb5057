package policy

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/calendar"

	"github.com/google/go-cmp/cmp"
)

const small = `school: {name: Example Primary, timezone: Europe/London, domains: [School.example], trusted_domains: [trust.example]}
people:
  headteacher: head@school.example
  chair_of_governors: chair@home.example
  safeguarding_lead: head@school.example
  esafety_officer: {address: officer@school.example, name: Una}
  workspace_admin: {address: IT@school.example, days: [tue, thu]}
titles: {esafety_officer: Online Safety Co-ordinator}
pupils:
  org_units: [/Pupils]
  roll: {csv: roll.csv, columns: {id: Admission number, class: Reg}}
others:
  - {name: Supply, org_unit: /Visitors, ends_required: true}
calendar:
  terms: [{name: Autumn, first: 2026-09-02, last: 2026-12-18, half_term: [2026-10-26, 2026-10-30]}]
  inset: [2026-09-02]
  closures: [2026-11-19, [2026-12-01, 2026-12-02]]
mail: {names_for: [esafety_officer], digest: "16:05", weekly: none}
confidential_owners: [Head@school.example]
clauses:
  - id: A23
    says: No personal data leaves the school.
    source: Section 4
    deals_with_it: workspace_admin
    met_by:
      - {check: sharing, with: {rules: [public, trusted-domain]}, severity: high, due: 1 working day}
      - check: sharing
        severity: medium
        with:
          rules: [within-school]
          confidential: [{drive: 0AbC, name: Office, allowed: [Leaders@school.example]}]
      - {check: names, with: {rules: [full-name], titles: [classes]}, severity: low}
      - {check_in: devices, ask: esafety_officer, every: half term}
      - {reminder: training, every: term}
      - {record: takedown, due: at once}
not_seen: [photo albums]
retention: {messages: 30 days}
`

func TestParse(t *testing.T) {
	p, err := Parse("p.yaml", []byte(small))
	if err != nil {
		t.Fatal(err)
	}
	date := func(s string) calendar.Date { d, _ := calendar.ParseDate(s); return d }
	if len(p.Warnings) > 0 {
		t.Errorf("warnings %v", p.Warnings)
	}
	if len(p.Version) != 12 {
		t.Errorf("version %q", p.Version)
	}
	want := []Clause{{ID: "A23", Says: "No personal data leaves the school.", Source: "Section 4", DealsWithIt: RoleAdmin, Line: 21, MetBy: []Means{
		{Kind: Check, Name: "sharing", With: &SharingWith{Rules: []string{"public", "trusted-domain"}}, Severity: "high",
			Due: calendar.Deadline{Count: 1, Unit: calendar.WorkingDays}, WhenNotMet: "report", Line: 26},
		{Kind: Check, Name: "sharing", With: &SharingWith{Rules: []string{"within-school"},
			Confidential: []Confidential{{Drive: "0AbC", Name: "Office", Allowed: []string{"leaders@school.example"}}}},
			Severity: "medium", Due: calendar.Deadline{Count: 5, Unit: calendar.SchoolDays}, WhenNotMet: "report", Line: 27},
		{Kind: Check, Name: "names", With: &NamesWith{Rules: []string{"full-name"}, Titles: []string{"classes"}, LeaverDays: 365}, Severity: "low",
			Due: calendar.Deadline{Count: 20, Unit: calendar.SchoolDays}, WhenNotMet: "report", Line: 32},
		{Kind: CheckIn, Name: "devices", Severity: "medium", Due: calendar.Deadline{Count: 5, Unit: calendar.WorkingDays},
			Ask: RoleOfficer, Every: "half term", Line: 33},
		{Kind: Reminder, Name: "training", Severity: "medium", Every: "term", Line: 34, With: &ReminderWith{
			To: []string{"esafety_officer"}, Through: "mail", At: Clock{8, 30}, When: When{Kind: WhenPer, N: 1, Block: "term"},
		}},
		{Kind: Record, Name: "takedown", Severity: "medium", Due: calendar.Deadline{Unit: calendar.AtOnce}, Line: 35},
	}}}
	if d := cmp.Diff(want, p.Clauses); d != "" {
		t.Errorf("clauses (-want +have):\n%s", d)
	}
	wantCalendar := &calendar.Calendar{Location: p.School.Location, BankHolidays: "england-and-wales",
		Terms: []calendar.Term{{Name: "Autumn", First: date("2026-09-02"), Last: date("2026-12-18"),
			HalfTerm: calendar.Range{First: date("2026-10-26"), Last: date("2026-10-30")}}},
		Inset: []calendar.Date{date("2026-09-02")},
		Closures: []calendar.Range{{First: date("2026-11-19"), Last: date("2026-11-19")},
			{First: date("2026-12-01"), Last: date("2026-12-02")}}}
	if d := cmp.Diff(wantCalendar, p.Calendar, cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })); d != "" {
		t.Errorf("calendar (-want +have):\n%s", d)
	}
	if d := cmp.Diff(Mail{NamesFor: []Role{RoleOfficer}, Digest: Clock{16, 5}, Report: Clock{7, 30}, Weekly: time.Monday, NoWeekly: true}, p.Mail); d != "" {
		t.Errorf("mail (-want +have):\n%s", d)
	}
	if d := cmp.Diff([]Person{{Role: RoleAdmin, Address: "it@school.example", Days: []time.Weekday{time.Tuesday, time.Thursday}}}, p.Person(RoleAdmin)); d != "" {
		t.Errorf("administrator (-want +have):\n%s", d)
	}
	for _, c := range []struct{ have, want any }{
		{p.School.Domains, []string{"school.example"}},
		{p.School.OrgUnits, []string{"/"}},
		{p.ConfidentialOwners, []string{"head@school.example"}},
		{p.Title(RoleOfficer), "Online Safety Co-ordinator"},
		{p.Title(RoleAdmin), "workspace administrator"},
		{p.Retention["messages"].String(), "30 days"},
		{p.Retention["findings"].String(), "2 years"},
		{p.Pupils, Population{OrgUnits: []string{"/Pupils"}, Roll: &Roll{CSV: "roll.csv", Columns: map[string]string{"id": "Admission number", "class": "Reg"}}}},
		{p.Others, []Other{{Name: "Supply", OrgUnit: "/Visitors", EndsRequired: true}}},
		{p.Clauses[0].MetBy[0].SeverityOf("public"), "high"},
		{p.Clauses[0].MetBy[0].SeverityOf("trusted-domain"), "information"},
		{p.Clauses[0].MetBy[0].DueOf("trusted-domain"), calendar.Deadline{}},
		{p.Clauses[0].MetBy[2].Built(), true},
	} {
		if d := cmp.Diff(c.want, c.have); d != "" {
			t.Errorf("(-want +have):\n%s", d)
		}
	}
	if a, ok := p.Address(RoleGovernor); ok {
		t.Errorf("nobody is governor, have %q", a)
	}
	other, err := Parse("p.yaml", []byte(small+"\n"))
	if err != nil || other.Version == p.Version {
		t.Errorf("a changed file has the same version %s (%v)", p.Version, err)
	}
}

// TestMistakes changes the small policy in one place each, and expects exactly the complaints named: line:column, and
// words that have to be there.
func TestMistakes(t *testing.T) {
	tests := []struct {
		name     string
		old, new string
		want     []string // "line:column words"
	}{
		{"unknown key", "trusted_domains:", "trusted_domain:", []string{`1:85 "trusted_domain", which is not known here;|did you mean "trusted_domains"?`}},
		{"far from any key", "not_seen:", "colour:", []string{`36:1 "colour", which is not known here; expected "school", "people"`}},
		{"number for text", "name: Example Primary", "name: 7", []string{`1:16 found the number 7; expected some text|put it in quotes: "7"`}},
		{"text for list", "domains: [School.example]", "domains: school.example", []string{`1:67 found the text "school.example"; expected a list`}},
		{"list for text", "name: Example Primary", "name: [a]", []string{`1:16 found a list of 1; expected some text`}},
		{"nothing for list", "not_seen: [photo albums]", "not_seen:", []string{`36:10 found nothing; expected a list`}},
		{"key twice", "not_seen: [photo albums]", "not_seen: [photo albums]\nnot_seen: []", []string{`37:1 "not_seen" a second time (the first is on line 36)`}},
		{"time zone", "Europe/London", "Europe/Lundon", []string{`1:43 "Europe/Lundon", a time zone that does not exist`}},
		{"machine's own zone", "Europe/London", "Local", []string{`1:43 "Local", a time zone that does not exist`}},
		{"domain", "[trust.example]", "[trust_example]", []string{`1:103 found "trust_example"; expected a domain such as`}},
		{"domain without a dot", "[trust.example]", "[trust]", []string{`1:103 found "trust"; expected a domain`}},
		{"own domain trusted", "[trust.example]", "[trust.example, SCHOOL.example]", []string{`1:118 own domain "SCHOOL.example" among the trusted ones`}},
		{"unknown role", "  chair_of_governors:", "  chair_of_governers:", []string{`4:3 did you mean "chair_of_governors"?`}},
		{"malformed address", "head@school.example\n  chair", "head@school\n  chair", []string{`3:16 found "head@school"; expected an address`}},
		{"person without address", "{address: IT@school.example, days: [tue, thu]}", "{name: Ida, days: [tue]}", []string{`7:20 found no "address"`}},
		{"weekday", "[tue, thu]", "[tue, thursday]", []string{`7:61 found "thursday"; expected "mon"|did you mean "thu"?`}},
		{"people who are a number", "headteacher: head@school.example", "headteacher: 5", []string{`3:16 found the number 5; expected an address, or {address`}},
		{"title for unknown role", "titles: {esafety_officer:", "titles: {esaftey_officer:", []string{`8:10 did you mean "esafety_officer"?`}},
		{"unit", "[/Pupils]", "[Pupils]", []string{`10:15 found "Pupils"; expected an org unit such as`}},
		{"roll without id", "{id: Admission number, class: Reg}", "{class: Reg}", []string{`11:34 found none of id, email, name`}},
		{"neither group nor unit", "org_unit: /Visitors, ", "", []string{`13:5 found none of group, org_unit`}},
		{"group and unit", "org_unit: /Visitors", "org_unit: /Visitors, group: g@school.example", []string{`13:5 found group and org_unit together`}},
		{"impossible date", "first: 2026-09-02", "first: 2026-02-30", []string{`15:33 found 2026-02-30, a day that does not exist`}},
		{"not a date", "first: 2026-09-02", "first: 2 September", []string{`15:33 found "2 September"; expected a date such as`}},
		{"end before start", "last: 2026-12-18", "last: 2026-08-18", []string{`15:51 the end 2026-08-18 before the beginning 2026-09-02`}},
		{"half term outside", "2026-10-30]", "2026-12-30]", []string{`15:74 half term 2026-10-26 to 2026-12-30 outside its term`}},
		{"half term on the first day", "[2026-10-26,", "[2026-09-02,", []string{`15:74 half term 2026-09-02 to 2026-10-30 outside its term`}},
		{"half term backwards", "[2026-10-26, 2026-10-30]", "[2026-10-30, 2026-10-26]", []string{`15:87 the end 2026-10-26 before`}},
		{"half term of one date", "[2026-10-26, 2026-10-30]", "[2026-10-30]", []string{`15:74 found a list of 1; expected two dates`}},
		{"overlapping terms", "2026-10-30]}]", "2026-10-30]}, {name: Spring, first: 2026-12-18, last: 2027-03-25}]",
			[]string{`15:101 "Spring" (2026-12-18 to 2027-03-25), which overlaps "Autumn"`}},
		{"inset at the weekend", "inset: [2026-09-02]", "inset: [2026-09-05]", []string{`16:11 Sat 5 September 2026, a weekend`}},
		{"inset twice", "inset: [2026-09-02]", "inset: [2026-09-02, 2026-09-02]", []string{`16:23 2026-09-02 a second time`}},
		{"bank holidays", "inset:", "bank_holidays: wales\n  inset:", []string{`16:18 found "wales"; expected "england-and-wales"`}},
		{"names for nobody", "names_for: [esafety_officer]", "names_for: [governor]", []string{`18:20 the role "governor", which nobody in people has`}},
		{"time", `"16:05"`, `"24:05"`, []string{`18:46 found "24:05"; expected a time such as`}},
		{"flag", "mail: {", "mail: {attach_csv: yes, ", []string{`18:20 found the text "yes"; expected true or false`}},
		{"clause without id", "  - id: A23\n    says:", "  - says:", []string{`21:5 found no "id"`}},
		{"role nobody has", "deals_with_it: workspace_admin", "deals_with_it: governor", []string{`24:20 the role "governor", which nobody in people has`}},
		{"role that is none", "deals_with_it: workspace_admin", "deals_with_it: workspace-admin", []string{`24:20 found "workspace-admin"|did you mean "workspace_admin"?`}},
		{"unknown check", "{check: names", "{check: nams", []string{`32:17 found "nams"|did you mean "names"?`}},
		{"unknown means", "{record: takedown", "{recrod: takedown", []string{`35:9 found none of check, check_in`, `35:10 "recrod", which is not known here|did you mean "record"?`}},
		{"two kinds at once", "{record: takedown", "{check: names, severity: low, record: takedown", []string{`35:9 found check and record together`}},
		{"unknown rule", "[public, trusted-domain]", "[public, trusted_domain]", []string{`26:49 found "trusted_domain"|did you mean "trusted-domain"?`}},
		{"rule with the check's name", "[public, trusted-domain]", "[sharing.public]", []string{`26:41 found "sharing.public"; expected "public"`}},
		{"same rule twice", "rules: [within-school]", "rules: [within-school, public]", []string{`30:34 the rule sharing.public a second time in this clause (the first is on line 26)`}},
		{"same check twice", "{record: takedown", "{check: pupil-email, with: {mode: off}, severity: low}\n      - {check: pupil-email, with: {mode: off}, severity: low}\n      - {record: takedown", []string{`36:17 the check pupil-email a second time`}},
		{"confidential missing", "          confidential: [{drive: 0AbC, name: Office, allowed: [Leaders@school.example]}]\n", "", []string{`30:18 within-school or trust-wide without "confidential"`}},
		{"confidential unread", "rules: [within-school]", "rules: [site]", []string{`31:11 found "confidential", which none of these rules reads`}},
		{"folder and drive", "{drive: 0AbC", "{folder: 1, drive: 0AbC", []string{`31:26 found folder and drive together`, `31:35 found the number 1|put it in quotes: "1"`}},
		{"place twice", "allowed: [Leaders@school.example]}", "allowed: []}, {drive: 0AbC, name: Again, allowed: []}", []string{`31:68 found "0AbC" a second time`}},
		{"titles of none of the kinds", "titles: [classes]", "titles: [announcements]", []string{`32:60 found "announcements"; expected "classes" or "posts"`}},
		{"titles for the other rule", "rules: [full-name],", "rules: [not-to-publish],", []string{
			`32:56 found "titles", which none of these rules reads; expected it only with full-name`,
			`32:39 found the rule not-to-publish|does not say which column of the pupils' roll tells who may be published; expected pupils.roll.columns.publish`}},
		{"names of no pupils", "pupils:\n  org_units: [/Pupils]\n  roll: {csv: roll.csv, columns: {id: Admission number, class: Reg}}\n", "", []string{`29:10 found names, but the policy has no "pupils"`}},
		{"days after leaving", "titles: [classes]", "leaver_days: -1", []string{`32:64 found the number -1; expected a number of days from 0 to 5500`}},
		{"names put right", "titles: [classes]}, severity: low}", "titles: []}, severity: low, when_not_met: propose}", []string{`32:93 what names finds is only reported`}},
		{"built check without with", "with: {rules: [public, trusted-domain]}, ", "", []string{`26:10 found the check sharing without "with"`}},
		{"nothing to put right", "[public, trusted-domain]}, severity: high, due: 1 working day}", "[site]}, severity: high, when_not_met: fix}", []string{`26:79 found "fix", but what these rules find is only reported: the finding says where to click; expected "report", or one of the rules that can be put right: form-editors, outside-domain`}},
		{"check without severity", "titles: [classes]}, severity: low}", "titles: [classes]}}", []string{`32:10 found "check" without "severity"`}},
		{"severity", "severity: medium", "severity: middling", []string{`28:19 found "middling"; expected "high", "medium" or "low"`}},
		{"deadline", "due: 1 working day", "due: 1 werking day", []string{`26:88 found "1 werking day"; expected a deadline such as`}},
		{"deadline of none", "due: 1 working day", "due: 0 hours", []string{`26:88 found "0 hours"; expected a deadline`}},
		{"with on a record", "{record: takedown,", "{record: takedown, with: {},", []string{`35:28 found "with"; expected it only beside "check"`}},
		{"check-in without ask", "ask: esafety_officer, ", "", []string{`33:10 found "check_in" without "ask"`}},
		{"ask on a record", "{record: takedown,", "{record: takedown, ask: headteacher,", []string{`35:28 found "ask"; expected it only beside "check_in" or "reminder"`}},
		{"rhythm", "every: half term", "every: half-term", []string{`33:58 found "half-term"|did you mean "half term"?`}},
		{"retention", "30 days", "30 dayz", []string{`37:23 found "30 dayz"; expected a time such as`}},
		{"retention of what", "{messages:", "{mesages:", []string{`37:13 did you mean "messages"?`}},
		{"anchor", "not_seen: [photo albums]", "not_seen: &a [photo albums]", []string{`36:11 found an anchor or alias`}},
		{"alias", "not_seen: [photo albums]", "not_seen: *a", []string{`36:11 found an anchor or alias`}},
		{"tag", "not_seen: [photo albums]", "not_seen: !!seq [photo albums]", []string{`36:11 found a tag`}},
		{"second document", "not_seen: [photo albums]", "---\nnot_seen: [photo albums]", []string{`37:1 found a second document`}},
		{"no YAML", "not_seen: [photo albums]", "not_seen: [photo albums", []string{`:the file cannot be read as YAML`}},
		{"tab", "\n  chair_of_governors", "\n\tchair_of_governors", []string{`:the file cannot be read as YAML`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { expectMistakes(t, small, tt.old, tt.new, tt.want) })
	}
}

// expectMistakes changes a policy in one place, and expects exactly the complaints named.
func expectMistakes(t *testing.T, policy, from, to string, want []string) {
	t.Helper()
	if !strings.Contains(policy, from) {
		t.Fatalf("the policy has no %q", from)
	}
	p, err := Parse("p.yaml", []byte(strings.Replace(policy, from, to, 1)))
	var have Errors
	if !errors.As(err, &have) || p != nil {
		t.Fatalf("have policy %v, error %v", p, err)
	}
	if len(have) != len(want) {
		t.Errorf("have %d mistakes, want %d:\n%v", len(have), len(want), err)
	}
	for _, want := range want {
		where, words, _ := strings.Cut(want, " ")
		if where[0] == ':' {
			where, words = "", want[1:]
		}
		if !slices.ContainsFunc(have, func(e *Error) bool {
			text := e.Error()
			for _, w := range strings.Split(words, "|") {
				if !strings.Contains(text, w) {
					return false
				}
			}
			return where == "" || strings.HasPrefix(text, "p.yaml:"+where+": ")
		}) {
			t.Errorf("want %q\nhave %v", want, err)
		}
	}
}

func TestAllMistakesInOrder(t *testing.T) {
	bad := strings.NewReplacer("Europe/London", "Europe/Lundon", "2026-10-30]", "2026-12-30]", "severity: medium", "severity: mid", "30 days", "a while").Replace(small)
	_, err := Parse("p.yaml", []byte(bad))
	var have Errors
	if !errors.As(err, &have) || len(have) != 4 {
		t.Fatalf("have %v", err)
	}
	if !slices.IsSortedFunc(have, func(a, b *Error) int { return a.Line - b.Line }) {
		t.Errorf("not in the order of the file:\n%v", err)
	}
	var one *Error
	if !errors.As(err, &one) || one.Line != 1 {
		t.Errorf("errors.As finds %v", one)
	}
}

func TestOddFiles(t *testing.T) {
	for name, data := range map[string]string{
		"empty": "", "blank": "\n \n", "comment": "# nothing", "a word": "policy", "a list": "[1, 2]", "null": "~", "not text": "a\x00b", "not UTF-8": "a: \xff",
		"huge": strings.Repeat("# x\n", MaxFile), "deep": strings.Repeat("[", 5000), "deep fields": strings.Repeat("{a: ", 5000),
		"deep dashes": strings.Repeat("- ", 5000), "tags": strings.Repeat("!a ", 5000), "questions": strings.Repeat("? ", 5000),
		"colons": strings.Repeat("a: ", 5000), "document marks": strings.Repeat("---\n", 5000),
	} {
		var have Errors
		if _, err := Parse("p.yaml", []byte(data)); !errors.As(err, &have) {
			t.Errorf("%s: have %v", name, err)
		} else if len(have) > 20 && len(have) < 4999 {
			t.Errorf("%s: %d mistakes", name, len(have))
		}
	}
}

func TestWarnings(t *testing.T) {
	tests := []struct{ name, old, new, want string }{
		{"no chair", "  chair_of_governors: chair@home.example\n", "", "3:3: nobody is named as chair_of_governors"},
		{"staff from elsewhere", "IT@school.example", "it@elsewhere.example", "7:30: it@elsewhere.example (workspace administrator) is neither"},
		{"confidential owner from elsewhere", "[Head@school.example]", "[head@elsewhere.example]", "19:23: head@elsewhere.example is neither"},
		{"inset out of term", "inset: [2026-09-02]", "inset: [2026-09-01]", "16:11: the inset day Tue 1 September 2026 is in no term"},
		{"closure out of term", "[2026-11-19,", "[2027-11-19,", "17:14: the closure Fri 19 November 2027 is in no term"},
		{"a term missing", "2026-10-30]}]", "2026-10-30]}, {name: Summer, first: 2027-04-12, last: 2027-07-21}]", "15:101: there are 115 days without term dates"},
		{"long term", "last: 2026-12-18", "last: 2027-12-18", "is the year right?"},
		{"unit inside another", "[/Pupils]", "[/Pupils, /Pupils/Year 4]", "10:24: /Pupils/Year 4 is inside /Pupils"},
		{"no terms", "  terms: [{name: Autumn, first: 2026-09-02, last: 2026-12-18, half_term: [2026-10-26, 2026-10-30]}]\n", "", "there are no term dates"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := Parse("p.yaml", []byte(strings.Replace(small, tt.old, tt.new, 1)))
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0].String(), tt.want) {
				t.Errorf("have %v, want one with %q", p.Warnings, tt.want)
			}
		})
	}
}

func TestUnitsOutsideTheSchool(t *testing.T) {
	bad := strings.Replace(small, "trusted_domains:", "org_units: [/Wren], trusted_domains:", 1)
	_, err := Parse("p.yaml", []byte(bad))
	var have Errors
	if !errors.As(err, &have) || len(have) != 2 || !strings.Contains(have[0].Error(), `10:15: found the org unit "/Pupils", which is not part of the school`) {
		t.Errorf("have %v", err)
	}
}

func TestLoadLooksAtRolls(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "p.yaml")
	write := func(path, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(file, small)
	p, err := Load(file)
	if err != nil || len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0].Text, `the roll "roll.csv" is not there: put it into the folder of the policy file, under this name, or keep it on Drive`) {
		t.Errorf("no roll: have %v, %v", p, err)
	}
	write(filepath.Join(dir, "roll.csv"), "\ufeffAdmission number,Class\n1,Oak\n")
	_, err = Load(file)
	if err == nil || !strings.Contains(err.Error(), `11:64: found the column "Reg", which the roll "roll.csv" does not have; expected "Admission number" or "Class"`) {
		t.Errorf("no such column: have %v", err)
	}
	write(filepath.Join(dir, "roll.csv"), "Admission number,Reg\n1,Oak\n")
	if p, err = Load(file); err != nil || len(p.Warnings) > 0 {
		t.Errorf("good roll: have %v, %v", p, err)
	}
	if _, err := Load(filepath.Join(dir, "none.yaml")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: have %v", err)
	}
}

func TestNearest(t *testing.T) {
	for what, want := range map[string]string{"workspace-admin": "workspace_admin", "Headteacher": "headteacher", "haedteacher": "headteacher", "cook": "", "": ""} {
		if have := nearest(what, roleNames()); have != want {
			t.Errorf("%q: have %q want %q", what, have, want)
		}
	}
}

func TestPeriodBefore(t *testing.T) {
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	for s, want := range map[string]string{"30 days": "2026-10-22", "6 months": "2026-05-21", "2 years": "2024-11-21"} {
		if have := periodOf(s).Before(now).Format(time.DateOnly); have != want {
			t.Errorf("%s: have %s want %s", s, have, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(small))
	for _, name := range []string{"classroom-school.yaml", "dojo-school.yaml"} {
		if data, err := os.ReadFile(filepath.Join("..", "..", "examples", name)); err == nil {
			f.Add(data)
		}
	}
	for _, s := range []string{"", "a: [", "{a: &b c, d: *b}", "? a\n: b", "- - - -", "a: !!int 3", "<<: {}", "school: |\n  x", "%YAML 1.2\n---\n", "a: \"\\x\"", "clauses: [{met_by: [{check: sharing, with: 3}]}]", wide,
		"clauses: [{met_by: [{check: pupil-email, with: {mode: off, move_to: {a: b}}, when_not_met: fix, brake: {}}]}]"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Parse("p.yaml", data)
		if (p == nil) == (err == nil) {
			t.Fatalf("policy %v and error %v", p, err)
		}
		var wrong Errors
		if err != nil && (!errors.As(err, &wrong) || len(wrong) == 0) {
			t.Fatalf("the error is no Errors: %v", err)
		}
		for _, e := range wrong {
			if e.Line < 1 || e.Column < 1 || e.Found == "" {
				t.Fatalf("mistake without a place or words: %+v", e)
			}
		}
		if p == nil {
			return
		}
		for _, width := range []int{1, 60, 100} {
			if err := Explain(p, &strings.Builder{}, ExplainOptions{Width: width}); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestEditors: what editors add or change without being asked is no mistake, and moves no position.
func TestEditors(t *testing.T) {
	want, err := Parse("p.yaml", []byte(small))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"byte order mark":    "\ufeff" + small,
		"Windows line ends":  strings.ReplaceAll(small, "\n", "\r\n"),
		"spaces at line end": strings.ReplaceAll(small, "\n", "  \n"),
		"document mark":      "---\n" + small + "...\n",
		"comments":           "# our policy\n" + strings.Replace(small, "clauses:", "# now the clauses\nclauses: # here", 1),
	} {
		p, err := Parse("p.yaml", []byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if have := p.Clauses[0]; have.Says != want.Clauses[0].Says || have.ID != "A23" || len(have.MetBy) != len(want.Clauses[0].MetBy) ||
			p.School.Name != want.School.Name {
			t.Errorf("%s: have %+v", name, have)
		}
		bad := strings.Replace(text, "severity: medium", "severity: middling", 1)
		_, err = Parse("p.yaml", []byte(bad))
		line := strings.Count(bad[:strings.Index(bad, "middling")], "\n") + 1
		if err == nil || !strings.HasPrefix(err.Error(), fmt.Sprintf("p.yaml:%d:19: ", line)) {
			t.Errorf("%s: have %v, want line %d", name, err, line)
		}
	}
}

func TestColumnsCountCharacters(t *testing.T) {
	_, err := Parse("p.yaml", []byte(strings.Replace(small, "name: Example Primary, timezone: Europe/London", "name: École ☃, timezone: Nowhere", 1)))
	if err == nil || !strings.HasPrefix(err.Error(), `p.yaml:1:35: found "Nowhere"`) {
		t.Errorf("have %v", err)
	}
}

func TestLongTexts(t *testing.T) {
	p, err := Parse("p.yaml", []byte(strings.Replace(small, "says: No personal data leaves the school.", "says: >\n      No personal data\n      leaves the school.", 1)))
	if err != nil || p.Clauses[0].Says != "No personal data leaves the school." {
		t.Errorf("have %v, %v", p, err)
	}
}

func TestRolesOfSeveral(t *testing.T) {
	for file, want := range map[string][]Person{
		"deputy_safeguarding_leads: senco@school.example":                          {{Role: RoleSafeguardingDeps, Address: "senco@school.example"}},
		"deputy_safeguarding_leads: {address: senco@school.example, name: Elowen}": {{Role: RoleSafeguardingDeps, Address: "senco@school.example", Name: "Elowen"}},
		"deputy_safeguarding_leads: [a@school.example, {address: b@school.example, days: [mon]}]": {
			{Role: RoleSafeguardingDeps, Address: "a@school.example"},
			{Role: RoleSafeguardingDeps, Address: "b@school.example", Days: []time.Weekday{time.Monday}}},
	} {
		p, err := Parse("p.yaml", []byte(strings.Replace(small, "people:\n", "people:\n  "+file+"\n", 1)))
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if d := cmp.Diff(want, p.Person(RoleSafeguardingDeps)); d != "" {
			t.Errorf("%s (-want +have):\n%s", file, d)
		}
	}
	for file, want := range map[string]string{
		"deputy_safeguarding_leads: [a@school.example, A@school.example]": "3:49: found a@school.example a second time",
		"deputy_safeguarding_leads: []":                                   "3:30: found a list of 0",
		"governor: [a@school.example, b@school.example]":                  "3:13: found a list of 2; expected an address",
		"class_teacher: a@school.example":                                 `3:3: found "class_teacher", which is not known here`,
	} {
		_, err := Parse("p.yaml", []byte(strings.Replace(small, "people:\n", "people:\n  "+file+"\n", 1)))
		if err == nil || !strings.Contains(err.Error(), "p.yaml:"+want) {
			t.Errorf("%s: have %v", file, err)
		}
	}
}
