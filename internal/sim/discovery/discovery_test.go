package discovery_test

import (
	"bytes"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	. "esafetybot/internal/sim/discovery"
	"esafetybot/internal/sim/discovery/compile"
)

func TestCompiledDocumentsAreFresh(t *testing.T) {
	dir, err := compile.ModuleDir()
	if err != nil {
		t.Fatal(err)
	}
	files, err := compile.All(dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		have, err := os.ReadFile(filepath.Join("apis", name))
		if err != nil || !bytes.Equal(have, want) {
			t.Errorf("apis/%s is stale (%v): run go generate ./internal/sim/discovery", name, err)
		}
	}
}

func load(t *testing.T) *Catalogue {
	t.Helper()
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestMatch(t *testing.T) {
	c := load(t)
	for _, tt := range []struct{ method, path, id, param, value string }{
		{"GET", "/drive/v3/files", "drive.files.list", "", ""},
		{"GET", "/drive/v3/files/abc", "drive.files.get", "fileId", "abc"},
		{"DELETE", "/drive/v3/files/abc/permissions/anyone%20x", "drive.permissions.delete", "permissionId", "anyone x"},
		{"POST", "/upload/drive/v3/files", "drive.files.create", "", ""},
		{"GET", "/admin/directory/v1/users", "directory.users.list", "", ""},
		{"GET", "/admin/directory/v1/customer/my_customer/orgunits", "directory.orgunits.list", "customerId", "my_customer"},
		{"GET", "/admin/reports/v1/activity/users/all/applications/drive", "reports.activities.list", "applicationName", "drive"},
		{"GET", "/groups/v1/groups/team@school.example", "groupsSettings.groups.get", "groupUniqueId", "team@school.example"},
		{"POST", "/gmail/v1/users/me/drafts/send", "gmail.users.drafts.send", "userId", "me"},
		{"GET", "/v3/users/self/blogs", "blogger.blogs.listByUser", "userId", "self"},
		{"POST", "/v3/blogs/41/posts/1/comments/c1/removecontent", "blogger.comments.removeContent", "commentId", "c1"},
		{"GET", "/v1/policies", "cloudidentity.policies.list", "", ""},
		{"POST", "/v1/projects/-/serviceAccounts/bot@project.example:signJwt", "iamcredentials.projects.serviceAccounts.signJwt", "name", "projects/-/serviceAccounts/bot@project.example"},
	} {
		m, params, _, _ := c.Match(tt.method, tt.path)
		if m == nil || m.ID != tt.id || tt.param != "" && params[tt.param] != tt.value {
			t.Errorf("%s %s: have %+v %v, want %s", tt.method, tt.path, m, params, tt.id)
		}
	}
	for _, path := range []string{"/", "/drive/v3", "/drive/v3/files/a/b", "/nowhere"} {
		if m, _, _, _ := c.Match("GET", path); m != nil {
			t.Errorf("%s matches %s", path, m.ID)
		}
	}
	if m, _, _, known := c.Match("PUT", "/drive/v3/files"); m != nil || !known {
		t.Errorf("PUT of files: have %v %v", m, known)
	}
}

func TestCheck(t *testing.T) {
	c := load(t)
	for _, tt := range []struct{ path, query, reason string }{
		{"/drive/v3/files", "q=a&pageSize=1000&alt=json&fields=x", ""},
		{"/drive/v3/files", "pageSizes=1", "unknown"},
		{"/drive/v3/files", "pageSize=x", "invalid"},
		{"/drive/v3/files", "pageSize=1001", "invalid"},
		{"/drive/v3/files", "supportsAllDrives=yes", "invalid"},
		{"/drive/v3/files", "q=a&q=b", "invalid"},
		{"/admin/directory/v1/users", "projection=everything", "invalid"},
		{"/admin/directory/v1/users", "projection=full", ""},
		{"/admin/directory/v1/customer/c/orgunits", "type=all", ""},
	} {
		m, _, _, _ := c.Match("GET", tt.path)
		q, err := url.ParseQuery(tt.query)
		if m == nil || err != nil {
			t.Fatal(tt.path, err)
		}
		have := ""
		if p := m.Check(q); p != nil {
			have = p.Reason
		}
		if have != tt.reason {
			t.Errorf("%s?%s: have %q, want %q", tt.path, tt.query, have, tt.reason)
		}
	}
}

func TestValidate(t *testing.T) {
	m, _, _, _ := load(t).Match("POST", "/drive/v3/files/x/permissions")
	for _, tt := range []struct {
		body string
		ok   bool
	}{
		{`{"type":"user","role":"reader","emailAddress":"a@b.example"}`, true}, // emailAddress is marked read-only
		{`{"type":"user","rolle":"reader"}`, false},
		{`{"type":1}`, false},
		{`{"permissionDetails":[{"inherited":"yes"}]}`, false},
	} {
		if err := m.API.Validate(m.Request.Ref, []byte(tt.body)); (err == nil) != tt.ok {
			t.Errorf("%s: %v", tt.body, err)
		}
	}
}
