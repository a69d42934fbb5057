package names

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Few parts, alike and overlapping, so that names meet: shared ones, ones that are a letter apart, common ones, ones that are first and last.
var (
	givens = []string{"Ada", "Ada Marie", "Marie", "Maria", "Mary-Kate", "Mary Kate", "Marykate", "Zoë", "Jörg", "Bo", "Summer", "Rose", "Taylor", "Thomas", "A", "J. Ada", "O'Neill", "Aaron", "Łukasz", "ΝΊΚΟΣ"}
	family = []string{"Larkham", "Larkam", "Larkhamm", "Okonjo-Hale", "Okonjo", "Hale", "van der Berg", "Berg", "Taylor", "Thomas", "Fields", "Li", "O'Connor", "OConnor", "Lütkens", "Rose Marie", "Marie", "Å", "Straße", "D’s"}
	joints = []string{" ", " ", " ", " ", "-", "_", "", ".", ". ", ", ", ",", "'", "’", "'s ", "\n", "  \t ", "\u200b", "2", " & ", "(", ") ", "\" ", " B ", " m. ", "Mr ", "Mr. ", " – ", "\xff", "\u0301", "\u202e", "<b>", " *** "}
)

func drawName(t *rapid.T) Name {
	return Name{rapid.SampledFrom(givens).Draw(t, "given"), rapid.SampledFrom(family).Draw(t, "family")}
}

func drawPeople(t *rapid.T) []Person {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Person {
		p := Person{Names: rapid.SliceOfN(rapid.Custom(drawName), 1, 2).Draw(t, "names")}
		switch rapid.IntRange(0, 3).Draw(t, "who") {
		case 0:
			p.Adult = true
		case 1:
			p.Alone = true
		}
		return p
	}), 1, 6).Draw(t, "people")
}

// drawText makes a text mostly of parts of these people's names, some with a slip of the pen.
func drawText(t *rapid.T, people []Person) string {
	var b strings.Builder
	for range rapid.IntRange(1, 7).Draw(t, "pieces") {
		p := rapid.SampledFrom(people).Draw(t, "person")
		n := rapid.SampledFrom(p.Names).Draw(t, "name")
		s := rapid.SampledFrom([]string{n.Given, n.Family, n.Given + " " + n.Family, n.Family + ", " + n.Given, n.Given + n.Family, rapid.SampledFrom(givens).Draw(t, "other")}).Draw(t, "part")
		switch rapid.IntRange(0, 5).Draw(t, "case") {
		case 0:
			s = strings.ToLower(s)
		case 1:
			s = strings.ToUpper(s)
		}
		if rapid.IntRange(0, 2).Draw(t, "slips") == 0 {
			s = slip(t, []rune(s))
		}
		b.WriteString(s)
		b.WriteString(rapid.SampledFrom(joints).Draw(t, "joint"))
	}
	return b.String()
}

func slip(t *rapid.T, s []rune) string {
	i := rapid.IntRange(0, len(s)-1).Draw(t, "at")
	switch rapid.IntRange(0, 3).Draw(t, "slip") {
	case 0:
		s = append(s[:i:i], s[i+1:]...)
	case 1:
		s = append(s[:i:i], append([]rune{rapid.SampledFrom([]rune("aem ")).Draw(t, "letter")}, s[i:]...)...)
	case 2:
		s[i] = rapid.SampledFrom([]rune("aem'")).Draw(t, "letter")
	case 3:
		if i+1 < len(s) {
			s[i], s[i+1] = s[i+1], s[i]
		}
	}
	return string(s)
}

func TestFindIsTheReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		people := drawPeople(t)
		text := drawText(t, people)
		if diff := cmp.Diff(reference(people, text), New(people).Find(text)); diff != "" {
			t.Fatalf("%q\nreference (-), Find (+):\n%s", text, diff)
		}
	})
}

// Whoever the other pupils are, a name that is written as the roll writes it is found.
func TestAFullNameIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		people := drawPeople(t)
		for i := range people {
			people[i].Adult = false
		}
		n := people[0].Names[0]
		if n.Given == "A" || len(letters(n.Family)) < partLetters || strings.HasSuffix(n.Family, "’s") {
			return // not looked for, or read as somebody's of whom something is
		}
		if text := "work by " + n.Given + " " + n.Family + ".docx"; len(New(people).Find(text)) == 0 {
			t.Fatalf("%q is not found", n)
		}
	})
}

// The order in which people are given changes their numbers and nothing else.
func TestOrderOfPeopleDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		people := drawPeople(t)
		text := drawText(t, people)
		order := rapid.Permutation(sequence(len(people))).Draw(t, "order")
		var shuffled []Person
		for _, i := range order {
			shuffled = append(shuffled, people[i])
		}
		got := map[Hit]bool{}
		for _, h := range New(shuffled).Find(text) {
			h.Person = order[h.Person]
			got[h] = true
		}
		want := map[Hit]bool{}
		for _, h := range New(people).Find(text) {
			want[h] = true
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%q (-in order +shuffled):\n%s", text, diff)
		}
	})
}

