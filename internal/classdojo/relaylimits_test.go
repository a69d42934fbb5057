package classdojo

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// padded is a body of just so many bytes: JSON takes spaces anywhere.
func padded(bytes int) string {
	text := body(nil)
	return text + strings.Repeat(" ", bytes-len(text))
}

// At each limit of what docs/classdojo.md describes a request is still taken.
func TestRelayTakesAtTheLimits(t *testing.T) {
	typed := func(kind string) *http.Request {
		r := request(body(nil), now, key)
		r.Header.Set("Content-Type", kind)
		return r
	}
	said := func(name string, value any) *http.Request {
		return request(body(map[string]any{name: value}), now, key)
	}
	for name, r := range map[string]*http.Request{
		"signed five minutes ago":              request(body(nil), now.Add(-Window), key),
		"signed by a clock five minutes ahead": request(body(nil), now.Add(Window), key),
		"a body as large as may be":            request(padded(MaxBody), now, key),
		"a body that does not say its size":    func() *http.Request { r := request(padded(MaxBody), now, key); r.ContentLength = -1; return r }(),
		"a type that names its characters":     typed("application/json; charset=utf-8"),
		"a type in capitals":                   typed("Application/JSON"),
		"the longest Message-ID":               said("message", strings.Repeat("a", 998)),
		"of five minutes from now":             said("time", "2026-10-05T09:35:00Z"),
		"of 31 days ago":                       said("time", "2026-09-04T09:30:00Z"),
		"of another zone":                      said("time", "2026-10-05T10:30:00+01:00"),
		"spaces and lines between the parts":   request(strings.ReplaceAll(body(nil), ",", " ,\n\t"), now, key),
	} {
		t.Run(name, func(t *testing.T) {
			k := &kept{}
			if got := status(t, newRelay(t, k), r); got != 204 || len(k.events) != 1 {
				t.Fatalf("%d, %+v", got, k.events)
			}
			if err := k.events[0].Check(); err != nil {
				t.Error(err)
			}
		})
	}
}

