package outbox

import "esafetybot/internal/store"

// With is the same outbox for a job that holds a lease: guard adds the lease's requirement to each batch that Deliver commits.
func (o *Outbox) With(guard func(*store.Batch)) (*Outbox, error) {
	opt := o.opt
	opt.Guard = guard
	return &Outbox{s: o.s, opt: opt}, nil // what made o has looked at the rest
}
