package google

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	admin = "it@school.example"
	owner = "ann@school.example"
)

var privateKey = sync.OnceValue(func() string {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
})

// keyFile is a service account's key file whose tokens come from base.
func keyFile(base string) []byte {
	b, err := json.Marshal(map[string]string{
		"type": "service_account", "client_email": "bot@project.example", "private_key_id": "1",
		"private_key": privateKey(), "token_uri": base + "/token",
	})
	if err != nil {
		panic(err)
	}
	return b
}

// A fake is a Google that answers as a test says, and remembers what it was asked.
type fake struct {
	t      *testing.T
	handle http.HandlerFunc                          // everything but tokens
	token  func(subject, scope string) (int, string) // nil gives everybody a token for an hour
	net    func(*http.Request) error                 // an error of the network, before the request arrives

	mu     sync.Mutex
	asked  []asked
	tokens []string // "subject scope"
}

type asked struct {
	at     time.Time
	method string
	path   string
	query  url.Values
	auth   string
	body   string
}

// RoundTrip answers without a network, so that a fake clock can run.
func (f *fake) RoundTrip(req *http.Request) (*http.Response, error) {
	if f.net != nil {
		if err := f.net(req); err != nil {
			return nil, err
		}
	}
	rec := httptest.NewRecorder()
	f.ServeHTTP(rec, req)
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	return rec.Result(), nil
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	if r.URL.Path == "/token" {
		form, _ := url.ParseQuery(string(body))
		part := strings.Split(form.Get("assertion"), ".")
		if len(part) != 3 {
			f.t.Errorf("no assertion in %q", body)
			return
		}
		raw, _ := base64.RawURLEncoding.DecodeString(part[1])
		var claim struct{ Sub, Scope string }
		if err := json.Unmarshal(raw, &claim); err != nil {
			f.t.Error(err)
		}
		f.mu.Lock()
		f.tokens = append(f.tokens, claim.Sub+" "+claim.Scope)
		n := len(f.tokens)
		f.mu.Unlock()
		if f.token != nil {
			if code, body := f.token(claim.Sub, claim.Scope); code != 200 {
				w.WriteHeader(code)
				io.WriteString(w, body)
				return
			}
		}
		fmt.Fprintf(w, `{"access_token":"t%d","token_type":"Bearer","expires_in":3599}`, n)
		return
	}
	f.mu.Lock()
	f.asked = append(f.asked, asked{time.Now(), r.Method, r.URL.Path, r.URL.Query(), r.Header.Get("Authorization"), string(body)})
	f.mu.Unlock()
	f.handle(w, r)
}

func (f *fake) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.asked)
}

// client makes a client of the fake, and looks at the end whether its log named anybody.
func (f *fake) client(t *testing.T, change func(*Config)) *Client {
	t.Helper()
	f.t = t
	var log bytes.Buffer
	cfg := Config{Credentials: keyFile("http://google.example"), Admin: admin, Endpoint: "http://google.example", HTTP: f,
		Quota: Unlimited(), Rand: func() float64 { return 0.5 },
		Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	if change != nil {
		change(&cfg)
	}
	c, err := New(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, secret := range []string{"@", "%40", "ann", "Ann", "school.example", "Secret"} {
			if strings.Contains(strings.ReplaceAll(log.String(), ".announcements.", "."), secret) { // the API's word is no name
				t.Errorf("the log holds %q:\n%s", secret, &log)
			}
		}
	})
	return c
}

// silent checks that an error names nobody.
func silent(t *testing.T, err error) {
	t.Helper()
	for _, secret := range []string{"@", "%40", "ann", "Ann", "school.example", "Secret"} {
		if strings.Contains(strings.ReplaceAll(err.Error(), ".announcements.", "."), secret) {
			t.Errorf("the error holds %q: %v", secret, err)
		}
	}
}

func problemBody(code int, reason, message string) string {
	return fmt.Sprintf(`{"error":{"code":%d,"message":%q,"errors":[{"domain":"global","reason":%q,"message":%q}]}}`, code, message, reason, message)
}

