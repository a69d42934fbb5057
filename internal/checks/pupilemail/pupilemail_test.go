package pupilemail

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"esafetybot/internal/calendar"
	"esafetybot/internal/findings"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
	"esafetybot/internal/settings"
)

var (
	units = []seen.Unit{
		{ID: "root", Path: "/"}, {ID: "pupils", Path: "/Pupils"}, {ID: "y6", Path: "/Pupils/Year 6"}, {ID: "6b", Path: "/Pupils/Year 6/6B"}, {ID: "staff", Path: "/Staff"},
		{ID: "elm", Path: "/Elm School/Pupils"},
	}
	london, _ = time.LoadLocation("Europe/London")
	made      = time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)
)

// world is an Input that a test changes. The pupil ann is in Year 6.
type world struct {
	Input
	policies []seen.Setting
	lines    []line
	usageOff bool
}

type line struct {
	id, date string
	values   map[string]string
}

func newWorld() *world {
	d := school.New(school.Rules{OrgUnits: []string{"/Pupils", "/Staff"}}, []string{"school.example"})
	add := func(id, unit string, change func(*seen.Account)) {
		a := seen.Account{ID: id, Address: id + "@school.example", Aliases: []string{id + "2@school.example"}, Unit: unit, Created: made}
		if change != nil {
			change(&a)
		}
		d.AddAccount(a)
	}
	add("ann", "/Pupils/Year 6", nil)
	add("tess", "/Staff", nil)
	add("elm", "/Elm School/Pupils", nil)
	add("off", "/Pupils/Year 6", func(a *seen.Account) { a.SwitchedOff = true })
	add("old", "/Pupils/Year 6", func(a *seen.Account) { a.Archived = true })
	add("guest", "/Pupils/Year 6", func(a *seen.Account) { a.Guest = true })
	group := func(id string, known bool, members ...seen.Member) {
		d.AddGroup(seen.Group{ID: id, Address: id + "@school.example"}, members, known)
	}
	group("mail", true, seen.Member{Address: "ann@school.example", Type: "USER"})
	group("club", true, seen.Member{Address: "mail@school.example", Type: "GROUP"})
	group("empty", true)
	group("hidden", false)
	w := &world{Input: Input{
		Today: calendar.Date{Year: 2026, Month: 11, Day: 18}, Zone: london, Who: d, LogKnown: true,
		Kinds: school.NewKinds(d, school.Populations{Pupils: []string{"/Pupils", "/Elm School/Pupils"}, Staff: []string{"/Staff"}}),
		Asks:  []Ask{{Clause: "A4", Severity: "high", Deals: "workspace_admin", Mode: Off}},
	}}
	return w
}

func (w *world) check() Result {
	if w.policies != nil {
		w.Policies = settings.New(w.policies, units)
	}
	if !w.usageOff {
		w.Usage = func(fn func(string, seen.Usage)) bool {
			for _, l := range w.lines {
				fn(l.id, seen.Usage{Date: l.date, Values: l.values})
			}
			return true
		}
	}
	return Check(w.Input)
}

func told(r Result) []string {
	out := []string{}
	for _, o := range r.Observed {
		out = append(out, strings.TrimPrefix(o.Rule, "pupil-email.")+" "+o.Subject+": "+strings.Join(o.Facts, ", "))
	}
	return out
}

func unknown(r Result) []string {
	out := []string{}
	for _, u := range r.Unknown {
		out = append(out, fmt.Sprintf("%s %s %d: %s", u.Clause, u.Rule, u.Count, u.Why))
	}
	return out
}

func gmail(unit, group, is string, order float64) seen.Setting {
	return seen.Setting{Name: fmt.Sprint(unit, group, order), Type: settings.GmailService, Unit: unit, Group: group, Order: order, Values: map[string]any{settings.Service: is}}
}

const (
	en = settings.Enabled
	di = settings.Disabled
)

