package google

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/seen"
)

func TestAccountReaders(t *testing.T) {
	ctx := t.Context()
	all := func(v any, err error) (any, error) { return v, err }
	day := time.Date(2026, 9, 1, 8, 30, 0, 0, time.UTC)
	for _, tt := range []readerTest{
		{
			"people",
			[]string{
				`{"users":[{"id":"1","primaryEmail":"Ann@School.example","orgUnitPath":"/Staff","externalIds":[{"value":"P017","type":"custom"},{"value":"","type":"custom"},{"value":" s9 "},{"type":"x"}],
				"lastLoginTime":"2026-09-01T08:30:00.000Z","name":{"givenName":"Ann Mary","familyName":"Öre","fullName":"Ann Öre"},"isAdmin":true,"isDelegatedAdmin":true,"isEnrolledIn2Sv":true,"recoveryEmail":"Ann@Home.example"}]}`,
				`{"users":[{"id":"2","primaryEmail":"b@x.example","lastLoginTime":"1970-01-01T00:00:00.000Z","externalIds":"odd"}]}`,
			},
			func(c *Client) (any, error) { return all(collect(c.People(ctx))) },
			[]seen.Person{
				{Account: seen.Account{ID: "1", Address: "ann@school.example", Name: "Ann Öre", Unit: "/Staff"}, Given: "Ann Mary", Family: "Öre", Numbers: []string{"P017", " s9 "}, LastLogin: day,
					Admin: true, Delegated: true, SecondStep: true, Recovery: "ann@home.example"},
				{Account: seen.Account{ID: "2", Address: "b@x.example"}},
			},
			"/admin/directory/v1/users", map[string]string{"customer": "my_customer", "maxResults": "500", "fields": "nextPageToken,users(" + fieldsPerson + ")"}, admin + " " + ScopeUsers,
		},
		{
			"a person",
			[]string{`{"id":"1","primaryEmail":"Ann@School.example","suspended":true,"archived":true,"recoveryEmail":""}`},
			func(c *Client) (any, error) { return all(c.Person(ctx, "1")) },
			seen.Person{Account: seen.Account{ID: "1", Address: "ann@school.example", SwitchedOff: true, Archived: true}},
			"/admin/directory/v1/users/1", map[string]string{"fields": fieldsPerson}, admin + " " + ScopeUsers,
		},
		{
			"roles",
			[]string{`{"items":[{"roleId":"9007199254740993","roleName":"_SEED_ADMIN_ROLE","isSuperAdminRole":true}]}`, `{"items":[{"roleId":"7","roleName":"Passwords"}]}`},
			func(c *Client) (any, error) { return all(collect(c.Roles(ctx))) },
			[]seen.Role{{ID: "9007199254740993", Name: "_SEED_ADMIN_ROLE", Super: true}, {ID: "7", Name: "Passwords"}},
			"/admin/directory/v1/customer/my_customer/roles", map[string]string{"maxResults": "100"}, admin + " " + ScopeRoles,
		},
		{
			"who holds roles",
			[]string{`{"items":[{"roleAssignmentId":"31","roleId":"7","assignedTo":"1","scopeType":"ORG_UNIT","orgUnitId":"id:b"}]}`, `{"items":[{"roleAssignmentId":"32","roleId":"7","assignedTo":"g1","assigneeType":"group"}]}`},
			func(c *Client) (any, error) { return all(collect(c.RoleGrants(ctx))) },
			[]seen.RoleGrant{{ID: "31", Role: "7", To: "1", Unit: "b"}, {ID: "32", Role: "7", To: "g1"}},
			"/admin/directory/v1/customer/my_customer/roleassignments", map[string]string{"maxResults": "200"}, admin + " " + ScopeRoles,
		},
		{
			"apps",
			[]string{`{"items":[{"clientId":"1.apps.example","displayText":"Maths","scopes":["openid","email"]},{"anonymous":true,"displayText":"Secret"}]}`},
			func(c *Client) (any, error) { return all(c.Apps(ctx, "1")) },
			[]seen.App{{Client: "1.apps.example", Name: "Maths", Scopes: []string{"openid", "email"}}, {Client: "anonymous", Name: "Secret"}},
			"/admin/directory/v1/users/1/tokens", nil, admin + " " + ScopeSecurity,
		},
		{
			"no apps",
			[]string{`{}`},
			func(c *Client) (any, error) { return all(c.Apps(ctx, "1")) },
			[]seen.App{},
			"/admin/directory/v1/users/1/tokens", nil, admin + " " + ScopeSecurity,
		},
		{
			"chromebooks",
			[]string{
				`{"chromeosdevices":[{"deviceId":"d1","model":"C1","serialNumber":"S1","orgUnitPath":"/Pupils","status":"ACTIVE","lastSync":"2026-09-01T08:30:00.000Z","bootMode":"Dev",
				"autoUpdateThrough":"2026-09-01T08:30:00.000Z","autoUpdateExpiration":"5"}]}`,
				`{"chromeosdevices":[{"deviceId":"d2","autoUpdateExpiration":"1788251400000"},{"deviceId":"d3","autoUpdateThrough":"2026-09-01"},{"deviceId":"d4"}]}`,
			},
			func(c *Client) (any, error) { return all(collect(c.Chromebooks(ctx))) },
			[]seen.Device{
				{Kind: "chromebook", ID: "d1", Model: "C1", Serial: "S1", Unit: "/Pupils", Status: "ACTIVE", LastSync: day, Boot: "Dev", Until: day},
				{Kind: "chromebook", ID: "d2", Until: day}, {Kind: "chromebook", ID: "d3", Until: time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)}, {Kind: "chromebook", ID: "d4"},
			},
			"/admin/directory/v1/customer/my_customer/devices/chromeos", map[string]string{"maxResults": "300", "projection": "FULL"}, admin + " " + ScopeChromebooks,
		},
		{
			"mobile devices",
			[]string{`{"mobiledevices":[{"resourceId":"r1","model":"M","serialNumber":"S","email":["Ann@School.example","x@y.example"],"status":"APPROVED","lastSync":"2026-09-01T08:30:00.000Z",
				"encryptionStatus":"Not encrypted","devicePasswordStatus":"Off"}]}`},
			func(c *Client) (any, error) { return all(collect(c.Mobiles(ctx))) },
			[]seen.Device{{Kind: "mobile", ID: "r1", Model: "M", Serial: "S", Users: []string{"ann@school.example", "x@y.example"}, Status: "APPROVED", LastSync: day, Encryption: "Not encrypted", Passcode: "Off"}},
			"/admin/directory/v1/customer/my_customer/devices/mobile", map[string]string{"maxResults": "100", "projection": "FULL"}, admin + " " + ScopeMobiles,
		},
		{
			"usage",
			[]string{
				`{"warnings":[{"code":"PARTIAL_DATA_AVAILABLE","data":[{"key":"date","value":"2026-11-18"},{"key":"application","value":"docs"}]}],
				"usageReports":[{"date":"2026-11-18","entity":{"userEmail":"Ann@school.example","profileId":"1"},"parameters":[{"name":"gmail:num_emails_sent","intValue":"0"},
				{"name":"gmail:is_gmail_enabled","boolValue":false},{"name":"accounts:is_2sv_enrolled","boolValue":true},{"name":"accounts:password_strength","stringValue":"WEAK"},
				{"name":"accounts:timestamp_last_login","datetimeValue":"2026-09-01T08:30:00.000Z"},{"name":"accounts:x","msgValue":[{"a":1}]}]}]}`,
				`{"usageReports":[{"date":"2026-11-18","entity":{"userEmail":"b@school.example"}}]}`,
				`{}`,
			},
			func(c *Client) (any, error) {
				return all(collect(c.Usage(ctx, "2026-11-18", []string{"gmail:num_emails_sent", "accounts:password_strength"})))
			},
			[]seen.Usage{
				{User: "1", Address: "ann@school.example", Date: "2026-11-18", Values: map[string]string{"gmail:num_emails_sent": "0", "gmail:is_gmail_enabled": "false",
					"accounts:is_2sv_enrolled": "true", "accounts:password_strength": "WEAK", "accounts:timestamp_last_login": "2026-09-01T08:30:00.000Z"}},
				{Address: "b@school.example", Date: "2026-11-18", Values: map[string]string{}},
			},
			"/admin/reports/v1/usage/users/all/dates/2026-11-18", map[string]string{"maxResults": "1000", "parameters": "gmail:num_emails_sent,accounts:password_strength", "orgUnitID": ""}, admin + " " + ScopeUsage,
		},
		{
			"usage of a unit with nobody in it",
			[]string{`{}`},
			func(c *Client) (any, error) {
				return all(collect(c.UsageUnder(ctx, "2026-11-18", "b", []string{"gmail:num_emails_sent"})))
			},
			[]seen.Usage(nil),
			"/admin/reports/v1/usage/users/all/dates/2026-11-18", map[string]string{"orgUnitID": "id:b"}, admin + " " + ScopeUsage,
		},
		{
			"courses",
			[]string{`{"courses":[{"id":"5512","name":"Secret","ownerId":"1","courseState":"ACTIVE","alternateLink":"https://classroom.example/c","creationTime":"2026-09-01T08:30:00.000Z"}]}`, `{"courses":[{"id":"5513"}]}`},
			func(c *Client) (any, error) { return all(collect(c.Courses(ctx, "ACTIVE"))) },
			[]seen.Course{{ID: "5512", Name: "Secret", Owner: "1", State: "ACTIVE", Link: "https://classroom.example/c", Created: day}, {ID: "5513"}},
			"/v1/courses", map[string]string{"courseStates": "ACTIVE"}, admin + " " + ScopeCourses,
		},
		{
			"guardians",
			[]string{`{"guardians":[{"studentId":"1","invitedEmailAddress":"Mum@Home.example","guardianProfile":{"emailAddress":"other@home.example"}},{"studentId":"2","guardianProfile":{"emailAddress":"Dad@Home.example"}}]}`},
			func(c *Client) (any, error) { return all(collect(c.Guardians(ctx))) },
			[]seen.Guardian{{Pupil: "1", Address: "mum@home.example"}, {Pupil: "2", Address: "dad@home.example"}},
			"/v1/userProfiles/-/guardians", nil, admin + " " + ScopeGuardians,
		},
		{
			"forwarding",
			[]string{`{"enabled":true,"emailAddress":"Ann@Home.example","disposition":"archive"}`},
			func(c *Client) (any, error) { return all(c.AutoForward(ctx, owner)) },
			seen.Forwarding{On: true, To: "ann@home.example"},
			"/gmail/v1/users/me/settings/autoForwarding", nil, owner + " " + ScopeMailSettings,
		},
		{
			"settings",
			[]string{
				`{"policies":[{"name":"policies/1","type":"ADMIN","policyQuery":{"orgUnit":"orgUnits/b","group":"groups/g","sortOrder":2.5},
				"setting":{"type":"settings/gmail.service_status","value":{"serviceState":"DISABLED"}}}]}`,
				`{"policies":[{"name":"policies/2","policyQuery":{"orgUnit":"orgUnits/b","query":"entity.org_units.exists(org_unit, org_unit.org_unit_id == orgUnitId('b')) && !entity.licenses.exists(license, license in ['/product/P/sku/2', '/product/P/sku/1'])"},
				"setting":{"type":"settings/security.password","value":{"minimumLength":8}}},
				{"name":"policies/3","policyQuery":{"query":"entity.org_units.exists(u, u.org_unit_id == orgUnitId('c')) && entity.licenses.exists(l, l in [\"/product/P/sku/1\"])"},"setting":{"type":"settings/x","value":[1]}},
				{"name":"policies/4","policyQuery":{"orgUnit":"orgUnits/b","query":"entity.org_units.exists(u, u.org_unit_id == orgUnitId('c'))"},"setting":{"type":"settings/x"}},
				{"name":"policies/5","policyQuery":{"orgUnit":"orgUnits/b","query":"true || false"}},
				{"name":"policies/6"}]}`,
			},
			func(c *Client) (any, error) {
				return all(collect(c.Settings(ctx, []string{"security.password", "gmail.service_status", "settings/gmail.service_status"})))
			},
			[]seen.Setting{
				{Name: "policies/1", Type: "gmail.service_status", Unit: "b", Group: "g", Order: 2.5, Values: map[string]any{"serviceState": "DISABLED"}},
				{Name: "policies/2", Type: "security.password", Unit: "b", NotLicenses: []string{"P/1", "P/2"}, Values: map[string]any{"minimumLength": 8.0}},
				{Name: "policies/3", Type: "x", Unit: "c", Licenses: []string{"P/1"}},
				{Name: "policies/4", Type: "x", Unit: "b", Odd: true},
				{Name: "policies/5", Unit: "b", Odd: true},
				{Name: "policies/6", Odd: true},
			},
			"/v1/policies", map[string]string{"filter": `setting.type.matches('^settings/(gmail\\.service_status|security\\.password)$')`, "pageSize": "100"}, admin + " " + ScopePolicies,
		},
		{
			"all settings",
			[]string{`{}`},
			func(c *Client) (any, error) { return all(collect(c.Settings(ctx, nil))) },
			[]seen.Setting(nil),
			"/v1/policies", map[string]string{"filter": ""}, admin + " " + ScopePolicies,
		},
	} {
		t.Run(tt.name, tt.run)
	}
}

