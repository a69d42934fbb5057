package server_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	classroom "google.golang.org/api/classroom/v1"
	drive "google.golang.org/api/drive/v3"
	"google.golang.org/api/option"

	. "esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
)

func (e *env) classroom(subject string, scopes ...string) *classroom.Service {
	e.t.Helper()
	c, err := classroom.NewService(context.Background(), option.WithEndpoint(e.url+"/"), option.WithHTTPClient(e.client(subject, auth(scopes...)...)))
	if err != nil {
		e.t.Fatal(err)
	}
	return c
}

func TestClassroom(t *testing.T) {
	e := startWorld(t, office(t), Options{})
	c := e.classroom(ann, "classroom.courses.readonly", "classroom.rosters.readonly", "classroom.guardianlinks.students.readonly", "classroom.profile.emails")
	for _, tt := range []struct {
		list *classroom.CoursesListCall
		want string
	}{
		{c.Courses.List(), "50 51"},
		{c.Courses.List().CourseStates("ACTIVE"), "50"},
		{c.Courses.List().CourseStates("ACTIVE", "ARCHIVED").PageSize(1), "50 51"},
		{c.Courses.List().TeacherId("me"), "50"},
		{c.Courses.List().StudentId("bob@school.example"), "50"},
		{c.Courses.List().StudentId("100"), ""},
		{e.classroom("bob@school.example", "classroom.courses.readonly").Courses.List(), "50"},
	} {
		var have []string
		err := tt.list.Pages(context.Background(), func(p *classroom.ListCoursesResponse) error {
			for _, x := range p.Courses {
				have = append(have, x.Id)
			}
			return nil
		})
		if strings.Join(have, " ") != tt.want || err != nil {
			t.Errorf("courses: have %v, want %s, %v", have, tt.want, err)
		}
	}
	_, err := c.Courses.List().TeacherId("nobody@school.example").Do()
	want(t, "an unknown teacher", err, 404, "notFound")
	_, err = c.Courses.Teachers.List("99").Do()
	want(t, "an unknown course", err, 404, "notFound")
	te, err := c.Courses.Teachers.List("50").Do()
	if err != nil || len(te.Teachers) != 1 || te.Teachers[0].Profile.EmailAddress != ann || te.Teachers[0].Profile.Name.FullName != "ann" || te.Teachers[0].CourseId != "50" {
		t.Errorf("teachers: %+v %v", te, err)
	}
	var sizes []int
	err = c.Courses.Students.List("51").Pages(context.Background(), func(p *classroom.ListStudentsResponse) error {
		sizes = append(sizes, len(p.Students))
		return nil
	})
	if d := cmp.Diff([]int{30, 30, 30, 30, 10}, sizes); d != "" || err != nil {
		t.Error(d, err)
	}
	st, err := c.Courses.Students.List("51").PageSize(1000).Do()
	if err != nil || len(st.Students) != 100 || st.NextPageToken == "" || st.Students[0].Profile.EmailAddress != "p0@home.example" {
		t.Errorf("a large page: %v", err)
	}
	gs, err := c.UserProfiles.Guardians.List("-").Do()
	if err != nil || len(gs.Guardians) != 1 || gs.Guardians[0].StudentId != "101" || gs.Guardians[0].GuardianProfile.EmailAddress != "eve@home.example" {
		t.Errorf("guardians: %+v %v", gs, err)
	}
	if gs, err = c.UserProfiles.Guardians.List("cat@school.example").Do(); err != nil || len(gs.Guardians) != 0 {
		t.Errorf("guardians of another: %+v %v", gs, err)
	}
	plain := e.classroom(ann, "classroom.rosters.readonly")
	if te, err = plain.Courses.Teachers.List("50").Do(); err != nil || te.Teachers[0].Profile.EmailAddress != "" || te.Teachers[0].UserId != "100" {
		t.Errorf("without the scope for addresses: %+v %v", te, err)
	}
}

