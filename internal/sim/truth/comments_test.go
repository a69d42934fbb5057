package truth

import "testing"

// What Pat wrote on Wednesday 11 November and nobody looked at, since ten and since noon.
const (
	pats     = "comments.unreviewed post/c1-p1: due 2026-11-13, passed-on, since 2026-11-11T10:00:00Z"
	patsNoon = "comments.unreviewed post/c1-p1: due 2026-11-13, passed-on, since 2026-11-11T12:00:00Z"
	ten      = "2026-11-11T10:00:00Z"
	eleven   = "2026-11-11T11:00:00Z"
	noon     = "2026-11-11T12:00:00Z"
)

var patWrote = []string{wrote(ten, "pat@school.example")}

func TestWhatWaits(t *testing.T) {
	one := func(event string) []string { return []string{happened(ten, "pat@school.example", event, "c1")} }
	staffToo := "{check: comments, with: {staff: yes}, severity: medium, due: 2 school days}"
	runStream(t, []streamCase{
		{name: "nothing happened"},
		{name: "a pupil's comment", log: patWrote, want: []string{pats}},
		{name: "in whole seconds, cut off", log: []string{wrote("2026-11-12T10:00:30.999Z", "pat@school.example")}, want: []string{"comments.unreviewed post/c1-p1: due 2026-11-16, since 2026-11-12T10:00:30Z"}},
		{name: "on class work", log: one("commented_course_work"), want: []string{pats}},
		{name: "on work handed in", log: one("commented_submission_public"), want: []string{pats}},
		{name: "a pupil's own post", log: one("published_announcement"), want: []string{pats}},
		{name: "a private comment of a pupil", log: one("commented_submission_private")},
		{name: "a post that was changed", log: one("updated_announcement")},
		{name: "course work", log: one("published_course_work")},
		{name: "of no post", log: []string{classroom(ten, "pat@school.example", "commented_announcement", "c1", `{"name": "x", "value": "y"}`)}},
		{name: "told twice", log: []string{wrote(ten, "pat@school.example"), wrote(ten, "pat@school.example")}, want: []string{pats}},
		{name: "since the first of several", log: []string{wrote(noon, "pia@school.example"), wrote(ten, "pat@school.example")}, want: []string{pats}},
		{name: "of an archived class", log: []string{happened(ten, "pat@school.example", "commented_announcement", "c9")}},
		{name: "of a class that is gone", log: []string{happened(ten, "pat@school.example", "commented_announcement", "c8")}},
		{name: "of somebody outside", log: []string{wrote(ten, "mum@home.example")}, want: []string{pats}},
		{name: "of an account that is gone", log: []string{wrote(ten, "gone@school.example")}, want: []string{pats}},
		{name: "of nobody", log: []string{wrote(ten, "")}, want: []string{pats}},
		{name: "of a guest", log: []string{wrote(ten, "guest@home.example")}, want: []string{pats}},

		{name: "of staff", log: []string{wrote(ten, "MOE@school.example")}},
		{name: "of staff switched off", log: []string{wrote(ten, "moe@school.example")}, files: without(but(moe, `"suspended": true`))},
		{name: "of staff deleted lately", log: []string{wrote(ten, "moe@school.example")}, files: and(without("t3"), "deletedusers.json", "["+but(moe, `"deletionTime": "2026-11-12T09:00:00Z"`)+"]")},
		{name: "of supply", log: []string{wrote(ten, "sue@school.example")}, want: []string{pats}},
		{name: "of supply who teaches the class", log: []string{wrote(ten, "sue@school.example")}, files: taught(`{"c1": [{"userId": "s1"}]}`)},
		{name: "a post of supply who teaches the class", log: []string{happened(ten, "sue@school.example", "published_announcement", "c1")}, files: taught(`{"c1": [{"userId": "s1"}]}`), want: []string{pats}},
		{name: "a teacher's post", log: []string{happened(ten, "kim@school.example", "published_announcement", "c1")}},

		{name: "of staff, staff too", means: staffToo, log: []string{wrote(ten, "moe@school.example")}, want: []string{pats}},
		{name: "of the head, staff too", means: staffToo, log: []string{wrote(ten, "head@school.example")}, want: []string{pats}},
		{name: "of the teacher, staff too", means: staffToo, log: []string{wrote(ten, "kite@school.example")}},
		{name: "of another class's teacher, staff too", means: staffToo, log: []string{wrote(ten, "lou@school.example")}, want: []string{pats}},
		{name: "a post of staff, staff too", means: staffToo, log: []string{happened(ten, "moe@school.example", "published_announcement", "c1")}},
		{name: "a pupil's, staff too", means: staffToo, log: patWrote, want: []string{pats}},
		{name: "of cover, staff too", means: "{check: comments, with: {staff: yes, replies: do-not-count}, severity: medium, due: 2 school days}", log: []string{wrote(ten, "moe@school.example")},
			decisions: []string{stoodIn("2026-11-10T09:00:00Z", "head@school.example", "c1", "moe@school.example", "2026-11-11", "2026-11-11")}},
		{name: "of cover the day before, staff too", means: "{check: comments, with: {staff: yes, replies: do-not-count}, severity: medium, due: 2 school days}", log: []string{wrote(ten, "moe@school.example")},
			decisions: []string{stoodIn("2026-11-10T09:00:00Z", "head@school.example", "c1", "moe@school.example", "2026-11-10", "2026-11-10")}, want: []string{pats}},
		{name: "staff: no", means: "{check: comments, with: {staff: no}, severity: medium, due: 2 school days}", log: []string{wrote(ten, "moe@school.example")}},

		{name: "not asked", means: "{check: comments, severity: medium}", log: patWrote},
		{name: "another rule asked", means: "{check: comments, with: {rules: [no-host]}, severity: medium}", log: patWrote},
		{name: "two clauses", means: "{check: comments, with: {rules: [unreviewed]}, severity: medium, due: 2 school days}", again: "{check: comments, with: {rules: [unreviewed]}, severity: high, due: 2 hours}", log: patWrote,
			want: []string{pats, "A6 comments.unreviewed post/c1-p1: due 2026-11-11, passed-on, since 2026-11-11T10:00:00Z"}},
	})
}

