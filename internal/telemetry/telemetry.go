// Package telemetry is what the program tells an OpenTelemetry collector of its own work: how long runs, jobs and requests to Google took, how many failed, how many findings are open. Without
// a collector in the environment (see package otlp) there is nothing to tell it, and everything here does nothing.
//
// It travels in the context ([With]), so that no room of the house need be given it.
//
// The contract is what cannot be told. A span or a number says what kind of work was done and how it went, in words of the program's own: the name of a job, of a check, of an API's method, the
// class of a status. There is no way to say whom or what it was about: no function takes an error, an address, an id, a title or a school, and none may be added that does. Where several schools
// are looked after by one process, numbers are of all of them.
//
// No provider is set for the whole process (OpenTelemetry's “global” ones), because libraries that find one would tell of their own accord what they ask of whom.
// No trace is passed on to Google either: no request carries a traceparent.
package telemetry

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

// How a job, or the delivery of a mail, ended.
const (
	OK        = "ok"
	Failed    = "failed"
	Partial   = "partial"   // it saw less than the policy expects
	Nothing   = "nothing"   // there was nothing to do
	Elsewhere = "elsewhere" // left to another process that does it
)

// T tells a collector what a process does; nil tells nobody. It is safe for concurrent use.
type T struct {
	tracer trace.Tracer
	meter  metric.Meter

	jobs     metric.Int64Counter
	lasted   metric.Float64Histogram
	requests metric.Int64Counter
	mails    metric.Int64Counter
	answers  metric.Float64Histogram

	mu   sync.Mutex
	open map[*part]map[string]int64 // findings that are open, by check
}

// part is one of several schools that a process looks after; which is not known.
type part struct{ _ byte }

type (
	tKey    struct{}
	partKey struct{}
)

// With returns a context whose work is told to t.
func With(ctx context.Context, t *T) context.Context {
	if t == nil {
		return ctx
	}
	return context.WithValue(ctx, tKey{}, t)
}

// Apart returns a context for one of several schools in a process, so that what is open at one does not take the place of what is open at another.
func Apart(ctx context.Context) context.Context {
	if of(ctx) == nil {
		return ctx
	}
	return context.WithValue(ctx, partKey{}, &part{})
}

func of(ctx context.Context) *T {
	t, _ := ctx.Value(tKey{}).(*T)
	return t
}

// New makes what a process tells out of where it is told.
func New(tracers trace.TracerProvider, meters metric.MeterProvider) (*T, error) {
	t := &T{tracer: tracers.Tracer(Scope), meter: meters.Meter(Scope), open: map[*part]map[string]int64{}}
	var errs [6]error
	t.jobs, errs[0] = t.meter.Int64Counter("esafetybot.jobs", metric.WithUnit("{job}"), metric.WithDescription("Jobs that ran, by how they ended"))
	t.lasted, errs[1] = t.meter.Float64Histogram("esafetybot.job.duration", metric.WithUnit("s"), metric.WithDescription("How long jobs took"),
		metric.WithExplicitBucketBoundaries(1, 5, 15, 60, 300, 900, 3600, 4*3600))
	t.requests, errs[2] = t.meter.Int64Counter("esafetybot.google.requests", metric.WithUnit("{request}"), metric.WithDescription("Requests to Google, by method and class of status; each try is one"))
	t.mails, errs[3] = t.meter.Int64Counter("esafetybot.mails", metric.WithUnit("{mail}"), metric.WithDescription("Mails, by what became of them"))
	_, errs[4] = t.meter.Int64ObservableGauge("esafetybot.findings.open", metric.WithUnit("{finding}"), metric.WithDescription("Findings that are open, by check, when it was last looked"),
		metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
			for check, n := range t.allOpen() {
				o.Observe(n, metric.WithAttributes(attribute.String("check", check)))
			}
			return nil
		}))
	t.answers, errs[5] = t.meter.Float64Histogram("esafetybot.site.duration", metric.WithUnit("s"), metric.WithDescription("How long the review site took to answer, by class of status"),
		metric.WithExplicitBucketBoundaries(0.01, 0.03, 0.1, 0.3, 1, 3, 10))
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return t, nil
}

// Scope names what tells, as OpenTelemetry wants it.
const Scope = "esafetybot"

// start begins a span; its end says whether what it was about went well.
func start(ctx context.Context, name string, attrs ...attribute.KeyValue) (context.Context, trace.Span) {
	return of(ctx).tracer.Start(ctx, name, trace.WithAttributes(attrs...))
}

func bad(span trace.Span, failed bool) {
	if failed {
		span.SetStatus(codes.Error, "")
	}
}

// Run tells of a run of several jobs. What is done in the context is part of it; end says whether it failed.
func Run(ctx context.Context) (_ context.Context, end func(failed bool)) {
	if of(ctx) == nil {
		return ctx, func(bool) {}
	}
	ctx, span := start(ctx, "run")
	return ctx, func(failed bool) {
		bad(span, failed)
		span.End()
	}
}

