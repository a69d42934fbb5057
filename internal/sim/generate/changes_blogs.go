package generate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/sim/world"
)

// blogDays is what a day brings on blogs, beside everything else and with random numbers of its own: a tenant that has blogs lives on as it would without.
type blogDays struct {
	*Player
	rng *rand.Rand
}

// seenAfter is how long a comment has waited, and the Player played, before it is approved in Blogger: who looks once a day has then seen it waiting
// (docs/comment-rules.md, "settled").
const seenAfter = 24 * time.Hour

// answersStay is after what time nobody takes away an answer of somebody who runs or writes the blog: who looks once a day does not look at it any more
// (docs/comment-rules.md, "Blogs").
const answersStay = 21 * 24 * time.Hour

func newBlogDays(p *Player, seed int64) *blogDays {
	return &blogDays{p, rand.New(rand.NewPCG(uint64(seed), 0x517cc1b727220a95))}
}

// actions lists what happens on blogs and, about them, on the review site, each with how often it comes up.
func (p *blogDays) actions() []action {
	return []action{
		{"a reader comments on a blog", 7, p.readerComments},
		{"a comment on a blog is answered", 3, p.answer},
		{"a comment on a blog is approved in Blogger", 3, func() (bool, error) { return p.moderate(world.ApproveComment) }},
		{"a comment on a blog is called spam in Blogger", 1, func() (bool, error) { return p.moderate(world.SpamComment) }},
		{"a comment on a blog is removed in Blogger", 1, func() (bool, error) { return p.moderate(world.RemoveComment) }},
		{"a comment on a blog is deleted in Blogger", 1, func() (bool, error) { return p.moderate(world.DropComment) }},
		{"a blog gets a post", 1, p.write},
		{"a blog's post is closed or opened", 1, p.closeOrOpen},
		{"who runs a blog has looked", 3, func() (bool, error) { return p.review(p.runner) }},
		{"a leader has looked at a blog", 1, func() (bool, error) { return p.review(p.leader) }},
		{"somebody else has looked at a blog", 1, func() (bool, error) { return p.review(p.anAdult) }},
		{"who runs a blog decides on a comment", 3, func() (bool, error) { return p.decideOn(p.runner) }},
		{"a leader decides on a comment on a blog", 1, func() (bool, error) { return p.decideOn(p.leader) }},
		{"somebody else decides on a comment on a blog", 1, func() (bool, error) { return p.decideOn(p.anAdult) }},
		{"a blog is covered", 1, p.coverBlog},
		{"the cover of a blog ends", 1, p.endCoverOfBlog},
	}
}

// day lists when something happens on blogs on a day of so many other changes, in seconds since the morning.
func (p *blogDays) day(changes int) []int {
	if len(p.World.Blogs()) == 0 {
		return nil
	}
	out := make([]int, 1+changes/7)
	for i := range out {
		out[i] = p.rng.IntN(590 * 60)
	}
	slices.Sort(out)
	return out
}

// number is an id of Blogger's, which takes none from the tenant.
func (p *blogDays) number() string { return fmt.Sprintf("7%018d", p.rng.Int64N(1e18)) }

// The pickers below answer an address, "" where there is nobody. Call them inside View.

// runner is somebody with a part in the blog who can sign in; whether the policy names them is another question.
func (p *blogDays) runner(b *world.Blog) string {
	return p.withRole(b, world.BlogAdmin, world.BlogAuthor)
}

func (p *blogDays) withRole(b *world.Blog, roles ...string) string {
	var out []string
	for _, m := range b.Members {
		if u := p.World.User(m.Email); u != nil && active(u) && slices.Contains(roles, m.Role) {
			out = append(out, u.PrimaryEmail)
		}
	}
	if len(out) == 0 {
		return ""
	}
	return pick(p.rng, out)
}

func (p *blogDays) leader(*world.Blog) string {
	if len(p.Leaders) == 0 {
		return p.admin()
	}
	return pick(p.rng, p.Leaders)
}

// anAdult is somebody of the school, whatever they have to do with it.
func (p *blogDays) anAdult(*world.Blog) string { return p.adult(p.rng) }

// place is a post of a blog, by their ids.
type place struct{ blog, post string }

