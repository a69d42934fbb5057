package truth

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The means of these cases: asked of the leaders, the first of whom is in every day.
func asks(every, due string) string {
	return "{check_in: filtering, ask: leaders, every: " + every + ", due: " + or(due, "5 working days") + "}"
}

const (
	halfTermly = "{check_in: filtering, ask: leaders, every: half term}"
	summer     = "2026-08-20T05:00:00Z" // a first look before the terms
	late       = "check-in.overdue check-in/filtering: asked 2026-11-02, due 2026-11-09"
)

func overdue(asked, due string) []string {
	return []string{"check-in.overdue check-in/filtering: asked " + asked + ", due " + due}
}

func TestWhenCheckInsAreAsked(t *testing.T) {
	runStream(t, []streamCase{
		{name: "half term: not before the terms", means: asks("half term", "at once"), first: summer, now: "2026-09-01T12:00:00Z"},
		{name: "not on an inset day", means: asks("half term", "at once"), first: summer, now: "2026-09-02T12:00:00Z"},
		{name: "on the first school day", means: asks("half term", "at once"), first: summer, now: "2026-09-03T12:00:00Z", want: overdue("2026-09-03", "2026-09-03")},
		{name: "a half-term belongs to the block before", means: halfTermly, first: summer, now: "2026-10-30T23:59:59Z", want: overdue("2026-09-03", "2026-09-10")},
		{name: "the block after begins on a Saturday", means: asks("half term", "at once"), first: summer, now: "2026-10-31T00:00:00Z"},
		{name: "and is asked on Monday", means: asks("half term", "at once"), first: summer, now: "2026-11-02T00:00:01Z", want: overdue("2026-11-02", "2026-11-02")},
		{name: "it reaches over Christmas", means: halfTermly, first: summer, now: "2027-01-03T12:00:00Z", want: overdue("2026-11-02", "2026-11-09")},
		{name: "the next term's", means: halfTermly, first: summer, now: "2027-01-04T12:00:00Z"},
		{name: "the last block, on its last day", means: halfTermly, first: summer, now: "2027-07-21T22:59:59Z", want: overdue("2027-06-07", "2027-06-14")},
		{name: "after the last block", means: halfTermly, first: summer, now: "2027-07-21T23:00:00Z"},

		{name: "term: over the half-term", means: asks("term", ""), first: summer, now: "2026-11-16T09:00:00Z", want: overdue("2026-09-03", "2026-09-10")},
		{name: "over Christmas", means: asks("term", ""), first: summer, now: "2027-01-03T12:00:00Z", want: overdue("2026-09-03", "2026-09-10")},
		{name: "a new term", means: asks("term", "at once"), first: summer, now: "2027-01-04T12:00:00Z", want: overdue("2027-01-04", "2027-01-04")},
		{name: "before the first", means: asks("term", "at once"), first: summer, now: "2026-08-31T12:00:00Z"},
		{name: "after the last", means: asks("term", "at once"), first: summer, now: "2027-07-22T12:00:00Z"},

		{name: "week: Monday", means: asks("week", "1 working day"), now: "2026-11-16T17:00:00Z"},
		{name: "Wednesday", means: asks("week", "1 working day"), now: "2026-11-18T09:00:00Z", want: overdue("2026-11-16", "2026-11-17")},
		{name: "the end of Sunday", means: asks("week", "1 working day"), now: "2026-11-22T23:59:59Z", want: overdue("2026-11-16", "2026-11-17")},
		{name: "the next Monday", means: asks("week", "1 working day"), now: "2026-11-23T00:00:00Z"},
		{name: "in summer Monday begins earlier", means: asks("week", "1 working day"), first: summer, now: "2027-05-09T23:00:00Z"},
		{name: "a half-term", means: asks("week", "at once"), first: summer, now: "2026-10-30T12:00:00Z"},
		{name: "a bank holiday on Monday", means: asks("week", "at once"), first: summer, now: "2027-05-04T12:00:00Z", want: overdue("2027-05-04", "2027-05-04")},

		{name: "month: over a half-term", means: asks("month", ""), first: summer, now: "2026-10-31T12:00:00Z", want: overdue("2026-10-01", "2026-10-08")},
		{name: "begins on a Sunday", means: asks("month", "at once"), first: summer, now: "2026-11-01T12:00:00Z"},
		{name: "on its first school day", means: asks("month", "at once"), first: summer, now: "2026-11-02T12:00:00Z", want: overdue("2026-11-02", "2026-11-02")},
		{name: "December", means: asks("month", ""), first: summer, now: "2026-12-31T12:00:00Z", want: overdue("2026-12-01", "2026-12-08")},
		{name: "August", means: asks("month", "at once"), first: summer, now: "2026-08-31T12:00:00Z"},

		{name: "year: its last day", means: asks("year", ""), first: summer, now: "2027-07-19T12:00:00Z", want: overdue("2026-09-03", "2026-09-10")},
		{name: "the next begins in July", means: asks("year", "at once"), first: summer, now: "2027-07-20T12:00:00Z", want: overdue("2027-07-20", "2027-07-20")},
		{name: "two years: begun in an even year", means: asks("two years", ""), first: summer, now: "2027-07-28T12:00:00Z", want: overdue("2026-09-03", "2026-09-10")},
		{name: "the last day of two", means: asks("two years", ""), first: summer, now: "2028-07-19T12:00:00Z", want: overdue("2026-09-03", "2026-09-10")},
		{name: "then another two", means: asks("two years", ""), first: summer, now: "2028-07-20T12:00:00Z"},
		{name: "the years before", means: asks("two years", "at once"), first: "2026-06-01T05:00:00Z", now: "2026-07-19T12:00:00Z"},

		{name: "the first look was later", means: halfTermly, first: "2026-11-11T05:00:00Z", now: "2026-11-18T17:00:01Z", want: overdue("2026-11-11", "2026-11-18")},
		{name: "and not yet due", means: halfTermly, first: "2026-11-11T05:00:00Z", now: "2026-11-18T17:00:00Z"},
		{name: "the first look was on a Saturday", means: halfTermly, first: "2026-11-14T05:00:00Z", now: "2026-11-23T12:00:00Z", want: overdue("2026-11-14", "2026-11-20")},
		{name: "the first look was late in the evening in summer", means: asks("month", "at once"), first: "2026-10-14T23:30:00Z", now: "2026-10-16T12:00:00Z", want: overdue("2026-10-15", "2026-10-15")},
	})
}

