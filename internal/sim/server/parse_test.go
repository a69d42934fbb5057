package server

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/sim/discovery"
	"esafetybot/internal/sim/world"
)

func TestMask(t *testing.T) {
	const doc = `{"kind":"k", "files":[{"id":"1","owners":[{"me":true,"emailAddress":"a\"]}"}],"name":"x, {y}"},{"id":"2"}],"next":"n"}`
	for _, tt := range []struct{ mask, want string }{
		{"", doc},
		{"*", `{"kind":"k","files":[{"id":"1","owners":[{"me":true,"emailAddress":"a\"]}"}],"name":"x, {y}"},{"id":"2"}],"next":"n"}`},
		{"kind", `{"kind":"k"}`},
		{"kind,next", `{"kind":"k","next":"n"}`},
		{"files/id", `{"files":[{"id":"1"},{"id":"2"}]}`},
		{"files(id,name)", `{"files":[{"id":"1","name":"x, {y}"},{"id":"2"}]}`},
		{"files(owners/me)", `{"files":[{"owners":[{"me":true}]},{}]}`},
		{"files(owners(me),id),next", `{"files":[{"id":"1","owners":[{"me":true}]},{"id":"2"}],"next":"n"}`},
		{"files/owners/emailAddress", `{"files":[{"owners":[{"emailAddress":"a\"]}"}]},{}]}`},
		{"files/*", `{"files":[{"id":"1","owners":[{"me":true,"emailAddress":"a\"]}"}],"name":"x, {y}"},{"id":"2"}]}`},
		{"*/id", `{"kind":"k","files":[{"id":"1"},{"id":"2"}],"next":"n"}`},
		{"files/id,files/name", `{"files":[{"id":"1","name":"x, {y}"},{"id":"2"}]}`},
		{"files/id,files", `{"files":[{"id":"1","owners":[{"me":true,"emailAddress":"a\"]}"}],"name":"x, {y}"},{"id":"2"}]}`},
		{"nothing", `{}`},
	} {
		m, err := parseMask(tt.mask)
		if err != nil {
			t.Errorf("%q: %v", tt.mask, err)
			continue
		}
		have, rest := m.filter(nil, []byte(doc))
		var a, b any
		if json.Unmarshal(have, &a) != nil || json.Unmarshal([]byte(tt.want), &b) != nil || len(rest) > 0 || !reflect.DeepEqual(a, b) {
			t.Errorf("%q: have %s, want %s", tt.mask, have, tt.want)
		}
	}
	for _, bad := range []string{",", "a,", "a(", "a()", "a)", "a(b", "a/", "/a", "a b", "a(b))", "a*"} {
		if _, err := parseMask(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func FuzzMask(f *testing.F) {
	for _, s := range []string{"a,b(c,d/e),f/*", "files(permissions(id,permissionDetails/role)),nextPageToken", "*", "((", "a(b(c(d"} {
		f.Add(s)
	}
	c, err := discovery.Load()
	if err != nil {
		f.Fatal(err)
	}
	m, _, _, _ := c.Match("GET", "/drive/v3/files")
	const doc = `{"a":[1,{"b":"c"}],"f":{"g":null,"h":[[]]},"b":{"c":1,"d":{"e":true}}}`
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parseMask(s)
		if err != nil {
			return
		}
		p.check(m.API, m.Response)
		out, rest := p.filter(nil, []byte(doc))
		if !json.Valid(out) || len(rest) > 0 {
			t.Fatalf("mask %q gives %s", s, out)
		}
		again, rest := p.filter(nil, out)
		if string(again) != string(out) || len(rest) > 0 {
			t.Fatalf("mask %q twice: %s, then %s", s, out, again)
		}
	})
}

// queryFile is an item for queries, with a viewer who owns it.
func queryFile(t testing.TB) (*world.World, *item) {
	w := world.New(world.Settings{Now: time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)})
	u := &world.User{ID: "1", PrimaryEmail: "ann@school.example"}
	if err := w.AddUser(u); err != nil {
		t.Fatal(err)
	}
	f := &world.File{ID: "f", Name: "It's here", MimeType: "text/plain", Parent: "root-1", Owner: &world.Person{EmailAddress: "ann@school.example"}}
	if err := w.AddFile(f, world.Grant{Type: "anyone", Role: "reader"}); err != nil {
		t.Fatal(err)
	}
	return w, &item{f, newViewer(w, u)}
}

