package accounts

import (
	"testing"

	"esafetybot/internal/school"
)

// Rows are id, email, name, year, class, agreement, left, ends.

func TestNotOnRoll(t *testing.T) {
	play(t, NotOnRoll, []scene{
		{"a pupil without a row", func(w *world) { w.pupils = "1,,,,,,,"; w.add("a", "/Oak/Pupils") }, []string{"user/a: no-row"}},
		{"a pupil with a row", func(w *world) { w.pupils = "1,,,,,,,"; w.add("a", "/Oak/Pupils", numbers("1")) }, nil},
		{"a leaver's row is a row", func(w *world) { w.pupils = "1,,,,,,2026-01-01,"; w.add("a", "/Oak/Pupils", numbers("1")) }, nil},
		{"no roll", func(w *world) { w.staff = "1,,,,,,,"; w.add("a", "/Oak/Pupils") }, nil},
		{"staff with a row of the wrong roll", func(w *world) {
			w.pupils, w.staff = "1,,,,,,,", "2,,,,,,,"
			w.add("a", "/Oak/Staff", numbers("1"))
		}, []string{"user/a: no-row"}},
		{"staff with a row", func(w *world) { w.staff = "2,,,,,,,"; w.add("a", "/Oak/Staff", numbers("2")) }, nil},
		{"ambiguous", func(w *world) {
			w.pupils = "1,,,,,,,"
			w.add("a", "/Oak/Pupils", numbers("1"))
			w.add("b", "/Oak/Pupils", numbers("1"))
		}, []string{"user/a: ambiguous", "user/b: ambiguous"}},
		{"ambiguous in another roll only", func(w *world) {
			w.pupils, w.staff = "9,,,,,,,", "1,,,,,,,"
			w.add("a", "/Oak/Pupils", numbers("1"))
			w.add("b", "/Oak/Staff", numbers("1"))
		}, []string{"user/a: no-row", "user/b: ambiguous"}},
		{"it left", func(w *world) { w.pupils = "1,,,,,,,"; w.add("a", "/Oak/Pupils"); w.in.Left["a"] = date("2026-11-01") }, nil},
		{"remembered as having left, but ambiguous", func(w *world) {
			w.pupils = "1,,,,,,,"
			w.add("a", "/Oak/Pupils", numbers("1"))
			w.add("b", "/Oak/Pupils", numbers("1"))
			w.in.Left["a"] = date("2026-11-01")
		}, []string{"user/a: ambiguous", "user/b: ambiguous"}},
		{"remembered as having left, but on another roll now", func(w *world) {
			w.pupils, w.staff = "1,,,,,,,", "2,,,,,,,"
			w.add("a", "/Oak/Pupils", numbers("2"))
			w.in.Left["a"] = date("2026-11-01")
		}, []string{"user/a: no-row"}},
		{"accepted", func(w *world) {
			w.pupils = "1,,,,,,,"
			w.add("a", "/Oak/Pupils")
			w.ask.Accepted = []string{"A@school.example"}
		}, nil},
		{"accepted by another address", func(w *world) {
			w.pupils = "1,,,,,,,"
			w.add("a", "/Oak/Pupils", alias("ipads"))
			w.ask.Accepted = []string{"ipads@school.example"}
		}, nil},
		{"somebody's in people", func(w *world) {
			w.staff = "1,,,,,,,"
			w.add("a", "/Oak/Staff", alias("head"))
			w.in.Named = []string{"head@school.example"}
		}, nil},
		{"in a group of others", func(w *world) {
			w.staff = "1,,,,,,,"
			w.add("a", "/Oak/Staff")
			w.groups = []group{{id: "governors", members: []string{"a@school.example"}}}
		}, nil},
		{"others, when asked about, on the roll of their entry", func(w *world) {
			w.others()
			w.governors, w.visitors = "1,,,,,,,", "2,,,,,,,"
			w.ask.Who = []school.Kind{school.Other, school.Unplaced}
			w.add("a", "/Oak/Visitors", numbers("1"))
			w.add("b", "/Oak/Visitors", numbers("2"))
			w.add("c", "/Oak/Hall")
		}, []string{"user/a: no-row"}},
	})
}

