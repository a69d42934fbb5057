package comments

import (
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"esafetybot/internal/calendar"
	"esafetybot/internal/moderation"
	"esafetybot/internal/seen"
)

// What needs looking at, and what was looked at.
func TestUnreviewed(t *testing.T) {
	thursday := waits("2026-11-19", "")
	afterNoon := waits("2026-11-19", "2026-11-17T12:00:00Z")
	noReplies := func(w *world) { w.ask.Replies = false }
	play(t, Unreviewed, []scene{
		{"nothing happened", func(*world) {}, nil},
		{"a pupil's comment", func(w *world) { w.wrote("pat", ten) }, thursday},
		{"of somebody of whom nothing is known", func(w *world) { w.wrote("", ten) }, thursday},
		{"of somebody outside", func(w *world) { w.wrote("sha256-00", ten) }, thursday},
		{"of supply", func(w *world) { w.wrote("sue", ten) }, thursday},
		{"of supply who teaches the class", func(w *world) { w.teachers("kim", "sue"); w.wrote("sue", ten) }, nil},
		{"a pupil's own post", func(w *world) { w.posted("pat", ten) }, thursday},
		{"a teacher's post", func(w *world) { w.posted("kim", ten) }, nil},
		{"another member of staff's post", func(w *world) { w.posted("moe", ten) }, nil},
		{"a post of supply who teaches the class", func(w *world) { w.teachers("kim", "sue"); w.posted("sue", ten) }, thursday},
		{"a private comment", func(w *world) { w.private("pat", ten) }, nil},
		{"since the first of several", func(w *world) { w.wrote("pia", noon); w.wrote("pat", ten) }, thursday},
		{"in whole seconds, cut off", func(w *world) { w.wrote("pat", "2026-11-17 10:00:30.999") }, waits("2026-11-19", "2026-11-17T10:00:30Z")},
		{"told in UTC", func(w *world) { w.now = "2026-10-20"; w.wrote("pat", "2026-10-20 00:30") }, waits("2026-10-22", "2026-10-19T23:30:00Z")},
		{"each post by itself", func(w *world) {
			w.actOn("p2", moderation.Comment, "pia", noon)
			w.wrote("pat", ten)
			w.actOn("p3", moderation.Comment, "kim", ten)
		}, []string{"post/c1-p1: due 2026-11-19, since 2026-11-17T10:00:00Z", "post/c1-p2: due 2026-11-19, since 2026-11-17T12:00:00Z"}},

		{"of staff", func(w *world) { w.wrote("moe", ten) }, nil},
		{"of staff switched off", func(w *world) { w.wrote("old", ten) }, nil},
		{"staff too", func(w *world) { w.ask.Staff = true; w.wrote("moe", ten) }, thursday},
		{"staff too: the teacher's", func(w *world) { w.ask.Staff = true; w.wrote("kim", ten) }, nil},
		{"staff too: a pupil's", func(w *world) { w.ask.Staff = true; w.wrote("pat", ten) }, thursday},
		{"staff too: of nobody who is known", func(w *world) { w.ask.Staff = true; w.wrote("", ten) }, thursday},
		{"staff too: the teacher's, replies do not count", func(w *world) { noReplies(w); w.ask.Staff = true; w.wrote("kim", ten) }, nil},
		{"staff too: of one who was a teacher once", func(w *world) {
			noReplies(w)
			w.teachers("moe")
			w.teachers("kim")
			w.ask.Staff = true
			w.wrote("moe", ten)
		}, thursday},
		{"staff too: of a pupil on the list of teachers", func(w *world) { w.teachers("kim", "pia"); w.ask.Staff = true; w.wrote("pia", ten) }, thursday},
		{"staff too: of a grown-up on the list of students", func(w *world) {
			w.ask.Staff = true
			w.list = append(w.list, seen.ClassMember{ID: "moe"})
			w.wrote("moe", ten)
		}, thursday},
		{"staff too: of a teacher whose account is gone", func(w *world) {
			w.list = append(w.list, seen.ClassMember{ID: "gone", Teacher: true})
			w.ask.Staff = true
			w.wrote("gone", ten)
		}, thursday},
		{"staff too: a post of supply who teaches the class", func(w *world) { w.teachers("kim", "sue"); w.ask.Staff = true; w.posted("sue", ten) }, nil},
		{"staff too: a post of staff", func(w *world) { w.ask.Staff = true; w.posted("moe", ten) }, nil},
		{"staff too: of cover", func(w *world) {
			noReplies(w)
			w.ask.Staff = true
			w.cover("moe", "2026-11-17", "2026-11-17")
			w.wrote("moe", ten)
		}, nil},
		{"staff too: of cover of the day before", func(w *world) {
			noReplies(w)
			w.ask.Staff = true
			w.cover("moe", "2026-11-16", "2026-11-16")
			w.wrote("moe", ten)
		}, thursday},

		{"the teacher replied", func(w *world) { w.wrote("pat", ten); w.wrote("kim", noon) }, nil},
		{"at the same moment", func(w *world) { w.wrote("pat", ten); w.wrote("kim", ten) }, nil},
		{"a moment before", func(w *world) { w.wrote("pat", ten); w.wrote("kim", "2026-11-17 09:59:59.999") }, thursday},
		{"between two", func(w *world) { w.wrote("pat", ten); w.wrote("kim", "2026-11-17 11:00"); w.wrote("pat", noon) }, afterNoon},
		{"twice, and nothing since", func(w *world) { w.wrote("kim", ten); w.wrote("pat", ten); w.wrote("kim", noon) }, nil},
		{"on another post", func(w *world) { w.wrote("pat", ten); w.actOn("p2", moderation.Comment, "kim", noon) }, thursday},
		{"in private", func(w *world) { w.wrote("pat", ten); w.private("kim", noon) }, thursday},
		{"with a post", func(w *world) { w.wrote("pat", ten); w.posted("kim", noon) }, thursday},
		{"replies do not count", func(w *world) { noReplies(w); w.wrote("pat", ten); w.wrote("kim", noon) }, thursday},
		{"another member of staff replied", func(w *world) { w.wrote("pat", ten); w.wrote("moe", noon) }, thursday},
		{"nobody who is known replied", func(w *world) { w.book.Teach(""); w.wrote("pat", ten); w.wrote("", noon) }, thursday},
		{"a pupil who is on the list of teachers", func(w *world) { w.teachers("kim", "pia"); w.wrote("pat", ten); w.wrote("pia", noon) }, thursday},
		{"one who was a teacher once", func(w *world) { w.teachers("moe"); w.teachers("kim"); w.wrote("pat", ten); w.wrote("moe", noon) }, nil},
		{"cover replied", func(w *world) { w.cover("moe", "2026-11-17", "2026-11-17"); w.wrote("pat", ten); w.wrote("moe", noon) }, nil},
		{"cover of the day after", func(w *world) { w.cover("moe", "2026-11-18", "2026-11-18"); w.wrote("pat", ten); w.wrote("moe", noon) }, thursday},
		{"cover of the day before", func(w *world) { w.cover("moe", "2026-11-16", "2026-11-16"); w.wrote("pat", ten); w.wrote("moe", noon) }, thursday},
		{"cover by the school's date", func(w *world) {
			w.now = "2026-10-20"
			w.cover("moe", "2026-10-20", "2026-10-20")
			w.wrote("pat", "2026-10-19 23:00")
			w.wrote("moe", "2026-10-20 00:30") // still the 19th in UTC
		}, nil},

		{"reviewed", func(w *world) { noReplies(w); w.wrote("pat", ten); w.reviewed("kim", noon, ten) }, nil},
		{"reviewed, having seen what was before", func(w *world) { w.wrote("pat", ten); w.reviewed("kim", noon, "2026-11-17 09:59:59.999") }, thursday},
		{"reviewed, and then more", func(w *world) { w.wrote("pat", ten); w.wrote("pat", noon); w.reviewed("kim", "2026-11-17 13:00", ten) }, afterNoon},
		{"nobody sees what is yet to come", func(w *world) { w.wrote("pat", noon); w.reviewed("kim", ten, "2026-11-18 11:00") }, afterNoon},
		{"the latest of several counts", func(w *world) {
			w.wrote("pat", noon)
			w.reviewed("kim", "2026-11-17 13:00", noon)
			w.reviewed("lou", "2026-11-17 14:00", ten)
		}, nil},
		{"a reply before a review takes nothing back", func(w *world) { w.wrote("kim", ten); w.wrote("pat", noon); w.reviewed("kim", "2026-11-17 13:00", noon) }, nil},

		{"another rule is asked", func(w *world) { w.ask.Rules = []string{NoHost, PrivateByOtherAdult}; w.wrote("pat", ten) }, nil},
	})
}

