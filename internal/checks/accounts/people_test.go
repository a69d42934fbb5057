package accounts

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/calendar"
	"esafetybot/internal/seen"
)

func TestNeverSignedIn(t *testing.T) {
	// Up to Wednesday 18 November there are 13 school days in November and 17 from Thursday 1 to Friday 23 October: six weeks since 30 September.
	play(t, NeverSignedIn, []scene{
		{"six school weeks", func(w *world) { w.add("a", "/Oak/Pupils", created("2026-09-30"), login("never")) }, []string{"user/a: created 2026-09-30"}},
		{"a day less", func(w *world) { w.add("a", "/Oak/Pupils", created("2026-10-01"), login("never")) }, nil},
		{"has signed in", func(w *world) { w.add("a", "/Oak/Pupils", created("2026-09-30"), login("2026-09-30")) }, nil},
		{"another number of weeks", func(w *world) {
			w.ask.QuietWeeks = 1
			w.add("a", "/Oak/Pupils", created("2026-11-11"), login("never"))
			w.add("b", "/Oak/Pupils", created("2026-11-12"), login("never"))
		}, []string{"user/a: created 2026-11-11"}},
		{"holidays, weekends, bank holidays and inset days do not count", func(w *world) {
			w.ask.QuietWeeks = 1
			w.now = "2026-09-09" // five school days since 2 September, which is an inset day: 3, 4, 7, 8, 9
			w.add("a", "/Oak/Pupils", created("2026-07-17"), login("never"))
			w.add("b", "/Oak/Pupils", created("2026-09-03"), login("never"))
		}, []string{"user/a: created 2026-07-17"}},
		{"the last day of a term counts", func(w *world) {
			w.ask.QuietWeeks = 1
			w.now = "2026-07-17"
			w.add("a", "/Oak/Pupils", created("2026-07-10"), login("never"))
		}, []string{"user/a: created 2026-07-10"}},
		{"today without term dates", func(w *world) {
			w.now = "2027-01-04"
			w.add("a", "/Oak/Pupils", created("2026-09-30"), login("never"))
		}, []string{"user/a: created 2026-09-30", "? no-terms 0"}},
		{"blind, and today without term dates", func(w *world) {
			w.now = "2027-01-04"
			w.in.Blind.Rules = map[string]bool{NeverSignedIn: true}
		}, nil},
	})
}

func TestDormant(t *testing.T) {
	play(t, Dormant, []scene{
		{"six school weeks", func(w *world) { w.add("a", "/Oak/Pupils", login("2026-09-30 23:59")) }, []string{"user/a: last 2026-09-30"}},
		{"a day less", func(w *world) { w.add("a", "/Oak/Pupils", login("2026-10-01 00:00")) }, nil},
		{"never signed in", func(w *world) { w.add("a", "/Oak/Pupils", login("never")) }, nil},
		{"today without term dates", func(w *world) { w.now = "2027-01-04" }, []string{"? no-terms 0"}},
	})
}

// The other rules do without term dates.
func TestNoTerms(t *testing.T) {
	play(t, NoSecondStep, []scene{{"no terms", func(w *world) { w.now = "2027-01-04" }, nil}})
}

