package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/mail"
	"esafetybot/internal/store"
	"esafetybot/internal/telemetry"
)

// MaxAttempts is how often a message is tried before it is given up.
const MaxAttempts = 10

// pauses is how long a message rests after its first, second, … failure. The first next run may try again at once.
var pauses = []time.Duration{0, 5 * time.Minute, 15 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour}

// Problem is a message that could not be delivered this time.
type Problem struct {
	Key     string // of the message; holds ids only
	Kind    string
	GivenUp bool // it will not be tried again
	Err     error
}

// Result is what one delivery did. Sent + Resting + Busy + len(Problems) is what was waiting.
type Result struct {
	Sent     int
	Resting  int // failed before and not due for another attempt yet
	Busy     int // changed by somebody else meanwhile, and left to them
	Problems []Problem
}

// Err joins the problems; nil if there are none.
func (r Result) Err() error {
	var errs []error
	for _, p := range r.Problems {
		if p.GivenUp {
			errs = append(errs, fmt.Errorf("message %s is given up: %w", p.Key, p.Err))
		} else {
			errs = append(errs, fmt.Errorf("message %s: %w", p.Key, p.Err))
		}
	}
	return errors.Join(errs...)
}

// Deliver hands over every message that waits, urgent ones first, then in the order they were made. A message that fails is
// counted and told in the Result and does not stop the others. The error is for what stops all: the store, or ctx ended.
func (o *Outbox) Deliver(ctx context.Context, sender mail.Sender, now time.Time) (Result, error) {
	var r Result
	var list []Entry
	for e, err := range o.Open(ctx) {
		if err != nil {
			return r, err
		}
		list = append(list, e)
	}
	slices.SortStableFunc(list, func(a, b Entry) int {
		if a.Urgent == b.Urgent {
			return 0
		}
		if a.Urgent {
			return -1
		}
		return 1
	})
	for _, e := range list {
		if err := ctx.Err(); err != nil {
			return r, fmt.Errorf("outbox: deliver: %w", err)
		}
		if e.NextTry.After(now) {
			r.Resting++
			continue
		}
		if err := o.told(ctx, sender, now, e, &r); err != nil {
			return r, err
		}
	}
	return r, nil
}

// told delivers one message, and says how that went.
func (o *Outbox) told(ctx context.Context, sender mail.Sender, now time.Time, e Entry, r *Result) error {
	ctx, end := telemetry.Mail(ctx)
	before := *r
	err := o.deliver(ctx, sender, now, e, r)
	switch {
	case r.Sent > before.Sent:
		end(telemetry.OK)
	case err == nil && r.Busy > before.Busy:
		end(telemetry.Elsewhere)
	default:
		end(telemetry.Failed)
	}
	return err
}

// deliver takes one message as far as it goes. What it returns stops all.
func (o *Outbox) deliver(ctx context.Context, sender mail.Sender, now time.Time, e Entry, r *Result) error {
	f, err := o.Read(ctx, e)
	if err != nil {
		r.Problems = append(r.Problems, Problem{Key: e.Key, Kind: e.Kind, Err: err})
		return ctxErr(ctx)
	}
	p := f.parcel(e)
	again := e.State == Staging

	// The attempt is counted before it is made: a message that brings the process down is given up like any other.
	e.Attempts++
	if e.State == Queued {
		e.State = Staging
	}
	if err := o.save(ctx, &e); err != nil {
		return o.lost(ctx, e, err, r)
	}

	err = nil
	waiting := true
	if e.State == Staged {
		waiting, err = sender.Waiting(ctx, p, e.Token)
	} else {
		var token string
		if token, err = sender.Stage(ctx, p, again); err == nil {
			e.State, e.Token = Staged, token
			if err := o.save(ctx, &e); err != nil {
				return o.lost(ctx, e, err, r)
			}
		}
	}
	if err == nil && waiting {
		if err = sender.Release(ctx, p, e.Token); err != nil && !errors.Is(err, mail.ErrRefused) {
			// The answer may have been lost on the way back: what no longer waits was sent.
			if still, werr := sender.Waiting(ctx, p, e.Token); werr == nil && !still {
				err = nil
			}
		}
	}
	if ctx.Err() != nil && err != nil {
		return fmt.Errorf("outbox: deliver: %w", ctx.Err()) // not the message's fault: the next run takes it up
	}

	if err == nil {
		e.State, e.Ended, e.Problem, e.NextTry = Sent, now.UTC(), "", time.Time{}
	} else {
		err = f.redact(err)
		e.Problem = err.Error()
		e.NextTry = now.Add(pauses[min(e.Attempts, len(pauses))-1]).UTC()
		if e.Attempts >= MaxAttempts || errors.Is(err, mail.ErrRefused) {
			e.State, e.Ended = GivenUp, now.UTC()
		}
	}
	if serr := o.save(ctx, &e); serr != nil {
		return o.lost(ctx, e, serr, r)
	}
	if err == nil {
		r.Sent++
	} else {
		r.Problems = append(r.Problems, Problem{Key: e.Key, Kind: e.Kind, GivenUp: e.State == GivenUp, Err: err})
	}
	return nil
}

func (o *Outbox) save(ctx context.Context, e *Entry) error {
	fields, body, err := e.doc()
	if err != nil {
		return err
	}
	var b store.Batch
	b.Put(Letters, e.Key, e.Version, fields, body)
	if o.opt.Guard != nil {
		o.opt.Guard(&b)
	}
	if err := o.s.Commit(ctx, &b); err != nil {
		return fmt.Errorf("outbox: message %s: %w", e.Key, err)
	}
	e.Version++
	return nil
}

// lost deals with a state that could not be written. If somebody else changed the message it is theirs; anything else stops
// the delivery, for what cannot be recorded must not be sent.
func (o *Outbox) lost(ctx context.Context, e Entry, err error, r *Result) error {
	if !errors.Is(err, store.ErrConflict) {
		return err
	}
	if d, gerr := o.s.Get(ctx, Letters, e.Key); gerr == nil && d.Version == e.Version {
		return err // the message is as we left it: it is the lease that we lost
	}
	r.Busy++
	return nil
}

func ctxErr(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("outbox: deliver: %w", err)
	}
	return nil
}

// redacted is an error whose text holds no address of the message; what it wraps can still be told.
type redacted struct {
	error
	text string
}

func (r redacted) Error() string { return r.text }
func (r redacted) Unwrap() error { return r.error }

func (f Frozen) redact(err error) error {
	text := err.Error()
	for _, a := range append(slices.Clone(f.Cc), f.To) {
		text = replaceFold(text, a.Address, "(address)")
		if len(a.Name) >= 4 { // shorter ones are found inside other words
			text = replaceFold(text, a.Name, "(name)")
		}
	}
	if text == err.Error() {
		return err
	}
	return redacted{err, text}
}

func replaceFold(text, old, with string) string {
	if old == "" {
		return text
	}
	lower, old := strings.ToLower(text), strings.ToLower(old)
	if len(lower) != len(text) { // some letters change length with their case: better lose the text than keep the address
		if strings.Contains(lower, old) {
			return with
		}
		return text
	}
	var b strings.Builder
	for {
		i := strings.Index(lower, old)
		if i < 0 {
			b.WriteString(text)
			return b.String()
		}
		b.WriteString(text[:i])
		b.WriteString(with)
		text, lower = text[i+len(old):], lower[i+len(old):]
	}
}
