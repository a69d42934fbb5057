package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/seen"
)

// logs tells which events came in the last week, how old the newest record is, and whether asking for one event by name gives the same.
func (p *prober) logs(ctx context.Context) {
	from := p.Now.AddDate(0, 0, -7)
	for _, l := range []struct{ app, question string }{{"drive", "23, 24, 29"}, {"admin", "30, 52, 74"}, {"login", "50, 51"}, {"user_accounts", "50"}, {"token", "54"}, {"classroom", "59, 60"}} {
		names, records := tally{}, map[string]int{}
		var newest, oldest time.Time
		var list []seen.Event
		about, good, cut := "the log "+l.app, true, false
		for e, err := range p.Client.Events(ctx, l.app, "", from, p.Now) {
			if good = p.could(err, l.question, about); !good {
				break
			}
			if newest.Before(e.Time) {
				newest = e.Time
			}
			if oldest.IsZero() || e.Time.Before(oldest) {
				oldest = e.Time
			}
			names.add(e.Name)
			records[e.Record]++
			if list = append(list, seen.Event{Name: e.Name, Time: e.Time}); len(list) == probeRecords {
				cut = true
				break
			}
		}
		switch {
		case !good:
		case len(list) == 0:
			p.say(l.question, about, "no record in seven days")
		default:
			p.say(l.question, about, "the newest record is %s old; of the newest %d events of seven days: %s", p.Now.Sub(newest).Round(time.Minute), len(list), names)
		}
		if l.app != "drive" {
			continue
		}
		if len(list) == 0 {
			p.say("28", "asking for one event", "not known: there is nothing in the log to compare")
			continue
		}
		since := from
		if cut {
			since = oldest.Add(time.Second) // before it some were not read
		}
		p.filtered(ctx, list, records, since)
	}
}

// filtered compares what the log gives with a name and without, for the name of which there is most.
func (p *prober) filtered(ctx context.Context, list []seen.Event, records map[string]int, since time.Time) {
	counts, most, several := map[string]int{}, "", 0
	for _, e := range list {
		if e.Time.Before(since) {
			continue
		}
		if counts[e.Name]++; counts[e.Name] > counts[most] || counts[e.Name] == counts[most] && e.Name < most {
			most = e.Name
		}
	}
	for _, n := range records {
		if n > 1 {
			several++
		}
	}
	n := 0
	for _, err := range p.Client.Events(ctx, "drive", most, since, p.Now) {
		if !p.could(err, "28", "asking for one event") {
			return
		}
		if n++; n == probeRecords {
			break
		}
	}
	p.say("28", "asking for one event", "of one event there are %d by its name, and %d among all; %d of %d records hold several events", n, counts[most], several, len(records))
}

// askedEvents are the events whose parameters the program reads, by log, with the rows that they answer.
var askedEvents = []struct {
	question, app string
	names         []string
}{
	{"25, 105", "drive", []string{"move", "add_to_folder", "remove_from_folder", "trash", "delete"}},
	{"26", "drive", []string{"change_owner"}},
	{"27", "drive", []string{"shared_drive_membership_change"}},
	{"88", "drive", []string{"change_user_access", "change_document_visibility", "change_document_access_scope"}},
	{"94", "drive", []string{"rename"}},
	{"100, 105", "drive", []string{"create_comment", "resolve_comment", "reopen_comment"}},
	{"30", "admin", []string{"CHANGE_GROUP_SETTING"}},
	{"52", "admin", []string{"CHANGE_PASSWORD", "CREATE_USER", "MOVE_USER_TO_ORG_UNIT", "ADD_GROUP_MEMBER", "REMOVE_GROUP_MEMBER"}},
	{"74", "admin", []string{"TOGGLE_SERVICE_ENABLED"}},
	{"50", "login", []string{"password_edit", "email_forwarding_out_of_domain"}},
	{"50", "user_accounts", []string{"password_edit", "email_forwarding_out_of_domain"}},
	{"51", "login", []string{"suspicious_login", "suspicious_login_less_secure_app", "suspicious_programmatic_login", "account_disabled_password_leak", "account_disabled_hijacked"}},
	{"54", "token", []string{"authorize"}},
	{"59", "classroom", []string{"user_added_to_course", "user_joined_course", "user_removed_from_course", "transferred_ownership_of_course"}},
	{"104", "classroom", []string{"updated_course_work", "updated_announcement"}},
	{"111", "classroom", []string{"published_announcement"}},
}

