package accounts

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/calendar"
	"esafetybot/internal/rolls"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
)

// moment reads "2026-11-18" (noon in London) or "2026-11-18 07:30".
func moment(s string) time.Time {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic(err)
	}
	if len(s) == len(time.DateOnly) {
		s += " 12:00"
	}
	t, err := time.ParseInLocation("2006-01-02 15:04", s, london)
	if err != nil {
		panic(err)
	}
	return t
}

func date(s string) calendar.Date {
	d, err := calendar.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func days(first, last string) calendar.Range {
	return calendar.Range{First: date(first), Last: date(last)}
}

// world is a school, /Oak, in an account with another one, /Elm. Today is Wednesday 18 November 2026.
type world struct {
	now      string
	ask      Ask
	in       Input
	accounts []seen.Person
	groups   []group
	units    []string // the school's
	// Rolls, as CSV with the headings id, email, name, year, class, agreement, left, ends; "" is none.
	pupils, staff       string
	governors, visitors string
	noAgreement         bool // the policy names no such column
}

type group struct {
	id      string
	members []string // addresses; of groups without domain
	unread  bool
}

func newWorld(rule string) *world {
	return &world{
		now: "2026-11-18", units: []string{"/Oak"},
		ask: Ask{Clause: "A1", Severity: "high", Deals: "workspace_admin", Rules: []string{rule}, GraceDays: 28, QuietWeeks: 6},
		in: Input{
			FirstLook: moment("2026-10-01"),
			Calendar: &calendar.Calendar{
				Location: moment("2026-01-01").Location(), BankHolidays: "england-and-wales", Rollover: days("2026-07-20", "2026-09-25"),
				Terms: []calendar.Term{
					{Name: "Summer", First: date("2026-04-13"), Last: date("2026-07-17"), HalfTerm: days("2026-05-25", "2026-05-29")},
					{Name: "Autumn", First: date("2026-09-02"), Last: date("2026-12-18"), HalfTerm: days("2026-10-26", "2026-10-30")},
				},
				Inset: []calendar.Date{date("2026-09-02")},
			},
			Password: map[string]time.Time{}, Alarms: map[string][]Alarm{}, Forwards: map[string]seen.Forwarding{}, Apps: map[string][]seen.App{},
			Usage: map[string]seen.Usage{}, Left: map[string]calendar.Date{},
		},
	}
}

type option func(*seen.Person)

// add adds an account with the address ID@school.example, made in 2020, last signed in to yesterday.
func (w *world) add(id, unit string, options ...option) {
	p := seen.Person{
		Account:   seen.Account{ID: id, Address: id + "@school.example", Unit: unit, Created: moment("2020-01-06")},
		LastLogin: moment("2026-11-17"),
	}
	for _, o := range options {
		o(&p)
	}
	w.accounts = append(w.accounts, p)
}

func off(p *seen.Person)       { p.SwitchedOff = true }
func archived(p *seen.Person)  { p.Archived = true }
func guest(p *seen.Person)     { p.Guest = true }
func admin(p *seen.Person)     { p.Admin = true }
func delegated(p *seen.Person) { p.Delegated = true }
func secured(p *seen.Person)   { p.SecondStep = true }
func numbers(n ...string) option {
	return func(p *seen.Person) { p.Numbers = n }
}
func alias(local string) option {
	return func(p *seen.Person) { p.Aliases = append(p.Aliases, local+"@school.example") }
}
func address(local string) option {
	return func(p *seen.Person) { p.Address = local + "@school.example" }
}
func recovery(a string) option { return func(p *seen.Person) { p.Recovery = a } }
func created(d string) option  { return func(p *seen.Person) { p.Created = moment(d) } }
func login(d string) option {
	return func(p *seen.Person) {
		p.LastLogin = time.Time{}
		if d != "never" {
			p.LastLogin = moment(d)
		}
	}
}

// input puts the world together.
func (w *world) input(t testing.TB) Input {
	t.Helper()
	in := w.in
	in.Now = moment(w.now)
	in.Who = school.New(school.Rules{TrustedDomains: []string{"partner.example"}, OrgUnits: w.units}, []string{"school.example"})
	in.People = map[string]*seen.Person{}
	var ours []*seen.Person
	for _, p := range w.accounts {
		in.Who.AddAccount(p.Account)
		in.People[p.ID] = &p
	}
	for _, g := range w.groups {
		var members []seen.Member
		for _, m := range g.members {
			kind := "USER"
			if !strings.Contains(m, "@") {
				kind, m = "GROUP", m+"@school.example"
			}
			members = append(members, seen.Member{ID: "m-" + m, Address: m, Type: kind})
		}
		in.Who.AddGroup(seen.Group{ID: "g-" + g.id, Address: g.id + "@school.example"}, members, !g.unread)
	}
	in.Kinds = school.NewKinds(in.Who, school.Populations{
		Pupils: []string{"/Oak/Pupils"}, Staff: []string{"/Oak/Staff"},
		Others: []school.Entry{{Name: "Governors", Group: "governors@school.example"}, {Name: "Visitors", Unit: "/Oak/Visitors"}},
	})
	for _, p := range w.accounts {
		if in.Kinds.School(&p.Account) {
			ours = append(ours, &p)
		}
	}
	columns := map[string]string{}
	for _, c := range rolls.Columns() {
		if c != rolls.Publish && (c != rolls.Agreement || !w.noAgreement) {
			columns[c] = c
		}
	}
	match := func(which, rows string, about func(*seen.Person) bool) *rolls.Matching {
		if rows == "" {
			return nil
		}
		r, err := rolls.Parse(which, []byte("id,email,name,year,class,agreement,left,ends\n"+rows), columns)
		if err != nil {
			t.Fatal(err)
		}
		return rolls.Match(r, ours, about)
	}
	kind := func(k school.Kind) func(*seen.Person) bool {
		return func(p *seen.Person) bool { return in.Kinds.Kind(&p.Account) == k }
	}
	in.Pupils = match(rolls.Pupils, w.pupils, kind(school.Pupil))
	in.Staff = match(rolls.Staff, w.staff, kind(school.Staff))
	for i, e := range in.Others {
		in.Others[i] = Entry{match([]string{"governors", "visitors"}[i], []string{w.governors, w.visitors}[i], func(p *seen.Person) bool { return in.Kinds.Belongs(&p.Account, i) }), e.EndsRequired}
	}
	if in.Asks == nil {
		in.Asks = []Ask{w.ask}
	}
	return in
}

// others gives the world its two entries of others.
func (w *world) others(endsRequired ...bool) {
	w.in.Others = make([]Entry, 2)
	for i, ends := range endsRequired {
		w.in.Others[i].EndsRequired = ends
	}
}

// told writes what a check found as "subject: fact, fact" and "? why count since".
func told(r Result) []string {
	var out []string
	for _, o := range r.Observed {
		out = append(out, o.Subject+": "+strings.Join(o.Facts, ", "))
	}
	for _, u := range r.Unknown {
		line := fmt.Sprintf("? %s %d", u.Why, u.Count)
		if !u.Since.IsZero() {
			line += " " + u.Since.String()
		}
		out = append(out, line)
	}
	return out
}

type scene struct {
	name string
	set  func(*world)
	want []string
}

// play runs scenes of one rule.
func play(t *testing.T, rule string, scenes []scene) {
	t.Helper()
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			w := newWorld(rule)
			s.set(w)
			if diff := cmp.Diff(s.want, told(Check(w.input(t)))); diff != "" {
				t.Errorf("findings (-want +have):\n%s", diff)
			}
		})
	}
}

