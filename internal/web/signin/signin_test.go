package signin_test

import (
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	. "esafetybot/internal/web/signin"
)

func TestSignInAndOut(t *testing.T) {
	for _, tls := range []bool{false, true} {
		t.Run(fmt.Sprint("https ", tls), func(t *testing.T) {
			var opts []option
			if tls {
				opts = append(opts, https)
			}
			x := newRig(t, opts...)
			x.want("ann signs in", x.signInAs("ann@school.example"), 200, "/home 100 ann@school.example")
			x.want("and stays so", x.get("/files?form=sign-out"), 200, "/files?form=sign-out 100 ann@school.example")
			form := url.Values{TokenField: {last(x.get("/?form=sign-out"))}}
			x.want("sign-out needs a token", x.send("POST", "/sign-out", nil, nil), 403, ForeignForm)
			x.want("sign-out from elsewhere", x.send("POST", "/sign-out", form, http.Header{"Origin": {"https://evil.example"}}), 403, ForeignForm)
			x.want("still in", x.get("/"), 200, "/ 100")
			kept := x.cookies()
			x.want("sign-out", x.send("POST", "/sign-out", form, nil), 200, "signed out")
			x.still()
			x.want("out", x.get("/"), 303, "")
			x.browser = x.newBrowser()
			x.browser.Jar.SetCookies(x.at("/"), kept)
			x.still()
			x.want("the cookie from before is worth nothing", x.get("/"), 303, "")
			x.want("sign-out without a session, from elsewhere", x.send("POST", "/sign-out", nil, http.Header{"Origin": {"https://evil.example"}}), 403, ForeignForm)
			x.want("sign-out without a session", x.send("POST", "/sign-out", nil, nil), 200, "signed out")
			x.quiet()
		})
	}
}

// last is the last word of an answer.
func last(a answer) string { return a.text[strings.LastIndex(a.text, " ")+1:] }

func (x *rig) at(path string) *url.URL {
	u, err := url.Parse(x.site.URL + path)
	if err != nil {
		x.t.Fatal(err)
	}
	return u
}

func (x *rig) cookies() []*http.Cookie { return x.browser.Jar.Cookies(x.at("/")) }

func TestCookiesAreForTheSiteAlone(t *testing.T) {
	for _, tls := range []bool{false, true} {
		x := newRig(t, map[bool][]option{false: nil, true: {https}}[tls]...)
		x.still()
		a := x.get("/sign-in?login_hint=ann@school.example")
		b := x.get(x.get(a.header.Get("Location")).header.Get("Location"))
		set := slices.Concat(a.header["Set-Cookie"], b.header["Set-Cookie"])
		if len(set) != 3 {
			t.Fatalf("cookies: %v", set)
		}
		for _, c := range set {
			for _, want := range []string{"; Path=/", "; HttpOnly", "; SameSite=Lax"} {
				if !strings.Contains(c, want) {
					t.Errorf("%s lacks %s", c, want)
				}
			}
			if strings.Contains(c, "Domain") || strings.HasPrefix(c, "__Host-") != tls || strings.Contains(c, "; Secure") != tls {
				t.Errorf("https %t: %s", tls, c)
			}
			if strings.Contains(c, "ann") {
				t.Errorf("a cookie that can be read: %s", c)
			}
		}
		if !strings.Contains(set[2], "session=") || !strings.Contains(set[2], "Max-Age=36000") || !strings.Contains(set[1], "Max-Age=0") {
			t.Errorf("the session's and the begun sign-in's cookies: %v", set[1:])
		}
		if b.header.Get("Cache-Control") != "no-store" || b.header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("headers of the way back: %v", b.header)
		}
	}
}

