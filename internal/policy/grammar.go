package policy

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/calendar"
)

// The grammar of the policy file, from the small to the large. The walker in shape.go checks a file against it, and
// schema.go writes it as a JSON Schema. What spans several places (a role nobody plays, terms that overlap) is in build.go.

var anyText = &shape{form: textForm, what: "some text"}

var flagShape = &shape{form: flagForm, what: "true or false"}

func wordsShape(words []string) *shape {
	return &shape{form: textForm, what: oneOf(words), words: words}
}

func listOf(elem *shape, least int) *shape {
	what := "a list of " + plural(elem.what)
	if least > 0 {
		what += ", at least one"
	}
	return &shape{form: listForm, what: what, elem: elem, least: least}
}

func plural(what string) string {
	for _, article := range []string{"a ", "an ", "the ", "some "} {
		if rest, ok := strings.CutPrefix(what, article); ok {
			return "items, each " + article + rest
		}
	}
	return "items, each " + what
}

const domainPattern = `[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+`

func patternShape(name, what, pattern string, more func(string) string) *shape {
	exact := `^` + pattern + `$`
	re := regexp.MustCompile(exact)
	return &shape{form: textForm, name: name, what: what, pattern: exact, test: func(s string) string {
		if !re.MatchString(s) {
			return "found " + show(s)
		}
		if more != nil {
			return more(s)
		}
		return ""
	}}
}

func noLonger(n int) func(string) string {
	return func(s string) string {
		if len(s) > n {
			return "found " + show(s) + ", which is too long"
		}
		return ""
	}
}

var (
	domainShape  = patternShape("domain", "a domain such as school.example", domainPattern, noLonger(253))
	addressShape = patternShape("address", "an address such as head@school.example",
		`[A-Za-z0-9!#$%&'*+/=?^_`+"`"+`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`+"`"+`{|}~-]+)*@`+domainPattern, noLonger(254))
	unitShape = patternShape("org_unit", "an org unit such as / or /Pupils", `/([^/]+(/[^/]+)*)?`, noLonger(1000))
	dateShape = patternShape("date", "a date such as 2026-09-02", `[0-9]{4}-[0-9]{2}-[0-9]{2}`, func(s string) string {
		if _, err := calendar.ParseDate(s); err != nil {
			return "found " + s + ", a day that does not exist"
		}
		return ""
	})
	clockShape = patternShape("time", "a time such as \"15:45\"", `([01][0-9]|2[0-3]):[0-5][0-9]`, nil)
	zoneShape  = patternShape("timezone", "a time zone such as Europe/London", `[A-Za-z][A-Za-z0-9+_-]*(/[A-Za-z0-9+_-]+)*`, func(s string) string {
		if _, err := time.LoadLocation(s); err != nil || s == "Local" {
			return "found " + show(s) + ", a time zone that does not exist"
		}
		return ""
	})
	clauseIDShape = patternShape("clause_id", "a clause id such as A4", `[A-Za-z0-9][A-Za-z0-9.-]{0,19}`, nil)
	driveIDShape  = patternShape("drive_id", "the id from the folder's or drive's link", `[A-Za-z0-9_-]{1,200}`, nil)
	deadlineShape = patternShape("deadline", calendar.DeadlineForm, `(at once|[1-9][0-9]{0,3} (hours?|working days?|school days?))`, nil)
	periodShape   = patternShape("period", `a time such as "30 days", "6 months" or "2 years"`, `[1-9][0-9]{0,3} (day|month|year)s?`, nil)
	schoolIDShape = patternShape("school_id", "a short name such as oak", `[a-z][a-z0-9-]{0,39}`, nil)
	rangeShape    = &shape{form: listForm, what: "two dates: [first day, last day]", elem: dateShape, least: 2, most: 2}
	addresses     = listOf(addressShape, 0)
	units         = listOf(unitShape, 1)
	allRoles      = roleNames()
	roleShape     = &shape{form: textForm, name: "role", what: oneOf(allRoles), words: allRoles}
)

var schoolShape = &shape{form: objectForm, later: true, what: "the school's name, time zone and domains", fields: []field{
	{"name", true, "The school's name, as it should read in mail.", anyText},
	{"id", false, "A short name for the state and the site's addresses, where schools of a trust share a domain. Do not change it. Default: the main domain.", schoolIDShape},
	{"timezone", true, "All schedules and deadlines are in this time zone.", zoneShape},
	{"domains", true, "The school's own domains, the main one first.", listOf(domainShape, 1)},
	{"trusted_domains", false, "Domains of partners. Sharing with them is for information only. A sub-domain is not the domain.", listOf(domainShape, 0)},
	{"org_units", false, "The org units that are this school, where a trust shares one Google account. Default: all of it.", units},
}}

var personShape = &shape{form: eitherForm, name: "person", what: "an address, or {address, name, days}", either: []*shape{
	addressShape,
	{form: objectForm, what: "a person: {address, name, days}", fields: []field{
		{"address", true, "Where mail for this person goes.", addressShape},
		{"name", false, "How mail addresses this person.", anyText},
		{"days", false, "The days on which this person is in. Deadlines count only these. Default: every working day.",
			listOf(wordsShape(weekdayWords), 1)},
	}},
}}

