package truth

import (
	"slices"
	"strings"
	"time"
)

// post is a post in a class, or a document of one, with what the log tells of it.
type post struct {
	subject string
	class   Course
	// said is what counts as activity, private the private comments.
	said, private []said
	// read is what is no activity and yet shows that somebody read what stands there: that they deleted a comment in a document.
	read []said
}

// said is something that somebody did to a post or a document. Nothing here goes wrong if the log tells it twice.
type said struct {
	event   string
	at      time.Time
	address string
	who     *User // nil for nobody whom we know
}

var activityEvents = []string{"commented_announcement", "commented_course_work", "commented_submission_public", "published_announcement"}

// lookAtPosts goes through the log of Classroom. What was decided must be known.
func (w *world) lookAtPosts() {
	out := map[string]*post{}
	w.posts, w.lists = out, map[string][]onList{}
	for _, r := range w.t.Activities["classroom"] {
		if !w.counted(r.ID.Time) {
			continue
		}
		for _, e := range r.Events {
			w.noteList(r, e)
			class, ok := w.class(e.param("course_id"))
			if !ok || e.param("post_id") == "" {
				continue
			}
			subject := "post/" + class.ID + "-" + e.param("post_id")
			if out[subject] == nil {
				out[subject] = &post{subject: subject, class: class}
			}
			s := said{e.Name, r.ID.Time, r.Actor.Email, w.actor(r.Actor.Email, r.ID.Time)}
			if slices.Contains(activityEvents, e.Name) {
				out[subject].said = append(out[subject].said, s)
			}
			if e.Name == "commented_submission_private" {
				out[subject].private = append(out[subject].private, s)
			}
		}
	}
}

// onList is what a record says of somebody and a class's list of teachers: that they were put on it, or taken off.
type onList struct {
	who   *User
	at    time.Time
	putOn bool
}

// noteList notes who was put on the list of teachers of a class, and who was taken off it.
func (w *world) noteList(r Activity, e Event) {
	var whom []string
	switch {
	case !strings.EqualFold(e.param("course_role"), "teacher"):
		return
	case e.Name == "user_removed_from_course", e.Name == "user_added_to_course":
		whom = e.params("impacted_users")
	case e.Name == "user_joined_course":
		whom = []string{r.Actor.Email}
	}
	class := e.param("course_id")
	for _, address := range whom {
		if u := w.actor(address, r.ID.Time); u != nil && !u.IsGuestUser && w.kindAt(u, r.ID.Time) != "pupils" {
			w.lists[class] = append(w.lists[class], onList{u, r.ID.Time, e.Name != "user_removed_from_course"})
		}
	}
}

// class finds a course that is used.
func (w *world) class(id string) (Course, bool) {
	for _, c := range w.t.Courses {
		if c.ID == id && c.CourseState == "ACTIVE" && w.isOurCourse(c) { // docs/comment-rules.md, "class": the school's, as in docs/account-rules.md
			return c, true
		}
	}
	return Course{}, false
}

// teachers are the teachers of a class, deleted ones too.
func (w *world) teachers(class string) []*User {
	var out []*User
	for _, m := range w.t.Teachers[class] {
		if u := w.anyCourseUser(m); w.mayTeach(u) {
			out = append(out, u)
		}
	}
	return out
}

// anyCourseUser is like courseUser, and knows those who were deleted lately too.
func (w *world) anyCourseUser(m CourseMember) *User {
	if u := w.courseUser(m); u != nil {
		return u
	}
	for _, u := range w.deleted {
		if u.ID == m.UserID {
			return u
		}
	}
	for _, u := range w.deleted {
		if u.bears(m.Profile.EmailAddress) {
			return u
		}
	}
	return nil
}

// mayTeach reports whether somebody on a list of teachers is one: pupils and guests are none.
func (w *world) mayTeach(u *User) bool {
	return u != nil && !u.IsGuestUser && w.kinds[u] != "pupils"
}

