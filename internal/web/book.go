package web

import (
	"bytes"
	"context"
	"sync"

	"esafetybot/internal/moderation"
	"esafetybot/internal/store"
)

// book keeps what is remembered of the classes' comments as it was last decoded: each page needs all of it, it changes a few times a day, and decoding is what takes the time. Each request reads
// the documents anew, so that no page is behind the state, and what the worker has forgotten is forgotten here with the next one.
type book struct {
	mu      sync.Mutex
	classes map[string]decoded // by course
}

type decoded struct {
	body  []byte
	class *moderation.Class // shared by requests: nobody may change it
}

// read is what is remembered of each class now. The classes are for reading only.
func (b *book) read(ctx context.Context, s store.Store) (map[string]*moderation.Class, error) {
	b.mu.Lock()
	before := b.classes
	b.mu.Unlock()
	now, out := map[string]decoded{}, map[string]*moderation.Class{}
	for d, err := range s.Find(ctx, moderation.Classes, store.Ask{}) {
		if err != nil {
			return nil, err
		}
		kept, ok := before[d.Key]
		if !ok || !bytes.Equal(kept.body, d.Body) {
			c, err := moderation.Decode(d)
			if err != nil {
				return nil, err
			}
			kept = decoded{d.Body, c}
		}
		if kept.class != nil {
			now[d.Key], out[d.Key] = kept, kept.class
		}
	}
	b.mu.Lock()
	b.classes = now
	b.mu.Unlock()
	return out, nil
}
