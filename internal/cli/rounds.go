package cli

import (
	"context"
	"time"

	"esafetybot/internal/hooks"
	"esafetybot/internal/jobs"
	"esafetybot/internal/policy"
)

// cloudRunJobVar is set by Cloud Run in each task of a job (https://cloud.google.com/run/docs/container-contract#jobs-env-vars).
const cloudRunJobVar = "CLOUD_RUN_JOB"

// mostRounds bounds how often one process looks: what is urgent after that is looked at by the next start of the worker, which a push or the clock makes.
const mostRounds = 3

// rounds lets a process that runs what is due look again before it ends, because something urgent may have come meanwhile. Whoever took the push started no second worker, or one that left what it wanted to the
// first; and as long as a worker on Cloud Run has to stay in any case, it stays ([hooks.Stay]).
type rounds struct {
	began time.Time // of the process, on a real clock
	stays bool      // it is a job on Cloud Run
	fixed bool      // the clock is a simulated school's: nothing is waited for
	sleep func(context.Context, time.Duration)
}

func (o *options) rounds() rounds {
	return rounds{began: time.Now(), stays: o.std.Getenv(cloudRunJobVar) != "", fixed: o.now != "", sleep: func(ctx context.Context, d time.Duration) {
		select {
		case <-ctx.Done():
		case <-time.After(d):
		}
	}}
}

// run lets one round follow the other while something urgent waits. A round says whether it had anything to do, soonest when the next may look (see [jobs.Again]).
func (r rounds) run(ctx context.Context, round func() (did bool), soonest func() time.Time) {
	for n := 1; ; n++ {
		did := round()
		if r.fixed || n == mostRounds || ctx.Err() != nil {
			return
		}
		if stay := time.Until(r.began.Add(hooks.Stay)); did && r.stays && stay > 0 {
			r.sleep(ctx, stay)
		}
		at := soonest()
		if at.IsZero() || ctx.Err() != nil {
			return
		}
		if wait := time.Until(at); wait > 0 {
			r.sleep(ctx, wait)
		}
		if ctx.Err() != nil {
			return
		}
	}
}

// soonest is when something urgent may be looked at, after rounds that came to this; zero where nothing is, or where it cannot be found out: the next start looks.
func (b *workbench) soonest(ctx context.Context, so ran) time.Time {
	if !so.waits {
		return time.Time{}
	}
	at, err := jobs.Again(ctx, b.env)
	if err != nil && ctx.Err() == nil {
		b.env.Log.Warn("whether something urgent waits could not be found out; the next start of the worker looks", "error", err)
	}
	return at
}

// soonestOf is likewise for a school whose stores are not open.
func (o *options) soonestOf(ctx context.Context, clock func() time.Time, p *policy.Policy, so ran) time.Time {
	b := &workbench{o: o, env: jobs.Env{Policy: p, Clock: clock, Log: o.logger()}}
	if !so.waits {
		return time.Time{}
	}
	hints, err := o.openHints(ctx, p)
	if err != nil || hints == nil { // what is wrong with a place was told when the school was run
		return time.Time{}
	}
	defer func() { _ = hints.Close() }()
	state, err := o.openAt(ctx, o.state, p)
	if err != nil {
		return time.Time{}
	}
	defer func() { _ = state.Close() }()
	b.env.Hints, b.env.Store = hints, state
	return b.soonest(ctx, so)
}