func TestNoUsageYet(t *testing.T) {
	tests := []struct {
		name string
		code int
		body string
		none bool
	}{
		{"later than the data", 400, problemBody(400, "invalid", "Data for dates later than 2026-11-16 is not yet available. Please check back later"), true},
		{"tomorrow", 400, problemBody(400, "invalid", "Start date can not be later than 2026-11-19"), true},
		{"another mistake", 400, problemBody(400, "invalid", "Unknown parameter"), false},
		{"refused", 403, problemBody(403, "forbidden", "Data is not yet available"), false},
		{"warned of", 200, `{"warnings":[{"code":"DATA_NOT_AVAILABLE","data":[{"key":"application","value":"gmail"}]}],"usageReports":[{"date":"2026-11-18"}]}`, true},
		{"warned of everything", 200, `{"warnings":[{"code":"200","message":"Sorry"}],"usageReports":[{"date":"2026-11-18"}]}`, true},
		{"not a line", 200, `{}`, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := &fake{handle: func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tt.code)
				io.WriteString(w, tt.body)
			}}
			c := f.client(t, nil)
			lines, err := collect(c.Usage(t.Context(), "2026-11-18", []string{"gmail:num_emails_sent"}))
			if err == nil || c.NoUsage(err) != tt.none || lines != nil {
				t.Fatalf("have %v and %d lines", err, len(lines))
			}
			if tt.none && !strings.Contains(err.Error(), "2026-11-18") {
				t.Errorf("the error does not name the day: %v", err)
			}
			silent(t, err)
		})
	}
}

