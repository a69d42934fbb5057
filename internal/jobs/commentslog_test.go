package jobs

import (
	"testing"
	"time"

	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
)

// Of a class of another school of the trust nothing is kept. When one of our teachers joins it, what the log said of it before is taken up, however often the log cannot be read at first.
func TestClassJoinsTheSchool(t *testing.T) {
	t.Parallel()
	s := newPapers(t)
	s.places = "classroom"
	for _, unit := range []string{"/Elm", "/Elm/Staff", "/Elm/Pupils"} {
		s.w.AddOrgUnit(&world.OrgUnit{OrgUnitID: "id:" + unit, OrgUnitPath: unit, Name: unit})
	}
	for id, unit := range map[string]string{"elm": "/Elm/Staff", "eve": "/Elm/Pupils"} {
		s.must(s.w.AddUser(&world.User{ID: id, PrimaryEmail: id + "@school.example", OrgUnitPath: unit, CreationTime: place(t, "2020-01-06 12:00")}))
	}
	s.w.AddCourse(&world.Course{ID: "3", Name: "Joint choir", OwnerID: "elm", CourseState: "ACTIVE", CreationTime: place(t, "2026-09-03 08:00")})
	for id, add := range map[string]func(string, *world.CourseMember){"elm": s.w.AddTeacher, "eve": s.w.AddStudent} {
		add("3", &world.CourseMember{UserID: id, Profile: world.Profile{ID: id, EmailAddress: id + "@school.example"}})
	}
	s.run()
	day := 24 * time.Hour
	s.later(5 * day) // longer than records may come late
	post := s.on("3")
	s.later(time.Hour)
	_, err := s.w.Comment("3", post.ID, world.Comment{Text: "Zyx wvu."}, "eve@school.example")
	s.must(err)
	for range 6 {
		s.later(day)
		s.run()
	}
	if s.book.Has("3") || len(s.waits()) > 0 {
		t.Fatalf("something is kept of another school's class: %v", s.waits())
	}

	s.must(s.w.AddCourseMember("3", world.CourseTeacher, "kim@school.example", "elm@school.example"))
	s.later(day)
	s.serve(server.Options{Faults: server.Faults{Rate: 1, Kinds: []string{"500"}, Routes: []string{"reports"}}})
	s.run()
	if !s.book.Class("3").Behind || len(s.blind()) == 0 {
		t.Errorf("the log could not be read, and is not to be read again: %v", s.blind())
	}
	s.serve(server.Options{})
	for range 2 {
		s.later(day)
		s.run()
		if got := s.waits(); len(got) != 1 || got[0] != "post/3-"+post.ID {
			t.Errorf("what waits is %v", got)
		}
		if c := s.book.Class("3"); c.Behind || len(c.Posts[post.ID].Acts) != 2 {
			t.Errorf("of the class is known: %+v", c)
		}
	}
}
