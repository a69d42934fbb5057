// Package jobs holds the named jobs: what each reads, in what order, and what it leaves behind.
//
// Contract of a job:
//
//   - It is idempotent: killed at any point and run again it ends in the same state, with no message sent twice.
//   - It takes a [Lease] whose version every batch of the job requires.
//   - It leaves a [Record]: when it ran, what it could not see, how many calls it made, what changed.
//   - What could not be read is a gap, never a silence: nothing inside a gap is put right, and [Record.OK] is false.
//
// Only the commands (internal/cli) import this package.
package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"sort"
	"sync"
	"time"

	"esafetybot/internal/actions"
	"esafetybot/internal/census"
	"esafetybot/internal/findings"
	"esafetybot/internal/policy"
	"esafetybot/internal/remedies"
	"esafetybot/internal/reminders"
	"esafetybot/internal/seen"
	"esafetybot/internal/shares"
	"esafetybot/internal/store"
)

// Google is what the jobs read of Google Workspace.
type Google interface {
	shares.Drive
	census.Google
	Users(ctx context.Context) iter.Seq2[seen.Account, error]
	Units(ctx context.Context) iter.Seq2[seen.Unit, error]
	Groups(ctx context.Context) iter.Seq2[seen.Group, error]
	Members(ctx context.Context, groupID string) iter.Seq2[seen.Member, error]
	Domains(ctx context.Context) ([]string, error)
	GroupOpen(ctx context.Context, address string) (bool, error)
	Drives(ctx context.Context) iter.Seq2[seen.Drive, error]
	Download(ctx context.Context, id string, limit int64) ([]byte, error)
	Post(ctx context.Context, courseID, kind, id string) (seen.Post, error)
	HoldBlogs(address string) (release func())
	Gone(err error) bool // what was asked for is not there
	// Mail reads the mails of a mailbox that match a search of Gmail's, as RFC 5322 bytes.
	Mail(ctx context.Context, as, search string) iter.Seq2[[]byte, error]
	Guardians(ctx context.Context) iter.Seq2[seen.Guardian, error]
	Events(ctx context.Context, app, name string, from, to time.Time) iter.Seq2[seen.Event, error]
	// Hold keeps the sign-in of an account until release is called, so that several reads as it need one.
	Hold(address string) (release func())
	Workers() int
	Calls() map[string]int
}

// Env is what every job needs.
type Env struct {
	Store     store.Store
	Site      store.Store // where the review site notes what people decided; nil without a site
	BaseURL   string      // of the review site; "" without one
	Exclusive bool        // the state belongs to this process alone
	Policy    *policy.Policy
	Google    Google
	Clock     func() time.Time
	Log       *slog.Logger
	Holder    string // who runs, for the lease
	// Rotation is the period in which every scope is read in full again, so that a lost record of the log costs no more.
	Rotation time.Duration
	// Sender is the mailbox that mail goes out from where that is Gmail's; "" where it does not go through Gmail.
	Sender string
	// Beside tells that what is kept beside a message reaches its reader: mail goes into a folder.
	Beside bool
	// Roll reads a roll of the policy; nil reads the file beside the policy.
	Roll func(*policy.Roll) ([]byte, error)
	// AcceptRolls lets a roll pass that has shrunk to half or less.
	AcceptRolls bool
	// Change makes changes at Google; nil where nothing may be changed.
	Change remedies.API
	// Classroom posts announcements; nil where the policy asks for none.
	Classroom reminders.Classroom
	// Wait waits between two readings of what was changed, and Patience is how long each time; nil is real time, about a minute in all.
	Wait     func(context.Context, time.Duration) error
	Patience []time.Duration
	// Progress, if set, hears how far the job is.
	Progress func(what string, done, of int)
}

// DefaultRotation is four weeks: a lost record costs at most that long, and a day's slice is small.
const DefaultRotation = 28 * 24 * time.Hour

// Records is the collection of run records.
var Records = &store.Collection{
	Name: "runs", Schema: 1, Indexed: []string{"job", "started"},
	Queries: []store.Query{{Name: "job", Equal: []string{"job"}, Range: "started"}, {Name: "latest", Equal: []string{"job"}, Range: "started", Desc: true}},
}

// Record is what a run leaves behind. It holds no names.
type Record struct {
	ID       string          `json:"id"`
	Job      string          `json:"job"`
	Policy   string          `json:"policy"`
	Started  time.Time       `json:"started"`
	Ended    time.Time       `json:"ended"`
	Scopes   int             `json:"scopes"`            // parts of the school's data that the policy asks for
	ReadFull int             `json:"read"`              // of them, read in full in this run
	Touched  int             `json:"touched"`           // items that the log named and that were read again
	Gaps     []seen.Gap      `json:"gaps"`              // what could not be seen
	Calls    map[string]int  `json:"calls"`             // requests to Google, by method
	Writes   int             `json:"writes"`            // documents written to the state, this one included
	Changes  findings.Change `json:"changes"`           // of findings
	Actions  *actions.Result `json:"actions,omitempty"` // what became of the changes that were approved
	Error    string          `json:"error,omitempty"`
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

func (r *Record) add(b *store.Batch) error {
	body, err := json.Marshal(r)
	if err != nil {
		return err
	}
	b.Create(Records, r.ID, map[string]string{"job": r.Job, "started": store.Time(r.Started)}, body)
	return nil
}

// Latest reads the newest record of a job; nil if there is none.
func Latest(ctx context.Context, s store.Store, job string) (*Record, error) {
	for d, err := range s.Find(ctx, Records, store.Ask{Query: "latest", Equal: map[string]string{"job": job}, Limit: 1}) {
		if err != nil {
			return nil, err
		}
		r := new(Record)
		if err := json.Unmarshal(d.Body, r); err != nil {
			return nil, fmt.Errorf("run record %s cannot be read: %w", d.Key, err)
		}
		return r, nil
	}
	return nil, nil
}

// gaps gathers what could not be seen. Safe for concurrent use.
type gaps struct {
	mu   sync.Mutex
	list map[seen.Scope]seen.Gap
}

func (g *gaps) add(s seen.Scope, why seen.Reason, detail string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.list == nil {
		g.list = map[seen.Scope]seen.Gap{}
	}
	if _, have := g.list[s]; !have {
		g.list[s] = seen.Gap{Scope: s, Reason: why, Detail: detail}
	}
}

func (g *gaps) has(s seen.Scope) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, ok := g.list[s]
	return ok
}

// any tells whether there is a gap of one of the kinds; without kinds, any at all.
func (g *gaps) any(kinds ...string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for s := range g.list {
		if len(kinds) == 0 || slices.Contains(kinds, s.Kind()) {
			return true
		}
	}
	return false
}

func (g *gaps) sorted() []seen.Gap {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := make([]seen.Gap, 0, len(g.list))
	for _, v := range g.list {
		out = append(out, v)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Scope < out[j].Scope })
	return out
}
