package world_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	. "esafetybot/internal/sim/world"
)

var start = time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)

// school is a small tenant: three people, a group, a shared drive.
func school(t interface{ Fatal(...any) }) *World {
	w := New(Settings{Now: start, Customer: Customer{ID: "C01", CustomerDomain: "school.example"}, Seed: 1})
	w.AddDomain(&Domain{DomainName: "school.example", IsPrimary: true, Verified: true})
	w.AddOrgUnit(&OrgUnit{OrgUnitID: "id:root", OrgUnitPath: "/"})
	for _, n := range []string{"ann", "bob", "cat"} {
		if err := w.AddUser(&User{PrimaryEmail: n + "@school.example", Name: Name{FullName: n}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.AddGroup(&Group{Email: "team@school.example", Name: "Team"}, nil, nil); err != nil {
		t.Fatal(err)
	}
	if err := w.AddDrive(&Drive{ID: "0DRIVE", Name: "Office", Permissions: []Permission{
		{Type: "user", Role: "organizer", EmailAddress: "ann@school.example"}, {Type: "group", Role: "reader", EmailAddress: "team@school.example"}}}); err != nil {
		t.Fatal(err)
	}
	return w
}

// summary reads an item's permissions as "grantee role own/inherited".
func summary(f *File) []string {
	var out []string
	for _, p := range f.Permissions() {
		who := p.EmailAddress
		if p.Type == "anyone" {
			who = p.ID
		}
		out = append(out, strings.Join([]string{who, p.View, p.Role, p.Own(), p.Inherited()}, " "))
	}
	slices.Sort(out)
	return out
}

func names(list []*Activity) []string {
	var out []string
	for _, a := range list {
		for _, e := range a.Events {
			out = append(out, e.Name)
		}
	}
	return out
}

func TestInheritance(t *testing.T) {
	w := school(t)
	must := func(id string, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	folder := must(w.CreateFile(&File{Name: "Plans", MimeType: MimeFolder}, "ann@school.example"))
	sub := must(w.CreateFile(&File{Name: "Autumn", MimeType: MimeFolder, Parent: folder}, "ann@school.example"))
	doc := must(w.CreateFile(&File{Name: "Week 1", MimeType: MimeDocument, Parent: sub, Owner: &Person{EmailAddress: "bob@school.example"}}, "bob@school.example"))
	must("", w.Share(folder, Grant{Type: "anyone", Role: "reader"}, "ann@school.example"))
	must("", w.Share(doc, Grant{Type: "user", Role: "commenter", EmailAddress: "eve@home.example"}, "bob@school.example"))
	want := []string{"ann@school.example  writer  writer", "anyoneWithLink  reader  reader", "bob@school.example  owner owner ", "eve@home.example  commenter commenter "}
	if d := cmp.Diff(want, summary(w.File(doc))); d != "" {
		t.Errorf("document: %s", d)
	}
	if err := w.Unshare(doc, "anyoneWithLink", "bob@school.example"); !errors.Is(err, ErrInherited) {
		t.Errorf("removing an inherited permission: have %v, want %v", err, ErrInherited)
	}
	if v := w.Visibility(w.File(doc)); v != "people_with_link" {
		t.Errorf("visibility = %q", v)
	}
	must("", w.DisableInheritance(sub, "ann@school.example"))
	want = []string{"ann@school.example  writer  writer", "bob@school.example  owner owner ", "eve@home.example  commenter commenter "}
	if d := cmp.Diff(want, summary(w.File(doc))); d != "" {
		t.Errorf("below a folder with limited access: %s", d)
	}
	if d := cmp.Diff([]string{"ann@school.example  owner owner ", "anyoneWithLink metadata reader  reader"}, summary(w.File(sub))); d != "" {
		t.Errorf("the folder with limited access: %s", d)
	}
	must("", w.EnableInheritance(sub, "ann@school.example"))
	eve := w.PermissionID("user", "eve@home.example")
	must("", w.Share(folder, Grant{Type: "user", Role: "writer", EmailAddress: "eve@home.example"}, "ann@school.example"))
	must("", w.Unshare(folder, eve, "ann@school.example"))
	if slices.ContainsFunc(w.File(doc).Permissions(), func(p Permission) bool { return p.ID == eve }) {
		t.Errorf("taking a person off the folder left the lower grant below")
	}
	must("", w.MoveFile(doc, "0DRIVE", "bob@school.example"))
	want = []string{"ann@school.example  organizer  organizer", "team@school.example  reader  reader"}
	if d := cmp.Diff(want, summary(w.File(doc))); d != "" {
		t.Errorf("in the shared drive: %s", d)
	}
	if w.File(doc).Augmented() || w.File(doc).Owner != nil {
		t.Errorf("in the shared drive: own grants or an owner left")
	}
	wantEvents := []string{"create", "create", "create", "change_user_access_hierarchy_reconciled", "change_document_access_scope", "change_document_visibility"}
	if d := cmp.Diff(wantEvents, names(w.Activities("drive"))[:6]); d != "" {
		t.Errorf("events: %s", d)
	}
}

func TestDeleteAndUndeleteUser(t *testing.T) {
	w := school(t)
	id, err := w.CreateFile(&File{Name: "x", MimeType: MimeDocument}, "cat@school.example")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.DeleteUser("cat@school.example", "ann@school.example"); err != nil {
		t.Fatal(err)
	}
	if !w.Hidden(w.File(id)) {
		t.Error("the file of a deleted user is not hidden")
	}
	dir := t.TempDir()
	if err := w.Save(dir); err != nil {
		t.Fatal(err)
	}
	again, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.UndeleteUser("cat@school.example", "", "ann@school.example"); err != nil {
		t.Fatal(err)
	}
	if again.Hidden(again.File(id)) {
		t.Error("the file of a restored user is hidden")
	}
	if err := w.CreateUser(&User{PrimaryEmail: "cat@school.example"}, "ann@school.example"); !errors.Is(err, ErrExists) {
		t.Errorf("the address of somebody just deleted: have %v, want %v", err, ErrExists)
	}
	w.Advance(21 * 24 * time.Hour)
	if err := w.UndeleteUser("cat@school.example", "", "ann@school.example"); !errors.Is(err, ErrNotFound) {
		t.Errorf("undelete after 21 days: have %v, want %v", err, ErrNotFound)
	}
	if err := w.CreateUser(&User{PrimaryEmail: "cat@school.example"}, "ann@school.example"); err != nil || w.File(id) != nil {
		t.Errorf("a new account with the address: %v; it has the old one's file: %v", err, w.File(id) != nil)
	}
}

func TestUnknownFieldsSurvive(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("tenant.json", `{"now":"2026-11-02T08:00:00Z","customer":{"id":"C1","customerDomain":"school.example"}}`)
	write("users.json", `[{"id":"1","primaryEmail":"ann@school.example","isEnrolledIn2Sv":true,"customSchemas":{"a":{"b":1}}}]`)
	write("groups.json", `[{"id":"g","email":"team@school.example","directMembersCount":"3"}]`)
	write("policies.json", `[{"name":"policies/a","setting":{"type":"settings/gmail.service_status","value":{"serviceState":"DISABLED"}},"policyQuery":{"sortOrder":1.5}}]`)
	write("files.jsonl", `{"id":"f1","name":"Läuft","mimeType":"text/plain","parents":["root-1"],"owners":[{"emailAddress":"ann@school.example"}],"size":"12"}`+"\n")
	w, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	if err := w.Save(out); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"users.json": "isEnrolledIn2Sv", "groups.json": "directMembersCount", "policies.json": "policyQuery", "files.jsonl": `"size":"12"`} {
		b, err := os.ReadFile(filepath.Join(out, name))
		if err != nil || !strings.Contains(string(b), want) {
			t.Errorf("%s lost %s (%v)", name, want, err)
		}
	}
	if p := w.File("f1").Permissions(); len(p) != 1 || p[0].Role != "owner" || p[0].ID == "" {
		t.Errorf("a hand-made file without permissions: %+v", p)
	}
}

// naive works the roles of an item out anew by walking up, from the own grants alone.
func naive(w *World, f *File) map[string]string {
	out := map[string]string{}
	raise := func(k, role string) {
		if Rank(role) > Rank(out[k]) {
			out[k] = role
		}
	}
	for _, p := range f.Permissions() {
		if o := p.Own(); o != "" && p.View != ViewMetadata {
			raise(p.ID+"/"+p.View, o)
		}
	}
	above := map[string]string{}
	if p := w.File(f.Parent); p != nil {
		for k, r := range naive(w, p) {
			if strings.HasSuffix(k, "/") {
				if r == "owner" {
					r = "writer"
				}
				above[k] = r
			}
		}
	} else if d := w.Drive(f.Parent); d != nil {
		for _, p := range d.Permissions {
			above[p.ID+"/"] = p.Role
		}
	}
	for k, r := range above {
		switch {
		case !f.InheritedPermissionsDisabled:
			raise(k, r)
		case f.DriveID != "" && organizerOf(w, f.DriveID, k):
			raise(k, "organizer")
		case out[k] == "":
			out[k+"metadata"] = "reader"
		}
	}
	return out
}

func organizerOf(w *World, driveID, key string) bool {
	return slices.ContainsFunc(w.Drive(driveID).Permissions, func(p Permission) bool { return p.ID+"/" == key && p.Role == "organizer" })
}

func TestEffectiveEqualsNaive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := school(t)
		people := []string{"ann@school.example", "bob@school.example", "cat@school.example"}
		grantees := append([]string{"eve@home.example"}, people...)
		pick := func() string {
			files := w.Files()
			if len(files) == 0 {
				return ""
			}
			return files[rapid.IntRange(0, len(files)-1).Draw(t, "file")].ID
		}
		for range rapid.IntRange(5, 60).Draw(t, "steps") {
			who := rapid.SampledFrom(people).Draw(t, "actor")
			id := pick()
			var err error
			switch op := rapid.IntRange(0, 12).Draw(t, "op"); op {
			case 0, 1, 2:
				f := &File{Name: "n", MimeType: MimeFolder, Parent: rapid.SampledFrom([]string{"", id, id, "0DRIVE"}).Draw(t, "parent")}
				_, err = w.CreateFile(f, who)
			case 3, 4:
				g := Grant{Type: "user", Role: rapid.SampledFrom([]string{"reader", "commenter", "writer"}).Draw(t, "role"), EmailAddress: rapid.SampledFrom(grantees).Draw(t, "grantee")}
				if rapid.IntRange(0, 3).Draw(t, "expiring") == 0 {
					g.ExpirationTime = start.Add(time.Hour)
				}
				err = w.Share(id, g, who)
			case 5:
				err = w.SetLink(id, rapid.SampledFrom([]string{"", "reader", "writer"}).Draw(t, "link"), "", false, who)
			case 6:
				err = w.Unshare(id, w.PermissionID("user", rapid.SampledFrom(grantees).Draw(t, "grantee")), who)
			case 7:
				err = w.MoveFile(id, rapid.SampledFrom([]string{pick(), "0DRIVE", w.RootID(w.User(who))}).Draw(t, "to"), who)
			case 8:
				err = w.TransferOwner(id, who, who)
			case 9:
				if rapid.Bool().Draw(t, "off") {
					err = w.DisableInheritance(id, who)
				} else {
					err = w.EnableInheritance(id, who)
				}
			case 10:
				err = w.ChangeRole(id, w.PermissionID("user", rapid.SampledFrom(grantees).Draw(t, "grantee")), "commenter", who)
			case 11:
				err = w.AddDriveMember("0DRIVE", Grant{Type: "user", Role: rapid.SampledFrom([]string{"reader", "organizer"}).Draw(t, "role"), EmailAddress: rapid.SampledFrom(grantees).Draw(t, "grantee")}, who)
			case 12:
				err = w.Delete(id, who)
			}
			if err != nil && !errors.Is(err, ErrNotAllowed) && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrInherited) {
				t.Fatal(err)
			}
		}
		for _, f := range w.Files() {
			have := map[string]string{}
			for _, p := range f.Permissions() {
				have[p.ID+"/"+p.View] = p.Role
			}
			if d := cmp.Diff(naive(w, f), have); d != "" {
				t.Fatalf("file %s: %s", f.ID, d)
			}
			if f.Owner == nil == (f.DriveID == "") {
				t.Fatalf("file %s: owner and drive disagree", f.ID)
			}
		}
		dir, err := os.MkdirTemp("", "tenant")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		if err := w.Save(dir); err != nil {
			t.Fatal(err)
		}
		again, err := Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range w.Files() {
			a, _ := json.Marshal(f.Permissions())
			b, _ := json.Marshal(again.File(f.ID).Permissions())
			if len(f.Permissions())+len(again.File(f.ID).Permissions()) > 0 && string(a) != string(b) {
				t.Fatalf("file %s changed by save and load:\n%s\n%s", f.ID, a, b)
			}
		}
		if d := cmp.Diff(names(w.Activities("drive")), names(again.Activities("drive"))); d != "" {
			t.Fatalf("audit log: %s", d)
		}
	})
}
