package google

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/seen"
)

func TestDownload(t *testing.T) {
	odd := "\xef\xbb\xbf{\"no\r\n JSON\x00\xff"
	const sheet = `{"mimeType":"application/vnd.google-apps.spreadsheet","size":"1024"}`
	file := `{"mimeType":"application/json","size":"16"}`
	tests := []struct {
		name  string
		about string           // the file's answer
		refer func() step      // to that; nil is good
		give  func(n int) step // the nth answer with contents
		want  string
		says  string // the error
		why   seen.Reason
		asked []string // paths and what alt or mimeType says
	}{
		{name: "a file", about: file, give: func(int) step { return step{code: 200, body: odd} }, want: odd,
			asked: []string{"/drive/v3/files/f json", "/drive/v3/files/f media"}},
		{name: "a spreadsheet", about: sheet, give: func(int) step { return step{code: 200, body: "Number\n1\n"} }, want: "Number\n1\n",
			asked: []string{"/drive/v3/files/f json", "/drive/v3/files/f/export media text/csv"}},
		{name: "nothing in it", about: `{"mimeType":"text/csv","size":"0"}`, give: func(int) step { return step{code: 200} },
			asked: []string{"/drive/v3/files/f json", "/drive/v3/files/f media"}},
		{name: "tried again", about: file, give: func(n int) step {
			if n == 1 {
				return step{code: 503}
			}
			return step{code: 200, body: odd}
		}, want: odd, asked: []string{"/drive/v3/files/f json", "/drive/v3/files/f media", "/drive/v3/files/f media"}},
		{name: "changed in between", about: file, give: func(n int) step { return step{code: 200, body: odd[:14+n]} }, want: odd,
			asked: []string{"/drive/v3/files/f json", "/drive/v3/files/f media", "/drive/v3/files/f json", "/drive/v3/files/f media"}},
		{name: "always cut off", about: file, give: func(int) step { return step{code: 200, body: odd[:5]} }, says: "not as long as Google says", why: seen.Failed},
		{name: "too long by what is said", about: `{"mimeType":"text/csv","size":"101"}`, says: "more than the 100 bytes", why: seen.Failed, asked: []string{"/drive/v3/files/f json"}},
		{name: "too long by what comes", about: sheet, give: func(int) step { return step{code: 200, body: strings.Repeat("x", 101)} }, says: "more than the 100 bytes", why: seen.Failed,
			asked: []string{"/drive/v3/files/f json", "/drive/v3/files/f/export media text/csv"}},
		{name: "just not too long", about: sheet, give: func(int) step { return step{code: 200, body: strings.Repeat("x", 100)} }, want: strings.Repeat("x", 100)},
		{name: "a folder", about: `{"mimeType":"application/vnd.google-apps.folder"}`, says: "name a CSV file or a Google spreadsheet", why: seen.Failed, asked: []string{"/drive/v3/files/f json"}},
		{name: "not shared with the administrator", refer: func() step { return step{code: 404, body: problemBody(404, "notFound", "File not found: Secret")} },
			says: "share the file with the administrator's account", why: seen.Failed, asked: []string{"/drive/v3/files/f json"}},
		{name: "too large for Google", about: sheet, give: func(int) step {
			return step{code: 403, body: problemBody(403, "exportSizeLimitExceeded", "Secret is too large to be exported.")}
		}, says: "CSV file on Drive", why: seen.Refused},
		{name: "not for viewers", about: file, give: func(int) step {
			return step{code: 403, body: problemBody(403, "cannotDownloadFile", "Secret cannot be downloaded by the user.")}
		}, says: "let viewers download it", why: seen.Refused},
		{name: "Drive is off", refer: func() step { return step{code: 403, body: problemBody(403, "domainPolicy", "Secret")} }, says: "switched off", why: seen.Off},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := 0
			f := &fake{handle: func(w http.ResponseWriter, r *http.Request) {
				s := step{code: 200, body: tt.about}
				switch {
				case r.URL.Query().Get("alt") == "media":
					n++
					s = tt.give(n)
				case tt.refer != nil:
					s = tt.refer()
				}
				w.WriteHeader(s.code)
				io.WriteString(w, s.body)
			}}
			c := f.client(t, func(cfg *Config) { cfg.Sleep = func(context.Context, time.Duration) error { return nil } })
			have, err := c.Download(t.Context(), "f", 100)
			if tt.says == "" {
				if err != nil || string(have) != tt.want {
					t.Errorf("have %q %v, want %q", have, err, tt.want)
				}
			} else {
				if err == nil || !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), "file f") || Reason(err) != tt.why || have != nil {
					t.Fatalf("have %q %v (%s), want %q (%s)", have, err, Reason(err), tt.says, tt.why)
				}
				if strings.Contains(err.Error(), "Secret") || strings.Contains(err.Error(), "@") {
					t.Errorf("the error holds what it may not: %v", err)
				}
			}
			var asked []string
			for _, a := range f.asked {
				asked = append(asked, strings.TrimSpace(a.path+" "+a.query.Get("alt")+" "+a.query.Get("mimeType")))
			}
			if d := cmp.Diff(tt.asked, asked); tt.asked != nil && d != "" {
				t.Errorf("asked: %s", d)
			}
			if d := cmp.Diff([]string{admin + " " + ScopeDrives}, f.tokens); d != "" {
				t.Errorf("tokens: %s", d)
			}
		})
	}
}

func TestDownloadStopped(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	f := &fake{handle: func(w http.ResponseWriter, _ *http.Request) {
		stop()
		io.WriteString(w, `{"mimeType":"application/vnd.google-apps.folder"}`)
	}}
	if _, err := f.client(t, nil).Download(ctx, "f", 100); Reason(err) != seen.Interrupt {
		t.Errorf("have %v, want that the run was stopped", err)
	}
}
