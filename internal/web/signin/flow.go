package signin

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"esafetybot/internal/limit"
)

// begun is a sign-in on its way, in a cookie of the browser that began it.
type begun struct {
	State    string `json:"state"`
	Nonce    string `json:"nonce"`
	Verifier string `json:"verifier"`
	To       string `json:"to"`
	At       int64  `json:"at"` // Unix seconds
}

// A whole school signs in from one address at half past eight, each person with two requests.
const (
	attemptsAtOnce    = 60
	attemptsPerSecond = 1
)

// mostBegun is how many sign-ins one browser may have on their way, in as many tabs. They are kept apart by their cookies' names.
const mostBegun = 4

func (s *SignIn) start(w http.ResponseWriter, r *http.Request) {
	if !s.allowed(w, r) {
		return
	}
	p, err := s.issuer(r.Context())
	if err != nil {
		s.problem(w, r, noAnswer())
		return
	}
	q := r.URL.Query()
	b := begun{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), To: "/", At: s.c.Clock().Unix()}
	if to := q.Get("to"); local(to) {
		b.To = to
	}
	opts := []oauth2.AuthCodeOption{oidc.Nonce(b.Nonce), oauth2.S256ChallengeOption(b.Verifier)}
	hint := strings.ToLower(q.Get("login_hint"))
	if !plainAddress(hint) {
		hint = ""
	} else {
		opts = append(opts, oauth2.SetAuthURLParam("login_hint", hint))
	}
	if hd := s.hosted(strings.ToLower(q.Get("hd")), hint); hd != "" {
		opts = append(opts, oauth2.SetAuthURLParam("hd", hd))
	}
	if q.Get("choose") != "" {
		opts = append(opts, oauth2.SetAuthURLParam("prompt", "select_account"))
	}
	plain, err := json.Marshal(b)
	if err != nil {
		s.problem(w, r, noAnswer())
		return
	}
	var others []string
	for _, c := range r.Cookies() {
		if strings.HasPrefix(c.Name, s.startName("")) {
			others = append(others, c.Name)
		}
	}
	if len(others) >= mostBegun {
		for _, name := range others {
			s.forget(w, name)
		}
	}
	s.remember(w, s.startName(b.State), s.starts.seal(plain), startLasts)
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, s.oauth(p).AuthCodeURL(b.State, opts...), http.StatusFound)
}

// hosted is the hd to send. It only decides which accounts Google offers. As soon as the policy may name outside addresses, none is sent
// unasked: their owners would be stuck on a page of Google's, while somebody who takes a wrong account gets a page of ours that helps.
// It must not depend on what Outside says of the hint, or anybody could ask who is named.
func (s *SignIn) hosted(asked, hint string) string {
	switch {
	case s.ours(asked):
		return asked
	case hint != "" && s.ours(domainOf(hint)):
		return domainOf(hint)
	case hint != "" || s.outsiders:
		return ""
	case len(s.c.Domains) > 1: // there can only be one; this is all organisations' accounts
		return "*"
	}
	return s.c.Domains[0]
}

// startName is the name of the cookie of the sign-in with this state; of "" the beginning of them all.
func (s *SignIn) startName(state string) string {
	return s.cookieName("start-") + state[:min(len(state), 8)]
}

func (s *SignIn) done(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer") // the address holds the code
	if !s.allowed(w, r) {
		return
	}
	q := r.URL.Query()
	b, ok := s.begun(r, q.Get("state"))
	if !ok {
		s.problem(w, r, Problem{Status: http.StatusBadRequest, Reason: Unfinished, Title: "This sign-in was not finished",
			Why: "It was begun in another browser, more than ten minutes ago, or has been used already.", Do: "Sign in again.", Again: s.again()})
		return
	}
	s.forget(w, s.startName(b.State))
	if q.Get("error") == "access_denied" {
		s.problem(w, r, Problem{Status: http.StatusForbidden, Reason: Cancelled, Title: "You are not signed in",
			Why: "You did not allow Google to say who you are.", Do: "Sign in with your school account.", Again: s.again()})
		return
	} else if q.Get("error") != "" || q.Get("code") == "" {
		s.problem(w, r, noAnswer())
		return
	}
	id, p := s.identify(r, b, q.Get("code"))
	if p != nil {
		p.Again = s.again()
		s.problem(w, r, *p)
		return
	}
	value, err := s.sealSession(id)
	if err != nil {
		s.problem(w, r, noAnswer())
		return
	}
	s.remember(w, s.cookieName("session"), value, Lasts)
	s.c.Log.Info("signed in", "subject", id.Subject)
	// The whole address: a path alone leaves it to the browser what it is relative to.
	http.Redirect(w, r, s.c.BaseURL+b.To, http.StatusSeeOther)
}

