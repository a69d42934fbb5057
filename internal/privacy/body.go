package privacy

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// decode reads JSON, numbers as they are written.
func decode(data []byte) (any, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return v, err
}

// mentions tells whether anything in a body mentions the person.
func (n *needles) mentions(v any) bool {
	switch x := v.(type) {
	case string:
		return n.in(x)
	case json.Number:
		return n.in(x.String())
	case []any:
		return slices.ContainsFunc(x, n.mentions)
	case map[string]any:
		for k, e := range x {
			if n.in(k) || n.mentions(e) {
				return true
			}
		}
	}
	return false
}

// scrub takes a person out of a body, in place where that is possible, and returns what is left of it. name is the field in which it stands.
func (p *Place) scrub(n *needles, name string, v any) any {
	switch x := v.(type) {
	case string:
		return n.without(x)
	case json.Number:
		if n.in(x.String()) {
			return json.Number("0")
		}
	case []any:
		return p.scrubList(n, name, x)
	case map[string]any:
		p.scrubTable(n, name, x)
	}
	return v
}

func (p *Place) scrubList(n *needles, name string, list []any) []any {
	field, drops := p.Drop[name]
	sorted := inOrder(list)
	out := make([]any, 0, len(list))
	for _, e := range list {
		if !drops || !n.mentions(part(e, field)) {
			out = append(out, p.scrub(n, name, e))
		}
	}
	if sorted { // facts are looked up by halves
		slices.SortFunc(out, func(a, b any) int { return bytes.Compare([]byte(a.(string)), []byte(b.(string))) })
		out = slices.Compact(out)
	}
	return out
}

// inOrder tells whether a list is of strings and sorted.
func inOrder(list []any) bool {
	words := make([]string, 0, len(list))
	for _, e := range list {
		s, ok := e.(string)
		if !ok {
			return false
		}
		words = append(words, s)
	}
	return slices.IsSorted(words)
}

func (p *Place) scrubTable(n *needles, name string, t map[string]any) {
	if n.mentions(t["by"]) {
		for _, f := range p.OwnWords {
			delete(t, f)
		}
	}
	field, drops := p.Drop[name]
	for _, k := range sortedKeys(t) {
		v := t[k]
		switch {
		case n.in(k):
			delete(t, k)
			if p.Rename && name == "" {
				t[free()] = p.scrub(n, k, v)
			}
		case drops && field != "" && n.mentions(part(v, field)), drops && field == "" && n.mentions(v):
			delete(t, k)
		default:
			t[k] = p.scrub(n, k, v)
		}
	}
}

// free is a key that tells nothing and that nobody else has: what lies under it may come to lie beside others'.
func free() string { return Mark + "-" + strings.ToLower(rand.Text()[:10]) }

// part is a field of an element, further down behind dots; the element itself for "".
func part(v any, field string) any {
	if field == "" {
		return v
	}
	head, rest := field, ""
	for i := range len(field) {
		if field[i] == '.' {
			head, rest = field[:i], field[i+1:]
			break
		}
	}
	if t, ok := v.(map[string]any); ok {
		return part(t[head], rest)
	}
	return nil
}

// Text is a field of a body as a string, further down behind dots; "" if it is none.
func Text(body any, field string) string {
	s, _ := part(body, field).(string)
	return s
}

// excerpt is what of a body is about the person: the elements of its lists and tables that mention them, else the whole.
func (p *Place) excerpt(n *needles, v any) any {
	switch x := v.(type) {
	case []any:
		var out []any
		for _, e := range x {
			if n.mentions(e) {
				out = append(out, e)
			}
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for k, e := range x {
			list, isList := e.([]any)
			_, isTable := e.(map[string]any)
			switch {
			case n.in(k):
				out[k] = e
			case isList && n.mentions(e):
				out[k] = p.excerpt(n, list)
			case isTable && n.mentions(e):
				out[k] = p.excerpt(n, e)
			case !isList && !isTable:
				out[k] = e
			}
		}
		return out
	}
	return v
}

func sortedKeys(t map[string]any) []string { return slices.Sorted(maps.Keys(t)) }
