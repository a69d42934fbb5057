package generate

import (
	"slices"
	"strings"
	"time"

	"esafetybot/internal/sim/world"
)

// actions lists the changes that a day may bring, each with how often it comes up.
func (p *Player) actions() []action {
	w := p.World
	return []action{
		{"share with a person outside", 12, func() (bool, error) { return p.share(p.toOutsider) }},
		{"share with a colleague", 6, func() (bool, error) { return p.share(p.toColleague) }},
		{"share with a group", 4, func() (bool, error) { return p.share(p.toAGroup) }},
		{"share with a trusted domain", 2, func() (bool, error) {
			return p.share(func() (world.Grant, bool) { return toAddress("adviser@"+Trust, p.role()), true })
		}},
		{"share with a group outside", 1, func() (bool, error) {
			return p.share(func() (world.Grant, bool) { return toGroupAddress("list@phonics-hub.example", p.role()), true })
		}},
		{"share with a domain outside", 1, func() (bool, error) {
			return p.share(func() (world.Grant, bool) { return toDomain("partner-school.example", p.role()), true })
		}},
		{"switch a link on", 8, func() (bool, error) { return p.link(p.role(), "", false) }},
		{"make public", 2, func() (bool, error) { return p.link("reader", "", true) }},
		{"share with everybody inside", 2, func() (bool, error) { return p.link("reader", p.domain(), false) }},
		{"switch a link off", 7, p.linkOff},
		{"stop a share", 9, p.unshare},
		{"raise a role", 5, func() (bool, error) { return p.changeRole("reader", "writer") }},
		{"lower a role", 4, func() (bool, error) { return p.changeRole("writer", "reader") }},
		{"let a share end", 4, func() (bool, error) { return p.expiry(true) }},
		{"let a share last", 1, func() (bool, error) { return p.expiry(false) }},
		{"ask somebody to own", 1, p.askToOwn},
		{"publish", 2, func() (bool, error) { return p.publish(true) }},
		{"withdraw", 2, func() (bool, error) { return p.publish(false) }},
		{"limit a folder", 1, p.limit},
		{"create a file", 8, p.create},
		{"rename a file", 2, p.rename},
		{"move a file", 6, func() (bool, error) { return p.move(false) }},
		{"move a folder", 4, func() (bool, error) { return p.move(true) }},
		{"move into a drive", 2, p.moveIntoDrive},
		{"move out of a drive", 1, p.moveOutOfDrive},
		{"pass a file on", 4, p.transfer},
		{"bin a file", 4, func() (bool, error) {
			return p.onFile(false, w.Trash, func(f *world.File) bool { return !f.IsFolder() })
		}},
		{"bin a folder", 2, func() (bool, error) { return p.onFile(false, w.Trash, (*world.File).IsFolder) }},
		{"take out of the bin", 3, func() (bool, error) {
			return p.onFile(true, w.Untrash, func(f *world.File) bool { return f.ExplicitlyTrashed && !p.holdsTalk(f) })
		}},
		{"delete for good", 2, func() (bool, error) { return p.onFile(oneIn(p.rng, 2), w.Delete, p.notMarked) }},
		{"switch an account off", 3, func() (bool, error) { return p.onUser(active, w.SuspendUser) }},
		{"switch an account on", 2, func() (bool, error) {
			return p.onUser(func(u *world.User) bool { return u.Suspended && !p.decided(u) }, w.RestoreUser)
		}},
		{"archive an account", 1, func() (bool, error) {
			return p.onUser(func(u *world.User) bool { return active(u) && !p.justDecided(u) }, w.ArchiveUser)
		}},
		{"take an account out of the archive", 1, func() (bool, error) { return p.onUser(func(u *world.User) bool { return u.Archived }, w.UnarchiveUser) }},
		{"delete an account", 2, func() (bool, error) { return p.deleteUser(false) }},
		{"delete an account and pass its files on", 2, func() (bool, error) { return p.deleteUser(true) }},
		{"bring an account back", 2, p.undelete},
		{"create an account", 2, p.createUser},
		{"move an account", 3, p.moveUser},
		{"add a drive member", 2, func() (bool, error) { return p.addDriveMember(p.toColleague) }},
		{"add a drive member from outside", 2, func() (bool, error) { return p.addDriveMember(p.toOutsider) }},
		{"remove a drive member", 3, p.removeDriveMember},
		{"share an item of a drive", 3, p.shareInDrive},
		{"empty a drive", 1, p.emptyDrive},
		{"create a drive", 1, p.createDrive},
		{"move a drive", 1, p.moveDrive},
		{"add somebody from outside to a group", 2, p.groupOutsider},
		{"add a group to a group", 1, p.nest},
		{"take a member out of a group", 2, p.removeMember},
		{"open or close a group", 2, p.openGroup},
		{"create a group", 1, p.createGroup},
		{"delete a group", 1, p.deleteGroup},
	}
}

