package generate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"esafetybot/internal/sim/world"
)

// nextClass is a class of last year's that has to be made anew.
type nextClass struct {
	name     string
	owner    string   // an address, "" if the owner is gone
	teachers []string // ids
}

// lastYear is the oldest year group of a primary school.
const lastYear = 6

// yearOf reads a year group as an information system writes it: 0 is Reception.
func yearOf(text string) (n int, ok bool) {
	digits := strings.TrimLeft(strings.TrimPrefix(strings.ToLower(text), "year"), "y ")
	if n, err := strconv.Atoi(digits); err == nil && n > 0 && n <= 13 {
		return n, true
	}
	return 0, digits == "r" || strings.EqualFold(text, "Reception")
}

// yearUp writes the next year group in the way in which the others are written.
func yearUp(text string, others [][]string, col int) string {
	n, ok := yearOf(text)
	if !ok {
		return text
	}
	if n > 0 {
		return strings.TrimSuffix(text, strconv.Itoa(n)) + strconv.Itoa(n+1)
	}
	for _, row := range others {
		if k, ok := yearOf(row[col]); ok && k > 0 {
			return strings.TrimSuffix(row[col], strconv.Itoa(k)) + "1"
		}
	}
	return "1"
}

// classUp is what the class of a name is called a year later: "Reception Ash" is "1 Ash" then, "3 Ash" is "4 Ash". Classes of mixed age keep their names.
func classUp(name string) string {
	year, form, ok := strings.Cut(name, " ")
	if n, err := strconv.Atoi(year); ok && err == nil && n > 0 && n < lastYear {
		return strconv.Itoa(n+1) + " " + form
	} else if ok && year == "Reception" {
		return "1 " + form
	}
	return name
}

// unitUp is the unit of the next year group, "" if the path is that of none.
func unitUp(path string) string {
	i := strings.LastIndexByte(path, '/') + 1
	switch name := path[i:]; {
	case name == "Reception":
		return path[:i] + "Year 1"
	case strings.HasPrefix(name, "Year "):
		if n, ok := yearOf(name); ok && n < lastYear {
			return path[:i] + "Year " + strconv.Itoa(n+1)
		}
	}
	return ""
}

// moveUp moves the school up a year: everybody on the roll by one year group, class and unit, the oldest leave, a new Reception comes, and the classes in
// Classroom are archived. A few accounts are forgotten.
func (p *Player) moveUp() error {
	r := p.roll()
	if len(r.rows) == 0 {
		return nil
	}
	before := make([][]string, len(r.rows))
	for i, row := range r.rows {
		before[i] = slices.Clone(row)
	}
	classes := map[string]bool{}
	var young []string // a row of Reception, for those who come
	come := 0
	for i, row := range before[1:] {
		if row[r.left] != "" {
			continue
		}
		classes[row[r.class]] = true
		if n, ok := yearOf(row[r.year]); ok && n == 0 {
			young, come = row, come+1
		}
		if err := p.moveRow(r, r.rows[i+1], before[1:]); err != nil {
			return err
		}
	}
	for range come {
		row, err := p.newcomer(r, young)
		if err != nil {
			return err
		}
		r.rows = append(r.rows, row)
	}
	if err := p.export(r); err != nil {
		return err
	}
	return p.archiveClasses(classes)
}

// moveRow moves one row of the roll up, with the account of its address.
func (p *Player) moveRow(r roll, row []string, others [][]string) error {
	n, ok := yearOf(row[r.year])
	if !ok {
		return nil
	}
	var u world.User
	known, leavers, to := false, "", ""
	p.World.View(func() {
		x := p.World.User(row[r.email])
		if x == nil || row[r.email] == "" {
			return
		}
		u, known, to = *x, true, unitUp(x.OrgUnitPath)
		if p.World.UnitOf(to) == nil {
			to = ""
		}
		for _, o := range p.World.OrgUnits() {
			if o.Name == "Leavers" {
				leavers = o.OrgUnitPath
			}
		}
	})
	forgotten := oneIn(p.rng, 40)
	if n < lastYear {
		row[r.year], row[r.class] = yearUp(row[r.year], others, r.year), classUp(row[r.class])
		if !known || to == "" || forgotten && !byNameOnly(&u) {
			return nil
		}
		return p.World.MoveUser(u.PrimaryEmail, to, p.adminAddress())
	}
	row[r.left] = p.World.Now().In(p.zone).Format(time.DateOnly)
	if !known || forgotten || !isPupil(&u) || p.protected(u.PrimaryEmail) {
		return nil
	}
	if leavers != "" {
		if err := p.World.MoveUser(u.PrimaryEmail, leavers, p.adminAddress()); err != nil {
			return err
		}
	}
	return p.World.SuspendUser(u.PrimaryEmail, p.adminAddress())
}

