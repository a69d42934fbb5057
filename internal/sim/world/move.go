package world

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// CreateFile makes an item in My Drive or a shared drive: f needs Name, MimeType and a Parent (a folder, a drive's id or a
// root); an empty Parent is the actor's root. The actor becomes the owner unless f.Owner is set. It fills f and returns its id.
func (w *World) CreateFile(f *File, actor string) (string, error) {
	return w.create(f, actor, "create")
}

// UploadFile is CreateFile for a file that came from a computer.
func (w *World) UploadFile(f *File, actor string) (string, error) {
	return w.create(f, actor, "upload")
}

func (w *World) create(f *File, actor, event string) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	u := w.User(actor)
	if f.Parent == "" && u != nil {
		f.Parent = w.RootID(u)
	}
	switch p := w.files[f.Parent]; {
	case p != nil && !p.IsFolder():
		return "", fmt.Errorf("file %s is no folder: %w", p.ID, ErrNotAllowed)
	case p != nil:
		f.DriveID = p.DriveID
	case w.drives[f.Parent] != nil:
		f.DriveID = f.Parent
	case f.Parent != "" && !strings.HasPrefix(f.Parent, RootPrefix):
		return "", fmt.Errorf("folder %s: %w", f.Parent, ErrNotFound)
	}
	if f.DriveID == "" && f.Owner == nil {
		if u == nil {
			return "", fmt.Errorf("create: the actor is no user of the school: %w", ErrNotAllowed)
		}
		f.Owner = &Person{EmailAddress: u.PrimaryEmail}
	}
	if f.DriveID != "" {
		f.Owner = nil
	}
	var own []Permission
	if err := w.admit(f); err != nil {
		return "", err
	}
	if f.Owner != nil {
		own = append(own, w.ownerPermission(f.Owner))
	}
	f.perms = w.effective(f, own)
	events := []Event{{Type: "access", Name: event, Params: w.about(f, true)}}
	if v := w.visibility(f.perms); v != "private" {
		events = append(events, w.aclEvents(f, nil, false)...)
	}
	w.record("drive", actor, events...)
	return f.ID, nil
}

// ViewFile writes that somebody looked at the item: noise in the log.
func (w *World) ViewFile(fileID, actor string) error { return w.touch(fileID, actor, "view") }

// EditFile writes that somebody changed the item's contents.
func (w *World) EditFile(fileID, actor string) error { return w.touch(fileID, actor, "edit") }

func (w *World) touch(fileID, actor, event string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.touched(fileID, actor, event)
}

// touched is touch for those who hold the lock.
func (w *World) touched(fileID, actor, event string) error {
	f, err := w.item(fileID)
	if err != nil {
		return err
	}
	if event == "edit" {
		f.Modified = w.now()
	}
	w.record("drive", actor, Event{Type: "access", Name: event, Params: w.about(f, true)})
	return nil
}

// Rename gives the item another name.
func (w *World) Rename(fileID, name, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	f, err := w.item(fileID)
	if err != nil {
		return err
	}
	old := f.Name
	f.Name, f.Modified = name, w.now()
	w.record("drive", actor, Event{Type: "access", Name: "rename", Params: w.about(f, true, text("old_value", old), text("new_value", name))})
	return nil
}

// MoveFile puts the item into another folder, a shared drive or a root: what it inherited is replaced, what it grants itself stays. Moving
// into a shared drive takes the owner away from the whole tree; moving out of one makes the actor the owner of it.
func (w *World) MoveFile(fileID, newParent, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	f, err := w.item(fileID)
	if err != nil {
		return err
	}
	drive := ""
	switch p := w.files[newParent]; {
	case p == f || p != nil && slices.Contains(w.Path(p), f.ID):
		return fmt.Errorf("file %s: %w: %w", f.ID, errCycle, ErrNotAllowed)
	case p != nil && !p.IsFolder():
		return fmt.Errorf("file %s is no folder: %w", p.ID, ErrNotAllowed)
	case p != nil:
		drive = p.DriveID
	case w.drives[newParent] != nil:
		drive = newParent
	case !strings.HasPrefix(newParent, RootPrefix) || w.users[newParent[len(RootPrefix):]] == nil:
		return fmt.Errorf("folder %s: %w", newParent, ErrNotFound)
	}
	if f.DriveID != "" && drive == "" && w.User(actor) == nil {
		return fmt.Errorf("file %s: only a user of the school can take it out of the shared drive: %w", f.ID, ErrNotAllowed)
	}
	w.move(f, newParent, drive, actor)
	return nil
}

