package policy

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// yearLeadersShape is who leads which year. A class is of the year whose words are in its name: a school can write that, and see in a list of its classes whether it is right.
var yearLeadersShape = &shape{form: tableForm, what: "words in the names of a year's classes, and the address of who leads the year: {Year 4: kim@school.example}",
	keys: patternShape("", "words in the names of a year's classes, such as Year 4", `[A-Za-z0-9À-ž]+( [A-Za-z0-9À-ž]+)*`, noLonger(60)), elem: addressShape}

// yearLeaders reads who leads which year.
func (b *builder) yearLeaders(v *value) map[string]string {
	if v == nil {
		return nil
	}
	out := map[string]string{}
	for _, name := range v.names {
		words := strings.Join(wordsOf(name), " ")
		if _, twice := out[words]; twice {
			b.wrong(v.keyAt(name), "found "+show(name)+" a second time", "each year once", "")
			continue
		}
		if who := v.get(name); who != nil {
			out[words] = b.ourAddress(who)
		}
	}
	return out
}

// YearLeader is the address of who leads the year of a class, by the class's name: of the year whose words it has, one behind the other and whole. Where several fit it is the one
// with the most words, so that "Year 4 Oak" comes before "Year 4". It is "" where none fits.
func (p *Policy) YearLeader(class string) string {
	name := " " + strings.Join(wordsOf(class), " ") + " "
	fits := slices.DeleteFunc(slices.Collect(maps.Keys(p.Staff.YearLeaders)), func(words string) bool { return !strings.Contains(name, " "+words+" ") })
	if len(fits) == 0 {
		return ""
	}
	return p.Staff.YearLeaders[slices.MaxFunc(fits, func(a, b string) int {
		return cmp.Or(len(strings.Fields(a))-len(strings.Fields(b)), len(a)-len(b), strings.Compare(b, a))
	})]
}

// wordsOf are the words of a name in lower case, without what stands between them.
func wordsOf(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsNumber(c) })
}

// yearLeadersInWords says who is proposed to stand in where a class waits; "" where the policy names no year leaders.
func (p *Policy) yearLeadersInWords() string {
	var out []string
	for _, words := range slices.Sorted(maps.Keys(p.Staff.YearLeaders)) {
		out = append(out, "“"+words+"” "+p.Staff.YearLeaders[words])
	}
	if len(out) == 0 {
		return ""
	}
	return "Where somebody has to stand in for a teacher, the review site proposes the leader of the year, by the words in the class's name: " + strings.Join(out, "; ") + "."
}
