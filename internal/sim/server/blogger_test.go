package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	blogger "google.golang.org/api/blogger/v3"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"

	. "esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
)

const (
	cat = "cat@school.example"
	dan = "dan@school.example"
)

func (e *env) blogger(subject string, scopes ...string) *blogger.Service {
	e.t.Helper()
	if scopes == nil {
		scopes = []string{"blogger"}
	}
	b, err := blogger.NewService(context.Background(), option.WithEndpoint(e.url+"/"), option.WithHTTPClient(e.client(subject, auth(scopes...)...)))
	if err != nil {
		e.t.Fatal(err)
	}
	return b
}

// blogs is office in which ann and the suspended cat run blog 41, dan writes in it and reads the private 42 of ann; 43 of ann was deleted. Blog 41 has posts 1 (comments c1 to c5 of
// every state), 2 (a draft), 3 (which hides its comments) and 4.
func blogs(t testing.TB) *world.World {
	w := office(t)
	w.Settings.TimeZone = "Europe/London"
	w.Settings.Under18 = []string{"/Pupils"}
	w.User(dan).OrgUnitPath = "/Staff"
	at := func(hours int) time.Time { return start.Add(time.Duration(hours) * time.Hour) }
	anns := &world.BlogMember{Email: "ann@alias.example", UserID: "b100", Role: world.BlogAdmin}
	w.User(ann).Aliases = append(w.User(ann).Aliases, "ann@alias.example")
	comment := func(id, status string, hours int) *world.BlogComment {
		return &world.BlogComment{ID: id, Status: status, Content: "Well <b>done</b>", Published: at(hours), Author: world.BlogPerson{DisplayName: "A reader"}}
	}
	c2 := comment("c2", world.CommentPending, -4)
	c2.InReplyTo = &world.BlogRef{ID: "c1"}
	emptied := comment("c4", world.CommentEmptied, -2)
	emptied.Content = ""
	anonymous := comment("c5", world.BlogLive, -1)
	anonymous.Author = world.BlogPerson{}
	for _, b := range []*world.Blog{
		{Blog: world.BlogInfo{ID: "41", Name: "Year 4 writes", Published: at(-900)}, Members: []*world.BlogMember{anns, {Email: dan, UserID: "b103", Role: world.BlogAuthor}, {Email: cat, UserID: "b102", Role: world.BlogAdmin}},
			Posts: []*world.BlogPost{{ID: "1", Title: "Rivers", Content: "<p>Rivers</p>", Published: at(-30), ReaderComments: "ALLOW", Labels: []string{"geography"}, Author: world.BlogPerson{ID: "b103", DisplayName: "dan"}},
				{ID: "2", Title: "Not yet", Status: world.BlogDraft, Published: at(-20)}, {ID: "3", Title: "Closed", ReaderComments: "DONT_ALLOW_HIDE_EXISTING", Published: at(-40)}, {ID: "4", Title: "Hills", Published: at(-50)}},
			Comments: map[string][]*world.BlogComment{"1": {comment("c1", world.BlogLive, -5), c2, comment("c3", world.CommentSpam, -3), emptied, anonymous}, "3": {comment("c1", world.BlogLive, -6)}}},
		{Blog: world.BlogInfo{ID: "42", Name: "Staff notes"}, Private: true, Members: []*world.BlogMember{anns, {Email: dan, UserID: "b103", Role: world.BlogReader}}},
		{Blog: world.BlogInfo{ID: "43", Name: "Old", Status: world.BlogDeleted}, Members: []*world.BlogMember{anns}},
	} {
		if err := w.AddBlog(b); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func TestBlogsOfUsers(t *testing.T) {
	e := startWorld(t, blogs(t), Options{})
	list := func(subject string, ask func(*blogger.BlogsListByUserCall) *blogger.BlogsListByUserCall) string {
		t.Helper()
		l, err := ask(e.blogger(subject, "blogger.readonly").Blogs.ListByUser("self").FetchUserInfo(true)).Do()
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for i, b := range l.Items {
			p := l.BlogUserInfos[i].BlogUserInfo
			out = append(out, fmt.Sprintf("%s %s %s %s %v", b.Id, p.BlogId, p.UserId, p.Role, p.HasAdminAccess))
		}
		if len(l.Items) != len(l.BlogUserInfos) {
			t.Errorf("%d blogs, %d infos", len(l.Items), len(l.BlogUserInfos))
		}
		return strings.Join(out, "; ")
	}
	as := func(c *blogger.BlogsListByUserCall) *blogger.BlogsListByUserCall { return c }
	for _, tt := range []struct{ name, have, want string }{
		{"an administrator's", list(ann, as), "41 41 b100 ADMIN true; 42 42 b100 ADMIN true"},
		{"deleted ones too", list(ann, func(c *blogger.BlogsListByUserCall) *blogger.BlogsListByUserCall { return c.Status("LIVE", "DELETED") }), "41 41 b100 ADMIN true; 42 42 b100 ADMIN true; 43 43 b100 ADMIN true"},
		{"an author's", list(dan, as), "41 41 b103 AUTHOR false"},
		{"a reader's", list(dan, func(c *blogger.BlogsListByUserCall) *blogger.BlogsListByUserCall { return c.Role("READER", "ADMIN") }), "42 42 b103 READER false"},
		{"with a higher view", list(dan, func(c *blogger.BlogsListByUserCall) *blogger.BlogsListByUserCall { return c.View("ADMIN") }), ""},
		{"of an account that is switched off", list(cat, as), "41 41 b102 ADMIN true"},
	} {
		if tt.have != tt.want {
			t.Errorf("%s: have %s, want %s", tt.name, tt.have, tt.want)
		}
	}
	u, err := e.blogger(ann).Users.Get("self").Do()
	if err != nil || u.Id != "b100" || u.DisplayName != "ann" {
		t.Errorf("users.get: %+v %v", u, err)
	}
	if i, err := e.blogger(dan).BlogUserInfos.Get("b103", "41").Do(); err != nil || i.BlogUserInfo.Role != "AUTHOR" || i.Blog.Name != "Year 4 writes" || i.Blog.Posts.TotalItems != 3 || i.Blog.Status != "LIVE" {
		t.Errorf("blogUserInfos.get: %+v %v", i, err)
	}
	do := func(_ any, err error) error { return err }
	policy := func(name, unit, state string, order int) {
		t.Helper()
		if err := e.w.SetPolicy(&world.Policy{Name: name, Setting: world.PolicySetting{Type: "settings/blogger.service_status", Value: json.RawMessage(fmt.Sprintf(`{"serviceState":%q}`, state))},
			Extra: world.Raw{"policyQuery": json.RawMessage(fmt.Sprintf(`{"orgUnit":"orgUnits/%s","sortOrder":%d}`, unit, order))}}, ann); err != nil {
			t.Fatal(err)
		}
	}
	policy("policies/b", "u", "ENABLED", 1)
	for _, tt := range []struct {
		name   string
		err    error
		code   int
		reason string
	}{
		{"a pupil", do(e.blogger(bob).Blogs.ListByUser("self").Do()), 403, "forbidden"},
		{"somebody else's", do(e.blogger(ann).Blogs.ListByUser("b103").Do()), 403, "forbidden"},
		{"another scope", do(e.blogger(ann, "drive").Blogs.ListByUser("self").Do()), 403, "insufficientPermissions"},
		{"a blog that is not there", do(e.blogger(ann).Blogs.Get("99").Do()), 404, "notFound"},
		{"a blog that was deleted", do(e.blogger(dan).Blogs.Get("43").Do()), 404, "notFound"},
		{"the same as its administrator", do(e.blogger(ann).Blogs.Get("43").Do()), 0, ""},
		{"a private blog", do(e.blogger(cat).Blogs.Get("42").Do()), 403, "forbidden"},
		{"a private blog as its reader", do(e.blogger(dan).Blogs.Get("42").Do()), 0, ""},
		{"with a higher view", do(e.blogger(dan).Blogs.Get("41").View("ADMIN").Do()), 403, "forbidden"},
		{"posts with it", do(e.blogger(ann).Blogs.Get("41").MaxPosts(3).Do()), 501, "notImplemented"},
	} {
		want(t, tt.name, tt.err, tt.code, tt.reason)
	}
	policy("policies/b2", "ustaff", "DISABLED", 2)
	want(t, "with Blogger off", do(e.blogger(ann).Blogs.ListByUser("self").Do()), 403, "forbidden")
}

func TestPostsOfBlogs(t *testing.T) {
	e := startWorld(t, blogs(t), Options{})
	list := func(c *blogger.PostsListCall) string {
		t.Helper()
		var out []string
		err := c.Pages(context.Background(), func(l *blogger.PostList) error {
			for _, p := range l.Items {
				out = append(out, strings.TrimSpace(p.Id+" "+p.Status))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(out, ", ")
	}
	admin, author := e.blogger(ann).Posts, e.blogger(dan).Posts
	for _, tt := range []struct{ name, have, want string }{
		{"published", list(admin.List("41")), "1 LIVE, 3 LIVE, 4 LIVE"},
		{"in pages", list(admin.List("41").MaxResults(1)), "1 LIVE, 3 LIVE, 4 LIVE"},
		{"the oldest first", list(admin.List("41").SortOption("ASCENDING")), "4 LIVE, 3 LIVE, 1 LIVE"},
		{"drafts too", list(admin.List("41").Status("LIVE", "DRAFT")), "2 DRAFT, 1 LIVE, 3 LIVE, 4 LIVE"},
		{"as a reader", list(admin.List("41").Status("LIVE", "DRAFT").View("READER")), "1, 3, 4"},
		{"an author's", list(author.List("41").Status("LIVE", "DRAFT")), "1, 3, 4"},
		{"a label", list(admin.List("41").Labels("geography")), "1 LIVE"},
		{"since", list(admin.List("41").StartDate(start.Add(-40 * time.Hour).Format(time.RFC3339)).EndDate(start.Add(-31 * time.Hour).Format(time.RFC3339))), "3 LIVE"},
	} {
		if tt.have != tt.want {
			t.Errorf("%s: have %s, want %s", tt.name, tt.have, tt.want)
		}
	}
	p, err := admin.Get("41", "1").Do()
	if err != nil || p.Content != "<p>Rivers</p>" || p.ReaderComments != "ALLOW" || p.Replies.TotalItems != 2 || p.Author.Id != "b103" || p.Author.Url == "" || p.Blog.Id != "41" || p.Published != "2026-11-01T02:00:00Z" || p.Url == "" {
		t.Errorf("a post: %+v %v", p, err)
	}
	if p, err = admin.Get("41", "1").FetchBody(false).Fields("id,content,title").Do(); err != nil || p.Content != "" || p.Title != "Rivers" || p.Url != "" {
		t.Errorf("two fields, no body: %+v %v", p, err)
	}
	if l, err := author.List("41").Do(); err != nil || l.Items[0].Content != "<p>Rivers</p>" || l.Items[0].Title != "Rivers" {
		t.Errorf("posts say what they say if nothing is asked: %+v %v", l, err)
	}
	if l, err := author.List("41").FetchBodies(false).Do(); err != nil || l.Items[0].Content != "" || l.Items[0].Title != "Rivers" {
		t.Errorf("no bodies: %+v %v", l, err)
	}
	do := func(_ any, err error) error { return err }
	want(t, "a draft as an author", do(author.Get("41", "2").Do()), 404, "notFound")
	want(t, "a draft", do(admin.Get("41", "2").Do()), 0, "")
	want(t, "no such time", do(admin.List("41").StartDate("today").Do()), 400, "invalid")
	want(t, "a status that is not there", do(admin.List("41").Status("HIDDEN").Do()), 400, "invalidParameter")
	l, err := admin.List("41").MaxResults(1).Do()
	if err != nil {
		t.Fatal(err)
	}
	want(t, "the page token of another status", do(admin.List("41").MaxResults(1).Status("DRAFT").PageToken(l.NextPageToken).Do()), 400, "invalid")
}

func TestCommentsOnBlogs(t *testing.T) {
	e := startWorld(t, blogs(t), Options{})
	all := []string{"LIVE", "PENDING", "SPAM", "EMPTIED"}
	show := func(l *blogger.CommentList, out *[]string) error {
		for _, x := range l.Items {
			*out = append(*out, strings.TrimSpace(x.Post.Id+"/"+x.Id+" "+x.Status))
		}
		return nil
	}
	byBlog := func(c *blogger.CommentsListByBlogCall) string {
		t.Helper()
		var out []string
		if err := c.Pages(context.Background(), func(l *blogger.CommentList) error { return show(l, &out) }); err != nil {
			t.Fatal(err)
		}
		return strings.Join(out, ", ")
	}
	byPost := func(c *blogger.CommentsListCall) string {
		t.Helper()
		var out []string
		if err := c.Pages(context.Background(), func(l *blogger.CommentList) error { return show(l, &out) }); err != nil {
			t.Fatal(err)
		}
		return strings.Join(out, ", ")
	}
	admin, author, public := e.blogger(ann).Comments, e.blogger(dan).Comments, e.blogger(cat).Comments
	after := func(hours int) string { return start.Add(time.Duration(hours) * time.Hour).Format(time.RFC3339) }
	const each = "1/c5 LIVE, 1/c4 EMPTIED, 1/c3 SPAM, 1/c2 PENDING, 1/c1 LIVE, 3/c1 LIVE"
	for _, tt := range []struct{ name, have, want string }{
		{"those that everybody sees", byBlog(admin.ListByBlog("41")), "1/c5 LIVE, 1/c1 LIVE, 3/c1 LIVE"},
		{"all", byBlog(admin.ListByBlog("41").Status(all...)), each},
		{"all in pages", byBlog(admin.ListByBlog("41").Status(all...).MaxResults(1)), each},
		{"some", byBlog(admin.ListByBlog("41").Status("PENDING", "SPAM")), "1/c3 SPAM, 1/c2 PENDING"},
		{"since", byBlog(admin.ListByBlog("41").Status(all...).StartDate(after(-4)).EndDate(after(-2))), "1/c4 EMPTIED, 1/c3 SPAM, 1/c2 PENDING"},
		{"an author", byBlog(author.ListByBlog("41").Status(all...)), "1/c5, 1/c1"},
		{"another administrator", byBlog(public.ListByBlog("41").Status("PENDING")), "1/c2 PENDING"},
		{"of a post", byPost(admin.List("41", "1").Status("PENDING")), "1/c2 PENDING"},
		{"of a post in pages", byPost(admin.List("41", "1").MaxResults(1)), "1/c5 LIVE, 1/c1 LIVE"},
		{"of a post as a reader", byPost(admin.List("41", "1").View("READER").Status("PENDING")), ""},
		{"of a post that hides them", byPost(author.List("41", "3")), ""},
	} {
		if tt.have != tt.want {
			t.Errorf("%s: have %s, want %s", tt.name, tt.have, tt.want)
		}
	}
	x, err := admin.Get("41", "1", "c2").Do()
	if err != nil || x.Status != "PENDING" || x.Content != "Well <b>done</b>" || x.InReplyTo.Id != "c1" || x.Author.DisplayName != "A reader" || x.Published != "2026-11-02T04:00:00Z" || x.Blog.Id != "41" {
		t.Errorf("a comment: %+v %v", x, err)
	}
	if l, err := admin.ListByBlog("41").FetchBodies(false).Fields("items(id,content)").Do(); err != nil || len(l.Items) != 3 || l.Items[0].Content != "" || l.Items[0].Status != "" || l.Items[0].Id != "c5" {
		t.Errorf("without bodies: %+v %v", l, err)
	}
	if l, err := admin.ListByBlog("41").Do(); err != nil || len(l.Items) != 3 || l.Items[0].Content != "" {
		t.Errorf("what they say was not asked for: %+v %v", l, err)
	}
	if l, err := admin.ListByBlog("41").FetchBodies(true).Do(); err != nil || len(l.Items) != 3 || l.Items[0].Content != "Well <b>done</b>" {
		t.Errorf("with what they say: %+v %v", l, err)
	}
	if l, err := author.List("41", "1").FetchBodies(true).Do(); err != nil || len(l.Items) != 2 || l.Items[1].Content != "Well <b>done</b>" {
		t.Errorf("a post's with what they say: %+v %v", l, err)
	}
	if x, err := author.Get("41", "1", "c5").Do(); err != nil || x.Author.DisplayName != "Anonymous" || x.Author.Id != "" || x.Status != "" {
		t.Errorf("an anonymous one: %+v %v", x, err)
	}
	do := func(_ any, err error) error { return err }
	want(t, "a hidden one as an author", do(author.Get("41", "1", "c2").Do()), 404, "notFound")
	want(t, "one that is not there", do(admin.Get("41", "1", "c9").Do()), 404, "notFound")
	want(t, "two states of a post's", do(admin.List("41", "1").Do(googleapi.QueryParameter("status", "LIVE"), googleapi.QueryParameter("status", "SPAM"))), 0, "") // the last one wins in Google's client
	code, _ := e.raw(ann, auth("blogger"), "GET", "/v3/blogs/41/posts/1/comments?status=LIVE&status=SPAM", "")
	if code != 400 {
		t.Errorf("two states of a post's: %d", code)
	}
}

func TestModerateBlogs(t *testing.T) {
	e := startWorld(t, blogs(t), Options{})
	admin := e.blogger(ann).Comments
	state := func() string {
		var out []string
		for _, c := range e.w.Blog("41").Comments["1"] {
			s := c.ID + " " + c.Status
			if c.Content == "" {
				s += " empty"
			}
			if !c.Approved.IsZero() {
				s += " by " + c.ApprovedBy
			}
			out = append(out, s)
		}
		return strings.Join(out, ", ")
	}
	answer := func(x *blogger.Comment, err error) string {
		if err != nil {
			return err.Error()
		}
		return x.Id + " " + x.Status
	}
	for _, tt := range []struct{ name, have, want string }{
		{"approve", answer(admin.Approve("41", "1", "c2").Do()), "c2 LIVE"},
		{"approve again", answer(admin.Approve("41", "1", "c2").Do()), "c2 LIVE"},
		{"approve what everybody sees", answer(admin.Approve("41", "1", "c1").Do()), "c1 LIVE"},
		{"approve spam", answer(admin.Approve("41", "1", "c3").Do()), "c3 LIVE"},
		{"approve what was removed", answer(admin.Approve("41", "1", "c4").Do()), "c4 EMPTIED"},
		{"spam", answer(admin.MarkAsSpam("41", "1", "c1").Do()), "c1 SPAM"},
		{"remove", answer(admin.RemoveContent("41", "1", "c5").Do()), "c5 EMPTIED"},
		{"remove again", answer(admin.RemoveContent("41", "1", "c5").Do()), "c5 EMPTIED"},
		{"spam what was removed", answer(admin.MarkAsSpam("41", "1", "c5").Do()), "c5 EMPTIED"},
	} {
		if tt.have != tt.want {
			t.Errorf("%s: have %s, want %s", tt.name, tt.have, tt.want)
		}
	}
	if d := cmp.Diff("c1 SPAM, c2 LIVE by ann@school.example, c3 LIVE, c4 EMPTIED empty, c5 EMPTIED empty", state()); d != "" {
		t.Error(d)
	}
	want(t, "delete", admin.Delete("41", "1", "c5").Do(), 0, "")
	want(t, "delete again", admin.Delete("41", "1", "c5").Do(), 404, "notFound")
	do := func(_ any, err error) error { return err }
	for _, tt := range []struct {
		name   string
		err    error
		code   int
		reason string
	}{
		{"an author", do(e.blogger(dan).Comments.Approve("41", "1", "c1").Do()), 403, "forbidden"},
		{"whoever is switched off", do(e.blogger(cat).Comments.RemoveContent("41", "1", "c1").Do()), 403, "forbidden"},
		{"a pupil", do(e.blogger(bob).Comments.Approve("41", "1", "c1").Do()), 403, "forbidden"},
		{"only to read", do(e.blogger(ann, "blogger.readonly").Comments.Approve("41", "1", "c1").Do()), 403, "insufficientPermissions"},
		{"another blog", do(e.blogger(ann).Comments.Approve("49", "1", "c1").Do()), 404, "notFound"},
		{"a comment that is not there", do(admin.MarkAsSpam("41", "4", "c1").Do()), 404, "notFound"},
	} {
		want(t, tt.name, tt.err, tt.code, tt.reason)
	}
	if d := cmp.Diff("c1 SPAM, c2 LIVE by ann@school.example, c3 LIVE, c4 EMPTIED empty", state()); d != "" {
		t.Error(d)
	}
	dir := t.TempDir()
	if err := e.w.Save(dir); err != nil {
		t.Fatal(err)
	}
	w, err := world.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(e.w.Blogs(), w.Blogs()); d != "" {
		t.Errorf("saved and loaded: %s", d)
	}
}

// A moderation whose answer is cut short was done: to send it again does nothing more.
func TestModerateWithFaults(t *testing.T) {
	e := startWorld(t, blogs(t), Options{Faults: Faults{Rate: 1, Kinds: []string{"truncate"}, Routes: []string{"blogger.comments.removeContent"}}})
	if _, err := e.blogger(ann).Comments.RemoveContent("41", "1", "c1").Do(); err == nil {
		t.Error("half an answer was taken for a whole one")
	}
	e.w.View(func() { // the request that was cut short may still be under way
		if c := e.w.Blog("41").Comment("1", "c1"); c.Status != world.CommentEmptied || c.Content != "" {
			t.Errorf("the comment: %+v", c)
		}
	})
	e = startWorld(t, blogs(t), Options{Faults: Faults{Rate: 1, Kinds: []string{"503"}, Routes: []string{"blogger.comments.approve"}}})
	_, err := e.blogger(ann).Comments.Approve("41", "1", "c2").Do()
	want(t, "refused", err, 503, "backendError")
	if c := e.w.Blog("41").Comment("1", "c2"); c.Status != world.CommentPending {
		t.Errorf("approved all the same: %+v", c)
	}
}

func TestBloggerQuota(t *testing.T) {
	minute := time.Now()
	e := startWorld(t, blogs(t), Options{Quotas: true, Real: func() time.Time { return minute }})
	s := e.blogger(ann)
	for range 100 {
		if _, err := s.Blogs.Get("41").Do(); err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.Blogs.Get("41").Do()
	want(t, "one too many", err, 403, "userRateLimitExceeded")
	if _, err := e.blogger(dan).Blogs.Get("41").Do(); err != nil {
		t.Errorf("another user: %v", err)
	}
}

func TestDoBlogs(t *testing.T) {
	e := startWorld(t, blogs(t), Options{})
	post := func(body string) string {
		t.Helper()
		_, b := e.raw(ann, auth("blogger"), "POST", "/sim/do", body)
		return b
	}
	for _, body := range []string{
		`{"do":"blogPost","blog":"41","actor":"dan@school.example","resource":{"id":"9","title":"Lakes","readerComments":"ALLOW"}}`,
		`{"do":"blogComment","blog":"41","post":"9","resource":{"id":"k1","status":"PENDING","content":"Hello","author":{"displayName":"A reader"}}}`,
		`{"do":"blogComment","blog":"41","post":"9","actor":"ann@school.example","resource":{"id":"k2","content":"Thank you","inReplyTo":{"id":"k1"}}}`,
		`{"do":"moderateBlog","blog":"41","post":"9","comment":"k1","kind":"approve","actor":"ann@school.example"}`,
		`{"do":"setBlogPost","blog":"41","post":"9","actor":"ann@school.example","resource":{"readerComments":"DONT_ALLOW_SHOW_EXISTING"}}`,
		`{"do":"setBlogPost","blog":"41","post":"9","actor":"dan@school.example","resource":{"title":"Ponds","content":"<p>By <b>all</b> of us</p>"}}`,
		`{"do":"decide","actor":"ann@school.example","resource":{"do":"approve","comment":"41-9-k1"}}`,
		`{"do":"blogPost","blog":"41","actor":"ann@school.example","resource":{"id":"10","title":"Seas","content":"<p>Wide</p>"}}`,
		`{"do":"deleteBlogPost","blog":"41","post":"10","actor":"ann@school.example"}`,
	} {
		if have := post(body); strings.Contains(have, "error") {
			t.Errorf("%s: %s", body, have)
		}
	}
	p, list := e.w.Blog("41").Post("9"), e.w.Blog("41").Comments["9"]
	if p.Title != "Ponds" || p.Content != "<p>By <b>all</b> of us</p>" || e.w.Blog("41").Post("10") != nil {
		t.Errorf("edited and deleted: %+v", p)
	}
	if p.Author.ID != "b103" || p.ReaderComments != "DONT_ALLOW_SHOW_EXISTING" || len(list) != 2 || list[0].Status != world.BlogLive || list[0].ApprovedBy != ann || list[0].Author.ID != "" || list[1].Author.ID != "b100" {
		t.Errorf("post %+v, comments %+v", p, list)
	}
	if d := e.w.Decisions(); len(d) != 1 || d[0].Comment != "41-9-k1" || d[0].By != ann {
		t.Errorf("decisions: %+v", d)
	}
	for _, bad := range []string{
		`{"do":"blogPost","blog":"41","actor":"cat@school.example","resource":{"title":"x"}}`,
		`{"do":"blogPost","blog":"42","actor":"dan@school.example","resource":{"title":"x"}}`,
		`{"do":"blogComment","blog":"41","post":"9","resource":{"content":"closed"}}`,
		`{"do":"blogComment","blog":"41","post":"2","resource":{"content":"a draft"}}`,
		`{"do":"blogComment","blog":"41","post":"1","resource":{"status":"EMPTIED"}}`,
		`{"do":"blogComment","blog":"43","post":"1","resource":{"content":"gone"}}`,
		`{"do":"moderateBlog","blog":"41","post":"9","comment":"k1","kind":"hide","actor":"ann@school.example"}`,
		`{"do":"moderateBlog","blog":"41","post":"9","comment":"k1","kind":"delete","actor":"dan@school.example"}`,
		`{"do":"setBlogPost","blog":"41","post":"9","actor":"dan@school.example","resource":{"title":"x","status":"DRAFT"}}`,
		`{"do":"setBlogPost","blog":"41","post":"4","actor":"dan@school.example","resource":{"title":"x"}}`,
		`{"do":"deleteBlogPost","blog":"41","post":"4","actor":"dan@school.example"}`,
		`{"do":"setBlogPost","blog":"41","post":"77","actor":"ann@school.example","resource":{}}`,
	} {
		if have := post(bad); !strings.Contains(have, "error") {
			t.Errorf("%s: %s", bad, have)
		}
	}
}
