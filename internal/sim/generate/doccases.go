package generate

import (
	"fmt"
	"time"

	"esafetybot/internal/sim/world"
)

// documenting is the making of the cases of documents, in the class of the scene and in its clubs.
type documenting struct {
	*scene
	tops map[*world.User]*world.File // the folder for all classes of somebody
}

func (s *documenting) take(c *world.Course, f *world.File) {
	s.hit(unreviewed, world.DocumentSubject(c.ID, f.ID))
	s.miss(noHost, world.DocumentSubject(c.ID, f.ID))
}

func (s *documenting) leave(c *world.Course, f *world.File) {
	s.miss(unreviewed, world.DocumentSubject(c.ID, f.ID))
	s.miss(noHost, world.DocumentSubject(c.ID, f.ID))
}

func (s *documenting) folder() *world.File {
	if f := s.c.TeacherFolder; f != nil {
		return s.w.File(f.ID)
	}
	return s.classFolder(s.c, s.teacher, s.tops)
}

// on attaches a file to a notice of a class.
func (s *documenting) on(c *world.Course, f *world.File) *world.Post {
	return s.post(c, world.Announcement, s.back(9, 8, 40), s.teacher, &world.Post{Text: "Please have a look at this.", Materials: []world.Attachment{world.Attach(f, "")}})
}

// page is a document of the class: half of them lie in its folder, the others elsewhere and on a notice.
func (s *documenting) page(name string) *world.File {
	if oneIn(s.rng, 2) {
		return s.paper(s.teacher, s.folder(), name, s.pupils)
	}
	f := s.paper(s.teacher, nil, name, s.pupils)
	s.on(s.c, f)
	return f
}

// asked lets a pupil comment on a new document.
func (s *documenting) asked(name string, t time.Time) (*world.File, string) {
	f := s.page(name)
	return f, s.askOn(f, t)
}

func (s *documenting) askOn(f *world.File, t time.Time) string {
	s.lastSaid = t
	return s.remark(f, t, pick(s.rng, s.pupils[:3]).PrimaryEmail)
}

func (s *documenting) sawPage(c *world.Course, f *world.File, t time.Time, by string, shown time.Time) {
	s.decide(t, world.Decision{By: by, Do: "reviewed", Item: world.DocumentSubject(c.ID, f.ID), Saw: shown})
}

// inFolder: what lies in the class's folder, however deep and whosever it is.
func (s *documenting) inFolder() {
	top := s.folder()
	f := s.paper(s.teacher, top, "Our reading list", s.pupils)
	s.askOn(f, s.back(3, 16, 15))
	s.take(s.c, f)

	task := s.builder.folder(s.teacher, top, "Bridge building")
	own := s.paper(s.pupils[1], task, "Bridge plan 1", []*world.User{s.teacher, s.pupils[0]}) // at the very start
	s.askOn(own, s.back(7, 0, 0))
	s.take(s.c, own)
	deep := s.paper(s.others[0], s.builder.folder(s.teacher, task, "Second try"), "Bridge plan 2", s.pupils)
	s.askOn(deep, s.back(3, 16, 25))
	s.take(s.c, deep)

	quiet := s.paper(s.teacher, top, "Table groups", s.pupils)
	s.askOn(quiet, s.today(-7).Add(-time.Second)) // just before the start
	s.leave(s.c, quiet)
	beside := s.paper(s.teacher, s.w.File(top.Parent), "Plan of the term", s.pupils) // above the class's folder
	s.askOn(beside, s.back(3, 16, 35))
	s.leave(s.c, beside)
	aim := s.paper(s.teacher, nil, "Staff rota of the hall", s.pupils) // only a shortcut to it lies there
	s.askOn(aim, s.back(3, 16, 45))
	s.place(&world.File{Name: aim.Name, MimeType: world.MimeShortcut, Owner: &world.Person{EmailAddress: s.teacher.PrimaryEmail},
		Extra: world.Raw{"shortcutDetails": jsonOf(map[string]string{"targetId": aim.ID, "targetMimeType": aim.MimeType})}}, top)
	s.leave(s.c, aim)
	thrown := s.paper(s.teacher, top, "Wrong date", s.pupils)
	s.askOn(thrown, s.back(3, 16, 50))
	s.at(s.back(2, 8, 30), func() error { return s.w.Trash(thrown.ID, s.teacher.PrimaryEmail) })
	s.leave(s.c, thrown)
	old := s.builder.folder(s.teacher, top, "Old tasks")
	inside := s.paper(s.teacher, old, "Task of the old plan", s.pupils)
	s.askOn(inside, s.back(3, 16, 55))
	s.at(s.back(2, 8, 31), func() error { return s.w.Trash(old.ID, s.teacher.PrimaryEmail) })
	s.leave(s.c, inside)
}

