package e2e

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
)

// smallSeeds are the seeds for schools of 30 pupils: n in every run, twenty in a campaign.
func smallSeeds(n int) (out []int) {
	if campaign() {
		n = 20
	}
	for i := range n {
		out = append(out, i+1)
	}
	return out
}

// small is a generated school of 30 pupils, served.
func small(t testing.TB, seed int, o server.Options) (*generate.School, *campus) {
	t.Helper()
	sc, err := generate.Generate(generate.Options{Pupils: 30, Seed: int64(seed)})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range sc.Policies {
		// Everybody is in on every day, so that what is to be told is told at once.
		sc.Policies[name] = regexp.MustCompile(`,?\s*days: \[[^\]]*\]`).ReplaceAllString(text, "")
	}
	return sc, serve(t, sc.World, sc.Policies, o)
}

// only keeps one of the policies.
func (s *campus) only(name string) *watch {
	s.t.Helper()
	for _, w := range s.watches {
		if w.name == name {
			s.watches, s.policyTexts = []*watch{w}, map[string]string{name: s.policyTexts[name]}
			return w
		}
	}
	s.t.Fatalf("no policy %s", name)
	return nil
}

// TestCampaignAudit: audit records that come twice or late cost nothing but time, lost ones no more than a rotation; and whatever
// happens to them, nothing is put right that is still there.
func TestCampaignAudit(t *testing.T) {
	kinds := map[string][]string{"doubled-and-late": {"dup-audit", "late-audit"}, "all": {"dup-audit", "late-audit", "lost-audit"}}
	if campaign() {
		kinds["lost"] = []string{"lost-audit"}
	}
	for name, faults := range kinds {
		for _, seed := range smallSeeds(1) {
			t.Run(fmt.Sprintf("%s-seed-%d", name, seed), func(t *testing.T) {
				t.Parallel()
				sc, s := small(t, seed, server.Options{
					AuditLag: 30 * time.Minute, Faults: server.Faults{Rate: 0.3, Seed: uint64(seed), Kinds: faults, Late: 22 * time.Hour},
				})
				s.rotate = 5 * 24 * time.Hour
				player := sc.Player()
				day := func(when string) {
					for _, w := range s.watches {
						r, err := s.run(w)
						if err != nil {
							t.Fatal(err)
						}
						s.closedRightly(when, w, r)
					}
				}
				day("first run")
				for i := range 10 {
					if _, err := player.Play(); err != nil {
						t.Fatal(err)
					}
					day(fmt.Sprintf("day %d", i))
				}
				quiet := 2
				if name != "doubled-and-late" {
					quiet = 6
				}
				for i := range quiet {
					s.quietDay()
					day(fmt.Sprintf("quiet day %d", i))
				}
				s.agree("in the end")
				s.private()
			})
		}
	}
}

// quietDay lets a day pass on which people only look at files, so that the log is not silent.
func (s *campus) quietDay() {
	s.t.Helper()
	type look struct{ file, who string }
	var looks []look
	s.world.View(func() {
		for _, f := range s.world.Files() {
			if f.Owner == nil || f.Trashed || s.world.Hidden(f) || len(looks) == 20 {
				continue
			}
			if u := s.world.User(f.Owner.EmailAddress); u != nil && !u.Suspended && !u.Archived {
				looks = append(looks, look{f.ID, u.PrimaryEmail})
			}
		}
	})
	s.world.Advance(23 * time.Hour)
	for _, l := range looks {
		if err := s.world.ViewFile(l.file, l.who); err != nil {
			s.t.Fatal(err)
		}
	}
	s.world.Advance(time.Hour)
}