func TestLeaverActive(t *testing.T) {
	play(t, LeaverActive, []scene{
		{"left 29 days ago", func(w *world) { w.pupils = "1,,,,,,2026-10-20,"; w.add("a", "/Oak/Pupils", numbers("1")) }, []string{"user/a: left 2026-10-20"}},
		{"left 28 days ago", func(w *world) { w.pupils = "1,,,,,,2026-10-21,"; w.add("a", "/Oak/Pupils", numbers("1")) }, nil},
		{"no days of grace", func(w *world) {
			w.ask.GraceDays = 0
			w.pupils = "1,,,,,,2026-11-17,\n2,,,,,,2026-11-18,\n3,,,,,,2026-11-19,"
			w.add("a", "/Oak/Pupils", numbers("1"))
			w.add("b", "/Oak/Pupils", numbers("2"))
			w.add("c", "/Oak/Pupils", numbers("3"))
		}, []string{"user/a: left 2026-11-17"}},
		{"a row that does not say", func(w *world) { w.pupils = "1,,,,,,,"; w.add("a", "/Oak/Pupils", numbers("1")) }, nil},
		{"staff", func(w *world) { w.staff = "1,,,,,,1 Sep 2026,"; w.add("a", "/Oak/Staff", numbers("1")) }, []string{"user/a: left 2026-09-01"}},
		{"at once, from the day of leaving on", func(w *world) {
			w.pupils = "1,,,,,,2026-11-18,\n2,,,,,,2026-11-19,\n3,,,,,,2026-11-18,"
			w.add("a", "/Oak/Pupils", numbers("1"))
			w.add("b", "/Oak/Pupils", numbers("2"))
			w.add("c", "/Oak/Pupils", numbers("3"))
			w.in.AtOnce = map[string]bool{"a": true, "b": true}
		}, []string{"user/a: left 2026-11-18"}},
		{"a leaver of another roll than its kind's", func(w *world) { w.pupils = "1,,,,,,2026-09-01,"; w.add("a", "/Oak/Staff", numbers("1")) }, nil},
		{"fell off the roll", func(w *world) { w.pupils = "1,,,,,,,"; w.add("a", "/Oak/Pupils"); w.in.Left["a"] = date("2026-10-20") }, []string{"user/a: left 2026-10-20"}},
		{"fell off the roll lately", func(w *world) { w.pupils = "1,,,,,,,"; w.add("a", "/Oak/Pupils"); w.in.Left["a"] = date("2026-10-21") }, nil},
		{"came back", func(w *world) {
			w.pupils = "1,,,,,,,"
			w.add("a", "/Oak/Pupils", numbers("1"))
			w.in.Left["a"] = date("2026-10-20")
		}, nil},
		{"on another roll now", func(w *world) {
			w.pupils, w.staff = "1,,,,,,,", "2,,,,,,,"
			w.add("a", "/Oak/Pupils", numbers("2"))
			w.in.Left["a"] = date("2026-10-20")
		}, nil},
	})
}

func TestMissing(t *testing.T) {
	// Keys: printf 'pupils\n1' | sha256sum.
	const one, two, staffOne = "roll/sha256-52c6d419b16645b0", "roll/sha256-3ce31014769e0905", "roll/sha256-fa8b74d255d57247"
	play(t, Missing, []scene{
		{"no account", func(w *world) { w.pupils = "1,,,,,yes,,"; w.staff = "1,,,,,yes,," }, []string{one + ": no-account", staffOne + ": no-account"}},
		{"an account", func(w *world) { w.pupils = "1,,,,,yes,,"; w.add("a", "/Oak/Hall", numbers("1")) }, nil},
		{"a switched-off account", func(w *world) { w.pupils = "1,,,,,yes,,"; w.add("a", "/Oak/Pupils", numbers("1"), off) }, []string{one + ": switched-off user/a"}},
		{"an archived account", func(w *world) { w.pupils = "1,,,,,yes,,"; w.add("a", "/Oak/Pupils", numbers("1"), archived) }, []string{one + ": switched-off user/a"}},
		{"ambiguous", func(w *world) {
			w.pupils = "1,,,,,yes,,\n2,,,,,yes,,"
			w.add("a", "/Oak/Pupils", numbers("1"))
			w.add("b", "/Oak/Pupils", numbers("1"))
		}, []string{two + ": no-account", one + ": ambiguous"}},
		{"a leaver", func(w *world) { w.pupils = "1,,,,,yes,2026-11-18,\n2,,,,,yes,2026-11-19," }, []string{two + ": no-account"}},
		{"not signed", func(w *world) { w.pupils = "1,,,,,no,,\n2,,,,,2026-09-10,," }, []string{two + ": no-account"}},
		{"signed last year", func(w *world) { w.pupils = "1,,,,,2026-07-19,,\n2,,,,,2026-07-20,," }, []string{two + ": no-account"}},
		{"the roll has no such column", func(w *world) { w.noAgreement = true; w.pupils = "1,,,,,no,," }, []string{one + ": no-account"}},
		{"only staff are asked about", func(w *world) {
			w.pupils, w.staff = "1,,,,,yes,,", "1,,,,,yes,,"
			w.ask.Who = []school.Kind{school.Staff}
		}, []string{staffOne + ": no-account"}},
		{"only pupils are asked about", func(w *world) {
			w.pupils, w.staff = "1,,,,,yes,,", "1,,,,,yes,,"
			w.ask.Who = []school.Kind{school.Pupil, school.Unplaced}
		}, []string{one + ": no-account"}},
		{"others have no such rule", func(w *world) { w.others(); w.visitors = "1,,,,,yes,,"; w.ask.Who = []school.Kind{school.Other} }, nil},
		{"who is left out does not matter", func(w *world) {
			w.pupils = "1,,,,,yes,,"
			w.groups = []group{{id: "robots", unread: true}}
			w.ask.Except.Groups = []string{"robots@school.example"}
		}, []string{one + ": no-account"}},
		{"blind", func(w *world) { w.pupils = "1,,,,,yes,,"; w.in.Blind.Rules = map[string]bool{Missing: true} }, nil},
		{"blind for one", func(w *world) {
			w.pupils = "1,,,,,yes,,\n2,,,,,yes,,"
			w.in.Blind.Subjects = map[string]map[string]bool{Missing: {one: true}}
		}, []string{two + ": no-account"}},
		{"nobody asks", func(w *world) { w.pupils = "1,,,,,yes,,"; w.ask.Rules = []string{NotOnRoll} }, nil},
	})
}