// What happened before the start, seven days before the first look, counts for nothing, nor does what is yet to come.
func TestWhenCommentsCount(t *testing.T) {
	const summer = "2026-10-30T05:00:00Z" // the start lies before the clocks go back: 23 October, 00:00 BST
	runStream(t, []streamCase{
		{name: "at the start", log: []string{wrote("2026-10-26T00:00:00Z", "pat@school.example")}, want: []string{"comments.unreviewed post/c1-p1: due 2026-11-03, passed-on, since 2026-10-26T00:00:00Z"}},
		{name: "before the start", log: []string{wrote("2026-10-25T23:59:59.999Z", "pat@school.example")}},
		{name: "at the start, summer time", first: summer, log: []string{wrote("2026-10-22T23:00:00Z", "pat@school.example")}, want: []string{"comments.unreviewed post/c1-p1: due 2026-11-03, passed-on, since 2026-10-22T23:00:00Z"}}, // a Friday there, then the half-term
		{name: "before the start, summer time", first: summer, log: []string{wrote("2026-10-22T22:59:59Z", "pat@school.example")}},
		{name: "the first look was late in the evening in summer time", first: "2026-10-22T23:30:00Z", log: []string{wrote("2026-10-15T22:59:59Z", "pat@school.example")}},
		{name: "and at that start", first: "2026-10-22T23:30:00Z", log: []string{wrote("2026-10-15T23:00:00Z", "pat@school.example")}, want: []string{"comments.unreviewed post/c1-p1: due 2026-10-20, passed-on, since 2026-10-15T23:00:00Z"}},
		{name: "now", log: []string{wrote("2026-11-16T09:00:00Z", "pat@school.example")}, want: []string{"comments.unreviewed post/c1-p1: due 2026-11-18, since 2026-11-16T09:00:00Z"}},
		{name: "not yet", log: []string{wrote("2026-11-16T09:00:01Z", "pat@school.example")}},
		{name: "a review that is yet to come", log: patWrote, decisions: []string{reviewed("2026-11-16T09:00:01Z", "kim@school.example", noon)}, want: []string{pats}},
		{name: "a removal before the start", log: []string{wrote(ten, "pat@school.example"), wrote(noon, "moe@school.example"), tookOff("2026-10-25T12:00:00Z", "moe@school.example", "c1")}, want: []string{pats}},
		{name: "a removal after it", log: []string{wrote(ten, "pat@school.example"), wrote(noon, "moe@school.example"), tookOff("2026-10-26T12:00:00Z", "moe@school.example", "c1")}},
		{name: "one as a pupil", log: []string{wrote(ten, "pat@school.example"), wrote(noon, "moe@school.example"),
			classroom(noon, "head@school.example", "user_removed_from_course", "c1", `{"name": "course_role", "value": "student"}, {"name": "impacted_users", "multiValue": ["moe@school.example"]}`)}, want: []string{pats}},
		{name: "one from another class", log: []string{wrote(ten, "pat@school.example"), wrote(noon, "moe@school.example"), tookOff(noon, "moe@school.example", "c2")}, want: []string{pats}},
	})
}

