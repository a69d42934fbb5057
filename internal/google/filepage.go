package google

import (
	"google.golang.org/api/drive/v3"

	"esafetybot/internal/seen"
)

// A filePage is a page of files.list, read from Google's answer without the detour over the REST client's structs. Its items
// are good until the next page is read into it.
type filePage struct {
	items   []seen.Item
	next    string
	partial bool // incompleteSearch

	known   map[string]string // see scanner
	grants  []seen.Grant      // of all items together
	file    drive.File        // the one being read
	person  drive.User
	perm    drive.Permission
	details []*drive.PermissionPermissionDetails // of the permission being read; those past its length are for use again
}

// read takes the page from an answer's body. A body that is cut off, or no page of files, is an error.
func (p *filePage) read(body []byte) error {
	if p.known == nil {
		p.known = map[string]string{}
	}
	p.items, p.next, p.partial = p.items[:0], "", false
	p.grants = make([]seen.Grant, 0, 128) // anew: whoever got an item may keep its grants
	s := &scanner{b: body, known: p.known}
	s.object(func(key []byte) {
		switch string(key) {
		case "nextPageToken":
			p.next = s.text()
		case "incompleteSearch":
			p.partial = s.flag()
		case "files":
			s.array(func() { p.items = append(p.items, p.item(s)) })
		default:
			s.skip()
		}
	})
	return s.finish()
}

func (p *filePage) item(s *scanner) seen.Item {
	p.file = drive.File{}
	f, grants, all, shut := &p.file, len(p.grants), false, false
	s.object(func(key []byte) {
		switch string(key) {
		case "id":
			f.Id = s.text()
		case "name":
			f.Name = s.text()
		case "mimeType":
			f.MimeType = s.word()
		case "parents":
			s.array(func() { f.Parents = append(f.Parents, s.word()) })
		case "owners":
			s.array(func() { p.owner(s) })
		case "driveId":
			f.DriveId = s.word()
		case "webViewLink":
			f.WebViewLink = s.text()
		case "createdTime":
			f.CreatedTime = s.text()
		case "trashed":
			f.Trashed = s.flag()
		case "hasAugmentedPermissions":
			f.HasAugmentedPermissions = s.flag()
		case "capabilities":
			shut = p.shut(s)
		case "permissions":
			all = s.next() == '['
			s.array(func() {
				if g, keep := p.grant(s); keep {
					p.grants = append(p.grants, g)
				}
			})
		default:
			s.skip()
		}
	})
	if f.Id == "" {
		s.fail()
	}
	it, _ := item(f)
	it.Shut = shut && f.MimeType == seen.MimeFolder
	it.Grants, it.GrantsSeen = p.grants[grants:len(p.grants):len(p.grants)], all
	return it
}

// shut tells whether whoever reads a folder may not see what is in it. Files have no children: they are shut too.
func (p *filePage) shut(s *scanner) (is bool) {
	s.object(func(key []byte) {
		if string(key) == "canListChildren" {
			is = !s.flag()
		} else {
			s.skip()
		}
	})
	return is
}

func (p *filePage) owner(s *scanner) {
	var address string
	s.object(func(key []byte) {
		if string(key) == "emailAddress" {
			address = s.word()
		} else {
			s.skip()
		}
	})
	if p.file.Owners == nil { // the first is all that item looks at
		p.person.EmailAddress = address
		p.file.Owners = append(p.file.Owners, &p.person)
	}
}

func (p *filePage) grant(s *scanner) (seen.Grant, bool) {
	p.perm = drive.Permission{}
	g, details := &p.perm, 0
	s.object(func(key []byte) {
		switch string(key) {
		case "id":
			g.Id = s.word()
		case "type":
			g.Type = s.word()
		case "role":
			g.Role = s.word()
		case "emailAddress":
			g.EmailAddress = s.word()
		case "domain":
			g.Domain = s.word()
		case "view":
			g.View = s.word()
		case "expirationTime":
			g.ExpirationTime = s.text()
		case "allowFileDiscovery":
			g.AllowFileDiscovery = s.flag()
		case "deleted":
			g.Deleted = s.flag()
		case "pendingOwner":
			g.PendingOwner = s.flag()
		case "permissionDetails":
			s.array(func() {
				if details == len(p.details) {
					p.details = append(p.details, new(drive.PermissionPermissionDetails))
				}
				p.detail(s, p.details[details])
				details++
			})
		default:
			s.skip()
		}
	})
	g.PermissionDetails = p.details[:details]
	return grant(g)
}

func (p *filePage) detail(s *scanner, d *drive.PermissionPermissionDetails) {
	*d = drive.PermissionPermissionDetails{}
	s.object(func(key []byte) {
		switch string(key) {
		case "permissionType":
			d.PermissionType = s.word()
		case "role":
			d.Role = s.word()
		case "inherited":
			d.Inherited = s.flag()
		case "inheritedFrom":
			d.InheritedFrom = s.word()
		default:
			s.skip()
		}
	})
}