func TestWrongUnit(t *testing.T) {
	years := map[string]string{"R": "/Oak/Pupils/Reception", "1": "/Oak/Pupils/Year 1"}
	play(t, WrongUnit, []scene{
		{"a pupil among staff", func(w *world) { w.pupils = "1,,,,,,,"; w.add("a", "/Oak/Staff/X", numbers("1")) }, []string{"user/a: pupils-roll, unit /Oak/Staff/X"}},
		{"a leaver elsewhere", func(w *world) { w.pupils = "1,,,,,,2026-11-18,"; w.add("a", "/Oak/Leavers", numbers("1")) }, nil},
		{"a pupil among pupils", func(w *world) { w.pupils = "1,,,,,,,"; w.add("a", "/Oak/Pupils/X", numbers("1")) }, nil},
		{"staff among pupils", func(w *world) { w.staff = "1,,,,,,,"; w.add("a", "/Oak/Pupils", numbers("1")) }, []string{"user/a: staff-roll, unit /Oak/Pupils"}},
		{"staff who left, among pupils", func(w *world) { w.staff = "1,,,,,,2026-11-18,"; w.add("a", "/Oak/Pupils", numbers("1")) }, nil},
		{"staff elsewhere", func(w *world) { w.staff = "1,,,,,,,"; w.add("a", "/Oak/Hall", numbers("1")) }, nil},
		{"the wrong year", func(w *world) {
			w.ask.YearUnits = years
			w.pupils = "1,,,R,,,,\n2,,,1,,,,\n3,,,2,,,,\n4,,,,,,,"
			w.add("a", "/Oak/Pupils/Year 1", numbers("1"))
			w.add("b", "/oak/pupils/year 1/Owls", numbers("2"))
			w.add("c", "/Oak/Pupils/Year 1", numbers("3"))
			w.add("d", "/Oak/Pupils/Year 3", numbers("4"))
			w.add("e", "/Oak/Pupils/Year 3")
		}, []string{"user/a: unit /Oak/Pupils/Year 1, year R"}},
		{"a year among staff is said once", func(w *world) {
			w.ask.YearUnits = years
			w.pupils = "1,,,1,,,,"
			w.add("a", "/Oak/Staff", numbers("1"))
		}, []string{"user/a: pupils-roll, unit /Oak/Staff"}},
		{"the pupils' row tells the year", func(w *world) {
			w.ask.YearUnits = years
			w.pupils, w.staff = "1,,,1,,,,", "2,,,R,,,,"
			w.add("a", "/Oak/Pupils/Year 1", numbers("2", "1"))
		}, []string{"user/a: staff-roll, unit /Oak/Pupils/Year 1"}},
	})
}

