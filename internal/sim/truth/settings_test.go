package truth

import (
	"fmt"
	"testing"
)

// policy is a Policy as Google tells it; where is some of orgUnit, group and query.
func policy(settingType, value, where string, order int) string {
	return fmt.Sprintf(`{"policyQuery": {%s, "sortOrder": %d}, "setting": {"type": "settings/%s", "value": {%s}}}`, where, order, settingType, value)
}

func set(policies ...string) map[string]string {
	all := "["
	for i, p := range policies {
		if i > 0 {
			all += ","
		}
		all += p
	}
	return map[string]string{"policies.json": all + "]"}
}

const (
	enabled  = `"serviceState": "ENABLED"`
	disabled = `"serviceState": "DISABLED"`
	atTop    = `"orgUnit": "orgUnits/top"`
	atPupils = `"orgUnit": "orgUnits/pup"`
	atYear4  = `"orgUnit": "orgUnits/y4"`
	forMail  = `"orgUnit": "orgUnits/top", "group": "groups/mail"`
	licensed = `"query": "entity.org_units.exists(org_unit, org_unit.org_unit_id == orgUnitId('top')) && entity.licenses.exists(license, license in ['/product/P/sku/1', '/product/P/sku/2'])"`
	withNone = `"query": "!entity.licenses.exists(license, license in ['/product/P/sku/1'])"`
	gmail    = gmailStatus
)

func TestPupilEmail(t *testing.T) {
	const off = "{mode: off}"
	usage := func(date string, parameters string) string {
		return `{"date": "` + date + `", "entity": {"userEmail": "ada@school.example"}, "parameters": [` + parameters + "]}\n"
	}
	const on, sent, received = `{"name": "gmail:is_gmail_enabled", "boolValue": true}`, `{"name": "gmail:num_emails_sent", "intValue": "2"}`, `{"name": "gmail:num_emails_received", "intValue": "1"}`
	runCases(t, []ruleCase{
		{"nothing set", nil, "pupil-email", off, nil},
		{"on at the top", set(policy(gmail, enabled, atTop, 1)), "pupil-email", off, []string{"on user/u1: unit/top", "on user/u2: unit/top"}},
		{"off for pupils, on below", set(policy(gmail, enabled, atTop, 1), policy(gmail, disabled, atPupils, 2), policy(gmail, enabled, atYear4, 3)), "pupil-email", off, []string{"on user/u1: unit/y4"}},
		{"the unit is gone", set(policy(gmail, enabled, `"orgUnit": "orgUnits/gone"`, 1)), "pupil-email", off, nil},
		{"left out", set(policy(gmail, enabled, atTop, 1)), "pupil-email", "{mode: off, except: {groups: [mail@school.example]}}", []string{"on user/u2: unit/top"}},
		{"approved", set(policy(gmail, enabled, atTop, 1)), "pupil-email", "{mode: approved-only, approved: {units: [/Pupils/Year 4]}}", []string{"on user/u2: unit/top"}},
		{"approved, but off", set(policy(gmail, enabled, atTop, 1)), "pupil-email", "{mode: off, approved: {units: [/Pupils]}}", []string{"on user/u1: unit/top", "on user/u2: unit/top"}},
		{"by a group, nested", set(policy(gmail, disabled, atTop, 1), policy(gmail, enabled, forMail, 2)), "pupil-email", off, []string{"access-group user/u1: group/mail"}},
		{"by a group, nothing else set", set(policy(gmail, enabled, `"group": "groups/in"`, 2)), "pupil-email", off, []string{"access-group user/u1: group/in"}},
		{"a group that loses", set(policy(gmail, disabled, atTop, 3), policy(gmail, enabled, forMail, 2)), "pupil-email", off, nil},
		{"a group cannot switch off", set(policy(gmail, enabled, atTop, 1), policy(gmail, disabled, forMail, 2)), "pupil-email", off, []string{"on user/u1: unit/top", "on user/u2: unit/top"}},
		{"for those with a licence", and(set(policy(gmail, enabled, atTop+", "+licensed, 1)), "licenses.json", `[{"userId": "ada@school.example", "productId": "P", "skuId": "2"}]`), "pupil-email", off, []string{"on user/u1: unit/top"}},
		{"for those without", and(set(policy(gmail, enabled, atTop+", "+withNone, 1)), "licenses.json", `[{"userId": "ada@school.example", "productId": "P", "skuId": "1"}]`), "pupil-email", off, []string{"on user/u2: unit/top"}},

		{"used", map[string]string{"usage.jsonl": usage("2026-11-09", received) + usage("2026-11-12", on+","+sent)}, "pupil-email", off, []string{"used user/u1: received, sent, usage-says-on"}},
		{"long ago, and off since", map[string]string{"usage.jsonl": usage("2026-11-08", received) + usage("2026-11-12", on) + usage("2026-11-13", `{"name": "gmail:num_emails_sent", "intValue": "0"}`)}, "pupil-email", off, nil},
		{"before the account was moved", map[string]string{
			"usage.jsonl":            usage("2026-11-12", on+","+sent),
			"activities-admin.jsonl": record("2026-11-12T12:00:00Z", "it@school.example", "MOVE_USER_TO_ORG_UNIT", userEmail("ada@school.example")),
		}, "pupil-email", off, nil},
		{"before somebody else was moved", map[string]string{
			"usage.jsonl":            usage("2026-11-12", sent),
			"activities-admin.jsonl": record("2026-11-12T12:00:00Z", "it@school.example", "MOVE_USER_TO_ORG_UNIT", userEmail("b.birch@school.example")),
		}, "pupil-email", off, []string{"used user/u1: sent"}},
		{"before Gmail was switched off", map[string]string{
			"usage.jsonl":            usage("2026-11-12", sent) + usage("2026-11-13", received),
			"activities-admin.jsonl": record("2026-11-12T12:00:00Z", "it@school.example", "TOGGLE_SERVICE_ENABLED", `{"name": "SERVICE_NAME", "value": "GMAIL"}`),
		}, "pupil-email", off, []string{"used user/u1: received"}},
	})
}

