// Package quantity writes numbers of things as people read them in mails, on pages and on a terminal: "1 class", "1,500 pupils".
package quantity

import "strconv"

// Of is how many there are of something: n and the word for one, or the word for none and many.
func Of(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Number(n) + " " + many
}

// Number writes n with a comma between thousands, as English does.
func Number(n int) string {
	sign, s := "", strconv.Itoa(n)
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}
