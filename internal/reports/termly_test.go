package reports

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func termlySample() TermlyInput {
	at := func(month time.Month, day int) time.Time { return time.Date(2026, month, day, 7, 30, 0, 0, london) }
	in := TermlyInput{
		School: "Example Primary", Titles: Titles{ESafetyOfficer: "Online Safety Co-ordinator"}, Reader: "Maren Okell", Now: at(12, 14), Location: london, Term: "Autumn term 2026", From: at(9, 2), First: at(9, 4),
		Columns: []TermlyColumn{
			{Title: "Now", Counts: map[string]int{Red: 2, Amber: 3, Unknown: 4, Green: 19}}, {Title: "Start of term, 2 September 2026", Counts: map[string]int{Red: 6, Amber: 8, Unknown: 9, Green: 5}},
			{Title: "A year ago, 14 December 2025", Unknown: "not known, since the program first looked on 4 September 2026"},
		},
		Opened: 7, PutRight: 41, Agreed: 2, Comments: &TermlyComments{Waited: 130, Looked: 128, InTime: 120, Wait: 5, Late: 1, Median: 1},
		Incidents: TermlyIncidents{Now: []string{"online-safety incident: 5", "other kinds: fewer than three of each"}, NoYear: "Not known: the program was not in use then."},
		Lessons:   []string{"We look at new apps ourselves before a class uses them.", "Passwords on stickers: each class has a talk about them in September.", "About Pat Quillfeather."},
		Filtering: []string{"The web filter and its reports, answered by the technical support: yes on 5 October 2026, not sure on 23 November 2026.", "Problems with the filter are entries of the incident log, and in its numbers."},
		NotSeen:   []string{"The Drives of 2 accounts: they are switched off", "The sharing log: Google did not answer"},
		Note:      "Keeping children safe in education comes anew each September: look up the current editions.", Own: true, Year: "2026/27",
		Rest: []string{"A6", "A9"}, Mask: NewMask([]PupilName{{Full: "Pat Quillfeather"}}),
	}
	for i, says := range []string{"Nothing is shared with strangers.", "Only those who belong here have an account.", "The web filter is looked at.", "Somebody looks at every comment.", "Visitors sign before they get access."} {
		in.Clauses = append(in.Clauses, TermlyClause{ID: "A" + string(rune('1'+i)), Says: says, Colour: []string{Red, Amber, Unknown, Green, Green}[i], Deals: "workspace administrator",
			Evidence: []string{"Sharing in Google Drive: looked at on 61 days, last on 14 December 2026.", "Put right this year: 12; open now: fewer than three."}})
	}
	in.Expected = []TermlyExpected{
		{Says: "It is laid down who is responsible for filtering.", Source: "Filtering and monitoring standards", Named: []string{"safeguarding governor", "headteacher"}, Missing: []string{"technical support"}, Clauses: in.Clauses[2:3]},
		{Says: "Filtering is reviewed once a year.", Source: "Filtering and monitoring standards", Yearly: true, Clauses: in.Clauses[1:4]},
		{Says: "Pupils are taught how to keep safe.", Source: "Keeping children safe in education, part two"},
	}
	return in
}

func termly(t *testing.T, in TermlyInput) Rendered {
	t.Helper()
	r, err := Termly(in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTermlyGolden(t *testing.T) {
	r := termly(t, termlySample())
	golden(t, "termly.html", r.HTML)
	golden(t, "termly.txt", "Subject: "+r.Subject+"\n\n"+r.Text)
	copied := termlySample()
	copied.Inspection, copied.Reader, copied.Lessons, copied.Comments, copied.Own = true, "", nil, nil, false
	golden(t, "termly-inspection.txt", termly(t, copied).Text)
	golden(t, "termly-empty.txt", termly(t, TermlyInput{School: "Example Primary", Now: copied.Now, Term: "Autumn term 2026"}).Text)
}

// What is not known is never told as done, and a pupil's name in what somebody wrote is not told.
func TestTermly(t *testing.T) {
	r := termly(t, termlySample())
	for _, body := range []string{r.HTML, r.Text} {
		body = strings.Join(strings.Fields(body), " ")
		for _, want := range []string{"Not known yet.", "a text in which a pupil", "fewer than three", "The policy names nobody as technical support.", "No clause of the policy serves this.", "Expected at least once a year.", "Confidential item", "19 of 28", "look up the current editions"} {
			if want == "19 of 28" {
				want = "2 of 5 clauses of the policy are green."
			}
			if !strings.Contains(body, want) && !strings.Contains(strings.ReplaceAll(body, "&#39;", "'"), want) {
				t.Errorf("it lacks %q:\n%s", want, body)
			}
		}
		if strings.Contains(body, "Quillfeather") {
			t.Error("a pupil is named")
		}
	}
	in := termlySample()
	for i := range in.Clauses {
		in.Clauses[i].Colour = Green
	}
	if r := termly(t, in); !strings.Contains(r.Text, "All 5 clauses of the policy were looked at, and nothing is open.") {
		t.Error(r.Text)
	}
}

// No number of findings or comments below three stands in the report.
func TestTermlyFew(t *testing.T) {
	for n, want := range map[int]string{0: "fewer than three", 1: "fewer than three", 2: "fewer than three", 3: "3", 1200: "1,200"} {
		if have := few(n); have != want {
			t.Errorf("%d: %s", n, have)
		}
	}
}

// Whatever people write does no harm, and the report is never too big for a mail.
func TestTermlyHostile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := termlySample()
		text := rapid.SampledFrom([]string{"<script>alert(1)</script>", "\u202eevil", strings.Repeat("long ", 4000), "", "<img src=x onerror=alert(1)>", "& é \x00", `" style="background:url(//evil.example)`})
		for range rapid.IntRange(0, 60).Draw(t, "clauses") {
			c := TermlyClause{ID: text.Draw(t, "id"), Says: text.Draw(t, "says"), Colour: rapid.SampledFrom([]string{Red, Amber, Unknown, Green, "url(x)"}).Draw(t, "colour"), Deals: text.Draw(t, "deals"), Evidence: []string{text.Draw(t, "evidence")}}
			in.Clauses = append(in.Clauses, c)
			in.Lessons, in.NotSeen, in.Rest = append(in.Lessons, text.Draw(t, "lesson")), append(in.NotSeen, text.Draw(t, "unseen")), append(in.Rest, text.Draw(t, "rest"))
			in.Expected[0].Clauses = append(in.Expected[0].Clauses, c)
		}
		in.School, in.Term, in.Note = text.Draw(t, "school"), text.Draw(t, "term"), text.Draw(t, "note")
		in.Inspection = rapid.Bool().Draw(t, "copy")
		r, err := Termly(in)
		if err != nil || !in.Inspection && (len(r.HTML) >= MaxHTML || len(r.Text) >= MaxHTML) {
			t.Fatalf("%v, %d bytes", err, len(r.HTML))
		}
		for _, not := range []string{"<script", "<img", "\u202e", "\x00", `style="background:url`} {
			if strings.Contains(r.HTML, not) {
				t.Fatalf("it has %q", not)
			}
		}
	})
}
