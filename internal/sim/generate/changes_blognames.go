package generate

import (
	"math/rand/v2"
	"slices"
	"strings"

	"esafetybot/internal/sim/world"
)

// blogNameDays is what a day brings of pupils' names on blogs, beside everything else and with random numbers of its own.
type blogNameDays struct{ blogDays }

func newBlogNameDays(p *Player, seed int64) *blogNameDays {
	return &blogNameDays{blogDays{p, rand.New(rand.NewPCG(uint64(seed), 0x2545f4914f6cdd1d))}}
}

// actions lists what happens, each with how often it comes up.
func (p *blogNameDays) actions() []action {
	return []action{
		{"a blog's post names a pupil", 4, p.publishNamed},
		{"a blog's post is changed to name a pupil", 1, func() (bool, error) { return p.edit(false) }},
		{"a pupil's name is taken out of a blog's post", 3, func() (bool, error) { return p.edit(true) }},
		{"a blog's post that names a pupil becomes a draft", 1, func() (bool, error) { return p.takeBack(world.BlogDraft) }},
		{"a blog's post that names a pupil goes to the bin", 1, func() (bool, error) { return p.takeBack("SOFT_TRASHED") }},
		{"a blog's post that names a pupil is deleted", 1, func() (bool, error) { return p.takeBack("") }},
		{"a blog's draft is published", 1, p.putBack},
		{"a comment on a blog names a pupil", 4, p.remarkNamed},
		{"a comment on a blog that names a pupil is removed", 2, func() (bool, error) { return p.dropRemark(world.RemoveComment) }},
		{"a comment on a blog that names a pupil is deleted", 1, func() (bool, error) { return p.dropRemark(world.DropComment) }},
		{"a comment on a blog that names a pupil is called spam", 1, func() (bool, error) { return p.dropRemark(world.SpamComment) }},
	}
}

// day lists when something happens on a day of so many other changes, in seconds since the morning.
func (p *blogNameDays) day(changes int) []int {
	if len(p.World.Blogs()) == 0 {
		return nil
	}
	out := make([]int, 1+changes/12)
	for i := range out {
		out[i] = p.rng.IntN(590 * 60)
	}
	slices.Sort(out)
	return out
}

// pupil is the name of one, "" where there is nobody.
func (p *blogNameDays) pupil() (given, family string) {
	p.World.View(func() {
		list := p.World.Users()
		if len(list) == 0 {
			return
		}
		from := p.rng.IntN(len(list))
		for i := range list {
			if u := list[(from+i)%len(list)]; isPupil(u) && u.Name.GivenName != "" && u.Name.FamilyName != "" {
				given, family = u.Name.GivenName, u.Name.FamilyName
				return
			}
		}
	})
	return given, family
}

// mentions reports whether a text has the first name or the family name of a pupil in it, however it is meant. Call it inside View.
func (p *blogNameDays) mentions(texts ...string) bool {
	has := func(name string) bool {
		return len(name) > 2 && slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, name) })
	}
	return slices.ContainsFunc(p.World.Users(), func(u *world.User) bool {
		return isPupil(u) && (has(u.Name.GivenName) || has(u.Name.FamilyName))
	})
}

func (p *blogNameDays) publishNamed() (bool, error) {
	given, family := p.pupil()
	blog, by := "", ""
	p.World.View(func() {
		if b, x, ok := p.find(func(*world.Blog, *world.BlogPost) bool { return true }); ok {
			blog, by = x.blog, p.runner(b)
		}
	})
	if given == "" || by == "" {
		return false, nil
	}
	x := &world.BlogPost{ID: p.number(), ReaderComments: "ALLOW"}
	x.Title, x.Content = p.said(given, family)
	_, err := p.World.WriteBlogPost(blog, x, by)
	return true, err
}