// find picks a post that fits among those of blogs that were not deleted. Call it inside View.
func (p *blogDays) find(fits func(*world.Blog, *world.BlogPost) bool) (b *world.Blog, at place, ok bool) {
	type both struct {
		*world.Blog
		post string
	}
	var list []both
	for _, b := range p.World.Blogs() {
		for _, x := range b.Posts {
			if b.Blog.Status == world.BlogLive && x.Status == world.BlogLive && fits(b, x) {
				list = append(list, both{b, x.ID})
			}
		}
	}
	if len(list) == 0 {
		return nil, place{}, false
	}
	x := pick(p.rng, list)
	return x.Blog, place{x.Blog.Blog.ID, x.post}, true
}

// takesComments reports whether readers may write below a post.
func takesComments(_ *world.Blog, x *world.BlogPost) bool {
	return x.ReaderComments == "" || x.ReaderComments == "ALLOW"
}

func (p *blogDays) readerComments() (bool, error) {
	var at place
	var ok bool
	by := ""
	p.World.View(func() {
		if _, at, ok = p.find(takesComments); ok && oneIn(p.rng, 5) {
			by = p.adult(p.rng) // of the school, and mostly no host
		}
	})
	if !ok {
		return false, nil
	}
	status := pick(p.rng, []string{world.BlogLive, world.BlogLive, world.CommentPending, world.CommentPending, world.CommentPending, world.CommentSpam})
	_, err := p.World.WriteBlogComment(at.blog, at.post, world.BlogComment{ID: p.number(), Status: status, Content: pick(p.rng, asides),
		Author: world.BlogPerson{ID: p.number(), DisplayName: pick(p.rng, blogReaders)}}, by)
	return true, err
}

func (p *blogDays) answer() (bool, error) {
	var at place
	by := ""
	p.World.View(func() {
		b, x, ok := p.find(func(b *world.Blog, x *world.BlogPost) bool { return takesComments(b, x) && len(b.Comments[x.ID]) > 0 })
		if ok {
			at, by = x, p.runner(b)
		}
	})
	if by == "" {
		return false, nil
	}
	_, err := p.World.WriteBlogComment(at.blog, at.post, world.BlogComment{ID: p.number(), Content: pick(p.rng, replies)}, by)
	return true, err
}

// comment picks a comment that fits, with somebody to do something about it.
func (p *blogDays) comment(who func(*world.Blog) string, fits func(*world.Blog, *world.BlogComment) bool) (at place, id, by string) {
	p.World.View(func() {
		b, x, ok := p.find(func(b *world.Blog, x *world.BlogPost) bool {
			return slices.ContainsFunc(b.Comments[x.ID], func(c *world.BlogComment) bool { return fits(b, c) })
		})
		if !ok {
			return
		}
		var list []string
		for _, c := range b.Comments[x.post] {
			if fits(b, c) {
				list = append(list, c.ID)
			}
		}
		at, id, by = x, pick(p.rng, list), who(b)
	})
	return at, id, by
}

// moderate does something with a comment in Blogger. What waits for approval is approved only when everybody who looks once a day has seen it waiting, and no old answer is taken away.
func (p *blogDays) moderate(do string) (bool, error) {
	now := p.World.Now()
	at, id, by := p.comment(func(b *world.Blog) string { return p.withRole(b, world.BlogAdmin) }, func(b *world.Blog, c *world.BlogComment) bool {
		if do == world.ApproveComment {
			return c.Status == world.CommentPending && !now.Before(c.Published.Add(seenAfter)) && !now.Before(p.begun.Add(seenAfter))
		}
		return c.Status != world.CommentEmptied && !(isAnswer(b, c) && now.After(c.Published.Add(answersStay)))
	})
	if by == "" {
		return false, nil
	}
	return true, p.World.ModerateBlogComment(at.blog, at.post, id, do, by)
}

// isAnswer reports whether a comment is of somebody who runs or writes the blog.
func isAnswer(b *world.Blog, c *world.BlogComment) bool {
	return slices.ContainsFunc(b.Members, func(m *world.BlogMember) bool { return m.UserID == c.Author.ID })
}

