package e2e

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"esafetybot/internal/jobs"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
)

// quietCalls is how many requests the job comments may make on a day on which nothing happened, at a school of 1,500 pupils and 60 classes.
const quietCalls = 30

// TestBenchComments counts the requests of the job comments at a large school through a term: on days without activity, and on those on which pupils commented on posts and on documents.
func TestBenchComments(t *testing.T) {
	if os.Getenv("ESAFETYBOT_BENCH") != "1" {
		t.Skip("takes minutes: make bench")
	}
	table := &benchTable{t: t}
	defer func() { fmt.Printf("\n%s\n", table) }()
	sc, err := generate.BenchAccounts(1500)
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, sc.World, sc.Policies, server.Options{})
	classes := 0
	s.world.View(func() {
		for _, c := range s.world.Courses() {
			if c.CourseState == "ACTIVE" {
				classes++
			}
		}
	})
	if classes < 60 {
		t.Fatalf("%d classes, at least 60 are measured", classes)
	}
	const weeks = 14
	table.head("Job comments: 1,500 pupils, %d classes, a term of %d weeks", classes, weeks)
	w, rng := s.only(generate.Classroom), rand.New(rand.NewPCG(1, 1))
	by := s.tasks(10)
	documents := slices.Sorted(maps.Keys(by))
	table.plain("first run", breakdown(s.commentsRun(w).Calls))
	var most *jobs.Record // of the days without activity
	quiet, rosters, posts, files, more, moreOfFiles := 0, 0, 0, 0, 0, 0
	base := 0 // what the last day without activity asked
	for range weeks {
		for day := range 7 { // of which two are busy
			did, on := 0, 0
			switch day {
			case 1:
				did = 1 + rng.IntN(40)
				s.comment(did)
			case 4:
				on = 1 + rng.IntN(20)
				rng.Shuffle(len(documents), func(i, j int) { documents[i], documents[j] = documents[j], documents[i] })
				s.remark(documents[:on], by)
			}
			r := s.later(w)
			rosters += rostersRead(r)
			switch {
			case did > 0:
				posts, more = posts+did, more+asked(r)-base
			case on > 0:
				files, moreOfFiles = files+on, moreOfFiles+asked(r)-base
			default:
				quiet, base = quiet+1, asked(r)
				if most == nil || base > asked(most) {
					most = r
				}
			}
		}
	}
	allowed := quietCalls + len(s.world.Blogs()) // as TestCommentCalls counts them
	table.plain(fmt.Sprintf("the busiest of %d days without activity", quiet), breakdown(most.Calls))
	table.counted(fmt.Sprintf("its requests, in %d", allowed), float64(asked(most))/float64(allowed), 1)
	table.counted(fmt.Sprintf("requests more, for each of %d posts commented on", posts), float64(more)/float64(posts), 1)
	table.counted(fmt.Sprintf("requests more, for each of %d documents commented on, in one and one for each of the three folders above it", files), float64(moreOfFiles)/float64(files)/4, 1)
	table.counted(fmt.Sprintf("how often the members of a class are read, in %d weeks", weeks), float64(rosters)/float64(classes)/weeks, 1.1)
}

// TestCommentCalls counts the same at a small school.
func TestCommentCalls(t *testing.T) {
	t.Parallel()
	_, s := small(t, 1, server.Options{})
	_, quiet, busy := s.commentCalls(s.only(generate.Classroom), 5)
	// Each blog is asked for its comments, and where something waits or nobody looks after it, for its posts.
	blogs := len(s.world.Blogs())
	if n := asked(quiet); n > quietCalls+blogs {
		t.Errorf("%d requests on a day without activity, at most %d and one for each of %d blogs are right: %s", n, quietCalls, blogs, breakdown(quiet.Calls))
	}
	if more := asked(busy) - asked(quiet); more > 5 {
		t.Errorf("%d requests more for 5 posts: %s", more, breakdown(busy.Calls))
	}
	w := s.only(generate.Classroom)
	for day := range 6 { // a holiday, in which the newest of the log stays the newest
		if r := s.later(w); asked(r) > asked(quiet)+1 {
			t.Errorf("%d requests on day %d after it, %d before: %s", asked(r), day+1, asked(quiet), breakdown(r.Calls))
		}
	}
	s.private()
}

func calls(r *jobs.Record) (n int) {
	for _, c := range r.Calls {
		n += c
	}
	return n
}

// rostersRead is of how many classes a run read the members.
func rostersRead(r *jobs.Record) int { return r.Calls["classroom.courses.teachers.list"] }

