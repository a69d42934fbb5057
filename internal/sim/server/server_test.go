package server_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"
	googleauth "golang.org/x/oauth2/google"
	admin "google.golang.org/api/admin/directory/v1"
	reports "google.golang.org/api/admin/reports/v1"
	cloudidentity "google.golang.org/api/cloudidentity/v1"
	drive "google.golang.org/api/drive/v3"
	gmail "google.golang.org/api/gmail/v1"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/groupssettings/v1"
	"google.golang.org/api/option"

	"esafetybot/internal/sim/discovery"
	. "esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
)

var start = time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)

var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

// school has ann (administrator), bob, cat (suspended) and dan (Drive off); folder "F" of ann shared with bob, with file "A" of ann and "B" of bob in it;
// "L" of bob open by link; form "Q" published; drive "0D" with ann as organizer and bob as reader, "D1" in it shared further, "D2" not.
func school(t testing.TB) *world.World {
	w := world.New(world.Settings{Now: start, Customer: world.Customer{ID: "C01", CustomerDomain: "school.example"}, DriveOff: []string{"dan@school.example"}, Seed: 1,
		Clients: []world.Client{{ClientID: "1001", Email: "bot@project.example", Scopes: []string{drive.DriveMetadataReadonlyScope, drive.DriveReadonlyScope, drive.DriveScope,
			admin.AdminDirectoryUserReadonlyScope, admin.AdminDirectoryGroupReadonlyScope, admin.AdminDirectoryGroupMemberReadonlyScope, admin.AdminDirectoryDomainReadonlyScope,
			admin.AdminDirectoryOrgunitReadonlyScope, admin.AdminDirectoryCustomerReadonlyScope, reports.AdminReportsAuditReadonlyScope, gmail.GmailComposeScope,
			groupssettings.AppsGroupsSettingsScope, "https://www.googleapis.com/auth/cloud-identity.policies.readonly", "https://www.googleapis.com/auth/cloud-identity.allowlisteddomains.readonly"}}}})
	w.AddDomain(&world.Domain{DomainName: "school.example", IsPrimary: true, Verified: true, DomainAliases: []world.DomainAlias{{DomainAliasName: "alias.example", ParentDomainName: "school.example"}}})
	for _, o := range []string{"/", "/Staff", "/Pupils", "/Pupils/Year 4"} {
		w.AddOrgUnit(&world.OrgUnit{OrgUnitID: "id:u" + strings.ToLower(strings.ReplaceAll(strings.ReplaceAll(o, "/", ""), " ", "")), OrgUnitPath: o, Name: o[strings.LastIndex(o, "/")+1:], ParentOrgUnitPath: "/"})
	}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for i, n := range []string{"ann", "bob", "cat", "dan"} {
		check(w.AddUser(&world.User{ID: fmt.Sprint("10", i), PrimaryEmail: n + "@school.example", Name: world.Name{FullName: n}, OrgUnitPath: []string{"/Staff", "/Pupils/Year 4"}[i%2], IsAdmin: n == "ann", Suspended: n == "cat"}))
	}
	check(w.AddGroup(&world.Group{ID: "g1", Email: "team@school.example", Name: "Team"}, []*world.Member{{ID: "101", Email: "bob@school.example", Role: "MEMBER", Type: "USER"}}, nil))
	check(w.AddDrive(&world.Drive{ID: "0D", Name: "Office", OrgUnitID: "id:ustaff", Permissions: []world.Permission{
		{Type: "user", Role: "organizer", EmailAddress: "ann@school.example"}, {Type: "group", Role: "reader", EmailAddress: "team@school.example"}, {Type: "user", Role: "reader", EmailAddress: "cat@school.example"}}}))
	ann, bob := &world.Person{EmailAddress: "ann@school.example"}, &world.Person{EmailAddress: "bob@school.example"}
	add := func(f *world.File, own ...world.Grant) { t.Helper(); check(w.AddFile(f, own...)) }
	add(&world.File{ID: "F", Name: "Folder", MimeType: world.MimeFolder, Parent: "root-100", Owner: ann}, world.Grant{Type: "user", Role: "reader", EmailAddress: "bob@school.example"})
	add(&world.File{ID: "A", Name: "It's \"odd\" \u202e 🎈 =HYPERLINK(", MimeType: world.MimeDocument, Parent: "F", Owner: ann})
	add(&world.File{ID: "B", Name: "B", MimeType: "text/plain", Parent: "F", Owner: bob, Extra: world.Raw{"size": json.RawMessage(`"12"`)}})
	add(&world.File{ID: "L", Name: "Link", MimeType: world.MimeDocument, Parent: "root-101", Owner: bob}, world.Grant{Type: "anyone", Role: "reader"})
	add(&world.File{ID: "Q", Name: "Form", MimeType: world.MimeForm, Parent: "root-100", Owner: ann}, world.Grant{Type: "anyone", Role: "reader", View: world.ViewPublished})
	add(&world.File{ID: "D1", Name: "D1", MimeType: world.MimeDocument, Parent: "0D", DriveID: "0D"}, world.Grant{Type: "user", Role: "writer", EmailAddress: "eve@home.example"})
	add(&world.File{ID: "D2", Name: "D2", MimeType: world.MimeDocument, Parent: "0D", DriveID: "0D"})
	w.AddPolicy(&world.Policy{Name: "policies/p1", Type: "ADMIN", Setting: world.PolicySetting{Type: "settings/gmail.service_status", Value: json.RawMessage(`{"serviceState":"ENABLED"}`)},
		Extra: world.Raw{"policyQuery": json.RawMessage(`{"orgUnit":"orgUnits/u","sortOrder":1}`)}})
	w.AddPolicy(&world.Policy{Name: "policies/p2", Type: "ADMIN", Setting: world.PolicySetting{Type: "settings/gmail.service_status", Value: json.RawMessage(`{"serviceState":"DISABLED"}`)},
		Extra: world.Raw{"policyQuery": json.RawMessage(`{"orgUnit":"orgUnits/upupils","sortOrder":2}`)}})
	w.AddAllowlistedDomain(&world.AllowlistedDomain{Name: "allowlistedDomains/1", DomainName: "trust.example"})
	return w
}

