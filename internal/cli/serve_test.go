package cli

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

func TestRemote(t *testing.T) {
	for _, c := range []struct {
		from string
		said []string
		want string
	}{
		{"203.0.113.9:5000", nil, "203.0.113.9:5000"},
		{"203.0.113.9:5000", []string{"198.51.100.7"}, "203.0.113.9:5000"}, // nobody but a proxy here is believed
		{"127.0.0.1:5000", nil, "127.0.0.1:5000"},
		{"127.0.0.1:5000", []string{"198.51.100.7"}, "198.51.100.7"},
		{"[::1]:5000", []string{"192.0.2.1, 198.51.100.7", "2001:db8::5"}, "2001:db8::5"},
		{"127.0.0.1:5000", []string{"198.51.100.7, nonsense"}, "127.0.0.1:5000"},
		{"nonsense", []string{"198.51.100.7"}, "nonsense"},
	} {
		r := &http.Request{RemoteAddr: c.from, Header: http.Header{}}
		for _, s := range c.said {
			r.Header.Add("X-Forwarded-For", s)
		}
		if have := remote(r); have != c.want {
			t.Errorf("%s saying %v: %q, want %q", c.from, c.said, have, c.want)
		}
	}
}

func TestSiteKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "site.key")
	first, err := siteKey(path)
	if err != nil || len(first) != 32 {
		t.Fatal(len(first), err)
	}
	again, err := siteKey(path)
	if err != nil || string(again) != string(first) {
		t.Error("another key the second time", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Error("others may read the key", err)
	}
	if err := os.WriteFile(path, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := siteKey(path); err == nil {
		t.Error("half a key was taken")
	}
}
