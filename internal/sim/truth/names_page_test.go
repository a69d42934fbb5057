package truth

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// namesPage is docs/name-rules.md.
func namesPage(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../../../docs/name-rules.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// tableBelow is the first table of the page that is headed so, its cells trimmed.
func tableBelow(t *testing.T, page, heading string) [][]string {
	t.Helper()
	_, below, ok := strings.Cut(page, "\n"+heading+"\n")
	if !ok {
		t.Fatalf("the page has no table headed %q", heading)
	}
	var out [][]string
	for line := range strings.Lines(below) {
		if !strings.HasPrefix(line, "|") {
			break
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if !strings.HasPrefix(cells[0], "---") {
			out = append(out, cells)
		}
	}
	return out
}

// pagePeople are the people of the page's examples, each with its name there as the fact.
func pagePeople(t *testing.T, page string) *cast {
	t.Helper()
	var all []*named
	for _, cells := range tableBelow(t, page, "| who | given | family | |") {
		all = append(all, &named{fact: cells[0], adult: cells[3] == "adult", hidden: cells[3] == "no", names: spellings(cells[1], cells[2])})
	}
	return newCast(all)
}

func facts(who map[*named]bool) string {
	list := map[string]bool{}
	for n := range who {
		list[n.fact] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(list)), ", ")
}

// alone are those not to be published on whose first name alone a text has a hit.
func (t *text) alone() map[*named]bool {
	out := map[*named]bool{}
	for _, who := range t.all {
		if who.hidden && t.firstAlone(who) {
			out[who] = true
		}
	}
	return out
}

// unsure are the pupils of whom nobody can tell whether they are meant.
func (t *text) unsure() map[*named]bool {
	out := map[*named]bool{}
	for _, r := range t.standing {
		if !r.who.adult {
			out[r.who] = true
		}
	}
	for who := range t.fullNames() {
		delete(out, who)
	}
	return out
}

// TestExamplesOfThePage looks for the people of the page's examples in its texts.
func TestExamplesOfThePage(t *testing.T) {
	page := namesPage(t)
	people := pagePeople(t, page)
	rows := tableBelow(t, page, "| text | full name | first name alone | could not tell |")
	if len(people.all) < 20 || len(rows) < 90 {
		t.Fatalf("read %d people and %d texts, which are too few", len(people.all), len(rows))
	}
	for _, cells := range rows {
		got := people.text(cells[0])
		have := []string{cells[0], facts(got.fullNames()), facts(got.alone()), facts(got.unsure())}
		if diff := cmp.Diff(cells[:4], have); diff != "" {
			t.Errorf("the page (-) and computed (+):\n%s", diff)
		}
	}
}

// TestTablesOfThePage compares the lists of words with those of the page.
func TestTablesOfThePage(t *testing.T) {
	page := namesPage(t)
	_, block, _ := strings.Cut(page, "```text\n")
	block, _, _ = strings.Cut(block, "```")
	if diff := cmp.Diff(wordSet(block), commonWords); diff != "" || len(commonWords) < 300 {
		t.Errorf("%d common words, the page (-) and here (+):\n%s", len(commonWords), diff)
	}
	for pattern, list := range map[string][]string{
		`\*Particles\*: ([a-z ]+)\.`:                   particles,
		`the word before it spells one of: ([a-z ]+),`: titles,
	} {
		found := regexp.MustCompile(pattern).FindStringSubmatch(page)
		if found == nil {
			t.Errorf("the page has no %s", pattern)
		} else if diff := cmp.Diff(strings.Fields(found[1]), list); diff != "" {
			t.Errorf("the page (-) and here (+):\n%s", diff)
		}
	}
	for _, c := range regexp.MustCompile(`U\+([0-9A-F, ]+)\)\. They`).FindStringSubmatch(page)[1:] {
		if n, m := len(strings.Split(c, ", ")), len([]rune(apostrophes)); n != m {
			t.Errorf("the page has %d apostrophes, here are %d", n, m)
		}
	}
}
