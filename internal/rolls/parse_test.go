package rolls

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"esafetybot/internal/calendar"
)

var every = map[string]string{
	ID: "Admission number", Email: "Email", Name: "Name", YearGroup: "Year", Class: "Reg", Agreement: "Agreement signed", Publish: "May publish", Left: "Leaving date", Ends: "Access ends",
}

func day(y, m, d int) calendar.Date { return calendar.Date{Year: y, Month: time.Month(m), Day: d} }

func parse(t *testing.T, text string, columns map[string]string) *Roll {
	t.Helper()
	r, err := Parse(Pupils, []byte(text), columns)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestParse(t *testing.T) {
	whole := Row{
		Line: 2, ID: "A100", Email: "ada@school.example", Name: "Ada Example", Year: "4", Class: "4B",
		Agreement: Answer{On, day(2026, 9, 4)}, Publish: Answer{Says: Yes}, Left: day(2027, 1, 31), Ends: Answer{On, day(2027, 7, 20)},
	}
	// Keys are worked out by hand: printf 'pupils\na100' | sha256sum.
	whole.Key = "sha256-32f98ef632c8440c"
	const line = "Name,Year,Reg,Admission number,Email,Agreement signed,May publish,Leaving date,Access ends"
	const ada = "Ada Example,Year 4,4B,A100,Ada@School.example,04/09/2026,Y,31 Jan 2027,2027-07-20"
	for name, text := range map[string]string{
		"plain":                        line + "\n" + ada + "\n",
		"no newline at the end":        line + "\n" + ada,
		"Windows newlines":             line + "\r\n" + ada + "\r\n",
		"byte order mark":              "\ufeff" + line + "\n" + ada + "\n",
		"trailing blank lines":         line + "\n" + ada + "\n\n,,,,,,,,\n ,, ,\n\n",
		"semicolons":                   strings.ReplaceAll(line+"\n"+ada, ",", ";"),
		"semicolons, a comma in one":   strings.ReplaceAll(line, ",", ";") + ";Left, right, centre\n" + strings.ReplaceAll(ada, ",", ";"),
		"tabs":                         strings.ReplaceAll(line+"\n"+ada, ",", "\t"),
		"spaces around":                strings.ReplaceAll(line+"\n"+ada, ",", " , "),
		"headings in capitals":         strings.ToUpper(line) + "\n" + ada,
		"quoted":                       `"` + strings.ReplaceAll(line, ",", `","`) + "\"\n\"" + strings.ReplaceAll(ada, ",", `", "`) + `"`,
		"columns that nobody asks for": "Notes," + line + ",Notes\nodd," + ada + ",odd\n",
		"the same number twice":        line + "\n" + ada + "\nBob Example,5,5C,a100,bob@school.example,,,,\n",
		"short lines filled up":        line + ",Notes\n" + ada,
		"only what is not read filled": line + ",Notes\n" + ada + ",\n,,,,,,,,,see office\n",
	} {
		t.Run(name, func(t *testing.T) {
			r := parse(t, text, every)
			if diff := cmp.Diff([]Row{whole}, r.Rows); diff != "" {
				t.Errorf("rows (-want +have):\n%s", diff)
			}
			if len(r.Odd) > 0 {
				t.Errorf("odd cells: %v", r.Odd)
			}
		})
	}
}

func TestParseOnlyNamedColumns(t *testing.T) {
	r := parse(t, "Email,Name,Year\nada@school.example,Ada,4\n\t\n,Bob,4\n", map[string]string{Email: " email "})
	if diff := cmp.Diff([]Row{{Key: "sha256-a19813e0383ebfc7", Line: 2, Email: "ada@school.example"}}, r.Rows); diff != "" {
		t.Errorf("rows (-want +have):\n%s", diff)
	}
	if !r.Has(Email) || r.Has(Name) || r.Has(Agreement) {
		t.Error("it has the columns that the policy names, and no others")
	}
}

func TestParseEncodings(t *testing.T) {
	for name, data := range map[string]string{
		"UTF-8":        "Name\nZoë O’Connor – Łódź\n",
		"Windows-1252": "Name\nZo\xeb O\x92Connor \x96 \x80\n",
	} {
		want := map[string]string{"UTF-8": "Zoë O’Connor – Łódź", "Windows-1252": "Zoë O’Connor – €"}[name]
		if have := parse(t, data, map[string]string{Name: "Name"}).Rows[0].Name; have != want {
			t.Errorf("%s: have %q, want %q", name, have, want)
		}
	}
}

func TestParseMistakes(t *testing.T) {
	named := map[string]string{ID: "Admission number", YearGroup: "Year"}
	for _, c := range []struct {
		name, text string
		columns    map[string]string
		want       string
	}{
		{"nothing", "", named, "the roll of pupils cannot be used: the file is empty"},
		{"only a mark and spaces", "\ufeff \r\n\n", named, "the roll of pupils cannot be used: the file is empty"},
		{"no rows", "Admission number,Year\n", named, "the roll of pupils cannot be used: line 1: there are no rows under the headings"},
		{"only empty rows", "Admission number,Year\n,\n , \n", named, "the roll of pupils cannot be used: line 1: there are no rows under the headings"},
		{"a workbook", "PK\x03\x04rest", named, "the roll of pupils cannot be used: the file is a workbook, not CSV: save it as “CSV UTF-8”"},
		{"UTF-16", "\xff\xfeA\x00", named, "the roll of pupils cannot be used: the file is not plain text: save it as “CSV UTF-8”"},
		{"UTF-16, the other way", "\xfe\xff\x20", named, "the roll of pupils cannot be used: the file is not plain text: save it as “CSV UTF-8”"},
		{"not text", "Admission number\n\x00\n", named, "the roll of pupils cannot be used: the file is not plain text: save it as “CSV UTF-8”"},
		{"headings missing", "Admision No,Yr,Name\n1,4,Ada\n", named,
			"the roll of pupils cannot be used: line 1: there is no heading \"Admission number\", which the policy names for id\nline 1: there is no heading \"Year\", which the policy names for year"},
		{"heading misspelt", "Admision numbers,Years,Name\n1,4,Ada\n", named,
			"the roll of pupils cannot be used: line 1: there is no heading \"Admission number\", which the policy names for id; did you mean \"Admision numbers\"?\n" +
				"line 1: there is no heading \"Year\", which the policy names for year; did you mean \"Years\"?"},
		{"no headings at all", "1,Ada Example\n2,Bob Example\n", named,
			"the roll of pupils cannot be used: line 1: there is no heading \"Admission number\", which the policy names for id\nline 1: there is no heading \"Year\", which the policy names for year"},
		{"heading twice", "Year,Admission number,year \n4,1,5\n", named,
			"the roll of pupils cannot be used: line 1: the heading \"Year\" stands there twice, and the policy names it for year: rename one of them"},
		{"quotation marks inside, told together", "Admission number,Year\n1,4 \"B\"\n2,4\n3 \"x\",4\n", named,
			"the roll of pupils cannot be used: line 2, column 5: there is a quotation mark inside a field that does not begin with one: write it twice and put the whole field in quotation marks\n" +
				"line 4, column 3: there is a quotation mark inside a field that does not begin with one: write it twice and put the whole field in quotation marks"},
		{"quotation mark not closed", "Admission number,Year\n1,\"4\n2,4\n", named,
			"the roll of pupils cannot be used: line 2: a field that begins with a quotation mark does not end with one (line 3, column 5)"},
		{"text after the closing mark", "Admission number,Year\n1,\"4\"B\n2,\"5\"C\n", named,
			"the roll of pupils cannot be used: line 2: a field that begins with a quotation mark does not end with one (line 2, column 5)"},
		{"bad heading line", "Admission number,Ye\"ar\n1,4\n", named,
			"the roll of pupils cannot be used: line 1, column 20: there is a quotation mark inside a field that does not begin with one: write it twice and put the whole field in quotation marks"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := Parse("Pupils", []byte(c.text), c.columns)
			if err == nil {
				t.Fatalf("no error, rows: %v", r.Rows)
			}
			if diff := cmp.Diff(c.want, err.Error()); diff != "" {
				t.Errorf("error (-want +have):\n%s", diff)
			}
		})
	}
	_, err := Parse(Pupils, []byte("Admission number,Year\n"+strings.Repeat("1 \"x\",4\n", 50)), named)
	if n := strings.Count(fmt.Sprint(err), "line "); n != mostMistakes {
		t.Errorf("%d mistakes are told, want %d", n, mostMistakes)
	}
}