func (p *blogDays) write() (bool, error) {
	blog, by := "", ""
	p.World.View(func() {
		if b, x, ok := p.find(func(*world.Blog, *world.BlogPost) bool { return true }); ok {
			blog, by = x.blog, p.runner(b)
		}
	})
	if by == "" {
		return false, nil
	}
	x := &world.BlogPost{ID: p.number(), Title: fmt.Sprintf(pick(p.rng, blogTitles), pick(p.rng, subjects)), Content: "<p>There is more to see.</p>", ReaderComments: "ALLOW"}
	_, err := p.World.WriteBlogPost(blog, x, by)
	return true, err
}

func (p *blogDays) closeOrOpen() (bool, error) {
	var at place
	by, to := "", "ALLOW"
	p.World.View(func() {
		b, x, ok := p.find(func(*world.Blog, *world.BlogPost) bool { return true })
		if !ok {
			return
		}
		at, by = x, p.withRole(b, world.BlogAdmin)
		if takesComments(b, b.Post(x.post)) {
			to = pick(p.rng, []string{"DONT_ALLOW_SHOW_EXISTING", "DONT_ALLOW_HIDE_EXISTING"})
		}
	})
	if by == "" {
		return false, nil
	}
	return true, p.World.SetBlogPost(at.blog, at.post, "", to, by)
}

// review decides that somebody looked at a post, now and then shown what it was before the newest comment.
func (p *blogDays) review(who func(*world.Blog) string) (bool, error) {
	var at place
	var saw time.Time
	by := ""
	p.World.View(func() {
		b, x, ok := p.find(func(b *world.Blog, x *world.BlogPost) bool { return len(b.Comments[x.ID]) > 0 })
		if !ok {
			return
		}
		list := b.Comments[x.post]
		at, by, saw = x, who(b), list[len(list)-1].Published
		if len(list) > 1 && oneIn(p.rng, 5) {
			saw = list[len(list)-2].Published
		}
	})
	if by == "" {
		return false, nil
	}
	return true, p.World.Decide(world.Decision{By: by, Do: "reviewed", Item: world.BlogSubject(at.blog, at.post), Saw: saw.UTC()})
}

// decideOn lets somebody decide about a comment on the review site. What that does in Blogger is the program's to do.
func (p *blogDays) decideOn(who func(*world.Blog) string) (bool, error) {
	at, id, by := p.comment(who, func(_ *world.Blog, c *world.BlogComment) bool {
		return c.Status == world.BlogLive || c.Status == world.CommentPending
	})
	if by == "" {
		return false, nil
	}
	do := pick(p.rng, []string{"approve", "approve", "spam", "remove"})
	return true, p.World.Decide(world.Decision{By: by, Do: do, Comment: world.BlogCommentKey(at.blog, at.post, id)})
}

// coverBlog lets somebody stand in for the hosts of a blog, from today or soon, for a few days; mostly somebody decides it who may.
func (p *blogDays) coverBlog() (bool, error) {
	blog, by, who := "", "", ""
	p.World.View(func() {
		b, x, ok := p.find(func(*world.Blog, *world.BlogPost) bool { return true })
		if !ok {
			return
		}
		blog, who = x.blog, p.adult(p.rng)
		if by = p.leader(b); oneIn(p.rng, 5) {
			by = p.adult(p.rng)
		}
	})
	if by == "" || who == "" {
		return false, nil
	}
	from := p.World.Now().In(p.zone).AddDate(0, 0, p.rng.IntN(2))
	return true, p.World.Decide(world.Decision{By: by, Do: "cover", Course: coverOf + blog, Who: who, From: from.Format(time.DateOnly), Until: from.AddDate(0, 0, p.rng.IntN(8)).Format(time.DateOnly)})
}

// coverOf begins what a decision on the cover of a blog has in the place of a course.
const coverOf = "blog-"

func (p *blogDays) endCoverOfBlog() (bool, error) {
	today := p.World.Now().In(p.zone).Format(time.DateOnly)
	var d world.Decision
	by := ""
	p.World.View(func() {
		var list []world.Decision
		for _, x := range p.World.Decisions() {
			if x.Do == "cover" && x.Until >= today && strings.HasPrefix(x.Course, coverOf) {
				list = append(list, x)
			}
		}
		if len(list) > 0 {
			d, by = pick(p.rng, list), p.leader(nil)
		}
	})
	if by == "" {
		return false, nil
	}
	return true, p.World.Decide(world.Decision{By: by, Do: "end-cover", Course: d.Course, Who: d.Who})
}
