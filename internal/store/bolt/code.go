package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"esafetybot/internal/store"
)

// encode writes a document: the byte 1 (this layout), then as varints version, schema and the number of fields, then
// each field's name and value with their lengths, sorted, then the body to the end.
func encode(d store.Doc) []byte {
	out := make([]byte, 0, 32+len(d.Body))
	out = append(out, 1)
	out = binary.AppendUvarint(out, uint64(d.Version))
	out = binary.AppendUvarint(out, uint64(d.Schema))
	out = binary.AppendUvarint(out, uint64(len(d.Fields)))
	for _, f := range slices.Sorted(maps.Keys(d.Fields)) {
		for _, s := range []string{f, d.Fields[f]} {
			out = binary.AppendUvarint(out, uint64(len(s)))
			out = append(out, s...)
		}
	}
	return append(out, d.Body...)
}

var errDamaged = errors.New("the stored bytes are damaged or of a newer program: restore the state file from a copy, or use the newer program")

// decode reads what encode wrote. The document shares no memory with raw.
func decode(c *store.Collection, key string, raw []byte) (store.Doc, error) {
	d, body, err := head(c, key, raw)
	if len(body) > 0 {
		d.Body = slices.Clone(body)
	}
	return d, err
}

// head reads all but the body, and returns that as the part of raw that it is.
func head(c *store.Collection, key string, raw []byte) (d store.Doc, body []byte, err error) {
	d.Key = key
	fail := func() (store.Doc, []byte, error) {
		return store.Doc{}, nil, fmt.Errorf("collection %q, key %q: %w", c.Name, key, errDamaged)
	}
	if len(raw) == 0 || raw[0] != 1 {
		return fail()
	}
	raw = raw[1:]
	ok := true
	number := func() uint64 {
		v, n := binary.Uvarint(raw)
		if n <= 0 {
			ok, raw = false, nil
			return 0
		}
		raw = raw[n:]
		return v
	}
	text := func() string {
		n := number()
		if n > uint64(len(raw)) {
			ok = false
			return ""
		}
		s := string(raw[:n])
		raw = raw[n:]
		return s
	}
	d.Version, d.Schema = int64(number()), int(number())
	n := number()
	for i := uint64(0); i < n && ok; i++ {
		if d.Fields == nil {
			d.Fields = map[string]string{}
		}
		f := text()
		d.Fields[f] = text()
	}
	if !ok {
		return fail()
	}
	return d, raw, nil
}

// An index is one pair of equality fields and range field; queries up and down share it.
type index struct {
	name  string
	equal []string
	rng   string
}

func indexOf(q store.Query) (index, bool) {
	if len(q.Equal) == 0 && q.Range == "" {
		return index{}, false // the documents themselves are in the order of their keys
	}
	return index{name: strings.Join(q.Equal, ",") + "|" + q.Range, equal: q.Equal, rng: q.Range}, true
}

// indexes are those that a collection declares, sorted, and their names in one string.
func indexes(c *store.Collection) ([]index, string) {
	byName := map[string]index{}
	for _, q := range c.Queries {
		if x, ok := indexOf(q); ok {
			byName[x.name] = x
		}
	}
	names := slices.Sorted(maps.Keys(byName))
	out := make([]index, len(names))
	for i, n := range names {
		out[i] = byName[n]
	}
	return out, strings.Join(names, " ")
}

// appendValue writes a value so that the order of the bytes is that of the values, whatever follows:
// 0 becomes 0 255, and 0 1 ends it.
func appendValue(out []byte, v string) []byte {
	for i := 0; i < len(v); i++ {
		out = append(out, v[i])
		if v[i] == 0 {
			out = append(out, 255)
		}
	}
	return append(out, 0, 1)
}

// entry is the document's place in the index; nil if it has none.
func (x index) entry(d *store.Doc) []byte {
	if d == nil {
		return nil
	}
	var out []byte
	for _, f := range x.equal {
		v, ok := d.Fields[f]
		if !ok {
			return nil
		}
		out = appendValue(out, v)
	}
	if x.rng != "" {
		v, ok := d.Fields[x.rng]
		if !ok {
			return nil
		}
		out = appendValue(out, v)
	}
	return append(out, d.Key...)
}

// bounds are the entries that a query covers: from inclusive, to exclusive (nil: to the end).
func bounds(q store.Query, a store.Ask) (from, to []byte) {
	for _, f := range q.Equal {
		from = appendValue(from, a.Equal[f])
	}
	to = slices.Clone(from)
	at := func(out []byte, v string) []byte {
		if q.Range != "" {
			return appendValue(out, v)
		}
		return append(out, v...)
	}
	if a.From != "" {
		from = at(from, a.From)
	}
	switch {
	case a.To != "":
		to = at(to, a.To)
	case len(to) > 0:
		to[len(to)-1]++ // 0 1 → 0 2, which no entry has
	}
	return from, to
}
