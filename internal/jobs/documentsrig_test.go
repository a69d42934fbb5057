package jobs

import (
	"crypto/rand"
	"crypto/rsa"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"esafetybot/internal/census"
	"esafetybot/internal/checks/comments"
	"esafetybot/internal/findings"
	client "esafetybot/internal/google"
	"esafetybot/internal/moderation"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
	"esafetybot/internal/store"
)

// testKey is made once, and short: it signs for nobody but the simulated school.
var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		panic(err)
	}
	return k
})

// papers is a simulated school whose policy asks for documents alone, and the job that looks at them. It is noon on Wednesday 18 November 2026. kim and lou teach the class 1, moe and lou the class 2; pat and pia are
// pupils of both. The folder of the class 1 is kim's, "f1", that of the class 2 moe's, "f2"; each lies in a folder of theirs, "top1" and "top2".
type papers struct {
	t      testing.TB
	w      *world.World
	sim    atomic.Pointer[server.Server]
	url    string
	client *client.Client
	store  store.Store
	places string           // where its policy looks for comments
	book   *moderation.Book // as the newest run left it
	record *Record          // of the newest run
}

func newPapers(t testing.TB) *papers {
	t.Helper()
	s := &papers{t: t, store: openStore(t), places: "documents", w: world.New(world.Settings{
		Now: place(t, "2026-11-18 12:00"), TimeZone: "Europe/London", Customer: world.Customer{ID: "C0oak", CustomerDomain: "school.example"}, Seed: 1,
	})}
	s.w.AddDomain(&world.Domain{DomainName: "school.example", IsPrimary: true, Verified: true})
	for _, unit := range []string{"/", "/Oak", "/Oak/Staff", "/Oak/Pupils"} {
		s.w.AddOrgUnit(&world.OrgUnit{OrgUnitID: "id:" + unit, OrgUnitPath: unit, Name: unit})
	}
	for _, id := range []string{"it", "officer", "head", "kim", "lou", "moe", "sue", "pat", "pia"} {
		unit := "/Oak/Staff"
		if id[0] == 'p' {
			unit = "/Oak/Pupils"
		}
		s.must(s.w.AddUser(&world.User{ID: id, PrimaryEmail: id + "@school.example", OrgUnitPath: unit, IsAdmin: id == "it", CreationTime: place(t, "2020-01-06 12:00")}))
	}
	for course, teachers := range map[string][]string{"1": {"kim", "lou"}, "2": {"moe", "lou"}} {
		s.folder(teachers[0], "", "top"+course)
		item := world.DriveItemOf(s.folder(teachers[0], "top"+course, "f"+course))
		s.w.AddCourse(&world.Course{ID: course, Name: "Year " + course, OwnerID: teachers[0], CourseState: "ACTIVE", TeacherFolder: &item, CreationTime: place(t, "2026-09-03 08:00")})
		for _, id := range teachers {
			s.w.AddTeacher(course, &world.CourseMember{UserID: id, Profile: world.Profile{ID: id, EmailAddress: id + "@school.example"}})
		}
		for _, id := range []string{"pat", "pia"} {
			s.w.AddStudent(course, &world.CourseMember{UserID: id, Profile: world.Profile{ID: id, EmailAddress: id + "@school.example"}})
		}
	}
	hs := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.sim.Load().ServeHTTP(w, r) }))
	t.Cleanup(hs.Close)
	s.url = hs.URL
	s.serve(server.Options{})
	return s
}

func (s *papers) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// serve lets Google behave in another way from now on.
func (s *papers) serve(o server.Options) {
	s.t.Helper()
	o.Key = testKey()
	sim, err := server.New(s.w, o)
	s.must(err)
	s.sim.Store(sim)
	key, err := sim.Credentials(s.url + "/token")
	s.must(err)
	s.client, err = client.New(s.t.Context(), client.Config{
		Credentials: key, Admin: "it@school.example", Endpoint: s.url, Quota: client.Unlimited(), Workers: 2, Retry: client.Retry{Tries: 2, Each: 10 * time.Second, Base: time.Millisecond, Cap: time.Millisecond},
	})
	s.must(err)
}

