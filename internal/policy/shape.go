package policy

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// form is what a piece of the file is made of.
type form int

const (
	textForm   form = iota // words, an address, a date
	flagForm               // true or false
	listForm               // [a, b]
	objectForm             // named fields
	tableForm              // names chosen by the school, each with a text
	eitherForm             // one of several shapes of different forms
	rawForm                // looked at later, by a shape that depends on other fields
	numberForm             // 28, within bounds
	scalarForm             // a text, a number, or true or false: kept as a text
)

// shape declares what may stand somewhere in the file. The file is checked against it, and the JSON Schema is made from it.
type shape struct {
	form    form
	what    string              // what is expected, in words: "a date such as 2026-09-02"
	name    string              // under which the JSON Schema keeps it, where it is used more than once
	fields  []field             // of an object
	exactly []string            // of an object: exactly one of these fields is there
	brings  map[string][]string // of an object: a field that asks for others beside it
	onlyBy  map[string][]string // of an object: a field that makes sense only beside one of these
	elem    *shape              // of a list or table
	least   int                 // items a list must have
	most    int                 // items a list may have; 0 means any number
	either  []*shape            // alternatives
	words   []string            // the only texts or, of a table, the only names allowed; nil means any
	some    []string            // of an object or table: at least one of these fields is there
	keys    *shape              // what the names of a table have to be, where any number of them is right
	whole   bool                // of a number: no fraction
	from    float64             // the least number
	to      float64             // the greatest
	pattern string              // for the JSON Schema of a text
	test    func(string) string // says what is wrong with a text, or ""
	later   bool                // of an object: what its fields ask of each other is looked at by relate, once what is inherited is in it
}

// field is one named part of an object.
type field struct {
	name  string
	need  bool
	doc   string
	shape *shape
}

// value is a piece of the file that fits its shape. A nil *value is a piece that is absent, or was wrong and
// has been complained about; every method works on it.
type value struct {
	at     position
	text   string
	flag   bool
	number float64 // a number; of a list or table, how many pieces the file has, right or wrong
	items  []*value
	names  []string // of an object or table, in the order of the file
	fields map[string]*value
	keys   map[string]position
	shape  *shape   // the alternative that fitted
	node   ast.Node // of a raw piece
}

func (v *value) get(name string) *value {
	if v == nil {
		return nil
	}
	return v.fields[name]
}

// has tells whether the file says something under name, right or wrong.
func (v *value) has(name string) bool {
	if v == nil {
		return false
	}
	_, ok := v.keys[name]
	return ok
}

// among lists which of the names the file says something under.
func (v *value) among(names []string) []string {
	var out []string
	for _, n := range names {
		if v.has(n) {
			out = append(out, n)
		}
	}
	return out
}

func (v *value) keyAt(name string) position {
	if v == nil {
		return position{line: 1, column: 1}
	}
	if at, ok := v.keys[name]; ok {
		return at
	}
	return v.at
}

func (v *value) str() string {
	if v == nil {
		return ""
	}
	return v.text
}

func (v *value) isTrue() bool { return v != nil && v.flag }

// list gives the pieces of a list that are right.
func (v *value) list() []*value {
	if v == nil {
		return nil
	}
	return v.items
}

// whole gives a whole number that is right, or what holds without one.
func (v *value) whole(otherwise int) int {
	if v == nil {
		return otherwise
	}
	return int(v.number)
}

func (v *value) where() position {
	if v == nil {
		return position{line: 1, column: 1}
	}
	return v.at
}

// complete tells whether all pieces of a list are right.
func (v *value) complete() bool { return v != nil && len(v.items) == int(v.number) }

// texts gives the texts of a list.
func (v *value) texts() []string {
	var out []string
	for _, i := range v.list() {
		out = append(out, i.text)
	}
	return out
}

// fit checks a node against a shape, complains about what does not fit, and returns the rest; nil if nothing is left.
func (c *complaints) fit(n ast.Node, s *shape) *value {
	v := &value{at: at(n), shape: s}
	switch s.form {
	case rawForm:
		v.node = n
		return v
	case eitherForm:
		for _, alt := range s.either {
			if suits(n, alt.form) {
				return c.fit(n, alt)
			}
		}
		c.wrong(v.at, found(n), s.what, "")
		return nil
	}
	if !suits(n, s.form) {
		hint := s.what
		if s.form == textForm && isScalar(n) && scalarText(n) != "" {
			hint += fmt.Sprintf(" (put it in quotes: %q)", scalarText(n))
		}
		c.wrong(v.at, found(n), hint, "")
		return nil
	}
	switch s.form {
	case textForm:
		v.text = strings.TrimSpace(scalarText(n))
		if !c.fitText(v, s) {
			return nil
		}
	case scalarForm:
		v.text = strings.TrimSpace(scalarText(n))
		switch n.(type) {
		case *ast.BoolNode:
			v.text = strings.ToLower(v.text)
		case *ast.IntegerNode, *ast.FloatNode:
			number, ok := numberOf(n)
			if !ok {
				c.wrong(v.at, found(n), s.what, "")
				return nil
			}
			v.text = strconv.FormatFloat(number, 'f', -1, 64)
		}
		if !c.fitText(v, s) {
			return nil
		}
	case numberForm:
		number, ok := numberOf(n)
		if !ok || number < s.from || number > s.to || s.whole && number != math.Trunc(number) {
			c.wrong(v.at, found(n), s.what, "")
			return nil
		}
		v.number = number
	case flagForm:
		v.flag = n.(*ast.BoolNode).Value
	case listForm:
		c.fitList(v, n.(*ast.SequenceNode), s)
	case objectForm, tableForm:
		c.fitObject(v, pairs(n), s)
	}
	return v
}

