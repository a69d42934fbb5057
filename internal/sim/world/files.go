package world

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"
)

// MIME types that behave specially.
const (
	MimeFolder   = "application/vnd.google-apps.folder"
	MimeShortcut = "application/vnd.google-apps.shortcut"
	MimeForm     = "application/vnd.google-apps.form"
	MimeSite     = "application/vnd.google-apps.site"
	MimeDocument = "application/vnd.google-apps.document"
	MimeSheet    = "application/vnd.google-apps.spreadsheet"
	MimeSlides   = "application/vnd.google-apps.presentation"
)

// Person is an owner or a grantee as files show it.
type Person struct {
	DisplayName  string
	EmailAddress string
	PermissionID string
}

// File is an item of My Drive (Owner set) or of a shared drive (DriveID set). Its permissions are read with
// [World.Permissions]. It is kept small: a million of them fit in memory.
type File struct {
	ID       string
	Name     string
	MimeType string
	Parent   string // id of a folder, of a shared drive, or RootPrefix + Directory id; "" when the item has no place
	DriveID  string
	Owner    *Person
	Created  time.Time
	Modified time.Time
	Extra    Raw // fields that are served as they came: shortcutDetails, size, md5Checksum, description, …

	Trashed                      bool
	ExplicitlyTrashed            bool // itself put in the bin, not a folder above it
	InheritedPermissionsDisabled bool // a folder with limited access
	WritersCannotShare           bool

	perms *permSet
	seq   uint64
}

// Seq orders the items as they came into the tenant; it never changes.
func (f *File) Seq() uint64 { return f.seq }

// IsFolder reports whether the item is a folder.
func (f *File) IsFolder() bool { return f.MimeType == MimeFolder }

// Permissions are the item's effective permissions, of every view. The slice is shared: never change it.
func (f *File) Permissions() []Permission { return f.perms.list }

// SharedList identifies the list that Permissions returns: items with equal permissions have the same one. It is a key for caches.
func (f *File) SharedList() any { return f.perms }

// Augmented reports whether the item itself grants access beyond what it inherits.
func (f *File) Augmented() bool {
	for i := range f.perms.list {
		if p := &f.perms.list[i]; p.View != ViewMetadata && p.Own() != "" {
			return true
		}
	}
	return false
}

// WebViewLink is the address that opens the item in a browser.
func (f *File) WebViewLink() string {
	if l, ok := f.Extra["webViewLink"]; ok {
		var s string
		if json.Unmarshal(l, &s) == nil {
			return s
		}
	}
	switch f.MimeType {
	case MimeFolder:
		return "https://drive.google.com/drive/folders/" + f.ID
	case MimeDocument:
		return "https://docs.google.com/document/d/" + f.ID + "/edit?usp=drivesdk"
	case MimeSheet:
		return "https://docs.google.com/spreadsheets/d/" + f.ID + "/edit?usp=drivesdk"
	case MimeSlides:
		return "https://docs.google.com/presentation/d/" + f.ID + "/edit?usp=drivesdk"
	case MimeForm:
		return "https://docs.google.com/forms/d/" + f.ID + "/edit?usp=drivesdk"
	case MimeSite:
		return "https://sites.google.com/d/" + f.ID + "/edit"
	}
	return "https://drive.google.com/file/d/" + f.ID + "/view?usp=drivesdk"
}

// File finds an item, hidden ones too; nil when there is none.
func (w *World) File(id string) *File { return w.files[id] }

// FileCount is the number of items, hidden ones too.
func (w *World) FileCount() int { return len(w.files) }

// Files lists every item in the order in which they came. The list is the caller's own.
func (w *World) Files() []*File { return slices.Clone(w.fileList) }

// Children lists the items whose parent is the folder, drive or root with this id, in the order in which they came.
func (w *World) Children(id string) []*File { return w.children[id] }

// OwnedBy lists the My Drive items whose owner has the permission id, in the order in which they came.
func (w *World) OwnedBy(permissionID string) []*File { return w.byOwner[permissionID] }

// InDrive lists the items of a shared drive, in the order in which they came.
func (w *World) InDrive(driveID string) []*File { return w.byDrive[driveID] }

// RootID is the id of the root folder of the user's My Drive.
func (w *World) RootID(u *User) string { return RootPrefix + u.ID }

