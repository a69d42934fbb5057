package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
)

// ErrNotAllowed is wrapped by what a process asks of a store beyond its [Rights]: a mistake in the calling code, which the place of
// the state would refuse too where it knows who asks.
var ErrNotAllowed = errors.New("this process may not do that with this state")

// Rights is what a process may do with a store. Nothing implies anything else.
type Rights struct {
	Read   bool // Get, Find and Require
	Create bool
	Change bool // Put
	Delete bool
}

// Limit is the store with no more than these rights. Closing it closes the store.
func Limit(s Store, r Rights) Store { return &limited{Store: s, rights: r} }

type limited struct {
	Store
	rights Rights
}

// Get implements Store.
func (l *limited) Get(ctx context.Context, c *Collection, key string) (Doc, error) {
	if !l.rights.Read {
		return Doc{}, fmt.Errorf("reading collection %q: %w", c.Name, ErrNotAllowed)
	}
	return l.Store.Get(ctx, c, key)
}

// Find implements Store.
func (l *limited) Find(ctx context.Context, c *Collection, a Ask) iter.Seq2[Doc, error] {
	if !l.rights.Read {
		return func(yield func(Doc, error) bool) {
			yield(Doc{}, fmt.Errorf("reading collection %q: %w", c.Name, ErrNotAllowed))
		}
	}
	return l.Store.Find(ctx, c, a)
}

// Commit implements Store.
func (l *limited) Commit(ctx context.Context, b *Batch) error {
	for _, o := range b.Ops {
		may, what := l.rights.Read, "reading"
		switch o.Kind {
		case OpCreate:
			may, what = l.rights.Create, "creating in"
		case OpPut:
			may, what = l.rights.Change, "changing"
		case OpDelete:
			may, what = l.rights.Delete, "deleting from"
		}
		if !may {
			return fmt.Errorf("%s collection %q: %w", what, o.C.Name, ErrNotAllowed)
		}
	}
	return l.Store.Commit(ctx, b)
}
