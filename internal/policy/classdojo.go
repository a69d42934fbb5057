package policy

import (
	"fmt"
	"strings"
	"time"

	"esafetybot/internal/calendar"
)

// CheckInClassDojo is the check-in that is asked of each class on ClassDojo (docs/comment-rules.md, “ClassDojo”).
const CheckInClassDojo = "class-dojo"

// ClassDojo is what the policy says of ClassDojo, which tells no program which classes there are.
type ClassDojo struct {
	Classes     []DojoClass // in the order of the file, at least one
	SchoolStory bool        // the school has a School Story
	LookWithin  int         // school days within which somebody has to look where comments are on
	Mailbox     string      // address of the mailbox that gets ClassDojo's mails and that the program reads, lower case; "" if it reads none
	Relay       bool        // a forwarder sends what comes to such a mailbox
}

// DojoClass is one class on ClassDojo.
type DojoClass struct {
	Name     string   // what the school calls it
	ID       string   // ClassDojo's, 24 hexadecimal digits in lower case
	Teachers []string // addresses, lower case, at least one
}

// Class finds a class by ClassDojo's id.
func (d *ClassDojo) Class(id string) (DojoClass, bool) {
	if d != nil {
		for _, c := range d.Classes {
			if c.ID == id {
				return c, true
			}
		}
	}
	return DojoClass{}, false
}

// defaultLookWithin is how many school days somebody has to look where nothing else is said: twice the time in which a question is answered.
const defaultLookWithin = 10

var dojoIDShape = patternShape("dojo_class", "the 24 letters and digits behind classes/ in the address of the class's page on ClassDojo", `[0-9a-f]{24}`, nil)

var dojoShape = &shape{form: objectForm, later: true, name: "classdojo", what: "{classes, school_story, look_within, mailbox, relay}", fields: []field{
	{"classes", true, "Each class on ClassDojo.", listOf(&shape{form: objectForm, what: "a class on ClassDojo: {name, id, teachers}", fields: []field{
		{"name", true, "What the class is called.", anyText},
		{"id", true, "ClassDojo's id of the class: what stands behind classes/ in the address of its page.", dojoIDShape},
		{"teachers", true, "The addresses of its teachers, who answer for it.", listOf(addressShape, 1)},
	}}, 1)},
	{"school_story", false, "Whether the school has a School Story, for which its leaders answer. Default: true.", flagShape},
	{"look_within", false, "How soon somebody has to look through comments that are switched on, again and again. Default: 10 school days.",
		patternShape("school_days", "a number of school days such as 10 school days", `[1-9][0-9]{0,2} school days?`, nil)},
	{"mailbox", false, "The school's mailbox that gets ClassDojo's mails, if the program is to read it.", addressShape},
	{"relay", false, "Whether a forwarder in such a mailbox sends what ClassDojo tells. Default: false.", flagShape},
}}

// classDojo reads the block; nil if there is none.
func (b *builder) classDojo(v *value) *ClassDojo {
	if v == nil {
		return nil
	}
	d := &ClassDojo{SchoolStory: !v.has("school_story") || v.get("school_story").isTrue(), LookWithin: defaultLookWithin, Relay: v.get("relay").isTrue()}
	if w := v.get("look_within"); w != nil {
		due, _ := calendar.ParseDeadline(w.text)
		d.LookWithin = due.Count
	}
	if m := v.get("mailbox"); m != nil {
		d.Mailbox = b.ourAddress(m)
	}
	names, ids := map[string]bool{}, map[string]bool{}
	for _, i := range v.get("classes").list() {
		c := DojoClass{Name: i.get("name").str(), ID: i.get("id").str()}
		if names[c.Name] && c.Name != "" {
			b.wrong(i.get("name").where(), fmt.Sprintf("found the class %s a second time", show(c.Name)), "each name once", "")
		}
		if ids[c.ID] && c.ID != "" {
			b.wrong(i.get("id").where(), fmt.Sprintf("found the id %s a second time", c.ID), "each class once", "")
		}
		names[c.Name], ids[c.ID] = true, true
		c.Teachers = b.distinct(i.get("teachers"), strings.ToLower)
		for _, a := range i.get("teachers").list() {
			b.ourAddress(a)
		}
		d.Classes = append(d.Classes, c)
	}
	return d
}

// DojoRole is who answers for the School Story and makes the spot checks: the leaders, or the headteacher where the policy names none.
func (p *Policy) DojoRole() Role {
	if len(p.Person(RoleLeaders)) > 0 {
		return RoleLeaders
	}
	return RoleHead
}

// DaysOf is on which days somebody with an address is in: as staff.days says, else the entries of people together; nil is every day.
func (p *Policy) DaysOf(address string) []time.Weekday {
	address = strings.ToLower(address)
	if days := p.Staff.Days[address]; len(days) > 0 {
		return days
	}
	var out []time.Weekday
	for _, list := range p.People {
		for _, who := range list {
			if who.Address == address {
				out = append(out, who.Days...)
			}
		}
	}
	return out
}