func TestPolicies(t *testing.T) {
	licensed := func(s seen.Setting, not bool, l ...string) seen.Setting {
		if not {
			s.NotLicenses = l
		} else {
			s.Licenses = l
		}
		return s
	}
	for _, c := range []struct {
		name     string
		policies []seen.Setting
		change   func(*world)
		want     []string
	}{
		{"nobody set it", []seen.Setting{}, nil, nil},
		{"off", []seen.Setting{gmail("root", "", di, 1)}, nil, nil},
		{"on at the root", []seen.Setting{gmail("root", "", en, 1)}, nil, []string{"on user/ann: unit/root"}},
		{"on for the staff only: no policy at the root", []seen.Setting{gmail("staff", "", en, 1)}, nil, nil},
		{"on at the root, off for pupils, on again three levels down", []seen.Setting{gmail("root", "", en, 1), gmail("pupils", "", di, 2), gmail("y6", "", en, 3)}, nil, []string{"on user/ann: unit/y6"}},
		{"overridden three levels down", []seen.Setting{gmail("root", "", en, 1), gmail("pupils", "", en, 2), gmail("y6", "", di, 3), gmail("6b", "", en, 4)}, nil, nil},
		{"a deleted unit", []seen.Setting{gmail("pupils", "", di, 1), gmail("gone", "", en, 9)}, nil, nil},
		{"a group that wins", []seen.Setting{gmail("pupils", "", di, 1), gmail("root", "mail", en, 2)}, nil, []string{"access-group user/ann: group/mail"}},
		{"a group that another is nested in", []seen.Setting{gmail("pupils", "", di, 1), gmail("root", "club", en, 2)}, nil, []string{"access-group user/ann: group/club"}},
		{"two groups, of which one is too weak", []seen.Setting{gmail("pupils", "", di, 2), gmail("root", "mail", en, 1), gmail("root", "club", en, 3)}, nil, []string{"access-group user/ann: group/club"}},
		{"two groups", []seen.Setting{gmail("pupils", "", di, 1), gmail("root", "mail", en, 2), gmail("root", "club", en, 3)}, nil, []string{"access-group user/ann: group/club, group/mail"}},
		{"as strong is not stronger", []seen.Setting{gmail("pupils", "", di, 2), gmail("root", "mail", en, 2)}, nil, nil},
		{"a group cannot switch off", []seen.Setting{gmail("pupils", "", en, 1), gmail("root", "mail", di, 2)}, nil, []string{"on user/ann: unit/pupils"}},
		{"on at the unit and by a group: the unit is the cause", []seen.Setting{gmail("pupils", "", en, 1), gmail("root", "mail", en, 2)}, nil, []string{"on user/ann: unit/pupils"}},
		{"a group where no unit says anything", []seen.Setting{gmail("root", "mail", en, 2)}, nil, []string{"access-group user/ann: group/mail"}},
		{"a group that she is not in", []seen.Setting{gmail("root", "empty", en, 2)}, nil, nil},
		{"a licence that she has", []seen.Setting{licensed(gmail("root", "", en, 2), false, "P/1")}, func(w *world) { w.Licenses = map[string][]string{"ann": {"P/1"}} }, []string{"on user/ann: unit/root"}},
		{"a licence that she has not", []seen.Setting{licensed(gmail("root", "", en, 2), false, "P/1")}, func(w *world) { w.Licenses = map[string][]string{"ann": {"P/2"}} }, nil},
		{"not with a licence that she has", []seen.Setting{licensed(gmail("root", "", en, 2), true, "P/1")}, func(w *world) { w.Licenses = map[string][]string{"ann": {"P/1"}} }, nil},
		{"a policy without the field", []seen.Setting{gmail("root", "", en, 1), {Type: settings.GmailService, Unit: "pupils", Order: 2}}, nil, nil},
		{"left out by unit", []seen.Setting{gmail("root", "", en, 1)}, func(w *world) { w.Asks[0].Except.Units = []string{"/pupils/YEAR 6"} }, nil},
		{"left out by group", []seen.Setting{gmail("root", "", en, 1)}, func(w *world) { w.Asks[0].Except.Groups = []string{"club@school.example"} }, nil},
		{"approved by group", []seen.Setting{gmail("root", "", en, 1)}, func(w *world) {
			w.Asks[0].Mode, w.Asks[0].Approved.Groups = ApprovedOnly, []string{"mail@school.example"}
		}, nil},
		{"approved by unit", []seen.Setting{gmail("root", "", en, 1)}, func(w *world) { w.Asks[0].Mode, w.Asks[0].Approved.Units = ApprovedOnly, []string{"/Pupils/Year 6"} }, nil},
		{"not among the approved", []seen.Setting{gmail("root", "", en, 1)}, func(w *world) { w.Asks[0].Mode, w.Asks[0].Approved.Units = ApprovedOnly, []string{"/Pupils/Year 5"} }, []string{"on user/ann: unit/root"}},
		{"nobody is approved in mode off", []seen.Setting{gmail("root", "", en, 1)}, func(w *world) { w.Asks[0].Approved.Units = []string{"/Pupils/Year 6"} }, []string{"on user/ann: unit/root"}},
		{"two entries of a clause", []seen.Setting{gmail("root", "", en, 1)}, func(w *world) { w.Asks = append(w.Asks, w.Asks[0]) }, []string{"on user/ann: unit/root"}},
		{"two clauses", []seen.Setting{gmail("root", "", en, 1)}, func(w *world) { w.Asks = append(w.Asks, w.Asks[0]); w.Asks[1].Clause = "B2" }, []string{"on user/ann: unit/root", "on user/ann: unit/root"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld()
			w.policies = c.policies
			if c.change != nil {
				c.change(w)
			}
			if c.want == nil {
				c.want = []string{}
			}
			r := w.check()
			if diff := cmp.Diff(c.want, told(r)); diff != "" {
				t.Errorf("(-want +have):\n%s", diff)
			}
			if len(r.Unknown) > 0 {
				t.Errorf("could not say %v", r.Unknown)
			}
			for _, rule := range Rules {
				if !r.Sees("A4", rule) {
					t.Errorf("blind for %s", rule)
				}
			}
		})
	}
}

