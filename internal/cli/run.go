package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	netmail "net/mail"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"esafetybot/internal/google"
	"esafetybot/internal/incidents"
	"esafetybot/internal/jobs"
	"esafetybot/internal/mail"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/quantity"
	"esafetybot/internal/seen"
	"esafetybot/internal/store"
	"esafetybot/internal/telemetry"
)

// jobNames are the jobs that this version knows, in the order in which they run.
var jobNames = slices.Concat(jobs.Listening, jobs.Looking, jobs.Following, []string{sendJob})

// sendJob hands over what waits in the outbox.
const sendJob = jobs.SendJob

func newRun(o *options) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "run [JOB…]",
		Short: "Run the jobs that are due, or the ones named",
		Long:  "Run the jobs that are due, or the ones named: " + strings.Join(jobNames, ", ") + ".",
		Example: "  esafetybot run\n" +
			"  esafetybot run sharing --policy school.yaml --google-credentials key.json --mail dir:mail",
		RunE: func(cmd *cobra.Command, names []string) error {
			for _, n := range names {
				if !slices.Contains(jobNames, n) {
					return usageError{fmt.Errorf("there is no job %q; the jobs are %s", n, strings.Join(jobNames, ", "))}
				}
			}
			ctx, tell, err := o.telling(cmd.Context())
			if err != nil {
				return err
			}
			defer tell.Close(cmd.Context())
			if o.trust != "" && o.school == "" {
				return o.runTrust(ctx, names, asJSON)
			}
			b, err := o.workbench(ctx)
			if err != nil {
				return err
			}
			defer b.close()
			if len(names) == 0 {
				all := ran{records: []*jobs.Record{}}
				o.rounds().run(ctx, func() bool {
					var one ran
					one, err = b.runDue(ctx, asJSON)
					all.add(one)
					return one.did
				}, func() time.Time { return b.soonest(ctx, all) })
				if err == nil {
					err = b.ended(ctx, all.records, all.failed, asJSON)
				}
			} else {
				err = b.run(ctx, names, asJSON)
			}
			switch stopped := cmd.Context().Err() != nil; {
			case !errors.Is(err, errStatus(exitFailed)) || asJSON:
			case stopped:
				fmt.Fprintln(o.std.Err, "Exit status 1, because it was stopped before it was done. The next run goes on from there.")
			default:
				fmt.Fprintln(o.std.Err, "Exit status 1, because something above failed or could not be checked. “esafetybot doctor” says what can be done; what the school knows that nobody can see may stand under not_seen in the policy.")
			}
			return err
		},
	}
	cmd.Flags().StringVar(&o.now, "now", "", "run as if it were this time (RFC 3339), for simulated schools")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the run records as JSON")
	cmd.Flags().BoolVar(&o.acceptRolls, "accept-rolls", false, "believe a roll although it has half as many people as last time, or fewer")
	return cmd
}

// workbench is one school's rooms, wired together.
type workbench struct {
	o      *options
	env    jobs.Env
	outbox *outbox.Outbox
	sender mail.Sender
	close  func()

	sending sync.Mutex
}

// workbench wires the rooms together as the flags say.
func (o *options) workbench(ctx context.Context) (*workbench, error) {
	p, err := o.loadPolicy()
	if err != nil {
		return nil, err
	}
	clock, err := o.clock()
	if err != nil {
		return nil, err
	}
	if o.trust != "" {
		o = o.forSchool(p)
	}
	return o.bench(ctx, p, clock)
}

// opened is a school's policy and its state, for commands that only read it.
func (o *options) opened(ctx context.Context) (*policy.Policy, store.Store, error) {
	p, err := o.loadPolicy()
	if err != nil {
		return nil, nil, err
	}
	s, err := o.openAt(ctx, o.state, p)
	return p, s, err
}

