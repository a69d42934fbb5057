package policy

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/calendar"
)

func TestWhen(t *testing.T) {
	for text, want := range map[string]When{
		"3 per half term":                         {Kind: WhenPer, N: 3, Block: BlockHalfTerm},
		"1 per Year":                              {Kind: WhenPer, N: 1, Block: BlockYear},
		"20 per  month":                           {Kind: WhenPer, N: 20, Block: BlockMonth},
		"first Monday of each month":              {Kind: WhenDay, Weekday: time.Monday, Block: BlockMonth},
		"Last friday of each half term":           {Kind: WhenDay, Last: true, Weekday: time.Friday, Block: BlockHalfTerm},
		"yearly in february":                      {Kind: WhenYearly, Month: time.February},
		"each Autumn term":                        {Kind: WhenPer, N: 1, Block: BlockTerm, Term: "Autumn"},
		"September, first week":                   {Kind: WhenWeek, Month: time.September},
		"June, last week":                         {Kind: WhenWeek, Month: time.June, Last: true},
		"every 30 days":                           {Kind: WhenEvery, N: 30},
		"30 8 * * 1":                              {Kind: WhenCron, Cron: "30 8 * * 1"},
		"0 16 1-7 SEP,JAN MON":                    {Kind: WhenCron, Cron: "0 16 1-7 SEP,JAN MON"},
		"14 days before the policy's review date": {Kind: WhenReview, Days: []int{14}},
		"7, 30 and 90 days before the policy’s review date": {Kind: WhenReview, Days: []int{90, 30, 7}},
		"0 and 14 days before the policy's review date":     {Kind: WhenReview, Days: []int{14, 0}},
	} {
		have, bad := parseWhen(text)
		if bad != nil {
			t.Errorf("%q: %+v", text, *bad)
			continue
		}
		if d := cmp.Diff(want, have, cmp.Comparer(func(a, b When) bool { return cmp.Equal(unprinted(a), unprinted(b)) })); d != "" {
			t.Errorf("%q: %+v", text, unprinted(have))
		}
		if again, bad := parseWhen(have.String()); bad != nil || !cmp.Equal(unprinted(again), unprinted(have)) {
			t.Errorf("%q reads back from %q as %+v", text, have, unprinted(again))
		}
		if have.Words() == "" {
			t.Errorf("%q has no words", text)
		}
	}
	for text, want := range map[string]badWhen{
		"3 per halfterm":              {`found "halfterm"`, `"week", "month", "half term", "term" or "year"`, "half term"},
		"0 per week":                  {"found 0 times", "from 1 to 20 times", ""},
		"21 per year":                 {"found 21 times", "from 1 to 20 times", ""},
		"first Munday of each term":   {`found "Munday"`, `"Monday", "Tuesday", "Wednesday", "Thursday" or "Friday"`, "Monday"},
		"first Saturday of each term": {`found "Saturday"`, `"Monday", "Tuesday", "Wednesday", "Thursday" or "Friday"`, ""},
		"first Monday of each year":   {`found "year"`, `"month", "half term" or "term"`, ""},
		"yearly in Marhc":             {`found "Marhc"`, oneOf(monthNames), "March"},
		"every 1 days":                {"found 1 days", "from 2 to 366 days", ""},
		"every 367 days":              {"found 367 days", "from 2 to 366 days", ""},
		"7 and 7 days before the policy's review date": {"found 7 days", "different numbers of at most 366 days", ""},
		"30 6 * * 1":     {`found the minute "30" and the hour "6"`, "one minute and one hour, from 7:00 to 16:59", ""},
		"0 17 * * 1":     {`found the minute "0" and the hour "17"`, "one minute and one hour, from 7:00 to 16:59", ""},
		"*/5 8 * * 1":    {`found the minute "*/5" and the hour "8"`, "one minute and one hour, from 7:00 to 16:59", ""},
		"0 8 31 2 *":     {`found "0 8 31 2 *", which never comes`, "days that exist", ""},
		"now and then":   {`found "now and then"`, whenForms, ""},
		"TZ=UTC 8 * * 1": {`found "TZ=UTC 8 * * 1"`, whenForms, ""},
	} {
		if _, bad := parseWhen(text); bad == nil || *bad != want {
			t.Errorf("%q: have %+v want %+v", text, bad, want)
		}
	}
	if _, bad := parseWhen("0 8 * * 8"); bad == nil || !strings.Contains(bad.found, "which is no cron line") {
		t.Errorf("have %+v", bad)
	}
}

