package signin

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// A whole school signs in from one address at half past eight, each person with two requests.
const (
	attemptsAtOnce    = 60
	attemptsPerSecond = 1
	mostNetworks      = 4096
)

// limiter counts attempts to sign in by network. Its memory is bounded: when there are too many networks those that have been quiet are
// forgotten, and if none has been, newcomers share one allowance.
type limiter struct {
	mu       sync.Mutex
	networks map[string]*rate.Limiter
	others   *rate.Limiter
}

func (l *limiter) allow(remote string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.networks == nil {
		l.networks, l.others = map[string]*rate.Limiter{}, rate.NewLimiter(attemptsPerSecond, attemptsAtOnce)
	}
	key := network(remote)
	n := l.networks[key]
	if n == nil {
		if len(l.networks) >= mostNetworks {
			for k, n := range l.networks {
				if n.TokensAt(now) >= attemptsAtOnce {
					delete(l.networks, k)
				}
			}
		}
		if len(l.networks) >= mostNetworks {
			return l.others.AllowN(now, 1)
		}
		n = rate.NewLimiter(attemptsPerSecond, attemptsAtOnce)
		l.networks[key] = n
	}
	return n.AllowN(now, 1)
}

// network is the address that counts: of IPv6 the /64 that one subscriber has. What is no address counts as one network.
func network(remote string) string {
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