// asked is without sign-ins, of which there may be one for each kind of post and one for whoever runs a blog, and without what is read in turns: the lists of blogs, what is attached to posts, and
// once in a week the members of each class.
func asked(r *jobs.Record) int {
	n := calls(r) - r.Calls["oauth2.token"] - r.Calls["blogger.blogs.listByUser"] - r.Calls["classroom.courses.teachers.list"] - r.Calls["classroom.courses.students.list"]
	for _, kind := range []string{"announcements", "courseWork", "courseWorkMaterials"} {
		n -= r.Calls["classroom.courses."+kind+".list"]
	}
	return n
}

// commentCalls runs the job comments for the first time, after a day without activity, and after one on which pupils commented on that many posts.
func (s *campus) commentCalls(w *watch, posts int) (first, quiet, busy *jobs.Record) {
	s.t.Helper()
	first = s.commentsRun(w)
	quiet = s.later(w)
	s.comment(posts)
	busy = s.later(w)
	if busy.Changes.Opened < posts {
		s.t.Fatalf("%d posts were commented on, and %d findings opened: that proves little", posts, busy.Changes.Opened)
	}
	return first, quiet, busy
}

// later runs the job comments a day later.
func (s *campus) later(w *watch) *jobs.Record {
	s.t.Helper()
	s.world.Advance(24 * time.Hour)
	return s.commentsRun(w)
}

// commentsRun runs the job comments, which must see everything.
func (s *campus) commentsRun(w *watch) *jobs.Record {
	s.t.Helper()
	s.decide(w)
	s.do(s.runNamed(w, jobs.CommentsJob))
	r := w.records[jobs.CommentsJob]
	if r.Error != "" || len(r.Gaps) > 0 {
		s.t.Fatalf("the run did not see everything: %s %v", r.Error, r.Gaps)
	}
	return r
}

// tasks gives each class in use a folder two below the top, as Classroom does, with so many documents in it on which a pupil may comment, and tells by document who that is.
func (s *campus) tasks(each int) map[string]string {
	s.t.Helper()
	by := map[string]string{}
	s.world.View(func() {
		for _, c := range s.world.Courses() {
			teacher, pupil := s.member(s.world.Teachers(c.ID)), s.member(s.world.Students(c.ID))
			if c.CourseState != "ACTIVE" || c.TeacherFolder != nil || teacher == "" || pupil == "" {
				continue
			}
			put := func(parent, name, mime string, own ...world.Grant) *world.File {
				f := &world.File{Name: name, MimeType: mime, Parent: parent, Owner: &world.Person{EmailAddress: teacher}}
				s.do(s.world.AddFile(f, own...))
				return f
			}
			top := put(s.world.RootID(s.world.User(teacher)), "Classroom", world.MimeFolder)
			folder := put(top.ID, c.Name, world.MimeFolder)
			item := world.DriveItemOf(folder)
			c.TeacherFolder = &item
			for i := range each {
				by[put(folder.ID, fmt.Sprintf("Task %d", i+1), world.MimeDocument, world.Grant{Type: "user", Role: "commenter", EmailAddress: pupil}).ID] = pupil
			}
		}
	})
	return by
}

// remark has a pupil comment on some documents.
func (s *campus) remark(documents []string, by map[string]string) {
	s.t.Helper()
	for _, id := range documents {
		_, err := s.world.CommentOnFile(id, "Is this for tomorrow?", nil, by[id])
		s.do(err)
	}
}

// comment lets pupils comment on so many new posts, in as many classes as there are.
func (s *campus) comment(n int) {
	s.t.Helper()
	for i := range n {
		var course, teacher, pupil string
		s.world.View(func() {
			var list []*world.Course
			for _, c := range s.world.Courses() {
				if c.CourseState == "ACTIVE" && s.member(s.world.Teachers(c.ID)) != "" && s.member(s.world.Students(c.ID)) != "" {
					list = append(list, c)
				}
			}
			if len(list) > 0 {
				course = list[i%len(list)].ID
				teacher, pupil = s.member(s.world.Teachers(course)), s.member(s.world.Students(course))
			}
		})
		if course == "" {
			s.t.Fatal("no class has both a teacher and a pupil")
		}
		p := &world.Post{Title: "Our river"}
		s.do(s.world.CreatePost(course, world.CourseWork, p, teacher))
		_, err := s.world.Comment(course, p.ID, world.Comment{Text: "Is this for tomorrow?"}, pupil)
		s.do(err)
	}
}

// member is the address of somebody on a class's list with a working account; "" if there is nobody.
func (s *campus) member(list []*world.CourseMember) string {
	for _, m := range list {
		if u := s.world.User(m.UserID); u != nil && !u.Suspended && !u.Archived {
			return u.PrimaryEmail
		}
	}
	return ""
}
