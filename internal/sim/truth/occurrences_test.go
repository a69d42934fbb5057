package truth

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// exampleCalendar is that of the example policy of the Classroom school. Counted by hand its school days are: Autumn 1 from Friday 4 September 36,
// Autumn 2 35, Spring 1 from Tuesday 5 January 29, Spring 2 24, Summer 1 without 3 May 34, Summer 2 from Tuesday 8 June to Tuesday 20 July 31.
const exampleCalendar = `
calendar:
  terms:
    - {name: Autumn, first: 2026-09-02, last: 2026-12-18, half_term: [2026-10-26, 2026-10-30]}
    - {name: Spring, first: 2027-01-04, last: 2027-03-25, half_term: [2027-02-15, 2027-02-19]}
    - {name: Summer, first: 2027-04-12, last: 2027-07-21, half_term: [2027-05-31, 2027-06-04]}
  inset: [2026-09-02, 2026-09-03, 2027-01-04, 2027-06-07, 2027-07-21]
  rollover: {from: 2026-07-20, until: 2026-09-25}
`

// leapCalendar is one term without a half-term holiday, in a leap year: 21 school days in February.
const leapCalendar = `
calendar: {terms: [{name: Early Spring, first: 2028-01-04, last: 2028-03-31}]}
`

// weekCalendar is four days of a week, from a Tuesday on.
const weekCalendar = `
calendar: {terms: [{name: Autumn, first: 2026-09-01, last: 2026-09-04}]}
`

