package generate

import (
	"fmt"
	"math/rand/v2"
	"time"

	"esafetybot/internal/sim/world"
)

// The rules of docs/name-rules.md. What full-name takes of the names of classes and of posts is noted apart: it is found only where a policy asks for these titles.
const (
	fullName         = "names.full-name"
	fullNameOfTitles = "names.full-name, titles of classes and posts"
	notToPublish     = "names.not-to-publish"
)

// calledCases puts pupils on the roll whose names nobody else has, so that it is known who is meant by a title. Corwin Haddersley, Rose Underclyffe and the one
// of whom there is only a row are not to be published. It has random numbers of its own.
func (b *builder) calledCases() {
	before := b.rng
	defer func() { b.rng = before }()
	b.rng = rand.New(rand.NewPCG(uint64(b.opt.Seed), uint64(b.opt.Pupils)+3<<32))
	c := b.classes[len(b.classes)-1]
	year := c.years[len(c.years)-1]
	n := 0
	call := func(given, family string) *entry {
		n++
		u := b.account("", given, family, b.yearUnit(year), 1200*24*time.Hour)
		e := b.pupilEntry(1, u, fmt.Sprintf("C%04d", n), year, c)
		b.number(u, e.id, 1)
		b.pupilRows = append(b.pupilRows, e)
		return e
	}
	b.author = call("Thessaly", "Wrexington").user
	call("Corwin", "Haddersley").publish = "No"
	call("Corwin", "Blytheman")
	call("Rose", "Underclyffe").publish = "n"
	call("Lily", "Rivers")
	call("Perpetua", "Oduya-Marchbank")
	call("Jöran", "Hägglund")
	call("Fenella", "Strangways")
	teacher := b.account("", "Fenella", "Strangways", b.unit("Staff"), 900*24*time.Hour)
	b.staffEntry(len(b.staffRows)+1, teacher)
	for i, given := range []string{"Ulrika", "Leofric"} {
		e := call(given, "Stagworthy")
		e.left = b.on(b.today(-200 - 200*i)) // who left more than a year ago is looked for no more
		e.user.OrgUnitPath, e.user.Suspended, e.user.SuspensionReason = b.unit("Leavers"), true, "ADMIN"
	}
	b.hit("accounts.missing", b.stranger("C0099", "Osric", "Pennywhistle", c).key("pupils"))
}

// nameCases makes a breach and near misses of each rule of docs/name-rules.md. It has random numbers of its own.
func (b *builder) nameCases() {
	b.rng = rand.New(rand.NewPCG(uint64(b.opt.Seed), uint64(b.opt.Pupils)+4<<32))
	b.fullNameCases()
	b.notToPublishCases()
	b.calledClasses()
}

// titled puts a document of the office's in place that everybody with the link can open.
func (b *builder) titled(name string) string {
	return fileSubject(b.doc(b.bursar, nil, name, withLink("reader")))
}

func fileSubject(f *world.File) string { return "file/" + f.ID }

func (b *builder) fullNameCases() {
	for _, name := range []string{
		"Thessaly Wrexington's project", "Wrexington, Thessaly", "wrexington thessaly poster", "Thesaly Wrexington", "Well done Thessaly Wrexigton",
		"2026_thessaly_wrexington_v2.jpg", "thessalywrexington.png", "ThessalyWrexington", "Thessaly M. Wrexington", "Lily Rivers at the fair",
		"Perpetua Marchbank's bridge", "Joeran Haegglund", "joran hagglund.pdf", "Osric Pennywhistle", "Corwin Blytheman", "Ulrika Stagworthy",
	} {
		b.hit(fullName, b.titled(name))
	}
	b.hit(fullName, fileSubject(b.put(b.author, nil, "By Thessaly Wrexington", world.MimeSlides, public("reader"))))
	b.hit(fullName, fileSubject(b.put(b.deputy, nil, "Thessaly Wrexington and her friends", world.MimeSite, published(withLink("reader")))))
	b.hit(fullName, fileSubject(b.put(nil, b.driveOf["staff"], "Thessaly Wrexington.jpg", "image/jpeg", withLink("reader"))))
	album := b.folder(b.deputy, nil, "Album of the week", withLink("reader"))
	b.hit(fullName, fileSubject(b.doc(b.deputy, album, "Thessaly Wrexington reads")))

	for _, name := range []string{
		"Thessaly's poem", "Thessaly and the Wrexington bus", "Thessaly. Wrexington library", "Thessaly Wrekingtun", "Thessaly Rexington", "T. Wrexington", "thessaly7wrexington",
		"lily rivers and lakes", "Fenella Strangways", "Fenella Strangway", "Leofric Stagworthy", b.head.Name.FullName,
	} {
		b.miss(fullName, b.titled(name))
	}
	for _, f := range []*world.File{
		b.doc(b.bursar, nil, "Thessaly Wrexington"),
		b.doc(b.bursar, nil, "Thessaly Wrexington – report", toAddress(b.pupils[0].parent, "reader")),
		b.doc(b.bursar, nil, "Thessaly Wrexington – photographs", toDomain(Domain, "reader")),
		b.doc(b.bursar, nil, "Thessaly Wrexington – diary", until(toAddress("press@local-news.example", "reader"), b.now.AddDate(0, 0, -3))),
		b.bin(b.doc(b.bursar, nil, "Thessaly Wrexington – draft", public("reader"))),
		b.put(b.deputy, nil, "Thessaly Wrexington and her class", world.MimeSite, published(toDomain(Domain, "reader"))),
		b.put(b.deputy, nil, "Thessaly Wrexington – club", world.MimeForm, published(withLink("reader"))),
	} {
		b.miss(fullName, fileSubject(f))
	}
	limited := &world.File{Name: "Not for the album", MimeType: world.MimeFolder, Owner: &world.Person{EmailAddress: b.deputy.PrimaryEmail}, InheritedPermissionsDisabled: true}
	b.place(limited, album)
	b.miss(fullName, fileSubject(b.doc(b.deputy, limited, "Thessaly Wrexington sings")))
	b.miss(fullName, fileSubject(b.outsiders("press@local-news.example", album, "Thessaly Wrexington interviewed"))) // not ours
}

