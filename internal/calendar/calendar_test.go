package calendar

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func day(t interface{ Fatal(...any) }, s string) Date {
	d, err := ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func london(t interface{ Fatal(...any) }) *time.Location {
	loc, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// school is a school in England in 2026-27.
func school(t interface{ Fatal(...any) }) *Calendar {
	d := func(s string) Date { return day(t, s) }
	return &Calendar{
		Location: london(t),
		Terms: []Term{
			{"Autumn", d("2026-09-02"), d("2026-12-18"), Range{d("2026-10-26"), d("2026-10-30")}},
			{"Spring", d("2027-01-04"), d("2027-03-25"), Range{d("2027-02-15"), d("2027-02-19")}},
			{"Summer", d("2027-04-12"), d("2027-07-21"), Range{d("2027-05-31"), d("2027-06-04")}},
		},
		Inset:        []Date{d("2026-09-02"), d("2027-01-04")},
		Closures:     []Range{{d("2027-02-03"), d("2027-02-04")}},
		BankHolidays: "england-and-wales",
		Rollover:     Range{d("2026-07-20"), d("2026-09-25")},
	}
}

func TestParseDate(t *testing.T) {
	for _, s := range []string{"2026-09-02", "2028-02-29", "0001-01-01"} {
		if d, err := ParseDate(s); err != nil || d.String() != s {
			t.Errorf("%s: have %v, %v", s, d, err)
		}
	}
	for s, noSuchDay := range map[string]bool{"2026-02-30": true, "2027-02-29": true, "2026-13-01": true, "2026-00-10": true, "0000-01-01": true,
		"": false, "2026-9-2": false, "2026-09-02 ": false, "02-09-2026": false, "2026-0９-2": false, "+026-09-02": false, "2026/09/02": false} {
		d, err := ParseDate(s)
		if err == nil || errors.Is(err, ErrNoSuchDay) != noSuchDay {
			t.Errorf("%q: have %v, %v", s, d, err)
		}
	}
}

func TestDays(t *testing.T) {
	c := school(t)
	tests := []struct {
		day             string
		school, working bool
		why             string
	}{
		{"2026-09-01", false, true, "before term"},
		{"2026-09-02", false, true, "inset day"},
		{"2026-09-03", true, true, "first day of teaching"},
		{"2026-09-05", false, false, "Saturday"},
		{"2026-09-06", false, false, "Sunday"},
		{"2026-10-23", true, true, "Friday before half-term"},
		{"2026-10-26", false, true, "half-term"},
		{"2026-10-30", false, true, "last day of half-term"},
		{"2026-11-02", true, true, "after half-term"},
		{"2026-12-18", true, true, "last day of term"},
		{"2026-12-21", false, true, "Christmas holidays"},
		{"2026-12-25", false, false, "Christmas Day"},
		{"2026-12-26", false, false, "Boxing Day, a Saturday"},
		{"2026-12-28", false, false, "Boxing Day moved to Monday"},
		{"2026-12-29", false, true, "no longer a bank holiday"},
		{"2027-01-01", false, false, "New Year"},
		{"2027-02-03", false, true, "snow"},
		{"2027-02-05", true, true, "after the snow"},
		{"2027-03-26", false, false, "Good Friday"},
		{"2027-03-29", false, false, "Easter Monday"},
		{"2027-05-03", false, false, "Early May, inside a term"},
		{"2027-07-21", true, true, "last day of the year"},
		{"2027-07-22", false, true, "summer"},
	}
	for _, tt := range tests {
		d := day(t, tt.day)
		if c.IsSchoolDay(d) != tt.school || c.IsWorkingDay(d) != tt.working {
			t.Errorf("%s (%s): school day %v, working day %v", tt.day, tt.why, c.IsSchoolDay(d), c.IsWorkingDay(d))
		}
	}
}

// TestBankHolidays compares with the lists at https://www.gov.uk/bank-holidays.
func TestBankHolidays(t *testing.T) {
	for where, want := range map[string]string{
		"england-and-wales 2026": "2026-01-01 2026-04-03 2026-04-06 2026-05-04 2026-05-25 2026-08-31 2026-12-25 2026-12-28",
		"england-and-wales 2027": "2027-01-01 2027-03-26 2027-03-29 2027-05-03 2027-05-31 2027-08-30 2027-12-27 2027-12-28",
		"england-and-wales 2023": "2023-01-02 2023-04-07 2023-04-10 2023-05-01 2023-05-08 2023-05-29 2023-08-28 2023-12-25 2023-12-26",
		"scotland 2027":          "2027-01-01 2027-01-04 2027-03-26 2027-05-03 2027-05-31 2027-08-02 2027-11-30 2027-12-27 2027-12-28",
		"scotland 2026":          "2026-01-01 2026-01-02 2026-04-03 2026-05-04 2026-05-25 2026-06-15 2026-08-03 2026-11-30 2026-12-25 2026-12-28",
		"scotland 2022":          "2022-01-03 2022-01-04 2022-04-15 2022-05-02 2022-06-02 2022-06-03 2022-08-01 2022-11-30 2022-12-26 2022-12-27",
		"scotland 2023":          "2023-01-02 2023-01-03 2023-04-07 2023-05-01 2023-05-08 2023-05-29 2023-08-07 2023-11-30 2023-12-25 2023-12-26",
		"northern-ireland 2026":  "2026-01-01 2026-03-17 2026-04-03 2026-04-06 2026-05-04 2026-05-25 2026-07-13 2026-08-31 2026-12-25 2026-12-28",
		" 2026":                  "",
	} {
		region, year, _ := strings.Cut(where, " ")
		c := &Calendar{BankHolidays: region}
		var have []string
		for d := day(t, year+"-01-01"); d.String()[:4] == year; d = d.AddDays(1) {
			if c.BankHoliday(d) != "" {
				have = append(have, d.String())
			}
		}
		if d := cmp.Diff(want, strings.Join(have, " ")); d != "" {
			t.Errorf("%s (-want +have):\n%s", where, d)
		}
	}
}

func TestExtraHoliday(t *testing.T) {
	c := school(t)
	c.ExtraHolidays = []Date{day(t, "2026-09-08")}
	if d := day(t, "2026-09-08"); c.IsWorkingDay(d) || c.IsSchoolDay(d) {
		t.Errorf("%s is proclaimed", d)
	}
}

func TestNextSchoolDay(t *testing.T) {
	c := school(t)
	for from, want := range map[string]string{
		"2026-09-03": "2026-09-04", "2026-09-04": "2026-09-07", "2026-10-23": "2026-11-02", "2026-12-18": "2027-01-05",
		"2027-02-02": "2027-02-05", "2027-03-25": "2027-04-12", "2027-04-30": "2027-05-04",
		"2027-07-21": "could not check: no term dates after Wed 21 July 2027",
		"2027-08-10": "could not check: no term dates after Wed 21 July 2027",
		"2026-08-10": "could not check: no term dates before Wed 2 September 2026",
	} {
		d, err := c.NextSchoolDay(day(t, from))
		have := d.String()
		if err != nil {
			have = err.Error()
		}
		if have != want {
			t.Errorf("after %s: have %s want %s", from, have, want)
		}
	}
	if _, err := (&Calendar{}).NextSchoolDay(day(t, "2026-09-03")); err == nil || err.Error() != "could not check: no term dates" {
		t.Errorf("without terms: have %v", err)
	}
}

func TestHalfTerms(t *testing.T) {
	c := school(t)
	var have []string
	for _, b := range c.HalfTerms() {
		have = append(have, b.Name+" "+b.String())
	}
	want := []string{
		"Autumn 1 2026-09-02 to 2026-10-25", "Autumn 2 2026-10-31 to 2026-12-18",
		"Spring 1 2027-01-04 to 2027-02-14", "Spring 2 2027-02-20 to 2027-03-25",
		"Summer 1 2027-04-12 to 2027-05-30", "Summer 2 2027-06-05 to 2027-07-21"}
	if d := cmp.Diff(want, have); d != "" {
		t.Errorf("(-want +have):\n%s", d)
	}
	if b, ok := c.HalfTerm(day(t, "2027-02-22")); !ok || b.Name != "Spring 2" {
		t.Errorf("have %v, %v", b, ok)
	}
	if b, ok := c.HalfTerm(day(t, "2027-02-16")); ok {
		t.Errorf("half-term itself is in no block, have %v", b)
	}
	if n, err := c.SchoolDays(day(t, "2026-10-22"), day(t, "2026-11-03")); n != 3 || err != nil {
		t.Errorf("school days over half-term: have %d, %v", n, err)
	}
}

func TestDue(t *testing.T) {
	c := school(t)
	tueThu := []time.Weekday{time.Tuesday, time.Thursday}
	const (
		summer = "+01:00"
		winter = "Z"
	)
	tests := []struct {
		name, from, deadline string
		in                   []time.Weekday
		severity             string
		want                 string
	}{
		{"the next working day", "2026-09-08T10:00:00" + summer, "1 working day", nil, "medium", "2026-09-09T17:00:00" + summer},
		{"late in the evening is still that day", "2026-09-08T23:30:00" + summer, "1 working day", nil, "medium", "2026-09-09T17:00:00" + summer},
		{"school time decides the day, not UTC", "2026-09-08T23:30:00Z", "1 working day", nil, "medium", "2026-09-10T17:00:00" + summer},
		{"over the weekend", "2026-09-11T10:00:00" + summer, "1 working day", nil, "medium", "2026-09-14T17:00:00" + summer},
		{"over Christmas", "2026-12-24T10:00:00Z", "1 working day", nil, "medium", "2026-12-29T17:00:00" + winter},
		{"working days in half-term", "2026-10-23T10:00:00" + summer, "2 working days", nil, "medium", "2026-10-27T17:00:00" + winter},
		{"school days skip half-term", "2026-10-22T10:00:00" + summer, "2 school days", nil, "medium", "2026-11-02T17:00:00" + winter},
		{"high does not", "2026-10-22T10:00:00" + summer, "2 school days", nil, "high", "2026-10-26T17:00:00" + winter},
		{"high in summer, beyond the term dates", "2027-08-10T10:00:00" + summer, "2 school days", nil, "high", "2027-08-12T17:00:00" + summer},
		{"somebody in on Tuesday and Thursday", "2026-09-08T10:00:00" + summer, "1 working day", tueThu, "medium", "2026-09-10T17:00:00" + summer},
		{"found on a Thursday", "2026-09-10T10:00:00" + summer, "1 working day", tueThu, "medium", "2026-09-15T17:00:00" + summer},
		{"high and part-time", "2026-09-10T10:00:00" + summer, "1 school day", tueThu, "high", "2026-09-15T17:00:00" + summer},
		{"hours wait for nobody", "2026-12-24T10:00:00Z", "72 hours", tueThu, "medium", "2026-12-27T10:00:00" + winter},
		{"hours over the autumn change", "2026-10-24T12:00:00" + summer, "24 hours", nil, "low", "2026-10-25T11:00:00" + winter},
		{"hours over the spring change", "2027-03-27T12:00:00Z", "24 hours", nil, "low", "2027-03-28T13:00:00" + summer},
		{"at once", "2026-12-24T10:00:00Z", "at once", tueThu, "high", "2026-12-24T10:00:00" + winter},
		{"term ends first", "2027-07-16T10:00:00" + summer, "5 school days", nil, "medium", "could not check: no term dates after Wed 21 July 2027"},
		{"just in time", "2027-07-16T10:00:00" + summer, "3 school days", nil, "medium", "2027-07-21T17:00:00" + summer},
		{"before the first term", "2026-08-03T10:00:00" + summer, "1 school day", nil, "medium", "could not check: no term dates before Wed 2 September 2026"},
		{"never in on a working day", "2026-09-08T10:00:00" + summer, "1 working day", []time.Weekday{time.Sunday}, "medium",
			"no day within twenty years ends a deadline of 1 working day: look at the days on which the person is in"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			from, err := time.Parse(time.RFC3339, tt.from)
			if err != nil {
				t.Fatal(err)
			}
			d, err := ParseDeadline(tt.deadline)
			if err != nil {
				t.Fatal(err)
			}
			due, err := c.Due(from, d, tt.in, tt.severity)
			have := due.Format(time.RFC3339)
			if err != nil {
				have = err.Error()
			}
			if have != tt.want {
				t.Errorf("have %s want %s", have, tt.want)
			}
		})
	}
	if due, err := c.Due(time.Now(), Deadline{}, nil, "low"); err != nil || !due.IsZero() {
		t.Errorf("nothing due: have %v, %v", due, err)
	}
}

func TestParseDeadline(t *testing.T) {
	for s, want := range map[string]Deadline{
		"at once": {0, AtOnce}, "1 hour": {1, Hours}, "72 hours": {72, Hours}, "1 working day": {1, WorkingDays}, "5 School  Days": {5, SchoolDays}, "9999 hours": {9999, Hours}} {
		if d, err := ParseDeadline(s); err != nil || d != want {
			t.Errorf("%q: have %v, %v", s, d, err)
		}
	}
	for _, s := range []string{"", "soon", "5", "5 days", "0 hours", "-1 hours", "+1 hours", "1.5 hours", "10000 hours", "99999999999999999999 hours", "one hour", "at", "at once now"} {
		if d, err := ParseDeadline(s); err == nil {
			t.Errorf("%q: have %v", s, d)
		}
	}
}

func TestDeadlineReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Deadline{rapid.IntRange(1, MaxCount).Draw(t, "count"), rapid.SampledFrom([]Unit{Hours, WorkingDays, SchoolDays}).Draw(t, "unit")}
		if back, err := ParseDeadline(d.String()); err != nil || back != d {
			t.Fatalf("%v reads back as %v, %v", d, back, err)
		}
	})
}

