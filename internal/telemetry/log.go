package telemetry

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/otel/trace"
)

// Logger returns a log whose lines belong to the context's span, wherever they are written: whoever formats them finds it in the line's context
// ([trace.SpanContextFromContext]). Where nothing is told it is the log itself.
func Logger(ctx context.Context, log *slog.Logger) *slog.Logger {
	span := trace.SpanContextFromContext(ctx)
	if of(ctx) == nil || !span.IsValid() || log == nil {
		return log
	}
	return slog.New(spanned{log.Handler(), span})
}

// spanned is a log's handler whose lines belong to a span, if they do not say of which they are.
type spanned struct {
	slog.Handler
	span trace.SpanContext
}

// Handle implements slog.Handler.
func (h spanned) Handle(ctx context.Context, r slog.Record) error {
	if !trace.SpanContextFromContext(ctx).HasTraceID() {
		ctx = trace.ContextWithSpanContext(ctx, h.span)
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h spanned) WithAttrs(a []slog.Attr) slog.Handler {
	return spanned{h.Handler.WithAttrs(a), h.span}
}

// WithGroup implements slog.Handler.
func (h spanned) WithGroup(name string) slog.Handler {
	return spanned{h.Handler.WithGroup(name), h.span}
}
