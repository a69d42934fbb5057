package cli

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/policy"
	"esafetybot/internal/pseudonym"
	"esafetybot/internal/roster"
	"esafetybot/internal/runs"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
	"esafetybot/internal/store"
)

// sitesNow is noon on a Wednesday in term.
var sitesNow = time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC)

const sitesTrust = `trust: {name: Example Trust, domains: [trust.example]}
people:
  safeguarding_lead: {address: dsl@trust.example, name: Tamsin Orme}
  technicians: [{address: tech@school.example, schools: [oak, ash]}]
policy:
  school: {timezone: Europe/London}
  calendar: {terms: [{name: Autumn, first: 2026-09-02, last: 2026-12-18}]}
  clauses: [{id: T1, says: Nothing is shared with strangers., deals_with_it: workspace_admin, met_by: [{check: sharing, with: {rules: [public]}, severity: medium}]}]
schools: [oak.yaml, ash.yaml, elm.yaml]
`

const sitesSchool = `inherits: trust.yaml
school: {name: The school %[2]s, id: %[1]s, domains: [school.example], org_units: [/%[2]s]}
people: {%[3]sesafety_officer: officer@school.example, headteacher: %[1]s@school.example, safeguarding_lead: %[1]s@school.example, chair_of_governors: chair@home.example}
`

// sitesRig is the sites of three schools of a trust in one process, with a browser for each person.
type sitesRig struct {
	t        *testing.T
	server   *httptest.Server
	trust    *policy.Trust
	list     []schoolSite
	browsers map[string]*http.Client
}

func newSitesRig(t *testing.T) *sitesRig {
	t.Helper()
	x := &sitesRig{t: t, browsers: map[string]*http.Client{}}
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	write := func(name, text string) { do(os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600)) }
	write("trust.yaml", sitesTrust)
	write("oak.yaml", fmt.Sprintf(sitesSchool, "oak", "Oak", ""))
	write("ash.yaml", fmt.Sprintf(sitesSchool, "ash", "Ash", ""))
	write("elm.yaml", fmt.Sprintf(sitesSchool, "elm", "Elm", "workspace_admin: elm@school.example, "))
	w := world.New(world.Settings{Now: sitesNow, Customer: world.Customer{ID: "C01", CustomerDomain: "school.example"}})
	for _, d := range []string{"school.example", "trust.example"} {
		w.AddDomain(&world.Domain{DomainName: d, IsPrimary: d == "school.example", Verified: true})
	}
	var adults []roster.Adult
	for _, a := range []string{"officer@school.example", "tech@school.example", "oak@school.example", "ash@school.example", "elm@school.example", "dsl@trust.example"} {
		do(w.AddUser(&world.User{ID: "id-" + a, PrimaryEmail: a, OrgUnitPath: "/"}))
		if a != "dsl@trust.example" {
			adults = append(adults, roster.Adult{ID: "id-" + a, Name: a, Hashes: []string{pseudonym.Of(a)}})
		}
	}
	var handler http.Handler
	x.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(x.server.Close)
	client := world.OIDCClient{ClientID: "review", ClientSecret: "secret"}
	for _, site := range []string{"oak", "ash", "elm", "trust"} {
		client.RedirectURIs = append(client.RedirectURIs, x.address(site)+"/sign-in/done")
	}
	sim, err := server.New(w, server.Options{AutoLogin: true, OIDCClients: []world.OIDCClient{client}})
	do(err)
	issuer := httptest.NewServer(sim)
	t.Cleanup(issuer.Close)
	_, port, err := net.SplitHostPort(x.server.Listener.Addr().String())
	do(err)
	o := &options{
		std: quiet(map[string]string{"ESAFETYBOT_OIDC_CLIENT_SECRET": "secret"}), trust: filepath.Join(dir, "trust.yaml"), baseURL: "http://{school}.localhost:" + port, logFormat: "text",
		state: "bolt:" + filepath.Join(dir, "main.db"), decisions: "bolt:" + filepath.Join(dir, "decisions.db"), hints: "bolt:" + filepath.Join(dir, "hints.db"),
	}
	so := siteOptions{client: "review", key: filepath.Join(dir, "site.key"), issuer: issuer.URL}
	trust, several, err := o.several()
	do(err)
	if !several {
		t.Fatal("the trust has one school")
	}
	x.trust = trust
	o.task, err = newTask()
	do(err)
	t.Cleanup(o.task.close)
	clock := func() time.Time { return sitesNow }
	var read []store.Store
	for _, p := range trust.Schools {
		s, err := o.forSchool(p).siteOf(t.Context(), so, p, o.logger(), clock)
		do(err)
		x.list, read = append(x.list, s), append(read, s.main, s.made)
		do(roster.Keep(t.Context(), s.main, s.main.Commit, adults))
		b := &store.Batch{}
		r := runs.Record{ID: "a", Job: "sharing", Policy: p.Version, Started: sitesNow.Add(-time.Hour), Ended: sitesNow.Add(-time.Hour)}
		do(r.Add(b))
		do(s.main.Commit(t.Context(), b))
	}
	sites, err := o.together(so, trust, x.list, o.logger(), clock)
	do(err)
	handler = o.around(sites, o.logger(), read...)
	return x
}

