package store

import (
	"context"
	"iter"
	"sync/atomic"
)

// Counter is a store that counts what goes through it to another.
type Counter struct {
	Store
	reads, writes, batches atomic.Int64
}

// Counting wraps a store.
func Counting(s Store) *Counter { return &Counter{Store: s} }

// Reads counts the documents read, by Get or Find.
func (c *Counter) Reads() int64 { return c.reads.Load() }

// Writes counts the documents created, replaced and deleted by batches that succeeded.
func (c *Counter) Writes() int64 { return c.writes.Load() }

// Batches counts the batches with writes that succeeded.
func (c *Counter) Batches() int64 { return c.batches.Load() }

// Reset starts counting from 0.
func (c *Counter) Reset() {
	c.reads.Store(0)
	c.writes.Store(0)
	c.batches.Store(0)
}

// Get implements Store.
func (c *Counter) Get(ctx context.Context, col *Collection, key string) (Doc, error) {
	d, err := c.Store.Get(ctx, col, key)
	if err == nil {
		c.reads.Add(1)
	}
	return d, err
}

// Find implements Store.
func (c *Counter) Find(ctx context.Context, col *Collection, a Ask) iter.Seq2[Doc, error] {
	return func(yield func(Doc, error) bool) {
		for d, err := range c.Store.Find(ctx, col, a) {
			if err == nil {
				c.reads.Add(1)
			}
			if !yield(d, err) {
				return
			}
		}
	}
}

// Commit implements Store.
func (c *Counter) Commit(ctx context.Context, b *Batch) error {
	err := c.Store.Commit(ctx, b)
	if n := b.Writes(); err == nil && n > 0 {
		c.writes.Add(int64(n))
		c.batches.Add(1)
	}
	return err
}
