package jobs

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/seen"
	"esafetybot/internal/sim/discovery"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
)

func (s *papers) want(when string, waits, blind []string) {
	s.t.Helper()
	if diff := cmp.Diff(waits, s.waits()); diff != "" {
		s.t.Errorf("%s: what waits (-want +have):\n%s", when, diff)
	}
	if diff := cmp.Diff(blind, s.blind()); diff != "" {
		s.t.Errorf("%s: what could not be seen (-want +have):\n%s", when, diff)
	}
}

var none = []string{}

// An account that the school switched off still shows where its files are; of one that Google disabled the program says whose it is, and finds the document once the files were handed over.
func TestDocumentOfSomebodySwitchedOff(t *testing.T) {
	for name, c := range map[string]struct {
		make func(*papers)
		over []string // what is handed over to lou
	}{
		"its owner's": {func(s *papers) { s.paper("moe", "f2", "d", "pat") }, []string{"top2", "f2", "d"}},
		"the owner's of the folder above": {func(s *papers) {
			s.paper("pat", "f2", "d", "pia")
		}, []string{"f2"}},
		"the owner's of a folder further above": {func(s *papers) {
			s.folder("moe", "f2", "task")
			s.paper("pat", s.folder("pat", "task", "deep").ID, "d")
		}, []string{"f2", "task"}},
	} {
		for off, switchOff := range map[string]func(*world.World, string, string) error{"suspended": (*world.World).SuspendUser, "archived": (*world.World).ArchiveUser} {
			t.Run(name+", "+off, func(t *testing.T) {
				s := newPapers(t)
				c.make(s)
				s.comment("d", "pat")
				s.must(switchOff(s.w, "moe", "it@school.example"))
				s.later(time.Hour)
				s.run()
				s.want("switched off", []string{"document/2-d"}, none)
			})
		}
		t.Run(name+", disabled", func(t *testing.T) {
			s := newPapers(t)
			c.make(s)
			s.comment("d", "pat")
			s.serve(server.Options{FailSubject: map[string]int{"moe@school.example": 401}})
			for range 2 { // it is said each time
				s.later(time.Hour)
				s.run()
				s.want("disabled", none, []string{"document/d off moe"})
			}
			words := (&gatherer{}).gap(s.record.Gaps[0])
			if !strings.Contains(words.Why, "disabled") || !strings.Contains(words.WhatToDo, "hand its files over") || words.Link != "https://admin.google.com/ac/users/moe" {
				t.Errorf("whoever reads it does not know what to do: %+v", words)
			}
			for _, f := range c.over {
				s.must(s.w.TransferOwner(f, "lou", "it@school.example"))
			}
			s.later(time.Hour)
			s.run()
			if diff := cmp.Diff([]string{"document/2-d"}, s.waits()); diff != "" {
				t.Errorf("handed over (-want +have):\n%s", diff)
			}
			if s.acts("2", "d") != 1 || len(s.book.Drive.Loose) != 0 {
				t.Errorf("it has %d acts; %d files are still looked for", s.acts("2", "d"), len(s.book.Drive.Loose))
			}
		})
	}
}

// What was seen before Google disabled its owner's account stays where it was.
func TestDocumentSeenBeforeDisabled(t *testing.T) {
	s := newPapers(t)
	s.paper("moe", "f2", "d", "pat")
	s.comment("d", "pat")
	s.run()
	s.want("at first", []string{"document/2-d"}, none)
	s.serve(server.Options{FailSubject: map[string]int{"moe@school.example": 401}})
	s.later(time.Hour)
	s.comment("d", "pia")
	s.run()
	s.want("disabled", []string{"document/2-d"}, []string{"document/d off moe"})
	if s.acts("2", "d") != 2 {
		t.Errorf("%d comments on it are known, want 2", s.acts("2", "d"))
	}
}

