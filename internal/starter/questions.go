package starter

import (
	"slices"
	"strings"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/policy"
)

// A Question is one thing that is asked, with why, and what will do as an answer.
type Question struct {
	Key     string // its name in a file of answers
	Ask     string // in plain words
	Why     string
	Example string
	Between string // what stands between the entries of a list; "" where there is one answer only

	When    func(Answers) bool                    // whether it is asked at all; nil: always
	Needed  func(Answers) bool                    // whether it must be answered; nil: it need not
	Default func(Answers) []string                // what no answer means; nil: nothing
	Check   func(Answers, string) (string, error) // of one entry: as it is kept, or why it will not do; nil: anything does
	Show    func(Answers) string                  // what is shown before it is asked
}

// Keys of questions, as a file of answers names them; roles have their own names.
const (
	keyName         = "name"
	keyZone         = "timezone"
	keyDomains      = "domains"
	keyTrusted      = "trusted_domains"
	keyUnits        = "org_units"
	keyExample      = "example"
	keyClauses      = "clauses"
	keyAdminDays    = "workspace_admin_days"
	keyTitle        = "officer_title"
	keyGovernors    = "governors_group"
	keyVisitors     = "visitors_unit"
	keyInset        = "inset"
	keyBank         = "bank_holidays"
	keyRollover     = "rollover"
	keyReview       = "review"
	keyConfidential = "confidential_owners"
	keyLADO         = "lado"
	keyMASH         = "mash"
	keyShared       = "shared_accounts"
	keyApps         = "approved_apps"
	keyAdmins       = "admins"
	keyYearUnits    = "year_units"
	keyMailUnits    = "mail_units"
	keyMailGroups   = "mail_groups"
	keyPlaces       = "confidential_places"
	keyDojoClasses  = "dojo_classes"
)

// The two examples, and the word for all clauses of one.
const (
	classroom  = "classroom"
	dojo       = "dojo"
	everything = "all"
)

// terms are the terms of a school year.
var terms = []struct{ key, name, example string }{
	{"autumn", "Autumn", "2026-09-02 2026-12-18 2026-10-26 2026-10-30"},
	{"spring", "Spring", "2027-01-04 2027-03-25 2027-02-15 2027-02-19"},
	{"summer", "Summer", "2027-04-12 2027-07-21 2027-05-31 2027-06-04"},
}

// asked are the roles that are asked for, in their order.
var asked = []struct {
	role     policy.Role
	ask, why string
	always   bool // needed whatever the clauses are
	also     bool // asked for although no clause names it
	many     bool
	outside  bool // may be outside the school's domains
}{
	{policy.RoleOfficer, "Who is the e-safety officer (online-safety lead)?", "They get the weekly e-mail and deal with most clauses.", true, true, false, false},
	{policy.RoleDeputy, "Who stands in for the e-safety officer?", "Somebody has to hear of things when the officer is away.", false, true, false, false},
	{policy.RoleHead, "Who is the headteacher?", "Nobody decides about themselves: what concerns the officer goes to the headteacher.", true, true, false, false},
	{policy.RoleSafeguarding, "Who is the designated safeguarding lead? It may be the headteacher.", "Child-protection concerns reach them at once.", true, true, false, false},
	{policy.RoleSafeguardingDeps, "Who are the deputy safeguarding leads?", "They hear of concerns when the lead is away or concerned themselves.", false, true, true, false},
	{policy.RoleGovernor, "Which governor looks after safeguarding?", "They get the termly report: totals, no names.", false, true, false, true},
	{policy.RoleChair, "Who chairs the governors?", "What concerns the headteacher's own account goes to them.", false, true, false, true},
	{policy.RoleAdmin, "Who looks after the school's Google accounts? It has to be a super administrator's address.", "The program reads Google as this account, and this person is told what to put right.", true, true, false, false},
	{policy.RoleDataProtection, "Who is the data protection officer?", "They are named where personal data may have got out.", false, true, false, true},
	{policy.RoleITSupport, "Who gives technical support (filtering, devices)?", "A clause that you chose asks them what no program can see.", false, false, false, true},
	{policy.RoleEarlyYears, "Who leads the early years?", "A clause that you chose asks them about observations.", false, false, false, false},
	{policy.RolePageHost, "Who looks after the school's website, pages or blogs?", "A clause that you chose is dealt with by them.", false, false, false, false},
	{policy.RoleLeaders, "Who are the school's leaders?", "A clause that you chose asks them.", false, false, true, false},
	{policy.RoleCommittee, "Who sits on the online-safety committee?", "A clause that you chose asks them.", false, false, true, true},
}

