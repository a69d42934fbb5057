package browser

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/decisions"
	"esafetybot/internal/moderation"
	"esafetybot/internal/policy"
	"esafetybot/internal/pseudonym"
	"esafetybot/internal/sim/world"
)

// blogHost is the address of the first who looks after the blog.
func (s *stage) blogHost() string {
	s.t.Helper()
	b, ok := s.policy.Blog(s.blog)
	if !ok || !b.Moderate || len(b.Hosts) == 0 {
		s.t.Fatalf("the policy does not let anybody look after the blog: %+v", b)
	}
	return s.user(b.Hosts[0]).PrimaryEmail
}

// blogPost writes a post on a blog as whoever runs it, with comments of readers: "pending", or for all.
func (s *stage) blogPost(blog, title string, comments ...world.BlogComment) (post string, ids []string) {
	s.t.Helper()
	var by string
	s.world.View(func() {
		for _, m := range s.world.Blog(blog).Members {
			if u := s.world.User(m.Email); by == "" && m.Role == world.BlogAdmin && u != nil && !u.Suspended {
				by = u.PrimaryEmail
			}
		}
	})
	post, err := s.world.WriteBlogPost(blog, &world.BlogPost{Title: title, ReaderComments: "ALLOW"}, by)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, c := range comments {
		c.Author = world.BlogPerson{ID: "100200300", DisplayName: "A reader"}
		id, err := s.world.WriteBlogComment(blog, post, c, "")
		if err != nil {
			s.t.Fatal(err)
		}
		ids = append(ids, id)
	}
	return post, ids
}

// comment is a comment on the blog as it is at the simulated Blogger now.
func (s *stage) comment(post, id string) (c world.BlogComment) {
	s.t.Helper()
	s.world.View(func() { c = *s.world.Blog(s.blog).Comment(post, id) })
	return c
}

// becomes finds the button for a comment: "Show to readers", "Hide" or "Remove for good" is what it says.
func (s *stage) becomes(to, post, comment string) string {
	return fmt.Sprintf("button[name=do][value=%q]", to+" "+s.blogItem(post)+" "+comment)
}

func (s *stage) blogItem(post string) string {
	return moderation.Subject(moderation.BlogKey(s.blog), post)
}

// reviewedAs finds the button that says that somebody looked at an item.
func reviewedAs(item string) string { return fmt.Sprintf("button[name=one][value^=%q]", item+" ") }

// The host sees what a comment says and whether readers see it, shows one, hides one, removes one and leaves the last; Blogger then has it so.
func TestHostModerates(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, false)
	post, ids := s.blogPost(s.blog, "Our hedgehog",
		world.BlogComment{Content: "What a fine hedgehog!", Status: world.CommentPending},
		world.BlogComment{Content: "Hedgehogs are boring."},
		world.BlogComment{Content: "Something very rude.", Status: world.CommentPending},
		world.BlogComment{Content: "I saw one <b>too</b>."},
	)
	kind, boring, rude, too := ids[0], ids[1], ids[2], ids[3]
	s.work()
	v := s.signedIn(t, s.blogHost())
	v.says("the comments", 200, "Our hedgehog", "What a fine hedgehog!", "Hedgehogs are boring.", "Something very rude.", "I saw one too.", "4 new comments")
	for id, want := range map[string]string{kind: "Show to readers|Hide|Remove for good", rude: "Show to readers|Hide|Remove for good", boring: "Hide|Remove for good", too: "Hide|Remove for good"} {
		said := fmt.Sprintf("[...document.querySelectorAll(%q)].map(b => b.innerText).join('|')", "button[name=do][value$=\" "+s.blogItem(post)+" "+id+"\"]")
		if got := get(v, chromedp.Evaluate[string](said)); got != want {
			t.Errorf("on the comment %q one can press %q, want %q", s.comment(post, id).Content, got, want)
		}
		hidden := fmt.Sprintf("document.querySelector(%q).closest('blockquote').innerText.includes('readers do not see it yet')", s.becomes(decisions.Hide, post, id))
		if got, want := get(v, chromedp.Evaluate[bool](hidden)), s.comment(post, id).Status == world.CommentPending; got != want {
			t.Errorf("on the comment %q the page says that readers do not see it: %v, want %v", s.comment(post, id).Content, got, want)
		}
	}

	for _, x := range []struct{ what, do, id, says string }{
		{"showing", decisions.Show, kind, "What a fine hedgehog!"}, {"hiding", decisions.Hide, boring, "Hedgehogs are boring."}, {"removing", decisions.Remove, rude, "Something very rude."},
	} {
		v.press(s.becomes(x.do, post, x.id))
		v.says(x.what, 200, "It is noted, and done within the hour.", "I saw one too.")
		if strings.Contains(v.text(), x.says) {
			t.Errorf("%s: the comment waits still:\n%s", x.what, v.text())
		}
	}
	v.press(reviewedAs(s.blogItem(post)))
	v.says("leaving the last", 200, "It is noted that you looked.")
	if strings.Contains(v.text(), "Our hedgehog") {
		t.Errorf("the post waits still:\n%s", v.text())
	}

	s.work()
	for id, want := range map[string]string{kind: world.BlogLive, boring: world.CommentSpam, rude: world.CommentEmptied, too: world.BlogLive} {
		if got := s.comment(post, id).Status; got != want {
			t.Errorf("at Blogger the comment is %s, want %s", got, want)
		}
	}
	if s.comment(post, kind).ApprovedBy == "" || s.comment(post, rude).Content != "" {
		t.Errorf("the shown and the removed comment are %+v and %+v", s.comment(post, kind), s.comment(post, rude))
	}
	type wish struct{ Do, To, Item, Comment, By string }
	by, item, got := s.user(s.blogHost()).ID, s.blogItem(post), map[wish]bool{}
	for _, body := range s.noted() {
		var d decisions.Decision
		if err := json.Unmarshal([]byte(body), &d); err != nil {
			t.Fatal(err)
		}
		got[wish{d.Do, d.To, d.Item, d.Comment, d.By.ID}] = true
	}
	if diff := cmp.Diff(map[wish]bool{
		{decisions.Moderate, decisions.Show, item, kind, by}: true, {decisions.Moderate, decisions.Hide, item, boring, by}: true, {decisions.Moderate, decisions.Remove, item, rude, by}: true,
		{decisions.Reviewed, "", item, "", by}: true,
	}, got); diff != "" {
		t.Errorf("noted was:\n%s", diff)
	}
	for key := range s.noted() {
		if j, err := decisions.Judged(t.Context(), s.main, key); err != nil || j == nil || !j.Counts {
			t.Errorf("decision %s was judged %+v, %v", key, j, err)
		}
	}
	s.work()
	if slices.Contains(s.waiting()[moderation.BlogKey(s.blog)], s.blogItem(post)) {
		t.Error("after all of it the post waits still")
	}
}

