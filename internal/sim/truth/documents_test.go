package truth

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// What Pat wrote in the document d1 of c1 on Wednesday 11 November and nobody looked at, since ten and since noon.
const (
	inDoc       = "comments.unreviewed document/c1-d1: due 2026-11-13, passed-on, since 2026-11-11T10:00:00Z"
	inDocNoon   = "comments.unreviewed document/c1-d1: due 2026-11-13, passed-on, since 2026-11-11T12:00:00Z"
	inLous      = "comments.unreviewed document/c2-d1: due 2026-11-19, since 2026-11-11T10:00:00Z" // the same in c2: Lou is in on Thursdays
	inDocuments = "{check: comments, with: {places: [documents]}, severity: medium, due: 2 school days}"

	// d1 lies in the folder k1 of c1; k2 and k3 are those of c2 and c3.
	docFiles   = `{"id": "k1", "mimeType": "` + folderType + `", "parents": ["root-t1"]} {"id": "d1", "mimeType": "text/plain", "parents": ["k1"]}`
	docCourses = `[{"id": "c1", "courseState": "ACTIVE", "teacherFolder": {"id": "k1"}}, {"id": "c2", "courseState": "ACTIVE", "teacherFolder": {"id": "k2"}},
		{"id": "c3", "courseState": "ACTIVE", "teacherFolder": {"id": "k3"}}, {"id": "c4", "courseState": "ACTIVE"}, {"id": "c9", "courseState": "ARCHIVED", "teacherFolder": {"id": "k9"}}]`
)

// inDrive is a record of the log of Drive about an item.
func inDrive(at, actor, event, file string) string {
	return fmt.Sprintf(`{"id": {"time": %q, "uniqueQualifier": "7"}, "actor": {"email": %q}, "events": [{"type": "access", "name": %q, "parameters": [{"name": "primary_event", "boolValue": true}, {"name": "doc_id", "value": %q}, {"name": "doc_title", "value": "A text"}]}]}`,
		at, actor, event, file)
}

// inD1 is something done to the comments in d1.
func inD1(at, actor, event string) string { return inDrive(at, actor, event, "d1") }

var patNoted = []string{inD1(ten, "pat@school.example", "create_comment")}

// lying is an item of Drive in a folder; more is what else it has.
func lying(id, parent, mimeType, more string) string {
	return fmt.Sprintf(`{"id": %q, "mimeType": %q, "parents": [%q]%s}`, id, mimeType, parent, more)
}

func filesAre(list ...string) map[string]string {
	return map[string]string{"files.jsonl": strings.Join(list, "\n")}
}

// attaching is a list of posts of one class, to one of which d1 is attached, beside a link; more is what else that post has.
func attaching(file, class, more string) map[string]string {
	return map[string]string{file: fmt.Sprintf(`{%q: [{"id": "p0"}, {"id": "p1"%s, "materials": [{"link": {"url": "https://home.example"}}, {"driveFile": {"driveFile": {"id": "d1", "title": "A text"}, "shareMode": "VIEW"}}]}]}`, class, more)}
}

func reviewedDoc(at, by, saw string) string {
	return fmt.Sprintf(`{"at": %q, "by": %q, "do": "reviewed", "item": "document/c1-d1", "saw": %q}`, at, by, saw)
}

// movedOn is somebody moved to the unit that they are in now, from another.
func movedOn(at, whom, from string) map[string]string {
	return map[string]string{"activities-admin.jsonl": record(at, "head@school.example", "MOVE_USER_TO_ORG_UNIT", `{"name": "USER_EMAIL", "value": "`+whom+`"}, {"name": "ORG_UNIT_NAME", "value": "`+from+`"}`)}
}

// atDocuments fills in what cases on documents have in common.
func (c streamCase) atDocuments() streamCase {
	c.means = or(c.means, inDocuments)
	c.files = both(map[string]string{"files.jsonl": docFiles, "courses.json": docCourses}, c.files)
	return c
}

