package signin_test

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	. "esafetybot/internal/web/signin"
)

// crooked is an issuer that signs whatever it is told to.
type crooked struct {
	*httptest.Server
	key    *rsa.PrivateKey
	token  func(nonce string) (status int, idToken any) // answers the token endpoint
	nonce  string
	silent bool // answers nothing but 503
	certs  int  // how often the keys were asked for
	tokens int  // and a token
}

var crookedKey = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

func enc(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func encJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return enc(b)
}

func newCrooked(t *testing.T) *crooked {
	c := &crooked{key: crookedKey()}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		var v any
		switch {
		case c.silent:
			w.WriteHeader(503)
			return
		case r.URL.Path == "/.well-known/openid-configuration":
			v = map[string]any{"issuer": c.URL, "authorization_endpoint": c.URL + "/auth", "token_endpoint": c.URL + "/token", "jwks_uri": c.URL + "/certs",
				"id_token_signing_alg_values_supported": []string{"RS256", "RS512", "HS256", "none"}}
		case r.URL.Path == "/certs":
			c.certs++
			v = map[string]any{"keys": []any{map[string]string{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "k", "n": enc(c.key.N.Bytes()), "e": "AQAB"}}}
		default:
			c.tokens++
			status, id := c.token(c.nonce)
			w.WriteHeader(status)
			if status != 200 {
				v = map[string]any{"error": "invalid_client", "error_description": "secret"}
				break
			}
			v = map[string]any{"access_token": "eyJaccess", "token_type": "Bearer", "id_token": id}
		}
		if err := json.NewEncoder(w).Encode(v); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *crooked) sign(head, claims map[string]any) string {
	text := encJSON(head) + "." + encJSON(claims)
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, c.key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return text + "." + enc(sig)
}

var rs256 = map[string]any{"alg": "RS256", "kid": "k"}

// come takes the browser through a sign-in at the crooked issuer.
func (c *crooked) come(x *rig) answer {
	x.t.Helper()
	x.browser = x.newBrowser()
	x.still()
	a := x.get("/sign-in")
	to, err := url.Parse(a.header.Get("Location"))
	if err != nil || a.status != 302 {
		x.t.Fatal(a, err)
	}
	c.nonce = to.Query().Get("nonce")
	return x.get("/sign-in/done?" + url.Values{"code": {"the code"}, "state": {to.Query().Get("state")}}.Encode())
}

