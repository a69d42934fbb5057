package functions

import (
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/hooks"
)

func TestOpen(t *testing.T) {
	key := strings.Repeat("k", hooks.MinKey)
	good := map[string]string{HintsVar: "memory:", SchoolsVar: "school.example,other.example", hooks.KeysVar: key, JobVar: "projects/school-project/locations/europe-west2/jobs/esafetybot-worker"}
	for _, c := range []struct {
		name, variable, value, says string // says is part of the error; "" is none
	}{
		{"as it should be", "", "", ""},
		{"without a job to start", JobVar, "", ""},
		{"nowhere for hints", HintsVar, "", HintsVar},
		{"no place for hints", HintsVar, "somewhere", HintsVar},
		{"no school", SchoolsVar, " ", SchoolsVar},
		{"no key", hooks.KeysVar, "", hooks.KeysVar},
		{"a short key", hooks.KeysVar, "short-secret", hooks.KeysVar},
		{"half of Pub/Sub", hooks.AccountVar, "x", hooks.AudienceVar},
		{"a relay for two schools", hooks.DojoKeysVar, key, "one school"},
		{"no job", JobVar, "esafetybot-worker", JobVar},
	} {
		t.Run(c.name, func(t *testing.T) {
			env := maps.Clone(good)
			if c.variable != "" {
				env[c.variable] = c.value
			}
			r, err := Open(t.Context(), func(name string) string { return env[name] }, slog.New(slog.DiscardHandler))
			if c.says != "" {
				if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "short-secret") {
					t.Errorf("%v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			sync := hooks.Channel{ID: "c", School: "other.example", Application: hooks.Drive, Event: "move", Expires: time.Now().Add(time.Hour)}
			token, err := sync.Token(key)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range []struct {
				path, token string
				want        int
			}{{hooks.GooglePath, token, 200}, {hooks.GooglePath, token + "x", 401}, {hooks.PubSubPath, token, 404}, {"/", token, 404}} {
				req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, x.path, http.NoBody)
				req.Header.Set("X-Goog-Channel-Id", "c")
				req.Header.Set("X-Goog-Channel-Token", x.token)
				req.Header.Set("X-Goog-Resource-State", "sync")
				w := httptest.NewRecorder()
				r.ServeHTTP(w, req)
				if w.Code != x.want {
					t.Errorf("%s: %d, want %d", x.path, w.Code, x.want)
				}
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// A function that cannot work answers so that whoever pushes comes again, and says nothing else.
func TestUnsetAnswersComeAgain(t *testing.T) {
	t.Setenv(hooks.KeysVar, "")
	w := httptest.NewRecorder()
	serve(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, hooks.GooglePath, http.NoBody))
	if w.Code != http.StatusServiceUnavailable || strings.TrimSpace(w.Body.String()) != "" || Check() == nil || End() == nil {
		t.Error(w.Code, w.Body)
	}
}
