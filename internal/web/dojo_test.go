package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/classdojo"
	"esafetybot/internal/decisions"
	"esafetybot/internal/memory"
	"esafetybot/internal/moderation"
	"esafetybot/internal/runs"
	"esafetybot/internal/seen"
	"esafetybot/internal/store"
	"esafetybot/internal/views"
)

const dojoAsh = "5f1e2d3c4b5a69788796a5b4"

const dojoClauses = `
classdojo:
  classes:
    - {name: 5 Ash, id: 5f1e2d3c4b5a69788796a5b4, teachers: [teacher@school.example]}
  relay: true
clauses:
  - id: B1
    says: ClassDojo is the channel to families.
    deals_with_it: esafety_officer
    met_by: [{check_in: class-dojo, ask: class_teacher, every: half term}]
  - id: B3
    says: Comments are looked at.
    deals_with_it: class_teacher
    met_by: [{check: comments, with: {rules: [unreviewed], places: [classdojo]}, severity: medium, due: 2 school days}]
`

// onDojo is the site of a school with ClassDojo that began to look in September.
func onDojo(t *testing.T) *adminRig {
	t.Helper()
	x := newRigOf(t, strings.Replace(adminPolicy, "\nclauses:\n", dojoClauses, 1))
	book, err := memory.Open(t.Context(), x.main, adminNow.AddDate(0, -2, 0), x.main.Commit)
	if err != nil {
		t.Fatal(err)
	}
	if err := book.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	return x
}

// A class's teacher is asked about it, with links to the right pages of ClassDojo; their answer is one decision, and shows at once.
func TestAnswerForAClass(t *testing.T) {
	x := onDojo(t)
	_, page := x.get("teacher", "/check-ins")
	for _, want := range []string{
		"ClassDojo: 5 Ash", "Can parents and pupils comment on the Class Story?", "Who looks at what is written there?", "write to families only through ClassDojo",
		classdojo.SettingsLink(dojoAsh), classdojo.Target{Kind: classdojo.Story, Class: dojoAsh}.Link(), "This is overdue",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the teacher's page lacks %q", want)
		}
	}
	for _, not := range []string{"School Story", "The web filter", "A look into"} {
		if strings.Contains(page, not) {
			t.Errorf("the teacher is asked about %q", not)
		}
	}
	if _, page := x.get("head", "/check-ins"); !strings.Contains(page, "Asked of the teachers of 5 Ash") || !strings.Contains(page, "School Story") || !strings.Contains(page, "A look into ClassDojo: 5 Ash") {
		t.Error("the head, who leads where nobody is named as a leader, is not asked")
	}
	if status, page := x.get("office", "/check-ins"); status != http.StatusOK || strings.Contains(page, "ClassDojo") {
		t.Error("the office is asked about a class")
	}

	form := x.hidden(page, "/check-ins")
	name := "class-dojo-" + dojoAsh
	form.Set("name", name)
	for why, change := range map[string]func(url.Values){
		"“Can parents and pupils comment on the Class Story?” is not answered": func(url.Values) {},
		"“Who looks at what is written there?” is not answered":                func(v url.Values) { v.Set("said-comments", "on"); v.Set("said-channel", "yes") },
		"is in the future": func(v url.Values) {
			v.Set("said-comments", "on")
			v.Set("said-moderator", "teacher")
			v.Set("said-looked", "2026-11-19")
			v.Set("said-channel", "yes")
		},
		"is no date": func(v url.Values) { v.Set("said-looked", "soon") },
	} {
		v := url.Values{}
		for k, list := range form {
			v[k] = list
		}
		change(v)
		if status, page := x.post("teacher", "/check-ins", v); status != http.StatusBadRequest || !strings.Contains(page, why) || !strings.Contains(page, "Nothing was noted") {
			t.Errorf("%s: %d", why, status)
		}
	}
	if n := len(x.made(decisions.Answer)); n != 0 {
		t.Fatalf("%d answers were noted that are none", n)
	}
	form.Set("said-comments", "on")
	form.Set("said-moderator", "teacher")
	form.Set("said-looked", "2026-11-17")
	form.Set("said-channel", "not-sure")
	form.Set("said-more", "kept out")
	if status, _ := x.post("office", "/check-ins", form); status != http.StatusForbidden {
		t.Errorf("somebody else answers: %d", status)
	}
	for range 2 { // the same form is one answer
		if status, _ := x.post("teacher", "/check-ins", form); status != http.StatusOK {
			t.Fatalf("the answer: %d", status)
		}
	}
	made := x.made(decisions.Answer)
	if len(made) != 1 {
		t.Fatalf("%d answers", len(made))
	}
	want := map[string]string{"comments": "on", "moderator": "teacher", "looked": "2026-11-17", "channel": "not-sure"}
	if diff := cmp.Diff(want, made[0].Said); diff != "" || made[0].Answer != "" || made[0].CheckIn != name || made[0].Check() != nil {
		t.Errorf("%+v\n%s", made[0], diff)
	}
	_, page = x.get("teacher", "/check-ins")
	if !strings.Contains(page, "Noted just now: <strong>Yes, comments are on; looked at by: a teacher of the class; last looked through on Tue 17 November 2026; only through ClassDojo and school e-mail: not sure</strong>") {
		t.Error("the answer does not show")
	}
	if !strings.Contains(page, "Questions for me") {
		t.Error("who is asked has no page for it in the menu")
	}
}