// events tells of some events which parameters they come with, over four weeks: the parameters' names, and of what an event changed whether it took access away.
func (p *prober) events(ctx context.Context) {
	for _, a := range askedEvents {
		var out []string
		good := true
		for _, name := range a.names {
			one, err := p.event(ctx, a.app, name)
			if good = p.could(err, a.question, "events in the log "+a.app); !good {
				break
			}
			out = append(out, one)
		}
		if good {
			p.say(a.question, "events in the log "+a.app+", newest "+fmt.Sprint(probeNamed)+" of four weeks", "%s", strings.Join(out, "; "))
		}
	}
}

// event is one event, with what it comes with.
func (p *prober) event(ctx context.Context, app, name string) (string, error) {
	n, params, taken := 0, tally{}, 0
	var newest time.Time
	for e, err := range p.Client.Events(ctx, app, name, p.Now.AddDate(0, 0, -28), p.Now) {
		if err != nil {
			return "", err
		}
		if newest.Before(e.Time) {
			newest = e.Time
		}
		for _, w := range parameters(e) {
			params.add(w)
		}
		if e.NewValue == "none" || e.NewValue == "private" {
			taken++
		}
		if n++; n == probeNamed {
			break
		}
	}
	if n == 0 {
		return name + " none", nil
	}
	out := fmt.Sprintf("%s %d, the newest %s old, with %s", name, n, p.Now.Sub(newest).Round(time.Minute), params)
	if taken > 0 {
		out += fmt.Sprintf(" (new_value is none or private in %d)", taken)
	}
	return out, nil
}

// parameters are the names of what an event came with, as Google writes them.
func parameters(e seen.Event) []string {
	var out []string
	for _, f := range []struct{ name, value string }{
		{"actor", e.Actor}, {"doc_id", e.Doc}, {"doc_type", e.DocType}, {"owner", e.Owner}, {"shared_drive_id", e.Drive}, {"new_value", e.NewValue},
	} {
		if f.value != "" {
			out = append(out, f.name)
		}
	}
	if e.Target != "" && e.Params["USER_EMAIL"] == "" && e.Params["GROUP_EMAIL"] == "" {
		out = append(out, "target_user")
	}
	for name := range e.Params {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

func (p *prober) usage(ctx context.Context) {
	params := []string{"accounts:password_strength", "accounts:password_length_compliance", "gmail:is_gmail_enabled", "accounts:num_authorized_apps"}
	for back := 1; back <= 7; back++ {
		date := p.Now.AddDate(0, 0, -back).UTC().Format(time.DateOnly)
		counts := map[string]tally{}
		lines, numbers := 0, map[string]int{}
		for u, err := range p.Client.Usage(ctx, date, params) {
			if p.Client.NoUsage(err) {
				break
			}
			if !p.could(err, "48, 49, 54, 73", "usage reports") {
				return
			}
			lines++
			for _, name := range params {
				if counts[name] == nil {
					counts[name] = tally{}
				}
				if v := u.Values[name]; v != "" && strings.Trim(v, "0123456789") == "" {
					if strings.Trim(v, "0") != "" {
						numbers[name]++
					}
				} else {
					counts[name].add(v)
				}
			}
		}
		if lines == 0 {
			continue
		}
		p.say("49", "usage reports", "the newest is %d days old, with %d accounts", back, lines)
		for i, q := range []string{"48", "48", "73"} {
			p.say(q, params[i], "%s", counts[params[i]])
		}
		p.say("54", "accounts:num_authorized_apps", "above 0 for %d of %d accounts", numbers["accounts:num_authorized_apps"], lines)
		return
	}
	p.say("48, 49, 54, 73", "usage reports", "none of the last seven days")
}
