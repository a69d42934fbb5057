package policy

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// wide is a policy with every parameter of the checks of accounts, devices, pupils' e-mail and settings.
const wide = `school: {name: Example Primary, timezone: Europe/London, domains: [school.example], org_units: [/Wren]}
people: {headteacher: h@school.example, chair_of_governors: c@home.example, safeguarding_lead: h@school.example, esafety_officer: o@school.example}
pupils: {org_units: [/Wren/Pupils], roll: {drive: 1AbC, columns: {id: Number, year: Year, agreement: Signed}}}
staff: {org_units: [/Wren/Staff], roll: {csv: staff.csv, columns: {email: Email, left: Left}}}
others:
  - {name: Supply, org_unit: /Wren/Visitors, ends_required: true, roll: {csv: v.csv, columns: {name: Name, ends: Ends}}}
calendar: {terms: [{name: Autumn, first: 2026-09-02, last: 2026-12-18}]}
clauses:
  - id: A1
    says: Accounts are in order.
    deals_with_it: headteacher
    met_by:
      - check: accounts
        severity: high
        when_not_met: fix
        with:
          rules: [not-on-roll, leaver-active, wrong-unit, risky-app]
          who: [pupils, staff]
          except: {units: [/Wren/Pupils/Club], groups: [Robots@school.example]}
          grace_days: 0
          accepted: [Ipads@school.example]
          approved_apps: [Example Maths]
          sign_in_apps: allowed
          year_units: {r: /Wren/Pupils/Reception, 1: /Wren/Pupils/Year 1, Y2: /Wren/Pupils/Year 2}
      - check: accounts
        severity: low
        with:
          rules: [dormant, password-age, admin-role, shared-account, no-2sv, year-group, old-class, no-end-date, no-agreement, missing]
          quiet_weeks: 8
          password_days: {staff: 90}
          admins: [IT@school.example]
          generic_words: [Trolley]
          second_step: staff
          year_rules: [{years: [Reception, 1], accounts: none}, {years: ["2"], accounts: no-sign-in}]
          keep_courses: ["5512", 5513]
      - {check: devices, with: {rules: [no-passcode]}, severity: low}
      - {check: pupil-email, with: {mode: approved-only, approved: {groups: [mail@school.example]}, move_to: {/Wren/Pupils/Year 6: /Wren/Pupils/No mail}}, severity: high, when_not_met: propose}
      - check: settings
        severity: low
        with:
          units: [/Wren/Pupils]
          baseline: primary-pupils
          want: [{setting: chat.service_status, field: serviceState, value: DISABLED}, {setting: security.password, field: minimumLength, at_least: 8}, {setting: drive_and_docs.external_sharing, field: allowPublishingFiles, values: [false]}]
      - {check: sharing, with: {rules: [public-link], remedy: expire}, severity: high, when_not_met: fix, brake: {max_changes: 5, max_share: 3}}
`

