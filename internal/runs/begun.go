package runs

import (
	"context"
	"time"

	"esafetybot/internal/store"
)

// Begun is what is known of a day's run that has begun and not come to its end. Whoever is killed leaves no record: that it began is all that can be told.
type Begun struct {
	Since time.Time `json:"since"` // when the first run began since one came to its end
	Last  time.Time `json:"last"`  // when the newest did
	Tries int       `json:"tries"` // how often one began
}

// mostTries is how often a run may begin without coming to its end: machines are switched off, and new versions put in place.
const mostTries = 3

// Stopped tells whether runs begin again and again, and something ends each of them.
func (b Begun) Stopped(now time.Time) bool {
	return b.Tries >= mostTries && !now.Before(b.Since.Add(Overdue))
}

// begunKey is the key of the document among the run records that keeps it, while there is something to keep. No query finds it.
const begunKey = "begun"

// ReadBegun reads it, and the version of the document: the zero value, and 0, if every run that began came to its end.
func ReadBegun(ctx context.Context, s store.Store) (b Begun, version int64, err error) {
	version, err = readKept(ctx, s, begunKey, &b, "whether a run came to its end")
	return b, version, err
}

// Begin adds to a batch that a run begins.
func (b Begun) Begin(batch *store.Batch, version int64, now time.Time) error {
	if b.Since.IsZero() {
		b.Since = now.UTC()
	}
	b.Last, b.Tries = now.UTC(), b.Tries+1
	return putKept(batch, begunKey, version, b)
}

// End adds to a batch that a run came to its end.
func (b Begun) End(batch *store.Batch, version int64) { batch.Delete(Records, begunKey, version) }
