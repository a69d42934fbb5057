package google

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"esafetybot/internal/telemetry"
)

// Retry bounds how long a request is tried. Zero fields mean the defaults.
type Retry struct {
	Tries int           // how often a request is sent at most: 8
	Total time.Duration // no new try after this long: 5 minutes
	Each  time.Duration // how long one try may take, its body included: 1 minute
	Base  time.Duration // the first wait is a random part of this, each further one of twice as much: 500 ms
	Cap   time.Duration // and no more than this: 1 minute
}

func (r Retry) defaults() Retry {
	if r.Tries <= 0 {
		r.Tries = 8
	}
	if r.Total <= 0 {
		r.Total = 5 * time.Minute
	}
	if r.Each <= 0 {
		r.Each = time.Minute
	}
	if r.Base <= 0 {
		r.Base = 500 * time.Millisecond
	}
	if r.Cap <= 0 {
		r.Cap = time.Minute
	}
	return r
}

// maxBody is more than any answer we ask for (a page of 1,000 audit records is about 2 MB).
const maxBody = 64 << 20

// ErrUnsure says that a write was sent and nobody knows whether Google did it: look at the live object before doing it again.
var ErrUnsure = errors.New("it is not known whether Google did it")

// A transport sends requests that carry a call in their context: it paces, signs, retries and counts.
type transport struct {
	base  http.RoundTripper
	pace  *pacer
	retry Retry
	token func(ctx context.Context, id *identity, not string) (token string, fresh bool, err error)
	now   func() time.Time
	sleep func(context.Context, time.Duration) error
	rand  func() float64
	log   *slog.Logger
	slots chan struct{}

	mu    sync.Mutex
	count Stats
}

func newTransport(cfg Config, token func(context.Context, *identity, string) (string, bool, error)) *transport {
	pace := newPacer(cfg.Quota, cfg.Clock, cfg.Sleep)
	if cfg.After != nil {
		pace = cfg.After.t.pace // its limits are the project's: begun anew, they would let a burst through at once
	}
	return &transport{
		base: cfg.HTTP, pace: pace, retry: cfg.Retry.defaults(), token: token,
		now: cfg.Clock, sleep: cfg.Sleep, rand: cfg.Rand, log: cfg.Log,
		slots: make(chan struct{}, cfg.Workers), count: Stats{Calls: map[string]int{}},
	}
}

func (t *transport) stats() Stats {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.count
	s.Calls = maps.Clone(s.Calls)
	return s
}

// A verdict is what becomes of one try.
type verdict int

const (
	done    verdict = iota // an answer, good or bad, that trying again would not change
	refused                // Google did not do it for lack of quota, or it never left: safe to send again
	broken                 // it may or may not have been done: safe to send again only where twice is once
	expired                // the token is no longer good
)

// An outcome is one try's answer, its body read.
type outcome struct {
	sent  bool
	resp  *http.Response
	body  []byte
	err   error
	long  bool // the body is longer than it may be
	quota bool
	why   string // status or kind of error, for the log
}

// status is what was answered; 0 where nothing was.
func (o *outcome) status() int {
	if o.resp == nil {
		return 0
	}
	return o.resp.StatusCode
}

// RoundTrip sends a request until it has an answer worth returning.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	cl := callOf(req.Context())
	if cl == nil {
		return nil, errors.New("google: a request without a call in its context: every request must go through a reader")
	}
	ctx, told := telemetry.Call(req.Context(), cl.m.name)
	resp, err := t.roundTrip(ctx, req, cl, told)
	told.End(err != nil)
	return resp, err
}

func (t *transport) roundTrip(ctx context.Context, req *http.Request, cl *call, told *telemetry.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		var err error
		body, err = io.ReadAll(req.Body)
		req.Body.Close()
		if err != nil {
			return nil, err
		}
	}
	subject := ""
	if cl.id != nil {
		subject = cl.id.subject
	}
	var start time.Time
	tries := t.retry.Tries
	if cl.m.tries > 0 {
		tries = min(tries, cl.m.tries)
	}
	stale := "" // a token that Google no longer takes
	for try := 1; ; try++ {
		if err := t.pace.wait(ctx, cl.m, subject); err != nil {
			return nil, err
		}
		if try == 1 {
			start = t.now()
		}
		auth, fresh := "", false
		if cl.id != nil {
			var err error
			// Asked before every try: the last one may have waited longer than the token lived.
			if auth, fresh, err = t.token(ctx, cl.id, stale); err != nil {
				return nil, err
			}
		}
		cl.tries = try
		o := t.try(req, body, auth, cl, try)
		if err := ctx.Err(); err != nil {
			cl.unsure = o.sent && !cl.m.again
			return nil, err
		}
		wait := time.Duration(0)
		v := t.judge(&o, cl)
		told.Tried(ctx, o.status(), o.quota)
		switch {
		case v == expired && stale == "" && !fresh:
			stale = auth // once, and at once: a token can be withdrawn early
		case v == done, v == expired:
			return o.response()
		case v == broken && !cl.m.again:
			cl.unsure = true
			return nil, fmt.Errorf("%w (%s)", ErrUnsure, o.why)
		default:
			wait = t.backoff(&o, try)
		}
		if try >= tries || t.now().Add(wait).Sub(start) > t.retry.Total {
			return o.response()
		}
		t.log.DebugContext(ctx, "google: trying again", "method", cl.m.name, "try", try, "why", o.why, "wait", wait)
		if wait > 0 {
			if err := t.sleep(ctx, wait); err != nil {
				return nil, err
			}
		}
	}
}

