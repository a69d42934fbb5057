// Package signin lets people sign in to the review site with their school Google account (OpenID Connect), and knows afterwards who
// asks.
//
// The contract:
//
//   - Who may sign in is decided by the account alone: accounts that the school's own Google Workspace vouches for, and the few outside
//     addresses that the policy names. Pupils' accounts are let through here: what somebody may see and do is judged elsewhere, each
//     time, by their role. So is whether an account has been switched off since: a session says who signed in, and lasts ten hours.
//   - An ID token counts only if the issuer signed it, for this site, just now, in answer to this browser (state, PKCE, nonce), with an
//     address that is confirmed. An address in one of the school's domains needs the claim hd as well: a private Google account can
//     carry a school address. For an outside address Google vouches only that somebody once proved to receive mail there.
//   - Whether an address may is asked again with each request, so whoever is taken out of the policy is out at once.
//   - Nothing is stored. A session is an encrypted cookie; sessions that were signed out of are remembered in memory, as long as they
//     would have lasted, by this process only. A change of [Config.Key] without PreviousKey ends all sessions.
//   - [SignIn.Require] is the door: behind it [From] always knows who asks, and whatever is not GET or HEAD came from a page of this
//     site. Each form proves with [SignIn.Token] and [SignIn.Check] that it was made for this session and this purpose.
//   - Pages must not be sent with Referrer-Policy: no-referrer where browsers without Sec-Fetch-Site count: they then withhold Origin
//     from forms, which are refused. Use same-origin.
//   - What goes wrong is a [Problem], a page for a person. It names no account but the one that was used. Logs hold reasons and Google's
//     ids, never an address or a token.
package signin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"esafetybot/internal/limit"
)

const (
	// Google is the issuer of Google's ID tokens.
	Google = "https://accounts.google.com"
	// Lasts is how long a session lasts from signing in, whatever is done in it.
	Lasts = 10 * time.Hour

	startLasts = 10 * time.Minute // from opening /sign-in to coming back
	patience   = 10 * time.Second // with the issuer, for each request
	skew       = time.Minute      // by how much the clocks of two instances of the site may differ
)

// Config is what signing in needs. Key, ClientID, ClientSecret, BaseURL, Domains and Pages have no default.
type Config struct {
	Issuer       string                       // "" is Google; https, or on loopback
	ClientID     string                       // of the site at the issuer
	ClientSecret string                       //
	BaseURL      string                       // of the site, without a path: https://review.school.example; http on loopback only
	Domains      []string                     // the school's own, the primary one first
	Outside      func(address string) bool    // may this address (lower case) outside Domains sign in? Asked often, by many at once. nil: nobody
	Clock        func() time.Time             // nil is time.Now
	Key          []byte                       // 32 random bytes; the keys of cookies and forms are derived from it
	PreviousKey  []byte                       // what Key was before; still opens, no longer seals. May be empty
	Pages        Pages                        // how problems look
	Client       *http.Client                 // to the issuer; nil is one that waits ten seconds
	Remote       func(r *http.Request) string // the IP address of who asks, where a proxy stands before the site; nil takes the connection's
	Log          *slog.Logger                 // nil discards
}

// Pages shows people what signing in has to say, in the look of the site.
type Pages interface {
	// Problem answers with the problem's status and a page that says it. What it shows may come from outside: escape it.
	Problem(w http.ResponseWriter, r *http.Request, p Problem)
	// SignedOut says that the person is signed out of the review site, though not of Google, and links to /sign-in?choose=1.
	SignedOut(w http.ResponseWriter, r *http.Request)
}

// Problem is why somebody is not signed in, or why what they sent was not taken, in words for them.
type Problem struct {
	Status  int    // of HTTP
	Reason  string // for logs and tests: one of the Reasons
	Title   string
	Account string // the address that was used; "" if none was
	Why     string
	Do      string // what to do next
	Again   string // path that begins the sign-in anew; "" where that is no help
}

// Reasons of problems.
const (
	NotOurs     = "not-ours"   // an account that may not sign in
	Unmanaged   = "unmanaged"  // a school address of an account that is not the school's
	Unverified  = "unverified" // an address that Google has not confirmed
	Unfinished  = "unfinished" // no such sign-in was begun here, or too long ago
	Cancelled   = "cancelled"  // the person said no at Google
	NoAnswer    = "no-answer"  // the issuer could not be reached, or refused
	BadToken    = "bad-token"  // the issuer's answer does not hold
	TooMany     = "too-many"   // attempts from one network
	NotSignedIn = "not-signed-in"
	ForeignForm = "foreign-form" // sent from elsewhere, or for another session
)

// SignIn signs people in. Make one with New.
type SignIn struct {
	c         Config
	secure    bool // the site is https
	outsiders bool // the policy may name outside addresses
	sessions  box
	starts    box
	forms     [][]byte // keys of tokens, the present one first
	revoked   revoked
	limit     limit.Limiter // attempts to sign in, by network

	mu       sync.Mutex
	provider *oidc.Provider // once the issuer has told where its endpoints are
}

