package google

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/seen"
)

// What goes over the wire: each in the name of the teacher, with the one scope, asking for no more than is used.
func TestAnnouncementRequests(t *testing.T) {
	const (
		stream = "/v1/courses/5512/announcements"
		whole  = `{"id":"7","text":"Our rules","state":"DRAFT","creatorUserId":"11","creationTime":"2026-09-07T07:30:00.123Z","updateTime":"2026-09-08T07:30:00Z"}`
	)
	want := seen.Announcement{ID: "7", Text: "Our rules", State: seen.Draft, Creator: "11", Made: time.Date(2026, 9, 7, 7, 30, 0, 123e6, time.UTC), Changed: time.Date(2026, 9, 8, 7, 30, 0, 0, time.UTC)}
	tests := []struct {
		name   string
		do     func(context.Context, *Client) (any, error)
		answer string
		want   any
		method string
		path   string
		body   string
		query  map[string]string
	}{
		{"create", func(ctx context.Context, c *Client) (any, error) {
			return c.CreateAnnouncement(ctx, owner, "5512", "Our rules", []string{"https://school.example/rules"})
		}, `{"id":"7"}`, "7",
			"POST", stream, `{"materials":[{"link":{"url":"https://school.example/rules"}}],"state":"DRAFT","text":"Our rules"}`, map[string]string{"fields": "id"}},
		{"publish", func(ctx context.Context, c *Client) (any, error) {
			return nil, c.PublishAnnouncement(ctx, owner, "5512", "7")
		}, `{"id":"7"}`, nil, "PATCH", stream + "/7", `{"state":"PUBLISHED"}`, map[string]string{"updateMask": "state", "fields": "id"}},
		{"read", func(ctx context.Context, c *Client) (any, error) { return c.Announcement(ctx, owner, "5512", "7") }, whole, want,
			"GET", stream + "/7", ``, map[string]string{"fields": announced}},
		{"list", func(ctx context.Context, c *Client) (any, error) {
			return collect(c.Announcements(ctx, owner, "5512"))
		}, `{"announcements":[` + whole + `]}`, []seen.Announcement{want},
			"GET", stream, ``, map[string]string{"announcementStates": "DRAFT", "pageSize": "100"}},
		{"delete", func(ctx context.Context, c *Client) (any, error) {
			return nil, c.DeleteAnnouncement(ctx, owner, "5512", "7")
		}, `{}`, nil, "DELETE", stream + "/7", ``, nil},
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
			if tt.name == "list" && strings.Join(a.query["announcementStates"], " ") != "DRAFT PUBLISHED" {
				t.Errorf("states %v", a.query["announcementStates"])
			}
			if d := cmp.Diff([]string{owner + " " + ScopeAnnounceWrite}, f.tokens); d != "" {
				t.Errorf("tokens: %s", d)
			}
			if len(c.ids) != 0 {
				t.Error("a token was not forgotten")
			}
		})
	}
}

// Making a draft is never sent again when nobody knows whether it was done; only then does the error say so. The others are sent again.
func TestAnnouncementsRepeated(t *testing.T) {
	create := func(ctx context.Context, c *Client) error {
		_, err := c.CreateAnnouncement(ctx, owner, "5512", "x", nil)
		return err
	}
	publish := func(ctx context.Context, c *Client) error { return c.PublishAnnouncement(ctx, owner, "5512", "7") }
	drop := func(ctx context.Context, c *Client) error { return c.DeleteAnnouncement(ctx, owner, "5512", "7") }
	quota := step{code: 429, body: problemBody(429, "rateLimitExceeded", "x")}
	for _, tt := range []struct {
		name   string
		do     func(context.Context, *Client) error
		first  step
		sent   int
		unsure bool
		fails  bool
	}{
		{"create, a fault", create, step{code: 503}, 1, true, true},
		{"create, no answer", create, step{err: io.ErrUnexpectedEOF}, 1, true, true},
		{"create, half an answer", create, step{code: 200, body: `{"id":"7`}, 1, true, true},
		{"create, the quota", create, quota, 2, false, false},
		{"create, refused", create, step{code: 403, body: problemBody(403, "forbidden", "x")}, 1, false, true},
		{"create, an archived class", create, step{code: 400, body: problemBody(400, "failedPrecondition", "@CourseNotModifiable The course.")}, 1, false, true},
		{"publish, a fault", publish, step{code: 503}, 2, false, false},
		{"delete, no answer", drop, step{err: io.ErrUnexpectedEOF}, 2, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := script(tt.first, fine).client(t, nil)
				err := tt.do(t.Context(), c)
				n := 0
				for m, k := range c.Calls() {
					if strings.HasPrefix(m, "classroom.") {
						n += k
					}
				}
				if n != tt.sent || errors.Is(err, ErrUnsure) != tt.unsure || (err != nil) != tt.fails {
					t.Errorf("sent %d times, %v", n, err)
				}
			})
		})
	}
}

// A second publishing or deletion that Google refuses is fine where the announcement is as it was to be.
func TestAnnouncementDoneAlready(t *testing.T) {
	for _, tt := range []struct {
		state            string
		publish, deleted bool // each is fine
	}{{"PUBLISHED", true, false}, {"DRAFT", false, false}, {"DELETED", false, true}} {
		f := &fake{handle: func(w http.ResponseWriter, r *http.Request) {
			if r.Method == "GET" {
				io.WriteString(w, `{"id":"7","state":"`+tt.state+`"}`)
				return
			}
			w.WriteHeader(400)
			io.WriteString(w, problemBody(400, "failedPrecondition", "Precondition check failed."))
		}}
		c := f.client(t, nil)
		if err := c.PublishAnnouncement(t.Context(), owner, "5512", "7"); (err == nil) != tt.publish {
			t.Errorf("%s: published: %v", tt.state, err)
		}
		if err := c.DeleteAnnouncement(t.Context(), owner, "5512", "7"); (err == nil) != tt.deleted {
			t.Errorf("%s: deleted: %v", tt.state, err)
		}
	}
}

// Classroom says by a word at the beginning of a message what is wrong; of the message itself nothing is shown.
func TestAnnouncementErrors(t *testing.T) {
	for _, tt := range []struct {
		code           int
		reason, text   string
		others, closed bool
		why            seen.Reason
		says           string
	}{
		{403, "forbidden", "@ProjectPermissionDenied The project of ann@school.example.", true, false, seen.Refused, "as a teacher: this program did not make it"},
		{400, "failedPrecondition", "@CourseNotModifiable The course.", false, true, seen.Failed, "the class is archived or switched off"},
		{400, "failedPrecondition", "@AttachmentNotVisible An attachment.", false, false, seen.Failed, "cannot open what is to be attached"},
		{403, "forbidden", "The caller does not have permission", false, false, seen.Refused, "make it a teacher of the class"},
		{404, "notFound", "Requested entity was not found.", false, false, seen.Failed, "not found"},
	} {
		c := script(step{code: tt.code, body: problemBody(tt.code, tt.reason, tt.text)}).client(t, nil)
		_, err := c.CreateAnnouncement(t.Context(), owner, "5512", "Hello Ann", nil)
		if IsOthers(err) != tt.others || IsClosed(err) != tt.closed || Reason(err) != tt.why || err == nil || !strings.Contains(err.Error(), tt.says) || c.Gone(err) != (tt.code == 404) {
			t.Errorf("%s: %v", tt.text, err)
		}
		if strings.Contains(err.Error(), "Hello") || strings.Contains(err.Error(), "@") {
			t.Errorf("the error says too much: %v", err)
		}
	}
}