// plainNumber is how a number is written in a policy: no octal, no hexadecimal, no infinity, no more digits than a float64 keeps.
var plainNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,6})?$`)

func numberOf(n ast.Node) (float64, bool) {
	text := scalarText(n)
	if !plainNumber.MatchString(text) {
		return 0, false
	}
	number, err := strconv.ParseFloat(text, 64)
	return number, err == nil
}

func (c *complaints) fitText(v *value, s *shape) bool {
	if s.words != nil && !slices.Contains(s.words, v.text) {
		c.wrong(v.at, fmt.Sprintf("found %s", show(v.text)), s.what, nearest(v.text, s.words))
		return false
	}
	if v.text == "" {
		c.wrong(v.at, "found nothing", s.what, "")
		return false
	}
	if s.test != nil {
		if wrong := s.test(v.text); wrong != "" {
			c.wrong(v.at, wrong, s.what, "")
			return false
		}
	}
	return true
}

func (c *complaints) fitList(v *value, n *ast.SequenceNode, s *shape) {
	v.number = float64(len(n.Values))
	for _, item := range n.Values {
		if i := c.fit(item, s.elem); i != nil {
			v.items = append(v.items, i)
		}
	}
	if len(n.Values) < s.least || s.most > 0 && len(n.Values) > s.most {
		c.wrong(v.at, fmt.Sprintf("found a list of %d", len(n.Values)), s.what, "")
	}
}

func (c *complaints) fitObject(v *value, of []*ast.MappingValueNode, s *shape) {
	v.number = float64(len(of))
	v.fields, v.keys = map[string]*value{}, map[string]position{}
	var known []string
	for _, f := range s.fields {
		known = append(known, f.name)
	}
	if s.form == tableForm {
		known = s.words
	}
	for _, pair := range of {
		key, where := keyText(pair.Key), at(pair.Key)
		if first, twice := v.keys[key]; twice {
			c.wrong(where, fmt.Sprintf("found %s a second time (the first is on %s)", show(key), first), "each name once", "")
			continue
		}
		shape := s.elem
		if i := slices.IndexFunc(s.fields, func(f field) bool { return f.name == key }); i >= 0 {
			shape = s.fields[i].shape
		} else if s.form == objectForm || known != nil && !slices.Contains(known, key) {
			c.wrong(where, fmt.Sprintf("found %s, which is not known here", show(key)), oneOf(known), nearest(key, known))
			continue
		}
		if s.keys != nil {
			if wrong := s.keys.test(key); wrong != "" {
				c.wrong(where, wrong, s.keys.what, "")
				continue
			}
		}
		v.keys[key] = where
		v.names = append(v.names, key)
		if f := c.fit(pair.Value, shape); f != nil {
			if f.at.line == 0 {
				f.at = where
			}
			v.fields[key] = f
		}
	}
	if !s.later {
		c.relations(v, s)
	}
}

// relate looks at what was left for later.
func (c *complaints) relate(v *value, s *shape) {
	switch {
	case v == nil:
	case s.form == listForm:
		for _, i := range v.items {
			c.relate(i, s.elem)
		}
	case s.later:
		c.relations(v, s)
		for _, f := range s.fields {
			c.relate(v.get(f.name), f.shape)
		}
	}
}

// relations looks at what the fields of an object ask of each other.
func (c *complaints) relations(v *value, s *shape) {
	for _, f := range s.fields {
		if f.need && !v.has(f.name) {
			c.wrong(v.at, fmt.Sprintf("found no %q", f.name), fmt.Sprintf("%s: %s", f.name, f.shape.what), "")
		}
		if by := s.onlyBy[f.name]; by != nil && v.has(f.name) && len(v.among(by)) == 0 {
			c.wrong(v.keyAt(f.name), fmt.Sprintf("found %q", f.name), "it only beside "+oneOf(by), "")
		}
		for _, other := range s.brings[f.name] {
			if v.has(f.name) && !v.has(other) {
				c.wrong(v.keyAt(f.name), fmt.Sprintf("found %q without %q", f.name, other), other+": "+s.field(other).what, "")
			}
		}
	}
	if len(s.some) > 0 && len(v.among(s.some)) == 0 {
		c.wrong(v.at, "found none of "+strings.Join(s.some, ", "), "at least one of "+strings.Join(s.some, ", "), "")
	}
	if there := v.among(s.exactly); len(s.exactly) > 0 && len(there) != 1 {
		what := "found none of " + strings.Join(s.exactly, ", ")
		if len(there) > 1 {
			what = "found " + strings.Join(there, " and ") + " together"
		}
		c.wrong(v.at, what, "exactly one of "+strings.Join(s.exactly, ", "), "")
	}
}

// field is the shape of a field that is known to be declared.
func (s *shape) field(name string) *shape {
	return s.fields[slices.IndexFunc(s.fields, func(f field) bool { return f.name == name })].shape
}

// show quotes a text for a message, shortened.
func show(s string) string {
	if r := []rune(s); len(r) > 60 {
		s = string(r[:60]) + "…"
	}
	return fmt.Sprintf("%q", s)
}