func TestParseOdd(t *testing.T) {
	r := parse(t, "Admission number,Year,Agreement signed,May publish,Leaving date,Access ends\n1,13,maybe,ask,soon,yes\n2,,,,,\n3,N,No,0,1/2/2027,\n1,14,,,,\n", map[string]string{
		ID: every[ID], YearGroup: every[YearGroup], Agreement: every[Agreement], Publish: every[Publish], Left: every[Left], Ends: every[Ends],
	})
	want := []Odd{{2, YearGroup}, {2, Agreement}, {2, Publish}, {2, Left}, {2, Ends}}
	if diff := cmp.Diff(want, r.Odd); diff != "" {
		t.Errorf("odd cells (-want +have):\n%s", diff)
	}
	rows := []Row{
		{Line: 2, ID: "1", Agreement: Answer{Says: Unreadable}, Publish: Answer{Says: Unreadable}, Ends: Answer{Says: Unreadable}},
		{Line: 3, ID: "2"},
		{Line: 4, ID: "3", Year: "N", Agreement: Answer{Says: No}, Publish: Answer{Says: No}, Left: day(2027, 2, 1)},
	}
	if diff := cmp.Diff(rows, r.Rows, cmpopts.IgnoreFields(Row{}, "Key")); diff != "" {
		t.Errorf("rows (-want +have):\n%s", diff)
	}
}

