package generate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/sim/world"
)

// at does something as if it had happened then.
func (b *builder) at(t time.Time, do func() error) {
	b.w.SetNow(t.Truncate(time.Second))
	b.check(do())
	b.w.SetNow(b.now)
}

// daysAgo is a time of the morning so many days back.
func (b *builder) daysAgo(n int) time.Time {
	return b.today(-n).Add(time.Duration(between(b.rng, 8*60, 11*60)) * time.Minute)
}

// security fills what Google logs and keeps about accounts, with a breach and a near miss of every rule about it.
func (b *builder) security() {
	b.arrivals()
	b.passwords()
	b.warnings()
	b.roleCases()
	b.secondStep()
	b.recovery()
	b.apps()
	b.forwards()
}

// arrivals writes the records of accounts that were made while the log was kept, and of a few that moved.
func (b *builder) arrivals() {
	admin := b.it.PrimaryEmail
	for _, u := range b.w.Users() {
		if u.IsGuestUser || b.now.Sub(u.CreationTime) > 179*24*time.Hour {
			continue
		}
		b.record("admin", u.CreationTime, admin, "USER_SETTINGS", "CREATE_USER", world.Param{Name: "USER_EMAIL", Value: u.PrimaryEmail})
	}
	for i, p := range b.pupils {
		if i%50 == 17 { // moved up
			b.record("admin", b.daysAgo(between(b.rng, 20, 45)), admin, "USER_SETTINGS", "MOVE_USER_TO_ORG_UNIT", world.Param{Name: "USER_EMAIL", Value: p.user.PrimaryEmail},
				world.Param{Name: "ORG_UNIT_NAME", Value: b.yearUnit(max(0, p.year-1))}, world.Param{Name: "NEW_VALUE", Value: p.user.OrgUnitPath})
		}
	}
}

// record writes a record into a log without anything having changed.
func (b *builder) record(app string, at time.Time, actor, typ, name string, params ...world.Param) {
	a := &world.Activity{Time: at.UTC().Truncate(time.Second), Unique: b.rng.Int64(), App: app, ActorEmail: actor, IPAddress: "203.0.113.7",
		Events: []world.Event{{Type: typ, Name: name, Params: params}}}
	if u := b.w.User(actor); u != nil {
		a.ActorID = u.ID
	}
	b.w.AddActivity(a)
}

// passwords: most adults changed theirs last term; a few did not, of some nobody can know.
func (b *builder) passwords() {
	staff, admins := 90, 30
	var within []string // the policies whose limit the log reaches
	for _, name := range []string{Classroom, Dojo} {
		if n := b.asked.passwordDays[name]["staff"]; n > 0 {
			staff = min(staff, n)
			if n < 170 {
				within = append(within, name)
			}
		}
		if n := b.asked.passwordDays[name]["admins"]; n > 0 {
			admins = min(admins, n)
		}
	}
	changed := func(u *world.User, days int) {
		b.at(b.daysAgo(days), func() error { return b.w.ChangePassword(u.PrimaryEmail) })
	}
	special := map[*world.User]bool{b.it: true}
	adult := func(do func(*world.User)) {
		b.withColleague("password", func(u *world.User) {
			special[u] = true
			u.CreationTime = b.daysAgo(between(b.rng, 400, 2000))
			do(u)
		})
	}
	changed(b.it, min(admins, 30)-4)
	b.miss("accounts.password-age", userSubject(b.it))
	adult(func(u *world.User) {
		changed(u, 170)
		if len(within) > 0 {
			b.hit("accounts.password-age", userSubject(u), within...)
		}
	})
	adult(func(u *world.User) {
		changed(u, staff)
		b.miss("accounts.password-age", userSubject(u))
	})
	adult(func(u *world.User) { // the office gave a new one
		changed(u, 171)
		b.at(b.daysAgo(staff/2), func() error { return b.w.ResetPassword(u.PrimaryEmail, b.it.PrimaryEmail) })
		b.miss("accounts.password-age", userSubject(u))
	})
	adult(func(u *world.User) { // longer ago than Google keeps
		changed(u, 185)
		b.miss("accounts.password-age", userSubject(u))
	})
	// Found in a leak; the second one was changed afterwards.
	adult(func(u *world.User) {
		changed(u, 60)
		b.at(b.daysAgo(12), func() error { b.w.LoginEvent("account_disabled_password_leak", u.PrimaryEmail); return nil })
		b.hit("accounts.weak-password", userSubject(u))
	})
	adult(func(u *world.User) {
		b.at(b.daysAgo(30), func() error { b.w.LoginEvent("account_disabled_password_leak", u.PrimaryEmail); return nil })
		changed(u, 29)
		b.miss("accounts.weak-password", userSubject(u))
	})
	b.with(func(p *pupil) {
		b.at(b.daysAgo(9), func() error { b.w.LoginEvent("account_disabled_password_leak", p.user.PrimaryEmail); return nil })
		p.user.Suspended = true
		b.hit("accounts.weak-password", userSubject(p.user))
	})
	for i, u := range b.w.Users() {
		adults := strings.HasPrefix(u.OrgUnitPath, b.unit("Staff")) || strings.HasPrefix(u.OrgUnitPath, b.unit("Visitors")) || strings.HasPrefix(u.OrgUnitPath, b.unit("Governors"))
		if adults && !special[u] && !u.IsGuestUser && i%9 != 4 && u.CreationTime.Before(b.daysAgo(90)) {
			changed(u, between(b.rng, 5, min(staff, 85)-3))
		}
	}
}

