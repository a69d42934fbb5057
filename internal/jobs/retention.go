package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"esafetybot/internal/access"
	"esafetybot/internal/actions"
	"esafetybot/internal/checkins"
	"esafetybot/internal/findings"
	"esafetybot/internal/incidents"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/privacy"
	"esafetybot/internal/records"
	"esafetybot/internal/runs"
	"esafetybot/internal/store"
	"esafetybot/internal/views"
)

// RetentionJob deletes from the state what is older than the policy's `retention:` says. It deletes nothing at Google, and never what is open, agreed to, left as it is because of an entry of the
// incident log, or the newest of what a colour rests on.
const RetentionJob = runs.LastJob

const (
	// leastKept is how long everything is kept at least but the text of messages, whatever the policy says: reports tell of the time since their reader was last told, and once-keys must outlive their day.
	leastKept = 92 * 24 * time.Hour
	// swept is how many documents go in one batch, so that a run that is killed has lost little.
	swept = 100
	// sweepDay is the day on which is looked through what has no order by age.
	sweepDay = time.Monday
)

// reportKinds are the messages that are kept as reports are: the school may have to show what was told.
var reportKinds = []string{reportKind, weeklyKind, termlyKind, monthlyKind}

// Retention runs the job.
func Retention(ctx context.Context, env Env, now time.Time) (*Record, error) {
	return leased(ctx, env, RetentionJob, now, func(lease *Lease, r *Record) error {
		s := &sweep{Env: env, lease: lease, now: now, record: r}
		var err error
		if s.frozen, err = (&incidents.Log{Store: env.Store}).Holds(ctx); err != nil {
			return err
		}
		var errs []error
		for _, part := range []func(context.Context) error{
			s.findings, s.actions, s.firsts, s.access, s.checkIns, s.letters, s.marks, s.runs, s.decided, s.records, s.closures, s.reminded, s.sights, s.asked, s.people, s.classes,
		} {
			if ctx.Err() != nil {
				break
			}
			errs = append(errs, part(ctx)) // what goes wrong with one keeps no other from passing
		}
		return errors.Join(errs...)
	})
}

// sweep is one run of the job.
type sweep struct {
	Env
	lease  *Lease
	now    time.Time
	record *Record
	frozen incidents.Frozen
	b      store.Batch
	counts map[string]int // of the batch
}

// before is the moment before which things of a kind have passed.
func (s *sweep) before(kind string) time.Time {
	at, least := s.Policy.Retention[kind].Before(s.now), s.now.Add(-leastKept)
	if least.Before(at) {
		return least
	}
	return at
}

// drop adds to the batch that a document goes.
func (s *sweep) drop(c *store.Collection, d store.Doc) {
	s.b.Delete(c, d.Key, d.Version)
	s.count(c, 1)
}

func (s *sweep) count(c *store.Collection, n int) {
	if s.counts == nil {
		s.counts = map[string]int{}
	}
	s.counts[c.Name] += n
}

// full commits the batch when it is large.
func (s *sweep) full(ctx context.Context) error {
	if s.b.Writes() < swept {
		return nil
	}
	return s.flush(ctx)
}

// flush commits the batch. Somebody else may have changed a document since it was read: then it stays for tomorrow.
func (s *sweep) flush(ctx context.Context) error {
	b, counts := s.b, s.counts
	s.b, s.counts = store.Batch{}, nil
	if b.Writes() == 0 {
		return nil
	}
	err := s.lease.Commit(ctx, &b)
	if errors.Is(err, store.ErrConflict) && s.lease.held(ctx) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("deleting what is old: %w", err)
	}
	for c, n := range counts {
		if s.record.Deleted == nil {
			s.record.Deleted = map[string]int{}
		}
		s.record.Deleted[c] += n
	}
	return nil
}

// dropAll drops what a query yields, a batch at a time.
func (s *sweep) dropAll(ctx context.Context, c *store.Collection, ask store.Ask, goes func(store.Doc) bool) error {
	for d, err := range s.Store.Find(ctx, c, ask) {
		if err != nil {
			return err
		}
		if goes != nil && !goes(d) {
			continue
		}
		s.drop(c, d)
		if err := s.full(ctx); err != nil {
			return err
		}
	}
	return s.flush(ctx)
}

