package hooks

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"esafetybot/internal/classdojo"
	"esafetybot/internal/recent"
	"esafetybot/internal/store"
)

// The paths of the receivers, below the address that they are reached at.
const (
	GooglePath = "/hooks/google"
	PubSubPath = "/hooks/pubsub"
	DojoPath   = "/classdojo/relay"
)

// Limits of the receivers.
const (
	MaxBody  = 256 << 10        // bytes of a body; a record of Google's logs is a few thousand
	AtOnce   = 512              // pushes under way; whoever comes beyond is asked to come again
	remember = 8192             // pushes known to have been taken, so that most repeats cost no look into the store
	keepFor  = 10 * time.Second // how long keeping one hint may take
	ahead    = 5 * time.Minute  // how far somebody else's clock may be before ours
)

// Config is what the receivers need.
type Config struct {
	// Stores are where hints are left, by the short name of their school (school.id, or the first domain). Whatever they allow, nothing but creating is done with them.
	Stores map[string]store.Store
	// Keys sign the tokens of notification channels; without any, no push of a channel is taken.
	Keys []string
	// PubSub verifies who pushes; nil, and no push of Pub/Sub is taken.
	PubSub Verifier
	// Dojo are the keys of ClassDojo's forwarder; without any there is no relay. It needs exactly one school.
	Dojo []string
	// Nudge hears of each hint that was kept; nil is nobody. The push is answered when it returns.
	Nudge func(urgent bool)
	// Remote is the IP address of who asks, by which ClassDojo's relay is limited; nil, and it is not.
	Remote func(*http.Request) string
	Now    func() time.Time
	Log    *slog.Logger
}

// Verifier tells whether a bearer token is one that Google made for the configured account, to be sent here. The error does not repeat the token.
type Verifier interface {
	Verify(ctx context.Context, token string) error
}

// Counts is what became of the pushes since the receivers were made. Whoever pushes is told nothing; who sets it up needs it.
type Counts struct {
	Taken    int64 // one hint each
	Twice    int64 // taken before
	Sync     int64 // Google's word that a channel is open
	Unsigned int64 // not by a key or account of ours, or for another school
	Unread   int64 // taken, but the body was not understood: nothing is looked at first
	Ignored  int64 // genuine, and about nothing that we know
	Busy     int64 // more at once than are taken
	Failed   int64 // could not be kept; whoever pushed was asked to come again
}

// ByOutcome are the counts by a word for each, the same in the log and for a collector.
func (c Counts) ByOutcome() map[string]int64 {
	return map[string]int64{
		"taken": c.Taken, "told_before": c.Twice, "sync": c.Sync, "unsigned": c.Unsigned, "not_understood": c.Unread, "ignored": c.Ignored, "too_many": c.Busy, "not_kept": c.Failed,
	}
}

// Receiver takes pushes and leaves a hint for each. It can do nothing else. What it answers:
//
//	200  taken, taken before, or nothing to take
//	401  not made by us for that channel, or not by the configured account: nothing is kept
//	404, 405  nothing is received there, or not like that
//	503  could not be kept, or too many at once: come again
//
// (ClassDojo's relay has answers of its own, see classdojo.Relay.)
type Receiver struct {
	c     Config
	mux   *http.ServeMux
	slots chan struct{}
	relay *classdojo.Relay

	taken, twice, sync, unsigned, unread, ignored, busy, failed atomic.Int64

	kept *recent.Keys // of hints
}

// New makes the receivers. An error says what is wrong with a key by its place, never what it is.
func New(c Config) (*Receiver, error) {
	if len(c.Stores) == 0 || c.Now == nil {
		return nil, errors.New("the receivers need a school, somewhere to leave hints, and a clock")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Nudge == nil {
		c.Nudge = func(bool) {}
	}
	limited := map[string]store.Store{}
	for school, s := range c.Stores {
		limited[school] = store.Limit(s, store.Rights{Create: true})
	}
	c.Stores = limited
	if err := checkKeys(c.Keys); err != nil {
		return nil, err
	}
	r := &Receiver{c: c, mux: http.NewServeMux(), slots: make(chan struct{}, AtOnce), kept: recent.New(remember)}
	if len(c.Keys) > 0 {
		r.mux.HandleFunc("POST "+GooglePath, r.answer(r.google))
	}
	if c.PubSub != nil {
		r.mux.HandleFunc("POST "+PubSubPath, r.answer(r.pubSub))
		r.mux.HandleFunc("POST "+PubSubPath+"/{school}", r.answer(r.pubSub))
	}
	if len(c.Dojo) == 0 {
		return r, nil
	}
	school, ok := r.only()
	if !ok {
		return nil, errors.New("the relay of ClassDojo's mails serves one school: run one for each")
	}
	var err error
	if r.relay, err = classdojo.NewRelay(classdojo.RelayConfig{Keys: c.Dojo, Hints: dojoHints{r, school}, Now: c.Now, Remote: c.Remote}); err != nil {
		return nil, err
	}
	r.mux.Handle(DojoPath, r.relay)
	return r, nil
}

// Mount puts the receivers' paths into a site's. They stand before its sign-in: what is not proved is refused.
func (r *Receiver) Mount(mux *http.ServeMux) {
	for _, path := range []string{GooglePath, PubSubPath, PubSubPath + "/", DojoPath} {
		mux.Handle(path, r)
	}
}

// Relay is that of ClassDojo's mails; nil if there is none.
func (r *Receiver) Relay() *classdojo.Relay { return r.relay }

// Counts tells what became of the pushes.
func (r *Receiver) Counts() Counts {
	return Counts{
		Taken: r.taken.Load(), Twice: r.twice.Load(), Sync: r.sync.Load(), Unsigned: r.unsigned.Load(),
		Unread: r.unread.Load(), Ignored: r.ignored.Load(), Busy: r.busy.Load(), Failed: r.failed.Load(),
	}
}

// ServeHTTP takes one push.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) { r.mux.ServeHTTP(w, req) }

// answer gives a push its place among those under way, and answers without a word.
func (r *Receiver) answer(take func(http.ResponseWriter, *http.Request) int) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		select {
		case r.slots <- struct{}{}:
			defer func() { <-r.slots }()
		default:
			r.busy.Add(1)
			w.Header().Set("Retry-After", "5")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(take(w, req))
	}
}

