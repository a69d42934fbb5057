package generate

import (
	"fmt"
	"strings"
)

// DojoClass is a class on ClassDojo, as the Dojo policy lists it.
type DojoClass struct {
	ID       string
	Teachers []string // addresses
}

// mostDojo is how many classes with a teacher a school has on ClassDojo at most: enough for more than one spot check.
const mostDojo = 11

// dojoID is ClassDojo's id of a class, which takes no random number.
func dojoID(n int) string { return fmt.Sprintf("5f1e2d3c4b5a6978%08x", n) }

// dojoClasses are the school's classes on ClassDojo. The last one is of somebody who has left: nobody looks at it.
func (b *builder) dojoClasses() []DojoClass {
	var out []DojoClass
	staff := b.staffOf(b.teachers)
	for i, u := range staff[:min(len(staff), mostDojo)] {
		c := DojoClass{dojoID(i + 1), []string{u.PrimaryEmail}}
		if other := staff[(i+1)%len(staff)]; i%3 == 1 && other != u {
			c.Teachers = append(c.Teachers, other.PrimaryEmail)
		}
		out = append(out, c)
	}
	return append(out, DojoClass{dojoID(len(out) + 1), []string{"long.gone@" + Domain}})
}

func (b *builder) dojoYAML() string {
	out := "classdojo:\n  classes:\n"
	for i, c := range b.dojoClasses() {
		out += fmt.Sprintf("    - {name: Class %d, id: %s, teachers: [%s]}\n", i+1, c.ID, strings.Join(c.Teachers, ", "))
	}
	return out + "  look_within: 2 school days\n  relay: true\n"
}

// storyClass stands for the School Story where the id of a class would stand.
const storyClass = "school"
