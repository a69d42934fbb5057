// Package bolt is a store in one local file (go.etcd.io/bbolt), the default for one school on one machine.
//
// The file belongs to one process at a time; another is told within a second who holds it (see OpenFile). Each commit
// is on the disk before Commit returns. A kill or a power cut leaves every acknowledged batch and no half one.
//
// Layout, all inside one bucket per school:
//
//	school:ID / COLLECTION / docs     key → document (see encode)
//	school:ID / COLLECTION / index / FIELD,FIELD|RANGE    values and key → key, one bucket for each pair that a query uses
//	school:ID / COLLECTION / built    names of the index buckets that are complete
//
// An index that a newer program declares is built when its collection is first used; one no longer declared is dropped.
package bolt

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"sync/atomic"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"esafetybot/internal/store"
)

// Open opens a file for one school alone; closing the store closes the file. For several schools use OpenFile.
func Open(path, school string, o Options) (store.Store, error) {
	f, err := OpenFile(path, o)
	if err != nil {
		return nil, err
	}
	s, err := f.School(school)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	s.(*handle).file = f
	return s, nil
}

// School opens one school's state in the file. Closing it leaves the file open.
func (f *File) School(school string) (store.Store, error) {
	if err := store.CheckKey(school); err != nil {
		return nil, fmt.Errorf("school: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	d := f.schools[school]
	if d == nil {
		d = &db{bolt: f.bolt, path: f.path, bucket: []byte("school:" + school), known: map[string]string{}, finds: map[*finding]bool{}}
		f.schools[school] = d
	}
	return &handle{db: d}, nil
}

// handle is one opening of a school.
type handle struct {
	db     *db
	file   *File // what Close closes, if anything
	closed atomic.Bool
}

func (h *handle) ready(ctx context.Context) error {
	if h.closed.Load() {
		return store.ErrClosed
	}
	return ctx.Err()
}

// Get implements store.Store.
func (h *handle) Get(ctx context.Context, c *store.Collection, key string) (store.Doc, error) {
	if err := store.CheckGet(c, key); err != nil {
		return store.Doc{}, err
	}
	if err := h.ready(ctx); err != nil {
		return store.Doc{}, err
	}
	return h.db.get(c, key)
}

// Find implements store.Store.
func (h *handle) Find(ctx context.Context, c *store.Collection, a store.Ask) iter.Seq2[store.Doc, error] {
	return func(yield func(store.Doc, error) bool) {
		q, err := store.CheckAsk(c, a)
		if err == nil {
			err = h.ready(ctx)
		}
		if err == nil {
			err = h.db.find(c, q, a, func(d store.Doc) (bool, error) {
				if err := h.ready(ctx); err != nil {
					return false, err
				}
				return yield(d, nil), nil
			})
		}
		if err != nil {
			yield(store.Doc{}, err)
		}
	}
}

// Commit implements store.Store.
func (h *handle) Commit(ctx context.Context, b *store.Batch) error {
	if err := store.CheckBatch(b); err != nil {
		return err
	}
	if err := h.ready(ctx); err != nil {
		return err
	}
	return h.db.commit(b)
}

// Close implements store.Store.
func (h *handle) Close() error {
	if h.closed.Swap(true) || h.file == nil {
		return nil
	}
	return h.file.Close()
}

// db is one school, shared by all its handles.
type db struct {
	bolt   *bolt.DB
	path   string
	bucket []byte

	write sync.Mutex        // held while anything is written
	known map[string]string // by collection: the indexes known to be complete, and no others there; guarded by write

	mu    sync.Mutex
	finds map[*finding]bool // running finds in the order of a range field
	queue []*waiting        // batches that wait for write, the oldest first
}

var (
	docsBucket  = []byte("docs")
	indexBucket = []byte("index")
	builtBucket = []byte("built")
)

// within gives fn the collection's bucket, nil if there is none yet.
func (d *db) within(tx *bolt.Tx, c *store.Collection) *bolt.Bucket {
	b := tx.Bucket(d.bucket)
	if b == nil {
		return nil
	}
	return b.Bucket([]byte(c.Name))
}

func (d *db) view(fn func(*bolt.Tx) error) error { return d.explain(d.bolt.View(fn)) }

func (d *db) explain(err error) error {
	if errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
		return store.ErrClosed
	}
	return err
}

func (d *db) get(c *store.Collection, key string) (doc store.Doc, err error) {
	err = d.view(func(tx *bolt.Tx) error {
		b := d.within(tx, c)
		if b == nil {
			return store.NotFound(c, key)
		}
		raw := b.Bucket(docsBucket).Get([]byte(key))
		if raw == nil {
			return store.NotFound(c, key)
		}
		doc, err = decode(c, key, raw)
		return err
	})
	return doc, err
}

// waiting is a batch on its way to the file.
type waiting struct {
	b    *store.Batch
	done bool // err says how it ended
	err  error
}

// commit writes a batch. Those that come while another is being written wait and are then written together, because what takes time is
// that the disk says that it has them: each is still all or nothing, judged after those before it, and nobody is answered before the disk is.
func (d *db) commit(b *store.Batch) error {
	if len(b.Ops) == 0 {
		return nil
	}
	w := &waiting{b: b}
	if b.Writes() > 0 {
		d.mu.Lock()
		d.queue = append(d.queue, w)
		d.mu.Unlock()
	}
	d.write.Lock()
	defer d.write.Unlock()
	if b.Writes() == 0 {
		return d.view(func(tx *bolt.Tx) error { return d.expect(tx, b) })
	}
	if w.done { // by whoever held the lock before
		return w.err
	}
	group := d.take(w)
	for _, one := range group {
		one.done, one.err = true, store.ErrUnknown // should what follows not come to its end
	}
	err := d.together(group)
	if err != nil && len(group) > 1 && !errors.Is(err, store.ErrUnknown) {
		// Nothing was written, and one of them may be at fault: each by itself, so that the others are not.
		for _, one := range group {
			if err := d.together([]*waiting{one}); err != nil {
				one.err = err
			}
		}
	} else if err != nil {
		for _, one := range group {
			one.err = err
		}
	}
	return w.err
}

// take is what waits, as much as goes into one transaction; w is part of it, because it comes before what came after it.
func (d *db) take(w *waiting) []*waiting {
	d.mu.Lock()
	defer d.mu.Unlock()
	n, size := 0, 0
	for n < len(d.queue) && (n <= slices.Index(d.queue, w) || size < store.MaxBatchBytes) {
		size += d.queue[n].b.Size()
		n++
	}
	group := slices.Clone(d.queue[:n])
	d.queue = slices.Delete(d.queue, 0, n)
	return group
}

// together writes batches in one transaction, one after the other; how each ended stands in it. An error is that of the transaction, and then none was written,
// unless it wraps store.ErrUnknown.
func (d *db) together(group []*waiting) error {
	for _, w := range group {
		for _, o := range w.b.Ops {
			if err := d.indexed(o.C); err != nil {
				return err
			}
		}
	}
	var refused error
	err := d.bolt.Update(func(tx *bolt.Tx) error {
		written := false
		for _, w := range group {
			if w.err = d.expect(tx, w.b); w.err != nil {
				continue
			}
			for _, o := range w.b.Ops {
				if refused = d.apply(tx, o); refused != nil {
					return refused
				}
			}
			written = true
		}
		if !written {
			return errNothing
		}
		return nil
	})
	switch {
	case err == nil || errors.Is(err, errNothing):
		return nil
	case refused != nil || errors.Is(err, bolterrors.ErrDatabaseNotOpen):
		return d.explain(err)
	}
	return fmt.Errorf("writing %s: %w (%w)", d.path, err, store.ErrUnknown)
}

// errNothing ends a transaction in which nothing was written.
var errNothing = errors.New("nothing to write")

func (d *db) expect(tx *bolt.Tx, b *store.Batch) error {
	for _, o := range b.Ops {
		var v int64
		if bucket := d.within(tx, o.C); bucket != nil {
			if raw := bucket.Bucket(docsBucket).Get([]byte(o.Key)); raw != nil {
				doc, _, err := head(o.C, o.Key, raw)
				if err != nil {
					return err
				}
				v = doc.Version
			}
		}
		if err := o.Expect(v); err != nil {
			return err
		}
	}
	return nil
}

func (d *db) apply(tx *bolt.Tx, o store.Op) error {
	if o.Kind == store.OpRequire {
		return nil
	}
	b, err := d.create(tx, o.C)
	if err != nil {
		return err
	}
	docs, key := b.Bucket(docsBucket), []byte(o.Key)
	var before, after *store.Doc
	if raw := docs.Get(key); raw != nil {
		doc, _, err := head(o.C, o.Key, raw)
		if err != nil {
			return err
		}
		before = &doc
	}
	if o.Kind == store.OpDelete {
		err = docs.Delete(key)
	} else {
		doc := o.Leaves()
		after = &doc
		err = docs.Put(key, encode(doc))
	}
	if err != nil {
		return err
	}
	return d.reindex(b, o.C, before, after)
}

// create makes the collection's buckets where they are missing.
func (d *db) create(tx *bolt.Tx, c *store.Collection) (*bolt.Bucket, error) {
	s, err := tx.CreateBucketIfNotExists(d.bucket)
	if err != nil {
		return nil, err
	}
	b, err := s.CreateBucketIfNotExists([]byte(c.Name))
	if err != nil {
		return nil, err
	}
	for _, name := range [][]byte{docsBucket, indexBucket, builtBucket} {
		if _, err := b.CreateBucketIfNotExists(name); err != nil {
			return nil, err
		}
	}
	return b, nil
}
