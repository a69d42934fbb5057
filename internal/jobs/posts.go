package jobs

import (
	"encoding/base64"
	"net/url"

	"esafetybot/internal/moderation"
	"esafetybot/internal/seen"
)

// postWords says which post of a class it is. name stands in for a title, which may hold a pupil's name.
func postWords(p *moderation.Post, name func(string) string) string {
	when := ""
	if !p.Made.IsZero() {
		when = " of " + p.Made.Format("2 January")
	}
	switch {
	case p.Kind == seen.PostMaterial && p.Title != "":
		return "the material “" + name(p.Title) + "”"
	case p.Kind == seen.PostMaterial:
		return "a material" + when
	case p.Kind == seen.PostCourseWork && p.Title != "":
		return "the classwork “" + name(p.Title) + "”"
	case p.Kind == seen.PostCourseWork:
		return "a piece of classwork" + when
	}
	if when == "" {
		return "an announcement"
	}
	return "the announcement" + when
}

// postLink opens a post as the right account: the post itself if Google told its link, else the class. authuser is how Google's own links choose among
// accounts that are signed in.
func postLink(course string, p *moderation.Post, address string) string {
	link := "https://classroom.google.com/c/" + base64.RawStdEncoding.EncodeToString([]byte(course))
	if p != nil && p.Link != "" {
		link = p.Link
	}
	u, err := url.Parse(link)
	if err != nil || u.Scheme != "https" {
		return ""
	}
	if address != "" {
		q := u.Query()
		q.Set("authuser", address)
		u.RawQuery = q.Encode()
	}
	return u.String()
}
