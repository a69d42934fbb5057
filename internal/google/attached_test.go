package google

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/seen"
)

// materials are what Google has as a post's: two files on Drive, and what is none.
const materials = `[{"driveFile":{"driveFile":{"id":"1aaa","title":"Secret"},"shareMode":"VIEW"}},{"link":{"url":"https://museum.example/"}},{"driveFile":{}},{"driveFile":{"driveFile":{"id":"1bbb"}}}]`

// What is attached comes from three lists, each with a scope of its own: of posts that the class sees or saw, with nothing of what they say.
func TestAttached(t *testing.T) {
	f := &fake{handle: func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/announcements"):
			pages(`{"announcements":[{"id":"1","text":"Secret","materials":`+materials+`},{"id":"2"}]}`, `{"announcements":[{"id":"3","materials":[{"link":{}}]}]}`)(w, r)
		case strings.HasSuffix(r.URL.Path, "/courseWork"):
			pages(`{"courseWork":[]}`, `{"courseWork":[{"id":"4","materials":`+materials+`}]}`)(w, r)
		default:
			pages(`{"courseWorkMaterial":[{"id":"5","materials":`+materials+`}]}`)(w, r)
		}
	}}
	have, err := collect(f.client(t, nil).Attached(t.Context(), "5512"))
	both := []string{"1aaa", "1bbb"}
	want := []seen.Post{{ID: "1", Kind: seen.PostAnnouncement, Files: both}, {ID: "4", Kind: seen.PostCourseWork, Files: both}, {ID: "5", Kind: seen.PostMaterial, Files: both}}
	if d := cmp.Diff(want, have); err != nil || d != "" {
		t.Errorf("%v -want +have:\n%s", err, d)
	}
	if len(f.asked) != 5 {
		t.Fatalf("%d requests, want 5", len(f.asked))
	}
	for i, list := range []string{"announcement", "announcement", "courseWork", "courseWork", "courseWorkMaterial"} {
		q := f.asked[i].query
		if d := cmp.Diff([]string{"PUBLISHED", "DELETED"}, q[list+"States"]); d != "" {
			t.Errorf("request %d: states %s", i, d)
		}
		if fields := q.Get("fields"); !strings.HasSuffix(fields, "(id,materials(driveFile(driveFile(id))))") {
			t.Errorf("request %d asks for %s", i, fields)
		}
	}
	if d := cmp.Diff([]string{admin + " " + ScopeAnnounced, admin + " " + ScopeCourseWork, admin + " " + ScopeMaterials}, f.tokens); d != "" {
		t.Errorf("tokens: %s", d)
	}
	for _, scope := range []string{ScopeAnnounced, ScopeCourseWork, ScopeMaterials} {
		f = &fake{handle: f.handle, token: func(_, asked string) (int, string) {
			if strings.Contains(asked, scope) {
				return 401, `{"error":"unauthorized_client"}`
			}
			return 200, ""
		}}
		if _, err := collect(f.client(t, nil).Attached(t.Context(), "5512")); Reason(err) != seen.Refused || strings.Contains(err.Error(), "Secret") {
			t.Errorf("without %s: %v", scope, err)
		}
	}
}

// A post tells what is attached to it if the class sees it, or saw it until it was deleted; a draft holds nothing of the class's.
func TestPostFiles(t *testing.T) {
	ctx := t.Context()
	made := time.Date(2026, 9, 1, 8, 30, 0, 0, time.UTC)
	for kind, where := range map[string]struct{ path, fields, scope, title string }{
		seen.PostAnnouncement: {"/v1/courses/5512/announcements/7", "state,alternateLink,creationTime", ScopeAnnounced, ""},
		seen.PostCourseWork:   {"/v1/courses/5512/courseWork/7", "title,state,alternateLink,creationTime", ScopeCourseWork, "Our river"},
		seen.PostMaterial:     {"/v1/courses/5512/courseWorkMaterials/7", "title,state,alternateLink,creationTime", ScopeMaterials, "Our river"},
	} {
		for state, files := range map[string][]string{"PUBLISHED": {"1aaa", "1bbb"}, "DELETED": {"1aaa", "1bbb"}, "DRAFT": nil, "": nil} {
			readerTest{
				pages: []string{`{"title":"Our river","text":"Secret","state":"` + state + `","alternateLink":"https://classroom.example/7","creationTime":"2026-09-01T08:30:00.000Z","materials":` + materials + `}`},
				read:  func(c *Client) (any, error) { return c.Post(ctx, "5512", kind, "7") },
				want:  seen.Post{ID: "7", Kind: kind, Title: where.title, Link: "https://classroom.example/7", Made: made, Files: files},
				path:  where.path, query: map[string]string{"fields": where.fields + "," + attached}, token: admin + " " + where.scope,
			}.run(t)
		}
	}
}
