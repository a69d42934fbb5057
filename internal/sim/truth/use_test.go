package truth

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// record is one line of a log.
func record(at, actor, event, parameters string) string {
	return `{"id": {"time": "` + at + `"}, "actor": {"email": "` + actor + `"}, "events": [{"name": "` + event + `", "parameters": [` + parameters + `]}]}` + "\n"
}

func affected(address string) string {
	return `{"name": "affected_email_address", "value": "` + address + `"}`
}

func userEmail(address string) string { return `{"name": "USER_EMAIL", "value": "` + address + `"}` }

func TestUseOfAccounts(t *testing.T) {
	fresh := `{"id": "n1", "primaryEmail": "new@school.example", "orgUnitPath": "/Staff", "lastLoginTime": "1970-01-01T00:00:00.000Z", "creationTime": "2026-09-02T08:00:00Z"}`
	runCases(t, []ruleCase{
		{"dormant for nine weeks", nil, "accounts", "{rules: [dormant], quiet_weeks: 9}", []string{"dormant user/u2: last 2026-09-02"}},
		{"not for ten", nil, "accounts", "{rules: [dormant], quiet_weeks: 10}", nil},
		{"never signed in", users(ada, fresh), "accounts", "{rules: [never-signed-in, dormant]}", []string{"never-signed-in user/n1: created 2026-09-02"}},
		{"nor in ten weeks", users(ada, fresh), "accounts", "{rules: [never-signed-in, dormant], quiet_weeks: 10}", nil},

		{"roles", map[string]string{"users.json": "[" + but(ada, `"isAdmin": true`) + "," + tess + "," + gail + "]",
			"roleassignments.json": `[{"roleId": "7", "assignedTo": "mail"}, {"roleId": "8", "assignedTo": "t1"}, {"roleId": "9", "assignedTo": "g1"}]`},
			"accounts", "{rules: [admin-role]}", []string{"admin-role user/u1: role/7, super-admin"}},
		{"roles of adults", map[string]string{"roleassignments.json": `[{"roleId": "8", "assignedTo": "t1"}, {"roleId": "9", "assignedTo": "g1"}]`},
			"accounts", "{rules: [admin-role], admins: [thorn@school.example]}", []string{"admin-role user/g1: role/9"}},

		{"no second step", users(but(tess, `"isAdmin": true`), but(will, `"isDelegatedAdmin": true`), but(ada, `"isAdmin": true`)), "accounts", "{rules: [no-2sv]}", []string{"no-2sv user/t2: not-enrolled"}},
		{"no second step, staff", users(tess, will, gail), "accounts", "{rules: [no-2sv], second_step: staff}", []string{"no-2sv user/t2: not-enrolled"}},

		{"recovery addresses", users(but(ada, `"recoveryEmail": "Mum@Home.example"`), but(ben, `"recoveryEmail": "x@trust.example"`), but(tess, `"recoveryEmail": "x@home.example"`)),
			"accounts", "{rules: [outside-recovery]}", []string{"outside-recovery user/u1: " + hash("mum@home.example")}},

		{"apps", map[string]string{"tokens.json": `{"u1": [{"clientId": "9.apps", "displayText": "Quiz", "scopes": ["openid", "https://www.googleapis.com/auth/drive"]}, {"clientId": "8.apps", "displayText": "EXAMPLE Maths", "scopes": ["https://www.googleapis.com/auth/drive"]}],
			"t1": [{"clientId": "7.apps", "scopes": ["openid", "https://www.googleapis.com/auth/userinfo.email"]}]}`},
			"accounts", "{rules: [risky-app], approved_apps: [Example Maths]}", []string{"risky-app user/t1: app/7.apps", "risky-app user/u1: app/9.apps reads-data"}},
		{"apps that sign in", map[string]string{"tokens.json": `{"t1": [{"clientId": "7.apps", "scopes": ["email", "profile"]}]}`}, "accounts", "{rules: [risky-app], sign_in_apps: allowed}", nil},

		{"passwords, old and new", map[string]string{
			"activities-login.jsonl": record("2026-08-17T12:00:00Z", "thorn@school.example", "password_edit", ""),
			"activities-admin.jsonl": record("2026-10-16T12:00:00Z", "it@school.example", "CHANGE_PASSWORD", userEmail("Gail@school.example")) +
				record("2026-04-01T12:00:00Z", "it@school.example", "CHANGE_PASSWORD", userEmail("will@school.example")),
			"users.json": "[" + tess + "," + will + "," + but(gail, `"isAdmin": true`) + "," + ben + "]",
		}, "accounts", "{rules: [password-age], password_days: {staff: 90, admins: 30}}",
			[]string{"password-age user/g1: changed 2026-10-16, limit 30", "password-age user/t1: changed 2026-08-17, limit 90"}},
		{"passwords just in time", map[string]string{
			"activities-login.jsonl": record("2026-08-18T12:00:00Z", "tess@school.example", "password_edit", ""),
		}, "accounts", "{rules: [password-age], password_days: {staff: 90}}", nil},

		{"weak passwords", map[string]string{"usage.jsonl": `{"date": "2026-11-09", "entity": {"userEmail": "tess@school.example"}, "parameters": [{"name": "accounts:password_strength", "stringValue": "WEAK"}, {"name": "accounts:password_length_compliance", "stringValue": "NON_COMPLIANT"}]}
			{"date": "2026-11-08", "entity": {"userEmail": "will@school.example"}, "parameters": [{"name": "accounts:password_strength", "stringValue": "WEAK"}]}
			{"date": "2026-11-13", "entity": {"userEmail": "ada@school.example"}, "parameters": [{"name": "accounts:password_strength", "stringValue": "WEAK"}]}`},
			"accounts", "{rules: [weak-password]}", []string{"weak-password user/t1: length non-compliant, strength weak"}},
		{"only the newest report", map[string]string{"usage.jsonl": `{"date": "2026-11-12", "entity": {"profileId": "t1"}, "parameters": [{"name": "accounts:password_strength", "stringValue": "WEAK"}]}
			{"date": "2026-11-13", "entity": {"profileId": "t1"}, "parameters": [{"name": "accounts:password_strength", "stringValue": "STRONG"}]}`}, "accounts", "{rules: [weak-password]}", nil},
		{"leaks", map[string]string{
			"users.json": "[" + but(ada, `"suspended": true`) + "," + ben + "," + tess + "]",
			"activities-login.jsonl": record("2026-11-10T23:30:00Z", "", "account_disabled_password_leak", affected("ada@school.example")) +
				record("2026-11-10T23:30:00Z", "", "account_disabled_password_leak", affected("tess@school.example")) +
				record("2026-11-11T08:00:00Z", "tess@school.example", "password_edit", "") +
				record("2026-08-10T08:00:00Z", "", "account_disabled_password_leak", affected("b.birch@school.example")), // an earlier Ben's
		}, "accounts", "{rules: [weak-password]}", []string{"weak-password user/u1: leaked 2026-11-10"}},

		{"break-ins", map[string]string{
			"users.json": "[" + but(ada, `"suspended": true`) + "," + ben + "," + but(tess, `"suspended": true`) + "]",
			"activities-login.jsonl": record("2026-11-10T08:00:00Z", "b.birch@school.example", "suspicious_login", "") +
				record("2026-11-11T08:00:00Z", "", "account_disabled_hijacked", affected("ada@school.example")) +
				record("2026-11-11T08:00:00Z", "", "suspicious_programmatic_login", affected("tess@school.example")),
		}, "accounts", "{rules: [suspicious-login]}", []string{"suspicious-login user/u1: account_disabled_hijacked 2026-11-11", "suspicious-login user/u2: suspicious_login 2026-11-10"}},

		{"forwarding", map[string]string{
			"activities-user_accounts.jsonl": record("2026-11-10T08:00:00Z", "thorn@school.example", "email_forwarding_out_of_domain", "") +
				record("2026-11-10T08:00:00Z", "will@school.example", "email_forwarding_out_of_domain", "") +
				record("2026-11-10T08:00:00Z", "gail@school.example", "email_forwarding_out_of_domain", ""),
			"forwarding.json": `{"tess@school.example": {"enabled": true, "emailAddress": "me@home.example"}, "will@school.example": {"enabled": false, "emailAddress": "me@home.example"},
				"gail@school.example": {"enabled": true, "emailAddress": "me@trust.example"}, "ada@school.example": {"enabled": true, "emailAddress": "me@home.example"}}`,
		}, "accounts", "{rules: [outside-forwarding]}", []string{"outside-forwarding user/t1: to " + hash("me@home.example")}},
	})
}

