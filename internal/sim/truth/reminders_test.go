package truth

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The small school's half terms, its inset day and its extra bank holiday are in streamPolicy: Friday 20 November and Friday 14 May.

func confirms(at, by, name, period, answer string) string {
	return fmt.Sprintf(`{"at": %q, "by": %q, "do": "confirm", "reminder": %q, "period": %q, "answer": %q, "note": "In assembly."}`, at, by, name, period, answer)
}

func reads(at, by string) string {
	return fmt.Sprintf(`{"at": %q, "by": %q, "do": "read-policy"}`, at, by)
}

// Weekly on Tuesdays, asked of the leaders, the first of whom is in every day. With the first look on 2 November it is asked for on the 3rd, the
// 10th and the 17th; today is Monday the 16th.
const (
	tuesdays   = `{reminder: training, ask: leaders, every: week, due: 2 school days, with: {when: "30 8 * * tue"}}`
	unanswered = "reminder.unconfirmed reminder/training-2026-11-09: period 2026-11-09"
	notDone    = "reminder.unconfirmed reminder/training-2026-11-09: not-done, period 2026-11-09"
)

func TestWhenRemindersAreUnconfirmed(t *testing.T) {
	every := func(rhythm, when string) string {
		return `{reminder: training, ask: leaders, every: ` + rhythm + `, due: at once, with: {when: ` + when + `}}`
	}
	of := func(period string) []string {
		return []string{"reminder.unconfirmed reminder/training-" + period + ": period " + period}
	}
	const friday = "2026-09-04T05:00:00Z" // a first look early in the term
	runStream(t, []streamCase{
		{name: "not before the deadline", means: tuesdays, now: "2026-11-12T17:00:00Z"},
		{name: "a second later", means: tuesdays, now: "2026-11-12T17:00:01Z", want: []string{unanswered}},
		{name: "until the next is asked for", means: tuesdays, now: "2026-11-17T08:29:59Z", want: []string{unanswered}},
		{name: "then not yet", means: tuesdays, now: "2026-11-17T08:30:00Z"},
		{name: "over an inset day", means: tuesdays, now: "2026-11-19T17:00:01Z", want: of("2026-11-16")},
		{name: "ten school days by default", means: `{reminder: training, ask: leaders, every: half term, with: {when: "30 8 3 11 *"}}`, now: "2026-11-17T17:00:00Z"},
		{name: "and a second", means: `{reminder: training, ask: leaders, every: half term, with: {when: "30 8 3 11 *"}}`, now: "2026-11-17T17:00:01Z",
			want: of("2026-autumn-2")},
		{name: "the days of the first who is asked", means: `{reminder: training, ask: it_support, every: week, due: 2 school days, with: {when: "30 8 9 11 *"}}`, now: "2026-11-12T17:00:01Z", want: of("2026-11-09")},
		{name: "are two a week", means: `{reminder: training, ask: it_support, every: week, due: 3 school days, with: {when: "30 8 9 11 *"}}`, now: "2026-11-17T17:00:00Z"},
		{name: "working days of high", means: `{reminder: training, ask: leaders, every: week, severity: high, due: 2 school days, with: {when: "30 8 18 11 *"}}`, now: "2026-11-20T17:00:01Z", want: of("2026-11-16")},
		{name: "nobody is asked", means: `{reminder: training, every: week, due: at once}`},
		{name: "nobody plays the role", means: `{reminder: training, ask: early_years_lead, every: week, due: 2 school days, with: {when: "30 8 10 11 *"}}`, want: of("2026-11-09")},
		{name: "at half past eight at school", means: every("week", "1 per week"), first: friday, now: "2026-09-09T07:29:59Z", want: of("2026-08-31")},
		{name: "then the next is asked for", means: every("week", "1 per week"), first: friday, now: "2026-09-09T07:30:00Z"},
		{name: "and a second later is late", means: every("week", "1 per week"), first: friday, now: "2026-09-09T07:30:01Z", want: of("2026-09-07")},

		// Autumn 2 has 34 days here, of which the 29th is the last of three.
		{name: "a term's is asked for with its last", means: every("term", "3 per half term"), first: friday, now: "2026-12-11T08:30:00Z"},
		{name: "and a second later due", means: every("term", "3 per half term"), first: friday, now: "2026-12-11T08:30:01Z", want: of("2026-autumn")},
		{name: "a month's", means: every("month", "2 per month"), first: friday, now: "2026-10-31T12:00:00Z", want: of("2026-10")},
		{name: "a year's", means: every("year", "yearly in October"), first: friday, want: of("2026")},
		{name: "without a rhythm each by itself", means: `{reminder: training, ask: leaders, due: at once, with: {when: yearly in October}}`, first: friday, want: of("2026-10")},
		{name: "and of two years", means: every("two years", "yearly in October"), first: friday, want: of("2026-10")},
		{name: "before the first look", means: every("month", "yearly in October")},
		{name: "on the day of the first look", means: every("week", `"30 8 10 11 *"`), first: "2026-11-10T23:00:00Z", want: of("2026-11-09")},
		{name: "the day after", means: every("week", `"30 8 10 11 *"`), first: "2026-11-11T00:00:00Z"},
		{name: "counting down, with no review", means: `{reminder: policy-review, ask: leaders, due: at once}`},
	})
}

