package findings

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sort"
	"time"

	"esafetybot/internal/store"
	"esafetybot/internal/telemetry"
)

// Evidence is what is known about the subject of a finding that a check no longer yields.
// The zero value is "nothing known": the finding stays as it is.
type Evidence struct{ How How }

// Run says in whose name findings change.
type Run struct {
	ID     string
	Policy string // version
	Now    time.Time
}

// Keeper reads and changes findings.
type Keeper struct {
	Store store.Store
	// Commit writes a batch; a job adds the requirement of its lease here.
	Commit func(context.Context, *store.Batch) error
}

// Input is one comparison of what a check sees with what is stored.
type Input struct {
	Run   Run
	Means string // the check
	// Ours tells of a stored finding whether this comparison is about it, where two keep findings of one check; nil is all.
	Ours func(*Finding) bool
	// Observed yields every finding of this check as of now, each at most once.
	Observed iter.Seq2[Observed, error]
	// Evidence is asked about each stored finding that is not closed and was not observed.
	Evidence func(context.Context, *Finding) (Evidence, error)
	// Due gives the deadline of a finding that opens now; zero is none.
	Due func(Observed) time.Time
}

// Change counts what a Sync did.
type Change struct {
	Opened, Reopened, Changed, Closed, Kept int
}

// pairs bounds a batch: each change writes a finding and its event.
const pairs = store.MaxBatchWrites/2 - 2

// Sync brings the stored findings of one check up to what it sees now. Each finding changes together with its event,
// so that a crash at any point leaves nothing half done and a second run goes on where the first stopped.
func (k *Keeper) Sync(ctx context.Context, in Input) (Change, error) {
	var c Change
	stored, err := k.Current(ctx, in.Means)
	if err != nil {
		return c, err
	}
	open := 0
	for _, f := range stored {
		open += f.open()
	}
	b, n := &store.Batch{}, 0
	flush := func(force bool) error {
		if n == 0 || !force && n < pairs && b.Size() < store.MaxBatchBytes/2 {
			return nil
		}
		err := k.Commit(ctx, b)
		b, n = &store.Batch{}, 0
		return err
	}
	write := func(f *Finding, e Event) error {
		e.Finding, e.At, e.To, e.Facts, e.Run, e.Policy = f.ID, in.Run.Now, f.Status, f.Facts, in.Run.ID, in.Run.Policy
		if err := put(b, f, e); err != nil {
			return err
		}
		n++
		return flush(false)
	}
	for o, err := range in.Observed {
		if err != nil {
			return c, errors.Join(err, flush(true))
		}
		id := ID(o.Clause, o.Rule, o.Subject)
		f, ok := stored[id]
		delete(stored, id)
		if !ok {
			if f, err = k.Get(ctx, id); errors.Is(err, store.ErrNotFound) {
				f, err = nil, nil
			}
			if err != nil {
				return c, err
			}
		}
		before := 0
		if f != nil {
			before = f.open()
		}
		var due time.Time
		if in.Due != nil && o.Due.IsZero() {
			due = in.Due(o)
		} else {
			due = o.Due
		}
		f, e, changed := step(f, o, due, in.Run.Now)
		open += f.open() - before
		if !changed {
			c.Kept++
			continue
		}
		switch e.How {
		case Seen:
			c.Opened++
		case Again, NewFact, AgreedEnded:
			c.Reopened++
		default:
			c.Changed++
		}
		if err := write(f, e); err != nil {
			return c, err
		}
	}
	rest := make([]*Finding, 0, len(stored))
	for _, f := range stored {
		if in.Ours == nil || in.Ours(f) {
			rest = append(rest, f)
		}
	}
	sort.Slice(rest, func(i, j int) bool { return rest[i].ID < rest[j].ID })
	for _, f := range rest {
		ev, err := in.Evidence(ctx, f)
		if err != nil {
			return c, errors.Join(err, flush(true))
		}
		if ev.How == unknownHow {
			c.Kept++
			continue
		}
		from := f.Status
		open -= f.open()
		f.Status, f.Closed, f.How, f.Missing, f.Agreed = Resolved, in.Run.Now, ev.How, false, nil
		c.Closed++
		if err := write(f, Event{From: from, How: ev.How}); err != nil {
			return c, err
		}
	}
	if err := flush(true); err != nil {
		return c, err
	}
	telemetry.FindingsOpen(ctx, in.Means, open)
	return c, nil
}

// open counts a finding if it is open.
func (f *Finding) open() int {
	if f.Status == Open {
		return 1
	}
	return 0
}