// When it is due: over weekends, holidays and the days on which the clocks change, and who is in on which days.
func TestDeadline(t *testing.T) {
	working := func(n int) func(*world) {
		return func(w *world) { w.ask.Due = calendar.Deadline{Count: n, Unit: calendar.WorkingDays} }
	}
	hours := func(n int) func(*world) {
		return func(w *world) { w.ask.Due = calendar.Deadline{Count: n, Unit: calendar.Hours} }
	}
	at := func(since, now string, more ...func(*world)) func(*world) {
		return func(w *world) {
			w.now = now
			w.wrote("pat", since)
			for _, m := range more {
				m(w)
			}
		}
	}
	days := func(id string, days ...time.Weekday) func(*world) { return func(w *world) { w.daysIn(id, days...) } }
	both := func(w *world) { w.teachers("kim", "lou") }
	high := func(w *world) { w.ask.Severity = "high" }
	play(t, Unreviewed, []scene{
		{"over the inset day", at("2026-11-18 10:00", "2026-11-18"), waits("2026-11-23", "2026-11-18T10:00:00Z")},
		{"working days: the inset day is one", at("2026-11-18 10:00", "2026-11-18", working(2)), waits("2026-11-20", "2026-11-18T10:00:00Z")},
		{"over the half-term", at("2026-10-23 10:00", "2026-10-27"), waits("2026-11-03", "2026-10-23T09:00:00Z")},
		{"working days over the half-term", at("2026-10-23 10:00", "2026-10-27", working(2)), waits("2026-10-27", "2026-10-23T09:00:00Z")},
		{"high: school days are working days", at("2026-10-23 10:00", "2026-10-27", high), waits("2026-10-27", "2026-10-23T09:00:00Z")},
		{"written in the half-term", at("2026-10-28 10:00", "2026-10-29"), waits("2026-11-03", "2026-10-28T10:00:00Z")},
		{"over the bank holiday", at("2027-04-30 10:00", "2027-04-30"), waits("2027-05-05", "2027-04-30T09:00:00Z")},
		{"working days over the bank holiday", at("2027-04-30 10:00", "2027-04-30", working(1)), waits("2027-05-04", "2027-04-30T09:00:00Z")},
		{"over Christmas", at("2026-12-17 10:00", "2026-12-18"), waits("2027-01-04", "2026-12-17T10:00:00Z")},
		{"the term dates end", at("2027-07-20 10:00", "2027-07-30"), []string{"post/c1-p1: due unknown, since 2027-07-20T09:00:00Z"}},
		{"nothing is due", at(ten, "2027-01-18", func(w *world) { w.ask.Due = calendar.Deadline{} }), []string{"post/c1-p1: due unknown, since 2026-11-17T10:00:00Z"}},
		{"at once", at(ten, "2026-11-17 10:00:01", func(w *world) { w.ask.Due = calendar.Deadline{Unit: calendar.AtOnce} }), waited("2026-11-17", "")},
		{"by the school's date", at("2026-10-19 23:59:59", "2026-10-20"), waits("2026-10-21", "2026-10-19T22:59:59Z")},
		{"a second later", at("2026-10-20 00:00", "2026-10-20"), waits("2026-10-22", "2026-10-19T23:00:00Z")},

		{"five o'clock", at(ten, "2026-11-19 17:00"), waits("2026-11-19", "")},
		{"and later", at(ten, "2026-11-19 17:00:00.001"), waited("2026-11-19", "")},
		{"five o'clock in summer", at("2026-10-19 10:00", "2026-10-21 17:00"), waits("2026-10-21", "2026-10-19T09:00:00Z")},
		{"and later in summer", at("2026-10-19 10:00", "2026-10-21 17:00:01"), waited("2026-10-21", "2026-10-19T09:00:00Z")},
		{"clocks go back: five o'clock", at("2026-10-23 10:00", "2026-10-26 17:00", working(1)), waits("2026-10-26", "2026-10-23T09:00:00Z")},
		{"clocks go back: later", at("2026-10-23 10:00", "2026-10-26 17:00:01", working(1)), waited("2026-10-26", "2026-10-23T09:00:00Z")},
		{"clocks go forward: five o'clock", at("2027-03-26 10:00", "2027-03-30 17:00", working(1)), waits("2027-03-30", "2027-03-26T10:00:00Z")}, // Good Friday, and then Easter Monday
		{"clocks go forward: later", at("2027-03-26 10:00", "2027-03-30 17:00:01", working(1)), waited("2027-03-30", "2027-03-26T10:00:00Z")},
		{"hours over the clocks going back", at("2026-10-24 12:00", "2026-10-25 11:00", hours(24)), waits("2026-10-25", "2026-10-24T11:00:00Z")},
		{"are not a day", at("2026-10-24 12:00", "2026-10-25 11:00:01", hours(24)), waited("2026-10-25", "2026-10-24T11:00:00Z")},
		{"hours over the clocks going forward", at("2027-03-27 12:00", "2027-03-28 13:00", hours(24)), waits("2027-03-28", "2027-03-27T12:00:00Z")},
		{"are not a day either", at("2027-03-27 12:00", "2027-03-28 13:00:01", hours(24)), waited("2027-03-28", "2027-03-27T12:00:00Z")},
		{"hours pass whoever is in", at(ten, "2026-11-18 10:00:01", hours(24), days("kim", time.Friday)), waited("2026-11-18", "")},

		{"the teacher is in on Mondays and Tuesdays", at(ten, "2026-11-18", days("kim", time.Monday, time.Tuesday)), waits("2026-11-24", "")},
		{"a job share", at(ten, "2026-11-18", both, days("kim", time.Monday, time.Tuesday), days("lou", time.Wednesday, time.Thursday)), waits("2026-11-19", "")},
		{"a job share with gaps", at(ten, "2026-11-18", both, days("kim", time.Monday), days("lou", time.Monday, time.Thursday)), waits("2026-11-23", "")},
		{"one of two is in every day", at(ten, "2026-11-18", both, days("kim", time.Monday)), waits("2026-11-19", "")},
		{"the one in every day is switched off", at(ten, "2026-11-18", func(w *world) { w.teachers("kim", "old") }, days("kim", time.Monday)), waits("2026-11-30", "")},
		{"cover is in today", at(ten, "2026-11-18", func(w *world) { w.cover("moe", "2026-11-18", "2026-11-18") }, days("kim", time.Monday)), waits("2026-11-19", "")},
		{"cover was in yesterday", at(ten, "2026-11-18", func(w *world) { w.cover("moe", "2026-11-16", "2026-11-17") }, days("kim", time.Monday)), waits("2026-11-30", "")},
		{"cover begins tomorrow", at(ten, "2026-11-18", func(w *world) { w.cover("moe", "2026-11-19", "2026-11-20") }, days("kim", time.Monday)), waits("2026-11-30", "")},
	})
}

