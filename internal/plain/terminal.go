package plain

import (
	"io"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
)

// Terminal is w where w is a screen that obeys what is written to it: a title or a name cannot clear it, write over a line, set its colours or turn letters round. Such characters show as \ufffd; lines and tabs stay, and
// the isolates of ours. A file or another program should be given w itself: they obey nothing, and may want every byte.
func Terminal(w io.Writer) io.Writer {
	return transform.NewWriter(w, transform.Chain(runes.Remove(runes.Predicate(func(r rune) bool { return r == '\r' || r == '\ufeff' })), runes.Map(onScreen)))
}

func onScreen(r rune) rune {
	switch {
	case r == '\n', r == '\t', r == zwj, r == fsi, r == pdi:
		return r
	case unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp), r >= 0xe0000 && r <= 0xe0fff:
		return unicode.ReplacementChar
	}
	return r
}
