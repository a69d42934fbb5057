package accounts

import (
	"slices"

	"esafetybot/internal/school"
	"esafetybot/internal/seen"
)

// Rules about classes on Classroom.

// class is the course under judgement.
type class struct {
	Class
	owner   *seen.Account // nil if the Directory does not know it
	members []member
}

// A member is found in the Directory, or at least near as its address says.
type member struct {
	seen.ClassMember
	account *seen.Account // nil if the Directory does not know it
	near    school.Nearness
}

// fact names the member.
func (m member) fact() string {
	if m.Teacher {
		return "teacher/" + m.ID
	}
	return "student/" + m.ID
}

type classRule struct {
	members bool // it rests on who is in the class
	facts   func(*judge, *ask, *class) []string
}

var classRules = map[string]classRule{
	ClassWithoutTeacher: {members: true, facts: (*judge).classWithoutTeacher},
	OutsiderInClass:     {members: true, facts: (*judge).outsiderInClass},
	OtherSchool:         {members: true, facts: (*judge).otherSchool},
	OldClass:            {facts: (*judge).oldClass},
}

// classes judges the rules about classes.
func (j *judge) classes() {
	if j.Classes == nil || !slices.ContainsFunc(j.asks, func(a *ask) bool { return len(a.classes) > 0 }) {
		return
	}
	for c := range j.Classes {
		if c.State != "ACTIVE" {
			continue
		}
		k := j.look(c)
		ours := j.ours(k)
		if !ours && !c.Unread {
			continue
		}
		subject := "course/" + c.ID
		for _, a := range j.asks {
			for _, name := range a.classes {
				switch r := classRules[name]; {
				case j.Blind.Subjects[name][subject]:
				case c.Unread && (r.members || !ours):
					j.unsure(a, name, MembersUnread, c.ID)
				default:
					j.found(a, name, subject, r.facts(j, a, k))
				}
			}
		}
	}
}

// look finds a course's people in the Directory.
func (j *judge) look(c Class) *class {
	k := &class{Class: c}
	k.owner, _ = j.Who.AccountByID(c.Owner)
	for _, m := range c.Members {
		found := member{ClassMember: m}
		account, ok := j.Who.AccountByID(m.ID)
		if !ok {
			account, ok = j.Who.Account(m.Address)
		}
		address := m.Address
		if ok {
			found.account, address = account, account.Address
		}
		found.near = j.Who.Person(address)
		k.members = append(k.members, found)
	}
	return k
}

// ours tells whether a course is the school's.
func (j *judge) ours(k *class) bool {
	school := func(a *seen.Account) bool { return a != nil && j.Kinds.School(a) }
	return j.Who.Whole() || school(k.owner) || slices.ContainsFunc(k.members, func(m member) bool { return school(m.account) })
}

func (j *judge) classWithoutTeacher(_ *ask, k *class) []string {
	var facts []string
	if !slices.ContainsFunc(k.members, func(m member) bool { return m.Teacher && m.account != nil && m.account.Active() && !m.account.Guest }) {
		facts = append(facts, "no-teacher")
	}
	if k.owner == nil || !k.owner.Active() || k.owner.Guest {
		facts = append(facts, "owner-gone")
	}
	return facts
}

func (j *judge) outsiderInClass(a *ask, k *class) []string {
	return j.farMembers(a, OutsiderInClass, k, school.Outside)
}

func (j *judge) otherSchool(a *ask, k *class) []string {
	return j.farMembers(a, OtherSchool, k, school.SameTrust, school.Trusted)
}

// farMembers lists the members who are as near as one of these.
func (j *judge) farMembers(a *ask, rule string, k *class, near ...school.Nearness) []string {
	var facts []string
	for _, m := range k.members {
		switch {
		case m.account == nil && m.Address == "":
			j.unsure(a, rule, NoAddress, k.ID+" "+m.ID) // neither an account of ours nor an address: deleted, or anybody
		case slices.Contains(near, m.near):
			facts = append(facts, m.fact())
		}
	}
	return facts
}

func (j *judge) oldClass(a *ask, k *class) []string {
	if j.year.rollover || !j.Calendar.Date(k.Created).Before(j.year.start) || slices.Contains(a.KeepCourses, k.ID) {
		return nil
	}
	return []string{"created " + j.on(k.Created)}
}
