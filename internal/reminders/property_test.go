package reminders

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"esafetybot/internal/calendar"
	"esafetybot/internal/policy"
)

// drawCalendar is one or two school years with terms that begin and end anywhere, closures and inset days. The last has a leap day.
func drawCalendar(t *rapid.T) *calendar.Calendar {
	c := &calendar.Calendar{Location: london, BankHolidays: "england-and-wales"}
	if rapid.Bool().Draw(t, "rollover") {
		c.Rollover = span("2026-07-20", "2026-09-25")
	}
	moved := func(s string) calendar.Date { return date(s).AddDays(rapid.IntRange(-6, 6).Draw(t, s)) }
	years := rapid.IntRange(1, 2).Draw(t, "years")
	for n := range years {
		y := 2028 - years + n
		on := func(year int, day string) calendar.Date { return moved(fmt.Sprintf("%d-%s", year, day)) }
		for _, x := range []struct {
			name                      string
			year                      int
			first, last, half, halved string
		}{{"Autumn", y, "09-07", "12-12", "10-22", "10-31"}, {"Spring", y + 1, "01-09", "03-25", "02-11", "02-20"}, {"Summer", y + 1, "04-14", "07-20", "05-28", "06-06"}} {
			term := calendar.Term{Name: x.name, First: on(x.year, x.first), Last: on(x.year, x.last)}
			if rapid.IntRange(0, 4).Draw(t, "half") > 0 {
				term.HalfTerm = calendar.Range{First: on(x.year, x.half), Last: on(x.year, x.halved).AddDays(6)}
			}
			c.Terms = append(c.Terms, term)
		}
		c.Inset = append(c.Inset, on(y, "09-08"), on(y+1, "01-10"))
		for range rapid.IntRange(0, 3).Draw(t, "closures") {
			from := date(fmt.Sprintf("%d-09-01", y)).AddDays(rapid.IntRange(0, 320).Draw(t, "closed"))
			c.Closures = append(c.Closures, calendar.Range{First: from, Last: from.AddDays(rapid.IntRange(0, 9).Draw(t, "for"))})
		}
	}
	return c
}

var blockKinds = []string{policy.BlockWeek, policy.BlockMonth, policy.BlockHalfTerm, policy.BlockTerm, policy.BlockYear}

func drawWhen(t *rapid.T) policy.When {
	switch rapid.IntRange(0, 6).Draw(t, "form") {
	case 0:
		return policy.When{Kind: policy.WhenDay, Weekday: time.Weekday(rapid.IntRange(1, 5).Draw(t, "weekday")), Last: rapid.Bool().Draw(t, "last"), Block: rapid.SampledFrom(blockKinds[1:4]).Draw(t, "block")}
	case 1:
		return policy.When{Kind: policy.WhenYearly, Month: time.Month(rapid.IntRange(1, 12).Draw(t, "month"))}
	case 2:
		return policy.When{Kind: policy.WhenWeek, Month: time.Month(rapid.IntRange(1, 12).Draw(t, "month")), Last: rapid.Bool().Draw(t, "last")}
	case 3:
		return policy.When{Kind: policy.WhenReview, Days: rapid.SliceOfNDistinct(rapid.IntRange(0, 200), 1, 3, rapid.ID).Draw(t, "days")}
	case 4:
		return policy.When{Kind: policy.WhenEvery, N: rapid.IntRange(2, 90).Draw(t, "interval")}
	case 5:
		return policy.When{Kind: policy.WhenCron, Cron: fmt.Sprintf("%d %d %s", rapid.IntRange(0, 59).Draw(t, "minute"), rapid.IntRange(7, 16).Draw(t, "hour"), rapid.SampledFrom([]string{"* * 1", "1,15 * *", "29 2 *", "* 3,10 0-6", "*/9 * 5"}).Draw(t, "line"))}
	}
	w := policy.When{Kind: policy.WhenPer, N: rapid.IntRange(1, 20).Draw(t, "n"), Block: rapid.SampledFrom(blockKinds).Draw(t, "block")}
	if rapid.IntRange(0, 5).Draw(t, "named") == 0 {
		w = policy.When{Kind: policy.WhenPer, N: 1, Block: policy.BlockTerm, Term: "autumn"}
	}
	return w
}

func drawRule(t *rapid.T) Reminder {
	return Reminder{
		Name: "training", Ask: policy.RoleOfficer, Every: rapid.SampledFrom([]string{"", "half term", "term", "year", "two years"}).Draw(t, "every"),
		Clauses: []Clause{{ID: "A18", Severity: "medium", Deals: "headteacher", Due: calendar.Deadline{Count: 10, Unit: calendar.SchoolDays}}},
		With: &policy.ReminderWith{
			To: []string{"teachers"}, Through: rapid.SampledFrom([]string{policy.ThroughMail, policy.ThroughClassroom}).Draw(t, "through"), When: drawWhen(t),
			At: policy.Clock{Hour: rapid.IntRange(7, 16).Draw(t, "at"), Minute: rapid.IntRange(0, 59).Draw(t, "past")},
		},
	}
}