func TestSharedAccount(t *testing.T) {
	words := []string{"ipad", "Trolley", "class"}
	play(t, SharedAccount, []scene{
		{"generic words", func(w *world) {
			w.ask.GenericWords = words
			w.add("ipad-trolley2", "/Oak/Pupils")
			w.add("class4", "/Oak/Staff")
			w.add("classic", "/Oak/Staff")
			w.add("ann", "/Oak/Staff", alias("class"))
		}, []string{"user/class4: generic class", "user/ipad-trolley2: generic ipad, generic trolley"}},
		{"the domain does not count", func(w *world) { w.ask.GenericWords = []string{"school"}; w.add("ann", "/Oak/Staff") }, nil},
		{"on a roll", func(w *world) {
			w.ask.GenericWords = words
			w.staff = "1,,,,,,,"
			w.add("class", "/Oak/Pupils", numbers("1"))
		}, nil},
		{"accepted", func(w *world) {
			w.ask.GenericWords, w.ask.Accepted = words, []string{"other@school.example"}
			w.add("class", "/Oak/Pupils", alias("other"))
		}, nil},
		{"somebody's in people", func(w *world) {
			w.ask.GenericWords = words
			w.in.Named = []string{"class@school.example"}
			w.add("class", "/Oak/Pupils")
		}, nil},
		{"two on one number", func(w *world) {
			w.pupils = "A1,,,,,,,\nA2,,,,,,,"
			w.ask.Accepted = []string{"a@school.example"}
			w.add("a", "/Oak/Pupils", numbers(" a1", "A1 "))
			w.add("b", "/Oak/Staff", numbers("x", "A1", "A2"))
			w.add("c", "/Oak/Pupils", numbers("a2"))
			w.add("d", "/Oak/Pupils", numbers("x"))
		}, []string{"user/a: same-number user/b", "user/b: same-number user/a, same-number user/c", "user/c: same-number user/b"}},
		{"the other is switched off, or another school's, or a guest", func(w *world) {
			w.pupils = "1,,,,,,,"
			w.add("a", "/Oak/Pupils", numbers("1"))
			w.add("b", "/Oak/Pupils", numbers("1"), off)
			w.add("c", "/Elm/Pupils", numbers("1"))
			w.add("d", "/Oak/Pupils", numbers("1"), guest)
		}, nil},
		{"a number of no row", func(w *world) {
			w.pupils = ",x@school.example,,,,,,"
			w.add("a", "/Oak/Pupils", numbers("1", ""))
			w.add("b", "/Oak/Pupils", numbers("1", ""))
		}, nil},
		{"a number of a row of others", func(w *world) {
			w.others()
			w.visitors = "1,,,,,,,"
			w.add("a", "/Oak/Pupils", numbers("1"))
			w.add("b", "/Oak/Pupils", numbers("1"))
		}, []string{"user/a: same-number user/b", "user/b: same-number user/a"}},
	})
}

func TestAdminRole(t *testing.T) {
	play(t, AdminRole, []scene{
		{"a pupil with a role", func(w *world) {
			w.add("a", "/Oak/Pupils")
			w.add("b", "/Oak/Pupils")
			w.in.Grants = []seen.RoleGrant{{Role: "r2", To: "a"}, {Role: "r1", To: "a"}, {Role: "r1", To: "gone"}}
		}, []string{"user/a: role/r1, role/r2"}},
		{"super administrators", func(w *world) {
			w.add("a", "/Oak/Pupils", admin)
			w.add("b", "/Oak/Hall", admin)
			w.add("c", "/Oak/Staff", admin)
			w.add("d", "/Oak/Pupils", delegated)
		}, []string{"user/a: super-admin", "user/b: super-admin"}},
		{"adults on the list", func(w *world) {
			w.ask.Admins = []string{"IT@school.example", "p@school.example"}
			w.add("p", "/Oak/Pupils", admin)
			w.add("u", "/Oak/Hall", admin, alias("it"))
			w.add("s", "/Oak/Staff", admin, alias("it"))
			w.add("t", "/Oak/Staff", admin)
			w.add("v", "/Oak/Visitors", admin)
		}, []string{"user/p: super-admin", "user/t: super-admin", "user/u: super-admin", "user/v: super-admin"}},
		{"an empty list", func(w *world) { w.ask.Admins = []string{}; w.add("s", "/Oak/Staff", admin) }, []string{"user/s: super-admin"}},
		{"through groups", func(w *world) {
			w.add("a", "/Oak/Pupils")
			w.add("b", "/Oak/Pupils")
			w.groups = []group{{id: "helpers", members: []string{"nested"}}, {id: "nested", members: []string{"a@school.example"}}, {id: "other", members: []string{"b@school.example"}, unread: true}}
			w.in.Grants = []seen.RoleGrant{{Role: "r1", To: "g-helpers"}}
		}, []string{"user/a: role/r1"}},
		{"through a group that could not be read", func(w *world) {
			w.add("a", "/Oak/Pupils", admin)
			w.groups = []group{{id: "helpers", members: []string{"a@school.example"}, unread: true}, {id: "open", members: []string{"a@school.example"}}}
			w.in.Grants = []seen.RoleGrant{{Role: "r1", To: "g-helpers"}, {Role: "r2", To: "g-open"}}
		}, []string{"? groups 0"}},
		{"other rules do not rest on that", func(w *world) {
			w.ask.Rules = []string{NoSecondStep}
			w.add("a", "/Oak/Staff", admin)
			w.groups = []group{{id: "helpers", unread: true}}
			w.in.Grants = []seen.RoleGrant{{Role: "r1", To: "g-helpers"}}
		}, []string{"user/a: not-enrolled"}},
	})
}

