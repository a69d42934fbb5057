package storetest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"sync"

	"esafetybot/internal/store"
)

// ErrInjected is wrapped by every error that Flaky makes up.
var ErrInjected = errors.New("injected fault")

// Faults says how often what goes wrong, each between 0 and 1.
type Faults struct {
	Before float64 // Commit does nothing and its answer is lost
	After  float64 // Commit happens and its answer is lost
	Reads  float64 // a Get fails, or a Find fails before one of its documents
	From   int     // calls that go well before the first fault
	Dead   bool    // from the first fault on every call fails and does nothing, like a process that was killed
}

// Flaky wraps a store so that it fails by seed: the same calls in the same order fail in the same way. Whether a lost
// Commit happened cannot be told from its error, which wraps store.ErrUnknown and ErrInjected.
func Flaky(s store.Store, seed uint64, f Faults) store.Store {
	return &flaky{Store: s, f: f, rnd: rand.New(rand.NewPCG(seed, 0))}
}

type flaky struct {
	store.Store
	f Faults

	mu    sync.Mutex
	rnd   *rand.Rand
	calls int
	dead  bool
}

// roll reports which of two faults happens now, if any.
func (f *flaky) roll(before, after float64) (failsBefore, failsAfter bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dead {
		return true, false
	}
	f.calls++
	n := f.rnd.Float64()
	if f.calls <= f.f.From {
		return false, false
	}
	failsBefore, failsAfter = n < before, n >= before && n < before+after
	f.dead = f.f.Dead && (failsBefore || failsAfter)
	return failsBefore, failsAfter
}

// Get implements store.Store.
func (f *flaky) Get(ctx context.Context, c *store.Collection, key string) (store.Doc, error) {
	if fails, _ := f.roll(f.f.Reads, 0); fails {
		return store.Doc{}, fmt.Errorf("collection %q, key %q: %w", c.Name, key, ErrInjected)
	}
	return f.Store.Get(ctx, c, key)
}

// Find implements store.Store.
func (f *flaky) Find(ctx context.Context, c *store.Collection, a store.Ask) iter.Seq2[store.Doc, error] {
	return func(yield func(store.Doc, error) bool) {
		broken := func() bool {
			fails, _ := f.roll(f.f.Reads, 0)
			if fails {
				yield(store.Doc{}, fmt.Errorf("query %q of collection %q: %w", a.Query, c.Name, ErrInjected))
			}
			return fails
		}
		if broken() {
			return
		}
		first := true
		for d, err := range f.Store.Find(ctx, c, a) {
			if !first && err == nil && broken() {
				return
			}
			first = false
			if !yield(d, err) {
				return
			}
		}
	}
}

// Commit implements store.Store.
func (f *flaky) Commit(ctx context.Context, b *store.Batch) error {
	before, after := f.roll(f.f.Before, f.f.After)
	lost := fmt.Errorf("commit: %w (%w)", store.ErrUnknown, ErrInjected)
	if before {
		return lost
	}
	if err := f.Store.Commit(ctx, b); err != nil || !after {
		return err
	}
	return lost
}
