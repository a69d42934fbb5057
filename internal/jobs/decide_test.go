package jobs

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"esafetybot/internal/checkins"
	"esafetybot/internal/decisions"
	"esafetybot/internal/moderation"
	"esafetybot/internal/policy"
	"esafetybot/internal/pseudonym"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
)

// by is somebody as the site saw them signed in: with an id of Google's and an address.
func by(id, address string) decisions.By { return decisions.By{ID: id, Hash: pseudonym.Of(address)} }

func ours(id string) decisions.By { return by(id, id+"@school.example") }

// what people try to decide on the class 1 and the check-in.
func decision(t testing.TB, do string, who decisions.By) decisions.Decision {
	d := decisions.Decision{ID: "d-" + do, At: place(t, "2026-11-18 11:00"), By: who, Do: do}
	switch do {
	case decisions.Reviewed:
		d.Item, d.Saw = "post/1-7", place(t, "2026-11-17 10:00")
	case decisions.Cover:
		d.Course, d.Who, d.From, d.Until = "1", "moe", "2026-11-18", "2026-11-20"
	case decisions.EndCover:
		d.Course, d.Who = "1", "lou"
	case decisions.Answer:
		d.CheckIn, d.Answer = "filtering", "yes"
	}
	return d
}

// try judges a decision, each kind by the job that does, and says what became of it.
func try(t testing.TB, r *commentsRun, d decisions.Decision) (string, *checkins.Book) {
	book, err := checkins.Open(t.Context(), r.Store)
	if err != nil {
		t.Fatal(err)
	}
	if d.Do == decisions.Answer {
		return r.answer(r.in.Kinds, book, d), book
	}
	return r.judge(d), book
}

// Who may decide what. The letters are those of reviewed, cover, end-cover and answer.
func TestWhoMayDecide(t *testing.T) {
	for _, c := range []struct {
		name string
		by   decisions.By
		may  string // of "rcea", what counts
		not  string // why the rest does not
	}{
		{"the class's teacher", ours("kim"), "r", notTheirs},
		{"by another address of theirs", by("kim", "kite@school.example"), "r", notTheirs},
		{"written in capitals", by("kim", " KIM@School.example"), "r", notTheirs},
		{"cover of the day", ours("lou"), "r", notTheirs},
		{"another member of staff", ours("moe"), "", notTheirs},
		{"the e-safety officer", ours("officer"), "rcea", ""},
		{"the head, whom the policy names by an alias", ours("head"), "rcea", ""},
		{"the deputy, with an address outside", by("117", "deputy@trust.example"), "rcea", ""},
		{"without an id", by("", "deputy@trust.example"), "rcea", ""},
		{"the page host", ours("office"), "ce", notTheirs},
		{"whoever the check-in asks", by("118", "helpdesk@support.example"), "a", notTheirs},
		{"the safeguarding lead", ours("lead"), "", notTheirs},
		{"the administrator", ours("it"), "", notTheirs},

		{"the head's id with another's address", by("head", "moe@school.example"), "", notKnown},
		{"a pupil's id with the head's address", by("pat", "head@school.example"), "", notKnown},
		{"the teacher's id with an address outside that the policy names", by("kim", "deputy@trust.example"), "", notKnown},
		{"the head's id and no address", decisions.By{ID: "head"}, "", notKnown},
		{"the head's address and no id", by("", "head@school.example"), "", notKnown},
		{"the head's address and an unknown id", by("999", "head@school.example"), "", notKnown},
		{"a pupil", ours("pat"), "", notKnown},
		{"a teacher whose account is switched off", ours("old"), "", notKnown},
		{"one whose account is archived", ours("arc"), "", notKnown},
		{"a guest", ours("gus"), "", notKnown},
		{"somebody outside", by("120", "parent@home.example"), "", notKnown},
		{"an address of ours that nobody bears, though the policy names it", by("", "gone@school.example"), "", notKnown},
		{"nobody", decisions.By{}, "", notForm},
	} {
		t.Run(c.name, func(t *testing.T) {
			for letter, do := range map[string]string{"r": decisions.Reviewed, "c": decisions.Cover, "e": decisions.EndCover, "a": decisions.Answer} {
				r := atSchool(t)
				class := r.book.Class("1")
				class.AddCover(moderation.Cover{ID: "before", Who: "lou", From: date("2026-11-18"), Until: date("2026-11-20")})
				before := fmt.Sprintf("%+v %+v", class.Posts["7"], class.Cover)
				have, answers := try(t, r, decision(t, do, c.by))
				want := c.not
				if strings.Contains(c.may, letter) {
					want = ""
				}
				if have != want {
					t.Errorf("%s: %q, want %q", do, have, want)
				}
				changed := before != fmt.Sprintf("%+v %+v", class.Posts["7"], class.Cover) || len(answers.All()) > 0
				if changed != (have == "") {
					t.Errorf("%s: %q, and something changed: %v", do, have, changed)
				}
			}
		})
	}
}

