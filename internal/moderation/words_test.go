package moderation

import (
	"testing"
	"time"

	"esafetybot/internal/seen"
	"esafetybot/internal/store"
)

// A post is called by its title where its kind has one, else by its day; an announcement's first words are never its name.
func TestWords(t *testing.T) {
	made := time.Date(2026, 9, 14, 8, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		p    Post
		want string
	}{
		{Post{Kind: seen.PostAnnouncement}, "an announcement"},
		{Post{Kind: seen.PostAnnouncement, Made: made}, "the announcement of 14 September"},
		{Post{Kind: seen.PostAnnouncement, Made: made, Title: "Our river"}, "the announcement of 14 September"},
		{Post{}, "an announcement"},
		{Post{Kind: seen.PostCourseWork, Made: made, Title: "Our river"}, "the classwork “OUR”"},
		{Post{Kind: seen.PostCourseWork, Made: made}, "a piece of classwork of 14 September"},
		{Post{Kind: seen.PostCourseWork}, "a piece of classwork"},
		{Post{Kind: seen.PostMaterial, Made: made, Title: "Our river"}, "the material “OUR”"},
		{Post{Kind: seen.PostMaterial, Made: made}, "a material of 14 September"},
		{Post{Kind: seen.PostDocument, Made: made, Title: "Our river"}, "the document “OUR”"},
		{Post{Kind: seen.PostDocument, Made: made}, "a document"},
		{Post{Kind: seen.PostBlog, Made: made, Title: "Our river"}, "the post “OUR”"},
		{Post{Kind: seen.PostBlog, Made: made}, "a post of 14 September"},
		{Post{Kind: KindDojo, Made: made}, "what is new on ClassDojo"},
	} {
		if have := c.p.Words(func(string) string { return "OUR" }); have != c.want {
			t.Errorf("%+v is %q, want %q", c.p, have, c.want)
		}
	}
}

// Every link is opened as the account that may see the post; what is no link of the web is none.
func TestLinkAs(t *testing.T) {
	for _, c := range []struct {
		name, course, link, address, want string
	}{
		{"the post itself", "51", "https://classroom.google.com/c/NTE/p/Nw", "", "https://classroom.google.com/c/NTE/p/Nw"},
		{"as somebody", "51", "https://classroom.google.com/c/NTE/p/Nw?x=1", "kim@school.example", "https://classroom.google.com/c/NTE/p/Nw?authuser=kim%40school.example&x=1"},
		{"its class", "51", "", "", "https://classroom.google.com/c/NTE"},
		{"a blog's comments", BlogKey("44"), "https://river.blogspot.example/7", "", "https://www.blogger.com/blog/comments/44"},
		{"a link that does something", "51", "javascript:alert(1)", "kim@school.example", ""},
		{"no link", "51", "https://classroom.google.com/%zz", "kim@school.example", ""},
	} {
		if have := (&Post{Link: c.link}).LinkAs(c.course, c.address); have != c.want {
			t.Errorf("%s: %q, want %q", c.name, have, c.want)
		}
	}
}

// A class that is there no more is forgotten only if nothing is in it that somebody did, or is to do.
func TestIdle(t *testing.T) {
	for _, c := range []struct {
		name, key, body string
		want            bool
	}{
		{"nothing", "51", `{}`, true},
		{"teachers and titles", "51", `{"taught":["kim"],"posts":{"7":{"title":"Our river"}}}`, true},
		{"a comment", "51", `{"posts":{"7":{"title":"Our river"},"8":{"acts":[{"key":"a"}]}}}`, false},
		{"a look", "51", `{"posts":{"7":{"reviews":[{"id":"a"}]}}}`, false},
		{"cover", "51", `{"cover":[{"id":"v","who":"moe"}]}`, false},
		{"a class on ClassDojo", Dojo(ash), `{}`, false},
		{"how far the log was read", stateKey, `{}`, false},
		{"what cannot be read", "51", `{`, false},
	} {
		if have := Idle(store.Doc{Key: c.key, Body: []byte(c.body)}); have != c.want {
			t.Errorf("%s: idle %v, want %v", c.name, have, c.want)
		}
	}
}
