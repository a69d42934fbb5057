package generate

import (
	"slices"
	"time"

	"esafetybot/internal/sim/world"
)

// The rules of docs/comment-rules.md.
const (
	unreviewed   = "comments.unreviewed"
	noHost       = "comments.no-host"
	otherPrivate = "comments.private-by-other-adult"
)

// commentCases makes a breach and near misses of each rule of docs/comment-rules.md, in a class whose pupils are old enough and in a few clubs. What counts
// begins seven days before today; all that is to count happened since, and all of it before today.
func (b *builder) commentCases() {
	if s, ok := b.scene(); ok {
		s.waiting()
		s.lookedAt()
		s.private()
		s.hosts()
		s.leaver()
	}
}

// noteDecisions puts what people decided on the review site into the tenant, in the order in which they did.
func (b *builder) noteDecisions() {
	slices.SortStableFunc(b.decisions, func(x, y world.Decision) int { return x.At.Compare(y.At) })
	for _, d := range b.decisions {
		b.check(b.w.AddDecision(d))
	}
}

// scene is where the cases happen: a class, its teachers, pupils of it, and adults who have nothing to do with it.
type scene struct {
	*builder
	c        *world.Course
	teacher  *world.User   // of the class
	others   []*world.User // teachers of other classes
	pupils   []*world.User
	admin    string
	lastSaid time.Time // when ask last spoke
}

// scene chooses the class two thirds up the school, or the next one that has what is needed: the oldest and the youngest are the demo's.
func (b *builder) scene() (*scene, bool) {
	for i := range b.classes {
		c := b.classes[(len(b.classes)*2/3+i)%len(b.classes)]
		s := &scene{builder: b, c: c.course, pupils: b.writersOf(c), admin: b.it.PrimaryEmail}
		teachers := b.teachersOf(c)
		for _, o := range b.classes {
			if o != c {
				s.others = append(s.others, b.staffOf(o.teachers)...)
			}
		}
		s.others = slices.DeleteFunc(s.others, func(u *world.User) bool { return u == b.officer }) // who may look everywhere
		if len(teachers) == 0 || teachers[0] == b.officer || len(s.pupils) < 3 || len(s.others) == 0 {
			continue
		}
		s.teacher = teachers[0]
		return s, true
	}
	return nil, false
}

// set publishes a notice of the class's teacher for a case.
func (s *scene) set(text string) *world.Post { return s.notice(s.c, s.back(8, 8, 30), s.teacher, text) }

// ask lets a pupil comment.
func (s *scene) ask(p *world.Post, t time.Time) *world.Post {
	s.say(p, t, pick(s.rng, s.pupils[:3]).PrimaryEmail, pick(s.rng, asides))
	s.lastSaid = t
	return p
}

// saw is a decision that somebody looked at a post, then; shown says up to when.
func (s *scene) saw(p *world.Post, t time.Time, by string, shown time.Time) {
	s.decide(t, world.Decision{By: by, Do: "reviewed", Item: world.PostSubject(p), Saw: shown})
}

func (s *scene) cover(c *world.Course, t time.Time, by string, who *world.User, from, until time.Time) {
	s.decide(t, world.Decision{By: by, Do: "cover", Course: c.ID, Who: who.PrimaryEmail, From: from.Format(time.DateOnly), Until: until.Format(time.DateOnly)})
}