func (w *World) move(f *File, newParent, drive, actor string) {
	oldParent := f.Parent
	old := f.perms
	tree := []*File{f}
	var ownerEvents []Event
	if drive != f.DriveID {
		tree = w.tree(f)
	}
	// The indexes are kept under the old place until every item of the tree has left it.
	for _, x := range tree {
		w.unindex(x)
	}
	remove(w.children, oldParent, f)
	owns := make([][]Permission, len(tree))
	for i, x := range tree {
		owns[i] = x.perms.own()
		if drive == x.DriveID {
			continue
		}
		if drive != "" {
			owns[i] = slices.DeleteFunc(owns[i], func(p Permission) bool { return p.Role == "owner" })
			if x == f {
				ownerEvents = append(ownerEvents, acl("change_owner", w.about(f, true, text("new_owner", w.drives[drive].Name), flag("new_owner_is_shared_drive", true))))
			}
			x.DriveID, x.Owner = drive, nil
			continue
		}
		next := w.person(Person{EmailAddress: w.User(actor).PrimaryEmail})
		if x == f {
			ownerEvents = append(ownerEvents, acl("change_owner", w.about(f, true, text("new_owner", next.EmailAddress), flag("new_owner_is_shared_drive", false))))
		}
		x.DriveID, x.Owner = "", next
		owns[i] = slices.DeleteFunc(owns[i], func(p Permission) bool { return p.ID == next.PermissionID && p.View == "" })
		for j := range owns[i] { // roles that only shared drives know
			if r := owns[i][j].Role; r == "fileOrganizer" || r == "organizer" {
				owns[i][j].Role = "writer"
			}
		}
		o := w.ownerPermission(next)
		o.Details = nil
		owns[i] = append([]Permission{o}, owns[i]...)
	}
	f.Parent = w.name(newParent)
	if p := w.files[newParent]; p != nil {
		f.Parent = p.ID
	}
	for _, x := range tree {
		w.index(x)
	}
	var below []changed
	if len(tree) > 1 || drive != "" {
		f.perms = w.effective(f, owns[0])
		for i, x := range tree[1:] { // parents come before their children
			was := x.perms
			x.perms = w.effective(x, owns[i+1])
			if x.perms != was {
				below = append(below, changed{x, was})
			}
		}
	} else {
		f.perms = w.effective(f, owns[0])
	}
	if len(tree) == 1 {
		below = append(below, w.handDown(f)...)
	}
	move := Event{Type: "access", Name: "move", Params: w.about(f, true, text("source_folder_id", oldParent), text("source_folder_title", w.title(oldParent)),
		text("destination_folder_id", newParent), text("destination_folder_title", w.title(newParent)))}
	events := append([]Event{move}, ownerEvents...)
	w.record("drive", actor, append(events, w.aclEvents(f, old, false)...)...)
	w.reconcile(actor, below)
}

func (w *World) title(id string) string {
	if f := w.files[id]; f != nil {
		return f.Name
	}
	if d := w.drives[id]; d != nil {
		return d.Name
	}
	return "My Drive"
}

// tree lists the item and all below it, parents before children.
func (w *World) tree(f *File) []*File {
	out := []*File{f}
	for i := 0; i < len(out); i++ {
		out = append(out, w.children[out[i].ID]...)
	}
	return out
}

// Trash puts the item and everything below it into the bin.
func (w *World) Trash(fileID, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	f, err := w.item(fileID)
	if err != nil {
		return err
	}
	f.ExplicitlyTrashed = true
	for _, x := range w.tree(f) {
		x.Trashed = true
	}
	w.record("drive", actor, Event{Type: "access", Name: "trash", Params: w.about(f, true)})
	return nil
}

// Untrash takes the item and what went into the bin with it out again.
func (w *World) Untrash(fileID, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	f, err := w.item(fileID)
	if err != nil {
		return err
	}
	f.ExplicitlyTrashed = false
	if p := w.files[f.Parent]; p != nil && p.Trashed {
		return fmt.Errorf("file %s: the folder that it is in is in the bin: %w", f.ID, ErrNotAllowed)
	}
	queue := []*File{f}
	for len(queue) > 0 {
		x := queue[0]
		queue = queue[1:]
		if !x.ExplicitlyTrashed {
			x.Trashed = false
			queue = append(queue, w.children[x.ID]...)
		}
	}
	w.record("drive", actor, Event{Type: "access", Name: "untrash", Params: w.about(f, true)})
	return nil
}

// Delete removes the item for good, with everything below it that the same owner (or the same shared drive) holds. Items of
// other owners below move to their owners' root.
func (w *World) Delete(fileID, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	f, err := w.item(fileID)
	if err != nil {
		return err
	}
	event := Event{Type: "access", Name: "delete", Params: w.about(f, true)}
	w.erase(f)
	w.record("drive", actor, event)
	return nil
}

// erase takes the tree out of the tenant, deepest first.
func (w *World) erase(f *File) {
	for _, c := range slices.Clone(w.children[f.ID]) {
		if c.Owner == f.Owner && c.DriveID == f.DriveID {
			w.erase(c)
			continue
		}
		w.unindex(c)
		c.Parent = ""
		if c.Owner != nil {
			if u := w.User(c.Owner.EmailAddress); u != nil {
				c.Parent = w.name(w.RootID(u))
			}
		}
		w.index(c)
		w.setOwn(c, c.perms.own())
	}
	w.unindex(f)
	delete(w.files, f.ID)
	if i, ok := slices.BinarySearchFunc(w.fileList, f.seq, func(x *File, seq uint64) int { return cmp.Compare(x.seq, seq) }); ok {
		w.fileList = slices.Delete(w.fileList, i, i+1)
	}
	delete(w.contents, f.ID)
}
