package server_test

import (
	"bytes"
	"crypto/md5"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	drive "google.golang.org/api/drive/v3"

	. "esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
)

func TestDownloads(t *testing.T) {
	w := school(t)
	for _, f := range []*world.File{{ID: "R", Name: "Roll", MimeType: world.MimeSheet, Parent: "F", Owner: &world.Person{EmailAddress: "ann@school.example"}},
		{ID: "N", Name: "Not told.csv", MimeType: "text/csv", Parent: "F", Owner: &world.Person{EmailAddress: "ann@school.example"}},
		{ID: "BIG", Name: "Big", MimeType: world.MimeSheet, Parent: "root-100", Owner: &world.Person{EmailAddress: "ann@school.example"}},
		{ID: "D3", Name: "D3.csv", MimeType: "text/csv", Parent: "0D", DriveID: "0D"}} {
		if err := w.AddFile(f); err != nil {
			t.Fatal(err)
		}
	}
	odd := "\xef\xbb\xbfNumber,Name\r\n1,\"O\u2019Neil\"\r\n\x00\xff"
	for id, b := range map[string]string{"R": "Number\n1\n", "B": odd, "BIG": strings.Repeat("x", 10<<20+1), "D3": ""} {
		if err := w.AddContent(id, []byte(b)); err != nil {
			t.Fatal(err)
		}
	}
	e := startWorld(t, w, Options{})
	read := func(r *http.Response, err error) (string, error) {
		if err != nil {
			return "", err
		}
		defer r.Body.Close()
		b, err := io.ReadAll(r.Body)
		return r.Header.Get("Content-Type") + " " + string(b), err
	}
	get := func(who, id string, scopes ...string) (string, error) {
		return read(e.drive(who+"@school.example", scopes...).Files.Get(id).SupportsAllDrives(true).Download())
	}
	export := func(who, id, as string, scopes ...string) (string, error) {
		return read(e.drive(who+"@school.example", scopes...).Files.Export(id, as).Download())
	}
	for _, tt := range []struct {
		what string
		do   func() (string, error)
		want string // or
		code int
		says string
	}{
		{"a reader", func() (string, error) { return get("bob", "B", drive.DriveReadonlyScope) }, "text/plain " + odd, 0, ""},
		{"through a folder", func() (string, error) { return get("ann", "B") }, "text/plain " + odd, 0, ""},
		{"empty, in a shared drive", func() (string, error) { return get("bob", "D3") }, "text/csv ", 0, ""},
		{"a stranger", func() (string, error) { return get("cat", "B") }, "", 404, "notFound"},
		{"only metadata", func() (string, error) { return get("ann", "B", drive.DriveMetadataReadonlyScope) }, "", 403, "insufficientPermissions"},
		{"a sheet as it is", func() (string, error) { return get("ann", "R") }, "", 403, "fileNotDownloadable"},
		{"a folder", func() (string, error) { return get("ann", "F") }, "", 403, "fileNotDownloadable"},
		{"the root", func() (string, error) { return get("ann", "root") }, "", 403, "fileNotDownloadable"},
		{"a shared drive", func() (string, error) { return get("ann", "0D") }, "", 403, "fileNotDownloadable"},
		{"a shared drive of others", func() (string, error) { return get("cat", "0D") }, "", 404, "notFound"},
		{"not told", func() (string, error) { return get("ann", "N") }, "", 501, "notImplemented"},
		{"nothing", func() (string, error) { return get("ann", "nothing") }, "", 404, "notFound"},
		{"a sheet", func() (string, error) { return export("bob", "R", "text/csv", drive.DriveReadonlyScope) }, "text/csv Number\n1\n", 0, ""},
		{"a sheet with only metadata", func() (string, error) { return export("ann", "R", "text/csv", drive.DriveMetadataReadonlyScope) }, "", 403, "insufficientPermissions"},
		{"a sheet of others", func() (string, error) { return export("cat", "R", "text/csv") }, "", 404, "notFound"},
		{"as a picture", func() (string, error) { return export("ann", "R", "image/png") }, "", 400, "badRequest"},
		{"as nothing", func() (string, error) { return export("ann", "R", "") }, "", 400, "required"},
		{"a document", func() (string, error) { return export("ann", "A", "text/csv") }, "", 400, "badRequest"},
		{"an ordinary file", func() (string, error) { return export("ann", "B", "text/csv") }, "", 403, "fileNotExportable"},
		{"a large sheet", func() (string, error) { return export("ann", "BIG", "text/csv") }, "", 403, "exportSizeLimitExceeded"},
	} {
		have, err := tt.do()
		if tt.code != 0 {
			if err == nil || !strings.Contains(err.Error(), fmt.Sprint(tt.code)) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%s: have %v, want %d %s", tt.what, err, tt.code, tt.says)
			}
			continue
		}
		if err != nil || have != tt.want {
			t.Errorf("%s: have %q %v, want %q", tt.what, have, err, tt.want)
		}
	}

	f, err := e.drive("bob@school.example").Files.Get("B").Fields("size,md5Checksum").Do()
	if err != nil || f.Size != int64(len(odd)) || f.Md5Checksum != fmt.Sprintf("%x", md5.Sum([]byte(odd))) {
		t.Errorf("what is told of it: %+v %v", f, err)
	}
	part := e.drive("bob@school.example").Files.Get("B")
	part.Header().Set("Range", "bytes=3-8")
	if have, err := read(part.Download()); err != nil || have != "text/plain Number" {
		t.Errorf("a part: %q %v", have, err)
	}

	r, err := http.Post(e.url+"/sim/do", "application/json", strings.NewReader(`{"do":"setContent","file":"R","text":"Number\n2\n","actor":"ann@school.example"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if have, err := export("ann", "R", "text/csv"); err != nil || have != "text/csv Number\n2\n" {
		t.Errorf("after an edit: %q %v", have, err)
	}
}

// What breaks off on its way does not look whole.
func TestDownloadsBreak(t *testing.T) {
	w := school(t)
	if err := w.AddContent("B", bytes.Repeat([]byte("a,b\n"), 1000)); err != nil {
		t.Fatal(err)
	}
	s, err := New(w, Options{Key: testKey(), Faults: Faults{Rate: 1, Kinds: []string{"truncate"}, Routes: []string{"drive"}}})
	if err != nil {
		t.Fatal(err)
	}
	hs := httptest.NewServer(s)
	t.Cleanup(hs.Close)
	r, err := (&env{t, w, s, hs.URL}).drive("bob@school.example").Files.Get("B").Download()
	if err == nil {
		_, err = io.Copy(io.Discard, r.Body)
		r.Body.Close()
	}
	if err == nil {
		t.Error("half a file came as if it were whole")
	}
}

func TestProxyWithRcloneDownloads(t *testing.T) {
	tool(t, "/usr/bin/rclone")
	r := runSchool(t, true)
	to := filepath.Join(r.dir, "B")
	// rclone compares size and checksum of what came with what Drive says.
	r.command(t, "/usr/bin/rclone", "--config", filepath.Join(r.dir, "none.conf"), "--retries", "1", "--low-level-retries", "1", "copyto",
		":drive,scope=drive.readonly,service_account_file="+r.key+",impersonate=ann@school.example:Folder/B", to)
	if b, err := os.ReadFile(to); err != nil || string(b) != "twelve bytes" {
		t.Errorf("have %q %v", b, err)
	}
}
