package settings

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the tables of docs/settings.md")

const page = "../../docs/settings.md"

// The tables of docs/settings.md are the catalogue, word for word.
func TestPageAgrees(t *testing.T) {
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for name, table := range map[string]string{"settings": settingsTable(), "baseline": wantTable(t), "questions": askTable(t)} {
		begin, end := "<!-- "+name+" -->\n", "<!-- /"+name+" -->"
		before, rest, ok := strings.Cut(text, begin)
		have, after, ok2 := strings.Cut(rest, end)
		if !ok || !ok2 {
			t.Fatalf("%s has no place for the table of %s", page, name)
		}
		if diff := cmp.Diff(table, have); diff != "" && !*update {
			t.Errorf("table of %s (-catalogue +page), write it with -update:\n%s", name, diff)
		}
		text = before + begin + table + end + after
	}
	if *update {
		if err := os.WriteFile(page, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func settingsTable() string {
	var out strings.Builder
	out.WriteString("| setting | field | what it decides | values | default | where in the Admin console |\n|---|---|---|---|---|---|\n")
	for _, typ := range Types() {
		s, _ := Known(typ)
		for _, f := range s.Fields {
			var values []string
			for _, v := range f.Values {
				values = append(values, fmt.Sprintf("`%s` %s", v.Key, v.Value))
			}
			def, field := "not known", "`"+f.Name+"`"
			if f.Default != nil {
				def = "`" + *f.Default + "`"
			}
			if f.Unsure {
				field += " (?)"
			}
			fmt.Fprintf(&out, "| `%s` | %s | %s | %s | %s | %s |\n", typ, field, f.Says, strings.Join(values, ", "), def, s.Path)
		}
	}
	return out.String()
}

func wantTable(t *testing.T) string {
	want, _, ok := Baseline(PrimaryPupils)
	if !ok {
		t.Fatal("no baseline")
	}
	var out strings.Builder
	out.WriteString("| setting | field | wanted | why | guidance |\n|---|---|---|---|---|\n")
	for _, w := range want {
		is := "`values: [" + strings.Join(w.Values, ", ") + "]`"
		switch {
		case w.AtLeast != nil:
			is = fmt.Sprintf("`at_least: %v`", *w.AtLeast)
		case len(w.Values) == 1:
			is = "`value: " + w.Values[0] + "`"
		}
		fmt.Fprintf(&out, "| `%s` | `%s` | %s | %s | %s |\n", w.Setting, w.Field, is, w.Because, w.Guidance)
	}
	return out.String()
}

func askTable(t *testing.T) string {
	_, ask, _ := Baseline(PrimaryPupils)
	if len(ask) == 0 {
		t.Fatal("no questions")
	}
	var out strings.Builder
	out.WriteString("| id | question | who | guidance |\n|---|---|---|---|\n")
	for _, q := range ask {
		fmt.Fprintf(&out, "| `%s` | %s | `%s` | %s |\n", q.ID, q.Question, q.Who, q.Guidance)
	}
	return out.String()
}