// step is the life of a finding that is there now: what becomes of it, and the event that tells so.
func step(f *Finding, o Observed, due, now time.Time) (*Finding, Event, bool) {
	if f == nil {
		return &Finding{
			ID: ID(o.Clause, o.Rule, o.Subject), Clause: o.Clause, Rule: o.Rule, Subject: o.Subject,
			Facts: o.Facts, Severity: o.Severity, Deals: o.Deals, Status: Open, Missing: o.Missing,
			FirstSeen: now, Opened: now, Since: o.Since, Due: due,
		}, Event{How: Seen, Added: o.Facts}, true
	}
	g := *f
	e := Event{From: f.Status, Added: added(f.Facts, o.Facts)}
	g.Facts, g.Severity, g.Deals, g.Missing = o.Facts, o.Severity, o.Deals, o.Missing
	if !o.Due.IsZero() {
		g.Due = o.Due
	}
	reopen := func(how How) {
		g.Status, g.Opened, g.Due, g.Agreed, g.Closed, g.How = Open, now, due, nil, time.Time{}, ""
		e.How = how
	}
	switch {
	case f.Status == Resolved:
		reopen(Again)
		g.Since = o.Since
		e.Added = o.Facts
	case f.Status == Accepted && len(added(f.Agreed.Facts, o.Facts)) > 0:
		reopen(NewFact)
		e.Added = added(f.Agreed.Facts, o.Facts)
	case f.Status == Accepted && !now.Before(f.Agreed.Until):
		reopen(AgreedEnded)
	case !slices.Equal(f.Facts, o.Facts):
		e.How = FactsDiffer
	case f.Missing != o.Missing:
		e.How = map[bool]How{true: Lost, false: Found}[o.Missing]
	case f.Severity != o.Severity || f.Deals != o.Deals:
		e.How = FactsDiffer // the policy was edited
	case f.Status == Open && f.Due.IsZero() && !due.IsZero():
		g.Due = due // opened when nothing was due, such as in the roll-over of the summer
		e.How = DueNow
	default:
		return f, e, false
	}
	return &g, e, true
}

// put adds a finding and its event to a batch.
func put(b *store.Batch, f *Finding, e Event) error {
	body, err := json.Marshal(f)
	if err != nil {
		return err
	}
	e.stand(f)
	ev, err := json.Marshal(e)
	if err != nil {
		return err
	}
	b.Put(Findings, f.ID, f.version, f.fields(), body)
	at := store.Time(e.At)
	// The key orders events by time; the version of the finding makes it unique, and the same event cannot be written twice.
	b.Create(Events, fmt.Sprintf("%s~%s~%d", at, f.ID, f.version+1),
		map[string]string{"means": Means(f.Rule), "at": at, "finding": f.ID}, ev)
	f.version++
	return nil
}

// Current reads the findings of a check that are not resolved, by id.
func (k *Keeper) Current(ctx context.Context, means string) (map[string]*Finding, error) {
	out := map[string]*Finding{}
	for _, s := range []Status{Open, Accepted} {
		for f, err := range k.List(ctx, means, s) {
			if err != nil {
				return nil, err
			}
			out[f.ID] = f
		}
	}
	return out, nil
}

// AskFor is the query for the findings of a check with one status, for whoever reads documents of [Findings] and decodes them with [Decode].
func AskFor(means string, s Status) store.Ask {
	return store.Ask{Query: "status", Equal: map[string]string{"means": means, "status": string(s)}}
}

// List streams the findings of a check with one status.
func (k *Keeper) List(ctx context.Context, means string, s Status) iter.Seq2[*Finding, error] {
	return func(yield func(*Finding, error) bool) {
		for d, err := range k.Store.Find(ctx, Findings, AskFor(means, s)) {
			var f *Finding
			if err == nil {
				f, err = Decode(d)
			}
			if !yield(f, err) || err != nil {
				return
			}
		}
	}
}

// Get reads one finding.
func (k *Keeper) Get(ctx context.Context, id string) (*Finding, error) {
	d, err := k.Store.Get(ctx, Findings, id)
	if err != nil {
		return nil, err
	}
	return Decode(d)
}

// EventsSince streams the events of a check later than a moment, oldest first.
func (k *Keeper) EventsSince(ctx context.Context, means string, after time.Time) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		ask := store.Ask{Query: "since", Equal: map[string]string{"means": means}}
		if !after.IsZero() {
			ask.From = store.Time(after.Add(1))
		}
		for d, err := range k.Store.Find(ctx, Events, ask) {
			var e Event
			if err == nil {
				e, err = DecodeEvent(d)
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// Agree records that a finding may stay as it is until a date, for the facts it has now.
// It refuses when the finding is no longer open or has other facts than were agreed to.
func (k *Keeper) Agree(ctx context.Context, run Run, id string, a Agreement) error {
	f, err := k.Get(ctx, id)
	if err != nil {
		return fmt.Errorf("finding %s: %w; list them with: esafetybot findings", id, err)
	}
	b := &store.Batch{}
	if err := StageAgree(b, run, f, a); err != nil {
		return err
	}
	return k.Commit(ctx, b)
}