// Who is there to look.
func TestNoHost(t *testing.T) {
	none := []string{"post/c1-p1: course/c1, since 2026-11-17T10:00:00Z"}
	with := func(teachers []string, more ...func(*world)) func(*world) {
		return func(w *world) {
			w.book.Taught = nil
			w.teachers(teachers...)
			w.wrote("pat", ten)
			for _, m := range more {
				m(w)
			}
		}
	}
	play(t, NoHost, []scene{
		{"the teacher is there", with([]string{"kim"}), nil},
		{"nobody teaches", with(nil), none},
		{"switched off", with([]string{"old"}), none},
		{"archived", with([]string{"arc"}), none},
		{"a guest", with([]string{"gus"}), none},
		{"a pupil", with([]string{"pia"}), none},
		{"no account of the Directory", with([]string{"gone"}), none},
		{"a grown-up on the list of students", with(nil, func(w *world) { w.list = append(w.list, seen.ClassMember{ID: "moe"}) }), none},
		{"one of two is there", with([]string{"old", "kim"}), nil},
		{"supply", with([]string{"sue"}), nil},
		{"cover today", with(nil, func(w *world) { w.cover("moe", "2026-11-18", "2026-11-18") }), nil},
		{"cover ended yesterday", with(nil, func(w *world) { w.cover("moe", "2026-11-10", "2026-11-17") }), none},
		{"cover begins tomorrow", with(nil, func(w *world) { w.cover("moe", "2026-11-19", "2026-11-27") }), none},
		{"cover that was ended today", with(nil, func(w *world) { w.cover("moe", "2026-11-10", "2026-11-27"); w.book.EndCover("moe", date("2026-11-18")) }), none},
		{"cover that ends tomorrow", with(nil, func(w *world) { w.cover("moe", "2026-11-10", "2026-11-27"); w.book.EndCover("moe", date("2026-11-19")) }), nil},
		{"cover whose account is switched off since", with(nil, func(w *world) { w.cover("old", "2026-11-10", "2026-11-27") }), none},
		{"nothing waits", func(w *world) { w.teachers(); w.posted("moe", ten) }, nil},
		{"it is told as nothing else", with(nil, func(w *world) { w.ask.Rules = []string{Unreviewed} }), nil},
	})
}