// env is a running server and clients for it.
type env struct {
	t   testing.TB
	w   *world.World
	s   *Server
	url string
}

func serving(t testing.TB, o Options) *env {
	t.Helper()
	return startWorld(t, school(t), o)
}

func startWorld(t testing.TB, w *world.World, o Options) *env {
	t.Helper()
	o.Key = testKey()
	s, err := New(w, o)
	if err != nil {
		t.Fatal(err)
	}
	hs := httptest.NewServer(validating(t, s))
	t.Cleanup(hs.Close)
	return &env{t, w, s, hs.URL}
}

// validating checks every successful answer of an API against the schema that Google publishes for it.
func validating(t testing.TB, h http.Handler) http.Handler {
	c, err := discovery.Load()
	if err != nil {
		t.Fatal(err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m, _, _, _ := c.Match(r.Method, r.URL.EscapedPath())
		if m == nil || m.Response == nil {
			h.ServeHTTP(w, r)
			return
		}
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		if rec.Code == 200 && rec.Header().Get("Content-Length") == "" {
			if err := m.API.Validate(m.Response.Ref, rec.Body.Bytes()); err != nil {
				t.Errorf("%s: the answer does not fit Google's schema: %v", m.ID, err)
			}
		}
		for k, v := range rec.Header() {
			w.Header()[k] = v
		}
		w.WriteHeader(rec.Code)
		w.Write(rec.Body.Bytes())
	})
}

func (e *env) client(subject string, scopes ...string) *http.Client {
	e.t.Helper()
	key, err := e.s.Credentials(e.url + "/token")
	if err != nil {
		e.t.Fatal(err)
	}
	conf, err := googleauth.JWTConfigFromJSON(key, scopes...)
	if err != nil {
		e.t.Fatal(err)
	}
	conf.Subject = subject
	return conf.Client(context.Background())
}

func (e *env) drive(subject string, scopes ...string) *drive.Service {
	e.t.Helper()
	if scopes == nil {
		scopes = []string{drive.DriveScope}
	}
	d, err := drive.NewService(context.Background(), option.WithHTTPClient(e.client(subject, scopes...)), option.WithEndpoint(e.url+"/drive/v3/"))
	if err != nil {
		e.t.Fatal(err)
	}
	return d
}