// address of a site.
func (x *sitesRig) address(site string) string {
	_, port, _ := net.SplitHostPort(x.server.Listener.Addr().String())
	return "http://" + site + ".localhost:" + port
}

// as is somebody's browser, to which every name below localhost is the process.
func (x *sitesRig) as(who string) *http.Client {
	if b := x.browsers[who]; b != nil {
		return b
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		x.t.Fatal(err)
	}
	x.browsers[who] = &http.Client{Jar: jar, Transport: x.dial()}
	return x.browsers[who]
}

func (x *sitesRig) dial() *http.Transport {
	to := x.server.Listener.Addr().String()
	return &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		if strings.Contains(address, ".localhost:") || strings.HasPrefix(address, "nobody.") {
			address = to
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}}
}

// signIn signs somebody in, and returns the page that they come to.
func (x *sitesRig) signIn(who, site string) string {
	x.t.Helper()
	code, page := x.do(x.as(who), http.MethodGet, x.address(site)+"/sign-in?"+url.Values{"login_hint": {who}}.Encode(), nil)
	if code >= 500 {
		x.t.Fatalf("%s cannot sign in at %s: %d", who, site, code)
	}
	return page
}

func (x *sitesRig) do(b *http.Client, method, address string, form url.Values) (int, string) {
	x.t.Helper()
	req, err := http.NewRequestWithContext(x.t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		x.t.Fatal(err)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		u, _ := url.Parse(address)
		req.Header.Set("Origin", u.Scheme+"://"+u.Host)
	}
	resp, err := b.Do(req)
	if err != nil {
		x.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		x.t.Fatal(err)
	}
	return resp.StatusCode, html.UnescapeString(string(text))
}

func (x *sitesRig) get(who, site, path string) (int, string) {
	x.t.Helper()
	return x.do(x.as(who), http.MethodGet, x.address(site)+path, nil)
}

