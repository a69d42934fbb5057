package truth

import (
	"slices"
	"strings"
	"time"
)

// lately is how long a deleted account can be told from one that never was (docs/simulator.md).
const lately = 20 * 24 * time.Hour

// decided is what the rules on comments, check-ins and records know of people: who is behind an address, and what was decided.
type decided struct {
	// start is when things begin to count: seven days before the date of the first look.
	start   time.Time
	deleted []*User // lately
	kinds   map[*User]string
	// ofAccounts is what the admin log says of how accounts were before.
	ofAccounts []ofAccount
	// decisions are those that happened, in the order in which they were made.
	decisions []Decision
	covers    []cover             // as all the decisions until now leave them
	posts     map[string]*post    // by subject
	documents map[string]*post    // likewise, those that the log of Drive tells of
	lists     map[string][]onList // what the log says of the list of teachers of a class, by its id
}

// cover is somebody who stands in for the teachers of a class.
type cover struct {
	course string
	who    *User
	days   span
}

// lookAtDecisions works out what the rules on comments, check-ins and records share. The people must be known.
func (w *world) lookAtDecisions() {
	w.start = w.clock(w.day(w.first)-7, 0)
	for i := range w.t.DeletedUsers {
		if u := &w.t.DeletedUsers[i]; u.DeletionTime.IsZero() || w.now.Sub(u.DeletionTime) <= lately {
			w.deleted = append(w.deleted, u)
		}
	}
	w.kinds = map[*User]string{}
	for i := range w.t.Users {
		w.kinds[&w.t.Users[i]] = w.describe(&w.t.Users[i]).kind
	}
	for _, u := range w.deleted {
		w.kinds[u] = w.describe(u).kind
	}
	for _, d := range w.t.Decisions {
		if w.counted(d.At) {
			w.decisions = append(w.decisions, d)
		}
	}
	w.covers = w.coversAt(w.now)
	w.lookAtPosts()
	w.lookAtDocuments()
}

// clock is a time of a day at the school.
func (w *world) clock(d day, hour int) time.Time {
	y, m, dd := d.utc().Date()
	return time.Date(y, m, dd, hour, 0, 0, 0, w.zone())
}

// counted reports whether something happened neither before the start nor after now.
func (w *world) counted(at time.Time) bool { return !at.Before(w.start) && !at.After(w.now) }

// holder is the account of the Directory that bore an address at that time, or nil.
func (w *world) holder(address string, at time.Time) *User {
	if u := w.users[strings.ToLower(address)]; u != nil && !at.Before(u.CreationTime) {
		return u
	}
	return nil
}

// actor is like holder, and knows those who were deleted lately too.
func (w *world) actor(address string, at time.Time) *User {
	if u := w.holder(address, at); u != nil {
		return u
	}
	for _, u := range w.deleted {
		if u.bears(address) && !at.Before(u.CreationTime) {
			return u
		}
	}
	return nil
}

// decider is who made a decision: an account, or somebody outside who is named in the policy.
type decider struct {
	*User
	address string
}

// whoDecided is who made a decision, if they are somebody who may decide anything (docs/comment-rules.md, Words: whose a decision
// was to make is judged as things were when it was made).
func (w *world) whoDecided(d Decision) (decider, bool) {
	if u := w.adultThen(d.By, d.At); u != nil {
		return decider{u, d.By}, true
	}
	named := slices.ContainsFunc(w.p.People, func(a string) bool { return strings.EqualFold(a, d.By) })
	return decider{nil, d.By}, named && !w.domains[domainOf(d.By)]
}

// adultThen is the school account that bore an address at that time and worked then, or nil. It is none whose kind is pupils.
func (w *world) adultThen(address string, at time.Time) *User {
	for _, u := range append([]*User{w.users[strings.ToLower(address)]}, w.deleted...) {
		if u != nil && u.bears(address) && !at.Before(u.CreationTime) && w.workedThen(u, at) && w.isAdult(u, at) {
			return u
		}
	}
	return nil
}

// workedThen reports whether an account could be used at a time at which it was there or not yet deleted.
func (w *world) workedThen(u *User, at time.Time) bool {
	switch {
	case w.archivedAt(u, at):
		return false
	case u.Suspended && !u.SuspensionTime.After(at):
		return false
	case slices.Contains(w.deleted, u):
		return u.DeletionTime.After(at)
	}
	return true
}

// isAdult reports whether an account was a school account then and no pupil's. Where it was moved since says nothing of what it decided before.
func (w *world) isAdult(u *User, at time.Time) bool {
	return !u.IsGuestUser && underAny(w.unitAt(u, at), w.p.OrgUnits) && w.kindAt(u, at) != "pupils"
}

// plays reports whether somebody plays one of the roles.
func (w *world) plays(who decider, roles ...string) bool {
	for _, role := range roles {
		for _, p := range w.p.Roles[role] {
			if strings.EqualFold(p.Address, who.address) || who.User != nil && who.bears(p.Address) {
				return true
			}
		}
	}
	return false
}

// leads reports whether somebody plays a role to whom every post and every check-in is open.
func (w *world) leads(who decider) bool {
	return w.plays(who, "esafety_officer", "deputy", "headteacher")
}

// coversAt are those who stand in by what was decided until a moment, with what was decided just then.
func (w *world) coversAt(at time.Time) []cover {
	var out []cover
	for _, d := range w.decisions {
		if d.Do != "cover" && d.Do != "end-cover" || d.At.After(at) {
			continue
		}
		by, ok := w.whoDecided(d)
		if !ok || !w.leads(by) && !w.plays(by, "page_host") {
			continue
		}
		switch d.Do {
		case "cover":
			if who := w.adultThen(d.Who, d.At); who != nil {
				from, _ := parseDay(d.From)
				until, _ := parseDay(d.Until)
				out = append(out, cover{d.Course, who, span{from, until}})
			}
		case "end-cover":
			for i, c := range out {
				if c.course == d.Course && c.who == w.actor(d.Who, d.At) {
					out[i].days.last = min(c.days.last, w.day(d.At)-1)
				}
			}
		}
	}
	return out
}

// covering are those who stand in for the teachers of a class on a day, by all that was decided until now.
func (w *world) covering(course string, on day) []*User {
	var out []*User
	for _, c := range w.covers {
		if c.course == course && c.days.holds(on) {
			out = append(out, c.who)
		}
	}
	return out
}

// coveredThen reports whether somebody who decides something stood in for the teachers of the class, or the hosts of the blog, when they
// did. Only what was decided by then tells: whoever is named later on that day could not decide yet, and to end a cover, which takes away
// the whole of that day, does not undo what they decided before it.
func (w *world) coveredThen(by decider, course string, at time.Time) bool {
	return by.User != nil && slices.ContainsFunc(w.coversAt(at), func(c cover) bool {
		return c.course == course && c.who == by.User && c.days.holds(w.day(at))
	})
}

// archivedAt tells whether an account was archived at a moment, by the admin log (docs/comment-rules.md, "as things were at its at").
func (w *world) archivedAt(u *User, at time.Time) bool {
	if r := w.nextAdmin(u, at, "ARCHIVE_USER", "UNARCHIVE_USER"); r != nil {
		return r.Name == "UNARCHIVE_USER"
	}
	return u.Archived
}
