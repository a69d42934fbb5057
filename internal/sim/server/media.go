package server

import (
	"bytes"
	"net/http"
	"strings"
	"time"

	"esafetybot/internal/sim/world"
)

// maxExport is the most that Google exports. Source: Drive API, files.export.
const maxExport = 10 << 20

// metadataScope reports whether the scope lets nobody read what is in files.
func metadataScope(scope string) bool {
	return strings.HasPrefix(scope, "https://www.googleapis.com/auth/drive.metadata")
}

// filesMedia answers files.get with alt=media: what is in a file.
func filesMedia(c *call, v *viewer) ([]byte, *apiError) {
	id := v.folder(c.path["fileId"])
	folder := id == c.s.world.RootID(v.user)
	if d := c.s.world.Drive(id); d != nil && c.supportsAllDrives() {
		folder = v.driveRole(d) != ""
	}
	var f *world.File
	if !folder {
		var err *apiError
		if f, err = c.find(v, id); err != nil {
			return nil, err
		}
	}
	if folder || googles(f) {
		e := forbidden("fileNotDownloadable", "Only files with binary content can be downloaded. Use Export with Docs Editors files.")
		e.location, e.locType = "alt", "parameter"
		return nil, e
	}
	return c.content(f, f.MimeType)
}

// filesExport answers with a spreadsheet as CSV. Google has more formats, for more kinds of documents.
func filesExport(c *call, v *viewer) ([]byte, *apiError) {
	f := c.s.world.File(v.folder(c.path["fileId"]))
	if f == nil || v.role(f) == "" { // unlike files.get the method has no supportsAllDrives
		return nil, fileNotFound(c.path["fileId"])
	}
	format := c.query.Get("mimeType")
	switch {
	case !googles(f) || f.IsFolder() || f.MimeType == world.MimeShortcut:
		return nil, forbidden("fileNotExportable", "Export only supports Docs Editors files.")
	case f.MimeType != world.MimeSheet || format != "text/csv":
		e := badRequest("badRequest", "convertTo", "The requested conversion is not supported.")
		return nil, e
	}
	b, err := c.content(f, format)
	if err == nil && len(b) > maxExport {
		c.media = ""
		return nil, forbidden("exportSizeLimitExceeded", "This file is too large to be exported.")
	}
	return b, err
}

// googles reports whether the file is one of Google's own documents, or a folder.
func googles(f *world.File) bool {
	return strings.HasPrefix(f.MimeType, "application/vnd.google-apps.")
}

// content makes what is in the file the answer.
func (c *call) content(f *world.File, mimeType string) ([]byte, *apiError) {
	b, ok := c.s.world.Content(f.ID)
	if !ok {
		return nil, &apiError{code: 501, status: "UNIMPLEMENTED", reason: "notImplemented",
			message: "The tenant of the simulated school does not say what is in this file: put it into contents/" + f.ID + "."}
	}
	c.mask, c.media = nil, mimeType
	return b, nil
}

// serveMedia sends what is in a file, or the range of it that was asked for: all of it where it was made by an export.
func (c *call) serveMedia(w http.ResponseWriter, b []byte) {
	w.Header().Set("Content-Type", c.media)
	if c.m.ID == "drive.files.export" {
		w.WriteHeader(http.StatusOK)
		w.Write(b)
		return
	}
	http.ServeContent(w, c.r, "", time.Time{}, bytes.NewReader(b))
}
