package e2e

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/moderation"
	"esafetybot/internal/people"
	"esafetybot/internal/seen"
	"esafetybot/internal/shares"
	"esafetybot/internal/sim/truth"
	"esafetybot/internal/sim/world"
	"esafetybot/internal/store"
)

// explain says, for a few subjects on which a watch and truth differ, how the tenant stands and what its log says. Ids only.
func (s *campus) explain(want, have []truth.Finding) string {
	subjects := map[string]bool{}
	key := func(f truth.Finding) string { return f.Clause + f.Rule + f.Subject + strings.Join(f.Facts, ",") }
	a, b := map[string]truth.Finding{}, map[string]truth.Finding{}
	for _, f := range want {
		a[key(f)] = f
	}
	for _, f := range have {
		b[key(f)] = f
	}
	for k, f := range a {
		if _, ok := b[k]; !ok {
			subjects[f.Subject] = true
		}
	}
	for k, f := range b {
		if _, ok := a[k]; !ok {
			subjects[f.Subject] = true
		}
	}
	var out strings.Builder
	for i, sub := range slices.Sorted(maps.Keys(subjects)) {
		if i == 3 {
			break
		}
		id, ok := strings.CutPrefix(sub, "file/")
		if of, document := strings.CutPrefix(sub, "document/"); document { // document/COURSE-FILE
			_, id, ok = strings.Cut(of, "-")
		}
		fmt.Fprintf(&out, "== %s\n", sub)
		if of, document := strings.CutPrefix(sub, "document/"); document {
			course, file, _ := strings.Cut(of, "-")
			s.attachedIn(&out, course, file)
		}
		if name, asked := strings.CutPrefix(sub, "check-in/"); asked {
			s.answered(&out, name)
		}
		if of, post := strings.CutPrefix(sub, "post/"); post {
			course, id, _ := strings.Cut(of, "-")
			s.saidOn(&out, course, id)
		}
		if of, post := strings.CutPrefix(sub, "blog-post/"); post {
			blog, id, _ := strings.Cut(of, "-")
			s.writtenOn(&out, blog, id)
		}
		if gid, group := strings.CutPrefix(sub, "group/"); group {
			s.heldBy(&out, gid)
			fmt.Fprintf(&out, "   picture: %v\n", s.holders(gid))
		}
		if !ok {
			continue
		}
		for depth := 0; id != "" && depth < 6; depth++ {
			f := s.world.File(id)
			if f == nil {
				fmt.Fprintf(&out, "   %s: no such file\n", id)
				s.logOf(&out, id)
				break
			}
			owner := ""
			if f.Owner != nil {
				owner = f.Owner.EmailAddress
			}
			fmt.Fprintf(&out, "   %s owner %s drive %q trashed %v hidden %v parent %s\n", id, owner, f.DriveID, f.Trashed, s.world.Hidden(f), f.Parent)
			for _, p := range f.Permissions() {
				fmt.Fprintf(&out, "      %s %s %s own %q inherited %q view %q until %v\n", p.Type, p.ID, p.Role, p.Own(), p.Inherited(), p.View, p.ExpirationTime)
			}
			s.logOf(&out, id)
			id = f.Parent
		}
	}
	return out.String()
}

// answered tells what was answered to a check-in, by whom, and which accounts these are now.
func (s *campus) answered(out *strings.Builder, name string) {
	for _, d := range s.decided() {
		if d.CheckIn != name {
			continue
		}
		fmt.Fprintf(out, "   %s by %q answer %q said %v\n", d.At.Format(time.DateTime), d.By.ID, d.Answer, d.Said)
		if u := s.world.User(d.By.ID); u != nil {
			fmt.Fprintf(out, "      in %s suspended %v archived %v\n", u.OrgUnitPath, u.Suspended, u.Archived)
		}
	}
}

