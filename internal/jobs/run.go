package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"esafetybot/internal/census"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/telemetry"
)

// Looking lists the jobs that look at the school, in the order in which they run.
var Looking = []string{AccountsJob, DevicesJob, PupilEmailJob, SettingsJob, CommentsJob, CheckInsJob, RecordsJob, RemindersJob, IncidentsJob, SharingJob, NamesJob}

// Following lists the jobs that follow those that look, in the order in which they run.
var Following = []string{ApplyJob, WeeklyJob, TermlyJob, MonthlyJob, DigestJob, ReportJob, RetentionJob}

// Listening lists the jobs that come before those that look: what happens while these do is then told to those of the next run.
var Listening = []string{HooksJob}

// recorded are the jobs that leave a record.
func recorded() []string { return slices.Concat(Listening, Looking, Following, []string{ReturnsJob}) }

// Seen is what the jobs of one run have left for those that follow them in the same process: a directory need not be read twice, and
// reports are made from what was judged.
type Seen struct {
	Census  *census.Census
	Sharing *Outcome         // nil if that job did not run
	Looks   map[string]*Look // by job
	// Early tells that it is before the day's hour, and only what is urgent is told.
	Early bool
}

// Run runs jobs in their order; one that fails does not keep the others from running. Whoever looked also tells: the job report follows any
// job that looks. done hears of each job; the error joins what went wrong.
//
// Where the clock called ([Env.Since]) and somebody else turns out to hold a job or to have done it, this run leaves them the rest too: whoever is behind stops, whoever is ahead goes on, and what is
// left if they are killed the next look at the clock finds. The incident log alone is served beside whatever else runs.
func Run(ctx context.Context, env Env, box *outbox.Outbox, names []string, done func(job string, r *Record, err error)) error {
	if err := begins(ctx, env, box, names); err != nil && ctx.Err() == nil {
		env.Log.Error("that a run begins could not be noted, so that nobody is told if it is killed", "error", err.Error())
	}
	hints, err := takeHints(ctx, env)
	hintless(ctx, env, err)
	env.First = hints.first()
	defer func() { hintless(ctx, env, hints.drop(context.WithoutCancel(ctx))) }()
	s := &Seen{Early: hints.early(), Census: census.New(env.Google, env.Policy, env.Clock(), env.Log), Looks: map[string]*Look{}}
	env, errs := withClosures(ctx, env, s.Census)
	if elsewhere(env, errs) {
		errs = nil // whoever runs takes them up
	}
	if errs != nil {
		errs = fmt.Errorf("the days on which the school is closed: %w", errs)
	}
	if slices.Contains(names, NamesJob) && !slices.Contains(names, SharingJob) {
		names = append(slices.Clone(names), SharingJob) // what is public is read there
	}
	ran, left := false, false
	one := func(job string, run func(context.Context, Env) (*Record, error)) {
		if ctx.Err() != nil || left {
			return
		}
		of, ended := telemetry.Job(ctx, job)
		own := env
		own.Log = telemetry.Logger(of, env.Log)
		r, err := run(of, own)
		ended(howEnded(env, r, err))
		if elsewhere(env, err) {
			env.Log.Info("a job is left to who does it elsewhere", "job", job)
			left = job != IncidentsJob
			return
		}
		hints.ended[job] = err == nil && (r == nil || r.Error == "") && ctx.Err() == nil
		if done != nil && (r != nil || err != nil) { // else there was nothing to do
			done(job, r, err)
		}
		if err != nil {
			errs = errors.Join(errs, fmt.Errorf("job %s: %w", job, err))
		}
	}
	if slices.Contains(names, HooksJob) {
		one(HooksJob, func(ctx context.Context, env Env) (*Record, error) { return Hooks(ctx, env, s.Census.Now) })
	}
	for _, job := range Looking {
		if !slices.Contains(names, job) || !Asked(env.Policy, job) {
			continue
		}
		ran = ran || job != IncidentsJob // who is to be told of an entry is told by that job itself, many times a day
		one(job, func(ctx context.Context, env Env) (*Record, error) {
			if job == SharingJob {
				return Sharing(ctx, env, func(_ context.Context, out *Outcome) error {
					s.Sharing = out
					return nil
				})
			}
			look, err := s.look(ctx, env, box, job)
			if look == nil {
				return nil, err
			}
			s.Looks[job] = look
			return look.Record, err
		})
	}
	if slices.Contains(names, ApplyJob) {
		one(ApplyJob, func(ctx context.Context, env Env) (*Record, error) { return Apply(ctx, env, box, s) })
	}
	if ran || slices.Contains(names, WeeklyJob) || slices.Contains(names, DigestJob) || slices.Contains(names, ReportJob) {
		one(ReturnsJob, func(ctx context.Context, env Env) (*Record, error) {
			return lookForReturns(ctx, env, box, s.Census.Now)
		})
	}
	if slices.Contains(names, WeeklyJob) {
		one(WeeklyJob, func(ctx context.Context, env Env) (*Record, error) { return Weekly(ctx, env, box, s) })
	}
	if slices.Contains(names, TermlyJob) {
		one(TermlyJob, func(ctx context.Context, env Env) (*Record, error) { return Termly(ctx, env, box, s) })
	}
	if slices.Contains(names, MonthlyJob) {
		one(MonthlyJob, func(ctx context.Context, env Env) (*Record, error) { return Monthly(ctx, env, box, s) })
	}
	if slices.Contains(names, DigestJob) {
		one(DigestJob, func(ctx context.Context, env Env) (*Record, error) { return Digest(ctx, env, box, s) })
	}
	if ran || slices.Contains(names, ReportJob) {
		one(ReportJob, func(ctx context.Context, env Env) (*Record, error) { return Report(ctx, env, box, s) })
	}
	if slices.Contains(names, RetentionJob) {
		one(RetentionJob, func(ctx context.Context, env Env) (*Record, error) { return Retention(ctx, env, s.Census.Now) })
	}
	if ctx.Err() == nil && !left {
		if err := ends(ctx, env, names); err != nil {
			errs = errors.Join(errs, fmt.Errorf("that the run came to its end: %w", err))
		}
	}
	if ctx.Err() == nil && box != nil {
		if err := tellTrouble(ctx, env, box, s.Census.Now); err != nil {
			errs = errors.Join(errs, fmt.Errorf("which jobs do not get done: %w", err))
		}
	}
	return errors.Join(errs, ctx.Err())
}

