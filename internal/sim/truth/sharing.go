package truth

import (
	"slices"
	"strings"
	"time"
)

const (
	shortcutType = "application/vnd.google-apps.shortcut"
	siteType     = "application/vnd.google-apps.site"
	formType     = "application/vnd.google-apps.form"
)

// hit is one fact of one rule about one subject, whichever clause asks for it.
type hit struct{ rule, subject, fact string }

// adder takes a hit.
type adder func(rule, subject, fact string)

// everywhere is what all rules find, but for those that ask what is confidential. It is the same
// for every clause.
func (w *world) everywhere() []hit {
	var out []hit
	add := func(rule, subject, fact string) { out = append(out, hit{rule, subject, fact}) }
	for i := range w.t.Files {
		w.judgeFile(&w.t.Files[i], add)
	}
	for i := range w.t.Drives {
		w.judgeDrive(&w.t.Drives[i], add)
	}
	sharers := w.sharers()
	for i := range w.t.Groups {
		if g := &w.t.Groups[i]; sharers[g] {
			w.judgeGroup(g, add)
		}
	}
	return out
}

// judge adds what one `check: sharing` finds: of all hits those of the rules that it names.
func (w *world) judge(m Means, everywhere []hit, found collection) {
	add := func(rule, subject, fact string) {
		if slices.Contains(m.Rules, rule) {
			found.add("sharing", m.Clause, rule, subject, fact)
		}
	}
	for _, h := range everywhere {
		add(h.rule, h.subject, h.fact)
	}
	for _, c := range m.Confidential {
		w.judgeConfidential(c, add)
	}
}

// judgeFile tries the rules whose subject is a file.
func (w *world) judgeFile(f *File, add adder) {
	if !w.looked(f) {
		return
	}
	for _, p := range f.Permissions {
		if !w.counts(p) || isMemberOnly(p) {
			continue
		}
		cause, grant := w.cause(f, p, "")
		if cause == nil {
			continue
		}
		if rule := w.rule(cause, grant); rule != "" {
			add(rule, "file/"+cause.ID, w.fact(grant, roleAtCause(grant)))
		}
	}
}

// rule is the first of the file rules that fits a grant at its cause, or "".
func (w *world) rule(f *File, p Permission) string {
	n := w.grantee(p)
	out := p.Type == "anyone" || n == outside
	published := p.View == "published"
	switch {
	case out && published && f.MimeType == siteType:
		return "site"
	case out && published && f.MimeType == formType:
		return "form-responders"
	case out && !published && f.MimeType == formType && rank(roleAtCause(p)) >= rank("writer"):
		return "form-editors"
	case p.Type == "anyone" && p.AllowFileDiscovery:
		return "public"
	case p.Type == "anyone":
		return "public-link"
	case p.Type == "user" && n == outside:
		return "outside-person"
	case p.Type == "group" && n == outside:
		return "outside-group"
	case p.Type == "domain" && n == outside:
		return "outside-domain"
	case n == trusted:
		return "trusted-domain"
	}
	return ""
}

// grantee is how near the one is who is granted something, as far as a file rule asks: nobody
// stands for anyone and for groups of ours too, which have rules of their own.
func (w *world) grantee(p Permission) near {
	switch p.Type {
	case "user":
		return w.person(p.EmailAddress)
	case "domain":
		return w.domain(p.Domain)
	case "group":
		if w.ourGroup(p.EmailAddress) == nil {
			return w.stranger(p.EmailAddress)
		}
	}
	return nobody
}

// judgeDrive tries the rules on the membership of a shared drive.
func (w *world) judgeDrive(d *Drive, add adder) {
	if !w.lookedDrive(d) {
		return
	}
	for _, p := range d.Permissions {
		if !w.counts(p) || (p.Type != "user" && p.Type != "group") {
			continue
		}
		switch w.grantee(p) {
		case outside:
			add("shared-drive-outsider", "drive/"+d.ID, w.fact(p, p.Role))
		case trusted:
			add("trusted-domain", "drive/"+d.ID, w.fact(p, p.Role))
		}
	}
}

// judgeGroup tries the rules on a group of ours that holds a share.
func (w *world) judgeGroup(g *Group, add adder) {
	for _, m := range w.members(g) {
		switch w.member(m) {
		case outside:
			add("group-with-outsiders", "group/"+g.ID, memberFact(m))
		case trusted:
			add("trusted-domain", "group/"+g.ID, memberFact(m))
		}
	}
	for _, inner := range w.nested(g) {
		for _, a := range inner.addresses() {
			if w.t.WhoCanJoin[a] == "ANYONE_CAN_JOIN" {
				add("open-group", "group/"+g.ID, "group/"+inner.ID+" anyone-can-join")
			}
		}
	}
}

