package generate

import (
	"fmt"

	"esafetybot/internal/sim/world"
)

// confidential is an entry of the Dojo policy's list of places that only some may open.
type confidential struct {
	folder, drive, name string
	allowed             []string
}

// confidential makes the office's folder tree and marks it and the personnel drive. Of each of the two rules there
// are a breach and a near miss in it; trust-wide only where the account holds others of the trust.
func (b *builder) confidential() {
	g := b.groupOf
	top := b.folder(b.bursar, nil, "Office", toGroup(g["office"], "writer"), toGroup(g["leaders"], "reader"))
	staffing := b.folder(b.bursar, top, "Staffing", to(b.head, "writer"))
	safeguarding := b.folder(b.head, top, "Safeguarding", to(b.senco, "writer"))
	finance := b.folder(b.bursar, top, "Finance")
	for i, f := range []*world.File{top, staffing, safeguarding, finance, finance} {
		for j := range 4 {
			b.put(b.officeStaff[(i+j)%len(b.officeStaff)], f, fmt.Sprintf("%s %d", pick(b.rng, officeTitles), 2023+j), pick(b.rng, commonMimes))
		}
	}
	b.doc(b.head, safeguarding, "Chronology – "+pick(b.rng, b.pupils).user.Name.FullName)
	// Not allowed: a whole sub-folder for an assistant, a file for the class teachers, a file for everybody.
	b.folder(b.bursar, top, "Trips", to(b.tas[0], "writer"))
	b.doc(b.bursar, staffing, "Cover list", toGroup(g["teachers"], "reader"))
	b.doc(b.bursar, finance, "Budget summary", toDomain(Domain, "reader"))
	b.doc(b.officeStaff[1], finance, "Charity day float", toDomain(Audience, "reader"))
	b.doc(b.bursar, finance, "Order form", to(b.site, "writer"))
	// Allowed: a leader by name, a group inside an allowed one, an alias; gone or expired: nobody any more.
	b.near("within-school", b.doc(b.bursar, staffing, "Appraisal dates", to(b.deputy, "writer")))
	b.near("within-school", b.doc(b.bursar, staffing, "Old cover list", until(to(b.tas[0], "reader"), b.now.AddDate(0, 0, -9))))
	b.doc(b.bursar, finance, "Audit 2024", toAddress(b.gone[0], "writer"))
	b.doc(b.bursar, finance, "Quotes", toAddress("sales@builders.example", "reader")) // another rule's
	b.near("within-school", b.bin(b.doc(b.bursar, finance, "Wrong budget", toGroup(g["staff"], "reader"))))
	limited := &world.File{Name: "Payroll", MimeType: world.MimeFolder, Owner: &world.Person{EmailAddress: b.bursar.PrimaryEmail}, InheritedPermissionsDisabled: true}
	b.place(limited, top, to(b.head, "reader"))
	b.doc(b.bursar, limited, "Overtime")
	if len(b.oak) > 0 {
		b.doc(b.bursar, finance, "Shared services recharge", to(b.oak[0], "writer"))
		b.doc(b.bursar, finance, "Trust return", toGroup(g["trust-finance"], "reader"))
		b.doc(b.bursar, top, "Minibus bookings", to(b.oak[1], "reader"))
		b.near("trust-wide", b.doc(b.bursar, nil, "Minibus tyre pressures", to(b.oak[1], "reader"))) // beside the folder
	}
	p := b.personnel
	files := b.folder(nil, p, "Personnel files")
	b.doc(nil, files, "Contract template", toGroup(g["teachers"], "reader"))
	b.doc(nil, files, "Absence log", to(b.head, "writer"))
	if len(b.oak) > 0 {
		b.doc(nil, files, "Vacancies", to(b.oak[1], "commenter"))
	}
	b.marked = []confidential{
		{folder: top.ID, name: "Office", allowed: []string{g["leaders"].Email, g["office"].Email}},
		{drive: p.ID, name: "Personnel", allowed: []string{b.head.PrimaryEmail, g["leaders"].Email, g["office"].Email}},
	}
}

