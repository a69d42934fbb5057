package world

import (
	"fmt"
	"maps"
	"time"
)

// EditPost lets the actor change a post, by what edit does to it: what people read, its State (a draft can be PUBLISHED, nothing else), what is attached, and
// when a draft publishes itself. Ids, times and who made it stay. What a refused edit did is not kept. A draft that becomes PUBLISHED is recorded as published.
func (w *World) EditPost(courseID, id, actor string, edit func(p *Post)) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, p, err := w.postToChange(courseID, id)
	if err != nil {
		return err
	}
	if _, err := w.writer(actor); err != nil {
		return err
	}
	v := *p
	v.Extra = maps.Clone(p.Extra)
	edit(&v)
	if v.State != p.State && (p.State != Draft || v.State != Published) {
		return fmt.Errorf("course %s: post %s: from %s to %s: %w", courseID, id, p.State, v.State, ErrNotAllowed)
	}
	if p.State == Published && !v.ScheduledTime.IsZero() {
		return fmt.Errorf("course %s: post %s: published already, it cannot be scheduled: %w", courseID, id, ErrNotAllowed)
	}
	v.CourseID, v.ID, v.Kind, v.Project, v.CreatorUserID, v.CreationTime, v.UpdateTime = p.CourseID, p.ID, p.Kind, p.Project, p.CreatorUserID, p.CreationTime, w.now()
	was := p.State
	*p = v
	switch {
	case was == Draft && p.State == Published:
		p.ScheduledTime = time.Time{}
		w.workEvent(actor, aboutPost("published", p), c, p)
	case p.State == Published:
		w.workEvent(actor, aboutPost("updated", p), c, p)
	}
	w.posts.schedule(p)
	return nil
}

// MoveToTop is what a teacher does who moves a post to the top of the stream: it counts as changed now. Google is not known to record anything of it.
func (w *World) MoveToTop(courseID, id, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, p, err := w.postToChange(courseID, id)
	if err != nil {
		return err
	}
	if _, err := w.writer(actor); err != nil {
		return err
	}
	p.UpdateTime = w.now()
	return nil
}

// schedule notes when a post publishes itself, if it does.
func (d *postData) schedule(p *Post) {
	if p.State == Draft && !p.ScheduledTime.IsZero() && (d.due.IsZero() || p.ScheduledTime.Before(d.due)) {
		d.due = p.ScheduledTime
	}
}

// PublishDue publishes the drafts whose ScheduledTime has come by the tenant's clock, each as of that time and in the name of who made it. In an archived class
// nothing is published. The server calls it before each request, and every change in a class does; who uses the accessors with a running clock calls it first.
func (w *World) PublishDue() {
	w.mu.RLock()
	due := w.posts.isDue(w.now())
	w.mu.RUnlock()
	if due {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.publishDue()
	}
}

func (d *postData) isDue(now time.Time) bool { return !d.due.IsZero() && !d.due.After(now) }

func (w *World) publishDue() {
	now := w.now()
	if !w.posts.isDue(now) {
		return
	}
	w.posts.due = time.Time{}
	for _, c := range w.classroom.courses { // in this order, so that the records' ids are the same each time
		if c.CourseState == "ARCHIVED" {
			continue
		}
		for _, kind := range []string{Announcement, CourseWork, Material} {
			for _, p := range w.Posts(c.ID, kind) {
				if p.State != Draft || p.ScheduledTime.IsZero() || p.ScheduledTime.After(now) {
					w.posts.schedule(p)
					continue
				}
				maker := ""
				if u := w.users[p.CreatorUserID]; u != nil {
					maker = u.PrimaryEmail
				}
				p.State, p.UpdateTime, p.ScheduledTime = Published, p.ScheduledTime.UTC(), time.Time{}
				w.workEventAt(p.UpdateTime, maker, aboutPost("published", p), c, p)
			}
		}
	}
}
