package truth

import (
	"testing"
)

// TestCommentDeadlines: by when somebody must have looked at what a pupil wrote.
func TestCommentDeadlines(t *testing.T) {
	type deadlineCase struct {
		name, severity, due string
		wrote, now          string
		days                string
		teachers            string
		decisions           []string
		want                string // what is said of it: the date, and whether it is passed on
	}
	const wholeYear = "2026-09-07T05:00:00Z"
	for _, c := range []deadlineCase{
		{name: "the second school day", due: "2 school days", wrote: ten, now: "2026-11-13T17:00:00Z", want: "due 2026-11-13"},
		{name: "passed at five", due: "2 school days", wrote: ten, now: "2026-11-13T17:00:01Z", want: "due 2026-11-13, passed-on"},
		{name: "five is an hour earlier in summer", due: "1 school day", wrote: "2026-10-20T10:00:00Z", now: "2026-10-21T16:00:00Z", want: "due 2026-10-21"},
		{name: "passed at five, in summer", due: "1 school day", wrote: "2026-10-20T10:00:00Z", now: "2026-10-21T16:00:01Z", want: "due 2026-10-21, passed-on"},
		{name: "over the clocks going back", severity: "high", due: "2 working days", wrote: "2026-10-22T10:00:00Z", now: "2026-10-26T16:59:59Z", want: "due 2026-10-26"},
		{name: "passed, over the clocks going back", severity: "high", due: "2 working days", wrote: "2026-10-22T10:00:00Z", now: "2026-10-26T17:00:01Z", want: "due 2026-10-26, passed-on"},
		// Good Friday is 26 March, Easter Monday the 29th, the clocks go forward on the 28th.
		{name: "over the clocks going forward", due: "1 working day", wrote: "2027-03-25T12:00:00Z", now: "2027-03-30T16:00:01Z", want: "due 2027-03-30, passed-on"},
		{name: "written on a Saturday", due: "1 school day", wrote: "2026-11-14T10:00:00Z", now: "2026-11-16T09:00:00Z", want: "due 2026-11-16"},
		{name: "written before midnight in summer", due: "1 school day", wrote: "2027-04-20T22:59:59Z", now: "2027-04-20T23:30:00Z", want: "due 2027-04-21"},
		{name: "written after it", due: "1 school day", wrote: "2027-04-20T23:00:00Z", now: "2027-04-20T23:30:00Z", want: "due 2027-04-22"},

		{name: "over a half-term", due: "2 school days", wrote: "2026-10-22T12:00:00Z", now: "2026-10-22T12:00:00Z", want: "due 2026-11-02"},
		{name: "over a half-term, what is high", severity: "high", due: "2 school days", wrote: "2026-10-22T12:00:00Z", now: "2026-10-22T12:00:00Z", want: "due 2026-10-26"},
		{name: "over a half-term, working days", due: "2 working days", wrote: "2026-10-22T12:00:00Z", now: "2026-10-22T12:00:00Z", want: "due 2026-10-26"},
		{name: "over an inset day", due: "2 school days", wrote: "2026-11-18T12:00:00Z", now: "2026-11-18T12:00:00Z", want: "due 2026-11-23"},
		{name: "over an inset day, working days", due: "2 working days", wrote: "2026-11-18T12:00:00Z", now: "2026-11-18T12:00:00Z", want: "due 2026-11-20"},
		{name: "over a closure", due: "1 school day", wrote: "2027-03-01T12:00:00Z", now: "2027-03-01T12:00:00Z", want: "due 2027-03-03"},
		{name: "over a closure, working days", due: "1 working day", wrote: "2027-03-01T12:00:00Z", now: "2027-03-01T12:00:00Z", want: "due 2027-03-02"},
		{name: "over a bank holiday", due: "2 school days", wrote: "2027-04-29T12:00:00Z", now: "2027-04-29T12:00:00Z", want: "due 2027-05-04"},
		{name: "over a bank holiday, working days", due: "2 working days", wrote: "2027-04-29T12:00:00Z", now: "2027-04-29T12:00:00Z", want: "due 2027-05-04"},
		{name: "over a proclaimed one", due: "2 working days", wrote: "2027-05-12T12:00:00Z", now: "2027-05-12T12:00:00Z", want: "due 2027-05-17"},
		{name: "over Christmas", due: "1 school day", wrote: "2026-12-18T12:00:00Z", now: "2026-12-18T12:00:00Z", want: "due 2027-01-04"},
		{name: "over Christmas, working days", due: "6 working days", wrote: "2026-12-18T12:00:00Z", now: "2026-12-18T12:00:00Z", want: "due 2026-12-30"}, // 21 to 24, then 29, 30

		{name: "the last day of the terms", due: "1 school day", wrote: "2027-07-20T12:00:00Z", now: "2027-07-20T12:00:00Z", want: "due 2027-07-21"},
		{name: "beyond it", due: "2 school days", wrote: "2027-07-20T12:00:00Z", now: "2027-07-28T12:00:00Z", want: "due unknown"},
		{name: "beyond it, working days", due: "2 working days", wrote: "2027-07-20T12:00:00Z", now: "2027-07-28T12:00:00Z", want: "due 2027-07-22, passed-on"},

		{name: "job shares", due: "2 school days", days: "{kim@school.example: [mon, tue]}", wrote: "2026-11-09T12:00:00Z", now: "2026-11-09T12:00:00Z", want: "due 2026-11-16"},
		{name: "days by another address", due: "2 school days", days: "{Kite@school.example: [mon, tue]}", wrote: "2026-11-09T12:00:00Z", now: "2026-11-09T12:00:00Z", want: "due 2026-11-16"},
		{name: "days of somebody else", due: "2 school days", days: "{moe@school.example: [mon, tue]}", wrote: "2026-11-09T12:00:00Z", now: "2026-11-09T12:00:00Z", want: "due 2026-11-11"},
		{name: "two who share a class", due: "2 school days", days: "{kim@school.example: [mon, tue], moe@school.example: [fri]}", teachers: `{"c1": [{"userId": "t1"}, {"userId": "t3"}]}`,
			wrote: "2026-11-09T12:00:00Z", now: "2026-11-09T12:00:00Z", want: "due 2026-11-13"},
		{name: "days in people", due: "2 school days", teachers: `{"c1": [{"userId": "t2"}]}`, wrote: "2026-11-09T12:00:00Z", now: "2026-11-09T12:00:00Z", want: "due 2026-11-19"},
		{name: "days of staff before those in people", due: "2 school days", days: "{lou@school.example: [fri]}", teachers: `{"c1": [{"userId": "t2"}]}`, wrote: "2026-11-09T12:00:00Z", now: "2026-11-09T12:00:00Z", want: "due 2026-11-27"},
		{name: "only Saturdays", due: "1 working day", days: "{kim@school.example: [sat]}", wrote: ten, now: noon, want: "due unknown"},
		{name: "with cover", due: "2 school days", days: "{kim@school.example: [mon]}", wrote: "2026-11-09T12:00:00Z", now: "2026-11-11T12:00:00Z", want: "due 2026-11-11",
			decisions: []string{stoodIn("2026-11-11T09:00:00Z", "head@school.example", "c1", "moe@school.example", "2026-11-11", "2026-11-11")}},
		{name: "when the cover has gone", due: "2 school days", days: "{kim@school.example: [mon]}", wrote: "2026-11-09T12:00:00Z", now: "2026-11-12T12:00:00Z", want: "due 2026-11-23",
			decisions: []string{stoodIn("2026-11-11T09:00:00Z", "head@school.example", "c1", "moe@school.example", "2026-11-11", "2026-11-11")}},

		{name: "hours, just now", due: "2 hours", days: "{kim@school.example: [mon]}", wrote: ten, now: noon, want: "due 2026-11-11"},
		{name: "hours, over", due: "2 hours", wrote: ten, now: "2026-11-11T12:00:01Z", want: "due 2026-11-11, passed-on"},
		{name: "a day's hours over the clocks going forward", due: "24 hours", wrote: "2027-03-27T23:30:00Z", now: "2027-03-28T12:00:00Z", want: "due 2027-03-29"},
		{name: "a day's hours over the clocks going back", due: "24 hours", wrote: "2026-10-24T22:59:00Z", now: "2026-10-25T12:00:00Z", want: "due 2026-10-25"},
		{name: "at once", due: "at once", wrote: ten, now: ten, want: "due 2026-11-11"},
		{name: "at once, a second later", due: "at once", wrote: ten, now: "2026-11-11T10:00:01Z", want: "due 2026-11-11, passed-on"},

		{name: "high without a deadline", severity: "high", wrote: "2026-11-09T12:00:00Z", now: "2026-11-09T12:00:00Z", want: "due 2026-11-10"},
		{name: "medium without a deadline", wrote: "2026-11-09T12:00:00Z", now: "2026-11-09T12:00:00Z", want: "due 2026-11-16"},
		{name: "low without a deadline", severity: "low", wrote: "2026-11-09T12:00:00Z", now: "2026-11-09T12:00:00Z", want: "due 2026-12-08"},
	} {
		s := streamCase{
			name: c.name, means: "{check: comments, with: {}, severity: " + or(c.severity, "medium"), now: c.now, first: wholeYear, days: c.days, decisions: c.decisions,
			log: []string{wrote(c.wrote, "pat@school.example")}, want: []string{"comments.unreviewed post/c1-p1: " + c.want + ", since " + c.wrote},
		}
		if c.due != "" {
			s.means += ", due: " + c.due
		}
		s.means += "}"
		if c.teachers != "" {
			s.files = taught(c.teachers)
		}
		runStream(t, []streamCase{s})
	}
}

func TestDueForms(t *testing.T) {
	for s, want := range map[string]Due{
		"at once": {Unit: "at once"}, "1 hour": {1, "hours"}, "72 hours": {72, "hours"}, "1 working day": {1, "working days"}, "20 school days": {20, "school days"},
		"2 days": {}, "two school days": {}, "2 weeks": {}, "-1 hours": {}, " 2 hours": {},
	} {
		got, err := parseDue(s)
		if got != want || (err == nil) != (want != Due{}) {
			t.Errorf("%q: %v, %v", s, got, err)
		}
	}
}
