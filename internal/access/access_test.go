package access

import (
	"context"
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
)

var (
	ctx = context.Background()
	day = func(n int) time.Time { return time.Date(2026, 9, n, 7, 0, 0, 0, time.UTC) }
)

func open(t *testing.T, s store.Store) *Book {
	t.Helper()
	b, err := Open(ctx, s, s.Commit)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestRecord walks two accounts through a term: granted, withdrawn, gone, and what could not be read is left alone.
func TestRecord(t *testing.T) {
	raw, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	s := store.Counting(raw)
	ann := Present{Account: "1", Holder: Holder{"Ann Ash", "ann@school.example", "staff"}, Since: day(1), What: []string{"account", "service/gmail", "role/7"}}
	bob := Present{Account: "2", Holder: Holder{"Bob Birch", "bob@school.example", "pupils"}, What: []string{"account", "class/c1"}}
	all := []string{"account", "service", "role", "class"}
	step := func(n int, read []string, acts []Act, present ...Present) {
		t.Helper()
		b := open(t, s)
		b.Update(day(n), present, read, acts)
		if err := b.Flush(ctx); err != nil {
			t.Fatal(err)
		}
	}
	step(10, all, nil, ann, bob)
	s.Reset()
	step(11, all, nil, ann, bob)
	if s.Writes() != 0 {
		t.Errorf("nothing changed, and %d writes", s.Writes())
	}
	ann.What = []string{"account", "service/gmail"}
	step(12, []string{"account", "service", "class"}, nil, ann, bob) // roles were refused
	step(13, all, []Act{{Account: "1", What: "role/7", By: "9", At: day(12).Add(time.Hour)}}, ann, bob)
	bob.What = append(bob.What, "service/gmail")
	step(14, all, []Act{{Account: "2", What: "service/gmail", By: "1", Granted: true, At: day(13).Add(time.Hour)}}, ann, bob)
	step(15, all, nil, ann) // Bob's account was deleted

	b := open(t, s)
	want := map[string][]Grant{
		"1": {
			{What: "account", From: day(1)},
			{What: "role/7", From: day(10), Seen: true, Until: day(12).Add(time.Hour), EndBy: "9"},
			{What: "service/gmail", From: day(10), Seen: true},
		},
		"2": {
			{What: "account", From: day(10), Seen: true, Until: day(15)},
			{What: "class/c1", From: day(10), Seen: true, Until: day(15)},
			{What: "service/gmail", From: day(13).Add(time.Hour), By: "1", Until: day(15)},
		},
	}
	if diff := cmp.Diff(want, b.grants); diff != "" {
		t.Error(diff)
	}

	var out strings.Builder
	if err := b.Export(&out, b.At(day(14)), time.UTC, nil); err != nil {
		t.Fatal(err)
	}
	wantCSV := `Who,Name,Address,Account id,Access,Granted,Granted by,Withdrawn,Withdrawn by
pupils,Bob Birch,bob@school.example,2,account,on or before 2026-09-10,,2026-09-15,
pupils,Bob Birch,bob@school.example,2,class c1,on or before 2026-09-10,,2026-09-15,
pupils,Bob Birch,bob@school.example,2,e-mail,2026-09-13,Ann Ash,2026-09-15,
staff,Ann Ash,ann@school.example,1,account,2026-09-01,,,
staff,Ann Ash,ann@school.example,1,e-mail,on or before 2026-09-10,,,
`
	if diff := cmp.Diff(wantCSV, out.String()); diff != "" {
		t.Error(diff)
	}
}

// TestComeBack: access that is granted again is a second line, and the first keeps its end.
func TestComeBack(t *testing.T) {
	s, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	b := open(t, s)
	p := Present{Account: "1", What: []string{"account"}}
	b.Update(day(1), []Present{p}, []string{"account"}, nil)
	b.Update(day(2), []Present{{Account: "1"}}, []string{"account"}, nil)
	b.Update(day(3), []Present{p}, []string{"account"}, nil)
	want := []Grant{{What: "account", From: day(1), Seen: true, Until: day(2)}, {What: "account", From: day(3), Seen: true}}
	if diff := cmp.Diff(want, b.Of("1")); diff != "" {
		t.Error(diff)
	}
	if got := len(b.At(day(2))); got != 0 {
		t.Errorf("%d grants on a day without any", got)
	}
}

func TestCellIsNoFormula(t *testing.T) {
	for name, want := range map[string]string{"=HYPERLINK(1)": "'=HYPERLINK(1)", "Ann": "Ann", " +1": "'+1", "\u200b@x": "'@x", "A\u202eB\r\nC": "AB C"} {
		s, err := memory.Open()
		if err != nil {
			t.Fatal(err)
		}
		b := open(t, s)
		b.Update(day(1), []Present{{Account: "1", What: []string{"account"}, Holder: Holder{Name: name}}}, []string{"account"}, nil)
		var out strings.Builder
		if err := b.Export(&out, b.At(day(1)), time.UTC, nil); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
		if err != nil || len(rows) != 2 || rows[1][1] != want {
			t.Errorf("%q: %q, %v", name, rows, err)
		}
	}
}
