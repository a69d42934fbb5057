package server

import (
	"encoding/json"
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"esafetybot/internal/sim/world"
)

// What Google takes in an announcement. Source: Classroom API, Announcement and Link.
const (
	maxAnnouncement = 30_000 // characters
	maxMaterials    = 20
	maxLink         = 2024
)

// announcementBody is what a request may say of an announcement; what is read-only is ignored.
type announcementBody struct {
	Text          string                    `json:"text"`
	State         string                    `json:"state"`
	ScheduledTime time.Time                 `json:"scheduledTime"`
	Materials     []world.Attachment        `json:"materials"`
	AssigneeMode  string                    `json:"assigneeMode"`
	Individual    *world.IndividualStudents `json:"individualStudentsOptions"`
}

func (c *call) announcementBody() (announcementBody, *apiError) {
	var in announcementBody
	if err := json.Unmarshal(c.body, &in); err != nil {
		return in, badRequest("badRequest", "", "Request contains an invalid argument.")
	}
	return in, nil
}

func invalidArgument(what string) *apiError { return badRequest("badRequest", "", what) }

// classroomError is an error that Classroom begins with a word of its own. Source: Classroom API, "Error structure" and "Common errors".
func classroomError(code int, word, message string) *apiError {
	e := &apiError{code: code, status: "FAILED_PRECONDITION", reason: "failedPrecondition", message: "@" + word + " " + message}
	if code == 403 {
		e.status, e.reason = "PERMISSION_DENIED", "forbidden"
	}
	return e
}

func deletedAlready() *apiError {
	return &apiError{code: 400, status: "FAILED_PRECONDITION", reason: "failedPrecondition", message: "Precondition check failed."}
}

// project is the Cloud project of the program that asks: a service account's address is NAME@PROJECT….
func (c *call) project() string { return domainOf(c.session.client) }

// classToWrite is the course of the path, if the subject teaches it and it takes changes. An administrator who does not teach it writes nothing.
func (c *call) classToWrite() (*world.Course, *apiError) {
	x, err := c.course()
	switch {
	case err != nil:
		return nil, err
	case c.user == nil || x.OwnerID != c.user.ID && !inCourse(c.s.world.Teachers(x.ID), c.user):
		return nil, forbidden("forbidden", "The caller does not have permission")
	case slices.Contains([]string{"ARCHIVED", "DECLINED", "SUSPENDED"}, x.CourseState):
		return nil, classroomError(400, "CourseNotModifiable", "The course is in a state that does not allow changes.")
	}
	return x, nil
}

// ownAnnouncement is the announcement of the path, if the subject teaches the class and this project made it.
func (c *call) ownAnnouncement() (*world.Course, *world.Post, *apiError) {
	x, err := c.classToWrite()
	if err != nil {
		return nil, nil, err
	}
	p := c.s.world.Post(x.ID, c.path["id"])
	switch {
	case p == nil || p.Kind != world.Announcement:
		return nil, nil, noEntity()
	case p.Project == "" || p.Project != c.project():
		return nil, nil, classroomError(403, "ProjectPermissionDenied", "The Developer Console project is not permitted to make this request.")
	case p.State == world.Deleted:
		return nil, nil, deletedAlready()
	}
	return x, p, nil
}

// refusedPost says what the world did not let a teacher do.
func refusedPost(err error) *apiError {
	if errors.Is(err, world.ErrNotFound) { // deleted since it was looked at
		return deletedAlready()
	}
	return forbidden("forbidden", "The caller does not have permission")
}

// announcementCreate answers courses.announcements.create.
func announcementCreate(c *call) ([]byte, *apiError) {
	in, err := c.announcementBody()
	if err != nil {
		return nil, err
	}
	var (
		course string
		p      *world.Post
	)
	c.s.world.View(func() {
		var x *world.Course
		if x, err = c.classToWrite(); err == nil {
			course = x.ID
			p, err = c.newAnnouncement(x, in)
		}
	})
	if err != nil {
		return nil, err
	}
	if e := c.s.world.CreatePost(course, world.Announcement, p, c.user.PrimaryEmail); e != nil {
		return nil, refusedPost(e)
	}
	return c.shownPost(p)
}

func (c *call) shownPost(p *world.Post) (b []byte, err *apiError) {
	c.s.world.View(func() { b, err = marshal(shown(p)) })
	return b, err
}

