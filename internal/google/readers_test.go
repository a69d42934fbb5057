package google

import (
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/drive/v3"

	"esafetybot/internal/seen"
)

// pages answers page n (from 0) of a list by its page token, and remembers nothing.
func pages(list ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		n := 0
		if tok := r.URL.Query().Get("pageToken"); tok != "" {
			fmt.Sscanf(tok, "page%d", &n)
		}
		body := strings.TrimSuffix(list[n], "}")
		if n+1 < len(list) {
			body += fmt.Sprintf(`,"nextPageToken":"page%d"`, n+1)
		}
		io.WriteString(w, body+"}")
	}
}

// A readerTest reads a list from an answer of these pages.
type readerTest struct {
	name  string
	pages []string
	read  func(*Client) (any, error)
	want  any
	path  string
	query map[string]string // of the first request
	token string            // subject and scope
}

func (tt readerTest) run(t *testing.T) {
	f := &fake{handle: pages(tt.pages...)}
	c := f.client(t, nil)
	have, err := tt.read(c)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(tt.want, have); d != "" {
		t.Errorf("-want +have:\n%s", d)
	}
	if len(f.asked) != len(tt.pages) {
		t.Errorf("%d requests, want %d", len(f.asked), len(tt.pages))
	}
	first := f.asked[0]
	if first.path != tt.path {
		t.Errorf("path %q, want %q", first.path, tt.path)
	}
	for k, want := range tt.query {
		if have := first.query.Get(k); have != want {
			t.Errorf("%s=%q, want %q", k, have, want)
		}
	}
	if d := cmp.Diff([]string{tt.token}, f.tokens); d != "" {
		t.Errorf("tokens: %s", d)
	}
	for id := range c.ids {
		if !strings.HasPrefix(id, admin) {
			t.Errorf("the token of %q was not forgotten", id)
		}
	}
}

