package server

import (
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"
)

// object writes a JSON object field by field, straight into a buffer: lists of files are too long for reflection.
type object struct {
	b     []byte
	mask  *mask
	first bool
}

func begin(b []byte, m *mask) *object { return &object{append(b, '{'), m, true} }

func (o *object) end() []byte { return append(o.b, '}') }

// key writes the name and tells what of the value is wanted; ok is false when nothing is.
func (o *object) key(name string) (sub *mask, ok bool) {
	if sub, ok = o.mask.sub(name); !ok {
		return nil, false
	}
	if !o.first {
		o.b = append(o.b, ',')
	}
	o.first = false
	o.b = append(append(append(o.b, '"'), name...), '"', ':')
	return sub, true
}

func (o *object) str(name, v string) {
	if _, ok := o.key(name); ok {
		o.b = appendString(o.b, v)
	}
}

// opt writes a text that may be missing.
func (o *object) opt(name, v string) {
	if v != "" {
		o.str(name, v)
	}
}

func (o *object) bool(name string, v bool) {
	if _, ok := o.key(name); ok {
		o.b = strconv.AppendBool(o.b, v)
	}
}

func (o *object) time(name string, t time.Time) {
	if t.IsZero() {
		return
	}
	if _, ok := o.key(name); ok {
		o.b = append(t.UTC().AppendFormat(append(o.b, '"'), stamp), '"')
	}
}

func (o *object) raw(name string, v json.RawMessage) {
	if sub, ok := o.key(name); ok {
		o.b, _ = sub.filter(o.b, v)
	}
}

const stamp = "2006-01-02T15:04:05.000Z"

func appendString(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			q, err := json.Marshal(s)
			if err != nil {
				return append(b, `""`...)
			}
			return append(b, q...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}
