package policy

import "strings"

var accountsRules = []string{
	"not-on-roll", "leaver-active", "missing", "wrong-unit", "no-agreement", "never-signed-in", "dormant", "admin-role",
	"password-age", "weak-password", "no-2sv", "outside-recovery", "risky-app", "outside-forwarding", "suspicious-login",
	"shared-account", "no-end-date", "class-without-teacher", "outsider-in-class", "other-school", "old-class", "year-group"}

var devicesRules = []string{"unencrypted", "no-passcode", "update-expired", "developer-mode"}

var commentsRules = []string{"unreviewed", "no-host", "private-by-other-adult"}

var namesRules = []string{FullName, NotToPublish}

var sharingRules = []string{
	"public", "public-link", "outside-person", "outside-group", "outside-domain", "group-with-outsiders", "open-group",
	"shared-drive-outsider", "site", "form-editors", "trust-wide", "within-school", "trusted-domain", "form-responders"}

// ruleWords says of each check what its rules find.
var ruleWords = map[string]map[string]string{
	"accounts": {
		"not-on-roll":           "account of somebody who is not on the roll",
		"leaver-active":         "account of somebody who has left",
		"missing":               "somebody on the roll without an account",
		"wrong-unit":            "account in the wrong unit",
		"no-agreement":          "account without a signed agreement",
		"never-signed-in":       "account that was never used",
		"dormant":               "account that is no longer used",
		"admin-role":            "account that may administer, but should not",
		"password-age":          "password that was not changed for too long",
		"weak-password":         "password that is weak, too short or known to have leaked",
		"no-2sv":                "administrator without a second step at sign-in",
		"outside-recovery":      "pupil's account that can be recovered from an address outside",
		"risky-app":             "app that nobody approved",
		"outside-forwarding":    "e-mail forwarded to an address outside",
		"suspicious-login":      "suspicious sign-in without a new password since",
		"shared-account":        "account that several people seem to use",
		"no-end-date":           "account without a date on which it ends",
		"class-without-teacher": "class without an active teacher",
		"outsider-in-class":     "person from outside in a class",
		"other-school":          "person of another school in a class",
		"old-class":             "class of an earlier year that is still open",
		"year-group":            "account that this year group should not have or use",
	},
	"comments": {
		"unreviewed":             "comments that nobody has looked at yet",
		"no-host":                "comments where nobody is there to look",
		"private-by-other-adult": "private comment to a pupil by an adult who does not teach the class",
	},
	"devices": {
		"unencrypted":    "phone or tablet that is not encrypted",
		"no-passcode":    "phone or tablet without a passcode",
		"update-expired": "Chromebook that gets no more updates",
		"developer-mode": "Chromebook in developer mode",
	},
	"names": {
		FullName:     "pupil's full name in a title or on a listed blog",
		NotToPublish: "public title or post on a listed blog that needs another look",
	},
	"pupil-email": {
		"on":           "pupil's e-mail switched on",
		"access-group": "pupil's e-mail switched on by a group",
		"used":         "pupil's e-mail in use",
	},
	"settings": {
		"differs": "setting that does not match the policy",
	},
	"sharing": {
		"public":                "found by anyone on the web",
		"public-link":           "open to anyone with the link",
		"outside-person":        "shared with a person outside",
		"outside-group":         "shared with a group outside",
		"outside-domain":        "shared with everyone at another organisation",
		"group-with-outsiders":  "shared with a group that has people from outside in it",
		"open-group":            "shared with a group that anyone may join",
		"shared-drive-outsider": "a person from outside in a shared drive",
		"site":                  "a Site published to people outside",
		"form-editors":          "a form that people outside can change",
		"trust-wide":            "open to others in the trust",
		"within-school":         "open to others in the school",
		"trusted-domain":        "shared with a partner we trust",
		"form-responders":       "a form that people outside can answer",
	},
}

// RuleWords says in plain words what a rule finds: "open to anyone with the link". Rules without words of their own read as their name.
func RuleWords(check, rule string) string {
	if w, ok := ruleWords[check][rule]; ok {
		return w
	}
	return strings.ReplaceAll(rule, "-", " ")
}

// InformationOnly tells whether a rule (without the check's name) of the check is for information, whatever the
// clause says.
func InformationOnly(check, rule string) bool {
	return check == "sharing" && (rule == "trusted-domain" || rule == "form-responders")
}

// remedyWords says of each check what the program can do about what a rule finds. What is not here no API can change, or nobody but a person
// can judge.
var remedyWords = map[string]map[string]string{
	"accounts": {
		"leaver-active":    "the account is switched off",
		"not-on-roll":      "the account is switched off",
		"wrong-unit":       "the account is moved to the unit of its year",
		"risky-app":        "the app's access is taken away",
		"outside-recovery": "the address outside is taken away",
	},
	"pupil-email": {
		"on":           "the account is moved to a unit where e-mail is off",
		"access-group": "the account is taken out of the group",
	},
	"sharing": {
		"public":         sharingRemedies[RemedyRemove],
		"public-link":    sharingRemedies[RemedyRemove],
		"outside-person": sharingRemedies[RemedyRemove],
		"outside-group":  sharingRemedies[RemedyRemove],
		"outside-domain": sharingRemedies[RemedyRemove],
		"form-editors":   sharingRemedies[RemedyRemove],
	},
}

var sharingRemedies = map[string]string{
	RemedyRemove: "the share is taken away",
	RemedyNarrow: "the share is narrowed to reading",
	RemedyExpire: "the share is given an end",
}

// RemedyWords says in plain words what the program can do about what a rule (without the check's name) finds; "" if it can only
// tell somebody.
func RemedyWords(check, rule string) string { return remedyWords[check][rule] }

// ruleWho lists the kinds of account that rules of the check accounts look at where the policy does not say; docs/account-rules.md, the
// table. Rules that ask for no kind are not here.
var ruleWho = func() map[string][]string {
	everybody := []string{KindPupils, KindStaff, KindOthers, KindUnplaced}
	people, adults := everybody[:3], everybody[1:]
	return map[string][]string{
		"not-on-roll": people[:2], "leaver-active": people[:2], "missing": people[:2],
		"no-agreement": people, "never-signed-in": people, "dormant": people,
		"admin-role": everybody, "risky-app": everybody, "outside-forwarding": everybody, "suspicious-login": everybody, "shared-account": everybody,
		"password-age": adults, "weak-password": adults, "no-2sv": adults,
		"outside-recovery": people[:1], "year-group": people[:1],
	}
}()

// defaultGenericWords are the words that names of accounts have which several people use.
var defaultGenericWords = strings.Fields(`admin class computing guest ict ipad ipads laptop laptops library office printer pupil pupils
	reception scanner shared student students supply tablet tablets teacher test trolley user visitor`)

// What holds where a check's parameters do not say.
const (
	defaultGraceDays        = 28
	defaultQuietWeeks       = 6
	defaultSyncedWithinDays = 365
	defaultLeaverDays       = 365
	defaultExpireDays       = 14
	defaultMaxChanges       = 10
	defaultMaxShare         = 2
)
