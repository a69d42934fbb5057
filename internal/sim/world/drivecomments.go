package world

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// FileComment is a Drive Comment. The address of its author stands in the tenant, but no API shows it.
type FileComment struct {
	ID           string       `json:"id"`
	Author       Author       `json:"author"`
	Content      string       `json:"content,omitempty"`
	CreatedTime  time.Time    `json:"createdTime,omitzero"`
	ModifiedTime time.Time    `json:"modifiedTime,omitzero"`
	Deleted      bool         `json:"deleted,omitempty"`
	Resolved     bool         `json:"resolved,omitempty"`
	Replies      []*FileReply `json:"replies,omitempty"`
	Extra        Raw          `json:"-"` // anchor, quotedFileContent, …
}

// FileReply is a Drive Reply.
type FileReply struct {
	ID           string    `json:"id"`
	Author       Author    `json:"author"`
	Content      string    `json:"content,omitempty"`
	Action       string    `json:"action,omitempty"` // Resolve, Reopen or none
	CreatedTime  time.Time `json:"createdTime,omitzero"`
	ModifiedTime time.Time `json:"modifiedTime,omitzero"`
	Deleted      bool      `json:"deleted,omitempty"`
}

// Author is who wrote a comment in Drive.
type Author struct {
	DisplayName  string `json:"displayName,omitempty"`
	EmailAddress string `json:"emailAddress,omitempty"`
}

// What a reply does to its comment.
const (
	Resolve = "resolve"
	Reopen  = "reopen"
)

func (c *FileComment) UnmarshalJSON(b []byte) error {
	type plain FileComment
	return decodeWithExtra(b, (*plain)(c), &c.Extra)
}

// MarshalJSON writes the known fields and the kept unknown ones.
func (c FileComment) MarshalJSON() ([]byte, error) {
	type plain FileComment
	return encodeWithExtra(plain(c), c.Extra)
}

const fileCommentsFile = "drivecomments.json"

// keptFileComments are those of items that are there: a comment goes with its item.
func (w *World) keptFileComments() map[string][]*FileComment {
	out := map[string][]*FileComment{}
	for id, list := range w.fileComments {
		if w.files[id] != nil && len(list) > 0 {
			out[id] = list
		}
	}
	return out
}

// loadedFileComments fills the times that the file left out.
func (w *World) loadedFileComments() {
	if w.fileComments == nil { // the file said null
		w.fileComments = map[string][]*FileComment{}
	}
	for _, list := range w.fileComments {
		for _, c := range list {
			w.completeTimes(&c.CreatedTime, &c.ModifiedTime)
			for _, r := range c.Replies {
				w.completeTimes(&r.CreatedTime, &r.ModifiedTime)
			}
		}
	}
}

func (w *World) completeTimes(created, modified *time.Time) {
	if created.IsZero() {
		*created = w.now()
	}
	if modified.IsZero() {
		*modified = *created
	}
}

// FileComments lists the comments on an item, oldest first, deleted ones too.
func (w *World) FileComments(fileID string) []*FileComment { return w.fileComments[fileID] }

// Commented lists the items with comments, deleted ones too, in the order in which the items came.
func (w *World) Commented() []*File {
	var out []*File
	for id := range w.keptFileComments() {
		out = append(out, w.files[id])
	}
	slices.SortFunc(out, func(a, b *File) int { return cmp.Compare(a.seq, b.seq) })
	return out
}