var peopleShape = func() *shape {
	s := &shape{form: objectForm, later: true, what: "who plays which role"}
	for _, i := range roles {
		one := personShape
		if i.many {
			list := listOf(personShape, 1)
			list.what = "a list of people, each an address or {address, name, days}"
			one = &shape{form: eitherForm, what: list.what, either: []*shape{list, personShape.either[0], personShape.either[1]}}
		}
		if !i.classes {
			s.fields = append(s.fields, field{string(i.role), false, "The " + i.title + ".", one})
		}
	}
	return s
}()

var rollColumns = []string{"id", "email", "name", "year", "class", "agreement", "publish", "left", "ends"}

var rollShape = &shape{form: objectForm, name: "roll", what: "a roll: {csv, columns} or {drive, columns}", exactly: []string{"csv", "drive"}, fields: []field{
	{"csv", false, "The CSV file, relative to this file.", anyText},
	{"drive", false, "The id of a CSV file in Google Drive: the last part of its link.", driveIDShape},
	{"columns", true, "What the columns are called in the file.", &shape{form: tableForm, elem: anyText, words: rollColumns,
		some: []string{"id", "email", "name"}, what: "our word and the heading in the file, such as {id: Admission number}"}},
}}

var populationShape = &shape{form: objectForm, later: true, name: "population", what: "org_units and a roll", fields: []field{
	{"org_units", true, "Where their accounts are.", units},
	{"roll", false, "The list from the school's information system.", rollShape},
}}

// staffShape is populationShape with the days of those who are not in every day, and who leads which year.
var staffShape = func() *shape {
	s := *populationShape
	s.name, s.what = "staff", "org_units, a roll, days and year_leaders"
	s.fields = append(slices.Clone(s.fields), field{"days", false, "Who is not in every day, and on which days they are. Deadlines count only these.",
		&shape{form: tableForm, what: "an address and the days on which this person is in", keys: addressShape, elem: listOf(wordsShape(weekdayWords), 1)}},
		field{"year_leaders", false, "Who leads each year: words in the names of its classes, such as Year 4, and an address. Where somebody has to stand in for a teacher and nobody has taught the class before, they are proposed. Default: the e-safety officer is.",
			yearLeadersShape})
	return &s
}()

var otherShape = &shape{form: objectForm, what: "a further group of people: {name, group or org_unit, ends_required, roll}",
	exactly: []string{"group", "org_unit"}, fields: []field{
		{"name", true, "What they are called.", anyText},
		{"group", false, "The group they are in.", addressShape},
		{"org_unit", false, "The org unit they are in.", unitShape},
		{"ends_required", false, "Each account needs a date on which it ends.", flagShape},
		{"roll", false, "The list of these people, who signed and until when they have access.", rollShape},
	}}

var calendarShape = &shape{form: objectForm, later: true, what: "terms, inset days, closures and bank holidays", fields: []field{
	{"terms", false, "The terms, in any order.", listOf(&shape{form: objectForm, what: "a term: {name, first, last, half_term}", fields: []field{
		{"name", true, "What the term is called.", anyText},
		{"first", true, "The first day of term, inset days included.", dateShape},
		{"last", true, "The last day of term.", dateShape},
		{"half_term", false, "The holiday in the middle: first and last day.", rangeShape},
	}}, 1)},
	{"inset", false, "Days on which staff are in and pupils are not.", listOf(dateShape, 0)},
	{"closures", false, "Days on which the school is shut in term time: a date, or first and last day.",
		listOf(&shape{form: eitherForm, what: "a date, or [first day, last day]", either: []*shape{dateShape, rangeShape}}, 0)},
	{"bank_holidays", false, "Whose bank holidays count. Default: england-and-wales.", wordsShape(calendar.Regions())},
	{"extra_bank_holidays", false, "One-off bank holidays that were proclaimed lately.", listOf(dateShape, 0)},
	{"rollover", false, "When accounts move up a year.", &shape{form: objectForm, what: "{from, until}", fields: []field{
		{"from", true, "First day.", dateShape},
		{"until", true, "Last day.", dateShape},
	}}},
}}

var mailShape = &shape{form: objectForm, later: true, what: "how the program writes to people", fields: []field{
	{"attach_csv", false, "Attach full lists to reports. Default: false.", flagShape},
	{"names_for", false, "Roles that may read pupils' names in mail. Default: nobody.", listOf(roleShape, 0)},
	{"digest", false, "When teachers' daily mail goes. Default: 15:45.", clockShape},
	{"report", false, "When reports go. Default: 07:30.", clockShape},
	{"weekly", false, "The day of the weekly e-mail to the e-safety officer, and on which the administrator's report goes even if nothing changed; or none: then there is no weekly e-mail. Default: mon.",
		wordsShape(append(slices.Clone(weekdayWords), "none"))},
}}

var numberShape = patternShape("telephone", "a telephone number such as 020 7946 0000", `\+?[0-9][0-9 ()-]{1,23}( (ext|option)\.? [0-9]{1,6})?`, nil)