// bench wires the rooms together for a policy.
func (o *options) bench(ctx context.Context, p *policy.Policy, clock func() time.Time) (*workbench, error) {
	to, err := mail.ParseAddressable(o.mail)
	if err != nil {
		return nil, usageError{err}
	}
	admin := o.admin
	if admin == "" {
		var ok bool
		if admin, ok = p.Address(policy.RoleAdmin); !ok {
			return nil, usageError{errors.New("nobody is named to act as for reading the Directory: give --google-admin, or a workspace_admin in the policy")}
		}
	}
	if o.credentials == "" {
		return nil, usageError{errors.New("no service account is given: --google-credentials KEY.json, or keyless:SERVICE_ACCOUNT_EMAIL on Google Cloud (how to make one: docs/setup.md, steps 2 and 3)")}
	}
	receivers, err := o.pushTo()
	if err != nil {
		return nil, err
	}
	log := o.logger()
	client, err := google.New(ctx, google.Config{
		CredentialsFile: o.credentials, Admin: admin, Endpoint: o.endpoint, Workers: o.workers, Log: log, Quota: o.quota, After: o.before(),
	})
	if err != nil {
		return nil, err
	}
	if o.task != nil {
		o.task.client = client
	}
	s, err := o.openAt(ctx, o.state, p)
	if err != nil {
		return nil, err
	}
	from := o.from
	if from == "" {
		from = "esafetybot@" + p.School.Domains[0]
	}
	if to.Scheme == "gmail" {
		from = to.From
	}
	b := &workbench{o: o, close: func() { _ = s.Close() }}
	b.env = jobs.Env{
		Store: s, BaseURL: o.baseURL, Exclusive: !strings.HasPrefix(o.state, "firestore:"), Policy: p, Google: client, Clock: clock, Log: log,
		Holder: holder(), Rotation: o.rotation, Progress: o.progress(), Beside: to.Scheme == "dir", AcceptRolls: o.acceptRolls, Roll: o.roll,
		Receivers: receivers,
	}
	if jobs.MayChange(p) {
		b.env.Change = client
	}
	b.env.Channels = client
	if p.PostsInClassroom() {
		b.env.Classroom = client
	}
	if b.env.Site, err = o.openDecisions(ctx, p, b); err != nil {
		b.close()
		return nil, err
	}
	if site := b.env.Site; site != nil {
		if !o.keepDecisions { // no site in this process: what people decided is theirs to write
			b.env.Site = store.Limit(site, rights[workerIdentity][decisionsDatabase])
		}
		b.close = func() { _, _ = site.Close(), s.Close() }
	}
	if b.env.Hints, err = o.openHints(ctx, p); err != nil {
		b.close()
		return nil, err
	}
	if hints := b.env.Hints; hints != nil {
		if !o.keepHints { // no receiver in this process
			b.env.Hints = store.Limit(hints, rights[workerIdentity][hintsDatabase])
		}
		rest := b.close
		b.close = func() { _ = hints.Close(); rest() }
	}
	b.outbox, err = outbox.New(s, outbox.Options{Location: p.School.Location, School: p.Key(), From: netmail.Address{Name: p.School.Name, Address: from}})
	if err != nil {
		b.close()
		return nil, err
	}
	switch to.Scheme {
	case "gmail":
		b.env.Sender = from
		b.sender = mail.NewGmail(drafts{client, from})
	case "smtp":
		to.SMTP.Password = o.std.Getenv("ESAFETYBOT_SMTP_PASSWORD")
		b.sender = mail.NewSMTP(to.SMTP)
	default:
		b.sender = mail.NewDir(to.Path)
	}
	return b, nil
}

// holder names this process in a lease.
func holder() string {
	host, _ := os.Hostname()
	return fmt.Sprintf("%s/%d/%d", host, os.Getpid(), time.Now().UnixNano())
}

// ran is what one or more rounds of what is due came to.
type ran struct {
	records []*jobs.Record
	failed  bool
	did     bool // something was due
	waits   bool // something more may wait
}

func (r *ran) add(one ran) {
	r.records = append(r.records, one.records...)
	r.failed, r.did, r.waits = r.failed || one.failed, r.did || one.did, one.waits
}

// runDue runs what is due, and writes down until when nothing is.
func (b *workbench) runDue(ctx context.Context, quiet bool) (out ran, err error) {
	out.records = []*jobs.Record{}
	found, err := jobs.Tick(ctx, b.env)
	if err != nil {
		out.failed = true
		return out, err
	}
	out.did, out.waits = len(found.Names) > 0, !found.Known
	if len(found.Names) == 0 {
		fmt.Fprintf(b.o.std.Err, "Nothing is due: jobs run once a day, at %s or as soon after as they can. Name one to run it now: esafetybot run %s\n",
			b.env.Policy.Mail.Report, jobs.SharingJob)
	}
	env := b.env
	env.Since = found.Since
	out.records, out.failed = b.runAll(ctx, env, found.Names, quiet)
	b.workOut(ctx, found)
	return out, nil
}

// workOut writes down until when nothing is due, after something was. That it cannot is no failure: the next look at the clock does it.
func (b *workbench) workOut(ctx context.Context, found jobs.Found) {
	if len(found.Names) == 0 || ctx.Err() != nil {
		return
	}
	if err := jobs.WorkOut(ctx, b.env); err != nil {
		b.env.Log.Warn("until when nothing is due could not be written down", "error", err.Error())
	}
}

// run runs jobs in their order. A job that fails does not keep the others from running.
func (b *workbench) run(ctx context.Context, names []string, asJSON bool) error {
	records, failed := b.runAll(ctx, b.env, names, asJSON)
	if !asJSON && ctx.Err() == nil && !failed {
		b.tellIdle(names, records)
	}
	return b.ended(ctx, records, failed, asJSON)
}

