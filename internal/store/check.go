package store

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

var name = regexp.MustCompile(`^[a-z][a-zA-Z0-9_-]{0,99}$`)

// CheckKey says why a key cannot be used, wrapping ErrBadKey; nil if it can.
func CheckKey(key string) error {
	var why string
	switch {
	case key == "":
		why = "it is empty"
	case len(key) > MaxKey:
		why = fmt.Sprintf("it has %d bytes, at most %d are allowed", len(key), MaxKey)
	case !utf8.ValidString(key):
		why = "it is not UTF-8"
	case key == "." || key == "..":
		why = "it is a dot or two"
	case strings.Contains(key, "/"):
		why = `it holds a "/" (make keys with store.Key)`
	case len(key) >= 4 && strings.HasPrefix(key, "__") && strings.HasSuffix(key, "__"):
		why = "it begins and ends with two underscores"
	default:
		return nil
	}
	return fmt.Errorf("key %.40q: %w: %s", key, ErrBadKey, why)
}

// Check says what is wrong with the declaration itself, wrapping ErrInvalid; nil if nothing is.
func (c *Collection) Check() error {
	if c == nil {
		return fmt.Errorf("no collection given: %w", ErrInvalid)
	}
	bad := func(format string, args ...any) error {
		return fmt.Errorf("collection %q: %w: %s", c.Name, ErrInvalid, fmt.Sprintf(format, args...))
	}
	switch {
	case !name.MatchString(c.Name):
		return bad("its name must be a lower-case letter and then letters, digits, - or _")
	case c.Schema < 0:
		return bad("its schema version is below 0")
	case len(c.Indexed) > MaxIndexed:
		return bad("it has %d indexed fields, at most %d are allowed", len(c.Indexed), MaxIndexed)
	}
	for i, f := range c.Indexed {
		if !name.MatchString(f) || slices.Contains(c.Indexed[:i], f) {
			return bad("indexed field %q is no good name or declared twice", f)
		}
	}
	for i, q := range c.Queries {
		if q.Name == "" || slices.ContainsFunc(c.Queries[:i], func(o Query) bool { return o.Name == q.Name }) {
			return bad("query %q has no name or is declared twice", q.Name)
		}
		if len(q.Equal) > MaxEqual {
			return bad("query %q has %d equalities, at most %d are allowed", q.Name, len(q.Equal), MaxEqual)
		}
		for j, f := range q.Equal {
			if !slices.Contains(c.Indexed, f) || slices.Contains(q.Equal[:j], f) || f == q.Range {
				return bad("query %q: field %q is not indexed or used twice", q.Name, f)
			}
		}
		if q.Range != "" && !slices.Contains(c.Indexed, q.Range) {
			return bad("query %q: range field %q is not indexed", q.Name, q.Range)
		}
		if q.Desc && q.Range == "" {
			return bad("query %q goes downwards without a range field", q.Name)
		}
	}
	return nil
}

// CheckAsk finds the query that is asked and says what is wrong with the use of it: ErrUndeclared for a query or
// a field that it does not have, ErrBadKey for a bound that is no key, ErrTooLarge, ErrInvalid.
func CheckAsk(c *Collection, a Ask) (Query, error) {
	if err := c.Check(); err != nil {
		return Query{}, err
	}
	q, err := c.Lookup(a.Query)
	if err != nil {
		return q, err
	}
	subject := fmt.Sprintf("query %q of collection %q", a.Query, c.Name)
	for _, f := range q.Equal {
		v, ok := a.Equal[f]
		if !ok {
			return q, fmt.Errorf("%s: %w: no value for field %q", subject, ErrInvalid, f)
		}
		if err := checkValue(f, v); err != nil {
			return q, fmt.Errorf("%s: %w", subject, err)
		}
	}
	for f := range a.Equal {
		if !slices.Contains(q.Equal, f) {
			return q, fmt.Errorf("%s: equality on field %q: %w", subject, f, ErrUndeclared)
		}
	}
	for _, bound := range []string{a.From, a.To} {
		if bound == "" {
			continue
		}
		if q.Range == "" {
			err = CheckKey(bound)
		} else {
			err = checkValue(q.Range, bound)
		}
		if err != nil {
			return q, fmt.Errorf("%s: bound: %w", subject, err)
		}
	}
	if a.Limit < 0 {
		return q, fmt.Errorf("%s: %w: the limit is below 0", subject, ErrInvalid)
	}
	return q, nil
}

// CheckGet says what is wrong with asking for one document.
func CheckGet(c *Collection, key string) error {
	if err := c.Check(); err != nil {
		return err
	}
	if err := CheckKey(key); err != nil {
		return fmt.Errorf("collection %q: %w", c.Name, err)
	}
	return nil
}

