package jobs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"esafetybot/internal/decisions"
	"esafetybot/internal/hooks"
	"esafetybot/internal/outbox"
	"esafetybot/internal/runs"
	"esafetybot/internal/store"
)

// SendJob hands over what waits in the outbox. It is done by whoever runs the jobs, after them, and leaves no record: what does not go stands with the messages
// themselves ([outbox.Outbox.Unsent]), where the review site finds it.
const SendJob = handOver

const handOver = "send"

// ErrDone means that somebody else did the job since it was found to be due.
var ErrDone = errors.New("this job was done elsewhere meanwhile")

// lookAhead is how far ahead is worked out what is due. Every policy has jobs once a day, so that it is never reached in practice.
const lookAhead = 36 * time.Hour

// Found is what a look at the clock found.
type Found struct {
	Names []string          // the jobs that are due, SendJob among them where anything may have to be sent
	Since map[string]string // for Env.Since
	Known bool              // that nothing is due was known from the look before, and no hint came since
}

// Tick lists the jobs that are due, as [Due] does, and [SendJob] if something waits to be sent. When it finds nothing it writes down until when nothing can be due by the clock ([runs.Next]), and until then a tick
// costs two readings: of that, and of the hints that were left; where no hints are kept, of what people decided, and a third where people decide about comments on blogs.
//
// What was written down is believed only if no run ended since and nobody began to write (every lease that is taken takes it down), by the same program and the same policy, and between its times. It
// was worked out by asking [Due] itself of each minute to come, so that there is no second rule that could say something else.
func Tick(ctx context.Context, env Env) (Found, error) {
	next, err := runs.NewestNext(ctx, env.Store)
	if err != nil {
		return Found{}, err
	}
	if next.Holds(program(env), env.Policy.Version, env.Clock()) {
		waits, err := waitsSince(ctx, env, next)
		if err != nil {
			return Found{}, err
		}
		if !waits && (next.Trip.IsZero() || !tripped(ctx, env, next.Trip)) {
			return Found{Known: true}, nil
		}
	}
	return find(ctx, env)
}

// WorkOut writes down until when nothing is due, so that the ticks until then cost next to nothing. It is asked after a run; nothing is written if something is due.
func WorkOut(ctx context.Context, env Env) error {
	_, err := find(ctx, env)
	return err
}

// IncidentsTick tells, as [IncidentsWait] does, whether the incident log has something to do. While it is known until when nothing is due, only what people sent is looked for.
func IncidentsTick(ctx context.Context, env Env) (bool, error) {
	if !Asked(env.Policy, IncidentsJob) {
		return false, nil
	}
	next, err := runs.NewestNext(ctx, env.Store)
	if err != nil {
		return false, err
	}
	if next.Holds(program(env), env.Policy.Version, env.Clock()) {
		if env.Site == nil {
			return false, nil
		}
		return decisions.Waits(ctx, env.Site, decisions.Incident)
	}
	return IncidentsWait(ctx, env)
}

// waitsSince tells whether something happened, or people decided something, that is not left until the next run of its own. Whoever decides leaves a hint, so that where there
// are hints one query answers for both; since a hint may fail to be left, decisions are asked for once an hour all the same.
func waitsSince(ctx context.Context, env Env, next *runs.Next) (bool, error) {
	if env.Hints != nil {
		list, err := hooks.Wait(ctx, env.Hints, 1)
		if hintless(ctx, env, err); len(list) > 0 {
			return true, nil
		}
	}
	if env.Site == nil || env.Hints != nil && env.Clock().Minute() >= 15 {
		return false, nil
	}
	if Asked(env.Policy, IncidentsJob) {
		if waits, err := decisions.Waits(ctx, env.Site, decisions.Incident); waits || err != nil {
			return waits, err
		}
	}
	if !moderates(env) {
		return false, nil
	}
	for id, err := range decisions.Lately(ctx, env.Site, decisions.Moderate, next.From, len(next.Known)+1) {
		if err != nil || !slices.Contains(next.Known, id) {
			return err == nil, err
		}
	}
	return false, nil
}

// find asks what is due, and when nothing is works out until when.
func find(ctx context.Context, env Env) (Found, error) {
	standing, err := runs.ReadNext(ctx, env.Store) // before anything else is read: whoever writes from now on is noticed
	if err != nil {
		return Found{}, err
	}
	main := env.Store
	env, err = env.knowing(ctx)
	if err != nil {
		return Found{}, err
	}
	now := env.Clock()
	out := Found{}
	var lately []string // before what waits is asked: what is made between is new to the next tick
	if moderates(env) {
		for id, err := range decisions.Lately(ctx, env.Site, decisions.Moderate, now, 0) {
			if err != nil {
				return out, err
			}
			lately = append(lately, id)
		}
	}
	if out.Names, err = dueNow(ctx, env); err != nil {
		return Found{}, err
	}
	send, err := sendWaits(ctx, env, now)
	if err != nil {
		return Found{}, err
	}
	if len(out.Names) > 0 || send {
		out.Since = map[string]string{}
		for _, job := range out.Names {
			last, err := env.last(ctx, job)
			if err != nil {
				return Found{}, err
			}
			out.Since[job] = runID(last)
		}
		out.Names = append(out.Names, SendJob)
		return out, nil
	}
	return out, workOut(ctx, env, main, standing, runs.Next{Program: program(env), Policy: env.Policy.Version, From: now.UTC(), Known: lately})
}

