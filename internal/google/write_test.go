package google

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/seen"
)

func TestWrites(t *testing.T) {
	until := time.Date(2026, 12, 1, 8, 30, 0, 0, time.FixedZone("CET", 3600))
	none := func(err error) (any, error) { return nil, err }
	const (
		user   = "/admin/directory/v1/users/1"
		member = "/admin/directory/v1/groups/g1/members"
		grants = "/drive/v3/files/f1/permissions"
	)
	tests := []struct {
		name   string
		do     func(context.Context, *Client) (any, error)
		answer string
		want   any
		method string
		path   string
		body   string
		query  map[string]string
		absent string // a parameter that must not be sent
		token  string
	}{
		{"move", func(ctx context.Context, c *Client) (any, error) {
			return none(c.MoveUser(ctx, "1", "/Pupils/No mail"))
		}, `{"id":"1"}`, nil,
			"PATCH", user, `{"orgUnitPath":"/Pupils/No mail"}`, map[string]string{"fields": "id"}, "", admin + " " + ScopeUsersWrite},
		{"switch off", func(ctx context.Context, c *Client) (any, error) { return none(c.SwitchOff(ctx, "1", true)) }, `{}`, nil,
			"PATCH", user, `{"suspended":true}`, nil, "", admin + " " + ScopeUsersWrite},
		{"switch on", func(ctx context.Context, c *Client) (any, error) { return none(c.SwitchOff(ctx, "1", false)) }, `{}`, nil,
			"PATCH", user, `{"suspended":false}`, nil, "", admin + " " + ScopeUsersWrite},
		{"recovery address", func(ctx context.Context, c *Client) (any, error) {
			return none(c.SetRecovery(ctx, "1", "x@home.example"))
		}, `{}`, nil,
			"PATCH", user, `{"recoveryEmail":"x@home.example"}`, nil, "", admin + " " + ScopeUsersWrite},
		{"no recovery address", func(ctx context.Context, c *Client) (any, error) { return none(c.SetRecovery(ctx, "1", "")) }, `{}`, nil,
			"PATCH", user, `{"recoveryEmail":""}`, nil, "", admin + " " + ScopeUsersWrite},
		{"sign out", func(ctx context.Context, c *Client) (any, error) { return none(c.SignOut(ctx, "1")) }, ``, nil,
			"POST", user + "/signOut", ``, nil, "", admin + " " + ScopeSecurity},
		{"revoke an app", func(ctx context.Context, c *Client) (any, error) { return none(c.RevokeApp(ctx, "1", "9.apps")) }, ``, nil,
			"DELETE", user + "/tokens/9.apps", ``, nil, "", admin + " " + ScopeSecurity},
		{"remove a member", func(ctx context.Context, c *Client) (any, error) { return none(c.RemoveMember(ctx, "g1", "1")) }, ``, nil,
			"DELETE", member + "/1", ``, nil, "", admin + " " + ScopeMembersWrite},
		{"add a member", func(ctx context.Context, c *Client) (any, error) { return none(c.AddMember(ctx, "g1", "1", "MANAGER")) }, `{"id":"1"}`, nil,
			"POST", member, `{"id":"1","role":"MANAGER"}`, nil, "", admin + " " + ScopeMembersWrite},
		{"add an address", func(ctx context.Context, c *Client) (any, error) {
			return none(c.AddMember(ctx, "g1", "x@out.example", "MEMBER"))
		}, `{}`, nil,
			"POST", member, `{"email":"x@out.example","role":"MEMBER"}`, nil, "", admin + " " + ScopeMembersWrite},
		{"grants", func(ctx context.Context, c *Client) (any, error) { return c.Grants(ctx, owner, "f1") }, `{"permissions":[{"id":"p1","type":"anyone","role":"reader"}]}`,
			[]seen.Grant{{ID: "p1", Type: "anyone", Role: "reader", Own: "reader"}},
			"GET", grants, ``, nil, "", owner + " " + ScopeMetadata},
		{"delete a grant", func(ctx context.Context, c *Client) (any, error) { return none(c.DeleteGrant(ctx, owner, "f1", "p1")) }, ``, nil,
			"DELETE", grants + "/p1", ``, map[string]string{"supportsAllDrives": "true"}, "", owner + " " + ScopeDriveWrite},
		{"narrow a grant", func(ctx context.Context, c *Client) (any, error) {
			return none(c.SetRole(ctx, owner, "f1", "p1", "reader"))
		}, `{}`, nil,
			"PATCH", grants + "/p1", `{"role":"reader"}`, map[string]string{"supportsAllDrives": "true"}, "removeExpiration", owner + " " + ScopeDriveWrite},
		{"add a grant", func(ctx context.Context, c *Client) (any, error) {
			return c.AddGrant(ctx, owner, "f1", seen.Grant{ID: "old", Type: "user", Role: "writer", Own: "reader", Inherited: "writer", Address: "x@out.example", Until: until})
		}, `{"id":"p9"}`, "p9",
			"POST", grants, `{"emailAddress":"x@out.example","expirationTime":"2026-12-01T07:30:00Z","role":"reader","type":"user"}`,
			map[string]string{"sendNotificationEmail": "false", "supportsAllDrives": "true"}, "transferOwnership", owner + " " + ScopeDriveWrite},
		{"add a link", func(ctx context.Context, c *Client) (any, error) {
			return c.AddGrant(ctx, owner, "f1", seen.Grant{Type: "anyone", Role: "reader", View: "published"})
		}, `{"id":"anyoneWithLink"}`, "anyoneWithLink",
			"POST", grants, `{"allowFileDiscovery":false,"role":"reader","type":"anyone","view":"published"}`, nil, "sendNotificationEmail", owner + " " + ScopeDriveWrite},
		{"add a domain", func(ctx context.Context, c *Client) (any, error) {
			return c.AddGrant(ctx, owner, "f1", seen.Grant{Type: "domain", Role: "reader", Domain: "trust.example", Discoverable: true})
		}, `{"id":"d"}`, "d",
			"POST", grants, `{"allowFileDiscovery":true,"domain":"trust.example","role":"reader","type":"domain"}`, nil, "sendNotificationEmail", owner + " " + ScopeDriveWrite},
		{"members of a drive", func(ctx context.Context, c *Client) (any, error) { return c.Grants(ctx, "", "f1") }, `{"permissions":[{"id":"p1","type":"user","role":"organizer"}]}`,
			[]seen.Grant{{ID: "p1", Type: "user", Role: "organizer", Own: "organizer"}},
			"GET", grants, ``, map[string]string{"useDomainAdminAccess": "true"}, "", admin + " " + ScopeMetadata},
		{"delete a member of a drive", func(ctx context.Context, c *Client) (any, error) { return none(c.DeleteGrant(ctx, "", "f1", "p1")) }, ``, nil,
			"DELETE", grants + "/p1", ``, map[string]string{"useDomainAdminAccess": "true"}, "", admin + " " + ScopeDriveWrite},
		{"add a member to a drive", func(ctx context.Context, c *Client) (any, error) {
			return c.AddGrant(ctx, "", "f1", seen.Grant{Type: "user", Role: "fileOrganizer", Own: "fileOrganizer", Address: "x@out.example"})
		}, `{"id":"p9"}`, "p9",
			"POST", grants, `{"emailAddress":"x@out.example","role":"fileOrganizer","type":"user"}`,
			map[string]string{"sendNotificationEmail": "false", "useDomainAdminAccess": "true"}, "", admin + " " + ScopeDriveWrite},
		{"hand over", func(ctx context.Context, c *Client) (any, error) {
			return none(c.HandOver(ctx, owner, "f1", "head@school.example"))
		}, `{"id":"p9"}`, nil,
			"POST", grants, `{"emailAddress":"head@school.example","role":"owner","type":"user"}`, map[string]string{"transferOwnership": "true"}, "sendNotificationEmail", owner + " " + ScopeDriveWrite},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := &fake{handle: func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, tt.answer) }}
			c := f.client(t, nil)
			have, err := tt.do(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, have); d != "" {
				t.Errorf("-want +have:\n%s", d)
			}
			if len(f.asked) != 1 {
				t.Fatalf("%d requests, want one", len(f.asked))
			}
			a := f.asked[0]
			if a.method != tt.method || a.path != tt.path || trim(a.body) != tt.body {
				t.Errorf("asked %s %s %s\nwant  %s %s %s", a.method, a.path, a.body, tt.method, tt.path, tt.body)
			}
			for k, want := range tt.query {
				if have := a.query.Get(k); have != want {
					t.Errorf("%s=%q, want %q", k, have, want)
				}
			}
			if tt.absent != "" && a.query.Has(tt.absent) {
				t.Errorf("sent %s", tt.absent)
			}
			if d := cmp.Diff([]string{tt.token}, f.tokens); d != "" {
				t.Errorf("tokens: %s", d)
			}
			for id := range c.ids {
				if id[:len(admin)] != admin {
					t.Errorf("the token of %q was not forgotten", id)
				}
			}
		})
	}
}

