package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admin "google.golang.org/api/admin/directory/v1"
	drive "google.golang.org/api/drive/v3"
	"google.golang.org/api/licensing/v1"
	"google.golang.org/api/option"

	. "esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
)

// office is school with everything that the accounts' rules look at, delegated every scope.
func office(t testing.TB) *world.World {
	w := school(t)
	w.Settings.Clients = nil
	w.AddRole(&world.Role{RoleID: "9", RoleName: "_SEED_ADMIN_ROLE", IsSuperAdminRole: true, IsSystemRole: true})
	w.AddRole(&world.Role{RoleID: "8", RoleName: "Help desk", Extra: world.Raw{"rolePrivileges": json.RawMessage(`[{"privilegeName":"USERS_RETRIEVE","serviceId":"0"}]`)}})
	w.AddRoleAssignment(&world.RoleAssignment{RoleID: "9", AssignedTo: "100", AssigneeType: "user"})
	w.AddRoleAssignment(&world.RoleAssignment{RoleID: "8", AssignedTo: "g1", AssigneeType: "group"})
	w.AddRoleAssignment(&world.RoleAssignment{RoleID: "8", AssignedTo: "102", AssigneeType: "user", ScopeType: "ORG_UNIT", OrgUnitID: "ustaff"})
	w.AddToken("101", &world.Token{ClientID: "7.apps.example", DisplayText: "Game", Scopes: []string{"openid", drive.DriveScope}})
	w.AddToken("101", &world.Token{ClientID: "8.apps.example", DisplayText: "Maths", Scopes: []string{"openid"}})
	for i := range 7 {
		w.AddChromeDevice(&world.ChromeDevice{DeviceID: fmt.Sprint("c", i), Status: "ACTIVE", OrgUnitPath: []string{"/Pupils/Year 4", "/Pupils", "/Staff"}[i%3], BootMode: "Dev",
			LastSync: start.AddDate(0, 0, -i), AutoUpdateExpiration: "1760000000000", Extra: world.Raw{"osVersion": json.RawMessage(`"131"`)}})
		w.AddMobileDevice(&world.MobileDevice{ResourceID: fmt.Sprint("m", i), Email: []string{"ann@school.example"}, Status: "APPROVED", EncryptionStatus: "Not Encrypted", LastSync: start})
	}
	for _, u := range w.Users() {
		w.AddLicense(&world.LicenseAssignment{UserID: u.PrimaryEmail, ProductID: "101031", SkuID: "1010310008", SkuName: "Education Plus"})
	}
	off, sent, none := false, int64(3), int64(0)
	for _, date := range []string{"2026-10-30", "2026-10-31", "2026-11-01"} {
		for i, u := range w.Users() {
			n := &none
			if i == 1 {
				n = &sent
			}
			w.AddUsage(&world.UsageReport{Date: date, Entity: world.UsageEntity{UserEmail: u.PrimaryEmail, ProfileID: u.ID}, Parameters: []world.UsageParam{
				{Name: "gmail:is_gmail_enabled", Bool: &off}, {Name: "gmail:num_emails_sent", Int: n}}})
		}
	}
	w.AddCourse(&world.Course{ID: "50", Name: "Class 4", OwnerID: "100", CreationTime: start.AddDate(0, -2, 0)})
	w.AddCourse(&world.Course{ID: "51", Name: "Old", OwnerID: "100", CourseState: "ARCHIVED", CreationTime: start.AddDate(-1, 0, 0)})
	w.AddTeacher("50", &world.CourseMember{UserID: "100"})
	w.AddStudent("50", &world.CourseMember{UserID: "101"})
	for i := range 130 {
		w.AddStudent("51", &world.CourseMember{UserID: fmt.Sprint("9", i), Profile: world.Profile{EmailAddress: fmt.Sprintf("p%d@home.example", i)}})
	}
	w.AddGuardian("101", &world.Guardian{GuardianID: "77", InvitedEmailAddress: "eve@home.example", GuardianProfile: world.Profile{EmailAddress: "eve@home.example"}})
	w.AddForwarding("ann@school.example", world.AutoForwarding{Enabled: true, EmailAddress: "x@home.example", Disposition: "archive"})
	return w
}

const ann = "ann@school.example"

func auth(names ...string) []string {
	var out []string
	for _, n := range names {
		out = append(out, "https://www.googleapis.com/auth/"+n)
	}
	return out
}

