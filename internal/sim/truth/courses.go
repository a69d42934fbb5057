package truth

import (
	"fmt"
	"slices"
	"strings"
)

// judgeCourses tries the rules on classes of Classroom.
func (w *world) judgeCourses(m AccountsMeans, add adder) {
	keep := map[string]bool{}
	for _, id := range m.KeepCourses {
		keep[fmt.Sprint(id)] = true
	}
	for _, c := range w.t.Courses {
		if c.CourseState != "ACTIVE" || !w.isOurCourse(c) {
			continue
		}
		subject := "course/" + c.ID
		taught := slices.ContainsFunc(w.t.Teachers[c.ID], func(t CourseMember) bool {
			u := w.courseUser(t)
			return u != nil && u.isActive() && !u.IsGuestUser
		})
		if !taught {
			add("class-without-teacher", subject, "no-teacher")
		}
		if owner := w.byID[c.OwnerID]; owner == nil || !owner.isActive() || owner.IsGuestUser {
			add("class-without-teacher", subject, "owner-gone")
		}
		w.judgeCourseMembers(subject, "teacher/", w.t.Teachers[c.ID], add)
		w.judgeCourseMembers(subject, "student/", w.t.Students[c.ID], add)
		created := w.day(c.CreationTime)
		if created < w.p.Calendar.yearStart(w.today) && !w.p.Calendar.inRollover(w.today) && !keep[c.ID] && !c.CreationTime.IsZero() {
			add("old-class", subject, "created "+created.String())
		}
	}
}

func (w *world) judgeCourseMembers(subject, role string, members []CourseMember, add adder) {
	for _, member := range members {
		n := w.person(member.Profile.EmailAddress)
		if u := w.courseUser(member); u != nil {
			n = w.person(u.PrimaryEmail)
		}
		switch n {
		case outside:
			add("outsider-in-class", subject, role+member.UserID)
		case sameTrust, trusted:
			add("other-school", subject, role+member.UserID)
		}
	}
}

// courseUser is the account of a member of a class, or nil.
func (w *world) courseUser(m CourseMember) *User {
	if u := w.byID[m.UserID]; u != nil {
		return u
	}
	return w.users[strings.ToLower(m.Profile.EmailAddress)]
}

// isOurCourse reports whether a class is the school's.
func (w *world) isOurCourse(c Course) bool {
	if w.customer() == sameSchool || w.byUser[w.byID[c.OwnerID]] != nil {
		return true
	}
	for _, m := range append(slices.Clone(w.t.Teachers[c.ID]), w.t.Students[c.ID]...) {
		if w.byUser[w.courseUser(m)] != nil {
			return true
		}
	}
	return false
}
