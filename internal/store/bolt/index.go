package bolt

import (
	"bytes"
	"slices"

	bolt "go.etcd.io/bbolt"

	"esafetybot/internal/store"
)

// reindex moves a document's entries in the indexes of its collection.
func (d *db) reindex(b *bolt.Bucket, c *store.Collection, before, after *store.Doc) error {
	all, _ := indexes(c)
	for _, x := range all {
		was, is := x.entry(before), x.entry(after)
		if bytes.Equal(was, is) {
			continue
		}
		entries, err := b.Bucket(indexBucket).CreateBucketIfNotExists([]byte(x.name))
		if err != nil {
			return err
		}
		if was != nil {
			d.moved(c, x, before.Key, was)
			if err := entries.Delete(was); err != nil {
				return err
			}
		}
		if is != nil {
			if err := entries.Put(is, []byte(after.Key)); err != nil {
				return err
			}
		}
	}
	return nil
}

// ready makes the collection's indexes usable for reading; a collection that was never written needs none.
func (d *db) ready(c *store.Collection) error {
	d.write.Lock()
	defer d.write.Unlock()
	exists := false
	if err := d.view(func(tx *bolt.Tx) error { exists = d.within(tx, c) != nil; return nil }); err != nil || !exists {
		return err
	}
	return d.indexed(c)
}

// indexed builds what is declared and not built, and drops what is built and not declared. d.write is held.
func (d *db) indexed(c *store.Collection) error {
	all, names := indexes(c)
	if known, ok := d.known[c.Name]; ok && known == names {
		return nil
	}
	var missing []index
	stale := false
	err := d.view(func(tx *bolt.Tx) error {
		b := d.within(tx, c)
		if b == nil {
			missing = all
			return nil
		}
		for _, x := range all {
			if b.Bucket(builtBucket).Get([]byte(x.name)) == nil {
				missing = append(missing, x)
			}
		}
		return b.Bucket(indexBucket).ForEachBucket(func(name []byte) error {
			stale = stale || !slices.ContainsFunc(all, func(x index) bool { return x.name == string(name) })
			return nil
		})
	})
	if err != nil {
		return err
	}
	if stale || len(missing) > 0 {
		if err := d.rebuild(c, all, missing); err != nil {
			return err
		}
	}
	d.known[c.Name] = names
	return nil
}

// rebuild drops every index that is not declared or not complete and fills the missing ones, some thousand documents
// a transaction. Killed in between, it starts again.
func (d *db) rebuild(c *store.Collection, all, missing []index) error {
	keep := func(name []byte) bool {
		is := func(x index) bool { return x.name == string(name) }
		return slices.ContainsFunc(all, is) && !slices.ContainsFunc(missing, is)
	}
	var last []byte
	err := d.update(func(tx *bolt.Tx) error {
		b, err := d.create(tx, c)
		if err != nil {
			return err
		}
		var drop [][]byte
		if err := b.Bucket(indexBucket).ForEachBucket(func(name []byte) error {
			if !keep(name) {
				drop = append(drop, slices.Clone(name))
			}
			return nil
		}); err != nil {
			return err
		}
		for _, name := range drop {
			if err := b.Bucket(indexBucket).DeleteBucket(name); err != nil {
				return err
			}
			if err := b.Bucket(builtBucket).Delete(name); err != nil {
				return err
			}
		}
		for _, x := range missing {
			if _, err := b.Bucket(indexBucket).CreateBucket([]byte(x.name)); err != nil {
				return err
			}
		}
		return nil
	})
	for done := false; err == nil && !done; {
		err = d.update(func(tx *bolt.Tx) error {
			last, done, err = d.fill(d.within(tx, c), c, missing, last)
			return err
		})
	}
	return err
}

// fill enters some documents after last; when there are no more it marks the indexes as built.
func (d *db) fill(b *bolt.Bucket, c *store.Collection, missing []index, last []byte) (next []byte, done bool, err error) {
	const some = 4000
	cur := b.Bucket(docsBucket).Cursor()
	n := 0
	for k, v := start(cur, nil, nil, last, false); k != nil; k, v = cur.Next() {
		doc, _, err := head(c, string(k), v)
		if err != nil {
			return nil, false, err
		}
		for _, x := range missing {
			if e := x.entry(&doc); e != nil {
				if err := b.Bucket(indexBucket).Bucket([]byte(x.name)).Put(e, []byte(doc.Key)); err != nil {
					return nil, false, err
				}
			}
		}
		if n++; n == some {
			return slices.Clone(k), false, nil
		}
	}
	for _, x := range missing {
		if err := b.Bucket(builtBucket).Put([]byte(x.name), []byte{1}); err != nil {
			return nil, false, err
		}
	}
	return nil, true, nil
}

func (d *db) update(fn func(*bolt.Tx) error) error { return d.explain(d.bolt.Update(fn)) }