// New checks the configuration. The issuer is asked when somebody first signs in, so that the site starts without it.
func New(c Config) (*SignIn, error) {
	if c.Issuer == "" {
		c.Issuer = Google
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Client == nil {
		c.Client = &http.Client{Timeout: patience}
	}
	if c.Remote == nil {
		c.Remote = func(r *http.Request) string { return r.RemoteAddr }
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	outsiders := c.Outside != nil
	if !outsiders {
		c.Outside = func(string) bool { return false }
	}
	switch {
	case c.ClientID == "" || c.ClientSecret == "":
		return nil, errors.New("sign-in: the review site's client id or its secret is missing: give --oidc-client-id and, in the environment, ESAFETYBOT_OIDC_CLIENT_SECRET (Google Cloud console, Clients)")
	case len(c.Domains) == 0:
		return nil, errors.New("sign-in: name the school's domains, the primary one first")
	case c.Pages == nil:
		return nil, errors.New("sign-in: no pages to show problems with")
	case len(c.Key) != 32 || len(c.PreviousKey) != 0 && len(c.PreviousKey) != 32:
		return nil, errors.New("sign-in: the key (and the previous one, if any) must be 32 random bytes")
	}
	if _, err := trusted("issuer", c.Issuer); err != nil {
		return nil, err
	}
	base, err := trusted("base URL", c.BaseURL)
	if err != nil {
		return nil, err
	}
	if base.Path != "" && base.Path != "/" {
		return nil, fmt.Errorf("sign-in: the base URL %s has a path; give the review site a host name of its own", c.BaseURL)
	}
	// As browsers write it in Origin.
	c.BaseURL = base.Scheme + "://" + strings.TrimSuffix(strings.ToLower(base.Host), map[string]string{"https": ":443", "http": ":80"}[base.Scheme])
	c.Domains = slices.Clone(c.Domains)
	for i, d := range c.Domains {
		if c.Domains[i] = strings.ToLower(d); d == "" || strings.ContainsAny(d, "@*/ ") {
			return nil, fmt.Errorf("sign-in: %q is no domain", d)
		}
	}
	s := &SignIn{c: c, limit: limit.Limiter{AtOnce: attemptsAtOnce, PerSecond: attemptsPerSecond}, secure: base.Scheme == "https", outsiders: outsiders}
	if s.sessions, err = newBox(c, "session"); err != nil {
		return nil, err
	}
	if s.starts, err = newBox(c, "start"); err != nil {
		return nil, err
	}
	if s.forms, err = derive(c, "form"); err != nil {
		return nil, err
	}
	return s, nil
}

// trusted is a URL that nobody on the way can listen to.
func trusted(what, address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("sign-in: the %s %q is no address such as https://review.school.example", what, address)
	}
	ip, name := net.ParseIP(u.Hostname()), strings.ToLower(u.Hostname())
	here := name == "localhost" || strings.HasSuffix(name, ".localhost") || ip != nil && ip.IsLoopback() // names below localhost never leave the computer (RFC 6761, section 6.3)
	if u.Scheme != "https" && !(u.Scheme == "http" && here) {
		return nil, fmt.Errorf("sign-in: the %s %q must be https; http is for trying out on this computer (127.0.0.1, or a name below localhost)", what, address)
	}
	return u, nil
}

// Routes puts GET /sign-in, GET /sign-in/done and POST /sign-out into the site's routes.
//
// GET /sign-in takes to (a path of the site to go back to), login_hint (an address), hd (one of the school's domains) and choose=1 (ask
// which account, even if Google knows of one only).
func (s *SignIn) Routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /sign-in", s.start)
	mux.HandleFunc("GET /sign-in/done", s.done)
	mux.HandleFunc("POST /sign-out", s.signOut)
}

// issuer is what the issuer said of itself. It is asked until it has answered once.
func (s *SignIn) issuer(ctx context.Context) (*oidc.Provider, error) {
	s.mu.Lock()
	p := s.provider
	s.mu.Unlock()
	if p != nil {
		return p, nil
	}
	p, err := oidc.NewProvider(s.withClient(ctx), s.c.Issuer)
	if err != nil {
		s.unreachable(err)
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.provider = p
	return p, nil
}

// unreachable logs why the issuer did not answer. Only errors of the connection are told in full: others quote what it said.
func (s *SignIn) unreachable(err error) {
	var connection *url.Error
	if errors.As(err, &connection) {
		s.c.Log.Warn("the issuer cannot be reached", "error", connection.Err)
		return
	}
	s.c.Log.Warn("the issuer's answer cannot be used", "issuer", s.c.Issuer)
}

func (s *SignIn) withClient(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, s.c.Client)
}

func (s *SignIn) oauth(p *oidc.Provider) *oauth2.Config {
	e := p.Endpoint()
	e.AuthStyle = oauth2.AuthStyleInParams // trying both ways out would use up the code
	return &oauth2.Config{ClientID: s.c.ClientID, ClientSecret: s.c.ClientSecret, RedirectURL: s.c.BaseURL + "/sign-in/done", Endpoint: e, Scopes: []string{"openid", "email"}}
}

// may says whether an account with this address (lower case) may be signed in, as far as the address decides.
func (s *SignIn) may(address string) bool { return s.ours(domainOf(address)) || s.c.Outside(address) }

func (s *SignIn) ours(domain string) bool { return slices.Contains(s.c.Domains, domain) }

func domainOf(address string) string { return address[strings.LastIndex(address, "@")+1:] }

// school is what the problem pages call the accounts that may sign in.
func (s *SignIn) school() string { return "accounts of " + strings.Join(s.c.Domains, " and ") }

// again begins anew with the school's accounts to choose from.
func (s *SignIn) again() string {
	q := url.Values{"choose": {"1"}}
	if len(s.c.Domains) == 1 {
		q.Set("hd", s.c.Domains[0])
	}
	return "/sign-in?" + q.Encode()
}

func (s *SignIn) problem(w http.ResponseWriter, r *http.Request, p Problem) {
	s.c.Log.Info("sign-in refused", "reason", p.Reason)
	w.Header().Set("Cache-Control", "no-store")
	s.c.Pages.Problem(w, r, p)
}
