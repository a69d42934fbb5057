package accounts

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/seen"
)

// Rules about passwords, and about sign-ins that a new password answers.

// Events of the log login.
const (
	leaked   = "account_disabled_password_leak"
	hijacked = "account_disabled_hijacked"
)

// suspicious events are told of accounts that work; hijacked ones are switched off by Google.
var suspicious = map[string]bool{
	"suspicious_login": true, "suspicious_login_less_secure_app": true, "suspicious_programmatic_login": true,
	"user_signed_out_due_to_suspicious_session_cookie": true,
}

// changed is the last known change of a password; zero if none is known.
func (j *judge) changed(p *person) time.Time {
	// The first password was set when the account was made.
	last := slices.MaxFunc([]time.Time{p.Created, j.Password[p.ID]}, time.Time.Compare)
	if last.Before(j.logBegins()) {
		return time.Time{}
	}
	return last
}

func (j *judge) passwordAge(a *ask, p *person) []string {
	limit := a.StaffDays
	if p.administers() {
		limit = a.AdminDays
	}
	if limit == 0 {
		return nil
	}
	changed := j.changed(p)
	switch {
	case changed.IsZero():
		j.unsure(a, PasswordAge, OlderThanLog, p.ID)
		return nil
	case j.daysSince(changed) <= limit:
		return nil
	}
	return []string{"changed " + j.on(changed), fmt.Sprint("limit ", limit)}
}

// unanswered lists an account's alarms since which no change of the password is known.
func (j *judge) unanswered(p *person) []Alarm {
	changed := j.changed(p)
	var out []Alarm
	for _, al := range j.Alarms[p.ID] {
		if !al.At.Before(j.logBegins()) && !changed.After(al.At) {
			out = append(out, al)
		}
	}
	return out
}

// usageDays is how old a usage report may be, in days.
const usageDays = 7

func (j *judge) weakPassword(a *ask, p *person) []string {
	var facts []string
	use := j.Usage[p.ID]
	date, _ := calendar.ParseDate(use.Date) // no date is an old one
	if p.Active() && a.among(p.kind, adults) && date.DaysUntil(j.today) <= usageDays {
		facts = weak(use)
	}
	for _, al := range j.unanswered(p) {
		if al.Event == leaked {
			facts = append(facts, "leaked "+j.on(al.At))
		}
	}
	return facts
}

// Weak tells whether a line of the usage report says anything against a password: others need not be kept.
func Weak(u seen.Usage) bool { return len(weak(u)) > 0 }

func weak(u seen.Usage) (facts []string) {
	if plain(u.Values["accounts:password_strength"]) == "weak" {
		facts = append(facts, "strength weak")
	}
	if plain(u.Values["accounts:password_length_compliance"]) == "noncompliant" {
		facts = append(facts, "length non-compliant")
	}
	return facts
}

// plain makes the words comparable that Google writes now "Non-compliant" and then "NON_COMPLIANT".
func plain(s string) string {
	return strings.NewReplacer(" ", "", "-", "", "_", "").Replace(strings.ToLower(s))
}

func (j *judge) suspiciousLogin(_ *ask, p *person) []string {
	var facts []string
	for _, al := range j.unanswered(p) {
		if al.Event == hijacked || suspicious[al.Event] && p.Active() {
			facts = append(facts, al.Event+" "+j.on(al.At))
		}
	}
	return facts
}
