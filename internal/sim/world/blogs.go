package world

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

const blogsFile = "blogs.json"

// What is done with a comment on a blog: its state, and what becomes of what it said.
const (
	ApproveComment = "approve" // readers see it: also one that was taken for spam
	SpamComment    = "spam"
	RemoveComment  = "remove" // what it said
	DropComment    = "delete" // all of it
)

// Blogs lists the blogs in the order of the tenant, deleted ones too.
func (w *World) Blogs() []*Blog { return w.blogs }

// Blog finds a blog by its id, a deleted one too; nil when there is none.
func (w *World) Blog(id string) *Blog {
	for _, b := range w.blogs {
		if b.Blog.ID == id {
			return b
		}
	}
	return nil
}

// Post finds a post of the blog; nil when it has none of this id.
func (b *Blog) Post(id string) *BlogPost {
	for _, p := range b.Posts {
		if p.ID == id {
			return p
		}
	}
	return nil
}

// Comment finds a comment on a post; nil when there is none.
func (b *Blog) Comment(postID, id string) *BlogComment {
	for _, c := range b.Comments[postID] {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// Member is the user's place in the blog, by any of their addresses; nil when they have none.
func (b *Blog) Member(u *User) *BlogMember {
	for _, m := range b.Members {
		if u != nil && slices.ContainsFunc(u.Addresses(), func(a string) bool { return strings.EqualFold(a, m.Email) }) {
			return m
		}
	}
	return nil
}

// BloggerID is the user's id in Blogger: that of the blogs in which they have a role, else one made from the Directory's.
func (w *World) BloggerID(u *User) string {
	for _, b := range w.blogs {
		if m := b.Member(u); m != nil {
			return m.UserID
		}
	}
	return "g" + digits("blogger/"+u.ID, 18)
}

// BlogSubject is the subject of findings on a post of a blog: "blog-post/BLOG-POST".
func BlogSubject(blogID, postID string) string { return "blog-post/" + PostKey(blogID, postID) }

// BlogCommentKey names a comment on a blog as decisions do: "BLOG-POST-COMMENT".
func BlogCommentKey(blogID, postID, commentID string) string {
	return PostKey(blogID, postID) + "-" + commentID
}

// loadedBlogs completes what the file left out, and refuses what cannot be told apart.
func (w *World) loadedBlogs() error {
	list := w.blogs
	w.blogs = nil
	for _, b := range list {
		if err := w.AddBlog(b); err != nil {
			return fmt.Errorf("%s: %w", blogsFile, err)
		}
	}
	return nil
}

// AddBlog puts a blog in place with its members, posts and comments; states, times and addresses on the web that are missing are filled. It refuses a blog, a
// post or a comment without an id or with one that is there already, a member without address, Blogger user id or role, and comments on no post.
func (w *World) AddBlog(b *Blog) error {
	if b == nil || b.Blog.ID == "" || w.Blog(b.Blog.ID) != nil {
		return fmt.Errorf("a blog: its id is missing or %w", ErrExists)
	}
	id := b.Blog.ID
	b.Blog.Status = cmp.Or(b.Blog.Status, BlogLive)
	b.Blog.URL = cmp.Or(b.Blog.URL, "http://blog-"+id+".blogs.example/")
	w.completeBlogTimes(&b.Blog.Published, &b.Blog.Updated)
	for _, m := range b.Members {
		if m.Email == "" || m.UserID == "" || !slices.Contains([]string{BlogAdmin, BlogAuthor, BlogReader}, m.Role) {
			return fmt.Errorf("blog %s: a member needs email, userId and role (%s, %s or %s)", id, BlogAdmin, BlogAuthor, BlogReader)
		}
	}
	posts := b.Posts
	b.Posts = nil
	for _, p := range posts {
		if p.ID == "" || b.Post(p.ID) != nil {
			return fmt.Errorf("blog %s: post %q: its id is missing or %w", id, p.ID, ErrExists)
		}
		b.Posts = append(b.Posts, p)
		w.completeBlogPost(b, p)
	}
	for post, list := range b.Comments {
		if b.Post(post) == nil {
			return fmt.Errorf("blog %s: comments on post %s: it is %w", id, post, ErrNotFound)
		}
		seen := map[string]bool{}
		for _, c := range list {
			if c.ID == "" || seen[c.ID] {
				return fmt.Errorf("blog %s: post %s: comment %q: its id is missing or %w", id, post, c.ID, ErrExists)
			}
			seen[c.ID] = true
			c.Status = cmp.Or(c.Status, BlogLive)
			w.completeBlogTimes(&c.Published, &c.Updated)
		}
	}
	w.blogs = append(w.blogs, b)
	return nil
}

// blogTime is now as Blogger tells times: in whole seconds.
func (w *World) blogTime() time.Time { return w.now().Truncate(time.Second) }

func (w *World) completeBlogTimes(published, updated *time.Time) {
	w.completeTimes(published, updated)
	*published, *updated = published.Truncate(time.Second), updated.Truncate(time.Second)
}

func (w *World) completeBlogPost(b *Blog, p *BlogPost) {
	p.Status = cmp.Or(p.Status, BlogLive)
	w.completeBlogTimes(&p.Published, &p.Updated)
	if p.Status == BlogLive {
		p.URL = cmp.Or(p.URL, b.Blog.URL+p.Published.UTC().Format("2006/01/")+p.ID+".html")
	}
}

// blogToChange finds a blog that was not deleted.
func (w *World) blogToChange(id string) (*Blog, error) {
	b := w.Blog(id)
	if b == nil || b.Blog.Status == BlogDeleted {
		return nil, fmt.Errorf("blog %s: %w", id, ErrNotFound)
	}
	return b, nil
}

// runs refuses an actor who has none of the roles in the blog, or is switched off.
func (w *World) runs(b *Blog, actor string, roles ...string) (*User, *BlogMember, error) {
	u, err := w.writer(actor)
	if err != nil {
		return nil, nil, err
	}
	m := b.Member(u)
	if m == nil || !slices.Contains(roles, m.Role) {
		return nil, nil, fmt.Errorf("blog %s: only who has the role %s there: %w", b.Blog.ID, strings.Join(roles, " or "), ErrNotAllowed)
	}
	return u, m, nil
}

// WriteBlogPost publishes a post in a blog now, or keeps it as a draft if its Status says so; it answers the post's id. The actor needs the role ADMIN or AUTHOR.
// Google records nothing of it.
func (w *World) WriteBlogPost(blogID string, p *BlogPost, actor string) (id string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	b, err := w.blogToChange(blogID)
	if err != nil {
		return "", err
	}
	u, m, err := w.runs(b, actor, BlogAdmin, BlogAuthor)
	if err != nil {
		return "", err
	}
	if p.ID == "" {
		p.ID = w.newBlogNumber("post", func(id string) bool { return b.Post(id) != nil })
	} else if b.Post(p.ID) != nil {
		return "", fmt.Errorf("blog %s: post %s: %w", blogID, p.ID, ErrExists)
	}
	p.Author, p.Published, p.Updated = BlogPerson{ID: m.UserID, DisplayName: u.Name.FullName}, w.blogTime(), w.blogTime()
	w.completeBlogPost(b, p)
	b.Posts = append(b.Posts, p)
	return p.ID, nil
}

// SetBlogPost changes a post's status or who may comment on it; "" leaves either as it is. The actor needs the role ADMIN.
func (w *World) SetBlogPost(blogID, postID, status, readerComments, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	b, err := w.blogToChange(blogID)
	if err != nil {
		return err
	}
	if _, _, err := w.runs(b, actor, BlogAdmin); err != nil {
		return err
	}
	p := b.Post(postID)
	if p == nil {
		return fmt.Errorf("blog %s: post %s: %w", blogID, postID, ErrNotFound)
	}
	p.Status, p.ReaderComments, p.Updated = cmp.Or(status, p.Status), cmp.Or(readerComments, p.ReaderComments), w.blogTime()
	w.completeBlogPost(b, p)
	return nil
}

// EditBlogPost changes the title and what a post says (HTML); "" leaves either as it is. The actor needs the role ADMIN, or AUTHOR for what they wrote.
func (w *World) EditBlogPost(blogID, postID, title, content, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, p, err := w.ownBlogPost(blogID, postID, actor)
	if err != nil {
		return err
	}
	p.Title, p.Content, p.Updated = cmp.Or(title, p.Title), cmp.Or(content, p.Content), w.blogTime()
	return nil
}

// DeleteBlogPost deletes a post for good, with the comments on it. The actor needs the role ADMIN, or AUTHOR for what they wrote. Google records nothing of it.
func (w *World) DeleteBlogPost(blogID, postID, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	b, p, err := w.ownBlogPost(blogID, postID, actor)
	if err != nil {
		return err
	}
	b.Posts = slices.DeleteFunc(b.Posts, func(x *BlogPost) bool { return x == p })
	delete(b.Comments, postID)
	return nil
}

// ownBlogPost finds a post that the actor may change.
func (w *World) ownBlogPost(blogID, postID, actor string) (*Blog, *BlogPost, error) {
	b, err := w.blogToChange(blogID)
	if err != nil {
		return nil, nil, err
	}
	_, m, err := w.runs(b, actor, BlogAdmin, BlogAuthor)
	if err != nil {
		return nil, nil, err
	}
	p := b.Post(postID)
	if p == nil {
		return nil, nil, fmt.Errorf("blog %s: post %s: %w", blogID, postID, ErrNotFound)
	}
	if m.Role == BlogAuthor && p.Author.ID != m.UserID {
		return nil, nil, fmt.Errorf("blog %s: post %s: an author changes only what they wrote: %w", blogID, postID, ErrNotAllowed)
	}
	return b, p, nil
}

// WriteBlogComment comments on a published post now and answers the comment's id; c.Status says whether it waits for approval (CommentPending), was taken for
// spam, or is there for all (BlogLive, also if empty). A user of the school is its author with their Blogger user id; the author of anybody else is c.Author.
func (w *World) WriteBlogComment(blogID, postID string, c BlogComment, actor string) (id string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	b, err := w.blogToChange(blogID)
	if err != nil {
		return "", err
	}
	p := b.Post(postID)
	if p == nil || p.Status != BlogLive {
		return "", fmt.Errorf("blog %s: published post %s: %w", blogID, postID, ErrNotFound)
	}
	if p.ReaderComments != "" && p.ReaderComments != "ALLOW" {
		return "", fmt.Errorf("blog %s: post %s takes no comments: %w", blogID, postID, ErrNotAllowed)
	}
	u, err := w.writer(actor)
	if err != nil {
		return "", err
	}
	if u != nil {
		c.Author = BlogPerson{ID: w.BloggerID(u), DisplayName: u.Name.FullName}
	}
	c.Status = cmp.Or(c.Status, BlogLive)
	if !slices.Contains([]string{BlogLive, CommentPending, CommentSpam}, c.Status) {
		return "", fmt.Errorf("blog %s: post %s: a new comment with the status %q: %w", blogID, postID, c.Status, ErrNotAllowed)
	}
	if c.ID == "" {
		c.ID = w.newBlogNumber("comment", func(id string) bool { return b.Comment(postID, id) != nil })
	} else if b.Comment(postID, c.ID) != nil {
		return "", fmt.Errorf("blog %s: post %s: comment %s: %w", blogID, postID, c.ID, ErrExists)
	}
	c.Published, c.Updated = w.blogTime(), w.blogTime()
	c.Approved, c.ApprovedBy = time.Time{}, ""
	if b.Comments == nil {
		b.Comments = map[string][]*BlogComment{}
	}
	b.Comments[postID] = append(b.Comments[postID], &c)
	return c.ID, nil
}

// newBlogNumber makes an id of Blogger's: 19 digits.
func (w *World) newBlogNumber(kind string, taken func(string) bool) string {
	for {
		w.counter++
		id := "7" + digits(fmt.Sprintf("blog-%s/%d/%s", kind, w.Settings.Seed, w.counterText()), 18)
		if !taken(id) {
			return id
		}
	}
}

// ModerateBlogComment does one of ApproveComment, SpamComment, RemoveComment and DropComment. The actor needs the role ADMIN in the blog. To do twice what was done
// changes nothing, and what was removed stays so. Google records nothing of it.
func (w *World) ModerateBlogComment(blogID, postID, commentID, do, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	b, err := w.blogToChange(blogID)
	if err != nil {
		return err
	}
	u, _, err := w.runs(b, actor, BlogAdmin)
	if err != nil {
		return err
	}
	c := b.Comment(postID, commentID)
	if c == nil {
		return fmt.Errorf("blog %s: post %s: comment %s: %w", blogID, postID, commentID, ErrNotFound)
	}
	was := c.Status
	switch do {
	case ApproveComment:
		if was == CommentPending {
			c.Approved, c.ApprovedBy = w.blogTime(), u.PrimaryEmail
		}
		if was != CommentEmptied {
			c.Status = BlogLive
		}
	case SpamComment:
		if was != CommentEmptied {
			c.Status = CommentSpam
		}
	case RemoveComment:
		c.Status, c.Content = CommentEmptied, ""
	case DropComment:
		b.Comments[postID] = slices.DeleteFunc(b.Comments[postID], func(x *BlogComment) bool { return x == c })
		if len(b.Comments[postID]) == 0 {
			delete(b.Comments, postID)
		}
	default:
		return fmt.Errorf("blog %s: comment %s: to %q a comment: %w", blogID, commentID, do, ErrNotAllowed)
	}
	if c.Status != was {
		c.Updated = w.blogTime()
	}
	return nil
}

// Under18 reports whether the user's unit is labelled under 18, or one above it.
func (w *World) Under18(u *User) bool {
	return slices.ContainsFunc(w.Settings.Under18, func(unit string) bool {
		return unit == "/" || u.OrgUnitPath == unit || strings.HasPrefix(u.OrgUnitPath, unit+"/")
	})
}
