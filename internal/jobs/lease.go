package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"sync"
	"time"

	"esafetybot/internal/runs"
	"esafetybot/internal/store"
)

// Leases is the collection of leases, one document a job.
var Leases = &store.Collection{Name: "leases", Schema: 1}

// leaseFor is how long a lease lasts without being renewed. It outlives the deadline of any request to Google, since Google
// knows nothing of leases.
const leaseFor = 15 * time.Minute

// ErrBusy means that the job is running elsewhere.
var ErrBusy = errors.New("this job is already running")

type leaseBody struct {
	Holder string    `json:"holder"`
	Until  time.Time `json:"until"`
}

// Lease is the right to run a job. Every batch of the job requires it.
type Lease struct {
	store  store.Store
	job    string
	holder string
	clock  func() time.Time

	mu      sync.Mutex
	version int64
	until   time.Time
}

// Take takes the lease of a job. A lease that another process left behind is waited out, unless the state belongs to this
// process alone (exclusive): then whoever left it is gone. With the lease goes what is known to be due next, since whoever has it is going to write.
func Take(ctx context.Context, s store.Store, job, holder string, exclusive bool, clock func() time.Time) (*Lease, error) {
	for tries := 1; ; tries++ {
		l, err := take(ctx, s, job, holder, exclusive, clock)
		if errors.Is(err, store.ErrConflict) && tries < takeTries {
			continue // somebody took another lease, or worked out what is due next
		}
		if errors.Is(err, store.ErrConflict) {
			err = fmt.Errorf("%w: %s, as it seems: %w", ErrBusy, job, err)
		}
		if err != nil {
			return nil, err
		}
		return l, nil
	}
}

// takeTries is how often a lease is tried for when others take theirs at the same moment.
const takeTries = 5

func take(ctx context.Context, s store.Store, job, holder string, exclusive bool, clock func() time.Time) (*Lease, error) {
	l := &Lease{store: s, job: job, holder: holder, clock: clock}
	doc, err := s.Get(ctx, Leases, job)
	switch {
	case errors.Is(err, store.ErrNotFound):
	case err != nil:
		return nil, err
	default:
		b, err := readLease(doc)
		if err != nil {
			return nil, err
		}
		if !exclusive && b.Holder != holder && clock().Before(b.Until) {
			return nil, fmt.Errorf("%w: %s, at the latest until %s", ErrBusy, job, b.Until.Format(time.RFC3339))
		}
		l.version = doc.Version
	}
	next, err := runs.ReadNext(ctx, s)
	if err != nil {
		return nil, err
	}
	b := &store.Batch{}
	next.Down(b)
	return l, l.Commit(ctx, b)
}

func readLease(d store.Doc) (b leaseBody, err error) {
	if err := json.Unmarshal(d.Body, &b); err != nil {
		return b, fmt.Errorf("the lease of job %s cannot be read: %w", d.Key, err)
	}
	return b, nil
}

// anyLease tells whether somebody holds a lease: one holder, or anybody ("").
func anyLease(ctx context.Context, s store.Store, holder string, now time.Time) (bool, error) {
	for d, err := range s.Find(ctx, Leases, store.Ask{}) {
		if err != nil {
			return false, err
		}
		b, err := readLease(d)
		if err != nil {
			return false, err
		}
		if now.Before(b.Until) && (holder == "" || b.Holder == holder) {
			return true, nil
		}
	}
	return false, nil
}

// Commit writes a batch that requires the lease, and renews the lease in the same batch when half of it has passed.
func (l *Lease) Commit(ctx context.Context, b *store.Batch) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock()
	if l.until.Sub(now) > leaseFor/2 {
		b.Require(Leases, l.job, l.version)
		return l.store.Commit(ctx, b)
	}
	return l.write(ctx, b, now.Add(leaseFor))
}

func (l *Lease) write(ctx context.Context, b *store.Batch, until time.Time) error {
	body, err := json.Marshal(leaseBody{Holder: l.holder, Until: until})
	if err != nil {
		return err
	}
	b.Put(Leases, l.job, l.version, nil, body)
	if err := l.store.Commit(ctx, b); err != nil {
		return err
	}
	l.version, l.until = l.version+1, until
	return nil
}

// held tells whether the lease is still ours.
func (l *Lease) held(ctx context.Context) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	d, err := l.store.Get(ctx, Leases, l.job)
	return err == nil && d.Version == l.version
}

// Guard adds the requirement of the lease to somebody else's batch.
func (l *Lease) Guard(b *store.Batch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b.Require(Leases, l.job, l.version)
}

// Release gives the lease back, together with a last batch.
func (l *Lease) Release(ctx context.Context, b *store.Batch) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.write(ctx, b, l.clock())
}

// leased runs a job that looks at nothing new: it takes the lease, does the work, and leaves a record. An interrupted job gives the lease back and leaves none: the next run
// begins anew. What goes wrong stands in the record, and comes back.
func leased(ctx context.Context, env Env, job string, now time.Time, do func(*Lease, *Record) error) (*Record, error) {
	lease, err := begin(ctx, env, job)
	if err != nil {
		return nil, err
	}
	before := maps.Clone(env.Google.Calls())
	r := newRecord(env, job, now, lease)
	err = do(lease, r)
	if ctx.Err() != nil {
		return r, errors.Join(err, lease.giveBack(ctx))
	}
	if err != nil {
		r.Error = err.Error()
	}
	r.Ended, r.Calls = env.Clock(), less(env.Google.Calls(), before)
	b := &store.Batch{}
	if e := r.Add(b); e != nil {
		return r, errors.Join(err, e)
	}
	return r, errors.Join(err, lease.Release(ctx, b))
}

// newRecord begins the record of a run.
func newRecord(env Env, job string, now time.Time, lease *Lease) *Record {
	return &Record{ID: store.Key(store.Time(now), job, strconv.FormatInt(lease.version, 10)), Job: job, Policy: env.Policy.Version, Started: now}
}

// giveBack releases the lease of a run whose context has ended.
func (l *Lease) giveBack(ctx context.Context) error {
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), interruptedFor)
	defer cancel()
	return l.Release(late, &store.Batch{})
}
