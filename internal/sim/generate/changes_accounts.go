package generate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/sim/world"
)

// accountActions lists what a day may bring for accounts, rolls, mail and classes, each with how often it comes up.
func (p *Player) accountActions() []action {
	w := p.World
	return []action{
		{"a pupil joins", 3, p.join},
		{"a pupil leaves", 3, p.leave},
		{"a pupil comes back", 2, p.comeBack},
		{"a pupil moves class", 2, p.moveClass},
		{"an agreement comes in", 3, p.sign},
		{"change a password", 4, func() (bool, error) { return p.onAccount(active, w.ChangePassword) }},
		{"reset a password", 2, func() (bool, error) {
			return p.onAccount(active, func(key string) error { return w.ResetPassword(key, p.adminAddress()) })
		}},
		{"sign in after a long time", 2, func() (bool, error) {
			return p.onAccount(func(u *world.User) bool { return active(u) && w.Time().Sub(u.LastLoginTime) > longQuiet }, w.SignIn)
		}},
		{"a sign-in looks suspicious", 1, func() (bool, error) { return p.warn("suspicious_login") }},
		{"a password leaks", 1, func() (bool, error) { return p.warn("account_disabled_password_leak") }},
		{"let an app in", 3, p.allowApp},
		{"take an app away", 2, p.revokeApp},
		{"forward mail outside", 1, func() (bool, error) {
			return p.onAccount(isStaff, func(key string) error { return w.SetForwarding(key, p.outsider()) })
		}},
		{"stop forwarding", 1, p.stopForwarding},
		{"set a recovery address", 2, func() (bool, error) {
			return p.onAccount(active, func(key string) error { return w.SetRecoveryEmail(key, p.outsider(), key) })
		}},
		{"take a recovery address away", 1, func() (bool, error) {
			return p.onAccount(func(u *world.User) bool { return u.RecoveryEmail != "" }, func(key string) error { return w.SetRecoveryEmail(key, "", p.adminAddress()) })
		}},
		{"give a role", 1, p.giveRole},
		{"take a role", 1, p.takeRole},
		{"switch mail on for a group", 1, p.mailForGroup},
		{"switch a service for a unit", 1, p.serviceForUnit},
		{"take a policy away", 1, p.removePolicy},
		{"put a pupil into a group", 2, p.pupilIntoGroup},
		{"join a class", 2, func() (bool, error) { return p.joinCourse(false) }},
		{"somebody from outside joins a class", 1, func() (bool, error) { return p.joinCourse(true) }},
		{"leave a class", 2, p.leaveCourse},
		{"make a class", 1, p.makeCourse},
		{"archive a class", 1, p.archiveCourse},
		{"use an address again", 1, p.reuseAddress},
	}
}

// longQuiet is how long somebody has not signed in who will not by themselves.
const longQuiet = 25 * 24 * time.Hour

func isPupil(u *world.User) bool {
	return active(u) && slices.Contains(strings.Split(u.OrgUnitPath, "/"), "Pupils")
}

func isStaff(u *world.User) bool {
	return active(u) && slices.Contains(strings.Split(u.OrgUnitPath, "/"), "Staff")
}

// onAccount does something with an account that fits.
func (p *Player) onAccount(fits func(*world.User) bool, do func(key string) error) (bool, error) {
	u, ok := p.user(fits)
	if !ok {
		return false, nil
	}
	return true, do(u.PrimaryEmail)
}

func (p *Player) warn(event string) (bool, error) {
	return p.onAccount(active, func(key string) error { p.World.LoginEvent(event, key); return nil })
}

// roll is the pupils' roll as it stands; it has rows only if it is one as this package writes them.
type roll struct {
	rows              [][]string
	style             rollStyle
	id, email, name   int
	year, class, left int
	agreement         int
}

const rollFile = "roll.csv"

func (p *Player) roll() roll {
	var text []byte
	p.World.View(func() { text = p.World.Roll(rollFile) })
	r := roll{}
	if r.rows, r.style = decodeRoll(text); len(r.rows) < 2 {
		return roll{}
	}
	for i, into := range []*int{&r.id, &r.email, &r.name, &r.year, &r.class, &r.agreement, nil, &r.left} {
		if into == nil {
			continue
		}
		if *into = column(r.rows, pupilColumns[i][1]); *into < 0 {
			return roll{}
		}
	}
	for _, row := range r.rows {
		if len(row) != len(r.rows[0]) {
			return roll{}
		}
	}
	return r
}

