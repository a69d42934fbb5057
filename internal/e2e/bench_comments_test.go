package e2e

import (
	"fmt"
	"os"
	"testing"
	"time"

	"esafetybot/internal/jobs"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
)

// quietCalls is how many requests the job comments may make on a day on which nothing happened, at a school of 1,500 pupils and 60 classes.
const quietCalls = 30

// TestBenchComments counts the requests of the job comments at a large school: on a day without activity, and on one on which pupils commented.
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
	table.head("Job comments: 1,500 pupils, %d classes", classes)
	first, quiet, busy := s.commentCalls(s.only(generate.Classroom), 40)
	table.plain("first run", breakdown(first.Calls))
	table.plain("a day without activity", breakdown(quiet.Calls))
	allowed := quietCalls + len(s.world.Blogs()) // as TestCommentCalls counts them
	table.counted(fmt.Sprintf("its requests, in %d", allowed), float64(asked(quiet))/float64(allowed), 1)
	table.counted("requests more with 40 posts commented on, in 40", float64(asked(busy)-asked(quiet))/40, 1)
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
	s.private()
}

func calls(r *jobs.Record) (n int) {
	for _, c := range r.Calls {
		n += c
	}
	return n
}

// asked is without sign-ins, of which there may be one for each kind of post and one for whoever runs a blog, and without what is read in turns: the lists of blogs, and what is attached to posts.
func asked(r *jobs.Record) int {
	n := calls(r) - r.Calls["oauth2.token"] - r.Calls["blogger.blogs.listByUser"]
	for _, kind := range []string{"announcements", "courseWork", "courseWorkMaterials"} {
		n -= r.Calls["classroom.courses."+kind+".list"]
	}
	return n
}

// commentCalls runs the job comments for the first time, after a day without activity, and after one on which pupils commented on that many posts.
func (s *campus) commentCalls(w *watch, posts int) (first, quiet, busy *jobs.Record) {
	s.t.Helper()
	run := func() *jobs.Record {
		s.t.Helper()
		s.decide(w)
		s.do(s.runNamed(w, jobs.CommentsJob))
		r := w.records[jobs.CommentsJob]
		if r.Error != "" || len(r.Gaps) > 0 {
			s.t.Fatalf("the run did not see everything: %s %v", r.Error, r.Gaps)
		}
		return r
	}
	first = run()
	s.world.Advance(24 * time.Hour)
	quiet = run()
	s.comment(posts)
	s.world.Advance(24 * time.Hour)
	busy = run()
	if busy.Changes.Opened < posts {
		s.t.Fatalf("%d posts were commented on, and %d findings opened: that proves little", posts, busy.Changes.Opened)
	}
	return first, quiet, busy
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