// sharers is the groups of ours that something looked at is shared with, by their own address.
func (w *world) sharers() map[*Group]bool {
	out := map[*Group]bool{}
	for i := range w.t.Drives {
		if !w.lookedDrive(&w.t.Drives[i]) {
			continue
		}
		for _, p := range w.t.Drives[i].Permissions {
			if p.Type == "group" && w.counts(p) {
				out[w.ourGroup(p.EmailAddress)] = true
			}
		}
	}
	for i := range w.t.Files {
		if !w.looked(&w.t.Files[i]) {
			continue
		}
		for _, p := range w.t.Files[i].Permissions {
			if p.Type == "group" && w.counts(p) && !isMemberOnly(p) {
				out[w.ourGroup(p.EmailAddress)] = true
			}
		}
	}
	return out
}

// looked reports whether an item is looked at.
func (w *world) looked(f *File) bool {
	if f.Trashed || f.MimeType == shortcutType {
		return false
	}
	if f.DriveID != "" {
		d := w.drives[f.DriveID]
		return d != nil && w.lookedDrive(d)
	}
	if len(f.Owners) == 0 {
		return false
	}
	owner := w.users[strings.ToLower(f.Owners[0].EmailAddress)]
	return owner != nil && w.inSchool(owner.OrgUnitPath)
}

// lookedDrive reports whether a shared drive is looked at.
func (w *world) lookedDrive(d *Drive) bool {
	// The unit "/" has every drive below it, also one whose unit the tenant does not list.
	if d.OrgUnitID == "" || w.customer() == sameSchool {
		return true
	}
	for _, u := range w.t.OrgUnits {
		if bare(u.ID) == bare(d.OrgUnitID) {
			return w.inSchool(u.Path)
		}
	}
	return false
}

func bare(unitID string) string { return strings.TrimPrefix(unitID, "id:") }

// counts reports whether a permission counts, apart from what isMemberOnly says of items.
func (w *world) counts(p Permission) bool {
	expired := !p.ExpirationTime.IsZero() && !p.ExpirationTime.After(w.now)
	return !p.Deleted && !expired && p.View != "metadata" && p.Role != "owner"
}

// isMemberOnly reports whether a permission of an item says nothing but that the drive's
// membership gives it.
func isMemberOnly(p Permission) bool {
	return len(p.Details) > 0 && len(listed(p)) == 0
}

// listed is the details without those of drive membership.
func listed(p Permission) []PermissionDetail {
	isMember := func(d PermissionDetail) bool { return d.PermissionType == "member" }
	if !slices.ContainsFunc(p.Details, isMember) {
		return p.Details
	}
	return slices.DeleteFunc(slices.Clone(p.Details), isMember)
}

func rank(role string) int {
	return slices.Index([]string{"", "reader", "commenter", "writer", "fileOrganizer", "organizer", "owner"}, role)
}

// roles are the highest direct and the highest inherited role of a permission of an item, "" for
// none.
func roles(p Permission) (direct, inherited string) {
	if len(p.Details) == 0 {
		return p.Role, ""
	}
	for _, d := range listed(p) {
		if d.Inherited && rank(d.Role) > rank(inherited) {
			inherited = d.Role
		}
		if !d.Inherited && rank(d.Role) > rank(direct) {
			direct = d.Role
		}
	}
	return direct, inherited
}

// isOwn reports whether a permission is the item's own.
func isOwn(p Permission) bool {
	direct, inherited := roles(p)
	return rank(direct) > rank(inherited)
}

// roleAtCause is the role that a permission of an item gives at its cause.
func roleAtCause(p Permission) string {
	if isOwn(p) {
		direct, _ := roles(p)
		return direct
	}
	return p.Role
}

// cause is the topmost item that holds the permission p of f, with the permission as it stands
// there; nil where an inherited permission of a shared drive is left to the item it comes from.
// At the item with the id top the walk stops.
func (w *world) cause(f *File, p Permission, top string) (*File, Permission) {
	if f.DriveID != "" {
		if isOwn(p) {
			return f, p
		}
		return nil, p
	}
	been := map[*File]bool{}
	for !isOwn(p) && f.ID != top && !been[f] {
		been[f] = true
		parent, above, ok := w.above(f, p)
		if !ok {
			break
		}
		f, p = parent, above
	}
	return f, p
}

// above is the parent of f in My Drive that holds p too.
func (w *world) above(f *File, p Permission) (*File, Permission, bool) {
	for _, id := range f.Parents {
		parent := w.files[id]
		if parent == nil || parent.DriveID != "" || !w.looked(parent) {
			continue
		}
		for _, q := range parent.Permissions {
			if q.ID == p.ID && q.View == p.View && w.counts(q) && !isMemberOnly(q) {
				return parent, q, true
			}
		}
	}
	return nil, p, false
}

// fact is a grant in words.
func (w *world) fact(p Permission, role string) string {
	var s string
	switch p.Type {
	case "anyone":
		s = "anyone-with-link"
		if p.AllowFileDiscovery {
			s = "anyone"
		}
	case "domain":
		s = "domain/" + strings.ToLower(p.Domain)
	default:
		s = p.Type + "/" + p.ID
	}
	s += " " + role
	if !p.ExpirationTime.IsZero() {
		s += " until " + p.ExpirationTime.UTC().Format(time.RFC3339)
	}
	if p.PendingOwner {
		s += " pending-owner"
	}
	return s
}
