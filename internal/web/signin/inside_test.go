package signin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func FuzzLocal(f *testing.F) {
	for _, s := range []string{"/", "/a/b?c=d", "//evil.example", `/\evil.example`, "/%2f/evil.example", "/%2f", "/%5c", "/..//x", "https://evil.example", "/a#b", "/?//x", "/\n/x", `/a?b\c`, "/sign-in", "/x@y", "/;x", "/%zz", "/é"} {
		f.Add(s)
	}
	const base = "https://review.school.example"
	site, err := url.Parse(base)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, to string) {
		if !local(to) {
			return
		}
		whole, err := url.Parse(base + to)
		if err != nil {
			t.Fatalf("%q makes no address: %v", to, err)
		}
		relative, err := site.Parse(to)
		if err != nil {
			t.Fatalf("%q cannot be followed: %v", to, err)
		}
		for _, u := range []*url.URL{whole, relative} {
			if u.Scheme != "https" || u.Host != site.Host || u.User != nil {
				t.Errorf("%q leads to %v", to, u)
			}
		}
		// What browsers make of it, which is not always what Go does: a second slash or backslash, however hidden, begins a host.
		if strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\t\r\n ") || !strings.HasPrefix(to, "/") {
			t.Errorf("%q is not plainly a path", to)
		}
		if strings.HasPrefix(whole.Path, "//") || strings.HasPrefix(whole.Path, "/sign-in/") || whole.Path == "/sign-out" {
			t.Errorf("%q leads to %q", to, whole.Path)
		}
	})
}

func testBox(t testing.TB, c Config) box {
	t.Helper()
	b, err := newBox(c, "session")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var testConfig = Config{Key: bytes.Repeat([]byte{1}, 32), BaseURL: "https://review.school.example"}

func FuzzCookie(f *testing.F) {
	b := testBox(f, testConfig)
	id := Identity{Subject: "100", Address: "ann@school.example", Since: time.Unix(1_793_606_400, 0), Session: "ABC"}
	// Sealed once by this very code: the processes of a fuzzing run have to agree on it.
	const real = "KPAoPBu3T8ZQXILSmZVfPSJYJQILLyx9BnuhTzKQ7j06Q0tAYPb_5qImt_lqX6lcSQn05-4tNOd5FMJp9fEyBcXVvMSymWx1aIQgih0vyhyoaHsACFOY-lQEVIc35jVq2A"
	for _, v := range []string{"", "A", real, real[:len(real)-1], real + "A", real + "\n", real[4:], strings.Repeat("A", 38), strings.Repeat("A", maxCookie+1)} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, v string) {
		plain, ok := b.open(v)
		if ok != (v == real) {
			t.Fatalf("%q opens: %t", v, ok)
		}
		if got, decoded := decodeSession(plain); decoded != ok || ok && got != id {
			t.Errorf("%q is %+v", v, got)
		}
	})
}

