package classdojo

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/calendar"
)

// A form or a decision is read by the questions' ids; what it leaves out stays empty, and what is no answer is refused without repeating it.
func TestAnswerOf(t *testing.T) {
	for name, c := range map[string]struct {
		said map[string]string
		want Answer
		fail string
	}{
		"everything":        {map[string]string{"comments": On, "moderator": Teacher, "looked": "2026-10-02", "channel": Yes}, Answer{Class: oak, Comments: On, Moderator: Teacher, Looked: day(10, 2), Channel: Yes}, ""},
		"comments alone":    {map[string]string{"comments": Off}, Answer{Class: oak, Comments: Off}, ""},
		"who looks alone":   {map[string]string{"moderator": Leader}, Answer{Class: oak, Moderator: Leader}, ""},
		"channel alone":     {map[string]string{"channel": No}, Answer{Class: oak, Channel: No}, ""},
		"the day alone":     {map[string]string{"looked": "2026-10-05"}, Answer{Class: oak, Looked: day(10, 5)}, ""},
		"nothing":           {nil, Answer{Class: oak}, ""},
		"a day in words":    {map[string]string{"looked": "Zyx"}, Answer{}, "the day on which somebody last looked is no date, such as 2026-10-05"},
		"an empty day":      {map[string]string{"looked": ""}, Answer{}, "the day on which somebody last looked is no date, such as 2026-10-05"},
		"what is not asked": {map[string]string{"comments": On, "Zyx": Yes}, Answer{}, "something is answered that was not asked"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := AnswerOf(oak, c.said)
			fail := ""
			if err != nil {
				fail = err.Error()
			}
			if diff := cmp.Diff(c.want, got); diff != "" || fail != c.fail {
				t.Errorf("%q\n%s", fail, diff)
			}
		})
	}
}

// Comments that are off excuse from one question only, and not from a wrong answer to it.
func TestAnswerCheckWhereCommentsAreOff(t *testing.T) {
	off := func(f func(*Answer)) Answer {
		return with(func(a *Answer) { a.Comments, a.Moderator = Off, ""; f(a) })
	}
	for name, c := range map[string]struct {
		a    Answer
		want string
	}{
		"nobody named":              {off(func(*Answer) {}), ""},
		"somebody named":            {off(func(a *Answer) { a.Moderator = Nobody }), ""},
		"a word for who looks":      {off(func(a *Answer) { a.Moderator = "Zyx" }), "“Who looks at what is written there?” is not answered"},
		"channel not answered":      {off(func(a *Answer) { a.Channel = "" }), "“Does everybody who works with the class write to families only through ClassDojo and school e-mail?” is not answered"},
		"said by nobody, some time": {off(func(a *Answer) { a.By = "" }), "the answer does not say whose it is"},
		"said at no time":           {off(func(a *Answer) { a.At = time.Time{} }), "the answer does not say whose it is"},
	} {
		got := ""
		if err := c.a.Check(day(10, 5)); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// A comment of the very moment at which somebody said that they are off does not contradict them: it may have come just before.
func TestRhythmAtTheSameMoment(t *testing.T) {
	off := with(func(a *Answer) { a.Comments = Off })
	for name, c := range map[string]struct {
		commented time.Time
		want      string
	}{"then": {off.At, HalfTerm}, "a moment later": {off.At.Add(1), "week"}} {
		if got := Rhythm("week", off, c.commented); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// A draw can be worked out again in years to come: it is written down here, as it was worked out elsewhere. It depends on every part.
func TestSpotCheckStaysTheSame(t *testing.T) {
	autumn, spring := calendar.Range{First: day(9, 2)}, calendar.Range{First: day(1, 5)}
	classes := []string{oak, elm, post, strings.Repeat("0", 24)}
	names := map[string]string{oak: "oak", elm: "elm", post: "post", classes[3]: "nought"}
	for name, c := range map[string]struct {
		school string
		period calendar.Range
		want   []string
	}{
		"a school":       {"one.example", autumn, []string{"elm", "oak", "post", "nought"}},
		"another period": {"one.example", spring, []string{"post", "oak", "elm", "nought"}},
		"another school": {"two.example", autumn, []string{"oak", "nought", "elm", "post"}},
	} {
		var got []string
		for _, class := range SpotCheck(c.school, c.period, classes, len(classes)) {
			got = append(got, names[class])
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// Where the school's time zone is not known days begin as they do in Greenwich.
func TestAnsweredWithoutATimeZone(t *testing.T) {
	got := eventsOf(t, Answered{Calendar: &calendar.Calendar{}, Answers: []Answer{fine()}})
	if len(got) != 1 || !got[0].At.Equal(time.Date(2026, 10, 2, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", got)
	}
}

// Each answer is an event of its own, known again by who gave it, when and about what.
func TestAnswersKeepTheirKeys(t *testing.T) {
	keys := map[string]string{}
	for name, a := range map[string]Answer{
		"one":            fine(),
		"by another":     with(func(a *Answer) { a.By = "1059" }),
		"of elm":         with(func(a *Answer) { a.Class = elm }),
		"a moment later": with(func(a *Answer) { a.At = a.At.Add(1) }),
	} {
		got := eventsOf(t, Answered{Calendar: school, Answers: []Answer{a}})
		again := eventsOf(t, Answered{Calendar: school, Answers: []Answer{a}})
		if len(got) != 1 || got[0].Key != again[0].Key || keys[got[0].Key] != "" {
			t.Errorf("%s has the key of %q: %+v", name, keys[got[0].Key], got)
			continue
		}
		keys[got[0].Key] = name
	}
}

// eventsOf gives what a source tells, which must be without an error.
func eventsOf(t *testing.T, s Source) (all []Event) {
	t.Helper()
	for e, err := range s.Events(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}
