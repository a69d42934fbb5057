// Package e2e runs the whole job against the simulated school, over real HTTP, and compares what it finds with what sim truth
// says must be found. Samples run in every test run; ESAFETYBOT_CAMPAIGN=1 runs all seeds and sizes.
package e2e

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http/httptest"
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
var quick = google.Retry{Tries: 8, Each: 2 * time.Second, Base: time.Millisecond, Cap: 20 * time.Millisecond}

// watch is one policy of a simulated school, with a state of its own.
type watch struct {
	name   string
	policy *policy.Policy
	store  store.Store
	box    *outbox.Outbox
	// records are those of the last run, by job.
	records map[string]*jobs.Record
	site    store.Store       // what people decided; nil before anybody did
	decided int               // how many of the tenant's decisions are in it
	entries map[string]string // of records: the tenant's name of an entry → the id of the decision that made it
	used    map[string]bool   // ids of findings that truth once had: see withoutUsed
}

// campus is a simulated school being served.
type campus struct {
	t           testing.TB
	world       *world.World
	server      *server.Server
	hs          *httptest.Server
	base        string
	key         []byte
	watches     []*watch
	logs        *lockedBuffer
	retry       google.Retry
	rotate      time.Duration
	policyTexts map[string]string
	first       time.Time                             // when the program first looked
	truth       map[string]map[string][]truth.Finding // by check, as last computed
	truthAt     string                                // and when: the time, and how much has happened
	folder      truth.Folder                          // from which truth reads the tenant
	tenant      *truth.Tenant                         // of which it was computed
	asked       map[string]truth.Policy               // and by which policies
	askedBy     map[string]string                     // and the texts of these
	moved       map[string]bool                       // watch and account: was no pupil's at some time
	grown       map[string]bool                       // watch and full name: was an adult's at some time
	early       bool                                  // a hand-made tenant is looked at before its time: what is decided in it is handed on when it is made
}

