// Package runs keeps what each run of a job leaves behind: when it ran, what it could not see, what it changed. Whoever tells how the school stands reads it; only the jobs write it.
package runs

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"esafetybot/internal/actions"
	"esafetybot/internal/findings"
	"esafetybot/internal/seen"
	"esafetybot/internal/store"
)

// Records is the collection of run records.
var Records = &store.Collection{
	Name: "runs", Schema: 1, Indexed: []string{"job", "started"},
	Queries: []store.Query{{Name: "job", Equal: []string{"job"}, Range: "started"}, {Name: "latest", Equal: []string{"job"}, Range: "started", Desc: true}, {Name: "newest", Range: "started", Desc: true}},
}

// LastJob is the last of a day's jobs: its record says that a day's run came to its end.
const LastJob = "retention"

// Record is what a run leaves behind. It holds no names.
type Record struct {
	ID       string          `json:"id"`
	Job      string          `json:"job"`
	Policy   string          `json:"policy"`
	Started  time.Time       `json:"started"`
	Ended    time.Time       `json:"ended"`
	Scopes   int             `json:"scopes"`             // parts of the school's data that the policy asks for
	ReadFull int             `json:"read"`               // of them, read in full in this run
	Touched  int             `json:"touched"`            // items that the log named and that were read again
	Gaps     []seen.Gap      `json:"gaps"`               // what could not be seen
	Calls    map[string]int  `json:"calls"`              // requests to Google, by method
	Writes   int             `json:"writes"`             // documents written to the state, this one included
	Changes  findings.Change `json:"changes"`            // of findings
	Actions  *actions.Result `json:"actions,omitempty"`  // what became of the changes that were approved
	Deleted  map[string]int  `json:"deleted,omitempty"`  // by retention: documents, or parts of them, by collection
	Channels *Channels       `json:"channels,omitempty"` // by hooks
	Error    string          `json:"error,omitempty"`
	Next     *Next           `json:"next,omitempty"` // in the one record that is no run: see [Next]
}

// Channels is what became of Google's notification channels. Trouble costs no sight: what they do not tell is found when the jobs look.
type Channels struct {
	Open    int        `json:"open"`   // when the run ended
	Opened  int        `json:"opened"` // in this run
	Closed  int        `json:"closed"`
	Trouble []seen.Gap `json:"trouble,omitempty"` // what Google did not do, the first of many alike
}

// OK tells whether the run saw all that the policy expects. notSeen lists scopes or kinds that it does not expect.
func (r *Record) OK(notSeen []string) bool {
	for _, g := range r.Gaps {
		if !slices.Contains(notSeen, string(g.Scope)) && !slices.Contains(notSeen, g.Scope.Kind()) {
			return false
		}
	}
	return r.Error == "" && (r.Actions == nil || r.Actions.Halted == "")
}

// Add adds the record to a batch.
func (r *Record) Add(b *store.Batch) error {
	body, err := json.Marshal(r)
	if err != nil {
		return err
	}
	b.Create(Records, r.ID, map[string]string{"job": r.Job, "started": store.Time(r.Started)}, body)
	return nil
}

// Latest reads the newest record of a job; nil if there is none.
func Latest(ctx context.Context, s store.Store, job string) (*Record, error) {
	return latest(ctx, s, store.Ask{Query: "latest", Equal: map[string]string{"job": job}, Limit: 1}, func(*Record) bool { return true })
}

// LatestSound reads the newest record of a job that came to its end; nil if there is none among the newest runs.
func LatestSound(ctx context.Context, s store.Store, job string) (*Record, error) {
	if r, err := Latest(ctx, s, job); err != nil || r == nil || r.Error == "" {
		return r, err // one document, nearly always
	}
	return latest(ctx, s, store.Ask{Query: "latest", Equal: map[string]string{"job": job}, Limit: mostFailures}, func(r *Record) bool { return r.Error == "" })
}

// LatestAt reads the newest record of a job as of a moment, of a run that had ended by then; nil if there was none.
func LatestAt(ctx context.Context, s store.Store, job string, t time.Time) (*Record, error) {
	return latest(ctx, s, store.Ask{Query: "latest", Equal: map[string]string{"job": job}, To: store.Time(t.Add(1))}, func(r *Record) bool { return !r.Ended.After(t) })
}

func latest(ctx context.Context, s store.Store, ask store.Ask, is func(*Record) bool) (*Record, error) {
	for d, err := range s.Find(ctx, Records, ask) {
		if err != nil {
			return nil, err
		}
		r := new(Record)
		if err := json.Unmarshal(d.Body, r); err != nil {
			return nil, fmt.Errorf("run record %s cannot be read: %w", d.Key, err)
		}
		if is(r) {
			return r, nil
		}
	}
	return nil, nil
}

// LatestBefore reads the newest record of a job that began before a moment; nil if there is none.
func LatestBefore(ctx context.Context, s store.Store, job string, before time.Time) (*Record, error) {
	return latest(ctx, s, store.Ask{Query: "latest", Equal: map[string]string{"job": job}, To: store.Time(before), Limit: 1}, func(*Record) bool { return true })
}
