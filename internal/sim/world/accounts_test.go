package world_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	. "esafetybot/internal/sim/world"
)

// last reads the newest record of a log as "name actor" and its parameters' texts.
func last(w *World, app string) (string, map[string]string) {
	list := w.Activities(app)
	if len(list) == 0 {
		return "", nil
	}
	a := list[len(list)-1]
	params := map[string]string{}
	for _, p := range a.Events[0].Params {
		params[p.Name] = p.Value
		if len(p.Multi) > 0 {
			params[p.Name] = p.Multi[0]
		}
	}
	return a.Events[0].Name + " " + a.ActorEmail, params
}

func TestAccountChangesAndTheirRecords(t *testing.T) {
	w := school(t)
	w.AddRole(&Role{RoleID: "9", RoleName: "_SEED_ADMIN_ROLE", IsSuperAdminRole: true})
	w.AddRole(&Role{RoleID: "8", RoleName: "Help desk"})
	cat := w.User("cat@school.example")
	const it, child = "ann@school.example", "cat@school.example"
	assign := func(role, key string) error { _, err := w.AssignRole(role, key, it); return err }
	policy := func(setting, value string, q PolicyQuery) error {
		p, err := NewPolicy("settings/"+setting, map[string]string{"serviceState": value}, q)
		if err != nil {
			t.Fatal(err)
		}
		return w.SetPolicy(p, it)
	}
	for _, tt := range []struct {
		does   string
		do     func() error
		app    string
		record string
		params map[string]string
	}{
		{"sign in", func() error { return w.SignIn(child) }, "login", "login_success " + child, map[string]string{"login_type": "google_password"}},
		{"own password", func() error { return w.ChangePassword(child) }, "login", "password_edit " + child, nil},
		{"password set", func() error { return w.ResetPassword(child, it) }, "admin", "CHANGE_PASSWORD " + it, map[string]string{"USER_EMAIL": child}},
		{"warning", func() error { w.LoginEvent("suspicious_login", child); return nil }, "login", "suspicious_login " + child, map[string]string{"affected_email_address": child}},
		{"forwarding", func() error { return w.SetForwarding(child, "x@home.example") }, "login", "email_forwarding_out_of_domain " + child, map[string]string{"email_forwarding_destination_address": "x@home.example"}},
		{"own recovery", func() error { return w.SetRecoveryEmail(child, "x@home.example", child) }, "user_accounts", "recovery_email_edit " + child, nil},
		{"recovery", func() error { return w.SetRecoveryEmail(child, "", it) }, "admin", "CHANGE_RECOVERY_EMAIL " + it, map[string]string{"USER_EMAIL": child}},
		{"sign out", func() error { return w.SignOut(child, it) }, "admin", "RESET_SIGNIN_COOKIES " + it, map[string]string{"USER_EMAIL": child}},
		{"role", func() error { return assign("Help desk", child) }, "admin", "ASSIGN_ROLE " + it, map[string]string{"ROLE_NAME": "Help desk", "USER_EMAIL": child}},
		{"super role", func() error { return assign("9", child) }, "admin", "ASSIGN_ROLE " + it, map[string]string{"ROLE_NAME": "_SEED_ADMIN_ROLE"}},
		{"role gone", func() error { return w.UnassignRole("8", child, it) }, "admin", "UNASSIGN_ROLE " + it, map[string]string{"USER_EMAIL": child}},
		{"app", func() error {
			return w.AuthorizeApp(child, &Token{ClientID: "1.apps", DisplayText: "Game", Scopes: []string{"openid"}})
		}, "token", "authorize " + child, map[string]string{"client_id": "1.apps", "app_name": "Game", "scope": "openid"}},
		{"app gone", func() error { return w.RevokeApp(child, "1.apps", it) }, "token", "revoke " + child, map[string]string{"client_id": "1.apps"}},
		{"service", func() error { return policy("gmail.service_status", "ENABLED", PolicyQuery{OrgUnit: "orgUnits/root"}) }, "admin", "TOGGLE_SERVICE_ENABLED " + it,
			map[string]string{"SERVICE_NAME": "Gmail", "NEW_VALUE": "true", "ORG_UNIT_NAME": "/"}},
		{"service again", func() error { return policy("gmail.service_status", "DISABLED", PolicyQuery{OrgUnit: "orgUnits/root"}) }, "admin", "TOGGLE_SERVICE_ENABLED " + it,
			map[string]string{"NEW_VALUE": "false"}},
		{"service of a group", func() error {
			return policy("gmail.service_status", "ENABLED", PolicyQuery{Group: "groups/" + w.Group("team@school.example").ID})
		}, "admin", "TOGGLE_SERVICE_ENABLED " + it, map[string]string{"NEW_VALUE": "true", "GROUP_EMAIL": "team@school.example"}},
		{"policy gone", func() error { return w.RemovePolicy(w.Policies()[1].Name, it) }, "admin", "TOGGLE_SERVICE_ENABLED " + it, map[string]string{"NEW_VALUE": "INHERIT_FROM_PARENT"}},
	} {
		if err := tt.do(); err != nil {
			t.Errorf("%s: %v", tt.does, err)
			continue
		}
		record, params := last(w, tt.app)
		if record != tt.record {
			t.Errorf("%s: have %q, want %q", tt.does, record, tt.record)
		}
		for k, v := range tt.params {
			if params[k] != v {
				t.Errorf("%s: %s = %q, want %q", tt.does, k, params[k], v)
			}
		}
	}
	if !cat.LastLoginTime.Equal(start) || !cat.IsAdmin || cat.IsDelegatedAdmin || len(w.Tokens(cat.ID)) != 0 || !w.Forwarding(child).Enabled {
		t.Errorf("afterwards: %+v, %d applications, forwarding %+v", cat, len(w.Tokens(cat.ID)), w.Forwarding(child))
	}
	if p := w.Policies(); len(p) != 1 || string(p[0].Setting.Value) != `{"serviceState":"DISABLED"}` || p[0].Query().SortOrder != 1 {
		t.Errorf("policies: %+v", p)
	}
	if err := w.SuspendUser(child, it); err != nil {
		t.Fatal(err)
	}
	if err := w.SignIn(child); !errors.Is(err, ErrNotAllowed) {
		t.Errorf("a switched-off account signs in: %v", err)
	}
}

