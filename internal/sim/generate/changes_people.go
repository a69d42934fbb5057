package generate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/sim/world"
)

func (p *Player) onUser(fits func(*world.User) bool, do func(key, actor string) error) (bool, error) {
	u, ok := p.user(func(u *world.User) bool { return fits(u) && !p.protected(u.PrimaryEmail) && !u.IsAdmin })
	if !ok {
		return false, nil
	}
	return true, do(u.PrimaryEmail, p.adminAddress())
}

// decided tells whether somebody decided on anything. Whose account is switched on again worked then as far as can be told later; a program that was there knows better.
func (p *Player) decided(u *world.User) bool {
	return p.decidedSince(u, time.Time{})
}

func (p *Player) decidedSince(u *world.User, since time.Time) bool {
	return slices.ContainsFunc(p.World.Decisions(), func(d world.Decision) bool {
		return d.At.After(since) && slices.ContainsFunc(u.Addresses(), func(a string) bool { return strings.EqualFold(a, d.By) })
	})
}

// justDecided tells whether somebody decided on something since yesterday: what becomes of it is found out in the evening, and then nobody can tell whether a deleted or archived account worked before.
func (p *Player) justDecided(u *world.User) bool {
	return p.decidedSince(u, p.World.Now().Add(-24*time.Hour))
}

// deleteUser deletes an account; before, its files may be passed on to somebody, one after the other, as the Admin console does.
func (p *Player) deleteUser(pass bool) (bool, error) {
	u, ok := p.user(func(u *world.User) bool {
		return !p.protected(u.PrimaryEmail) && !u.IsAdmin && !u.IsGuestUser && !p.justDecided(u) && (pass || !p.ownsTalk(u))
	})
	if !ok {
		return false, nil
	}
	admin := p.adminAddress()
	if pass {
		heir, ok := p.user(func(h *world.User) bool { return active(h) && h.ID != u.ID })
		if !ok {
			return false, nil
		}
		var ids []string
		p.World.View(func() {
			for _, f := range p.World.OwnedBy(p.World.PermissionID("user", u.PrimaryEmail)) {
				ids = append(ids, f.ID)
			}
		})
		if len(ids) > 400 { // an afternoon is too short
			return false, nil
		}
		for _, id := range ids {
			if err := p.World.TransferOwner(id, heir.PrimaryEmail, admin); err != nil {
				return false, err
			}
		}
	}
	return true, p.World.DeleteUser(u.PrimaryEmail, admin)
}

func (p *Player) undelete() (bool, error) {
	address := ""
	p.World.View(func() {
		if list := p.World.DeletedUsers(); len(list) > 0 {
			address = pick(p.rng, list).PrimaryEmail
		}
	})
	if address == "" {
		return false, nil
	}
	return true, p.World.UndeleteUser(address, "", p.adminAddress())
}

// unit picks a unit's path.
func (p *Player) unit() (path string) {
	p.World.View(func() { path = pick(p.rng, p.World.OrgUnits()).OrgUnitPath })
	return path
}

func (p *Player) createUser() (bool, error) {
	p.n++
	given, family := pick(p.rng, givenNames), pick(p.rng, familyNames)
	local := strings.Map(func(r rune) rune {
		if r == '\'' {
			return -1
		}
		return r
	}, strings.ToLower(given+"."+family))
	u := &world.User{PrimaryEmail: fmt.Sprintf("%s.%d@%s", local, p.n, p.World.Settings.Customer.CustomerDomain), OrgUnitPath: p.unit(),
		Name: world.Name{GivenName: given, FamilyName: family, FullName: given + " " + family}}
	address := u.PrimaryEmail
	if isPupil(u) && p.full() {
		return false, nil
	}
	if err := p.World.CreateUser(u, p.adminAddress()); err != nil {
		return false, err
	}
	if name := p.title(); !p.away || !isPupil(u) {
		_, err := p.World.CreateFile(&world.File{Name: name, MimeType: world.MimeDocument}, address)
		return true, err
	}
	return true, nil
}

// byNameOnly tells that a pupil may be known to the roll by name and unit alone. Who is moved then is nobody on the roll any more, and whether they were before
// cannot be told from the roll and the accounts of today.
func byNameOnly(u *world.User) bool { return isPupil(u) && len(u.ExternalIDs) == 0 }

// justSpoke tells whether somebody did something in a class or on a file since yesterday: whether it was staff's is found out in the evening, by the unit of then.
func (p *Player) justSpoke(u *world.User) bool {
	since := p.World.Now().Add(-24 * time.Hour)
	for _, app := range []string{"classroom", "drive"} {
		for _, a := range slices.Backward(p.World.Activities(app)) {
			if a.Time.Before(since) {
				break
			}
			if slices.ContainsFunc(u.Addresses(), func(x string) bool { return strings.EqualFold(x, a.ActorEmail) }) {
				return true
			}
		}
	}
	return false
}

func (p *Player) moveUser() (bool, error) {
	to := p.unit()
	u, ok := p.user(func(u *world.User) bool {
		return u.OrgUnitPath != to && !p.protected(u.PrimaryEmail) && !u.IsGuestUser && !byNameOnly(u) && !p.justDecided(u) && !p.justSpoke(u)
	})
	if !ok {
		return false, nil
	}
	return true, p.World.MoveUser(u.PrimaryEmail, to, p.adminAddress())
}

