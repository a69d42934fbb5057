package census

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"iter"
	"slices"
	"sync"
	"time"

	"esafetybot/internal/memory"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
)

// ClassEvents are those after which a class's members are read again (Reports API, Classroom audit activity events).
var ClassEvents = []string{"user_added_to_course", "user_joined_course", "user_removed_from_course", "transferred_ownership_of_course"}

// Active is the state of a course that is in use.
const Active = "ACTIVE"

// week is how often the members of a class are read although the log says nothing of them, where the rotation is not shorter: who teaches a class is whom its comments wait for.
const week = 7 * 24 * time.Hour

// Courses reads the classes that are in use, with what the book knows of their members brought up to date: read in full when they are new, when the
// log says that they changed, and each at least once a week, or within the rotation if that is shorter. A class whose members could not be read is a gap
// "class/ID". Classes of another school of the trust are left out, and nothing is kept of them: so their members are read anew each time. ok is false where the list of classes could not be read.
func (c *Census) Courses(ctx context.Context, b *memory.Book, rotation time.Duration) (courses []seen.Course, ok bool) {
	if courses, ok = list(c, "classes", c.Google.Courses(ctx, Active)); !ok {
		return nil, false
	}
	in := map[string]bool{}
	for _, course := range courses {
		in[course.ID] = true
	}
	b.ForgetClasses(func(id string) bool { return in[id] })
	changed, logged := c.changedClasses(ctx, b, courses)
	var ask []seen.Course
	for _, course := range courses {
		have := b.Class(course.ID)
		if have == nil || !logged || changed[course.ID] || have.Gone || c.strangers(have) {
			ask = append(ask, course)
		}
	}
	ask = append(ask, c.slice(b, courses, ask, min(week, rotation))...)
	var mu sync.Mutex
	neighbours := map[string]bool{}
	_ = Each(ctx, c.Google.Workers(), ask, func(course seen.Course) {
		members, ok := list(c, seen.Scope("class/"+course.ID), c.Google.ClassMembers(ctx, course.ID))
		if !ok {
			mu.Lock()
			defer mu.Unlock()
			b.ForgetClass(course.ID) // the log will not tell of its change again
			return
		}
		slices.SortFunc(members, func(x, y seen.ClassMember) int {
			switch {
			case x.Teacher != y.Teacher && x.Teacher:
				return -1
			case x.Teacher != y.Teacher:
				return 1
			case x.ID < y.ID:
				return -1
			case x.ID > y.ID:
				return 1
			}
			return 0
		})
		if !c.ours(course, members) {
			mu.Lock()
			defer mu.Unlock()
			b.ForgetClass(course.ID)
			neighbours[course.ID] = true
			return
		}
		class := &memory.Class{Read: c.Now}
		// Google goes on listing who was deleted. They are nobody to every rule, so nothing is kept of them; but an account may be brought back.
		members = slices.DeleteFunc(members, func(m seen.ClassMember) bool {
			gone := c.gone(m)
			class.Gone = class.Gone || gone
			return gone
		})
		var outside []seen.Grant
		for i, m := range members {
			if _, ours := c.people[m.ID]; !ours {
				outside = append(outside, seen.Grant{ID: m.ID, Address: m.Address})
			}
			members[i].Address = "" // the Directory tells it, or the collection of people
		}
		mu.Lock()
		defer mu.Unlock()
		c.Outside.Learn(outside)
		class.Members = members
		b.SetClass(course.ID, class)
	})
	for _, course := range courses {
		if have := b.Class(course.ID); have != nil && !c.ours(course, have.Members) {
			b.ForgetClass(course.ID) // who was ours in it is not any more
			neighbours[course.ID] = true
		}
	}
	return slices.DeleteFunc(courses, func(course seen.Course) bool { return neighbours[course.ID] }), true
}

// gone tells whether a member of a class has no account any more: Google shows an address of the school's customer that nobody bears.
func (c *Census) gone(m seen.ClassMember) bool {
	_, there := c.people[m.ID]
	return !there && m.Address != "" && c.who != nil && c.who.Person(m.Address) == school.Nobody
}

// ours tells whether a class is the school's: its owner or somebody in it has an account of the school. Where the school is the whole customer, or the accounts were not asked for, all are.
func (c *Census) ours(course seen.Course, members []seen.ClassMember) bool {
	has := func(id string) bool {
		p, there := c.people[id]
		return there && c.who.Has(&p.Account)
	}
	return c.who == nil || c.who.Whole() || has(course.Owner) || slices.ContainsFunc(members, func(m seen.ClassMember) bool { return has(m.ID) })
}