func TestCourses(t *testing.T) {
	w := school(t)
	c := &Course{Name: "Class 4"}
	steps := []error{
		w.CreateCourse(c, "ann@school.example"),
		w.AddCourseMember(c.ID, CourseStudent, "cat@school.example", "ann@school.example"),
		w.AddCourseMember(c.ID, CourseTeacher, "eve@home.example", "eve@home.example"),
	}
	if err := errors.Join(steps...); err != nil {
		t.Fatal(err)
	}
	if err := w.AddCourseMember(c.ID, CourseTeacher, "cat@school.example", "ann@school.example"); !errors.Is(err, ErrExists) {
		t.Errorf("twice in a course: %v", err)
	}
	if err := w.RemoveCourseMember(c.ID, "ann@school.example", "ann@school.example"); !errors.Is(err, ErrNotAllowed) {
		t.Errorf("the owner leaves: %v", err)
	}
	if err := errors.Join(w.RemoveCourseMember(c.ID, "EVE@home.example", "ann@school.example"), w.ArchiveCourse(c.ID, "ann@school.example")); err != nil {
		t.Fatal(err)
	}
	want := []string{"created_course", "user_added_to_course", "user_joined_course", "user_removed_from_course", "archived_course"}
	if d := cmp.Diff(want, names(w.Activities("classroom"))); d != "" {
		t.Error(d)
	}
	if len(w.Teachers(c.ID)) != 1 || len(w.Students(c.ID)) != 1 || w.Course(c.ID).CourseState != "ARCHIVED" {
		t.Errorf("course: %+v, teachers %d, students %d", w.Course(c.ID), len(w.Teachers(c.ID)), len(w.Students(c.ID)))
	}
}

