package truth

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Two classes on ClassDojo: Kim's, and one of Pat, who is a pupil, and of somebody who has no account here.
const (
	a1, a2   = "5f1e2d3c4b5a697887960001", "5f1e2d3c4b5a697887960002"
	onDojo   = "{check: comments, with: {places: [classdojo]}, severity: medium, due: 2 school days}"
	askDojo  = "{check_in: class-dojo, ask: class_teacher, every: half term}"
	weekly   = "{check_in: class-dojo, ask: class_teacher, every: week, due: 1 working day}"
	someDojo = "classdojo: {classes: [{name: 5 Ash, id: " + a1 + ", teachers: [KITE@school.example]}], school_story: false, look_within: 3 school days}"
	// The School Story is looked after by Head and Moe.
	withStory = "classdojo: {classes: []}"

	oldDojo   = "check-in.overdue check-in/class-dojo-" + a1 + ": asked 2026-11-02, due 2026-11-09"
	oldSpot   = "check-in.overdue check-in/dojo-spot-" + a1 + ": asked 2026-11-02, due 2026-11-09"
	allOff    = `{"comments": "off", "channel": "yes"}`
	allOn     = `{"comments": "on", "moderator": "teacher", "looked": "2026-11-13", "channel": "yes"}`
	dojoWaits = "comments.unreviewed dojo/" + a1 + ": due 2026-11-12, passed-on, since 2026-11-10T10:00:00Z"
)

func saidDojo(at, by, class, said string) string {
	return fmt.Sprintf(`{"at": %q, "by": %q, "do": "answer", "check_in": "class-dojo-%s", "said": %s}`, at, by, class, said)
}

func sawDojo(at, by, class, saw string) string {
	return fmt.Sprintf(`{"at": %q, "by": %q, "do": "reviewed", "item": "dojo/%s", "saw": %q}`, at, by, class, saw)
}

func toldDojo(from, kind, class, at, key string) string {
	return fmt.Sprintf(`{"from": %q, "kind": %q, "class": %q, "at": %q, "count": 1, "key": %q}`, from, kind, class, at, key)
}

// onlyClass leaves out what a case about the class itself does not ask: the spot check is answered.
func onlyClass(cases []streamCase) []streamCase {
	for i := range cases {
		cases[i].dojo = or(cases[i].dojo, someDojo)
		cases[i].means = or(cases[i].means, askDojo)
		cases[i].decisions = append(slices.Clone(cases[i].decisions), answered("2026-11-16T08:00:00Z", "head@school.example", "dojo-spot-"+a1, "yes"))
	}
	return cases
}

