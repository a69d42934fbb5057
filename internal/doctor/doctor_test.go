package doctor

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/google"
	"esafetybot/internal/mail"
	"esafetybot/internal/policy"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
)

var both = []string{generate.Classroom, generate.Dojo}

// At a school at which all is as it should be nothing fails.
func TestAllIsWell(t *testing.T) {
	t.Parallel()
	for _, which := range both {
		t.Run(which, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, which, nil, server.Options{})
			rep := r.examine(t)
			if bad := rep.Of(Fails); len(bad) > 0 || !rep.OK {
				t.Errorf("these fail: %+v", bad)
			}
			for _, n := range Needs(r.Policy, false) {
				r.item(t, rep, "scope/"+n.Short())
			}
			if !strings.Contains(rep.Next, "esafetybot run") {
				t.Errorf("next: %s", rep.Next)
			}
		})
	}
}

// What the made-up school gets wrong on purpose is told: a host of a blog who is switched off, a teacher on ClassDojo who is gone.
func TestPlanted(t *testing.T) {
	t.Parallel()
	r := newRig(t, generate.Dojo, nil, server.Options{})
	r.Policy = &r.asMade
	bad := r.examine(t).Of(Fails)
	if len(bad) != 2 || !strings.Contains(bad[0].What+bad[1].What, "switched off") || !strings.Contains(bad[0].What+bad[1].What, "neither an account nor a group") {
		t.Errorf("%+v", bad)
	}
}

// Each scope that is not granted is told by itself, with what stays unknown, and spoils none of the others.
func TestOneScopeRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, generate.Classroom, nil, server.Options{})
	r.Mail = mail.Destination{Scheme: "gmail", From: r.Admin}
	all := Needs(r.Policy, true)
	scopes := func() *Report {
		x := &examination{Setup: r.Setup}
		x.google(t.Context())
		return &Report{Items: x.items}
	}
	if bad := scopes().Of(Fails); len(bad) > 0 {
		t.Fatalf("these fail with all scopes: %+v", bad)
	}
	for _, n := range all {
		t.Run(n.Short(), func(t *testing.T) {
			r.grant(without(all, n.Scope))
			r.Client = r.client(t, r.Admin)
			rep := scopes()
			if diff := cmp.Diff([]string{"scope/" + n.Short()}, keys(rep, Fails)); diff != "" {
				t.Errorf("what fails (-want +have):\n%s", diff)
			}
			i := r.item(t, rep, "scope/"+n.Short())
			if !strings.Contains(i.Next, "--fix-list") || i.Without == "" {
				t.Errorf("%+v", i)
			}
		})
	}
}

func (r *rig) grant(scopes []string) {
	for i := range r.world.Settings.Clients {
		r.world.Settings.Clients[i].Scopes = scopes
	}
}

func without(all []Need, scope string) []string {
	var out []string
	for _, n := range all {
		if n.Scope != scope {
			out = append(out, n.Scope)
		}
	}
	return out
}

// One cause that spoils all of Google is told once, with what cures it.
func TestOneCauseIsToldOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(*testing.T, *rig)
		key   string
		says  string
	}{
		"no delegation": {func(_ *testing.T, r *rig) { r.grant(nil) }, "google/delegation", "100000000000000000001"},
		"wrong administrator": {func(t *testing.T, r *rig) {
			r.Admin = "nobody@" + r.Policy.School.Domains[0]
			r.Client = r.client(t, r.Admin)
		}, "google/sign-in", "nobody@"},
		"no network": {func(t *testing.T, r *rig) {
			hs := httptest.NewServer(http.NotFoundHandler())
			r.base = hs.URL
			r.key = []byte(strings.ReplaceAll(string(r.key), "/token", "/nowhere"))
			hs.Close()
			r.key = []byte(strings.ReplaceAll(string(r.key), "http://127.0.0.1:", "http://127.0.0.1:1/"))
			r.Client = r.client(t, r.Admin)
		}, "google/sign-in", "token"},
		"no credentials": {func(_ *testing.T, r *rig) { r.Client = nil }, "google/credentials", "No service account"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, generate.Classroom, nil, server.Options{})
			c.spoil(t, r)
			rep := r.examine(t)
			if diff := cmp.Diff([]string{c.key}, keys(rep, Fails)); diff != "" {
				t.Errorf("what fails (-want +have):\n%s", diff)
			}
			if i := r.item(t, rep, c.key); !strings.Contains(i.What, c.says) {
				t.Errorf("%+v does not say %q", i, c.says)
			}
			for _, i := range rep.Of(Works) {
				if strings.HasPrefix(i.Key, "scope/") || i.Key == "people" || i.Key == "admin" {
					t.Errorf("said to work, and was not tried: %+v", i)
				}
			}
		})
	}
}

