package server_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	drive "google.golang.org/api/drive/v3"
	"google.golang.org/api/googleapi"

	. "esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
)

func TestWhatEachSubjectSees(t *testing.T) {
	e := serving(t, Options{})
	for _, tt := range []struct{ who, q, want string }{
		{"ann", "'me' in owners and trashed=false", "F A Q"},
		{"bob", "'me' in owners and trashed = false", "B L"},
		{"bob", "", "F A B L"},
		{"bob", "sharedWithMe = true", "F A"},
		{"bob", "'F' in parents", "A B"},
		{"bob", "'root' in parents", "L"},
		{"ann", "'root' in parents or 'F' in parents", "F A B Q"},
		{"ann", "mimeType = 'application/vnd.google-apps.folder'", "F"},
		{"ann", "mimeType != 'application/vnd.google-apps.folder' and 'me' in owners", "A Q"},
		{"bob", "visibility = 'anyoneWithLink'", "L"},
		{"bob", "not (visibility = 'limited') or name contains 'b'", "B L"},
		{"cat", "", ""},
	} {
		r, err := e.drive(tt.who + "@school.example").Files.List().Q(tt.q).Do()
		if err != nil {
			t.Errorf("%s %q: %v", tt.who, tt.q, err)
			continue
		}
		if have := ids(r.Files); have != tt.want {
			t.Errorf("%s %q: have %q, want %q", tt.who, tt.q, have, tt.want)
		}
	}
	_, err := e.drive("dan@school.example").Files.List().Do()
	var g *googleapi.Error
	if !errors.As(err, &g) || g.Code != 401 && g.Code != 403 {
		t.Errorf("Drive off: %v", err)
	}
	bob := e.drive("bob@school.example")
	f, err := bob.Files.Get("A").Fields("*").Do()
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Permissions) != 0 || len(f.Parents) != 1 || f.OwnedByMe {
		t.Errorf("a reader sees %+v", f)
	}
	f, err = bob.Files.Get("F").Fields("id,parents,permissions").Do()
	if err != nil || len(f.Parents) != 0 {
		t.Errorf("a reader sees the owner's root: %+v %v", f, err)
	}
	f, err = bob.Files.Get("B").Fields("id,permissions(id,role,permissionDetails/inherited)").Do()
	if err != nil || len(f.Permissions) != 2 {
		t.Errorf("an owner's file in a shared folder: %+v %v", f, err)
	}
	_, err = e.drive("cat@school.example").Files.Get("A").Do()
	want(t, "a stranger", err, 404, "notFound")
	if f, err := e.drive("cat@school.example").Files.Get("L").Do(); err != nil || f.Id != "L" {
		t.Errorf("by link: %v", err)
	}
	f, err = e.drive("ann@school.example").Files.Get("root").Fields("id,name,permissions").Do()
	if err != nil || f.Id != "root-100" || len(f.Permissions) != 1 {
		t.Errorf("root: %+v %v", f, err)
	}
}