// unprinted shows the fields of a rule, not its text.
func unprinted(w When) any { type fields When; return fields(w) }

// FuzzWhen: whatever a school writes is either refused or reads back from its own text.
func FuzzWhen(f *testing.F) {
	for _, s := range []string{"3 per half term", "each Autumn term", "7 and 30 days before the policy's review date", "0 8 * * 1-5", "0 8 31 2 *", "every 9 days", "first Monday of each term"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w, bad := parseWhen(s)
		if bad != nil {
			if bad.found == "" || bad.expected == "" {
				t.Fatalf("%q: a complaint without words", s)
			}
			return
		}
		if again, bad := parseWhen(w.String()); bad != nil || !cmp.Equal(unprinted(again), unprinted(w)) {
			t.Fatalf("%q reads back from %q as %+v, %v", s, w, unprinted(again), bad)
		}
	})
}

func TestNextReview(t *testing.T) {
	date := func(s string) calendar.Date { d, _ := calendar.ParseDate(s); return d }
	for _, c := range []struct {
		last string
		n    int
		want string
	}{{"2026-07-06", 1, "2027-07-06"}, {"2026-07-06", 2, "2028-07-06"}, {"2028-02-29", 1, "2029-02-28"}, {"2028-02-29", 4, "2032-02-29"}} {
		if have, ok := (Review{date(c.last), c.n}).Next(); !ok || have != date(c.want) {
			t.Errorf("%s and %d years: %s, want %s", c.last, c.n, have, c.want)
		}
	}
	if _, ok := (Review{}).Next(); ok {
		t.Error("a next review without a last one")
	}
}

const reminding = `school: {name: Example Primary, timezone: Europe/London, domains: [school.example]}
people: {headteacher: head@school.example, chair_of_governors: chair@home.example, safeguarding_lead: head@school.example, esafety_officer: officer@school.example}
calendar:
  terms: [{name: Autumn, first: 2026-09-02, last: 2026-12-18, half_term: [2026-10-26, 2026-10-30]}]
review: {last: 2026-07-06, every: year}
clauses:
  - id: A18
    says: Pupils have sessions.
    deals_with_it: headteacher
    met_by:
      - reminder: training
        ask: esafety_officer
        every: half term
        with: {to: [teachers], when: 3 per half term, text: "About {theme}.", themes: {Autumn 1: kindness, autumn 2: passwords}, links: ["https://www.example.org/a"]}
      - {reminder: agreement, with: {through: classroom, as: poster, poster: Safety@school.example, classes: ["12"]}}
  - id: A19
    says: Pupils have sessions.
    deals_with_it: headteacher
    met_by: [{reminder: policy-review, every: two years}]
`

func TestReminders(t *testing.T) {
	p, err := Parse("p.yaml", []byte(reminding))
	if err != nil || len(p.Warnings) > 0 {
		t.Fatal(err, p.Warnings)
	}
	date := func(s string) calendar.Date { d, _ := calendar.ParseDate(s); return d }
	if p.Review != (Review{date("2026-07-06"), 1}) || !p.PostsInClassroom() {
		t.Errorf("%+v", p.Review)
	}
	want := []*ReminderWith{
		{
			To: []string{"teachers"}, Through: "mail", At: Clock{8, 30}, When: When{Kind: WhenPer, N: 3, Block: "half term"}, Text: "About {theme}.",
			Themes: map[string]string{"autumn 1": "kindness", "autumn 2": "passwords"}, Links: []string{"https://www.example.org/a"},
		},
		{To: []string{"pupils"}, Through: "classroom", At: Clock{8, 30}, When: When{Kind: WhenWeek, Month: time.September}, As: "poster", Poster: "safety@school.example", Classes: []string{"12"}},
		{To: []string{"esafety_officer"}, Through: "mail", At: Clock{8, 30}, When: When{Kind: WhenReview, Days: []int{90, 30, 7}}},
	}
	var have []*ReminderWith
	for _, c := range p.Clauses {
		for _, m := range c.MetBy {
			have = append(have, m.With.(*ReminderWith))
		}
	}
	if d := cmp.Diff(want, have); d != "" {
		t.Errorf("(-want +have):\n%s", d)
	}
	if theme := have[0].Theme("Autumn 2", "Autumn"); theme != "passwords" {
		t.Error(theme)
	}
	if p.Clauses[0].MetBy[0].Due.String() != "10 school days" || !p.Clauses[0].MetBy[1].Due.IsZero() {
		t.Errorf("due %v and %v", p.Clauses[0].MetBy[0].Due, p.Clauses[0].MetBy[1].Due)
	}
	if err := valid(t, compiled(t), []byte(reminding)); err != nil {
		t.Error(err)
	}
}