func TestConfirmations(t *testing.T) {
	by := func(who, answer string) []string {
		return []string{confirms("2026-11-11T09:00:00Z", who, "training", "2026-11-09", answer)}
	}
	at := func(when string) []string {
		return []string{confirms(when, "moe@school.example", "training", "2026-11-09", "done")}
	}
	none := []string{unanswered}
	note := func(n int) []string {
		return []string{strings.Replace(at("2026-11-11T09:00:00Z")[0], "In assembly.", strings.Repeat("é", n), 1)}
	}
	runStream(t, []streamCase{
		{name: "none", means: tuesdays, want: none},
		{name: "done", means: tuesdays, decisions: by("moe@school.example", "done")},
		{name: "done, late", means: tuesdays, decisions: at("2026-11-16T08:59:59Z")},
		{name: "when it was asked for", means: tuesdays, decisions: at("2026-11-10T08:30:00Z")},
		{name: "before it was", means: tuesdays, decisions: at("2026-11-10T08:29:59Z"), want: none},
		{name: "not yet made", means: tuesdays, decisions: at("2026-11-16T09:00:01Z"), want: none},
		{name: "not done", means: tuesdays, decisions: by("moe@school.example", "not-done"), want: []string{notDone}},
		{name: "not done, before the deadline", means: tuesdays, now: "2026-11-11T09:00:00Z", decisions: by("moe@school.example", "not-done"), want: []string{notDone}},
		{name: "not done, then done", means: tuesdays, decisions: append(by("moe@school.example", "not-done"), confirms("2026-11-12T09:00:00Z", "head@school.example", "training", "2026-11-09", "done"))},
		{name: "done, then not done", means: tuesdays, decisions: append(by("moe@school.example", "done"), confirms("2026-11-12T09:00:00Z", "head@school.example", "training", "2026-11-09", "not-done")), want: []string{notDone}},
		{name: "both at once: the last", means: tuesdays, decisions: append(by("moe@school.example", "done"), by("moe@school.example", "not-done")...), want: []string{notDone}},
		{name: "of another period", means: tuesdays, decisions: []string{confirms("2026-11-11T09:00:00Z", "moe@school.example", "training", "2026-11-02", "done")}, want: none},
		{name: "of another reminder", means: tuesdays, decisions: []string{confirms("2026-11-11T09:00:00Z", "moe@school.example", "committee", "2026-11-09", "done")}, want: none},
		{name: "another word", means: tuesdays, decisions: by("moe@school.example", "yes"), want: none},
		{name: "a note of 200", means: tuesdays, decisions: note(200)},
		{name: "of more", means: tuesdays, decisions: note(201), want: none},

		{name: "by an alias of the one who is asked", means: tuesdays, decisions: by("principal@school.example", "done")},
		{name: "by the officer", means: tuesdays, decisions: by("officer@school.example", "done")},
		{name: "by the deputy", means: tuesdays, decisions: by("lou@school.example", "done")},
		{name: "by who looks after the pages", means: tuesdays, decisions: by("office@school.example", "done"), want: none},
		{name: "by a teacher", means: tuesdays, decisions: by("kim@school.example", "done"), want: none},
		{name: "by a pupil", means: tuesdays, decisions: by("pat@school.example", "done"), want: none},
		{name: "by the governor, who is not asked", means: tuesdays, decisions: by("governor@home.example", "done"), want: none},
		{name: "by the governor, who is", means: strings.Replace(tuesdays, "leaders", "governor", 1), decisions: by("governor@home.example", "done")},
		{name: "by one who was switched off", means: tuesdays, decisions: by("moe@school.example", "done"), want: none,
			files: without(`{"id": "t3", "primaryEmail": "moe@school.example", "orgUnitPath": "/staff/Year 4", "suspended": true, "suspensionTime": "2026-11-11T08:00:00Z"}`)},
		{name: "by one who was switched off later", means: tuesdays, decisions: by("moe@school.example", "done"),
			files: without(`{"id": "t3", "primaryEmail": "moe@school.example", "orgUnitPath": "/staff/Year 4", "suspended": true, "suspensionTime": "2026-11-11T10:00:00Z"}`)},

		{name: "of two clauses", means: tuesdays, again: tuesdays, want: []string{unanswered, "A6 " + unanswered}},
		{name: "one for both", means: tuesdays, again: tuesdays, decisions: by("moe@school.example", "done")},
		{name: "by the one whom the other asks", means: tuesdays, again: strings.Replace(tuesdays, "leaders", "page_host", 1), decisions: by("office@school.example", "done")},
	})
}

