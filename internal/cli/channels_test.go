package cli

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/hooks"
	"esafetybot/internal/jobs"
)

func TestReceivers(t *testing.T) {
	a, b := strings.Repeat("a", hooks.MinKey), strings.Repeat("b", hooks.MinKey)
	for _, c := range []struct {
		url, keys string
		want      *jobs.Receivers
		wrong     string
	}{
		{"", a, nil, ""},
		{"https://receiver.school.example/hooks", a + ", " + b + ",", &jobs.Receivers{URL: "https://receiver.school.example/hooks", Keys: []string{a, b}}, ""},
		{"http://127.0.0.1:8080/hooks", a, &jobs.Receivers{URL: "http://127.0.0.1:8080/hooks", Keys: []string{a}}, ""},
		{"https://receiver.school.example/hooks", "", nil, "holds no key"},
		{"https://receiver.school.example/hooks", a + ",short", nil, "cannot be used"},
		{"http://receiver.school.example/hooks", a, nil, "is no address like"},
		{"receiver.school.example", a, nil, "is no address like"},
		{"https://receiver.school.example/hooks?x=1", a, nil, "is no address like"},
	} {
		o := &options{std: IO{Getenv: func(name string) string { return map[string]string{hooks.KeysVar: c.keys}[name] }}, hooksURL: c.url}
		have, err := o.pushTo()
		var usage usageError
		switch {
		case c.wrong == "" && err != nil, c.wrong != "" && (!errors.As(err, &usage) || !strings.Contains(err.Error(), c.wrong)):
			t.Errorf("%q with keys: %v", c.url, err)
		case err != nil && (strings.Contains(err.Error(), "short") || strings.Contains(err.Error(), a)):
			t.Errorf("an error holds a key: %v", err)
		}
		if d := cmp.Diff(c.want, have); d != "" {
			t.Errorf("%q (-want +have):\n%s", c.url, d)
		}
	}
}
