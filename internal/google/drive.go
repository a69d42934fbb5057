package google

import (
	"context"
	"iter"
	"slices"
	"strings"

	"google.golang.org/api/drive/v3"
	"google.golang.org/api/googleapi"

	"esafetybot/internal/seen"
)

const (
	fieldsPermission = "id,type,role,emailAddress,domain,allowFileDiscovery,expirationTime,deleted,pendingOwner,view," +
		"permissionDetails(permissionType,role,inherited,inheritedFrom)"
	fieldsItem      = "id,name,mimeType,parents,owners(emailAddress),driveId,webViewLink,createdTime,trashed,hasAugmentedPermissions"
	fieldsInDrive   = fieldsItem + ",capabilities(canListChildren)"
	fieldsItemFull  = fieldsItem + ",permissions(" + fieldsPermission + ")"
	viewPublished   = "published"
	maxFiles        = 1000 // asked for; Google gives 100 a page when permissions are asked for
	foldersPerQuery = 40   // so that the query stays well below what a URL may hold
)

// OwnedItems streams what an account owns in My Drive and is not in the bin, folders first, with grants of every view. It acts as the owner
// with [ScopeMetadata]. Where Google says itself that the answer is incomplete, everything it gave is followed by an error whose reason is [seen.Partial].
func (c *Client) OwnedItems(ctx context.Context, owner string) iter.Seq2[seen.Item, error] {
	return c.files(ctx, owner, "", fieldsItemFull, func(l *drive.FilesListCall) *drive.FilesListCall {
		return l.Q("'me' in owners and trashed=false").IncludePermissionsForView(viewPublished)
	})
}

// DriveItems streams what is in a shared drive and not in its bin, folders first, as one of its members with [ScopeMetadata]. Google hides
// the grants of these items; those with Augmented have some of their own: see [Client.ItemGrants]. What is in a folder that is Shut is left out.
func (c *Client) DriveItems(ctx context.Context, driveID, member string) iter.Seq2[seen.Item, error] {
	return c.files(ctx, member, "drive "+driveID, fieldsInDrive, func(l *drive.FilesListCall) *drive.FilesListCall {
		return l.Q("trashed=false").Corpora("drive").DriveId(driveID).IncludeItemsFromAllDrives(true).SupportsAllDrives(true)
	})
}

// Children streams what lies directly in any of the My Drive folders, in the bin too (see Trashed), as an account that may read them,
// whoever owns it, with [ScopeMetadata]. Grants are seen only where the account may share the item.
func (c *Client) Children(ctx context.Context, as string, folders []string) iter.Seq2[seen.Item, error] {
	return func(yield func(seen.Item, error) bool) {
		h := c.As(as, ScopeMetadata)
		defer h.Close()
		for some := range slices.Chunk(folders, foldersPerQuery) {
			for it, err := range c.files(ctx, as, "folders", fieldsItemFull, func(l *drive.FilesListCall) *drive.FilesListCall {
				return l.Q(inParents(some)).IncludePermissionsForView(viewPublished)
			}) {
				if !yield(it, err) || err != nil {
					return
				}
			}
		}
	}
}

