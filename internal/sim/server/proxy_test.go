package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	. "esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
)

// running is a simulated school that Run serves, as the command does.
type running struct {
	dir, url, key, ca string
	w                 *world.World // as it was saved
}

func runSchool(t *testing.T, proxy bool) *running {
	t.Helper()
	w := school(t)
	if err := w.SetLink("A", "reader", "", false, "ann@school.example"); err != nil {
		t.Fatal(err)
	}
	if err := w.ViewFile("A", "bob@school.example"); err != nil {
		t.Fatal(err)
	}
	if err := w.AddContent("B", []byte("twelve bytes")); err != nil {
		t.Fatal(err)
	}
	w.Advance(time.Hour)
	r := &running{dir: t.TempDir(), w: w}
	tenant := filepath.Join(r.dir, "tenant")
	if err := w.Save(tenant); err != nil {
		t.Fatal(err)
	}
	r.key, r.ca = filepath.Join(r.dir, "key.json"), filepath.Join(r.dir, "ca.pem")
	addr := filepath.Join(r.dir, "addr")
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	var out bytes.Buffer
	go func() {
		done <- Run(ctx, Config{Tenant: tenant, Proxy: proxy, CAOut: r.ca, Credentials: r.key, AddrFile: addr, AuditLag: DefaultAuditLag, Out: &out,
			OIDCClients: []string{"id=local,secret=s"}, AutoLogin: true})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		first, hint, _ := strings.Cut(out.String(), "\n") // a second line says how to try it, and at what time
		how := "--google-endpoint " + r.url + " --now 20"
		if proxy {
			how = "HTTPS_PROXY=" + r.url + " SSL_CERT_FILE=" + r.ca + " esafetybot"
		}
		if !strings.Contains(first, r.url) || strings.Count(hint, "\n") != 1 || !strings.Contains(hint, how) {
			t.Errorf("said %q", out.String())
		}
	})
	for until := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if b, err := os.ReadFile(addr); err == nil {
			r.url = strings.TrimSpace(string(b))
			return r
		}
		if time.Now().After(until) {
			t.Fatal("the simulated school did not start")
		}
	}
}

func TestRun(t *testing.T) {
	r := runSchool(t, false)
	resp, err := http.Get(r.url + "/sim/clock")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var clock struct{ Now time.Time }
	if err := json.NewDecoder(resp.Body).Decode(&clock); err != nil || !clock.Now.Equal(start.Add(time.Hour)) {
		t.Errorf("clock: %v %v", clock, err)
	}
	if err := Run(context.Background(), Config{Tenant: filepath.Join(r.dir, "nowhere")}); err == nil {
		t.Error("a missing tenant is served")
	}
}

// tool finds a program, or skips with one line (fails where everything is required).
func tool(t *testing.T, path string, check ...string) {
	t.Helper()
	if _, err := os.Stat(path); err == nil {
		if len(check) == 0 || exec.Command(path, check...).Run() == nil {
			return
		}
	}
	say := t.Skipf
	if os.Getenv("ESAFETYBOT_REQUIRE_ALL") == "1" {
		say = t.Fatalf
	}
	say("needs %s %s", path, strings.Join(check, " "))
}

// command runs a program that has no way to Google but the proxy.
func (r *running) command(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, name, args...)
	c.Env = append(os.Environ(), "HTTPS_PROXY="+r.url, "https_proxy="+r.url, "HTTP_PROXY="+r.url, "NO_PROXY=", "no_proxy=", "SSL_CERT_FILE="+r.ca, "HOME="+r.dir)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, stderr.String())
	}
	return out
}

func TestProxyWithRclone(t *testing.T) {
	tool(t, "/usr/bin/rclone")
	r := runSchool(t, true)
	out := r.command(t, "/usr/bin/rclone", "--config", filepath.Join(r.dir, "none.conf"), "--retries", "1", "--low-level-retries", "1", "lsjson", "-R",
		":drive,scope=drive.readonly,service_account_file="+r.key+",impersonate=ann@school.example:")
	var list []struct {
		ID, Path string
		IsDir    bool
	}
	if err := json.Unmarshal(out, &list); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	have := []string{}
	for _, f := range list {
		have = append(have, f.ID)
	}
	slices.Sort(have)
	// The tenant: everything below ann's root that rclone can name; it leaves out forms, which cannot be exported.
	want := []string{}
	r.w.EachFile(func(f *world.File) {
		if p := r.w.Path(f); len(p) > 0 && p[len(p)-1] == "root-100" && f.MimeType != world.MimeForm {
			want = append(want, f.ID)
		}
	})
	slices.Sort(want)
	if d := cmp.Diff(want, have); d != "" {
		t.Errorf("rclone lists (-tenant +rclone): %s", d)
	}
}

func TestProxyWithPython(t *testing.T) {
	tool(t, "/usr/bin/python3", "-c", "import googleapiclient, google_auth_httplib2")
	r := runSchool(t, true)
	out := r.command(t, "/usr/bin/python3", filepath.Join("testdata", "list.py"), r.key, r.ca, r.url, "ann@school.example", "ann@school.example")
	var have struct {
		Files       map[string]string
		Permissions map[string][]string
		Same        bool
		Users       []string
		Events      []string
	}
	if err := json.Unmarshal(out, &have); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	want := have
	want.Files, want.Permissions, want.Same, want.Users, want.Events = map[string]string{}, map[string][]string{}, true, nil, nil
	for _, f := range r.w.OwnedBy(r.w.PermissionID("user", "ann@school.example")) {
		want.Files[f.ID] = f.Name
		for _, p := range f.Permissions() {
			if p.View == "" {
				want.Permissions[f.ID] = append(want.Permissions[f.ID], p.ID+" "+p.Role)
			}
		}
		slices.Sort(want.Permissions[f.ID])
	}
	for _, u := range r.w.Users() {
		want.Users = append(want.Users, u.PrimaryEmail)
	}
	for _, a := range r.w.Activities("drive") {
		for _, e := range a.Events {
			want.Events = append(want.Events, e.Name)
		}
	}
	if d := cmp.Diff(want, have); d != "" {
		t.Errorf("Python lists (-tenant +python): %s", d)
	}
}

func TestProxyRefusesOtherHosts(t *testing.T) {
	r := runSchool(t, true)
	at, err := url.Parse(r.url)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(at)}, Timeout: 5 * time.Second}
	if _, err := c.Get("https://www.school.example/"); err == nil || !strings.Contains(err.Error(), "Forbidden") {
		t.Errorf("another host: %v", err)
	}
	if _, err := c.Get("https://www.googleapis.com/drive/v3/files"); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("without trusting the proxy's authority: %v", err)
	}
}