// warnings: what looked suspicious to Google.
func (b *builder) warnings() {
	event := func(name string, u *world.User, days int) {
		b.at(b.daysAgo(days), func() error { b.w.LoginEvent(name, u.PrimaryEmail); return nil })
	}
	names := []string{"suspicious_login", "suspicious_login_less_secure_app", "suspicious_programmatic_login", "user_signed_out_due_to_suspicious_session_cookie"}
	b.withColleague("warning", func(u *world.User) {
		event(names[0], u, 3)
		event(names[2], u, 2)
		b.hit("accounts.suspicious-login", userSubject(u))
	})
	b.withColleague("warning", func(u *world.User) { // and changed the password on the same day
		t := b.daysAgo(15)
		b.at(t, func() error { b.w.LoginEvent(names[0], u.PrimaryEmail); return nil })
		b.at(t.Add(40*time.Minute), func() error { return b.w.ChangePassword(u.PrimaryEmail) })
		b.miss("accounts.suspicious-login", userSubject(u))
	})
	for i := range 1 + b.opt.Pupils/400 {
		b.with(func(p *pupil) {
			event(names[1+i%3], p.user, 4+i)
			b.hit("accounts.suspicious-login", userSubject(p.user))
		})
	}
	b.with(func(p *pupil) { // an older account had the address
		p.user.CreationTime = b.daysAgo(8)
		event(names[0], p.user, 30)
		b.miss("accounts.suspicious-login", userSubject(p.user))
	})
	b.with(func(p *pupil) { // a new password from the teacher
		event(names[3], p.user, 21)
		b.at(b.daysAgo(20), func() error { return b.w.ResetPassword(p.user.PrimaryEmail, b.it.PrimaryEmail) })
		b.miss("accounts.suspicious-login", userSubject(p.user))
	})
	b.with(func(p *pupil) { // before anything is known
		event(names[0], p.user, 200)
		p.user.CreationTime = b.daysAgo(400)
		b.miss("accounts.suspicious-login", userSubject(p.user))
	})
	b.with(func(p *pupil) {
		event("account_disabled_hijacked", p.user, 6)
		p.user.Suspended = true
		b.hit("accounts.suspicious-login", userSubject(p.user))
	})
	b.with(func(p *pupil) { // switched off: only a hijacking would matter
		event(names[0], p.user, 5)
		p.user.Suspended = true
		b.miss("accounts.suspicious-login", userSubject(p.user))
	})
}

// Names of the roles that every tenant has.
const (
	superAdmin  = "_SEED_ADMIN_ROLE"
	groupsAdmin = "_GROUPS_ADMIN_ROLE"
	helpDesk    = "_HELP_DESK_ADMIN_ROLE"
)