// dates are the occurrences of a means "{reminder: …}" as a policy with that calendar and review has them: key and day.
func dates(t *testing.T, calendar, review, means string) []string {
	t.Helper()
	p, err := ParsePolicy([]byte(calendar + review + "\nclauses: [{id: A18, met_by: [" + means + "]}]"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, o := range p.occurrences(p.Reminders[0]) {
		out = append(out, o.key+" "+o.day.String())
	}
	return out
}

func TestOccurrences(t *testing.T) {
	const yearly, everyTwo, everyFour = "review: {last: 2026-07-06, every: year}", "review: {last: 2026-07-06, every: two years}", "review: {last: 2024-02-29, every: four years}"
	months := []string{"2026-09 2026-09-07", "2026-10 2026-10-05", "2026-11 2026-11-02", "2026-12 2026-12-07", "2027-01 2027-01-11", "2027-02 2027-02-01",
		"2027-03 2027-03-01", "2027-04 2027-04-12", "2027-05 2027-05-10", "2027-06 2027-06-14", "2027-07 2027-07-05"}
	counted := []string{"review-2027-07-06-90 2027-03-25", "review-2027-07-06-30 2027-05-28", "review-2027-07-06-7 2027-06-29"}
	for _, c := range []struct {
		name, calendar, review, when string
		want                         []string
	}{
		{name: "three in each half term", when: "3 per half term", want: []string{
			"2026-autumn-1-1 2026-09-14", "2026-autumn-1-2 2026-09-30", "2026-autumn-1-3 2026-10-16",
			"2026-autumn-2-1 2026-11-09", "2026-autumn-2-2 2026-11-25", "2026-autumn-2-3 2026-12-11",
			"2026-spring-1-1 2027-01-11", "2026-spring-1-2 2027-01-25", "2026-spring-1-3 2027-02-08",
			"2026-spring-2-1 2027-02-26", "2026-spring-2-2 2027-03-10", "2026-spring-2-3 2027-03-22",
			"2026-summer-1-1 2027-04-19", "2026-summer-1-2 2027-05-06", "2026-summer-1-3 2027-05-21",
			"2026-summer-2-1 2027-06-15", "2026-summer-2-2 2027-06-29", "2026-summer-2-3 2027-07-13"}},
		// 71, 53 and 65 days.
		{name: "one in each term", when: "1 per term", want: []string{"2026-autumn 2026-10-23", "2026-spring 2027-02-10", "2026-summer 2027-05-27"}},
		{name: "one of the terms", when: "each AUTUMN term", want: []string{"2026-autumn 2026-10-23"}},
		{name: "none of the terms", when: "each Winter term"},
		// The school year 2026 has 188 days; of the next one only 20 July is known.
		{name: "one in each year", when: "1 per year", want: []string{"2026 2027-02-05"}},
		{name: "in a block that is too short", calendar: weekCalendar, when: "6 per week", want: []string{"2026-08-31-1 2026-09-01", "2026-08-31-2 2026-09-02", "2026-08-31-3 2026-09-03", "2026-08-31-4 2026-09-04"}},
		{name: "in one that is just long enough", calendar: weekCalendar, when: "4 per week", want: []string{"2026-08-31-1 2026-09-01", "2026-08-31-2 2026-09-02", "2026-08-31-3 2026-09-03", "2026-08-31-4 2026-09-04"}},
		{name: "three of four", calendar: weekCalendar, when: "3 per week", want: []string{"2026-08-31-1 2026-09-01", "2026-08-31-2 2026-09-03", "2026-08-31-3 2026-09-04"}},
		{name: "a term without a half-term", calendar: leapCalendar, when: "1 per half term", want: []string{"2027-early-spring 2028-02-17"}},

		{name: "first Monday of a month: inset, a bank holiday", when: "first Monday of each month", want: months},
		{name: "of a term", when: "first monday of each term", want: []string{"2026-autumn 2026-09-07", "2026-spring 2027-01-11", "2026-summer 2027-04-12"}},
		{name: "last Wednesday of a half term", when: "last Wednesday of each half term", want: []string{"2026-autumn-1 2026-10-21", "2026-autumn-2 2026-12-16",
			"2026-spring-1 2027-02-10", "2026-spring-2 2027-03-24", "2026-summer-1 2027-05-26", "2026-summer-2 2027-07-14"}},
		{name: "no Monday", calendar: weekCalendar, when: "first Monday of each month", want: []string{"2026-09 2026-09-01"}},
		{name: "no Monday at the end", calendar: weekCalendar, when: "last Monday of each month", want: []string{"2026-09 2026-09-04"}},

		{name: "in February, over the half-term", when: "yearly in February", want: []string{"2027-02 2027-02-10"}},
		{name: "in a February of 29 days", calendar: leapCalendar, when: "yearly in February", want: []string{"2028-02 2028-02-15"}},
		{name: "in August", when: "yearly in August"},
		{name: "after the inset days", when: "September, first week", want: []string{"2026-09 2026-09-04"}},
		{name: "before the inset day", when: "July, last week", want: []string{"2027-07 2027-07-20"}},
		{name: "leap day", calendar: leapCalendar, when: "February, last week", want: []string{"2028-02 2028-02-29"}},

		// 7 April is in the Easter holidays, 6 June a Sunday after the half-term, 29 June a Tuesday.
		{name: "before the review", review: yearly, when: "90, 30 and 7 days before the policy's review date", want: counted},
		{name: "one number", review: yearly, when: "30 days before the policy's review date", want: counted[1:2]},
		{name: "two", review: yearly, when: "7 and 30 days before the policy's review date", want: counted[1:]},
		{name: "a number twice", review: yearly, when: "30, 7 and 30 days before the policy's review date", want: counted[1:]},
		{name: "the day itself", review: yearly, when: "0 days before the policy's review date", want: []string{"review-2027-07-06-0 2027-07-06"}},
		{name: "in two years, of which nothing is known", review: everyTwo, when: "90, 30 and 7 days before the policy's review date"},
		{name: "nobody says when", when: "90, 30 and 7 days before the policy's review date"},
		{name: "nobody says how often", review: "review: {last: 2026-07-06}", when: "30 days before the policy's review date"},
		{name: "before the first day that is known", review: "review: {last: 2025-09-10, every: year}", when: "30 and 6 days before the policy's review date", want: []string{"review-2026-09-10-6 2026-09-04"}},
		{name: "known, but no school day before it", review: "review: {last: 2025-09-10, every: year}", when: "7 days before the policy's review date"},
		{name: "from leap day to leap day", calendar: leapCalendar, review: everyFour, when: "0 days before the policy's review date", want: []string{"review-2028-02-29-0 2028-02-29"}},
		{name: "from leap day to another day", review: "review: {last: 2024-02-29, every: three years}", when: "7 days before the policy's review date", want: []string{"review-2027-02-28-7 2027-02-12"}},
		{name: "two on one day", review: "review: {last: 2026-01-04, every: year}", when: "7 and 14 days before the policy's review date", want: []string{"review-2027-01-04-14 2026-12-18", "review-2027-01-04-7 2026-12-18"}},

		{name: "every 30 days", when: "every 30 days", want: []string{"2026-d0 2026-09-04", "2026-d1 2026-10-05", "2026-d2 2026-11-03", "2026-d3 2026-12-03", "2026-d4 2027-01-05", "2026-d5 2027-02-01",
			"2026-d6 2027-03-03", "2026-d7 2027-04-12", "2026-d8 2027-05-04", "2026-d9 2027-06-08", "2026-d10 2027-07-01"}},
		{name: "over leap day", calendar: leapCalendar, when: "every 28 days", want: []string{"2027-d0 2028-01-04", "2027-d1 2028-02-01", "2027-d2 2028-02-29", "2027-d3 2028-03-28"}},
		// 25 December and 1 January have 5 January in common; 26 March, 2 and 9 April have 12 April.
		{name: "those that share a day", calendar: strings.Replace(exampleCalendar, "2026-09-02, last", "2026-11-27, last", 1), when: "every 7 days", want: []string{"2026-d0 2026-11-27", "2026-d1 2026-12-04", "2026-d2 2026-12-11", "2026-d3 2026-12-18",
			"2026-d4 2027-01-05", "2026-d6 2027-01-08", "2026-d7 2027-01-15", "2026-d8 2027-01-22", "2026-d9 2027-01-29", "2026-d10 2027-02-05", "2026-d11 2027-02-12", "2026-d12 2027-02-22", "2026-d13 2027-02-26",
			"2026-d14 2027-03-05", "2026-d15 2027-03-12", "2026-d16 2027-03-19", "2026-d17 2027-04-12", "2026-d20 2027-04-16", "2026-d21 2027-04-23", "2026-d22 2027-04-30", "2026-d23 2027-05-07", "2026-d24 2027-05-14",
			"2026-d25 2027-05-21", "2026-d26 2027-05-28", "2026-d27 2027-06-08", "2026-d28 2027-06-11", "2026-d29 2027-06-18", "2026-d30 2027-06-25", "2026-d31 2027-07-02", "2026-d32 2027-07-09", "2026-d33 2027-07-16"}},

		{name: "cron: two days of a month", when: "0 8 1,15 9-12 *", want: []string{"2026-09-15 2026-09-15", "2026-10-01 2026-10-01", "2026-10-15 2026-10-15", "2026-12-01 2026-12-01", "2026-12-15 2026-12-15"}},
		{name: "cron: steps", when: "30 7 */10 sep,oct *", want: []string{"2026-09-11 2026-09-11", "2026-09-21 2026-09-21", "2026-10-01 2026-10-01", "2026-10-21 2026-10-21"}},
		{name: "cron: steps of a range", when: "30 7 1-9/4 oct *", want: []string{"2026-10-01 2026-10-01", "2026-10-05 2026-10-05", "2026-10-09 2026-10-09"}},
		{name: "cron: a day of the month or a weekday", when: "0 12 1 10 fri", want: []string{"2026-10-01 2026-10-01", "2026-10-02 2026-10-02", "2026-10-09 2026-10-09", "2026-10-16 2026-10-16", "2026-10-23 2026-10-23"}},
		{name: "cron: Sunday is 7 and 0", when: "0 12 * * 0,7"},
		{name: "cron: leap day", calendar: leapCalendar, when: "59 16 29 2 *", want: []string{"2028-02-29 2028-02-29"}},
		{name: "no terms", calendar: "calendar: {}\n", review: yearly, when: "0 days before the policy's review date"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := dates(t, or(c.calendar, exampleCalendar), c.review, fmt.Sprintf("{reminder: training, with: {when: %q}}", c.when))
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("by hand (-) and computed (+):\n%s", diff)
			}
		})
	}
}

