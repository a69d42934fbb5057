package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/audit"
	"esafetybot/internal/checks/names"
	"esafetybot/internal/colours"
	"esafetybot/internal/findings"
	"esafetybot/internal/google"
	"esafetybot/internal/jobs"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/rolls"
	"esafetybot/internal/seen"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/truth"
	"esafetybot/internal/sim/world"
)

// driveJobs look at Drive: who can open what, and what it is called.
var driveJobs = []string{jobs.SharingJob, jobs.NamesJob}

// truthsOfNames computes where names must be found now.
func (s *campus) truthsOfNames() map[string][]truth.Finding {
	s.t.Helper()
	return s.truthsOf(names.Means, func(p truth.Policy) truth.Policy {
		p.Means, p.Comments, p.Accounts, p.Devices, p.PupilEmail, p.Settings, p.CheckIns, p.DojoCheckIns = nil, nil, nil, nil, nil, nil, nil, nil
		return p
	})
}

// agreeOnNames compares where pupils' names were found with where they must be.
func (s *campus) agreeOnNames(when string) {
	s.t.Helper()
	want := s.truthsOfNames()
	for _, w := range s.watches {
		if r := w.records[jobs.NamesJob]; r == nil || r.Error != "" {
			s.t.Fatalf("%s: %s: pupils' names were not looked for: %+v", when, w.name, r)
		}
		want, have := s.within(w, want[w.name]), s.within(w, foundBy(s.t, w, names.Means))
		have = slices.DeleteFunc(have, func(f truth.Finding) bool {
			return !slices.ContainsFunc(want, func(x truth.Finding) bool { return cmp.Equal(x, f) }) && s.doubted(w, f)
		})
		if diff := cmp.Diff(want, have); diff != "" {
			s.t.Errorf("%s: %s differs from truth (-want +have):\n%s\n%s", when, w.name, short(diff), s.explain(want, have))
		}
	}
}

// writtenIn is what a file is called, or what stands in a blog's post and the comments on it. Call it inside View.
func (s *campus) writtenIn(subject string) string {
	if id, file := strings.CutPrefix(subject, "file/"); file {
		if f := s.world.File(id); f != nil {
			return f.Name
		}
	}
	of, _ := strings.CutPrefix(subject, "blog-post/")
	blog, post, _ := strings.Cut(of, "-")
	b := s.world.Blog(blog)
	if b == nil {
		return ""
	}
	var out strings.Builder
	for _, p := range b.Posts {
		if p.ID == post {
			fmt.Fprintln(&out, p.Title, p.Content)
		}
	}
	for _, c := range b.Comments[post] {
		fmt.Fprintln(&out, c.Content)
	}
	return out.String()
}

// doubted tells whether an adult has the name of a pupil who is found, or of another who stands in the same text: what was open before that stays open, and truth says nothing of it (docs/name-rules.md).
func (s *campus) doubted(w *watch, f truth.Finding) (is bool) {
	called := map[string]string{} // lower-case name → their account's id; "" if they are on the roll and have none
	if roll := w.policy.Pupils.Roll; roll != nil {
		data, err := s.roll(roll)
		s.do(err)
		all, err := rolls.Parse(rolls.Pupils, data, roll.Columns)
		s.do(err)
		for _, row := range all.Rows {
			if slices.Contains(f.Facts, "roll/"+row.Key) {
				called[strings.ToLower(row.Name)] = ""
			}
		}
	}
	s.world.View(func() {
		for _, u := range s.world.Users() {
			if slices.Contains(f.Facts, "pupil/"+u.ID) {
				called[strings.ToLower(u.Name.FullName)] = u.ID
			}
		}
		text, pupils := strings.ToLower(s.writtenIn(f.Subject)), map[string]bool{}
		for _, u := range s.world.Users() {
			pupils[strings.ToLower(u.Name.FullName)] = pupils[strings.ToLower(u.Name.FullName)] || under(w.policy, u.OrgUnitPath)
		}
		for _, o := range s.world.Users() {
			name := strings.ToLower(o.Name.FullName)
			pupil, same := called[name]
			same = same && o.ID != pupil || pupils[name] && strings.Contains(text, name) // somebody else may be meant in the same text
			is = is || same && !o.Suspended && !o.Archived && !under(w.policy, o.OrgUnitPath)
		}
	})
	return is
}