// attached: what is on posts of each kind and lies elsewhere.
func (s *documenting) attached() {
	for i, kind := range []string{world.Announcement, world.CourseWork, world.Material} {
		f := s.paper(s.others[0], nil, fmt.Sprintf("Museum trip %d", i+1), s.pupils)
		p := &world.Post{Title: "Museum trip", Materials: []world.Attachment{{Extra: world.Raw{"link": jsonOf(map[string]string{"url": "https://museum.example/"})}}, world.Attach(f, "")}}
		if kind == world.Announcement {
			p.Title, p.Text = "", "The museum's page, and ours."
		}
		s.post(s.c, kind, s.back(8, 9, 10+i), s.teacher, p)
		s.askOn(f, s.back(3, 17, i))
		s.take(s.c, f)
	}
	for i, c := range s.classes {
		d := s.driveOf[fmt.Sprintf("class%d", i+1)]
		if d == nil || c.course == nil || len(s.teachersOf(c)) == 0 || len(s.writersOf(c)) == 0 {
			continue
		}
		f := s.put(nil, d, "Team plan for the fair", world.MimeDocument)
		f.Created = s.back(12, 9, 0).UTC()
		s.on(c.course, f)
		s.remark(f, s.back(3, 17, 5), s.writersOf(c)[0].PrimaryEmail)
		s.hit(unreviewed, world.DocumentSubject(c.course.ID, f.ID))
		break
	}
	later := s.paper(s.teacher, nil, "Surprise", s.pupils) // only on what nobody was shown yet
	s.post(s.c, world.CourseWork, s.back(4, 9, 0), s.teacher, &world.Post{Title: "A surprise", State: world.Draft, Materials: []world.Attachment{world.Attach(later, "VIEW")}})
	s.askOn(later, s.back(3, 17, 20))
	s.leave(s.c, later)
	wrong := s.paper(s.teacher, nil, "Dinner choices", s.pupils)
	p := s.on(s.c, wrong)
	s.at(s.back(5, 9, 0), func() error { return s.w.DeletePost(p.CourseID, p.ID) })
	s.askOn(wrong, s.back(3, 17, 25)) // whoever deleted the post need not have looked
	s.take(s.c, wrong)
	off := s.paper(s.teacher, nil, "Dinner choices of last week", s.pupils) // taken off the post again
	p = s.on(s.c, off)
	s.at(s.back(5, 9, 5), func() error {
		return s.w.UpdatePost(p.CourseID, p.ID, &world.Post{Materials: []world.Attachment{}}, s.teacher.PrimaryEmail)
	})
	s.askOn(off, s.back(3, 17, 30))
	s.leave(s.c, off)
	nowhere := s.paper(s.teacher, nil, "Choir list", s.pupils)
	s.askOn(nowhere, s.back(3, 17, 35))
	s.leave(s.c, nowhere)
}

