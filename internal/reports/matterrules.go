package reports

import (
	"strings"

	"esafetybot/internal/quantity"
)

// The parts of the report that are not about sharing, in the order in which they stand if nothing in one is graver than in another.
const (
	PartEmail    = "Pupils' e-mail"
	PartAccounts = "Accounts and sign-in"
	PartClasses  = "Classes"
	PartNames    = "Pupils' names"
	PartComments = "Comments"
	PartSettings = "Settings of the Google account"
	PartDevices  = "Devices"
	PartRecords  = "The incident log"
	PartLists    = "Records"
	PartAnswers  = "What people were asked"
)

var parts = []string{PartEmail, PartAccounts, PartClasses, PartNames, PartComments, PartAnswers, PartLists, PartSettings, PartDevices, PartRecords}

// MatterRule is how the reports speak of one rule about accounts, classes, devices, pupils' e-mail or settings. In One and Many "{n}" is
// how many, "{a person}" and "{people}" who it is about: a pupil, an adult, a person.
type MatterRule struct {
	Name  string // with its check, as in the policy: "accounts.leaver-active"
	Part  string
	One   string // what is the case; begins with A or An
	Many  string
	Topic string // a few words, for lists of what was put right or agreed
	Why   string // why it matters, one sentence
	Do    string // what to do
	Where string // where to click, step by step
	Now   string // what to do at once, where that is more than Do; for the urgent message
}

// Click paths below follow Google's help pages as of 2026 (support.google.com/a/answer/33312 for switching an account off,
// 182537 for moving one, 172176 for roles, 7281227 for apps and cookies, 9288451 for access groups, 1734200 for mobile devices,
// 3523633 for Chromebooks; support.google.com/edu/classroom/answer/6069941 for classes).
const (
	console   = "Admin console → "
	openUser  = console + "Directory → Users → click the account → "
	openClass = "Classroom → open the class → People → "
	openPost  = "The link opens it; "
	openTitle = "The link opens it. A file or folder: click its name to rename it, or Share → General access → Restricted; "
	classHelp = " If you cannot open the class, ask its teacher."
	gmailPage = console + "Apps → Google Workspace → Gmail → Service status → "
)

