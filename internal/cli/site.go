package cli

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"esafetybot/internal/policy"
	"esafetybot/internal/store"
	"esafetybot/internal/store/stores"
	"esafetybot/internal/web"
)

// siteOptions are the flags of the review site.
type siteOptions struct {
	listen, issuer, client, key string
	addrFile                    string
	every                       time.Duration
	proxied                     bool   // something in front of it says who asks
	asker                       string // the header in which it does, in place of X-Forwarded-For
}

// flags are those of every command that serves the site.
func (so *siteOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&so.listen, "listen", "127.0.0.1:8080", "where the site listens")
	f.StringVar(&so.addrFile, "addr-file", "", "write the address it listens on to this file")
	f.StringVar(&so.issuer, "oidc-issuer", "", "who signs people in (default: Google)")
	f.StringVar(&so.client, "oidc-client-id", "", "the id of the site's OAuth client")
	f.StringVar(&so.key, "site-key", "esafetybot-site.key", "the file with the key of the site's cookies; made if it is not there")
	f.BoolVar(&so.proxied, "behind-proxy", false, "believe X-Forwarded-For of whoever connects: only where nothing but a proxy can, as on Cloud Run")
	f.StringVar(&so.asker, "client-header", "", "with --behind-proxy: the header in which a load balancer says who asks, and which it sets anew on each request; in place of X-Forwarded-For, to which it adds its own address")
}

func newSite(o *options) *cobra.Command {
	var so siteOptions
	cmd := &cobra.Command{
		Use:   "site",
		Short: "The review site alone, without the worker",
		Long: "Serve the review site and nothing else. It needs no credentials for the school's Google Workspace and has no way to change anything there: it reads the state, and notes what people decide in a store of its own. " +
			"A worker (`esafetybot run`, or `serve` elsewhere) takes that up.\n\n" +
			"With --trust and without --school it serves the sites of all schools, each under its host, and the trust's own pages (docs/trust.md).\n\n" +
			"Both stores must be places that several processes may share: firestore:PROJECT/DATABASE. On one machine use `serve`.\n" +
			"The OAuth client's secret is read from ESAFETYBOT_OIDC_CLIENT_SECRET; the keys of a forwarder of ClassDojo's mails from " + dojoKeysVar + ".",
		Example: "  esafetybot site --state firestore:school-project/main --decisions firestore:school-project/decisions --hints firestore:school-project/hints \\\n" +
			"    --base-url https://review.school.example --oidc-client-id ID.apps.googleusercontent.com",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.siteAlone(cmd.Context(), so) },
	}
	so.flags(cmd.Flags())
	cmd.Flags().StringVar(&o.now, "now", "", "live at this time (RFC 3339), for simulated schools")
	return cmd
}

// lacking says what a site cannot do without.
func (o *options) lacking(so siteOptions) error {
	switch {
	case o.baseURL == "":
		return usageError{errors.New("the site's own address is not given: --base-url https://review.school.example")}
	case so.client == "":
		return usageError{errors.New("nobody could sign in: give --oidc-client-id, and its secret in ESAFETYBOT_OIDC_CLIENT_SECRET")}
	}
	return nil
}