// A file that could not be read is looked for again, and nothing of it is forgotten or taken up twice.
func TestDocumentNotRead(t *testing.T) {
	refuse := func(s *papers) {
		c, err := discovery.Load()
		s.must(err)
		client := world.Client{ClientID: "100000000000000000001", Email: "esafetybot@project.example"}
		for _, m := range c.Methods() {
			for _, scope := range m.Scopes {
				if !strings.Contains(scope, "/auth/drive") {
					client.Scopes = append(client.Scopes, scope)
				}
			}
		}
		s.w.Settings.Clients = []world.Client{client}
		s.serve(server.Options{})
		s.w.Settings.Clients = nil
	}
	for name, c := range map[string]struct {
		stop  func(*papers)
		blind []string
	}{
		"Google fails":                {func(s *papers) { s.broken("500") }, []string{"document/d failed", "document/known failed"}},
		"the permission is not given": {refuse, []string{"document refused"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newPapers(t)
			s.paper("kim", "f1", "known", "pat")
			s.paper("kim", "f1", "d", "pat")
			s.paper("kim", "", "other", "sue")
			s.comment("known", "pat")
			s.run()
			s.later(time.Hour)
			c.stop(s)
			s.comment("known", "pia")
			s.comment("d", "pat")
			for range 2 {
				s.later(time.Hour)
				s.run()
				s.want("not read", []string{"document/1-known"}, c.blind)
				if l := s.book.Drive.Loose["d"]; l == nil || len(l.Acts) != 1 {
					t.Errorf("what was said on it is not kept: %+v", l)
				}
			}
			s.comment("d", "pia") // while nobody knows where it is
			s.serve(server.Options{Faults: server.Faults{Rate: 1, Kinds: []string{"dup-audit"}}})
			s.later(time.Hour)
			s.run()
			s.want("read again", []string{"document/1-d", "document/1-known"}, none)
			if s.acts("1", "d") != 2 || s.acts("1", "known") != 2 || len(s.book.Drive.Loose) != 0 {
				t.Errorf("known are %d comments on the one and %d on the other, want 2 and 2; %d files are looked for", s.acts("1", "d"), s.acts("1", "known"), len(s.book.Drive.Loose))
			}
		})
	}
}

// A document that went elsewhere is the class's no longer.
func TestDocumentGone(t *testing.T) {
	const kim = "kim@school.example"
	for name, c := range map[string]struct {
		away func(*papers) error
		left []string
	}{
		"moved out of the class's folder": {func(s *papers) error { return s.w.MoveFile("d", s.w.RootID(s.w.User("kim")), kim) }, none},
		"moved into another class's":      {func(s *papers) error { return s.w.MoveFile("d", "f2", kim) }, []string{"document/2-d"}},
		"moved within it":                 {func(s *papers) error { return s.w.MoveFile("d", "f1", kim) }, []string{"document/1-d"}},
		"its folder moved away":           {func(s *papers) error { return s.w.MoveFile("task", s.w.RootID(s.w.User("kim")), kim) }, none},
		"put into the bin":                {func(s *papers) error { return s.w.Trash("d", kim) }, none},
		"its folder put into the bin":     {func(s *papers) error { return s.w.Trash("task", kim) }, none},
		"deleted":                         {func(s *papers) error { return s.w.Delete("d", kim) }, none},
		"with its folder":                 {func(s *papers) error { return s.w.Delete("task", kim) }, none},
	} {
		t.Run(name, func(t *testing.T) {
			s := newPapers(t)
			s.folder("kim", "f1", "task")
			s.paper("kim", "task", "d", "pat")
			s.paper("kim", "f1", "stays", "pat")
			s.comment("d", "pat")
			s.comment("stays", "pat")
			s.run()
			s.want("at first", []string{"document/1-d", "document/1-stays"}, none)
			s.later(time.Hour)
			s.must(c.away(s))
			s.later(time.Hour)
			s.run()
			left := c.left
			if len(left) > 0 && left[0] == "document/2-d" {
				left = []string{"document/1-stays", "document/2-d"}
			} else {
				left = append(append([]string{}, left...), "document/1-stays")
			}
			s.want("afterwards", left, none)
			if !cmp.Equal(c.left, []string{"document/1-d"}) {
				if diff := cmp.Diff([]string{"document/1-d"}, s.withdrawn()); diff != "" {
					t.Errorf("withdrawn (-want +have):\n%s", diff)
				}
				if s.acts("1", "d") != 0 {
					t.Error("it is still remembered of the class")
				}
			}
			s.later(time.Hour)
			s.run()
			s.want("a run later", left, none)
			if s.read() != 0 {
				t.Errorf("%d files were read again although nothing happened", s.read())
			}
		})
	}
}

