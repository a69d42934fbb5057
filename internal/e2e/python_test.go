package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/policy"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
)

// python is Debian's, with google-api-python-client; another Python on the path may lack it.
const python = "/usr/bin/python3"

// needPython skips, or fails where everything is required, when Debian's Google client is missing.
func needPython(t *testing.T) {
	t.Helper()
	if exec.Command(python, "-c", "import googleapiclient, google_auth_httplib2").Run() == nil {
		return
	}
	const what = "not run: the comparison with Google's Python client. Get it with: apt-get install python3-googleapi"
	if os.Getenv("ESAFETYBOT_REQUIRE_ALL") == "1" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// fileRules are the rules that the Python judge knows.
var fileRules = []string{"public", "public-link", "outside-person", "outside-group", "outside-domain", "trusted-domain", "site", "form-editors", "form-responders"}

// reach is one thing that people outside can reach, as the Python judge prints it.
type reach struct {
	Subject string   `json:"subject"`
	Rule    string   `json:"rule"`
	Facts   []string `json:"facts"`
}

// TestPythonAgrees: a short Python script on Google's own client, which knows nothing of our code, recomputes outside reach from
// the API and agrees with sim truth: on the hand-made tenants and a generated school, directly and through the proxy.
func TestPythonAgrees(t *testing.T) {
	needPython(t)
	tenants := map[string]func() (*world.World, map[string]string){}
	for _, name := range []string{"link-shares", "trees", "drives"} {
		dir := "../sim/testdata/tenants/" + name
		tenants[name] = func() (*world.World, map[string]string) {
			w, err := world.Load(dir)
			if err != nil {
				t.Fatal(err)
			}
			return w, tenantPolicies(t, dir)
		}
	}
	for _, seed := range []int64{1} {
		tenants[fmt.Sprintf("generated-%d", seed)] = func() (*world.World, map[string]string) {
			sc, err := generate.Generate(generate.Options{Pupils: 30, Seed: seed})
			if err != nil {
				t.Fatal(err)
			}
			return sc.World, sc.Policies
		}
	}
	for name, make := range tenants {
		t.Run(name, func(t *testing.T) {
			w, texts := make()
			for key := range texts {
				if key != "classroom-school" {
					delete(texts, key)
				}
			}
			s := serve(t, w, texts, server.Options{})
			p := s.watches[0].policy
			want := outsideReach(s)
			key := filepath.Join(t.TempDir(), "key.json")
			if err := os.WriteFile(key, s.key, 0o600); err != nil {
				t.Fatal(err)
			}
			have := judge(t, s, p, key, "--base", s.base)
			if diff := cmp.Diff(want, have); diff != "" {
				t.Errorf("the Python judge differs from truth (-truth +python):\n%s", short(diff))
			}
			if name != "generated-1" {
				return
			}
			url, ca, proxyKey := proxied(t, s)
			if diff := cmp.Diff(want, judge(t, s, p, proxyKey, "--proxy", url, "--ca", ca)); diff != "" {
				t.Errorf("through the proxy the Python judge differs from truth (-truth +python):\n%s", short(diff))
			}
		})
	}
}

// outsideReach is truth's opinion on the rules that the Python judge knows, whatever the clauses.
func outsideReach(s *campus) []reach {
	seen := map[string]reach{}
	for _, f := range s.truths()[s.watches[0].name] {
		rule := strings.TrimPrefix(f.Rule, "sharing.")
		if strings.HasPrefix(f.Subject, "file/") && slices.Contains(fileRules, rule) {
			seen[f.Subject+f.Rule] = reach{f.Subject, f.Rule, f.Facts}
		}
	}
	return sortedReach(seen)
}

func sortedReach(m map[string]reach) []reach {
	out := []reach{}
	for _, r := range m {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b reach) int { return strings.Compare(a.Subject+a.Rule, b.Subject+b.Rule) })
	return out
}

func judge(t *testing.T, s *campus, p *policy.Policy, key string, more ...string) []reach {
	t.Helper()
	admin, _ := p.Address(policy.RoleAdmin)
	args := append([]string{
		"../sim/testdata/outside_reach.py", "--credentials", key, "--admin", admin, "--domains", strings.Join(customerDomains(s.world), ","),
		"--trusted", strings.Join(p.School.TrustedDomains, ","), "--units", strings.Join(p.School.OrgUnits, ","), "--now", s.world.Now().Format(time.RFC3339),
	}, more...)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, python, args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	// Exit 1 means that something could not be read: the generated school has a shared drive that nobody can look into.
	if err != nil && (len(out) == 0 || cmd.ProcessState.ExitCode() != 1) {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	var list []reach
	if err := json.Unmarshal(out, &list); err != nil {
		t.Fatal(err)
	}
	m := map[string]reach{}
	for _, r := range list {
		m[r.Subject+r.Rule] = r
	}
	return sortedReach(m)
}

// proxied serves the school under Google's own names.
func proxied(t *testing.T, s *campus) (url, ca, key string) {
	t.Helper()
	p, err := s.server.NewProxy()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = p.Serve(ctx, l) }()
	t.Cleanup(func() { stop(); <-done })
	dir := t.TempDir()
	ca, key = filepath.Join(dir, "ca.pem"), filepath.Join(dir, "key.json")
	cred, err := s.server.Credentials("https://oauth2.googleapis.com/token")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(key, cred, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(ca, p.CA(), 0o600); err != nil {
		t.Fatal(err)
	}
	return "http://" + l.Addr().String(), ca, key
}

// customerDomains lists every domain of the customer, aliases included.
func customerDomains(w *world.World) (out []string) {
	w.View(func() {
		for _, d := range w.Domains() {
			out = append(out, d.DomainName)
			for _, a := range d.DomainAliases {
				out = append(out, a.DomainAliasName)
			}
		}
	})
	return out
}
