package classdojo

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// Rows as people and spreadsheets write them, at the limits of what is read.
func TestRowsAtTheLimits(t *testing.T) {
	story := func(at string) Event { return listed(Story, oak, "", at, 1) }
	counted := func(n int) Event { return listed(Story, oak, "", "2026-10-02T14:30:00Z", n) }
	for name, c := range map[string]struct {
		text string
		want Event
	}{
		"the last cells are left out":                 {"class,when,count\n" + oak + ",2026-10-02T14:30:00Z\n", counted(1)},
		"one, and it says so":                         {"class,when,count\n" + oak + ",2026-10-02T14:30:00Z,1\n", counted(1)},
		"as many as a row may tell of":                {"class,when,count\n" + oak + ",2026-10-02T14:30:00Z,10000\n", counted(10_000)},
		"spaces before quotation marks":               {"class, when\n" + oak + ", \"2026-10-02T14:30:00Z\"\n", counted(1)},
		"empty cells between tabs":                    {"class\tlink\twhen\n" + oak + "\t\t2026-10-02T14:30:00Z\n", counted(1)},
		"a class and a link to it":                    {"class,link,when\n" + oak + "," + storyOf(oak) + ",2026-10-02T14:30:00Z\n", counted(1)},
		"a link to a portfolio says the kind":         {"link,when\n" + Target{Kind: Portfolio, Class: oak}.Link() + ",2026-10-02T14:30:00Z\n", listed(Portfolio, oak, "", "2026-10-02T14:30:00Z", 1)},
		"a link to messages says the kind":            {"link,when\n" + Target{Kind: Messages, Class: School}.Link() + ",2026-10-02T14:30:00Z\n", listed(Messages, School, "", "2026-10-02T14:30:00Z", 1)},
		"a kind that is the link's":                   {"link,kind,when\n" + Target{Kind: Pending, Class: oak}.Link() + ",waiting,2026-10-02T14:30:00Z\n", listed(Pending, oak, "", "2026-10-02T14:30:00Z", 1)},
		"a kind with capitals":                        {"class,kind,when\n" + oak + ",To Approve,2026-10-02T14:30:00Z\n", listed(Pending, oak, "", "2026-10-02T14:30:00Z", 1)},
		"the first day of ClassDojo's first year":     {"class,when\n" + oak + ",01/01/2011\n", story("2011-01-01T23:59:59Z")},
		"the first moment of it":                      {"class,when\n" + oak + ",2011-01-01 00:00\n", story("2011-01-01T00:00:00Z")},
		"this very moment":                            {"class,when\n" + oak + ",05/10/2026 10:30\n", story("2026-10-05T09:30:00Z")},
		"parts of a second are left out":              {"class,when\n" + oak + ",2026-10-02T14:30:00.9Z\n", counted(1)},
		"yesterday counts to its end, in summer time": {"class,when\n" + oak + ",04/10/2026\n", story("2026-10-04T22:59:59Z")},
		"another zone than the school's":              {"class,when\n" + oak + ",2026-10-02T16:30:00+02:00\n", counted(1)},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseCSV([]byte(c.text), london, now)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]Event{c.want}, got, cmpopts.IgnoreFields(Event{}, "Key")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A comment's link is its Story's, or its post's: the row above it and the row of a comment open the same page.
func TestCommentsInRowsLeadToTheirStory(t *testing.T) {
	for name, c := range map[string]struct{ row, want string }{
		"of a class":           {oak + ",,comment,2026-10-02", storyOf(oak)},
		"on the School Story":  {"school,,comments,2026-10-02", storyOf(School)},
		"on a post of a class": {"," + Target{Kind: Story, Class: oak, Post: post}.Link() + ",comment,2026-10-02", Target{Kind: Story, Class: oak, Post: post}.Link()},
	} {
		got, err := ParseCSV([]byte("class,link,kind,when\n"+c.row+"\n"), london, now)
		if err != nil || len(got) != 1 || got[0].Kind != Comment || got[0].Link != c.want || got[0].Check() != nil {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// A mistake is told by the line and the column where it stands, once, and as one that somebody can mend.
func TestMistakesAtTheLimits(t *testing.T) {
	const (
		noDate   = "this is no date such as 05/10/2026, 05/10/2026 14:30 or 2026-10-05"
		noNumber = "this is no number from 1 to 10000"
		future   = "this is in the future"
	)
	for name, c := range map[string]struct{ text, want string }{
		"headings that will not do: the rows are not looked at":    {"class,remark\nZyx,Zyx\n", "line 1: there is no heading \"when\"; the first line of the list names its columns: class, link, kind, when, count"},
		"headings after empty lines":                               {"\n\nclass,remark\n", "line 3: there is no heading \"when\"; the first line of the list names its columns: class, link, kind, when, count"},
		"rows in which nothing stands":                             {"class,when\n,\n\n , \n", "line 1: there are no rows under the headings"},
		"a count beyond what a row may tell of":                    {"class,when,count\n" + oak + ",2026-10-02,10001\n", "line 2, column 3: " + noNumber},
		"a count that no computer holds":                           {"class,when,count\n" + oak + ",2026-10-02,99999999999999999999\n", "line 2, column 3: " + noNumber},
		"a count with a fraction":                                  {"class,when,count\n" + oak + ",2026-10-02,1.5\n", "line 2, column 3: " + noNumber},
		"the day before ClassDojo's first year":                    {"class,when\n" + oak + ",31/12/2010\n", "line 2, column 2: " + noDate},
		"the moment before it":                                     {"class,when\n" + oak + ",2010-12-31T23:59:59Z\n", "line 2, column 2: " + noDate},
		"a year that nobody means":                                 {"class,when\n" + oak + ",05/10/2206\n", "line 2, column 2: " + noDate},
		"the first such year":                                      {"class,when\n" + oak + ",2200-01-01T00:00:00Z\n", "line 2, column 2: " + noDate},
		"the last year before":                                     {"class,when\n" + oak + ",2199-12-31T23:59:59Z\n", "line 2, column 2: " + future},
		"a minute from now":                                        {"class,when\n" + oak + ",05/10/2026 10:31\n", "line 2, column 2: " + future},
		"a second from now":                                        {"class,when\n" + oak + ",05/10/2026 10:30:01\n", "line 2, column 2: " + future},
		"a word for a date":                                        {"class,when\n" + oak + ",Zyx\n", "line 2, column 2: " + noDate},
		"a day that no month has":                                  {"class,when\n" + oak + ",31/09/2026\n", "line 2, column 2: " + noDate},
		"posts that wait on the School Story":                      {"kind,class,when\npending,school,2026-10-02\n", "line 2, column 1: the School Story has no portfolios and no posts that wait for approval"},
		"a right row above, a wrong one below a cell of two lines": {"class,when,note\n" + oak + ",2026-10-02,\"one\ntwo\"\n" + oak + ",Zyx,\n", "line 4, column 2: " + noDate},
	} {
		t.Run(name, func(t *testing.T) {
			events, err := ParseCSV([]byte(c.text), london, now)
			if want := "the ClassDojo list cannot be used: " + c.want; err == nil || err.Error() != want || len(events) > 0 {
				t.Errorf("%d events, %v", len(events), err)
			}
		})
	}
}

// As many bytes, rows and mistakes as are allowed are read; the next is one too many.
func TestSizeOfAList(t *testing.T) {
	row := oak + ",2026-10-02\n"
	list := func(rows int) string { return "class,when\n" + strings.Repeat(row, rows) }
	padded := func(bytes int) string {
		text := "class,when,note\n" + oak + ",2026-10-02,"
		return text + strings.Repeat("a", bytes-len(text))
	}
	for name, c := range map[string]struct {
		text string
		rows int
		want string
	}{
		"the largest file":                 {padded(1 << 20), 1, ""},
		"a byte more":                      {padded(1<<20 + 1), 0, "it is larger than 1024 KiB; split it"},
		"as many rows as fit":              {list(10_000), 10_000, ""},
		"and rows in which nothing stands": {list(10_000) + ",\n,\n", 10_000, ""},
		"a row more":                       {list(10_001), 0, "line 10002: there are more than 10000 rows: split the list"},
		"one mistake among all":            {list(9_999) + "Zyx,2026-10-02\n", 0, "line 10001, column 1: this is no class of ClassDojo's: give the 24 letters and digits that stand after “classes/” in the address of the class's page, or “School Story”"},
	} {
		if testing.Short() && strings.Count(c.text, "\n") > 1000 {
			continue // ten thousand rows take a moment
		}
		t.Run(name, func(t *testing.T) {
			got, err := ParseCSV([]byte(c.text), london, now)
			fail := ""
			if err != nil {
				fail = strings.TrimPrefix(err.Error(), "the ClassDojo list cannot be used: ")
			}
			if len(got) != c.rows || fail != c.want {
				t.Errorf("%d rows, %v", len(got), err)
			}
		})
	}
	for rows, want := range map[int]int{1: 1, 9: 9, 10: 10, 11: 10, 25: 10} {
		_, err := ParseCSV([]byte("class,when\n"+strings.Repeat(oak+",\n", rows)), london, now)
		if n := strings.Count(fmt.Sprint(err), "line "); n != want {
			t.Errorf("%d wrong rows: %d mistakes are told", rows, n)
		}
	}
	// Two mistakes in a row do not make it eleven.
	_, err := ParseCSV([]byte("class,when\n"+oak+",\n"+strings.Repeat("Zyx,\n", 6)), london, now)
	if n := strings.Count(fmt.Sprint(err), "line "); n != 10 {
		t.Errorf("%d mistakes are told", n)
	}
}

// A list is read by the clock of the school; where none is known, by that of Greenwich in winter.
func TestListWithoutATimeZone(t *testing.T) {
	got, err := ParseCSV([]byte("class,when\n"+oak+",2026-10-02 15:30\n"), nil, now)
	if err != nil || len(got) != 1 || !got[0].At.Equal(time.Date(2026, 10, 2, 15, 30, 0, 0, time.UTC)) {
		t.Errorf("%+v, %v", got, err)
	}
}

// Around midnight it is already today at the school that is not over yet.
func TestTodayIsTheSchools(t *testing.T) {
	night := time.Date(2026, 10, 4, 23, 30, 0, 500, time.UTC) // half past midnight on the 5th in London
	for name, c := range map[string]struct{ when, want string }{
		"today":     {"05/10/2026", "2026-10-04T23:30:00Z"},
		"yesterday": {"04/10/2026", "2026-10-04T22:59:59Z"},
	} {
		got, err := ParseCSV([]byte("class,when\n"+oak+","+c.when+"\n"), london, night)
		if err != nil || len(got) != 1 || got[0].At.Format(time.RFC3339) != c.want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if _, err := ParseCSV([]byte("class,when\n"+oak+",06/10/2026\n"), london, night); err == nil {
		t.Error("tomorrow is taken")
	}
}

// A file tells its rows one by one, to whoever goes on listening.
func TestFileTellsItsRows(t *testing.T) {
	f := File{Data: []byte("class,when\n" + oak + ",2026-10-02\n" + elm + ",2026-10-02\n"), Location: london, Now: now}
	var classes []string
	for _, e := range eventsOf(t, f) {
		classes = append(classes, e.Class)
	}
	if diff := cmp.Diff([]string{oak, elm}, classes); diff != "" {
		t.Error(diff)
	}
	for e, err := range f.Events(ctx) {
		if e.Class != oak || err != nil {
			t.Error(e, err)
		}
		break
	}
}
