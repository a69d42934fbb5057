package server_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	drive "google.golang.org/api/drive/v3"
	"google.golang.org/api/option"

	"esafetybot/internal/sim/generate"
	. "esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
)

// TestGeneratedSchool reads a whole generated school through the API, every owner and every shared drive, all fields: each answer fits Google's
// schema (the server of the tests checks that), and together they are the tenant: no item missing, none twice, each with the permissions that the tenant holds.
func TestGeneratedSchool(t *testing.T) {
	g, err := generate.Generate(generate.Options{Pupils: 30, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	w := g.World
	e := startWorld(t, w, Options{})
	off := map[string]bool{}
	for _, u := range w.Users() {
		off[u.ID] = w.DriveOff(u)
	}
	service := func(u *world.User) *drive.Service {
		t.Helper()
		token, err := e.s.Token(u.PrimaryEmail, drive.DriveReadonlyScope)
		if err != nil {
			t.Fatal(err)
		}
		d, err := drive.NewService(context.Background(), option.WithHTTPClient(bearer(token)), option.WithEndpoint(e.url+"/drive/v3/"))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	have := map[string]string{}
	take := func(id string, list []*drive.Permission) {
		if _, twice := have[id]; twice {
			t.Errorf("%s comes twice", id)
		}
		have[id] = grants(list)
	}
	for _, u := range w.Users() {
		if off[u.ID] {
			continue
		}
		err := service(u).Files.List().Q("'me' in owners").PageSize(1000).IncludePermissionsForView("published").Fields("*").
			Pages(context.Background(), func(l *drive.FileList) error {
				for _, f := range l.Files {
					take(f.Id, f.Permissions)
				}
				return nil
			})
		if err != nil {
			t.Fatalf("user %s: %v", u.ID, err)
		}
	}
	for _, d := range w.Drives() {
		var member *drive.Service
		for _, u := range w.Users() {
			for _, p := range d.Permissions {
				if !u.Suspended && !off[u.ID] && p.Type == "user" && w.User(p.EmailAddress) == u && p.Live(w.Now()) {
					member = service(u)
				}
			}
		}
		if member == nil {
			for _, f := range w.InDrive(d.ID) { // nobody can read it
				have[f.ID] = grants(convert(t, f.Permissions()))
			}
			continue
		}
		err := member.Files.List().Corpora("drive").DriveId(d.ID).SupportsAllDrives(true).IncludeItemsFromAllDrives(true).Fields("*").
			Pages(context.Background(), func(l *drive.FileList) error {
				for _, f := range l.Files {
					if len(f.Permissions) > 0 || f.HasAugmentedPermissions != w.File(f.Id).Augmented() {
						t.Errorf("item %s of a shared drive: %d permissions, augmented %v", f.Id, len(f.Permissions), f.HasAugmentedPermissions)
					}
					p, err := member.Permissions.List(f.Id).SupportsAllDrives(true).IncludePermissionsForView("published").Fields("*").Do()
					if err != nil {
						return err
					}
					take(f.Id, p.Permissions)
				}
				return nil
			})
		if err != nil {
			t.Fatalf("shared drive %s: %v", d.ID, err)
		}
	}
	want := map[string]string{}
	w.EachFile(func(f *world.File) {
		switch {
		case w.Hidden(f):
		case f.Owner != nil && (w.User(f.Owner.EmailAddress) == nil || off[w.User(f.Owner.EmailAddress).ID]):
		default:
			want[f.ID] = grants(convert(t, f.Permissions()))
		}
	})
	if d := cmp.Diff(want, have); d != "" {
		t.Errorf("the API against the tenant (-tenant +API): %s", d)
	}
}

// grants writes permissions as comparable text.
func grants(list []*drive.Permission) string {
	type line struct {
		ID, Type, Role, View, Address, Domain string
		Discovery                             bool
		Expires                               int64
		Details                               string
	}
	var out []line
	for _, p := range list {
		l := line{p.Id, p.Type, p.Role, p.View, p.EmailAddress, p.Domain, p.AllowFileDiscovery, 0, ""}
		if t, err := time.Parse(time.RFC3339Nano, p.ExpirationTime); err == nil {
			l.Expires = t.UnixMilli()
		}
		for _, d := range p.PermissionDetails {
			l.Details += d.PermissionType + " " + d.Role + " " + d.InheritedFrom + map[bool]string{true: " inherited;", false: ";"}[d.Inherited]
		}
		out = append(out, l)
	}
	b, err := json.Marshal(out)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func convert(t *testing.T, list []world.Permission) []*drive.Permission {
	t.Helper()
	var out []*drive.Permission
	b, err := json.Marshal(list)
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}
