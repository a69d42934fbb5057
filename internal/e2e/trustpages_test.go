package e2e

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"maps"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	netmail "net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/outbox"
	"esafetybot/internal/web"
	"esafetybot/internal/web/signin"
)

// told reads what one school tells: every page of its site as everybody sees it who plays a role at either school, and every mail. None of it may hold what is its neighbour's alone; of its own it holds so many words at least, or the search finds
// nothing anywhere. Who plays a role at the neighbour only sees nothing of either.
func (s *campus) told(w *watch, mine func(unit string) bool, own, foreign map[string]string, least int) {
	s.t.Helper()
	site := s.siteOf(w)
	pages := map[string]string{} // "PATH as WHO" → text
	for _, who := range s.visitors(w, mine) {
		for path, text := range crawl(s.t, site, who) {
			pages["pages"+path+" as "+who] = text
		}
	}
	mails := s.mailsOf(w)
	noneOf(s.t, w.name+"'s site", pages, foreign)
	noneOf(s.t, w.name+"'s outbox", mails, foreign)
	all := strings.Join(slices.Concat(slices.Collect(maps.Values(pages)), slices.Collect(maps.Values(mails))), "\n")
	found := 0
	for word := range own {
		if strings.Contains(all, word) {
			found++
		}
	}
	if found < least || len(pages) < 30 || len(mails) < 3 {
		s.t.Errorf("%s tells %d of its own %d words on %d pages and in %d mails: is anything read?", w.name, found, len(own), len(pages), len(mails))
	}
	// The neighbour's people, at this school's site.
	for _, other := range s.watches {
		if other == w {
			continue
		}
		for _, who := range s.visitors(other, func(unit string) bool { return !mine(unit) }) {
			if slices.Contains(s.named(w), who) {
				continue // plays a role at both
			}
			strange := map[string]string{}
			for path, text := range crawl(s.t, site, who) {
				strange["pages"+path+" as "+who+", of the other school,"] = strings.ReplaceAll(text, who, "")
			}
			noneOf(s.t, w.name+"'s site, for "+other.name, strange, foreign)
			noneOf(s.t, w.name+"'s site, for "+other.name, strange, own)
		}
	}
}

// siteOf serves a school's site.
func (s *campus) siteOf(w *watch) string {
	s.t.Helper()
	var handler http.Handler
	hs := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) { handler.ServeHTTP(out, r) }))
	s.t.Cleanup(hs.Close)
	in, err := signin.New(signin.Config{
		Issuer: s.base, ClientID: "review", ClientSecret: "secret", BaseURL: hs.URL, Domains: w.policy.School.Domains, Key: bytes.Repeat([]byte{7}, 32), Pages: web.PagesOf(w.policy), Log: slog.New(slog.DiscardHandler),
		Outside: func(address string) bool { return slices.Contains(s.named(w), address) },
	})
	if err != nil {
		s.t.Fatal(err)
	}
	if handler, err = web.New(web.Config{Policy: w.policy, Main: w.store, Decisions: w.site, SignIn: in, Clock: s.world.Now, Log: slog.New(slog.DiscardHandler)}); err != nil {
		s.t.Fatal(err)
	}
	return hs.URL
}

// named are the addresses that a school's policy names.
func (s *campus) named(w *watch) []string {
	var out []string
	for _, list := range w.policy.People {
		for _, p := range list {
			address := p.Address
			s.world.View(func() {
				if u := s.world.User(address); u != nil {
					address = u.PrimaryEmail
				}
			})
			if !slices.Contains(out, address) {
				out = append(out, address)
			}
		}
	}
	slices.Sort(out)
	return out
}

// visitors are whom a policy names, three more of the school's staff, and a pupil.
func (s *campus) visitors(w *watch, mine func(unit string) bool) []string {
	out := s.named(w)
	staff, pupils := 0, 0
	s.world.View(func() {
		for _, u := range s.world.Users() {
			switch {
			case u.Suspended || !mine(u.OrgUnitPath) || slices.Contains(out, u.PrimaryEmail):
			case strings.Contains(u.OrgUnitPath, "/Staff") && staff < 3:
				staff++
				out = append(out, u.PrimaryEmail)
			case strings.Contains(u.OrgUnitPath, "/Pupils") && pupils < 1:
				pupils++
				out = append(out, u.PrimaryEmail)
			}
		}
	})
	return out
}

// mostPages is how many pages somebody looks at.
const mostPages = 60

var hrefs = regexp.MustCompile(`href="(/[^"]*)"`)

// crawl signs somebody in and follows every link of the site, from their own page and from every page there is.
func crawl(t testing.TB, site, who string) map[string]string {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &http.Client{Jar: jar, Timeout: time.Minute}
	get := func(address string) string {
		resp, err := b.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode >= 500 && resp.StatusCode != http.StatusBadGateway {
			t.Errorf("%s as %s: %d", address, who, resp.StatusCode)
		}
		if !strings.HasPrefix(resp.Request.URL.String(), site) {
			return "" // still at the issuer, which is not the site
		}
		return html.UnescapeString(string(text))
	}
	out := map[string]string{"/sign-in": get(site + "/sign-in?" + url.Values{"login_hint": {who}}.Encode())}
	todo := []string{"/", "/check-ins", "/classes", "/findings", "/findings?state=information", "/findings?asked=can", "/shared", "/changes", "/overview", "/records", "/reminders", "/reminders.ics", "/closed", "/reports", "/reports/inspection", "/concern", "/incidents", "/incidents/numbers"}
	for len(todo) > 0 && len(out) < mostPages {
		path := todo[0]
		todo = todo[1:]
		if _, have := out[path]; have || strings.HasPrefix(path, "/sign-in") || strings.HasPrefix(path, "/style") {
			continue
		}
		out[path] = get(site + path)
		for _, m := range hrefs.FindAllStringSubmatch(out[path], -1) {
			todo = append(todo, m[1])
		}
	}
	return out
}

// mailsOf is the text of every part of every mail of a school, sent or not.
func (s *campus) mailsOf(w *watch) map[string]string {
	s.t.Helper()
	out := map[string]string{}
	for e, err := range outbox.Reader(w.store).All(s.t.Context(), time.Time{}) {
		if err != nil {
			s.t.Fatal(err)
		}
		f, err := outbox.ReadFrom(s.t.Context(), w.store, e)
		if err != nil {
			s.t.Fatal(err)
		}
		m, err := netmail.ReadMessage(bytes.NewReader(f.Raw))
		if err != nil {
			s.t.Fatal(err)
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		if err != nil {
			s.t.Fatal(err)
		}
		text := fmt.Sprint(m.Header.Get("To"), m.Header.Get("Cc"), subject, "\n") + parts(s.t, m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Body)
		for _, a := range f.Beside {
			text += "\n" + string(a.Data)
		}
		out["mails/"+e.Key] = html.UnescapeString(text)
	}
	return out
}

// parts is the decoded text of a mail's body, its parts one after the other.
func parts(t testing.TB, kind, encoding string, body io.Reader) string {
	t.Helper()
	media, params, err := mime.ParseMediaType(kind)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(media, "multipart/") {
		switch strings.ToLower(encoding) {
		case "base64":
			body = base64.NewDecoder(base64.StdEncoding, body)
		case "quoted-printable":
			body = quotedprintable.NewReader(body)
		}
		data, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	var out strings.Builder
	for r := multipart.NewReader(body, params["boundary"]); ; {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return out.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		out.WriteString(parts(t, p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p) + "\n")
	}
}
