package policy

import (
	"fmt"

	"esafetybot/internal/settings"
)

// The parameters of the checks: what may stand below `with:`.

func wholeShape(what string, from, to int) *shape {
	return &shape{form: numberForm, what: fmt.Sprintf("%s from %d to %d", what, from, to), whole: true, from: float64(from), to: float64(to)}
}

func rulesOf(names []string, where string) field {
	return field{"rules", true, "What to look for. " + where + " says what each rule means.", listOf(wordsShape(names), 1)}
}

const accountRulesPage = "docs/account-rules.md"

var (
	// yearKey is a year as the name of a field, yearShape as one item of a list, where it may be a number.
	yearKey = patternShape("", "a year such as R, N, 4 or Year 4",
		`([Rr]|[Rr]eception|[Nn]|[Nn]ursery|0|[Yy]ear [Rr]|([Yy]|[Yy]ear )?[1-9])`, nil)
	yearShape = &shape{form: scalarForm, name: "year", what: yearKey.what, pattern: yearKey.pattern, test: yearKey.test}

	courseShape = func() *shape {
		id := patternShape("", "the id of a course: digits", `[0-9]{1,25}`, nil)
		return &shape{form: scalarForm, name: "course_id", what: id.what, pattern: id.pattern, test: id.test}
	}()
	plainValue = &shape{form: scalarForm, what: "a text, a number, or true or false"}

	unitsAndGroups = &shape{form: objectForm, name: "units_and_groups", what: "{units, groups}", some: []string{"units", "groups"}, fields: []field{
		{"units", false, "Org units, each with everything below it.", listOf(unitShape, 0)},
		{"groups", false, "Groups, with the members of groups in them.", addresses},
	}}

	brakeShape = &shape{form: objectForm, name: "brake", what: "{max_changes, max_share}", fields: []field{
		{"max_changes", false, fmt.Sprintf("Changes in 24 hours. Default: %d.", defaultMaxChanges), wholeShape("a number of changes", 1, 1000)},
		{"max_share", false, fmt.Sprintf("Percent of all accounts or files that it is about, in 24 hours. Default: %d.", defaultMaxShare), wholeShape("percent", 1, 100)},
	}}
)

var confidentialShape = &shape{form: objectForm, what: "a confidential place: {folder or drive, name, allowed}",
	exactly: []string{"folder", "drive"}, fields: []field{
		{"folder", false, "The id of a folder in My Drive: the last part of its link.", driveIDShape},
		{"drive", false, "The id of a shared drive: the last part of its link.", driveIDShape},
		{"name", true, "What people call it.", anyText},
		{"allowed", true, "Addresses of people and groups who may open it.", addresses},
	}}

var sharingShape = &shape{form: objectForm, what: "{rules, confidential, remedy, expire_days}", fields: []field{
	rulesOf(sharingRules, "docs/rules.md"),
	{"confidential", false, "For within-school and trust-wide: the folders and drives that only some may open.", listOf(confidentialShape, 1)},
	{"remedy", false, "With when_not_met propose or fix: take the share away, narrow it to reading, or give it an end. Default: remove.",
		wordsShape([]string{RemedyRemove, RemedyNarrow, RemedyExpire})},
	{"expire_days", false, fmt.Sprintf("For the remedy expire: how many days the share still has. Default: %d.", defaultExpireDays), wholeShape("a number of days", 1, 365)},
}}

// accountsParameters lists the parameters of accounts that only some of its rules read.
var accountsParameters = []struct {
	name  string
	rules []string
	doc   string
	shape *shape
}{
	{"who", rulesWithWho(), "Whose accounts. Default: as the rule says.",
		listOf(wordsShape([]string{KindPupils, KindStaff, KindOthers, KindUnplaced}), 1)},
	{"except", append(rulesWithWho(), "wrong-unit", "no-end-date"), "Accounts that are left out.", unitsAndGroups},
	{"grace_days", []string{"leaver-active"}, fmt.Sprintf("Days after leaving. Default: %d.", defaultGraceDays), wholeShape("a number of days", 0, 365)},
	{"quiet_weeks", []string{"never-signed-in", "dormant"}, fmt.Sprintf("School weeks without a sign-in. Default: %d.", defaultQuietWeeks),
		wholeShape("a number of school weeks", 1, 100)},
	{"password_days", []string{"password-age"}, "The age in days above which a password is too old. Without a number there is no limit.",
		&shape{form: objectForm, what: "{staff, admins}", some: []string{"staff", "admins"}, fields: []field{
			{"staff", false, "For adults without an admin role.", wholeShape("a number of days", 1, 3650)},
			{"admins", false, "For adults with an admin role.", wholeShape("a number of days", 1, 3650)},
		}}},
	{"admins", []string{"admin-role"}, "Adults who may hold an admin role. Without it only the roles of pupils and of accounts in no known unit are looked at.", addresses},
	{"accepted", []string{"not-on-roll", "shared-account"}, "Accounts that belong to no one person, and that the school knows of.", addresses},
	{"generic_words", []string{"shared-account"}, "Words in the names of accounts that several people use.", listOf(genericShape, 1)},
	{"approved_apps", []string{"risky-app"}, "Names or client ids of apps that the school approved.", listOf(anyText, 0)},
	{"sign_in_apps", []string{"risky-app"}, "Whether apps are fine that only sign people in. Default: not-allowed.",
		wordsShape([]string{"allowed", "not-allowed"})},
	{"second_step", []string{"no-2sv"}, "Who needs a second step at sign-in. Default: admins.", wordsShape([]string{SecondStepAdmins, SecondStepStaff})},
	{"year_units", []string{"wrong-unit"}, "The unit of each year group.",
		&shape{form: tableForm, what: "a year and its unit, such as {R: /Pupils/Reception}", keys: yearKey, elem: unitShape}},
	{"year_rules", []string{"year-group"}, "What accounts year groups may have.", listOf(&shape{form: objectForm, what: "{years, accounts}", fields: []field{
		{"years", true, "The year groups.", listOf(yearShape, 1)},
		{"accounts", true, "No accounts, or accounts that do not sign in.", wordsShape([]string{YearNone, YearNoSignIn})},
	}}, 1)},
	{"keep_courses", []string{"old-class"}, "Ids of courses of earlier years that may stay.", listOf(courseShape, 0)},
}

