package generate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/sim/world"
)

// What people write on the school's blogs.
var (
	blogTitles  = []string{"Our %s week", "%s in pictures", "What we learnt about %s", "A poem about %s", "%s day"}
	blogReaders = []string{"A grandparent", "Sunny reader", "Bookworm", "Neighbour from the allotments", "Reader 12"}
)

// listedBlog is an entry of `blogs` of the policies.
type listedBlog struct {
	id, name string
	hosts    []string
}

// blogging is the making of the school's blogs.
type blogging struct {
	*builder
	ids map[*world.User]string // Blogger's
}

// blogs gives the school a few blogs, with a breach and near misses of each rule that docs/comment-rules.md, "Blogs", has. It has random numbers of its own,
// and takes no id from the tenant, so that all else stays as it is.
func (b *builder) blogs() {
	was := b.rng
	b.rng = rand.New(rand.NewPCG(uint64(b.opt.Seed), uint64(b.opt.Pupils)+5<<32))
	defer func() { b.rng = was }()
	b.w.Settings.Under18 = []string{b.unit("Pupils")}
	s := &blogging{builder: b, ids: map[*world.User]string{}}
	author := s.author()
	if author == nil || len(b.restStaff) == 0 {
		return
	}
	s.yearGroup(author)
	s.council()
	s.withoutHost()
	s.unlisted(author)
	s.calledBlogs(author)
}

// author is a teacher who plays no role and is never a host.
func (s *blogging) author() *world.User {
	for _, u := range s.staffOf(s.teachers) {
		if u != s.earlyYears && u != s.officer {
			return u
		}
	}
	return nil
}

// number is an id of Blogger's.
func (s *blogging) number() string { return fmt.Sprintf("7%018d", s.rng.Int64N(1e18)) }

func (s *blogging) member(u *world.User, role string) *world.BlogMember {
	if s.ids[u] == "" {
		s.ids[u] = s.number()
	}
	return &world.BlogMember{Email: u.PrimaryEmail, UserID: s.ids[u], Role: role}
}

// blog makes a blog. The administrator's account has a part in each, as it does where a school takes care that nobody is locked out.
func (s *blogging) blog(name string, members ...*world.BlogMember) *world.Blog {
	return &world.Blog{Blog: world.BlogInfo{ID: s.number(), Name: name, Published: s.back(200, 9, 0), Updated: s.back(10, 9, 0)},
		Members: members, Comments: map[string][]*world.BlogComment{}}
}

func (s *blogging) list(b *world.Blog, hosts ...string) {
	s.listed = append(s.listed, listedBlog{b.Blog.ID, b.Blog.Name, hosts})
}

// done puts the blog into the tenant.
func (s *blogging) done(b *world.Blog) {
	for _, p := range b.Posts {
		slices.SortStableFunc(b.Comments[p.ID], func(x, y *world.BlogComment) int { return x.Published.Compare(y.Published) })
	}
	s.check(s.w.AddBlog(b))
}

// post is a post of nine days ago that everybody may comment on.
func (s *blogging) post(b *world.Blog, by *world.User) *world.BlogPost {
	p := &world.BlogPost{ID: s.number(), Title: fmt.Sprintf(pick(s.rng, blogTitles), pick(s.rng, subjects)), Content: "<p>Have a look at what we made.</p>", ReaderComments: "ALLOW",
		Author: s.person(by), Published: s.back(9, 15, 30), Updated: s.back(9, 15, 30)}
	b.Posts = append(b.Posts, p)
	return p
}

// person is somebody of the school as Blogger shows them; nil is a reader.
func (s *blogging) person(u *world.User) world.BlogPerson {
	if u == nil {
		return world.BlogPerson{ID: s.number(), DisplayName: pick(s.rng, blogReaders)}
	}
	return world.BlogPerson{ID: s.member(u, "").UserID, DisplayName: u.Name.FullName}
}

// say comments on a post; by nil is a reader.
func (s *blogging) say(b *world.Blog, p *world.BlogPost, t time.Time, status string, by *world.User) *world.BlogComment {
	c := &world.BlogComment{ID: s.number(), Author: s.person(by), Content: pick(s.rng, asides), Status: status, Published: t, Updated: t}
	if by != nil {
		c.Content = pick(s.rng, replies)
	}
	if status == world.CommentEmptied {
		c.Content = ""
	}
	b.Comments[p.ID] = append(b.Comments[p.ID], c)
	return c
}

