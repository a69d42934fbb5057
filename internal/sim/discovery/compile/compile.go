// Package compile cuts Google's discovery documents down to the methods that the simulated school answers: routes,
// parameters, scopes and the schemas that those methods reach, without prose. The result is still a discovery document.
package compile

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Notice is Google's licence notice, which goes with every compiled document.
const Notice = "Compiled from Google's API discovery documents as distributed in google.golang.org/api. " +
	"Copyright Google LLC. Use of this source is governed by a BSD-style (BSD-3-Clause) licence, see LICENSE beside this file."

// An API names a discovery document inside the module and the methods kept of it.
type API struct {
	Name    string // of the compiled file, for example drive.v3
	Source  string // path inside the module
	Methods []string
}

// APIs lists what the simulated school answers.
var APIs = []API{
	{"drive.v3", "drive/v3/drive-api.json", []string{
		"drive.about.get", "drive.drives.get", "drive.drives.list",
		"drive.files.create", "drive.files.delete", "drive.files.export", "drive.files.get", "drive.files.list", "drive.files.update",
		"drive.permissions.create", "drive.permissions.delete", "drive.permissions.get", "drive.permissions.list", "drive.permissions.update",
		"drive.comments.create", "drive.comments.delete", "drive.comments.get", "drive.comments.list", "drive.comments.update",
		"drive.replies.create", "drive.replies.delete", "drive.replies.get", "drive.replies.list", "drive.replies.update"}},
	{"admin.directory_v1", "admin/directory/v1/admin-api.json", []string{
		"directory.customers.get", "directory.domains.list", "directory.domainAliases.list", "directory.groups.get", "directory.groups.list",
		"directory.members.delete", "directory.members.get", "directory.members.hasMember", "directory.members.insert", "directory.members.list",
		"directory.orgunits.list", "directory.users.get", "directory.users.list", "directory.users.patch", "directory.users.signOut", "directory.users.update",
		"directory.roles.list", "directory.roleAssignments.list", "directory.tokens.delete", "directory.tokens.get", "directory.tokens.list",
		"directory.chromeosdevices.list", "directory.mobiledevices.list", "directory.users.watch", "admin.channels.stop"}},
	{"admin.reports_v1", "admin/reports/v1/admin-api.json", []string{"reports.activities.list", "reports.userUsageReport.get", "reports.activities.watch", "admin.channels.stop"}},
	{"licensing.v1", "licensing/v1/licensing-api.json", []string{"licensing.licenseAssignments.listForProduct"}},
	{"classroom.v1", "classroom/v1/classroom-api.json", []string{
		"classroom.courses.get", "classroom.courses.list", "classroom.courses.students.list", "classroom.courses.teachers.list", "classroom.userProfiles.guardians.list",
		"classroom.courses.announcements.create", "classroom.courses.announcements.delete", "classroom.courses.announcements.get", "classroom.courses.announcements.list",
		"classroom.courses.announcements.patch", "classroom.courses.courseWork.get", "classroom.courses.courseWork.list",
		"classroom.courses.courseWorkMaterials.get", "classroom.courses.courseWorkMaterials.list"}},
	{"blogger.v3", "blogger/v3/blogger-api.json", []string{
		"blogger.blogs.get", "blogger.blogs.listByUser", "blogger.blogUserInfos.get", "blogger.users.get", "blogger.posts.get", "blogger.posts.list",
		"blogger.comments.get", "blogger.comments.list", "blogger.comments.listByBlog",
		"blogger.comments.approve", "blogger.comments.delete", "blogger.comments.markAsSpam", "blogger.comments.removeContent"}},
	{"groupssettings.v1", "groupssettings/v1/groupssettings-api.json", []string{"groupsSettings.groups.get"}},
	{"gmail.v1", "gmail/v1/gmail-api.json", []string{
		"gmail.users.getProfile", "gmail.users.messages.get", "gmail.users.messages.list", "gmail.users.messages.send", "gmail.users.drafts.create", "gmail.users.drafts.delete", "gmail.users.drafts.get",
		"gmail.users.drafts.list", "gmail.users.drafts.send", "gmail.users.settings.getAutoForwarding"}},
	{"cloudidentity.v1", "cloudidentity/v1/cloudidentity-api.json", []string{"cloudidentity.policies.list", "cloudidentity.allowlistedDomains.list"}},
	{"iamcredentials.v1", "iamcredentials/v1/iamcredentials-api.json", []string{"iamcredentials.projects.serviceAccounts.signJwt"}},
}