// Hidden reports whether no answer may show the item: its owner's account was deleted, or its shared drive is gone.
func (w *World) Hidden(f *File) bool {
	if f.Owner == nil {
		return w.drives[f.DriveID] == nil
	}
	at := strings.LastIndexByte(f.Owner.EmailAddress, '@')
	return w.byEmail[strings.ToLower(f.Owner.EmailAddress)] == nil && w.Ours(f.Owner.EmailAddress[at+1:])
}

// AddFile puts an item in place. own is what the item itself grants; the owner's own permission is added where missing, and what the
// parent hands down is worked out: add folders before what is in them. f.Owner needs an EmailAddress only.
// The times default to now.
func (w *World) AddFile(f *File, own ...Grant) error {
	list := make([]Permission, 0, len(own)+1)
	for _, g := range own {
		list = append(list, w.permission(g))
	}
	if err := w.admit(f); err != nil {
		return err
	}
	if f.Owner != nil && find(list, f.Owner.PermissionID, "") == nil {
		list = slices.Insert(list, 0, w.ownerPermission(f.Owner))
	}
	f.perms = w.effective(f, list)
	return nil
}

// addLoaded puts an item in place with the permissions that a file of the tenant lists for it. lists remembers what was read before.
func (w *World) addLoaded(f *File, text json.RawMessage, lists map[string]*permSet) error {
	if err := w.admit(f); err != nil {
		return err
	}
	set, ok := lists[string(text)]
	if !ok {
		var list []Permission
		if len(text) > 0 {
			if err := json.Unmarshal(text, &list); err != nil {
				return fmt.Errorf("file %s: permissions: %w", f.ID, err)
			}
		}
		for i := range list {
			w.completePermission(&list[i])
		}
		set = w.intern(list)
		lists[string(text)] = set
	}
	if f.Owner != nil && find(set.list, f.Owner.PermissionID, "") == nil {
		set = w.intern(slices.Insert(slices.Clone(set.list), 0, w.ownerPermission(f.Owner)))
	}
	f.perms = set
	return nil
}

func (w *World) ownerPermission(o *Person) Permission {
	return Permission{ID: o.PermissionID, Type: "user", Role: "owner", EmailAddress: o.EmailAddress, DisplayName: o.DisplayName,
		Details: []Detail{{PermissionType: "file", Role: "owner"}}}
}

// admit checks the item and enters it into the indexes.
func (w *World) admit(f *File) error {
	if f.ID == "" {
		f.ID = w.newID("1", 33)
	}
	if w.files[f.ID] != nil {
		return fmt.Errorf("file %s: %w", f.ID, ErrExists)
	}
	if (f.Owner == nil) == (f.DriveID == "") {
		return fmt.Errorf("file %s needs either an owner or a driveId", f.ID)
	}
	if f.Owner != nil {
		if f.Owner.EmailAddress == "" {
			return fmt.Errorf("file %s: the owner needs an emailAddress", f.ID)
		}
		f.Owner = w.person(*f.Owner)
	}
	if f.MimeType == "" {
		return fmt.Errorf("file %s needs a mimeType", f.ID)
	}
	if f.Created.IsZero() {
		f.Created = w.now()
	}
	if f.Modified.IsZero() {
		f.Modified = f.Created
	}
	f.MimeType = w.name(f.MimeType)
	if p := w.files[f.Parent]; p != nil {
		f.Parent = p.ID
	} else {
		f.Parent = w.name(f.Parent)
	}
	f.DriveID = w.name(f.DriveID)
	w.nextSeq++
	f.seq = w.nextSeq
	w.files[f.ID] = f
	w.fileList = append(w.fileList, f)
	w.index(f)
	return nil
}

// name returns one shared copy of a string that many items have.
func (w *World) name(s string) string {
	if t, ok := w.names[s]; ok {
		return t
	}
	w.names[s] = s
	return s
}