// schoolDay is a second opinion on what a school day is.
func schoolDay(c *calendar.Calendar, d calendar.Date) bool {
	in := slices.ContainsFunc(c.Terms, func(t calendar.Term) bool { return t.Range().Contains(d) && !t.HalfTerm.Contains(d) })
	return in && d.Weekday() != time.Saturday && d.Weekday() != time.Sunday && c.BankHoliday(d) == "" && !slices.Contains(c.Inset, d) &&
		!slices.ContainsFunc(c.Closures, func(r calendar.Range) bool { return r.Contains(d) })
}

// TestOccurrenceProperties: whatever rule and calendar, each occurrence is on a school day at its hour on the wall, has a key of its own, and there are as many in each block as the rule says, spread.
func TestOccurrenceProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := School{Calendar: drawCalendar(t), Review: policy.Review{Last: date("2026-06-15").AddDays(rapid.IntRange(0, 60).Draw(t, "review")), Every: 1}, FirstLook: at("2026-07-01 00:00")}
		r := drawRule(t)
		list, err := s.Occurrences(r)
		if err != nil {
			t.Fatal(err)
		}
		keys := map[string]bool{}
		perBlock := map[string][]calendar.Date{}
		for i, o := range list {
			if !schoolDay(s.Calendar, o.Day) {
				t.Fatalf("%s is no school day", o.Day)
			}
			local := o.At.In(london)
			if r.With.When.Kind != policy.WhenCron && (local.Hour() != r.With.At.Hour || local.Minute() != r.With.At.Minute) || calendar.DateOf(local) != o.Day || local.Hour() < 7 || local.Hour() >= 17 {
				t.Fatalf("at %s, want %v on %s", local, r.With.At, o.Day)
			}
			if keys[o.Key] || i > 0 && o.At.Before(list[i-1].At) || o.Period == "" {
				t.Fatalf("twice, or not in order: %+v", o)
			}
			keys[o.Key] = true
			if r.With.When.Kind == policy.WhenPer {
				b := day{o.Day, 0, "", ""}
				for _, d := range s.days() {
					if d.Date == o.Day {
						b = d
					}
				}
				perBlock[b.key(r.With.When.Block)] = append(perBlock[b.key(r.With.When.Block)], o.Day)
			}
		}
		if w := r.With.When; w.Kind == policy.WhenPer && w.Term == "" {
			for _, b := range blocks(s.days(), w.Block) {
				have := perBlock[b.key]
				if len(have) != min(w.N, len(b.days)) {
					t.Fatalf("%d in %s of %d days, want %d", len(have), b.key, len(b.days), w.N)
				}
				spreads(t, b.days, have)
			}
		}
	})
}

// spreads fails where the gaps between some days of a block differ by more than one day, or the ends are left out.
func spreads(t *rapid.T, all []day, have []calendar.Date) {
	var at []int
	for _, d := range have {
		at = append(at, slices.IndexFunc(all, func(x day) bool { return x.Date == d }))
	}
	least, most := len(all), 0
	for i := 1; i < len(at); i++ {
		least, most = min(least, at[i]-at[i-1]), max(most, at[i]-at[i-1])
	}
	if len(at) > 1 && most-least > 1 {
		t.Fatalf("uneven: %v", at)
	}
	if gap := (len(all) + len(at) - 1) / len(at); at[0] > gap || len(all)-1-at[len(at)-1] > gap {
		t.Fatalf("one end is left out: %v of %d", at, len(all))
	}
}

