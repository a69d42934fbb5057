package incidents

import (
	"context"
	"slices"
	"time"

	"esafetybot/internal/store"
)

// OpenAt counts the entries about a pupil or about nobody that were open at a moment, for a message that all of some readers get: one that concerns any of them is not counted. Entries about
// adults, or not sure, are in no count; one that was corrected to be about an adult since is not either.
func OpenAt(ctx context.Context, s store.Store, t time.Time, readers ...By) (int, error) {
	l := &Log{Store: s}
	n := 0
	for e, err := range l.all(ctx, Ordinary, "") {
		if err != nil {
			return 0, err
		}
		concerned := func(by By) bool {
			who := by.who()
			return slices.ContainsFunc(e.Concerns, who.same)
		}
		if e.openAt(t) && !slices.ContainsFunc(readers, concerned) {
			n++
		}
	}
	return n, nil
}

// openAt tells whether an entry was there and open at a moment, by its history.
func (e *Entry) openAt(t time.Time) bool {
	open := false
	for _, h := range e.History {
		if h.At.After(t) {
			break
		}
		switch h.What {
		case WasRaised, WasReopened:
			open = true
		case WasClosed:
			open = false
		}
	}
	return open
}
