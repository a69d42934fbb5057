package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"esafetybot/internal/sim/world"
)

// refused turns the tenant's refusal into Google's.
func refused(err error, id string) *apiError {
	switch {
	case errors.Is(err, world.ErrInherited):
		return forbidden("cannotModifyInheritedPermission", "Cannot update or delete an inherited permission.")
	case errors.Is(err, world.ErrNotFound):
		return fileNotFound(id)
	case errors.Is(err, world.ErrNotAllowed):
		return forbidden("insufficientFilePermissions", "The user does not have sufficient permissions for this file.")
	}
	return backendError(500)
}

// changer runs a change as the caller: allow looks whether they may, act does it, and the item is shown as it is then.
func changer(least string, act func(c *call, f *world.File, email string) error) func(*call) ([]byte, *apiError) {
	return func(c *call) (b []byte, aerr *apiError) {
		var f *world.File
		var email string
		show := withDrive(fileFields, func(c *call, v *viewer) ([]byte, *apiError) {
			f, aerr = c.find(v, c.path["fileId"])
			if aerr != nil {
				return nil, aerr
			}
			email = v.user.PrimaryEmail
			if world.Rank(v.role(f)) < world.Rank(least) {
				return nil, forbidden("insufficientFilePermissions", "The user does not have sufficient permissions for this file.")
			}
			return nil, nil
		})
		c.s.world.View(func() { _, aerr = show(c) })
		if aerr != nil {
			return nil, aerr
		}
		if err := act(c, f, email); err != nil {
			return nil, refused(err, f.ID)
		}
		if c.m.Response == nil || c.m.HTTPMethod == "DELETE" {
			return nil, nil
		}
		c.s.world.View(func() {
			v := c.viewer()
			m := c.mask
			c.mask = nil
			b = c.fileJSON(nil, m, f, v)
		})
		return b, nil
	}
}

// fileBody is what files.create and files.update take.
type fileBody struct {
	ID                           string          `json:"id"`
	Name                         *string         `json:"name"`
	MimeType                     string          `json:"mimeType"`
	Parents                      []string        `json:"parents"`
	Trashed                      *bool           `json:"trashed"`
	InheritedPermissionsDisabled *bool           `json:"inheritedPermissionsDisabled"`
	ShortcutDetails              json.RawMessage `json:"shortcutDetails"`
}

var filesUpdate = changer("writer", func(c *call, f *world.File, email string) error {
	var in fileBody
	if err := json.Unmarshal(c.body, &in); err != nil {
		return err
	}
	w := c.s.world
	var before world.File // as it is now: others may be changing it
	w.View(func() { before = *f })
	if in.Name != nil && *in.Name != before.Name {
		if err := w.Rename(f.ID, *in.Name, email); err != nil {
			return err
		}
	}
	if to := c.query.Get("addParents"); to != "" {
		var err error
		w.View(func() {
			v := c.viewer()
			to = v.folder(to)
			if p := w.File(to); p != nil && world.Rank(v.role(p)) < world.Rank("writer") {
				err = fmt.Errorf("folder %s: %w", to, world.ErrNotAllowed)
			}
			if d := w.Drive(to); d != nil && world.Rank(v.driveRole(d)) < world.Rank("writer") {
				err = fmt.Errorf("shared drive %s: %w", to, world.ErrNotAllowed)
			}
		})
		if err != nil {
			return err
		}
		if to != before.Parent {
			if err := w.MoveFile(f.ID, to, email); err != nil {
				return err
			}
		}
	}
	if in.InheritedPermissionsDisabled != nil {
		set := w.EnableInheritance
		if *in.InheritedPermissionsDisabled {
			set = w.DisableInheritance
		}
		if err := set(f.ID, email); err != nil {
			return err
		}
	}
	if in.Trashed != nil && *in.Trashed != before.Trashed {
		if *in.Trashed {
			return w.Trash(f.ID, email)
		}
		return w.Untrash(f.ID, email)
	}
	return nil
})

var filesDelete = changer("organizer", func(c *call, f *world.File, email string) error { return c.s.world.Delete(f.ID, email) })

func filesCreate(c *call) (b []byte, aerr *apiError) {
	var in fileBody
	if err := json.Unmarshal(c.body, &in); err != nil {
		return nil, badRequest("badRequest", "", err.Error())
	}
	f := &world.File{ID: in.ID, Name: "Untitled", MimeType: in.MimeType, Created: time.Time{}}
	if in.Name != nil {
		f.Name = *in.Name
	}
	if f.MimeType == "" {
		f.MimeType = "application/octet-stream"
	}
	if in.ShortcutDetails != nil {
		f.Extra = world.Raw{"shortcutDetails": in.ShortcutDetails}
	}
	check := withDrive(fileFields, func(c *call, v *viewer) ([]byte, *apiError) {
		if len(in.Parents) > 1 {
			return nil, badRequest("invalid", "", "A file cannot have more than one parent.")
		}
		if len(in.Parents) == 1 {
			f.Parent = v.folder(in.Parents[0])
			p, d := c.s.world.File(f.Parent), c.s.world.Drive(f.Parent)
			switch {
			case p != nil && world.Rank(v.role(p)) < world.Rank("writer"), d != nil && world.Rank(v.driveRole(d)) < world.Rank("writer"):
				return nil, forbidden("insufficientFilePermissions", "The user does not have sufficient permissions for this file.")
			case p == nil && d == nil && f.Parent != c.s.world.RootID(v.user):
				return nil, fileNotFound(f.Parent)
			}
		}
		return nil, nil
	})
	c.s.world.View(func() { _, aerr = check(c) })
	if aerr != nil {
		return nil, aerr
	}
	if _, err := c.s.world.CreateFile(f, c.user.PrimaryEmail); err != nil {
		if errors.Is(err, world.ErrExists) {
			return nil, &apiError{code: 409, status: "ALREADY_EXISTS", reason: "fileIdInUse", message: "A file already exists with the provided ID."}
		}
		return nil, refused(err, f.ID)
	}
	c.s.world.View(func() {
		m := c.mask
		c.mask = nil
		b = c.fileJSON(nil, m, f, c.viewer())
	})
	return b, nil
}