// Everybody but Kim has read it. The first look is on Monday 2 November.
func TestPolicyRead(t *testing.T) {
	const means = "{record: policy-read, due: 2 school days}"
	review := func(last string) string { return "review: {last: " + last + ", every: year}" }
	others := func(more ...string) []string {
		list := []string{reads("2026-11-04T09:00:00Z", "lou@school.example"), reads("2026-11-04T09:00:00Z", "moe@school.example"), reads("2026-11-04T09:00:00Z", "head@school.example"),
			reads("2026-11-04T09:00:00Z", "officer@school.example"), reads("2026-11-04T09:00:00Z", "office@school.example")}
		return append(list, more...)
	}
	kims := []string{"record.overdue user/t1: review 2026-07-06"}
	roll := func(agreement string) map[string]string {
		return map[string]string{"staff.csv": "Email,Read\nkite@school.example," + agreement + "\n"}
	}
	account := func(fields string) map[string]string { return without(but(kim, fields)) }
	summerReview := review("2026-07-06")
	runStream(t, []streamCase{
		{name: "no review", means: means, decisions: others()},
		{name: "one has not", means: means, dojo: summerReview, decisions: others(), want: kims},
		// Counted from Tuesday 3 November: Wednesday, Thursday.
		{name: "not before the deadline", means: means, dojo: summerReview, now: "2026-11-05T17:00:00Z", decisions: others()},
		{name: "a second later", means: means, dojo: summerReview, now: "2026-11-05T17:00:01Z", decisions: others(), want: kims},
		{name: "five working days by default", means: "{record: policy-read}", dojo: summerReview, now: "2026-11-10T17:00:00Z", decisions: others()},
		{name: "and a second", means: "{record: policy-read}", dojo: summerReview, now: "2026-11-10T17:00:01Z", decisions: others(), want: kims},
		{name: "reviewed since the first look", means: means, dojo: review("2026-11-09"), now: "2026-11-12T17:00:00Z", decisions: others()},
		{name: "then all have to read it again", means: means, dojo: review("2026-11-09"), now: "2026-11-12T17:00:01Z", decisions: others(), want: []string{
			"record.overdue user/h1: review 2026-11-09", "record.overdue user/o1: review 2026-11-09", "record.overdue user/o2: review 2026-11-09",
			"record.overdue user/t1: review 2026-11-09", "record.overdue user/t2: review 2026-11-09", "record.overdue user/t3: review 2026-11-09"}},
		{name: "somebody new", means: means, dojo: summerReview, now: "2026-11-12T17:00:00Z", files: account(`"creationTime": "2026-11-09T08:00:00Z"`), decisions: others()},
		{name: "not so new", means: means, dojo: summerReview, now: "2026-11-12T17:00:01Z", files: account(`"creationTime": "2026-11-09T08:00:00Z"`), decisions: others(), want: kims},
		{name: "whoever is in", means: means, days: "{kim@school.example: [mon]}", dojo: summerReview, now: "2026-11-05T17:00:01Z", decisions: others(), want: kims},

		{name: "they say so", means: means, dojo: summerReview, decisions: others(reads("2026-11-06T09:00:00Z", "kim@school.example"))},
		{name: "by an alias", means: means, dojo: summerReview, decisions: others(reads("2026-11-06T09:00:00Z", "kite@school.example"))},
		{name: "not yet", means: means, dojo: summerReview, decisions: others(reads("2026-11-16T09:00:01Z", "kim@school.example")), want: kims},
		{name: "before anything counts", means: means, dojo: summerReview, decisions: others(reads("2026-10-25T23:59:59Z", "kim@school.example")), want: kims},
		{name: "just when it does", means: means, dojo: summerReview, decisions: others(reads("2026-10-26T00:00:00Z", "kim@school.example"))},
		{name: "on the day of the review", means: means, dojo: review("2026-10-30"), decisions: others(reads("2026-10-30T00:00:00Z", "kim@school.example"))},
		{name: "just before it", means: means, dojo: review("2026-10-30"), decisions: others(reads("2026-10-29T23:59:59Z", "kim@school.example")), want: []string{"record.overdue user/t1: review 2026-10-30"}},
		{name: "somebody else says so", means: means, dojo: summerReview, decisions: others(confirms("2026-11-06T09:00:00Z", "kim@school.example", "training", "2026-11-02", "done")), want: kims},
		{name: "switched off then", means: means, dojo: summerReview, files: account(`"archived": false, "creationTime": "2026-11-03T09:00:00Z"`), decisions: others(reads("2026-11-03T08:00:00Z", "kim@school.example")), want: kims},

		{name: "switched off", means: means, dojo: summerReview, files: account(`"suspended": true`), decisions: others()},
		{name: "archived", means: means, dojo: summerReview, files: account(`"archived": true`), decisions: others()},
		{name: "a pupil now", means: means, dojo: summerReview, files: account(`"orgUnitPath": "/Pupils"`), decisions: others()},
		{name: "another school's", means: means, dojo: summerReview, units: "[/Pupils]", decisions: others()},

		{name: "on the roll since the review", means: means, days: withRoll, dojo: summerReview, files: roll("06/07/2026"), decisions: others()},
		{name: "on the roll today", means: means, days: withRoll, dojo: summerReview, files: roll("2026-11-16"), decisions: others()},
		{name: "on the roll tomorrow", means: means, days: withRoll, dojo: summerReview, files: roll("2026-11-17"), decisions: others(), want: kims},
		{name: "on the roll before", means: means, days: withRoll, dojo: summerReview, files: roll("2026-07-05"), decisions: others(), want: kims},
		{name: "a word is no date", means: means, days: withRoll, dojo: summerReview, files: roll("yes"), decisions: others(), want: kims},
		{name: "not on the roll", means: means, days: withRoll, dojo: summerReview, files: map[string]string{"staff.csv": "Email,Read\n"}, decisions: others(), want: kims},
		{name: "no roll where the policy has one", means: means, days: withRoll, dojo: summerReview, decisions: others()},
		{name: "of two clauses", means: means, again: means, dojo: summerReview, decisions: others(), want: []string{kims[0], "A6 " + kims[0]}},
	})
}

