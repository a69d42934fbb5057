package truth

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// everybodyIn is the members of the school's groups with everybody in inner, and so in mail, and others in governors.
func everybodyIn(governors string) string {
	return `{"gov": [` + governors + `], "mail": [{"email": "inner@school.example", "type": "GROUP"}], "in": [{"id": "C0example", "type": "CUSTOMER"}]}`
}

const (
	nobodyElse     = `{"email": "gail@school.example", "type": "USER"}`
	everybody      = `{"id": "C0example", "type": "CUSTOMER"}`
	everybodyBelow = `{"email": "mail@school.example", "type": "GROUP"}`
)

// A group with everybody in it has each account in it, wherever a rule on accounts asks for the members of a group.
func TestEverybodyInAGroup(t *testing.T) {
	const chat = "{units: [/Pupils], want: [{setting: chat.service_status, field: serviceState, value: DISABLED}]"
	lone := `{"id": "x1", "primaryEmail": "lone@school.example", "orgUnitPath": "/Elsewhere", "isAdmin": true}`
	stranger := `{"id": "u9", "primaryEmail": "zoe@school.example", "orgUnitPath": "/Pupils/Year 4"}`
	all := map[string]string{"members.json": everybodyIn(nobodyElse)}
	with := func(files map[string]string, more ...map[string]string) map[string]string {
		out := maps.Clone(files)
		for _, m := range more {
			maps.Copy(out, m)
		}
		return out
	}
	runCases(t, []ruleCase{
		{"no governor, so unplaced", users(lone), "accounts", "{rules: [admin-role]}", []string{"admin-role user/x1: super-admin"}},
		{"all are governors", and(users(lone), "members.json", everybodyIn(everybody)), "accounts", "{rules: [admin-role]}", nil},
		{"all are governors, nested", and(users(lone), "members.json", everybodyIn(everybodyBelow)), "accounts", "{rules: [admin-role]}", nil},
		{"pupils stay pupils", map[string]string{"members.json": everybodyIn(everybody)}, "accounts", "{rules: [year-group], year_rules: [{years: [4], accounts: none}]}", []string{"year-group user/u1: year 4 has-account"}},
		{"nobody need be on the roll", and(users(stranger), "members.json", everybodyIn(everybodyBelow)), "accounts", "{rules: [not-on-roll]}", nil},
		{"only one group has all", and(users(stranger), "members.json", everybodyIn(nobodyElse)), "accounts", "{rules: [not-on-roll]}", []string{"not-on-roll user/u9: no-row"}},

		{"a role for all", and(all, "roleassignments.json", `[{"roleId": "77", "assignedTo": "mail", "assigneeType": "group"}]`), "accounts", "{rules: [admin-role]}",
			[]string{"admin-role user/u1: role/77", "admin-role user/u2: role/77"}},
		{"all are left out", with(all, users(stranger)), "accounts", "{rules: [not-on-roll], except: {groups: [mail@school.example]}}", nil},

		{"e-mail for all by a group", with(all, set(policy(gmail, enabled, forMail, 1))), "pupil-email", "{mode: off}", []string{"access-group user/u1: group/mail", "access-group user/u2: group/mail"}},
		{"e-mail, all left out", with(all, set(policy(gmail, enabled, atTop, 1))), "pupil-email", "{mode: off, except: {groups: [inner@school.example]}}", nil},
		{"e-mail, all approved", with(all, set(policy(gmail, enabled, atTop, 1))), "pupil-email", "{mode: approved-only, approved: {groups: [mail@school.example]}}", nil},

		{"a setting for all by a group", with(all, set(policy("chat.service_status", enabled, forMail, 1)), users(ben)), "settings", chat + "}",
			[]string{"differs setting/group:mail/chat.service_status/serviceState: ENABLED set-in group/mail"}},
		{"a setting for all, all left out", with(all, set(policy("chat.service_status", enabled, forMail, 1)), users(ben)), "settings", chat + ", except: {groups: [inner@school.example]}}", nil},

		// docs/rules.md has its own words for shares: everybody counts as the customer's domain, and is no person on a list.
		{"a list of people with all on it", with(all, map[string]string{"drives.json": `[{"id": "d1", "permissions": [{"id": "p1", "type": "user", "role": "reader", "emailAddress": "will@school.example"}]}]`}),
			"sharing", "{rules: [within-school], confidential: [{drive: d1, name: Office, allowed: [inner@school.example]}]}", []string{"within-school drive/d1: user/p1 reader"}},
	})
}