// try sends the request once and reads the whole answer.
func (t *transport) try(req *http.Request, body []byte, auth string, cl *call, n int) outcome {
	buf := bodies.Get().(*bytes.Buffer)
	defer func() {
		buf.Reset()
		bodies.Put(buf)
	}()
	o := t.send(req, body, auth, cl, n, buf)
	if o.resp == nil {
		return o
	}
	// Without a length the end of a cut-off body looks like the end of the body, so the JSON itself must be whole.
	switch good := o.err == nil && o.resp.StatusCode < 300; {
	case buf.Len() > maxBody:
		o.long = true
	case good && cl.read != nil:
		o.err = cl.read(buf.Bytes())
		o.body = []byte("{}")
	default:
		o.body = bytes.Clone(buf.Bytes())
		if good && len(o.body) > 0 && isJSON(o.resp) && !json.Valid(o.body) {
			o.err = errCut
		}
	}
	return o
}

// send sends the request once and reads the answer's body into a buffer, while it holds one of the slots. What follows needs none: then
// the next request is on its way while this answer is looked at.
func (t *transport) send(req *http.Request, body []byte, auth string, cl *call, n int, into *bytes.Buffer) (o outcome) {
	select {
	case t.slots <- struct{}{}:
	case <-req.Context().Done():
		return outcome{err: req.Context().Err()}
	}
	defer func() { <-t.slots }()
	ctx, cancel := context.WithTimeout(req.Context(), t.retry.Each)
	defer cancel()
	r := req.Clone(ctx)
	if req.Body != nil {
		r.Body = io.NopCloser(bytes.NewReader(body))
		r.ContentLength = int64(len(body))
		r.GetBody = nil
	}
	if auth != "" {
		r.Header.Set("Authorization", "Bearer "+auth)
	}
	t.mu.Lock()
	t.count.Calls[cl.m.name]++
	t.count.Total++
	if n > 1 {
		t.count.Retries++
	}
	t.mu.Unlock()
	o.sent = true
	o.resp, o.err = t.base.RoundTrip(r)
	if o.err != nil {
		o.resp = nil
		return o
	}
	defer o.resp.Body.Close()
	_, o.err = into.ReadFrom(io.LimitReader(o.resp.Body, maxBody+1))
	return o
}

// bodies are kept for use again.
var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// judge decides what becomes of a try.
func (t *transport) judge(o *outcome, cl *call) verdict {
	if o.err != nil {
		o.why = kind(o.err)
		var cert *tls.CertificateVerificationError
		if errors.As(o.err, &cert) {
			return done // it will not become trusted by asking again
		}
		if errors.Is(o.err, errShape) {
			return done
		}
		var op *net.OpError
		if errors.As(o.err, &op) && op.Op == "dial" {
			return refused // it never left
		}
		return broken
	}
	code := o.resp.StatusCode
	o.why = strconv.Itoa(code)
	switch {
	case o.long:
		o.err, o.why = fmt.Errorf("an answer of more than %d MB", maxBody>>20), "too long"
		return done
	case code < 300:
		return done
	case code == http.StatusUnauthorized && cl.id != nil:
		return expired
	case code == http.StatusTooManyRequests, code == http.StatusForbidden && parseProblem(o.body).quota():
		o.quota = true
		t.mu.Lock()
		t.count.QuotaHits++
		t.mu.Unlock()
		o.why += " quota"
		return refused
	case code == http.StatusRequestTimeout, code == 500, code == 502, code == 503, code == 504:
		return broken
	}
	return done
}

var errCut = errors.New("the answer was cut off")

func isJSON(resp *http.Response) bool {
	return strings.Contains(resp.Header.Get("Content-Type"), "json")
}

// kind names an error of the network without what it says, which may hold a URL.
func kind(err error) string {
	var ne net.Error
	var cert *tls.CertificateVerificationError
	switch {
	case errors.As(err, &cert):
		return "certificate not trusted"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &ne) && ne.Timeout():
		return "timed out"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, errCut):
		return "cut off"
	}
	return "connection lost"
}

// backoff is how long to wait after the given try: a random part of a span that doubles, and no less than Google asked for.
func (t *transport) backoff(o *outcome, try int) time.Duration {
	span := t.retry.Base
	if o.quota {
		span *= 2 // quotas are counted by the minute: there is no use in coming back soon
	}
	for i := 1; i < try && span < t.retry.Cap; i++ {
		span *= 2
	}
	wait := time.Duration(t.rand() * float64(min(span, t.retry.Cap)))
	if o.resp == nil {
		return wait
	}
	if asked := t.retryAfter(o.resp.Header); asked > 0 {
		// The jitter comes on top, so that those who were told the same do not come back together.
		return asked + min(wait, asked/4+time.Second)
	}
	return wait
}

// retryAfter reads the header of that name: seconds, or a date, which is taken by the answer's own clock if it tells one.
func (t *transport) retryAfter(h http.Header) time.Duration {
	s := strings.TrimSpace(h.Get("Retry-After"))
	if s == "" {
		return 0
	}
	if n, err := strconv.Atoi(s); err == nil {
		return time.Duration(min(max(n, 0), 24*3600)) * time.Second
	}
	at, err := http.ParseTime(s)
	if err != nil {
		return 0
	}
	now := t.now()
	if d, err := http.ParseTime(h.Get("Date")); err == nil {
		now = d
	}
	return max(at.Sub(now), 0)
}

// response is what the caller gets: the answer with its body in memory, or the error.
func (o *outcome) response() (*http.Response, error) {
	if o.err != nil {
		return nil, o.err
	}
	o.resp.Body = io.NopCloser(bytes.NewReader(o.body))
	o.resp.ContentLength = int64(len(o.body))
	return o.resp, nil
}