func always(Answers) bool { return true }

func is(list ...string) func(Answers) []string { return func(Answers) []string { return list } }

// has tells whether one of some clauses was asked for.
func has(ids ...string) func(Answers) bool {
	return func(a Answers) bool { return slices.ContainsFunc(ids, a.kept) }
}

// asksFor tells whether a clause that was asked for has one of some words in it.
func asksFor(words ...string) func(Answers) bool {
	return func(a Answers) bool {
		return slices.ContainsFunc(a.chosen(), func(c clause) bool {
			return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(c.text, w) })
		})
	}
}

// onRoll tells whether clauses that were asked for compare accounts with a roll of pupils or of staff.
var onRoll = map[string]func(Answers) bool{
	"pupils": asksFor("no-agreement", "not-on-roll", "leaver-active", "year-group", "check: names"),
	"staff":  asksFor("[no-agreement], who: [staff"), // of the others a policy passes over the staff, with a warning
}

// Questions lists all that may be asked, in order.
func Questions() []Question {
	out := []Question{
		{Key: keyName, Ask: "What is the school called?", Why: "It stands in every mail.", Example: "Wren Hollow Primary School", Needed: always},
		{Key: keyZone, Ask: "In which time zone is the school?", Why: "Deadlines and the hours of mails are in it.", Example: "Europe/London", Default: is("Europe/London"), Check: zone},
		{Key: keyDomains, Ask: "Which domains are the school's own? The main one first.", Why: "Whoever has an address there belongs to the school; everybody else is outside.", Example: "school.example", Between: ",", Needed: always, Check: domain},
		{Key: keyTrusted, Ask: "Which domains belong to partners, such as the trust or the council?", Why: "Sharing with them is told for information only.", Example: "trust.example", Between: ",", Check: domain},
		{Key: keyUnits, Ask: "Which org units of the Google account are this school? A slash means all.", Why: "Where a trust shares one Google account, the other schools are left out.", Example: "/", Between: ",", Default: is("/"), Check: unit},
		{Key: keyExample, Ask: "Which is more like your school: “classroom” (each class has a Google Classroom, staff and pupils write there or on blogs) or “dojo” (ClassDojo is the way to parents, and some pupils may have approved e-mail)?",
			Why: "The clauses to choose from are those of one of two example policies.", Example: classroom, Needed: always, Check: oneOf(classroom, dojo)},
		{Key: keyClauses, Ask: "Which of these does your own policy say? Give their numbers, or “all” if it says every one.", Why: "A clause that your policy does not have is not looked at and not reported. You can add and reword clauses later.",
			Example: "A1, A4, A23", Between: ",", Needed: always, Check: clauseID, Show: showClauses},
	}
	for _, r := range asked {
		q := Question{Key: string(r.role), Ask: r.ask, Why: r.why, Example: strings.ReplaceAll(string(r.role), "_", ".") + "@school.example", Check: address(r.outside)}
		if r.many {
			q.Between, q.Example = ",", "head@school.example, deputyhead@school.example"
		}
		named := func(a Answers) bool {
			return r.always || slices.ContainsFunc(a.chosen(), func(c clause) bool { return slices.Contains(c.roles(), r.role) })
		}
		q.Needed = named
		if !r.also {
			q.When = named
		}
		out = append(out, q)
		if r.role == policy.RoleAdmin {
			out = append(out, Question{Key: keyAdminDays, Ask: "On which days is that person in? Nothing means every working day.", Why: "Their deadlines count only these days.", Example: "tue, thu", Between: ",",
				Check: oneOf("mon", "tue", "wed", "thu", "fri")})
		}
	}
	out = append(out,
		Question{Key: keyTitle, Ask: "What does your school call the e-safety officer, if not that?", Why: "Mails use the school's own words.", Example: "Online Safety Co-ordinator"},
	)
	out = append(out, populationQuestions()...)
	out = append(out, calendarQuestions()...)
	return append(out, clauseQuestions()...)
}

