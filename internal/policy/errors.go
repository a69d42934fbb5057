package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Error is one mistake in a policy file.
type Error struct {
	File         string
	Line, Column int    // from 1, columns in characters
	Found        string // what stands there, in words; may be a whole sentence
	Expected     string // what should stand there; "" if Found says it all
	Nearest      string // the nearest known word, or ""
}

// Error writes file:line:column: found …, expected …; did you mean …?
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d:%d: %s", e.File, e.Line, e.Column, e.Found)
	if e.Expected != "" {
		b.WriteString("; expected " + e.Expected)
	}
	if e.Nearest != "" {
		fmt.Fprintf(&b, "; did you mean %q?", e.Nearest)
	}
	return b.String()
}

// Errors are all the mistakes in a policy file, in the order of the file.
type Errors []*Error

// Error writes one mistake a line.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the single mistakes to errors.As.
func (e Errors) Unwrap() []error {
	out := make([]error, len(e))
	for i, one := range e {
		out[i] = one
	}
	return out
}

// Warning is something in a policy that is allowed, but may be a slip.
type Warning struct {
	File         string
	Line, Column int
	Text         string
}

func (w Warning) String() string {
	return fmt.Sprintf("%s:%d:%d: %s", w.File, w.Line, w.Column, w.Text)
}

// position is a place in a file, both numbers from 1.
type position struct {
	line, column int
	file         string // "" is the file that is being read
}

func (p position) String() string {
	if p.file != "" {
		return fmt.Sprintf("line %d of %s", p.line, p.file)
	}
	return fmt.Sprintf("line %d", p.line)
}

// complaints collects what is wrong with one file.
type complaints struct {
	file     string
	part     string // the file of what is being looked at, where it is another one
	errors   Errors
	warnings []Warning
}

func (c *complaints) wrong(at position, found, expected, nearest string) {
	c.errors = append(c.errors, &Error{cmp.Or(at.file, c.part, c.file), at.line, at.column, found, expected, nearest})
}

func (c *complaints) warn(at position, format string, args ...any) {
	c.warnings = append(c.warnings, Warning{cmp.Or(at.file, c.part, c.file), at.line, at.column, fmt.Sprintf(format, args...)})
}

// order puts the file that was asked for before what it inherits.
func (c *complaints) order(a, b string) int {
	if a == b {
		return 0
	}
	if a == c.file {
		return -1
	}
	if b == c.file {
		return 1
	}
	return cmp.Compare(a, b)
}

// result returns the mistakes in the order of the file, each once, or nil.
func (c *complaints) result() error {
	slices.SortStableFunc(c.warnings, func(a, b Warning) int {
		return cmp.Or(c.order(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	if len(c.errors) == 0 {
		return nil
	}
	slices.SortStableFunc(c.errors, func(a, b *Error) int {
		return cmp.Or(c.order(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Found, b.Found))
	})
	c.errors = slices.CompactFunc(c.errors, func(a, b *Error) bool { return *a == *b })
	return c.errors
}

// oneOf writes a list of words for a message: "high", "medium" or "low".
func oneOf(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = `"` + w + `"`
	}
	if len(quoted) < 2 {
		return strings.Join(quoted, "")
	}
	return strings.Join(quoted[:len(quoted)-1], ", ") + " or " + quoted[len(quoted)-1]
}

// nearest finds the known word that what was most likely meant to be, or "". Words further away than a third of their
// length are no help.
func nearest(what string, known []string) string {
	what = flat(what)
	if len(what) > 60 {
		return ""
	}
	best, at := "", 1<<30
	for _, k := range known {
		if f := flat(k); len(f) >= 3 && strings.HasPrefix(what, f) || len(what) >= 3 && strings.HasPrefix(f, what) {
			best, at = k, 3 // "thursday" for "thu"
		}
	}
	for _, k := range known {
		if d := distance(what, flat(k)); d < at && d <= max(1, len(k)/3) {
			best, at = k, d
		}
	}
	return best
}

// flat makes workspace-admin, Workspace Admin and workspace_admin the same.
func flat(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == ' ' {
			return '-'
		}
		return r
	}, strings.ToLower(s))
}

// distance counts the letters to add, drop, change or swap with a neighbour (optimal string alignment).
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	prev2, prev, cur := make([]int, len(t)+1), make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(s); i++ {
		cur[0] = i
		for j := 1; j <= len(t); j++ {
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(t)]
}