// Adults who do not teach the class and write to a pupil in private.
func TestPrivateByOtherAdult(t *testing.T) {
	by := func(facts string) []string { return []string{"post/c1-p1: " + facts} }
	play(t, PrivateByOtherAdult, []scene{
		{"the teacher", func(w *world) { w.private("kim", ten) }, nil},
		{"a pupil", func(w *world) { w.private("pat", ten) }, nil},
		{"nobody who is known", func(w *world) { w.private("", ten) }, nil},
		{"another member of staff", func(w *world) { w.private("moe", ten) }, by("by/moe")},
		{"switched off since", func(w *world) { w.private("old", ten) }, by("by/old")},
		{"of another school of the trust", func(w *world) { w.private("elm", ten) }, by("by/elm")},
		{"somebody outside", func(w *world) { w.private("sha256-00", ten) }, by("by/sha256-00")},
		{"each once, sorted", func(w *world) { w.private("moe", noon); w.private("lou", noon); w.private("moe", ten) }, by("by/lou, by/moe")},
		{"in the open", func(w *world) { w.wrote("moe", ten) }, nil},
		{"one who was a teacher once", func(w *world) { w.teachers("moe"); w.teachers("kim"); w.private("moe", ten) }, nil},
		{"cover on the day", func(w *world) { w.cover("moe", "2026-11-17", "2026-11-17"); w.private("moe", ten) }, nil},
		{"cover of another day", func(w *world) { w.cover("moe", "2026-11-18", "2026-11-18"); w.private("moe", ten) }, by("by/moe")},
		{"cover of another class", func(w *world) {
			other := &moderation.Class{}
			other.AddCover(moderation.Cover{ID: "x", Who: "moe", From: date("2026-11-01"), Until: date("2026-11-30")})
			w.in.Classes = []Class{{ID: "c2", Book: other}}
			w.private("moe", ten)
		}, by("by/moe")},
		{"180 days ago", func(w *world) { w.now = "2027-01-18 12:00"; w.private("moe", "2026-07-22 13:00") }, by("by/moe")}, // 13:00 in summer is 180 times 24 hours ago
		{"a moment earlier", func(w *world) { w.now = "2027-01-18 12:00"; w.private("moe", "2026-07-22 12:59:59.999") }, nil},
		{"another rule is asked", func(w *world) { w.ask.Rules = []string{Unreviewed, NoHost}; w.private("moe", ten) }, nil},
	})
}

// Clauses are told apart, and what waited too long is passed on.
func TestSeveralAsks(t *testing.T) {
	w := newWorld(Unreviewed)
	w.wrote("pat", ten)
	w.actOn("p2", moderation.Comment, "pat", "2026-11-16 10:00")
	w.actOn("p2", moderation.Private, "moe", "2026-11-16 10:00")
	second := w.ask
	second.Clause, second.Severity, second.Deals, second.Rules = "A0", "high", "head", []string{PrivateByOtherAdult, Unreviewed}
	second.Due = calendar.Deadline{Count: 1, Unit: calendar.WorkingDays}
	w.in.Asks = []Ask{w.ask, second}
	other := &moderation.Class{}
	other.Post("p9").Add(moderation.Act{At: moment(noon), Key: "k", By: "pat", What: moderation.Comment})
	w.in.Classes = []Class{{ID: "b1", Members: []seen.ClassMember{{ID: "lou", Teacher: true}}, Book: other}}
	var have []string
	for _, o := range Check(w.input()) {
		line := []string{o.Clause, o.Rule, o.Subject, o.Severity, o.Deals, strings.Join(o.Facts, ";")}
		if !o.Since.IsZero() {
			line = append(line, o.Since.UTC().Format(time.DateTime))
		}
		if !o.Due.IsZero() {
			line = append(line, o.Due.UTC().Format(time.DateTime))
		}
		have = append(have, strings.Join(line, " "))
	}
	want := []string{
		"A0 comments.private-by-other-adult post/c1-p2 high head by/moe",
		"A0 comments.unreviewed post/b1-p9 high head due 2026-11-18;since 2026-11-17T12:00:00Z 2026-11-17 12:00:00 2026-11-18 17:00:00",
		"A0 comments.unreviewed post/c1-p1 high head due 2026-11-18;since 2026-11-17T10:00:00Z 2026-11-17 10:00:00 2026-11-18 17:00:00",
		"A0 comments.unreviewed post/c1-p2 high esafety_officer due 2026-11-17;passed-on;since 2026-11-16T10:00:00Z 2026-11-16 10:00:00 2026-11-17 17:00:00",
		"A1 comments.unreviewed post/b1-p9 medium safeguarding_lead due 2026-11-19;since 2026-11-17T12:00:00Z 2026-11-17 12:00:00 2026-11-19 17:00:00",
		"A1 comments.unreviewed post/c1-p1 medium safeguarding_lead due 2026-11-19;since 2026-11-17T10:00:00Z 2026-11-17 10:00:00 2026-11-19 17:00:00",
		"A1 comments.unreviewed post/c1-p2 medium safeguarding_lead due 2026-11-18;since 2026-11-16T10:00:00Z 2026-11-16 10:00:00 2026-11-18 17:00:00",
	}
	if diff := gocmp.Diff(want, have); diff != "" {
		t.Errorf("findings (-want +have):\n%s", diff)
	}
}

