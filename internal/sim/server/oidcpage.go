package server

import (
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"esafetybot/internal/sim/world"
)

// shownAccounts is how many accounts the page lists; the box finds the others.
const shownAccounts = 50

// prompts that Google knows.
var prompts = []string{"none", "consent", "select_account"}

// serveAuth answers the authorization endpoint: it asks who signs in and sends them back with a code. An unknown client or an address that
// is not the client's gets a page, because nobody may be sent there; every other mistake of the client goes back to it.
func (s *Server) serveAuth(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		accountPage(w, 405, signInPage{Refused: "Error 405: this page is opened or sent as a form."})
		return
	}
	if err := r.ParseForm(); err != nil {
		accountPage(w, 400, signInPage{Refused: "Error 400: invalid_request"})
		return
	}
	q := r.Form
	c, known := s.issuer.client(q.Get("client_id"))
	if !known {
		accountPage(w, 401, signInPage{Refused: "Error 401: invalid_client. The OAuth client was not found."})
		return
	}
	if !mayReturn(c, q.Get("redirect_uri")) {
		accountPage(w, 400, signInPage{Refused: "Error 400: redirect_uri_mismatch"})
		return
	}
	prompt := strings.Fields(q.Get("prompt"))
	ask := func(p string) bool { return slices.Contains(prompt, p) }
	switch {
	case q.Get("response_type") == "":
		sendBack(w, r, "error", "invalid_request", "error_description", "Missing required parameter: response_type")
		return
	case q.Get("response_type") != "code":
		sendBack(w, r, "error", "unsupported_response_type")
		return
	case q.Get("response_mode") != "" && q.Get("response_mode") != "query":
		sendBack(w, r, "error", "invalid_request", "error_description", "Only response_mode=query is simulated.")
		return
	case len(strings.Fields(q.Get("scope"))) == 0:
		sendBack(w, r, "error", "invalid_request", "error_description", "Missing required parameter: scope")
		return
	case (q.Get("code_challenge") != "" || q.Get("code_challenge_method") != "") && (q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43):
		sendBack(w, r, "error", "invalid_request", "error_description", "Invalid code_challenge; its method is S256.")
		return
	case slices.ContainsFunc(prompt, func(p string) bool { return !slices.Contains(prompts, p) }), ask("none") && len(prompt) > 1:
		sendBack(w, r, "error", "invalid_request", "error_description", "Invalid prompt.")
		return
	}
	who, chosen := "", false
	if r.Method == http.MethodPost {
		if r.PostForm.Get("cancel") != "" {
			sendBack(w, r, "error", "access_denied")
			return
		}
		who, chosen = r.PostForm.Get("account"), r.PostForm.Has("account")
	}
	if hint := q.Get("login_hint"); !chosen && hint != "" && s.opts.AutoLogin && !ask("select_account") {
		who, chosen = hint, true
	}
	if !chosen {
		if ask("none") {
			sendBack(w, r, "error", "login_required")
			return
		}
		s.chooseAccount(w, q)
		return
	}
	a, refused := s.find(who, q.Get("hd"))
	if refused != "" {
		if ask("none") {
			sendBack(w, r, "error", "login_required")
			return
		}
		q.Set("prompt", "select_account")
		accountPage(w, 403, signInPage{Refused: refused, Hidden: asked(q)})
		return
	}
	code := s.issuer.put(login{issuer: baseURL(r), client: c.ClientID, redirect: q.Get("redirect_uri"), nonce: q.Get("nonce"), challenge: q.Get("code_challenge"),
		scopes: strings.Fields(q.Get("scope")), account: a}, s.real())
	sendBack(w, r, "code", code, "scope", q.Get("scope"))
}

// sendBack sends the browser to the client's address, which has been checked, with these parameters and the client's state.
func sendBack(w http.ResponseWriter, r *http.Request, pairs ...string) {
	u, err := url.Parse(r.Form.Get("redirect_uri"))
	if err != nil {
		accountPage(w, 400, signInPage{Refused: "Error 400: redirect_uri_mismatch"})
		return
	}
	q := u.Query()
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	if state := r.Form.Get("state"); state != "" {
		q.Set("state", state)
	}
	u.RawQuery = q.Encode()
	status := http.StatusFound
	if r.Method == http.MethodPost {
		status = http.StatusSeeOther
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, u.String(), status)
}

