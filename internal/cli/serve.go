package cli

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"esafetybot/internal/hooks"
	"esafetybot/internal/jobs"
	"esafetybot/internal/limit"
	"esafetybot/internal/policy"
	"esafetybot/internal/store"
	"esafetybot/internal/telemetry/otlp"
	"esafetybot/internal/web"
)

func newServe(o *options) *cobra.Command {
	var so siteOptions
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "The clock and the review site, in one process",
		Long: "Run the jobs when they are due, and serve the review site on which people say that they looked and answer what is asked of them.\n\n" +
			"With --trust and without --school it looks after all schools, and serves the site of each under its host (docs/trust.md).\n\n" +
			"In one process the site could do what the worker can: put it behind something that ends TLS, and on a larger school run the two apart. It listens on loopback unless told otherwise.\n" +
			"Signing in needs an OAuth client of the kind “Web application” in the school's Google Cloud project, with BASE-URL/sign-in/done as its redirect; its secret is read from ESAFETYBOT_OIDC_CLIENT_SECRET.\n" +
			"Pushes of Google are taken at BASE-URL" + hooks.GooglePath + " and BASE-URL" + hooks.PubSubPath + " if " + hooks.KeysVar + ", or " + hooks.AudienceVar + " and " + hooks.AccountVar + ", are set (docs/hooks.md).\n" +
			"A forwarder of ClassDojo's mails sends to BASE-URL" + dojoRelayPath + "; its keys, up to four, are read from " + dojoKeysVar + ", with commas between them.",
		Example: "  ESAFETYBOT_OIDC_CLIENT_SECRET=… esafetybot serve --base-url https://review.school.example --oidc-client-id ID.apps.googleusercontent.com",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.serve(cmd.Context(), so) },
	}
	f := cmd.Flags()
	so.flags(f)
	f.DurationVar(&so.every, "every", time.Minute, "how often it is looked whether a job is due")
	f.StringVar(&o.now, "now", "", "live at this time (RFC 3339), for simulated schools")
	return cmd
}

