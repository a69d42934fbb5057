package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"esafetybot/internal/hooks"
	"esafetybot/internal/policy"
	"esafetybot/internal/store"
	"esafetybot/internal/web"
	"esafetybot/internal/web/signin"
)

// hosts serves several sites in one process, each under its own host name. Whoever asks for another name hears that nothing is there, and nothing else.
type hosts map[string]http.Handler

// ServeHTTP implements http.Handler.
func (h hosts) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if site := h[hostOf(r.Host)]; site != nil {
		site.ServeHTTP(w, r)
		return
	}
	plainly(w, http.StatusNotFound, "There is no such page.\n")
}

// add puts a site under the host of its address.
func (h hosts) add(address string, site http.Handler) error {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return usageError{fmt.Errorf("--base-url: %q is no address such as https://oak.review.trust.example", address)}
	}
	name := hostOf(u.Host)
	if h[name] != nil {
		return usageError{fmt.Errorf("--base-url: two sites would have the host %s; write %s in the host, where a school's short name goes", name, schoolMark)}
	}
	h[name] = site
	return nil
}

// hostOf is a host's name without its port, as browsers and people spell it.
func hostOf(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.TrimSuffix(strings.ToLower(strings.Trim(host, "[]")), ".")
}

// several tells whether a command is about all schools of a trust.
func (o *options) several() (*policy.Trust, bool, error) {
	if o.trust == "" || o.school != "" {
		return nil, false, nil
	}
	t, err := o.loadTrust()
	if err != nil {
		return nil, false, err
	}
	return t, len(t.Schools) > 1, o.apart(t)
}

// schoolSite is one school's site in a process that serves several.
type schoolSite struct {
	policy     *policy.Policy
	address    string // of the site
	site       *web.Site
	handler    http.Handler
	main, made store.Store
}

// together serves several schools' sites, and the trust's own pages, each under its host name.
func (o *options) together(so siteOptions, t *policy.Trust, list []schoolSite, log *slog.Logger, clock func() time.Time) (http.Handler, error) {
	all := hosts{}
	c := web.TrustConfig{Name: t.Name, Lead: t.SafeguardingLead, Clock: clock, Log: log}
	for _, s := range list {
		if err := all.add(s.address, s.handler); err != nil {
			return nil, err
		}
		c.Schools = append(c.Schools, web.TrustSchool{Site: s.site, Address: s.address})
	}
	own := o.forTrust()
	address := strings.TrimSuffix(own.baseURL, "/")
	var err error
	if c.SignIn, err = own.trustSignIn(so, t, address, log); err != nil {
		return nil, err
	}
	pages, err := web.NewTrust(c)
	if err != nil {
		return nil, err
	}
	return all, all.add(address, pages)
}

// trustSignIn lets people sign in to the trust's own pages: accounts of its domains and its schools', and whom it or a school's policy names. What they see there is judged by the pages.
func (o *options) trustSignIn(so siteOptions, t *policy.Trust, address string, log *slog.Logger) (*signin.SignIn, error) {
	key, err := siteKey(so.key)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	var domains []string
	add := func(list []string) {
		for _, d := range list {
			if !seen[d] {
				seen[d] = true
				domains = append(domains, d)
			}
		}
	}
	add(t.Schools[0].Trust.Domains)
	for _, p := range t.Schools {
		add(p.School.Domains)
	}
	outside := func(a string) bool {
		if strings.EqualFold(a, t.SafeguardingLead.Address) {
			return true
		}
		for _, p := range t.Schools {
			for _, x := range p.Person(policy.RoleAdmin) {
				if strings.EqualFold(x.Address, a) {
					return true
				}
			}
		}
		return false
	}
	return o.signIn(so, address, keyOf(key, trustKey), domains, outside, web.TrustPagesOf(t.Name), log)
}

// from is how the site knows the address of who asks.
func (so siteOptions) from() func(*http.Request) string {
	switch {
	case so.asker != "":
		return func(r *http.Request) string { return saidBy(r, so.asker) }
	case so.proxied:
		return forwarded
	}
	return remote
}

// signIn is the door of one site.
func (o *options) signIn(so siteOptions, address string, key []byte, domains []string, outside func(string) bool, pages web.Pages, log *slog.Logger) (*signin.SignIn, error) {
	if so.asker != "" && !so.proxied {
		return nil, usageError{errors.New("--client-header is believed only where nothing but a proxy can connect: give --behind-proxy too")}
	}
	in, err := signin.New(signin.Config{
		Issuer: so.issuer, ClientID: so.client, ClientSecret: o.std.Getenv("ESAFETYBOT_OIDC_CLIENT_SECRET"), BaseURL: address,
		Domains: domains, Outside: outside, Key: key, Pages: pages, Log: log, Remote: so.from(),
	})
	if err != nil {
		return nil, usageError{err}
	}
	return in, nil
}

// sitesAlone serves the sites of all schools of a trust without a worker until the context ends.
func (o *options) sitesAlone(ctx context.Context, so siteOptions, t *policy.Trust) error {
	clock, err := o.clock()
	if err != nil {
		return err
	}
	if len(hooks.Keys(o.std.Getenv(dojoKeysVar))) > 0 {
		return usageError{fmt.Errorf("%s is set: the relay of ClassDojo's mails serves one school, so that no school's forwarder can tell of another; leave it out, and serve that school's site by itself (--school)", dojoKeysVar)}
	}
	if o.task, err = newTask(); err != nil {
		return err
	}
	defer o.task.close()
	var list []schoolSite
	var stores []store.Store
	for _, p := range t.Schools {
		own := o.forSchool(p)
		s, err := own.siteOf(ctx, so, p, own.logger(), clock)
		if err != nil {
			return fmt.Errorf("school %s: %w", p.Key(), err)
		}
		list, stores = append(list, s), append(stores, s.main, s.made)
	}
	handler, err := o.together(so, t, list, o.logger(), clock)
	if err != nil {
		return err
	}
	failed := make(chan error, 1)
	addr, end, err := so.serve(ctx, o.around(answered(ctx, handler), o.logger(), stores...), failed)
	if err != nil {
		return err
	}
	defer end()
	fmt.Fprintf(o.std.Err, "The review sites of %d schools listen on %s and call themselves %s; the trust's own pages are at %s. They read %s and note decisions in %s.\n",
		len(list), addr, o.baseURL, o.forTrust().baseURL, o.state, o.decisions)
	return ended(ctx, failed)
}

// ended waits until the context ends, or the site does.
func ended(ctx context.Context, failed <-chan error) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-failed:
		return fmt.Errorf("the review site stopped: %w", err)
	}
}

// siteOf opens a school's stores and makes its site, with no more rights than it needs. The stores are closed with the task.
func (o *options) siteOf(ctx context.Context, so siteOptions, p *policy.Policy, log *slog.Logger, clock func() time.Time) (schoolSite, error) {
	s := schoolSite{policy: p, address: strings.TrimSuffix(o.baseURL, "/")}
	var err error
	if s.main, err = o.openAt(ctx, o.state, p); err != nil {
		return s, err
	}
	if s.made, err = o.openAt(ctx, o.decisions, p); err != nil {
		return s, errors.Join(err, s.main.Close())
	}
	hints, err := o.siteHints(ctx, p)
	if err == nil {
		s.site, s.handler, err = o.siteHandler(so, p, s.main, s.made, hints, log, clock)
	}
	if err != nil {
		err = errors.Join(err, s.main.Close(), s.made.Close())
	}
	return s, err
}