func parsed(t *testing.T, text string) *Policy {
	t.Helper()
	p, err := Parse("p.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestWith(t *testing.T) {
	p := parsed(t, wide)
	for _, w := range p.Warnings {
		t.Error(w)
	}
	least := 8.0
	want := []any{
		&AccountsWith{Rules: []string{"not-on-roll", "leaver-active", "wrong-unit", "risky-app"}, Who: []string{"pupils", "staff"},
			Except:     UnitsAndGroups{Units: []string{"/Wren/Pupils/Club"}, Groups: []string{"robots@school.example"}},
			QuietWeeks: 6, Accepted: []string{"ipads@school.example"}, GenericWords: defaultGenericWords, ApprovedApps: []string{"Example Maths"},
			SignInApps: true, SecondStep: SecondStepAdmins,
			YearUnits: map[string]string{"R": "/Wren/Pupils/Reception", "1": "/Wren/Pupils/Year 1", "2": "/Wren/Pupils/Year 2"}},
		&AccountsWith{Rules: []string{"dormant", "password-age", "admin-role", "shared-account", "no-2sv", "year-group", "old-class", "no-end-date", "no-agreement", "missing"},
			GraceDays: 28, QuietWeeks: 8, PasswordDays: PasswordDays{Staff: 90}, Admins: []string{"it@school.example"}, GenericWords: []string{"trolley"},
			SecondStep: SecondStepStaff, YearRules: []YearRule{{[]string{"R", "1"}, YearNone}, {[]string{"2"}, YearNoSignIn}}, KeepCourses: []string{"5512", "5513"}},
		&DevicesWith{Rules: []string{"no-passcode"}, SyncedWithinDays: 365},
		&PupilEmailWith{Mode: ModeApprovedOnly, Approved: UnitsAndGroups{Groups: []string{"mail@school.example"}},
			MoveTo: map[string]string{"/Wren/Pupils/Year 6": "/Wren/Pupils/No mail"}},
		&SettingsWith{Units: []string{"/Wren/Pupils"}, Baseline: "primary-pupils", Want: []Want{
			{Setting: "chat.service_status", Field: "serviceState", Values: []string{"DISABLED"}},
			{Setting: "security.password", Field: "minimumLength", AtLeast: &least},
			{Setting: "drive_and_docs.external_sharing", Field: "allowPublishingFiles", Values: []string{"false"}}}},
		&SharingWith{Rules: []string{"public-link"}, Remedy: RemedyExpire, ExpireDays: 14},
	}
	var have []any
	for _, m := range p.Clauses[0].MetBy {
		have = append(have, m.With)
	}
	if d := cmp.Diff(want, have); d != "" {
		t.Errorf("(-want +have):\n%s", d)
	}
	brakes := []Brake{p.Clauses[0].MetBy[0].Brake, p.Clauses[0].MetBy[1].Brake, p.Clauses[0].MetBy[5].Brake}
	if d := cmp.Diff([]Brake{{10, 2}, {}, {5, 3}}, brakes); d != "" {
		t.Errorf("brakes (-want +have):\n%s", d)
	}
	rolls := []*Roll{p.Pupils.Roll, p.Others[0].Roll}
	if d := cmp.Diff([]*Roll{{Drive: "1AbC", Columns: map[string]string{"id": "Number", "year": "Year", "agreement": "Signed"}},
		{CSV: "v.csv", Columns: map[string]string{"name": "Name", "ends": "Ends"}}}, rolls); d != "" {
		t.Errorf("rolls (-want +have):\n%s", d)
	}
	if err := valid(t, compiled(t), []byte(wide)); err != nil {
		t.Errorf("the schema refuses the wide policy: %v", err)
	}
}

func TestOutcomeOf(t *testing.T) {
	p := parsed(t, wide)
	first, mail := p.Clauses[0].MetBy[0], p.Clauses[0].MetBy[3]
	for _, c := range []struct{ have, want string }{
		{first.OutcomeOf("not-on-roll"), Fix}, {first.OutcomeOf("wrong-unit"), Fix},
		{mail.OutcomeOf("on"), Propose}, {mail.OutcomeOf("access-group"), Propose}, {mail.OutcomeOf("used"), Report},
		{p.Clauses[0].MetBy[1].OutcomeOf("dormant"), Report}, {p.Clauses[0].MetBy[5].OutcomeOf("public-link"), Fix},
	} {
		if c.have != c.want {
			t.Errorf("have %q want %q", c.have, c.want)
		}
	}
	bare := parsed(t, strings.Replace(wide, ", move_to: {/Wren/Pupils/Year 6: /Wren/Pupils/No mail}", "", 1))
	if have := bare.Clauses[0].MetBy[3].OutcomeOf("on"); have != Report {
		t.Errorf("without move_to: have %q", have)
	}
}

func TestWhoOf(t *testing.T) {
	all, some := &AccountsWith{}, &AccountsWith{Who: []string{"others"}}
	for rule, want := range map[string]string{"not-on-roll": "pupils staff", "dormant": "pupils staff others", "admin-role": "pupils staff others unplaced",
		"password-age": "staff others unplaced", "year-group": "pupils", "wrong-unit": "", "old-class": ""} {
		if have := strings.Join(all.WhoOf(rule), " "); have != want {
			t.Errorf("%s: have %q want %q", rule, have, want)
		}
		if have := some.WhoOf(rule); want != "" && !slices.Equal(have, []string{"others"}) || want == "" && have != nil {
			t.Errorf("%s of others: have %q", rule, have)
		}
	}
}

func TestMoveFrom(t *testing.T) {
	w := &PupilEmailWith{MoveTo: map[string]string{"/": "/P/Off", "/P/Year 6": "/P/Year 6 off"}}
	for unit, want := range map[string]string{"/P": "/P/Off", "/p/year 6/Oak": "/P/Year 6 off", "/P/Year 60": "/P/Off"} {
		if have, ok := w.MoveFrom(unit); !ok || have != want {
			t.Errorf("%s: have %q want %q", unit, have, want)
		}
	}
	if _, ok := (&PupilEmailWith{}).MoveFrom("/P"); ok {
		t.Error("moved without move_to")
	}
}

func TestYearOf(t *testing.T) {
	for s, want := range map[string]string{"R": "R", "Reception": "R", "0": "R", "Year R": "R", " nursery ": "N", "n": "N", "4": "4", "Y4": "4", "year 4": "4",
		"10": "", "Year 10": "", "Year": "", "": "", "Oak": "", "y y4": ""} {
		if have := yearOf(s); have != want {
			t.Errorf("%q: have %q want %q", s, have, want)
		}
	}
}

// TestMistakesInWith changes the wide policy in one place each.
func TestMistakesInWith(t *testing.T) {
	tests := []struct {
		name     string
		old, new string
		want     []string
	}{
		{"unknown rule", "[not-on-roll,", "[not-on-rolls,", []string{`17:19 found "not-on-rolls"|did you mean "not-on-roll"?`}},
		{"unknown parameter", "grace_days: 0", "grace_day: 0", []string{`20:11 "grace_day", which is not known here|did you mean "grace_days"?`}},
		{"unread parameter", "grace_days: 0", "quiet_weeks: 3", []string{`20:11 found "quiet_weeks", which none of these rules reads; expected it only with never-signed-in, dormant`}},
		{"rule twice", "[dormant,", "[leaver-active, dormant,", []string{`28:19 the rule accounts.leaver-active a second time in this clause (the first is on line 17)`}},
		{"kind", "who: [pupils, staff]", "who: [pupil]", []string{`18:17 found "pupil"|did you mean "pupils"?`}},
		{"number as text", "grace_days: 0", `grace_days: "28"`, []string{`20:23 found the text "28"; expected a number of days from 0 to 365`}},
		{"number too great", "grace_days: 0", "grace_days: 366", []string{`20:23 found the number 366; expected a number of days from 0 to 365`}},
		{"fraction", "quiet_weeks: 8", "quiet_weeks: 1.5", []string{`29:24 found the number 1.5; expected a number of school weeks`}},
		{"octal", "quiet_weeks: 8", "quiet_weeks: 010", []string{`29:24 found the number 010`}},
		{"password-age without days", "          password_days: {staff: 90}\n", "", []string{`28:28 the rule password-age without password_days`}},
		{"password days for nobody", "{staff: 90}", "{}", []string{`30:26 found none of staff, admins`}},
		{"year-group without rules", "          year_rules: [{years: [Reception, 1], accounts: none}, {years: [\"2\"], accounts: no-sign-in}]\n", "", []string{`28:78 the rule year-group without year_rules`}},
		{"year", "[Reception, 1]", "[Oak]", []string{`34:33 found "Oak"; expected a year such as R`}},
		{"year twice", `["2"]`, `["2", Y1]`, []string{`34:79 found year 1 a second time`}},
		{"year as a name", "{r: /Wren", "{Oak: /Wren", []string{`24:24 found "Oak"; expected a year such as R`}},
		{"year twice as a name", "{r: /Wren", "{0: /Wren/Pupils, r: /Wren", []string{`24:41 found year R a second time`}},
		{"unit of a year outside pupils", "r: /Wren/Pupils/Reception", "r: /Wren/Staff", []string{`24:27 "/Wren/Staff", whose accounts are not pupils'; expected a unit under /Wren/Pupils`}},
		{"unit outside the school", "/Wren/Pupils/Club", "/Oak/Club", []string{`19:28 the org unit "/Oak/Club", which is not part of the school`}},
		{"course", "5513]", "five]", []string{`35:34 found "five"; expected the id of a course`}},
		{"no roll", "who: [pupils, staff]", "who: [unplaced]", []string{
			`17:19 the rule not-on-roll without a roll of unplaced`, `17:32 the rule leaver-active without a roll of unplaced`}},
		{"no roll for missing", "quiet_weeks: 8", "who: [others]\n          quiet_weeks: 8", []string{`28:128 the rule missing for accounts that it does not look at; expected pupils or staff in who`}},
		{"year units without years", "year: Year, ", "", []string{`24:11 "year_units" without a roll that says the pupils' years`}},
		{"no agreement column", "agreement: Signed", "publish: Photos", []string{`28:114 the rule no-agreement without a roll that says who signed`}},
		{"nobody ends", "ends_required: true, ", "", []string{`28:101 no group of people needs an end`}},
		{"csv and drive", "{drive: 1AbC,", "{drive: 1AbC, csv: a.csv,", []string{`3:43 found csv and drive together`}},
		{"roll of nobody", "{email: Email, left: Left}", "{left: Left}", []string{`4:67 found none of id, email, name`}},
		{"column", "{name: Name, ends: Ends}", "{name: Name, end: Ends}", []string{`6:108 did you mean "ends"?`}},
		{"devices rule", "[no-passcode]", "[no-passcodes]", []string{`36:41 did you mean "no-passcode"?`}},
		{"devices cannot be fixed", "[no-passcode]}, severity: low", "[no-passcode]}, severity: low, when_not_met: propose", []string{`36:85 found "propose", but what devices finds is only reported: no API can change it; the finding says where to click; expected "report"`}},
		{"settings cannot be fixed", "severity: low\n        with:\n          units", "severity: low\n        when_not_met: fix\n        with:\n          units", []string{`40:23 found "fix", but what settings finds is only reported`}},
		{"accounts without a remedy", "[not-on-roll, leaver-active, wrong-unit, risky-app]\n          who: [pupils, staff]\n          except: {units: [/Wren/Pupils/Club], groups: [Robots@school.example]}\n          grace_days: 0\n          accepted: [Ipads@school.example]\n          approved_apps: [Example Maths]\n          sign_in_apps: allowed\n          year_units: {r: /Wren/Pupils/Reception, 1: /Wren/Pupils/Year 1, Y2: /Wren/Pupils/Year 2}", "[weak-password]", []string{`15:23 found "fix", but what these rules find is only reported|leaver-active, not-on-roll, outside-recovery, risky-app, wrong-unit`}},
		{"mode", "mode: approved-only", "mode: on", []string{`37:43 found "on"; expected "off" or "approved-only"`}},
		{"approved in mode off", "mode: approved-only", "mode: off", []string{`37:48 found "approved", which the mode off does not read`}},
		{"nobody approved", ", approved: {groups: [mail@school.example]}", "", []string{`37:43 the mode approved-only without "approved"`}},
		{"moved away from the pupils", ": /Wren/Pupils/No mail}", ": /Wren/No mail}", []string{`37:132 "/Wren/No mail", whose accounts are not pupils'`}},
		{"moved from no unit", "{/Wren/Pupils/Year 6:", "{Year 6:", []string{`37:111 found "Year 6"; expected an org unit`}},
		{"baseline", "primary-pupils", "primary-pupil", []string{`42:21 did you mean "primary-pupils"?`}},
		{"setting", "chat.service_status", "chatt.service_status", []string{`43:28 found the setting "chatt.service_status", which is not known|did you mean "chat.service_status"?`}},
		{"field of a service", "field: serviceState", "field: state", []string{`43:56 found the field "state"|did you mean "serviceState"?`}},
		{"field", "minimumLength", "minimumLenght", []string{`:found the field "minimumLenght", which is not known|did you mean "minimumLength"?`}},
		{"value of a setting", "value: DISABLED", "value: DISABLE", []string{`:found the value "DISABLE", which is not known|did you mean "DISABLED"?`}},
		{"value and values", "value: DISABLED", "value: DISABLED, values: [ENABLED]", []string{`43:18 found value and values together`}},
		{"setting twice", "setting: security.password, field: minimumLength, at_least: 8", "setting: chat.service_status, field: serviceState, value: ENABLED", []string{`:chat.service_status serviceState a second time`}},
		{"neither baseline nor want", "          baseline: primary-pupils\n          want: [{setting: chat.service_status, field: serviceState, value: DISABLED}, {setting: security.password, field: minimumLength, at_least: 8}, {setting: drive_and_docs.external_sharing, field: allowPublishingFiles, values: [false]}]\n", "", []string{`41:11 found none of baseline, want`}},
		{"expire_days without expire", "remedy: expire", "expire_days: 3", []string{`44:55 found "expire_days" without the remedy expire`}},
		{"brake", "max_share: 3", "max_share: 0", []string{`44:142 found the number 0; expected percent from 1 to 100`}},
		{"settings twice", "      - {check: sharing", "      - {check: settings, with: {units: [/Wren], baseline: primary-pupils}, severity: low}\n      - {check: sharing", []string{`44:17 the check settings a second time`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { expectMistakes(t, wide, tt.old, tt.new, tt.want) })
	}
}

func TestNoPupils(t *testing.T) {
	text := strings.Replace(wide, "pupils: {org_units: [/Wren/Pupils], roll: {drive: 1AbC, columns: {id: Number, year: Year, agreement: Signed}}}\n", "", 1)
	_, err := Parse("p.yaml", []byte(text))
	if err == nil || !strings.Contains(err.Error(), `36:10: found pupil-email, but the policy has no "pupils"`) ||
		!strings.Contains(err.Error(), `17:17: found "pupils", but the policy does not say whose accounts these are`) {
		t.Errorf("have %v", err)
	}
}

func TestWarningsInWith(t *testing.T) {
	tests := []struct{ name, old, new, want string }{
		{"no ends", "{name: Name, ends: Ends}", "{name: Name}", `6:46: "Supply" has no roll with a column ends: the rule no-end-date will report every account there`},
		{"no roll of staff", ", roll: {csv: staff.csv, columns: {email: Email, left: Left}}", "", "the rule missing looks at no account of staff: there is no roll of them"},
		{"some without a remedy", "risky-app]", "risky-app, never-signed-in]", "15:23: never-signed-in: only reported, as the program cannot put it right"},
		{"wrong-unit without units", "          year_units: {r: /Wren/Pupils/Reception, 1: /Wren/Pupils/Year 1, Y2: /Wren/Pupils/Year 2}\n", "", "wrong-unit can be, with year_units"},
		{"brake without fix", "severity: high, when_not_met: fix, brake", "severity: high, when_not_met: propose, brake", "the brake is read only with when_not_met: fix"},
		{"remedy without a change", "severity: high, when_not_met: fix, brake: {max_changes: 5, max_share: 3}", "severity: high", "44:55: the remedy is read only with"},
		{"move_to without a change", "severity: high, when_not_met: propose", "severity: high", "move_to is read only with"},
		{"address from elsewhere", "mail@school.example", "mail@elsewhere.example", "mail@elsewhere.example is neither"},
		{"unknown setting", "chat.service_status", "pay.service_status", `43:28: the program does not know the setting "pay.service_status": unless Google calls it so, it always looks switched off`},
		{"unknown field", "field: minimumLength, at_least: 8", "field: colour, value: 8", `the program does not know the field "colour": where nobody set it, it could not be checked`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if !strings.Contains(wide, tt.old) {
				t.Fatalf("the policy has no %q", tt.old)
			}
			p := parsed(t, strings.Replace(wide, tt.old, tt.new, 1))
			if !slices.ContainsFunc(p.Warnings, func(w Warning) bool { return strings.Contains(w.String(), tt.want) }) {
				t.Errorf("have %v, want one with %q", p.Warnings, tt.want)
			}
		})
	}
}

func TestHeadings(t *testing.T) {
	for name, tt := range map[string]struct {
		data string
		want []string
	}{
		"commas":           {"Id,Name\n1,Ann\n", []string{"Id", "Name"}},
		"semicolons":       {"\ufeffId; \"Name, first\" ;Class\r\n", []string{"Id", `"Name, first"`, "Class"}},
		"quoted":           {"\"Id\",\"Name, first\"\n", []string{"Id", "Name, first"}},
		"tabs":             {"Id\tName\n", []string{"Id", "Name"}},
		"Windows-1252":     {"Pr\xe9nom,\x80\n", []string{"Prénom", "€"}},
		"empty rows first": {"\n\r\n , ,\nId,Name,\n", []string{"Id", "Name", ""}},
	} {
		have, err := headingsOf([]byte(tt.data))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if d := cmp.Diff(tt.want, have); d != "" {
			t.Errorf("%s (-want +have):\n%s", name, d)
		}
	}
	if _, err := headingsOf([]byte(" , \n")); err == nil {
		t.Error("an empty file has headings")
	}
}

func TestLoadLooksAtRollsOfOthers(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"p.yaml": wide, "staff.csv": "EMAIL ;left\na@school.example;\n", "v.csv": "Name,Until\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, err := Load(filepath.Join(dir, "p.yaml"))
	if err == nil || strings.Count(err.Error(), "\n") > 0 || !strings.Contains(err.Error(), `found the column "Ends", which the roll "v.csv" does not have`) {
		t.Errorf("have %v", err)
	}
}

func TestExplainWith(t *testing.T) {
	text := explained(t, parsed(t, wide), ExplainOptions{Width: 4000})
	for _, want := range []string{
		"account of somebody who is not on the roll; account of somebody who has left", "0 days after leaving", "8 school weeks",
		"put right by the program, at most 10 changes or 2 % in 24 hours: the account is switched off",
		"National advice (NCSC, DfE) is now against", "on only for those approved: mail@school.example",
		"proposed: the account is moved to a unit where e-mail is off, the account is taken out of the group",
		"settings of the Google account: as the list primary-pupils wants them; Google Chat: off; shortest password: at least 8; publishing files on the web: not allowed (for /Wren/Pupils)",
		"put right by the program, at most 5 changes or 3 % in 24 hours: the share is given an end", "that only a person can look up",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// Who deals with what the check names finds: one rule is the safeguarding lead's, whoever deals with the clause.
func TestDealers(t *testing.T) {
	for _, c := range []struct {
		rules []string
		roles []Role
		want  []Role
	}{
		{[]string{FullName}, []Role{RoleSafeguarding}, []Role{RolePageHost}},
		{[]string{NotToPublish}, []Role{RoleSafeguarding, RoleHead}, []Role{RoleSafeguarding}},
		{[]string{FullName, NotToPublish}, []Role{RoleSafeguarding}, []Role{RolePageHost, RoleSafeguarding}},
		{[]string{NotToPublish}, []Role{RoleHead}, []Role{RoleHead}},
		{[]string{NotToPublish}, nil, []Role{RolePageHost}},
	} {
		p := &Policy{People: map[Role][]Person{}}
		for _, r := range c.roles {
			p.People[r] = []Person{{Role: r, Address: "a@school.example"}}
		}
		m := Means{Kind: Check, Name: "names", With: &NamesWith{Rules: c.rules}}
		if d := cmp.Diff(c.want, p.Dealers(Clause{DealsWithIt: RolePageHost}, m)); d != "" {
			t.Errorf("%v with %v (-want +have):\n%s", c.rules, c.roles, d)
		}
	}
	if d := cmp.Diff([]Role{RoleHead}, (&Policy{}).Dealers(Clause{DealsWithIt: RoleHead}, Means{Kind: CheckIn, Name: "website"})); d != "" {
		t.Errorf("of a check-in:\n%s", d)
	}
}