// What is decided must be there, be about what it says, and not be of tomorrow.
func TestWhatMayBeDecided(t *testing.T) {
	type change = func(*decisions.Decision)
	for _, c := range []struct {
		name, do string
		change   change
		want     string
	}{
		{"a post of which nobody knows", decisions.Reviewed, func(d *decisions.Decision) { d.Item = "post/1-8" }, notThere},
		{"a post of another class", decisions.Reviewed, func(d *decisions.Decision) { d.Item = "post/2-7" }, notThere},
		{"a post of a class that is archived", decisions.Reviewed, func(d *decisions.Decision) { d.Item = "post/9-7" }, notThere},
		{"no post at all", decisions.Reviewed, func(d *decisions.Decision) { d.Item = "file/1-7" }, notThere},
		{"saw nothing", decisions.Reviewed, func(d *decisions.Decision) { d.Saw = time.Time{} }, notForm},
		{"a minute from now, as clocks differ", decisions.Reviewed, func(d *decisions.Decision) { d.At = place(t, "2026-11-18 12:01") }, ""},
		{"from the future", decisions.Reviewed, func(d *decisions.Decision) { d.At = place(t, "2026-11-18 12:01").Add(time.Millisecond) }, notForm},
		{"never made", decisions.Reviewed, func(d *decisions.Decision) { d.At = time.Time{} }, notForm},
		{"a class of which nobody knows", decisions.Cover, func(d *decisions.Decision) { d.Course = "3" }, notThere},
		{"another class", decisions.Cover, func(d *decisions.Decision) { d.Course = "2" }, ""},
		{"one day", decisions.Cover, func(d *decisions.Decision) { d.From, d.Until = "2026-11-18", "2026-11-18" }, ""},
		{"ends before it begins", decisions.Cover, func(d *decisions.Decision) { d.Until = "2026-11-17" }, notForm},
		{"a day that does not exist", decisions.Cover, func(d *decisions.Decision) { d.Until = "2026-11-31" }, notForm},
		{"begins on none", decisions.Cover, func(d *decisions.Decision) { d.From = "soon" }, notForm},
		{"of supply", decisions.Cover, func(d *decisions.Decision) { d.Who = "sue" }, ""},
		{"of a pupil", decisions.Cover, func(d *decisions.Decision) { d.Who = "pat" }, notAccount},
		{"of one who is switched off", decisions.Cover, func(d *decisions.Decision) { d.Who = "old" }, notAccount},
		{"of one who is archived", decisions.Cover, func(d *decisions.Decision) { d.Who = "arc" }, notAccount},
		{"of a guest", decisions.Cover, func(d *decisions.Decision) { d.Who = "gus" }, notAccount},
		{"of another school's", decisions.Cover, func(d *decisions.Decision) { d.Who = "elm" }, notAccount},
		{"of nobody", decisions.Cover, func(d *decisions.Decision) { d.Who = "x" }, notAccount},
		{"an end in an unknown class", decisions.EndCover, func(d *decisions.Decision) { d.Course = "3" }, notThere},
		{"an answer to another check-in", decisions.Answer, func(d *decisions.Decision) { d.CheckIn = "devices" }, notThere},
		{"no answer", decisions.Answer, func(d *decisions.Decision) { d.Answer = "perhaps" }, notForm},
		{"an answer from the future", decisions.Answer, func(d *decisions.Decision) { d.At = place(t, "2026-11-18 12:02") }, notForm},
	} {
		r := atSchool(t)
		d := decision(t, c.do, ours("officer"))
		c.change(&d)
		have, book := try(t, r, d)
		if have != c.want {
			t.Errorf("%s: %s: %q, want %q", c.do, c.name, have, c.want)
		}
		if posts := r.book.Class("1").Posts; len(posts) != 1 || have != "" && (len(posts["7"].Reviews)+len(r.book.Class("1").Cover)+len(book.All()) > 0) {
			t.Errorf("%s: %s: left something behind", c.do, c.name)
		}
	}
}

