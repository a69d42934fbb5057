package shares

import (
	"bytes"
	"context"
	"slices"
	"sort"

	"esafetybot/internal/seen"
	"esafetybot/internal/store"
)

// Settle forgets old notes of what left the picture, once findings have taken it up, and writes what that changes.
func (b *Book) Settle(ctx context.Context) error {
	b.mu.Lock()
	for scope := range b.noted {
		pg, err := b.page(ctx, scope)
		if err != nil {
			b.mu.Unlock()
			return err
		}
		for subject, n := range pg.gone {
			if b.now.Sub(n.At) > notesFor {
				delete(pg.gone, subject)
			}
		}
	}
	b.mu.Unlock()
	return b.Flush(ctx)
}

// Flush writes the scopes that differ from the state, and then forgets their contents (not what changed).
func (b *Book) Flush(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	batch := &store.Batch{}
	done := map[seen.Scope]store.BlobRef{}
	flush := func() error {
		if len(batch.Ops) == 0 {
			return nil
		}
		if err := b.commit(ctx, batch); err != nil {
			return err
		}
		for s, ref := range done {
			if b.refs[s] = ref; ref == (store.BlobRef{}) {
				delete(b.refs, s)
			}
			delete(b.open, s)
		}
		batch, done = &store.Batch{}, map[seen.Scope]store.BlobRef{}
		return nil
	}
	if err := b.people.Flush(ctx); err != nil {
		return err
	}
	scopes := make([]seen.Scope, 0, len(b.open))
	for s := range b.open {
		scopes = append(scopes, s)
	}
	slices.Sort(scopes)
	// A share that moved is written where it is now before it goes from where it was: lost between two batches it would be
	// put right wrongly. Pages are therefore written in one batch where they fit, growing ones first.
	sort.SliceStable(scopes, func(i, j int) bool { return grew(b.open[scopes[i]]) && !grew(b.open[scopes[j]]) })
	for _, s := range scopes {
		pg := b.open[s]
		data, err := pg.encode()
		if err != nil {
			return err
		}
		ref, exists := b.refs[s]
		switch {
		case bytes.Equal(data, pg.stored):
			delete(b.open, s)
			continue
		case data == nil && exists:
			store.DeleteBlob(batch, Pictures, keyOf(s), ref)
			done[s] = store.BlobRef{}
		case data == nil:
			delete(b.open, s)
			continue
		default:
			if done[s], err = store.StageBlob(ctx, b.store, batch, Pictures, keyOf(s), ref, nil, data); err != nil {
				return err
			}
		}
		if batch.Writes() > store.MaxBatchWrites/2 || batch.Size() > store.MaxBatchBytes/2 {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

func grew(p *page) bool {
	data, err := p.encode()
	return err == nil && len(data) > len(p.stored)
}