func runDocuments(t *testing.T, cases []streamCase) {
	t.Helper()
	for i := range cases {
		cases[i] = cases[i].atDocuments()
	}
	runStream(t, cases)
}

func TestWhatIsADocument(t *testing.T) {
	const doc, folder = "text/plain", folderType
	waits := func(subject string) []string {
		return []string{strings.Replace(inDoc, "document/c1-d1", "document/"+subject, 1)}
	}
	classFolder := lying("k1", "root-t1", folder, "")
	elsewhere := lying("d1", "root-t2", doc, "")
	cases := []streamCase{
		{name: "in the class's folder", want: []string{inDoc}},
		{name: "in a folder in it", files: filesAre(classFolder, lying("m", "k1", folder, ""), lying("n", "m", folder, ""), lying("d1", "n", doc, "")), want: []string{inDoc}},
		{name: "five folders down", files: filesAre(classFolder, lying("m", "k1", folder, ""), lying("n", "m", folder, ""), lying("o", "n", folder, ""), lying("p", "o", folder, ""), lying("q", "p", folder, ""), lying("d1", "q", doc, "")), want: []string{inDoc}},
		{name: "in a folder that nobody can list", files: filesAre(lying("d1", "k1", doc, "")), want: []string{inDoc}},
		{name: "somebody else's, in it", files: filesAre(classFolder, lying("d1", "k1", doc, `, "owners": [{"emailAddress": "mum@home.example"}]`)), want: []string{inDoc}},
		{name: "in a shared drive", files: filesAre(lying("k1", "drive", folder, `, "driveId": "drive"`), lying("d1", "k1", doc, `, "driveId": "drive"`)), want: []string{inDoc}},
		{name: "a document of Google's", files: filesAre(lying("d1", "k1", "application/vnd.google-apps.document", "")), want: []string{inDoc}},
		{name: "a folder", files: filesAre(classFolder, lying("d1", "k1", folder, ""))},
		{name: "elsewhere", files: filesAre(classFolder, elsewhere)},
		{name: "in no folder", files: filesAre(classFolder, `{"id": "d1", "mimeType": "text/plain"}`)},
		{name: "in a folder without an id, as some classes have one", files: filesAre(lying("d1", "", doc, ""))},
		{name: "beside the class's folder", files: filesAre(lying("k1", "m", folder, ""), lying("d1", "m", doc, ""))},
		{name: "gone", files: filesAre(classFolder)},
		{name: "gone, and attached", files: both(filesAre(classFolder), attaching("announcements.json", "c1", ""))},
		{name: "in the folder of an archived class", files: filesAre(lying("d1", "k9", doc, ""))},
		{name: "in the folder of a class of another school", units: "[/Pupils]", files: filesAre(lying("d1", "k2", doc, ""))},
		{name: "of two classes", files: attaching("materials.json", "c2", ""), want: []string{inDoc, inLous}},
		{name: "in the folder of one class in that of another", files: filesAre(lying("k2", "k1", folder, ""), lying("d1", "k2", doc, "")), want: []string{inDoc, inLous}},

		{name: "in the bin", files: filesAre(classFolder, lying("d1", "k1", doc, `, "trashed": true`))},
		{name: "in a folder in the bin", files: filesAre(classFolder, lying("m", "k1", folder, `, "trashed": true`), lying("n", "m", folder, ""), lying("d1", "n", doc, ""))},
		{name: "the class's folder in the bin", files: filesAre(lying("k1", "root-t1", folder, `, "trashed": true`), lying("d1", "k1", doc, ""))},
		{name: "a folder above the class's in the bin", files: filesAre(lying("m", "root-t1", folder, `, "trashed": true`), lying("k1", "m", folder, ""), lying("d1", "k1", doc, ""))},
		{name: "attached, and in the bin", files: both(filesAre(lying("d1", "root-t2", doc, `, "trashed": true`)), attaching("coursework.json", "c1", ""))},
		{name: "attached, and in a folder in the bin", files: both(filesAre(lying("m", "root-t1", folder, `, "trashed": true`), lying("d1", "m", doc, "")), attaching("coursework.json", "c1", ""))},
		{name: "another file in the bin", files: filesAre(classFolder, lying("d1", "k1", doc, ""), lying("d2", "k1", doc, `, "trashed": true`)), want: []string{inDoc}},

		{name: "folders in each other", files: filesAre(lying("m", "n", folder, ""), lying("n", "m", folder, ""), lying("d1", "m", doc, ""))},
		{name: "the class's folder and another in each other", files: filesAre(lying("k1", "n", folder, ""), lying("n", "k1", folder, ""), lying("d1", "n", doc, "")), want: []string{inDoc}},
		{name: "folders in each other, one in the bin", files: filesAre(lying("k1", "n", folder, ""), lying("n", "k1", folder, `, "trashed": true`), lying("d1", "k1", doc, ""))},
		{name: "a folder in itself", files: filesAre(lying("k1", "k1", folder, ""), lying("d1", "k1", doc, "")), want: []string{inDoc}},

		{name: "in the folder, and attached", files: attaching("announcements.json", "c1", ""), want: []string{inDoc}},
		{name: "a folder that is attached", files: both(filesAre(lying("d1", "root-t1", folder, "")), attaching("announcements.json", "c1", ""))},
		{name: "in a folder that is attached", files: both(filesAre(lying("d1", "root-t1", folder, ""), lying("d2", "d1", doc, "")), attaching("announcements.json", "c1", "")),
			drive: []string{inDrive(ten, "pat@school.example", "create_comment", "d2")}},
		{name: "attached in an archived class", files: both(filesAre(elsewhere), attaching("announcements.json", "c9", ""))},
		{name: "attached in a class without a folder", files: both(both(filesAre(elsewhere), taught(`{"c4": [{"userId": "t3"}]}`)), attaching("announcements.json", "c4", "")), want: waits("c4-d1")},
		{name: "the file's id has hyphens", files: filesAre(lying("1a-b_c-2", "k1", doc, "")), drive: []string{inDrive(ten, "pat@school.example", "create_comment", "1a-b_c-2")}, want: waits("c1-1a-b_c-2")},
		{name: "and it was looked at", files: filesAre(lying("1a-b_c-2", "k1", doc, "")), drive: []string{inDrive(ten, "pat@school.example", "create_comment", "1a-b_c-2")},
			decisions: []string{strings.Replace(reviewedDoc(noon, "kim@school.example", ten), "c1-d1", "c1-1a-b_c-2", 1)}},
	}
	for _, kind := range []string{"announcements.json", "coursework.json", "materials.json"} {
		at := func(more string) map[string]string { return both(filesAre(elsewhere), attaching(kind, "c1", more)) }
		cases = append(cases,
			streamCase{name: "attached, " + kind, files: at(`, "state": "PUBLISHED"`), want: []string{inDoc}},
			streamCase{name: "attached, nothing said of the state, " + kind, files: at(""), want: []string{inDoc}},
			streamCase{name: "attached to a draft, " + kind, files: at(`, "state": "DRAFT"`)},
			streamCase{name: "attached to what was deleted, " + kind, files: at(`, "state": "DELETED"`), want: []string{inDoc}},
			streamCase{name: "in the bin, attached to what was deleted, " + kind, files: both(filesAre(lying("d1", "root-t2", doc, `, "trashed": true`)), attaching(kind, "c1", `, "state": "DELETED"`))},
			streamCase{name: "attached, and nobody knows the state, " + kind, files: at(`, "state": "COURSE_WORK_STATE_UNSPECIFIED"`)})
	}
	for i := range cases {
		if cases[i].drive == nil {
			cases[i].drive = patNoted
		}
	}
	runDocuments(t, cases)
}