// What strangers write on a blog is shown as what they wrote: it does nothing to the page, with scripts switched on and past the site's policy too, nor to the words around it.
func TestHostileComments(t *testing.T) {
	t.Parallel()
	const (
		tags    = `<script>document.title = "owned"</script><img src="x" onerror="document.title='owned'"><form action="https://elsewhere.example"><button name="do">Free tablets</button></form><style>main { display: none }</style>Nice.`
		shown   = `&lt;script&gt;document.title = &quot;owned&quot;&lt;/script&gt; &lt;/blockquote&gt; "' }} {{.Token}}`
		turned  = "\u202Eneveis si siht \u2067\u2067 and \u0627\u0644\u0633\u0644\u0627\u0645"
		stacked = "Z\u0300\u0301\u0302\u0303\u0304\u0305"
	)
	s := newStage(t, nil, false)
	post, ids := s.blogPost(s.blog, "Our <b>hedgehog</b>", world.BlogComment{Content: tags}, world.BlogComment{Content: shown}, world.BlogComment{Content: turned},
		world.BlogComment{Content: strings.Repeat("W", 10000)}, world.BlogComment{Content: strings.Repeat("long ", 2000)}, world.BlogComment{Content: strings.Repeat(stacked, 200)}, world.BlogComment{Content: "<i></i>"})
	s.work()
	v := s.signedIn(t, s.blogHost())
	defer v.scripted()()
	v.open("/")
	v.says("the comments", 200, "Nice.", `<script>document.title = "owned"</script> </blockquote> "' }} {{.Token}}`, "(It has no text.)", "long …")
	if got := v.title(); !strings.HasPrefix(got, "My page") {
		t.Errorf("a comment made the page's title %q", got)
	}
	if n := v.count("main img, main script, main style, main b, main form[action^=http]"); n != 0 {
		t.Errorf("comments made %d elements of the page", n)
	}
	said := eval[string](v, "[...document.querySelectorAll('.said')].map(e => getComputedStyle(e).unicodeBidi).filter((x, i, all) => all.indexOf(x) === i).join()")
	if said != "isolate" && said != "plaintext" {
		t.Errorf("what turns the direction of letters can reach what stands around a comment: %q", said)
	}
	if longest := eval[int](v, "Math.max(...[...document.querySelectorAll('.said')].map(e => e.innerText.length))"); longest > 2001 {
		t.Errorf("a comment takes %d letters of the page", longest)
	}
	v.fits(false)
	v.accessible()

	v.press(s.becomes(decisions.Hide, post, ids[0])) // the buttons of such comments do what they say
	v.says("hiding it", 200, "It is noted, and done within the hour.")
	if strings.Contains(v.text(), "Nice.") || !strings.Contains(v.text(), "long …") {
		t.Errorf("another comment went:\n%s", v.text())
	}
	s.work()
	if got := s.comment(post, ids[0]).Status; got != world.CommentSpam {
		t.Errorf("at Blogger it is %s", got)
	}
}

