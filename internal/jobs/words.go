package jobs

import (
	"slices"
	"strings"

	"esafetybot/internal/reports"
	"esafetybot/internal/seen"
)

// gap says in plain words what could not be seen, why, and what to do.
func (g *gatherer) gap(gap seen.Gap) reports.Gap {
	r := reports.Gap{Why: why[gap.Reason], Ours: true}
	if r.Why == "" {
		r.Why = "it could not be read"
	}
	id := gap.Scope.ID()
	const delegation = "In the Admin console go to Security › Access and data control › API controls › Manage domain-wide delegation, and check that every scope is there that “esafetybot doctor --fix-list” prints."
	switch gap.Scope.Kind() {
	case "job":
		r.What, r.Why, r.Ours = jobWords[id], "the job stopped: "+gap.Detail, false
		r.WhatToDo = "Nothing was changed by it. Put right what is named here, and it goes on by itself."
	case "roles":
		r.What, r.WhatToDo = "Who holds an administrator's role", delegation
	case "apps":
		r.What, r.WhatToDo = "Which third-party apps people have let in", delegation
		if id != "" {
			r.What, r.WhatToDo, r.Link = "Which third-party apps one account has let in", "Nothing: it is tried again next time.", "https://admin.google.com/ac/users/"+id
		}
	case "forwarding":
		r.What, r.WhatToDo, r.Link = "Whether one account passes its mail on outside", "Open the account and look under Gmail settings.", "https://admin.google.com/ac/users/"+id
	case "usage":
		r.What, r.WhatToDo = "Google's usage reports", "They lag by a few days, and new domains have none. "+delegation
	case "classes":
		r.What, r.WhatToDo = "The list of classes on Google Classroom", delegation
	case "class":
		r.What, r.WhatToDo = "Who is in one of the classes", "Nothing: it is tried again next time."
	case "bloglist":
		r.What, r.WhatToDo = "Which blogs members of staff run", delegation
		if id != "" {
			r.What, r.WhatToDo, r.Link = "Which blogs one account runs", "Open the account in the Admin console: is Blogger switched on for it?", "https://admin.google.com/ac/users/"+id
		}
	case "blog":
		r.What, r.Link = "The comments on one of the blogs", "https://www.blogger.com/blog/comments/"+id
		if b, ok := g.env.Policy.Blog(id); ok && b.Name != "" {
			r.What, r.Ours = "The comments on the blog "+b.Name, false
		}
		r.WhatToDo = "See under the blog's Settings › Permissions that one of those who look after it is an administrator of the blog."
	case blogText:
		r.What, r.Link = "Pupils' names on one of the blogs", "https://www.blogger.com/blog/posts/"+id
		if b, ok := g.env.Policy.Blog(id); ok && b.Name != "" {
			r.What, r.Ours = "Pupils' names on the blog "+b.Name, false
		}
		r.WhatToDo = "See under the blog's Settings › Permissions that one of those who look after it is an administrator of the blog. Until then, look through its posts and comments yourself."
		if gap.Reason == seen.Refused {
			r.WhatToDo = delegation
		}
	case "posts":
		r.What, r.WhatToDo = "Which post some comments are on: the links lead to the class instead", delegation
	case "attached":
		r.What, r.WhatToDo = "Which documents are attached to posts in classes", delegation
		if id != "" {
			r.What, r.WhatToDo = "Which documents are attached to posts in one class", "Nothing: it is tried again next time."
		}
	case "document":
		r.What, r.WhatToDo = "In which classes the documents are that somebody commented on", delegation
		if id != "" {
			r.What, r.WhatToDo, r.Link = "In which class a document is that somebody commented on", "Nothing: it is tried again next time.", "https://drive.google.com/open?id="+id
			if gap.Reason == seen.Off {
				r.Why = "Google has disabled an account that sees where it lies, or Drive is switched off for it"
				r.WhatToDo = "The link opens that account in the Admin console: switch Drive on for it, or hand its files over to a colleague."
				r.Link = "https://admin.google.com/ac/users/" + gap.Account
			}
		}
	case "titles":
		r.What, r.WhatToDo = "The titles of classwork and materials", delegation
		if id != "" {
			r.What, r.WhatToDo = "The titles of classwork and materials of one class", "Nothing: it is tried again next time."
		}
	case "dojo-mailbox":
		r.What, r.WhatToDo = "The mailbox that gets ClassDojo's mails", "See that its address in the policy is right and the account works, and that the scope gmail.readonly is among those of the service account (docs/classdojo.md)."
	case "returned-mail":
		r.What = "Whether mails of this program came back"
		r.WhatToDo = "Until it can be read nobody knows whether everybody's mail arrives. The scope gmail.readonly must be among those of the service account, and the mailbox that sends must work. " + delegation
	case "chromebooks":
		r.What, r.WhatToDo = "The list of Chromebooks", delegation
		if gap.Reason == seen.Shared {
			r.What = "Chromebooks in org units that several schools of the trust share"
			r.WhatToDo = "Give each school org units of its own in the Admin console (Devices › Chrome › Devices › move), and name them in the policies (school: org_units); or look at these Chromebooks yourself, and name chromebooks under not_seen."
		}
	case "mobiles":
		r.What, r.WhatToDo = "The list of phones and tablets", delegation
	case "settings":
		r.What, r.WhatToDo = "The settings of the Google account", "Google shows them to a super administrator only: name one as the account to act as. "+delegation
	case "licenses":
		r.What, r.WhatToDo = "Who holds which licence", delegation
	case "users":
		r.What, r.WhatToDo = "The list of accounts, so nothing at all", delegation
	case "groups":
		r.What, r.WhatToDo = "The list of groups", delegation
	case "members":
		r.What, r.WhatToDo, r.Link = "Who is in one of the groups", "Open the group in the Admin console and look at its members yourself.", "https://admin.google.com/ac/groups/"+id
	case "groupsettings":
		r.What, r.WhatToDo, r.Link = "Whether anyone may join one of the groups", "Open the group in the Admin console › Access settings.", "https://admin.google.com/ac/groups/"+id
	case "domains":
		r.What, r.WhatToDo = "Which domains are the school's own", delegation
	case "units":
		r.What, r.WhatToDo = "The organisational units", delegation
	case "drives":
		r.What, r.WhatToDo = "The list of shared drives", delegation
		if gap.Scope == nobodysDrives {
			r.What = "Shared drives in the top org unit, " + gap.Detail
			r.Why = "several schools of the trust share this Google account, and nothing tells whose these shared drives are: no school's run looks at them"
			r.WhatToDo = "In the Admin console go to Apps › Google Workspace › Drive and Docs › Manage shared drives, and move each of them into the org unit of its school; or look at them yourself, and name drives/nobody under not_seen."
		}
	case "log":
		switch id {
		case "login":
			r.What, r.WhatToDo = "The record of sign-ins and passwords", delegation
		case "admin":
			r.What, r.WhatToDo = "The record of what administrators change", delegation
		case "token":
			r.What, r.WhatToDo = "The record of apps that people let in", "Every account was asked instead. "+delegation
		case "classroom":
			r.What, r.WhatToDo = "The record of what happens in classes", "Comments are told nowhere else, so nobody hears of new ones; who is in a class was read anew instead. "+delegation
		default:
			r.What, r.WhatToDo = "The record of what was shared since last time", "What was shared since then may show late, when its owner's turn to be read in full comes. "+delegation
		}
	case "calendar":
		r.What, r.WhatToDo = "When things are due", "Add the next term dates to the policy file."
	case "owner":
		r.What, r.WhatToDo = driveOf, "Open the account in the Admin console: is Drive switched on for it?"
		if g.out.Who != nil {
			if a, ok := g.out.Who.AccountByID(id); ok {
				r.Owner = g.person(a)
				r.Link = r.Owner.Link
			}
		}
	case "drive":
		r.What, r.WhatToDo = "A shared drive", "Open it under Apps › Google Workspace › Drive and Docs › Manage shared drives, and see that somebody with a working account is a manager."
		r.Owner = reports.Person{}
		r.Link = "https://drive.google.com/drive/folders/" + id
	case "tree":
		r.What, r.WhatToDo = "A confidential folder", "Check its id in the policy file, and that its owner's account works."
		r.Link = "https://drive.google.com/drive/folders/" + id
	case "file":
		r.What, r.Link = "One file", "https://drive.google.com/file/d/"+id+"/view"
		r.WhatToDo = "Nothing: it is tried again next time."
	}
	if gap.Scope == returnsScope && gap.Reason == seen.Off {
		r.Why = "Gmail is switched off for the mailbox that sends, or Google has disabled its account"
	}
	if slices.Contains([]string{"blog", blogText}, gap.Scope.Kind()) && gap.Reason == seen.NoMember {
		r.Why = "nobody with a working account of the school is an administrator of the blog"
	}
	if gap.Reason == seen.Failed && r.WhatToDo != "" && !strings.HasPrefix(r.WhatToDo, "Nothing") && gap.Scope.Kind() != "calendar" && gap.Scope.Kind() != "tree" {
		r.WhatToDo = "It is tried again next time. If it happens again: " + r.WhatToDo
	}
	return r
}