// Cover decides only on its days, by the school's dates.
func TestCoverReviews(t *testing.T) {
	for at, want := range map[string]string{
		"2026-11-15 23:59": notTheirs, "2026-11-16 00:00": "", "2026-11-17 23:59": "", "2026-11-18 00:00": notTheirs,
	} {
		r := atSchool(t)
		r.book.Class("1").AddCover(moderation.Cover{ID: "c", Who: "moe", From: date("2026-11-16"), Until: date("2026-11-17")})
		d := decision(t, decisions.Reviewed, ours("moe"))
		d.At = place(t, at)
		if have := r.judge(d); have != want {
			t.Errorf("at %s: %q, want %q", at, have, want)
		}
	}
}

// What is kept of a decision is who made it by their id, and when; a decision that is taken up again changes nothing.
func TestDecidedOnce(t *testing.T) {
	r := atSchool(t)
	for range 2 {
		for _, who := range []decisions.By{by("kim", "kite@school.example"), by("117", "deputy@trust.example")} {
			d := decision(t, decisions.Reviewed, who)
			d.ID = who.ID
			if why := r.judge(d); why != "" {
				t.Fatal(why)
			}
		}
		if why := r.judge(decision(t, decisions.Cover, ours("office"))); why != "" {
			t.Fatal(why)
		}
	}
	class := r.book.Class("1")
	at, saw := place(t, "2026-11-18 11:00").UTC(), place(t, "2026-11-17 10:00").UTC()
	want := []moderation.Review{{ID: "kim", At: at, By: "kim", Saw: saw}, {ID: "117", At: at, By: pseudonym.Of("deputy@trust.example"), Saw: saw}}
	if diff := cmp.Diff(want, class.Posts["7"].Reviews); diff != "" {
		t.Errorf("reviews (-want +have):\n%s", diff)
	}
	if len(class.Cover) != 1 || class.Cover[0].Who != "moe" || class.Cover[0].ID != "d-cover" {
		t.Errorf("cover %+v", class.Cover)
	}
}

// Reviews that the worker takes up in any order and again and again leave the same post looked at up to the same moment.
func TestReviewsInAnyOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var list []decisions.Decision
		for i := range rapid.IntRange(1, 6).Draw(rt, "decisions") {
			d := decision(t, decisions.Reviewed, rapid.SampledFrom([]decisions.By{ours("kim"), ours("officer"), ours("moe"), ours("pat"), by("117", "deputy@trust.example")}).Draw(rt, "by"))
			d.ID = fmt.Sprint(i)
			d.At = d.At.Add(-time.Duration(rapid.IntRange(0, 48).Draw(rt, "at")) * time.Hour)
			d.Saw = d.At.Add(time.Duration(rapid.IntRange(-24, 24).Draw(rt, "saw")) * time.Hour)
			list = append(list, d)
		}
		take := func(list []decisions.Decision) time.Time {
			r := atSchool(t)
			for _, d := range list {
				_ = r.judge(d)
			}
			class := r.book.Class("1")
			return class.Looked(class.Posts["7"], moderation.Rules{})
		}
		again := rapid.Permutation(append(slices.Clone(list), list...)).Draw(rt, "again")
		if want, have := take(list), take(again); !want.Equal(have) {
			rt.Fatalf("looked at until %v, in another order %v", want, have)
		}
	})
}

