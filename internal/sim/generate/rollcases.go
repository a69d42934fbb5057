package generate

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"esafetybot/internal/sim/world"
)

// rolls puts everybody on the rolls, and then makes of each rule that compares accounts with rolls a breach and a near miss.
func (b *builder) rolls() {
	b.makeUnit(b.unit("Pupils") + "/Nursery")
	b.makeUnit(b.unit("Devices"))
	for _, u := range b.asked.units {
		b.makeUnit(b.ours(u))
	}
	b.listPupils()
	b.listStaff()
	b.listVisitors()
	b.storyCast()
	b.pupilCases()
	b.unitCases()
	b.agreementCases()
	b.signInCases()
	b.staffCases()
	b.visitorCases()
	b.yearCases()
	b.genericCases()
	b.calledCases()
}

// unlisted takes an account off the roll.
func (b *builder) unlisted(p *pupil) {
	for i, e := range b.pupilRows {
		if e == p.row {
			b.pupilRows = append(b.pupilRows[:i], b.pupilRows[i+1:]...)
			break
		}
	}
	p.row = nil
}

// stranger is a row about nobody with an account.
func (b *builder) stranger(id, given, family string, c *class) *entry {
	e := &entry{id: id, name: b.nameText(world.Name{GivenName: given, FamilyName: family, FullName: given + " " + family}),
		year: b.yearText(c.years[0]), class: c.name, agreement: b.on(b.agreed(1)), publish: "no"}
	b.pupilRows = append(b.pupilRows, e)
	return e
}

// pupilCases: not on the roll, left, missing.
func (b *builder) pupilCases() {
	middle := b.classes[len(b.classes)/2]
	// Not on the roll: the information system forgot one in two hundred, and a joiner has an account first.
	for range 1 + b.opt.Pupils/200 {
		b.with(func(p *pupil) {
			b.unlisted(p)
			b.hit("accounts.not-on-roll", userSubject(p.user))
		})
	}
	b.hit("accounts.not-on-roll", userSubject(b.joiners[0]))
	for i, u := range b.joiners[1:] {
		c := b.classes[i%len(b.classes)]
		b.pupilRows = append(b.pupilRows, b.pupilEntry(i, u, fmt.Sprintf("A%05d", 90010+i), c.years[0], c))
		b.miss("accounts.not-on-roll", userSubject(u))
	}

	// On the roll without an account; a near miss: not signed yet, or gone again.
	b.hit("accounts.missing", b.stranger("A99001", "Marigold", "Newcome", middle).key("pupils"))
	e := b.stranger("A99002", "Rafferty", "Latecome", middle)
	e.agreement = ""
	b.miss("accounts.missing", e.key("pupils"))
	e = b.stranger("A99003", "Heidi", "Stayshort", middle)
	e.left = b.on(b.today(-1))
	b.miss("accounts.missing", e.key("pupils"))
	e = b.stranger("", "Ivo", "Nonumber", middle)
	e.email = "ivo.nonumber@" + Domain
	b.hit("accounts.missing", e.key("pupils"))
	b.with(func(p *pupil) { // switched off, and everybody forgot why
		p.user.Suspended, p.user.SuspensionReason = true, "ADMIN"
		b.hit("accounts.missing", p.row.key("pupils"))
		b.miss("accounts.dormant", userSubject(p.user))
		p.user.LastLoginTime = b.schoolWeeksAgo(8)
	}, numbered)

	// Two of one name in one class, known by nothing else.
	b.with(func(p *pupil) {
		b.with(func(q *pupil) {
			q.user.Name = p.user.Name
			for _, x := range []*pupil{p, q} {
				x.user.ExternalIDs = nil
				x.row.email, x.row.name = "", b.nameText(x.user.Name)
				b.hit("accounts.not-on-roll", userSubject(x.user))
				b.hit("accounts.missing", x.row.key("pupils"))
			}
		}, func(q *pupil) bool { return q.class == p.class && q.year == p.year })
	}, func(p *pupil) bool {
		n := 0
		for _, q := range p.class.pupils {
			if !q.special && q.row != nil && q.year == p.year {
				n++
			}
		}
		return n > 1
	})

	// Left in July, account forgotten; a week ago; long ago and switched off; next month.
	u := b.account("", pick(b.rng, givenNames), pick(b.rng, familyNames), b.yearUnit(6), 1500*24*time.Hour)
	e = b.pupilEntry(1, u, "A08001", 6, b.classes[len(b.classes)-1])
	e.left = b.on(b.today(-75))
	b.number(u, e.id, 1)
	b.pupilRows = append(b.pupilRows, e)
	b.hit("accounts.leaver-active", userSubject(u))
	b.miss("accounts.no-agreement", userSubject(u))
	e.agreement = ""
	b.with(func(p *pupil) {
		p.row.left = b.on(b.today(-6))
		b.miss("accounts.leaver-active", userSubject(p.user))
		b.miss("accounts.not-on-roll", userSubject(p.user))
	}, numbered)
	b.with(func(p *pupil) {
		p.row.left = b.on(b.today(40))
		b.miss("accounts.leaver-active", userSubject(p.user))
	}, numbered)
	for i, u := range b.leavers[:2] {
		e := b.pupilEntry(i, u, fmt.Sprintf("A0700%d", i), 6, b.classes[len(b.classes)-1])
		e.left = b.on(b.today(-200 - i))
		b.number(u, e.id, i)
		b.pupilRows = append(b.pupilRows, e)
		b.miss("accounts.leaver-active", userSubject(u))
		b.miss("accounts.missing", e.key("pupils"))
	}

	// Taken off the roll before anybody looked: the list of last summer has it, but that is no leaving that we know of.
	b.with(func(p *pupil) {
		row := p.row
		text, err := b.style.encode(b.roll())
		b.check(err)
		b.check(b.w.AddRoll("roll.csv."+b.today(-55).Format(time.DateOnly), text))
		b.unlisted(p)
		b.hit("accounts.not-on-roll", userSubject(p.user))
		b.miss("accounts.leaver-active", userSubject(p.user))
		p.admission = row.id
	}, numbered)

	// Two accounts with one number; a near miss: the old one is switched off.
	b.with(func(p *pupil) {
		twin := b.account("", p.user.Name.GivenName, p.user.Name.FamilyName, p.user.OrgUnitPath, 20*24*time.Hour)
		twin.ExternalIDs = p.user.ExternalIDs
		b.hit("accounts.shared-account", userSubject(p.user))
		b.hit("accounts.shared-account", userSubject(twin))
		b.hit("accounts.not-on-roll", userSubject(twin))
	}, numbered)
	b.with(func(p *pupil) {
		old := b.account("", p.user.Name.GivenName, p.user.Name.FamilyName, b.unit("Leavers"), 2000*24*time.Hour)
		old.ExternalIDs, old.Suspended, old.SuspensionReason = p.user.ExternalIDs, true, "ADMIN"
		b.miss("accounts.shared-account", userSubject(p.user))
		b.miss("accounts.shared-account", userSubject(old))
	}, numbered)
}

