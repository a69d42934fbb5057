package google

import (
	"context"
	"iter"
	"time"

	"google.golang.org/api/blogger/v3"
	"google.golang.org/api/googleapi"

	"esafetybot/internal/seen"
)

// Blogger has no administrator: everything is read as somebody who writes or runs the blog, with [ScopeBlogs]. Google documents no delegation for it, so that a domain may refuse all of it.

// HoldBlogs is As for reading blogs: until release is called the readers that act as the account share one token.
func (c *Client) HoldBlogs(address string) (release func()) { return c.As(address, ScopeBlogs).Close }

// Blogs reads the blogs that an account runs or writes, as that account, those too that were deleted lately.
func (c *Client) Blogs(ctx context.Context, as string) ([]seen.Blog, error) {
	return single(ctx, c.As(as, ScopeBlogs), blogsList, "", func(ctx context.Context) ([]seen.Blog, error) {
		list, err := c.blogger.Blogs.ListByUser("self").FetchUserInfo(true).Role("ADMIN", "AUTHOR").Status("LIVE", "DELETED").
			Fields("items(id,name,url,status),blogUserInfos(blog/id,blog_user_info(blogId,userId,role))").Context(ctx).Do()
		if err != nil {
			return nil, err
		}
		me := map[string]*blogger.BlogPerUserInfo{}
		for _, i := range list.BlogUserInfos {
			if i.BlogUserInfo != nil {
				me[i.BlogUserInfo.BlogId] = i.BlogUserInfo
			}
		}
		return convert(list.Items, func(b *blogger.Blog) (seen.Blog, bool) {
			out := seen.Blog{ID: b.Id, Name: b.Name, Link: b.Url, Gone: b.Status == "DELETED"}
			if i := me[b.Id]; i != nil {
				out.Role, out.User = i.Role, i.UserId
			}
			return out, true
		}), nil
	})
}

const fieldsBlogPost = "id,title,url,published,status,readerComments"

func blogPost(p *blogger.Post) seen.BlogPost {
	return seen.BlogPost{
		ID: p.Id, Title: p.Title, Link: p.Url, Made: moment(p.Published), Live: p.Status == "" || p.Status == "LIVE",
		Open: p.ReaderComments == "" || p.ReaderComments == "ALLOW", Text: p.Content,
	}
}

// BlogPosts streams the posts of a blog that readers can see, without their texts.
func (c *Client) BlogPosts(ctx context.Context, as, blog string) iter.Seq2[seen.BlogPost, error] {
	return c.blogPosts(ctx, as, blog, fieldsBlogPost, false, 500)
}

// blogTextPage is how many posts come at a time with their texts, which may be long; pictures pasted into one stand in it.
const blogTextPage = 20

// BlogTexts streams the posts of a blog that readers can see, each with its text.
func (c *Client) BlogTexts(ctx context.Context, as, blog string) iter.Seq2[seen.BlogPost, error] {
	return c.blogPosts(ctx, as, blog, "id,title,content,published,status", true, blogTextPage)
}

func (c *Client) blogPosts(ctx context.Context, as, blog, fields string, bodies bool, most int64) iter.Seq2[seen.BlogPost, error] {
	open := func() *Handle { return c.As(as, ScopeBlogs) }
	return paged(ctx, open, blogPostsList, "blog "+blog, func(ctx context.Context, token string) ([]seen.BlogPost, string, error) {
		list := c.blogger.Posts.List(blog).Status("LIVE").FetchBodies(bodies).MaxResults(most).Fields(googleapi.Field("nextPageToken,items(" + fields + ")"))
		if token != "" {
			list = list.PageToken(token)
		}
		page, err := list.Context(ctx).Do()
		if err != nil {
			return nil, "", err
		}
		return convert(page.Items, func(p *blogger.Post) (seen.BlogPost, bool) { return blogPost(p), true }), page.NextPageToken, nil
	})
}

const fieldsBlogComment = "id,post/id,author/id,published,status,content"

