package server

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"esafetybot/internal/sim/world"
)

// FaultKinds lists what can go wrong. Those of requests: 429 (with or without Retry-After), 403 (rate limits), 500, 503, timeout (no answer
// until the client gives up), drop (the connection breaks), truncate (half a body), slow, incomplete (files.list says incompleteSearch and
// leaves some out). Those of audit records: dup-audit, late-audit, lost-audit. Those of the messages of notification channels about a record: dup-push, late-push, lost-push.
var FaultKinds = []string{"429", "403", "500", "503", "timeout", "drop", "truncate", "slow", "dup-audit", "late-audit", "lost-audit", "dup-push", "late-push", "lost-push", "incomplete"}

// Faults says what goes wrong how often. The same seed gives the same faults: of a request by its method, subject, query and how often it
// was sent; of an audit record, and of what is pushed of it, by the record's identity.
type Faults struct {
	Rate   float64 // 0 to 1: of requests, and of audit records for each audit or push kind
	Seed   uint64
	Kinds  []string      // FaultKinds; empty means all but incomplete, the audit and the push kinds
	Routes []string      // beginnings of method ids (drive, drive.files, reports, oauth2); empty means all
	Hang   time.Duration // longest a timeout holds a request; 0 means 30 s
	Slow   time.Duration // what slow adds; 0 means 300 ms
	Late   time.Duration // how much later than usual a late audit record shows, or its messages are sent, in the tenant's time; 0 means 6 h
}

// ParseFaults reads the form of the --faults flag: rate=0.1,seed=7,kinds=429+500,route=drive+reports.
func ParseFaults(s string) (Faults, error) {
	var f Faults
	if s == "" {
		return f, nil
	}
	var errs []error
	for _, part := range strings.Split(s, ",") {
		k, v, _ := strings.Cut(part, "=")
		var err error
		switch k {
		case "rate":
			if f.Rate, err = strconv.ParseFloat(v, 64); err == nil && (f.Rate < 0 || f.Rate > 1) {
				err = errors.New("between 0 and 1")
			}
		case "seed":
			f.Seed, err = strconv.ParseUint(v, 10, 64)
		case "kinds":
			f.Kinds = strings.Split(v, "+")
			for _, kind := range f.Kinds {
				if !slices.Contains(FaultKinds, kind) {
					err = fmt.Errorf("%q is none of %s", kind, strings.Join(FaultKinds, ", "))
				}
			}
		case "route":
			f.Routes = strings.Split(v, "+")
		case "hang":
			f.Hang, err = time.ParseDuration(v)
		case "slow":
			f.Slow, err = time.ParseDuration(v)
		case "late":
			f.Late, err = time.ParseDuration(v)
		default:
			err = errors.New("known are rate, seed, kinds, route, hang, slow, late")
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("faults: %s: %w", k, err))
		}
	}
	return f, errors.Join(errs...)
}

// injector decides which requests and which records fail.
type injector struct {
	Faults
	kinds []string // of requests
	mu    sync.Mutex
	sent  map[string]int
}

func newInjector(f Faults) *injector {
	in := &injector{Faults: f, sent: map[string]int{}}
	for _, k := range f.Kinds {
		if !strings.HasSuffix(k, "-audit") && !strings.HasSuffix(k, "-push") {
			in.kinds = append(in.kinds, k)
		}
	}
	if len(f.Kinds) == 0 {
		in.kinds = []string{"429", "403", "500", "503", "timeout", "drop", "truncate", "slow"}
	}
	if in.Hang == 0 {
		in.Hang = 30 * time.Second
	}
	if in.Slow == 0 {
		in.Slow = 300 * time.Millisecond
	}
	if in.Late == 0 {
		in.Late = 6 * time.Hour
	}
	return in
}

// roll gives two numbers for the key: one between 0 and 1, one to choose with.
func (in *injector) roll(key string) (float64, uint64) {
	h := fnv.New128a()
	var seed [8]byte
	binary.LittleEndian.PutUint64(seed[:], in.Seed)
	h.Write(seed[:])
	h.Write([]byte(key))
	sum := mix(h.Sum(nil))
	return float64(sum>>11) / (1 << 53), mix(append(h.Sum(nil), 1))
}

// mix spreads the hash over all bits: FNV alone leaves short keys near each other.
func mix(b []byte) uint64 {
	var x uint64 = 0x9e3779b97f4a7c15
	for len(b) > 0 {
		n := min(8, len(b))
		var part [8]byte
		copy(part[:], b[:n])
		x ^= binary.LittleEndian.Uint64(part[:])
		x ^= x >> 30
		x *= 0xbf58476d1ce4e5b9
		x ^= x >> 27
		x *= 0x94d049bb133111eb
		x ^= x >> 31
		b = b[n:]
	}
	return x
}

// request decides what goes wrong with a request, "" for nothing.
func (in *injector) request(method, subject, query string) (kind string, choice uint64) {
	if in.Rate == 0 || len(in.kinds) == 0 || len(in.Routes) > 0 && !slices.ContainsFunc(in.Routes, func(r string) bool { return strings.HasPrefix(method, r) }) {
		return "", 0
	}
	key := method + " " + subject + " " + query
	in.mu.Lock()
	in.sent[key]++
	n := in.sent[key]
	in.mu.Unlock()
	p, choice := in.roll(key + " " + strconv.Itoa(n))
	if p >= in.Rate {
		return "", 0
	}
	return in.kinds[choice%uint64(len(in.kinds))], choice >> 8
}

// inject does what goes wrong. done says that the request has been answered; cut that the answer is to be cut short.
func (in *injector) inject(w http.ResponseWriter, r *http.Request, kind string, choice uint64) (done, cut bool) {
	switch kind {
	case "429":
		e := rateLimit(429, "rateLimitExceeded")
		if choice%2 == 0 {
			e.header = http.Header{"Retry-After": {"1"}}
		}
		writeError(w, e)
	case "403":
		reason := "rateLimitExceeded"
		if choice%2 == 0 {
			reason = "userRateLimitExceeded"
		}
		writeError(w, rateLimit(403, reason))
	case "500":
		writeError(w, backendError(500))
	case "503":
		writeError(w, backendError(503))
	case "timeout":
		if _, err := io.Copy(io.Discard, r.Body); err != nil { // only then does the server notice that the client has gone
			panic(http.ErrAbortHandler)
		}
		select {
		case <-r.Context().Done():
		case <-time.After(in.Hang):
		}
		panic(http.ErrAbortHandler)
	case "drop":
		panic(http.ErrAbortHandler)
	case "truncate":
		return false, true
	case "slow":
		select {
		case <-r.Context().Done():
		case <-time.After(in.Slow):
		}
		return false, false
	default:
		return false, false
	}
	return true, false
}

// record decides what becomes of an audit record: lost for good, late, or told twice.
func (in *injector) record(a *world.Activity) (lost, late, twice bool) { return in.become(a, "audit") }

// pushed decides what becomes of the messages that tell of a record: likewise.
func (in *injector) pushed(a *world.Activity) (lost, late, twice bool) { return in.become(a, "push") }

func (in *injector) become(a *world.Activity, what string) (lost, late, twice bool) {
	if in.Rate == 0 {
		return false, false, false
	}
	key := a.Time.Format(stamp) + strconv.FormatInt(a.Unique, 36)
	hit := func(kind string) bool {
		kind += "-" + what
		if !slices.Contains(in.Kinds, kind) {
			return false
		}
		p, _ := in.roll(kind + key)
		return p < in.Rate
	}
	return hit("lost"), hit("late"), hit("dup")
}