// waiting: posts of a class with a teacher at which nobody looked who should have.
func (s *scene) waiting() {
	take := func(p *world.Post) {
		s.hit(unreviewed, world.PostSubject(p))
		s.miss(noHost, world.PostSubject(p))
	}
	take(s.ask(s.set("Who can bring boxes for our models?"), s.back(3, 16, 20)))

	first := s.ask(s.set("Vote for our class book."), s.back(7, 0, 0)) // at the very start
	take(first)

	later := s.ask(s.set("Photos of the science fair are in the hall."), s.back(5, 15, 40))
	s.saw(later, s.back(4, 8, 10), s.teacher.PrimaryEmail, s.back(5, 15, 40))
	take(s.ask(later, s.back(3, 17, 0)))

	between := s.ask(s.set("Tidy tables, please."), s.back(4, 15, 40)) // shown before the comment, decided after it
	s.saw(between, s.back(3, 8, 10), s.teacher.PrimaryEmail, s.back(5, 12, 0))
	take(between)

	wrong := s.ask(s.set("Choir moves to Friday."), s.back(4, 15, 55))
	for i, u := range []*world.User{s.others[0], s.bursar, s.it, s.deputy} { // none of them may
		s.saw(wrong, s.back(3, 9, i), u.PrimaryEmail, s.lastSaid)
	}
	s.saw(wrong, s.back(3, 10, 0), "nobody@"+Domain, s.lastSaid)
	take(wrong)

	colleague := s.ask(s.set("Recorders on Monday."), s.back(4, 16, 25)) // answered, but by no teacher of the class
	s.say(colleague, s.back(3, 8, 45), s.others[0].PrimaryEmail, pick(s.rng, replies))
	take(colleague)

	take(s.notice(s.c, s.back(2, 17, 10), s.pupils[0], "I made a quiz!"))

	deleted := s.ask(s.set("Spare jumpers are in the office."), s.back(3, 18, 0)) // the comment is gone, the record is not
	s.check(s.w.DeleteComment(deleted.CourseID, deleted.ID, s.w.Comments(deleted.CourseID, deleted.ID)[0].ID))
	take(deleted)

	gone := s.ask(s.set("Wrong class, sorry."), s.back(3, 18, 10))
	s.at(s.back(2, 9, 0), func() error { return s.w.DeletePost(gone.CourseID, gone.ID) })
	take(gone)

	work := s.homework(s.c, s.back(8, 15, 0), s.teacher, "%s diary")
	s.aside(work, s.back(2, 16, 0), world.CommentPublic, s.pupils[0].PrimaryEmail, s.pupils[1])
	take(work)

	supply := s.set("A visitor comes on Wednesday.") // supply teachers are no staff of the policy
	for _, u := range s.supply {
		if active(u) && s.w.User(u.ID) == u {
			s.say(supply, s.back(2, 13, 0), u.PrimaryEmail, pick(s.rng, replies))
			take(supply)
			break
		}
	}
}

// lookedAt: the near misses of those.
func (s *scene) lookedAt() {
	leave := func(p *world.Post) {
		s.miss(unreviewed, world.PostSubject(p))
		s.miss(noHost, world.PostSubject(p))
	}
	answered := s.ask(s.set("Bring your reading record."), s.back(4, 16, 45))
	s.say(answered, s.back(3, 8, 5), s.teacher.PrimaryEmail, pick(s.rng, replies))
	leave(answered)

	seen := s.ask(s.set("Swimming starts next week."), s.back(4, 17, 5))
	s.saw(seen, s.back(3, 8, 6), s.teacher.PrimaryEmail, s.lastSaid)
	leave(seen)

	for i, by := range []string{"officer@" + Domain, s.senco.PrimaryEmail, s.head.PrimaryEmail} { // the officer is known by an alias
		p := s.ask(s.set("Show and tell on Tuesday."), s.back(4, 17, 10+i))
		s.saw(p, s.back(3, 11, i), by, s.lastSaid)
		leave(p)
	}
	own := s.notice(s.c, s.back(4, 18, 0), s.pupils[1], "My hamster has a name!")
	s.say(own, s.back(3, 8, 7), s.teacher.PrimaryEmail, pick(s.rng, replies))
	leave(own)

	staff := s.set("Staff: hall is booked at three.")
	for i, u := range []*world.User{s.others[0], s.teacher, s.bursar} {
		s.say(staff, s.back(2, 12, i), u.PrimaryEmail, pick(s.rng, replies))
	}
	leave(staff)

	leave(s.ask(s.notice(s.c, s.back(9, 8, 0), s.teacher, "Harvest gifts by Friday."), s.today(-7).Add(-time.Second))) // just before the start

	work := s.homework(s.c, s.back(8, 15, 20), s.teacher, "%s story") // what a pupil writes privately nobody else sees
	s.aside(work, s.back(2, 16, 30), world.CommentPrivate, s.pupils[0].PrimaryEmail, s.pupils[0])
	leave(work)
	s.miss(otherPrivate, world.PostSubject(work))

	done := s.club("Robot club", s.teacher)
	leave(s.ask(s.notice(done, s.back(5, 9, 0), s.teacher, "Last meeting."), s.back(5, 16, 0)))
	s.at(s.back(3, 9, 30), func() error { return s.w.ArchiveCourse(done.ID, s.admin) })
}

