package jobs

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/checks/names"
	"esafetybot/internal/findings"
	"esafetybot/internal/moderation"
	matcher "esafetybot/internal/names"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
)

// blogText is the kind of the scope of what can be read on a blog: "blogtext/ID". What could not be read of a blog by the job comments is a gap of its own.
const blogText = "blogtext"

// blogSight is what a run saw of a listed blog.
type blogSight struct {
	gone  bool                 // it was deleted
	read  bool                 // its posts and the comments on them were, to the end
	posts map[string]time.Time // those that readers see, and when each was published
}

// BlogRead is what is remembered of how a listed blog was read, so that not everybody has to be asked each day who runs it.
type BlogRead struct {
	As    string    `json:"as,omitempty"`   // Directory id of whom it was read as
	Asked time.Time `json:"asked,omitzero"` // when everybody was last asked
}

// readBlogs finds out as whom each listed blog can be read, and hands the check what stands on it; nothing where the policy lists none. The texts are read while they are judged, and are not kept.
func (n *namesRun) readBlogs(ctx context.Context, in *names.Input) error {
	n.blogs = map[string]*blogSight{}
	if len(n.Env.Policy.Blogs) == 0 {
		return nil
	}
	last, err := loadLook(ctx, n.Store, NamesJob)
	if err != nil {
		return err
	}
	if last == nil {
		last = &Look{}
	}
	n.left.Blogs = map[string]BlogRead{}
	blogs, unread := n.bloggers(ctx, in.Kinds, last.Blogs)
	for _, b := range n.Env.Policy.Blogs {
		blog, sight := blogs[b.ID], &blogSight{posts: map[string]time.Time{}}
		n.blogs[b.ID] = sight
		read := n.left.Blogs[b.ID]
		switch as, runs := blogger(n.Who(), blog); {
		case blog.Gone:
			sight.gone = true
		case runs:
			read.As = as.ID
			in.Blogs = append(in.Blogs, names.Blog{ID: b.ID, Texts: n.blogTexts(ctx, as, b.ID, sight)})
		case unread != nil && unread.Reason != seen.Off:
			read.As = last.Blogs[b.ID].As // they may well run it still
			n.more = append(n.more, seen.Gap{Scope: seen.Scope(blogText + "/" + b.ID), Reason: unread.Reason, Detail: unread.Detail})
		default:
			n.more = append(n.more, seen.Gap{Scope: seen.Scope(blogText + "/" + b.ID), Reason: seen.NoMember})
		}
		n.left.Blogs[b.ID] = read
	}
	return nil
}

// bloggers asks who of the school runs the blogs that the policy lists: each day those whom it names for one and as whom one was read last; everybody else only where none of these runs a blog: at once where somebody did
// until now, else no more than once within the rotation. unread is what kept somebody's answer from us.
func (n *namesRun) bloggers(ctx context.Context, kinds *school.Kinds, last map[string]BlogRead) (blogs map[string]*moderation.Blog, unread *seen.Gap) {
	blogs = map[string]*moderation.Blog{}
	first := map[string]bool{}
	for _, b := range n.Env.Policy.Blogs {
		blogs[b.ID] = &moderation.Blog{Listed: true, Hosts: hostsOf(b, n.Who(), kinds)}
		first[last[b.ID].As] = true
		for _, id := range blogs[b.ID].Hosts {
			first[id] = true
		}
		n.left.Blogs[b.ID] = BlogRead{Asked: last[b.ID].Asked}
	}
	ask := func(which func(id string) bool) (all bool) {
		var list []*seen.Account
		for _, a := range n.Who().Accounts() {
			if a.Active() && mayBlog(a, kinds) && which(a.ID) {
				list = append(list, a)
			}
		}
		got := n.Blogs(ctx, list)
		for _, a := range list {
			of, ok := got[a.ID]
			if !ok {
				unread = n.unlisted(a.ID)
			}
			for _, b := range of {
				if blog := blogs[b.ID]; blog != nil {
					noteBlogger(blog, a.ID, b)
				}
			}
		}
		return len(got) == len(list)
	}
	all := ask(func(id string) bool { return first[id] })
	var open []string // nobody is known yet who runs these
	for id, blog := range blogs {
		if _, runs := blogger(n.Who(), blog); !runs && !blog.Gone && (last[id].As != "" || n.Now.Sub(last[id].Asked) >= n.Rotation) {
			open = append(open, id)
		}
	}
	if len(open) > 0 && ctx.Err() == nil {
		if all = ask(func(id string) bool { return !first[id] }) && all; all {
			for _, id := range open {
				n.left.Blogs[id] = BlogRead{Asked: n.Now}
			}
		}
	}
	return blogs, unread
}

