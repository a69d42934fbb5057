package generate

import (
	"html"
	"math/rand/v2"
	"slices"
	"strings"

	"esafetybot/internal/sim/world"
)

// calledBlogs puts posts and comments on the school's blogs that name pupils, or nearly do: a breach and near misses of each rule of docs/name-rules.md, and some of pupils
// of whom nobody said what is to be found. It has random numbers of its own, comes behind what the blogs have already, and is so old that no comment in it waits for anybody.
func (s *blogging) calledBlogs(author *world.User) {
	was := s.rng
	defer func() { s.rng = was }()
	s.rng = rand.New(rand.NewPCG(uint64(s.opt.Seed), uint64(s.opt.Pupils)+7<<32))
	blog := func(i int) *world.Blog { return s.w.Blog(s.listed[i].id) }
	s.calledPosts(blog(0), s.earlyYears)
	s.unpublishedPosts(blog(1), s.bursar)
	s.calledComments(blog(0), s.earlyYears)
	s.calledElsewhere(blog(0), author)
	s.anyPupils(author)
}

// tell adds a post of eight days ago.
func (s *blogging) tell(b *world.Blog, by *world.User, title, content string) *world.BlogPost {
	t := s.back(8, 15, between(s.rng, 0, 29))
	p := &world.BlogPost{ID: s.number(), Title: title, Content: content, Status: world.BlogLive, ReaderComments: "ALLOW", Author: s.person(by), Published: t, Updated: t}
	p.URL = b.Blog.URL + t.UTC().Format("2006/01/") + p.ID + ".html"
	b.Posts = append(b.Posts, p)
	return p
}

// remark adds a comment of a reader, half an hour later than any post of tell, and before anybody looked for the first time.
func (s *blogging) remark(b *world.Blog, p *world.BlogPost, status, content string) {
	t := s.back(8, 16, between(s.rng, 0, 59))
	c := &world.BlogComment{ID: s.number(), Author: s.person(nil), Content: content, Status: status, Published: t, Updated: t}
	list := append(b.Comments[p.ID], c)
	slices.SortStableFunc(list, func(x, y *world.BlogComment) int { return x.Published.Compare(y.Published) })
	b.Comments[p.ID] = list
}

const ourWeek = "Our week in pictures"

// calledPosts are posts with a pupil's full name in their title or in what they say.
func (s *blogging) calledPosts(b *world.Blog, by *world.User) {
	for _, x := range []struct{ title, content string }{
		{"Thessaly Wrexington reads to us", "<p>What a story!</p>"},
		{"Wrexington, Thessaly", ""},
		{ourWeek, "<p>This is by <b>Thessaly</b> Wrexington.</p>"},
		{ourWeek, "<p>This is by <span style=\"color: green;\">Thess</span><i>aly</i>&nbsp;Wrexington.</p>"},
		{ourWeek, "<p>Thesaly Wrexington&#39;s bridge</p><p>It holds.</p>"},
		{ourWeek, "<p>We thank Thessaly\nWrexington and her team.</p>"},
		{ourWeek, "<ul><li>Wrexington, Thessaly</li><li>and others</li></ul>"},
		{ourWeek, "<table><tbody><tr><td>perpetua marchbank</td><td>first</td></tr></tbody></table>"},
		{ourWeek, `<div class="separator" style="clear: both;"><img alt="Thessaly Wrexington with a kite" border="0" src="https://pictures.example/1.jpg" /></div>`},
		{ourWeek, `<p>See <a href="https://pictures.example/2" title="J&ouml;ran H&auml;gglund at the fair">this</a>.</p>`},
		{ourWeek, `<iframe src="https://films.example/3" title="Joeran Haegglund sings"></iframe>`},
		{"The fair", "Lily Rivers had a stall."},
	} {
		s.hit(fullName, world.BlogSubject(b.Blog.ID, s.tell(b, by, x.title, x.content).ID))
	}
	hidden := s.tell(b, by, ourWeek, "<h2>By Ulrika Stagworthy</h2>")
	hidden.ReaderComments = "DONT_ALLOW_HIDE_EXISTING"
	s.hit(fullName, world.BlogSubject(b.Blog.ID, hidden.ID))

	for _, x := range []struct{ title, content string }{
		{"Thessaly's poem", "<p>Wrexington is a town.</p>"},
		{ourWeek, "<p>Thessaly</p><p>Wrexington</p>"},
		{ourWeek, "Thessaly<br />Wrexington"},
		{ourWeek, "<table><tbody><tr><td>Thessaly</td><td>Wrexington</td></tr></tbody></table>"},
		{ourWeek, "<pre>Thessaly\nWrexington</pre>"},
		{ourWeek, "<!-- Thessaly Wrexington --><p>More to come.</p>"},
		{ourWeek, "<script>var who = 'Thessaly Wrexington';</script><style>.thessaly.wrexington { color: green; }</style><p>More to come.</p>"},
		{ourWeek, `<p>Thessaly <img alt="Wrexington" src="https://pictures.example/4.jpg" /></p>`},
		{ourWeek, `<p><img src="https://pictures.example/thessaly-wrexington.jpg" /></p>`},
		{"lily rivers and lakes", "<p>A walk.</p>"},
		{"Fenella Strangways reads", "<p>Nobody can tell which of the two.</p>"},
		{"Leofric Stagworthy", "<p>He left long ago.</p>"},
		{"A word of our head", "<p>" + html.EscapeString(s.head.Name.FullName) + " is glad.</p>"},
	} {
		s.miss(fullName, world.BlogSubject(b.Blog.ID, s.tell(b, by, x.title, x.content).ID))
	}
	draft := s.tell(b, by, "Thessaly Wrexington's project", "<p>Not yet.</p>")
	draft.Status, draft.URL = world.BlogDraft, ""
	s.miss(fullName, world.BlogSubject(b.Blog.ID, draft.ID))
}

