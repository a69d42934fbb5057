package generate

import (
	"fmt"
	"strings"

	"esafetybot/internal/sim/world"
)

// group puts a group in place. Members are users, groups, "customer", or addresses of anybody else.
func (b *builder) group(local, name, join string, members ...any) *world.Group {
	g := &world.Group{Email: local + "@" + Domain, Name: name, AdminCreated: true, NonEditableAliases: []string{local + "@" + Alias}}
	var list []*world.Member
	outside := false
	for _, m := range members {
		switch m := m.(type) {
		case *world.User:
			list = append(list, &world.Member{ID: m.ID, Email: m.PrimaryEmail, Role: "MEMBER", Type: "USER", Status: "ACTIVE"})
		case *world.Group:
			list = append(list, &world.Member{ID: m.ID, Email: m.Email, Role: "MEMBER", Type: "GROUP", Status: "ACTIVE"})
		case string:
			o := &world.Member{Role: "MEMBER", Type: "USER", Email: m, ID: strings.TrimSuffix(b.w.PermissionID("member", m), "k")}
			if m == "customer" {
				o = &world.Member{Role: "MEMBER", Type: "CUSTOMER", ID: b.w.Settings.Customer.ID}
			} else if strings.HasPrefix(m, "list@") { // a group elsewhere; Google shows it without an id
				o.Type, o.ID = "GROUP", ""
			}
			outside = outside || !strings.HasSuffix(m, "@"+Domain) && m != "customer"
			list = append(list, o)
		}
	}
	if len(list) > 0 && list[0].Type == "USER" {
		list[0].Role = "OWNER"
	}
	settings := world.Raw{"email": jsonOf(g.Email), "name": jsonOf(name), "whoCanJoin": jsonOf(join),
		"allowExternalMembers": jsonOf(fmt.Sprint(outside)), "whoCanViewGroup": jsonOf("ALL_MEMBERS_CAN_VIEW")}
	b.check(b.w.AddGroup(g, list, settings))
	b.groupOf[local] = g
	return g
}

const (
	invited  = "INVITED_CAN_JOIN"
	canAsk   = "CAN_REQUEST_TO_JOIN"
	everyone = "ANYONE_CAN_JOIN"
	domain   = "ALL_IN_DOMAIN_CAN_JOIN"
)

func all[T any](list []T) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = v
	}
	return out
}

// groups makes the groups. Which of them hold a share is decided where files and drives are shared: see eachRule.
func (b *builder) groups() {
	b.groupOf = map[string]*world.Group{}
	for i, c := range b.classes {
		members := all(c.teachers)
		for _, p := range c.pupils {
			members = append(members, p.user)
		}
		b.group(fmt.Sprintf("class%d", i+1), c.name, invited, members...)
	}
	office := b.group("office", "School office", invited, all(b.officeStaff)...)
	leaders := b.group("leaders", "Leadership team", invited, b.head, b.deputy, b.senco)
	teachers := b.group("teachers", "Class teachers", invited, all(b.teachers)...)
	tas := b.group("tas", "Teaching assistants", invited, all(b.tas)...)
	b.group("staff", "All staff", invited, b.site, b.it, teachers, tas, office, leaders)
	b.group("governors", "Governing board", invited, all(b.governors)...)
	b.group("everyone", "Everyone with an account", invited, "customer")

	// With somebody from outside, in the group itself.
	b.group("curriculum", "Curriculum group", canAsk, b.deputy, b.teachers[0], "s.consult@learning-advice.example")
	// With somebody from outside three deep, and by two ways.
	partners := b.group("phonics-partners", "Phonics partners", invited, b.teachers[0], "hub.lead@phonics-hub.example", "list@phonics-hub.example")
	leads := b.group("reading-leads", "Reading leads", invited, b.deputy, partners, "hub.lead@phonics-hub.example")
	b.group("literacy", "Literacy team", invited, b.teachers[len(b.teachers)-1], leads)
	// That anyone may join, and one that holds it.
	clubs := b.group("clubs", "After-school clubs", everyone, b.tas[0])
	b.group("events", "Events", invited, b.tas[0], b.bursar, clubs)
	// With a person of a trusted domain.
	b.group("cluster", "Cluster of schools", invited, b.head, "adviser@"+Trust, "moderator@"+Trust)
	// With an outsider and open, but nothing is shared with them: a mailing list, a group for a hall booking.
	parents := []any{b.bursar}
	for i, p := range b.pupils {
		if i%4 == 0 && len(parents) < 120 {
			parents = append(parents, p.parent)
		}
	}
	b.group("parents", "Parents' mailing list", invited, parents...)
	b.group("choir", "Community choir", everyone, b.bursar, "alto@home.example")
	// Open to the domain only, with former accounts in it, and in a circle with another group.
	b.group("book-club", "Staff book club", domain, b.teachers[0], b.tas[0], b.gone[0])
	ring := b.group("wellbeing", "Wellbeing", invited, b.senco, b.groupOf["book-club"])
	book := b.groupOf["book-club"]
	b.check(b.w.AddMember(book.Email, &world.Member{Email: ring.Email}, b.it.PrimaryEmail))
	if len(b.oak) > 0 {
		b.group("trust-finance", "Trust finance", invited, b.bursar, b.oak[0], b.oak[1])
	}
}