// roleCases: who administers.
func (b *builder) roleCases() {
	for _, r := range []string{superAdmin, groupsAdmin, helpDesk, "_USER_MANAGEMENT_ADMIN_ROLE"} {
		b.w.AddRole(&world.Role{RoleName: r, IsSystemRole: true, IsSuperAdminRole: r == superAdmin})
	}
	assign := func(role, key string, days int) {
		b.at(b.daysAgo(days), func() error { _, err := b.w.AssignRole(role, key, b.it.PrimaryEmail); return err })
	}
	assign(superAdmin, b.it.ID, 900)
	if in := b.allowing(b.it); len(in) > 0 {
		b.miss("accounts.admin-role", userSubject(b.it), in...)
	}
	var limits []string // the policies that say who may hold a role
	for _, name := range []string{Classroom, Dojo} {
		if b.asked.admins[name] != nil {
			limits = append(limits, name)
		}
	}
	notAllowed := func(u *world.User) {
		for _, name := range limits {
			if !slices.ContainsFunc(b.asked.admins[name], func(a string) bool { return b.w.User(a) == u }) {
				b.hit("accounts.admin-role", userSubject(u), name)
			}
		}
	}
	b.with(func(p *pupil) { // a digital leader who resets passwords
		assign(helpDesk, p.user.ID, 40)
		b.hit("accounts.admin-role", userSubject(p.user))
	})
	b.with(func(p *pupil) { // taken back in time
		assign(helpDesk, p.user.ID, 30)
		b.at(b.daysAgo(20), func() error { return b.w.UnassignRole(helpDesk, p.user.ID, b.it.PrimaryEmail) })
		b.miss("accounts.admin-role", userSubject(p.user))
	})
	b.with(func(p *pupil) { // switched off
		assign(helpDesk, p.user.ID, 60)
		p.user.Suspended = true
		b.miss("accounts.admin-role", userSubject(p.user))
	})
	// Through a group, and through a group in it.
	inner := b.club("tech-squad", "Tech squad", 1)
	keepers := b.group("group-keepers", "Look after groups", invited, b.site, inner)
	assign(groupsAdmin, keepers.ID, 100)
	b.eachPupil(inner, func(p *pupil) { b.hit("accounts.admin-role", userSubject(p.user)) })
	for _, u := range []*world.User{b.site, b.deputy} {
		notAllowed(u)
	}
	b.withColleague("role", func(u *world.User) { // an adult, not enrolled, with an old password
		assign(helpDesk, u.ID, 50)
		notAllowed(u)
		b.hit("accounts.password-age", userSubject(u))
		b.helper = u
	})
}

// allowing lists the policies under which the user may hold a role, or which do not say.
func (b *builder) allowing(u *world.User) []string {
	var out []string
	for _, name := range []string{Classroom, Dojo} {
		list, says := b.asked.admins[name]
		if !says || slices.ContainsFunc(list, func(a string) bool { return b.w.User(a) == u }) {
			out = append(out, name)
		}
	}
	return out
}

// secondStep: administrators and leaders have it, one administrator does not.
func (b *builder) secondStep() {
	for i, u := range b.w.Users() {
		if strings.HasPrefix(u.OrgUnitPath, b.unit("Staff")) && i%4 != 1 {
			u.IsEnrolledIn2Sv = true
		}
	}
	for _, u := range []*world.User{b.it, b.head, b.deputy, b.senco} {
		u.IsEnrolledIn2Sv, u.IsEnforcedIn2Sv = true, true
	}
	b.miss("accounts.no-2sv", userSubject(b.it))
	b.miss("accounts.no-2sv", userSubject(b.supply[0])) // not enrolled, but neither staff nor an administrator
	if b.helper != nil {
		b.helper.IsEnrolledIn2Sv = false
		b.hit("accounts.no-2sv", userSubject(b.helper))
	}
}

// recovery: addresses by which accounts can be got back.
func (b *builder) recovery() {
	for range 1 + b.opt.Pupils/100 {
		b.with(func(p *pupil) {
			p.user.RecoveryEmail = p.parent
			b.hit("accounts.outside-recovery", userSubject(p.user))
		})
	}
	for _, address := range []string{"it@" + Alias, "office@" + Domain, "helpdesk@" + Trust} {
		b.with(func(p *pupil) {
			p.user.RecoveryEmail = address
			b.miss("accounts.outside-recovery", userSubject(p.user))
		})
	}
	for i, u := range b.teachers {
		if i%2 == 0 {
			u.RecoveryEmail = fmt.Sprintf("teacher%d@inbox.example", i)
			b.miss("accounts.outside-recovery", userSubject(u)) // an adult's own affair
		}
	}
}

var signInScopes = []string{"openid", "https://www.googleapis.com/auth/userinfo.email", "https://www.googleapis.com/auth/userinfo.profile"}

