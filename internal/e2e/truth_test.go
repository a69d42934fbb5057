package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/checks/names"
	"esafetybot/internal/checks/sharing"
	"esafetybot/internal/findings"
	"esafetybot/internal/jobs"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/truth"
	"esafetybot/internal/sim/world"
)

// TestHandMade runs the jobs on every hand-made tenant and compares with the hand-typed findings.
func TestHandMade(t *testing.T) {
	dirs, err := filepath.Glob("../sim/testdata/tenants/*/tenant.json")
	if err != nil || len(dirs) < 12 {
		t.Fatalf("found %d hand-made tenants, want 12 or more (%v)", len(dirs), err)
	}
	for _, d := range dirs {
		dir := filepath.Dir(d)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			s := handMade(t, dir)
			for _, watch := range s.watches {
				s.do(s.lookAt(watch, jobs.SharingJob, jobs.NamesJob))
				if filepath.Base(dir) != "rolls" { // which has no usage reports
					s.seesAll(watch)
				}
				for _, g := range gapsOf(watch, jobs.SharingJob) {
					// The policy marks a shared drive and a folder of another school of the trust, which must be said, not passed over.
					if filepath.Base(dir) != "trust" || g.Scope != "tree/0AelmPersonnel" && g.Scope != "tree/1oakSecret" {
						t.Errorf("%s: could not see %s: %s", watch.name, g.Scope, g.Reason)
					}
				}
			}
			s.private()
			s.compare("expected.json", typed(t, filepath.Join(dir, "expected.json")).Policies)
			parts := map[string]map[string][]truth.Finding{sharing.Means: s.truths(), names.Means: s.truthsOfNames()} // before all of it is known: see truthsOf
			all := s.allTruths()
			for check, part := range parts {
				if diff := cmp.Diff(only(all, func(rule string) bool { return findings.Means(rule) == check }), part); diff != "" {
					t.Errorf("asked for %s alone truth says other things (-all +alone):\n%s", check, diff)
				}
			}
		})
	}
}

// handMade serves a hand-made tenant.
func handMade(t *testing.T, dir string) *campus {
	t.Helper()
	w, err := world.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, w, tenantPolicies(t, dir), server.Options{})
}

func typed(t *testing.T, path string) (want truth.Truth) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, &want)
	}
	if err != nil {
		t.Fatal(err)
	}
	return want
}

// compare compares everything that was found with what was typed by hand.
func (s *campus) compare(when string, want map[string][]truth.Finding) {
	s.t.Helper()
	for _, w := range s.watches {
		list := sorted(slices.Clone(want[w.name]))
		if list == nil {
			list = []truth.Finding{}
		}
		if diff := cmp.Diff(list, foundBy(s.t, w, jobs.Checks()...)); diff != "" {
			s.t.Errorf("%s: %s differs from the hand-typed findings (-want +have):\n%s", when, w.name, short(diff))
		}
	}
}

// TestHandMadeLater runs the jobs first at an earlier time, with the rolls as they were then, and again now.
func TestHandMadeLater(t *testing.T) {
	for _, tenant := range []string{"rolls", "names", "check-ins", "records"} {
		t.Run(tenant, func(t *testing.T) { handMadeLater(t, filepath.Join("../sim/testdata/tenants", tenant)) })
	}
}

func handMadeLater(t *testing.T, dir string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "first.txt"))
	if err != nil {
		t.Fatal(err)
	}
	first, err := time.Parse(time.RFC3339, strings.TrimSpace(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	s := handMade(t, dir)
	s.early = true
	now := s.world.Now()
	// The days on which a roll was replaced, and now.
	days := []time.Time{first}
	for _, name := range s.world.Rolls() {
		if day, err := time.Parse(time.DateOnly, strings.TrimPrefix(filepath.Ext(name), ".")); err == nil && day.After(first) {
			days = append(days, day.Add(10*time.Hour))
		}
	}
	slices.SortFunc(days, time.Time.Compare)
	for _, day := range append(days, now) {
		s.world.SetNow(day)
		for _, w := range s.watches {
			s.do(s.lookAt(w, jobs.NamesJob))
		}
	}
	s.compare("expected-later.json", typed(t, filepath.Join(dir, "expected-later.json")).Policies)
}

// TestHandMadeRollOver plays a roll-over from July to October.
func TestHandMadeRollOver(t *testing.T) {
	dir := "../sim/testdata/tenants/rollover"
	data, err := os.ReadFile(filepath.Join(dir, "steps.json"))
	if err != nil {
		t.Fatal(err)
	}
	var steps []struct {
		At       time.Time                  `json:"at"`
		Do       []json.RawMessage          `json:"do"`
		Expected map[string][]truth.Finding `json:"expected"`
	}
	if err := json.Unmarshal(data, &steps); err != nil {
		t.Fatal(err)
	}
	s := handMade(t, dir)
	look := func() {
		for _, w := range s.watches {
			s.do(s.lookAt(w))
			s.seesAll(w)
		}
	}
	look()
	for _, step := range steps {
		s.world.SetNow(step.At)
		for _, do := range step.Do {
			resp, err := http.Post(s.base+"/sim/do", "application/json", bytes.NewReader(do))
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode >= 300 {
				t.Fatalf("%s: %s", resp.Status, do)
			}
		}
		look()
		s.compare(step.At.Format(time.DateOnly), step.Expected)
	}
}

// seeds and sizes of generated schools: a sample, or all in a campaign.
func samples() (seeds, sizes []int) {
	if campaign() {
		for i := range 20 {
			seeds = append(seeds, i+1)
		}
		return seeds, []int{30, 420, 1500}
	}
	return []int{1, 2}, []int{30, 420}
}

// TestCampaignTruth: a first full run finds exactly what truth says, and a second run on an unchanged school changes nothing.
func TestCampaignTruth(t *testing.T) {
	seeds, sizes := samples()
	for _, size := range sizes {
		for i, seed := range seeds {
			if i > 0 && !campaign() {
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
				s.agree("first run")
				s.agreeOnNames("first run")
				for _, w := range s.watches {
					if len(foundBy(t, w, names.Means)) == 0 {
						t.Errorf("%s: no pupil's name was found in any title: nothing was tried", w.name)
					}
				}
				for _, w := range s.watches {
					s.do(s.runNamed(w, driveJobs...))
					for _, job := range driveJobs {
						if c := w.records[job].Changes; c.Opened+c.Reopened+c.Changed+c.Closed != 0 {
							t.Errorf("%s: a second run of %s on an unchanged school changed findings: %+v", w.name, job, c)
						}
					}
				}
			})
		}
	}
}
