package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/access"
	"esafetybot/internal/actions"
	"esafetybot/internal/checkins"
	"esafetybot/internal/decisions"
	"esafetybot/internal/jobs"
	"esafetybot/internal/memory"
	"esafetybot/internal/moderation"
	"esafetybot/internal/needed"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/store"
)

// remembered compares what two states remember: of accounts and classes, comments and decisions, the access record, and the actions.
func remembered(t testing.TB, when string, want, have store.Store) {
	t.Helper()
	if diff := cmp.Diff(memories(t, want), memories(t, have)); diff != "" {
		t.Errorf("%s: what is remembered differs (-want +have):\n%s", when, short(diff))
	}
}

func memories(t testing.TB, s store.Store) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, c := range []*store.Collection{memory.Accounts, memory.Classes, access.Records, access.Holders, moderation.Classes, decisions.Judgements, checkins.Answers, needed.Questions} {
		for d, err := range s.Find(t.Context(), c, store.Ask{}) {
			if err != nil {
				t.Fatal(err)
			}
			out[c.Name+" "+d.Key] = string(d.Body)
		}
	}
	for _, a := range all[actions.Action](t, s, actions.Actions) {
		out["action "+a.ID] = fmt.Sprint(a.State, a.Facts)
	}
	return out
}

// TestCampaignAccountKills kills runs of the jobs on accounts, devices, e-mail and settings at requests to Google and at batches to the state, runs again, and
// compares findings, events, memory, access record, actions and mail with runs that were never killed.
func TestCampaignAccountKills(t *testing.T) {
	t.Parallel()
	g := &gate{}
	sc, s := small(t, 2, server.Options{OnRequest: g.pass})
	for _, name := range []string{generate.Classroom, generate.Dojo} { // the Dojo policy keeps the access record
		if name == generate.Classroom && !campaign() {
			continue
		}
		k := &killer{campus: s, t: t, gate: g, policy: name, dir: t.TempDir(), rolls: t.TempDir(), jobs: append(append([]string{}, accountJobs...), jobs.ApplyJob)}
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
	s.watches = nil
	s.private()
}

// rounds kills one run in many places.
func (k *killer) rounds(name string, base *oneShot) (clean oneShot) {
	k.t.Helper()
	for _, roll := range k.world.Rolls() {
		if err := os.WriteFile(filepath.Join(k.rolls, roll), k.world.Roll(roll), 0o600); err != nil {
			k.t.Fatal(err)
		}
	}
	k.gate.arm(0, nil)
	clean = k.shot(base, false)
	k.whole(clean)
	requests := k.gate.count()
	for _, n := range spread(3, requests) {
		o := k.shot(base, false)
		k.kill(o, n)
		k.whole(o)
		k.check(fmt.Sprintf("%s, killed at request %d of %d", name, n, requests), clean, o, nil)
		if k.t.Failed() {
			return clean
		}
	}
	counting := k.shot(base, false)
	counting.counted = new(int)
	k.whole(counting)
	for _, n := range spread(3, *counting.counted) {
		o := k.shot(base, false)
		if o.KillBefore = n; n%2 == 0 {
			o.KillBefore, o.KillAfter = 0, n
		}
		k.kill(o, 0)
		k.whole(o)
		k.check(fmt.Sprintf("%s, killed at batch %d of %d", name, n, *counting.counted), clean, o, nil)
		if k.t.Failed() {
			return clean
		}
	}
	return clean
}