// A role of something unknown may be a group's, if the groups could not be listed.
func TestAdminRoleGroupsUnknown(t *testing.T) {
	for _, c := range []struct {
		to   string
		want []string
	}{{"a", []string{"user/a: role/r1"}}, {"gone", []string{"? groups 0"}}} {
		w := newWorld(AdminRole)
		w.add("a", "/Oak/Pupils")
		w.in.Grants = []seen.RoleGrant{{Role: "r1", To: c.to}}
		in := w.input(t)
		in.Who.GroupsUnknown = true
		if diff := cmp.Diff(c.want, told(Check(in))); diff != "" {
			t.Errorf("to %s (-want +have):\n%s", c.to, diff)
		}
	}
}

func TestNoSecondStep(t *testing.T) {
	play(t, NoSecondStep, []scene{
		{"administrators", func(w *world) {
			w.add("a", "/Oak/Staff", admin)
			w.add("b", "/Oak/Staff", delegated)
			w.add("c", "/Oak/Staff", admin, secured)
			w.add("d", "/Oak/Staff")
		}, []string{"user/a: not-enrolled", "user/b: not-enrolled"}},
		{"all staff", func(w *world) {
			w.ask.StaffSteps = true
			w.add("a", "/Oak/Staff")
			w.add("b", "/Oak/Staff", secured)
			w.add("c", "/Oak/Visitors")
			w.add("d", "/Oak/Hall", delegated)
		}, []string{"user/a: not-enrolled", "user/d: not-enrolled"}},
	})
}

func TestSchoolYear(t *testing.T) {
	july, autumn := days("2026-07-20", "2026-09-25"), days("2025-11-01", "2026-01-31")
	for _, c := range []struct {
		today    string
		rollover calendar.Range
		start    string
		rolling  bool
		from     string
	}{
		{"2026-11-18", july, "2026-07-20", false, "2026-07-20"},
		{"2026-07-19", july, "2025-07-20", false, "2025-07-20"},
		{"2026-07-20", july, "2026-07-20", true, "2025-07-20"},
		{"2026-09-25", july, "2026-07-20", true, "2025-07-20"},
		{"2026-09-26", july, "2026-07-20", false, "2026-07-20"},
		{"2030-08-01", july, "2030-07-20", true, "2029-07-20"}, // the policy's year does not matter
		{"2026-07-31", calendar.Range{}, "2025-08-01", false, "2025-08-01"},
		{"2026-08-01", calendar.Range{}, "2026-08-01", true, "2025-08-01"},
		{"2026-09-30", calendar.Range{}, "2026-08-01", true, "2025-08-01"},
		{"2026-10-01", calendar.Range{}, "2026-08-01", false, "2026-08-01"},
		{"2026-11-01", autumn, "2026-11-01", true, "2025-11-01"},
		{"2027-01-31", autumn, "2026-11-01", true, "2025-11-01"},
		{"2027-02-01", autumn, "2026-11-01", false, "2026-11-01"},
		{"2026-05-06", days("2026-05-05", "2026-05-05"), "2026-05-05", false, "2026-05-05"},
	} {
		have := yearOf(date(c.today), c.rollover)
		if diff := cmp.Diff([]any{c.start, c.rolling, c.from}, []any{have.start.String(), have.rollover, have.agreementsFrom().String()}); diff != "" {
			t.Errorf("%s, %v (-want +have):\n%s", c.today, c.rollover, diff)
		}
	}
}
