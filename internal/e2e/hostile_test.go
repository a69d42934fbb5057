package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	netmail "net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"esafetybot/internal/access"
	"esafetybot/internal/checks/sharing"
	"esafetybot/internal/findings"
	"esafetybot/internal/incidents"
	"esafetybot/internal/jobs"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/roster"
	"esafetybot/internal/sim/world"
	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
	"esafetybot/internal/web"
	"esafetybot/internal/web/signin"
)

// everyJob is whatever a day may call for.
var everyJob = slices.Concat(jobs.Looking, jobs.Following)

// hostileWalk goes through what the program shows of a hostile school, and judges it.
type hostileWalk struct {
	*campus
	w       *watch
	names   *namer
	v       *verdicts
	markup  markup // of the site
	letters markup // of mails
	text    int    // of those written into forms, how many were
	paths   map[string]bool
	readers map[string]*reader // by site and address
	count   map[string]int
}

// run lets jobs run at a moment.
func (h *hostileWalk) run(when time.Time, names ...string) {
	h.t.Helper()
	h.world.SetNow(when)
	h.decide(h.w)
	if err := h.runNamed(h.w, names...); err != nil {
		h.t.Errorf("%s: %.500s", when, err.Error())
	}
}

// look judges an answer of the site.
func (h *hostileWalk) look(path string, header http.Header, body []byte) {
	h.paths[strings.TrimPrefix(path, "GET ")] = true
	path, _, _ = strings.Cut(path, "?")
	where := "page " + path
	switch kind := header.Get("Content-Type"); {
	case strings.HasPrefix(kind, "text/html"):
		h.count["pages"]++
		h.v.html(where, string(body), h.markup)
	case strings.HasPrefix(kind, "text/csv"):
		h.v.lists[filepath.Base(path)] += h.v.csv(where, body)
	case strings.HasPrefix(kind, "text/calendar"):
		h.v.calendar(where, string(body))
	}
	for name, values := range header {
		if strings.Contains(strings.ToLower(name+strings.Join(values, "")), "owned") {
			h.v.say(where, "the header %s", name)
		}
	}
}

// starts are the pages that no link leads to for everybody who may see them.
var starts = []string{"/", "/check-ins", "/classes", "/findings", "/findings?state=agreed", "/findings?state=information", "/findings?asked=can", "/shared", "/changes", "/overview", "/records", "/reminders", "/reminders.ics", "/closed", "/reports",
	"/reports/inspection", "/concern", "/concern?item=%3Cx-owned%3E", "/incidents", "/incidents/log.csv", "/incidents/adults.csv", "/incidents/numbers", "/nothing-here%3Cx-owned%3E"}

// visit lets everybody of some people walk through a site, and send each form of it that fits so many times.
func (h *hostileWalk) visit(site string, people, from []string, forms *regexp.Regexp, times int) {
	for _, who := range people {
		r := h.readers[site+who]
		if r == nil { // one session each: a network may not sign in without end
			r = newReader(h.t, site, who)
			r.look = h.look
			r.next = func() string {
				h.text++
				return hostileTexts[h.names.texts[h.text%len(h.names.texts)]]
			}
			h.readers[site+who] = r
			r.signIn()
		}
		r.seen, r.sent = map[string]bool{}, map[string]int{}
		r.walk(from, 3, func(doc *html.Node) {
			if times > 0 {
				r.fill(doc, forms, times)
			}
		})
		for _, n := range r.sent {
			h.count["forms"] += n
		}
	}
}

// mails judges everything in an outbox, and counts it by kind.
func (h *hostileWalk) mails(s store.Store, kinds map[string]int) {
	h.t.Helper()
	for e, err := range outbox.Reader(s).All(h.t.Context(), time.Time{}) {
		h.do(err)
		f, err := outbox.ReadFrom(h.t.Context(), s, e)
		h.do(err)
		kinds[e.Kind]++
		h.count["mails"]++
		h.v.mail("mail "+e.Kind, f.Raw, h.letters)
		for _, a := range f.Beside {
			h.v.lists[listName(a.Name)] += h.v.csv("mail "+e.Kind+" beside "+a.Name, a.Data)
		}
	}
}