func TestDojoAnswers(t *testing.T) {
	said := func(said string) []string {
		return []string{saidDojo("2026-11-13T12:00:00Z", "kim@school.example", a1, said)}
	}
	by := func(who string) []string { return []string{saidDojo("2026-11-13T12:00:00Z", who, a1, allOff)} }
	subject := "check-in/class-dojo-" + a1 + ": answered 2026-11-13"
	runStream(t, onlyClass([]streamCase{
		{name: "none", want: []string{oldDojo}},
		{name: "off", decisions: said(allOff)},
		{name: "on, and looked at", decisions: said(allOn)},
		{name: "off, with a moderator", decisions: said(`{"comments": "off", "moderator": "nobody", "channel": "yes"}`)},
		{name: "nobody moderates", decisions: said(`{"comments": "on", "moderator": "nobody", "looked": "2026-11-13", "channel": "yes"}`), want: []string{"check-in.answered-no " + subject + ", no-moderator"}},
		{name: "other channels", decisions: said(`{"comments": "off", "channel": "no"}`), want: []string{"check-in.answered-no " + subject + ", other-channels"}},
		{name: "both", decisions: said(`{"comments": "on", "moderator": "nobody", "looked": "2026-11-13", "channel": "no"}`), want: []string{"check-in.answered-no " + subject + ", no-moderator, other-channels"}},
		{name: "not sure of comments", decisions: said(`{"comments": "not-sure", "moderator": "not-sure", "channel": "yes"}`), want: []string{"check-in.not-sure " + subject + ", comments-not-sure"}},
		{name: "not sure of moderator and channel", decisions: said(`{"comments": "on", "moderator": "not-sure", "looked": "2026-11-13", "channel": "not-sure"}`), want: []string{"check-in.not-sure " + subject + ", channel-not-sure, moderator-not-sure"}},
		{name: "no and not sure", decisions: said(`{"comments": "not-sure", "moderator": "leader", "channel": "no"}`), want: []string{"check-in.answered-no " + subject + ", other-channels", "check-in.not-sure " + subject + ", comments-not-sure"}},
		{name: "no channel said", decisions: said(`{"comments": "off"}`), want: []string{oldDojo}},
		{name: "no comments said", decisions: said(`{"moderator": "leader", "channel": "yes"}`), want: []string{oldDojo}},
		{name: "no moderator said", decisions: said(`{"comments": "on", "looked": "2026-11-13", "channel": "yes"}`), want: []string{oldDojo}},
		{name: "looked tomorrow", decisions: said(`{"comments": "off", "looked": "2026-11-14", "channel": "yes"}`), want: []string{oldDojo}},
		{name: "something else said", decisions: said(`{"comments": "off", "channel": "yes", "note": "x"}`), want: []string{oldDojo}},
		{name: "no such moderator", decisions: said(`{"comments": "off", "moderator": "me", "channel": "yes"}`), want: []string{oldDojo}},
		{name: "nothing said", decisions: said(`{}`), want: []string{oldDojo}},
		{name: "an answer beside it", decisions: []string{`{"at": "2026-11-13T12:00:00Z", "by": "kim@school.example", "do": "answer", "check_in": "class-dojo-` + a1 + `", "answer": "yes", "said": ` + allOff + `}`}, want: []string{oldDojo}},
		{name: "yes only", decisions: []string{answered("2026-11-13T12:00:00Z", "kim@school.example", "class-dojo-"+a1, "yes")}, want: []string{oldDojo}},
		{name: "of the officer", decisions: by("officer@school.example")},
		{name: "of the head's other address", decisions: by("principal@school.example")},
		{name: "of another leader", decisions: by("moe@school.example"), want: []string{oldDojo}},
		{name: "of another teacher", decisions: by("office@school.example"), want: []string{oldDojo}},
		{name: "of somebody outside", decisions: by("desk@support.example"), want: []string{oldDojo}},
		{name: "of a teacher switched off before", decisions: by("kim@school.example"), files: without(`{"id": "t1", "primaryEmail": "kim@school.example", "aliases": ["kite@school.example"], "orgUnitPath": "/Staff", "suspended": true, "suspensionTime": "2026-11-13T12:00:00Z"}`), want: []string{oldDojo}},
		{name: "of a teacher switched off since", decisions: by("kim@school.example"), files: without(`{"id": "t1", "primaryEmail": "kim@school.example", "aliases": ["kite@school.example"], "orgUnitPath": "/Staff", "suspended": true, "suspensionTime": "2026-11-14T12:00:00Z"}`)},
		{name: "the last of two at once", decisions: append(said(`{"comments": "off", "channel": "no"}`), said(allOff)...)},
		{name: "no block", dojo: "# none", want: nil},
	}))
}

func TestDojoStands(t *testing.T) {
	no := `{"comments": "off", "channel": "no"}`
	runStream(t, onlyClass([]streamCase{
		{name: "over a new period", first: summer, decisions: []string{saidDojo("2026-10-01T12:00:00Z", "kim@school.example", a1, no)},
			want: []string{"check-in.answered-no check-in/class-dojo-" + a1 + ": answered 2026-10-01, other-channels", oldDojo}},
		{name: "in no period", first: "2027-07-01T05:00:00Z", now: "2027-08-02T09:00:00Z", decisions: []string{saidDojo("2027-07-20T12:00:00Z", "kim@school.example", a1, no)},
			want: []string{"check-in.answered-no check-in/class-dojo-" + a1 + ": answered 2027-07-20, other-channels"}},
		{name: "not of the day before the first look", decisions: []string{saidDojo("2026-11-01T12:00:00Z", "kim@school.example", a1, no)}, want: []string{oldDojo}},
		{name: "three school days after the look", now: "2026-11-18T09:00:00Z", decisions: []string{saidDojo("2026-11-13T12:00:00Z", "kim@school.example", a1, allOn)}},
		{name: "four, the inset day not one", now: "2026-11-20T09:00:00Z", decisions: []string{saidDojo("2026-11-13T12:00:00Z", "kim@school.example", a1, allOn)},
			want: []string{"check-in.not-looked check-in/class-dojo-" + a1 + ": looked 2026-11-13"}},
		{name: "nobody looked", decisions: []string{saidDojo("2026-11-13T12:00:00Z", "kim@school.example", a1, `{"comments": "on", "moderator": "leader", "channel": "yes"}`)},
			want: []string{"check-in.not-looked check-in/class-dojo-" + a1 + ": looked never"}},
		{name: "reviewed since", now: "2026-11-20T09:00:00Z", decisions: []string{saidDojo("2026-11-13T12:00:00Z", "kim@school.example", a1, allOn), sawDojo("2026-11-17T12:00:00Z", "kim@school.example", a1, "2026-11-19T12:00:00Z")}},
		{name: "saw what was older", now: "2026-11-20T09:00:00Z", decisions: []string{saidDojo("2026-11-13T12:00:00Z", "kim@school.example", a1, allOn), sawDojo("2026-11-19T12:00:00Z", "kim@school.example", a1, "2026-11-10T12:00:00Z")},
			want: []string{"check-in.not-looked check-in/class-dojo-" + a1 + ": looked 2026-11-13"}},
		{name: "a look said before the answer that stands", decisions: []string{saidDojo("2026-11-13T12:00:00Z", "kim@school.example", a1, allOn), saidDojo("2026-11-14T12:00:00Z", "kim@school.example", a1, `{"comments": "on", "moderator": "leader", "channel": "yes"}`)}},
	}))
}