func (p *Player) toOutsider() (world.Grant, bool) {
	g := toAddress(p.outsider(), p.role())
	if oneIn(p.rng, 5) {
		g = until(g, p.World.Now().AddDate(0, 0, between(p.rng, 1, 20)))
	}
	return g, true
}

func (p *Player) toColleague() (world.Grant, bool) {
	u, ok := p.user(active)
	return toAddress(u.PrimaryEmail, p.role()), ok
}

func (p *Player) toAGroup() (world.Grant, bool) {
	g, ok := p.group(nil)
	return toGroupAddress(g.Email, p.role()), ok
}

// share gives a grant on an item; a folder now and then, with all below it.
func (p *Player) share(whom func() (world.Grant, bool)) (bool, error) {
	folders := oneIn(p.rng, 3)
	it, ok := p.file(func(f *world.File) bool { return f.IsFolder() == folders })
	if !ok {
		return false, nil
	}
	g, ok := whom()
	if !ok || strings.EqualFold(g.EmailAddress, it.actor) {
		return false, nil
	}
	return true, p.World.Share(it.ID, g, it.actor)
}

func (p *Player) link(role, domain string, discoverable bool) (bool, error) {
	it, ok := p.file(func(f *world.File) bool { return f.MimeType != world.MimeSite && (!f.IsFolder() || !discoverable) })
	if !ok {
		return false, nil
	}
	return true, p.World.SetLink(it.ID, role, domain, discoverable, it.actor)
}

// granted picks an item with an own ordinary grant that fits.
func (p *Player) granted(fits func(*world.Permission) bool) (it item, g world.Permission, ok bool) {
	var found world.Permission
	it, ok = p.file(func(f *world.File) bool {
		for _, q := range f.Permissions() {
			if q.View == "" && q.Role != "owner" && q.Own() != "" && fits(&q) {
				found = q
				return true
			}
		}
		return false
	})
	return it, found, ok
}

func (p *Player) linkOff() (bool, error) {
	it, _, ok := p.granted(func(q *world.Permission) bool { return q.Type == "anyone" || q.Type == "domain" })
	if !ok {
		return false, nil
	}
	return true, p.World.SetLink(it.ID, "", "", false, it.actor)
}

func (p *Player) unshare() (bool, error) {
	inside := oneIn(p.rng, 3)
	it, g, ok := p.granted(func(q *world.Permission) bool { return strings.HasSuffix(q.EmailAddress, "@"+p.domain()) == inside })
	if !ok {
		return false, nil
	}
	return true, p.World.Unshare(it.ID, g.ID, it.actor)
}

func (p *Player) changeRole(from, to string) (bool, error) {
	it, g, ok := p.granted(func(q *world.Permission) bool { return q.Own() == from })
	if !ok {
		return false, nil
	}
	return true, p.World.ChangeRole(it.ID, g.ID, to, it.actor)
}

func (p *Player) expiry(set bool) (bool, error) {
	it, g, ok := p.granted(func(q *world.Permission) bool {
		return (q.Type == "user" || q.Type == "group") && q.ExpirationTime.IsZero() == set
	})
	if !ok {
		return false, nil
	}
	t := time.Time{}
	if set {
		t = p.World.Now().Add(time.Duration(between(p.rng, 2, 24*9)) * time.Hour).Truncate(time.Second)
	}
	return true, p.World.SetExpiry(it.ID, g.ID, t, it.actor)
}

func (p *Player) askToOwn() (bool, error) {
	it, g, ok := p.granted(func(q *world.Permission) bool { return q.Type == "user" && q.Own() == "writer" })
	if !ok || it.Owner == nil {
		return false, nil
	}
	return true, p.World.SetPendingOwner(it.ID, g.ID, !g.PendingOwner, it.actor)
}

