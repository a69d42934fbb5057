package reports

import "strings"

const (
	openBlogPost = "The link opens the post in Blogger, for those who run the blog; or the list of the blog's comments, if only a comment has the name. "
	askBlogHost  = "If it does not open for you, ask whoever looks after the blog."
)

// blogRules is what is said of pupils' names on blogs, by rule: what the rules say of titles would lead nowhere there.
var blogRules = map[string]MatterRule{
	"names.not-to-publish": {
		Name: "names.not-to-publish", Part: PartNames, Topic: "public post on a blog",
		One:   "A post on a blog that the public can read needs your look",
		Many:  "{n} posts on blogs that the public can read need your look",
		Why:   "A child may be recognised by it, and this is for you to judge; it is told to nobody else.",
		Do:    "Read the post and the comments on it, and have the name taken out of the post, or the comment removed; tell whoever does it no more than that",
		Where: openBlogPost + "If it does not open for you, read it on the blog itself: the date and time say which post it is.",
		Now:   "Read it today; until the name is out, have the post set back to a draft, or the comment removed.",
	},
	"names.full-name": {
		Name: "names.full-name", Part: PartNames, Topic: "pupil's full name on a blog",
		One:   "A post on a blog, or a comment on it, has a pupil's first name and surname in it",
		Many:  "{n} posts on blogs, or comments on them, have a pupil's first name and surname in them",
		Why:   "Whoever reads the blog knows which child it is about.",
		Do:    "Take the surname out of the post, its title and the descriptions of its pictures; remove a comment that has it",
		Where: openBlogPost + "A post: change it → Update. A comment: point to it → Remove content. The post's address on the web may have the name in it too: if so, delete the post and write it anew. " + askBlogHost,
		Now:   "Take the surname out today, or set the post back to a draft; remove a comment that has it.",
	},
}

// WordsOf is [Words] of a rule about a subject: names on blogs are spoken of otherwise than names in titles.
func WordsOf(rule, subject string) string {
	if r, ok := nameRule(rule, subject); ok {
		return r.say(aboutAnybody)
	}
	return Words(rule)
}

// nameRule finds the words for a rule about a post of a blog; false for any other.
func nameRule(rule, subject string) (MatterRule, bool) {
	r, known := blogRules[rule]
	return r, known && strings.HasPrefix(subject, "blog-post/")
}
