package server

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"esafetybot/internal/sim/world"
)

// codeLife is how long a code of somebody who signed in can be changed for tokens, in real time.
const codeLife = time.Minute

// oidcMethods are the paths of OpenID Connect, with the names under which requests are counted. The token endpoint is serveToken's.
var oidcMethods = map[string]string{
	"/.well-known/openid-configuration": "openid.configuration",
	"/o/oauth2/v2/auth":                 "openid.auth",
	"/oauth2/v3/certs":                  "openid.certs",
}

// issuer is the part of the server that signs people in. Its key is not the service account's, whose private half is handed out.
type issuer struct {
	clients []world.OIDCClient

	keyOnce sync.Once
	rsaKey  *rsa.PrivateKey
	keyErr  error

	mu    sync.Mutex
	codes map[string]login
}

// login is what a code stands for.
type login struct {
	issuer, client, redirect, nonce, challenge string
	scopes                                     []string
	account                                    account
	expires                                    time.Time
}

// account is who signed in. hosted is the customer's primary domain, "" for an account that is not the school's.
type account struct{ sub, address, name, hosted string }

func newIssuer(w *world.World, o Options) (*issuer, error) {
	is := &issuer{rsaKey: o.OIDCKey, codes: map[string]login{}}
	for _, c := range slices.Concat(w.Settings.OIDCClients, o.OIDCClients) {
		if c.ClientID == "" || c.ClientSecret == "" {
			return nil, fmt.Errorf("simulated school: an OIDC client (%q) needs a clientId and a clientSecret", c.ClientID)
		}
		is.clients = slices.DeleteFunc(is.clients, func(other world.OIDCClient) bool { return other.ClientID == c.ClientID })
		is.clients = append(is.clients, c)
	}
	return is, nil
}

// ParseOIDCClient reads the form of the --oidc-client flag: id=ID,secret=SECRET,redirect=URL,redirect=URL.
func ParseOIDCClient(s string) (world.OIDCClient, error) {
	var c world.OIDCClient
	for _, part := range strings.Split(s, ",") {
		switch k, v, _ := strings.Cut(part, "="); k {
		case "id":
			c.ClientID = v
		case "secret":
			c.ClientSecret = v
		case "redirect":
			u, err := url.Parse(v)
			if err != nil || u.Host == "" || u.Fragment != "" {
				return c, fmt.Errorf("oidc-client: redirect %q is no whole address without a fragment", v)
			}
			c.RedirectURIs = append(c.RedirectURIs, v)
		default:
			return c, fmt.Errorf("oidc-client: %q: known are id, secret, redirect", k)
		}
	}
	if c.ClientID == "" || c.ClientSecret == "" {
		return c, errors.New("oidc-client: give id= and secret=")
	}
	return c, nil
}

func (is *issuer) key() (*rsa.PrivateKey, error) {
	is.keyOnce.Do(func() {
		if is.rsaKey == nil {
			is.rsaKey, is.keyErr = rsa.GenerateKey(rand.Reader, 2048)
		}
	})
	return is.rsaKey, is.keyErr
}

func (is *issuer) client(id string) (world.OIDCClient, bool) {
	i := slices.IndexFunc(is.clients, func(c world.OIDCClient) bool { return c.ClientID == id })
	if i < 0 {
		return world.OIDCClient{}, false
	}
	return is.clients[i], true
}

