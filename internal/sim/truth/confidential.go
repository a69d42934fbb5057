package truth

import (
	"slices"
	"strings"
)

// judgeConfidential tries within-school and trust-wide in one marked tree.
func (w *world) judgeConfidential(c Confidential, add adder) {
	if c.Folder != "" {
		for i := range w.t.Files {
			f := &w.t.Files[i]
			if f.DriveID == "" && w.looked(f) && w.below(f, c.Folder) {
				w.judgeInside(f, c, add)
			}
		}
	}
	if c.Drive == "" {
		return
	}
	d := w.drives[c.Drive]
	if d == nil || !w.lookedDrive(d) {
		return
	}
	for _, p := range d.Permissions {
		if rule := w.insideRule(p); rule != "" && w.counts(p) && !w.allowed(p, c.Allowed) {
			add(rule, "drive/"+d.ID, w.fact(p, p.Role))
		}
	}
	for i := range w.t.Files {
		f := &w.t.Files[i]
		if f.DriveID == d.ID && w.looked(f) {
			w.judgeInside(f, c, add)
		}
	}
}

// judgeInside tries both rules on one item of a marked tree.
func (w *world) judgeInside(f *File, c Confidential, add adder) {
	for _, p := range f.Permissions {
		if !w.counts(p) || isMemberOnly(p) {
			continue
		}
		cause, grant := w.cause(f, p, c.Folder)
		if cause == nil {
			continue
		}
		if rule := w.insideRule(grant); rule != "" && !w.allowed(grant, c.Allowed) {
			add(rule, "file/"+cause.ID, w.fact(grant, roleAtCause(grant)))
		}
	}
}

// below reports whether f is the folder with the id top, or in it to any depth by way of items
// that are looked at.
func (w *world) below(f *File, top string) bool {
	been := map[*File]bool{}
	var climb func(f *File) bool
	climb = func(f *File) bool {
		if f.ID == top {
			return true
		}
		if been[f] || !w.looked(f) {
			return false
		}
		been[f] = true
		for _, id := range f.Parents {
			if id == top {
				return true
			}
			if parent := w.files[id]; parent != nil && climb(parent) {
				return true
			}
		}
		return false
	}
	return climb(f)
}

// insideRule is the rule for a grant that stays inside the customer, or "".
func (w *world) insideRule(p Permission) string {
	n := w.grantee(p)
	if g := w.ourGroup(p.EmailAddress); p.Type == "group" && g != nil {
		n = sameSchool
		for _, m := range w.members(g) {
			if w.member(m) == sameTrust {
				n = sameTrust
			}
		}
	}
	switch n {
	case sameSchool:
		return "within-school"
	case sameTrust:
		return "trust-wide"
	}
	return ""
}

// allowed reports whether the grantee is on the list, by itself or by a group on it.
func (w *world) allowed(p Permission, list []string) bool {
	user := w.users[strings.ToLower(p.EmailAddress)]
	group := w.ourGroup(p.EmailAddress)
	for _, entry := range list {
		entry = strings.ToLower(entry)
		listed := w.ourGroup(entry)
		switch p.Type {
		case "user":
			if user == nil {
				continue
			}
			if w.users[entry] == user {
				return true
			}
			if listed == nil {
				continue
			}
			for _, m := range w.members(listed) {
				if m.Type != "GROUP" && m.Type != "CUSTOMER" && w.users[strings.ToLower(m.Email)] == user {
					return true
				}
			}
		case "group":
			if group != nil && listed != nil && slices.Contains(w.nested(listed), group) {
				return true
			}
		}
	}
	return false
}