func sequence(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// fuzzed are the people that hostile texts are about.
var fuzzed = []Person{
	{Names: []Name{{"Ada Marie", "Larkham"}}, Alone: true},
	{Names: []Name{{"Zoë", "O'Connor-Hale"}}},
	{Names: []Name{{"Mary Kate", "van der Berg"}}, Alone: true},
	{Names: []Name{{"Summer", "Fields"}}, Alone: true},
	{Names: []Name{{"Bo", "Li"}, {"Jörg", "Lütkens"}}},
	{Names: []Name{{"Taylor", "Thomas"}}, Adult: true},
	{Names: []Name{{"Thomas", "Taylor"}}, Alone: true},
	{Names: []Name{{"محمد", "الأمين"}}},
	{Names: []Name{{"अमित", "शर्मा"}}, Alone: true},
	{Names: []Name{{"伟", "欧阳"}}},
}

func FuzzFind(f *testing.F) {
	for _, s := range []string{
		"", "Ada Larkham", "<p><b>Ada</b>&nbsp;<i>Larkham</i></p>", "\u202eAda\u202c Larkham", "محمد الأمين", "अमित शर्मा, Ada",
		"A\u0301\u0302\u0303da\u200d Lar\u00adkham", "\xff\xfeAda\xc3 Larkham", "ﬁ ＡＤＡ ＬＡＲＫＨＡＭ 𝒜𝒹𝒶 ŉ ͺ", "O'Connor'S's’s HALE Zoe", "Mr. Thomas B", strings.Repeat("Ada Marie ", 40), strings.Repeat("a.", 50),
	} {
		f.Add(s)
	}
	m := New(fuzzed)
	f.Fuzz(func(t *testing.T, text string) {
		// A text as long as a long post: its cost is not asserted by time, but what is found has bounds.
		long := text
		if n := len(text); n > 0 && n < 10000 {
			long = strings.Repeat(text, 10000/n)
		}
		hits := m.Find(long)
		checkHits(t, long, hits)
		if utf8.RuneCountInString(text) > 120 || len(refWords(text, true)) > 30 {
			return // the reference would take long
		}
		if diff := cmp.Diff(reference(fuzzed, text), m.Find(text)); diff != "" {
			t.Fatalf("%q\nreference (-), Find (+):\n%s", text, diff)
		}
	})
}

func checkHits(t *testing.T, text string, hits []Hit) {
	t.Helper()
	if limit := len(text) * len(fuzzed) * readingWords; len(hits) > limit {
		t.Fatalf("%d hits in %d bytes", len(hits), len(text))
	}
	for i, h := range hits {
		if h.Start < 0 || h.Start >= h.End || h.End > len(text) || h.Person < 0 || h.Person >= len(fuzzed) || h.Kind > CouldNotTell {
			t.Fatalf("no such hit can be: %+v", h)
		}
		if fuzzed[h.Person].Adult || h.Kind == FirstNameAlone && !fuzzed[h.Person].Alone {
			t.Fatalf("nobody looks for that: %+v", h)
		}
		if i > 0 && (hits[i-1] == h || hits[i-1].Start > h.Start) {
			t.Fatalf("out of order, or twice: %+v", h)
		}
		if first, size := utf8.DecodeRuneInString(text[h.Start:]); !classOf(first).isLetter() || size == 0 {
			t.Fatalf("begins with no letter: %+v", h)
		}
	}
}

// syllables make up names that are alike as names are.
func inventName(r *rand.Rand, syllables int) string {
	parts := strings.Fields("ka lo mi ra ter van bel ney ford sha jo an el is ma dre win sto ley har gar cla ton pem ber wick")
	var b strings.Builder
	for range syllables {
		b.WriteString(parts[r.IntN(len(parts))])
	}
	s := b.String()
	return strings.ToUpper(s[:1]) + s[1:]
}

func BenchmarkFind(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	people := make([]Person, 1500)
	for i := range people {
		people[i] = Person{Names: []Name{{inventName(r, 2), inventName(r, 3)}}, Alone: i%20 == 0, Adult: i%15 == 1}
	}
	m := New(people)
	var text strings.Builder
	for text.Len() < 200<<10 {
		switch r.IntN(40) {
		case 0:
			n := people[r.IntN(len(people))].Names[0]
			fmt.Fprintf(&text, "%s %s ", n.Given, n.Family)
		case 1:
			text.WriteString(people[r.IntN(len(people))].Names[0].Given + ". ")
		default:
			text.WriteString(strings.ToLower(inventName(r, 1+r.IntN(3))) + " ")
		}
	}
	s := text.String()
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	for b.Loop() {
		if len(m.Find(s)) < 500 {
			b.Fatal("names are missing")
		}
	}
}

func BenchmarkNew(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	people := make([]Person, 2000)
	for i := range people {
		people[i] = Person{Names: []Name{{inventName(r, 2), inventName(r, 3)}}}
	}
	b.ReportAllocs()
	for b.Loop() {
		New(people)
	}
}
