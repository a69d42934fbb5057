package truth

import (
	"strings"
	"testing"
)

// later is when somebody looked at what Pat wrote, on Friday; thursdayAt and fridayAt lie on either side.
const (
	later      = "2026-11-13T09:00:00Z"
	thursdayAt = "2026-11-12T09:00:00Z"
	fridayAt   = "2026-11-13T09:00:01Z"
)

func putOn(at, whom, class string) string {
	return classroom(at, "head@school.example", "user_added_to_course", class, `{"name": "course_role", "value": "teacher"}, {"name": "impacted_users", "multiValue": ["`+whom+`"]}`)
}

func joined(at, whom, class, role string) string {
	return classroom(at, whom, "user_joined_course", class, `{"name": "course_role", "value": "`+role+`"}`)
}

func deleted(accounts ...string) string {
	out := "["
	for i, a := range accounts {
		if i > 0 {
			out += ","
		}
		out += a
	}
	return out + "]"
}

// A decision is judged by whether the decider's account worked when they decided.
func TestDecidersWhoWorkedThen(t *testing.T) {
	lists := `{"c1": [{"userId": "t1"}, {"userId": "t3"}]}`
	by := func(who string) []string { return []string{reviewed(later, who, noon)} }
	kimIs := func(more string) map[string]string {
		return and(without(but(kim, more)), "teachers.json", lists)
	}
	kimGone := func(at string) map[string]string {
		return and(and(without("t1"), "deletedusers.json", deleted(but(kim, at))), "teachers.json", lists)
	}
	ours := map[string]string{"students.json": `{"c1": [{"userId": "p1"}]}`} // the class is the school's even if its teacher's account is another school's
	runStream(t, []streamCase{
		{name: "switched off since", log: patWrote, decisions: by("kim@school.example"), files: kimIs(`"suspended": true, "suspensionTime": "` + fridayAt + `"`)},
		{name: "switched off just then", log: patWrote, decisions: by("kim@school.example"), files: kimIs(`"suspended": true, "suspensionTime": "` + later + `"`), want: []string{pats}},
		{name: "switched off before", log: patWrote, decisions: by("kim@school.example"), files: kimIs(`"suspended": true, "suspensionTime": "` + thursdayAt + `"`), want: []string{pats}},
		{name: "switched off, nobody says when", log: patWrote, decisions: by("kim@school.example"), files: kimIs(`"suspended": true`), want: []string{pats}},
		{name: "archived, and switched off since", log: patWrote, decisions: by("kim@school.example"), files: kimIs(`"archived": true, "suspended": true, "suspensionTime": "` + fridayAt + `"`), want: []string{pats}},
		{name: "switched on again", log: patWrote, decisions: by("kim@school.example"), files: kimIs(`"suspended": false, "suspensionTime": "` + thursdayAt + `"`)},
		{name: "deleted since", log: patWrote, decisions: by("kite@school.example"), files: kimGone(`"deletionTime": "` + fridayAt + `"`)},
		{name: "deleted just then", log: patWrote, decisions: by("kim@school.example"), files: kimGone(`"deletionTime": "` + later + `"`), want: []string{pats}},
		{name: "deleted before", log: patWrote, decisions: by("kim@school.example"), files: kimGone(`"deletionTime": "` + thursdayAt + `"`), want: []string{pats}},
		{name: "deleted, nobody says when", log: patWrote, decisions: by("kim@school.example"), files: kimGone(`"orgUnitPath": "/Staff"`), want: []string{pats}},
		{name: "switched off before, deleted since", log: patWrote, decisions: by("kim@school.example"), files: kimGone(`"suspended": true, "suspensionTime": "` + thursdayAt + `", "deletionTime": "` + fridayAt + `"`), want: []string{pats}},
		{name: "switched off and deleted since", log: patWrote, decisions: by("kim@school.example"), files: kimGone(`"suspended": true, "suspensionTime": "` + fridayAt + `", "deletionTime": "` + fridayAt + `"`)},
		{name: "deleted before it, after another of that address was", log: patWrote, decisions: by("kim@school.example"),
			files: and(and(without("t1"), "deletedusers.json", deleted(`{"id": "t0", "primaryEmail": "kim@school.example", "orgUnitPath": "/Staff", "deletionTime": "2026-11-10T09:00:00Z"}`, but(kim, `"deletionTime": "`+fridayAt+`"`))), "teachers.json", lists)},
		{name: "deleted since, and the address is a new account's", log: patWrote, decisions: by("kim@school.example"),
			files: and(and(without(`{"id": "t1b", "primaryEmail": "kim@school.example", "orgUnitPath": "/Staff", "creationTime": "2026-11-14T09:00:00Z"}`, "t1"), "deletedusers.json", deleted(but(kim, `"deletionTime": "`+fridayAt+`"`))), "teachers.json", lists)},
		{name: "an officer deleted since", log: patWrote, decisions: by("officer@school.example"),
			files: and(without("o1"), "deletedusers.json", deleted(`{"id": "o1", "primaryEmail": "officer@school.example", "orgUnitPath": "/Staff", "deletionTime": "`+fridayAt+`"}`))},
		{name: "an officer of another school of the trust", units: "[/Pupils, /Other]", log: patWrote, decisions: by("officer@school.example"), files: ours, want: []string{pats}},
		{name: "an officer who is a pupil", log: patWrote, decisions: by("officer@school.example"),
			files: without(`{"id": "o1", "primaryEmail": "officer@school.example", "orgUnitPath": "/Pupils"}`), want: []string{pats}},
		{name: "an officer who is a guest", log: patWrote, decisions: by("officer@school.example"),
			files: without(`{"id": "o1", "primaryEmail": "officer@school.example", "isGuestUser": true, "orgUnitPath": "/Staff"}`), want: []string{pats}},
		{name: "a teacher of another school of the trust", units: "[/Pupils, /Staff/Year 4]", log: patWrote, decisions: by("kim@school.example"), files: ours, want: []string{pats}},
		{name: "and their reply", units: "[/Pupils, /Staff/Year 4]", log: []string{wrote(ten, "pat@school.example"), wrote(noon, "kim@school.example")}, files: ours},
		{name: "and they are a host", units: "[/Pupils, /Staff/Year 4]", log: patWrote, files: ours, want: []string{pats}},
	})
}

