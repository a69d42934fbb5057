package calendar

import (
	"fmt"
	"strconv"
	"strings"
)

// Unit is what a deadline counts.
type Unit int

// The units of a deadline. Hours run through nights, weekends and holidays.
const (
	NoDeadline Unit = iota // nothing is due
	AtOnce
	Hours
	WorkingDays // Monday to Friday, without bank holidays
	SchoolDays  // days on which pupils are taught
)

// MaxCount bounds the number in a deadline: more than a year of anything is a slip of the pen.
const MaxCount = 9999

// Deadline is how long somebody has, as the policy says it: "1 working day", "24 hours", "at once".
// The zero Deadline means that nothing is due.
type Deadline struct {
	Count int // at least 1, but 0 for AtOnce and NoDeadline
	Unit  Unit
}

// IsZero tells whether nothing is due.
func (d Deadline) IsZero() bool { return d.Unit == NoDeadline }

// DeadlineForm says what [ParseDeadline] understands, for messages.
const DeadlineForm = `a deadline such as "at once", "24 hours", "1 working day" or "5 school days"`

// ParseDeadline reads "at once", "N hours", "N working days" or "N school days" (also in the singular).
func ParseDeadline(s string) (Deadline, error) {
	wrong := fmt.Errorf("%q is not %s", s, DeadlineForm)
	words := strings.Fields(strings.ToLower(s))
	if len(words) == 2 && words[0] == "at" && words[1] == "once" {
		return Deadline{Unit: AtOnce}, nil
	}
	if len(words) < 2 {
		return Deadline{}, wrong
	}
	n, err := strconv.Atoi(words[0])
	if err != nil || n < 1 || n > MaxCount || words[0][0] == '+' {
		return Deadline{}, wrong
	}
	switch strings.Join(words[1:], " ") {
	case "hour", "hours":
		return Deadline{n, Hours}, nil
	case "working day", "working days":
		return Deadline{n, WorkingDays}, nil
	case "school day", "school days":
		return Deadline{n, SchoolDays}, nil
	}
	return Deadline{}, wrong
}

// String writes the deadline as the policy does; "" where nothing is due.
func (d Deadline) String() string {
	var unit string
	switch d.Unit {
	case NoDeadline:
		return ""
	case AtOnce:
		return "at once"
	case Hours:
		unit = "hour"
	case WorkingDays:
		unit = "working day"
	case SchoolDays:
		unit = "school day"
	}
	if d.Count != 1 {
		unit += "s"
	}
	return strconv.Itoa(d.Count) + " " + unit
}
