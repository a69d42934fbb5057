package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"esafetybot/internal/jobs"
	"esafetybot/internal/outbox"
)

// Log lines that alerts of a deployment wait for (terraform/alerts.tf). Who changes one runs make generate.
const (
	logRunDone   = "run finished"       // every run, also one with nothing due; "failed" says how it went
	logJobFailed = "job failed"         // with "job" and "error"
	logBraked    = "brake held changes" // with "held": how many, or "why" nothing at all was changed
	logGivenUp   = "mail was given up"  // with "mails": how many; a letter could not say so
	logNotRun    = "school was not run" // of a trust, with "since"; besides, its letter went out and the run failed
)

func logMessages() map[string]string {
	return map[string]string{"run_done": logRunDone, "job_failed": logJobFailed, "braked": logBraked, "given_up": logGivenUp, "not_run": logNotRun}
}

// logFormats are the values of --log-format.
var logFormats = []string{"text", "json"}

// logger writes structured lines to standard error: as text warnings and worse, unless --verbose; as JSON, in the words of Google's
// Cloud Logging, what a deployment's alerts wait for too.
func (o *options) logger() *slog.Logger {
	level := slog.LevelWarn
	if o.logFormat == "json" {
		level = slog.LevelInfo
	}
	if o.verbose {
		level = slog.LevelDebug
	}
	to := o.std.Err
	if o.logTo != nil {
		to = o.logTo
	}
	var h slog.Handler = slog.NewTextHandler(to, &slog.HandlerOptions{Level: level})
	if o.logFormat == "json" {
		h = tracing{slog.NewJSONHandler(to, &slog.HandlerOptions{Level: level, ReplaceAttr: cloudWords}), o.getenv("GOOGLE_CLOUD_PROJECT")}
	}
	if o.key != "" {
		h = h.WithAttrs([]slog.Attr{slog.String("school", o.key)})
	}
	return slog.New(h)
}

// getenv reads the environment; "" where there is none, as in some tests.
func (o *options) getenv(name string) string {
	if o.std.Getenv == nil {
		return ""
	}
	return o.std.Getenv(name)
}

// cloudWords gives a line's own fields the names that Cloud Logging knows (https://cloud.google.com/logging/docs/structured-logging).
func cloudWords(groups []string, a slog.Attr) slog.Attr {
	if len(groups) > 0 {
		return a
	}
	switch a.Key {
	case slog.MessageKey:
		a.Key = "message"
	case slog.LevelKey:
		level, _ := a.Value.Any().(slog.Level)
		word := level.String()
		if level == slog.LevelWarn {
			word = "WARNING"
		}
		return slog.String("severity", word)
	}
	return a
}

// checkLogFormat says what is wrong with --log-format.
func (o *options) checkLogFormat() error {
	if !slices.Contains(logFormats, o.logFormat) {
		return usageError{fmt.Errorf("--log-format %q: use %s", o.logFormat, strings.Join(logFormats, " or "))}
	}
	return nil
}

// jobFailed tells that a job failed: in a line for people, or in one for machines.
func (b *workbench) jobFailed(job string, err error) {
	if b.o.logFormat == "json" {
		b.env.Log.Error(logJobFailed, "job", job, "error", err.Error())
		return
	}
	if errors.Is(err, context.Canceled) {
		fmt.Fprintf(b.o.std.Err, "esafetybot: the job %s was stopped before it was done\n", job)
		return
	}
	fmt.Fprintf(b.o.std.Err, "esafetybot: job %s: %v\n", job, err)
}

// tellBrake logs that changes were held by the brake, or that nothing was changed because what was read looks wrong: on a machine that nobody looks at, somebody must hear of it.
func (b *workbench) tellBrake(r *jobs.Record) {
	switch {
	case r.Actions == nil:
	case r.Actions.Halted != "":
		b.env.Log.Warn(logBraked, "job", r.Job, "held", r.Actions.Braked, "why", r.Actions.Halted)
	case r.Actions.Braked > 0:
		b.env.Log.Warn(logBraked, "job", r.Job, "held", r.Actions.Braked)
	}
}

// tellGivenUp logs that mail was given up: it is not tried again unless somebody says so, and who should have had it knows of nothing.
func tellGivenUp(log *slog.Logger, r outbox.Result) {
	n := 0
	for _, p := range r.Problems {
		if p.GivenUp {
			n++
		}
	}
	if n > 0 {
		log.Error(logGivenUp, "mails", n)
	}
}
