package server

import (
	"fmt"
	"strings"

	"esafetybot/internal/sim/discovery"
)

// mask is a parsed fields parameter: which fields of an answer are wanted. A nil mask wants everything.
// Grammar, from Google's guide "Return specific fields": a,b  a/b  a(b,c/d)  a/*.
type mask struct {
	all  bool
	subs map[string]*mask
}

// parseMask reads a fields parameter; "" gives nil.
func parseMask(s string) (*mask, error) {
	if s == "" {
		return nil, nil
	}
	p := &maskParser{s: s}
	m, err := p.list(0)
	if err != nil {
		return nil, err
	}
	if p.pos < len(p.s) {
		return nil, p.wrong()
	}
	return m, nil
}

type maskParser struct {
	s   string
	pos int
}

func (p *maskParser) wrong() error { return fmt.Errorf("Invalid field selection %s", p.s[p.pos:]) }

// maxDepth bounds nesting, so that no mask can exhaust the stack.
const maxDepth = 50

func (p *maskParser) list(depth int) (*mask, error) {
	if depth > maxDepth {
		return nil, p.wrong()
	}
	out := &mask{subs: map[string]*mask{}}
	for {
		if err := p.path(out, depth); err != nil {
			return nil, err
		}
		if p.pos >= len(p.s) || p.s[p.pos] != ',' {
			return out, nil
		}
		p.pos++
	}
}

// path reads one selection and enters it into m.
func (p *maskParser) path(m *mask, depth int) error {
	for n := 0; ; n++ {
		name := p.name()
		if name == "" || n > maxDepth {
			return p.wrong()
		}
		if name == "*" {
			m.all = true
		}
		sub, seen := m.subs[name]
		next := byte(0)
		if p.pos < len(p.s) {
			next = p.s[p.pos]
		}
		switch next {
		case '/':
			p.pos++
			if !seen {
				sub = &mask{subs: map[string]*mask{}}
				m.subs[name] = sub
			}
			if sub == nil { // everything below is wanted already
				sub = &mask{subs: map[string]*mask{}}
			}
			m = sub
		case '(':
			p.pos++
			inner, err := p.list(depth + 1)
			if err != nil {
				return err
			}
			if p.pos >= len(p.s) || p.s[p.pos] != ')' {
				return p.wrong()
			}
			p.pos++
			switch {
			case seen && sub == nil:
			case seen:
				sub.merge(inner)
			default:
				m.subs[name] = inner
			}
			return nil
		default:
			m.subs[name] = nil
			return nil
		}
	}
}

func (m *mask) merge(o *mask) {
	m.all = m.all || o.all
	for k, v := range o.subs {
		mine, seen := m.subs[k]
		switch {
		case !seen || v == nil:
			m.subs[k] = v
		case mine != nil:
			mine.merge(v)
		}
	}
}

func (p *maskParser) name() string {
	start := p.pos
	for p.pos < len(p.s) {
		c := p.s[p.pos]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '*' && p.pos == start {
			p.pos++
			if c == '*' {
				break
			}
			continue
		}
		break
	}
	return p.s[start:p.pos]
}

// sub tells whether the field is wanted and what of it.
func (m *mask) sub(name string) (*mask, bool) {
	if m == nil {
		return nil, true
	}
	if s, ok := m.subs[name]; ok {
		return s, true
	}
	if m.all {
		return m.subs["*"], true
	}
	return nil, false
}

// has tells whether the path of fields is wanted, wholly or in part.
func (m *mask) has(path ...string) bool {
	for _, name := range path {
		s, ok := m.sub(name)
		if !ok {
			return false
		}
		m = s
	}
	return true
}

// check reports the first field that the schema does not have, "" when all are known.
func (m *mask) check(a *discovery.API, s *discovery.Schema) string {
	for s != nil && s.Ref != "" {
		s = a.Schemas[s.Ref]
	}
	if m == nil || s == nil {
		return ""
	}
	if s.Type == "array" {
		return m.check(a, s.Items)
	}
	for name, sub := range m.subs {
		if name == "*" {
			continue
		}
		p := s.Properties[name]
		if p == nil {
			p = s.AdditionalProperties
		}
		if p == nil {
			if s.Type == "any" || s.Type == "object" && s.Properties == nil {
				continue
			}
			return name
		}
		if bad := sub.check(a, p); bad != "" {
			return bad
		}
	}
	return ""
}

// filter appends to dst what the mask wants of the JSON value at the start of src, and returns the rest of src. src must be valid JSON:
// it is what this server wrote itself.
func (m *mask) filter(dst, src []byte) (out, rest []byte) {
	src = skipSpace(src)
	if m == nil || len(src) == 0 {
		n := valueEnd(src)
		return append(dst, src[:n]...), src[n:]
	}
	switch src[0] {
	case '{':
		dst = append(dst, '{')
		first := true
		src = skipSpace(src[1:])
		for len(src) > 0 && src[0] != '}' {
			n := stringEnd(src)
			key := src[:n]
			src = skipSpace(src[n:])
			src = skipSpace(src[1:]) // the colon
			sub, ok := m.sub(string(key[1 : len(key)-1]))
			if ok {
				if !first {
					dst = append(dst, ',')
				}
				first = false
				dst = append(append(dst, key...), ':')
				dst, src = sub.filter(dst, src)
			} else {
				src = src[valueEnd(src):]
			}
			src = skipSpace(src)
			if len(src) > 0 && src[0] == ',' {
				src = skipSpace(src[1:])
			}
		}
		return append(dst, '}'), src[1:]
	case '[':
		dst = append(dst, '[')
		src = skipSpace(src[1:])
		for n := 0; len(src) > 0 && src[0] != ']'; n++ {
			if n > 0 {
				dst = append(dst, ',')
			}
			dst, src = m.filter(dst, src)
			src = skipSpace(src)
			if len(src) > 0 && src[0] == ',' {
				src = skipSpace(src[1:])
			}
		}
		return append(dst, ']'), src[1:]
	}
	n := valueEnd(src)
	return append(dst, src[:n]...), src[n:]
}

func skipSpace(b []byte) []byte {
	for len(b) > 0 && strings.IndexByte(" \t\r\n", b[0]) >= 0 {
		b = b[1:]
	}
	return b
}

func stringEnd(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(b)
}

// valueEnd is the length of the JSON value at the start of b.
func valueEnd(b []byte) int {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			i += stringEnd(b[i:]) - 1
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
			if depth == 0 {
				return i + 1
			}
		case ',':
			if depth == 0 {
				return i
			}
		}
	}
	return len(b)
}
