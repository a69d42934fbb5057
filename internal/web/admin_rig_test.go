package web_test

import (
	"context"
	"encoding/json"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/policy"
	"esafetybot/internal/pseudonym"
	"esafetybot/internal/roster"
	"esafetybot/internal/runs"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
	"esafetybot/internal/views"
	"esafetybot/internal/web"
	"esafetybot/internal/web/signin"
)

// adminNow is noon on a Wednesday in term.
var adminNow = time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC)

const adminPolicy = `
school: {name: Oak Primary, timezone: Europe/London, domains: [school.example], org_units: [/]}
people:
  esafety_officer: officer@school.example
  deputy: deputy@school.example
  headteacher: {address: head@school.example, name: Hana Reed}
  safeguarding_lead: lead@school.example
  workspace_admin: it@school.example
  page_host: office@school.example
  chair_of_governors: chair@home.example
  governor: gov@home.example
  it_support: helpdesk@support.example
pupils: {org_units: [/Pupils]}
staff: {org_units: [/Staff]}
calendar:
  terms:
    - {name: Autumn, first: 2026-09-02, last: 2026-12-18, half_term: [2026-10-26, 2026-10-30]}
    - {name: Spring, first: 2027-01-04, last: 2027-03-31, half_term: [2027-02-15, 2027-02-19]}
    - {name: Summer, first: 2027-04-19, last: 2027-07-21, half_term: [2027-05-31, 2027-06-04]}
clauses:
  - id: A1
    says: Nothing is shared with strangers.
    deals_with_it: workspace_admin
    met_by:
      - {check: sharing, with: {rules: [public-link, outside-person]}, severity: medium, due: 5 working days, when_not_met: propose}
  - id: A2
    says: Accounts of leavers are switched off.
    deals_with_it: workspace_admin
    met_by:
      - {check: accounts, with: {rules: [weak-password]}, severity: high, due: 1 working day}
  - id: A3
    says: The filter is looked at.
    deals_with_it: safeguarding_lead
    met_by:
      - {check_in: filtering, ask: it_support, every: half term}
`

// adminRig is the review site of a school, with a browser for each person.
type adminRig struct {
	t        *testing.T
	main     store.Store
	site     store.Store
	server   *httptest.Server
	policy   *policy.Policy
	browsers map[string]*http.Client
	noted    int
}

func newAdminRig(t *testing.T) *adminRig {
	t.Helper()
	return newRigOf(t, adminPolicy)
}