func (p *Player) publish(on bool) (bool, error) {
	it, ok := p.file(func(f *world.File) bool {
		is := slices.ContainsFunc(f.Permissions(), func(q world.Permission) bool { return q.View == world.ViewPublished })
		return is != on && (f.MimeType == world.MimeSite || f.MimeType == world.MimeForm || on && oneIn(p.rng, 20) && f.MimeType == world.MimeDocument)
	})
	if !ok {
		return false, nil
	}
	g := world.Grant{}
	if on {
		g = withLink("reader")
		if oneIn(p.rng, 3) {
			g = toDomain(p.domain(), "reader")
		}
	}
	return true, p.World.Publish(it.ID, g, it.actor)
}

func (p *Player) limit() (bool, error) {
	it, ok := p.file((*world.File).IsFolder)
	if !ok {
		return false, nil
	}
	if it.InheritedPermissionsDisabled {
		return true, p.World.EnableInheritance(it.ID, it.actor)
	}
	return true, p.World.DisableInheritance(it.ID, it.actor)
}

func (p *Player) create() (bool, error) {
	into, ok := p.file((*world.File).IsFolder)
	if !ok {
		return false, nil
	}
	_, err := p.World.CreateFile(&world.File{Name: p.title(), MimeType: pick(p.rng, commonMimes), Parent: into.ID}, into.actor)
	return true, err
}

func (p *Player) rename() (bool, error) {
	it, ok := p.file(func(*world.File) bool { return true })
	if !ok {
		return false, nil
	}
	name := p.title()
	if oneIn(p.rng, 4) {
		name = pick(p.rng, oddTitles)
	}
	return true, p.World.Rename(it.ID, name, it.actor)
}

// notMarked keeps folders at the top from being deleted: the policy names one of them.
func (p *Player) notMarked(f *world.File) bool { return !f.IsFolder() || p.World.File(f.Parent) != nil }

// move puts an item into a folder of My Drive, of the same owner or of another one, or to the top.
func (p *Player) move(folders bool) (bool, error) {
	it, ok := p.file(func(f *world.File) bool { return f.DriveID == "" && f.IsFolder() == folders && p.notMarked(f) })
	if !ok {
		return false, nil
	}
	into, ok := p.file(func(f *world.File) bool {
		return f.IsFolder() && f.DriveID == "" && f.ID != it.ID && f.ID != it.Parent && !(p.ofClass(f) && p.holdsTalk(&it.File))
	})
	if !ok {
		return false, nil
	}
	target := into.ID
	if oneIn(p.rng, 3) {
		p.World.View(func() {
			if u := p.World.User(it.Owner.EmailAddress); u != nil {
				target = p.World.RootID(u)
			}
		})
	}
	return true, p.World.MoveFile(it.ID, target, it.actor)
}

func (p *Player) moveIntoDrive() (bool, error) {
	it, ok := p.file(func(f *world.File) bool { return f.DriveID == "" && p.notMarked(f) })
	if !ok {
		return false, nil
	}
	d, ok := p.drive(func(d *world.Drive) bool { return len(d.Permissions) > 0 })
	if !ok {
		return false, nil
	}
	return true, p.World.MoveFile(it.ID, d.ID, it.actor)
}

func (p *Player) moveOutOfDrive() (bool, error) {
	it, ok := p.file(func(f *world.File) bool { return f.DriveID != "" })
	if !ok {
		return false, nil
	}
	root := ""
	p.World.View(func() {
		if u := p.World.User(it.actor); u != nil {
			root = p.World.RootID(u)
		}
	})
	return true, p.World.MoveFile(it.ID, root, it.actor)
}

func (p *Player) transfer() (bool, error) {
	it, ok := p.file(func(f *world.File) bool { return f.DriveID == "" })
	if !ok {
		return false, nil
	}
	u, ok := p.user(func(u *world.User) bool {
		return active(u) && !strings.EqualFold(u.PrimaryEmail, it.Owner.EmailAddress)
	})
	if !ok {
		return false, nil
	}
	return true, p.World.TransferOwner(it.ID, u.PrimaryEmail, it.actor)
}

func (p *Player) onFile(bin bool, do func(id, actor string) error, fits func(*world.File) bool) (bool, error) {
	it, ok := p.fileIn(bin, fits)
	if !ok {
		return false, nil
	}
	return true, do(it.ID, it.actor)
}
