// Package memory is a store that lives and dies with the process: for tests, the demo, and a first look.
package memory

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"

	"esafetybot/internal/store"
)

type db struct {
	mu     sync.RWMutex
	closed bool
	docs   map[string]map[string]*store.Doc // by collection, then key; a stored Doc is never changed, only replaced
	lists  map[string]map[string]*list      // by collection: what was asked for, kept up to date
}

// Open makes an empty store. It cannot fail; the error is there because other kinds can.
func Open() (store.Store, error) {
	return &db{docs: map[string]map[string]*store.Doc{}, lists: map[string]map[string]*list{}}, nil
}

// Copy makes a store that holds what another, made here too, holds now; neither sees what becomes of the other. It fails for a store of another kind and for one that is closed.
func Copy(s store.Store) (store.Store, error) {
	from, ok := s.(*db)
	if !ok {
		return nil, fmt.Errorf("copy the store: it is a %T, and only one in memory can be copied", s)
	}
	from.mu.RLock()
	defer from.mu.RUnlock()
	if from.closed {
		return nil, store.ErrClosed
	}
	to := &db{docs: map[string]map[string]*store.Doc{}, lists: map[string]map[string]*list{}}
	for name, docs := range from.docs {
		to.docs[name] = maps.Clone(docs)
	}
	return to, nil
}

func (d *db) ready(ctx context.Context) error {
	if d.closed {
		return store.ErrClosed
	}
	return ctx.Err()
}

// Get implements store.Store.
func (d *db) Get(ctx context.Context, c *store.Collection, key string) (store.Doc, error) {
	if err := store.CheckGet(c, key); err != nil {
		return store.Doc{}, err
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	if err := d.ready(ctx); err != nil {
		return store.Doc{}, err
	}
	doc, ok := d.docs[c.Name][key]
	if !ok {
		return store.Doc{}, store.NotFound(c, key)
	}
	return clone(*doc), nil
}

// Find implements store.Store. It yields what stood when it began.
func (d *db) Find(ctx context.Context, c *store.Collection, a store.Ask) iter.Seq2[store.Doc, error] {
	return func(yield func(store.Doc, error) bool) {
		found, err := d.find(ctx, c, a)
		if err != nil {
			yield(store.Doc{}, err)
			return
		}
		for _, doc := range found {
			if err := ctx.Err(); err != nil {
				yield(store.Doc{}, err)
				return
			}
			if !yield(clone(*doc), nil) {
				return
			}
		}
	}
}

func (d *db) find(ctx context.Context, c *store.Collection, a store.Ask) ([]*store.Doc, error) {
	q, err := store.CheckAsk(c, a)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.ready(ctx); err != nil {
		return nil, err
	}
	return slices.Clone(d.list(c, q, a).within(a)), nil
}

// Commit implements store.Store.
func (d *db) Commit(ctx context.Context, b *store.Batch) error {
	if err := store.CheckBatch(b); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.ready(ctx); err != nil {
		return err
	}
	for _, o := range b.Ops {
		version := int64(0)
		if doc := d.docs[o.C.Name][o.Key]; doc != nil {
			version = doc.Version
		}
		if err := o.Expect(version); err != nil {
			return err
		}
	}
	for _, o := range b.Ops {
		switch o.Kind {
		case store.OpCreate, store.OpPut:
			if d.docs[o.C.Name] == nil {
				d.docs[o.C.Name] = map[string]*store.Doc{}
			}
			doc := clone(o.Leaves())
			d.change(o.C.Name, d.docs[o.C.Name][o.Key], &doc)
			d.docs[o.C.Name][o.Key] = &doc
		case store.OpDelete:
			d.change(o.C.Name, d.docs[o.C.Name][o.Key], nil)
			delete(d.docs[o.C.Name], o.Key)
		}
	}
	return nil
}

// Close implements store.Store.
func (d *db) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed, d.docs, d.lists = true, nil, nil
	return nil
}

// clone keeps the caller's memory and the store's apart.
func clone(d store.Doc) store.Doc {
	d.Fields = maps.Clone(d.Fields)
	d.Body = slices.Clone(d.Body)
	return d
}
