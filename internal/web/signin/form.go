package signin

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"net/url"
	"path"
	"strings"
)

const (
	// TokenField is the name of a form's field that holds its token.
	TokenField = "form_token"
	// SignOutForm is the name of the form that posts to /sign-out.
	SignOutForm = "sign-out"
)

// Token is what a form of this name carries in the field TokenField; "" where nobody is signed in. It holds as long as the session.
func (s *SignIn) Token(ctx context.Context, form string) string {
	id, ok := From(ctx)
	if !ok {
		return ""
	}
	return token(s.forms[0], id.Session, form)
}

func token(key []byte, session, form string) string {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(session + "\x00" + form)) // a session's id has letters and digits only
	return encoding.EncodeToString(m.Sum(nil))
}

// Check says what is wrong with a form that came through Require: it lacks the token of this session and form. nil if it may be taken.
// It reads the request's form.
func (s *SignIn) Check(r *http.Request, form string) *Problem {
	id, ok := From(r.Context())
	if !ok {
		p := notSignedIn()
		return &p
	}
	bad := foreignForm()
	if r.ParseForm() != nil {
		return &bad
	}
	got := []byte(r.PostForm.Get(TokenField))
	for _, k := range s.forms {
		if subtle.ConstantTimeCompare(got, []byte(token(k, id.Session, form))) == 1 {
			return nil
		}
	}
	return &bad
}

// fromHere says whether a page of this site sent the request. Sec-Fetch-Site is the browser's own word, which pages cannot change; older
// browsers, and those on plain http, send Origin only. What sends neither is no browser, and has no business here.
func (s *SignIn) fromHere(r *http.Request) bool {
	site, origin := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin")
	if site == "" {
		return strings.EqualFold(origin, s.c.BaseURL)
	}
	return site == "same-origin" && (origin == "" || origin == "null" || strings.EqualFold(origin, s.c.BaseURL))
}

func notSignedIn() Problem {
	return Problem{Status: http.StatusForbidden, Reason: NotSignedIn, Title: "You are no longer signed in", Why: "What you sent was not taken, as nobody is signed in here.",
		Do: "Sign in, and send it again.", Again: "/sign-in"}
}

func foreignForm() Problem {
	return Problem{Status: http.StatusForbidden, Reason: ForeignForm, Title: "This was not taken", Why: "It was not sent from a page that this site made for you, or you have signed in again since.",
		Do: "Nothing has been changed. Open the page again and send it from there."}
}

// local says whether somebody may be sent to this path after signing in: one on this site, in its plain spelling, that is no part of
// signing in itself.
func local(to string) bool {
	if len(to) > 1024 || !strings.HasPrefix(to, "/") || strings.ContainsFunc(to, func(c rune) bool { return c <= ' ' || c >= 0x7f || c == '\\' || c == '#' }) {
		return false
	}
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" || strings.ContainsRune(u.Path, '\\') {
		return false
	}
	if clean := path.Clean(u.Path); clean != u.Path && (clean == "/" || clean+"/" != u.Path) {
		return false
	}
	first, _, _ := strings.Cut(u.Path[1:], "/")
	return first != "sign-in" && first != "sign-out"
}

// plainAddress says whether this is a mail address of the kind that Google gives out, in lower case and nothing but the address.
func plainAddress(a string) bool {
	user, domain, ok := strings.Cut(a, "@")
	return ok && user != "" && domain != "" && len(a) <= 254 && a == strings.ToLower(a) && !strings.Contains(domain, "@") &&
		!strings.ContainsFunc(a, func(c rune) bool { return c <= ' ' || c == 0x7f || strings.ContainsRune(`<>"(),;:\[]`, c) })
}
