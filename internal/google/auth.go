package google

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"
	oauth "golang.org/x/oauth2/google"
	"golang.org/x/oauth2/jwt"
)

const (
	// tokenMargin is the least life a token must have left to be sent: longer than a try may take.
	tokenMargin = 90 * time.Second
	// refusalLife is how long a refusal is believed without asking again.
	refusalLife = time.Minute
)

// credentials reads the service account's key.
func credentials(cfg Config) (*jwt.Config, error) {
	key := cfg.Credentials
	if len(key) == 0 {
		if cfg.CredentialsFile == "" {
			return nil, errors.New("google: no credentials: give the path of a service account's key file, or keyless: and the service account's address")
		}
		var err error
		if key, err = os.ReadFile(cfg.CredentialsFile); errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("google: there is no key file %s", cfg.CredentialsFile)
		} else if err != nil {
			return nil, fmt.Errorf("google: key file: %w", err)
		}
	}
	var what struct {
		Type string `json:"type"`
		Key  string `json:"private_key"`
	}
	if err := json.Unmarshal(key, &what); err != nil {
		return nil, errors.New("google: the key file is not JSON: download it again from the Google Cloud console (IAM › Service accounts › Keys)")
	}
	if what.Type != "service_account" {
		return nil, fmt.Errorf("google: credentials of type %q: a service account's key file is needed, or keyless: and the service account's address", what.Type)
	}
	// The library looks at the key only when it signs, in the middle of the first run.
	block, _ := pem.Decode([]byte(what.Key))
	if block == nil {
		return nil, errors.New("google: the key file holds no private key: make a new one in the Google Cloud console")
	}
	if _, err := x509.ParsePKCS8PrivateKey(block.Bytes); err != nil {
		if _, err := x509.ParsePKCS1PrivateKey(block.Bytes); err != nil {
			return nil, errors.New("google: the private key in the key file is damaged: make a new one in the Google Cloud console")
		}
	}
	conf, err := oauth.JWTConfigFromJSON(key)
	if err != nil {
		return nil, fmt.Errorf("google: key file: %w", err)
	}
	return conf, nil
}

// An identity is a subject with a set of scopes, and the token for it. Users of the same one share it.
type identity struct {
	key     string
	subject string
	scopes  []string
	admin   bool
	own     bool // of the process itself, for Google Cloud; see keyless
	refs    int  // guarded by Client.mu

	lock      chan struct{} // one at a time fetches; held while the fields below are used
	token     string
	expires   time.Time
	refusal   error
	refusedAt time.Time
}

// A Handle holds a subject's token for as long as it is needed.
type Handle struct {
	c  *Client
	id *identity
}

// As says that work as this subject, with exactly these scopes, begins: until Close the readers that act as the subject
// share one token. It sends nothing; the token is fetched when first needed. The readers say which scope they use.
func (c *Client) As(subject string, scopes ...string) *Handle {
	subject = strings.ToLower(subject)
	set := slices.Sorted(slices.Values(scopes))
	key := subject + " " + strings.Join(set, " ")
	c.mu.Lock()
	defer c.mu.Unlock()
	id := c.ids[key]
	if id == nil {
		id = &identity{key: key, subject: subject, scopes: set, admin: subject == c.admin, lock: make(chan struct{}, 1)}
		if id.admin {
			id.refs = 1 // the administrator's few tokens stay
		}
		c.ids[key] = id
	}
	id.refs++
	return &Handle{c: c, id: id}
}

// asAdmin is As for the administrator.
func (c *Client) asAdmin(scopes ...string) *Handle { return c.As(c.admin, scopes...) }

// Hold is As for reading an account's Drive: until release is called the Drive readers that act as it share one token.
func (c *Client) Hold(address string) (release func()) { return c.As(address, ScopeMetadata).Close }

// Close says that the work is done: the last one forgets the token. Closing twice is harmless, from one goroutine.
func (h *Handle) Close() {
	if h == nil || h.c == nil {
		return
	}
	c := h.c
	h.c = nil
	c.mu.Lock()
	defer c.mu.Unlock()
	if h.id.refs--; h.id.refs == 0 {
		delete(c.ids, h.id.key)
	}
}

// call is the context of one API call as the handle's subject.
func (h *Handle) call(ctx context.Context, m method) context.Context {
	return withCall(ctx, &call{m: m, id: h.id})
}

// A tokenError is a token that Google would not give. It was retried where that made sense.
type tokenError struct{ err error }

func (e *tokenError) Error() string { return e.err.Error() }
func (e *tokenError) Unwrap() error { return e.err }

// token returns an access token for the identity, other than the one named in not (which Google no longer takes), and whether it was fetched just now.
func (c *Client) token(ctx context.Context, id *identity, not string) (token string, fresh bool, err error) {
	select {
	case id.lock <- struct{}{}:
		defer func() { <-id.lock }()
	case <-ctx.Done():
		return "", false, ctx.Err()
	}
	now := c.now()
	if id.refusal != nil && now.Sub(id.refusedAt) < refusalLife {
		return "", false, id.refusal
	}
	if id.token != "" && id.token != not && now.Add(tokenMargin).Before(id.expires) {
		return id.token, false, nil
	}
	tok, err := c.fetch(ctx, id)
	if err != nil {
		if ctx.Err() != nil {
			return "", false, ctx.Err()
		}
		id.token = ""
		err = &tokenError{err}
		if refusedToken(err) {
			id.refusal, id.refusedAt = err, c.now()
		}
		return "", false, err
	}
	// The library reckons with the machine's clock; we keep the length of life and reckon with ours.
	id.token, id.refusal = tok.AccessToken, nil
	id.expires = c.now().Add(time.Until(tok.Expiry))
	if tok.Expiry.IsZero() {
		id.expires = c.now().Add(tokenMargin)
	}
	return id.token, true, nil
}

// fetch asks for a token for the identity.
func (c *Client) fetch(ctx context.Context, id *identity) (*oauth2.Token, error) {
	if c.keyless != nil {
		return c.fetchKeyless(ctx, id)
	}
	conf := *c.jwt
	conf.Subject, conf.Scopes = id.subject, id.scopes
	return conf.TokenSource(context.WithValue(context.Background(), oauth2.HTTPClient, c.plain(ctx))).Token()
}

// plain is for a library that asks for tokens without the caller's context: the transport puts it back.
func (c *Client) plain(ctx context.Context) *http.Client {
	return &http.Client{Transport: tripper(func(req *http.Request) (*http.Response, error) {
		return c.t.RoundTrip(req.WithContext(withCall(ctx, &call{m: tokenGet})))
	})}
}

// refusedToken tells whether Google said no, so that asking again at once is no use.
func refusedToken(err error) bool {
	var re *oauth2.RetrieveError
	var st *stageError
	switch {
	case errors.As(err, &re):
		return re.Response.StatusCode < 500
	case errors.As(err, &st):
		return st.status != 0 && st.status < 500
	}
	return false
}

type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// Granted tells whether a token for one scope is to be had, as an address; the token is not used. The error says why not.
func (c *Client) Granted(ctx context.Context, as, scope string) error {
	h := c.As(as, scope)
	defer h.Close()
	cctx := h.call(ctx, tokenGet)
	_, _, err := c.token(cctx, h.id, "")
	return explain(cctx, "", err)
}
