package server

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/sim/world"
)

// tokenLife is the life of an access token, in real time.
const tokenLife = time.Hour

// session is what an access token stands for.
type session struct {
	client  string // address of the service account
	subject string // Directory id of the user; "" for the service account itself
	scopes  []string
	expires time.Time
}

// client finds the service account that an assertion's issuer names.
func (s *Server) client(issuer string) *world.Client {
	for i := range s.clients {
		if c := &s.clients[i]; c.Email == issuer || c.ClientID == issuer {
			return c
		}
	}
	return nil
}

// Token mints an access token for a subject (an address), for tests that do not want to sign assertions.
func (s *Server) Token(subject string, scopes ...string) (string, error) {
	var id string
	s.world.View(func() {
		if u := s.world.User(subject); u != nil {
			id = u.ID
		}
	})
	if id == "" {
		return "", fmt.Errorf("token: the subject: %w", world.ErrNotFound)
	}
	return s.mint(session{client: s.clients[0].Email, subject: id, scopes: scopes}), nil
}

func (s *Server) mint(x session) string {
	b := make([]byte, 24)
	rand.Read(b)
	token := "ya29." + base64.RawURLEncoding.EncodeToString(b)
	x.expires = s.real().Add(tokenLife)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.tokens) > 100_000 {
		now := s.real()
		for k, v := range s.tokens {
			if v.expires.Before(now) {
				delete(s.tokens, k)
			}
		}
	}
	s.tokens[token] = x
	return token
}

// session finds what the request's token stands for.
func (s *Server) session(r *http.Request) (session, bool) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		token = r.URL.Query().Get("access_token")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x, ok := s.tokens[token]
	return x, ok && s.real().Before(x.expires)
}

// claims are those of a service account's assertion (RFC 7523).
type claims struct {
	Iss   string `json:"iss"`
	Sub   string `json:"sub"`
	Prn   string `json:"prn"` // older name of sub
	Scope string `json:"scope"`
	Aud   string `json:"aud"`
	Iat   int64  `json:"iat"`
	Exp   int64  `json:"exp"`
}

// serveToken answers the token endpoint: a signed assertion for an access token, both in the present form and in the older one with
// assertion_type; or the code of somebody who signed in for their tokens, see serveCode.
func (s *Server) serveToken(w http.ResponseWriter, r *http.Request) {
	body := http.MaxBytesReader(w, r.Body, 64<<10)
	r.Body = body
	if r.Method != http.MethodPost || r.ParseForm() != nil {
		tokenError(w, 400, "invalid_request", "Invalid request")
		return
	}
	grant := r.PostForm.Get("grant_type")
	if grant == "authorization_code" {
		s.serveCode(w, r)
		return
	}
	if grant != "urn:ietf:params:oauth:grant-type:jwt-bearer" && r.PostForm.Get("assertion_type") != "http://oauth.net/grant_type/jwt/1.0/bearer" {
		tokenError(w, 400, "unsupported_grant_type", "Invalid grant_type: "+grant)
		return
	}
	c, payload, ok := s.verify(r.PostForm.Get("assertion"))
	if !ok {
		tokenError(w, 400, "invalid_grant", "Invalid JWT Signature.")
		return
	}
	now := s.real()
	switch {
	case !slices.Contains([]string{s.tokenURL(r), "https://oauth2.googleapis.com/token", "https://accounts.google.com/o/oauth2/token",
		"https://www.googleapis.com/oauth2/v4/token", "https://www.googleapis.com/oauth2/v3/token"}, payload.Aud):
		tokenError(w, 400, "invalid_grant", "Invalid JWT: Failed audience check. The right audience is "+s.tokenURL(r))
		return
	case payload.Exp < now.Add(-5*time.Minute).Unix() || payload.Iat > now.Add(5*time.Minute).Unix() || payload.Exp-payload.Iat > 3600+60:
		tokenError(w, 400, "invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.")
		return
	case payload.Scope == "":
		tokenError(w, 400, "invalid_scope", "Empty or missing scope not allowed.")
		return
	}
	x := session{client: c.Email, scopes: strings.Fields(payload.Scope)}
	subject := payload.Sub
	if subject == "" {
		subject = payload.Prn
	}
	if subject != "" && subject != c.Email {
		for _, scope := range x.scopes {
			if !slices.Contains(c.Scopes, scope) {
				tokenError(w, 401, "unauthorized_client", "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.")
				return
			}
		}
		s.world.View(func() {
			if u := s.world.User(subject); u != nil {
				x.subject = u.ID
			}
		})
		if x.subject == "" {
			tokenError(w, 400, "invalid_grant", "Invalid email or User ID")
			return
		}
	}
	b, err := marshal(map[string]any{"access_token": s.mint(x), "expires_in": int(tokenLife.Seconds()) - 1, "token_type": "Bearer"})
	if err != nil {
		writeError(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Write(b)
}

// verify checks an assertion's signature against the key of the service account that it names.
func (s *Server) verify(assertion string) (*world.Client, *claims, bool) {
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 {
		return nil, nil, false
	}
	var head struct{ Alg string }
	var payload claims
	if decodePart(parts[0], &head) != nil || head.Alg != "RS256" || decodePart(parts[1], &payload) != nil {
		return nil, nil, false
	}
	c := s.client(payload.Iss)
	if c == nil {
		return nil, nil, false
	}
	sig, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[2], "="))
	if err != nil {
		return nil, nil, false
	}
	key, err := s.publicKey(c)
	if err != nil {
		return nil, nil, false
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	return c, &payload, rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], sig) == nil
}

func decodePart(s string, into any) error {
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(s, "="))
	if err != nil {
		return err
	}
	return json.Unmarshal(b, into)
}

// publicKey is the key that the tenant names for the client, else the server's own.
func (s *Server) publicKey(c *world.Client) (*rsa.PublicKey, error) {
	if c.Key == "" {
		k, err := s.key()
		if err != nil {
			return nil, err
		}
		return &k.PublicKey, nil
	}
	block, _ := pem.Decode([]byte(c.Key))
	if block == nil {
		return nil, errors.New("publicKey is no PEM block")
	}
	k, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	r, ok := k.(*rsa.PublicKey)
	if !ok {
		return nil, errors.New("publicKey is no RSA key")
	}
	return r, nil
}

// tokenURL is the audience that the client was told to use.
func (s *Server) tokenURL(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	u := url.URL{Scheme: scheme, Host: r.Host, Path: "/token"}
	return u.String()
}

// Credentials is a service-account key file that works against this server; tokenURI is BASE/token, or Google's own under the proxy.
// Clients of tenant.json with a publicKey of their own are not ours to give; the first one without is.
func (s *Server) Credentials(tokenURI string) ([]byte, error) {
	i := slices.IndexFunc(s.clients, func(c world.Client) bool { return c.Key == "" })
	if i < 0 {
		return nil, errors.New("credentials: every client in tenant.json has its own publicKey")
	}
	k, err := s.key()
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		return nil, fmt.Errorf("credentials: %w", err)
	}
	c := s.clients[i]
	return json.MarshalIndent(map[string]string{
		"type": "service_account", "project_id": "simulated-school", "private_key_id": "simulated",
		"private_key":  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
		"client_email": c.Email, "client_id": c.ClientID, "auth_uri": "https://accounts.google.com/o/oauth2/auth", "token_uri": tokenURI,
		"auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs", "universe_domain": "googleapis.com",
	}, "", "  ")
}