var genericShape = patternShape("", "a word of letters", `[A-Za-zÀ-ž]+`, nil)

func rulesWithWho() []string {
	var out []string
	for _, r := range accountsRules {
		if ruleWho[r] != nil {
			out = append(out, r)
		}
	}
	return out
}

var accountsShape = func() *shape {
	s := &shape{form: objectForm, what: "{rules, …}", fields: []field{rulesOf(accountsRules, accountRulesPage)}}
	for _, p := range accountsParameters {
		s.fields = append(s.fields, field{p.name, false, p.doc, p.shape})
	}
	return s
}()

var devicesShape = &shape{form: objectForm, what: "{rules, synced_within_days}", fields: []field{
	rulesOf(devicesRules, accountRulesPage),
	{"synced_within_days", false, fmt.Sprintf("Devices that were silent for longer are not looked at. Default: %d.", defaultSyncedWithinDays),
		wholeShape("a number of days", 1, 3650)},
}}

var commentsShape = &shape{form: objectForm, what: "{rules, places, replies, staff}", fields: []field{
	{"rules", false, "What is looked for. Default: all rules of " + commentRulesPage + ".", listOf(wordsShape(commentsRules), 1)},
	{"places", false, "Where people comment: posts in Classroom, documents of classes on Google Drive, blogs (those listed under “blogs”), ClassDojo (with the block “classdojo”). Default: classroom.",
		listOf(wordsShape([]string{PlaceClassroom, PlaceClassDojo, PlaceBlogs, PlaceDocuments}), 1)},
	{"replies", false, "Whether a teacher's comment shows that they looked. Default: count.", wordsShape([]string{"count", "do-not-count"})},
	{"staff", false, "Whether comments of staff need looking at too. Default: no.", wordsShape([]string{"yes", "no"})},
}}

const commentRulesPage = "docs/comment-rules.md"

// mostLeaverDays lets a school look for somebody until they are grown up.
const mostLeaverDays = 5500

var namesShape = &shape{form: objectForm, what: "{rules, titles, leaver_days}", fields: []field{
	rulesOf(namesRules, "docs/name-rules.md"),
	{"titles", false, "For full-name: titles that are looked at besides those that the public can read. Default: none.",
		listOf(wordsShape([]string{TitlesClasses, TitlesPosts}), 0)},
	{"leaver_days", false, fmt.Sprintf("For how many days somebody who has left is still looked for. Default: %d.", defaultLeaverDays),
		wholeShape("a number of days", 0, mostLeaverDays)},
}}

var pupilEmailShape = &shape{form: objectForm, what: "{mode, except, approved, move_to}", fields: []field{
	{"mode", true, "Whether no pupil has e-mail, or only those approved.", wordsShape([]string{ModeOff, ModeApprovedOnly})},
	{"except", false, "Accounts that are left out.", unitsAndGroups},
	{"approved", false, "For approved-only: who may have e-mail.", unitsAndGroups},
	{"move_to", false, "With when_not_met propose or fix: the unit where e-mail is off, for all or by the unit that the account is in.",
		&shape{form: eitherForm, what: "an org unit such as /Pupils/No mail, or {UNIT: UNIT}", either: []*shape{
			unitShape,
			{form: tableForm, what: "a unit and the one to move to", keys: unitShape, elem: unitShape},
		}}},
}}

var settingsShape = &shape{form: objectForm, what: "{units, baseline, want, except}", some: []string{"baseline", "want"}, fields: []field{
	{"units", true, "Where the settings are looked at, each unit with everything below it.", listOf(unitShape, 1)},
	{"baseline", false, "Settings that UK guidance asks of primary schools, each with its reason.", wordsShape(settings.Baselines())},
	{"want", false, "Settings that the school wants.", listOf(wantShape, 1)},
	{"except", false, "Units and accounts that are left out.", unitsAndGroups},
}}

var wantShape = &shape{form: objectForm, name: "want", what: "a setting: {setting, field, value or values or at_least}",
	exactly: []string{"value", "values", "at_least"}, fields: []field{
		{"setting", true, "The setting's name at Google.", patternShape("", "a setting such as drive_and_docs.external_sharing", `[a-z0-9_]+(\.[a-z0-9_]+)+`, noLonger(200))},
		{"field", true, "The field of the setting.", patternShape("", "a field such as externalSharingMode", `[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)*`, noLonger(200))},
		{"value", false, "The one right value.", plainValue},
		{"values", false, "The right values.", listOf(plainValue, 1)},
		{"at_least", false, "The least right number.", &shape{form: numberForm, what: "a number", from: 0, to: 1e9}},
	}}
