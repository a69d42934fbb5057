package reports

import "fmt"

var (
	office = Person{Name: "Office Desk", Unit: "/Leavers", Link: "https://admin.google.com/ac/users/3001", Unplaced: true}
	gov    = Person{Name: "Gita Noor", Unit: "/Governors", Link: "https://admin.google.com/ac/users/1010"}
	yearR  = Person{Name: "Zoë O'Brien-Smythe", Unit: "/Pupils/Reception", Link: "https://admin.google.com/ac/users/2002", Pupil: true, Year: "Reception"}
)

var clauseSays = map[string]string{
	"A1": "Each pupil has their own school account, given once this year's agreement came back signed.", "A2": "Every class has an online Classroom; the class teacher monitors it first.",
	"A3": "Parents may help at home, but may not use the data in Classroom.", "A4": "Pupils have no e-mail; it can be activated should it be needed.",
	"A10": "Staff passwords change every three months, the administrator's every 30 days.", "A11": "Everyone signs in with their own user name and password.",
	"A13": "Live streaming does not take place in school.", "A14": "Devices with personal data are encrypted, updated and protected.", "A26": "New services are risk-assessed and approved before use.",
	"A28": "The technical infrastructure is secure.",
}

// aMatter is the nth matter of a rule.
func aMatter(n int, clause, rule, severity, subject string, who Person, details ...string) Matter {
	return Matter{
		ID: fmt.Sprint("m", n), Clause: clause, Says: clauseSays[clause], Rule: rule, Severity: severity, Subject: subject, Who: who, Link: who.Link, Details: details,
		FirstSeen: days(-n % 9), Due: days(3),
	}
}

func proposed(id, kind, words string) Change {
	return Change{ID: id, Kind: kind, State: "proposed", Words: words}
}

// someMatters has something of each part, and of each state of a change.
func someMatters() []Matter {
	user := func(n int) string { return fmt.Sprint("user/", n) }
	out := []Matter{
		aMatter(1, "A4", "pupil-email.access-group", "high", user(2001), pupil, "switched on by the group Eco Club"),
		aMatter(2, "A4", "pupil-email.access-group", "high", user(2003), pupil, "switched on by the group Eco Club"),
		aMatter(3, "A4", "pupil-email.used", "high", user(2001), pupil, "Google's usage report says that e-mail is on", "mail was sent"),
		aMatter(4, "A28", "accounts.admin-role", "high", user(1002), bob, "super administrator"),
		aMatter(5, "A1", "accounts.leaver-active", "high", user(2004), pupil, "left on 12 May 2026"),
		aMatter(6, "A1", "accounts.leaver-active", "high", user(3001), office, "left on 1 September 2026"),
		aMatter(7, "A1", "accounts.no-agreement", "medium", user(1010), gov, "no signed agreement"),
		aMatter(8, "A1", "accounts.no-agreement", "medium", user(2005), pupil, "the agreement is of 4 September 2025"),
		aMatter(9, "A10", "accounts.password-age", "low", user(1001), ann, "the password was last changed on 3 July 2026", "the policy says every 90 days"),
		aMatter(10, "A26", "accounts.risky-app", "medium", user(1001), ann, "the app Quiz Rocket"),
		aMatter(11, "A3", "accounts.outsider-in-class", "high", "course/77", Person{}, "as a pupil: somebody outside"),
		aMatter(12, "A2", "accounts.old-class", "low", "course/78", Person{}, "made on 2 September 2025"),
		aMatter(13, "A2", "accounts.old-class", "low", "course/79", Person{}, "made on 3 September 2025"),
		aMatter(14, "A13", "settings.differs", "medium", "setting/03ph/meet.service_status/serviceState", Person{}, "it is ENABLED, set in /Pupils", "the policy asks for DISABLED"),
		aMatter(15, "A13", "settings.differs", "medium", "setting/03ph/chat.service_status/serviceState", Person{}, "it is ENABLED, set in /Pupils/Amelia group", "the policy asks for DISABLED"),
		aMatter(16, "A14", "devices.update-expired", "low", "chromebook/c1", Person{}, "updates ended on 1 June 2026"),
		aMatter(17, "A14", "devices.no-passcode", "medium", "mobile/d1", Person{}, "no passcode"),
		aMatter(18, "A11", "accounts.shared-account", "low", user(3002), Person{Name: "iPad Trolley", Unit: "/Devices", Link: "https://admin.google.com/ac/users/3002", Unplaced: true}, "the address has the word “ipad” in it"),
		aMatter(19, "A1", "accounts.missing", "medium", "roll/sha256-aa", Person{}, "has no account"),
		aMatter(20, "A1", "accounts.dormant", "low", user(2006), pupil, "last signed in on 2 May 2026"),
		aMatter(21, "A26", "accounts.risky-app", "medium", user(2002), yearR, "the app Amelia's Maths"),
	}
	out[0].New, out[0].Changes = true, []Change{proposed("remove-from-group-1a", "remove-from-group", "A Year 4 pupil will be taken out of Eco Club.")}
	out[1].Changes = []Change{proposed("remove-from-group-2b", "remove-from-group", "A Year 4 pupil will be taken out of Eco Club.")}
	out[3].New = true
	out[4].Overdue, out[4].Due = true, days(-2)
	out[4].Changes = []Change{{ID: "switch-off-3c", Kind: "switch-off", State: "done", At: days(-1), Words: "A Year 4 pupil was switched off: nobody can sign in with it, and nothing was deleted.", Undo: "Undoing switches it on again, with everything that is in it."}}
	out[5].Changes = []Change{{ID: "switch-off-4d", Kind: "switch-off", State: "failed", At: days(-1), Words: "The account will be switched off.", Why: "it was changed by somebody else since it was approved"}}
	out[6].New = true
	out[9].AgreedUntil = days(14)
	out[9].Names = &Names{} // one detail with a name that may not be shown
	out[9].Details = []string{"the app " + out[9].Names.Add("Quiz Rocket") + ", which reads data", "the app " + out[9].Names.Add("Amelia's Maths")}
	out[10].New, out[10].Name, out[10].Private, out[10].Link = true, "4 Oak maths", true, "https://classroom.google.com/c/77"
	out[11].Name, out[11].Private, out[11].Link = "Amelia's catch-up", true, "https://classroom.google.com/c/78"
	out[12].Name, out[12].Private, out[12].Link = "3 Elm 2025", true, "https://classroom.google.com/c/79"
	out[13].Names = &Names{}
	unit := out[13].Names.Add("/Pupils")
	out[13].Name, out[13].Where, out[13].New = "Google Meet, in "+unit, "Apps → Google Workspace → Google Meet → Service status → "+unit, true
	out[13].Details = []string{"it is on for everyone, set in " + unit, "the policy asks for off for everyone"}
	out[14].Name, out[14].Where = "Google Chat, in /Pupils/Amelia group", "Apps → Google Workspace → Google Chat → Service status"
	out[15].Name, out[15].Link = "CB-017, trolley 2", "https://admin.google.com/ac/chrome/devices/c1"
	out[16].Name, out[16].Link, out[16].Private = "Pixel of ann.brown@school.example", "https://admin.google.com/ac/devices/list?default=true", true
	out[18].Name = "A Year 4 pupil on line 12 of the roll"
	out[20].Changes = []Change{{ID: "revoke-app-5e", Kind: "revoke-app", State: "approved-once", Words: "The app will no longer be allowed to use a Reception pupil."}}
	// Many that say the same, besides the one of a pupil that does not.
	for i := range 17 {
		p := pupil
		p.Link = fmt.Sprint("https://admin.google.com/ac/users/", 4000+i)
		p.Year = []string{"3", "Reception", "5"}[i%3]
		m := aMatter(100+i, "A1", "accounts.never-signed-in", "low", user(4000+i), p, "made on 2 September 2026")
		out = append(out, m)
	}
	// The same cause under a second clause.
	twin := out[3]
	twin.ID, twin.Clause, twin.Says = "m4b", "A11", clauseSays["A11"]
	return append(out, twin)
}

