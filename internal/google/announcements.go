package google

import (
	"context"
	"iter"
	"net/http"

	"google.golang.org/api/classroom/v1"

	"esafetybot/internal/seen"
)

// Announcements go out in two steps, like mail, so that a crash between them can be told from one after them: a draft is made, its id is kept, then it is
// published. "as" is the address of a teacher of the class, in whose name it stands; an administrator who does not teach the class cannot write in it. All of
// that with [ScopeAnnounceWrite], reading too, so that no second scope is needed. Google lets a project change and delete only what it made itself: see [IsOthers].

// CreateAnnouncement makes a draft in a class with a text (1 to 30,000 characters) and links (at most 20 URLs) and returns its id within the class. Only the
// class's teachers and administrators see a draft. After [ErrUnsure] it may be there: look with [Client.Announcements]; after any other error it is not.
func (c *Client) CreateAnnouncement(ctx context.Context, as, courseID, text string, links []string) (id string, err error) {
	draft := &classroom.Announcement{Text: text, State: draftState}
	for _, u := range links {
		draft.Materials = append(draft.Materials, &classroom.Material{Link: &classroom.Link{Url: u}})
	}
	return single(ctx, c.As(as, ScopeAnnounceWrite), announcementsCreate, "course "+courseID, func(ctx context.Context) (string, error) {
		a, err := c.classroom.Courses.Announcements.Create(courseID, draft).Fields("id").Context(ctx).Do()
		if err != nil {
			return "", err
		}
		return a.Id, nil
	})
}

// PublishAnnouncement publishes a draft of ours; one that is published already is fine. The error is [Client.Gone] where the draft was deleted. It may be done
// again whatever the error was: twice is once.
func (c *Client) PublishAnnouncement(ctx context.Context, as, courseID, id string) error {
	held := c.As(as, ScopeAnnounceWrite) // so that both calls share its token
	defer held.Close()
	err := change(ctx, c.As(as, ScopeAnnounceWrite), announcementsPatch, "announcement "+id, func(ctx context.Context) error {
		_, err := c.classroom.Courses.Announcements.Patch(courseID, id, &classroom.Announcement{State: published}).UpdateMask("state").Fields("id").Context(ctx).Do()
		return err
	})
	// Whether Google takes a second publishing, after a first whose answer was lost, is said nowhere.
	return c.unless(ctx, err, as, courseID, id, published)
}

// DeleteAnnouncement deletes an announcement of ours, draft or published; one that is deleted already is fine.
func (c *Client) DeleteAnnouncement(ctx context.Context, as, courseID, id string) error {
	held := c.As(as, ScopeAnnounceWrite)
	defer held.Close()
	err := done404(change(ctx, c.As(as, ScopeAnnounceWrite), announcementsDelete, "announcement "+id, func(ctx context.Context) error {
		_, err := c.classroom.Courses.Announcements.Delete(courseID, id).Context(ctx).Do()
		return err
	}))
	return c.unless(ctx, err, as, courseID, id, deleted)
}

// unless drops Google's refusal of a change where the announcement is in the wanted state already.
func (c *Client) unless(ctx context.Context, err error, as, courseID, id, state string) error {
	if status(err) != http.StatusBadRequest {
		return err
	}
	if a, readErr := c.Announcement(ctx, as, courseID, id); readErr == nil && a.State == state {
		return nil
	}
	return err
}

// announced are the fields of an announcement that are read.
const announced = "id,text,state,creatorUserId,creationTime,updateTime,alternateLink"

func announcement(p *classroom.Announcement) seen.Announcement {
	return seen.Announcement{ID: p.Id, Text: p.Text, State: p.State, Creator: p.CreatorUserId, Link: p.AlternateLink, Made: moment(p.CreationTime), Changed: moment(p.UpdateTime)}
}

// Announcement reads one announcement, in any state, as a teacher of the class. The error is [Client.Gone] for one that is not there, such as a deleted draft.
func (c *Client) Announcement(ctx context.Context, as, courseID, id string) (seen.Announcement, error) {
	return single(ctx, c.As(as, ScopeAnnounceWrite), announcementsGet, "announcement "+id, func(ctx context.Context) (seen.Announcement, error) {
		a, err := c.classroom.Courses.Announcements.Get(courseID, id).Fields(announced).Context(ctx).Do()
		if err != nil {
			return seen.Announcement{}, err
		}
		return announcement(a), nil
	})
}

// Announcements streams the drafts and the published announcements of a class, those of people too, the last changed first, as a teacher of the class.
func (c *Client) Announcements(ctx context.Context, as, courseID string) iter.Seq2[seen.Announcement, error] {
	open := func() *Handle { return c.As(as, ScopeAnnounceWrite) }
	return paged(ctx, open, announcementsList, "course "+courseID, func(ctx context.Context, token string) ([]seen.Announcement, string, error) {
		list := c.classroom.Courses.Announcements.List(courseID).AnnouncementStates(draftState, published).PageSize(100).Fields("nextPageToken,announcements(" + announced + ")")
		if token != "" {
			list = list.PageToken(token)
		}
		page, err := list.Context(ctx).Do()
		if err != nil {
			return nil, "", err
		}
		return convert(page.Announcements, func(a *classroom.Announcement) (seen.Announcement, bool) { return announcement(a), true }), page.NextPageToken, nil
	})
}
