package outbox

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"esafetybot/internal/store"
)

const (
	// stuckAfter is how old a message is at least that was tried in vain before anybody is told: most of what goes wrong passes.
	stuckAfter = time.Hour
	// untriedAfter is how old a message is at least that nobody even tried to send: it is handed over at the end of a run, which may be long.
	untriedAfter = 6 * time.Hour
)

// Unsent tells of the messages that do not go out.
type Unsent struct {
	Waiting int       // tried in vain for some time, or not tried at all for long; they are tried again
	GivenUp int       // not tried again unless somebody says so
	Refused int       // of these, refused for good at once: as a rule an address is wrong
	Since   time.Time // when the oldest of them was made
	Said    string    // what was said when one of them did not go; no address
}

// Stuck tells of a message that is neither sent nor given up whether it should have gone long since.
func (e Entry) Stuck(now time.Time) bool {
	age := now.Sub(e.Created)
	return e.Problem != "" && age >= stuckAfter || age >= untriedAfter
}

// Unsent counts the messages that do not go out. It asks the messages themselves, so that it holds also where nobody comes to send them.
func (o *Outbox) Unsent(ctx context.Context, now time.Time) (Unsent, error) {
	var u Unsent
	count := func(n *int, e Entry) {
		*n++
		if u.Since.IsZero() || e.Created.Before(u.Since) {
			u.Since = e.Created
		}
		if e.Problem != "" {
			u.Said = e.Problem
			if _, cause, ok := strings.Cut(e.Problem, e.MessageID+": "); ok {
				u.Said = cause
			}
		}
	}
	for e, err := range o.GivenUp(ctx) {
		if err != nil {
			return u, err
		}
		count(&u.GivenUp, e)
		if e.Attempts < MaxAttempts {
			u.Refused++
		}
	}
	for e, err := range o.Open(ctx) {
		if err != nil {
			return u, err
		}
		if e.Stuck(now) {
			count(&u.Waiting, e)
		}
	}
	return u, nil
}

// Any tells whether there is any.
func (u Unsent) Any() bool { return u.Waiting+u.GivenUp > 0 }

// GivenUp lists the messages that were given up and about which nobody said yet what is to become of them, oldest first.
func (o *Outbox) GivenUp(ctx context.Context) iter.Seq2[Entry, error] {
	return o.find(ctx, store.Ask{Query: "open", Equal: map[string]string{"open": "given-up"}})
}

// Untried tells whether a message waits that no run has tried to send: what made it came to no end.
func (o *Outbox) Untried(ctx context.Context) (bool, error) {
	for e, err := range o.Open(ctx) {
		if err != nil || e.Attempts == 0 {
			return err == nil, err
		}
	}
	return false, nil
}

// Retry puts a message that was given up back in line, for an administrator who has removed the cause.
func (o *Outbox) Retry(ctx context.Context, key string) error {
	e, err := o.givenUp(ctx, key)
	if err != nil {
		return err
	}
	if e.Parts == 0 {
		return fmt.Errorf("outbox: message %s: %s, so that it cannot be sent any more", key, blanked)
	}
	// It may have been staged before, so it is looked for; or its token is known, so it is asked for.
	e.State, e.Attempts, e.NextTry, e.Ended, e.Dropped = Staging, 0, time.Time{}, time.Time{}, false
	if e.Token != "" {
		e.State = Staged
	}
	return o.save(ctx, &e)
}

// Drop says of a message that was given up that nobody wants it sent any more. It stays given up, and is counted no longer.
func (o *Outbox) Drop(ctx context.Context, key string) error {
	e, err := o.givenUp(ctx, key)
	if err != nil {
		return err
	}
	e.Dropped = true
	return o.save(ctx, &e)
}

// givenUp reads a message that was given up.
func (o *Outbox) givenUp(ctx context.Context, key string) (Entry, error) {
	d, err := o.s.Get(ctx, Letters, key)
	if errors.Is(err, store.ErrNotFound) {
		return Entry{}, fmt.Errorf("there is no message %q", key)
	}
	if err != nil {
		return Entry{}, fmt.Errorf("outbox: message %s: %w", key, err)
	}
	e, err := entry(d)
	if err == nil && e.State != GivenUp {
		err = fmt.Errorf("outbox: message %s is %s, not given up: nothing to do", key, e.State)
	}
	return e, err
}
