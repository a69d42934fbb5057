package signin_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
	. "esafetybot/internal/web/signin"
)

var start = time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)

// clock is the time of the site and of the issuer.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }

func (c *clock) Add(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.now = c.now.Add(d) }

// pages show problems as "REASON|ACCOUNT|AGAIN|TITLE".
type pages struct{}

func (pages) Problem(w http.ResponseWriter, _ *http.Request, p Problem) {
	w.WriteHeader(p.Status)
	fmt.Fprintf(w, "%s|%s|%s|%s", p.Reason, p.Account, p.Again, p.Title)
	if p.Why == "" || p.Do == "" || p.Title == "" {
		panic("a problem without words: " + p.Reason)
	}
}

func (pages) SignedOut(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "signed out") }

var (
	key  = bytes.Repeat([]byte{7}, 32)
	key2 = bytes.Repeat([]byte{8}, 32)
)

// school has ann of the staff, pat, a pupil with an alias, and cat, who is switched off.
func school(t testing.TB) *world.World {
	t.Helper()
	w := world.New(world.Settings{Now: start, Customer: world.Customer{ID: "C01", CustomerDomain: "school.example"}})
	w.AddDomain(&world.Domain{DomainName: "school.example", IsPrimary: true, Verified: true})
	w.AddDomain(&world.Domain{DomainName: "pupils.example", Verified: true})
	for _, u := range []world.User{
		{ID: "100", PrimaryEmail: "Ann@school.example", OrgUnitPath: "/Staff"},
		{ID: "101", PrimaryEmail: "pat@pupils.example", OrgUnitPath: "/Pupils/Year 4"},
		{ID: "102", PrimaryEmail: "cat@school.example", OrgUnitPath: "/Staff", Suspended: true},
	} {
		if err := w.AddUser(&u); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// rig is a review site, signing people in at an issuer, and one browser.
type rig struct {
	t       testing.TB
	clock   *clock
	site    *httptest.Server
	issuer  string
	browser *http.Client
	world   *world.World
	log     *bytes.Buffer
	outside func(string) bool
	handler http.Handler // of the site, can be exchanged: a new start of it
	signIn  *SignIn
	config  Config
}

type option func(*rig, *Config)

func https(r *rig, _ *Config) { r.site.Close(); r.site = httptest.NewTLSServer(r.serve()) }

func (x *rig) serve() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { x.handler.ServeHTTP(w, r) })
}

// newRig makes a site at the simulated school, or at the issuer that an option names.
func newRig(t testing.TB, opts ...option) *rig {
	t.Helper()
	x := &rig{t: t, clock: &clock{now: start}, world: school(t), log: &bytes.Buffer{}, outside: func(a string) bool { return a == "gov@home.example" }}
	x.site = httptest.NewServer(x.serve())
	c := Config{ClientID: "review", ClientSecret: "secret", Domains: []string{"School.example", "pupils.example"}, Clock: x.clock.Now, Key: key, Pages: pages{},
		Outside: func(a string) bool { return x.outside(a) }, Log: slog.New(slog.NewTextHandler(x.log, nil))}
	for _, o := range opts {
		o(x, &c)
	}
	t.Cleanup(func() { x.site.Close() })
	if c.Issuer == "" {
		sim, err := server.New(x.world, server.Options{AutoLogin: true, OIDCKey: crookedKey(), Real: x.clock.Now, OIDCClients: []world.OIDCClient{{ClientID: "review", ClientSecret: "secret"}}})
		if err != nil {
			t.Fatal(err)
		}
		s := httptest.NewServer(sim)
		t.Cleanup(s.Close)
		c.Issuer = s.URL
	}
	x.issuer, c.BaseURL = c.Issuer, x.site.URL
	x.restart(c)
	x.browser = x.newBrowser()
	return x
}

// restart starts the site anew with this configuration.
func (x *rig) restart(c Config) {
	x.t.Helper()
	s, err := New(c)
	if err != nil {
		x.t.Fatal(err)
	}
	mux := http.NewServeMux()
	s.Routes(mux)
	mux.Handle("/", s.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, _ := From(r.Context())
		fmt.Fprintf(w, "%s %s %s %s", r.URL.RequestURI(), id.Subject, id.Address, s.Token(r.Context(), r.URL.Query().Get("form")))
	})))
	mux.Handle("POST /decide", s.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := s.Check(r, "decide"); p != nil {
			pages{}.Problem(w, r, *p)
			return
		}
		fmt.Fprint(w, "taken")
	})))
	mux.Handle("/bare", s.Require(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "taken") })))
	x.handler, x.signIn, x.config = mux, s, c
}

func (x *rig) newBrowser() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		x.t.Fatal(err)
	}
	c := *x.site.Client()
	c.Jar = jar
	return &c
}

type answer struct {
	status int
	text   string
	header http.Header
	at     *url.URL // where redirects ended
}

func (x *rig) send(method, path string, form url.Values, header http.Header) answer {
	x.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = x.site.URL + path
	}
	req, err := http.NewRequestWithContext(x.t.Context(), method, path, strings.NewReader(form.Encode()))
	if err != nil {
		x.t.Fatal(err)
	}
	if method == "POST" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", x.site.URL)
	}
	for k, v := range header {
		req.Header[k] = v
	}
	resp, err := x.browser.Do(req)
	if err != nil {
		x.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		x.t.Fatal(err)
	}
	return answer{resp.StatusCode, string(b), resp.Header, resp.Request.URL}
}

func (x *rig) get(path string) answer { x.t.Helper(); return x.send("GET", path, nil, nil) }

// signInAs signs the browser in.
func (x *rig) signInAs(address string) answer {
	x.t.Helper()
	return x.get("/sign-in?" + url.Values{"login_hint": {address}, "to": {"/home"}}.Encode())
}

// still stops the browser from following redirects.
func (x *rig) still() {
	x.browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
}

// want checks an answer: its status and how it begins.
func (x *rig) want(what string, a answer, status int, begins string) {
	x.t.Helper()
	if a.status != status || !strings.HasPrefix(a.text, begins) {
		x.t.Errorf("%s: %d %q, want %d %q", what, a.status, a.text, status, begins)
	}
}

// quiet checks that the log and an answer hold no address (but what is allowed) and no token.
func (x *rig) quiet() {
	x.t.Helper()
	for _, bad := range []string{"@", "eyJ", "secret", "code=", "state="} {
		if strings.Contains(x.log.String(), bad) {
			x.t.Errorf("the log holds %q: %s", bad, x.log)
		}
	}
}
