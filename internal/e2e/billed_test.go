package e2e

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"esafetybot/internal/store"
	"esafetybot/internal/store/firestore/emulator"
)

// billed counts what Firestore would charge for, on any store. It knows how the store on Firestore asks: TestBenchMonth compares it with what the emulator is asked.
type billed struct {
	store.Store

	mu     sync.Mutex
	use    emulator.Use
	reads  map[string]int // all that were ever read, by collection
	stored map[string]int // bytes by document
}

// billedPage is how many documents the store on Firestore asks for at once: those are paid for, whether or not whoever asked looks at them all.
const billedPage = 300

func newBilled(s store.Store) *billed {
	return &billed{Store: s, reads: map[string]int{}, stored: map[string]int{}}
}

func (b *billed) read(c *store.Collection, n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.use.Reads += n
	b.reads[c.Name] += n
}

// Most tells of which collections most was read, in all.
func (b *billed) Most(n int) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	names := slices.SortedFunc(maps.Keys(b.reads), func(x, y string) int { return b.reads[y] - b.reads[x] })
	var out []string
	for _, name := range names[:min(n, len(names))] {
		out = append(out, fmt.Sprintf("%s %d", name, b.reads[name]))
	}
	return strings.Join(out, ", ")
}

// Take is what was used since it was last asked.
func (b *billed) Take() emulator.Use {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := b.use
	b.use = emulator.Use{}
	return out
}

// Stored is about how many bytes the documents have that stand now.
func (b *billed) Stored() (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, x := range b.stored {
		n += x
	}
	return n
}

// Get reads one document, which is paid for if it is missing too.
func (b *billed) Get(ctx context.Context, c *store.Collection, key string) (store.Doc, error) {
	b.read(c, 1)
	return b.Store.Get(ctx, c, key)
}

// Find reads page by page.
func (b *billed) Find(ctx context.Context, c *store.Collection, a store.Ask) iter.Seq2[store.Doc, error] {
	return func(yield func(store.Doc, error) bool) {
		if a.From != "" && a.To != "" && a.From >= a.To {
			return // nobody is asked
		}
		next, stop := iter.Pull2(b.Store.Find(ctx, c, a))
		defer stop()
		for left := a.Limit; ; {
			size := billedPage
			if left > 0 {
				size = min(size, left)
			}
			var page []store.Doc
			for len(page) < size {
				d, err, ok := next()
				if err != nil {
					yield(d, err)
					return
				}
				if !ok {
					break
				}
				page = append(page, d)
			}
			b.read(c, max(len(page), 1)) // a question that finds nothing is paid for
			for _, d := range page {
				if !yield(d, nil) {
					return
				}
			}
			if left -= len(page); len(page) < size || a.Limit > 0 && left == 0 {
				return
			}
		}
	}
}

// Commit looks at what a batch expects, unless it creates it, and writes.
func (b *billed) Commit(ctx context.Context, batch *store.Batch) error {
	for _, o := range batch.Ops {
		if o.Kind != store.OpCreate {
			b.read(o.C, 1)
		}
	}
	if err := b.Store.Commit(ctx, batch); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, o := range batch.Ops {
		name := o.C.Name + "/" + o.Key
		switch o.Kind {
		case store.OpDelete:
			b.use.Deletes++
			delete(b.stored, name)
		case store.OpCreate, store.OpPut:
			b.use.Writes++
			b.stored[name] = len(name) + len(o.Body)
			for k, v := range o.Fields {
				b.stored[name] += len(k) + len(v)
			}
		}
	}
	return nil
}