func TestNewRefuses(t *testing.T) {
	good := keyFile("http://google.example")
	tests := []struct {
		name string
		cfg  Config
		want string
	}{
		{"nothing", Config{Admin: admin}, "keyless: and the service account"},
		{"another kind", Config{Admin: admin, Credentials: []byte(`{"type":"authorized_user"}`)}, `type "authorized_user"`},
		{"not JSON", Config{Admin: admin, Credentials: []byte(`-----BEGIN`)}, "not JSON"},
		{"no key", Config{Admin: admin, Credentials: []byte(`{"type":"service_account"}`)}, "no private key"},
		{"broken key", Config{Admin: admin, Credentials: []byte(`{"type":"service_account","private_key":"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"}`)}, "damaged"},
		{"no file", Config{Admin: admin, CredentialsFile: "does/not/exist.json"}, "key file"},
		{"no account", Config{Admin: admin, CredentialsFile: "keyless:"}, "names no service account"},
		{"no address", Config{Admin: admin, CredentialsFile: "keyless:esafetybot"}, "keyless:esafetybot@PROJECT"},
		{"no administrator", Config{Credentials: good}, "no administrator"},
		{"bad endpoint", Config{Admin: admin, Credentials: good, Endpoint: "localhost:80"}, "no base URL"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := New(t.Context(), tt.cfg)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("have %v, want %q in it", err, tt.want)
			}
		})
	}
}

func TestTokensAreSharedAndForgotten(t *testing.T) {
	f := &fake{handle: func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, `{"id":"1"}`) }}
	c := f.client(t, nil)
	ctx := t.Context()
	h := c.As(owner, ScopeMetadata)
	for range 3 {
		if _, err := c.Item(ctx, strings.ToUpper(owner), "1"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.ItemGrants(ctx, owner, "1"); err != nil {
		t.Fatal(err)
	}
	h.Close()
	h.Close()
	if _, err := c.Domains(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Domains(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Item(ctx, owner, "1"); err != nil {
		t.Fatal(err)
	}
	want := []string{owner + " " + ScopeMetadata, admin + " " + ScopeDomains, owner + " " + ScopeMetadata}
	if d := cmp.Diff(want, f.tokens); d != "" {
		t.Errorf("tokens: %s", d)
	}
	if len(c.ids) != 1 {
		t.Errorf("%d identities are left, want the administrator's only", len(c.ids))
	}
	wantCalls := map[string]int{"oauth2.token": 3, "drive.files.get": 4, "drive.permissions.list": 1, "directory.domains.list": 2}
	if d := cmp.Diff(wantCalls, c.Calls()); d != "" {
		t.Errorf("calls: %s", d)
	}
}

func TestTokenIsRenewed(t *testing.T) {
	bad := ""
	f := &fake{handle: func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == bad {
			w.WriteHeader(401)
			io.WriteString(w, problemBody(401, "authError", "Invalid Credentials"))
			return
		}
		io.WriteString(w, `{}`)
	}}
	now := time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)
	c := f.client(t, func(cfg *Config) { cfg.Clock = func() time.Time { return now } })
	domains := func(want int) {
		t.Helper()
		if _, err := c.Domains(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(f.tokens) != want {
			t.Errorf("have %d tokens, want %d", len(f.tokens), want)
		}
	}
	domains(1)
	now = now.Add(50 * time.Minute)
	domains(1) // still good
	now = now.Add(9 * time.Minute)
	domains(2) // too old for a slow request
	bad = "Bearer t2"
	domains(3) // withdrawn early
}

func TestRefusalIsRemembered(t *testing.T) {
	f := &fake{token: func(string, string) (int, string) {
		return 401, `{"error":"unauthorized_client","error_description":"Client is unauthorized to retrieve access tokens for ann@school.example"}`
	}}
	now := time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)
	c := f.client(t, func(cfg *Config) { cfg.Clock = func() time.Time { return now } })
	for range 5 {
		if _, err := collect(c.Members(t.Context(), "g1")); Reason(err) != "refused" {
			t.Errorf("have %v, want a refusal", err)
		} else {
			silent(t, err)
		}
	}
	if len(f.tokens) != 1 {
		t.Errorf("asked %d times, want once", len(f.tokens))
	}
	now = now.Add(refusalLife)
	if _, err := collect(c.Members(t.Context(), "g1")); err == nil {
		t.Error("a refused token gave an answer")
	}
	if len(f.tokens) != 2 {
		t.Errorf("asked %d times, want once more after a while", len(f.tokens))
	}
	if f.count() != 0 {
		t.Error("a request was sent without a token")
	}
}
