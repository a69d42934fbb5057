// Package plain makes what others wrote harmless to look at: names, titles, comments and notes, on pages, in mails and in lists.
//
// None of it escapes: HTML is html/template's affair, headers of mails are package mail's. It is about what looks like something else when it is shown as it is: characters that turn a line round or cannot be
// seen, lines and controls where one line is meant, towers of marks, texts without an end, and cells that a spreadsheet would run.
package plain

import (
	"strings"
	"unicode"
)

// MostName is how long a name or title is shown, in characters as a reader counts them.
const MostName = 120

const (
	zwj = '\u200d' // joins emoji
	fsi = '\u2068' // first strong isolate: what stands between it and pdi cannot turn its surroundings round
	pdi = '\u2069'
)

// most marks that one character carries: some languages need a few, none a tower.
const mostMarks = 9

// Text makes text of unknown origin harmless to look at: one line, no control characters, nothing that changes the
// direction of the text around it, at most limit characters (0: no limit). It does not escape.
func Text(s string, limit int) string {
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
			if inChar++; inChar > mostMarks {
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

// Isolate wraps text that runs from right to left so that it does not turn the line around it.
func Isolate(s string) string {
	if strings.ContainsFunc(s, rightToLeft) {
		return string(fsi) + s + string(pdi)
	}
	return s
}

func rightToLeft(r rune) bool {
	return r >= 0x590 && unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko, unicode.Adlam, unicode.Mandaic, unicode.Samaritan)
}

// Name is a name or title as it is shown: one line, not too long, isolated.
func Name(s string) string { return Isolate(Text(s, MostName)) }

// Shown makes a text harmless that may have several lines, and that may hold isolates of ours ([Isolate]): these stay if they are in order. It is cut after so many characters. Unlike [Text] it leaves spaces as they are, so that
// it can be done to a piece of a sentence.
func Shown(s string, limit int) string {
	if harmless(s, limit) {
		return s
	}
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\r\n", "\n")
	ours, strange := isolates(s)
	var b strings.Builder
	if strange {
		b.WriteRune(fsi)
	}
	n, marks, depth := 0, 0, 0
	for _, r := range s {
		if !ours && (r == fsi || r == pdi) || r != zwj && r != fsi && r != pdi && unicode.Is(unicode.Cf, r) || r >= 0xe0000 && r <= 0xe0fff {
			continue
		}
		if marks++; !unicode.In(r, unicode.M) {
			marks = 0
		}
		if marks > mostMarks {
			continue
		}
		if r != '\n' && (unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp)) {
			r = ' '
		}
		if n++; n > limit {
			b.WriteString("…" + strings.Repeat(string(pdi), depth))
			break
		}
		switch r {
		case fsi:
			depth++
		case pdi:
			depth--
		}
		b.WriteRune(r)
	}
	if strange {
		b.WriteRune(pdi)
	}
	return b.String()
}

// harmless tells of most texts quickly that nothing need be done to them.
func harmless(s string, limit int) bool {
	if len(s) > limit {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c != '\n' && (c < ' ' || c > '~') {
			return false
		}
	}
	return true
}

// isolates tells whether the isolates in a text are in order, and whether letters that run from right to left stand outside of them.
func isolates(s string) (ours, strange bool) {
	depth, outside, any := 0, false, false
	ours = true
	for _, r := range s {
		switch {
		case r == fsi:
			depth++
		case r == pdi:
			if depth--; depth < 0 {
				ours = false
			}
		case rightToLeft(r):
			any, outside = true, outside || depth <= 0
		}
	}
	if ours = ours && depth == 0; !ours {
		return false, any
	}
	return true, outside
}
