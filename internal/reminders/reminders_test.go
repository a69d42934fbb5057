package reminders

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/calendar"
	"esafetybot/internal/policy"
)

func date(s string) calendar.Date {
	d, err := calendar.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

var london = func() *time.Location {
	l, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic(err)
	}
	return l
}()

func at(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", s, london)
	if err != nil {
		panic(err)
	}
	return t
}

func span(first, last string) calendar.Range {
	return calendar.Range{First: date(first), Last: date(last)}
}

// year is the school year of the Classroom school: it moves up on 20 July, two days before its last term ends.
func year() *calendar.Calendar {
	return &calendar.Calendar{
		Location: london, BankHolidays: "england-and-wales", Rollover: span("2026-07-20", "2026-09-25"),
		Inset: []calendar.Date{date("2026-09-02"), date("2026-09-03"), date("2027-01-04"), date("2027-06-07"), date("2027-07-21")},
		Terms: []calendar.Term{
			{Name: "Autumn", First: date("2026-09-02"), Last: date("2026-12-18"), HalfTerm: span("2026-10-26", "2026-10-30")},
			{Name: "Spring", First: date("2027-01-04"), Last: date("2027-03-25"), HalfTerm: span("2027-02-15", "2027-02-19")},
			{Name: "Summer", First: date("2027-04-12"), Last: date("2027-07-21"), HalfTerm: span("2027-05-31", "2027-06-04")},
		},
	}
}