// hazelbank serves the hand-made school about names and gives the policy that asks for everything.
func hazelbank(t *testing.T) (*campus, *watch) {
	s := handMade(t, "../sim/testdata/tenants/names")
	s.watches = s.watches[:1]
	if s.watches[0].name != "classroom-school" {
		t.Fatal("the school has other policies than it had")
	}
	return s, s.watches[0]
}

// closing is how the finding of a rule on a subject stands, and why it was closed.
func (w *watch) closing(t testing.TB, rule, subject string) string {
	t.Helper()
	for _, f := range all[findings.Finding](t, w.store, findings.Findings) {
		if f.Rule == names.Means+"."+rule && f.Subject == subject {
			return strings.TrimSpace(string(f.Status) + " " + string(f.How))
		}
	}
	return "never found"
}

const head = "head@hazelbank.example"

// TestNamesLife follows titles that change, and what becomes of them.
func TestNamesLife(t *testing.T) {
	s, w := hazelbank(t)
	look := func() {
		t.Helper()
		s.quietDay()
		s.do(s.runNamed(w, driveJobs...))
		s.agreeOnNames("then")
	}
	stands := func(when, subject, want string) {
		t.Helper()
		if have := w.closing(t, names.FullName, subject); have != want {
			t.Errorf("%s: %s is %q, want %q", when, subject, have, want)
		}
	}
	look()
	var open []string
	for _, f := range foundBy(t, w, names.Means) {
		open = append(open, f.Subject)
	}
	if !slices.Contains(open, "file/1f03") || !slices.Contains(open, "post/5702-201") {
		t.Fatalf("found %v", open)
	}

	// A file that anybody with the link can open, and one in an open folder, are called after a pupil, and then no longer.
	plain := s.file(head, "Sports day", "", "reader")
	folder := s.file(head, "Folder of the week", "", "reader")
	inside := s.file(head, "Sports day", folder, "")
	deep := s.file(head, "Folder in it", folder, "")
	deeper := s.file(head, "Bo Li sings", deep, "")
	look()
	stands("before", "file/"+plain, "never found")
	stands("in a folder in an open folder", "file/"+deeper, "open")
	for _, id := range []string{plain, inside} {
		s.do(s.world.Rename(id, "Bo Li at sports day", head))
	}
	look()
	stands("renamed", "file/"+plain, "open")
	stands("renamed in a folder", "file/"+inside, "open")
	s.do(s.world.Rename(plain, "Sports day", head))
	s.do(s.world.SetLink(folder, "", "", false, head))
	look()
	stands("renamed back", "file/"+plain, "resolved fine")
	stands("the folder closed", "file/"+inside, "resolved fine")
	stands("the folder closed", "file/"+deeper, "resolved fine")

	// Moved into an open folder, into the bin, deleted.
	s.do(s.world.SetLink(folder, "reader", "", false, head))
	bin, gone := s.file(head, "Bo Li rows", "", "reader"), s.file(head, "Bo Li runs", "", "reader")
	moved := s.file(head, "Bo Li reads", "", "")
	look()
	stands("opened again", "file/"+inside, "open")
	stands("before it was moved", "file/"+moved, "never found")
	s.do(s.world.MoveFile(moved, folder, head))
	s.do(s.world.Trash(bin, head))
	s.do(s.world.Delete(gone, head))
	look()
	stands("moved", "file/"+moved, "open")
	stands("in the bin", "file/"+bin, "resolved bin")
	stands("deleted", "file/"+gone, "resolved deleted")

	// A whole open folder deleted for good takes what is in it along.
	s.do(s.world.Delete(folder, head))
	look()
	s.quietDay()
	look()
	for _, id := range []string{inside, deeper, moved} {
		if have := w.closing(t, names.FullName, "file/"+id); !strings.HasPrefix(have, "resolved ") {
			t.Errorf("in a folder that was deleted: %s", have)
		}
	}

	// Classes and posts.
	s.do(s.world.UpdatePost("5702", "201", &world.Post{Title: "Poem"}, "kim@hazelbank.example"))
	look()
	stands("a post renamed", "post/5702-201", "resolved fine")
	s.private()
}