func TestRepliesCount(t *testing.T) {
	after := func(actor string) []string { return []string{wrote(ten, "pat@school.example"), wrote(noon, actor)} }
	kimGone := and(without("t1"), "deletedusers.json", "["+but(kim, `"deletionTime": "2026-11-12T09:00:00Z"`)+"]")
	stillListed := `{"c1": [{"userId": "t1"}, {"userId": "t3"}]}`
	runStream(t, []streamCase{
		{name: "the teacher's", log: after("kite@school.example")},
		{name: "the teacher's, before", log: []string{wrote(ten, "kim@school.example"), wrote(noon, "pat@school.example")}, want: []string{patsNoon}},
		{name: "the teacher's, at the same time", log: []string{wrote(ten, "kim@school.example"), wrote(ten, "pat@school.example")}},
		{name: "the teacher's, a moment before", log: []string{wrote("2026-11-11T09:59:59.999Z", "kim@school.example"), wrote(ten, "pat@school.example")}, want: []string{pats}},
		{name: "the teacher's, between two", log: []string{wrote(ten, "pat@school.example"), wrote(eleven, "kim@school.example"), wrote(noon, "pat@school.example")}, want: []string{patsNoon}},
		{name: "beside another post", log: []string{wrote(ten, "pat@school.example"), classroom(noon, "kim@school.example", "commented_announcement", "c1", `{"name": "post_id", "value": "p2"}`)}, want: []string{pats}},
		{name: "a private one", log: []string{wrote(ten, "pat@school.example"), private(noon, "kim@school.example")}, want: []string{pats}},
		{name: "a post is none", log: []string{wrote(ten, "pat@school.example"), happened(noon, "kim@school.example", "published_announcement", "c1")}, want: []string{pats}},
		{name: "do not count", means: "{check: comments, with: {replies: do-not-count}, severity: medium, due: 2 school days}", log: after("kim@school.example"), want: []string{pats}},
		{name: "another member of staff's", log: after("moe@school.example"), want: []string{pats}},
		{name: "the head's", log: after("head@school.example"), want: []string{pats}},
		{name: "a pupil's who is on the list of teachers", log: after("pia@school.example"), files: taught(`{"c1": [{"userId": "t1"}, {"userId": "p2"}]}`), want: []string{pats}},
		{name: "a teacher's who is found by the address", log: after("moe@school.example"), files: taught(`{"c1": [{"userId": "t1"}, {"userId": "77", "profile": {"emailAddress": "Moe@school.example"}}]}`)},
		{name: "a teacher's who was switched off since", log: after("kim@school.example"), files: and(without(but(kim, `"suspended": true`)), "teachers.json", stillListed)},
		{name: "a teacher's who was deleted since", log: after("kim@school.example"), files: and(kimGone, "teachers.json", stillListed)},
		{name: "a teacher's who was taken off and deleted since", log: append(after("kim@school.example"), tookOff("2026-11-12T08:00:00Z", "kim@school.example", "c1")), files: and(kimGone, "teachers.json", `{"c1": [{"userId": "t3"}]}`)},
		{name: "a teacher's who was taken off since", log: append(after("moe@school.example"), tookOff("2026-11-12T08:00:00Z", "moe@school.example", "c1"))},
		{name: "a pupil's who was taken off the list of teachers", log: append(after("pia@school.example"), tookOff("2026-11-12T08:00:00Z", "pia@school.example", "c1")), want: []string{pats}},
		{name: "of one who had the address before", log: after("kim@school.example"), files: without(but(kim, `"creationTime": "2026-11-12T09:00:00Z"`)), want: []string{pats}},
	})
}