func TestObserved(t *testing.T) {
	w := newWorld()
	w.policies = []seen.Setting{gmail("root", "", en, 1)}
	want := []findings.Observed{{Clause: "A4", Rule: "pupil-email.on", Subject: "user/ann", Facts: []string{"unit/root"}, Severity: "high", Deals: "workspace_admin"}}
	if diff := cmp.Diff(want, w.check().Observed); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
}

func event(name, day string, target string, params ...string) seen.Event {
	at, err := time.Parse(time.RFC3339, day+":00Z")
	if err != nil {
		panic(err)
	}
	e := seen.Event{Name: name, Time: at, Target: target, Params: map[string]string{}}
	for i := 0; i < len(params); i += 2 {
		e.Params[params[i]] = params[i+1]
	}
	return e
}

func TestUsed(t *testing.T) {
	day := func(n int, kv ...string) line {
		l := line{id: "ann", date: calendar.Date{Year: 2026, Month: 11, Day: 18}.AddDays(-n).String(), values: map[string]string{}}
		for i := 0; i < len(kv); i += 2 {
			l.values["gmail:"+kv[i]] = kv[i+1]
		}
		return l
	}
	is, out, back := "is_gmail_enabled", "num_emails_sent", "num_emails_received"
	all := []line{day(2, is, "true", out, "1", back, "2")}
	for _, c := range []struct {
		name   string
		lines  []line
		log    []seen.Event
		change func(*world)
		want   string
	}{
		{"nothing reported", nil, nil, nil, ""},
		{"all three", all, nil, nil, "received, sent, usage-says-on"},
		{"zero and off", []line{day(2, is, "false", out, "0", back, "0")}, nil, nil, ""},
		{"no such numbers", []line{day(2, is, "", out, "-", back, "")}, nil, nil, ""},
		{"on in capitals", []line{day(2, is, "TRUE")}, nil, nil, "usage-says-on"},
		{"on in the newest", []line{day(3, is, "false"), day(2, is, "true"), day(4, is, "false")}, nil, nil, "usage-says-on"},
		{"no longer on in the newest", []line{day(2, is, "false"), day(3, is, "true")}, nil, nil, ""},
		{"the newest comes last", []line{day(3, is, "true"), day(2, is, "false")}, nil, nil, ""},
		{"summed", []line{day(2, out, "0"), day(3, out, "1"), day(4, back, "1")}, nil, nil, "received, sent"},
		{"twice the same day: the first says whether it is on", []line{day(2, is, "true", out, "1"), day(2, is, "false", back, "1")}, nil, nil, "received, sent, usage-says-on"},
		{"today", []line{day(0, out, "1")}, nil, nil, "sent"},
		{"seven days ago", []line{day(7, out, "1")}, nil, nil, "sent"},
		{"eight days ago", []line{day(8, out, "1")}, nil, nil, ""},
		{"tomorrow", []line{day(-1, out, "1")}, nil, nil, ""},
		{"of somebody else", []line{{id: "tess", date: "2026-11-16", values: map[string]string{sent: "1"}}, {id: "off", date: "2026-11-16", values: map[string]string{sent: "1"}}}, nil, nil, ""},
		{"moved on that day", all, []seen.Event{event(moved, "2026-11-16T10:00", "ann@school.example")}, nil, ""},
		{"moved the day before", all, []seen.Event{event(moved, "2026-11-15T10:00", "ann@school.example")}, nil, "received, sent, usage-says-on"},
		{"moved, by an alias", all, []seen.Event{event(moved, "2026-11-16T10:00", "ANN2@school.example")}, nil, ""},
		{"moved late in the evening, by the school's clock the next day", []line{{id: "ann", date: "2026-09-16", values: map[string]string{sent: "1"}}}, []seen.Event{event(moved, "2026-09-15T23:30", "ann@school.example")},
			func(w *world) { w.Today = calendar.Date{Year: 2026, Month: 9, Day: 18} }, ""},
		{"somebody else moved", all, []seen.Event{event(moved, "2026-11-17T10:00", "tess@school.example")}, nil, "received, sent, usage-says-on"},
		{"made", all, []seen.Event{event(created, "2026-11-16T10:00", "ann@school.example")}, nil, ""},
		{"taken out of a group", all, []seen.Event{event(removed, "2026-11-16T10:00", "mail@school.example", "USER_EMAIL", "ann@school.example")}, nil, ""},
		{"somebody moved who is no longer there", all, []seen.Event{event(moved, "2026-11-17T10:00", "gone@school.example")}, nil, "received, sent, usage-says-on"},
		{"some other event", all, []seen.Event{event("CHANGE_PASSWORD", "2026-11-17T10:00", "ann@school.example")}, nil, "received, sent, usage-says-on"},
		{"Gmail switched", all, []seen.Event{event(toggled, "2026-11-16T10:00", "", "SERVICE_NAME", "GMAIL")}, nil, ""},
		{"another service switched", all, []seen.Event{event(toggled, "2026-11-16T10:00", "", "SERVICE_NAME", "Keep")}, nil, "received, sent, usage-says-on"},
		{"an earlier bearer of the address moved", all, []seen.Event{event(moved, "2026-11-16T10:00", "ann@school.example")},
			func(w *world) {
				a, _ := w.Who.AccountByID("ann")
				a.Created = time.Date(2026, 11, 16, 10, 0, 1, 0, time.UTC)
			}, "received, sent, usage-says-on"},
		{"moved in the moment in which it was made", all, []seen.Event{event(moved, "2026-11-16T10:00", "ann@school.example")},
			func(w *world) {
				a, _ := w.Who.AccountByID("ann")
				a.Created = time.Date(2026, 11, 16, 10, 0, 0, 0, time.UTC)
			}, ""},
		{"the latest change counts", all, []seen.Event{event(moved, "2026-11-16T10:00", "ann@school.example"), event(moved, "2026-11-10T10:00", "ann@school.example"), event(toggled, "2026-11-12T10:00", "", "SERVICE_NAME", "Gmail")}, nil, ""},
		{"left out", all, nil, func(w *world) { w.Asks[0].Except.Groups = []string{"mail@school.example"} }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld()
			w.policies, w.lines, w.Log = []seen.Setting{gmail("root", "", di, 1)}, c.lines, c.log
			if c.change != nil {
				c.change(w)
			}
			want := []string{}
			if c.want != "" {
				want = append(want, "used user/ann: "+c.want)
			}
			if diff := cmp.Diff(want, told(w.check())); diff != "" {
				t.Errorf("(-want +have):\n%s", diff)
			}
		})
	}
}