// Due tells that Google is asked whether something is due, outside of any run.
func Due(ctx context.Context) (_ context.Context, end func()) {
	if of(ctx) == nil {
		return ctx, func() {}
	}
	ctx, span := start(ctx, "what is due")
	return ctx, func() { span.End() }
}

// Job tells of a job, by its name. End says how it ended.
func Job(ctx context.Context, name string) (_ context.Context, end func(how string)) {
	t := of(ctx)
	if t == nil {
		return ctx, func(string) {}
	}
	job, begun := attribute.String("job", name), time.Now()
	ctx, span := start(ctx, "job "+name, job)
	return ctx, func(how string) {
		ended := attribute.String("outcome", how)
		span.SetAttributes(ended)
		bad(span, how == Failed)
		span.End()
		if how == Elsewhere || how == Nothing {
			return
		}
		late := context.WithoutCancel(ctx)
		t.jobs.Add(late, 1, metric.WithAttributes(job, ended))
		t.lasted.Record(late, time.Since(begun).Seconds(), metric.WithAttributes(job))
	}
}

// Request is one request to Google on its way. Nil tells nothing.
type Request struct {
	t      *T
	span   trace.Span
	method attribute.KeyValue
	tries  int
	last   string
}

// Call tells of a request to Google, by the name of its API method.
func Call(ctx context.Context, method string) (context.Context, *Request) {
	t := of(ctx)
	if t == nil {
		return ctx, nil
	}
	r := &Request{t: t, method: attribute.String("method", method)}
	api, _, _ := strings.Cut(method, ".")
	ctx, r.span = start(ctx, method, r.method, attribute.String("api", api))
	return ctx, r
}

// Tried tells of one try: the status that was answered, 0 for none; quota says that the answer was that a quota is used up.
func (r *Request) Tried(ctx context.Context, status int, quota bool) {
	if r == nil {
		return
	}
	r.tries++
	r.last = class(status, quota)
	api, _, _ := strings.Cut(r.method.Value.AsString(), ".")
	r.t.requests.Add(context.WithoutCancel(ctx), 1, metric.WithAttributes(r.method, attribute.String("api", api), attribute.String("status", r.last)))
}

// class is what a status is told as.
func class(status int, quota bool) string {
	switch {
	case quota:
		return "quota"
	case status < 100 || status > 599:
		return "no answer"
	}
	return string(rune('0'+status/100)) + "xx"
}

// End tells that there is no more to come, and whether there is no answer to be had.
func (r *Request) End(failed bool) {
	if r == nil {
		return
	}
	r.span.SetAttributes(attribute.Int("tries", r.tries), attribute.String("status", r.last))
	bad(r.span, failed || r.last != "2xx")
	r.span.End()
}

// Mail tells of a mail that is handed over. End says how that ended.
func Mail(ctx context.Context) (_ context.Context, end func(how string)) {
	t := of(ctx)
	if t == nil {
		return ctx, func(string) {}
	}
	ctx, span := start(ctx, "mail")
	return ctx, func(how string) {
		ended := attribute.String("outcome", how)
		span.SetAttributes(ended)
		bad(span, how == Failed)
		span.End()
		t.mails.Add(context.WithoutCancel(ctx), 1, metric.WithAttributes(ended))
	}
}

// Answered tells of a request that the review site answered: with which class of status, and how long it took. Neither the page nor who asked is told, and nobody's click is a span.
func Answered(ctx context.Context, status int, took time.Duration) {
	if t := of(ctx); t != nil {
		t.answers.Record(context.WithoutCancel(ctx), took.Seconds(), metric.WithAttributes(attribute.String("status", class(status, false))))
	}
}

// FindingsOpen tells how many findings of a check are open.
func FindingsOpen(ctx context.Context, check string, n int) {
	t := of(ctx)
	if t == nil {
		return
	}
	p, _ := ctx.Value(partKey{}).(*part)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open[p] == nil {
		t.open[p] = map[string]int64{}
	}
	t.open[p][check] = int64(n)
}

// allOpen adds up what is open at all schools.
func (t *T) allOpen() map[string]int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	sum := map[string]int64{}
	for _, checks := range t.open {
		for check, n := range checks {
			sum[check] += n
		}
	}
	return sum
}

// Pushes has it told what became of the pushes that came in: counts that only grow, by a word for each outcome.
func (t *T) Pushes(counts func() map[string]int64) error {
	if t == nil {
		return nil
	}
	_, err := t.meter.Int64ObservableCounter("esafetybot.pushes", metric.WithUnit("{push}"), metric.WithDescription("Pushes to the receivers, by what became of them"),
		metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
			now := counts()
			for _, outcome := range slices.Sorted(maps.Keys(now)) {
				o.Observe(now[outcome], metric.WithAttributes(attribute.String("outcome", outcome)))
			}
			return nil
		}))
	return err
}