// dojoStory is something new in 5 Ash.
func dojoStory() classdojo.Event {
	at := time.Date(2026, 11, 17, 10, 0, 0, 0, time.UTC)
	return classdojo.Event{Kind: classdojo.Story, Class: dojoAsh, At: at, Count: 1, Key: classdojo.MessageKey("m", classdojo.Story, dojoAsh)}
}

// What was told of a class waits on its teacher's page, is opened on ClassDojo, and goes when they say that they looked.
func TestDojoOnMyPage(t *testing.T) {
	x := onDojo(t)
	at := time.Date(2026, 11, 17, 10, 0, 0, 0, time.UTC)
	class := &moderation.Class{Name: "5 Ash"}
	class.Hear(classdojo.Event{Kind: classdojo.Story, Class: dojoAsh, At: at, Count: 1, Key: classdojo.MessageKey("m", classdojo.Story, dojoAsh)})
	x.put(moderation.Classes, moderation.Dojo(dojoAsh), class)
	x.finding("B3", "comments.unreviewed", classdojo.Item(dojoAsh), "medium", []string{"since 2026-11-17T10:00:00Z"}, views.Finding{Title: "5 Ash"})
	_, page := x.get("teacher", "/")
	for _, want := range []string{"5 Ash", "What is new on ClassDojo", "1 new thing that we were told of", "https://teach.classdojo.com/#/classes/" + dojoAsh + "/story"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, "authuser") {
		t.Error("an address is sent to ClassDojo")
	}
	if _, page := x.get("office", "/"); strings.Contains(page, "5 Ash") {
		t.Error("somebody else sees the class")
	}
	form := x.hidden(page, "/reviewed")
	form.Set("one", classdojo.Item(dojoAsh)+" "+at.Format(time.RFC3339Nano))
	if status, _ := x.post("office", "/reviewed", form); status != http.StatusForbidden {
		t.Errorf("somebody else looked: %d", status)
	}
	if status, _ := x.post("teacher", "/reviewed", form); status != http.StatusOK {
		t.Errorf("looked: %d", status)
	}
	if made := x.made(decisions.Reviewed); len(made) != 1 || made[0].Item != classdojo.Item(dojoAsh) || !made[0].Saw.Equal(at) {
		t.Errorf("%+v", made)
	}
	if _, page := x.get("teacher", "/"); strings.Contains(page, "What is new on ClassDojo") {
		t.Error("it still waits")
	}
}

// What waits where no teacher has a working account stands on the page of those who look everywhere, who can say that they looked; and what an adult did who does not teach the class on the page of who
// deals with it, unless it was them.
func TestNobodyThereToLook(t *testing.T) {
	x := onDojo(t)
	at := time.Date(2026, 11, 17, 10, 0, 0, 0, time.UTC)
	class := &moderation.Class{Name: "2 Elm"}
	class.Hear(classdojo.Event{Kind: classdojo.Story, Class: dojoAsh, At: at, Count: 1, Key: classdojo.MessageKey("m", classdojo.Story, dojoAsh)})
	x.put(moderation.Classes, moderation.Dojo(dojoAsh), class)
	for subject, more := range map[string][]string{classdojo.Item(dojoAsh): {"comments.no-host", "since 2026-11-17T10:00:00Z"}, "blog/7": {"comments.no-host", "listed"}, "post/1-7": {"comments.private-by-other-adult", "by/id-teacher"}, "post/1-8": {"comments.private-by-other-adult", "by/id-officer"}} {
		x.finding("B1", more[0], subject, "medium", more[1:], views.Finding{Title: "2 Elm"}) // a clause of the officer's
	}
	const nobody, private, blog = "Nobody is there to look", "Private comments on a piece of work", "One blog that nobody looks after"
	for who, want := range map[string]string{"officer": nobody + private + blog, "deputy": nobody, "head": nobody, "teacher": "", "office": "", "it": ""} {
		_, page := x.get(who, "/")
		for _, words := range []string{nobody, private, blog} {
			if strings.Contains(page, words) != strings.Contains(want, words) {
				t.Errorf("the page of %s has %q: %v", who, words, !strings.Contains(want, words))
			}
		}
	}
	_, page := x.get("officer", "/")
	if strings.Contains(page, "findings that you deal with") {
		t.Error("what has lines of its own is counted once more")
	}
	form := x.hidden(page, "/reviewed")
	form.Set("one", classdojo.Item(dojoAsh)+" "+at.Format(time.RFC3339Nano))
	if status, _ := x.post("officer", "/reviewed", form); status != http.StatusOK {
		t.Errorf("looked: %d", status)
	}
	if _, page := x.get("officer", "/"); strings.Contains(page, nobody) {
		t.Error("it still waits")
	}
}