// TestOnce lives through two years, with a program that is down at times, a rule that is changed, terms that move and dates that nobody has entered yet: each occurrence goes out once, on a school day,
// not before its time and not after its tenth school day, at most one a day; and each that could go out did.
func TestOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := Input{
			School:    School{Calendar: drawCalendar(t), Review: policy.Review{Last: date("2027-01-20"), Every: 1}, FirstLook: at("2027-09-01 00:00").AddDate(0, 0, rapid.IntRange(-300, 60).Draw(t, "first"))},
			Reminders: []Reminder{drawRule(t)}, Outs: map[string]map[string]Out{"training": {}},
		}
		in.School = in.Known()
		edits := map[calendar.Date]func(){}
		edited := rapid.IntRange(0, 3).Draw(t, "edits")
		for range edited {
			on := in.Calendar.Date(in.FirstLook).AddDays(rapid.IntRange(1, 300).Draw(t, "edited on"))
			if rapid.Bool().Draw(t, "the calendar") {
				c := drawCalendar(t)
				edits[on] = func() { in.Calendar = c }
			} else {
				r := drawRule(t)
				edits[on] = func() { in.Reminders = []Reminder{r} }
			}
		}
		down := date("2027-09-01").AddDays(rapid.IntRange(-100, 150).Draw(t, "down"))
		downFor := rapid.SampledFrom([]int{0, 3, 14, 40}).Draw(t, "for")
		ran := map[calendar.Date]time.Time{} // the last run of each day that could send
		went := map[calendar.Date]string{}
		start := in.Calendar.Date(in.FirstLook)
		for d := start; d.Before(date("2028-03-10")); d = d.AddDays(1) {
			if edit := edits[d]; edit != nil {
				edit()
				in.School = in.Known()
			}
			if n := down.DaysUntil(d); n >= 0 && n < downFor {
				continue
			}
			for _, hour := range []int{7, 16, 18} {
				in.Now = d.At(hour, 59, london)
				if hour < 17 {
					ran[d] = in.Now
				}
				for _, b := range in.Begin() {
					if _, twice := in.Outs["training"][b.Key]; twice || went[d] != "" {
						t.Fatalf("%s goes out a second time, or as the second of %s (after %q)", b.Key, d, went[d])
					}
					n, err := in.Calendar.SchoolDays(b.Day, d)
					if !schoolDay(in.Calendar, d) || hour > 16 || b.Day.After(d) || err != nil || n > LastDay || b.Day.Before(start) || b.With.Through == policy.ThroughClassroom && in.Now.Before(b.At) {
						t.Fatalf("%s of %s goes out at %s, after %d school days (%v)", b.Key, b.Day, in.Now, n, err)
					}
					in.Outs["training"][b.Key] = Out{Name: "training", Key: b.Key, Day: b.Day, At: b.At, Began: in.Now, Told: map[string]time.Time{"kim": in.Now}}
					went[d] = b.Key
				}
			}
		}
		if edited > 0 {
			return
		}
		list, err := in.Occurrences(in.Reminders[0])
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range list {
			if _, ok := in.Outs["training"][o.Key]; ok {
				continue
			}
			for d, n := o.Day, 0; n <= LastDay && in.Calendar.Covers(d) == nil; d = d.AddDays(1) {
				if !schoolDay(in.Calendar, d) {
					continue
				}
				if last, up := ran[d]; up && went[d] == "" && !last.Before(d.At(o.At.In(london).Hour(), o.At.In(london).Minute(), london)) {
					t.Fatalf("%s of %s did not go out on %s, although nothing else did (%v)", o.Key, o.Day, d, slices.Sorted(maps.Keys(in.Outs["training"])))
				}
				n++
			}
		}
	})
}

// TestMissedOrOut: what can no longer go out and reached nobody is found, unless a later one reached somebody; what is found is one of them.
func TestMissedOrOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := Input{School: School{Calendar: drawCalendar(t), FirstLook: at("2026-09-01 00:00"), Review: policy.Review{Last: date("2027-01-20"), Every: 1}}, Reminders: []Reminder{drawRule(t)}, Outs: map[string]map[string]Out{"training": {}}}
		in.School = in.Known()
		list, err := in.Occurrences(in.Reminders[0])
		if err != nil {
			t.Fatal(err)
		}
		in.Now = date("2026-09-05").At(rapid.IntRange(0, 23).Draw(t, "hour"), 0, london).AddDate(0, 0, rapid.IntRange(0, 650).Draw(t, "day"))
		newest, want := -1, ""
		for i, o := range list {
			if rapid.Bool().Draw(t, "went") && o.At.Before(in.Now) {
				in.Outs["training"][o.Key] = Out{Name: "training", Key: o.Key, Day: o.Day, At: o.At, Began: o.At, Told: map[string]time.Time{"kim": o.At}}
				newest, want = i, ""
			} else if newest < i && countSchoolDays(in.Calendar, o.Day, in.Calendar.Date(in.Now)) {
				want = o.Key
			}
		}
		have := ""
		for _, o := range Check(in) {
			if o.Rule == "reminder.missed" {
				have = o.Subject[len("reminder/training-"):]
			}
		}
		if have != want {
			t.Fatalf("have %q want %q at %s", have, want, in.Now)
		}
	})
}

// countSchoolDays tells whether ten school days lie after one day and before another.
func countSchoolDays(c *calendar.Calendar, from, to calendar.Date) bool {
	n := 0
	for d := from.AddDays(1); d.Before(to); d = d.AddDays(1) {
		if schoolDay(c, d) {
			n++
		}
	}
	return n >= LastDay
}

// TestKnown: a school that remembers what it worked out answers as one that does not, whatever is asked of it before and whatever the caller does with the answer.
func TestKnown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plain := School{Calendar: drawCalendar(t), Review: policy.Review{Last: date("2027-01-20"), Every: 1}, FirstLook: at("2027-09-01 00:00")}
		known := plain.Known()
		for range rapid.IntRange(1, 5).Draw(t, "questions") {
			r := drawRule(t)
			want, wrong := plain.Occurrences(r)
			for range 2 {
				have, err := known.Occurrences(r)
				if diff := cmp.Diff(want, have); diff != "" || (err == nil) != (wrong == nil) {
					t.Fatalf("%v, %v (-as worked out anew +as remembered):\n%s", wrong, err, diff)
				}
				clear(have)
			}
		}
	})
}
