package world

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// contentsDir is the folder of the tenant that holds what is in files, each under the file's id.
const contentsDir = "contents"

// HasContents reports whether a file of this type can have contents in a tenant: what is not one of Google's own documents, and
// spreadsheets, whose contents are the CSV that they export to.
func HasContents(mimeType string) bool {
	return !strings.HasPrefix(mimeType, "application/vnd.google-apps.") || mimeType == MimeSheet
}

// Content is what is in the file, for a spreadsheet as CSV; ok is false when the tenant does not say.
func (w *World) Content(fileID string) (b []byte, ok bool) {
	b, ok = w.contents[fileID]
	return b, ok
}

// AddContent puts into place what is in a file, which must be there.
func (w *World) AddContent(fileID string, b []byte) error {
	f := w.files[fileID]
	if f == nil {
		return fmt.Errorf("file %s: %w", fileID, ErrNotFound)
	}
	if !HasContents(f.MimeType) {
		return fmt.Errorf("file %s: %w: a file of type %s has no contents here", fileID, ErrNotAllowed, f.MimeType)
	}
	w.contents[fileID] = bytes.Clone(b)
	return nil
}

// SetContent edits the file: from now on this is in it.
func (w *World) SetContent(fileID string, b []byte, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, err := w.item(fileID); err != nil {
		return err
	}
	if err := w.AddContent(fileID, b); err != nil {
		return err
	}
	return w.touched(fileID, actor, "edit")
}

// loadContents reads what is in the files of the tenant. What belongs to none of them is left alone: a tenant that was saved over an
// older one of the same folder may leave some behind.
func (w *World) loadContents(dir string) error {
	entries, err := os.ReadDir(filepath.Join(dir, contentsDir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("tenant: %w", err)
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || w.files[e.Name()] == nil {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, contentsDir, e.Name()))
		if err != nil {
			return fmt.Errorf("tenant: %w", err)
		}
		if err := w.AddContent(e.Name(), b); err != nil {
			return fmt.Errorf("%s: %w", contentsDir, err)
		}
	}
	return nil
}

// saveContents leaves out what is in the items of owners who are gone for good.
func (w *World) saveContents(dir string, gone map[string]bool) error {
	if len(w.contents) == 0 {
		return nil
	}
	dir = filepath.Join(dir, contentsDir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("save tenant: %w", err)
	}
	for id, b := range w.contents {
		if o := w.files[id].Owner; o != nil && gone[strings.ToLower(o.EmailAddress)] {
			continue
		}
		if filepath.Base(id) != id {
			return fmt.Errorf("save tenant: the id %q is no name for a file", id)
		}
		if err := os.WriteFile(filepath.Join(dir, id), b, 0o644); err != nil {
			return fmt.Errorf("save tenant: %w", err)
		}
	}
	return nil
}
