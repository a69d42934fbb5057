package cli

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/hooks"
	"esafetybot/internal/jobs"
	"esafetybot/internal/policy"
	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
)

var oakPolicy = &policy.Policy{School: policy.School{Domains: []string{"school.example"}}}

// The receivers stand beside the site, take what is signed with their key, and wake the worker when it is urgent; without a key they are not there.
func TestReceiversBesideTheSite(t *testing.T) {
	site := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	now := time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	hints, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	key := strings.Repeat("k", hooks.MinKey)
	var nudged []bool
	make := func(env map[string]string) (http.Handler, error) {
		o := &options{std: quiet(env)}
		b := &workbench{o: o, env: jobs.Env{Policy: oakPolicy, Hints: hints, Clock: clock, Log: slog.New(slog.DiscardHandler)}}
		r, err := o.receivers(t.Context(), []*workbench{b}, func(urgent bool) { nudged = append(nudged, urgent) }, remote)
		return beside(site, r), err
	}
	send := func(h http.Handler, path, event string) int {
		c := hooks.Channel{ID: "c", School: "school.example", Application: hooks.Drive, Event: event, Expires: now.Add(time.Hour)}
		token, err := c.Token(key)
		if err != nil {
			t.Fatal(err)
		}
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, http.NoBody)
		for name, v := range map[string]string{"X-Goog-Channel-Id": c.ID, "X-Goog-Channel-Token": token, "X-Goog-Resource-State": event, "X-Goog-Message-Number": "2"} {
			req.Header.Set(name, v)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, req)
		return w.Code
	}
	h, err := make(map[string]string{hooks.KeysVar: key})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path, event string
		want        int
	}{{hooks.GooglePath, "change_document_visibility", 200}, {hooks.GooglePath, "change_document_visibility", 200}, {"/findings", "x", http.StatusTeapot}, {hooks.PubSubPath, "x", 404}, {hooks.DojoPath, "x", 404}} {
		if have := send(h, c.path, c.event); have != c.want {
			t.Errorf("%s: %d, want %d", c.path, have, c.want)
		}
	}
	if len(nudged) != 1 || !nudged[0] {
		t.Error("nudged:", nudged)
	}
	if h, err = make(nil); err != nil || send(h, hooks.GooglePath, "move") != http.StatusTeapot {
		t.Error("without a key:", err)
	}
	for _, env := range []map[string]string{{hooks.KeysVar: "short"}, {hooks.AudienceVar: "a"}, {hooks.DojoKeysVar: "short"}} {
		if _, err := make(env); err == nil {
			t.Error("taken:", env)
		}
	}
}

// What the site may do with hints is leave that somebody decided, once for each decision, and no more.
func TestDecidedLeavesAHint(t *testing.T) {
	hints, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	leave := decided(oakPolicy, store.Limit(hints, rights[siteIdentity][hintsDatabase]), time.Now, slog.New(slog.DiscardHandler))
	leave()
	leave()
	decided(oakPolicy, nil, time.Now, nil)()
	list, err := hooks.Wait(t.Context(), hints, 0)
	if err != nil || len(list) != 2 || list[0].Broken || list[0].Application != hooks.Site || list[0].Event != hooks.Decided {
		t.Errorf("%+v, %v", list, err)
	}
	if err := hints.Close(); err != nil {
		t.Fatal(err)
	}
	leave() // what cannot be left costs nobody anything
}

func TestWhereHintsLie(t *testing.T) {
	dir := t.TempDir()
	state := "bolt:" + filepath.Join(dir, "state.db")
	open := func(o *options) store.Store {
		s, err := o.openHints(t.Context(), oakPolicy)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if s := open(&options{state: state}); s != nil {
		t.Error("a worker makes a store for hints that nobody leaves")
	}
	for _, o := range []*options{{state: state, keepHints: true}, {state: state}, {state: "firestore:school-project", keepHints: true}} {
		s := open(o)
		if s == nil {
			t.Fatal("no store for hints")
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "state-hints.db")); err != nil {
		t.Error(err)
	}
	o := &options{state: "firestore:school-project/main", decisions: "firestore:school-project/decisions", hints: "firestore:school-project/main"}
	if _, err := o.siteHints(t.Context(), oakPolicy); err == nil {
		t.Error("hints may lie with the state")
	}
}
