package hooks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
)

var (
	key    = strings.Repeat("k", MinKey)
	oldKey = strings.Repeat("o", MinKey)
	noon   = time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC)
)

const (
	school = "school.example"
	doc    = "1iLsmUun0nA8q7aGR1Ls9D1rztgKh0001"
)

// channel is one that tells of changes of who sees a document.
func channel(change ...func(*Channel)) Channel {
	c := Channel{ID: "channel-1", School: school, Application: Drive, Event: "change_document_visibility", Expires: noon.Add(6 * time.Hour)}
	for _, f := range change {
		f(&c)
	}
	return c
}

// push is what Google sends for a channel.
func push(t testing.TB, c Channel, number int, body string) *http.Request {
	t.Helper()
	token, err := c.Token(key)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, GooglePath, strings.NewReader(body))
	for name, v := range map[string]string{headerChannel: c.ID, headerToken: token, headerState: c.Event, headerNumber: fmt.Sprint(number), "X-Goog-Resource-ID": "ret08u3", "Content-Type": "application/json; utf-8"} {
		r.Header.Set(name, v)
	}
	return r
}

// record is a record of a log as Google pushes it; it names people, all of whom must be gone afterwards.
func record(app, event, parameter, value string) string {
	return fmt.Sprintf(`{"kind":"admin#reports#activity","id":{"time":"2026-11-18T11:59:58.123Z","uniqueQualifier":"-0987654321","applicationName":%q,"customerId":"C01"},
"actor":{"callerType":"USER","email":"kim@school.example","profileId":"0123456789987654321"},"ownerDomain":"school.example","ipAddress":"192.0.2.7",
"events":[{"type":"access","name":"other","parameters":[{"name":%[3]q,"value":"9999999999999999999999"}]},{"type":"access","name":%[2]q,"parameters":[{"name":"doc_title","value":"Daisy Duck, needs"},{"name":%[3]q,"value":%[4]q},{"name":"owner","value":"lou@school.example"},{"name":"is_suspicious","boolValue":true},{"name":"n","intValue":"7"}]}]}`, app, event, parameter, value)
}

