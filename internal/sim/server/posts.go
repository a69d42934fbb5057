package server

import (
	"cmp"
	"slices"
	"strings"

	"esafetybot/internal/sim/world"
)

// seesAll reports whether the subject sees drafts and deleted posts of a course: its teachers, its owner, super administrators.
// Source: Classroom API, courses.announcements.list.
func (c *call) seesAll(x *world.Course) bool {
	return c.admin(true) || c.user != nil && (x.OwnerID == c.user.ID || inCourse(c.s.world.Teachers(x.ID), c.user))
}

// seesPost reports whether the subject may look at a post of a course that they may look at.
func (c *call) seesPost(x *world.Course, p *world.Post) bool {
	if c.seesAll(x) {
		return true
	}
	some := p.IndividualStudentsOptions
	return p.State == world.Published && (p.AssigneeMode != "INDIVIDUAL_STUDENTS" || some != nil && slices.Contains(some.StudentIDs, c.user.ID))
}

// shown is a post as the API shows it: a link only to what is published, and nothing of the project that made it.
func shown(p *world.Post) *world.Post {
	v := *p
	v.Project = ""
	if v.State != world.Published {
		v.AlternateLink = ""
	}
	return &v
}

// postsList answers the list method of a kind of posts: key names the list in the answer, states the parameter that chooses.
func postsList(kind, key, states string) func(*call) ([]byte, *apiError) {
	return func(c *call) ([]byte, *apiError) {
		x, err := c.course()
		if err != nil {
			return nil, err
		}
		for _, n := range []string{"materialDriveId", "materialLink"} {
			if c.query.Get(n) != "" {
				return nil, &apiError{code: 501, status: "UNIMPLEMENTED", reason: "notImplemented", message: n + " is not simulated."}
			}
		}
		order, err := postOrder(c.query.Get("orderBy"), kind)
		if err != nil {
			return nil, err
		}
		wanted := c.query[states]
		if len(wanted) == 0 {
			wanted = []string{world.Published}
		}
		var out []*world.Post
		for _, p := range c.s.world.Posts(x.ID, kind) {
			if slices.Contains(wanted, p.State) && c.seesPost(x, p) {
				out = append(out, shown(p))
			}
		}
		slices.SortStableFunc(out, order)
		return classroomPage(c, key, out, 30, 100, func(p *world.Post) string { return p.ID })
	}
}

// postOrder reads orderBy: fields with a direction each, the newest change first if there is none; ids decide the rest.
func postOrder(text, kind string) (func(a, b *world.Post) int, *apiError) {
	if text == "" {
		text = "updateTime desc"
	}
	var by []func(a, b *world.Post) int
	for _, term := range strings.Split(text, ",") {
		name, direction, _ := strings.Cut(strings.TrimSpace(term), " ")
		var compare func(a, b *world.Post) int
		switch {
		case name == "updateTime":
			compare = func(a, b *world.Post) int { return a.UpdateTime.Compare(b.UpdateTime) }
		case name == "dueDate" && kind == world.CourseWork:
			compare = func(a, b *world.Post) int { return compareDue(a.DueDate, b.DueDate) }
		}
		switch strings.TrimSpace(direction) {
		case "", "asc":
		case "desc":
			if up := compare; up != nil {
				compare = func(a, b *world.Post) int { return up(b, a) }
			}
		default:
			compare = nil
		}
		if compare == nil {
			return nil, badRequest("badRequest", "orderBy", "Invalid value at 'order_by': "+term)
		}
		by = append(by, compare)
	}
	return func(a, b *world.Post) int {
		for _, compare := range by {
			if n := compare(a, b); n != 0 {
				return n
			}
		}
		return strings.Compare(a.ID, b.ID)
	}, nil
}

// compareDue puts work without a day last.
func compareDue(a, b *world.Date) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	return cmp.Or(cmp.Compare(a.Year, b.Year), cmp.Compare(a.Month, b.Month), cmp.Compare(a.Day, b.Day))
}

// postGet answers the get method of a kind of posts.
func postGet(kind string) func(*call) ([]byte, *apiError) {
	return func(c *call) ([]byte, *apiError) {
		x, err := c.course()
		if err != nil {
			return nil, err
		}
		p := c.s.world.Post(x.ID, c.path["id"])
		switch {
		case p == nil || p.Kind != kind:
			return nil, noEntity()
		case !c.seesPost(x, p):
			return nil, forbidden("forbidden", "The caller does not have permission")
		}
		return marshal(shown(p))
	}
}
