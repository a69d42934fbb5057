package jobs

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/hooks"
	"esafetybot/internal/policy"
	"esafetybot/internal/store"
)

// How often hints make a job look before its turn. Whoever forges hints, or a day on which very much happens, costs no more looks than these.
const (
	gapUrgent   = time.Minute      // after the job last began, where one is urgent
	gapDecided  = 5 * time.Minute  // where somebody decided something: what is decided meanwhile goes with it
	gapOrdinary = 10 * time.Minute // where nothing is, and reading the state costs nothing
	gapBilled   = 3 * time.Hour    // likewise on Firestore, where such a look reads some 9,000 documents at a school of 420 pupils, of 50,000 a day that are free (docs/costs.md)
	mostEarly   = 20               // runs of a job in an hour, whatever made them, after which hints wait
	mostHints   = 2000             // hints that are read at once; urgent ones come first
	// skew is how much later than a hint a run must have begun to count as one that took it up, where nobody saw that it did: the clocks of two machines differ.
	skew = time.Minute
)

// ordinary is how often what is not urgent makes a job look.
func (env Env) ordinary() time.Duration {
	if env.Exclusive {
		return gapOrdinary
	}
	return gapBilled
}

// wanted lists the jobs that are to look because of a hint, as far as the policy asks for them; none for one that we know nothing of.
func wanted(p *policy.Policy, h hooks.Hint) []string {
	var list []string
	switch h.Application {
	case hooks.Drive:
		list = []string{SharingJob}
		if asksFor(p, policy.PlaceDocuments) {
			list = append(list, CommentsJob)
		}
	case hooks.Admin:
		list = wantedOfAdmin(h.Event)
	case hooks.Classroom:
		list = []string{CommentsJob, AccountsJob}
	case hooks.Login:
		list = []string{AccountsJob, DevicesJob}
	case hooks.Token, hooks.Alerts:
		list = []string{AccountsJob}
	case hooks.Users:
		list = []string{AccountsJob, PupilEmailJob}
	case hooks.Gmail, hooks.Dojo:
		list = []string{CommentsJob}
	case hooks.Site:
		list = []string{CommentsJob, CheckInsJob, RecordsJob, RemindersJob}
	}
	list = slices.DeleteFunc(list, func(job string) bool { return !Asked(p, job) })
	if h.Application == hooks.Site {
		list = append(list, ApplyJob) // decisions on findings and changes
	}
	return list
}

// wantedOfAdmin tells which jobs look after an event of the log admin, by Google's names: what concerns groups may open a share, and a setting may be anywhere.
func wantedOfAdmin(event string) []string {
	switch {
	case slices.Contains(tripwires, event):
		return []string{AccountsJob, PupilEmailJob, SettingsJob}
	case strings.Contains(event, "GROUP"):
		return []string{SharingJob, PupilEmailJob}
	case strings.Contains(event, "DEVICE"):
		return []string{DevicesJob}
	case strings.Contains(event, "SETTING"):
		return []string{SettingsJob}
	}
	return []string{AccountsJob, SettingsJob}
}

// tooOld tells whether a hint is older than a day, or from a clock that is far ahead of ours: the daily run has looked, or will.
func tooOld(h hooks.Hint, now time.Time) bool {
	return now.Sub(h.Received) > hooks.Oldest || h.Received.Sub(now) > hooks.Oldest
}

// waitingHint is a hint that waits.
type waitingHint struct {
	hooks.Waiting
	// stray is set where it came over a notification channel which was not ours when it came: closed, or with another in its place. What such a channel tells comes over the other too, or nobody wants it.
	stray bool
}

// counts tells whether a job may have to look because of it.
func (w waitingHint) counts(now time.Time) bool { return !w.Broken && !w.stray && !tooOld(w.Hint, now) }

// waitingHints lists the hints that wait. The book of channels is read after the list: a channel stands in it before Google opens it. Without a hint of Google's it is not read.
func waitingHints(ctx context.Context, env Env) ([]waitingHint, error) {
	list, err := hooks.Wait(ctx, env.Hints, mostHints)
	if err != nil {
		return nil, err
	}
	out := make([]waitingHint, len(list))
	var book *channelBook
	for i, w := range list {
		out[i].Waiting = w
		if w.Broken || w.Source != hooks.FromGoogle {
			continue
		}
		if book == nil {
			if book, err = loadChannels(ctx, env.Store); err != nil {
				return nil, err
			}
		}
		out[i].stray = !book.told(w.Hint)
	}
	return out, nil
}

// takenUp tells whether a run that began well after a hint came, and came to its end, has looked because of it.
func takenUp(last *Record, h hooks.Hint) bool {
	return last != nil && last.Error == "" && !last.Started.Before(h.Received.Add(skew))
}

// hinted lists the jobs that hints make look now. Nothing waiting costs one query.
func hinted(ctx context.Context, env Env) ([]string, error) {
	if env.Hints == nil {
		return nil, nil
	}
	list, err := waitingHints(ctx, env)
	if err != nil {
		return nil, err
	}
	now := env.Clock()
	gaps, latest := map[string]time.Duration{}, map[string]*Record{}
	for _, w := range list {
		if !w.counts(now) {
			continue
		}
		gap := env.ordinary()
		if w.Urgent() {
			gap = gapUrgent
		} else if w.Source == hooks.FromSite {
			gap = gapDecided
		}
		for _, job := range wanted(env.Policy, w.Hint) {
			if _, known := latest[job]; !known {
				if latest[job], err = env.last(ctx, job); err != nil {
					return nil, err
				}
			}
			if have, ok := gaps[job]; (!ok || gap < have) && !takenUp(latest[job], w.Hint) {
				gaps[job] = gap
			}
		}
	}
	var out []string
	for job, gap := range gaps {
		if last := latest[job]; last != nil && now.After(last.Started) && now.Sub(last.Started) < gap { // on a clock that stands still, of a simulated school, no gap ever ends
			continue
		}
		// Before the day's hour only what is urgent: the rest is seen then, and goes into the day's mails.
		if latest[job] != nil && gap == env.ordinary() && beforeHour(env.Policy, now) {
			continue
		}
		n, err := ranSince(ctx, env.Store, job, now.Add(-time.Hour))
		if err != nil {
			return nil, err
		}
		if n >= mostEarly {
			env.Log.Warn("hints wait: the job has looked often enough for an hour", "job", job)
			continue
		}
		out = append(out, job)
	}
	return out, nil
}

