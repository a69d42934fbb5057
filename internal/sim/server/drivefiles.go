package server

import (
	"cmp"
	"crypto/md5"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"esafetybot/internal/sim/world"
)

// withDrive lets users with a working Drive through, and gives the method its mask where none was asked for: Drive answers with a few
// fields only. Source: Drive API guide "Return specific fields".
func withDrive(standard string, fn func(*call, *viewer) ([]byte, *apiError)) func(*call) ([]byte, *apiError) {
	return func(c *call) ([]byte, *apiError) {
		if c.user == nil {
			return nil, forbidden("forbidden", "The service account has no Drive in the simulated school; name a subject.")
		}
		if c.s.world.DriveOff(c.user) {
			if mix([]byte(c.user.ID))%2 == 0 { // Google has answered both
				return nil, forbidden("domainPolicy", "The domain administrators have disabled Drive apps.")
			}
			return nil, unauthenticated()
		}
		if c.mask == nil && standard != "" {
			m, err := parseMask(standard)
			if err != nil {
				return nil, backendError(500)
			}
			c.mask = m
		}
		return fn(c, c.viewer())
	}
}

const fileFields = "kind,id,name,mimeType,driveId,teamDriveId,resourceKey"

// fileJSON writes an item as the viewer sees it.
func (c *call) fileJSON(b []byte, m *mask, f *world.File, v *viewer) []byte {
	o := begin(b, m)
	o.str("kind", "drive#file")
	o.str("id", f.ID)
	o.str("name", f.Name)
	o.str("mimeType", f.MimeType)
	if f.Parent != "" && m.has("parents") && v.seesParent(f) {
		if _, ok := o.key("parents"); ok {
			o.b = append(appendString(append(o.b, '['), f.Parent), ']')
		}
	}
	o.bool("trashed", f.Trashed)
	o.bool("explicitlyTrashed", f.ExplicitlyTrashed)
	o.time("createdTime", f.Created)
	o.time("modifiedTime", f.Modified)
	if m.has("webViewLink") {
		o.str("webViewLink", f.WebViewLink())
	}
	o.bool("starred", false)
	if f.DriveID == "" {
		mine := v.owns(f)
		o.bool("ownedByMe", mine)
		if sub, ok := o.key("owners"); ok {
			p := begin(append(o.b, '['), sub)
			p.str("kind", "drive#user")
			p.opt("displayName", f.Owner.DisplayName)
			p.bool("me", mine)
			p.str("permissionId", f.Owner.PermissionID)
			p.str("emailAddress", f.Owner.EmailAddress)
			o.b = append(p.end(), ']')
		}
		o.bool("shared", len(f.Permissions()) > 1)
		o.bool("writersCanShare", !f.WritersCannotShare)
	} else {
		o.str("driveId", f.DriveID)
		o.str("teamDriveId", f.DriveID)
		o.bool("hasAugmentedPermissions", f.Augmented())
	}
	if f.IsFolder() {
		o.bool("inheritedPermissionsDisabled", f.InheritedPermissionsDisabled)
	}
	for _, k := range []string{"size", "description", "md5Checksum", "shortcutDetails", "properties", "lastModifyingUser", "sharedWithMeTime"} {
		if x, ok := f.Extra[k]; ok && (k != "sharedWithMeTime" || !v.owns(f)) {
			o.raw(k, x)
		}
	}
	if blob := !strings.HasPrefix(f.MimeType, "application/vnd.google-apps."); blob {
		// What is not one of Google's own documents has contents, and clients go by that; the tenant need not say which.
		if f.Extra["size"] == nil {
			o.str("size", "1024")
		}
		if f.Extra["md5Checksum"] == nil && m.has("md5Checksum") {
			o.str("md5Checksum", fmt.Sprintf("%x", md5.Sum([]byte(f.ID))))
		}
	}
	if f.DriveID == "" && m.has("permissions") && v.canShare(f) {
		if sub, ok := o.key("permissions"); ok {
			list, known := c.lists[f.SharedList()]
			if !known {
				list = c.permissionsJSON(nil, sub, f.Permissions())
				if c.lists != nil {
					c.lists[f.SharedList()] = list
				}
			}
			o.b = append(o.b, list...)
		}
	}
	if m.has("permissionIds") && f.DriveID == "" && v.canShare(f) {
		if _, ok := o.key("permissionIds"); ok {
			o.b = append(o.b, '[')
			for i, p := range f.Permissions() {
				if i > 0 {
					o.b = append(o.b, ',')
				}
				o.b = appendString(o.b, p.ID)
			}
			o.b = append(o.b, ']')
		}
	}
	if sub, ok := m.sub("capabilities"); ok {
		if _, ok := o.key("capabilities"); ok {
			role := world.Rank(v.role(f))
			p := begin(o.b, sub)
			p.bool("canShare", v.canShare(f))
			p.bool("canEdit", role >= world.Rank("writer"))
			p.bool("canComment", role >= world.Rank("commenter"))
			p.bool("canRename", role >= world.Rank("writer"))
			p.bool("canTrash", v.owns(f) || f.DriveID != "" && role >= world.Rank("fileOrganizer"))
			p.bool("canDelete", v.owns(f) || role == world.Rank("organizer"))
			p.bool("canListChildren", f.IsFolder() && v.opens(f))
			p.bool("canDownload", role > 0)
			o.b = p.end()
		}
	}
	return o.end()
}

