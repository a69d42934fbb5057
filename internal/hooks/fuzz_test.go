package hooks

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"esafetybot/internal/store"
)

// onlyIDs is all that may ever stand in a hint as it is stored.
var onlyIDs = regexp.MustCompile(`^\{("[a-z]+":"[A-Za-z0-9_.:+/=-]*",?)+\}$`)

// sound fails unless there are so many hints at most, each of nothing but words and ids.
func sound(t testing.TB, s store.Store, most int) {
	t.Helper()
	n := 0
	for d, err := range s.Find(context.Background(), Hints, store.Ask{}) {
		if err != nil || !onlyIDs.Match(d.Body) {
			t.Fatalf("what is kept: %q, %v", d.Body, err)
		}
		n++
	}
	if kept := kept(t, s); n > most || len(kept) != n {
		t.Fatalf("%d hints", n)
	}
}

// FuzzGoogleBody: whatever Google's body holds, the push is one hint of words and ids.
func FuzzGoogleBody(f *testing.F) {
	f.Add(Drive, []byte(record("drive", "change_document_visibility", "doc_id", doc)))
	f.Add(Users, []byte(`{"kind":"admin#directory#user","id":"111220860655841818702","primaryEmail":"daisy@school.example"}`))
	f.Add(Classroom, []byte(`{"id":{"time":"2026-11-18T11:59:58Z"},"events":[{"name":"change_document_visibility","parameters":[{"name":"course_id","value":"Daisy"}]}]}`))
	f.Add(Admin, []byte("{"))
	f.Fuzz(func(t *testing.T, app string, body []byte) {
		if !slices.Contains([]string{Drive, Admin, Classroom, Login, Users}, app) {
			app = Drive
		}
		s := openStore(t)
		if got := status(t, newReceiver(t, s), push(t, channel(func(c *Channel) { c.Application = app }), 2, string(body))); got != http.StatusOK {
			t.Fatal(got)
		}
		sound(t, s, 1)
	})
}

// FuzzGoogleHeaders: whatever the headers hold, without a token of ours nothing is kept.
func FuzzGoogleHeaders(f *testing.F) {
	good := push(f, channel(), 2, "").Header.Get(headerToken)
	f.Add("channel-1", good, "change_document_visibility", "2")
	f.Add("channel-1", good[:len(good)-1], "sync", "1")
	f.Add("", "a|b|c|d|e", "", "")
	f.Fuzz(func(t *testing.T, id, token, state, number string) {
		s := openStore(t)
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, GooglePath, http.NoBody)
		req.Header[headerChannel], req.Header[headerToken], req.Header[headerState], req.Header[headerNumber] = []string{id}, []string{token}, []string{state}, []string{number}
		got := status(t, newReceiver(t, s), req)
		if ours := id == "channel-1" && token == good; got != http.StatusOK && got != http.StatusUnauthorized || got == http.StatusOK && !ours {
			t.Fatal(got)
		}
		most := 0
		if got == http.StatusOK {
			most = 1
		}
		sound(t, s, most)
	})
}

// FuzzPubSub: whatever a genuine message holds, it is answered as taken, and is one hint of words and ids at most.
func FuzzPubSub(f *testing.F) {
	f.Add([]byte(published("1", map[string]string{"application": Drive, "event": "x", "thing": doc})), "")
	f.Add([]byte(published("1", map[string]string{"ce-type": "google.workspace.drive.file.v3.created", "ce-subject": "//drive.googleapis.com/files/" + doc})), "")
	f.Add([]byte(`{"message":{"messageId":"1"}}`), "gmail")
	f.Add([]byte(`{"message":{"attributes":{"application":1}}}`), "x y")
	f.Fuzz(func(t *testing.T, body []byte, asked string) {
		s := openStore(t)
		req := pubSubPush(PubSubPath, "good", string(body))
		q := req.URL.Query()
		q.Set("application", asked)
		req.URL.RawQuery = q.Encode()
		if got := status(t, newReceiver(t, s, withPubSub), req); got != http.StatusOK {
			t.Fatal(got)
		}
		sound(t, s, 1)
	})
}

// flaky is a store whose process may be killed: before a commit, or after it and before anybody hears of it.
type flaky struct {
	store.Store
	kill func() string
}

var errKilled = errors.New("killed")

func (f *flaky) Commit(ctx context.Context, b *store.Batch) error {
	switch f.kill() {
	case "before":
		return errKilled
	case "after":
		return errors.Join(f.Store.Commit(ctx, b), errKilled)
	}
	return f.Store.Commit(ctx, b)
}

// Whatever comes between each other, repeats, forged pushes, garbage, kills before and after a hint is kept: as long as whoever pushes comes again until it is answered, each
// push of ours is one hint, and nothing else is any.
func TestEachPushIsOneHint(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := openStore(t)
		f := &flaky{Store: s, kill: func() string { return rapid.SampledFrom([]string{"", "", "before", "after"}).Draw(rt, "kill") }}
		r := newReceiver(t, f, withPubSub)
		want := map[string]bool{}
		for range rapid.IntRange(1, 60).Draw(rt, "pushes") {
			n := rapid.IntRange(1, 12).Draw(rt, "number")
			id := fmt.Sprintf("channel-%d", rapid.IntRange(1, 3).Draw(rt, "channel"))
			c := channel(func(c *Channel) { c.ID = id })
			var req func() *http.Request
			ours := true
			switch rapid.SampledFrom([]string{"google", "google", "pubsub", "forged", "garbage", "sync"}).Draw(rt, "kind") {
			case "google":
				want[fmt.Sprint("g ", id, n)] = true
				req = func() *http.Request { return push(t, c, n, record("drive", c.Event, "doc_id", doc)) }
			case "pubsub":
				want[fmt.Sprint("p ", n)] = true
				req = func() *http.Request {
					return pubSubPush(PubSubPath, "good", published(fmt.Sprint(n), map[string]string{"application": Admin, "event": "CREATE_USER"}))
				}
			case "forged":
				ours = false
				req = func() *http.Request {
					q := push(t, c, n, record("drive", c.Event, "doc_id", doc))
					q.Header.Set(headerToken, strings.Replace(q.Header.Get(headerToken), "|drive|", "|admin|", 1))
					return q
				}
			case "garbage":
				ours = false
				req = func() *http.Request {
					return pubSubPush(rapid.SampledFrom([]string{GooglePath, PubSubPath}).Draw(rt, "path"), "bad", "garbage")
				}
			default:
				req = func() *http.Request {
					q := push(t, c, 1, "")
					q.Header.Set(headerState, "sync")
					return q
				}
			}
			for {
				got := status(t, r, req())
				if got == http.StatusServiceUnavailable {
					if rapid.Bool().Draw(rt, "started anew") {
						r = newReceiver(t, f, withPubSub)
					}
					continue // it comes again
				}
				if ours != (got == http.StatusOK) {
					rt.Fatalf("answered %d", got)
				}
				break
			}
		}
		if have := kept(t, s); len(have) != len(want) {
			rt.Fatalf("%d hints of %d pushes", len(have), len(want))
		}
	})
}