// And by whether they were a teacher of the class by then.
func TestDecidersWhoTaughtThen(t *testing.T) {
	both := taught(`{"c1": [{"userId": "t1"}, {"userId": "t3"}]}`)
	moes := []string{reviewed(later, "moe@school.example", noon)}
	log := func(more ...string) []string { return append([]string{patWrote[0]}, more...) }
	runStream(t, []streamCase{
		{name: "put on the list before", log: log(putOn(thursdayAt, "moe@school.example", "c1")), decisions: moes, files: both},
		{name: "put on just then", log: log(putOn(later, "moe@school.example", "c1")), decisions: moes, files: both},
		{name: "put on after", log: log(putOn(fridayAt, "MOE@school.example", "c1")), decisions: moes, files: both, want: []string{pats}},
		{name: "joined after", log: log(joined(fridayAt, "moe@school.example", "c1", "TEACHER")), decisions: moes, files: both, want: []string{pats}},
		{name: "joined after, as a pupil", log: log(joined(fridayAt, "moe@school.example", "c1", "student")), decisions: moes, files: both},
		{name: "another put on after", log: log(putOn(fridayAt, "kim@school.example", "c1")), decisions: moes, files: both},
		{name: "the one who put them on", log: log(putOn(fridayAt, "moe@school.example", "c1")), decisions: []string{reviewed(later, "head@school.example", noon)}, files: both},
		{name: "put on and taken off at once, after", log: log(tookOff(fridayAt, "moe@school.example", "c1"), putOn(fridayAt, "moe@school.example", "c1")), decisions: moes, files: both, want: []string{pats}},
		{name: "and told the other way round", log: log(putOn(fridayAt, "moe@school.example", "c1"), tookOff(fridayAt, "moe@school.example", "c1")), decisions: moes, files: both, want: []string{pats}},
		{name: "put on before, and not on the list", log: log(putOn(thursdayAt, "moe@school.example", "c1")), decisions: moes, want: []string{pats}},
		{name: "put on another list after", log: log(putOn(fridayAt, "moe@school.example", "c2")), decisions: moes, files: both},
		{name: "put on after, and taken off again", log: log(putOn(fridayAt, "moe@school.example", "c1"), tookOff("2026-11-14T09:00:00Z", "moe@school.example", "c1")), decisions: moes, want: []string{pats}},
		{name: "taken off, and put on again after", log: log(putOn(fridayAt, "moe@school.example", "c1"), tookOff(thursdayAt, "moe@school.example", "c1")), decisions: moes, files: both},
		{name: "put on, taken off, and put on again after", log: log(putOn("2026-11-10T09:00:00Z", "moe@school.example", "c1"), tookOff(thursdayAt, "moe@school.example", "c1"), putOn(fridayAt, "moe@school.example", "c1")), decisions: moes, files: both},
		{name: "taken off before the start, and put on after", log: log(tookOff("2026-10-25T12:00:00Z", "moe@school.example", "c1"), putOn(fridayAt, "moe@school.example", "c1")), decisions: moes, files: both, want: []string{pats}},
		{name: "one who had the address before was taken off", log: log(tookOff(thursdayAt, "moe@school.example", "c1"), putOn(fridayAt, "moe@school.example", "c1")), decisions: moes,
			files: and(without(but(moe, `"creationTime": "2026-11-12T12:00:00Z"`)), "teachers.json", both["teachers.json"]), want: []string{pats}},
		{name: "put on after what they replied", log: log(wrote(noon, "moe@school.example"), putOn(fridayAt, "moe@school.example", "c1")), files: both},
		{name: "put on after, but their cover before", log: log(putOn(fridayAt, "moe@school.example", "c1")), files: both,
			decisions: []string{stoodIn(thursdayAt, "head@school.example", "c1", "moe@school.example", "2026-11-13", "2026-11-13"), moes[0]}},
	})
}

