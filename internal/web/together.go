package web

import (
	"slices"
	"strings"

	"esafetybot/internal/findings"
	"esafetybot/internal/quantity"
	"esafetybot/internal/views"
)

// What findings have in common, so that they can be looked at and decided on together: the people with whom things are shared, and the folder in which they lie.

// withLinks leads from a finding to everything with the same people.
func withLinks(v *views.Finding) []option {
	var out []option
	add := func(with, words string) {
		path := findingFilter{With: with}.path()
		if !slices.ContainsFunc(out, func(o option) bool { return o.Value == path }) && len(out) < 12 {
			out = append(out, option{path, words})
		}
	}
	for _, w := range v.With {
		if strings.HasPrefix(w.Fact, "anyone") {
			continue
		}
		add(w.Fact, plainWho(w.Who))
		if w.Domain != "" && strings.HasPrefix(w.Fact, "user/") {
			add("at/"+w.Domain, "anybody at "+w.Domain)
		}
	}
	return out
}

// plainWho is who somebody is, without what they may do.
func plainWho(who string) string {
	if i := strings.LastIndex(who, " ("); i > 0 {
		return who[:i]
	}
	return who
}

// withWords names whom a filter is about.
func (t *theirs) withWords(with string) string {
	if domain, at := strings.CutPrefix(with, "at/"); at {
		return "anybody at " + domain
	}
	for _, x := range t.shown {
		if v := t.views[x.ID]; v != nil {
			for _, w := range v.With {
				if w.Fact == with {
					return plainWho(w.Who)
				}
			}
		}
	}
	return "somebody"
}

// folderPage is a folder, or a shared drive, on Google Drive.
const folderPage = "https://drive.google.com/drive/folders/"

// inFolder tells whether a finding is about a folder or shared drive, or about something that lies in it, however deep, as far as that is known.
func inFolder(folder string, x *findings.Finding, view *views.Finding) bool {
	return x.Subject == "file/"+folder || x.Subject == "drive/"+folder || view != nil && slices.Contains(view.Above, folder)
}

// folderLinks leads from a finding to everything in the folders above it, and to everything in itself where it is a folder.
func folderLinks(x *findings.Finding, v *views.Finding) []option {
	var out []option
	add := func(folder, words string) {
		out = append(out, option{findingFilter{Folder: folder}.path(), words})
	}
	if kind, id, _ := strings.Cut(x.Subject, "/"); kind == "drive" || kind == "file" && strings.HasPrefix(v.Link, folderPage) {
		add(id, "All in it")
	}
	for i, folder := range v.Above {
		switch i {
		case 0:
			add(folder, "All in the folder that it lies in")
		case 1:
			add(folder, "All in the folder above that")
		default:
			add(folder, "All in the folder "+quantity.Of(i, "", "levels")+" above that")
		}
	}
	return out
}

// folderWords names what a filter is about, where one of the findings that somebody sees is about the folder itself.
func (t *theirs) folderWords(folder string) string {
	for _, x := range t.shown {
		if v := t.views[x.ID]; v != nil && v.Title != "" && (x.Subject == "file/"+folder || x.Subject == "drive/"+folder) {
			return v.Title
		}
	}
	return "this folder"
}

// folderLink opens the folder that a filter is about, where it is one of those that somebody sees: nothing of an address is put on the page as it came.
func (t *theirs) folderLink(folder string) string {
	if slices.ContainsFunc(t.shown, func(x *findings.Finding) bool { return inFolder(folder, x, t.views[x.ID]) }) {
		return folderPage + folder
	}
	return ""
}
