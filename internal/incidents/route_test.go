package incidents

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/calendar"
	"esafetybot/internal/policy"
)

// TestWhoReads is the rule in plain rows: whom it is about, how many working hours have gone by unopened, who may read.
func TestWhoReads(t *testing.T) {
	const (
		o, s, d, ds, h, c = "esafety_officer", "safeguarding_lead", "deputy", "deputy_safeguarding_leads", "headteacher", "chair_of_governors"
	)
	for _, r := range []struct {
		name     string
		kind     Kind
		about    About
		concerns []policy.Role
		ids      []string
		gone     []policy.Role // roles that nobody holds
		hours    float64
		want     []string
	}{
		{"a pupil", Incident, Pupil, nil, nil, nil, 0, []string{o, s}},
		{"a pupil, not yet an hour", Incident, Pupil, nil, nil, nil, 0.99, []string{o, s}},
		{"a pupil, an hour", Incident, Pupil, nil, nil, nil, 1, []string{o, s, d, ds}},
		{"a pupil, two hours", Incident, Pupil, nil, nil, nil, 2, []string{o, s, d, ds, h}},
		{"a pupil, no deputies", Incident, Pupil, nil, nil, []policy.Role{policy.RoleDeputy, policy.RoleSafeguardingDeps}, 1, []string{o, s, h}},
		{"a pupil, neither officer nor lead", Incident, Pupil, nil, nil, []policy.Role{policy.RoleOfficer, policy.RoleSafeguarding}, 0, []string{d, ds}},
		{"a service", Filtering, Nobody, nil, nil, nil, 0, []string{o, s, h}},
		{"a breach is the headteacher's from the start", DataBreach, Pupil, nil, nil, nil, 0, []string{o, s, h}},
		{"a breach, and the deputies", DataBreach, Pupil, nil, nil, nil, 1, []string{o, s, d, ds, h}},
		{"an adult", Incident, Adult, nil, nil, nil, 50, []string{h}},
		{"not sure", Incident, NotSure, nil, nil, nil, 50, []string{h}},
		{"a breach by an adult", DataBreach, Adult, nil, nil, nil, 50, []string{h}},
		{"a low-level concern is about an adult, whatever was chosen", LowLevel, Pupil, nil, nil, nil, 50, []string{h}},
		{"the headteacher", Incident, Adult, []policy.Role{policy.RoleHead}, nil, nil, 50, []string{c}},
		{"the headteacher, by account", Incident, NotSure, nil, []string{head.ID}, nil, 50, []string{c}},
		{"the headteacher, in a pupil's incident", Incident, Pupil, nil, []string{head.ID}, nil, 50, []string{c}},
		{"the headteacher, and nobody is that", Incident, Adult, []policy.Role{policy.RoleHead}, nil, []policy.Role{policy.RoleHead}, 50, []string{c}},
		{"an adult, and there is no headteacher", Incident, Adult, nil, nil, []policy.Role{policy.RoleHead}, 50, []string{c}},
		{"the chair", Incident, Adult, []policy.Role{policy.RoleChair}, nil, nil, 50, []string{h}},
		{"headteacher and chair", Incident, Adult, []policy.Role{policy.RoleHead, policy.RoleChair}, nil, nil, 50, []string{}},
		{"the officer lost a laptop", DataBreach, Nobody, []policy.Role{policy.RoleOfficer}, nil, nil, 50, []string{s, ds, h}},
		{"the lead", Incident, Pupil, []policy.Role{policy.RoleSafeguarding}, nil, nil, 50, []string{o, d, h}},
		{"officer and lead: past their deputies", Incident, Pupil, []policy.Role{policy.RoleOfficer, policy.RoleSafeguarding}, nil, nil, 0, []string{h}},
		{"a deputy", Incident, Pupil, []policy.Role{policy.RoleDeputy}, nil, nil, 50, []string{o, s, ds, h}},
		{"a teacher", Incident, Pupil, nil, []string{teacher.ID}, nil, 50, []string{o, s, d, ds, h}},
		{"nobody but the chair", Incident, Pupil, nil, nil, []policy.Role{policy.RoleOfficer, policy.RoleSafeguarding, policy.RoleDeputy, policy.RoleSafeguardingDeps, policy.RoleHead}, 0, []string{c}},
	} {
		t.Run(r.name, func(t *testing.T) {
			b := inMemory(t)
			b.Calendar = &calendar.Calendar{Location: london} // only weekends rest
			b.Roster = slices.DeleteFunc(b.Roster, func(p Person) bool { return slices.Contains(r.gone, p.Roles[0]) })
			id := b.raise(Form{Kind: r.kind, About: r.about, Concerns: r.ids, ConcernsRoles: r.concerns})
			b.now = b.within(b.now, time.Duration(r.hours*float64(time.Hour)))
			want := slices.Clone(r.want)
			slices.Sort(want)
			have := b.readers(id)
			slices.Sort(have)
			if diff := cmp.Diff(want, have); diff != "" {
				t.Errorf("may read: want (-), have (+):\n%s", diff)
			}
		})
	}
}

