package server_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	. "esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
)

const siteURL = "https://review.school.example/sign-in/done"

// site is a client of the simulated issuer, made from its discovery document as a product would.
type site struct {
	*env
	provider *oidc.Provider
	conf     oauth2.Config
	now      time.Time // for the server
}

func newSite(t *testing.T, o Options) *site {
	t.Helper()
	x := &site{now: time.Now()}
	o.Real = func() time.Time { return x.now }
	o.OIDCKey = testKey()
	o.OIDCClients = append(o.OIDCClients, world.OIDCClient{ClientID: "site", ClientSecret: "s e/c&ret", RedirectURIs: []string{siteURL}},
		world.OIDCClient{ClientID: "local", ClientSecret: "other"})
	x.env = serving(t, o)
	for _, n := range []string{"gus", "<b>\"hal"} {
		if err := x.w.AddUser(&world.User{ID: "id-" + n, PrimaryEmail: strings.Trim(n, "<>\"b") + "@school.example", Name: world.Name{FullName: n}, OrgUnitPath: "/Staff", Archived: n == "gus"}); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if x.provider, err = oidc.NewProvider(t.Context(), x.url); err != nil {
		t.Fatal(err)
	}
	x.conf = oauth2.Config{ClientID: "site", ClientSecret: "s e/c&ret", RedirectURL: siteURL, Endpoint: x.provider.Endpoint(), Scopes: []string{"openid", "email", "profile"}}
	return x
}

// browse sends a request and gives the answer's status and text, or where it leads outside the server.
func (x *site) browse(method, address string, form url.Values) (status int, text string, to *url.URL) {
	x.t.Helper()
	req, err := http.NewRequestWithContext(x.t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		x.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	c := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := c.Do(req)
	if err != nil {
		x.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		x.t.Fatal(err)
	}
	if l := resp.Header.Get("Location"); l != "" {
		if to, err = url.Parse(l); err != nil {
			x.t.Fatal(err)
		}
	}
	return resp.StatusCode, string(b), to
}

var hiddenInput = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)

// form is what the page's last form would send, besides what a person adds.
func form(page string) url.Values {
	out := url.Values{}
	for _, m := range hiddenInput.FindAllStringSubmatch(page[strings.LastIndex(page, "<form"):], -1) {
		out.Set(html.UnescapeString(m[1]), html.UnescapeString(m[2]))
	}
	return out
}

// choose opens the page and picks an account on it.
func (x *site) choose(account string, opts ...oauth2.AuthCodeOption) (status int, text string, to *url.URL) {
	x.t.Helper()
	status, text, to = x.browse("GET", x.conf.AuthCodeURL("the state", opts...), nil)
	if status != 200 || to != nil {
		x.t.Fatalf("the page to choose an account: %d, to %v: %s", status, to, text)
	}
	f := form(text)
	f.Set("account", account)
	return x.browse("POST", x.url+"/o/oauth2/v2/auth", f)
}

// code is choose's code.
func (x *site) code(account string, opts ...oauth2.AuthCodeOption) string {
	x.t.Helper()
	status, text, to := x.choose(account, opts...)
	if status != 303 || to == nil || to.Query().Get("code") == "" || to.Query().Get("state") != "the state" || !strings.HasPrefix(to.String(), siteURL+"?") {
		x.t.Fatalf("no code for %s: %d, to %v: %s", account, status, to, text)
	}
	return to.Query().Get("code")
}

// claims verifies the ID token and gives what is in it, less times and hashes.
func (x *site) claims(tok *oauth2.Token) map[string]any {
	x.t.Helper()
	raw, _ := tok.Extra("id_token").(string)
	id, err := x.provider.Verifier(&oidc.Config{ClientID: x.conf.ClientID, Now: func() time.Time { return x.now }}).Verify(x.t.Context(), raw)
	if err != nil {
		x.t.Fatal(err)
	}
	if err := id.VerifyAccessToken(tok.AccessToken); err != nil {
		x.t.Error(err)
	}
	if got := id.Expiry.Sub(id.IssuedAt); got != time.Hour || id.IssuedAt.Unix() != x.now.Unix() {
		x.t.Errorf("ID token issued %v for %v, want now for an hour", id.IssuedAt, got)
	}
	var c map[string]any
	if err := id.Claims(&c); err != nil {
		x.t.Fatal(err)
	}
	for _, k := range []string{"iat", "exp", "at_hash"} {
		if c[k] == nil {
			x.t.Errorf("no %s in the ID token", k)
		}
		delete(c, k)
	}
	return c
}

func TestSignInWithTheWholeDance(t *testing.T) {
	x := newSite(t, Options{})
	for _, style := range []oauth2.AuthStyle{oauth2.AuthStyleInHeader, oauth2.AuthStyleInParams} {
		x.conf.Endpoint.AuthStyle = style
		for account, want := range map[string]map[string]any{
			"bob@school.example": {"sub": "101", "email": "bob@school.example", "name": "bob", "hd": "school.example"},
			"Eve@Home.example":   {"sub": "eve", "email": "eve@home.example", "name": "Eve"},
		} {
			verifier := oauth2.GenerateVerifier()
			code := x.code(account, oauth2.S256ChallengeOption(verifier), oidc.Nonce("n0"))
			tok, err := x.conf.Exchange(t.Context(), code, oauth2.VerifierOption(verifier))
			if err != nil {
				t.Fatal(err)
			}
			got := x.claims(tok)
			if want["sub"] == "eve" {
				if sub, _ := got["sub"].(string); !regexp.MustCompile(`^1[0-9]{20}$`).MatchString(sub) {
					t.Errorf("sub of an outside account: %q", sub)
				}
				want["sub"] = got["sub"]
			}
			want["iss"], want["aud"], want["azp"], want["nonce"], want["email_verified"] = x.url, "site", "site", "n0", true
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: claims (-want +got):\n%s", account, diff)
			}
		}
	}
}