// An account that a policy leaves without e-mail passes nothing on, whatever its forwarding says.
func TestForwardingWithoutEmail(t *testing.T) {
	const with = "{rules: [outside-forwarding]}"
	forwards := func(files map[string]string) map[string]string {
		files = and(files, "activities-user_accounts.jsonl", record("2026-11-10T08:00:00Z", "ada@school.example", "email_forwarding_out_of_domain", ""))
		return and(files, "forwarding.json", `{"ada@school.example": {"enabled": true, "emailAddress": "me@home.example"}}`)
	}
	hasLicence := func(files map[string]string) map[string]string {
		return and(files, "licenses.json", `[{"userId": "ada@school.example", "productId": "P", "skuId": "1"}]`)
	}
	told := []string{"outside-forwarding user/u1: to " + hash("me@home.example")}
	runCases(t, []ruleCase{
		{"no policy", forwards(nil), "accounts", with, told},
		{"on above", forwards(set(policy(gmail, enabled, atTop, 1))), "accounts", with, told},
		{"off above", forwards(set(policy(gmail, disabled, atTop, 1))), "accounts", with, nil},
		{"off above, on below", forwards(set(policy(gmail, disabled, atTop, 1), policy(gmail, enabled, atYear4, 2))), "accounts", with, told},
		{"on above, off below", forwards(set(policy(gmail, enabled, atTop, 1), policy(gmail, disabled, atPupils, 2))), "accounts", with, nil},
		{"off elsewhere", forwards(set(policy(gmail, disabled, `"orgUnit": "orgUnits/staff"`, 1))), "accounts", with, told},
		{"off in a unit that is gone", forwards(set(policy(gmail, disabled, `"orgUnit": "orgUnits/gone"`, 1))), "accounts", with, told},
		{"another service off", forwards(set(policy("chat.service_status", disabled, atTop, 1))), "accounts", with, told},
		{"set without a state", forwards(set(policy(gmail, `"x": 1`, atTop, 1))), "accounts", with, nil},
		{"on by a group, nested", forwards(set(policy(gmail, disabled, atTop, 1), policy(gmail, enabled, forMail, 2))), "accounts", with, told},
		{"by a group alone", forwards(set(policy(gmail, enabled, forMail, 1))), "accounts", with, told},
		{"by a group that loses", forwards(set(policy(gmail, disabled, atTop, 3), policy(gmail, enabled, forMail, 2))), "accounts", with, nil},
		{"a group cannot switch off", forwards(set(policy(gmail, enabled, atTop, 1), policy(gmail, disabled, forMail, 2))), "accounts", with, told},
		{"nor where nothing else is set", forwards(set(policy(gmail, disabled, forMail, 1))), "accounts", with, told},
		{"off for a licence it has", hasLicence(forwards(set(policy(gmail, disabled, atTop+", "+licensed, 1)))), "accounts", with, nil},
		{"off for a licence it has not", forwards(set(policy(gmail, disabled, atTop+", "+licensed, 1))), "accounts", with, told},
		{"off without a licence it has", hasLicence(forwards(set(policy(gmail, disabled, atTop+", "+withNone, 1)))), "accounts", with, told},
	})
}

