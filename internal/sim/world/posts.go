package world

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kinds of posts, each a collection of its own in Classroom's API.
const (
	Announcement = "announcement"
	CourseWork   = "courseWork"
	Material     = "courseWorkMaterial"
)

// States of posts.
const (
	Published = "PUBLISHED"
	Draft     = "DRAFT"
	Deleted   = "DELETED"
)

// Post is what stands in a course's stream or among its work: a Classroom Announcement, CourseWork or CourseWorkMaterial.
type Post struct {
	Kind                      string              `json:"-"` // Announcement, CourseWork or Material
	CourseID                  string              `json:"courseId,omitempty"`
	ID                        string              `json:"id"`
	Title                     string              `json:"title,omitempty"` // announcements have none
	Text                      string              `json:"text,omitempty"`  // of announcements; the others have a description
	Description               string              `json:"description,omitempty"`
	State                     string              `json:"state"`
	WorkType                  string              `json:"workType,omitempty"` // of coursework
	DueDate                   *Date               `json:"dueDate,omitempty"`  // of coursework
	AssigneeMode              string              `json:"assigneeMode,omitempty"`
	IndividualStudentsOptions *IndividualStudents `json:"individualStudentsOptions,omitempty"`
	Materials                 []Attachment        `json:"materials,omitempty"`
	AlternateLink             string              `json:"alternateLink,omitempty"`
	CreatorUserID             string              `json:"creatorUserId,omitempty"`
	CreationTime              time.Time           `json:"creationTime,omitzero"`
	UpdateTime                time.Time           `json:"updateTime,omitzero"`
	ScheduledTime             time.Time           `json:"scheduledTime,omitzero"` // when a draft publishes itself, see PublishDue
	Project                   string              `json:"project,omitempty"`      // the Cloud project whose program made it by the API; no answer shows it; "" if a person made it
	Extra                     Raw                 `json:"-"`
}

// Attachment is a Classroom Material: a file on Drive, or one of the kinds that nothing here looks into and that are kept as they came (link, youtubeVideo, form).
type Attachment struct {
	DriveFile *AttachedFile `json:"driveFile,omitempty"`
	Extra     Raw           `json:"-"`
}

// AttachedFile is a Classroom SharedDriveFile.
type AttachedFile struct {
	DriveFile DriveItem `json:"driveFile"`
	ShareMode string    `json:"shareMode,omitempty"` // of coursework: VIEW, EDIT, STUDENT_COPY
}

func (a *Attachment) UnmarshalJSON(b []byte) error {
	type plain Attachment
	return decodeWithExtra(b, (*plain)(a), &a.Extra)
}

// MarshalJSON writes the known fields and the kept unknown ones.
func (a Attachment) MarshalJSON() ([]byte, error) {
	type plain Attachment
	return encodeWithExtra(plain(a), a.Extra)
}

// Attach is the attachment of a file on Drive.
func Attach(f *File, shareMode string) Attachment {
	return Attachment{DriveFile: &AttachedFile{DriveItemOf(f), shareMode}}
}

// Has reports whether a file on Drive is attached to the post.
func (p *Post) Has(fileID string) bool {
	return slices.ContainsFunc(p.Materials, func(a Attachment) bool { return a.DriveFile != nil && a.DriveFile.DriveFile.ID == fileID })
}

// Date is a day as Classroom writes it.
type Date struct {
	Year  int `json:"year,omitempty"`
	Month int `json:"month,omitempty"`
	Day   int `json:"day,omitempty"`
}

// IndividualStudents are the pupils (user ids) who alone see a post, if its AssigneeMode is INDIVIDUAL_STUDENTS.
type IndividualStudents struct {
	StudentIDs []string `json:"studentIds,omitempty"`
}

func (p *Post) UnmarshalJSON(b []byte) error {
	type plain Post
	return decodeWithExtra(b, (*plain)(p), &p.Extra)
}

// MarshalJSON writes the known fields and the kept unknown ones.
func (p Post) MarshalJSON() ([]byte, error) {
	type plain Post
	return encodeWithExtra(plain(p), p.Extra)
}

// postData is what the courses hold: posts by course id and kind, comments by "COURSE-POST".
type postData struct {
	announcements, courseWork, materials map[string][]*Post
	comments                             map[string][]*Comment
	decisions                            []Decision
	dojo                                 []DojoEvent
	due                                  time.Time // when the next draft publishes itself; zero if none does
}

func newPostData() postData {
	return postData{announcements: map[string][]*Post{}, courseWork: map[string][]*Post{}, materials: map[string][]*Post{}, comments: map[string][]*Comment{}}
}

