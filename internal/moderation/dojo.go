package moderation

import (
	"strings"

	"esafetybot/internal/classdojo"
)

// A class on ClassDojo is kept as a class with one post, which stands for all that is new there: the links of ClassDojo's mails seldom say which post, and whoever looks looks at all of it.

const (
	dojoPrefix = "dojo."
	// DojoPost is the one post of a class on ClassDojo.
	DojoPost = "story"
	// KindDojo is the kind of that post.
	KindDojo = "classdojo"
)

// Dojo is the id under which a class on ClassDojo is kept; class is ClassDojo's id of it, or classdojo.School. No id of Google's looks like that.
func Dojo(class string) string { return dojoPrefix + class }

// ParseDojo gives ClassDojo's id of a class that is kept as one of ClassDojo.
func ParseDojo(course string) (class string, ok bool) {
	item, _ := dojoItem(course)
	return classdojo.ParseItem(item)
}

// dojoItem is the subject of a class on ClassDojo.
func dojoItem(course string) (string, bool) {
	class, ok := strings.CutPrefix(course, dojoPrefix)
	item := classdojo.Item(class)
	if _, valid := classdojo.ParseItem(item); !ok || !valid {
		return "", false
	}
	return item, true
}

// Hear takes up what a source told of a class, once. An event that stands for many is one act: they are looked at together.
func (c *Class) Hear(e classdojo.Event) {
	p := c.Post(DojoPost)
	p.Kind, p.Told, p.Link = KindDojo, true, classdojo.Target{Kind: classdojo.Story, Class: e.Class}.Link()
	p.Add(Act{At: e.At, Key: strings.TrimPrefix(e.Key, "sha256-"), What: Told})
}
