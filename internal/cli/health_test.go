package cli

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
)

// broken is a store that answers nothing.
type broken struct {
	store.Store
	gets *int
}

func (b broken) Get(context.Context, *store.Collection, string) (store.Doc, error) {
	*b.gets++
	return store.Doc{}, errors.New("secret-host.example does not answer")
}

func TestHealth(t *testing.T) {
	good, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	gets := 0
	bad := broken{good, &gets}
	next := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	for _, c := range []struct {
		name       string
		main, site store.Store
		ready      int
	}{
		{"both", good, good, http.StatusOK},
		{"without a site", good, nil, http.StatusOK},
		{"the state is away", bad, good, http.StatusServiceUnavailable},
		{"the decisions are away", good, bad, http.StatusServiceUnavailable},
	} {
		h := withHealth(next, slog.New(slog.NewTextHandler(io.Discard, nil)), c.main, c.site)
		for path, want := range map[string]int{healthPath: http.StatusOK, readyPath: c.ready, "/": http.StatusTeapot} {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
			if w.Code != want {
				t.Errorf("%s: %s answers %d, want %d", c.name, path, w.Code, want)
			}
			if strings.Contains(w.Body.String(), "secret") {
				t.Errorf("%s: %s tells what is wrong to everybody: %s", c.name, path, w.Body)
			}
		}
	}
	// Asked again at once, the store is not.
	now := time.Date(2026, 11, 18, 9, 0, 0, 0, time.UTC)
	r := &readiness{log: slog.New(slog.DiscardHandler), read: []store.Store{bad}, now: func() time.Time { return now }}
	before := gets
	for range 5 {
		_ = r.check(t.Context())
	}
	if gets != before+1 {
		t.Errorf("the store was asked %d times, want once", gets-before)
	}
	now = now.Add(readyFor)
	if _ = r.check(t.Context()); gets != before+2 {
		t.Errorf("later the store was asked %d times, want twice", gets-before)
	}
}
