package world_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	. "esafetybot/internal/sim/world"
)

// class is school with a class of ann's in which cat is a pupil.
func class(t *testing.T) *World {
	t.Helper()
	w := school(t)
	w.AddCourse(&Course{ID: "50", Name: "Class 4", OwnerID: w.User("ann@school.example").ID})
	w.AddTeacher("50", &CourseMember{UserID: w.User("ann@school.example").ID})
	w.AddStudent("50", &CourseMember{UserID: w.User("cat@school.example").ID})
	return w
}

// TestPostsAndTheirRecords writes what people write in a class, and looks at the record of each: type, name, who, and every parameter.
func TestPostsAndTheirRecords(t *testing.T) {
	w := class(t)
	const ann, bob, cat = "ann@school.example", "bob@school.example", "cat@school.example"
	note, child, work, question, slides, draft := &Post{Text: "Trip on Friday"}, &Post{Text: "Look at this"}, &Post{ID: "601", Title: "Volcanoes"}, &Post{ID: "602", Title: "Why?", WorkType: "SHORT_ANSWER_QUESTION"},
		&Post{ID: "603", Title: "Slides"}, &Post{ID: "604", Text: "Later", State: Draft}
	comment := func(p *Post, c Comment, actor string) func() error {
		return func() error { _, err := w.Comment("50", p.ID, c, actor); return err }
	}
	about := func(kind, title string) string { return " course_work_title=" + title + " course_work_type=" + kind }
	for _, tt := range []struct {
		does string
		do   func() error
		name string // "" for no record
		by   string
		post *Post
		more string
	}{
		{"announcement", func() error { return w.CreatePost("50", Announcement, note, ann) }, "published_announcement", ann, note, ""},
		{"a pupil's announcement", func() error { return w.CreatePost("50", Announcement, child, "CAT@school.example") }, "published_announcement", cat, child, ""},
		{"coursework", func() error { return w.CreatePost("50", CourseWork, work, ann) }, "published_course_work", ann, work, about("assignment", "Volcanoes")},
		{"question", func() error { return w.CreatePost("50", CourseWork, question, ann) }, "published_course_work", ann, question, about("question", "Why?")},
		{"material", func() error { return w.CreatePost("50", Material, slides, ann) }, "published_course_work", ann, slides, about("material", "Slides")},
		{"draft", func() error { return w.CreatePost("50", Announcement, draft, ann) }, "", "", nil, ""},
		{"draft changed", func() error { return w.UpdatePost("50", "604", &Post{Text: "Soon"}, ann) }, "", "", nil, ""},
		{"draft published", func() error { return w.UpdatePost("50", "604", &Post{State: Published}, ann) }, "published_announcement", ann, draft, ""},
		{"announcement changed", func() error { return w.UpdatePost("50", "604", &Post{Text: "Now"}, ann) }, "updated_announcement", ann, draft, ""},
		{"work changed", func() error { return w.UpdatePost("50", "601", &Post{Title: "Volcano"}, ann) }, "updated_course_work", ann, work, about("assignment", "Volcano")},
		{"comment", comment(note, Comment{Text: "When?"}, cat), "commented_announcement", cat, note, ""},
		{"comment on work", comment(work, Comment{Text: "Stuck"}, cat), "commented_course_work", cat, work, about("assignment", "Volcano")},
		{"comment on material", comment(slides, Comment{Text: "Nice"}, cat), "commented_course_work", cat, slides, about("material", "Slides")},
		{"private comment", comment(work, Comment{Text: "Well done", Kind: CommentPrivate, Of: cat}, ann), "commented_submission_private", ann, work, about("assignment", "Volcano") + " impacted_users=[cat@school.example]"},
		{"public comment", comment(work, Comment{Text: "Look, all", Kind: CommentPublic, Of: w.User(cat).ID}, bob), "commented_submission_public", bob, work, about("assignment", "Volcano") + " impacted_users=[cat@school.example]"},
		{"comment from outside", comment(note, Comment{Text: "Hello"}, "eve@home.example"), "commented_announcement", "eve@home.example", note, ""},
		{"comment deleted", func() error { return w.DeleteComment("50", note.ID, w.Comments("50", note.ID)[0].ID) }, "", "", nil, ""},
		{"post deleted", func() error { return w.DeletePost("50", slides.ID) }, "", "", nil, ""},
	} {
		before := len(w.Activities("classroom"))
		if err := tt.do(); err != nil {
			t.Errorf("%s: %v", tt.does, err)
			continue
		}
		list := w.Activities("classroom")[before:]
		if tt.name == "" {
			if len(list) != 0 {
				t.Errorf("%s: %d records", tt.does, len(list))
			}
			continue
		}
		if len(list) != 1 || len(list[0].Events) != 1 {
			t.Errorf("%s: %d records", tt.does, len(list))
			continue
		}
		e := list[0].Events[0]
		have := e.Type + " " + e.Name + " " + list[0].ActorEmail
		for _, p := range e.Params {
			if have += " " + p.Name + "="; p.Multi != nil {
				have += "[" + strings.Join(p.Multi, " ") + "]"
			} else {
				have += p.Value
			}
		}
		want := "course_work_update " + tt.name + " " + tt.by + " course_id=50 course_title=Class 4 post_id=" + tt.post.ID + tt.more
		if d := cmp.Diff(want, have); d != "" {
			t.Errorf("%s: %s", tt.does, d)
		}
	}
	if w.Post("50", slides.ID).State != Deleted || len(w.Comments("50", slides.ID)) != 0 || len(w.Comments("50", note.ID)) != 1 || note.CreatorUserID != w.User(ann).ID {
		t.Errorf("afterwards: %+v, %+v", w.Post("50", slides.ID), w.Comments("50", note.ID))
	}
}

