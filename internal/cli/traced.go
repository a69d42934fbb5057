package cli

import (
	"context"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"

	"esafetybot/internal/store"
	"esafetybot/internal/telemetry"
)

// The fields by which Cloud Logging puts the lines of one request together (https://cloud.google.com/logging/docs/structured-logging).
const (
	fieldTrace  = "logging.googleapis.com/trace"
	fieldSpan   = "logging.googleapis.com/spanId"
	fieldLabels = "logging.googleapis.com/labels"
)

// parseTrace reads what Google's front end, or another, says a request belongs to: traceparent (https://www.w3.org/TR/trace-context/) or X-Cloud-Trace-Context (TRACE_ID/SPAN_ID;o=1). Anybody may send these, so that
// nothing but hexadecimal digits of the right number is taken. The span may be missing.
func parseTrace(h http.Header) (trace.SpanContext, bool) {
	if parts := strings.Split(h.Get("traceparent"), "-"); len(parts) >= 4 && len(parts[0]) == 2 && hexes(parts[0], 2) && parts[0] != "ff" && hexes(parts[1], 32) && hexes(parts[2], 16) {
		return spanOf(parts[1], parts[2]), true
	}
	id, rest, _ := strings.Cut(h.Get("X-Cloud-Trace-Context"), "/")
	if id = strings.ToLower(id); !hexes(id, 32) {
		return trace.SpanContext{}, false
	}
	span, _, _ := strings.Cut(rest, ";")
	if n, err := strconv.ParseUint(span, 10, 64); err == nil && n > 0 {
		return spanOf(id, fmt.Sprintf("%016x", n)), true
	}
	return spanOf(id, ""), true
}

// spanOf is a span of somebody else's, by what they call it. It is in the form of OpenTelemetry, so that a line of the log has one place to find what it belongs to, be it a request or a run.
func spanOf(id, span string) trace.SpanContext {
	var c trace.SpanContextConfig
	c.TraceID, _ = trace.TraceIDFromHex(id)
	c.SpanID, _ = trace.SpanIDFromHex(span)
	c.Remote = true
	return trace.NewSpanContext(c)
}

// hexes tells whether a text is so many lower-case hexadecimal digits, not all of them 0.
func hexes(s string, n int) bool {
	if len(s) != n || strings.ToLower(s) != s {
		return false
	}
	_, err := hex.DecodeString(s)
	return err == nil && (strings.Trim(s, "0") != "" || n == 2)
}

// around is what every site has around it: the pages for whatever watches the process, and the trace of each request in what is logged.
func (o *options) around(next http.Handler, log *slog.Logger, read ...store.Store) http.Handler {
	h := withHealth(next, log, read...)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if t, ok := parseTrace(r.Header); ok {
			r = r.WithContext(trace.ContextWithSpanContext(r.Context(), t))
		}
		h.ServeHTTP(w, r)
	})
}

// answered tells the collector of ctx, if there is one, how a site answers. What watches the process is not counted: its pages are in front.
func answered(ctx context.Context, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun, kept := time.Now(), &statusKept{ResponseWriter: w, status: http.StatusOK}
		defer func() { telemetry.Answered(ctx, kept.status, time.Since(begun)) }()
		next.ServeHTTP(kept, r)
	})
}

// statusKept remembers the status of an answer.
type statusKept struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (w *statusKept) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach what is below.
func (w *statusKept) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// tracing adds to a line its labels, and the trace of its context.
type tracing struct {
	slog.Handler
	project string // of Google Cloud; "" elsewhere
}

// Handle implements slog.Handler.
func (h tracing) Handle(ctx context.Context, r slog.Record) error {
	r = r.Clone()
	r.AddAttrs(slog.Any(fieldLabels, map[string]string{"program": "esafetybot"}))
	if t := trace.SpanContextFromContext(ctx); t.HasTraceID() {
		id := t.TraceID().String()
		if h.project != "" {
			id = "projects/" + h.project + "/traces/" + id
		}
		r.AddAttrs(slog.String(fieldTrace, id))
		if t.HasSpanID() {
			r.AddAttrs(slog.String(fieldSpan, t.SpanID().String()))
		}
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h tracing) WithAttrs(a []slog.Attr) slog.Handler {
	return tracing{h.Handler.WithAttrs(a), h.project}
}

// WithGroup implements slog.Handler.
func (h tracing) WithGroup(name string) slog.Handler {
	return tracing{h.Handler.WithGroup(name), h.project}
}