// CheckBatch says what is wrong with a batch before anything of it is looked at: ErrUndeclared for a field that is
// not indexed, ErrBadKey, ErrTooLarge for a body, a field or the whole, ErrInvalid for the rest.
func CheckBatch(b *Batch) error {
	type id struct{ c, key string }
	seen := make(map[id]bool, len(b.Ops))
	checked := map[*Collection]bool{}
	for _, o := range b.Ops {
		if !checked[o.C] {
			if err := o.C.Check(); err != nil {
				return err
			}
			checked[o.C] = true
		}
		if err := checkOp(o); err != nil {
			return fmt.Errorf("collection %q: %w", o.C.Name, err)
		}
		if seen[id{o.C.Name, o.Key}] {
			return fmt.Errorf("collection %q, key %q: %w: it stands in the batch twice", o.C.Name, o.Key, ErrInvalid)
		}
		seen[id{o.C.Name, o.Key}] = true
	}
	w := b.Writes()
	if w > MaxBatchWrites {
		return fmt.Errorf("batch of %d writes: %w: at most %d are allowed", w, ErrTooLarge, MaxBatchWrites)
	}
	if r := len(b.Ops) - w; r > MaxBatchWrites {
		return fmt.Errorf("batch of %d requirements: %w: at most %d are allowed", r, ErrTooLarge, MaxBatchWrites)
	}
	if n := b.Size(); n > MaxBatchBytes {
		return fmt.Errorf("batch of %d bytes: %w: at most %d are allowed", n, ErrTooLarge, MaxBatchBytes)
	}
	return nil
}

func checkOp(o Op) error {
	if err := CheckKey(o.Key); err != nil {
		return err
	}
	bad := func(err error, format string, args ...any) error {
		return fmt.Errorf("key %q: %w: %s", o.Key, err, fmt.Sprintf(format, args...))
	}
	switch o.Kind {
	case OpCreate:
		if o.Version != 0 {
			return bad(ErrInvalid, "created with version %d", o.Version)
		}
	case OpPut, OpDelete:
		if o.Version < 1 {
			return bad(ErrInvalid, "version %d of a document that should exist", o.Version)
		}
	case OpRequire:
		if o.Version < 0 {
			return bad(ErrInvalid, "version %d required", o.Version)
		}
	default:
		return bad(ErrInvalid, "unknown kind of entry %d", o.Kind)
	}
	if (o.Kind == OpDelete || o.Kind == OpRequire) && (len(o.Fields) > 0 || len(o.Body) > 0) {
		return bad(ErrInvalid, "an entry that writes no document has fields or a body")
	}
	if len(o.Body) > MaxBody {
		return bad(ErrTooLarge, "body of %d bytes, at most %d are allowed (larger things: store.PutBlob)", len(o.Body), MaxBody)
	}
	for f, v := range o.Fields {
		if !slices.Contains(o.C.Indexed, f) {
			return bad(ErrUndeclared, "field %q", f)
		}
		if err := checkValue(f, v); err != nil {
			return fmt.Errorf("key %q: %w", o.Key, err)
		}
	}
	return nil
}

func checkValue(field, v string) error {
	if len(v) > MaxField {
		return fmt.Errorf("field %q: %w: %d bytes, at most %d are allowed", field, ErrTooLarge, len(v), MaxField)
	}
	if !utf8.ValidString(v) {
		return fmt.Errorf("field %q: %w: not UTF-8", field, ErrInvalid)
	}
	return nil
}

// Expect compares what an entry expects with the version that stands (0: no document); the error wraps ErrConflict.
func (o Op) Expect(stands int64) error {
	if o.Version == stands {
		return nil
	}
	at := func(v int64) string {
		if v == 0 {
			return "no document"
		}
		return fmt.Sprintf("version %d", v)
	}
	return fmt.Errorf("collection %q, key %q: %w: expected %s, found %s", o.C.Name, o.Key, ErrConflict, at(o.Version), at(stands))
}

// Matches reports whether a document is one that the query yields, bounds included.
func (q Query) Matches(a Ask, key string, fields map[string]string) bool {
	for _, f := range q.Equal {
		if v, ok := fields[f]; !ok || v != a.Equal[f] {
			return false
		}
	}
	at := key
	if q.Range != "" {
		v, ok := fields[q.Range]
		if !ok {
			return false
		}
		at = v
	}
	return at >= a.From && (a.To == "" || at < a.To)
}

// Compare orders two documents as the query yields them.
func (q Query) Compare(a, b Doc) int {
	n := 0
	if q.Range != "" {
		n = strings.Compare(a.Fields[q.Range], b.Fields[q.Range])
	}
	n = cmp.Or(n, strings.Compare(a.Key, b.Key))
	if q.Desc {
		return -n
	}
	return n
}

// Leaves is the document that an OpCreate or OpPut leaves behind. It shares the entry's memory.
func (o Op) Leaves() Doc {
	d := Doc{Key: o.Key, Version: o.Version + 1, Schema: o.C.Schema}
	if len(o.Fields) > 0 {
		d.Fields = o.Fields
	}
	if len(o.Body) > 0 {
		d.Body = o.Body
	}
	return d
}

// NotFound is the error of a Get that finds nothing; it wraps ErrNotFound.
func NotFound(c *Collection, key string) error {
	return fmt.Errorf("collection %q, key %q: %w", c.Name, key, ErrNotFound)
}