// What is only just not as described is refused, and counted for whoever sets the forwarder up.
func TestRelayRefusesBeyondTheLimits(t *testing.T) {
	changed := func(f func(*http.Request)) *http.Request {
		r := request(body(nil), now, key)
		f(r)
		return r
	}
	sent := func(text string) *http.Request { return request(text, now, key) }
	stamped := func(stamp string) *http.Request {
		r := sent(body(nil))
		r.Header.Set(HeaderTimestamp, stamp)
		r.Header.Set(HeaderSignature, "v1="+hex.EncodeToString(Sign(key, stamp, []byte(body(nil)))))
		return r
	}
	var (
		unsigned  = Refusals{Unsigned: 1}
		malformed = Refusals{Malformed: 1}
		large     = Refusals{TooLarge: 1}
	)
	for name, c := range map[string]struct {
		req  *http.Request
		want int
		why  Refusals
	}{
		"a signature shorter than its version": {changed(func(r *http.Request) { r.Header.Set(HeaderSignature, "v1") }), 401, unsigned},
		"a signature of a letter too many":     {changed(func(r *http.Request) { r.Header.Set(HeaderSignature, r.Header.Get(HeaderSignature)+"0") }), 401, unsigned},
		"a signature that is no number": {changed(func(r *http.Request) {
			r.Header.Set(HeaderSignature, "v1="+strings.Repeat("g", 64))
		}), 401, unsigned},
		"a timestamp in words":              {stamped("now"), 401, unsigned},
		"an empty timestamp":                {stamped(""), 401, unsigned},
		"a timestamp larger than any clock": {stamped("1099511627776"), 401, unsigned},
		"the largest timestamp that is one": {stamped("1099511627775"), 401, Refusals{Stale: 1}},
		"of 1970":                           {stamped("0"), 401, Refusals{Stale: 1}},
		"a byte too large":                  {sent(padded(MaxBody + 1)), 413, large},
		"a byte too large, and does not say so": {func() *http.Request {
			r := sent(padded(MaxBody + 1))
			r.ContentLength = -1
			return r
		}(), 413, large},
		"a type that is none":                         {changed(func(r *http.Request) { r.Header.Del("Content-Type") }), 400, malformed},
		"a type with half a parameter":                {changed(func(r *http.Request) { r.Header.Set("Content-Type", "application/json; charset") }), 400, malformed},
		"ends before its bracket":                     {sent(strings.TrimSuffix(body(nil), "}")), 400, malformed},
		"ends with another bracket":                   {sent(strings.TrimSuffix(body(nil), "}") + "]"), 400, malformed},
		"ends in a comma":                             {sent(strings.TrimSuffix(body(nil), "}") + ",}"), 400, malformed},
		"half a text behind it":                       {sent(body(nil) + `"`), 400, malformed},
		"a list behind it":                            {sent(body(nil) + "[]"), 400, malformed},
		"an object for a text":                        {sent(strings.Replace(body(nil), `"story"`, `{"kind":"story"}`, 1)), 400, malformed},
		"a list for a text":                           {sent(strings.Replace(body(nil), `"story"`, `["story"]`, 1)), 400, malformed},
		"a number for the message":                    {sent(body(map[string]any{"message": 1})), 400, malformed},
		"a list of names and texts":                   {sent(strings.NewReplacer("{", "[", "}", "]", ":\"", ",\"").Replace(body(nil))), 400, malformed},
		"a name without a text":                       {sent(`{"kind"}`), 400, malformed},
		"a text without a name":                       {sent(`{:"story"}`), 400, malformed},
		"the last name twice":                         {sent(strings.TrimSuffix(body(nil), "}") + `,"time":"2026-10-05T08:00:00Z"}`), 400, malformed},
		"an empty name":                               {sent(`{"":"",` + body(nil)[1:]), 400, malformed},
		"nothing said of where, and a link elsewhere": {sent(body(map[string]any{"kind": "", "class": "", "link": "https://evil.example/"})), 400, malformed},
		"brackets around no Message-ID":               {sent(body(map[string]any{"message": " <> "})), 400, malformed},
		"a Message-ID of a letter too many":           {sent(body(map[string]any{"message": strings.Repeat("a", 999)})), 400, malformed},
		"a second beyond five minutes from now":       {sent(body(map[string]any{"time": "2026-10-05T09:35:01Z"})), 400, malformed},
		"a second more than 31 days ago":              {sent(body(map[string]any{"time": "2026-09-04T09:29:59Z"})), 400, malformed},
		"a time without a zone":                       {sent(body(map[string]any{"time": "2026-10-05T08:00:00"})), 400, malformed},
	} {
		t.Run(name, func(t *testing.T) {
			k := &kept{}
			r := newRelay(t, k)
			if got := status(t, r, c.req); got != c.want || k.asked > 0 {
				t.Errorf("answered %d, want %d; %d left", got, c.want, k.asked)
			}
			if taken, why := r.Counts(); taken != 0 || why != c.why {
				t.Errorf("%d taken, %+v", taken, why)
			}
		})
	}
}

