package world_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	. "esafetybot/internal/sim/world"
)

const blogsText = `[{"blog": {"id": "41", "name": "Year 4 writes", "locale": {"language": "en"}}, "ours": 1,
 "members": [{"email": "ann@school.example", "userId": "b1", "role": "ADMIN", "since": "2025"}, {"email": "bob@school.example", "userId": "b2", "role": "AUTHOR"}],
 "posts": [{"id": "1", "title": "Rivers", "customMetaData": "x"}, {"id": "2", "status": "DRAFT"}],
 "comments": {"1": [{"id": "c1", "status": "PENDING", "content": "Well done", "published": "2026-11-01T10:00:00.75Z", "author": {"displayName": "A reader", "image": {"url": "x"}}, "inReplyTo": {"id": "c0"}, "mood": "good"},
  {"id": "c2", "status": "LIVE", "approved": "2026-11-02T10:00:00Z", "approvedBy": "ann@school.example"}]}}]`

// withBlogs loads a tenant of ann, bob and cat with this blogs.json.
func withBlogs(t *testing.T, text string) (*World, error) {
	t.Helper()
	dir := t.TempDir()
	if err := school(t).Save(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "blogs.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(dir)
}

// What the file leaves out is filled in, and what is not known comes through.
func TestBlogsFile(t *testing.T) {
	w, err := withBlogs(t, blogsText)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := w.Save(dir); err != nil {
		t.Fatal(err)
	}
	again, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	compact := cmp.Transformer("compact", func(r json.RawMessage) any { // kept as it stood, blanks too
		var v any
		if err := json.Unmarshal(r, &v); err != nil {
			t.Error(err)
		}
		return v
	})
	if d := cmp.Diff(w.Blogs(), again.Blogs(), compact); d != "" {
		t.Errorf("loaded, and saved and loaded: %s", d)
	}
	b := again.Blog("41")
	if b.Blog.Status != BlogLive || b.Blog.URL == "" || b.Post("1").Status != BlogLive || b.Post("1").URL == "" || b.Post("2").URL != "" || b.Post("1").ReaderComments != "" {
		t.Errorf("filled in: %+v %+v", b.Blog, b.Post("1"))
	}
	c := b.Comment("1", "c1")
	if !c.Published.Equal(time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)) || c.Author.DisplayName != "A reader" || c.InReplyTo.ID != "c0" {
		t.Errorf("a comment: %+v", c)
	}
	for name, raw := range map[string]Raw{"locale": b.Blog.Extra, "ours": b.Extra, "since": b.Members[0].Extra, "customMetaData": b.Post("1").Extra, "image": c.Author.Extra, "mood": c.Extra} {
		if len(raw[name]) == 0 {
			t.Errorf("%s is gone", name)
		}
	}
	if id, other := w.BloggerID(w.User("ann@school.example")), w.BloggerID(w.User("cat@school.example")); id != "b1" || other == "" || other == id {
		t.Errorf("Blogger's ids: %s, %s", id, other)
	}
}

func TestBlogsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"no id":                 `[{"blog": {}}]`,
		"null":                  `[null]`,
		"twice":                 `[{"blog": {"id": "1"}}, {"blog": {"id": "1"}}]`,
		"a post twice":          `[{"blog": {"id": "1"}, "posts": [{"id": "2"}, {"id": "2"}]}]`,
		"comments on no post":   `[{"blog": {"id": "1"}, "comments": {"2": []}}]`,
		"a comment twice":       `[{"blog": {"id": "1"}, "posts": [{"id": "2"}], "comments": {"2": [{"id": "3"}, {"id": "3"}]}}]`,
		"a comment without id":  `[{"blog": {"id": "1"}, "posts": [{"id": "2"}], "comments": {"2": [{}]}}]`,
		"a member without role": `[{"blog": {"id": "1"}, "members": [{"email": "a@b.example", "userId": "1"}]}]`,
		"a member without id":   `[{"blog": {"id": "1"}, "members": [{"email": "a@b.example", "role": "ADMIN"}]}]`,
	} {
		if _, err := withBlogs(t, text); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestModerated: what each act makes of a comment of each status, and that to do it again changes nothing.
func TestModerated(t *testing.T) {
	for _, tt := range []struct{ status, do, want string }{
		{CommentPending, ApproveComment, BlogLive}, {BlogLive, ApproveComment, BlogLive}, {CommentSpam, ApproveComment, BlogLive}, {CommentEmptied, ApproveComment, CommentEmptied},
		{CommentPending, SpamComment, CommentSpam}, {BlogLive, SpamComment, CommentSpam}, {CommentSpam, SpamComment, CommentSpam}, {CommentEmptied, SpamComment, CommentEmptied},
		{CommentPending, RemoveComment, CommentEmptied}, {BlogLive, RemoveComment, CommentEmptied}, {CommentSpam, RemoveComment, CommentEmptied}, {CommentEmptied, RemoveComment, CommentEmptied},
		{CommentPending, DropComment, ""}, {CommentEmptied, DropComment, ""},
	} {
		w, err := withBlogs(t, blogsText)
		if err != nil {
			t.Fatal(err)
		}
		c := w.Blog("41").Comment("1", "c1")
		c.Status = tt.status
		for _, by := range []string{"bob@school.example", "cat@school.example", "eve@home.example"} {
			if err := w.ModerateBlogComment("41", "1", "c1", tt.do, by); !errors.Is(err, ErrNotAllowed) {
				t.Errorf("%s by %s: %v", tt.do, by, err)
			}
		}
		if err := w.ModerateBlogComment("41", "1", "c1", tt.do, "ann@school.example"); err != nil {
			t.Errorf("%s of %s: %v", tt.do, tt.status, err)
		}
		c = w.Blog("41").Comment("1", "c1")
		if tt.want == "" {
			if c != nil || !errors.Is(w.ModerateBlogComment("41", "1", "c1", tt.do, "ann@school.example"), ErrNotFound) {
				t.Errorf("%s of %s: %+v", tt.do, tt.status, c)
			}
			continue
		}
		approved := tt.status == CommentPending && tt.do == ApproveComment
		if c.Status != tt.want || (c.Content == "") != (tt.do == RemoveComment) || c.Approved.IsZero() == approved || approved && c.ApprovedBy != "ann@school.example" {
			t.Errorf("%s of %s: %+v", tt.do, tt.status, c)
		}
		before, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		w.Advance(time.Hour)
		if err := w.ModerateBlogComment("41", "1", "c1", tt.do, "ann@school.example"); err != nil {
			t.Error(err)
		}
		if after, err := json.Marshal(c); err != nil || string(after) != string(before) {
			t.Errorf("%s of %s again: %s, then %s (%v)", tt.do, tt.status, before, after, err)
		}
	}
}

// TestBlogPostsChanged: who may edit and delete a post, and what becomes of it.
func TestBlogPostsChanged(t *testing.T) {
	w, err := withBlogs(t, blogsText)
	if err != nil {
		t.Fatal(err)
	}
	b := w.Blog("41")
	anns, err := w.WriteBlogPost("41", &BlogPost{ID: "70", Title: "Hills", Content: "<p>High</p>"}, "ann@school.example")
	if err != nil {
		t.Fatal(err)
	}
	bobs, err := w.WriteBlogPost("41", &BlogPost{ID: "71", Title: "Lakes"}, "bob@school.example")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.WriteBlogComment("41", bobs, BlogComment{ID: "c"}, ""); err != nil {
		t.Fatal(err)
	}
	w.Advance(time.Hour)
	for _, x := range []struct {
		post, by string
		want     error
	}{
		{anns, "bob@school.example", ErrNotAllowed}, {anns, "cat@school.example", ErrNotAllowed}, {bobs, "cat@school.example", ErrNotAllowed}, {bobs, "eve@home.example", ErrNotAllowed},
		{"99", "ann@school.example", ErrNotFound},
	} {
		if err := w.EditBlogPost("41", x.post, "New", "New", x.by); !errors.Is(err, x.want) {
			t.Errorf("%s edited by %s: %v", x.post, x.by, err)
		}
		if err := w.DeleteBlogPost("41", x.post, x.by); !errors.Is(err, x.want) {
			t.Errorf("%s deleted by %s: %v", x.post, x.by, err)
		}
	}
	for _, x := range []struct{ post, title, content, by, want string }{
		{anns, "Mountains", "", "ann@school.example", "Mountains <p>High</p>"}, {anns, "", "<p>Higher</p>", "ann@school.example", "Mountains <p>Higher</p>"},
		{bobs, "Ponds", "", "bob@school.example", "Ponds "}, {bobs, "", "<p>Deep</p>", "ann@school.example", "Ponds <p>Deep</p>"},
	} {
		if err := w.EditBlogPost("41", x.post, x.title, x.content, x.by); err != nil {
			t.Errorf("%s edited by %s: %v", x.post, x.by, err)
		}
		if p := b.Post(x.post); p.Title+" "+p.Content != x.want || !p.Updated.After(p.Published) {
			t.Errorf("%s edited by %s: %+v", x.post, x.by, p)
		}
	}
	posts := len(b.Posts)
	if err := w.DeleteBlogPost("41", bobs, "bob@school.example"); err != nil || b.Post(bobs) != nil || len(b.Comments[bobs]) != 0 || len(b.Posts) != posts-1 {
		t.Errorf("deleted by its author: %v, %d posts of %d", err, len(b.Posts), posts)
	}
	if err := w.DeleteBlogPost("41", anns, "ann@school.example"); err != nil || b.Post(anns) != nil {
		t.Errorf("deleted by an administrator: %v", err)
	}
}
