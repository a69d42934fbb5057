// Package limit counts how often somebody comes, and says when it is too often: by network before anybody is known, by account behind the sign-in.
//
// The contract:
//
//   - Each key has an allowance that fills up by itself ([Limiter]); a person never uses it up, a script does.
//   - Memory is bounded: when there are too many keys those that have been quiet are forgotten, and if none has been, newcomers share one allowance.
//   - It counts in this process only: of several processes each counts for itself.
package limit

import (
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// most is how many keys a limiter remembers.
const most = 4096

// Limiter counts by key. It is safe for concurrent use; AtOnce and PerSecond are not changed once it is used.
type Limiter struct {
	AtOnce    int     // how often somebody may come at once
	PerSecond float64 // and then, lastingly

	mu     sync.Mutex
	keys   map[string]*rate.Limiter
	others *rate.Limiter
}

// Allow counts one more of a key, and tells whether it may pass.
func (l *Limiter) Allow(key string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.keys == nil {
		l.keys, l.others = map[string]*rate.Limiter{}, rate.NewLimiter(rate.Limit(l.PerSecond), l.AtOnce)
	}
	n := l.keys[key]
	if n == nil {
		if len(l.keys) >= most {
			for k, n := range l.keys {
				if n.TokensAt(now) >= float64(l.AtOnce) {
					delete(l.keys, k)
				}
			}
		}
		if len(l.keys) >= most {
			return l.others.AllowN(now, 1)
		}
		n = rate.NewLimiter(rate.Limit(l.PerSecond), l.AtOnce)
		l.keys[key] = n
	}
	return n.AllowN(now, 1)
}

// Network is the part of somebody's address that counts: of IPv6 the /64 that one subscriber has. What is no address counts as one network.
func Network(remote string) string {
	a, err := netip.ParseAddr(remote)
	if err != nil {
		ap, err := netip.ParseAddrPort(remote)
		if err != nil {
			return ""
		}
		a = ap.Addr()
	}
	if a = a.Unmap().WithZone(""); a.Is4() {
		return a.String()
	}
	p, err := a.Prefix(64)
	if err != nil {
		return ""
	}
	return p.String()
}

// Forwarded is the address that whoever connects says it asks for: the last entry of X-Forwarded-For. It is to be believed only where nobody but a proxy of ours, or Google's, connects.
func Forwarded(r *http.Request) string {
	list := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	last := strings.TrimSpace(list[len(list)-1])
	if _, err := netip.ParseAddr(last); err == nil {
		return last
	}
	return r.RemoteAddr
}
