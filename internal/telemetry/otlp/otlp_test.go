package otlp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/telemetry"
)

func TestTold(t *testing.T) {
	const at = "http://127.0.0.1:4318"
	for _, c := range []struct {
		name            string
		env             map[string]string
		traces, metrics bool
		says            string // part of the error
	}{
		{name: "no collector"},
		{name: "a collector", env: map[string]string{EndpointVar: at}, traces: true, metrics: true},
		{name: "for traces", env: map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": at}, traces: true},
		{name: "for metrics", env: map[string]string{"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": at}, metrics: true},
		{name: "switched off", env: map[string]string{EndpointVar: at, "OTEL_SDK_DISABLED": "true"}},
		{name: "no traces", env: map[string]string{EndpointVar: at, "OTEL_TRACES_EXPORTER": "none"}, metrics: true},
		{name: "by name", env: map[string]string{EndpointVar: at, "OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, traces: true, metrics: true},
		{name: "another exporter", env: map[string]string{EndpointVar: at, "OTEL_METRICS_EXPORTER": "prometheus"}, traces: true, says: "OTEL_METRICS_EXPORTER=prometheus"},
		{name: "gRPC", env: map[string]string{EndpointVar: at, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, says: "4318"},
		{name: "gRPC, but not for traces", env: map[string]string{EndpointVar: at, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf"}, traces: true, says: "OTEL_EXPORTER_OTLP_PROTOCOL=grpc"},
		{name: "gRPC, without a collector", env: map[string]string{"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			getenv := func(name string) string { return c.env[name] }
			traces, err := told(getenv, "TRACES")
			metrics, merr := told(getenv, "METRICS")
			err = errors.Join(err, merr)
			if traces != c.traces || metrics != c.metrics || (err != nil) != (c.says != "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("traces %v, metrics %v: %v", traces, metrics, err)
			}
			tell, err := Open(t.Context(), getenv, "", slog.New(slog.DiscardHandler))
			if (tell != nil) != (c.says == "" && (c.traces || c.metrics)) || (err != nil) != (c.says != "") {
				t.Errorf("%v, %v", tell, err)
			}
			_ = tell.In(t.Context())
			if err := tell.Pushes(func() map[string]int64 { return nil }); err != nil {
				t.Error(err)
			}
			ended, cancel := context.WithCancel(t.Context())
			cancel()
			if tell != nil {
				tell.ends = nil // there is no collector to wait for
			}
			tell.Close(ended)
		})
	}
}

// A process ends although the collector never answers, and says so once.
func TestCollectorThatHangs(t *testing.T) {
	hangs := make(chan struct{})
	c := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-hangs
	}))
	defer c.Close()
	defer close(hangs)
	t.Setenv(EndpointVar, c.URL)
	var log bytes.Buffer
	tell, err := Open(t.Context(), func(name string) string { return map[string]string{EndpointVar: c.URL}[name] }, "", slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	told, cancel := context.WithCancel(t.Context())
	_, ended := telemetry.Run(tell.In(told))
	ended(false)
	cancel() // as when the process is told to stop
	tell.Close(told)
	if n := strings.Count(log.String(), "the collector does not take"); n != 1 {
		t.Errorf("it was said %d times: %s", n, log.String())
	}
}

func TestComplainsNowAndThen(t *testing.T) {
	var log bytes.Buffer
	now := time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC)
	quiet := complain(slog.New(slog.NewTextHandler(&log, nil)), func() time.Time { return now })
	for range 3 {
		quiet(errors.New("it is not there"))
		quiet(errors.New("it is not there"))
		now = now.Add(10 * time.Minute)
	}
	if n := strings.Count(log.String(), "not there"); n != 2 {
		t.Errorf("it was said %d times: %s", n, log.String())
	}
}
