package stores

import (
	"context"
	"iter"
	"sync/atomic"

	"esafetybot/internal/store"
)

// kept is one opening of a store that outlives it.
type kept struct {
	store.Store
	closed atomic.Bool
}

// Get implements store.Store.
func (k *kept) Get(ctx context.Context, c *store.Collection, key string) (store.Doc, error) {
	if k.closed.Load() {
		return store.Doc{}, store.ErrClosed
	}
	return k.Store.Get(ctx, c, key)
}

// Find implements store.Store.
func (k *kept) Find(ctx context.Context, c *store.Collection, a store.Ask) iter.Seq2[store.Doc, error] {
	if k.closed.Load() {
		return func(yield func(store.Doc, error) bool) { yield(store.Doc{}, store.ErrClosed) }
	}
	return k.Store.Find(ctx, c, a)
}

// Commit implements store.Store.
func (k *kept) Commit(ctx context.Context, b *store.Batch) error {
	if k.closed.Load() {
		return store.ErrClosed
	}
	return k.Store.Commit(ctx, b)
}

// Close implements store.Store.
func (k *kept) Close() error {
	k.closed.Store(true)
	return nil
}