func TestWhatWaitsInDocuments(t *testing.T) {
	did := func(actor, event string) []string { return []string{inD1(ten, actor, event)} }
	pupil := func(event string) []string { return did("pat@school.example", event) }
	staffToo := "{check: comments, with: {places: [documents], staff: yes}, severity: medium, due: 2 school days}"
	runDocuments(t, []streamCase{
		{name: "nothing happened"},
		{name: "a comment", drive: patNoted, want: []string{inDoc}},
		{name: "one that was changed", drive: pupil("edit_comment"), want: []string{inDoc}},
		{name: "one that was settled", drive: pupil("resolve_comment"), want: []string{inDoc}},
		{name: "one that was opened again", drive: pupil("reopen_comment"), want: []string{inDoc}},
		{name: "one that was deleted", drive: pupil("delete_comment")},
		{name: "a change of the text", drive: pupil("edit")},
		{name: "in another file", drive: []string{inDrive(ten, "pat@school.example", "create_comment", "d2")}},
		{name: "of no file", drive: []string{inDrive(ten, "pat@school.example", "create_comment", "")}},
		{name: "told by the log of Classroom", log: patNoted},
		{name: "several events in one record", drive: []string{strings.Replace(inD1(ten, "pat@school.example", "create_comment"), `"events": [`, `"events": [{"name": "view", "parameters": []}, `, 1)}, want: []string{inDoc}},
		{name: "told twice", drive: append(patNoted, patNoted...), want: []string{inDoc}},
		{name: "since the first of several", drive: []string{inD1(noon, "pia@school.example", "edit_comment"), patNoted[0], inD1(noon, "pat@school.example", "resolve_comment")}, want: []string{inDoc}},
		{name: "in whole seconds, cut off", drive: []string{inD1("2026-11-12T10:00:30.999Z", "pat@school.example", "create_comment")}, want: []string{"comments.unreviewed document/c1-d1: due 2026-11-16, since 2026-11-12T10:00:30Z"}},
		{name: "at the start", drive: []string{inD1("2026-10-26T00:00:00Z", "pat@school.example", "create_comment")}, want: []string{"comments.unreviewed document/c1-d1: due 2026-11-03, passed-on, since 2026-10-26T00:00:00Z"}},
		{name: "before the start", drive: []string{inD1("2026-10-25T23:59:59.999Z", "pat@school.example", "create_comment")}},
		{name: "now", drive: []string{inD1("2026-11-16T09:00:00Z", "pat@school.example", "create_comment")}, want: []string{"comments.unreviewed document/c1-d1: due 2026-11-18, since 2026-11-16T09:00:00Z"}},
		{name: "not yet", drive: []string{inD1("2026-11-16T09:00:01Z", "pat@school.example", "create_comment")}},

		{name: "of somebody outside", drive: did("mum@home.example", "create_comment"), want: []string{inDoc}},
		{name: "of an account that is gone", drive: did("gone@school.example", "create_comment"), want: []string{inDoc}},
		{name: "of nobody", drive: did("", "create_comment"), want: []string{inDoc}},
		{name: "of a guest", drive: did("guest@home.example", "create_comment"), want: []string{inDoc}},
		{name: "of supply", drive: did("sue@school.example", "create_comment"), want: []string{inDoc}},
		{name: "of staff", drive: did("MOE@school.example", "create_comment")},
		{name: "of staff deleted lately", drive: did("moe@school.example", "create_comment"), files: and(without("t3"), "deletedusers.json", deleted(but(moe, `"deletionTime": "2026-11-12T09:00:00Z"`)))},
		{name: "of who was staff then", drive: did("moe@school.example", "create_comment"), files: both(without(strings.Replace(moe, "/staff/Year 4", "/Pupils", 1)), movedOn("2026-11-12T09:00:00Z", "moe@school.example", "/Staff"))},
		{name: "of who was a pupil then", drive: did("moe@school.example", "create_comment"), files: movedOn("2026-11-12T09:00:00Z", "moe@school.example", "/Pupils"), want: []string{inDoc}},
		{name: "of staff, staff too", means: staffToo, drive: did("moe@school.example", "resolve_comment"), want: []string{inDoc}},
		{name: "of the teacher, staff too", means: staffToo, drive: did("kite@school.example", "create_comment")},
		{name: "of another class's teacher, staff too", means: staffToo, drive: did("lou@school.example", "create_comment"), want: []string{inDoc}},
		{name: "of cover, staff too", means: "{check: comments, with: {places: [documents], staff: yes, replies: do-not-count}, severity: medium, due: 2 school days}", drive: did("moe@school.example", "create_comment"),
			decisions: []string{stoodIn("2026-11-10T09:00:00Z", "head@school.example", "c1", "moe@school.example", "2026-11-11", "2026-11-11")}},
		{name: "each class has its own teachers", means: staffToo, drive: did("lou@school.example", "create_comment"), files: attaching("materials.json", "c2", ""), want: []string{inDoc}},
	})
}