// unitCases: in a unit that is not the right one.
func (b *builder) unitCases() {
	b.with(func(p *pupil) { // came back, but not out of the leavers' unit
		p.user.OrgUnitPath = b.unit("Leavers")
		b.hit("accounts.wrong-unit", userSubject(p.user))
	}, numbered)
	b.with(func(p *pupil) { // did not move up
		p.user.OrgUnitPath = b.yearUnit(p.year - 1)
		if in := b.asked.yearUnits; len(in) > 0 {
			b.hit("accounts.wrong-unit", userSubject(p.user), in...)
		}
	}, numbered, older)
	b.with(func(p *pupil) { // no longer active, so that it does not matter
		p.user.OrgUnitPath, p.user.Suspended = b.yearUnit(p.year-1), true
		b.miss("accounts.wrong-unit", userSubject(p.user))
	}, numbered, older)
	b.with(func(p *pupil) { // below the unit of the year
		deep := b.yearUnit(p.year) + "/Prefects"
		b.addUnit(deep)
		p.user.OrgUnitPath = deep
		b.miss("accounts.wrong-unit", userSubject(p.user))
	}, numbered, older)
	b.with(func(p *pupil) { // left last week
		p.row.left = b.on(b.today(-4))
		p.user.OrgUnitPath = b.unit("Leavers")
		b.miss("accounts.wrong-unit", userSubject(p.user))
	}, numbered)
}