// Who does not look after a blog decides nothing on it, and where the policy lets nothing be changed nobody does.
func TestModerationRefused(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, false)
	_, teacher := s.teacher(2)
	host, comments := s.blogHost(), []world.BlogComment{{Content: "Hedgehogs are boring."}}
	post, ids := s.blogPost(s.blog, "Our hedgehog", comments...)
	var council string // a blog on which nothing can be changed from the site
	for _, b := range s.policy.Blogs {
		if u := s.user(b.Hosts[0]); council == "" && !b.Moderate && u != nil && !u.Suspended {
			council = b.ID
		}
	}
	otherHost := func() string {
		b, _ := s.policy.Blog(council)
		return b.Hosts[0]
	}()
	otherPost, otherIDs := s.blogPost(council, "The council met", world.BlogComment{Content: "It met on time.", Status: world.CommentPending})
	s.work()
	hide := decisions.Hide + " " + s.blogItem(post) + " " + ids[0]
	form := func(v *visitor, do string) map[string]string {
		return map[string]string{"form_token": v.value("#moderate [name=form_token]", "value"), "form": v.value("#moderate [name=form]", "value"), "do": do}
	}
	mine := s.signedIn(t, host)
	for _, x := range []struct {
		what, who string
		do        func(v *visitor)
		status    int
		says      []string
	}{
		{"a teacher with the host's form", teacher, func(v *visitor) { v.send(v.s.site+"/moderate", form(mine, hide)) }, 403, []string{"This was not taken"}},
		{"another host, with a form of their own", s.role(policy.RolePageHost), func(v *visitor) {
			f := form(v, hide)
			f["do"] = strings.Replace(hide, s.blogItem(post), moderation.Subject(moderation.BlogKey("41"), post), 1)
			v.send(v.s.site+"/moderate", f)
		}, 403, []string{"This is not yours to decide", "a comment on another blog", "Nothing was changed."}},
		{"no such comment", host, func(v *visitor) { v.send(v.s.site+"/moderate", form(v, hide+"9")) }, 404, []string{"There is no such page"}},
		{"to do what nobody can", host, func(v *visitor) { v.send(v.s.site+"/moderate", form(v, "shout "+s.blogItem(post)+" "+ids[0])) }, 400, []string{"This could not be read"}},
		{"the token of another form", host, func(v *visitor) {
			f := form(v, hide)
			f["form_token"] = v.value("form[action='/reviewed'] [name=form_token]", "value")
			v.send(v.s.site+"/moderate", f)
		}, 403, []string{"This was not taken", "Nothing has been changed."}},
		{"a blog on which the policy lets nothing be changed", otherHost, func(v *visitor) {
			v.says("its comments", 200, "It met on time.")
			item := moderation.Subject(moderation.BlogKey(council), otherPost)
			if n := v.count(fmt.Sprintf("button[name=do][value*=%q]", item)); n != 0 {
				v.t.Errorf("the page offers %d buttons on it", n)
			}
			v.send(v.s.site+"/moderate", form(v, decisions.Show+" "+item+" "+otherIDs[0]))
		}, 403, []string{"This cannot be done from here", "Open the comment in Blogger"}},
	} {
		t.Run(x.what, func(t *testing.T) {
			v := s.signedIn(t, x.who)
			s.changesNothing(t, func() { x.do(v) })
			v.says(x.what, x.status, x.says...)
		})
	}
	t.Run("a teacher", func(t *testing.T) {
		v := s.signedIn(t, teacher)
		if strings.Contains(v.text(), "Hedgehogs") || v.count("#moderate, button[name=do]") > 0 {
			t.Errorf("a teacher who does not look after the blog sees its comments:\n%s", v.text())
		}
		s.changesNothing(t, func() {
			v.set(oneButton, s.blogItem(post)+" 2026-09-06T12:00:00Z")
			v.press(oneButton)
		})
		v.says("saying that they looked at it", 403, "This is not yours to decide")
	})
	// What is written past the site is refused by the worker.
	forged := map[string]string{}
	for _, who := range []string{teacher, s.pupil()} {
		d, err := decisions.Make(t.Context(), s.decisions, who, decisions.Decision{
			At: s.world.Now(), By: decisions.By{ID: s.user(who).ID, Hash: pseudonym.Of(who)}, Do: decisions.Moderate, To: decisions.Hide, Item: s.blogItem(post), Comment: ids[0],
		})
		if err != nil {
			t.Fatal(err)
		}
		forged[who] = d.ID
	}
	s.work()
	for who, id := range forged {
		if j, err := decisions.Judged(t.Context(), s.main, id); err != nil || j == nil || j.Counts || j.Why == "" {
			t.Errorf("forged as %s: judged %+v, %v; want a refusal with its reason", who, j, err)
		}
	}
	if got := s.comment(post, ids[0]).Status; got != world.BlogLive {
		t.Errorf("after forged decisions the comment is %s at Blogger", got)
	}

	mine.open("/")
	mine.press(s.becomes(decisions.Hide, post, ids[0])) // all of it was theirs, not the form's
	mine.says("the host's own form", 200, "It is noted, and done within the hour.")
	s.work()
	if got := s.comment(post, ids[0]).Status; got != world.CommentSpam {
		t.Errorf("at Blogger it is %s", got)
	}
}
