package web_test

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	netmail "net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/census"
	"esafetybot/internal/decisions"
	"esafetybot/internal/incidents"
	"esafetybot/internal/jobs"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/pseudonym"
	"esafetybot/internal/roster"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
	"esafetybot/internal/web"
	"esafetybot/internal/web/signin"
)

const sitePolicy = `school: {name: Example Primary, timezone: Europe/London, domains: [school.example]}
people:
  esafety_officer: officer@school.example
  safeguarding_lead: lead@school.example
  deputy: deputy@school.example
  headteacher: head@school.example
  governor: governor@school.example
  chair_of_governors: chair@home.example
  workspace_admin: it@school.example
numbers: {lado: 020 7946 0101, council: 020 7946 0100}
calendar:
  terms: [{name: Autumn, first: 2026-09-02, last: 2026-12-18}]
clauses:
  - {id: A19, says: Incidents are logged., deals_with_it: esafety_officer, met_by: [{record: incidents, severity: high, due: 2 school days}]}
`

// incidentPeople signs in as NAME@school.example, the chair from home.
var incidentPeople = []string{"officer", "lead", "deputy", "head", "governor", "chair", "it", "teacher"}

func addressOf(name string) string {
	if name == "chair" {
		return "chair@home.example"
	}
	return name + "@school.example"
}

// campus is a review site with its worker, and a browser for each person.
type campus struct {
	*testing.T
	now      time.Time
	policy   *policy.Policy
	main     store.Store
	site     store.Store
	http     *httptest.Server
	browsers map[string]*http.Client
	log      *bytes.Buffer
	env      jobs.Env
	box      *outbox.Outbox
}

type noGoogle struct{ jobs.Google }

func (noGoogle) Calls() map[string]int { return map[string]int{} }

func newCampus(t *testing.T, policyText string) *campus {
	t.Helper()
	c := &campus{T: t, now: time.Date(2026, 9, 14, 9, 0, 0, 0, time.UTC), browsers: map[string]*http.Client{}, log: &bytes.Buffer{}}
	var err error
	c.policy, err = policy.Parse("policy.yaml", []byte(policyText))
	c.must(err)
	c.main, c.site = c.open(), c.open()
	clock := func() time.Time { return c.now }
	logger := slog.New(slog.NewTextHandler(c.log, nil))

	w := world.New(world.Settings{Now: c.now, Customer: world.Customer{ID: "C01", CustomerDomain: "school.example"}})
	w.AddDomain(&world.Domain{DomainName: "school.example", IsPrimary: true, Verified: true})
	var adults []roster.Adult
	for i, name := range append(slices.Clone(incidentPeople), "pupil") {
		if name == "chair" {
			continue
		}
		id := fmt.Sprint(100 + i)
		c.must(w.AddUser(&world.User{ID: id, PrimaryEmail: addressOf(name), OrgUnitPath: "/"}))
		if name != "pupil" {
			adults = append(adults, roster.Adult{ID: id, Name: "The " + name, Hashes: []string{pseudonym.Of(addressOf(name))}})
		}
	}
	c.must(roster.Keep(t.Context(), c.main, c.main.Commit, adults))
	issuer := httptest.NewServer(c.must2(server.New(w, server.Options{AutoLogin: true, Real: clock, OIDCClients: []world.OIDCClient{{ClientID: "review", ClientSecret: "secret"}}})))
	t.Cleanup(issuer.Close)

	var handler http.Handler
	c.http = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(c.http.Close)
	in, err := signin.New(signin.Config{
		Issuer: issuer.URL, ClientID: "review", ClientSecret: "secret", BaseURL: c.http.URL, Domains: c.policy.School.Domains, Clock: clock, Key: bytes.Repeat([]byte{7}, 32),
		Outside: func(a string) bool { return a == addressOf("chair") }, Pages: web.PagesOf(c.policy), Log: logger,
	})
	c.must(err)
	handler, err = web.New(web.Config{Policy: c.policy, Main: readOnly{c.main}, Decisions: c.site, SignIn: in, Clock: clock, Log: logger})
	c.must(err)

	c.env = jobs.Env{Store: c.main, Site: c.site, Policy: c.policy, Google: noGoogle{}, Clock: clock, Holder: "test", Exclusive: true, BaseURL: c.http.URL, Log: logger}
	c.box, err = outbox.New(c.main, outbox.Options{Location: c.policy.School.Location, From: netmail.Address{Address: "safety@school.example"}})
	c.must(err)
	return c
}

