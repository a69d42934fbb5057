package plain

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCell(t *testing.T) {
	for in, want := range map[string]string{
		"=1+1": "'=1+1", "+44 20": "'+44 20", "-2": "'-2", "@cmd": "'@cmd", "  =x": "'=x", "\t=x": "'=x", "\r=x": "'=x", "\u00a0=x": "'=x", "\u200b=x": "'=x", "\ufeff=x": "'=x",
		"＝x": "'＝x", "＋x": "'＋x", "－x": "'－x", "＠x": "'＠x", "\u202e=x": "'=x", "\u0301=x": "'\u0301=x", "plain": "plain", "a=b": "a=b", "a\r\nb": "a b", "": "", "'=x": "'=x", "“=": "“=",
	} {
		if got := Cell(in); got != want {
			t.Errorf("Cell(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCSV(t *testing.T) {
	got := CSV([][]string{{"a", "b"}, {`say "hi"`, "x,y"}})
	want := "\ufeffa,b\r\n\"say \"\"hi\"\"\",\"x,y\"\r\n"
	if string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// FuzzCSV reads back what was written: the same cells but for the apostrophe, and none that a spreadsheet would run.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"", "=HYPERLINK(\"http://x.example\",\"y\")", " +1", "＝1", "a,b\"c\"\r\nd", "\ufeff", "\xff", "\u200d=1", "'", "\u2066-1", "=\u0301", "\u202e\u0300@x", "\u00ad=1"} {
		f.Add(s, "b")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		raw := CSV([][]string{{"h1", "h2"}, {a, b}, {b, a}})
		if !bytes.HasPrefix(raw, []byte(bom)) {
			t.Fatal("the mark for Excel is missing")
		}
		rows, err := csv.NewReader(bytes.NewReader(raw[len(bom):])).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		strip := func(s string) string {
			c := Text(s, maxCell)
			return c
		}
		want := [][]string{{"h1", "h2"}, {strip(a), strip(b)}, {strip(b), strip(a)}}
		for i, row := range rows {
			for j, c := range row {
				first := strings.TrimLeft(c, " \u00a0\u200b\ufeff")
				if first != "" && strings.ContainsAny(first[:1], "=+-@\t\r") {
					t.Fatalf("the cell %q could run", c)
				}
				for _, wide := range []string{"＝", "＋", "－", "＠"} {
					if strings.HasPrefix(first, wide) {
						t.Fatalf("the cell %q could run", c)
					}
				}
				if c != want[i][j] && c == "'"+want[i][j] {
					row[j] = want[i][j]
				}
			}
		}
		if d := cmp.Diff(want, rows); d != "" {
			t.Fatalf("read back (-want +got):\n%s", d)
		}
	})
}
