package cli

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"esafetybot/internal/doctor"
	"esafetybot/internal/google"
	"esafetybot/internal/jobs"
	"esafetybot/internal/policy"
	"esafetybot/internal/seen"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
)

// What --fix-list prints is enough: with exactly these scopes, no run of a policy with one check alone, or with everything, is refused any.
func TestFixListIsEnough(t *testing.T) {
	t.Parallel()
	sc, err := generate.Generate(generate.Options{Pupils: 30, Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := sc.Write(dir); err != nil {
		t.Fatal(err)
	}
	client := world.Client{ClientID: "100000000000000000001", Email: "esafetybot@project.example"}
	sc.World.Settings.Clients = []world.Client{client}
	srv, err := server.New(sc.World, server.Options{})
	if err != nil {
		t.Fatal(err)
	}
	hs := httptest.NewServer(srv)
	defer hs.Close()
	raw, err := srv.Credentials(hs.URL + "/token")
	if err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(dir, "key.json")
	if err := os.WriteFile(key, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, which := range []string{generate.Classroom, generate.Dojo} {
		for _, check := range []string{"", "accounts", "devices", "pupil-email", "settings", "comments", "sharing", "names", policy.RecordAccess} {
			t.Run(which+" "+check, func(t *testing.T) {
				p, err := policy.Load(filepath.Join(dir, which+".yaml"))
				if err != nil {
					t.Fatal(err)
				}
				if check != "" {
					alone(p, check)
				}
				if len(p.Clauses) == 0 {
					t.Skip("this example has none")
				}
				var scopes []string
				for _, n := range doctor.Needs(p, false) {
					scopes = append(scopes, n.Scope)
				}
				sc.World.Settings.Clients[0].Scopes = scopes
				var out bytes.Buffer
				o := &options{std: IO{Out: &out, Err: &out, Getenv: func(string) string { return "" }}, policy: p.Path, state: "memory:", credentials: key, endpoint: hs.URL,
					mail: "dir:" + t.TempDir(), workers: 8, quota: google.Unlimited()}
				b, err := o.bench(t.Context(), p, func() time.Time { return sc.World.Settings.Now })
				if err != nil {
					t.Fatal(err)
				}
				defer b.close()
				b.env.Log = slog.New(slog.DiscardHandler)
				b.env.Patience = []time.Duration{0, 0}
				names := slices.DeleteFunc(slices.Clone(jobs.Looking), func(j string) bool { return !jobs.Asked(p, j) })
				out.Reset()
				_ = b.run(t.Context(), append(names, jobs.ApplyJob, jobs.ReportJob), true) // there are gaps of other reasons
				var records []jobs.Record
				if err := json.NewDecoder(&out).Decode(&records); err != nil {
					t.Fatal(err)
				}
				if len(records) < 2 {
					t.Fatalf("%d jobs ran", len(records))
				}
				for _, r := range records {
					for _, g := range r.Gaps {
						if g.Reason == seen.Refused {
							t.Errorf("%s: %s: %s", r.Job, g.Scope, g.Detail)
						}
					}
					if r.Error != "" {
						t.Errorf("%s failed: %s", r.Job, r.Error)
					}
				}
				if check == "devices" && slices.Contains(scopes, google.ScopeMetadata) {
					t.Error("devices alone need no Drive")
				}
			})
		}
	}
}

// alone leaves of a policy's means only those of one check, or record.
func alone(p *policy.Policy, name string) {
	var kept []policy.Clause
	for _, c := range p.Clauses {
		c.MetBy = slices.DeleteFunc(slices.Clone(c.MetBy), func(m policy.Means) bool { return m.Name != name || m.Kind == policy.CheckIn })
		if len(c.MetBy) > 0 {
			kept = append(kept, c)
		}
	}
	p.Clauses = kept
}
