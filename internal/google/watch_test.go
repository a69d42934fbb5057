package google

import (
	"errors"
	"testing"
	"time"
)

// The end of a channel is a text or a number, and may be missing.
func TestChannelAnswer(t *testing.T) {
	end := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	for body, want := range map[string]struct {
		resource string
		until    time.Time
		err      error
	}{
		`{"resourceId":"r","expiration":"1795424400000"}`: {"r", end, nil},
		`{"resourceId":"r","expiration":1795424400000}`:   {"r", end, nil},
		`{"resourceId":"r"}`:                              {"r", time.Time{}, nil},
		`{"resourceId":"r","expiration":"-1"}`:            {"r", time.Time{}, nil},
		`{"resourceId":"r","exp`:                          {"", time.Time{}, errCut},
		`{"resourceId":7}`:                                {"", time.Time{}, errShape},
	} {
		resource, until, err := channel([]byte(body))
		if resource != want.resource || !until.Equal(want.until) || !errors.Is(err, want.err) {
			t.Errorf("%s: %q, %s, %v", body, resource, until, err)
		}
	}
}

func FuzzChannelAnswer(f *testing.F) {
	f.Add([]byte(`{"resourceId":"r","expiration":"1795424400000"}`))
	f.Add([]byte(`{"resourceId":null,"expiration":1e400}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, until, err := channel(body); err != nil && !until.IsZero() {
			t.Errorf("%s: %s with %v", body, until, err)
		}
	})
}