// What is attached to a post is the class's until it is taken off it; a post that was deleted keeps it.
func TestDocumentOfPost(t *testing.T) {
	for _, kind := range []string{world.Announcement, world.CourseWork, world.Material} {
		t.Run(kind, func(t *testing.T) {
			s := newPapers(t)
			f, other := s.paper("sue", "", "d", "pat", "lou"), s.paper("sue", "", "other", "pat")
			post := func(state string, files ...*world.File) *world.Post {
				p := &world.Post{Title: "Zyx", State: state}
				for _, f := range files {
					p.Materials = append(p.Materials, world.Attach(f, ""))
				}
				s.must(s.w.CreatePost("1", kind, p, "kim@school.example"))
				return p
			}
			draft := post(world.Draft, f)
			s.comment("d", "pat")
			s.comment("other", "pat")
			s.run()
			s.want("a draft", none, none)
			s.later(time.Hour)
			s.must(s.w.UpdatePost("1", draft.ID, &world.Post{State: world.Published}, "kim@school.example"))
			gone := post("", other)
			s.later(time.Hour)
			s.comment("d", "pia")
			s.comment("other", "pia")
			s.run()
			s.want("published", []string{"document/1-d", "document/1-other"}, none)
			s.later(time.Hour)
			s.must(s.w.UpdatePost("1", draft.ID, &world.Post{Materials: []world.Attachment{}}, "kim@school.example"))
			s.must(s.w.DeletePost("1", gone.ID))
			s.later(time.Hour)
			s.run()
			s.want("taken off", []string{"document/1-other"}, none)
			s.later(time.Hour)
			s.must(s.w.UpdatePost("1", draft.ID, &world.Post{Materials: []world.Attachment{world.Attach(f, "")}}, "kim@school.example"))
			s.comment("d", "pat")
			s.later(time.Hour)
			s.run()
			s.want("on it again", []string{"document/1-d", "document/1-other"}, none)
		})
	}
}

// A post that could not be read when the log told of it is read again.
func TestPostNotRead(t *testing.T) {
	s := newPapers(t)
	s.paper("sue", "", "d", "pat")
	s.run()
	s.later(time.Hour)
	s.on("1", s.w.File("d"))
	s.comment("d", "pat")
	s.serve(server.Options{Faults: server.Faults{Rate: 1, Kinds: []string{"500"}, Routes: []string{"classroom.courses.announcements.get"}}})
	s.later(time.Hour)
	s.run()
	s.want("not read", none, []string{"attached/1 failed"})
	s.serve(server.Options{})
	s.later(time.Hour)
	s.run()
	s.want("read again", []string{"document/1-d"}, none)
	if words := (&gatherer{}).gap(seen.Gap{Scope: "attached/1", Reason: seen.Failed}); words.What == "" || words.WhatToDo == "" {
		t.Errorf("%+v", words)
	}
}