func (s *blogging) saw(b *world.Blog, p *world.BlogPost, t time.Time, by string, shown time.Time) {
	s.decide(t, world.Decision{By: by, Do: "reviewed", Item: world.BlogSubject(b.Blog.ID, p.ID), Saw: shown})
}

func (s *blogging) moderated(b *world.Blog, p *world.BlogPost, c *world.BlogComment, t time.Time, by, do string) {
	s.decide(t, world.Decision{By: by, Do: do, Comment: world.BlogCommentKey(b.Blog.ID, p.ID, c.ID)})
}

// yearGroup is a blog with two named hosts, on which much is written.
func (s *blogging) yearGroup(author *world.User) {
	host := s.earlyYears
	b := s.blog("The youngest write", s.member(s.it, world.BlogAdmin), s.member(host, world.BlogAdmin), s.member(author, world.BlogAuthor))
	s.list(b, "early.years@"+Domain, s.bursar.PrimaryEmail)
	take := func(p *world.BlogPost) { s.hit(unreviewed, world.BlogSubject(b.Blog.ID, p.ID)) }
	leave := func(p *world.BlogPost) { s.miss(unreviewed, world.BlogSubject(b.Blog.ID, p.ID)) }
	ask := func(t time.Time, status string) (*world.BlogPost, *world.BlogComment) {
		p := s.post(b, host)
		return p, s.say(b, p, t, status, nil)
	}
	const live, pending = world.BlogLive, world.CommentPending

	p, _ := ask(s.back(3, 16, 20), live)
	take(p)
	p, _ = ask(s.back(7, 0, 0), live) // at the very start
	take(p)
	p, _ = ask(s.back(4, 18, 10), pending) // an answer says nothing of what is hidden
	s.say(b, p, s.back(3, 8, 20), live, host)
	take(p)
	p, c := ask(s.back(5, 18, 15), live) // approved before anybody could see it
	c.Approved, c.ApprovedBy = s.back(3, 19, 0), s.it.PrimaryEmail
	take(p)
	p, _ = ask(s.back(4, 15, 45), live) // shown before the comment, decided after it
	s.saw(b, p, s.back(3, 8, 25), host.PrimaryEmail, s.back(4, 12, 0))
	take(p)
	p, c = ask(s.back(4, 15, 50), pending) // none of them may
	s.saw(b, p, s.back(3, 9, 10), author.PrimaryEmail, s.back(4, 15, 50))
	s.moderated(b, p, c, s.back(3, 9, 11), s.it.PrimaryEmail, "approve")
	s.moderated(b, p, c, s.back(3, 9, 12), "nobody@"+Domain, "spam")
	take(p)
	p, _ = ask(s.back(4, 16, 5), live) // answered, but by no host
	s.say(b, p, s.back(3, 9, 20), live, author)
	take(p)
	p, _ = ask(s.back(2, 19, 0), live)
	p.ReaderComments = "DONT_ALLOW_HIDE_EXISTING"
	take(p)

	p, _ = ask(s.back(4, 16, 10), live)
	s.say(b, p, s.back(3, 8, 30), live, host)
	leave(p)
	p, _ = ask(s.back(4, 16, 15), pending)
	s.saw(b, p, s.back(3, 8, 35), s.bursar.PrimaryEmail, s.back(4, 16, 15))
	leave(p)
	p, _ = ask(s.back(4, 16, 20), live)
	s.saw(b, p, s.back(3, 12, 0), s.head.PrimaryEmail, s.back(4, 16, 20))
	leave(p)
	for i, do := range []string{"approve", "spam", "remove"} {
		p, c = ask(s.back(4, 16, 25+i), pending)
		s.moderated(b, p, c, s.back(3, 12, 5+i), []string{host.PrimaryEmail, "officer@" + Domain, s.senco.PrimaryEmail}[i], do)
		leave(p)
	}
	p, _ = ask(s.back(3, 16, 30), world.CommentSpam)
	s.say(b, p, s.back(3, 16, 35), world.CommentEmptied, nil)
	leave(p)
	p, _ = ask(s.today(-7).Add(-time.Second), live) // just before the start
	leave(p)
	p = s.post(b, author)
	s.say(b, p, s.back(2, 12, 30), live, host)
	leave(p)
	p, _ = ask(s.back(2, 12, 40), live)
	p.Status = world.BlogDraft
	leave(p)
	s.miss(noHost, "blog/"+b.Blog.ID)
	s.done(b)
}