// eachRule makes a breach and a near miss of every rule whose subject is a file or a group.
func (b *builder) eachRule() {
	t, u, g := b.teachers[0], b.teachers[len(b.teachers)-1], b.groupOf
	parent := func() string { return pick(b.rng, b.pupils).parent }
	day := func(n int) func(world.Grant) world.Grant {
		return func(g world.Grant) world.Grant { return until(g, b.now.AddDate(0, 0, n)) }
	}

	// public and public-link
	b.doc(b.deputy, nil, "Open evening programme", public("reader"))
	b.near("public", b.bin(b.doc(b.deputy, nil, "Open evening draft", public("reader"))))
	b.doc(b.bursar, nil, "Reception places letter", withLink("reader"))
	b.near("public-link", b.doc(u, nil, "Staff phone tree", toDomain(Domain, "reader"), toGroup(g["staff"], "writer")))
	trip := b.folder(t, nil, "Residential trip", withLink("reader"))
	lists := b.folder(t, trip, "Lists")
	b.doc(t, lists, "Dormitories")
	b.doc(u, lists, "Packing list")
	b.doc(pick(b.rng, b.pupils).user, lists, "Our diary")
	b.doc(t, lists, "Kit swaps", withLink("writer"))                                    // a raised role: its own finding
	b.near("public-link", b.doc(t, lists, "Bus times", withLink("reader")))             // granted twice: the folder's
	b.doc(t, lists, "Menu", public("reader"))                                           // another grantee altogether
	b.near("public-link", b.outsiders("carer@home.example", lists, "Grandad's photos")) // not ours
	secret := &world.File{Name: "Medical", MimeType: world.MimeFolder, Owner: &world.Person{EmailAddress: t.PrimaryEmail}, InheritedPermissionsDisabled: true}
	b.place(secret, trip)
	b.near("public-link", b.doc(t, secret, "Inhalers and allergies"))
	b.shortcut(t, trip, withLink("reader"))
	b.near("site", b.put(u, nil, "Class assembly", world.MimeSite, withLink("reader"))) // a Site, but not published

	// people outside
	b.doc(t, nil, "Reading record", toAddress(parent(), "reader"))
	b.doc(t, nil, "Speech therapy targets", day(between(b.rng, 3, 40))(toAddress("therapist@speech-clinic.example", "commenter")))
	b.doc(u, nil, "Student placement notes", pending(toAddress("j.trainee@training-college.example", "writer")))
	b.doc(u, nil, "Harp timetable", to(b.guest, "reader"))
	b.doc(u, nil, "Fair stalls", toAddress("chair@pta."+Domain, "writer")) // a sub-domain is not the domain
	b.near("outside-person", b.doc(t, nil, "Old reading record", day(-3)(toAddress(parent(), "reader"))))
	b.near("outside-person", b.doc(t, nil, "Hand-over", toAddress(b.gone[1], "writer"), toAddress(b.gone[2], "reader")))
	b.near("outside-person", b.doc(t, nil, "Spelling bee", toAddress(u.PrimaryEmail[:len(u.PrimaryEmail)-len(Domain)]+Alias, "writer")))
	b.near("outside-person", b.doc(t, nil, "Left us", to(b.leavers[0], "reader")))
	case1 := b.folder(b.senco, nil, "EHCP paperwork", toAddress("ep@psychology-service.example", "writer"))
	inner := b.folder(b.senco, case1, "Reports")
	b.doc(b.senco, inner, "Report – "+pick(b.rng, b.pupils).user.Name.FullName)
	b.outsiders("ep@psychology-service.example", inner, "Advice")
	theirs := b.outsiders("author@story-club.example", nil, "Story club", to(t, "writer"), withLink("reader"))
	b.doc(t, theirs, "Our stories") // a file of ours in an outsider's folder
	b.outsiders("press@local-news.example", nil, "Interview", to(b.head, "reader"))

	// groups and domains outside
	b.doc(u, nil, "Phonics audit", toGroupAddress("list@phonics-hub.example", "commenter"))
	b.near("outside-group", b.doc(u, nil, "Rota of the old club", toGroupAddress("chess-club@"+Domain, "writer"))) // a group that was deleted
	b.doc(b.deputy, nil, "Sports fixtures", toDomain("partner-school.example", "reader"))
	b.near("outside-domain", b.doc(b.deputy, nil, "Wet play rules", toDomain(Domain, "reader"), toDomain(Audience, "writer"), toDomain(Alias, "commenter")))
	b.doc(b.deputy, nil, "Transition meeting", toAddress("adviser@"+Trust, "writer"))
	b.doc(b.deputy, nil, "Moderation samples", toDomain(Trust, "reader"), toGroupAddress("moderators@"+Trust, "writer"))
	b.near("trusted-domain", b.doc(b.deputy, nil, "Last year's samples", day(-30)(toAddress("moderator@"+Trust, "writer"))))
	b.near("trusted-domain", b.doc(b.deputy, nil, "Trust choir", toAddress("singer@choir."+Trust, "reader")))

	// Sites and forms
	b.put(b.bursar, nil, "School history", world.MimeSite, published(withLink("reader")))
	b.near("site", b.put(b.bursar, nil, "Staff intranet", world.MimeSite, published(toDomain(Domain, "reader"))))
	b.put(b.bursar, nil, "Parents' survey", world.MimeForm, published(withLink("reader")))
	b.near("form-responders", b.put(b.bursar, nil, "Staff survey", world.MimeForm, published(toDomain(Domain, "reader"))))
	b.put(u, nil, "Club sign-up", world.MimeForm, toAddress("coach@sports-coaching.example", "writer"))
	b.near("form-editors", b.put(u, nil, "Quiz", world.MimeForm, toAddress("coach@sports-coaching.example", "reader"))) // outside-person, not form-editors
	b.near("form-editors", b.put(u, nil, "Staff quiz", world.MimeForm, to(t, "writer")))
	b.doc(u, nil, "Poem of the week", published(withLink("reader"))) // a published document is like a link

	// groups that hold a share: with outsiders, open to anyone; the near misses hold none that counts
	b.doc(b.deputy, nil, "Curriculum map", toGroup(g["curriculum"], "writer"))
	b.folder(b.tas[0], nil, "Club registers", toGroup(g["clubs"], "writer"))
	b.doc(b.tas[0], nil, "Event plan", toGroup(g["events"], "reader"))
	b.doc(b.head, nil, "Cluster minutes", toGroup(g["cluster"], "reader"))
	b.doc(b.senco, nil, "Wellbeing ideas", toGroup(g["wellbeing"], "writer"))
	b.bin(b.doc(b.bursar, nil, "Newsletter to parents", toGroup(g["parents"], "reader")))
	b.doc(b.bursar, nil, "Choir song sheet", day(-5)(toGroup(g["choir"], "reader")))
	b.doc(b.head, nil, "Everybody's handbook", toGroup(g["everyone"], "reader"))

	// items of a shared drive, shared beyond it
	d := b.driveOf["staff"]
	beyond := b.folder(nil, d, "Photographs for the paper", toAddress("press@local-news.example", "reader"))
	b.put(nil, beyond, "Harvest.jpg", "image/jpeg")
	b.put(nil, beyond, "Team.jpg", "image/jpeg", toAddress("press@local-news.example", "writer"))
	b.put(nil, d, "Lost property.jpg", "image/jpeg", withLink("reader"))
	b.put(nil, d, "Rota", world.MimeSheet, to(b.head, "writer"))
	b.bin(b.put(nil, d, "Old rota", world.MimeSheet, withLink("writer")))

	b.nearSubject("group-with-outsiders", "group/"+g["parents"].ID)
	b.nearSubject("open-group", "group/"+g["choir"].ID)
	b.nearSubject("open-group", "group/"+g["book-club"].ID)
	b.nearSubject("shared-drive-outsider", "drive/"+b.driveOf["sports"].ID)

	// an account deleted last week: its files are gone from sight until it is brought back
	departed := b.adult("departed", b.unit("Staff"))
	b.near("public-link", b.doc(departed, nil, "Forgotten quiz", withLink("reader")))
	b.doc(departed, lists, "Lifts home", toAddress(parent(), "writer"))
	b.w.SetNow(b.now.AddDate(0, 0, -6))
	b.check(b.w.DeleteUser(departed.PrimaryEmail, b.it.PrimaryEmail))
	b.w.SetNow(b.now)

	b.neighbourFiles(t)
	if b.opt.Pupils >= 420 { // one month of the photographs, a hundred items below one cause
		for _, f := range b.w.Files() {
			if f.IsFolder() && f.Name == "2021-03" {
				b.later(f, b.site, toAddress("surveyor@builders.example", "reader"))
			}
		}
	}
}

