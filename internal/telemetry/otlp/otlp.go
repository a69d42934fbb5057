// Package otlp opens what the environment says a process is to tell of itself: the standard variables of OpenTelemetry name a collector, which is told over HTTP. Only the commands and the
// receivers' program import it.
package otlp

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"esafetybot/internal/telemetry"
)

// EndpointVar is where the collector is (https://opentelemetry.io/docs/specs/otel/protocol/exporter/), such as http://localhost:4318. The other standard variables hold too: those of the exporter over HTTP
// (headers, certificates, timeout, compression; OTEL_EXPORTER_OTLP_TRACES_… and …_METRICS_… for one of the two alone), OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, the sampler's, and how
// often numbers are sent.
const EndpointVar = "OTEL_EXPORTER_OTLP_ENDPOINT"

// complainEvery is how often it is logged that the collector does not take what it is told: it is nobody's emergency.
const complainEvery = 15 * time.Minute

// told tells whether a signal ("TRACES", "METRICS") has a collector, by the standard variables.
func told(getenv func(string) string, signal string) (bool, error) {
	if getenv(EndpointVar) == "" && getenv("OTEL_EXPORTER_OTLP_"+signal+"_ENDPOINT") == "" || getenv("OTEL_SDK_DISABLED") == "true" {
		return false, nil
	}
	switch name := "OTEL_" + signal + "_EXPORTER"; getenv(name) {
	case "", "otlp":
	case "none":
		return false, nil
	default:
		return false, fmt.Errorf("%s=%s: this program knows otlp, and none for nothing", name, getenv(name))
	}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_" + signal + "_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"} {
		if v := getenv(name); v == "http/protobuf" {
			return true, nil // the signal's own goes before everybody's
		} else if v != "" {
			return false, fmt.Errorf("%s=%s: this program speaks http/protobuf; set that, and the collector's port for HTTP (usually 4318) in %s", name, v, EndpointVar)
		}
	}
	return true, nil
}

// Telling is what a process tells a collector, or nothing (nil).
type Telling struct {
	t     *telemetry.T
	ends  []func(context.Context) error
	quiet func(error)
}

// Open makes what a process tells, as its environment says: nil where no collector is named, which costs nothing. It does not wait for the collector. An error says which variable is wrong. Whoever
// opens it ends it by [Telling.Close].
//
// That a collector cannot be reached is logged now and then and harms nothing.
func Open(ctx context.Context, getenv func(string) string, version string, log *slog.Logger) (*Telling, error) {
	traces, err := told(getenv, "TRACES")
	metrics, merr := told(getenv, "METRICS")
	if err = errors.Join(err, merr); err != nil || !traces && !metrics {
		return nil, err
	}
	t := &Telling{quiet: complain(log, time.Now)}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(t.quiet))
	// An id of the process, so that numbers of two that run beside each other are told apart. The machine is not named.
	res, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithAttributes(attribute.String("service.name", telemetry.Scope),
		attribute.String("service.version", version), attribute.String("service.instance.id", rand.Text())), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	var tracers trace.TracerProvider = tracenoop.NewTracerProvider()
	var meters metric.MeterProvider = metricnoop.NewMeterProvider()
	if traces {
		e, err := otlptracehttp.New(ctx)
		if err != nil {
			return nil, fmt.Errorf("traces cannot be sent to the collector of %s: %w", EndpointVar, err)
		}
		p := sdktrace.NewTracerProvider(sdktrace.WithBatcher(e), sdktrace.WithResource(res))
		tracers, t.ends = p, append(t.ends, p.Shutdown)
	}
	if metrics {
		e, err := otlpmetrichttp.New(ctx)
		if err != nil {
			return nil, fmt.Errorf("metrics cannot be sent to the collector of %s: %w", EndpointVar, err)
		}
		p := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(e)), sdkmetric.WithResource(res))
		meters, t.ends = p, append(t.ends, p.Shutdown)
	}
	t.t, err = telemetry.New(tracers, meters)
	return t, err
}

// Pushes has it told what became of the pushes that came in, as [telemetry.T.Pushes] does.
func (t *Telling) Pushes(counts func() map[string]int64) error {
	if t == nil {
		return nil
	}
	return t.t.Pushes(counts)
}

// In returns a context whose work is told.
func (t *Telling) In(ctx context.Context) context.Context {
	if t == nil {
		return ctx
	}
	return telemetry.With(ctx, t.t)
}

// How long a process waits at its end for the collector: little where it was told to stop, since then what it did is being written down, and after ten seconds it is killed.
const (
	lastWords = 5 * time.Second
	inHaste   = 1500 * time.Millisecond
)

// Close tells what is left to tell, and ends t. It waits a few seconds at most, fewer if the context has ended: the process was told to stop.
func (t *Telling) Close(ctx context.Context) {
	if t == nil {
		return
	}
	wait := lastWords
	if ctx.Err() != nil {
		wait = inHaste
	}
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), wait)
	defer cancel()
	var wg sync.WaitGroup
	for _, end := range t.ends {
		wg.Go(func() {
			if err := end(late); err != nil {
				t.quiet(err)
			}
		})
	}
	wg.Wait()
}

// complain logs what the collector did not take, no more often than now and then.
func complain(log *slog.Logger, now func() time.Time) func(error) {
	var mu sync.Mutex
	var last time.Time
	return func(err error) {
		mu.Lock()
		defer mu.Unlock()
		if at := now(); last.IsZero() || at.Sub(last) >= complainEvery {
			last = at
			log.Warn("the collector does not take what it is told; the work itself goes on", "variable", EndpointVar, "error", err.Error())
		}
	}
}