// broken lets the reading of files fail with this kind of fault.
func (s *papers) broken(kind string) {
	s.t.Helper()
	s.serve(server.Options{Faults: server.Faults{Rate: 1, Kinds: []string{kind}, Routes: []string{"drive.files.get"}}})
}

// folder is a folder of somebody below another one; "" is the top of their Drive.
func (s *papers) folder(owner, parent, id string) *world.File {
	s.t.Helper()
	return s.put(world.MimeFolder, owner, parent, id)
}

// paper is a document of somebody that others may comment on.
func (s *papers) paper(owner, parent, id string, others ...string) *world.File {
	s.t.Helper()
	return s.put(world.MimeDocument, owner, parent, id, others...)
}

func (s *papers) put(mime, owner, parent, id string, others ...string) *world.File {
	s.t.Helper()
	f := &world.File{ID: id, Name: "Called " + id, MimeType: mime, Parent: parent, Owner: &world.Person{EmailAddress: owner + "@school.example"}}
	if parent == "" {
		f.Parent = s.w.RootID(s.w.User(owner))
	}
	var grants []world.Grant
	for _, id := range others {
		grants = append(grants, world.Grant{Type: "user", Role: "commenter", EmailAddress: id + "@school.example"})
	}
	s.must(s.w.AddFile(f, grants...))
	return f
}

// on attaches files to a new notice of a class.
func (s *papers) on(course string, files ...*world.File) *world.Post {
	s.t.Helper()
	p := &world.Post{Text: "Please have a look."}
	for _, f := range files {
		p.Materials = append(p.Materials, world.Attach(f, ""))
	}
	s.must(s.w.CreatePost(course, world.Announcement, p, s.w.User(s.w.Course(course).OwnerID).PrimaryEmail))
	return p
}

// comment lets somebody comment on a file now.
func (s *papers) comment(file, by string) {
	s.t.Helper()
	_, err := s.w.CommentOnFile(file, "Zyx wvu.", nil, by+"@school.example")
	s.must(err)
}

// later lets time pass.
func (s *papers) later(d time.Duration) { s.w.SetNow(s.w.Time().Add(d)) }

// run lets the job look.
func (s *papers) run() {
	s.t.Helper()
	text := strings.Replace(schoolPolicy, "private-by-other-adult]}", "private-by-other-adult], places: ["+s.places+"]}", 1)
	env := Env{Store: s.store, Site: s.store, Policy: parsed(s.t, text), Google: s.client, Clock: s.w.Time, Log: slog.New(slog.DiscardHandler), Holder: "test", Exclusive: true}
	out, err := Comments(s.t.Context(), env, census.New(s.client, env.Policy, s.w.Time(), env.Log))
	if err != nil || out.Record.Error != "" {
		s.t.Fatalf("the job failed: %v %+v", err, out)
	}
	s.record = out.Record
	s.book, err = moderation.Open(s.t.Context(), s.store)
	s.must(err)
}

// waits lists what waits, as the findings have it.
func (s *papers) waits() []string {
	s.t.Helper()
	return s.found(findings.Open, func(*findings.Finding) bool { return true })
}

// withdrawn lists what is of a class no longer.
func (s *papers) withdrawn() []string {
	s.t.Helper()
	return s.found(findings.Resolved, func(f *findings.Finding) bool { return f.How == findings.Withdrawn })
}

func (s *papers) found(status findings.Status, like func(*findings.Finding) bool) []string {
	s.t.Helper()
	out := []string{}
	for f, err := range (&findings.Keeper{Store: s.store}).List(s.t.Context(), comments.Means, status) {
		s.must(err)
		if like(f) {
			out = append(out, f.Subject)
		}
	}
	slices.Sort(out)
	return out
}

// blind lists what the run could not see, with the reason and the account that stands in the way.
func (s *papers) blind() []string {
	out := []string{}
	for _, g := range s.record.Gaps {
		out = append(out, strings.TrimSpace(string(g.Scope)+" "+string(g.Reason)+" "+g.Account))
	}
	return out
}

// acts is how much is remembered of a document of a class.
func (s *papers) acts(course, file string) int {
	if p := s.book.Class(course).Posts[moderation.DocumentPost(file)]; p != nil {
		return len(p.Acts)
	}
	return 0
}

// read is how many files and folders the newest run read.
func (s *papers) read() int { return s.record.Calls["drive.files.get"] }