// TestNamesWithoutEvents: what is put into an open folder, or renamed there, is seen within a day also if the log never tells of it.
func TestNamesWithoutEvents(t *testing.T) {
	s, w := hazelbank(t)
	folder := s.file(head, "Folder of the week", "", "reader")
	renamed := s.file(head, "Sports day", folder, "")
	s.do(s.runNamed(w, driveJobs...))
	s.reserve(server.Options{Faults: server.Faults{Rate: 1, Kinds: []string{"lost-audit"}}})
	added := s.file(head, "Bo Li rows", folder, "")
	s.do(s.world.Rename(renamed, "Bo Li runs", head))
	s.quietDay()
	s.do(s.runNamed(w, driveJobs...))
	s.agreeOnNames("without a word in the log")
	for _, id := range []string{added, renamed} {
		if have := w.closing(t, names.FullName, "file/"+id); have != "open" {
			t.Errorf("file/%s is %q", id, have)
		}
	}
}

// TestNamesInSharedDrives: what lies below an open folder of a shared drive is public, at any depth, until the folder is closed.
func TestNamesInSharedDrives(t *testing.T) {
	s, w := hazelbank(t)
	const drive = "0Ahazelpapers"
	folder := s.file(head, "Folder of the choir", drive, "")
	below := s.file(head, "Folder of autumn", folder, "")
	title := s.file(head, "Bo Li sings", below, "")
	other := s.file(head, "Bo Li dances", drive, "")
	look := func(want string) {
		t.Helper()
		s.quietDay()
		s.do(s.runNamed(w, driveJobs...))
		s.agreeOnNames("then")
		if have := w.closing(t, names.FullName, "file/"+title); have != want {
			t.Errorf("below the folder: %q, want %q", have, want)
		}
		if have := w.closing(t, names.FullName, "file/"+other); have != "never found" {
			t.Errorf("beside the folder: %q", have)
		}
	}
	look("never found")
	s.do(s.world.SetLink(folder, "reader", "", false, head))
	look("open")
	s.do(s.world.SetLink(folder, "", "", false, head))
	look("resolved fine")
	s.do(s.world.SetLink(folder, "reader", "", false, head))
	look("open")
	out := s.file(head, "Folder of nobody", drive, "")
	s.do(s.world.MoveFile(title, out, head))
	look("resolved fine")
	s.do(s.world.MoveFile(title, folder, head))
	look("open")
}

