package jobs

import (
	"testing"
	"time"

	"esafetybot/internal/sim/world"
)

// What becomes of a folder above a document becomes of the document, though whose folder it is has nothing to do with the class: sue teaches none.
func TestDocumentBelowStrangersFolder(t *testing.T) {
	const sue = "sue@school.example"
	for name, c := range map[string]struct {
		make func(*papers)
		away func(*papers) error
	}{
		"above a document on a post, into the bin": {
			func(s *papers) { s.on("1", s.paper("moe", s.folder("sue", "sues", "within").ID, "d", "pat")) },
			func(s *papers) error { return s.w.Trash("sues", sue) },
		},
		"in a shared drive, into the bin": {
			func(s *papers) {
				s.drive()
				s.must(s.w.AddFile(&world.File{ID: "shelf", Name: "Called shelf", MimeType: world.MimeFolder, DriveID: "0ADRIVE", Parent: "0ADRIVE"}))
				s.must(s.w.AddFile(&world.File{ID: "board", Name: "Called board", MimeType: world.MimeFolder, DriveID: "0ADRIVE", Parent: "shelf"}))
				f := &world.File{ID: "d", Name: "Called d", MimeType: world.MimeDocument, DriveID: "0ADRIVE", Parent: "board"}
				s.must(s.w.AddFile(f, world.Grant{Type: "user", Role: "commenter", EmailAddress: "pat@school.example"}))
				s.on("1", f)
			},
			func(s *papers) error { return s.w.Trash("shelf", sue) },
		},
		"above the class's own, into the bin": {
			func(s *papers) { s.paper("kim", "f1", "d", "pat"); s.must(s.w.MoveFile("f1", "sues", sue)) },
			func(s *papers) error { return s.w.Trash("sues", sue) },
		},
		"within the class's own, away": {
			func(s *papers) { s.paper("pat", s.folder("sue", "f1", "task").ID, "d") },
			func(s *papers) error { return s.w.MoveFile("task", "sues", sue) },
		},
		"within the class's own, deleted": {
			func(s *papers) { s.paper("pat", s.folder("sue", "f1", "task").ID, "d") },
			func(s *papers) error { return s.w.Delete("task", sue) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newPapers(t)
			s.folder("sue", "", "sues")
			c.make(s)
			s.comment("d", "pat")
			s.later(time.Hour)
			s.run()
			s.want("at first", []string{"document/1-d"}, none)
			s.later(time.Hour)
			s.must(c.away(s))
			s.later(time.Hour)
			s.run()
			s.want("afterwards", none, none)
		})
	}
}

// What a teacher leaves to a colleague before their account is deleted is found as the colleague's, though nobody of the class can open it.
func TestDocumentPassedOn(t *testing.T) {
	s := newPapers(t)
	d := s.paper("moe", "", "d", "pat")
	first := s.on("1", d)
	s.on("2", d)
	s.later(time.Hour)
	s.comment("d", "pat")
	s.run()
	s.want("at first", []string{"document/1-d", "document/2-d"}, none)
	s.later(time.Hour)
	s.must(s.w.TransferOwner("d", "sue@school.example", "it@school.example"))
	s.must(s.w.DeleteUser("moe", "it@school.example"))
	s.must(s.w.Unshare("d", s.w.PermissionID("user", "pat@school.example"), "sue@school.example"))
	s.run()
	s.later(time.Hour)
	s.must(s.w.UpdatePost("1", first.ID, &world.Post{Materials: []world.Attachment{}}, "kim@school.example"))
	s.later(time.Hour)
	s.run()
	s.want("taken off the post of one class", []string{"document/2-d"}, none)
	s.later(time.Hour)
	s.must(s.w.Trash("d", "sue@school.example"))
	s.run()
	s.want("put into the bin", none, none)
}

// What is attached to a post stays the class's where nobody of the class can open it any more, until the log tells that it was put into the bin.
func TestDocumentMovedIntoDrive(t *testing.T) {
	s := newPapers(t)
	id, err := s.w.CreateDrive(&world.Drive{Name: "Curriculum"}, "sue@school.example")
	s.must(err)
	d := s.paper("pat", "", "d")
	s.on("1", d)
	s.later(time.Hour)
	s.comment("d", "pat")
	s.run()
	s.want("at first", []string{"document/1-d"}, none)
	s.later(time.Hour)
	s.must(s.w.MoveFile("d", id, "pat@school.example"))
	s.later(time.Hour)
	s.run()
	s.want("in a drive of others", []string{"document/1-d"}, none)
	s.later(24 * time.Hour)
	s.run()
	s.want("a day later", []string{"document/1-d"}, none)
	s.folder("pat", "", "junk")
	s.must(s.w.Trash("junk", "pat@school.example"))
	s.later(time.Hour)
	s.run()
	s.want("another folder of who had it is in the bin", []string{"document/1-d"}, none)
	s.must(s.w.Trash("d", "sue@school.example"))
	s.later(time.Hour)
	s.run()
	s.want("in the bin", none, none)
}