// listName is a list's name without its date.
func listName(name string) string { name, _, _ = strings.Cut(name, "-"); return name }

// TestHostileSchool: in a school in which everything that has a name carries a hostile one, and into whose forms people write such texts, no page as anybody sees it, no mail and no list holds more than its words. Every page, every kind
// of mail and every list is among them.
func TestHostileSchool(t *testing.T) {
	t.Parallel()
	s, w, n := hostileSchool(t)
	h := &hostileWalk{campus: s, w: w, names: n, v: &verdicts{faults: map[string][]string{}, shown: map[string]bool{}, lists: map[string]int{}}, paths: map[string]bool{}, readers: map[string]*reader{}, count: map[string]int{},
		markup: markupOf(t, "../web/pages/*.tmpl", "../reports/*.tmpl"), letters: markupOf(t, "../reports/*.tmpl")}
	file := h.headsFile()
	first := s.world.Now()
	h.run(first, everyJob...)
	h.rarely(file)
	h.run(first.Add(5*time.Minute), jobs.IncidentsJob)
	site, named := s.siteOf(w), s.named(w)
	all := s.visitors(w, func(string) bool { return true })
	some := append(slices.Clone(named), all[len(all)-1], all[len(named)]) // a pupil, and a teacher or assistant
	concerns, entries, others := regexp.MustCompile(`^/concern`), regexp.MustCompile(`^/(incidents|taken-down)/`), regexp.MustCompile(`^/([^c]|c[^o]|cover)`)

	// People write into the site, and it is taken up. Who writes sees it then.
	h.visit(site, some, starts, others, 1)
	h.visit(site, some[:2], []string{"/concern"}, concerns, 2)
	h.run(first.Add(20*time.Minute), jobs.IncidentsJob)
	h.visit(site, named, []string{"/incidents"}, regexp.MustCompile(`^/incidents/open/`), 30)
	h.run(first.Add(30*time.Minute), jobs.IncidentsJob)
	h.visit(site, named, []string{"/incidents", "/"}, entries, 2) // what they opened they correct, settle, close
	h.run(first.Add(40*time.Minute), jobs.IncidentsJob)
	h.run(first.AddDate(0, 0, 1).Add(11*time.Hour+30*time.Minute), jobs.CommentsJob, jobs.CheckInsJob, jobs.RecordsJob, jobs.IncidentsJob, jobs.SharingJob, jobs.ApplyJob, jobs.DigestJob, jobs.ReportJob)
	h.visit(site, named, starts, nil, 0)

	// What comes seldom: the monthly list, the termly report, and the letters that something does not work.
	h.run(time.Date(2026, 10, 5, 6, 0, 0, 0, time.UTC), jobs.MonthlyJob)
	h.run(time.Date(2026, 12, 17, 6, 0, 0, 0, time.UTC), jobs.MonthlyJob, jobs.TermlyJob)
	h.visit(site, named[:min(len(named), 3)], []string{"/reports"}, nil, 0)
	_, err := jobs.TellLate(t.Context(), w.store, w.box, w.policy, first, s.world.Now())
	s.do(err)
	h.trust(named)
	h.outage()

	kinds := map[string]int{}
	h.mails(w.store, kinds)
	h.mails(h.overview(), kinds)
	book, err := access.Open(t.Context(), w.store, nil)
	s.do(err)
	var out bytes.Buffer
	s.do(book.Export(&out, book.At(time.Time{}), w.policy.School.Location, nil))
	h.v.lists["access record"] = h.v.csv("access record", out.Bytes())

	for _, f := range slices.Sorted(maps.Keys(h.v.faults)) {
		places := map[string]int{}
		for _, p := range h.v.faults[f] {
			places[p]++
		}
		var list []string
		for _, p := range slices.Sorted(maps.Keys(places)) {
			list = append(list, fmt.Sprintf("%s ×%d", p, places[p]))
		}
		t.Errorf("%s: %s", f, strings.Join(list[:min(len(list), 12)], ", "))
	}
	h.sawAll(kinds)
	t.Logf("%v; lists %v; mails %v; %d texts under %d keys; traces of %d seen", h.count, h.v.lists, kinds, len(hostileTexts), len(n.given), len(h.v.shown))
}

