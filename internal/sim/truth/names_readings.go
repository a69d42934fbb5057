package truth

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// named is somebody whose name is looked for, or who may be meant instead.
type named struct {
	// fact names a pupil by an id; an adult has none.
	fact string
	// adult is nobody whose name is looked for.
	adult bool
	// hidden is a pupil who is not to be published.
	hidden bool
	names  []parts
}

// parts are what readings are made of: the firsts, lasts and halves of one name, and what else may stand in the middle.
type parts struct {
	firsts, lasts, halves []string
	// given are the letters of each piece of the given name.
	given []string
}

// partsOf takes a name apart (docs/name-rules.md, "Parts of a name").
func partsOf(given, family string) parts {
	var p parts
	p.given = piecesOf(strings.Fields(given))
	for i, piece := range p.given {
		if utf8.RuneCountInString(piece) < 2 {
			continue
		}
		p.firsts = append(p.firsts, piece)
		if i+1 < len(p.given) {
			p.firsts = append(p.firsts, piece+p.given[i+1])
		}
		break
	}
	if last := lettersOf(family); utf8.RuneCountInString(last) >= 2 {
		p.lasts = append(p.lasts, last)
	}
	pieces := piecesOf(strings.FieldsFunc(family, cutsFamily))
	if len(pieces) < 2 {
		return p
	}
	for _, piece := range pieces {
		if utf8.RuneCountInString(piece) >= 4 && !slices.Contains(particles, piece) && !commonWords[piece] {
			p.halves = append(p.halves, piece)
		}
	}
	return p
}

// piecesOf are the letters of pieces, those without any left out.
func piecesOf(texts []string) []string {
	var out []string
	for _, text := range texts {
		if letters := lettersOf(text); letters != "" {
			out = append(out, letters)
		}
	}
	return out
}

func isPlain(part string) bool { return utf8.RuneCountInString(part) < 4 || commonWords[part] }

// cast is everybody, pupils and adults, with what their names have in common.
type cast struct {
	all []*named
	// firsts and middles are those of everybody together.
	firsts, middles map[string]bool
	// texts are those read already: a school's titles say the same again and again.
	texts map[string]*text
}

func newCast(all []*named) *cast {
	c := &cast{all: all, firsts: map[string]bool{}, middles: map[string]bool{}, texts: map[string]*text{}}
	for _, n := range all {
		for _, p := range n.names {
			for _, first := range p.firsts {
				c.firsts[first], c.middles[first] = true, true
			}
			for _, piece := range p.given {
				c.middles[piece] = true
			}
		}
	}
	return c
}

// stretch is one to five words of a text in a row whose gaps are close: the words from to until, that one left out.
type stretch struct {
	from, until int
	letters     string
}

func (s spelt) stretches() []stretch {
	var out []stretch
	for from := range s.words {
		letters := ""
		for until := from + 1; until <= len(s.words) && until <= from+5; until++ {
			if until > from+1 && !isClose(s.gaps[until-2]) {
				break
			}
			letters += s.words[until-1].letters
			out = append(out, stretch{from, until, letters})
		}
	}
	return out
}

// reading is a row of words that can be read as somebody's full name.
type reading struct {
	who         *named
	from, until int // the words, until left out
	loose       bool
	middle      bool // a word of it is a middle name between the stretches
}

func (r reading) includes(o reading) bool { return r.from <= o.from && o.until <= r.until }

func (r reading) isLonger(o reading) bool { return r.until-r.from > o.until-o.from }

func (r reading) givesWayTo(o reading) bool {
	if o.loose || !o.includes(r) {
		return false
	}
	return r.loose || !o.middle && o.isLonger(r)
}

// text is a text in which names are looked for.
type text struct {
	spelt
	*cast
	rows []stretch
	// standing are the readings that do not give way.
	standing []reading
}

func (c *cast) text(s string) *text {
	if t := c.texts[s]; t != nil {
		return t
	}
	t := &text{spelt: cut(s, false), cast: c}
	c.texts[s] = t
	t.rows = t.stretches()
	all := t.readings()
	for _, r := range all {
		if !slices.ContainsFunc(all, r.givesWayTo) {
			t.standing = append(t.standing, r)
		}
	}
	return t
}

// readings are those of everybody.
func (t *text) readings() []reading {
	var out []reading
	for _, who := range t.all {
		for _, p := range who.names {
			for _, last := range slices.Concat(p.lasts, p.halves) {
				half := !slices.Contains(p.lasts, last)
				lasts := t.like(last, half)
				for _, first := range p.firsts {
					for _, r := range t.of(first, last, lasts, half) {
						r.who = who
						out = append(out, r)
					}
				}
			}
			out = append(out, t.together(who, p)...)
		}
	}
	return out
}

