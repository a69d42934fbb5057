package cli

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"esafetybot/internal/hooks"
	"esafetybot/internal/jobs"
)

// hooksKeysVar names the environment variable with the keys of the receivers.
const hooksKeysVar = "ESAFETYBOT_HOOKS_KEYS"

// hooksKeys reads the keys of the receivers; nil where there are none.
func hooksKeys(getenv func(string) string) ([]string, error) {
	var keys []string
	for k := range strings.SplitSeq(getenv(hooksKeysVar), ",") {
		if k = strings.TrimSpace(k); k == "" {
			continue
		}
		if len(k) < hooks.MinKey {
			return nil, usageError{fmt.Errorf("%s: a key has fewer than %d characters: make one with `openssl rand -hex 32`", hooksKeysVar, hooks.MinKey)}
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// receivers says where Google may send to; nil where nobody listens.
func (o *options) receivers() (*jobs.Receivers, error) {
	if o.hooksURL == "" {
		return nil, nil
	}
	u, err := url.Parse(o.hooksURL)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "https" && !(u.Scheme == "http" && onLoopback(u.Hostname())) {
		return nil, usageError{fmt.Errorf("--hooks-url %q is no address like https://receiver.school.example/hooks", o.hooksURL)}
	}
	keys, err := hooksKeys(o.std.Getenv)
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		return nil, usageError{errors.New("--hooks-url says where the receivers are, and " + hooksKeysVar + " holds no key: make one with `openssl rand -hex 32`, and give it to them and to the jobs")}
	}
	return &jobs.Receivers{URL: o.hooksURL, Keys: keys}, nil
}

// onLoopback tells whether a host is this machine: the simulated school sends there without TLS.
func onLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