// TestChangesOfPermissions makes the changes that put sharing right, and looks at what is left and at the records.
func TestChangesOfPermissions(t *testing.T) {
	e := startWorld(t, office(t), Options{})
	d := e.drive(ann)
	bob := e.w.PermissionID("user", "bob@school.example")
	end := start.AddDate(0, 1, 0).Format(time.RFC3339)
	role := func(file, id string) string {
		for _, p := range e.w.File(file).Permissions() {
			if p.ID == id {
				return strings.TrimSpace(p.Role + " " + strings.TrimSuffix(p.ExpirationTime.Format(time.DateOnly), "0001-01-01"))
			}
		}
		return ""
	}
	n := 0
	recorded := func(what, name string) {
		t.Helper()
		list := e.w.Activities("drive")
		if len(list) <= n {
			t.Errorf("%s: no record", what)
			return
		}
		found := false
		for _, a := range list[n:] {
			for _, x := range a.Events {
				found = found || x.Name == name && a.ActorEmail == ann
			}
		}
		if !found {
			t.Errorf("%s: no %s", what, name)
		}
		n = len(list)
	}
	for _, tt := range []struct {
		name string
		do   func() error
		want string
	}{
		{"widen", func() error {
			_, err := d.Permissions.Update("F", bob, &drive.Permission{Role: "writer"}).Do()
			return err
		}, "writer"},
		{"narrow", func() error {
			_, err := d.Permissions.Update("F", bob, &drive.Permission{Role: "reader"}).Do()
			return err
		}, "reader"},
		{"end", func() error {
			_, err := d.Permissions.Update("F", bob, &drive.Permission{ExpirationTime: end}).Do()
			return err
		}, "reader 2026-12-02"},
		{"no end", func() error {
			_, err := d.Permissions.Update("F", bob, &drive.Permission{}).RemoveExpiration(true).Do()
			return err
		}, "reader"},
		{"take away", func() error { return d.Permissions.Delete("F", bob).Do() }, ""},
		{"give back", func() error {
			_, err := d.Permissions.Create("F", &drive.Permission{Type: "user", Role: "reader", EmailAddress: "bob@school.example", ExpirationTime: end}).SendNotificationEmail(false).Do()
			return err
		}, "reader 2026-12-02"},
	} {
		if err := tt.do(); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if have := role("F", bob); have != tt.want {
			t.Errorf("%s: have %q, want %q", tt.name, have, tt.want)
		}
		recorded(tt.name, "change_user_access")
	}
	p, err := d.Permissions.Create("A", &drive.Permission{Type: "user", Role: "owner", EmailAddress: "bob@school.example"}).TransferOwnership(true).Do()
	if err != nil || p.Id != bob || e.w.File("A").Owner.EmailAddress != "bob@school.example" {
		t.Errorf("handing over: %+v %v", p, err)
	}
	recorded("handing over", "change_owner")
	for _, tt := range []struct {
		name   string
		do     func() error
		code   int
		reason string
	}{
		{"owner without transferOwnership", func() error {
			_, err := d.Permissions.Create("F", &drive.Permission{Type: "user", Role: "owner", EmailAddress: "bob@school.example"}).Do()
			return err
		}, 403, "forbidden"},
		{"to somebody outside", func() error {
			_, err := d.Permissions.Create("F", &drive.Permission{Type: "user", Role: "owner", EmailAddress: "eve@home.example"}).TransferOwnership(true).Do()
			return err
		}, 400, "invalidSharingRequest"},
		{"not the owner any more", func() error {
			_, err := d.Permissions.Update("A", bob, &drive.Permission{Role: "owner"}).TransferOwnership(true).Do()
			return err
		}, 403, "insufficientFilePermissions"},
		{"an end in the past", func() error {
			_, err := d.Permissions.Update("F", bob, &drive.Permission{ExpirationTime: start.AddDate(0, 0, -1).Format(time.RFC3339)}).Do()
			return err
		}, 403, "expirationDatesMustBeInTheFuture"},
		{"an end in two years", func() error {
			_, err := d.Permissions.Update("F", bob, &drive.Permission{ExpirationTime: start.AddDate(2, 0, 0).Format(time.RFC3339)}).Do()
			return err
		}, 403, "expirationDateTooFarInTheFuture"},
		{"an end of a link", func() error {
			_, err := d.Permissions.Create("F", &drive.Permission{Type: "anyone", Role: "reader", ExpirationTime: end}).Do()
			return err
		}, 403, "cannotSetExpiration"},
	} {
		want(t, tt.name, tt.do(), tt.code, tt.reason)
	}
}