// wide is the sample with matters.
func wide() OversharingInput {
	in := sample()
	in.Matters = someMatters()
	right := aMatter(40, "A1", "accounts.leaver-active", "high", "user/2010", pupil, "left on 12 May 2026")
	right.Changes = []Change{{ID: "switch-off-9z", Kind: "switch-off", State: "done", At: days(-3), Words: "A Year 4 pupil was switched off.", Undo: "Undoing switches it on again."}}
	in.Right = []MatterRight{
		{Matter: right, How: HowPutRight, When: days(-1)},
		{Matter: aMatter(41, "A14", "devices.no-passcode", "medium", "mobile/d9", Person{}, "no passcode"), How: HowPutRight, When: days(-1)},
	}
	in.Right[1].Name = "Pixel 8"
	in.Unclear = []Unclear{
		{Rule: "accounts.password-age", What: "When 12 people last changed their password", Why: "Google's record goes back to 24 May 2026 and knows of no change since; from the next change on we remember it", Since: days(-180)},
		{Rule: "settings.differs", What: "Recording meetings", Why: "nobody has set it, and Google names no default"},
	}
	in.Address = "pat@school.example"
	grant := func(item int, c Change) {
		in.Items[item].Changes = append(in.Items[item].Changes, c)
	}
	stop := func(id, who string) Change {
		c := proposed("delete-grant-"+id, "delete-grant", "")
		c.Names = &Names{}
		c.Words = c.Names.Add("Staff rota") + " will no longer be shared with " + c.Names.Add(who) + "; nobody is sent a notice by Google."
		return c
	}
	link := proposed("delete-grant-4b1d09c2e7f35a68", "delete-grant", "Trip consent forms will no longer be shared with everybody who has the link; nobody is sent a notice by Google.")
	grant(0, link)
	grant(len(in.Items)-1, link) // its twin
	grant(2, stop("6f20a1", "jo.green@mail.example"))
	grant(2, stop("6f20a2", "zoe.smythe@home.example"))
	grant(4, Change{ID: "narrow-grant-77ab", Kind: "narrow-grant", State: "done", At: days(-1), Words: "Anybody can still read Year 2 phonics, but no longer change it.", Undo: "Undoing lets them change it again."})
	in.PutRight[0].Changes = []Change{{ID: "delete-grant-80cd", Kind: "delete-grant", State: "done", At: days(-1), Words: "Spelling list is no longer shared with everybody who has the link.", Undo: "Undoing shares it with them again, in the same way."}}
	in.Accounts = List{Name: "accounts-2026-11-20.csv"}
	return in
}