func TestNoAgreement(t *testing.T) {
	play(t, NoAgreement, []scene{
		{"each answer", func(w *world) {
			w.pupils = "1,,,,,,,\n2,,,,,No,,\n3,,,,,soon,,\n4,,,,,2026-07-19,,\n5,,,,,2026-11-19,,\n6,,,,,2026-11-18,,\n7,,,,,2026-07-20,,\n8,,,,,Y,,"
			for _, n := range "12345678" {
				w.add("p"+string(n), "/Oak/Pupils", numbers(string(n)))
			}
		}, []string{"user/p1: unsigned", "user/p2: unsigned", "user/p3: unreadable", "user/p4: signed 2026-07-19", "user/p5: signed 2026-11-19"}},
		{"in the roll-over last year's count", func(w *world) {
			w.now = "2026-09-25"
			w.pupils = "1,,,,,2025-07-20,,\n2,,,,,2025-07-19,,"
			w.add("a", "/Oak/Pupils", numbers("1"))
			w.add("b", "/Oak/Pupils", numbers("2"))
		}, []string{"user/b: signed 2025-07-19"}},
		{"after the roll-over they do not", func(w *world) {
			w.now = "2026-09-26"
			w.pupils = "1,,,,,2025-07-20,,"
			w.add("a", "/Oak/Pupils", numbers("1"))
		}, []string{"user/a: signed 2025-07-20"}},
		{"a leaver", func(w *world) { w.pupils = "1,,,,,no,2026-11-18,"; w.add("a", "/Oak/Pupils", numbers("1")) }, nil},
		{"the roll has no such column", func(w *world) { w.noAgreement = true; w.pupils = "1,,,,,no,,"; w.add("a", "/Oak/Pupils", numbers("1")) }, nil},
		{"not on a roll", func(w *world) { w.pupils = "1,,,,,no,,"; w.add("a", "/Oak/Pupils") }, nil},
		{"on several rolls: one finding", func(w *world) {
			w.others()
			w.staff, w.governors, w.visitors = "1,,,,,no,,", "2,,,,,2025-01-01,,", "3,,,,,yes,,"
			w.add("a", "/Oak/Staff", numbers("1", "2", "3"))
		}, []string{"user/a: signed 2025-01-01, unsigned"}},
	})
}

func TestNoEndDate(t *testing.T) {
	play(t, NoEndDate, []scene{
		{"each answer", func(w *world) {
			w.others(false, true)
			w.visitors = "1,,,,,,,\n2,,,,,,,2026-11-17\n3,,,,,,,2026-11-18\n4,,,,,,,yes\n5,,,,,,,2027-01-01"
			for _, n := range "123456" {
				w.add("v"+string(n), "/Oak/Visitors", numbers(string(n)))
			}
		}, []string{"user/v1: none", "user/v2: ended 2026-11-17", "user/v4: unreadable", "user/v6: none"}},
		{"the entry does not ask for it", func(w *world) { w.others(true, false); w.add("a", "/Oak/Visitors") }, nil},
		{"the entry has no roll", func(w *world) { w.others(false, true); w.add("a", "/Oak/Visitors") }, []string{"user/a: none"}},
		{"on another roll", func(w *world) {
			w.others(false, true)
			w.governors, w.visitors = "1,,,,,,,2027-01-01", "2,,,,,,,2027-01-01"
			w.add("a", "/Oak/Visitors", numbers("1"))
		}, []string{"user/a: none"}},
		{"of staff, and in a group of others", func(w *world) {
			w.others(true, false)
			w.add("a", "/Oak/Staff")
			w.groups = []group{{id: "governors", members: []string{"a@school.example"}}}
		}, []string{"user/a: none"}},
	})
}

func TestYearGroup(t *testing.T) {
	rules := []YearRule{{Years: []string{"R", "1"}, NoAccounts: true}, {Years: []string{"2"}}}
	play(t, YearGroup, []scene{
		{"no accounts", func(w *world) {
			w.ask.YearRules = rules
			w.add("a", "/Oak/Pupils/Reception", login("never"))
			w.add("b", "/Oak/Pupils/Year 1")
			w.add("c", "/Oak/Pupils/Year 3")
			w.add("d", "/Oak/Pupils")
		}, []string{"user/a: year R has-account", "user/b: year 1 has-account"}},
		{"no sign-ins", func(w *world) {
			w.ask.YearRules = rules
			w.add("a", "/Oak/Pupils/Year 2", login("never"))
			w.add("b", "/Oak/Pupils/Year 2", login("2026-10-19 00:00"))
			w.add("c", "/Oak/Pupils/Year 2", login("2026-10-18 23:59"))
		}, []string{"user/b: year 2 signs-in"}},
		{"the row's year counts, where it has one", func(w *world) {
			w.ask.YearRules = rules
			w.pupils = "1,,,3,,,,\n2,,,R,,,,\n3,,,,,,,"
			w.add("a", "/Oak/Pupils/Year 1", numbers("1"))
			w.add("b", "/Oak/Pupils/Year 3", numbers("2"))
			w.add("c", "/Oak/Pupils/Year 1", numbers("3"))
		}, []string{"user/b: year R has-account", "user/c: year 1 has-account"}},
		{"in two entries", func(w *world) {
			w.ask.YearRules = []YearRule{{Years: []string{"4"}}, {Years: []string{"4"}, NoAccounts: true}}
			w.add("a", "/Oak/Pupils/Year 4")
		}, []string{"user/a: year 4 has-account, year 4 signs-in"}},
	})
}