// Each rule with accounts of every kind that break it, to see whose accounts it looks at by itself and when the policy says.
func TestWhose(t *testing.T) {
	units := map[string]string{"pupils": "/Oak/Pupils", "staff": "/Oak/Staff", "others": "/Oak/Visitors", "unplaced": "/Oak/Hall"}
	all := []string{"others", "pupils", "staff", "unplaced"}
	for _, c := range []struct {
		rule  string
		set   func(*world)
		usual []string
		only  []string // with who: staff, unplaced
	}{
		{NotOnRoll, func(w *world) {
			w.pupils, w.staff, w.visitors = "zz,,,,,,,", "zz,,,,,,,", "zz,,,,,,,"
			w.others()
		}, []string{"pupils", "staff"}, []string{"staff"}},
		{LeaverActive, func(w *world) {
			rows := "others,,,,,,2026-09-01,\npupils,,,,,,2026-09-01,\nstaff,,,,,,2026-09-01,\nunplaced,,,,,,2026-09-01,"
			w.pupils, w.staff, w.visitors = rows, rows, rows
			w.others()
		}, []string{"pupils", "staff"}, []string{"staff"}},
		{NoAgreement, func(w *world) { w.staff = "others,,,,,no,,\npupils,,,,,no,,\nstaff,,,,,no,,\nunplaced,,,,,no,," }, []string{"others", "pupils", "staff"}, []string{"staff", "unplaced"}},
		{NeverSignedIn, func(*world) {}, []string{"others", "pupils", "staff"}, []string{"staff", "unplaced"}},
		{AdminRole, func(w *world) { w.ask.Admins = []string{} }, all, []string{"staff", "unplaced"}},
		{PasswordAge, func(w *world) { w.ask.AdminDays = 30 }, []string{"others", "staff", "unplaced"}, []string{"staff", "unplaced"}},
		{NoSecondStep, func(*world) {}, []string{"others", "staff", "unplaced"}, []string{"staff", "unplaced"}},
		{OutsideRecovery, func(*world) {}, []string{"pupils"}, []string{"staff", "unplaced"}},
		{RiskyApp, func(*world) {}, all, []string{"staff", "unplaced"}},
		{OutsideForwarding, func(*world) {}, all, []string{"staff", "unplaced"}},
		{SharedAccount, func(w *world) { w.ask.GenericWords = all }, all, []string{"staff", "unplaced"}},
		{YearGroup, func(w *world) {
			w.pupils = "others,,,4,,,,\npupils,,,4,,,,\nstaff,,,4,,,,\nunplaced,,,4,,,,"
			w.ask.YearRules = []YearRule{{Years: []string{"4"}, NoAccounts: true}}
		}, []string{"pupils"}, []string{"staff", "unplaced"}},
		{WrongUnit, func(w *world) { w.pupils = "others,,,,,,,\nstaff,,,,,,,\nunplaced,,,,,,," }, []string{"others", "staff", "unplaced"}, []string{"others", "staff", "unplaced"}},
		{NoEndDate, func(w *world) { w.others(false, true) }, []string{"others"}, []string{"others"}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			judge := func(off bool, who ...school.Kind) []string {
				w := newWorld(c.rule)
				for _, kind := range all {
					w.add(kind, units[kind], numbers(kind), admin, recovery("x@home.example"), login("never"), created("2026-06-01"), func(p *seen.Person) { p.SwitchedOff = off })
					w.in.Apps[kind] = []seen.App{{Client: "1", Name: "Game"}}
					w.in.Forwards[kind] = seen.Forwarding{On: true, To: "x@home.example"}
				}
				c.set(w)
				w.ask.Who = who
				var found []string
				for _, o := range Check(w.input(t)).Observed {
					found = append(found, strings.TrimPrefix(o.Subject, "user/"))
				}
				return found
			}
			if diff := cmp.Diff(c.usual, judge(false)); diff != "" {
				t.Errorf("by itself (-want +have):\n%s", diff)
			}
			if diff := cmp.Diff(c.only, judge(false, school.Staff, school.Unplaced)); diff != "" {
				t.Errorf("with who: staff, unplaced (-want +have):\n%s", diff)
			}
			if have := judge(true); len(have) > 0 {
				t.Errorf("switched off: %v", have)
			}
		})
	}
}

