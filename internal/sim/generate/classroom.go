package generate

import (
	"fmt"
	"time"

	"esafetybot/internal/sim/world"
)

// classrooms gives each class a Classroom of this year and one of last year, and makes of each rule about classes a breach and a near miss.
func (b *builder) classrooms() {
	begin := yearBegin(b.today(0))
	since := begin.Add(min(45*24*time.Hour, b.now.Sub(begin)/2)) // when this year's were made
	admin := b.it.PrimaryEmail
	for i, c := range b.classes {
		own := b.course("", c.name, c.teachers[len(c.teachers)-1], since.Add(time.Duration(i)*time.Hour))
		for _, t := range append(append([]*world.User{}, c.teachers...), c.ta) {
			if t.ID != own.OwnerID {
				b.w.AddTeacher(own.ID, member(t))
			}
		}
		for _, p := range c.pupils {
			b.w.AddStudent(own.ID, member(p.user))
		}
		c.course = own
		last := b.course("", fmt.Sprintf("%s %d", c.name, begin.Year()-1), c.teachers[0], since.AddDate(-1, 0, i%5))
		last.CourseState, last.UpdateTime = "ARCHIVED", begin.AddDate(0, 0, -3)
		if i == 0 {
			b.miss("accounts.old-class", courseSubject(last))
			b.w.AddStudent(last.ID, outsideMember(b.pupils[0].parent))
			b.miss("accounts.outsider-in-class", courseSubject(last))
		}
	}
	for i, p := range b.pupils {
		if i%3 == 1 {
			b.w.AddGuardian(p.user.ID, &world.Guardian{GuardianID: fmt.Sprintf("g%d", 1000+i), InvitedEmailAddress: p.parent,
				GuardianProfile: world.Profile{ID: fmt.Sprintf("g%d", 1000+i), EmailAddress: p.parent}})
		}
	}
	b.courseCases(since, begin)
	for i, c := range b.classes { // comings and goings of the last weeks, and what teachers wrote
		at := b.daysAgo(2 + i%5)
		post := &world.Post{Text: pickAt(notices, i), CreatorUserID: c.teachers[0].ID, CreationTime: at.UTC().Truncate(time.Second)}
		b.check(b.w.AddPost(c.course.ID, world.Announcement, post))
		b.record("classroom", at, c.teachers[0].PrimaryEmail, "course_work_update", "published_announcement",
			world.Param{Name: "course_id", Value: c.course.ID}, world.Param{Name: "course_title", Value: c.course.Name}, world.Param{Name: "post_id", Value: post.ID})
		if i%3 == 0 {
			p := c.pupils[len(c.pupils)-1].user
			b.at(b.daysAgo(3), func() error { return b.w.RemoveCourseMember(c.course.ID, p.ID, admin) })
			b.at(b.daysAgo(1), func() error {
				return b.w.AddCourseMember(c.course.ID, world.CourseStudent, p.ID, c.teachers[0].PrimaryEmail)
			})
		}
	}
}

func courseSubject(c *world.Course) string { return "course/" + c.ID }

// course puts a course with its owner as a teacher in place; an id is made if none is given.
func (b *builder) course(id, name string, owner *world.User, made time.Time) *world.Course {
	c := &world.Course{ID: id, Name: name, OwnerID: owner.ID, CreationTime: made.UTC().Truncate(time.Second)}
	b.w.AddCourse(c)
	b.w.AddTeacher(c.ID, member(owner))
	return c
}

func member(u *world.User) *world.CourseMember {
	return &world.CourseMember{UserID: u.ID, Profile: world.Profile{ID: u.ID, Name: u.Name, EmailAddress: u.PrimaryEmail}}
}

// outsideMember is somebody whom the Directory does not know.
func outsideMember(address string) *world.CourseMember {
	id := "1" + hashDigits(address, 20)
	return &world.CourseMember{UserID: id, Profile: world.Profile{ID: id, EmailAddress: address}}
}

