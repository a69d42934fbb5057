package names

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// This file is a second reading of docs/name-rules.md: every person, every name and every stretch of words is tried. It shares the lists of words
// with the package (a test compares them with the page), and nothing else.

type refWord struct {
	letters    string
	start, end int
	capital    bool
	gap        string // behind it, without what is silent
}

func refApostrophe(r rune) bool {
	return slices.Contains([]rune{0x27, 0x2019, 0x2018, 0x201B, 0x2BC, 0x2BB, 0x60, 0xB4, 0x2032, 0xFF07}, r)
}
func refLetter(r rune) bool  { return !refApostrophe(r) && unicode.In(r, unicode.L, unicode.Mc) }
func refSilent(r rune) bool  { return unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) }
func refCapital(r rune) bool { return unicode.In(r, unicode.Lu, unicode.Lt) }
func refWhite(r rune) bool   { return r == '\t' || unicode.Is(unicode.Zs, r) }

func refFold(r rune) string {
	var b strings.Builder
	for _, l := range norm.NFKD.String(string(r)) {
		if refLetter(l) {
			b.WriteRune(unicode.ToLower(l))
		}
	}
	return strings.NewReplacer("ø", "o", "ł", "l", "ß", "ss", "æ", "ae", "œ", "oe", "đ", "d", "ð", "d", "þ", "th", "ı", "i", "ħ", "h", "ŋ", "ng", "ς", "σ").Replace(b.String())
}

func refWords(s string, text bool) []refWord {
	type char struct {
		r  rune
		at int
	}
	var chars []char
	for i, r := range s {
		if !refSilent(r) {
			chars = append(chars, char{r, i})
		}
	}
	// Marks of a character: 'L' letter, 'A' apostrophe within a run, ' ' anything else.
	marks := make([]byte, len(chars))
	for i, c := range chars {
		marks[i] = ' '
		if refLetter(c.r) {
			marks[i] = 'L'
		} else if refApostrophe(c.r) && i > 0 && i+1 < len(chars) && refLetter(chars[i-1].r) && refLetter(chars[i+1].r) {
			marks[i] = 'A'
		}
	}
	if text {
		for i, c := range chars {
			if i > 0 && (c.r == 's' || c.r == 'S') && marks[i-1] == 'A' && (i+1 == len(chars) || marks[i+1] == ' ') {
				marks[i], marks[i-1] = ' ', ' '
			}
		}
	}
	var words []refWord
	var ends []int // index behind the last letter's
	for i := 0; i < len(chars); i++ {
		if marks[i] != 'L' {
			continue
		}
		before, after := -1, -1 // letters of the same run
		if i > 0 && marks[i-1] == 'L' {
			before = i - 1
		} else if i > 1 && marks[i-1] == 'A' {
			before = i - 2
		}
		if i+1 < len(chars) && marks[i+1] == 'L' {
			after = i + 1
		} else if i+2 < len(chars) && marks[i+1] == 'A' {
			after = i + 2
		}
		begins := before < 0
		if !begins && refCapital(chars[i].r) {
			begins = unicode.Is(unicode.Ll, chars[before].r) || refCapital(chars[before].r) && after >= 0 && unicode.Is(unicode.Ll, chars[after].r)
		}
		if begins {
			if n := len(words); n > 0 {
				for _, c := range chars[ends[n-1]:i] {
					words[n-1].gap += string(c.r)
				}
			}
			words = append(words, refWord{start: chars[i].at, capital: refCapital(chars[i].r)})
			ends = append(ends, 0)
		}
		w := &words[len(words)-1]
		w.letters += refFold(chars[i].r)
		ends[len(ends)-1] = i + 1
		w.end = chars[i].at + utf8.RuneLen(chars[i].r)
		for _, r := range s[w.end:] {
			if !unicode.In(r, unicode.Mn, unicode.Me) {
				break
			}
			w.end += utf8.RuneLen(r)
		}
	}
	if len(words) > 0 {
		words[len(words)-1].gap = "\n"
	}
	return words
}

func refClose(gap string) bool {
	if gap == "." {
		return true
	}
	var b strings.Builder // every stretch of white space one blank
	for _, r := range gap {
		if !refWhite(r) {
			b.WriteRune(r)
		} else if !strings.HasSuffix(b.String(), " ") {
			b.WriteByte(' ')
		}
	}
	n := 0
	for _, r := range b.String() {
		if n++; r != ' ' && !refApostrophe(r) && !strings.ContainsRune("\"*+~", r) &&
			!unicode.In(r, unicode.Pd, unicode.Pc, unicode.Ps, unicode.Pe, unicode.Pi, unicode.Pf) {
			return false
		}
	}
	return n <= 4
}