func runID(r *Record) string {
	if r == nil {
		return ""
	}
	return r.ID
}

// sendWaits tells whether a message waits to be sent.
func sendWaits(ctx context.Context, env Env, now time.Time) (bool, error) {
	for e, err := range outbox.Reader(env.Store).Open(ctx) {
		if err != nil || !e.NextTry.After(now) {
			return err == nil, err
		}
	}
	return false, nil
}

// workOut writes down until when nothing is due, unless somebody is at work: whoever holds a lease may be changing what it follows from.
func workOut(ctx context.Context, env Env, main store.Store, standing runs.Standing, next runs.Next) error {
	holder := "" // on an exclusive store whoever else held a lease is dead
	if env.Exclusive {
		holder = env.Holder
	}
	if busy, err := anyLease(ctx, env.Store, holder, env.Clock()); err != nil || busy {
		return err
	}
	if later, err := runs.Later(ctx, main, next.From); err != nil || later {
		return err
	}
	if Asked(env.Policy, PupilEmailJob) {
		last, err := env.last(ctx, PupilEmailJob)
		if err != nil || last == nil {
			return err
		}
		next.Trip = last.Started
	}
	until, err := firstDue(ctx, env, next.From)
	if err != nil {
		return err
	}
	next.Until = until.UTC()
	b := &store.Batch{}
	if err := standing.Up(b, next); err != nil {
		return err
	}
	if err := main.Commit(ctx, b); err != nil && !errors.Is(err, store.ErrConflict) { // else somebody began to write: it is worked out after them
		return err
	}
	return nil
}

// firstDue is the first moment after now at which something may be due by the clock. Every hour that a policy names is a full minute, and what waits for some time to pass waits until it has: so what is not due at one full
// minute and not right before the next is not due between.
func firstDue(ctx context.Context, env Env, now time.Time) (time.Time, error) {
	is := func(at time.Time) (bool, error) {
		names, err := dueAt(ctx, env, at)
		if err != nil || len(names) > 0 {
			return true, err
		}
		return sendWaits(ctx, env, at)
	}
	last := now
	for at := now.Truncate(time.Minute).Add(time.Minute); at.Before(now.Add(lookAhead)); at = at.Add(time.Minute) {
		due, err := is(at)
		if err != nil {
			return at, err
		}
		if due {
			if early, err := is(at.Add(-1)); err != nil || early {
				return last.Add(1), err
			}
			return at, nil
		}
		if err := ctx.Err(); err != nil {
			return at, err
		}
		last = at
	}
	return last, nil
}

// begin takes the lease of a job; where the clock called it, only if nobody else did it since it was found to be due.
func begin(ctx context.Context, env Env, job string) (*Lease, error) {
	lease, err := Take(ctx, env.Store, job, env.Holder, env.Exclusive, env.Clock)
	was, asked := env.Since[job]
	if err != nil || !asked {
		return lease, err
	}
	last, err := runs.LatestBefore(ctx, env.Store, job, env.Clock().Add(ahead))
	if err == nil && runID(last) != was {
		err = fmt.Errorf("%w: %s", ErrDone, job)
	}
	if err != nil {
		return nil, errors.Join(err, lease.giveBack(ctx))
	}
	return lease, nil
}

// elsewhere tells whether a job that the clock called is left to somebody else, who holds it or did it.
func elsewhere(env Env, err error) bool {
	return env.Since != nil && (errors.Is(err, ErrBusy) || errors.Is(err, ErrDone))
}

// program names this build, and the receivers that it was given: with others there are channels to open.
func program(env Env) string {
	name := env.Program
	if name == "" {
		name = ThisProgram()
	}
	if r := env.Receivers; r != nil {
		name += " " + r.googleAddress()
		for _, k := range r.Keys {
			name += " " + keyMark(k)
		}
	}
	return name
}

// ThisProgram names this build: by what it was built from, and by its file, so that two builds of a changed working copy differ too.
var ThisProgram = sync.OnceValue(func() string {
	var parts []string
	if info, ok := debug.ReadBuildInfo(); ok {
		parts = append(parts, info.Main.Version)
		for _, s := range info.Settings {
			if strings.HasPrefix(s.Key, "vcs") {
				parts = append(parts, s.Value)
			}
		}
	}
	if path, err := os.Executable(); err == nil {
		if file, err := os.Stat(path); err == nil {
			parts = append(parts, fmt.Sprint(file.Size()), file.ModTime().UTC().Format(time.RFC3339))
		}
	}
	return strings.Join(parts, " ")
})