// howEnded says of a job how it ended, in the words of package telemetry.
func howEnded(env Env, r *Record, err error) string {
	switch {
	case elsewhere(env, err):
		return telemetry.Elsewhere
	case err != nil || r != nil && r.Error != "":
		return telemetry.Failed
	case r != nil && !r.OK(env.Policy.NotSeen):
		return telemetry.Partial
	case r == nil:
		return telemetry.Nothing
	}
	return telemetry.OK
}

// look runs a job that looks through the census.
func (s *Seen) look(ctx context.Context, env Env, box *outbox.Outbox, job string) (*Look, error) {
	if job == NamesJob {
		return Names(ctx, env, s.Census, s.Sharing)
	}
	return lookers[job](ctx, env, box, s.Census)
}

// lookers are the jobs that look through a census.
var lookers = map[string]func(context.Context, Env, *outbox.Outbox, *census.Census) (*Look, error){
	AccountsJob: boxless(Accounts), DevicesJob: boxless(Devices), PupilEmailJob: boxless(PupilEmail), SettingsJob: boxless(Settings), CommentsJob: boxless(Comments),
	CheckInsJob: boxless(CheckIns), RecordsJob: boxless(KeptRecords), RemindersJob: boxless(Reminders), IncidentsJob: Incidents,
}

// boxless is a job that tells nobody itself.
func boxless(job func(context.Context, Env, *census.Census) (*Look, error)) func(context.Context, Env, *outbox.Outbox, *census.Census) (*Look, error) {
	return func(ctx context.Context, env Env, _ *outbox.Outbox, c *census.Census) (*Look, error) {
		return job(ctx, env, c)
	}
}

// Asked tells whether a policy names a check by name, or one that rests on what the job of that name reads.
func Asked(p *policy.Policy, check string) bool {
	return len(meansOfJob(p, check)) > 0 || check == SharingJob && Asked(p, NamesJob) || check == AccountsJob && len(accessMeans(p)) > 0
}
