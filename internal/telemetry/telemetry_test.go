package telemetry

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
)

// listening is a context whose work is heard.
func listening(t *testing.T) (context.Context, *T, *tracetest.InMemoryExporter, *sdkmetric.ManualReader) {
	t.Helper()
	spans, numbers := tracetest.NewInMemoryExporter(), sdkmetric.NewManualReader()
	tell, err := New(sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans)), sdkmetric.NewMeterProvider(sdkmetric.WithReader(numbers)))
	if err != nil {
		t.Fatal(err)
	}
	return With(t.Context(), tell), tell, spans, numbers
}

// points are the numbers of a name, by one of their attributes.
func points(t *testing.T, r *sdkmetric.ManualReader, name, by string) map[string]int64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := r.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	out := map[string]int64{}
	for _, s := range all.ScopeMetrics {
		for _, m := range s.Metrics {
			if m.Name != name {
				continue
			}
			var list []metricdata.DataPoint[int64]
			switch d := m.Data.(type) {
			case metricdata.Sum[int64]:
				list = d.DataPoints
			case metricdata.Gauge[int64]:
				list = d.DataPoints
			}
			for _, p := range list {
				v, _ := p.Attributes.Value(attribute.Key(by))
				out[v.AsString()] += p.Value
			}
		}
	}
	return out
}

func TestCallIsTold(t *testing.T) {
	ctx, _, spans, numbers := listening(t)
	for _, tries := range [][]int{{200}, {503, 0, 204}, {403}, {0}} {
		of, r := Call(ctx, "drive.files.list")
		for _, status := range tries {
			r.Tried(of, status, status == 403)
		}
		r.End(tries[len(tries)-1] == 0)
	}
	if d := cmp.Diff(map[string]int64{"2xx": 2, "5xx": 1, "no answer": 2, "quota": 1}, points(t, numbers, "esafetybot.google.requests", "status")); d != "" {
		t.Error(d)
	}
	var have []codes.Code
	for _, s := range spans.GetSpans() {
		have = append(have, s.Status.Code)
		if s.Name != "drive.files.list" || s.Status.Description != "" {
			t.Errorf("%+v", s)
		}
	}
	if d := cmp.Diff([]codes.Code{codes.Unset, codes.Unset, codes.Error, codes.Error}, have); d != "" {
		t.Error(d)
	}
}

// Of what the site answered nothing is told but how it went: no span says when somebody clicked.
func TestAnswersAreTold(t *testing.T) {
	ctx, _, spans, numbers := listening(t)
	for _, status := range []int{200, 304, 303, 404, 503} {
		Answered(ctx, status, time.Second)
	}
	Answered(t.Context(), 200, time.Second) // without a collector
	var all metricdata.ResourceMetrics
	if err := numbers.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	have := map[string]uint64{}
	for _, s := range all.ScopeMetrics {
		for _, m := range s.Metrics {
			if d, ok := m.Data.(metricdata.Histogram[float64]); ok && m.Name == "esafetybot.site.duration" {
				for _, p := range d.DataPoints {
					v, _ := p.Attributes.Value("status")
					have[v.AsString()] = p.Count
				}
			}
		}
	}
	if d := cmp.Diff(map[string]uint64{"2xx": 1, "3xx": 2, "4xx": 1, "5xx": 1}, have); d != "" {
		t.Error(d)
	}
	if n := len(spans.GetSpans()); n != 0 {
		t.Errorf("%d spans", n)
	}
}

func TestJobsAreTold(t *testing.T) {
	ctx, _, spans, numbers := listening(t)
	for _, how := range []string{OK, Failed, Partial, Failed, Nothing, Elsewhere} {
		_, end := Job(ctx, "sharing")
		end(how)
	}
	if d := cmp.Diff(map[string]int64{OK: 1, Failed: 2, Partial: 1}, points(t, numbers, "esafetybot.jobs", "outcome")); d != "" {
		t.Error(d)
	}
	if n := len(spans.GetSpans()); n != 6 {
		t.Errorf("%d spans", n)
	}
}

// What is open is that of the newest look, added up over the schools of a process.
func TestOpenFindingsOfSeveralSchools(t *testing.T) {
	ctx, _, _, numbers := listening(t)
	ash, oak := Apart(ctx), Apart(ctx)
	FindingsOpen(ash, "sharing", 7)
	FindingsOpen(oak, "sharing", 2)
	FindingsOpen(ash, "sharing", 3)
	FindingsOpen(oak, "names", 1)
	if d := cmp.Diff(map[string]int64{"sharing": 5, "names": 1}, points(t, numbers, "esafetybot.findings.open", "check")); d != "" {
		t.Error(d)
	}
}

func TestPushesAreTold(t *testing.T) {
	_, tell, _, numbers := listening(t)
	counts := map[string]int64{"taken": 1}
	if err := tell.Pushes(func() map[string]int64 { return counts }); err != nil {
		t.Fatal(err)
	}
	counts = map[string]int64{"taken": 4, "unsigned": 1}
	if d := cmp.Diff(counts, points(t, numbers, "esafetybot.pushes", "outcome")); d != "" {
		t.Error(d)
	}
}

// Without a collector everything can be called, and contexts and logs are what they were.
func TestNothingIsTold(t *testing.T) {
	ctx := With(t.Context(), nil)
	log := slog.New(slog.DiscardHandler)
	run, ended := Run(ctx)
	job, jobEnded := Job(run, "sharing")
	call, r := Call(job, "drive.files.list")
	r.Tried(call, 200, false)
	r.End(false)
	mail, mailEnded := Mail(call)
	due, dueEnded := Due(mail)
	FindingsOpen(due, "sharing", 1)
	mailEnded(OK)
	dueEnded()
	jobEnded(OK)
	ended(false)
	if Apart(due) != t.Context() || Logger(due, log) != log || (*T)(nil).Pushes(nil) != nil {
		t.Error("something was changed")
	}
	if _, err := New(tracenoop.NewTracerProvider(), noop.NewMeterProvider()); err != nil {
		t.Error(err)
	}
}

// Lines of a run's log belong to the run's span, unless they say themselves to what they belong.
func TestLoggerKnowsItsSpan(t *testing.T) {
	ctx, _, _, _ := listening(t)
	var out bytes.Buffer
	log := slog.New(spans{slog.NewTextHandler(&out, nil)})
	run, end := Run(ctx)
	job, jobEnd := Job(run, "sharing")
	of := Logger(run, log).With("a", 1).WithGroup("g")
	of.Info("of the run")
	of.InfoContext(job, "of the job")
	jobEnd(OK)
	end(false)
	want := trace.SpanContextFromContext(run).SpanID().String() + "|" + trace.SpanContextFromContext(job).SpanID().String()
	var have []string
	for line := range strings.Lines(out.String()) {
		_, id, _ := strings.Cut(strings.TrimSpace(line), "g.span=")
		have = append(have, id)
	}
	if strings.Join(have, "|") != want {
		t.Errorf("%s, want spans %s", out.String(), want)
	}
}

// spans writes which span a line is of.
type spans struct{ slog.Handler }

func (h spans) Handle(ctx context.Context, r slog.Record) error {
	r.AddAttrs(slog.String("span", trace.SpanContextFromContext(ctx).SpanID().String()))
	return h.Handler.Handle(ctx, r)
}
func (h spans) WithAttrs(a []slog.Attr) slog.Handler { return spans{h.Handler.WithAttrs(a)} }
func (h spans) WithGroup(n string) slog.Handler      { return spans{h.Handler.WithGroup(n)} }