func populationQuestions() []Question {
	var out []Question
	for _, who := range []struct{ key, usual, file, link, code string }{
		{"pupils", "/Pupils", "roll.csv", "1ExampleRollOfPupilsExampleRollOfPupils", "id=Admission number, email=Email, name=Name, year=Year, class=Reg, agreement=Agreement signed, publish=May publish, left=Leaving date"},
		{"staff", "/Staff", "staff.csv", "1ExampleRollOfStaffExampleRollOfStaff", "id=Staff code, email=Email, name=Name, agreement=Policy read, left=Leaving date"},
	} {
		roll, columns := who.key+"_roll", who.key+"_columns"
		out = append(out,
			Question{Key: who.key + "_units", Ask: "In which org units are the accounts of " + who.key + "?", Why: "So it is known which accounts are whose. The Admin console shows the units under Directory › Organisational units.",
				Example: who.usual, Between: ",", Default: is(who.usual), Check: unit},
			Question{Key: roll, Ask: "Where is the list of the " + who.key + "? The name of a CSV file beside the policy file, or the link (or id) of a Google spreadsheet or of a CSV file on Google Drive.",
				Why:     "Accounts are compared with this list: the office exports it from the management information system. On Google Cloud it has to be on Drive, for no file lies beside the policy there. Of a spreadsheet the first sheet counts, and the workspace administrator's account must be able to open it.",
				Example: who.file + " or https://docs.google.com/spreadsheets/d/" + who.link + "/edit", Needed: onRoll[who.key], Check: rollPlace},
			Question{Key: columns, Ask: "What are its columns called? Give our word, =, and the heading in the file. Our words: id, email, name, year, class, agreement (date the agreement was signed), publish (may be published), left (leaving date).",
				Why: "Each school's export has other headings. Leave out what the file does not have.", Example: who.code, Between: ",",
				When: func(a Answers) bool { return a.Has(roll) }, Needed: always, Default: func(a Answers) []string { return guess(a, roll) }, Check: column(roll)},
		)
	}
	return append(out,
		Question{Key: keyGovernors, Ask: "Is there a Google group of the governors with school accounts? Its address:", Why: "Their accounts are neither pupils' nor staff's, and are then not told as unknown.", Example: "governors@school.example", Check: address(false)},
		Question{Key: keyVisitors, Ask: "Is there an org unit for supply teachers, trainees and visitors?", Why: "Their accounts should end some day.", Example: "/Visitors", Check: unit},
	)
}

func calendarQuestions() []Question {
	var out []Question
	for i, t := range terms {
		q := Question{Key: t.key, Ask: "When is the " + strings.ToLower(t.name) + " term? First day, last day, and the first and last day of its half-term holiday (leave those two out if there is none).",
			Why: "What is due in school days needs term dates. Without them such clauses could not be checked.", Example: t.example, Check: term(i)}
		if i == 0 {
			q.Needed = always
		}
		out = append(out, q)
	}
	return append(out,
		Question{Key: keyInset, Ask: "Which days are inset days?", Why: "Staff are in and pupils are not.", Example: "2026-09-02, 2027-01-04", Between: ",", Check: date},
		Question{Key: keyBank, Ask: "Whose bank holidays count? " + strings.Join(calendar.Regions(), ", ") + ".", Why: "They are neither school days nor working days.", Example: "england-and-wales", Default: is("england-and-wales"), Check: oneOf(calendar.Regions()...)},
		Question{Key: keyRollover, Ask: "From when until when do accounts move up a year? Two dates.", Why: "In that time findings on accounts are one list without deadlines, since everything is moving.", Example: "2026-07-20 2026-09-25", Default: rollover, Check: twoDates},
		Question{Key: keyReview, Ask: "On which day was the policy itself last reviewed?", Why: "The next review is counted down to, and staff are asked whether they have read it since.", Example: "2026-07-06", When: asksFor("policy-review", "policy-read"), Check: date},
	)
}

