package moderation

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"esafetybot/internal/calendar"
	"esafetybot/internal/classdojo"
)

// What is put together of any class and any file on Drive is taken apart as the same, and as nothing else.
func TestDocumentSubjects(t *testing.T) {
	ids := rapid.StringMatching(`[A-Za-z0-9_-]{1,50}`)
	rapid.Check(t, func(t *rapid.T) {
		course, file := rapid.StringMatching(`[0-9]{1,15}`).Draw(t, "course"), ids.Draw(t, "file")
		post := DocumentPost(file)
		subject := Subject(course, post)
		if subject != "document/"+course+"-"+file {
			t.Fatalf("the subject is %s", subject)
		}
		if c, p, ok := ParseSubject(subject); c != course || p != post || !ok {
			t.Fatalf("%s is %q %q %v", subject, c, p, ok)
		}
		if have, ok := DocumentOf(post); have != file || !ok {
			t.Fatalf("%s is the file %q %v", post, have, ok)
		}
		if _, document := DocumentOf(file); document {
			t.Fatalf("the post %s is taken for a document", file)
		}
	})
	for _, s := range []string{
		"document/", "document/1", "document/1-", "document/-a", "documents/1-a", // nothing
		"post/1-doc.a", "document/" + Dojo(classdojo.School) + "-a", "post/" + Dojo(classdojo.School) + "-7", // under the name of something else
	} {
		if c, p, ok := ParseSubject(s); ok {
			t.Errorf("%s is taken for %q %q", s, c, p)
		}
	}
}

func TestAttached(t *testing.T) {
	c := &Class{}
	if have := c.Attached("a"); have != nil {
		t.Errorf("of a class that was never read: %v", have)
	}
	c.Files = &Files{Posts: map[string]Attached{"3": {Files: []string{"a"}}, "1": {Files: []string{"b", "a"}}, "2": {Files: []string{"b"}}, "4": {}}}
	for file, want := range map[string][]string{"a": {"1", "3"}, "b": {"1", "2"}, "c": nil, "": nil} {
		if diff := cmp.Diff(want, c.Attached(file)); diff != "" {
			t.Errorf("%q (-want +have):\n%s", file, diff)
		}
	}
}

func TestDocuments(t *testing.T) {
	c := &Class{}
	if have := c.Documents(); have != nil {
		t.Errorf("of a class without posts: %v", have)
	}
	for _, id := range []string{"7", DocumentPost("b"), "8", DocumentPost("a"), "a"} {
		c.Post(id)
	}
	if have := c.Documents(); !slices.Equal(have, []string{DocumentPost("a"), DocumentPost("b")}) {
		t.Errorf("its documents are %v", have)
	}
}

// What was said on a file is taken up once, and kept with the book.
func TestLoose(t *testing.T) {
	l := &Loose{From: hour(0), As: []string{"kim"}}
	for _, key := range []string{"a", "b", "a"} {
		l.Add(Act{At: hour(1), Key: key, By: "pat", What: Comment})
	}
	if len(l.Acts) != 2 || l.Acts[0].Key != "a" || l.Acts[1].Key != "b" {
		t.Errorf("taken up were %+v", l.Acts)
	}
	s := open(t)
	b := book(t, s)
	b.Drive = Drive{Cursor: hour(2), Passed: map[string]time.Time{"c": hour(1)}, Loose: map[string]*Loose{"f": l}}
	b.Class("1").Files = &Files{Read: hour(1), Next: hour(9), Posts: map[string]Attached{"7": {Kind: "material", Files: []string{"f"}, Read: hour(1)}}}
	if err := b.Flush(t.Context(), s.Commit, nil); err != nil {
		t.Fatal(err)
	}
	again := book(t, s)
	if diff := cmp.Diff(b.Drive, again.Drive); diff != "" {
		t.Errorf("read back (-want +have):\n%s", diff)
	}
	if diff := cmp.Diff(b.Class("1").Files, again.Class("1").Files); diff != "" {
		t.Errorf("read back (-want +have):\n%s", diff)
	}
}

// Who of the class deleted a comment has read what stands there; nobody need look because of it, and no page shows it as seen.
func TestTidied(t *testing.T) {
	rules := Rules{Replies: true, Date: calendar.DateOf}
	for name, c := range map[string]struct {
		by    string
		rules Rules
		want  int
	}{
		"a teacher":                       {"kim", rules, 0},
		"a colleague":                     {"moe", rules, 1},
		"a teacher, where it counts less": {"kim", Rules{Date: calendar.DateOf}, 1},
	} {
		class := &Class{Taught: []string{"kim"}}
		p := class.Post(DocumentPost("f"))
		p.Add(Act{At: hour(0), Key: "a", By: "pat", What: Comment})
		p.Add(Act{At: hour(1), Key: "b", By: c.by, What: Tidied, Staff: true, Adult: true})
		if have := len(class.Waiting(p, c.rules)); have != c.want {
			t.Errorf("%s deleted a comment: %d wait, want %d", name, have, c.want)
		}
		if !p.Newest().Equal(hour(0)) {
			t.Errorf("%s deleted a comment: the newest is of %s", name, p.Newest())
		}
	}
	class := &Class{Taught: []string{"kim"}}
	p := class.Post(DocumentPost("f"))
	p.Add(Act{At: hour(1), Key: "b", By: "pat", What: Tidied})
	if have := class.Waiting(p, rules); len(have) != 0 {
		t.Errorf("a pupil deleted their comment: %v", have)
	}
}
