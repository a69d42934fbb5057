package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/trace"
)

func TestParseTrace(t *testing.T) {
	const id, span = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	for _, c := range []struct {
		header, value string
		id, span      string
	}{
		{"traceparent", "00-" + id + "-" + span + "-01", id, span},
		{"traceparent", "00-" + strings.ToUpper(id) + "-" + span + "-01", "", ""},
		{"traceparent", "00-" + strings.Repeat("0", 32) + "-" + span + "-01", "", ""},
		{"traceparent", "ff-" + id + "-" + span + "-01", "", ""},
		{"traceparent", id, "", ""},
		{"X-Cloud-Trace-Context", id + "/67667974448284343;o=1", id, "00f067aa0ba902b7"},
		{"X-Cloud-Trace-Context", id, id, ""},
		{"X-Cloud-Trace-Context", id + "/../../x", id, ""},
		{"X-Cloud-Trace-Context", "kim@school.example", "", ""},
		{"X-Cloud-Trace-Context", "", "", ""},
	} {
		h := http.Header{}
		h.Set(c.header, c.value)
		have, ok := parseTrace(h)
		id, span := idsOf(have)
		if id != c.id || span != c.span || ok != (c.id != "") {
			t.Errorf("%s: %q is %q %q %v, want %q %q", c.header, c.value, id, span, ok, c.id, c.span)
		}
	}
}

// idsOf are the ids of a span, "" for what it does not have.
func idsOf(s trace.SpanContext) (id, span string) {
	if s.HasTraceID() {
		id = s.TraceID().String()
	}
	if s.HasSpanID() {
		span = s.SpanID().String()
	}
	return id, span
}

// The site alone tells a collector how it answers, as serve does, and nothing of what was asked.
func TestSiteTellsHowItAnswers(t *testing.T) {
	var mu sync.Mutex
	var told bytes.Buffer
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		_, _ = io.Copy(&told, r.Body)
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	t.Cleanup(collector.Close)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL) // the exporter reads the process's own
	o := &options{std: quiet(map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": collector.URL})}
	ctx, tell, err := o.telling(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h := answered(ctx, http.NotFoundHandler())
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/people/kim", nil))
	tell.Close(ctx)
	mu.Lock()
	defer mu.Unlock()
	if w.Code != http.StatusNotFound || !strings.Contains(told.String(), "esafetybot.site.duration") || !strings.Contains(told.String(), "4xx") {
		t.Errorf("status %d; the collector was told %q", w.Code, told.String())
	}
	if strings.Contains(told.String(), "kim") {
		t.Error("what was asked for is told")
	}

	// The command opens what the environment names: it says so where that cannot be.
	var errs bytes.Buffer
	std := quiet(map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": collector.URL, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"})
	std.Err = &errs
	if code := Main(t.Context(), []string{"site", "--base-url", "https://review.school.example", "--oidc-client-id", "id"}, std); code != exitUsage || !strings.Contains(errs.String(), "http/protobuf") {
		t.Errorf("exit %d: %s", code, &errs)
	}
}

func FuzzParseTrace(f *testing.F) {
	f.Add("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "105445aa7843bc8bf206b12000100000/1;o=1")
	f.Fuzz(func(t *testing.T, parent, google string) {
		have, ok := parseTrace(http.Header{"Traceparent": {parent}, "X-Cloud-Trace-Context": {google}})
		id, span := idsOf(have)
		if ok != (id != "") || !strings.Contains(strings.ToLower(parent+google), id) || span != "" && !ok {
			t.Errorf("%q %q is taken of %q and %q", id, span, parent, google)
		}
	})
}

// TestTracedLines: what is logged of a request says which it was, in Cloud Logging's own words.
func TestTracedLines(t *testing.T) {
	var out bytes.Buffer
	o := &options{std: IO{Err: &out, Getenv: func(name string) string { return map[string]string{"GOOGLE_CLOUD_PROJECT": "oak-primary"}[name] }}, logFormat: "json"}
	log := o.logger()
	h := o.around(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { log.ErrorContext(r.Context(), "a page failed") }), log, nil, nil)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	r.Header.Set("X-Cloud-Trace-Context", "4bf92f3577b34da6a3ce929d0e0e4736/1;o=1")
	h.ServeHTTP(httptest.NewRecorder(), r)
	var have map[string]any
	if err := json.Unmarshal(out.Bytes(), &have); err != nil {
		t.Fatal(err, out.String())
	}
	delete(have, "time")
	want := map[string]any{
		"severity": "ERROR", "message": "a page failed", fieldTrace: "projects/oak-primary/traces/4bf92f3577b34da6a3ce929d0e0e4736", fieldSpan: "0000000000000001",
		fieldLabels: map[string]any{"program": "esafetybot"},
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("the line differs (-want +have):\n%s", diff)
	}
}
