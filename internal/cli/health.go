package cli

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"esafetybot/internal/runs"
	"esafetybot/internal/store"
)

// The pages for whatever watches the process. Nobody signs in for them, and they say nothing but that.
const (
	healthPath = "/healthz" // the process lives
	readyPath  = "/readyz"  // and can read its stores
)

const (
	// readyWait is how long a store may take to answer.
	readyWait = 5 * time.Second
	// readyFor is how long an answer is given again, so that nobody from outside can make the process read as often as they like.
	readyFor = 5 * time.Second
)

// readiness answers readyPath.
type readiness struct {
	log  *slog.Logger
	read []store.Store // of every school: where its state is, and where decisions are noted
	now  func() time.Time

	mu   sync.Mutex
	at   time.Time
	last error
}

// withHealth serves the two pages before everything else.
func withHealth(next http.Handler, log *slog.Logger, read ...store.Store) http.Handler {
	r := &readiness{log: log, read: read, now: time.Now}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+healthPath, func(w http.ResponseWriter, _ *http.Request) { plainly(w, http.StatusOK, "The process lives.\n") })
	mux.HandleFunc("GET "+readyPath, func(w http.ResponseWriter, req *http.Request) {
		if r.check(req.Context()) != nil {
			plainly(w, http.StatusServiceUnavailable, "The state cannot be read.\n")
			return
		}
		plainly(w, http.StatusOK, "The state can be read.\n")
	})
	mux.Handle("/", next)
	return mux
}

func plainly(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text))
}

// check reads a document of each store.
func (r *readiness) check(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := r.now(); !r.at.IsZero() && now.Sub(r.at) < readyFor && !now.Before(r.at) {
		return r.last
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyWait)
	defer cancel()
	r.last = nil
	for _, s := range r.read {
		if s == nil {
			continue // without a site no decisions are noted
		}
		if _, r.last = runs.ReadNext(ctx, s); r.last != nil { // any document of any collection does
			break
		}
	}
	r.at = r.now()
	if r.last != nil {
		r.log.ErrorContext(ctx, "the state cannot be read: see whether the place of --state and --decisions is there and may be read", "error", r.last.Error())
	}
	return r.last
}
