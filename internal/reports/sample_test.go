package reports

import (
	"fmt"
	"strings"
	"time"
)

var now = time.Date(2026, 11, 20, 7, 0, 0, 0, time.UTC)

func days(n int) time.Time { return now.AddDate(0, 0, n) }

var (
	ann   = Person{Name: "Ann Brown", Unit: "/Staff/Teachers", Link: "https://admin.google.com/ac/users/1001"}
	bob   = Person{Name: "Bob Carter", Unit: "/Staff", Link: "https://admin.google.com/ac/users/1002", SwitchedOff: true}
	head  = Person{Name: "Helen Dale", Unit: "/Staff/Leaders", Link: "https://admin.google.com/ac/users/1003", Confidential: true}
	pupil = Person{Name: "Amelia Okonkwo", Unit: "/Pupils/Year 4", Link: "https://admin.google.com/ac/users/2001", Pupil: true, Year: "4"}
	drive = Person{Name: "Curriculum", SharedDrive: true}
)

var pupils = []PupilName{
	{Given: "Amelia", Family: "Okonkwo", Addresses: []string{"19aokonkwo@pupils.school.example"}},
	{Given: "Zoë", Family: "O'Brien-Smythe", Addresses: []string{"p4471@pupils.school.example"}},
	{Full: "Mary-Kate van der Berg"},
	{Given: "Jörg", Family: "Łukasik"},
	{Given: "伟", Family: "欧阳"},
}

func file(n int) string { return fmt.Sprintf("file/1AbC%04d", n) }

func link(n int) string { return fmt.Sprintf("https://drive.google.com/file/d/1AbC%04d/view", n) }

const a23 = "No personal data leaves the school on an unencrypted device, nor through sharing."

// someItems has one of everything.
func someItems() []Item {
	item := func(n int, rule, sev, title, kind string, o Person, g ...Grant) Item {
		return Item{ID: fmt.Sprint("f", n), Clause: "A23", Says: a23, Rule: rule, Severity: sev, Subject: file(n), Title: title, Kind: kind, Link: link(n), Owner: o, Grants: g, FirstSeen: days(-n % 9), Due: days(3)}
	}
	anyone := Grant{Who: "anyone with the link", Role: "reader"}
	out := []Item{
		item(1, "public-link", "high", "Trip consent forms", "folder", ann, anyone),
		item(2, "public-link", "medium", "Reading journal – Amelia", "document", ann, Grant{Who: "anyone with the link", Role: "writer"}),
		item(3, "outside-person", "medium", "Staff rota", "spreadsheet", bob, Grant{Who: "jo.green@mail.example", Role: "writer"}, Grant{Who: "zoe.smythe@home.example", Role: "reader", Private: true, Until: days(40)}),
		item(4, "outside-person", "low", "My poem", "document", pupil, Grant{Who: "gran@mail.example", Role: "commenter"}),
		item(5, "site", "medium", "Year 2 phonics", "Site", ann, Grant{Who: "anyone", Role: "reader"}),
		item(6, "public", "high", "Budget 2026", "spreadsheet", head, Grant{Who: "anyone", Role: "reader"}),
		item(7, "outside-domain", "low", "Phonics plan", "document", drive, Grant{Who: "college.example", Role: "reader"}),
		item(8, "trusted-domain", "information", "Trust calendar", "spreadsheet", ann, Grant{Who: "trust.example", Role: "reader"}),
		item(9, "form-responders", "information", "Lunch survey", "form", ann, Grant{Who: "anyone", Role: "published"}),
		item(10, "public-link", "low", "Bake sale", "document", ann, anyone),
		item(11, "outside-person", "medium", "Governors' minutes", "document", bob, Grant{Who: "pat@mail.example", Role: "reader"}, Grant{Who: "new@mail.example", Role: "writer", New: true}),
	}
	out[0].New, out[0].Below = true, 214
	out[1].New, out[2].New, out[3].New, out[5].New = true, true, true, true
	out[4].Overdue, out[4].Due = true, days(-3)
	out[6].Missing = true
	out[9].AgreedUntil = days(14)
	out[10].Reopened, out[10].AgreedUntil = true, days(30)
	group := Item{
		ID: "f20", Clause: "A23", Says: a23, Rule: "group-with-outsiders", Severity: "medium", Subject: "group/03g", Title: "Parents' forum helpers", Kind: "group",
		Link: "https://admin.google.com/ac/groups/03g", Grants: []Grant{{Who: "sam@mail.example", Role: "member"}}, FirstSeen: days(-20), Due: days(4),
	}
	members := Item{
		ID: "f21", Clause: "A23", Says: a23, Rule: "shared-drive-outsider", Severity: "high", Subject: "drive/0A", Title: "Curriculum", Kind: "shared drive", Owner: drive, New: true,
		Link: "https://drive.google.com/drive/folders/0A", Grants: []Grant{{Who: "coach@sport.example", Role: "organizer"}}, FirstSeen: days(0), Due: days(3),
	}
	// The same cause under a second clause.
	twin := out[0]
	twin.ID, twin.Clause, twin.Says, twin.Severity = "f1b", "B8", "Staff's or pupils' personal details are not published.", "medium"
	return append(out, group, members, twin)
}