func TestSearch(t *testing.T) {
	_, i := queryFile(t)
	for _, tt := range []struct {
		q      string
		match  bool
		mine   bool
		parent string
	}{
		{"", true, false, ""},
		{"'me' in owners and trashed=false", true, true, ""},
		{"trashed = true or 'me' in owners", true, false, ""},
		{"'me' in owners or 'me' in owners", true, true, ""},
		{"('root' in parents) and not trashed=true", true, false, "root"},
		{"'x' in parents", false, false, "x"},
		{`name = 'It\'s here'`, true, false, ""},
		{`name contains 'it'`, true, false, ""},
		{`name contains 'ere'`, false, false, ""},
		{"mimeType != 'application/vnd.google-apps.folder'", true, false, ""},
		{"visibility = 'anyoneWithLink'", true, false, ""},
		{"visibility != 'limited' AND starred = false", true, false, ""},
		{"modifiedTime > '2026-11-01T00:00:00' and modifiedTime <= '2026-11-02T08:00:00Z'", true, false, ""},
		{"'ann@school.example' in writers", true, false, ""},
		{"sharedWithMe = true", false, false, ""},
		{"sharedWithMe", false, false, "!"}, // ! for an error
		{"fullText contains 'x'", false, false, "!"},
		{"trashed = 'false'", false, false, "!"},
		{"name = It", false, false, "!"},
		{"name = 'x", false, false, "!"},
		{"('me' in owners", false, false, "!"},
		{"'me' in owners 'me' in owners", false, false, "!"},
		{"visibility = 'public'", false, false, "!"},
		{"name < 'x'", false, false, "!"},
		{"and", false, false, "!"},
		{"owner = 'x'", false, false, "!"},
	} {
		s, err := parseSearch(tt.q)
		if (err != nil) != (tt.parent == "!") {
			t.Errorf("%q: error %v", tt.q, err)
			continue
		}
		if err != nil {
			continue
		}
		if s.match(i) != tt.match || s.Mine != tt.mine || s.Parent != tt.parent {
			t.Errorf("%q: have %v %v %q, want %v %v %q", tt.q, s.match(i), s.Mine, s.Parent, tt.match, tt.mine, tt.parent)
		}
	}
}

func FuzzSearch(f *testing.F) {
	for _, s := range []string{"'me' in owners and trashed=false", "not (name contains 'x' or mimeType!=\"a\")", `name='\''`, "((((", "modifiedTime>'2026-01-01T00:00:00'"} {
		f.Add(s)
	}
	_, i := queryFile(f)
	f.Fuzz(func(t *testing.T, q string) {
		s, err := parseSearch(q)
		if err != nil {
			return
		}
		hit := s.match(i)
		if hit && s.Parent != "" && i.by.folder(s.Parent) != i.file.Parent {
			t.Fatalf("%q matches outside the folder that it demands", q)
		}
		if hit && s.Shared {
			t.Fatalf("%q matches the viewer's own file as shared with them", q)
		}
	})
}

func FuzzPageToken(f *testing.F) {
	p := &pager{key: []byte("k")}
	now := time.Unix(1_800_000_000, 0)
	binding := p.binding("m", "s", nil, nil)
	f.Add(p.make(binding, "position 7", now))
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, token string) {
		if after, ok := p.read(token, binding, now); ok && token != p.make(binding, after, now) {
			t.Fatalf("a forged token is taken: %q", token)
		}
	})
}

func FuzzPolicyFilter(f *testing.F) {
	f.Add(`customer == "customers/my_customer" && (setting.type.matches('a\\.b$') || setting.type == "x")`)
	f.Add("((((")
	f.Fuzz(func(t *testing.T, s string) {
		p := &celParser{rest: s, customer: func(string) bool { return true }}
		if m := p.or(0); !p.bad {
			m(&world.Policy{})
		}
	})
}

func TestQuotas(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	for _, tt := range []struct {
		model, method string
		want          int // calls in a minute
		code          int
	}{
		{"2026-05", "drive.files.list", 3250, 403},
		{"2026-05", "drive.permissions.delete", 6500, 403},
		{"queries", "drive.files.list", 12000, 403},
		{"", "reports.activities.list", 2400, 429},
		{"", "directory.users.list", 2400, 429},
		{"", "gmail.users.drafts.send", 60, 429},
		{"", "cloudidentity.policies.list", 60, 429},
	} {
		q := quotas{now: func() time.Time { return now }, model: tt.model}
		n := 0
		path := map[string]string{"userKey": "all"}
		var err *apiError
		for ; n < 20_000; n++ {
			if err = q.spend(q.charges(tt.method, "p", "s", nil, path)); err != nil {
				break
			}
		}
		if n != tt.want || err.code != tt.code {
			t.Errorf("%s %s: %d calls, then %v", tt.model, tt.method, n, err)
		}
		now = now.Add(time.Minute)
		if err := q.spend(q.charges(tt.method, "p", "s", nil, path)); err != nil {
			t.Errorf("%s: a minute later %v", tt.method, err)
		}
	}
	q := quotas{now: func() time.Time { return now }}
	n := 0
	for q.spend(q.charges("reports.activities.list", "p", "s", map[string][]string{"eventName": {"x"}}, map[string]string{"userKey": "all"})) == nil {
		n++
	}
	if n != 250 {
		t.Errorf("filtered reports: %d calls a minute", n)
	}
}

func TestParseFaults(t *testing.T) {
	f, err := ParseFaults("rate=0.1,seed=7,kinds=429+drop+lost-audit,route=drive+reports,late=2h")
	if err != nil || f.Rate != 0.1 || f.Seed != 7 || strings.Join(f.Kinds, " ") != "429 drop lost-audit" || len(f.Routes) != 2 || f.Late != 2*time.Hour {
		t.Errorf("have %+v %v", f, err)
	}
	for _, bad := range []string{"rate=2", "kinds=fire", "speed=1", "seed=x"} {
		if _, err := ParseFaults(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