// MatterRules is the wording of every rule but those of sharing, the gravest of each part first. It is the one place for it.
var MatterRules = []MatterRule{
	{
		Name: "pupil-email.access-group", Part: PartEmail, Topic: "e-mail through a group",
		One:   "A pupil can use e-mail, because a group switches it on",
		Many:  "{n} pupils can use e-mail, because a group switches it on",
		Why:   "Such a group switches Gmail on whatever their unit says, so people the school does not know can write to them.",
		Do:    "Take the pupils out of the group, or take Gmail off the group",
		Where: console + "Directory → Groups → click the group → Members → tick the pupils → Remove members. Or for the whole group: " + gmailPage + "Groups, on the left → the group → Unset.",
		Now:   "Take every pupil out of the group now, then ask who put it there and whether anything was sent or received.",
	},
	{
		Name: "pupil-email.on", Part: PartEmail, Topic: "e-mail switched on",
		One:   "A pupil can use e-mail: Gmail is switched on for their unit",
		Many:  "{n} pupils can use e-mail: Gmail is switched on for their units",
		Why:   "The policy does not give them e-mail; with it, people the school does not know can write to them.",
		Do:    "Switch Gmail off for the unit, or have it agreed until a date if it is needed for a while",
		Where: gmailPage + "choose the unit on the left → OFF → Override (or Save). It can take a day to reach everyone.",
		Now:   "Switch Gmail off for the unit now, then ask who switched it on and whether anything was sent or received.",
	},
	{
		Name: "pupil-email.used", Part: PartEmail, Topic: "signs of e-mail",
		One:   "A pupil's account shows signs of e-mail in Google's usage reports",
		Many:  "{n} pupils' accounts show signs of e-mail in Google's usage reports",
		Why:   "The usage reports lag by a few days, but they can show what the settings do not.",
		Do:    "Look whether Gmail is off for the account now, and what was sent or received",
		Where: openUser + "Apps, for whether Gmail is on; " + console + "Reporting → Email log search, for what was sent and received.",
		Now:   "Look whether Gmail is on for the account, and whom it wrote to or heard from.",
	},

	{
		Name: "accounts.admin-role", Part: PartAccounts, Topic: "administrator's role",
		One:   "An account of {a person} has an administrator's role that the policy does not give it",
		Many:  "{n} accounts of {people} have an administrator's role that the policy does not give them",
		Why:   "Whoever signs in with it can change other people's accounts or settings.",
		Do:    "Take the role away, or add the account to the policy's list of administrators if it should have it",
		Where: openUser + "Admin roles and privileges → switch the role off → Save. If the role comes through a group: take the account out of the group.",
		Now:   "Take the role away now, then look at what was done with it: " + console + "Reporting → Audit and investigation → Admin log events.",
	},
	{
		Name: "accounts.suspicious-login", Part: PartAccounts, Topic: "suspicious sign-in",
		One:   "An account of {a person} had a sign-in that Google calls suspicious, and still has the same password",
		Many:  "{n} accounts of {people} had sign-ins that Google calls suspicious, and still have the same passwords",
		Why:   "Somebody else may know the password.",
		Do:    "Ask whether it was the person; if not, or if in doubt, set a new password and sign the account out everywhere",
		Where: openUser + "Reset password; then Security → Sign-in cookies → Reset. If Google switched the account off, change the password first, then restore it.",
	},
	{
		Name: "accounts.weak-password", Part: PartAccounts, Topic: "weak or leaked password",
		One:   "An account of {a person} has a password that is weak or has leaked",
		Many:  "{n} accounts of {people} have passwords that are weak or have leaked",
		Why:   "A weak password can be guessed, and a leaked one is known to strangers.",
		Do:    "Set a new password, and ask for their own at the next sign-in; leaked ones today",
		Where: openUser + "Reset password → tick “Ask for a password change at the next sign-in”.",
	},
	{
		Name: "accounts.outside-forwarding", Part: PartAccounts, Topic: "mail passed on outside",
		One:   "An account of {a person} passes all its mail on to an address outside the school",
		Many:  "{n} accounts of {people} pass all their mail on to addresses outside the school",
		Why:   "What families and colleagues write leaves the school, and stays there when the person leaves.",
		Do:    "Ask them to switch forwarding off; if they know nothing of it, treat it as a break-in and change the password",
		Where: "Their own Gmail → Settings → See all settings → Forwarding and POP/IMAP → Disable forwarding → Save. For everybody: " + console + "Apps → Google Workspace → Gmail → End User Access → Automatic forwarding → off.",
	},
	{
		Name: "accounts.leaver-active", Part: PartAccounts, Topic: "account after leaving",
		One:   "An account of {a person} who has left is still switched on",
		Many:  "{n} accounts of {people} who have left are still switched on",
		Why:   "Whoever has the password can still sign in and open what they could before.",
		Do:    "Switch off what nobody needs any more; nothing is deleted by that",
		Where: openUser + "Suspend user (this switches it off and keeps everything that is in it).",
	},
	{
		Name: "accounts.no-2sv", Part: PartAccounts, Topic: "two-step verification",
		One:   "An account of {a person} signs in without two-step verification",
		Many:  "{n} accounts of {people} sign in without two-step verification",
		Why:   "The password alone opens it, and the policy asks for a second step.",
		Do:    "Ask them to switch two-step verification on; it takes five minutes and a phone or a key",
		Where: "They do it themselves: myaccount.google.com → Security → 2-Step Verification. To require it: " + console + "Security → Authentication → 2-step verification.",
	},
	{
		Name: "accounts.risky-app", Part: PartAccounts, Topic: "app that is not approved",
		One:   "An account of {a person} lets in an app that is not on the school's list",
		Many:  "{n} accounts of {people} let in apps that are not on the school's list",
		Why:   "An app reads what somebody allowed it to, and nobody in school has looked at what it does with that.",
		Do:    "Take the app away, or add it to the policy's approved apps once somebody has looked at it",
		Where: openUser + "Security → Connected applications → point to the app → Remove. For everybody: " + console + "Security → Access and data control → API controls → Manage app access → the app → Blocked.",
	},
	{
		Name: "accounts.outside-recovery", Part: PartAccounts, Topic: "recovery address outside",
		One:   "A pupil's account has a recovery address outside the school",
		Many:  "{n} pupils' accounts have recovery addresses outside the school",
		Why:   "Whoever reads mail there can set a new password for the account.",
		Do:    "Remove the recovery address",
		Where: openUser + "Security → Recovery information → Edit → delete the e-mail address → Save.",
	},
	{
		Name: "accounts.not-on-roll", Part: PartAccounts, Topic: "account that is not on the roll",
		One:   "An account of {a person} is on no line of the roll",
		Many:  "{n} accounts of {people} are on no line of the roll",
		Why:   "Either nobody needs it any more, or the roll lacks somebody.",
		Do:    "Find out who uses it: add them to the roll, or switch it off; name a shared or technical one in the policy",
		Where: openUser + "look at the name and when it last signed in; Suspend user switches it off and keeps everything.",
	},
	{
		Name: "accounts.shared-account", Part: PartAccounts, Topic: "shared account",
		One:   "An account seems to be shared by several people, or to be somebody's second one",
		Many:  "{n} accounts seem to be shared by several people, or to be somebody's second one",
		Why:   "The policy asks that everyone signs in with their own, so that it is clear who did what.",
		Do:    "Give each person their own account; if this one must be shared (a trolley of tablets), name it in the policy as accepted",
		Where: openUser + "look at who it belongs to and its employee ID (roll number); Suspend user switches a second one off.",
	},
	{
		Name: "accounts.no-agreement", Part: PartAccounts, Topic: "signed agreement",
		One:   "An account is in use by {a person} whose signed agreement is not on the list",
		Many:  "{n} accounts are in use by {people} whose signed agreements are not on the list",
		Why:   "The policy gives an account once this year's agreement came back signed.",
		Do:    "Ask for the form, and enter it on the roll when it is there",
		Where: "Nothing in the Admin console: the office or the class teacher asks for the form and enters it in the list that the policy names.",
	},
	{
		Name: "accounts.no-end-date", Part: PartAccounts, Topic: "end date",
		One:   "An account of {a person} who is here for a while has no end date, or its end has passed",
		Many:  "{n} accounts of {people} who are here for a while have no end date, or their end has passed",
		Why:   "Without a date nobody notices when an account is no longer needed.",
		Do:    "Enter an end date in the list, or switch the account off",
		Where: "The list that the policy names, column for the end date; or " + openUser + "Suspend user.",
	},
	{
		Name: "accounts.year-group", Part: PartAccounts, Topic: "account in a year without accounts",
		One:   "An account of a pupil does not fit what the policy says of their year group",
		Many:  "{n} accounts of pupils do not fit what the policy says of their year groups",
		Why:   "The policy says which years have accounts, and which sign in by themselves.",
		Do:    "Look whether the pupil is in the right unit; if so, switch the account off, or ask the class teacher who signed in",
		Where: openUser + "Suspend user; or Change organisational unit, if it is in the wrong one.",
	},
	{
		Name: "accounts.wrong-unit", Part: PartAccounts, Topic: "unit that does not fit the roll",
		One:   "An account of {a person} is in a unit that does not fit the roll",
		Many:  "{n} accounts of {people} are in units that do not fit the roll",
		Why:   "The unit decides what an account may do; in the wrong one it gets the rules of another year, or of adults.",
		Do:    "Move the account to the right unit, or correct the roll",
		Where: console + "Directory → Users → point to the account → More options → Change organisational unit → choose it → Continue → Change.",
	},
	{
		Name: "accounts.missing", Part: PartAccounts, Topic: "missing account",
		One:   "A line of the roll has no working account",
		Many:  "{n} lines of the roll have no working account",
		Why:   "Somebody may be unable to sign in, or may be using another's account.",
		Do:    "Make the account or switch it on; if the line is old, enter the date of leaving",
		Where: console + "Directory → Users → Add new user; or → the account that is switched off → Reactivate.",
	},
	{
		Name: "accounts.password-age", Part: PartAccounts, Topic: "age of the password",
		One:   "An account of {a person} has a password older than the policy allows",
		Many:  "{n} accounts of {people} have passwords older than the policy allows",
		Why:   "The policy asks for a new password from time to time.",
		Do:    "Ask them to change it",
		Where: "They do it themselves: myaccount.google.com → Security → Password. Or " + openUser + "Reset password → tick “Ask for a password change at the next sign-in”.",
	},
	{
		Name: "accounts.never-signed-in", Part: PartAccounts, Topic: "account that never signed in",
		One:   "An account of {a person} has never signed in",
		Many:  "{n} accounts of {people} have never signed in",
		Why:   "A first password is often known to others, and nobody would notice if somebody used it.",
		Do:    "Ask whether it is needed, and switch off what is not",
		Where: openUser + "Suspend user.",
	},
	{
		Name: "accounts.dormant", Part: PartAccounts, Topic: "account that is not used",
		One:   "An account of {a person} has not signed in for weeks",
		Many:  "{n} accounts of {people} have not signed in for weeks",
		Why:   "Nobody would notice if somebody else used it.",
		Do:    "Ask whether it is needed, and switch off what is not",
		Where: openUser + "Suspend user.",
	},

	{
		Name: "accounts.outsider-in-class", Part: PartClasses, Topic: "somebody from outside in a class",
		One:   "A class has somebody from outside the school in it",
		Many:  "{n} classes have somebody from outside the school in them",
		Why:   "Whoever is in a class sees the pupils' names, posts and work, and can write to them.",
		Do:    "Take whoever is from outside out of the class",
		Where: openClass + "tick the person → Actions → Remove." + classHelp,
		Now:   "Take whoever is from outside out of the class now, then ask the teacher who it is, and look at what they wrote and could read.",
	},
	{
		Name: "accounts.class-without-teacher", Part: PartClasses, Topic: "class without a teacher",
		One:   "A class has no teacher or owner with a working account",
		Many:  "{n} classes have no teacher or owner with a working account",
		Why:   "Nobody who may step in sees what is posted there.",
		Do:    "Give the class a teacher, or archive it",
		Where: openClass + "Invite teachers; then ⋮ beside the new teacher → Make class owner. If nobody can, archive the class and let the teacher start a new one." + classHelp,
	},
	{
		Name: "accounts.other-school", Part: PartClasses, Topic: "somebody from another school in a class",
		One:   "A class has somebody from another school or a trusted organisation in it",
		Many:  "{n} classes have somebody from another school or a trusted organisation in them",
		Why:   "Whoever is in a class sees the pupils' names, posts and work.",
		Do:    "Ask the teacher whether this is meant; if not, take them out of the class",
		Where: openClass + "tick the person → Actions → Remove." + classHelp,
	},
	{
		Name: "accounts.old-class", Part: PartClasses, Topic: "last year's class",
		One:   "A class from an earlier school year is still open",
		Many:  "{n} classes from earlier school years are still open",
		Why:   "Pupils can go on posting where nobody looks any more.",
		Do:    "Archive it, everything in it stays readable; or name it in the policy if it is meant to stay",
		Where: "Classroom → point to the class → ⋮ → Archive." + classHelp,
	},

	{
		Name: "names.not-to-publish", Part: PartNames, Topic: "public title",
		One:   "A title that the public can read needs your look",
		Many:  "{n} titles that the public can read need your look",
		Why:   "A child may be recognised by it, and this is for you to judge; it is told to nobody else.",
		Do:    "Open it, and take the name out of the title or stop sharing it with the public; tell whoever does it no more than that",
		Where: openTitle + "a Site: Publish settings → who can view.",
		Now:   "Open it today; until the title is changed, stop sharing it with the public.",
	},
	{
		Name: "names.full-name", Part: PartNames, Topic: "pupil's full name in a title",
		One:   "A title has a pupil's first name and surname in it",
		Many:  "{n} titles have a pupil's first name and surname in them",
		Why:   "Whoever can read the title knows which child it is about.",
		Do:    "Take the surname out of the title, or stop sharing it with the public",
		Where: openTitle + "a class or a post: ⋮ → Edit.",
	},

	{
		Name: "comments.private-by-other-adult", Part: PartComments, Topic: "private comment by another adult",
		One:   "An adult who does not teach the class wrote a private comment on a pupil's work",
		Many:  "{n} pieces of pupils' work have private comments by adults who do not teach the class",
		Why:   "Private comments are between a pupil and their teachers; nobody else at school sees them.",
		Do:    "Ask the adult and the class teacher what it was about; if it worries you, treat it as a concern about an adult",
		Where: openPost + "only a teacher of the class can open the pupil's work there and read what was written.",
		Now:   "Ask the class teacher to open the work and read it with you today.",
	},
	{
		Name: "comments.unreviewed", Part: PartComments, Topic: "comments nobody looked at",
		One:   "A post or document has comments that nobody has looked at in time",
		Many:  "{n} posts and documents have comments that nobody has looked at in time",
		Why:   "The class teacher was told each day; it is passed to you so that somebody looks.",
		Do:    "Look at them yourself, or ask the class teacher to; name somebody who stands in if the teacher is away",
		Where: openPost + "a reply of a teacher of the class shows that somebody looked; of ClassDojo only “Reviewed” on the review site, or an answer about the class, does.",
	},
	{
		Name: "comments.no-host", Part: PartComments, Topic: "comments without a teacher",
		One:   "A post, document or blog has comments, and nobody with a working account looks after it",
		Many:  "{n} posts, documents and blogs have comments, and nobody with a working account looks after them",
		Why:   "Nobody is told that there is something to look at.",
		Do:    "Add a teacher to the class, or archive it if it is over; for a blog, name who looks after it under blogs in the policy, or close it to comments",
		Where: openClass + "Invite teachers (the + beside Teachers)." + classHelp,
	},
	{
		Name: "check-in.answered-no", Part: PartAnswers, Topic: "answered with no",
		One:   "A question about what no program can see was answered: it is not as the policy wants it",
		Many:  "{n} questions about what no program can see were answered: it is not as the policy wants it",
		Why:   "Somebody who looked says so, and nobody else would tell you.",
		Do:    "Talk with whoever answered, put it right together, and have the question answered again",
		Where: "The review site → Questions for me: those who lead see every question.",
	},
	{
		Name: "check-in.not-looked", Part: PartAnswers, Topic: "comments on ClassDojo nobody looked through",
		One:   "A Story on ClassDojo has its comments on, and nobody has looked through them in time",
		Many:  "{n} Stories on ClassDojo have their comments on, and nobody has looked through them in time",
		Why:   "Comments on a Story show at once; ClassDojo holds none back for a teacher.",
		Do:    "Ask a teacher of the class to look through it and to answer the question again, or to switch comments off",
		Where: "ClassDojo → the class → Story; comments are switched in the class's settings, by the owner of the class. Those of the School Story a leader switches in the school's settings.",
	},
	{
		Name: "check-in.not-sure", Part: PartAnswers, Topic: "answered with not sure",
		One:   "A question about what no program can see was answered with “not sure”",
		Many:  "{n} questions about what no program can see were answered with “not sure”",
		Why:   "Nobody knows whether it is as the policy wants it.",
		Do:    "Find out together with whoever answered, and have the question answered again",
		Where: "The review site → Questions for me: those who lead see every question.",
	},
	{
		Name: "check-in.overdue", Part: PartAnswers, Topic: "unanswered question",
		One:   "A question about what no program can see was not answered in time",
		Many:  "{n} questions about what no program can see were not answered in time",
		Why:   "That nobody answered does not mean that all is well.",
		Do:    "Remind whoever is asked; who leads can answer it too",
		Where: "The review site → Questions for me: those who lead see every question.",
	},
	{
		Name: "reminder.unconfirmed", Part: PartAnswers, Topic: "reminder nobody confirmed",
		One:   "A thing on the policy's calendar was not confirmed as done",
		Many:  "{n} things on the policy's calendar were not confirmed as done",
		Why:   "That it was reminded of does not mean that it was done.",
		Do:    "Ask whoever sees to it; they, or who leads, say on the review site that it is done",
		Where: "The review site → Reminders.",
	},
	{
		Name: "reminder.missed", Part: PartAnswers, Topic: "reminder that reached nobody",
		One:   "A reminder did not reach those whom it was for",
		Many:  "{n} reminders did not reach those whom they were for",
		Why:   "The policy says that they are told.",
		Do:    "Tell them yourself; the next reminder goes out by itself. A class without an active teacher needs one",
		Where: "The review site → Reminders: when each one goes out, to whom, and what has gone out.",
	},
	{
		Name: recordRule, Part: PartLists, Topic: "records", // of one record: listRules
		One:   "An entry of a record is past its date, and nobody has renewed it",
		Many:  "{n} entries of records are past their dates, and nobody has renewed them",
		Why:   "The policy says how long an entry may stay as it is after its date.",
		Do:    "Look at what the entry says again, and renew or end it",
		Where: "The review site → Records → the entry → Renew, or End.",
	},
	{
		Name: "settings.differs", Part: PartSettings, Topic: "setting",
		One:   "A setting is not as the policy wants it",
		Many:  "{n} settings are not as the policy wants them",
		Why:   "Settings decide what everybody in a unit can do; one change puts it right for all of them.",
		Do:    "Change the setting for the unit or group named here",
		Where: console + "the page of the service → choose the unit on the left → change it → Override (or Save).",
	},

	{
		Name: "devices.unencrypted", Part: PartDevices, Topic: "encryption",
		One:   "A phone or tablet with a school account on it is not encrypted",
		Many:  "{n} phones or tablets with a school account on them are not encrypted",
		Why:   "Whoever finds a lost one can read what is on it.",
		Do:    "Ask its user to switch encryption on (setting a passcode usually does), or take the school account off it",
		Where: console + "Devices → Mobile & endpoints → Devices → click the device; More → Wipe account takes the school account off it.",
	},
	{
		Name: "devices.no-passcode", Part: PartDevices, Topic: "passcode",
		One:   "A phone or tablet with a school account on it has no passcode",
		Many:  "{n} phones or tablets with a school account on them have no passcode",
		Why:   "Whoever picks one up can read the account's mail and files.",
		Do:    "Ask its user to set a passcode, or take the school account off it",
		Where: console + "Devices → Mobile & endpoints → Devices → click the device. To require it of all: Devices → Mobile & endpoints → Settings → Universal → Password requirements.",
	},
	{
		Name: "devices.developer-mode", Part: PartDevices, Topic: "developer mode",
		One:   "A Chromebook is in developer mode",
		Many:  "{n} Chromebooks are in developer mode",
		Why:   "In that mode the school's rules and the filter can be got round.",
		Do:    "Reset it: at the start screen press the space bar, then Enter; it enrols again by itself",
		Where: console + "Devices → Chrome → Devices → click the device. To stop it for good: Devices → Chrome → Settings → Device settings → Forced re-enrolment.",
	},
	{
		Name: "devices.update-expired", Part: PartDevices, Topic: "end of updates",
		One:   "A Chromebook no longer gets updates",
		Many:  "{n} Chromebooks no longer get updates",
		Why:   "Faults that become known are no longer mended.",
		Do:    "Plan to replace it; until then keep it to what needs no personal data",
		Where: console + "Devices → Chrome → Devices → tick the device → Deprovision, when it goes. Extended updates: the same page → Auto-update expiration.",
	},
}

