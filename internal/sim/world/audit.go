package world

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// MaxReconciled bounds the audit records that one change of a folder writes for the items below it.
const MaxReconciled = 100

// Visibility is the word that Drive's audit log has for who can reach the item.
// Source: Reports API, Drive audit activity events, parameter visibility.
func (w *World) Visibility(f *File) string { return w.visibility(f.perms) }

func (w *World) visibility(s *permSet) string {
	word, rank := "private", 0
	if s == nil {
		return word
	}
	now := w.now()
	for i := range s.list {
		p := &s.list[i]
		if !p.Live(now) || p.Role == "owner" {
			continue
		}
		v, r := "shared_internally", 1
		switch p.Type {
		case "anyone":
			v, r = "people_with_link", 5
			if p.AllowFileDiscovery {
				v, r = "public_on_the_web", 6
			}
		case "domain":
			v, r = "people_within_domain_with_link", 2
			if p.AllowFileDiscovery {
				v, r = "public_in_the_domain", 3
			}
			if !w.Ours(p.Domain) && !strings.HasSuffix(p.Domain, ".audience.googledomains.com") {
				v, r = "shared_externally", 4
			}
		default:
			if !w.Ours(p.EmailAddress[strings.LastIndexByte(p.EmailAddress, '@')+1:]) {
				v, r = "shared_externally", 4
			}
		}
		if r > rank {
			word, rank = v, r
		}
	}
	return word
}

func external(visibility string) bool {
	switch visibility {
	case "public_on_the_web", "people_with_link", "shared_externally":
		return true
	}
	return false
}

// access is the audit log's word for a role.
func access(role string) string {
	switch role {
	case "reader":
		return "can_view"
	case "commenter":
		return "can_comment"
	case "writer", "fileOrganizer":
		return "can_edit"
	case "organizer", "owner":
		return role
	}
	return "none"
}

// memberRole is the audit log's word for a role in a shared drive.
func memberRole(role string) string {
	switch role {
	case "reader":
		return "viewer"
	case "commenter", "organizer":
		return role
	case "writer":
		return "editor"
	case "fileOrganizer":
		return "content_manager"
	}
	return "none"
}

func docType(mime string) string {
	if t, ok := strings.CutPrefix(mime, "application/vnd.google-apps."); ok && t != "shortcut" {
		return t
	}
	switch mime {
	case MimeShortcut:
		return "shortcut"
	case "application/pdf":
		return "pdf"
	case "image/jpeg":
		return "jpeg"
	case "image/png":
		return "png"
	case "video/mp4":
		return "mp4"
	case "text/plain":
		return "txt"
	case "text/html":
		return "html"
	}
	return "unknown"
}

func text(name, value string) Param    { return Param{Name: name, Value: value} }
func flag(name string, v bool) Param   { return Param{Name: name, Bool: &v} }
func reconciled(name string) string    { return name + "_hierarchy_reconciled" }
func acl(name string, p []Param) Event { return Event{Type: "acl_change", Name: name, Params: p} }

// about lists the parameters that every Drive event carries.
func (w *World) about(f *File, primary bool, more ...Param) []Param {
	p := []Param{flag("primary_event", primary), flag("billable", true), text("doc_id", f.ID), text("doc_title", f.Name), text("doc_type", docType(f.MimeType))}
	if f.Owner != nil {
		p = append(p, flag("owner_is_shared_drive", false), text("owner", f.Owner.EmailAddress))
	} else {
		name := ""
		if d := w.drives[f.DriveID]; d != nil {
			name = d.Name
		}
		p = append(p, flag("owner_is_shared_drive", true), text("owner", name), text("shared_drive_id", f.DriveID), text("owner_shared_drive_id", f.DriveID))
	}
	p = append(p, text("visibility", w.visibility(f.perms)))
	return append(p, more...)
}

// record appends an audit record at the present time.
func (w *World) record(app, actor string, events ...Event) {
	w.recordAt(w.now(), app, actor, events...)
}