func blogComment(k *blogger.Comment) seen.BlogComment {
	out := seen.BlogComment{ID: k.Id, At: moment(k.Published), Status: k.Status, Text: k.Content}
	if k.Post != nil {
		out.Post = k.Post.Id
	}
	if k.Author != nil {
		out.Author = k.Author.Id
	}
	return out
}

// BlogComments streams the comments on a blog since a moment, whatever their state, as somebody who runs it. Who does not run it gets no state and sees only what readers see.
func (c *Client) BlogComments(ctx context.Context, as, blog string, since time.Time) iter.Seq2[seen.BlogComment, error] {
	return c.blogComments(ctx, as, blog, fieldsBlogComment, func(l *blogger.CommentsListByBlogCall) *blogger.CommentsListByBlogCall {
		return l.Status("LIVE", "PENDING", "SPAM", "EMPTIED").StartDate(since.UTC().Format(time.RFC3339))
	})
}

// BlogShown streams the comments on a blog that readers can see, whenever they were made, as somebody who runs it; not who wrote them.
func (c *Client) BlogShown(ctx context.Context, as, blog string) iter.Seq2[seen.BlogComment, error] {
	return c.blogComments(ctx, as, blog, "id,post/id,status,content", func(l *blogger.CommentsListByBlogCall) *blogger.CommentsListByBlogCall {
		return l.Status("LIVE")
	})
}

func (c *Client) blogComments(ctx context.Context, as, blog, fields string, which func(*blogger.CommentsListByBlogCall) *blogger.CommentsListByBlogCall) iter.Seq2[seen.BlogComment, error] {
	open := func() *Handle { return c.As(as, ScopeBlogs) }
	return paged(ctx, open, blogCommentsList, "blog "+blog, func(ctx context.Context, token string) ([]seen.BlogComment, string, error) {
		list := which(c.blogger.Comments.ListByBlog(blog)).FetchBodies(true).MaxResults(500).Fields(googleapi.Field("nextPageToken,items(" + fields + ")"))
		if token != "" {
			list = list.PageToken(token)
		}
		page, err := list.Context(ctx).Do()
		if err != nil {
			return nil, "", err
		}
		return convert(page.Items, func(k *blogger.Comment) (seen.BlogComment, bool) { return blogComment(k), true }), page.NextPageToken, nil
	})
}

// BlogComment reads one comment as it is now, as somebody who runs the blog.
func (c *Client) BlogComment(ctx context.Context, as, blog, post, comment string) (seen.BlogComment, error) {
	return single(ctx, c.As(as, ScopeBlogs), blogCommentGet, "comment "+comment, func(ctx context.Context) (seen.BlogComment, error) {
		k, err := c.blogger.Comments.Get(blog, post, comment).View("ADMIN").Fields(fieldsBlogComment).Context(ctx).Do()
		if err != nil {
			return seen.BlogComment{}, err
		}
		return blogComment(k), nil
	})
}

// SetBlogComment shows a comment to readers ([seen.CommentLive]), hides it ([seen.CommentSpam]) or removes its text for good ([seen.CommentEmptied]), as somebody who runs the blog, with [ScopeBlogsWrite].
func (c *Client) SetBlogComment(ctx context.Context, as, blog, post, comment, status string) error {
	m, call := blogCommentShow, func(ctx context.Context) error {
		_, err := c.blogger.Comments.Approve(blog, post, comment).Fields("id").Context(ctx).Do()
		return err
	}
	switch status {
	case seen.CommentSpam:
		m, call = blogCommentHide, func(ctx context.Context) error {
			_, err := c.blogger.Comments.MarkAsSpam(blog, post, comment).Fields("id").Context(ctx).Do()
			return err
		}
	case seen.CommentEmptied:
		m, call = blogCommentEmpty, func(ctx context.Context) error {
			_, err := c.blogger.Comments.RemoveContent(blog, post, comment).Fields("id").Context(ctx).Do()
			return err
		}
	}
	return change(ctx, c.As(as, ScopeBlogsWrite), m, "comment "+comment, call)
}