func TestDates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawDate(t)
		n := rapid.IntRange(-3000, 3000).Draw(t, "days")
		e := d.AddDays(n)
		if d.DaysUntil(e) != n || e.AddDays(-n) != d || d.Before(e) != (n > 0) || d.After(e) != (n < 0) {
			t.Fatalf("%s and %d days is %s", d, n, e)
		}
		if back, err := ParseDate(d.String()); err != nil || back != d {
			t.Fatalf("%s reads back as %s, %v", d, back, err)
		}
	})
}

func drawDate(t *rapid.T) Date {
	return Date{2026, 8, 1}.AddDays(rapid.IntRange(0, 400).Draw(t, "day"))
}

// TestDueProperties: whatever the finding, a deadline is later, ends when the person is in, leaves exactly the days promised, and
// never gets shorter by finding something later.
func TestDueProperties(t *testing.T) {
	c := school(t)
	all := []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}
	rapid.Check(t, func(t *rapid.T) {
		from := drawDate(t).At(rapid.IntRange(0, 23).Draw(t, "hour"), rapid.IntRange(0, 59).Draw(t, "minute"), c.Location)
		d := Deadline{rapid.IntRange(1, 12).Draw(t, "count"), rapid.SampledFrom([]Unit{WorkingDays, SchoolDays}).Draw(t, "unit")}
		in := rapid.SliceOfNDistinct(rapid.SampledFrom(all), 1, 5, rapid.ID).Draw(t, "in")
		severity := rapid.SampledFrom([]string{"high", "medium", "low"}).Draw(t, "severity")
		due, err := c.Due(from, d, in, severity)
		if err != nil {
			if d.Unit != SchoolDays || severity == "high" {
				t.Fatalf("working days need no term dates: %v", err)
			}
			var not *NotCovered
			if !errors.As(err, &not) {
				t.Fatal(err)
			}
			return
		}
		counts := c.IsWorkingDay
		if d.Unit == SchoolDays && severity != "high" {
			counts = c.IsSchoolDay
		}
		n := 0
		for x := c.Date(from).AddDays(1); !x.After(c.Date(due)); x = x.AddDays(1) {
			if counts(x) && slices.Contains(in, x.Weekday()) {
				n++
			}
		}
		last := c.Date(due)
		if n != d.Count || !counts(last) || !slices.Contains(in, last.Weekday()) || due.Hour() != EndOfDay || due.Minute() != 0 || !due.After(from) {
			t.Fatalf("from %s, %s: due %s leaves %d days", from, d, due, n)
		}
		more := append(slices.Clone(in), all...)
		if sooner, err := c.Due(from, d, more, severity); err != nil || sooner.After(due) {
			t.Fatalf("being in more often makes it later: %s, %v", sooner, err)
		}
		if later, err := c.Due(from.Add(26*time.Hour), d, in, severity); err == nil && later.Before(due) {
			t.Fatalf("found later, due sooner: %s", later)
		}
		if high, err := c.Due(from, d, in, "high"); err != nil || high.After(due) {
			t.Fatalf("high is due %s (%v), after %s", high, err, due)
		}
	})
}