func TestPostsRefused(t *testing.T) {
	w := class(t)
	const ann, cat = "ann@school.example", "cat@school.example"
	for _, p := range []*Post{{ID: "601"}, {ID: "602", State: Draft}, {ID: "603", State: Deleted}} {
		if err := w.AddPost("50", Announcement, p); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.AddPost("50", CourseWork, &Post{ID: "604"}), w.SuspendUser("bob@school.example", ann)); err != nil {
		t.Fatal(err)
	}
	w.AddCourse(&Course{ID: "51", CourseState: "ARCHIVED"})
	comment := func(course, post string, c Comment, actor string) error {
		_, err := w.Comment(course, post, c, actor)
		return err
	}
	before := len(w.Activities("classroom"))
	for _, tt := range []struct {
		does string
		err  error
		want error
	}{
		{"a class that is not there", w.CreatePost("99", Announcement, &Post{}, ann), ErrNotFound},
		{"an archived class", w.CreatePost("51", Announcement, &Post{}, ann), ErrNotAllowed},
		{"a kind that is not there", w.CreatePost("50", "poem", &Post{}, ann), ErrNotAllowed},
		{"the id of a post of another kind", w.CreatePost("50", CourseWork, &Post{ID: "601"}, ann), ErrExists},
		{"a pupil's coursework", w.CreatePost("50", CourseWork, &Post{}, cat), ErrNotAllowed},
		{"deleted from the start", w.CreatePost("50", Announcement, &Post{State: Deleted}, ann), ErrNotAllowed},
		{"by somebody switched off", w.CreatePost("50", Announcement, &Post{}, "bob@school.example"), ErrNotAllowed},
		{"published becomes a draft", w.UpdatePost("50", "601", &Post{State: Draft}, ann), ErrNotAllowed},
		{"deleted by a change", w.UpdatePost("50", "601", &Post{State: Deleted}, ann), ErrNotAllowed},
		{"a deleted post changes", w.UpdatePost("50", "603", &Post{Text: "x"}, ann), ErrNotFound},
		{"a deleted post is deleted", w.DeletePost("50", "603"), ErrNotFound},
		{"a comment on a draft", comment("50", "602", Comment{}, cat), ErrNotAllowed},
		{"a comment on a deleted post", comment("50", "603", Comment{}, cat), ErrNotFound},
		{"a comment of no kind", comment("50", "601", Comment{Kind: "loud"}, cat), ErrNotAllowed},
		{"a comment by somebody switched off", comment("50", "601", Comment{}, "bob@school.example"), ErrNotAllowed},
		{"a submission to an announcement", comment("50", "601", Comment{Kind: CommentPrivate, Of: cat}, ann), ErrNotAllowed},
		{"a submission of nobody in the class", comment("50", "604", Comment{Kind: CommentPrivate, Of: ann}, ann), ErrNotFound},
		{"a comment that is not there", w.DeleteComment("50", "601", "C1"), ErrNotFound},
	} {
		if !errors.Is(tt.err, tt.want) {
			t.Errorf("%s: have %v, want %v", tt.does, tt.err, tt.want)
		}
	}
	if n := len(w.Activities("classroom")); n != before {
		t.Errorf("%d records of what was refused", n-before)
	}
	if err := w.DeletePost("50", "602"); err != nil || w.Post("50", "602") != nil {
		t.Errorf("a deleted draft: %v, %+v", err, w.Post("50", "602"))
	}
}

