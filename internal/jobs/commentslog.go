package jobs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"esafetybot/internal/census"
	"esafetybot/internal/moderation"
	"esafetybot/internal/policy"
	"esafetybot/internal/pseudonym"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
)

// The events of the Classroom log that tell of posts and comments (Reports API, Classroom audit activity events), and what each is.
var commentEvents = map[string]string{
	"commented_announcement": moderation.Comment, "commented_course_work": moderation.Comment, "commented_submission_public": moderation.Comment,
	"commented_submission_private": moderation.Private, "published_announcement": moderation.Posted,
}

// removedEvent tells that somebody was taken off a class's list.
const removedEvent = "user_removed_from_course"

// takeUp takes up what the Classroom log says since the newest record that was taken up.
func (r *commentsRun) takeUp(ctx context.Context) {
	names := append(slices.Collect(maps.Keys(commentEvents)), removedEvent)
	if asksFor(r.Env.Policy, policy.PlaceDocuments) {
		names = append(names, attachEvents...)
	}
	r.book.Cursor, _ = r.pull(ctx, "classroom", names, r.book.Cursor, r.event)
	r.catchUp(ctx, names)
}

// joins tells whether a class was another school's of the trust until now, so that nothing was kept of what the log said of it.
func (r *commentsRun) joins(course seen.Course) bool {
	return !r.Who().Whole() && !r.book.Has(course.ID) && course.Created.Before(r.book.Cursor.Add(-census.Overlap))
}

// catchUp takes up what the Classroom log said of classes before they were the school's.
func (r *commentsRun) catchUp(ctx context.Context, names []string) {
	var behind []string
	for _, course := range r.courses {
		if r.book.Class(course.ID).Behind {
			behind = append(behind, course.ID)
		}
	}
	if len(behind) == 0 {
		return
	}
	_, whole := r.pull(ctx, "classroom", names, time.Time{}, func(e seen.Event) {
		if slices.Contains(behind, e.Params["course_id"]) {
			r.event(e)
		}
	})
	for _, course := range behind {
		r.book.Class(course).Behind = !whole
	}
}

// pull takes up the events of some names of a log, in any order, that are newer than a cursor or may have come late. It returns the new cursor: the old one if the log could not be read to its end, which whole tells.
func (r *commentsRun) pull(ctx context.Context, app string, names []string, cursor time.Time, take func(seen.Event)) (next time.Time, whole bool) {
	start := r.start()
	since, newest := start, cursor
	if !newest.IsZero() && newest.Add(-census.Overlap).After(start) {
		since = newest.Add(-census.Overlap)
	}
	since = since.Truncate(24 * time.Hour)
	slices.Sort(names)
	names = slices.Compact(names)
	lists := make(map[string][]seen.Event, len(names))
	whole = true
	var mu sync.Mutex
	_ = census.Each(ctx, r.Env.Google.Workers(), names, func(name string) {
		events, ok := r.Recent(ctx, app, name, since)
		mu.Lock()
		defer mu.Unlock()
		whole = whole && ok
		lists[name] = events
	})
	for _, name := range names {
		for _, e := range lists[name] {
			if e.Time.Before(start) || e.Time.Before(since) || e.Time.After(r.Now) { // somebody else may have asked for older ones, of which is known what they led to
				continue
			}
			take(e)
			if e.Time.After(newest) {
				newest = e.Time
			}
		}
	}
	if whole && ctx.Err() == nil {
		return newest, true
	}
	return cursor, false
}

// event takes up one event.
func (r *commentsRun) event(e seen.Event) {
	course, post := e.Params["course_id"], e.Params["post_id"]
	if r.elsewhere(course) {
		return
	}
	if e.Name == removedEvent {
		if e.Params["course_role"] == "teacher" && course != "" {
			for address := range strings.SplitSeq(e.Params["impacted_users"], ",") {
				if a, ok := r.Who().Account(strings.TrimSpace(address)); ok && r.in.Kinds.Kind(a) != school.Pupil {
					r.book.Class(course).Teach(a.ID)
				}
			}
		}
		return
	}
	if course == "" || post == "" {
		return
	}
	if slices.Contains(attachEvents, e.Name) {
		r.posted = append(r.posted, e)
	}
	what, comment := commentEvents[e.Name]
	if !comment {
		return
	}
	act := r.act(e, what)
	p := r.book.Class(course).Post(post)
	p.Add(act)
	if p.Kind == "" {
		p.Kind = postKind(e)
	}
}

// elsewhere tells whether a class is another school's of the trust: nothing is kept of it. One that we have known is ours, though it may not be in use now.
func (r *commentsRun) elsewhere(course string) bool {
	return !r.Who().Whole() && !r.book.Has(course) && !slices.ContainsFunc(r.courses, func(c seen.Course) bool { return c.ID == course })
}

// act is what a record of a log says that somebody did.
func (r *commentsRun) act(e seen.Event, what string) moderation.Act {
	sum := sha256.Sum256([]byte(e.Record + "\n" + e.Name))
	act := moderation.Act{At: e.Time.UTC(), Key: hex.EncodeToString(sum[:6]), What: what}
	switch a, ours := r.Who().Account(e.Actor); {
	case ours && a.Created.After(e.Time): // somebody had the address before: nothing is known of them
	case ours:
		act.By = a.ID
		kind := r.in.Kinds.Kind(a)
		act.Staff, act.Adult = kind == school.Staff && r.in.Kinds.School(a), kind != school.Pupil
	case strings.Contains(e.Actor, "@") && outside(r.Who(), e.Actor):
		act.By, act.Adult = pseudonym.Of(e.Actor), true
	}
	return act
}

// postKind says what kind of post an event is about.
func postKind(e seen.Event) string {
	switch {
	case strings.HasSuffix(e.Name, "_announcement"):
		return seen.PostAnnouncement
	case e.Params["course_work_type"] == "material":
		return seen.PostMaterial
	}
	return seen.PostCourseWork
}
