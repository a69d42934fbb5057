package reports

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// PupilName is what a pupil is called, and the addresses of their accounts. Anything may be empty.
type PupilName struct {
	Given, Family string
	Full          string // as shown in the directory; other names a pupil is known by go here too
	Addresses     []string
}

// Mask hides pupils: titles that hold a pupil's name, addresses that do, pupils' own addresses, and the titles of whatever
// a pupil or a confidential owner owns. It is built once and may be used by many at a time. The nil Mask knows no names.
//
// A name is found as a first name, a surname or both, in any order and case, with or without accents, apostrophes and
// hyphens, run together (AmeliaJones, ameliajones, ajones) or with an s behind it. It errs on the side of hiding: a pupil
// called Summer hides the summer fair.
type Mask struct {
	words   map[string]bool // folded parts of names
	compact []string        // names in scripts that put no spaces between words
	address map[string]bool // pupils' addresses, and the parts before the @
}

// particles are parts of names that are too common to give anybody away alone.
var particles = map[string]bool{
	"van": true, "von": true, "der": true, "den": true, "de": true, "da": true, "das": true, "do": true, "dos": true, "du": true, "di": true, "del": true, "della": true,
	"la": true, "le": true, "el": true, "al": true, "bin": true, "bint": true, "ibn": true, "abu": true, "st": true, "mc": true, "mac": true, "ap": true, "ter": true,
	"ten": true, "of": true, "the": true, "and": true, "y": true, "e": true, "o": true, "ul": true, "ur": true, "san": true, "santa": true, "jr": true, "junior": true, "ii": true, "iii": true,
}

// NewMask builds the mask for a school's pupils.
func NewMask(pupils []PupilName) *Mask {
	m := &Mask{words: make(map[string]bool, 8*len(pupils)), address: map[string]bool{}}
	for _, p := range pupils {
		given, family := m.name(p.Given), m.name(p.Family)
		full := m.name(p.Full)
		if len(given) == 0 && len(family) == 0 && len(full) > 1 {
			given, family = full[:1], full[len(full)-1:]
		}
		for _, g := range given {
			for _, f := range family {
				for _, run := range []string{g + f, f + g, initial(g) + f, f + initial(g), g + initial(f)} {
					if len(run) > 3 {
						m.words[run] = true
					}
				}
			}
		}
		for _, a := range p.Addresses {
			a = strings.ToLower(strings.TrimSpace(a))
			if a == "" {
				continue
			}
			m.address[a] = true
			if local, _, ok := strings.Cut(a, "@"); ok && len(local) > 3 {
				m.address[local] = true
			}
		}
	}
	return m
}

func initial(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}

// name takes a name's parts into the mask and returns them folded.
func (m *Mask) name(s string) []string {
	var out []string
	add := func(w string, least int) {
		if len([]rune(w)) >= least {
			m.words[w] = true
			out = append(out, w)
		}
	}
	for _, variant := range spellings(s) {
		parts := pieces(variant, false)
		spoken := 0
		for _, p := range parts {
			if compactScript(p) {
				m.compact = append(m.compact, p)
				spoken++
				continue
			}
			if !particles[p] && len([]rune(p)) > 1 {
				add(p, 2)
				spoken++
			}
		}
		if spoken == 0 && len(parts) == 1 { // the whole name is such a word: then it counts
			add(parts[0], 2)
		}
		// Neighbours run together: marykate, vanderberg.
		for i := range parts {
			for j := i + 2; j <= len(parts) && j <= i+5; j++ {
				run := strings.Join(parts[i:j], "")
				if len(run) <= 3 || !slices.ContainsFunc(parts[i:j], func(p string) bool { return !particles[p] && len(p) > 2 }) {
					continue
				}
				m.words[run] = true
				if i == 0 && j == len(parts) {
					out = append(out, run)
				}
			}
		}
		// O'Brien is also found as Brien.
		for _, p := range pieces(apostrophes.Replace(variant), false) {
			if !particles[p] && !compactScript(p) {
				if len([]rune(p)) >= 4 {
					m.words[p] = true
				}
			}
		}
	}
	return out
}