func refTrim(gap string) string { return strings.TrimFunc(gap, refWhite) }

func refLetters(s string) string {
	var b strings.Builder
	for _, w := range refWords(s, false) {
		b.WriteString(w.letters)
	}
	return b.String()
}

func runes(s string) int { return utf8.RuneCountInString(s) }

func refPieces(s string, cut func(rune) bool) (out []string) {
	for _, p := range strings.FieldsFunc(s, cut) {
		if l := refLetters(p); l != "" {
			out = append(out, l)
		}
	}
	return out
}

type refName struct{ firsts, lasts, halves, middles []string }

func refNames(n Name) []refName {
	all := []Name{n}
	change := func(s string) (string, bool) {
		low := norm.NFC.String(strings.ToLower(s))
		out := low
		for old, now := range map[string]string{"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"} {
			out = strings.ReplaceAll(out, old, now)
		}
		return out, out != low
	}
	g, a := change(n.Given)
	f, b := change(n.Family)
	if a || b {
		all = append(all, Name{g, f})
	}
	var out []refName
	for _, n := range all {
		var r refName
		given := refPieces(n.Given, unicode.IsSpace)
		r.middles = given
		for i, p := range given {
			if runes(p) >= 2 {
				r.firsts = []string{p}
				if i+1 < len(given) {
					r.firsts = append(r.firsts, p+given[i+1])
				}
				break
			}
		}
		if l := refLetters(n.Family); runes(l) >= 2 {
			r.lasts = []string{l}
		}
		if ps := refPieces(n.Family, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) }); len(ps) > 1 {
			for _, p := range ps {
				if runes(p) >= 4 && !particles[p] && !common[p] {
					r.halves = append(r.halves, p)
				}
			}
		}
		out = append(out, r)
	}
	return out
}

func refPlain(s string) bool { return runes(s) < 4 || common[s] }

// refNear tells whether exactly one edit, not in the first letter, turns one into the other.
func refNear(name, text string) bool {
	a, b := []rune(name), []rune(text)
	if len(a) < 5 || len(b) == 0 || a[0] != b[0] {
		return false
	}
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		for j := range d[i] {
			switch {
			case i == 0:
				d[i][j] = j
			case j == 0:
				d[i][j] = i
			default:
				same := 1
				if a[i-1] == b[j-1] {
					same = 0
				}
				d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+same)
				if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
					d[i][j] = min(d[i][j], d[i-2][j-2]+1)
				}
			}
		}
	}
	return d[len(a)][len(b)] == 1
}

