package reminders

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"iter"
	"strings"
	"time"

	"esafetybot/internal/seen"
)

// Classroom is what posting asks of Google. as is the address of a teacher of the course.
type Classroom interface {
	// CreateAnnouncement makes a draft. After an error of which [Classroom.Unsure] says so it may have been made.
	CreateAnnouncement(ctx context.Context, as, course, text string, links []string) (id string, err error)
	PublishAnnouncement(ctx context.Context, as, course, id string) error
	Announcement(ctx context.Context, as, course, id string) (seen.Announcement, error)
	// Announcements streams drafts and what is published.
	Announcements(ctx context.Context, as, course string) iter.Seq2[seen.Announcement, error]
	// Gone tells whether an error says that it is not there, Unsure whether what was asked for may have happened.
	Gone(err error) bool
	Unsure(err error) bool
}

// Post is one announcement of an occurrence in one class, and how far it has come. Its stages are written down before and after each step, so that a run that is killed anywhere is taken up:
//
//	intended → drafted (its id is known) → published
type Post struct {
	Intended time.Time `json:"intended,omitzero"` // a draft is about to be made, or may have been
	Mark     string    `json:"mark,omitempty"`    // of its text: by it, its author and its time a draft is known as ours
	By       string    `json:"by,omitempty"`      // Directory id of who it is posted as
	Publish  bool      `json:"publish,omitempty"` // it does not stay a draft
	ID       string    `json:"id,omitempty"`      // Google's, once it was made
	Ended    time.Time `json:"ended,omitzero"`    // nothing is left to do
	Left     bool      `json:"left,omitempty"`    // because somebody changed, moved or deleted it
	Tried    time.Time `json:"tried,omitzero"`    // the last time that it could not be posted
	Problem  string    `json:"problem,omitempty"` // and why: one of the Problem constants
}

// Why an announcement could not be posted.
const (
	ProblemNoTeacher = "no-teacher" // the class has no active teacher
	ProblemNoPoster  = "no-poster"  // the posting account is no active teacher of it
	ProblemRefused   = "refused"    // by Google
)

// Done tells whether nothing is left to do.
func (p Post) Done() bool { return !p.Ended.IsZero() }

// skew is by how much Google's clock may lag behind ours.
const skew = 5 * time.Minute

// mark is what a text is known by. Google may trim it.
func mark(text string) string {
	sum := sha256.Sum256([]byte(strings.Join(strings.Fields(text), " ")))
	return hex.EncodeToString(sum[:16])
}

// Notice is what is to be posted in a class, and as whom.
type Notice struct {
	Course  string
	Text    string
	Links   []string
	Teacher string // Directory id of a teacher of the class
	As      string // their address
	Publish bool
}

// Announce takes one post as far as it goes. save writes down how far it has come before Google is asked for the next step; its error ends everything, and so does the end of ctx. What Google refused is in
// the Post, and its error is returned to be told; a later call tries again.
func Announce(ctx context.Context, api Classroom, now time.Time, n Notice, p Post, save func(context.Context, Post) error) (Post, error) {
	if p.Done() {
		return p, nil
	}
	failed := func(err error) (Post, error) {
		if ctx.Err() != nil {
			return p, ctx.Err()
		}
		p.Tried, p.Problem = now.UTC(), ProblemRefused
		if e := save(ctx, p); e != nil {
			return p, e
		}
		return p, err
	}
	if p.ID == "" && !p.Intended.IsZero() { // it may have been made, and nobody noted its id
		id, err := orphan(ctx, api, n, p)
		if err != nil {
			return failed(err)
		}
		p.ID = id
	}
	if p.ID == "" {
		p.Intended, p.Mark, p.By, p.Publish = now.UTC(), mark(n.Text), n.Teacher, n.Publish
		if err := save(ctx, p); err != nil {
			return p, err
		}
		id, err := api.CreateAnnouncement(ctx, n.As, n.Course, n.Text, n.Links)
		if err != nil {
			if ctx.Err() == nil && !api.Unsure(err) {
				p.Intended = time.Time{} // it was not made
			}
			return failed(err)
		}
		p.ID = id
	}
	p.Tried, p.Problem = time.Time{}, ""
	if !p.Publish {
		p.Ended = now.UTC()
		return p, save(ctx, p)
	}
	if err := save(ctx, p); err != nil {
		return p, err
	}
	live, err := api.Announcement(ctx, n.As, n.Course, p.ID)
	switch {
	case err != nil && api.Gone(err):
		p.Left = true
	case err != nil:
		return failed(err)
	case live.State == seen.Published:
	case mark(live.Text) != p.Mark || live.State != seen.Draft:
		p.Left = true // somebody is at work on it: theirs now
	default:
		if err := api.PublishAnnouncement(ctx, n.As, n.Course, p.ID); err != nil {
			return failed(err)
		}
	}
	p.Ended = now.UTC()
	return p, save(ctx, p)
}

// orphan finds an announcement of ours whose id nobody noted: by the same author, with the very text, made since it was intended. Nothing in it says that a program wrote it, which would be in readers' way.
func orphan(ctx context.Context, api Classroom, n Notice, p Post) (string, error) {
	for a, err := range api.Announcements(ctx, n.As, n.Course) {
		if err != nil {
			return "", err
		}
		if a.Creator == p.By && mark(a.Text) == p.Mark && !a.Made.Before(p.Intended.Add(-skew)) {
			return a.ID, nil
		}
	}
	return "", nil
}