// An administrator with a smaller role, names that are not there, a roll that is not one: each is told.
func TestWhatThePolicyNames(t *testing.T) {
	t.Parallel()
	r := newRig(t, generate.Classroom, nil, server.Options{})
	p := r.Policy
	dpo := p.People[policy.RoleDataProtection]
	if len(dpo) == 0 {
		t.Fatal("the policy names no data protection officer")
	}
	domain := p.School.Domains[0]
	p.People[policy.RoleOfficer] = []policy.Person{{Role: policy.RoleOfficer, Address: "gone@" + domain}}
	p.School.Domains = append(p.School.Domains, "elsewhere.example")
	p.Staff.OrgUnits = append(p.Staff.OrgUnits, "/Teachers of old")
	p.Others[0].Group = "nogroup@" + domain
	write(t, filepath.Join(r.dir, p.Pupils.Roll.CSV), "Some heading\nand no more\n")
	p.Staff.Roll.CSV = "missing.csv"
	p.Calendar.Terms = p.Calendar.Terms[:0]
	rep := r.examine(t)
	want := []string{"domain/elsewhere.example", "person/gone@" + domain, "unit//Teachers of old", "group/nogroup@" + domain, "roll/pupils", "roll/staff", "calendar"}
	if diff := cmp.Diff(want, keys(rep, Fails)); diff != "" {
		t.Errorf("what fails (-want +have):\n%s", diff)
	}
	if i := r.item(t, rep, "people/outside"); !strings.Contains(i.What, dpo[0].Address) {
		t.Errorf("%+v", i)
	}
	// A teacher's account is there and active, but no super administrator's.
	var teacher string
	for a, err := range r.Client.People(t.Context()) {
		if err == nil && a.Active() && !a.Admin && strings.HasPrefix(a.Unit, p.Staff.OrgUnits[0]) {
			teacher = a.Address
			break
		}
	}
	r.Admin = teacher
	r.Client = r.client(t, teacher)
	rep = r.examine(t)
	bad := keys(rep, Fails)
	if !slices.Contains(bad, "scope/cloud-identity.policies.readonly") {
		t.Errorf("a teacher may read the settings: %v", bad)
	}
	for _, i := range rep.Of(Fails) {
		if i.Key == "scope/cloud-identity.policies.readonly" && !strings.Contains(i.Next, "super administrator") {
			t.Errorf("%+v", i)
		}
	}
}

// A setting that nobody ever set, and of which no default is known, could not be checked: doctor says where to set it.
func TestMissingSetting(t *testing.T) {
	t.Parallel()
	r := newRig(t, generate.Dojo, nil, server.Options{})
	var names []string
	r.world.View(func() {
		for _, p := range r.world.Policies() {
			names = append(names, p.Name)
		}
	})
	for _, n := range names {
		if err := r.world.RemovePolicy(n, r.Admin); err != nil {
			t.Fatal(err)
		}
	}
	rep := r.examine(t)
	n := 0
	for _, i := range rep.Of(Unknown) {
		if strings.HasPrefix(i.Key, "setting/") {
			n++
			if !strings.Contains(i.Next, "set it once") || len(i.Clauses) == 0 {
				t.Errorf("%+v", i)
			}
		}
	}
	if n == 0 {
		t.Error("of no setting it is said that it could not be checked")
	}
}

