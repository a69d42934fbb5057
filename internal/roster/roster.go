// Package roster is what the review site knows of the school's people: which accounts work with it. The worker, which reads the Directory, keeps it; the site, which cannot reach Google,
// reads it.
//
// It holds adults' ids, names and hashes of addresses, and is kept anew each day, so that whoever leaves the Directory leaves it too. Pupils are not in it: who is not in it, and plays no role of the policy with an address outside, has no business on the site.
package roster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"esafetybot/internal/store"
)

// Roster is the collection: one blob.
var Roster = &store.Collection{Name: "roster", Schema: 1}

const key = "adults"

// Adult is an account of the school that works, and is no pupil's.
type Adult struct {
	ID     string   `json:"id"`     // Directory id
	Name   string   `json:"name"`   // for other adults of the school
	Hashes []string `json:"hashes"` // of its addresses (pseudonym.Of), the main one first
}

// Keep writes the roster if it differs from what is there.
func Keep(ctx context.Context, s store.Store, commit func(context.Context, *store.Batch) error, adults []Adult) error {
	slices.SortFunc(adults, func(a, b Adult) int { return strings.Compare(a.ID, b.ID) })
	data, err := json.Marshal(adults)
	if err != nil {
		return err
	}
	old, ref, err := store.GetBlob(ctx, s, Roster, key)
	if err != nil && !errors.Is(err, store.ErrNotFound) || bytes.Equal(old, data) {
		return err
	}
	b := &store.Batch{}
	if _, err := store.StageBlob(ctx, s, b, Roster, key, ref, nil, data); err != nil {
		return err
	}
	return commit(ctx, b)
}

// Read is the roster; empty before the worker first ran.
func Read(ctx context.Context, s store.Store) ([]Adult, error) {
	data, _, err := store.GetBlob(ctx, s, Roster, key)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	var out []Adult
	if err == nil {
		err = json.Unmarshal(data, &out)
	}
	if err != nil {
		return nil, fmt.Errorf("the roster cannot be read from the state: %w", err)
	}
	return out, nil
}
