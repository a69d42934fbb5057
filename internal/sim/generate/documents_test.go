package generate

import (
	"slices"
	"strings"
	"testing"

	"esafetybot/internal/sim/truth"
	"esafetybot/internal/sim/world"
)

// documentFindings are the findings about documents of classes of a school as it stands, by policy: "rule subject", sorted.
func documentFindings(t *testing.T, s *School, o truth.Options) map[string][]string {
	t.Helper()
	got := truthOfComments(t, s, o)
	out := map[string][]string{}
	for name, list := range got.Policies {
		for _, f := range list {
			if strings.HasPrefix(f.Rule, "comments.") && strings.HasPrefix(f.Subject, "document/") {
				out[name] = append(out[name], f.Rule+" "+f.Subject)
			}
		}
		slices.Sort(out[name])
	}
	return out
}

// Both policies ask about documents, and find exactly what was meant to be found, in schools of several sizes and with two schools in one account.
func TestDocumentsIntended(t *testing.T) {
	for i, pupils := range []int{30, 60, 420} {
		s := school(t, pupils, int64(i+1))
		found := documentFindings(t, s, truth.Options{})
		for name, text := range s.Policies {
			if n, want := strings.Count(text, "places: [classroom, documents"), map[string]int{Classroom: 2, Dojo: 1}[name]; n != want {
				t.Errorf("%s asks %d times about documents, want %d", name, n, want)
			}
			var want []string
			for _, rule := range []string{noHost, unreviewed} {
				for _, x := range s.hits[name][rule] {
					if strings.HasPrefix(x, "document/") {
						want = append(want, rule+" "+x)
					}
				}
			}
			slices.Sort(want)
			if len(want) < 20 || !slices.Equal(want, found[name]) {
				t.Errorf("%d pupils: %s: meant\n%s\nfound\n%s", pupils, name, strings.Join(want, "\n"), strings.Join(found[name], "\n"))
			}
		}
	}
}

// TestDocumentsMade looks at what there is of each kind, and that nobody outside the school can reach any of it.
func TestDocumentsMade(t *testing.T) {
	for _, pupils := range []int{MinPupils, 100} {
		s := school(t, pupils, 5)
		w := s.World
		folders, copies, attached, drafts, inDrive := 0, 0, 0, 0, 0
		inside := func(f *world.File) {
			for _, g := range f.Permissions() {
				if g.Type != "user" && f.DriveID == "" || g.Type == "user" && domainOf(g.EmailAddress) != Domain {
					t.Errorf("%d pupils: %s is shared with %s %s", pupils, f.Name, g.Type, g.EmailAddress)
				}
			}
		}
		for _, c := range w.Courses() {
			if c.TeacherFolder != nil {
				folders++
				f := w.File(c.TeacherFolder.ID)
				if f == nil || !f.IsFolder() || f.Owner.EmailAddress != w.User(c.OwnerID).PrimaryEmail || c.TeacherFolder.Title != c.Name || c.TeacherFolder.AlternateLink == "" {
					t.Errorf("%d pupils: the folder of %s is %+v", pupils, c.Name, f)
					continue
				}
				for _, d := range w.Children(f.ID) {
					for _, x := range w.Children(d.ID) {
						if isPupil(w.User(x.Owner.EmailAddress)) {
							copies++
						}
						inside(x)
					}
					inside(d)
				}
				inside(f)
			}
			for _, kind := range []string{world.Announcement, world.CourseWork, world.Material} {
				for _, p := range w.Posts(c.ID, kind) {
					for _, a := range p.Materials {
						if a.DriveFile == nil {
							continue
						}
						f := w.File(a.DriveFile.DriveFile.ID)
						attached++
						if inside(f); f.DriveID != "" {
							inDrive++
						}
						if p.State == world.Draft {
							drafts++
						}
					}
				}
			}
		}
		if folders < 2 || attached < 2 || pupils > MinPupils && (copies < 4 || drafts < 2 || inDrive != 1 || attached < 15) {
			t.Errorf("%d pupils: %d folders, %d copies of pupils, %d attachments, %d of drafts, %d in shared drives", pupils, folders, copies, attached, drafts, inDrive)
		}
	}
}

// documentsOf lists what is a document of a class, "COURSE-FILE".
func documentsOf(w *world.World) map[string]bool {
	out := map[string]bool{}
	add := func(c *world.Course, f *world.File) {
		binned := func(id string) bool { return w.File(id) != nil && w.File(id).Trashed }
		if f != nil && !f.IsFolder() && !f.Trashed && !w.Hidden(f) && !slices.ContainsFunc(w.Path(f), binned) {
			out[c.ID+"-"+f.ID] = true
		}
	}
	for _, c := range w.Courses() {
		if c.CourseState != "ACTIVE" {
			continue
		}
		for _, f := range w.Files() {
			if c.TeacherFolder != nil && slices.Contains(w.Path(f), c.TeacherFolder.ID) {
				add(c, f)
			}
		}
		for _, kind := range []string{world.Announcement, world.CourseWork, world.Material} {
			for _, p := range w.Posts(c.ID, kind) {
				for _, a := range p.Materials {
					if a.DriveFile != nil && p.State != world.Draft {
						add(c, w.File(a.DriveFile.DriveFile.ID))
					}
				}
			}
		}
	}
	return out
}

// TestDocumentsOfADay: whatever a day brings, nothing on which people commented on an earlier day becomes a document of a class, or one again.
func TestDocumentsOfADay(t *testing.T) {
	for seed := int64(8); seed <= 9; seed++ {
		s := school(t, 30, seed)
		w := s.World
		p := s.Player()
		p.Changes = 150
		var before map[string]bool
		truths := map[string]bool{}
		talked := map[string]bool{}
		for day := range 8 {
			now := documentsOf(w)
			for id := range now {
				_, file, _ := strings.Cut(id, "-")
				if talked[file] && !before[id] {
					t.Errorf("seed %d, day %d: %s (%s) was talked of before it became a document", seed, day, id, w.File(file).Name)
				}
			}
			before = now
			for _, f := range w.Commented() {
				talked[f.ID] = true
			}
			truths[strings.Join(documentFindings(t, s, truth.Options{})[Dojo], " ")] = true
			if _, err := p.Play(); err != nil {
				t.Fatal(err)
			}
		}
		if len(truths) < 8 {
			t.Errorf("seed %d: eight days gave %d truths", seed, len(truths))
		}
	}
}