// near notes an item that a sharing rule must not take, although little is missing.
func (b *builder) near(rule string, f *world.File) { b.nearSubject(rule, "file/"+f.ID) }

func (b *builder) nearSubject(rule, subject string) { b.miss("sharing."+rule, subject) }

// neighbourFiles makes what lies between this school and others in the account.
func (b *builder) neighbourFiles(t *world.User) {
	if len(b.oak) == 0 {
		return
	}
	o := b.oak[0]
	b.doc(o, nil, "Other school's fête", withLink("reader")) // theirs, not ours
	b.doc(t, nil, "Joint sports day", to(b.oak[1], "writer"))
	joint := b.folder(t, nil, "Joint concert", to(o, "writer"), toAddress("accompanist@music-tuition.example", "reader"))
	b.doc(o, joint, "Their songs")
	b.doc(t, joint, "Our songs")
	host := b.folder(o, nil, "Trust-wide photo day", to(t, "writer"), withLink("reader"))
	b.doc(t, host, "Our order of classes")
	b.put(nil, b.driveOf["oak"], "Their plan", world.MimeDocument, withLink("reader"))
}

// outsiders puts a file of somebody outside in place; a folder where no folder holds it.
func (b *builder) outsiders(address string, parent any, name string, own ...world.Grant) *world.File {
	f := &world.File{Name: name, MimeType: world.MimeDocument, Owner: &world.Person{EmailAddress: address, DisplayName: address[:len(address)-len(".example")]}}
	if parent == nil {
		f.MimeType = world.MimeFolder
	}
	return b.place(f, parent, own...)
}