func newReceiver(t testing.TB, s store.Store, change ...func(*Config)) *Receiver {
	t.Helper()
	c := Config{Stores: map[string]store.Store{school: s}, Keys: []string{key, oldKey}, Now: func() time.Time { return noon }}
	for _, f := range change {
		f(&c)
	}
	r, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func openStore(t testing.TB) store.Store {
	t.Helper()
	s, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// status sends a push, whose answer must say nothing.
func status(t testing.TB, h http.Handler, req *http.Request) int {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	if w.Code < 400 && w.Body.Len() > 0 {
		t.Errorf("the answer says something: %q", w.Body)
	}
	return w.Code
}

// kept lists the hints in a store, which must all be sound.
func kept(t testing.TB, s store.Store) []Hint {
	t.Helper()
	list, err := Wait(context.Background(), s, 0)
	if err != nil {
		t.Fatal(err)
	}
	out := []Hint{}
	for _, w := range list {
		if w.Broken {
			t.Error("a broken hint was kept")
		}
		out = append(out, w.Hint)
	}
	return out
}

func TestGoogleIsTaken(t *testing.T) {
	at := noon.Add(-2 * time.Second)
	hint := func(c Channel, thing string, at time.Time) Hint {
		return Hint{School: school, Source: FromGoogle, Application: c.Application, Event: c.Event, Thing: thing, Channel: c.ID, At: at, Received: noon}
	}
	classroom := channel(func(c *Channel) { c.Application, c.Event = Classroom, "post_created" })
	users := channel(func(c *Channel) { c.Application, c.Event = Users, "makeAdmin" })
	admin := channel(func(c *Channel) { c.Application, c.Event = Admin, "CREATE_USER" })
	login := channel(func(c *Channel) { c.Application, c.Event = Login, "suspicious_login" })
	for _, c := range []struct {
		name   string
		of     Channel
		body   string
		want   Hint
		unread int64
	}{
		{"a document", channel(), record("drive", "change_document_visibility", "doc_id", doc), hint(channel(), doc, at), 0},
		{"a document without an id", channel(), record("drive", "change_document_visibility", "other", doc), hint(channel(), "", at), 0},
		{"a name where an id should be", channel(), record("drive", "change_document_visibility", "doc_id", "Daisy Duck, needs"), hint(channel(), "", at), 0},
		{"an address where an id should be", channel(), record("drive", "change_document_visibility", "doc_id", "daisy.duck.2016@school.example"), hint(channel(), "", at), 0},
		{"a short name where an id should be", channel(), record("drive", "change_document_visibility", "doc_id", "Daisy"), hint(channel(), "", at), 0},
		{"another event", channel(), record("drive", "edit", "doc_id", doc), hint(channel(), "", at), 0},
		{"a class", classroom, record("classroom", "post_created", "course_id", "556677"), hint(classroom, "556677", at), 0},
		{"an account", users, `{"kind":"admin#directory#user","id":"111220860655841818702","etag":"\"x\"","primaryEmail":"daisy@school.example"}`, hint(users, "111220860655841818702", time.Time{}), 0},
		{"an account by its address", users, `{"kind":"admin#directory#user","id":"daisy@school.example"}`, hint(users, "", time.Time{}), 1},
		{"an account by a number", users, `{"kind":"admin#directory#user","id":111220860655841818702}`, hint(users, "", time.Time{}), 1},
		{"an event about a person", admin, record("admin", "CREATE_USER", "USER_EMAIL", "daisy@school.example"), hint(admin, "", at), 0},
		{"a sign-in", login, record("login", "suspicious_login", "affected_email_address", "daisy@school.example"), hint(login, "", at), 0},
		{"no body", channel(), "", hint(channel(), "", time.Time{}), 0},
		{"no JSON", channel(), "Daisy", hint(channel(), "", time.Time{}), 1},
		{"too large a body", channel(), `{"kind":"` + strings.Repeat("a", MaxBody) + `"}`, hint(channel(), "", time.Time{}), 1},
		{"a time far ahead", channel(), strings.Replace(record("drive", "change_document_visibility", "doc_id", doc), "2026-11-18T11", "2027-11-18T11", 1), hint(channel(), doc, time.Time{}), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := openStore(t)
			r := newReceiver(t, s)
			if got := status(t, r, push(t, c.of, 23, c.body)); got != http.StatusOK {
				t.Fatal(got)
			}
			if d := cmp.Diff([]Hint{c.want}, kept(t, s)); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(Counts{Taken: 1, Unread: c.unread}, r.Counts()); d != "" {
				t.Error(d)
			}
			for d, err := range s.Find(t.Context(), Hints, store.Ask{}) {
				if text := string(d.Body); err != nil || strings.ContainsAny(text, "@ ") || strings.Contains(text, "Daisy") {
					t.Errorf("what is kept: %s, %v", text, err)
				}
			}
		})
	}
}

func TestGoogleIsRefused(t *testing.T) {
	body := record("drive", "change_document_visibility", "doc_id", doc)
	for _, c := range []struct {
		name string
		do   func(*http.Request)
		of   Channel
		want int
	}{
		{"another key", func(r *http.Request) {
			token, _ := channel().Token(strings.Repeat("x", MinKey))
			r.Header.Set(headerToken, token)
		}, channel(), 401},
		{"no token", func(r *http.Request) { r.Header.Del(headerToken) }, channel(), 401},
		{"two tokens", func(r *http.Request) { r.Header.Add(headerToken, r.Header.Get(headerToken)) }, channel(), 401},
		{"another channel", func(r *http.Request) { r.Header.Set(headerChannel, "channel-2") }, channel(), 401},
		{"no channel", func(r *http.Request) { r.Header.Del(headerChannel) }, channel(), 401},
		{"another school", func(*http.Request) {}, channel(func(c *Channel) { c.School = "other.example" }), 401},
		{"another event in the token", func(r *http.Request) {
			r.Header.Set(headerToken, strings.Replace(r.Header.Get(headerToken), "change_document_visibility", "trash", 1))
		}, channel(), 401},
		{"its time is over", func(*http.Request) {}, channel(func(c *Channel) { c.Expires = noon.Add(-2 * time.Hour) }), 401},
		{"a sync without a token", func(r *http.Request) { r.Header.Set(headerState, "sync"); r.Header.Del(headerToken) }, channel(), 401},
		{"no number", func(r *http.Request) { r.Header.Del(headerNumber) }, channel(), 401},
		{"a number that is none", func(r *http.Request) { r.Header.Set(headerNumber, "-1") }, channel(), 401},
		{"read, not sent", func(r *http.Request) { r.Method = http.MethodGet }, channel(), 405},
		{"elsewhere", func(r *http.Request) { r.URL.Path = "/hooks/other" }, channel(), 404},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := openStore(t)
			r := newReceiver(t, s)
			req := push(t, c.of, 23, body)
			c.do(req)
			if got := status(t, r, req); got != c.want {
				t.Errorf("answered %d, want %d", got, c.want)
			}
			if list := kept(t, s); len(list) > 0 {
				t.Errorf("something was kept: %+v", list)
			}
			want := Counts{}
			if c.want == 401 {
				want.Unsigned = 1
			}
			if d := cmp.Diff(want, r.Counts()); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestGoogleSyncAndRepeats(t *testing.T) {
	s := openStore(t)
	var nudged []bool
	var mu sync.Mutex
	r := newReceiver(t, s, func(c *Config) {
		c.Nudge = func(urgent bool) {
			mu.Lock()
			defer mu.Unlock()
			nudged = append(nudged, urgent)
		}
	})
	sync := push(t, channel(), 1, "")
	sync.Header.Set(headerState, "sync")
	if got := status(t, r, sync); got != 200 || len(kept(t, s)) != 0 {
		t.Error("sync:", got)
	}
	body := record("drive", "change_document_visibility", "doc_id", doc)
	moved := channel(func(c *Channel) { c.ID, c.Event = "channel-2", "move" })
	for _, req := range []*http.Request{push(t, channel(), 2, body), push(t, channel(), 2, body), push(t, channel(), 3, body), push(t, moved, 2, body)} {
		if got := status(t, r, req); got != 200 {
			t.Error(got)
		}
	}
	// A receiver that was started anew finds in the store that it was taken.
	again := newReceiver(t, s)
	for range 2 {
		if got := status(t, again, push(t, channel(), 2, body)); got != 200 {
			t.Error("after a restart:", got)
		}
	}
	list := kept(t, s)
	if len(list) != 3 || !list[0].Urgent() || !list[1].Urgent() || list[2].Urgent() || list[2].Event != "move" {
		t.Errorf("%+v", list)
	}
	if d := cmp.Diff([]bool{true, true, false}, nudged); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]Counts{{Taken: 3, Twice: 1, Sync: 1}, {Twice: 2}}, []Counts{r.Counts(), again.Counts()}); d != "" {
		t.Error(d)
	}
}

// failing is a store that cannot keep, or may have kept.
type failing struct {
	store.Store
	before, after error
}

func (f *failing) Commit(ctx context.Context, b *store.Batch) error {
	if f.before != nil {
		return f.before
	}
	return errors.Join(f.Store.Commit(ctx, b), f.after)
}

func TestWhatCannotBeKeptComesAgain(t *testing.T) {
	f := &failing{Store: openStore(t), before: errors.New("the disk is full")}
	r := newReceiver(t, f)
	body := record("drive", "change_document_visibility", "doc_id", doc)
	if got := status(t, r, push(t, channel(), 2, body)); got != 503 {
		t.Error("nothing was kept, and answered", got)
	}
	f.before, f.after = nil, store.ErrUnknown
	if got := status(t, r, push(t, channel(), 2, body)); got != 503 {
		t.Error("nobody knows whether it was kept, and answered", got)
	}
	f.after = nil
	if got := status(t, r, push(t, channel(), 2, body)); got != 200 || len(kept(t, f.Store)) != 1 {
		t.Error("it was kept before, and answered", got)
	}
	if d := cmp.Diff(Counts{Failed: 2, Twice: 1}, r.Counts()); d != "" {
		t.Error(d)
	}
}

// A receiver's store is one in which only creating is possible.
func TestReceiversOnlyCreate(t *testing.T) {
	s := openStore(t)
	r := newReceiver(t, s)
	ours := r.c.Stores[school]
	b := &store.Batch{}
	b.Delete(Hints, "a", 1)
	if err := ours.Commit(t.Context(), b); !errors.Is(err, store.ErrNotAllowed) {
		t.Error("deletes:", err)
	}
	if _, err := ours.Get(t.Context(), Hints, "a"); !errors.Is(err, store.ErrNotAllowed) {
		t.Error("reads:", err)
	}
}

// More at once than are taken are asked to come again.
func TestTooManyAtOnce(t *testing.T) {
	r := newReceiver(t, openStore(t))
	for range AtOnce {
		r.slots <- struct{}{}
	}
	if got := status(t, r, push(t, channel(), 2, "")); got != 503 {
		t.Error(got)
	}
	<-r.slots
	if got := status(t, r, push(t, channel(), 2, "")); got != 200 {
		t.Error(got)
	}
	if d := cmp.Diff(Counts{Taken: 1, Busy: 1}, r.Counts()); d != "" {
		t.Error(d)
	}
}

func TestHintsThatSomebodyElseWrote(t *testing.T) {
	s := openStore(t)
	good := Hint{School: school, Source: FromGoogle, Application: Drive, Received: noon}
	b := &store.Batch{}
	for i, h := range []Hint{
		{}, {Source: "x", School: school, Application: Drive, Received: noon}, {Source: FromGoogle, Application: Drive, Received: noon}, {Source: FromGoogle, School: school, Received: noon},
		{Source: FromGoogle, School: school, Application: Drive}, {Source: FromGoogle, School: school, Application: Drive, Thing: "Daisy Duck", Received: noon},
		{Source: FromGoogle, School: school, Application: Drive, Event: "a b", Received: noon}, {Source: FromGoogle, School: school, Application: "a@b", Received: noon},
		{Source: FromGoogle, School: school, Application: Drive, Channel: "a b", Received: noon},
	} {
		text, err := json.Marshal(h)
		if err != nil {
			t.Fatal(err)
		}
		b.Create(Hints, fmt.Sprint(i), nil, text)
	}
	b.Create(Hints, "no JSON", nil, []byte("x"))
	if err := s.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if err := leave(t.Context(), s, good.key("1"), good); err != nil {
		t.Fatal(err)
	}
	list, err := Wait(t.Context(), s, 0)
	if err != nil || len(list) != 11 {
		t.Fatal(len(list), err)
	}
	broken := 0
	for _, w := range list {
		if w.Broken {
			broken++
			if d := cmp.Diff(Hint{}, w.Hint); d != "" {
				t.Error("something of a broken hint counts:", d)
			}
		} else if d := cmp.Diff(good, w.Hint, cmpopts.EquateApproxTime(0)); d != "" {
			t.Error(d)
		}
	}
	if broken != 10 {
		t.Error(broken, "broken")
	}
	// What somebody else deleted meanwhile keeps the others from nothing.
	if n, err := Drop(t.Context(), s, list[:1]); err != nil || n != 1 {
		t.Error(n, err)
	}
	if n, err := Drop(t.Context(), s, list); err != nil || n != 10 {
		t.Error(n, err)
	}
}