// rollover is the usual time: 20 July to 25 September of the year in which the autumn term begins.
func rollover(a Answers) []string {
	first, err := time.Parse(time.DateOnly, strings.SplitN(a.One(terms[0].key)+" ", " ", 2)[0])
	if err != nil {
		return nil
	}
	return []string{first.Format("2006") + "-07-20 " + first.Format("2006") + "-09-25"}
}

func clauseQuestions() []Question {
	return []Question{
		{Key: keyConfidential, Ask: "Whose files must never be named in a mail?", Why: "Titles of a headteacher's or SENCo's files can give a child away.", Example: "head@school.example, senco@school.example", Between: ",", Check: address(false),
			Default: func(a Answers) []string {
				return slices.Compact(slices.Concat(a.Given[string(policy.RoleHead)], a.Given[string(policy.RoleSafeguarding)]))
			}},
		{Key: keyLADO, Ask: "The telephone number of your local authority designated officer (LADO)?", Why: "The form for a concern about an adult shows it.", Example: "020 7946 0101", When: asksFor("record: incidents"), Check: telephone},
		{Key: keyMASH, Ask: "The telephone number of the council's children's services (MASH)?", Why: "The form for a concern about a child shows it.", Example: "020 7946 0102", When: asksFor("record: incidents"), Check: telephone},
		{Key: keyYearUnits, Ask: "Is there an org unit for each year? Year and unit: N, R, 1 to 9.", Why: "A pupil in last year's unit is then told. Without an answer it is not looked at.", Example: "R=/Pupils/Reception, 1=/Pupils/Year 1", Between: ",", When: has("A1"), Check: yearUnit},
		{Key: keyShared, Ask: "Which accounts may several people use?", Why: "Every other shared account is told.", Example: "ipads@school.example", Between: ",", When: has("A11"), Check: address(false)},
		{Key: keyApps, Ask: "Which apps has the school approved, by the name that Google shows?", Why: "Every other app that somebody let into their account is told.", Example: "Example Maths, Example Reading", Between: ",", When: has("A26", "B19")},
		{Key: keyAdmins, Ask: "Who may be an administrator of the Google account?", Why: "Every other administrator is told.", Example: "it@school.example", Between: ",", When: has("A28"), Check: address(false),
			Default: func(a Answers) []string { return a.Given[string(policy.RoleAdmin)] }},
		{Key: keyMailUnits, Ask: "Which org units of pupils have approved e-mail?", Why: "Any other pupil with e-mail is told. Nothing here and in the next question means: no pupil has e-mail.", Example: "/Pupils/Year 6", Between: ",", When: has("B2"), Check: unit},
		{Key: keyMailGroups, Ask: "Which groups of pupils have approved e-mail?", Why: "As before.", Example: "pupil-mail@school.example", Between: ",", When: has("B2"), Check: address(false)},
		{Key: keyPlaces, Ask: "Which folders or shared drives are confidential, and who may open them? NAME | LINK OR ID | ADDRESSES; the next one after a semicolon.", Why: "Whoever else at school can open them is told.",
			Example: "Office records | 1OfficeRecordsExampleFolder00000A | leaders@school.example office@school.example", Between: ";", When: has("B15"), Needed: always, Check: place},
		{Key: keyDojoClasses, Ask: "Which classes are on ClassDojo? NAME | LINK OR ID OF ITS PAGE | TEACHERS' ADDRESSES; the next one after a semicolon.", Why: "ClassDojo tells no program which classes there are. Without an answer nobody is asked about their comments.",
			Example: "5 Ash | 5f1e2d3c4b5a69788796a5b4 | teacher@school.example", Between: ";", When: has("B1", "B3"), Check: dojoClass},
	}
}

func showClauses(a Answers) string {
	var b strings.Builder
	for _, c := range a.all() {
		b.WriteString("   " + c.id + "  " + c.says + "\n")
	}
	return b.String()
}