func TestSetRoll(t *testing.T) {
	w := school(t)
	w.Settings.TimeZone = "Europe/London"
	w.SetNow(time.Date(2026, 7, 1, 23, 30, 0, 0, time.UTC)) // the second in London
	for _, text := range []string{"a", "a", "b", "c"} {
		if err := w.SetRoll("roll.csv", []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	w.Advance(48 * time.Hour)
	if err := w.SetRoll("roll.csv", []byte("d")); err != nil {
		t.Fatal(err)
	}
	have := map[string]string{}
	for _, n := range w.Rolls() {
		have[n] = string(w.Roll(n))
	}
	if d := cmp.Diff(map[string]string{"roll.csv": "d", "roll.csv.2026-07-02": "a", "roll.csv.2026-07-04": "c"}, have); d != "" {
		t.Error(d)
	}
	for _, bad := range []string{"../roll.csv", "tenant.json", "roll.csv.bak", ""} {
		if err := w.SetRoll(bad, []byte("x")); !errors.Is(err, ErrNotAllowed) {
			t.Errorf("SetRoll(%q): %v", bad, err)
		}
	}
}

// TestAccountFilesSurvive loads a tenant with every file and saves it twice: what was typed is there, unknown fields too.
func TestAccountFilesSurvive(t *testing.T) {
	files := map[string]string{
		"tenant.json":                    `{"now":"2026-11-02T08:00:00Z","customer":{"id":"C01"}}`,
		"users.json":                     `[{"id":"1","primaryEmail":"ann@school.example","externalIds":[{"value":"17","type":"custom"}],"isEnrolledIn2Sv":true,"recoveryEmail":"x@home.example","zebra":1}]`,
		"roles.json":                     `[{"roleId":"9","roleName":"Help desk","rolePrivileges":[{"privilegeName":"X"}]}]`,
		"roleassignments.json":           `[{"roleAssignmentId":"5","roleId":"9","assignedTo":"1","assigneeType":"user","condition":"c"}]`,
		"tokens.json":                    `{"1":[{"clientId":"7.apps","displayText":"Game","scopes":["openid"],"zebra":true}]}`,
		"chromedevices.json":             `[{"deviceId":"d1","status":"ACTIVE","bootMode":"Dev","autoUpdateExpiration":"1760000000000","osVersion":"131"}]`,
		"mobiledevices.json":             `[{"resourceId":"r1","email":["ann@school.example"],"encryptionStatus":"Not Encrypted","brand":"X"}]`,
		"licenses.json":                  `[{"userId":"ann@school.example","productId":"101031","skuId":"1010310008"}]`,
		"usage.jsonl":                    `{"date":"2026-10-30","entity":{"userEmail":"ann@school.example","profileId":"1"},"parameters":[{"name":"gmail:is_gmail_enabled","boolValue":false},{"name":"gmail:num_emails_sent","intValue":"3"}]}`,
		"forwarding.json":                `{"Ann@school.example":{"enabled":true,"emailAddress":"x@home.example","disposition":"archive"}}`,
		"courses.json":                   `[{"id":"50","name":"Class 4","ownerId":"1","courseState":"ACTIVE","room":"2"}]`,
		"teachers.json":                  `{"50":[{"userId":"1","profile":{"emailAddress":"ann@school.example","photoUrl":"//x"}}]}`,
		"students.json":                  `{"50":[{"userId":"77","profile":{"emailAddress":"eve@home.example"}}]}`,
		"guardians.json":                 `{"77":[{"guardianId":"3","invitedEmailAddress":"eve@home.example"}]}`,
		"roll.csv":                       "Admission number,Email\r\n17,ann@school.example\r\n",
		"roll.csv.2026-10-05":            "old",
		"activities-login.jsonl":         `{"id":{"time":"2026-11-01T08:00:00.000Z","uniqueQualifier":"5","applicationName":"login"},"actor":{"email":"ann@school.example"},"events":[{"type":"login","name":"login_success"}]}`,
		"activities-token.jsonl":         `{"id":{"time":"2026-11-01T08:00:00.000Z","uniqueQualifier":"6","applicationName":"token"},"events":[{"type":"auth","name":"authorize","parameters":[{"name":"scope_data","multiMessageValue":[{"parameter":[{"name":"scope_name","value":"openid"}]}]}]}]}`,
		"activities-classroom.jsonl":     ``,
		"notes.txt":                      "not of the tenant",
		"roll.csv.bak":                   "not of the tenant",
		"activities-user_accounts.jsonl": ``,
	}
	dir, once, twice := t.TempDir(), t.TempDir(), t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, pair := range [][2]string{{dir, once}, {once, twice}} {
		w, err := Load(pair[0])
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Save(pair[1]); err != nil {
			t.Fatal(err)
		}
	}
	for name := range files {
		a, errA := os.ReadFile(filepath.Join(once, name))
		b, errB := os.ReadFile(filepath.Join(twice, name))
		if foreign := name == "notes.txt" || name == "roll.csv.bak"; (errA != nil || errB != nil) != foreign {
			t.Errorf("%s: %v, %v", name, errA, errB)
		}
		if string(a) != string(b) {
			t.Errorf("%s is not stable: %s", name, cmp.Diff(string(a), string(b)))
		}
	}
	w, err := Load(twice)
	if err != nil {
		t.Fatal(err)
	}
	u := w.User("1")
	have := map[string]any{
		"external": u.ExternalIDs[0].Value, "zebra": string(u.Extra["zebra"]), "2sv": u.IsEnrolledIn2Sv, "recovery": u.RecoveryEmail,
		"privileges": len(w.Role("Help desk").Extra["rolePrivileges"]) > 0, "condition": string(w.RoleAssignments()[0].Extra["condition"]),
		"token": string(w.Tokens("1")[0].Extra["zebra"]), "chrome": string(w.ChromeDevices()[0].Extra["osVersion"]), "mobile": w.MobileDevices()[0].EncryptionStatus,
		"licence": w.Licenses()[0].SkuID, "usage": *w.Usage("2026-10-30")[0].Parameters[1].Int, "forwarding": w.Forwarding("ann@school.example").Disposition,
		"room": string(w.Course("50").Extra["room"]), "photo": string(w.Teachers("50")[0].Profile.Extra["photoUrl"]), "student": w.Students("50")[0].Profile.ID,
		"guardian": w.Guardians("77")[0].StudentID, "roll": string(w.Roll("roll.csv")), "messages": len(w.Activities("token")[0].Events[0].Params[0].Messages) > 0,
	}
	want := map[string]any{
		"external": "17", "zebra": "1", "2sv": true, "recovery": "x@home.example", "privileges": true, "condition": `"c"`, "token": "true", "chrome": `"131"`,
		"mobile": "Not Encrypted", "licence": "1010310008", "usage": int64(3), "forwarding": "archive", "room": `"2"`, "photo": `"//x"`, "student": "77", "guardian": "77",
		"roll": files["roll.csv"], "messages": true,
	}
	if d := cmp.Diff(want, have); d != "" {
		t.Error(d)
	}
}
