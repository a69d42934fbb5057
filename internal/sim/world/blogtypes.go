package world

import "time"

// Roles in a blog. Source: Blogger API v3, BlogPerUserInfo.role.
const (
	BlogAdmin  = "ADMIN"
	BlogAuthor = "AUTHOR"
	BlogReader = "READER" // of a private blog
)

// States of blogs, their posts and the comments on them; a blog is BlogLive or BlogDeleted, a post BlogLive, BlogDraft, SCHEDULED or SOFT_TRASHED.
const (
	BlogLive       = "LIVE"
	BlogDeleted    = "DELETED"
	BlogDraft      = "DRAFT"
	CommentPending = "PENDING" // nobody but the blog's administrators sees it yet
	CommentSpam    = "SPAM"
	CommentEmptied = "EMPTIED" // what it said was removed, that it was there was not
)

// Blog is an entry of blogs.json: a blog of Blogger's, who runs it, and what stands in it.
type Blog struct {
	Blog    BlogInfo      `json:"blog"`
	Members []*BlogMember `json:"members,omitempty"`
	// Private says that only members read the blog. No API shows it.
	Private  bool                      `json:"private,omitempty"`
	Posts    []*BlogPost               `json:"posts,omitempty"`
	Comments map[string][]*BlogComment `json:"comments,omitempty"` // by post id, in the order of the tenant
	Extra    Raw                       `json:"-"`
}

// BlogInfo is a Blogger Blog.
type BlogInfo struct {
	ID          string    `json:"id"`
	Name        string    `json:"name,omitempty"`
	Description string    `json:"description,omitempty"`
	Status      string    `json:"status,omitempty"` // BlogLive or BlogDeleted
	Published   time.Time `json:"published,omitzero"`
	Updated     time.Time `json:"updated,omitzero"`
	URL         string    `json:"url,omitempty"`
	Extra       Raw       `json:"-"` // locale, customMetaData, …
}

// BlogMember is somebody with a role in a blog: the address of their account, their Blogger user id, which is another than the Directory's, and BlogAdmin,
// BlogAuthor or BlogReader.
type BlogMember struct {
	Email  string `json:"email"`
	UserID string `json:"userId"`
	Role   string `json:"role"`
	Extra  Raw    `json:"-"`
}

// BlogPerson is whoever wrote a post or a comment, as Blogger shows them: never with an address.
type BlogPerson struct {
	ID          string `json:"id,omitempty"` // a Blogger user id
	DisplayName string `json:"displayName,omitempty"`
	URL         string `json:"url,omitempty"`
	Extra       Raw    `json:"-"` // image
}

// BlogPost is a Blogger Post.
type BlogPost struct {
	ID             string     `json:"id"`
	Title          string     `json:"title,omitempty"`
	Content        string     `json:"content,omitempty"` // HTML
	Status         string     `json:"status,omitempty"`
	ReaderComments string     `json:"readerComments,omitempty"` // ALLOW, DONT_ALLOW_SHOW_EXISTING, DONT_ALLOW_HIDE_EXISTING or missing
	Author         BlogPerson `json:"author,omitzero"`
	Labels         []string   `json:"labels,omitempty"`
	Published      time.Time  `json:"published,omitzero"`
	Updated        time.Time  `json:"updated,omitzero"`
	URL            string     `json:"url,omitempty"`
	Extra          Raw        `json:"-"`
}

// BlogComment is a Blogger Comment, and what no API tells of it: when one that was PENDING became LIVE, and who did that.
type BlogComment struct {
	ID         string     `json:"id"`
	Author     BlogPerson `json:"author,omitzero"`
	Content    string     `json:"content,omitempty"` // may be HTML
	Status     string     `json:"status,omitempty"`
	Published  time.Time  `json:"published,omitzero"`
	Updated    time.Time  `json:"updated,omitzero"`
	InReplyTo  *BlogRef   `json:"inReplyTo,omitempty"`
	Approved   time.Time  `json:"approved,omitzero"`
	ApprovedBy string     `json:"approvedBy,omitempty"` // an address
	Extra      Raw        `json:"-"`
}

// BlogRef names a comment.
type BlogRef struct {
	ID string `json:"id"`
}

func (b *Blog) UnmarshalJSON(data []byte) error {
	type plain Blog
	return decodeWithExtra(data, (*plain)(b), &b.Extra)
}

// MarshalJSON writes the known fields and the kept unknown ones.
func (b Blog) MarshalJSON() ([]byte, error) {
	type plain Blog
	return encodeWithExtra(plain(b), b.Extra)
}

func (b *BlogInfo) UnmarshalJSON(data []byte) error {
	type plain BlogInfo
	return decodeWithExtra(data, (*plain)(b), &b.Extra)
}

// MarshalJSON writes the known fields and the kept unknown ones.
func (b BlogInfo) MarshalJSON() ([]byte, error) {
	type plain BlogInfo
	return encodeWithExtra(plain(b), b.Extra)
}

func (m *BlogMember) UnmarshalJSON(data []byte) error {
	type plain BlogMember
	return decodeWithExtra(data, (*plain)(m), &m.Extra)
}

// MarshalJSON writes the known fields and the kept unknown ones.
func (m BlogMember) MarshalJSON() ([]byte, error) {
	type plain BlogMember
	return encodeWithExtra(plain(m), m.Extra)
}

func (p *BlogPerson) UnmarshalJSON(data []byte) error {
	type plain BlogPerson
	return decodeWithExtra(data, (*plain)(p), &p.Extra)
}

// MarshalJSON writes the known fields and the kept unknown ones.
func (p BlogPerson) MarshalJSON() ([]byte, error) {
	type plain BlogPerson
	return encodeWithExtra(plain(p), p.Extra)
}

// IsZero reports whether nothing is known of the person.
func (p BlogPerson) IsZero() bool {
	return p.ID == "" && p.DisplayName == "" && p.URL == "" && len(p.Extra) == 0
}

func (p *BlogPost) UnmarshalJSON(data []byte) error {
	type plain BlogPost
	return decodeWithExtra(data, (*plain)(p), &p.Extra)
}

// MarshalJSON writes the known fields and the kept unknown ones.
func (p BlogPost) MarshalJSON() ([]byte, error) {
	type plain BlogPost
	return encodeWithExtra(plain(p), p.Extra)
}

func (c *BlogComment) UnmarshalJSON(data []byte) error {
	type plain BlogComment
	return decodeWithExtra(data, (*plain)(c), &c.Extra)
}

// MarshalJSON writes the known fields and the kept unknown ones.
func (c BlogComment) MarshalJSON() ([]byte, error) {
	type plain BlogComment
	return encodeWithExtra(plain(c), c.Extra)
}