// inParents is the query for what lies in any of the folders.
func inParents(folders []string) string {
	var b strings.Builder
	quote := strings.NewReplacer(`\`, `\\`, `'`, `\'`)
	for i, id := range folders {
		if i > 0 {
			b.WriteString(" or ")
		}
		b.WriteString("'" + quote.Replace(id) + "' in parents")
	}
	return b.String()
}

// files lists files as someone.
func (c *Client) files(ctx context.Context, as, on, fields string, narrow func(*drive.FilesListCall) *drive.FilesListCall) iter.Seq2[seen.Item, error] {
	open := func() *Handle { return c.As(as, ScopeMetadata) }
	return func(yield func(seen.Item, error) bool) {
		partial := false
		var page filePage
		for it, err := range paged(ctx, open, filesList, on, func(ctx context.Context, token string) ([]seen.Item, string, error) {
			// Google ignores the order for accounts with about a million files or more, and is then only slower to walk.
			list := c.drive.Files.List().PageSize(maxFiles).OrderBy("folder")
			list = narrow(list).Fields("nextPageToken,incompleteSearch", googleapi.Field("files("+fields+")"))
			if token != "" {
				list = list.PageToken(token)
			}
			if _, err := list.Context(reading(ctx, page.read)).Do(); err != nil {
				return nil, "", err
			}
			partial = partial || page.partial
			return page.items, page.next, nil
		}) {
			if !yield(it, err) || err != nil {
				return
			}
		}
		if partial {
			h := open()
			defer h.Close()
			yield(seen.Item{}, explain(h.call(ctx, filesList), on, &partialError{}))
		}
	}
}

// Item reads one file, in the bin or not, as someone who may, with [ScopeMetadata]. See [IsNotFound].
func (c *Client) Item(ctx context.Context, as, id string) (seen.Item, error) {
	return single(ctx, c.As(as, ScopeMetadata), filesGet, "file "+id, func(ctx context.Context) (seen.Item, error) {
		f, err := c.drive.Files.Get(id).SupportsAllDrives(true).IncludePermissionsForView(viewPublished).
			Fields(fieldsItemFull).Context(ctx).Do()
		if err != nil {
			return seen.Item{}, err
		}
		it, _ := item(f)
		return it, nil
	})
}

// ItemGrants reads the grants of one file, of every view, as someone who may (in a shared drive: a member) with [ScopeMetadata].
func (c *Client) ItemGrants(ctx context.Context, as, id string) ([]seen.Grant, error) {
	return collect(c.permissions(ctx, func() *Handle { return c.As(as, ScopeMetadata) }, id, "file "+id, grant,
		func(l *drive.PermissionsListCall) *drive.PermissionsListCall {
			return l.IncludePermissionsForView(viewPublished)
		}))
}

// Drives streams the school's shared drives, as the administrator with [ScopeDrives].
func (c *Client) Drives(ctx context.Context) iter.Seq2[seen.Drive, error] {
	open := func() *Handle { return c.asAdmin(ScopeDrives) }
	return paged(ctx, open, drivesList, "", func(ctx context.Context, token string) ([]seen.Drive, string, error) {
		list := c.drive.Drives.List().UseDomainAdminAccess(true).PageSize(100).Fields("nextPageToken,drives(id,name,orgUnitId)")
		if token != "" {
			list = list.PageToken(token)
		}
		page, err := list.Context(ctx).Do()
		if err != nil {
			return nil, "", err
		}
		return convert(page.Drives, func(d *drive.Drive) (seen.Drive, bool) {
			return seen.Drive{ID: d.Id, Name: d.Name, Unit: unitID(d.OrgUnitId)}, true
		}), page.NextPageToken, nil
	})
}

// DriveMembers reads who is a member of a shared drive, as the administrator (who need not be one) with [ScopeMetadata]. All of these grants are the drive's own.
func (c *Client) DriveMembers(ctx context.Context, driveID string) ([]seen.Grant, error) {
	return collect(c.permissions(ctx, func() *Handle { return c.asAdmin(ScopeMetadata) }, driveID, "drive "+driveID, membership,
		func(l *drive.PermissionsListCall) *drive.PermissionsListCall {
			return l.UseDomainAdminAccess(true)
		}))
}

// permissions lists the permissions of a file or shared drive.
func (c *Client) permissions(ctx context.Context, open func() *Handle, id, on string, ours func(*drive.Permission) (seen.Grant, bool),
	narrow func(*drive.PermissionsListCall) *drive.PermissionsListCall) iter.Seq2[seen.Grant, error] {
	return paged(ctx, open, permissionsList, on, func(ctx context.Context, token string) ([]seen.Grant, string, error) {
		list := narrow(c.drive.Permissions.List(id).SupportsAllDrives(true).PageSize(100)).
			Fields("nextPageToken", googleapi.Field("permissions("+fieldsPermission+")"))
		if token != "" {
			list = list.PageToken(token)
		}
		page, err := list.Context(ctx).Do()
		if err != nil {
			return nil, "", err
		}
		return convert(page.Permissions, ours), page.NextPageToken, nil
	})
}