func TestSharedDrives(t *testing.T) {
	e := serving(t, Options{})
	ann, bob, cat := e.drive("ann@school.example"), e.drive("bob@school.example"), e.drive("cat@school.example")
	list := func(d *drive.Service) *drive.FilesListCall {
		return d.Files.List().Corpora("drive").DriveId("0D").IncludeItemsFromAllDrives(true).SupportsAllDrives(true)
	}
	r, err := list(bob).Fields("files(id,permissions,hasAugmentedPermissions,driveId)").Do()
	if err != nil {
		t.Fatal(err)
	}
	if ids(r.Files) != "D1 D2" || len(r.Files[0].Permissions) != 0 || !r.Files[0].HasAugmentedPermissions || r.Files[1].HasAugmentedPermissions {
		t.Errorf("have %+v %+v", r.Files[0], r.Files[1])
	}
	_, err = list(cat).Do()
	want(t, "a suspended member", err, 404, "notFound")
	ds, err := cat.Drives.List().Do()
	if err != nil || len(ds.Drives) != 0 {
		t.Errorf("a suspended member's drives: %+v %v", ds, err)
	}
	_, err = bob.Drives.List().UseDomainAdminAccess(true).Do()
	want(t, "no administrator", err, 403, "forbidden")
	ds, err = ann.Drives.List().UseDomainAdminAccess(true).Fields("drives(id,orgUnitId)").Do()
	if err != nil || len(ds.Drives) != 1 || ds.Drives[0].OrgUnitId != "ustaff" {
		t.Errorf("as an administrator: %+v %v", ds, err)
	}
	ds, err = bob.Drives.List().Fields("*").Do()
	if err != nil || len(ds.Drives) != 1 || ds.Drives[0].OrgUnitId != "" {
		t.Errorf("as a member: %+v %v", ds, err)
	}
	_, err = e.drive("bob@school.example", drive.DriveMetadataReadonlyScope).Drives.List().Do()
	want(t, "scope of drives.list", err, 403, "insufficientPermissions")
	ps, err := bob.Permissions.List("D1").SupportsAllDrives(true).Fields("permissions").Do()
	if err != nil || len(ps.Permissions) != 4 {
		t.Errorf("permissions of an item: %+v %v", ps, err)
	}
	_, err = bob.Permissions.List("D1").Do()
	want(t, "without supportsAllDrives", err, 404, "notFound")
	ps, err = ann.Permissions.List("0D").SupportsAllDrives(true).UseDomainAdminAccess(true).Fields("permissions(emailAddress,role)").Do()
	if err != nil || len(ps.Permissions) != 3 {
		t.Errorf("membership: %+v %v", ps, err)
	}
	_, err = ann.Permissions.List("D2").SupportsAllDrives(true).UseDomainAdminAccess(true).Do()
	want(t, "domain admin access to an item", err, 403, "forbidden")
}

func TestChanges(t *testing.T) {
	e := serving(t, Options{})
	ann, bob := e.drive("ann@school.example"), e.drive("bob@school.example")
	p, err := ann.Permissions.Create("F", &drive.Permission{Type: "user", Role: "writer", EmailAddress: "eve@home.example"}).SendNotificationEmail(false).Fields("*").Do()
	if err != nil || p.EmailAddress != "eve@home.example" {
		t.Fatal(p, err)
	}
	err = ann.Permissions.Delete("A", p.Id).Do()
	want(t, "an inherited permission", err, 403, "cannotModifyInheritedPermission")
	_, err = bob.Permissions.Create("F", &drive.Permission{Type: "anyone", Role: "reader"}).Do()
	want(t, "sharing as a reader", err, 403, "insufficientFilePermissions")
	_, err = ann.Permissions.Update("F", p.Id, &drive.Permission{Role: "reader", ExpirationTime: "2027-01-01T00:00:00Z"}).Fields("*").Do()
	want(t, "update", err, 0, "")
	want(t, "delete", ann.Permissions.Delete("F", p.Id).Do(), 0, "")
	want(t, "delete again", ann.Permissions.Delete("F", p.Id).Do(), 404, "notFound")
	f, err := ann.Files.Create(&drive.File{Name: "New", MimeType: world.MimeFolder, Parents: []string{"F"}}).Fields("id,parents").Do()
	if err != nil {
		t.Fatal(err)
	}
	_, err = ann.Files.Update(f.Id, &drive.File{Trashed: true}).Do()
	want(t, "trash", err, 0, "")
	_, err = ann.Files.Update("A", &drive.File{}).AddParents(f.Id).RemoveParents("F").Fields("parents").Do()
	want(t, "move", err, 0, "")
	want(t, "delete file", ann.Files.Delete(f.Id).Do(), 0, "")
	want(t, "delete another's file", bob.Files.Delete("Q").Do(), 404, "notFound")
	_, err = ann.Files.Get("A").Do()
	want(t, "what was in it", err, 404, "notFound")
	_, err = bob.Permissions.Create("B", &drive.Permission{Type: "user", Role: "owner", EmailAddress: "ann@school.example"}).Do()
	want(t, "transfer without the flag", err, 403, "forbidden")
	_, err = bob.Permissions.Create("B", &drive.Permission{Type: "user", Role: "owner", EmailAddress: "ann@school.example"}).TransferOwnership(true).Do()
	want(t, "transfer", err, 0, "")
	e.w.Advance(time.Hour)
	r, err := e.reports().Activities.List("all", "drive").Do()
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for i := len(r.Items) - 1; i >= 0; i-- {
		for _, ev := range r.Items[i].Events {
			have = append(have, ev.Name)
		}
	}
	for _, n := range []string{"change_user_access", "change_user_access_hierarchy_reconciled", "create", "trash", "move", "delete", "change_owner"} {
		if !slices.Contains(have, n) {
			t.Errorf("the audit log lacks %s: %q", n, have)
		}
	}
}