// mayReturn says whether people may be sent back to the address. Only a client that registered none may name any on loopback.
func mayReturn(c world.OIDCClient, address string) bool {
	if len(c.RedirectURIs) > 0 {
		return slices.Contains(c.RedirectURIs, address)
	}
	u, err := url.Parse(address)
	if err != nil || u.User != nil || u.Fragment != "" || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// put keeps a login and returns its code.
func (is *issuer) put(l login, now time.Time) string {
	code := "4/" + rand.Text()
	l.expires = now.Add(codeLife)
	is.mu.Lock()
	defer is.mu.Unlock()
	for k, old := range is.codes { // few: each lives a minute
		if !now.Before(old.expires) {
			delete(is.codes, k)
		}
	}
	is.codes[code] = l
	return code
}

// take uses a code up.
func (is *issuer) take(code string, now time.Time) (login, bool) {
	is.mu.Lock()
	defer is.mu.Unlock()
	l, ok := is.codes[code]
	delete(is.codes, code)
	return l, ok && now.Before(l.expires)
}

// baseURL is the server as the client knows it.
func baseURL(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return (&url.URL{Scheme: scheme, Host: r.Host}).String()
}

// serveOIDC answers all of OpenID Connect but the token endpoint.
func (s *Server) serveOIDC(w http.ResponseWriter, r *http.Request, method string) {
	switch {
	case method == "openid.auth":
		s.serveAuth(w, r)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		writeError(w, &apiError{code: 405, status: "UNIMPLEMENTED", reason: "httpMethodNotAllowed", message: "The HTTP method is not allowed here."})
	case method == "openid.certs":
		key, err := s.issuer.key()
		if err != nil {
			writeError(w, backendError(500))
			return
		}
		e := big.NewInt(int64(key.E)).Bytes()
		writeJSON(w, map[string]any{"keys": []map[string]string{{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": keyID(key),
			"n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()), "e": base64.RawURLEncoding.EncodeToString(e)}}})
	default:
		base := baseURL(r)
		writeJSON(w, map[string]any{
			"issuer": base, "authorization_endpoint": base + "/o/oauth2/v2/auth", "token_endpoint": base + "/token", "jwks_uri": base + "/oauth2/v3/certs",
			"response_types_supported": []string{"code"}, "response_modes_supported": []string{"query"}, "subject_types_supported": []string{"public"},
			"id_token_signing_alg_values_supported": []string{"RS256"}, "scopes_supported": []string{"openid", "email", "profile"},
			"token_endpoint_auth_methods_supported": []string{"client_secret_post", "client_secret_basic"}, "code_challenge_methods_supported": []string{"S256"},
			"grant_types_supported": []string{"authorization_code", "urn:ietf:params:oauth:grant-type:jwt-bearer"},
			"claims_supported":      []string{"aud", "email", "email_verified", "exp", "iat", "iss", "name", "sub"},
		})
	}
}

func writeJSON(w http.ResponseWriter, v any) {
	b, err := marshal(v)
	if err != nil {
		writeError(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Write(b)
}

func keyID(k *rsa.PrivateKey) string {
	sum := sha256.Sum256(k.N.Bytes())
	return fmt.Sprintf("%x", sum[:20])
}

// find is the account behind what somebody typed or chose: an address, or an id in a login_hint. hd limits it to accounts of the
// school, as Google does; refused says why the account cannot be used.
func (s *Server) find(who, hd string) (a account, refused string) {
	who = strings.TrimSpace(who)
	s.world.View(func() {
		if u := s.world.User(who); u != nil {
			switch {
			case u.Suspended || u.Archived:
				refused = "This account is switched off. Ask your administrator."
				return
			case hd != "" && hd != "*" && !s.world.Ours(hd):
				refused = "Sign in with an account of " + hd + "."
				return
			}
			a = account{u.ID, u.PrimaryEmail, nameOf(u), s.primaryDomain()}
			return
		}
		m, err := mail.ParseAddress(who)
		if err != nil || m.Address != who || s.world.Ours(who[strings.LastIndex(who, "@")+1:]) {
			refused = "There is no such account."
			if s.world.DeletedUser(who) != nil {
				refused = "This account was deleted. Ask your administrator."
			}
			return
		}
		if hd != "" {
			refused = "Sign in with an account of " + hd + "."
			if hd == "*" {
				refused = "Sign in with the account of an organisation."
			}
			return
		}
		name, _, _ := strings.Cut(who, "@")
		a = account{outsideID(who), lower(who), name, ""}
	})
	return a, refused
}

// primaryDomain is what Google puts into hd. Call it inside View.
func (s *Server) primaryDomain() string {
	for _, d := range s.world.Domains() {
		if d.IsPrimary {
			return d.DomainName
		}
	}
	return s.world.Settings.Customer.CustomerDomain
}

// outsideID is the id of a Google account outside the school: 21 digits, always the same for the address.
func outsideID(address string) string {
	sum := sha256.Sum256([]byte("google account/" + lower(address)))
	return fmt.Sprintf("1%010d%010d", binary.BigEndian.Uint64(sum[:])%1e10, binary.BigEndian.Uint64(sum[8:])%1e10)
}

// serveCode answers the token endpoint for a code: ID token and access token, once.
func (s *Server) serveCode(w http.ResponseWriter, r *http.Request) {
	id, secret, basic := r.BasicAuth()
	if basic { // both are form-encoded first (RFC 6749, section 2.3.1)
		var err1, err2 error
		id, err1 = url.QueryUnescape(id)
		secret, err2 = url.QueryUnescape(secret)
		if err1 != nil || err2 != nil {
			id = ""
		}
	} else {
		id, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	c, known := s.issuer.client(id)
	if !known || subtle.ConstantTimeCompare([]byte(secret), []byte(c.ClientSecret)) != 1 {
		if basic {
			w.Header().Set("WWW-Authenticate", `Basic realm="simulated school"`)
		}
		tokenError(w, 401, "invalid_client", "Unauthorized")
		return
	}
	now := s.real()
	l, ok := s.issuer.take(r.PostForm.Get("code"), now)
	switch {
	case !ok || l.client != c.ClientID:
		tokenError(w, 400, "invalid_grant", "Malformed auth code: unknown, used before, too old, or another client's.")
		return
	case l.redirect != r.PostForm.Get("redirect_uri"):
		tokenError(w, 400, "redirect_uri_mismatch", "Bad Request")
		return
	case !verifies(l.challenge, r.PostForm.Get("code_verifier")):
		tokenError(w, 400, "invalid_grant", "Invalid code verifier.")
		return
	}
	if l.account.hosted != "" {
		if _, refused := s.find(l.account.sub, ""); refused != "" {
			tokenError(w, 400, "invalid_grant", "Account has been deleted or switched off.")
			return
		}
	}
	access := s.mint(session{client: c.ClientID, subject: l.account.sub, scopes: l.scopes})
	answer := map[string]any{"access_token": access, "expires_in": int(tokenLife.Seconds()) - 1, "token_type": "Bearer", "scope": strings.Join(l.scopes, " ")}
	if slices.Contains(l.scopes, "openid") {
		token, err := s.issuer.idToken(l, access, now)
		if err != nil {
			writeError(w, backendError(500))
			return
		}
		answer["id_token"] = token
	}
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, answer)
}

// verifies compares a PKCE verifier with the challenge that the code was asked for with; neither is fine, one without the other is not.
func verifies(challenge, verifier string) bool {
	if challenge == "" || verifier == "" {
		return challenge == verifier
	}
	sum := sha256.Sum256([]byte(verifier))
	return subtle.ConstantTimeCompare([]byte(challenge), []byte(base64.RawURLEncoding.EncodeToString(sum[:]))) == 1
}

// idToken is a signed ID token with Google's claims.
func (is *issuer) idToken(l login, access string, now time.Time) (string, error) {
	key, err := is.key()
	if err != nil {
		return "", err
	}
	half := sha256.Sum256([]byte(access))
	claims := map[string]any{"iss": l.issuer, "aud": l.client, "azp": l.client, "sub": l.account.sub, "iat": now.Unix(), "exp": now.Add(tokenLife).Unix(),
		"at_hash": base64.RawURLEncoding.EncodeToString(half[:16])}
	if l.account.hosted != "" {
		claims["hd"] = l.account.hosted
	}
	if l.nonce != "" {
		claims["nonce"] = l.nonce
	}
	if slices.Contains(l.scopes, "email") {
		claims["email"], claims["email_verified"] = l.account.address, true
	}
	if slices.Contains(l.scopes, "profile") && l.account.name != "" {
		claims["name"] = l.account.name
	}
	head, err := json.Marshal(map[string]string{"alg": "RS256", "kid": keyID(key), "typ": "JWT"})
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	text := base64.RawURLEncoding.EncodeToString(head) + "." + base64.RawURLEncoding.EncodeToString(body)
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		return "", err
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(sig), nil
}
