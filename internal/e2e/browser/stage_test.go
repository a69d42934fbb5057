//go:debug rsa1024min=0
package browser

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	netmail "net/mail"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"esafetybot/internal/checks/comments"
	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/google"
	"esafetybot/internal/jobs"
	"esafetybot/internal/memory"
	"esafetybot/internal/moderation"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/seen"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
	"esafetybot/internal/store"
	memorystore "esafetybot/internal/store/memory"
	"esafetybot/internal/web"
	"esafetybot/internal/web/signin"
)

// looking are the jobs whose work the site shows.
var looking = []string{jobs.AccountsJob, jobs.CommentsJob, jobs.CheckInsJob, jobs.RecordsJob, jobs.IncidentsJob, jobs.SharingJob, jobs.ApplyJob, jobs.DigestJob}

// testKey is made once, and far too short to be safe: it signs for nobody but the simulated school, once for each account.
var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 512)
	if err != nil {
		panic(err)
	}
	return k
})

// issuerKey signs who signed in.
var issuerKey = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

// stage is a simulated school, the worker's state after it has looked, and the review site.
type stage struct {
	t         testing.TB
	school    *generate.School
	world     *world.World
	policy    *policy.Policy
	main      store.Store
	decisions store.Store
	client    *google.Client
	box       *outbox.Outbox
	issuer    string
	site      string // its address

	blog        string // the one whose comments are shown and hidden from the site
	dojoTeacher string // address of the teacher of the class on ClassDojo
}

// newStage makes a school, lets the worker look at it, and opens the site. State is where the worker keeps it; nil is memory.
func newStage(t testing.TB, state store.Store, autoLogin bool) *stage {
	t.Helper()
	sc, err := generate.Generate(generate.Options{Pupils: 60, Seed: 4})
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{t: t, school: sc, world: sc.World, main: state, decisions: openMemory(t)}
	if s.policy, err = policy.Parse("classroom-school.yaml", []byte(s.asks(sc.Policies[generate.Classroom]))); err != nil {
		t.Fatal(err)
	}
	if state != nil {
		s.serve(autoLogin)
		s.open()
		s.work()
		return s
	}
	first.mu.Lock()
	defer first.mu.Unlock()
	if s.main = openMemory(t); first.state != nil {
		s.main = copyOf(t, first.state)
		s.world.SetNow(first.now)
	}
	s.serve(autoLogin)
	s.open()
	if first.state == nil {
		s.work()
		first.state, first.now = copyOf(t, s.main), s.world.Now()
	}
	return s
}

// first is the worker's state after its first look, which is the same for every school: it looks once, and each stage has a copy. The look changes nothing in the
// school, as TestFirstLookChangesNothing makes sure.
var first struct {
	mu    sync.Mutex
	state store.Store // nil before it
	now   time.Time
}