// agreementCases: not signed, signed long ago, or with something that nobody can read.
func (b *builder) agreementCases() {
	begin := yearBegin(b.today(0))
	for range 1 + b.opt.Pupils/25 {
		b.with(func(p *pupil) {
			p.row.agreement = pick(b.rng, []string{"", "", "no", "N"})
			b.hit("accounts.no-agreement", userSubject(p.user))
		})
	}
	b.with(func(p *pupil) { // last year's
		p.row.agreement = b.on(begin.AddDate(0, -10, 0))
		for name, until := range map[string]int{Classroom: classroomDone, Dojo: dojoDone} {
			if inRollover(b.today(0), until) {
				b.miss("accounts.no-agreement", userSubject(p.user), name)
			} else {
				b.hit("accounts.no-agreement", userSubject(p.user), name)
			}
		}
	})
	b.with(func(p *pupil) {
		p.row.agreement = b.on(begin.AddDate(-1, 0, -1))
		b.hit("accounts.no-agreement", userSubject(p.user))
	})
	b.with(func(p *pupil) {
		p.row.agreement = "sent home"
		b.hit("accounts.no-agreement", userSubject(p.user))
	})
	b.with(func(p *pupil) { // tomorrow has not come
		p.row.agreement = b.on(b.today(1))
		b.hit("accounts.no-agreement", userSubject(p.user))
	})
	for _, word := range []string{" TRUE", "signed"} {
		b.with(func(p *pupil) {
			p.row.agreement = word
			b.miss("accounts.no-agreement", userSubject(p.user))
		})
	}
	b.with(func(p *pupil) { // the first day that counts
		p.row.agreement = b.on(begin)
		b.miss("accounts.no-agreement", userSubject(p.user))
	})
}

// signInCases: never signed in, or not for a long time.
func (b *builder) signInCases() {
	grown := func(p *pupil) bool { return p.year > b.asked.quietYears }
	for i := range 1 + b.opt.Pupils/210 {
		b.with(func(p *pupil) {
			p.user.CreationTime, p.user.LastLoginTime = b.schoolWeeksAgo(8+i), []time.Time{never, {}}[i%2]
			b.hit("accounts.never-signed-in", userSubject(p.user))
		}, grown)
		b.with(func(p *pupil) {
			p.user.LastLoginTime = b.schoolWeeksAgo(7 + i)
			b.hit("accounts.dormant", userSubject(p.user))
		}, grown)
	}
	b.with(func(p *pupil) {
		p.user.CreationTime, p.user.LastLoginTime = b.schoolWeeksAgo(4), never
		b.miss("accounts.never-signed-in", userSubject(p.user))
	}, grown)
	b.miss("accounts.never-signed-in", userSubject(b.joiners[0]))
	b.with(func(p *pupil) {
		p.user.LastLoginTime = b.schoolWeeksAgo(4)
		b.miss("accounts.dormant", userSubject(p.user))
	}, grown)
	b.withColleague("sign-in", func(u *world.User) {
		u.LastLoginTime = b.schoolWeeksAgo(9)
		b.hit("accounts.dormant", userSubject(u))
	})
	b.withColleague("sign-in", func(u *world.User) {
		u.CreationTime, u.LastLoginTime = b.schoolWeeksAgo(10), never
		b.hit("accounts.never-signed-in", userSubject(u))
	})
}

// staffCases are the adults' share of what pupilCases makes.
func (b *builder) staffCases() {
	staff := b.unit("Staff")
	for _, e := range b.staffRows {
		if e.user == b.restStaff[0] {
			b.hit("accounts.missing", e.key("staff"))
		}
	}
	student := b.adult("", staff) // a trainee whom the office does not know
	b.hit("accounts.not-on-roll", userSubject(student))
	b.at(b.daysAgo(150), func() error {
		return b.w.AddMember("governors@"+Domain, &world.Member{Email: b.adult("", staff).PrimaryEmail}, b.it.PrimaryEmail)
	})
	governor := b.w.Members(b.groupOf["governors"].ID)
	b.miss("accounts.not-on-roll", "user/"+governor[len(governor)-1].ID)
	gone := b.adult("", staff)
	e := b.staffEntry(len(b.staffRows)+1, gone)
	e.left = b.on(b.today(-60))
	b.hit("accounts.leaver-active", userSubject(gone))
	leaving := b.adult("", staff)
	e = b.staffEntry(len(b.staffRows)+1, leaving)
	e.left = b.on(b.today(-3))
	b.miss("accounts.leaver-active", userSubject(leaving))
	b.staffRows = append(b.staffRows, &entry{id: "S901", name: "Prudence Startsoon", agreement: b.on(b.agreed(2))})
	b.hit("accounts.missing", b.staffRows[len(b.staffRows)-1].key("staff"))
	astray := b.adult("", b.yearUnit(3))
	b.staffEntry(len(b.staffRows)+1, astray)
	b.hit("accounts.wrong-unit", userSubject(astray))
	for _, agreement := range []string{"", b.on(yearBegin(b.today(0)).AddDate(-2, 0, 0)), "?"} {
		b.withColleague("agreement", func(u *world.User) {
			for _, e := range b.staffRows {
				if e.user == u {
					e.agreement = agreement
					b.hit("accounts.no-agreement", userSubject(u))
				}
			}
		})
	}
}