func TestDecisions(t *testing.T) {
	w := class(t)
	if err := w.Decide(Decision{By: "ann@school.example", Do: "reviewed", Item: "post/50-601", Saw: start}); err != nil {
		t.Fatal(err)
	}
	w.Advance(time.Hour)
	if err := w.Decide(Decision{By: "ann@school.example", Do: "cover", Course: "50", Who: "bob@school.example", From: "2026-11-02", Until: "2026-11-03"}); err != nil {
		t.Fatal(err)
	}
	if d := w.Decisions(); len(d) != 2 || !d[0].At.Equal(start) || !d[1].At.Equal(start.Add(time.Hour)) {
		t.Errorf("decisions: %+v", d)
	}
	for _, bad := range []Decision{{Do: "reviewed", At: start}, {By: "x", At: start}, {By: "x", Do: "reviewed"}} {
		if w.AddDecision(bad) == nil {
			t.Errorf("taken: %+v", bad)
		}
	}
}

// TestPostsSurvive loads posts, comments and decisions, saves them and loads them again.
func TestPostsSurvive(t *testing.T) {
	dir, again := t.TempDir(), t.TempDir()
	for name, content := range map[string]string{
		"tenant.json":        `{"now":"2026-11-02T09:00:00Z","customer":{"id":"C01","customerDomain":"school.example"}}`,
		"courses.json":       `[{"id":"50","name":"Class 4","courseState":"ACTIVE","teacherFolder":{"id":"f2","title":"Class 4","alternateLink":"https://a.example/f2"}}]`,
		"announcements.json": `{"50":[{"id":"1","text":"Hello","materials":[{"link":{"url":"https://a.example"}},{"driveFile":{"driveFile":{"id":"f1","title":"Map","alternateLink":"https://a.example/f1"},"shareMode":"VIEW"}}]}]}`,
		"coursework.json":    `{"50":[{"id":"2","title":"Volcanoes","maxPoints":10,"dueDate":{"year":2026,"month":11,"day":6}}]}`,
		"materials.json":     `null`,
		"comments.json":      `{"50-1":[{"id":"C1","author":"cat@school.example","time":"2026-11-01T10:00:00Z","text":"Hi","kind":"class"}]}`,
		"decisions.jsonl": `{"at":"2026-11-01T11:00:00Z","by":"ann@school.example","do":"reviewed","item":"post/50-1","saw":"2026-11-01T10:00:00Z","remark":"mine"}` + "\n\n" +
			`{"at":"2026-11-01T12:00:00Z","by":"ann@school.example","do":"record","record":"visitors","entry":"e1","what":"Piano tuner","where":"Signing-in book","until":"2026-11-05"}` + "\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Save(again); err != nil {
		t.Fatal(err)
	}
	if w, err = Load(again); err != nil {
		t.Fatal(err)
	}
	a, c := w.Post("50", "1"), w.Post("50", "2")
	if a == nil || c == nil {
		t.Fatal("posts are missing")
	}
	if a.CourseID != "50" || a.Kind != Announcement || a.State != Published || a.AlternateLink != "https://classroom.google.com/c/NTA/p/MQ" || len(a.Materials) != 2 || len(a.Materials[0].Extra["link"]) == 0 {
		t.Errorf("announcement: %+v", a)
	}
	if f := w.Course("50").TeacherFolder; f == nil || *f != (DriveItem{"f2", "Class 4", "https://a.example/f2"}) {
		t.Errorf("folder: %+v", f)
	}
	if !a.Has("f1") || a.Has("f2") || a.Has("") || *a.Materials[1].DriveFile != (AttachedFile{DriveItem{"f1", "Map", "https://a.example/f1"}, "VIEW"}) {
		t.Errorf("attachments: %+v", a.Materials)
	}
	if c.WorkType != "ASSIGNMENT" || c.DueDate == nil || c.DueDate.Day != 6 || string(c.Extra["maxPoints"]) != "10" || c.AlternateLink != "https://classroom.google.com/c/NTA/a/Mg/details" {
		t.Errorf("coursework: %+v", c)
	}
	if l := w.Comments("50", "1"); len(l) != 1 || l[0].Text != "Hi" {
		t.Errorf("comments: %+v", l)
	}
	want := Decision{At: time.Date(2026, 11, 1, 11, 0, 0, 0, time.UTC), By: "ann@school.example", Do: "reviewed", Item: "post/50-1",
		Saw: time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC), Extra: Raw{"remark": json.RawMessage(`"mine"`)}}
	entry := Decision{At: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC), By: "ann@school.example", Do: "record", Until: "2026-11-05",
		Record: "visitors", Entry: "e1", What: "Piano tuner", Where: "Signing-in book"}
	if d := cmp.Diff([]Decision{want, entry}, w.Decisions()); d != "" {
		t.Error(d)
	}
	for name, bad := range map[string]string{"announcements.json": `{"50":[{"id":"2"}]}`, "decisions.jsonl": `{"by":"x","do":"reviewed"}`} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(dir); err == nil {
			t.Errorf("%s with %s is loaded", name, bad)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPostsProperty lets people do anything in a class: what is refused changes nothing, each act leaves the records that it should, no id comes twice,
// comments stand in the order of time, and all of it survives saving and loading.
func TestPostsProperty(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w := class(t)
		people := []string{"ann@school.example", "bob@school.example", "cat@school.example", "eve@home.example"}
		kinds := []string{Announcement, CourseWork, Material}
		var posts []string
		for range rapid.IntRange(1, 40).Draw(r, "acts") {
			w.Advance(time.Minute)
			who := rapid.SampledFrom(people).Draw(r, "who")
			id := "none"
			if len(posts) > 0 {
				id = rapid.SampledFrom(posts).Draw(r, "post")
			}
			before, records, state := len(w.Activities("classroom")), 1, ""
			if p := w.Post("50", id); p != nil {
				state = p.State
			}
			var err error
			switch rapid.IntRange(0, 5).Draw(r, "act") {
			case 0:
				p := &Post{Title: "x", State: rapid.SampledFrom([]string{"", Draft, Published}).Draw(r, "state")}
				if err = w.CreatePost("50", rapid.SampledFrom(kinds).Draw(r, "kind"), p, who); err == nil {
					posts = append(posts, p.ID)
				}
				if p.State == Draft {
					records = 0
				}
			case 1:
				change := rapid.SampledFrom([]string{"", Published, Draft}).Draw(r, "new state")
				err = w.UpdatePost("50", id, &Post{Text: "y", State: change}, who)
				if state == Draft && change != Published {
					records = 0
				}
			case 2:
				err, records = w.DeletePost("50", id), 0
			case 3:
				_, err = w.Comment("50", id, Comment{Text: "z", Kind: rapid.SampledFrom([]string{"", CommentClass, CommentPrivate, CommentPublic}).Draw(r, "of what"), Of: "cat@school.example"}, who)
			case 4:
				records = 0
				if list := w.Comments("50", id); len(list) > 0 {
					err = w.DeleteComment("50", id, list[rapid.IntRange(0, len(list)-1).Draw(r, "which")].ID)
				}
			default:
				err, records = w.Decide(Decision{By: who, Do: "reviewed", Item: "post/50-" + id, Saw: w.Now()}), 0
			}
			if err != nil {
				records = 0
			}
			if n := len(w.Activities("classroom")) - before; n != records {
				r.Fatalf("%d records instead of %d, %v", n, records, err)
			}
		}
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			r.Fatal(err)
		}
		if err := w.Save(dir); err != nil {
			r.Fatal(err)
		}
		again, err := Load(dir)
		if err != nil {
			r.Fatal(err)
		}
		for _, kind := range kinds {
			if d := cmp.Diff(w.Posts("50", kind), again.Posts("50", kind), cmpopts.EquateEmpty()); d != "" {
				r.Fatalf("%s: %s", kind, d)
			}
		}
		for _, id := range posts {
			list := w.Comments("50", id)
			if d := cmp.Diff(list, again.Comments("50", id), cmpopts.EquateEmpty()); d != "" {
				r.Fatalf("comments: %s", d)
			}
			if !slices.IsSortedFunc(list, func(a, b *Comment) int { return a.Time.Compare(b.Time) }) {
				r.Fatalf("comments in disorder: %+v", list)
			}
		}
		if d := cmp.Diff(w.Decisions(), again.Decisions(), cmpopts.EquateEmpty()); d != "" {
			r.Fatalf("decisions: %s", d)
		}
	})
}
