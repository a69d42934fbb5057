package accounts

import (
	"testing"

	"esafetybot/internal/school"
	"esafetybot/internal/seen"
)

// The first look was on 1 October 2026, so the log begins on 4 April.

func TestPasswordAge(t *testing.T) {
	play(t, PasswordAge, []scene{
		{"staff", func(w *world) {
			w.ask.StaffDays = 90
			w.add("a", "/Oak/Staff")
			w.in.Password["a"] = moment("2026-08-19 23:59")
			w.add("b", "/Oak/Staff")
			w.in.Password["b"] = moment("2026-08-20 00:00")
			w.add("c", "/Oak/Visitors")
			w.in.Password["c"] = moment("2026-08-01")
		}, []string{"user/a: changed 2026-08-19, limit 90", "user/c: changed 2026-08-01, limit 90"}},
		{"administrators", func(w *world) {
			w.ask.StaffDays, w.ask.AdminDays = 90, 30
			w.add("a", "/Oak/Staff", admin)
			w.add("b", "/Oak/Staff", delegated)
			w.add("c", "/Oak/Staff")
			w.add("d", "/Oak/Staff", admin)
			for _, id := range []string{"a", "b", "c"} {
				w.in.Password[id] = moment("2026-10-18")
			}
			w.in.Password["d"] = moment("2026-10-19")
		}, []string{"user/a: changed 2026-10-18, limit 30", "user/b: changed 2026-10-18, limit 30"}},
		{"no limit for staff", func(w *world) {
			w.ask.AdminDays = 30
			w.add("a", "/Oak/Staff")
			w.in.Password["a"] = moment("2026-05-01")
			w.add("b", "/Oak/Staff")
		}, nil},
		{"no limit for administrators", func(w *world) {
			w.ask.StaffDays = 30
			w.add("a", "/Oak/Staff", admin)
			w.in.Password["a"] = moment("2026-05-01")
		}, nil},
		{"never seen changed", func(w *world) {
			w.ask.StaffDays = 90
			w.add("a", "/Oak/Staff")
			w.add("b", "/Oak/Staff")
			w.add("c", "/Oak/Staff", off)
			w.add("d", "/Oak/Pupils")
		}, []string{"? older-than-log 2 2026-04-04"}},
		{"changed before the log begins", func(w *world) {
			w.ask.StaffDays = 90
			w.add("a", "/Oak/Staff")
			w.in.Password["a"] = moment("2026-04-04 11:59")
			w.add("b", "/Oak/Staff")
			w.in.Password["b"] = moment("2026-04-04 12:00")
		}, []string{"user/b: changed 2026-04-04, limit 90", "? older-than-log 1 2026-04-04"}},
		{"made since the log begins", func(w *world) {
			w.ask.StaffDays = 90
			w.add("a", "/Oak/Staff", created("2026-05-01"))
			w.add("b", "/Oak/Staff", created("2026-05-01"))
			w.in.Password["b"] = moment("2026-06-01")
			w.add("c", "/Oak/Staff", created("2026-04-04 11:59"))
		}, []string{"user/a: changed 2026-05-01, limit 90", "user/b: changed 2026-06-01, limit 90", "? older-than-log 1 2026-04-04"}},
	})
}

func usage(day, strength, length string) seen.Usage {
	return seen.Usage{Date: day, Values: map[string]string{"accounts:password_strength": strength, "accounts:password_length_compliance": length}}
}

// TestWeak: only lines that say something against a password are worth keeping.
func TestWeak(t *testing.T) {
	for _, c := range []struct {
		strength, length string
		want             bool
	}{{"WEAK", "COMPLIANT", true}, {"STRONG", "Non-compliant", true}, {"Strong", "Compliant", false}, {"", "", false}} {
		if have := Weak(usage("2026-11-16", c.strength, c.length)); have != c.want {
			t.Errorf("%q, %q: %v", c.strength, c.length, have)
		}
	}
}