func trim(body string) string {
	if n := len(body); n > 0 && body[n-1] == '\n' {
		return body[:n-1]
	}
	return body
}

// Drive wants the role with each change: the one that was given on the file itself.
func TestSetExpiry(t *testing.T) {
	tests := []struct {
		have  string // the permission as it is
		until time.Time
		body  string
		never bool
	}{
		{`{"role":"commenter"}`, time.Date(2026, 12, 1, 8, 30, 0, 0, time.UTC), `{"expirationTime":"2026-12-01T08:30:00Z","role":"commenter"}`, false},
		{`{"role":"writer","permissionDetails":[{"permissionType":"file","role":"writer","inherited":true},{"permissionType":"file","role":"reader"}]}`, time.Time{}, `{"role":"reader"}`, true},
		{`{"role":"writer","permissionDetails":[{"permissionType":"member","role":"writer"}]}`, time.Time{}, `{"role":"writer"}`, true},
	}
	for _, tt := range tests {
		f := &fake{handle: func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, tt.have) }}
		c := f.client(t, nil)
		if err := c.SetExpiry(t.Context(), owner, "f1", "p1", tt.until); err != nil {
			t.Fatal(err)
		}
		if a := f.asked[1]; a.method != "PATCH" || trim(a.body) != tt.body || (a.query.Get("removeExpiration") == "true") != tt.never {
			t.Errorf("asked %s %s %v, want %s", a.method, a.body, a.query, tt.body)
		}
		if len(f.tokens) != 1 || len(c.ids) != 0 {
			t.Errorf("%d tokens, %d kept", len(f.tokens), len(c.ids))
		}
	}
	f := &fake{handle: func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(404)
		io.WriteString(w, problemBody(404, "notFound", "Permission not found: p1."))
	}}
	c := f.client(t, nil)
	if err := c.SetExpiry(t.Context(), owner, "f1", "p1", time.Time{}); !c.Gone(err) || len(f.asked) != 1 {
		t.Errorf("have %v after %d requests", err, len(f.asked))
	}
}