// newRigOf is the site of a school with another policy.
func newRigOf(t *testing.T, text string) *adminRig {
	t.Helper()
	p, err := policy.Parse("school.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	x := &adminRig{t: t, policy: p, main: open(t), site: open(t), browsers: map[string]*http.Client{}}
	w := world.New(world.Settings{Now: adminNow, Customer: world.Customer{ID: "C01", CustomerDomain: "school.example"}})
	w.AddDomain(&world.Domain{DomainName: "school.example", IsPrimary: true, Verified: true})
	var adults []roster.Adult
	for _, name := range []string{"officer", "deputy", "head", "lead", "it", "office", "teacher"} {
		address := name + "@school.example"
		if err := w.AddUser(&world.User{ID: "id-" + name, PrimaryEmail: address, OrgUnitPath: "/Staff"}); err != nil {
			t.Fatal(err)
		}
		adults = append(adults, roster.Adult{ID: "id-" + name, Name: name, Hashes: []string{pseudonym.Of(address)}})
	}
	if err := w.AddUser(&world.User{ID: "id-pupil", PrimaryEmail: "pupil@school.example", OrgUnitPath: "/Pupils"}); err != nil {
		t.Fatal(err)
	}
	if err := roster.Keep(t.Context(), x.main, x.main.Commit, adults); err != nil {
		t.Fatal(err)
	}
	sim, err := server.New(w, server.Options{AutoLogin: true, Real: func() time.Time { return adminNow }, OIDCClients: []world.OIDCClient{{ClientID: "review", ClientSecret: "secret"}}})
	if err != nil {
		t.Fatal(err)
	}
	issuer := httptest.NewServer(sim)
	t.Cleanup(issuer.Close)
	var handler http.Handler
	x.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(x.server.Close)
	clock := func() time.Time { return adminNow }
	in, err := signin.New(signin.Config{
		Issuer: issuer.URL, ClientID: "review", ClientSecret: "secret", BaseURL: x.server.URL, Domains: []string{"school.example"}, Outside: func(a string) bool {
			return strings.HasSuffix(a, "@home.example") || strings.HasSuffix(a, "@support.example")
		},
		Clock: clock, Key: []byte(strings.Repeat("k", 32)), Pages: web.PagesOf(p), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	handler, err = web.New(web.Config{Policy: p, Main: x.main, Decisions: x.site, SignIn: in, Clock: clock, Noted: func() { x.noted++ }})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func open(t *testing.T) store.Store {
	t.Helper()
	s, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// address of somebody of these tests.
func address(who string) string {
	switch who {
	case "chair", "gov":
		return who + "@home.example"
	case "helpdesk":
		return who + "@support.example"
	}
	return who + "@school.example"
}

// as is somebody's browser, signed in.
func (x *adminRig) as(who string) *http.Client {
	x.t.Helper()
	if b := x.browsers[who]; b != nil {
		return b
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		x.t.Fatal(err)
	}
	b := &http.Client{Jar: jar}
	x.browsers[who] = b
	resp, err := b.Get(x.server.URL + "/sign-in?" + url.Values{"login_hint": {address(who)}}.Encode())
	if err != nil {
		x.t.Fatal(err)
	}
	resp.Body.Close()
	return b
}

// get is a page as somebody sees it.
func (x *adminRig) get(who, path string) (int, string) {
	x.t.Helper()
	return x.do(who, http.MethodGet, path, nil)
}

func (x *adminRig) post(who, path string, form url.Values) (int, string) {
	x.t.Helper()
	return x.do(who, http.MethodPost, path, form)
}

func (x *adminRig) do(who, method, path string, form url.Values) (int, string) {
	x.t.Helper()
	req, err := http.NewRequestWithContext(x.t.Context(), method, x.server.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		x.t.Fatal(err)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", x.server.URL)
	}
	resp, err := x.as(who).Do(req)
	if err != nil {
		x.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		x.t.Fatal(err)
	}
	return resp.StatusCode, html.UnescapeString(string(text))
}

// hidden reads what a page's form to a path sends along.
func (x *adminRig) hidden(page, action string) url.Values {
	x.t.Helper()
	_, rest, ok := strings.Cut(page, `action="`+action+`"`)
	if !ok {
		x.t.Fatalf("the page has no form to %s", action)
	}
	rest, _, _ = strings.Cut(rest, "</form>")
	out := url.Values{}
	for _, m := range regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`).FindAllStringSubmatch(rest, -1) {
		out.Set(m[1], m[2])
	}
	return out
}

// made lists the decisions of a kind.
func (x *adminRig) made(do string) []decisions.Decision {
	x.t.Helper()
	var out []decisions.Decision
	for d, err := range decisions.Since(context.Background(), x.site, do, time.Time{}) {
		if err != nil {
			x.t.Fatal(err)
		}
		out = append(out, d)
	}
	return out
}

// finding keeps an open finding with its view.
func (x *adminRig) finding(clause, rule, subject, severity string, facts []string, v views.Finding) string {
	x.t.Helper()
	c, _ := x.policy.Clause(clause)
	k := &findings.Keeper{Store: x.main, Commit: x.main.Commit}
	_, err := k.Sync(x.t.Context(), findings.Input{
		Run: findings.Run{ID: "r", Now: adminNow.Add(-24 * time.Hour)}, Means: findings.Means(rule),
		Observed: func(yield func(findings.Observed, error) bool) {
			yield(findings.Observed{Clause: clause, Rule: rule, Subject: subject, Facts: facts, Severity: severity, Deals: string(c.DealsWithIt)}, nil)
		},
		Evidence: func(context.Context, *findings.Finding) (findings.Evidence, error) { return findings.Evidence{}, nil },
	})
	if err != nil {
		x.t.Fatal(err)
	}
	v.ID = findings.ID(clause, rule, subject)
	x.put(views.Findings, v.ID, v)
	return v.ID
}

func (x *adminRig) put(c *store.Collection, key string, body any) {
	x.t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		x.t.Fatal(err)
	}
	b := &store.Batch{}
	b.Create(c, key, nil, data)
	if err := x.main.Commit(x.t.Context(), b); err != nil {
		x.t.Fatal(err)
	}
}

// ran leaves what jobs leave that ran an hour ago, and what they could not see.
func (x *adminRig) ran(told views.Told, jobs ...string) {
	x.t.Helper()
	told.At = adminNow.Add(-time.Hour)
	b := &store.Batch{}
	for _, job := range jobs {
		r := runs.Record{ID: store.Key(job), Job: job, Policy: x.policy.Version, Started: told.At, Ended: told.At}
		if err := r.Add(b); err != nil {
			x.t.Fatal(err)
		}
	}
	if err := x.main.Commit(x.t.Context(), b); err != nil {
		x.t.Fatal(err)
	}
	k := &views.Keeper{Store: x.main, Commit: x.main.Commit}
	if err := k.KeepHistory(x.t.Context(), &told); err != nil {
		x.t.Fatal(err)
	}
}

func newBatch() *store.Batch { return &store.Batch{} }
