package web

import (
	"bytes"
	"context"
	"sync"

	"esafetybot/internal/store"
)

// book keeps documents as they were last decoded: pages need many, they change a few times a day, and decoding is what takes the time. Each request reads the documents anew, so that no page is
// behind the state, and what the worker has forgotten is forgotten here with the next one.
type book[T any] struct {
	mu   sync.Mutex
	docs map[string]decoded[T] // by key
}

type decoded[T any] struct {
	body  []byte
	value *T // shared by requests: nobody may change it
}

// read is what a query finds now, by key; always the same query, for one book. decode gives nil for what is to be left out. The values are for reading only.
func (b *book[T]) read(ctx context.Context, s store.Store, c *store.Collection, ask store.Ask, decode func(store.Doc) (*T, error)) (map[string]*T, error) {
	b.mu.Lock()
	before := b.docs
	b.mu.Unlock()
	now, out := map[string]decoded[T]{}, map[string]*T{}
	for d, err := range s.Find(ctx, c, ask) {
		if err != nil {
			return nil, err
		}
		kept, ok := before[d.Key]
		if !ok || !bytes.Equal(kept.body, d.Body) {
			v, err := decode(d)
			if err != nil {
				return nil, err
			}
			kept = decoded[T]{d.Body, v}
		}
		if kept.value != nil {
			now[d.Key], out[d.Key] = kept, kept.value
		}
	}
	b.mu.Lock()
	b.docs = now
	b.mu.Unlock()
	return out, nil
}
