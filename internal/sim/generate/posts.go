package generate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/sim/world"
)

// What people write in classes. None of it says more than that somebody wrote.
var (
	notices  = []string{"PE kits on Thursday, please.", "Library books are due back.", "The trip letter is in your book bag.", "Well done for a kind week.", "Bring a coat for forest school."}
	homework = []string{"%s practice", "%s quiz", "%s research", "%s poster", "%s questions"}
	asides   = []string{"Is this for tomorrow?", "I have finished!", "Can I do two?", "I cannot open it.", "Thank you!", "Which page is it?"}
	replies  = []string{"Yes, for tomorrow.", "Lovely work.", "Try again now, please.", "Page four.", "Ask me in class."}
)

// streams gives the classes something to read and to talk about, and makes of each rule of docs/comment-rules.md a breach and a near miss. It has random
// numbers of its own, for the same reason as accounts.
func (b *builder) streams() {
	b.rng = rand.New(rand.NewPCG(uint64(b.opt.Seed), uint64(b.opt.Pupils)+2<<32))
	for i, c := range b.classes {
		teachers, pupils := b.teachersOf(c), b.writersOf(c)
		if len(teachers) == 0 || c.course == nil {
			continue
		}
		b.notice(c.course, b.back(15, 8, 20), teachers[0], pickAt(notices, i))
		old := b.homework(c.course, b.back(12, 15, 10), teachers[0], pickAt(homework, i))
		b.post(c.course, world.Material, b.back(10, 16, 5), teachers[0], &world.Post{Title: pick(b.rng, subjects) + " slides"})
		work := b.homework(c.course, b.back(6, 15, 30), teachers[0], pickAt(homework, i+1))
		draft := &world.Post{Title: pick(b.rng, subjects) + " for next week", State: world.Draft}
		b.post(c.course, world.CourseWork, b.back(1, 16, 30), teachers[0], draft)
		if len(pupils) == 0 {
			continue
		}
		for _, w := range []struct {
			p    *world.Post
			back int
		}{{old, 11}, {work, 5}} {
			for n := range between(b.rng, 1, 3) {
				b.say(w.p, b.back(w.back, 16, 10*n), pick(b.rng, pupils).PrimaryEmail, pick(b.rng, asides))
			}
			b.say(w.p, b.back(w.back-1, 8, 15), pick(b.rng, teachers).PrimaryEmail, pick(b.rng, replies))
		}
		b.aside(work, b.back(4, 9, 0), world.CommentPrivate, teachers[0].PrimaryEmail, pick(b.rng, pupils))
		b.aside(old, b.back(10, 9, 0), world.CommentPublic, teachers[0].PrimaryEmail, pick(b.rng, pupils))
		if i%3 == 1 { // seen without a word
			b.say(work, b.back(2, 17, 0), pick(b.rng, pupils).PrimaryEmail, pick(b.rng, asides))
			b.decide(b.back(1, 8, 40), world.Decision{By: teachers[0].PrimaryEmail, Do: "reviewed", Item: world.PostSubject(work), Saw: b.back(2, 17, 0)})
		}
	}
	b.blogs()
	b.records()
	b.commentCases()
}

// back is a time so many days ago, in the school's time zone.
func (b *builder) back(days, hour, minute int) time.Time {
	t := b.today(-days)
	return time.Date(t.Year(), t.Month(), t.Day(), hour, minute, 0, 0, b.zone)
}

// teachersOf lists those who teach a class and can be there, the assistant last.
func (b *builder) teachersOf(c *class) []*world.User {
	return b.staffOf(append(slices.Clone(c.teachers), c.ta))
}

// staffOf keeps those of the list whose accounts are active and among the staff's.
func (b *builder) staffOf(list []*world.User) []*world.User {
	return slices.DeleteFunc(slices.Clone(list), func(u *world.User) bool {
		return u == nil || b.w.User(u.ID) != u || !active(u) || !strings.HasPrefix(u.OrgUnitPath, b.unit("Staff"))
	})
}

// writersOf lists the pupils of a class who can sign in and are old enough to write.
func (b *builder) writersOf(c *class) []*world.User {
	var out []*world.User
	for _, p := range c.pupils {
		if p.year > max(b.asked.quietYears, 0) && b.w.User(p.user.ID) == p.user && isPupil(p.user) && b.attends(c.course, p.user) {
			out = append(out, p.user)
		}
	}
	return out
}

func (b *builder) attends(c *world.Course, u *world.User) bool {
	return c != nil && slices.ContainsFunc(b.w.Students(c.ID), func(m *world.CourseMember) bool { return m.UserID == u.ID })
}

// post publishes a post as somebody did then.
func (b *builder) post(c *world.Course, kind string, t time.Time, by *world.User, p *world.Post) *world.Post {
	b.at(t, func() error { return b.w.CreatePost(c.ID, kind, p, by.PrimaryEmail) })
	return p
}

func (b *builder) notice(c *world.Course, t time.Time, by *world.User, text string) *world.Post {
	return b.post(c, world.Announcement, t, by, &world.Post{Text: text})
}

// homework sets work on some subject; title has a %s for it. It is to be done in a week.
func (b *builder) homework(c *world.Course, t time.Time, by *world.User, title string) *world.Post {
	due := t.AddDate(0, 0, 7)
	return b.post(c, world.CourseWork, t, by, &world.Post{Title: fmt.Sprintf(title, pick(b.rng, subjects)),
		DueDate: &world.Date{Year: due.Year(), Month: int(due.Month()), Day: due.Day()}})
}

// say comments on a post as the address did then.
func (b *builder) say(p *world.Post, t time.Time, by, text string) {
	b.at(t, func() error { _, err := b.w.Comment(p.CourseID, p.ID, world.Comment{Text: text}, by); return err })
}

// aside comments on a pupil's submission, privately or publicly.
func (b *builder) aside(p *world.Post, t time.Time, kind, by string, of *world.User) {
	b.at(t, func() error {
		_, err := b.w.Comment(p.CourseID, p.ID, world.Comment{Text: pick(b.rng, replies), Kind: kind, Of: of.PrimaryEmail}, by)
		return err
	})
}

// decide notes a decision of then. Decisions stand in the order in which they were made; see noteDecisions for how.
func (b *builder) decide(t time.Time, d world.Decision) {
	d.At = t.UTC().Truncate(time.Second)
	d.Saw = d.Saw.UTC()
	b.decisions = append(b.decisions, d)
}