// Where a document lies is found out although who wrote on it does not see it.
func TestDocumentPlaces(t *testing.T) {
	for name, c := range map[string]struct {
		make func(*papers)
		want []string
	}{
		"a pupil's copy in a task's folder": {func(s *papers) { s.paper("pat", s.folder("kim", "f1", "task").ID, "d") }, []string{"document/1-d"}},
		"one that was handed in":            {func(s *papers) { s.paper("kim", s.folder("kim", "f1", "task").ID, "d", "pat") }, []string{"document/1-d"}},
		"a folder of a pupil's in between":  {func(s *papers) { s.paper("pat", s.folder("pat", "f1", "deep").ID, "d") }, []string{"document/1-d"}},
		"beside the class's folder":         {func(s *papers) { s.paper("kim", "top1", "d", "pat") }, none},
		"a file that is no document":        {func(s *papers) { s.put("application/pdf", "kim", "f1", "d", "pat") }, []string{"document/1-d"}},
		"two classes":                       {func(s *papers) { s.on("2", s.paper("kim", "f1", "d", "pat")) }, []string{"document/1-d", "document/2-d"}},
		"in a shared drive, on a post": {func(s *papers) {
			s.drive()
			s.on("2", s.paperIn("0ADRIVE", "d"))
		}, []string{"document/2-d"}},
		"in a shared drive": {func(s *papers) {
			s.drive()
			s.paperIn("0ADRIVE", "d")
		}, none},
		"a class that is over": {func(s *papers) {
			s.paper("kim", "f1", "d", "pat")
			s.must(s.w.ArchiveCourse("1", "kim@school.example"))
		}, none},
	} {
		t.Run(name, func(t *testing.T) {
			s := newPapers(t)
			c.make(s)
			s.comment("d", "pat")
			s.later(time.Hour)
			s.run()
			s.want("", c.want, none)
			first := s.read()
			s.serve(server.Options{Faults: server.Faults{Rate: 1, Kinds: []string{"dup-audit"}}})
			s.later(time.Hour)
			s.run()
			s.want("again", c.want, none)
			if first == 0 && len(s.book.Courses()) > 0 && name != "a class that is over" || s.read() != 0 {
				t.Errorf("%d files were read at first, %d again", first, s.read())
			}
		})
	}
}

// Who answers shows that they looked in their own class only; a record that comes late is taken up as of its time.
func TestDocumentAnswers(t *testing.T) {
	s := newPapers(t)
	s.on("2", s.paper("kim", "f1", "d", "pat", "moe"))
	s.comment("d", "pat")
	s.later(time.Hour)
	s.comment("d", "moe")
	s.later(time.Hour)
	s.run()
	s.want("moe answered", []string{"document/1-d"}, none)

	s.later(20 * time.Hour)
	s.comment("d", "kim")
	s.later(time.Hour)
	s.run()
	s.want("both answered", none, none)
	late := s.copyOf(s.w.Activities("drive")[0], 5*time.Hour, 77) // of pat, before kim's answer and after moe's
	s.w.AddActivity(late)
	s.later(time.Hour)
	s.run()
	s.want("a late record", []string{"document/2-d"}, none)
	s.w.AddActivity(s.copyOf(late, 18*time.Hour, 78))
	s.later(time.Hour)
	s.run()
	s.want("a second late record, after kim's answer", []string{"document/1-d", "document/2-d"}, none)
}

// The log of comments may be quicker than the log of posts: what was said on a file of no class counts once it turns out to be on a post.
func TestDocumentOnPostOfWhichTheLogTellsLate(t *testing.T) {
	s := newPapers(t)
	s.run()
	s.later(time.Hour)
	s.on("1", s.paper("sue", "", "d", "pat"))
	log := s.w.Activities("classroom")
	record := log[len(log)-1]
	at := record.Time
	record.Time = at.AddDate(1, 0, 0) // the log keeps it back
	s.later(time.Hour)
	s.comment("d", "pat")
	s.paper("sue", "", "other", "pat")
	s.comment("other", "pat")
	s.later(time.Hour)
	s.run()
	s.want("before the log tells of the post", none, none)
	record.Time = at
	s.later(5 * time.Hour)
	s.run()
	s.want("after", []string{"document/1-d"}, none)
}

