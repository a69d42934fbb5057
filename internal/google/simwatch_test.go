package google_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"esafetybot/internal/google"
	"esafetybot/internal/seen"
	"esafetybot/internal/sim/server"
)

// Channels on logs and on accounts are opened, tell of what happens, and are closed; a second one of the same id is told apart from everything else that can go wrong.
func TestSimulatedChannels(t *testing.T) {
	var mu sync.Mutex
	var got []string
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, r.Header.Get("X-Goog-Channel-Token")+" "+r.Header.Get("X-Goog-Resource-State"))
		w.WriteHeader(http.StatusNoContent)
	}))
	defer hook.Close()
	s := serve(t, "trees", server.Options{PlainHooks: true}, nil)
	ctx := t.Context()
	now := s.world.Now()
	for _, c := range []struct {
		w    seen.Watch
		ends time.Duration
	}{
		{seen.Watch{ID: "c-1", Application: "admin", Event: "CHANGE_FIRST_NAME", Address: hook.URL, Token: "t-1", Lasts: 48 * time.Hour}, 6 * time.Hour},
		{seen.Watch{ID: "c-2", Application: seen.UsersLog, Event: "update", Address: hook.URL, Token: "t-2", Lasts: 24 * time.Hour}, 24 * time.Hour},
	} {
		resource, until, err := s.Watch(ctx, c.w)
		if err != nil || resource == "" || !until.Equal(now.Add(c.ends)) {
			t.Fatalf("%s: %q until %s, %v", c.w.ID, resource, until, err)
		}
		if _, _, err := s.Watch(ctx, c.w); !google.IsOpen(err) || !s.AlreadyOpen(err) || strings.Contains(err.Error(), "@") {
			t.Errorf("%s again: %v", c.w.ID, err)
		}
		defer func() {
			for range 2 { // closing what is closed is fine
				if err := s.StopWatch(ctx, c.w.Application, c.w.ID, resource); err != nil {
					t.Errorf("closing %s: %v", c.w.ID, err)
				}
			}
		}()
	}
	_, _, err := s.Watch(ctx, seen.Watch{ID: "c-3", Application: "drive", Event: "view", Address: "http://review.school.example", Lasts: time.Hour})
	if google.Reason(err) != seen.Refused || google.IsInvalid(err) || google.IsOpen(err) || !strings.Contains(err.Error(), "--hooks-url") {
		t.Errorf("an address without TLS: %v", err)
	}
	_, _, err = s.Watch(ctx, seen.Watch{ID: "c 3", Application: "drive", Event: "view", Address: hook.URL, Lasts: time.Hour})
	if !google.IsInvalid(err) || google.IsOpen(err) {
		t.Errorf("an id that is none: %v", err)
	}
	if err := s.world.SuspendUser(s.admin, ""); err != nil {
		t.Fatal(err)
	}
	for until := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) { // the simulated school sends after each request
		_ = s.SwitchOff(ctx, s.admin, false)
		mu.Lock()
		have := slices.Clone(got)
		mu.Unlock()
		if slices.Contains(have, "t-1 sync") && slices.Contains(have, "t-2 sync") && slices.Contains(have, "t-2 update") {
			break
		}
		if time.Now().After(until) {
			t.Fatalf("have %q", have)
		}
	}
}

// A channel whose opening was answered with half an answer is opened once: the second try is told that it is there.
func TestSimulatedChannelsWithFaults(t *testing.T) {
	told := 0
	for seed := range uint64(6) {
		s := serve(t, "trees", server.Options{PlainHooks: true, Faults: server.Faults{Rate: 0.5, Seed: seed, Kinds: []string{"truncate"}, Routes: []string{"reports.activities.watch"}}}, func(cfg *google.Config) {
			cfg.Retry = google.Retry{Base: time.Millisecond, Cap: time.Millisecond}
		})
		_, _, err := s.Watch(t.Context(), seen.Watch{ID: "c-1", Application: "drive", Event: "view", Address: "https://review.school.invalid/hooks/google", Lasts: time.Hour})
		retried := s.Stats().Retries > 0
		if google.IsOpen(err) != retried || !retried && err != nil {
			t.Errorf("seed %d, sent again %v: %v", seed, retried, err)
		}
		if retried {
			told++
		}
	}
	if told == 0 {
		t.Error("nothing went wrong")
	}
}
