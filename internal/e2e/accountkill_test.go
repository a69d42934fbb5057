package e2e

import (
	"slices"
	"testing"
	"time"

	"esafetybot/internal/jobs"
	"esafetybot/internal/sim/generate"
)

// TestCampaignAccountKills kills runs of the jobs on accounts, devices, e-mail and settings at requests to Google and at batches to the state, runs again, and
// compares findings, events, memory, access record, actions and mail with runs that were never killed.
func TestCampaignAccountKills(t *testing.T) {
	t.Parallel()
	sc, s, g := gated(t, 2)
	for _, name := range []string{generate.Classroom, generate.Dojo} { // the Dojo policy keeps the access record
		if name == generate.Classroom && !campaign() {
			continue
		}
		k := killing(t, s, g, name, append(slices.Clone(accountJobs), jobs.ApplyJob)...)
		defer k.quiet() // after both
		first := k.rounds(name+", first run", nil)
		if t.Failed() {
			return
		}
		if _, err := sc.Player().Play(); err != nil {
			t.Fatal(err)
		}
		s.world.Advance(12 * time.Hour)
		k.rounds(name+", later run", &first)
	}
}