// Again is when a run of what is due may look again because of something urgent that waits: now, or when the job that it concerns has rested; zero where nothing urgent waits, or what waits is left to the
// clock. It costs one query where no hints wait.
func Again(ctx context.Context, env Env) (soonest time.Time, err error) {
	if env.Hints == nil {
		return soonest, nil
	}
	list, err := waitingHints(ctx, env)
	if err != nil {
		return soonest, err
	}
	now := env.Clock()
	for _, w := range list {
		if !w.counts(now) || !w.Urgent() {
			continue
		}
		for _, job := range wanted(env.Policy, w.Hint) {
			last, err := Latest(ctx, env.Store, job)
			if err != nil {
				return time.Time{}, err
			}
			at := now
			if last != nil {
				if takenUp(last, w.Hint) || resting(last, now) {
					continue
				}
				if rested := last.Started.Add(gapUrgent); rested.After(now) {
					at = rested
				}
			}
			if soonest.IsZero() || at.Before(soonest) {
				soonest = at
			}
		}
	}
	return soonest, nil
}

// beforeHour tells whether the hour at which reports go is still to come today.
func beforeHour(p *policy.Policy, now time.Time) bool {
	local := now.In(p.School.Location)
	return local.Hour()*60+local.Minute() < p.Mail.Report.Hour*60+p.Mail.Report.Minute
}

// ranSince counts the runs of a job that began at or after a moment, as far as it matters.
func ranSince(ctx context.Context, s store.Store, job string, from time.Time) (int, error) {
	n := 0
	for _, err := range s.Find(ctx, Records, store.Ask{Query: "job", Equal: map[string]string{"job": job}, From: store.Time(from), Limit: mostEarly}) {
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}

// taken are the hints that waited when a run began, and which jobs of it have ended since: one is deleted once each job that it makes look has, never before.
type taken struct {
	env   Env
	now   time.Time
	list  []waitingHint
	ended map[string]bool
}

// takeHints lists the hints that wait. It comes before a run's time is taken, so that what is listed came before anything is read.
func takeHints(ctx context.Context, env Env) (*taken, error) {
	t := &taken{env: env, now: env.Clock(), ended: map[string]bool{}}
	if env.Hints == nil {
		return t, nil
	}
	var err error
	t.list, err = waitingHints(ctx, env)
	return t, err
}

// first is what the hints name, for jobs that have an order in which they look.
func (t *taken) first() map[string]bool {
	out := map[string]bool{}
	for _, w := range t.list {
		if w.Thing != "" && w.counts(t.now) {
			out[w.Thing] = true
		}
	}
	return out
}

// early tells whether a run is made before the day's hour because of hints: the day's mails are not sent then, or what the daily run finds would wait for tomorrow's.
func (t *taken) early() bool {
	return beforeHour(t.env.Policy, t.now) && slices.ContainsFunc(t.list, func(w waitingHint) bool { return w.counts(t.now) && len(wanted(t.env.Policy, w.Hint)) > 0 })
}

// over tells whether a hint is done with, and why if not because a job has looked.
func (t *taken) over(ctx context.Context, w waitingHint, listed bool) (over bool, why string, err error) {
	if w.Broken {
		return true, "unknown", nil
	}
	if w.stray {
		return true, "other_channel", nil
	}
	if tooOld(w.Hint, t.now) {
		return true, "too_old", nil
	}
	jobs := wanted(t.env.Policy, w.Hint)
	if len(jobs) == 0 {
		return true, "unknown", nil
	}
	for _, job := range jobs {
		if listed && t.ended[job] {
			continue
		}
		last, err := Latest(ctx, t.env.Store, job)
		if err != nil || !takenUp(last, w.Hint) {
			return false, "", err
		}
	}
	return true, "taken", nil
}

// drop deletes the hints that are done with, and counts them in the log.
func (t *taken) drop(ctx context.Context) error {
	counts := map[string]int{}
	list, listed := t.list, true
	for len(list) > 0 {
		var done []hooks.Waiting
		for _, w := range list {
			over, why, err := t.over(ctx, w, listed)
			if err != nil {
				return err
			}
			if over {
				done = append(done, w.Waiting)
				counts[why]++
			}
		}
		if _, err := hooks.Drop(ctx, t.env.Hints, done); err != nil {
			return err
		}
		if len(list) < mostHints || len(done) == 0 {
			break
		}
		var err error
		if list, err = waitingHints(ctx, t.env); err != nil {
			return err
		}
		listed = false // what came behind them may have come after the jobs began
	}
	if len(counts) > 0 {
		t.env.Log.Info("hints", "taken", counts["taken"], "unknown", counts["unknown"], "too_old", counts["too_old"], "other_channel", counts["other_channel"])
	}
	return nil
}

// hintless is what a run says when hints cannot be read or deleted: nothing is lost by it, because polling goes on.
func hintless(ctx context.Context, env Env, err error) {
	if err != nil && !errors.Is(err, context.Canceled) && ctx.Err() == nil {
		env.Log.Error("hints could not be taken up; the daily run looks without them", "error", err)
	}
}
