package generate

import (
	"slices"
	"strings"
	"testing"

	"esafetybot/internal/sim/truth"
	"esafetybot/internal/sim/world"
)

// namesOnBlogs are the findings about names in blogs of a school as it stands under the Dojo policy: "rule subject: facts".
func namesOnBlogs(t *testing.T, s *School) (out []string) {
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
	if err := tenant.LoadRolls(dir, policies); err != nil {
		t.Fatal(err)
	}
	p := policies[Dojo]
	p.Means, p.Accounts, p.Devices, p.PupilEmail, p.Settings, p.Comments, p.CheckIns, p.DojoCheckIns, p.Records, p.Reminders = nil, nil, nil, nil, nil, nil, nil, nil, nil, nil
	tenant.Files = nil
	for _, f := range truth.ComputeFrom(tenant, map[string]truth.Policy{Dojo: p}, s.World.Now()).Policies[Dojo] {
		if strings.HasPrefix(f.Subject, "blog-post/") {
			out = append(out, f.Rule+" "+f.Subject+": "+strings.Join(f.Facts, ", "))
		}
	}
	return out
}

// Names are found in posts and in comments, of pupils with an account and of one with a row only, in schools of every size.
func TestNamesOnBlogs(t *testing.T) {
	for i, pupils := range []int{MinPupils, 60, 420} {
		s := school(t, pupils, int64(i+1))
		found := namesOnBlogs(t, s)
		for _, want := range []string{fullName, notToPublish, "in-post", "in-comments", "in-comments, in-post", ": in-comments, pupil/", "roll/"} {
			if !slices.ContainsFunc(found, func(f string) bool { return strings.Contains(f, want) }) {
				t.Errorf("%d pupils: nothing found has %q", pupils, want)
			}
		}
		t.Logf("%d pupils, seed %d: %d findings about names on blogs", pupils, i+1, len(found))
	}
}

// TestNamesOnBlogsOfADay: everything happens that days may bring of names on blogs, findings come and go, and no post comes back on which somebody had commented.
func TestNamesOnBlogsOfADay(t *testing.T) {
	s := school(t, 30, 5)
	p := s.Player()
	p.Changes = 100
	first := map[string]string{}
	for _, b := range s.World.Blogs() {
		first[b.Blog.ID] = b.Posts[0].ID
	}
	gone := map[string]bool{} // that were taken back with comments on them
	happened := map[string]bool{}
	came, went := 0, 0
	before := namesOnBlogs(t, s)
	for day := range 30 {
		what, err := p.Play()
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range what {
			happened[x] = true
		}
		for _, b := range s.World.Blogs() {
			for i, x := range b.Posts {
				subject := world.BlogSubject(b.Blog.ID, x.ID)
				switch {
				case x.Status != world.BlogLive && len(b.Comments[x.ID]) > 0:
					gone[subject] = true
				case x.Status == world.BlogLive && gone[subject]:
					t.Errorf("%s came back with the comments on it", subject)
				}
				if i == 0 && first[b.Blog.ID] != x.ID {
					t.Errorf("the first post of the blog %s is gone", b.Blog.ID)
				}
			}
		}
		if day%10 < 9 {
			continue // to work it out takes longer than the day
		}
		after := namesOnBlogs(t, s)
		for _, f := range after {
			if !slices.Contains(before, f) {
				came++
			}
		}
		for _, f := range before {
			if !slices.Contains(after, f) {
				went++
			}
		}
		before = after
	}
	for _, a := range p.named.actions() {
		if !happened[a.name] {
			t.Errorf("it never happened that %s", a.name)
		}
	}
	if came == 0 || went == 0 || len(gone) == 0 {
		t.Errorf("%d findings came, %d went, %d posts with comments were taken back", came, went, len(gone))
	}
}