// What says that it is too large is not read at all, and what cannot be who signed it neither.
func TestRelayDoesNotReadWhatItNeedNot(t *testing.T) {
	for name, change := range map[string]func(*http.Request){
		"too large": func(r *http.Request) { r.ContentLength = MaxBody + 1 },
		"unsigned":  func(r *http.Request) { r.Header.Del(HeaderSignature) },
		"stale":     func(r *http.Request) { r.Header.Set(HeaderTimestamp, fmt.Sprint(now.Add(-Window).Unix()-1)) },
	} {
		r := request(body(nil), now, key)
		change(r)
		read := false
		r.Body = io.NopCloser(readerFunc(func([]byte) (int, error) { read = true; return 0, io.EOF }))
		if got := status(t, newRelay(t, &kept{}), r); read || got != 401 && got != 413 {
			t.Errorf("%s: %d, read: %v", name, got, read)
		}
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// A body that breaks off on its way is not what was signed. It is not said to be misunderstood: after that the forwarder would go on, and the mail would never be told.
func TestRelayIsSentAgainWhatBrokeOff(t *testing.T) {
	k := &kept{}
	r := newRelay(t, k)
	req := request(body(nil), now, key)
	req.Body = io.NopCloser(io.MultiReader(strings.NewReader(body(nil)[:20]), iotest.ErrReader(io.ErrUnexpectedEOF)))
	if got := status(t, r, req); got != 401 || k.asked > 0 {
		t.Errorf("%d, %d left", got, k.asked)
	}
	if got := status(t, r, request(body(nil), now, key)); got != 204 {
		t.Errorf("sent again: %d", got)
	}
	if taken, why := r.Counts(); taken != 1 || why != (Refusals{Unsigned: 1}) {
		t.Errorf("%d taken, %+v", taken, why)
	}
}

// Each request is counted once, by what became of it.
func TestRelayCounts(t *testing.T) {
	k := &kept{}
	r := newRelay(t, k)
	for i, fail := range []error{nil, fmt.Errorf("wrapped: %w", ErrTwice), errors.New("no room"), nil} {
		k.fail = fail
		status(t, r, request(body(map[string]any{"message": fmt.Sprint(i)}), now, key))
	}
	if taken, why := r.Counts(); taken != 2 || why != (Refusals{Twice: 1, Failed: 1}) {
		t.Errorf("%d taken, %+v", taken, why)
	}
}

// A relay is made of keys that are long enough and the same in every encoding, as many as rotation needs, and of somewhere to leave hints and a clock.
func TestNewRelayAtTheLimits(t *testing.T) {
	clock := func() time.Time { return now }
	signs := strings.Repeat("!~", MinKey/2)
	for name, c := range map[string]struct {
		config RelayConfig
		want   string // begins the error; "" is none
	}{
		"one key":                     {RelayConfig{Keys: []string{key}, Hints: &kept{}, Now: clock}, ""},
		"as many keys as may be":      {RelayConfig{Keys: []string{key, key, key, oldKey}, Hints: &kept{}, Now: clock}, ""},
		"the first and last sign":     {RelayConfig{Keys: []string{signs}, Hints: &kept{}, Now: clock}, ""},
		"no key":                      {RelayConfig{Hints: &kept{}, Now: clock}, "the ClassDojo relay has 0 keys"},
		"a key too many":              {RelayConfig{Keys: []string{key, key, key, key, key}, Hints: &kept{}, Now: clock}, "the ClassDojo relay has 5 keys"},
		"a key of a letter too few":   {RelayConfig{Keys: []string{oldKey, key[1:]}, Hints: &kept{}, Now: clock}, "key 2 of the ClassDojo relay cannot be used"},
		"a key that begins in spaces": {RelayConfig{Keys: []string{" " + key}, Hints: &kept{}, Now: clock}, "key 1 of the ClassDojo relay cannot be used"},
		"a key with a delete sign":    {RelayConfig{Keys: []string{key + "\x7f"}, Hints: &kept{}, Now: clock}, "key 1 of the ClassDojo relay cannot be used"},
		"nowhere to leave hints":      {RelayConfig{Keys: []string{key}, Now: clock}, "the ClassDojo relay needs somewhere to leave what it is told, and a clock"},
		"no clock":                    {RelayConfig{Keys: []string{key}, Hints: &kept{}}, "the ClassDojo relay needs somewhere to leave what it is told, and a clock"},
	} {
		r, err := NewRelay(c.config)
		if (err == nil) != (c.want == "") || err != nil && !strings.HasPrefix(err.Error(), c.want) || (r == nil) != (err != nil) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
