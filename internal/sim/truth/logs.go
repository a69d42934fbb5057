package truth

import (
	"slices"
	"strings"
	"time"
)

// logAge is how long Google keeps its logs.
const logAge = 180 * 24 * time.Hour

// noted is an event of a log that is about one account.
type noted struct {
	name string
	at   time.Time
}

// logs holds what the rules want of the logs, by the address that a record names, lower case.
type logs struct {
	passwords  map[string][]noted // changes of a password
	leaks      map[string][]noted
	suspicious map[string][]noted
	hijacks    map[string][]noted
	forwarding map[string][]noted
	moves      map[string][]noted // changes that may have switched e-mail on or off
	gmail      []time.Time        // Gmail switched on or off, for anybody
}

var suspicious = []string{
	"suspicious_login", "suspicious_login_less_secure_app", "suspicious_programmatic_login", "user_signed_out_due_to_suspicious_session_cookie",
}

// readLogs goes through all that we can know of the logs.
func (w *world) readLogs() {
	w.logs = logs{
		passwords: map[string][]noted{}, leaks: map[string][]noted{}, suspicious: map[string][]noted{},
		hijacks: map[string][]noted{}, forwarding: map[string][]noted{}, moves: map[string][]noted{},
	}
	begins := w.first.Add(-logAge)
	for _, app := range []string{"login", "user_accounts", "admin"} {
		for _, a := range w.t.Activities[app] {
			if a.ID.Time.Before(begins) || a.ID.Time.After(w.now) {
				continue
			}
			for _, e := range a.Events {
				if app == "admin" {
					w.noteAdmin(a, e)
				} else {
					w.noteLogin(a, e)
				}
			}
		}
	}
}

func (w *world) noteLogin(a Activity, e Event) {
	about := e.param("affected_email_address")
	if about == "" {
		about = a.Actor.Email
	}
	switch {
	case e.Name == "password_edit":
		note(w.logs.passwords, a.Actor.Email, e.Name, a.ID.Time)
	case e.Name == "email_forwarding_out_of_domain":
		note(w.logs.forwarding, a.Actor.Email, e.Name, a.ID.Time)
	case e.Name == "account_disabled_password_leak":
		note(w.logs.leaks, about, e.Name, a.ID.Time)
	case e.Name == "account_disabled_hijacked":
		note(w.logs.hijacks, about, e.Name, a.ID.Time)
	case slices.Contains(suspicious, e.Name):
		note(w.logs.suspicious, about, e.Name, a.ID.Time)
	}
}

func (w *world) noteAdmin(a Activity, e Event) {
	about := e.param("USER_EMAIL")
	switch e.Name {
	case "CHANGE_PASSWORD":
		note(w.logs.passwords, about, e.Name, a.ID.Time)
	case "MOVE_USER_TO_ORG_UNIT", "CREATE_USER", "REMOVE_GROUP_MEMBER":
		note(w.logs.moves, about, e.Name, a.ID.Time)
	case "TOGGLE_SERVICE_ENABLED":
		if strings.EqualFold(e.param("SERVICE_NAME"), "Gmail") {
			w.logs.gmail = append(w.logs.gmail, a.ID.Time)
		}
	}
}

func note(in map[string][]noted, address, name string, at time.Time) {
	address = strings.ToLower(address)
	in[address] = append(in[address], noted{name, at})
}

// records are the ones that are an account's: they name an address of it and are not older than it.
func records(of map[string][]noted, a *account) []noted {
	var out []noted
	for _, address := range a.addresses() {
		for _, n := range of[address] {
			if !n.at.Before(a.CreationTime) {
				out = append(out, n)
			}
		}
	}
	return out
}

// passwordChange is when the account's password was last changed, as far as the log of changes tells.
func (w *world) passwordChange(a *account) (time.Time, bool) {
	var last time.Time
	for _, n := range records(w.logs.passwords, a) {
		if n.at.After(last) {
			last = n.at
		}
	}
	return last, !last.IsZero()
}

// lastChange is that of a password, the account's creation counted in.
func (w *world) lastChange(a *account) (time.Time, bool) {
	last, known := w.passwordChange(a)
	if !a.CreationTime.Before(w.first.Add(-logAge)) && a.CreationTime.After(last) {
		last, known = a.CreationTime, true
	}
	return last, known
}

// unanswered are the records after which no change of the password is known.
func (w *world) unanswered(of map[string][]noted, a *account) []noted {
	change, _ := w.passwordChange(a)
	return slices.DeleteFunc(records(of, a), func(n noted) bool { return change.After(n.at) })
}

// report is what the usage reports of one date say of one account.
type report struct {
	strength, length string
	gmailOn          bool
	sent, received   int64
}

// readUsage reads the usage reports up to today. A report is an account's by its id, without one by the address.
func (w *world) readUsage() {
	w.usage = map[*User]map[day]report{}
	for _, line := range w.t.Usage {
		d, ok := parseDay(line.Date)
		if !ok || d > w.today {
			continue
		}
		u := w.byID[line.Entity.ProfileID]
		if line.Entity.ProfileID == "" {
			u = w.users[strings.ToLower(line.Entity.UserEmail)]
		}
		if u == nil {
			continue
		}
		if w.usage[u] == nil {
			w.usage[u] = map[day]report{}
		}
		r := w.usage[u][d]
		for _, p := range line.Parameters {
			n, _ := p.IntValue.Int64() // empty for other kinds of values
			switch p.Name {
			case "accounts:password_strength":
				r.strength = plain(p.StringValue)
			case "accounts:password_length_compliance":
				r.length = plain(p.StringValue)
			case "gmail:is_gmail_enabled":
				r.gmailOn = p.BoolValue
			case "gmail:num_emails_sent":
				r.sent = n
			case "gmail:num_emails_received":
				r.received = n
			}
		}
		w.usage[u][d] = r
	}
}

// newestReport is the newest usage report of an account from a day on.
func (w *world) newestReport(a *account, from day) (report, bool) {
	newest, found := from, false
	for d := range w.usage[a.User] {
		if d >= newest {
			newest, found = d, true
		}
	}
	return w.usage[a.User][newest], found
}

// plain is a value in lower case, without spaces, hyphens and underscores.
func plain(s string) string { return joiners.Replace(strings.ToLower(s)) }

var joiners = strings.NewReplacer(" ", "", "-", "", "_", "")
