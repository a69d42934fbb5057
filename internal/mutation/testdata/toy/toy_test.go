package toy

import (
	"fmt"
	"testing"
	"time"
)

func TestToy(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(int64(s), 0) }
	in := Between(at(1), at(3))
	words := map[string]int{"a": 1, "b": 2, "c": 3, "d": 4}
	var have []any
	for _, n := range []int{-1, 0, 1} {
		have = append(have, Sign(n))
	}
	have = append(have, Weak(1000), Weak(1))
	for _, w := range []string{"a", "b", "c", "d", "e"} {
		have = append(have, Kind(words, w))
	}
	for _, s := range []string{"", "abc", "short", "abcd", "abcdefghi", "abcdefghij"} {
		have = append(have, Size(s))
	}
	odd, even := Odd([]int{1, 2, 3})
	have = append(have, odd, even, Set([]string{"x"}))
	for _, m := range []time.Time{at(0), at(1), at(2), at(3), at(4), {}} {
		have = append(have, in(m))
	}
	want := "[-1 0 1 true false few few some many none empty small small middling middling large [1 3] 1 map[:false x:true] false false true false false true]"
	if fmt.Sprint(have) != want {
		t.Errorf("have %v\nwant %v", have, want)
	}
}
