// Package oidctest signs tokens as Google does for the pushes of Pub/Sub, for tests of what verifies them.
package oidctest

import (
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
	"sync/atomic"
	"testing"
	"time"
)

// What the tokens are made for, and for which account.
const (
	Audience = "https://receiver.example/hooks/pubsub"
	Account  = "pusher@school-project.iam.gserviceaccount.com"
)

// Issuer is who signs tokens here, and hands out the public key where Google would, as an http.RoundTripper.
type Issuer struct {
	Asks atomic.Int64 // how often the key was asked for
	Down atomic.Bool  // there is no network
	key  *rsa.PrivateKey
}

// New makes an issuer with a key of its own.
func New(t testing.TB) *Issuer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return &Issuer{key: key}
}

// RoundTrip implements http.RoundTripper: the one thing that is ever asked for is Google's list of keys.
func (i *Issuer) RoundTrip(req *http.Request) (*http.Response, error) {
	i.Asks.Add(1)
	if i.Down.Load() {
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

// Token is one as Google makes them, less what change changes.
func (i *Issuer) Token(t testing.TB, change func(head, claims map[string]any)) string {
	t.Helper()
	head := map[string]any{"alg": "RS256", "kid": "k1", "typ": "JWT"}
	claims := map[string]any{
		"iss": "https://accounts.google.com", "aud": Audience, "email": Account, "email_verified": true, "sub": "113774264463038321964",
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
