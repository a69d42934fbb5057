package accounts

import (
	"slices"
	"testing"

	"esafetybot/internal/school"
	"esafetybot/internal/seen"
)

func teacher(id, address string) seen.ClassMember {
	return seen.ClassMember{ID: id, Address: address, Teacher: true}
}
func student(id, address string) seen.ClassMember { return seen.ClassMember{ID: id, Address: address} }

// course is an active one made this year, owned by ann.
func course(id string, members ...seen.ClassMember) Class {
	return Class{Course: seen.Course{ID: id, Owner: "ann", State: "ACTIVE", Created: moment("2026-09-01")}, Members: members}
}

func with(c Class, change func(*Class)) Class { change(&c); return c }

// people of classes: of the school (ann, bob, old, gov), of another one of the trust (elm), guests.
func (w *world) classes(list ...Class) {
	w.add("ann", "/Oak/Staff")
	w.add("bob", "/Oak/Pupils")
	w.add("old", "/Oak/Staff", off)
	w.add("elm", "/Elm/Staff")
	w.add("gus", "/Oak/Staff", guest, address("gus.guest"))
	w.in.Classes = slices.Values(list)
}

func TestClassWithoutTeacher(t *testing.T) {
	play(t, ClassWithoutTeacher, []scene{
		{"fine", func(w *world) { w.classes(course("1", teacher("ann", ""), student("bob", ""))) }, nil},
		{"nobody", func(w *world) { w.classes(course("1", student("bob", ""))) }, []string{"course/1: no-teacher"}},
		{"a switched-off teacher", func(w *world) { w.classes(course("1", teacher("old", ""))) }, []string{"course/1: no-teacher"}},
		{"a guest", func(w *world) { w.classes(course("1", teacher("gus", ""))) }, []string{"course/1: no-teacher"}},
		{"a stranger", func(w *world) { w.classes(course("1", teacher("x", "x@home.example"))) }, []string{"course/1: no-teacher"}},
		{"a student who teaches elsewhere", func(w *world) { w.classes(course("1", student("ann", ""))) }, []string{"course/1: no-teacher"}},
		{"found by address", func(w *world) { w.classes(course("1", teacher("x", "ann@school.example"))) }, nil},
		{"of another school of the trust", func(w *world) { w.classes(course("1", teacher("elm", ""))) }, nil},
		{"owner unknown", func(w *world) { w.classes(with(course("1", teacher("ann", "")), func(c *Class) { c.Owner = "gone" })) }, []string{"course/1: owner-gone"}},
		{"owner switched off", func(w *world) { w.classes(with(course("1", teacher("ann", "")), func(c *Class) { c.Owner = "old" })) }, []string{"course/1: owner-gone"}},
		{"owner a guest", func(w *world) {
			w.add("visitor", "/Visitors", guest)
			w.classes(with(course("1", teacher("ann", "")), func(c *Class) { c.Owner = "visitor" }))
		}, []string{"course/1: owner-gone"}},
		{"both", func(w *world) { w.classes(with(course("1", student("bob", "")), func(c *Class) { c.Owner = "old" })) }, []string{"course/1: no-teacher, owner-gone"}},
		{"not active", func(w *world) { w.classes(with(course("1"), func(c *Class) { c.State = "ARCHIVED" })) }, nil},
		{"another school's", func(w *world) {
			w.classes(with(course("1", student("elm", ""), student("gus", ""), student("x", "")), func(c *Class) { c.Owner = "elm" }))
		}, nil},
		{"a student of the school makes it ours", func(w *world) {
			w.classes(with(course("1", student("bob", "")), func(c *Class) { c.Owner = "elm" }))
		}, []string{"course/1: no-teacher"}},
		{"a teacher of the school makes it ours", func(w *world) {
			w.classes(with(course("1", teacher("old", "")), func(c *Class) { c.Owner = "elm" }))
		}, []string{"course/1: no-teacher"}},
		{"the owner makes it ours", func(w *world) { w.classes(course("1")) }, []string{"course/1: no-teacher"}},
		{"the school is the whole account", func(w *world) {
			w.units = []string{"/Oak", "/"}
			w.classes(with(course("1"), func(c *Class) { c.Owner = "gone" }))
		}, []string{"course/1: no-teacher, owner-gone"}},
		{"members unread", func(w *world) { w.classes(with(course("1"), func(c *Class) { c.Unread = true }), course("2")) }, []string{"course/2: no-teacher", "? members 1"}},
		{"blind", func(w *world) { w.classes(course("1")); w.in.Blind.Rules = map[string]bool{ClassWithoutTeacher: true} }, nil},
		{"blind for one", func(w *world) {
			w.classes(with(course("1"), func(c *Class) { c.Unread = true }), course("2"))
			w.in.Blind.Subjects = map[string]map[string]bool{ClassWithoutTeacher: {"course/1": true}}
		}, []string{"course/2: no-teacher"}},
		{"whom the policy leaves out does not matter", func(w *world) {
			w.classes(course("1"))
			w.ask.Who, w.ask.Except = []school.Kind{school.Pupil}, school.Except{Units: []string{"/Oak"}}
		}, []string{"course/1: no-teacher"}},
		{"nobody asks", func(w *world) {
			w.ask.Rules = []string{Missing}
			w.classes()
			w.in.Classes = func(func(Class) bool) { panic("the classes were read") }
		}, nil},
		{"no classes given", func(w *world) {}, nil},
	})
}

