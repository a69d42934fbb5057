package incidents

import (
	"context"
	"fmt"

	"esafetybot/internal/store"
)

// FrozenWords is what people are shown where an open entry keeps an item from being changed, expired or erased, whoever they are.
const FrozenWords = "left as it is for now"

// Frozen is the items that open entries freeze.
type Frozen map[string]bool

// Holds reads which items are frozen now: one short listing, however many subjects are asked for afterwards.
func (l *Log) Holds(ctx context.Context) (Frozen, error) {
	out := Frozen{}
	for d, err := range l.Store.Find(ctx, Holds, store.Ask{}) {
		if err != nil {
			return nil, fmt.Errorf("reading what must be left as it is: %w", err)
		}
		out[store.KeyParts(d.Key)[0]] = true
	}
	return out, nil
}

// Frozen tells whether any of some subjects (kind/id) must be left as it is.
func (f Frozen) Frozen(subjects ...string) bool {
	for _, s := range subjects {
		if f[s] {
			return true
		}
	}
	return false
}

// A hold is written once and deleted once, so its version is always 1; two entries may hold one item.
func (e *Entry) holdKey() string { return store.Key(e.Item, e.ID) }

func (e *Entry) hold(b *store.Batch) {
	if e.Item != "" {
		b.Create(Holds, e.holdKey(), nil, nil)
	}
}

func (e *Entry) release(b *store.Batch) {
	if e.Item != "" {
		b.Delete(Holds, e.holdKey(), 1)
	}
}
