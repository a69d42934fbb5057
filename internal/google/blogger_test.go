package google

import (
	"testing"
	"time"

	"esafetybot/internal/seen"
)

// What is read of a blog: titles without texts for who looks at comments, texts for who looks for names; and no more than that.
func TestBlogReaders(t *testing.T) {
	at := time.Date(2026, 9, 1, 8, 30, 0, 0, time.UTC)
	const who = "kim@school.example"
	for _, tt := range []readerTest{
		{
			"posts",
			[]string{`{"items":[{"id":"1","title":"Our pond","url":"https://pond.example/1","published":"2026-09-01T08:30:00Z","status":"LIVE","readerComments":"ALLOW"}]}`,
				`{"items":[{"id":"2","published":"2026-09-01T09:30:00+01:00","readerComments":"DONT_ALLOW_HIDE_EXISTING"}]}`},
			func(c *Client) (any, error) { return collect(c.BlogPosts(t.Context(), who, "41")) },
			[]seen.BlogPost{{ID: "1", Title: "Our pond", Link: "https://pond.example/1", Made: at, Live: true, Open: true}, {ID: "2", Made: at, Live: true}},
			"/v3/blogs/41/posts", map[string]string{"status": "LIVE", "fetchBodies": "false", "maxResults": "500", "fields": "nextPageToken,items(id,title,url,published,status,readerComments)"}, who + " " + ScopeBlogs,
		},
		{
			"texts",
			[]string{`{"items":[{"id":"1","title":"Our pond","content":"<p>Frogs</p>","published":"2026-09-01T08:30:00Z","status":"LIVE"}]}`, `{"items":[{"id":"2","status":"DRAFT","content":"Newts"}]}`},
			func(c *Client) (any, error) { return collect(c.BlogTexts(t.Context(), who, "41")) },
			[]seen.BlogPost{{ID: "1", Title: "Our pond", Made: at, Live: true, Open: true, Text: "<p>Frogs</p>"}, {ID: "2", Open: true, Text: "Newts"}},
			"/v3/blogs/41/posts", map[string]string{"status": "LIVE", "fetchBodies": "true", "maxResults": "20", "fields": "nextPageToken,items(id,title,content,published,status)"}, who + " " + ScopeBlogs,
		},
		{
			"comments since",
			[]string{`{"items":[{"id":"7","post":{"id":"1"},"author":{"id":"9001"},"published":"2026-09-01T08:30:00Z","status":"PENDING","content":"Hello"}]}`},
			func(c *Client) (any, error) { return collect(c.BlogComments(t.Context(), who, "41", at)) },
			[]seen.BlogComment{{ID: "7", Post: "1", Author: "9001", At: at, Status: "PENDING", Text: "Hello"}},
			"/v3/blogs/41/comments", map[string]string{"startDate": "2026-09-01T08:30:00Z", "fetchBodies": "true", "fields": "nextPageToken,items(id,post/id,author/id,published,status,content)"}, who + " " + ScopeBlogs,
		},
		{
			"comments that readers see",
			[]string{`{"items":[{"id":"7","post":{"id":"1"},"status":"LIVE","content":"Hello"}]}`, `{"items":[{"id":"8"}]}`},
			func(c *Client) (any, error) { return collect(c.BlogShown(t.Context(), who, "41")) },
			[]seen.BlogComment{{ID: "7", Post: "1", Status: "LIVE", Text: "Hello"}, {ID: "8"}},
			"/v3/blogs/41/comments", map[string]string{"status": "LIVE", "startDate": "", "fetchBodies": "true", "fields": "nextPageToken,items(id,post/id,status,content)"}, who + " " + ScopeBlogs,
		},
	} {
		t.Run(tt.name, tt.run)
	}
}