// TestClockChange: a time of day exists exactly once, and in order, on the days on which the clocks change.
func TestClockChange(t *testing.T) {
	loc := london(t)
	for _, tt := range []struct{ day, clock, want string }{
		{"2026-10-25", "00:30", "2026-10-25T00:30:00+01:00"},
		{"2026-10-25", "01:30", "2026-10-25T01:30:00+01:00"}, // twice: the first
		{"2026-10-25", "02:30", "2026-10-25T02:30:00Z"},
		{"2027-03-28", "00:30", "2027-03-28T00:30:00Z"},
		{"2027-03-28", "01:30", "2027-03-28T02:30:00+01:00"}, // never: as long after midnight as it would have been
		{"2027-03-28", "02:30", "2027-03-28T02:30:00+01:00"},
		{"2027-03-28", "17:00", "2027-03-28T17:00:00+01:00"},
	} {
		at, err := time.Parse("15:04", tt.clock)
		if err != nil {
			t.Fatal(err)
		}
		if have := day(t, tt.day).At(at.Hour(), at.Minute(), loc).Format(time.RFC3339); have != tt.want {
			t.Errorf("%s %s: have %s want %s", tt.day, tt.clock, have, tt.want)
		}
	}
}

func TestRollover(t *testing.T) {
	c := school(t)
	if !c.InRollover(day(t, "2026-08-01")) || c.InRollover(day(t, "2026-09-26")) || (&Calendar{}).InRollover(Date{}) {
		t.Error("the roll-over is from 20 July to 25 September 2026")
	}
	winter := &Calendar{Rollover: Range{day(t, "2026-12-15"), day(t, "2027-01-10")}}
	for _, tt := range []struct {
		c    *Calendar
		day  string
		want bool
	}{
		{c, "2026-07-19", false}, {c, "2026-07-20", true}, {c, "2026-09-25", true}, {c, "2027-07-19", false}, {c, "2027-07-20", true}, {c, "2027-09-25", true}, {c, "2027-09-26", false}, {c, "2028-02-29", false},
		{winter, "2026-12-14", false}, {winter, "2026-12-31", true}, {winter, "2028-01-10", true}, {winter, "2028-01-11", false}, {winter, "2028-12-15", true},
	} {
		if have := tt.c.InRollover(day(t, tt.day)); have != tt.want {
			t.Errorf("%s: in the roll-over: %v", tt.day, have)
		}
	}
}