var numbersShape = &shape{form: objectForm, later: true, what: "telephone numbers: {lado, mash, police_non_emergency, council, data_protection}", fields: []field{
	{"lado", false, "The local designated officer, for concerns about adults.", numberShape},
	{"mash", false, "The council's children's services, for concerns about pupils.", numberShape},
	{"police_non_emergency", false, "The police where nobody is in danger now. Default: 101.", numberShape},
	{"council", false, "The council's switchboard.", numberShape},
	{"data_protection", false, "The data protection officer.", numberShape},
}}

var kinds = []string{string(Check), string(CheckIn), string(Reminder), string(Record)}

var meansShape = &shape{form: objectForm, name: "means", what: "one means: {check: …}, {check_in: …}, {reminder: …} or {record: …}",
	exactly: kinds,
	brings:  map[string][]string{string(Check): {"severity"}, string(CheckIn): {"ask", "every"}},
	onlyBy: map[string][]string{"with": {string(Check), string(Reminder)}, "when_not_met": {string(Check)}, "brake": {string(Check)},
		"ask": {string(CheckIn), string(Reminder)}, "every": {string(CheckIn), string(Reminder)}},
	fields: []field{
		{string(Check), false, "Looked at by machine.", wordsShape(meansNames(Check))},
		{string(CheckIn), false, "No API can see it, so a person is asked.", wordsShape(meansNames(CheckIn))},
		{string(Reminder), false, "Posted or mailed on the school calendar.", wordsShape(meansNames(Reminder))},
		{string(Record), false, "A log or list that the program keeps.", wordsShape(meansNames(Record))},
		{"with", false, "What exactly the check looks for; what a reminder says, to whom, when and how.", &shape{form: rawForm, what: "the parameters of the check or reminder"}},
		{"severity", false, "How much it matters.", wordsShape(severities)},
		{"due", false, "How long somebody has. Default: 1 working day for high, 5 school days for medium, 20 school days for low; 10 school days to confirm a reminder.", deadlineShape},
		{"when_not_met", false, "What the program does. Default: report.", wordsShape(outcomes)},
		{"brake", false, "With when_not_met: fix, how much the program changes in 24 hours before it asks a person.", brakeShape},
		{"ask", false, "Who answers a check-in or confirms a reminder.", roleShape},
		{"every", false, "How often a check-in is asked or a reminder sent.", wordsShape(rhythms)},
	}}

var clauseShape = &shape{form: objectForm, later: true, name: "clause", what: "a clause: {id, says, source, deals_with_it, met_by}", fields: []field{
	{"id", true, "The clause's number in the school's policy.", clauseIDShape},
	{"says", true, "What the policy says, in a sentence.", anyText},
	{"source", false, "Where it says it.", anyText},
	{"deals_with_it", true, "Who deals with what does not match.", roleShape},
	{"met_by", true, "How it is looked at.", listOf(meansShape, 1)},
}}

var policyShape = &shape{form: objectForm, later: true, what: "a policy: school, people, calendar, clauses", onlyBy: map[string][]string{"leaves_out": {"inherits"}}, fields: []field{
	{"school", true, "The part of the Google account that is this school.", schoolShape},
	{"people", true, "Who plays which role.", peopleShape},
	{"titles", false, "The school's own words for roles.", &shape{form: tableForm, elem: anyText,
		words: allRoles, what: "a role and the school's word for it"}},
	{"pupils", false, "The pupils' accounts.", populationShape},
	{"staff", false, "The staff's accounts.", staffShape},
	{"others", false, "Further people with accounts.", listOf(otherShape, 0)},
	{"calendar", false, "Term dates. Without them, what is due in school days could not be checked.", calendarShape},
	{"review", false, "When the policy was last reviewed, and how often it is. The reminder policy-review and the record policy-read count from it.", reviewShape},
	{"mail", false, "How the program writes to people.", mailShape},
	{"numbers", false, "Telephone numbers that the forms of the incident log tell people.", numbersShape},
	{"classdojo", false, "The classes on ClassDojo, which ClassDojo tells no program, and how the program hears of them.", dojoShape},
	{"confidential_owners", false, "Addresses of people whose files are never named in mail.", addresses},
	{"blogs", false, "The blogs that the school approved, and who looks at their comments.", listOf(blogShape, 0)},
	{"clauses", true, "What the school's policy says, clause by clause.", listOf(clauseShape, 1)},
	{"not_seen", false, "Gaps that the school knows of: reported, but no failure of a run.", listOf(anyText, 0)},
	{"retention", false, "How long each kind of thing is kept.", &shape{form: tableForm, elem: periodShape, words: retentionKinds,
		what: "a kind of thing and how long it is kept"}},
	{"inherits", false, "The trust's file, relative to this one: what it says under policy holds here too, where this file does not say otherwise.", anyText},
	{"leaves_out", false, "The ids of clauses of the trust that this school does not take over.", listOf(clauseIDShape, 1)},
}}

var retentionKinds = func() []string {
	var out []string
	for k := range defaultRetention {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}()