// opens reports whether the viewer may look into a folder, not only at its name.
func (v *viewer) opens(f *world.File) bool {
	return v.owns(f) || slices.ContainsFunc(f.Permissions(), func(p world.Permission) bool { return p.Live(v.now) && v.grants(&p, false) })
}

// permissionsJSON writes a list of permissions: published ones only where asked for.
func (c *call) permissionsJSON(b []byte, m *mask, list []world.Permission) []byte {
	published := c.query.Get("includePermissionsForView") == world.ViewPublished
	b = append(b, '[')
	first := true
	for i := range list {
		if list[i].View == world.ViewPublished && !published {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = c.permissionJSON(b, m, &list[i])
	}
	return append(b, ']')
}

func (c *call) permissionJSON(b []byte, m *mask, p *world.Permission) []byte {
	o := begin(b, m)
	o.str("kind", "drive#permission")
	o.str("id", p.ID)
	o.str("type", p.Type)
	o.str("role", p.Role)
	o.opt("emailAddress", p.EmailAddress)
	o.opt("domain", p.Domain)
	o.opt("displayName", p.DisplayName)
	switch p.Type {
	case "user", "group":
		o.bool("deleted", p.Deleted || c.s.world.DeletedUser(p.EmailAddress) != nil)
		o.bool("pendingOwner", p.PendingOwner)
	default:
		o.bool("allowFileDiscovery", p.AllowFileDiscovery)
	}
	o.time("expirationTime", p.ExpirationTime)
	o.opt("view", p.View)
	if sub, ok := m.sub("permissionDetails"); ok && len(p.Details) > 0 {
		o.key("permissionDetails")
		o.b = append(o.b, '[')
		for i, d := range p.Details {
			if i > 0 {
				o.b = append(o.b, ',')
			}
			q := begin(o.b, sub)
			q.str("permissionType", d.PermissionType)
			q.str("role", d.Role)
			q.bool("inherited", d.Inherited)
			q.opt("inheritedFrom", d.InheritedFrom)
			o.b = q.end()
		}
		o.b = append(o.b, ']')
	}
	return o.end()
}

// Page sizes of files.list, by what is asked for. Source: probes, see FACTS: 100 with permissions, about 460 with parents.
const (
	pageWithPermissions = 100
	pageWithParents     = 460
	pageAtMost          = 1000
)

func filesList(c *call, v *viewer) ([]byte, *apiError) {
	q, err := parseSearch(c.query.Get("q"))
	if err != nil {
		return nil, invalidParameter("q", "")
	}
	if s := c.query.Get("spaces"); s != "" && s != "drive" {
		return nil, invalidParameter("spaces", s)
	}
	if p := c.query.Get("includePermissionsForView"); p != "" && p != world.ViewPublished {
		return nil, invalidParameter("includePermissionsForView", p)
	}
	order, aerr := parseOrder(c.query.Get("orderBy"))
	if aerr != nil {
		return nil, aerr
	}
	files, aerr := c.candidates(v, q)
	if aerr != nil {
		return nil, aerr
	}
	most := pageAtMost
	fields, _ := c.mask.sub("files")
	listed := c.mask == nil || c.mask.has("files")
	switch {
	case listed && fields.has("permissions"):
		most = pageWithPermissions
	case listed && fields.has("parents"):
		most = pageWithParents
	}
	after, aerr := c.page()
	if aerr != nil {
		return nil, aerr
	}
	size := c.size("pageSize", 100, most)
	skip := 0
	if order != nil { // sorted: the whole list is looked at anyway
		hits := make([]*world.File, 0, len(files))
		for _, f := range files {
			if q.match(&item{f, v}) {
				hits = append(hits, f)
			}
		}
		slices.SortStableFunc(hits, order)
		skip, _ = strconv.Atoi(after)
		files = hits[min(skip, len(hits)):]
	} else if after != "" {
		seq, _ := strconv.ParseUint(after, 36, 64)
		i, _ := slices.BinarySearchFunc(files, seq, func(f *world.File, seq uint64) int { return cmp.Compare(f.Seq(), seq+1) })
		files = files[i:]
	}
	b := make([]byte, 0, 1<<16)
	c.lists = map[any][]byte{}
	o := begin(b, c.mask)
	o.str("kind", "drive#fileList")
	o.bool("incompleteSearch", c.incomplete)
	var next string
	sub, ok := o.key("files")
	n := 0
	var last *world.File
	if ok {
		o.b = append(o.b, '[')
	}
	for _, f := range files {
		if order == nil && !q.match(&item{f, v}) || c.incomplete && mix([]byte(f.ID))%2 == 0 {
			continue
		}
		if n == size {
			next = strconv.FormatUint(last.Seq(), 36)
			if order != nil {
				next = strconv.Itoa(skip + n)
			}
			break
		}
		if ok {
			if n > 0 {
				o.b = append(o.b, ',')
			}
			o.b = c.fileJSON(o.b, sub, f, v)
		}
		n++
		last = f
	}
	if ok {
		o.b = append(o.b, ']')
	}
	if next != "" {
		o.str("nextPageToken", c.nextPage(next))
	}
	b = o.end()
	c.mask = nil // applied already
	return b, nil
}

// candidates lists the items that the caller may see in the chosen corpus, in the order in which they came into the tenant.
func (c *call) candidates(v *viewer, q *search) ([]*world.File, *apiError) {
	w := c.s.world
	corpora := c.query.Get("corpora")
	driveID := c.query.Get("driveId")
	if driveID == "" {
		driveID = c.query.Get("teamDriveId")
	}
	all := (c.flag("includeItemsFromAllDrives") || c.flag("includeTeamDriveItems")) && (c.flag("supportsAllDrives") || c.flag("supportsTeamDrives"))
	if corpora == "" {
		corpora = "user"
		if driveID != "" {
			corpora = "drive"
		}
	}
	if (corpora == "drive") != (driveID != "") {
		return nil, badRequest("invalid", "driveId", "The driveId parameter must be specified if and only if corpora is set to drive.")
	}
	if (corpora == "drive" || corpora == "allDrives") && !all {
		return nil, forbidden("includeTeamDriveItemsRequired", "The includeItemsFromAllDrives and supportsAllDrives parameters must be set to true when corpora is drive or allDrives.")
	}
	switch corpora {
	case "user", "allDrives", "domain":
	case "drive":
		d := w.Drive(driveID)
		if d == nil || v.driveRole(d) == "" {
			return nil, notFound("Shared drive not found: " + driveID)
		}
		list := w.InDrive(driveID)
		if q.Parent != "" {
			list = w.Children(v.folder(q.Parent))
		}
		return keep(list, func(f *world.File) bool { return f.DriveID == driveID && v.role(f) != "" }), nil
	default:
		return nil, invalidParameter("corpora", corpora)
	}
	switch {
	case q.Mine:
		return w.OwnedBy(v.permID), nil
	case q.Parent != "":
		return keep(w.Children(v.folder(q.Parent)), func(f *world.File) bool { return (f.DriveID == "" || all) && v.role(f) != "" }), nil
	}
	// Everything shared with the user by name: items with the same list of permissions have the same answer.
	known := map[any]bool{}
	var out []*world.File
	w.EachFile(func(f *world.File) {
		if f.DriveID != "" && !all {
			return
		}
		if v.owns(f) {
			if !q.Shared {
				out = append(out, f)
			}
			return
		}
		yes, ok := known[f.SharedList()]
		if !ok {
			yes = v.named(f) || corpora == "domain" && visibility(f) == "domainCanFind" && v.role(f) != ""
			if f.DriveID != "" && corpora != "allDrives" && !f.Augmented() {
				yes = false // members find it in the drive's own corpus
			}
			known[f.SharedList()] = yes
		}
		if yes && !w.Hidden(f) {
			out = append(out, f)
		}
	})
	slices.SortFunc(out, func(a, b *world.File) int { return cmp.Compare(a.Seq(), b.Seq()) })
	return out, nil
}

func keep(list []*world.File, ok func(*world.File) bool) []*world.File {
	out := make([]*world.File, 0, len(list))
	for _, f := range list {
		if ok(f) {
			out = append(out, f)
		}
	}
	return out
}

// parseOrder reads orderBy; nil means the order of the tenant.
func parseOrder(s string) (func(a, b *world.File) int, *apiError) {
	if s == "" {
		return nil, nil
	}
	folder := func(f *world.File) int {
		if f.IsFolder() {
			return 0
		}
		return 1
	}
	var keys []func(a, b *world.File) int
	for _, part := range strings.Split(s, ",") {
		name, dir, _ := strings.Cut(strings.TrimSpace(part), " ")
		var k func(a, b *world.File) int
		switch name {
		case "folder":
			k = func(a, b *world.File) int { return cmp.Compare(folder(a), folder(b)) }
		case "name":
			k = func(a, b *world.File) int { return strings.Compare(lower(a.Name), lower(b.Name)) }
		case "name_natural":
			k = func(a, b *world.File) int { return natural(lower(a.Name), lower(b.Name)) }
		case "createdTime":
			k = func(a, b *world.File) int { return a.Created.Compare(b.Created) }
		case "modifiedTime", "modifiedByMeTime", "recency", "viewedByMeTime", "sharedWithMeTime":
			k = func(a, b *world.File) int { return a.Modified.Compare(b.Modified) }
		case "quotaBytesUsed":
			k = func(a, b *world.File) int { return cmp.Compare(fileSize(a), fileSize(b)) }
		case "starred":
			k = func(a, b *world.File) int { return 0 }
		default:
			return nil, invalidParameter("orderBy", s)
		}
		switch dir {
		case "":
		case "desc":
			up := k
			k = func(a, b *world.File) int { return up(b, a) }
		default:
			return nil, invalidParameter("orderBy", s)
		}
		keys = append(keys, k)
	}
	return func(a, b *world.File) int {
		for _, k := range keys {
			if n := k(a, b); n != 0 {
				return n
			}
		}
		return cmp.Compare(a.Seq(), b.Seq())
	}, nil
}

func fileSize(f *world.File) int64 {
	n, _ := strconv.ParseInt(strings.Trim(string(f.Extra["size"]), `"`), 10, 64)
	return n
}

// natural compares texts so that 2 comes before 12.
func natural(a, b string) int {
	for a != "" && b != "" {
		na, nb := digitsAt(a), digitsAt(b)
		if na > 0 && nb > 0 {
			x, y := strings.TrimLeft(a[:na], "0"), strings.TrimLeft(b[:nb], "0")
			if c := cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x, y)); c != 0 {
				return c
			}
			a, b = a[na:], b[nb:]
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

func digitsAt(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// find looks an item up for the caller. Items of shared drives need supportsAllDrives.
func (c *call) find(v *viewer, id string) (*world.File, *apiError) {
	f := c.s.world.File(id)
	if f == nil || v.role(f) == "" || f.DriveID != "" && !c.supportsAllDrives() {
		return nil, fileNotFound(id)
	}
	return f, nil
}

func (c *call) supportsAllDrives() bool {
	return c.flag("supportsAllDrives") || c.flag("supportsTeamDrives")
}

func filesGet(c *call, v *viewer) ([]byte, *apiError) {
	id := v.folder(c.path["fileId"])
	if id == c.s.world.RootID(v.user) {
		return c.rootJSON(v), nil
	}
	if d := c.s.world.Drive(id); d != nil && c.supportsAllDrives() && v.driveRole(d) != "" {
		o := begin(nil, c.mask)
		o.str("kind", "drive#file")
		o.str("id", d.ID)
		o.str("name", "Drive")
		o.str("mimeType", world.MimeFolder)
		o.str("driveId", d.ID)
		o.bool("trashed", false)
		o.time("createdTime", d.CreatedTime)
		o.str("webViewLink", "https://drive.google.com/drive/folders/"+d.ID)
		c.mask = nil
		return o.end(), nil
	}
	f, err := c.find(v, id)
	if err != nil {
		return nil, err
	}
	b := c.fileJSON(nil, c.mask, f, v)
	c.mask = nil
	return b, nil
}

// rootJSON is the root folder of the caller's My Drive, which is no file of the tenant.
func (c *call) rootJSON(v *viewer) []byte {
	owner := &world.Person{DisplayName: v.user.Name.FullName, EmailAddress: v.user.PrimaryEmail, PermissionID: v.permID}
	o := begin(nil, c.mask)
	o.str("kind", "drive#file")
	o.str("id", c.s.world.RootID(v.user))
	o.str("name", "My Drive")
	o.str("mimeType", world.MimeFolder)
	o.bool("trashed", false)
	o.bool("ownedByMe", true)
	o.bool("shared", false)
	o.time("createdTime", v.user.CreationTime)
	o.str("webViewLink", "https://drive.google.com/drive/folders/"+c.s.world.RootID(v.user))
	if sub, ok := o.key("owners"); ok {
		p := begin(append(o.b, '['), sub)
		p.str("kind", "drive#user")
		p.opt("displayName", owner.DisplayName)
		p.bool("me", true)
		p.str("permissionId", owner.PermissionID)
		p.str("emailAddress", owner.EmailAddress)
		o.b = append(p.end(), ']')
	}
	if sub, ok := o.key("permissions"); ok {
		o.b = c.permissionsJSON(o.b, sub, []world.Permission{{ID: owner.PermissionID, Type: "user", Role: "owner", EmailAddress: owner.EmailAddress,
			DisplayName: owner.DisplayName, Details: []world.Detail{{PermissionType: "file", Role: "owner"}}}})
	}
	c.mask = nil
	return o.end()
}

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