func TestKeys(t *testing.T) {
	columns := map[string]string{ID: "id", Email: "email", Name: "name", Class: "class"}
	key := func(which, row string) string {
		r, err := Parse(which, []byte("id,email,name,class\n"+row), columns)
		if err != nil {
			t.Fatal(err)
		}
		return r.Rows[0].Key
	}
	// By hand: printf 'pupils\nTEXT' | sha256sum | cut -c1-16.
	for _, c := range []struct{ row, want string }{
		{"A100,x@school.example,Ada,4B", "sha256-32f98ef632c8440c"}, // a100
		{",Ada@school.example,Ada,4B", "sha256-a19813e0383ebfc7"},   // ada@school.example
		{",,\"O'Connor-Smith, Zoë\",4B", "sha256-d40fc7520eaee1fb"}, // connor o smith zoe\n4b
		{",,Zoe Smith O'CONNOR,4b", "sha256-d40fc7520eaee1fb"},      // likewise
		{",,Zoe Smith O'CONNOR,", "sha256-b16103bfe15451e9"},        // connor o smith zoe\n
	} {
		if have := key("pupils", c.row); have != c.want {
			t.Errorf("%s: have %s, want %s", c.row, have, c.want)
		}
	}
	if key("pupils", "A100,,,") == key("staff", "A100,,,") {
		t.Error("a pupil and an adult with the same number have the same key")
	}
	if key("Supply and Trainees", "1,,,") != key("supply and trainees", "1,,,") {
		t.Error("the case of an entry's name changes the key")
	}
}

func TestDates(t *testing.T) {
	for s, want := range map[string]calendar.Date{
		"2026-09-04": day(2026, 9, 4), "04/09/2026": day(2026, 9, 4), "4/9/2026": day(2026, 9, 4), "31/12/2026": day(2026, 12, 31), "4 Sep 2026": day(2026, 9, 4),
		"04 sep 2026": day(2026, 9, 4), "04-Sep-2026": day(2026, 9, 4), "4 September 2026": day(2026, 9, 4), "29/02/2028": day(2028, 2, 29),
		"": {}, "12/31/2026": {}, "29/02/2027": {}, "04/09/26": {}, "2026": {}, "4th September 2026": {}, "2026-09-04 10:00": {}, "Sep 2026": {}, "yes": {},
	} {
		have, ok := Date(s)
		if have != want || ok != (want != calendar.Date{}) {
			t.Errorf("%q: have %v %v, want %v", s, have, ok, want)
		}
	}
}

func TestYears(t *testing.T) {
	for s, want := range map[string]string{
		"R": "R", "r": "R", "Reception": "R", "RECEPTION": "R", "0": "R", "Year R": "R", "N": "N", "n": "N", "Nursery": "N", "4": "4", "Y4": "4", "y4": "4", "Year 4": "4", "YEAR 9": "9", "1": "1",
		"": "", "Year": "", "Year ": "", "Y": "", "10": "", "Year 10": "", "Year 0": "", "4B": "", "Y0": "", "Year N": "", "four": "", "Receptionist": "", "-": "", "Year Y4": "",
	} {
		if have := Year(s); have != want {
			t.Errorf("%q: have %q, want %q", s, have, want)
		}
	}
}