func (p *Player) drive(fits func(*world.Drive) bool) (d world.Drive, ok bool) {
	p.World.View(func() {
		list := p.World.Drives()
		if len(list) == 0 {
			return
		}
		from := p.rng.IntN(len(list))
		for i := range list {
			if x := list[(from+i)%len(list)]; fits(x) {
				d, ok = *x, true
				return
			}
		}
	})
	return d, ok
}

func anyDrive(*world.Drive) bool { return true }

func (p *Player) addDriveMember(whom func() (world.Grant, bool)) (bool, error) {
	d, ok := p.drive(anyDrive)
	if !ok {
		return false, nil
	}
	g, ok := whom()
	if !ok {
		return false, nil
	}
	return true, p.World.AddDriveMember(d.ID, g, p.adminAddress())
}

func (p *Player) removeDriveMember() (bool, error) {
	d, ok := p.drive(func(d *world.Drive) bool { return len(d.Permissions) > 0 })
	if !ok {
		return false, nil
	}
	return true, p.World.RemoveDriveMember(d.ID, pick(p.rng, d.Permissions).ID, p.adminAddress())
}

func (p *Player) shareInDrive() (bool, error) {
	it, ok := p.file(func(f *world.File) bool { return f.DriveID != "" })
	if !ok {
		return false, nil
	}
	if oneIn(p.rng, 3) {
		return true, p.World.SetLink(it.ID, "reader", "", false, it.actor)
	}
	g, _ := p.toOutsider()
	return true, p.World.Share(it.ID, g, it.actor)
}

func (p *Player) emptyDrive() (bool, error) {
	d, ok := p.drive(func(d *world.Drive) bool { return len(p.World.InDrive(d.ID)) > 0 })
	if !ok {
		return false, nil
	}
	return true, p.World.EmptyDrive(d.ID, p.adminAddress())
}

func (p *Player) createDrive() (bool, error) {
	u, ok := p.user(p.present)
	if !ok {
		return false, nil
	}
	id, err := p.World.CreateDrive(&world.Drive{Name: p.title()}, u.PrimaryEmail)
	if err != nil {
		return false, err
	}
	_, err = p.World.CreateFile(&world.File{Name: p.title(), MimeType: world.MimeDocument, Parent: id}, u.PrimaryEmail)
	return true, err
}

func (p *Player) moveDrive() (bool, error) {
	d, ok := p.drive(anyDrive)
	if !ok {
		return false, nil
	}
	id := ""
	p.World.View(func() { id = pick(p.rng, p.World.OrgUnits()).OrgUnitID })
	return true, p.World.MoveDrive(d.ID, id, p.adminAddress())
}

func (p *Player) group(fits func(*world.Group) bool) (g world.Group, ok bool) {
	p.World.View(func() {
		list := p.World.Groups()
		if len(list) == 0 {
			return
		}
		from := p.rng.IntN(len(list))
		for i := range list {
			if x := list[(from+i)%len(list)]; fits == nil || fits(x) {
				g, ok = *x, true
				return
			}
		}
	})
	return g, ok
}

func (p *Player) groupOutsider() (bool, error) {
	g, ok := p.group(nil)
	if !ok {
		return false, nil
	}
	return true, p.World.AddMember(g.ID, &world.Member{Email: p.outsider()}, p.adminAddress())
}

func (p *Player) nest() (bool, error) {
	g, ok := p.group(nil)
	inner, _ := p.group(func(x *world.Group) bool { return x.ID != g.ID })
	if !ok || inner.ID == "" {
		return false, nil
	}
	return true, p.World.AddMember(g.ID, &world.Member{Email: inner.Email}, p.adminAddress())
}

func (p *Player) removeMember() (bool, error) {
	g, ok := p.group(func(x *world.Group) bool { return len(p.World.Members(x.ID)) > 1 })
	if !ok {
		return false, nil
	}
	key := ""
	p.World.View(func() {
		m := pick(p.rng, p.World.Members(g.ID))
		key = m.ID
		if key == "" {
			key = m.Email
		}
	})
	return true, p.World.RemoveMember(g.ID, key, p.adminAddress())
}

func (p *Player) openGroup() (bool, error) {
	g, ok := p.group(nil)
	if !ok {
		return false, nil
	}
	value := everyone
	p.World.View(func() {
		if string(p.World.GroupSettings(g.Email)["whoCanJoin"]) == `"`+everyone+`"` {
			value = invited
		}
	})
	return true, p.World.SetGroupSetting(g.ID, "whoCanJoin", value, p.adminAddress())
}

func (p *Player) createGroup() (bool, error) {
	u, ok := p.user(active)
	if !ok {
		return false, nil
	}
	p.n++
	g := &world.Group{Email: fmt.Sprintf("project-%d@%s", p.n, p.World.Settings.Customer.CustomerDomain), Name: p.title(), AdminCreated: true}
	address, admin := g.Email, p.adminAddress()
	if err := p.World.CreateGroup(g, world.Raw{"whoCanJoin": jsonOf(invited)}, admin); err != nil {
		return false, err
	}
	return true, p.World.AddMember(address, &world.Member{Email: u.PrimaryEmail}, admin)
}

func (p *Player) deleteGroup() (bool, error) {
	g, ok := p.group(func(x *world.Group) bool { return !p.protected(x.Email) })
	if !ok {
		return false, nil
	}
	return true, p.World.DeleteGroup(g.ID, p.adminAddress())
}