// Cover is of whom it could be of when it was said.
func TestCoverOfThen(t *testing.T) {
	replied := []string{wrote(ten, "pat@school.example"), wrote(noon, "sue@school.example")}
	cover := stoodIn("2026-11-10T09:00:00Z", "head@school.example", "c1", "sue@school.example", "2026-11-10", "2026-11-20")
	sues := func(more string) map[string]string { return without(but(sue, more)) }
	gone := func(at string) map[string]string {
		return and(without("s1"), "deletedusers.json", deleted(but(sue, `"deletionTime": "`+at+`"`)))
	}
	runStream(t, []streamCase{
		{name: "switched off since", log: replied, decisions: []string{cover}, files: sues(`"suspended": true, "suspensionTime": "` + thursdayAt + `"`)},
		{name: "switched off before", log: replied, decisions: []string{cover}, files: sues(`"suspended": true, "suspensionTime": "2026-11-10T08:00:00Z"`), want: []string{pats}},
		{name: "deleted since", log: replied, decisions: []string{cover}, files: gone(thursdayAt)},
		{name: "deleted before", log: replied, decisions: []string{cover}, files: gone("2026-11-10T08:00:00Z"), want: []string{pats}},
		{name: "deleted since, and ended before it began to count", log: replied, files: gone(thursdayAt),
			decisions: []string{cover, endCover("2026-11-11T08:00:00Z", "head@school.example", "c1", "sue@school.example")}, want: []string{pats}},
		{name: "said by somebody switched off since", log: replied, decisions: []string{cover}, files: without(but(head, `"suspended": true, "suspensionTime": "`+thursdayAt+`"`))},
		{name: "said by somebody switched off", log: replied, decisions: []string{cover}, files: without(but(head, `"suspended": true, "suspensionTime": "2026-11-09T09:00:00Z"`)), want: []string{pats}},
		{name: "no host, switched off since", log: []string{happened(ten, "pat@school.example", "commented_announcement", "c3")}, files: sues(`"suspended": true, "suspensionTime": "` + thursdayAt + `"`),
			decisions: []string{stoodIn("2026-11-10T09:00:00Z", "head@school.example", "c3", "sue@school.example", "2026-11-10", "2026-11-20")},
			want:      []string{"comments.no-host post/c3-p1: course/c3, since 2026-11-11T10:00:00Z"}},
	})
}