func TestWhenCheckInsAreDue(t *testing.T) {
	ask := func(more string) string { return "{check_in: filtering, every: half term, " + more + "}" }
	runStream(t, []streamCase{
		{name: "the fifth working day at five, in summer", means: halfTermly, first: summer, now: "2026-09-10T16:00:00Z"},
		{name: "a second later", means: halfTermly, first: summer, now: "2026-09-10T16:00:01Z", want: overdue("2026-09-03", "2026-09-10")},
		{name: "in winter", means: halfTermly, now: "2026-11-09T17:00:00Z"},
		{name: "a second later in winter", means: halfTermly, now: "2026-11-09T17:00:01Z", want: []string{late}},
		{name: "school days over a half-term", means: asks("month", "2 school days"), first: "2026-10-23T05:00:00Z", now: "2026-10-31T12:00:00Z"},
		{name: "working days over it", means: asks("month", "2 working days"), first: "2026-10-23T05:00:00Z", now: "2026-10-31T12:00:00Z", want: overdue("2026-10-23", "2026-10-27")},
		{name: "high over it", means: "{check_in: filtering, ask: leaders, every: month, due: 2 school days, severity: high}", first: "2026-10-23T05:00:00Z", now: "2026-10-31T12:00:00Z", want: overdue("2026-10-23", "2026-10-27")},
		{name: "over an inset day", means: ask("ask: leaders, due: 2 school days"), first: "2026-11-18T05:00:00Z", now: "2026-11-23T17:00:01Z", want: overdue("2026-11-18", "2026-11-23")},
		{name: "school days that never come", means: asks("year", "2 school days"), first: "2027-07-20T05:00:00Z", now: "2027-09-30T12:00:00Z"},
		{name: "hours", means: ask("ask: leaders, due: 72 hours"), now: "2026-11-05T00:00:00Z"},
		{name: "hours, over", means: ask("ask: leaders, due: 72 hours"), now: "2026-11-05T00:00:01Z", want: overdue("2026-11-02", "2026-11-05")},
		{name: "hours over the clocks going back", means: asks("month", "72 hours"), first: "2026-10-23T05:00:00Z", now: "2026-10-25T23:00:01Z", want: overdue("2026-10-23", "2026-10-25")},

		{name: "the first of two is in on two days", means: ask("ask: it_support"), first: summer, now: "2026-09-22T16:00:01Z", want: overdue("2026-09-03", "2026-09-22")},
		{name: "and not yet due", means: ask("ask: it_support"), first: summer, now: "2026-09-22T16:00:00Z"},
		{name: "staff with days", means: ask("ask: leaders"), days: "{head@school.example: [mon]}", now: "2026-12-07T17:00:01Z", want: overdue("2026-11-02", "2026-12-07")},
		{name: "the second one's days do not count", means: ask("ask: leaders"), days: "{moe@school.example: [mon]}", now: "2026-11-10T09:00:00Z", want: []string{late}},
		{name: "nobody plays the role", means: ask("ask: early_years_lead"), now: "2026-11-10T09:00:00Z", want: []string{late}},
	})
}