func TestUnknown(t *testing.T) {
	both := []seen.Setting{gmail("root", "", en, 1), gmail("root", "mail", en, 2)}
	odd, licensed := gmail("staff", "", di, 3), gmail("staff", "", di, 3)
	odd.Odd, licensed.Licenses = true, []string{"P/1"}
	on, used := "on user/ann: unit/root", "used user/ann: sent"
	for _, c := range []struct {
		name     string
		policies []seen.Setting
		change   func(*world)
		found    []string
		unknown  []string
	}{
		{"all is there", both, nil, []string{on, used}, []string{}},
		{"no settings", nil, nil, []string{used}, []string{"A4 on 1: the settings could not be read", "A4 access-group 1: the settings could not be read"}},
		{"an odd policy", append([]seen.Setting{odd}, both...), nil, []string{used}, []string{
			"A4 on 1: Google has a setting of Gmail of which we do not understand whom it is for", "A4 access-group 1: Google has a setting of Gmail of which we do not understand whom it is for"}},
		{"no licences", append([]seen.Setting{licensed}, both...), nil, []string{used}, []string{
			"A4 on 1: the settings depend on licences, which could not be read", "A4 access-group 1: the settings depend on licences, which could not be read"}},
		{"no licences, and none needed", both, func(w *world) { w.Licenses = nil }, []string{on, used}, []string{}},
		{"licences", append([]seen.Setting{licensed}, both...), func(w *world) { w.Licenses = map[string][]string{} }, []string{on, used}, []string{}},
		{"members of a group", []seen.Setting{gmail("root", "hidden", en, 1), gmail("root", "mail", en, 2)}, nil, []string{used}, []string{"A4 access-group 1: it could not be read who is in the groups that switch e-mail on"}},
		{"no usage reports", both, func(w *world) { w.usageOff = true }, []string{on}, []string{"A4 used 1: the usage reports could not be read"}},
		{"usage reports that broke off", both, func(w *world) {
			w.usageOff = true
			w.Usage = func(fn func(string, seen.Usage)) bool {
				fn("ann", seen.Usage{Date: "2026-11-16", Values: map[string]string{sent: "1"}})
				return false
			}
		}, []string{on}, []string{"A4 used 1: the usage reports could not be read"}},
		{"no log", both, func(w *world) { w.LogKnown = false }, []string{on}, []string{"A4 used 1: the log of changes could not be read, so that old usage cannot be told from new"}},
		{"who is left out", both, func(w *world) { w.Asks[0].Except.Groups = []string{"hidden@school.example"} }, []string{}, []string{
			"A4 on 1: it could not be read who is in the groups that may have e-mail", "A4 access-group 1: it could not be read who is in the groups that may have e-mail", "A4 used 1: it could not be read who is in the groups that may have e-mail"}},
		{"who is approved", both, func(w *world) {
			w.Asks[0].Mode, w.Asks[0].Approved.Groups = ApprovedOnly, []string{"hidden@school.example"}
		}, []string{}, []string{
			"A4 on 1: it could not be read who is in the groups that may have e-mail", "A4 access-group 1: it could not be read who is in the groups that may have e-mail", "A4 used 1: it could not be read who is in the groups that may have e-mail"}},
		{"nobody to say it of", nil, func(w *world) { w.Asks[0].Except.Units = []string{"/Pupils"} }, []string{}, []string{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld()
			w.policies, w.lines = c.policies, []line{{"ann", "2026-11-16", map[string]string{sent: "1"}}}
			if c.change != nil {
				c.change(w)
			}
			r := w.check()
			if diff := cmp.Diff(c.found, told(r)); diff != "" {
				t.Errorf("findings (-want +have):\n%s", diff)
			}
			if diff := cmp.Diff(c.unknown, unknown(r)); diff != "" {
				t.Errorf("unknown (-want +have):\n%s", diff)
			}
			for _, rule := range Rules {
				blind := slices.ContainsFunc(r.Unknown, func(u Unknown) bool { return u.Rule == rule })
				if len(c.unknown)+len(c.found) > 0 && r.Sees("A4", rule) == blind || !r.Sees("B2", rule) {
					t.Errorf("sees %s: %v", rule, r.Sees("A4", rule))
				}
			}
		})
	}
}