func TestDojoRhythm(t *testing.T) {
	off := []string{saidDojo("2026-11-04T12:00:00Z", "kim@school.example", a1, allOff)}
	again := []string{"check-in.overdue check-in/class-dojo-" + a1 + ": asked 2026-11-16, due 2026-11-17"}
	told := func(from, kind, class, at string) []string { return []string{toldDojo(from, kind, class, at, "k1")} }
	cases := []streamCase{
		{name: "off: not asked each week", decisions: off},
		{name: "on: asked", decisions: []string{saidDojo("2026-11-04T12:00:00Z", "kim@school.example", a1, allOff), saidDojo("2026-11-13T12:00:00Z", "kim@school.example", a1, allOn)}, want: again},
		{name: "a comment told since", decisions: off, told: told("csv", "comment", a1, "2026-11-04T12:00:01Z"), want: again},
		{name: "a comment told before", decisions: off, told: told("csv", "comment", a1, "2026-11-04T12:00:00Z")},
		{name: "of tomorrow", decisions: off, told: told("csv", "comment", a1, "2026-11-19T12:00:00Z")},
		{name: "a story told", decisions: off, told: told("csv", "story", a1, "2026-11-05T12:00:00Z")},
		{name: "by the relay", decisions: off, told: told("relay", "comment", a1, "2026-11-05T12:00:00Z")},
		{name: "of another class", decisions: off, told: told("csv", "comment", a2, "2026-11-05T12:00:00Z")},
		{name: "off, of the half-term before", first: summer, decisions: []string{saidDojo("2026-10-21T12:00:00Z", "kim@school.example", a1, allOff)},
			want: []string{"check-in.overdue check-in/class-dojo-" + a1 + ": asked 2026-11-02, due 2026-11-03"}},
		{name: "each term, though off", means: "{check_in: class-dojo, ask: leaders, every: term}", first: summer, decisions: []string{saidDojo("2026-10-21T12:00:00Z", "kim@school.example", a1, allOff)}},
	}
	for i := range cases {
		cases[i].now, cases[i].means = "2026-11-18T09:00:00Z", or(cases[i].means, weekly)
	}
	runStream(t, onlyClass(cases))
}

func TestSchoolStory(t *testing.T) {
	story := func(who, said string) []string {
		return []string{saidDojo("2026-11-13T12:00:00Z", who, "school", said)}
	}
	late := []string{"check-in.overdue check-in/class-dojo-school: asked 2026-11-02, due 2026-11-09"}
	off := `{"comments": "off"}`
	cases := []streamCase{
		{name: "asked", want: late},
		{name: "of a leader", decisions: story("moe@school.example", off)},
		{name: "of the deputy", decisions: story("lou@school.example", off)},
		{name: "of a teacher", decisions: story("kim@school.example", off), want: late},
		{name: "a channel said", decisions: story("moe@school.example", `{"comments": "off", "channel": "yes"}`), want: late},
		{name: "a teacher moderates", decisions: story("moe@school.example", `{"comments": "on", "moderator": "teacher"}`), want: late},
		{name: "a leader moderates", decisions: story("moe@school.example", `{"comments": "on", "moderator": "leader", "looked": "2026-11-13"}`)},
		{name: "no such story", dojo: "classdojo: {classes: [], school_story: false}"},
		{name: "days of any of the leaders", days: "{principal@school.example: [mon], moe@school.example: [tue]}", now: "2026-11-17T17:00:01Z",
			want: []string{"check-in.overdue check-in/class-dojo-school: asked 2026-11-02, due 2026-11-17"}},
		{name: "not those of another address of theirs", days: "{head@school.example: [mon], moe@school.example: [tue]}", want: late},
	}
	for i := range cases {
		cases[i].means, cases[i].dojo = askDojo, or(cases[i].dojo, withStory)
	}
	runStream(t, cases)
}