// unitAt is the unit that an account was in at a moment: that before the first move that the admin log tells of later, else that of
// now, or in which it was deleted (docs/comment-rules.md, "as things were at its at").
func (w *world) unitAt(u *User, at time.Time) string {
	if r := w.nextAdmin(u, at, "MOVE_USER_TO_ORG_UNIT"); r != nil {
		return r.param("ORG_UNIT_NAME")
	}
	return u.OrgUnitPath
}

// kindAt is the kind that an account had at a moment, by its unit then.
func (w *world) kindAt(u *User, at time.Time) string {
	unit := w.unitAt(u, at)
	if unit == u.OrgUnitPath {
		return w.kinds[u]
	}
	c := *u
	c.OrgUnitPath = unit
	w.memberOf[&c] = w.memberOf[u]
	return w.describe(&c).kind
}

// nextAdmin is the first record about an account in the admin log after a moment, of some names; nil if there is none.
func (w *world) nextAdmin(u *User, at time.Time, names ...string) *Event {
	var best *Event
	var when time.Time
	for _, r := range w.ofAccounts {
		if slices.Contains(names, r.Name) && u.bears(r.about) && r.at.After(at) && (best == nil || r.at.Before(when)) {
			best, when = r.Event, r.at
		}
	}
	return best
}

// ofAccount is an event of the admin log that says how an account was.
type ofAccount struct {
	*Event
	about string
	at    time.Time
}

// readOfAccounts picks the events out of the admin log, up to now, that nextAdmin is asked for.
func (w *world) readOfAccounts() {
	for _, r := range w.t.Activities["admin"] {
		for i, e := range r.Events {
			switch e.Name {
			case "MOVE_USER_TO_ORG_UNIT", "ARCHIVE_USER", "UNARCHIVE_USER":
				if !r.ID.Time.After(w.now) {
					w.ofAccounts = append(w.ofAccounts, ofAccount{&r.Events[i], e.param("USER_EMAIL"), r.ID.Time})
				}
			}
		}
	}
}

// everAt are the teachers of a class, and those who were taken off its list, who were no pupils then.
func (w *world) everAt(class string, at time.Time) []*User {
	var out []*User
	for _, m := range w.t.Teachers[class] {
		if u := w.anyCourseUser(m); u != nil && !u.IsGuestUser && w.kindAt(u, at) != "pupils" {
			out = append(out, u)
		}
	}
	for _, l := range w.lists[class] {
		if !l.putOn {
			out = append(out, l.who)
		}
	}
	return out
}

// wasTeacherBy reports whether somebody was a teacher of the class by then. Whoever was ever one was, unless the first that the log
// says of them and the list of teachers is that they were put on it later than that.
func (w *world) wasTeacherBy(u *User, class string, at time.Time) bool {
	var first onList
	for _, l := range w.lists[class] {
		earlier := first.who == nil || l.at.Before(first.at) || l.at.Equal(first.at) && l.putOn
		if l.who == u && earlier {
			first = l
		}
	}
	return slices.Contains(w.everAt(class, at), u) && !(first.putOn && first.at.After(at))
}

// hosts are those who look at the posts of a class today.
func (w *world) hosts(class string) []*User {
	return slices.DeleteFunc(append(w.teachers(class), w.covering(class, w.today)...), func(u *User) bool {
		return !u.isActive() || slices.Contains(w.deleted, u)
	})
}

// looksAfter reports whether somebody was ever a teacher of the class, or stood in for its teachers at that time.
func (w *world) looksAfter(u *User, class string, at time.Time) bool {
	return u != nil && (slices.Contains(w.everAt(class, at), u) || slices.Contains(w.covering(class, w.day(at)), u))
}

// mayReview reports whether a post of the class was theirs to look at when they did.
func (w *world) mayReview(by decider, class string, at time.Time) bool {
	return w.leads(by) || by.User != nil && w.wasTeacherBy(by.User, class, at) || w.coveredThen(by, class, at)
}