func TestPublishedView(t *testing.T) {
	e := serving(t, Options{})
	ann := e.drive("ann@school.example")
	f, err := ann.Files.Get("Q").Fields("permissions(id,view)").Do()
	if err != nil || len(f.Permissions) != 1 {
		t.Errorf("ordinary: %+v %v", f, err)
	}
	f, err = ann.Files.Get("Q").Fields("permissions(id,view)").IncludePermissionsForView("published").Do()
	if err != nil || len(f.Permissions) != 2 || f.Permissions[1].View != "published" {
		t.Errorf("published: %+v %v", f, err)
	}
	_, err = ann.Files.List().IncludePermissionsForView("draft").Do()
	want(t, "another view", err, 400, "invalid")
}

func TestPages(t *testing.T) {
	w := school(t)
	for i := range 1500 {
		if err := w.AddFile(&world.File{ID: fmt.Sprintf("p%04d", i), Name: fmt.Sprint("File ", 1500-i), MimeType: "text/plain", Parent: "root-102", Owner: &world.Person{EmailAddress: "cat@school.example"}}); err != nil {
			t.Fatal(err)
		}
	}
	e := startWorld(t, w, Options{})
	cat := e.drive("cat@school.example")
	for _, tt := range []struct {
		fields, order string
		sizes         []int
	}{
		{"nextPageToken,files(id,permissions)", "", []int{100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100}},
		{"nextPageToken,files(id,parents)", "", []int{460, 460, 460, 120}},
		{"nextPageToken,files(id)", "", []int{1000, 500}},
		{"nextPageToken,files(id)", "folder,name_natural desc", []int{1000, 500}},
	} {
		var sizes []int
		seen := map[string]bool{}
		c := cat.Files.List().Q("'me' in owners").PageSize(1000).Fields(googleapi.Field(tt.fields))
		if tt.order != "" {
			c = c.OrderBy(tt.order)
		}
		err := c.Pages(context.Background(), func(l *drive.FileList) error {
			sizes = append(sizes, len(l.Files))
			for _, f := range l.Files {
				seen[f.Id] = true
			}
			return nil
		})
		if err != nil || len(seen) != 1500 {
			t.Errorf("%s %s: %d files, %v", tt.fields, tt.order, len(seen), err)
		}
		if d := cmp.Diff(tt.sizes, sizes); d != "" {
			t.Errorf("%s: page sizes %s", tt.fields, d)
		}
	}
	l, err := cat.Files.List().Q("'me' in owners").Do()
	if err != nil {
		t.Fatal(err)
	}
	_, err = cat.Files.List().Q("trashed=false").PageToken(l.NextPageToken).Do()
	want(t, "token of another query", err, 400, "invalid")
	_, err = e.drive("bob@school.example").Files.List().Q("'me' in owners").PageToken(l.NextPageToken).Do()
	want(t, "token of another subject", err, 400, "invalid")
	e.w.Advance(73 * time.Hour)
	_, err = cat.Files.List().Q("'me' in owners").PageToken(l.NextPageToken).Do()
	want(t, "old token", err, 400, "invalid")
}
