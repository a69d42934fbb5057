package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"esafetybot/internal/google"
	"esafetybot/internal/jobs"
	"esafetybot/internal/policy"
	"esafetybot/internal/quantity"
	"esafetybot/internal/reports"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
	"esafetybot/internal/store/memory"
	"esafetybot/internal/termly"
)

func newDemo(o *options) *cobra.Command {
	var out string
	opt := generate.Options{}
	cmd := &cobra.Command{
		Use: "demo", Short: "A simulated school, half a term in seconds, every mail and report written to a folder", Args: cobra.NoArgs,
		Example: "  esafetybot demo --out demo-out",
		RunE:    func(cmd *cobra.Command, _ []string) error { return demo(cmd.Context(), o, opt, out) },
	}
	f := cmd.Flags()
	f.StringVar(&out, "out", "demo-out", "the folder to write; what an earlier demo left in it is replaced")
	f.IntVar(&opt.Pupils, "pupils", 420, "how many pupils the school has")
	f.Int64Var(&opt.Seed, "seed", 1, "another seed is another school")
	return cmd
}

// mornings are the jobs of the demo's mornings: teachers get their mail in the afternoon.
var mornings = slices.DeleteFunc(slices.Clone(jobNames), func(job string) bool { return job == jobs.DigestJob })

// runsAt is the hour, at the school, at which the demo's job runs each morning.
const runsAt = 6

func demo(ctx context.Context, o *options, opt generate.Options, out string) error {
	began := time.Now()
	if err := clearDemo(out); err != nil {
		return err
	}
	school, err := generate.Generate(opt)
	if err != nil {
		return usageError{err}
	}
	p, err := policy.Parse("classroom-school.yaml", []byte(school.Policies["classroom-school"]))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(out, "policy.yaml"), []byte(school.Policies["classroom-school"]), 0o600); err != nil {
		return err
	}
	temp, err := os.MkdirTemp("", "esafetybot-demo")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(temp) }()
	base, stop, err := serveDemo(school, filepath.Join(temp, "key.json"))
	if err != nil {
		return err
	}
	defer stop()

	d := *o
	d.state, d.mail = "bolt:"+filepath.Join(out, "state.db"), "dir:"+out
	d.credentials, d.endpoint = filepath.Join(temp, "key.json"), base
	d.baseURL = "https://review.school.example" // where a school has its review site
	d.std.Out = &strings.Builder{}
	d.std.Terminal = false
	d.quota = google.Unlimited() // the simulated school does not mind being asked quickly
	d.roll = demoRoll(school.World)
	b, err := d.bench(ctx, p, school.World.Now)
	if err != nil {
		return err
	}
	defer b.close()
	b.env.Wait = func(ctx context.Context, _ time.Duration) error { return ctx.Err() } // the simulated school shows changes at once
	if b.env.Site, err = memory.Open(); err != nil {
		return err
	}
	people := &demoPeople{b: b, world: school.World, seen: map[string]bool{}}
	fmt.Fprintf(o.std.Out, "%s: %d pupils, simulated. The jobs run every morning at %d:00 for half a term.\n\n", p.School.Name, opt.Pupils, runsAt)
	run := func() error {
		local := school.World.Now().In(p.School.Location)
		morning := time.Date(local.Year(), local.Month(), local.Day(), runsAt, 0, 0, 0, p.School.Location)
		if !morning.After(local) {
			morning = morning.AddDate(0, 0, 1)
		}
		school.World.SetNow(morning)
		// Exit status 1 is part of the story: the school has a shared drive that nobody can look into.
		if err := b.run(ctx, mornings, false); err != nil && !errors.As(err, new(errStatus)) {
			return err
		}
		return ctx.Err()
	}
	if err := run(); err != nil {
		return err
	}
	progress := o.progress()
	days := school.HalfTerm()
	for i, day := range days {
		told, err := day.Play()
		if err != nil {
			return err
		}
		if err := people.note(ctx); err != nil {
			return err
		}
		if err := b.tick(ctx); err != nil {
			return err
		}
		decided, err := people.decide(ctx)
		if err != nil {
			return err
		}
		told = append(told, decided...)
		for range daysUntil(days, i) {
			if err := run(); err != nil {
				return err
			}
		}
		if progress != nil {
			progress("school days", i+1, len(days))
		}
		for _, what := range told {
			fmt.Fprintf(o.std.Out, "%s  %s\n", day.Date.Format("Mon 2 Jan"), what)
		}
	}
	// The story ends with the weekly e-mail, which tells how everything stands.
	for school.World.Now().In(p.School.Location).Weekday() != p.Mail.Weekly {
		if err := run(); err != nil {
			return err
		}
	}
	return sumDemo(ctx, o, p, b, school.World, out, began)
}

// newest is the newest mail of a kind, told by its subject, to somebody with a title ("" is anybody); the zero one if nobody got one.
func newest(received []reports.Received, title string, kind func(subject string) bool) (last reports.ReceivedMail) {
	for _, r := range received {
		for _, m := range r.Mails {
			if strings.Contains(r.Who, title) && kind(m.Subject) && m.At.After(last.At) {
				last = m
			}
		}
	}
	return last
}

// daysUntil counts the mornings from one school day's evening to the next school day: one, over a weekend three.
func daysUntil(days []generate.Day, i int) int {
	if i+1 == len(days) {
		return 1
	}
	return max(1, int(days[i+1].Date.Sub(days[i].Date).Hours()+12)/24)
}