// Who stood in when something was decided is told by what was decided before it: of classes and of blogs, whatever it is.
func TestCoverAtTheMoment(t *testing.T) {
	const earlier, same, afterwards = "2026-11-13T08:00:00Z", later, "2026-11-13T10:00:00Z" // all on the Friday on which Sue decides
	waiting := blogsAre(blog("41", open, blogComment(1, "PENDING", ten, "b9")))
	for _, c := range []struct {
		course, decision string
		streamCase
	}{
		{"c1", reviewed(later, "sue@school.example", noon), streamCase{name: "a class's post", log: patWrote, want: []string{pats}}},
		{"c1", reviewedDoc(later, "sue@school.example", noon), streamCase{name: "a class's document", drive: patNoted, want: []string{inDoc}}.atDocuments()},
		{"blog-41", reviewedBlog(later, "sue@school.example", noon), streamCase{name: "a blog's post", means: onBlogs, files: waiting, want: []string{readers}}},
		{"blog-41", onBlog(later, "sue@school.example", "approve", "41-1-1"), streamCase{name: "a comment shown", means: onBlogs, files: waiting, want: []string{readers}}},
		{"blog-41", onBlog(later, "sue@school.example", "spam", "41-1-1"), streamCase{name: "a comment that is spam", means: onBlogs, files: waiting, want: []string{readers}}},
		{"blog-41", onBlog(later, "sue@school.example", "remove", "41-1-1"), streamCase{name: "a comment removed", means: onBlogs, files: waiting, want: []string{readers}}},
	} {
		named := func(at, from string) string {
			return stoodIn(at, "head@school.example", c.course, "sue@school.example", from, "2026-11-13")
		}
		ended := func(at string) string { return endCover(at, "office@school.example", c.course, "sue@school.example") }
		before := named("2026-11-10T09:00:00Z", "2026-11-10")
		for _, when := range []struct {
			name      string
			decisions []string
			counts    bool
		}{
			{"named earlier that day", []string{named(earlier, "2026-11-13"), c.decision}, true},
			{"named just then", []string{named(same, "2026-11-13"), c.decision}, true},
			{"named later that day", []string{c.decision, named(afterwards, "2026-11-13")}, false},
			{"named later that day, from days before", []string{c.decision, named(afterwards, "2026-11-10")}, false},
			{"named on a later day, from days before", []string{c.decision, named("2026-11-14T09:00:00Z", "2026-11-10")}, false},
			{"ended earlier that day", []string{before, ended(earlier), c.decision}, false},
			{"ended just then", []string{before, ended(same), c.decision}, false},
			{"ended later that day", []string{before, c.decision, ended(afterwards)}, true},
			{"named and ended that day, before and after", []string{named(earlier, "2026-11-13"), c.decision, ended(afterwards)}, true},
			{"ended, and named again earlier that day", []string{before, ended("2026-11-13T07:00:00Z"), named(earlier, "2026-11-13"), c.decision}, true},
			{"ended earlier that day, and named again later", []string{before, ended(earlier), c.decision, named(afterwards, "2026-11-13")}, false},
		} {
			it := c.streamCase
			it.name, it.decisions = c.name+", "+when.name, when.decisions
			if when.counts {
				it.want = nil
			}
			runStream(t, []streamCase{it})
		}
	}
	// What is no decision goes by the day alone, as before.
	replied := []string{wrote(ten, "pat@school.example"), wrote(noon, "sue@school.example")}
	runStream(t, []streamCase{
		{name: "replied before they were named that day", log: replied, decisions: []string{stoodIn("2026-11-11T13:00:00Z", "head@school.example", "c1", "sue@school.example", "2026-11-11", "2026-11-11")}},
		{name: "replied before it was ended that day", log: replied, want: []string{pats},
			decisions: []string{stoodIn(eleven, "head@school.example", "c1", "sue@school.example", "2026-11-11", "2026-11-11"), endCover("2026-11-11T13:00:00Z", "head@school.example", "c1", "sue@school.example")}},
	})
}