// driveOf begins the words for somebody's Drive, before their name.
const driveOf = "The Drive of"

// jobWords says what each job looks at.
var jobWords = map[string]string{
	AccountsJob: "Accounts, classes and sign-ins", DevicesJob: "Devices", PupilEmailJob: "Pupils' e-mail", SettingsJob: "Settings of the Google account",
	SharingJob: "Sharing in Google Drive", CommentsJob: "Comments in classes", CheckInsJob: "Answers to check-ins", RecordsJob: "The records that are lists", RemindersJob: "Reminders", IncidentsJob: "The incident log",
	NamesJob: "Pupils' names", ReturnsJob: "Mails that came back",
}

// yearGroup is a year as [school.Year] has it, in a word or a digit.
func yearGroup(y string) string {
	switch y {
	case "R":
		return "Reception"
	case "N":
		return "Nursery"
	}
	return y
}

// yearWords is the same for a sentence: "Year 4".
func yearWords(y string) string {
	if w := yearGroup(y); w != y {
		return w
	}
	return "Year " + y
}

// why gives the reasons in plain words.
var why = map[seen.Reason]string{
	seen.Refused:   "Google refused it: the permission was not given",
	seen.Off:       "Drive is switched off there, or Google has disabled the account",
	seen.NoMember:  "nobody with a working account is a member of it",
	seen.NoManager: "some of its folders have limited access, so that only a manager sees into them, and nobody with a working account is one",
	seen.Failed:    "Google did not answer properly, several times",
	seen.Partial:   "Google gave only part of it",
	seen.Silent:    "it has been silent for more than two school days, which cannot be right",
	seen.Interrupt: "we were interrupted",
	seen.Shared:    "a Chromebook has no domain, so nothing tells whose they are: no school's run looks at them",
}