// withRoll stands for staff.days, and gives the small school a staff roll beside them.
const withRoll = "{}, roll: {csv: staff.csv, columns: {email: Email, agreement: Read}}"

// goesOut computes what goes out of a means at the small school, a line each.
func goesOut(t *testing.T, c streamCase, from, until string) []string {
	t.Helper()
	dir := c.folder(t)
	tenant, err := LoadTenant(dir)
	if err != nil {
		t.Fatal(err)
	}
	policies, err := LoadPolicies(dir)
	if err != nil {
		t.Fatal(err)
	}
	moment := func(s string) time.Time {
		if s == "" {
			return time.Time{}
		}
		return at(t, s)
	}
	o := Options{Now: at(t, or(c.now, "2026-11-16T09:00:00Z")), First: at(t, or(c.first, "2026-11-02T05:00:00Z"))}
	var out []string
	for _, x := range o.Reminders(tenant, policies["classroom-school"], moment(from), moment(until)) {
		line := fmt.Sprintf("%s %s %s %s %s out %s %s %v", x.Clause, x.Reminder, x.Key, x.Day, x.At, x.Out, x.Through, x.To)
		if x.Later != nil {
			line += fmt.Sprint(" later ", x.Later)
		}
		if x.As != nil {
			line += fmt.Sprint(" as ", x.As)
		}
		if x.Nobody != nil {
			line += fmt.Sprint(" nobody ", x.Nobody)
		}
		out = append(out, strings.TrimPrefix(line, "A5 training "))
	}
	return out
}