func TestSaid(t *testing.T) {
	reported := func(is, n string) []line {
		return []line{{"ann", "2026-11-16", map[string]string{enabled: is, sent: n, received: "4"}}, {"ann", "2026-11-15", map[string]string{received: "3"}}}
	}
	for _, c := range []struct {
		name     string
		policies []seen.Setting
		lines    []line
		change   func(*world)
		want     Said
		agree    bool
	}{
		{"all say on", []seen.Setting{gmail("root", "", en, 1)}, reported("true", "2"), nil, Said{Yes, "unit/root", Yes, "2026-11-16", Yes, 2, 7}, true},
		{"a group says on, the report off", []seen.Setting{gmail("root", "", di, 1), gmail("root", "mail", en, 2)}, []line{{"ann", "2026-11-16", map[string]string{enabled: "false"}}}, nil, Said{Yes, "group/mail", No, "2026-11-16", No, 0, 0}, false},
		{"on, and nothing is reported", []seen.Setting{gmail("root", "mail", en, 2)}, nil, nil, Said{Settings: Yes, By: "group/mail"}, true},
		{"a weak group does not", []seen.Setting{gmail("root", "", di, 2), gmail("root", "mail", en, 1)}, reported("true", "0"), nil, Said{No, "unit/root", Yes, "2026-11-16", Yes, 0, 7}, false},
		{"as strong is not stronger", []seen.Setting{gmail("root", "", di, 2), gmail("root", "mail", en, 2)}, reported("true", "0"), nil, Said{No, "unit/root", Yes, "2026-11-16", Yes, 0, 7}, false},
		{"nobody set it", []seen.Setting{}, []line{{"ann", "2026-11-16", map[string]string{sent: "1"}}}, nil, Said{No, "", NotKnown, "2026-11-16", Yes, 1, 0}, false},
		{"settings not read", nil, reported("true", "1"), nil, Said{NotKnown, "", Yes, "2026-11-16", Yes, 1, 7}, true},
		{"an odd policy", []seen.Setting{gmail("root", "", en, 1), {Type: settings.GmailService, Unit: "staff", Odd: true}}, reported("true", "1"), nil, Said{NotKnown, "", Yes, "2026-11-16", Yes, 1, 7}, true},
		{"members not read", []seen.Setting{gmail("root", "hidden", en, 1)}, reported("true", "1"), nil, Said{NotKnown, "", Yes, "2026-11-16", Yes, 1, 7}, true},
		{"members not read, but the unit says on", []seen.Setting{gmail("root", "hidden", en, 1), gmail("root", "", en, 2)}, nil, nil, Said{Settings: Yes, By: "unit/root"}, true},
		{"log not read", []seen.Setting{gmail("root", "", en, 2)}, reported("true", "1"), func(w *world) { w.LogKnown = false }, Said{Settings: Yes, By: "unit/root"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld()
			w.policies, w.lines = c.policies, c.lines
			if c.change != nil {
				c.change(w)
			}
			r := w.check()
			if diff := cmp.Diff(map[string]Said{"user/ann": c.want}, r.Said); diff != "" {
				t.Errorf("(-want +have):\n%s", diff)
			}
			if r.Said["user/ann"].Agree() != c.agree {
				t.Errorf("agree: %v", !c.agree)
			}
		})
	}
	if (Yes.String() + No.String() + NotKnown.String()) != "onoffnot known" {
		t.Error("words for answers")
	}
}

