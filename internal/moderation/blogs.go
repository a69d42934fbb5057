package moderation

import (
	"slices"
	"strings"
	"time"
)

// Blog is what a blog has that a class has not.
type Blog struct {
	Listed bool     `json:"listed,omitempty"` // the policy lists it
	Hosts  []string `json:"hosts,omitempty"`  // Directory ids of those whom the policy names to look after it, sorted
	Link   string   `json:"link,omitempty"`
	Open   bool     `json:"open,omitempty"` // readers may comment on some post; known only of a blog that nobody looks after
	// People says who of the school runs or writes it, by Directory id, as their own lists of blogs have it.
	People map[string]Blogger `json:"people,omitempty"`
}

// Blogger is somebody who runs or writes a blog.
type Blogger struct {
	Role string `json:"role"`           // Runs, or another
	User string `json:"user,omitempty"` // who this is on Blogger
}

// Runs is the role of who may show and hide comments.
const Runs = "ADMIN"

// Deleted is said of a comment that is not there any more.
const Deleted = "deleted"

// Wish is what somebody decided about a comment on a blog.
type Wish struct {
	ID string    `json:"id"` // of the decision
	By string    `json:"by"` // Directory id, or the hash of an address outside
	At time.Time `json:"at"`
	To string    `json:"to"` // the state that the comment is to have (seen.CommentLive …)
}

const blogPrefix = "blog-"

// BlogKey is the key under which a blog is kept beside the classes.
func BlogKey(id string) string { return blogPrefix + id }

// BlogOf is Blogger's id of a blog, by its key; false for a class.
func BlogOf(key string) (id string, ok bool) { return strings.CutPrefix(key, blogPrefix) }

// Blogs lists the blogs of which something is remembered, by key.
func (b *Book) Blogs() []string {
	return slices.DeleteFunc(b.Courses(), func(key string) bool { return b.classes[key].Blog == nil })
}

// Runners lists who of the school runs a blog, by id.
func (b *Blog) Runners() []string {
	var out []string
	for id, p := range b.People {
		if p.Role == Runs {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// Act finds an act by its key; nil if there is none.
func (p *Post) Act(key string) *Act {
	i := slices.IndexFunc(p.Acts, func(a Act) bool { return a.Key == key })
	if i < 0 {
		return nil
	}
	return &p.Acts[i]
}

// ForgetTexts forgets what comments say at which somebody has looked, by all of some rules.
func (c *Class) ForgetTexts(rules []Rules) {
	for _, p := range c.Posts {
		waits := map[string]bool{}
		for _, r := range rules {
			for _, a := range c.Waiting(p, r) {
				waits[a.Key] = true
			}
		}
		for i := range p.Acts {
			if !waits[p.Acts[i].Key] {
				p.Acts[i].Text = ""
			}
		}
	}
}