// What is in a cookie was sealed by us, and yet only a whole session is one: an older version of the site may have sealed something else.
func FuzzDecodeSession(f *testing.F) {
	for _, s := range []string{`{"sub":"1","email":"a@b.example","at":1,"id":"x"}`, `{}`, `null`, `[]`, `{"sub":"1","email":"A@b.example","at":1,"id":"x"}`, `{"sub":"1","email":"a@b.example","at":1,"id":"x","more":1}`,
		`{"sub":"1","email":"a@b.example","at":1,"id":"x"}{}`, `{"sub":"1","email":"a@b.example","at":-1,"id":"x"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		id, ok := decodeSession(b)
		if !ok {
			return
		}
		if id.Subject == "" || id.Session == "" || id.Since.Unix() <= 0 || strings.Count(id.Address, "@") != 1 || id.Address != strings.ToLower(id.Address) {
			t.Errorf("%q is a session: %+v", b, id)
		}
		if !json.Valid(b) {
			t.Errorf("%q is taken for JSON", b)
		}
	})
}

func TestBoxesAreForOnePurposeAndSite(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		plain := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(rt, "plain")
		session := testBox(t, testConfig)
		sealed := session.seal(plain)
		if got, ok := session.open(sealed); !ok || !bytes.Equal(got, plain) {
			rt.Fatalf("sealed %x, opened %x %t", plain, got, ok)
		}
		if session.seal(plain) == sealed {
			rt.Error("the same text is sealed alike twice")
		}
		start, err := newBox(testConfig, "start")
		if err != nil {
			rt.Fatal(err)
		}
		site, key, rotated := testConfig, testConfig, testConfig
		site.BaseURL += "2"
		key.Key = bytes.Repeat([]byte{2}, 32)
		rotated.Key, rotated.PreviousKey = key.Key, testConfig.Key
		for name, b := range map[string]box{"another purpose": start, "another site": testBox(t, site), "another key": testBox(t, key)} {
			if _, ok := b.open(sealed); ok {
				rt.Errorf("%s opens it", name)
			}
		}
		if _, ok := testBox(t, rotated).open(sealed); !ok {
			rt.Error("the previous key does not open it")
		}
		if _, ok := session.open(testBox(t, rotated).seal(plain)); ok {
			rt.Error("the previous key still seals")
		}
	})
}

// Whatever happens, a session that was signed out of never comes back, and memory is bounded.
func TestRevokedStayRevoked(t *testing.T) {
	var v revoked
	now := time.Unix(1_793_606_400, 0)
	last := Identity{Session: "untouched", Since: now.Add(time.Hour)}
	var out []Identity
	for i := range 3 * mostRevoked {
		id := Identity{Session: fmt.Sprint(i), Since: now.Add(time.Duration(i*7919%3600) * time.Second)}
		v.add(id, now.Add(time.Hour))
		out = append(out, id)
		if len(v.since) > mostRevoked {
			t.Fatalf("%d are remembered", len(v.since))
		}
	}
	for _, id := range out {
		if !v.has(id) {
			t.Fatalf("%+v came back", id)
		}
	}
	if v.has(last) {
		t.Error("somebody who came later is out, too")
	}
	// Those whose time is over make room without taking anybody with them.
	v = revoked{}
	for i := range mostRevoked {
		v.add(Identity{Session: fmt.Sprint(i), Since: now}, now)
	}
	young := Identity{Session: "young", Since: now.Add(time.Second)}
	v.add(young, now.Add(Lasts))
	if len(v.since) != 1 || !v.floor.IsZero() || !v.has(young) {
		t.Errorf("%d remembered, floor %v", len(v.since), v.floor)
	}
}

func TestPlainAddresses(t *testing.T) {
	for a, want := range map[string]bool{
		"ann@school.example": true, "a.b+c@x.example": true, "o'neil@x.example": true, "": false, "@": false, "a@": false, "@b.example": false, "Ann@x.example": false, "a@b@c.example": false, "a b@c.example": false,
		"<a@b.example>": false, "a@b.example\n": false, `"a"@b.example`: false, strings.Repeat("a", 250) + "@b.example": false,
	} {
		if got := plainAddress(a); got != want {
			t.Errorf("%q: %t", a, got)
		}
	}
}

func TestOriginIsComparedAsBrowsersWriteIt(t *testing.T) {
	c := testConfig
	c.ClientID, c.ClientSecret, c.Domains, c.Pages = "a", "b", []string{"school.example"}, noPages{}
	for _, base := range []string{"https://review.school.example", "https://REVIEW.school.example:443/"} {
		c.BaseURL = base
		s, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		r := &http.Request{Header: http.Header{"Origin": {"https://review.school.example"}}}
		if !s.fromHere(r) {
			t.Errorf("%s: its own origin is refused", base)
		}
		if got := s.cookieName("x"); got != "__Host-esafetybot-x" {
			t.Errorf("%s: cookie %s", base, got)
		}
	}
}

type noPages struct{}

func (noPages) Problem(http.ResponseWriter, *http.Request, Problem) {}
func (noPages) SignedOut(http.ResponseWriter, *http.Request)        {}
