package truth

import (
	"slices"
	"time"
)

// seenAfter is how long a comment must have been there, and we have looked, for us to see that it is approved in Blogger.
const seenAfter = 24 * time.Hour

// theirList reports whether the list of blogs of an account holds a blog: that of a school account which is no pupil's.
func (w *world) theirList(a *account, b Blog) bool {
	role := b.place(a.User).Role
	return a.kind != "pupils" && (role == "ADMIN" || role == "AUTHOR")
}

// isBlog reports whether a blog of the tenant is one that the rules ask about.
func (w *world) isBlog(b Blog) bool {
	if !isLive(b.Blog.Status) {
		return false
	}
	if _, listed := w.p.hostsOf(b.Blog.ID); listed {
		return true
	}
	return slices.ContainsFunc(w.accounts, func(a *account) bool { return a.active && w.theirList(a, b) })
}

// namedHosts are the accounts that the policy names as hosts of a blog, active or not.
func (w *world) namedHosts(b Blog) []*account {
	hosts, _ := w.p.hostsOf(b.Blog.ID)
	var out []*account
	for _, a := range w.accounts {
		if a.kind != "pupils" && a.bearsAny(hosts) {
			out = append(out, a)
		}
	}
	return out
}

// blogHosts are those who look at the comments on a blog today.
func (w *world) blogHosts(b Blog) []*User {
	var out []*User
	if _, listed := w.p.hostsOf(b.Blog.ID); !listed {
		return nil
	}
	for _, a := range w.namedHosts(b) {
		out = append(out, a.User)
	}
	out = append(out, w.covering("blog-"+b.Blog.ID, w.today)...)
	return slices.DeleteFunc(out, func(u *User) bool { return !u.isActive() || slices.Contains(w.deleted, u) })
}

// ofHost reports whether a comment is a host's.
func (w *world) ofHost(b Blog, c BlogComment) bool {
	return slices.ContainsFunc(w.namedHosts(b), func(a *account) bool {
		return w.theirList(a, b) && c.Author.ID != "" && b.place(a.User).UserID == c.Author.ID
	})
}

// mayModerate reports whether a decision on a comment of a blog, or on a post of it, counts.
func (w *world) mayModerate(b Blog, d Decision) bool {
	by, ok := w.whoDecided(d) // whose account worked then, and was no pupil's then
	if !ok {
		return false
	}
	hosts, _ := w.p.hostsOf(b.Blog.ID)
	named := by.User != nil && by.bearsAny(hosts)
	return named || w.leads(by) || w.coveredThen(by, "blog-"+b.Blog.ID, d.At)
}

// settled reports whether nobody needs to look at a comment any more.
func (w *world) settled(b Blog, post string, c BlogComment) bool {
	for _, d := range w.decisions {
		if (d.Do == "approve" || d.Do == "spam" || d.Do == "remove") && d.Comment == b.Blog.ID+"-"+post+"-"+c.ID && w.mayModerate(b, d) {
			return true
		}
	}
	return isLive(c.Status) && !c.Approved.IsZero() && !c.Approved.After(w.now) &&
		!c.Approved.Before(c.Published.Add(seenAfter)) && !c.Approved.Before(w.first.Add(seenAfter))
}

// commentLookedAtUntil is the time up to which somebody looked at the post, as far as that says something of this comment.
func (w *world) commentLookedAtUntil(m CommentsMeans, b Blog, post string, c BlogComment) time.Time {
	var last time.Time
	for _, d := range w.decisions {
		if d.Do != "reviewed" || d.Item != "blog-post/"+b.Blog.ID+"-"+post || !w.mayModerate(b, d) {
			continue
		}
		saw := d.Saw
		if saw.After(d.At) {
			saw = d.At
		}
		if saw.After(last) {
			last = saw
		}
	}
	if c.Status == "PENDING" || !m.CommentCounts {
		return last
	}
	for _, reply := range b.Comments[post] {
		if isLive(reply.Status) && w.ofHost(b, reply) && !reply.Published.After(w.now) && reply.Published.After(last) {
			last = reply.Published
		}
	}
	return last
}

// blogPostWaits says since when a post of a blog waits, if it does.
func (w *world) blogPostWaits(m CommentsMeans, b Blog, post string) (time.Time, bool) {
	var since time.Time
	for _, c := range b.Comments[post] {
		switch {
		case !isLive(c.Status) && c.Status != "PENDING":
		case !w.counted(c.Published) || w.ofHost(b, c) || w.settled(b, post, c):
		case c.Published.After(w.commentLookedAtUntil(m, b, post, c)) && (since.IsZero() || c.Published.Before(since)):
			since = c.Published
		}
	}
	return since, !since.IsZero()
}

// judgeBlogs adds what one `check: comments` with blogs among its places finds.
func (w *world) judgeBlogs(m CommentsMeans, found collection) {
	for _, b := range w.t.Blogs {
		if !w.isBlog(b) {
			continue
		}
		_, listed := w.p.hostsOf(b.Blog.ID)
		hosts := w.blogHosts(b)
		open := false // nobody looks, and there is or may be something to look at
		for _, p := range b.Posts {
			if !isLive(p.Status) {
				continue
			}
			if p.ReaderComments == "" || p.ReaderComments == "ALLOW" {
				open = true
			}
			since, waits := w.blogPostWaits(m, b, p.ID)
			if !listed || !waits {
				continue
			}
			open = true
			if len(hosts) > 0 {
				w.addUnreviewed(m, "blog-post/"+b.Blog.ID+"-"+p.ID, since, hosts, found)
			}
		}
		if len(hosts) == 0 && open {
			w.addBlogWithoutHost(m, b, listed, found)
		}
	}
}

func (w *world) addBlogWithoutHost(m CommentsMeans, b Blog, listed bool, found collection) {
	if !slices.Contains(m.Rules, "no-host") {
		return
	}
	subject, fact := "blog/"+b.Blog.ID, "not-listed"
	if listed {
		fact = "listed"
	}
	found.add("comments", m.Clause, "no-host", subject, fact)
	for _, a := range w.accounts {
		if a.active && w.theirList(a, b) && b.place(a.User).Role == "ADMIN" {
			found.add("comments", m.Clause, "no-host", subject, "by/"+a.ID)
		}
	}
}
