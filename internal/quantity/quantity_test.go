package quantity

import (
	"math"
	"testing"
)

func TestOf(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{
		0: "0 pupils", 1: "1 pupil", 2: "2 pupils", 999: "999 pupils", 1000: "1,000 pupils", 20050: "20,050 pupils", 999_999: "999,999 pupils", 1_000_000: "1,000,000 pupils",
		-1: "-1 pupils", -100: "-100 pupils", -1000: "-1,000 pupils", math.MinInt64: "-9,223,372,036,854,775,808 pupils",
	} {
		if have := Of(n, "pupil", "pupils"); have != want {
			t.Errorf("%d: %q, want %q", n, have, want)
		}
	}
}
