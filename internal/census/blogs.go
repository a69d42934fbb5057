package census

import (
	"context"
	"time"

	"esafetybot/internal/seen"
)

// Blogs reads which blogs accounts run or write, by Directory id. An account that could not be asked is a gap "bloglist/ID"; where Google permits it for nobody "bloglist" is one.
func (c *Census) Blogs(ctx context.Context, accounts []*seen.Account) map[string][]seen.Blog {
	return eachUntilRefused(ctx, c, "bloglist", accounts, func(a *seen.Account) string { return a.ID }, func(a *seen.Account) ([]seen.Blog, error) {
		return c.Google.Blogs(ctx, a.Address)
	})
}

// BlogComments reads the comments on a blog since a moment as somebody who runs it; what could not be read is a gap "blog/ID".
func (c *Census) BlogComments(ctx context.Context, as *seen.Account, blog string, since time.Time) ([]seen.BlogComment, bool) {
	all, ok := list(c, seen.Scope("blog/"+blog), c.Google.BlogComments(ctx, as.Address, blog, since))
	for _, k := range all {
		if k.Status == "" {
			c.Unseen(seen.Gap{Scope: seen.Scope("blog/" + blog), Reason: seen.NoMember})
			return nil, false
		}
	}
	return all, ok
}

// BlogPosts reads the posts of a blog that readers see, by id; what could not be read is a gap "blog/ID".
func (c *Census) BlogPosts(ctx context.Context, as *seen.Account, blog string) (map[string]seen.BlogPost, bool) {
	all, ok := list(c, seen.Scope("blog/"+blog), c.Google.BlogPosts(ctx, as.Address, blog))
	out := map[string]seen.BlogPost{}
	for _, p := range all {
		if p.Live {
			out[p.ID] = p
		}
	}
	return out, ok
}
