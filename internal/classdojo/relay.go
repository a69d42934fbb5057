package classdojo

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"

	"esafetybot/internal/limit"
	"esafetybot/internal/recent"
)

// What the forwarder sends beside the body (docs/classdojo.md, "What is sent").
const (
	HeaderTimestamp = "X-Esafetybot-Timestamp" // seconds since 1970, in decimal digits
	HeaderSignature = "X-Esafetybot-Signature" // "v1=" and the HMAC-SHA256 of "v1:TIMESTAMP.BODY", in lower-case hexadecimal digits
)

// Limits of the relay.
const (
	Window   = 5 * time.Minute // how far a request's timestamp may be from our clock, either way
	MaxBody  = 4 << 10         // bytes
	MinKey   = 32              // characters of a key
	MaxKeys  = 4               // keys at a time: rotation needs two
	remember = 4096            // events known to have been taken, so that most repeats cost no look into the store
	// A forwarder sends one mail after the other, after a holiday some hundreds; no school's comes near that.
	atOnce    = 600
	perSecond = 5
	oldest    = 31 * 24 * time.Hour // how long ago what is told may have happened
)

// ErrTwice tells that an event was left before.
var ErrTwice = errors.New("this event was told before")

// Leaver is what the relay may do with what it was told: leave it, once. It wraps ErrTwice if there is one of that Key already. [Hints] is one.
type Leaver interface {
	Leave(ctx context.Context, e Event, received time.Time) error
}

// RelayConfig is what a relay needs.
type RelayConfig struct {
	Keys  []string         // each at least MinKey printable ASCII characters without spaces; any of them may sign
	Hints Leaver           // where events are left
	Now   func() time.Time // the clock
	// Remote is the IP address of who asks, which has an allowance that a script uses up and a forwarder does not; nil, and there is no limit.
	Remote func(*http.Request) string
}

// Refusals counts why requests were not taken, since the relay was made. Nobody outside is told: who sets the forwarder up needs it.
type Refusals struct {
	Unsigned  int // no signature, or not one by a key of ours of the whole body
	Stale     int // well formed, but the timestamp is outside Window: most likely a wrong clock, or a repeat
	TooLarge  int
	Malformed int // signed, but not what docs/classdojo.md describes
	Twice     int // taken before
	Failed    int // could not be kept
	TooMany   int // from one network in a short time: not looked at
}

// Relay takes signed requests of a forwarder that runs inside the school's own Workspace, and leaves what they tell as hints. It can do nothing else, and answers without a word:
//
//	204  taken
//	400  signed, but not understood
//	401  not signed by a key of ours within the last five minutes, or not a POST
//	409  told before: as good as taken
//	413  too large
//	429  too many from this network: send it again later
//	503  could not be kept; send it again
type Relay struct {
	c    RelayConfig
	kept *recent.Keys // events
	come limit.Limiter

	mu       sync.Mutex
	refusals Refusals
	taken    int
}

// NewRelay checks the keys. An error says which by its place, never what it is.
func NewRelay(c RelayConfig) (*Relay, error) {
	if len(c.Keys) == 0 || len(c.Keys) > MaxKeys {
		return nil, fmt.Errorf("the ClassDojo relay has %d keys: give it one, or two while the key is being changed (%d at most)", len(c.Keys), MaxKeys)
	}
	for i, k := range c.Keys {
		if !plainKey(k) {
			return nil, fmt.Errorf("key %d of the ClassDojo relay cannot be used: a key is at least %d letters, digits and signs, without spaces; make one with `openssl rand -hex 32`", i+1, MinKey)
		}
	}
	if c.Hints == nil || c.Now == nil {
		return nil, errors.New("the ClassDojo relay needs somewhere to leave what it is told, and a clock")
	}
	return &Relay{c: c, kept: recent.New(remember), come: limit.Limiter{AtOnce: atOnce, PerSecond: perSecond}}, nil
}

// plainKey tells whether a key is long enough and the same bytes in every encoding.
func plainKey(k string) bool {
	for _, b := range []byte(k) {
		if b <= ' ' || b > '~' {
			return false
		}
	}
	return len(k) >= MinKey
}

// Counts tells how many requests were taken, and why the others were not.
func (r *Relay) Counts() (taken int, refused Refusals) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.taken, r.refusals
}

// ServeHTTP takes one request.
func (r *Relay) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	status := r.take(w, req)
	r.mu.Lock()
	if status == http.StatusNoContent {
		r.taken++
	}
	r.mu.Unlock()
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
}

func (r *Relay) refuse(what *int, status int) int {
	r.mu.Lock()
	*what++
	r.mu.Unlock()
	return status
}

