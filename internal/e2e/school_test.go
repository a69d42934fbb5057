// Package e2e runs the whole job against the simulated school, over real HTTP, and compares what it finds with what sim truth
// says must be found. Samples run in every test run; ESAFETYBOT_CAMPAIGN=1 runs all seeds and sizes.
package e2e

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	netmail "net/mail"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/checks/sharing"
	"esafetybot/internal/findings"
	"esafetybot/internal/google"
	"esafetybot/internal/jobs"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/seen"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/truth"
	"esafetybot/internal/sim/world"
	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
)

// quick retries without long waits: the simulated Google runs beside us.
var quick = google.Retry{Tries: 8, Base: time.Millisecond, Cap: 20 * time.Millisecond}

// watch is one policy of a simulated school, with a state of its own.
type watch struct {
	name   string
	policy *policy.Policy
	store  store.Store
	box    *outbox.Outbox
}

// school is a simulated school being served.
type school struct {
	t           testing.TB
	world       *world.World
	server      *server.Server
	base        string
	key         []byte
	watches     []*watch
	logs        *lockedBuffer
	retry       google.Retry
	rotate      time.Duration
	policyTexts map[string]string
}

// serve serves a world with the policies given by their text.
func serve(t testing.TB, w *world.World, policies map[string]string, o server.Options) *school {
	t.Helper()
	o.Key = testKey()
	srv, err := server.New(w, o)
	if err != nil {
		t.Fatal(err)
	}
	hs := httptest.NewServer(srv)
	t.Cleanup(hs.Close)
	key, err := srv.Credentials(hs.URL + "/token")
	if err != nil {
		t.Fatal(err)
	}
	s := &school{t: t, world: w, server: srv, base: hs.URL, key: key, logs: &lockedBuffer{}, retry: quick, policyTexts: policies}
	for name, text := range policies {
		p, err := policy.Parse(name+".yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		st, err := memory.Open()
		if err != nil {
			t.Fatal(err)
		}
		box, err := outbox.New(st, outbox.Options{Location: p.School.Location, From: netmail.Address{Address: "esafetybot@" + p.School.Domains[0]}})
		if err != nil {
			t.Fatal(err)
		}
		s.watches = append(s.watches, &watch{name: name, policy: p, store: st, box: box})
	}
	sort.Slice(s.watches, func(i, j int) bool { return s.watches[i].name < s.watches[j].name })
	return s
}

// run runs the sharing job once for one policy.
func (s *school) run(w *watch) (*jobs.Record, error) {
	s.t.Helper()
	return s.runAs(context.Background(), w)
}

func (s *school) runAs(ctx context.Context, w *watch) (*jobs.Record, error) {
	admin, _ := w.policy.Address(policy.RoleAdmin)
	log := slog.New(slog.NewTextHandler(s.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	client, err := google.New(ctx, google.Config{Credentials: s.key, Admin: admin, Endpoint: s.base, Workers: 8, Quota: google.Unlimited(), Retry: s.retry, Log: log})
	if err != nil {
		return nil, err
	}
	env := jobs.Env{
		Store: w.store, Exclusive: true, Policy: w.policy, Google: client, Clock: s.world.Now, Log: log, Holder: "test", Rotation: s.rotate,
	}
	return jobs.Sharing(ctx, env, func(ctx context.Context, out *jobs.Outcome) error { return jobs.TellSharing(ctx, env, w.box, out) })
}

// mustRun runs the job and fails the test unless it saw everything.
func (s *school) mustRun(w *watch) *jobs.Record {
	s.t.Helper()
	r, err := s.run(w)
	if err != nil {
		s.t.Fatalf("%s: %v", w.name, err)
	}
	if !r.OK(w.policy.NotSeen) {
		s.t.Fatalf("%s: the run did not see everything: %v %s", w.name, r.Gaps, r.Error)
	}
	return r
}

// found lists the findings of a watch that are not resolved, as truth writes them.
func found(t testing.TB, w *watch) []truth.Finding {
	t.Helper()
	k := &findings.Keeper{Store: w.store}
	current, err := k.Current(context.Background(), sharing.Means)
	if err != nil {
		t.Fatal(err)
	}
	out := []truth.Finding{}
	for _, f := range current {
		out = append(out, truth.Finding{Clause: f.Clause, Rule: f.Rule, Subject: f.Subject, Facts: f.Facts})
	}
	return sorted(out)
}

func sorted(list []truth.Finding) []truth.Finding {
	slices.SortFunc(list, func(a, b truth.Finding) int {
		return strings.Compare(a.Clause+"\x00"+a.Rule+"\x00"+a.Subject, b.Clause+"\x00"+b.Rule+"\x00"+b.Subject)
	})
	return list
}

// truths computes what must be found now, from the tenant written to a folder.
func (s *school) truths() map[string][]truth.Finding {
	s.t.Helper()
	dir := s.t.TempDir()
	defer os.RemoveAll(dir)
	if err := s.world.Save(dir); err != nil {
		s.t.Fatal(err)
	}
	for name, text := range s.policyTexts {
		if err := os.WriteFile(filepath.Join(dir, name+".yaml"), []byte(text), 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
	tr, err := truth.Compute(dir, s.world.Now())
	if err != nil {
		s.t.Fatal(err)
	}
	out := map[string][]truth.Finding{}
	for name, list := range tr.Policies {
		keep := []truth.Finding{}
		for _, f := range list {
			if strings.HasPrefix(f.Rule, sharing.Means+".") {
				keep = append(keep, f)
			}
		}
		out[name] = sorted(keep)
	}
	return out
}

// agree compares what was found with what must be.
func (s *school) agree(when string) {
	s.t.Helper()
	want := s.truths()
	for _, w := range s.watches {
		want[w.name] = s.within(w, want[w.name])
		if diff := cmp.Diff(want[w.name], s.within(w, found(s.t, w))); diff != "" {
			s.t.Errorf("%s: %s differs from truth (-want +have):\n%s\n%s", when, w.name, short(diff), s.explain(want[w.name], s.within(w, found(s.t, w))))
		}
	}
}

// within leaves out what lies inside a scope that the last run could not see: a shared drive that nobody usable is a member of. Its own
// membership is seen by the administrator all the same.
func (s *school) within(w *watch, list []truth.Finding) []truth.Finding {
	s.t.Helper()
	r, err := jobs.Latest(context.Background(), w.store, jobs.SharingJob)
	if err != nil || r == nil {
		s.t.Fatal("no run record", err)
	}
	blind := map[string]bool{}
	for _, g := range r.Gaps {
		if g.Scope.Kind() == "drive" && g.Reason == seen.NoMember {
			blind[g.Scope.ID()] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(list), func(f truth.Finding) bool {
		id, ok := strings.CutPrefix(f.Subject, "file/")
		if !ok || len(blind) == 0 {
			return false
		}
		if file := s.world.File(id); file != nil {
			return blind[file.DriveID]
		}
		scope := s.scopeOf(w, f.Subject)
		return blind[scope.ID()]
	})
}

func short(s string) string {
	if len(s) > 6000 {
		return s[:6000] + "\n…"
	}
	return s
}

// lockedBuffer gathers log lines.
type lockedBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

var _ io.Writer = (*lockedBuffer)(nil)

func campaign() bool { return os.Getenv("ESAFETYBOT_CAMPAIGN") == "1" }

// tenantPolicies reads the policies of a tenant folder.
func tenantPolicies(t testing.TB, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	files, err := filepath.Glob(filepath.Join(dir, "*-school.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimSuffix(filepath.Base(f), ".yaml")] = string(data)
	}
	if len(out) == 0 {
		t.Fatal(fmt.Errorf("no policy in %s", dir))
	}
	return out
}