func TestSettings(t *testing.T) {
	const chat = "{units: [/pupils], want: [{setting: chat.service_status, field: serviceState, value: DISABLED}]}"
	const sharing = "{units: [/Pupils], want: [{setting: settings/drive_and_docs.external_sharing, field: externalSharingMode, values: [DISALLOWED, ALLOWLISTED_DOMAINS]}]}"
	const password = "{units: [/Pupils], want: [{setting: security.password, field: minimumLength, at_least: 8}]}"
	runCases(t, []ruleCase{
		{"a service that nobody set is off", nil, "settings", chat, nil},
		{"on above", set(policy("chat.service_status", enabled, atTop, 1)), "settings", chat, []string{"differs setting/pup/chat.service_status/serviceState: ENABLED set-in unit/top"}},
		{"on below", set(policy("chat.service_status", disabled, atPupils, 1), policy("chat.service_status", enabled, atYear4, 2)), "settings", chat, []string{"differs setting/y4/chat.service_status/serviceState: ENABLED set-in unit/y4"}},
		{"on below, excepted", set(policy("chat.service_status", enabled, atYear4, 2)), "settings", "{units: [/Pupils], baseline: primary-pupils, except: {units: [/Pupils]}}", nil},
		{"on elsewhere", set(policy("chat.service_status", enabled, `"orgUnit": "orgUnits/staff"`, 1)), "settings", chat, nil},
		{"no such unit", set(policy("chat.service_status", enabled, atTop, 1)), "settings", "{units: [/Nowhere], want: [{setting: chat.service_status, field: serviceState, value: DISABLED}]}", nil},
		{"on by a group", set(policy("chat.service_status", enabled, forMail, 1)), "settings", chat, []string{"differs setting/group:mail/chat.service_status/serviceState: ENABLED set-in group/mail"}},
		{"by a group whose members are left out", set(policy("chat.service_status", enabled, forMail, 1)), "settings",
			"{units: [/Pupils], want: [{setting: chat.service_status, field: serviceState, value: DISABLED}], except: {groups: [inner@school.example]}}", nil},
		{"by a group that loses", set(policy("chat.service_status", disabled, atTop, 2), policy("chat.service_status", enabled, forMail, 1)), "settings", chat, nil},
		{"on with a licence", and(set(policy("chat.service_status", enabled, atTop+", "+licensed, 1)), "licenses.json",
			`[{"userId": "ada@school.example", "productId": "P", "skuId": "2"}, {"userId": "ada@school.example", "productId": "A", "skuId": "9"}]`), "settings", chat,
			[]string{"differs setting/pup/chat.service_status/serviceState: ENABLED set-in unit/top licence A/9+P/2"}},

		{"the default differs", nil, "settings", sharing, []string{"differs setting/pup/drive_and_docs.external_sharing/externalSharingMode: ALLOWED default"}},
		{"set as wanted", set(policy("drive_and_docs.external_sharing", `"externalSharingMode": "ALLOWLISTED_DOMAINS"`, atTop, 1)), "settings", sharing, nil},
		{"set without the field", set(policy("drive_and_docs.external_sharing", `"allowReceivingExternalFiles": true`, atYear4, 1), policy("drive_and_docs.external_sharing", `"externalSharingMode": "DISALLOWED"`, atTop, 0)), "settings", sharing,
			[]string{"differs setting/y4/drive_and_docs.external_sharing/externalSharingMode: ALLOWED default"}},
		{"no default known", nil, "settings", "{units: [/Pupils], want: [{setting: meet.video_recording, field: enableRecording, value: false}]}", nil},
		{"long enough", nil, "settings", password, nil},
		{"too short", set(policy("security.password", `"minimumLength": 6.0`, atPupils, 1)), "settings", password, []string{"differs setting/pup/security.password/minimumLength: 6 set-in unit/pup"}},
		{"the baseline", set(policy("meet.video_recording", `"enableRecording": true`, atPupils, 1)), "settings", "{units: [/Pupils/Year 4], baseline: primary-pupils}", []string{
			"differs setting/y4/calendar.secondary_calendar_max_allowed_external_sharing/maxAllowedExternalSharing: EXTERNAL_ALL_INFO_READ_ONLY default",
			"differs setting/y4/drive_and_docs.external_sharing/allowReceivingExternalFiles: true default",
			"differs setting/y4/drive_and_docs.external_sharing/externalSharingMode: ALLOWED default",
			"differs setting/y4/meet.video_recording/enableRecording: true set-in unit/pup",
		}},
	})
}
