package jobs

import (
	"context"
	"time"

	"esafetybot/internal/policy"
	"esafetybot/internal/store"
)

// SharingDue tells whether the sharing job is due: it has never run to its end, or today, at the school, has passed the hour at which reports go and
// it has not run since the day began. Days are counted by the school's calendar date, so that the days on which the clocks change have one run like
// any other. It costs one read.
func SharingDue(ctx context.Context, s store.Store, p *policy.Policy, now time.Time) (bool, error) {
	last, err := Latest(ctx, s, SharingJob)
	if err != nil {
		return false, err
	}
	if last == nil || last.Error != "" {
		return true, nil
	}
	loc := p.School.Location
	local, ran := now.In(loc), last.Started.In(loc)
	// By what the clock on the wall shows: the hour that comes twice is reached at its first coming, one that is left out right after.
	reached := local.Hour()*60+local.Minute() >= p.Mail.Report.Hour*60+p.Mail.Report.Minute
	return reached && ran.Format(time.DateOnly) < local.Format(time.DateOnly), nil
}
