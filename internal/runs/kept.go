package runs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"esafetybot/internal/store"
)

// readKept reads what a document among the run records keeps, by its key, and the document's version. Where there is none nothing is changed, and the version is 0. No query finds such a document.
func readKept(ctx context.Context, s store.Store, key string, into any, what string) (version int64, err error) {
	d, err := s.Get(ctx, Records, key)
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil
	}
	var body map[string]json.RawMessage
	if err == nil {
		err = json.Unmarshal(d.Body, &body)
	}
	if err == nil && body[key] != nil {
		err = json.Unmarshal(body[key], into)
	}
	if err != nil {
		return 0, fmt.Errorf("%s cannot be read from the state: %w", what, err)
	}
	return d.Version, nil
}

// putKept adds to a batch what such a document keeps from now on.
func putKept(b *store.Batch, key string, version int64, kept any) error {
	body, err := json.Marshal(map[string]any{"id": key, "job": key, key: kept})
	if err == nil {
		b.Put(Records, key, version, nil, body)
	}
	return err
}
