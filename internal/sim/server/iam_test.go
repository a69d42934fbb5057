package server_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	drive "google.golang.org/api/drive/v3"
	"google.golang.org/api/impersonate"
	"google.golang.org/api/option"

	. "esafetybot/internal/sim/server"
)

const signPath = "/v1/projects/-/serviceAccounts/%s:signJwt"

// metadata asks the metadata server.
func metadata(t *testing.T, e *env, what, flavour string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, e.url+"/computeMetadata/v1/instance/service-accounts/default/"+what, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Metadata-Flavor", flavour)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// ownToken is the token of the process that runs as the service account.
func ownToken(t *testing.T, e *env) string {
	t.Helper()
	code, body := metadata(t, e, "token", "Google")
	var v struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(body), &v); err != nil || code != 200 || v.Token == "" {
		t.Fatalf("no token of its own: %d %q %v", code, body, err)
	}
	return v.Token
}

func TestMetadata(t *testing.T) {
	e := serving(t, Options{})
	if code, body := metadata(t, e, "email", "Google"); code != 200 || body != "bot@project.example" {
		t.Errorf("email: %d %q", code, body)
	}
	if code, _ := metadata(t, e, "token", ""); code != 403 {
		t.Errorf("without the header: %d, want 403", code)
	}
	if code, _ := metadata(t, e, "identity", "Google"); code != 404 {
		t.Errorf("what is not simulated: %d, want 404", code)
	}
	// The process's own token opens nobody's data.
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, e.url+"/admin/directory/v1/users?customer=my_customer", nil)
	req.Header.Set("Authorization", "Bearer "+ownToken(t, e))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 403 {
		t.Errorf("its own token reads the Directory: %d", resp.StatusCode)
	}
}

// Google's own client for keyless delegation gets a token that works.
func TestGooglesClientSignsWithoutAKey(t *testing.T) {
	e := serving(t, Options{})
	own := ownToken(t, e)
	to, err := url.Parse(e.url)
	if err != nil {
		t.Fatal(err)
	}
	hc := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		r = r.Clone(r.Context())
		if r.URL.Host == "iamcredentials.googleapis.com" {
			r.Header.Set("Authorization", "Bearer "+own)
		}
		r.URL.Scheme, r.URL.Host, r.Host = to.Scheme, to.Host, ""
		return http.DefaultTransport.RoundTrip(r)
	})}
	ts, err := impersonate.CredentialsTokenSource(t.Context(), impersonate.CredentialsConfig{
		TargetPrincipal: "bot@project.example", Scopes: []string{drive.DriveMetadataReadonlyScope}, Subject: "ann@school.example",
	}, option.WithHTTPClient(hc))
	if err != nil {
		t.Fatal(err)
	}
	svc, err := drive.NewService(t.Context(), option.WithTokenSource(ts), option.WithEndpoint(e.url+"/drive/v3/"))
	if err != nil {
		t.Fatal(err)
	}
	if f, err := svc.Files.Get("A").Fields("id").Do(); err != nil || f.Id != "A" {
		t.Errorf("%v, %v", f, err)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestSigningIsRefused(t *testing.T) {
	claim := func(life time.Duration) string {
		return fmt.Sprintf(`{"iss":"bot@project.example","exp":%d}`, time.Now().Add(life).Unix())
	}
	for _, c := range []struct {
		name, account, payload string
		signers                *[]string
		code                   int
	}{
		{"itself", "bot@project.example", claim(time.Hour), nil, 200},
		{"by its id", "1001", claim(time.Hour), nil, 200},
		{"no exp at all", "bot@project.example", `{}`, nil, 200},
		{"role not granted", "bot@project.example", claim(time.Hour), &[]string{}, 403},
		{"role granted", "bot@project.example", claim(time.Hour), &[]string{"bot@project.example"}, 200},
		{"another account", "site@project.example", claim(time.Hour), nil, 403},
		{"too long", "bot@project.example", claim(13 * time.Hour), nil, 400},
		{"past", "bot@project.example", claim(-time.Minute), nil, 400},
		{"no claims", "bot@project.example", "[]", nil, 400},
		{"null", "bot@project.example", "null", nil, 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := school(t)
			w.Settings.Clients[0].Signers = c.signers
			e := startWorld(t, w, Options{})
			body, err := json.Marshal(map[string]string{"payload": c.payload})
			if err != nil {
				t.Fatal(err)
			}
			req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, e.url+fmt.Sprintf(signPath, c.account), strings.NewReader(string(body)))
			req.Header.Set("Authorization", "Bearer "+ownToken(t, e))
			req.Header.Set("Content-Type", "application/json")
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if b, _ := io.ReadAll(resp.Body); resp.StatusCode != c.code || c.code == 403 && !strings.Contains(string(b), "IAM_PERMISSION_DENIED") {
				t.Errorf("%d %s, want %d", resp.StatusCode, b, c.code)
			}
		})
	}
}