// What somebody decides counts if they were of the school then, wherever in the trust they were moved since. With each decision nothing is found;
// what is wanted is what is found if it does not count.
func TestDecidersOfTheSchoolThen(t *testing.T) {
	const ours = "[/Pupils, /Staff, /Visitors]"
	type mover struct{ account, address, unit string }
	kims, heads, sues := mover{kim, "kim@school.example", "/Staff"}, mover{head, "head@school.example", "/Staff"}, mover{sue, "sue@school.example", "/Visitors"}
	patsClass := map[string]string{"students.json": `{"c1": [{"userId": "p1"}]}`} // the class stays the school's
	pending := blogsAre(blog("41", open, blogComment(1, "PENDING", ten, "b9")))
	replied := []string{wrote(ten, "pat@school.example"), wrote(noon, "sue@school.example")}
	cover := stoodIn(later, "head@school.example", "c1", "sue@school.example", "2026-11-11", "2026-11-11")
	spot := answered(later, "moe@school.example", "dojo-spot-"+a1, "yes")
	for _, c := range []struct {
		who mover
		streamCase
	}{
		{kims, streamCase{name: "a teacher's review", log: patWrote, decisions: []string{reviewed(later, "kite@school.example", noon)}, files: patsClass, want: []string{pats}}},
		{heads, streamCase{name: "the head's", log: patWrote, decisions: []string{reviewed(later, "head@school.example", noon)}, files: patsClass, want: []string{pats}}},
		{kims, streamCase{name: "of a document", drive: patNoted, decisions: []string{reviewedDoc(later, "kim@school.example", noon)}, files: patsClass, want: []string{inDoc}}.atDocuments()},
		{heads, streamCase{name: "of a blog", means: onBlogs, decisions: []string{reviewedBlog(later, "head@school.example", noon)}, files: pending, want: []string{readers}}},
		{heads, streamCase{name: "a comment shown", means: onBlogs, decisions: []string{onBlog(later, "head@school.example", "approve", "41-1-1")}, files: pending, want: []string{readers}}},
		{heads, streamCase{name: "cover, said by them", log: replied, decisions: []string{cover}, files: patsClass, want: []string{pats}}},
		{sues, streamCase{name: "cover, of them", log: replied, decisions: []string{cover}, files: patsClass, want: []string{pats}}},
		{heads, streamCase{name: "a check-in", means: halfTermly, decisions: []string{answered(later, "head@school.example", "filtering", "yes")}, want: []string{late}}},
		{kims, streamCase{name: "a check-in on ClassDojo", means: askDojo, dojo: someDojo, decisions: []string{saidDojo(later, "kim@school.example", a1, allOff), spot}, want: []string{oldDojo}}},
		{heads, streamCase{name: "a spot check", means: askDojo, dojo: someDojo, decisions: []string{saidDojo(later, "lou@school.example", a1, allOff), answered(later, "head@school.example", "dojo-spot-"+a1, "yes")}, want: []string{oldSpot}}},
		{kims, streamCase{name: "a review on ClassDojo", means: onDojo, dojo: someDojo, told: []string{toldDojo("csv", "comment", a1, "2026-11-10T10:00:00Z", "k1")}, decisions: []string{sawDojo(later, "kim@school.example", a1, noon)}, want: []string{dojoWaits}}},
		{heads, streamCase{name: "a record", means: atOnce, decisions: []string{entered(madeAt, "moe@school.example", "consents", "e1", "2026-11-15"), renewed(later, "head@school.example", "consents", "e1", "2027-01-04")}, want: pastDate("2026-11-15")}},
		{heads, streamCase{name: "a confirmation", means: tuesdays, decisions: []string{confirms(later, "head@school.example", "training", "2026-11-09", "done")}, want: []string{unanswered}}},
	} {
		here, away := c.who.account, strings.Replace(c.who.account, c.who.unit, "/Other", 1)
		from := func(at, unit string) map[string]string { return movedOn(at, c.who.address, unit) }
		there := from(fridayAt, c.who.unit)
		there["activities-admin.jsonl"] += "\n" + from("2026-11-14T09:00:00Z", "/Other")["activities-admin.jsonl"]
		moved := func(name, now string, log map[string]string, want []string) streamCase {
			out := c.streamCase
			out.name, out.units, out.files, out.want = c.name+", "+name, ours, both(both(c.files, without(now)), log), want
			return out
		}
		runStream(t, []streamCase{
			moved("of the school", here, nil, nil),
			moved("of another", away, nil, c.want),
			moved("moved away since", away, from(fridayAt, strings.ToUpper(c.who.unit)), nil),
			moved("moved away just then", away, from(later, c.who.unit), c.want),
			moved("moved away before", away, from(thursdayAt, c.who.unit), c.want),
			moved("moved here since", here, from(fridayAt, "/Other"), c.want),
			moved("moved here just then", here, from(later, "/Other"), nil),
			moved("moved away and back since", here, there, nil),
			moved("moved away from among the pupils since", away, from(fridayAt, "/Pupils"), c.want),
		})
	}
}