func (e *env) admin(subject string) *admin.Service {
	e.t.Helper()
	a, err := admin.NewService(context.Background(), option.WithEndpoint(e.url+"/"), option.WithHTTPClient(e.client(subject, admin.AdminDirectoryUserReadonlyScope,
		admin.AdminDirectoryGroupReadonlyScope, admin.AdminDirectoryGroupMemberReadonlyScope, admin.AdminDirectoryDomainReadonlyScope, admin.AdminDirectoryOrgunitReadonlyScope, admin.AdminDirectoryCustomerReadonlyScope)))
	if err != nil {
		e.t.Fatal(err)
	}
	return a
}

func (e *env) reports() *reports.Service {
	e.t.Helper()
	r, err := reports.NewService(context.Background(), option.WithEndpoint(e.url+"/"), option.WithHTTPClient(e.client("ann@school.example", reports.AdminReportsAuditReadonlyScope)))
	if err != nil {
		e.t.Fatal(err)
	}
	return r
}

// want checks an API error's code and reason; code 0 wants none.
func want(t testing.TB, what string, err error, code int, reason string) {
	t.Helper()
	var g *googleapi.Error
	switch {
	case code == 0 && err == nil:
	case code == 0:
		t.Errorf("%s: %v", what, err)
	case !errors.As(err, &g) || g.Code != code || len(g.Errors) == 0 || g.Errors[0].Reason != reason:
		t.Errorf("%s: have %v, want %d %s", what, err, code, reason)
	}
}

func ids(list []*drive.File) string {
	var out []string
	for _, f := range list {
		out = append(out, f.Id)
	}
	return strings.Join(out, " ")
}

func TestDirectory(t *testing.T) {
	e := serving(t, Options{})
	a := e.admin("ann@school.example")
	var got []string
	err := a.Users.List().Customer("my_customer").MaxResults(3).Pages(context.Background(), func(u *admin.Users) error {
		got = append(got, fmt.Sprint(len(u.Users)))
		return nil
	})
	if err != nil || strings.Join(got, " ") != "3 1" {
		t.Errorf("users: %v %v", got, err)
	}
	us, err := a.Users.List().Customer("my_customer").Query("orgUnitPath='/Pupils' isSuspended=false").Do()
	if err != nil || len(us.Users) != 2 || us.Users[0].LastLoginTime != "1970-01-01T00:00:00.000Z" {
		t.Errorf("query: %+v %v", us, err)
	}
	_, err = a.Users.List().Do()
	want(t, "no customer", err, 400, "badRequest")
	_, err = a.Users.List().Customer("my_customer").Projection("everything").Do()
	want(t, "a wrong enum", err, 400, "invalidParameter")
	_, err = a.Users.Get("nobody@school.example").Do()
	want(t, "an unknown user", err, 404, "notFound")
	_, err = e.admin("bob@school.example").Users.List().Customer("my_customer").Do()
	want(t, "no administrator", err, 403, "forbidden")
	ou, err := a.Orgunits.List("my_customer").Type("all").Do()
	if err != nil || len(ou.OrganizationUnits) != 3 {
		t.Errorf("units: %+v %v", ou, err)
	}
	gs, err := a.Groups.List().Customer("my_customer").Do()
	if err != nil || len(gs.Groups) != 1 || gs.Groups[0].DirectMembersCount != 1 {
		t.Errorf("groups: %+v %v", gs, err)
	}
	ms, err := a.Members.List("g1").Do()
	if err != nil || len(ms.Members) != 1 {
		t.Errorf("members: %+v %v", ms, err)
	}
	ds, err := a.Domains.List("my_customer").Do()
	if err != nil || len(ds.Domains) != 1 || len(ds.Domains[0].DomainAliases) != 1 {
		t.Errorf("domains: %+v %v", ds, err)
	}
	da, err := a.DomainAliases.List("C01").Do()
	if err != nil || len(da.DomainAliases) != 1 {
		t.Errorf("aliases: %+v %v", da, err)
	}
	cu, err := a.Customers.Get("my_customer").Do()
	if err != nil || cu.CustomerDomain != "school.example" {
		t.Errorf("customer: %+v %v", cu, err)
	}
	g, err := groupssettings.NewService(context.Background(), option.WithEndpoint(e.url+"/groups/v1/groups/"), option.WithHTTPClient(e.client("ann@school.example", groupssettings.AppsGroupsSettingsScope)))
	if err != nil {
		t.Fatal(err)
	}
	if err := e.w.SetGroupSetting("g1", "whoCanJoin", "ANYONE_CAN_JOIN", "ann@school.example"); err != nil {
		t.Fatal(err)
	}
	s, err := g.Groups.Get("team@school.example").Do()
	if err != nil || s.WhoCanJoin != "ANYONE_CAN_JOIN" {
		t.Errorf("group settings: %+v %v", s, err)
	}
}

