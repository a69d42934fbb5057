package e2e

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"

	"esafetybot/internal/store"
)

// ill is what comes to whichever process takes a certain step, counted over all of them. With the zero ill nobody comes to harm.
type ill struct {
	mu    sync.Mutex
	left  int // steps
	stops bool
}

// mine takes a step, and tells whether it is the one.
func (f *ill) mine() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.left--
	return f.left == 0
}

// life is the life of a process: batches and requests. When it was killed nothing that it does has any effect; one that is told to stop may still write down how far it came.
type life struct {
	ctx    context.Context
	cancel context.CancelFunc
	mu     sync.Mutex
	ill    *ill
	stops  bool
	over   bool
}

var errKilled = errors.New("this process was killed")

func (l *life) face(f *ill) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ill = f
}

func (l *life) ended() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.over
}

// dead tells whether it was killed.
func (l *life) dead() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.over && !l.stops
}

// step is one step of life. Who is killed at it hears nothing of it, whether it is done or, by chance, is not.
func (l *life) step(do func() error) error {
	l.mu.Lock()
	if l.over && !l.stops {
		l.mu.Unlock()
		return errKilled
	}
	last := !l.over && l.ill.mine()
	if last {
		l.over, l.stops = true, l.ill.stops
	}
	killed := last && !l.stops
	l.mu.Unlock()
	if last {
		defer l.cancel()
	}
	if killed && rand.IntN(2) == 0 {
		return errKilled
	}
	err := do()
	if killed {
		return errKilled
	}
	return err
}

// mortal is a store as a process sees it that may be killed.
type mortal struct {
	store.Store
	life *life
}

func (m mortal) Get(ctx context.Context, c *store.Collection, key string) (store.Doc, error) {
	if m.life.dead() {
		return store.Doc{}, errKilled
	}
	return m.Store.Get(ctx, c, key)
}

func (m mortal) Commit(ctx context.Context, b *store.Batch) error {
	return m.life.step(func() error { return m.Store.Commit(ctx, b) })
}

// mortalHTTP is the network likewise.
type mortalHTTP struct{ life *life }

func (m mortalHTTP) RoundTrip(r *http.Request) (res *http.Response, err error) {
	e := m.life.step(func() error {
		res, err = http.DefaultTransport.RoundTrip(r) //nolint:bodyclose // whoever asked closes it
		return err
	})
	if errors.Is(e, errKilled) && res != nil {
		_ = res.Body.Close()
		return nil, e
	}
	return res, e
}

// meter is a store that knows how much it holds.
type meter struct {
	store.Store
	mu    sync.Mutex
	docs  map[string]int // bytes
	bytes int
}

func (m *meter) Commit(ctx context.Context, b *store.Batch) error {
	m.mu.Lock() // two that commit at once must be counted in the order in which they do
	defer m.mu.Unlock()
	err := m.Store.Commit(ctx, b)
	if err != nil {
		return err
	}
	for _, o := range b.Ops {
		id := o.C.Name + "/" + o.Key
		if o.Kind == store.OpRequire {
			continue
		}
		m.bytes -= m.docs[id]
		delete(m.docs, id)
		if o.Kind != store.OpDelete {
			n := len(o.Key) + len(o.Body)
			for k, v := range o.Fields {
				n += len(k) + len(v)
			}
			m.docs[id] = n
			m.bytes += n
		}
	}
	return nil
}