func sample() OversharingInput {
	return OversharingInput{
		School: "Example Primary", Titles: Titles{ESafetyOfficer: "Online Safety Co-ordinator"}, Reader: "Pat", Now: now, Since: days(-7), Policy: "7",
		Items: someItems(),
		PutRight: []PutRight{
			{Item: Item{ID: "p1", Clause: "A23", Rule: "public-link", Severity: "medium", Title: "Spelling list", Kind: "document", Link: link(31), Owner: ann}, How: HowPutRight, When: days(-1)},
			{Item: Item{ID: "p2", Clause: "A23", Rule: "public-link", Severity: "medium", Title: "Amelia's report", Kind: "document", Link: link(32), Owner: ann}, How: HowDeleted, When: days(-1)},
		},
		NotSeen: []Gap{
			{What: "The Drive", Owner: Person{Name: "Cy Evans"}, Why: "Google answered that Drive is switched off for this account.", WhatToDo: "Admin console → Directory → Users → the account → Apps: switch Drive on, or leave it and name the account in not_seen."},
			{What: "The Drive", Owner: pupil, Why: "It did not answer in time.", WhatToDo: "Nothing yet: the next run tries again."},
			{What: "The shared drive “Music”", Why: "It has no member who can be asked.", WhatToDo: "Add a manager: " + manageDrives + "Add."},
		},
		NotLooked: []Clause{{"A4", "Pupils have no e-mail."}},
		Totals:    Totals{People: 48, SharedDrives: 6, Groups: 21, Files: 12840},
		List:      List{Name: "sharing-2026-11-20.csv"},
		Mask:      NewMask(pupils),
	}
}

// manyItems is a first day in a school of some size.
func manyItems(n int) []Item {
	var out []Item
	owners := []Person{ann, bob, head, pupil, drive}
	for i := range n {
		r := Rules[i%len(Rules)]
		sev := []string{"high", "medium", "low"}[i%3]
		o := owners[i%len(owners)]
		if i%4 == 0 {
			o = Person{Name: fmt.Sprintf("Teacher Number%d", i%60), Unit: "/Staff", Link: fmt.Sprint("https://admin.google.com/ac/users/", i%60)}
		}
		who := fmt.Sprintf("someone%d@mail.example", i)
		if strings.HasPrefix(r.Name, "public") {
			who = "anyone"
		}
		out = append(out, Item{
			ID: fmt.Sprint("m", i), Clause: "A23", Says: a23, Rule: r.Name, Severity: sev, Subject: file(i), Title: fmt.Sprintf("Document number %d", i), Kind: "document",
			Link: link(i), Owner: o, Grants: []Grant{{Who: who, Role: "reader"}}, New: true, FirstSeen: now, Due: days(3), Below: i % 17,
		})
	}
	return out
}