// Those that say nothing of when they come.
func TestUsualOccurrences(t *testing.T) {
	const review = "review: {last: 2026-07-06, every: year}"
	for means, want := range map[string][]string{
		"{reminder: committee, every: term}":              {"2026-autumn 2026-10-23", "2026-spring 2027-02-10", "2026-summer 2027-05-27"},
		"{reminder: class-dojo-posts, every: half term}":  {"2026-autumn-1 2026-09-30", "2026-autumn-2 2026-11-25", "2026-spring-1 2027-01-25", "2026-spring-2 2027-03-10", "2026-summer-1 2027-05-06", "2026-summer-2 2027-06-29"},
		"{reminder: policy-review, every: two years}":     {"review-2027-07-06-90 2027-03-25", "review-2027-07-06-30 2027-05-28", "review-2027-07-06-7 2027-06-29"},
		"{reminder: agreement, every: year}":              {"2026-09 2026-09-04"},
		"{reminder: photo-permission}":                    {"2026-09 2026-09-04"},
		"{reminder: monitoring-notice, every: two years}": {"2026-09 2026-09-04"},
		"{reminder: governor-report, every: term}":        {"2026-autumn 2026-12-14", "2026-spring 2027-03-22", "2026-summer 2027-07-19"},
		"{reminder: training, every: year, with: {}}":     {"2026 2027-02-05"},
	} {
		if diff := cmp.Diff(want, dates(t, exampleCalendar, review, means)); diff != "" {
			t.Errorf("%s: by hand (-) and computed (+):\n%s", means, diff)
		}
	}
}