// A class's members come with addresses, or without them where Google refuses that scope alone.
func TestClassMembers(t *testing.T) {
	handle := func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/teachers") {
			io.WriteString(w, `{"teachers":[{"userId":"1","profile":{"emailAddress":"Ann@school.example"}}]}`)
			return
		}
		pages(`{"students":[{"userId":"2","profile":{"emailAddress":"Bea@school.example"}}]}`, `{"students":[{"userId":"3"}]}`)(w, r)
	}
	want := []seen.ClassMember{{ID: "1", Address: "ann@school.example", Teacher: true}, {ID: "2", Address: "bea@school.example"}, {ID: "3"}}
	tests := []struct {
		refused, tokens []string
		none            bool
	}{
		{nil, []string{admin + " " + ScopeAddresses + " " + ScopeRosters}, false},
		{[]string{ScopeAddresses}, []string{admin + " " + ScopeAddresses + " " + ScopeRosters, admin + " " + ScopeRosters}, false},
		{[]string{ScopeRosters}, []string{admin + " " + ScopeAddresses + " " + ScopeRosters, admin + " " + ScopeRosters}, true},
	}
	for _, tt := range tests {
		f := &fake{handle: handle, token: func(_, scope string) (int, string) {
			for _, r := range tt.refused {
				if strings.Contains(scope, r) {
					return 401, `{"error":"unauthorized_client"}`
				}
			}
			return 200, ""
		}}
		have, err := collect(f.client(t, nil).ClassMembers(t.Context(), "5512"))
		switch {
		case tt.none && (Reason(err) != seen.Refused || !strings.Contains(err.Error(), ScopeRosters)):
			t.Errorf("without %q: have %v", tt.refused, err)
		case !tt.none && err != nil:
			t.Errorf("without %q: %v", tt.refused, err)
		case !tt.none:
			if d := cmp.Diff(want, have); d != "" {
				t.Errorf("-want +have:\n%s", d)
			}
		}
		if d := cmp.Diff(tt.tokens, f.tokens); d != "" {
			t.Errorf("tokens: %s", d)
		}
	}
}

