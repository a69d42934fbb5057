package generate

import (
	"fmt"
	"time"

	"esafetybot/internal/sim/world"
)

// blogStory is the part of the half-term's story that plays on one of the school's blogs: what readers write is approved, answered, taken away, and once looked
// at by somebody who stands in.
func (s *School) blogStory(at func(day, hour, minute int, what string, do func() error)) {
	if len(s.cast.listed) == 0 {
		return
	}
	w, blog, host := s.World, s.cast.listed[0].id, s.cast.earlyYears.PrimaryEmail
	post := ""
	w.View(func() {
		if b := w.Blog(blog); b != nil && len(b.Posts) > 0 {
			post = b.Posts[0].ID
		}
	})
	n := 0
	number := func() string { n++; return fmt.Sprintf("70000000000000%05d", n) }
	ids := map[string]string{}
	var last time.Time
	say := func(name, status, text, by string) func() error {
		return func() error {
			ids[name], last = number(), w.Now().Truncate(time.Second)
			_, err := w.WriteBlogComment(blog, post, world.BlogComment{ID: ids[name], Status: status, Content: text, Author: world.BlogPerson{ID: number(), DisplayName: "Reader at home"}}, by)
			return err
		}
	}
	decide := func(by, do, name string) error {
		return w.Decide(world.Decision{By: by, Do: do, Comment: world.BlogCommentKey(blog, post, ids[name])})
	}
	at(2, 16, 10, "a reader comments on a blog, which waits for approval", say("first", world.CommentPending, "What a lovely wall!", ""))
	at(5, 9, 20, "the blog's host approves the comment in Blogger", func() error {
		return w.ModerateBlogComment(blog, post, ids["first"], world.ApproveComment, host)
	})
	at(8, 17, 0, "a reader asks something on a blog", say("question", world.BlogLive, "Who painted it?", ""))
	at(9, 8, 25, "the blog's host answers", say("answer", world.BlogLive, "All of us did.", host))
	at(11, 17, 30, "a reader writes something unkind on a blog", say("unkind", world.CommentPending, "I do not like it.", ""))
	at(11, 17, 40, "and another one something kind", say("kind", world.BlogLive, "I do!", ""))
	at(12, 9, 0, "the blog's host decides about both", func() error {
		if err := decide(host, "remove", "unkind"); err != nil {
			return err
		}
		return decide(host, "approve", "kind")
	})
	at(16, 16, 45, "a reader comments on a blog, and its host is away", say("alone", world.BlogLive, "Is there more?", ""))
	at(18, 9, 5, "somebody stands in for the blog's host", func() error {
		today := w.Now()
		return w.Decide(world.Decision{By: s.cast.bursar.PrimaryEmail, Do: "cover", Course: coverOf + blog, Who: s.cast.deputy.PrimaryEmail,
			From: today.Format(time.DateOnly), Until: today.AddDate(0, 0, 7).Format(time.DateOnly)})
	})
	at(20, 12, 15, "who stands in has looked at the blog", func() error {
		return w.Decide(world.Decision{By: s.cast.deputy.PrimaryEmail, Do: "reviewed", Item: world.BlogSubject(blog, post), Saw: last})
	})
	at(24, 9, 45, "the host closes a post of the blog to comments", func() error {
		return w.SetBlogPost(blog, post, "", "DONT_ALLOW_SHOW_EXISTING", host)
	})
}
