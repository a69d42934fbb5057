package incidents

import (
	"slices"
	"time"

	"esafetybot/internal/policy"
	"esafetybot/internal/pseudonym"
)

// Opens is the hour, in school time, at which the time to open an entry begins to run on a working day; it rests at calendar.EndOfDay.
const Opens = 8

// Told is somebody who is to be told of an entry.
type Told struct {
	Role    policy.Role // for which they are told
	ID      string      // Directory id, or ""
	Address string      // "" if none is known
	At      time.Time   // from when
	Passed  bool        // because those before them had not opened it in time
}

func (t Told) who() Who { return Who{Role: string(t.Role), ID: t.ID, Hash: pseudonym.Of(t.Address)} }

// step is some people who are told together.
type step struct {
	roles []policy.Role
	who   []*party
}

// ladder is who is told of an entry, in turn. Nobody stands in it twice; an empty step is left out.
func ladder(e *Entry, c *crowd) []step {
	pick := func(roles ...policy.Role) []step {
		s := step{roles: roles}
		for _, p := range c.parties {
			if p.holds(roles...) && !p.concerned && !p.subordinate {
				s.who = append(s.who, p)
			}
		}
		if len(s.who) == 0 {
			return nil
		}
		return []step{s}
	}
	chair := func() []step { return pick(policy.RoleChair) }
	if aboutHead(e, c) {
		return chair()
	}
	if e.About.shelf() == Adults {
		if s := pick(policy.RoleHead); s != nil {
			return s
		}
		return chair()
	}
	first := []policy.Role{policy.RoleOfficer, policy.RoleSafeguarding}
	if i, _ := e.Kind.Info(); i.Head {
		first = append(first, policy.RoleHead)
	}
	steps := slices.Concat(pick(first...), pick(policy.RoleDeputy, policy.RoleSafeguardingDeps), pick(policy.RoleHead))
	if len(steps) == 0 {
		return chair()
	}
	been := map[*party]bool{}
	for i := range steps {
		steps[i].who = slices.DeleteFunc(steps[i].who, func(p *party) bool { return been[p] })
		for _, p := range steps[i].who {
			been[p] = true
		}
	}
	return slices.DeleteFunc(steps, func(s step) bool { return len(s.who) == 0 })
}

// aboutHead tells whether an entry concerns the headteacher, to whom everybody at the school reports.
func aboutHead(e *Entry, c *crowd) bool {
	return slices.Contains(e.Roles, policy.RoleHead) ||
		slices.ContainsFunc(c.parties, func(p *party) bool { return p.concerned && p.holds(policy.RoleHead) })
}

// Told lists who is told of an entry by now, and may read it. Nobody: it is kept, unread, until there is somebody.
func (l *Log) Told(e *Entry) []Told {
	var out []Told
	for _, r := range l.reached(e, l.around(e, Who{})) {
		out = append(out, r.Told)
	}
	return out
}

type reached struct {
	Told
	p *party
}

func (l *Log) reached(e *Entry, c *crowd) []reached {
	var out []reached
	info, _ := e.Kind.Info()
	for i, s := range ladder(e, c) {
		at := e.Routed
		if i > 0 {
			at = l.within(e.Routed, time.Duration(i)*info.Open)
			opened := slices.ContainsFunc(e.Opened, func(m Mark) bool { return !m.At.After(at) })
			if opened || l.now().Before(at) {
				break
			}
		}
		for _, p := range s.who {
			t := Told{ID: p.ID, At: at, Passed: i > 0}
			t.Role = s.roles[slices.IndexFunc(s.roles, func(r policy.Role) bool { return p.holds(r) })]
			if len(p.Addresses) > 0 {
				t.Address = p.Addresses[0]
			}
			out = append(out, reached{t, p})
		}
	}
	return out
}

// MayRead tells whether somebody may read an entry, act on it and know that it exists, and in plain words why. All who may not get
// the same words, which tell nothing.
func (l *Log) MayRead(reader By, e *Entry) (bool, string) {
	r, ok := l.reads(reader, e)
	switch {
	case !ok:
		return false, ErrNone.Error()
	case r.Passed:
		return true, "you are the " + l.title(r.Role) + ", and nobody before you had opened it in time"
	}
	return true, "you are the " + l.title(r.Role)
}

func (l *Log) reads(reader By, e *Entry) (reached, bool) {
	c := l.around(e, reader.who())
	for _, r := range l.reached(e, c) {
		if r.p == c.me {
			return r, true
		}
	}
	return reached{}, false
}

func (l *Log) title(r policy.Role) string {
	if l.Title != nil {
		return l.Title(r)
	}
	return r.Title()
}