// TestSitesApart: of the sites in one process each keeps its sessions and forms to itself, and what is no site's name gets nothing.
func TestSitesApart(t *testing.T) {
	x := newSitesRig(t)
	const officer = "officer@school.example"
	x.signIn(officer, "oak")
	if code, page := x.get(officer, "oak", "/closed"); code != http.StatusOK || !strings.Contains(page, "The school Oak") || strings.Contains(page, "Ash") {
		t.Fatalf("at Oak the officer gets %d:\n%s", code, page)
	}
	// The very cookies of Oak, sent to the others.
	oak, _ := url.Parse(x.address("oak"))
	stolen := x.as(officer).Jar.Cookies(oak)
	if len(stolen) == 0 {
		t.Fatal("there is no session to try elsewhere")
	}
	send := func(site string) int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, x.address(site)+"/closed", nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range stolen {
			req.AddCookie(c)
		}
		resp, err := x.dial().RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	for site, want := range map[string]int{"oak": http.StatusOK, "ash": http.StatusSeeOther, "trust": http.StatusSeeOther} {
		if have := send(site); have != want {
			t.Errorf("a session of Oak at %s: %d, want %d", site, have, want)
		}
	}
	// A form that Oak's site made, sent to Ash's by somebody who is signed in at both.
	x.signIn(officer, "ash")
	token := func(site string) url.Values {
		_, page := x.get(officer, site, "/closed")
		form := url.Values{"date": {"2026-11-19"}}
		_, rest, _ := strings.Cut(page, `action="/closed"`)
		for _, m := range regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`).FindAllStringSubmatch(rest[:strings.Index(rest, "</form>")], -1) {
			form.Set(m[1], m[2])
		}
		return form
	}
	if code, page := x.do(x.as(officer), http.MethodPost, x.address("ash")+"/closed", token("oak")); code != http.StatusForbidden || !strings.Contains(page, "This was not taken") {
		t.Errorf("a form of Oak at Ash: %d\n%s", code, page)
	}
	if code, page := x.do(x.as(officer), http.MethodPost, x.address("ash")+"/closed", token("ash")); code != http.StatusOK || !strings.Contains(page, "It is noted that the school is closed") {
		t.Errorf("a form of Ash at Ash: %d\n%s", code, page)
	}
	if _, page := x.get(officer, "oak", "/closed"); strings.Contains(page, "19 November") {
		t.Error("what was said at Ash shows at Oak")
	}
	for _, host := range []string{"fir.localhost", "nobody.example", "localhost", "127.0.0.1", "oak", "oak.localhost.evil.example", "xoak.localhost"} {
		for _, path := range []string{"/", "/sign-in", "/style.css", "/overview"} {
			req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
			req.Host = host
			w := httptest.NewRecorder()
			x.server.Config.Handler.ServeHTTP(w, req)
			if w.Code != http.StatusNotFound || w.Body.String() != "There is no such page.\n" || w.Header().Get("Location") != "" || w.Header().Get("Set-Cookie") != "" {
				t.Errorf("%s%s: %d %v %s", host, path, w.Code, w.Header(), w.Body)
			}
		}
	}
	for _, host := range []string{"OAK.localhost", "oak.localhost.", "oak.localhost:80", "ash.localhost", "trust.localhost"} {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		req.Host = host
		w := httptest.NewRecorder()
		x.server.Config.Handler.ServeHTTP(w, req)
		if w.Code != http.StatusSeeOther {
			t.Errorf("%s: %d, want to be sent to sign in", host, w.Code)
		}
	}
}

// TestSitesHealth: whatever the host, the two pages for machines answer, and say no when one school's state cannot be read.
func TestSitesHealth(t *testing.T) {
	x := newSitesRig(t)
	ask := func(path string) int {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		req.Host = "10.0.0.1"
		w := httptest.NewRecorder()
		x.server.Config.Handler.ServeHTTP(w, req)
		if strings.Contains(strings.ToLower(w.Body.String()), "ash") {
			t.Errorf("%s names a school: %s", path, w.Body)
		}
		return w.Code
	}
	if a, b := ask(healthPath), ask(readyPath); a != http.StatusOK || b != http.StatusOK {
		t.Errorf("healthy: %d and %d", a, b)
	}
	y := newSitesRig(t)
	x = y
	if err := x.list[1].main.Close(); err != nil {
		t.Fatal(err)
	}
	if a, b := ask(healthPath), ask(readyPath); a != http.StatusOK || b != http.StatusServiceUnavailable {
		t.Errorf("without one school's state: %d and %d", a, b)
	}
}

// TestTrustPages: the trust's safeguarding lead sees numbers of every school and no page of any; a technician what waits at their schools only; everybody else nothing. A school that cannot be read is said to be so.
func TestTrustPages(t *testing.T) {
	x := newSitesRig(t)
	const lead, tech, officer, elm = "dsl@trust.example", "tech@school.example", "officer@school.example", "elm@school.example"
	for _, who := range []string{lead, tech, officer, elm} {
		x.signIn(who, "trust")
	}
	if page := x.signIn(lead, "oak"); !strings.Contains(page, "You cannot sign in with this account") || strings.Contains(page, "T1") {
		t.Errorf("at Oak the lead gets\n%s", page)
	}
	for _, c := range []struct {
		who, site, path string
		code            int
		has, hasNot     []string
	}{
		{lead, "trust", "/", 200, []string{"How the schools stand", "The school Oak", "The school Ash", "The school Elm", "3 schools: 3 could not check", "Sign out"}, []string{"administrator", "@school.example", "T1"}},
		{lead, "trust", "/administrator", 403, []string{"This is not yours"}, []string{"Oak"}},
		{lead, "trust", "/findings", 404, nil, []string{"Oak"}},
		{tech, "trust", "/", 200, []string{"The school Oak", "The school Ash", x.address("oak") + "/findings?deals=workspace_admin", x.address("ash") + "/findings?deals=workspace_admin", "Nothing has been looked at yet."}, []string{"Elm", "How the schools stand"}},
		{tech, "trust", "/overview", 403, []string{"This is not yours"}, []string{"Ash"}},
		{elm, "trust", "/", 200, []string{"The school Elm"}, []string{"Oak", "Ash"}},
		{officer, "trust", "/", 403, []string{"There is nothing here for this account"}, []string{"Oak", "Ash", "Elm"}},
		{officer, "trust", "/overview", 403, nil, []string{"Oak", "Ash", "Elm"}},
	} {
		code, page := x.get(c.who, c.site, c.path)
		if code != c.code {
			t.Errorf("%s at %s%s: %d, want %d\n%s", c.who, c.site, c.path, code, c.code, page)
		}
		for _, want := range c.has {
			if !strings.Contains(page, want) {
				t.Errorf("%s at %s%s does not see %q:\n%s", c.who, c.site, c.path, want, page)
			}
		}
		for _, bad := range c.hasNot {
			if strings.Contains(page, bad) {
				t.Errorf("%s at %s%s sees %q:\n%s", c.who, c.site, c.path, bad, page)
			}
		}
	}
	if err := x.list[1].main.Close(); err != nil {
		t.Fatal(err)
	}
	const unread = "could not be read, so nothing is known of it"
	if code, page := x.get(lead, "trust", "/overview"); code != 200 || strings.Count(page, unread) != 1 {
		t.Errorf("without Ash's state the lead gets %d:\n%s", code, page)
	}
	if code, page := x.get(tech, "trust", "/administrator"); code != 200 || strings.Count(page, unread) != 1 || !strings.Contains(page, "The school Ash") || !strings.Contains(page, "The school Oak") {
		t.Errorf("without Ash's state the technician gets %d:\n%s", code, page)
	}
	if code, page := x.get(officer, "trust", "/"); code != 403 || strings.Contains(page, "Ash") {
		t.Errorf("without Ash's state the officer gets %d:\n%s", code, page)
	}
}

// TestOneHostForTwo: flags by which two schools would have one site are refused, and so is a school called as the trust's own pages are.
func TestOneHostForTwo(t *testing.T) {
	h := hosts{}
	if err := h.add("https://review.trust.example", http.NotFoundHandler()); err != nil {
		t.Fatal(err)
	}
	for _, again := range []string{"https://review.trust.example", "https://REVIEW.trust.example:8443", "review", ""} {
		if err := h.add(again, http.NotFoundHandler()); err == nil {
			t.Errorf("%q was taken", again)
		}
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"trust.yaml": strings.Replace(sitesTrust, "schools: [oak, ash]", "schools: [oak]", 1), "oak.yaml": fmt.Sprintf(sitesSchool, "oak", "Oak", ""),
		"elm.yaml": fmt.Sprintf(sitesSchool, "elm", "Elm", "workspace_admin: elm@school.example, "),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ id, base, want string }{
		{"trust", "https://{school}.review.trust.example", `a school has the short name "trust"`},
		{"ash", "https://review.trust.example", "write {school} where its short name goes"},
	} {
		if err := os.WriteFile(filepath.Join(dir, "ash.yaml"), []byte(fmt.Sprintf(sitesSchool, c.id, "Ash", "workspace_admin: x@school.example, ")), 0o600); err != nil {
			t.Fatal(err)
		}
		var said bytes.Buffer
		std := quiet(nil)
		std.Err = &said
		args := []string{"site", "--trust", filepath.Join(dir, "trust.yaml"), "--state", "firestore:school-project/main", "--decisions", "firestore:school-project/decisions", "--base-url", c.base, "--oidc-client-id", "x"}
		if code := Main(t.Context(), args, std); code != exitUsage || !strings.Contains(said.String(), c.want) {
			t.Errorf("%s: exit %d, said %q, want %q in it", c.base, code, &said, c.want)
		}
	}
}
