package jobs

import (
	"context"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/html"

	"esafetybot/internal/census"
	"esafetybot/internal/checks/comments"
	"esafetybot/internal/findings"
	"esafetybot/internal/moderation"
	"esafetybot/internal/policy"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
)

// commentsKept is for how many days back the comments of a blog are read each day: what waits longer is read as well.
const commentsKept = 28

// blogs brings what is remembered of blogs up to date: which there are, who runs them, and what was said on those that the policy lists. Whoever blogs are read
// as signs in once, until done is called.
func (r *commentsRun) blogs(ctx context.Context) (done func()) {
	held := map[string]func(){}
	done = func() {
		for _, release := range held {
			release()
		}
	}
	r.needs("bloglist", "blog")
	r.listed()
	r.lists(ctx)
	for _, key := range r.book.Blogs() {
		if ctx.Err() != nil {
			return done
		}
		id, _ := moderation.BlogOf(key)
		c := r.book.Class(key)
		if !c.Blog.Listed && len(c.Blog.People) == 0 {
			r.book.Forget(key) // nobody's any more
			continue
		}
		if c.Blog.Gone {
			c.Blog.Open = false
			clear(c.Posts)
			continue
		}
		reader, runs := blogger(r.Who(), c.Blog)
		if reader != nil && held[reader.ID] == nil {
			held[reader.ID] = r.Env.Google.HoldBlogs(reader.Address)
		}
		switch {
		case !c.Blog.Listed: // only whether readers may comment there matters
		case !runs:
			r.Unseen(seen.Gap{Scope: seen.Scope("blog/" + id), Reason: seen.NoMember})
		default:
			r.readBlog(ctx, reader, id, c)
		}
		if r.Missed(seen.Scope("blog/" + id)) { // it may have been deleted, or somebody may run it no longer
			for who := range c.Blog.People {
				delete(r.book.Lists, who)
			}
		}
	}
	return done
}

// blogPosts asks what the posts are at whose comments somebody has to look, whether readers still see them, and whether they may comment on a blog that nobody looks after. It comes after what people
// decided is taken up: who stands in looks after a blog.
func (r *commentsRun) blogPosts(ctx context.Context) {
	for _, key := range r.book.Blogs() {
		id, _ := moderation.BlogOf(key)
		c := r.book.Class(key)
		hostless := len(r.in.Hosts(comments.Class{ID: key, Place: policy.PlaceBlogs, Book: c})) == 0
		waits := false
		for _, p := range c.Posts {
			waits = waits || slices.ContainsFunc(r.rules(policy.PlaceBlogs), func(rules moderation.Rules) bool { return len(c.Waiting(p, rules)) > 0 })
		}
		c.Blog.Open = false
		reader, _ := blogger(r.Who(), c.Blog)
		if c.Blog.Gone || reader == nil || !hostless && !waits || r.Missed(seen.Scope("blog/"+id)) || ctx.Err() != nil {
			continue
		}
		posts, ok := r.BlogPosts(ctx, reader, id)
		if !ok {
			continue
		}
		for post, p := range c.Posts {
			got, live := posts[post]
			p.Hidden = !live
			if live {
				p.Title, p.Link, p.Made, p.Told = got.Title, got.Link, got.Made, true
			}
		}
		for _, p := range posts {
			c.Blog.Open = c.Blog.Open || hostless && p.Open
		}
	}
}

// listed takes up which blogs the policy lists, and who looks after them.
func (r *commentsRun) listed() {
	for _, key := range r.book.Blogs() {
		c := r.book.Class(key)
		c.Blog.Listed, c.Blog.Hosts, c.Taught = false, nil, nil
	}
	for _, b := range r.Env.Policy.Blogs {
		c := r.book.Class(moderation.BlogKey(b.ID))
		if c.Blog == nil {
			c.Blog = &moderation.Blog{}
		}
		c.Blog.Listed = true
		if b.Name != "" {
			c.Name = b.Name
		}
		c.Blog.Hosts = hostsOf(b, r.Who(), r.in.Kinds)
		c.Taught = slices.Clone(c.Blog.Hosts)
	}
}

// hostsOf lists whom the policy names to look after a blog, by Directory id, sorted: school accounts that are no pupils', switched off or not.
func hostsOf(b policy.Blog, who *school.Directory, kinds *school.Kinds) []string {
	var out []string
	for _, address := range b.Hosts {
		if a, ok := who.Account(address); ok && kinds.School(a) && kinds.Kind(a) != school.Pupil && !slices.Contains(out, a.ID) {
			out = append(out, a.ID)
		}
	}
	slices.Sort(out)
	return out
}