// apps: what people let into their accounts.
func (b *builder) apps() {
	allow := func(u *world.User, client, name string, scopes ...string) {
		b.at(b.daysAgo(between(b.rng, 2, 150)), func() error {
			return b.w.AuthorizeApp(u.PrimaryEmail, &world.Token{ClientID: client, DisplayText: name, Scopes: scopes})
		})
	}
	drive := "https://www.googleapis.com/auth/drive.readonly"
	approved := func(u *world.User) bool {
		var both []string
		for _, app := range b.asked.apps {
			if len(b.asked.approvedBy[app]) == 2 {
				both = append(both, app)
			}
		}
		if len(both) == 0 {
			return false
		}
		app := pick(b.rng, both)
		if strings.HasSuffix(app, ".apps.googleusercontent.com") {
			allow(u, app, "Example app", append(signInScopes, drive)...)
		} else {
			allow(u, "2001.apps.googleusercontent.com", pick(b.rng, []string{app, app, strings.ToUpper(app)}), append(signInScopes, drive)...)
		}
		return true
	}
	for i, p := range b.pupils {
		if i%6 == 2 && active(p.user) {
			approved(p.user)
		}
	}
	for _, app := range b.asked.apps { // approved by one of the schools only
		in, by := b.asked.approvedBy[app], app
		if len(in) == 2 || len(in) == 0 {
			continue
		}
		other := Dojo
		if in[0] == Dojo {
			other = Classroom
		}
		b.with(func(p *pupil) {
			allow(p.user, "2002.apps.googleusercontent.com", by, append(signInScopes, drive)...)
			b.miss("accounts.risky-app", userSubject(p.user), in[0])
			b.hit("accounts.risky-app", userSubject(p.user), other)
		})
	}
	for i := range 1 + b.opt.Pupils/140 {
		b.with(func(p *pupil) {
			allow(p.user, fmt.Sprintf("77%02d.apps.googleusercontent.com", i%5), pickAt([]string{"Slime Racer", "Quiz Llama", "Homework Helper AI", "Sketch Pals", "PDF Magic"}, i), append(signInScopes, drive)...)
			b.hit("accounts.risky-app", userSubject(p.user))
		})
	}
	b.withColleague("app", func(u *world.User) {
		allow(u, "7810.apps.googleusercontent.com", "Mail Sorter", "https://mail.google.com/")
		b.hit("accounts.risky-app", userSubject(u))
	})
	b.with(func(p *pupil) { // only signs in
		allow(p.user, "7820.apps.googleusercontent.com", "Coding Club", signInScopes...)
		for _, name := range []string{Classroom, Dojo} {
			if slices.Contains(b.asked.signInApps, name) {
				b.miss("accounts.risky-app", userSubject(p.user), name)
			} else {
				b.hit("accounts.risky-app", userSubject(p.user), name)
			}
		}
	})
	b.with(func(p *pupil) { // taken back
		allow(p.user, "7704.apps.googleusercontent.com", "PDF Magic", drive)
		b.check(b.w.RevokeApp(p.user.PrimaryEmail, "7704.apps.googleusercontent.com", p.user.PrimaryEmail))
		b.miss("accounts.risky-app", userSubject(p.user))
	}, func(p *pupil) bool { return len(b.w.Tokens(p.user.ID)) == 0 })
	b.with(func(p *pupil) { // switched off
		allow(p.user, "7703.apps.googleusercontent.com", "Sketch Pals", drive)
		p.user.Suspended = true
		b.miss("accounts.risky-app", userSubject(p.user))
	})
	b.withColleague("app", func(u *world.User) {
		if approved(u) {
			b.miss("accounts.risky-app", userSubject(u))
		}
	})
}

// forwards: mail that goes elsewhere by itself.
func (b *builder) forwards() {
	forward := func(u *world.User, to string, days int) {
		b.at(b.daysAgo(days), func() error { return b.w.SetForwarding(u.PrimaryEmail, to) })
	}
	b.withColleague("forward", func(u *world.User) {
		forward(u, "own.name@inbox.example", 50)
		b.hit("accounts.outside-forwarding", userSubject(u))
	})
	b.withColleague("forward", func(u *world.User) { // stopped
		forward(u, "own.name2@inbox.example", 50)
		forward(u, "", 30)
		b.miss("accounts.outside-forwarding", userSubject(u))
	})
	b.withColleague("forward", func(u *world.User) { // to the school now
		forward(u, "own.name3@inbox.example", 60)
		forward(u, "office@"+Domain, 20)
		b.miss("accounts.outside-forwarding", userSubject(u))
	})
	b.withColleague("forward", func(u *world.User) { // to the trust
		forward(u, "adviser@"+Trust, 40)
		b.miss("accounts.outside-forwarding", userSubject(u))
	})
	b.withColleague("forward", func(u *world.User) { // too long ago for the log
		forward(u, "own.name4@inbox.example", 190)
		b.miss("accounts.outside-forwarding", userSubject(u))
	})
}
