package limit

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

func TestNetworks(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.1:5": "192.0.2.1", "192.0.2.1": "192.0.2.1", "[::ffff:192.0.2.1]:5": "192.0.2.1", "[2001:db8:1:2:3:4:5:6]:7": "2001:db8:1:2::/64", "2001:db8:1:2::9": "2001:db8:1:2::/64",
		"fe80::1%eth0": "fe80::/64", "": "", "pipe": "",
	} {
		if got := Network(remote); got != want {
			t.Errorf("%q counts as %q, want %q", remote, got, want)
		}
	}
}

func TestAllowance(t *testing.T) {
	l := Limiter{AtOnce: 3, PerSecond: 0.5}
	now := time.Unix(1_793_606_400, 0)
	for i, want := range []bool{true, true, true, false} {
		if l.Allow("a", now) != want {
			t.Errorf("the time no. %d: %v", i+1, !want)
		}
	}
	if !l.Allow("b", now) {
		t.Error("one's haste stops another")
	}
	if l.Allow("a", now.Add(time.Second)) || !l.Allow("a", now.Add(2*time.Second)) {
		t.Error("the allowance does not fill up as said")
	}
}

func TestLimitIsBounded(t *testing.T) {
	l := Limiter{AtOnce: 60, PerSecond: 1}
	now := time.Unix(1_793_606_400, 0)
	refused := 0
	for i := range 2 * most {
		if !l.Allow(fmt.Sprint(i), now) {
			refused++
		}
	}
	if len(l.keys) != most || refused != most-l.AtOnce {
		t.Errorf("%d are remembered, %d refused", len(l.keys), refused)
	}
	now = now.Add(time.Second)
	if !l.Allow("another", now) || len(l.keys) != 1 {
		t.Errorf("a second later %d are remembered", len(l.keys))
	}
}

func TestForwarded(t *testing.T) {
	for header, want := range map[string]string{"192.0.2.1, 198.51.100.7": "198.51.100.7", "": "169.254.1.1:1", "somebody": "169.254.1.1:1", "192.0.2.1, ": "169.254.1.1:1", "2001:db8::1": "2001:db8::1"} {
		r := &http.Request{RemoteAddr: "169.254.1.1:1", Header: http.Header{"X-Forwarded-For": {header}}}
		if got := Forwarded(r); got != want {
			t.Errorf("%q: %q, want %q", header, got, want)
		}
	}
}