// serve runs the clock and the site until the context ends: of one school, or of all schools of a trust.
func (o *options) serve(ctx context.Context, so siteOptions) error {
	if err := o.lacking(so); err != nil {
		return err
	}
	ctx, tell, err := o.telling(ctx)
	if err != nil {
		return err
	}
	defer tell.Close(ctx)
	o.keepDecisions, o.keepHints = true, true
	t, several, err := o.several()
	if err != nil {
		return err
	}
	if several {
		return o.serveAll(ctx, so, t, tell)
	}
	b, err := o.workbench(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	w := &watched{b: b, concern: make(chan struct{}, 1)}
	if w.site, err = w.siteOf(so); err != nil {
		return err
	}
	noted := make(chan struct{}, 1)
	receivers, err := o.receivers(ctx, []*workbench{b}, urgently(noted), so.from())
	if err != nil {
		return err
	}
	return o.live(ctx, so, living{
		watched: []*watched{w}, handler: w.site, receivers: receivers, noted: noted, tell: tell, said: "calls itself " + b.o.baseURL, look: b.look,
	})
}

// serveAll runs the clock and the sites of all schools of a trust. Schools are looked at one after the other, as by a run of the trust.
func (o *options) serveAll(ctx context.Context, so siteOptions, t *policy.Trust, tell *otlp.Telling) error {
	clock, err := o.clock()
	if err != nil {
		return err
	}
	if o.task, err = newTask(); err != nil {
		return err
	}
	defer o.task.close()
	var all []*watched
	var benches []*workbench
	var list []schoolSite
	for _, p := range t.Schools {
		b, err := o.forSchool(p).bench(ctx, p, clock)
		if err != nil {
			return fmt.Errorf("school %s: %w", p.Key(), err)
		}
		defer b.close()
		w := &watched{b: b, concern: make(chan struct{}, 1)}
		if w.site, err = w.siteOf(so); err != nil {
			return fmt.Errorf("school %s: %w", p.Key(), err)
		}
		all, benches = append(all, w), append(benches, b)
		list = append(list, schoolSite{policy: p, address: strings.TrimSuffix(b.o.baseURL, "/"), site: w.site, handler: w.site})
	}
	handler, err := o.together(so, t, list, o.logger(), clock)
	if err != nil {
		return err
	}
	noted := make(chan struct{}, 1)
	receivers, err := o.receivers(ctx, benches, urgently(noted), so.from())
	if err != nil {
		return err
	}
	return o.live(ctx, so, living{
		watched: all, handler: handler, receivers: receivers, noted: noted, tell: tell,
		said: fmt.Sprintf("serves %d schools, whose sites call themselves %s; the trust's own pages are at %s", len(all), o.baseURL, o.forTrust().baseURL),
		look: func(ctx context.Context) {
			for _, b := range benches {
				b.look(ctx)
			}
			if ctx.Err() == nil {
				if err := o.overview(ctx, t, clock, false); err != nil && ctx.Err() == nil {
					o.schoolFailed(trustKey, err)
				}
			}
		},
	})
}

// watched is a school that one process runs and serves.
type watched struct {
	b       *workbench
	site    *web.Site
	concern chan struct{} // something may be for the incident log
}

// siteOf makes the school's site, which leaves a hint and wakes whoever looks after the incident log when somebody decided something.
func (w *watched) siteOf(so siteOptions) (*web.Site, error) {
	e := w.b.env
	leave := decided(e.Policy, e.Hints, e.Clock, e.Log)
	return w.b.o.site(so, e.Policy, e.Store, e.Site, e.Log, func() {
		leave()
		wake(w.concern)
	}, e.Clock)
}

// living is what one process serves and looks at.
type living struct {
	watched   []*watched
	handler   http.Handler
	receivers *hooks.Receiver // nil without them
	noted     chan struct{}   // something urgent was noted
	tell      *otlp.Telling
	said      string // of the sites, when they listen
	look      func(context.Context)
}

// live serves and looks at the clock until the context ends.
func (o *options) live(ctx context.Context, so siteOptions, l living) error {
	failed := make(chan error, 1)
	var wg sync.WaitGroup
	defer wg.Wait()
	var read []store.Store
	for _, w := range l.watched {
		read = append(read, w.b.env.Store, w.b.env.Site)
	}
	log := o.logger()
	addr, end, err := so.serve(ctx, o.around(beside(answered(ctx, l.handler), l.receivers), log, read...), failed)
	if err != nil {
		return err
	}
	defer end()
	fmt.Fprintf(o.std.Err, "The review site listens on %s and %s. Site and worker are one process: the site could do what the worker can.\n", addr, l.said)
	ctx, stop := context.WithCancel(ctx)
	defer stop() // before it is waited for
	if l.receivers != nil {
		if err := l.tell.Pushes(func() map[string]int64 { return l.receivers.Counts().ByOutcome() }); err != nil {
			return err
		}
		wg.Go(func() { l.receivers.Tell(ctx, time.Hour) })
		if relay := l.receivers.Relay(); relay != nil {
			wg.Go(func() { tellRelay(ctx, log, relay, time.Hour) })
		}
	}
	for _, w := range l.watched {
		wg.Go(func() { w.b.watchIncidents(ctx, so.every, w.concern) })
	}
	return watch(ctx, so.every, l.noted, failed, l.look)
}

// watchIncidents takes up at once what is sent to the incident log, and passes entries on, whatever else runs meanwhile: a day's look at a large school takes hours.
func (b *workbench) watchIncidents(ctx context.Context, every time.Duration, noted <-chan struct{}) {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		waits, err := jobs.IncidentsTick(ctx, b.env)
		if err != nil && ctx.Err() == nil {
			b.env.Log.Error("whether the incident log has something to do could not be found out", "error", err)
		}
		if waits {
			// What goes wrong is in the run's record, and was told on standard error. Somebody else may be at it.
			env := b.env
			env.Since = map[string]string{}
			_, _ = b.runAll(ctx, env, []string{jobs.IncidentsJob, sendJob}, false)
		}
		select {
		case <-ctx.Done():
			return
		case <-noted:
		case <-t.C:
		}
	}
}

