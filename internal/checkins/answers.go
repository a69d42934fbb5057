package checkins

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"esafetybot/internal/store"
)

// Answers is the collection: a document a check-in, with all that was answered.
var Answers = &store.Collection{Name: "check_ins", Schema: 1}

// Book is all that was answered. It is not safe for concurrent use.
type Book struct {
	answers map[string][]Answer
	version map[string]int64
	touched map[string]struct{}
}

// Open reads everything.
func Open(ctx context.Context, s store.Store) (*Book, error) {
	b := &Book{answers: map[string][]Answer{}, version: map[string]int64{}, touched: map[string]struct{}{}}
	for d, err := range s.Find(ctx, Answers, store.Ask{}) {
		if err != nil {
			return nil, err
		}
		var list []Answer
		if err := json.Unmarshal(d.Body, &list); err != nil {
			return nil, fmt.Errorf("the answers to the check-in %s cannot be read from the state: %w", d.Key, err)
		}
		b.answers[d.Key], b.version[d.Key] = list, d.Version
	}
	return b, nil
}

// All is what was answered, by name.
func (b *Book) All() map[string][]Answer { return b.answers }

// Add takes up an answer, once.
func (b *Book) Add(name string, a Answer) {
	if !slices.ContainsFunc(b.answers[name], func(x Answer) bool { return x.ID == a.ID }) {
		b.answers[name] = append(b.answers[name], a)
		b.touched[name] = struct{}{}
	}
}

// Stage adds what was taken up to a batch; it may be called once.
func (b *Book) Stage(batch *store.Batch) error {
	for name := range b.touched {
		body, err := json.Marshal(b.answers[name])
		if err != nil {
			return err
		}
		batch.Put(Answers, name, b.version[name], nil, body)
	}
	return nil
}
