package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/sim/world"
)

// withBlogger lets users through who have Blogger: whose service is on, and who are not labelled under 18. It lets in whoever is switched off, as Drive does.
func withBlogger(fn func(*call) ([]byte, *apiError)) func(*call) ([]byte, *apiError) {
	return func(c *call) ([]byte, *apiError) {
		switch {
		case c.user == nil:
			return nil, forbidden("forbidden", "The caller does not have permission")
		case c.s.world.Under18(c.user), !c.s.serviceOn(c.user, "blogger"):
			return nil, forbidden("forbidden", "The caller does not have access to this service.")
		}
		return fn(c)
	}
}

// blogSight is a blog with the subject's part in it, and as what they look at it: ADMIN, AUTHOR, READER, or "" for somebody of the public.
type blogSight struct {
	*world.Blog
	member *world.BlogMember // nil for somebody of the public
	as     string
}

func (b blogSight) admin() bool { return b.as == world.BlogAdmin }

func blogRank(role string) int {
	return slices.Index([]string{world.BlogReader, world.BlogAuthor, world.BlogAdmin}, role)
}

// blog is the one of the path, seen as the parameter view asks, else with the subject's own role. Nobody looks with more than their role.
func (c *call) blog() (blogSight, *apiError) {
	id := c.path["blogId"]
	b := blogSight{Blog: c.s.world.Blog(id)}
	if b.Blog == nil {
		return b, notFound("Not Found: blog " + id)
	}
	if b.member = b.Member(c.user); b.member != nil {
		b.as = b.member.Role
	}
	view := c.query.Get("view")
	switch {
	case b.Blog.Blog.Status == world.BlogDeleted && !b.admin():
		return b, notFound("Not Found: blog " + id)
	case b.Private && b.member == nil, blogRank(view) > blogRank(b.as) && view != world.BlogReader:
		return b, forbidden("forbidden", "We're sorry, but the requested resource is private or needs a higher role.")
	case blogRank(view) >= 0:
		b.as = view
	}
	return b, nil
}

// post is the one of the path; who does not administer the blog sees what is published.
func (b blogSight) post(id string) (*world.BlogPost, *apiError) {
	p := b.Post(id)
	if p == nil || p.Status != world.BlogLive && !b.admin() {
		return nil, notFound("Not Found: post " + id)
	}
	return p, nil
}

// comments are those on a post that are seen: by who does not administer the blog those that everybody sees, unless the post hides them.
func (b blogSight) comments(p *world.BlogPost) []*world.BlogComment {
	if b.admin() {
		return b.Comments[p.ID]
	}
	if p.ReaderComments == "DONT_ALLOW_HIDE_EXISTING" {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(b.Comments[p.ID]), func(x *world.BlogComment) bool { return x.Status != world.BlogLive })
}

