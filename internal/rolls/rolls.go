// Package rolls reads a school's rolls (CSV files of pupils, staff and other people, as a school's information system exports them) and
// tells which account is whose. The rules are those of docs/account-rules.md, section Rolls.
//
// Contract:
//
//   - [Parse] gives a roll of at least one row, or an error that says in people's words where the file is wrong. An error names
//     lines, places and headings, never what stands in a row: it may be logged.
//   - [Match] never guesses: what might be several is ambiguous, rows and accounts alike. Its answer does not depend on the order
//     in which accounts are given.
//   - A Row holds a name. It is for matching and for the people who may see it; its Key names nobody.
//
// Nothing here reads a file, asks the clock or keeps state. A Roll and a Matching are not changed once they are made.
package rolls

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"esafetybot/internal/calendar"
)

// Which roll it is: one of these, or the name of an entry of others in lower case.
const (
	Pupils = "pupils"
	Staff  = "staff"
)

// The columns that a policy may name.
const (
	ID        = "id"        // roll number, staff code
	Email     = "email"     // the school's e-mail address
	Name      = "name"      // full name, in any order
	YearGroup = "year"      // year group
	Class     = "class"     // class or registration group
	Agreement = "agreement" // of acceptable use: a date or a word
	Publish   = "publish"   // whether work and pictures may be published
	Left      = "left"      // date of leaving
	Ends      = "ends"      // date on which access ends
)

// Columns lists them all.
func Columns() []string {
	return []string{ID, Email, Name, YearGroup, Class, Agreement, Publish, Left, Ends}
}

// A Roll is one roll as it was read.
type Roll struct {
	Which string // Pupils, Staff or an entry's name, lower case
	Rows  []Row  // in the order of the file, each key once
	// Odd lists cells that say something which is neither a year nor a date nor an answer where one of these should stand.
	Odd []Odd

	has map[string]bool
}

// Has tells whether the policy names a column for it.
func (r *Roll) Has(column string) bool { return r.has[column] }

// An Odd is a cell that could not be understood. It does not repeat what stands there.
type Odd struct {
	Line   int
	Column string // Left, YearGroup …
}

// A Row is one person.
type Row struct {
	Key       string // "sha256-…", the same from one version of the roll to the next; names nobody
	Line      int    // in the file, from 1
	ID        string
	Email     string // lower case
	Name      string
	Year      string // "N", "R", "1" … "9"; "" if none or not a year
	Class     string
	Agreement Answer
	Publish   Answer
	Left      calendar.Date // zero: not said, or no date
	Ends      Answer        // only On and Unreadable mean something
}

// Leaver tells whether the person has left by today.
func (r *Row) Leaver(today calendar.Date) bool { return !r.Left.IsZero() && !r.Left.After(today) }

// An Answer is a cell that holds a word for yes or no, or a date.
type Answer struct {
	Says Says
	Date calendar.Date // if it says On
}

// Says is what an answer says.
type Says uint8

// The answers.
const (
	Nothing    Says = iota // the cell is empty
	No                     // no, n, false, 0
	Yes                    // yes, y, true, 1, signed
	On                     // a date
	Unreadable             // anything else
)

// Signed tells whether it says that an agreement was signed, by a word or by a date from first to last.
func (a Answer) Signed(first, last calendar.Date) bool {
	return a.Says == Yes || a.Says == On && !a.Date.Before(first) && !a.Date.After(last)
}

// Shrunk tells whether a roll of now rows, where there were before rows when it was last read, has half its size or less. Then it is more
// likely cut off than true.
func Shrunk(before, now int) bool { return before > 0 && 2*now <= before }

// key is the row's key in a roll.
func (r *Row) key(which string) string {
	of := strings.ToLower(r.ID)
	if of == "" {
		of = r.Email
	}
	if of == "" {
		of = NameKey(r.Name) + "\n" + strings.ToLower(r.Class)
	}
	sum := sha256.Sum256([]byte(which + "\n" + of))
	return "sha256-" + hex.EncodeToString(sum[:8])
}

// NameKey makes spellings of a name comparable: lower case, without accents, words in alphabetical order, without anything that is neither
// letter nor digit. "O'Connor, Zoë" is "connor o zoe".
func NameKey(name string) string {
	plain := strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r):
			return -1
		case unicode.IsLetter(r), unicode.IsDigit(r):
			return r
		}
		return ' '
	}, norm.NFD.String(strings.ToLower(name)))
	words := strings.Fields(plain)
	slices.Sort(words)
	return strings.Join(words, " ")
}
