package jobs

import (
	"context"
	"errors"
	netmail "net/mail"
	"time"

	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/reports"
	"esafetybot/internal/runs"
	"esafetybot/internal/store"
)

// LateAfter is how long a day's run of one school may be over before another's that has not come to its end is late: a task may have some schools to do before, and a large one
// takes its time.
const LateAfter = 2 * time.Hour

// lateKind is the outbox's name of the letter that says that a school was not run.
const lateKind = "not-run"

// Done is when a school's last day's run that came to its end began; zero if none did.
func Done(ctx context.Context, s store.Store) (time.Time, error) {
	last, err := Latest(ctx, s, RetentionJob) // the last of a day's jobs
	if err != nil || last == nil {
		return time.Time{}, err
	}
	return last.Started, nil
}

// Late tells since when a school waits for a day's run although others of its trust have had theirs; zero if it is not late, or was never run. others is when the newest run of another school began that is
// at least [LateAfter] ago: that the hour has passed proves nothing, since the first tick of a day may come later. A run that another process is busy with is not late.
func Late(ctx context.Context, s store.Store, p *policy.Policy, others, now time.Time) (since time.Time, err error) {
	last, err := Latest(ctx, s, RetentionJob)
	if err == nil && last == nil {
		last, err = firstRecord(ctx, s)
	}
	if err != nil || last == nil {
		return time.Time{}, err
	}
	day := p.Calendar.Date(last.Started)
	if last.Job == RetentionJob {
		day = day.AddDays(1)
	}
	since = day.At(p.Mail.Report.Hour, p.Mail.Report.Minute, p.School.Location)
	if others.Before(since) {
		return time.Time{}, nil
	}
	busy, err := anyLease(ctx, s, "", now)
	if err != nil || busy {
		return time.Time{}, err
	}
	return since, nil
}

// firstRecord is the record of a job that looked, where no run has come to its end yet; nil before any.
func firstRecord(ctx context.Context, s store.Store) (*Record, error) {
	for _, job := range Looking {
		if r, err := runs.Latest(ctx, s, job); err != nil || r != nil {
			return r, err
		}
	}
	return nil, nil
}

// TellLate puts a letter into a school's outbox that says since when it was not run, once a day. It goes to the school's workspace administrators, who in a trust are its technicians. fresh is false where that was
// told today already.
func TellLate(ctx context.Context, s store.Store, box *outbox.Outbox, p *policy.Policy, since, now time.Time) (fresh bool, err error) {
	b := &store.Batch{}
	for _, who := range p.Person(policy.RoleAdmin) {
		r, err := reports.NotRun(reports.NotRunInput{School: p.School.Name, Reader: who.Name, Now: now, Since: since, Location: p.School.Location})
		if err != nil {
			return false, err
		}
		_, err = box.Put(ctx, b, now, outbox.Letter{
			To: netmail.Address{Name: who.Name, Address: who.Address}, Kind: lateKind, Period: p.Calendar.Date(now).String(), Urgent: true,
			Subject: r.Subject, HTML: r.HTML, Text: r.Text,
		})
		if err != nil && !errors.Is(err, outbox.ErrExists) {
			return false, err
		}
	}
	if b.Writes() == 0 {
		return false, nil // told already, or there is nobody to tell
	}
	err = s.Commit(ctx, b)
	if errors.Is(err, store.ErrConflict) {
		return false, nil // another task was first
	}
	return err == nil, err
}
