package names

import (
	"cmp"
	"slices"
)

const (
	stretchWords = 5
	middleNames  = 2
	// readingWords is how many words a reading has at most.
	readingWords = stretchWords * (2 + middleNames)
)

// A spell is a stretch of a text that spells a form, or nearly.
type spell struct {
	to   int // behind its last word
	form int32
	near bool
}

// A reading is a name of somebody, found in words from…to-1.
type reading struct {
	from, to int
	who      int32
	loose    bool
	bridged  bool // with middle names in it
}

// A finder goes over one text.
type finder struct {
	m        *Matcher
	words    []word
	letters  []rune
	spells   [][]spell // by the word that they begin with
	readings []reading
}

// Find finds every pupil who is named in a text: full names, first names alone of those for whom that is a hit, and full names of which nobody can
// tell whose they are. Hits are in the order of the text; of one person at one place and of one kind there is one.
func (m *Matcher) Find(text string) []Hit {
	f := finder{m: m}
	f.words, f.letters = cutWords(text, true)
	f.spell()
	for i, of := range f.spells {
		for _, s := range of {
			f.read(i, s)
		}
	}
	f.giveWay()
	return f.hits(text)
}

// spell finds all stretches that spell something, some more than once. Behind the last word no gap is close, so no stretch goes on there.
func (f *finder) spell() {
	var w walk
	f.spells = make([][]spell, len(f.words))
	for i := range f.words {
		w.start(&f.m.tree)
		for j := i; j < i+stretchWords; j++ {
			if j > i && f.words[j-1].after&closeGap == 0 {
				break
			}
			for _, r := range f.letters[f.words[j].from:f.words[j].to] {
				w.read(r)
			}
			if w.exact == none && len(w.edited) == 0 { // soon, for most words: no spelling can come any more
				break
			}
			w.here(func(form int32, near bool) {
				if !near || f.m.forms[form].letters >= nearLetters {
					f.spells[i] = append(f.spells[i], spell{j + 1, form, near})
				}
			})
		}
	}
}

// read finds the readings that begin with a stretch.
func (f *finder) read(from int, s spell) {
	is := &f.m.forms[s.form]
	gap := f.words[s.to-1].after
	if gap&closeGap != 0 {
		f.firstLast(from, s)
	}
	if gap&closeGap != 0 || gap&commaGap != 0 && is.flags&isFirst == 0 {
		for _, t := range f.spells[s.to] {
			f.pair(t, s, reading{from: from, to: t.to}, false)
		}
	}
	if !s.near && s.to == from+1 {
		for _, who := range is.together {
			f.readings = append(f.readings, reading{from: from, to: s.to, who: who})
		}
	}
}

// firstLast goes on from a first name, over middle names, to the last.
func (f *finder) firstLast(from int, s spell) {
	at := []int{s.to}
	for middles := range middleNames + 1 {
		for _, i := range at {
			capitals := f.words[from].capital && f.words[i].capital
			for _, t := range f.spells[i] {
				f.pair(s, t, reading{from: from, to: t.to, bridged: middles > 0}, capitals)
			}
		}
		at = f.overMiddle(at)
	}
}

// overMiddle lists the words before which one stands after a middle name that begins with one of those given.
func (f *finder) overMiddle(at []int) []int {
	var next []int
	add := func(i int, gaps gap) {
		if f.words[i-1].after&gaps != 0 {
			next = append(next, i)
		}
	}
	for _, i := range at {
		for _, t := range f.spells[i] {
			if f.m.forms[t.form].flags&isMiddle != 0 && !t.near {
				add(t.to, closeGap)
			}
		}
		if f.single(i) {
			add(i+1, closeGap|initialGap)
		}
	}
	return next
}

func (f *finder) single(i int) bool { return f.words[i].to-f.words[i].from == 1 }

// pair adds the readings of everybody whose name a first and a last make. capitals tells that it is written as names are, first name first.
func (f *finder) pair(first, last spell, r reading, capitals bool) {
	if first.near && last.near {
		return
	}
	near := first.near || last.near
	plain := f.m.forms[first.form].flags&f.m.forms[last.form].flags&isPlain != 0
	if plain && (near || r.bridged || !capitals) {
		return
	}
	for _, p := range f.m.pairs[[2]int32{first.form, last.form}] {
		if p.half && near {
			continue
		}
		r.who, r.loose = p.who, near || p.half
		f.readings = append(f.readings, r)
	}
}

// giveWay leaves the readings that stand.
func (f *finder) giveWay() {
	exact := make([]int, len(f.words))    // by first word: behind the last word of the longest exact reading
	straight := make([]int, len(f.words)) // likewise, without middle names
	for _, r := range f.readings {
		if !r.loose {
			exact[r.from] = max(exact[r.from], r.to)
			if !r.bridged {
				straight[r.from] = max(straight[r.from], r.to)
			}
		}
	}
	f.readings = slices.DeleteFunc(f.readings, func(r reading) bool {
		for from := max(0, r.from-readingWords); from <= r.from; from++ {
			if r.loose && exact[from] >= r.to ||
				straight[from] > r.to || straight[from] == r.to && from < r.from {
				return true
			}
		}
		return false
	})
}

// hits are what the readings that stand, and first names alone, amount to.
func (f *finder) hits(text string) []Hit {
	adults := map[[2]int]bool{}
	for _, r := range f.readings {
		if f.m.adult[r.who] {
			adults[[2]int{r.from, r.to}] = true
		}
	}
	var out []Hit
	add := func(who int32, from, to int, kind Kind) {
		out = append(out, Hit{int(who), f.words[from].start, f.words[to-1].end, kind})
	}
	for _, r := range f.readings {
		switch {
		case f.m.adult[r.who]:
		case adults[[2]int{r.from, r.to}]:
			add(r.who, r.from, r.to, CouldNotTell)
		default:
			add(r.who, r.from, r.to, FullName)
		}
	}
	for i, of := range f.spells {
		for _, s := range of {
			if s.near || f.titled(i) {
				continue
			}
			for _, who := range f.m.forms[s.form].alone {
				if !f.anotherInitial(s.to, who) && !f.somebodyElse(i, s.to, who) {
					add(who, i, s.to, FirstNameAlone)
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b Hit) int {
		return cmp.Or(a.Start-b.Start, a.End-b.End, a.Person-b.Person, int(a.Kind)-int(b.Kind))
	})
	return slices.Compact(out)
}

// titled tells whether the word before one is a title: Mr Thomas is nobody's first name.
func (f *finder) titled(i int) bool {
	if i == 0 || f.words[i-1].after&(closeGap|dotsGap) == 0 {
		return false
	}
	return titles[string(f.letters[f.words[i-1].from:f.words[i-1].to])]
}

// anotherInitial tells whether the word at i is an initial, behind a first name, that none of somebody's last names has.
func (f *finder) anotherInitial(i int, who int32) bool {
	return f.words[i-1].after&closeGap != 0 && f.single(i) && f.words[i].capital &&
		!slices.Contains(f.m.initials[who], f.letters[f.words[i].from])
}

// somebodyElse tells whether words belong to the full name of another person.
func (f *finder) somebodyElse(from, to int, who int32) bool {
	at, _ := slices.BinarySearchFunc(f.readings, from-readingWords, func(r reading, from int) int { return r.from - from })
	for _, r := range f.readings[at:] {
		if r.from > from {
			return false
		}
		if r.to >= to && r.who != who {
			return true
		}
	}
	return false
}
