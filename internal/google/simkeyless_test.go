package google_test

import (
	"errors"
	"strings"
	"testing"

	"esafetybot/internal/google"
	"esafetybot/internal/seen"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
)

// without has a client go without a key, as the simulated school's first service account.
func without(w **world.World) (func(*google.Config), func(*world.World)) {
	return func(cfg *google.Config) {
			cfg.Credentials, cfg.CredentialsFile = nil, google.Keyless+(*w).Settings.Clients[0].Email
		}, func(have *world.World) {
			*w = have
			have.Settings.Clients = []world.Client{{ClientID: "1001", Email: "bot@project.example", Scopes: []string{google.ScopeDomains, google.ScopeUsers}}}
		}
}

func TestKeylessReads(t *testing.T) {
	var w *world.World
	change, prepare := without(&w)
	s := serve(t, "trees", server.Options{}, change, prepare)
	for range 2 {
		if _, err := s.Domains(t.Context()); err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, err := range s.Users(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		if n == 0 {
			t.Error("no accounts")
		}
	}
	calls := s.Calls()
	if calls["metadata.token"] != 1 {
		t.Errorf("asked %d times who it is, want once: %v", calls["metadata.token"], calls)
	}
	if calls["iamcredentials.serviceAccounts.signJwt"] != calls["oauth2.token"] || calls["oauth2.token"] != 2 {
		t.Errorf("one token for each scope, signed for once: %v", calls)
	}
}

func TestKeylessIsRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*world.Client)
		want   []string
	}{
		{"role", func(c *world.Client) { c.Signers = &[]string{} }, []string{"may not sign", "Service Account Token Creator"}},
		{"scope", func(c *world.Client) { c.Scopes = nil }, []string{google.ScopeDomains, "Domain-wide delegation", "client id"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var w *world.World
			change, prepare := without(&w)
			s := serve(t, "trees", server.Options{}, change, prepare, func(w *world.World) { c.change(&w.Settings.Clients[0]) })
			for range 2 {
				_, err := s.Domains(t.Context())
				var e *google.Error
				if !errors.As(err, &e) || e.Why != seen.Refused {
					t.Fatalf("have %v, want a refusal", err)
				}
				for _, want := range c.want {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("%v: does not say %q", err, want)
					}
				}
				if strings.Contains(err.Error(), "@") {
					t.Errorf("%v: names an address", err)
				}
			}
			if n := s.Calls()["iamcredentials.serviceAccounts.signJwt"]; n != 1 {
				t.Errorf("asked %d times, want once", n)
			}
		})
	}
}