// needsLooking reports whether what somebody did to a post is for a teacher to look at.
func (w *world) needsLooking(m CommentsMeans, p *post, s said) bool {
	staff := s.who != nil && !s.who.IsGuestUser && w.kindAt(s.who, s.at) == "staff"
	switch {
	case staff && s.event == "published_announcement":
		return false
	case m.StaffToo:
		return s.who == nil || !slices.Contains(w.teachers(p.class.ID), s.who) && !slices.Contains(w.covering(p.class.ID, w.day(s.at)), s.who)
	}
	return !staff
}

// lookedAtUntil is the time up to which somebody looked at a post; zero if nobody ever did.
func (w *world) lookedAtUntil(m CommentsMeans, p *post) time.Time {
	var last time.Time
	for _, d := range w.decisions {
		if d.Do != "reviewed" || d.Item != p.subject {
			continue
		}
		by, ok := w.whoDecided(d)
		if !ok || !w.mayReview(by, p.class.ID, d.At) {
			continue
		}
		saw := d.Saw
		if saw.After(d.At) {
			saw = d.At
		}
		if saw.After(last) {
			last = saw
		}
	}
	for _, s := range slices.Concat(p.said, p.read) {
		if m.CommentCounts && s.event != "published_announcement" && w.looksAfter(s.who, p.class.ID, s.at) && s.at.After(last) {
			last = s.at
		}
	}
	return last
}

// waits says since when a post waits, if it does.
func (w *world) waits(m CommentsMeans, p *post) (time.Time, bool) {
	looked := w.lookedAtUntil(m, p)
	var since time.Time
	for _, s := range p.said {
		if w.needsLooking(m, p, s) && s.at.After(looked) && (since.IsZero() || s.at.Before(since)) {
			since = s.at
		}
	}
	return since, !since.IsZero()
}

// judgeComments adds what one `check: comments` finds.
func (w *world) judgeComments(m CommentsMeans, found collection) {
	add := func(rule, subject, fact string) {
		if slices.Contains(m.Rules, rule) {
			found.add("comments", m.Clause, rule, subject, fact)
		}
	}
	for _, p := range w.posts {
		w.judgeWaiting(m, p, found)
		for _, s := range p.private {
			if s.at.Before(w.now.Add(-logAge)) || w.looksAfter(s.who, p.class.ID, s.at) {
				continue
			}
			switch {
			case s.who != nil && w.kindAt(s.who, s.at) != "pupils":
				add("private-by-other-adult", p.subject, "by/"+s.who.ID)
			case s.who == nil && strings.Contains(s.address, "@") && !w.domains[domainOf(s.address)]:
				add("private-by-other-adult", p.subject, "by/"+addressHash(s.address))
			}
		}
	}
}

// judgeWaiting adds what is found of a post, or a document, that waits, if it does.
func (w *world) judgeWaiting(m CommentsMeans, p *post, found collection) {
	since, waits := w.waits(m, p)
	if !waits {
		return
	}
	if hosts := w.hosts(p.class.ID); len(hosts) > 0 {
		w.addUnreviewed(m, p.subject, since, hosts, found)
		return
	}
	if slices.Contains(m.Rules, "no-host") {
		found.add("comments", m.Clause, "no-host", p.subject, "course/"+p.class.ID)
		found.add("comments", m.Clause, "no-host", p.subject, "since "+moment(since))
	}
}

// addUnreviewed adds the finding on what waits for its hosts since then.
func (w *world) addUnreviewed(m CommentsMeans, subject string, since time.Time, hosts []*User, found collection) {
	if !slices.Contains(m.Rules, "unreviewed") {
		return
	}
	add := func(fact string) { found.add("comments", m.Clause, "unreviewed", subject, fact) }
	add("since " + moment(since))
	due, ok := w.deadline(m.Due, m.Severity, since, func(d day) bool {
		return slices.ContainsFunc(hosts, func(u *User) bool { return w.isIn(u.addresses(), d) })
	})
	if ok {
		add("due " + w.day(due).String())
	} else {
		add("due unknown")
	}
	if ok && due.Before(w.now) {
		add("passed-on")
	}
}

// moment is a time as facts have it: UTC, whole seconds, cut off.
func moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }
