package jobs

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/calendar"
	"esafetybot/internal/moderation"
	"esafetybot/internal/policy"
	"esafetybot/internal/seen"
	"esafetybot/internal/store"
)

// Which jobs are due at what o'clock: those that look at the hour of the reports, the comments again at the hour of the teachers' mail, each once a day, on the days on which
// the clocks change too.
func TestDueAtTheirHours(t *testing.T) {
	morning, afternoon := policy.Clock{Hour: 7, Minute: 30}, policy.Clock{Hour: 15, Minute: 45}
	night, nearly := policy.Clock{Hour: 1, Minute: 15}, policy.Clock{Hour: 1, Minute: 45}
	both := []string{CommentsJob, CheckInsJob, ApplyJob, ReportJob}
	all := []string{CommentsJob, CheckInsJob, DigestJob, ApplyJob, ReportJob}
	digest := []string{CommentsJob, DigestJob, ApplyJob, ReportJob}
	for _, c := range []struct {
		name           string
		report, digest policy.Clock
		ran            map[string]string // job → when it last ran; "!" before it failed
		now            string
		want           []string
	}{
		{"never ran, in the morning", morning, afternoon, nil, "2026-11-18 07:30", both},
		{"never ran, in the night", morning, afternoon, nil, "2026-11-18 03:00", both},
		{"never ran, in the evening", morning, afternoon, nil, "2026-11-18 18:00", all},
		{"ran this morning", morning, afternoon, ranAt("2026-11-18 07:30", "2026-11-17 15:45"), "2026-11-18 15:44", nil},
		{"at the hour of the mail", morning, afternoon, ranAt("2026-11-18 07:30", "2026-11-17 15:45"), "2026-11-18 15:45", digest},
		{"the mail is out", morning, afternoon, ranAt("2026-11-18 15:45", "2026-11-18 15:45"), "2026-11-18 23:59", nil},
		{"the next morning", morning, afternoon, ranAt("2026-11-18 15:45", "2026-11-18 15:45"), "2026-11-19 07:30", both},
		{"was down since the morning of yesterday", morning, afternoon, ranAt("2026-11-17 07:30", "2026-11-16 15:45"), "2026-11-18 07:30", both},
		{"the mail failed", morning, afternoon, ranAt("2026-11-18 15:45", "!2026-11-18 15:45"), "2026-11-18 15:50", digest},
		{"the mail failed, and the next morning", morning, afternoon, ranAt("2026-11-18 15:45", "!2026-11-18 15:45"), "2026-11-19 07:30", both},
		{"looking failed", morning, afternoon, ranAt("!2026-11-18 15:45", "2026-11-18 15:45"), "2026-11-18 15:50", both},

		{"summer time", morning, afternoon, ranAt("2026-10-24 07:30", "2026-10-23 15:45"), "2026-10-24 15:45 BST", digest},
		{"clocks go back: in the morning", morning, afternoon, ranAt("2026-10-24 15:45", "2026-10-24 15:45"), "2026-10-25 07:29 GMT", nil},
		{"clocks go back: at the hour", morning, afternoon, ranAt("2026-10-25 07:30", "2026-10-24 15:45"), "2026-10-25 15:45 GMT", digest},
		{"clocks go back: an hour before", morning, afternoon, ranAt("2026-10-25 07:30", "2026-10-24 15:45"), "2026-10-25 14:45 GMT", nil},
		{"clocks go forward: at the hour", morning, afternoon, ranAt("2027-03-28 07:30", "2027-03-27 15:45"), "2027-03-28 15:45 BST", digest},
		{"clocks go forward: a minute before", morning, afternoon, ranAt("2027-03-28 07:30", "2027-03-27 15:45"), "2027-03-28 15:44 BST", nil},
		{"clocks go back: the hour comes for the first time", night, nearly, ranAt("2026-10-25 01:15 BST", "2026-10-24 01:45 BST"), "2026-10-25 01:45 BST", digest},
		{"clocks go back: and for the second", night, nearly, ranAt("2026-10-25 01:45 BST", "2026-10-25 01:45 BST"), "2026-10-25 01:45 GMT", nil},
		{"clocks go back: after the hour, and then before it again", night, nearly, ranAt("2026-10-25 01:45 BST", "2026-10-25 01:45 BST"), "2026-10-25 01:00 GMT", nil},
		{"clocks go forward: the hour is left out", night, nearly, ranAt("2027-03-27 01:45", "2027-03-27 01:45"), "2027-03-28 02:00 BST", all},
		{"clocks go forward: right before", night, nearly, ranAt("2027-03-27 01:45", "2027-03-27 01:45"), "2027-03-28 00:59 GMT", nil},
		{"clocks go forward: once", night, nearly, ranAt("2027-03-28 02:00 BST", "2027-03-28 02:00 BST"), "2027-03-28 02:45 BST", nil},
	} {
		s := openStore(t)
		for job, at := range c.ran {
			clock, failed := strings.CutPrefix(at, "!")
			r := &Record{ID: job, Job: job, Started: place(t, clock).UTC()}
			if failed {
				r.Error = "the state was full"
			}
			b := &store.Batch{}
			if err := r.Add(b); err != nil {
				t.Fatal(err)
			}
			if err := s.Commit(t.Context(), b); err != nil {
				t.Fatal(err)
			}
		}
		p := parsed(t, schoolPolicy)
		p.Mail.Report, p.Mail.Digest = c.report, c.digest
		now := place(t, c.now)
		have, err := Due(t.Context(), Env{Store: s, Policy: p, Clock: func() time.Time { return now.UTC() }})
		have = slices.DeleteFunc(have, func(job string) bool { return job == WeeklyJob }) // of that TestWeeklyOn
		if len(have) == 0 {
			have = nil
		}
		if diff := cmp.Diff(c.want, have); diff != "" || err != nil {
			t.Errorf("%s (-want +have): %v\n%s", c.name, err, diff)
		}
	}
}

// ranAt is when the jobs that look (and the report) ran last, and when the mail did.
func ranAt(looked, mailed string) map[string]string {
	report, _ := strings.CutPrefix(looked, "!")
	return map[string]string{CommentsJob: looked, CheckInsJob: looked, ReportJob: report, DigestJob: mailed}
}

// Without a clause on comments nobody's mail is ever due.
func TestNoDigestWithoutComments(t *testing.T) {
	p := parsed(t, strings.Replace(schoolPolicy, "      - {check: comments, with: {rules: [unreviewed, no-host, private-by-other-adult]}, severity: medium, due: 2 school days}\n", "", 1))
	have, err := Due(t.Context(), Env{Store: openStore(t), Policy: p, Clock: func() time.Time { return place(t, "2026-11-18 18:00") }})
	if err != nil || slices.Contains(have, DigestJob) || slices.Contains(have, CommentsJob) {
		t.Errorf("due: %v (%v)", have, err)
	}
}

// Teachers' mail goes on days on which they are at school.
func TestSchoolIn(t *testing.T) {
	cal := parsed(t, schoolPolicy).Calendar
	cal.Closures = []calendar.Range{{First: date("2026-12-03"), Last: date("2026-12-03")}}
	without := &calendar.Calendar{Location: cal.Location, BankHolidays: cal.BankHolidays}
	tuesdays := []time.Weekday{time.Tuesday, time.Saturday}
	for _, c := range []struct {
		name string
		cal  *calendar.Calendar
		days []time.Weekday
		now  string
		want bool
	}{
		{"a school day", cal, nil, "2026-11-18 15:45", true},
		{"an inset day", cal, nil, "2026-11-20 15:45", true},
		{"a Saturday", cal, nil, "2026-11-21 15:45", false},
		{"the half-term", cal, nil, "2026-10-28 15:45", false},
		{"a holiday", cal, nil, "2026-12-22 15:45", false},
		{"a bank holiday in a term", cal, nil, "2027-05-03 15:45", false},
		{"closed", cal, nil, "2026-12-03 15:45", false},
		{"their day", cal, tuesdays, "2026-11-17 15:45", true},
		{"not their day", cal, tuesdays, "2026-11-18 15:45", false},
		{"their day, and no school", cal, tuesdays, "2026-10-27 15:45", false},
		{"their Saturday", cal, tuesdays, "2026-11-21 15:45", false},
		{"by the school's date", cal, []time.Weekday{time.Tuesday}, "2026-10-20 00:30", true}, // Monday in UTC
		{"before the terms", cal, nil, "2026-09-01 15:45", true},                              // a Tuesday of which the calendar does not tell
		{"a weekend before the terms", cal, nil, "2026-08-29 15:45", false},
		{"a bank holiday before the terms", cal, nil, "2026-08-31 15:45", false},
		{"no term dates", without, nil, "2026-11-18 15:45", true},
		{"no term dates, a weekend", without, nil, "2026-11-21 15:45", false},
		{"no term dates, Christmas Day", without, nil, "2026-12-25 15:45", false},
		{"no term dates, not their day", without, tuesdays, "2026-11-18 15:45", false},
	} {
		if have := schoolIn(c.cal, c.days, place(t, c.now).UTC()); have != c.want {
			t.Errorf("%s: %v, want %v", c.name, have, c.want)
		}
	}
}

// Which post it is, in words, with the title in somebody else's keeping; and a link that opens it as its reader.
func TestPostWords(t *testing.T) {
	made := place(t, "2026-09-14 09:00")
	name := func(title string) string { return "{" + title + "}" }
	for _, c := range []struct {
		post moderation.Post
		want string
	}{
		{moderation.Post{}, "an announcement"},
		{moderation.Post{Kind: seen.PostAnnouncement, Title: "never shown", Made: made}, "the announcement of 14 September"},
		{moderation.Post{Kind: seen.PostCourseWork}, "a piece of classwork"},
		{moderation.Post{Kind: seen.PostCourseWork, Made: made}, "a piece of classwork of 14 September"},
		{moderation.Post{Kind: seen.PostCourseWork, Title: "Our river", Made: made}, "the classwork “{Our river}”"},
		{moderation.Post{Kind: seen.PostMaterial, Made: made}, "a material of 14 September"},
		{moderation.Post{Kind: seen.PostMaterial, Title: "Slides"}, "the material “{Slides}”"},
	} {
		if have := c.post.Words(name); have != c.want {
			t.Errorf("%q, want %q", have, c.want)
		}
	}
	for _, c := range []struct {
		post          *moderation.Post
		address, want string
	}{
		{&moderation.Post{}, "", "https://classroom.google.com/c/NTUxMg"},
		{&moderation.Post{}, "kim+a@school.example", "https://classroom.google.com/c/NTUxMg?authuser=kim%2Ba%40school.example"},
		{&moderation.Post{Link: "https://classroom.google.com/c/NTUxMg/p/Nw?hl=en"}, "kim@school.example", "https://classroom.google.com/c/NTUxMg/p/Nw?authuser=kim%40school.example&hl=en"},
		{&moderation.Post{Link: "javascript:alert(1)"}, "kim@school.example", ""},
		{&moderation.Post{Link: "https://%zz"}, "kim@school.example", ""},
	} {
		if have := c.post.LinkAs("5512", c.address); have != c.want {
			t.Errorf("link %q, want %q", have, c.want)
		}
	}
}