const apostropheSet = "'’‘ʼ`´′＇ʻ‛"

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= unicode.MaxASCII {
			return false
		}
	}
	return true
}

var (
	apostrophes = strings.NewReplacer("'", " ", "’", " ", "‘", " ", "ʼ", " ", "`", " ", "´", " ", "′", " ", "＇", " ", "ʻ", " ", "‛", " ")
	noApostroph = strings.NewReplacer("'", "", "’", "", "‘", "", "ʼ", "", "`", "", "´", "", "′", "", "＇", "", "ʻ", "", "‛", "")
	letters     = strings.NewReplacer("ø", "o", "ł", "l", "ß", "ss", "æ", "ae", "œ", "oe", "đ", "d", "ð", "d", "þ", "th", "ı", "i", "ħ", "h", "ŋ", "ng", "ə", "e")
	umlauts     = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "å", "aa", "ø", "oe")
)

// spellings are the ways in which a name may be written without its marks: Jörg is Jorg or Joerg.
func spellings(s string) []string {
	composed := norm.NFC.String(strings.ToLower(s))
	if other := umlauts.Replace(composed); other != composed {
		return []string{s, other}
	}
	return []string{s}
}

// pieces cuts text into folded words: no marks, no case, no apostrophes; anything but letters ends a word. With camel set a
// capital behind a small letter begins one.
func pieces(s string, camel bool) []string {
	if strings.ContainsAny(s, apostropheSet) {
		s = noApostroph.Replace(s)
	}
	plain := ascii(s)
	if !plain {
		s = norm.NFKD.String(s)
	}
	var out []string
	var b strings.Builder
	end := func() {
		if b.Len() > 0 {
			w := b.String()
			if !plain {
				w = letters.Replace(w)
			}
			out = append(out, w)
			b.Reset()
		}
	}
	small := false
	for _, r := range s {
		switch {
		case unicode.IsLetter(r):
			if camel && small && unicode.IsUpper(r) {
				end()
			}
			small = unicode.IsLower(r)
			b.WriteRune(unicode.ToLower(r))
		case unicode.Is(unicode.M, r) || unicode.Is(unicode.Cf, r):
			// marks and what does not show belong to the letter before
			if !unicode.Is(unicode.Mn, r) && !unicode.Is(unicode.Cf, r) {
				b.WriteRune(r) // vowel signs of Indian scripts are part of the word
			}
		default:
			end()
			small = false
		}
	}
	end()
	return out
}

// compactScript reports whether a word is written in a script that puts no spaces between words.
func compactScript(s string) bool {
	for _, r := range s {
		return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
	}
	return false
}

func (m *Mask) word(w string) bool {
	if m.words[w] {
		return true
	}
	// Amelia's, the Joneses
	if t := strings.TrimSuffix(w, "s"); t != w && len(t) > 2 {
		if m.words[t] {
			return true
		}
		if t2 := strings.TrimSuffix(t, "e"); t2 != t && len(t2) > 2 && m.words[t2] {
			return true
		}
	}
	return false
}

// Holds reports whether text holds a pupil's name or account.
func (m *Mask) Holds(text string) bool {
	if m == nil {
		return false
	}
	if m.inWords(pieces(text, false)) || m.inWords(pieces(text, true)) {
		return true
	}
	if strings.ContainsAny(text, apostropheSet) && m.inWords(pieces(apostrophes.Replace(text), false)) {
		return true
	}
	if len(m.address) > 0 {
		for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("@._%+-'", r)
		}) {
			if w = strings.Trim(w, ".-_'+%"); m.address[w] {
				return true
			}
			for _, part := range strings.FieldsFunc(w, func(r rune) bool { return strings.ContainsRune("@_+-'%", r) }) {
				if m.address[strings.Trim(part, ".")] {
					return true
				}
			}
		}
	}
	return false
}

func (m *Mask) inWords(words []string) bool {
	for i, w := range words {
		if m.word(w) || i > 0 && m.together(words[i-1], w) {
			return true
		}
		for _, c := range m.compact {
			if strings.Contains(w, c) {
				return true
			}
		}
	}
	return false
}

