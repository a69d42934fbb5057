package oidc

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/hooks/oidc/oidctest"
)

func verifier(t testing.TB, i *oidctest.Issuer) *Verifier {
	t.Helper()
	v, err := New(t.Context(), oidctest.Audience, oidctest.Account, &http.Client{Transport: i})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestVerify(t *testing.T) {
	ours, other := oidctest.New(t), oidctest.New(t)
	claim := func(name string, value any) string {
		return ours.Token(t, func(_, c map[string]any) { c[name] = value })
	}
	good := ours.Token(t, nil)
	parts := strings.Split(good, ".")
	for _, c := range []struct {
		name, token string
		want        bool
	}{
		{"as it should be", good, true},
		{"the issuer's other name", claim("iss", "accounts.google.com"), true},
		{"signed by somebody else", other.Token(t, nil), false},
		{"a signature cut short", good[:len(good)-8], false},
		{"no signature", parts[0] + "." + parts[1] + ".", false},
		{"the claims of another", parts[0] + "." + strings.Split(claim("sub", "1"), ".")[1] + "." + parts[2], false},
		{"expired", claim("exp", time.Now().Add(-time.Minute).Unix()), false},
		{"without an end", ours.Token(t, func(_, c map[string]any) { delete(c, "exp") }), false},
		{"another audience", claim("aud", "https://other.example/"), false},
		{"no audience", claim("aud", ""), false},
		{"another account", claim("email", "other@school-project.iam.gserviceaccount.com"), false},
		{"no account", ours.Token(t, func(_, c map[string]any) { delete(c, "email") }), false},
		{"an account that is not verified", claim("email_verified", false), false},
		{"an account that nobody verified", ours.Token(t, func(_, c map[string]any) { delete(c, "email_verified") }), false},
		{"verified in words", claim("email_verified", "true"), false},
		{"another issuer", claim("iss", "https://accounts.example"), false},
		{"an issuer that looks like it", claim("iss", "https://accounts.google.com.example"), false},
		{"not signed at all", ours.Token(t, func(h, _ map[string]any) { h["alg"] = "none" }), false},
		{"another way of signing", ours.Token(t, func(h, _ map[string]any) { h["alg"] = "ES256" }), false},
		{"by the public key as a secret", ours.Token(t, func(h, _ map[string]any) { h["alg"] = "HS256" }), false},
		{"a key that Google does not have", ours.Token(t, func(h, _ map[string]any) { h["kid"] = "k2" }), false},
		{"no token", "", false},
		{"no token of this kind", "a.b.c", false},
		{"many dots", strings.Repeat(".", 100), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := verifier(t, ours).Verify(t.Context(), c.token)
			if (err == nil) != c.want || err != nil && (!errors.Is(err, ErrToken) || err.Error() != ErrToken.Error()) {
				t.Errorf("%v", err)
			}
		})
	}
}

// What can be seen to be wrong without a key costs no request, and the keys are asked for once.
func TestForgedTokensCostNothing(t *testing.T) {
	ours := oidctest.New(t)
	v := verifier(t, ours)
	for range 3 {
		_ = v.Verify(t.Context(), ours.Token(t, func(_, c map[string]any) { c["aud"] = "https://other.example/" }))
		_ = v.Verify(t.Context(), ours.Token(t, func(h, _ map[string]any) { h["alg"] = "ES256" }))
	}
	if ours.Asks.Load() != 0 {
		t.Error(ours.Asks.Load(), "requests for what could be seen to be wrong")
	}
	for range 3 {
		if err := v.Verify(t.Context(), ours.Token(t, nil)); err != nil {
			t.Error(err)
		}
	}
	if ours.Asks.Load() != 1 {
		t.Error("the keys were asked for", ours.Asks.Load(), "times")
	}
	ours.Down.Store(true)
	if err := verifier(t, ours).Verify(t.Context(), ours.Token(t, nil)); !errors.Is(err, ErrToken) {
		t.Error("without the keys nothing is believed:", err)
	}
}

func TestNewWantsBoth(t *testing.T) {
	for _, c := range [][2]string{{"", oidctest.Account}, {oidctest.Audience, ""}} {
		if _, err := New(t.Context(), c[0], c[1], nil); err == nil {
			t.Errorf("%q is enough", c)
		}
	}
}

// FuzzVerify: whatever is sent, it is refused and nothing breaks.
func FuzzVerify(f *testing.F) {
	ours := oidctest.New(f)
	v := verifier(f, ours)
	good := ours.Token(f, nil)
	f.Add(good + "x")
	f.Add("eyJhbGciOiJSUzI1NiJ9.e30.")
	f.Add("")
	f.Fuzz(func(t *testing.T, token string) {
		if token != good && v.Verify(t.Context(), token) == nil {
			t.Error("it was believed")
		}
	})
}