// drive puts a shared drive in place, in the unit (a path) or in none.
func (b *builder) drive(key, name, unit string, age int, members ...world.Grant) *world.Drive {
	d := &world.Drive{Name: name, CreatedTime: b.now.AddDate(0, 0, -age), Restrictions: jsonOf(map[string]bool{"domainUsersOnly": false, "driveMembersOnly": false})}
	if unit != "" {
		d.OrgUnitID = b.w.UnitOf(unit).OrgUnitID
		if b.rng.IntN(2) == 0 { // Google gives the id without its prefix here
			d.OrgUnitID = strings.TrimPrefix(d.OrgUnitID, "id:")
		}
	}
	for _, g := range members {
		p := world.Permission{Type: g.Type, Role: g.Role, EmailAddress: g.EmailAddress, ExpirationTime: g.ExpirationTime}
		p.ID = b.w.PermissionID(g.Type, g.EmailAddress)
		if u := b.w.User(g.EmailAddress); u != nil {
			p.DisplayName = u.Name.FullName
		} else if gr := b.w.Group(g.EmailAddress); gr != nil {
			p.DisplayName = gr.Name
		}
		d.Permissions = append(d.Permissions, p)
	}
	if d.Permissions == nil {
		d.Permissions = []world.Permission{}
	}
	b.check(b.w.AddDrive(d))
	b.driveOf[key] = d
	return d
}

// drives makes the shared drives.
func (b *builder) drives() {
	b.driveOf = map[string]*world.Drive{}
	staff := b.unit("Staff")
	for i, c := range b.classes {
		if i%3 == 0 || len(b.classes) < 4 {
			b.drive(fmt.Sprintf("class%d", i+1), c.name+" team", staff, 700-i, to(c.teachers[0], "organizer"), to(c.ta, "writer"), toGroup(b.groupOf["leaders"], "reader"))
		}
	}
	b.drive("staff", "Staff room", "", 1500, to(b.head, "organizer"), toGroup(b.groupOf["staff"], "fileOrganizer"))
	b.drive("curriculum", "Curriculum", staff, 900, to(b.deputy, "organizer"), toGroup(b.groupOf["teachers"], "writer"), toGroup(b.groupOf["literacy"], "commenter"))
	b.drive("governors", "Governors", b.unit("Governors"), 1200, to(b.head, "organizer"), toGroup(b.groupOf["governors"], "reader"),
		toAddress("clerk@governance-clerks.example", "writer"), until(toAddress("old.clerk@governance-clerks.example", "writer"), b.now.AddDate(0, -1, 0)))
	b.drive("moderation", "Trust moderation", staff, 400, to(b.deputy, "organizer"), toAddress("moderator@"+Trust, "writer"), toGroupAddress("moderators@"+Trust, "reader"))
	// Nobody can use these any more: one has only an account that was deleted, and one whose person left, the other no member at all.
	b.drive("leavers", "Year 6 leavers' book", b.unit("Pupils"), 800, toAddress(b.gone[0], "organizer"))
	b.drive("empty", "Old server", "", 1600)
	// A near miss: whoever was outside may no longer come in.
	b.drive("sports", "Sports day", staff, 300, to(b.teachers[0], "organizer"), to(b.tas[0], "writer"),
		until(toAddress("coach@sports-coaching.example", "writer"), b.now.AddDate(0, 0, -20)))
	personnel := []world.Grant{to(b.head, "organizer"), toGroup(b.groupOf["leaders"], "writer"), to(b.tas[0], "reader"), toAddress(b.bursar.PrimaryEmail, "writer")}
	if len(b.oak) > 0 {
		personnel = append(personnel, to(b.oak[0], "reader"))
	}
	b.personnel = b.drive("personnel", "Personnel", staff+"/Office", 1000, personnel...)
	switch {
	case b.narrowed:
		b.drive("oak", "Oak staff", "/Oak/Staff", 600, to(b.oak[0], "organizer"), to(b.oak[1], "writer"), toAddress("tutor@music-tuition.example", "writer"))
	case b.central:
		b.drive("oak", "Trust board", "/Trust", 600, to(b.oak[0], "organizer"), toAddress("auditor@audit-firm.example", "reader"))
	}
}