func copyOf(t testing.TB, s store.Store) store.Store {
	t.Helper()
	c, err := memorystore.Copy(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// dojoClass is the id of the class that is on ClassDojo.
const dojoClass = "5f1e2d3c4b5a69788796a5b4"

// asks lets the policy ask for what a generated school does not have: blogs of which only the first is moderated from the site, a class on ClassDojo, records that are lists, and that access of a person outside
// is proposed to be ended.
func (s *stage) asks(text string) string {
	s.t.Helper()
	s.dojoTeacher = s.otherTeacher(text)
	blog := regexp.MustCompile(`(?m)^  - \{blog: "(\d+)", name: [^{}]*`).FindStringSubmatchIndex(text)
	if blog == nil {
		s.t.Fatal("the policy lists no blog")
	}
	s.blog = text[blog[2]:blog[3]]
	rest := strings.ReplaceAll(text[blog[1]:], ", moderate: yes}", "}") // the first blog only
	text = text[:blog[1]] + rest
	if !strings.HasSuffix(text[:blog[1]], "moderate: yes") {
		s.t.Fatal("the blog's comments cannot be moderated from the site")
	}
	for before, more := range map[string]string{
		"\nclauses:\n": fmt.Sprintf("\nclassdojo:\n  classes:\n    - {name: 5 Ash, id: %s, teachers: [%s]}\n  look_within: 10 school days\n", dojoClass, s.dojoTeacher),
		"\nnot_seen:": "\n  - id: D1\n    says: ClassDojo is the channel to parents.\n    deals_with_it: esafety_officer\n    met_by: [{check_in: class-dojo, ask: class_teacher, every: half term}]\n" +
			"  - id: D2\n    says: Visitors sign before they get access.\n    deals_with_it: esafety_officer\n    met_by: [{record: visitors, due: 5 school days}, {record: approved-services}]\n",
	} {
		if strings.Count(text, before) != 1 {
			s.t.Fatalf("the policy has another form: it has %q %d times", before, strings.Count(text, before))
		}
		text = strings.Replace(text, before, more+before, 1)
	}
	const means = "severity: medium, due: 5 school days}"
	i := strings.Index(text, "rules: [outside-person")
	if i < 0 || !strings.Contains(text[i:], means) {
		s.t.Fatal("the policy has another clause on sharing")
	}
	return text[:i] + strings.Replace(text[i:], means, strings.TrimSuffix(means, "}")+", when_not_met: propose}", 1)
}

// otherTeacher is the address of a teacher whom a policy does not name, of the last class that has one.
func (s *stage) otherTeacher(policy string) (address string) {
	s.t.Helper()
	s.world.View(func() {
		for _, c := range s.world.Courses() {
			for _, m := range s.world.Teachers(c.ID) {
				if u := s.world.User(m.UserID); u != nil && !u.Suspended && strings.HasPrefix(u.OrgUnitPath, "/Staff") && !slices.ContainsFunc(u.Addresses(), func(a string) bool { return strings.Contains(policy, a) }) {
					address = u.PrimaryEmail
				}
			}
		}
	})
	if address == "" {
		s.t.Fatal("no teacher plays no role")
	}
	return address
}

func openMemory(t testing.TB) store.Store {
	t.Helper()
	s, err := memorystore.Open()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// serve serves the school as Google would, with an issuer that knows the site.
func (s *stage) serve(autoLogin bool) {
	s.t.Helper()
	for i := range s.world.Settings.Clients { // delegation of what the jobs ask for
		c := &s.world.Settings.Clients[i]
		for _, job := range append(slices.Clone(jobs.Looking), jobs.ApplyJob) {
			for _, use := range google.Scopes(job) {
				c.Scopes = append(c.Scopes, use.Scope)
			}
		}
	}
	srv, err := server.New(s.world, server.Options{
		Key: testKey(), OIDCKey: issuerKey(), AutoLogin: autoLogin, OIDCClients: []world.OIDCClient{{ClientID: "review", ClientSecret: "secret"}},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	hs := httptest.NewServer(srv)
	s.t.Cleanup(hs.Close)
	s.issuer = hs.URL
	key, err := srv.Credentials(hs.URL + "/token")
	if err != nil {
		s.t.Fatal(err)
	}
	admin, _ := s.policy.Address(policy.RoleAdmin)
	s.client, err = google.New(context.Background(), google.Config{
		Credentials: key, Admin: admin, Endpoint: hs.URL, Workers: 4, Quota: google.Unlimited(), Retry: google.Retry{Tries: 4, Each: 10 * time.Second, Base: time.Millisecond, Cap: 20 * time.Millisecond},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	if s.box, err = outbox.New(s.main, outbox.Options{Location: s.policy.School.Location, From: netmail.Address{Address: admin}}); err != nil {
		s.t.Fatal(err)
	}
}

// open opens the site on loopback.
func (s *stage) open() {
	s.t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	s.site = "http://" + ln.Addr().String()
	in, err := signin.New(signin.Config{
		Issuer: s.issuer, ClientID: "review", ClientSecret: "secret", BaseURL: s.site, Domains: s.policy.School.Domains, Outside: s.named, Key: bytes.Repeat([]byte{7}, 32), Pages: web.PagesOf(s.policy),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	site, err := web.New(web.Config{Policy: s.policy, Main: s.main, Decisions: s.decisions, SignIn: in, Clock: s.world.Now})
	if err != nil {
		s.t.Fatal(err)
	}
	hs := &http.Server{Handler: site, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	go func() { _ = hs.Serve(ln) }()
	s.t.Cleanup(func() { _ = hs.Close() })
}

// named tells whether the policy names an address.
func (s *stage) named(address string) bool {
	for _, list := range s.policy.People {
		if slices.ContainsFunc(list, func(p policy.Person) bool { return strings.EqualFold(p.Address, address) }) {
			return true
		}
	}
	return false
}

// blogs tells whether somebody looks after a blog, or stood in for who does.
func (s *stage) blogs(u *world.User) bool {
	book, err := moderation.Open(s.t.Context(), s.main)
	if err != nil {
		s.t.Fatal(err)
	}
	return slices.ContainsFunc(s.policy.Blogs, func(b policy.Blog) bool {
		hosts := slices.ContainsFunc(b.Hosts, func(address string) bool { h := s.user(address); return h != nil && h.ID == u.ID })
		return hosts || slices.ContainsFunc(book.Class(moderation.BlogKey(b.ID)).Cover, func(c moderation.Cover) bool { return c.Who == u.ID })
	})
}

// work lets the worker look, a quarter of an hour later.
func (s *stage) work() {
	s.t.Helper()
	s.world.SetNow(s.world.Now().Add(15 * time.Minute))
	env := jobs.Env{
		Store: s.main, Site: s.decisions, BaseURL: s.site, Exclusive: true, Policy: s.policy, Google: s.client, Clock: s.world.Now, Log: slog.New(slog.DiscardHandler), Holder: "test", Roll: s.roll,
		Patience: []time.Duration{time.Millisecond, time.Millisecond}, Change: s.client,
	}
	_ = jobs.Run(s.t.Context(), env, s.box, looking, func(job string, r *jobs.Record, err error) {
		if err != nil || r == nil && job != jobs.ReturnsJob || r != nil && r.Error != "" { // of mails that came back there is no record where none could
			s.t.Fatalf("job %s: %v %+v", job, err, r)
		}
	})
}

// roll is a roll of the school.
func (s *stage) roll(r *policy.Roll) (data []byte, err error) {
	s.world.View(func() { data = s.world.Roll(filepath.Base(r.CSV)) })
	if data == nil {
		err = fmt.Errorf("there is no roll %s", r.CSV)
	}
	return data, err
}

// waiting lists the posts that wait, as the worker has it: by class, their subjects.
func (s *stage) waiting() map[string][]string {
	s.t.Helper()
	out := map[string][]string{}
	keeper := &findings.Keeper{Store: s.main}
	for f, err := range keeper.List(s.t.Context(), comments.Means, findings.Open) {
		if err != nil {
			s.t.Fatal(err)
		}
		if course, _, ok := moderation.ParseSubject(f.Subject); ok && f.Rule == comments.Means+"."+comments.Unreviewed && !slices.Contains(out[course], f.Subject) {
			out[course] = append(out[course], f.Subject)
		}
	}
	return out
}

// teacher is a class of a teacher who plays no other role, with at least so many posts that wait, and the teacher's address.
func (s *stage) teacher(posts int) (course, address string) {
	s.t.Helper()
	book, err := memory.Rosters(s.t.Context(), s.main)
	if err != nil {
		s.t.Fatal(err)
	}
	waiting := s.waiting()
	for _, c := range slices.Sorted(maps.Keys(waiting)) {
		if len(waiting[c]) < posts || book[c] == nil {
			continue
		}
		for _, m := range book[c].Members {
			if u := s.user(m.ID); m.Teacher && u != nil && !u.Suspended && !u.Archived && !s.named(u.PrimaryEmail) && !s.blogs(u) {
				return c, u.PrimaryEmail
			}
		}
	}
	s.t.Fatalf("no class with %d waiting posts and a teacher of its own: %v", posts, waiting)
	return "", ""
}

// teaches tells whether somebody is a teacher of a class.
func (s *stage) teaches(address, course string) bool {
	s.t.Helper()
	book, err := memory.Rosters(s.t.Context(), s.main)
	if err != nil {
		s.t.Fatal(err)
	}
	id := s.user(address).ID
	return book[course] != nil && slices.ContainsFunc(book[course].Members, func(m seen.ClassMember) bool { return m.Teacher && m.ID == id })
}

// user is an account of the school by id or address.
func (s *stage) user(key string) (u *world.User) {
	s.world.View(func() { u = s.world.User(key) })
	return u
}

// pupil is the address of a pupil's account that works.
func (s *stage) pupil() string {
	s.t.Helper()
	unit := s.policy.Pupils.OrgUnits[0]
	var found string
	s.world.View(func() {
		for _, u := range s.world.Users() {
			if !u.Suspended && !u.Archived && strings.HasPrefix(u.OrgUnitPath, unit+"/") {
				found = u.PrimaryEmail
				return
			}
		}
	})
	if found == "" {
		s.t.Fatalf("nobody in %s", unit)
	}
	return found
}

// role is the address of the first person with a role.
func (s *stage) role(r policy.Role) string {
	s.t.Helper()
	list := s.policy.Person(r)
	if len(list) == 0 {
		s.t.Fatalf("the policy names no %s", r)
	}
	return list[0].Address
}

// noted is all that people decided, by the document's key, as it is stored.
func (s *stage) noted() map[string]string {
	s.t.Helper()
	out := map[string]string{}
	for d, err := range s.decisions.Find(s.t.Context(), decisions.Decisions, store.Ask{}) {
		if err != nil {
			s.t.Fatal(err)
		}
		out[d.Key] = string(d.Body)
	}
	return out
}

// last is the newest decision.
func (s *stage) last() (out decisions.Decision) {
	s.t.Helper()
	for _, body := range s.noted() {
		var d decisions.Decision
		if err := json.Unmarshal([]byte(body), &d); err != nil {
			s.t.Fatal(err)
		}
		if d.At.After(out.At) {
			out = d
		}
	}
	return out
}