func TestAgree(t *testing.T) {
	all := []Answer{NotKnown, No, Yes}
	for _, a := range all {
		for _, b := range all {
			for _, c := range all {
				three := []Answer{a, b, c}
				want := !slices.Contains(three, Yes) || !slices.Contains(three, No)
				if have := (Said{Settings: a, Report: b, Traffic: c}).Agree(); have != want {
					t.Errorf("%v: %v", three, have)
				}
			}
		}
	}
}

// Every finding is of a pupil that the effective value, a group that decides, or the usage speaks of, each once, whatever the policies are.
func TestPropertyShape(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld()
		w.policies = []seen.Setting{}
		for i := range rapid.IntRange(0, 6).Draw(t, "policies") {
			w.policies = append(w.policies, gmail(rapid.SampledFrom([]string{"root", "pupils", "y6", "6b", "gone"}).Draw(t, "unit"), rapid.SampledFrom([]string{"", "", "mail", "club", "empty"}).Draw(t, "group"),
				rapid.SampledFrom([]string{en, di}).Draw(t, "is"), float64(i)))
		}
		r := w.check()
		value := w.Policies.Effective(settings.GmailService, settings.Service, settings.Holder{Unit: "/Pupils/Year 6", Groups: []string{"mail", "club"}})
		if (value.Text == en) != (len(r.Observed) == 1) || len(r.Observed) > 1 {
			t.Fatalf("it is %s, and found was %v", value.Text, told(r))
		}
		for _, o := range r.Observed {
			if o.Subject != "user/ann" || len(o.Facts) == 0 || !slices.IsSorted(o.Facts) || r.Said[o.Subject].Settings != Yes {
				t.Fatalf("found %+v, said %+v", o, r.Said)
			}
		}
	})
}