func TestOutsiderInClass(t *testing.T) {
	play(t, OutsiderInClass, []scene{
		{"everybody", func(w *world) {
			w.classes(course("1",
				teacher("ann", ""), student("bob", ""), teacher("elm", ""), student("p1", "p@partner.example"), student("n1", "nobody@school.example"),
				teacher("x1", "x@home.example"), student("x2", "y@home.example"), student("gus", ""), student("old", "old@home.example")))
		}, []string{"course/1: student/gus, student/x2, teacher/x1"}},
		{"a guest found by address", func(w *world) { w.classes(course("1", student("x", "gus.guest@school.example"))) }, []string{"course/1: student/x"}},
		{"neither account nor address", func(w *world) {
			w.classes(course("1", student("x", ""), student("y", "")), course("2", teacher("z", "")))
		}, []string{"? no-address 3"}},
		{"members unread", func(w *world) {
			w.classes(with(course("1", student("x", "x@home.example")), func(c *Class) { c.Unread = true }))
		}, []string{"? members 1"}},
	})
}

func TestOtherSchool(t *testing.T) {
	play(t, OtherSchool, []scene{
		{"everybody", func(w *world) {
			w.classes(course("1",
				teacher("ann", ""), student("bob", ""), teacher("elm", ""), student("p1", "p@partner.example"), student("n1", "nobody@school.example"),
				teacher("x1", "x@home.example"), student("gus", "")))
		}, []string{"course/1: student/p1, teacher/elm"}},
		{"neither account nor address", func(w *world) { w.classes(course("1", student("x", ""))) }, []string{"? no-address 1"}},
		{"members unread", func(w *world) { w.classes(with(course("1"), func(c *Class) { c.Unread = true })) }, []string{"? members 1"}},
	})
}

func TestOldClass(t *testing.T) {
	made := func(id, when string) Class {
		return with(course(id), func(c *Class) { c.Created = moment(when) })
	}
	play(t, OldClass, []scene{
		{"last year's", func(w *world) { w.classes(made("1", "2026-07-19 23:59"), made("2", "2026-07-20 00:00")) }, []string{"course/1: created 2026-07-19"}},
		{"in the roll-over", func(w *world) { w.now = "2026-09-25"; w.classes(made("1", "2025-09-01")) }, nil},
		{"may stay", func(w *world) {
			w.ask.KeepCourses = []string{"1"}
			w.classes(made("1", "2025-09-01"), made("2", "2025-09-01"))
		}, []string{"course/2: created 2025-09-01"}},
		{"members unread, but its owner is ours", func(w *world) { w.classes(with(made("1", "2025-09-01"), func(c *Class) { c.Unread = true })) }, []string{"course/1: created 2025-09-01"}},
		{"members unread, and nobody known to be ours", func(w *world) {
			w.classes(with(made("1", "2025-09-01"), func(c *Class) { c.Unread, c.Owner = true, "elm" }))
		}, []string{"? members 1"}},
	})
}