func TestWrongReminders(t *testing.T) {
	for means, want := range map[string]string{
		`{reminder: training, every: two years}`:                                                      "when: ",
		`{reminder: training}`:                                                                        "when: ",
		`{reminder: training, with: {when: 0 per week}}`:                                              "when: ",
		`{reminder: training, with: {when: 21 per week}}`:                                             "when: ",
		`{reminder: training, with: {when: 2 per fortnight}}`:                                         "when: ",
		`{reminder: training, with: {when: first Moonday of each term}}`:                              "when: ",
		`{reminder: training, with: {when: first Monday of each week}}`:                               "when: ",
		`{reminder: training, with: {when: yearly in Smarch}}`:                                        "when: ",
		`{reminder: training, with: {when: "Smarch, last week"}}`:                                     "when: ",
		`{reminder: training, with: {when: every 1 days}}`:                                            "when: ",
		`{reminder: training, with: {when: every 367 days}}`:                                          "when: ",
		`{reminder: training, with: {when: "90, 60, 30 and 7 days before the policy's review date"}}`: "when: ",
		`{reminder: training, with: {when: "0 6 * * mon"}}`:                                           "16:59",
		`{reminder: training, with: {when: "0 17 * * mon"}}`:                                          "16:59",
		`{reminder: training, with: {when: "60 9 * * mon"}}`:                                          "16:59",
		`{reminder: training, with: {when: "0,30 9 * * mon"}}`:                                        "one number each",
		`{reminder: training, with: {when: "0 * * * mon"}}`:                                           "one number each",
		`{reminder: training, with: {when: "0 9 32 * *"}}`:                                            "not from 1 to 31",
		`{reminder: training, with: {when: "0 9 0 * *"}}`:                                             "not from 1 to 31",
		`{reminder: training, with: {when: "0 9 9-7 * *"}}`:                                           "not from 1 to 31",
		`{reminder: training, with: {when: "0 9 */0 * *"}}`:                                           "goes nowhere",
		`{reminder: training, with: {when: "0 9 3/2 * *"}}`:                                           "goes nowhere",
		`{reminder: training, with: {when: "0 9 * * mo"}}`:                                            "no number",
		`{reminder: training, with: {when: "0 9 , * *"}}`:                                             "no part",
		`{reminder: training, every: term, with: {at: "06:59"}}`:                                      "at: ",
		`{reminder: training, every: term, with: {at: "17:00"}}`:                                      "at: ",
		`{reminder: training, every: term, with: {at: soon}}`:                                         "at: ",
		`{reminder: training, every: term, due: soon}`:                                                "due: ",
		`{reminder: training, every: term, with: {to: [pupils]}}`:                                     "not written to by mail",
		`{reminder: training, every: term, with: {to: [teachers, parents]}}`:                          "not written to by mail",
		`{reminder: training, every: term, with: {through: classdojo}}`:                               "ask is missing",
		`{reminder: training, every: term, with: {through: pigeon}}`:                                  "through: ",
		`{reminder: training, every: term, with: {through: classroom, to: [teachers]}}`:               "not [pupils]",
	} {
		_, err := ParsePolicy([]byte("clauses: [{id: A18, met_by: [" + means + "]}]"))
		if err == nil || !strings.Contains(err.Error(), "clause A18: reminder training: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, not %s", means, err, want)
		}
	}
	for review, want := range map[string]string{"{last: soon}": "review: last: ", "{last: 2026-07-06, every: month}": "review: every: "} {
		if _, err := ParsePolicy([]byte("review: " + review)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", review, err)
		}
	}
}

// Whatever a policy says, what comes is on school days, in order, and each key stands for one.
func FuzzWhen(f *testing.F) {
	for _, s := range []string{"3 per half term", "20 per year", "first Monday of each month", "last Friday of each half term", "yearly in May", "each Autumn term", "July, last week",
		"90, 30 and 7 days before the policy's review date", "0, 00 and 0 days before the policy's review date", "every 2 days", "0 9 */2,3-9/3 1-12 mon,5-7", "59 16 29 2 0"} {
		f.Add(s)
	}
	p, err := ParsePolicy([]byte(exampleCalendar + "review: {last: 2026-07-06, every: year}"))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		when, err := parseWhen(s)
		if err != nil {
			return
		}
		keys, last := map[string]bool{}, day(0)
		for _, o := range p.occurrences(ReminderMeans{When: when, Hour: 8, Minute: 30}) {
			if !p.Calendar.schoolDay(o.day) || o.day < last || keys[o.key] || o.hour < 7 || o.hour > 16 {
				t.Errorf("%q: %+v after %s", s, o, last)
			}
			keys[o.key], last = true, o.day
		}
	})
}