// together are the readings of somebody's name run together.
func (t *text) together(who *named, p parts) []reading {
	var out []reading
	for i, w := range t.words {
		if utf8.RuneCountInString(w.letters) < 8 {
			continue
		}
		for _, last := range p.lasts {
			for _, first := range p.firsts {
				if (w.letters == first+last || w.letters == last+first) && !(isPlain(first) && isPlain(last)) {
					out = append(out, reading{who: who, from: i, until: i + 1})
				}
			}
		}
	}
	return out
}

// like are the stretches that spell a part, or nearly do.
func (t *text) like(part string, exactly bool) []stretch {
	var out []stretch
	for _, s := range t.rows {
		if s.letters == part || !exactly && isNear(s.letters, part) {
			out = append(out, s)
		}
	}
	return out
}

// of are the readings of one first and one last or half: first, last, and last, first.
func (t *text) of(first, last string, lasts []stretch, half bool) []reading {
	if len(lasts) == 0 {
		return nil
	}
	var out []reading
	plain := isPlain(first) && isPlain(last)
	for _, f := range t.like(first, half || plain) {
		nearFirst := f.letters != first
		for _, l := range lasts {
			nearLast := l.letters != last
			r := reading{from: min(f.from, l.from), until: max(f.until, l.until), loose: half || nearFirst || nearLast}
			if nearFirst && nearLast {
				continue
			}
			if plain {
				if l.from == f.until && isClose(t.gaps[f.until-1]) && !r.loose && t.words[f.from].capital && t.words[l.from].capital {
					out = append(out, r)
				}
				continue
			}
			if f.until <= l.from && t.leads(f.until, l.from, isClose(t.gaps[f.until-1]), 2) {
				r.middle = l.from > f.until
				out = append(out, r)
			}
			if l.until == f.from && (isClose(t.gaps[l.until-1]) || isComma(t.gaps[l.until-1]) && !t.firsts[last]) {
				r.middle = false
				out = append(out, r)
			}
		}
	}
	return out
}

// leads reports whether nothing stands from one word to another but at most so many middle names; ok is whether the gap before the first of them will do.
func (t *text) leads(from, to int, ok bool, names int) bool {
	if !ok {
		return false
	}
	if from == to {
		return true
	}
	if names == 0 {
		return false
	}
	for _, m := range t.rows {
		if m.from != from || m.until > to {
			continue
		}
		initial := m.until == m.from+1 && utf8.RuneCountInString(m.letters) == 1
		if !initial && !t.middles[m.letters] {
			continue
		}
		gap := t.gaps[m.until-1] // there is a word behind it, at the latest the one at to
		if t.leads(m.until, to, isClose(gap) || initial && isAbbreviation(gap), names-1) {
			return true
		}
	}
	return false
}

// fullNames are the pupils on whose full names a text has a hit.
func (t *text) fullNames() map[*named]bool {
	out := map[*named]bool{}
	for _, r := range t.standing {
		anAdult := slices.ContainsFunc(t.standing, func(o reading) bool { return o.who.adult && o.from == r.from && o.until == r.until })
		if !r.who.adult && !anAdult {
			out[r.who] = true
		}
	}
	return out
}

// firstAlone reports whether a text has a hit on the first name alone of a pupil.
func (t *text) firstAlone(who *named) bool {
	for _, p := range who.names {
		for _, first := range p.firsts {
			if utf8.RuneCountInString(first) < 3 || commonWords[first] {
				continue
			}
			for _, s := range t.like(first, true) {
				another := slices.ContainsFunc(t.standing, func(r reading) bool {
					return r.who != who && r.includes(reading{from: s.from, until: s.until})
				})
				if !another && !t.isAnotherBehind(who, s) && !t.hasTitle(s) {
					return true
				}
			}
		}
	}
	return false
}

// isAnotherBehind reports whether the initial behind a first name says that somebody else is meant.
func (t *text) isAnotherBehind(who *named, s stretch) bool {
	if s.until >= len(t.words) || !isClose(t.gaps[s.until-1]) {
		return false
	}
	behind := t.words[s.until]
	if utf8.RuneCountInString(behind.letters) != 1 || !behind.capital {
		return false
	}
	for _, p := range who.names {
		for _, last := range slices.Concat(p.lasts, p.halves) {
			if strings.HasPrefix(last, behind.letters) {
				return false
			}
		}
	}
	return true
}

// hasTitle reports whether a title stands before a first name.
func (t *text) hasTitle(s stretch) bool {
	if s.from == 0 || !slices.Contains(titles, t.words[s.from-1].letters) {
		return false
	}
	gap := t.gaps[s.from-1]
	return isClose(gap) || isTitleGap(gap)
}
