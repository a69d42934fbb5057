package e2e

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// reader is somebody at the review site, without a browser.
type reader struct {
	t    testing.TB
	site string
	who  string
	http *http.Client
	seen map[string]bool // paths of pages
	sent map[string]int  // forms, by where they go
	look func(path string, header http.Header, body []byte)
	next func() string // what is written into a form
	turn int
}

func newReader(t testing.TB, site, who string) *reader {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &reader{t: t, site: site, who: who, http: &http.Client{Jar: jar, Timeout: time.Minute}, seen: map[string]bool{}, sent: map[string]int{}}
	return r
}

func (r *reader) signIn() {
	r.t.Helper()
	r.ask(http.MethodGet, "/sign-in?"+url.Values{"login_hint": {r.who}}.Encode(), nil)
}

// ask asks for a page, judges what comes back, and gives it parsed; nil for what is no page of the site.
func (r *reader) ask(method, path string, form url.Values) *html.Node {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.site+path, strings.NewReader(form.Encode()))
	if err != nil {
		r.t.Fatal(err)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", r.site)
	}
	resp, err := r.http.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	if !strings.HasPrefix(resp.Request.URL.String(), r.site) {
		return nil // still at the issuer
	}
	if resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests {
		r.t.Errorf("%s %s as %s: %d", method, path, r.who, resp.StatusCode)
	}
	r.look(method+" "+path, resp.Header, body)
	if !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
		return nil
	}
	doc, err := html.Parse(bytes.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	return doc
}

// walk opens the pages that it begins with and every one there is a link to, of these at most so many of one route, and hands on the forms of each.
func (r *reader) walk(from []string, most int, forms func(doc *html.Node)) {
	r.t.Helper()
	todo, of := slices.Clone(from), map[string]int{}
	for len(todo) > 0 {
		path, _, _ := strings.Cut(todo[0], "#")
		todo = todo[1:]
		route, _, _ := strings.Cut(path, "?")
		if i := strings.LastIndex(route, "/"); i > 0 {
			route = route[:i]
		}
		if r.seen[path] || of[route] >= most && !slices.Contains(from, path) || strings.HasPrefix(path, "/sign-in") || strings.HasPrefix(path, "/style") {
			continue
		}
		r.seen[path] = true
		of[route]++
		doc := r.ask(http.MethodGet, path, nil)
		if doc == nil {
			continue
		}
		for n := range doc.Descendants() {
			if to := attribute(n, "href"); n.Data == "a" && strings.HasPrefix(to, "/") {
				todo = append(todo, to)
			}
		}
		if forms != nil {
			forms(doc)
		}
	}
}

// someID is an id in a path: forms that differ in it alone are one form.
var someID = regexp.MustCompile(`[^/]*[0-9][^/]*`)

// fill fills every form of a page that goes where it should and was not sent so often before, with a hostile text in every field that takes one, and sends it; forms that come back are filled, too.
func (r *reader) fill(doc *html.Node, to *regexp.Regexp, most int) {
	r.t.Helper()
	for n := range doc.Descendants() {
		action := attribute(n, "action")
		if n.Type != html.ElementNode || n.Data != "form" || !strings.EqualFold(attribute(n, "method"), "post") || action == "/sign-out" {
			continue
		}
		for _, v := range r.filled(doc, n) {
			path := action
			if a := v.Get("formaction"); a != "" {
				path = a
			}
			v.Del("formaction")
			kind := someID.ReplaceAllString(path, "ID")
			kind += " " + v.Get("record") + v.Get("about") + v.Get("do")[:min(len(v.Get("do")), 4)]
			if r.sent[kind] >= most || !to.MatchString(path) {
				continue
			}
			r.sent[kind]++
			if back := r.ask(http.MethodPost, path, v); back != nil {
				r.fill(back, to, most)
			}
		}
	}
}

// filled is what a form sends, by each of its buttons.
func (r *reader) filled(doc, form *html.Node) (out []url.Values) {
	v, radios := url.Values{}, map[string][]string{}
	var buttons []*html.Node
	inside := map[*html.Node]bool{}
	for n := range form.Descendants() {
		inside[n] = true
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode || !inside[n] && (attribute(n, "form") == "" || attribute(n, "form") != attribute(form, "id")) {
			continue
		}
		name := attribute(n, "name")
		switch {
		case n.Data == "button":
			buttons = append(buttons, n)
		case name == "":
		case name == "link": // it must be one, and is best left out
		case n.Data == "textarea" || n.Data == "input" && attribute(n, "type") == "text":
			text := fits(r.next(), attribute(n, "maxlength"))
			if n.Data == "input" { // as browsers do
				text = strings.NewReplacer("\r", "", "\n", "").Replace(text)
			}
			v.Set(name, text)
		case n.Data == "select":
			last := ""
			for o := range n.Descendants() {
				if o.Data == "option" && attribute(o, "value") != "" {
					last = attribute(o, "value")
				}
			}
			v.Set(name, last)
		case attribute(n, "type") == "date":
			v.Set(name, firstOf(attribute(n, "max"), attribute(n, "value")))
			if v.Get(name) == "" {
				v.Set(name, "2026-10-01")
			}
		case attribute(n, "type") == "radio":
			radios[name] = append(radios[name], attribute(n, "value"))
		case attribute(n, "type") == "checkbox" && name != "concerns": // who is ticked there does not see it
			if v.Get(name) == "" {
				v.Set(name, attribute(n, "value"))
			}
		case attribute(n, "type") == "hidden":
			v.Add(name, attribute(n, "value"))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(radios)) { // now this one, now that
		r.turn++
		v.Set(name, radios[name][r.turn%len(radios[name])])
	}
	if len(buttons) == 0 {
		return []url.Values{v}
	}
	for _, b := range buttons {
		one := url.Values{}
		maps.Copy(one, v)
		if name := attribute(b, "name"); name != "" {
			one.Set(name, attribute(b, "value"))
		}
		if a := attribute(b, "formaction"); a != "" {
			one.Set("formaction", a)
		}
		out = append(out, one)
	}
	return out
}

func firstOf(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

// fits is the beginning of a text that a field of so many characters takes.
func fits(text, most string) string {
	n := 0
	for _, d := range most {
		n = 10*n + int(d-'0')
	}
	if r := []rune(text); n > 0 && len(r) > n {
		return string(r[:n])
	}
	return text
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}
