// Package functions is the public receivers and nothing else: one HTTP function, “receivers”, registered with Google's Functions Framework, to run on
// Cloud Run or as a Cloud Run function. It leaves hints in a database in which it may only create, and may start the worker's job; it reads nothing,
// and holds no way to the school's Workspace.
//
// It is configured by the environment:
//
//	ESAFETYBOT_HINTS            where hints are left, such as firestore:PROJECT/hints
//	ESAFETYBOT_SCHOOLS          the schools whose pushes are taken, by their short names (school.id, or the first domain), with commas between them
//	ESAFETYBOT_HOOKS_KEYS       keys that sign the tokens of Google's channels, the same that the worker has
//	ESAFETYBOT_PUBSUB_AUDIENCE  what Pub/Sub's tokens are made for, and
//	ESAFETYBOT_PUBSUB_ACCOUNT   the service account that they are made by; both or none
//	ESAFETYBOT_DOJO_RELAY_KEYS  keys of a forwarder of ClassDojo's mails; for one school only
//	ESAFETYBOT_WORKER_JOB       the worker's Cloud Run job, projects/P/locations/R/jobs/J; without it the worker's next tick finds the hints
//	OTEL_EXPORTER_OTLP_ENDPOINT a collector that is told how many pushes came, by what became of them, and OpenTelemetry's other variables
package functions

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/GoogleCloudPlatform/functions-framework-go/functions"

	"esafetybot/internal/hooks"
	"esafetybot/internal/hooks/oidc"
	"esafetybot/internal/limit"
	"esafetybot/internal/store"
	"esafetybot/internal/store/stores"
	"esafetybot/internal/telemetry/otlp"
)

// Name is what the function is registered under: FUNCTION_TARGET.
const Name = "receivers"

// The environment variables that are not those of every receiver.
const (
	HintsVar   = "ESAFETYBOT_HINTS"
	SchoolsVar = "ESAFETYBOT_SCHOOLS"
	JobVar     = "ESAFETYBOT_WORKER_JOB"
)

// tellEvery is how often it is logged what became of the pushes.
const tellEvery = time.Hour

func init() { functions.HTTP(Name, serve) }

// process is what this process receives with, made when it is first needed.
var process = sync.OnceValues(func() (*Receivers, error) { return Open(context.Background(), os.Getenv, Logger()) })

// Check makes the receivers of this process now, so that wrong settings are told at the start.
func Check() error {
	_, err := process()
	return err
}

// End ends the receivers of this process: a start of the worker that was put off is made now.
func End() error {
	r, err := process()
	if err != nil {
		return err // there is nothing to end
	}
	return r.Close()
}

func serve(w http.ResponseWriter, req *http.Request) {
	r, err := process()
	if err != nil {
		slog.Error("nothing is received", "error", err)
		http.Error(w, "", http.StatusServiceUnavailable)
		return
	}
	r.ServeHTTP(w, req)
}

// Logger writes lines as Google's Cloud Logging reads them, whose fields are severity and message.
func Logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) > 0 {
			return a
		}
		switch level, _ := a.Value.Any().(slog.Level); {
		case a.Key == slog.MessageKey:
			a.Key = "message"
		case a.Key == slog.LevelKey && level == slog.LevelWarn:
			return slog.String("severity", "WARNING")
		case a.Key == slog.LevelKey:
			return slog.String("severity", level.String())
		}
		return a
	}}))
}

// Receivers are the receivers of a process.
type Receivers struct {
	*hooks.Receiver
	places  *stores.Set
	starter *hooks.Starter
	tell    *otlp.Telling
	stop    context.CancelFunc
	told    sync.WaitGroup
}

// Open makes the receivers as the environment says.
func Open(ctx context.Context, getenv func(string) string, log *slog.Logger) (*Receivers, error) {
	s, err := hooks.Read(getenv)
	if err != nil {
		return nil, err
	}
	if !s.Any() {
		return nil, fmt.Errorf("nothing could be received: set %s, %s or %s with %s", hooks.KeysVar, hooks.DojoKeysVar, hooks.AudienceVar, hooks.AccountVar)
	}
	schools := hooks.Keys(getenv(SchoolsVar))
	if len(schools) == 0 {
		return nil, errors.New("the receivers do not know for which school: set " + SchoolsVar + " to school.id of its policy, or where that is not set to the first domain")
	}
	c := hooks.Config{Stores: map[string]store.Store{}, Keys: s.Keys, Dojo: s.Dojo, Now: time.Now, Log: log, Remote: limit.Forwarded} // Google's front stands before every function
	if s.Audience != "" {
		if c.PubSub, err = oidc.New(ctx, s.Audience, s.Account, nil); err != nil {
			return nil, err
		}
	}
	r := &Receivers{}
	if job := getenv(JobVar); job != "" {
		run, err := hooks.NewRunJob(job)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", JobVar, err)
		}
		r.starter = &hooks.Starter{Start: run.Start, Now: time.Now, Log: log}
		c.Nudge = r.starter.Nudge
	}
	if r.places, err = stores.OpenSet(ctx, getenv(HintsVar), log); err != nil {
		return nil, fmt.Errorf("%s: %w", HintsVar, err)
	}
	for _, school := range schools {
		if c.Stores[school], err = r.places.School(school); err != nil {
			return nil, errors.Join(err, r.places.Close())
		}
	}
	if r.Receiver, err = hooks.New(c); err != nil {
		return nil, errors.Join(err, r.places.Close())
	}
	if r.tell, err = otlp.Open(ctx, getenv, "", log); err == nil {
		err = r.tell.Pushes(func() map[string]int64 { return r.Counts().ByOutcome() })
	}
	if err != nil {
		return nil, errors.Join(err, r.places.Close())
	}
	ctx, r.stop = context.WithCancel(ctx)
	r.told.Go(func() { r.Tell(ctx, tellEvery) })
	return r, nil
}

// Close does what was put off and lets go of the hints.
func (r *Receivers) Close() error {
	if r.starter != nil {
		r.starter.Close()
	}
	r.stop()
	r.told.Wait()
	r.tell.Close(context.Background())
	return r.places.Close()
}
