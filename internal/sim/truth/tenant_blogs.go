package truth

import (
	"fmt"
	"strings"
	"time"
)

// Blog is an entry of blogs.json: a blog of Blogger's, who has a role in it, and what stands in it (docs/simulator.md).
type Blog struct {
	Blog struct {
		ID     string `json:"id"`
		Status string `json:"status"` // LIVE if missing
	} `json:"blog"`
	Members []BlogMember `json:"members"`
	Posts   []BlogPost   `json:"posts"`
	// Comments are those of each post, by its id.
	Comments map[string][]BlogComment `json:"comments"`
}

// BlogMember is somebody with a role in a blog. UserID is Blogger's.
type BlogMember struct {
	Email  string `json:"email"`
	UserID string `json:"userId"`
	Role   string `json:"role"`
}

// BlogPost is a post in a blog.
type BlogPost struct {
	ID             string `json:"id"`
	Status         string `json:"status"` // LIVE if missing
	ReaderComments string `json:"readerComments"`
	Title          string `json:"title"`
	Content        string `json:"content"` // HTML
}

// BlogComment is a comment on a post in a blog.
type BlogComment struct {
	ID     string `json:"id"`
	Status string `json:"status"` // LIVE if missing
	Author struct {
		ID string `json:"id"`
	} `json:"author"`
	Content   string    `json:"content"` // HTML
	Published time.Time `json:"published"`
	// Approved is when it was approved in Blogger itself, zero if it never was.
	Approved time.Time `json:"approved"`
}

// loadBlogs reads what only the rules about blogs ask about: those on comments and those on names.
func (t *Tenant) loadBlogs(f *Folder) error {
	const file = "blogs.json"
	if err := f.readJSON(file, &t.Blogs); err != nil {
		return err
	}
	for _, b := range t.Blogs {
		for _, list := range b.Comments {
			for _, c := range list {
				if c.Published.IsZero() {
					return fmt.Errorf("%s: blog %s: comment %s: published is missing", f.path(file), b.Blog.ID, c.ID)
				}
			}
		}
	}
	return nil
}

// isLive reports whether a status says LIVE; nothing said is that too.
func isLive(status string) bool { return status == "" || status == "LIVE" }

// place is the member that an account is, or one with no role.
func (b Blog) place(u *User) BlogMember {
	for _, m := range b.Members {
		if u.bears(m.Email) {
			return m
		}
	}
	return BlogMember{}
}

// ListedBlog is an entry of `blogs` of a policy. ID is a text of digits, or a number as the reader of YAML likes.
type ListedBlog struct {
	ID    any      `yaml:"blog"`
	Hosts []string `yaml:"hosts"`
}

// hostsOf are the addresses of the hosts of a blog by the policy; false if the blog is not listed.
func (p Policy) hostsOf(blog string) ([]string, bool) {
	var out []string
	listed := false
	for _, l := range p.Blogs {
		if strings.TrimSpace(fmt.Sprint(l.ID)) == blog {
			out, listed = append(out, l.Hosts...), true
		}
	}
	return out, listed
}
