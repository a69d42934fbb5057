package truth

import "slices"

const folderType = "application/vnd.google-apps.folder"

// documentEvents are those after which there may be something new to read in a document.
var documentEvents = []string{"create_comment", "edit_comment", "resolve_comment", "reopen_comment"}

// lookAtDocuments goes through the log of Drive for comments in documents of classes.
func (w *world) lookAtDocuments() {
	wrote, deleted := map[string][]said{}, map[string][]said{} // by the id of the file
	for _, r := range w.t.Activities["drive"] {
		if !w.counted(r.ID.Time) {
			continue
		}
		for _, e := range r.Events {
			s, file := said{e.Name, r.ID.Time, r.Actor.Email, w.actor(r.Actor.Email, r.ID.Time)}, e.param("doc_id")
			switch {
			case slices.Contains(documentEvents, e.Name):
				wrote[file] = append(wrote[file], s)
			case e.Name == "delete_comment":
				deleted[file] = append(deleted[file], s)
			}
		}
	}
	w.documents = map[string]*post{}
	for _, c := range w.t.Courses {
		class, ok := w.class(c.ID)
		if !ok {
			continue
		}
		for id := range wrote { // where nobody wrote nothing waits
			if w.isDocument(class, w.files[id]) {
				subject := "document/" + class.ID + "-" + id
				w.documents[subject] = &post{subject: subject, class: class, said: wrote[id], read: deleted[id]}
			}
		}
	}
}

// isDocument reports whether an item is a document of a class; nil is none.
func (w *world) isDocument(class Course, f *File) bool {
	if f == nil || f.MimeType == folderType {
		return false
	}
	above := w.allAbove(f)
	binned := func(id string) bool { return w.files[id] != nil && w.files[id].Trashed }
	if f.Trashed || slices.ContainsFunc(above, binned) {
		return false
	}
	folder := class.TeacherFolder.ID
	return folder != "" && slices.Contains(above, folder) || w.isAttached(class, f.ID)
}

// allAbove are the ids of the folders above an item, each once. Folders that lie in each other are above each other.
func (w *world) allAbove(f *File) []string {
	out := slices.Clone(f.Parents)
	for i := 0; i < len(out); i++ {
		folder := w.files[out[i]]
		if folder == nil { // such as the top of somebody's Drive, which is no file of the tenant
			continue
		}
		for _, id := range folder.Parents {
			if !slices.Contains(out, id) {
				out = append(out, id)
			}
		}
	}
	return out
}

// isAttached reports whether a post of a class, of whatever kind, that is published or was deleted has a file among its materials.
func (w *world) isAttached(class Course, file string) bool {
	for _, p := range slices.Concat(w.t.Announcements[class.ID], w.t.CourseWork[class.ID], w.t.Materials[class.ID]) {
		for _, m := range p.Materials {
			if (p.isPublished() || p.State == "DELETED") && m.DriveFile.DriveFile.ID == file {
				return true
			}
		}
	}
	return false
}

// judgeDocuments adds what one `check: comments` with documents among its places finds.
func (w *world) judgeDocuments(m CommentsMeans, found collection) {
	for _, p := range w.documents {
		w.judgeWaiting(m, p, found)
	}
}
