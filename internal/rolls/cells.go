package rolls

import (
	"strings"
	"time"

	"esafetybot/internal/calendar"
)

// layouts are the ways in which a date may be written, day before month. Go reads "2" and "1" with or without a leading zero, and names
// of months in any case.
var layouts = []string{time.DateOnly, "2/1/2006", "2 Jan 2006", "2-Jan-2006", "2 January 2006"}

// Date reads a date as rolls write it.
func Date(s string) (calendar.Date, bool) {
	for _, l := range layouts {
		if t, err := time.Parse(l, s); err == nil {
			return calendar.DateOf(t), true
		}
	}
	return calendar.Date{}, false
}

// Year reads a year group as rolls write it: "N", "R" or "1" to "9", or "" if it is none.
func Year(s string) string {
	s = strings.ToLower(s)
	switch s {
	case "r", "reception", "0", "year r":
		return "R"
	case "n", "nursery":
		return "N"
	}
	digit, ok := strings.CutPrefix(s, "year ")
	if !ok {
		digit = strings.TrimPrefix(s, "y")
	}
	if len(digit) == 1 && digit >= "1" && digit <= "9" {
		return digit
	}
	return ""
}

// answer reads a word for yes or no, or a date.
func answer(s string) Answer {
	switch strings.ToLower(s) {
	case "":
		return Answer{}
	case "no", "n", "false", "0":
		return Answer{Says: No}
	case "yes", "y", "true", "1", "signed":
		return Answer{Says: Yes}
	}
	if d, ok := Date(s); ok {
		return Answer{On, d}
	}
	return Answer{Says: Unreadable}
}

// ends reads the date on which access ends. A word is no date.
func ends(s string) Answer {
	a := answer(s)
	if a.Says != Nothing && a.Says != On {
		a.Says = Unreadable
	}
	return a
}
