package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	"esafetybot/internal/sim/generate"
)

// TestCampaignKills kills runs at requests to Google and at batches to the state, runs again, and compares with runs that were never killed.
func TestCampaignKills(t *testing.T) {
	t.Parallel()
	sc, s, g := gated(t, 2)
	s.only(generate.Classroom)
	k := killing(t, s, g, generate.Classroom)
	k.gmail = true
	first := k.rounds("first run", nil)
	if t.Failed() {
		return
	}
	if n := len(k.sent()); n == 0 {
		t.Error("nothing was sent through Gmail")
	}
	if _, err := sc.Player().Play(); err != nil {
		t.Fatal(err)
	}
	s.world.Advance(12 * time.Hour)
	before := len(emls(t, first.MailDir))
	if later := k.rounds("later run", &first); len(emls(t, later.MailDir)) != before+1 {
		t.Errorf("the later run makes %d mails, want 1", len(emls(t, later.MailDir))-before)
	}
	k.quiet()
}

// TestCampaignInterrupts stops runs in good order, as on SIGTERM: they end soon, and the next run goes on to the same end.
func TestCampaignInterrupts(t *testing.T) {
	t.Parallel()
	sc, s, g := gated(t, 3)
	s.only(generate.Classroom)
	k := killing(t, s, g, generate.Classroom)
	round := func(name string, base *oneShot) oneShot {
		clean := k.shot(base, false)
		k.whole(clean)
		requests := k.ran[atRequest]
		for _, n := range spread(3, requests) {
			ctx, cancel := context.WithCancel(context.Background())
			o := k.shot(base, false)
			g.arm(point{of: atRequest, n: n}, cancel)
			_, err := o.run(ctx, k.logs)
			cancel()
			if err == nil && n < requests-10 {
				t.Errorf("%s: a run that was interrupted at request %d of %d says nothing", name, n, requests)
			}
			k.whole(o)
			k.check(fmt.Sprintf("%s, interrupted at request %d of %d", name, n, requests), base, clean, o, nil)
		}
		return clean
	}
	first := round("first run", nil)
	if _, err := sc.Player().Play(); err != nil {
		t.Fatal(err)
	}
	s.world.Advance(12 * time.Hour)
	round("later run", &first)
	k.quiet()
}