// What somebody of another school of the trust put on a post of the class is the class's though nobody whom the program may ask can open it, until the log tells that it is no longer there.
func TestDocumentOfAnotherSchool(t *testing.T) {
	for name, c := range map[string]struct {
		before, after func(*papers) error // what happens before the first look, and after it
		first, then   []string
	}{
		"it stays":                    {nil, nil, []string{"document/1-d"}, []string{"document/1-d"}},
		"put into the bin":            {nil, func(s *papers) error { return s.w.Trash("d", "amy@school.example") }, []string{"document/1-d"}, none},
		"in the bin before we looked": {func(s *papers) error { return s.w.Trash("d", "amy@school.example") }, nil, none, none},
		"deleted before we looked":    {func(s *papers) error { return s.w.Delete("d", "amy@school.example") }, nil, none, none},
		"on no post": {func(s *papers) error {
			return s.w.UpdatePost("1", s.w.Posts("1", world.Announcement)[0].ID, &world.Post{Materials: []world.Attachment{}}, "kim@school.example")
		}, nil, none, none},
	} {
		t.Run(name, func(t *testing.T) {
			s := newPapers(t)
			for _, unit := range []string{"/Ash", "/Ash/Staff"} {
				s.w.AddOrgUnit(&world.OrgUnit{OrgUnitID: "id:" + unit, OrgUnitPath: unit, Name: unit})
			}
			s.must(s.w.AddUser(&world.User{ID: "amy", PrimaryEmail: "amy@school.example", OrgUnitPath: "/Ash/Staff", CreationTime: place(t, "2020-01-06 12:00")}))
			s.on("1", s.paper("amy", "", "d"))
			s.later(time.Hour)
			s.comment("d", "amy")
			s.later(time.Hour)
			for _, x := range []struct {
				does func(*papers) error
				want []string
			}{{c.before, c.first}, {c.after, c.then}, {nil, c.then}} {
				if x.does != nil {
					s.must(x.does(s))
				}
				s.later(time.Hour)
				s.run()
				s.want(name, x.want, none)
			}
		})
	}
}

// Who moved a folder into a shared drive can open what is below it, and so what becomes of it there is seen.
func TestDocumentMovedWithFolder(t *testing.T) {
	s := newPapers(t)
	const sue = "sue@school.example"
	id, err := s.w.CreateDrive(&world.Drive{Name: "Curriculum"}, sue)
	s.must(err)
	shelf, err := s.w.CreateFile(&world.File{Name: "Shelf", MimeType: world.MimeFolder, Parent: id}, sue)
	s.must(err)
	s.on("1", s.paper("moe", s.folder("sue", "", "sues").ID, "d"))
	s.later(time.Hour)
	s.comment("d", "moe")
	s.comment("d", "pat")
	s.run()
	s.want("at first", []string{"document/1-d"}, none)
	s.later(time.Hour)
	s.must(s.w.MoveFile("sues", shelf, sue))
	s.later(time.Hour)
	s.run()
	s.want("moved", []string{"document/1-d"}, none)
	s.later(time.Hour)
	s.must(s.w.Trash(shelf, sue))
	s.later(time.Hour)
	s.run()
	s.want("in the bin", none, none)
}

// The class's own folder may be moved into a shared drive: what lies in it is the class's still, also where the first who is asked is a guest on the document, who sees no folder.
func TestClassFolderMovedIntoDrive(t *testing.T) {
	s := newPapers(t)
	const kim = "kim@school.example"
	id, err := s.w.CreateDrive(&world.Drive{Name: "Staff room"}, kim)
	s.must(err)
	s.paper("kim", s.folder("kim", "f1", "unit").ID, "d", "pat")
	s.paper("kim", "f1", "e", "pat")
	s.later(time.Hour)
	s.comment("d", "pat")
	s.run()
	s.want("at first", []string{"document/1-d"}, none)
	s.later(time.Hour)
	s.must(s.w.MoveFile("f1", id, kim))
	s.later(time.Hour)
	s.comment("e", "pat")
	s.later(time.Hour)
	s.run()
	s.want("moved", []string{"document/1-d", "document/1-e"}, none)
	g, err := s.w.CreateFile(&world.File{Name: "Called g", MimeType: world.MimeDocument, Parent: "f1"}, kim)
	s.must(err)
	_, err = s.w.CommentOnFile(g, "Zyx wvu.", nil, "somebody@home.example")
	s.must(err)
	s.later(time.Hour)
	s.run()
	s.want("somebody unknown comments there", []string{"document/1-" + g, "document/1-d", "document/1-e"}, none)
	s.must(s.w.Trash(g, kim))
	s.later(time.Hour)
	s.must(s.w.Trash("unit", kim))
	s.later(time.Hour)
	s.run()
	s.want("a folder within it is in the bin", []string{"document/1-e"}, none)
	s.must(s.w.MoveFile("e", id, kim))
	s.later(time.Hour)
	s.run()
	s.want("out of the class's folder", none, none)
}
