package generate

import (
	"fmt"
	"strings"

	"esafetybot/internal/sim/world"
)

var commonMimes = []string{world.MimeDocument, world.MimeDocument, world.MimeDocument, world.MimeSlides, world.MimeSlides, world.MimeSheet,
	"application/pdf", "image/jpeg", "image/png", "video/mp4", "text/plain", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"}

// ordinaryFiles fills everybody's Drive with what nobody outside can reach.
func (b *builder) ordinaryFiles() {
	for i, t := range b.teachers {
		if i%9 == 8 { // keeps everything in the shared drives
			continue
		}
		b.teacherFiles(t, between(b.rng, 40, 90)+b.rng.IntN(61)*b.rng.IntN(2))
	}
	for i, c := range b.classes {
		b.classFiles(i, c)
	}
	for i, u := range append(append([]*world.User{b.head, b.deputy, b.senco, b.site, b.it}, b.officeStaff...), b.tas...) {
		b.officeFiles(u, between(b.rng, 5, 30)*min(1, i%13)) // every thirteenth has none
	}
	for _, u := range b.leavers {
		b.scatter(u, between(b.rng, 0, 12))
	}
	for _, u := range append(append([]*world.User{}, b.governors[1:]...), b.restStaff...) {
		b.scatter(u, between(b.rng, 1, 9))
	}
	for _, u := range b.oak {
		b.scatter(u, between(b.rng, 0, 10))
	}
	for _, d := range b.w.Drives() {
		if len(d.Permissions) > 0 {
			b.driveFiles(d, between(b.rng, 8, 30))
		}
	}
	b.oddFiles()
	if b.opt.Pupils >= 420 {
		b.hoarder(b.site, 5000)
	}
}

func (b *builder) teacherTitle() string {
	s := fmt.Sprintf(pick(b.rng, teacherTitles), pick(b.rng, subjects))
	if oneIn(b.rng, 3) {
		s = fmt.Sprintf("%s %d", s, between(b.rng, 1, 12))
	}
	return s
}

// teacherFiles makes about n files in a few folders.
func (b *builder) teacherFiles(t *world.User, n int) {
	planning := b.folder(t, nil, "Planning", toGroup(b.groupOf["teachers"], "reader"))
	folders := []*world.File{nil, planning, b.folder(t, nil, "Assessment", toGroup(b.groupOf["leaders"], "commenter")), b.folder(t, nil, "Displays")}
	for _, s := range subjects[:between(b.rng, 2, 6)] {
		folders = append(folders, b.folder(t, planning, s))
	}
	for range n {
		f := pick(b.rng, folders)
		var own []world.Grant
		switch b.rng.IntN(14) {
		case 0:
			own = append(own, to(pick(b.rng, b.teachers), "writer"))
		case 1:
			own = append(own, toGroup(b.groupOf["staff"], "reader"))
		}
		if len(own) > 0 && own[0].EmailAddress == t.PrimaryEmail {
			own = nil
		}
		b.put(t, parentOf(f), b.teacherTitle(), pick(b.rng, commonMimes), own...)
	}
}

func parentOf(f *world.File) any {
	if f == nil {
		return nil
	}
	return f
}

// classFiles makes a class folder of the teacher's in which pupils' own files lie, and the pupils' own Drives.
func (b *builder) classFiles(i int, c *class) {
	t := c.teachers[len(c.teachers)-1]
	group := b.groupOf[fmt.Sprintf("class%d", i+1)]
	work := b.folder(t, nil, c.name+" work", toGroup(group, "writer"))
	b.classWork = append(b.classWork, work)
	topic := b.folder(t, work, pick(b.rng, pupilTitles))
	for j, p := range c.pupils {
		if j%11 == 10 { // has nothing
			continue
		}
		title := pick(b.rng, pupilTitles)
		if oneIn(b.rng, 3) { // a child puts its name into the title
			title = p.user.Name.GivenName + "'s " + strings.ToLower(title[:1]) + title[1:]
			if oneIn(b.rng, 3) {
				title = p.user.Name.FullName + " - " + pick(b.rng, pupilTitles)
			}
		}
		b.put(p.user, topic, title, pick(b.rng, commonMimes))
		n := between(b.rng, 2, 4+p.year)
		if p.year == 0 {
			n = b.rng.IntN(3)
		}
		b.scatter(p.user, n)
	}
	if len(c.teachers) > 1 { // the other half of a job share works in the same tree
		other := c.teachers[0]
		shared := b.folder(other, work, "Other half of the week", to(t, "writer"))
		b.doc(t, shared, "Hand-over notes")
		b.doc(other, shared, "Groups for "+pick(b.rng, subjects))
	}
}

// scatter makes n files of a pupil's kind at the top of somebody's Drive, some in a folder.
func (b *builder) scatter(u *world.User, n int) {
	var f *world.File
	for i := range n {
		if i == 2 {
			f = b.folder(u, nil, pick(b.rng, []string{"Old", "Homework", "Photos", "Untitled folder"}))
		}
		parent := parentOf(f)
		if oneIn(b.rng, 2) {
			parent = nil
		}
		b.put(u, parent, pick(b.rng, pupilTitles), pick(b.rng, commonMimes))
	}
}

func (b *builder) officeFiles(u *world.User, n int) {
	if n == 0 {
		return
	}
	f := b.folder(u, nil, "Admin", toGroup(b.groupOf["office"], "writer"))
	for range n {
		parent := parentOf(f)
		if oneIn(b.rng, 3) {
			parent = nil
		}
		b.put(u, parent, fmt.Sprintf("%s %d", pick(b.rng, officeTitles), between(b.rng, 2021, 2026)), pick(b.rng, commonMimes))
	}
}

func (b *builder) driveFiles(d *world.Drive, n int) {
	folders := []any{d}
	for range between(b.rng, 1, 4) {
		folders = append(folders, b.folder(nil, pick(b.rng, folders), pick(b.rng, subjects)))
	}
	for range n {
		b.put(nil, pick(b.rng, folders), b.teacherTitle(), pick(b.rng, commonMimes))
	}
}

// oddFiles gives a teacher files with every odd name, a child a file with the name of another, and the bin and shortcuts their due.
func (b *builder) oddFiles() {
	t := b.teachers[0]
	odd := b.folder(t, nil, "Bits & bobs – \"misc\" 🗂️")
	for _, s := range oddTitles {
		b.doc(t, odd, s)
	}
	b.bin(b.folder(t, odd, "Old displays"))
	thrown := b.folder(b.deputy, nil, "Thrown away")
	for range 4 {
		b.doc(b.deputy, thrown, b.teacherTitle())
	}
	b.bin(thrown)
	target := b.doc(b.deputy, nil, "Staff handbook", toGroup(b.groupOf["staff"], "reader"))
	b.shortcut(t, target)
	p := pick(b.rng, b.pupils)
	b.put(p.user, nil, pick(b.rng, b.pupils).user.Name.FullName+" is my best friend", world.MimeDocument)
}

func (b *builder) shortcut(owner *world.User, target *world.File, own ...world.Grant) *world.File {
	f := &world.File{Name: target.Name, MimeType: world.MimeShortcut, Owner: &world.Person{EmailAddress: owner.PrimaryEmail},
		Extra: world.Raw{"shortcutDetails": jsonOf(map[string]string{"targetId": target.ID, "targetMimeType": target.MimeType})}}
	return b.place(f, nil, own...)
}

// hoarder gives somebody n photographs in folders by month.
func (b *builder) hoarder(u *world.User, n int) {
	top := b.folder(u, nil, "Site photographs", toGroup(b.groupOf["office"], "reader"))
	var month *world.File
	for i := range n {
		if i%100 == 0 {
			month = b.folder(u, top, fmt.Sprintf("%d-%02d", 2020+i/1200, i/100%12+1))
		}
		b.put(u, month, fmt.Sprintf("IMG_%04d.jpg", i+1), "image/jpeg")
	}
}
