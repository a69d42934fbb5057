package google

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/seen"
)

// A step is one scripted answer.
type step struct {
	code   int
	body   string
	header map[string]string
	err    error
	hang   bool
}

var fine = step{code: 200, body: `{"id":"1","domains":[{"domainName":"school.example"}]}`}

// script answers with the steps in turn, the last one for ever.
func script(steps ...step) *fake {
	var n atomic.Int64
	next := func() step { return steps[min(int(n.Load()), len(steps)-1)] }
	f := &fake{}
	f.net = func(r *http.Request) error {
		if r.URL.Path == "/token" {
			return nil
		}
		s := next()
		if s.hang {
			n.Add(1)
			<-r.Context().Done()
			return r.Context().Err()
		}
		if s.err != nil {
			n.Add(1)
		}
		return s.err
	}
	f.handle = func(w http.ResponseWriter, r *http.Request) {
		s := next()
		n.Add(1)
		for k, v := range s.header {
			w.Header().Set(k, v)
		}
		w.WriteHeader(s.code)
		io.WriteString(w, s.body)
	}
	return f
}

func quota(reason string) step {
	return step{code: 403, body: problemBody(403, reason, "Rate limit of ann@school.example")}
}

func TestRetry(t *testing.T) {
	reset := &net.OpError{Op: "read", Err: errors.New("connection reset by peer")}
	dial := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	after := func(code int, v string) step {
		return step{code: code, body: "{}", header: map[string]string{"Retry-After": v, "Date": "Tue, 01 Sep 2026 08:00:00 GMT"}}
	}
	tests := []struct {
		name   string
		steps  []step
		calls  int           // requests other than tokens
		took   time.Duration // with a jitter of one half
		reason seen.Reason   // "" is success
		status int
	}{
		{"at once", []step{fine}, 1, 0, "", 0},
		{"429", []step{{code: 429}, {code: 429}, fine}, 3, 500*time.Millisecond + time.Second, "", 0},
		{"quota of the project", []step{quota("rateLimitExceeded"), fine}, 2, 500 * time.Millisecond, "", 0},
		{"quota of the user", []step{quota("userRateLimitExceeded"), fine}, 2, 500 * time.Millisecond, "", 0},
		{"quota of operations", []step{quota("quotaExceeded"), fine}, 2, 500 * time.Millisecond, "", 0},
		{"quota of sharing", []step{quota("sharingRateLimitExceeded"), fine}, 2, 500 * time.Millisecond, "", 0},
		{"a day's quota", []step{quota("dailyLimitExceeded"), fine}, 1, 0, seen.Refused, 403},
		{"5xx", []step{{code: 500}, {code: 502}, {code: 503}, {code: 504}, fine}, 5, 3750 * time.Millisecond, "", 0},
		{"501 is final", []step{{code: 501}, fine}, 1, 0, seen.Failed, 501},
		{"refusal is final", []step{{code: 403, body: problemBody(403, "forbidden", "no")}, fine}, 1, 0, seen.Refused, 403},
		{"not found is final", []step{{code: 404, body: problemBody(404, "notFound", "File not found")}, fine}, 1, 0, seen.Failed, 404},
		{"connection reset", []step{{err: reset}, fine}, 2, 250 * time.Millisecond, "", 0},
		{"connection refused", []step{{err: dial}, fine}, 2, 250 * time.Millisecond, "", 0},
		{"cut off", []step{{code: 200, body: `{"id":"1","doma`}, fine}, 2, 250 * time.Millisecond, "", 0},
		{"hangs", []step{{hang: true}, fine}, 2, time.Minute + 250*time.Millisecond, "", 0},
		{"Retry-After in seconds", []step{after(503, "20"), fine}, 2, 20*time.Second + 250*time.Millisecond, "", 0},
		{"Retry-After as a date", []step{after(429, "Tue, 01 Sep 2026 08:00:30 GMT"), fine}, 2, 30*time.Second + 500*time.Millisecond, "", 0},
		{"Retry-After that is nonsense", []step{after(429, "soon"), fine}, 2, 500 * time.Millisecond, "", 0},
		{"Retry-After beyond patience", []step{after(429, "3600"), fine}, 1, 0, seen.Failed, 429},
		{"for ever 503", []step{{code: 503}}, 8, 31750 * time.Millisecond, seen.Failed, 503},
		{"for ever 429", []step{{code: 429}}, 8, 61500 * time.Millisecond, seen.Failed, 429},
		{"for ever lost", []step{{err: reset}}, 8, 31750 * time.Millisecond, seen.Failed, 0},
		{"for ever hanging", []step{{hang: true}}, 5, 5*time.Minute + 3750*time.Millisecond, seen.Failed, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := script(tt.steps...)
				c := f.client(t, nil)
				start := time.Now()
				_, err := c.Domains(t.Context())
				if have := Reason(err); have != tt.reason {
					t.Errorf("have %v (%s), want %q", err, have, tt.reason)
				}
				if err != nil {
					silent(t, err)
				}
				if have := status(err); have != tt.status {
					t.Errorf("have status %d, want %d", have, tt.status)
				}
				if have := time.Since(start); have != tt.took {
					t.Errorf("took %v, want %v", have, tt.took)
				}
				s := c.Stats()
				if s.Calls["directory.domains.list"] != tt.calls || s.Total != tt.calls+1 || s.Retries != tt.calls-1 {
					t.Errorf("have %+v, want %d calls", s, tt.calls)
				}
			})
		})
	}
}

func TestQuotaHitsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := script(step{code: 429}, quota("userRateLimitExceeded"), step{code: 503}, fine).client(t, nil)
		if _, err := c.Domains(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s := c.Stats(); s.QuotaHits != 2 || s.Retries != 3 {
			t.Errorf("have %+v, want 2 hits of 3 retries", s)
		}
	})
}

func TestTokenRequestsAreRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		f := script(fine)
		f.token = func(string, string) (int, string) {
			if n++; n < 4 {
				return 503, "busy"
			}
			return 200, ""
		}
		c := f.client(t, nil)
		if _, err := c.Domains(t.Context()); err != nil {
			t.Fatal(err)
		}
		if have := c.Calls()["oauth2.token"]; have != 4 {
			t.Errorf("have %d token requests, want 4", have)
		}
		n = -100
		c = f.client(t, nil)
		_, err := c.Domains(t.Context())
		if Reason(err) != seen.Failed {
			t.Errorf("have %v, want failed", err)
		}
		if have := c.Calls()["oauth2.token"]; have != 8 {
			t.Errorf("have %d token requests, want 8: no retrying of retries", have)
		}
	})
}

func TestWritesAreNotRepeatedBlindly(t *testing.T) {
	dial := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	tests := []struct {
		name   string
		first  step
		calls  int
		unsure bool
	}{
		{"503", step{code: 503}, 1, true},
		{"reset", step{err: errors.New("connection reset")}, 1, true},
		{"cut off", step{code: 200, body: `{"id":`}, 1, true},
		{"hangs", step{hang: true}, 1, true},
		{"429", step{code: 429}, 2, false},
		{"quota", quota("rateLimitExceeded"), 2, false},
		{"never left", step{err: dial}, 2, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				create := script(tt.first, fine).client(t, nil)
				_, err := create.CreateDraft(t.Context(), owner, []byte("Subject: x\r\n\r\n"))
				if errors.Is(err, ErrUnsure) != tt.unsure || !tt.unsure && err != nil {
					t.Errorf("create: %v", err)
				}
				if n := create.Calls()["gmail.drafts.create"]; n != tt.calls {
					t.Errorf("sent %d times, want %d", n, tt.calls)
				}
				send := script(tt.first, fine).client(t, nil)
				err = send.SendDraft(t.Context(), owner, "d1")
				if errors.Is(err, ErrUnsure) != tt.unsure || !tt.unsure && err != nil {
					t.Errorf("send: %v", err)
				}
				if n := send.Calls()["gmail.drafts.send"]; n != tt.calls {
					t.Errorf("sent %d times, want %d", n, tt.calls)
				}
				if err != nil {
					silent(t, err)
				}
			})
		})
	}
}

func TestStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err := script(step{hang: true}).client(t, nil).Domains(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || Reason(err) != seen.Interrupt {
			t.Errorf("have %v, want an interruption", err)
		}
		ctx, cancel = context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		err = script(step{hang: true}).client(t, nil).SendDraft(ctx, owner, "d1")
		if !errors.Is(err, ErrUnsure) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("have %v, want unsure: it had left", err)
		}
		ctx, cancel = context.WithCancel(t.Context())
		cancel()
		c := script(fine).client(t, nil)
		if err = c.SendDraft(ctx, owner, "d1"); errors.Is(err, ErrUnsure) || Reason(err) != seen.Interrupt {
			t.Errorf("have %v, want an interruption: nothing had left", err)
		}
	})
}

// A real connection breaks in more ways than a scripted one.
func TestBrokenConnections(t *testing.T) {
	tests := []struct {
		name  string
		first func(net.Conn)
	}{
		{"dropped", func(net.Conn) {}},
		{"dropped in the header", func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Ty") }},
		{"short of its length", func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"domains\":")
		}},
		{"short of its last chunk", func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{}\n\r\n")
		}},
		{"short without a length", func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{\"domains\":[")
		}},
		{"short in an error", func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := script(fine)
			n := 0
			f.handle = func(w http.ResponseWriter, r *http.Request) {
				if n++; n > 1 {
					io.WriteString(w, fine.body)
					return
				}
				conn, _, err := w.(http.Hijacker).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				tt.first(conn)
				conn.Close()
			}
			srv := httptest.NewServer(f)
			defer srv.Close()
			pool := &http.Transport{DisableKeepAlives: true}
			c := f.client(t, func(cfg *Config) {
				cfg.Credentials, cfg.Endpoint, cfg.HTTP = keyFile(srv.URL), srv.URL, pool
				cfg.Sleep = func(context.Context, time.Duration) error { return nil }
			})
			have, err := c.Domains(t.Context())
			if d := cmp.Diff([]string{"school.example"}, have); d != "" || err != nil {
				t.Errorf("%v %s", err, d)
			}
			if n != 2 {
				t.Errorf("asked %d times, want 2", n)
			}
		})
	}
}

// With 10 % of everything going wrong a long list arrives whole.
func TestFaultsDoNotShow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		f := &fake{}
		var page atomic.Int64
		bad := []step{{code: 429}, quota("userRateLimitExceeded"), {code: 500}, {code: 503}, {hang: true}, {err: io.ErrUnexpectedEOF}, {code: 200, body: "{"}}
		var now step
		f.net = func(r *http.Request) error {
			now = step{}
			if r.URL.Path != "/token" && rng.Float64() < 0.1 {
				now = bad[rng.IntN(len(bad))]
			}
			if now.hang {
				<-r.Context().Done()
				return r.Context().Err()
			}
			return now.err
		}
		f.handle = func(w http.ResponseWriter, r *http.Request) {
			if now.code != 0 {
				w.WriteHeader(now.code)
				io.WriteString(w, now.body)
				return
			}
			n := page.Add(1)
			next := ""
			if n < 500 {
				next = fmt.Sprintf(`"nextPageToken":"p%d",`, n)
			}
			fmt.Fprintf(w, `{%s"users":[{"id":"%d"}]}`, next, n)
		}
		c := f.client(t, nil)
		have, err := collect(c.Users(t.Context()))
		if err != nil || len(have) != 500 {
			t.Errorf("have %d users, %v, want 500", len(have), err)
		}
		if s := c.Stats(); s.Retries < 25 || s.Retries > 100 {
			t.Errorf("have %+v, want about 55 retries", s)
		}
	})
}