// What a mail is made of: the oldest first, how many acts wait, the newest, and who is there to look.
func TestWaiting(t *testing.T) {
	w := newWorld(Unreviewed)
	w.teachers("lou", "kim")
	w.actOn("p1", moderation.Comment, "pat", noon)
	w.actOn("p2", moderation.Comment, "pat", "2026-11-16 10:00")
	w.actOn("p2", moderation.Comment, "kim", "2026-11-16 11:00")
	w.actOn("p2", moderation.Comment, "pat", ten)
	w.actOn("p2", moderation.Comment, "pia", noon)
	w.actOn("p2", moderation.Private, "pia", "2026-11-18 09:00")
	w.actOn("p3", moderation.Comment, "pat", "2026-11-16 11:30")
	in := w.input()
	var have []string
	for _, i := range in.Waiting(w.ask, in.Classes[0]) {
		var hosts []string
		for _, h := range i.Hosts {
			hosts = append(hosts, h.ID)
		}
		have = append(have, strings.Join([]string{i.Course, i.Post, i.Since.UTC().Format("2 15:04"), i.Newest.UTC().Format("2 15:04"), strings.Repeat("*", i.New), strings.Join(hosts, "+")}, " "))
	}
	if diff := gocmp.Diff([]string{"c1 p3 16 11:30 16 11:30 * kim+lou", "c1 p2 17 10:00 17 12:00 ** kim+lou", "c1 p1 17 12:00 17 12:00 * kim+lou"}, have); diff != "" {
		t.Errorf("what waits (-want +have):\n%s", diff)
	}
}

