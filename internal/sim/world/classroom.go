package world

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Course is a Classroom course.
type Course struct {
	ID            string     `json:"id"`
	Name          string     `json:"name"`
	Section       string     `json:"section,omitempty"`
	OwnerID       string     `json:"ownerId"`
	CourseState   string     `json:"courseState"`             // ACTIVE, ARCHIVED, PROVISIONED, DECLINED, SUSPENDED
	TeacherFolder *DriveItem `json:"teacherFolder,omitempty"` // the folder that Classroom made for it, if it did
	CreationTime  time.Time  `json:"creationTime,omitzero"`
	UpdateTime    time.Time  `json:"updateTime,omitzero"`
	Extra         Raw        `json:"-"`
}

// DriveItem is an item of Drive as Classroom names it: a DriveFolder or DriveFile of its API.
type DriveItem struct {
	ID            string `json:"id"`
	Title         string `json:"title,omitempty"`
	AlternateLink string `json:"alternateLink,omitempty"`
}

// DriveItemOf is how Classroom names the item.
func DriveItemOf(f *File) DriveItem {
	return DriveItem{ID: f.ID, Title: f.Name, AlternateLink: f.WebViewLink()}
}

// Roles in a course, as the audit log writes them.
const (
	CourseTeacher = "teacher"
	CourseStudent = "student"
)

// CourseMember is a Classroom Teacher or Student.
type CourseMember struct {
	CourseID string  `json:"courseId,omitempty"`
	UserID   string  `json:"userId"`
	Profile  Profile `json:"profile"`
	Extra    Raw     `json:"-"`
}

// Profile is a Classroom UserProfile.
type Profile struct {
	ID           string `json:"id,omitempty"`
	Name         Name   `json:"name,omitzero"`
	EmailAddress string `json:"emailAddress,omitempty"`
	Extra        Raw    `json:"-"`
}

// Guardian is a parent or carer linked to a pupil.
type Guardian struct {
	StudentID           string  `json:"studentId,omitempty"`
	GuardianID          string  `json:"guardianId"`
	GuardianProfile     Profile `json:"guardianProfile,omitzero"`
	InvitedEmailAddress string  `json:"invitedEmailAddress,omitempty"`
	Extra               Raw     `json:"-"`
}

type classroomData struct {
	courses   []*Course
	teachers  map[string][]*CourseMember // by course id
	students  map[string][]*CourseMember
	guardians map[string][]*Guardian // by the pupil's user id
}

func newClassroomData() classroomData {
	return classroomData{courses: []*Course{}, teachers: map[string][]*CourseMember{}, students: map[string][]*CourseMember{}, guardians: map[string][]*Guardian{}}
}

func (c *classroomData) parts() []filePart {
	return []filePart{{"courses.json", &c.courses}, {"teachers.json", &c.teachers}, {"students.json", &c.students}, {"guardians.json", &c.guardians}}
}

// loaded fills what the keys of the files say.
func (c *classroomData) loaded() {
	for _, m := range []*map[string][]*CourseMember{&c.teachers, &c.students} {
		if *m == nil { // the file said null
			*m = map[string][]*CourseMember{}
		}
		for id, list := range *m {
			for _, x := range list {
				x.complete(id)
			}
		}
	}
	if c.guardians == nil {
		c.guardians = map[string][]*Guardian{}
	}
	for id, list := range c.guardians {
		for _, g := range list {
			g.StudentID = id
		}
	}
}

func (m *CourseMember) complete(courseID string) {
	m.CourseID = courseID
	if m.Profile.ID == "" {
		m.Profile.ID = m.UserID
	}
}

// Courses lists the courses in the order of the tenant.
func (w *World) Courses() []*Course { return w.classroom.courses }