// unlisted says why somebody's list of blogs is not known: the permission was given for nobody's, or theirs could not be read.
func (n *namesRun) unlisted(account string) (why *seen.Gap) {
	for _, g := range n.Gaps("bloglist") {
		if g.Scope == "bloglist" || why == nil && g.Scope == seen.Scope("bloglist/"+account) {
			why = &g
		}
	}
	return why
}

// errNotRun is what a blog looks like to somebody who does not run it any more.
var errNotRun = errors.New("the account does not run the blog")

// blogTexts streams what readers of a blog see, as somebody who runs it: its posts, then the comments on them.
func (n *namesRun) blogTexts(ctx context.Context, as *seen.Account, blog string, sight *blogSight) iter.Seq2[names.BlogText, error] {
	return func(yield func(names.BlogText, error) bool) {
		defer n.Env.Google.HoldBlogs(as.Address)()
		for p, err := range n.Env.Google.BlogTexts(ctx, as.Address, blog) {
			switch {
			case err != nil:
				yield(names.BlogText{}, err)
				return
			case !p.Live:
				continue
			}
			sight.posts[p.ID] = p.Made
			if !yield(names.BlogText{Post: p.ID, Texts: append([]string{p.Title}, matcher.FromHTML(p.Text)...)}, nil) {
				return
			}
		}
		for k, err := range n.Env.Google.BlogShown(ctx, as.Address, blog) {
			if err == nil && k.Status == "" {
				err = errNotRun
			}
			if err != nil {
				yield(names.BlogText{}, err)
				return
			}
			if _, live := sight.posts[k.Post]; !live || k.Status != seen.CommentLive {
				continue
			}
			if !yield(names.BlogText{Post: k.Post, Comment: true, Texts: matcher.FromHTML(k.Text)}, nil) {
				return
			}
		}
		sight.read = true
	}
}

// brokenBlogs notes which blogs could not be read to the end.
func (n *namesRun) brokenBlogs() {
	for _, b := range n.Env.Policy.Blogs {
		err := n.res.Broken[b.ID]
		if err == nil {
			continue
		}
		gap := seen.Gap{Scope: seen.Scope(blogText + "/" + b.ID), Reason: n.Env.Google.Reason(err), Detail: err.Error()}
		if errors.Is(err, errNotRun) {
			gap.Reason, gap.Detail = seen.NoMember, ""
		}
		n.more = append(n.more, gap)
	}
}

// describeBlogs says of each post of a blog that was found which it is, by when it was published: its title and its address on the blog may hold the name.
func (n *namesRun) describeBlogs(observed []findings.Observed) {
	for _, o := range observed {
		blog, post, ok := blogPostOf(o.Subject)
		if !ok {
			continue
		}
		n.left.Names[o.Subject] = aBlogPost
		if made := n.blogs[blog].posts[post]; !made.IsZero() {
			n.left.Names[o.Subject] = "the post of " + made.In(n.Env.Policy.School.Location).Format("2 January 2006, 15:04")
		}
	}
}

// aBlogPost is what a post of a blog is called where nothing more is known of it.
const aBlogPost = "a post on a blog"

// blogPostOf takes the subject of a finding on a post of a blog apart.
func blogPostOf(subject string) (blog, post string, ok bool) {
	if !strings.HasPrefix(subject, seen.PostBlog+"/") {
		return "", "", false
	}
	key, post, ok := moderation.ParseSubject(subject)
	blog, _ = moderation.BlogOf(key)
	return blog, post, ok
}

// blogPostLink opens, for those who run a blog, one of its posts to edit it; or the comments on the blog, if only these have the name. It is made of ids: the post's own address is made of its title.
func blogPostLink(subject string, facts []string) string {
	blog, post, _ := blogPostOf(subject)
	if slices.Contains(facts, names.InPost) {
		return "https://www.blogger.com/blog/post/edit/" + blog + "/" + post
	}
	return "https://www.blogger.com/blog/comments/" + blog
}

// blogEvidence says what is known of a post of a blog in which no name was found any longer; "" is nothing.
func (n *namesRun) blogEvidence(f *findings.Finding) findings.How {
	blog, post, _ := blogPostOf(f.Subject)
	sight, listed := n.blogs[blog]
	switch {
	case !listed:
		return findings.Withdrawn
	case sight.gone:
		return findings.Deleted
	case !sight.read:
		return ""
	}
	if _, live := sight.posts[post]; !live {
		return findings.NotFound // deleted, or a draft again: readers do not see it
	}
	return findings.Fine
}