func TestSpotChecks(t *testing.T) {
	off := saidDojo("2026-11-13T12:00:00Z", "kim@school.example", a1, allOff)
	spot := func(who, answer string) []string {
		return []string{off, answered("2026-11-13T12:00:00Z", who, "dojo-spot-"+a1, answer)}
	}
	cases := []streamCase{
		{name: "asked", decisions: []string{off}, want: []string{oldSpot}},
		{name: "yes", decisions: spot("moe@school.example", "yes")},
		{name: "no", decisions: spot("officer@school.example", "no"), want: []string{"check-in.answered-no check-in/dojo-spot-" + a1 + ": answered 2026-11-13"}},
		{name: "not sure", decisions: spot("moe@school.example", "not-sure"), want: []string{"check-in.not-sure check-in/dojo-spot-" + a1 + ": answered 2026-11-13"}},
		{name: "of the teacher", decisions: spot("kim@school.example", "yes"), want: []string{oldSpot}},
		{name: "of a class that was not drawn", decisions: []string{off, answered("2026-11-13T12:00:00Z", "moe@school.example", "dojo-spot-"+a2, "no")}, want: []string{oldSpot}},
		{name: "each week, though off", means: weekly, now: "2026-11-18T09:00:00Z", decisions: []string{off},
			want: []string{"check-in.overdue check-in/dojo-spot-" + a1 + ": asked 2026-11-16, due 2026-11-17"}},
	}
	for i := range cases {
		cases[i].means, cases[i].dojo = or(cases[i].means, askDojo), someDojo
	}
	runStream(t, cases)
}

func TestByLot(t *testing.T) {
	classes := func(n int) (out []DojoClass) {
		for i := range n {
			out = append(out, DojoClass{ID: fmt.Sprintf("5f1e2d3c4b5a6978879600%02x", i)})
		}
		return out
	}
	for n, want := range map[int]int{0: 0, 1: 1, 10: 1, 11: 2, 20: 2, 21: 3, 31: 3} {
		if got := len(byLot("Hill & Dale", date(2026, 10, 31), classes(n))); got != want {
			t.Errorf("of %d classes %d are drawn, want %d", n, got, want)
		}
	}
	// Written out as the page says, with Ålesund as it is.
	type lot struct{ sum, id string }
	var lots []lot
	for _, c := range classes(21) {
		lots = append(lots, lot{fmt.Sprintf("%x", sha256.Sum256([]byte(`["Hill \u0026 \u003cÅ\u003e","2026-10-31","`+c.ID+`"]`))), c.ID})
	}
	slices.SortFunc(lots, func(a, b lot) int {
		if a.sum < b.sum {
			return -1
		}
		return 1
	})
	if diff := cmp.Diff([]string{lots[0].id, lots[1].id, lots[2].id}, byLot("Hill & <Å>", date(2026, 10, 31), classes(21))); diff != "" {
		t.Error(diff)
	}
}

