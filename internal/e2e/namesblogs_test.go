package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/audit"
	"esafetybot/internal/checks/names"
	"esafetybot/internal/colours"
	"esafetybot/internal/findings"
	"esafetybot/internal/google"
	"esafetybot/internal/jobs"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/privacy"
	"esafetybot/internal/seen"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
	"esafetybot/internal/store"
)

const kim = "kim@hazelbank.example"

// bot is the service account of a hand-made tenant that names none, so that a scope can be taken from it.
var bot = world.Client{ClientID: "1001", Email: "bot@project.example"}

// blogless is the folder of the hand-made school about names as it would be without its blogs.
func blogless(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../sim/testdata/tenants/names")); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "blogs.json")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"classroom-school.yaml", "dojo-school.yaml"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		cut := regexp.MustCompile(`(?m)^blogs:\n(  .*\n)+`).ReplaceAll(text, nil)
		if len(cut) == len(text) {
			t.Fatal(name + " lists no blogs any more")
		}
		if err := os.WriteFile(filepath.Join(dir, name), cut, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// hazelblogs serves the hand-made school about names with two blogs that its policy lists, and one that it does not. kim runs the first; of the second nobody is more than an author.
func hazelblogs(t *testing.T) (*campus, *watch) {
	t.Helper()
	dir := blogless(t)
	w, err := world.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	text := tenantPolicies(t, dir)["classroom-school"]
	text = strings.Replace(text, "  workspace_admin:", "  safeguarding_lead: emma@hazelbank.example\n  workspace_admin:", 1)
	text = strings.Replace(text, "\nclauses:\n", "\nblogs:\n  - {blog: \"41\", name: Year 4 writes, hosts: ["+kim+"]}\n  - {blog: \"42\", hosts: [emma@hazelbank.example]}\nclauses:\n", 1)
	said := func(status, what string) *world.BlogComment {
		return &world.BlogComment{Author: world.BlogPerson{ID: "9001", DisplayName: "Reader"}, Status: status, Content: what}
	}
	first := &world.Blog{Blog: world.BlogInfo{ID: "41", Name: "Year 4 writes"}, Members: []*world.BlogMember{{Email: kim, UserID: "8101", Role: world.BlogAdmin}},
		Posts: []*world.BlogPost{
			{ID: "1", Title: "Ada Larkham reads", Content: "<p>To the class.</p>", URL: "https://year4.example/2026/11/ada-larkham-reads.html"},
			{ID: "2", Title: "Our pond", Content: "<p>By <b>Bo</b>&nbsp;Li.</p>"},
			{ID: "3", Title: "Assembly", Content: "<p>On Monday.</p>"},
			{ID: "4", Title: "Harvest", Content: "<p>Thomas sang.</p>"},
			{ID: "5", Title: "Bo Li", Content: "<p>Not yet.</p>", Status: "DRAFT"},
			{ID: "6", Title: "Lines", Content: "<p>Bo</p><p>Li</p><script>Bo Li</script><!-- Bo Li -->"},
			{ID: "7", Title: "Pictures", Content: `<p>Here:<br><img src="x.jpg" alt="Thomas Quill"></p>`},
			{ID: "8", Title: "Visitors", Content: "<p>Kim Brackley told us.</p>"},
		},
		Comments: map[string][]*world.BlogComment{
			"3": {said("LIVE", "Well done Zoë O’Connor-Mossop!"), said("PENDING", "Jörg Lütkens"), said("SPAM", "Jörg Lütkens"), said("EMPTIED", "")},
			"5": {said("LIVE", "Bo Li")},
			"7": {said("LIVE", "Thomas &amp; <i>Bo Li</i>")},
		}}
	for i := range 45 { // more than two pages
		first.Posts = append(first.Posts, &world.BlogPost{ID: fmt.Sprint(100 + i), Title: fmt.Sprint("Week ", i), Content: "<p>What we did.</p>"})
	}
	second := &world.Blog{Blog: world.BlogInfo{ID: "42", Name: "Rehearsals"}, Members: []*world.BlogMember{{Email: "emma@hazelbank.example", UserID: "8102", Role: world.BlogAuthor}},
		Posts: []*world.BlogPost{{ID: "1", Title: "Bo Li dances", Content: "x"}}}
	other := &world.Blog{Blog: world.BlogInfo{ID: "43", Name: "Nobody listed it"}, Members: []*world.BlogMember{{Email: kim, UserID: "8101", Role: world.BlogAdmin}},
		Posts: []*world.BlogPost{{ID: "1", Title: "Bo Li dances", Content: "x"}}}
	for _, b := range []*world.Blog{first, second, other} {
		n := 0
		for _, p := range b.Posts {
			p.Published = time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC)
			for _, c := range b.Comments[p.ID] {
				c.ID, c.Published = fmt.Sprint(600+n), time.Date(2025, 3, 4, 9, 0, 0, 0, time.UTC) // long ago
				n++
			}
		}
		if err := w.AddBlog(b); err != nil {
			t.Fatal(err)
		}
	}
	w.Settings.Clients = []world.Client{bot}
	s := serve(t, w, map[string]string{"classroom-school": text}, server.Options{})
	return s, s.watches[0]
}

// onBlogs lists what is open on blogs: rule, subject and facts.
func onBlogs(t testing.TB, w *watch) []string {
	t.Helper()
	out := []string{}
	for _, f := range foundBy(t, w, names.Means) {
		if strings.HasPrefix(f.Subject, "blog-post/") {
			out = append(out, strings.TrimPrefix(f.Rule, "names.")+" "+f.Subject+" "+strings.Join(f.Facts, " "))
		}
	}
	slices.Sort(out)
	return out
}

// TestNamesOnBlogs follows what stands on a listed blog: found, put right on evidence, left alone where it could not be seen.
func TestNamesOnBlogs(t *testing.T) {
	s, w := hazelblogs(t)
	look := func(when string, want ...string) {
		t.Helper()
		s.quietDay()
		s.do(s.runNamed(w, driveJobs...))
		if d := cmp.Diff(append([]string{}, want...), onBlogs(t, w)); d != "" {
			t.Errorf("%s (-want +have):\n%s", when, d)
		}
	}
	stands := func(rule, post, want string) {
		t.Helper()
		if have := w.closing(t, rule, "blog-post/41-"+post); have != want {
			t.Errorf("%s of post %s is %q, want %q", rule, post, have, want)
		}
	}
	gaps := func(want ...string) {
		t.Helper()
		var have []string
		for _, g := range gapsOf(w, jobs.NamesJob) {
			have = append(have, fmt.Sprint(g.Scope, " ", g.Reason))
		}
		if d := cmp.Diff(want, have); d != "" {
			t.Errorf("gaps (-want +have):\n%s", d)
		}
	}
	change := func(f func(b *world.Blog)) { s.world.View(func() { f(s.world.Blog("41")) }) }
	ada, pond, assembly := "full-name blog-post/41-1 in-post pupil/p-ada", "full-name blog-post/41-2 in-post pupil/p-bo", "full-name blog-post/41-3 in-comments pupil/p-zoe"
	both, alone, pictures := "full-name blog-post/41-7 in-comments in-post pupil/p-bo pupil/p-tom", "not-to-publish blog-post/41-4 in-post pupil/p-tom", "not-to-publish blog-post/41-7 in-comments in-post pupil/p-tom"

	look("first", ada, pond, assembly, both, alone, pictures)
	gaps("blogtext/42 no-member")
	if r := w.records[jobs.NamesJob]; r.Calls["blogger.posts.list"] != 3 || r.Calls["blogger.comments.listByBlog"] != 1 {
		t.Errorf("calls %v", r.Calls)
	}
	first := w.records[jobs.NamesJob].Calls["blogger.blogs.listByUser"]
	look("a day later", ada, pond, assembly, both, alone, pictures)
	if again := w.records[jobs.NamesJob].Calls["blogger.blogs.listByUser"]; first != 4 || again != 2 {
		t.Errorf("%d accounts were asked for their blogs, then %d: want everybody of the staff once, then those whom the policy names", first, again)
	}

	// Corrected, a draft again, a comment removed, one of two names gone.
	change(func(b *world.Blog) { b.Post("1").Title = "A. reads" })
	s.do(s.world.SetBlogPost("41", "2", "DRAFT", "", kim))
	s.do(s.world.ModerateBlogComment("41", "3", "600", world.RemoveComment, kim))
	change(func(b *world.Blog) { b.Post("7").Content = "<p>Here.</p>" })
	look("put right", "full-name blog-post/41-7 in-comments pupil/p-bo", alone, "not-to-publish blog-post/41-7 in-comments pupil/p-tom")
	stands("full-name", "1", "resolved fine")
	stands("full-name", "2", "resolved not-found")
	stands("full-name", "3", "resolved fine")

	// Published again; then all is put right where nobody can see it.
	s.do(s.world.SetBlogPost("41", "2", "LIVE", "", kim))
	look("published again", pond, "full-name blog-post/41-7 in-comments pupil/p-bo", alone, "not-to-publish blog-post/41-7 in-comments pupil/p-tom")
	stays := onBlogs(t, w)
	change(func(b *world.Blog) {
		b.Post("4").Content, b.Post("2").Content = "<p>We sang.</p>", "<p>By us.</p>"
		b.Comments["7"] = nil
		b.Post("6").Title = "Bo Li again"
	})
	for route, want := range map[string][]string{
		"blogger.blogs.listByUser":    {"blogtext/41 failed", "blogtext/42 failed"},
		"blogger.posts.list":          {"blogtext/42 no-member", "blogtext/41 failed"},
		"blogger.comments.listByBlog": {"blogtext/42 no-member", "blogtext/41 failed"},
	} {
		s.reserve(server.Options{Faults: server.Faults{Rate: 1, Kinds: []string{"500"}, Routes: []string{route}}})
		look(route+" fails", stays...)
		gaps(want...)
	}
	s.reserve(server.Options{})
	s.without(google.ScopeBlogs)
	look("without the scope", stays...)
	gaps("blogtext/41 refused", "blogtext/42 refused")
	s.reserve(server.Options{})
	change(func(b *world.Blog) { b.Members[0].Role = world.BlogAuthor })
	look("nobody runs it", stays...)
	gaps("blogtext/41 no-member", "blogtext/42 no-member")
	change(func(b *world.Blog) { b.Members[0].Role = world.BlogAdmin })
	look("seen again", "full-name blog-post/41-6 in-post pupil/p-bo")
	stands("full-name", "2", "resolved fine")
	stands("not-to-publish", "4", "resolved fine")

	// Nobody runs the other blog: whatever else is found, that it was not seen stands with each clause on names.
	all, err := audit.Open(t.Context(), w.store, w.policy, s.world.Now(), nil)
	s.do(err)
	now, err := all.At(t.Context(), s.world.Now())
	s.do(err)
	for _, c := range now.Clauses {
		if c.Colour == colours.Green || !slices.ContainsFunc(c.Unseen, func(u string) bool { return strings.HasPrefix(u, "Pupils' names on one of the blogs: nobody") }) {
			t.Errorf("%s is %s, unseen: %q", c.ID, c.Colour, c.Unseen)
		}
	}

	// A post deleted for good, then the whole blog.
	change(func(b *world.Blog) {
		b.Post("3").Content = "<p>Bo Li</p>"
		b.Posts = slices.DeleteFunc(b.Posts, func(p *world.BlogPost) bool { return p.ID == "6" })
	})
	look("a post deleted", "full-name blog-post/41-3 in-post pupil/p-bo")
	stands("full-name", "6", "resolved not-found")
	change(func(b *world.Blog) { b.Blog.Status = world.BlogDeleted })
	look("the blog deleted")
	stands("full-name", "3", "resolved deleted")
	s.private()
}

// TestNamesBlogPassedOn: a blog is run by somebody whom the policy does not name. Whoever takes over from them is found on the same day, and a day on which nobody could be asked is made up for on the next.
func TestNamesBlogPassedOn(t *testing.T) {
	s, w := hazelblogs(t)
	var staff []string // whom the policy names for no blog
	for _, u := range s.world.Users() {
		if u.PrimaryEmail != kim && u.PrimaryEmail != "emma@hazelbank.example" && !u.Suspended && !u.Archived && !under(w.policy, u.OrgUnitPath) {
			staff = append(staff, u.PrimaryEmail)
		}
	}
	if len(staff) != 2 {
		t.Fatal(staff)
	}
	runs := func(who string) {
		s.world.View(func() {
			s.world.Blog("42").Members = []*world.BlogMember{{Email: who, UserID: "8103", Role: world.BlogAdmin}}
		})
	}
	look := func(when string, read bool, asked int) {
		t.Helper()
		s.quietDay()
		s.do(s.runNamed(w, driveJobs...))
		r := w.records[jobs.NamesJob]
		missed := slices.ContainsFunc(r.Gaps, func(g seen.Gap) bool { return g.Scope == "blogtext/42" })
		if missed == read || asked > 0 && r.Calls["blogger.blogs.listByUser"] != asked {
			t.Errorf("%s: %d asked, gaps %v", when, r.Calls["blogger.blogs.listByUser"], r.Gaps)
		}
	}
	runs(staff[0])
	look("first", true, 4)
	look("a day later", true, 3)
	runs(staff[1])
	look("somebody else runs it", true, 4)
	s.reserve(server.Options{Faults: server.Faults{Rate: 1, Kinds: []string{"500"}, Routes: []string{"blogger.blogs.listByUser"}}})
	look("nobody can be asked", false, 0)
	s.reserve(server.Options{})
	look("the day after", true, 3)
	runs("someone@other.example")
	look("nobody of the school runs it", false, 4)
	look("and still nobody", false, 2)
}

// TestNamesOnBlogsAreNotTold: of what is found on blogs the mails tell that there is a name, where, and a link, to whom it concerns; nothing of the text, the title or the address that is made of it. The state holds none of it either.
func TestNamesOnBlogsAreNotTold(t *testing.T) {
	s, w := hazelblogs(t)
	s.do(s.lookAt(w, driveJobs...))
	lead, _ := w.policy.Address(policy.RoleSafeguarding)
	boss, _ := w.policy.Address(policy.RoleHead)
	told := map[string]bool{}
	for _, l := range w.letters(t) {
		for what, to := range map[string]string{"have a pupil's first name and surname in them": boss, "posts on blogs that the public can read need your look": lead} {
			if !strings.Contains(l.text, what) {
				continue
			}
			told[what] = true
			if l.entry.Recipient != outbox.RecipientID(to) {
				t.Errorf("%q is told to somebody else than %s", what, to)
			}
		}
		for _, word := range []string{"Larkham", "larkham", "Quill", "Mossop", "year4.example", "Our pond", "Harvest", "Assembly", "refus", "sang"} {
			if i := strings.Index(l.text, word); i >= 0 {
				t.Errorf("a letter holds %q: …%s…", word, l.text[max(0, i-60):min(len(l.text), i+60)])
			}
		}
	}
	if len(told) != 2 {
		t.Errorf("told: %v", told)
	}
	for _, p := range jobs.Places() {
		for d, err := range w.store.Find(t.Context(), p.C, store.Ask{}) {
			s.do(err)
			body := d.Body
			if p.Form == privacy.Blob {
				body, _, err = store.GetBlob(t.Context(), w.store, p.C, d.Key)
				s.do(err)
			}
			for _, word := range []string{"larkham-reads", "Our pond", "Harvest", "Well done", "sang"} {
				if strings.Contains(string(body), word) {
					t.Errorf("%s/%s holds %q", p.C.Name, d.Key, word)
				}
			}
		}
	}
	for _, f := range all[findings.Finding](t, w.store, findings.Findings) {
		if findings.Means(f.Rule) == names.Means && (f.Deals == string(policy.RoleSafeguarding)) != (f.Rule == names.Means+"."+names.NotToPublish) {
			t.Errorf("%s of %s is dealt with by %s", f.Rule, f.Subject, f.Deals)
		}
	}
	s.private()
}

// TestNamesWithoutBlogs: a school that lists none is asked nothing about blogs, and needs no permission for them.
func TestNamesWithoutBlogs(t *testing.T) {
	s := handMade(t, blogless(t))
	w := s.watches[0]
	s.world.Settings.Clients = []world.Client{bot}
	delegate(s.world)
	s.without(google.ScopeBlogs)
	s.do(s.runNamed(w, driveJobs...))
	r := w.records[jobs.NamesJob]
	for call, n := range r.Calls {
		if strings.HasPrefix(call, "blogger.") {
			t.Errorf("%d calls of %s", n, call)
		}
	}
	if slices.ContainsFunc(r.Gaps, func(g seen.Gap) bool { return g.Scope.Kind() == "blogtext" }) {
		t.Errorf("gaps %v", r.Gaps)
	}
}
