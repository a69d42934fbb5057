package cli

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"esafetybot/internal/policy"
	"esafetybot/internal/store/stores"
)

// TestDoctorTrust: each school of a trust is tried in turn, its part headed with its name and about nobody of another school's; one line for each ends the report; one that does not stand as it should
// makes the exit status 1.
func TestDoctorTrust(t *testing.T) {
	t.Parallel()
	g := plant(t, 3)
	dir := t.TempDir()
	state := "bolt:" + filepath.Join(dir, "state.db")
	run := func(d doctorOptions) (string, error) {
		o, out := g.options(state, filepath.Join(dir, "mail"), nil)
		d.width = 200
		err := o.doctor(t.Context(), d)
		return out.String(), err
	}
	text, err := run(doctorOptions{})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if _, err := os.Stat(filepath.Join(dir, "state.db")); err == nil {
		t.Error("doctor made a state")
	}
	parts := strings.Split(text, "====\n")
	if len(parts) < 6 {
		t.Fatalf("the parts are not headed:\n%s", text)
	}
	for i, key := range g.keys {
		part := parts[i+1]
		if !strings.Contains(parts[i], "("+key+")") || !strings.Contains(part, "The state, the file") || !strings.Contains(part, filepath.Join("mail", key)) {
			t.Errorf("the part of %s:\n%s", key, part)
		}
		if strings.Contains(part, key+": ") {
			t.Errorf("the lines of %s begin with its name", key)
		}
		if last := parts[len(parts)-1]; strings.Count(last, "("+key+"): ") != 1 || !strings.Contains(last, "everything that can be tried works") {
			t.Errorf("the end:\n%s", last)
		}
	}
	if !strings.Contains(text, "dsl@trust.example, which is in no school's Google account") {
		t.Errorf("nothing is said of the trust's lead:\n%s", text)
	}

	// Where the schools' state is there, it is opened for each of them, and let go again.
	set, err := stores.OpenSet(t.Context(), state, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := set.Close(); err != nil {
		t.Fatal(err)
	}
	if text, err = run(doctorOptions{}); err != nil || strings.Count(text, "can be opened and read") != len(g.keys) {
		t.Errorf("%v\n%s", err, text)
	}

	// One school goes wrong: it alone is told, and the exit status says so. The lead's address is none of the Workspace's.
	path := filepath.Join(g.dir, g.keys[1]+".yaml")
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	g.write(g.keys[1]+".yaml", strings.Replace(string(good), "headteacher: p0.", "headteacher: gone.", 1))
	trust, err := os.ReadFile(filepath.Join(g.dir, "trust.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	g.write("trust.yaml", strings.Replace(string(trust), "dsl@trust.example", "nobody@school.example", 1))
	text, err = run(doctorOptions{json: true})
	if !errors.Is(err, errStatus(exitFailed)) {
		t.Errorf("exit status: %v", err)
	}
	var all []examined
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if len(all) != 4 {
		t.Fatalf("%d parts", len(all))
	}
	for i, want := range []bool{true, false, true, false} {
		if all[i].Report == nil || all[i].OK != want {
			t.Errorf("%s: %+v", all[i].School, all[i].Report)
		}
		for _, item := range all[i].Items {
			for j, key := range g.keys {
				if i < 3 && i != j && strings.Contains(item.What, key) {
					t.Errorf("of %s: %s", all[i].School, item.What)
				}
			}
		}
	}
	if s := all[1].summary(); !strings.Contains(s, "1 thing does not work") || !strings.Contains(s, "correct the address") {
		t.Error(s)
	}
	// The probe is about one Workspace; one school of the trust may be tried by itself.
	var usage usageError
	if _, err := run(doctorOptions{probe: true}); !errors.As(err, &usage) || !strings.Contains(err.Error(), "--school") {
		t.Errorf("a probe of a trust: %v", err)
	}
	o, out := g.options(state, filepath.Join(dir, "mail"), nil)
	o.school = g.keys[2]
	if err := o.doctor(t.Context(), doctorOptions{width: 200}); err != nil || strings.Contains(out.String(), "====") || !strings.Contains(out.String(), filepath.Join("mail", g.keys[2])) {
		t.Errorf("one school: %v\n%s", err, out)
	}
}

// TestFixListTrust: the scopes of a trust are told once for each Workspace, with the schools that need each.
func TestFixListTrust(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"trust.yaml": "trust: {name: Example Trust}\npeople: {safeguarding_lead: dsl@trust.example}\npolicy:\n  school: {timezone: Europe/London}\n" +
			"  clauses: [{id: T1, says: Devices have a passcode., deals_with_it: workspace_admin, met_by: [{check: devices, with: {rules: [no-passcode]}, severity: low}]}]\nschools: [oak.yaml, ash.yaml, elm.yaml]\n",
		"oak.yaml": school("oak", "schools.example", "/Oak", "it@schools.example"),
		"ash.yaml": school("ash", "ash.example", "/", "it@schools.example") +
			"clauses: [{id: A9, says: Chromebooks are kept up to date., deals_with_it: workspace_admin, met_by: [{check: devices, with: {rules: [update-expired]}, severity: low}]}]\n",
		"elm.yaml": school("elm", "elm.example", "/", "it@elm.example"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := policy.LoadTrust(filepath.Join(dir, "trust.yaml")); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	std := quiet(nil)
	std.Out = &out
	if code := Main(t.Context(), []string{"doctor", "--trust", filepath.Join(dir, "trust.yaml"), "--fix-list", "--width", "200"}, std); code != exitFine {
		t.Fatalf("exit status %d:\n%s", code, &out)
	}
	text := out.String()
	for _, want := range []string{
		"Google Workspace of schools.example, ash.example (schools: oak, ash)\n", "Google Workspace of elm.example (schools: elm)\n",
		"All schools: oak [clause T1], ash [clause T1].", "  Schools: ash [clause A9].", "Schools: elm [clause T1].", "paste the scopes of both lists together",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("not there: %s\n%s", want, text)
		}
	}
	if n := strings.Count(text, "OAuth scopes for reading"); n != 2 {
		t.Errorf("%d lists for two Workspaces", n)
	}
	out.Reset()
	if code := Main(t.Context(), []string{"doctor", "--trust", filepath.Join(dir, "trust.yaml"), "--fix-list", "--json"}, std); code != exitFine {
		t.Fatalf("exit status %d:\n%s", code, &out)
	}
	var list struct {
		Workspaces []struct {
			Schools []string
			Scopes  []struct {
				Scope   string
				Schools []struct {
					School  string
					Clauses []string
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(out.String()), &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Workspaces) != 2 || len(list.Workspaces[0].Schools) != 2 || len(list.Workspaces[0].Scopes) != len(list.Workspaces[1].Scopes)+1 {
		t.Errorf("%s", &out)
	}
}

func school(key, domain, unit, admin string) string {
	return "inherits: trust.yaml\nschool: {name: " + key + ", id: " + key + ", domains: [" + domain + "], org_units: [" + unit + "]}\npeople: {workspace_admin: " + admin + "}\n"
}
