package reports

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Names on blogs are told apart from names in titles, although one rule finds both: what is to be done differs.
func TestNamesOnBlogsHaveTheirOwnWords(t *testing.T) {
	named := func(n int, rule, subject, name string) Matter {
		m := aMatter(n, "A7", rule, "high", subject, Person{})
		m.Name, m.Private, m.Details = name, true, []string{"in a comment on it"}
		return m
	}
	in := only(
		named(1, "names.full-name", "file/1", "a document"), named(2, "names.full-name", "blog-post/41-1", "the post of 3 May 2026, 09:00"), named(3, "names.full-name", "blog-post/41-2", "a post on a blog"),
		named(4, "names.not-to-publish", "blog-post/41-1", "the post of 3 May 2026, 09:00"), named(5, "names.full-name", "blog-post/41-3", "Amelia Jones sings"),
	)
	in.Mask = NewMask([]PupilName{{Full: "Amelia Jones"}, {Full: "May Post"}})
	titles, _ := groupsOf(t, in)
	if d := cmp.Diff([]string{
		"# Pupils' names", "1 post on a blog that the public can read needs your look", "3 posts on blogs, or comments on them, have a pupil's first name and surname in them",
		"1 title has a pupil's first name and surname in it",
	}, titles); d != "" {
		t.Errorf("(-want +have):\n%s", d)
	}
	text := render(t, in).Text
	for _, want := range []string{"in a comment on it", "Remove content", "A post on a blog"} {
		if !strings.Contains(strings.Join(strings.Fields(text), " "), want) {
			t.Errorf("the mail lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "Amelia") {
		t.Errorf("the mail names a pupil:\n%s", text)
	}
	for subject, want := range map[string]string{"file/1": "A title has", "blog-post/41-1": "A post on a blog, or a comment on it, has"} {
		if have := WordsOf("names.full-name", subject); !strings.HasPrefix(have, want) {
			t.Errorf("%s: %q", subject, have)
		}
	}
	if WordsOf("comments.unreviewed", "blog-post/41-1") != Words("comments.unreviewed") {
		t.Error("comments on blogs have other words than comments")
	}
}
