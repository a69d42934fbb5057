package browser

import (
	"bytes"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/policy"
	"esafetybot/internal/reports"
	"esafetybot/internal/runs"
	"esafetybot/internal/store"
	memorystore "esafetybot/internal/store/memory"
	"esafetybot/internal/trust"
	"esafetybot/internal/web"
	"esafetybot/internal/web/signin"
)

// trustLead is the trust's safeguarding lead, with an account of none of the schools.
const trustLead = "dsl@trust.example"

// trustPages are all pages of a trust, beside those of its schools.
var trustPages = []shownPage{
	{name: "trust-overview", path: "/overview", who: []string{"trust-lead"}},
	{name: "trust-administrator", path: "/administrator", who: []string{"administrator"}},
	{name: "trust-nothing-here", path: "/", who: []string{"teacher"}},
	{name: "trust-not-yours", path: "/overview", who: []string{"administrator"}},
	{name: "trust-no-such-page", path: "/nothing-here", who: []string{"trust-lead"}},
}

// trustStage is the pages of a trust of four schools: one as the stage's, one that nothing looked at, one whose state cannot be read, and one with a long name whose day's run has been missing for days.
func trustStage(t *testing.T, s *stage) (pages *stage, mail reports.Rendered) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	x := *s
	x.site = "http://" + ln.Addr().String()
	shut := openMemory(t)
	if err := shut.Close(); err != nil {
		t.Fatal(err)
	}
	behind, err := memorystore.Copy(s.main)
	if err != nil {
		t.Fatal(err)
	}
	now := s.world.Now()
	b := &store.Batch{}
	r := runs.Record{ID: "last", Job: runs.LastJob, Started: now.Add(-80 * time.Hour), Ended: now.Add(-79 * time.Hour)}
	if err := r.Add(b); err != nil {
		t.Fatal(err)
	}
	if err := behind.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	door := func(address string, domains []string, key byte, pages web.Pages) *signin.SignIn {
		in, err := signin.New(signin.Config{
			Issuer: s.issuer, ClientID: "review", ClientSecret: "secret", BaseURL: address, Domains: domains, Outside: func(a string) bool { return a == trustLead }, Key: bytes.Repeat([]byte{key}, 32), Pages: pages,
		})
		if err != nil {
			t.Fatal(err)
		}
		return in
	}
	c := web.TrustConfig{Name: "Example Learning Trust", Lead: policy.Person{Address: trustLead, Name: "Tamsin Orme"}, Clock: s.world.Now, Log: slog.New(slog.DiscardHandler)}
	c.SignIn = door(x.site, s.policy.School.Domains, 8, web.TrustPagesOf(c.Name))
	in := reports.TrustInput{Trust: c.Name, Reader: c.Lead.Name, Now: now, Location: s.policy.School.Location, Site: x.site + "/"}
	in.Cut = now.Add(-time.Minute)
	for _, school := range []struct {
		name  string
		state store.Store
	}{{s.policy.School.Name, s.main}, {"Ash Grove", openMemory(t)}, {"Elm Road", shut}, {strings.Repeat("Llanfairpwllgwyngyll", 4), behind}} {
		p := *s.policy
		p.School.Name = school.name
		site, err := web.New(web.Config{Policy: &p, Main: school.state, Decisions: s.decisions, SignIn: door(s.site, s.policy.School.Domains, 7, web.PagesOf(&p)), Clock: s.world.Now})
		if err != nil {
			t.Fatal(err)
		}
		c.Schools = append(c.Schools, web.TrustSchool{Site: site, Address: s.site})
		one, _ := trust.School(t.Context(), school.state, &p, trustLead, in.Cut, now)
		in.Schools = append(in.Schools, one)
	}
	pagesOf, err := web.NewTrust(c)
	if err != nil {
		t.Fatal(err)
	}
	hs := &http.Server{Handler: pagesOf, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	go func() { _ = hs.Serve(ln) }()
	t.Cleanup(func() { _ = hs.Close() })
	if mail, err = reports.Trust(in); err != nil {
		t.Fatal(err)
	}
	return &x, mail
}