func TestDojoComments(t *testing.T) {
	const tue = "2026-11-10T10:00:00Z"
	one := []string{toldDojo("relay", "story", a1, tue, "k1")}
	cases := []streamCase{
		{name: "nothing told"},
		{name: "a story", told: one, want: []string{dojoWaits}},
		{name: "the oldest of several", told: append([]string{toldDojo("csv", "comment", a1, "2026-11-10T12:00:00Z", "k2"), toldDojo("mailbox", "pending", a1, "2026-11-10T11:00:00Z", "k3")}, one...), want: []string{dojoWaits}},
		{name: "a portfolio", told: []string{toldDojo("mailbox", "portfolio", a1, tue, "k1")}, want: []string{dojoWaits}},
		{name: "messages", told: []string{toldDojo("mailbox", "messages", a1, tue, "k1")}},
		{name: "of no class of ours", told: []string{toldDojo("relay", "story", a2, tue, "k1")}},
		{name: "of no School Story", told: []string{toldDojo("relay", "story", "school", tue, "k1")}},
		{name: "at the start", told: []string{toldDojo("relay", "story", a1, "2026-10-26T00:00:00Z", "k1")}, want: []string{"comments.unreviewed dojo/" + a1 + ": due 2026-11-03, passed-on, since 2026-10-26T00:00:00Z"}},
		{name: "before it", told: []string{toldDojo("relay", "story", a1, "2026-10-25T23:59:59Z", "k1")}},
		{name: "later than now", told: []string{toldDojo("relay", "story", a1, "2026-11-16T09:00:01Z", "k1")}},
		{name: "reviewed", told: one, decisions: []string{sawDojo("2026-11-11T10:00:00Z", "kim@school.example", a1, tue)}},
		{name: "saw less", told: one, decisions: []string{sawDojo("2026-11-11T10:00:00Z", "kim@school.example", a1, "2026-11-10T09:59:59Z")}, want: []string{dojoWaits}},
		{name: "saw more than there was", told: one, decisions: []string{sawDojo("2026-11-10T09:00:00Z", "kim@school.example", a1, "2026-11-12T09:00:00Z")}, want: []string{dojoWaits}},
		{name: "reviewed by the head", told: one, decisions: []string{sawDojo("2026-11-11T10:00:00Z", "head@school.example", a1, tue)}},
		{name: "by another teacher", told: one, decisions: []string{sawDojo("2026-11-11T10:00:00Z", "moe@school.example", a1, tue)}, want: []string{dojoWaits}},
		{name: "by somebody who stands in: there is no cover", told: one, decisions: []string{stoodIn("2026-11-09T10:00:00Z", "head@school.example", "dojo."+a1, "moe@school.example", "2026-11-09", "2026-11-20"), sawDojo("2026-11-11T10:00:00Z", "moe@school.example", a1, tue)}, want: []string{dojoWaits}},
		{name: "answered that day: until then", told: one, decisions: []string{saidDojo("2026-11-10T10:00:00Z", "kim@school.example", a1, `{"comments": "off", "looked": "2026-11-10", "channel": "yes"}`)}},
		{name: "answered later: to the beginning of that day", told: one, decisions: []string{saidDojo("2026-11-11T10:00:00Z", "kim@school.example", a1, `{"comments": "off", "looked": "2026-11-10", "channel": "yes"}`)}, want: []string{dojoWaits}},
		{name: "the day after", told: one, decisions: []string{saidDojo("2026-11-12T10:00:00Z", "kim@school.example", a1, `{"comments": "off", "looked": "2026-11-11", "channel": "yes"}`)}},
		{name: "days of another address of a host", days: "{kim@school.example: [wed]}", told: one, want: []string{"comments.unreviewed dojo/" + a1 + ": due 2026-11-18, since 2026-11-10T10:00:00Z"}},
		{name: "hosts who are none", dojo: "classdojo: {classes: [{id: " + a1 + ", teachers: [pat@school.example, guest@home.example, gone@school.example]}]}", told: one, want: []string{"comments.no-host dojo/" + a1 + ": course/dojo." + a1 + ", since 2026-11-10T10:00:00Z"}},
		{name: "a host who is switched off", files: without(`{"id": "t1", "primaryEmail": "kite@school.example", "orgUnitPath": "/Staff", "suspended": true, "suspensionTime": "2026-11-14T12:00:00Z"}`), told: one, want: []string{"comments.no-host dojo/" + a1 + ": course/dojo." + a1 + ", since 2026-11-10T10:00:00Z"}},
		{name: "the School Story", dojo: withStory, told: []string{toldDojo("relay", "story", "school", tue, "k1")}, want: []string{"comments.unreviewed dojo/school: due 2026-11-12, passed-on, since 2026-11-10T10:00:00Z"}},
		{name: "reviewed by a leader", dojo: withStory, told: []string{toldDojo("relay", "story", "school", tue, "k1")}, decisions: []string{sawDojo("2026-11-11T10:00:00Z", "moe@school.example", "school", tue)}},
		{name: "not asked", means: twoSchoolDays, told: one},
		{name: "no-host not asked", means: "{check: comments, with: {rules: [unreviewed], places: [classdojo]}, severity: medium}", dojo: "classdojo: {classes: [{id: " + a1 + ", teachers: []}]}", told: one},
		{name: "no block", dojo: "# none", told: one},
	}
	for i := range cases {
		cases[i].means, cases[i].dojo = or(cases[i].means, onDojo), or(cases[i].dojo, someDojo)
	}
	runStream(t, cases)
}
