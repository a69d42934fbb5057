package reports

import "strings"

// Rule is how the report speaks of one sharing rule.
type Rule struct {
	Name  string // as in the policy
	Title string // what is the case, short
	Why   string // why it matters, one sentence
	Do    string // what to do, in one line under the item
	Where string // where to click, step by step
	Info  bool   // nothing to do
}

// Click paths below follow Google's help pages as of 2026 (support.google.com/drive/answer/2494893 for sharing a file,
// support.google.com/a/answer/7662202 for shared drives, support.google.com/a/answer/167430 for groups).
const (
	openShare    = "Open it → Share (top right) → "
	manageDrives = "Admin console → Apps → Google Workspace → Drive and Docs → Manage shared drives → point to the drive → Manage members → "
	openGroup    = "Admin console → Directory → Groups → click the group → "

	whoCan = "You may not be able to open what is not shared with you; that is as it should be. Its owner can, and anyone who may edit it."

	// TransferPath is where an administrator passes the files of an account to somebody else.
	TransferPath = "Admin console → Apps → Google Workspace → Drive and Docs → Transfer ownership"
)

// Rules is the wording of every sharing rule, the gravest first. It is the one place for it.
var Rules = []Rule{
	{
		Name: "public", Title: "Anyone on the internet can find and open it",
		Why:   "It can turn up in a web search. Nobody needs a link or an account.",
		Do:    "Share → General access → Restricted",
		Where: openShare + "General access → choose Restricted → Done. People who are named one by one keep their access.",
	},
	{
		Name: "public-link", Title: "Anyone with the link can open it",
		Why:   "Links get passed on, and we cannot see who has opened it.",
		Do:    "Share → General access → Restricted",
		Where: openShare + "General access → change “Anyone with the link” to Restricted, or to the school's own name → Done.",
	},
	{
		Name: "site", Title: "A published Site that people outside can visit",
		Why:   "Everything on its pages can be read by people outside, and often be found by a web search.",
		Do:    "Share → Published site → Restricted, or Publish ▾ → Unpublish",
		Where: "Open the Site in edit mode → Share (the person with a plus) → General access → Published site → Restricted, or the school's own name → Done. To take it down altogether: the arrow beside Publish → Unpublish. If it is the school's public website, ask for it to be agreed instead.",
	},
	{
		Name: "form-editors", Title: "People outside can edit the form and read the answers",
		Why:   "An editor of a form sees every answer that families or staff have sent in.",
		Do:    "Share (editors) → remove people outside; General access for editors → Restricted",
		Where: "Open the form for editing → Share (or ⋮ More → Add collaborators) → under Editor view choose Restricted, and remove people from outside one by one → Done. Responder view may stay as it is.",
	},
	{
		Name: "shared-drive-outsider", Title: "Somebody outside is a member of a shared drive",
		Why:   "A member can open everything in the drive, also what is added later.",
		Do:    "Manage shared drives → Manage members → remove the person",
		Where: manageDrives + "click the access level beside the person → Remove → Done. You can do this yourself; the managers of the drive are not told, so tell them.",
	},
	{
		Name: "group-with-outsiders", Title: "A group with people from outside in it has access to our files",
		Why:   "Whatever is shared with the group is open to them too.",
		Do:    "Directory → Groups → Members → remove the people outside",
		Where: openGroup + "Members → tick the people from outside → Remove members. To stop it for good: the group's Access settings → Allow members outside your organisation → off.",
	},
	{
		Name: "open-group", Title: "Anyone may join a group that has access to our files",
		Why:   "A person can join by themselves, and then open whatever is shared with the group.",
		Do:    "Directory → Groups → Access settings → Who can join → Only invited users",
		Where: openGroup + "Access settings → Who can join the group → Only invited users → Save.",
	},
	{
		Name: "outside-domain", Title: "Everyone at another organisation can open it",
		Why:   "Every account there has access, also people who join it later.",
		Do:    "Share → the organisation's line → Remove access",
		Where: openShare + "find the organisation in the list, click the word beside it (Viewer, Commenter, Editor) → Remove access → Save.",
	},
	{
		Name: "outside-group", Title: "Shared with a group outside the school",
		Why:   "We cannot see who is in it, and its members change without our knowing.",
		Do:    "Share → the group's line → Remove access",
		Where: openShare + "find the group in the list, click the word beside it (Viewer, Commenter, Editor) → Remove access → Save. If it must stay, share with named people and an end date instead.",
	},
	{
		Name: "outside-person", Title: "Shared with a person outside the school",
		Why:   "They keep access until somebody takes it away, also after the reason for it has gone.",
		Do:    "Share → the person's line → Remove access, or Add expiration",
		Where: openShare + "find the person in the list, click the word beside them (Viewer, Commenter, Editor) → Remove access → Save. If they still need it: the same place → Add expiration.",
	},
	{
		Name: "trust-wide", Title: "A confidential folder that other schools of the trust can open",
		Why:   "The policy keeps this folder to named people.",
		Do:    "Share → remove whoever is not on the policy's list",
		Where: openShare + "compare the list with the people the policy names; click the word beside anyone else → Remove access → Save. General access → Restricted.",
	},
	{
		Name: "within-school", Title: "A confidential folder that more people in school can open than the policy allows",
		Why:   "The policy keeps this folder to named people.",
		Do:    "Share → remove whoever is not on the policy's list",
		Where: openShare + "compare the list with the people the policy names; click the word beside anyone else → Remove access → Save. General access → Restricted.",
	},
	{
		Name: "trusted-domain", Title: "Shared with an organisation that the school trusts", Info: true,
		Why: "The policy names these organisations as trusted. It is listed so that nobody is surprised.",
		Do:  "Nothing to do", Where: "Nothing to do. If an organisation is no longer trusted, take it out of the policy (trusted_domains).",
	},
	{
		Name: "form-responders", Title: "A form that people outside can fill in", Info: true,
		Why: "That is what forms are for. It is listed so that old ones can be closed.",
		Do:  "Nothing to do", Where: "Nothing to do. To close an old one: open the form for editing → Published → Stop accepting responses.",
	},
}

func rule(name string) (Rule, int) {
	for i, r := range Rules {
		if r.Name == name {
			return r, i
		}
	}
	return Rule{
		Name: name, Title: "Shared in a way that does not match the policy", Why: "The policy asks for something else.",
		Do: "Open it and look at Share", Where: openShare + "look at who is listed.",
	}, len(Rules)
}

var roles = map[string]string{
	"reader": "can view", "published": "can view", "commenter": "can comment", "writer": "can edit", "fileOrganizer": "content manager", "organizer": "manager", "owner": "owner",
	"member": "member", "responder": "can answer",
}

func roleWords(r string) string {
	if w, ok := roles[r]; ok {
		return w
	}
	return clean(r, 40)
}

var severities = map[string]int{"high": 0, "medium": 1, "low": 2, "information": 3}

func severityRank(s string) int {
	if n, ok := severities[s]; ok {
		return n
	}
	return 2
}

// Words says what is the case under a rule, in a few words: "Anyone with the link can open it". Rules of sharing are named with or
// without their check, all others with it.
func Words(name string) string {
	name = strings.TrimPrefix(name, "sharing.")
	if strings.Contains(name, ".") {
		r, _ := matterRule(name)
		return r.say(aboutAnybody)
	}
	r, _ := rule(name)
	return r.Title
}
