package google_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"esafetybot/internal/google"
	"esafetybot/internal/seen"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
)

// classes is a school with the class 5512 of bea's, who is no administrator, the archived 5513, and in 5512 something written by hand.
func classes(t *testing.T, opts server.Options, change func(*google.Config)) (s *site, ann, bea string) {
	t.Helper()
	s = serve(t, "trees", opts, change, trustful, func(w *world.World) {
		ann, bea = w.Users()[0].PrimaryEmail, w.Users()[1].PrimaryEmail
		for id, state := range map[string]string{"5512": "ACTIVE", "5513": "ARCHIVED"} {
			w.AddCourse(&world.Course{ID: id, Name: "Maths", OwnerID: w.User(bea).ID, CourseState: state})
			w.AddTeacher(id, &world.CourseMember{UserID: w.User(bea).ID})
		}
		if err := w.AddPost("5512", world.Announcement, &world.Post{ID: "hand", Text: "By hand", CreatorUserID: w.User(bea).ID}); err != nil {
			t.Fatal(err)
		}
	})
	return s, ann, bea
}

// An announcement is made, published and deleted in a teacher's name; what is not ours is left alone, and an error says whether anything may have happened.
func TestSimulatedAnnouncements(t *testing.T) {
	ctx := t.Context()
	s, ann, bea := classes(t, server.Options{Quotas: true}, nil)
	made := s.world.Now()
	id, err := s.CreateAnnouncement(ctx, bea, "5512", "Our rules", []string{"https://school.example/rules"})
	if err != nil {
		t.Fatal(err)
	}
	want := seen.Announcement{ID: id, Text: "Our rules", State: seen.Draft, Creator: s.world.User(bea).ID, Made: made, Changed: made}
	check := func() {
		t.Helper()
		have, err := s.Announcement(ctx, bea, "5512", id)
		if err != nil {
			t.Fatal(err)
		}
		if d := gocmp.Diff(want, have); d != "" {
			t.Errorf("-want +have:\n%s", d)
		}
	}
	check()
	if l := take(t, s.Announcements(ctx, bea, "5512")); len(l) != 2 || !slices.Contains(l, want) {
		t.Errorf("the list: %+v", l)
	}
	s.world.Advance(time.Hour)
	for range 2 {
		if err := s.PublishAnnouncement(ctx, bea, "5512", id); err != nil {
			t.Fatal(err)
		}
	}
	want.State, want.Changed, want.Link = seen.Published, made.Add(time.Hour), s.world.Post("5512", id).AlternateLink
	check()
	for range 2 {
		if err := s.DeleteAnnouncement(ctx, bea, "5512", id); err != nil {
			t.Fatal(err)
		}
	}
	want.State, want.Link = seen.Deleted, ""
	check()
	if l := take(t, s.Announcements(ctx, bea, "5512")); len(l) != 1 || l[0].ID != "hand" {
		t.Errorf("the list afterwards: %+v", l)
	}

	draft, err := s.CreateAnnouncement(ctx, bea, "5512", "Again", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.world.DeletePost("5512", draft); err != nil {
		t.Fatal(err)
	}
	if err := s.PublishAnnouncement(ctx, bea, "5512", draft); !s.Gone(err) {
		t.Errorf("publish a draft that a teacher deleted: %v", err)
	}
	if err := s.DeleteAnnouncement(ctx, bea, "5512", draft); err != nil {
		t.Errorf("delete it: %v", err)
	}

	before := len(s.world.Posts("5512", world.Announcement))
	create := func(as, course, text string) error {
		_, err := s.CreateAnnouncement(ctx, as, course, text, nil)
		return err
	}
	for _, tt := range []struct {
		name string
		err  error
		is   func(error) bool
	}{
		{"by the administrator, who does not teach it", create(ann, "5512", "x"), func(err error) bool { return google.Reason(err) == seen.Refused && !google.IsOthers(err) }},
		{"in an archived class", create(bea, "5513", "x"), google.IsClosed},
		{"in a class that is not there", create(bea, "5514", "x"), s.Gone},
		{"too long", create(bea, "5512", strings.Repeat("x", 30_001)), google.IsInvalid},
		{"published by hand", s.PublishAnnouncement(ctx, bea, "5512", "hand"), google.IsOthers},
		{"deleted by hand", s.DeleteAnnouncement(ctx, bea, "5512", "hand"), google.IsOthers},
	} {
		if tt.err == nil || !tt.is(tt.err) || errors.Is(tt.err, google.ErrUnsure) || strings.Contains(tt.err.Error(), "@") {
			t.Errorf("%s: %v", tt.name, tt.err)
		}
	}
	if n := len(s.world.Posts("5512", world.Announcement)); n != before {
		t.Errorf("%d announcements were made by what was refused", n-before)
	}
}

// With much going wrong on the way, what is looked at after a doubt is true: each text is published once and no draft is left over.
func TestSimulatedAnnouncementsUnderFaults(t *testing.T) {
	opts := server.Options{Faults: server.Faults{Rate: 0.4, Seed: 11, Kinds: []string{"429", "500", "503", "drop", "truncate"}, Routes: []string{"classroom.courses.announcements"}}}
	s, _, bea := classes(t, opts, func(cfg *google.Config) {
		cfg.Sleep, cfg.Retry.Tries = func(context.Context, time.Duration) error { return nil }, 30
	})
	ctx := t.Context()
	doubts := 0
	for n := range 40 {
		text := fmt.Sprint("Reminder ", n)
		id := ""
		for id == "" {
			var err error
			if id, err = s.CreateAnnouncement(ctx, bea, "5512", text, nil); err == nil {
				continue
			}
			if !errors.Is(err, google.ErrUnsure) {
				t.Fatal(err)
			}
			doubts++
			for _, a := range take(t, s.Announcements(ctx, bea, "5512")) {
				if a.Text == text {
					id = a.ID
				}
			}
		}
		if err := s.PublishAnnouncement(ctx, bea, "5512", id); err != nil {
			t.Fatal(err)
		}
	}
	if doubts == 0 {
		t.Error("no doubt ever arose")
	}
	count := map[string]int{}
	for _, p := range s.world.Posts("5512", world.Announcement) {
		if p.State != world.Published {
			t.Errorf("%q is left as %s", p.Text, p.State)
		}
		count[p.Text]++
	}
	if len(count) != 41 || len(s.world.Posts("5512", world.Announcement)) != 41 {
		t.Errorf("published: %v", count)
	}
	if n := len(s.world.Activities("classroom")); n != 40 {
		t.Errorf("%d records, want 40", n)
	}
}