// TestNamesGaps: what could not be seen is neither found nor put right, and the record says so.
func TestNamesGaps(t *testing.T) {
	s, w := hazelbank(t)
	s.do(s.runNamed(w, driveJobs...))
	before := foundBy(t, w, names.Means)
	// Everything that was found is put right at Google, but nothing of it can be seen.
	for _, f := range before {
		if id, ok := strings.CutPrefix(f.Subject, "file/"); ok {
			s.do(s.world.Rename(id, "Sports day", head))
		}
	}
	s.do(s.world.UpdatePost("5702", "201", &world.Post{Title: "Poem"}, "kim@hazelbank.example"))
	gap := func(what string, kind seen.Scope, o server.Options, kept func(subject string) bool) {
		t.Helper()
		s.reserve(o)
		s.quietDay()
		_ = s.runNamed(w, driveJobs...)
		r := w.records[jobs.NamesJob]
		if r == nil || !slices.ContainsFunc(r.Gaps, func(g seen.Gap) bool { return g.Scope == kind || g.Scope.Kind() == string(kind) }) {
			t.Errorf("%s: the record has no gap %s: %+v", what, kind, r)
		}
		now := byID(foundBy(t, w, names.Means))
		for _, f := range before {
			if _, still := now[idOf(f)]; kept(f.Subject) && !still {
				t.Errorf("%s: %s of %s was put right unseen", what, f.Rule, f.Subject)
			}
		}
	}
	anything := func(string) bool { return true }
	gap("nobody's accounts", "users", server.Options{Faults: server.Faults{Rate: 1, Kinds: []string{"500"}, Routes: []string{"directory.users"}}}, anything)
	gap("no class's posts", "titles", server.Options{Faults: server.Faults{Rate: 1, Kinds: []string{"500"}, Routes: []string{"classroom.courses.courseWork"}}},
		func(subject string) bool { return strings.HasPrefix(subject, "post/") })
	gap("no classes", "classes", server.Options{Faults: server.Faults{Rate: 1, Kinds: []string{"500"}, Routes: []string{"classroom.courses.list"}}},
		func(subject string) bool {
			return strings.HasPrefix(subject, "post/") || strings.HasPrefix(subject, "course/")
		})
	s.reserve(server.Options{})
	s.quietDay()
	s.do(s.runNamed(w, driveJobs...))
	s.agreeOnNames("when all can be seen again")
	s.private()
}

// TestNamesScopesRefused: without a scope that only some titles need these are not looked at, all others are, and the record says so. What was found before stays.
func TestNamesScopesRefused(t *testing.T) {
	t.Parallel()
	for scope, unseen := range map[string][]string{
		google.ScopeCourses:    {"course/", "post/"},
		google.ScopeCourseWork: {"post/"},
		google.ScopeMaterials:  {"post/"},
		google.ScopeBlogs:      {"blog-post/"},
	} {
		t.Run(scope[strings.LastIndex(scope, "/")+1:], func(t *testing.T) {
			sc, err := generate.Generate(generate.Options{Pupils: 30, Seed: 1})
			if err != nil {
				t.Fatal(err)
			}
			s := serve(t, sc.World, sc.Policies, server.Options{})
			s.without(scope)
			blind := func(f truth.Finding) bool {
				return slices.ContainsFunc(unseen, func(kind string) bool { return strings.HasPrefix(f.Subject, kind) })
			}
			w := s.watches[slices.IndexFunc(s.watches, func(w *watch) bool { return w.name == generate.Classroom })]
			s.do(s.runNamed(w, driveJobs...))
			all := s.truthsOfNames()[w.name]
			want := slices.DeleteFunc(slices.Clone(all), blind)
			if diff := cmp.Diff(s.within(w, want), s.within(w, foundBy(t, w, names.Means))); diff != "" || len(want) == len(all) {
				t.Errorf("%d of %d (-want +have):\n%s", len(want), len(all), short(diff))
			}
			if r := w.records[jobs.NamesJob]; len(r.Gaps) == 0 || r.Error != "" {
				t.Errorf("the record says that everything was seen: %+v", r)
			}
			s.notFine(w)
			if scope == google.ScopeBlogs {
				s.blogsUnseen(w)
			}
			s.reserve(server.Options{})
			s.do(s.runNamed(w, driveJobs...))
			s.watches = []*watch{w}
			s.agreeOnNames("with the scope")
			s.without(scope)
			s.do(s.runNamed(w, driveJobs...))
			s.agreeOnNames("without the scope again")
			s.private()
		})
	}
}

