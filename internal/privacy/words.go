package privacy

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// plain is how words are compared: without white space around them and in lower case.
func plain(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// needles finds words in text.
type needles struct {
	words []string            // lower case
	whole map[string]struct{} // whole strings, such as the id of a finding
}

func (n *needles) add(words ...string) {
	for _, w := range words {
		if w = plain(w); len(w) >= 3 && !slices.Contains(n.words, w) {
			n.words = append(n.words, w)
		}
	}
	// The longest first, so that an address is replaced and not the id within it.
	slices.SortStableFunc(n.words, func(a, b string) int { return len(b) - len(a) })
}

func (n *needles) addWhole(s string) {
	if n.whole == nil {
		n.whole = map[string]struct{}{}
	}
	n.whole[s] = struct{}{}
}

// in tells whether a string mentions any of the words.
func (n *needles) in(s string) bool {
	if _, ok := n.whole[s]; ok {
		return true
	}
	low := lower(s)
	return slices.ContainsFunc(n.words, func(w string) bool { return find(low, w, 0) >= 0 })
}

// without is a string with each of the words replaced by [Mark].
func (n *needles) without(s string) string {
	s = strings.ToValidUTF8(s, "?")
	if _, ok := n.whole[s]; ok {
		return Mark
	}
	for _, w := range n.words {
		low := lower(s)
		var out strings.Builder
		last := 0
		for at := find(low, w, 0); at >= 0; at = find(low, w, last) {
			out.WriteString(s[last:at])
			out.WriteString(Mark)
			last = at + len(w)
		}
		if last > 0 {
			s = out.String() + s[last:]
		}
	}
	return s
}

// lower is a string in lower case with the same offsets: a letter whose other case is longer or shorter stays as it is.
func lower(s string) string {
	ascii := true
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			ascii = false
			break
		}
	}
	if ascii {
		return strings.ToLower(s)
	}
	return strings.Map(func(r rune) rune {
		if l := unicode.ToLower(r); utf8.RuneLen(l) == utf8.RuneLen(r) {
			return l
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
}

// find is where a word stands in a text in lower case at or after from, as a word of its own; -1 if nowhere.
func find(text, word string, from int) int {
	for from <= len(text)-len(word) {
		at := strings.Index(text[from:], word)
		if at < 0 {
			return -1
		}
		at += from
		if apart(text, word, at) {
			return at
		}
		from = at + 1
	}
	return -1
}

// apart tells whether what stands at a place is a word of its own: no part of a longer id, name or address.
func apart(text, word string, at int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:at])
	rest := text[at+len(word):]
	after, size := utf8.DecodeRuneInString(rest)
	inWord := func(r rune) bool { return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) }
	if inWord(before) || inWord(after) {
		return false
	}
	if !strings.Contains(word, "@") {
		return true
	}
	next, _ := utf8.DecodeRuneInString(rest[size:])
	return !strings.ContainsRune("._%+-", before) && after != '-' && (after != '.' || !inWord(next))
}