// What is not there: nobody's membership, nothing left to delete, or an error that says so.
func TestWritesOfWhatIsNotThere(t *testing.T) {
	missing := func(message string) *Client {
		return (&fake{handle: func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(404)
			io.WriteString(w, problemBody(404, "notFound", message))
		}}).client(t, nil)
	}
	ctx, c := t.Context(), missing("Resource Not Found: memberKey")
	if role, ok, err := c.IsMember(ctx, "g1", "1"); role != "" || ok || err != nil {
		t.Errorf("a member: %q %v %v", role, ok, err)
	}
	if err := errors.Join(c.RemoveMember(ctx, "g1", "1"), c.RevokeApp(ctx, "1", "9.apps"), missing("Permission not found: p1.").DeleteGrant(ctx, owner, "f1", "p1")); err != nil {
		t.Errorf("deleting what is not there: %v", err)
	}
	_, person := c.Person(ctx, "1")
	_, byAddress := c.Person(ctx, "ann@school.example")
	for _, err := range []error{person, byAddress, c.MoveUser(ctx, "1", "/X"), c.AddMember(ctx, "g1", "1", "MEMBER"), missing("File not found: f1.").DeleteGrant(ctx, owner, "f1", "p1")} {
		if !c.Gone(err) {
			t.Errorf("have %v, want an error that says that it is gone", err)
		}
		silent(t, err)
	}
	if c.Gone(nil) || c.Gone(errors.New("x")) {
		t.Error("gone without a reason")
	}
	is := (&fake{handle: func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"role":"OWNER"}`) }}).client(t, nil)
	if role, ok, err := is.IsMember(ctx, "g1", "1"); role != "OWNER" || !ok || err != nil {
		t.Errorf("a member: %q %v %v", role, ok, err)
	}
	twice := (&fake{handle: func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(409)
		io.WriteString(w, problemBody(409, "duplicate", "Member already exists."))
	}}).client(t, nil)
	if err := twice.AddMember(ctx, "g1", "1", "MEMBER"); err != nil {
		t.Errorf("a member already: %v", err)
	}
}

// What sets a state or deletes is sent again when nobody knows whether it was done, what adds something is not.
func TestWhichWritesAreRepeated(t *testing.T) {
	tests := []struct {
		method string
		again  bool
		do     func(context.Context, *Client) error
	}{
		{"directory.users.patch", true, func(ctx context.Context, c *Client) error { return c.MoveUser(ctx, "1", "/X") }},
		{"directory.users.signOut", true, func(ctx context.Context, c *Client) error { return c.SignOut(ctx, "1") }},
		{"directory.tokens.delete", true, func(ctx context.Context, c *Client) error { return c.RevokeApp(ctx, "1", "a") }},
		{"directory.members.delete", true, func(ctx context.Context, c *Client) error { return c.RemoveMember(ctx, "g1", "1") }},
		{"directory.members.insert", false, func(ctx context.Context, c *Client) error { return c.AddMember(ctx, "g1", "1", "MEMBER") }},
		{"drive.permissions.delete", true, func(ctx context.Context, c *Client) error { return c.DeleteGrant(ctx, owner, "f1", "p1") }},
		{"drive.permissions.update", true, func(ctx context.Context, c *Client) error { return c.SetRole(ctx, owner, "f1", "p1", "reader") }},
		{"drive.permissions.create", false, func(ctx context.Context, c *Client) error { return c.HandOver(ctx, owner, "f1", "x@school.example") }},
		{"drive.permissions.create", false, func(ctx context.Context, c *Client) error {
			_, err := c.AddGrant(ctx, owner, "f1", seen.Grant{Type: "anyone", Role: "reader"})
			return err
		}},
	}
	for _, tt := range tests {
		t.Run(tt.method, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := script(step{code: 503}, fine).client(t, nil)
				err := tt.do(t.Context(), c)
				want := 1
				if tt.again {
					want = 2
				}
				if n := c.Calls()[tt.method]; n != want || errors.Is(err, ErrUnsure) == tt.again || tt.again && err != nil {
					t.Errorf("sent %d times, %v", n, err)
				}
			})
		})
	}
}
