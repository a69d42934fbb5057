package runs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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

type begunBody struct {
	ID    string `json:"id"`
	Job   string `json:"job"`
	Begun Begun  `json:"begun"`
}

// ReadBegun reads it, and the version of the document: the zero value, and 0, if every run that began came to its end.
func ReadBegun(ctx context.Context, s store.Store) (Begun, int64, error) {
	d, err := s.Get(ctx, Records, begunKey)
	if errors.Is(err, store.ErrNotFound) {
		return Begun{}, 0, nil
	}
	var b begunBody
	if err == nil {
		err = json.Unmarshal(d.Body, &b)
	}
	if err != nil {
		return Begun{}, 0, fmt.Errorf("whether a run came to its end cannot be read from the state: %w", err)
	}
	return b.Begun, d.Version, nil
}

// Begin adds to a batch that a run begins.
func (b Begun) Begin(batch *store.Batch, version int64, now time.Time) error {
	if b.Since.IsZero() {
		b.Since = now.UTC()
	}
	b.Last, b.Tries = now.UTC(), b.Tries+1
	body, err := json.Marshal(begunBody{ID: begunKey, Job: begunKey, Begun: b})
	if err == nil {
		batch.Put(Records, begunKey, version, nil, body)
	}
	return err
}

// End adds to a batch that a run came to its end.
func (b Begun) End(batch *store.Batch, version int64) { batch.Delete(Records, begunKey, version) }