func (s *campus) logOf(out *strings.Builder, id string) {
	for _, act := range s.world.Activities("drive") {
		for _, e := range act.Events {
			if e.Param("doc_id") == id && e.Name != "view" && e.Name != "edit" {
				fmt.Fprintf(out, "      %s %s by=%s owner=%s new_owner=%s drive=%s type=%s target=%s\n", act.Time.Format("01-02T15:04:05"), e.Name, act.ActorID,
					e.Param("owner"), e.Param("new_owner"), e.Param("shared_drive_id"), e.Param("doc_type"), e.Param("target_user"))
			}
		}
	}
}

// scopeOf tells in which scope a watch last saw a subject.
func (s *campus) scopeOf(w *watch, subject string) seen.Scope {
	commit := func(context.Context, *store.Batch) error { return nil }
	p, err := people.Open(context.Background(), w.store, commit)
	if err != nil {
		s.t.Fatal(err)
	}
	b, err := shares.Open(context.Background(), w.store, p, s.world.Now(), commit)
	if err != nil {
		s.t.Fatal(err)
	}
	scope, _ := b.Has(subject)
	return scope
}

// attachedIn tells to which posts of a class a file is attached, and what the log and each watch have of them.
func (s *campus) attachedIn(out *strings.Builder, course, file string) {
	if c := s.world.Course(course); c != nil {
		fmt.Fprintf(out, "   class state %s owner %s folder %v\n", c.CourseState, c.OwnerID, c.TeacherFolder)
	}
	if f := s.world.File(file); f != nil && f.Owner != nil {
		if u := s.world.User(f.Owner.EmailAddress); u != nil {
			fmt.Fprintf(out, "   owner %s in %s suspended %v archived %v\n", u.ID, u.OrgUnitPath, u.Suspended, u.Archived)
		}
		for _, u := range s.world.DeletedUsers() {
			if u.PrimaryEmail == f.Owner.EmailAddress {
				fmt.Fprintf(out, "   owner %s deleted %s\n", u.ID, u.DeletionTime)
			}
		}
	}
	for _, kind := range []string{world.Announcement, world.CourseWork, world.Material} {
		for _, p := range s.world.Posts(course, kind) {
			if !p.Has(file) {
				continue
			}
			fmt.Fprintf(out, "   attached to %s %s state %s updated %s\n", kind, p.ID, p.State, p.UpdateTime)
			for _, act := range s.world.Activities("classroom") {
				for _, e := range act.Events {
					if e.Param("post_id") == p.ID {
						fmt.Fprintf(out, "      %s %s\n", act.Time.Format("01-02T15:04:05"), e.Name)
					}
				}
			}
		}
	}
	for _, w := range s.watches {
		book, err := moderation.Open(context.Background(), w.store)
		if err != nil {
			s.t.Fatal(err)
		}
		class := book.Class(course)
		fmt.Fprintf(out, "   %s: the book has the document %v, attached by %v, loose %+v\n", w.name, class.Posts[moderation.DocumentPost(file)], class.Attached(file), book.Drive.Loose[file])
		if f := class.Files; f != nil {
			fmt.Fprintf(out, "      posts read %s, next %s, cursors %s and %s\n", f.Read, f.Next, book.Cursor, book.Drive.Cursor)
			for id, a := range f.Posts {
				if p := s.world.Post(course, id); p == nil || p.Has(file) {
					fmt.Fprintf(out, "      post %s: %+v\n", id, a)
				}
			}
		}
	}
}

// saidOn tells what the log has of a post, and what each watch knows of it.
func (s *campus) saidOn(out *strings.Builder, course, post string) {
	if c := s.world.Course(course); c != nil {
		fmt.Fprintf(out, "   class state %s owner %s made %s changed %s\n", c.CourseState, c.OwnerID, c.CreationTime, c.UpdateTime)
		for _, m := range s.world.Teachers(course) {
			fmt.Fprintf(out, "   teacher %s in use %v\n", m.UserID, s.world.User(m.Profile.EmailAddress) != nil)
		}
	}
	for _, act := range s.world.Activities("classroom") {
		for _, e := range act.Events {
			if e.Param("post_id") == post || e.Param("course_id") == course && e.Param("post_id") == "" {
				fmt.Fprintf(out, "      %s %s by %s\n", act.Time.Format("01-02T15:04:05"), e.Name, act.ActorID)
			}
		}
	}
	s.remembered(out, course, post)
}