// A guest is not one of everybody, but an account of another school of the trust is, and a guest may be a member by name.
func TestEverybodyIsNoGuest(t *testing.T) {
	tenant := &Tenant{
		Users: []User{
			{ID: "1", PrimaryEmail: "a@school.example", OrgUnitPath: "/Here"},
			{ID: "2", PrimaryEmail: "b@school.example", OrgUnitPath: "/There", Suspended: true},
			{ID: "3", PrimaryEmail: "c@home.example", OrgUnitPath: "/Here", IsGuestUser: true},
		},
		Groups: []Group{{ID: "all", Email: "all@school.example"}, {ID: "named", Email: "named@school.example"}},
		Members: map[string][]Member{
			"all":   {{ID: "C0example", Type: "CUSTOMER"}},
			"named": {{ID: "3", Type: "USER"}, {Email: "gone@school.example", Type: "USER"}},
		},
	}
	w := newWorld(tenant, Policy{OrgUnits: []string{"/Here"}}, time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC))
	w.lookAtPeople(w.now)
	got := map[string][]string{}
	for u, groups := range w.memberOf {
		for g := range groups {
			got[g.ID] = append(got[g.ID], u.ID)
		}
	}
	for _, ids := range got {
		slices.Sort(ids)
	}
	if diff := cmp.Diff(map[string][]string{"all": {"1", "2"}, "named": {"3"}}, got); diff != "" {
		t.Errorf("by hand (-) and computed (+):\n%s", diff)
	}
}

// What except leaves out is accounts: rows of a roll and classes stay.
func TestExceptIsForAccounts(t *testing.T) {
	classes := map[string]string{"courses.json": `[{"id": "c1", "ownerId": "t1", "courseState": "ACTIVE", "creationTime": "2026-11-01T08:00:00Z"}]`,
		"students.json": `{"c1": [{"userId": "o1", "profile": {"emailAddress": "x@out.example"}}]}`}
	runCases(t, []ruleCase{
		{"rows", users(but(ada, `"suspended": true`), tess, will), "accounts", "{rules: [missing, not-on-roll], except: {units: [/]}}",
			[]string{"missing roll/" + hash("pupils\np1") + ": switched-off user/u1", "missing roll/" + hash("pupils\np2") + ": no-account"}},
		{"classes", classes, "accounts", "{rules: [class-without-teacher, outsider-in-class, not-on-roll], except: {units: [/Staff, /Pupils]}}",
			[]string{"class-without-teacher course/c1: no-teacher", "outsider-in-class course/c1: student/o1"}},
	})
}

// Licences tell the holders of a setting apart only where a policy of it names some.
func TestLicencesOfSettings(t *testing.T) {
	const chat = "{units: [/Pupils], want: [{setting: chat.service_status, field: serviceState, value: DISABLED}]}"
	const status, other = "chat.service_status", "meet.service_status"
	const plain = "differs setting/pup/chat.service_status/serviceState: ENABLED set-in unit/top"
	both := []string{plain + ", ENABLED set-in unit/top licence P/1"}
	licence := map[string]string{"licenses.json": `[{"userId": "ada@school.example", "productId": "P", "skuId": "1"}]`}
	of := func(policies ...string) map[string]string {
		out := set(policies...)
		maps.Copy(out, licence)
		return out
	}
	on := policy(status, enabled, atTop, 5)
	gone := `"orgUnit": "orgUnits/gone"`
	runCases(t, []ruleCase{
		{"nothing names any", of(on), "settings", chat, []string{plain}},
		{"a policy of another setting does", of(on, policy(other, enabled, atTop+", "+licensed, 1)), "settings", chat, []string{plain}},
		{"one does", of(on, policy(status, enabled, atTop+", "+licensed, 1)), "settings", chat, both},
		{"one of a unit elsewhere does", of(on, policy(status, enabled, `"orgUnit": "orgUnits/staff", `+licensed, 1)), "settings", chat, both},
		{"one does, without a unit", of(on, policy(status, enabled, withNone, 1)), "settings", chat, both},
		{"one does, of a group", of(on, policy(status, enabled, `"group": "groups/gov", `+licensed, 1)), "settings", chat, both},
		{"one does whose unit is gone", of(on, policy(status, enabled, gone+", "+licensed, 1)), "settings", chat, []string{plain}},
		{"one does whose unit is gone, another too", of(on, policy(status, enabled, gone+", "+licensed, 1), policy(status, enabled, atTop+", "+licensed, 2)), "settings", chat, both},
		{"a clause without a name", of(on, policy(status, enabled, atTop+`, "query": "entity.licenses.exists(license, license in [])"`, 1)), "settings", chat, []string{plain}},
	})
}