// ModuleDir asks the go command where the pinned module google.golang.org/api lies.
func ModuleDir() (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "google.golang.org/api").Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, exit.Stderr)
		}
		return "", fmt.Errorf("find google.golang.org/api (run go mod download first): %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// All compiles every API from the module's folder: file name → contents.
func All(module string) (map[string][]byte, error) {
	out := map[string][]byte{}
	for _, a := range APIs {
		b, err := os.ReadFile(filepath.Join(module, a.Source))
		if err != nil {
			return nil, fmt.Errorf("discovery document %s: %w", a.Name, err)
		}
		c, err := a.compile(b)
		if err != nil {
			return nil, fmt.Errorf("discovery document %s: %w", a.Name, err)
		}
		out[a.Name+".json"] = c
	}
	licence, err := os.ReadFile(filepath.Join(module, "LICENSE"))
	if err != nil {
		return nil, fmt.Errorf("licence of google.golang.org/api: %w", err)
	}
	out["LICENSE"] = licence
	return out, nil
}

type object = map[string]any

func (a *API) compile(b []byte) ([]byte, error) {
	var doc object
	if err := json.Unmarshal(b, &doc); err != nil {
		return nil, err
	}
	found := map[string]bool{}
	refs := map[string]bool{}
	out := object{"x-notice": Notice}
	for _, k := range []string{"kind", "discoveryVersion", "id", "name", "version", "revision", "title", "protocol", "rootUrl", "servicePath", "basePath",
		"baseUrl", "batchPath", "parameters", "auth", "canonicalName", "ownerDomain", "fullyEncodeReservedExpansion", "version_module"} {
		if v, ok := doc[k]; ok {
			out[k] = v
		}
	}
	resources, _ := doc["resources"].(object)
	out["resources"] = a.resources(resources, found, refs)
	for _, m := range a.Methods {
		if !found[m] {
			return nil, fmt.Errorf("it has no method %s", m)
		}
	}
	schemas, _ := doc["schemas"].(object)
	kept := object{}
	for len(refs) > 0 {
		for r := range refs {
			delete(refs, r)
			if _, done := kept[r]; !done {
				if schemas[r] == nil {
					return nil, fmt.Errorf("it has no schema %s", r)
				}
				kept[r] = schemas[r]
				collect(schemas[r], refs)
			}
		}
	}
	out["schemas"] = kept
	strip(out, false)
	c, err := json.Marshal(out)
	return append(c, '\n'), err
}

// resources keeps the wanted methods and notes the schemas that they name.
func (a *API) resources(in object, found, refs map[string]bool) object {
	out := object{}
	for name, r := range in {
		res, _ := r.(object)
		keep := object{}
		if methods, ok := res["methods"].(object); ok {
			ms := object{}
			for k, v := range methods {
				m, _ := v.(object)
				if id, _ := m["id"].(string); slices.Contains(a.Methods, id) {
					found[id] = true
					ms[k] = m
					collect(m, refs)
				}
			}
			if len(ms) > 0 {
				keep["methods"] = ms
			}
		}
		if sub, ok := res["resources"].(object); ok {
			if s := a.resources(sub, found, refs); len(s) > 0 {
				keep["resources"] = s
			}
		}
		if len(keep) > 0 {
			out[name] = keep
		}
	}
	return out
}

// collect notes every schema that v refers to.
func collect(v any, refs map[string]bool) {
	switch v := v.(type) {
	case object:
		if r, ok := v["$ref"].(string); ok {
			refs[r] = true
		}
		for _, x := range v {
			collect(x, refs)
		}
	case []any:
		for _, x := range v {
			collect(x, refs)
		}
	}
}

// strip removes prose. A property may itself be called "description": names says that v maps names to schemas.
func strip(v any, names bool) {
	switch v := v.(type) {
	case object:
		if !names {
			for _, k := range []string{"description", "enumDescriptions", "enumDeprecated", "annotations", "documentationLink", "deprecated"} {
				delete(v, k)
			}
		}
		for k, x := range v {
			strip(x, !names && (k == "properties" || k == "parameters" || k == "schemas" || k == "methods" || k == "resources" || k == "scopes"))
		}
	case []any:
		for _, x := range v {
			strip(x, false)
		}
	}
}
