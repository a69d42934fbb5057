package generate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/sim/world"
)

// Year makes a Player for whole school years, from any day on: one like that of [School.Player] that knows the school's calendar. On days on which pupils are
// not in no pupil does anything, and in the summer the school moves up a year. Usage reports stay in the tenant for two months: nobody looks at older ones,
// and they would be most of it in the end.
func (s *School) Year() *Player {
	p := s.Player()
	p.InSchool = inSchool
	p.usage.inSchool, p.usage.keep = inSchool, 60
	p.room = p.pupils() * 6 / 5
	return p
}

// pupils counts the accounts of pupils who can sign in.
func (p *Player) pupils() (n int) {
	p.World.View(func() {
		for _, u := range p.World.Users() {
			if isPupil(u) {
				n++
			}
		}
	})
	return n
}

// full tells whether the school has no place for another pupil: in days people come as often as they go, in a year a small school would grow and grow.
func (p *Player) full() bool { return p.room > 0 && p.pupils() >= p.room }

// PoliciesAt are the policies as the school has them at a time of its life: the calendar is that of the year then, from June on with the terms of the next one.
func (s *School) PoliciesAt(t time.Time) (map[string]string, error) {
	list := terms(t)
	if y := schoolYear(t); t.Year() > y && t.Month() >= time.June {
		list = append(list, terms(date(y+1, time.September, 1))[1:]...)
	}
	out := map[string]string{}
	for name, until := range map[string]int{Classroom: classroomDone, Dojo: dojoDone} {
		text, err := replaceSection(s.Policies[name], "calendar", calendarWith(list, t, until))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out[name] = text
	}
	return out, nil
}

// replaceSection puts a section in the place of the one at the top level of a policy that begins with the key.
func replaceSection(text, key, section string) (string, error) {
	var out strings.Builder
	found, inside := false, false
	for line := range strings.Lines(text) {
		if top := line[0] >= 'a' && line[0] <= 'z'; top {
			if inside = strings.HasPrefix(line, key+":"); inside {
				found = true
				out.WriteString(section)
			}
		}
		if !inside || strings.TrimSpace(line) == "" {
			out.WriteString(line)
		}
	}
	if !found {
		return "", fmt.Errorf("the policy has no section %s", key)
	}
	return out.String(), nil
}

// inSchool tells whether pupils are in on the day by the calendar that the generated policies have.
func inSchool(day time.Time) bool {
	return isTermDay(terms(day), day) && !bankHoliday(day)
}

// bankHoliday knows the bank holidays of England that can fall into these terms: around Easter, and early in May.
func bankHoliday(day time.Time) bool {
	d := date(day.Year(), day.Month(), day.Day())
	sunday := easter(d.Year())
	return d.Equal(sunday.AddDate(0, 0, -2)) || d.Equal(sunday.AddDate(0, 0, 1)) || d.Month() == time.May && d.Day() <= 7 && d.Weekday() == time.Monday
}

// easter is Easter Sunday. Source: the "anonymous Gregorian" rule (Nature, 20 April 1876).
func easter(year int) time.Time {
	a, b, c := year%19, year/100, year%100
	h := (19*a + b - b/4 - (b-(b+8)/25+1)/3 + 15) % 30
	l := (32 + 2*(b%4) + 2*(c/4) - h - c%4) % 7
	n := h + l - 7*((a+11*h+22*l)/451) + 114
	return date(year, time.Month(n/31), n%31+1)
}

// off tells whether pupils are not in on the day. Where nobody knows the calendar every day is a school day.
func (p *Player) off(day time.Time) bool { return p.InSchool != nil && !p.InSchool(day) }

// holiday lets a weekday pass on which pupils are not in: a few things that members of staff do on Drive and an administrator with accounts, now and then
// nothing; in the summer the school moves up. No pupil does anything.
func (p *Player) holiday(morning time.Time, changes int) ([]string, error) {
	p.away = true
	defer func() { p.away = false }()
	if err := p.housekeeping(); err != nil {
		return nil, err
	}
	p.until(morning)
	if err := p.signIns(); err != nil {
		return nil, err
	}
	var done []string
	add := func(name string) {
		if name != "" {
			done = append(done, name)
		}
	}
	name, err := p.summer(morning)
	if err != nil {
		return done, fmt.Errorf("%s: %w", name, err)
	}
	add(name)
	minutes := make([]int, p.rng.IntN(changes/6+2))
	for i := range minutes {
		minutes[i] = 60*60 + p.rng.IntN(7*60*60)
	}
	slices.Sort(minutes)
	menu := p.actions()
	for _, s := range minutes {
		p.until(morning.Add(time.Duration(s) * time.Second))
		if err := p.look(); err != nil {
			return done, err
		}
		name, err := oneOf(p.rng, menu)
		if err != nil {
			return done, fmt.Errorf("%s: %w", name, err)
		}
		add(name)
	}
	p.until(morning.Add(10 * time.Hour))
	return done, p.usage.evening(p.World, p.rng)
}

// present tells whether somebody may do something today.
func (p *Player) present(u *world.User) bool { return active(u) && !(p.away && isPupil(u)) }

// summer does what the office does in the holidays of summer: it moves the school up once pupils have been gone for some days, and makes this year's classes in
// September. It names what it did.
func (p *Player) summer(morning time.Time) (string, error) {
	day := morning.In(p.zone)
	y := day.Year()
	switch {
	case p.movedUp < y && !day.Before(time.Date(y, rolloverMonth, rolloverDay, 0, 0, 0, 0, p.zone)) && day.Month() <= time.August &&
		p.off(day.AddDate(0, 0, -1)) && p.off(day.AddDate(0, 0, -2)):
		p.movedUp = y
		return "the school moves up", p.moveUp()
	case len(p.toMake) > 0 && day.Month() == time.September:
		return "classes are made", p.makeClasses()
	}
	return "", nil
}
