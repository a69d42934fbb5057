package generate

import (
	"strings"
	"time"

	"esafetybot/internal/sim/world"
)

// The grants below say who gets what: to a user, a group, an address, anyone, a domain.

func to(u *world.User, role string) world.Grant {
	return world.Grant{Type: "user", Role: role, EmailAddress: u.PrimaryEmail}
}

func toAddress(address, role string) world.Grant {
	return world.Grant{Type: "user", Role: role, EmailAddress: address, DisplayName: address[:strings.IndexByte(address, '@')]}
}

func toGroup(g *world.Group, role string) world.Grant {
	return world.Grant{Type: "group", Role: role, EmailAddress: g.Email}
}

func toGroupAddress(address, role string) world.Grant {
	return world.Grant{Type: "group", Role: role, EmailAddress: address}
}

func withLink(role string) world.Grant { return world.Grant{Type: "anyone", Role: role} }

func public(role string) world.Grant {
	return world.Grant{Type: "anyone", Role: role, AllowFileDiscovery: true}
}

func toDomain(domain, role string) world.Grant {
	return world.Grant{Type: "domain", Role: role, Domain: domain}
}

func until(g world.Grant, t time.Time) world.Grant {
	g.ExpirationTime = t.UTC().Truncate(time.Second)
	return g
}

func pending(g world.Grant) world.Grant {
	g.PendingOwner = true
	return g
}

func published(g world.Grant) world.Grant {
	g.View = world.ViewPublished
	return g
}

// Audience is a target audience of the school: Google shows it as a domain.
const Audience = "03abc7de.audience.googledomains.com"

// put puts an item into a folder, a drive or the owner's root (parent nil or ""), some time ago.
func (b *builder) put(owner *world.User, parent any, name, mime string, own ...world.Grant) *world.File {
	f := &world.File{Name: name, MimeType: mime}
	if owner != nil {
		f.Owner = &world.Person{EmailAddress: owner.PrimaryEmail}
	}
	return b.place(f, parent, own...)
}

func (b *builder) place(f *world.File, parent any, own ...world.Grant) *world.File {
	switch p := parent.(type) {
	case *world.File:
		f.Parent, f.DriveID = p.ID, p.DriveID
	case *world.Drive:
		f.Parent, f.DriveID = p.ID, p.ID
	case string:
		f.Parent = p
	}
	if f.DriveID != "" {
		f.Owner = nil
	} else if u := b.w.User(f.Owner.EmailAddress); f.Parent == "" && u != nil {
		f.Parent = b.w.RootID(u)
	}
	minutes := between(b.rng, 60*24*2, 60*24*700)
	f.Created = b.now.Add(-time.Duration(minutes) * time.Minute).Truncate(time.Second)
	f.Modified = f.Created.Add(time.Duration(b.rng.IntN(minutes)) * time.Minute)
	b.check(b.w.AddFile(f, own...))
	return f
}

func (b *builder) folder(owner *world.User, parent any, name string, own ...world.Grant) *world.File {
	return b.put(owner, parent, name, world.MimeFolder, own...)
}

func (b *builder) doc(owner *world.User, parent any, name string, own ...world.Grant) *world.File {
	return b.put(owner, parent, name, world.MimeDocument, own...)
}

// bin puts an item into the bin with everything below it.
func (b *builder) bin(f *world.File) *world.File {
	f.ExplicitlyTrashed = true
	queue := []*world.File{f}
	for i := 0; i < len(queue); i++ {
		queue[i].Trashed = true
		queue = append(queue, b.w.Children(queue[i].ID)...)
	}
	return f
}
