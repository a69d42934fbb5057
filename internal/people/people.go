// Package people keeps the one collection that holds addresses of persons outside the school's own Directory, so that erasing a
// person means deleting one document. Everything else in the state names people by Google's ids.
package people

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"esafetybot/internal/seen"
	"esafetybot/internal/store"
)

// People is the collection: the key is "grantee|" and Google's id of the grantee.
var People = &store.Collection{Name: "people", Schema: 1}

// Person is what is kept of somebody.
type Person struct {
	Address string `json:"address"`
}

// Book is the collection in memory. Safe for concurrent use.
type Book struct {
	store  store.Store
	commit func(context.Context, *store.Batch) error

	mu    sync.Mutex
	known map[string]string // id → address
	docs  map[string]int64  // id → version in the state
	fresh map[string]bool   // learnt or changed in this run
}

// Open reads everybody who is known.
func Open(ctx context.Context, s store.Store, commit func(context.Context, *store.Batch) error) (*Book, error) {
	b := &Book{store: s, commit: commit, known: map[string]string{}, docs: map[string]int64{}, fresh: map[string]bool{}}
	from, to := store.Prefix("grantee")
	for d, err := range s.Find(ctx, People, store.Ask{From: from, To: to}) {
		if err != nil {
			return nil, err
		}
		var p Person
		if err := json.Unmarshal(d.Body, &p); err != nil {
			return nil, fmt.Errorf("a person in the state cannot be read: %w", err)
		}
		id := store.KeyParts(d.Key)[1]
		b.known[id], b.docs[id] = p.Address, d.Version
	}
	return b, nil
}

// Learn notes the addresses of grantees.
func (b *Book) Learn(grants []seen.Grant) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, g := range grants {
		if g.Address != "" && b.known[g.ID] != g.Address {
			b.known[g.ID], b.fresh[g.ID] = g.Address, true
		}
	}
}

// Address is the address of a grantee, "" if it is not known (any more).
func (b *Book) Address(id string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.known[id]
}

// Fill gives grants their addresses, in place.
func (b *Book) Fill(grants []seen.Grant) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, g := range grants {
		if g.Type == "user" || g.Type == "group" {
			grants[i].Address = b.known[g.ID]
		}
	}
}

// Strip copies grants without their addresses.
func Strip(grants []seen.Grant) []seen.Grant {
	out := slices.Clone(grants)
	for i := range out {
		out[i].Address = ""
	}
	return out
}

// Flush writes who was learnt.
func (b *Book) Flush(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	ids := make([]string, 0, len(b.fresh))
	for id := range b.fresh {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for part := range slices.Chunk(ids, store.MaxBatchWrites-10) {
		batch := &store.Batch{}
		for _, id := range part {
			body, err := json.Marshal(Person{Address: b.known[id]})
			if err != nil {
				return err
			}
			batch.Put(People, store.Key("grantee", id), b.docs[id], nil, body)
		}
		if err := b.commit(ctx, batch); err != nil {
			return err
		}
		for _, id := range part {
			b.docs[id]++
			delete(b.fresh, id)
		}
	}
	return nil
}