// What is of no class is read once, however often the log tells of it, and forgotten when it cannot tell of it any more.
func TestDocumentOfNobody(t *testing.T) {
	s := newPapers(t)
	s.paper("sue", "", "d", "pat")
	s.comment("d", "pat")
	s.run()
	if s.read() == 0 {
		t.Error("nobody looked where it is")
	}
	s.want("", none, none)
	for range 3 {
		s.later(time.Hour)
		s.run()
		if s.read() != 0 {
			t.Errorf("%d files were read again", s.read())
		}
	}
	s.comment("d", "pia") // something new is looked at: it may have been moved since
	s.later(time.Hour)
	s.run()
	if s.read() == 0 {
		t.Error("nobody looked where it is now")
	}
	if n := len(s.book.Drive.Passed); n != 2 {
		t.Errorf("%d records are noted as passed, want 2", n)
	}
	for range 4 {
		s.later(24 * time.Hour)
		s.comment("d", "pat")
		s.must(s.w.MoveFile("d", s.w.RootID(s.w.User("sue")), "sue@school.example"))
		s.run()
	}
	if n := len(s.book.Drive.Passed); n > 6 {
		t.Errorf("%d records are noted as passed, of which the log cannot tell again", n)
	}
	if d := s.book.Class("1").Documents(); len(d) != 0 || len(s.book.Drive.Loose) != 0 {
		t.Errorf("remembered are %v and %d files that are looked for", d, len(s.book.Drive.Loose))
	}
}

// What nobody can find is looked for for four weeks; posts without files are remembered only while the log may tell of them again.
func TestDocumentsForgotten(t *testing.T) {
	s := newPapers(t)
	s.paper("moe", "f2", "d", "pat")
	s.comment("d", "pat")
	s.serve(server.Options{FailSubject: map[string]int{"moe@school.example": 401}})
	s.later(time.Hour)
	s.run()
	s.later(time.Minute)
	s.must(s.w.CreatePost("1", world.Announcement, &world.Post{Text: "Nothing."}, "kim@school.example"))
	s.later(time.Hour)
	s.run()
	if n := len(s.book.Class("1").Files.Posts); n != 1 {
		t.Errorf("%d posts are remembered, want the one that must not be read twice", n)
	}
	s.later(time.Hour)
	s.run()
	if n := s.record.Calls["classroom.courses.announcements.get"]; n != 0 {
		t.Errorf("a post was read again %d times", n)
	}
	for range 5 { // a holiday: the log has nothing newer, and tells of the post again and again
		s.later(24 * time.Hour)
		s.run()
		if n := s.record.Calls["classroom.courses.announcements.get"]; n != 0 {
			t.Errorf("a post was read again %d times, %s after it was written", n, s.w.Now().Sub(s.book.Cursor))
		}
	}
	first := s.book.Class("1").Files.Posts
	s.later((looseKept - 5) * 24 * time.Hour)
	s.later(-4 * time.Hour)
	s.must(s.w.CreatePost("1", world.Announcement, &world.Post{Text: "Nothing new."}, "kim@school.example"))
	s.later(time.Hour)
	s.run()
	s.want("before four weeks", none, []string{"document/d off moe"})
	for id := range s.book.Class("1").Files.Posts {
		if _, old := first[id]; old {
			t.Errorf("post %s without files is remembered", id)
		}
	}
	s.paper("sue", "", "other", "pat")
	s.comment("other", "pat") // so that the log's newest record is not that of the document
	s.later(24 * time.Hour)
	s.run()
	s.later(time.Hour)
	s.run()
	s.want("after four weeks", none, none)
	if len(s.book.Drive.Loose) != 0 {
		t.Errorf("%+v is still looked for", s.book.Drive.Loose)
	}
}

// What is attached is read in full once in sixteen weeks, and not while the log tells of all that changes.
func TestAttachedInTurns(t *testing.T) {
	s := newPapers(t)
	s.on("1", s.paper("sue", "", "d", "pat"))
	s.run()
	full := s.record.Calls["classroom.courses.announcements.list"]
	if full != 2 {
		t.Errorf("the posts of %d classes were read at first, want 2", full)
	}
	read := 0
	for range 16 * 2 {
		s.later(7 * 24 * time.Hour / 2)
		s.run()
		read += s.record.Calls["classroom.courses.announcements.list"]
	}
	if read < 2 || read > 4 {
		t.Errorf("in sixteen weeks the posts of two classes were read %d times", read)
	}
	if have := s.book.Class("1").Attached("d"); len(have) != 1 {
		t.Errorf("the file is attached to %v", have)
	}
}

func (s *papers) drive() {
	s.t.Helper()
	d := &world.Drive{ID: "0ADRIVE", Name: "Trips"}
	for _, id := range []string{"lou", "moe"} {
		d.Permissions = append(d.Permissions, world.Permission{Type: "user", Role: "organizer", EmailAddress: id + "@school.example"})
	}
	s.must(s.w.AddDrive(d))
}