func TestAnswers(t *testing.T) {
	no := func(day string) []string {
		return []string{"check-in.answered-no check-in/filtering: answered " + day}
	}
	by := func(who string) []string { return []string{answered("2026-11-03T09:00:00Z", who, "filtering", "no")} }
	runStream(t, []streamCase{
		{name: "none", means: halfTermly, want: []string{late}},
		{name: "yes", means: halfTermly, decisions: []string{answered("2026-11-03T09:00:00Z", "moe@school.example", "filtering", "yes")}},
		{name: "yes, late", means: halfTermly, decisions: []string{answered("2026-11-16T09:00:00Z", "moe@school.example", "filtering", "yes")}},
		{name: "no", means: halfTermly, decisions: by("head@school.example"), want: no("2026-11-03")},
		{name: "not sure", means: halfTermly, decisions: []string{answered("2026-11-03T09:00:00Z", "moe@school.example", "filtering", "not-sure")}, want: []string{"check-in.not-sure check-in/filtering: answered 2026-11-03"}},
		{name: "no, then yes", means: halfTermly, decisions: append(by("moe@school.example"), answered("2026-11-04T09:00:00Z", "head@school.example", "filtering", "yes"))},
		{name: "yes, then no", means: halfTermly, decisions: []string{answered("2026-11-03T09:00:00Z", "moe@school.example", "filtering", "yes"), answered("2026-11-04T09:00:00Z", "head@school.example", "filtering", "no")}, want: no("2026-11-04")},
		{name: "both at once: the last", means: halfTermly, decisions: append(by("moe@school.example"), answered("2026-11-03T09:00:00Z", "moe@school.example", "filtering", "yes"))},
		{name: "to something else", means: halfTermly, decisions: []string{answered("2026-11-03T09:00:00Z", "moe@school.example", "devices", "yes")}, want: []string{late}},
		{name: "the day in summer time", means: halfTermly, first: summer, now: "2026-09-09T09:00:00Z", decisions: []string{answered("2026-09-08T23:30:00Z", "moe@school.example", "filtering", "no")}, want: no("2026-09-09")},

		{name: "of the block before", means: halfTermly, first: summer, decisions: []string{answered("2026-10-30T12:00:00Z", "moe@school.example", "filtering", "yes")}, want: []string{late}},
		{name: "in the half-term", means: halfTermly, first: summer, now: "2026-10-30T13:00:00Z", decisions: []string{answered("2026-10-30T12:00:00Z", "moe@school.example", "filtering", "yes")}},
		{name: "before it was asked", means: halfTermly, first: summer, decisions: []string{answered("2026-11-01T23:59:59Z", "moe@school.example", "filtering", "yes")}, want: []string{late}},
		{name: "when it was asked", means: halfTermly, first: summer, decisions: []string{answered("2026-11-02T00:00:00Z", "moe@school.example", "filtering", "yes")}},
		{name: "before the first look", means: halfTermly, first: "2026-11-05T05:00:00Z", decisions: []string{answered("2026-11-04T12:00:00Z", "moe@school.example", "filtering", "no")}, want: overdue("2026-11-05", "2026-11-12")},
		{name: "in September, for a term", means: asks("term", ""), first: summer, decisions: []string{answered("2026-09-08T12:00:00Z", "moe@school.example", "filtering", "yes")}},
		{name: "in the year before, for two", means: asks("two years", ""), first: summer, now: "2028-01-10T12:00:00Z", decisions: []string{answered("2026-10-01T12:00:00Z", "moe@school.example", "filtering", "yes")}},
		{name: "of last year", means: asks("year", "at once"), first: summer, now: "2027-07-20T12:00:00Z", decisions: []string{answered("2027-07-19T12:00:00Z", "moe@school.example", "filtering", "yes")}, want: overdue("2027-07-20", "2027-07-20")},

		{name: "of the second who is asked", means: halfTermly, decisions: by("moe@school.example"), want: no("2026-11-03")},
		{name: "of the officer", means: halfTermly, decisions: by("officer@school.example"), want: no("2026-11-03")},
		{name: "of the deputy", means: halfTermly, decisions: by("lou@school.example"), want: no("2026-11-03")},
		{name: "of the page host", means: halfTermly, decisions: by("office@school.example"), want: []string{late}},
		{name: "of the page host, who is asked", means: "{check_in: filtering, ask: page_host, every: half term}", decisions: by("office@school.example"), want: no("2026-11-03")},
		{name: "of somebody outside, who is asked", means: "{check_in: filtering, ask: it_support, every: half term}", decisions: by("Desk@support.example"), want: no("2026-11-03")},
		{name: "of somebody outside, who is not", means: halfTermly, decisions: by("desk@support.example"), want: []string{late}},
		{name: "of a teacher", means: halfTermly, decisions: by("kim@school.example"), want: []string{late}},
		{name: "of the head, switched off", means: halfTermly, decisions: by("moe@school.example"), files: without(but(moe, `"suspended": true`)), want: []string{late}},
		{name: "of an account that is gone", means: halfTermly, decisions: by("moe@school.example"), files: without("t3"), want: []string{late}},
		{name: "of an account that was deleted lately", means: halfTermly, decisions: by("moe@school.example"), files: and(without("t3"), "deletedusers.json", "["+moe+"]"), want: []string{late}},
	})
}

