package bolt

import (
	"bytes"
	"fmt"
	"slices"

	bolt "go.etcd.io/bbolt"

	"esafetybot/internal/store"
)

// What one read transaction of a Find takes at most, so that neither it nor the memory it needs gets large.
const (
	pageDocs  = 256
	pageBytes = 1 << 20
)

// A finding is a running Find in the order of a range field. A document that moves within that order while the
// caller works could come up a second time; so commits note where it stood, and what stood in a part already
// read is left out.
type finding struct {
	c     string
	index index
	desc  bool
	stood map[string][]byte // by key: its first old place, seen in the direction of the find
}

func (f *finding) before(a, b []byte) bool {
	if f.desc {
		a, b = b, a
	}
	return bytes.Compare(a, b) < 0
}

// find calls yield for each document until it returns false or an error.
func (d *db) find(c *store.Collection, q store.Query, a store.Ask, yield func(store.Doc) (bool, error)) error {
	x, useIndex := indexOf(q)
	if useIndex {
		if err := d.ready(c); err != nil {
			return err
		}
	}
	f := &finding{c: c.Name, index: x, desc: q.Desc, stood: map[string][]byte{}}
	if q.Range != "" {
		d.mu.Lock()
		d.finds[f] = true
		d.mu.Unlock()
		defer func() {
			d.mu.Lock()
			delete(d.finds, f)
			d.mu.Unlock()
		}()
	}
	from, to := bounds(q, a)
	var last []byte // the place of the last document of the page before
	for left := a.Limit; ; {
		page, next, err := d.page(c, x, useIndex, from, to, last, q.Desc, left)
		if err != nil {
			return err
		}
		for _, doc := range page {
			if last != nil && d.shown(f, doc.Key, last) {
				continue
			}
			if more, err := yield(doc); err != nil || !more {
				return err
			}
			if left--; left == 0 {
				return nil
			}
		}
		if next == nil {
			return nil
		}
		last = next
	}
}

// shown reports whether the document stood in what was read up to last.
func (d *db) shown(f *finding, key string, last []byte) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	place, moved := f.stood[key]
	return moved && !f.before(last, place)
}

// moved notes a change of place for the finds that run. It is called before the change can be seen.
func (d *db) moved(c *store.Collection, x index, key string, place []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for f := range d.finds {
		if f.c != c.Name || f.index.name != x.name {
			continue
		}
		if old, ok := f.stood[key]; !ok || f.before(place, old) {
			f.stood[key] = slices.Clone(place)
		}
	}
}

// page reads the documents after last within the bounds, in its own short transaction. next is nil at the end.
func (d *db) page(c *store.Collection, x index, useIndex bool, from, to, last []byte, desc bool, limit int) (page []store.Doc, next []byte, err error) {
	size := pageDocs
	if limit > 0 {
		size = min(size, limit)
	}
	err = d.view(func(tx *bolt.Tx) error {
		b := d.within(tx, c)
		if b == nil {
			return nil
		}
		docs := b.Bucket(docsBucket)
		source := docs
		if useIndex {
			if source = b.Bucket(indexBucket).Bucket([]byte(x.name)); source == nil {
				return fmt.Errorf("collection %q: %w: two declarations of it are in use at once", c.Name, store.ErrInvalid)
			}
		}
		bytesRead := 0
		cur := source.Cursor()
		for k, v := start(cur, from, to, last, desc); inside(k, from, to, desc); k, v = step(cur, desc) {
			key, raw := k, v
			if useIndex {
				key, raw = v, docs.Get(v)
			}
			doc, err := decode(c, string(key), raw)
			if err != nil {
				return err
			}
			page = append(page, doc)
			bytesRead += len(raw)
			if len(page) == size || bytesRead >= pageBytes {
				next = slices.Clone(k)
				return nil
			}
		}
		return nil
	})
	return page, next, err
}

// start moves to the first place of a page.
func start(cur *bolt.Cursor, from, to, last []byte, desc bool) (k, v []byte) {
	if !desc {
		if last == nil {
			if len(from) == 0 {
				return cur.First()
			}
			return cur.Seek(from)
		}
		if k, v = cur.Seek(last); bytes.Equal(k, last) {
			return cur.Next()
		}
		return k, v
	}
	end := to
	if last != nil {
		end = last
	}
	if end == nil {
		return cur.Last()
	}
	if k, _ = cur.Seek(end); k == nil { // all are before it
		return cur.Last()
	}
	return cur.Prev()
}

func step(cur *bolt.Cursor, desc bool) (k, v []byte) {
	if desc {
		return cur.Prev()
	}
	return cur.Next()
}

func inside(k, from, to []byte, desc bool) bool {
	switch {
	case k == nil:
		return false
	case desc:
		return bytes.Compare(k, from) >= 0
	}
	return to == nil || bytes.Compare(k, to) < 0
}
