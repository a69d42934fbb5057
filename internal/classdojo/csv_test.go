package classdojo

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var london = func() *time.Location {
	l, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic(err)
	}
	return l
}()

func listed(kind Kind, class, post, at string, count int) Event {
	t, err := time.Parse(time.RFC3339, at)
	if err != nil {
		panic(err)
	}
	to := Target{Kind: kind, Class: class, Post: post}
	return Event{Kind: kind, Class: class, Link: to.Link(), At: t, Count: count, From: FromCSV}
}

func TestParseCSV(t *testing.T) {
	storyLink := "https://teach.classdojo.com/#/classes/" + oak + "/story"
	comments := listed(Story, oak, "", "2026-10-02T14:30:00Z", 3)
	comments.Kind = Comment
	for name, c := range map[string]struct {
		text string
		want []Event
	}{
		"all columns": {"class,link,kind,when,count\n" + oak + "," + storyLink + ",comment,02/10/2026 15:30,3\n", []Event{comments}},
		"other order, capitals, a column of their own": {"When,Remarks,Link\n2026-10-02T14:30:00Z,Zyx Wvu wrote," + storyLink + "/" + post + "\n", []Event{listed(Story, oak, post, "2026-10-02T14:30:00Z", 1)}},
		"a mark, semicolons, CR LF, quotes":            {"\ufeffclass;when;kind\r\n\"" + oak + "\";\"02/10/2026 15:30\";Class Story\r\n", []Event{listed(Story, oak, "", "2026-10-02T14:30:00Z", 1)}},
		"tabs, empty cells":                            {"class\tkind\twhen\tcount\n" + oak + "\t\t2026-10-02 15:30\t\n\t\t\t\n", []Event{listed(Story, oak, "", "2026-10-02T14:30:00Z", 1)}},
		"Windows-1252":                                 {"class,when,caf\xe9\n" + strings.ToUpper(oak) + ",2 Oct 2026 15:30,\xa3\n", []Event{listed(Story, oak, "", "2026-10-02T14:30:00Z", 1)}},
		"a day counts to its end":                      {"class,when\n" + oak + ",02/10/2026\n", []Event{listed(Story, oak, "", "2026-10-02T22:59:59Z", 1)}},
		"today counts until now":                       {"class,when\n" + oak + ",5/10/2026\n", []Event{listed(Story, oak, "", "2026-10-05T09:30:00Z", 1)}},
		"a time without a zone":                        {"class,when\n" + oak + ",2026-10-02T15:30:00\n", []Event{listed(Story, oak, "", "2026-10-02T14:30:00Z", 1)}},
		"the School Story":                             {"class,when\nSchool Story,2026-10-02T14:30:00Z\n", []Event{listed(Story, School, "", "2026-10-02T14:30:00Z", 1)}},
		"kinds": {"class,kind,when\n" + oak + ",Pending,2026-10-02T14:30:00Z\n" + oak + ",portfolio,2026-10-02T14:30:00Z\n" + oak + ",messages,2026-10-02T14:30:00Z\n", []Event{
			listed(Pending, oak, "", "2026-10-02T14:30:00Z", 1), listed(Portfolio, oak, "", "2026-10-02T14:30:00Z", 1), listed(Messages, oak, "", "2026-10-02T14:30:00Z", 1)}},
		"what a spreadsheet keeps from being a formula": {"class,when,count\n'" + oak + ",'2026-10-02T14:30:00Z,'2\n", []Event{listed(Story, oak, "", "2026-10-02T14:30:00Z", 2)}},
		"a formula where nobody looks":                  {"class,when,note\n" + oak + ",2026-10-02T14:30:00Z,\"=HYPERLINK(\"\"https://evil.example\"\")\"\n", []Event{listed(Story, oak, "", "2026-10-02T14:30:00Z", 1)}},
		"seconds, in the hour that comes twice":         {"class,when\n" + oak + ",26/10/2025 01:30:05\n", []Event{listed(Story, oak, "", "2025-10-26T00:30:05Z", 1)}},
	} {
		got, err := ParseCSV([]byte(c.text), london, now)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(c.want, got, cmpopts.IgnoreFields(Event{}, "Key")); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		for _, e := range got {
			if err := e.Check(); err != nil {
				t.Errorf("%s: %+v: %v", name, e, err)
			}
		}
	}
}