// findings drops findings that were put right long ago, each after its events.
func (s *sweep) findings(ctx context.Context) error {
	before := store.Time(s.before(policy.KeepFindings))
	for _, means := range append(policy.Checks(), checkins.Means, records.Means, string(policy.Reminder)) {
		var list []store.Doc
		for d, err := range s.Store.Find(ctx, findings.Findings, store.Ask{Query: "closed", Equal: map[string]string{"means": means, "status": string(findings.Resolved)}, To: before}) {
			if err != nil {
				return err
			}
			list = append(list, d)
		}
		for _, d := range list {
			f, err := findings.Decode(d)
			if err != nil {
				return err
			}
			if s.frozen.Frozen(f.Subject) {
				continue
			}
			if err := s.dropAll(ctx, findings.Events, store.Ask{Query: "finding", Equal: map[string]string{"finding": f.ID}}, nil); err != nil {
				return err
			}
			s.drop(findings.Findings, d)
			if err := s.flush(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// over are the states of a change in which nothing more will become of it.
var over = []actions.State{actions.Done, actions.Undone, actions.Declined, actions.Lapsed, actions.Withdrawn, actions.Failed}

// actions drops changes that were over long ago, each after its events and what else there is of it. One whose finding is open stays: that it was declined would be forgotten.
func (s *sweep) actions(ctx context.Context) error {
	before := s.before(policy.KeepActions)
	for _, state := range over {
		var list []store.Doc
		for d, err := range s.Store.Find(ctx, actions.Actions, store.Ask{Query: "state", Equal: map[string]string{"state": string(state)}}) {
			if err != nil {
				return err
			}
			var a actions.Action
			if err := json.Unmarshal(d.Body, &a); err != nil {
				return fmt.Errorf("action %s in the state cannot be read: %w", d.Key, err)
			}
			if !a.Changed.Before(before) || s.frozen.Frozen(a.Subject) {
				continue
			}
			if open, err := s.openFinding(ctx, a.Finding); err != nil {
				return err
			} else if !open {
				list = append(list, d)
			}
		}
		for _, d := range list {
			if err := s.dropAll(ctx, actions.Events, store.Ask{Query: "action", Equal: map[string]string{"action": d.Key}}, nil); err != nil {
				return err
			}
			for _, c := range []*store.Collection{actions.Undos, views.Changes} {
				if x, err := s.Store.Get(ctx, c, d.Key); err == nil {
					s.drop(c, x)
				} else if !errors.Is(err, store.ErrNotFound) {
					return err
				}
			}
			s.drop(actions.Actions, d)
			if err := s.flush(ctx); err != nil {
				return err
			}
		}
	}
	// Runs that did nothing on purpose are events of no change.
	return s.dropAll(ctx, actions.Events, store.Ask{Query: "since", To: store.Time(before)}, func(d store.Doc) bool { return d.Fields["action"] == "" })
}

func (s *sweep) openFinding(ctx context.Context, id string) (bool, error) {
	d, err := s.Store.Get(ctx, findings.Findings, id)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	f, err := findings.Decode(d)
	return err == nil && f.Status != findings.Resolved, err
}

// firsts drops the first of two people's agreement once nobody may confirm it any more.
func (s *sweep) firsts(ctx context.Context) error {
	return s.dropAll(ctx, findings.Firsts, store.Ask{}, func(d store.Doc) bool {
		var f findings.First
		return json.Unmarshal(d.Body, &f) == nil && f.At.Before(s.now.Add(-findings.FirstLasts))
	})
}

// access takes out of the access record what ended long ago.
func (s *sweep) access(ctx context.Context) error {
	book, err := access.Open(ctx, s.Store, s.lease.Commit)
	if err != nil {
		return err
	}
	n := book.Forget(s.before(policy.KeepAccess))
	if n == 0 {
		return nil
	}
	if err := book.Flush(ctx); err != nil {
		return err
	}
	s.tally(access.Records, n)
	return nil
}

// tally counts what was deleted otherwise than by the batch.
func (s *sweep) tally(c *store.Collection, n int) {
	if n == 0 {
		return
	}
	if s.record.Deleted == nil {
		s.record.Deleted = map[string]int{}
	}
	s.record.Deleted[c.Name] += n
}

// checkIns takes out old answers; the newest to each question stays, since a colour rests on it.
func (s *sweep) checkIns(ctx context.Context) error {
	book, err := checkins.Open(ctx, s.Store)
	if err != nil {
		return err
	}
	return s.forgot(ctx, book, checkins.Answers, book.Forget(s.before(policy.KeepCheckIns)))
}

// forgot writes what a book has forgotten, and counts it.
func (s *sweep) forgot(ctx context.Context, book interface{ Stage(*store.Batch) error }, c *store.Collection, n int) error {
	if n == 0 {
		return nil
	}
	b := &store.Batch{}
	if err := book.Stage(b); err != nil {
		return err
	}
	if err := s.lease.Commit(ctx, b); err != nil {
		return err
	}
	s.tally(c, n)
	return nil
}

// letters takes the text of old messages, with names and addresses, and later the knowledge that there was one. What was not sent yet stays.
func (s *sweep) letters(ctx context.Context) error {
	messages, sent := s.Policy.Retention[policy.KeepMessages].Before(s.now), s.Policy.Retention[policy.KeepReports].Before(s.now)
	newest := messages
	if sent.After(newest) {
		newest = sent
	}
	for d, err := range s.Store.Find(ctx, outbox.Letters, store.Ask{Query: "created", To: store.Time(newest)}) {
		if err != nil {
			return err
		}
		e, err := outbox.Decode(d)
		if err != nil {
			return err
		}
		kind, text := policy.KeepMessages, messages
		if slices.Contains(reportKinds, e.Kind) {
			kind, text = policy.KeepReports, sent
		}
		switch {
		case e.State != outbox.Sent && e.State != outbox.GivenUp:
		case e.Created.Before(s.before(kind)):
			s.count(outbox.Letters, 1)
			outbox.StageDelete(&s.b, e)
		case e.Created.Before(text) && e.Parts > 0:
			s.count(outbox.Parts, e.Parts)
			if err := outbox.StageBlank(&s.b, e); err != nil {
				return err
			}
		}
		if err := s.full(ctx); err != nil {
			return err
		}
	}
	return s.flush(ctx)
}

// marks drops up to when somebody was told who was written nothing for as long as messages are kept.
func (s *sweep) marks(ctx context.Context) error {
	before := s.before(policy.KeepMessages)
	return s.dropAll(ctx, outbox.Marks, store.Ask{}, func(d store.Doc) bool {
		newest, err := outbox.LastMark(d)
		return err == nil && newest.Before(before)
	})
}

// asked drops old records of exports and erasures.
func (s *sweep) asked(ctx context.Context) error {
	return s.dropAll(ctx, privacy.Log, store.Ask{Query: "at", To: store.Time(s.before(policy.KeepPrivacy))}, nil)
}