// mayBlog tells whether an account may be asked which blogs it runs: the school's, of nobody from outside and of no pupil.
func mayBlog(a *seen.Account, kinds *school.Kinds) bool {
	return !a.Guest && kinds.School(a) && kinds.Kind(a) != school.Pupil
}

// lists asks the accounts whose turn it is which blogs they run or write: each once within the rotation, and those that were never asked. Of those whom the policy names for a blog it is asked although
// they are switched off, since it tells which comments are theirs; no other blog of theirs counts.
func (r *commentsRun) lists(ctx context.Context) {
	if r.book.Lists == nil {
		r.book.Lists = map[string]time.Time{}
	}
	may := map[string]bool{}
	var ask []*seen.Account
	for _, a := range r.Who().Accounts() {
		if !mayBlog(a, r.in.Kinds) || !a.Active() && !r.namedHost(a.ID) {
			continue
		}
		if !a.Active() {
			r.drop(a.ID, listedBlog)
		}
		may[a.ID] = true
		if last, known := r.book.Lists[a.ID]; !known || r.Now.Sub(last) >= r.Rotation {
			ask = append(ask, a)
		}
	}
	got := r.Blogs(ctx, ask)
	for _, a := range ask {
		list, ok := got[a.ID]
		if !ok {
			continue
		}
		first := r.book.Lists[a.ID].IsZero()
		r.book.Lists[a.ID] = r.Now
		if first { // so that not all have their next turn on the same day
			r.book.Lists[a.ID] = r.Now.Add(-spread(a.ID, r.Rotation))
		}
		r.runs(a, list)
	}
	for id := range r.book.Lists {
		if !may[id] {
			delete(r.book.Lists, id)
			r.drop(id, noBlog)
		}
	}
}

// spread is a part of a period, by days, that is always the same for an id.
func spread(id string, period time.Duration) time.Duration {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // never fails
	days := max(1, int(period/(24*time.Hour)))
	return time.Duration(int(h.Sum32()%uint32(days))) * 24 * time.Hour
}

// namedHost tells whether the policy names somebody for a blog.
func (r *commentsRun) namedHost(id string) bool {
	return slices.ContainsFunc(r.book.Blogs(), func(key string) bool { return slices.Contains(r.book.Class(key).Blog.Hosts, id) })
}

// drop forgets that somebody runs or writes any blog that keep does not name.
func (r *commentsRun) drop(who string, keep func(*moderation.Blog) bool) {
	for _, key := range r.book.Blogs() {
		if blog := r.book.Class(key).Blog; !keep(blog) {
			delete(blog.People, who)
		}
	}
}

func listedBlog(b *moderation.Blog) bool { return b.Listed }

func noBlog(*moderation.Blog) bool { return false }

// runs notes which blogs somebody runs or writes, and no others.
func (r *commentsRun) runs(who *seen.Account, list []seen.Blog) {
	r.drop(who.ID, noBlog)
	for _, b := range list {
		known, listed := r.Env.Policy.Blog(b.ID)
		if !listed && (!who.Active() || b.Gone) {
			continue
		}
		c := r.book.Class(moderation.BlogKey(b.ID))
		if c.Blog == nil {
			c.Blog = &moderation.Blog{}
		}
		noteBlogger(c.Blog, who.ID, b)
		if known.Name == "" {
			c.Name = b.Name
		}
	}
}

// noteBlogger notes what somebody's own list of blogs says of one.
func noteBlogger(blog *moderation.Blog, who string, b seen.Blog) {
	if blog.People == nil {
		blog.People = map[string]moderation.Blogger{}
	}
	blog.Gone, blog.Link = b.Gone, b.Link
	blog.People[who] = moderation.Blogger{Role: b.Role, User: b.User}
}

// blogger is as whom something is done on a blog: somebody who runs it, best one who looks after it; else somebody who writes it, who sees what readers see; nil if nobody of the school does either.
func blogger(who *school.Directory, b *moderation.Blog) (as *seen.Account, runs bool) {
	for _, id := range slices.Concat(b.Hosts, b.Runners(), slices.Sorted(maps.Keys(b.People))) {
		a, ok := who.AccountByID(id)
		p, known := b.People[id]
		switch {
		case !ok || !known || !a.Active():
		case p.Role == moderation.Runs:
			return a, true
		case as == nil:
			as = a
		}
	}
	return as, false
}