func TestStateMailAndSite(t *testing.T) {
	t.Parallel()
	r := newRig(t, generate.Classroom, nil, server.Options{})
	r.Client = nil
	r.TestMail = "me@" + r.Policy.School.Domains[0]
	rep := r.examine(t)
	if r.item(t, rep, "mail/test").Status != Works {
		t.Error("the test mail was not written")
	}
	if files, _ := filepath.Glob(filepath.Join(r.dir, "mail", "*.eml")); len(files) != 1 {
		t.Errorf("%d mails in the folder", len(files))
	}
	if files, _ := filepath.Glob(filepath.Join(r.dir, ".doctor-*")); len(files) != 0 {
		t.Errorf("left behind: %v", files)
	}

	// A state that another process holds, a folder that is a file, and a site that is none.
	s, err := r.State.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r.TestMail = ""
	write(t, filepath.Join(r.dir, "file"), "x")
	r.Mail.Path = filepath.Join(r.dir, "file")
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	r.BaseURL = other.URL
	rep = r.examine(t)
	if diff := cmp.Diff([]string{"google/credentials", "state", "mail", "site"}, keys(rep, Fails)); diff != "" {
		t.Errorf("what fails (-want +have):\n%s", diff)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	// A state without a folder, no mail server, nobody at the site's address.
	r.State.URI = "bolt:" + filepath.Join(r.dir, "nowhere", "state.db")
	other.Close()
	gone := strings.TrimPrefix(other.URL, "http://127.0.0.1:")
	r.Mail = mail.Destination{Scheme: "smtp", SMTP: mail.SMTPConfig{Host: "127.0.0.1", Port: gone}}
	r.Sender, r.TestMail = mail.NewSMTP(r.Mail.SMTP), "me@school.example"
	rep = r.examine(t)
	if diff := cmp.Diff([]string{"google/credentials", "state", "mail/test", "site"}, keys(rep, Fails)); diff != "" {
		t.Errorf("what fails (-want +have):\n%s", diff)
	}
	for _, url := range []string{"review.school.example", "http://review.school.example"} {
		r.BaseURL, r.TestMail = url, ""
		if rep := r.examine(t); !strings.HasPrefix(keys(rep, Fails)[2], "site") {
			t.Errorf("%s: %v", url, keys(rep, Fails))
		}
	}
}

// How far signing in goes is looked at: who sends people on, and where they come back to.
func TestSignInTried(t *testing.T) {
	t.Parallel()
	r := newRig(t, generate.Classroom, nil, server.Options{})
	r.Client = nil
	var answer func(w http.ResponseWriter, r *http.Request)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/style.css" {
			w.Header().Set("Content-Type", "text/css")
			return
		}
		answer(w, r)
	}))
	defer site.Close()
	r.BaseURL = site.URL + "/"
	to := func(query url.Values) func(w http.ResponseWriter, r *http.Request) {
		return func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://accounts.google.com/o/oauth2/v2/auth?"+query.Encode(), http.StatusSeeOther)
		}
	}
	for _, x := range []struct {
		name   string
		answer func(w http.ResponseWriter, r *http.Request)
		want   Status
		says   string
	}{
		{"as it should be", to(url.Values{"client_id": {"c"}, "redirect_uri": {site.URL + "/sign-in/done"}}), Unknown, "redirect_uri_mismatch"},
		{"another address", to(url.Values{"client_id": {"c"}, "redirect_uri": {"https://other.example/sign-in/done"}}), Fails, "--base-url"},
		{"no client", to(url.Values{}), Fails, "accounts.google.com"},
		{"an error", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, Fails, "accounts.google.com"},
	} {
		answer = x.answer
		if i := r.item(t, r.examine(t), "site/sign-in"); i.Status != x.want || !strings.Contains(i.Next, x.says) {
			t.Errorf("%s: %+v", x.name, i)
		}
	}
}

// A reminder that is posted in Classroom needs its permission, and nothing else does.
func TestNeedsOfReminders(t *testing.T) {
	t.Parallel()
	r := newRig(t, generate.Classroom, nil, server.Options{})
	scopes := func() (out []string) {
		for _, n := range Needs(r.Policy, false) {
			out = append(out, n.Scope)
			if n.Scope == google.ScopeAnnounceWrite && (!n.Changes || len(n.Clauses) == 0 || n.Without == "") {
				t.Errorf("%+v", n)
			}
		}
		return out
	}
	if !r.Policy.PostsInClassroom() || !slices.Contains(scopes(), google.ScopeAnnounceWrite) {
		t.Error("announcements are posted, and the permission is not asked for")
	}
	for _, c := range r.Policy.Clauses {
		for _, m := range c.MetBy {
			if w, ok := m.With.(*policy.ReminderWith); ok {
				w.Through = policy.ThroughMail
			}
		}
	}
	if slices.Contains(scopes(), google.ScopeAnnounceWrite) {
		t.Error("nothing is posted, and the permission is asked for")
	}
}

