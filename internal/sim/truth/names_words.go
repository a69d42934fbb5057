package truth

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// word is a piece of a text that is compared (docs/name-rules.md, "Words of a text").
type word struct {
	// letters are those that are compared; there may be none.
	letters string
	// capital says whether the first letter of the word is a capital in the text.
	capital bool
}

// spelt is a text cut into words.
type spelt struct {
	words []word
	// gaps[i] is what stands between words i and i+1, without silent characters.
	gaps []string
}

const apostrophes = "'’‘‛ʼʻ`´′＇"

func isApostrophe(c rune) bool { return strings.ContainsRune(apostrophes, c) }

func isLetter(c rune) bool { return unicode.In(c, unicode.L, unicode.Mc) && !isApostrophe(c) }

func isSilent(c rune) bool { return unicode.In(c, unicode.Mn, unicode.Me, unicode.Cf) }

func isSmall(c rune) bool { return unicode.Is(unicode.Ll, c) }

func isCapital(c rune) bool { return unicode.In(c, unicode.Lu, unicode.Lt) }

// heard are the characters of a text without the silent ones: what has only those between it stands next to each other.
func heard(text string) []rune {
	return slices.DeleteFunc([]rune(text), isSilent)
}

// cut cuts a text into its words. Of a name nothing is cut off as apostrophe + s, of a text it is.
func cut(text string, isName bool) spelt {
	chars := heard(text)
	var out spelt
	gap := ""
	for i := 0; i < len(chars); {
		if !isLetter(chars[i]) {
			gap += string(chars[i])
			i++
			continue
		}
		end := i + 1
		for end < len(chars) && (isLetter(chars[end]) || isApostrophe(chars[end]) && end+1 < len(chars) && isLetter(chars[end+1])) {
			end++
		}
		run := chars[i:end]
		if n := len(run); !isName && n > 2 && isApostrophe(run[n-2]) && (run[n-1] == 's' || run[n-1] == 'S') {
			run = run[:n-2]
		}
		out.add(gap, run)
		gap = ""
		i += len(run)
		// What was cut off of this run is no run of its own.
		for i < end {
			gap += string(chars[i])
			i++
		}
	}
	return out
}

// add adds the words of a run behind a gap.
func (s *spelt) add(gap string, run []rune) {
	var letters []rune
	for _, c := range run {
		if !isApostrophe(c) {
			letters = append(letters, c)
		}
	}
	one := []rune{}
	n := -1 // the place among letters
	for _, c := range run {
		if isApostrophe(c) {
			gap += string(c) // it counts only if a word ends here; see below
			continue
		}
		n++
		if n > 0 {
			before := letters[n-1]
			ends := isSmall(before) && isCapital(c) || isCapital(before) && isCapital(c) && n+1 < len(letters) && isSmall(letters[n+1])
			if ends {
				s.word(one)
				one = nil
			}
		}
		if len(one) == 0 && len(s.words) > 0 {
			s.gaps = append(s.gaps, gap)
		}
		gap = ""
		one = append(one, c)
	}
	s.word(one)
}

func (s *spelt) word(letters []rune) {
	s.words = append(s.words, word{letters: folded(letters), capital: isCapital(letters[0])})
}

// written are letters that no decomposition takes apart.
var written = strings.NewReplacer("ø", "o", "ł", "l", "ß", "ss", "æ", "ae", "œ", "oe", "đ", "d", "ð", "d", "þ", "th", "ı", "i", "ħ", "h", "ŋ", "ng", "ς", "σ")

// folded is how letters are compared.
func folded(letters []rune) string {
	var b strings.Builder
	for _, c := range letters {
		for _, part := range norm.NFKD.String(string(c)) {
			if isLetter(part) {
				b.WriteRune(unicode.ToLower(part))
			}
		}
	}
	return written.Replace(b.String())
}

// lettersOf are the letters of all words of a name or of a piece of one.
func lettersOf(name string) string {
	var b strings.Builder
	for _, w := range cut(name, true).words {
		b.WriteString(w.letters)
	}
	return b.String()
}

// isSpace reports whether a character is white space of texts.
func isSpace(c rune) bool { return c == '\t' || unicode.Is(unicode.Zs, c) }

// isClose reports whether a gap is close.
func isClose(gap string) bool {
	if gap == "." {
		return true
	}
	signs := 0
	inSpace := false
	for _, c := range gap {
		if isSpace(c) {
			if !inSpace {
				signs++
			}
			inSpace = true
			continue
		}
		inSpace = false
		if !unicode.In(c, unicode.Pd, unicode.Pc, unicode.Ps, unicode.Pe, unicode.Pi, unicode.Pf) && !isApostrophe(c) && !strings.ContainsRune(`"*+~`, c) {
			return false
		}
		signs++
	}
	return signs <= 4
}

// isComma reports whether a gap is a comma gap.
func isComma(gap string) bool { return strings.TrimFunc(gap, isSpace) == "," }

// isAbbreviation reports whether a gap is a dot with white space behind it, as behind an initial.
func isAbbreviation(gap string) bool {
	return strings.HasPrefix(gap, ".") && len(gap) > 1 && strings.TrimLeftFunc(gap[1:], isSpace) == ""
}

// isTitleGap reports whether a gap is nothing but dots and white space, as behind a title.
func isTitleGap(gap string) bool {
	return strings.TrimFunc(gap, func(c rune) bool { return c == '.' || isSpace(c) }) == ""
}

// isNear reports whether the letters nearly spell the part.
func isNear(letters, part string) bool {
	if letters == "" || letters[0] != part[0] {
		return false // which saves most of the time
	}
	a, b := []rune(letters), []rune(part)
	if len(b) < 5 || a[0] != b[0] || letters == part {
		return false
	}
	switch len(a) - len(b) {
	case 1:
		return dropsTo(a, b)
	case -1:
		return dropsTo(b, a)
	case 0:
	default:
		return false
	}
	var differ []int
	for i := range a {
		if a[i] != b[i] {
			differ = append(differ, i)
		}
	}
	if len(differ) == 1 {
		return true
	}
	if len(differ) != 2 || differ[1] != differ[0]+1 {
		return false
	}
	i, j := differ[0], differ[1]
	return a[i] == b[j] && a[j] == b[i]
}

// dropsTo reports whether one letter left out makes the long one the short one.
func dropsTo(long, short []rune) bool {
	for i := range long {
		if slices.Equal(slices.Concat(long[:i], long[i+1:]), short) {
			return true
		}
	}
	return false
}
