package plain

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestName(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "Class 4": "Class 4", " one\r\n two\t": "one two", "a\u202Eb\u2066c": "abc", "a\u2068b": "ab", "\x00\x1b[31m": "[31m", "שלום": "\u2068שלום\u2069", "a שלום (1)": "\u2068a שלום (1)\u2069",
		strings.Repeat("W", 200): strings.Repeat("W", 120) + "…", "👩\u200d👧": "👩\u200d👧",
	} {
		if got := Name(in); got != want {
			t.Errorf("Name(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestShown(t *testing.T) {
	for in, want := range map[string]string{
		"": "", " and more ": " and more ", "one\ntwo": "one\ntwo", "one\r\ntwo\tthree\x00": "one\ntwo three ", "a\u202Eb\u200Bc\u00ADd": "abcd", "two\u2028lines": "two lines",
		"by \u2068שלום\u2069 (1)": "by \u2068שלום\u2069 (1)", // ours
		"\u2069שלום (1)":          "\u2068שלום (1)\u2069",    // not ours
		"a\u2068b":                "ab", "by שלום": "\u2068by שלום\u2069", "\xff": "\ufffd",
	} {
		if got := Shown(in, 100); got != want {
			t.Errorf("Shown(%q) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		strings.Repeat("é", 20): strings.Repeat("é", 10) + "…", strings.Repeat("W", 11): strings.Repeat("W", 10) + "…", "\u2068שלוםשלוםשלום\u2069": "\u2068שלוםשלוםש…\u2069",
	} {
		if got := Shown(in, 10); got != want {
			t.Errorf("Shown(%q, 10) = %q, want %q", in, got, want)
		}
	}
	if got := []rune(Shown("Z"+strings.Repeat("\u0300", 100), 1000)); len(got) != 1+mostMarks {
		t.Errorf("a tower of %d", len(got))
	}
}

// FuzzShown: whatever is shown is as long as it may be at most, turns nothing round, hides nothing, and is the same when it is shown again.
func FuzzShown(f *testing.F) {
	for _, s := range []string{"", "a\u202Eb", "\u2068שלום\u2069", "\u2069\u2068", "\u2068\u2068a", "שלום\u2068a\u2069", "Z\u0300\u0301", "\xff\r\n\x00", strings.Repeat("ש", 300), "\u2028", "\U000E0041"} {
		f.Add(s)
	}
	const limit = 200
	f.Fuzz(func(t *testing.T, s string) {
		for what, got := range map[string]string{"Shown": Shown(s, limit), "Name": Name(s)} {
			if !utf8.ValidString(got) || utf8.RuneCountInString(got) > 10*limit+3 || what == "Shown" && utf8.RuneCountInString(got) > 2*limit {
				t.Fatalf("%s(%q) has %d characters", what, s, utf8.RuneCountInString(got))
			}
			depth := 0
			for _, r := range got {
				switch {
				case r == fsi:
					depth++
				case r == pdi:
					depth--
				case r == '\n' && what == "Shown" || r == zwj:
				case unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp):
					t.Fatalf("%s(%q) holds %U", what, s, r)
				case rightToLeft(r) && depth == 0:
					t.Fatalf("%s(%q) = %q: not isolated", what, s, got)
				}
				if depth < 0 {
					t.Fatalf("%s(%q) = %q: ends an isolate that did not begin", what, s, got)
				}
			}
			if depth != 0 {
				t.Fatalf("%s(%q) = %q: an isolate does not end", what, s, got)
			}
		}
		if once := Shown(s, limit); utf8.RuneCountInString(once) < limit && Shown(once, limit) != once {
			t.Fatalf("Shown(%q) is %q, and that %q", s, once, Shown(once, limit))
		}
	})
}
