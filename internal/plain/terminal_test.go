package plain

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"unicode"
)

func TestTerminal(t *testing.T) {
	for what, c := range map[string]struct{ in, want string }{
		"lines and tabs":          {"a\tb\nc\n", "a\tb\nc\n"},
		"other alphabets":         {"Åsa · שלום · 👩\u200d🏫 · “x”", "Åsa · שלום · 👩\u200d🏫 · “x”"},
		"isolates":                {"\u2068שלום\u2069 x", "\u2068שלום\u2069 x"},
		"clears the screen":       {"Cats\x1b[2J", "Cats\ufffd[2J"},
		"sets the window's title": {"\x1b]0;x\x07", "\ufffd]0;x\ufffd"},
		"by one character":        {"\u009b31m", "\ufffd31m"},
		"writes over the line":    {"bad\rgood", "badgood"},
		"goes back":               {"bad\b\b\bok \x7f", "bad\ufffd\ufffd\ufffdok \ufffd"},
		"turns letters round":     {"a\u202efdp.exe", "a\ufffdfdp.exe"},
		"cannot be seen":          {"a\u200bb\U000e0041", "a\ufffdb\ufffd"},
		"lines of a list":         {"\ufeffa,b\r\n", "a,b\n"},
		"no text at all":          {"\xff\x80", "\ufffd\ufffd"},
	} {
		var whole, bytewise bytes.Buffer
		if n, err := io.WriteString(Terminal(&whole), c.in); n != len(c.in) || err != nil {
			t.Errorf("%s: wrote %d of %d, %v", what, n, len(c.in), err)
		}
		if whole.String() != c.want {
			t.Errorf("%s: have %q, want %q", what, whole.String(), c.want)
		}
		w := Terminal(&bytewise)
		for i := range len(c.in) {
			if _, err := io.WriteString(w, c.in[i:i+1]); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
		if bytewise.String() != c.want {
			t.Errorf("%s, a byte at a time: have %q, want %q", what, bytewise.String(), c.want)
		}
	}
}

// FuzzTerminal: whatever comes, no control but lines and tabs reaches the screen, and what has none arrives as it is.
func FuzzTerminal(f *testing.F) {
	for _, s := range []string{"", "plain\n", "\x1b[31mred", "\u202e", "\xc3", "a\u0301\u200d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var b bytes.Buffer
		if _, err := io.WriteString(Terminal(&b), s+"."); err != nil {
			t.Fatal(err)
		}
		if i := strings.IndexFunc(b.String(), func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }); i >= 0 {
			t.Fatalf("%q reaches the screen as %q", s, b.String())
		}
		if harmless(s, len(s)) && b.String() != s+"." {
			t.Fatalf("%q became %q", s, b.String())
		}
	})
}