// A clause on names needs the permission for blogs where the policy lists some, and nowhere else.
func TestNeedsOfNamesOnBlogs(t *testing.T) {
	t.Parallel()
	r := newRig(t, generate.Dojo, nil, server.Options{})
	p := *r.Policy
	p.Clauses = nil
	for _, c := range r.Policy.Clauses {
		c.MetBy = slices.DeleteFunc(slices.Clone(c.MetBy), func(m policy.Means) bool { return m.Kind != policy.Check || m.Name != "names" })
		if len(c.MetBy) > 0 {
			p.Clauses = append(p.Clauses, c)
		}
	}
	for _, listed := range []bool{true, false} {
		p.Blogs = nil
		if listed {
			p.Blogs = []policy.Blog{{ID: "41", Hosts: []string{"head@school.example"}}}
		}
		needs := Needs(&p, false)
		i := slices.IndexFunc(needs, func(n Need) bool { return n.Scope == google.ScopeBlogs })
		if (i >= 0) != listed {
			t.Errorf("blogs listed %v: asked for %v", listed, i >= 0)
		}
		if i >= 0 && (len(needs[i].Clauses) == 0 || needs[i].Changes || !strings.Contains(needs[i].Without, "pupils' names") || strings.Contains(needs[i].Without, "comments on blogs, and which")) {
			t.Errorf("%+v", needs[i])
		}
	}
}

// A test mail through Gmail arrives, and only there.
func TestMailThroughGmail(t *testing.T) {
	t.Parallel()
	r := newRig(t, generate.Classroom, nil, server.Options{})
	r.Mail = mail.Destination{Scheme: "gmail", From: r.Admin}
	r.From = r.Admin
	r.Sender = mail.NewGmail(drafts{r.Client, r.Admin})
	r.TestMail = "someone@home.example"
	rep := r.examine(t)
	if r.item(t, rep, "mail/test").Status != Works || r.item(t, rep, "mail/arrived").Status != Unknown {
		t.Error("the test mail")
	}
	r.Mail.From = "nobody@" + r.Policy.School.Domains[0]
	r.TestMail = ""
	rep = r.examine(t)
	if i := r.item(t, rep, "scope/gmail.compose"); i.Status != Fails || !strings.Contains(i.Next, "--mail gmail:SENDER") {
		t.Errorf("a sender who does not exist: %+v", i)
	}
}

// Every scope that is tried is one that a job asks for, and what it permits is said.
func TestNeedsAreKnown(t *testing.T) {
	known := map[string]bool{}
	for _, job := range jobsOf {
		for _, use := range google.Scopes(job) {
			known[use.Scope] = true
		}
	}
	for _, table := range []map[string][]string{byCheck, byRule, byRemedy, {"": forAccess}, {"": changing}} {
		for key, scopes := range table {
			for _, s := range scopes {
				if !known[s] {
					t.Errorf("%s: no job asks for %s", key, s)
				}
			}
		}
	}
	for check := range byCheck {
		if policy.Rules(check) == nil {
			t.Errorf("there is no check %s", check)
		}
	}
	for _, table := range []map[string][]string{byRule, byRemedy} {
		for key := range table {
			check, rule, _ := strings.Cut(key, ".")
			if !slices.Contains(policy.Rules(check), rule) {
				t.Errorf("there is no rule %s", key)
			}
		}
	}
	// What a remedy takes is known for each rule that has one.
	for check := range byCheck {
		for _, rule := range policy.Rules(check) {
			if policy.RemedyWords(check, rule) != "" && check != "sharing" && byRemedy[check+"."+rule] == nil {
				t.Errorf("what putting right %s.%s takes is not said", check, rule)
			}
		}
	}
}