// The titles of a class come from two lists, each with a scope of its own; drafts are not asked for.
func TestTitled(t *testing.T) {
	f := &fake{handle: func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/courseWork") {
			pages(`{"courseWork":[{"id":"1","title":"Secret","alternateLink":"https://classroom.example/1"}]}`, `{"courseWork":[{"id":"2","title":"Secret too"}]}`)(w, r)
			return
		}
		pages(`{"courseWorkMaterial":[{"id":"3","title":"Secret as well","creationTime":"2026-09-01T08:30:00.000Z"}]}`, `{}`)(w, r)
	}}
	have, err := collect(f.client(t, nil).Titled(t.Context(), "5512"))
	want := []seen.Post{{ID: "1", Title: "Secret", Link: "https://classroom.example/1", Kind: seen.PostCourseWork}, {ID: "2", Title: "Secret too", Kind: seen.PostCourseWork},
		{ID: "3", Title: "Secret as well", Made: time.Date(2026, 9, 1, 8, 30, 0, 0, time.UTC), Kind: seen.PostMaterial}}
	if d := cmp.Diff(want, have); err != nil || d != "" {
		t.Errorf("%v -want +have:\n%s", err, d)
	}
	if a, b := f.asked[0].query, f.asked[len(f.asked)-1].query; a.Get("courseWorkStates") != "PUBLISHED" || b.Get("courseWorkMaterialStates") != "PUBLISHED" {
		t.Errorf("asked for %v and %v", a, b)
	}
	if d := cmp.Diff([]string{admin + " " + ScopeCourseWork, admin + " " + ScopeMaterials}, f.tokens); d != "" {
		t.Errorf("tokens: %s", d)
	}
	f = &fake{handle: f.handle, token: func(_, scope string) (int, string) {
		if strings.Contains(scope, ScopeMaterials) {
			return 401, `{"error":"unauthorized_client"}`
		}
		return 200, ""
	}}
	if _, err := collect(f.client(t, nil).Titled(t.Context(), "5512")); Reason(err) != seen.Refused || strings.Contains(err.Error(), "Secret") {
		t.Errorf("without the scope of materials: %v", err)
	}
}

