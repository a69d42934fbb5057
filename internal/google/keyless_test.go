package google

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// signs answers as the metadata server and as IAM do; other paths go on to handle.
func signs(own, sign func(w http.ResponseWriter), handle http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/computeMetadata/"):
			if own != nil {
				own(w)
				return
			}
			io.WriteString(w, `{"access_token":"own","token_type":"Bearer","expires_in":3599}`)
		case strings.HasSuffix(r.URL.Path, ":signJwt"):
			if sign != nil {
				sign(w)
				return
			}
			io.WriteString(w, `{"signedJwt":"e30.e30.sig"}`)
		default:
			handle(w, r)
		}
	}
}

func answer(code int, body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.WriteHeader(code)
		io.WriteString(w, body)
	}
}

func freely(cfg *Config) {
	cfg.Credentials, cfg.CredentialsFile = nil, Keyless+"bot@project.example"
	cfg.Retry = Retry{Tries: 2, Base: 1}
}

func TestKeylessSays(t *testing.T) {
	denied := `{"error":{"code":403,"status":"PERMISSION_DENIED","details":[{"reason":"IAM_PERMISSION_DENIED"}],"message":"Secret"}}`
	for _, c := range []struct {
		name      string
		own, sign func(http.ResponseWriter)
		want      string
	}{
		{"no role", nil, answer(403, denied), "Service Account Token Creator"},
		{"no account", nil, answer(404, `{"error":{"code":404,"status":"NOT_FOUND","message":"Secret"}}`), "there is no such account"},
		{"API off", nil, answer(403, `{"error":{"code":403,"details":[{"reason":"SERVICE_DISABLED"}],"message":"Secret"}}`), "enable iamcredentials.googleapis.com"},
		{"quota", nil, answer(429, `{}`), "run again later"},
		{"fault", nil, answer(503, `{}`), "run again later"},
		{"something else", nil, answer(400, `{"error":{"message":"Secret"}}`), "did not sign"},
		{"no JSON", nil, answer(200, `<html>`), "nothing was signed"},
		{"no identity", answer(404, "Secret"), nil, "let the Cloud Run job run as the service account"},
		{"identity fault", answer(500, "Secret"), nil, "run again later"},
		{"empty identity", answer(200, "{}"), nil, "does not say as which service account"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &fake{handle: signs(c.own, c.sign, func(http.ResponseWriter, *http.Request) { t.Error("asked without a token") })}
			_, err := f.client(t, freely).Domains(t.Context())
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("have %v, want %q in it", err, c.want)
			}
			silent(t, err)
		})
	}
}

func TestKeylessAwayFromGoogleCloud(t *testing.T) {
	f := &fake{handle: signs(nil, nil, nil), net: func(r *http.Request) error {
		if strings.HasPrefix(r.URL.Path, "/computeMetadata/") {
			return &net.OpError{Op: "dial", Err: errors.New("no such host")}
		}
		return nil
	}}
	c := f.client(t, func(cfg *Config) {
		freely(cfg)
		cfg.Retry.Tries = 0
	})
	_, err := c.Domains(t.Context())
	if err == nil || !strings.Contains(err.Error(), "gcloud auth application-default login") {
		t.Fatalf("have %v", err)
	}
	silent(t, err)
	if n := c.Calls()["metadata.token"]; n != metadataToken.tries {
		t.Errorf("asked %d times, want %d: a laptop has nobody to ask", n, metadataToken.tries)
	}
}

// What is signed is for this subject and these scopes, and for nobody else; the machine's own token goes to IAM only.
func TestKeylessClaims(t *testing.T) {
	f := &fake{handle: signs(nil, nil, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{}`) })}
	c := f.client(t, freely)
	if _, err := c.Domains(t.Context()); err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(f.asked, func(a asked) bool { return strings.HasSuffix(a.path, ":signJwt") })
	if at < 0 || f.asked[at].path != "/v1/projects/-/serviceAccounts/bot@project.example:signJwt" || f.asked[at].auth != "Bearer own" {
		t.Fatalf("asked %+v", f.asked)
	}
	var req struct{ Payload string }
	var claim struct {
		Iss, Sub, Scope, Aud string
		Iat, Exp             int64
	}
	if err := errors.Join(json.Unmarshal([]byte(f.asked[at].body), &req), json.Unmarshal([]byte(req.Payload), &claim)); err != nil {
		t.Fatal(err)
	}
	if claim.Iss != "bot@project.example" || claim.Sub != admin || claim.Scope != ScopeDomains || claim.Aud != "http://google.example/token" || claim.Exp-claim.Iat != 3600 {
		t.Errorf("claims: %+v", claim)
	}
	for _, a := range f.asked {
		if a.auth == "Bearer own" && !strings.HasSuffix(a.path, ":signJwt") {
			t.Errorf("the machine's own token went to %s", a.path)
		}
	}
}

func TestOwnFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := `{"type":"authorized_user","client_id":"1","client_secret":"2","refresh_token":"3"}`
	write("home/.config/gcloud/application_default_credentials.json", good)
	for _, c := range []struct {
		name, endpoint string
		env            map[string]string
		ours           bool
		metadata, want string
	}{
		{"nothing", "", nil, false, "http://metadata.google.internal", ""},
		{"another host", "", map[string]string{"GCE_METADATA_HOST": "127.0.0.1:1"}, false, "http://127.0.0.1:1", ""},
		{"named", "", map[string]string{"GOOGLE_APPLICATION_CREDENTIALS": write("a.json", good)}, true, "", ""},
		{"at home", "", map[string]string{"HOME": filepath.Join(dir, "home")}, true, "", ""},
		{"named and not there", "", map[string]string{"GOOGLE_APPLICATION_CREDENTIALS": filepath.Join(dir, "none")}, false, "", "gcloud auth"},
		{"no JSON", "", map[string]string{"GOOGLE_APPLICATION_CREDENTIALS": write("b.json", "x")}, false, "", "not JSON"},
		{"another type", "", map[string]string{"GOOGLE_APPLICATION_CREDENTIALS": write("c.json", `{"type":"gdch"}`)}, false, "", `"gdch"`},
		// A simulated school gets nobody's credentials.
		{"simulated", "http://127.0.0.1:2/", map[string]string{"GOOGLE_APPLICATION_CREDENTIALS": write("a.json", good), "GCE_METADATA_HOST": "127.0.0.1:1"}, false, "http://127.0.0.1:2", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			k, err := newKeyless("bot@project.example", c.endpoint, func(name string) string { return c.env[name] })
			if c.want != "" {
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Fatalf("have %v, want %q in it", err, c.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if have := k.ours != nil; have != c.ours || !c.ours && k.metadata != c.metadata {
				t.Errorf("own file %v, metadata %s", have, k.metadata)
			}
		})
	}
}

// Application default credentials from a file are used by Google's library, through the one transport.
func TestKeylessWithOwnFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "own.json")
	if err := os.WriteFile(path, keyFile("http://elsewhere.example"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", path)
	f := &fake{handle: signs(nil, nil, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{}`) })}
	c := f.client(t, func(cfg *Config) {
		freely(cfg)
		cfg.Endpoint = ""
	})
	if _, err := c.Domains(t.Context()); err != nil { // the fake answers every host
		t.Fatal(err)
	}
	if n := c.Calls()["metadata.token"]; n != 0 {
		t.Errorf("the metadata server was asked %d times although there is a file", n)
	}
	if len(f.tokens) != 2 || !strings.HasSuffix(f.tokens[0], cloudScope) {
		t.Errorf("tokens %q, want the machine's own for Google Cloud first", f.tokens)
	}
}