// serve serves a world with the policies given by their text.
func serve(t testing.TB, w *world.World, policies map[string]string, o server.Options) *campus {
	t.Helper()
	delegate(w)
	s := &campus{t: t, world: w, logs: &lockedBuffer{}, retry: quick, policyTexts: policies, moved: map[string]bool{}, grown: map[string]bool{}}
	s.reserve(o)
	for name, text := range policies {
		p, err := policy.Parse(name+".yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		st, err := memory.Open()
		if err != nil {
			t.Fatal(err)
		}
		s.watches = append(s.watches, &watch{name: name, policy: p, store: st, box: newOutbox(t, p, st)})
	}
	sort.Slice(s.watches, func(i, j int) bool { return s.watches[i].name < s.watches[j].name })
	return s
}

// delegate gives the service account every scope that a job asks for.
func delegate(w *world.World) {
	for i := range w.Settings.Clients {
		c := &w.Settings.Clients[i]
		c.Scopes = slices.Clone(c.Scopes)
		for _, job := range append(slices.Clone(jobs.Looking), jobs.ApplyJob) {
			for _, use := range google.Scopes(job) {
				if !slices.Contains(c.Scopes, use.Scope) {
					c.Scopes = append(c.Scopes, use.Scope)
				}
			}
		}
	}
}

// reserve serves the same world anew, with other options. Whatever went wrong before goes on no longer.
func (s *campus) reserve(o server.Options) {
	s.t.Helper()
	if s.hs != nil {
		s.hs.Close()
		s.server.Close()
	} else {
		s.t.Cleanup(func() {
			s.hs.Close()
			s.server.Close()
			*s = campus{} // package testing holds on to this function, and so to all of a school, until the last of a campaign's schools is done
		})
	}
	o.Key = testKey()
	srv, err := server.New(s.world, o)
	if err != nil {
		s.t.Fatal(err)
	}
	hs := httptest.NewUnstartedServer(srv)
	hs.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	hs.Start()
	s.server, s.hs, s.base = srv, hs, hs.URL
	if s.key, err = srv.Credentials(hs.URL + "/token"); err != nil {
		s.t.Fatal(err)
	}
}

// run runs the sharing job once for one policy.
func (s *campus) run(w *watch) (*jobs.Record, error) {
	s.t.Helper()
	return s.runAs(context.Background(), w)
}

// noteMoved notes who is no pupil now.
func (s *campus) noteMoved(w *watch) {
	s.world.View(func() {
		for _, u := range s.world.Users() {
			if !under(w.policy, u.OrgUnitPath) {
				s.moved[w.name+u.ID], s.grown[w.name+u.Name.FullName] = true, true
			}
		}
		for _, u := range s.world.DeletedUsers() { // nor is one whose account is deleted, until it is back
			s.moved[w.name+u.ID] = true
		}
	})
}

func (s *campus) runAs(ctx context.Context, w *watch) (*jobs.Record, error) {
	s.noteMoved(w)
	client, err := newClient(ctx, w.policy, s.key, s.base, s.retry, s.logs)
	if err != nil {
		return nil, err
	}
	return look(ctx, w, client, s.world.Now, s.rotate, s.logs)
}

func newLog(to io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(to, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// newClient is a client whose waits are short.
func newClient(ctx context.Context, p *policy.Policy, key []byte, base string, retry google.Retry, logs io.Writer) (*google.Client, error) {
	admin, _ := p.Address(policy.RoleAdmin)
	return google.New(ctx, google.Config{
		Credentials: key, Admin: admin, Endpoint: base, Workers: 8, Quota: google.Unlimited(), Retry: retry, Log: newLog(logs),
		Sleep: func(ctx context.Context, d time.Duration) error {
			select {
			case <-ctx.Done():
			case <-time.After(min(d, 20*time.Millisecond)):
			}
			return ctx.Err()
		},
	})
}

// look runs the sharing job with its report.
func look(ctx context.Context, w *watch, client *google.Client, clock func() time.Time, rotate time.Duration, logs io.Writer) (*jobs.Record, error) {
	return runJobs(ctx, w, jobs.Env{Google: client, Clock: clock, Rotation: rotate, Log: newLog(logs)}, jobs.SharingJob)
}

// runJobs runs jobs, and their report, and returns the record of the first.
func runJobs(ctx context.Context, w *watch, env jobs.Env, names ...string) (*jobs.Record, error) {
	env = w.own(env)
	w.records = map[string]*jobs.Record{}
	err := jobs.Run(ctx, env, w.box, names, func(job string, r *jobs.Record, _ error) {
		if r != nil { // a job that had nothing to do leaves none
			w.records[job] = r
		}
	})
	return w.records[names[0]], err
}

// own is an environment with what is the watch's own.
func (w *watch) own(env jobs.Env) jobs.Env {
	env.Store, env.Site, env.Exclusive, env.Policy, env.Holder = w.store, w.site, true, w.policy, "test"
	if env.Patience == nil {
		env.Patience = []time.Duration{time.Millisecond, time.Millisecond}
	}
	return env
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

// truths computes what must be found on sharing now.
func (s *campus) truths() map[string][]truth.Finding {
	s.t.Helper()
	return s.truthsOf(sharing.Means, func(p truth.Policy) truth.Policy {
		p.Names, p.Comments, p.Accounts, p.Devices, p.PupilEmail, p.Settings, p.CheckIns, p.DojoCheckIns = nil, nil, nil, nil, nil, nil, nil, nil
		return p
	})
}

// only leaves the findings of some rules.
func only(all map[string][]truth.Finding, keep func(rule string) bool) map[string][]truth.Finding {
	out := map[string][]truth.Finding{}
	for name, list := range all {
		out[name] = slices.DeleteFunc(slices.Clone(list), func(f truth.Finding) bool { return !keep(f.Rule) })
		if out[name] == nil {
			out[name] = []truth.Finding{}
		}
	}
	return out
}

// allTruths computes what must be found now.
func (s *campus) allTruths() map[string][]truth.Finding {
	s.t.Helper()
	return s.truthsOf("", func(p truth.Policy) truth.Policy { return p })
}

// truthsOf computes, from the tenant written to a folder, what must be found now by one check ("" is all). Part is what of a policy asks for that check: the rest need not be worked out.
func (s *campus) truthsOf(check string, part func(truth.Policy) truth.Policy) map[string][]truth.Finding {
	s.t.Helper()
	at := s.world.Now().String()
	s.world.View(func() {
		for _, app := range world.Apps {
			at += fmt.Sprint(" ", len(s.world.Activities(app)))
		}
	})
	if s.truthAt != at {
		s.tenant, _ = s.forTruth(s.policyTexts)
		s.truth, s.truthAt = map[string]map[string][]truth.Finding{}, at
	}
	if known := s.truth[check]; known != nil {
		return known
	}
	if all := s.truth[""]; all != nil { // what a check finds does not depend on which others are asked for: see TestHandMade, which asks for the parts first
		s.truth[check] = only(all, func(rule string) bool { return findings.Means(rule) == check })
		return s.truth[check]
	}
	policies := map[string]truth.Policy{}
	for name, p := range s.asked {
		policies[name] = part(p)
	}
	out := truth.Options{Now: s.world.Now(), First: s.first}.ComputeFrom(s.tenant, policies).Policies
	for name, list := range out {
		list = slices.DeleteFunc(list, func(f truth.Finding) bool { return check != "" && findings.Means(f.Rule) != check })
		if list == nil {
			list = []truth.Finding{}
		}
		out[name] = sorted(list)
	}
	s.truth[check] = out
	return out
}

// forTruth reads the tenant as it is now, and policies by their text, as truth does: from a folder.
func (s *campus) forTruth(texts map[string]string) (*truth.Tenant, map[string]truth.Policy) {
	s.t.Helper()
	dir := s.t.TempDir()
	defer os.RemoveAll(dir)
	s.do(s.world.Save(dir))
	if !maps.Equal(texts, s.askedBy) {
		for name, text := range texts {
			s.do(os.WriteFile(filepath.Join(dir, name+".yaml"), []byte(text), 0o600))
		}
		policies, err := truth.LoadPolicies(dir)
		s.do(err)
		s.asked, s.askedBy = policies, maps.Clone(texts)
	}
	s.folder.Dir = dir
	tenant, err := s.folder.Tenant()
	s.do(err)
	s.do(tenant.LoadRolls(dir, s.asked))
	return tenant, s.asked
}

// agree compares what was found with what must be.
func (s *campus) agree(when string) {
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
func (s *campus) within(w *watch, list []truth.Finding) []truth.Finding {
	s.t.Helper()
	r, err := jobs.Latest(context.Background(), w.store, jobs.SharingJob)
	if err != nil || r == nil {
		s.t.Fatal("no run record", err)
	}
	blind := map[string]bool{}
	for _, g := range r.Gaps {
		if g.Scope.Kind() == "drive" && (g.Reason == seen.NoMember || g.Reason == seen.NoManager) {
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