func TestReminderMistakes(t *testing.T) {
	for _, tt := range []struct {
		name, old, new string
		want           []string
	}{
		{"nothing says when", "{reminder: policy-review, every: two years}", "{reminder: committee}", []string{`19:15 found the reminder committee without a day; expected every: "week"`}},
		{"two years", "{reminder: policy-review, every: two years}", "{reminder: committee, every: two years}", []string{`19:43 found two years, which says no day`}},
		{"a rule with a slip", "when: 3 per half term", "when: 3 per halfterm", []string{`14:38 found "halfterm"; expected "week"|did you mean "half term"?`}},
		{"a term that is none", "when: 3 per half term", "when: each Autum term", []string{`14:38 found the term "Autum", which the calendar does not have; expected "Autumn"; did you mean "Autumn"?`}},
		{"a field that is none", "with: {to: [teachers],", "with: {too: [teachers],", []string{`14:16 found "too", which is not known here|did you mean "to"?`}},
		{"an early hour", "with: {to: [teachers],", "with: {to: [teachers], at: \"06:59\",", []string{`14:36 found "06:59"; expected a time from "07:00" to "16:59"`}},
		{"a late hour", "with: {to: [teachers],", "with: {to: [teachers], at: \"17:00\",", []string{`14:36 found "17:00"; expected a time from`}},
		{"an hour twice", "when: 3 per half term", `when: "0 8 * * 1", at: "08:00"`, []string{`14:51 found "at" beside a cron line`}},
		{"pupils by mail", "to: [teachers]", "to: [pupils]", []string{`14:21 found "pupils", who are never written to by mail; expected through: classroom (pupils)`}},
		{"parents by mail", "to: [teachers]", "to: [teachers, parents]", []string{`14:31 found "parents", who are never written to by mail`}},
		{"teachers in Classroom", "{through: classroom, as", "{to: [teachers], through: classroom, as", []string{`15:43 found "teachers", but what is posted in Classroom is for the pupils`}},
		{"a role nobody has", "to: [teachers]", "to: [governor]", []string{`14:21 found the role "governor", which nobody in people has`}},
		{"class teachers", "to: [teachers]", "to: [class_teacher]", []string{`14:21 found "class_teacher"; expected "pupils", "teachers", "staff"`}},
		{"twice to", "to: [teachers]", "to: [teachers, teachers]", []string{`14:31 found "teachers" a second time`}},
		{"asks each class", "ask: esafety_officer", "ask: class_teacher", []string{`12:14 found the role "class_teacher", which nobody in people has`}},
		{"nobody posts", "{reminder: policy-review, every: two years}", "{reminder: committee, every: term, with: {to: [parents], through: noticeboard}}", []string{`19:80 found noticeboard, but nobody who posts it; expected ask`}},
		{"confirmed by nobody", "{reminder: policy-review, every: two years}", "{reminder: committee, every: term, with: {confirm: When?}}", []string{`19:56 found "confirm", but nobody is asked`}},
		{"due to nobody", "{reminder: policy-review, every: two years}", "{reminder: committee, every: term, due: 2 school days}", []string{`19:49 found "due", but nobody is asked`}},
		{"themes unread", `text: "About {theme}.", `, `text: "About it.", `, []string{`14:74 found themes, which the text does not name; expected {theme} in the text`}},
		{"no themes", "themes: {Autumn 1: kindness, autumn 2: passwords}, ", "", []string{`14:61 found {theme}, but no themes`}},
		{"something else in braces", "About {theme}.", "About {theme}, {name}.", []string{`14:61 found "{name}"; expected only {theme} in braces`}},
		{"a theme twice", "autumn 2: passwords", "autumn 1: passwords", []string{`14:108 found "autumn 1" a second time`}},
		{"no link", "https://www.example.org/a", "http://www.example.org/a", []string{`14:138 found "http://www.example.org/a"; expected a link such as https://`}},
		{"a poster outside", "Safety@school.example", "safety@home.example", []string{`15:78 found "safety@home.example", which is no account of the school`}},
		{"no poster", ", poster: Safety@school.example", "", []string{`15:58 found as: poster without the account`}},
		{"a poster for drafts", "as: poster, ", "", []string{`15:58 found "poster"; expected it only with as: poster`}},
		{"nobody agreed", "as: poster, poster: Safety@school.example", "as: teacher", []string{`15:58 found as: teacher, but nobody who agreed`}},
		{"a class in mail", "to: [teachers],", `to: [teachers], classes: ["1"],`, []string{`14:32 found "classes", which only a post in Classroom has`}},
		{"another of the name", "{reminder: policy-review, every: two years}", "{reminder: training, every: term}", []string{`19:15 found the reminder training, which is another in clause A18`}},
		{"the termly report in other words", "{reminder: policy-review, every: two years}", "{reminder: governor-report, every: term, with: {at: \"09:00\", text: Hello}}", []string{`19:75 found "text", but the program writes the termly report itself`}},
		{"no review", "review: {last: 2026-07-06, every: year}", "review: {every: year}", []string{`5:9 found no "last"`}},
		{"seldom", "every: year}", "every: ten years}", []string{`5:35 found "ten years"; expected "year", "two years" or "three years"`}},
		{"a name twice", "2026-10-30]}]", "2026-10-30]}, {name: Autumn 1, first: 2027-01-04, last: 2027-03-01}]", []string{`4:3 found the name "Autumn 1" twice in one school year`}},
	} {
		t.Run(tt.name, func(t *testing.T) { expectMistakes(t, reminding, tt.old, tt.new, tt.want) })
	}
}