// BenchmarkCheck judges 20,000 pupils with a week of reports.
func BenchmarkCheck(b *testing.B) {
	w := newWorld()
	for i := range 20_000 {
		id := fmt.Sprint("p", i)
		w.Who.AddAccount(seen.Account{ID: id, Address: id + "@school.example", Unit: "/Pupils/Year 6/6B", Created: made})
	}
	w.Policies = settings.New([]seen.Setting{gmail("root", "", di, 1), gmail("root", "mail", en, 2)}, units)
	values := map[string]string{sent: "0", received: "0", enabled: "false"}
	w.Usage = func(fn func(string, seen.Usage)) bool {
		for d := range 7 {
			for i := range 20_000 {
				fn(fmt.Sprint("p", i), seen.Usage{Date: w.Today.AddDays(-d).String(), Values: values})
			}
		}
		return true
	}
	b.ReportAllocs()
	for b.Loop() {
		if r := Check(w.Input); len(r.Observed) != 1 {
			b.Fatal(told(r))
		}
	}
}

// TestReported: that no use is found of an account means something only where a report later than the last change counted.
func TestReported(t *testing.T) {
	w := newWorld()
	w.lines = []line{{id: "ann", date: "2026-11-16", values: map[string]string{"gmail:num_emails_sent": "0"}}}
	if r := w.check(); !r.Reported("ann") || r.Reported("tess") {
		t.Errorf("ann %v, tess %v", r.Reported("ann"), r.Reported("tess"))
	}
	w.Log = []seen.Event{event("MOVE_USER_TO_ORG_UNIT", "2026-11-17T08:00", "ann@school.example")}
	r := w.check()
	if r.Reported("ann") {
		t.Error("a report of before the move counts")
	}
	if !r.Changed("ann").Equal(w.Log[0].Time) || !r.Changed("tess").IsZero() {
		t.Errorf("changed: ann %s, tess %s", r.Changed("ann"), r.Changed("tess"))
	}
	w.Log = append(w.Log, seen.Event{Name: "TOGGLE_SERVICE_ENABLED", Time: w.Log[0].Time.Add(time.Hour), Params: map[string]string{"SERVICE_NAME": "Gmail"}})
	if r := w.check(); !r.Changed("ann").Equal(w.Log[1].Time) || !r.Changed("tess").Equal(w.Log[1].Time) {
		t.Errorf("changed for everybody: ann %s, tess %s", r.Changed("ann"), r.Changed("tess"))
	}
}
