package generate

import (
	"fmt"
	"time"

	"esafetybot/internal/sim/world"
)

// commentStory is the part of the half-term's story that plays in the stream of one class: its teacher answers, looks, is away for a few days, and comes back.
func (s *School) commentStory(at func(day, hour, minute int, what string, do func() error)) {
	w := s.World
	c := s.cast.classes[len(s.cast.classes)/2]
	var pupils []*world.User
	for _, p := range c.pupils {
		if active(p.user) && len(pupils) < 2 {
			pupils = append(pupils, p.user)
		}
	}
	if c.course == nil || len(pupils) < 2 || len(c.teachers) == 0 {
		return
	}
	course, teacher := c.course.ID, c.teachers[0].PrimaryEmail
	asker, maker := pupils[0].PrimaryEmail, pupils[1].PrimaryEmail
	officer := "officer@" + Domain
	stand := s.cast.bursar.PrimaryEmail
	work, own := &world.Post{Title: "Model of a volcano"}, &world.Post{Text: "I can do a handstand!"}
	say := func(p *world.Post, who, text string) func() error {
		return func() error { _, err := w.Comment(course, p.ID, world.Comment{Text: text}, who); return err }
	}
	looked := func(p *world.Post, who string, saw *time.Time) func() error {
		return func() error {
			return w.Decide(world.Decision{By: who, Do: "reviewed", Item: world.PostSubject(p), Saw: *saw})
		}
	}
	var posted, asked time.Time
	note := func(t *time.Time, do func() error) func() error {
		return func() error { *t = w.Now(); return do() }
	}
	aside := func(who string) func() error {
		return func() error {
			_, err := w.Comment(course, work.ID, world.Comment{Text: "Please see me.", Kind: world.CommentPrivate, Of: maker}, who)
			return err
		}
	}

	at(2, 15, 20, "a class gets homework", func() error { return w.CreatePost(course, world.CourseWork, work, teacher) })
	at(3, 16, 40, "a pupil asks about the homework", say(work, asker, "Can it be made of paper?"))
	at(5, 8, 20, "the teacher answers", say(work, teacher, "Yes, it can."))
	at(8, 16, 30, "a pupil posts in the class", note(&posted, func() error { return w.CreatePost(course, world.Announcement, own, maker) }))
	at(9, 8, 15, "the teacher has looked at the post", looked(own, teacher, &posted))
	at(11, 16, 10, "another pupil comments on it, and nobody answers", note(&asked, say(own, asker, "Me too!")))
	at(15, 8, 5, "somebody stands in for the class's teacher", func() error {
		today := w.Now()
		return w.Decide(world.Decision{By: officer, Do: "cover", Course: course, Who: stand, From: today.Format(time.DateOnly), Until: today.AddDate(0, 0, 7).Format(time.DateOnly)})
	})
	at(16, 12, 30, "who stands in has looked at the comment", looked(own, stand, &asked))
	at(18, 8, 40, "the teacher is back", func() error {
		return w.Decide(world.Decision{By: officer, Do: "end-cover", Course: course, Who: stand})
	})
	at(20, 15, 30, "the class's teacher writes to a pupil about the homework", aside(teacher))
	at(22, 17, 10, "another adult writes to a pupil about the homework", aside(s.cast.deputy.PrimaryEmail))
	at(24, 16, 20, "a pupil comments on the homework", say(work, maker, "Mine is red."))
	at(24, 16, 50, "and deletes the comment", func() error {
		id := ""
		w.View(func() {
			for _, x := range w.Comments(course, work.ID) {
				if x.Author == maker && x.Kind == world.CommentClass {
					id = x.ID
				}
			}
		})
		if id == "" {
			return fmt.Errorf("the comment: %w", world.ErrNotFound)
		}
		return w.DeleteComment(course, work.ID, id)
	})
	at(26, 9, 15, "the head teacher has looked at it all the same", func() error {
		return w.Decide(world.Decision{By: s.cast.head.PrimaryEmail, Do: "reviewed", Item: world.PostSubject(work), Saw: w.Now()})
	})
}