// TestTrustPages looks at the pages of a trust as at all others: on a narrow screen, with the keyboard, with axe-core. Nothing on the overview is anybody's name, or a class's. The mail is looked at as a mail program shows it.
func TestTrustPages(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, false)
	s.world.SetNow(s.world.Now().Add(8 * 24 * time.Hour)) // past the moment of which the numbers are
	s.work()
	x, mail := trustStage(t, s)
	_, teacher := s.teacher(2)
	people := map[string]string{"trust-lead": trustLead, "administrator": s.role(policy.RoleAdmin), "teacher": teacher}
	dir := os.Getenv(picturesEnv)
	keep := func(v *visitor, name string) {
		for _, w := range widths {
			if v.size(w.width, 800); dir == "" {
				continue
			}
			height := min(max(eval[float64](v, "document.documentElement.scrollHeight"), 500), 2400)
			data := get(v, picture(float64(w.width), height))
			if err := os.MkdirAll(filepath.Join(dir, "all"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "all", name+"-"+w.name+".png"), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, p := range trustPages {
		for _, who := range p.who {
			v := x.visit(t)
			v.signIn(people[who])
			v.open(p.path)
			v.fits(false)
			v.keyboard()
			t.Run(p.name, func(t *testing.T) {
				v.t = t
				v.accessible()
			})
			v.t = t
			keep(v, p.name+"-"+who)
			text := v.text()
			if slices.Contains([]string{"trust-overview", "trust-administrator"}, p.name) {
				for _, want := range []string{"Ash Grove", "Elm Road", "could not be read, so nothing is known of it", "has not come to its end since"} {
					if !strings.Contains(text, want) {
						t.Errorf("%s does not say %q:\n%s", p.name, want, text)
					}
				}
				if p.name == "trust-administrator" && !strings.Contains(text, "Ash Grove\n\nNothing has been looked at yet.") {
					t.Errorf("the school that nothing looked at is not told of:\n%s", text)
				}
				if p.name == "trust-overview" && (v.status != 200 || strings.Contains(text, "Green\n") || !strings.Contains(text, "Everything else that is open: ") || !strings.Contains(text, " of these overdue")) {
					t.Errorf("the overview (%d) says\n%s", v.status, text)
				}
			}
			if p.name != "trust-nothing-here" { // which says whose account it is
				s.namesNobody(t, p.name, text)
			}
		}
	}
	s.namesNobody(t, "the mail", mail.Text)
	v := x.visit(t)
	for _, width := range []int64{320, 800} {
		m := v.mail(mail.HTML, width)
		if over := v.over(); len(m.Out) > 0 || m.Texts < 10 || over != "" {
			t.Errorf("the mail at %d px, of %d texts: %q %s", width, m.Texts, m.Out, over)
		}
	}
	keep(v, "trust-mail")
}

// namesNobody fails the test where a text holds the name, address or id of an account, the name of a class or the title of a file of the school.
func (s *stage) namesNobody(t *testing.T, what, text string) {
	t.Helper()
	n := 0
	s.world.View(func() {
		words := map[string]string{}
		for _, u := range s.world.Users() {
			words[u.PrimaryEmail], words[u.ID], words[u.Name.FullName], words[u.Name.FamilyName] = "address", "id", "name", "surname"
		}
		for _, c := range s.world.Courses() {
			words[c.Name] = "class"
		}
		for _, f := range s.world.Files() {
			words[f.Name] = "title"
		}
		for w, kind := range words {
			if len(w) < 6 {
				continue
			}
			if n++; strings.Contains(text, w) {
				t.Errorf("%s holds the %s %q:\n%s", what, kind, w, text)
			}
		}
	})
	if n < 200 {
		t.Fatalf("only %d words were looked for", n)
	}
}