// One person as headteacher, safeguarding lead and deputy: a concern about them reaches only the chair, whatever was chosen.
func TestOnePersonManyRoles(t *testing.T) {
	for _, about := range Abouts {
		b := inMemory(t)
		b.Roster = []Person{row(head), row(head, policy.RoleSafeguarding), row(head, policy.RoleDeputy), row(officer), row(deputyDS), row(chair), row(governor)}
		id := b.raise(Form{About: about, ConcernsRoles: []policy.Role{policy.RoleSafeguarding}})
		b.hours(200)
		if diff := cmp.Diff([]string{chair.Role}, b.readers(id)); diff != "" {
			t.Errorf("%s: %s", about, diff)
		}
	}
}

// Somebody is known by each of their addresses, and by their account where the roster says that both are theirs.
func TestOnePersonManyAddresses(t *testing.T) {
	b := inMemory(t)
	b.Roster = append(b.Roster, Person{ID: "u-chair", Addresses: []string{"Chair@Home.example", "chair@school.example"}})
	id := b.raise(Form{About: Adult, Concerns: []string{"u-chair", head.ID}})
	for _, by := range []By{chair, {ID: "u-chair"}, {Address: "chair@SCHOOL.example"}, {Role: "headteacher"}, {}} {
		if ok, why := b.MayRead(by, b.stored(id)); ok || why != ErrNone.Error() {
			t.Errorf("%+v may read: %v, %s", by, ok, why)
		}
	}
	if have := b.Told(b.stored(id)); have != nil {
		t.Errorf("told: %+v", have)
	}
	// What was known of them when they were named stays with the entry, when the roster has forgotten it.
	b.Roster = b.Roster[:len(b.Roster)-1]
	if have := b.readers(id); len(have) != 0 {
		t.Errorf("may read: %v", have)
	}
}