// clearDemo makes the folder, and takes away what an earlier demo left; it refuses a folder that holds anything else.
func clearDemo(out string) error {
	mark := filepath.Join(out, ".esafetybot-demo")
	entries, err := os.ReadDir(out)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if len(entries) > 0 {
		if _, err := os.Stat(mark); err != nil {
			return usageError{fmt.Errorf("the folder %s is not empty and not an earlier demo's: name another with --out", out)}
		}
		if err := os.RemoveAll(out); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(out, 0o700); err != nil {
		return err
	}
	return os.WriteFile(mark, nil, 0o600)
}

// serveDemo serves the school on loopback and writes a key for it.
func serveDemo(school *generate.School, key string) (base string, stop func(), err error) {
	srv, err := server.New(school.World, server.Options{AuditLag: server.DefaultAuditLag})
	if err != nil {
		return "", nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	base = "http://" + l.Addr().String()
	cred, err := srv.Credentials(base + "/token")
	if err == nil {
		err = os.WriteFile(key, cred, 0o600)
	}
	if err != nil {
		_ = l.Close()
		return "", nil, err
	}
	hs := &http.Server{Handler: srv, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = hs.Serve(l) }()
	return base, func() { _ = hs.Close() }, nil
}

// inspectionName is the file with the inspection copy.
const inspectionName = "inspection-copy.html"

// inspectionCopy writes the termly report as of the demo's last day: its own day may lie after it.
func inspectionCopy(ctx context.Context, p *policy.Policy, b *workbench, now time.Time, out string) error {
	in, err := termly.Source{Store: b.env.Store, Policy: p, Reminders: termly.Kept(b.env.Store, p)}.Report(ctx, now)
	if err != nil {
		return err
	}
	in.Inspection, in.Back = true, "index.html"
	r, err := reports.Termly(in)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, inspectionName), []byte(r.HTML), 0o600)
}

// sumDemo writes the page over everything and tells who received what.
func sumDemo(ctx context.Context, o *options, p *policy.Policy, b *workbench, w *world.World, out string, began time.Time) error {
	who := map[string]string{}
	w.View(func() {
		for _, c := range w.Courses() {
			for _, t := range w.Teachers(c.ID) {
				who[t.Profile.EmailAddress] = p.Title(policy.RoleClassTeacher)
			}
		}
	})
	for role, people := range p.People {
		for _, person := range people {
			if who[person.Address] != "" {
				who[person.Address] += ", "
			}
			who[person.Address] += p.Title(role)
		}
	}
	if err := inspectionCopy(ctx, p, b, w.Now(), out); err != nil {
		return err
	}
	var weekly reports.ReceivedMail
	received, err := reports.Index(out, reports.IndexOptions{
		Title:    p.School.Name + ": half a term",
		Intro:    "A simulated school. Every mail that the program sent in half a term is here, as the person received it.",
		Who:      who,
		Location: p.School.Location,
		First: func(all []reports.Received) (first []reports.IndexLink) {
			weekly = newest(all, "", func(s string) bool { return strings.HasPrefix(s, reports.WeeklyWords) })
			for _, l := range []reports.IndexLink{
				{Name: newest(all, p.Title(policy.RoleClassTeacher), func(s string) bool { return strings.HasSuffix(s, reports.DigestWords) }).HTML, Text: "What a class teacher gets: comments that nobody has looked at yet"},
				{Name: newest(all, p.Title(policy.RoleAdmin), func(s string) bool { return strings.HasPrefix(s, reports.SafetyWords) }).HTML, Text: "What the " + p.Title(policy.RoleAdmin) + " gets: accounts, settings and files to put right"},
				{Name: weekly.HTML, Text: "What the " + p.Title(policy.RoleOfficer) + " gets every week: how each clause of the policy stands"},
				{Name: inspectionName, Text: "What the headteacher and the governors get: how the term went (inspection copy, as of the last day)"},
				{Name: "policy.yaml", Text: "The school's policy, which decides all of it"},
			} {
				if l.Name != "" {
					first = append(first, l)
				}
			}
			return first
		},
	})
	if err != nil {
		return err
	}
	lines, err := list(ctx, b.env.Store, openOnly)
	if err != nil {
		return err
	}
	rec, err := jobs.Latest(ctx, b.env.Store, jobs.SharingJob)
	if err != nil {
		return err
	}
	to := o.std.Out
	fmt.Fprintf(to, "\n%-34s %5s  %s\n", "Who", "Mails", "The last one")
	for _, r := range received {
		last := r.Mails[len(r.Mails)-1]
		fmt.Fprintf(to, "%-34s %5d  %s\n", cmp.Or(r.Who, "asked about their files"), len(r.Mails), last.Subject)
	}
	if len(received) == 0 {
		fmt.Fprintln(to, "nobody received anything")
	}
	fmt.Fprintf(to, "\n%d findings are open at the end", len(lines))
	if rec != nil && len(rec.Gaps) > 0 {
		fmt.Fprintf(to, "; %s could not be looked at, and the mails say so", quantity.Of(len(rec.Gaps), "thing", "things"))
	}
	if weekly.HTML != "" {
		fmt.Fprintf(to, ".\nThe last weekly e-mail, %s: %s", weekly.At.Format("Mon 2 Jan"), filepath.Join(out, weekly.HTML))
	}
	fmt.Fprintf(to, ".\nThe termly report as of the last day: %s", filepath.Join(out, inspectionName))
	fmt.Fprintf(to, ".\nEverything is in %s (%.0f seconds).\n", filepath.Join(out, "index.html"), time.Since(began).Seconds())
	return nil
}
