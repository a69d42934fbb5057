package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"esafetybot/internal/hooks"
	"esafetybot/internal/hooks/oidc"
	"esafetybot/internal/policy"
	"esafetybot/internal/store"
)

// hintsBeside is the file of hints beside a file of the state.
func hintsBeside(path string) string { return strings.TrimSuffix(path, ".db") + "-hints.db" }

// openHints opens the store in which receivers and the review site leave hints; nil where there are none. Beside a file it is a file of its own. Where
// one process is receiver and worker, and nothing else is said, memory does: hints that are lost with it cost minutes.
func (o *options) openHints(ctx context.Context, p *policy.Policy) (store.Store, error) {
	uri := o.hintsURI()
	if uri == "" {
		return nil, nil
	}
	return o.openAt(ctx, uri, p)
}

// hintsURI is where hints are; "" where nobody leaves any.
func (o *options) hintsURI() string {
	uri := o.hints
	if path, ok := strings.CutPrefix(o.state, "bolt:"); uri == "" && ok {
		path = hintsBeside(path)
		if _, err := os.Stat(path); err == nil || o.keepHints {
			uri = "bolt:" + path
		}
	}
	if uri == "" && o.keepHints {
		uri = "memory:"
	}
	return uri
}

// receivers makes the receivers of a process that is worker and site of these schools besides; nil where the environment names no key, and so nobody would be believed.
func (o *options) receivers(ctx context.Context, schools []*workbench, nudge func(urgent bool), from func(*http.Request) string) (*hooks.Receiver, error) {
	log := o.logger()
	s, err := hooks.Read(o.std.Getenv)
	if err != nil {
		return nil, usageError{err}
	}
	places := map[string]store.Store{}
	for _, b := range schools {
		if p := b.env.Policy; len(s.Dojo) == 0 && p.ClassDojo != nil && p.ClassDojo.Relay {
			b.env.Log.Warn(errNoDojoKey.Error())
		}
		places[b.env.Policy.Key()] = b.env.Hints
	}
	if !s.Any() {
		return nil, nil
	}
	c := hooks.Config{Stores: places, Keys: s.Keys, Dojo: s.Dojo, Nudge: nudge, Now: schools[0].env.Clock, Log: log, Remote: from}
	if s.Audience != "" {
		if c.PubSub, err = oidc.New(ctx, s.Audience, s.Account, nil); err != nil {
			return nil, usageError{err}
		}
	}
	r, err := hooks.New(c)
	if err != nil {
		return nil, usageError{err}
	}
	return r, nil
}

// beside puts receivers beside the site, before its sign-in: what is not proved to come from where it should is refused.
func beside(site http.Handler, r *hooks.Receiver) http.Handler {
	if r == nil {
		return site
	}
	mux := http.NewServeMux()
	r.Mount(mux)
	mux.Handle("/", site)
	return mux
}

// decided leaves the hint that somebody decided something; without a store, nothing. What cannot be left costs time only: the worker looks by itself.
func decided(p *policy.Policy, hints store.Store, clock func() time.Time, log *slog.Logger) func() {
	if hints == nil {
		return func() {}
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := hooks.Decide(ctx, hints, p.Key(), rand.Text(), clock()); err != nil {
			log.Warn("a decision was kept, and the hint to the worker was not; it is taken up when the job has its turn", "error", err)
		}
	}
}

// siteHints opens the store of hints for the site alone, which may only create in it; nil if it is not given.
func (o *options) siteHints(ctx context.Context, p *policy.Policy) (store.Store, error) {
	if o.hints == "" {
		return nil, nil
	}
	if o.hints == o.state || o.hints == o.decisions {
		return nil, usageError{errors.New("--hints names the same database as --state or --decisions: what is pushed from outside must lie apart")}
	}
	s, err := o.openAt(ctx, o.hints, p)
	if err != nil {
		return nil, err
	}
	return store.Limit(s, rights[siteIdentity][hintsDatabase]), nil
}
