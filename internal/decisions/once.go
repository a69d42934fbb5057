package decisions

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/store"
)

// mostTaken is how many decisions one Take takes up: a site that somebody else got hold of may hold any number.
const mostTaken = 500

// Waits tells whether there is any decision of a kind, judged or not.
func Waits(ctx context.Context, site store.Store, kind string) (bool, error) {
	for _, err := range site.Find(ctx, Decisions, store.Ask{Query: "do", Equal: map[string]string{"do": kind}, Limit: 1}) {
		return err == nil, err
	}
	return false, nil
}

// Noted tells whether a decision lies there. One that [Take] took up is there no longer: its judgement is.
func Noted(ctx context.Context, site store.Store, id string) (bool, error) {
	_, err := site.Get(ctx, Decisions, id)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Take takes up the decisions of a kind that must not lie about, the oldest first, and deletes each from the site's store. do brings about what one says, with note in the
// batch of its effect: note adds the judgement. What do says is why it does not count; "" if it does. Where do has no effect of its own, the judgement is committed alone.
//
// The effect and the judgement come first, then the deleting: after a crash between the two the next Take finds the judgement, and only deletes. An error of one
// decision keeps that one for the next time, and does not keep the others from being taken up.
func Take(ctx context.Context, site, main store.Store, commit func(context.Context, *store.Batch) error, kind string, now func() time.Time, do func(d Decision, note func(*store.Batch) error) (refused string, err error)) (int, error) {
	type doc struct {
		Decision
		version int64
	}
	var all []doc
	for d, err := range site.Find(ctx, Decisions, store.Ask{Query: "do", Equal: map[string]string{"do": kind}, Limit: mostTaken}) {
		if err != nil {
			return 0, fmt.Errorf("reading what was decided: %w", err)
		}
		one := doc{version: d.Version}
		if json.Unmarshal(d.Body, &one.Decision) != nil || one.ID != d.Key || one.Do != kind {
			one.Decision = Decision{ID: d.Key, Do: kind} // not written by the site: whoever judges it finds nobody who made it
		}
		all = append(all, one)
	}
	slices.SortStableFunc(all, func(a, b doc) int { return cmp.Or(a.At.Compare(b.At), strings.Compare(a.ID, b.ID)) })
	var wrong []error
	for i, d := range all {
		var err error
		if made(d.ID) { // under another key it would stand in the way of the worker's own
			var j *Judgement
			if j, err = Judged(ctx, main, d.ID); err == nil && j == nil {
				err = takeOne(ctx, commit, d.Decision, now, do)
			}
		}
		if err == nil {
			b := &store.Batch{}
			b.Delete(Decisions, d.ID, d.version)
			err = site.Commit(ctx, b)
		}
		if ctx.Err() != nil {
			return i, ctx.Err()
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("decision %s: %w", d.ID, err))
		}
	}
	return len(all), errors.Join(wrong...)
}

func takeOne(ctx context.Context, commit func(context.Context, *store.Batch) error, d Decision, now func() time.Time, do func(Decision, func(*store.Batch) error) (string, error)) error {
	noted := false
	judge := func(b *store.Batch, refused string) error {
		body, err := json.Marshal(Judgement{At: now().UTC(), Counts: refused == "", Why: refused})
		b.Create(Judgements, d.ID, nil, body)
		return err
	}
	refused, err := do(d, func(b *store.Batch) error {
		noted = true
		return judge(b, "")
	})
	if err != nil || noted && refused == "" {
		return err
	}
	b := &store.Batch{}
	if err := judge(b, refused); err != nil {
		return err
	}
	return commit(ctx, b)
}

// Lately lists the ids of the decisions of a kind that were made after a moment, and of those made shortly before it, which may show late. limit is how many at most; 0 is all.
func Lately(ctx context.Context, site store.Store, kind string, from time.Time, limit int) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		ask := store.Ask{Query: "do", Equal: map[string]string{"do": kind}, From: store.Time(from.Add(-late)), Limit: limit}
		for d, err := range site.Find(ctx, Decisions, ask) {
			if !yield(d.Key, err) { // an error is the last
				return
			}
		}
	}
}