// private: adults who wrote to a pupil privately.
func (s *scene) private() {
	to := s.pupils[2]
	work := func() *world.Post { return s.homework(s.c, s.back(8, 15, 40), s.teacher, "%s test") }
	for i, by := range []string{s.others[0].PrimaryEmail, "tutor@music-tuition.example", s.governors[0].PrimaryEmail} {
		p := work()
		s.aside(p, s.back(4, 19, i), world.CommentPrivate, by, to)
		s.hit(otherPrivate, world.PostSubject(p))
		s.miss(unreviewed, world.PostSubject(p))
	}
	for i, by := range []string{s.teacher.PrimaryEmail, to.PrimaryEmail, s.pupils[0].PrimaryEmail} {
		p := work()
		s.aside(p, s.back(4, 19, 10+i), world.CommentPrivate, by, to)
		s.miss(otherPrivate, world.PostSubject(p))
	}
	early := s.homework(s.c, s.back(9, 9, 0), s.teacher, "%s warm-up")
	s.aside(early, s.today(-7).Add(-time.Second), world.CommentPrivate, s.others[0].PrimaryEmail, to)
	s.miss(otherPrivate, world.PostSubject(early))
	public := work()
	s.aside(public, s.back(4, 19, 30), world.CommentPublic, s.others[0].PrimaryEmail, to)
	s.miss(otherPrivate, world.PostSubject(public))
	s.miss(unreviewed, world.PostSubject(public))
}

// club makes another class, with a few of the pupils in it.
func (s *scene) club(name string, owner *world.User) *world.Course {
	c := s.course("", name, owner, s.c.CreationTime)
	for _, u := range s.pupils[:3] {
		s.w.AddStudent(c.ID, member(u))
	}
	return c
}

// orphaned makes a class whose only teacher's account is switched off, with pupils in it.
func (s *scene) orphaned(name string) (*world.Course, *world.User) {
	former := s.leavers[len(s.leavers)-1]
	c := s.club(name, former)
	s.hit("accounts.class-without-teacher", courseSubject(c))
	return c, former
}

// old puts a post into a class without the record, which is older than what counts.
func (s *scene) old(c *world.Course, by *world.User, kind string) *world.Post {
	p := &world.Post{CreatorUserID: by.ID, CreationTime: s.back(9, 15, 0).UTC()}
	if p.Text = "See you all next week."; kind != world.Announcement {
		p.Text, p.Title = "", "My week"
	}
	s.check(s.w.AddPost(c.ID, kind, p))
	return p
}