// tellIdle says of jobs that were asked for by name, and left no record, that there was nothing to do, and why as far as it is known.
func (b *workbench) tellIdle(names []string, records []*jobs.Record) {
	for _, name := range names {
		if name == sendJob || slices.ContainsFunc(records, func(r *jobs.Record) bool { return r.Job == name }) {
			continue
		}
		why := ""
		switch {
		case name == jobs.HooksJob && b.env.Receivers == nil:
			why = ", since no receivers are given: --hooks-url (docs/hooks.md)"
		case slices.Contains(jobs.Looking, name) && !jobs.Asked(b.env.Policy, name):
			why = ", since no clause of the policy asks for it; see: esafetybot policy explain"
		}
		fmt.Fprintf(b.o.std.Err, "%s: nothing to do%s.\n", strings.ToUpper(name[:1])+name[1:], why)
	}
}

// ended prints the records of a run, if they are asked for, and says how it went.
func (b *workbench) ended(ctx context.Context, records []*jobs.Record, failed, asJSON bool) error {
	if asJSON && ctx.Err() == nil {
		enc := json.NewEncoder(b.o.std.Out)
		enc.SetIndent("", "  ")
		if err := enc.Encode(records); err != nil {
			return err
		}
	}
	if failed {
		return errStatus(exitFailed)
	}
	return nil
}

// runAll runs jobs in their order, in the environment of what called them, and tells what it does unless it is to be quiet. An interrupted run has failed.
func (b *workbench) runAll(ctx context.Context, env jobs.Env, names []string, quiet bool) (records []*jobs.Record, failed bool) {
	records = []*jobs.Record{}
	ctx, ended := telemetry.Run(ctx)
	defer func() { ended(failed) }()
	log := telemetry.Logger(ctx, b.env.Log)
	env.Log = log
	failed = !b.sendLeft(ctx, names, quiet)
	_ = jobs.Run(ctx, env, b.outbox, names, func(job string, r *jobs.Record, err error) {
		if r != nil {
			records = append(records, r)
			b.tellBrake(r)
			failed = failed || !r.OK(b.env.Policy.NotSeen)
			if !quiet {
				b.sum(r)
			}
		}
		if err != nil {
			failed = true
			b.jobFailed(job, err)
		}
	})
	if ctx.Err() != nil {
		return records, true
	}
	if slices.Contains(names, sendJob) {
		if err := b.send(ctx, quiet); errors.Is(err, jobs.ErrBusy) && env.Since != nil {
			log.Info("sending is left to who does it elsewhere")
		} else if err != nil {
			failed = true
			b.jobFailed(sendJob, err)
		}
	}
	log.Info(logRunDone, "failed", failed, "jobs", len(records))
	return records, failed
}

// sendLeft hands over, before any job begins, what a run wrote that was killed before it came to sending: if this one is killed too, the letter that says so has gone. It tells whether all went well.
func (b *workbench) sendLeft(ctx context.Context, names []string, quiet bool) bool {
	if !slices.Contains(names, sendJob) || len(names) == 1 {
		return true
	}
	left, err := b.outbox.Untried(ctx)
	if err == nil && left {
		err = b.send(ctx, quiet)
	}
	if err == nil || errors.Is(err, jobs.ErrBusy) || ctx.Err() != nil {
		return true // whoever sends has it
	}
	b.jobFailed(sendJob, err)
	return false
}

// send hands over what waits in the outbox, under the lease of that job.
func (b *workbench) send(ctx context.Context, quiet bool) (err error) {
	b.sending.Lock() // two deliveries must not run at once, and on a file of its own a process's leases are no bar to itself
	defer b.sending.Unlock()
	ctx, ended := telemetry.Job(ctx, sendJob)
	defer func() {
		switch {
		case errors.Is(err, jobs.ErrBusy):
			ended(telemetry.Elsewhere)
		case err != nil:
			ended(telemetry.Failed)
		default:
			ended(telemetry.OK)
		}
	}()
	lease, err := jobs.Take(ctx, b.env.Store, sendJob, b.env.Holder, b.env.Exclusive, b.env.Clock)
	if err != nil {
		return err
	}
	box, err := b.outbox.With(lease.Guard)
	if err != nil {
		return err
	}
	r, err := box.Deliver(ctx, b.sender, b.env.Clock())
	tellGivenUp(b.env.Log, r)
	if err == nil {
		err = r.Err()
	}
	if !quiet && r.Sent > 0 {
		fmt.Fprintf(b.o.std.Out, "%s sent to %s\n", quantity.Of(r.Sent, "message", "messages"), b.o.mail)
	}
	return errors.Join(err, lease.Release(ctx, &store.Batch{}))
}