// unpublishedPosts are posts with the name of a pupil who is not to be published.
func (s *blogging) unpublishedPosts(b *world.Blog, by *world.User) {
	subject := func(title, content string) string {
		return world.BlogSubject(b.Blog.ID, s.tell(b, by, title, content).ID)
	}
	for _, x := range []string{"<p>Corwin Haddersley</p>", "<p><u>Haddersly</u>, Corwin</p>", "<p>Rose <em>Underclyffe</em></p>", "<p>By Osric Pennywhistle</p>"} {
		f := subject("What we made", x)
		s.hit(fullName, f)
		s.hit(notToPublish, f)
	}
	for _, x := range []string{"<p>Kites by Thessaly &amp; Corwin</p>", "<ol><li>Corwin</li><li>Thessaly</li></ol>", `<img alt="Corwin" src="https://pictures.example/5.jpg" />`, "<p>Os<b>ric</b> and the dragon</p>"} {
		f := subject("What we made", x)
		s.hit(notToPublish, f)
		s.miss(fullName, f)
	}
	s.hit(notToPublish, subject("Corwin's kite", "<p>It flies!</p>"))

	for _, x := range []string{"<p>Mr Corwin came.</p>", "<p>Corwin B won.</p>", "<p>Cor<br />win</p>", "<p>Corwin Blytheman won.</p>", "<p>A rose</p>", "<!-- Corwin --><p>A kite</p>", "<svg><text>Corwin</text></svg>", "<p>Thessaly</p>"} {
		s.miss(notToPublish, subject("What we made", x))
	}
}

// calledComments are what readers wrote of pupils.
func (s *blogging) calledComments(b *world.Blog, by *world.User) {
	on := func(status, content string) string {
		p := s.tell(b, by, "Sports day", "<p>Thank you all!</p>")
		s.remark(b, p, status, content)
		return world.BlogSubject(b.Blog.ID, p.ID)
	}
	for _, x := range []string{"Well done Thessaly Wrexington!", "<b>Thessaly</b> <i>Wrexington</i> is the best", "So proud of Thessaly Wrexingtom"} {
		s.hit(fullName, on(world.BlogLive, x))
	}
	s.hit(notToPublish, on(world.BlogLive, "Go Corwin!"))
	both := s.tell(b, by, "Thessaly Wrexington wins", "<p>And so does everybody.</p>")
	s.remark(b, both, world.BlogLive, "Well done, Corwin Haddersley!")
	s.hit(fullName, world.BlogSubject(b.Blog.ID, both.ID))
	s.hit(notToPublish, world.BlogSubject(b.Blog.ID, both.ID))

	for _, x := range []struct{ status, content string }{
		{world.BlogLive, "Well done Thessaly!<br />The Wrexingtons"},
		{world.BlogLive, "Thessaly<br />Wrexington"},
		{world.CommentPending, "Well done Thessaly Wrexington!"},
		{world.CommentSpam, "Well done Thessaly Wrexington!"},
		{world.CommentEmptied, ""},
	} {
		s.miss(fullName, on(x.status, x.content))
	}
	s.miss(notToPublish, on(world.CommentPending, "Go Corwin!"))
	s.miss(notToPublish, on(world.CommentSpam, "Corwin Haddersley"))
}