func (r *Relay) take(w http.ResponseWriter, req *http.Request) int {
	now := r.c.Now()
	if r.c.Remote != nil && !r.come.Allow(limit.Network(r.c.Remote(req)), now) {
		w.Header().Set("Retry-After", "60")
		return r.refuse(&r.refusals.TooMany, http.StatusTooManyRequests)
	}
	stamp, at, signature, ok := signed(req)
	if !ok {
		return r.refuse(&r.refusals.Unsigned, http.StatusUnauthorized)
	}
	if age := now.Sub(at); age > Window || age < -Window {
		return r.refuse(&r.refusals.Stale, http.StatusUnauthorized)
	}
	if req.ContentLength > MaxBody {
		return r.refuse(&r.refusals.TooLarge, http.StatusRequestEntityTooLarge)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, MaxBody))
	if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
		return r.refuse(&r.refusals.TooLarge, http.StatusRequestEntityTooLarge)
	}
	// What broke off on its way is not what was signed either. It is sent again, as it would not be after a 400.
	if !r.genuine(stamp, body, signature) {
		return r.refuse(&r.refusals.Unsigned, http.StatusUnauthorized)
	}
	e, ok := readPayload(body, now)
	if kind, _, err := mime.ParseMediaType(req.Header.Get("Content-Type")); !ok || err != nil || kind != "application/json" {
		return r.refuse(&r.refusals.Malformed, http.StatusBadRequest)
	}
	if r.kept.Has(e.Key) {
		return r.refuse(&r.refusals.Twice, http.StatusConflict)
	}
	switch err := r.c.Hints.Leave(req.Context(), e, now); {
	case errors.Is(err, ErrTwice):
		r.kept.Add(e.Key)
		return r.refuse(&r.refusals.Twice, http.StatusConflict)
	case err != nil:
		return r.refuse(&r.refusals.Failed, http.StatusServiceUnavailable)
	}
	r.kept.Add(e.Key)
	return http.StatusNoContent
}

// signed reads what a signed request has, each header once.
func signed(req *http.Request) (stamp string, at time.Time, signature []byte, ok bool) {
	stamps, signatures := req.Header.Values(HeaderTimestamp), req.Header.Values(HeaderSignature)
	if req.Method != http.MethodPost || len(stamps) != 1 || len(signatures) != 1 {
		return "", time.Time{}, nil, false
	}
	stamp = stamps[0]
	// What is no number is read as 0, what is too large as the largest: neither is written as it stood.
	seconds, _ := strconv.ParseUint(stamp, 10, 40)
	if strconv.FormatUint(seconds, 10) != stamp {
		return "", time.Time{}, nil, false
	}
	digits := signatures[0]
	if len(digits) != 3+2*sha256.Size || digits[:3] != "v1=" || !isHex(digits[3:]) {
		return "", time.Time{}, nil, false
	}
	signature, _ = hex.DecodeString(digits[3:]) // whole bytes of such digits
	return stamp, time.Unix(int64(seconds), 0), signature, true
}

// genuine tries every key, so that the time it takes says nothing.
func (r *Relay) genuine(stamp string, body, signature []byte) bool {
	found := false
	for _, key := range r.c.Keys {
		if hmac.Equal(Sign(key, stamp, body), signature) {
			found = true
		}
	}
	return found
}

// Sign is the HMAC-SHA256 that a forwarder puts into HeaderSignature, in hexadecimal digits behind "v1=". stamp is what stands in HeaderTimestamp.
func Sign(key, stamp string, body []byte) []byte {
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte("v1:" + stamp + "."))
	h.Write(body)
	return h.Sum(nil)
}

// What the body holds, by name: texts, each of which must be there.
const (
	partKind    = "kind"
	partClass   = "class"
	partLink    = "link"
	partTime    = "time"    // RFC 3339
	partMessage = "message" // Message-ID of the mail
)

// parts are the names in the order of docs/classdojo.md.
var parts = []string{partKind, partClass, partLink, partTime, partMessage}

// mostMessageID is the longest line that RFC 5322 allows.
const mostMessageID = 998

// readPayload reads a body strictly: known names only, each once, nothing behind it. Kind and class must be those that the link leads to.
func readPayload(body []byte, now time.Time) (Event, bool) {
	p := flat(body)
	at, _ := time.Parse(time.RFC3339, p[partTime]) // of what is no time the zero time, which is too old
	if at.After(now.Add(Window)) || at.Before(now.Add(-oldest)) {
		return Event{}, false
	}
	t, ok := ParseLink(p[partLink])
	message := p[partMessage]
	if !ok || string(t.Kind) != p[partKind] || t.Class != p[partClass] || bareID(message) == "" || len(message) > mostMessageID {
		return Event{}, false
	}
	at = at.UTC().Truncate(time.Second)
	return Event{Kind: t.Kind, Class: t.Class, Link: t.Link(), At: at, Count: 1, Key: MessageKey(message, t.Kind, t.Class), From: FromRelay}, true
}

// flat reads a body that is one flat object of texts, in which no name stands twice and each is written as parts has it: encoding/json would take the last of several,
// and names in any case. What is none has no parts. A part that is missing, or holds no text, is found by what it should hold.
func flat(body []byte) map[string]string {
	if !utf8.Valid(body) || !json.Valid(body) {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(body))
	if first, _ := d.Token(); first != json.Delim('{') {
		return nil
	}
	said := map[string]string{}
	for d.More() {
		name, _ := d.Token()
		s, _ := name.(string)
		if _, twice := said[s]; twice || !slices.Contains(parts, s) {
			return nil
		}
		value, _ := d.Token()
		said[s], _ = value.(string)
	}
	return said
}
