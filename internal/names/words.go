package names

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// class is what a character is to the cutting of words.
type class uint8

const (
	other class = iota
	small
	capital
	letter // neither small nor capital
	apostrophe
	silent
	white
	joint // may stand between the words of a name
	dot
	comma
)

func (c class) isLetter() bool { return c == small || c == capital || c == letter }

// asciiClass saves looking characters up that most texts are made of.
var asciiClass = func() (t [utf8.RuneSelf]class) {
	for r := range t {
		t[r] = slowClass(rune(r))
	}
	return t
}()

func classOf(r rune) class {
	if r < utf8.RuneSelf {
		return asciiClass[r]
	}
	return slowClass(r)
}

func slowClass(r rune) class {
	switch r {
	case '\'', '’', '‘', '‛', 'ʼ', 'ʻ', '`', '´', '′', '＇':
		return apostrophe
	case '.':
		return dot
	case ',':
		return comma
	case '\t':
		return white
	case '"', '*', '+', '~':
		return joint
	}
	switch {
	case unicode.Is(unicode.Ll, r):
		return small
	case unicode.In(r, unicode.Lu, unicode.Lt):
		return capital
	case unicode.In(r, unicode.L, unicode.Mc):
		return letter
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return silent
	case unicode.Is(unicode.Zs, r):
		return white
	case unicode.In(r, unicode.Pd, unicode.Pc, unicode.Ps, unicode.Pe, unicode.Pi, unicode.Pf):
		return joint
	}
	return other
}

// A sign is a character of a text that is not silent.
type sign struct {
	r  rune
	at int // byte
	is class
}

// gap is what stands between two words: any of these.
type gap uint8

const (
	closeGap gap = 1 << iota
	commaGap
	initialGap // a dot, and white space behind it or nothing
	dotsGap    // dots and white space, if anything
)

// A word of a text.
type word struct {
	start, end int // bytes
	from, to   int // its letters among all
	capital    bool
	after      gap // between it and the next word
}

// cutWords cuts a text into words, and gives the letters of all of them. The 's at the end of a word of a text is no part of it.
func cutWords(s string, text bool) ([]word, []rune) {
	signs := signsOf(s)
	var words []word
	out := make([]rune, 0, len(signs))
	between := 0 // where the gap begins
	for i := 0; i < len(signs); {
		if !signs[i].is.isLetter() {
			i++
			continue
		}
		end := runEnd(signs, i)
		next := end
		if text && end-i >= 3 && signs[end-2].is == apostrophe && (signs[end-1].r == 's' || signs[end-1].r == 'S') {
			end -= 2
		}
		for i < end {
			if n := len(words); n > 0 {
				words[n-1].after = gapOf(signs[between:i])
			}
			w := word{start: signs[i].at, from: len(out), capital: signs[i].is == capital}
			last := i
			for {
				out = fold(out, signs[last].r)
				following := nextLetter(signs, last, end)
				if following == end || camel(signs, last, following, end) {
					i = following
					break
				}
				last = following
			}
			w.to, w.end = len(out), endOf(s, signs[last])
			words = append(words, w)
			between = last + 1
		}
		i = next
	}
	return words, out
}

func signsOf(s string) []sign {
	out := make([]sign, 0, len(s))
	for at, r := range s {
		if is := classOf(r); is != silent {
			out = append(out, sign{r, at, is})
		}
	}
	return out
}

// runEnd is where the run that begins at i ends.
func runEnd(signs []sign, i int) int {
	for i++; i < len(signs); i++ {
		if signs[i].is.isLetter() {
			continue
		}
		if signs[i].is != apostrophe || i+1 == len(signs) || !signs[i+1].is.isLetter() {
			break
		}
	}
	return i
}

// nextLetter is where the letter of a run stands that follows the one at i; end if none does.
func nextLetter(signs []sign, i, end int) int {
	for i++; i < end && !signs[i].is.isLetter(); i++ {
	}
	return i
}

// camel tells whether a word ends between two letters of a run that follow each other.
func camel(signs []sign, i, j, end int) bool {
	if signs[j].is != capital {
		return false
	}
	if signs[i].is == small {
		return true
	}
	k := nextLetter(signs, j, end)
	return signs[i].is == capital && k < end && signs[k].is == small
}

// endOf is the byte behind a letter and the accents on it.
func endOf(s string, l sign) int {
	_, size := utf8.DecodeRuneInString(s[l.at:])
	end := l.at + size
	for {
		r, size := utf8.DecodeRuneInString(s[end:])
		if !unicode.In(r, unicode.Mn, unicode.Me) {
			return end
		}
		end += size
	}
}

// maxSigns is how many signs a close gap may have, a stretch of white space being one.
const maxSigns = 4

func gapOf(signs []sign) gap {
	var dots, commas, whites, joints, others int
	inWhite := false
	for _, s := range signs {
		switch s.is {
		case dot:
			dots++
		case comma:
			commas++
		case white:
			if !inWhite {
				whites++
			}
		case joint, apostrophe:
			joints++
		default:
			others++
		}
		inWhite = s.is == white
	}
	if others > 0 {
		return 0
	}
	var g gap
	if dots+commas == 0 && whites+joints <= maxSigns || len(signs) == 1 && dots == 1 {
		g |= closeGap
	}
	if commas == 1 && dots+joints == 0 {
		g |= commaGap
	}
	if commas+joints == 0 {
		g |= dotsGap
		if dots == 1 && signs[0].is == dot {
			g |= initialGap
		}
	}
	return g
}

// spelt are letters that NFKD leaves alone but people write in others.
var spelt = map[rune]string{'ø': "o", 'ł': "l", 'ß': "ss", 'æ': "ae", 'œ': "oe", 'đ': "d", 'ð': "d", 'þ': "th", 'ı': "i", 'ħ': "h", 'ŋ': "ng", 'ς': "σ"}

// fold appends the letters that a letter of a text counts as.
func fold(out []rune, r rune) []rune {
	if utf8.RuneLen(r) == 1 { // as below, but quick: most letters are such
		return append(out, unicode.ToLower(r))
	}
	for _, l := range norm.NFKD.String(string(r)) {
		if !classOf(l).isLetter() {
			continue
		}
		l = unicode.ToLower(l)
		if as, ok := spelt[l]; ok {
			out = append(out, []rune(as)...)
			continue
		}
		out = append(out, l)
	}
	return out
}
