package checkins

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/classdojo"
	"esafetybot/internal/moderation"
	"esafetybot/internal/policy"
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

// Read gathers what the check-ins of a policy are judged by: what was answered, and of ClassDojo what was looked at and told. first is when the program first looked.
func Read(ctx context.Context, s store.Store, p *policy.Policy, cal *calendar.Calendar, now, first time.Time) (Input, *Book, error) {
	in := Input{Now: now, FirstLook: first, Calendar: cal, Asks: Asks(p)}
	book, err := Open(ctx, s)
	if err != nil {
		return in, nil, err
	}
	in.Answers = book.All()
	classes := map[string]struct{}{} // a spot check asks about a class again
	for _, a := range in.Asks {
		if a.Dojo != "" {
			classes[a.Dojo] = struct{}{}
		}
	}
	if len(classes) == 0 {
		return in, book, nil
	}
	in.Looked, in.Commented = map[string]calendar.Date{}, map[string]time.Time{}
	for id := range classes {
		class, err := moderation.Load(ctx, s, moderation.Dojo(id))
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return in, nil, err
		}
		for _, post := range class.Posts {
			for _, v := range post.Reviews {
				if v.Of == "" {
					saw := slices.MinFunc([]time.Time{v.Saw, v.At}, time.Time.Compare)
					in.Looked[id] = later(in.Looked[id], cal.Date(saw))
				}
			}
		}
	}
	for e, err := range classdojo.WasTold(ctx, s, classdojo.Comment, time.Time{}) {
		if err != nil {
			return in, nil, err
		}
		if !e.At.After(now) {
			in.Commented[e.Class] = e.At // they come in the order in which they happened
		}
	}
	return in, book, nil
}

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

// Forget takes out answers from before a moment, and returns how many; the newest to each question, of ClassDojo to each question about each class, stays.
func (b *Book) Forget(before time.Time) int {
	n := 0
	for name, list := range b.answers {
		kept := slices.DeleteFunc(slices.Clone(list), func(a Answer) bool {
			return a.At.Before(before) && slices.ContainsFunc(list, func(b Answer) bool { return b.At.After(a.At) })
		})
		if gone := len(list) - len(kept); gone > 0 {
			b.answers[name], n = kept, n+gone
			b.touched[name] = struct{}{}
		}
	}
	return n
}