func TestReviews(t *testing.T) {
	later := "2026-11-13T09:00:00Z"
	by := func(who string) []string { return []string{reviewed(later, who, noon)} }
	runStream(t, []streamCase{
		{name: "the teacher's", log: patWrote, decisions: by("Kite@school.example")},
		{name: "saw just that", log: patWrote, decisions: []string{reviewed(later, "kim@school.example", ten)}},
		{name: "saw what was before", log: patWrote, decisions: []string{reviewed(later, "kim@school.example", "2026-11-11T09:59:59.999Z")}, want: []string{pats}},
		{name: "a later comment", log: []string{wrote(ten, "pat@school.example"), wrote(noon, "pia@school.example")}, decisions: []string{reviewed(later, "kim@school.example", eleven)}, want: []string{patsNoon}},
		{name: "saw later than it was", log: []string{wrote(noon, "pat@school.example")}, decisions: []string{reviewed(eleven, "kim@school.example", "2026-11-15T09:00:00Z")}, want: []string{patsNoon}},
		{name: "an older one after a newer one", log: patWrote, decisions: append(by("kim@school.example"), reviewed(later, "kim@school.example", "2026-11-09T09:00:00Z"))},
		{name: "of another post", log: patWrote, decisions: []string{`{"at": "2026-11-13T09:00:00Z", "by": "kim@school.example", "do": "reviewed", "item": "post/c1-p2", "saw": "2026-11-13T09:00:00Z"}`}, want: []string{pats}},
		{name: "where replies do not count", means: "{check: comments, with: {replies: do-not-count}, severity: medium}", log: patWrote, decisions: by("kim@school.example")},

		{name: "the head's", log: patWrote, decisions: by("principal@school.example")},
		{name: "the officer's", log: patWrote, decisions: by("officer@school.example")},
		{name: "the deputy's", log: patWrote, decisions: by("lou@school.example")},
		{name: "the page host's", log: patWrote, decisions: by("office@school.example"), want: []string{pats}},
		{name: "the governor's", log: patWrote, decisions: by("governor@home.example"), want: []string{pats}},
		{name: "of staff", log: patWrote, decisions: by("moe@school.example"), want: []string{pats}},
		{name: "a pupil's", log: patWrote, decisions: by("pat@school.example"), want: []string{pats}},
		{name: "of a pupil on the list of teachers", log: patWrote, decisions: by("pia@school.example"), files: taught(`{"c1": [{"userId": "t1"}, {"userId": "p2"}]}`), want: []string{pats}},
		{name: "of a stranger", log: patWrote, decisions: by("mum@home.example"), want: []string{pats}},
		{name: "of an account that is gone", log: patWrote, decisions: by("officer@school.example"), files: without("o1"), want: []string{pats}},
		{name: "of an officer switched off", log: patWrote, decisions: by("officer@school.example"), files: without(`{"id": "o1", "primaryEmail": "officer@school.example", "orgUnitPath": "/Staff", "archived": true}`), want: []string{pats}},
		{name: "of a teacher switched off", log: patWrote, decisions: by("kim@school.example"), files: and(without(but(kim, `"suspended": true`)), "teachers.json", `{"c1": [{"userId": "t1"}, {"userId": "t3"}]}`), want: []string{pats}},
		{name: "of one who was taken off the list", log: []string{patWrote[0], tookOff("2026-11-12T08:00:00Z", "moe@school.example", "c1")}, decisions: by("moe@school.example")},
	})
}

