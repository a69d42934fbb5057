package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"esafetybot/internal/actions"
	"esafetybot/internal/closures"
	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/memory"
	"esafetybot/internal/moderation"
	"esafetybot/internal/people"
	"esafetybot/internal/policy"
	"esafetybot/internal/records"
	"esafetybot/internal/shares"
	"esafetybot/internal/store"
)

// runs drops old records of runs; the newest of each job stays, since a colour rests on it.
func (s *sweep) runs(ctx context.Context) error {
	before := store.Time(s.before(policy.KeepRuns))
	for _, job := range recorded() {
		last, err := Latest(ctx, s.Store, job)
		if err != nil {
			return err
		}
		ask := store.Ask{Query: "job", Equal: map[string]string{"job": job}, To: before}
		if err := s.dropAll(ctx, Records, ask, func(d store.Doc) bool { return last != nil && d.Key != last.ID }); err != nil {
			return err
		}
	}
	return nil
}

// decided drops old decisions of the review site, and then what was made of them. A judgement never goes before its decision, which would be judged again.
func (s *sweep) decided(ctx context.Context) error {
	if s.Site == nil {
		return nil
	}
	before := s.before(policy.KeepDecisions)
	went := false
	for _, do := range decisions.Kinds {
		if do == decisions.Incident {
			continue // nothing of the incident log passes by a clock
		}
		for d, err := range s.Site.Find(ctx, decisions.Decisions, store.Ask{Query: "do", Equal: map[string]string{"do": do}, To: store.Time(before)}) {
			if err != nil {
				return err
			}
			b := &store.Batch{}
			b.Delete(decisions.Decisions, d.Key, d.Version)
			if err := s.Site.Commit(ctx, b); err != nil {
				return fmt.Errorf("deleting old decisions: %w", err)
			}
			s.tally(decisions.Decisions, 1)
			went = true
		}
	}
	if !went && s.Policy.Calendar.Date(s.now).Weekday() != sweepDay {
		return nil
	}
	return s.dropAll(ctx, decisions.Judgements, store.Ask{}, func(d store.Doc) bool {
		var j decisions.Judgement
		if json.Unmarshal(d.Body, &j) != nil || strings.HasPrefix(d.Key, decisions.CursorPrefix) || !j.At.Before(before) {
			return false
		}
		_, err := s.Site.Get(ctx, decisions.Decisions, d.Key)
		return errors.Is(err, store.ErrNotFound)
	})
}

// records drops entries of lists that ended long ago.
func (s *sweep) records(ctx context.Context) error {
	before := s.before(policy.KeepRecords)
	return s.dropAll(ctx, records.Entries, store.Ask{}, func(d store.Doc) bool {
		var e records.Entry
		return json.Unmarshal(d.Body, &e) == nil && e.Ended != nil && e.Ended.At.Before(before)
	})
}

// closures forgets who said long ago that the school was closed on some day.
func (s *sweep) closures(ctx context.Context) error {
	book, err := closures.Open(ctx, s.Store)
	if err != nil {
		return err
	}
	return s.forgot(ctx, book, closures.Closures, book.Forget(s.Policy.Calendar.Date(s.before(policy.KeepDecisions))))
}

// people drops addresses of those whom nothing mentions any more. It waits while Drives are read elsewhere, since whoever reads has them in mind already.
func (s *sweep) people(ctx context.Context) error {
	if s.Policy.Calendar.Date(s.now).Weekday() != sweepDay {
		return nil
	}
	reading, err := Take(ctx, s.Store, SharingJob, s.Holder, s.Exclusive, s.Clock)
	if errors.Is(err, ErrBusy) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = reading.giveBack(ctx) }()
	known := map[string]store.Doc{}
	from, to := store.Prefix("grantee")
	for d, err := range s.Store.Find(ctx, people.People, store.Ask{From: from, To: to}) {
		if err != nil {
			return err
		}
		known[store.KeyParts(d.Key)[1]] = d
	}
	if len(known) == 0 {
		return nil
	}
	for _, c := range []*store.Collection{findings.Findings, findings.Events, actions.Actions, actions.Events, shares.Pictures} {
		for d, err := range s.Store.Find(ctx, c, store.Ask{}) {
			if err != nil {
				return err
			}
			body := d.Body
			if c == shares.Pictures {
				if body, _, err = store.GetBlob(ctx, s.Store, c, d.Key); err != nil {
					return err
				}
			}
			for _, word := range strings.FieldsFunc(string(body), func(r rune) bool { return strings.ContainsRune(` "/|,:{}[]`, r) }) {
				delete(known, word)
			}
		}
	}
	for _, d := range known {
		s.drop(people.People, d)
		if err := s.full(ctx); err != nil {
			return err
		}
	}
	return s.flush(ctx)
}

// classes drops what was remembered of classes that are there no more, once nothing is left to be looked at in them; the job comments takes out what was looked at.
func (s *sweep) classes(ctx context.Context) error {
	if s.Policy.Calendar.Date(s.now).Weekday() != sweepDay {
		return nil
	}
	there, err := memory.Rosters(ctx, s.Store)
	if err != nil || len(there) == 0 {
		return err
	}
	return s.dropAll(ctx, moderation.Classes, store.Ask{}, func(d store.Doc) bool {
		_, isThere := there[d.Key]
		_, isBlog := moderation.BlogOf(d.Key)
		return !isThere && !isBlog && moderation.Idle(d)
	})
}