func TestWeakPassword(t *testing.T) {
	play(t, WeakPassword, []scene{
		{"usage says so", func(w *world) {
			for _, id := range []string{"a", "b", "c", "d", "e"} {
				w.add(id, "/Oak/Staff")
			}
			w.in.Usage["a"] = usage("2026-11-16", "WEAK", "NON_COMPLIANT")
			w.in.Usage["b"] = usage("2026-11-16", "Strong", "Compliant")
			w.in.Usage["c"] = usage("2026-11-16", "weak", "")
			w.in.Usage["d"] = usage("2026-11-16", "unknown", "Non-compliant")
		}, []string{"user/a: length non-compliant, strength weak", "user/c: strength weak", "user/d: length non-compliant"}},
		{"seven days old", func(w *world) {
			w.add("a", "/Oak/Staff")
			w.add("b", "/Oak/Staff")
			w.add("c", "/Oak/Staff")
			w.in.Usage["a"] = usage("2026-11-11", "weak", "")
			w.in.Usage["b"] = usage("2026-11-10", "weak", "")
			w.in.Usage["c"] = usage("yesterday", "weak", "")
		}, []string{"user/a: strength weak"}},
		{"whose", func(w *world) {
			for id, unit := range map[string]string{"p": "/Oak/Pupils", "s": "/Oak/Staff", "o": "/Oak/Visitors", "u": "/Oak/Hall"} {
				w.add(id, unit)
				w.in.Usage[id] = usage("2026-11-16", "weak", "")
			}
			w.add("x", "/Oak/Staff", off)
			w.in.Usage["x"] = usage("2026-11-16", "weak", "")
		}, []string{"user/o: strength weak", "user/s: strength weak", "user/u: strength weak"}},
		{"whose, as the policy says", func(w *world) {
			w.ask.Who = []school.Kind{school.Pupil}
			w.add("p", "/Oak/Pupils")
			w.add("s", "/Oak/Staff")
			for _, id := range []string{"p", "s"} {
				w.in.Usage[id] = usage("2026-11-16", "weak", "")
				w.in.Alarms[id] = []Alarm{{leaked, moment("2026-11-01")}}
			}
		}, []string{"user/p: leaked 2026-11-01, strength weak"}},
		{"leaks are about everybody, working or not", func(w *world) {
			w.add("p", "/Oak/Pupils")
			w.add("s", "/Oak/Staff", off)
			w.in.Alarms["p"] = []Alarm{{leaked, moment("2026-11-01")}, {leaked, moment("2026-11-03")}, {hijacked, moment("2026-11-04")}}
			w.in.Alarms["s"] = []Alarm{{leaked, moment("2026-11-02")}}
		}, []string{"user/p: leaked 2026-11-01, leaked 2026-11-03", "user/s: leaked 2026-11-02"}},
		{"changed since", func(w *world) {
			w.add("a", "/Oak/Staff")
			w.in.Alarms["a"] = []Alarm{{leaked, moment("2026-11-01 10:00")}, {leaked, moment("2026-11-01 12:00")}, {leaked, moment("2026-11-02")}}
			w.in.Password["a"] = moment("2026-11-01 12:00")
		}, []string{"user/a: leaked 2026-11-01, leaked 2026-11-02"}},
		{"changed since, all", func(w *world) {
			w.add("a", "/Oak/Staff")
			w.in.Alarms["a"] = []Alarm{{leaked, moment("2026-11-01 11:59")}}
			w.in.Password["a"] = moment("2026-11-01 12:00")
		}, nil},
		{"older than the log", func(w *world) {
			w.add("a", "/Oak/Staff")
			w.in.Alarms["a"] = []Alarm{{leaked, moment("2026-04-04 11:59")}}
			w.add("b", "/Oak/Staff")
			w.in.Alarms["b"] = []Alarm{{leaked, moment("2026-04-04 12:00")}}
		}, []string{"user/b: leaked 2026-04-04"}},
	})
}

func TestSuspiciousLogin(t *testing.T) {
	play(t, SuspiciousLogin, []scene{
		{"each event", func(w *world) {
			w.add("a", "/Oak/Pupils")
			for i, e := range []string{
				"suspicious_login", "suspicious_login_less_secure_app", "suspicious_programmatic_login", "user_signed_out_due_to_suspicious_session_cookie",
				"account_disabled_hijacked", "account_disabled_password_leak", "login_success",
			} {
				w.in.Alarms["a"] = append(w.in.Alarms["a"], Alarm{e, moment("2026-11-01").AddDate(0, 0, i)})
			}
		}, []string{"user/a: account_disabled_hijacked 2026-11-05, suspicious_login 2026-11-01, suspicious_login_less_secure_app 2026-11-02, suspicious_programmatic_login 2026-11-03, " +
			"user_signed_out_due_to_suspicious_session_cookie 2026-11-04"}},
		{"switched off: only what Google did itself", func(w *world) {
			w.add("a", "/Oak/Pupils", off)
			w.in.Alarms["a"] = []Alarm{{"suspicious_login", moment("2026-11-01")}, {hijacked, moment("2026-11-02")}}
		}, []string{"user/a: account_disabled_hijacked 2026-11-02"}},
		{"whose, as the policy says", func(w *world) {
			w.ask.Who = []school.Kind{school.Staff}
			w.add("a", "/Oak/Pupils", off)
			w.add("b", "/Oak/Staff", off)
			w.in.Alarms["a"] = []Alarm{{hijacked, moment("2026-11-02")}}
			w.in.Alarms["b"] = []Alarm{{hijacked, moment("2026-11-02")}}
		}, []string{"user/b: account_disabled_hijacked 2026-11-02"}},
		{"changed since", func(w *world) {
			w.add("a", "/Oak/Pupils")
			w.in.Alarms["a"] = []Alarm{{"suspicious_login", moment("2026-11-01")}}
			w.in.Password["a"] = moment("2026-11-02")
		}, nil},
	})
}