// said is what a post says of a pupil, in its title or below it.
func (p *blogNameDays) said(given, family string) (title, content string) {
	if oneIn(p.rng, 3) {
		return titleOn(p.rng, given, family), "<p>There is more to see.</p>"
	}
	return ourWeek, postOn(p.rng, given, family)
}

// edit changes a post by whoever runs its blog: one that names a pupil so that it does not, another one so that it does.
func (p *blogNameDays) edit(named bool) (bool, error) {
	given, family := p.pupil()
	at, by := p.post(func(_ *world.Blog, x *world.BlogPost) bool {
		return x.Status == world.BlogLive && p.mentions(x.Title, x.Content) == named
	})
	if by == "" || given == "" {
		return false, nil
	}
	title, content := p.said(given, family)
	if named {
		title, content = ourWeek, "<p>Have a look at what we made.</p>"
	}
	return true, p.World.EditBlogPost(at.blog, at.post, title, content, by)
}

// post picks a post that fits, whatever its status, and somebody who administers the blog. The first post of each blog stays as it is: the half-term's story is told there.
func (p *blogNameDays) post(fits func(*world.Blog, *world.BlogPost) bool) (at place, by string) {
	p.World.View(func() {
		var list []place
		for _, b := range p.World.Blogs() {
			for i, x := range b.Posts {
				if i > 0 && b.Blog.Status == world.BlogLive && fits(b, x) {
					list = append(list, place{b.Blog.ID, x.ID})
				}
			}
		}
		if len(list) > 0 {
			at = pick(p.rng, list)
			by = p.withRole(p.World.Blog(at.blog), world.BlogAdmin)
		}
	})
	return at, by
}

// takeBack gives a post that names a pupil another status, or deletes it with all that was said below it.
func (p *blogNameDays) takeBack(status string) (bool, error) {
	at, by := p.post(func(_ *world.Blog, x *world.BlogPost) bool {
		return x.Status == world.BlogLive && p.mentions(x.Title, x.Content)
	})
	if by == "" {
		return false, nil
	}
	if status == "" {
		return true, p.World.DeleteBlogPost(at.blog, at.post, by)
	}
	return true, p.World.SetBlogPost(at.blog, at.post, status, "", by)
}

// putBack publishes what is a draft or in the bin, unless somebody commented on it: whether that was seen waiting meanwhile nobody could say (docs/comment-rules.md, "Blogs").
func (p *blogNameDays) putBack() (bool, error) {
	at, by := p.post(func(b *world.Blog, x *world.BlogPost) bool {
		return x.Status != world.BlogLive && len(b.Comments[x.ID]) == 0
	})
	if by == "" {
		return false, nil
	}
	return true, p.World.SetBlogPost(at.blog, at.post, world.BlogLive, "", by)
}

func (p *blogNameDays) remarkNamed() (bool, error) {
	given, family := p.pupil()
	var at place
	var ok bool
	p.World.View(func() { _, at, ok = p.find(takesComments) })
	if !ok || given == "" {
		return false, nil
	}
	status := pick(p.rng, []string{world.BlogLive, world.BlogLive, world.BlogLive, world.CommentPending, world.CommentSpam})
	_, err := p.World.WriteBlogComment(at.blog, at.post, world.BlogComment{ID: p.number(), Status: status, Content: remarkOn(p.rng, given, family),
		Author: world.BlogPerson{ID: p.number(), DisplayName: pick(p.rng, blogReaders)}}, "")
	return true, err
}

// dropRemark does something with a reader's comment that names a pupil.
func (p *blogNameDays) dropRemark(do string) (bool, error) {
	at, id, by := p.comment(func(b *world.Blog) string { return p.withRole(b, world.BlogAdmin) }, func(b *world.Blog, c *world.BlogComment) bool {
		return c.Status == world.BlogLive && !isAnswer(b, c) && p.mentions(c.Content)
	})
	if by == "" {
		return false, nil
	}
	return true, p.World.ModerateBlogComment(at.blog, at.post, id, do, by)
}
