package hooks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// believes is a verifier that believes one token.
type believes string

func (b believes) Verify(_ context.Context, token string) error {
	if token != string(b) {
		return errors.New("no")
	}
	return nil
}

func withPubSub(c *Config) { c.PubSub = believes("good") }

// published is a push of Pub/Sub. Its data names a person, who must be gone afterwards.
func published(id string, attributes map[string]string) string {
	text, err := json.Marshal(map[string]any{
		"message": map[string]any{
			"data": "eyJlbWFpbEFkZHJlc3MiOiAiZGFpc3lAc2Nob29sLmV4YW1wbGUiLCAiaGlzdG9yeUlkIjogIjEyMyJ9", "messageId": id, "message_id": id,
			"publishTime": "2026-11-18T11:59:59.749Z", "attributes": attributes, "orderingKey": "daisy@school.example",
		},
		"subscription": "projects/school-project/subscriptions/hints",
	})
	if err != nil {
		panic(err)
	}
	return string(text)
}

func pubSubPush(path, token, body string) *http.Request {
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return r
}

func TestPubSub(t *testing.T) {
	at := noon.Add(-time.Second)
	hint := func(app, event, thing string) []Hint {
		return []Hint{{School: school, Source: FromPubSub, Application: app, Event: event, Thing: thing, At: at, Received: noon}}
	}
	own := func(more ...string) string {
		a := map[string]string{"application": Drive, "event": "change_document_visibility", "thing": doc}
		for i := 0; i < len(more); i += 2 {
			a[more[i]] = more[i+1]
		}
		return published("1", a)
	}
	for _, c := range []struct {
		name, path, token, body string
		status                  int
		want                    []Hint
		counts                  Counts
	}{
		{"of ours", PubSubPath, "good", own(), 200, hint(Drive, "change_document_visibility", doc), Counts{Taken: 1}},
		{"for the school by name", PubSubPath + "/" + school, "good", own(), 200, hint(Drive, "change_document_visibility", doc), Counts{Taken: 1}},
		{"for another school", PubSubPath + "/other.example", "good", own(), 401, []Hint{}, Counts{Unsigned: 1}},
		{"a name for a thing", PubSubPath, "good", own("thing", "Daisy Duck"), 200, hint(Drive, "change_document_visibility", ""), Counts{Taken: 1}},
		{"an address for a thing", PubSubPath, "good", own("application", Users, "event", "add", "thing", "daisy@school.example"), 200, hint(Users, "add", ""), Counts{Taken: 1}},
		{"an account", PubSubPath, "good", own("application", Users, "event", "add", "thing", "111220860655841818702"), 200, hint(Users, "add", "111220860655841818702"), Counts{Taken: 1}},
		{"a thing of what has none", PubSubPath, "good", own("application", Login, "event", "x"), 200, hint(Login, "x", ""), Counts{Taken: 1}},
		{"Workspace Events", PubSubPath, "good", published("1", map[string]string{"ce-type": "google.workspace.drive.file.v3.accessProposalCreated", "ce-subject": "//drive.googleapis.com/files/" + doc}), 200,
			hint(Drive, "file.v3.accessProposalCreated", doc), Counts{Taken: 1}},
		{"Workspace Events about a chat", PubSubPath, "good", published("1", map[string]string{"ce-type": "google.workspace.chat.message.v1.created"}), 200, []Hint{}, Counts{Ignored: 1}},
		{"Gmail", PubSubPath + "?application=gmail", "good", published("1", nil), 200, hint(Gmail, "", ""), Counts{Taken: 1}},
		{"nothing said", PubSubPath, "good", published("1", nil), 200, []Hint{}, Counts{Ignored: 1}},
		{"what only the relay tells", PubSubPath, "good", own("application", Dojo), 200, []Hint{}, Counts{Ignored: 1}},
		{"what only the site tells", PubSubPath, "good", own("application", Site, "event", Decided), 200, []Hint{}, Counts{Ignored: 1}},
		{"an event in words", PubSubPath, "good", own("event", "Daisy did it"), 200, []Hint{}, Counts{Ignored: 1}},
		{"without an id", PubSubPath, "good", published("", map[string]string{"application": Drive}), 200, []Hint{}, Counts{Ignored: 1}},
		{"no JSON", PubSubPath, "good", "x", 200, []Hint{}, Counts{Ignored: 1}},
		{"too large", PubSubPath, "good", strings.Repeat(" ", MaxBody+1), 200, []Hint{}, Counts{Ignored: 1}},
		{"another token", PubSubPath, "bad", own(), 401, []Hint{}, Counts{Unsigned: 1}},
		{"no token", PubSubPath, "", own(), 401, []Hint{}, Counts{Unsigned: 1}},
		{"an endless token", PubSubPath, strings.Repeat("x", maxBearer+1), own(), 401, []Hint{}, Counts{Unsigned: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := openStore(t)
			r := newReceiver(t, s, withPubSub)
			if got := status(t, r, pubSubPush(c.path, c.token, c.body)); got != c.status {
				t.Errorf("answered %d, want %d", got, c.status)
			}
			if d := cmp.Diff(c.want, kept(t, s)); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(c.counts, r.Counts()); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestPubSubTakesEachOnce(t *testing.T) {
	s := openStore(t)
	body := func(id string) string {
		return published(id, map[string]string{"application": Admin, "event": "CREATE_USER"})
	}
	for range 2 { // the second time started anew
		r := newReceiver(t, s, withPubSub)
		for _, id := range []string{"1", "2", "1"} {
			if got := status(t, r, pubSubPush(PubSubPath, "good", body(id))); got != 200 {
				t.Error(got)
			}
		}
	}
	if n := len(kept(t, s)); n != 2 {
		t.Errorf("%d hints of two messages", n)
	}
}

// Without what proves a push its path is not there.
func TestNothingIsReceivedUnproved(t *testing.T) {
	r := newReceiver(t, openStore(t), func(c *Config) { c.Keys = nil })
	for _, req := range []*http.Request{push(t, channel(), 2, ""), pubSubPush(PubSubPath, "good", "{}"), httptest.NewRequestWithContext(t.Context(), http.MethodPost, DojoPath, http.NoBody)} {
		if got := status(t, r, req); got != 404 {
			t.Error(req.URL.Path, got)
		}
	}
}

func TestSettings(t *testing.T) {
	env := func(list ...string) func(string) string {
		return func(name string) string {
			for i := 0; i < len(list); i += 2 {
				if list[i] == name {
					return list[i+1]
				}
			}
			return ""
		}
	}
	have, err := Read(env(KeysVar, key+",\n"+oldKey, DojoKeysVar, "d", AudienceVar, "a", AccountVar, "b"))
	if d := cmp.Diff(Settings{Keys: []string{key, oldKey}, Dojo: []string{"d"}, Audience: "a", Account: "b"}, have); d != "" || err != nil || !have.Any() {
		t.Error(d, err)
	}
	if have, err = Read(env()); err != nil || have.Any() {
		t.Error(have, err)
	}
	secret := "a-short-secret"
	var wrong *KeyError
	if _, err := Read(env(KeysVar, key+","+secret)); !errors.As(err, &wrong) || wrong.Place != 2 || strings.Contains(fmt.Sprint(err), secret) || !strings.Contains(fmt.Sprint(err), KeysVar) {
		t.Error(err)
	}
	for _, name := range []string{AudienceVar, AccountVar} {
		if _, err := Read(env(name, "x")); err == nil || !strings.Contains(err.Error(), AudienceVar) || !strings.Contains(err.Error(), AccountVar) {
			t.Error(name, "is enough:", err)
		}
	}
}