// visitorCases: supply teachers, trainees, clubs, whose access has an end.
func (b *builder) visitorCases() {
	unit := b.unit("Visitors")
	for _, c := range []struct {
		ends string
		rule bool
	}{{"", true}, {b.on(b.today(-1)), true}, {"half-term", true}, {b.on(b.today(0)), false}, {b.on(b.today(300)), false}} {
		u := b.adult("", unit)
		b.visitorEntry(u, c.ends)
		if c.rule {
			b.hit("accounts.no-end-date", userSubject(u))
		} else {
			b.miss("accounts.no-end-date", userSubject(u))
		}
	}
	b.hit("accounts.no-end-date", userSubject(b.adult("", unit))) // nobody wrote them down
	e := b.visitorEntry(b.adult("", unit), b.on(b.today(30)))
	e.agreement = ""
	b.hit("accounts.no-agreement", userSubject(e.user))
}

// yearCases: children so young that they have no account, or do not sign in by themselves.
func (b *builder) yearCases() {
	if b.asked.quietYears >= 0 {
		for i, p := range b.pupils {
			if p.year <= b.asked.quietYears && !p.special {
				p.user.LastLoginTime = b.today(-31 - i%4)
			}
		}
		quiet := func(p *pupil) bool { return p.year <= b.asked.quietYears }
		for range 1 + b.opt.Pupils/210 {
			b.with(func(p *pupil) {
				p.user.LastLoginTime = b.daysAgo(3)
				b.hit("accounts.year-group", userSubject(p.user))
			}, quiet)
		}
		b.with(func(p *pupil) {
			p.user.LastLoginTime = b.today(-31)
			b.miss("accounts.year-group", userSubject(p.user))
		}, quiet)
	}
	for i, off := range []bool{false, true} {
		u := b.account("", pick(b.rng, givenNames), pick(b.rng, familyNames), b.unit("Pupils")+"/Nursery", 40*24*time.Hour)
		e := b.pupilEntry(i, u, fmt.Sprintf("N%04d", i+1), 0, b.classes[0])
		e.year, e.class = []string{"N", "Nursery"}[b.form%2], "Nursery"
		b.number(u, e.id, i)
		b.pupilRows = append(b.pupilRows, e)
		if u.Suspended = off; off {
			b.miss("accounts.year-group", userSubject(u))
			b.hit("accounts.missing", e.key("pupils"))
		} else {
			b.hit("accounts.year-group", userSubject(u))
		}
	}
}

// genericCases: accounts of things and rooms.
func (b *builder) genericCases() {
	trolley := b.account("ipad-trolley2", "iPad", "Trolley 2", b.unit("Pupils"), 900*24*time.Hour)
	b.hit("accounts.shared-account", userSubject(trolley))
	b.hit("accounts.not-on-roll", userSubject(trolley))
	desk := b.account("library.desk", "Library", "Desk", b.unit("Staff"), 900*24*time.Hour)
	b.hit("accounts.shared-account", userSubject(desk))
	b.hit("accounts.not-on-roll", userSubject(desk))
	b.miss("accounts.shared-account", userSubject(b.account("stclassworth", "Olive", "Stclassworth", b.unit("Staff"), 400*24*time.Hour))) // no piece of its own
	for _, address := range slices.Sorted(maps.Keys(b.asked.accepted)) {
		u := b.w.User(address)
		if u == nil && b.w.Group(address) == nil && domainOf(address) == Domain {
			u = b.account(address[:len(address)-len(Domain)-1], "Shared", "Account", b.unit("Devices"), 700*24*time.Hour)
		}
		if u != nil {
			b.miss("accounts.shared-account", userSubject(u), b.asked.accepted[address]...)
		}
	}
}
