package server

import (
	"encoding/json"
	"errors"
	"html"
	"net/http"
	"slices"
	"time"

	"esafetybot/internal/sim/world"
)

// authorJSON is an author as Drive shows one: never the address. Source: Drive API, Comment.author.
type authorJSON struct {
	Kind        string `json:"kind"`
	DisplayName string `json:"displayName,omitempty"`
	Me          bool   `json:"me"`
}

type replyJSON struct {
	Kind         string     `json:"kind"`
	ID           string     `json:"id"`
	Author       authorJSON `json:"author"`
	CreatedTime  string     `json:"createdTime"`
	ModifiedTime string     `json:"modifiedTime"`
	Content      string     `json:"content,omitempty"`
	HTMLContent  string     `json:"htmlContent,omitempty"`
	Action       string     `json:"action,omitempty"`
	Deleted      bool       `json:"deleted"`
}

type commentJSON struct {
	replyJSON
	Resolved          bool            `json:"resolved,omitempty"`
	Anchor            json.RawMessage `json:"anchor,omitempty"`
	QuotedFileContent json.RawMessage `json:"quotedFileContent,omitempty"`
	Replies           []replyJSON     `json:"replies"`
}

func showReply(r *world.FileReply, v *viewer) replyJSON {
	u := v.w.User(r.Author.EmailAddress)
	out := replyJSON{Kind: "drive#reply", ID: r.ID, Author: authorJSON{"drive#user", r.Author.DisplayName, u == v.user}, CreatedTime: r.CreatedTime.UTC().Format(stamp),
		ModifiedTime: r.ModifiedTime.UTC().Format(stamp), Content: r.Content, HTMLContent: html.EscapeString(r.Content), Action: r.Action, Deleted: r.Deleted}
	if u != nil {
		out.Author.DisplayName = u.Name.FullName
	}
	return out
}

func showComment(c *world.FileComment, v *viewer, deleted bool) commentJSON {
	out := commentJSON{replyJSON: showReply(&world.FileReply{ID: c.ID, Author: c.Author, Content: c.Content, CreatedTime: c.CreatedTime, ModifiedTime: c.ModifiedTime, Deleted: c.Deleted}, v),
		Resolved: c.Resolved, Anchor: c.Extra["anchor"], QuotedFileContent: c.Extra["quotedFileContent"], Replies: []replyJSON{}}
	out.Kind = "drive#comment"
	for _, r := range c.Replies {
		if deleted || !r.Deleted {
			out.Replies = append(out.Replies, showReply(r, v))
		}
	}
	return out
}

// needFields refuses a call without fields, which every method on comments needs but delete. Source: Drive API guide "Manage comments and replies".
func (c *call) needFields() *apiError {
	if c.query.Get("fields") == "" {
		return badRequest("required", "fields", "The 'fields' parameter is required for this method.")
	}
	return nil
}

// commented finds the item of the path, which may be in a shared drive, if the caller may open it.
func (c *call) commented(v *viewer) (*world.File, *apiError) {
	f := c.s.world.File(c.path["fileId"])
	if f == nil || v.role(f) == "" {
		return nil, fileNotFound(c.path["fileId"])
	}
	return f, nil
}

// comment finds the comment of the path, a deleted one only with includeDeleted.
func (c *call) comment(v *viewer) (*world.FileComment, *apiError) {
	f, err := c.commented(v)
	if err != nil {
		return nil, err
	}
	x := c.s.world.FileComment(f.ID, c.path["commentId"])
	if x == nil || x.Deleted && !c.flag("includeDeleted") {
		return nil, notFound("Comment not found: " + c.path["commentId"] + ".")
	}
	return x, nil
}

