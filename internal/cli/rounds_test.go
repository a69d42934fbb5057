package cli

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/hooks"
)

// A run goes on while something urgent waits, within bounds; and on Cloud Run it stays as long as a push may count on it.
func TestRounds(t *testing.T) {
	soon := func() time.Time { return time.Now().Add(20 * time.Second) }
	never := func() time.Time { return time.Time{} }
	once := func() func() time.Time {
		asked := false
		return func() (at time.Time) {
			if !asked {
				at, asked = time.Now().Add(-time.Second), true
			}
			return at
		}
	}
	for name, c := range map[string]struct {
		r       rounds
		did     bool
		soonest func() time.Time
		rounds  int
		slept   []time.Duration
	}{
		"nothing waits":                    {rounds{}, true, never, 1, nil},
		"something waits, then no more":    {rounds{}, true, once(), 2, nil},
		"something always waits":           {rounds{}, true, soon, mostRounds, []time.Duration{20 * time.Second, 20 * time.Second}},
		"a simulated clock":                {rounds{fixed: true}, true, soon, 1, nil},
		"on Cloud Run":                     {rounds{stays: true}, true, never, 1, []time.Duration{hooks.Stay}},
		"on Cloud Run, nothing was due":    {rounds{stays: true}, false, never, 1, nil},
		"on Cloud Run, something came":     {rounds{stays: true}, true, once(), 2, []time.Duration{hooks.Stay, hooks.Stay}},
		"on Cloud Run, after a long run":   {rounds{stays: true, began: time.Now().Add(-time.Hour)}, true, never, 1, nil},
		"on Cloud Run, it is to end early": {rounds{stays: true, fixed: true}, true, soon, 1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if c.r.began.IsZero() {
				c.r.began = time.Now()
			}
			var slept []time.Duration
			c.r.sleep = func(_ context.Context, d time.Duration) { slept = append(slept, d.Round(5*time.Second)) }
			n := 0
			c.r.run(t.Context(), func() bool { n++; return c.did }, c.soonest)
			if n != c.rounds {
				t.Errorf("%d rounds, want %d", n, c.rounds)
			}
			if diff := cmp.Diff(c.slept, slept); diff != "" {
				t.Errorf("waited (-want +have):\n%s", diff)
			}
		})
	}
	t.Run("it is stopped meanwhile", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		r := rounds{stays: true, began: time.Now(), sleep: func(context.Context, time.Duration) { cancel() }}
		n := 0
		r.run(ctx, func() bool { n++; return true }, soon)
		if n != 1 {
			t.Errorf("%d rounds", n)
		}
	})
}