// further adds what schools pile up over the years, in proportion to their size.
func (b *builder) further() {
	for range 6 + b.opt.Pupils*35/100 {
		b.oneShare(b.sharer())
	}
}

// sharer is somebody of this school who shares things: mostly teachers.
func (b *builder) sharer() *world.User {
	switch n := b.rng.IntN(20); {
	case n < 3:
		return pick(b.rng, b.pupils).user
	case n < 5:
		return pick(b.rng, b.officeStaff)
	case n < 7:
		return pick(b.rng, b.tas)
	case n < 8:
		return pick(b.rng, b.leavers)
	}
	return pick(b.rng, b.teachers)
}

var outsidePeople = []string{"coach@sports-coaching.example", "violin@music-tuition.example", "nurse@health-visiting.example", "photographer@portraits.example",
	"driver@coach-hire.example", "treasurer@pta-accounts.example", "ta.trainee@training-college.example"}

// oneShare makes one share that somebody outside can use, or that nearly is one.
func (b *builder) oneShare(u *world.User) {
	r := b.rng
	parent := pick(r, b.pupils).parent
	outsider := pick(r, append([]string{parent, parent, parent}, outsidePeople...))
	role := pick(r, []string{"reader", "reader", "commenter", "writer"})
	title := b.teacherTitle()
	if oneIn(r, 6) {
		title = pick(r, b.pupils).user.Name.FullName + " " + title
	}
	switch n := r.IntN(100); {
	case n < 24:
		b.shared(u, nil, title, pick(r, commonMimes), withLink(role))
	case n < 46:
		b.shared(u, nil, title, pick(r, commonMimes), toAddress(outsider, role))
	case n < 54: // a tree
		g := toAddress(outsider, role)
		if oneIn(r, 2) {
			g = withLink(role)
		}
		f := b.folder(u, nil, title, g)
		for range between(r, 2, 12) {
			b.doc(u, f, b.teacherTitle())
		}
		sub := b.folder(pick(r, b.teachers), f, pick(r, subjects))
		b.doc(pick(r, b.tas), sub, b.teacherTitle())
		b.doc(u, sub, b.teacherTitle())
		if oneIn(r, 3) {
			g.Role = "writer"
			b.doc(u, sub, b.teacherTitle(), g)
		}
	case n < 60:
		b.shared(u, nil, title, pick(r, commonMimes), public(role))
	case n < 64:
		b.shared(u, nil, title, world.MimeForm, published(withLink("reader")))
	case n < 66:
		b.shared(u, nil, title, world.MimeForm, toAddress(outsider, "writer"))
	case n < 68:
		b.shared(u, nil, title, world.MimeSite, published(withLink("reader")))
	case n < 71:
		b.shared(u, nil, title, pick(r, commonMimes), toGroupAddress("list@phonics-hub.example", role))
	case n < 74:
		b.shared(u, nil, title, pick(r, commonMimes), toDomain("partner-school.example", role))
	case n < 79:
		b.shared(u, nil, title, pick(r, commonMimes), toAddress("adviser@"+Trust, role))
	case n < 84:
		b.shared(u, nil, title, pick(r, commonMimes), until(toAddress(outsider, role), b.now.AddDate(0, 0, between(r, 1, 45))))
	case n < 86:
		b.shared(u, b.driveOf["staff"], title, pick(r, commonMimes), toAddress(outsider, role))
	// From here on nothing that a rule takes.
	case n < 90:
		b.shared(u, nil, title, pick(r, commonMimes), until(toAddress(outsider, role), b.now.AddDate(0, 0, -between(r, 1, 90))))
	case n < 93:
		b.bin(b.shared(u, nil, title, pick(r, commonMimes), withLink(role)))
	case n < 96:
		b.shared(u, nil, title, pick(r, commonMimes), toAddress(pick(r, b.gone), role))
	default:
		b.shared(u, nil, title, pick(r, commonMimes), toDomain(Domain, role))
	}
}