func TestReaders(t *testing.T) {
	day := time.Date(2026, 9, 1, 8, 30, 0, 0, time.UTC)
	ctx := t.Context()
	all := func(v any, err error) (any, error) { return v, err }
	tests := []readerTest{
		{
			"users",
			[]string{
				`{"users":[{"id":"1","primaryEmail":"Ann@School.example","aliases":["A.B@school.example"],"nonEditableAliases":["ann@alias.example"],
				"name":{"fullName":"Ann Bee"},"orgUnitPath":"/Pupils","suspended":true,"creationTime":"2026-09-01T08:30:00.000Z"}]}`,
				`{"users":[{"id":"2","primaryEmail":"g@x.example","isGuestUser":true,"archived":true}]}`,
			},
			func(c *Client) (any, error) { return all(collect(c.Users(ctx))) },
			[]seen.Account{
				{ID: "1", Address: "ann@school.example", Aliases: []string{"a.b@school.example", "ann@alias.example"}, Name: "Ann Bee", Unit: "/Pupils", SwitchedOff: true, Created: day},
				{ID: "2", Address: "g@x.example", Guest: true, Archived: true},
			},
			"/admin/directory/v1/users", map[string]string{"customer": "my_customer", "maxResults": "500"}, admin + " " + ScopeUsers,
		},
		{
			"units",
			[]string{`{"organizationUnits":[{"orgUnitId":"id:b","orgUnitPath":"/Pupils","parentOrgUnitId":"id:a","parentOrgUnitPath":"/"},
				{"orgUnitId":"id:c","orgUnitPath":"/Pupils/Y4","parentOrgUnitId":"id:b","parentOrgUnitPath":"/Pupils"}]}`},
			func(c *Client) (any, error) { return all(collect(c.Units(ctx))) },
			[]seen.Unit{{ID: "b", Path: "/Pupils"}, {ID: "c", Path: "/Pupils/Y4"}, {ID: "a", Path: "/"}},
			"/admin/directory/v1/customer/my_customer/orgunits", map[string]string{"type": "allIncludingParent", "orgUnitPath": "/"}, admin + " " + ScopeUnits,
		},
		{
			"groups",
			[]string{`{"groups":[{"id":"g1","email":"Staff@school.example","aliases":["All@school.example"],"name":"Staff"}]}`, `{"groups":[{"id":"g2","email":"x@school.example"}]}`},
			func(c *Client) (any, error) { return all(collect(c.Groups(ctx))) },
			[]seen.Group{{ID: "g1", Address: "staff@school.example", Aliases: []string{"all@school.example"}, Name: "Staff"}, {ID: "g2", Address: "x@school.example"}},
			"/admin/directory/v1/groups", map[string]string{"customer": "my_customer", "maxResults": "200"}, admin + " " + ScopeGroups,
		},
		{
			"members",
			[]string{`{"members":[{"id":"1","email":"Ann@school.example","type":"USER"}]}`, `{"members":[{"id":"C01","type":"CUSTOMER"}]}`, `{}`},
			func(c *Client) (any, error) { return all(collect(c.Members(ctx, "g1"))) },
			[]seen.Member{{ID: "1", Address: "ann@school.example", Type: "USER"}, {ID: "C01", Type: "CUSTOMER"}},
			"/admin/directory/v1/groups/g1/members", map[string]string{"maxResults": "200"}, admin + " " + ScopeGroups,
		},
		{
			"domains",
			[]string{`{"domains":[{"domainName":"School.example","domainAliases":[{"domainAliasName":"alias.example"}]},{"domainName":"trust.example"}]}`},
			func(c *Client) (any, error) { return all(c.Domains(ctx)) },
			[]string{"school.example", "alias.example", "trust.example"},
			"/admin/directory/v1/customer/my_customer/domains", nil, admin + " " + ScopeDomains,
		},
		{
			"an open group",
			[]string{`{"whoCanJoin":"ANYONE_CAN_JOIN"}`},
			func(c *Client) (any, error) { return all(c.GroupOpen(ctx, "club@school.example")) },
			true,
			"/groups/v1/groups/club@school.example", map[string]string{"alt": "json"}, admin + " " + ScopeSettings,
		},
		{
			"a closed group",
			[]string{`{"whoCanJoin":"CAN_REQUEST_TO_JOIN"}`},
			func(c *Client) (any, error) { return all(c.GroupOpen(ctx, "club@school.example")) },
			false,
			"/groups/v1/groups/club@school.example", nil, admin + " " + ScopeSettings,
		},
		{
			"drives",
			[]string{`{"drives":[{"id":"0A1","name":"Office","orgUnitId":"b"}]}`, `{"drives":[{"id":"0A2","name":"Staff"}]}`},
			func(c *Client) (any, error) { return all(collect(c.Drives(ctx))) },
			[]seen.Drive{{ID: "0A1", Name: "Office", Unit: "b"}, {ID: "0A2", Name: "Staff"}},
			"/drive/v3/drives", map[string]string{"useDomainAdminAccess": "true", "pageSize": "100"}, admin + " " + ScopeDrives,
		},
		{
			"members of a drive",
			[]string{
				`{"permissions":[{"id":"p1","type":"user","role":"organizer","emailAddress":"It@school.example","permissionDetails":[{"permissionType":"member","role":"organizer","inherited":false}]}]}`,
				`{"permissions":[{"id":"p2","type":"group","role":"reader","emailAddress":"x@out.example"}]}`,
			},
			func(c *Client) (any, error) { return all(c.DriveMembers(ctx, "0A1")) },
			[]seen.Grant{{ID: "p1", Type: "user", Role: "organizer", Own: "organizer", Address: "it@school.example"}, {ID: "p2", Type: "group", Role: "reader", Own: "reader", Address: "x@out.example"}},
			"/drive/v3/files/0A1/permissions", map[string]string{"useDomainAdminAccess": "true", "supportsAllDrives": "true", "pageSize": "100"}, admin + " " + ScopeMetadata,
		},
		{
			"owned items",
			[]string{
				`{"files":[{"id":"f1","name":"Plan","mimeType":"application/vnd.google-apps.folder","parents":["root-1"],"owners":[{"emailAddress":"Ann@school.example"}],
				"webViewLink":"https://drive.example/f1","createdTime":"2026-09-01T08:30:00.000Z","permissions":[{"id":"anyoneWithLink","type":"anyone","role":"reader"}]}]}`,
				`{"files":[{"id":"f2","name":"Secret"}]}`,
			},
			func(c *Client) (any, error) { return all(collect(c.OwnedItems(ctx, owner))) },
			[]seen.Item{
				{ID: "f1", Name: "Plan", MimeType: seen.MimeFolder, Parent: "root-1", Owner: "ann@school.example", Link: "https://drive.example/f1", Created: day, GrantsSeen: true,
					Grants: []seen.Grant{{ID: "anyoneWithLink", Type: "anyone", Role: "reader", Own: "reader"}}},
				{ID: "f2", Name: "Secret", Grants: []seen.Grant{}},
			},
			"/drive/v3/files", map[string]string{"q": "'me' in owners and trashed=false", "orderBy": "folder", "pageSize": "1000", "includePermissionsForView": "published"}, owner + " " + ScopeMetadata,
		},
		{
			"items of a drive",
			[]string{`{"files":[{"id":"f1","driveId":"0A1","parents":["0A1"],"hasAugmentedPermissions":true}]}`},
			func(c *Client) (any, error) { return all(collect(c.DriveItems(ctx, "0A1", owner))) },
			[]seen.Item{{ID: "f1", Drive: "0A1", Parent: "0A1", Augmented: true, Grants: []seen.Grant{}}},
			"/drive/v3/files", map[string]string{"q": "trashed=false", "corpora": "drive", "driveId": "0A1", "includeItemsFromAllDrives": "true", "supportsAllDrives": "true", "pageSize": "1000"}, owner + " " + ScopeMetadata,
		},
		{
			"one item",
			[]string{`{"id":"f1","trashed":true,"permissions":[]}`},
			func(c *Client) (any, error) { return all(c.Item(ctx, owner, "f1")) },
			seen.Item{ID: "f1", Trashed: true, GrantsSeen: true, Grants: []seen.Grant{}},
			"/drive/v3/files/f1", map[string]string{"supportsAllDrives": "true", "includePermissionsForView": "published"}, owner + " " + ScopeMetadata,
		},
		{
			"grants of an item",
			[]string{
				`{"permissions":[{"id":"p1","type":"user","role":"organizer","permissionDetails":[{"permissionType":"member","role":"organizer","inherited":true,"inheritedFrom":"0A1"}]}]}`,
				`{"permissions":[{"id":"p2","type":"user","role":"reader","emailAddress":"x@out.example","permissionDetails":[{"permissionType":"file","role":"reader","inherited":false}]}]}`,
			},
			func(c *Client) (any, error) { return all(c.ItemGrants(ctx, owner, "f1")) },
			[]seen.Grant{{ID: "p2", Type: "user", Role: "reader", Own: "reader", Address: "x@out.example"}},
			"/drive/v3/files/f1/permissions", map[string]string{"supportsAllDrives": "true", "includePermissionsForView": "published", "pageSize": "100", "useDomainAdminAccess": ""}, owner + " " + ScopeMetadata,
		},
		{
			"drafts",
			[]string{`{"drafts":[{"id":"d1"},{"id":"d2"}]}`, `{"drafts":[{"id":"d3"}]}`, `{"resultSizeEstimate":0}`},
			func(c *Client) (any, error) { return all(collect(c.ListDrafts(ctx, owner))) },
			[]string{"d1", "d2", "d3"},
			"/gmail/v1/users/me/drafts", nil, owner + " " + ScopeCompose,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, tt.run)
	}
}

