package world_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	. "esafetybot/internal/sim/world"
)

// TestByHand lets a teacher do by hand to a program's draft what teachers do.
func TestByHand(t *testing.T) {
	w := class(t)
	const ann, cat = "ann@school.example", "cat@school.example"
	ours := &Post{ID: "601", Text: "Rules", State: Draft, Project: "project.example", ScheduledTime: start.AddDate(0, 0, 1)}
	if err := errors.Join(w.CreatePost("50", Announcement, ours, ann), w.CreatePost("50", Announcement, &Post{ID: "602", Text: "By hand"}, ann)); err != nil {
		t.Fatal(err)
	}
	p := w.Post("50", "601")
	w.Advance(time.Minute)
	if err := w.UpdatePost("50", "601", &Post{State: Published}, ann); err != nil {
		t.Fatal(err)
	}
	if p.State != Published || !p.ScheduledTime.IsZero() || p.Project != "project.example" || !p.UpdateTime.Equal(start.Add(time.Minute)) || !p.CreationTime.Equal(start) {
		t.Errorf("published: %+v", p)
	}
	w.Advance(time.Minute)
	if err := w.EditPost("50", "601", ann, func(p *Post) {
		p.Text, p.ID, p.Project, p.CreatorUserID, p.CreationTime = "Our rules", "7", "", "", time.Time{}
	}); err != nil {
		t.Fatal(err)
	}
	if p.Text != "Our rules" || p.ID != "601" || p.Project != "project.example" || p.CreatorUserID != w.User(ann).ID || !p.CreationTime.Equal(start) {
		t.Errorf("changed: %+v", p)
	}
	records := len(w.Activities("classroom"))
	w.Advance(time.Minute)
	if err := w.MoveToTop("50", "602", ann); err != nil {
		t.Fatal(err)
	}
	if top := w.Post("50", "602"); !top.UpdateTime.Equal(w.Now()) || !top.UpdateTime.After(p.UpdateTime) || len(w.Activities("classroom")) != records {
		t.Errorf("moved: %+v", top)
	}
	before := *p
	for _, tt := range []struct {
		does string
		err  error
		want error
	}{
		{"back to a draft", w.EditPost("50", "601", ann, func(p *Post) { p.State, p.Text = Draft, "x" }), ErrNotAllowed},
		{"published, then scheduled", w.UpdatePost("50", "601", &Post{ScheduledTime: w.Now().Add(time.Hour)}, ann), ErrNotAllowed},
		{"no such post", w.EditPost("50", "9", ann, func(*Post) {}), ErrNotFound},
		{"no such post moved", w.MoveToTop("50", "9", ann), ErrNotFound},
		{"by somebody switched off", errors.Join(w.SuspendUser(cat, ann), w.MoveToTop("50", "601", cat)), ErrNotAllowed},
	} {
		if !errors.Is(tt.err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.does, tt.err, tt.want)
		}
	}
	if d := cmp.Diff(before, *p); d != "" {
		t.Errorf("what was refused changed it: %s", d)
	}
	if err := w.DeletePost("50", "601"); err != nil || p.State != Deleted {
		t.Errorf("deleted: %+v, %v", p, err)
	}
}

// TestPublishDue: by a clock of its own a tenant publishes what is due when it is asked to, also after it was saved; an archived class keeps its drafts.
func TestPublishDue(t *testing.T) {
	w := class(t)
	w.AddCourse(&Course{ID: "51", Name: "Old", OwnerID: w.User("ann@school.example").ID})
	for course, id := range map[string]string{"50": "601", "51": "701"} {
		if err := w.CreatePost(course, CourseWork, &Post{ID: id, Title: "Rivers", State: Draft, ScheduledTime: start.Add(time.Hour)}, "ann@school.example"); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.ArchiveCourse("51", "ann@school.example"); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := w.Save(dir); err != nil {
		t.Fatal(err)
	}
	w, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	now := start
	w.SetClock(func() time.Time { return now })
	for _, tt := range []struct {
		now  time.Time
		want string
	}{{start.Add(time.Hour - 1), Draft}, {start.Add(time.Hour), Published}, {start.Add(48 * time.Hour), Published}} {
		now = tt.now
		w.PublishDue()
		if a, b := w.Post("50", "601").State, w.Post("51", "701").State; a != tt.want || b != Draft {
			t.Errorf("at %s: %s, and %s in the archived class", now, a, b)
		}
	}
	list := w.Activities("classroom")
	if last := list[len(list)-1]; last.Events[0].Name != "published_course_work" || !last.Time.Equal(start.Add(time.Hour)) || last.ActorEmail != "ann@school.example" {
		t.Errorf("the record: %+v", last)
	}
}

// TestScheduledProperty: however drafts are scheduled, moved and published by hand, each is published at most once, by hand or as of its time, and never early.
func TestScheduledProperty(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w := class(t)
		const ann = "ann@school.example"
		due := map[string]time.Time{} // of what has to publish itself
		made := 0
		for range rapid.IntRange(1, 40).Draw(r, "acts") {
			w.Advance(time.Duration(rapid.IntRange(0, 90).Draw(r, "minutes")) * time.Minute)
			at := w.Now().Add(time.Duration(rapid.IntRange(1, 120).Draw(r, "ahead")) * time.Minute)
			posts := w.Posts("50", Announcement)
			if len(posts) == 0 || rapid.Bool().Draw(r, "new") {
				p := &Post{Text: "x", State: Draft, ScheduledTime: at}
				if err := w.CreatePost("50", Announcement, p, ann); err != nil {
					r.Fatal(err)
				}
				due[p.ID] = at
				made++
			} else if p := rapid.SampledFrom(posts).Draw(r, "post"); p.State == Draft {
				change := rapid.SampledFrom([]*Post{{State: Published}, {ScheduledTime: at}}).Draw(r, "change")
				if err := w.UpdatePost("50", p.ID, change, ann); err != nil {
					r.Fatal(err)
				}
				if due[p.ID] = at; change.State == Published {
					due[p.ID] = w.Now()
				}
			}
			for _, p := range w.Posts("50", Announcement) {
				if published := p.State == Published; published == due[p.ID].After(w.Now()) || published && !p.UpdateTime.Equal(due[p.ID]) {
					r.Fatalf("%s at %s, due %s: %s", p.ID, w.Now(), due[p.ID], p.State)
				}
			}
		}
		w.Advance(24 * time.Hour)
		list := w.Activities("classroom")
		for i, a := range list {
			if a.Events[0].Name != "published_announcement" || !a.Time.Equal(due[a.Events[0].Param("post_id")]) || i > 0 && a.Time.Before(list[i-1].Time) {
				r.Fatalf("a record of %s: %+v", a.Time, a)
			}
		}
		if len(list) != made {
			r.Fatalf("%d of %d were published", len(list), made)
		}
	})
}