// A means asks where its places say, each with what it says itself.
func TestDocumentsArePlaces(t *testing.T) {
	const comments = "{check: comments, with: {places: %s, rules: %s}, severity: medium, due: 2 school days}"
	asks := func(places, rules string) string { return fmt.Sprintf(comments, places, rules) }
	runDocuments(t, []streamCase{
		{name: "no place named", means: twoSchoolDays, log: patWrote, drive: patNoted, want: []string{pats}},
		{name: "classes", means: asks("[classroom]", "[unreviewed]"), log: patWrote, drive: patNoted, want: []string{pats}},
		{name: "documents", means: asks("[documents]", "[unreviewed]"), log: patWrote, drive: patNoted, want: []string{inDoc}},
		{name: "both", means: asks("[classroom, documents]", "[unreviewed]"), log: patWrote, drive: patNoted, want: []string{inDoc, pats}},
		{name: "blogs and documents", means: asks("[blogs, documents]", "[unreviewed, no-host]"), drive: patNoted, files: on41(blogComment(1, "LIVE", ten, "b9")), want: []string{readers, inDoc}},
		{name: "another rule", means: asks("[documents]", "[no-host]"), drive: patNoted},
		{name: "private comments", means: asks("[documents]", "[private-by-other-adult]"), log: []string{private(ten, "moe@school.example")}, drive: []string{inD1(ten, "moe@school.example", "create_comment"), patNoted[0]}},
		{name: "all rules", log: []string{private(ten, "moe@school.example")}, drive: patNoted, want: []string{inDoc}},
		{name: "two clauses", means: inDocuments, again: "{check: comments, with: {places: [documents], replies: do-not-count, staff: yes}, severity: high, due: 2 hours}",
			drive: []string{inD1(ten, "moe@school.example", "create_comment"), inD1(eleven, "pat@school.example", "create_comment"), inD1(noon, "kim@school.example", "create_comment")},
			want:  []string{"A6 comments.unreviewed document/c1-d1: due 2026-11-11, passed-on, since 2026-11-11T10:00:00Z"}},
		{name: "a comment in a document is none on a post", means: asks("[classroom, documents]", "[unreviewed]"), log: patWrote, drive: []string{inD1(noon, "kim@school.example", "create_comment")}, want: []string{pats}},
		{name: "and the other way round", means: asks("[classroom, documents]", "[unreviewed]"), log: []string{wrote(noon, "kim@school.example")}, drive: patNoted, want: []string{inDoc}},
	})
}