func TestTokensThatDoNotHold(t *testing.T) {
	c := newCrooked(t)
	x := newRig(t, func(_ *rig, conf *Config) { conf.Issuer = c.URL })
	right := func(nonce string) map[string]any {
		return map[string]any{"iss": c.URL, "aud": "review", "azp": "review", "sub": "100", "email": "ann@school.example", "email_verified": true, "hd": "school.example",
			"nonce": nonce, "iat": start.Unix(), "exp": start.Add(time.Hour).Unix()}
	}
	with := func(more map[string]any) func(string) (int, any) {
		return func(nonce string) (int, any) {
			claims := right(nonce)
			maps.Copy(claims, more)
			for k, v := range more {
				if v == nil {
					delete(claims, k)
				}
			}
			return 200, c.sign(rs256, claims)
		}
	}
	type m = map[string]any
	for _, k := range []struct {
		name   string
		token  func(string) (int, any)
		status int
		want   string
	}{
		{"right", with(nil), 303, ""},
		{"without azp", with(m{"azp": nil}), 303, ""},
		{"hd in capitals", with(m{"hd": "SCHOOL.example", "email": "ANN@School.example"}), 303, ""},
		{"hd of the other domain", with(m{"hd": "pupils.example"}), 303, ""},
		{"another issuer", with(m{"iss": "https://accounts.google.com"}), 403, BadToken},
		{"another site's", with(m{"aud": "other"}), 403, BadToken},
		{"for two sites", with(m{"aud": []string{"review", "other"}}), 403, BadToken},
		{"got by another site", with(m{"azp": "other"}), 403, BadToken},
		{"expired", with(m{"exp": start.Add(-time.Second).Unix()}), 403, BadToken},
		{"without end", with(m{"exp": nil}), 403, BadToken},
		{"without nonce", with(m{"nonce": nil}), 403, BadToken},
		{"empty nonce", with(m{"nonce": ""}), 403, BadToken},
		{"another nonce", with(m{"nonce": "other"}), 403, BadToken},
		{"without sub", with(m{"sub": nil}), 403, BadToken},
		{"without address", with(m{"email": nil}), 403, BadToken},
		{"two addresses", with(m{"email": "eve@evil.example@school.example"}), 403, BadToken},
		{"an address with a name", with(m{"email": "Ann <ann@school.example>"}), 403, BadToken},
		{"verified in words", with(m{"email_verified": "true"}), 403, BadToken},
		{"unverified", with(m{"email_verified": false}), 403, "unverified|ann@school.example|"},
		{"verified or not, it does not say", with(m{"email_verified": nil}), 403, "unverified|ann@school.example|"},
		{"a private account with a school address", with(m{"hd": nil}), 403, "unmanaged|ann@school.example|"},
		{"another organisation's", with(m{"hd": "evil.example"}), 403, "unmanaged|ann@school.example|"},
		{"hd of the school, address of elsewhere", with(m{"email": "ann@evil.example"}), 403, "not-ours|ann@evil.example|"},
		{"an unverified outside address", with(m{"email": "gov@home.example", "email_verified": false, "hd": nil}), 403, "unverified|gov@home.example|"},
		{"an outside address in capitals", with(m{"email": "Gov@Home.example", "hd": nil}), 303, ""},
		{"no ID token", func(string) (int, any) { return 200, nil }, 403, BadToken},
		{"an ID token that is none", func(string) (int, any) { return 200, "eyJ.x.y" }, 403, BadToken},
		{"unsigned", func(n string) (int, any) { return 200, encJSON(m{"alg": "none"}) + "." + encJSON(right(n)) + "." }, 403, BadToken},
		{"signed with the public key as a secret", func(n string) (int, any) {
			text := encJSON(m{"alg": "HS256", "kid": "k"}) + "." + encJSON(right(n))
			h := hmac.New(sha256.New, c.key.N.Bytes())
			h.Write([]byte(text))
			return 200, text + "." + enc(h.Sum(nil))
		}, 403, BadToken},
		{"signed in another way", func(n string) (int, any) {
			text := encJSON(m{"alg": "RS512", "kid": "k"}) + "." + encJSON(right(n))
			sum := sha512.Sum512([]byte(text))
			sig, err := rsa.SignPKCS1v15(rand.Reader, c.key, crypto.SHA512, sum[:])
			if err != nil {
				t.Fatal(err)
			}
			return 200, text + "." + enc(sig)
		}, 403, BadToken},
		{"signed by somebody else", func(n string) (int, any) {
			k, err := rsa.GenerateKey(rand.Reader, 2048)
			if err != nil {
				t.Fatal(err)
			}
			return 200, (&crooked{key: k}).sign(rs256, right(n))
		}, 403, BadToken},
		{"changed after signing", func(n string) (int, any) {
			parts := strings.Split(c.sign(rs256, right(n)), ".")
			claims := right(n)
			claims["sub"] = "101"
			return 200, parts[0] + "." + encJSON(claims) + "." + parts[2]
		}, 403, BadToken},
		{"the issuer refuses", func(string) (int, any) { return 401, nil }, 502, NoAnswer},
		{"the issuer fails", func(string) (int, any) { return 500, nil }, 502, NoAnswer},
	} {
		t.Run(k.name, func(t *testing.T) {
			x.t, c.token = t, k.token
			x.clock.Add(time.Second) // for the limit of attempts
			c.tokens = 0
			x.want(k.name, c.come(x), k.status, k.want)
			if c.tokens != 1 {
				t.Errorf("the code was sent %d times", c.tokens)
			}
			if a := x.get("/"); (a.status == 200) != (k.status == 303) {
				t.Errorf("afterwards the site answers %d", a.status)
			}
			x.quiet()
		})
	}
}

func TestIssuerThatIsAway(t *testing.T) {
	c := newCrooked(t)
	c.silent = true
	x := newRig(t, func(_ *rig, conf *Config) { conf.Issuer = c.URL })
	x.still()
	x.want("away", x.get("/sign-in"), 502, NoAnswer)
	c.silent = false
	x.want("back", x.get("/sign-in"), 302, "")
	c.token = func(nonce string) (int, any) {
		return 200, c.sign(rs256, map[string]any{"iss": c.URL, "aud": "review", "sub": "100", "email": "ann@school.example", "email_verified": true, "hd": "school.example", "nonce": nonce, "exp": start.Add(time.Hour).Unix()})
	}
	for range 3 {
		x.want("sign-in", c.come(x), 303, "")
	}
	if c.certs != 1 {
		t.Errorf("three sign-ins asked %d times for the keys", c.certs)
	}
	c.silent = true
	x.want("a session needs no issuer", x.get("/"), 200, "/ 100")
	c.Close()
	x.restart(x.config)
	x.want("gone", x.get("/sign-in"), 502, NoAnswer)
}
