// Package names finds the names of people in a text as docs/name-rules.md says, which is the specification of every word used here.
//
// Contract:
//
//   - [New] builds a [Matcher] once from everybody whose name matters: the pupils that are looked for, and the adults who may bear the same
//     names. A Matcher never changes and may be used by many at a time.
//   - [Matcher.Find] goes over a text once. Its cost grows with the length of the text and with how many hits there are, not with how many names
//     there are; any bytes are a text.
//   - A [Hit] says who by index and where by bytes. Nothing here logs, and no error or panic repeats a name or a text: there are none.
//
// Nothing here knows a policy, a roll, an account or a place: who is looked for, and in what, is the caller's.
package names

import (
	"strings"
	"unicode"
)

// A Name is one of somebody's names in its two parts, as they are written. Either may be empty.
type Name struct{ Given, Family string }

// Of is an account's name: its given and family name or, if one of these has no letter, what can be read from the full name.
func Of(given, family, full string) Name {
	if len(letters(given)) == 0 || len(letters(family)) == 0 {
		return Written(full)
	}
	return Name{given, family}
}

// Written takes a name apart that is written as one text: "Larkham, Ada", "Ada Larkham", "Mary van der Berg".
func Written(full string) Name {
	if family, given, ok := strings.Cut(full, ","); ok {
		return Name{given, family}
	}
	var pieces []string
	for _, p := range strings.FieldsFunc(full, unicode.IsSpace) {
		if len(letters(p)) > 0 {
			pieces = append(pieces, p)
		}
	}
	if len(pieces) < 2 {
		return Name{Given: strings.Join(pieces, " ")}
	}
	last := len(pieces) - 1
	for last > 1 && particles[string(letters(pieces[last-1]))] {
		last--
	}
	return Name{strings.Join(pieces[:last], " "), strings.Join(pieces[last:], " ")}
}

// A Person is somebody whose names matter.
type Person struct {
	Names []Name
	// Adult: they are not looked for, but what is their name is not a pupil's.
	Adult bool
	// Alone: a first name alone is a hit already. It means nothing for adults.
	Alone bool
}

// Kind is what of a name was found.
type Kind uint8

// The kinds.
const (
	FullName Kind = iota
	FirstNameAlone
	// CouldNotTell is a full name that is an adult's as well.
	CouldNotTell
)

// A Hit is a place in a text where a pupil's name stands.
type Hit struct {
	Person     int // index of what New was given
	Start, End int // bytes of the text, from the first letter to behind the last
	Kind       Kind
}

// Findable says how somebody can be found.
type Findable struct {
	FullName bool // some name has a first and a last
	Alone    bool // some first name is long and uncommon enough to be a hit by itself
}

// A posting is a person who has a pair of first and last (or half) as a name.
type posting struct {
	who  int32
	half bool
}

// What a form is, in somebody's name.
const (
	isFirst = 1 << iota
	isMiddle
	isPlain
)

// A form is one spelling that is looked for, by its number in the tree.
type form struct {
	flags    uint8
	letters  int     // how many
	together []int32 // people whose first and last it is, run together
	alone    []int32 // people who must not even be named by it
}

// A Matcher finds the people that it was made of.
type Matcher struct {
	tree     tree
	forms    []form
	pairs    map[[2]int32][]posting // first and last
	adult    []bool
	initials [][]rune // of everybody's lasts and halves
	findable []Findable
}

// New builds a matcher. Where people share a name each of them is found.
func New(people []Person) *Matcher {
	m := &Matcher{
		tree: newTree(), pairs: map[[2]int32][]posting{},
		adult: make([]bool, len(people)), initials: make([][]rune, len(people)), findable: make([]Findable, len(people)),
	}
	for i, p := range people {
		m.adult[i] = p.Adult
		for _, n := range p.Names {
			m.name(int32(i), p, n)
			m.name(int32(i), p, n.transcribed())
		}
	}
	m.tree.freeze()
	return m
}

// Findable tells how the i-th person that New was given can be found.
func (m *Matcher) Findable(i int) Findable { return m.findable[i] }

// name takes one name of somebody in.
func (m *Matcher) name(who int32, p Person, n Name) {
	parts := n.parts()
	for _, middle := range parts.middles {
		m.form(middle, isMiddle)
	}
	for _, first := range parts.firsts {
		m.form(first, isFirst|isMiddle)
		if p.Alone && !p.Adult && len([]rune(first)) >= aloneLetters && !common[first] {
			f := &m.forms[m.form(first, isFirst)]
			f.alone = append(f.alone, who)
			m.findable[who].Alone = true
		}
	}
	for _, last := range parts.lasts {
		m.initials[who] = append(m.initials[who], []rune(last)[0])
		for _, first := range parts.firsts {
			m.findable[who].FullName = true
			m.pair(first, last, posting{who: who})
			if plain(first) && plain(last) {
				continue
			}
			for _, run := range []string{first + last, last + first} {
				if len([]rune(run)) >= togetherLetters {
					f := &m.forms[m.form(run, 0)]
					f.together = append(f.together, who)
				}
			}
		}
	}
	for _, half := range parts.halves {
		m.initials[who] = append(m.initials[who], []rune(half)[0])
		for _, first := range parts.firsts {
			m.pair(first, half, posting{who: who, half: true})
		}
	}
}

func (m *Matcher) pair(first, last string, p posting) {
	key := [2]int32{m.form(first, isFirst), m.form(last, 0)}
	m.pairs[key] = append(m.pairs[key], p)
}

// form is the number of a spelling, which is put into the tree if need be.
func (m *Matcher) form(spelling string, flags uint8) int32 {
	letters := []rune(spelling)
	end := &m.tree.nodes[m.tree.add(letters)]
	if end.form == none {
		end.form = int32(len(m.forms))
		m.forms = append(m.forms, form{letters: len(letters)})
	}
	if plain(spelling) {
		flags |= isPlain
	}
	m.forms[end.form].flags |= flags
	return end.form
}