// What the log says of somebody: whose act it is, and that of one who had an address before is not of who has it now.
func TestEvent(t *testing.T) {
	for _, c := range []struct {
		name, actor string
		want        moderation.Act
	}{
		{"a pupil", "pat@school.example", moderation.Act{By: "pat"}},
		{"a teacher", "kim@school.example", moderation.Act{By: "kim", Staff: true, Adult: true}},
		{"by another address", "kite@school.example", moderation.Act{By: "kim", Staff: true, Adult: true}},
		{"switched off since", "old@school.example", moderation.Act{By: "old", Staff: true, Adult: true}},
		{"supply", "sue@school.example", moderation.Act{By: "sue", Adult: true}},
		{"a guest is no staff", "gus@school.example", moderation.Act{By: "gus", Adult: true}},
		{"of another school", "elm@school.example", moderation.Act{By: "elm", Adult: true}},
		{"outside", "parent@home.example", moderation.Act{By: pseudonym.Of("parent@home.example"), Adult: true}},
		{"trusted, and outside all the same", "deputy@trust.example", moderation.Act{By: pseudonym.Of("deputy@trust.example"), Adult: true}},
		{"ours, and nobody's", "nobody@school.example", moderation.Act{}},
		{"nobody", "", moderation.Act{}},
		{"no address", "Google", moderation.Act{}},
		{"one who had the address before", "new@school.example", moderation.Act{}},
	} {
		r := atSchool(t)
		added := account(t, "new", "/Oak/Staff", func(a *seen.Account) { a.Created = place(t, "2026-11-17 12:01") })
		r.Who().Share(&added.Account)
		r.event(seen.Event{Record: "r", Time: place(t, "2026-11-17 12:00"), Name: "commented_announcement", Actor: c.actor, Params: map[string]string{"course_id": "2", "post_id": "5"}})
		acts := r.book.Class("2").Post("5").Acts
		if len(acts) != 1 {
			t.Fatalf("%s: %d acts", c.name, len(acts))
		}
		c.want.At, c.want.Key, c.want.What = place(t, "2026-11-17 12:00").UTC(), acts[0].Key, moderation.Comment
		if diff := cmp.Diff(c.want, acts[0]); diff != "" {
			t.Errorf("%s (-want +have):\n%s", c.name, diff)
		}
	}
}

// What is no comment in a post of a class is none; whoever was taken off the list of teachers was one.
func TestOtherEvents(t *testing.T) {
	at := place(t, "2026-11-17 12:00")
	for _, c := range []struct {
		name   string
		event  string
		params map[string]string
		taught string
		kind   string
	}{
		{"no post", "commented_announcement", map[string]string{"course_id": "2"}, "", ""},
		{"no class", "commented_announcement", map[string]string{"post_id": "5"}, "", ""},
		{"an announcement", "commented_announcement", map[string]string{"course_id": "2", "post_id": "5"}, "", seen.PostAnnouncement},
		{"a pupil's post", "published_announcement", map[string]string{"course_id": "2", "post_id": "5"}, "", seen.PostAnnouncement},
		{"classwork", "commented_course_work", map[string]string{"course_id": "2", "post_id": "5"}, "", seen.PostCourseWork},
		{"material", "commented_course_work", map[string]string{"course_id": "2", "post_id": "5", "course_work_type": "material"}, "", seen.PostMaterial},
		{"in private", "commented_submission_private", map[string]string{"course_id": "2", "post_id": "5"}, "", seen.PostCourseWork},
		{"a teacher taken off", removedEvent, map[string]string{"course_id": "2", "course_role": "teacher", "impacted_users": "moe@school.example"}, "moe", ""},
		{"several", removedEvent, map[string]string{"course_id": "2", "course_role": "teacher", "impacted_users": "moe@school.example, LOU@school.example"}, "lou moe", ""},
		{"a pupil who was on that list", removedEvent, map[string]string{"course_id": "2", "course_role": "teacher", "impacted_users": "pat@school.example"}, "", ""},
		{"a student", removedEvent, map[string]string{"course_id": "2", "course_role": "student", "impacted_users": "moe@school.example"}, "", ""},
		{"nobody who is known", removedEvent, map[string]string{"course_id": "2", "course_role": "teacher", "impacted_users": "x@school.example"}, "", ""},
		{"of no class", removedEvent, map[string]string{"course_role": "teacher", "impacted_users": "moe@school.example"}, "", ""},
	} {
		r := atSchool(t)
		e := seen.Event{Record: "r", Time: at, Name: c.event, Actor: "pat@school.example", Params: c.params}
		r.event(e)
		r.event(e) // the same record again
		class := r.book.Class("2")
		kind := ""
		if p := class.Posts["5"]; p != nil {
			kind = p.Kind
			if len(p.Acts) != 1 {
				t.Errorf("%s: %d acts of one record", c.name, len(p.Acts))
			}
		}
		if taught := strings.Join(class.Taught, " "); taught != c.taught || kind != c.kind {
			t.Errorf("%s: taught by %q, kind %q", c.name, taught, kind)
		}
	}
}

