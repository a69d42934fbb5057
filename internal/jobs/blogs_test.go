package jobs

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestPlainText(t *testing.T) {
	for in, want := range map[string]string{
		"":                                           "",
		"Well done!":                                 "Well done!",
		"one<br>two<br/>three":                       "one\ntwo\nthree",
		"<p>one</p><p>two</p>":                       "one\n\ntwo",
		"Tom &amp; Jerry &lt;3":                      "Tom & Jerry <3",
		"3 < 5 and 5 > 3":                            "3 < 5 and 5 > 3",
		"<b>bold</b> <i>words</i>":                   "bold words",
		"<script>alert(1)</script>x":                 "alert(1)x",
		`<a href="https://bad.example">here</a>`:     "here",
		"<!-- hidden -->seen":                        "seen",
		strings.Repeat("a", mostText):                strings.Repeat("a", mostText),
		strings.Repeat("ä", mostText+1):              strings.Repeat("ä", mostText) + "…",
		strings.Repeat("<br>", 50_000) + "far below": "far below",
	} {
		if have := plainText(in); have != want {
			t.Errorf("%.60q: %.80q, want %.80q", in, have, want)
		}
	}
}

func FuzzPlainText(f *testing.F) {
	for _, s := range []string{"", "<p>one<br>two</p>", "&#x202e;right to left", "<b", "&", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := plainText(s)
		if n := utf8.RuneCountInString(out); n > mostText+1 {
			t.Errorf("%d characters", n)
		}
	})
}

// Each account has its turn in the rotation, and not all have it on one day.
func TestSpread(t *testing.T) {
	days := map[time.Duration]int{}
	for i := range 1000 {
		d := spread(strings.Repeat("1", i%7)+string(rune('a'+i%26))+strings.Repeat("x", i/26), DefaultRotation)
		if d < 0 || d >= DefaultRotation || d%(24*time.Hour) != 0 {
			t.Fatal(d)
		}
		days[d]++
	}
	for d, n := range days {
		if n > 100 {
			t.Errorf("%d of 1000 on day %v", n, d)
		}
	}
	if len(days) < 20 || spread("a", time.Hour) != 0 {
		t.Errorf("%d days", len(days))
	}
}