func TestWhoMaySignIn(t *testing.T) {
	x := newRig(t)
	again := "/sign-in?choose=1"
	for _, c := range []struct {
		account, want string
		status        int
	}{
		{"ann@school.example", "/home 100 ann@school.example", 200},
		{"pat@pupils.example", "/home 101 pat@pupils.example", 200}, // a pupil: judged elsewhere
		{"Gov@home.example", "/home 1", 200},
		{"eve@home.example", "not-ours|eve@home.example|" + again, 403},
		{"gov@home.example.evil.example", "not-ours|gov@home.example.evil.example|" + again, 403},
		{"ann@school.example.evil.example", "not-ours|ann@school.example.evil.example|" + again, 403},
	} {
		x.browser = x.newBrowser()
		x.want(c.account, x.signInAs(c.account), c.status, c.want)
		x.still()
		if a := x.get("/"); (a.status == 200) != (c.status == 200) {
			t.Errorf("%s: afterwards the site answers %d", c.account, a.status)
		}
	}
	x.browser = x.newBrowser()
	if a := x.signInAs("cat@school.example"); a.status != 403 || !strings.HasPrefix(a.at.String(), x.issuer) {
		t.Errorf("switched off: %d at %v", a.status, a.at)
	}
	x.quiet()
}

func TestWhoLeavesThePolicyIsOut(t *testing.T) {
	x := newRig(t)
	x.want("named", x.signInAs("gov@home.example"), 200, "/home 1")
	x.outside = func(string) bool { return false }
	x.still()
	x.want("no longer named", x.get("/"), 303, "")
}