func TestTokens(t *testing.T) {
	e := serving(t, Options{})
	try := func(subject string, scopes ...string) (int, string) {
		_, err := e.client(subject, scopes...).Get(e.url + "/drive/v3/about?fields=user")
		var r *oauth2.RetrieveError
		if err == nil {
			return 200, ""
		}
		if !errors.As(err, &r) {
			t.Fatal(err)
		}
		return r.Response.StatusCode, string(r.Body)
	}
	for _, tt := range []struct {
		subject, scope string
		code           int
		says           string
	}{
		{"ann@school.example", drive.DriveScope, 200, ""},
		{"cat@school.example", drive.DriveScope, 200, ""}, // switched off
		{"nobody@school.example", drive.DriveScope, 400, "invalid_grant"},
		{"ann@school.example", gmail.MailGoogleComScope, 401, "unauthorized_client"},
	} {
		if code, body := try(tt.subject, tt.scope); code != tt.code || !strings.Contains(body, tt.says) {
			t.Errorf("%s %s: %d %s", tt.subject, tt.scope, code, body)
		}
	}
	if err := e.w.DeleteUser("bob@school.example", "ann@school.example"); err != nil {
		t.Fatal(err)
	}
	if code, body := try("bob@school.example", drive.DriveScope); code != 400 || !strings.Contains(body, "invalid_grant") {
		t.Errorf("a deleted user: %d %s", code, body)
	}
	if err := e.w.SuspendUser("cat@school.example", "ann@school.example"); err != nil {
		t.Fatal(err)
	}
	if code, _ := try("cat@school.example", drive.DriveScope); code != 200 {
		t.Errorf("a suspended user: %d", code)
	}
	key, err := e.s.Credentials(e.url + "/token")
	if err != nil {
		t.Fatal(err)
	}
	conf, err := googleauth.JWTConfigFromJSON(key, drive.DriveScope)
	if err != nil {
		t.Fatal(err)
	}
	conf.Subject, conf.Audience = "ann@school.example", "https://elsewhere.example/token"
	if _, err := conf.TokenSource(context.Background()).Token(); err == nil || !strings.Contains(err.Error(), "audience") {
		t.Errorf("another audience: %v", err)
	}
	resp, err := http.Get(e.url + "/drive/v3/files")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 401 {
		t.Errorf("without a token: %d", resp.StatusCode)
	}
}

func TestReports(t *testing.T) {
	e := serving(t, Options{AuditLag: 10 * time.Minute})
	for range 30 {
		if err := e.w.ViewFile("L", "bob@school.example"); err != nil {
			t.Fatal(err)
		}
		e.w.Advance(time.Second)
	}
	if err := e.w.SetLink("A", "reader", "", false, "ann@school.example"); err != nil {
		t.Fatal(err)
	}
	r := e.reports()
	if l, err := r.Activities.List("all", "drive").Do(); err != nil || len(l.Items) != 0 {
		t.Errorf("before the lag: %d %v", len(l.Items), err)
	}
	e.w.Advance(20 * time.Minute)
	var times []string
	pages := 0
	err := r.Activities.List("all", "drive").MaxResults(7).Pages(context.Background(), func(l *reports.Activities) error {
		pages++
		for _, a := range l.Items {
			times = append(times, a.Id.Time)
		}
		return nil
	})
	if err != nil || len(times) != 31 || pages != 5 || !slices.IsSortedFunc(times, func(a, b string) int { return strings.Compare(b, a) }) {
		t.Errorf("have %d records on %d pages, %v", len(times), pages, err)
	}
	for _, tt := range []struct {
		event, filters, user string
		want                 int
	}{
		{"change_document_visibility", "", "all", 1},
		{"view", "doc_id==L", "all", 30},
		{"view", "doc_id==A", "all", 0},
		{"", "", "bob@school.example", 30},
	} {
		c := r.Activities.List(tt.user, "drive").StartTime(start.Format(time.RFC3339))
		if tt.event != "" {
			c = c.EventName(tt.event)
		}
		if tt.filters != "" {
			c = c.Filters(tt.filters)
		}
		l, err := c.Do()
		if err != nil || len(l.Items) != tt.want {
			t.Errorf("%+v: %d %v", tt, len(l.Items), err)
		}
	}
	_, err = r.Activities.List("all", "drive").StartTime("yesterday").Do()
	want(t, "a bad time", err, 400, "invalidParameter")
}

