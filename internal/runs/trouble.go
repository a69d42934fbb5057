package runs

import (
	"context"
	"time"

	"esafetybot/internal/store"
)

const (
	// Patience is for how long a job may fail before anybody is told: it is tried again every quarter of an hour, and most of what goes wrong passes.
	Patience = time.Hour
	// Late is after how long without a run to its end a job that runs every day is late.
	Late = 30 * time.Hour
	// Overdue is for how long a job that has its own time may be due and not done before anybody is told: a day, less what one day's run may come earlier than the one before.
	Overdue = 22 * time.Hour
	// Silent is after how long without any run the worker is taken to be standing still.
	Silent = 26 * time.Hour
)

// Trouble is a job that does not get done.
type Trouble struct {
	Job    string    `json:"job"`
	Since  time.Time `json:"since"`            // of the first run that failed since one that did not, or the last one that ended; zero if it never ran
	Failed bool      `json:"failed,omitempty"` // else it did not run in its time
	Error  string    `json:"error,omitempty"`  // of the newest run; it names nobody
	// Due is since when it is known to be due, where it did not run in its own time; zero where all that is known is that it runs every day.
	Due time.Time `json:"due,omitzero"`
	// Stopped says that runs were begun again and again since Since and that none came to its end: this job is the first that was due and left nothing.
	Stopped bool `json:"stopped,omitempty"`
}

// Same tells whether two say the same but for the words of an error.
func (t Trouble) Same(as Trouble) bool {
	return t.Job == as.Job && t.Failed == as.Failed && t.Stopped == as.Stopped && t.Since.Equal(as.Since) && t.Due.Equal(as.Due)
}

// Troubles is what the worker last knew of jobs that do not get done, and when the administrator was last told.
type Troubles struct {
	List []Trouble `json:"list"`
	Told string    `json:"told,omitempty"` // the day
	// GivenUp is up to when mail that was given up is told of in the letter.
	GivenUp time.Time `json:"given_up,omitzero"`
	// Due are the jobs that were due when a run had come to its end, and were not done since.
	Due map[string]Due `json:"due,omitempty"`
}

// Due is what is known of a job that is due.
type Due struct {
	Since time.Time `json:"since"` // when that was seen first
	Seen  time.Time `json:"seen"`  // and last: before the hour of the day nothing is due, whatever was left out the day before
}

// troublesKey is the key of the document among the run records that keeps them. No query finds it.
const troublesKey = "troubles"

// ReadTroubles reads what the worker last knew, and the version of the document.
func ReadTroubles(ctx context.Context, s store.Store) (t Troubles, version int64, err error) {
	version, err = readKept(ctx, s, troublesKey, &t, "which jobs do not get done")
	return t, version, err
}

// Put adds to a batch what is known of jobs that do not get done.
func (t Troubles) Put(b *store.Batch, version int64) error {
	return putKept(b, troublesKey, version, t)
}

// Judge looks at the newest runs of a job and tells whether it gets done: one that is due, and since when; what runs every day (daily) must besides have run lately.
func Judge(ctx context.Context, s store.Store, job string, daily bool, due Due, now time.Time) (Trouble, bool, error) {
	t := Trouble{Job: job}
	var last *Record
	_, err := latest(ctx, s, store.Ask{Query: "latest", Equal: map[string]string{"job": job}, Limit: mostFailures}, func(r *Record) bool {
		if last == nil {
			last = r
		}
		if r.Error != "" {
			t.Since = r.Started
		}
		return r.Error == ""
	})
	if err != nil {
		return t, false, err
	}
	overdue := !due.Since.IsZero() && !now.Before(due.Since.Add(Overdue))
	if last == nil { // it was not asked for before, or is being run for the first time, or does not get so far
		t.Due = due.Since
		return t, overdue, nil
	}
	if last.Error != "" {
		t.Failed, t.Error = true, last.Error
		return t, !now.Before(t.Since.Add(Patience)), nil
	}
	t.Since = last.Ended
	if overdue && due.Since.After(last.Started) {
		t.Due = due.Since
		return t, true, nil
	}
	return t, daily && !due.Since.IsZero() && !now.Before(last.Ended.Add(Late)), nil
}

// mostFailures is how far back is looked for the first run that failed: two days of trying again.
const mostFailures = 200

// SilentSince tells since when the worker, which runs every day, has not run at all; zero if it has, or if it never did. One that begins and comes to no end is not silent: that is told as [Trouble].
func SilentSince(ctx context.Context, s store.Store, now time.Time) (time.Time, error) {
	var last time.Time
	r, err := newest(ctx, s)
	if err != nil {
		return last, err
	}
	if r != nil {
		last = r.Started
		if r.Ended.After(last) {
			last = r.Ended
		}
		if now.Before(last.Add(Silent)) {
			return time.Time{}, nil
		}
	}
	b, _, err := ReadBegun(ctx, s)
	if err != nil {
		return time.Time{}, err
	}
	if b.Last.After(last) {
		last = b.Last
	}
	if now.Before(last.Add(Silent)) {
		return time.Time{}, nil
	}
	return last, nil
}
