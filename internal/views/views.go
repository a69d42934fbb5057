// Package views keeps what findings and changes are about, in words, for the review site: the site cannot reach Google, and the rest of the state holds ids only.
//
// The contract:
//
//   - The job that makes the reports writes them, with the words of the reports (internal/reports): masked, so that no pupil's name is in them. The site reads them.
//   - One document is one finding that is not closed, or one change that is not over or was made lately. It is written only when it differs from what is there, and dropped when
//     the finding closes or the change is long over; so that what is erased elsewhere is gone from here with the next report.
//   - What could not be seen is kept besides with its time, and without names ([History]): how a clause stood on a day that has passed rests on it.
//   - What a view says is as old as the last report; how a finding or a change stands is in findings and actions, and counts.
package views

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"esafetybot/internal/store"
)

// The collections: by finding, by change, and what could not be seen (one document).
var (
	Findings = &store.Collection{Name: "views", Schema: 1}
	Changes  = &store.Collection{Name: "change_views", Schema: 1}
	Overview = &store.Collection{Name: "seen_views", Schema: 1}
)

// Finding is what a finding is about.
type Finding struct {
	ID      string   `json:"id"`
	Title   string   `json:"title"` // of what it is about
	What    string   `json:"what"`  // is the case
	Details []string `json:"details,omitempty"`
	Owner   string   `json:"owner,omitempty"` // of a thing
	Unit    string   `json:"unit,omitempty"`
	Remark  string   `json:"remark,omitempty"`
	Why     string   `json:"why"` // it matters
	Do      string   `json:"do"`
	Where   string   `json:"where,omitempty"` // to click
	Link    string   `json:"link,omitempty"`  // https
	With    []With   `json:"with,omitempty"`
	Above   []string `json:"above,omitempty"` // Google's ids of the folders that it lies in, the nearest first, as far as they are known
	// Concerns lists the Directory ids of those who may not judge it, since it is about their account, or what they own or did.
	Concerns []string `json:"concerns,omitempty"`
	// Ask is the Directory id of who can be asked whether it is still needed: whoever shared it, as far as the log tells, else its owner.
	Ask string `json:"ask,omitempty"`
	// NotAsk says why nobody can, in a sentence without names; "" where there is nothing to ask about.
	NotAsk string `json:"not_ask,omitempty"`
}

// With is somebody who has access.
type With struct {
	Fact   string `json:"fact"` // the first word of the finding's fact: "user/…", "domain/…"
	Who    string `json:"who"`  // with what they may do
	Domain string `json:"domain,omitempty"`
}

// Change is what a change is about.
type Change struct {
	ID    string `json:"id"`
	Title string `json:"title,omitempty"` // of what its finding is about
	Link  string `json:"link,omitempty"`
	Will  string `json:"will"` // be done
	Did   string `json:"did"`
	Undo  string `json:"undo,omitempty"` // how it is undone, or that it cannot be
}

// Seen is what the newest run of each job saw, and what it could not.
type Seen struct {
	Jobs   map[string]Job `json:"jobs"` // by check: "sharing", "check-in"
	Unseen []Unseen       `json:"unseen,omitempty"`
	// Returned says whose mail came back, and none has arrived since.
	Returned []Returned `json:"returned,omitempty"`
	// Never says what is not known however often is looked, since of how the program is set up.
	Never []string `json:"never,omitempty"`
}

// Job is when a job last ran, and whether it came to its end.
type Job struct {
	At      time.Time `json:"at"`
	Stopped bool      `json:"stopped,omitempty"`
}

// Unseen is something that could not be seen.
type Unseen struct {
	Clauses []string `json:"clauses"` // that rest on it; none where what is told rests on it, not what is found
	What    string   `json:"what"`
	Why     string   `json:"why"`
	Do      string   `json:"do,omitempty"`
	Link    string   `json:"link,omitempty"`
	Count   int      `json:"count,omitempty"` // of several told in the same words ([Told]); 0 is one
}

// OfFinding reads the view of a finding; nil if there is none.
func OfFinding(ctx context.Context, s store.Store, id string) (*Finding, error) {
	return read[Finding](ctx, s, Findings, id)
}

// OfChange reads the view of a change; nil if there is none.
func OfChange(ctx context.Context, s store.Store, id string) (*Change, error) {
	return read[Change](ctx, s, Changes, id)
}