// bloggerDate is a time as Blogger writes it: with the offset of the place, in whole seconds.
func (c *call) bloggerDate(t time.Time) string {
	zone, err := time.LoadLocation(c.s.world.Settings.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	return t.In(zone).Format(time.RFC3339)
}

func selfLink(format string, a ...any) string {
	return fmt.Sprintf("https://www.googleapis.com/blogger/v3/"+format, a...)
}

// shownAs is a resource of the tenant with some fields in place of its own; nil takes one away.
func shownAs(v any, fields map[string]any) map[string]any {
	out := map[string]any{}
	b, err := json.Marshal(v)
	if err == nil {
		raw := map[string]json.RawMessage{}
		if err = json.Unmarshal(b, &raw); err == nil {
			for k, x := range raw {
				out[k] = x
			}
		}
	}
	for k, x := range fields {
		if out[k] = x; x == nil {
			delete(out, k)
		}
	}
	return out
}

func (c *call) showBlog(b *world.Blog) map[string]any {
	live := 0
	for _, p := range b.Posts {
		if p.Status == world.BlogLive {
			live++
		}
	}
	link := selfLink("blogs/%s", b.Blog.ID)
	return shownAs(b.Blog, map[string]any{"kind": "blogger#blog", "published": c.bloggerDate(b.Blog.Published), "updated": c.bloggerDate(b.Blog.Updated), "selfLink": link,
		"posts": map[string]any{"totalItems": live, "selfLink": link + "/posts"}, "pages": map[string]any{"totalItems": 0, "selfLink": link + "/pages"}})
}

func (c *call) showBlogPost(b blogSight, p *world.BlogPost, body bool) map[string]any {
	link := selfLink("blogs/%s/posts/%s", b.Blog.Blog.ID, p.ID)
	visible := 0
	for _, x := range b.Comments[p.ID] {
		if x.Status == world.BlogLive {
			visible++
		}
	}
	fields := map[string]any{"kind": "blogger#post", "blog": map[string]string{"id": b.Blog.Blog.ID}, "published": c.bloggerDate(p.Published), "updated": c.bloggerDate(p.Updated),
		"selfLink": link, "author": showPerson(p.Author), "replies": map[string]any{"totalItems": fmt.Sprint(visible), "selfLink": link + "/comments"}}
	if !b.admin() { // Source: Blogger API v3 reference, Post.status: only set for admin-level requests
		fields["status"] = nil
	}
	if !body {
		fields["content"] = nil
	}
	return shownAs(p, fields)
}

func (c *call) showBlogComment(b blogSight, postID string, x *world.BlogComment, body bool) map[string]any {
	fields := map[string]any{"kind": "blogger#comment", "blog": map[string]string{"id": b.Blog.Blog.ID}, "post": map[string]string{"id": postID},
		"published": c.bloggerDate(x.Published), "updated": c.bloggerDate(x.Updated), "selfLink": selfLink("blogs/%s/posts/%s/comments/%s", b.Blog.Blog.ID, postID, x.ID),
		"author": showPerson(x.Author), "approved": nil, "approvedBy": nil}
	if !b.admin() { // Source: Blogger API v3 reference, Comment.status: only populated for admin users
		fields["status"] = nil
	}
	if !body {
		fields["content"] = nil
	}
	return shownAs(x, fields)
}

// showPerson is an author with the address of their profile; of an anonymous one Blogger knows no more than that.
func showPerson(p world.BlogPerson) map[string]any {
	fields := map[string]any{}
	if p.ID == "" && p.DisplayName == "" {
		fields["displayName"] = "Anonymous"
	}
	if p.ID != "" && p.URL == "" {
		fields["url"] = "https://www.blogger.com/profile/" + p.ID
	}
	return shownAs(p, fields)
}

// ownBlogger refuses a userId of the path that is not the subject's own. It answers their Blogger user id.
func (c *call) ownBlogger() (string, *apiError) {
	id := c.s.world.BloggerID(c.user)
	if key := c.path["userId"]; key != "self" && key != id {
		return "", forbidden("forbidden", "The caller does not have permission")
	}
	return id, nil
}

func bloggerUsersGet(c *call) ([]byte, *apiError) {
	id, err := c.ownBlogger()
	if err != nil {
		return nil, err
	}
	link := selfLink("users/%s", id)
	return marshal(map[string]any{"kind": "blogger#user", "id": id, "selfLink": link, "url": "https://www.blogger.com/profile/" + id, "displayName": c.user.Name.FullName,
		"created": c.bloggerDate(c.user.CreationTime), "blogs": map[string]string{"selfLink": link + "/blogs"}})
}

func (c *call) blogUserInfo(b *world.Blog, m *world.BlogMember) map[string]any {
	return map[string]any{"kind": "blogger#blogUserInfo", "blog": c.showBlog(b), "blog_user_info": map[string]any{
		"kind": "blogger#blogPerUserInfo", "userId": m.UserID, "blogId": b.Blog.ID, "role": m.Role, "hasAdminAccess": m.Role == world.BlogAdmin}}
}

func blogUserInfosGet(c *call) ([]byte, *apiError) {
	if _, err := c.ownBlogger(); err != nil {
		return nil, err
	}
	b, err := c.blog()
	if err != nil {
		return nil, err
	}
	if b.member == nil { // somebody of the public has no role
		return marshal(map[string]any{"kind": "blogger#blogUserInfo", "blog": c.showBlog(b.Blog), "blog_user_info": map[string]any{
			"kind": "blogger#blogPerUserInfo", "userId": c.s.world.BloggerID(c.user), "blogId": b.Blog.Blog.ID, "hasAdminAccess": false}})
	}
	return marshal(c.blogUserInfo(b.Blog, b.member))
}

// blogsListByUser lists the blogs in which the subject is ADMIN or AUTHOR, unless other roles are asked for. Source: Blogger API v3, blogs.listByUser.
func blogsListByUser(c *call) ([]byte, *apiError) {
	if _, err := c.ownBlogger(); err != nil {
		return nil, err
	}
	roles, states := c.query["role"], c.query["status"]
	if len(roles) == 0 {
		roles = []string{world.BlogAdmin, world.BlogAuthor}
	}
	if len(states) == 0 {
		states = []string{world.BlogLive}
	}
	var items, infos []map[string]any
	for _, b := range c.s.world.Blogs() {
		m := b.Member(c.user)
		if m == nil || !slices.Contains(roles, m.Role) || !slices.Contains(states, b.Blog.Status) || b.Blog.Status == world.BlogDeleted && m.Role != world.BlogAdmin {
			continue
		}
		if view := c.query.Get("view"); blogRank(view) > blogRank(m.Role) {
			continue
		}
		items = append(items, c.showBlog(b))
		infos = append(infos, c.blogUserInfo(b, m))
	}
	out := map[string]any{"kind": "blogger#blogList"}
	if len(items) > 0 {
		out["items"] = items
	}
	if c.flag("fetchUserInfo") && len(infos) > 0 {
		out["blogUserInfos"] = infos
	}
	return marshal(out)
}

// notInBlogger refuses parameters that are not simulated.
func (c *call) notInBlogger(names ...string) *apiError {
	for _, n := range names {
		if v := c.query.Get(n); v != "" && v != "0" && v != "false" {
			return &apiError{code: 501, status: "UNIMPLEMENTED", reason: "notImplemented", message: n + " is not simulated."}
		}
	}
	return nil
}

func blogsGet(c *call) ([]byte, *apiError) {
	if err := c.notInBlogger("maxPosts"); err != nil {
		return nil, err
	}
	b, err := c.blog()
	if err != nil {
		return nil, err
	}
	return marshal(c.showBlog(b.Blog))
}

// between reads startDate and endDate, both included; a zero time is no bound.
func (c *call) between() (from, to time.Time, err *apiError) {
	for name, t := range map[string]*time.Time{"startDate": &from, "endDate": &to} {
		if v := c.query.Get(name); v != "" {
			var bad error
			if *t, bad = time.Parse(time.RFC3339, v); bad != nil {
				return from, to, invalidParameter(name, v)
			}
		}
	}
	return from, to, nil
}

func within(t, from, to time.Time) bool { return !t.Before(from) && (to.IsZero() || !t.After(to)) }

// fetched reports whether a parameter that is true if it is missing asks for what posts say. Source: Blogger API v3, posts.list and posts.get.
func (c *call) fetched(name string) bool { return c.query.Get(name) != "false" }

func blogPostsGet(c *call) ([]byte, *apiError) {
	if err := c.notInBlogger("maxComments", "fetchImages"); err != nil {
		return nil, err
	}
	b, err := c.blog()
	if err != nil {
		return nil, err
	}
	p, err := b.post(c.path["postId"])
	if err != nil {
		return nil, err
	}
	return marshal(c.showBlogPost(b, p, c.fetched("fetchBody")))
}

// blogPostsList lists the newest post first, those that are published if no status is asked for.
func blogPostsList(c *call) ([]byte, *apiError) {
	if err := c.notInBlogger("fetchImages"); err != nil {
		return nil, err
	}
	b, err := c.blog()
	if err != nil {
		return nil, err
	}
	from, to, err := c.between()
	if err != nil {
		return nil, err
	}
	states := c.query["status"]
	if len(states) == 0 {
		states = []string{world.BlogLive}
	}
	var labels []string
	if v := c.query.Get("labels"); v != "" {
		labels = strings.Split(v, ",")
	}
	when := func(p *world.BlogPost) time.Time {
		if c.query.Get("orderBy") == "UPDATED" {
			return p.Updated
		}
		return p.Published
	}
	kept := slices.DeleteFunc(slices.Clone(b.Posts), func(p *world.BlogPost) bool {
		return !slices.Contains(states, p.Status) || p.Status != world.BlogLive && !b.admin() || !within(p.Published, from, to) ||
			slices.ContainsFunc(labels, func(l string) bool { return !slices.Contains(p.Labels, l) })
	})
	newestFirst(kept, when, func(p *world.BlogPost) string { return p.ID })
	if c.query.Get("sortOption") == "ASCENDING" {
		slices.Reverse(kept)
	}
	body := c.fetched("fetchBodies")
	return bloggerPage(c, "blogger#postList", kept, 10, func(p *world.BlogPost) string { return p.ID }, func(p *world.BlogPost) any { return c.showBlogPost(b, p, body) })
}

func newestFirst[T any](list []T, when func(T) time.Time, id func(T) string) {
	slices.SortStableFunc(list, func(x, y T) int {
		if n := when(y).Compare(when(x)); n != 0 {
			return n
		}
		return strings.Compare(id(x), id(y))
	})
}

// bloggerPage answers with a page of a list of Blogger's. How many come unasked and at most is not published.
func bloggerPage[T any](c *call, kind string, list []T, standard int, id func(T) string, show func(T) any) ([]byte, *apiError) {
	var items []any
	next, err := c.slice(len(list), "maxResults", standard, 500, func(i int) string { return id(list[i]) }, func(i int) *apiError {
		items = append(items, show(list[i]))
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := map[string]any{"kind": kind}
	if len(items) > 0 {
		out["items"] = items
	}
	if next != "" {
		out["nextPageToken"] = next
	}
	return marshal(out)
}

// blogCommentsList answers comments.list and comments.listByBlog: the newest first, those that everybody sees if no status is asked for.
func blogCommentsList(c *call) ([]byte, *apiError) {
	b, err := c.blog()
	if err != nil {
		return nil, err
	}
	from, to, err := c.between()
	if err != nil {
		return nil, err
	}
	var posts []*world.BlogPost
	if id, one := c.path["postId"]; one {
		p, err := b.post(id)
		if err != nil {
			return nil, err
		}
		posts = append(posts, p)
	} else {
		for _, p := range b.Posts {
			if p.Status == world.BlogLive || b.admin() {
				posts = append(posts, p)
			}
		}
	}
	states := c.query["status"]
	if len(states) == 0 {
		states = []string{world.BlogLive}
	}
	type on struct {
		post string
		*world.BlogComment
	}
	var kept []on
	for _, p := range posts {
		for _, x := range b.comments(p) {
			if slices.Contains(states, x.Status) && within(x.Published, from, to) {
				kept = append(kept, on{p.ID, x})
			}
		}
	}
	id := func(x on) string { return x.post + "-" + x.ID }
	newestFirst(kept, func(x on) time.Time { return x.Published }, id)
	body := c.flag("fetchBodies") // of posts Google says that the parameter is true if it is missing, of comments it does not
	return bloggerPage(c, "blogger#commentList", kept, 20, id, func(x on) any { return c.showBlogComment(b, x.post, x.BlogComment, body) })
}

func blogCommentsGet(c *call) ([]byte, *apiError) {
	b, err := c.blog()
	if err != nil {
		return nil, err
	}
	p, err := b.post(c.path["postId"])
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(b.comments(p), func(x *world.BlogComment) bool { return x.ID == c.path["commentId"] })
	if i < 0 {
		return nil, notFound("Not Found: comment " + c.path["commentId"])
	}
	return marshal(c.showBlogComment(b, p.ID, b.comments(p)[i], true))
}

// moderate does something with a comment, as an administrator of the blog, and shows it as it is then.
func moderate(do string) func(*call) ([]byte, *apiError) {
	return func(c *call) (b []byte, aerr *apiError) {
		find := withBlogger(func(c *call) ([]byte, *apiError) {
			blog, err := c.blog()
			switch {
			case err != nil:
				return nil, err
			case !blog.admin():
				return nil, forbidden("forbidden", "The caller does not have permission")
			}
			return blogCommentsGet(c)
		})
		c.s.world.View(func() { _, aerr = find(c) })
		if aerr != nil {
			return nil, aerr
		}
		err := c.s.world.ModerateBlogComment(c.path["blogId"], c.path["postId"], c.path["commentId"], do, c.user.PrimaryEmail)
		switch {
		case errors.Is(err, world.ErrNotFound):
			return nil, notFound("Not Found: comment " + c.path["commentId"])
		case err != nil:
			return nil, forbidden("forbidden", "The caller does not have permission")
		case do == world.DropComment:
			return nil, nil
		}
		c.s.world.View(func() { b, aerr = find(c) })
		return b, aerr
	}
}