func TestDocumentsLookedAt(t *testing.T) {
	by := func(who string) []string { return []string{reviewedDoc(later, who, noon)} }
	then := func(actor, event string) []string { return []string{patNoted[0], inD1(noon, actor, event)} }
	cover := func(class, from, until string) string {
		return stoodIn("2026-11-10T09:00:00Z", "head@school.example", class, "moe@school.example", from, until)
	}
	cases := []streamCase{
		{name: "the teacher", drive: patNoted, decisions: by("Kite@school.example")},
		{name: "saw just that", drive: patNoted, decisions: []string{reviewedDoc(later, "kim@school.example", ten)}},
		{name: "saw what was before", drive: patNoted, decisions: []string{reviewedDoc(later, "kim@school.example", "2026-11-11T09:59:59.999Z")}, want: []string{inDoc}},
		{name: "before a later comment", drive: []string{patNoted[0], inD1(noon, "pia@school.example", "create_comment")}, decisions: []string{reviewedDoc(later, "kim@school.example", eleven)}, want: []string{inDocNoon}},
		{name: "saw later than it was", drive: []string{inD1(noon, "pat@school.example", "create_comment")}, decisions: []string{reviewedDoc(eleven, "kim@school.example", later)}, want: []string{inDocNoon}},
		{name: "an older look after a newer one", drive: patNoted, decisions: append(by("kim@school.example"), reviewedDoc(later, "kim@school.example", "2026-11-09T09:00:00Z"))},
		{name: "not yet", drive: patNoted, decisions: []string{reviewedDoc("2026-11-16T09:00:01Z", "kim@school.example", noon)}, want: []string{inDoc}},
		{name: "at a post", drive: patNoted, decisions: []string{strings.Replace(by("kim@school.example")[0], "document/", "post/", 1)}, want: []string{inDoc}},
		{name: "at another document", drive: patNoted, decisions: []string{strings.Replace(by("kim@school.example")[0], "c1-d1", "c1-d2", 1)}, want: []string{inDoc}},
		{name: "in one of its two classes", drive: patNoted, files: attaching("coursework.json", "c2", ""), decisions: by("kim@school.example"), want: []string{inLous}},
		{name: "another class's teacher in their own class", drive: patNoted, files: attaching("coursework.json", "c3", ""), decisions: []string{strings.Replace(by("kim@school.example")[0], "c1-d1", "c3-d1", 1)},
			want: []string{"comments.no-host document/c3-d1: course/c3, since 2026-11-11T10:00:00Z", inDoc}},
		{name: "the head", drive: patNoted, decisions: by("principal@school.example")},
		{name: "the deputy", drive: patNoted, decisions: by("lou@school.example")},
		{name: "the officer", drive: patNoted, decisions: by("officer@school.example")},
		{name: "the page host", drive: patNoted, decisions: by("office@school.example"), want: []string{inDoc}},
		{name: "staff", drive: patNoted, decisions: by("moe@school.example"), want: []string{inDoc}},
		{name: "a pupil", drive: patNoted, decisions: by("pat@school.example"), want: []string{inDoc}},
		{name: "cover", drive: patNoted, decisions: append([]string{cover("c1", "2026-11-13", "2026-11-13")}, by("moe@school.example")...)},
		{name: "cover of the day before", drive: patNoted, decisions: append([]string{cover("c1", "2026-11-12", "2026-11-12")}, by("moe@school.example")...), want: []string{inDoc}},
		{name: "one who was taken off the list", log: []string{tookOff("2026-11-12T08:00:00Z", "moe@school.example", "c1")}, drive: patNoted, decisions: by("moe@school.example")},
		{name: "where replies do not count", means: "{check: comments, with: {places: [documents], replies: do-not-count}, severity: medium}", drive: patNoted, decisions: by("kim@school.example")},

		{name: "a reply between two", drive: []string{patNoted[0], inD1(eleven, "kim@school.example", "create_comment"), inD1(noon, "pat@school.example", "edit_comment")}, want: []string{inDocNoon}},
		{name: "a comment deleted between two", drive: []string{patNoted[0], inD1(eleven, "kim@school.example", "delete_comment"), inD1(noon, "pat@school.example", "edit_comment")}, want: []string{inDocNoon}},
		{name: "at the same time", drive: []string{patNoted[0], inD1(ten, "kim@school.example", "delete_comment")}},
		{name: "a moment before", drive: []string{patNoted[0], inD1("2026-11-11T09:59:59.999Z", "kim@school.example", "delete_comment")}, want: []string{inDoc}},
		{name: "not yet, deleted", drive: []string{patNoted[0], inD1("2026-11-16T09:00:01Z", "kim@school.example", "delete_comment")}, want: []string{inDoc}},
		{name: "in another document", drive: []string{patNoted[0], inDrive(noon, "kim@school.example", "delete_comment", "d2")}, want: []string{inDoc}},
		{name: "by opening or changing the text", drive: []string{patNoted[0], inD1(noon, "kim@school.example", "view"), inD1(noon, "kim@school.example", "edit")}, want: []string{inDoc}},
		{name: "a reply by the teacher of one of its two classes", drive: then("kim@school.example", "create_comment"), files: attaching("coursework.json", "c2", ""), want: []string{inLous}},
		{name: "a teacher's who was no pupil's then", drive: then("moe@school.example", "delete_comment"), files: both(taught(`{"c1": [{"userId": "t1"}, {"userId": "t3"}]}`), movedOn("2026-11-10T09:00:00Z", "moe@school.example", "/Pupils"))},
		{name: "a teacher's who was a pupil's then", drive: then("moe@school.example", "delete_comment"), files: both(taught(`{"c1": [{"userId": "t1"}, {"userId": "t3"}]}`), movedOn("2026-11-12T09:00:00Z", "moe@school.example", "/Pupils")), want: []string{inDoc}},
	}
	for _, event := range []string{"create_comment", "edit_comment", "resolve_comment", "reopen_comment", "delete_comment"} {
		cases = append(cases,
			streamCase{name: event + " of the teacher", drive: then("kite@school.example", event)},
			streamCase{name: event + " of the teacher, and replies do not count", means: "{check: comments, with: {places: [documents], replies: do-not-count}, severity: medium, due: 2 school days}", drive: then("kim@school.example", event), want: []string{inDoc}},
			streamCase{name: event + " of other staff", drive: then("moe@school.example", event), want: []string{inDoc}},
			streamCase{name: event + " of the head", drive: then("head@school.example", event), want: []string{inDoc}},
			streamCase{name: event + " of the pupil", drive: then("pat@school.example", event), want: []string{inDoc}},
			streamCase{name: event + " of nobody", drive: then("", event), want: []string{inDoc}},
			streamCase{name: event + " of cover", drive: then("moe@school.example", event), decisions: []string{cover("c1", "2026-11-11", "2026-11-11")}},
			streamCase{name: event + " of cover the day before", drive: then("moe@school.example", event), decisions: []string{cover("c1", "2026-11-10", "2026-11-10")}, want: []string{inDoc}},
			streamCase{name: event + " of cover of another class", drive: then("moe@school.example", event), decisions: []string{cover("c2", "2026-11-11", "2026-11-11")}, want: []string{inDoc}},
			streamCase{name: event + " of a teacher taken off since", log: []string{tookOff("2026-11-12T08:00:00Z", "moe@school.example", "c1")}, drive: then("moe@school.example", event)})
	}
	runDocuments(t, cases)
}

