package generate

import (
	"slices"
	"strings"
	"time"

	"esafetybot/internal/sim/world"
)

// setService switches a service on or off for a unit (by its id) or a group (by its id).
func setService(w *world.World, app, unit, group string, on bool, actor string) error {
	q := world.PolicyQuery{}
	if unit != "" {
		q.OrgUnit = "orgUnits/" + strings.TrimPrefix(unit, "id:")
	}
	if group != "" {
		q.Group = "groups/" + group
	}
	state := "DISABLED"
	if on {
		state = "ENABLED"
	}
	p, err := world.NewPolicy("settings/"+app+".service_status", map[string]string{"serviceState": state}, q)
	if err != nil {
		return err
	}
	return w.SetPolicy(p, actor)
}

// mailForGroup switches mail on for the members of a group.
func (p *Player) mailForGroup() (bool, error) {
	g, ok := p.group(nil)
	if !ok {
		return false, nil
	}
	return true, setService(p.World, "gmail", "", g.ID, true, p.adminAddress())
}

// serviceForUnit switches a service for a unit and all below it. The mail of those who are protected stays on.
func (p *Player) serviceForUnit() (bool, error) {
	id, needsMail := "", false
	p.World.View(func() {
		if list := p.World.OrgUnits(); len(list) > 0 {
			id = pick(p.rng, list).OrgUnitID
		}
		needsMail = slices.ContainsFunc(p.Protect, func(a string) bool {
			u := p.World.User(a)
			return u != nil && p.World.UnitHolds("orgUnits/"+strings.TrimPrefix(id, "id:"), u.OrgUnitPath)
		})
	})
	if id == "" {
		return false, nil
	}
	app := pick(p.rng, []string{"gmail", "chat", "meet", "youtube", "takeout"})
	on := oneIn(p.rng, 2) || app == "gmail" && needsMail
	return true, setService(p.World, app, id, "", on, p.adminAddress())
}

// removePolicy takes a policy of a group or of a unit below the top away.
func (p *Player) removePolicy() (bool, error) {
	name := ""
	p.World.View(func() {
		top := ""
		if o := p.World.UnitOf("/"); o != nil {
			top = "orgUnits/" + strings.TrimPrefix(o.OrgUnitID, "id:")
		}
		var list []string
		for _, x := range p.World.Policies() {
			if x.Query().OrgUnit != top {
				list = append(list, x.Name)
			}
		}
		if len(list) > 0 {
			name = pick(p.rng, list)
		}
	})
	if name == "" {
		return false, nil
	}
	return true, p.World.RemovePolicy(name, p.adminAddress())
}

// pupilIntoGroup adds a pupil to a group that some policy is for, or else to any.
func (p *Player) pupilIntoGroup() (bool, error) {
	named := map[string]bool{}
	p.World.View(func() {
		for _, x := range p.World.Policies() {
			named[strings.TrimPrefix(x.Query().Group, "groups/")] = true
		}
	})
	g, ok := p.group(func(g *world.Group) bool { return named[g.ID] })
	if !ok {
		if g, ok = p.group(nil); !ok {
			return false, nil
		}
	}
	return p.onAccount(isPupil, func(key string) error {
		return p.World.AddMember(g.ID, &world.Member{Email: key}, p.adminAddress())
	})
}

func (p *Player) course(fits func(*world.Course) bool) (c world.Course, ok bool) {
	p.World.View(func() {
		list := p.World.Courses()
		if len(list) == 0 {
			return
		}
		from := p.rng.IntN(len(list))
		for i := range list {
			if x := list[(from+i)%len(list)]; x.CourseState == "ACTIVE" && fits(x) {
				c, ok = *x, true
				return
			}
		}
	})
	return c, ok
}

func anyCourse(*world.Course) bool { return true }

func (p *Player) joinCourse(outside bool) (bool, error) {
	c, ok := p.course(anyCourse)
	u, found := p.user(active)
	if !ok || !found {
		return false, nil
	}
	key, role := u.PrimaryEmail, world.CourseStudent
	if outside {
		key = p.outsider()
		if oneIn(p.rng, 4) {
			key = "adviser@" + Trust
		}
	}
	if isStaff(&u) || oneIn(p.rng, 5) {
		role = world.CourseTeacher
	}
	return true, p.World.AddCourseMember(c.ID, role, key, p.adminAddress())
}