func TestFieldsAskedFor(t *testing.T) {
	f := &fake{handle: pages(`{}`)}
	c := f.client(t, nil)
	if _, err := collect(c.OwnedItems(t.Context(), owner)); err != nil {
		t.Fatal(err)
	}
	if _, err := collect(c.DriveItems(t.Context(), "0A1", owner)); err != nil {
		t.Fatal(err)
	}
	const base = "id,name,mimeType,parents,owners(emailAddress),driveId,webViewLink,createdTime,trashed,hasAugmentedPermissions"
	want := []string{
		"nextPageToken,incompleteSearch,files(" + base + ",permissions(id,type,role,emailAddress,domain,allowFileDiscovery,expirationTime,deleted,pendingOwner,view,permissionDetails(permissionType,role,inherited,inheritedFrom)))",
		"nextPageToken,incompleteSearch,files(" + base + ",capabilities(canListChildren))", // Google gives more files a page without permissions
	}
	for i, w := range want {
		if have := f.asked[i].query.Get("fields"); have != w {
			t.Errorf("have %q\nwant %q", have, w)
		}
	}
}

// A list that Google calls incomplete gives what there is, and then says so.
func TestIncompleteSearch(t *testing.T) {
	f := &fake{handle: pages(`{"incompleteSearch":true,"files":[{"id":"1"}]}`, `{"files":[{"id":"2"}]}`)}
	c := f.client(t, nil)
	for range 2 { // a stream can be read again
		n := 0
		var last error
		for _, err := range c.OwnedItems(t.Context(), owner) {
			if last = err; err == nil {
				n++
			}
		}
		if n != 2 || Reason(last) != seen.Partial {
			t.Errorf("have %d items and %v, want 2 and a partial answer", n, last)
		}
		silent(t, last)
	}
	if len(c.ids) != 0 {
		t.Error("a token was kept")
	}
}

