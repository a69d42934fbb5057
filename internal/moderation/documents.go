package moderation

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

// A document of a class is kept as one of the class's posts, so that it has the class's hosts and cover.

const docPrefix = "doc."

// DocumentPost is the id under which a file on Drive is kept among the posts of a class. No id of Classroom's looks like that.
func DocumentPost(file string) string { return docPrefix + file }

// DocumentOf is Google's id of a file that is kept as a document of a class; false for a post.
func DocumentOf(post string) (file string, ok bool) { return strings.CutPrefix(post, docPrefix) }

// Files is what is attached to the posts of a class.
type Files struct {
	Read  time.Time           `json:"read"`            // when all posts were read
	Next  time.Time           `json:"next"`            // when they are to be read again, although the log says nothing of them
	Posts map[string]Attached `json:"posts,omitempty"` // by the post's id
}

// Attached is what is attached to one post.
type Attached struct {
	Kind  string    `json:"kind"` // as seen has it
	Files []string  `json:"files,omitempty"`
	Read  time.Time `json:"read"`
}

// Attached tells to which posts of the class a file is attached, by id.
func (c *Class) Attached(file string) []string {
	if c.Files == nil {
		return nil
	}
	var out []string
	for id, a := range c.Files.Posts {
		if slices.Contains(a.Files, file) {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// Drive is how far the Drive log was taken up, as to comments.
type Drive struct {
	Cursor time.Time `json:"cursor,omitzero"` // of the newest record
	// Passed holds the records about files of no class that the log may deliver again, by [PassedKey], with their time.
	Passed map[string]time.Time `json:"passed,omitempty"`
	// Loose holds what was said on files of which nobody could say yet where they are, by id.
	Loose map[string]*Loose `json:"loose,omitempty"`
}

// Loose is what was said on a file.
type Loose struct {
	From time.Time `json:"from"` // when it was looked for first
	Acts []Act     `json:"acts,omitempty"`
	As   []string  `json:"as,omitempty"`   // Directory ids of who can open it, the likeliest first
	Gone bool      `json:"gone,omitempty"` // the log told that it, or a folder above it, was put into the bin or deleted
}

// Add takes up an act, once.
func (l *Loose) Add(a Act) {
	if !slices.ContainsFunc(l.Acts, func(b Act) bool { return b.Key == a.Key }) {
		l.Acts = append(l.Acts, a)
	}
}

// Documents lists the ids of posts that are documents, sorted.
func (c *Class) Documents() []string {
	var out []string
	for id := range c.Posts {
		if _, ok := DocumentOf(id); ok {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// PassedKey is under what a record about a file is in [Drive]; with the zero Act, how the keys of all records about it begin. It does not show the file, which may be another school's.
func PassedKey(file string, a Act) string {
	sum := sha256.Sum256([]byte(file))
	return hex.EncodeToString(sum[:6]) + " " + a.Key
}
