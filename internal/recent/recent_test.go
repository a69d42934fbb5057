package recent

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// What is remembered is always the newest that fit.
func TestNewest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 5).Draw(t, "size")
		k := New(size)
		var want []string
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			key := fmt.Sprint(rapid.IntRange(0, 9).Draw(t, "key"))
			k.Add(key)
			if !slices.Contains(want, key) {
				want = append(want, key)
			}
			want = want[max(0, len(want)-size):]
			if len(k.known) != len(want) || len(k.ring) != len(want) {
				t.Fatalf("%d known, %d in the ring, want %d", len(k.known), len(k.ring), len(want))
			}
			for i := range 10 {
				if have := k.Has(fmt.Sprint(i)); have != slices.Contains(want, fmt.Sprint(i)) {
					t.Fatalf("%d after %s: %v, want %v", i, key, have, want)
				}
			}
		}
	})
}