func (p *Player) leaveCourse() (bool, error) {
	c, ok := p.course(func(c *world.Course) bool {
		return len(p.World.Students(c.ID))+len(p.World.Teachers(c.ID)) > 1
	})
	if !ok {
		return false, nil
	}
	key := ""
	p.World.View(func() {
		var list []string
		for _, members := range [][]*world.CourseMember{p.World.Students(c.ID), p.World.Teachers(c.ID)} {
			for _, m := range members {
				if m.UserID != c.OwnerID {
					list = append(list, m.UserID)
				}
			}
		}
		if len(list) > 0 {
			key = pick(p.rng, list)
		}
	})
	if key == "" {
		return false, nil
	}
	return true, p.World.RemoveCourseMember(c.ID, key, p.adminAddress())
}

func (p *Player) makeCourse() (bool, error) {
	return p.onAccount(isStaff, func(key string) error { return p.World.CreateCourse(&world.Course{Name: p.title()}, key) })
}

func (p *Player) archiveCourse() (bool, error) {
	year := yearBegin(p.World.Now())
	c, ok := p.course(func(c *world.Course) bool { return c.CreationTime.Before(year) })
	if !ok {
		if c, ok = p.course(anyCourse); !ok {
			return false, nil
		}
	}
	return true, p.World.ArchiveCourse(c.ID, p.adminAddress())
}

// reuseAddress makes a new account with the address of one that was deleted more than twenty days ago, or that a group still lists.
func (p *Player) reuseAddress() (bool, error) {
	address, unit := "", p.unit()
	p.World.View(func() {
		for _, u := range p.World.DeletedUsers() {
			if p.World.Time().Sub(u.DeletionTime) > world.UndeleteWithin {
				address, unit = u.PrimaryEmail, u.OrgUnitPath
				return
			}
		}
		for _, g := range p.World.Groups() {
			for _, m := range p.World.Members(g.ID) {
				if m.Type == "USER" && strings.EqualFold(domainOf(m.Email), p.domain()) && p.World.User(m.Email) == nil && p.World.Group(m.Email) == nil && p.World.DeletedUser(m.Email) == nil {
					address = m.Email
					return
				}
			}
		}
	})
	if address == "" {
		return false, nil
	}
	given, family := pick(p.rng, givenNames), pick(p.rng, familyNames)
	return true, p.World.CreateUser(&world.User{PrimaryEmail: address, OrgUnitPath: unit,
		Name: world.Name{GivenName: given, FamilyName: family, FullName: given + " " + family}}, p.adminAddress())
}

// signIns lets those sign in who usually do: on each day about a fifth of them. Whoever has not for a long time does not now either.
func (p *Player) signIns() error {
	var keys []string
	p.World.View(func() {
		now := p.World.Time()
		for _, u := range p.World.Users() {
			quiet := now.Sub(u.LastLoginTime)
			if p.present(u) && quiet < longQuiet && quiet > 2*24*time.Hour && oneIn(p.rng, 3) {
				keys = append(keys, u.PrimaryEmail)
			}
		}
	})
	for _, k := range keys {
		if err := p.World.SignIn(k); err != nil && !tolerable(err) {
			return err
		}
	}
	if err := p.renewToken(); err != nil {
		return err
	}
	if p.away { // nobody is in a class
		return nil
	}
	return p.rejoin()
}

// rejoin takes a pupil out of a class who joins again at once, so that the log of Classroom is never silent.
func (p *Player) rejoin() error {
	address := ""
	c, ok := p.course(func(c *world.Course) bool {
		for _, m := range p.World.Students(c.ID) {
			if u := p.World.User(m.UserID); u != nil && active(u) {
				address = u.PrimaryEmail
				return true
			}
		}
		return false
	})
	if !ok {
		return nil
	}
	if err := p.World.RemoveCourseMember(c.ID, address, p.adminAddress()); err != nil {
		return err
	}
	return p.World.AddCourseMember(c.ID, world.CourseStudent, address, address)
}

// renewToken lets somebody sign in to an app that they let in before, so that the log of apps is never silent.
func (p *Player) renewToken() error {
	var t world.Token
	u, ok := p.user(func(u *world.User) bool {
		list := p.World.Tokens(u.ID)
		if !p.present(u) || len(list) == 0 {
			return false
		}
		t = *list[0]
		return true
	})
	if !ok {
		return nil
	}
	return p.World.AuthorizeApp(u.PrimaryEmail, &t)
}