func (w *World) recordAt(at time.Time, app, actor string, events ...Event) {
	if len(events) == 0 {
		return
	}
	w.counter++
	a := &Activity{Time: at, App: app, ActorEmail: actor, Events: events, IPAddress: "203.0.113.7"}
	for _, c := range digits(strings.Join([]string{app, actor, events[0].Name, a.Time.Format(stamp), w.counterText()}, "/"), 18) {
		a.Unique = a.Unique*10 + int64(c-'0')
	}
	if u := w.byEmail[strings.ToLower(actor)]; u != nil {
		a.ActorEmail, a.ActorID = u.PrimaryEmail, u.ID
	}
	w.AddActivity(a)
	for _, fn := range w.listeners {
		(*fn)(a)
	}
}

// aclEvents tells the difference between two lists of permissions as Drive's audit log does.
func (w *World) aclEvents(f *File, old *permSet, primary bool) []Event {
	suffix := func(n string) string { return n }
	if !primary {
		suffix = reconciled
	}
	oldVis, newVis := w.visibility(old), w.visibility(f.perms)
	change := "none"
	switch {
	case !external(oldVis) && external(newVis):
		change = "external"
	case external(oldVis) && !external(newVis):
		change = "internal"
	}
	var out []Event
	for _, d := range differences(old, f.perms) {
		p := w.about(f, primary, text("old_visibility", oldVis), text("visibility_change", change), Param{Name: "old_value", Multi: []string{access(d.before)}},
			Param{Name: "new_value", Multi: []string{access(d.after)}})
		switch d.grantee.Type {
		case "anyone":
			out = append(out, acl(suffix("change_document_access_scope"), append(p, text("target_domain", "all"))))
		case "domain":
			out = append(out, acl(suffix("change_document_access_scope"), append(p, text("target_domain", d.grantee.Domain))))
		default:
			out = append(out, acl(suffix("change_user_access"), append(p, text("target_user", d.grantee.EmailAddress))))
		}
		if d.grantee.Type == "anyone" || d.grantee.Type == "domain" {
			p := w.about(f, primary, text("old_visibility", oldVis), text("visibility_change", change), Param{Name: "old_value", Multi: []string{linkVisibility(d.grantee, d.before)}},
				Param{Name: "new_value", Multi: []string{linkVisibility(d.grantee, d.after)}})
			target := "all"
			if d.grantee.Type == "domain" {
				target = d.grantee.Domain
			}
			out = append(out, acl(suffix("change_document_visibility"), append(p, text("target_domain", target))))
		}
	}
	return out
}

func linkVisibility(p *Permission, role string) string {
	switch {
	case role == "":
		return "private"
	case p.Type == "anyone" && p.AllowFileDiscovery:
		return "public_on_the_web"
	case p.Type == "anyone":
		return "people_with_link"
	case p.AllowFileDiscovery:
		return "public_in_the_domain"
	}
	return "people_within_domain_with_link"
}

type difference struct {
	grantee       *Permission
	before, after string // roles, "" for none
}

// differences lists the ordinary grants that came, went or changed, also where the item's own grant changes without giving anybody
// more or less than they had; owners are told by change_owner.
func differences(old, now *permSet) []difference {
	var out []difference
	var was []Permission
	if old != nil {
		was = old.list
	}
	for i := range now.list {
		p := &now.list[i]
		if p.View != "" || p.Role == "owner" {
			continue
		}
		before := ""
		if o := find(was, p.ID, ""); o != nil {
			if o.Role == p.Role && o.Own() == p.Own() && o.ExpirationTime.Equal(p.ExpirationTime) && o.AllowFileDiscovery == p.AllowFileDiscovery && o.PendingOwner == p.PendingOwner {
				continue
			}
			before = o.Role
		}
		out = append(out, difference{p, before, p.Role})
	}
	for i := range was {
		p := &was[i]
		if p.View == "" && p.Role != "owner" && find(now.list, p.ID, "") == nil {
			out = append(out, difference{p, p.Role, ""})
		}
	}
	slices.SortStableFunc(out, func(a, b difference) int { return cmp.Compare(a.grantee.ID, b.grantee.ID) })
	return out
}

// reconcile writes a record for each item below whose reach changed, up to MaxReconciled.
func (w *World) reconcile(actor string, below []changed) {
	for i, c := range below {
		if i == MaxReconciled {
			return
		}
		w.record("drive", actor, w.aclEvents(c.file, c.old, false)...)
	}
}