// What lies more than 180 days before the first look is not known, even if the first look is long ago.
func TestLogsReachBackFromTheFirstLook(t *testing.T) {
	files := map[string]string{"activities-login.jsonl": record("2026-05-18T12:00:00Z", "tess@school.example", "password_edit", "") +
		record("2026-05-16T12:00:00Z", "will@school.example", "password_edit", "")}
	const with = "{rules: [password-age], password_days: {staff: 90}}"
	want := []string{"password-age user/t1: changed 2026-05-18, limit 90", "password-age user/t2: changed 2026-05-16, limit 90"}
	if diff := cmp.Diff(want, found(t, files, "accounts", with, Options{})); diff != "" {
		t.Error(diff)
	}
	o := Options{First: time.Date(2026, 11, 13, 12, 0, 0, 0, time.UTC)}
	if diff := cmp.Diff(want[:1], found(t, files, "accounts", with, o)); diff != "" {
		t.Error(diff)
	}
}

func TestClasses(t *testing.T) {
	course := func(fields string) string {
		return `[{"id": "c1", "ownerId": "t1", "courseState": "ACTIVE", "creationTime": "2026-09-01T08:00:00Z", ` + fields + `}]`
	}
	taught := map[string]string{"courses.json": course(`"x": 1`), "teachers.json": `{"c1": [{"userId": "t1"}]}`}
	const all = "{rules: [class-without-teacher, outsider-in-class, other-school, old-class]}"
	runCases(t, []ruleCase{
		{"as it should be", taught, "accounts", all, nil},
		{"nobody teaches", and(taught, "teachers.json", "{}"), "accounts", all, []string{"class-without-teacher course/c1: no-teacher"}},
		{"teacher switched off", and(taught, "users.json", "["+but(tess, `"suspended": true`)+"]"), "accounts", all, []string{"class-without-teacher course/c1: no-teacher, owner-gone"}},
		{"archived", and(and(taught, "teachers.json", "{}"), "courses.json", course(`"courseState": "ARCHIVED"`)), "accounts", all, nil},
		{"strangers", and(taught, "students.json", `{"c1": [{"userId": "u1"}, {"userId": "901", "profile": {"emailAddress": "x@home.example"}}, {"userId": "902", "profile": {"emailAddress": "x@trust.example"}},
			{"userId": "903", "profile": {"emailAddress": "gone@school.example"}}, {"userId": "904", "profile": {"emailAddress": "ben@school.example"}}]}`), "accounts", all,
			[]string{"other-school course/c1: student/902", "outsider-in-class course/c1: student/901"}},
		{"another school's pupil", map[string]string{"courses.json": course(`"x": 1`), "teachers.json": `{"c1": [{"userId": "t1"}, {"userId": "g1"}]}`, "org_units": "[/Pupils, /Staff]"}, "accounts", all,
			[]string{"other-school course/c1: teacher/g1"}},
		{"another school's class", map[string]string{"courses.json": course(`"ownerId": "g1"`), "students.json": `{"c1": [{"userId": "901", "profile": {"emailAddress": "x@home.example"}}]}`, "org_units": "[/Pupils, /Staff]"}, "accounts", all, nil},
		{"last year's", and(taught, "courses.json", course(`"creationTime": "2026-07-19T08:00:00Z"`)), "accounts", all, []string{"old-class course/c1: created 2026-07-19"}},
		{"kept", and(taught, "courses.json", course(`"creationTime": "2026-07-19T08:00:00Z"`)), "accounts", `{rules: [old-class], keep_courses: ["c1"]}`, nil},
	})
}