// sawAll sees to it that no page, no kind of mail and no list was forgotten, and that the hostile names came through to where they were looked for.
func (h *hostileWalk) sawAll(kinds map[string]int) {
	h.t.Helper()
	each := func(glob, pattern string, with func(file, found string)) {
		files, err := filepath.Glob(glob)
		h.do(err)
		found := 0
		for _, f := range files {
			text, err := os.ReadFile(f)
			h.do(err)
			for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(text), -1) {
				found++
				with(filepath.Base(f), m[1])
			}
		}
		if found < 5 {
			h.t.Errorf("%s has only %d of %s: is that written otherwise?", glob, found, pattern)
		}
	}
	each("../web/*.go", `"GET (/[^"]*)"`, func(file, route string) {
		fits := regexp.MustCompile("^" + regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(strings.TrimSuffix(route, "{$}"), "[^/?]+") + `($|\?)`)
		if !strings.HasSuffix(route, ".css") && !slices.ContainsFunc(slices.Collect(maps.Keys(h.paths)), fits.MatchString) {
			h.t.Errorf("%s serves %s, which nobody looked at", file, route)
		}
	})
	each("../jobs/*.go", `\b\w*Kind\s+= "([a-z-]+)"`, func(file, kind string) {
		if kinds[kind] == 0 {
			h.t.Errorf("%s has mails of the kind %s, of which none was made", file, kind)
		}
	})
	for _, list := range []string{"log.csv", "adults.csv", "sharing", "accounts", "access record"} {
		if h.v.lists[list] < 20 {
			h.t.Errorf("the list %s has %d cells", list, h.v.lists[list])
		}
	}
	for name := range tracesOf {
		if !h.v.shown[name] {
			h.t.Errorf("nothing is seen anywhere of %s: did the names come through?", name)
		}
	}
	for where, had := range h.names.given {
		h.count["names"] += len(had)
		if len(had) == 0 {
			h.t.Errorf("no hostile name under %s", where)
		}
	}
}

// headsFile is a file of the headteacher's that somebody outside may open: what is agreed about it the chair of governors hears of.
func (h *hostileWalk) headsFile() string {
	h.t.Helper()
	head, _ := h.w.policy.Address(policy.RoleHead)
	id, err := h.world.CreateFile(&world.File{Name: h.names.name("file", "Plan of the headteacher's"), MimeType: world.MimeDocument}, head)
	h.do(err)
	h.do(h.world.Share(id, world.Grant{Type: "user", Role: "reader", EmailAddress: "=builder@boilers.example"}, head))
	return id
}

// rarely lets happen what forms seldom say: somebody agrees to that file, and a blog is to be taken down.
func (h *hostileWalk) rarely(file string) {
	h.t.Helper()
	k := &findings.Keeper{Store: h.w.store, Commit: h.w.store.Commit}
	agreed := false
	for f, err := range k.List(h.t.Context(), sharing.Means, findings.Open) {
		h.do(err)
		if f.Subject != "file/"+file {
			continue
		}
		agreed = true
		h.do(k.Agree(h.t.Context(), findings.Run{ID: "agree", Policy: h.w.policy.Version, Now: h.world.Now()}, f.ID, findings.Agreement{Until: h.world.Now().AddDate(0, 3, 0), By: string(policy.RoleOfficer), Why: hostileTexts["a script"] + hostileTexts["an override"] + hostileTexts["a header"], Facts: f.Facts}))
	}
	if !agreed {
		h.t.Error("nothing was found about the headteacher's file")
	}
	adults, err := roster.Read(h.t.Context(), h.w.store)
	h.do(err)
	log := incidents.Of(h.w.policy, h.w.store, roster.IDs(adults), h.world.Now)
	log.Commit = h.w.store.Commit
	_, err = log.Raise(h.t.Context(), incidents.By{ID: adults[0].ID}, incidents.Form{ID: "take-down", Kind: incidents.Takedown, About: incidents.Pupil, Item: "blog/" + h.w.policy.Blogs[0].ID, Note: hostileTexts["out of an element"]})
	h.do(err)
}