// begun is the sign-in that this browser began with this state.
func (s *SignIn) begun(r *http.Request, state string) (b begun, ok bool) {
	if len(state) < 8 {
		return b, false
	}
	c, err := r.Cookie(s.startName(state))
	if err != nil {
		return b, false
	}
	plain, ok := s.starts.open(c.Value)
	if !ok || json.Unmarshal(plain, &b) != nil || subtle.ConstantTimeCompare([]byte(b.State), []byte(state)) != 1 {
		return b, false
	}
	age := s.c.Clock().Sub(time.Unix(b.At, 0))
	return b, -skew <= age && age < startLasts && local(b.To) && b.Nonce != "" && b.Verifier != ""
}

// claims are those of an ID token that Verify does not look at.
type claims struct {
	Authorised string `json:"azp"`
	Email      string `json:"email"`
	Verified   bool   `json:"email_verified"`
	Hosted     string `json:"hd"`
}

// identify changes the code for an ID token and judges it. A problem is without Again.
func (s *SignIn) identify(r *http.Request, b begun, code string) (Identity, *Problem) {
	p, err := s.issuer(r.Context())
	if err != nil {
		no := noAnswer()
		return Identity{}, &no
	}
	ctx := s.withClient(r.Context())
	token, err := s.oauth(p).Exchange(ctx, code, oauth2.VerifierOption(b.Verifier))
	if err != nil {
		var refused *oauth2.RetrieveError
		known := []string{"invalid_grant", "invalid_client", "redirect_uri_mismatch", "unauthorized_client", "invalid_request"}
		if errors.As(err, &refused) && slices.Contains(known, refused.ErrorCode) {
			s.c.Log.Warn("the issuer refused the code of a sign-in: see the review site's client in the Google Cloud console", "error", refused.ErrorCode)
		} else {
			s.unreachable(err)
		}
		no := noAnswer()
		return Identity{}, &no
	}
	bad := Problem{Status: http.StatusForbidden, Reason: BadToken, Title: "You are not signed in",
		Why: "What Google said of you could not be trusted.", Do: "Sign in again. If it happens once more, tell the administrator."}
	raw, _ := token.Extra("id_token").(string)
	verified, err := p.Verifier(&oidc.Config{ClientID: s.c.ClientID, SupportedSigningAlgs: []string{oidc.RS256}, Now: s.c.Clock}).Verify(ctx, raw)
	if err != nil {
		var old *oidc.TokenExpiredError
		s.c.Log.Warn("an ID token does not hold", "expired", errors.As(err, &old)) // then it may be this computer's clock
		return Identity{}, &bad
	}
	var c claims
	if verified.Claims(&c) != nil || verified.Subject == "" || subtle.ConstantTimeCompare([]byte(verified.Nonce), []byte(b.Nonce)) != 1 ||
		len(verified.Audience) != 1 || c.Authorised != "" && c.Authorised != s.c.ClientID {
		return Identity{}, &bad
	}
	address := strings.ToLower(c.Email)
	if !plainAddress(address) {
		return Identity{}, &bad
	}
	if p := s.judge(address, strings.ToLower(c.Hosted), c.Verified); p != nil {
		return Identity{}, p
	}
	return Identity{Subject: verified.Subject, Address: address, Since: s.c.Clock(), Session: rand.Text()}, nil
}

// judge says why an account may not sign in; nil if it may. address and hosted, the claim hd, are in lower case.
func (s *SignIn) judge(address, hosted string, verified bool) *Problem {
	p := Problem{Status: http.StatusForbidden, Title: "You cannot sign in with this account", Account: address, Do: "Sign in with your school account."}
	switch {
	case !verified:
		p.Reason, p.Why = Unverified, "Google has not confirmed that this address is yours."
	case s.ours(domainOf(address)) && !s.ours(hosted):
		p.Reason, p.Why = Unmanaged, "It has a school address, but it is a private Google account and not the school's."
	case !s.may(address):
		p.Reason, p.Why = NotOurs, "This site is for "+s.school()+"."
	default:
		return nil
	}
	return &p
}

func noAnswer() Problem {
	return Problem{Status: http.StatusBadGateway, Reason: NoAnswer, Title: "You are not signed in", Why: "Google could not be asked who you are just now.",
		Do: "Try again in a few minutes. If it stays so, tell the administrator.", Again: "/sign-in"}
}

// allowed counts an attempt, and answers if there were too many.
func (s *SignIn) allowed(w http.ResponseWriter, r *http.Request) bool {
	if s.limit.Allow(limit.Network(s.c.Remote(r)), s.c.Clock()) {
		return true
	}
	w.Header().Set("Retry-After", "60")
	s.problem(w, r, Problem{Status: http.StatusTooManyRequests, Reason: TooMany, Title: "Too many sign-ins", Why: "There were too many sign-ins from your network in a short time.",
		Do: "Wait a minute and try again.", Again: "/sign-in"})
	return false
}