// sum tells a run in a few lines.
func (b *workbench) sum(r *jobs.Record) {
	w := b.o.std.Out
	calls := 0
	for _, n := range r.Calls {
		calls += n
	}
	c := r.Changes
	switch r.Job {
	case jobs.ReportJob, jobs.WeeklyJob, jobs.TermlyJob, jobs.MonthlyJob, jobs.DigestJob, jobs.IncidentsJob, jobs.ReturnsJob:
		return
	case jobs.HooksJob:
		if c := r.Channels; c != nil {
			fmt.Fprintf(w, "Channels on which Google tells what happens: %d open, %d of them new; %d closed.\n", c.Open, c.Opened, c.Closed)
			for _, g := range c.Trouble {
				fmt.Fprintf(w, "  %s: %s; what it would tell is found when the jobs look%s\n", g.Scope, g.Reason, detail(g))
			}
		}
		if r.Error != "" {
			fmt.Fprintf(w, "The run failed: %s\n", r.Error)
		}
		return
	case jobs.RetentionJob:
		n := 0
		for _, x := range r.Deleted {
			n += x
		}
		if n > 0 {
			fmt.Fprintf(w, "Deleted of the program's own notes, because the policy keeps them no longer: %d.\n", n)
		}
		return
	case jobs.ApplyJob:
		if a := r.Actions; a != nil {
			fmt.Fprintf(w, "Changes: %d made, %d left alone, %d failed, %d not to be seen yet, %d held by the brake, %d waiting for their time.\n", a.Done+a.Already, a.LeftAlone, a.Failed, a.Unsure, a.Braked, a.Waiting)
			if a.Frozen > 0 {
				fmt.Fprintf(w, "%d %s.\n", a.Frozen, incidents.FrozenWords)
			}
			if a.Halted != "" {
				fmt.Fprintf(w, "Nothing was changed: %s\n", a.Halted)
			}
		}
		return
	case jobs.SharingJob:
		fmt.Fprintf(w, "Sharing: %d of %d Drives read in full, %d changed items read again, %d requests to Google.\n", r.ReadFull, r.Scopes, r.Touched, calls)
	default:
		fmt.Fprintf(w, "%s: %d requests to Google.\n", strings.ToUpper(r.Job[:1])+r.Job[1:], calls)
	}
	fmt.Fprintf(w, "Findings: %d new, %d back, %d changed, %d put right or merged, %d as before.\n", c.Opened, c.Reopened, c.Changed, c.Closed, c.Kept)
	if len(r.Gaps) > 0 {
		fmt.Fprintf(w, "Could not check %s:\n", quantity.Of(len(r.Gaps), "thing", "things"))
		for i, g := range r.Gaps {
			if i == 20 {
				fmt.Fprintf(w, "  … and %d more\n", len(r.Gaps)-i)
				break
			}
			fmt.Fprintf(w, "  %s: %s%s\n", g.Scope, g.Reason, detail(g))
		}
	}
	if r.Error != "" {
		fmt.Fprintf(w, "The run failed: %s\n", r.Error)
	}
}

func detail(g seen.Gap) string {
	if g.Detail == "" {
		return ""
	}
	return " (" + g.Detail + ")"
}

// progress shows how far a job is, on a terminal only.
func (o *options) progress() func(string, int, int) {
	if !o.std.Terminal {
		return nil
	}
	var bar *progressbar.ProgressBar
	var of string
	return func(what string, done, total int) {
		if bar == nil || what != of {
			of = what
			bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(o.std.Err), progressbar.OptionSetDescription(what),
				progressbar.OptionClearOnFinish(), progressbar.OptionShowCount(), progressbar.OptionThrottle(100*time.Millisecond))
		}
		_ = bar.Set(done)
	}
}

// drafts makes the Gmail part of a client into what staged delivery needs, for one mailbox.
type drafts struct {
	c  *google.Client
	as string
}

func (d drafts) CreateDraft(ctx context.Context, raw []byte) (string, error) {
	id, err := d.c.CreateDraft(ctx, d.as, raw)
	if google.IsInvalid(err) {
		err = fmt.Errorf("%w: %w", mail.ErrRefused, err)
	}
	return id, err
}

func (d drafts) DraftExists(ctx context.Context, id string) (bool, error) {
	return d.c.DraftExists(ctx, d.as, id)
}
func (d drafts) SendDraft(ctx context.Context, id string) error { return d.c.SendDraft(ctx, d.as, id) }

func (d drafts) FindDraft(ctx context.Context, messageID string) (string, bool, error) {
	return d.c.FindDraft(ctx, d.as, messageID, mail.HeaderID)
}