func TestSigned(t *testing.T) {
	first, last := day(2026, 9, 1), day(2026, 10, 1)
	for s, want := range map[string]bool{
		"yes": true, "Y": true, "TRUE": true, "1": true, "signed": true, "2026-09-01": true, "2026-10-01": true, "15/09/2026": true,
		"": false, "no": false, "N": false, "false": false, "0": false, "2026-08-31": false, "2026-10-02": false, "soon": false,
	} {
		if have := answer(s).Signed(first, last); have != want {
			t.Errorf("%q: have %v, want %v", s, have, want)
		}
	}
	for s, want := range map[string]Says{"": Nothing, "no": Unreadable, "yes": Unreadable, "soon": Unreadable, "1/2/2027": On} {
		if have := ends(s).Says; have != want {
			t.Errorf("ends %q: have %v, want %v", s, have, want)
		}
	}
}

func TestLeaver(t *testing.T) {
	for left, want := range map[calendar.Date]bool{{}: false, day(2026, 9, 3): true, day(2026, 9, 4): true, day(2026, 9, 5): false} {
		if have := (&Row{Left: left}).Leaver(day(2026, 9, 4)); have != want {
			t.Errorf("left %v: have %v, want %v", left, have, want)
		}
	}
}

func TestNameKey(t *testing.T) {
	for name, want := range map[string]string{
		"Ada Example": "ada example", "EXAMPLE, Ada": "ada example", "Zoë  O’Connor": "connor o zoe", "Zoe\u0308 O'Connor": "connor o zoe", "Ann-Marie 2nd": "2nd ann marie", "Øystein": "øystein", " - ": "", "": "",
	} {
		if have := NameKey(name); have != want {
			t.Errorf("%q: have %q, want %q", name, have, want)
		}
	}
}

func TestShrunk(t *testing.T) {
	for _, c := range []struct {
		before, now int
		want        bool
	}{{100, 50, true}, {100, 51, false}, {101, 50, true}, {101, 51, false}, {0, 0, false}, {0, 5, false}, {1, 1, false}, {1, 0, true}, {100, 300, false}} {
		if have := Shrunk(c.before, c.now); have != c.want {
			t.Errorf("from %d to %d: have %v, want %v", c.before, c.now, have, c.want)
		}
	}
}

func TestSize(t *testing.T) {
	var b strings.Builder
	b.WriteString("Name,Year,Reg,Admission number,Email,Agreement signed,May publish,Leaving date,Access ends,Notes\n")
	for i := range 20_000 {
		fmt.Fprintf(&b, "Pupil Number%d Example,Year %d,%dB,A%05d,pupil%d@school.example,04/09/2026,Yes,,,%s\n", i, 1+i%6, 1+i%6, i, i, strings.Repeat("notes ", 20))
	}
	data := []byte(b.String())
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	r, err := Parse(Pupils, data, every)
	if err != nil || len(r.Rows) != 20_000 {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if kept := int64(after.HeapAlloc) - int64(before.HeapAlloc); kept > 10<<20 {
		t.Errorf("20,000 rows keep %d KiB", kept>>10)
	} else {
		t.Logf("20,000 rows keep %d KiB", kept>>10)
	}
	runtime.KeepAlive(data)
	runtime.KeepAlive(r)
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"Admission number,Email,Name,Year,Reg\n1,a@school.example,Ada,4,4B\n", "\ufeffName;Email\n\"O'B\";x\n", "Name\tEmail\n\xe9\t\n", "\"", "Name\n\"x\n", "Name,Name\n1,2", "name,year\nx,Reception\n",
	} {
		f.Add([]byte(s), "Name", "Year")
	}
	f.Fuzz(func(t *testing.T, data []byte, name, year string) {
		r, err := Parse("Pupils", data, map[string]string{Name: name, YearGroup: year})
		if (r == nil) == (err == nil) {
			t.Fatalf("a roll and an error, or neither: %v, %v", r, err)
		}
		if err != nil {
			return
		}
		if len(r.Rows) == 0 {
			t.Fatal("a roll without rows")
		}
		keys := map[string]bool{}
		for _, row := range r.Rows {
			if keys[row.Key] || !strings.HasPrefix(row.Key, "sha256-") || len(row.Key) != 23 {
				t.Fatalf("key %q", row.Key)
			}
			keys[row.Key] = true
			if row.Name != strings.TrimSpace(row.Name) || len(row.Year) > 1 {
				t.Fatalf("row %+v", row)
			}
		}
	})
}