func TestCheckInsOfClauses(t *testing.T) {
	runStream(t, []streamCase{
		{name: "one in two clauses", means: halfTermly, again: "{check_in: filtering, ask: leaders, every: half term, due: 12 working days}", want: []string{late}},
		{name: "each by its own means", means: halfTermly, again: "{check_in: filtering, ask: leaders, every: week, due: at once}", want: []string{late, "A6 check-in.overdue check-in/filtering: asked 2026-11-16, due 2026-11-16"}},
		{name: "an answer is one for both", means: halfTermly, again: halfTermly, decisions: []string{answered("2026-11-03T09:00:00Z", "moe@school.example", "filtering", "no")},
			want: []string{"check-in.answered-no check-in/filtering: answered 2026-11-03", "A6 check-in.answered-no check-in/filtering: answered 2026-11-03"}},
		{name: "an answer of the one whom the other asks", means: halfTermly, again: "{check_in: filtering, ask: page_host, every: half term}", decisions: []string{answered("2026-11-03T09:00:00Z", "office@school.example", "filtering", "yes")}},
		{name: "beside comments", means: halfTermly, again: twoSchoolDays, log: patWrote, want: []string{late, "A6 " + pats}},
		{name: "of each class", means: "{check_in: class-dojo, ask: class_teacher, every: week}", again: "{check_in: stories, ask: class_teacher, every: week}"},
		{name: "of each class, by the name", means: "{check_in: class-dojo, ask: leaders, every: week, due: at once}"},
		{name: "a reminder", means: "{reminder: committee, every: week, due: at once}"},
	})
}