func (d *postData) parts() []filePart {
	return []filePart{{"announcements.json", &d.announcements}, {"coursework.json", &d.courseWork}, {"materials.json", &d.materials}, {"comments.json", &d.comments}}
}

// of is the collection of a kind; nil for an unknown one.
func (d *postData) of(kind string) map[string][]*Post {
	return map[string]map[string][]*Post{Announcement: d.announcements, CourseWork: d.courseWork, Material: d.materials}[kind]
}

// loadedPosts completes what the files left out, and refuses an id that a course has twice.
func (w *World) loadedPosts() error {
	d := &w.posts
	for kind, m := range map[string]*map[string][]*Post{Announcement: &d.announcements, CourseWork: &d.courseWork, Material: &d.materials} {
		if *m == nil { // the file said null
			*m = map[string][]*Post{}
		}
		for course, list := range *m {
			for _, p := range list {
				w.completePost(course, kind, p)
			}
		}
	}
	for course, all := range w.postsByCourse() {
		seen := map[string]bool{}
		for _, p := range all {
			if p.ID == "" || seen[p.ID] {
				return fmt.Errorf("course %s: post %q: its id is missing or %w", course, p.ID, ErrExists)
			}
			seen[p.ID] = true
		}
	}
	if d.comments == nil {
		d.comments = map[string][]*Comment{}
	}
	return nil
}

func (w *World) postsByCourse() map[string][]*Post {
	out := map[string][]*Post{}
	for _, m := range []map[string][]*Post{w.posts.announcements, w.posts.courseWork, w.posts.materials} {
		for course, list := range m {
			out[course] = append(out[course], list...)
		}
	}
	return out
}

// completePost fills what Google always has.
func (w *World) completePost(courseID, kind string, p *Post) {
	p.CourseID, p.Kind = courseID, kind
	p.State = cmp.Or(p.State, Published)
	p.AssigneeMode = cmp.Or(p.AssigneeMode, "ALL_STUDENTS")
	if kind == CourseWork {
		p.WorkType = cmp.Or(p.WorkType, "ASSIGNMENT")
	}
	if p.CreationTime.IsZero() {
		p.CreationTime = w.now()
	}
	if p.UpdateTime.IsZero() {
		p.UpdateTime = p.CreationTime
	}
	w.posts.schedule(p)
	if p.AlternateLink == "" && p.ID != "" {
		place := map[string]string{Announcement: "/p/%s", CourseWork: "/a/%s/details", Material: "/m/%s/details"}[kind]
		code := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
		p.AlternateLink = "https://classroom.google.com/c/" + code(courseID) + fmt.Sprintf(place, code(p.ID))
	}
}

// Posts lists the posts of a kind in a course, in the order of the tenant, drafts and deleted ones too.
func (w *World) Posts(courseID, kind string) []*Post { return w.posts.of(kind)[courseID] }

// Post finds a post of any kind; nil when the course has none of this id.
func (w *World) Post(courseID, id string) *Post {
	for _, kind := range []string{Announcement, CourseWork, Material} {
		for _, p := range w.Posts(courseID, kind) {
			if p.ID == id {
				return p
			}
		}
	}
	return nil
}

// AddPost puts a post of a kind into a course; an empty id, state and times are filled.
func (w *World) AddPost(courseID, kind string, p *Post) error {
	list := w.posts.of(kind)
	switch {
	case list == nil:
		return fmt.Errorf("course %s: a post of the kind %q: %w", courseID, kind, ErrNotAllowed)
	case w.Course(courseID) == nil:
		return fmt.Errorf("course %s: %w", courseID, ErrNotFound)
	case p.ID == "":
		p.ID = w.newPostID(courseID)
	case w.Post(courseID, p.ID) != nil:
		return fmt.Errorf("course %s: post %s: %w", courseID, p.ID, ErrExists)
	}
	w.completePost(courseID, kind, p)
	list[courseID] = append(list[courseID], p)
	return nil
}

func (w *World) newPostID(courseID string) string {
	for {
		w.counter++
		id := "6" + digits("post/"+courseID+"/"+strconv.FormatInt(w.Settings.Seed, 10)+"/"+w.counterText(), 11)
		if w.Post(courseID, id) == nil {
			return id
		}
	}
}

// workEvent is a record about a post: of coursework and materials Google adds the title and the type.
func (w *World) workEvent(actor, name string, c *Course, p *Post, more ...Param) {
	w.workEventAt(w.now(), actor, name, c, p, more...)
}

