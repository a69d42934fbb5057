package cli

import (
	"context"
	"runtime/debug"

	"esafetybot/internal/telemetry/otlp"
)

// telling opens what this process tells a collector, if its environment names one. Whoever asks closes it with their own context.
func (o *options) telling(ctx context.Context) (context.Context, *otlp.Telling, error) {
	version := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
	}
	t, err := otlp.Open(ctx, o.getenv, version, o.logger())
	if err != nil {
		return ctx, nil, usageError{err}
	}
	return t.In(ctx), t, nil
}
