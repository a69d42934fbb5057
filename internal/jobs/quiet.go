package jobs

import (
	"context"
	"errors"
	"slices"
	"time"

	"esafetybot/internal/store"
)

// Quiet is the right to change the state while no job runs: the lease of every job that ever ran or may run.
type Quiet struct {
	leases []*Lease
	now    func() time.Time
}

// TakeQuiet takes all leases; more names jobs that are run elsewhere than in this package. The error wraps ErrBusy, and none is held, if a job is running. On an exclusive store leases that others left are dead.
func TakeQuiet(ctx context.Context, s store.Store, holder string, exclusive bool, clock func() time.Time, more ...string) (*Quiet, error) {
	names := append(recorded(), more...)
	for d, err := range s.Find(ctx, Leases, store.Ask{}) {
		if err != nil {
			return nil, err
		}
		names = append(names, d.Key)
	}
	slices.Sort(names)
	q := &Quiet{now: clock}
	for _, job := range slices.Compact(names) {
		l, err := Take(ctx, s, job, holder, exclusive, clock)
		if err != nil {
			return nil, errors.Join(err, q.Release(ctx))
		}
		q.leases = append(q.leases, l)
	}
	return q, nil
}

// Commit writes a batch that requires all the leases, and renews those of which half has passed.
func (q *Quiet) Commit(ctx context.Context, b *store.Batch) error {
	for _, l := range q.leases[1:] {
		if l.until.Sub(q.now()) <= leaseFor/2 {
			if err := l.Commit(ctx, &store.Batch{}); err != nil {
				return err
			}
		}
		l.Guard(b)
	}
	return q.leases[0].Commit(ctx, b)
}

// Release gives the leases back.
func (q *Quiet) Release(ctx context.Context) error {
	var errs []error
	for _, l := range q.leases {
		errs = append(errs, l.giveBack(ctx))
	}
	return errors.Join(errs...)
}