// export writes the roll anew.
func (p *Player) export(r roll) error {
	text, err := r.style.encode(r.rows)
	if err != nil {
		return err
	}
	return p.World.SetRoll(rollFile, text)
}

// row picks a row that fits, and whose account it is: the one with its number, else with its address; nobody's where several accounts bear the number, since
// whose it is then depends on which of them worked when. 0 is none.
func (p *Player) row(r roll, fits func(row []string, u *world.User) bool) (n int, u world.User) {
	if len(r.rows) < 2 {
		return 0, u
	}
	p.World.View(func() {
		bearers := map[string][]*world.User{}
		for _, x := range slices.Concat(p.World.Users(), p.World.DeletedUsers()) { // who was deleted may be brought back
			for _, id := range x.ExternalIDs {
				number := strings.ToLower(strings.TrimSpace(id.Value))
				bearers[number] = append(bearers[number], x)
			}
		}
		from := p.rng.IntN(len(r.rows) - 1)
		for i := range len(r.rows) - 1 {
			at := 1 + (from+i)%(len(r.rows)-1)
			row := r.rows[at]
			var x *world.User
			switch of := bearers[strings.ToLower(row[r.id])]; len(of) {
			case 0:
				x = p.World.User(row[r.email])
			case 1:
				if x = of[0]; !x.DeletionTime.IsZero() {
					x = nil
				}
			}
			if fits(row, x) {
				n = at
				if x != nil {
					u = *x
				}
				return
			}
		}
	})
	return n, u
}

// join brings a pupil: mostly with an account and a row, sometimes the one of them comes later or never.
func (p *Player) join() (bool, error) {
	r := p.roll()
	like, model := p.row(r, func(row []string, u *world.User) bool { return u != nil && isPupil(u) && row[r.left] == "" })
	if like == 0 || p.full() {
		return false, nil
	}
	p.n++
	given, family := pick(p.rng, givenNames), pick(p.rng, familyNames)
	id := fmt.Sprintf("B%s%03d", p.World.Now().Format("0601"), p.n)
	row := slices.Clone(r.rows[like])
	row[r.id], row[r.name], row[r.left], row[r.agreement] = id, given+" "+family, "", p.World.Now().In(p.zone).Format(time.DateOnly)
	if oneIn(p.rng, 3) {
		row[r.agreement] = ""
	}
	u := &world.User{PrimaryEmail: strings.ToLower(id) + "@" + p.domain(), OrgUnitPath: model.OrgUnitPath, ExternalIDs: []world.ExternalID{{Type: numberType, Value: id}},
		Name: world.Name{GivenName: given, FamilyName: family, FullName: given + " " + family}}
	row[r.email] = u.PrimaryEmail
	which := p.rng.IntN(6) // 0: no account yet, 1: no row yet
	if which != 0 {
		if err := p.World.CreateUser(u, p.adminAddress()); err != nil {
			return false, err
		}
	}
	if which != 1 {
		r.rows = append(r.rows, row)
		return true, p.export(r)
	}
	return true, nil
}

// leave takes a row off the roll, or writes the date of leaving into it. The account is mostly forgotten.
func (p *Player) leave() (bool, error) {
	r := p.roll()
	n, u := p.row(r, func(row []string, u *world.User) bool {
		return u != nil && row[r.left] == "" && !p.protected(u.PrimaryEmail)
	})
	if n == 0 || len(r.rows) < 6 {
		return false, nil
	}
	// On the first day nobody is dropped: an earlier roll is known by the date of its replacement only, which does not say whether a look on that day came before it.
	if p.World.Now().In(p.zone).Format(time.DateOnly) != p.first && oneIn(p.rng, 2) {
		r.rows = slices.Delete(r.rows, n, n+1)
	} else {
		r.rows[n][r.left] = p.World.Now().In(p.zone).AddDate(0, 0, -p.rng.IntN(40)).Format(time.DateOnly)
	}
	if oneIn(p.rng, 4) && active(&u) {
		if err := p.World.SuspendUser(u.PrimaryEmail, p.adminAddress()); err != nil {
			return false, err
		}
	}
	return true, p.export(r)
}