func (c *campus) open() store.Store {
	s, err := memory.Open()
	c.must(err)
	return s
}

func (c *campus) must(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

func (c *campus) must2(h http.Handler, err error) http.Handler { c.must(err); return h }

// readOnly is the main state as the site has it.
type readOnly struct{ store.Store }

func (readOnly) Commit(context.Context, *store.Batch) error {
	panic("the site wrote to the main state")
}

// work runs the worker's job.
func (c *campus) work() {
	c.Helper()
	_, err := jobs.Incidents(c.Context(), c.env, c.box, census.New(c.env.Google, c.policy, c.now, c.env.Log))
	c.must(err)
}

// as is a browser in which somebody is signed in.
func (c *campus) as(name string) *http.Client {
	c.Helper()
	if b := c.browsers[name]; b != nil {
		return b
	}
	jar, err := cookiejar.New(nil)
	c.must(err)
	b := &http.Client{Jar: jar}
	c.browsers[name] = b
	if status, text := c.do(name, "GET", "/sign-in?"+url.Values{"login_hint": {addressOf(name)}, "to": {"/"}}.Encode(), nil); status != http.StatusOK && name != "pupil" {
		c.Fatalf("%s cannot sign in: %d %s", name, status, text)
	}
	return b
}

func (c *campus) do(name, method, path string, form url.Values) (int, string) {
	c.Helper()
	req, err := http.NewRequestWithContext(c.Context(), method, c.http.URL+path, strings.NewReader(form.Encode()))
	c.must(err)
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", c.http.URL)
	}
	resp, err := c.as(name).Do(req)
	c.must(err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	c.must(err)
	if resp.StatusCode == http.StatusOK && !strings.Contains(resp.Header.Get("Cache-Control"), "no-store") {
		c.Errorf("%s may be kept by browsers", path)
	}
	return resp.StatusCode, string(text)
}

func (c *campus) get(name, path string) (int, string) {
	c.Helper()
	return c.do(name, "GET", path, nil)
}

var field = regexp.MustCompile(`name="(form_token|form)" value="([^"]*)"`)

// hidden are the token and the id of the form that posts to a path.
func hidden(text, action string) url.Values {
	out := url.Values{}
	_, rest, _ := strings.Cut(text, `action="`+action+`"`)
	rest, _, _ = strings.Cut(rest, "</form>")
	for _, m := range field.FindAllStringSubmatch(rest, -1) {
		out.Set(m[1], html.UnescapeString(m[2]))
	}
	return out
}

// posts fills in the form of a page that posts to a path, and sends it.
func (c *campus) posts(name, page, action string, fill url.Values) (int, string) {
	c.Helper()
	_, text := c.get(name, page)
	v := hidden(text, action)
	for k, x := range fill {
		v[k] = x
	}
	return c.do(name, "POST", action, v)
}

// raise sends a concern as the teacher, through both pages.
func (c *campus) raise(name string, fill url.Values) (int, string) {
	c.Helper()
	status, text := c.posts(name, "/concern", "/concern/form", url.Values{"about": fill["about"], "item": fill["item"]})
	if status != http.StatusOK {
		c.Fatalf("%d %s", status, text)
	}
	v := hidden(text, "/concern")
	for k, x := range fill {
		v[k] = x
	}
	return c.do(name, "POST", "/concern", v)
}

// entries lists the ids of what somebody may read of a shelf, from the worker's state.
func (c *campus) entries(s incidents.Shelf, name string) []string {
	c.Helper()
	adults, err := roster.Read(c.Context(), c.main)
	c.must(err)
	log := incidents.Of(c.policy, c.main, roster.IDs(adults), func() time.Time { return c.now })
	var out []string
	for e, err := range log.List(c.Context(), s, incidents.By{Address: addressOf(name)}, "") {
		c.must(err)
		out = append(out, e.ID)
	}
	return out
}

const note = "somebody was unkind in a comment"

// seen is what of the log a page of the site shows somebody: its status, and whether it names the log or its note.
func (c *campus) reads(name, path string) string {
	c.Helper()
	status, text := c.get(name, path)
	out := fmt.Sprint(status)
	if strings.Contains(text, ">Incident log<") {
		out += " menu"
	}
	if strings.Contains(text, note) {
		out += " note"
	}
	return out
}

// Every page for incidentPeople, while nobody, somebody else, or they themselves may read an entry.
func TestWhoSeesWhat(t *testing.T) {
	for _, one := range []struct {
		name    string
		fill    url.Values
		shelf   incidents.Shelf
		readers []string
	}{
		{"about a pupil", url.Values{"about": {"pupil"}, "kind": {"incident"}}, incidents.Ordinary, []string{"officer", "lead"}},
		{"about a pupil, and it may be the officer", url.Values{"about": {"pupil"}, "kind": {"incident"}, "concerns": {"esafety_officer"}}, incidents.Ordinary, []string{"lead"}},
		{"about an adult", url.Values{"about": {"adult"}, "kind": {"low-level-concern"}}, incidents.Adults, []string{"head"}},
		{"not sure", url.Values{"about": {"not-sure"}, "kind": {"incident"}}, incidents.Adults, []string{"head"}},
		{"about the headteacher", url.Values{"about": {"adult"}, "kind": {"incident"}, "concerns": {"headteacher"}}, incidents.Adults, []string{"chair"}},
	} {
		t.Run(one.name, func(t *testing.T) {
			c := newCampus(t, sitePolicy)
			one.fill.Set("note", note)
			status, text := c.raise("teacher", one.fill)
			if status != http.StatusOK || !strings.Contains(text, "999") || strings.Contains(text, note) {
				t.Fatalf("%d %s", status, text)
			}
			c.work()
			ids := c.entries(one.shelf, one.readers[0])
			if len(ids) != 1 {
				t.Fatalf("%d entries", len(ids))
			}
			list := "/incidents/log.csv"
			if one.shelf == incidents.Adults {
				list = "/incidents/adults.csv"
			}
			other := map[string]string{"/incidents/log.csv": "/incidents/adults.csv", "/incidents/adults.csv": "/incidents/log.csv"}[list]
			pages := []string{"/", "/concern", "/incidents", "/incidents/e/" + ids[0], list, other}
			for _, name := range incidentPeople {
				reads := slices.Contains(one.readers, name)
				want := []string{"200", "200", "404", "404", "404", "404"}
				if reads {
					want = []string{"200 menu", "200 menu", "200 menu", "200 menu", "200", "404"}
				}
				var have []string
				for _, page := range pages {
					have = append(have, c.reads(name, page))
				}
				if d := cmp.Diff(want, have); d != "" {
					t.Errorf("%s, before it is opened (-want +have):\n%s", name, d)
				}
				if _, text := c.get(name, "/"); strings.Contains(text, "entry for you to open") != reads {
					t.Errorf("%s: the home page calls: %v", name, !reads)
				}
				// Who may not read is refused whatever they send, in the same words as for what is not there.
				status, text := c.posts(name, "/concern", "/concern/form", url.Values{"about": {"pupil"}})
				v := hidden(text, "/concern")
				if status != http.StatusOK || v.Get("form_token") == "" {
					t.Fatalf("%s: %d", name, status)
				}
				status, real := c.do(name, "POST", "/incidents/open/"+ids[0], v)
				_, none := c.do(name, "POST", "/incidents/open/NOTHING", v)
				if want := map[bool]int{true: 200, false: 404}[reads]; status != want || !reads && real != none {
					t.Errorf("%s opens it: %d, the same as for nothing: %v", name, status, real == none)
				}
				if reads {
					if !strings.Contains(real, note) {
						t.Errorf("%s opened it, and does not see it", name)
					}
					if have := []string{c.reads(name, pages[3]), c.reads(name, list)}; !slices.Equal(have, []string{"200 menu note", "200 note"}) {
						t.Errorf("%s, once it is opened: %v", name, have)
					}
				}
			}
			if status, _ := c.get("pupil", "/concern"); status != http.StatusForbidden {
				t.Errorf("a pupil gets %d", status)
			}
			if _, text := c.get("teacher", "/concern"); !strings.Contains(text, "Received on Monday 14 September") || strings.Contains(text, "low-level") {
				t.Error("whoever raised it does not see that it was received, or sees more")
			}
			if strings.Contains(c.log.String(), note) || strings.Contains(c.log.String(), "@") {
				t.Errorf("a log tells: %s", c.log)
			}
			c.work()
			if waits, err := decisions.Waits(t.Context(), c.site, decisions.Incident); waits || err != nil {
				t.Errorf("something lies about: %v %v", waits, err)
			}
		})
	}
}

// Nothing of an entry is shown before it is recorded that it is read, and reading stops the clock by which it is passed on.
func TestReadingIsRecordedFirst(t *testing.T) {
	c := newCampus(t, sitePolicy)
	c.raise("teacher", url.Values{"about": {"pupil"}, "kind": {"incident"}, "note": {note}})
	c.work()
	id := c.entries(incidents.Ordinary, "officer")[0]
	for _, page := range []string{"/incidents", "/incidents/e/" + id, "/incidents/log.csv"} {
		if _, text := c.get("officer", page); strings.Contains(text, "online-safety incident") || strings.Contains(text, note) {
			t.Errorf("%s shows it", page)
		}
	}
	v := url.Values{"answer": {"x"}, "who_told": {"a"}, "learnt": {"b"}}
	_, text := c.get("officer", "/incidents")
	v.Set("form_token", hidden(text, "/incidents/open/"+id).Get("form_token"))
	v.Set("form", "f")
	for _, act := range []string{"correct", "settle", "close", "reopen"} {
		if status, _ := c.do("officer", "POST", "/incidents/"+act+"/"+id, v); status != http.StatusNotFound {
			t.Errorf("%s before reading: %d", act, status)
		}
	}
	if status, text := c.posts("officer", "/incidents", "/incidents/open/"+id, nil); status != http.StatusOK || !strings.Contains(text, note) {
		t.Fatalf("%d", status)
	}
	c.now = c.now.Add(10 * time.Minute)
	c.work()
	c.now = c.now.Add(3 * time.Hour)
	c.work()
	if got := c.entries(incidents.Ordinary, "deputy"); len(got) != 0 {
		t.Error("it was passed on although the officer had opened it")
	}
}

// When the time of an entry is over the page asks whoever decides; a download is noted in what was downloaded.
func TestEntryIsKeptOrGoes(t *testing.T) {
	c := newCampus(t, sitePolicy)
	c.raise("teacher", url.Values{"about": {"pupil"}, "kind": {"incident"}, "note": {note}})
	c.work()
	id := c.entries(incidents.Ordinary, "officer")[0]
	page := "/incidents/e/" + id
	for _, name := range []string{"officer", "lead"} {
		c.posts(name, "/incidents", "/incidents/open/"+id, nil)
	}
	c.work()
	c.posts("lead", page, "/incidents/close/"+id, url.Values{"who_told": {"the parents"}, "learnt": {"to ask"}})
	c.work()
	for range 2 {
		if status, text := c.get("officer", "/incidents/log.csv"); status != http.StatusOK || !strings.Contains(text, id) {
			t.Fatalf("the list: %d %s", status, text)
		}
		c.work()
	}
	_, text := c.get("lead", page)
	if n := strings.Count(text, "downloaded it"); n != 1 {
		t.Errorf("that it was downloaded twice on a day stands there %d times", n)
	}
	if strings.Contains(text, "Its time is over") || !strings.Contains(text, "It is kept until Thu 14 September 2051") {
		t.Errorf("on the day on which it was closed the page says: %s", text)
	}
	c.now = time.Date(2051, 9, 15, 9, 0, 0, 0, time.UTC)
	c.browsers = map[string]*http.Client{}
	if _, text := c.get("officer", page); strings.Contains(text, "Its time is over") {
		t.Error("the officer is asked")
	}
	v := url.Values{"until": {"2052-01-01"}, "why": {"a claim"}}
	if status, text := c.posts("lead", page, "/incidents/keep/"+id, v); status != http.StatusOK {
		t.Fatalf("kept: %d %s", status, text)
	}
	c.work()
	if _, text := c.get("lead", page); !strings.Contains(text, "a claim") || strings.Contains(text, "Its time is over") {
		t.Errorf("kept, and the page says: %s", text)
	}
	c.now = time.Date(2052, 1, 2, 9, 0, 0, 0, time.UTC)
	c.browsers = map[string]*http.Client{}
	if status, _ := c.posts("lead", page, "/incidents/delete/"+id, nil); status != http.StatusBadRequest {
		t.Errorf("deleted without being sure: %d", status)
	}
	if status, text := c.posts("lead", page, "/incidents/delete/"+id, url.Values{"sure": {"yes"}}); status != http.StatusOK {
		t.Fatalf("deleted: %d %s", status, text)
	}
	c.work()
	if got := c.entries(incidents.Ordinary, "lead"); len(got) != 0 {
		t.Errorf("it is still there: %v", got)
	}
}

func TestEntryLife(t *testing.T) {
	c := newCampus(t, sitePolicy)
	c.raise("teacher", url.Values{"about": {"nobody"}, "kind": {"data-breach"}, "item": {"file/1AbC"}, "note": {note}, "known": {"2026-09-14T08:30"}})
	c.work()
	id := c.entries(incidents.Ordinary, "officer")[0]
	page := "/incidents/e/" + id
	c.posts("officer", "/incidents", "/incidents/open/"+id, nil)
	c.posts("head", "/incidents", "/incidents/open/"+id, nil)
	c.work()
	if _, text := c.get("officer", page); !strings.Contains(text, "Due by Thursday 17 September 2026, 08:30") || strings.Contains(text, `action="/incidents/close`) || strings.Contains(text, "regulator-told") {
		t.Errorf("the officer's page: %s", text)
	}
	held, err := (&incidents.Log{Store: c.main}).Holds(t.Context())
	if err != nil || !held.Frozen("file/1AbC") {
		t.Errorf("the file is not left as it is: %v", err)
	}
	step := func(name, act string, fill url.Values) {
		t.Helper()
		if status, text := c.posts(name, page, "/incidents/"+act+"/"+id, fill); status != http.StatusOK {
			t.Fatalf("%s: %d %s", act, status, text)
		}
		c.now = c.now.Add(time.Minute)
		c.work()
	}
	step("head", "settle", url.Values{"answer": {"regulator-not-told"}})
	step("officer", "correct", url.Values{"kind": {"data-breach"}, "about": {"nobody"}, "reference": {"CP-12"}, "note": {note + " again"}})
	if _, text := c.get("officer", page); !strings.Contains(text, "CP-12") || !strings.Contains(text, note+" again") || !strings.Contains(text, "need not be told") {
		t.Error("it was not corrected or settled")
	}
	if status, _ := c.posts("officer", page, "/incidents/close/"+id, url.Values{"who_told": {"the council"}, "learnt": {" "}}); status != http.StatusBadRequest {
		t.Errorf("closed without an answer: %d", status)
	}
	step("officer", "close", url.Values{"who_told": {"the council"}, "learnt": {"=cmd() to lock the trolley"}})
	if _, text := c.get("officer", page); strings.Contains(text, note) || !strings.Contains(text, "to lock the trolley") {
		t.Error("closed, and the note stands or the answer does not")
	}
	if _, text := c.get("officer", "/incidents/log.csv"); !strings.Contains(text, "'=cmd()") {
		t.Errorf("a cell of the list is a formula: %s", text)
	}
	// Who takes the list out is noted; not of the one about adults, of which nobody else may know.
	_, _ = c.get("teacher", "/incidents/log.csv")
	_, _ = c.get("head", "/incidents/adults.csv")
	taken := 0
	for d, err := range decisions.Since(t.Context(), c.site, decisions.Exported, time.Time{}) {
		if taken++; err != nil || d.Check() != nil || d.Kind != decisions.ExportIncidents || !d.At.Equal(c.now) {
			t.Errorf("%+v %v", d, err)
		}
	}
	if taken != 1 {
		t.Errorf("%d lists were taken out", taken)
	}
	step("officer", "reopen", url.Values{"note": {"there was more"}})
	// About an adult after all: it goes, and the officer finds nothing any more.
	step("officer", "correct", url.Values{"kind": {"incident"}, "about": {"adult"}})
	for _, p := range []string{page, "/incidents", "/incidents/log.csv"} {
		if status, _ := c.get("officer", p); status != http.StatusNotFound {
			t.Errorf("the officer gets %d at %s", status, p)
		}
	}
	if got := c.entries(incidents.Adults, "head"); !slices.Equal(got, []string{id}) {
		t.Errorf("the headteacher reads %v", got)
	}
}

func TestHostileText(t *testing.T) {
	const nasty = `</textarea><script>alert(1)</script>"'><img src=x onerror=alert(2)>{{.Token}}` + "\u202e"
	c := newCampus(t, sitePolicy)
	for _, fill := range []url.Values{
		{"about": {"pupil"}, "kind": {"incident"}, "note": {nasty}, "reference": {`"><b>`}},
		{"about": {"pupil"}, "kind": {"incident"}, "note": {nasty + strings.Repeat("x", 500)}, "item": {nasty}, "reference": {nasty}, "date": {nasty}},
		{"about": {"pupil"}, "kind": {nasty}, "note": {nasty}},
		{"about": {"pupil"}, "kind": {"incident"}, "known": {nasty}},
	} {
		_, text := c.raise("teacher", fill)
		if strings.Contains(text, "<script") || strings.Contains(text, "<img") {
			t.Errorf("a page holds what was sent as it is:\n%s", text)
		}
	}
	c.work()
	ids := c.entries(incidents.Ordinary, "officer")
	if len(ids) != 1 {
		t.Fatalf("%d entries", len(ids))
	}
	_, text := c.posts("officer", "/incidents", "/incidents/open/"+ids[0], nil)
	if strings.Contains(text, "<script") || strings.Contains(text, "<img") || strings.Contains(text, `"><b>`) || !strings.Contains(text, "&lt;script&gt;") {
		t.Errorf("the entry holds what was sent as it is:\n%s", text)
	}
	if status, _ := c.get("officer", "/concern?item="+url.QueryEscape(nasty)); status != http.StatusOK {
		t.Error(status)
	}
}

// A form sent twice is one entry, before the worker took it up and after.
func TestSentTwice(t *testing.T) {
	c := newCampus(t, sitePolicy)
	_, text := c.posts("teacher", "/concern", "/concern/form", url.Values{"about": {"pupil"}})
	v := hidden(text, "/concern")
	v.Set("about", "pupil")
	v.Set("kind", "incident")
	v.Set("note", note)
	for i := range 3 {
		if status, text := c.do("teacher", "POST", "/concern", v); status != http.StatusOK || strings.Contains(text, "sent before") != (i == 1) {
			t.Errorf("time %d: %d %s", i, status, text)
		}
		if i > 0 {
			c.now = c.now.Add(time.Minute)
			c.work()
		}
	}
	if n := len(c.entries(incidents.Ordinary, "officer")); n != 1 {
		t.Errorf("%d entries", n)
	}
	v.Set("note", "something else")
	if status, text := c.do("teacher", "POST", "/concern", v); status != http.StatusBadRequest || !strings.Contains(text, "open a new form") {
		t.Errorf("other words in the same form: %d", status)
	}
	v.Set("form_token", "made up")
	if status, _ := c.do("teacher", "POST", "/concern", v); status != http.StatusForbidden {
		t.Errorf("a form from elsewhere: %d", status)
	}
}

func TestNumbers(t *testing.T) {
	c := newCampus(t, sitePolicy)
	for i := range 4 {
		about := []string{"pupil", "pupil", "pupil", "adult"}[i]
		c.raise("teacher", url.Values{"about": {about}, "kind": {"incident"}})
	}
	c.work()
	for _, name := range incidentPeople {
		may := slices.Contains([]string{"governor", "chair", "head"}, name)
		status, text := c.get(name, "/incidents/numbers")
		if (status == http.StatusOK) != may || strings.Contains(text, "Numbers by term") != may {
			t.Errorf("%s: %d", name, status)
		}
		if may && !strings.Contains(text, "<td>online-safety incident</td><td>3</td>") {
			t.Errorf("%s: %s", name, text)
		}
	}
}

// A school whose policy asks for no such record is offered no form.
func TestNoLog(t *testing.T) {
	c := newCampus(t, strings.Replace(sitePolicy, "record: incidents", "record: meetings", 1))
	for _, page := range []string{"/concern", "/incidents", "/incidents/numbers"} {
		if status, _ := c.get("head", page); status != http.StatusNotFound {
			t.Errorf("%s: %d", page, status)
		}
	}
	if _, text := c.get("head", "/"); strings.Contains(text, "concern") {
		t.Error("the menu offers a form")
	}
}

// What is to be done is shown before and after sending, with the school's numbers.
func TestStepsAreShown(t *testing.T) {
	c := newCampus(t, sitePolicy)
	_, before := c.posts("teacher", "/concern", "/concern/form", url.Values{"about": {"adult"}})
	_, after := c.raise("teacher", url.Values{"about": {"adult"}, "kind": {"incident"}})
	for name, text := range map[string]string{"before": before, "after": after} {
		for _, want := range []string{"020 7946 0101", "ring 999", "local designated officer", "It goes to the headteacher"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q", name, want)
			}
		}
	}
}
