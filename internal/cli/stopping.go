package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// Stopping is a context that ends when the process is told to stop (an interrupt, SIGTERM): what runs then writes down how far it came, within ten seconds, and the next run goes on from there. Told a second
// time, the process ends at once, as after any crash.
func Stopping(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	told := make(chan os.Signal, 1)
	signal.Notify(told, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case <-told:
		case <-ctx.Done():
		}
		signal.Stop(told) // from now on a signal does what it does to any process
		cancel()
	}()
	return ctx, cancel
}