// trust looks at the pages of a trust that has this school.
func (h *hostileWalk) trust(people []string) {
	h.t.Helper()
	var handler http.Handler
	hs := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) { handler.ServeHTTP(out, r) }))
	h.t.Cleanup(hs.Close)
	name := h.names.name("trust name", "Example Learning Trust")
	in, err := signin.New(signin.Config{Issuer: h.base, ClientID: "review", ClientSecret: "secret", BaseURL: hs.URL, Domains: h.w.policy.School.Domains, Key: bytes.Repeat([]byte{8}, 32), Pages: web.TrustPagesOf(name), Log: slog.New(slog.DiscardHandler)})
	h.do(err)
	of, err := web.New(web.Config{Policy: h.w.policy, Main: h.w.store, Decisions: h.w.site, SignIn: in, Clock: h.world.Now})
	h.do(err)
	lead, _ := h.w.policy.Address(policy.RoleHead)
	handler, err = web.NewTrust(web.TrustConfig{Name: name, Lead: policy.Person{Address: lead}, Schools: []web.TrustSchool{{Site: of, Address: "https://review.school.example"}}, SignIn: in, Clock: h.world.Now, Log: slog.New(slog.DiscardHandler)})
	h.do(err)
	h.visit(hs.URL, people, []string{"/", "/overview", "/administrator"}, nil, 0)
}

// overview is an outbox with the mail to the safeguarding lead of that trust.
func (h *hostileWalk) overview() store.Store {
	h.t.Helper()
	st, err := memory.Open()
	h.do(err)
	box, err := outbox.New(st, outbox.Options{Location: h.w.policy.School.Location, From: netmail.Address{Address: "esafetybot@trust.example"}})
	h.do(err)
	env := jobs.TrustEnv{
		Trust: &policy.Trust{Name: h.names.name("trust name", "Example Learning Trust"), SafeguardingLead: policy.Person{Address: "lead@trust.example", Name: h.names.name("trust lead", "Tamsin Orme")}, Schools: []*policy.Policy{h.w.policy}},
		Store: st, School: func(context.Context, *policy.Policy) (store.Store, error) { return memory.Copy(h.w.store) }, Clock: func() time.Time { return time.Date(2026, 12, 14, 12, 0, 0, 0, time.UTC) }, // a Monday Holder: "test", Exclusive: true, Log: slog.New(slog.DiscardHandler),
	}
	made, err := jobs.Overview(h.t.Context(), env, box, func(context.Context, *outbox.Outbox) error { return nil })
	if err != nil || !made {
		h.t.Errorf("the overview of the trust: made %v, %v", made, err)
	}
	return st
}

// outage lets a job fail for so long that its administrators are told.
func (h *hostileWalk) outage() {
	h.t.Helper()
	env, err := h.env(h.t.Context(), h.w)
	h.do(err)
	env.Roll = func(*policy.Roll) ([]byte, error) {
		return nil, errors.New(hostileTexts["a header"] + hostileTexts["out of an element"])
	}
	for range 3 {
		h.world.SetNow(h.world.Now().Add(50 * time.Minute))
		env.Since = map[string]string{}
		_, _ = runJobs(h.t.Context(), h.w, env, jobs.AccountsJob)
	}
}
