package world

import (
	"encoding/json"
	"fmt"
	"time"
)

// fileJSON is a line of files.jsonl.
type fileJSON struct {
	Kind                         string          `json:"kind,omitempty"`
	ID                           string          `json:"id"`
	Name                         string          `json:"name"`
	MimeType                     string          `json:"mimeType"`
	Parents                      []string        `json:"parents,omitempty"`
	Owners                       []personJSON    `json:"owners,omitempty"`
	DriveID                      string          `json:"driveId,omitempty"`
	Trashed                      bool            `json:"trashed"`
	ExplicitlyTrashed            bool            `json:"explicitlyTrashed,omitempty"`
	CreatedTime                  string          `json:"createdTime,omitempty"`
	ModifiedTime                 string          `json:"modifiedTime,omitempty"`
	WebViewLink                  string          `json:"webViewLink,omitempty"`
	HasAugmentedPermissions      *bool           `json:"hasAugmentedPermissions,omitempty"`
	InheritedPermissionsDisabled bool            `json:"inheritedPermissionsDisabled,omitempty"`
	WritersCanShare              *bool           `json:"writersCanShare,omitempty"`
	Permissions                  json.RawMessage `json:"permissions,omitempty"`
	Size                         json.RawMessage `json:"size,omitempty"`
	Description                  json.RawMessage `json:"description,omitempty"`
	MD5Checksum                  json.RawMessage `json:"md5Checksum,omitempty"`
	ShortcutDetails              json.RawMessage `json:"shortcutDetails,omitempty"`
	Properties                   json.RawMessage `json:"properties,omitempty"`
	LastModifyingUser            json.RawMessage `json:"lastModifyingUser,omitempty"`
	SharedWithMeTime             json.RawMessage `json:"sharedWithMeTime,omitempty"`
}

type personJSON struct {
	DisplayName  string `json:"displayName,omitempty"`
	EmailAddress string `json:"emailAddress,omitempty"`
	PermissionID string `json:"permissionId,omitempty"`
}

// extras are the fields of fileJSON that are carried along unread.
func (j *fileJSON) extras() map[string]*json.RawMessage {
	return map[string]*json.RawMessage{
		"size": &j.Size, "description": &j.Description, "md5Checksum": &j.MD5Checksum, "shortcutDetails": &j.ShortcutDetails,
		"properties": &j.Properties, "lastModifyingUser": &j.LastModifyingUser, "sharedWithMeTime": &j.SharedWithMeTime,
	}
}

func (j *fileJSON) hasExtras() bool {
	return j.Size != nil || j.Description != nil || j.MD5Checksum != nil || j.ShortcutDetails != nil || j.Properties != nil ||
		j.LastModifyingUser != nil || j.SharedWithMeTime != nil
}

// file turns the line into an item.
func (j *fileJSON) file() (*File, error) {
	f := &File{ID: j.ID, Name: j.Name, MimeType: j.MimeType, DriveID: j.DriveID, Trashed: j.Trashed, ExplicitlyTrashed: j.ExplicitlyTrashed,
		InheritedPermissionsDisabled: j.InheritedPermissionsDisabled, WritersCannotShare: j.WritersCanShare != nil && !*j.WritersCanShare}
	var err error
	if f.Created, err = fileTime(j.CreatedTime); err != nil {
		return nil, fmt.Errorf("file %s: createdTime: %w", j.ID, err)
	}
	if f.Modified, err = fileTime(j.ModifiedTime); err != nil {
		return nil, fmt.Errorf("file %s: modifiedTime: %w", j.ID, err)
	}
	if len(j.Parents) > 1 {
		return nil, fmt.Errorf("file %s has %d parents; an item has one", j.ID, len(j.Parents))
	}
	if len(j.Parents) == 1 {
		f.Parent = j.Parents[0]
	}
	if len(j.Owners) > 0 && j.DriveID == "" {
		o := j.Owners[0]
		f.Owner = &Person{o.DisplayName, o.EmailAddress, o.PermissionID}
	}
	if j.hasExtras() {
		f.Extra = Raw{}
		for k, v := range j.extras() {
			if len(*v) > 0 {
				f.Extra[k] = *v
			}
		}
	}
	if j.WebViewLink != "" && j.WebViewLink != f.WebViewLink() {
		if f.Extra == nil {
			f.Extra = Raw{}
		}
		f.Extra["webViewLink"], _ = json.Marshal(j.WebViewLink)
	}
	return f, nil
}

func fileTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	return t.UTC(), err
}

// line turns an item into its line of files.jsonl; permissions is its list as JSON.
func (f *File) line(permissions json.RawMessage) *fileJSON {
	j := &fileJSON{ID: f.ID, Name: f.Name, MimeType: f.MimeType, DriveID: f.DriveID, Trashed: f.Trashed, ExplicitlyTrashed: f.ExplicitlyTrashed,
		CreatedTime: f.Created.UTC().Format(stamp), ModifiedTime: f.Modified.UTC().Format(stamp), WebViewLink: f.WebViewLink(),
		InheritedPermissionsDisabled: f.InheritedPermissionsDisabled, Permissions: permissions}
	if f.WritersCannotShare {
		no := false
		j.WritersCanShare = &no
	}
	if f.Parent != "" {
		j.Parents = []string{f.Parent}
	}
	if f.Owner != nil {
		j.Owners = []personJSON{{f.Owner.DisplayName, f.Owner.EmailAddress, f.Owner.PermissionID}}
	} else {
		a := f.Augmented()
		j.HasAugmentedPermissions = &a
	}
	if f.Extra != nil {
		for k, v := range j.extras() {
			*v = f.Extra[k]
		}
	}
	return j
}
