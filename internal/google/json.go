package google

import (
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"
)

// errShape says that an answer is JSON, but not of the shape that it should be.
var errShape = errors.New("the answer is not of the expected shape")

// A scanner reads JSON in one pass, straight into what the caller wants of it. The REST clients' own decoding makes large structs of
// everything first and goes over each answer three times; with a million files that is most of the work and most of the memory of a run.
//
// The caller asks for what it expects at the place where the scanner stands. null is always accepted and gives nothing. Once something
// is not as expected the scanner is at the end and says so in [scanner.finish].
type scanner struct {
	b     []byte
	i     int
	depth int
	bad   bool
	known map[string]string // words that come again and again, such as the owner's address on each file
}

const (
	maxNesting = 64   // of an answer
	maxKnown   = 4096 // words remembered
	maxWord    = 128  // bytes of a word worth remembering
)

func (s *scanner) fail() { s.bad, s.i = true, len(s.b) }

// next skips white space and gives the byte there, 0 at the end.
func (s *scanner) next() byte {
	for s.i < len(s.b) {
		switch c := s.b[s.i]; c {
		case ' ', '\t', '\n', '\r':
			s.i++
		default:
			return c
		}
	}
	return 0
}

// take goes past a byte if it is there.
func (s *scanner) take(c byte) bool {
	if s.next() != c {
		return false
	}
	s.i++
	return true
}

// literal goes past null, true or false if it is there.
func (s *scanner) literal(word string) bool {
	s.next()
	if len(s.b)-s.i < len(word) || string(s.b[s.i:s.i+len(word)]) != word {
		return false
	}
	s.i += len(word)
	return true
}

// finish tells whether everything was as expected, and nothing is left: else [errShape], or [errCut] if it is no JSON at all.
func (s *scanner) finish() error {
	if s.next() == 0 && s.i == len(s.b) && !s.bad {
		return nil
	}
	if json.Valid(s.b) {
		return errShape
	}
	return errCut
}

// object reads an object; member is called at each value and must read or skip it. Its key is good until it returns.
func (s *scanner) object(member func(key []byte)) {
	s.list('{', '}', func() {
		key, plain := s.quoted()
		if !plain {
			key = []byte(s.unquote(key))
		}
		if !s.take(':') {
			s.fail()
			return
		}
		member(key)
	})
}

// array reads an array; element is called at each value and must read or skip it.
func (s *scanner) array(element func()) { s.list('[', ']', element) }

func (s *scanner) list(begin, end byte, one func()) {
	if s.literal("null") {
		return
	}
	if s.depth++; s.depth > maxNesting || !s.take(begin) {
		s.fail()
		return
	}
	if !s.take(end) {
		for {
			one()
			if s.take(end) {
				break
			}
			if s.bad || !s.take(',') {
				s.fail()
				return
			}
		}
	}
	s.depth--
}

// text reads a string.
func (s *scanner) text() string {
	if s.literal("null") {
		return ""
	}
	raw, plain := s.quoted()
	if plain {
		return string(raw)
	}
	return s.unquote(raw)
}

// word reads a string that others are likely to be equal to.
func (s *scanner) word() string {
	if s.literal("null") {
		return ""
	}
	raw, plain := s.quoted()
	if !plain {
		return s.unquote(raw)
	}
	if w, ok := s.known[string(raw)]; ok {
		return w
	}
	w := string(raw)
	if s.known != nil && len(w) <= maxWord {
		if len(s.known) >= maxKnown {
			clear(s.known)
		}
		s.known[w] = w
	}
	return w
}

// quoted finds the string at this place: what stands between its quotes if it is plain, else the whole of it, for unquote.
func (s *scanner) quoted() (raw []byte, plain bool) {
	if !s.take('"') {
		s.fail()
		return nil, true
	}
	begin, plain := s.i, true
	high := byte(0)
	for s.i < len(s.b) {
		switch c := s.b[s.i]; {
		case c == '"':
			s.i++
			raw = s.b[begin : s.i-1]
			if plain && (high < utf8.RuneSelf || utf8.Valid(raw)) {
				return raw, true
			}
			return s.b[begin-1 : s.i], false
		case c == '\\':
			plain = false
			s.i++ // what is escaped does not end the string
		case c < ' ':
			s.fail()
			return nil, true
		default:
			high |= c
		}
		s.i++
	}
	s.fail()
	return nil, true
}

// unquote reads a string with escapes, or with bytes that are no UTF-8.
func (s *scanner) unquote(quoted []byte) (text string) {
	if json.Unmarshal(quoted, &text) != nil {
		s.fail()
		return ""
	}
	return text
}

// flag reads true or false.
func (s *scanner) flag() bool {
	switch {
	case s.literal("true"):
		return true
	case s.literal("false"), s.literal("null"):
	default:
		s.fail()
	}
	return false
}

// skip goes past any value.
func (s *scanner) skip() {
	switch c := s.next(); {
	case c == '{':
		s.object(func([]byte) { s.skip() })
	case c == '[':
		s.array(s.skip)
	case c == '"':
		if raw, plain := s.quoted(); !plain {
			s.unquote(raw)
		}
	case s.literal("null"), s.literal("true"), s.literal("false"):
	default:
		begin := s.i
		for s.i < len(s.b) && strings.IndexByte("+-.0123456789eE", s.b[s.i]) >= 0 {
			s.i++
		}
		if !json.Valid(s.b[begin:s.i]) {
			s.fail()
		}
	}
}
