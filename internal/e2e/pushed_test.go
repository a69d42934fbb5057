package e2e

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/checks/sharing"
	"esafetybot/internal/findings"
	"esafetybot/internal/hooks"
	"esafetybot/internal/jobs"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
)

// TestPushed follows one push from the click to the finding: the channels are open, somebody makes a document public, Google says so, the receiver leaves a hint, and the next look at the clock is
// the sharing job's. A push that is lost costs no more than the wait until the next day's run.
func TestPushed(t *testing.T) {
	t.Parallel()
	sc, s := small(t, 1, server.Options{PlainHooks: true})
	w := s.only(generate.Classroom)
	hints, err := memory.Open()
	s.do(err)
	key := strings.Repeat("k", hooks.MinKey)
	receiver, err := hooks.New(hooks.Config{Stores: map[string]store.Store{w.policy.Key(): hints}, Keys: []string{key}, Now: s.world.Now, Log: newLog(s.logs)})
	s.do(err)
	mux := http.NewServeMux()
	receiver.Mount(mux)
	outside := httptest.NewServer(mux)
	defer outside.Close()

	ctx := context.Background()
	client, err := newClient(ctx, w.policy, s.key, s.base, s.retry, s.logs)
	s.do(err)
	env := jobs.Env{
		Google: client, Clock: s.world.Now, Log: newLog(s.logs), Roll: s.roll, Store: w.store, Policy: w.policy, Hints: hints,
		Channels: client, Receivers: &jobs.Receivers{URL: outside.URL + "/hooks", Keys: []string{key}},
	}
	tick := func() []string {
		found, err := jobs.Tick(ctx, env)
		s.do(err)
		return found.Names
	}
	run := func(names ...string) {
		_, err := runJobs(ctx, w, env, names...)
		s.do(err)
	}
	waiting := func() []hooks.Waiting {
		list, err := hooks.Wait(ctx, hints, 100)
		s.do(err)
		return list
	}
	public := func() (n int) {
		k := &findings.Keeper{Store: w.store}
		list, err := k.Current(ctx, sharing.Means)
		s.do(err)
		for _, f := range list {
			if f.Rule == "sharing.public" {
				n++
			}
		}
		return n
	}

	s.world.SetNow(s.world.Now().Truncate(24 * time.Hour).Add(9 * time.Hour))
	run(tick()...)
	s.server.Deliver(ctx)
	if list := waiting(); len(list) > 0 {
		t.Fatalf("Google's word that a channel is open left %d hints", len(list))
	}
	before := public()
	s.world.SetNow(s.world.Now().Add(20 * time.Minute))
	if names := tick(); slices.Contains(names, jobs.SharingJob) {
		t.Fatalf("nothing happened, and this is due: %v", names)
	}

	for range 40 {
		if _, err := sc.Player().Do("make public"); err != nil {
			t.Fatal(err)
		}
	}
	s.world.SetNow(s.world.Now().Add(3 * time.Hour)) // the log of Drive lags
	s.server.Deliver(ctx)
	list := waiting()
	if !slices.ContainsFunc(list, func(h hooks.Waiting) bool { return h.Application == hooks.Drive && h.Urgent() && h.Thing != "" }) {
		t.Fatalf("no urgent hint names a document: %d hints, %+v", len(list), receiver.Counts())
	}
	names := tick()
	if !slices.Contains(names, jobs.SharingJob) || slices.Contains(names, jobs.DevicesJob) {
		t.Fatalf("with hints of Drive this is due: %v", names)
	}
	run(names...)
	if now := public(); now <= before {
		t.Errorf("%d documents are public by the findings, and %d were before", now, before)
	}
	if list := waiting(); len(list) > 0 {
		t.Errorf("%d hints are left after the jobs looked: %v", len(list), list)
	}
	s.world.SetNow(s.world.Now().Add(time.Minute))
	if names := tick(); slices.Contains(names, jobs.SharingJob) {
		t.Errorf("what was looked at is due again: %v", names)
	}
	s.agree("in the end")
	s.private()
}