// FileComment finds a comment on an item; nil when there is none.
func (w *World) FileComment(fileID, id string) *FileComment {
	for _, c := range w.fileComments[fileID] {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// Reply finds a reply; nil when the comment has none of this id.
func (c *FileComment) Reply(id string) *FileReply {
	for _, r := range c.Replies {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// author is the actor as the author of a comment; whoever is switched off writes none.
func (w *World) author(actor string) (Author, error) {
	u, err := w.writer(actor)
	if err != nil || u == nil {
		return Author{EmailAddress: actor}, err
	}
	return Author{DisplayName: u.Name.FullName, EmailAddress: u.PrimaryEmail}, nil
}

// commented records an act on the comments of an item.
func (w *World) commented(f *File, actor, event string) {
	w.record("drive", actor, Event{Type: "access", Name: event, Params: w.about(f, true)})
}

// CommentOnFile comments on an item that is no folder and answers the comment's id; extra may hold an anchor and the like.
func (w *World) CommentOnFile(fileID, content string, extra Raw, actor string) (id string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f, err := w.item(fileID)
	if err != nil {
		return "", err
	}
	if f.IsFolder() || content == "" {
		return "", fmt.Errorf("file %s: a comment without content, or on a folder: %w", fileID, ErrNotAllowed)
	}
	a, err := w.author(actor)
	if err != nil {
		return "", err
	}
	c := &FileComment{ID: w.newID("AAAA", 11), Author: a, Content: content, CreatedTime: w.now(), ModifiedTime: w.now(), Extra: extra}
	w.fileComments[fileID] = append(w.fileComments[fileID], c)
	w.commented(f, actor, "create_comment")
	return c.ID, nil
}

// ReplyToFileComment replies to a comment and answers the reply's id. With the action Resolve or Reopen the content may be "".
func (w *World) ReplyToFileComment(fileID, commentID, content, action, actor string) (id string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f, c, err := w.commentToChange(fileID, commentID)
	if err != nil {
		return "", err
	}
	a, err := w.author(actor)
	if err != nil {
		return "", err
	}
	event := map[string]string{"": "create_comment", Resolve: "resolve_comment", Reopen: "reopen_comment"}[action]
	if event == "" || action == "" && content == "" {
		return "", fmt.Errorf("file %s: comment %s: a reply without content, or with the action %q: %w", fileID, commentID, action, ErrNotAllowed)
	}
	r := &FileReply{ID: w.newID("AAAB", 11), Author: a, Content: content, Action: action, CreatedTime: w.now(), ModifiedTime: w.now()}
	c.Replies, c.ModifiedTime = append(c.Replies, r), w.now()
	if action != "" {
		c.Resolved = action == Resolve
	}
	w.commented(f, actor, event)
	return r.ID, nil
}

// EditFileComment changes what a comment says, or one of its replies unless replyID is "". Only the author does that.
func (w *World) EditFileComment(fileID, commentID, replyID, content, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	f, c, err := w.commentToChange(fileID, commentID)
	if err != nil {
		return err
	}
	text, by, changed := &c.Content, c.Author, &c.ModifiedTime
	if replyID != "" {
		r := c.Reply(replyID)
		if r == nil || r.Deleted {
			return fmt.Errorf("file %s: comment %s: reply %s: %w", fileID, commentID, replyID, ErrNotFound)
		}
		text, by, changed = &r.Content, r.Author, &r.ModifiedTime
	}
	if content == "" || !strings.EqualFold(by.EmailAddress, actor) {
		return fmt.Errorf("file %s: comment %s: only its author can change it, and not to nothing: %w", fileID, commentID, ErrNotAllowed)
	}
	*text, *changed, c.ModifiedTime = content, w.now(), w.now()
	w.commented(f, actor, "edit_comment")
	return nil
}

// DeleteFileComment deletes a comment with its replies, or one of its replies unless replyID is "": what it said is gone, that it was there is not.
func (w *World) DeleteFileComment(fileID, commentID, replyID, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	f, c, err := w.commentToChange(fileID, commentID)
	if err != nil {
		return err
	}
	if replyID == "" {
		c.Content, c.Deleted, c.Replies, c.Extra = "", true, nil, nil
	} else {
		i := slices.IndexFunc(c.Replies, func(r *FileReply) bool { return r.ID == replyID && !r.Deleted })
		if i < 0 {
			return fmt.Errorf("file %s: comment %s: reply %s: %w", fileID, commentID, replyID, ErrNotFound)
		}
		c.Replies[i].Content, c.Replies[i].Deleted, c.Replies[i].ModifiedTime = "", true, w.now()
	}
	c.ModifiedTime = w.now()
	w.commented(f, actor, "delete_comment")
	return nil
}

// commentToChange finds a comment that has not been deleted.
func (w *World) commentToChange(fileID, id string) (*File, *FileComment, error) {
	f, err := w.item(fileID)
	if err != nil {
		return nil, nil, err
	}
	c := w.FileComment(fileID, id)
	if c == nil || c.Deleted {
		return nil, nil, fmt.Errorf("file %s: comment %s: %w", fileID, id, ErrNotFound)
	}
	return f, c, nil
}