// reference is Find, done the long way.
func reference(people []Person, text string) []Hit {
	words := refWords(text, true)
	var names [][]refName
	firsts, middles := map[string]bool{}, map[string]bool{}
	for _, p := range people {
		var of []refName
		for _, n := range p.Names {
			of = append(of, refNames(n)...)
		}
		for _, n := range of {
			for _, f := range n.firsts {
				firsts[f], middles[f] = true, true
			}
			for _, f := range n.middles {
				middles[f] = true
			}
		}
		names = append(names, of)
	}
	// stretch is the letters of words i…j-1, if they are a stretch.
	stretch := func(i, j int) (string, bool) {
		s := ""
		for k := i; k < j; k++ {
			s += words[k].letters
			if k+1 < j && !refClose(words[k].gap) {
				return "", false
			}
		}
		return s, j > i && j <= i+5 && j <= len(words)
	}
	const no, nearly, yes = 0, 1, 2
	spells := func(i, j int, part string) int {
		s, ok := stretch(i, j)
		switch {
		case ok && s == part:
			return yes
		case ok && refNear(part, s):
			return nearly
		}
		return no
	}
	// over tells whether n middle names can stand in words i…j-1, with the gap behind them.
	var over func(i, j, n int) bool
	over = func(i, j, n int) bool {
		if i == j || n == 0 {
			return i == j && n == 0
		}
		for k := i + 1; k <= j && k <= i+5; k++ {
			s, ok := stretch(i, k)
			good := ok && middles[s] && refClose(words[k-1].gap)
			if k == i+1 && runes(words[i].letters) == 1 {
				rest, dot := strings.CutPrefix(words[i].gap, ".")
				good = good || refClose(words[i].gap) || dot && rest != "" && refTrim(rest) == ""
			}
			if good && over(k, j, n-1) {
				return true
			}
		}
		return false
	}
	type found struct {
		reading
		exact, straight bool
	}
	var all []found
	for who, of := range names {
		for _, n := range of {
			for _, f := range n.firsts {
				for k, l := range slices.Concat(n.lasts, n.halves) {
					half := k >= len(n.lasts)
					strict := refPlain(f) && refPlain(l)
					for i := range words {
						for j := i + 1; j <= min(i+5, len(words)); j++ {
							if !half && !strict && j == i+1 && runes(words[i].letters) >= 8 && (words[i].letters == f+l || words[i].letters == l+f) {
								all = append(all, found{reading{from: i, to: j, who: int32(who)}, true, true})
							}
							if spells(i, j, f) == no && spells(i, j, l) == no {
								continue
							}
							for a := j; a < min(len(words), j+10+1); a++ {
								for b := a + 1; b <= min(a+5, len(words)); b++ {
									// first, last
									sf, sl := spells(i, j, f), spells(a, b, l)
									if sf != no && sl != no && refClose(words[j-1].gap) {
										for m := 0; m <= 2; m++ {
											if !over(j, a, m) {
												continue
											}
											loose := 0
											if sf == nearly {
												loose++
											}
											if sl == nearly {
												loose++
											}
											if half {
												loose++
											}
											if loose > 1 || strict && (loose > 0 || m > 0 || !words[i].capital || !words[a].capital) {
												continue
											}
											all = append(all, found{reading{from: i, to: b, who: int32(who)}, loose == 0, m == 0})
										}
									}
									// last, first
									sl, sf = spells(i, j, l), spells(a, b, f)
									if a != j || sl == no || sf == no || strict {
										continue
									}
									gap := words[j-1].gap
									if !refClose(gap) && (firsts[l] || refTrim(gap) != ",") {
										// A near spelling of l is still l.
										continue
									}
									loose := 0
									if sf == nearly {
										loose++
									}
									if sl == nearly {
										loose++
									}
									if half {
										loose++
									}
									if loose <= 1 {
										all = append(all, found{reading{from: i, to: b, who: int32(who)}, loose == 0, true})
									}
								}
							}
						}
					}
				}
			}
		}
	}
	var stand []found
	for _, r := range all {
		way := false
		for _, o := range all {
			if o.exact && o.from <= r.from && o.to >= r.to {
				way = way || !r.exact || o.straight && o.to-o.from > r.to-r.from
			}
		}
		if !way {
			stand = append(stand, r)
		}
	}
	var out []Hit
	for _, r := range stand {
		if people[r.who].Adult {
			continue
		}
		kind := FullName
		for _, o := range stand {
			if people[o.who].Adult && o.from == r.from && o.to == r.to {
				kind = CouldNotTell
			}
		}
		out = append(out, Hit{int(r.who), words[r.from].start, words[r.to-1].end, kind})
	}
	for who, of := range names {
		if people[who].Adult || !people[who].Alone {
			continue
		}
		var initials []string
		for _, n := range of {
			for _, l := range slices.Concat(n.lasts, n.halves) {
				_, size := utf8.DecodeRuneInString(l)
				initials = append(initials, l[:size])
			}
		}
		for _, n := range of {
			for _, f := range n.firsts {
				if runes(f) < 3 || common[f] {
					continue
				}
				for i := range words {
					for j := i + 1; j <= min(i+5, len(words)); j++ {
						if spells(i, j, f) != yes {
							continue
						}
						other := slices.ContainsFunc(stand, func(r found) bool { return int(r.who) != who && r.from <= i && r.to >= j })
						initial := j < len(words) && refClose(words[j-1].gap) && runes(words[j].letters) == 1 && words[j].capital && !slices.Contains(initials, words[j].letters)
						title := i > 0 && titles[words[i-1].letters] && (refClose(words[i-1].gap) ||
							strings.TrimFunc(words[i-1].gap, func(r rune) bool { return r == '.' || refWhite(r) }) == "")
						if !other && !initial && !title {
							out = append(out, Hit{who, words[i].start, words[j-1].end, FirstNameAlone})
						}
					}
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b Hit) int {
		return slices.Compare([]int{a.Start, a.End, a.Person, int(a.Kind)}, []int{b.Start, b.End, b.Person, int(b.Kind)})
	})
	return slices.Compact(out)
}
