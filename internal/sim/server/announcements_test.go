package server_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	classroom "google.golang.org/api/classroom/v1"

	. "esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
)

// staffed is stream with a class 52 of dan's, in which ann, the administrator, teaches nothing, and one of his that is suspended.
func staffed(t testing.TB) *world.World {
	w := stream(t)
	w.AddCourse(&world.Course{ID: "52", Name: "Class 5", OwnerID: "103"})
	w.AddTeacher("52", &world.CourseMember{UserID: "103"})
	w.AddTeacher("52", &world.CourseMember{UserID: "102"}) // cat, who is switched off
	w.AddStudent("52", &world.CourseMember{UserID: "101"})
	w.AddCourse(&world.Course{ID: "53", Name: "Class 6", OwnerID: "103", CourseState: "SUSPENDED"})
	for _, p := range []*world.Post{{ID: "801", Text: "By hand"}, {ID: "802", Text: "Of others", Project: "other.example"}} {
		if err := w.AddPost("52", world.Announcement, p); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func link(u string) *classroom.Material { return &classroom.Material{Link: &classroom.Link{Url: u}} }

func onDrive(id string) *classroom.Material {
	return &classroom.Material{DriveFile: &classroom.SharedDriveFile{DriveFile: &classroom.DriveFile{Id: id}}}
}

// TestAnnouncementWritten takes one announcement from draft to deletion, and looks each time at what the API, the log and /sim/ tell.
func TestAnnouncementWritten(t *testing.T) {
	e := startWorld(t, staffed(t), Options{Quotas: true})
	mine, head, pupil := e.classroom(dan, "classroom.announcements").Courses.Announcements, e.classroom(ann, "classroom.announcements").Courses.Announcements,
		e.classroom(bob, "classroom.announcements").Courses.Announcements
	a, err := mine.Create("52", &classroom.Announcement{Text: "Our rules 🎈", Id: "7", CreatorUserId: "100", AlternateLink: "https://x.example",
		Materials: []*classroom.Material{link("https://school.example/rules?a=b")}}).Do()
	if err != nil {
		t.Fatal(err)
	}
	if a.State != "DRAFT" || a.Id == "7" || a.CreatorUserId != "103" || a.AlternateLink != "" || a.CreationTime != "2026-11-02T08:00:00Z" || a.UpdateTime != a.CreationTime || a.AssigneeMode != "ALL_STUDENTS" ||
		len(a.Materials) != 1 || a.Materials[0].Link.Url != "https://school.example/rules?a=b" {
		t.Errorf("the draft: %+v", a)
	}
	if _, err := pupil.Get("52", a.Id).Do(); err == nil {
		t.Error("a pupil sees the draft")
	}
	for _, who := range []*classroom.CoursesAnnouncementsService{mine, head} {
		if l, err := who.List("52").AnnouncementStates("DRAFT").Do(); err != nil || len(l.Announcements) != 1 || l.Announcements[0].Id != a.Id {
			t.Errorf("drafts: %+v %v", l, err)
		}
	}
	e.w.Advance(time.Hour)
	records := func(want string) {
		t.Helper()
		if have := events(e.w, "classroom"); have != want {
			t.Errorf("records %q, want %q", have, want)
		}
	}
	patch := func(mask string, a *classroom.Announcement, id string) *classroom.Announcement {
		t.Helper()
		have, err := mine.Patch("52", id, a).UpdateMask(mask).Do()
		if err != nil {
			t.Fatalf("%s: %v", mask, err)
		}
		return have
	}
	patch("text", &classroom.Announcement{Text: "Our four rules", State: "PUBLISHED"}, a.Id)
	records("")
	now := "2026-11-02T09:00:00Z"
	for range 2 { // the second time nothing happens
		b := patch("state", &classroom.Announcement{State: "PUBLISHED", Text: "not meant"}, a.Id)
		if b.State != "PUBLISHED" || b.Text != "Our four rules" || b.AlternateLink == "" || b.UpdateTime != now || b.CreationTime != a.CreationTime {
			t.Errorf("published: %+v", b)
		}
		e.w.Advance(time.Hour)
	}
	records("published_announcement")
	if b, err := pupil.Get("52", a.Id).Do(); err != nil || b.Text != "Our four rules" {
		t.Errorf("a pupil reads %+v %v", b, err)
	}
	patch("text", &classroom.Announcement{Text: "Our five rules"}, a.Id)
	records("published_announcement updated_announcement")
	if last := e.w.Activities("classroom")[1]; last.ActorEmail != dan || last.Events[0].Param("post_id") != a.Id || last.Events[0].Param("course_id") != "52" {
		t.Errorf("the record: %+v", last)
	}

	r, err := http.Get(e.url + "/sim/announcements")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	var all map[string][]world.Post
	if err := json.NewDecoder(r.Body).Decode(&all); err != nil {
		t.Fatal(err)
	}
	if list := all["52"]; len(list) != 3 || list[2].ID != a.Id || list[2].Project != "project.example" || list[0].Project != "" || len(all["50"]) != 6 {
		t.Errorf("/sim/announcements: %+v", all)
	}
	if code, body := e.raw(dan, auth("classroom.announcements"), "GET", "/v1/courses/52/announcements/"+a.Id, ""); code != 200 || strings.Contains(body, "project") {
		t.Errorf("the answer tells of the project: %d %s", code, body)
	}

	if _, err := mine.Delete("52", a.Id).Do(); err != nil {
		t.Fatal(err)
	}
	records("published_announcement updated_announcement")
	if b, err := mine.Get("52", a.Id).Do(); err != nil || b.State != "DELETED" || b.AlternateLink != "" {
		t.Errorf("deleted: %+v %v", b, err)
	}
	_, err = mine.Delete("52", a.Id).Do()
	want(t, "deleted twice", err, 400, "failedPrecondition")
	_, err = mine.Patch("52", a.Id, &classroom.Announcement{Text: "x"}).UpdateMask("text").Do()
	want(t, "a change of what is deleted", err, 400, "failedPrecondition")

	d, err := mine.Create("52", &classroom.Announcement{Text: "Not this", State: "DRAFT"}).Do()
	if err != nil {
		t.Fatal(err)
	}
	for i, code := range []int{0, 404} { // of a draft nothing is left
		_, err := mine.Delete("52", d.Id).Do()
		want(t, []string{"delete a draft", "again"}[i], err, code, "notFound")
	}
	now = "2026-11-02T11:00:00Z"
	if p, err := mine.Create("52", &classroom.Announcement{Text: "At once", State: "PUBLISHED"}).Do(); err != nil || p.State != "PUBLISHED" || p.AlternateLink == "" || p.CreationTime != now {
		t.Errorf("at once: %+v %v", p, err)
	}
	records("published_announcement updated_announcement published_announcement")
}

// TestAnnouncementScheduled: a draft publishes itself when its time has come, as of that time, whoever asks first; one whose time was taken away stays.
func TestAnnouncementScheduled(t *testing.T) {
	e := startWorld(t, staffed(t), Options{})
	mine := e.classroom(dan, "classroom.announcements").Courses.Announcements
	at := start.Add(36 * time.Hour)
	draft := func(text string, at time.Time) string {
		t.Helper()
		a, err := mine.Create("52", &classroom.Announcement{Text: text, ScheduledTime: at.Format(time.RFC3339)}).Do()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := time.Parse(time.RFC3339, a.ScheduledTime); err != nil || !got.Equal(at) || a.State != "DRAFT" {
			t.Fatalf("%+v %v", a, err)
		}
		return a.Id
	}
	first, moved, stays := draft("First", at.In(time.FixedZone("CET", 3600))), draft("Moved", at), draft("Stays", at)
	if a, err := mine.Patch("52", moved, &classroom.Announcement{ScheduledTime: at.Add(time.Hour).Format(time.RFC3339)}).UpdateMask("scheduledTime").Do(); err != nil || a.ScheduledTime != "2026-11-03T21:00:00Z" {
		t.Errorf("moved: %+v %v", a, err)
	}
	if a, err := mine.Patch("52", stays, &classroom.Announcement{}).UpdateMask("scheduled_time").Do(); err != nil || a.ScheduledTime != "" {
		t.Errorf("no longer scheduled: %+v %v", a, err)
	}
	state := func(id string) string {
		t.Helper()
		a, err := mine.Get("52", id).Do()
		if err != nil {
			t.Fatal(err)
		}
		if a.State == "PUBLISHED" && a.ScheduledTime != "" {
			t.Errorf("published, and still to be: %+v", a)
		}
		return a.State
	}
	for _, tt := range []struct {
		after               time.Duration
		first, moved, stays string
	}{{36*time.Hour - time.Second, "DRAFT", "DRAFT", "DRAFT"}, {time.Second, "PUBLISHED", "DRAFT", "DRAFT"}, {48 * time.Hour, "PUBLISHED", "PUBLISHED", "DRAFT"}} {
		e.w.Advance(tt.after)
		if a, b, c := state(first), state(moved), state(stays); a != tt.first || b != tt.moved || c != tt.stays {
			t.Errorf("at %s: %s %s %s", e.w.Now(), a, b, c)
		}
	}
	list := e.w.Activities("classroom")
	if len(list) != 2 || !list[0].Time.Equal(at) || !list[1].Time.Equal(at.Add(time.Hour)) || list[0].ActorEmail != dan || list[0].Events[0].Name != "published_announcement" {
		t.Errorf("records: %+v", list)
	}
	if a, err := mine.Get("52", first).Do(); err != nil || a.UpdateTime != at.Format(time.RFC3339) {
		t.Errorf("published at %+v, %v", a, err)
	}
}

// TestAnnouncementAttachments: a link becomes what it leads to; a file is attached only by who can open it and may share it.
func TestAnnouncementAttachments(t *testing.T) {
	w := staffed(t)
	if err := w.AddFile(&world.File{ID: "S", Name: "Seen", MimeType: world.MimeDocument, Parent: "root-101", Owner: &world.Person{EmailAddress: bob}}, world.Grant{Type: "user", Role: "reader", EmailAddress: ann}); err != nil {
		t.Fatal(err)
	}
	e := startWorld(t, w, Options{})
	c := e.classroom(ann, "classroom.announcements").Courses.Announcements
	a, err := c.Create("50", &classroom.Announcement{Text: "Look", Materials: []*classroom.Material{onDrive("A"), onDrive("L"), link("https://docs.google.com/document/d/A/edit"), link("https://drive.google.com/open?id=none"),
		link("https://youtu.be/abcdefghijk"), {YoutubeVideo: &classroom.YouTubeVideo{Id: "abcdefghijk"}}}}).Do()
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for _, m := range a.Materials {
		switch {
		case m.DriveFile != nil:
			have = append(have, "file "+m.DriveFile.DriveFile.Id+" "+m.DriveFile.ShareMode)
		case m.YoutubeVideo != nil:
			have = append(have, "video "+m.YoutubeVideo.Id)
		case m.Link != nil:
			have = append(have, "link "+m.Link.Url)
		}
	}
	if d := cmp.Diff([]string{"file A VIEW", "file L VIEW", "file A VIEW", "link https://drive.google.com/open?id=none", "video abcdefghijk", "video abcdefghijk"}, have); d != "" {
		t.Error(d)
	}
	edit := onDrive("A")
	edit.DriveFile.ShareMode = "EDIT"
	for _, tt := range []struct {
		name   string
		m      *classroom.Material
		code   int
		reason string
	}{
		{"a file that is not there", onDrive("none"), 400, "failedPrecondition"},
		{"a file that may only be looked at", onDrive("S"), 403, "forbidden"},
		{"a file to edit", edit, 400, "badRequest"},
		{"a form", &classroom.Material{Form: &classroom.Form{FormUrl: "https://docs.google.com/forms/d/Q"}}, 400, "badRequest"},
		{"nothing", &classroom.Material{}, 400, "badRequest"},
		{"two things", &classroom.Material{Link: &classroom.Link{Url: "https://a.example"}, DriveFile: edit.DriveFile}, 400, "badRequest"},
		{"no URL", link("rules"), 400, "badRequest"},
		{"a long URL", link("https://a.example/" + strings.Repeat("x", 2007)), 400, "badRequest"},
	} {
		_, err := c.Create("50", &classroom.Announcement{Text: "Look", Materials: []*classroom.Material{tt.m}}).Do()
		want(t, tt.name, err, tt.code, tt.reason)
		if tt.name == "a file that is not there" && (err == nil || !strings.Contains(err.Error(), "@AttachmentNotVisible ")) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestAnnouncementsRefused(t *testing.T) {
	e := startWorld(t, staffed(t), Options{})
	as := func(who string, scopes ...string) *classroom.CoursesAnnouncementsService {
		if scopes == nil {
			scopes = []string{"classroom.announcements"}
		}
		return e.classroom(who, scopes...).Courses.Announcements
	}
	mine := as(dan)
	own, err := mine.Create("52", &classroom.Announcement{Text: "Ours", State: "PUBLISHED"}).Do()
	if err != nil {
		t.Fatal(err)
	}
	draft, err := mine.Create("52", &classroom.Announcement{Text: "Ours"}).Do()
	if err != nil {
		t.Fatal(err)
	}
	create := func(s *classroom.CoursesAnnouncementsService, course string, a *classroom.Announcement) error {
		_, err := s.Create(course, a).Do()
		return err
	}
	text := func() *classroom.Announcement { return &classroom.Announcement{Text: "Hello"} }
	patch := func(s *classroom.CoursesAnnouncementsService, id, mask string, a *classroom.Announcement) error {
		_, err := s.Patch("52", id, a).UpdateMask(mask).Do()
		return err
	}
	drop := func(s *classroom.CoursesAnnouncementsService, course, id string) error {
		_, err := s.Delete(course, id).Do()
		return err
	}
	many := make([]*classroom.Material, 21)
	for i := range many {
		many[i] = link("https://a.example")
	}
	past, later := start.Format(time.RFC3339), start.AddDate(0, 0, 1).Format(time.RFC3339)
	for _, tt := range []struct {
		name   string
		err    error
		code   int
		reason string
		word   string // with which the message begins
	}{
		{"only reading", create(as(dan, "classroom.announcements.readonly"), "52", text()), 403, "insufficientPermissions", ""},
		{"a class that is not there", create(mine, "99", text()), 404, "notFound", ""},
		{"an administrator who does not teach the class", create(as(ann), "52", text()), 403, "forbidden", ""},
		{"a pupil", create(as(bob), "52", text()), 403, "forbidden", ""},
		{"a stranger", create(mine, "50", text()), 403, "forbidden", ""},
		{"a teacher who is switched off", create(as("cat@school.example"), "52", text()), 403, "forbidden", ""},
		{"an archived class", create(as(ann), "51", text()), 400, "failedPrecondition", "@CourseNotModifiable "},
		{"a suspended class", create(mine, "53", text()), 400, "failedPrecondition", "@CourseNotModifiable "},
		{"no text", create(mine, "52", &classroom.Announcement{}), 400, "badRequest", ""},
		{"too long a text", create(mine, "52", &classroom.Announcement{Text: strings.Repeat("ä", 30_001)}), 400, "badRequest", ""},
		{"a long text", create(mine, "52", &classroom.Announcement{Text: strings.Repeat("ä", 30_000)}), 0, "", ""},
		{"too many links", create(mine, "52", &classroom.Announcement{Text: "x", Materials: many}), 400, "badRequest", ""},
		{"deleted from the start", create(mine, "52", &classroom.Announcement{Text: "x", State: "DELETED"}), 400, "badRequest", ""},
		{"published and scheduled", create(mine, "52", &classroom.Announcement{Text: "x", State: "PUBLISHED", ScheduledTime: later}), 400, "badRequest", ""},
		{"scheduled for the past", create(mine, "52", &classroom.Announcement{Text: "x", ScheduledTime: past}), 400, "badRequest", ""},
		{"single pupils without a name", create(mine, "52", &classroom.Announcement{Text: "x", AssigneeMode: "INDIVIDUAL_STUDENTS"}), 400, "badRequest", ""},
		{"a pupil of another class", create(mine, "52", &classroom.Announcement{Text: "x", AssigneeMode: "INDIVIDUAL_STUDENTS", IndividualStudentsOptions: &classroom.IndividualStudentsOptions{StudentIds: []string{"103"}}}), 400, "badRequest", ""},
		{"one pupil", create(mine, "52", &classroom.Announcement{Text: "x", AssigneeMode: "INDIVIDUAL_STUDENTS", IndividualStudentsOptions: &classroom.IndividualStudentsOptions{StudentIds: []string{"101"}}}), 0, "", ""},

		{"no mask", patch(mine, own.Id, "", text()), 400, "badRequest", ""},
		{"a field that cannot be changed", patch(mine, own.Id, "text,materials", text()), 400, "badRequest", ""},
		{"the text taken away", patch(mine, own.Id, "text", &classroom.Announcement{}), 400, "badRequest", ""},
		{"no state", patch(mine, draft.Id, "state", text()), 400, "badRequest", ""},
		{"back to a draft", patch(mine, own.Id, "state", &classroom.Announcement{State: "DRAFT"}), 400, "badRequest", ""},
		{"deleted by a change", patch(mine, own.Id, "state", &classroom.Announcement{State: "DELETED"}), 400, "badRequest", ""},
		{"published, then scheduled", patch(mine, own.Id, "scheduledTime", &classroom.Announcement{ScheduledTime: later}), 400, "badRequest", ""},
		{"a change of what is not there", patch(mine, "999", "text", text()), 404, "notFound", ""},
		{"a change of what was made by hand", patch(mine, "801", "text", text()), 403, "forbidden", "@ProjectPermissionDenied "},
		{"a change of what others made", patch(mine, "802", "text", text()), 403, "forbidden", "@ProjectPermissionDenied "},
		{"a change by the administrator", patch(as(ann), own.Id, "text", text()), 403, "forbidden", ""},

		{"taking away what was made by hand", drop(mine, "52", "801"), 403, "forbidden", "@ProjectPermissionDenied "},
		{"taking away what others made", drop(mine, "52", "802"), 403, "forbidden", "@ProjectPermissionDenied "},
		{"taking away as the administrator", drop(as(ann), "52", own.Id), 403, "forbidden", ""},
		{"taking away what is not there", drop(mine, "52", "999"), 404, "notFound", ""},
		{"taking away coursework", drop(as(ann), "50", "611"), 404, "notFound", ""},
	} {
		want(t, tt.name, tt.err, tt.code, tt.reason)
		if tt.word != "" && tt.err != nil && !strings.Contains(tt.err.Error(), tt.word) {
			t.Errorf("%s: %v, want %s", tt.name, tt.err, tt.word)
		}
	}
	if have := events(e.w, "classroom"); have != "published_announcement" {
		t.Errorf("records of what was refused: %s", have)
	}
	if a, err := as(ann).Get("52", own.Id).Do(); err != nil || a.Text != "Ours" {
		t.Errorf("afterwards: %+v %v", a, err)
	}
}

// TestAnnouncementAnswerLost: a request can be applied although its answer never arrives.
func TestAnnouncementAnswerLost(t *testing.T) {
	e := startWorld(t, staffed(t), Options{Faults: Faults{Rate: 1, Kinds: []string{"truncate"}, Routes: []string{"classroom.courses.announcements.create"}}})
	bare := httptest.NewServer(e.s) // what checks answers would hold this one whole
	t.Cleanup(bare.Close)
	e.url = bare.URL
	c := e.classroom(dan, "classroom.announcements").Courses.Announcements
	if a, err := c.Create("52", &classroom.Announcement{Text: "Hello"}).Do(); err == nil {
		t.Fatalf("answered: %+v", a)
	}
	if l, err := c.List("52").AnnouncementStates("DRAFT").Do(); err != nil || len(l.Announcements) != 1 || l.Announcements[0].Text != "Hello" {
		t.Errorf("afterwards: %+v %v", l, err)
	}
}
