package e2e

import (
	"fmt"
	"testing"

	"esafetybot/internal/jobs"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
)

// TestCampaignDays: after each of ten days of changes the job finds exactly what truth says, without reading everything again.
func TestCampaignDays(t *testing.T) {
	seeds, sizes := samples()
	for _, size := range sizes {
		for i, seed := range seeds {
			if (size > 100 || i > 0) && !campaign() {
				break
			}
			t.Run(fmt.Sprintf("%d-pupils-seed-%d", size, seed), func(t *testing.T) {
				t.Parallel()
				sc, err := generate.Generate(generate.Options{Pupils: size, Seed: int64(seed)})
				if err != nil {
					t.Fatal(err)
				}
				s := serve(t, sc.World, sc.Policies, server.Options{})
				for _, w := range s.watches {
					s.do(s.runNamed(w, driveJobs...))
				}
				player := sc.Player()
				for day := range 10 {
					did, err := player.Play()
					if err != nil {
						t.Fatal(err)
					}
					for _, w := range s.watches {
						s.do(s.runNamed(w, driveJobs...))
						r := w.records[jobs.SharingJob]
						s.closedRightly(fmt.Sprintf("day %d", day), w, r)
						if size > 100 && r.ReadFull > r.Scopes/4 {
							t.Errorf("day %d, %s: %d of %d scopes were read in full: the log should have done", day, w.name, r.ReadFull, r.Scopes)
						}
					}
					s.agree(fmt.Sprintf("day %d (%v)", day, did))
					s.agreeOnNames(fmt.Sprintf("day %d (%v)", day, did))
					if t.Failed() {
						return
					}
				}
				s.private()
			})
		}
	}
}
