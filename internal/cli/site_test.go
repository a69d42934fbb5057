package cli

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/policy"
	"esafetybot/internal/store/memory"
	"esafetybot/internal/web"
)

const testPolicy = "../../examples/classroom-school.yaml"

func siteFlags(t *testing.T) siteOptions {
	return siteOptions{client: "site.apps.example", key: filepath.Join(t.TempDir(), "site.key"), issuer: "http://127.0.0.1:1"}
}

func quiet(env map[string]string) IO {
	return IO{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard, Getenv: func(name string) string { return env[name] }}
}

func TestSiteAloneRefuses(t *testing.T) {
	site := []string{"site", "--policy", testPolicy, "--base-url", "https://review.school.example", "--oidc-client-id", "x"}
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"no address", []string{"site"}, "--base-url"},
		{"nobody signs in", []string{"site", "--base-url", "https://review.school.example"}, "--oidc-client-id"},
		{"a file", site, "use `esafetybot serve`"},
		{"no decisions", append(site, "--state", "firestore:school-project/main"), "--decisions"},
		{"no database id", append(site, "--state", "firestore:school-project/main", "--decisions", "firestore:school-project/X"), "no database id"},
		{"one database", append(site, "--state", "firestore:school-project/main", "--decisions", "firestore:school-project/main"), "must be two"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var said bytes.Buffer
			std := quiet(nil)
			std.Err = &said
			if code := Main(t.Context(), c.args, std); code != exitUsage || !strings.Contains(said.String(), c.want) {
				t.Errorf("exit %d, said %q, want %q in it", code, &said, c.want)
			}
		})
	}
}

// The site alone needs the two stores, its own key and its OAuth client's secret: no credentials, no administrator, no mail.
func TestSiteAloneNeedsNoGoogle(t *testing.T) {
	p, err := policy.Load(testPolicy)
	if err != nil {
		t.Fatal(err)
	}
	main, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	decided, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	o := &options{std: quiet(map[string]string{"ESAFETYBOT_OIDC_CLIENT_SECRET": "s"}), baseURL: "https://review.school.example"}
	hints, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	_, h, err := o.siteHandler(siteFlags(t), p, main, decided, hints, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://review.school.example/", nil))
	if w.Code >= 500 || w.Code == http.StatusOK {
		t.Errorf("without a session the site answers %d", w.Code)
	}
}

// Google is told to offer the school's accounts only where nobody else could sign in.
func TestOutsiders(t *testing.T) {
	for name, c := range map[string]struct {
		people map[policy.Role][]policy.Person
		asked  bool
	}{
		"nobody":               {nil, false},
		"all inside":           {map[policy.Role][]policy.Person{policy.RoleHead: {{Address: "head@school.example"}}, policy.RoleChair: {{Address: "Chair@Pupils.School.Example"}}}, false},
		"the chair is outside": {map[policy.Role][]policy.Person{policy.RoleHead: {{Address: "head@school.example"}}, policy.RoleChair: {{Address: "chair@home.example"}}}, true},
	} {
		p := &policy.Policy{School: policy.School{Domains: []string{"school.example", "pupils.school.example"}}, People: c.people}
		may := outsiders(p)
		if (may != nil) != c.asked {
			t.Errorf("%s: outside addresses are asked about: %v", name, may != nil)
		}
		if may != nil && (!may("chair@home.example") || may("eve@home.example")) {
			t.Errorf("%s: another than the policy names", name)
		}
	}
}

func TestForwarded(t *testing.T) {
	r := &http.Request{RemoteAddr: "169.254.1.1:1", Header: http.Header{"X-Forwarded-For": {"192.0.2.1, 198.51.100.7"}}}
	if have := forwarded(r); have != "198.51.100.7" {
		t.Errorf("behind a proxy: %q", have)
	}
	if have := remote(r); have != "169.254.1.1:1" {
		t.Errorf("not said to be behind one: %q", have)
	}
}

// Behind a load balancer the header that it sets says who asks. Two of them, or what is no address, is not what it sets: all then count as one.
func TestSaidBy(t *testing.T) {
	for _, tt := range []struct {
		says []string
		want string
	}{
		{[]string{"198.51.100.7"}, "198.51.100.7"},
		{[]string{" 2001:db8::7"}, "2001:db8::7"},
		{nil, "169.254.1.1:1"},
		{[]string{"me"}, "169.254.1.1:1"},
		{[]string{"198.51.100.7, 192.0.2.1"}, "169.254.1.1:1"},
		{[]string{"192.0.2.1", "198.51.100.7"}, "169.254.1.1:1"},
	} {
		r := &http.Request{RemoteAddr: "169.254.1.1:1", Header: http.Header{"X-Esafetybot-Client": tt.says, "X-Forwarded-For": {"192.0.2.1, 203.0.113.9"}}}
		if have := saidBy(r, "X-Esafetybot-Client"); have != tt.want {
			t.Errorf("%q: %q, want %q", tt.says, have, tt.want)
		}
	}
	so := siteFlags(t)
	so.asker, so.proxied = "X-Esafetybot-Client", false
	if _, err := (&options{std: quiet(nil)}).signIn(so, "https://review.school.example", make([]byte, 32), nil, nil, web.Pages{}, nil); err == nil || !strings.Contains(err.Error(), "--behind-proxy") {
		t.Errorf("a header is believed of anybody: %v", err)
	}
}

func TestJSONLines(t *testing.T) {
	var said bytes.Buffer
	o := &options{std: IO{Err: &said}, logFormat: "json"}
	o.logger().Warn(logBraked, "held", 3)
	o.logger().Info(logRunDone, "failed", false)
	o.logger().Debug("not this")
	for _, want := range []string{`"severity":"WARNING","message":"brake held changes","held":3`, `"severity":"INFO","message":"run finished","failed":false`} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("%s\ndoes not hold %s", &said, want)
		}
	}
	if strings.Contains(said.String(), "not this") {
		t.Error("details were logged")
	}
	var text bytes.Buffer
	std := quiet(nil)
	std.Err = &text
	if code := Main(t.Context(), []string{"policy", "check", "--policy", testPolicy, "--log-format", "xml"}, std); code != exitUsage || !strings.Contains(text.String(), "text or json") {
		t.Errorf("exit %d: %s", code, &text)
	}
}