// council is a blog on which little happens.
func (s *blogging) council() {
	b := s.blog("School council", s.member(s.bursar, world.BlogAdmin), s.member(s.it, world.BlogAdmin))
	s.list(b, s.bursar.PrimaryEmail)
	p := s.post(b, s.bursar)
	s.say(b, p, s.back(5, 17, 0), world.BlogLive, nil)
	s.say(b, p, s.back(4, 9, 0), world.BlogLive, s.bursar)
	s.post(b, s.bursar).ReaderComments = ""
	s.miss(unreviewed, world.BlogSubject(b.Blog.ID, p.ID))
	s.miss(noHost, "blog/"+b.Blog.ID)
	s.done(b)
}

// withoutHost: blogs of somebody whose account is switched off.
func (s *blogging) withoutHost() {
	former := s.restStaff[0]
	make := func(name string) (*world.Blog, string) {
		b := s.blog(name, s.member(former, world.BlogAdmin), s.member(s.it, world.BlogAdmin))
		s.list(b, former.PrimaryEmail)
		return b, "blog/" + b.Blog.ID
	}
	open, subject := make("Orchestra diary")
	p := s.post(open, s.it)
	s.say(open, p, s.back(3, 17, 20), world.BlogLive, nil)
	s.hit(noHost, subject)
	s.miss(unreviewed, world.BlogSubject(open.Blog.ID, p.ID))
	s.done(open)

	waits, subject := make("Sports reports")
	p = s.post(waits, s.it)
	p.ReaderComments = "DONT_ALLOW_SHOW_EXISTING"
	s.say(waits, p, s.back(3, 17, 30), world.CommentPending, nil)
	s.hit(noHost, subject)
	s.miss(unreviewed, world.BlogSubject(waits.Blog.ID, p.ID))
	s.done(waits)

	closed, subject := make("Allotment of last year")
	p = s.post(closed, s.it)
	p.ReaderComments = "DONT_ALLOW_SHOW_EXISTING"
	s.saw(closed, p, s.back(2, 9, 30), s.head.PrimaryEmail, s.say(closed, p, s.back(3, 17, 40), world.BlogLive, nil).Published)
	s.miss(noHost, subject)
	s.done(closed)

	covered, subject := make("Eco diary")
	s.decide(s.back(3, 8, 0), world.Decision{By: s.bursar.PrimaryEmail, Do: "cover", Course: "blog-" + covered.Blog.ID, Who: s.deputy.PrimaryEmail,
		From: s.back(3, 0, 0).Format(time.DateOnly), Until: s.today(10).Format(time.DateOnly)})
	p = s.post(covered, s.it)
	s.say(covered, p, s.back(3, 17, 50), world.BlogLive, nil)
	s.hit(unreviewed, world.BlogSubject(covered.Blog.ID, p.ID))
	p = s.post(covered, s.it)
	s.saw(covered, p, s.back(2, 9, 40), s.deputy.PrimaryEmail, s.say(covered, p, s.back(3, 18, 0), world.BlogLive, nil).Published)
	s.miss(unreviewed, world.BlogSubject(covered.Blog.ID, p.ID))
	s.miss(noHost, subject)
	s.done(covered)
}

// unlisted: blogs that no policy names.
func (s *blogging) unlisted(author *world.User) {
	make := func(name string, takes bool, member *world.BlogMember) *world.Blog {
		b := s.blog(name, member)
		p := s.post(b, nil)
		s.say(b, p, s.back(3, 20, 0), world.BlogLive, nil)
		if takes {
			s.hit(noHost, "blog/"+b.Blog.ID)
		} else {
			s.miss(noHost, "blog/"+b.Blog.ID)
		}
		s.miss(unreviewed, world.BlogSubject(b.Blog.ID, p.ID))
		return b
	}
	s.done(make("Ideas for topic tables", true, s.member(author, world.BlogAdmin)))
	closed := make("Notes on phonics", false, s.member(author, world.BlogAdmin))
	closed.Posts[0].ReaderComments = "DONT_ALLOW_HIDE_EXISTING"
	s.done(closed)
	gone := make("A term in pictures", false, s.member(s.bursar, world.BlogAdmin))
	gone.Blog.Status = world.BlogDeleted
	s.done(gone)
}

// blogsYAML is the section `blogs` of the policies; "" where there are none.
func (b *builder) blogsYAML() string {
	if len(b.listed) == 0 {
		return ""
	}
	out := "blogs:\n"
	for _, l := range b.listed {
		out += fmt.Sprintf("  - {blog: %q, name: %s, hosts: [%s], moderate: yes}\n", l.id, l.name, strings.Join(l.hosts, ", "))
	}
	return out + "\n"
}