func commentsList(c *call, v *viewer) ([]byte, *apiError) {
	if err := c.needFields(); err != nil {
		return nil, err
	}
	f, err := c.commented(v)
	if err != nil {
		return nil, err
	}
	var since time.Time
	if s := c.query.Get("startModifiedTime"); s != "" {
		var bad error
		if since, bad = time.Parse(time.RFC3339, s); bad != nil {
			return nil, invalidParameter("startModifiedTime", s)
		}
	}
	deleted := c.flag("includeDeleted")
	kept := slices.DeleteFunc(slices.Clone(c.s.world.FileComments(f.ID)), func(x *world.FileComment) bool {
		return x.Deleted && !deleted || x.ModifiedTime.Before(since)
	})
	slices.SortStableFunc(kept, func(a, b *world.FileComment) int { return b.ModifiedTime.Compare(a.ModifiedTime) })
	list := []commentJSON{}
	next, err := c.slice(len(kept), "pageSize", 20, 100, func(i int) string { return kept[i].ID }, func(i int) *apiError {
		list = append(list, showComment(kept[i], v, deleted))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return marshal(struct {
		Kind     string        `json:"kind"`
		Comments []commentJSON `json:"comments"`
		Next     string        `json:"nextPageToken,omitempty"`
	}{"drive#commentList", list, next})
}

func commentsGet(c *call, v *viewer) ([]byte, *apiError) {
	if err := c.needFields(); err != nil {
		return nil, err
	}
	x, err := c.comment(v)
	if err != nil {
		return nil, err
	}
	return marshal(showComment(x, v, c.flag("includeDeleted")))
}

func repliesList(c *call, v *viewer) ([]byte, *apiError) {
	if err := c.needFields(); err != nil {
		return nil, err
	}
	x, err := c.comment(v)
	if err != nil {
		return nil, err
	}
	all := showComment(x, v, c.flag("includeDeleted")).Replies
	list := []replyJSON{}
	next, err := c.slice(len(all), "pageSize", 20, 100, func(i int) string { return all[i].ID }, func(i int) *apiError {
		list = append(list, all[i])
		return nil
	})
	if err != nil {
		return nil, err
	}
	return marshal(struct {
		Kind    string      `json:"kind"`
		Replies []replyJSON `json:"replies"`
		Next    string      `json:"nextPageToken,omitempty"`
	}{"drive#replyList", list, next})
}

func repliesGet(c *call, v *viewer) ([]byte, *apiError) {
	if err := c.needFields(); err != nil {
		return nil, err
	}
	x, err := c.comment(v)
	if err != nil {
		return nil, err
	}
	r := x.Reply(c.path["replyId"])
	if r == nil || r.Deleted && !c.flag("includeDeleted") {
		return nil, notFound("Reply not found: " + c.path["replyId"] + ".")
	}
	return marshal(showReply(r, v))
}

// commentBody is what the methods that write a comment or a reply take.
type commentBody struct {
	Content           string          `json:"content"`
	Action            string          `json:"action"`
	Anchor            json.RawMessage `json:"anchor"`
	QuotedFileContent json.RawMessage `json:"quotedFileContent"`
}

// changeComment runs a change of comments as the caller, who must be a commenter at least; act answers the ids of the comment and of the reply
// that the answer shows.
func changeComment(act func(c *call, in commentBody) (comment, reply string, err error)) func(*call) ([]byte, *apiError) {
	return func(c *call) (b []byte, aerr *apiError) {
		allow := withDrive("", func(c *call, v *viewer) ([]byte, *apiError) {
			if c.m.HTTPMethod != http.MethodDelete {
				if err := c.needFields(); err != nil {
					return nil, err
				}
			}
			f, err := c.commented(v)
			if err != nil {
				return nil, err
			}
			x, err := c.ownComment(f)
			switch {
			case err != nil:
				return nil, err
			case v.user.Suspended, v.user.Archived, world.Rank(v.role(f)) < world.Rank("commenter"), x != "" && c.m.HTTPMethod == http.MethodPatch && c.s.world.User(x) != v.user,
				x != "" && c.m.HTTPMethod == http.MethodDelete && c.s.world.User(x) != v.user && world.Rank(v.role(f)) < world.Rank("writer"):
				return nil, forbidden("insufficientFilePermissions", "The user does not have sufficient permissions for this file.")
			}
			return nil, nil
		})
		c.s.world.View(func() { _, aerr = allow(c) })
		if aerr != nil {
			return nil, aerr
		}
		var in commentBody
		if c.m.Request != nil {
			if err := json.Unmarshal(c.body, &in); err != nil {
				return nil, badRequest("badRequest", "", err.Error())
			}
		}
		comment, reply, err := act(c, in)
		switch {
		case errors.Is(err, world.ErrNotAllowed):
			return nil, badRequest("badRequest", "", "Bad Request: the content or the action is missing or not valid, or the file takes no comments.")
		case err != nil:
			return nil, refused(err, c.path["fileId"])
		case c.m.HTTPMethod == http.MethodDelete:
			return nil, nil
		}
		c.s.world.View(func() {
			x := c.s.world.FileComment(c.path["fileId"], comment)
			switch {
			case x == nil:
				aerr = notFound("Comment not found: " + comment + ".") // somebody was quicker
			case reply == "":
				b, aerr = marshal(showComment(x, c.viewer(), false))
			case x.Reply(reply) != nil:
				b, aerr = marshal(showReply(x.Reply(reply), c.viewer()))
			}
		})
		return b, aerr
	}
}

// ownComment is the address of whoever wrote the comment or the reply of the path, "" if it names none.
func (c *call) ownComment(f *world.File) (string, *apiError) {
	id := c.path["commentId"]
	if id == "" {
		return "", nil
	}
	x := c.s.world.FileComment(f.ID, id)
	if x == nil || x.Deleted {
		return "", notFound("Comment not found: " + id + ".")
	}
	id = c.path["replyId"]
	if id == "" {
		if c.m.HTTPMethod == http.MethodPost { // a reply to be made
			return "", nil
		}
		return x.Author.EmailAddress, nil
	}
	r := x.Reply(id)
	if r == nil || r.Deleted {
		return "", notFound("Reply not found: " + id + ".")
	}
	return r.Author.EmailAddress, nil
}

func commentCreate(c *call, in commentBody) (comment, reply string, err error) {
	w, file := c.s.world, c.path["fileId"]
	if comment = c.path["commentId"]; comment != "" {
		reply, err = w.ReplyToFileComment(file, comment, in.Content, in.Action, c.user.PrimaryEmail)
		return comment, reply, err
	}
	extra := world.Raw{}
	for name, v := range map[string]json.RawMessage{"anchor": in.Anchor, "quotedFileContent": in.QuotedFileContent} {
		if len(v) > 0 {
			extra[name] = v
		}
	}
	comment, err = w.CommentOnFile(file, in.Content, extra, c.user.PrimaryEmail)
	return comment, "", err
}

func commentUpdate(c *call, in commentBody) (comment, reply string, err error) {
	comment, reply = c.path["commentId"], c.path["replyId"]
	return comment, reply, c.s.world.EditFileComment(c.path["fileId"], comment, reply, in.Content, c.user.PrimaryEmail)
}

func commentDelete(c *call, _ commentBody) (comment, reply string, err error) {
	return "", "", c.s.world.DeleteFileComment(c.path["fileId"], c.path["commentId"], c.path["replyId"], c.user.PrimaryEmail)
}