// What holds for every rule about people, shown with one.
func TestEveryPersonRule(t *testing.T) {
	play(t, NoSecondStep, []scene{
		{"an account of the school", func(w *world) { w.add("a", "/Oak/Staff", admin) }, []string{"user/a: not-enrolled"}},
		{"archived", func(w *world) { w.add("a", "/Oak/Staff", admin, archived) }, nil},
		{"another school's", func(w *world) { w.add("a", "/Elm/Staff", admin) }, nil},
		{"a guest", func(w *world) { w.add("a", "/Oak/Staff", admin, guest) }, nil},
		{"left out by unit", func(w *world) {
			w.add("a", "/Oak/Staff/Robots", admin)
			w.add("b", "/Oak/Staff", admin)
			w.ask.Except.Units = []string{"/oak/staff/robots"}
		}, []string{"user/b: not-enrolled"}},
		{"left out by group", func(w *world) {
			w.add("a", "/Oak/Staff", admin)
			w.groups = []group{{id: "robots", members: []string{"nested"}}, {id: "nested", members: []string{"a@school.example"}}}
			w.ask.Except.Groups = []string{"robots@school.example"}
		}, nil},
		{"who is left out is not known", func(w *world) {
			w.add("a", "/Oak/Staff", admin)
			w.groups = []group{{id: "robots", unread: true}}
			w.ask.Except.Groups = []string{"robots@school.example"}
		}, []string{"? groups 0"}},
		{"blind", func(w *world) {
			w.add("a", "/Oak/Staff", admin)
			w.in.Blind.Rules = map[string]bool{NoSecondStep: true}
		}, nil},
		{"another rule is blind", func(w *world) {
			w.add("a", "/Oak/Staff", admin)
			w.in.Blind.Rules = map[string]bool{Dormant: true}
		}, []string{"user/a: not-enrolled"}},
		{"blind and who is left out is not known", func(w *world) {
			w.in.Blind.Rules = map[string]bool{NoSecondStep: true}
			w.groups = []group{{id: "robots", unread: true}}
			w.ask.Except.Groups = []string{"robots@school.example"}
		}, nil},
		{"blind for one", func(w *world) {
			w.add("a", "/Oak/Staff", admin)
			w.add("b", "/Oak/Staff", admin)
			w.in.Blind.Subjects = map[string]map[string]bool{NoSecondStep: {"user/b": true}, Dormant: {"user/a": true}}
		}, []string{"user/a: not-enrolled"}},
		{"nobody asks", func(w *world) {
			w.add("a", "/Oak/Staff", admin)
			w.ask.Rules = []string{"a-rule-of-tomorrow"}
		}, nil},
	})
}

