package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"esafetybot/internal/seen"
	"esafetybot/internal/store"
)

// Coverages is the collection of what was read when, one blob a job.
var Coverages = &store.Collection{Name: "coverage", Schema: 1}

// coverage is what the sharing job remembers between runs besides the picture itself.
type coverage struct {
	// Read is when each scope was last read in full: the moment the reading began.
	Read   map[seen.Scope]time.Time `json:"read"`
	Cursor time.Time                `json:"cursor,omitzero"` // of the newest record of the Drive log that was taken up
	Admin  time.Time                `json:"admin,omitzero"`  // likewise of the admin log
	// Done holds the records of the overlap that were taken up, by a digest, with their time in Unix seconds.
	Done  map[string]int64     `json:"done,omitempty"`
	Trees map[string]string    `json:"trees,omitempty"` // marked folder → account id of its owner
	Open  map[string]groupOpen `json:"open,omitempty"`  // group → may anyone join
	// Again holds folders below which not everything could be read, with the account id of their owner: they are touched again.
	Again map[string]string `json:"again,omitempty"`
	// Slice is when the last rotating slice was read.
	Slice time.Time `json:"slice,omitzero"`
	// Domains is the customer's domains as of the last run: when they change, what was kept may be too little.
	Domains []string `json:"domains,omitempty"`
	// Titles tells whether the titles that the public can read were asked for: when they are for the first time, what was kept is too little.
	Titles bool `json:"titles,omitempty"`
}

type groupOpen struct {
	Open bool      `json:"open"`
	At   time.Time `json:"at"`
}

func loadCoverage(ctx context.Context, s store.Store, job string) (*coverage, store.BlobRef, error) {
	c := &coverage{Read: map[seen.Scope]time.Time{}, Done: map[string]int64{}, Trees: map[string]string{}, Again: map[string]string{}, Open: map[string]groupOpen{}}
	data, ref, err := store.GetBlob(ctx, s, Coverages, job)
	if errors.Is(err, store.ErrNotFound) {
		return c, ref, nil
	}
	if err != nil {
		return nil, ref, err
	}
	if err := json.Unmarshal(data, c); err != nil {
		return nil, ref, fmt.Errorf("what job %s has read so far cannot be read from the state: %w", job, err)
	}
	return c, ref, nil
}

// slice picks the scopes whose turn it is to be read in full again: so many that each has its turn within the rotation, the
// ones that were read longest ago first.
func (c *coverage) slice(scopes []seen.Scope, now time.Time, rotation time.Duration) []seen.Scope {
	var old []seen.Scope
	for _, s := range scopes {
		if !c.Read[s].IsZero() {
			old = append(old, s)
		}
	}
	if len(old) == 0 || rotation <= 0 || c.Slice.IsZero() {
		return nil
	}
	slices.SortFunc(old, func(a, b seen.Scope) int {
		if d := c.Read[a].Compare(c.Read[b]); d != 0 {
			return d
		}
		return cmpScope(a, b)
	})
	since := now.Sub(c.Slice)
	if since > rotation {
		since = rotation
	}
	// Rounded up: a slice of part of a scope is a whole scope.
	n := int((int64(len(old))*int64(since) + int64(rotation) - 1) / int64(rotation))
	return old[:min(n, len(old))]
}

func cmpScope(a, b seen.Scope) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// save adds what was read to a batch.
func (c *coverage) save(ctx context.Context, s store.Store, b *store.Batch, job string, ref store.BlobRef) (store.BlobRef, error) {
	data, err := json.Marshal(c)
	if err != nil {
		return ref, err
	}
	return store.StageBlob(ctx, s, b, Coverages, job, ref, nil, data)
}