func TestWayToTheIssuer(t *testing.T) {
	none := func(_ *rig, c *Config) { c.Outside = nil }
	one := func(_ *rig, c *Config) { c.Domains = []string{"school.example"} }
	for _, c := range []struct {
		name, query string
		opts        []option
		want        map[string]string
	}{
		{"an outside address may sign in", "", nil, nil},
		{"a school address", "?login_hint=ANN@school.example", nil, map[string]string{"login_hint": "ann@school.example", "hd": "school.example"}},
		{"an outside address that may", "?login_hint=gov@home.example", nil, map[string]string{"login_hint": "gov@home.example"}},
		{"an outside address that may not: nobody can tell", "?login_hint=eve@home.example", nil, map[string]string{"login_hint": "eve@home.example"}},
		{"what is no address", "?login_hint=x%26prompt%3Dnone", nil, nil},
		{"hd", "?hd=pupils.example&choose=1", nil, map[string]string{"hd": "pupils.example", "prompt": "select_account"}},
		{"hd of others", "?hd=evil.example", nil, nil},
		{"school accounts only", "", []option{none, one}, map[string]string{"hd": "school.example"}},
		{"school accounts only, and another address", "?login_hint=eve@home.example", []option{none, one}, map[string]string{"login_hint": "eve@home.example"}},
		{"school accounts of two domains", "", []option{none}, map[string]string{"hd": "*"}},
	} {
		x := newRig(t, c.opts...)
		x.still()
		to, err := url.Parse(x.get("/sign-in" + c.query).header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		q := to.Query()
		for _, k := range []string{"state", "nonce", "code_challenge"} {
			if len(q.Get(k)) < 26 {
				t.Errorf("%s: %s is %q", c.name, k, q.Get(k))
			}
			q.Del(k)
		}
		want := url.Values{"client_id": {"review"}, "response_type": {"code"}, "scope": {"openid email"}, "redirect_uri": {x.site.URL + "/sign-in/done"}, "code_challenge_method": {"S256"}}
		for k, v := range c.want {
			want.Set(k, v)
		}
		if diff := cmp.Diff(want, q); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestGoingBack(t *testing.T) {
	x := newRig(t)
	x.still()
	a := x.get("/files/7?show=all&x=%2F")
	if a.status != 303 || a.header.Get("Location") != "/sign-in?to=%2Ffiles%2F7%3Fshow%3Dall%26x%3D%252F" {
		t.Errorf("%d to %s", a.status, a.header.Get("Location"))
	}
	x.browser.CheckRedirect = nil
	x.want("back again", x.get(a.header.Get("Location")+"&login_hint=ann@school.example"), 200, "/files/7?show=all&x=%2F 100")
	for _, to := range []string{"https://evil.example/", "//evil.example/", `/\evil.example/`, `\\evil.example`, "/%5cevil.example", "/\t/evil.example", "/%2F/evil.example", "javascript:alert(1)", "/../..//evil.example",
		"/.//evil.example", "/sign-in", "/sign-in/done?x", "/sign-out", "evil.example", "@evil.example", ".evil.example", ""} {
		a := x.get("/sign-in?login_hint=ann@school.example&to=" + url.QueryEscape(to))
		if a.at.String() != x.site.URL+"/" || a.status != 200 {
			t.Errorf("to=%q ends at %v with %d", to, a.at, a.status)
		}
	}
}

func TestSessionEnds(t *testing.T) {
	x := newRig(t)
	x.signInAs("ann@school.example")
	jar := x.cookies()
	x.clock.Add(Lasts - time.Second)
	keep := func() { // the browser may keep it longer than it was told
		x.browser = x.newBrowser()
		x.still()
		x.browser.Jar.SetCookies(x.at("/"), jar)
	}
	keep()
	x.want("a second before ten hours", x.get("/"), 200, "/ 100")
	x.clock.Add(time.Second)
	keep()
	x.want("after ten hours", x.get("/"), 303, "")
	x.want("and a form", x.send("POST", "/decide", nil, nil), 403, NotSignedIn)
	x.clock.Add(-Lasts - time.Hour)
	keep()
	x.want("from the future", x.get("/"), 303, "")
}

func TestCookiesThatAreNoSession(t *testing.T) {
	x := newRig(t)
	x.still()
	a := x.get("/sign-in?login_hint=ann@school.example")
	begun := x.cookies()[0]
	x.get(x.get(a.header.Get("Location")).header.Get("Location"))
	real := x.cookies()[0]
	if real.Name != "esafetybot-session" || !strings.HasPrefix(begun.Name, "esafetybot-start-") {
		t.Fatalf("cookies %s, %s", begun.Name, real.Name)
	}
	other := newRig(t)
	other.signInAs("ann@school.example")
	values := map[string]string{"nothing": "", "junk": "junk", "a begun sign-in": begun.Value, "of another site with the same key": other.cookies()[0].Value, "longer": real.Value + "AAAA", "very long": strings.Repeat("A", 5000),
		"plain": `{"sub":"100","email":"ann@school.example"}`}
	for i := 0; i < len(real.Value); i++ {
		values[fmt.Sprint("cut at ", i)] = real.Value[:i]
		c := byte('A')
		if real.Value[i] == c {
			c = 'B'
		}
		values[fmt.Sprint("changed at ", i)] = real.Value[:i] + string(c) + real.Value[i+1:]
	}
	ask := func(value string) int {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/", nil)
		r.AddCookie(&http.Cookie{Name: real.Name, Value: value})
		x.handler.ServeHTTP(w, r)
		return w.Code
	}
	if got := ask(real.Value); got != 200 {
		t.Fatalf("the real cookie: %d", got)
	}
	for name, v := range values {
		if got := ask(v); got != 303 {
			t.Errorf("%s: %d", name, got)
		}
	}
}

func TestKeysRotate(t *testing.T) {
	x := newRig(t)
	x.signInAs("ann@school.example")
	token := last(x.get("/?form=decide"))
	form := url.Values{TokenField: {token}}
	c := x.config
	c.Key, c.PreviousKey = key2, key
	x.restart(c)
	x.want("session under the previous key", x.get("/"), 200, "/ 100")
	x.want("form under the previous key", x.send("POST", "/decide", form, nil), 200, "taken")
	if last(x.get("/?form=decide")) == token {
		t.Error("new forms still use the previous key")
	}
	c.PreviousKey = nil
	x.restart(c)
	x.still()
	x.want("the previous key is gone", x.get("/"), 303, "")
}

func TestForms(t *testing.T) {
	x := newRig(t)
	x.want("nobody is signed in", x.send("POST", "/decide", nil, nil), 403, NotSignedIn)
	x.signInAs("ann@school.example")
	token := last(x.get("/?form=decide"))
	form := url.Values{TokenField: {token}}
	other := url.Values{TokenField: {last(x.get("/?form=other"))}}
	origin := http.Header{"Origin": {"https://evil.example"}}
	fetch := func(site, origin string) http.Header {
		h := http.Header{"Sec-Fetch-Site": {site}}
		if origin != "-" {
			h["Origin"] = []string{origin}
		} else {
			h["Origin"] = nil
		}
		return h
	}
	for _, c := range []struct {
		name   string
		form   url.Values
		header http.Header
		status int
		want   string
	}{
		{"right", form, nil, 200, "taken"},
		{"right, again: whether it counts is judged elsewhere", form, nil, 200, "taken"},
		{"by Sec-Fetch-Site alone", form, fetch("same-origin", "-"), 200, "taken"},
		{"Origin withheld", form, fetch("same-origin", "null"), 200, "taken"},
		{"without token", nil, nil, 403, ForeignForm},
		{"empty token", url.Values{TokenField: {""}}, nil, 403, ForeignForm},
		{"of another form", other, nil, 403, ForeignForm},
		{"changed", url.Values{TokenField: {token[1:] + "A"}}, nil, 403, ForeignForm},
		{"from another site", form, origin, 403, ForeignForm},
		{"from another site, by Sec-Fetch-Site", form, fetch("cross-site", x.site.URL), 403, ForeignForm},
		{"from a neighbour", form, fetch("same-site", x.site.URL), 403, ForeignForm},
		{"contradiction", form, fetch("same-origin", "https://evil.example"), 403, ForeignForm},
		{"neither header", form, http.Header{"Origin": nil}, 403, ForeignForm},
		{"null", form, http.Header{"Origin": {"null"}}, 403, ForeignForm},
		{"another port", form, http.Header{"Origin": {"http://127.0.0.1:1"}}, 403, ForeignForm},
		{"too much", url.Values{TokenField: {token}, "x": {strings.Repeat("x", 2<<20)}}, nil, 403, ForeignForm},
	} {
		x.want(c.name, x.send("POST", "/decide", c.form, c.header), c.status, c.want)
	}
	for _, method := range []string{"POST", "PUT", "DELETE"} {
		x.want(method+" where no token is asked for", x.send(method, "/bare", nil, http.Header{"Origin": {x.site.URL}}), 200, "taken")
		x.want(method+" from another site where no token is asked for", x.send(method, "/bare", nil, origin), 403, ForeignForm)
	}
	x.want("in the address, not the form", x.send("POST", "/decide?"+form.Encode(), nil, nil), 403, ForeignForm)
	x.signInAs("ann@school.example")
	x.want("of the same person's session before", x.send("POST", "/decide", form, nil), 403, ForeignForm)
	x.browser = x.newBrowser()
	x.signInAs("pat@pupils.example")
	x.want("of somebody else's session", x.send("POST", "/decide", form, nil), 403, ForeignForm)
	if got := x.signIn.Token(t.Context(), "decide"); got != "" {
		t.Errorf("a token for nobody: %q", got)
	}
}

func TestSignInsThatWereNotBegunHere(t *testing.T) {
	x := newRig(t)
	x.still()
	begin := func() string { // to the way back
		return x.get(x.get("/sign-in?login_hint=ann@school.example").header.Get("Location")).header.Get("Location")
	}
	change := func(address, k, v string) string {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		q.Set(k, v)
		u.RawQuery = q.Encode()
		return u.String()
	}
	back := begin()
	u, err := url.Parse(back)
	if err != nil {
		t.Fatal(err)
	}
	state := u.Query().Get("state")
	x.want("no state", x.get(change(back, "state", "")), 400, Unfinished)
	x.want("short state", x.get(change(back, "state", state[:8])), 400, Unfinished)
	x.want("changed state", x.get(change(back, "state", state[:len(state)-1]+"a")), 400, Unfinished)
	mine := x.browser
	x.browser = x.newBrowser()
	x.still()
	x.want("another browser", x.get(back), 400, Unfinished)
	x.browser = mine
	x.want("right", x.get(back), 303, "")
	x.want("once more", x.get(back), 400, Unfinished)

	x.browser = x.newBrowser()
	x.still()
	back = begin()
	cookies := x.cookies()
	x.clock.Add(10 * time.Minute)
	x.browser = x.newBrowser()
	x.still()
	x.browser.Jar.SetCookies(x.at("/"), cookies)
	x.want("ten minutes later", x.get(back), 400, Unfinished)

	back = begin()
	x.want("cancelled", x.get(change(back, "error", "access_denied")), 403, Cancelled)
	back = begin()
	x.want("another error", x.get(change(back, "error", "<b>boom")), 502, NoAnswer)
	back = begin()
	x.want("no code", x.get(change(back, "code", "")), 502, NoAnswer)
	back = begin()
	x.want("made-up code", x.get(change(back, "code", "made up")), 502, NoAnswer)
	// A code of one sign-in in the way back of another: PKCE.
	first, second := begin(), begin()
	f, err := url.Parse(first)
	if err != nil {
		t.Fatal(err)
	}
	x.want("somebody else's code", x.get(change(second, "code", f.Query().Get("code"))), 502, NoAnswer)
	if a := x.get("/"); a.status != 303 {
		t.Errorf("after all that somebody is signed in: %d", a.status)
	}
	x.quiet()
}

func TestTwoTabs(t *testing.T) {
	x := newRig(t)
	x.still()
	var back []string
	for i := range 2 {
		back = append(back, x.get(x.get(fmt.Sprintf("/sign-in?login_hint=ann@school.example&to=/%d", i)).header.Get("Location")).header.Get("Location"))
	}
	for i, b := range back {
		if a := x.get(b); a.status != 303 || a.header.Get("Location") != fmt.Sprintf("%s/%d", x.site.URL, i) {
			t.Errorf("tab %d: %d to %s: %s", i, a.status, a.header.Get("Location"), a.text)
		}
	}
	for range 20 {
		x.get("/sign-in")
		if n := len(x.cookies()); n > 5+1 {
			t.Fatalf("%d cookies", n)
		}
	}
}

func TestTooManyAttempts(t *testing.T) {
	remote := "192.0.2.1"
	x := newRig(t, func(_ *rig, c *Config) { c.Remote = func(*http.Request) string { return remote } })
	x.still()
	for i := range 60 {
		if a := x.get("/sign-in"); a.status != 302 {
			t.Fatalf("attempt %d: %d %s", i, a.status, a.text)
		}
	}
	a := x.get("/sign-in")
	x.want("the 61st", a, 429, TooMany)
	if a.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	x.want("the way back", x.get("/sign-in/done?state=x"), 429, TooMany)
	remote = "192.0.2.2"
	x.want("somebody else", x.get("/sign-in"), 302, "")
	remote = "192.0.2.1"
	x.clock.Add(time.Second)
	x.want("a second later", x.get("/sign-in"), 302, "")
	x.want("and not two", x.get("/sign-in"), 429, TooMany)
}

func TestConfigurations(t *testing.T) {
	fine := Config{ClientID: "a", ClientSecret: "b", BaseURL: "https://Review.school.example:443/", Domains: []string{"school.example"}, Key: key, Pages: pages{}}
	if _, err := New(fine); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Config){
		"no client": func(c *Config) { c.ClientID = "" }, "no secret": func(c *Config) { c.ClientSecret = "" }, "no domains": func(c *Config) { c.Domains = nil },
		"a domain that is none": func(c *Config) { c.Domains = []string{"@school.example"} }, "empty domain": func(c *Config) { c.Domains = []string{""} },
		"no pages": func(c *Config) { c.Pages = nil }, "short key": func(c *Config) { c.Key = key[:31] }, "short previous key": func(c *Config) { c.PreviousKey = key[:5] },
		"no base URL": func(c *Config) { c.BaseURL = "" }, "http": func(c *Config) { c.BaseURL = "http://review.school.example" }, "a path": func(c *Config) { c.BaseURL += "review" },
		"a query": func(c *Config) { c.BaseURL += "?x" }, "issuer on http": func(c *Config) { c.Issuer = "http://accounts.example" }, "issuer that is no URL": func(c *Config) { c.Issuer = "accounts.google.com" },
	} {
		c := fine
		change(&c)
		if _, err := New(c); err == nil || !strings.HasPrefix(err.Error(), "sign-in: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The simulated page of accounts works from here too, without login_hint.
func TestChoosingAnAccount(t *testing.T) {
	x := newRig(t)
	a := x.get("/sign-in?to=/chosen")
	if a.status != 200 || !strings.Contains(a.text, "ann@school.example") && !strings.Contains(a.text, "Ann@school.example") {
		t.Fatalf("%d %s", a.status, a.text)
	}
	form := url.Values{"account": {"Ann@school.example"}}
	for _, line := range strings.Split(a.text, `<input type="hidden" name="`)[1:] {
		k, rest, _ := strings.Cut(line, `" value="`)
		v, _, _ := strings.Cut(rest, `"`)
		form.Set(k, html.UnescapeString(v))
	}
	x.want("chosen", x.send("POST", x.issuer+"/o/oauth2/v2/auth", form, nil), 200, "/chosen 100 ann@school.example")
}