func TestHostsOfDocuments(t *testing.T) {
	const homeless = "comments.no-host document/c3-d1: course/c3, since 2026-11-11T10:00:00Z"
	const hosted = "comments.unreviewed document/c3-d1: due 2026-11-13, passed-on, since 2026-11-11T10:00:00Z"
	inC3 := filesAre(lying("d1", "k3", "text/plain", ""))
	in3 := func(more map[string]string) map[string]string { return both(inC3, more) }
	cover := []string{stoodIn("2026-11-12T09:00:00Z", "head@school.example", "c3", "sue@school.example", "2026-11-16", "2026-11-16")}
	runDocuments(t, []streamCase{
		{name: "none", drive: patNoted, files: inC3, want: []string{homeless}},
		{name: "none, and nothing waits", drive: []string{inD1(ten, "moe@school.example", "create_comment")}, files: inC3},
		{name: "none, and not asked", means: "{check: comments, with: {places: [documents], rules: [unreviewed]}, severity: medium}", drive: patNoted, files: inC3},
		{name: "none, and the head looked", drive: patNoted, files: inC3, decisions: []string{strings.Replace(reviewedDoc(noon, "head@school.example", ten), "c1-", "c3-", 1)}},
		{name: "in one of its two classes", drive: patNoted, files: attaching("announcements.json", "c3", ""), want: []string{homeless, inDoc}},
		{name: "a teacher", drive: patNoted, files: in3(taught(`{"c3": [{"userId": "t3"}]}`)), want: []string{hosted}},
		{name: "a teacher switched off", drive: patNoted, files: in3(both(without(but(moe, `"suspended": true`)), taught(`{"c3": [{"userId": "t3"}]}`))), want: []string{homeless}},
		{name: "cover today", drive: patNoted, files: inC3, decisions: cover, want: []string{hosted}},
		{name: "who owns the document is none", drive: patNoted, files: filesAre(lying("d1", "k3", "text/plain", `, "owners": [{"emailAddress": "kim@school.example"}]`)), want: []string{homeless}},

		{name: "in on some days", days: "{kim@school.example: [thu, tue]}", drive: patNoted, want: []string{"comments.unreviewed document/c1-d1: due 2026-11-17, since 2026-11-11T10:00:00Z"}},
		{name: "the term ends first", means: "{check: comments, with: {places: [documents]}, severity: medium, due: 1000 school days}", drive: patNoted, want: []string{"comments.unreviewed document/c1-d1: due unknown, since 2026-11-11T10:00:00Z"}},
		{name: "in hours", means: "{check: comments, with: {places: [documents]}, severity: high, due: 200 hours}", drive: patNoted, want: []string{"comments.unreviewed document/c1-d1: due 2026-11-19, since 2026-11-11T10:00:00Z"}},
	})
}

