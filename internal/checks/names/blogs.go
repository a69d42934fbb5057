package names

import (
	"iter"
	"maps"
	"slices"
)

// The facts that say where on a blog's post a name stands.
const (
	InPost     = "in-post"     // in its title or text
	InComments = "in-comments" // in a comment on it
)

// A Blog is a blog that the policy lists, with what its readers can read.
type Blog struct {
	ID string
	// Texts streams the texts of its posts and of the comments on them, in any order. They are looked through one by one, and none is kept.
	Texts iter.Seq2[BlogText, error]
}

// A BlogText is what a post, or a comment on it, says.
type BlogText struct {
	Post    string
	Comment bool
	Texts   []string // each looked at by itself
}

// blog judges a blog. Where its texts break off nothing is said of it: half of it is no evidence of anything.
func (res *Result) blog(b Blog, judges []*judge) {
	found := make([]map[string]document, len(judges)) // by post
	for i := range found {
		found[i] = map[string]document{}
	}
	for t, err := range b.Texts {
		if err != nil {
			res.Broken[b.ID] = err
			return
		}
		part := InPost
		if t.Comment {
			part = InComments
		}
		for i, j := range judges {
			d := found[i][t.Post]
			for _, text := range t.Texts {
				j.read(&d, true, text, part)
			}
			found[i][t.Post] = d
		}
	}
	for i, j := range judges {
		for _, post := range slices.Sorted(maps.Keys(found[i])) {
			j.tell(place{subject: "blog-post/" + b.ID + "-" + post}, found[i][post])
		}
	}
}