// notFine sees to it that no clause on names stands as fine where not all names could be looked for.
func (s *campus) notFine(w *watch) {
	s.t.Helper()
	all, err := audit.Open(s.t.Context(), w.store, w.policy, s.world.Now(), nil)
	s.do(err)
	now, err := all.At(s.t.Context(), s.world.Now())
	s.do(err)
	looked := 0
	for _, c := range now.Clauses {
		clause, _ := w.policy.Clause(c.ID)
		if !slices.ContainsFunc(clause.MetBy, func(m policy.Means) bool { return m.Kind == policy.Check && m.Name == names.Means }) {
			continue
		}
		looked++
		if c.Colour == colours.Green || len(c.Unseen) == 0 {
			s.t.Errorf("%s: clause %s is %s, and of what could not be seen it says %q", w.name, c.ID, c.Colour, c.Unseen)
		}
	}
	if looked == 0 {
		s.t.Errorf("%s has no clause on names", w.name)
	}
}

// blogsUnseen sees to it that each listed blog is said to be one on which no names could be looked for, because Google refused it.
func (s *campus) blogsUnseen(w *watch) {
	s.t.Helper()
	var want, have []string
	for _, b := range w.policy.Blogs {
		want = append(want, "blogtext/"+b.ID+" refused")
	}
	for _, g := range gapsOf(w, jobs.NamesJob) {
		if g.Scope.Kind() == "blogtext" {
			have = append(have, fmt.Sprint(g.Scope, " ", g.Reason))
		}
	}
	slices.Sort(want)
	slices.Sort(have)
	if d := cmp.Diff(want, have); d != "" || len(want) == 0 {
		s.t.Errorf("what could not be seen on blogs (-want +have):\n%s", d)
	}
}

