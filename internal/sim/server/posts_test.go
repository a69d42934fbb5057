package server_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	classroom "google.golang.org/api/classroom/v1"

	. "esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
)

const bob = "bob@school.example"

// stream is office with posts of every kind and state in class 50; bob is its pupil.
func stream(t testing.TB) *world.World {
	w := office(t)
	only := func(ids ...string) *world.IndividualStudents { return &world.IndividualStudents{StudentIDs: ids} }
	for i, p := range []struct {
		kind string
		post world.Post
	}{
		{world.Announcement, world.Post{ID: "601", Text: "Trip"}},
		{world.Announcement, world.Post{ID: "602", Text: "Not yet", State: world.Draft}},
		{world.Announcement, world.Post{ID: "603", Text: "Wrong class", State: world.Deleted}},
		{world.Announcement, world.Post{ID: "604", Text: "By a pupil", CreatorUserID: "101"}},
		{world.Announcement, world.Post{ID: "605", Text: "For some", AssigneeMode: "INDIVIDUAL_STUDENTS", IndividualStudentsOptions: only("999")}},
		{world.Announcement, world.Post{ID: "606", Text: "For bob", AssigneeMode: "INDIVIDUAL_STUDENTS", IndividualStudentsOptions: only("101")}},
		{world.CourseWork, world.Post{ID: "611", Title: "Volcanoes", DueDate: &world.Date{Year: 2026, Month: 11, Day: 9}}},
		{world.CourseWork, world.Post{ID: "612", Title: "Spelling", DueDate: &world.Date{Year: 2026, Month: 11, Day: 6}}},
		{world.CourseWork, world.Post{ID: "613", Title: "Reading", WorkType: "MULTIPLE_CHOICE_QUESTION"}},
		{world.CourseWork, world.Post{ID: "614", Title: "Next week", State: world.Draft}},
		{world.Material, world.Post{ID: "621", Title: "Slides"}},
	} {
		p.post.CreationTime = start.Add(time.Duration(i-20) * time.Hour)
		if p.post.CreatorUserID == "" {
			p.post.CreatorUserID = "100"
		}
		if err := w.AddPost("50", p.kind, &p.post); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

var readPosts = []string{"classroom.announcements.readonly", "classroom.coursework.students.readonly", "classroom.courseworkmaterials.readonly"}

func TestPostsOfClasses(t *testing.T) {
	e := startWorld(t, stream(t), Options{})
	c, pupil := e.classroom(ann, readPosts...).Courses, e.classroom(bob, readPosts...).Courses
	ctx := context.Background()
	announcements := func(l *classroom.CoursesAnnouncementsListCall) func() (string, error) {
		return func() (out string, err error) {
			err = l.Pages(ctx, func(p *classroom.ListAnnouncementsResponse) error {
				for _, x := range p.Announcements {
					if (x.AlternateLink != "") != (x.State == "PUBLISHED") || x.CourseId != "50" || x.UpdateTime == "" {
						t.Errorf("announcement %s: state %s, link %q", x.Id, x.State, x.AlternateLink)
					}
					out += x.Id + " "
				}
				return nil
			})
			return out, err
		}
	}
	work := func(l *classroom.CoursesCourseWorkListCall) func() (string, error) {
		return func() (out string, err error) {
			err = l.Pages(ctx, func(p *classroom.ListCourseWorkResponse) error {
				for _, x := range p.CourseWork {
					out += x.Id + " "
				}
				return nil
			})
			return out, err
		}
	}
	materials := func(l *classroom.CoursesCourseWorkMaterialsListCall) func() (string, error) {
		return func() (out string, err error) {
			err = l.Pages(ctx, func(p *classroom.ListCourseWorkMaterialResponse) error {
				for _, x := range p.CourseWorkMaterial {
					out += x.Id + " "
				}
				return nil
			})
			return out, err
		}
	}
	for _, tt := range []struct {
		name string
		list func() (string, error)
		want string
	}{
		{"announcements", announcements(c.Announcements.List("50")), "606 605 604 601"},
		{"oldest first", announcements(c.Announcements.List("50").OrderBy("updateTime asc")), "601 604 605 606"},
		{"in pages", announcements(c.Announcements.List("50").PageSize(1)), "606 605 604 601"},
		{"drafts", announcements(c.Announcements.List("50").AnnouncementStates("DRAFT")), "602"},
		{"every state", announcements(c.Announcements.List("50").AnnouncementStates("PUBLISHED", "DRAFT", "DELETED")), "606 605 604 603 602 601"},
		{"as a pupil", announcements(pupil.Announcements.List("50")), "606 604 601"},
		{"a pupil and drafts", announcements(pupil.Announcements.List("50").AnnouncementStates("PUBLISHED", "DRAFT", "DELETED")), "606 604 601"},
		{"another class", announcements(c.Announcements.List("51")), ""},
		{"coursework", work(c.CourseWork.List("50")), "613 612 611"},
		{"coursework by its day", work(c.CourseWork.List("50").OrderBy("dueDate asc,updateTime")), "612 611 613"},
		{"coursework by its day, the last first", work(c.CourseWork.List("50").OrderBy("dueDate desc")), "613 611 612"},
		{"coursework drafts", work(c.CourseWork.List("50").CourseWorkStates("DRAFT")), "614"},
		{"materials", materials(c.CourseWorkMaterials.List("50")), "621"},
		{"deleted materials", materials(c.CourseWorkMaterials.List("50").CourseWorkMaterialStates("DELETED")), ""},
	} {
		have, err := tt.list()
		if strings.TrimSpace(have) != tt.want || err != nil {
			t.Errorf("%s: have %s, want %s, %v", tt.name, have, tt.want, err)
		}
	}
	a, err := c.Announcements.Get("50", "603").Do()
	if err != nil || a.State != "DELETED" || a.AlternateLink != "" || a.Text != "Wrong class" || a.CreatorUserId != "100" {
		t.Errorf("a deleted one: %+v %v", a, err)
	}
	if a, err = c.Announcements.Get("50", "601").Fields("id,alternateLink").Do(); err != nil || a.Text != "" || !strings.HasPrefix(a.AlternateLink, "https://classroom.google.com/c/") {
		t.Errorf("two fields: %+v %v", a, err)
	}
	if x, err := c.CourseWork.Get("50", "613").Do(); err != nil || x.WorkType != "MULTIPLE_CHOICE_QUESTION" || x.Title != "Reading" {
		t.Errorf("a question: %+v %v", x, err)
	}
	if x, err := pupil.CourseWorkMaterials.Get("50", "621").Do(); err != nil || x.Title != "Slides" {
		t.Errorf("a material: %+v %v", x, err)
	}
	do := func(_ any, err error) error { return err }
	for _, tt := range []struct {
		name   string
		err    error
		code   int
		reason string
	}{
		{"a class that is not there", do(c.Announcements.List("99").Do()), 404, "notFound"},
		{"a class of others", do(pupil.Announcements.List("51").Do()), 403, "forbidden"},
		{"an order that is not there", do(c.Announcements.List("50").OrderBy("dueDate").Do()), 400, "badRequest"},
		{"a direction that is not there", do(c.CourseWork.List("50").OrderBy("updateTime up").Do()), 400, "badRequest"},
		{"a state that is not there", do(c.Announcements.List("50").AnnouncementStates("HIDDEN").Do()), 400, "invalidParameter"},
		{"a post that is not there", do(c.Announcements.Get("50", "999").Do()), 404, "notFound"},
		{"a post of another kind", do(c.Announcements.Get("50", "611").Do()), 404, "notFound"},
		{"a draft as a pupil", do(pupil.CourseWork.Get("50", "614").Do()), 403, "forbidden"},
		{"for somebody else", do(pupil.Announcements.Get("50", "605").Do()), 403, "forbidden"},
		{"by a material's link", do(c.CourseWorkMaterials.List("50").MaterialLink("x").Do()), 501, "notImplemented"},
		{"another scope", do(e.classroom(ann, "classroom.courses.readonly", "classroom.coursework.students").Courses.Announcements.List("50").Do()), 403, "insufficientPermissions"},
	} {
		want(t, tt.name, tt.err, tt.code, tt.reason)
	}
	token, err := c.Announcements.List("50").PageSize(1).Do()
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Announcements.List("50").PageSize(1).OrderBy("updateTime").PageToken(token.NextPageToken).Do()
	want(t, "the page token of another order", err, 400, "invalid")
}

// TestDoPosts writes in a class by /sim/do, and sees what the API and the log tell of it.
func TestDoPosts(t *testing.T) {
	e := startWorld(t, stream(t), Options{})
	post := func(path, body string) string {
		t.Helper()
		r, err := http.Post(e.url+path, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		var b strings.Builder
		if err := r.Write(&b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	for _, tt := range []struct{ body, event string }{
		{`"do":"createPost","course":"50","kind":"announcement","actor":"bob@school.example","resource":{"id":"701","text":"Hello"}`, "published_announcement"},
		{`"do":"createPost","course":"50","kind":"courseWork","actor":"ann@school.example","resource":{"id":"702","title":"Rivers"}`, "published_course_work"},
		{`"do":"createPost","course":"50","kind":"courseWorkMaterial","actor":"ann@school.example","resource":{"id":"703","title":"Maps"}`, "published_course_work"},
		{`"do":"updatePost","course":"50","post":"701","actor":"bob@school.example","resource":{"text":"Hello all"}`, "updated_announcement"},
		{`"do":"comment","course":"50","post":"701","actor":"bob@school.example","text":"First!"`, "commented_announcement"},
		{`"do":"comment","course":"50","post":"703","actor":"bob@school.example","text":"Nice"`, "commented_course_work"},
		{`"do":"comment","course":"50","post":"702","kind":"private","user":"bob@school.example","actor":"ann@school.example","text":"Good"`, "commented_submission_private"},
		{`"do":"comment","course":"50","post":"702","kind":"public","user":"101","actor":"ann@school.example","text":"Good"`, "commented_submission_public"},
	} {
		have := post("/sim/do", "{"+tt.body+"}")
		list := e.w.Activities("classroom")
		if !strings.Contains(have, `"id"`) && !strings.Contains(tt.body, "updatePost") || len(list) == 0 || list[len(list)-1].Events[0].Name != tt.event {
			t.Errorf("%s: %s, records %s", tt.body, have, events(e.w, "classroom"))
		}
	}
	id := e.w.Comments("50", "701")[0].ID
	n := len(e.w.Activities("classroom"))
	for _, body := range []string{
		fmt.Sprintf(`{"do":"deleteComment","course":"50","post":"701","comment":%q}`, id),
		`{"do":"deletePost","course":"50","post":"701"}`,
		`{"do":"decide","actor":"ann@school.example","resource":{"do":"reviewed","item":"post/50-701","saw":"2026-11-02T08:00:00Z"}}`,
	} {
		if have := post("/sim/do", body); !strings.Contains(have, "200 OK") {
			t.Errorf("%s: %s", body, have)
		}
	}
	if len(e.w.Activities("classroom")) != n {
		t.Error("a deletion was recorded")
	}
	if d := e.w.Decisions(); len(d) != 1 || d[0].By != ann || !d[0].At.Equal(start) || d[0].Item != "post/50-701" {
		t.Errorf("decisions: %+v", d)
	}
	for _, bad := range []string{`{"do":"createPost","course":"50"}`, `{"do":"updatePost","course":"50","post":"702"}`, `{"do":"decide"}`, `{"do":"decide","resource":{"do":"reviewed"}}`, `{"do":"comment","course":"50","post":"1"}`} {
		if have := post("/sim/do", bad); !strings.Contains(have, "error") {
			t.Errorf("%s: %s", bad, have)
		}
	}
	code, body := e.raw(ann, auth("admin.reports.audit.readonly"), "GET", "/admin/reports/v1/activity/users/all/applications/classroom?eventName=commented_submission_private&filters="+url.QueryEscape("post_id==702"), "")
	if code != 200 || !strings.Contains(body, `"multiValue":["bob@school.example"]`) || !strings.Contains(body, `"course_work_update"`) {
		t.Errorf("the log: %d %s", code, body)
	}
	dir := t.TempDir()
	post("/sim/dump", fmt.Sprintf(`{"dir":%q}`, dir))
	w, err := world.Load(dir)
	if err != nil || w.Post("50", "701").State != world.Deleted || len(w.Comments("50", "702")) != 2 || len(w.Decisions()) != 1 {
		t.Errorf("the dump: %v", err)
	}
}

// TestFoldersAndAttachments sees a class's folder, as those who may, and what is attached to its posts, also through masks of fields; /sim/do changes attachments.
func TestFoldersAndAttachments(t *testing.T) {
	w := stream(t)
	folder := world.DriveItem{ID: "F1", Title: "Class 4", AlternateLink: "https://drive.google.com/drive/folders/F1"}
	w.Course("50").TeacherFolder = &folder
	w.AddTeacher("50", &world.CourseMember{UserID: w.User("cat@school.example").ID})
	slides := world.DriveItem{ID: "D1", Title: "Slides", AlternateLink: "https://docs.google.com/presentation/d/D1/edit?usp=drivesdk"}
	for _, id := range []string{"601", "611", "621", "614"} {
		w.Post("50", id).Materials = []world.Attachment{{Extra: world.Raw{"link": []byte(`{"url":"https://volcanoes.example"}`)}}, {DriveFile: &world.AttachedFile{DriveFile: slides, ShareMode: "VIEW"}}}
	}
	e := startWorld(t, w, Options{})
	scopes := append([]string{"classroom.courses.readonly"}, readPosts...)
	c := e.classroom(ann, scopes...).Courses
	for _, tt := range []struct{ who, want string }{{ann, "F1"}, {"cat@school.example", "F1"}, {bob, ""}} {
		theirs := e.classroom(tt.who, scopes...).Courses
		list, err := theirs.List().CourseStates("ACTIVE").Fields("courses(id,teacherFolder(id)),nextPageToken").Do()
		if err != nil || len(list.Courses) != 1 {
			t.Fatalf("%s: %+v %v", tt.who, list, err)
		}
		one, err := theirs.Get("50").Do()
		if err != nil || one.Name != "Class 4" {
			t.Fatalf("%s: %+v %v", tt.who, one, err)
		}
		for i, x := range []*classroom.Course{list.Courses[0], one} {
			have := ""
			if f := x.TeacherFolder; f != nil {
				if have = f.Id; (f.Title == "Class 4" && f.AlternateLink == folder.AlternateLink) != (i == 1) {
					t.Errorf("%s: %+v", tt.who, f)
				}
			}
			if have != tt.want || x.Id != "50" {
				t.Errorf("%s: course %s has the folder %q, want %q", tt.who, x.Id, have, tt.want)
			}
		}
	}
	_, err := c.Get("99").Do()
	want(t, "a class that is not there", err, 404, "notFound")
	_, err = e.classroom(bob, scopes...).Courses.Get("51").Do()
	want(t, "a class of others", err, 403, "forbidden")
	if w.Course("50").TeacherFolder == nil {
		t.Error("who looked took the folder away")
	}

	check := func(name string, list []*classroom.Material, whole bool) {
		t.Helper()
		if len(list) != 2 || (list[0].Link != nil) != whole || list[1].DriveFile == nil {
			t.Errorf("%s: %d attachments", name, len(list))
			return
		}
		f := list[1].DriveFile
		if f.DriveFile.Id != "D1" || (f.ShareMode == "VIEW") != whole || (f.DriveFile.Title == "Slides" && f.DriveFile.AlternateLink == slides.AlternateLink) != whole {
			t.Errorf("%s: %+v %+v", name, f, f.DriveFile)
		}
	}
	a, err := c.Announcements.List("50").Fields("announcements(id,materials(driveFile(driveFile(id)))),nextPageToken").Do()
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range a.Announcements {
		if x.Id == "601" {
			check("announcements", x.Materials, false)
		} else if len(x.Materials) > 0 {
			t.Errorf("announcement %s has attachments", x.Id)
		}
	}
	cw, err := c.CourseWork.List("50").CourseWorkStates("DRAFT").Fields("courseWork(id,state,materials(driveFile(driveFile(id))))").Do()
	if err != nil || len(cw.CourseWork) != 1 || cw.CourseWork[0].State != "DRAFT" {
		t.Fatalf("drafts: %+v %v", cw, err)
	}
	check("a draft", cw.CourseWork[0].Materials, false)
	m, err := c.CourseWorkMaterials.List("50").Do()
	if err != nil || len(m.CourseWorkMaterial) != 1 {
		t.Fatalf("materials: %+v %v", m, err)
	}
	check("materials", m.CourseWorkMaterial[0].Materials, true)
	work, err := c.CourseWork.Get("50", "611").Fields("id,materials(driveFile(driveFile(id)))").Do()
	if err != nil {
		t.Fatal(err)
	}
	check("coursework", work.Materials, false)
	if x, err := c.Announcements.Get("50", "601").Do(); err != nil {
		t.Error(err)
	} else {
		check("an announcement", x.Materials, true)
	}

	change := func(body string) {
		t.Helper()
		r, err := http.Post(e.url+"/sim/do", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != 200 {
			t.Fatalf("%s: %s", body, r.Status)
		}
	}
	attached := func() string {
		x, err := c.Announcements.Get("50", "604").Fields("materials(driveFile(driveFile(id)))").Do()
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, m := range x.Materials {
			out = append(out, m.DriveFile.DriveFile.Id)
		}
		return strings.Join(out, " ")
	}
	for _, tt := range []struct{ resource, want string }{
		{`{"materials":[{"driveFile":{"driveFile":{"id":"D2"}}},{"driveFile":{"driveFile":{"id":"D3"}}}]}`, "D2 D3"},
		{`{"text":"New words"}`, "D2 D3"},
		{`{"materials":[{"driveFile":{"driveFile":{"id":"D3"}}}]}`, "D3"},
		{`{"materials":[]}`, ""},
	} {
		change(`{"do":"updatePost","course":"50","post":"604","actor":"ann@school.example","resource":` + tt.resource + `}`)
		if have := attached(); have != tt.want {
			t.Errorf("after %s: %s, want %s", tt.resource, have, tt.want)
		}
	}
}
