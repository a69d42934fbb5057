package reports

import (
	"bytes"
	"encoding/csv"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name string, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s differs; if that is meant, run go test -update (-want +got):\n%s", path, d)
	}
}

func render(t *testing.T, in OversharingInput) Rendered {
	t.Helper()
	r, err := Oversharing(in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// cases are the reports that are worth looking at.
func cases() map[string]OversharingInput {
	first := sample()
	first.FirstDay, first.Since, first.PutRight, first.Items, first.NotSeen = true, time.Time{}, nil, manyItems(420), nil
	quiet := sample()
	quiet.Weekly, quiet.PutRight, quiet.NotSeen = true, nil, nil
	for i := range quiet.Items {
		quiet.Items[i].New, quiet.Items[i].Reopened = false, false
		for j := range quiet.Items[i].Grants {
			quiet.Items[i].Grants[j].New = false
		}
	}
	clear := sample()
	clear.Items, clear.PutRight, clear.NotSeen = nil, nil, nil
	blind := sample()
	blind.Items, blind.PutRight = nil, nil
	wideFirst := wide()
	wideFirst.FirstDay, wideFirst.Since, wideFirst.Right, wideFirst.PutRight = true, time.Time{}, nil, nil
	rollover := wide()
	rollover.Rollover, rollover.Items, rollover.PutRight, rollover.NotSeen, rollover.Accounts.Attached = true, nil, nil, nil, true
	wideClear := clear
	wideClear.Wider, wideClear.Unclear = true, wide().Unclear
	onTheSite := wide()
	onTheSite.Site, onTheSite.List, onTheSite.Accounts = "https://review.school.example/", List{}, List{}
	return map[string]OversharingInput{
		"daily": sample(), "first": first, "quiet": quiet, "clear": clear, "blind": blind,
		"wide": wide(), "wide-site": onTheSite, "wide-first": wideFirst, "wide-rollover": rollover, "wide-clear": wideClear,
	}
}

func TestGolden(t *testing.T) {
	for name, in := range cases() {
		t.Run(name, func(t *testing.T) {
			r := render(t, in)
			golden(t, name+".html", r.HTML)
			golden(t, name+".txt", "Subject: "+r.Subject+"\n\n"+r.Text)
			if name == "wide" {
				golden(t, "matters.csv", strings.ReplaceAll(string(r.Matters), "\r\n", "\n"))
			}
			if name == "daily" {
				golden(t, name+".csv", strings.ReplaceAll(string(r.CSV), "\r\n", "\n"))
			}
		})
	}
}

func TestCounts(t *testing.T) {
	for name, in := range cases() {
		r := render(t, in)
		c := r.Counts
		if c.New+c.StillOpen+c.Agreed+c.Information != c.Total {
			t.Errorf("%s: %+v does not add up", name, c)
		}
		rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(r.CSV, []byte("\ufeff")))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		n := map[string]int{}
		for _, row := range rows[1:] {
			n[row[0]]++
		}
		if rows, err = csv.NewReader(bytes.NewReader(bytes.TrimPrefix(r.Matters, []byte("\ufeff")))).ReadAll(); err != nil {
			t.Fatal(err)
		}
		for i, row := range rows {
			if i > 0 {
				n[row[0]]++
			}
		}
		want := map[string]int{}
		for k, v := range map[string]int{"new": c.New, "still open": c.StillOpen, "agreed": c.Agreed, "information": c.Information, "put right": c.PutRight} {
			if v > 0 {
				want[k] = v
			}
		}
		if d := cmp.Diff(want, n); d != "" {
			t.Errorf("%s: rows of the list (-counts +rows):\n%s", name, d)
		}
		// What the first day's tables and lists say adds up to what there is.
		if name == "first" {
			sum := 0
			p := newView(in).page(fullLimits)
			for _, row := range p.ByRule {
				var k int
				if _, err := fmt.Sscan(strings.ReplaceAll(row.N, ",", ""), &k); err != nil {
					t.Fatal(err)
				}
				sum += k
			}
			if sum != c.New+c.StillOpen {
				t.Errorf("the table by rule adds up to %d, want %d", sum, c.New+c.StillOpen)
			}
			shown := 0
			for _, g := range p.New.Groups {
				shown += len(g.Items) + more(g.More)
			}
			if shown += more(p.New.More); shown != c.New+c.StillOpen {
				t.Errorf("shown and more make %d, want %d", shown, c.New+c.StillOpen)
			}
		}
	}
}

var moreNumber = regexp.MustCompile(`^(?:… )?and ([\d,]+) more`)

func more(s string) int {
	m := moreNumber.FindStringSubmatch(s)
	if m == nil {
		return 0
	}
	n := 0
	_, _ = fmt.Sscan(strings.ReplaceAll(m[1], ",", ""), &n)
	return n
}

func TestSameCauseUnderTwoClausesIsShownOnce(t *testing.T) {
	r := render(t, sample())
	if n := strings.Count(r.Text, "Trip consent forms"); n != 1 {
		t.Errorf("it is shown %d times", n)
	}
	if !strings.Contains(r.Text, "(A23, B8)") {
		t.Error("its clauses are not named")
	}
}

func TestHash(t *testing.T) {
	base := render(t, sample()).Hash
	same := map[string]func(*OversharingInput){
		"a day later": func(in *OversharingInput) { in.Now = days(1) },
		"another order": func(in *OversharingInput) {
			in.Items[0], in.Items[5] = in.Items[5], in.Items[0]
		},
		"more items below":  func(in *OversharingInput) { in.Items[0].Below++ },
		"no longer new":     func(in *OversharingInput) { in.Items[0].New = false },
		"put right is told": func(in *OversharingInput) { in.PutRight = nil },
		"another reason":    func(in *OversharingInput) { in.NotSeen[0].Why = "It did not answer." },
		"another title":     func(in *OversharingInput) { in.Items[0].Title = "Renamed" },
	}
	other := map[string]func(*OversharingInput){
		"one less":      func(in *OversharingInput) { in.Items = in.Items[1:] },
		"another grant": func(in *OversharingInput) { in.Items[2].Grants[0].Who = "x@mail.example" },
		"another role":  func(in *OversharingInput) { in.Items[2].Grants[0].Role = "reader" },
		"overdue":       func(in *OversharingInput) { in.Items[3].Overdue = true },
		"agreed":        func(in *OversharingInput) { in.Items[4].AgreedUntil = days(9) },
		"agreement over": func(in *OversharingInput) {
			in.Items[9].AgreedUntil = days(-1)
		},
		"a new gap": func(in *OversharingInput) { in.NotSeen = append(in.NotSeen, Gap{What: "The log"}) },
	}
	for name, f := range same {
		in := sample()
		f(&in)
		if render(t, in).Hash != base {
			t.Errorf("%s: the hash changed", name)
		}
	}
	for name, f := range other {
		in := sample()
		f(&in)
		if render(t, in).Hash == base {
			t.Errorf("%s: the hash did not change", name)
		}
	}
}

func TestSubjects(t *testing.T) {
	want := map[string]string{
		"daily": "Sharing report: 7 new things to look at (we could not look everywhere)",
		"first": "Sharing report: 360 things to look at after our first look",
		"quiet": "Sharing report: nothing new, 1 thing overdue",
		"clear": "Sharing report: nothing to look at",
		"blind": "Sharing report: nothing found, but we could not look everywhere",

		"wide":          "Safety report: 12 new things to look at (we could not look everywhere)",
		"wide-site":     "Safety report: 12 new things to look at (we could not look everywhere)",
		"wide-first":    "Safety report: 47 things to look at after our first look (we could not look everywhere)",
		"wide-rollover": "Safety report: 5 new things to look at",
		"wide-clear":    "Safety report: nothing to look at",
	}
	for name, in := range cases() {
		r := render(t, in)
		if r.Subject != want[name] {
			t.Errorf("%s: subject %q, want %q", name, r.Subject, want[name])
		}
		if r.Empty != (name == "clear") {
			t.Errorf("%s: empty is %v", name, r.Empty)
		}
		gaps := len(in.NotSeen) > 0
		if got := strings.Contains(r.HTML, "so this may not be all"); got != gaps {
			t.Errorf("%s: warns about gaps: %v, want %v", name, got, gaps)
		}
		if (gaps || len(in.Unclear) > 0) && strings.Contains(r.HTML, "We looked everywhere") {
			t.Errorf("%s: claims to have looked everywhere", name)
		}
		for _, n := range NeverSeen {
			if !strings.Contains(strings.Join(strings.Fields(r.Text), " "), n[1:]) {
				t.Errorf("%s: does not name what is never seen: %s", name, n)
			}
		}
	}
}

// TestHostile gives every text field something nasty, and too much of it.
func TestHostile(t *testing.T) {
	nasty := []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, "\u202egnp.exe", "=HYPERLINK(\"http://x.example\",\"y\")", strings.Repeat("A", 10000), strings.Repeat("\u0301", 10000),
		strings.Repeat("👩‍👩‍👧‍👦", 500), "a\u2066b\u2069\u2069c", "line\nbreak\r\nX: y", "\x00\x1b[31mred", "\xff\xfe", "שלום עולם", strings.Repeat("a b ", 3000), "{{.}}", "§p§",
	}
	in := sample()
	in.Items = nil
	for i := range 150 {
		s := func(k int) string { return nasty[(i+k)%len(nasty)] }
		it := Item{
			ID: fmt.Sprint(i, s(0)), Clause: s(1), Says: s(2), Rule: Rules[i%12].Name, Severity: s(3), Subject: fmt.Sprint("file/", i, s(4)), Title: s(5), Kind: s(6), Link: []string{"javascript:alert(1)", link(i), "https://x.example/" + s(7), "https://a@b.example/"}[i%4],
			Owner: Person{Name: s(8), Unit: s(9), Link: s(10), Year: s(11), Pupil: i%5 == 0, SharedDrive: i%7 == 0}, New: i%2 == 0, Overdue: i%3 == 0, Due: days(-1),
		}
		for k := range 12 {
			it.Grants = append(it.Grants, Grant{Who: s(k), Role: s(k + 1), New: i%11 == 0})
		}
		in.Items = append(in.Items, it)
		in.NotSeen = append(in.NotSeen, Gap{What: s(1), Owner: it.Owner, Why: s(2), WhatToDo: s(3), Link: s(4)})
		in.NotLooked = append(in.NotLooked, Clause{s(1), s(2)})
		in.PutRight = append(in.PutRight, PutRight{Item: it, How: s(9)})
		in.NeverSeen = append(in.NeverSeen, s(3))
		if i%4 > 0 { // 38 are enough for each rule and each nasty text
			continue
		}
		m := Matter{
			ID: fmt.Sprint(i, s(0)), Clause: s(1), Says: s(2), Rule: append(MatterRules, MatterRule{Name: s(3)})[i%(len(MatterRules)+1)].Name, Severity: []string{"high", s(4)}[i%3%2],
			Subject: []string{"user/", "setting/", s(5)}[i%3] + fmt.Sprint(i), Name: s(6), Link: it.Link, Details: []string{s(7), s(8), s(9)}, Where: s(10), Private: i%5 == 0,
			New: i%8 == 0, Overdue: i%3 == 0, Due: days(-1), Changes: []Change{{ID: s(11), Kind: s(12), State: []string{"proposed", "done", s(13)}[i%3], Words: s(0), Why: s(1), Undo: s(2)}},
		}
		if i%2 == 0 {
			m.Who = it.Owner
		}
		in.Matters = append(in.Matters, m)
		in.Right = append(in.Right, MatterRight{Matter: m, How: s(3)})
		in.Unclear = append(in.Unclear, Unclear{Rule: m.Rule, What: s(4), Why: s(5)})
	}
	in.School, in.Reader, in.Policy, in.Titles.ESafetyOfficer, in.List = nasty[4], nasty[0], nasty[1], nasty[8], List{Name: nasty[4]}
	for i := range 3 {
		in.FirstDay = i == 0
		r := render(t, in)
		if i == 2 {
			var err error
			if r, err = Urgent(UrgentInput{School: in.School, Titles: in.Titles, Reader: in.Reader, Now: now, Matters: in.Matters, Mask: in.Mask}); err != nil {
				t.Fatal(err)
			}
		}
		if len(r.HTML) >= MaxHTML || len(r.Text) >= MaxHTML {
			t.Errorf("%d bytes of HTML, %d of text", len(r.HTML), len(r.Text))
		}
		for _, bad := range []string{"<script", "<img", "javascript:", "\u202e", "\x1b", "\x00", "§h1§", "onerror=alert(1)>"} {
			if strings.Contains(r.HTML, bad) {
				t.Errorf("the HTML holds %q", bad)
			}
		}
		for _, bad := range []string{"javascript:", "\u202e", "\x1b", "\x00", "\r"} {
			if strings.Contains(r.Text, bad) {
				t.Errorf("the text holds %q", bad)
			}
		}
		if strings.ContainsAny(r.Subject, "<\r\n") {
			t.Errorf("subject %q", r.Subject)
		}
		if strings.Count(r.Text, "\u2068") != strings.Count(r.Text, "\u2069") {
			t.Error("isolates do not pair")
		}
	}
}

func TestMailsAreSelfContained(t *testing.T) {
	for name, in := range cases() {
		h := render(t, in).HTML
		for _, bad := range []string{"<style", "<svg", "<img", "<link", "url(", "class=", "<script", "<form", "ZgotmplZ"} {
			if strings.Contains(h, bad) {
				t.Errorf("%s: the HTML holds %s", name, bad)
			}
		}
	}
}

// TestWords keeps the words of the design.
func TestWords(t *testing.T) {
	for name, in := range cases() {
		r := render(t, in)
		if name == "wide" {
			for _, m := range MatterRules {
				r.Text += strings.Join([]string{m.One, m.Many, m.Topic, m.Why, m.Do, m.Where, m.Now}, " ")
			}
			u, err := Urgent(urgentSample())
			if err != nil {
				t.Fatal(err)
			}
			r.Text += u.Text
		}
		for _, bad := range []string{"breach", "violation", "suspended", "remediat", "escalat", "non-compliant", "you failed", "resolved", "grantee"} {
			if strings.Contains(strings.ToLower(r.HTML+r.Text), bad) {
				t.Errorf("%s: says %q", name, bad)
			}
		}
	}
}
