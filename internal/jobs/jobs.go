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
	"iter"
	"log/slog"
	"slices"
	"sort"
	"sync"
	"time"

	"esafetybot/internal/census"
	"esafetybot/internal/policy"
	"esafetybot/internal/remedies"
	"esafetybot/internal/reminders"
	"esafetybot/internal/runs"
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
	Hints     store.Store // where receivers and the review site leave hints; nil without them
	BaseURL   string      // of the review site; "" without one
	Exclusive bool        // the state belongs to this process alone
	Policy    *policy.Policy
	Google    Google
	Clock     func() time.Time
	Log       *slog.Logger
	Holder    string // who runs, for the lease
	// First are the ids of what hints named, which is looked at first where a job has an order; [Run] sets it.
	First map[string]bool
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
	// Receivers says where Google may send what happens; nil where nobody listens. Channels opens and closes the notification channels, or is nil.
	Receivers *Receivers
	Channels  Channels
	// Classroom posts announcements; nil where the policy asks for none.
	Classroom reminders.Classroom
	// Wait waits between two readings of what was changed, and Patience is how long each time; nil is real time, about a minute in all.
	Wait     func(context.Context, time.Duration) error
	Patience []time.Duration
	// Progress, if set, hears how far the job is.
	Progress func(what string, done, of int)
	// Since is the newest record that each job had when it was found to be due ("" is none), if the clock called: what somebody else did since then is not done again. nil where somebody asked for a job by name.
	Since map[string]string
	// Program names the build, so that what one worked out to be due next is not believed by another; "" is [ThisProgram].
	Program string

	known *known
}

// DefaultRotation is four weeks: a lost record costs at most that long, and a day's slice is small.
const DefaultRotation = 28 * 24 * time.Hour

// Record is what a run leaves behind (package runs).
type Record = runs.Record

// Records is the collection of run records.
var Records = runs.Records

// Latest reads the newest record of a job; nil if there is none.
func Latest(ctx context.Context, s store.Store, job string) (*Record, error) {
	return runs.Latest(ctx, s, job)
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