// Without the first day of school years in the policy they begin on 1 August.
func TestPeriods(t *testing.T) {
	c := Calendar{Terms: []span{{date(2027, 1, 4), date(2027, 3, 25)}, {date(2026, 9, 2), date(2026, 12, 18)}}, HalfTerms: []span{{date(2026, 10, 26), date(2026, 10, 30)}}}
	for _, x := range []struct{ every, today, want string }{
		{"year", "2026-07-31", "2025-08-01 to 2026-07-31"},
		{"year", "2026-08-01", "2026-08-01 to 2027-07-31"},
		{"two years", "2026-07-31", "2024-08-01 to 2026-07-31"},
		{"two years", "2027-08-01", "2026-08-01 to 2028-07-31"},
		{"half term", "2026-09-02", "2026-09-02 to 2026-10-30"},
		{"half term", "2026-10-31", "2026-10-31 to 2027-01-03"},
		{"half term", "2027-02-18", "2027-01-04 to 2027-03-25"}, // a term without a half-term
		{"half term", "2026-09-01", ""},
		{"term", "2026-10-31", "2026-09-02 to 2027-01-03"},
		{"term", "2027-03-26", ""},
		{"month", "2028-02-29", "2028-02-01 to 2028-02-29"},
		{"week", "2027-01-03", "2026-12-28 to 2027-01-03"},
		{"fortnight", "2026-09-02", ""},
	} {
		today, _ := parseDay(x.today)
		got := ""
		if p, ok := c.period(x.every, today); ok {
			got = p.first.String() + " to " + p.last.String()
		}
		if got != x.want {
			t.Errorf("%s on %s: %q, not %q", x.every, x.today, got, x.want)
		}
	}
}

// A line of decisions that cannot be meant stops the truth, by its number.
func TestWrongDecisions(t *testing.T) {
	for line, want := range map[string]string{
		`{"at": "2026-11-03T09:00:00Z", "by": "a@school.example", "do": "hide"}`:                                                        "item 2: nobody decides \"hide\"",
		`{"by": "a@school.example", "do": "reviewed"}`:                                                                                  "item 2: at is missing",
		`{"at": "2026-11-03T09:00:00Z", "do": "answer", "check_in": "filtering", "answer": "maybe"}`:                                    "item 2: \"maybe\" is no answer",
		`{"at": "2026-11-03T09:00:00Z", "do": "cover", "course": "1", "who": "a@school.example", "from": "soon", "until": "2026-11-9"}`: "item 2: \"soon\" is not a date",
		`{"at": "2026-11-03T09:00:00Z", "by": "a@school.example", "do": "approve", "comment": "41-1"}`:                                  "item 2: \"41-1\" is no comment on a blog",
		`{"at": "yesterday"}`: "item 2: ",
	} {
		dir := t.TempDir()
		good := answered("2026-11-03T09:00:00Z", "a@school.example", "filtering", "yes")
		if err := os.WriteFile(filepath.Join(dir, "decisions.jsonl"), []byte(good+"\n"+line), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Compute(dir, time.Time{}); err == nil || !strings.Contains(err.Error(), "decisions.jsonl: "+want) {
			t.Errorf("%s: %v, not %s", line, err, want)
		}
	}
}

func TestWrongDeadlineOfAMeans(t *testing.T) {
	for _, means := range []string{"{check_in: filtering, ask: leaders, every: week, due: soon}", "{check: comments, with: {}, due: 2 weeks}"} {
		_, err := ParsePolicy([]byte("clauses: [{id: A5, met_by: [" + means + "]}]"))
		if err == nil || !strings.Contains(err.Error(), "clause A5: due: ") {
			t.Errorf("%s: %v", means, err)
		}
	}
}