// only is the school, where there is one.
func (r *Receiver) only() (string, bool) {
	for school := range r.c.Stores {
		return school, len(r.c.Stores) == 1
	}
	return "", false
}

// body reads a body, as much of it as is allowed; false if there is more, or the connection broke.
func body(w http.ResponseWriter, req *http.Request) ([]byte, bool) {
	if req.ContentLength > MaxBody {
		return nil, false
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, req.Body, MaxBody))
	return text, err == nil
}

// keep leaves a hint and tells the status to answer with. push is what makes the push the same as another.
func (r *Receiver) keep(ctx context.Context, h Hint, push ...string) int {
	key := h.key(append([]string{h.School}, push...)...)
	if r.kept.Has(key) {
		r.twice.Add(1)
		return http.StatusOK
	}
	ctx, cancel := context.WithTimeout(ctx, keepFor)
	defer cancel()
	switch err := leave(ctx, r.c.Stores[h.School], key, h); {
	case errors.Is(err, ErrTwice):
		r.kept.Add(key)
		r.twice.Add(1)
	case err != nil:
		r.failed.Add(1)
		r.c.Log.Error("a push could not be kept; whoever pushed was asked to come again", "application", h.Application, "error", err)
		return http.StatusServiceUnavailable
	default:
		r.kept.Add(key)
		r.taken.Add(1)
		r.c.Nudge(h.Urgent())
	}
	return http.StatusOK
}

// refuse answers a push that is not ours.
func (r *Receiver) refuse() int {
	r.unsigned.Add(1)
	return http.StatusUnauthorized
}

// plausible is a time that somebody else told, or none if it cannot be.
func plausible(at, now time.Time) time.Time {
	if at.After(now.Add(ahead)) || at.Before(now.Add(-Oldest)) {
		return time.Time{}
	}
	return at.UTC().Truncate(time.Second)
}

// Oldest is how old a hint may get, or what it tells of: by then the daily run has looked.
const Oldest = 24 * time.Hour

// Tell logs now and then, without content, what became of the pushes, until the context ends, and once more then.
func (r *Receiver) Tell(ctx context.Context, every time.Duration) {
	t := time.NewTicker(every)
	defer t.Stop()
	var before Counts
	for over := false; !over; {
		select {
		case <-ctx.Done():
			over = true
		case <-t.C:
		}
		if c := r.Counts(); c != before {
			before = c
			var numbers []any
			for _, word := range slices.Sorted(maps.Keys(c.ByOutcome())) {
				numbers = append(numbers, word, c.ByOutcome()[word])
			}
			r.c.Log.Info("receivers, since they were started", numbers...)
		}
	}
}

// dojoHints leaves what ClassDojo's forwarder tells, and the hint that there is something, in one batch.
type dojoHints struct {
	r      *Receiver
	school string
}

// Leave implements classdojo.Leaver.
func (d dojoHints) Leave(ctx context.Context, e classdojo.Event, received time.Time) error {
	h := Hint{School: d.school, Source: FromDojo, Application: Dojo, Event: string(e.Kind), At: plausible(e.At, received), Received: received}
	err := classdojo.Hints{Store: d.r.c.Stores[d.school], Beside: func(b *store.Batch) error { return h.add(b, h.key(e.Key)) }}.Leave(ctx, e, received)
	if err == nil {
		d.r.c.Nudge(h.Urgent())
	}
	return err
}

// checkKeys tells which key cannot be used.
func checkKeys(keys []string) error {
	for i, k := range keys {
		if len(k) < MinKey || slices.ContainsFunc([]byte(k), func(b byte) bool { return b <= ' ' || b > '~' }) {
			return &KeyError{Place: i + 1}
		}
	}
	return nil
}