// raw sends a request as ann with these scopes and gives the status and the body.
func (e *env) raw(subject string, scopes []string, method, path, body string) (int, string) {
	e.t.Helper()
	token, err := e.s.Token(subject, scopes...)
	if err != nil {
		e.t.Fatal(err)
	}
	req, err := http.NewRequest(method, e.url+path, strings.NewReader(body))
	if err != nil {
		e.t.Fatal(err)
	}
	resp, err := bearer(token).Do(req)
	if err != nil {
		e.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		e.t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// TestScopesOfAccountMethods asks with the scope that is just enough, with one that is not, and as a pupil.
func TestScopesOfAccountMethods(t *testing.T) {
	const dir, cl = "/admin/directory/v1/", "/v1/"
	for _, tt := range []struct {
		method, path, body string
		enough, too        string // too little
		code               int
		pupil              int
	}{
		{"GET", dir + "customer/my_customer/roles", "", "admin.directory.rolemanagement.readonly", "admin.directory.user.readonly", 200, 403},
		{"GET", dir + "customer/my_customer/roleassignments", "", "admin.directory.rolemanagement.readonly", "admin.directory.user.readonly", 200, 403},
		{"GET", dir + "users/101/tokens", "", "admin.directory.user.security", "admin.directory.user", 200, 403},
		{"GET", dir + "users/101/tokens/7.apps.example", "", "admin.directory.user.security", "admin.directory.user.readonly", 200, 403},
		{"DELETE", dir + "users/101/tokens/7.apps.example", "", "admin.directory.user.security", "admin.directory.user", 204, 403},
		{"POST", dir + "users/101/signOut", "", "admin.directory.user.security", "admin.directory.user", 204, 403},
		{"PATCH", dir + "users/101", `{"suspended":true}`, "admin.directory.user", "admin.directory.user.readonly", 200, 403},
		{"PUT", dir + "users/101", `{"suspended":false}`, "admin.directory.user", "admin.directory.user.security", 200, 403},
		{"GET", dir + "groups/g1/members/101", "", "admin.directory.group.member.readonly", "admin.directory.user", 200, 403},
		{"GET", dir + "groups/g1/hasMember/101", "", "admin.directory.group.readonly", "admin.directory.user", 200, 403},
		{"POST", dir + "groups/g1/members", `{"email":"cat@school.example"}`, "admin.directory.group.member", "admin.directory.group.member.readonly", 200, 403},
		{"DELETE", dir + "groups/g1/members/cat@school.example", "", "admin.directory.group", "admin.directory.group.readonly", 204, 403},
		{"GET", dir + "customer/my_customer/devices/chromeos", "", "admin.directory.device.chromeos.readonly", "admin.directory.device.mobile", 200, 403},
		{"GET", dir + "customer/my_customer/devices/mobile", "", "admin.directory.device.mobile.readonly", "admin.directory.device.chromeos", 200, 403},
		{"GET", "/apps/licensing/v1/product/101031/users?customerId=my_customer", "", "apps.licensing", "admin.directory.user", 200, 403},
		{"GET", "/admin/reports/v1/usage/users/all/dates/2026-10-30", "", "admin.reports.usage.readonly", "admin.reports.audit.readonly", 200, 403},
		{"GET", "/admin/reports/v1/activity/users/all/applications/user_accounts", "", "admin.reports.audit.readonly", "admin.reports.usage.readonly", 200, 403},
		{"GET", cl + "courses", "", "classroom.courses.readonly", "classroom.rosters.readonly", 200, 200},
		{"GET", cl + "courses/51/teachers", "", "classroom.rosters.readonly", "classroom.courses.readonly", 200, 403},
		{"GET", cl + "courses/51/students", "", "classroom.rosters.readonly", "classroom.courses.readonly", 200, 403},
		{"GET", cl + "courses/51/announcements", "", "classroom.announcements.readonly", "classroom.coursework.students", 200, 403},
		{"GET", cl + "courses/51/courseWork", "", "classroom.coursework.students.readonly", "classroom.announcements", 200, 403},
		{"GET", cl + "courses/51/courseWorkMaterials", "", "classroom.courseworkmaterials.readonly", "classroom.coursework.students", 200, 403},
		{"GET", cl + "userProfiles/-/guardians", "", "classroom.guardianlinks.students.readonly", "classroom.rosters.readonly", 200, 403},
		{"GET", "/gmail/v1/users/me/settings/autoForwarding", "", "gmail.settings.basic", "gmail.compose", 200, 400},
	} {
		e := startWorld(t, office(t), Options{})
		if strings.HasSuffix(tt.path, "members/cat@school.example") {
			if err := e.w.AddMember("g1", &world.Member{Email: "cat@school.example"}, ann); err != nil {
				t.Fatal(err)
			}
		}
		if code, body := e.raw(ann, auth(tt.too), tt.method, tt.path, tt.body); code != 403 || !strings.Contains(body, "insufficientPermissions") {
			t.Errorf("%s %s with %s: %d %s", tt.method, tt.path, tt.too, code, body)
		}
		if code, body := e.raw("bob@school.example", auth(tt.enough), tt.method, tt.path, tt.body); code != tt.pupil {
			t.Errorf("%s %s as a pupil: %d %s", tt.method, tt.path, code, body)
		}
		if code, body := e.raw(ann, auth(tt.enough), tt.method, tt.path, tt.body); code != tt.code {
			t.Errorf("%s %s with %s: %d %s", tt.method, tt.path, tt.enough, code, body)
		}
	}
}

func (e *env) directory(scopes ...string) *admin.Service {
	e.t.Helper()
	a, err := admin.NewService(context.Background(), option.WithEndpoint(e.url+"/"), option.WithHTTPClient(e.client(ann, auth(scopes...)...)))
	if err != nil {
		e.t.Fatal(err)
	}
	return a
}

func TestAccountLists(t *testing.T) {
	e := startWorld(t, office(t), Options{})
	a := e.directory("admin.directory.rolemanagement.readonly", "admin.directory.user.security", "admin.directory.device.chromeos.readonly", "admin.directory.device.mobile.readonly")
	ctx := context.Background()
	var held []string
	err := a.RoleAssignments.List("my_customer").MaxResults(1).Pages(ctx, func(p *admin.RoleAssignments) error {
		for _, x := range p.Items {
			held = append(held, fmt.Sprint(x.AssignedTo, " ", x.AssigneeType, " ", x.RoleId, " ", x.ScopeType))
		}
		return nil
	})
	if d := cmp.Diff([]string{"100 user 9 CUSTOMER", "g1 group 8 CUSTOMER", "102 user 8 ORG_UNIT"}, held); d != "" || err != nil {
		t.Error(d, err)
	}
	for _, tt := range []struct {
		user     string
		indirect bool
		want     int
	}{{"bob@school.example", false, 0}, {"bob@school.example", true, 1}, {"g1", false, 1}, {"102", true, 1}} {
		p, err := a.RoleAssignments.List("C01").UserKey(tt.user).IncludeIndirectRoleAssignments(tt.indirect).Do()
		if err != nil || len(p.Items) != tt.want {
			t.Errorf("%+v: %v %v", tt, p, err)
		}
	}
	roles, err := a.Roles.List("my_customer").Do()
	if err != nil || len(roles.Items) != 2 || !roles.Items[0].IsSuperAdminRole || len(roles.Items[1].RolePrivileges) != 1 {
		t.Errorf("roles: %+v %v", roles, err)
	}
	tokens, err := a.Tokens.List("bob@school.example").Do()
	if err != nil || len(tokens.Items) != 2 || tokens.Items[0].UserKey != "101" || len(tokens.Items[0].Scopes) != 2 {
		t.Errorf("applications: %+v %v", tokens, err)
	}
	chrome := func(list *admin.ChromeosdevicesListCall) string {
		t.Helper()
		var out []string
		if err := list.Pages(ctx, func(p *admin.ChromeOsDevices) error {
			for _, d := range p.Chromeosdevices {
				out = append(out, d.DeviceId)
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
		return strings.Join(out, " ")
	}
	for _, tt := range []struct {
		list *admin.ChromeosdevicesListCall
		want string
	}{
		{a.Chromeosdevices.List("my_customer").MaxResults(3), "c0 c1 c2 c3 c4 c5 c6"},
		{a.Chromeosdevices.List("my_customer").OrgUnitPath("Pupils"), "c1 c4"},
		{a.Chromeosdevices.List("my_customer").OrgUnitPath("/Pupils").IncludeChildOrgunits(true), "c0 c1 c3 c4 c6"},
		{a.Chromeosdevices.List("my_customer").OrgUnitPath("id:ustaff").OrderBy("lastSync"), "c5 c2"},
	} {
		if have := chrome(tt.list); have != tt.want {
			t.Errorf("Chrome devices: have %q, want %q", have, tt.want)
		}
	}
	basic, err := a.Chromeosdevices.List("my_customer").Do()
	full, err2 := a.Chromeosdevices.List("my_customer").Projection("FULL").Do()
	if err != nil || err2 != nil || basic.Chromeosdevices[0].BootMode != "" || full.Chromeosdevices[0].BootMode != "Dev" || full.Chromeosdevices[0].OsVersion != "131" {
		t.Errorf("projections: %v %v", err, err2)
	}
	_, err = a.Chromeosdevices.List("my_customer").IncludeChildOrgunits(true).Do()
	want(t, "includeChildOrgunits alone", err, 400, "invalid")
	n := 0
	err = a.Mobiledevices.List("my_customer").Projection("FULL").MaxResults(2).Pages(ctx, func(p *admin.MobileDevices) error { n += len(p.Mobiledevices); return nil })
	if err != nil || n != 7 {
		t.Errorf("mobile devices: %d %v", n, err)
	}
	_, err = a.Mobiledevices.List("my_customer").MaxResults(101).Do()
	want(t, "too large a page", err, 400, "invalidParameter")
	l, err := licensing.NewService(ctx, option.WithEndpoint(e.url+"/"), option.WithHTTPClient(e.client(ann, auth("apps.licensing")...)))
	if err != nil {
		t.Fatal(err)
	}
	n = 0
	err = l.LicenseAssignments.ListForProduct("101031", "C01").MaxResults(3).Pages(ctx, func(p *licensing.LicenseAssignmentList) error { n += len(p.Items); return nil })
	if err != nil || n != 4 {
		t.Errorf("licences: %d %v", n, err)
	}
	_, err = l.LicenseAssignments.ListForProduct("101031", "C99").Do()
	want(t, "another customer", err, 403, "forbidden")
}

func events(w *world.World, app string) string {
	var out []string
	for _, a := range w.Activities(app) {
		for _, e := range a.Events {
			out = append(out, e.Name)
		}
	}
	return strings.Join(out, " ")
}

func TestChangesOfUsersAndGroups(t *testing.T) {
	e := startWorld(t, office(t), Options{})
	a := e.directory("admin.directory.user", "admin.directory.user.security", "admin.directory.group")
	u, err := a.Users.Patch("bob@school.example", &admin.User{OrgUnitPath: "/Staff", RecoveryEmail: "x@home.example", Suspended: true, ChangePasswordAtNextLogin: true,
		Name: &admin.UserName{GivenName: "Robert", FamilyName: "B"}}).Do()
	if err != nil || u.OrgUnitPath != "/Staff" || !u.Suspended || u.SuspensionReason != "ADMIN" || u.RecoveryEmail != "x@home.example" || u.Name.FullName != "Robert B" {
		t.Errorf("patch: %+v %v", u, err)
	}
	u, err = a.Users.Update("101", &admin.User{RecoveryEmail: "", ForceSendFields: []string{"RecoveryEmail", "Suspended"}}).Do()
	if err != nil || u.RecoveryEmail != "" || u.Suspended || u.OrgUnitPath != "/Staff" {
		t.Errorf("update: %+v %v", u, err)
	}
	if err := a.Users.SignOut("101").Do(); err != nil {
		t.Error(err)
	}
	want(t, "signing out nobody", a.Users.SignOut("nobody@school.example").Do(), 404, "notFound")
	_, err = a.Users.Patch("101", &admin.User{OrgUnitPath: "/Nowhere"}).Do()
	want(t, "an unknown unit", err, 400, "invalid")
	_, err = a.Users.Patch("101", &admin.User{PrimaryEmail: "robert@school.example"}).Do()
	want(t, "another address", err, 501, "notImplemented")
	if _, err := a.Users.Patch("101", &admin.User{PrimaryEmail: "bob@school.example"}).Do(); err != nil {
		t.Errorf("the same address: %v", err)
	}
	before := "MOVE_USER_TO_ORG_UNIT CHANGE_FIRST_NAME CHANGE_LAST_NAME ADD_RECOVERY_EMAIL CHANGE_PASSWORD_ON_NEXT_LOGIN SUSPEND_USER CHANGE_RECOVERY_EMAIL UNSUSPEND_USER RESET_SIGNIN_COOKIES"
	if have := events(e.w, "admin"); have != before {
		t.Errorf("records: %s", have)
	}
	m, err := a.Members.Insert("team@school.example", &admin.Member{Email: "cat@school.example", Role: "MEMBER"}).Do()
	if err != nil || m.Id != "102" || m.Type != "USER" {
		t.Errorf("insert: %+v %v", m, err)
	}
	_, err = a.Members.Insert("g1", &admin.Member{Id: "102"}).Do()
	want(t, "twice", err, 409, "duplicate")
	_, err = a.Members.Insert("g1", &admin.Member{Email: "nobody@school.example"}).Do()
	want(t, "nobody", err, 404, "notFound")
	_, err = a.Members.Insert("g1", &admin.Member{Email: "eve@home.example"}).Do()
	want(t, "somebody outside", err, 412, "conditionNotMet")
	if _, err := a.Members.Get("g1", "cat@school.example").Do(); err != nil {
		t.Error(err)
	}
	if err := e.w.CreateGroup(&world.Group{ID: "g2", Email: "all@school.example"}, nil, ann); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Members.Insert("g2", &admin.Member{Email: "team@school.example"}).Do(); err != nil {
		t.Error(err)
	}
	for who, is := range map[string]bool{"bob@school.example": true, "ann@school.example": false} {
		h, err := a.Members.HasMember("g2", who).Do()
		if err != nil || h.IsMember != is {
			t.Errorf("hasMember %s: %+v %v", who, h, err)
		}
	}
	if err := a.Members.Delete("g1", "102").Do(); err != nil {
		t.Error(err)
	}
	want(t, "not in the group", a.Members.Delete("g1", "102").Do(), 404, "notFound")
	if err := a.Tokens.Delete("101", "7.apps.example").Do(); err != nil {
		t.Error(err)
	}
	want(t, "an application that is gone", a.Tokens.Delete("101", "7.apps.example").Do(), 404, "notFound")
	if have := events(e.w, "admin"); have != before+" ADD_GROUP_MEMBER CREATE_GROUP ADD_GROUP_MEMBER REMOVE_GROUP_MEMBER REVOKE_3LO_TOKEN" {
		t.Errorf("records: %s", have)
	}
	if have := events(e.w, "token"); have != "revoke" {
		t.Errorf("records: %s", have)
	}
}

// TestSpread changes things and looks at once, while some of it has spread, and at the end.
func TestSpread(t *testing.T) {
	e := startWorld(t, office(t), Options{SpreadDelay: 30 * time.Second})
	a := e.directory("admin.directory.user", "admin.directory.user.security", "admin.directory.group")
	u, err := a.Users.Patch("101", &admin.User{OrgUnitPath: "/Staff"}).Do()
	if err != nil || u.OrgUnitPath != "/Staff" {
		t.Fatalf("the write itself: %+v %v", u, err)
	}
	if _, err := a.Members.Insert("g1", &admin.Member{Email: "cat@school.example"}).Do(); err != nil {
		t.Fatal(err)
	}
	if err := a.Tokens.Delete("101", "7.apps.example").Do(); err != nil {
		t.Fatal(err)
	}
	_, err = a.Users.Patch("102", &admin.User{OrgUnitPath: "/Nowhere"}).Do()
	want(t, "a refused change", err, 400, "invalid")
	look := func() string {
		t.Helper()
		u, err := a.Users.Get("101").Do()
		if err != nil {
			t.Fatal(err)
		}
		l, err := a.Users.List().Customer("my_customer").Query("orgUnitPath='/Staff'").Do()
		if err != nil {
			t.Fatal(err)
		}
		m, err := a.Members.List("g1").Do()
		if err != nil {
			t.Fatal(err)
		}
		tk, err := a.Tokens.List("101").Do()
		if err != nil {
			t.Fatal(err)
		}
		_, err = a.Members.Get("g1", "102").Do()
		return fmt.Sprint(u.OrgUnitPath, " ", len(l.Users), " ", len(m.Members), " ", err == nil, " ", len(tk.Items))
	}
	const old, now = "/Pupils/Year 4 2 1 false 2", "/Staff 3 2 true 1"
	if have := look(); have != old {
		t.Errorf("at once: %s", have)
	}
	e.w.Advance(14 * time.Second)
	if have := look(); have != old {
		t.Errorf("after less than half the time: %s", have)
	}
	e.w.Advance(31 * time.Second)
	if have := look(); have != now {
		t.Errorf("after one and a half of the time: %s", have)
	}
	if err := e.w.MoveUser("101", "/Pupils", ann); err != nil {
		t.Fatal(err)
	}
	if u, err := a.Users.Get("101").Do(); err != nil || u.OrgUnitPath != "/Pupils" {
		t.Errorf("a change by hand: %+v %v", u, err)
	}
}