// wake tells whoever waits that there is something to do; it may know already.
func wake(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// urgently wakes whoever waits of what is urgent.
func urgently(c chan<- struct{}) func(urgent bool) {
	return func(urgent bool) {
		if urgent {
			wake(c)
		}
	}
}

// gather is how long after something urgent was noted it is looked what is due: what comes meanwhile goes with it.
const gather = 20 * time.Second

// look runs what is due at the school.
func (b *workbench) look(ctx context.Context) {
	found, err := jobs.Tick(ctx, b.env)
	if err != nil && ctx.Err() == nil {
		b.env.Log.Error("what is due could not be found out", "error", err)
	}
	if len(found.Names) == 0 {
		return
	}
	// What goes wrong is in the run's record, and was told on standard error.
	env := b.env
	if env.Since = found.Since; env.Since == nil {
		env.Since = map[string]string{}
	}
	_, _ = b.runAll(ctx, env, found.Names, false)
	b.workOut(ctx, found)
}

// watch looks what is due, again and again, and sooner when something urgent was noted.
func watch(ctx context.Context, every time.Duration, noted <-chan struct{}, failed <-chan error, look func(context.Context)) error {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		var soon <-chan time.Time // when to look because of what was noted
		look(ctx)
		for wait := true; wait; {
			select {
			case <-ctx.Done():
				return nil
			case err := <-failed:
				return fmt.Errorf("the review site stopped: %w", err)
			case <-noted:
				if soon == nil {
					soon = time.After(gather)
				}
			case <-soon:
				wait = false
			case <-t.C:
				wait = false
			}
		}
	}
}

// remote is the address of who asks. What stands in front of the site on the same machine, and speaks TLS, says it in the last entry of X-Forwarded-For; nobody else is believed.
func remote(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	ip := net.ParseIP(host)
	if err != nil || ip == nil || !ip.IsLoopback() {
		return r.RemoteAddr
	}
	return forwarded(r)
}

// forwarded is the address that whoever connects says it asks for.
func forwarded(r *http.Request) string { return limit.Forwarded(r) }

// saidBy is the address that stands in a header which what is in front of the site sets. Where it is no address, all who ask count as one.
func saidBy(r *http.Request, header string) string {
	if list := r.Header.Values(header); len(list) == 1 && net.ParseIP(strings.TrimSpace(list[0])) != nil {
		return strings.TrimSpace(list[0])
	}
	return r.RemoteAddr
}

// named tells whether the policy names an address.
func named(p *policy.Policy, address string) bool {
	for _, list := range p.People {
		if slices.ContainsFunc(list, func(x policy.Person) bool { return strings.EqualFold(x.Address, address) }) {
			return true
		}
	}
	return false
}

// siteKey reads the key of the site's cookies, or makes one.
func siteKey(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		key := make([]byte, 32)
		_, _ = rand.Read(key) // never fails (crypto/rand)
		return key, os.WriteFile(path, []byte(base64.StdEncoding.EncodeToString(key)+"\n"), 0o600)
	}
	if err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != 32 {
		return nil, fmt.Errorf("%s does not hold a key of the site (32 bytes in base64): delete it, and a new one is made; everybody then signs in again", path)
	}
	return key, nil
}

// decisionsBeside is the file of decisions beside a file of the state.
func decisionsBeside(path string) string { return strings.TrimSuffix(path, ".db") + "-decisions.db" }

// openDecisions opens the store in which the site notes what people decided; nil where there is no site. Beside a file it is a file of its own.
func (o *options) openDecisions(ctx context.Context, p *policy.Policy, b *workbench) (store.Store, error) {
	uri := o.decisionsURI()
	if uri == "" {
		if o.keepDecisions {
			return nil, usageError{errors.New("where the site notes what people decide is not given: --decisions firestore:PROJECT/decisions")}
		}
		return nil, nil
	}
	return o.openAt(ctx, uri, p)
}

// decisionsURI is where people's decisions are; "" where nobody makes any.
func (o *options) decisionsURI() string {
	uri := o.decisions
	if path, ok := strings.CutPrefix(o.state, "bolt:"); uri == "" && ok {
		path = decisionsBeside(path)
		if _, err := os.Stat(path); err == nil || o.keepDecisions {
			uri = "bolt:" + path
		}
	}
	if uri == "" && o.keepDecisions && o.state == "memory:" {
		uri = "memory:"
	}
	return uri
}