func TestScopesDecideTheClaims(t *testing.T) {
	x := newSite(t, Options{})
	x.conf.Scopes = []string{"openid"}
	tok, err := x.conf.Exchange(t.Context(), x.code("ann@school.example"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]any{"iss": x.url, "aud": "site", "azp": "site", "sub": "100", "hd": "school.example"}, x.claims(tok)); diff != "" {
		t.Error(diff)
	}
	x.conf.Scopes = []string{"email"}
	if tok, err = x.conf.Exchange(t.Context(), x.code("ann@school.example")); err != nil {
		t.Fatal(err)
	}
	if tok.Extra("id_token") != nil {
		t.Error("an ID token without the scope openid")
	}
}

// The access token of a person who signed in opens none of the school's APIs.
func TestAccessTokenOfSignInIsNoKey(t *testing.T) {
	x := newSite(t, Options{})
	for _, account := range []string{"ann@school.example", "eve@home.example"} {
		tok, err := x.conf.Exchange(t.Context(), x.code(account))
		if err != nil {
			t.Fatal(err)
		}
		status, _, _ := x.browse("GET", x.url+"/drive/v3/files?access_token="+url.QueryEscape(tok.AccessToken), nil)
		if status != 401 && status != 403 {
			t.Errorf("%s: files.list answers %d", account, status)
		}
	}
}