// signInPage is what the page shows: the accounts to choose from, or why one was refused.
type signInPage struct {
	Client, Find string
	Accounts     []shownAccount
	More         int
	Outside      bool // an account that is not the school's may be used
	Hidden       []hiddenField
	Refused      string
}

type shownAccount struct{ Address, Name string }

type hiddenField struct{ Name, Value string }

// asked is the client's request as hidden fields, so that each form of the page repeats it.
func asked(q url.Values) []hiddenField {
	var out []hiddenField
	for name := range q {
		if name != "account" && name != "cancel" && name != "find" {
			out = append(out, hiddenField{name, q.Get(name)})
		}
	}
	slices.SortFunc(out, func(a, b hiddenField) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func (s *Server) chooseAccount(w http.ResponseWriter, q url.Values) {
	p := signInPage{Client: q.Get("client_id"), Find: strings.TrimSpace(q.Get("find")), Hidden: asked(q), Outside: q.Get("hd") == ""}
	if !q.Has("find") {
		p.Find = q.Get("login_hint")
	}
	s.world.View(func() {
		if hd := q.Get("hd"); hd != "" && hd != "*" && !s.world.Ours(hd) {
			return
		}
		for _, u := range s.world.Users() {
			if u.Suspended || u.Archived || !slices.ContainsFunc(append(u.Addresses(), u.ID), func(a string) bool { return strings.Contains(lower(a), lower(p.Find)) }) {
				continue
			}
			if len(p.Accounts) == shownAccounts {
				p.More++
				continue
			}
			p.Accounts = append(p.Accounts, shownAccount{u.PrimaryEmail, nameOf(u)})
		}
	})
	accountPage(w, 200, p)
}

func nameOf(u *world.User) string {
	if u.Name.FullName != "" {
		return u.Name.FullName
	}
	return strings.TrimSpace(u.Name.GivenName + " " + u.Name.FamilyName)
}

func accountPage(w http.ResponseWriter, status int, p signInPage) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(status)
	// An error here is the browser's having gone: the template and its data are ours.
	_ = accountTemplate.Execute(w, p)
}

var accountTemplate = template.Must(template.New("account").Parse(`<!DOCTYPE html>
<html lang="en-GB"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Choose an account</title>
<style>body{font:16px/1.5 sans-serif;max-width:36rem;margin:2rem auto;padding:0 1rem}button,input{font:inherit;padding:.3rem .6rem}ul{list-style:none;padding:0}li button{width:100%;text-align:left;margin:.1rem 0}</style>
<p>The simulated school (not Google)</p>
{{define "hidden"}}{{range .Hidden}}<input type="hidden" name="{{.Name}}" value="{{.Value}}">{{end}}{{end -}}
{{if .Refused}}<h1>You cannot sign in</h1>
<p role="alert">{{.Refused}}</p>
{{if .Hidden}}<form method="get" action="/o/oauth2/v2/auth">{{template "hidden" .}}<button>Choose another account</button></form>
{{end}}{{else}}<h1>Choose an account</h1>
<p>to go on to {{.Client}}</p>
<form method="get" action="/o/oauth2/v2/auth">{{template "hidden" .}}
<label for="find">Find by address</label> <input id="find" name="find" value="{{.Find}}"> <button>Find</button></form>
<form method="post" action="/o/oauth2/v2/auth">{{template "hidden" .}}
<ul>{{range .Accounts}}<li><button name="account" value="{{.Address}}">{{with .Name}}{{.}}<br>{{end}}{{.Address}}</button></li>
{{else}}<li>No account fits.</li>{{end}}</ul>
{{if .More}}<p>And {{.More}} more: find them by their address.</p>{{end}}</form>
{{if .Outside}}<form method="post" action="/o/oauth2/v2/auth">{{template "hidden" .}}
<label for="other">Use another account</label> <input id="other" name="account" type="email" required> <button>Use it</button></form>
{{end}}<form method="post" action="/o/oauth2/v2/auth">{{template "hidden" .}}<button name="cancel" value="1">Cancel</button></form>
{{end}}`))