func (s *papers) paperIn(drive, id string) *world.File {
	s.t.Helper()
	f := &world.File{ID: id, Name: "Called " + id, MimeType: world.MimeDocument, Parent: drive, DriveID: drive}
	s.must(s.w.AddFile(f, world.Grant{Type: "user", Role: "commenter", EmailAddress: "pat@school.example"}))
	return f
}

// copyOf is a record like another one, so much later.
func (s *papers) copyOf(a *world.Activity, later time.Duration, unique int64) *world.Activity {
	b := *a
	b.Time, b.Unique = a.Time.Add(later), unique
	return &b
}

// Where a document is, is seen as a teacher where neither its owner nor who wrote on it works any more; and it is said when the one who could see it could not be asked.
func TestDocumentSeenByOthers(t *testing.T) {
	t.Run("owner and writer are switched off", func(t *testing.T) {
		s := newPapers(t)
		s.paper("lou", "f1", "d", "pat")
		s.comment("d", "pat")
		for _, id := range []string{"lou", "pat"} {
			s.must(s.w.SuspendUser(id, "it@school.example"))
		}
		s.later(time.Hour)
		s.run()
		s.want("", []string{"document/1-d"}, none)
	})
	t.Run("who sees the folder cannot be asked", func(t *testing.T) {
		s := newPapers(t)
		s.paper("pat", s.folder("sue", "", "sues").ID, "d")
		s.comment("d", "pat")
		s.serve(server.Options{FailSubject: map[string]int{"sue@school.example": 500}})
		s.later(time.Hour)
		s.run()
		s.want("not asked", none, []string{"document/d failed"})
		if s.book.Drive.Loose["d"] == nil {
			t.Error("it is not looked for again")
		}
		s.serve(server.Options{})
		s.later(time.Hour)
		s.run()
		s.want("asked again", none, none)
		if len(s.book.Drive.Loose) != 0 || len(s.book.Drive.Passed) != 1 {
			t.Errorf("%+v", s.book.Drive)
		}
	})
	t.Run("a colleague's folder goes into the bin", func(t *testing.T) {
		s := newPapers(t)
		s.paper("pat", s.folder("lou", "f1", "task").ID, "d")
		s.comment("d", "pat")
		s.run()
		s.want("at first", []string{"document/1-d"}, none)
		s.later(time.Hour)
		s.must(s.w.Trash("task", "lou@school.example"))
		s.run()
		s.want("in the bin", none, none)
	})
	t.Run("a pupil's in a teacher's folder that everybody at school sees", func(t *testing.T) { // its owner sees that folder, and not what is above it
		s := newPapers(t)
		s.folder("kim", "f1", "task")
		s.must(s.w.Share("task", world.Grant{Type: "domain", Role: "reader", Domain: "school.example"}, "kim@school.example"))
		s.paper("pat", "task", "d", "pia")
		s.comment("d", "pia")
		s.run()
		s.want("", []string{"document/1-d"}, none)
		if p := s.book.Class("1").Posts["doc.d"]; p == nil || !slices.Contains(p.Above, "f1") {
			t.Errorf("remembered is %+v", p)
		}
	})
	t.Run("a folder of several", func(t *testing.T) {
		s := newPapers(t)
		s.folder("kim", "f1", "task")
		for _, id := range []string{"a", "b", "c"} {
			s.paper("kim", "task", id, "pat")
			s.comment(id, "kim")
		}
		s.later(time.Minute)
		s.comment("a", "pat")
		s.run()
		s.want("", []string{"document/1-a"}, none)
		if n := s.read(); n > 3+2*4 { // two workers may ask for a folder at the same time
			t.Errorf("%d files and folders were read, want three files and the four folders above them", n)
		}
		if p := s.book.Class("1").Posts["doc.a"]; p.Title != "Called a" || p.As != "kim" || !strings.Contains(p.Link, "/a/") {
			t.Errorf("remembered is %+v", p)
		}
	})
}
