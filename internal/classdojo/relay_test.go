package classdojo

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
)

const (
	key    = "0123456789abcdef0123456789abcdef"
	oldKey = "an-older-key-an-older-key-an-older-key"
)

var (
	ctx = context.Background()
	now = time.Date(2026, 10, 5, 9, 30, 0, 0, time.UTC)
)

// kept notes what was left; fail, if set, is what leaving answers.
type kept struct {
	mu     sync.Mutex
	events []Event
	asked  int
	fail   error
}

func (k *kept) Leave(_ context.Context, e Event, _ time.Time) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked++
	if k.fail != nil {
		return k.fail
	}
	k.events = append(k.events, e)
	return nil
}

func newRelay(t testing.TB, to Leaver) *Relay {
	t.Helper()
	r, err := NewRelay(RelayConfig{Keys: []string{key, oldKey}, Hints: to, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func body(changes map[string]any) string {
	p := map[string]any{
		"kind": "story", "class": oak, "link": "https://www.classdojo.com/ul/t/class?classID=" + oak + "&target=story&utm_x=secret", "time": "2026-10-05T08:00:00.123Z", "message": "<m1@classdojo.com>",
	}
	for k, v := range changes {
		p[k] = v
		if v == nil {
			delete(p, k)
		}
	}
	text, err := json.Marshal(p)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func request(text string, at time.Time, with string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/hooks/classdojo", strings.NewReader(text))
	stamp := fmt.Sprint(at.Unix())
	r.Header.Set(HeaderTimestamp, stamp)
	r.Header.Set(HeaderSignature, "v1="+hex.EncodeToString(Sign(with, stamp, []byte(text))))
	r.Header.Set("Content-Type", "application/json")
	return r
}

func status(t testing.TB, r http.Handler, req *http.Request) int {
	t.Helper()
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	if w.Body.Len() > 0 || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("the answer says something: %q %v", w.Body, w.Header())
	}
	return w.Code
}

// The signature was worked out elsewhere: printf 'v1:1790000000.{}' | openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef
func TestSignIsWhatIsDocumented(t *testing.T) {
	const want = "c004a791fea16a6cbb0ce5dbb6d3a85e13478047a3e5074f5d7d981da2d9f77c"
	if got := hex.EncodeToString(Sign(key, "1790000000", []byte("{}"))); got != want {
		t.Errorf("%s", got)
	}
}

func TestRelayTakes(t *testing.T) {
	k := &kept{}
	r := newRelay(t, k)
	if got := status(t, r, request(body(nil), now, key)); got != 204 {
		t.Fatal(got)
	}
	if got := status(t, r, request(body(map[string]any{"kind": "messages", "class": "school", "link": "https://www.classdojo.com/ul/t/school?target=messages&conversationID=" + post}), now, oldKey)); got != 204 {
		t.Fatal(got, "by the older key")
	}
	at := time.Date(2026, 10, 5, 8, 0, 0, 0, time.UTC)
	want := []Event{
		{Kind: Story, Class: oak, Link: "https://teach.classdojo.com/#/classes/" + oak + "/story", At: at, Count: 1, Key: MessageKey("m1@classdojo.com", Story, oak), From: FromRelay},
		{Kind: Messages, Class: School, Link: "https://www.classdojo.com/ul/t/school?target=messages", At: at, Count: 1, Key: MessageKey("m1@classdojo.com", Messages, School), From: FromRelay},
	}
	if diff := cmp.Diff(want, k.events); diff != "" {
		t.Error(diff)
	}
	for _, e := range k.events {
		if err := e.Check(); err != nil {
			t.Error(err)
		}
	}
	if taken, refused := r.Counts(); taken != 2 || refused != (Refusals{}) {
		t.Error(taken, refused)
	}
}

func TestRelayRefuses(t *testing.T) {
	changed := func(f func(*http.Request)) *http.Request {
		r := request(body(nil), now, key)
		f(r)
		return r
	}
	sent := func(text string) *http.Request { return request(text, now, key) }
	large := body(map[string]any{"message": strings.Repeat("a", MaxBody)})
	for _, c := range []struct {
		name string
		req  *http.Request
		want int
		why  Refusals
	}{
		{"GET", changed(func(r *http.Request) { r.Method = http.MethodGet }), 401, Refusals{Unsigned: 1}},
		{"without a signature", changed(func(r *http.Request) { r.Header.Del(HeaderSignature) }), 401, Refusals{Unsigned: 1}},
		{"without a timestamp", changed(func(r *http.Request) { r.Header.Del(HeaderTimestamp) }), 401, Refusals{Unsigned: 1}},
		{"two signatures", changed(func(r *http.Request) { r.Header.Add(HeaderSignature, r.Header.Get(HeaderSignature)) }), 401, Refusals{Unsigned: 1}},
		{"two timestamps", changed(func(r *http.Request) { r.Header.Add(HeaderTimestamp, r.Header.Get(HeaderTimestamp)) }), 401, Refusals{Unsigned: 1}},
		{"another version", changed(func(r *http.Request) {
			r.Header.Set(HeaderSignature, "v2="+r.Header.Get(HeaderSignature)[3:])
		}), 401, Refusals{Unsigned: 1}},
		{"in capitals", changed(func(r *http.Request) {
			r.Header.Set(HeaderSignature, "v1="+strings.ToUpper(r.Header.Get(HeaderSignature)[3:]))
		}), 401, Refusals{Unsigned: 1}},
		{"a signature cut short", changed(func(r *http.Request) { r.Header.Set(HeaderSignature, r.Header.Get(HeaderSignature)[:35]) }), 401, Refusals{Unsigned: 1}},
		{"an empty signature", changed(func(r *http.Request) { r.Header.Set(HeaderSignature, "v1=") }), 401, Refusals{Unsigned: 1}},
		{"another key", request(body(nil), now, key+"x"), 401, Refusals{Unsigned: 1}},
		{"an empty key", request(body(nil), now, ""), 401, Refusals{Unsigned: 1}},
		{"another body", changed(func(r *http.Request) {
			r.Body = io.NopCloser(strings.NewReader(body(map[string]any{"message": "other"})))
		}), 401, Refusals{Unsigned: 1}},
		{"another time", changed(func(r *http.Request) { r.Header.Set(HeaderTimestamp, fmt.Sprint(now.Unix()+1)) }), 401, Refusals{Unsigned: 1}},
		{"a timestamp with a sign", changed(func(r *http.Request) { r.Header.Set(HeaderTimestamp, "+"+r.Header.Get(HeaderTimestamp)) }), 401, Refusals{Unsigned: 1}},
		{"a timestamp with a nought before it", changed(func(r *http.Request) { r.Header.Set(HeaderTimestamp, "0"+r.Header.Get(HeaderTimestamp)) }), 401, Refusals{Unsigned: 1}},
		{"a timestamp that never ends", changed(func(r *http.Request) { r.Header.Set(HeaderTimestamp, strings.Repeat("9", 40)) }), 401, Refusals{Unsigned: 1}},
		{"too old", request(body(nil), now.Add(-Window-time.Second), key), 401, Refusals{Stale: 1}},
		{"too new", request(body(nil), now.Add(Window+time.Second), key), 401, Refusals{Stale: 1}},
		{"too large", sent(large), 413, Refusals{TooLarge: 1}},
		{"too large and does not say so", func() *http.Request { r := sent(large); r.ContentLength = -1; return r }(), 413, Refusals{TooLarge: 1}},
		{"another type", changed(func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }), 400, Refusals{Malformed: 1}},
		{"no JSON", sent("kind=story"), 400, Refusals{Malformed: 1}},
		{"empty", sent(""), 400, Refusals{Malformed: 1}},
		{"a list", sent("[" + body(nil) + "]"), 400, Refusals{Malformed: 1}},
		{"null", sent("null"), 400, Refusals{Malformed: 1}},
		{"something behind it", sent(body(nil) + "{}"), 400, Refusals{Malformed: 1}},
		{"an unknown field", sent(body(map[string]any{"text": "hello"})), 400, Refusals{Malformed: 1}},
		{"a field in capitals", sent(body(map[string]any{"kind": nil, "Kind": "story"})), 400, Refusals{Malformed: 1}},
		{"a field twice", sent(`{"kind":"story",` + body(nil)[1:]), 400, Refusals{Malformed: 1}},
		{"a field that is null", sent(strings.Replace(body(nil), `"story"`, `null`, 1)), 400, Refusals{Malformed: 1}},
		{"a field that is a number", sent(body(map[string]any{"message": 1})), 400, Refusals{Malformed: 1}},
		{"no message field", sent(body(map[string]any{"message": nil})), 400, Refusals{Malformed: 1}},
		{"no kind field", sent(body(map[string]any{"kind": nil})), 400, Refusals{Malformed: 1}},
		{"no class field", sent(body(map[string]any{"class": nil})), 400, Refusals{Malformed: 1}},
		{"no link field", sent(body(map[string]any{"link": nil})), 400, Refusals{Malformed: 1}},
		{"no time field", sent(body(map[string]any{"time": nil})), 400, Refusals{Malformed: 1}},
		{"not UTF-8", sent(strings.Replace(body(nil), "m1", "\xff", 1)), 400, Refusals{Malformed: 1}},
		{"no message", sent(body(map[string]any{"message": ""})), 400, Refusals{Malformed: 1}},
		{"an endless Message-ID", sent(body(map[string]any{"message": strings.Repeat("a", mostMessageID+1)})), 400, Refusals{Malformed: 1}},
		{"another kind than the link's", sent(body(map[string]any{"kind": "messages"})), 400, Refusals{Malformed: 1}},
		{"a kind that only people tell", sent(body(map[string]any{"kind": "looked"})), 400, Refusals{Malformed: 1}},
		{"another class than the link's", sent(body(map[string]any{"class": elm})), 400, Refusals{Malformed: 1}},
		{"a class's name", sent(body(map[string]any{"class": "Oak"})), 400, Refusals{Malformed: 1}},
		{"a link elsewhere", sent(body(map[string]any{"link": "https://evil.example/"})), 400, Refusals{Malformed: 1}},
		{"no time", sent(body(map[string]any{"time": "yesterday"})), 400, Refusals{Malformed: 1}},
		{"from the future", sent(body(map[string]any{"time": "2026-10-05T09:35:01Z"})), 400, Refusals{Malformed: 1}},
		{"from long ago", sent(body(map[string]any{"time": "2026-09-04T09:29:59Z"})), 400, Refusals{Malformed: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := &kept{}
			r := newRelay(t, k)
			if got := status(t, r, c.req); got != c.want {
				t.Errorf("answered %d, want %d", got, c.want)
			}
			if taken, why := r.Counts(); taken != 0 || why != c.why {
				t.Errorf("%d taken, %+v", taken, why)
			}
			if k.asked > 0 {
				t.Error("something was left")
			}
		})
	}
}

// A mail is taken once, whatever the request it comes in, also by a relay that was started anew.
func TestRelayTakesEachOnce(t *testing.T) {
	s, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	r := newRelay(t, Hints{Store: s})
	for i, c := range []struct {
		req  *http.Request
		want int
	}{
		{request(body(nil), now, key), 204},
		{request(body(nil), now, key), 409},
		{request(body(nil), now.Add(time.Minute), oldKey), 409},
		{request(body(map[string]any{"message": "m1@classdojo.com"}), now, key), 409}, // with or without the brackets
		{request(body(map[string]any{"message": "m2@classdojo.com"}), now, key), 204},
	} {
		if got := status(t, r, c.req); got != c.want {
			t.Errorf("%d: %d, want %d", i, got, c.want)
		}
	}
	again := newRelay(t, Hints{Store: s})
	if got := status(t, again, request(body(nil), now, key)); got != 409 {
		t.Errorf("after a restart: %d", got)
	}
	if taken, why := r.Counts(); taken != 2 || why != (Refusals{Twice: 3}) {
		t.Error(taken, why)
	}
}

func TestRelayAsksForItAgain(t *testing.T) {
	k := &kept{fail: store.ErrUnknown}
	r := newRelay(t, k)
	if got := status(t, r, request(body(nil), now, key)); got != 503 {
		t.Fatal(got)
	}
	k.fail = nil
	if got := status(t, r, request(body(nil), now, key)); got != 204 || len(k.events) != 1 {
		t.Fatal(got, k.events)
	}
}

// A repeat does not reach the store while it is remembered. What is remembered has a limit.
func TestRelayRemembersSoMuch(t *testing.T) {
	k := &kept{}
	r := newRelay(t, k)
	for i, want := range []int{204, 409, 409} {
		if got := status(t, r, request(body(nil), now, key)); got != want || k.asked != 1 {
			t.Errorf("%d: %d, the store was asked %d times", i, got, k.asked)
		}
	}
	k = &kept{fail: ErrTwice}
	r = newRelay(t, k)
	for range 2 {
		if got := status(t, r, request(body(nil), now, key)); got != 409 || k.asked != 1 {
			t.Errorf("%d, the store was asked %d times", got, k.asked)
		}
	}
	r = newRelay(t, &kept{})
	for i := range remember + 3 {
		r.kept.Add(hash(fmt.Sprint(i)))
	}
	if r.kept.Has(hash("0")) || r.kept.Has(hash("2")) || !r.kept.Has(hash("3")) || !r.kept.Has(hash(fmt.Sprint(remember+2))) {
		t.Error("not the newest that fit are known")
	}
}

func TestRelayAtOnce(t *testing.T) {
	s, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	r := newRelay(t, Hints{Store: s})
	var all sync.WaitGroup
	codes := make([]int, 20)
	for i := range codes {
		all.Go(func() { codes[i] = status(t, r, request(body(nil), now, key)) })
	}
	all.Wait()
	taken := 0
	for _, c := range codes {
		if c == 204 {
			taken++
		} else if c != 409 {
			t.Error(c)
		}
	}
	if taken != 1 {
		t.Errorf("taken %d times", taken)
	}
}

func TestKeysThatCannotBeUsed(t *testing.T) {
	to := &kept{}
	for _, keys := range [][]string{nil, {""}, {key, "short-secret"}, {key + " "}, {key + "é"}, {key, key, key, key, key}} {
		_, err := NewRelay(RelayConfig{Keys: keys, Hints: to, Now: time.Now})
		if err == nil {
			t.Errorf("%q is taken", keys)
			continue
		}
		for _, k := range keys {
			if k != "" && strings.Contains(err.Error(), k) {
				t.Errorf("the error gives the key away: %v", err)
			}
		}
	}
	if _, err := NewRelay(RelayConfig{Keys: []string{key}, Now: time.Now}); err == nil {
		t.Error("without anywhere to leave hints")
	}
}

func TestRelayedReadsBack(t *testing.T) {
	s, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	r := newRelay(t, Hints{Store: s})
	for i := range 3 {
		if got := status(t, r, request(body(map[string]any{"message": fmt.Sprint(i)}), now, key)); got != 204 {
			t.Fatal(got)
		}
	}
	bad := &store.Batch{}
	received := map[string]string{"received": store.Time(now.Add(time.Second))}
	good := Event{Kind: Story, Class: oak, Link: Target{Kind: Story, Class: oak}.Link(), At: now, Count: 1, Key: hash("a"), From: FromRelay}
	for i, e := range []Event{
		{},
		func() Event { e := good; e.Key = hash("b"); return e }(), // under another key
		func() Event { e := good; e.From = FromCSV; return e }(),
		func() Event { e := good; e.Kind, e.By = Looked, "1058"; return e }(),
		func() Event { e := good; e.Link = "https://evil.example/"; return e }(),
		func() Event { e := good; e.Class = "Oak"; return e }(),
		func() Event { e := good; e.Count = 0; return e }(),
	} {
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		k := hash("bad", fmt.Sprint(i))
		if i > 1 {
			e.Key = k
			if text, err = json.Marshal(e); err != nil {
				t.Fatal(err)
			}
		}
		bad.Create(Left, k, received, text)
	}
	bad.Create(Left, "no JSON", received, []byte("Zyx"))
	if err := s.Commit(ctx, bad); err != nil {
		t.Fatal(err)
	}
	events, failed := 0, 0
	for e, err := range (Relayed{Store: s}).Events(ctx) {
		if err != nil {
			failed++
			if strings.Contains(err.Error(), "Zyx") || strings.Contains(err.Error(), "evil") {
				t.Error(err)
			}
			continue
		}
		events++
		if e.Kind != Story || e.Class != oak {
			t.Errorf("%+v", e)
		}
	}
	if events != 3 || failed != 8 {
		t.Errorf("%d events, %d errors", events, failed)
	}
	for e, err := range (Relayed{Store: s, Since: now.Add(2 * time.Second)}).Events(ctx) {
		t.Error("read although it was received before:", e, err)
	}
	if n, err := Clear(ctx, s, now.Add(KeepHints)); err != nil || n != 0 {
		t.Error(n, err)
	}
	if n, err := Clear(ctx, s, now.Add(KeepHints+time.Second)); err != nil || n != 3 {
		t.Error(n, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, err := range (Relayed{Store: s}).Events(ctx) {
		if !errors.Is(err, store.ErrClosed) {
			t.Error(err)
		}
	}
}

// FuzzPayload: whatever is signed, it is refused, or it is an event that can be read back and holds nothing but ids.
func FuzzPayload(f *testing.F) {
	f.Add([]byte(body(nil)))
	f.Add([]byte(`{"kind":"story","kind":"story"}`))
	f.Add([]byte(`{"KIND":"story","class":"school","link":"","time":"","message":"x"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		e, ok := readPayload(text, now)
		if !ok {
			if e != (Event{}) {
				t.Fatal(e)
			}
			return
		}
		if err := e.Check(); err != nil {
			t.Fatalf("%+v: %v", e, err)
		}
		var whole map[string]string // encoding/json finds the same in it
		if err := json.Unmarshal(text, &whole); err != nil || len(whole) != len(parts) || MessageKey(whole[partMessage], e.Kind, e.Class) != e.Key {
			t.Fatalf("%q: %v, %v", text, whole, err)
		}
	})
}

// One network may send as much as a forwarder ever does, and no more; it is not looked at what came beyond.
func TestRelayIsLimited(t *testing.T) {
	to := &kept{}
	at := now
	r, err := NewRelay(RelayConfig{Keys: []string{key}, Hints: to, Now: func() time.Time { return at }, Remote: func(r *http.Request) string { return r.RemoteAddr }})
	if err != nil {
		t.Fatal(err)
	}
	send := func(from, message string) int {
		w := httptest.NewRecorder()
		req := request(body(map[string]any{"message": message}), at, key)
		req.RemoteAddr = from
		r.ServeHTTP(w, req)
		if (w.Code == http.StatusTooManyRequests) != (w.Header().Get("Retry-After") != "") {
			t.Errorf("%d, come again after %q", w.Code, w.Header().Get("Retry-After"))
		}
		return w.Code
	}
	for i := range atOnce {
		if status := send("192.0.2.1:1", fmt.Sprint("<m", i, "@classdojo.com>")); status != http.StatusNoContent {
			t.Fatalf("mail %d: %d", i, status)
		}
	}
	if status := send("192.0.2.1:9", "<more@classdojo.com>"); status != http.StatusTooManyRequests || len(to.events) != atOnce {
		t.Errorf("one more: %d, %d kept", status, len(to.events))
	}
	if status := send("192.0.2.2:1", "<other@classdojo.com>"); status != http.StatusNoContent {
		t.Errorf("another network: %d", status)
	}
	at = at.Add(time.Second)
	if status := send("192.0.2.1:1", "<later@classdojo.com>"); status != http.StatusNoContent {
		t.Errorf("a little later: %d", status)
	}
	if taken, no := r.Counts(); taken != atOnce+2 || no.TooMany != 1 {
		t.Errorf("%d taken, %+v", taken, no)
	}
}