// siteAlone serves the site without a worker until the context ends: of one school, or of all schools of a trust.
func (o *options) siteAlone(ctx context.Context, so siteOptions) error {
	if err := o.lacking(so); err != nil {
		return err
	}
	ctx, tell, err := o.telling(ctx)
	if err != nil {
		return err
	}
	defer tell.Close(ctx)
	for _, x := range []struct{ flag, uri string }{{"--state", o.state}, {"--decisions", o.decisions}} {
		if !strings.HasPrefix(x.uri, "firestore:") {
			return usageError{fmt.Errorf("%s %q: the site alone shares its state with a worker in another process, which needs firestore:PROJECT/DATABASE; on one machine use `esafetybot serve`", x.flag, x.uri)}
		}
		if err := stores.Check(x.uri); err != nil {
			return usageError{fmt.Errorf("%s: %w", x.flag, err)}
		}
	}
	if o.state == o.decisions {
		return usageError{errors.New("--decisions names the same database as --state: the site may write into the one and not into the other, so they must be two")}
	}
	t, several, err := o.several()
	if err != nil {
		return err
	}
	if several {
		return o.sitesAlone(ctx, so, t)
	}
	p, err := o.loadPolicy()
	if err != nil {
		return err
	}
	if o.trust != "" {
		o = o.forSchool(p)
	}
	clock, err := o.clock()
	if err != nil {
		return err
	}
	if o.task, err = newTask(); err != nil {
		return err
	}
	defer o.task.close()
	log := o.logger()
	s, err := o.siteOf(ctx, so, p, log, clock)
	if err != nil {
		return err
	}
	failed := make(chan error, 1)
	addr, end, err := so.serve(ctx, o.around(answered(ctx, s.handler), log, s.main, s.made), failed)
	if err != nil {
		return err
	}
	defer end()
	fmt.Fprintf(o.std.Err, "The review site listens on %s and calls itself %s. It reads %s and notes decisions in %s.\n", addr, o.baseURL, o.state, o.decisions)
	return ended(ctx, failed)
}

// outsiders tells of addresses outside the school's domains whether the policy names them; nil where it names none, so that Google offers the school's accounts only (hd).
func outsiders(p *policy.Policy) func(address string) bool {
	for _, list := range p.People {
		for _, x := range list {
			if _, domain, _ := strings.Cut(strings.ToLower(x.Address), "@"); !slices.Contains(p.School.Domains, domain) {
				return func(address string) bool { return named(p, address) }
			}
		}
	}
	return nil
}

// siteHandler is the site of a process that is nothing else, with no more rights over the two stores than it needs.
func (o *options) siteHandler(so siteOptions, p *policy.Policy, main, made, hints store.Store, log *slog.Logger, clock func() time.Time) (*web.Site, http.Handler, error) {
	may := rights[siteIdentity]
	main, made = store.Limit(main, may[mainDatabase]), store.Limit(made, may[decisionsDatabase])
	site, err := o.site(so, p, main, made, log, decided(p, hints, clock, log), clock)
	if err != nil {
		return nil, nil, err
	}
	handler, _, err := withDojo(site, p, o.std.Getenv(dojoKeysVar), made, clock, so.from())
	if errors.Is(err, errNoDojoKey) {
		log.Warn(err.Error())
		err = nil
	}
	return site, handler, err
}

// serve answers on the address that the flags say, until end is called. What stops it before comes through failed.
func (so siteOptions) serve(ctx context.Context, handler http.Handler, failed chan<- error) (addr net.Addr, end func(), err error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", so.listen)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, nil, fmt.Errorf("the site cannot listen on %s: another program does; stop that one, or give another address with --listen (and the same one in --base-url, if it names it)", so.listen)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("the site cannot listen on %s: %w", so.listen, err)
	}
	srv := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 1 << 16}
	if so.addrFile != "" {
		if err := os.WriteFile(so.addrFile, []byte("http://"+ln.Addr().String()), 0o600); err != nil {
			return nil, nil, errors.Join(err, ln.Close())
		}
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			failed <- err
		}
	}()
	return ln.Addr(), func() {
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		_ = srv.Shutdown(late)
		<-over
	}, nil
}

// keyOf is the key of the cookies of one school of a trust: a session at one school is none at another, though two sites are given the same key.
func keyOf(key []byte, school string) []byte {
	h := hmac.New(sha256.New, key)
	_, _ = h.Write([]byte("school " + school))
	return h.Sum(nil)
}

// site makes the review site on two stores.
func (o *options) site(so siteOptions, p *policy.Policy, main, decided store.Store, log *slog.Logger, noted func(), clock func() time.Time) (*web.Site, error) {
	key, err := siteKey(so.key)
	if err != nil {
		return nil, err
	}
	if p.Trust != nil {
		key = keyOf(key, p.Key())
	}
	in, err := o.signIn(so, strings.TrimSuffix(o.baseURL, "/"), key, p.School.Domains, outsiders(p), web.PagesOf(p), log)
	if err != nil {
		return nil, err
	}
	return web.New(web.Config{Policy: p, Main: main, Decisions: decided, SignIn: in, Clock: clock, Log: log, Noted: noted})
}