// Course finds a course; nil when there is none.
func (w *World) Course(id string) *Course {
	for _, c := range w.classroom.courses {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// Teachers lists the teachers of a course.
func (w *World) Teachers(courseID string) []*CourseMember { return w.classroom.teachers[courseID] }

// Students lists the students of a course.
func (w *World) Students(courseID string) []*CourseMember { return w.classroom.students[courseID] }

// Guardians lists the parents and carers linked to the user with this id.
func (w *World) Guardians(userID string) []*Guardian { return w.classroom.guardians[userID] }

// AddCourse puts a course in place; an empty id, state and times are filled.
func (w *World) AddCourse(c *Course) {
	if c.ID == "" {
		c.ID = w.newCourseID()
	}
	if c.CourseState == "" {
		c.CourseState = "ACTIVE"
	}
	if c.CreationTime.IsZero() {
		c.CreationTime = w.now()
	}
	if c.UpdateTime.IsZero() {
		c.UpdateTime = c.CreationTime
	}
	w.classroom.courses = append(w.classroom.courses, c)
}

func (w *World) newCourseID() string {
	for {
		w.counter++
		id := "7" + digits("course/"+strconv.FormatInt(w.Settings.Seed, 10)+"/"+w.counterText(), 11)
		if w.Course(id) == nil {
			return id
		}
	}
}

// AddTeacher puts a teacher of a course in place.
func (w *World) AddTeacher(courseID string, m *CourseMember) {
	m.complete(courseID)
	w.classroom.teachers[courseID] = append(w.classroom.teachers[courseID], m)
}

// AddStudent puts a student of a course in place.
func (w *World) AddStudent(courseID string, m *CourseMember) {
	m.complete(courseID)
	w.classroom.students[courseID] = append(w.classroom.students[courseID], m)
}

// AddGuardian puts a parent or carer of the user with this id in place.
func (w *World) AddGuardian(userID string, g *Guardian) {
	g.StudentID = userID
	w.classroom.guardians[userID] = append(w.classroom.guardians[userID], g)
}

func (w *World) courseToChange(id string) (*Course, error) {
	if c := w.Course(id); c != nil {
		return c, nil
	}
	return nil, fmt.Errorf("course %s: %w", id, ErrNotFound)
}

func (w *World) courseEvent(actor, typ, name string, c *Course, more ...Param) {
	w.courseEventAt(w.now(), actor, typ, name, c, more...)
}

func (w *World) courseEventAt(at time.Time, actor, typ, name string, c *Course, more ...Param) {
	w.recordAt(at, "classroom", actor, Event{Type: typ, Name: name, Params: append([]Param{text("course_id", c.ID), text("course_title", c.Name)}, more...)})
}

// member makes the entry of a course's list for a user of the tenant or, by the address alone, for somebody outside.
func (w *World) courseMember(key string) (*CourseMember, error) {
	if u := w.User(key); u != nil {
		return &CourseMember{UserID: u.ID, Profile: Profile{ID: u.ID, Name: u.Name, EmailAddress: u.PrimaryEmail}}, nil
	}
	if !strings.Contains(key, "@") {
		return nil, fmt.Errorf("user %s: %w", key, ErrNotFound)
	}
	id := "1" + digits("classroom/"+strings.ToLower(key), 20)
	return &CourseMember{UserID: id, Profile: Profile{ID: id, EmailAddress: key}}, nil
}

// CreateCourse makes a course, which belongs to c.OwnerID, else to the actor; the owner is its first teacher.
func (w *World) CreateCourse(c *Course, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	owner := c.OwnerID
	if owner == "" {
		owner = actor
	}
	u, err := w.userToChange(owner)
	if err != nil {
		return err
	}
	if c.ID != "" && w.Course(c.ID) != nil {
		return fmt.Errorf("course %s: %w", c.ID, ErrExists)
	}
	m, err := w.courseMember(u.ID)
	if err != nil {
		return err
	}
	c.OwnerID = u.ID
	w.AddCourse(c)
	w.AddTeacher(c.ID, m)
	w.courseEvent(actor, "course_update", "created_course", c)
	return nil
}

// ArchiveCourse archives a course: nobody works in it any more.
func (w *World) ArchiveCourse(id, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.publishDue()
	c, err := w.courseToChange(id)
	if err != nil {
		return err
	}
	c.CourseState, c.UpdateTime = "ARCHIVED", w.now()
	w.courseEvent(actor, "course_update", "archived_course", c)
	return nil
}

// AddCourseMember adds a user (by id or address; an address outside too) to a course as CourseTeacher or CourseStudent. An actor
// who adds themselves has joined.
func (w *World) AddCourseMember(courseID, role, key, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := w.courseToChange(courseID)
	if err != nil {
		return err
	}
	m, err := w.courseMember(key)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(slices.Concat(w.Teachers(c.ID), w.Students(c.ID)), func(o *CourseMember) bool { return o.UserID == m.UserID }) {
		return fmt.Errorf("course %s: member %s: %w", c.ID, m.UserID, ErrExists)
	}
	switch role {
	case CourseTeacher:
		w.AddTeacher(c.ID, m)
	case CourseStudent:
		w.AddStudent(c.ID, m)
	default:
		return fmt.Errorf("course %s: role %q: %w", c.ID, role, ErrNotAllowed)
	}
	if strings.EqualFold(actor, m.Profile.EmailAddress) {
		w.courseEvent(actor, "course_membership_change", "user_joined_course", c, text("course_role", role))
		return nil
	}
	w.courseEvent(actor, "course_membership_change", "user_added_to_course", c, text("course_role", role), Param{Name: "impacted_users", Multi: []string{m.Profile.EmailAddress}})
	return nil
}

// RemoveCourseMember takes a teacher or student (by user id or address) out of a course; its owner stays.
func (w *World) RemoveCourseMember(courseID, key, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := w.courseToChange(courseID)
	if err != nil {
		return err
	}
	if u := w.User(key); u != nil {
		key = u.ID
	}
	if key == c.OwnerID {
		return fmt.Errorf("course %s: its owner: %w", c.ID, ErrNotAllowed)
	}
	for role, lists := range map[string]map[string][]*CourseMember{CourseTeacher: w.classroom.teachers, CourseStudent: w.classroom.students} {
		list := lists[c.ID]
		i := slices.IndexFunc(list, func(m *CourseMember) bool {
			return m.UserID == key || m.Profile.EmailAddress != "" && strings.EqualFold(m.Profile.EmailAddress, key)
		})
		if i < 0 {
			continue
		}
		address := list[i].Profile.EmailAddress
		lists[c.ID] = slices.Delete(list, i, i+1)
		w.courseEvent(actor, "course_membership_change", "user_removed_from_course", c, text("course_role", role), Param{Name: "impacted_users", Multi: []string{address}})
		return nil
	}
	return fmt.Errorf("course %s: the member: %w", c.ID, ErrNotFound)
}