// strangers tells whether a class has members of whom nothing is known: their accounts are gone since it was read.
func (c *Census) strangers(class *memory.Class) bool {
	return slices.ContainsFunc(class.Members, func(m seen.ClassMember) bool {
		m.Address = c.Address(m.ID)
		return m.Address == "" || c.gone(m)
	})
}

// Address is the address behind an id of Google's: an account's, or that of somebody outside who was seen as a member of a class; "" if unknown.
func (c *Census) Address(id string) string {
	if p, ok := c.people[id]; ok {
		return p.Address
	}
	return c.Outside.Address(id)
}

// Members lists who is in a class, with addresses.
func (c *Census) Members(b *memory.Book, course string) (members []seen.ClassMember, known bool) {
	class := b.Class(course)
	if class == nil || c.Missed(seen.Scope("class/"+course)) {
		return nil, false
	}
	members = slices.Clone(class.Members)
	for i, m := range members {
		members[i].Address = c.Address(m.ID)
	}
	return members, true
}

// Titled reads the published posts that have a title, by the id of their class. A class whose posts could not be read is a gap "titles/ID", and is left out; where the
// permission was not given "titles" is.
func (c *Census) Titled(ctx context.Context, courses []seen.Course) map[string][]seen.Post {
	return c.posts(ctx, "titles", courses, c.Google.Titled)
}

// Attached reads the published posts to which files on Drive are attached, by the id of their class. A class whose posts could not be read is a gap "attached/ID", and is left
// out; where the permission was not given "attached" is.
func (c *Census) Attached(ctx context.Context, courses []seen.Course) map[string][]seen.Post {
	return c.posts(ctx, "attached", courses, c.Google.Attached)
}

func (c *Census) posts(ctx context.Context, kind string, courses []seen.Course, read func(context.Context, string) iter.Seq2[seen.Post, error]) map[string][]seen.Post {
	return eachUntilRefused(ctx, c, kind, courses, func(course seen.Course) string { return course.ID }, func(course seen.Course) (all []seen.Post, err error) {
		for p, err := range read(ctx, course.ID) {
			if err != nil {
				return nil, err
			}
			all = append(all, p)
		}
		return all, nil
	})
}

// slice picks the classes whose turn came since they were read, although the log says nothing of them.
func (c *Census) slice(b *memory.Book, courses, but []seen.Course, period time.Duration) []seen.Course {
	var due []seen.Course
	for _, course := range courses {
		have := b.Class(course.ID)
		if have != nil && have.Read.Before(turn(course.ID, c.Now, period)) && !slices.ContainsFunc(but, func(x seen.Course) bool { return x.ID == course.ID }) {
			due = append(due, course)
		}
	}
	return due
}

// turn is when it was last a class's turn: once in a period, at a time that hangs on its id, so that classes which were all read on one day do not all have their next turn on one.
func turn(id string, now time.Time, period time.Duration) time.Time {
	if period <= 0 {
		return now
	}
	h := sha256.Sum256([]byte(id)) // evenly, even over ids that differ in their last digit only
	into := time.Duration(binary.BigEndian.Uint64(h[:8]) % uint64(period))
	return now.Add(-into).Truncate(period).Add(into)
}

// oldest is when the class was read of which that is longest ago; zero where there is none.
func oldest(b *memory.Book, courses []seen.Course) (at time.Time) {
	for _, course := range courses {
		if have := b.Class(course.ID); have != nil && (at.IsZero() || have.Read.Before(at)) {
			at = have.Read
		}
	}
	return at
}

// changedClasses names the classes whose members changed since the last pull. ok is false when the log could not be read to its end.
func (c *Census) changedClasses(ctx context.Context, b *memory.Book, courses []seen.Course) (changed map[string]bool, ok bool) {
	changed, ok = map[string]bool{}, true
	if len(b.Cursors) == 0 || b.Cursors["classroom"].IsZero() {
		b.Cursors["classroom"] = c.Now
		return changed, true // everything is new, and read in full
	}
	cursor := b.Cursors["classroom"]
	newest, since := cursor, cursor.Add(-Overlap)
	if read := oldest(b, courses); read.After(since) { // what the log says of the time before it is in what was read since
		since = read
	}
	var mu sync.Mutex
	_ = Each(ctx, c.Google.Workers(), ClassEvents, func(name string) {
		events, read := c.Recent(ctx, "classroom", name, since)
		mu.Lock()
		defer mu.Unlock()
		ok = ok && read
		for _, e := range events {
			if have := b.Class(e.Params["course_id"]); have != nil && !have.Read.After(e.Time) || have == nil {
				changed[e.Params["course_id"]] = true
			}
			if e.Time.After(newest) {
				newest = e.Time
			}
		}
	})
	if ok {
		b.Cursors["classroom"] = newest
	}
	return changed, ok
}