// newAnnouncement is the announcement that a request describes; inside World.View.
func (c *call) newAnnouncement(x *world.Course, in announcementBody) (*world.Post, *apiError) {
	p := &world.Post{Text: in.Text, State: world.Draft, ScheduledTime: in.ScheduledTime.UTC(), AssigneeMode: in.AssigneeMode, IndividualStudentsOptions: in.Individual, Project: c.project()}
	if in.State != "" {
		p.State = in.State
	}
	switch {
	case p.State != world.Draft && p.State != world.Published:
		return nil, invalidArgument("Announcement state must be DRAFT or PUBLISHED.")
	case !in.ScheduledTime.IsZero() && p.State != world.Draft:
		return nil, invalidArgument("Only a draft can be scheduled.")
	case !in.ScheduledTime.IsZero() && !in.ScheduledTime.After(c.s.world.Time()):
		return nil, invalidArgument("scheduledTime must be in the future.")
	case len(in.Materials) > maxMaterials:
		return nil, invalidArgument("An announcement has at most 20 materials.")
	}
	if err := checkText(in.Text); err != nil {
		return nil, err
	}
	if err := c.checkAssignees(x, in); err != nil {
		return nil, err
	}
	for _, m := range in.Materials {
		a, err := c.attachment(m)
		if err != nil {
			return nil, err
		}
		p.Materials = append(p.Materials, a)
	}
	return p, nil
}

func checkText(text string) *apiError {
	switch {
	case strings.TrimSpace(text) == "":
		return invalidArgument("An announcement needs a text.")
	case utf8.RuneCountInString(text) > maxAnnouncement:
		return invalidArgument("The text has more than 30,000 characters.")
	}
	return nil
}

// checkAssignees: single pupils are named if and only if the mode says so, and are in the class.
func (c *call) checkAssignees(x *world.Course, in announcementBody) *apiError {
	var ids []string
	if in.Individual != nil {
		ids = in.Individual.StudentIDs
	}
	some := in.AssigneeMode == "INDIVIDUAL_STUDENTS"
	if in.AssigneeMode == "ASSIGNEE_MODE_UNSPECIFIED" || some != (len(ids) > 0) {
		return invalidArgument("assigneeMode and individualStudentsOptions do not fit each other.")
	}
	for _, id := range ids {
		if !slices.ContainsFunc(c.s.world.Students(x.ID), func(m *world.CourseMember) bool { return m.UserID == id }) {
			return invalidArgument("A student is not in the course.")
		}
	}
	return nil
}

var (
	driveLink = regexp.MustCompile(`^https://(?:docs|drive)\.google\.com/(?:[a-z]+/d/|open\?id=)([A-Za-z0-9_-]+)`)
	videoLink = regexp.MustCompile(`^https://(?:www\.youtube\.com/watch\?v=|youtu\.be/)([A-Za-z0-9_-]{11})$`)
)