// writtenOn tells what is written on a post of a blog, and what the watches remember of it.
func (s *campus) writtenOn(out *strings.Builder, blog, post string) {
	if b := s.world.Blog(blog); b == nil {
		fmt.Fprintf(out, "   no such blog\n")
	} else {
		fmt.Fprintf(out, "   blog %q of %+v\n", b.Blog.Status, b.Members)
		for _, p := range b.Posts {
			if p.ID == post {
				fmt.Fprintf(out, "   post %s comments %q by %s published %s updated %s\n", p.Status, p.ReaderComments, p.Author.ID, p.Published, p.Updated)
			}
		}
		for _, c := range b.Comments[post] {
			fmt.Fprintf(out, "      %s %s by %s published %s updated %s approved %s by %s\n", c.ID, c.Status, c.Author.ID, c.Published, c.Updated, c.Approved, c.ApprovedBy)
		}
	}
	for _, d := range s.decided() {
		if d.Item == "blog-post/"+blog+"-"+post {
			fmt.Fprintf(out, "   %s at %s by %s having seen %s\n", d.Do, d.At, d.By.ID, d.Saw)
		}
	}
	s.remembered(out, moderation.BlogKey(blog), post)
}

// remembered tells what the watches remember of a post.
func (s *campus) remembered(out *strings.Builder, course, post string) {
	for _, w := range s.watches {
		book, err := moderation.Open(context.Background(), w.store)
		if err != nil {
			s.t.Fatal(err)
		}
		p := book.Class(course).Posts[post]
		fmt.Fprintf(out, "   %s: cursor %s, post %+v\n", w.name, book.Cursor, p)
		if p != nil {
			for _, a := range p.Acts {
				fmt.Fprintf(out, "      %+v\n", a)
			}
		}
	}
}

// heldBy tells what is shared with a group.
func (s *campus) heldBy(out *strings.Builder, id string) {
	g := s.world.Group(id)
	if g == nil {
		fmt.Fprintf(out, "   no such group\n")
		return
	}
	for _, f := range s.world.Files() {
		for _, p := range f.Permissions() {
			if p.Type == "group" && p.EmailAddress == g.Email {
				fmt.Fprintf(out, "   file %s drive %q trashed %v hidden %v own %q\n", f.ID, f.DriveID, f.Trashed, s.world.Hidden(f), p.Own())
			}
		}
	}
	for _, d := range s.world.Drives() {
		for _, p := range d.Permissions {
			if p.EmailAddress == g.Email {
				fmt.Fprintf(out, "   member of drive %s\n", d.ID)
			}
		}
	}
	for _, act := range s.world.Activities("admin") {
		for _, e := range act.Events {
			if e.Param("GROUP_EMAIL") == g.Email {
				fmt.Fprintf(out, "      %s %s %s %s\n", act.Time.Format("01-02T15:04:05"), e.Name, e.Param("SETTING_NAME"), e.Param("NEW_VALUE"))
			}
		}
	}
}

// holders lists the shares of the picture that hold a group, by watch and scope.
func (s *campus) holders(id string) (out []string) {
	commit := func(context.Context, *store.Batch) error { return nil }
	for _, w := range s.watches {
		p, _ := people.Open(context.Background(), w.store, commit)
		b, err := shares.Open(context.Background(), w.store, p, s.world.Now(), commit)
		if err != nil {
			s.t.Fatal(err)
		}
		for sh, err := range b.All(context.Background()) {
			if err != nil {
				s.t.Fatal(err)
			}
			for _, g := range sh.Grants {
				if g.Type == "group" && g.Address == s.world.Group(id).Email && sh.Tree == "" {
					sc, _ := b.Has(sh.Subject())
					out = append(out, w.name+" "+string(sc)+" "+sh.Subject()+" "+g.Own+"/"+g.Inherited)
				}
			}
		}
	}
	return out
}