// Returned is a mail that came back.
type Returned struct {
	Who string `json:"who"`
	Why string `json:"why"`
	Do  string `json:"do"`
}

const seenKey = "seen"

// OfSeen reads what the newest runs saw; nil before the first report.
func OfSeen(ctx context.Context, s store.Store) (*Seen, error) {
	return read[Seen](ctx, s, Overview, seenKey)
}

func read[T any](ctx context.Context, s store.Store, c *store.Collection, key string) (*T, error) {
	d, err := s.Get(ctx, c, key)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return decode[T](d)
}

func decode[T any](d store.Doc) (*T, error) {
	out := new(T)
	if err := json.Unmarshal(d.Body, out); err != nil {
		return nil, fmt.Errorf("the view of %s cannot be read from the state; the next report makes it anew: %w", d.Key, err)
	}
	return out, nil
}

// AllFindings reads the views of all findings, by id.
func AllFindings(ctx context.Context, s store.Store) (map[string]*Finding, error) {
	return all[Finding](ctx, s, Findings)
}

// AllChanges reads the views of all changes, by id.
func AllChanges(ctx context.Context, s store.Store) (map[string]*Change, error) {
	return all[Change](ctx, s, Changes)
}

func all[T any](ctx context.Context, s store.Store, c *store.Collection) (map[string]*T, error) {
	out := map[string]*T{}
	for d, err := range s.Find(ctx, c, store.Ask{}) {
		if err != nil {
			return nil, err
		}
		v, err := decode[T](d)
		if err != nil {
			return nil, err
		}
		out[d.Key] = v
	}
	return out, nil
}

// Keeper brings views up to date.
type Keeper struct {
	Store  store.Store
	Commit func(context.Context, *store.Batch) error
}

// KeepFindings makes the views of findings those given, by id. keep says of one that is not given whether it stays as it is.
func (k *Keeper) KeepFindings(ctx context.Context, now map[string]*Finding, keep func(id string) bool) error {
	return bring(ctx, k, Findings, now, keep)
}

// KeepChanges is the same for changes.
func (k *Keeper) KeepChanges(ctx context.Context, now map[string]*Change, keep func(id string) bool) error {
	return bring(ctx, k, Changes, now, keep)
}

// KeepSeen writes what the newest runs saw.
func (k *Keeper) KeepSeen(ctx context.Context, s *Seen) error {
	return bring(ctx, k, Overview, map[string]*Seen{seenKey: s}, nil)
}

// bring writes what differs and drops what is not wanted. Each document stands for itself, so that a crash in between leaves nothing half done.
func bring[T any](ctx context.Context, k *Keeper, c *store.Collection, now map[string]*T, keep func(string) bool) error {
	b, left := &store.Batch{}, map[string]*T{}
	for id, v := range now {
		left[id] = v
	}
	flush := func(force bool) error {
		if n := b.Writes(); n == 0 || !force && n < store.MaxBatchWrites/2 && b.Size() < store.MaxBatchBytes/2 {
			return nil
		}
		err := k.Commit(ctx, b)
		b = &store.Batch{}
		return err
	}
	write := func(id string, version int64, old []byte, v *T) error {
		body, err := json.Marshal(v)
		if err != nil || bytes.Equal(body, old) {
			return err
		}
		b.Put(c, id, version, nil, body)
		return flush(false)
	}
	var docs []store.Doc
	for d, err := range k.Store.Find(ctx, c, store.Ask{}) {
		if err != nil {
			return err
		}
		docs = append(docs, d)
	}
	for _, d := range docs {
		v, wanted := left[d.Key]
		delete(left, d.Key)
		switch {
		case wanted:
			if err := write(d.Key, d.Version, d.Body, v); err != nil {
				return err
			}
		case keep == nil || !keep(d.Key):
			b.Delete(c, d.Key, d.Version)
			if err := flush(false); err != nil {
				return err
			}
		}
	}
	for id, v := range left {
		if err := write(id, 0, nil, v); err != nil {
			return err
		}
	}
	return flush(true)
}

// About lists those whom a finding concerns; nobody where there is no view.
func (f *Finding) About() []string {
	if f == nil {
		return nil
	}
	return f.Concerns
}