// On which days somebody is in: by any address of theirs, the list of staff before the list of people.
func TestDaysOf(t *testing.T) {
	p := parsed(t, schoolPolicy)
	for address, want := range map[string][]time.Weekday{
		"lou@school.example": {time.Monday, time.Tuesday}, "kim@school.example": {time.Wednesday}, "office@school.example": {time.Monday}, "moe@school.example": nil, "head@school.example": nil,
	} {
		a := &seen.Account{Address: address}
		if address == "kim@school.example" {
			a.Aliases = []string{"kite@school.example"}
		}
		if diff := cmp.Diff(want, daysOf(p, a)); diff != "" {
			t.Errorf("%s (-want +have):\n%s", address, diff)
		}
	}
	both := parsed(t, strings.Replace(schoolPolicy, "lou@school.example: [mon, tue]", "office@school.example: [fri]", 1))
	if diff := cmp.Diff([]time.Weekday{time.Friday}, daysOf(both, &seen.Account{Address: "office@school.example"})); diff != "" {
		t.Errorf("in both lists (-want +have):\n%s", diff)
	}
}

// Who is in hears by mail, by whichever address of theirs the policy names their days: head is the headteacher as chief@. Without a list of accounts the role's own address counts.
func TestInByAnotherAddress(t *testing.T) {
	r := atSchool(t) // on a Wednesday
	for days, want := range map[string]bool{"head@school.example: [wed]": true, "head@school.example: [mon, tue]": false, "chief@school.example: [mon]": false, "lou@school.example: [mon]": true} {
		p := parsed(t, strings.Replace(schoolPolicy, "lou@school.example: [mon, tue]", days, 1))
		told := &told{Outcome: &Outcome{Who: r.Who()}, now: r.Now}
		chief := p.Person(policy.RoleHead)[0]
		if have := told.in(p, chief); have != want {
			t.Errorf("%s: in: %v", days, have)
		}
		told.Who = nil
		if have := told.in(p, chief); have != !strings.Contains(days, "chief@") {
			t.Errorf("%s: in, without accounts: %v", days, have)
		}
	}
}

// Teachers are noted as such unless they are pupils.
func TestTeachersAreNoted(t *testing.T) {
	r := atSchool(t)
	if r.in.Kinds.Kind(&seen.Account{Unit: "/Oak/Pupils"}) != school.Pupil {
		t.Fatal("the kinds are not those of the policy")
	}
	r.memory.SetClass("2", memoryClass("kim", "pat", "x"))
	r.teachers()
	if diff := cmp.Diff([]string{"kim"}, r.book.Class("2").Taught); diff != "" {
		t.Errorf("teachers (-want +have):\n%s", diff)
	}
}

// Who decided and was switched off afterwards decided; of an archived account nobody can tell since when it is.
func TestWorked(t *testing.T) {
	at := place(t, "2026-11-18 11:00")
	for name, c := range map[string]struct {
		a    seen.Account
		want bool
	}{
		"it works":              {seen.Account{}, true},
		"switched off later":    {seen.Account{SwitchedOff: true, Off: at.Add(time.Second)}, true},
		"switched off then":     {seen.Account{SwitchedOff: true, Off: at}, false},
		"switched off before":   {seen.Account{SwitchedOff: true, Off: at.Add(-time.Hour)}, false},
		"nobody knows when":     {seen.Account{SwitchedOff: true}, false},
		"archived":              {seen.Account{Archived: true}, false},
		"archived, and off now": {seen.Account{SwitchedOff: true, Archived: true, Off: at.Add(time.Hour)}, false},
	} {
		if have := worked(&c.a, at); have != c.want {
			t.Errorf("%s: %v", name, have)
		}
	}
}