func TestLicenses(t *testing.T) {
	f := &fake{handle: func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/admin/directory/v1/users/") {
			io.WriteString(w, `{"customerId":"C01abc"}`)
			return
		}
		pages(`{"items":[{"userId":"Ann@school.example","productId":"P","skuId":"1"}]}`, `{"items":[{"userId":"b@school.example","productId":"P","skuId":"2"}]}`)(w, r)
	}}
	c := f.client(t, nil)
	for range 2 {
		have, err := collect(c.Licenses(t.Context(), "P"))
		want := []seen.License{{Address: "ann@school.example", Product: "P", SKU: "1"}, {Address: "b@school.example", Product: "P", SKU: "2"}}
		if d := cmp.Diff(want, have); err != nil || d != "" {
			t.Errorf("%v -want +have:\n%s", err, d)
		}
	}
	if a := f.asked[1]; len(f.asked) != 5 || a.path != "/apps/licensing/v1/product/P/users" || a.query.Get("customerId") != "C01abc" || a.query.Get("maxResults") != "1000" {
		t.Errorf("%d requests, the second %+v", len(f.asked), a)
	}
	if d := cmp.Diff([]string{admin + " " + ScopeUsers, admin + " " + ScopeLicenses}, f.tokens); d != "" {
		t.Errorf("tokens: %s", d)
	}
}

