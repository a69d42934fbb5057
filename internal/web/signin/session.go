package signin

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// Identity is who signed in, and when.
type Identity struct {
	Subject string    // Google's id of the account: in the school's domains the Directory id
	Address string    // lower case; of a school account its primary address when it signed in
	Since   time.Time // of signing in; whole seconds
	Session string    // random id of the session
}

type contextKey struct{}

// From is who asks; false outside of Require.
func From(ctx context.Context) (Identity, bool) {
	id, ok := ctx.Value(contextKey{}).(Identity)
	return id, ok
}

// maxBody is the most that a form behind Require may send.
const maxBody = 1 << 20

// Require lets only people who are signed in through to next, who finds them with From. Others are sent to sign in and back again; what
// they sent with another method than GET or HEAD is refused with a page, as is what was not sent from a page of this site. Answers are
// not to be kept by browsers and proxies, unless next says otherwise.
func (s *SignIn) Require(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reading := r.Method == http.MethodGet || r.Method == http.MethodHead
		w.Header().Set("Cache-Control", "private, no-store")
		id, ok := s.who(r)
		switch {
		case !ok && reading:
			q := url.Values{}
			if to := r.URL.RequestURI(); to != "/" && local(to) {
				q.Set("to", to)
			}
			u := url.URL{Path: "/sign-in", RawQuery: q.Encode()}
			http.Redirect(w, r, u.String(), http.StatusSeeOther)
			return
		case !ok:
			s.problem(w, r, notSignedIn())
			return
		case !reading && !s.fromHere(r):
			s.problem(w, r, foreignForm())
			return
		case !reading:
			r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), contextKey{}, id)))
	})
}

// who reads the session's cookie. Whatever is wrong with it, it is no session.
func (s *SignIn) who(r *http.Request) (Identity, bool) {
	c, err := r.Cookie(s.cookieName("session"))
	if err != nil {
		return Identity{}, false
	}
	plain, ok := s.sessions.open(c.Value)
	if !ok {
		return Identity{}, false
	}
	id, ok := decodeSession(plain)
	age := s.c.Clock().Sub(id.Since)
	if !ok || age < -skew || age >= Lasts || s.revoked.has(id) || !s.may(id.Address) {
		return Identity{}, false
	}
	return id, true
}

// sessionJSON is a session in its cookie.
type sessionJSON struct {
	Subject string `json:"sub"`
	Address string `json:"email"`
	At      int64  `json:"at"` // Unix seconds
	ID      string `json:"id"`
}

func (s *SignIn) sealSession(id Identity) (string, error) {
	plain, err := json.Marshal(sessionJSON{id.Subject, id.Address, id.Since.Unix(), id.Session})
	if err != nil {
		return "", err
	}
	return s.sessions.seal(plain), nil
}

func decodeSession(plain []byte) (Identity, bool) {
	var j sessionJSON
	d := json.NewDecoder(bytes.NewReader(plain))
	d.DisallowUnknownFields()
	if d.Decode(&j) != nil || d.More() || j.Subject == "" || j.ID == "" || j.At <= 0 || !plainAddress(j.Address) {
		return Identity{}, false
	}
	return Identity{Subject: j.Subject, Address: j.Address, Since: time.Unix(j.At, 0), Session: j.ID}, true
}

// signOut ends the session. A browser that has none is told the same.
func (s *SignIn) signOut(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if !s.fromHere(r) {
		s.problem(w, r, foreignForm())
		return
	}
	if id, ok := s.who(r); ok {
		if p := s.Check(r.WithContext(context.WithValue(r.Context(), contextKey{}, id)), SignOutForm); p != nil {
			s.problem(w, r, *p)
			return
		}
		s.revoked.add(id, s.c.Clock())
		s.c.Log.Info("signed out", "subject", id.Subject)
	}
	s.forget(w, s.cookieName("session"))
	s.c.Pages.SignedOut(w, r)
}

// mostRevoked is how many sessions that were signed out of are remembered one by one.
const mostRevoked = 10_000

// revoked are the sessions that were signed out of before their time. When there are too many, the older half is forgotten and with it
// all sessions as old: some people have to sign in again, and no ended session comes back.
type revoked struct {
	mu    sync.Mutex
	since map[string]time.Time // by session, when it was signed in
	floor time.Time            // sessions of then and before are over
}

func (v *revoked) add(id Identity, now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.since == nil {
		v.since = map[string]time.Time{}
	}
	v.since[id.Session] = id.Since
	if len(v.since) <= mostRevoked {
		return
	}
	for k, at := range v.since {
		if now.Sub(at) >= Lasts {
			delete(v.since, k)
		}
	}
	if len(v.since) <= mostRevoked {
		return
	}
	times := make([]time.Time, 0, len(v.since))
	for _, at := range v.since {
		times = append(times, at)
	}
	slices.SortFunc(times, time.Time.Compare)
	v.floor = times[len(times)/2]
	for k, at := range v.since {
		if !at.After(v.floor) {
			delete(v.since, k)
		}
	}
}

func (v *revoked) has(id Identity) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	_, ok := v.since[id.Session]
	return ok || !id.Since.After(v.floor)
}