func TestMistakesInCSV(t *testing.T) {
	row := func(s string) string { return "class,link,kind,when,count\n" + s + "\n" }
	const where = "the ClassDojo list cannot be used: "
	for name, c := range map[string]struct{ text, want string }{
		"no when":           {"class,link\n", where + "line 1: there is no heading \"when\"; the first line of the list names its columns: class, link, kind, when, count"},
		"no class":          {"when\n", where + "line 1: there is neither a heading \"class\" nor \"link\": one of them is needed"},
		"twice":             {"class,when,When\n", where + "line 1, column 3: the heading \"when\" stands there twice"},
		"no rows":           {"class,when\n,\n", where + "line 1: there are no rows under the headings"},
		"a class's name":    {row("Zyx,,,2026-10-02,"), where + "line 2, column 1: this is no class of ClassDojo's: give the 24 letters and digits that stand after “classes/” in the address of the class's page, or “School Story”"},
		"a formula":         {row("\"=HYPERLINK(\"\"https://evil.example\"\")\",,,2026-10-02,"), where + "line 2, column 1: this is no class of ClassDojo's: give the 24 letters and digits that stand after “classes/” in the address of the class's page, or “School Story”"},
		"a link elsewhere":  {row(",https://evil.example/Zyx,,2026-10-02,"), where + "line 2, column 2: this link does not lead to a Story, portfolio or message on ClassDojo: copy it from the address line of the browser"},
		"another class":     {row(elm + ",https://teach.classdojo.com/#/classes/" + oak + "/story,,2026-10-02,"), where + "line 2, column 2: this link leads to another class than the one in this row"},
		"another kind":      {row(",https://teach.classdojo.com/#/classes/" + oak + "/story,messages,2026-10-02,"), where + "line 2, column 3: the link in this row leads to something of another kind"},
		"no kind":           {row(oak + ",,Zyx,2026-10-02,"), where + "line 2, column 3: this is no kind: write story, comment, portfolio, pending or messages"},
		"looked is no kind": {row(oak + ",,looked,2026-10-02,"), where + "line 2, column 3: this is no kind: write story, comment, portfolio, pending or messages"},
		"no portfolio":      {row("school,,portfolio,2026-10-02,"), where + "line 2, column 3: the School Story has no portfolios and no posts that wait for approval"},
		"neither":           {row(",,,2026-10-02,"), where + "line 2: neither class nor link is given"},
		"no date":           {row(oak + ",,,,"), where + "line 2, column 4: this is no date such as 05/10/2026, 05/10/2026 14:30 or 2026-10-05"},
		"a month first":     {row(oak + ",,,10/25/2026,"), where + "line 2, column 4: this is no date such as 05/10/2026, 05/10/2026 14:30 or 2026-10-05"},
		"before ClassDojo":  {row(oak + ",,,2006-10-25,"), where + "line 2, column 4: this is no date such as 05/10/2026, 05/10/2026 14:30 or 2026-10-05"},
		"tomorrow":          {row(oak + ",,,06/10/2026,"), where + "line 2, column 4: this is in the future"},
		"no number":         {row(oak + ",,,2026-10-02,many"), where + "line 2, column 5: this is no number from 1 to 10000"},
		"nought":            {row(oak + ",,,2026-10-02,0"), where + "line 2, column 5: this is no number from 1 to 10000"},
		"several at once":   {row("Zyx,,,never,-1"), where + "line 2, column 1: this is no class of ClassDojo's: give the 24 letters and digits that stand after “classes/” in the address of the class's page, or “School Story”\nline 2, column 5: this is no number from 1 to 10000\nline 2, column 4: this is no date such as 05/10/2026, 05/10/2026 14:30 or 2026-10-05"},
		"a quotation mark":  {row(oak + ",,a\"b,2026-10-02,"), where + "line 2, column 28: a quotation mark stands where none may be: write it twice and put the whole cell in quotation marks"},
		"empty":             {"\ufeff \n", where + "the file is empty"},
		"a workbook":        {"PK\x03\x04", where + "the file is a workbook, not CSV: save it as “CSV UTF-8”"},
		"too large":         {strings.Repeat("a", MaxFile+1), where + "it is larger than 1024 KiB; split it"},
	} {
		_, err := ParseCSV([]byte(c.text), london, now)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := ParseCSV([]byte("class,when\n"+strings.Repeat("Zyx,\n", 50)), london, now)
	if n := strings.Count(fmt.Sprint(err), "\n"); n != mostMistakes-1 {
		t.Errorf("%d mistakes are told", n+1)
	}
}

// The same list read again, or one that grew, tells nothing twice; alike rows of one list are two.
func TestRowsKeepTheirKeys(t *testing.T) {
	rows := oak + ",2026-10-05\n" + oak + ",2026-10-05\n" + elm + ",02/10/2026 15:30\n"
	read := func(text string, at time.Time) (keys []string) {
		events, err := ParseCSV([]byte(text), london, at)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			keys = append(keys, e.Key)
		}
		return keys
	}
	first := read("class,when\n"+rows, now)
	again := read("class,when,kind\n"+strings.ReplaceAll(rows, "\n", ",story\n")+oak+",2026-10-05,comment\n", now.AddDate(0, 0, 3))
	if diff := cmp.Diff(first, again[:3]); diff != "" {
		t.Error(diff)
	}
	seen := map[string]bool{}
	for _, k := range again {
		if seen[k] {
			t.Error("a key stands twice")
		}
		seen[k] = true
	}
}

func TestFileIsAllOrNothing(t *testing.T) {
	var src Source = File{Data: []byte("class,when\n" + oak + ",2026-10-02\nZyx,2026-10-02\n"), Location: london, Now: now}
	events, failed := 0, 0
	for _, err := range src.Events(ctx) {
		if err != nil {
			failed++
		} else {
			events++
		}
	}
	if events != 0 || failed != 1 {
		t.Errorf("%d events, %d errors", events, failed)
	}
}

// FuzzCSV: whatever is in the file, it is refused in words that do not repeat it, or its events are valid and not in the future.
func FuzzCSV(f *testing.F) {
	f.Add([]byte("class,link,kind,when,count\n" + oak + ",,comment,02/10/2026 15:30,3\n"))
	f.Add([]byte("\ufeffwhen;link\r\n2026-10-02;https://teach.classdojo.com/#/classes/" + oak + "/story\r\n"))
	f.Add([]byte("class\twhen\n=1+1\t@x\n"))
	f.Add([]byte("class,when\n\"" + oak + ",2026"))
	f.Add([]byte("class,when\nQzqzq,Qzqzq\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		events, err := ParseCSV(data, london, now)
		if err != nil {
			if len(events) > 0 || strings.Contains(err.Error(), "Qzqzq") {
				t.Fatal(err)
			}
			return
		}
		keys := map[string]bool{}
		for _, e := range events {
			if err := e.Check(); err != nil || e.At.After(now) || keys[e.Key] {
				t.Fatalf("%+v: %v", e, err)
			}
			keys[e.Key] = true
		}
	})
}