// person returns the one Person for this owner or grantee, filling what is missing.
func (w *World) person(p Person) *Person {
	u := w.byEmail[strings.ToLower(p.EmailAddress)]
	if p.PermissionID == "" {
		p.PermissionID = w.PermissionID("user", p.EmailAddress)
	}
	if old := w.people[p.PermissionID]; old != nil {
		return old
	}
	if p.DisplayName == "" && u != nil {
		p.DisplayName = u.Name.FullName
	}
	w.people[p.PermissionID] = &p
	if _, ok := w.permID[strings.ToLower(p.EmailAddress)]; !ok {
		w.permID[strings.ToLower(p.EmailAddress)] = p.PermissionID
	}
	return &p
}

// completePermission fills what a hand-made permission may leave out, and remembers the grantee's id.
func (w *World) completePermission(p *Permission) {
	if p.Type == "" {
		p.Type = "user"
	}
	if p.ID == "" {
		p.ID = w.permission(Grant{Type: p.Type, EmailAddress: p.EmailAddress, Domain: p.Domain, AllowFileDiscovery: p.AllowFileDiscovery}).ID
	}
	p.ID, p.Type, p.Role, p.EmailAddress = w.name(p.ID), w.name(p.Type), w.name(p.Role), w.name(p.EmailAddress)
	if p.EmailAddress != "" {
		if key := strings.ToLower(p.EmailAddress); w.permID[key] == "" {
			w.permID[key] = p.ID
		}
	}
}

// permission turns a grant into the permission that an item's own list holds.
func (w *World) permission(g Grant) Permission {
	p := Permission{Type: g.Type, Role: g.Role, EmailAddress: g.EmailAddress, Domain: g.Domain, DisplayName: g.DisplayName,
		AllowFileDiscovery: g.AllowFileDiscovery, ExpirationTime: g.ExpirationTime, PendingOwner: g.PendingOwner, View: g.View}
	switch g.Type {
	case "anyone":
		p.ID = "anyoneWithLink"
		if g.AllowFileDiscovery {
			p.ID = "anyone"
		}
	case "domain":
		p.ID = w.PermissionID("domain", g.Domain)
	default:
		p.ID = w.PermissionID(g.Type, g.EmailAddress)
		if u := w.byEmail[strings.ToLower(g.EmailAddress)]; u != nil {
			p.EmailAddress, p.DisplayName = u.PrimaryEmail, u.Name.FullName
		} else if gr := w.groupByEmail[strings.ToLower(g.EmailAddress)]; gr != nil {
			p.EmailAddress, p.DisplayName = gr.Email, gr.Name
		}
		p.DisplayName = w.name(p.DisplayName)
	}
	p.ID = w.name(p.ID)
	return p
}

// index enters the item into the lists of its parent, its owner and its drive.
func (w *World) index(f *File) {
	insert(w.children, f.Parent, f)
	if f.Owner != nil {
		insert(w.byOwner, f.Owner.PermissionID, f)
	} else {
		insert(w.byDrive, f.DriveID, f)
	}
}

func (w *World) unindex(f *File) {
	remove(w.children, f.Parent, f)
	if f.Owner != nil {
		remove(w.byOwner, f.Owner.PermissionID, f)
	} else {
		remove(w.byDrive, f.DriveID, f)
	}
}

func insert(m map[string][]*File, key string, f *File) {
	list := m[key]
	i := len(list)
	if i > 0 && list[i-1].seq > f.seq {
		i = sort.Search(i, func(i int) bool { return list[i].seq > f.seq })
	}
	m[key] = slices.Insert(list, i, f)
}

func remove(m map[string][]*File, key string, f *File) {
	list := m[key]
	i := sort.Search(len(list), func(i int) bool { return list[i].seq >= f.seq })
	if i == len(list) || list[i] != f {
		return
	}
	if len(list) == 1 {
		delete(m, key)
		return
	}
	m[key] = slices.Delete(list, i, i+1)
}

// Path tells the ids of the folders above the item, nearest first; it ends at a root, a drive or a folder that the tenant does not hold.
func (w *World) Path(f *File) []string {
	var out []string
	for f != nil && f.Parent != "" && !slices.Contains(out, f.Parent) {
		out = append(out, f.Parent)
		f = w.files[f.Parent]
	}
	return out
}

var errCycle = errors.New("a folder cannot be moved into itself")

// EachFile calls fn with every item, hidden ones too, in no order.
func (w *World) EachFile(fn func(*File)) {
	for _, f := range w.files {
		fn(f)
	}
}