// The overview says what each way of hearing of ClassDojo does not see, and who has not answered.
func TestDojoOnTheOverview(t *testing.T) {
	x := onDojo(t)
	_, page := x.get("officer", "/overview")
	for _, want := range []string{"ClassDojo, by what people answer: we see", "ClassDojo, by the forwarder: we see", "whether the forwarder still runs", "ClassDojo: 5 Ash", "the teachers of 5 Ash"} {
		if !strings.Contains(page, want) {
			t.Errorf("the overview lacks %q", want)
		}
	}
}

// That nothing waits is said only where the worker could look, and with the time at which it did.
func TestNothingWaitsIfLookedAt(t *testing.T) {
	const calm = "Nothing waits in your classes."
	for name, c := range map[string]struct {
		runs []runs.Record
		calm bool
		says string
	}{
		"never looked":   {nil, false, "Nothing has been looked at yet."},
		"looked":         {[]runs.Record{{Started: adminNow.Add(-2 * time.Hour), Ended: adminNow.Add(-time.Hour)}}, true, "Last looked for comments: Wednesday 18 November 2026, 10:00."},
		"long ago":       {[]runs.Record{{Started: adminNow.Add(-runs.Late - time.Minute), Ended: adminNow.Add(-runs.Late)}}, false, "Nothing has been looked at since Tuesday 17 November 2026, 05:59"},
		"just not so":    {[]runs.Record{{Started: adminNow.Add(-runs.Late), Ended: adminNow.Add(time.Second - runs.Late)}}, true, "17 November"},
		"failed since":   {[]runs.Record{{Started: adminNow.Add(-3 * time.Hour), Ended: adminNow.Add(-3 * time.Hour)}, {Started: adminNow, Ended: adminNow, Error: "refused"}}, true, "18 November 2026, 09:00"},
		"failed always":  {[]runs.Record{{Started: adminNow, Ended: adminNow, Error: "refused"}}, false, "Nothing has been looked at yet."},
		"part not seen":  {[]runs.Record{{Started: adminNow, Ended: adminNow, Gaps: []seen.Gap{{Scope: "class/" + seen.Scope(moderation.Dojo(dojoAsh)), Reason: seen.Failed}}}}, false, "The last time we could not see new comments in"},
		"not their part": {[]runs.Record{{Started: adminNow, Ended: adminNow, Gaps: []seen.Gap{{Scope: "class/77", Reason: seen.Failed}}}}, true, "18 November"},
	} {
		t.Run(name, func(t *testing.T) {
			x := onDojo(t)
			b := &store.Batch{}
			for i, r := range c.runs {
				r.ID, r.Job = fmt.Sprint("r", i), "comments"
				if err := r.Add(b); err != nil {
					t.Fatal(err)
				}
			}
			if b.Writes() > 0 {
				if err := x.main.Commit(t.Context(), b); err != nil {
					t.Fatal(err)
				}
			}
			status, page := x.get("teacher", "/")
			if status != http.StatusOK || strings.Contains(page, calm) != c.calm || !strings.Contains(page, c.says) {
				t.Errorf("%d, calm is %v, or the page lacks %q", status, strings.Contains(page, calm), c.says)
			}
			if _, page := x.get("office", "/"); strings.Contains(page, "ooked at") || strings.Contains(page, "ooked for") {
				t.Error("somebody without a class is told of comments")
			}
		})
	}
}
