package generate

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/sim/truth"
	"esafetybot/internal/sim/world"
)

// truthOfComments is what truth says of comments: the rest of the policies need not be worked out.
func truthOfComments(t *testing.T, s *School, o truth.Options) truth.Truth {
	t.Helper()
	dir := t.TempDir()
	if err := s.World.Save(dir); err != nil {
		t.Fatal(err)
	}
	if err := writePolicies(dir, s.Policies); err != nil {
		t.Fatal(err)
	}
	tenant, err := truth.LoadTenant(dir)
	if err != nil {
		t.Fatal(err)
	}
	policies, err := truth.LoadPolicies(dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range policies {
		p.Means, p.Accounts, p.Devices, p.PupilEmail, p.Settings, p.Names = nil, nil, nil, nil, nil, nil
		policies[name] = p
	}
	if err := tenant.LoadRolls(dir, policies); err != nil {
		t.Fatal(err)
	}
	return o.ComputeFrom(tenant, policies)
}

// blogFindings are the findings about blogs of a school as it stands, by policy: "rule subject", sorted.
func blogFindings(t *testing.T, s *School, o truth.Options) map[string][]string {
	t.Helper()
	got := truthOfComments(t, s, o)
	out := map[string][]string{}
	for name, list := range got.Policies {
		for _, f := range list {
			if strings.HasPrefix(f.Rule, "comments.") && strings.HasPrefix(f.Subject, "blog") {
				out[name] = append(out[name], f.Rule+" "+f.Subject)
			}
		}
	}
	return out
}

// Both policies list the blogs, and find on them exactly what was meant to be found, in schools of every size and with two schools in one account.
func TestBlogsIntended(t *testing.T) {
	for i, pupils := range []int{MinPupils, 30, 60, 420} {
		s := school(t, pupils, int64(i+1))
		found := blogFindings(t, s, truth.Options{})
		for name, text := range s.Policies {
			if !strings.Contains(text, "\nblogs:\n  - {blog: \"7") || strings.Count(text, "\nblogs:") != 1 {
				t.Errorf("%d pupils: %s lists no blogs", pupils, name)
			}
			var want []string
			for _, rule := range []string{noHost, unreviewed} {
				for _, x := range s.hits[name][rule] {
					if strings.HasPrefix(x, "blog") {
						want = append(want, rule+" "+x)
					}
				}
			}
			slices.Sort(want)
			slices.Sort(found[name])
			if len(want) < 10 || !slices.Equal(want, found[name]) {
				t.Errorf("%d pupils: %s: meant\n%s\nfound\n%s", pupils, name, strings.Join(want, "\n"), strings.Join(found[name], "\n"))
			}
		}
	}
}

// TestBlogsOfADay: whatever a day brings on blogs, nothing is approved in Blogger that nobody could see waiting, no old answer is taken away, no blog comes, and nobody gets another role.
func TestBlogsOfADay(t *testing.T) {
	s := school(t, 30, 4)
	w, first := s.World, s.World.Now()
	members := func() (n int) {
		for _, b := range w.Blogs() {
			n += 1 + len(b.Members)
		}
		return n
	}
	before := members()
	p := s.Player()
	p.Changes = 100
	young, old := 0, 0 // answers that were taken away
	for range 35 {
		there := answers(w)
		if _, err := p.Play(); err != nil {
			t.Fatal(err)
		}
		after := answers(w)
		for id, published := range there {
			switch _, ok := after[id]; {
			case ok:
			case published.Before(w.Now().AddDate(0, 0, -22)):
				old++
			default:
				young++
			}
		}
	}
	if old > 0 || young == 0 {
		t.Errorf("%d old answers were taken away and %d young ones, want none and some", old, young)
	}
	if n := members(); n != before {
		t.Errorf("%d blogs and members became %d", before, n)
	}
	approved := 0
	for _, b := range w.Blogs() {
		for _, list := range b.Comments {
			for _, c := range list {
				if c.Approved.After(first) {
					approved++
					if c.Approved.Before(first.Add(seenAfter)) || c.Approved.Before(c.Published.Add(seenAfter)) {
						t.Errorf("comment %s of %s was approved at %s, first look %s", c.ID, c.Published, c.Approved, first)
					}
				}
				if c.Status == world.BlogLive && !c.Approved.IsZero() && c.ApprovedBy == "" {
					t.Errorf("nobody approved %s", c.ID)
				}
			}
		}
	}
	if approved == 0 {
		t.Error("nothing was approved in Blogger")
	}
}

// answers are the comments that readers see of whoever runs or writes the blog, with when they were made.
func answers(w *world.World) map[string]time.Time {
	out := map[string]time.Time{}
	for _, b := range w.Blogs() {
		for _, list := range b.Comments {
			for _, c := range list {
				if c.Status == world.BlogLive && isAnswer(b, c) {
					out[c.ID] = c.Published
				}
			}
		}
	}
	return out
}

// TestSchoolWithoutBlogs: a tenant without blogs brings the same days as with them, but for the blogs.
func TestSchoolWithoutBlogs(t *testing.T) {
	var with []string
	for _, blogs := range []bool{true, false} {
		s := school(t, 30, 3)
		dir := t.TempDir()
		if err := s.World.Save(dir); err != nil {
			t.Fatal(err)
		}
		if !blogs {
			if err := os.WriteFile(filepath.Join(dir, "blogs.json"), []byte("[]"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		w, err := world.Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		p := NewPlayer(w, 5)
		var days []string
		for range 3 {
			what, err := p.Play()
			if err != nil {
				t.Fatal(err)
			}
			days = append(days, strings.Join(slices.DeleteFunc(what, func(x string) bool { return strings.Contains(x, "blog") }), ", "))
		}
		if blogs {
			with = days
		} else if !slices.Equal(with, days) {
			t.Errorf("with blogs\n%s\nwithout\n%s", strings.Join(with, "\n"), strings.Join(days, "\n"))
		}
	}
}

// TestBlogStory plays the half-term and looks what waits on the blog of its story, evening by evening.
func TestBlogStory(t *testing.T) {
	s := school(t, 30, 1)
	first := s.World.Now()
	blog := s.cast.listed[0].id
	post := s.World.Blog(blog).Posts[0].ID
	subject := unreviewed + " " + world.BlogSubject(blog, post)
	var waits []int
	for i, d := range s.HalfTerm()[:25] {
		if i == 0 { // what waited before is looked at
			if err := s.World.Decide(world.Decision{By: s.cast.head.PrimaryEmail, Do: "reviewed", Item: world.BlogSubject(blog, post), Saw: first}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := d.Play(); err != nil {
			t.Fatal(err)
		}
		if slices.Contains(blogFindings(t, s, truth.Options{First: first, Now: s.World.Now().Truncate(time.Second)})[Classroom], subject) {
			waits = append(waits, i+1)
		}
	}
	if want := []int{2, 3, 4, 8, 11, 16, 17, 18, 19}; !slices.Equal(waits, want) {
		t.Errorf("the post of the story waits on the evenings of days %v, want %v", waits, want)
	}
}