func (b *builder) courseCases(since, begin time.Time) {
	first, last := b.classes[0], b.classes[len(b.classes)-1]
	teacher := b.teachers[0]
	staffLeaver := b.leavers[len(b.leavers)-1]

	// Without a teacher, or without an owner; near: not begun yet; one of two teachers gone.
	club := b.course("", "Gardening club", staffLeaver, since)
	b.w.AddStudent(club.ID, member(first.pupils[0].user))
	b.hit("accounts.class-without-teacher", courseSubject(club))
	orphan := b.course("", "Handwriting", teacher, since)
	orphan.OwnerID = "1" + hashDigits("former owner", 20)
	b.hit("accounts.class-without-teacher", courseSubject(orphan))
	plan := b.course("", "Next term's club", staffLeaver, since)
	plan.CourseState = "PROVISIONED"
	b.miss("accounts.class-without-teacher", courseSubject(plan))
	shared := b.course("", "Recorder group", teacher, since)
	b.w.AddTeacher(shared.ID, member(staffLeaver))
	b.miss("accounts.class-without-teacher", courseSubject(shared))

	// Somebody from outside: a parent as pupil, a guest as teacher; near: an account deleted long ago, a pupil found by another address only, somebody of the trust.
	readers := b.course("", "Reading at home", teacher, since)
	for _, p := range first.pupils[:min(5, len(first.pupils))] {
		b.w.AddStudent(readers.ID, member(p.user))
	}
	b.w.AddStudent(readers.ID, outsideMember(first.pupils[0].parent))
	b.hit("accounts.outsider-in-class", courseSubject(readers))
	harp := b.course("", "Harp lessons", teacher, since)
	b.w.AddTeacher(harp.ID, member(b.guest))
	b.hit("accounts.outsider-in-class", courseSubject(harp))
	spelling := b.course("", "Spelling", teacher, since)
	b.w.AddStudent(spelling.ID, outsideMember(b.gone[1]))
	u := last.pupils[0].user
	b.w.AddStudent(spelling.ID, &world.CourseMember{UserID: "1" + hashDigits(u.PrimaryEmail, 20), Profile: world.Profile{EmailAddress: u.NonEditableAliases[0]}})
	b.miss("accounts.outsider-in-class", courseSubject(spelling))
	b.miss("accounts.other-school", courseSubject(spelling))
	moderation := b.course("", "Moderation", teacher, since)
	b.w.AddTeacher(moderation.ID, outsideMember("adviser@"+Trust))
	b.hit("accounts.other-school", courseSubject(moderation))
	b.miss("accounts.outsider-in-class", courseSubject(moderation))
	b.miss("accounts.other-school", courseSubject(readers))
	if len(b.oak) > 0 {
		joint := b.course("", "Joint choir", teacher, since)
		b.w.AddTeacher(joint.ID, member(b.oak[0]))
		if b.narrowed {
			b.hit("accounts.other-school", courseSubject(joint))
			theirs := b.course("", "Oak's class", b.oak[1], since)
			b.w.AddStudent(theirs.ID, outsideMember(b.pupils[0].parent))
			b.miss("accounts.outsider-in-class", courseSubject(theirs))
		}
	}

	// Last year's, still open; near: made on the first day that counts, and those that the policy keeps.
	old := b.course("", fmt.Sprintf("%s (%d)", last.name, begin.Year()-1), last.teachers[0], since.AddDate(-1, 0, 0))
	for _, p := range last.pupils[:min(3, len(last.pupils))] {
		b.w.AddStudent(old.ID, member(p.user))
	}
	today := b.today(0)
	for name, until := range map[string]int{Classroom: classroomDone, Dojo: dojoDone} {
		if inRollover(today, until) {
			b.miss("accounts.old-class", courseSubject(old), name)
		} else {
			b.hit("accounts.old-class", courseSubject(old), name)
		}
	}
	b.miss("accounts.old-class", courseSubject(b.course("", "Summer reading", teacher, begin.Add(9*time.Hour))))
	for _, name := range []string{Classroom, Dojo} {
		for _, id := range b.asked.courses[name] {
			if b.w.Course(id) == nil {
				b.course(id, "All staff", b.head, since.AddDate(-3, 0, 0))
			}
			b.miss("accounts.old-class", "course/"+id, name)
		}
	}
}
