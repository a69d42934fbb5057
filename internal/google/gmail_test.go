package google

import (
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestDrafts(t *testing.T) {
	there := map[string]bool{}
	f := &fake{handle: func(w http.ResponseWriter, r *http.Request) {
		id := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
		switch {
		case r.Method == "POST" && id == "drafts":
			there["d1"] = true
			io.WriteString(w, `{"id":"d1"}`)
		case r.Method == "POST" && id == "send" && there["d1"]:
			delete(there, "d1")
			io.WriteString(w, `{"id":"m1"}`)
		case r.Method == "DELETE" && there[id]:
			delete(there, id)
			w.WriteHeader(204)
		case r.Method == "GET" && there[id]:
			io.WriteString(w, `{"id":"d1"}`)
		default:
			w.WriteHeader(404)
			io.WriteString(w, problemBody(404, "notFound", "Requested entity was not found."))
		}
	}}
	c := f.client(t, nil)
	ctx := t.Context()
	exists := func(want bool) {
		t.Helper()
		if have, err := c.DraftExists(ctx, owner, "d1"); err != nil || have != want {
			t.Errorf("exists: %v %v, want %v", have, err, want)
		}
	}
	exists(false)
	id, err := c.CreateDraft(ctx, owner, []byte("Subject: \xffx?>\r\n\r\n"))
	if id != "d1" || err != nil {
		t.Fatal(id, err)
	}
	if body := f.asked[len(f.asked)-1].body; !strings.Contains(body, `"raw":"U3ViamVjdDog_3g_Pg0KDQo="`) {
		t.Errorf("sent %s", body)
	}
	exists(true)
	if err := c.SendDraft(ctx, owner, "d1"); err != nil {
		t.Error(err)
	}
	exists(false)
	if err := c.SendDraft(ctx, owner, "d1"); !IsNotFound(err) {
		t.Errorf("sending twice: %v, want not found", err)
	}
	there["d1"] = true
	for range 2 {
		if err := c.DeleteDraft(ctx, owner, "d1"); err != nil {
			t.Error(err)
		}
	}
	exists(false)
}

func TestFindDraft(t *testing.T) {
	raw := func(s string) string { return base64.URLEncoding.EncodeToString([]byte(s)) }
	tests := []struct {
		name   string
		drafts map[string]string // id → answer by format
		also   []string
		id     string
	}{
		{"by its headers", map[string]string{"d2 metadata": `{"message":{"payload":{"headers":[{"name":"Subject","value":"x"},{"name":"Message-Id","value":"<1@bot.example>"}]}}}`}, nil, "d2"},
		{"by its whole text", map[string]string{"d2 metadata": `{"message":{}}`, "d2 raw": `{"message":{"raw":"` + raw("Message-ID: <1@bot.example>\r\n\r\n?>?>") + `"}}`}, nil, "d2"},
		{"by another header", map[string]string{"d1 metadata": `{"message":{"payload":{"headers":[{"name":"x-bot-id","value":"1@bot.example"}]}}}`}, []string{"X-Bot-Id"}, "d1"},
		{"not by another header unasked", map[string]string{"d1 metadata": `{"message":{"payload":{"headers":[{"name":"x-bot-id","value":"1@bot.example"}]}}}`}, nil, ""},
		{"unreadable", map[string]string{"d1 metadata": `{}`, "d1 raw": `{"message":{"raw":"***"}}`, "d2 metadata": `{"message":{}}`, "d2 raw": `{"message":{"raw":"` + raw("no header") + `"}}`}, nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := &fake{handle: func(w http.ResponseWriter, r *http.Request) {
				id := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
				body, ok := tt.drafts[id+" "+r.URL.Query().Get("format")]
				switch {
				case id == "drafts":
					io.WriteString(w, `{"drafts":[{"id":"d1"},{"id":"d2"}]}`)
				case ok:
					io.WriteString(w, body)
				default:
					w.WriteHeader(404) // sent meanwhile
					io.WriteString(w, problemBody(404, "notFound", "x"))
				}
			}}
			id, found, err := f.client(t, nil).FindDraft(t.Context(), owner, "<1@bot.example>", tt.also...)
			if id != tt.id || found != (tt.id != "") || err != nil {
				t.Errorf("have %q %v %v, want %q", id, found, err, tt.id)
			}
			if len(f.tokens) != 1 {
				t.Errorf("%d tokens, want 1", len(f.tokens))
			}
		})
	}
}