// together finds names that a title writes apart: Mary Kate, Mc Donald.
func (m *Mask) together(a, b string) bool {
	if (len(a) >= 3 || particles[a]) && len(b) >= 3 && len(a)+len(b) >= 6 {
		return m.word(a + b)
	}
	return false
}

// nouns are the kinds of things that a masked title may name.
var nouns = map[string]string{
	"document": "a document", "spreadsheet": "a spreadsheet", "presentation": "a presentation", "form": "a form", "Site": "a Site", "folder": "a folder", "file": "a file",
	"picture": "a picture", "video": "a video", "drawing": "a drawing", "PDF": "a PDF", "shared drive": "a shared drive", "group": "a group",
}

func noun(kind string) string {
	if n, ok := nouns[kind]; ok {
		return n
	}
	return "a document"
}

// Hides reports whether the title of a thing may not be shown.
func (m *Mask) Hides(title string, owner Person) bool {
	return owner.Pupil || owner.Unplaced || owner.Confidential || m.Holds(title)
}

// Title is the title as it may be shown: itself, or "a document of OWNER".
func (m *Mask) Title(title, kind string, owner Person) string {
	if !m.Hides(title, owner) {
		return title
	}
	of := m.Owner(owner)
	if of == "" || kind == "shared drive" {
		return noun(kind)
	}
	if owner.SharedDrive {
		return noun(kind) + " in " + of
	}
	return noun(kind) + " of " + of
}

var yearWord = regexp.MustCompile(`^(?i)(?:year|yr|y)?\s*(\d{1,2}(?:\s*[/&-]\s*\d{1,2})?)$`)

func pupilWords(year string) string {
	if y := yearWord.FindStringSubmatch(strings.TrimSpace(year)); y != nil {
		return "a Year " + strings.ReplaceAll(y[1], " ", "") + " pupil"
	}
	switch strings.ToLower(strings.TrimSpace(year)) {
	case "r", "reception", "year r", "yr r":
		return "a Reception pupil"
	case "n", "nursery":
		return "a Nursery pupil"
	}
	return "a pupil"
}

// Owner is how an owner is named: a member of staff by name, a pupil by year, a shared drive by its name unless that holds a
// pupil's; "" if there is none.
func (m *Mask) Owner(p Person) string {
	switch {
	case p.Pupil:
		return pupilWords(p.Year)
	case p.Unplaced:
		return "an account that is neither a pupil's nor an adult's"
	case p.SharedDrive:
		if p.Name == "" || p.Confidential || m.Holds(p.Name) {
			return "a shared drive"
		}
		return "the shared drive “" + clean(p.Name, 60) + "”"
	case p.Name != "":
		return clean(p.Name, 60)
	case p.Gone:
		return "an account that no longer exists"
	case p == (Person{}):
		return ""
	}
	return "a member of staff"
}

// Grantee is how somebody with access is named.
func (m *Mask) Grantee(g Grant) string {
	switch {
	case g.Pupil:
		return pupilWords(g.Year)
	case g.Staff:
		return clean(g.Who, 80)
	case !strings.Contains(g.Who, "@"):
		if m.Holds(g.Who) {
			return "a private address"
		}
		return clean(g.Who, 80)
	case m != nil && m.address[strings.ToLower(strings.TrimSpace(g.Who))]:
		return "a pupil"
	case m.holdsAddress(g.Who) && g.Private:
		return "an outside address (see the file)"
	case m.holdsAddress(g.Who):
		return "a private address"
	}
	return clean(g.Who, 80)
}

// holdsAddress looks harder than Holds: in the part before the @ a name need not stand as a word (jonesfamily@…).
func (m *Mask) holdsAddress(address string) bool {
	if m == nil {
		return false
	}
	if m.Holds(address) {
		return true
	}
	local, _, _ := strings.Cut(address, "@")
	for _, w := range pieces(local, false) {
		for i := range w {
			for j := i + 4; j <= len(w) && j <= i+24; j++ {
				if m.words[w[i:j]] {
					return true
				}
			}
		}
	}
	return false
}