func TestMail(t *testing.T) {
	e := serving(t, Options{})
	g, err := gmail.NewService(context.Background(), option.WithEndpoint(e.url+"/"), option.WithHTTPClient(e.client("ann@school.example", gmail.GmailComposeScope)))
	if err != nil {
		t.Fatal(err)
	}
	raw := base64.URLEncoding.EncodeToString([]byte("Subject: x\r\n\r\nhello"))
	d, err := g.Users.Drafts.Create("me", &gmail.Draft{Message: &gmail.Message{Raw: raw}}).Do()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Users.Drafts.Get("me", d.Id).Do(); err != nil {
		t.Error(err)
	}
	if _, err := g.Users.Drafts.Send("me", &gmail.Draft{Id: d.Id}).Do(); err != nil {
		t.Error(err)
	}
	_, err = g.Users.Drafts.Send("me", &gmail.Draft{Id: d.Id}).Do()
	want(t, "sending twice", err, 404, "notFound")
	_, err = g.Users.Drafts.Get("me", d.Id).Do()
	want(t, "a sent draft", err, 404, "notFound")
	if l, err := g.Users.Drafts.List("me").Do(); err != nil || len(l.Drafts) != 0 {
		t.Errorf("drafts: %+v %v", l, err)
	}
	if m := e.w.Mails("ann@school.example"); len(m) != 1 || m[0].Raw != raw {
		t.Errorf("mailbox: %+v", m)
	}
	g, err = gmail.NewService(context.Background(), option.WithEndpoint(e.url+"/"), option.WithHTTPClient(e.client("bob@school.example", gmail.GmailComposeScope)))
	if err != nil {
		t.Fatal(err)
	}
	_, err = g.Users.Drafts.Create("me", &gmail.Draft{Message: &gmail.Message{Raw: raw}}).Do()
	want(t, "a pupil without mail", err, 400, "failedPrecondition")
}

func TestCloudIdentity(t *testing.T) {
	e := serving(t, Options{})
	c, err := cloudidentity.NewService(context.Background(), option.WithEndpoint(e.url+"/"), option.WithHTTPClient(e.client("ann@school.example",
		"https://www.googleapis.com/auth/cloud-identity.policies.readonly", "https://www.googleapis.com/auth/cloud-identity.allowlisteddomains.readonly")))
	if err != nil {
		t.Fatal(err)
	}
	p, err := c.Policies.List().Filter(`customer == "customers/my_customer" && setting.type.matches('gmail\\.service_status$')`).PageSize(1).Do()
	if err != nil || len(p.Policies) != 1 || p.NextPageToken == "" {
		t.Errorf("policies: %+v %v", p, err)
	}
	_, err = c.Policies.List().Filter("setting.type.startsWith('x')").Do()
	want(t, "another filter", err, 400, "badRequest")
	a, err := c.AllowlistedDomains.List().Do()
	if err != nil || len(a.AllowlistedDomains) != 1 || a.AllowlistedDomains[0].Domain != "trust.example" {
		t.Errorf("trusted domains: %+v %v", a, err)
	}
}

