package server_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	drive "google.golang.org/api/drive/v3"

	. "esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
)

// TestFileComments writes comments and replies as a commenter, and reads them as the owner, who never learns the address.
func TestFileComments(t *testing.T) {
	e := serving(t, Options{})
	if err := e.w.Share("A", world.Grant{Type: "user", Role: "commenter", EmailAddress: bob}, ann); err != nil {
		t.Fatal(err)
	}
	owner, writer := e.drive(ann), e.drive(bob)
	c, err := writer.Comments.Create("A", &drive.Comment{Content: "Is 1 < 2?", Anchor: "{'r':0}"}).Fields("*").Do()
	if err != nil || c.Content != "Is 1 < 2?" || c.HtmlContent != "Is 1 &lt; 2?" || !c.Author.Me || c.Author.DisplayName != "bob" || c.Anchor != "{'r':0}" || c.Kind != "drive#comment" {
		t.Fatalf("made: %+v %v", c, err)
	}
	e.w.Advance(time.Minute)
	r, err := owner.Replies.Create("A", c.Id, &drive.Reply{Content: "It is"}).Fields("id,content").Do()
	if err != nil || r.Content != "It is" || r.Kind != "" {
		t.Fatalf("reply: %+v %v", r, err)
	}
	if _, err := owner.Replies.Create("A", c.Id, &drive.Reply{Action: "resolve"}).Fields("id").Do(); err != nil {
		t.Fatal(err)
	}
	c, err = owner.Comments.Get("A", c.Id).Fields("*").Do()
	if err != nil || c.Author.Me || c.Author.EmailAddress != "" || c.Author.PermissionId != "" || !c.Resolved || len(c.Replies) != 2 || c.Replies[1].Action != "resolve" || c.ModifiedTime <= c.CreatedTime {
		t.Errorf("read: %+v %v", c, err)
	}
	for i := range 4 {
		e.w.Advance(time.Minute)
		if _, err := owner.Comments.Create("A", &drive.Comment{Content: fmt.Sprint(i)}).Fields("id").Do(); err != nil {
			t.Fatal(err)
		}
	}
	list := func(l *drive.CommentsListCall) (out string) {
		t.Helper()
		err := l.Pages(context.Background(), func(p *drive.CommentList) error {
			for _, x := range p.Comments {
				out += x.Content
				if x.Deleted {
					out += "deleted"
				}
				out += " "
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(out)
	}
	if have := list(writer.Comments.List("A").PageSize(2).Fields("nextPageToken,comments(content,deleted)")); have != "3 2 1 0 Is 1 < 2?" {
		t.Errorf("list: %s", have)
	}
	if have := list(writer.Comments.List("A").StartModifiedTime(e.w.Now().Add(-time.Minute).Format(time.RFC3339)).Fields("*")); have != "3 2" {
		t.Errorf("since: %s", have)
	}
	if x, err := writer.Comments.Update("A", c.Id, &drive.Comment{Content: "Is 2 < 1?"}).Fields("content").Do(); err != nil || x.Content != "Is 2 < 1?" {
		t.Errorf("changed: %+v %v", x, err)
	}
	if err := owner.Replies.Delete("A", c.Id, r.Id).Do(); err != nil {
		t.Error(err)
	}
	if l, err := writer.Replies.List("A", c.Id).Fields("*").Do(); err != nil || len(l.Replies) != 1 {
		t.Errorf("replies: %+v %v", l, err)
	}
	if x, err := writer.Replies.Get("A", c.Id, r.Id).IncludeDeleted(true).Fields("*").Do(); err != nil || !x.Deleted || x.Content != "" {
		t.Errorf("a deleted reply: %+v %v", x, err)
	}
	do := func(_ any, err error) error { return err }
	for _, tt := range []struct {
		name   string
		err    error
		code   int
		reason string
	}{
		{"no fields", do(owner.Comments.List("A").Do()), 400, "required"},
		{"no fields of a reply", do(owner.Replies.Create("A", c.Id, &drive.Reply{Content: "x"}).Do()), 400, "required"},
		{"too large a page", do(owner.Comments.List("A").PageSize(101).Fields("*").Do()), 400, "invalidParameter"},
		{"no such time", do(owner.Comments.List("A").StartModifiedTime("today").Fields("*").Do()), 400, "invalid"},
		{"a file that is not there", do(owner.Comments.List("L2").Fields("*").Do()), 404, "notFound"},
		{"a comment that is not there", do(owner.Comments.Get("A", "Q").Fields("*").Do()), 404, "notFound"},
		{"a deleted reply", do(owner.Replies.Get("A", c.Id, r.Id).Fields("*").Do()), 404, "notFound"},
		{"no content", do(owner.Comments.Create("A", &drive.Comment{}).Fields("*").Do()), 400, "badRequest"},
		{"a folder", do(owner.Comments.Create("F", &drive.Comment{Content: "x"}).Fields("*").Do()), 400, "badRequest"},
		{"an action that is not there", do(owner.Replies.Create("A", c.Id, &drive.Reply{Action: "hide"}).Fields("*").Do()), 400, "badRequest"},
		{"somebody else's", do(owner.Comments.Update("A", c.Id, &drive.Comment{Content: "x"}).Fields("*").Do()), 403, "insufficientFilePermissions"},
		{"only a reader", do(e.drive("bob@school.example").Comments.Create("D1", &drive.Comment{Content: "x"}).Fields("*").Do()), 403, "insufficientFilePermissions"},
		{"a deletion by a commenter", writer.Comments.Delete("A", commentOf(e.w, ann)).Do(), 403, "insufficientFilePermissions"},
		{"the scope for metadata", do(e.drive(ann, drive.DriveMetadataReadonlyScope).Comments.List("A").Fields("*").Do()), 403, "insufficientPermissions"},
		{"the scope for reading", do(e.drive(ann, drive.DriveReadonlyScope).Comments.Create("A", &drive.Comment{Content: "x"}).Fields("*").Do()), 403, "insufficientPermissions"},
	} {
		want(t, tt.name, tt.err, tt.code, tt.reason)
	}
	if err := owner.Comments.Delete("A", c.Id).Do(); err != nil { // whoever can edit the file
		t.Error(err)
	}
	if have := list(owner.Comments.List("A").IncludeDeleted(true).Fields("*")); have != "deleted 3 2 1 0" {
		t.Errorf("with deleted ones: %s", have)
	}
	want(t, "the deleted comment", do(owner.Comments.Get("A", c.Id).Fields("*").Do()), 404, "notFound")
}

// commentOf is the id of the first comment on file A that the address wrote.
func commentOf(w *world.World, address string) string {
	for _, c := range w.FileComments("A") {
		if c.Author.EmailAddress == address {
			return c.ID
		}
	}
	return ""
}

func TestDoFileComments(t *testing.T) {
	e := serving(t, Options{})
	post := func(body string) string {
		t.Helper()
		_, b := e.raw(ann, auth("drive"), "POST", "/sim/do", body)
		return b
	}
	post(`{"do":"commentFile","file":"A","text":"x","actor":"ann@school.example"}`)
	list := e.w.FileComments("A")
	if len(list) != 1 {
		t.Fatalf("%d comments", len(list))
	}
	post(fmt.Sprintf(`{"do":"commentFile","file":"A","comment":%q,"kind":"resolve","actor":"bob@school.example"}`, list[0].ID))
	post(fmt.Sprintf(`{"do":"editFileComment","file":"A","comment":%q,"text":"y","actor":"ann@school.example"}`, list[0].ID))
	if !list[0].Resolved || list[0].Content != "y" {
		t.Errorf("changed: %+v", list[0])
	}
	post(fmt.Sprintf(`{"do":"deleteFileComment","file":"A","comment":%q,"actor":"ann@school.example"}`, list[0].ID))
	if have := events(e.w, "drive"); !strings.Contains(fmt.Sprint(have), "delete_comment") || !list[0].Deleted {
		t.Errorf("deleted: %+v, records %v", list[0], have)
	}
}