func TestCover(t *testing.T) {
	tuesday, thursday := "2026-11-10T09:00:00Z", "2026-11-12T09:00:00Z"
	cover := func(who, from, until string) string {
		return stoodIn(tuesday, "head@school.example", "c1", who, from, until)
	}
	replied := []string{wrote(ten, "pat@school.example"), wrote(noon, "moe@school.example")}
	reviewing := func(first ...string) []string { return append(first, reviewed(thursday, "moe@school.example", noon)) }
	runStream(t, []streamCase{
		{name: "looks on its day", log: patWrote, decisions: reviewing(cover("moe@school.example", "2026-11-12", "2026-11-12"))},
		{name: "looks the day after", log: patWrote, decisions: reviewing(cover("moe@school.example", "2026-11-09", "2026-11-11")), want: []string{pats}},
		{name: "looks the day before", log: patWrote, decisions: reviewing(cover("moe@school.example", "2026-11-13", "2026-11-16")), want: []string{pats}},
		{name: "of another class", log: patWrote, decisions: reviewing(stoodIn(tuesday, "head@school.example", "c2", "moe@school.example", "2026-11-09", "2026-11-20")), want: []string{pats}},
		{name: "replies on its day", log: replied, decisions: []string{cover("moe@school.example", "2026-11-11", "2026-11-11")}},
		{name: "replies the day after", log: replied, decisions: []string{cover("moe@school.example", "2026-11-09", "2026-11-10")}, want: []string{pats}},
		{name: "said by the officer", log: replied, decisions: []string{stoodIn(tuesday, "officer@school.example", "c1", "moe@school.example", "2026-11-11", "2026-11-11")}},
		{name: "said by the page host", log: replied, decisions: []string{stoodIn(tuesday, "office@school.example", "c1", "moe@school.example", "2026-11-11", "2026-11-11")}},
		{name: "said by a page host outside", log: replied, decisions: []string{stoodIn(tuesday, "Helpers@office.example", "c1", "moe@school.example", "2026-11-11", "2026-11-11")}},
		{name: "said by the teacher", log: replied, decisions: []string{stoodIn(tuesday, "kim@school.example", "c1", "moe@school.example", "2026-11-11", "2026-11-11")}, want: []string{pats}},
		{name: "said before the start", log: replied, first: "2026-11-17T05:00:00Z", decisions: []string{stoodIn("2026-11-09T23:59:59Z", "head@school.example", "c1", "moe@school.example", "2026-11-11", "2026-11-11")}, want: []string{pats}},
		{name: "a pupil", log: []string{wrote(ten, "pat@school.example"), wrote(noon, "pia@school.example")}, decisions: []string{cover("pia@school.example", "2026-11-09", "2026-11-20")}, want: []string{pats}},
		{name: "supply", log: []string{wrote(ten, "pat@school.example"), wrote(noon, "sue@school.example")}, decisions: []string{cover("sue@school.example", "2026-11-09", "2026-11-20")}},
		{name: "supply, switched off", log: []string{wrote(ten, "pat@school.example"), wrote(noon, "sue@school.example")}, decisions: []string{cover("sue@school.example", "2026-11-09", "2026-11-20")}, files: without(but(sue, `"suspended": true`)), want: []string{pats}},
		{name: "of another school", units: "[/Staff, /Pupils]", log: []string{wrote(ten, "pat@school.example"), wrote(noon, "sue@school.example")}, decisions: []string{cover("sue@school.example", "2026-11-09", "2026-11-20")}, want: []string{pats}},

		{name: "ended the day before", log: replied, decisions: []string{cover("moe@school.example", "2026-11-10", "2026-11-20"), endCover("2026-11-11T08:00:00Z", "head@school.example", "c1", "moe@school.example")}, want: []string{pats}},
		{name: "ended the day after", log: replied, decisions: []string{cover("moe@school.example", "2026-11-10", "2026-11-20"), endCover("2026-11-12T08:00:00Z", "office@school.example", "c1", "moe@school.example")}},
		{name: "ended by somebody whose it is not", log: replied, decisions: []string{cover("moe@school.example", "2026-11-10", "2026-11-20"), endCover("2026-11-11T08:00:00Z", "kim@school.example", "c1", "moe@school.example")}},
		{name: "of another class ended", log: replied, decisions: []string{cover("moe@school.example", "2026-11-10", "2026-11-20"), endCover("2026-11-11T08:00:00Z", "head@school.example", "c2", "moe@school.example")}},
		{name: "of somebody else ended", log: replied, decisions: []string{cover("moe@school.example", "2026-11-10", "2026-11-20"), endCover("2026-11-11T08:00:00Z", "head@school.example", "c1", "sue@school.example")}},
		{name: "ended and begun again", log: replied, decisions: []string{cover("moe@school.example", "2026-11-10", "2026-11-20"), endCover("2026-11-11T08:00:00Z", "head@school.example", "c1", "moe@school.example"),
			stoodIn("2026-11-11T09:00:00Z", "head@school.example", "c1", "moe@school.example", "2026-11-11", "2026-11-11")}},
	})
}