// answers: who wrote, changed, settled or deleted what after whom.
func (s *documenting) answers() {
	teacher, pupil := s.teacher.PrimaryEmail, s.pupils[0].PrimaryEmail
	f, _ := s.asked("Fair trade poster", s.back(4, 16, 10))
	s.remark(f, s.back(3, 8, 10), teacher)
	s.leave(s.c, f)
	f, id := s.asked("Healthy snacks", s.back(4, 16, 12))
	s.respond(f, id, s.back(3, 8, 12), "", teacher)
	s.leave(s.c, f)
	f, id = s.asked("River walk", s.back(4, 16, 14))
	s.respond(f, id, s.back(3, 8, 14), world.Resolve, teacher)
	s.leave(s.c, f)
	f, id = s.asked("Castle model", s.back(4, 16, 16))
	s.at(s.back(3, 8, 16), func() error { return s.w.DeleteFileComment(f.ID, id, "", teacher) })
	s.leave(s.c, f)
	f, _ = s.asked("Sunflower diary", s.back(4, 16, 18)) // the teacher changes a comment of their own
	mine := s.remark(f, s.back(5, 8, 0), teacher)
	s.at(s.back(3, 8, 18), func() error { return s.w.EditFileComment(f.ID, mine, "", "Look at this again, please.", teacher) })
	s.leave(s.c, f)
	f = s.page("Duties of staff")
	for i, u := range []*world.User{s.others[0], s.bursar, s.teacher} {
		s.remark(f, s.back(2, 12, 10+i), u.PrimaryEmail)
	}
	s.leave(s.c, f)

	f, id = s.asked("Shadow puppets", s.back(4, 16, 20)) // settled, and opened again by a pupil
	s.respond(f, id, s.back(3, 8, 20), world.Resolve, teacher)
	s.respond(f, id, s.back(2, 16, 20), world.Reopen, pupil)
	s.take(s.c, f)
	f = s.page("Moon journey") // settled by who had asked
	s.respond(f, s.remark(f, s.back(4, 16, 22), pupil), s.back(4, 16, 23), world.Resolve, pupil)
	s.take(s.c, f)
	f = s.page("Map of the village") // answered, and changed by the pupil
	id = s.remark(f, s.back(4, 16, 24), pupil)
	s.respond(f, id, s.back(3, 8, 24), "", teacher)
	s.at(s.back(2, 16, 24), func() error { return s.w.EditFileComment(f.ID, id, "", "Can I do three?", pupil) })
	s.take(s.c, f)
	f = s.page("Bee hotel") // gone, but nobody looked
	id = s.remark(f, s.back(3, 16, 26), pupil)
	s.at(s.back(3, 16, 40), func() error { return s.w.DeleteFileComment(f.ID, id, "", pupil) })
	s.take(s.c, f)
	f, id = s.asked("Kite designs", s.back(4, 16, 28)) // a colleague is no teacher of the class
	s.respond(f, id, s.back(3, 8, 28), world.Resolve, s.others[0].PrimaryEmail)
	s.take(s.c, f)
	f = s.page("Concert programme")
	s.remark(f, s.back(3, 19, 0), "tutor@music-tuition.example")
	s.take(s.c, f)
	f = s.page("Visitor's questions")
	for _, u := range s.supply {
		if active(u) && s.w.User(u.ID) == u {
			s.remark(f, s.back(2, 13, 10), u.PrimaryEmail)
			s.take(s.c, f)
			break
		}
	}
}

// decided: what was looked at on the review site.
func (s *documenting) decided() {
	for i, by := range []string{s.teacher.PrimaryEmail, "officer@" + Domain, s.senco.PrimaryEmail, s.head.PrimaryEmail} {
		f, _ := s.asked(fmt.Sprintf("Inventors %d", i+1), s.back(4, 17, 30+i))
		s.sawPage(s.c, f, s.back(3, 9, 30+i), by, s.lastSaid)
		s.leave(s.c, f)
	}
	f, _ := s.asked("Light and dark", s.back(5, 15, 20))
	s.sawPage(s.c, f, s.back(4, 8, 30), s.teacher.PrimaryEmail, s.lastSaid)
	s.askOn(f, s.back(3, 17, 40))
	s.take(s.c, f)
	f, _ = s.asked("Sound and music", s.back(4, 15, 25)) // shown before the comment, decided after it
	s.sawPage(s.c, f, s.back(3, 8, 35), s.teacher.PrimaryEmail, s.back(5, 12, 0))
	s.take(s.c, f)
	f, _ = s.asked("Forces", s.back(4, 15, 30))
	for i, u := range []*world.User{s.others[0], s.bursar, s.it, s.deputy, s.pupils[0]} { // none of them may
		s.sawPage(s.c, f, s.back(3, 9, 40+i), u.PrimaryEmail, s.lastSaid)
	}
	s.sawPage(s.c, f, s.back(3, 9, 50), "nobody@"+Domain, s.lastSaid)
	s.take(s.c, f)
	f, _ = s.asked("Magnets", s.back(4, 15, 35)) // looked at as another class's
	s.decide(s.back(3, 9, 55), world.Decision{By: s.teacher.PrimaryEmail, Do: "reviewed", Item: world.DocumentSubject("1", f.ID), Saw: s.lastSaid})
	s.take(s.c, f)
}

