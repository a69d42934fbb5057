package reports

import "strings"

// recordRule is the one rule of which the words depend on what it is about: the incident log, one of the records that are lists on the review site, or who has read the policy.
const recordRule = "record.overdue"

// entryRule is what is said of entries of the incident log.
var entryRule = MatterRule{
	Name: recordRule, Part: PartRecords, One: "An entry of the incident log is past its time", Many: "{n} entries of the incident log are past their time", Topic: "incident log",
	Why: "The policy says by when it is dealt with.", Do: "Open the log, and close the entry with who was told and what was learnt", Where: "The log, on the review site.",
}

// readRule is what is said of accounts of the staff that have not read the policy.
var readRule = MatterRule{
	Name: recordRule, Part: PartLists, Topic: "who has read the policy",
	One:   "A member of staff has not said that they have read the policy since its last review",
	Many:  "{n} members of staff have not said that they have read the policy since its last review",
	Why:   "The policy asks all staff to read it after each review.",
	Do:    "Ask them in person; they say so with one tap, or you enter the date on the staff roll",
	Where: "The review site → Reminders → I have read it; or the staff roll.",
}

// listRules is what is said of entries of the lists, by the record's name in the policy.
var listRules = map[string]MatterRule{
	"approved-services": {
		Name: recordRule, Part: PartLists, Topic: "approved services",
		One:   "An approval of an app or service has run out, and nobody has renewed it",
		Many:  "{n} approvals of apps or services have run out, and nobody has renewed them",
		Why:   "What was looked at once may ask for more, or do more, by now.",
		Do:    "Look at the risks again and renew the approval; or have it used no longer, and end the entry",
		Where: "The review site → Records → Approved services → the entry → Renew, or End.",
	},
	"approved-blogs": {
		Name: recordRule, Part: PartLists, Topic: "approved blogs",
		One:   "An approval of a staff blog has run out, and nobody has renewed it",
		Many:  "{n} approvals of staff blogs have run out, and nobody has renewed them",
		Why:   "The policy asks that staff blogs are approved, and that it is known who can read them.",
		Do:    "Look at the blog and at how its readers get in, and renew the approval; or have it closed, and end the entry",
		Where: "The review site → Records → Approved blogs → the entry → Renew, or End.",
	},
	"visitors": {
		Name: recordRule, Part: PartLists, Topic: "visitors who signed",
		One:   "A visitor's signature has run out, and nobody has renewed it",
		Many:  "{n} visitors' signatures have run out, and nobody has renewed them",
		Why:   "Whoever has access has to have signed; who no longer comes needs none.",
		Do:    "Have it signed again and renew the entry; or take the access away, and end the entry",
		Where: "The review site → Records → Visitors who signed → the entry → Renew, or End.",
	},
	"consents": {
		Name: recordRule, Part: PartLists, Topic: "written consents",
		One:   "A set of written consents has run out, and nobody has renewed it",
		Many:  "{n} sets of written consents have run out, and nobody has renewed them",
		Why:   "Consent is asked for anew, and nothing is published or kept without it.",
		Do:    "See that the consents are complete and renew the entry; or take down what rests on them, and end the entry",
		Where: "The review site → Records → Written consents → the entry → Renew, or End.",
	},
	"filter-changes": {
		Name: recordRule, Part: PartLists, Topic: "changes of the web filter",
		One:   "A change of the web filter was to be looked at again by now, and was not",
		Many:  "{n} changes of the web filter were to be looked at again by now, and were not",
		Why:   "What was let through or blocked for good reason may be wrong by now.",
		Do:    "Look at the risk again with a school leader and renew the entry; or have the change undone, and end the entry",
		Where: "The review site → Records → Changes of the web filter → the entry → Renew, or End.",
	},
	"meetings": {
		Name: recordRule, Part: PartLists, Topic: "meetings with the governor",
		One:   "A meeting with the governor was to be held by now, and none has been entered",
		Many:  "{n} meetings with the governor were to be held by now, and none has been entered",
		Why:   "The governor can see that things are dealt with only where somebody tells them.",
		Do:    "Hold the meeting and enter it, with where its minutes are; or renew the last entry, if another day was agreed",
		Where: "The review site → Records → Meetings with the governor.",
	},
}

// sentRules is what is said of records that consist of what the program sends, by their name in the policy.
var sentRules = map[string]MatterRule{
	"changes": {
		Name: recordRule, Part: PartLists, Topic: "monthly list",
		One:   "A monthly list to the headteacher was not sent in time",
		Many:  "{n} monthly lists to the headteacher were not sent in time",
		Why:   "The policy says that whoever manages the accounts is supervised: the list tells what they agreed to, changed and took out of the program.",
		Do:    "See that the program runs each day, that mail goes out, and that the policy names the headteacher's address",
		Where: "Whoever runs the program: esafetybot run monthly send.",
	},
	"audit": {
		Name: recordRule, Part: PartLists, One: "A weekly e-mail is missing: none was sent for ten school days", Many: "{n} weekly e-mails are missing: none was sent for ten school days", Topic: "weekly e-mail",
		Why:   "The policy says that the e-safety officer hears every week how the school stands.",
		Do:    "See that the program runs on the policy's day of the week, that the policy names the e-safety officer's right address, and that mail goes out",
		Where: "The policy file: mail › weekly, and people › esafety_officer. Whether mail goes out: esafetybot run send.",
	},
}

// ruleOf finds the words for a rule about a subject, and their place: names on blogs have words of their own, and of the records "entry/…" is of the incident log, "record/NAME-…" of a list, "record/NAME" of what is sent.
func ruleOf(rule, subject string) (MatterRule, int) {
	general, place := matterRule(rule)
	if r, ok := nameRule(rule, subject); ok {
		return r, place
	}
	if rule != recordRule {
		return general, place
	}
	kind, id, _ := strings.Cut(subject, "/")
	switch kind {
	case "entry":
		return entryRule, place
	case "user":
		return readRule, place
	}
	if r, ok := sentRules[id]; ok && kind == "record" {
		return r, place
	}
	for name, r := range listRules {
		if kind == "record" && strings.HasPrefix(id, name+"-") {
			return r, place
		}
	}
	return general, place
}
