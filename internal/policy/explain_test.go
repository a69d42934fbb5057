package policy

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func explained(t *testing.T, p *Policy, o ExplainOptions) string {
	t.Helper()
	var b strings.Builder
	if err := Explain(p, &b, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestExplainGolden keeps what a governor reads where a change of it is seen.
func TestExplainGolden(t *testing.T) {
	p, err := Parse("p.yaml", []byte(small))
	if err != nil {
		t.Fatal(err)
	}
	for file, width := range map[string]int{"explain-table.txt": 110, "explain-list.txt": 60} {
		path := filepath.Join("testdata", file)
		have := explained(t, p, ExplainOptions{Width: width})
		if *update {
			if err := os.WriteFile(path, []byte(have), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), have); d != "" {
			t.Errorf("%s (-want +have):\n%s", file, d)
		}
	}
}

func TestExplainFits(t *testing.T) {
	for _, name := range []string{"classroom-school.yaml", "dojo-school.yaml"} {
		p := example(t, name)
		for width := 40; width <= 200; width += 7 {
			text := explained(t, p, ExplainOptions{Width: width})
			for _, l := range strings.Split(text, "\n") {
				if textWidth(l) > width {
					t.Fatalf("%s at %d: a line of %d: %q", name, width, textWidth(l), l)
				}
			}
			for _, c := range p.Clauses {
				if !strings.Contains(text, "\n"+c.ID+" ") {
					t.Fatalf("%s at %d: no line starts with %s", name, width, c.ID)
				}
			}
		}
	}
}

func TestExplainJSON(t *testing.T) {
	p := example(t, "dojo-school.yaml")
	var rows []Row
	if err := json.Unmarshal([]byte(explained(t, p, ExplainOptions{JSON: true})), &rows); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(p.Rows(), rows); d != "" {
		t.Errorf("(-want +have):\n%s", d)
	}
	for _, r := range rows {
		for _, m := range r.MetBy {
			if m.Built == strings.Contains(m.LookedAt, NotYet) {
				t.Errorf("%s %s: built %v, but reads %q", r.Clause, m.Name, m.Built, m.LookedAt)
			}
		}
	}
}

func TestExplainMovesNoCursor(t *testing.T) {
	p, err := Parse("p.yaml", []byte(strings.Replace(small, "says: No personal data", `says: "\e[2J\u202eNo personal data\r"`+"\n    #", 1)))
	if err != nil {
		t.Fatal(err)
	}
	if text := explained(t, p, ExplainOptions{}); strings.ContainsAny(text, "\x1b\r\u202e") {
		t.Errorf("control characters in %q", text)
	}
}

func TestWrapKeepsWords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOfN(rapid.RuneFrom([]rune("ab é漢 -")), 0, 60, -1).Draw(t, "text")
		width := rapid.IntRange(2, 30).Draw(t, "width")
		lines := wrap(s, width)
		for _, l := range lines {
			if textWidth(l) > width {
				t.Fatalf("%q is wider than %d", l, width)
			}
		}
		squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if have, want := squeeze(strings.Join(lines, "")), squeeze(s); have != want {
			t.Fatalf("have %q want %q", have, want)
		}
	})
}