// matterRule finds a rule's words and its place; a rule that is not known is spoken of in general.
func matterRule(name string) (MatterRule, int) {
	for i, r := range MatterRules {
		if r.Name == name {
			return r, i
		}
	}
	part := PartAccounts
	switch check, _, _ := strings.Cut(name, "."); check {
	case "pupil-email":
		part = PartEmail
	case "settings":
		part = PartSettings
	case "devices":
		part = PartDevices
	case "names":
		part = PartNames
	}
	return MatterRule{
		Name: name, Part: part, One: "A thing does not match the policy", Many: "{n} things do not match the policy", Topic: "other",
		Why: "The policy asks for something else.", Do: "Look at what the clause says", Where: console + "look at the account, device or setting named here.",
	}, len(MatterRules)
}

// about fills in who a rule speaks of.
type about int

const (
	aboutAnybody about = iota
	aboutPupils
	aboutAdults
)

var aboutWords = map[about][2]string{aboutAnybody: {"somebody", "people"}, aboutPupils: {"a pupil", "pupils"}, aboutAdults: {"an adult", "adults"}}

// Title says of n what is the case: "6 accounts of pupils who have left are still switched on".
func (r MatterRule) title(n int, who about) string {
	s := r.Many
	if n == 1 {
		if s = strings.TrimPrefix(r.One, "An "); s == r.One {
			s = strings.TrimPrefix(r.One, "A ")
		}
		s = "1 " + s
	}
	w := aboutWords[who]
	return strings.NewReplacer("{n}", quantity.Number(n), "{a person}", w[0], "{people}", w[1]).Replace(s)
}

// say is the same without a number: "An account of a pupil who has left is still switched on".
func (r MatterRule) say(who about) string {
	return strings.ReplaceAll(r.One, "{a person}", aboutWords[who][0])
}