func (b *builder) notToPublishCases() {
	for _, name := range []string{"Corwin Haddersley", "Haddersly, Corwin", "rose underclyffe.jpg"} {
		s := b.titled(name)
		b.hit(fullName, s)
		b.hit(notToPublish, s)
	}
	for _, name := range []string{"Corwin's kite", "corwin-2.jpg", "Osric and the dragon", "Kites by Thessaly & Corwin", "Corwin H flies"} {
		s := b.titled(name)
		b.hit(notToPublish, s)
		b.miss(fullName, s)
	}
	b.hit(notToPublish, fileSubject(b.put(b.deputy, nil, "The school garden, by Corwin", world.MimeSite, published(withLink("reader")))))
	b.hit(notToPublish, fileSubject(b.doc(b.deputy, b.folder(b.deputy, nil, "Kites", withLink("reader")), "Corwin")))

	for _, name := range []string{"Thessaly's kite", "Mr Corwin visits", "Dr. Corwin's talk", "Corwin B flies", "Corwins", "Corwyn", "Rose", "Corwin Blytheman's kite"} {
		b.miss(notToPublish, b.titled(name))
	}
	b.miss(notToPublish, fileSubject(b.doc(b.bursar, nil, "Corwin's report")))
	b.miss(notToPublish, fileSubject(b.bin(b.doc(b.bursar, nil, "Corwin's photographs", withLink("reader")))))
}

// calledClasses are classes and posts that somebody called after a pupil; none of them is public.
func (b *builder) calledClasses() {
	club := b.course("", "Thessaly Wrexington's readers", b.senco, b.today(0))
	b.hit(fullNameOfTitles, courseSubject(club))
	b.miss(notToPublish, courseSubject(club))
	b.miss(fullName, courseSubject(b.course("", "Thessaly's readers", b.senco, b.today(0))))
	over := b.course("", "Thessaly Wrexington's book club", b.senco, b.today(0))
	over.CourseState = "ARCHIVED"
	b.miss(fullName, courseSubject(over))
	for _, c := range b.classes {
		teachers := b.teachersOf(c)
		if c.course == nil || c.course.CourseState == "ARCHIVED" || len(teachers) == 0 {
			continue
		}
		add := func(kind string, p world.Post) *world.Post {
			return b.post(c.course, kind, b.back(5, 16, 0), teachers[0], &p)
		}
		work := add(world.CourseWork, world.Post{Title: "Answer Corwin Haddersley's question"})
		b.hit(fullNameOfTitles, world.PostSubject(work))
		b.miss(notToPublish, world.PostSubject(work))
		b.hit(fullNameOfTitles, world.PostSubject(add(world.Material, world.Post{Title: "thessaly_wrexington.pdf"})))
		b.miss(fullName, world.PostSubject(add(world.CourseWork, world.Post{Title: "For Thessaly Wrexington", State: world.Draft})))
		b.miss(fullName, world.PostSubject(add(world.Material, world.Post{Title: "For Thessaly", Description: "Thessaly Wrexington asked for it."})))
		b.miss(fullName, world.PostSubject(add(world.Announcement, world.Post{Text: "Thessaly Wrexington has won a prize."})))
		return
	}
}