// calledElsewhere: drafts, blogs that nobody listed, and one that was deleted.
func (s *blogging) calledElsewhere(listed *world.Blog, author *world.User) {
	leave := func(b *world.Blog, p *world.BlogPost) {
		s.miss(fullName, world.BlogSubject(b.Blog.ID, p.ID))
		s.miss(notToPublish, world.BlogSubject(b.Blog.ID, p.ID))
	}
	draft := s.tell(listed, author, "Corwin Haddersley", "<p>Not yet.</p>")
	draft.Status, draft.URL = world.BlogDraft, ""
	leave(listed, draft)
	for _, b := range s.w.Blogs() {
		if slices.ContainsFunc(s.listed, func(l listedBlog) bool { return l.id == b.Blog.ID }) {
			continue
		}
		p := s.tell(b, author, "By Thessaly Wrexington", "<p>And Corwin Haddersley</p>")
		p.ReaderComments = "DONT_ALLOW_SHOW_EXISTING"
		leave(b, p)
	}
}

// anyPupils are posts on which pupils of the school are named, in one of the ways in which people do.
func (s *blogging) anyPupils(author *world.User) {
	for range 4 + min(s.opt.Pupils/60, 8) {
		n := s.rng.IntN(len(s.listed))
		b := s.w.Blog(s.listed[n].id)
		u := pick(s.rng, s.pupils).user
		if u == nil {
			continue
		}
		given, family := u.Name.GivenName, u.Name.FamilyName
		p := s.tell(b, author, ourWeek, "<p>Have a look.</p>")
		switch s.rng.IntN(4) {
		case 0:
			p.Title = titleOn(s.rng, given, family)
		case 1:
			s.remark(b, p, pick(s.rng, []string{world.BlogLive, world.BlogLive, world.CommentPending}), remarkOn(s.rng, given, family))
		default:
			p.Content = postOn(s.rng, given, family)
		}
		if n > 1 { // on a blog without a host that would be a finding
			p.ReaderComments = "DONT_ALLOW_SHOW_EXISTING"
		}
	}
}

// titleOn is a title with somebody's name in it, in one of the ways in which people write them: some that must be found, some that must not.
func titleOn(rng *rand.Rand, given, family string) string {
	return pick(rng, []string{
		given + " " + family + "'s poem",
		"A week with " + given + " " + family,
		family + ", " + given,
		given + " " + misspelt(family),
		given + "'s kite",
		given + " and the " + family + " family",
	})
}

// postOn is likewise what a post says, in HTML.
func postOn(rng *rand.Rand, given, family string) string {
	wrong := html.EscapeString(misspelt(family))
	given, family = html.EscapeString(given), html.EscapeString(family)
	return pick(rng, []string{
		"<p>This is by " + given + " " + family + ".</p>",
		"<p>By <b>" + given + "</b> " + family + "</p>",
		"<p>By <span style=\"color: green;\">" + given + "</span>&nbsp;" + family + "</p>",
		"<p>" + given + " " + wrong + " has won.</p>",
		"<p>Well done " + given + "!</p>",
		"<p>Mr " + given + " came to see us.</p>",
		"<p>" + given + "</p><p>" + family + "</p>",
		"Thank you,<br />" + given + "<br />" + family,
		"<p>We thank " + given + "\n" + family + ".</p>",
		"<pre>" + given + "\n" + family + "</pre>",
		"<ul><li>" + family + ", " + given + "</li><li>and others</li></ul>",
		"<table><tbody><tr><td>" + given + "</td><td>" + family + "</td></tr></tbody></table>",
		"<div class=\"separator\"><a href=\"https://pictures.example/6\"><img alt=\"" + given + " " + family + "\" border=\"0\" src=\"https://pictures.example/6.jpg\" /></a></div>",
		"<p><a href=\"https://pictures.example/7\" title=\"" + given + " " + family + "'s kite\">A kite</a></p>",
		"<!-- " + given + " " + family + " --><p>More to come.</p>",
		"<script>var who = \"" + given + " " + family + "\";</script><p>More to come.</p>",
		"<blockquote>" + strings.ToLower(given+family) + "</blockquote>",
	})
}

// remarkOn is likewise a comment.
func remarkOn(rng *rand.Rand, given, family string) string {
	wrong := html.EscapeString(misspelt(family))
	given, family = html.EscapeString(given), html.EscapeString(family)
	return pick(rng, []string{
		"Well done " + given + " " + family + "!",
		"<b>" + given + "</b> " + family + " is the best",
		"So proud of " + given + " " + wrong,
		given + "<br />" + family,
		"Go " + given + "!",
		"Is that " + given + "? Hello from the " + family + " family",
	})
}

// misspelt is a name without the letter in its middle.
func misspelt(name string) string {
	runes := []rune(name)
	middle := len(runes) / 2
	return string(slices.Concat(runes[:middle], runes[min(middle+1, len(runes)):]))
}