func TestDevices(t *testing.T) {
	phone := `{"resourceId": "m1", "email": ["TESS@school.example"], "status": "Approved", "lastSync": "2025-11-16T08:00:00Z", "encryptionStatus": "Not Encrypted", "devicePasswordStatus": "Off"}`
	chrome := `{"deviceId": "c1", "status": "ACTIVE", "orgUnitPath": "/pupils", "lastSync": "2026-11-01T08:00:00Z", "autoUpdateExpiration": "1780272000000", "bootMode": "DEV"}`
	const all = "{rules: [unencrypted, no-passcode, update-expired, developer-mode]}"
	runCases(t, []ruleCase{
		{"a bad telephone", map[string]string{"mobiledevices.json": "[" + phone + "]"}, "devices", all, []string{"no-passcode mobile/m1: passcode-off", "unencrypted mobile/m1: not-encrypted"}},
		{"one of a stranger", map[string]string{"mobiledevices.json": "[" + but(phone, `"email": ["x@home.example"]`) + "]"}, "devices", all, nil},
		{"wiped", map[string]string{"mobiledevices.json": "[" + but(phone, `"status": "Wiped"`) + "]"}, "devices", all, nil},
		{"not seen for a year", map[string]string{"mobiledevices.json": "[" + but(phone, `"lastSync": "2025-11-15T08:00:00Z"`) + "]"}, "devices", all, nil},
		{"not known", map[string]string{"mobiledevices.json": "[" + but(phone, `"encryptionStatus": "", "devicePasswordStatus": "On"`) + "]"}, "devices", all, nil},
		{"an old Chromebook", map[string]string{"chromedevices.json": "[" + chrome + "]"}, "devices", all, []string{"developer-mode chromebook/c1: developer-mode", "update-expired chromebook/c1: until 2026-06-01"}},
		{"one to be updated", map[string]string{"chromedevices.json": "[" + but(chrome, `"autoUpdateThrough": "2031-06-01T00:00:00Z", "bootMode": "Verified"`) + "]"}, "devices", all, nil},
		{"taken out of use", map[string]string{"chromedevices.json": "[" + but(chrome, `"status": "DEPROVISIONED"`) + "]"}, "devices", all, nil},
		{"only some rules, seen this week", map[string]string{"chromedevices.json": "[" + chrome + "]"}, "devices", "{rules: [developer-mode], synced_within_days: 14}", nil},
	})
}
