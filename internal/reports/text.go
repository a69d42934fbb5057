package reports

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// What is shown of a title, in characters as a reader counts them.
const maxTitle = 120

const (
	zwj = '\u200d' // joins emoji
	fsi = "\u2068" // first strong isolate: what stands between it and pdi cannot turn its surroundings round
	pdi = "\u2069"
)

// clean makes text of unknown origin harmless to look at: one line, no control characters, nothing that changes the
// direction of the text around it, at most limit characters (0: no limit). It does not escape.
func clean(s string, limit int) string {
	if limit > 0 && len(s) > 64*limit { // far more than is shown; do not read all of an essay
		s = s[:64*limit]
	}
	s = strings.ToValidUTF8(s, "\ufffd")
	var b strings.Builder
	chars, inChar, space, joined := 0, 0, false, false
	for _, r := range s {
		switch {
		case unicode.IsSpace(r) || unicode.IsControl(r):
			space = true
			continue
		case unicode.Is(unicode.Cf, r) && r != zwj, r == '\ufeff', r >= 0xe0000 && r <= 0xe0fff:
			continue // direction marks, zero widths, tags
		}
		if space && b.Len() > 0 {
			if chars++; limit > 0 && chars > limit {
				return strings.TrimRight(b.String(), string(zwj)) + "…"
			}
			b.WriteByte(' ')
			inChar, joined = 0, false
		}
		extends := unicode.In(r, unicode.M) || r == zwj || joined || r >= 0x1f3fb && r <= 0x1f3ff // marks, joiners, skin tones
		if extends && chars > 0 && !space {
			// A character may carry a few marks, not a tower of them.
			if inChar++; inChar > 9 {
				continue
			}
		} else {
			if chars++; limit > 0 && chars > limit {
				return strings.TrimRight(b.String(), " "+string(zwj)) + "…"
			}
			inChar = 0
		}
		space, joined = false, r == zwj
		b.WriteRune(r)
	}
	return strings.TrimRight(b.String(), string(zwj))
}

// isolate wraps text that runs from right to left so that it does not turn the line around it.
func isolate(s string) string {
	for _, r := range s {
		if unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko, unicode.Adlam, unicode.Mandaic, unicode.Samaritan) {
			return fsi + s + pdi
		}
	}
	return s
}

// wrap breaks text into lines of about width characters, each begun by indent; the first by first.
func wrap(s, first, indent string, width int) string {
	var b strings.Builder
	line := first
	n, empty := utf8.RuneCountInString(first), true
	for _, w := range strings.Fields(s) {
		l := utf8.RuneCountInString(w)
		if !empty && n+1+l > width {
			b.WriteString(line + "\n")
			line, n, empty = indent, utf8.RuneCountInString(indent), true
		}
		if !empty {
			line += " "
			n++
		}
		line += w
		n += l
		empty = false
	}
	b.WriteString(line)
	return b.String()
}