// rule is a reminder as a policy says it.
func rule(t testing.TB, when string, more ...string) Reminder {
	t.Helper()
	text := `school: {name: Example Primary, timezone: Europe/London, domains: [school.example]}
people: {headteacher: head@school.example, chair_of_governors: chair@home.example, safeguarding_lead: head@school.example, esafety_officer: {address: officer@school.example, days: [mon, wed]}}
calendar: {terms: [{name: Autumn, first: 2026-09-02, last: 2026-12-18}]}
review: {last: 2026-07-06, every: year}
clauses:
  - id: A18
    says: Pupils have sessions.
    deals_with_it: headteacher
    met_by:
      - {reminder: training, ` + strings.Join(append([]string{fmt.Sprintf("with: {when: %q}", when)}, more...), ", ") + `}
`
	p, err := policy.Parse("p.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return Planned(p)[0]
}

func school() School {
	return School{Calendar: year(), Review: policy.Review{Last: date("2026-07-06"), Every: 1}, FirstLook: at("2026-08-01 10:00")}
}

func TestOccurrences(t *testing.T) {
	for _, c := range []struct {
		when string
		more []string
		want string
	}{
		{"3 per half term", nil, `2026-autumn-1-1 2026-09-14 08:30; 2026-autumn-1-2 2026-09-30 08:30; 2026-autumn-1-3 2026-10-16 08:30; 2026-autumn-2-1 2026-11-09 08:30; 2026-autumn-2-2 2026-11-25 08:30; 2026-autumn-2-3 2026-12-11 08:30; ` +
			`2026-spring-1-1 2027-01-11 08:30; 2026-spring-1-2 2027-01-25 08:30; 2026-spring-1-3 2027-02-08 08:30; 2026-spring-2-1 2027-02-26 08:30; 2026-spring-2-2 2027-03-10 08:30; 2026-spring-2-3 2027-03-22 08:30; ` +
			`2026-summer-1-1 2027-04-19 08:30; 2026-summer-1-2 2027-05-06 08:30; 2026-summer-1-3 2027-05-21 08:30; 2026-summer-2-1 2027-06-15 08:30; 2026-summer-2-2 2027-06-29 08:30; 2026-summer-2-3 2027-07-13 08:30`},
		{"1 per term", nil, "2026-autumn 2026-10-23 08:30; 2026-spring 2027-02-10 08:30; 2026-summer 2027-05-27 08:30"},
		{"1 per year", nil, "2026 2027-02-05 08:30"},
		{"first Monday of each term", nil, "2026-autumn 2026-09-07 08:30; 2026-spring 2027-01-11 08:30; 2026-summer 2027-04-12 08:30"},
		{"last Friday of each half term", nil, "2026-autumn-1 2026-10-23 08:30; 2026-autumn-2 2026-12-18 08:30; 2026-spring-1 2027-02-12 08:30; 2026-spring-2 2027-03-19 08:30; 2026-summer-1 2027-05-28 08:30; 2026-summer-2 2027-07-16 08:30"},
		{"yearly in February", nil, "2027-02 2027-02-10 08:30"},
		{"yearly in August", nil, ""},
		{"each autumn term", nil, "2026-autumn 2026-10-23 08:30"},
		{"September, first week", nil, "2026-09 2026-09-04 08:30"},
		{"May, last week", nil, "2027-05 2027-05-28 08:30"},
		{"90, 30 and 7 days before the policy's review date", nil, "review-2027-07-06-90 2027-03-25 08:30; review-2027-07-06-30 2027-05-28 08:30; review-2027-07-06-7 2027-06-29 08:30"},
		{"every 100 days", nil, "2026-d0 2026-09-04 08:30; 2026-d1 2026-12-14 08:30; 2026-d2 2027-03-23 08:30; 2026-d3 2027-07-01 08:30"},
		{"30 9 1 * *", nil, "2026-10-01 2026-10-01 09:30; 2026-12-01 2026-12-01 09:30; 2027-02-01 2027-02-01 09:30; 2027-03-01 2027-03-01 09:30; 2027-07-01 2027-07-01 09:30"},
	} {
		list, err := school().Occurrences(rule(t, c.when, c.more...))
		if err != nil {
			t.Errorf("%s: %v", c.when, err)
		}
		var have []string
		for _, o := range list {
			have = append(have, o.Key+" "+o.At.In(london).Format("2006-01-02 15:04"))
			if o.Day != calendar.DateOf(o.At.In(london)) {
				t.Errorf("%s: day %s at %s", c.when, o.Day, o.At)
			}
		}
		if d := cmp.Diff(strings.ReplaceAll(c.want, "; ", "\n"), strings.Join(have, "\n")); d != "" {
			t.Errorf("%s (-want +have):\n%s", c.when, d)
		}
	}
	if _, err := (School{Calendar: year()}).Occurrences(rule(t, "7 days before the policy's review date")); !errors.Is(err, ErrNoReview) {
		t.Errorf("without a review: %v", err)
	}
	if list, err := (School{Calendar: &calendar.Calendar{}}).Occurrences(rule(t, "3 per term")); err != nil || len(list) > 0 {
		t.Errorf("without term dates: %v %v", list, err)
	}
}

// Nothing of what was due before the program was there.
func TestStart(t *testing.T) {
	s := school()
	s.FirstLook = at("2026-09-14 12:00")
	list, err := s.Occurrences(rule(t, "3 per half term"))
	if err != nil || list[0].Key != "2026-autumn-1-1" {
		t.Errorf("what was due on the first day counts: %v %v", list[0], err)
	}
	s.FirstLook = at("2026-09-15 00:00")
	if list, err = s.Occurrences(rule(t, "3 per half term")); err != nil || list[0].Key != "2026-autumn-1-2" {
		t.Errorf("%v %v", list[0], err)
	}
}

// The days between which a review falls are not known yet.
func TestReviewBeyondTheTerms(t *testing.T) {
	s := school()
	s.Review = policy.Review{Last: date("2026-09-20"), Every: 1}
	list, err := s.Occurrences(rule(t, "90, 30 and 7 days before the policy's review date"))
	if err != nil || len(list) != 1 || list[0].Key != "review-2027-09-20-90" || list[0].Day != date("2027-06-22") {
		t.Errorf("%v %v", list, err)
	}
	s.Calendar.Terms = append(s.Calendar.Terms, calendar.Term{Name: "Autumn", First: date("2027-09-02"), Last: date("2027-12-17")})
	if list, _ = s.Occurrences(rule(t, "90, 30 and 7 days before the policy's review date")); len(list) != 3 || list[1].Day != date("2027-07-20") || list[2].Day != date("2027-09-13") {
		t.Errorf("%v", list)
	}
}

func TestPeriods(t *testing.T) {
	s := school()
	for _, c := range []struct{ when, every, want string }{
		{"3 per half term", "half term", "2026-autumn-1"},
		{"3 per half term", "term", "2026-autumn"},
		{"3 per half term", "year", "2026"},
		{"3 per half term", "month", "2026-09"},
		{"3 per half term", "week", "2026-09-14"},
		{"3 per half term", "two years", "2026-autumn-1-1"},
		{"3 per half term", "", "2026-autumn-1-1"},
	} {
		var more []string
		if c.every != "" {
			more = append(more, "every: "+c.every)
		}
		list, err := s.Occurrences(rule(t, c.when, more...))
		if err != nil || list[0].Period != c.want {
			t.Errorf("every %s: %v %v", c.every, list[0], err)
		}
	}
	// The last days of July are of the year of their term, although accounts move up on the 20th.
	list, err := s.Occurrences(rule(t, "last Friday of each term", "every: year"))
	if err != nil || list[2].Period != "2026" {
		t.Errorf("%v %v", list, err)
	}
}

// input is a school with one reminder at a moment.
func input(t testing.TB, now string, r Reminder) Input {
	t.Helper()
	return Input{School: school(), Now: at(now), Reminders: []Reminder{r}, Outs: map[string]map[string]Out{}, Confirms: map[string][]Confirm{}}
}

// out notes that an occurrence went out.
func (in Input) out(key, day string, change func(*Out)) {
	if in.Outs["training"] == nil {
		in.Outs["training"] = map[string]Out{}
	}
	o := Out{Name: "training", Key: key, Day: date(day), At: at(day + " 08:30"), Began: at(day + " 08:30"), Told: map[string]time.Time{"kim": at(day + " 08:30")}}
	if change != nil {
		change(&o)
	}
	in.Outs["training"][key] = o
}

func begun(in Input) string {
	var keys []string
	for _, b := range in.Begin() {
		keys = append(keys, b.Key)
	}
	return strings.Join(keys, " ")
}

func TestBegin(t *testing.T) {
	r := rule(t, "3 per half term") // 14 and 30 September, 16 October
	for _, c := range []struct {
		now, want, why string
	}{
		{"2026-09-11 12:00", "", "the day before"},
		{"2026-09-14 07:30", "2026-autumn-1-1", "a mail that goes anyway takes it along"},
		{"2026-09-14 16:59", "2026-autumn-1-1", "before five"},
		{"2026-09-14 17:00", "", "from five on it waits"},
		{"2026-09-19 12:00", "", "a Saturday"},
		{"2026-09-28 12:00", "2026-autumn-1-1", "the tenth school day after it"},
		{"2026-09-29 12:00", "", "the eleventh"},
		{"2026-09-30 12:00", "2026-autumn-1-2", "the next; the first is missed"},
		{"2026-10-27 12:00", "", "half-term"},
		{"2026-11-02 12:00", "2026-autumn-1-3", "after it, the sixth school day after its own"},
	} {
		if have := begun(input(t, c.now, r)); have != c.want {
			t.Errorf("%s (%s): have %q want %q", c.now, c.why, have, c.want)
		}
	}
	// One a day, the oldest first.
	weekly := rule(t, "5 per week")
	in := input(t, "2026-09-17 12:00", weekly)
	if have := begun(in); have != "2026-08-31-1" {
		t.Errorf("the oldest: %q", have) // of the week of Friday 4 September
	}
	in.out("2026-08-31-1", "2026-09-04", func(o *Out) { o.Began = at("2026-09-17 11:00") })
	if have := begun(in); have != "" {
		t.Errorf("a second one on that day: %q", have)
	}
	in.Now = at("2026-09-18 12:00")
	if have := begun(in); have != "2026-09-07-1" {
		t.Errorf("the next day: %q", have)
	}
	// In Classroom not before its hour, on a later day neither.
	posted := rule(t, "3 per half term")
	posted.With = &policy.ReminderWith{To: []string{"pupils"}, Through: policy.ThroughClassroom, As: policy.AsDraft, When: r.With.When, At: policy.Clock{Hour: 8, Minute: 45}}
	for now, want := range map[string]string{"2026-09-14 08:44": "", "2026-09-14 08:45": "2026-autumn-1-1", "2026-09-15 07:30": "", "2026-09-15 09:00": "2026-autumn-1-1"} {
		if have := begun(input(t, now, posted)); have != want {
			t.Errorf("in Classroom at %s: %q, want %q", now, have, want)
		}
	}
}

func found(list []string) string { return strings.Join(list, "; ") }

func checked(in Input) string {
	var out []string
	for _, o := range Check(in) {
		out = append(out, o.Clause+" "+o.Rule+" "+o.Subject+" ("+strings.Join(o.Facts, ", ")+")")
	}
	return found(out)
}

func TestMissed(t *testing.T) {
	r := rule(t, "3 per half term")
	missed := func(key, facts string) string {
		return "A18 reminder.missed reminder/training-" + key + " (" + facts + ")"
	}
	in := input(t, "2026-09-28 12:00", r)
	if have := checked(in); have != "" {
		t.Errorf("on the tenth school day: %s", have)
	}
	in.Now = at("2026-09-29 00:30")
	if have := checked(in); have != missed("2026-autumn-1-1", "nobody") {
		t.Errorf("after it: %s", have)
	}
	// To one class it went, to two it did not.
	in.out("2026-autumn-1-1", "2026-09-14", func(o *Out) {
		o.Told = nil
		o.Posts = map[string]Post{"11": {Ended: at("2026-09-14 09:00")}, "12": {Problem: ProblemNoTeacher}, "13": {Intended: at("2026-09-14 09:00")}}
	})
	if have := checked(in); have != missed("2026-autumn-1-1", "class/12, class/13") {
		t.Errorf("some classes: %s", have)
	}
	in.out("2026-autumn-1-2", "2026-09-30", func(o *Out) {
		o.Told, o.Posts = nil, map[string]Post{"12": {Ended: at("2026-09-30 09:00")}, "13": {}}
	})
	in.Now = at("2026-09-30 12:00")
	if have := checked(in); have != missed("2026-autumn-1-1", "class/13") {
		t.Errorf("a later one reached class 12: %s", have)
	}
	// By mail to some.
	in = input(t, "2026-09-29 12:00", r)
	in.out("2026-autumn-1-1", "2026-09-14", func(o *Out) { o.For = []string{"lou"} })
	if have := checked(in); have != missed("2026-autumn-1-1", "some") {
		t.Errorf("not everybody: %s", have)
	}
	in.out("2026-autumn-1-2", "2026-09-30", nil)
	if in.Now = at("2026-09-30 12:00"); checked(in) != "" || !in.Gone("reminder.missed", "reminder/training-2026-autumn-1-1") {
		t.Errorf("a later one went to everybody: %s", checked(in))
	}
	// The next one is missed as well: that is another finding, and the first was not put right.
	in = input(t, "2026-11-20 12:00", r)
	if have := checked(in); have != missed("2026-autumn-1-3", "nobody")+"" && have != missed("2026-autumn-2-1", "nobody") {
		t.Errorf("the newest: %s", have)
	}
	if in.Gone("reminder.missed", "reminder/training-2026-autumn-1-1") {
		t.Error("nothing was put right")
	}
	// Where the term dates end nobody knows a tenth school day.
	in = input(t, "2027-08-20 12:00", rule(t, "1 per half term"))
	in.FirstLook = at("2027-07-01 00:00")
	in.Calendar.Terms[2].Last = date("2027-07-05")
	if have := checked(in); have != "" {
		t.Errorf("in the holidays: %s", have)
	}
}

func TestUnconfirmed(t *testing.T) {
	r := rule(t, "3 per half term", "ask: esafety_officer", "every: half term", "due: 2 school days")
	in := input(t, "2026-10-16 08:29", r)
	for _, k := range [][2]string{{"2026-autumn-1-1", "2026-09-14"}, {"2026-autumn-1-2", "2026-09-30"}, {"2026-autumn-1-3", "2026-10-16"}} {
		in.out(k[0], k[1], nil)
	}
	if s := in.States(); len(s) > 0 {
		t.Errorf("before its last time nothing is asked: %+v", s)
	}
	in.Now = at("2026-10-16 08:30")
	s := in.States()
	if len(s) != 1 || s[0].Period != "2026-autumn-1" || !s[0].Waits() || !in.Due(s[0]).Equal(at("2026-10-21 17:00")) { // the officer is in on Mondays and Wednesdays
		t.Fatalf("%+v", s)
	}
	if in.Now = at("2026-10-21 17:00"); checked(in) != "" {
		t.Errorf("at the deadline: %s", checked(in))
	}
	in.Now = at("2026-10-21 17:01")
	if have := checked(in); have != "A18 reminder.unconfirmed reminder/training-2026-autumn-1 (period 2026-autumn-1)" {
		t.Errorf("after it: %s", have)
	}
	say := func(when, answer string) {
		in.Confirms["training"] = append(in.Confirms["training"], Confirm{ID: when, At: at(when), Period: "2026-autumn-1", Answer: answer})
	}
	say("2026-10-22 09:00", NotDone)
	if in.Now = at("2026-10-22 10:00"); checked(in) != "A18 reminder.unconfirmed reminder/training-2026-autumn-1 (not-done, period 2026-autumn-1)" {
		t.Errorf("not done: %s", checked(in))
	}
	say("2026-10-22 11:00", Done)
	if checked(in) == "" {
		t.Error("an answer to come counts")
	}
	if in.Now = at("2026-10-22 11:00"); checked(in) != "" || !in.Gone("reminder.unconfirmed", "reminder/training-2026-autumn-1") {
		t.Errorf("done: %s", checked(in))
	}
	// The next period asks anew, and what was not confirmed before is not put right.
	in.Confirms = nil
	in.Now = at("2026-12-11 09:00")
	if s := in.States(); s[0].Period != "2026-autumn-2" || in.Gone("reminder.unconfirmed", "reminder/training-2026-autumn-1") {
		t.Errorf("%+v", s)
	}
	for _, c := range []struct {
		name, period, at string
		want             bool
	}{
		{"training", "2026-autumn-1", "2026-10-16 08:30", true}, {"training", "2026-autumn-1", "2026-10-16 08:29", false}, {"training", "2026-autumn-2", "2026-12-10 12:00", false},
		{"training", "2026-autumn-1", "2026-12-10 12:00", true}, {"committee", "2026-autumn-1", "2026-12-10 12:00", false}, {"training", "2026-autumn-1-3", "2026-12-10 12:00", false},
	} {
		if _, ok := in.Asked(c.name, c.period, at(c.at)); ok != c.want {
			t.Errorf("%v: %v", c, ok)
		}
	}
}

func TestEnds(t *testing.T) {
	s := school() // until 21 July 2027
	for now, want := range map[string]bool{"2027-04-30 12:00": false, "2027-05-01 12:00": true, "2027-07-21 12:00": true, "2027-09-21 12:00": true, "2026-11-01 12:00": false} {
		if _, ok := s.Ends(at(now)); ok != want {
			t.Errorf("%s: %v", now, ok)
		}
	}
	s.Calendar.Terms = s.Calendar.Terms[:1] // until 18 December 2026
	for now, want := range map[string]bool{"2026-10-18 12:00": false, "2026-10-19 12:00": true} {
		if _, ok := s.Ends(at(now)); ok != want {
			t.Errorf("one term, %s: %v", now, ok)
		}
	}
	if _, ok := (School{Calendar: &calendar.Calendar{}}).Ends(at("2026-10-18 12:00")); !ok {
		t.Error("without terms")
	}
}

func TestReadPolicy(t *testing.T) {
	in := ReadInput{School: school(), Now: at("2026-09-30 12:00"), Clauses: []Clause{{ID: "A16", Severity: "medium", Deals: "headteacher", Due: calendar.Deadline{Count: 20, Unit: calendar.SchoolDays}}}}
	reader := func(change func(*Reader)) Reader {
		r := Reader{ID: "kim", Created: at("2020-01-06 12:00")}
		if change != nil {
			change(&r)
		}
		return r
	}
	for _, c := range []struct {
		name   string
		change func(*Reader)
		now    string
		stage  int
		found  bool
	}{
		{"before the term", nil, "2026-08-01 23:00", 0, false},
		{"first asked, on the day after the first look", nil, "2026-08-02 00:00", 1, false},
		{"half the time", nil, "2026-09-02 12:00", 2, false},
		{"on the day", nil, "2026-10-01 07:30", 3, false},
		{"at the deadline", nil, "2026-10-01 17:00", 3, false},
		{"after it", nil, "2026-10-01 17:01", 3, true},
		{"a newcomer", func(r *Reader) { r.Created = at("2026-09-28 12:00") }, "2026-10-02 12:00", 1, false},
		{"signed before the review", func(r *Reader) { r.Signed = date("2026-07-05") }, "2026-10-02 12:00", 3, true},
		{"signed since", func(r *Reader) { r.Signed = date("2026-07-06") }, "2026-10-02 12:00", 0, false},
		{"said so before", func(r *Reader) { r.Read = at("2026-07-05 23:59") }, "2026-10-02 12:00", 3, true},
		{"said so since", func(r *Reader) { r.Read = at("2026-07-06 00:00") }, "2026-10-02 12:00", 0, false},
	} {
		r := reader(c.change)
		in.Now, in.Readers = at(c.now), []Reader{r}
		if have := in.Stage(r); have != c.stage {
			t.Errorf("%s: stage %d, want %d (due %s)", c.name, have, c.stage, in.FirstDue(r))
		}
		list := CheckRead(in)
		if (len(list) == 1) != c.found {
			t.Errorf("%s: %v", c.name, list)
		}
		if c.found && (list[0].Subject != "user/kim" || list[0].Rule != "record.overdue" || !slices.Equal(list[0].Facts, []string{"review 2026-07-06"})) {
			t.Errorf("%s: %+v", c.name, list[0])
		}
	}
	in.Review = policy.Review{}
	if len(CheckRead(in)) > 0 || in.Stage(reader(nil)) != 0 {
		t.Error("without a review nobody is asked")
	}
}
