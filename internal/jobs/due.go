package jobs

import (
	"context"
	"slices"
	"time"

	"esafetybot/internal/checks/pupilemail"
	"esafetybot/internal/decisions"
	"esafetybot/internal/policy"
	"esafetybot/internal/telemetry"
)

// Due lists the jobs that are due: those that look, once a day; what follows them; at once the one on pupils' e-mail, when the admin log says that
// something changed that may have switched e-mail on; within minutes those that hints ask for; and that which keeps channels open, before one ends.
func Due(ctx context.Context, env Env) ([]string, error) {
	env, err := env.knowing(ctx)
	if err != nil {
		return nil, err
	}
	return dueNow(ctx, env)
}

// dueNow is [Due] where days that were said to be closed are known.
func dueNow(ctx context.Context, env Env) ([]string, error) {
	names, err := dueAt(ctx, env, env.Clock())
	if err != nil || slices.Contains(names, PupilEmailJob) || !Asked(env.Policy, PupilEmailJob) {
		return names, err
	}
	last, err := env.last(ctx, PupilEmailJob)
	if err != nil || last == nil || !tripped(ctx, env, last.Started) {
		return names, err
	}
	names = append(names, PupilEmailJob)
	if !slices.Contains(names, ReportJob) {
		names = append(names, ApplyJob, ReportJob)
	}
	return names, nil
}

// dueAt lists what is due at a time by what the state holds, whatever Google's logs say. Asked of a time to come, it says what will be due if nothing happens until then.
func dueAt(ctx context.Context, env Env, now time.Time) ([]string, error) {
	env.Clock = func() time.Time { return now }
	var out []string
	digest, incidents := false, false
	teachers := asksTeachers(env.Policy)
	if Asked(env.Policy, CommentsJob) || teachers {
		last, err := env.last(ctx, DigestJob)
		if err != nil {
			return nil, err
		}
		digest = reached(env.Policy, env.Policy.Mail.Digest, last, now)
	}
	moderate, err := moderationWaits(ctx, env)
	if err != nil {
		return nil, err
	}
	early, err := hinted(ctx, env)
	hintless(ctx, env, err)
	for _, job := range Looking {
		if !Asked(env.Policy, job) {
			continue
		}
		if job == IncidentsJob {
			var err error
			if incidents, err = incidentsDue(ctx, env); err != nil {
				return nil, err
			}
			continue
		}
		last, err := env.last(ctx, job)
		if err != nil {
			return nil, err
		}
		rem := false
		if job == RemindersJob {
			if rem, err = remindersDue(ctx, env, last); err != nil {
				return nil, err
			}
		}
		soon := (rem || slices.Contains(early, job) || digest && (job == CommentsJob || job == CheckInsJob && teachers) || job == CommentsJob && moderate) && !resting(last, now)
		if soon || daily(env.Policy, last, now) {
			out = append(out, job)
		}
	}
	for _, x := range []struct {
		job string
		due func(context.Context, Env, time.Time) (bool, error)
	}{{MonthlyJob, monthlyDue}, {TermlyJob, termlyDue}} {
		due, err := x.due(ctx, env, now)
		if err != nil {
			return nil, err
		}
		if due {
			out = append(out, x.job)
		}
	}
	if digest {
		out = append(out, DigestJob)
	}
	last, err := env.last(ctx, ReportJob)
	if err != nil {
		return nil, err
	}
	if len(out) > 0 || slices.Contains(early, ApplyJob) || daily(env.Policy, last, now) {
		out = append(out, ApplyJob, ReportJob)
	}
	weekly, err := weeklyDue(ctx, env)
	if err != nil {
		return nil, err
	}
	if weekly {
		out = append(out, WeeklyJob) // what is found today was looked at today; else the newest runs count
	}
	if incidents {
		out = append(out, IncidentsJob) // nothing else follows from it
	}
	listen, err := hooksDue(ctx, env)
	if err != nil {
		return nil, err
	}
	if listen {
		out = append(out, HooksJob) // nor from this
	}
	if last, err = env.last(ctx, RetentionJob); err != nil {
		return nil, err
	}
	if daily(env.Policy, last, now) {
		out = append(out, RetentionJob)
	}
	return out, nil
}

// moderationWaits tells whether somebody decided about a comment on a blog, which is not left until tomorrow.
func moderationWaits(ctx context.Context, env Env) (bool, error) {
	if !moderates(env) {
		return false, nil
	}
	tray, err := decisions.Open(ctx, env.Site, env.Store, decisions.Moderate)
	return err == nil && len(tray.Waiting) > 0, err
}

// moderates tells whether people may decide about comments on blogs.
func moderates(env Env) bool {
	return env.Site != nil && slices.ContainsFunc(env.Policy.Blogs, func(b policy.Blog) bool { return b.Moderate })
}

// incidentsDue tells whether the incident log has its daily turn, or something to do now.
func incidentsDue(ctx context.Context, env Env) (bool, error) {
	last, err := env.last(ctx, IncidentsJob)
	if err != nil || daily(env.Policy, last, env.Clock()) {
		return err == nil, err
	}
	return IncidentsWait(ctx, env)
}

// retryAfter is how long a job rests at least that failed; one that took long rests twice as long as it took.
const retryAfter = 15 * time.Minute

// resting tells whether a job failed a short time ago. Whatever is wrong, it is not tried again at once, nor at each look at the clock.
func resting(last *Record, now time.Time) bool {
	if last == nil || last.Error == "" || now.Before(last.Ended) {
		return false
	}
	return now.Before(last.Ended.Add(max(retryAfter, 2*last.Ended.Sub(last.Started))))
}

// daily tells whether a job that runs once a day is due: it has never run to its end, or today, at the school, has passed the hour at which reports go and
// it has not run since the day began. Days are counted by the school's calendar date, so that the days on which the clocks change have one run like
// any other.
func daily(p *policy.Policy, last *Record, now time.Time) bool {
	return last == nil || last.Error != "" && !resting(last, now) || reached(p, p.Mail.Report, last, now)
}

// reached tells whether an hour of the day, at the school, has passed and a job has not run to its end on that day since: a run before the hour, because of a
// hint, is not that day's.
func reached(p *policy.Policy, at policy.Clock, last *Record, now time.Time) bool {
	loc := p.School.Location
	local := now.In(loc)
	// By what the clock on the wall shows: the hour that comes twice is reached at its first coming, one that is left out right after.
	if local.Hour()*60+local.Minute() < at.Hour*60+at.Minute || resting(last, now) {
		return false
	}
	if last == nil || last.Error != "" {
		return true
	}
	began := last.Started.In(loc)
	return began.Format(time.DateOnly) < local.Format(time.DateOnly) || began.Format(time.DateOnly) == local.Format(time.DateOnly) && began.Hour()*60+began.Minute() < at.Hour*60+at.Minute
}

// tripwires are the records of the admin log after which a pupil may have e-mail: a service switched, somebody moved, made, or put into a group.
var tripwires = slices.Concat([]string{"ADD_GROUP_MEMBER"}, pupilemail.LogEvents)

// tripped tells whether the admin log holds a tripwire since the last run, which read everything live. A record that shows only later than the next
// daily run costs nothing, because that run sees what it tells. A log that cannot be read trips nothing: the daily run says so.
func tripped(ctx context.Context, env Env, since time.Time) bool {
	ctx, end := telemetry.Due(ctx)
	defer end()
	for _, name := range tripwires {
		for e, err := range env.Google.Events(ctx, "admin", name, since, env.Clock()) {
			if err != nil {
				break
			}
			if e.Time.After(since) {
				return true
			}
		}
	}
	return false
}
