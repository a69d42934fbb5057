package hooks

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestToken(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	old, key, other := strings.Repeat("o", MinKey), strings.Repeat("k", MinKey), strings.Repeat("x", MinKey)
	want := Channel{ID: "c-1", School: "school.example", Application: "drive", Event: "change_user_access", Expires: now.Add(6 * time.Hour)}
	token, err := want.Token(key)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Open([]string{old, key}, "c-1", token, now)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("another channel (-want +got):\n%s", d)
	}
	for what, err := range map[string]error{
		"another channel's":   second(Open([]string{key}, "c-2", token, now)),
		"another key":         second(Open([]string{other}, "c-1", token, now)),
		"no key":              second(Open(nil, "c-1", token, now)),
		"a key too short":     second(Open([]string{""}, "c-1", token, now)),
		"another school":      second(Open([]string{key}, "c-1", strings.Replace(token, "school.", "schoo1.", 1), now)),
		"another event":       second(Open([]string{key}, "c-1", strings.Replace(token, "user", "host", 1), now)),
		"longer":              second(Open([]string{key}, "c-1", token+"A", now)),
		"empty":               second(Open([]string{key}, "c-1", "", now)),
		"its time being over": second(Open([]string{key}, "c-1", token, now.Add(8*time.Hour))),
	} {
		if !errors.Is(err, ErrToken) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, c := range map[string]Channel{
		"without a school": {ID: "c-1", Application: "drive", Event: "x"},
		"with a separator": {ID: "c-1", School: "a|b", Application: "drive", Event: "x"},
		"too long":         {ID: "c-1", School: strings.Repeat("s", 200) + ".example", Application: "drive", Event: "x"},
	} {
		if token, err := c.Token(key); err == nil {
			t.Errorf("%s: %q", what, token)
		}
	}
	if _, err := want.Token("short"); err == nil {
		t.Error("a short key signs")
	}
}

func second(_ Channel, err error) error { return err }
