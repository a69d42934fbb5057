package cli

import (
	"errors"
	"fmt"
	"net"
	"net/url"

	"esafetybot/internal/hooks"
	"esafetybot/internal/jobs"
)

// pushTo says where Google may send to; nil where nobody listens.
func (o *options) pushTo() (*jobs.Receivers, error) {
	if o.hooksURL == "" {
		return nil, nil
	}
	u, err := url.Parse(o.hooksURL)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "https" && !(u.Scheme == "http" && onLoopback(u.Hostname())) {
		return nil, usageError{fmt.Errorf("--hooks-url %q is no address like https://receiver.school.example/hooks", o.hooksURL)}
	}
	s, err := hooks.Read(o.std.Getenv)
	if err != nil {
		return nil, usageError{err}
	}
	if len(s.Keys) == 0 {
		return nil, usageError{errors.New("--hooks-url says where the receivers are, and " + hooks.KeysVar + " holds no key: make one with `openssl rand -hex 32`, and give it to them and to the jobs")}
	}
	return &jobs.Receivers{URL: o.hooksURL, Keys: s.Keys}, nil
}

// onLoopback tells whether a host is this machine: the simulated school sends there without TLS.
func onLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
