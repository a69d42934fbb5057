package repo

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/google"
	"esafetybot/internal/jobs"
)

// Each variable of the deployment is explained, and what it refuses is tried.
func TestTerraformVariables(t *testing.T) {
	text := readFile(t, "terraform/variables.tf")
	_, table, found := strings.Cut(readFile(t, "docs/deploy.md"), "## All variables")
	if !found {
		t.Fatal("docs/deploy.md has no section “All variables”")
	}
	tests := readFile(t, "terraform/tests/variables.tftest.hcl")
	blocks := regexp.MustCompile(`(?ms)^variable "([a-z_]+)" \{\n(.*?)^\}`).FindAllStringSubmatch(text, -1)
	if len(blocks) < 10 {
		t.Fatalf("only %d variables were found", len(blocks))
	}
	var named []string
	for _, b := range blocks {
		named = append(named, b[1])
		if !strings.Contains(b[2], "description") {
			t.Errorf("the variable %s has no description", b[1])
		}
		checked, boolean := strings.Contains(b[2], "validation {"), strings.Contains(b[2], "= bool")
		if !checked && !boolean {
			t.Errorf("the variable %s takes anything: give it a validation", b[1])
		}
		if checked && !regexp.MustCompile(`expect_failures = \[var\.`+b[1]+`\]`).MatchString(tests) {
			t.Errorf("no test tries what the variable %s refuses", b[1])
		}
	}
	var told []string
	for _, row := range regexp.MustCompile("(?m)^\\| (`[^|]+) \\|").FindAllStringSubmatch(table, -1) {
		for _, name := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(row[1], -1) {
			told = append(told, name[1])
		}
	}
	slices.Sort(named)
	slices.Sort(told)
	if d := cmp.Diff(named, told); d != "" {
		t.Errorf("variables of terraform (-) and those that docs/deploy.md explains (+):\n%s", d)
	}
}

// The scopes that Terraform prints to paste are those that the code asks for, as docs/setup.md has them.
func TestTerraformPrintsTheScopes(t *testing.T) {
	var program struct{ Scopes map[string][]string }
	if err := json.Unmarshal([]byte(readFile(t, "terraform/program.json")), &program); err != nil {
		t.Fatal(err)
	}
	posting := []string{google.ScopeAnnounceWrite}
	reading := slices.DeleteFunc(scopes(append(slices.Clone(jobs.Looking), "send")), func(s string) bool { return slices.Contains(posting, s) })
	changing := slices.DeleteFunc(scopes([]string{jobs.ApplyJob}), func(s string) bool { return slices.Contains(reading, s) })
	slices.Sort(reading)
	slices.Sort(changing)
	if d := cmp.Diff(map[string][]string{"reading": reading, "posting": posting, "changing": changing}, program.Scopes); d != "" {
		t.Errorf("scopes that the code asks for (-) and that Terraform prints (+), see make generate:\n%s", d)
	}
	// docs/deploy.md promises that nothing is changed with these. Google calls what can only read “readonly”; the others that stand among the
	// reading ones stand here, each because Google offers nothing smaller, or because it sends mail.
	more := []string{google.ScopeSecurity, google.ScopeSettings, google.ScopeLicenses, google.ScopeAddresses, google.ScopeCompose, google.ScopeMailSettings}
	for _, s := range program.Scopes["reading"] {
		if !strings.HasSuffix(s, ".readonly") && !slices.Contains(more, s) {
			t.Errorf("%s can do more than read, and is listed among those that read", s)
		}
	}
}

// The APIs that the worker asks are switched on by Terraform, and told to whoever does it by hand.
func TestSetupNamesTheAPIs(t *testing.T) {
	called := map[string]string{
		"admin": "Admin SDK", "drive": "Google Drive", "groupssettings": "Groups Settings", "classroom": "Google Classroom", "cloudidentity": "Cloud Identity",
		"licensing": "Enterprise License Manager", "gmail": "Gmail", "blogger": "Blogger",
	}
	_, list, _ := strings.Cut(readFile(t, "terraform/main.tf"), "apis = ")
	_, list, _ = strings.Cut(list, "[], [") // behind what only a load balancer needs
	list, _, found := strings.Cut(list, "# what the worker reads")
	if !found {
		t.Fatal("terraform/main.tf does not say which APIs the worker reads")
	}
	_, step, _ := strings.Cut(readFile(t, "docs/setup.md"), "Switch on these APIs:")
	step, _, _ = strings.Cut(step, "\n3. ")
	for _, m := range regexp.MustCompile(`"([a-z]+)\.googleapis\.com"`).FindAllStringSubmatch(list, -1) {
		name := called[m[1]]
		if name == "" || !strings.Contains(step, name) {
			t.Errorf("docs/setup.md, step 2, does not name the API %s", m[1])
		}
		delete(called, m[1])
	}
	for api := range called {
		t.Errorf("Terraform does not switch on the API %s", api)
	}
}

// What the documentation says of the command line of the image is what Terraform gives it.
func TestImageIsNotRoot(t *testing.T) {
	if ko := readFile(t, ".ko.yaml"); !strings.Contains(ko, ":nonroot") || !strings.Contains(ko, "-trimpath") {
		t.Error("the image of .ko.yaml runs as root, or holds this machine's paths")
	}
}
