package oidc

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"
)

const (
	audience = "https://receiver.example/hooks/pubsub"
	account  = "pusher@school-project.iam.gserviceaccount.com"
)

// issuer is who signs tokens here, and hands out the public key where Google would.
type issuer struct {
	key  *rsa.PrivateKey
	asks int
	down bool
}

func newIssuer(t testing.TB) *issuer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return &issuer{key: key}
}

// RoundTrip implements http.RoundTripper: the one thing that is ever asked for is Google's list of keys.
func (i *issuer) RoundTrip(req *http.Request) (*http.Response, error) {
	i.asks++
	if i.down {
		return nil, errors.New("no network")
	}
	if req.URL.String() != "https://www.googleapis.com/oauth2/v3/certs" {
		return nil, errors.New("asked for " + req.URL.String())
	}
	text, err := json.Marshal(map[string]any{"keys": []map[string]string{{
		"kid": "k1", "kty": "RSA", "alg": "RS256", "use": "sig", "n": base64.RawURLEncoding.EncodeToString(i.key.N.Bytes()), "e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(i.key.E)).Bytes()),
	}}})
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Cache-Control": {"max-age=3600"}}, Body: io.NopCloser(strings.NewReader(string(text))), Request: req}, nil
}

func (i *issuer) verifier(t testing.TB) *Verifier {
	t.Helper()
	v, err := New(context.Background(), audience, account, &http.Client{Transport: i})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// token is one as Google makes them, less what change changes.
func (i *issuer) token(t testing.TB, change func(head, claims map[string]any)) string {
	t.Helper()
	head := map[string]any{"alg": "RS256", "kid": "k1", "typ": "JWT"}
	claims := map[string]any{
		"iss": "https://accounts.google.com", "aud": audience, "email": account, "email_verified": true, "sub": "113774264463038321964",
		"iat": time.Now().Add(-time.Minute).Unix(), "exp": time.Now().Add(time.Hour).Unix(),
	}
	if change != nil {
		change(head, claims)
	}
	part := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(text)
	}
	text := part(head) + "." + part(claims)
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, i.key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(sig)
}

func TestVerify(t *testing.T) {
	ours, other := newIssuer(t), newIssuer(t)
	claim := func(name string, value any) string {
		return ours.token(t, func(_, c map[string]any) { c[name] = value })
	}
	good := ours.token(t, nil)
	parts := strings.Split(good, ".")
	for _, c := range []struct {
		name, token string
		want        bool
	}{
		{"as it should be", good, true},
		{"the issuer's other name", claim("iss", "accounts.google.com"), true},
		{"signed by somebody else", other.token(t, nil), false},
		{"a signature cut short", good[:len(good)-8], false},
		{"no signature", parts[0] + "." + parts[1] + ".", false},
		{"the claims of another", parts[0] + "." + strings.Split(claim("sub", "1"), ".")[1] + "." + parts[2], false},
		{"expired", claim("exp", time.Now().Add(-time.Minute).Unix()), false},
		{"without an end", ours.token(t, func(_, c map[string]any) { delete(c, "exp") }), false},
		{"another audience", claim("aud", "https://other.example/"), false},
		{"no audience", claim("aud", ""), false},
		{"another account", claim("email", "other@school-project.iam.gserviceaccount.com"), false},
		{"no account", ours.token(t, func(_, c map[string]any) { delete(c, "email") }), false},
		{"an account that is not verified", claim("email_verified", false), false},
		{"an account that nobody verified", ours.token(t, func(_, c map[string]any) { delete(c, "email_verified") }), false},
		{"verified in words", claim("email_verified", "true"), false},
		{"another issuer", claim("iss", "https://accounts.example"), false},
		{"an issuer that looks like it", claim("iss", "https://accounts.google.com.example"), false},
		{"not signed at all", ours.token(t, func(h, _ map[string]any) { h["alg"] = "none" }), false},
		{"another way of signing", ours.token(t, func(h, _ map[string]any) { h["alg"] = "ES256" }), false},
		{"by the public key as a secret", ours.token(t, func(h, _ map[string]any) { h["alg"] = "HS256" }), false},
		{"a key that Google does not have", ours.token(t, func(h, _ map[string]any) { h["kid"] = "k2" }), false},
		{"no token", "", false},
		{"no token of this kind", "a.b.c", false},
		{"many dots", strings.Repeat(".", 100), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := ours.verifier(t).Verify(t.Context(), c.token)
			if (err == nil) != c.want || err != nil && (!errors.Is(err, ErrToken) || err.Error() != ErrToken.Error()) {
				t.Errorf("%v", err)
			}
		})
	}
}

// What can be seen to be wrong without a key costs no request, and the keys are asked for once.
func TestForgedTokensCostNothing(t *testing.T) {
	ours := newIssuer(t)
	v := ours.verifier(t)
	for range 3 {
		_ = v.Verify(t.Context(), ours.token(t, func(_, c map[string]any) { c["aud"] = "https://other.example/" }))
		_ = v.Verify(t.Context(), ours.token(t, func(h, _ map[string]any) { h["alg"] = "ES256" }))
	}
	if ours.asks != 0 {
		t.Error(ours.asks, "requests for what could be seen to be wrong")
	}
	for range 3 {
		if err := v.Verify(t.Context(), ours.token(t, nil)); err != nil {
			t.Error(err)
		}
	}
	if ours.asks != 1 {
		t.Error("the keys were asked for", ours.asks, "times")
	}
	ours.down = true
	if err := ours.verifier(t).Verify(t.Context(), ours.token(t, nil)); !errors.Is(err, ErrToken) {
		t.Error("without the keys nothing is believed:", err)
	}
}

func TestNewWantsBoth(t *testing.T) {
	for _, c := range [][2]string{{"", account}, {audience, ""}} {
		if _, err := New(t.Context(), c[0], c[1], nil); err == nil {
			t.Errorf("%q is enough", c)
		}
	}
}

// FuzzVerify: whatever is sent, it is refused and nothing breaks.
func FuzzVerify(f *testing.F) {
	ours := newIssuer(f)
	v := ours.verifier(f)
	good := ours.token(f, nil)
	f.Add(good + "x")
	f.Add("eyJhbGciOiJSUzI1NiJ9.e30.")
	f.Add("")
	f.Fuzz(func(t *testing.T, token string) {
		if token != good && v.Verify(t.Context(), token) == nil {
			t.Error("it was believed")
		}
	})
}