func TestReminderWarnings(t *testing.T) {
	for _, tt := range []struct{ old, new, want string }{
		{"review: {last: 2026-07-06, every: year}\n", "", "the reminder policy-review counts from the policy's review date"},
		{"[{reminder: policy-review", "[{record: policy-read}, {reminder: policy-review", ""},
		{"autumn 2: passwords", "Autumn 3: passwords", `no block or term "Autumn 3"`},
		{", autumn 2: passwords", "", `"Autumn 2" has no theme: it is then “online safety”`},
	} {
		p, err := Parse("p.yaml", []byte(strings.Replace(reminding, tt.old, tt.new, 1)))
		if err != nil {
			t.Fatal(err)
		}
		var all strings.Builder
		for _, w := range p.Warnings {
			all.WriteString(w.String() + "\n")
		}
		if tt.want == "" && all.Len() > 0 || !strings.Contains(all.String(), tt.want) {
			t.Errorf("%q: have %s, want %q", tt.new, all.String(), tt.want)
		}
	}
	p, err := Parse("p.yaml", []byte(strings.Replace(reminding, "review: {last: 2026-07-06, every: year}\n", "", 1)+"  - {id: A20, says: x, deals_with_it: headteacher, met_by: [{record: policy-read}]}\n"))
	if err != nil || len(p.Warnings) != 2 || !strings.Contains(p.Warnings[1].Text, "the record policy-read counts from") {
		t.Errorf("%v %v", err, p)
	}
}

// What the two schools' reminders look like to a governor.
func TestExplainReminders(t *testing.T) {
	p, err := Parse("p.yaml", []byte(reminding))
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for _, r := range p.Rows() {
		for _, m := range r.MetBy {
			have = append(have, strings.TrimSuffix(strings.TrimPrefix(m.LookedAt, NotYet+" ("), ")")+" | "+m.Often+" | "+m.Told+" | "+m.Note)
		}
	}
	want := []string{
		"reminder: sessions and training; told in their daily mail, with a theme for each block | 3 times each half term | teachers | The e-safety officer confirms it each half term, within 10 school days; otherwise the headteacher hears of it",
		"reminder: acceptable-use agreements go home; posted in Google Classroom by the school's account, in 1 class | first week of September | pupils | The program has to be allowed to write announcements in Classroom (classroom.announcements)",
		"reminder: the policy's review date; told in their daily mail | 90, 30 and 7 days before the policy's review date | e-safety officer | ",
	}
	if d := cmp.Diff(want, have); d != "" {
		t.Errorf("(-want +have):\n%s", d)
	}
}