func (w *World) workEventAt(at time.Time, actor, name string, c *Course, p *Post, more ...Param) {
	params := []Param{text("post_id", p.ID)}
	if p.Kind != Announcement {
		params = append(params, text("course_work_title", p.Title), text("course_work_type", workType(p)))
	}
	w.courseEventAt(at, actor, "course_work_update", name, c, append(params, more...)...)
}

// workType is the audit log's word. Source: Reports API, Classroom audit activity events, parameter course_work_type.
func workType(p *Post) string {
	switch {
	case p.Kind == Material:
		return "material"
	case strings.HasSuffix(p.WorkType, "_QUESTION"):
		return "question"
	}
	return "assignment"
}

// aboutPost is the name of an event for announcements or for what is work: published_announcement, published_course_work.
func aboutPost(verb string, p *Post) string {
	if p.Kind == Announcement {
		return verb + "_announcement"
	}
	return verb + "_course_work"
}

// openCourse finds a course in which people can still write, as it is now.
func (w *World) openCourse(id string) (*Course, error) {
	w.publishDue()
	c, err := w.courseToChange(id)
	if err == nil && c.CourseState == "ARCHIVED" {
		return nil, fmt.Errorf("course %s: it is archived: %w", id, ErrNotAllowed)
	}
	return c, err
}

// writer is who writes: the user, or nil for somebody outside. Whoever is switched off cannot sign in to write.
func (w *World) writer(actor string) (*User, error) {
	u := w.User(actor)
	if u != nil && (u.Suspended || u.Archived) {
		return nil, fmt.Errorf("user %s: the account is switched off: %w", u.ID, ErrNotAllowed)
	}
	return u, nil
}

// postToChange finds a post that has not been deleted, in a course in which people can write.
func (w *World) postToChange(courseID, id string) (*Course, *Post, error) {
	c, err := w.openCourse(courseID)
	if err != nil {
		return nil, nil, err
	}
	p := w.Post(courseID, id)
	if p == nil || p.State == Deleted {
		return nil, nil, fmt.Errorf("course %s: post %s: %w", courseID, id, ErrNotFound)
	}
	return c, p, nil
}

// CreatePost publishes a post in a course, or keeps it as a draft if its State says so: then nothing is recorded. Students publish
// announcements only.
func (w *World) CreatePost(courseID, kind string, p *Post, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := w.openCourse(courseID)
	if err != nil {
		return err
	}
	if p.State == Deleted {
		return fmt.Errorf("course %s: a post that is deleted from the start: %w", courseID, ErrNotAllowed)
	}
	u, err := w.writer(actor)
	if err != nil {
		return err
	}
	if u != nil {
		p.CreatorUserID = u.ID
		for _, m := range w.Students(courseID) {
			if m.UserID == u.ID && kind != Announcement {
				return fmt.Errorf("course %s: a student cannot publish %s: %w", courseID, kind, ErrNotAllowed)
			}
		}
	}
	if err := w.AddPost(courseID, kind, p); err != nil {
		return err
	}
	if p.State == Published {
		w.workEvent(actor, aboutPost("published", p), c, p)
	}
	return nil
}

// UpdatePost changes a post: title, text, description, due date, time to publish, state, attachments and unknown fields of change replace what the post has,
// if they are set (attachments other than nil: none at all is a list without any). A draft that becomes PUBLISHED is recorded as published.
func (w *World) UpdatePost(courseID, id string, change *Post, actor string) error {
	return w.EditPost(courseID, id, actor, func(p *Post) {
		p.Title, p.Text, p.Description = cmp.Or(change.Title, p.Title), cmp.Or(change.Text, p.Text), cmp.Or(change.Description, p.Description)
		p.State = cmp.Or(change.State, p.State)
		if change.DueDate != nil {
			p.DueDate = change.DueDate
		}
		if !change.ScheduledTime.IsZero() {
			p.ScheduledTime = change.ScheduledTime
		}
		if change.Materials != nil {
			p.Materials = change.Materials
		}
		for k, v := range change.Extra {
			if p.Extra == nil {
				p.Extra = Raw{}
			}
			p.Extra[k] = v
		}
	})
}

// DeletePost deletes a post with its comments. Google records nothing of it; the post stays in the state DELETED, a draft is gone.
func (w *World) DeletePost(courseID, id string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, p, err := w.postToChange(courseID, id)
	if err != nil {
		return err
	}
	delete(w.posts.comments, PostKey(courseID, id))
	if p.State == Draft {
		list := w.posts.of(p.Kind)
		for i, o := range list[courseID] {
			if o == p {
				list[courseID] = append(list[courseID][:i:i], list[courseID][i+1:]...)
			}
		}
		return nil
	}
	p.State, p.UpdateTime = Deleted, w.now()
	return nil
}