// In whatever order and however often acts and reviews come, what waits is the same.
func TestAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type step struct {
			act    *moderation.Act
			review *moderation.Review
			cover  *moderation.Cover
		}
		at := func(name string) time.Time {
			return moment("2026-11-09 08:00").Add(time.Duration(rapid.IntRange(0, 200).Draw(t, name)) * time.Hour)
		}
		who := rapid.SampledFrom([]string{"kim", "moe", "sue", "pat", "pia", ""})
		var steps []step
		n := rapid.IntRange(1, 8).Draw(t, "steps")
		for i := range n {
			key := string(rune('a' + i))
			switch rapid.IntRange(0, 3).Draw(t, "kind") {
			case 0:
				steps = append(steps, step{review: &moderation.Review{ID: key, By: "kim", At: at("reviewed"), Saw: at("saw")}})
			case 1:
				from := calendar.DateOf(at("from"))
				steps = append(steps, step{cover: &moderation.Cover{ID: key, Who: "moe", From: from, Until: from.AddDays(2)}})
			default:
				by := who.Draw(t, "by")
				steps = append(steps, step{act: &moderation.Act{
					At: at("at"), Key: key, By: by, What: rapid.SampledFrom([]string{moderation.Comment, moderation.Posted, moderation.Private}).Draw(t, "what"),
					Staff: by == "kim" || by == "moe", Adult: by != "" && by[0] != 'p',
				}})
			}
		}
		ask := newWorld("").ask
		ask.Rules, ask.Replies, ask.Staff = []string{Unreviewed, NoHost, PrivateByOtherAdult}, rapid.Bool().Draw(t, "replies"), rapid.Bool().Draw(t, "staff")
		judge := func(order []step) any {
			w := newWorld("")
			w.ask = ask
			for _, s := range order {
				switch {
				case s.act != nil:
					w.book.Post("p1").Add(*s.act)
				case s.review != nil:
					w.book.Post("p1").AddReview(*s.review)
				default:
					w.book.AddCover(*s.cover)
				}
			}
			return Check(w.input())
		}
		again := rapid.Permutation(append(append([]step{}, steps...), steps...)).Draw(t, "again")
		if diff := gocmp.Diff(judge(steps), judge(again)); diff != "" {
			t.Fatalf("the order matters (-first +again):\n%s", diff)
		}
	})
}
