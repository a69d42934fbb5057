// Package toy has one of every construct that is mutated.
package toy

import "time"

const on = true

// Sign has an if, a boundary and nested conditions.
func Sign(n int) int {
	if n > 0 {
		return 1
	}
	if !(n < 0 && on) {
		return 0
	}
	return -1
}

// Weak is tested away from its boundary only.
func Weak(n int) bool { return n > 100 }

// Kind has a switch with a tag, an initial statement and several expressions in a case.
func Kind(words map[string]int, w string) string {
	switch n, ok := words[w]; n {
	case 1, 2:
		return "few"
	case 3:
		return "some"
	default:
		if ok == true {
			return "many"
		}
	}
	return "none"
}

// Size has a switch with a tag alone, and one without.
func Size(s string) string {
	switch len(s) {
	case 0:
		return "empty"
	}
	switch {
	case len(s) <= 3, s == "short":
		return "small"
	case len(s) >= 10:
		return "large"
	}
	return "middling"
}

// Odd leaves out the even ones, and says how many these were.
func Odd(list []int) (odd []int, even int) {
	for i := 0; i != len(list); i++ {
		if list[i]%2 == 0 {
			even++
			continue
		}
		odd = append(odd, list[i])
	}
	return odd, even
}

// Set has literals.
func Set(names []string) map[string]bool {
	set := map[string]bool{"": false}
	for _, n := range names {
		set[n] = true
	}
	return set
}

// Between compares moments, in a function within a function.
func Between(from, to time.Time) func(time.Time) bool {
	return func(t time.Time) bool { return t.After(from) && t.Before(to) || t.IsZero() }
}
