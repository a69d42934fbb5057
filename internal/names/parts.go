package names

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// How many letters a word needs at least; docs/name-rules.md.
const (
	partLetters     = 2 // to be a first or a last
	halfLetters     = 4
	plainLetters    = 4 // with fewer a part is plain
	nearLetters     = 5 // for near spellings
	togetherLetters = 8 // run together
	aloneLetters    = 3
)

func set(words string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(words) {
		out[w] = true
	}
	return out
}

var (
	particles = set("van von der den de da das do dos du di del della la le el al bin bint ibn abu st ter ten")
	// titles stand before a last name, even where it looks like a first.
	titles = set("mr mrs ms miss mx dr sir dame lady lord king queen prince princess saint st")
)

// common lists names that are English words, months or places as well.
var common = set(`
amber angel april art ash august aurora autumn baker banks barber basil bay beach bear bell berry best bill bird bishop black bloom blue bond book books booth
bridge bright bristol brook brooke brooks brown bush butcher butler cape carol carpenter castle chance chapel chase chelsea chester child church class clay cliff
clover club coast cook coral cotton cross crystal daisy dale dawn day dean destiny devon drake duke earl early easter eden england english eve fair faith farm
farmer farrow fern field fields fisher fish florence flowers ford forest fox frank freeman french friday friend frost garden gardener gates gem ginger glen glory gold golden good grace
grant gray green grey grove hall hand hands harbour hardy harmony hawk hazel head heath heather hill hills holiday holly home honey honour hood hope house hunt hunter india iris
island ivy jade january jay joy june justice kent king kings kit knight lake lamb land lane lark law leaf lily lincoln lion little lock london long lord love
major maple march mark market marsh may meadow melody mercy miles miller mills mint misty monday moon moor moss noble north oak ocean olive opal page paris park parker
parks patience pearl penny phoenix piper pond pope poppy porter potter power powers precious preston price pride prince queen quick rain rainbow raven read reading ready reed rich
ridge river rivers road robin rock rose rosemary rowan ruby sage sailor school seal sharp shaw shepherd short singer sky skye small smart smith snow south spring star stars steel stone
storm story street strong summer summers sunday sunny swan swift sydney temple thorn tiger tower towers town tree trees turner violet wales walker wall walls ward waters way weaver
wells west white wild will willow winter winters wise wish wolf wood woods wren york young
`)

// plain tells whether a part of a name gives nobody away unless it is written as a name is.
func plain(part string) bool { return len([]rune(part)) < plainLetters || common[part] }

// parts are the spellings of a name that are looked for.
type parts struct{ firsts, lasts, halves, middles []string }

func (n Name) parts() parts {
	var p parts
	given := pieces(n.Given, unicode.IsSpace)
	p.middles = given
	for i, piece := range given {
		if len([]rune(piece)) >= partLetters {
			p.firsts = append(p.firsts, piece)
			if i+1 < len(given) {
				p.firsts = append(p.firsts, piece+given[i+1])
			}
			break
		}
	}
	if last := letters(n.Family); len(last) >= partLetters {
		p.lasts = append(p.lasts, string(last))
	}
	family := pieces(n.Family, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) })
	for _, piece := range family {
		// Where it is the only one, the exact reading of the same words makes it give way.
		if len([]rune(piece)) >= halfLetters && !particles[piece] && !common[piece] {
			p.halves = append(p.halves, piece)
		}
	}
	return p
}

// pieces are the letters of what a part of a name is cut into.
func pieces(s string, cut func(rune) bool) []string {
	var out []string
	for _, f := range strings.FieldsFunc(s, cut) {
		if l := letters(f); len(l) > 0 {
			out = append(out, string(l))
		}
	}
	return out
}

// letters are those of all words of a name or a part of one.
func letters(name string) []rune {
	_, out := cutWords(name, false)
	return out
}

var transcriptions = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "å", "aa", "ø", "oe")

// transcribed is how the name is written where the keyboard has no such letters: Jörg is also Joerg. Other names stay what they are.
func (n Name) transcribed() Name {
	as := func(s string) string { return transcriptions.Replace(norm.NFC.String(strings.ToLower(s))) }
	return Name{as(n.Given), as(n.Family)}
}