// readBlog takes up what was said on a blog, what became of it, and which posts readers see.
func (r *commentsRun) readBlog(ctx context.Context, as *seen.Account, id string, c *moderation.Class) {
	start, since := r.start(), r.Now.AddDate(0, 0, -commentsKept)
	if since.Before(start) {
		since = start
	}
	rules := r.rules(policy.PlaceBlogs)
	for _, p := range c.Posts {
		p.Hidden = false // unless [commentsRun.blogPosts] finds that it is
		for _, rule := range rules {
			if w := c.Waiting(p, rule); len(w) > 0 && w[0].At.Before(since) {
				since = w[0].At
			}
		}
	}
	list, ok := r.BlogComments(ctx, as, id, since)
	if !ok {
		return
	}
	there := map[string]bool{}
	for _, k := range list {
		there[k.ID] = true
		if k.Post != "" && !k.At.Before(start) && !k.At.After(r.Now) {
			r.comment(c, k)
		}
	}
	for _, p := range c.Posts {
		for i, a := range p.Acts {
			if !a.At.Before(since) && !there[a.Key] && a.Gone == "" {
				p.Acts[i].Gone = moderation.Deleted
			}
		}
	}
	c.ForgetTexts(rules)
}

// comment takes up one comment as it is now.
func (r *commentsRun) comment(c *moderation.Class, k seen.BlogComment) {
	gone := ""
	if k.Status != seen.CommentLive && k.Status != seen.CommentPending {
		gone = k.Status
	}
	p := c.Posts[k.Post]
	if p == nil && gone != "" {
		return // nobody sees it, and we never saw it
	}
	p = c.Post(k.Post)
	p.Kind = seen.PostBlog
	old := p.Act(k.ID)
	if old == nil {
		if gone != "" {
			return
		}
		act := moderation.Act{At: k.At.UTC(), Key: k.ID, What: moderation.Comment, Pending: k.Status == seen.CommentPending, Text: plainText(k.Text)}
		for host, who := range c.Blog.People {
			if k.Author != "" && who.User == k.Author && slices.Contains(c.Blog.Hosts, host) {
				act.By, act.Adult = host, true
			}
		}
		p.Add(act)
		return
	}
	if old.Pending && k.Status == seen.CommentLive {
		old.Settled = true // only somebody who runs the blog lets a comment through
	}
	old.Pending, old.Gone, old.Text = k.Status == seen.CommentPending, gone, plainText(k.Text)
	if old.Wish != nil && old.Wish.To == k.Status {
		old.Wish = nil
	}
}

// blogEvidence says what is known of a blog, or of its posts, of which the check yields a finding no longer; "" is nothing.
func (r *commentsRun) blogEvidence(id string, hostless bool) findings.How {
	key := moderation.BlogKey(id)
	switch {
	case r.Missed(seen.Scope("blog/" + id)), len(r.in.Kinds.Unknown) > 0:
		return ""
	case !slices.Contains(r.book.Blogs(), key):
		return findings.Withdrawn // it is nobody's any more
	case !hostless && !r.book.Class(key).Blog.Listed:
		return findings.Withdrawn
	}
	return findings.Fine
}

// blogsOf lists the blogs as the check sees them, where the policy asks for them; one that the policy lists and that could not be read is left out.
func blogsOf(p *policy.Policy, c *census.Census, b *moderation.Book) []comments.Class {
	if !asksFor(p, policy.PlaceBlogs) {
		return nil
	}
	var out []comments.Class
	for _, key := range b.Blogs() {
		if id, _ := moderation.BlogOf(key); !c.Missed(seen.Scope("blog/" + id)) {
			out = append(out, comments.Class{ID: key, Place: policy.PlaceBlogs, Book: b.Class(key)})
		}
	}
	return out
}

// mostText is how much of a comment is kept until somebody has looked.
const mostText = 2000

// plainText is what a comment says, without its mark-up: it is shown as text only.
func plainText(s string) string {
	var b strings.Builder
	for z := html.NewTokenizer(strings.NewReader(s)); ; {
		switch t := z.Next(); t {
		case html.ErrorToken: // the end
			text := []rune(strings.TrimSpace(b.String()))
			if len(text) > mostText {
				return string(text[:mostText]) + "…"
			}
			return string(text)
		case html.TextToken:
			b.Write(z.Text())
		case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken:
			if name, _ := z.TagName(); slices.Contains([]string{"br", "p", "div", "li"}, string(name)) && b.Len() < 4*mostText {
				b.WriteByte('\n')
			}
		}
	}
}

// clauseAt is the clause that asks for comments at a place to be looked at, the first if there are more; "" if none does.
func clauseAt(p *policy.Policy, place string) string {
	for _, m := range means(p, CommentsJob) {
		if w, ok := m.With.(*policy.CommentsWith); ok && w.At(place) {
			return m.ID
		}
	}
	return ""
}

// asksFor tells whether the policy asks for comments at a place.
func asksFor(p *policy.Policy, place string) bool { return clauseAt(p, place) != "" }