func TestRefusals(t *testing.T) {
	e := serving(t, Options{})
	c := e.client("ann@school.example", drive.DriveScope)
	for _, tt := range []struct {
		path string
		code int
		says string
	}{
		{"/drive/v3/files?pageSizes=1", 400, "pageSizes"},
		{"/drive/v3/files?fields=files(nme)", 400, "Invalid field selection nme"},
		{"/drive/v3/files?fields=files(", 400, "Invalid field selection"},
		{"/drive/v3/files?q=" + url.QueryEscape("'me' of owners"), 400, `"location": "q"`},
		{"/drive/v3/files?orderBy=size", 400, `"location": "orderBy"`},
		{"/drive/v3/files?corpora=drive", 400, "driveId"},
		{"/drive/v3/about", 400, `"reason": "required"`},
		{"/drive/v3/files/nothing", 404, "File not found: nothing."},
		{"/drive/v3/changes", 404, "no method"},
		{"/admin/directory/v1/users?customer=my_customer", 403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT"},
	} {
		r, err := c.Get(e.url + tt.path)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil || r.StatusCode != tt.code || !strings.Contains(string(b), tt.says) || !strings.Contains(string(b), `"status"`) {
			t.Errorf("%s: %d %s", tt.path, r.StatusCode, b)
		}
	}
}

func TestEveryMethodIsServed(t *testing.T) {
	c, err := discovery.Load()
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{} // two APIs have an admin.channels.stop
	for _, m := range c.Methods() {
		ids[m.ID] = true
	}
	if len(ids) != len(Handled()) {
		t.Errorf("the catalogue has %d methods, the server %d", len(ids), len(Handled()))
	}
	for _, m := range c.Methods() {
		if !slices.Contains(Handled(), m.ID) {
			t.Errorf("%s is not served", m.ID)
		}
	}
}

func TestDiscoveryDocument(t *testing.T) {
	e := serving(t, Options{})
	r, err := http.Get(e.url + "/discovery/v1/apis/drive/v3/rest")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	var doc struct{ RootURL, BaseURL string }
	if err := json.NewDecoder(r.Body).Decode(&doc); err != nil || doc.RootURL != e.url+"/" || doc.BaseURL != e.url+"/drive/v3/" {
		t.Errorf("have %+v %v", doc, err)
	}
}

func TestSimPaths(t *testing.T) {
	e := serving(t, Options{})
	post := func(path, body string) string {
		t.Helper()
		r, err := http.Post(e.url+"/sim/"+path, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(b))
	}
	if have := post("clock", `{"advance":"90m"}`); !strings.Contains(have, "2026-11-02T09:30:00Z") {
		t.Error(have)
	}
	if have := post("do", `{"do":"setLink","file":"A","role":"reader","actor":"ann@school.example"}`); have != "{}" {
		t.Error(have)
	}
	if have := post("do", `{"do":"dance"}`); !strings.Contains(have, "error") {
		t.Error(have)
	}
	dir := t.TempDir()
	if have := post("dump", `{"dir":"`+dir+`"}`); have != "{}" {
		t.Error(have)
	}
	if w, err := world.Load(dir); err != nil || w.FileCount() != 7 || !w.Now().Equal(start.Add(90*time.Minute)) {
		t.Error(err)
	}
}

// serveOn serves on a free port of loopback until the context ends.
func serveOn(ctx context.Context, t *testing.T, s *Server, addr chan<- string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Error(err)
		close(addr)
		return
	}
	addr <- l.Addr().String()
	srv := &http.Server{Handler: s}
	context.AfterFunc(ctx, func() { srv.Close() })
	srv.Serve(l)
}

func BenchmarkFilesList(b *testing.B) {
	w := school(b)
	for i := range 5000 {
		if err := w.AddFile(&world.File{Name: fmt.Sprint("File ", i), MimeType: "text/plain", Parent: "F", Owner: &world.Person{EmailAddress: "cat@school.example"}},
			world.Grant{Type: "user", Role: "writer", EmailAddress: fmt.Sprintf("p%d@home.example", i/10)}); err != nil {
			b.Fatal(err)
		}
	}
	s, err := New(w, Options{Key: testKey()})
	if err != nil {
		b.Fatal(err)
	}
	token, err := s.Token("cat@school.example", drive.DriveScope)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		r := httptest.NewRequest("GET", "/drive/v3/files?q="+url.QueryEscape("'me' in owners and trashed=false")+"&pageSize=1000&fields="+url.QueryEscape("nextPageToken,files(id,name,mimeType,parents,owners,permissions(id,type,role,emailAddress,domain,permissionDetails))"), nil)
		r.Header.Set("Authorization", "Bearer "+token)
		rec := httptest.NewRecorder()
		s.ServeHTTP(rec, r)
		if rec.Code != 200 {
			b.Fatal(rec.Body.String())
		}
	}
}

// bearer is a client that sends this token.
func bearer(token string) *http.Client {
	return oauth2.NewClient(context.Background(), oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token}))
}