func TestListThatDoesNotEnd(t *testing.T) {
	f := &fake{handle: func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"nextPageToken":"same","users":[{"id":"1"}]}`)
	}}
	_, err := collect(f.client(t, nil).Users(t.Context()))
	if err == nil || !strings.Contains(err.Error(), "does not end") || len(f.asked) != 2 {
		t.Errorf("have %v after %d requests", err, len(f.asked))
	}
}

// A reader that has enough asks for nothing more.
func TestStreamsStopEarly(t *testing.T) {
	f := &fake{handle: pages(`{"files":[{"id":"1"},{"id":"2"}]}`, `{"files":[{"id":"3"}]}`)}
	c := f.client(t, nil)
	next, stop := iter.Pull2(c.Children(t.Context(), owner, []string{"a"}))
	if it, err, ok := next(); it.ID != "1" || err != nil || !ok {
		t.Errorf("have %q %v", it.ID, err)
	}
	stop()
	if len(f.asked) != 1 || len(c.ids) != 0 {
		t.Errorf("%d requests and %d identities, want 1 and none", len(f.asked), len(c.ids))
	}
}

func TestChildrenAsksFortyFoldersAtATime(t *testing.T) {
	f := &fake{handle: func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, `{"files":[{"id":"x"}]}`) }}
	c := f.client(t, nil)
	folders := []string{"a'b", `c\d`}
	for i := range 79 {
		folders = append(folders, fmt.Sprint("f", i))
	}
	items, err := collect(c.Children(t.Context(), owner, folders))
	if err != nil || len(items) != 3 || len(f.asked) != 3 || len(f.tokens) != 1 {
		t.Errorf("%v: %d items, %d requests, %d tokens, want 3, 3 and 1", err, len(items), len(f.asked), len(f.tokens))
	}
	if q := f.asked[0].query.Get("q"); !strings.HasPrefix(q, `'a\'b' in parents or 'c\\d' in parents or 'f0' in parents or `) || !strings.HasSuffix(q, "' in parents") {
		t.Errorf("query %q", q)
	}
	if q := f.asked[2].query.Get("q"); q != "'f78' in parents" {
		t.Errorf("query %q", q)
	}
	if items, err := collect(c.Children(t.Context(), owner, nil)); err != nil || items != nil || len(f.asked) != 3 {
		t.Error("no folders must ask nothing")
	}
}

func TestEvents(t *testing.T) {
	f := &fake{handle: pages(`{"items":[
		{"id":{"time":"2026-09-01T08:30:00.000Z","uniqueQualifier":"-7"},"actor":{"email":"Ann@school.example"},"events":[
			{"name":"change_user_access","parameters":[{"name":"doc_id","value":"f1"},{"name":"doc_type","value":"document"},{"name":"owner","value":"Ann@school.example"},
				{"name":"target_user","value":"X@out.example"},{"name":"old_value","multiValue":["none"]},{"name":"new_value","multiValue":["can_view","can_comment"]},{"name":"primary_event","boolValue":true},{"name":"is_encrypted"}]},
			{"name":"change_document_visibility","parameters":[{"name":"doc_id","value":"f1"},{"name":"shared_drive_id","value":"0A1"},{"name":"n","intValue":"3"}]}]}]}`,
		`{"items":[{"id":{"time":"2026-09-01T08:00:00.000Z","uniqueQualifier":"8"},"events":[{"name":"change_user_access"}]}]}`)}
	c := f.client(t, nil)
	from := time.Date(2026, 8, 31, 8, 0, 0, 5e6, time.FixedZone("BST", 3600))
	have, err := collect(c.Events(t.Context(), "drive", "", from, time.Time{}))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 9, 1, 8, 30, 0, 0, time.UTC)
	want := []seen.Event{
		{Record: "2026-09-01T08:30:00.000Z/-7", Time: at, Name: "change_user_access", Actor: "ann@school.example", Doc: "f1", DocType: "document",
			Owner: "ann@school.example", Target: "x@out.example", NewValue: "can_view,can_comment", Params: map[string]string{"old_value": "none", "primary_event": "true"}},
		{Record: "2026-09-01T08:30:00.000Z/-7", Time: at, Name: "change_document_visibility", Actor: "ann@school.example", Doc: "f1", Drive: "0A1", Params: map[string]string{"n": "3"}},
		{Record: "2026-09-01T08:00:00.000Z/8", Time: at.Add(-30 * time.Minute), Name: "change_user_access"},
	}
	if d := cmp.Diff(want, have); d != "" {
		t.Errorf("-want +have:\n%s", d)
	}
	first := f.asked[0]
	if first.path != "/admin/reports/v1/activity/users/all/applications/drive" || first.query.Get("startTime") != "2026-08-31T07:00:00.005Z" ||
		first.query.Has("endTime") || first.query.Has("eventName") || first.query.Get("maxResults") != "1000" {
		t.Errorf("asked %+v", first)
	}
	some, err := collect(c.Events(t.Context(), "drive", "change_document_visibility", time.Time{}, at))
	if err != nil || len(some) != 1 || some[0].Name != "change_document_visibility" {
		t.Errorf("have %v %v, want the one event of that name", some, err)
	}
	if q := f.asked[2].query; q.Get("eventName") != "change_document_visibility" || q.Get("endTime") != "2026-09-01T08:30:00.000Z" || q.Has("startTime") {
		t.Errorf("asked %v", q)
	}
}

func TestAdminEvents(t *testing.T) {
	for _, params := range []string{
		`{"name":"USER_EMAIL","value":"Ann@school.example"},{"name":"GROUP_EMAIL","value":"G@school.example"},{"name":"NEW_VALUE","value":"x"}`,
		`{"name":"GROUP_EMAIL","value":"G@school.example"},{"name":"NEW_VALUE","value":"x"},{"name":"USER_EMAIL","value":"Ann@school.example"}`,
	} {
		f := &fake{handle: pages(`{"items":[{"id":{"time":"2026-09-01T08:30:00.000Z"},"events":[{"name":"ADD_GROUP_MEMBER","parameters":[` + params + `]}]}]}`)}
		have, err := collect(f.client(t, nil).Events(t.Context(), "admin", "", time.Time{}, time.Time{}))
		if err != nil {
			t.Fatal(err)
		}
		e := have[0]
		if e.Target != "g@school.example" || e.NewValue != "x" || e.Params["USER_EMAIL"] != "ann@school.example" || e.Params["GROUP_EMAIL"] != "g@school.example" {
			t.Errorf("have %+v", e)
		}
	}
}

func TestGrant(t *testing.T) {
	type details = []*drive.PermissionPermissionDetails
	tests := []struct {
		name string
		p    drive.Permission
		want seen.Grant
		drop bool
	}{
		{"without details", drive.Permission{Id: "1", Type: "user", Role: "writer", EmailAddress: "A@X.example"},
			seen.Grant{ID: "1", Type: "user", Role: "writer", Own: "writer", Address: "a@x.example"}, false},
		{"inherited", drive.Permission{Role: "reader", PermissionDetails: details{{PermissionType: "file", Role: "reader", Inherited: true}}},
			seen.Grant{Role: "reader", Inherited: "reader"}, false},
		{"own above inherited", drive.Permission{Role: "writer", PermissionDetails: details{{PermissionType: "file", Role: "reader", Inherited: true, InheritedFrom: "f"}, {PermissionType: "file", Role: "writer"}}},
			seen.Grant{Role: "writer", Own: "writer", Inherited: "reader", From: "f"}, false},
		{"the highest of several", drive.Permission{Role: "organizer", PermissionDetails: details{
			{PermissionType: "file", Role: "commenter", Inherited: true, InheritedFrom: "far"}, {PermissionType: "file", Role: "writer", Inherited: true, InheritedFrom: "near"},
			{PermissionType: "file", Role: "reader"}, {PermissionType: "member", Role: "organizer", Inherited: true, InheritedFrom: "0A1"}}},
			seen.Grant{Role: "organizer", Own: "reader", Inherited: "writer", From: "near"}, false},
		{"membership only", drive.Permission{Role: "organizer", PermissionDetails: details{{PermissionType: "member", Role: "organizer", Inherited: true}}}, seen.Grant{}, true},
		{"marks", drive.Permission{Type: "anyone", Role: "reader", AllowFileDiscovery: true, View: "published", ExpirationTime: "2026-09-01T09:30:00+01:00", PendingOwner: true, Deleted: true, Domain: "Trust.Example"},
			seen.Grant{Type: "anyone", Role: "reader", Own: "reader", Discoverable: true, View: "published", Until: time.Date(2026, 9, 1, 8, 30, 0, 0, time.UTC), PendingOwner: true, Deleted: true, Domain: "trust.example"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			have, keep := grant(&tt.p)
			if keep == tt.drop {
				t.Errorf("kept: %v", keep)
			}
			if d := cmp.Diff(tt.want, have); keep && d != "" {
				t.Errorf("-want +have:\n%s", d)
			}
		})
	}
}