// Opened in time, it is not passed on; opened late, it stays with those to whom it was passed.
func TestPassedOnUnlessOpened(t *testing.T) {
	b := inMemory(t)
	inTime, late := b.raise(Form{ID: "1", About: Pupil}), b.raise(Form{ID: "2", About: Pupil})
	atThatMoment := b.raise(Form{ID: "3", About: Pupil})
	b.hours(1)
	b.ok(errOf(b.Open(ctx, lead, atThatMoment)))
	b.now = b.now.Add(-time.Second)
	_, err := b.Open(ctx, officer, inTime)
	b.ok(err)
	b.hours(0.5)
	_, err = b.Open(ctx, lead, late)
	b.ok(err)
	b.hours(30)
	first := []string{officer.Role, lead.Role}
	if diff := cmp.Diff(first, b.readers(inTime)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(append(first, deputy.Role, deputyDS.Role), b.readers(late)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(first, b.readers(atThatMoment)); diff != "" {
		t.Error(diff)
	}
	if ok, why := b.MayRead(lead, b.stored(late)); !ok || why != "you are the safeguarding lead" {
		t.Error(why)
	}
	b.Title = func(policy.Role) string { return "Online Safety Co-ordinator" }
	if ok, why := b.MayRead(officer, b.stored(late)); !ok || why != "you are the Online Safety Co-ordinator" {
		t.Error(why)
	}
	b.Title = nil
	_, why := b.MayRead(deputy, b.stored(late))
	if want := "you are the deputy e-safety officer, and nobody before you had opened it in time"; why != want {
		t.Error(why)
	}
}

// Everything below is a second reading of the same sentences, over every combination of roles.

type human struct {
	id    string
	roles []policy.Role
}

func (h human) is(r policy.Role) bool { return slices.Contains(h.roles, r) }

var tableRoles = []policy.Role{policy.RoleHead, policy.RoleSafeguarding, policy.RoleSafeguardingDeps, policy.RoleOfficer, policy.RoleDeputy,
	policy.RoleGovernor, policy.RoleChair, policy.RoleAdmin, policy.RoleClassTeacher}

// second says who may read: late is how many times the time for opening has gone by, unopened.
func second(humans []human, about About, fromStart bool, concerned []string, late int) []string {
	isAbout := func(h human) bool { return slices.Contains(concerned, h.id) }
	var able []human
	headless, aboutHead := true, false
	for _, h := range humans {
		if isAbout(h) {
			aboutHead = aboutHead || h.is(policy.RoleHead)
			continue
		}
		// "never sideways to somebody who reports to the person"
		reports := false
		for _, c := range humans {
			if isAbout(c) && (c.is(policy.RoleOfficer) && h.is(policy.RoleDeputy) || c.is(policy.RoleSafeguarding) && h.is(policy.RoleSafeguardingDeps)) {
				reports = !h.is(policy.RoleHead) && !h.is(policy.RoleChair)
			}
		}
		if !reports {
			able = append(able, h)
			headless = headless && !h.is(policy.RoleHead)
		}
	}
	var out []string
	chairs := func() []string {
		for _, h := range able {
			if h.is(policy.RoleChair) {
				out = append(out, h.id)
			}
		}
		return out
	}
	switch {
	case aboutHead:
		return chairs()
	case (about == Adult || about == NotSure) && headless:
		return chairs()
	case about == Adult || about == NotSure:
		for _, h := range able {
			if h.is(policy.RoleHead) {
				out = append(out, h.id)
			}
		}
		return out
	}
	// "the officer and the safeguarding lead, then the deputies, then the headteacher": how far down that list somebody first stands.
	turn := func(h human) int {
		switch {
		case h.is(policy.RoleOfficer), h.is(policy.RoleSafeguarding), fromStart && h.is(policy.RoleHead):
			return 0
		case h.is(policy.RoleDeputy), h.is(policy.RoleSafeguardingDeps):
			return 1
		case h.is(policy.RoleHead):
			return 2
		}
		return 3
	}
	var taken [4]bool
	for _, h := range able {
		taken[turn(h)] = true
	}
	if !taken[0] && !taken[1] && !taken[2] {
		return chairs()
	}
	for _, h := range able {
		waits := 0
		for n := range turn(h) {
			if taken[n] {
				waits++
			}
		}
		if turn(h) < 3 && waits <= late {
			out = append(out, h.id)
		}
	}
	return out
}

func TestEveryCombinationOfRoles(t *testing.T) {
	step := 1
	if testing.Short() {
		step = 7
	}
	l := &Log{Calendar: &calendar.Calendar{}}
	checked := 0
	for set := 0; set < 1<<len(tableRoles); set += step {
		for _, others := range []bool{true, false} {
			p := human{id: "p"}
			humans := []human{}
			for i, r := range tableRoles {
				if set>>i&1 == 1 {
					p.roles = append(p.roles, r)
				}
				if others && (set>>i&1 == 0 || r == policy.RoleSafeguardingDeps) {
					humans = append(humans, human{"o-" + string(r), []policy.Role{r}})
				}
			}
			humans = append(humans, p)
			l.Roster = nil
			for _, h := range humans {
				for _, r := range h.roles { // a row for each role, as the policy has them
					l.Roster = append(l.Roster, Person{ID: h.id, Roles: []policy.Role{r}})
				}
			}
			whom := [][]string{nil, {"p"}, {"stranger"}}
			if others {
				for _, r := range []policy.Role{policy.RoleHead, policy.RoleSafeguarding, policy.RoleOfficer, policy.RoleDeputy, policy.RoleChair} {
					if !p.is(r) {
						whom = append(whom, []string{"o-" + string(r)})
					}
				}
				whom = append(whom, []string{"p", "o-" + string(policy.RoleSafeguarding)}, []string{"p", "o-" + string(policy.RoleChair)})
			}
			for _, concerned := range whom {
				for _, about := range Abouts {
					for _, kind := range []Kind{Incident, DataBreach} {
						for late := range 3 {
							if late > 0 && about.shelf() == Adults && kind == DataBreach {
								continue // tried with the other kind
							}
							checked++
							oneOfMany(t, l, humans, about, kind, concerned, late)
							if t.Failed() {
								return
							}
						}
					}
				}
			}
		}
	}
	t.Logf("%d questions", checked)
}

func oneOfMany(t *testing.T, l *Log, humans []human, about About, kind Kind, concerned []string, late int) {
	t.Helper()
	info, _ := kind.Info()
	e := &Entry{ID: "e", Kind: kind, About: about, Routed: monday, Raised: monday, State: Open}
	for _, id := range concerned {
		e.Concerns = append(e.Concerns, Who{ID: id})
	}
	now := monday.Add(time.Duration(late) * info.Open)
	l.Now = func() time.Time { return now }
	want := second(humans, about, kind == DataBreach, concerned, late)
	var told []string
	for _, x := range l.Told(e) {
		told = append(told, x.ID)
	}
	question := fmt.Sprintf("%v; %s about %s, concerns %v, late %d", humans, kind, about, concerned, late)
	if !slices.Equal(slices.Sorted(slices.Values(want)), slices.Sorted(slices.Values(told))) {
		t.Errorf("%s: told %v, want %v", question, told, want)
	}
	for _, h := range append(humans, human{id: "stranger"}) {
		// What somebody says of their own role is believed by nobody.
		if ok, _ := l.MayRead(By{ID: h.id, Role: string(policy.RoleHead)}, e); ok != slices.Contains(want, h.id) {
			t.Errorf("%s: %s may read: %v", question, h.id, ok)
		}
	}
}

func TestReachSaysWhoIsTold(t *testing.T) {
	b := inMemory(t)
	for _, c := range []struct {
		f      Form
		want   string
		nobody bool
	}{
		{Form{Kind: Incident, About: Pupil}, "the e-safety officer and the safeguarding lead, and to nobody else at first", false},
		{Form{Kind: DataBreach, About: Nobody}, "the e-safety officer, the safeguarding lead and the headteacher", false},
		{Form{Kind: Incident, About: NotSure}, "goes to the headteacher, and", false},
		{Form{Kind: Incident, About: Adult, ConcernsRoles: []policy.Role{policy.RoleHead}}, "goes to the chair of governors, and", false},
		{Form{Kind: Incident, About: Adult, ConcernsRoles: []policy.Role{policy.RoleHead, policy.RoleChair}}, "Ring the local designated officer (LADO)", true},
	} {
		words, nobody, err := b.Reach(teacher, c.f)
		if b.ok(err); nobody != c.nobody || !strings.Contains(words, c.want) {
			t.Errorf("%+v: %v %q", c.f, nobody, words)
		}
	}
}

// Rows of the roster that share an id or an address are one person with all of it, in whatever order they stand; a row without either is nobody.
func TestRowsOfOnePerson(t *testing.T) {
	home := "kim@home.example"
	for name, rows := range map[string][]Person{
		"the account first": {{ID: "kim", Addresses: []string{home}, Roles: []policy.Role{policy.RoleOfficer}}, {Addresses: []string{home}, Roles: []policy.Role{policy.RoleGovernor}}},
		"the address first": {{Addresses: []string{home}, Roles: []policy.Role{policy.RoleGovernor}}, {ID: "kim", Addresses: []string{home}, Roles: []policy.Role{policy.RoleOfficer}}},
		"known as one late": {{ID: "kim", Roles: []policy.Role{policy.RoleGovernor}}, {Addresses: []string{home}, Roles: []policy.Role{policy.RoleOfficer}}, {ID: "kim", Addresses: []string{home}}},
	} {
		b := inMemory(t)
		b.Roster = append(rows, row(head))
		e := b.stored(b.raise(Form{ID: "1", About: Pupil}))
		if told := b.Told(e); len(told) != 1 || told[0].ID != "kim" || told[0].Address != home || told[0].Role != policy.RoleOfficer {
			t.Errorf("%s: told are %+v", name, told)
		}
		for _, by := range []By{{ID: "kim"}, {Address: home}} {
			if ok, _ := b.MayRead(by, e); !ok {
				t.Errorf("%s: %+v may not read", name, by)
			}
			b.ok(errOf(b.Totals(ctx, monday, b.now, by))) // as governor
		}
		e = b.stored(b.raise(Form{ID: "2", About: Pupil, Concerns: []string{"kim"}}))
		if told := b.Told(e); len(told) != 1 || told[0].ID != head.ID {
			t.Errorf("%s: of what is about them are told %+v", name, told)
		}
	}
	b := inMemory(t)
	b.Roster = []Person{{Roles: []policy.Role{policy.RoleOfficer, policy.RoleHead, policy.RoleChair}}}
	if r, err := b.Raise(ctx, teacher, Form{ID: "1", Kind: Incident, About: Pupil}); err != nil || !r.Nobody {
		t.Errorf("somebody of whom nothing is known is told: %+v, %v", r, err)
	}
	for _, by := range []By{{}, {Role: "headteacher"}} {
		if b.Decides(by, b.stored("entry-1")) {
			t.Error("nobody decides")
		}
		if ok, _ := b.MayRead(by, b.stored("entry-1")); ok {
			t.Error("nobody reads")
		}
	}
}

// What is about the headteacher goes to the chair also while the school has none.
func TestNoHeadteacher(t *testing.T) {
	b := inMemory(t)
	b.Roster = []Person{row(officer), row(lead), row(chair)}
	if have := b.readers(b.raise(Form{About: Pupil, ConcernsRoles: []policy.Role{policy.RoleHead}})); len(have) != 1 || have[0] != chair.Role {
		t.Errorf("%v read it", have)
	}
}