// comeBack puts somebody who had left on the roll again: a row with a date of leaving, or one that an earlier export still had.
func (p *Player) comeBack() (bool, error) {
	r := p.roll()
	if n, _ := p.row(r, func(row []string, _ *world.User) bool { return row[r.left] != "" }); n != 0 && oneIn(p.rng, 2) {
		r.rows[n][r.left] = ""
		return true, p.export(r)
	}
	if len(r.rows) == 0 {
		return false, nil
	}
	there := map[string]bool{}
	for _, row := range r.rows {
		there[row[r.id]] = true
	}
	var text []byte
	p.World.View(func() {
		for _, name := range p.World.Rolls() {
			if strings.HasPrefix(name, rollFile+".") {
				text = p.World.Roll(name)
			}
		}
	})
	earlier, _ := decodeRoll(text)
	for _, row := range earlier {
		if len(row) == len(r.rows[0]) && !there[row[r.id]] {
			r.rows = append(r.rows, row)
			return true, p.export(r)
		}
	}
	return false, nil
}

// moveClass gives a pupil the class and year of another one; the account follows or does not.
func (p *Player) moveClass() (bool, error) {
	r := p.roll()
	n, u := p.row(r, func(row []string, u *world.User) bool { return u != nil && isPupil(u) })
	like, model := p.row(r, func(row []string, x *world.User) bool {
		return n != 0 && x != nil && isPupil(x) && row[r.class] != r.rows[n][r.class]
	})
	if like == 0 {
		return false, nil
	}
	r.rows[n][r.class], r.rows[n][r.year] = r.rows[like][r.class], r.rows[like][r.year]
	if !oneIn(p.rng, 3) && model.OrgUnitPath != u.OrgUnitPath {
		if err := p.World.MoveUser(u.PrimaryEmail, model.OrgUnitPath, p.adminAddress()); err != nil {
			return false, err
		}
	}
	return true, p.export(r)
}

// sign brings in an agreement that was missing.
func (p *Player) sign() (bool, error) {
	r := p.roll()
	n, _ := p.row(r, func(row []string, _ *world.User) bool { return row[r.agreement] == "" })
	if n == 0 {
		return false, nil
	}
	r.rows[n][r.agreement] = p.World.Now().In(p.zone).Format(time.DateOnly)
	return true, p.export(r)
}

func (p *Player) allowApp() (bool, error) {
	n := p.rng.IntN(6)
	t := &world.Token{ClientID: fmt.Sprintf("79%02d.apps.googleusercontent.com", n), DisplayText: pickAt([]string{"Slime Racer", "Quiz Llama", "Example Maths", "Sketch Pals", "Coding Club", "PDF Magic"}, n),
		Scopes: slices.Clone(signInScopes)}
	if n != 4 {
		t.Scopes = append(t.Scopes, "https://www.googleapis.com/auth/drive.file")
	}
	return p.onAccount(active, func(key string) error { return p.World.AuthorizeApp(key, t) })
}

func (p *Player) revokeApp() (bool, error) {
	client := ""
	u, ok := p.user(func(u *world.User) bool {
		list := p.World.Tokens(u.ID)
		if len(list) == 0 {
			return false
		}
		client = pick(p.rng, list).ClientID
		return true
	})
	if !ok {
		return false, nil
	}
	actor := u.PrimaryEmail
	if oneIn(p.rng, 2) {
		actor = p.adminAddress()
	}
	return true, p.World.RevokeApp(u.PrimaryEmail, client, actor)
}

func (p *Player) stopForwarding() (bool, error) {
	return p.onAccount(func(u *world.User) bool { return p.World.Forwarding(u.PrimaryEmail).Enabled },
		func(key string) error { return p.World.SetForwarding(key, "") })
}

func (p *Player) giveRole() (bool, error) {
	role := ""
	p.World.View(func() {
		for _, r := range p.World.Roles() {
			if !r.IsSuperAdminRole && (role == "" || oneIn(p.rng, 2)) {
				role = r.RoleID
			}
		}
	})
	u, ok := p.user(active)
	if !ok || role == "" {
		return false, nil
	}
	key := u.ID
	if g, ok := p.group(nil); ok && oneIn(p.rng, 4) {
		key = g.ID
	}
	_, err := p.World.AssignRole(role, key, p.adminAddress())
	return true, err
}

func (p *Player) takeRole() (bool, error) {
	var a world.RoleAssignment
	p.World.View(func() {
		var list []*world.RoleAssignment
		for _, x := range p.World.RoleAssignments() {
			if r := p.World.Role(x.RoleID); r != nil && !r.IsSuperAdminRole {
				list = append(list, x)
			}
		}
		if len(list) > 0 {
			a = *pick(p.rng, list)
		}
	})
	if a.RoleID == "" {
		return false, nil
	}
	return true, p.World.UnassignRole(a.RoleID, a.AssignedTo, p.adminAddress())
}