func TestAutoLogin(t *testing.T) {
	hint := func(a string) oauth2.AuthCodeOption { return oauth2.SetAuthURLParam("login_hint", a) }
	prompt := func(p string) oauth2.AuthCodeOption { return oauth2.SetAuthURLParam("prompt", p) }
	for _, c := range []struct {
		name   string
		auto   bool
		opts   []oauth2.AuthCodeOption
		status int
		want   string // a parameter of where it leads to
	}{
		{"hint", true, []oauth2.AuthCodeOption{hint("bob@school.example")}, 302, "code"},
		{"hint by id", true, []oauth2.AuthCodeOption{hint("101")}, 302, "code"},
		{"without asking at all", true, []oauth2.AuthCodeOption{hint("bob@school.example"), prompt("none")}, 302, "code"},
		{"select_account asks", true, []oauth2.AuthCodeOption{hint("bob@school.example"), prompt("select_account")}, 200, ""},
		{"no hint", true, nil, 200, ""},
		{"switched off", true, []oauth2.AuthCodeOption{hint("cat@school.example")}, 403, ""},
		{"switched off, without asking", true, []oauth2.AuthCodeOption{hint("cat@school.example"), prompt("none")}, 302, "error=login_required"},
		{"option is off", false, []oauth2.AuthCodeOption{hint("bob@school.example")}, 200, ""},
		{"option is off, without asking", false, []oauth2.AuthCodeOption{hint("bob@school.example"), prompt("none")}, 302, "error=login_required"},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := newSite(t, Options{AutoLogin: c.auto})
			status, text, to := x.browse("GET", x.conf.AuthCodeURL("s", c.opts...), nil)
			k, v, _ := strings.Cut(c.want, "=")
			if status != c.status || (to != nil) != (c.want != "") {
				t.Fatalf("%d to %v, want %d and %q: %s", status, to, c.status, c.want, text)
			}
			if to != nil && (to.Query().Get(k) == "" || v != "" && to.Query().Get(k) != v || to.Query().Get("state") != "s") {
				t.Errorf("to %v, want %s and the state", to, c.want)
			}
		})
	}
}

func TestAccountsThatCannotSignIn(t *testing.T) {
	x := newSite(t, Options{})
	if err := x.w.DeleteUser("dan@school.example", ""); err != nil {
		t.Fatal(err)
	}
	hd := oauth2.SetAuthURLParam
	for _, c := range []struct {
		account, hd, says string
	}{
		{"cat@school.example", "", "switched off"},
		{"gus@school.example", "", "switched off"},
		{"dan@school.example", "", "deleted"},
		{"nobody@school.example", "", "no such account"},
		{"nobody@alias.example", "", "no such account"},
		{"team@school.example", "", "no such account"}, // a group
		{"not an address", "", "no such account"},
		{"Eve <eve@home.example>", "", "no such account"},
		{"", "", "no such account"},
		{"eve@home.example", "school.example", "an account of school.example"},
		{"eve@home.example", "*", "of an organisation"},
		{"ann@school.example", "home.example", "an account of home.example"},
	} {
		status, text, to := x.choose(c.account, hd("hd", c.hd))
		if status != 403 || to != nil || !strings.Contains(text, c.says) {
			t.Errorf("%q, hd %q: %d to %v, want 403 and %q: %s", c.account, c.hd, status, to, c.says, text)
		}
	}
	for _, d := range []string{"school.example", "alias.example", "*", ""} {
		if status, _, to := x.choose("ANN@school.example", hd("hd", d)); status != 303 || to.Query().Get("code") == "" {
			t.Errorf("ann with hd %q: %d to %v", d, status, to)
		}
	}
}