// What the checks on accounts ask of the logs comes through, whichever form Google gives it in.
func TestAccountEvents(t *testing.T) {
	tests := []struct {
		app, params string
		want        map[string]string
	}{
		{"login", `{"name":"affected_email_address","value":"Ann@School.example"}`, map[string]string{"affected_email_address": "ann@school.example"}},
		{"login", `{"name":"email_forwarding_destination_address","value":"X@Out.example"}`, map[string]string{"email_forwarding_destination_address": "x@out.example"}},
		{"admin", `{"name":"SERVICE_NAME","value":"Gmail"},{"name":"ORG_UNIT_NAME","value":"/Pupils"},{"name":"GROUP_EMAIL","value":"G@school.example"}`,
			map[string]string{"SERVICE_NAME": "Gmail", "ORG_UNIT_NAME": "/Pupils", "GROUP_EMAIL": "g@school.example"}},
		{"admin", `{"name":"USER_EMAIL","value":"Ann@School.example"}`, map[string]string{"USER_EMAIL": "ann@school.example"}},
		{"token", `{"name":"app_name","value":"Maths"},{"name":"client_id","value":"1.apps"},{"name":"scope","multiValue":["openid","email"]}`,
			map[string]string{"app_name": "Maths", "client_id": "1.apps", "scope": "openid,email"}},
		{"classroom", `{"name":"course_id","value":"5512"},{"name":"impacted_users","multiValue":["A@x.example","b@x.example"]}`,
			map[string]string{"course_id": "5512", "impacted_users": "a@x.example,b@x.example"}},
	}
	for _, tt := range tests {
		f := &fake{handle: pages(`{"items":[{"id":{"time":"2026-09-01T08:30:00.000Z"},"actor":{"email":"Bea@school.example"},"events":[{"name":"e","parameters":[` + tt.params + `]}]}]}`)}
		have, err := collect(f.client(t, nil).Events(t.Context(), tt.app, "e", time.Time{}, time.Time{}))
		if err != nil || len(have) != 1 {
			t.Fatalf("%s: %d events, %v", tt.app, len(have), err)
		}
		if d := cmp.Diff(tt.want, have[0].Params); d != "" || have[0].Actor != "bea@school.example" {
			t.Errorf("%s: -want +have:\n%s", tt.app, d)
		}
		if p := f.asked[0].path; p != "/admin/reports/v1/activity/users/all/applications/"+tt.app {
			t.Errorf("asked %s", p)
		}
	}
}

// A long list of types is asked for in several filters.
func TestSettingsOfManyTypes(t *testing.T) {
	var types []string
	for i := range 2*typesPerQuery + 1 {
		types = append(types, "a.b"+strings.Repeat("x", i))
	}
	f := &fake{handle: func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"policies":[{"name":"p"}]}`) }}
	have, err := collect(f.client(t, nil).Settings(context.Background(), types))
	if err != nil || len(have) != 3 || len(f.asked) != 3 {
		t.Errorf("%v: %d policies of %d requests, want 3", err, len(have), len(f.asked))
	}
}