// TestNamesToWhom: what not-to-publish finds goes to the safeguarding lead and to nobody else, whoever deals with the clause.
func TestNamesToWhom(t *testing.T) {
	sc, err := generate.Generate(generate.Options{Pupils: 30, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, sc.World, sc.Policies, server.Options{})
	for _, w := range s.watches {
		s.do(s.lookAt(w, driveJobs...))
		lead, _ := w.policy.Address(policy.RoleSafeguarding)
		host, _ := w.policy.Address(policy.RolePageHost)
		told := map[string]int{}
		for _, l := range w.letters(t) {
			for what, words := range map[string]string{"full-name": "first name and surname", "not-to-publish": "the public can read need"} {
				if !strings.Contains(l.text, words) {
					continue
				}
				told[what]++
				if to := map[string]string{"full-name": host, "not-to-publish": lead}[what]; l.entry.Recipient != outbox.RecipientID(to) {
					t.Errorf("%s: somebody else than %s is told of %s", w.name, to, what)
				}
			}
		}
		if told["full-name"] == 0 || told["not-to-publish"] == 0 {
			t.Errorf("%s: told %v", w.name, told)
		}
	}
	s.private()
}

// TestNamesOwnerUnseen: a file in a Drive that cannot be read stays as it was.
func TestNamesOwnerUnseen(t *testing.T) {
	s, w := hazelbank(t)
	s.do(s.runNamed(w, driveJobs...))
	s.do(s.world.Rename("1f01", "Sports day", head))
	s.reserve(server.Options{FailSubject: map[string]int{head: 403}})
	s.quietDay()
	_ = s.runNamed(w, driveJobs...)
	if have := w.closing(t, names.FullName, "file/1f01"); have != "open" {
		t.Errorf("a file whose owner's Drive cannot be read: %q", have)
	}
	if r := w.records[jobs.NamesJob]; !slices.ContainsFunc(r.Gaps, func(g seen.Gap) bool { return g.Scope.Kind() == "owner" }) {
		t.Errorf("the record does not say so: %v", r.Gaps)
	}
	s.reserve(server.Options{})
	s.quietDay()
	s.do(s.runNamed(w, driveJobs...))
	s.agreeOnNames("when it can be read again")
}

// TestNamesAreNotTold: no letter, nor what lies beside it, holds a title with a name in it.
func TestNamesAreNotTold(t *testing.T) {
	s, w := hazelbank(t)
	s.do(s.lookAt(w, driveJobs...))
	told := 0
	var titles []string
	s.world.View(func() {
		for _, f := range foundBy(t, w, names.Means) {
			if id, ok := strings.CutPrefix(f.Subject, "file/"); ok {
				titles = append(titles, s.world.File(id).Name)
			}
		}
	})
	for _, l := range w.letters(t) {
		if strings.Contains(l.text, "first name and surname") {
			told++
		}
		for _, title := range titles {
			if strings.Contains(l.text, title) {
				t.Errorf("a letter holds the title %q", title)
			}
		}
		for _, word := range []string{"Larkham", "Quill", "Rose", "refus"} {
			if i := strings.Index(l.text, word); i >= 0 {
				t.Errorf("a letter holds %q: …%s…", word, l.text[max(0, i-60):min(len(l.text), i+60)])
			}
		}
	}
	if told == 0 || len(titles) < 5 {
		t.Errorf("%d letters tell of names, %d titles were looked for: nothing was tried", told, len(titles))
	}
}

// TestNamesAlone: asked for alone the job takes that on sharing along, on whose picture it rests.
func TestNamesAlone(t *testing.T) {
	s, w := hazelbank(t)
	s.do(s.runNamed(w, jobs.NamesJob))
	s.agreeOnNames("alone")
	if w.records[jobs.SharingJob] == nil {
		t.Error("nobody read who can open what")
	}
}

// TestNamesDoubt: where an adult comes to have a pupil's name nobody can tell any more whom a title means. What was found stays.
func TestNamesDoubt(t *testing.T) {
	s, w := hazelbank(t)
	s.do(s.runNamed(w, driveJobs...))
	if err := s.world.AddUser(&world.User{ID: "u-li", PrimaryEmail: "b.li@hazelbank.example", Name: world.Name{GivenName: "Bo", FamilyName: "Li", FullName: "Bo Li"}, OrgUnitPath: "/Staff"}); err != nil {
		t.Fatal(err)
	}
	fresh := s.file(head, "Bo Li rows", "", "reader")
	s.quietDay()
	s.do(s.lookAt(w, driveJobs...))
	if have := w.closing(t, names.FullName, "file/1f22"); have != "open" {
		t.Errorf("what was found before is %q", have)
	}
	if have := w.closing(t, names.FullName, "file/"+fresh); have != "never found" {
		t.Errorf("what nobody can tell is %q", have)
	}
	if !slices.ContainsFunc(w.letters(t), func(l letter) bool { return strings.Contains(l.text, "an adult at school has the same name") }) {
		t.Error("nobody was told that it could not be told")
	}
}

// TestNamesRoll: without the pupils' roll, or with half of it, names are not looked for, and what was found stays.
func TestNamesRoll(t *testing.T) {
	for what, roll := range map[string]string{
		"no pupils":    "Admission number,Email,Name,Reg,May publish,Leaving date\n",
		"half of them": "Admission number,Email,Name,Reg,May publish,Leaving date\nR01,ada@hazelbank.example,Ada Marie Larkham,4A,yes,\n",
		"other words":  "Number,Mail\n1,x\n",
	} {
		s, w := hazelbank(t)
		s.do(s.runNamed(w, driveJobs...))
		before := foundBy(t, w, names.Means)
		s.do(s.world.SetRoll("roll.csv", []byte(roll)))
		s.quietDay()
		err := s.runNamed(w, driveJobs...)
		if err == nil || !strings.Contains(err.Error(), "pupils' names were not looked for") {
			t.Errorf("%s: %v", what, err)
		}
		if diff := cmp.Diff(before, foundBy(t, w, names.Means)); diff != "" {
			t.Errorf("%s (-before +now):\n%s", what, diff)
		}
	}
}