// hosts: classes without anybody to look, and classes that are covered.
func (s *scene) hosts() {
	take := func(p *world.Post) {
		s.hit(noHost, world.PostSubject(p))
		s.miss(unreviewed, world.PostSubject(p))
	}
	leave := func(p *world.Post) {
		s.miss(noHost, world.PostSubject(p))
		s.miss(unreviewed, world.PostSubject(p))
	}
	stands := s.others[0]

	// Covered until three days ago; who decides about it later may not.
	sewing, former := s.orphaned("Sewing club")
	s.cover(sewing, s.back(6, 8, 0), s.head.PrimaryEmail, stands, s.back(6, 0, 0), s.today(5))
	s.decide(s.back(2, 8, 0), world.Decision{By: s.bursar.PrimaryEmail, Do: "end-cover", Course: sewing.ID, Who: stands.PrimaryEmail}) // ends it three days ago
	s.cover(sewing, s.back(2, 9, 0), s.teacher.PrimaryEmail, stands, s.back(2, 0, 0), s.today(5))
	s.cover(sewing, s.back(2, 9, 1), s.head.PrimaryEmail, s.pupils[0], s.back(2, 0, 0), s.today(5))
	s.cover(sewing, s.back(2, 9, 2), s.head.PrimaryEmail, former, s.back(2, 0, 0), s.today(5))
	take(s.ask(s.old(sewing, former, world.Announcement), s.back(2, 16, 0)))
	answered := s.ask(s.old(sewing, former, world.Announcement), s.back(5, 16, 0))
	s.say(answered, s.back(4, 8, 30), stands.PrimaryEmail, pick(s.rng, replies))
	leave(answered)
	late := s.ask(s.old(sewing, former, world.Announcement), s.back(3, 16, 0)) // answered when the cover was over
	s.say(late, s.back(2, 16, 30), stands.PrimaryEmail, pick(s.rng, replies))
	take(late)
	headSaw := s.ask(s.old(sewing, former, world.Announcement), s.back(3, 16, 10))
	s.saw(headSaw, s.back(2, 12, 0), s.head.PrimaryEmail, s.lastSaid)
	leave(headSaw)
	formerSaw := s.ask(s.old(sewing, former, world.Announcement), s.back(3, 16, 15)) // nobody decides whose account is switched off
	s.saw(formerSaw, s.back(2, 12, 5), former.PrimaryEmail, s.lastSaid)
	take(formerSaw)
	during := s.old(sewing, former, world.CourseWork)
	s.aside(during, s.back(4, 17, 0), world.CommentPrivate, stands.PrimaryEmail, s.pupils[0])
	s.miss(otherPrivate, world.PostSubject(during))
	after := s.old(sewing, former, world.CourseWork)
	s.aside(after, s.back(2, 17, 0), world.CommentPrivate, stands.PrimaryEmail, s.pupils[0])
	s.hit(otherPrivate, world.PostSubject(after))

	// Covered today: then somebody has to look.
	cookery, former := s.orphaned("Cookery club")
	s.cover(cookery, s.back(1, 8, 0), "officer@"+Domain, stands, s.back(1, 0, 0), s.today(10))
	waits := s.ask(s.old(cookery, former, world.Announcement), s.back(3, 16, 40))
	s.hit(unreviewed, world.PostSubject(waits))
	s.miss(noHost, world.PostSubject(waits))
	covered := s.ask(s.old(cookery, former, world.Announcement), s.back(3, 16, 50))
	s.saw(covered, s.back(1, 9, 0), stands.PrimaryEmail, s.lastSaid)
	leave(covered)
	tooEarly := s.ask(s.old(cookery, former, world.Announcement), s.back(3, 16, 55)) // decided on the day before the cover began
	s.saw(tooEarly, s.back(2, 9, 0), stands.PrimaryEmail, s.lastSaid)
	s.hit(unreviewed, world.PostSubject(tooEarly))

	// One of two teachers is gone: the other one is there.
	two := s.club("Quiz club", s.teacher)
	s.w.AddTeacher(two.ID, member(former))
	p := s.ask(s.old(two, s.teacher, world.Announcement), s.back(2, 16, 45))
	s.hit(unreviewed, world.PostSubject(p))
	s.miss(noHost, world.PostSubject(p))
}

// leaver: a club that one teacher left in these days and another one before.
func (s *scene) leaver() {
	if len(s.others) < 2 {
		return
	}
	now, before := s.others[0], s.others[1]
	c := s.club("Chess club", s.teacher)
	s.w.AddTeacher(c.ID, member(now))
	s.w.AddTeacher(c.ID, member(before))
	s.at(s.back(9, 9, 0), func() error { return s.w.RemoveCourseMember(c.ID, before.PrimaryEmail, s.admin) })
	for _, x := range []struct {
		u    *world.User
		ever bool
	}{{now, true}, {before, false}} {
		waits, private := s.old(c, s.teacher, world.Announcement), s.old(c, s.teacher, world.CourseWork)
		s.ask(waits, s.back(5, 16, 0))
		s.say(waits, s.back(4, 16, 0), x.u.PrimaryEmail, pick(s.rng, replies))
		s.aside(private, s.back(4, 16, 5), world.CommentPrivate, x.u.PrimaryEmail, s.pupils[0])
		if x.ever {
			s.miss(unreviewed, world.PostSubject(waits))
			s.miss(otherPrivate, world.PostSubject(private))
		} else {
			s.hit(unreviewed, world.PostSubject(waits))
			s.hit(otherPrivate, world.PostSubject(private))
		}
	}
	s.at(s.back(3, 9, 0), func() error { return s.w.RemoveCourseMember(c.ID, now.PrimaryEmail, s.admin) })
}