// TestDoAccounts makes each act on accounts and classes as a person would.
func TestDoAccounts(t *testing.T) {
	e := startWorld(t, office(t), Options{})
	if err := e.w.AddRoll("roll.csv", []byte("old")); err != nil {
		t.Fatal(err)
	}
	do := func(body string) string {
		t.Helper()
		r, err := http.Post(e.url+"/sim/do", "application/json", strings.NewReader(body))
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
	for _, tt := range []struct{ body, log, event string }{
		{`"do":"signIn","user":"bob@school.example"`, "login", "login_success"},
		{`"do":"changePassword","user":"bob@school.example"`, "login", "password_edit"},
		{`"do":"resetPassword","user":"bob@school.example"`, "admin", "CHANGE_PASSWORD"},
		{`"do":"loginEvent","name":"suspicious_login","user":"bob@school.example"`, "login", "suspicious_login"},
		{`"do":"assignRole","role":"Help desk","user":"bob@school.example"`, "admin", "ASSIGN_ROLE"},
		{`"do":"unassignRole","role":"8","user":"bob@school.example"`, "admin", "UNASSIGN_ROLE"},
		{`"do":"authorizeApp","user":"bob@school.example","resource":{"clientId":"5.apps","displayText":"Quiz","scopes":["openid"]}`, "token", "authorize"},
		{`"do":"revokeApp","user":"bob@school.example","app":"5.apps"`, "token", "revoke"},
		{`"do":"setForwarding","user":"ann@school.example","to":"y@home.example"`, "login", "email_forwarding_out_of_domain"},
		{`"do":"setRecovery","user":"bob@school.example","to":"y@home.example"`, "admin", "ADD_RECOVERY_EMAIL"},
		{`"do":"setPolicy","group":"team@school.example","resource":{"setting":{"type":"settings/gmail.service_status","value":{"serviceState":"ENABLED"}}}`, "admin", "TOGGLE_SERVICE_ENABLED"},
		{`"do":"setPolicy","to":"/Pupils","resource":{"setting":{"type":"settings/chat.service_status","value":{"serviceState":"DISABLED"}}}`, "admin", "TOGGLE_SERVICE_ENABLED"},
		{`"do":"removePolicy","name":"policies/p2"`, "admin", "TOGGLE_SERVICE_ENABLED"},
		{`"do":"createUser","resource":{"primaryEmail":"new@school.example","name":{"givenName":"N","familyName":"W"},"orgUnitPath":"/Pupils"}`, "admin", "CREATE_USER"},
		{`"do":"createCourse","resource":{"id":"60","name":"Class 5"}`, "classroom", "created_course"},
		{`"do":"addCourseMember","course":"60","role":"student","user":"eve@home.example"`, "classroom", "user_added_to_course"},
		{`"do":"removeCourseMember","course":"60","user":"eve@home.example"`, "classroom", "user_removed_from_course"},
		{`"do":"archiveCourse","course":"60"`, "classroom", "archived_course"},
	} {
		have := do(`{` + tt.body + `,"actor":"ann@school.example"}`)
		list := e.w.Activities(tt.log)
		if strings.Contains(have, "error") || len(list) == 0 || list[len(list)-1].Events[0].Name != tt.event {
			t.Errorf("%s: %s, records %s", tt.body, have, events(e.w, tt.log))
		}
	}
	if have := do(`{"do":"setRoll","name":"roll.csv","text":"new"}`); have != "{}" || string(e.w.Roll("roll.csv.2026-11-02")) != "old" {
		t.Errorf("setRoll: %s, %v", have, e.w.Rolls())
	}
	for range 2 {
		if have := do(`{"do":"reportUsage","resource":{"date":"2026-11-01","entity":{"profileId":"101","userEmail":"bob@school.example"},"parameters":[]}}`); have != "{}" || len(e.w.Usage("2026-11-01")) != 4 {
			t.Errorf("reportUsage: %s, %d", have, len(e.w.Usage("2026-11-01")))
		}
	}
	for _, bad := range []string{`{"do":"reportUsage","resource":{"date":"today"}}`, `{"do":"createUser"}`, `{"do":"setPolicy","resource":{"setting":{"type":"x"}}}`, `{"do":"setRoll","name":"../x","text":""}`, `{"do":"loginEvent"}`} {
		if have := do(bad); !strings.Contains(have, "error") {
			t.Errorf("%s: %s", bad, have)
		}
	}
	dir := t.TempDir()
	if r, err := http.Post(e.url+"/sim/dump", "application/json", strings.NewReader(fmt.Sprintf(`{"dir":%q}`, dir))); err != nil || r.StatusCode != 200 {
		t.Fatal(err)
	}
	w, err := world.Load(dir)
	if err != nil || string(w.Roll("roll.csv")) != "new" || w.Course("60") == nil || len(w.Activities("classroom")) != 4 || w.User("new@school.example") == nil {
		t.Errorf("the dump: %v", err)
	}
}

func TestFaultsOfClassroom(t *testing.T) {
	e := startWorld(t, office(t), Options{Faults: Faults{Rate: 1, Kinds: []string{"503"}, Routes: []string{"classroom", "licensing", "directory.tokens"}}})
	for path, code := range map[string]int{"/v1/courses": 503, "/apps/licensing/v1/product/1/users?customerId=my_customer": 503, "/admin/directory/v1/users/101/tokens": 503,
		"/admin/directory/v1/customer/my_customer/roles": 200} {
		if have, _ := e.raw(ann, auth("classroom.courses.readonly", "apps.licensing", "admin.directory.user.security", "admin.directory.rolemanagement.readonly"), "GET", path, ""); have != code {
			t.Errorf("%s: %d", path, have)
		}
	}
}