func TestHosts(t *testing.T) {
	const homeless = "comments.no-host post/c3-p1: course/c3, since 2026-11-11T10:00:00Z"
	const hosted = "comments.unreviewed post/c3-p1: due 2026-11-13, passed-on, since 2026-11-11T10:00:00Z"
	log := []string{happened(ten, "pat@school.example", "commented_announcement", "c3")}
	off := func(user string) map[string]string {
		return and(without(user), "teachers.json", `{"c3": [{"userId": "t3"}]}`)
	}
	cover := func(who, from, until string) []string {
		return []string{stoodIn("2026-11-12T09:00:00Z", "head@school.example", "c3", who, from, until)}
	}
	runStream(t, []streamCase{
		{name: "none", log: log, want: []string{homeless}},
		{name: "none, and nothing waits", log: []string{happened(ten, "moe@school.example", "commented_announcement", "c3")}},
		{name: "not asked", means: "{check: comments, with: {rules: [unreviewed, private-by-other-adult]}, severity: medium}", log: log},
		{name: "none, and the head looked", log: log, decisions: []string{`{"at": "2026-11-13T09:00:00Z", "by": "head@school.example", "do": "reviewed", "item": "post/c3-p1", "saw": "2026-11-11T10:00:00Z"}`}},
		{name: "a teacher", log: log, files: off(moe), want: []string{hosted}},
		{name: "a teacher switched off", log: log, files: off(but(moe, `"suspended": true`)), want: []string{homeless}},
		{name: "a teacher archived", log: log, files: off(but(moe, `"archived": true`)), want: []string{homeless}},
		{name: "a teacher deleted", log: log, files: and(off("t3"), "deletedusers.json", "["+but(moe, `"deletionTime": "2026-11-12T09:00:00Z"`)+"]"), want: []string{homeless}},
		{name: "a teacher taken off", log: append(log, tookOff(noon, "moe@school.example", "c3")), want: []string{homeless}},
		{name: "a pupil on the list", log: log, files: taught(`{"c3": [{"userId": "p1"}]}`), want: []string{homeless}},
		{name: "somebody outside on the list", log: log, files: taught(`{"c3": [{"userId": "9", "profile": {"emailAddress": "mum@home.example"}}]}`), want: []string{homeless}},
		{name: "supply on the list", log: log, files: taught(`{"c3": [{"userId": "s1"}]}`), want: []string{hosted}},
		{name: "cover from today", log: log, decisions: cover("sue@school.example", "2026-11-16", "2026-11-16"), want: []string{hosted}},
		{name: "cover until yesterday", log: log, decisions: cover("sue@school.example", "2026-11-09", "2026-11-15"), want: []string{homeless}},
		{name: "cover from tomorrow", log: log, decisions: cover("sue@school.example", "2026-11-17", "2026-11-20"), want: []string{homeless}},
		{name: "cover ended today", log: log, decisions: append(cover("sue@school.example", "2026-11-09", "2026-11-20"), endCover("2026-11-16T08:00:00Z", "head@school.example", "c3", "sue@school.example")), want: []string{homeless}},
		{name: "the day begins an hour earlier in summer", now: "2027-05-10T23:30:00Z", first: "2027-05-06T05:00:00Z", log: []string{happened("2027-05-10T10:00:00Z", "pat@school.example", "commented_announcement", "c3")},
			decisions: []string{stoodIn("2027-05-10T12:00:00Z", "head@school.example", "c3", "sue@school.example", "2027-05-11", "2027-05-11")},
			want:      []string{"comments.unreviewed post/c3-p1: due 2027-05-12, since 2027-05-10T10:00:00Z"}},
	})
}