// Clauses are told apart; what two means of one clause find is one finding.
func TestSeveralAsks(t *testing.T) {
	w := newWorld("")
	w.add("b", "/Oak/Staff", admin)
	w.add("a", "/Oak/Staff", admin)
	w.in.Grants = []seen.RoleGrant{{Role: "r2", To: "a"}, {Role: "r1", To: "a"}}
	w.in.Apps["a"] = []seen.App{{Client: "1", Name: "One"}, {Client: "2", Name: "Two"}}
	ask := func(clause, severity string, rules ...string) Ask {
		return Ask{Clause: clause, Severity: severity, Deals: "head", Rules: rules}
	}
	first, second := ask("B2", "low", RiskyApp), ask("B2", "low", RiskyApp)
	first.ApprovedApps, second.ApprovedApps = []string{"One"}, []string{"Two"}
	roles := ask("B1", "high", NoSecondStep, AdminRole)
	roles.Admins = []string{"b@school.example"}
	w.in.Asks = []Ask{first, roles, second, ask("A9", "medium", PasswordAge, NoSecondStep)}
	w.in.Asks[3].AdminDays = 30
	r := Check(w.input(t))
	var have []string
	for _, o := range r.Observed {
		have = append(have, strings.Join([]string{o.Clause, o.Rule, o.Subject, o.Severity, o.Deals, strings.Join(o.Facts, ";")}, " "))
	}
	want := []string{
		"A9 accounts.no-2sv user/a medium head not-enrolled",
		"A9 accounts.no-2sv user/b medium head not-enrolled",
		"B1 accounts.admin-role user/a high head role/r1;role/r2;super-admin",
		"B1 accounts.no-2sv user/a high head not-enrolled",
		"B1 accounts.no-2sv user/b high head not-enrolled",
		"B2 accounts.risky-app user/a low head app/1;app/2",
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("findings (-want +have):\n%s", diff)
	}
	if diff := cmp.Diff([]Unknown{{Clause: "A9", Rule: PasswordAge, Why: OlderThanLog, Count: 2, Since: date("2026-04-04")}}, r.Unknown); diff != "" {
		t.Errorf("unknown (-want +have):\n%s", diff)
	}
}

func TestUnknownSorted(t *testing.T) {
	w := newWorld("")
	w.now = "2027-01-04"
	w.in.Asks = []Ask{{Clause: "B", Rules: []string{NeverSignedIn, Dormant}}, {Clause: "A", Rules: []string{Dormant, OutsiderInClass}}}
	w.in.Classes = slices.Values([]Class{
		{Course: seen.Course{ID: "1", State: "ACTIVE"}, Members: []seen.ClassMember{{ID: "x"}}}, {Course: seen.Course{ID: "2", State: "ACTIVE"}, Unread: true},
	})
	w.units = []string{"/"}
	want := []Unknown{
		{Clause: "A", Rule: Dormant, Why: NoTerms}, {Clause: "A", Rule: OutsiderInClass, Why: MembersUnread, Count: 1}, {Clause: "A", Rule: OutsiderInClass, Why: NoAddress, Count: 1},
		{Clause: "B", Rule: Dormant, Why: NoTerms}, {Clause: "B", Rule: NeverSignedIn, Why: NoTerms},
	}
	if diff := cmp.Diff(want, Check(w.input(t)).Unknown); diff != "" {
		t.Errorf("unknown (-want +have):\n%s", diff)
	}
}