// The log of Drive comes in any order and tells things more than once; neither changes what is found.
func TestTheLogOfDriveInAnyOrder(t *testing.T) {
	c := streamCase{files: attaching("materials.json", "c2", ""), drive: []string{
		patNoted[0], inD1(eleven, "kim@school.example", "delete_comment"), inD1(noon, "pia@school.example", "edit_comment"), inD1(noon, "lou@school.example", "resolve_comment"),
		inD1("2026-11-12T10:00:00Z", "moe@school.example", "create_comment"), inD1("2026-11-12T11:00:00Z", "mum@home.example", "reopen_comment"), inD1("2026-11-12T11:00:00Z", "kim@school.example", "view"),
	}}
	dir := c.atDocuments().folder(t)
	tenant, err := LoadTenant(dir)
	if err != nil {
		t.Fatal(err)
	}
	policies, err := LoadPolicies(dir)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Now: at(t, "2026-11-16T09:00:00Z"), First: at(t, "2026-11-02T05:00:00Z")}
	all := tenant.Activities["drive"]
	rapid.Check(t, func(t *rapid.T) {
		some := all[:rapid.IntRange(1, len(all)).Draw(t, "told")]
		with := func(log []Activity) Truth {
			out := *tenant
			out.Activities = map[string][]Activity{"drive": log}
			return o.ComputeFrom(&out, policies)
		}
		again := append(slices.Clone(some), rapid.SliceOfN(rapid.SampledFrom(some), 0, 3).Draw(t, "twice")...)
		if diff := cmp.Diff(with(some), with(rapid.Permutation(again).Draw(t, "order"))); diff != "" {
			t.Fatal(diff)
		}
	})
}