// attachment is a material as Google keeps it: a link becomes the file or the video that it leads to, if the subject can open the file. Only
// links, videos and files on Drive can be attached.
func (c *call) attachment(m world.Attachment) (world.Attachment, *apiError) {
	kinds := len(m.Extra)
	if m.DriveFile != nil {
		kinds++
	}
	if kinds != 1 {
		return m, invalidArgument("A material is one of driveFile, link and youtubeVideo.")
	}
	if m.DriveFile != nil {
		if mode := m.DriveFile.ShareMode; mode != "" && mode != "VIEW" {
			return m, invalidArgument("An announcement's files can only be viewed.")
		}
		return c.attachFile(m.DriveFile.DriveFile.ID)
	}
	if raw := m.Extra["youtubeVideo"]; raw != nil {
		var v struct {
			ID string `json:"id"`
		}
		if json.Unmarshal(raw, &v) != nil || v.ID == "" {
			return m, invalidArgument("A video needs an id.")
		}
		return video(v.ID)
	}
	var l struct {
		URL string `json:"url"`
	}
	if json.Unmarshal(m.Extra["link"], &l) != nil { // also of a form, gem or notebook: then there is none
		return m, invalidArgument("A material is one of driveFile, link and youtubeVideo.")
	}
	u, err := url.Parse(l.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || utf8.RuneCountInString(l.URL) > maxLink {
		return m, invalidArgument("A link needs a URL of 1 to 2024 characters.")
	}
	if found := driveLink.FindStringSubmatch(l.URL); found != nil {
		if a, err := c.attachFile(found[1]); err == nil {
			return a, nil
		}
	}
	if found := videoLink.FindStringSubmatch(l.URL); found != nil {
		return video(found[1])
	}
	return material("link", map[string]string{"url": l.URL, "title": u.Host})
}

func video(id string) (world.Attachment, *apiError) {
	return material("youtubeVideo", map[string]string{"id": id, "alternateLink": "https://www.youtube.com/watch?v=" + id})
}

func material(kind string, v map[string]string) (world.Attachment, *apiError) {
	b, err := marshal(v)
	return world.Attachment{Extra: world.Raw{kind: b}}, err
}

// attachFile attaches a file that the subject can open, and may share with the class if the class could not open it yet.
func (c *call) attachFile(id string) (world.Attachment, *apiError) {
	f, v := c.s.world.File(id), c.viewer()
	switch {
	case f == nil || v.role(f) == "":
		return world.Attachment{}, classroomError(400, "AttachmentNotVisible", "An attachment is not visible to the user or does not exist.")
	case !v.canShare(f) && slices.Contains([]string{"private", "shared_internally", "shared_externally"}, c.s.world.Visibility(f)):
		return world.Attachment{}, forbidden("forbidden", "The caller does not have permission")
	}
	return world.Attach(f, "VIEW"), nil
}

// announcementPatch answers courses.announcements.patch: text, state and scheduledTime can be changed.
func announcementPatch(c *call) ([]byte, *apiError) {
	in, err := c.announcementBody()
	if err != nil {
		return nil, err
	}
	fields, err := c.announcementMask()
	if err != nil {
		return nil, err
	}
	var p *world.Post
	var course, state string
	c.s.world.View(func() {
		var x *world.Course
		if x, p, err = c.ownAnnouncement(); err == nil {
			course, state, err = x.ID, p.State, checkPatch(p, in, fields, c.s.world.Time())
		}
	})
	if err != nil {
		return nil, err
	}
	if len(fields) == 1 && fields[0] == "state" && in.State == state { // published again: nothing changes
		return c.shownPost(p)
	}
	e := c.s.world.EditPost(course, p.ID, c.user.PrimaryEmail, func(v *world.Post) {
		for _, name := range fields {
			switch name {
			case "text":
				v.Text = in.Text
			case "state":
				v.State = in.State
			case "scheduledTime":
				v.ScheduledTime = in.ScheduledTime.UTC()
			}
		}
	})
	if e != nil {
		return nil, refusedPost(e)
	}
	return c.shownPost(p)
}

// announcementMask reads updateMask, which is needed and names only what can be changed.
func (c *call) announcementMask() ([]string, *apiError) {
	var out []string
	for name := range strings.SplitSeq(c.query.Get("updateMask"), ",") {
		if name == "scheduled_time" {
			name = "scheduledTime"
		}
		if !slices.Contains([]string{"text", "state", "scheduledTime"}, name) {
			return nil, badRequest("badRequest", "updateMask", "updateMask: a field is missing or cannot be changed.")
		}
		out = append(out, name)
	}
	return out, nil
}

// checkPatch says what is wrong with a change of p.
func checkPatch(p *world.Post, in announcementBody, fields []string, now time.Time) *apiError {
	state := p.State
	if slices.Contains(fields, "state") {
		if state = in.State; state != p.State && (p.State != world.Draft || state != world.Published) {
			return invalidArgument("The state cannot become this one.")
		}
	}
	if slices.Contains(fields, "text") {
		if err := checkText(in.Text); err != nil {
			return err
		}
	}
	if slices.Contains(fields, "scheduledTime") && !in.ScheduledTime.IsZero() {
		switch {
		case state != world.Draft:
			return invalidArgument("Only a draft can be scheduled.")
		case !in.ScheduledTime.After(now):
			return invalidArgument("scheduledTime must be in the future.")
		}
	}
	return nil
}

// announcementDelete answers courses.announcements.delete, with an empty object.
func announcementDelete(c *call) ([]byte, *apiError) {
	var course, id string
	var err *apiError
	c.s.world.View(func() {
		var x *world.Course
		var p *world.Post
		if x, p, err = c.ownAnnouncement(); err == nil {
			course, id = x.ID, p.ID
		}
	})
	if err != nil {
		return nil, err
	}
	if c.s.world.DeletePost(course, id) != nil {
		return nil, deletedAlready()
	}
	return []byte("{}"), nil
}