// The same of who was deleted after they were moved, and of who is asked now whether they read the policy, and came since they did.
func TestDecidersWhoWereMovedAndMore(t *testing.T) {
	const ours = "[/Pupils, /Staff, /Visitors]"
	gone := func(unit, from string) map[string]string {
		kims := strings.Replace(but(kim, `"deletionTime": "2026-11-15T09:00:00Z"`), "/Staff", unit, 1)
		files := and(and(without("t1"), "deletedusers.json", deleted(kims)), "students.json", `{"c1": [{"userId": "p1"}]}`)
		return both(and(files, "teachers.json", `{"c1": [{"userId": "t1"}, {"userId": "t3"}]}`), movedOn(fridayAt, "kim@school.example", from))
	}
	read := []string{reads(later, "kim@school.example")}
	for _, who := range []string{"lou", "moe", "head", "officer", "office"} {
		read = append(read, reads(later, who+"@school.example"))
	}
	const policyRead, review = "{record: policy-read, due: 2 school days}", "review: {last: 2026-07-06, every: year}"
	runStream(t, []streamCase{
		{name: "moved away since, and deleted", units: ours, log: patWrote, decisions: []string{reviewed(later, "kim@school.example", noon)}, files: gone("/Other", "/Staff")},
		{name: "moved here since, and deleted", units: ours, log: patWrote, decisions: []string{reviewed(later, "kim@school.example", noon)}, files: gone("/Staff", "/Other"), want: []string{pats}},
		{name: "read the policy before they came", units: ours, means: policyRead, dojo: review, decisions: read, files: movedOn(fridayAt, "kim@school.example", "/Other"), want: []string{"record.overdue user/t1: review 2026-07-06"}},
		{name: "read it when they had come", units: ours, means: policyRead, dojo: review, decisions: read, files: movedOn(later, "kim@school.example", "/Other")},
	})
}
