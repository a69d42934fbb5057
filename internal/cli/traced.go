package cli

import (
	"context"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"esafetybot/internal/store"
)

// The fields by which Cloud Logging puts the lines of one request together (https://cloud.google.com/logging/docs/structured-logging).
const (
	fieldTrace  = "logging.googleapis.com/trace"
	fieldSpan   = "logging.googleapis.com/spanId"
	fieldLabels = "logging.googleapis.com/labels"
)

// traceKey is where a context keeps the trace that it belongs to.
type traceKey struct{}

// trace is what a request says it belongs to.
type trace struct{ id, span string }

// parseTrace reads what Google's front end, or another, says a request belongs to: traceparent (https://www.w3.org/TR/trace-context/) or X-Cloud-Trace-Context (TRACE_ID/SPAN_ID;o=1). Anybody may send these, so that
// nothing but hexadecimal digits of the right number is taken.
func parseTrace(h http.Header) (trace, bool) {
	if parts := strings.Split(h.Get("traceparent"), "-"); len(parts) >= 4 && len(parts[0]) == 2 && hexes(parts[0], 2) && parts[0] != "ff" && hexes(parts[1], 32) && hexes(parts[2], 16) {
		return trace{parts[1], parts[2]}, true
	}
	id, rest, _ := strings.Cut(h.Get("X-Cloud-Trace-Context"), "/")
	if id = strings.ToLower(id); !hexes(id, 32) {
		return trace{}, false
	}
	t := trace{id: id}
	span, _, _ := strings.Cut(rest, ";")
	if n, err := strconv.ParseUint(span, 10, 64); err == nil && n > 0 {
		t.span = fmt.Sprintf("%016x", n)
	}
	return t, true
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
func (o *options) around(next http.Handler, log *slog.Logger, main, site store.Store) http.Handler {
	h := withHealth(next, log, main, site)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if t, ok := parseTrace(r.Header); ok {
			r = r.WithContext(context.WithValue(r.Context(), traceKey{}, t))
		}
		h.ServeHTTP(w, r)
	})
}

// tracing adds to a line its labels, and the trace of its context.
type tracing struct {
	slog.Handler
	project string // of Google Cloud; "" elsewhere
}

// Handle implements slog.Handler.
func (h tracing) Handle(ctx context.Context, r slog.Record) error {
	r = r.Clone()
	r.AddAttrs(slog.Any(fieldLabels, map[string]string{"program": "esafetybot"}))
	if t, ok := ctx.Value(traceKey{}).(trace); ok {
		id := t.id
		if h.project != "" {
			id = "projects/" + h.project + "/traces/" + id
		}
		r.AddAttrs(slog.String(fieldTrace, id))
		if t.span != "" {
			r.AddAttrs(slog.String(fieldSpan, t.span))
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
