package seen

import "time"

// A Blog is a blog on Blogger as somebody's own list of blogs has it.
type Blog struct {
	ID   string
	Name string
	Link string
	Role string // what the account whose list it is may do: ADMIN or AUTHOR
	Gone bool   // it was deleted, and can still be brought back
	User string // who that account is on Blogger: what its comments name as their author; "" if not told
}

// PostBlog is the kind of a post of a blog.
const PostBlog = "blog-post"

// A BlogPost is a post of a blog.
type BlogPost struct {
	ID    string
	Title string
	Link  string
	Made  time.Time // when it was published
	Live  bool      // readers can see it
	Open  bool      // readers may comment
	Text  string    // as Blogger has it, HTML; only where it is asked for
}

// The states of a comment on a blog that somebody can look at.
const (
	CommentLive    = "LIVE"    // readers see it
	CommentPending = "PENDING" // it waits until somebody who runs the blog lets it through
	CommentSpam    = "SPAM"    // hidden
	CommentEmptied = "EMPTIED" // its text was removed
)

// A BlogComment is a comment on a post of a blog.
type BlogComment struct {
	ID     string
	Post   string
	Author string // who it is on Blogger; "" for somebody who did not sign in. Their name is not read
	At     time.Time
	Status string // "" where whoever asks does not run the blog
	Text   string // as Blogger has it, HTML
}