// newcomer makes a child of the new Reception, like one of the last: a row without an agreement, and mostly an account.
func (p *Player) newcomer(r roll, like []string) ([]string, error) {
	p.n++
	given, family := pick(p.rng, givenNames), pick(p.rng, familyNames)
	id := fmt.Sprintf("B%s%03d", p.World.Now().Format("0601"), p.n)
	unit := ""
	p.World.View(func() {
		for _, o := range p.World.OrgUnits() {
			if strings.HasSuffix(o.OrgUnitPath, "/Pupils/Reception") {
				unit = o.OrgUnitPath
			}
		}
	})
	row := slices.Clone(like)
	row[r.id], row[r.name], row[r.agreement], row[r.email] = id, given+" "+family, "", strings.ToLower(id)+"@"+p.domain()
	if unit == "" || oneIn(p.rng, 12) {
		return row, nil
	}
	return row, p.World.CreateUser(&world.User{PrimaryEmail: row[r.email], OrgUnitPath: unit, ExternalIDs: []world.ExternalID{{Type: numberType, Value: id}},
		Name: world.Name{GivenName: given, FamilyName: family, FullName: given + " " + family}}, p.adminAddress())
}

// archiveClasses archives the classes of these names in Classroom, and remembers them for September: of each name the newest, also where it was archived before.
func (p *Player) archiveClasses(names map[string]bool) error {
	var ids []string
	p.World.View(func() {
		newest := map[string]*world.Course{}
		for _, c := range p.World.Courses() {
			if have := newest[c.Name]; names[c.Name] && (have == nil || !c.CreationTime.Before(have.CreationTime)) {
				newest[c.Name] = c
			}
		}
		for _, c := range p.World.Courses() {
			if newest[c.Name] != c {
				continue
			}
			if c.CourseState == "ACTIVE" {
				ids = append(ids, c.ID)
			}
			next := nextClass{name: c.Name}
			for _, m := range p.World.Teachers(c.ID) {
				switch u := p.World.User(m.UserID); {
				case u == nil || !active(u):
				case u.ID == c.OwnerID:
					next.owner = u.PrimaryEmail
				default:
					next.teachers = append(next.teachers, u.ID)
				}
			}
			p.toMake = append(p.toMake, next)
		}
	})
	for _, id := range ids {
		if err := p.World.ArchiveCourse(id, p.adminAddress()); err != nil {
			return err
		}
	}
	return nil
}

// makeClasses makes this year's classes in Classroom, of the teachers that they had and the pupils that the roll has in them now.
func (p *Player) makeClasses() error {
	r := p.roll()
	for _, next := range p.toMake {
		owner, admin := next.owner, p.adminAddress()
		p.World.View(func() {
			if u := p.World.User(owner); u == nil || !active(u) {
				owner = admin
			}
		})
		c := &world.Course{Name: next.name}
		if err := p.World.CreateCourse(c, owner); err != nil {
			return err
		}
		add := func(role, key string) error {
			if err := p.World.AddCourseMember(c.ID, role, key, owner); err != nil && !tolerable(err) {
				return err
			}
			return nil
		}
		for _, id := range next.teachers {
			if err := add(world.CourseTeacher, id); err != nil {
				return err
			}
		}
		for _, row := range p.inClass(r, next.name) {
			if err := add(world.CourseStudent, row); err != nil {
				return err
			}
		}
	}
	p.toMake = nil
	return nil
}

// inClass lists the addresses of the active accounts of those whom the roll has in a class.
func (p *Player) inClass(r roll, class string) (out []string) {
	if len(r.rows) == 0 {
		return nil
	}
	p.World.View(func() {
		for _, row := range r.rows[1:] {
			if u := p.World.User(row[r.email]); row[r.class] == class && row[r.left] == "" && row[r.email] != "" && u != nil && active(u) {
				out = append(out, u.PrimaryEmail)
			}
		}
	})
	return out
}