// twoClasses: a document of two classes is two.
func (s *documenting) twoClasses() {
	quiz := s.courseCalled("Quiz club") // of the same teacher, among others
	for _, o := range s.classes {
		teachers := s.teachersOf(o)
		if o.course == nil || o.course == s.c || quiz == nil || len(teachers) == 0 || teachers[0] == s.officer || teachers[0] == s.teacher {
			continue
		}
		f := s.paper(s.teacher, nil, "Joint assembly", s.pupils)
		s.on(s.c, f)
		s.on(o.course, f)
		s.askOn(f, s.back(3, 18, 10))
		s.remark(f, s.back(2, 8, 10), teachers[0].PrimaryEmail) // answers for their class only
		s.take(s.c, f)
		s.leave(o.course, f)
		f = s.paper(s.teacher, s.folder(), "Joint picnic", s.pupils)
		s.on(quiz, f)
		s.askOn(f, s.back(3, 18, 15))
		s.sawPage(s.c, f, s.back(2, 8, 15), s.teacher.PrimaryEmail, s.lastSaid)
		s.leave(s.c, f)
		s.take(quiz, f)
		return
	}
}

// none: a class that is over has no documents.
func (s *documenting) none() {
	c := s.courseCalled("Robot club")
	if c == nil {
		return
	}
	f := s.paper(s.teacher, s.classFolder(c, s.teacher, s.tops), "Robot arms", s.pupils)
	s.askOn(f, s.back(5, 16, 30))
	s.leave(c, f)
}

// withoutTeacher: documents of clubs whose only teacher is switched off, one of which is covered today (see hosts).
func (s *documenting) withoutTeacher() {
	sewing, cookery, stands := s.courseCalled("Sewing club"), s.courseCalled("Cookery club"), s.others[0]
	if sewing == nil || cookery == nil {
		return
	}
	take := func(f *world.File) {
		s.hit(noHost, world.DocumentSubject(sewing.ID, f.ID))
		s.miss(unreviewed, world.DocumentSubject(sewing.ID, f.ID))
	}
	former := s.w.User(sewing.OwnerID) // whose own files nobody could find any more
	paper := func(title string) *world.File {
		f := s.paper(stands, nil, title, s.pupils)
		s.on(sewing, f)
		return f
	}
	f := paper("Cushion pattern")
	s.askOn(f, s.back(2, 16, 5))
	take(f)
	f = paper("Apron pattern")
	id := s.askOn(f, s.back(5, 16, 10))
	s.respond(f, id, s.back(4, 8, 40), world.Resolve, stands.PrimaryEmail)
	s.leave(sewing, f)
	f = paper("Bag pattern") // answered when the cover was over
	id = s.askOn(f, s.back(3, 16, 12))
	s.respond(f, id, s.back(2, 16, 40), "", stands.PrimaryEmail)
	take(f)
	f = paper("Puppet pattern")
	s.askOn(f, s.back(3, 16, 14))
	s.sawPage(sewing, f, s.back(2, 12, 20), s.head.PrimaryEmail, s.lastSaid)
	s.leave(sewing, f)
	f = paper("Hat pattern")
	s.askOn(f, s.back(3, 16, 16))
	s.sawPage(sewing, f, s.back(2, 12, 25), former.PrimaryEmail, s.lastSaid)
	take(f)

	f = s.paper(stands, nil, "Soup of the week", s.pupils)
	s.on(cookery, f)
	s.askOn(f, s.back(3, 16, 18))
	s.take(cookery, f)
	f = s.paper(stands, nil, "Bread of the week", s.pupils)
	s.on(cookery, f)
	s.askOn(f, s.back(3, 16, 20))
	s.sawPage(cookery, f, s.back(1, 9, 10), stands.PrimaryEmail, s.lastSaid)
	s.leave(cookery, f)
}

// left: a club that one teacher left in these days and another one before (see leaver).
func (s *documenting) left() {
	c := s.courseCalled("Chess club")
	if c == nil || len(s.others) < 2 {
		return
	}
	for i, u := range s.others[:2] {
		f := s.paper(s.teacher, s.classFolder(c, s.teacher, s.tops), fmt.Sprintf("Openings %d", i+1), s.pupils)
		s.respond(f, s.askOn(f, s.back(5, 16, 20)), s.back(4, 16, 20), "", u.PrimaryEmail)
		if i == 0 {
			s.leave(c, f)
		} else {
			s.take(c, f)
		}
	}
}

// courseCalled finds one of the clubs; nil where there is none.
func (s *documenting) courseCalled(name string) *world.Course {
	for _, c := range s.w.Courses() {
		if c.Name == name {
			return c
		}
	}
	return nil
}