func TestPostings(t *testing.T) {
	means := func(more, with string) string {
		return "{reminder: training, every: week, " + more + "with: {when: '30 9 2 11 *'" + with + "}}"
	}
	const when = "2026-11-02 2026-11-02 09:30 out 2026-11-02 "
	// Kim (t1) teaches c1, Lou (t2) c2, and nobody c3; Lou is in on Thursdays.
	// With these units Kim and Lou are another school's. Moe (t3) is not and teaches c1 too; a pupil makes c2 the school's.
	const trust = "[/Pupils, /Staff/Year 4]"
	shared := and(taught(`{"c1": [{"userId": "t1"}, {"userId": "t3"}], "c2": [{"userId": "t2"}]}`), "students.json", `{"c2": [{"userId": "p1"}]}`)
	for _, c := range []struct {
		name string
		streamCase
		from, until string
		want        []string
	}{
		{name: "to the officer", streamCase: streamCase{means: means("", "")}, want: []string{when + "mail [o1]"}},
		{name: "to who is asked", streamCase: streamCase{means: means("ask: page_host, ", "")}, want: []string{when + "mail [helpers@office.example o2]"}},
		{name: "by address, and by account", streamCase: streamCase{means: means("", ", to: [it_support]")}, want: []string{when + "mail [desk@support.example s1] later map[desk@support.example:2026-11-03]"}},
		{name: "by another address of theirs", streamCase: streamCase{means: means("", ", to: [leaders]")}, want: []string{when + "mail [h1 t3]"}},
		{name: "a role that nobody plays", streamCase: streamCase{means: means("", ", to: [early_years_lead]")}, want: []string{when + "mail []"}},
		{name: "teachers", streamCase: streamCase{means: means("", ", to: [teachers]")}, want: []string{when + "mail [t1 t2] later map[t2:2026-11-05]"}},
		{name: "teachers who work", streamCase: streamCase{means: means("", ", to: [teachers]"), files: without(but(kim, `"suspended": true`))}, want: []string{when + "mail [t2] later map[t2:2026-11-05]"}},
		{name: "teachers on lists", streamCase: streamCase{means: means("", ", to: [teachers]"), files: taught(`{"c1": [{"userId": "t1"}, {"userId": "p1"}, {"userId": "g1"}], "c9": [{"userId": "t3"}]}`)}, want: []string{when + "mail [t1]"}},
		{name: "staff", streamCase: streamCase{means: means("", ", to: [staff, it_support]"), days: "{kim@school.example: [sun]}"}, want: []string{when + "mail [desk@support.example h1 o1 o2 s1 t1 t2 t3] later map[desk@support.example:2026-11-03 t1: t2:2026-11-05]"}},
		{name: "who posts it", streamCase: streamCase{means: means("ask: page_host, ", ", through: classdojo, to: [parents]")}, want: []string{when + "classdojo [helpers@office.example o2]"}},
		{name: "on a noticeboard", streamCase: streamCase{means: means("ask: governor, ", ", through: noticeboard")}, want: []string{when + "noticeboard [governor@home.example]"}},
		{name: "the program's own", streamCase: streamCase{means: "{reminder: governor-report, every: term, with: {to: [teachers]}}"}, until: "2026-12-31T12:00:00Z", want: []string{"A5 governor-report 2026-autumn 2026-12-14 08:30 out 2026-12-14 mail [governor@home.example h1]"}},

		{name: "drafts", streamCase: streamCase{means: means("", ", through: classroom, to: [pupils]")}, want: []string{when + "classroom [c1 c2] as map[c1:draft t1 c2:draft t2] nobody [c3]"}},
		{name: "the first teacher by id", streamCase: streamCase{means: means("", ", through: classroom, to: [pupils]"), files: taught(`{"c1": [{"userId": "t3"}, {"userId": "t1"}, {"userId": "p1"}]}`)}, want: []string{when + "classroom [c1] as map[c1:draft t1] nobody [c2 c3]"}},
		{name: "who works", streamCase: streamCase{means: means("", ", through: classroom, to: [pupils]"), files: map[string]string{
			"teachers.json": `{"c1": [{"userId": "t3"}, {"userId": "t1"}]}`, "users.json": without(but(kim, `"archived": true`))["users.json"]}}, want: []string{when + "classroom [c1] as map[c1:draft t3] nobody [c2 c3]"}},
		{name: "some classes", streamCase: streamCase{means: means("", ", through: classroom, to: [pupils], classes: [c2, c9, 17]")}, want: []string{when + "classroom [c2] as map[c2:draft t2]"}},
		{name: "a poster", streamCase: streamCase{means: means("", ", through: classroom, to: [pupils], as: poster, poster: moe@school.example"), files: taught(`{"c1": [{"userId": "t1"}, {"userId": "t3"}], "c2": [{"userId": "t2"}]}`)}, want: []string{when + "classroom [c1] as map[c1:published t3] nobody [c2 c3]"}},
		{name: "who agreed", streamCase: streamCase{means: means("", ", through: classroom, to: [pupils], as: teacher, agreed: [KITE@school.example]"), files: taught(`{"c1": [{"userId": "t3"}, {"userId": "t1"}], "c2": [{"userId": "t3"}, {"userId": "t2"}]}`)},
			want: []string{when + "classroom [c1 c2] as map[c1:published t1 c2:draft t2] nobody [c3]"}},

		{name: "teachers of another school of the trust", streamCase: streamCase{units: trust, files: shared, means: means("", ", to: [teachers]")}, want: []string{when + "mail [t3]"}},
		{name: "nothing in their name", streamCase: streamCase{units: trust, files: shared, means: means("", ", through: classroom, to: [pupils]")}, want: []string{when + "classroom [c1] as map[c1:draft t3] nobody [c2]"}},
		{name: "though they agreed", streamCase: streamCase{units: trust, files: shared, means: means("", ", through: classroom, to: [pupils], as: teacher, agreed: [kim@school.example, lou@school.example]")},
			want: []string{when + "classroom [c1] as map[c1:draft t3] nobody [c2]"}},
		{name: "nor by one as the poster", streamCase: streamCase{units: trust, files: shared, means: means("", ", through: classroom, to: [pupils], as: poster, poster: lou@school.example")},
			want: []string{when + "classroom [] as map[] nobody [c1 c2]"}},

		{name: "one a day", streamCase: streamCase{means: "{reminder: policy-review, with: {when: \"7 and 14 days before the policy's review date\", at: \"14:05\"}}", dojo: "review: {last: 2026-01-04, every: year}"},
			want: []string{"A5 policy-review review-2027-01-04-14 2026-12-18 14:05 out 2026-12-18 mail [o1]", "A5 policy-review review-2027-01-04-7 2026-12-18 14:05 out 2027-01-04 mail [o1]"}},
		{name: "two of one name", streamCase: streamCase{means: means("", ""), again: means("", "")}, want: []string{when + "mail [o1]", "A6 training " + when + "mail [o1]"}},
		{name: "the first look in the evening", streamCase: streamCase{means: means("", ""), first: "2026-11-02T17:00:00Z"}, want: []string{"2026-11-02 2026-11-02 09:30 out 2026-11-03 mail [o1]"}},
		{name: "and before", streamCase: streamCase{means: means("", ""), first: "2026-11-02T16:59:59Z"}, want: []string{when + "mail [o1]"}},
		{name: "the day after", streamCase: streamCase{means: means("", ""), first: "2026-11-03T00:00:00Z"}},
		{name: "a span of days", streamCase: streamCase{means: "{reminder: training, every: week, with: {to: [headteacher]}}"}, from: "2026-11-18T23:59:59Z", until: "2026-11-25T00:00:00Z",
			want: []string{"2026-11-16 2026-11-18 08:30 out 2026-11-18 mail [h1]", "2026-11-23 2026-11-25 08:30 out 2026-11-25 mail [h1]"}},
		{name: "the last day and no other", streamCase: streamCase{means: "{reminder: policy-review, with: {when: \"1 and 0 days before the policy's review date\"}}", dojo: "review: {last: 2026-07-21, every: year}"}, from: "2027-07-21T05:00:00Z",
			want: []string{"A5 policy-review review-2027-07-21-0 2027-07-21 08:30 out 2027-07-21 mail [o1]"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, goesOut(t, c.streamCase, c.from, c.until)); diff != "" {
				t.Errorf("by hand (-) and computed (+):\n%s", diff)
			}
		})
	}
}

// What a truth says of reminders is read as it was written.
func TestRemindersAsJSON(t *testing.T) {
	dir := streamCase{means: tuesdays}.folder(t)
	o := Options{Now: at(t, "2026-11-16T09:00:00Z"), First: at(t, "2026-11-02T05:00:00Z")}
	want, err := o.Compute(dir)
	if err != nil {
		t.Fatal(err)
	}
	// Tuesdays of the small school from 3 November on: 7 and 11 before Easter, without the closure of 2 March 10; 7 and 7 in summer.
	if n := len(want.Reminders["classroom-school"]); n != 7+10+14 {
		t.Errorf("%d go out", n)
	}
	data, err := want.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var got Truth
	if err := got.UnmarshalJSON(data); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if err := got.UnmarshalJSON([]byte(`{"reminders": 7}`)); err == nil || !strings.Contains(err.Error(), "reminders: ") {
		t.Error(err)
	}
}
