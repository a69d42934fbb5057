package server

import (
	"cmp"
	"slices"
	"strings"

	"esafetybot/internal/sim/world"
)

const scopeProfileEmails = "https://www.googleapis.com/auth/classroom.profile.emails"

// classroomPage answers with a page of a Classroom list. Google promises no size; more than most come in several pages whatever is asked for.
func classroomPage[T any](c *call, key string, list []T, standard, most int, id func(T) string) ([]byte, *apiError) {
	var out []T
	next, err := c.slice(len(list), "pageSize", standard, most, func(i int) string { return id(list[i]) }, func(i int) *apiError {
		out = append(out, list[i])
		return nil
	})
	if err != nil {
		return nil, err
	}
	page := map[string]any{}
	if len(out) > 0 {
		page[key] = out
	}
	if next != "" {
		page["nextPageToken"] = next
	}
	return marshal(page)
}

func noEntity() *apiError { return notFound("Requested entity was not found.") }

// person reads an identifier of Classroom: "me", an id or an address.
func (c *call) person(key string) *world.User {
	if key == "me" {
		return c.user
	}
	return c.s.world.User(key)
}

func inCourse(list []*world.CourseMember, u *world.User) bool {
	return u != nil && slices.ContainsFunc(list, func(m *world.CourseMember) bool {
		return m.UserID == u.ID || slices.ContainsFunc(u.Addresses(), func(a string) bool { return strings.EqualFold(a, m.Profile.EmailAddress) })
	})
}

// mayLook reports whether the subject may look at a course: its people, and super administrators.
func (c *call) mayLook(x *world.Course) bool {
	return c.admin(true) || c.user != nil && (x.OwnerID == c.user.ID || inCourse(c.s.world.Teachers(x.ID), c.user) || inCourse(c.s.world.Students(x.ID), c.user))
}

// coursesList lists the newest course first. Source: Classroom API, courses.list.
func coursesList(c *call) ([]byte, *apiError) {
	states := c.query["courseStates"]
	teacher, student := c.query.Get("teacherId"), c.query.Get("studentId")
	t, st := c.person(teacher), c.person(student)
	if teacher != "" && t == nil || student != "" && st == nil {
		return nil, noEntity()
	}
	var kept []*world.Course
	for _, x := range c.s.world.Courses() {
		switch {
		case len(states) > 0 && !slices.Contains(states, x.CourseState):
		case teacher != "" && !inCourse(c.s.world.Teachers(x.ID), t):
		case student != "" && !inCourse(c.s.world.Students(x.ID), st):
		case c.mayLook(x):
			kept = append(kept, c.shownCourse(x))
		}
	}
	slices.SortStableFunc(kept, func(a, b *world.Course) int {
		return cmp.Or(b.CreationTime.Compare(a.CreationTime), strings.Compare(a.ID, b.ID))
	})
	return classroomPage(c, "courses", kept, 100, 100, func(x *world.Course) string { return x.ID })
}

// profile is a user's profile as Classroom shows it: of users of the school with the name and address of now; the address only with the scope for it.
func (c *call) profile(p world.Profile) world.Profile {
	if u := c.s.world.User(p.ID); u != nil {
		p.Name, p.EmailAddress = u.Name, u.PrimaryEmail
	}
	if !slices.Contains(c.session.scopes, scopeProfileEmails) {
		p.EmailAddress = ""
	}
	return p
}

// course is the one that the path names, if the subject may look at it.
func (c *call) course() (*world.Course, *apiError) {
	x := c.s.world.Course(cmp.Or(c.path["courseId"], c.path["id"]))
	switch {
	case x == nil:
		return nil, noEntity()
	case !c.mayLook(x):
		return nil, forbidden("forbidden", "The caller does not have permission")
	}
	return x, nil
}

// shownCourse is a course as the subject sees it: its teachers and administrators also see its folder. Source: Classroom API, Course.teacherFolder.
func (c *call) shownCourse(x *world.Course) *world.Course {
	if c.seesAll(x) {
		return x
	}
	v := *x
	v.TeacherFolder = nil
	return &v
}

// courseGet answers courses.get.
func courseGet(c *call) ([]byte, *apiError) {
	x, err := c.course()
	if err != nil {
		return nil, err
	}
	return marshal(c.shownCourse(x))
}

// roster answers courses.teachers.list and courses.students.list.
func roster(key string, list func(w *world.World, courseID string) []*world.CourseMember) func(*call) ([]byte, *apiError) {
	return func(c *call) ([]byte, *apiError) {
		x, err := c.course()
		if err != nil {
			return nil, err
		}
		var out []*world.CourseMember
		for _, m := range list(c.s.world, x.ID) {
			v := *m
			v.Profile = c.profile(v.Profile)
			out = append(out, &v)
		}
		return classroomPage(c, key, out, 30, 100, func(m *world.CourseMember) string { return m.UserID })
	}
}

// guardiansList lists the parents and carers of a pupil, or with "-" of all pupils; administrators only.
func guardiansList(c *call) ([]byte, *apiError) {
	if !c.admin(true) {
		return nil, forbidden("forbidden", "The caller does not have permission")
	}
	var users []*world.User
	if id := c.path["studentId"]; id == "-" {
		users = c.s.world.Users()
	} else if u := c.person(id); u != nil {
		users = []*world.User{u}
	} else {
		return nil, noEntity()
	}
	address := c.query.Get("invitedEmailAddress")
	var out []*world.Guardian
	for _, u := range users {
		for _, g := range c.s.world.Guardians(u.ID) {
			if address != "" && !strings.EqualFold(address, g.InvitedEmailAddress) {
				continue
			}
			v := *g
			if v.GuardianProfile.ID == "" {
				v.GuardianProfile.ID = v.GuardianID
			}
			v.GuardianProfile = c.profile(v.GuardianProfile)
			out = append(out, &v)
		}
	}
	return classroomPage(c, "guardians", out, 100, 100, func(g *world.Guardian) string { return g.StudentID + "/" + g.GuardianID })
}
