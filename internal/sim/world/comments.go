package world

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Kinds of comments.
const (
	CommentClass   = "class"   // under the post, for the whole class
	CommentPrivate = "private" // on a pupil's submission, between pupil and teachers
	CommentPublic  = "public"  // on a pupil's submission, for all who see it
)

// Comment is what somebody wrote under a post or on a submission. No API of Google's tells of it.
type Comment struct {
	ID     string    `json:"id"`
	Author string    `json:"author"` // an address
	Time   time.Time `json:"time"`
	Text   string    `json:"text"`
	Kind   string    `json:"kind"`
	Of     string    `json:"of,omitempty"` // the address of the pupil whose submission it is
}

// Decision is what somebody decided on the review site: see docs/comment-rules.md and docs/reminder-rules.md for what each Do needs. Dates are "2026-11-02".
type Decision struct {
	At      time.Time `json:"at,omitzero"`
	By      string    `json:"by"` // an address
	Do      string    `json:"do"` // reviewed, approve, spam, remove, cover, end-cover, answer, record, renew, end-record, confirm or read-policy
	Item    string    `json:"item,omitempty"`
	Saw     time.Time `json:"saw,omitzero"`
	Comment string    `json:"comment,omitempty"` // of approve, spam and remove: "BLOG-POST-COMMENT"
	Course  string    `json:"course,omitempty"`
	Who     string    `json:"who,omitempty"`
	From    string    `json:"from,omitempty"`
	Until   string    `json:"until,omitempty"` // the last day of a cover, or the date of an entry
	CheckIn string    `json:"check_in,omitempty"`
	Answer  string    `json:"answer,omitempty"`
	// Said is what was answered about a class on ClassDojo, in the place of Answer.
	Said map[string]string `json:"said,omitempty"`
	// Record is approved-services, approved-blogs, visitors, consents, meetings or filter-changes, and Entry names one of its entries; What it is about names nobody, and Where says where its papers are.
	Record string `json:"record,omitempty"`
	Entry  string `json:"entry,omitempty"`
	What   string `json:"what,omitempty"`
	Where  string `json:"where,omitempty"`
	// Reminder and Period are what is confirmed, with the Answer done or not-done; Note names nobody.
	Reminder string `json:"reminder,omitempty"`
	Period   string `json:"period,omitempty"`
	Note     string `json:"note,omitempty"`
	Extra    Raw    `json:"-"`
}

func (d *Decision) UnmarshalJSON(b []byte) error {
	type plain Decision
	return decodeWithExtra(b, (*plain)(d), &d.Extra)
}

// MarshalJSON writes the known fields and the kept unknown ones.
func (d Decision) MarshalJSON() ([]byte, error) {
	type plain Decision
	return encodeWithExtra(plain(d), d.Extra)
}

// PostKey names a post by the ids of its course and its own, as comments.json does: "COURSE-POST".
func PostKey(courseID, postID string) string { return courseID + "-" + postID }

// PostSubject is the subject of findings on a post: "post/COURSE-POST".
func PostSubject(p *Post) string { return "post/" + PostKey(p.CourseID, p.ID) }

// DocumentSubject is the subject of findings on a document of a class: "document/COURSE-FILE".
func DocumentSubject(courseID, fileID string) string { return "document/" + PostKey(courseID, fileID) }

// Comments lists the comments of a post, oldest first.
func (w *World) Comments(courseID, postID string) []*Comment {
	return w.posts.comments[PostKey(courseID, postID)]
}

// Comment writes c under a post or on the submission of c.Of, as the actor, now; an empty Kind is CommentClass. It answers the comment's id.
func (w *World) Comment(courseID, postID string, c Comment, actor string) (id string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	course, p, err := w.postToChange(courseID, postID)
	if err != nil {
		return "", err
	}
	if p.State != Published {
		return "", fmt.Errorf("course %s: post %s: it is a draft: %w", courseID, postID, ErrNotAllowed)
	}
	u, err := w.writer(actor)
	if err != nil {
		return "", err
	}
	if u != nil {
		actor = u.PrimaryEmail
	}
	if c.Kind == "" {
		c.Kind = CommentClass
	}
	name, more := aboutPost("commented", p), []Param(nil)
	switch {
	case c.Kind == CommentClass:
		c.Of = ""
	case c.Kind != CommentPrivate && c.Kind != CommentPublic:
		return "", fmt.Errorf("course %s: post %s: a comment of the kind %q: %w", courseID, postID, c.Kind, ErrNotAllowed)
	case p.Kind != CourseWork:
		return "", fmt.Errorf("course %s: post %s: only coursework has submissions: %w", courseID, postID, ErrNotAllowed)
	default:
		if u := w.User(c.Of); u != nil {
			c.Of = u.PrimaryEmail
		}
		if !slices.ContainsFunc(w.Students(courseID), func(m *CourseMember) bool { return w.isMember(m, c.Of) }) {
			return "", fmt.Errorf("course %s: post %s: the submission of a student: %w", courseID, postID, ErrNotFound)
		}
		name, more = "commented_submission_"+c.Kind, []Param{{Name: "impacted_users", Multi: []string{c.Of}}}
	}
	c.ID, c.Author, c.Time = w.newID("C", 12), actor, w.now()
	key := PostKey(courseID, postID)
	w.posts.comments[key] = append(w.posts.comments[key], &c)
	w.workEvent(actor, name, course, p, more...)
	return c.ID, nil
}

// isMember reports whether a member of a course is the person with the address.
func (w *World) isMember(m *CourseMember, address string) bool {
	if u := w.User(address); u != nil && u.ID == m.UserID {
		return true
	}
	return address != "" && strings.EqualFold(m.Profile.EmailAddress, address)
}

// DeleteComment deletes a comment. Google records nothing of it.
func (w *World) DeleteComment(courseID, postID, id string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := PostKey(courseID, postID)
	list := w.posts.comments[key]
	i := slices.IndexFunc(list, func(c *Comment) bool { return c.ID == id })
	if i < 0 {
		return fmt.Errorf("course %s: post %s: comment %s: %w", courseID, postID, id, ErrNotFound)
	}
	if w.posts.comments[key] = slices.Delete(list, i, i+1); len(w.posts.comments[key]) == 0 {
		delete(w.posts.comments, key)
	}
	return nil
}

// Decisions lists what people decided on the review site, in the order in which they did.
func (w *World) Decisions() []Decision { return w.posts.decisions }

// Decide notes a decision of now.
func (w *World) Decide(d Decision) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	d.At = w.now().Truncate(time.Millisecond)
	return w.AddDecision(d)
}

// AddDecision puts a decision in place, after those that are there. Whether it was theirs to make is not looked at.
func (w *World) AddDecision(d Decision) error {
	if d.At.IsZero() || d.By == "" || d.Do == "" {
		return errors.New("a decision needs at, by and do")
	}
	w.posts.decisions = append(w.posts.decisions, d)
	return nil
}

const decisionsFile = "decisions.jsonl"

func (w *World) loadDecisions(dir string) error {
	return readLines(filepath.Join(dir, decisionsFile), func(b []byte) error {
		var d Decision
		if err := json.Unmarshal(b, &d); err != nil {
			return err
		}
		return w.AddDecision(d)
	})
}

func (w *World) saveDecisions(dir string) error {
	return writeLines(filepath.Join(dir, decisionsFile), func(enc *json.Encoder) error {
		for _, d := range w.posts.decisions {
			if err := enc.Encode(d); err != nil {
				return err
			}
		}
		return nil
	})
}
