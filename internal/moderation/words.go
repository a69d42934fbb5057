package moderation

import (
	"encoding/base64"
	"net/url"

	"esafetybot/internal/seen"
	"esafetybot/internal/store"
)

// Words says which post of a class it is: "the announcement of 14 September". name stands in for a title, which may hold a pupil's name.
func (p *Post) Words(name func(title string) string) string {
	when := ""
	if !p.Made.IsZero() {
		when = " of " + p.Made.Format("2 January")
	}
	switch {
	case p.Kind == seen.PostBlog && p.Title != "":
		return "the post “" + name(p.Title) + "”"
	case p.Kind == seen.PostBlog:
		return "a post" + when
	case p.Kind == KindDojo:
		return "what is new on ClassDojo"
	case p.Kind == seen.PostDocument && p.Title != "":
		return "the document “" + name(p.Title) + "”"
	case p.Kind == seen.PostDocument:
		return "a document"
	case p.Kind == seen.PostMaterial && p.Title != "":
		return "the material “" + name(p.Title) + "”"
	case p.Kind == seen.PostMaterial:
		return "a material" + when
	case p.Kind == seen.PostCourseWork && p.Title != "":
		return "the classwork “" + name(p.Title) + "”"
	case p.Kind == seen.PostCourseWork:
		return "a piece of classwork" + when
	case when == "":
		return "an announcement"
	}
	return "the announcement" + when
}

// LinkAs opens the post of a class or blog as the account with an address ("" leaves the choice to Google): the post itself if Google told its link, else the class; of a blog the list of its comments. authuser is how Google's own
// links choose among accounts that are signed in. It is "" for a link that is none.
func (p *Post) LinkAs(course, address string) string {
	link := "https://classroom.google.com/c/" + base64.RawStdEncoding.EncodeToString([]byte(course))
	if p.Link != "" {
		link = p.Link
	}
	if blog, ok := BlogOf(course); ok { // where those are too that readers do not see
		link = "https://www.blogger.com/blog/comments/" + blog
	}
	u, err := url.Parse(link)
	if err != nil || u.Scheme != "https" {
		return ""
	}
	if address != "" && p.Kind != KindDojo {
		q := u.Query()
		q.Set("authuser", address)
		u.RawQuery = q.Encode()
	}
	return u.String()
}

// Idle tells of a document of [Classes] whether nothing is in it that somebody did or is to look at.
func Idle(d store.Doc) bool {
	c, _ := Decode(d)
	_, dojo := dojoItem(d.Key)
	if c == nil || dojo || len(c.Cover) > 0 {
		return false
	}
	for _, p := range c.Posts {
		if len(p.Acts)+len(p.Reviews) > 0 {
			return false
		}
	}
	return true
}