func TestPageOfAccounts(t *testing.T) {
	x := newSite(t, Options{})
	_, text, _ := x.browse("GET", x.conf.AuthCodeURL(`"><script>`), nil)
	for _, want := range []string{`value="ann@school.example"`, `value="bob@school.example"`, "&lt;b&gt;&#34;hal", "Use another account"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, not := range []string{"cat@", "gus@", "<script", "<b>"} {
		if strings.Contains(text, not) {
			t.Errorf("the page has %q", not)
		}
	}
	f := form(text)
	f.Set("find", "BOB@")
	_, text, _ = x.browse("GET", x.url+"/o/oauth2/v2/auth?"+f.Encode(), nil)
	if !strings.Contains(text, "bob@school.example") || strings.Contains(text, "ann@school.example") {
		t.Error("finding bob gives", text)
	}
	for i := range 60 {
		if err := x.w.AddUser(&world.User{ID: fmt.Sprint("many", i), PrimaryEmail: fmt.Sprintf("many%d@school.example", i), OrgUnitPath: "/Staff"}); err != nil {
			t.Fatal(err)
		}
	}
	if _, text, _ = x.browse("GET", x.conf.AuthCodeURL("s"), nil); strings.Count(text, "<li>") != 50 || !strings.Contains(text, "more: find them") {
		t.Errorf("%d accounts on a page of 50", strings.Count(text, "<li>"))
	}
	f.Set("cancel", "1")
	status, _, to := x.browse("POST", x.url+"/o/oauth2/v2/auth", f)
	if status != 303 || to == nil || to.Query().Get("error") != "access_denied" || to.Query().Get("state") != `"><script>` {
		t.Errorf("cancel: %d to %v", status, to)
	}
	if status, _, to := x.browse("GET", x.conf.AuthCodeURL("s")+"&account=ann@school.example", nil); status != 200 || to != nil {
		t.Errorf("a mere link signs somebody in: %d to %v", status, to)
	}
}

func TestRequestsThatAreRefused(t *testing.T) {
	x := newSite(t, Options{})
	for _, c := range []struct {
		name, param, value string
		status             int
		want               string // error in the redirect; "" for a page that sends nobody anywhere
	}{
		{"unknown client", "client_id", "nobody", 401, ""},
		{"no client", "client_id", "", 401, ""},
		{"wrong redirect", "redirect_uri", siteURL + "/", 400, ""},
		{"redirect elsewhere", "redirect_uri", "https://evil.example/", 400, ""},
		{"loopback is not registered", "redirect_uri", "http://127.0.0.1:1/", 400, ""},
		{"no redirect", "redirect_uri", "", 400, ""},
		{"no response type", "response_type", "", 302, "invalid_request"},
		{"implicit", "response_type", "id_token", 302, "unsupported_response_type"},
		{"fragment", "response_mode", "fragment", 302, "invalid_request"},
		{"no scope", "scope", " ", 302, "invalid_request"},
		{"plain PKCE", "code_challenge_method", "plain", 302, "invalid_request"},
		{"short challenge", "code_challenge", "abc", 302, "invalid_request"},
		{"prompt", "prompt", "login", 302, "invalid_request"},
		{"prompts", "prompt", "none consent", 302, "invalid_request"},
	} {
		u, err := url.Parse(x.conf.AuthCodeURL("s", oauth2.S256ChallengeOption("v")))
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		q.Set(c.param, c.value)
		u.RawQuery = q.Encode()
		status, text, to := x.browse("GET", u.String(), nil)
		got := ""
		if to != nil {
			got = to.Query().Get("error")
		}
		if status != c.status || got != c.want || to != nil && to.Query().Get("state") != "s" {
			t.Errorf("%s: %d to %v, want %d %s: %s", c.name, status, to, c.status, c.want, text)
		}
	}
	if status, _, _ := x.browse("PUT", x.conf.AuthCodeURL("s"), nil); status != 405 {
		t.Errorf("PUT: %d", status)
	}
	if status, _, _ := x.browse("POST", x.url+"/oauth2/v3/certs", nil); status != 405 {
		t.Errorf("POST of the keys: %d", status)
	}
}

func TestLoopbackRedirects(t *testing.T) {
	x := newSite(t, Options{})
	x.conf.ClientID = "local"
	for u, fine := range map[string]bool{
		"http://127.0.0.1:8080/a?b=c": true, "http://localhost/": true, "https://[::1]:4/x": true,
		"http://site.example/": false, "http://127.0.0.1.evil.example/": false, "http://user@127.0.0.1/": false, "http://127.0.0.1/#f": false,
		"javascript://127.0.0.1/": false, "//127.0.0.1/": false, "": false,
	} {
		x.conf.RedirectURL = u
		status, text, to := x.browse("GET", x.conf.AuthCodeURL("s", oauth2.SetAuthURLParam("prompt", "none")), nil)
		if got := status == 302 && to.Query().Get("error") == "login_required"; got != fine || !fine && status != 400 {
			t.Errorf("%s: %d to %v: %s", u, status, to, text)
		}
		if fine && strings.Contains(u, "?") && to.Query().Get("b") != "c" {
			t.Errorf("%s: its own query is lost: %v", u, to)
		}
	}
}

func TestCodesThatGiveNoToken(t *testing.T) {
	x := newSite(t, Options{})
	verifier, other := oauth2.GenerateVerifier(), oauth2.GenerateVerifier()
	challenge := oauth2.S256ChallengeOption(verifier)
	for _, c := range []struct {
		name   string
		change func(*oauth2.Config) []oauth2.AuthCodeOption
		want   string
	}{
		{"right", func(*oauth2.Config) []oauth2.AuthCodeOption {
			return []oauth2.AuthCodeOption{oauth2.VerifierOption(verifier)}
		}, ""},
		{"wrong verifier", func(*oauth2.Config) []oauth2.AuthCodeOption {
			return []oauth2.AuthCodeOption{oauth2.VerifierOption(other)}
		}, "invalid_grant"},
		{"no verifier", func(*oauth2.Config) []oauth2.AuthCodeOption { return nil }, "invalid_grant"},
		{"wrong redirect", func(o *oauth2.Config) []oauth2.AuthCodeOption {
			o.RedirectURL = siteURL + "2"
			return []oauth2.AuthCodeOption{oauth2.VerifierOption(verifier)}
		}, "redirect_uri_mismatch"},
		{"wrong secret", func(o *oauth2.Config) []oauth2.AuthCodeOption { o.ClientSecret = "x"; return nil }, "invalid_client"},
		{"unknown client", func(o *oauth2.Config) []oauth2.AuthCodeOption { o.ClientID = "x"; return nil }, "invalid_client"},
		{"another client's code", func(o *oauth2.Config) []oauth2.AuthCodeOption {
			o.ClientID, o.ClientSecret = "local", "other"
			return []oauth2.AuthCodeOption{oauth2.VerifierOption(verifier)}
		}, "invalid_grant"},
	} {
		for _, style := range []oauth2.AuthStyle{oauth2.AuthStyleInHeader, oauth2.AuthStyleInParams} {
			conf := x.conf
			conf.Endpoint.AuthStyle = style
			code := x.code("ann@school.example", challenge)
			opts := c.change(&conf)
			if got := oauthError(conf.Exchange(t.Context(), code, opts...)); got != c.want {
				t.Errorf("%s: %q, want %q", c.name, got, c.want)
			}
			if c.want == "invalid_client" { // nobody who is not the client uses a code up
				continue
			}
			if got := oauthError(x.conf.Exchange(t.Context(), code, oauth2.VerifierOption(verifier))); got != "invalid_grant" {
				t.Errorf("%s, and then the code again: %q", c.name, got)
			}
		}
	}
	if got := oauthError(x.conf.Exchange(t.Context(), x.code("ann@school.example"), oauth2.VerifierOption(verifier))); got != "invalid_grant" {
		t.Errorf("a verifier for a code without challenge: %q", got)
	}
	if got := oauthError(x.conf.Exchange(t.Context(), "made up")); got != "invalid_grant" {
		t.Errorf("a code made up: %q", got)
	}
	code := x.code("ann@school.example")
	x.now = x.now.Add(time.Minute)
	if got := oauthError(x.conf.Exchange(t.Context(), code)); got != "invalid_grant" {
		t.Errorf("a code of a minute ago: %q", got)
	}
	code = x.code("bob@school.example")
	if err := x.w.SuspendUser("bob@school.example", "ann@school.example"); err != nil {
		t.Fatal(err)
	}
	if got := oauthError(x.conf.Exchange(t.Context(), code)); got != "invalid_grant" {
		t.Errorf("a code of somebody switched off since: %q", got)
	}
}

func oauthError(_ *oauth2.Token, err error) string {
	var e *oauth2.RetrieveError
	if err == nil {
		return ""
	}
	if errors.As(err, &e) {
		return e.ErrorCode
	}
	return err.Error()
}

// An ID token must not be signed with the key that Credentials hands out.
func TestIDTokensHaveTheirOwnKey(t *testing.T) {
	e := serving(t, Options{OIDCClients: []world.OIDCClient{{ClientID: "a", ClientSecret: "b"}}})
	resp, err := http.Get(e.url + "/oauth2/v3/certs")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var set struct {
		Keys []struct{ N string }
	}
	if err := json.NewDecoder(resp.Body).Decode(&set); err != nil || len(set.Keys) != 1 {
		t.Fatal(err, set)
	}
	if want := testKey().N.BitLen(); len(set.Keys[0].N) < want/6 {
		t.Errorf("key of %d characters", len(set.Keys[0].N))
	}
	if set.Keys[0].N == base64.RawURLEncoding.EncodeToString(testKey().N.Bytes()) {
		t.Error("the service account's key signs ID tokens")
	}
}

func TestClientsOfTheTenant(t *testing.T) {
	dir := t.TempDir()
	w := school(t)
	w.Settings.OIDCClients = []world.OIDCClient{{ClientID: "site", ClientSecret: "one", RedirectURIs: []string{siteURL}}}
	if err := w.Save(dir); err != nil {
		t.Fatal(err)
	}
	back, err := world.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(w.Settings.OIDCClients, back.Settings.OIDCClients); diff != "" {
		t.Error(filepath.Join(dir, "tenant.json"), diff)
	}
	if _, err := New(back, Options{OIDCClients: []world.OIDCClient{{ClientID: "public"}}}); err == nil {
		t.Error("a client without a secret is taken")
	}
	e := startWorld(t, back, Options{OIDCClients: []world.OIDCClient{{ClientID: "site", ClientSecret: "two", RedirectURIs: []string{siteURL}}}})
	conf := oauth2.Config{ClientID: "site", ClientSecret: "one", Endpoint: oauth2.Endpoint{TokenURL: e.url + "/token", AuthStyle: oauth2.AuthStyleInParams}}
	if got := oauthError(conf.Exchange(context.Background(), "x")); got != "invalid_client" {
		t.Errorf("the tenant's secret, replaced by the server's: %q", got)
	}
	conf.ClientSecret = "two"
	if got := oauthError(conf.Exchange(context.Background(), "x")); got != "invalid_grant" {
		t.Errorf("the server's secret: %q", got)
	}
}

func TestParseOIDCClient(t *testing.T) {
	got, err := ParseOIDCClient("id=a,secret=b=c,redirect=https://x.example/y,redirect=http://127.0.0.1/")
	if diff := cmp.Diff(world.OIDCClient{ClientID: "a", ClientSecret: "b=c", RedirectURIs: []string{"https://x.example/y", "http://127.0.0.1/"}}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	for _, bad := range []string{"", "id=a", "secret=a", "id=,secret=a", "id=a,secret=b,redirect=/x", "id=a,secret=b,redirect=https://x.example/#f", "id=a,secret=b,more=c"} {
		if got, err := ParseOIDCClient(bad); err == nil {
			t.Errorf("%q gives %v", bad, got)
		}
	}
}

// A product that knows nothing of the simulation signs people in with Google's own issuer.
func TestSignInThroughTheProxy(t *testing.T) {
	r := runSchool(t, true)
	pem, err := os.ReadFile(r.ca)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	proxy, err := url.Parse(r.url)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: roots}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(c.CloseIdleConnections)
	ctx := oidc.ClientContext(t.Context(), c)
	p, err := oidc.NewProvider(ctx, "https://accounts.google.com")
	if err != nil {
		t.Fatal(err)
	}
	conf := oauth2.Config{ClientID: "local", ClientSecret: "s", RedirectURL: "http://127.0.0.1:1/done", Endpoint: p.Endpoint(), Scopes: []string{"openid"}}
	resp, err := c.Get(conf.AuthCodeURL("s", oauth2.SetAuthURLParam("login_hint", "ann@school.example")))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	to, err := resp.Location()
	if err != nil {
		t.Fatal(resp.Status, err)
	}
	tok, err := conf.Exchange(ctx, to.Query().Get("code"))
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := tok.Extra("id_token").(string)
	id, err := p.VerifierContext(ctx, &oidc.Config{ClientID: "local"}).Verify(ctx, raw)
	if err != nil || id.Subject != "100" {
		t.Error(id, err)
	}
}