func TestPrivateComments(t *testing.T) {
	by := func(who string) []string {
		return []string{"comments.private-by-other-adult post/c1-p1: by/" + who}
	}
	stood := func(until string) []string {
		return []string{stoodIn("2026-11-10T09:00:00Z", "head@school.example", "c1", "moe@school.example", "2026-11-10", until)}
	}
	moeGone := func(at string) map[string]string {
		return and(without("t3"), "deletedusers.json", "["+but(moe, `"deletionTime": "`+at+`"`)+"]")
	}
	runStream(t, []streamCase{
		{name: "another member of staff", log: []string{private(ten, "moe@school.example")}, want: by("t3")},
		{name: "another class's teacher", log: []string{private(ten, "lou@school.example")}, want: by("t2")},
		{name: "the head", log: []string{private(ten, "principal@school.example")}, want: by("h1")},
		{name: "supply, switched off since", log: []string{private(ten, "sue@school.example")}, files: without(but(sue, `"suspended": true`)), want: by("s1")},
		{name: "not private", log: []string{wrote(ten, "moe@school.example")}},
		{name: "not asked", means: "{check: comments, with: {rules: [unreviewed, no-host]}, severity: medium}", log: []string{private(ten, "moe@school.example")}},
		{name: "the teacher", log: []string{private(ten, "kite@school.example")}},
		{name: "a teacher taken off since", log: []string{private(ten, "moe@school.example"), tookOff(noon, "moe@school.example", "c1")}},
		{name: "a teacher taken off before the start", log: []string{private(ten, "moe@school.example"), tookOff("2026-10-25T12:00:00Z", "moe@school.example", "c1")}, want: by("t3")},
		{name: "cover", log: []string{private(ten, "moe@school.example")}, decisions: stood("2026-11-11")},
		{name: "cover until the day before", log: []string{private(ten, "moe@school.example")}, decisions: stood("2026-11-10"), want: by("t3")},
		{name: "a pupil", log: []string{private(ten, "pat@school.example")}},
		{name: "a pupil then", log: []string{private(ten, "moe@school.example")}, files: movedOn(noon, "moe@school.example", "/Pupils")},
		{name: "a pupil until then", log: []string{private(noon, "moe@school.example")}, files: movedOn(ten, "moe@school.example", "/Pupils"), want: by("t3")},
		{name: "a pupil of another class, deleted", log: []string{private(ten, "pia@school.example")}, files: and(without("p2"), "deletedusers.json", "["+pia+"]")},
		{name: "deleted lately", log: []string{private(ten, "moe@school.example")}, files: moeGone("2026-11-12T09:00:00Z"), want: by("t3")},
		{name: "deleted long ago", log: []string{private("2026-10-26T08:00:00Z", "moe@school.example")}, files: moeGone("2026-10-27T08:59:59Z")},
		{name: "an address of ours that nobody bears", log: []string{private(ten, "gone@OLD.example")}},
		{name: "outside", log: []string{private(ten, "Mum@Home.example")}, want: by(hash("mum@home.example"))},
		{name: "outside, a domain below ours", log: []string{private(ten, "x@mail.school.example")}, want: by(hash("x@mail.school.example"))},
		{name: "nobody", log: []string{private(ten, "")}},
		{name: "each once", log: []string{private(ten, "moe@school.example"), private(noon, "moe@school.example"), private(noon, "mum@home.example"), private(noon, "lou@school.example")},
			want: []string{"comments.private-by-other-adult post/c1-p1: by/" + hash("mum@home.example") + ", by/t2, by/t3"}},
		{name: "of an archived class", log: []string{happened(ten, "moe@school.example", "commented_submission_private", "c9")}},
		{name: "of a class without a teacher", log: []string{happened(ten, "moe@school.example", "commented_submission_private", "c3")}, want: []string{"comments.private-by-other-adult post/c3-p1: by/t3"}},
		{name: "before the start", log: []string{private("2026-10-25T23:59:59Z", "moe@school.example")}},
		{name: "180 days ago", first: "2026-05-04T05:00:00Z", log: []string{private("2026-05-20T09:00:00Z", "moe@school.example")}, want: by("t3")},
		{name: "longer ago", first: "2026-05-04T05:00:00Z", log: []string{private("2026-05-20T08:59:59Z", "moe@school.example")}},
	})
}
