package cli

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/classdojo"
	"esafetybot/internal/policy"
	"esafetybot/internal/store/memory"
)

// The relay stands beside the site, takes what is signed with any of its keys, and leaves it for the worker.
func TestWithDojo(t *testing.T) {
	now := time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC)
	site := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	notes, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	old, young := strings.Repeat("o", 32), strings.Repeat("y", 32)
	h, relay, err := withDojo(site, &policy.Policy{}, old+",\n"+young, notes, func() time.Time { return now }, remote)
	if err != nil || relay == nil {
		t.Fatal(err)
	}
	send := func(key, path, message string) int {
		body := fmt.Sprintf(`{"kind":"story","class":"5f1e2d3c4b5a69788796a5b4","link":"https://www.classdojo.com/ul/t/class?classID=5f1e2d3c4b5a69788796a5b4&target=story","time":"2026-11-18T11:00:00Z","message":%q}`, message)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
		stamp := fmt.Sprint(now.Unix())
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set(classdojo.HeaderTimestamp, stamp)
		r.Header.Set(classdojo.HeaderSignature, "v1="+hex.EncodeToString(classdojo.Sign(key, stamp, []byte(body))))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	for _, c := range []struct {
		key, path, message string
		want               int
	}{
		{old, dojoRelayPath, "<1@classdojo.com>", http.StatusNoContent},
		{young, dojoRelayPath, "<2@classdojo.com>", http.StatusNoContent},
		{young, dojoRelayPath, "<1@classdojo.com>", http.StatusConflict},
		{strings.Repeat("n", 32), dojoRelayPath, "<3@classdojo.com>", http.StatusUnauthorized},
		{old, "/check-ins", "<4@classdojo.com>", http.StatusTeapot},
	} {
		if have := send(c.key, c.path, c.message); have != c.want {
			t.Errorf("%s %s: %d, want %d", c.path, c.message, have, c.want)
		}
	}
	n := 0
	for e, err := range (classdojo.Relayed{Store: notes}).Events(t.Context()) {
		if err != nil || e.Kind != classdojo.Story {
			t.Errorf("%+v, %v", e, err)
		}
		n++
	}
	if n != 2 {
		t.Errorf("%d were left", n)
	}
}

func TestWithDojoKeys(t *testing.T) {
	asks := &policy.Policy{ClassDojo: &policy.ClassDojo{Relay: true}}
	site := http.NotFoundHandler()
	if h, relay, err := withDojo(site, &policy.Policy{}, " ", nil, time.Now, remote); h == nil || relay != nil || err != nil {
		t.Error("without a key and a forwarder:", err)
	}
	if h, relay, err := withDojo(site, asks, "", nil, time.Now, remote); h == nil || relay != nil || !errors.Is(err, errNoDojoKey) {
		t.Error("a forwarder without a key:", err)
	}
	var usage usageError
	secret := "tooshort"
	if _, _, err := withDojo(site, asks, secret, nil, time.Now, remote); !errors.As(err, &usage) || strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), dojoKeysVar) {
		t.Error("a key that is too short:", err)
	}
}
